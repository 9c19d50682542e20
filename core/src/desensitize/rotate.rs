//! The plan that rotates tokens from one key to another, and leaves all else of a table as it is.

use std::collections::BTreeMap;

use arrow::datatypes::Schema;

use super::PlanError;
use super::column::ColumnPlan;
use super::plan::Plan;
use super::vocabulary::{Invalid, Mac, Transform};
use crate::kinds::Kind;

/// Which tokens are rotated, and to what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rotation {
    /// The columns of tokens, each with the kind of what the tokens stand for.
    pub columns: BTreeMap<String, Kind>,
    /// The id of the key that the tokens were made with.
    pub from: String,
    /// The id of the key that the new ones are made with.
    pub key: String,
    /// The domain of the new key; `<dataset>/<kind>` unless it is given.
    pub domain: Option<String>,
    /// The code of the new tokens, HMAC-SHA-256 unless it is given. Only tokens in the form of text can be rotated.
    pub mac: Option<Mac>,
}

impl Plan {
    /// The plan that keeps every column of a table but those of tokens, which it rotates without seeing what they stand for.
    /// A new token is made of the old one, so it equals no token that is made of the value itself. What is no token of the
    /// old key fails the whole rotation: redacting it would lose a row of somebody's.
    ///
    /// # Errors
    /// [`PlanError::NoSuchColumn`] for a column that the table lacks; every other problem of the plan.
    ///
    /// ```
    /// use kaifang::desensitize::{Plan, Rotation};
    /// use kaifang::kinds::Kind;
    /// # use arrow::datatypes::{DataType, Field, Schema};
    /// let schema = Schema::new(vec![Field::new("sfzh", DataType::Utf8, true), Field::new("je", DataType::Utf8, true)]);
    /// let columns = [("sfzh".to_owned(), Kind::ResidentId)].into();
    /// let rotation = Rotation { columns, from: "k1".into(), key: "k2".into(), domain: None, mac: None };
    /// let plan = Plan::rotate(&schema, "people", &rotation)?;
    /// assert_eq!((plan.columns()["sfzh"].from.as_deref(), plan.keys()), (Some("k1"), vec!["k2"]));
    /// # Ok::<(), kaifang::desensitize::PlanError>(())
    /// ```
    pub fn rotate(schema: &Schema, dataset: &str, rotation: &Rotation) -> Result<Self, PlanError> {
        let absent = rotation.columns.keys().filter(|column| schema.column_with_name(column).is_none());
        PlanError::all_of(absent.map(|column| PlanError::NoSuchColumn { column: column.clone() }).collect())?;
        let entry = |name: &String| match rotation.columns.get(name) {
            None => ColumnPlan::new(Transform::Keep),
            Some(kind) => ColumnPlan {
                kind: Some(*kind),
                key: Some(rotation.key.clone()),
                from: Some(rotation.from.clone()),
                domain: rotation.domain.clone(),
                mac: rotation.mac,
                ..ColumnPlan::new(Transform::Token)
            },
        };
        let columns = schema.fields().iter().map(|field| (field.name().clone(), entry(field.name()))).collect();
        Plan::new(dataset, columns, Invalid::Error)
    }
}
