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
use kaifang::crypto::{Ed25519Key, PublicKey, Signer, sha256};
use kaifang::error::Explain as _;
use kaifang::gate::{LEDGER, Outcome, Platform, Request, UseReport};
use kaifang::ledger::{Checkpoint, Ledger, LedgerConfig, Profile};
use kaifang::policy::{Policy, Section};
use kaifang::terms::Instant;
use serde_json::{Map, Value, json};

const TABLE: &str = include_str!("../../tests/scenarios/year.json");

/// What a step can be; it is exactly one of them. A list of duties is what an act makes or does.
const KINDS: [&str; 8] = ["act", "assess", "admit", "decide", "complete", "report_use", "duties", "audit"];

/// The table, each `$digest:TEXT` replaced by the SHA-256 of the text.
fn table() -> Value {
    let mut table = canon::parse(TABLE.as_bytes()).unwrap();
    resolve(&mut table);
    table
}

fn resolve(value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Some(digested) = text.strip_prefix("$digest:") {
                *text = sha256(digested.as_bytes()).to_string();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(resolve),
        Value::Object(members) => members.values_mut().for_each(resolve),
        _ => {}
    }
}

fn instant(step: &Value) -> Instant {
    step["at"].as_str().unwrap().parse().unwrap()
}

fn kind(step: &Value) -> &'static str {
    let is = |kind: &&str| step.get(kind).is_some_and(|value| !value.is_array());
    let kinds: Vec<&str> = KINDS.into_iter().filter(is).collect();
    let [kind] = kinds.as_slice() else { panic!("a step is exactly one of {KINDS:?}: {step}") };
    kind
}

/// A list whose order means nothing.
fn sorted(list: impl IntoIterator<Item = Value>) -> Value {
    let mut list: Vec<Value> = list.into_iter().collect();
    list.sort_by_key(Value::to_string);
    Value::Array(list)
}

/// What the table says about a step.
fn expected(step: &Value) -> Value {
    let list = |name: &str| sorted(step[name].as_array().unwrap().iter().cloned());
    match kind(step) {
        "admit" | "decide" => {
            let mut answer = json!({ "permit": step["permit"], "denials": step["denials"] });
            if let Some(rows) = step.get("rows") {
                answer["rows"] = rows.clone();
            }
            answer
        }
        "duties" => json!({ "duties": list("expect") }),
        "audit" => json!({ "findings": list("findings") }),
        _ => {
            let mut answer = json!({ "refused": step.get("refused").cloned().unwrap_or(Value::Bool(false)) });
            if step["duties"].is_array() {
                answer["duties"] = list("duties");
            }
            answer
        }
    }
}

/// A duty in the words of the table.
fn duty(duty: &Value) -> Value {
    json!({
        "code": duty["code"], "holder": duty["holder"], "subject": duty["subject"], "due": duty["due"]["date"],
        "provisional": duty["due"]["provisional"].as_bool().unwrap_or(false), "status": duty["status"],
    })
}

fn document(of: &impl serde::Serialize) -> Value {
    serde_json::to_value(of).unwrap()
}

/// A platform that lives through the year.
struct Year {
    platform: Platform,
    dir: PathBuf,
    key: PublicKey,
    /// The harmless answers to the facts of the classification.
    harmless: Map<String, Value>,
    /// The records of the requests that have a name.
    records: BTreeMap<String, u64>,
}

impl Year {
    fn begin(table: &Value, dir: PathBuf) -> (Year, String) {
        let policy = Policy::builtin(table["policy"].as_str().unwrap()).unwrap();
        let first = |fact: &kaifang::policy::FactDefinition| document(&fact.domain.value_at(0).unwrap());
        let harmless =
            policy.facts(Section::Classification).iter().map(|fact| (fact.id.clone(), first(fact))).collect();
        let (signer, pem) = Ed25519Key::generate().unwrap();
        let (origin, start) = (table["origin"].as_str().unwrap(), table["start"].as_str().unwrap().parse().unwrap());
        let platform = Platform::init(&dir, &policy, origin, Box::new(signer), start).unwrap();
        let key = platform.public_key().unwrap();
        (Year { platform, dir, key, harmless, records: BTreeMap::new() }, pem.to_string())
    }

