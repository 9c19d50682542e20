//! 记录抑制与抽样: which rows leave at all.
//!
//! | `do` | a row leaves |
//! |---|---|
//! | `suppress` | unless its cell meets the condition: above or below a bound, one of some values, or null |
//! | `sample` | where its key falls under the rate: HMAC-SHA-256 of the cell, its first 64 bits as a fraction of one |
//!
//! The rules look at the cells of the input, before any is treated, and a row must pass all of them. A row is judged by its
//! own cells alone, so batches of any size keep the same rows, and two tables sampled under one key and domain by one
//! column of one kind keep the same persons (at a lower rate, a part of them). Cells are compared and drawn in the canonical
//! form of the kind that the plan declares for their column, else (and where they are not valid for it) folded. A cell that
//! can't be judged (null or no number under a bound, a null without a draw) is not let through: its row is removed. Removed
//! rows can't be had back; that a row is not there may tell of it what the condition says.

use std::borrow::Cow;

use arrow::array::{Array, BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use arrow::datatypes::{DataType, Schema};
use serde::{Deserialize, Serialize};

use super::PlanError;
use super::copies::{as_text, too_large};
use super::logical::{plain_type, visit};
use super::number::{self, Number};
use super::plan::{Plan, RESERVED};
use super::step::{is_text, is_written_as_text};
use super::vocabulary::Transform;
use crate::canon::MAX_INTEGER;
use crate::crypto::{Keyring, MacKey, is_key_id};
use crate::kinds::{self, Kind, fold};
use crate::table::type_name;

/// One rule about rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RowPlan {
    /// `suppress` or `sample`.
    #[serde(rename = "do")]
    pub transform: Transform,
    /// The column whose cell decides.
    pub column: String,
    /// Suppress: numbers higher than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub above: Option<i64>,
    /// Suppress: numbers lower than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub below: Option<i64>,
    /// Suppress: these values, as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<String>>,
    /// Suppress: nulls, if true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub null: Option<bool>,
    /// Sample: how many of a million rows leave, about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_ppm: Option<u32>,
    /// Sample: the id of the key in the keyring.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Sample: the domain that the key is derived for; the dataset unless two tables are meant to keep the same rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
}

/// How many rows one rule removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RemovedRows {
    /// `suppress` or `sample`.
    #[serde(rename = "do")]
    pub transform: Transform,
    /// The column whose cell decided.
    pub column: String,
    /// The rows that it removed, those not counted that a rule before it had removed.
    pub rows: u64,
    /// Of these, the ones whose cell could not be judged.
    pub unjudged: u64,
}

impl RowPlan {
    /// What is wrong with the rule, `number` being its place from 0.
    pub(super) fn problems(&self, number: usize, problems: &mut Vec<PlanError>) {
        let mut field = |setting: &str, expected_en: &'static str, expected_zh: &'static str| {
            problems.push(PlanError::Field { place: format!("rows.{number}.{setting}"), expected_en, expected_zh });
        };
        for (setting, bound) in [("above", self.above), ("below", self.below)] {
            if bound.is_some_and(|bound| bound.unsigned_abs() > MAX_INTEGER.unsigned_abs()) {
                field(setting, "a whole number within 2^53", "绝对值小于 2^53 的整数");
            }
        }
        if self.key.as_deref().is_some_and(|key| !is_key_id(key)) {
            field("key", "the id of a key", "密钥标识");
        }
        if self.domain.as_deref() == Some("") {
            field("domain", "a domain", "域");
        }
        let condition = self.above.is_some() || self.below.is_some() || self.values.is_some() || self.null.is_some();
        let sampling = self.keep_ppm.is_some() || self.key.is_some() || self.domain.is_some();
        match self.transform {
            Transform::Suppress => {
                if !condition {
                    field("above", "above, below, values or null", "above、below、values、null 之一");
                }
                if sampling {
                    field("keep_ppm", "nothing: suppress has a condition", "不应出现:suppress 依条件");
                }
                if self.null == Some(false) {
                    field("null", "true, or nothing", "true,或不写");
                }
            }
            Transform::Sample => {
                if !self.keep_ppm.is_some_and(|rate| (1..1_000_000).contains(&rate)) {
                    field("keep_ppm", "1 to 999999", "1 至 999999");
                }
                if self.key.is_none() {
                    field("key", "the id of a key", "密钥标识");
                }
                if condition {
                    field("above", "nothing: sample has a rate", "不应出现:sample 依比例");
                }
            }
            _ => field("do", "suppress or sample", "suppress 或 sample"),
        }
    }
}

/// A rule that has no meaning on the type of its column.
pub(super) fn check(rule: &RowPlan, data_type: &DataType) -> Option<PlanError> {
    let plain = plain_type(data_type);
    let meant = |plain: &DataType| is_text(plain) || is_written_as_text(plain) || *plain == DataType::Boolean;
    let refused = || PlanError::Type {
        column: rule.column.clone(),
        transform: rule.transform.to_string(),
        found: type_name(data_type),
    };
    (!plain.is_some_and(meant)).then(refused)
}

/// The rules of a plan, ready to be run.
pub(super) struct Rows {
    rules: Vec<Rule>,
}

struct Rule {
    plan: RowPlan,
    column: usize,
    /// What the plan declares that the column holds.
    kind: Option<Kind>,
    /// The values of the rule, each in its form.
    forms: Vec<String>,
    sample: Option<(MacKey, u64)>,
    rows: u64,
    unjudged: u64,
}

/// What a rule says of one cell.
enum Verdict {
    Leaves,
    Removed,
    /// It can't be judged, and is removed.
    Unjudged,
}

