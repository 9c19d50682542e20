//! A parsed plan file turned into a [`Plan`], with every problem of its shape collected on the way.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::PlanError;
use super::plan::{ColumnPlan, Level, OnInvalid, Plan, Transform};
use crate::kinds::Kind;
use crate::terms::{V1, Word};

pub(super) fn field(place: impl Into<String>, expected_en: &'static str, expected_zh: &'static str) -> PlanError {
    PlanError::Field { place: place.into(), expected_en, expected_zh }
}

/// The plan in a parsed file, with every problem of its shape. `None` where a part is missing altogether.
pub(super) fn read(value: &Value, problems: &mut Vec<PlanError>) -> Option<Plan> {
    let Some(top) = value.as_object() else {
        problems.push(field("plan", "a table with v, dataset and columns", "包含 v、dataset、columns 的表"));
        return None;
    };
    unknown_fields("", top, &["v", "dataset", "columns", "on_invalid"], problems);
    if top.get("v").and_then(Value::as_u64) != Some(1) {
        problems.push(field("v", "1", "1"));
    }
    let dataset = top.get("dataset").and_then(Value::as_str);
    if dataset.is_none() {
        problems.push(field("dataset", "a name", "名称"));
    }
    let on_invalid = match top.get("on_invalid") {
        None => OnInvalid::default(),
        Some(value) => match OnInvalid::deserialize(value) {
            Ok(on_invalid) => on_invalid,
            Err(_) => {
                problems.push(field("on_invalid", "default = redact or error", "default = redact 或 error"));
                OnInvalid::default()
            }
        },
    };
    let mut columns = BTreeMap::new();
    match top.get("columns").map(Value::as_object) {
        Some(Some(entries)) => {
            for (column, entry) in entries {
                if let Some(plan) = read_column(column, entry, problems) {
                    columns.insert(column.clone(), plan);
                }
            }
            // A plan all of whose columns are wrong isn't empty: only the real problems are told.
            if columns.is_empty() && !entries.is_empty() {
                return None;
            }
        }
        Some(None) => {
            problems.push(field("columns", "a table of columns", "列的表"));
            return None;
        }
        None => {}
    }
    Some(Plan { v: V1, dataset: dataset.unwrap_or("?").to_owned(), columns, on_invalid })
}

fn read_column(column: &str, entry: &Value, problems: &mut Vec<PlanError>) -> Option<ColumnPlan> {
    let place = |name: &str| format!("columns.{column}.{name}");
    let Some(entry) = entry.as_object() else {
        problems.push(field(format!("columns.{column}"), "a table with `do`", "包含 do 的表"));
        return None;
    };
    let before = problems.len();
    let known = ["do", "kind", "keep_prefix", "keep_suffix", "key", "domain", "to", "width"];
    unknown_fields(&format!("columns.{column}."), entry, &known, problems);
    let transform = entry.get("do").and_then(Value::as_str).and_then(Transform::from_id);
    if transform.is_none() {
        problems.push(PlanError::UnknownTransform { column: column.to_owned() });
    }
    let mut word = |name: &str, expected: (&'static str, &'static str)| match entry.get(name).map(Value::as_str) {
        None => None,
        Some(Some(text)) if !text.is_empty() => Some(text.to_owned()),
        Some(_) => {
            problems.push(field(place(name), expected.0, expected.1));
            None
        }
    };
    let kind = word("kind", ("the id of a kind", "类别标识"));
    let key = word("key", ("the id of a key", "密钥标识"));
    let domain = word("domain", ("a domain", "域"));
    let to = word("to", ("a level", "层级"));
    let kind = kind.and_then(|id| {
        let kind = Kind::from_id(&id);
        if kind.is_none() {
            problems.push(field(place("kind"), "the id of a kind", "类别标识"));
        }
        kind
    });
    let to = to.and_then(|id| {
        let level = Level::from_id(&id);
        if level.is_none() {
            let expected =
                ("year, month, decade, province, city or district", "year、month、decade、province、city 或 district");
            problems.push(field(place("to"), expected.0, expected.1));
        }
        level
    });
    let mut count = |name: &str| match entry.get(name) {
        None => None,
        Some(value) => {
            let count = value.as_u64().and_then(|count| u32::try_from(count).ok());
            if count.is_none() {
                problems.push(field(place(name), "a whole number from 0", "非负整数"));
            }
            count
        }
    };
    let (keep_prefix, keep_suffix, width) = (count("keep_prefix"), count("keep_suffix"), count("width"));
    // A column with a problem of shape isn't looked at further: what follows from it would only repeat it.
    let transform = transform.filter(|_| problems.len() == before)?;
    Some(ColumnPlan { transform, kind, keep_prefix, keep_suffix, key, domain, to, width })
}

fn unknown_fields(place: &str, table: &Map<String, Value>, known: &[&str], problems: &mut Vec<PlanError>) {
    for name in table.keys().filter(|name| !known.contains(&name.as_str())) {
        problems.push(PlanError::UnknownField { place: format!("{place}{name}") });
    }
}
