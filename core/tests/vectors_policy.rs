//! The shared vectors of the policy: the same answer bytes here as in every other language.
//!
//! `cargo test -p kaifang --test vectors_policy -- --ignored` writes the answers anew, for review.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use std::path::PathBuf;

use kaifang::canon;
use kaifang::policy::{Facts, Policy};
use serde_json::{Map, Value, json};

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("../tests/vectors/{name}.json"))
}

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

fn read(name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(path(name)).unwrap()).unwrap()
}

fn run(name: &str) {
    let file = read(name);
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

#[test]
#[ignore = "writes the files"]
fn write() {
    for name in ["classify", "decide"] {
        let mut file = read(name);
        for case in file["cases"].as_array_mut().unwrap() {
            let case = case.as_object_mut().unwrap();
            case.remove("output");
            case.remove("error");
            match answer(name, case["input"].as_object().unwrap()) {
                Ok(answer) => case.insert("output".to_owned(), answer),
                Err(error) => case.insert("error".to_owned(), json!({ "code": error.document().code })),
            };
        }
        std::fs::write(path(name), serde_json::to_string_pretty(&file).unwrap() + "\n").unwrap();
    }
}
