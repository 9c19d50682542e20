//! What the log holds, record by record, and how the state is folded from it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::GateError;
use super::decide::Decision;
use super::request::{Request, malformed};
use crate::Error;
use crate::canon;
use crate::catalog::looks_personal;
use crate::policy::Policy;
use crate::process::{Event, State, Use, check_id};
use crate::terms::{Digest, Instant, V1};

/// What came of a permitted use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// Whether the data went out.
    pub served: bool,
    /// How many rows.
    pub rows: u64,
    /// How many bytes.
    pub bytes: u64,
}

/// What a user reports about its use of conditional data (A16).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct UseReport {
    /// Who reports.
    pub user: String,
    /// The dataset.
    pub dataset: String,
    /// The index of the intent's record, as the receipt of the use says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent: Option<u64>,
    /// How many rows were used.
    pub rows: u64,
    /// The digest of the report.
    pub report: Digest,
}

/// What a record says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Body {
    /// Something happened.
    Event {
        /// What.
        event: Box<Event>,
    },
    /// A permitted use is about to begin; its result follows.
    Intent {
        /// What was asked.
        request: Box<Request>,
        /// What was decided.
        decision: Box<Decision>,
    },
    /// A request was denied.
    Denial {
        /// What was asked.
        request: Box<Request>,
        /// What was decided.
        decision: Box<Decision>,
    },
    /// What came of an intent.
    Result {
        /// The index of the intent's record.
        intent: u64,
        /// What came of it.
        outcome: Outcome,
    },
    /// A user reported its use.
    UseReport {
        /// What it reported.
        report: UseReport,
    },
}

/// One record of a platform's log: `{"v": 1, "at": …, "body": {"kind": "intent", …}}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The document's version.
    pub v: V1,
    /// When, as the host said.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub at: Instant,
    /// What.
    pub body: Body,
}

/// The longest record that the log takes.
const LONGEST: usize = 65_535;

impl Record {
    /// Reads the canonical bytes of a record.
    ///
    /// # Errors
    /// [`GateError::Malformed`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, GateError> {
        canon::read("Record", bytes).map_err(|error| malformed(&error))
    }

    /// The canonical bytes of a record that the log may hold.
    ///
    /// # Errors
    /// [`GateError::Personal`] for a text that reads as a person's identifier, [`GateError::TooLong`], and
    /// [`CanonError`](crate::canon::CanonError).
    pub fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        let bytes = canon::to_bytes(self)?;
        if bytes.len() > LONGEST {
            return Err(GateError::TooLong { bytes: bytes.len() }.into());
        }
        match personal(&canon::parse(&bytes)?, "record") {
            Some(field) => Err(GateError::Personal { field }.into()),
            None => Ok(bytes),
        }
    }

    /// Whether the record may follow this state.
    ///
    /// # Errors
    /// As [`State::check`], and what a malformed report or result lacks.
    pub fn check(&self, policy: &Policy, state: &State) -> Result<(), Error> {
        match &self.body {
            Body::Event { event } => state.check(policy, event, self.at),
            Body::Result { intent, .. } => match state.open_use(*intent) {
                Some(_) => Ok(()),
                None => Err(crate::process::ProcessError::NoOpenIntent { index: *intent }.into()),
            },
            Body::UseReport { report } => {
                check_id("user", &report.user)?;
                Ok(check_id("dataset", &report.dataset)?)
            }
            Body::Intent { .. } | Body::Denial { .. } => Ok(()),
        }
    }

    /// Folds the record into the state that it was recorded on. Returns the id of the duty that it creates or does.
    ///
    /// # Errors
    /// As [`Record::check`]; the state is then unchanged.
    pub fn fold(&self, policy: &Policy, state: &mut State) -> Result<Option<String>, Error> {
        match &self.body {
            Body::Event { event } => return state.apply(policy, event, self.at),
            Body::Intent { request, decision } => state.intend(Use {
                dataset: request.dataset.clone(),
                application: decision.application.clone(),
                rows: request.rows.unwrap_or(0),
            }),
            Body::Denial { .. } | Body::UseReport { .. } => state.pass(),
            Body::Result { intent, outcome } => state.settle(*intent, outcome.rows)?,
        }
        Ok(None)
    }
}

/// The place of the first text that reads as a person's identifier. Digests are left alone.
fn personal(value: &Value, place: &str) -> Option<String> {
    match value {
        Value::String(text) if text.parse::<Digest>().is_err() && looks_personal(text) => Some(place.to_owned()),
        Value::Array(items) => {
            items.iter().enumerate().find_map(|(index, item)| personal(item, &format!("{place}[{index}]")))
        }
        Value::Object(members) => members.iter().find_map(|(key, item)| {
            if looks_personal(key) { Some(place.to_owned()) } else { personal(item, &format!("{place}.{key}")) }
        }),
        _ => None,
    }
}
