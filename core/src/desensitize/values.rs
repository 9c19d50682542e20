//! A list of values through one transform: what a page of documentation, a vector or a caller without a table needs.
//!
//! It is a table of one column under a plan of one column, so nothing can differ.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::column::ColumnPlan;
use super::logical::visit;
use super::plan::Plan;
use super::vocabulary::{Invalid, Transform};
use crate::crypto::Keyring;
use crate::kinds::Kind;
use crate::table::Source;

/// The treated values in order, and how many of them could not be treated and were redacted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TreatedValues {
    /// One for each value; null for null.
    pub values: Vec<Option<String>>,
    /// How many were redacted because the transform could not treat them.
    pub invalid: u64,
}

/// Values through one transform, as a column of a dataset.
///
/// # Errors
/// As [`Plan::apply`]. `drop` leaves no values.
///
/// ```
/// use kaifang::crypto::Keyring;
/// use kaifang::desensitize::{ColumnPlan, Transform, treat_values};
/// use kaifang::kinds::Kind;
/// let mut column = ColumnPlan::new(Transform::Mask);
/// column.kind = Some(Kind::Email);
/// let values = [Some("li1@qq.com"), Some("a@qq.com"), Some("qq"), None];
/// let masked = treat_values("d", column, &Keyring::new(), &values)?;
/// let expected = [Some("l**@qq.com"), Some("*@qq.com"), Some("[redacted]"), None];
/// assert_eq!(masked.values.iter().map(Option::as_deref).collect::<Vec<_>>(), expected);
/// assert_eq!(masked.invalid, 1);
/// # Ok::<(), kaifang::Error>(())
/// ```
pub fn treat_values(
    dataset: &str,
    column: ColumnPlan,
    keys: &Keyring,
    values: &[Option<&str>],
) -> Result<TreatedValues, crate::Error> {
    let plan = Plan::new(dataset, BTreeMap::from([(VALUES.to_owned(), column)]), Invalid::Redact)?;
    let array: ArrayRef = Arc::new(values.iter().copied().collect::<StringArray>());
    treat(&plan, vec![(VALUES.to_owned(), array)], keys)
}

/// The name of the column of the values.
const VALUES: &str = "values";

/// Values through one transform, as hosts ask that hold no table: the document of a question.
///
/// `others` are columns beside the values, for a transform that looks at one: the subject of a date shift, the row key of
/// noise. They are not answered.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    dataset: String,
    column: Value,
    values: Vec<Option<String>>,
    #[serde(default)]
    others: BTreeMap<String, Other>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Other {
    kind: Option<Kind>,
    values: Vec<Option<String>>,
}

/// Answers `{"dataset","column":{"do":…},"values":[…]}`, with an optional `others` of further columns, `{name: {"kind","values"}}`.
///
/// # Errors
/// [`crate::canon::CanonError`] for another document; as [`treat_values`].
///
/// ```
/// use kaifang::{crypto::Keyring, desensitize::answer_values};
/// let question = br#"{"dataset":"d","column":{"do":"mask","pattern":"##*"},"values":["abc","ab"]}"#;
/// let answer = answer_values(question, &Keyring::new())?;
/// assert_eq!(answer.values, [Some("ab*".to_owned()), Some("[redacted]".to_owned())]);
/// # Ok::<(), kaifang::Error>(())
/// ```
pub fn answer_values(question: &[u8], keys: &Keyring) -> Result<TreatedValues, crate::Error> {
    let question: Question = crate::canon::read("values question", question)?;
    let mut columns = serde_json::Map::new();
    let mut arrays: Vec<(String, ArrayRef)> = Vec::new();
    let text = |values: Vec<Option<String>>| -> ArrayRef { Arc::new(values.into_iter().collect::<StringArray>()) };
    for (name, other) in question.others.into_iter().filter(|(name, _)| name != VALUES) {
        let entry = ColumnPlan { kind: other.kind, ..ColumnPlan::new(Transform::Drop) };
        columns.insert(name.clone(), json!(entry));
        arrays.push((name, text(other.values)));
    }
    columns.insert(VALUES.to_owned(), question.column);
    arrays.push((VALUES.to_owned(), text(question.values)));
    let plan: Plan = Plan::from_value(&json!({ "v": 1, "dataset": question.dataset, "columns": columns }))?;
    treat(&plan, arrays, keys)
}

fn treat(plan: &Plan, arrays: Vec<(String, ArrayRef)>, keys: &Keyring) -> Result<TreatedValues, crate::Error> {
    let fields = arrays.iter().map(|(name, array)| Field::new(name, array.data_type().clone(), true));
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    let columns = arrays.into_iter().map(|(_, array)| array).collect();
    let batch = RecordBatch::try_new(Arc::clone(&schema), columns).map_err(|_| super::PlanError::SchemaChanged)?;
    let mut treated = plan.apply(Source::from_batches(schema, vec![batch])?, keys)?;
    let mut out = TreatedValues { values: Vec::new(), invalid: 0 };
    while let Some(batch) = treated.next_batch()? {
        let Some(column) = batch.column_by_name(VALUES) else { continue };
        // Bytes are shown as their hexadecimal digits; other cells as what digests are made of.
        let shown = |cell: &[u8]| match std::str::from_utf8(cell) {
            Ok(text) if !matches!(column.data_type(), DataType::FixedSizeBinary(_)) => text.to_owned(),
            _ => cell.iter().map(|byte| format!("{byte:02x}")).collect(),
        };
        visit(column, &mut |cell| out.values.push(cell.map(shown)));
    }
    let applied = treated.into_applied()?;
    out.invalid = applied.columns.iter().filter(|column| column.name == VALUES).map(|column| column.invalid).sum();
    Ok(out)
}
