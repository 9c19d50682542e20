//! A list of values through one transform: what a page of documentation, a vector or a caller without a table needs.
//!
//! It is a table of one column under a plan of one column, so nothing can differ.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::column::ColumnPlan;
use super::logical::visit;
use super::plan::Plan;
use super::read::field;
use super::vocabulary::{Invalid, Transform};
use crate::crypto::Keyring;
use crate::kinds::Kind;
use crate::table::Source;
use crate::terms::Word as _;

/// The treated values in order, and how many of them could not be treated and were redacted.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TreatedValues {
    /// One for each value; null for null.
    pub values: Vec<Option<String>>,
    /// How many were redacted because the transform could not treat them.
    pub invalid: u64,
}

/// Counts only: decrypted and kept values are plain.
impl fmt::Debug for TreatedValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TreatedValues {{ values: {}, invalid: {} }}", self.values.len(), self.invalid)
    }
}

/// Values through one transform, as the column `name` of a dataset: what `fpe`, `encrypt` and `noise` make of a value depends
/// on the column too.
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
/// let masked = treat_values("d", "yx", column, &Keyring::new(), &values)?;
/// let expected = [Some("l**@qq.com"), Some("*@qq.com"), Some("[redacted]"), None];
/// assert_eq!(masked.values.iter().map(Option::as_deref).collect::<Vec<_>>(), expected);
/// assert_eq!(masked.invalid, 1);
/// # Ok::<(), kaifang::Error>(())
/// ```
pub fn treat_values(
    dataset: &str,
    name: &str,
    column: ColumnPlan,
    keys: &Keyring,
    values: &[Option<&str>],
) -> Result<TreatedValues, crate::Error> {
    let plan = Plan::new(dataset, BTreeMap::from([(name.to_owned(), column)]), Invalid::Redact)?;
    let array: ArrayRef = Arc::new(values.iter().copied().collect::<StringArray>());
    treat(&plan, name, vec![(name.to_owned(), array)], keys)
}

/// Values through one transform, as hosts ask that hold no table: the document of a question.
///
/// `others` are columns beside the values, for a transform that looks at one: the subject of a date shift, the row key of
/// noise. They are not answered.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    dataset: String,
    name: Option<String>,
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

/// Answers `{"dataset","column":{"do":…},"values":[…]}`. Where what becomes of a value depends on the column (`fpe`,
/// `encrypt`, `noise`) its `name` must be given, unless `fpe` has a domain. With an optional `others` of further columns,
/// `{name: {"kind","values"}}`.
///
/// # Errors
/// [`crate::canon::CanonError`] for another document; as [`treat_values`].
///
/// ```
/// use kaifang::{crypto::Keyring, desensitize::answer_values};
/// let question = br#"{"dataset":"d","column":{"do":"mask","keep_prefix":2},"values":["abc","ab"]}"#;
/// let answer = answer_values(question, &Keyring::new())?;
/// assert_eq!(answer.values, [Some("ab*".to_owned()), Some("[redacted]".to_owned())]);
/// # Ok::<(), kaifang::Error>(())
/// ```
pub fn answer_values(question: &[u8], keys: &Keyring) -> Result<TreatedValues, crate::Error> {
    let question: Question = crate::canon::read("values question", question)?;
    let mut columns = serde_json::Map::new();
    let mut arrays: Vec<(String, ArrayRef)> = Vec::new();
    let text = |values: Vec<Option<String>>| -> ArrayRef { Arc::new(values.into_iter().collect::<StringArray>()) };
    let own = question.column.get("do").and_then(Value::as_str).and_then(Transform::from_id);
    let named = match own {
        Some(Transform::Fpe) => question.column.get("domain").is_none(),
        Some(Transform::Encrypt | Transform::Noise | Transform::Shuffle) => true,
        _ => false,
    };
    let expected = ("the name of the column, which the transform depends on", "列名,该变换的结果取决于列名");
    let required = || field("name", expected.0, expected.1);
    let name = match question.name {
        Some(name) if !name.is_empty() => name,
        None if !named => "values".to_owned(),
        _ => return Err(required().into()),
    };
    if question.others.contains_key(&name) {
        return Err(field("others", "columns beside the one that is treated", "被处理列之外的列").into());
    }
    for (name, other) in question.others {
        let entry = ColumnPlan { kind: other.kind, ..ColumnPlan::new(Transform::Drop) };
        columns.insert(name.clone(), json!(entry));
        arrays.push((name, text(other.values)));
    }
    columns.insert(name.clone(), question.column);
    arrays.push((name.clone(), text(question.values)));
    let plan: Plan = Plan::from_value(&json!({ "v": 1, "dataset": question.dataset, "columns": columns }))?;
    treat(&plan, &name, arrays, keys)
}

fn treat(
    plan: &Plan,
    name: &str,
    arrays: Vec<(String, ArrayRef)>,
    keys: &Keyring,
) -> Result<TreatedValues, crate::Error> {
    let fields = arrays.iter().map(|(name, array)| Field::new(name, array.data_type().clone(), true));
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    let columns = arrays.into_iter().map(|(_, array)| array).collect();
    let batch = RecordBatch::try_new(Arc::clone(&schema), columns).map_err(|_| super::PlanError::SchemaChanged)?;
    let mut treated = plan.apply(Source::from_batches(schema, vec![batch])?, keys)?;
    let mut out = TreatedValues { values: Vec::new(), invalid: 0 };
    while let Some(batch) = treated.next_batch()? {
        let Some(column) = batch.column_by_name(name) else { continue };
        out.values.extend(shown(column));
    }
    let applied = treated.into_applied()?;
    out.invalid = applied.columns.iter().filter(|column| column.name == name).map(|column| column.invalid).sum();
    Ok(out)
}

/// The cells of a treated column for people: bytes in hexadecimal digits, other cells as what digests are made of.
pub(super) fn shown(array: &ArrayRef) -> Vec<Option<String>> {
    let text = |cell: &[u8]| match std::str::from_utf8(cell) {
        Ok(text) if !matches!(array.data_type(), DataType::FixedSizeBinary(_)) => text.to_owned(),
        _ => cell.iter().map(|byte| format!("{byte:02x}")).collect(),
    };
    let mut out = Vec::new();
    visit(array, &mut |cell| out.push(cell.map(text)));
    out
}
