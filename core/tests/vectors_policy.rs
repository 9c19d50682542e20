//! The shared vectors of the policy: the same answer bytes here as in every other language.
//! `make generate` writes them anew.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use std::path::Path;

use kaifang::canon;
use kaifang::policy::{Facts, Policy};
use serde_json::{Map, Value};

fn answer(name: &str, input: &Map<String, Value>) -> Result<Value, kaifang::Error> {
    let mut policy = Policy::builtin(input["policy"].as_str().unwrap())?;
    for (interpretation, option) in input.get("set").and_then(Value::as_object).into_iter().flatten() {
        policy = policy.with_interpretation(interpretation, option.as_str().unwrap())?;
    }
    let facts = Facts::from_json(&input["facts"].to_string())?;
    let at = input["at"].as_str().unwrap().parse().unwrap();
    match name {
        "classify" => policy.classify(&facts, at).map(|answer| serde_json::to_value(answer).unwrap()),
        "decide" => policy.decide(&facts, at).map(|answer| serde_json::to_value(answer).unwrap()),
        other => panic!("no operation is called {other}"),
    }
}

fn run(name: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../tests/vectors/{name}.json"));
    let file: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let cases = file["cases"].as_array().unwrap();
    assert!(cases.len() >= 25, "{name} lost its cases");
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
    run("classify");
}

#[test]
fn decide() {
    run("decide");
}
