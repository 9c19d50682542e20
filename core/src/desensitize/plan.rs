//! The plan: which transform each column gets, as people write it (TOML or JSON), and its hash.
//!
//! Reading a plan lists every problem at once, each with its place. A plan says nothing of a table's types: that is
//! for [`Plan::check`].

use std::collections::BTreeMap;
use std::path::Path;

use arrow::datatypes::Schema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::PlanError;
use super::column::ColumnPlan;
use super::hierarchy;
use super::nested::{self, Check};
use super::other;
use super::read::{field, read};
use super::rows::RowPlan;
use super::vocabulary::Invalid;
use crate::terms::{Digest, V1};

/// What the library's own derived keys begin with: no domain of a plan may.
pub(crate) const RESERVED: &str = "kaifang:";

/// What happens to values that a transform can't treat. They are never passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct OnInvalid {
    /// For every column.
    pub default: Invalid,
}

impl Default for OnInvalid {
    fn default() -> Self {
        OnInvalid { default: Invalid::Redact }
    }
}

/// A treatment plan: one entry for every column of one table.
///
/// The hash is SHA-256 over the canonical JSON, in which the defaults are written out: a TOML and a JSON plan that say
/// the same have the same hash.
///
/// ```
/// use kaifang::desensitize::Plan;
///
/// let plan = Plan::parse_toml(r#"
///     v = 1
///     dataset = "xa-resident"
///     [columns]
///     xm   = { do = "mask", kind = "person_name" }
///     sfzh = { do = "token", kind = "resident_id", key = "k1" }
///     csrq = { do = "generalize", to = "year" }
///     je   = { do = "keep" }
/// "#)?;
/// assert_eq!(Plan::parse_json(kaifang::canon::to_string(&plan)?.as_bytes())?.hash(), plan.hash());
///
/// let wrong = Plan::parse_toml("v = 1\ndataset = \"d\"\n[columns]\na = { do = \"mask\" }\nb = { do = \"shuffle\" }");
/// assert_eq!(wrong.unwrap_err().problems().len(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Plan {
    pub(super) v: V1,
    pub(super) dataset: String,
    pub(super) columns: BTreeMap<String, ColumnPlan>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) rows: Vec<RowPlan>,
    #[serde(default)]
    pub(super) on_invalid: OnInvalid,
}

