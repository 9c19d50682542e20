//! What is applied for and what is granted (A26). Documents only; nothing is judged here.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::ProcessError;
use crate::canon;
use crate::error::Explain;
use crate::terms::{AccessWay, Digest, Text, V1};

/// An application for conditional data (有条件开放申请, A10, A26).
///
/// ```
/// use kaifang::process::Application;
/// let application = Application::from_json(r#"{
///     "v": 1, "id": "app-1", "user": "91610131MA6U0000X0", "dataset": "xa-resident", "ways": ["api"],
///     "purpose": "人口分布研究", "safeguards": ["专人专机"], "from": "2026-12-01", "until": "2027-11-30", "rows": 100000}"#)?;
/// assert_eq!(application.rows, Some(100_000));
/// # Ok::<(), kaifang::process::ProcessError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Application {
    /// The document's version.
    pub v: V1,
    /// Its id.
    pub id: String,
    /// Who applies: a unified social credit code, or a commitment to a natural person's identity.
    pub user: String,
    /// The dataset.
    pub dataset: String,
    /// By which ways (A22.1).
    pub ways: Vec<AccessWay>,
    /// What for (A10); a request must name the same purpose.
    pub purpose: String,
    /// How the data will be protected (A10).
    pub safeguards: Vec<String>,
    /// The first day.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub from: Date,
    /// The last day.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub until: Date,
    /// How many rows in all; without it, as many as there are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// The digest of what was handed in with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Digest>,
}

impl Application {
    /// Reads an application; a field that it does not have is refused.
    ///
    /// # Errors
    /// [`ProcessError::Malformed`].
    pub fn from_json(json: &str) -> Result<Self, ProcessError> {
        canon::read("Application", json.as_bytes()).map_err(|error| malformed(&error))
    }

    /// What the application asks for, as a grant.
    #[must_use]
    pub fn asked(&self) -> Grant {
        Grant { ways: self.ways.clone(), from: self.from, until: self.until, rows: self.rows }
    }
}

pub(super) fn malformed(error: &canon::CanonError) -> ProcessError {
    ProcessError::Malformed { what: Text::from(error), place: error.place().unwrap_or_else(|| "document".to_owned()) }
}

/// What an approval grants: never more than was applied for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// By which ways.
    pub ways: Vec<AccessWay>,
    /// The first day.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub from: Date,
    /// The last day.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub until: Date,
    /// How many rows in all, so that an interface does not page out the whole table (A22.2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
}

impl Grant {
    /// The parts of this grant that go beyond another.
    pub(super) fn beyond(&self, other: &Grant) -> Option<&'static str> {
        if !self.ways.iter().all(|way| other.ways.contains(way)) {
            return Some("ways");
        }
        if self.from < other.from || self.until > other.until {
            return Some("period");
        }
        match (self.rows, other.rows) {
            (None, Some(_)) => Some("rows"),
            (Some(rows), Some(limit)) if rows > limit => Some("rows"),
            _ => None,
        }
    }

    /// What both grant; an approval by two is what both approved.
    pub(super) fn intersect(&self, other: &Grant) -> Grant {
        Grant {
            ways: self.ways.iter().copied().filter(|way| other.ways.contains(way)).collect(),
            from: self.from.max(other.from),
            until: self.until.min(other.until),
            rows: match (self.rows, other.rows) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            },
        }
    }

    /// What is empty in it.
    pub(super) fn empty(&self) -> Option<&'static str> {
        if self.ways.is_empty() {
            return Some("ways");
        }
        (self.until < self.from).then_some("period")
    }
}
