//! The shared vectors of treatments, through the ordinary functions.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs)]
#![cfg(feature = "tables")]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kaifang::crypto::Keyring;
use kaifang::desensitize::{TreatedValues, answer_values};
use kaifang::error::Explain;
use kaifang::{Error, canon};
use serde_json::{Value, json};

/// The secrets of a case become a keyring, the rest is the question.
fn answer(mut input: Value) -> Result<TreatedValues, Error> {
    let mut keys = Keyring::new();
    if let Some(secrets) = input.as_object_mut().unwrap().remove("keys") {
        for (id, secret) in secrets.as_object().unwrap() {
            keys.insert(id, &STANDARD.decode(secret.as_str().unwrap()).unwrap())?;
        }
    }
    answer_values(input.to_string().as_bytes(), &keys)
}

/// Runs every case of a file; the answer's canonical bytes must be those of the file.
fn run(file: &str, least: usize) {
    let document = canon::parse(file.as_bytes()).unwrap();
    let cases = document["cases"].as_array().unwrap();
    assert!(cases.len() >= least, "the file has lost cases");
    for case in cases {
        let got = match answer(case["input"].clone()) {
            Ok(output) => json!({ "output": output }),
            Err(error) => json!({ "error": { "code": error.code() } }),
        };
        let mut expected = case.clone();
        expected.as_object_mut().unwrap().retain(|key, _| key == "output" || key == "error");
        assert_eq!(canon::to_string(&got).unwrap(), canon::to_string(&expected).unwrap(), "{}", case["name"]);
    }
}

#[test]
fn mask_vectors() {
    run(include_str!("../../tests/vectors/mask.json"), 30);
}

#[test]
fn token_vectors() {
    run(include_str!("../../tests/vectors/token.json"), 13);
}

#[test]
fn fpe_vectors() {
    run(include_str!("../../tests/vectors/fpe.json"), 46);
}

#[test]
fn text_vectors() {
    run(include_str!("../../tests/vectors/text.json"), 10);
}

#[test]
fn transform_vectors() {
    run(include_str!("../../tests/vectors/transform.json"), 49);
}
