//! The shared vectors of masks, tokens and the other transforms, through the ordinary functions.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs)]
#![cfg(feature = "tables")]

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, RecordBatch, StringArray};
use base64::Engine as _;
use kaifang::crypto::Keyring;
use kaifang::desensitize::{ColumnPlan, Invalid, Plan, Transform, TreatedValues, treat_values};
use kaifang::error::Explain;
use kaifang::kinds::Kind;
use kaifang::table::Source;
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TransformInput {
    dataset: String,
    column: ColumnPlan,
    key_id: Option<String>,
    secret_base64: Option<String>,
    #[serde(default)]
    others: BTreeMap<String, Other>,
    values: Vec<Option<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Other {
    kind: Option<Kind>,
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

#[test]
fn transform_vectors() {
    run(include_str!("../../tests/vectors/transform.json"), 35, transform);
}
