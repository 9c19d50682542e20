//! 记录抑制与抽样: which rows leave at all.
//!
//! | `do` | a row leaves |
//! |---|---|
//! | `suppress` | unless its cell meets the condition: above or below a bound, one of some values, or null |
//! | `sample` | where its key falls under the rate: HMAC-SHA-256 of the cell, its first 64 bits as a fraction of one |
//!
//! The rules look at the cells of the input, before any is treated, and a row must pass all of them. A row is judged by its
//! own cells alone, so batches of any size keep the same rows, and two tables sampled under one key and domain by one
//! column keep the same persons. A cell that can't be judged (null or no number under a bound, a null without a draw) is not
//! let through: its row is removed. Removed rows can't be had back; that a row is not there may tell of it what the condition says.

use arrow::array::{Array, BooleanArray, RecordBatch};
use serde::{Deserialize, Serialize};

use super::PlanError;
use super::cells::too_large;
use super::logical::visit;
use super::vocabulary::Transform;
use crate::crypto::{Keyring, MacKey};

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

/// The rules of a plan, ready to be run.
pub(super) struct Rows {
    rules: Vec<Rule>,
}

struct Rule {
    plan: RowPlan,
    column: usize,
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
    pub(super) fn new(
        rules: &[RowPlan],
        dataset: &str,
        place: impl Fn(&str) -> Option<usize>,
        keys: &Keyring,
    ) -> Result<Self, crate::Error> {
        let mut ready = Vec::new();
        for plan in rules {
            let missing = || PlanError::NoSuchColumn { column: plan.column.clone() };
            let column = place(&plan.column).ok_or_else(missing)?;
            let sample = match (&plan.key, plan.keep_ppm) {
                (Some(key), Some(rate)) => {
                    let key = keys.derive(key, plan.domain.as_deref().unwrap_or(dataset))?;
                    // The rate as a part of 2^64: less than that, since it is less than a million.
                    let below = (u128::from(rate) << 64) / 1_000_000;
                    Some((key, u64::try_from(below).unwrap_or(u64::MAX)))
                }
                _ => None,
            };
            ready.push(Rule { plan: plan.clone(), column, sample, rows: 0, unjudged: 0 });
        }
        Ok(Rows { rules: ready })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// The rows of a batch that leave.
    pub(super) fn leaving(&mut self, batch: &RecordBatch) -> Result<BooleanArray, PlanError> {
        let mut leaves = Vec::new();
        leaves.try_reserve_exact(batch.num_rows()).map_err(|_| PlanError::SchemaChanged)?;
        leaves.resize(batch.num_rows(), true);
        for rule in &mut self.rules {
            let array = batch.columns().get(rule.column).ok_or(PlanError::SchemaChanged)?;
            let Rule { plan, sample, rows, unjudged, .. } = rule;
            let mut places = leaves.iter_mut();
            let seen = visit(array, &mut |cell| {
                let Some(leaves) = places.next().filter(|leaves| **leaves) else { return };
                let verdict = match sample {
                    Some((key, below)) => drawn(key, *below, cell),
                    None => judge(plan, cell),
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

fn drawn(key: &MacKey, below: u64, cell: Option<&[u8]>) -> Verdict {
    let Some(cell) = cell else { return Verdict::Unjudged };
    let mac = key.mac(cell);
    let drawn = mac.first_chunk().map_or(u64::MAX, |first| u64::from_be_bytes(*first));
    if drawn < below { Verdict::Leaves } else { Verdict::Removed }
}

fn judge(plan: &RowPlan, cell: Option<&[u8]>) -> Verdict {
    let Some(cell) = cell else {
        return match plan.null {
            Some(true) => Verdict::Removed,
            _ if plan.above.is_some() || plan.below.is_some() => Verdict::Unjudged,
            _ => Verdict::Leaves,
        };
    };
    if plan.values.as_ref().is_some_and(|values| values.iter().any(|value| value.as_bytes() == cell)) {
        return Verdict::Removed;
    }
    if plan.above.is_none() && plan.below.is_none() {
        return Verdict::Leaves;
    }
    let number = std::str::from_utf8(cell).ok().and_then(|text| text.trim().parse::<i64>().ok());
    match number {
        None => Verdict::Unjudged,
        Some(number) if plan.above.is_some_and(|bound| number > bound) => Verdict::Removed,
        Some(number) if plan.below.is_some_and(|bound| number < bound) => Verdict::Removed,
        Some(_) => Verdict::Leaves,
    }
}
