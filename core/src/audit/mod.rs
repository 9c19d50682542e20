//! The audit: is all of it true? Every byte of the log is verified, every recorded decision is decided again under the
//! policy and on the state of its record, and what does not agree is listed with its article.
//!
//! This room must never change anything, never repair what it finds, and never trust a decision because it is recorded.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::calendar::Calendar;
use crate::crypto::PublicKey;
use crate::error::Explain;
use crate::gate::{Body, Decision, LEDGER, Outcome, Record, Replay, Request, UseReport, decide};
use crate::ledger::{self, Checkpoint, Ledger, Verified};
use crate::process::{Duty, DutyStatus};
use crate::terms::{Instant, V1, legal_date};

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Finding {
    /// The stable code.
    pub code: String,
    /// The article.
    pub cite: String,
    /// The index of the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<u64>,
    /// The dataset, duty or user that it is about.
    pub subject: String,
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

/// What an audit found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AuditReport {
    /// The document's version.
    pub v: V1,
    /// When it was asked; duties stand as of this instant.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub at: Instant,
    /// What the verification of the log found.
    pub verified: Verified,
    /// How many events were folded.
    pub events: u64,
    /// How many decisions were decided again.
    pub decisions: u64,
    /// How many of them permit.
    pub permits: u64,
    /// How many results followed.
    pub results: u64,
    /// How many uses were reported.
    pub use_reports: u64,
    /// Everything that is not as it should be, in the order of the log, duties last.
    pub findings: Vec<Finding>,
    /// The duties that are overdue.
    pub overdue: Vec<Duty>,
    /// No finding.
    pub clean: bool,
}

/// Audits a platform's directory. `key` is who the log must be signed by; without it the directory's own key is taken,
/// and the report says so. `pin` is a head that was kept elsewhere.
///
/// # Errors
/// [`IntegrityError`](crate::ledger::IntegrityError) when the bytes are not what was signed: then nothing in the log
/// can be relied on. What can't be read.
///
/// ```
/// use kaifang::audit::audit;
/// use kaifang::calendar::Calendar;
/// use kaifang::crypto::Ed25519Key;
/// use kaifang::gate::{Platform, Request};
/// use kaifang::policy::Policy;
/// use kaifang::terms::Action;
///
/// let folder = tempfile::tempdir()?;
/// let (key, _) = Ed25519Key::generate()?;
/// let at = "2024-06-03T02:00:00Z".parse()?;
/// let policy = Policy::builtin("xian-2022-013")?;
/// let mut platform = Platform::init(folder.path(), &policy, "data.example", Box::new(key), at)?;
/// platform.admit(&Request::new("unknown-data", Action::Download), at)?;
/// let head = platform.checkpoint()?;
///
/// let report = audit(folder.path(), Some(platform.public_key()), Some(&head), Calendar::builtin(), at)?;
/// assert!(report.clean && report.decisions == 1 && report.permits == 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn audit(
    dir: impl AsRef<Path>,
    key: Option<&PublicKey>,
    pin: Option<&Checkpoint>,
    calendar: &Calendar,
    at: Instant,
) -> Result<AuditReport, Error> {
    let dir = dir.as_ref();
    let verified = ledger::verify(dir.join(LEDGER), key, pin)?;
    let mut audit = Audit::new(dir, at, verified);
    // What is audited is what was verified, also where somebody writes in between.
    let (size, root) = (audit.report.verified.size, audit.report.verified.root);
    for item in Ledger::open(dir.join(LEDGER), None)?.records_under(size, &root)? {
        let (index, bytes) = item?;
        audit.record(index, &bytes);
    }
    Ok(audit.finish(calendar))
}

struct Audit {
    replay: Replay,
    report: AuditReport,
    last: Option<Instant>,
    /// The permitted intents: index → what was asked.
    intents: BTreeMap<u64, Request>,
}

impl Audit {
    fn new(dir: &Path, at: Instant, verified: Verified) -> Self {
        let report = AuditReport {
            v: V1,
            at,
            verified,
            events: 0,
            decisions: 0,
            permits: 0,
            results: 0,
            use_reports: 0,
            findings: Vec::new(),
            overdue: Vec::new(),
            clean: false,
        };
        Audit { replay: Replay::new(dir), report, last: None, intents: BTreeMap::new() }
    }

