//! The shared vectors of the policy: the same answer bytes here as in every other language.
//! `make generate` writes them anew.
#![cfg(feature = "tables")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use std::path::Path;

use jiff::civil::Date;
use kaifang::canon;
use kaifang::policy::{Facts, Policy, Section};
use kaifang::table::{self, Format, ReadOptions, Sink};
use kaifang::terms::Word as _;
use serde_json::{Map, Value, json};

fn answer(name: &str, input: &Map<String, Value>) -> Result<Value, kaifang::Error> {
    let mut policy = Policy::builtin(input["policy"].as_str().unwrap())?;
    for (interpretation, option) in input.get("set").and_then(Value::as_object).into_iter().flatten() {
        policy = policy.with_interpretation(interpretation, option.as_str().unwrap())?;
    }
    let at = input["at"].as_str().unwrap().parse().unwrap();
    let section = || Section::from_id(input["section"].as_str().unwrap()).unwrap();
    if name == "eval" {
        return columns(&policy, section(), at, input["csv"].as_str().unwrap());
    }
    let facts = Facts::from_json(&input["facts"].to_string())?;
    match name {
        "explain" => policy.explain(section(), &facts, at).map(|answer| serde_json::to_value(answer).unwrap()),
        "classify" => policy.classify(&facts, at).map(|answer| serde_json::to_value(answer).unwrap()),
        "decide" => policy.decide(&facts, at).map(|answer| serde_json::to_value(answer).unwrap()),
        other => panic!("no operation is called {other}"),
    }
}

/// Facts as CSV text to answers as CSV text.
fn columns(policy: &Policy, section: Section, at: Date, csv: &str) -> Result<Value, kaifang::Error> {
    let folder = tempfile::tempdir().unwrap();
    let (facts, answers) = (folder.path().join("facts.csv"), folder.path().join("answers.csv"));
    std::fs::write(&facts, csv).unwrap();
    let source = table::open(&facts, &ReadOptions::default())?;
    let rows = csv.lines().count() as u64 - 1;
    let create = |schema| Sink::create(&answers, schema, Format::Csv);
    let stats = policy.eval_to(source, section, at, None, create, &mut table::silent)?;
    assert_eq!(stats.rows, rows);
    Ok(json!({ "csv": std::fs::read_to_string(&answers).unwrap() }))
}

fn run(name: &str, least: usize) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../tests/vectors/{name}.json"));
    let file: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let cases = file["cases"].as_array().unwrap();
    assert!(cases.len() >= least, "{name} lost its cases");
    for case in cases {
        let (title, input) = (case["name"].as_str().unwrap(), case["input"].as_object().unwrap());
        match (answer(name, input), case.get("output"), case.get("error")) {
            (Ok(answer), Some(output), None) => {
                assert_eq!(canon::to_string(&answer).unwrap(), canon::to_string(output).unwrap(), "{name}: {title}");
            }
            (Err(error), None, Some(expected)) => {
                assert_eq!(error.document().code, expected["code"].as_str().unwrap(), "{name}: {title}");
            }
            (found, ..) => panic!("{name}: {title}: expected the other of answer and error, found {found:?}"),
        }
    }
}

#[test]
fn classify() {
    run("classify", 25);
}

#[test]
fn decide() {
    run("decide", 25);
}

#[test]
fn explain() {
    run("explain", 40);
}

#[test]
fn eval() {
    run("eval", 19);
}
