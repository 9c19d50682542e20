//! The walk: the state log record by record, and beside it the records of the logs of uses, each where the state stood
//! that it was decided on.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::book::{Book, Left, Permitted};
use super::history::{History, seen};
use super::{AuditReport, Finding, UnreportedUse, VerifiedUses, breaches, degraded};
use crate::Error;
use crate::calendar::Calendar;
use crate::crypto::{PublicKey, sha256};
use crate::error::Explain;
use crate::gate::{Body, Decision, Gate, LEDGER, Outcome, Record, Replay, Request, UseReport, use_log, use_logs};
use crate::ledger::{self, Checkpoint, Ledger, Records, Verified};
use crate::process::{Duty, DutyStatus, Event, ProcessError, USE_REPORT, Used, UsedElsewhere};
use crate::terms::{Digest, Instant, V1, legal_date};

/// The most unreported uses that are listed.
const MOST_UNREPORTED: usize = 10_000;

/// A log of uses as far as it was walked.
struct Shard {
    name: String,
    verified: Verified,
    gone: BTreeSet<Digest>,
    records: Records,
    /// The record that is next, and the state that it was decided on.
    next: Option<(u64, Record, u64)>,
    book: Book,
    used: History,
    /// What its last decision saw of each log: no later one sees less.
    seen: BTreeMap<String, u64>,
}

pub(super) struct Walk {
    replay: Replay,
    gate: Option<Gate>,
    pub(super) report: AuditReport,
    /// The blobs that records of the state log name, and that are not there.
    gone: BTreeSet<Digest>,
    book: Book,
    shards: Vec<Shard>,
}

pub(super) fn audit(
    dir: &Path,
    key: Option<&PublicKey>,
    pin: Option<&Checkpoint>,
    calendar: &Calendar,
    at: Instant,
) -> Result<AuditReport, Error> {
    let folder = dir.join(LEDGER);
    let (verified, gone) = ledger::verify_and_list(&folder, key, pin)?;
    let mut walk = Walk::new(dir, at, verified, gone)?;
    // What is audited is what was verified, also where somebody writes in between.
    let (size, root) = (walk.report.verified.size, walk.report.verified.root);
    for item in Ledger::open(&folder, None)?.records_under(size, &root)? {
        let (index, bytes) = item?;
        walk.uses_before(index)?;
        walk.record(index, &bytes);
    }
    walk.uses_before(u64::MAX)?;
    Ok(walk.finish(calendar))
}

impl Walk {
    fn new(dir: &Path, at: Instant, verified: Verified, gone: BTreeSet<Digest>) -> Result<Self, Error> {
        let mut shards = Vec::new();
        for name in use_logs(dir)? {
            let log = use_log(dir, &name);
            let (verified, gone) = ledger::verify_and_list(&log, None, None)?;
            let records = Ledger::open(&log, None)?.records_under(verified.size, &verified.root)?;
            let mut used = History::default();
            for item in Ledger::open(&log, None)?.records_under(verified.size, &verified.root)? {
                let (index, bytes) = item?;
                // What can't be read is a finding of the walk.
                if let Ok(Some(record)) = Record::read(&bytes) {
                    used.add(index, &record);
                }
            }
            let (next, book, seen) = (None, Book::default(), BTreeMap::new());
            shards.push(Shard { name, verified, gone, records, next, book, used, seen });
        }
        let report = AuditReport {
            v: V1,
            at,
            verified,
            use_logs: Vec::new(),
            events: 0,
            decisions: 0,
            permits: 0,
            results: 0,
            use_reports: 0,
            counted_denials: 0,
            degraded: 0,
            findings: Vec::new(),
            overdue: Vec::new(),
            late: Vec::new(),
            unreported: Vec::new(),
            unreported_count: 0,
            erased: Vec::new(),
            clean: false,
        };
        Ok(Walk { replay: Replay::new(dir), gate: None, report, gone, book: Book::default(), shards })
    }

    pub(super) fn find(&mut self, (code, cite): (&str, &str), place: Place<'_>, subject: &str, zh: &str, en: &str) {
        self.report.findings.push(Finding {
            code: code.to_owned(),
            cite: cite.to_owned(),
            log: place.log.map(str::to_owned),
            index: place.index,
            subject: subject.to_owned(),
            zh: zh.to_owned(),
            en: en.to_owned(),
        });
    }

