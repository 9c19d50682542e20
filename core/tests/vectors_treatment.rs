//! The shared vectors of treatments, through the ordinary functions.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs)]
#![cfg(feature = "tables")]

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, RecordBatch, StringArray};
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

/// The column `values` under its entry, beside others that are dropped.
fn transform(input: Value) -> Result<TreatedValues, Error> {
    let input: TransformInput = serde_json::from_value(input).unwrap();
    let mut keys = Keyring::new();
    if let (Some(id), Some(secret)) = (&input.key_id, &input.secret_base64) {
        keys.insert(id, &base64::engine::general_purpose::STANDARD.decode(secret).unwrap())?;
    }
    let text = |values: Vec<Option<String>>| -> ArrayRef { Arc::new(StringArray::from(values)) };
    let mut entries = BTreeMap::from([("values".to_owned(), input.column)]);
    let mut columns = vec![("values".to_owned(), text(input.values), true)];
    for (name, other) in input.others {
        entries.insert(name.clone(), ColumnPlan { kind: other.kind, ..ColumnPlan::new(Transform::Drop) });
        columns.push((name, text(other.values), true));
    }
    let plan = Plan::new(input.dataset, entries, Invalid::Redact)?;
    let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
    let mut treated = plan.apply(Source::from_batches(batch.schema(), vec![batch])?, &keys)?;
    let mut values = Vec::new();
    while let Some(batch) = treated.next_batch()? {
        values.extend(batch.column(0).as_string::<i32>().iter().map(|cell| cell.map(str::to_owned)));
    }
    let applied = treated.into_applied()?;
    let column = applied.columns.iter().find(|column| column.name == "values").unwrap();
    Ok(TreatedValues { values, invalid: column.invalid })
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
fn transform_vectors() {
    run(include_str!("../../tests/vectors/transform.json"), 35, transform);
}

#[test]
fn fpe_vectors() {
    run(include_str!("../../tests/vectors/fpe.json"), 20);
}

#[test]
fn transform_vectors() {
    run(include_str!("../../tests/vectors/transform.json"), 35);
}
