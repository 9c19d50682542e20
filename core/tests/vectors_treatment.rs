//! The shared vectors of masks and tokens, through the ordinary functions.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs)]
#![cfg(feature = "tables")]

use base64::Engine as _;
use kaifang::crypto::Keyring;
use kaifang::desensitize::{ColumnPlan, Transform, TreatedValues, treat_values};
use kaifang::error::Explain;
use kaifang::kinds::Kind;
use kaifang::{Error, canon};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MaskInput {
    kind: Option<Kind>,
    keep_prefix: Option<u32>,
    keep_suffix: Option<u32>,
    values: Vec<Option<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TokenInput {
    key_id: String,
    secret_base64: String,
    dataset: String,
    domain: Option<String>,
    kind: Kind,
    values: Vec<Option<String>>,
}

fn borrowed(values: &[Option<String>]) -> Vec<Option<&str>> {
    values.iter().map(Option::as_deref).collect()
}

fn mask(input: Value) -> Result<TreatedValues, Error> {
    let MaskInput { kind, keep_prefix, keep_suffix, values } = serde_json::from_value(input).unwrap();
    let column = ColumnPlan { kind, keep_prefix, keep_suffix, ..ColumnPlan::new(Transform::Mask) };
    treat_values("vectors", column, &Keyring::new(), &borrowed(&values))
}

fn token(input: Value) -> Result<TreatedValues, Error> {
    let input: TokenInput = serde_json::from_value(input).unwrap();
    let mut keys = Keyring::new();
    keys.insert(&input.key_id, &base64::engine::general_purpose::STANDARD.decode(&input.secret_base64).unwrap())?;
    let column = ColumnPlan {
        kind: Some(input.kind),
        key: Some(input.key_id),
        domain: input.domain,
        ..ColumnPlan::new(Transform::Token)
    };
    treat_values(&input.dataset, column, &keys, &borrowed(&input.values))
}

/// Runs every case of a file; the answer's canonical bytes must be those of the file.
fn run(file: &str, least: usize, answer: fn(Value) -> Result<TreatedValues, Error>) {
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
    run(include_str!("../../tests/vectors/mask.json"), 30, mask);
}

#[test]
fn token_vectors() {
    run(include_str!("../../tests/vectors/token.json"), 13, token);
}
