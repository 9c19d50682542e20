//! A parsed plan file turned into a [`Plan`], with every problem of its shape collected on the way.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::PlanError;
use super::column::{ColumnPlan, SETTINGS};
use super::plan::{OnInvalid, Plan};
use super::rows::RowPlan;
use super::vocabulary::Transform;
use crate::terms::{Text, V1, Word};

pub(super) fn field(place: impl Into<String>, expected_en: &'static str, expected_zh: &'static str) -> PlanError {
    PlanError::Field { place: place.into(), expected_en, expected_zh }
}

/// The plan in a parsed file, with every problem of its shape. `None` where a part is missing altogether.
pub(super) fn read(value: &Value, problems: &mut Vec<PlanError>) -> Option<Plan> {
    let Some(top) = value.as_object() else {
        problems.push(field("plan", "a table with v, dataset and columns", "包含 v、dataset、columns 的表"));
        return None;
    };
    unknown_fields("", top, &["v", "dataset", "columns", "rows", "on_invalid"], problems);
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
    let rows = match top.get("rows").map(Value::as_array) {
        None => Vec::new(),
        Some(Some(rules)) => read_rows(rules, problems),
        Some(None) => {
            problems.push(field("rows", "a list of rules", "规则列表"));
            Vec::new()
        }
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
    Some(Plan { v: V1, dataset: dataset.unwrap_or("?").to_owned(), columns, rows, on_invalid })
}

/// Each rule, or that it is none: `do`, `column`, and its settings.
fn read_rows(rules: &[Value], problems: &mut Vec<PlanError>) -> Vec<RowPlan> {
    let mut rows = Vec::new();
    for (number, rule) in rules.iter().enumerate() {
        match RowPlan::deserialize(rule) {
            Ok(rule) => rows.push(rule),
            Err(_) => problems.push(field(
                format!("rows.{number}"),
                "do = suppress with column and above, below, values or null; or do = sample with column, key and keep_ppm",
                "do = suppress,含 column 及 above、below、values、null 之一;或 do = sample,含 column、key、keep_ppm",
            )),
        }
    }
    rows
}

fn read_column(column: &str, entry: &Value, problems: &mut Vec<PlanError>) -> Option<ColumnPlan> {
    let Some(entry) = entry.as_object() else {
        problems.push(field(format!("columns.{column}"), "a table with `do`", "包含 do 的表"));
        return None;
    };
    let before = problems.len();
    let known: Vec<&str> = SETTINGS.iter().map(|setting| setting.name).chain(["do"]).collect();
    unknown_fields(&format!("columns.{column}."), entry, &known, problems);
    if entry.get("do").and_then(Value::as_str).and_then(Transform::from_id).is_none() {
        let ids: Vec<&str> = Transform::ALL.iter().map(|transform| transform.id()).collect();
        let known = Text::new(ids.join("、"), ids.join(", "));
        problems.push(PlanError::UnknownTransform { column: column.to_owned(), known });
    }
    for setting in SETTINGS {
        let empty = |value: &Value| value.as_str().is_some_and(str::is_empty);
        if entry.get(setting.name).is_some_and(|value| empty(value) || !(setting.reads)(value)) {
            let (en, zh) = setting.expected;
            problems.push(field(format!("columns.{column}.{}", setting.name), en, zh));
        }
    }
    // A column with a problem of shape isn't looked at further: what follows from it would only repeat it.
    if problems.len() > before {
        return None;
    }
    ColumnPlan::deserialize(entry).ok()
}

fn unknown_fields(place: &str, table: &Map<String, Value>, known: &[&str], problems: &mut Vec<PlanError>) {
    for name in table.keys().filter(|name| !known.contains(&name.as_str())) {
        problems.push(PlanError::UnknownField { place: format!("{place}{name}") });
    }
}
