//! The state: the fold of what was recorded. Lookups only; it is changed by `apply.rs` alone.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::duty::Owed;
use super::{Application, ApplicationStatus, ComplaintOutcome, ComplaintStatus, DatasetStatus, Duty, Grant, Standing};
use crate::calendar::Calendar;
use crate::canon::{self, CanonError};
use crate::catalog::Entry;
use crate::policy::{Facts, Status};
use crate::terms::{Digest, Openness, Reviewer, V1};

/// The policy in force on the platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyInForce {
    /// Its id.
    pub id: String,
    /// Its hash, interpretations included.
    pub hash: Digest,
    /// The interpretations that were set, by name.
    pub interpretations: BTreeMap<String, String>,
    /// The digest of its file.
    pub text: Digest,
}

/// The last assessment of a dataset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assessed {
    /// The index of its record.
    pub index: u64,
    /// The policy that it was made under.
    pub policy: Digest,
    /// The assessed content.
    pub content: Digest,
    /// The facts that it rests on.
    pub facts: Facts,
    /// The digest of the classification.
    pub classification: Digest,
    /// Whether the facts settled it.
    pub status: Status,
    /// The permitted classes.
    pub permitted: Vec<Openness>,
    /// The steps to take before opening, as (code, article).
    pub requires: Vec<(String, String)>,
    /// The chosen class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chosen: Option<Openness>,
    /// Who assessed it.
    pub assessor: String,
}

/// A dataset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatasetState {
    /// Where it stands.
    pub status: DatasetStatus,
    /// The index of the record since when.
    pub since: u64,
    /// Its catalog entry, once listed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<Box<Entry>>,
    /// Its last assessment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assessed: Option<Box<Assessed>>,
    /// The digest of its content now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Digest>,
    /// The applications for it, by user.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub applications: BTreeMap<String, BTreeSet<String>>,
}

/// An application and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApplicationState {
    /// What was applied for.
    pub application: Application,
    /// Where it stands.
    pub status: ApplicationStatus,
    /// What is granted so far: what was asked for, narrowed by each approval.
    pub grant: Grant,
    /// Who approved.
    pub approved_by: BTreeSet<Reviewer>,
    /// Rows used, and rows that open intents have asked for.
    pub used: u64,
}

/// A complaint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ComplaintState {
    /// The dataset that it is about.
    pub dataset: String,
    /// Where it stands.
    pub status: ComplaintStatus,
    /// What came of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<ComplaintOutcome>,
}

/// An intent that waits for its result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Use {
    /// The dataset.
    pub dataset: String,
    /// The approved application that it ran under, for conditional data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application: Option<String>,
    /// The rows that it asked for, counted against the grant until the result says how many there were.
    pub rows: u64,
}

/// The state of a platform: the fold of its records.
///
/// ```
/// use kaifang::process::State;
/// let state = State::default();
/// let snapshot = state.snapshot()?;
/// assert_eq!(State::restore(&snapshot)?, state);
/// # Ok::<(), kaifang::canon::CanonError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    pub(super) v: V1,
    /// How many records were folded.
    pub(super) index: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) policy: Option<PolicyInForce>,
    pub(super) datasets: BTreeMap<String, DatasetState>,
    pub(super) applications: BTreeMap<String, ApplicationState>,
    /// Body → user → standing; a user that is not here is in good standing.
    pub(super) users: BTreeMap<String, BTreeMap<String, Standing>>,
    pub(super) complaints: BTreeMap<String, ComplaintState>,
    pub(super) duties: BTreeMap<String, Owed>,
    /// Intent's index → what it asked for.
    pub(super) uses: BTreeMap<u64, Use>,
}

impl State {
    /// How many records the state has seen.
    #[must_use]
    pub fn index(&self) -> u64 {
        self.index
    }

    /// The policy in force.
    #[must_use]
    pub fn policy(&self) -> Option<&PolicyInForce> {
        self.policy.as_ref()
    }

    /// A dataset, once it was assessed or listed.
    #[must_use]
    pub fn dataset(&self, id: &str) -> Option<&DatasetState> {
        self.datasets.get(id)
    }

    /// Every dataset, by id.
    pub fn datasets(&self) -> impl Iterator<Item = (&str, &DatasetState)> {
        self.datasets.iter().map(|(id, dataset)| (id.as_str(), dataset))
    }

    /// An application.
    #[must_use]
    pub fn application(&self, id: &str) -> Option<&ApplicationState> {
        self.applications.get(id)
    }

    /// A complaint.
    #[must_use]
    pub fn complaint(&self, id: &str) -> Option<&ComplaintState> {
        self.complaints.get(id)
    }

    /// A user's standing towards a body (A35).
    #[must_use]
    pub fn standing(&self, user: &str, body: &str) -> Standing {
        self.users.get(body).and_then(|users| users.get(user)).copied().unwrap_or(Standing::Good)
    }

    /// A user's applications for a dataset, by id.
    pub fn applications_of<'a>(
        &'a self,
        dataset: &str,
        user: &str,
    ) -> impl Iterator<Item = (&'a str, &'a ApplicationState)> {
        let ids = self.datasets.get(dataset).and_then(|dataset| dataset.applications.get(user));
        ids.into_iter()
            .flatten()
            .filter_map(|id| self.applications.get_key_value(id).map(|(id, application)| (id.as_str(), application)))
    }

    /// The intents that wait for their result, by index.
    pub fn open_uses(&self) -> impl Iterator<Item = (u64, &Use)> {
        self.uses.iter().map(|(index, used)| (*index, used))
    }

    /// An intent that waits for its result.
    #[must_use]
    pub fn open_use(&self, intent: u64) -> Option<&Use> {
        self.uses.get(&intent)
    }

    /// One duty as it stands on a day.
    #[must_use]
    pub fn duty(&self, id: &str, calendar: &Calendar, today: Date) -> Option<Duty> {
        self.duties.get(id).map(|owed| owed.on(id, calendar, today))
    }

    /// Every duty as it stands on a day; `holder` keeps those of one body or user.
    #[must_use]
    pub fn duties(&self, calendar: &Calendar, today: Date, holder: Option<&str>) -> Vec<Duty> {
        let held = self.duties.iter().filter(|(_, owed)| holder.is_none_or(|holder| owed.holder == holder));
        held.map(|(id, owed)| owed.on(id, calendar, today)).collect()
    }

    /// The canonical bytes of the state: equal states have equal bytes.
    ///
    /// # Errors
    /// [`CanonError`] if a count is beyond 2^53 − 1.
    pub fn snapshot(&self) -> Result<Vec<u8>, CanonError> {
        canon::to_bytes(self)
    }

    /// The state of a snapshot.
    ///
    /// # Errors
    /// [`CanonError`] if the bytes are not a canonical snapshot.
    pub fn restore(snapshot: &[u8]) -> Result<Self, CanonError> {
        canon::parse_canonical(snapshot)?;
        canon::read("State", snapshot)
    }
}
