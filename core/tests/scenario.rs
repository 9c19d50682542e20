//! A year of the platform against the table that was written by hand from the articles, `tests/scenarios/year.json`;
//! what a step is, its README says.
//!
//! Every difference is collected, with the step's number, its article and reason and both answers, before the test
//! fails. Then the year's log is damaged by a bit, and written anew with two decisions swapped: both are caught.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use kaifang::audit::{AuditReport, Finding, audit};
use kaifang::calendar::Calendar;
use kaifang::canon;
use kaifang::crypto::{Ed25519Key, PublicKey, Signer};
use kaifang::error::Explain as _;
use kaifang::gate::{LEDGER, Outcome, Platform, Request, UseReport};
use kaifang::ledger::{Checkpoint, Ledger, LedgerConfig, Profile};
use kaifang::policy::{FactDefinition, Policy, Section};
use kaifang::terms::Instant;
use serde_json::{Value, json};

#[path = "../../tests/scenarios/table.rs"]
mod table;

use table::{assessment, decided, found, kind, owed, refusal, steps, table};

fn instant(step: &Value) -> Instant {
    step["at"].as_str().unwrap().parse().unwrap()
}

fn document(of: &impl serde::Serialize) -> Value {
    serde_json::to_value(of).unwrap()
}

/// The official schedules, and those that the step loads besides.
fn calendar(step: &Value) -> Calendar {
    let mut calendar = Calendar::builtin().clone();
    for year in step["years"].as_array().into_iter().flatten() {
        calendar.load_year(year.to_string().as_bytes()).unwrap();
    }
    calendar
}

fn code(error: impl Into<kaifang::Error>) -> String {
    error.into().code().to_owned()
}

/// A platform that lives through the year.
struct Year<'a> {
    table: &'a Value,
    platform: Platform,
    dir: PathBuf,
    key: PublicKey,
    /// The records of the requests that have a name.
    records: BTreeMap<String, u64>,
}

impl Year<'_> {
    fn begin(table: &Value, dir: PathBuf) -> (Year<'_>, String) {
        let policy = Policy::builtin(table["policy"].as_str().unwrap()).unwrap();
        let (signer, pem) = Ed25519Key::generate().unwrap();
        let (origin, start) = (table["origin"].as_str().unwrap(), table["start"].as_str().unwrap().parse().unwrap());
        let platform = Platform::init(&dir, &policy, origin, Box::new(signer), start).unwrap();
        let key = platform.public_key().unwrap();
        (Year { table, platform, dir, key, records: BTreeMap::new() }, pem.to_string())
    }

    /// What the platform answers to a step, in the words of the table.
    fn answer(&mut self, step: &Value) -> Value {
        let at = instant(step);
        match kind(step) {
            "act" => self.act(&step["act"], step, at),
            "assess" => self.act(&assessment(self.table, step), step, at),
            "admit" => decided(step, self.admit(step, at)),
            "decide" => {
                let request = Request::from_json(&step["decide"].to_string());
                let decision = request.map(|request| document(&self.platform.decide(&request, at)));
                decided(step, decision.map_err(code))
            }
            "complete" => match self.records.get(step["complete"].as_str().unwrap()) {
                Some(index) => {
                    let outcome: Outcome = serde_json::from_value(step["outcome"].clone()).unwrap();
                    let recorded = self.platform.complete(*index, outcome, at);
                    refusal(step, recorded.map(|_| Vec::new()).map_err(code))
                }
                None => json!({ "error": "the request has no record" }),
            },
            "report_use" => {
                let mut report = step["report_use"].clone();
                let index = self.records.get(report["intent"].as_str().unwrap());
                report["intent"] = index.map_or(Value::Null, |index| json!(index));
                let report: UseReport = serde_json::from_value(report).unwrap();
                refusal(step, self.platform.report_use(report, at).map(|_| Vec::new()).map_err(code))
            }
            "duties" => json!({ "duties": self.owed(step["duties"]["for"].as_str(), &calendar(step), at) }),
            _ => match self.audit(&calendar(step), at) {
                Ok(report) => found(&document(&report)),
                Err(error) => json!({ "error": error.code() }),
            },
        }
    }

    fn act(&mut self, act: &Value, step: &Value, at: Instant) -> Value {
        let recorded = self.platform.act_json(&act.to_string(), at);
        let duties = recorded.map(|recorded| recorded.duties.iter().map(document).collect());
        refusal(step, duties.map_err(code))
    }

    fn admit(&mut self, step: &Value, at: Instant) -> Result<Value, String> {
        let request = Request::from_json(&step["admit"].to_string()).map_err(code)?;
        let admitted = self.platform.admit(&request, at).map_err(code)?;
        if let (Some(name), Some(index)) = (step["as"].as_str(), admitted.index) {
            self.records.insert(name.to_owned(), index);
        }
        Ok(document(&admitted.decision))
    }

    /// What is owed, as whoever opens the platform with this calendar reads it.
    fn owed(&self, holder: Option<&str>, calendar: &Calendar, at: Instant) -> Value {
        let owing =
            |platform: &Platform| -> Vec<Value> { platform.duties(holder, at).unwrap().iter().map(document).collect() };
        if calendar == self.platform.calendar() {
            return owed(&owing(&self.platform));
        }
        owed(&owing(&Platform::open(&self.dir, None).unwrap().with_calendar(calendar.clone())))
    }

    fn audit(&self, calendar: &Calendar, at: Instant) -> Result<AuditReport, kaifang::Error> {
        let head = self.platform.checkpoint()?;
        audit(&self.dir, Some(&self.key), Some(&head), calendar, at)
    }

    /// Every step whose answer is not the table's.
    fn differences(&mut self, steps: &[Value]) -> Vec<String> {
        table::differences(steps, |step| self.answer(step))
    }
}