    /// Walks the records of the logs of uses that were decided on a state of at most `index` records.
    fn uses_before(&mut self, index: u64) -> Result<(), Error> {
        let mut shards = std::mem::take(&mut self.shards);
        let walked = (0..shards.len()).try_for_each(|place| self.uses_of(&mut shards, place, index));
        self.shards = shards;
        walked
    }

    fn uses_of(&mut self, shards: &mut [Shard], place: usize, index: u64) -> Result<(), Error> {
        loop {
            let Some(shard) = shards.get_mut(place) else { return Ok(()) };
            let name = shard.name.clone();
            let (at, record, state) = match shard.next.take() {
                Some(next) => next,
                None => {
                    let Some(item) = shard.records.next() else { return Ok(()) };
                    let (at, bytes) = item?;
                    let on = Place { log: Some(&name), index: Some(at) };
                    let record = match Record::read(&bytes) {
                        Ok(Some(record)) => record,
                        Ok(None) => continue,
                        Err(error) => {
                            self.find(("unreadable_record", "A16"), on, "record", &error.zh(), &error.to_string());
                            continue;
                        }
                    };
                    // What is not decided belongs where the record before it was.
                    let state = match &record.body {
                        Body::Intent { decision, .. } | Body::Denial { decision, .. } => decision.state_index,
                        _ => None,
                    };
                    (at, record, state.unwrap_or(0))
                }
            };
            if state > index {
                shard.next = Some((at, record, state));
                return Ok(());
            }
            let mut book = std::mem::take(&mut shard.book);
            let decides = matches!(&record.body, Body::Intent { .. } | Body::Denial { .. });
            if decides && state > self.replay.state().index() {
                let (zh, en) = (
                    "决定所依据的状态在状态账本中并不存在",
                    "it was decided on a state that the state log does not have",
                );
                self.find(("state_unknown", "A16"), Place { log: Some(&name), index: Some(at) }, "record", zh, en);
            }
            self.check_seen(shards, place, at, &record);
            let elsewhere = self.elsewhere(shards, &record);
            self.use_record(Place { log: Some(&name), index: Some(at) }, &record, &mut book, &elsewhere);
            if let Some(shard) = shards.get_mut(place) {
                shard.book = book;
            }
        }
    }

    /// A decision on a quota saw all of its own log, of no other more than there is, and nowhere less than the one before.
    fn check_seen(&mut self, shards: &mut [Shard], place: usize, at: u64, record: &Record) {
        let (Body::Intent { decision, .. } | Body::Denial { decision, .. }) = &record.body else { return };
        if decision.uses_seen.is_empty() {
            return;
        }
        let size =
            |name: &String| shards.iter().find(|shard| shard.name == *name).map_or(0, |shard| shard.verified.size);
        let within = decision.uses_seen.iter().all(|(name, seen)| *seen <= size(name));
        let Some(shard) = shards.get_mut(place) else { return };
        let own = decision.uses_seen.get(&shard.name) == Some(&at);
        let later = shard.seen.iter().all(|(name, before)| decision.uses_seen.get(name) >= Some(before));
        shard.seen.clone_from(&decision.uses_seen);
        let name = shard.name.clone();
        if !(within && own && later) {
            let (zh, en) = (
                "决定所称已读的使用账本记录数与账本不符",
                "what the decision says that it saw of the logs of uses is not what they hold",
            );
            self.find(("uses_differ", "A22.2"), Place { log: Some(&name), index: Some(at) }, "uses_seen", zh, en);
        }
    }

    /// What a decision saw of the logs of uses.
    fn elsewhere(&self, shards: &[Shard], record: &Record) -> UsedElsewhere {
        let (Body::Intent { request, decision } | Body::Denial { request, decision }) = &record.body else {
            return UsedElsewhere::default();
        };
        let histories = shards.iter().map(|shard| (shard.name.as_str(), &shard.used));
        let user = request.user.as_deref().unwrap_or_default();
        seen(self.replay.state(), histories, &request.dataset, user, decision)
    }

