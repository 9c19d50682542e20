//! A bound of top and bottom coding.

use serde::{Deserialize, Serialize};

/// A whole number, or a day: what is beyond it becomes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum Bound {
    /// Of numbers.
    Number(i64),
    /// Of dates: `YYYY-MM-DD`.
    Day(String),
}

impl Bound {
    /// The number, where it is one.
    pub(super) fn number(&self) -> Option<i64> {
        match self {
            Bound::Number(number) => Some(*number),
            Bound::Day(_) => None,
        }
    }
}

impl From<i64> for Bound {
    fn from(number: i64) -> Self {
        Bound::Number(number)
    }
}