#[test]
fn a_year_goes_as_the_articles_say() {
    let table = table();
    let steps = steps(&table);
    let folder = tempfile::tempdir().unwrap();
    let (mut year, pem) = Year::begin(&table, folder.path().join("platform"));
    let differences = year.differences(steps);
    let count = differences.len();
    assert!(differences.is_empty(), "{count} of {} steps differ:\n\n{}", steps.len(), differences.join("\n\n"));

    // The state is the fold of the log: opened again, the same is owed.
    let end = instant(steps.last().unwrap());
    let owed = year.owed(None, Calendar::builtin(), end);
    let head = year.platform.checkpoint().unwrap();
    year.platform = Platform::open(&year.dir, None).unwrap();
    assert_eq!(year.owed(None, Calendar::builtin(), end), owed);

    let Year { dir, key, .. } = &year;
    one_bit_is_found(dir, &folder.path().join("damaged"), key, &head, end);
    swapped_decisions_are_found(dir, &folder.path().join("swapped"), (key, &pem), &head, end);
}

/// A31.1: nothing that was altered is relied on.
fn one_bit_is_found(dir: &Path, copy: &Path, key: &PublicKey, head: &Checkpoint, end: Instant) {
    copy_tree(dir, copy);
    let mut segments: Vec<PathBuf> =
        fs::read_dir(copy.join(LEDGER).join("segments")).unwrap().map(|entry| entry.unwrap().path()).collect();
    segments.sort();
    let segment = segments.first().unwrap();
    let whole = fs::read(segment).unwrap();
    for quarter in 1..4 {
        let mut bytes = whole.clone();
        bytes[whole.len() / 4 * quarter] ^= 1;
        fs::write(segment, bytes).unwrap();
        let error = audit(copy, Some(key), Some(head), Calendar::builtin(), end).unwrap_err();
        assert!(error.code().starts_with("KF-INTEGRITY-"), "{error:?}");
    }
    fs::write(segment, whole).unwrap();
    audit(copy, Some(key), Some(head), Calendar::builtin(), end).unwrap();
}