    fn record(&mut self, index: u64, bytes: &[u8]) {
        let on = Place { log: None, index: Some(index) };
        let record = match Record::read(bytes) {
            Ok(Some(record)) => record,
            Ok(None) => return self.replay.pass(),
            Err(error) => {
                self.find(("unreadable_record", "A16"), on, "record", &error.zh(), &error.to_string());
                self.replay.pass();
                return;
            }
        };
        let mut book = std::mem::take(&mut self.book);
        let elsewhere = self.elsewhere(&[], &record);
        self.use_record(on, &record, &mut book, &elsewhere);
        self.book = book;
        match &record.body {
            Body::Event { event, .. } => {
                self.report.events += 1;
                if let Event::IdentityErased { user } = event.as_ref() {
                    self.report.erased.push(*user);
                }
            }
            Body::Snapshot { state } if !is_of(self.replay.state().snapshot(), state) => {
                let (zh, en) = ("快照与由账本得到的状态不一致", "the snapshot is not the state that the log gives");
                self.find(("snapshot_differs", "A16"), on, "snapshot", zh, en);
            }
            _ => {}
        }
        let before = self.replay.policy_hash();
        if let Err(error) = self.replay.fold(&record) {
            self.find(("illegal_record", "A16"), on, "record", &error.zh(), &error.to_string());
        }
        if self.replay.policy_hash() != before {
            self.gate = self.replay.policy().map(|policy| Gate::new(policy.clone()));
        }
    }

    /// What a record says about uses, in whichever log it stands.
    fn use_record(&mut self, on: Place<'_>, record: &Record, book: &mut Book, elsewhere: &UsedElsewhere) {
        if book.last.is_some_and(|last| record.at < last) {
            let (zh, en) = ("记录时间早于前一条记录", "the record's time lies before that of the record before it");
            self.find(("time_went_back", "A16"), on, "record", zh, en);
        }
        book.last = Some(record.at);
        match &record.body {
            Body::Intent { request, decision } => {
                // Once other processes keep logs of uses, quotas are counted over those.
                if on.log.is_none() && !self.replay.state().use_logs().is_empty() {
                    let (zh, en) = (
                        "设有使用账本后仍在状态账本中受理访问",
                        "admitted in the state log, although there are logs of uses",
                    );
                    self.find(("admitted_elsewhere", "A22.2"), on, &request.dataset, zh, en);
                }
                self.decision(on, record, request, decision, true, elsewhere);
                book.begin(on.index.unwrap_or_default(), request, decision);
            }
            Body::Denial { request, decision } => self.decision(on, record, request, decision, false, elsewhere),
            Body::Result { intent, outcome } => self.result(on, record.at, *intent, outcome, book),
            Body::UseReport { report } => self.use_report(on, report, book),
            Body::Denials { counts, .. } => {
                let sum = counts.iter().fold(0_u64, |sum, count| sum.saturating_add(count.count));
                self.report.counted_denials = self.report.counted_denials.saturating_add(sum);
            }
            Body::Degraded { counts, .. } => degraded::find(self, on, counts),
            Body::Event { .. } if on.log.is_some() => {
                let (zh, en) = ("使用账本中出现了事件", "an event stands in a log of uses");
                self.find(("illegal_record", "A16"), on, "record", zh, en);
            }
            Body::Event { .. } | Body::Snapshot { .. } | Body::Applied { .. } => {}
        }
    }

    /// Decides again, under the policy and on the state that stand before the record.
    fn decision(
        &mut self,
        on: Place<'_>,
        record: &Record,
        request: &Request,
        recorded: &Decision,
        intent: bool,
        elsewhere: &UsedElsewhere,
    ) {
        self.report.decisions += 1;
        self.report.permits += u64::from(recorded.permit);
        let again = self.gate.as_ref().map(|gate| {
            let mut again = gate.decide(self.replay.state(), elsewhere, request, record.at);
            // What it saw of other logs was taken as it says: they were counted so far.
            again.uses_seen.clone_from(&recorded.uses_seen);
            again
        });
        if again.as_ref().is_none_or(|again| again != recorded) {
            let now = again.as_ref().map_or("undecidable", |again| if again.permit { "permit" } else { "deny" });
            let zh = format!("重新作出的决定与记录不一致;重新决定的结果:{now}");
            let en = format!("decided again, the answer is another than the recorded one; it is now: {now}");
            self.find(("decision_differs", "A16"), on, &request.dataset, &zh, &en);
        }
        if recorded.permit != intent {
            let (zh, en) = ("记录的类别与其决定不符", "the kind of the record is not what its decision says");
            self.find(("kind_differs", "A32(3)"), on, &request.dataset, zh, en);
        }
    }

