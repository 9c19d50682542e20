//! What the log holds, record by record, and how the state is folded from it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::GateError;
use super::decide::Decision;
use super::request::{Request, malformed};
use crate::Error;
use crate::canon;
use crate::catalog::looks_personal;
use crate::ledger::is_own;
use crate::policy::Policy;
use crate::process::{Actor, Event, State, Use, Used, check_id};
use crate::terms::{Action, Digest, Instant, Text, V1, legal_date};

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
    /// Which columns went out; none named: all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
    /// For a model's result: its digest, which is the reviewed one (A22.2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Digest>,
}

impl Outcome {
    /// So many rows and bytes went out, or nothing did.
    #[must_use]
    pub fn new(served: bool, rows: u64, bytes: u64) -> Self {
        Outcome { served, rows, bytes, fields: Vec::new(), result: None }
    }

    /// What did not go out has no rows.
    pub(super) fn check(&self) -> Result<(), GateError> {
        if !self.served && (self.rows > 0 || self.bytes > 0) { Err(GateError::NotServed) } else { Ok(()) }
    }

    /// What of a grant it used.
    pub(crate) fn used(&self) -> Used {
        Used { rows: self.rows, pages: u64::from(self.served) }
    }
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Body {
    /// Somebody did something.
    Event {
        /// Who.
        by: Actor,
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
    /// Denials of callers who were not identified, counted: nobody fills the disk with them.
    Denials {
        /// When the first was counted.
        #[cfg_attr(feature = "schema", schemars(with = "String"))]
        from: Instant,
        /// How many of each.
        counts: Vec<DenialCount>,
    },
    /// Unconditional data that went out while the log could not be written (interpretation `degraded_unconditional`).
    Degraded {
        /// When the first went out.
        #[cfg_attr(feature = "schema", schemars(with = "String"))]
        from: Instant,
        /// How many of each.
        counts: Vec<ServedCount>,
    },
    /// The digest of the state before this record: a shortcut for whoever opens the platform.
    Snapshot {
        /// The digest of the snapshot's bytes.
        state: Digest,
    },
    /// A table was treated: the proof of it, in the record or in the one blob that the record names.
    Applied {
        /// The document `Applied`. What it says is the data wing's; absent where it is longer than a record.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        applied: Option<Map<String, Value>>,
    },
}

/// How often something was denied to callers who were not identified.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DenialCount {
    /// The dataset; none where there is none of that name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataset: Option<String>,
    /// What was asked.
    pub action: Action,
    /// The code of the first denial.
    pub code: String,
    /// How often.
    pub count: u64,
}

/// How often something went out while the log could not be written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ServedCount {
    /// The dataset.
    pub dataset: String,
    /// What was asked.
    pub action: Action,
    /// How often.
    pub count: u64,
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
    /// The blobs that it names: identities and evidence that may be erased.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blobs: Vec<Digest>,
}

/// What the blob of a natural person's identity holds: the salt makes its digest a commitment, which nobody can find by
/// trying numbers.
#[derive(Serialize)]
pub(super) struct Identity<'a> {
    v: V1,
    identity: &'a str,
    salt: String,
}

impl<'a> Identity<'a> {
    pub(super) fn new(salt: &[u8], identity: &'a str) -> Self {
        use base64::Engine as _;
        Identity { v: V1, identity, salt: base64::engine::general_purpose::STANDARD.encode(salt) }
    }
}

/// The longest record that the log takes.
const LONGEST: usize = 65_535;

impl Record {
    /// A record that names no blob.
    #[must_use]
    pub fn new(at: Instant, body: Body) -> Self {
        Record { v: V1, at, body, blobs: Vec::new() }
    }

    /// Reads the canonical bytes of a record.
    ///
    /// # Errors
    /// [`GateError::Malformed`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, GateError> {
        canon::read("Record", bytes).map_err(|error| malformed(&error))
    }

    /// As [`Record::from_bytes`]; none for a record of the ledger's own, which changes a key or seals an interval.
    ///
    /// # Errors
    /// [`GateError::Malformed`].
    pub(crate) fn read(bytes: &[u8]) -> Result<Option<Self>, GateError> {
        if is_own(bytes) { Ok(None) } else { Record::from_bytes(bytes).map(Some) }
    }

    /// The canonical bytes of a record that the log may hold.
    ///
    /// # Errors
    /// [`GateError::Personal`] for a text that reads as a person's identifier, [`GateError::TooLong`], and
    /// [`CanonError`](crate::canon::CanonError).
    pub fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        let bytes = canon::to_bytes(self)?;
        match personal(&canon::parse(&bytes)?, "record") {
            Some(field) => Err(GateError::Personal { field }.into()),
            None if bytes.len() > LONGEST => Err(GateError::TooLong { bytes: bytes.len() }.into()),
            None => Ok(bytes),
        }
    }

    /// Whether the record may follow this state.
    ///
    /// # Errors
    /// As [`State::check`], and what a malformed report or result lacks.
    pub fn check(&self, policy: &Policy, state: &State) -> Result<(), Error> {
        match &self.body {
            Body::Event { by, event } => state.check(policy, by, event, self.at),
            Body::Result { intent, outcome } => {
                outcome.check()?;
                match state.open_use(*intent) {
                    Some(_) => Ok(()),
                    None => Err(crate::process::ProcessError::NoOpenIntent { index: *intent }.into()),
                }
            }
            Body::UseReport { report } => {
                check_id("user", &report.user)?;
                Ok(check_id("dataset", &report.dataset)?)
            }
            // The proof stands in one place.
            Body::Applied { applied } if self.blobs.len() != usize::from(applied.is_none()) => {
                let what = Text::new(
                    "处理证明应在记录内,或在记录所指的一个数据块内",
                    "the proof stands in the record, or in the one blob that it names",
                );
                Err(GateError::Malformed { what, place: "blobs".to_owned() }.into())
            }
            Body::Applied { .. }
            | Body::Intent { .. }
            | Body::Denial { .. }
            | Body::Denials { .. }
            | Body::Degraded { .. }
            | Body::Snapshot { .. } => Ok(()),
        }
    }

    /// Folds the record into the state that it was recorded on. Returns the ids of the duties that it creates or does.
    ///
    /// # Errors
    /// As [`Record::check`]; the state is then unchanged.
    pub fn fold(&self, policy: &Policy, state: &mut State) -> Result<Vec<String>, Error> {
        match &self.body {
            Body::Event { by, event } => return state.apply(policy, by, event, self.at),
            Body::Intent { request, decision } => state.intend(used_by(request, decision)),
            Body::Result { intent, outcome } => {
                let served = outcome.served.then(|| legal_date(self.at));
                return Ok(state.settle(*intent, outcome.used(), served)?.into_iter().collect());
            }
            Body::UseReport { report } => state.reported(&report.user, &report.dataset, report.intent),
            _ => state.pass(),
        }
        Ok(Vec::new())
    }
}

/// What an intent asks for, counted against its grant until its result is there.
pub(crate) fn used_by(request: &Request, decision: &Decision) -> Use {
    let asked = Used { rows: request.rows.unwrap_or(0), pages: 1 };
    // Metadata and a bounded preview use up nothing that was granted.
    let uses = !matches!(request.action, Action::Query | Action::Preview);
    Use { dataset: request.dataset.clone(), application: decision.application.clone().filter(|_| uses), asked }
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