/// A16: who holds the key can write the log anew, with the decision of a permit and of a denial swapped. The head that
/// was kept elsewhere does not agree; and without it, each decision made again is another.
fn swapped_decisions_are_found(
    dir: &Path,
    copy: &Path,
    (key, pem): (&PublicKey, &str),
    head: &Checkpoint,
    end: Instant,
) {
    let log = Ledger::open(dir.join(LEDGER), None).unwrap();
    let mut records: Vec<Value> =
        log.records().unwrap().map(|record| canon::parse(&record.unwrap().1).unwrap()).collect();
    let find = |kind: &str| records.iter().position(|record| record["body"]["kind"] == kind).unwrap();
    let (permit, denial) = (find("intent"), find("denial"));
    let first = records[permit]["body"]["decision"].take();
    let second = std::mem::replace(&mut records[denial]["body"]["decision"], first);
    records[permit]["body"]["decision"] = second;

    copy_tree(dir, copy);
    fs::remove_dir_all(copy.join(LEDGER)).unwrap();
    let config = LedgerConfig { origin: log.origin().to_owned(), profile: Profile::Intl };
    let signer: Box<dyn Signer> = Box::new(Ed25519Key::from_pem(pem).unwrap());
    let mut written = Ledger::create(copy.join(LEDGER), &config, signer).unwrap();
    for record in &records {
        written.append(&canon::to_bytes(record).unwrap()).unwrap();
    }
    written.checkpoint().unwrap();
    drop(written);
    let blobs = dir.join(LEDGER).join("blobs");
    if blobs.is_dir() {
        copy_tree(&blobs, &copy.join(LEDGER).join("blobs"));
    }

    let error = audit(copy, Some(key), Some(head), Calendar::builtin(), end).unwrap_err();
    assert!(error.code().starts_with("KF-INTEGRITY-"), "{error:?}");
    let report = audit(copy, Some(key), None, Calendar::builtin(), end).unwrap();
    for index in [permit, denial] {
        let differs = |found: &Finding| found.code == "decision_differs" && found.index == Some(index as u64);
        assert!(report.findings.iter().any(differs), "{index}: {:?}", report.findings);
    }
}

fn copy_tree(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_tree(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn a_wrong_row_of_the_table_is_reported() {
    let table = table();
    let (steps, wrong) = table::three_wrong(&table);
    let folder = tempfile::tempdir().unwrap();
    let differences = Year::begin(&table, folder.path().join("platform")).0.differences(&steps);
    assert_eq!(table::numbers(&differences), wrong, "{}", differences.join("\n\n"));
}

#[test]
fn the_table_is_well_formed() {
    let table = table();
    let policy = Policy::builtin(table["policy"].as_str().unwrap()).unwrap();
    let first = |fact: &FactDefinition| (fact.id.clone(), document(&fact.domain.value_at(0).unwrap()));
    let harmless = policy.facts(Section::Classification).iter().map(first).collect();
    assert_eq!(table["harmless"], Value::Object(harmless), "each fact has the first value of its domain");

    let mut last = instant(&json!({ "at": table["start"] }));
    for (number, step) in (1..).zip(steps(&table)) {
        let (kind, at) = (kind(step), instant(step));
        assert!(at >= last, "step {number} lies before the one before it");
        last = at;
        let why = ["cite", "zh", "en"].map(|part| step["why"][part].as_str().unwrap_or_default());
        assert!(why[0].starts_with('A') && !why[1].is_empty() && !why[2].is_empty(), "step {number} has no reason");
        let may: &[&str] = match kind {
            "act" | "assess" => &["refused", "duties"],
            "admit" | "decide" => &["permit", "denials", "rows", "as"],
            "complete" => &["outcome", "refused"],
            "report_use" => &["refused"],
            "duties" => &["expect", "years"],
            _ => &["findings", "years"],
        };
        for name in step.as_object().unwrap().keys().filter(|name| !["at", "why", kind].contains(&name.as_str())) {
            assert!(may.contains(&name.as_str()), "step {number} has a member {name:?}");
        }
    }
}
