//! The state: the fold of what was recorded. Lookups only; it is changed by `apply` alone.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::application::{ApplicationState, Granted, reviewer_bit};
use super::case::case_key;
use super::last::Last;
use super::names::{Bytes, Key, Map, Name, Names, Versions};
use super::party::{BodyState, StandingState};
use super::{
    ApplicationView, BodyKind, Case, DatasetState, Grant, Machine, RulesOfUse, Standing, Unreported, Use, UserKind,
};
use crate::canon;
use crate::catalog::Entry;
use crate::crypto::PublicKey;
use crate::terms::{Digest, Reviewer, Word};

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

/// The state of a platform: the fold of its records.
///
/// ```
/// use kaifang::process::State;
/// let state = State::default();
/// let snapshot = state.snapshot()?;
/// assert_eq!(State::restore(&snapshot)?, state);
/// # Ok::<(), kaifang::process::ProcessError>(())
/// ```
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct State {
    /// How many records were folded.
    pub(super) index: u64,
    pub(super) policy: Option<PolicyInForce>,
    pub(super) rules: RulesInForce,
    pub(super) names: Names,
    pub(super) versions: Versions,
    /// The municipal authority, once it acted as such.
    pub(super) municipal: Option<String>,
    /// A district's authority → the district.
    pub(super) authorities: BTreeMap<String, String>,
    /// The logs of uses of other processes, and who signs each.
    pub(super) use_logs: BTreeMap<String, PublicKey>,
    pub(super) user_kinds: Map<Name, UserKind>,
    pub(super) bodies: Map<Name, BodyState>,
    pub(super) datasets: Map<Key, DatasetState>,
    /// Written to a snapshot and read from it one by one.
    #[serde(skip)]
    pub(super) applications: Map<Key, ApplicationState>,
    /// (body, user) → standing; a user that is not here is in good standing.
    pub(super) standings: Map<(Name, Name), StandingState>,
    /// `machine:id` → the case.
    pub(super) cases: Map<Key, Case>,
    /// Intent's index → what it asked for.
    pub(super) uses: BTreeMap<u64, Use>,
    /// What the users whose intents stand in this log have not reported.
    pub(super) unreported: Unreported,
    /// Follows from the applications.
    #[serde(skip)]
    pub(super) last: Last,
}

/// The rules of use in force.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct RulesInForce(pub(super) RulesOfUse);

// A document leaves out what is not set, which a snapshot can't: it stands there as its canonical bytes.
impl Serialize for RulesInForce {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let bytes = canon::to_bytes(&self.0).map_err(serde::ser::Error::custom)?;
        Bytes(bytes.into()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for RulesInForce {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = Bytes::deserialize(deserializer)?;
        canon::read("RulesOfUse", &bytes.0).map(RulesInForce).map_err(serde::de::Error::custom)
    }
}

impl PartialEq for State {
    fn eq(&self, other: &State) -> bool {
        matches!((self.snapshot(), other.snapshot()), (Ok(ours), Ok(theirs)) if ours == theirs)
    }
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

    /// The rules of use in force (A15).
    #[must_use]
    pub fn rules(&self) -> &RulesOfUse {
        &self.rules.0
    }

    /// The logs of uses that other processes keep, and who signs each.
    #[must_use]
    pub fn use_logs(&self) -> &BTreeMap<String, PublicKey> {
        &self.use_logs
    }

    /// A dataset, once it was assessed or listed.
    #[inline]
    #[must_use]
    pub fn dataset(&self, id: &str) -> Option<&DatasetState> {
        self.datasets.get(id)
    }

    /// The number of a dataset, by which applications and cases know it.
    #[inline]
    pub(super) fn dataset_number(&self, id: &str) -> Option<u32> {
        self.datasets.get_index_of(id).and_then(|number| u32::try_from(number).ok())
    }

    /// The catalog entry of a dataset, once it is listed.
    #[must_use]
    pub fn entry(&self, id: &str) -> Option<Entry> {
        self.datasets.get(id)?.listed.as_ref()?.entry()
    }

