//! A list of values through one transform: what a page of documentation, a vector or a caller without a table needs.
//!
//! It is a table of one column under a plan of one column, so nothing can differ.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{AsArray, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use serde::{Deserialize, Serialize};

use super::column::ColumnPlan;
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

/// Masks values by kind.
///
/// # Errors
/// [`super::PlanError::KindNotMeant`] where the kind has no mask.
///
/// ```
/// use kaifang::desensitize::mask_values;
/// use kaifang::kinds::Kind;
/// let masked = mask_values(Kind::Email, &[Some("li1@qq.com"), Some("a@qq.com"), Some("qq"), None])?;
/// let expected = [Some("l**@qq.com"), Some("*@qq.com"), Some("[redacted]"), None];
/// assert_eq!(masked.values.iter().map(Option::as_deref).collect::<Vec<_>>(), expected);
/// assert_eq!(masked.invalid, 1);
/// # Ok::<(), kaifang::Error>(())
/// ```
pub fn mask_values(kind: Kind, values: &[Option<&str>]) -> Result<TreatedValues, crate::Error> {
    let column = ColumnPlan { kind: Some(kind), ..ColumnPlan::new(Transform::Mask) };
    treat_values("values", column, &Keyring::new(), values)
}

/// The tokens of values of one kind, in the domain `<dataset>/<kind>` or the one named.
///
/// # Errors
/// [`crate::crypto::KeyError`] where the keyring lacks the key; [`super::PlanError`] where the kind has no canonical form.
pub fn token_values(
    dataset: &str,
    domain: Option<&str>,
    kind: Kind,
    key: &str,
    keys: &Keyring,
    values: &[Option<&str>],
) -> Result<TreatedValues, crate::Error> {
    let column = ColumnPlan {
        kind: Some(kind),
        key: Some(key.to_owned()),
        domain: domain.map(str::to_owned),
        ..ColumnPlan::new(Transform::Token)
    };
    treat_values(dataset, column, keys, values)
}

/// Values through one transform, as a column of a dataset.
///
/// # Errors
/// As [`Plan::apply`]. `drop` leaves no values.
pub fn treat_values(
    dataset: &str,
    column: ColumnPlan,
    keys: &Keyring,
    values: &[Option<&str>],
) -> Result<TreatedValues, crate::Error> {
    let plan = Plan::new(dataset, BTreeMap::from([("values".to_owned(), column)]), Invalid::Redact)?;
    let schema = Arc::new(Schema::new(vec![Field::new("values", DataType::Utf8, true)]));
    let array = Arc::new(values.iter().copied().collect::<StringArray>());
    let batch = RecordBatch::try_new(Arc::clone(&schema), vec![array]).map_err(|_| super::PlanError::SchemaChanged)?;
    let mut treated = plan.apply(Source::from_batches(schema, vec![batch])?, keys)?;
    let mut out = TreatedValues { values: Vec::new(), invalid: 0 };
    while let Some(batch) = treated.next_batch()? {
        for column in batch.columns() {
            out.values.extend(column.as_string::<i32>().iter().map(|cell| cell.map(str::to_owned)));
        }
    }
    let applied = treated.into_applied()?;
    out.invalid = applied.columns.iter().map(|column| column.invalid).sum();
    Ok(out)
}