impl Rows {
    /// Joins the rules with their columns and keys. The plan was checked against the schema before.
    pub(super) fn new(plan: &Plan, schema: &Schema, keys: &Keyring) -> Result<Self, crate::Error> {
        let mut rules = Vec::new();
        for rule in plan.rows() {
            let missing = || PlanError::NoSuchColumn { column: rule.column.clone() };
            let column = schema.index_of(&rule.column).map_err(|_| missing())?;
            let kind =
                plan.columns().get(&rule.column).and_then(|entry| entry.kind).filter(|kind| kind.is_implemented());
            let sample = match (&rule.key, rule.keep_ppm) {
                (Some(key), Some(rate)) => {
                    // A domain of its own: a token of the same cell would else tell who was drawn.
                    let domain = format!("{RESERVED}sample/{}", rule.domain.as_deref().unwrap_or(plan.dataset()));
                    // The rate as a part of 2^64: less than that, since it is less than a million.
                    let below = (u128::from(rate) << 64) / 1_000_000;
                    Some((keys.derive(key, &domain)?, u64::try_from(below).unwrap_or(u64::MAX)))
                }
                _ => None,
            };
            let values = rule.values.iter().flatten();
            let forms = values.map(|value| form(kind, value).into_owned()).collect();
            rules.push(Rule { plan: rule.clone(), column, kind, forms, sample, rows: 0, unjudged: 0 });
        }
        Ok(Rows { rules })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// The rows of a batch that leave.
    fn leaving(&mut self, batch: &RecordBatch) -> Result<BooleanArray, PlanError> {
        let mut leaves = Vec::new();
        leaves.try_reserve_exact(batch.num_rows()).map_err(|_| PlanError::SchemaChanged)?;
        leaves.resize(batch.num_rows(), true);
        for rule in &mut self.rules {
            let array = batch.columns().get(rule.column).ok_or(PlanError::SchemaChanged)?;
            let array = &as_text(array, &rule.plan.column)?;
            let Rule { plan, sample, kind, forms, rows, unjudged, .. } = rule;
            let mut places = leaves.iter_mut();
            let seen = visit(array, &mut |cell| {
                let Some(leaves) = places.next().filter(|leaves| **leaves) else { return };
                let cell = cell.and_then(|cell| std::str::from_utf8(cell).ok()).map(|text| form(*kind, text));
                let verdict = match sample {
                    Some((key, below)) => drawn(key, *below, cell.as_deref()),
                    None => judge(plan, forms, cell.as_deref()),
                };
                *leaves = matches!(verdict, Verdict::Leaves);
                *rows += u64::from(!*leaves);
                *unjudged += u64::from(matches!(verdict, Verdict::Unjudged));
            });
            if !seen || array.len() != batch.num_rows() {
                return Err(too_large(&rule.plan.column));
            }
        }
        Ok(BooleanArray::from(leaves))
    }

    /// The rows of a batch that leave, and these; `None` where there are no rules, and all of them leave.
    pub(super) fn left(&mut self, batch: &RecordBatch) -> Result<Option<(BooleanArray, RecordBatch)>, PlanError> {
        if self.is_empty() {
            return Ok(None);
        }
        let leaving = self.leaving(batch)?;
        let left = filter_record_batch(batch, &leaving).map_err(|_| PlanError::SchemaChanged)?;
        Ok(Some((leaving, left)))
    }

    /// Forgets what was counted.
    pub(super) fn forget(&mut self) {
        self.rules.iter_mut().for_each(|rule| (rule.rows, rule.unjudged) = (0, 0));
    }

    pub(super) fn removed(&self) -> Vec<RemovedRows> {
        let removed = |rule: &Rule| RemovedRows {
            transform: rule.plan.transform,
            column: rule.plan.column.clone(),
            rows: rule.rows,
            unjudged: rule.unjudged,
        };
        self.rules.iter().map(removed).collect()
    }
}

/// The form in which a cell is compared and drawn: canonical where it is valid for the kind that the plan declares, else
/// folded.
fn form(kind: Option<Kind>, text: &str) -> Cow<'_, str> {
    kind.and_then(|kind| kinds::canonical(kind, text)).unwrap_or_else(|| fold::text(text))
}

fn drawn(key: &MacKey, below: u64, cell: Option<&str>) -> Verdict {
    let Some(cell) = cell else { return Verdict::Unjudged };
    let mac = key.mac(cell.as_bytes());
    let drawn = mac.first_chunk().map_or(u64::MAX, |first| u64::from_be_bytes(*first));
    if drawn < below { Verdict::Leaves } else { Verdict::Removed }
}

fn judge(plan: &RowPlan, forms: &[String], cell: Option<&str>) -> Verdict {
    let bounded = plan.above.is_some() || plan.below.is_some();
    let Some(cell) = cell else {
        return match plan.null {
            Some(true) => Verdict::Removed,
            _ if bounded => Verdict::Unjudged,
            _ => Verdict::Leaves,
        };
    };
    if forms.iter().any(|form| form == cell) {
        return Verdict::Removed;
    }
    if !bounded {
        return Verdict::Leaves;
    }
    // Whole numbers are compared with the whole part, rounded down: 90.5 is above 90 by its rest.
    let (Some(number), Some(floor)) = (Number::read(cell), number::floor(cell)) else { return Verdict::Unjudged };
    let whole = number::power_of_ten(number.scale).and_then(|step| floor.checked_mul(step));
    let rest = whole != Some(number.unscaled);
    let above = |bound: i64| floor > i128::from(bound) || (floor == i128::from(bound) && rest);
    let removed = plan.above.is_some_and(above) || plan.below.is_some_and(|bound| floor < i128::from(bound));
    if removed { Verdict::Removed } else { Verdict::Leaves }
}