    /// What the platform answers to a step, in the words of the table.
    fn answer(&mut self, step: &Value) -> Value {
        let at = instant(step);
        match kind(step) {
            "act" => self.act(&step["act"], step, at),
            "assess" => {
                let act = self.assessment(&step["assess"], step["at"].as_str().unwrap());
                self.act(&act, step, at)
            }
            "admit" => match Request::from_json(&step["admit"].to_string()).map_err(kaifang::Error::from) {
                Ok(request) => match self.platform.admit(&request, at) {
                    Ok(admitted) => {
                        if let (Some(name), Some(index)) = (step["as"].as_str(), admitted.index) {
                            self.records.insert(name.to_owned(), index);
                        }
                        decided(step, &document(&admitted.decision))
                    }
                    Err(error) => json!({ "error": error.code() }),
                },
                Err(error) => json!({ "error": error.code() }),
            },
            "decide" => match Request::from_json(&step["decide"].to_string()) {
                Ok(request) => decided(step, &document(&self.platform.decide(&request, at))),
                Err(error) => json!({ "error": error.code() }),
            },
            "complete" => match self.records.get(step["complete"].as_str().unwrap()) {
                Some(index) => {
                    let outcome: Outcome = serde_json::from_value(step["outcome"].clone()).unwrap();
                    refusal(step, self.platform.complete(*index, outcome, at).map(|_| Vec::new()))
                }
                None => json!({ "error": "the request has no record" }),
            },
            "report_use" => {
                let mut report = step["report_use"].clone();
                let index = self.records.get(report["intent"].as_str().unwrap());
                report["intent"] = index.map_or(Value::Null, |index| json!(index));
                let report: UseReport = serde_json::from_value(report).unwrap();
                refusal(step, self.platform.report_use(report, at).map(|_| Vec::new()))
            }
            "duties" => json!({ "duties": sorted(self.owed(step["duties"]["for"].as_str(), at)) }),
            _ => match self.audit(at) {
                Ok(report) => {
                    let findings = report.findings.iter();
                    let findings = findings.map(|found| json!({ "code": found.code, "subject": found.subject }));
                    json!({ "findings": sorted(findings) })
                }
                Err(error) => json!({ "error": error.code() }),
            },
        }
    }

    fn act(&mut self, act: &Value, step: &Value, at: Instant) -> Value {
        let recorded = self.platform.act_json(&act.to_string(), at);
        refusal(step, recorded.map(|recorded| recorded.duties.iter().map(document).collect()))
    }

    /// The act of an assessment: an assertion about each fact that is known. The platform states facts and
    /// classification.
    fn assessment(&self, assess: &Value, at: &str) -> Value {
        let mut facts = self.harmless.clone();
        for (fact, value) in assess["facts"].as_object().unwrap() {
            assert!(facts.insert(fact.clone(), value.clone()).is_some(), "{fact} is no fact of the policy");
        }
        let named = assess.get("evidence").cloned().unwrap_or_else(|| json!({}));
        let usual = json!(sha256(b"evidence").to_string());
        let assertion = |(fact, value): (&String, &Value)| {
            let evidence = named.get(fact).unwrap_or(&usual);
            json!({ "v": 1, "fact": fact, "value": value, "by": assess["assessor"], "at": at, "evidence": evidence })
        };
        let known = facts.iter().filter(|(_, value)| !value.is_null());
        let mut act = json!({
            "by": assess["by"], "event": "dataset_assessed", "dataset": assess["dataset"],
            "content": assess["content"], "assessor": assess["assessor"],
            "assertions": known.map(assertion).collect::<Vec<Value>>(),
            "evidence": named.as_object().unwrap().values().collect::<Vec<&Value>>(),
        });
        for part in ["chosen", "approval"].into_iter().filter(|part| !assess[*part].is_null()) {
            act[part] = assess[part].clone();
        }
        act
    }

    /// The duties that are not done.
    fn owed(&mut self, holder: Option<&str>, at: Instant) -> Vec<Value> {
        let duties = self.platform.duties(holder, at);
        duties.iter().map(document).filter(|duty| duty["status"] != "done").map(|owed| duty(&owed)).collect()
    }

    fn audit(&mut self, at: Instant) -> Result<AuditReport, kaifang::Error> {
        let head = self.platform.checkpoint()?;
        audit(&self.dir, Some(&self.key), Some(&head), Calendar::builtin(), at)
    }