    fn result(&mut self, on: Place<'_>, at: Instant, intent: u64, outcome: &Outcome, book: &mut Book) {
        self.report.results += 1;
        let Some(permitted) = book.settle(intent, outcome.served.then_some(at)) else {
            if on.log.is_some() {
                let (zh, en) = ("结果没有相应的使用意图", "a result without its intent");
                self.find(("illegal_record", "A16"), on, "record", zh, en);
            }
            return;
        };
        let Permitted { request, rows } = *permitted;
        let rows = rows.or(request.rows).is_some_and(|most| outcome.rows > most);
        let fields = !request.fields.is_empty() && outcome.fields.iter().any(|field| !request.fields.contains(field));
        if rows || fields {
            let (zh, en) = ("实际提供的数据多于准予的", "more went out than was permitted");
            self.find(("more_than_asked", "A22.2"), on, &request.dataset, zh, en);
        }
        let reviewed = request.result_review.as_ref().and_then(|review| review.result);
        if outcome.served && reviewed.is_some() && outcome.result != reviewed {
            let (zh, en) =
                ("提供的结果数据不是经审查的结果", "the result that went out is not the one that was reviewed");
            self.find(("result_not_reviewed", "A22.2"), on, &request.dataset, zh, en);
        }
    }

    fn use_report(&mut self, on: Place<'_>, report: &UseReport, book: &mut Book) {
        self.report.use_reports += 1;
        let Some(intent) = report.intent else { return };
        if !book.report(intent, report) {
            let (zh, en) = ("所报告的使用在账本中没有相应记录", "the reported use has no record in the log");
            self.find(("use_without_record", "A16"), on, &report.dataset, zh, en);
        }
    }

    fn finish(mut self, calendar: &Calendar) -> AuditReport {
        let today = legal_date(self.report.at);
        let shards = std::mem::take(&mut self.shards);
        let book = std::mem::take(&mut self.book);
        self.close(None, book, calendar);
        self.quotas(&shards);
        let missing: Vec<String> = {
            let known = self.replay.state().use_logs().keys();
            known.filter(|name| !shards.iter().any(|shard| shard.name == **name)).cloned().collect()
        };
        for name in missing {
            let (zh, en) = ("已登记的使用账本不存在", "a log of uses that the state names is not there");
            self.find(("use_log_missing", "A32(3)"), Place { log: Some(&name), index: None }, &name, zh, en);
        }
        for shard in shards {
            let known = self.replay.state().use_logs().get(&shard.name).cloned();
            if known.as_ref() != Some(&shard.verified.public_key) {
                let (zh, en) =
                    ("状态中没有以该名称和密钥登记的使用账本", "the state names no log of uses of this name and key");
                let on = Place { log: Some(&shard.name), index: None };
                self.find(("use_log_unknown", "A16"), on, &shard.name, zh, en);
            }
            self.signed(Some(&shard.name), &shard.verified);
            self.gone(Some(&shard.name), &shard.gone);
            self.close(Some(&shard.name), shard.book, calendar);
            self.report.use_logs.push(VerifiedUses { log: shard.name, verified: shard.verified });
        }
        let verified = self.report.verified.clone();
        self.signed(None, &verified);
        let gone = std::mem::take(&mut self.gone);
        self.gone(None, &gone);
        breaches::find(&mut self);
        let duties = self.replay.state().duties(&[], calendar, today, None);
        let late = |duty: &&Duty| duty.done.zip(duty.due.as_ref()).is_some_and(|(done, due)| done > due.date);
        self.report.late = duties.iter().filter(late).cloned().collect();
        // A use that was not reported in time is a finding of its own, in whichever log it stands.
        let overdue = |duty: &Duty| duty.status == DutyStatus::Overdue && duty.code != USE_REPORT;
        self.report.overdue = duties.into_iter().filter(overdue).collect();
        for duty in self.report.overdue.clone() {
            let zh = format!("义务已逾期:{}", duty.zh);
            let en = format!("overdue: {}", duty.en);
            self.find(("duty_overdue", &duty.cite), Place::default(), &duty.id, &zh, &en);
        }
        self.report.clean = self.report.findings.is_empty();
        self.report
    }

