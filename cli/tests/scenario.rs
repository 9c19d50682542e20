//! A year of the platform at the command line: each step of `tests/scenarios/year.json` is a process of its own on one
//! directory, and must come to what was written by hand from the articles. What a step is, the README beside it says.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

mod command;
#[path = "../../tests/scenarios/table.rs"]
mod table;

use command::run;
use table::{assessment, decided, found, kind, owed, refusal, steps, table};

/// Runs the command in a folder: its document and whether it ended with 0, or the exit code and the error's code.
fn kaifang(folder: &Path, arguments: &[&str], input: &str) -> Result<(Value, bool), (i32, String)> {
    let output = run(folder, arguments, input);
    let exit = output.status.code().unwrap();
    if matches!(exit, 0 | 1) {
        return Ok((serde_json::from_slice(&output.stdout).unwrap(), exit == 0));
    }
    assert!(output.stdout.is_empty(), "an error writes nothing to stdout");
    let error: Value = serde_json::from_slice(&output.stderr)
        .unwrap_or_else(|_| panic!("no error document: {}", String::from_utf8_lossy(&output.stderr)));
    Err((exit, error["code"].as_str().unwrap().to_owned()))
}

/// What a verb prints that has nothing to refuse.
fn printed(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments, "");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

/// A platform that lives through the year, in a folder of its own.
struct Year<'a> {
    table: &'a Value,
    folder: &'a Path,
    key: String,
    /// The records of the requests that have a name.
    records: BTreeMap<String, String>,
}

impl<'a> Year<'a> {
    fn begin(table: &'a Value, folder: &'a Path) -> Self {
        let text = |name: &str| table[name].as_str().unwrap();
        let key = printed(folder, &["keys", "new", "--kind", "ed25519", "-o", "key.pem"]);
        let (policy, origin, start) = (text("policy"), text("origin"), text("start"));
        let law = ["--policy", policy, "--origin", origin, "--at", start];
        printed(folder, &[&["platform", "init", "city", "--key", "key.pem"][..], &law[..]].concat());
        Year { table, folder, key, records: BTreeMap::new() }
    }

    /// What the platform answers to a step, in the words of the table.
    fn answer(&mut self, step: &Value) -> Value {
        let at = step["at"].as_str().unwrap();
        match kind(step) {
            "act" => self.act(&step["act"], step, at),
            "assess" => self.act(&assessment(self.table, step), step, at),
            "admit" => decided(step, self.admit(step, at)),
            "decide" => {
                let asked = self.ask(&["platform", "decide", "city", "-", "--at", at], &step["decide"]);
                decided(step, asked.map(|(decision, done)| permitted(decision, done)))
            }
            "complete" => match self.records.get(step["complete"].as_str().unwrap()) {
                Some(index) => {
                    let recorded = self.write(&["complete", "city", index, "-"], at, &step["outcome"]);
                    refusal(step, recorded.map(|_| Vec::new()))
                }
                None => json!({ "error": "the request has no record" }),
            },
            "report_use" => {
                let mut report = step["report_use"].clone();
                let index = self.records.get(report["intent"].as_str().unwrap());
                report["intent"] = index.map_or(Value::Null, |index| json!(index.parse::<u64>().unwrap()));
                let recorded = self.write(&["report-use", "city", "-"], at, &report);
                refusal(step, recorded.map(|_| Vec::new()))
            }
            "duties" => {
                let mut arguments = [&["duties", "city", "--json", "--at", at], &self.years(step)[..]].concat();
                arguments.extend(step["duties"]["for"].as_str().into_iter().flat_map(|holder| ["--for", holder]));
                let (duties, _) = self.ask(&arguments, &Value::Null).unwrap();
                json!({ "duties": owed(duties.as_array().unwrap()) })
            }
            _ => {
                let head = printed(self.folder, &["platform", "checkpoint", "city", "--key", "key.pem", "--at", at]);
                fs::write(self.folder.join("head.txt"), head + "\n").unwrap();
                match self.audit(at, &self.years(step)) {
                    Ok((report, done)) => {
                        assert_eq!(done, report["findings"] == json!([]), "findings are exit code 1");
                        found(&report)
                    }
                    Err((_, code)) => json!({ "error": code }),
                }
            }
        }
    }