impl<'de> Deserialize<'de> for Plan {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Plan::from_value(&Value::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl Plan {
    /// A plan built by a program, checked like one that was read.
    ///
    /// # Errors
    /// Every problem of the plan.
    pub fn new(
        dataset: impl Into<String>,
        columns: BTreeMap<String, ColumnPlan>,
        on_invalid: Invalid,
    ) -> Result<Self, PlanError> {
        let on_invalid = OnInvalid { default: on_invalid };
        let plan = Plan { v: V1, dataset: dataset.into(), columns, rows: Vec::new(), on_invalid };
        let mut problems = Vec::new();
        plan.problems(&mut problems);
        PlanError::all_of(problems).map(|()| plan)
    }

    /// Reads a plan in TOML.
    ///
    /// # Errors
    /// [`PlanError::Malformed`], or every problem of the plan.
    pub fn parse_toml(text: &str) -> Result<Self, PlanError> {
        Plan::from_value(&toml_value(text)?)
    }

    /// Reads a plan in strict JSON.
    ///
    /// # Errors
    /// [`PlanError::Malformed`], or every problem of the plan.
    pub fn parse_json(json: &[u8]) -> Result<Self, PlanError> {
        Plan::from_value(&json_value(json)?)
    }

    /// Reads a plan file: JSON where it begins with `{`, TOML otherwise; and the files of hierarchies that it names
    /// (`hierarchy_file`), from its folder and below.
    ///
    /// # Errors
    /// [`PlanError::Malformed`], also where the file can't be read; or every problem of the plan and of these files.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, PlanError> {
        let path = path.as_ref();
        let bytes =
            std::fs::read(path).map_err(|error| PlanError::Malformed { what: error.kind().to_string(), line: 1 })?;
        let value = if bytes.trim_ascii_start().starts_with(b"{") {
            json_value(&bytes)?
        } else {
            toml_value(std::str::from_utf8(&bytes).map_err(|error| PlanError::Malformed {
                what: "not UTF-8".to_owned(),
                line: 1 + bytes.iter().take(error.valid_up_to()).filter(|b| **b == b'\n').count(),
            })?)?
        };
        Plan::from_value_in(&value, path.parent())
    }

    /// The dataset whose treatment this is.
    #[must_use]
    pub fn dataset(&self) -> &str {
        &self.dataset
    }

    /// The columns, by name.
    #[must_use]
    pub fn columns(&self) -> &BTreeMap<String, ColumnPlan> {
        &self.columns
    }

    /// The same plan with these rules about rows.
    ///
    /// # Errors
    /// Every problem of the plan.
    pub fn with_rows(mut self, rows: Vec<RowPlan>) -> Result<Self, PlanError> {
        self.rows = rows;
        let mut problems = Vec::new();
        self.problems(&mut problems);
        PlanError::all_of(problems).map(|()| self)
    }

    /// The rules about rows.
    #[must_use]
    pub fn rows(&self) -> &[RowPlan] {
        &self.rows
    }

    /// What happens to values that a transform can't treat.
    #[must_use]
    pub fn on_invalid(&self) -> Invalid {
        self.on_invalid.default
    }

    /// The ids of the keys that the plan needs, sorted, each once.
    #[must_use]
    pub fn keys(&self) -> Vec<&str> {
        let columns = self.columns.values().filter_map(|column| column.key.as_deref());
        let mut keys: Vec<&str> = columns.chain(self.rows.iter().filter_map(|rule| rule.key.as_deref())).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    /// SHA-256 over the canonical JSON.
    #[must_use]
    pub fn hash(&self) -> Digest {
        // A plan holds strings and integers within 2^53 only, for others are refused: it always has a canonical encoding.
        crate::crypto::sha256(&crate::canon::to_bytes(self).unwrap_or_default())
    }

    /// Checks the plan against the columns of a table: every column and
    /// every part of a nested one named, none too many, each transform meaningful.
    ///
    /// # Errors
    /// Every problem at once. Before them [`PlanError::PersonInHeader`], alone: the others repeat the names of columns.
    pub fn check(&self, schema: &Schema) -> Result<(), PlanError> {
        if let Some(number) = nested::named_as_persons(schema) {
            return Err(PlanError::PersonInHeader { number });
        }
        let check = Check::new(self, schema);
        let mut rules = Vec::new();
        for (number, rule) in self.rows.iter().enumerate() {
            match schema.field_with_name(&rule.column) {
                Ok(field) => rules.extend(super::rows::check(rule, field.data_type())),
                Err(_) if check.is_part(&rule.column) => {
                    let place = format!("rows.{number}.column");
                    rules.push(field(place, "a column of the table, and no part of one", "表的一列,而非列中的一部分"));
                }
                Err(_) => rules.push(PlanError::NoSuchColumn { column: rule.column.clone() }),
            }
        }
        let mut problems = check.of_the_whole();
        problems.extend(rules);
        PlanError::all_of(problems)
    }

    pub(super) fn from_value(value: &Value) -> Result<Self, PlanError> {
        Plan::from_value_in(value, None)
    }

    /// The plan of a file; `folder` = where it stands.
    fn from_value_in(value: &Value, folder: Option<&Path>) -> Result<Self, PlanError> {
        let mut problems = Vec::new();
        let mut plan = read(value, &mut problems);
        if let (Some(plan), Some(folder)) = (&mut plan, folder) {
            hierarchy::inline(&mut plan.columns, folder, &mut problems);
        }
        if let Some(plan) = &plan {
            plan.problems(&mut problems);
        }
        PlanError::all_of(problems)?;
        plan.ok_or(PlanError::Empty)
    }

    /// What is wrong beyond the shape.
    fn problems(&self, problems: &mut Vec<PlanError>) {
        if self.columns.is_empty() {
            problems.push(PlanError::Empty);
        }
        if self.dataset.is_empty() {
            problems.push(field("dataset", "a name", "名称"));
        }
        if self.dataset.starts_with(RESERVED) {
            problems.push(PlanError::ReservedDomain { place: "dataset".to_owned() });
        }
        for (column, plan) in &self.columns {
            match hierarchy::problem(column, plan) {
                Some(problem) => problems.push(problem),
                None => super::step::problems(column, plan, problems),
            }
            other::problems(column, &self.columns, problems);
        }
        for (number, rule) in self.rows.iter().enumerate() {
            rule.problems(number, problems);
            if rule.domain.as_deref().is_some_and(|domain| domain.starts_with(RESERVED)) {
                problems.push(PlanError::ReservedDomain { place: format!("rows.{number}.domain") });
            }
        }
    }
}

fn toml_value(text: &str) -> Result<Value, PlanError> {
    toml::from_str(text).map_err(|error| PlanError::Malformed {
        what: "not TOML".to_owned(),
        line: error.span().map_or(1, |span| 1 + text.bytes().take(span.start).filter(|b| *b == b'\n').count()),
    })
}

fn json_value(json: &[u8]) -> Result<Value, PlanError> {
    crate::canon::parse(json).map_err(|error| PlanError::Malformed {
        what: error.to_string(),
        line: match error {
            crate::canon::CanonError::Malformed { line, .. } => line,
            _ => 1,
        },
    })
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