    /// Grants of which more was used in all logs together than was granted.
    fn quotas(&mut self, shards: &[Shard]) {
        let mut used: BTreeMap<&str, Used> = BTreeMap::new();
        for (application, more) in shards.iter().flat_map(|shard| shard.used.totals()) {
            let known = used.entry(application).or_default();
            *known = known.plus(more);
        }
        let state = self.replay.state();
        let over = |(id, elsewhere): (&str, Used)| {
            let application = state.application(id)?;
            let used = application.used.plus(elsewhere);
            let beyond = |used: u64, granted: Option<u64>| granted.is_some_and(|granted| used > granted);
            let over = beyond(used.rows, application.grant.rows) || beyond(used.pages, application.grant.pages);
            over.then(|| id.to_owned())
        };
        for id in used.into_iter().filter_map(over).collect::<Vec<_>>() {
            let (zh, en) = ("各账本合计使用量超过批准的限额", "more was used in all logs together than was granted");
            self.find(("quota_exceeded", "A22.2"), Place::default(), &id, zh, en);
        }
    }

    /// What a log leaves open: intents without a result, uses that were not reported.
    fn close(&mut self, log: Option<&str>, book: Book, calendar: &Calendar) {
        let today = legal_date(self.report.at);
        let days = self.replay.state().rules().use_report_days;
        for Left { index, dataset, user, open, unreported } in book.left() {
            let on = Place { log, index: Some(index) };
            if open {
                let (zh, en) = ("使用意图没有相应的结果记录", "an intent without a result");
                self.find(("intent_without_result", "A16"), on, &dataset, zh, en);
            }
            let Some(served) = unreported else { continue };
            let due = days.map(|days| calendar.add_working_days(legal_date(served), days).date);
            if due.is_some_and(|due| due < today) {
                let (zh, en) =
                    ("有条件开放类数据的使用情况逾期未提交", "the use of conditional data was not reported in time");
                self.find(("use_not_reported", "A16"), on, &dataset, zh, en);
            }
            self.report.unreported_count += 1;
            if self.report.unreported.len() < MOST_UNREPORTED {
                let log = log.map(str::to_owned);
                self.report.unreported.push(UnreportedUse { log, index, dataset, user, due });
            }
        }
    }

    /// Records that no signature covers: whoever cuts them off leaves no trace.
    fn signed(&mut self, log: Option<&str>, verified: &Verified) {
        if verified.signed_size < verified.size {
            let count = verified.size - verified.signed_size;
            let zh = format!("最后 {count} 条记录尚无签名覆盖");
            let en = format!("no signature covers the last {count} records");
            let on = Place { log, index: Some(verified.signed_size) };
            self.find(("not_signed", "A31"), on, &verified.origin, &zh, &en);
        }
    }

    /// Blobs that are not there, although nobody recorded that they were erased.
    fn gone(&mut self, log: Option<&str>, gone: &BTreeSet<Digest>) {
        let erased: BTreeSet<Digest> = self.report.erased.iter().copied().collect();
        for name in gone.difference(&erased).map(ToString::to_string) {
            let (zh, en) = (
                "记录所指的数据块缺失,且没有删除记录",
                "a blob that a record names is gone, and no record says that it was erased",
            );
            self.find(("blob_gone", "A31"), Place { log, index: None }, &name, zh, en);
        }
    }

    pub(super) fn replay(&self) -> &Replay {
        &self.replay
    }
}

/// Whether a record names the state that the log gives. One that has no bytes was never recorded.
pub(super) fn is_of(now: Result<Vec<u8>, ProcessError>, named: &Digest) -> bool {
    now.is_ok_and(|now| sha256(&now) == *named)
}

/// Where something was found.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Place<'a> {
    pub(super) log: Option<&'a str>,
    pub(super) index: Option<u64>,
}