    fn ask(&self, arguments: &[&str], document: &Value) -> Result<(Value, bool), String> {
        kaifang(self.folder, arguments, &document.to_string()).map_err(|(exit, code)| {
            assert!(matches!(exit, 2 | 3), "{code} is exit code {exit}");
            code
        })
    }

    /// A verb of `kaifang platform` that records.
    fn write(&self, verb: &[&str], at: &str, document: &Value) -> Result<(Value, bool), String> {
        self.ask(&[&["platform"], verb, &["--key", "key.pem", "--at", at]].concat(), document)
    }

    fn act(&self, act: &Value, step: &Value, at: &str) -> Value {
        let recorded = self.write(&["event", "city", "-"], at, act);
        refusal(step, recorded.map(|(recorded, _)| recorded["duties"].as_array().cloned().unwrap_or_default()))
    }

    fn admit(&mut self, step: &Value, at: &str) -> Result<Value, String> {
        let (admitted, done) = self.write(&["admit", "city", "-"], at, &step["admit"])?;
        if let (Some(name), Some(index)) = (step["as"].as_str(), admitted["index"].as_u64()) {
            self.records.insert(name.to_owned(), index.to_string());
        }
        Ok(permitted(admitted["decision"].clone(), done))
    }

    /// Against the head that was kept last.
    fn audit(&self, at: &str, years: &[&str]) -> Result<(Value, bool), (i32, String)> {
        let trusted = ["--public-key", &self.key, "--pin", "head.txt", "--at", at];
        kaifang(self.folder, &[&["audit", "city", "--json"], &trusted[..], years].concat(), "")
    }

    /// The option for the schedules that a step loads besides the official ones: there is one of them at most.
    fn years(&self, step: &Value) -> Vec<&'static str> {
        let Some(years) = step["years"].as_array() else { return Vec::new() };
        let [year] = years.as_slice() else { panic!("one schedule") };
        fs::write(self.folder.join("year.json"), year.to_string()).unwrap();
        vec!["--year", "year.json"]
    }
}

/// A script tells a permit from a denial by the exit code.
fn permitted(decision: Value, done: bool) -> Value {
    assert_eq!(decision["permit"], done, "a denial is exit code 1");
    decision
}

#[test]
fn a_year_goes_as_the_articles_say() {
    let table = table();
    let steps = steps(&table);
    let folder = tempfile::tempdir().unwrap();
    let mut year = Year::begin(&table, folder.path());
    let differences = table::differences(steps, |step| year.answer(step));
    let count = differences.len();
    assert!(differences.is_empty(), "{count} of {} steps differ:\n\n{}", steps.len(), differences.join("\n\n"));

    // A31.1: nothing that was altered is relied on.
    let end = steps.last().unwrap()["at"].as_str().unwrap();
    let segments = fs::read_dir(folder.path().join("city/ledger/segments")).unwrap();
    let segment = segments.map(|entry| entry.unwrap().path()).min().unwrap();
    let whole = fs::read(&segment).unwrap();
    for quarter in 1..4 {
        let mut bytes = whole.clone();
        bytes[whole.len() / 4 * quarter] ^= 1;
        fs::write(&segment, bytes).unwrap();
        let (exit, code) = year.audit(end, &[]).unwrap_err();
        assert!(exit == 4 && code.starts_with("KF-INTEGRITY-"), "{exit} {code}");
    }
    fs::write(&segment, whole).unwrap();
    year.audit(end, &[]).unwrap();
}

#[test]
fn a_wrong_row_of_the_table_is_reported() {
    let table = table();
    let (steps, wrong) = table::three_wrong(&table);
    let folder = tempfile::tempdir().unwrap();
    let mut year = Year::begin(&table, folder.path());
    let differences = table::differences(&steps, |step| year.answer(step));
    assert_eq!(table::numbers(&differences), wrong, "{}", differences.join("\n\n"));
}