    /// The body that opens a dataset.
    #[must_use]
    pub fn body_of(&self, dataset: &DatasetState) -> Option<&str> {
        dataset.body.map(|body| self.names.name(body))
    }

    /// Every dataset, in the order in which they came.
    pub fn datasets(&self) -> impl Iterator<Item = (&str, &DatasetState)> {
        self.datasets.iter().map(|(id, dataset)| (id.as_str(), dataset))
    }

    /// How many applications were filed.
    #[must_use]
    pub fn application_count(&self) -> usize {
        self.applications.len()
    }

    /// An application.
    #[must_use]
    pub fn application(&self, id: &str) -> Option<ApplicationView<'_>> {
        let (id, state) = self.applications.get_key_value(id)?;
        Some(self.view(id, state))
    }

    /// A user's applications for a dataset, the last first.
    pub fn applications_of<'a>(&'a self, dataset: &str, user: &str) -> impl Iterator<Item = ApplicationView<'a>> {
        let key = self.dataset_number(dataset).zip(self.names.find(user));
        let first = key.and_then(|key| self.last_application(self.last.hash(dataset, user), key));
        self.chain(first).map(|(_, id, state)| self.view(id, state))
    }

    /// This application and the user's others for the same dataset, the last first.
    #[inline]
    pub(super) fn chain(&self, first: Option<u32>) -> impl Iterator<Item = (u32, &str, &ApplicationState)> {
        let find =
            |place: u32| self.applications.get_index(place as usize).map(|(id, state)| (place, id.as_str(), state));
        std::iter::successors(first.and_then(find), move |(_, _, state)| state.before.and_then(find))
    }

    fn view<'a>(&'a self, id: &'a str, state: &'a ApplicationState) -> ApplicationView<'a> {
        ApplicationView {
            id,
            user: self.names.name(state.user),
            dataset: self.datasets.get_index(state.dataset as usize).map_or("", |(id, _)| id),
            purpose: self.names.name(state.purpose),
            status: state.status,
            grant: self.grant(&state.grant),
            content: state.grant.version.and_then(|version| self.versions.digest(version)),
            approved_by: Reviewer::ALL
                .iter()
                .copied()
                .filter(|by| state.approved_by & reviewer_bit(*by) != 0)
                .collect(),
            used: state.used,
        }
    }

    /// A grant as a document.
    pub(super) fn grant(&self, grant: &Granted) -> Grant {
        Grant {
            ways: grant.ways.list(),
            from: grant.from,
            until: grant.until,
            fields: grant.fields.iter().map(|field| self.names.name(*field).to_owned()).collect(),
            rows: grant.rows,
            pages: grant.pages,
            updates: grant.updates,
        }
    }

    /// A complaint, suggestion, demand, referral, interview, problem or product.
    #[must_use]
    pub fn case(&self, machine: Machine, id: &str) -> Option<&Case> {
        self.cases.get(case_key(machine, id).as_str())
    }

    /// A user's standing towards a body (A35).
    #[must_use]
    pub fn standing(&self, user: &str, body: &str) -> Standing {
        match (self.names.find(body), self.names.find(user)) {
            (Some(body), Some(user)) => self.standing_of(body, user),
            _ => Standing::Good,
        }
    }

    #[inline]
    pub(super) fn standing_of(&self, body: Name, user: Name) -> Standing {
        self.standings.get(&(body, user)).map_or(Standing::Good, |state| state.standing)
    }

    /// Who has to see to a case: whom it names, or the body that opens its dataset now.
    pub(super) fn holder_of(&self, case: &Case) -> Option<Name> {
        let dataset = case.dataset.and_then(|number| self.datasets.get_index(number as usize));
        case.holder.or(dataset.and_then(|(_, dataset)| dataset.body))
    }

    /// What kind of user it was registered as (A3(2)).
    #[must_use]
    pub fn user_kind(&self, user: &str) -> Option<UserKind> {
        self.user_kinds.get(&self.names.find(user)?).copied()
    }

    /// What kind of body it was registered as (A3(1)).
    #[must_use]
    pub fn body_kind(&self, body: &str) -> Option<BodyKind> {
        self.bodies.get(&self.names.find(body)?)?.kind
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
}