    fn find(&mut self, (code, cite): (&str, &str), index: Option<u64>, subject: &str, zh: &str, en: &str) {
        let (code, cite, subject) = (code.to_owned(), cite.to_owned(), subject.to_owned());
        self.report.findings.push(Finding { code, cite, index, subject, zh: zh.to_owned(), en: en.to_owned() });
    }

    fn record(&mut self, index: u64, bytes: &[u8]) {
        let record = match Record::from_bytes(bytes) {
            Ok(record) => record,
            Err(error) => {
                self.find(("unreadable_record", "A16"), Some(index), "record", &error.zh(), &error.to_string());
                self.replay.pass();
                return;
            }
        };
        if self.last.is_some_and(|last| record.at < last) {
            let (zh, en) = ("记录时间早于前一条记录", "the record's time lies before that of the record before it");
            self.find(("time_went_back", "A16"), Some(index), "record", zh, en);
        }
        self.last = Some(record.at);
        match &record.body {
            Body::Event { .. } => self.report.events += 1,
            Body::Intent { request, decision } => {
                self.decision(index, &record, request, decision, true);
                self.intents.insert(index, (**request).clone());
            }
            Body::Denial { request, decision } => self.decision(index, &record, request, decision, false),
            Body::Result { intent, outcome } => self.result(index, *intent, outcome),
            Body::UseReport { report } => self.use_report(index, report),
        }
        if let Err(error) = self.replay.fold(&record) {
            self.find(("illegal_record", "A16"), Some(index), "record", &error.zh(), &error.to_string());
        }
    }

    /// Decides again, under the policy and on the state that stand before the record.
    fn decision(&mut self, index: u64, record: &Record, request: &Request, recorded: &Decision, intent: bool) {
        self.report.decisions += 1;
        self.report.permits += u64::from(recorded.permit);
        let again = self.replay.policy().map(|policy| decide(policy, self.replay.state(), request, record.at));
        if again.as_ref().is_none_or(|again| again != recorded) {
            let now = again.as_ref().map_or("undecidable", |again| if again.permit { "permit" } else { "deny" });
            let zh = format!("重新作出的决定与记录不一致;重新决定的结果:{now}");
            let en = format!("decided again, the answer is another than the recorded one; it is now: {now}");
            self.find(("decision_differs", "A16"), Some(index), &request.dataset, &zh, &en);
        }
        if recorded.permit != intent {
            let (zh, en) = ("记录的类别与其决定不符", "the kind of the record is not what its decision says");
            self.find(("kind_differs", "A32(3)"), Some(index), &request.dataset, zh, en);
        }
    }

    fn result(&mut self, index: u64, intent: u64, outcome: &Outcome) {
        self.report.results += 1;
        let Some(request) = self.intents.get(&intent) else { return };
        if request.rows.is_some_and(|asked| outcome.rows > asked) {
            let subject = request.dataset.clone();
            let (zh, en) = ("实际提供的行数多于所申请的行数", "more rows went out than were asked for");
            self.find(("more_than_asked", "A22.2"), Some(index), &subject, zh, en);
        }
    }

    fn use_report(&mut self, index: u64, report: &UseReport) {
        self.report.use_reports += 1;
        let known = |request: &Request| {
            request.dataset == report.dataset && request.user.as_deref() == Some(report.user.as_str())
        };
        if report.intent.is_some_and(|intent| !self.intents.get(&intent).is_some_and(known)) {
            let (zh, en) = ("所报告的使用在账本中没有相应记录", "the reported use has no record in the log");
            self.find(("use_without_record", "A16"), Some(index), &report.dataset, zh, en);
        }
    }

    fn finish(mut self, calendar: &Calendar) -> AuditReport {
        let open: Vec<(u64, String)> =
            self.replay.state().open_uses().map(|(index, used)| (index, used.dataset.clone())).collect();
        for (index, dataset) in open {
            let (zh, en) = ("使用意图没有相应的结果记录", "an intent without a result");
            self.find(("intent_without_result", "A16"), Some(index), &dataset, zh, en);
        }
        let duties = self.replay.state().duties(calendar, legal_date(self.report.at), None);
        self.report.overdue = duties.into_iter().filter(|duty| duty.status == DutyStatus::Overdue).collect();
        for duty in self.report.overdue.clone() {
            let zh = format!("义务已逾期:{}", duty.zh);
            let en = format!("overdue: {}", duty.en);
            self.find(("duty_overdue", &duty.cite), None, &duty.id, &zh, &en);
        }
        self.report.clean = self.report.findings.is_empty();
        self.report
    }
}

#[cfg(test)]
mod tests;