    /// Every step whose answer is not the table's.
    fn differences(&mut self, steps: &[Value]) -> Vec<String> {
        let mut differences = Vec::new();
        for (number, step) in (1..).zip(steps) {
            let (wanted, got) = (expected(step), self.answer(step));
            if wanted != got {
                let (at, cite) = (&step["at"], &step["why"]["cite"]);
                let why = format!("{} {}", step["why"]["zh"], step["why"]["en"]);
                differences.push(format!("step {number}, {at}, {cite}: {why}\n  table  {wanted}\n  answer {got}"));
            }
        }
        differences
    }
}

fn decided(step: &Value, decision: &Value) -> Value {
    let codes: Vec<&Value> = decision["denials"].as_array().unwrap().iter().map(|denial| &denial["code"]).collect();
    let mut answer = json!({ "permit": decision["permit"], "denials": codes });
    if step.get("rows").is_some() {
        answer["rows"] = decision["rows"].clone();
    }
    answer
}

/// Whether something was refused: with its code, or just that it was where the table does not name one.
fn refusal(step: &Value, done: Result<Vec<Value>, kaifang::Error>) -> Value {
    let (refused, duties) = match done {
        Ok(duties) => (json!(false), duties),
        Err(_) if step["refused"] == true => (json!(true), Vec::new()),
        Err(error) => (json!(error.code()), Vec::new()),
    };
    let mut answer = json!({ "refused": refused });
    if step["duties"].is_array() {
        answer["duties"] = sorted(duties.iter().map(duty));
    }
    answer
}

#[test]
fn a_year_goes_as_the_articles_say() {
    let table = table();
    let steps = table["steps"].as_array().unwrap();
    assert!(steps.len() >= 400, "the table lost its steps");
    let folder = tempfile::tempdir().unwrap();
    let (mut year, pem) = Year::begin(&table, folder.path().join("platform"));
    let differences = year.differences(steps);
    let count = differences.len();
    assert!(differences.is_empty(), "{count} of {} steps differ:\n\n{}", steps.len(), differences.join("\n\n"));

    // The state is the fold of the log: opened again, the same is owed.
    let end = instant(steps.last().unwrap());
    let owed = year.owed(None, end);
    let head = year.platform.checkpoint().unwrap();
    let Year { platform, dir, key, .. } = year;
    drop(platform);
    let again = Platform::open(&dir, None).unwrap();
    let again: Vec<Value> = again.duties(None, end).iter().map(document).collect();
    assert_eq!(sorted(owed), sorted(again.iter().filter(|owed| owed["status"] != "done").map(duty)));

    one_bit_is_found(&dir, &folder.path().join("damaged"), &key, &head, end);
    swapped_decisions_are_found(&dir, &folder.path().join("swapped"), (&key, &pem), &head, end);
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
    let mut steps: Vec<Value> = table["steps"].as_array().unwrap()[..40].to_vec();
    let denied = steps.iter().position(|step| step["permit"] == false).unwrap();
    steps[denied]["denials"] = json!([]);
    let owed = steps.iter().position(|step| step["expect"].as_array().is_some_and(|owed| !owed.is_empty())).unwrap();
    steps[owed]["expect"][0]["due"] = json!("2026-02-30");
    let refused = steps.iter().position(|step| step["refused"].is_string()).unwrap();
    steps[refused]["refused"] = json!("KF-PROCESS-00");
    let mut wrong = [denied, owed, refused];
    wrong.sort_unstable();

    let folder = tempfile::tempdir().unwrap();
    let differences = Year::begin(&table, folder.path().join("platform")).0.differences(&steps);
    let reported: Vec<bool> = (differences.iter().zip(wrong))
        .map(|(difference, place)| difference.starts_with(&format!("step {}, ", place + 1)))
        .collect();
    assert_eq!(reported, [true; 3], "{}", differences.join("\n\n"));
}

#[test]
fn the_table_is_well_formed() {
    let table = table();
    let mut last = instant(&json!({ "at": table["start"] }));
    for (number, step) in (1..).zip(table["steps"].as_array().unwrap()) {
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
            "duties" => &["expect"],
            _ => &["findings"],
        };
        for name in step.as_object().unwrap().keys().filter(|name| !["at", "why", kind].contains(&name.as_str())) {
            assert!(may.contains(&name.as_str()), "step {number} has a member {name:?}");
        }
    }
}
