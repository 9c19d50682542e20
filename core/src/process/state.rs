//! The state: the fold of what was recorded. Lookups only; it is changed by `apply` alone.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::names::{Bytes, Key, Map, Name, Names};
use super::{
    ApplicationStatus, BodyKind, CaseStatus, ComplaintOutcome, DatasetStatus, Grant, Machine, Role, RulesOfUse,
    Standing, UserKind,
};
use crate::canon;
use crate::catalog::{Channel, Entry, Level, UpdateFrequency};
use crate::crypto::PublicKey;
use crate::policy::{Facts, Policy, Status};
use crate::terms::{AccessWay, Digest, Openness, Reviewer, Word};

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
pub struct Assessed {
    /// The index of its record.
    pub index: u64,
    /// The day.
    #[serde(with = "super::day")]
    pub on: Date,
    /// The policy that it holds under.
    pub policy: Digest,
    /// The assessed content.
    pub content: Digest,
    /// The digest of the classification.
    pub classification: Digest,
    /// Whether the facts settled it.
    pub status: Status,
    /// The permitted classes.
    pub permitted: Vec<Openness>,
    /// The steps to take before opening, as (code, article).
    pub requires: Vec<(String, String)>,
    /// The chosen class.
    pub chosen: Option<Openness>,
    /// The facts that it rests on, canonical.
    facts: Bytes,
}

impl Assessed {
    #[expect(clippy::too_many_arguments, reason = "one place makes it, each part with its name there")]
    pub(super) fn new(
        index: u64,
        on: Date,
        policy: Digest,
        content: Digest,
        classification: Digest,
        answer: &crate::policy::Classification,
        chosen: Option<Openness>,
        facts: &Facts,
    ) -> Result<Self, canon::CanonError> {
        let mut assessed = Assessed {
            index,
            on,
            policy,
            content,
            classification,
            status: answer.status,
            permitted: Vec::new(),
            requires: Vec::new(),
            chosen,
            facts: Bytes(canon::to_bytes(facts)?.into()),
        };
        assessed.answer(answer);
        Ok(assessed)
    }

    /// Puts another answer to the same facts in place of the one before.
    pub(super) fn answer(&mut self, answer: &crate::policy::Classification) {
        self.status = answer.status;
        self.permitted.clone_from(&answer.permitted);
        self.requires = answer.requires.iter().map(|step| (step.code.clone(), step.cite.clone())).collect();
    }

    /// Whether its choice, if one was made, goes on under another answer (A40).
    pub(crate) fn goes_on<'a>(
        &self,
        status: Status,
        permitted: &[Openness],
        steps: impl IntoIterator<Item = &'a str>,
    ) -> bool {
        status == Status::Determined
            && self.chosen.is_none_or(|chosen| permitted.contains(&chosen))
            && !further_step(steps)
    }

    fn steps(&self) -> impl Iterator<Item = &str> {
        self.requires.iter().map(|(step, _)| step.as_str())
    }

    /// The facts that it rests on.
    #[must_use]
    pub fn facts(&self) -> Facts {
        canon::read("Facts", &self.facts.0).unwrap_or_default()
    }
}

/// The step that has an access fact of its own, and referrals and opinions on record (A32(4)).
const COMMITTEE: &str = "expert_committee";

/// Whether a step remains that nothing but another assessment can show to be done.
fn further_step<'a>(steps: impl IntoIterator<Item = &'a str>) -> bool {
    steps.into_iter().any(|step| step != COMMITTEE)
}

/// What an entry says, as far as decisions and duties need it; the entry itself is kept as it was recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// 数据开放属性
    pub openness: Option<Openness>,
    /// The assessed content.
    pub content: Option<Digest>,
    /// The classification that it rests on.
    pub assessment: Option<Digest>,
    /// Whether another way has its provision (A22.1(4)).
    pub other_way_has_basis: bool,
    /// By which ways it is opened (A22.1).
    pub(super) ways: Ways,
    /// Whether it is opened through an own channel, approved (A12).
    pub own_channel: bool,
    /// Whose catalog it belongs to.
    pub level: Option<Level>,
    /// The district.
    pub(super) district: Option<Name>,
    /// When its content last changed.
    #[serde(with = "super::day::maybe")]
    pub updated: Option<Date>,
    /// How often it is to change.
    pub frequency: Option<UpdateFrequency>,
    /// How many times it was listed.
    pub revision: u32,
    /// The entry, canonical.
    entry: Bytes,
}

impl Listed {
    pub(super) fn new(entry: &Entry, district: Option<Name>, revision: u32) -> Result<Self, canon::CanonError> {
        Ok(Listed {
            openness: entry.openness,
            content: entry.content,
            assessment: entry.assessment,
            other_way_has_basis: entry.other_way_basis.as_ref().is_some_and(|basis| !basis.trim().is_empty()),
            ways: Ways::of(&entry.access_ways),
            own_channel: entry.channel == Some(Channel::ApprovedException),
            level: entry.level,
            district,
            updated: entry.updated,
            frequency: entry.update_frequency,
            revision,
            entry: Bytes(canon::to_bytes(entry)?.into()),
        })
    }

    /// The entry as it was recorded.
    #[must_use]
    pub fn entry(&self) -> Option<Entry> {
        canon::read("Entry", &self.entry.0).ok()
    }
}

/// A dataset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetState {
    /// Where it stands.
    pub status: DatasetStatus,
    /// The index of the record since when.
    pub since: u64,
    /// When it was first assessed or listed.
    #[serde(with = "super::day")]
    pub(super) came: Date,
    /// As what somebody suspended or withdrew it: they let it open again. The authority keeps what it holds.
    pub(super) held_by: Option<Role>,
    /// The body that opens it: who assessed or listed it first.
    pub(super) body: Option<Name>,
    /// What its catalog entry says, once listed.
    pub listed: Option<Box<Listed>>,
    /// Its last assessment.
    pub assessed: Option<Box<Assessed>>,
    /// The digest of its content now.
    pub content: Option<Digest>,
    /// How many referrals about it the committee has not answered.
    pub referrals: u32,
    /// What each decision asks. Follows from the rest.
    #[serde(skip)]
    pub(crate) asked: AskedOften,
}

/// What each decision asks of a dataset, in one place: so that it is looked up, and not worked out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct AskedOften {
    /// Whether the last assessment found it outside the Measures; none without one.
    pub(crate) out_of_scope: Option<bool>,
    /// Whether the last assessment holds under the policy in force, is settled, and leaves no step but the committee's.
    pub(crate) assessed: bool,
    /// The assessed content.
    pub(crate) version: Option<Digest>,
    /// Whether content, entry and assessment say the same.
    pub(crate) agree: bool,
    /// Whether the assessment still requires the committee.
    pub(crate) committee: bool,
    /// The chosen class.
    pub(crate) chosen: Option<Openness>,
    /// Whether it is in the permitted set.
    pub(crate) permitted: bool,
    /// Whether another way has its provision.
    pub(crate) other_way: bool,
    /// By which ways its entry lists it.
    pub(crate) ways: Ways,
    /// Whether its entry names an own channel that is approved.
    pub(crate) own_channel: bool,
}

impl DatasetState {
    /// Works out what each decision asks, after a change.
    pub(super) fn settle(&mut self, policy: Option<Digest>) {
        let assessed = self.assessed.as_deref();
        let listed = self.listed.as_deref();
        let chosen = assessed.and_then(|assessed| assessed.chosen);
        // What is open under an entry that says something else than the assessment was never opened that way (A19.2).
        let agree = listed.zip(assessed).is_none_or(|(entry, assessed)| {
            entry.openness == assessed.chosen
                && entry.content == Some(assessed.content)
                && entry.assessment == Some(assessed.classification)
        });
        self.asked = AskedOften {
            out_of_scope: assessed.map(|assessed| assessed.status == Status::OutOfScope),
            assessed: assessed.is_some_and(|assessed| {
                Some(assessed.policy) == policy
                    && assessed.status == Status::Determined
                    && !further_step(assessed.steps())
            }),
            version: assessed.map(|assessed| assessed.content),
            agree: agree && assessed.is_some_and(|assessed| self.content == Some(assessed.content)),
            committee: assessed.is_some_and(|assessed| assessed.steps().any(|step| step == COMMITTEE)),
            chosen,
            permitted: assessed
                .is_some_and(|assessed| chosen.is_some_and(|chosen| assessed.permitted.contains(&chosen))),
            other_way: listed.is_some_and(|listed| listed.other_way_has_basis),
            ways: listed.map(|listed| listed.ways).unwrap_or_default(),
            own_channel: listed.is_some_and(|listed| listed.own_channel),
        };
    }
}

/// The ways of a grant, as a set.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ways(u8);

impl Ways {
    pub(super) fn of(ways: &[AccessWay]) -> Self {
        Ways(ways.iter().fold(0, |set, way| set | 1 << *way as u8))
    }

    pub(crate) fn holds(self, way: AccessWay) -> bool {
        self.0 >> way as u8 & 1 == 1
    }

    fn list(self) -> Vec<AccessWay> {
        AccessWay::ALL.iter().copied().filter(|way| self.holds(*way)).collect()
    }
}

/// What is granted so far: what was asked for, narrowed by each approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Granted {
    pub(super) ways: Ways,
    #[serde(with = "super::day")]
    pub(super) from: Date,
    #[serde(with = "super::day")]
    pub(super) until: Date,
    /// No name: every column.
    pub(super) fields: Box<[Name]>,
    pub(super) rows: Option<u64>,
    pub(super) pages: Option<u64>,
    pub(super) updates: bool,
    /// The version that was open when it was approved, unless later ones are granted too.
    pub(super) content: Option<Digest>,
}

/// An application and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ApplicationState {
    pub(super) user: Name,
    pub(super) dataset: u32,
    pub(super) purpose: Name,
    pub(super) grant: Granted,
    /// What was asked for, where an approval granted less.
    pub(super) asked: Option<Box<Granted>>,
    pub(super) status: ApplicationStatus,
    /// A bit for each reviewer who approved.
    pub(super) approved_by: u8,
    #[serde(with = "super::day::maybe")]
    pub(super) approved: Option<Date>,
    /// How many risk reports were filed, and how often the body followed up: each for its period.
    pub(super) reports: u16,
    pub(super) follow_ups: u16,
    /// The last day that a risk report was about.
    #[serde(with = "super::day::maybe")]
    pub(super) reported_until: Option<Date>,
    /// Rows and pages used, and those that open intents have asked for.
    pub(super) used: Used,
    /// The user's application for the same dataset before this one.
    pub(super) before: Option<u32>,
}

/// How much of a grant is used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Used {
    /// Rows.
    pub rows: u64,
    /// Calls, a page each.
    pub pages: u64,
}

impl Used {
    /// Both together.
    #[must_use]
    pub fn plus(self, more: Used) -> Used {
        Used { rows: self.rows.saturating_add(more.rows), pages: self.pages.saturating_add(more.pages) }
    }

    /// What is left without these.
    #[must_use]
    pub fn less(self, some: Used) -> Used {
        Used { rows: self.rows.saturating_sub(some.rows), pages: self.pages.saturating_sub(some.pages) }
    }
}

/// Which reviewers' bits these are.
pub(super) fn reviewer_bit(by: Reviewer) -> u8 {
    1 << by as u8
}

/// An application as others see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApplicationView<'a> {
    /// Its id.
    pub id: &'a str,
    /// Who applied.
    pub user: &'a str,
    /// For which dataset.
    pub dataset: &'a str,
    /// What for.
    pub purpose: &'a str,
    /// Where it stands.
    pub status: ApplicationStatus,
    /// What is granted so far.
    pub grant: Grant,
    /// The one version that is granted; none before approval, or where later versions are granted too.
    pub content: Option<Digest>,
    /// Who approved.
    pub approved_by: BTreeSet<Reviewer>,
    /// How much is used, open intents included.
    pub used: Used,
}

/// A user towards a body, once something was held against it (A35).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StandingState {
    pub(super) standing: Standing,
    #[serde(with = "super::day")]
    pub(super) from: Date,
    #[serde(with = "super::day")]
    pub(super) due: Date,
    #[serde(with = "super::day::maybe")]
    pub(super) done: Option<Date>,
}

/// From which day the reply to a complaint or suggestion is counted: the interpretation `deadline_start`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Start {
    Receipt,
    SameDay,
    Verification,
}

impl Start {
    /// As the policy reads it.
    pub(super) fn under(policy: &Policy) -> Start {
        match policy.interpretation("deadline_start") {
            Some("same_day") => Start::SameDay,
            Some("verification") => Start::Verification,
            _ => Start::Receipt,
        }
    }
}

/// A complaint, suggestion, demand, referral, interview, problem or product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// Which.
    pub machine: Machine,
    /// Where it stands.
    pub status: CaseStatus,
    /// The index of its first record.
    pub index: u64,
    /// What came of a complaint.
    pub outcome: Option<ComplaintOutcome>,
    /// The committee's opinion.
    pub opinion: Option<Digest>,
    /// The dataset's number, where it is about one.
    pub(super) dataset: Option<u32>,
    /// Whether the committee is asked about aggregation (A32(4)).
    pub(super) aggregation: bool,
    /// Who brought it.
    pub(super) by: Name,
    /// Who has to see to it.
    pub(super) holder: Option<Name>,
    #[serde(with = "super::day")]
    pub(super) from: Date,
    /// As it was read when the case came in: another reading moves no deadline that runs.
    pub(super) start: Start,
    #[serde(with = "super::day::maybe")]
    pub(super) verified: Option<Date>,
    /// Within how many working days it is to be seen to.
    pub(super) days: Option<u16>,
    /// Until which day.
    #[serde(with = "super::day::maybe")]
    pub(super) due: Option<Date>,
    #[serde(with = "super::day::maybe")]
    pub(super) done: Option<Date>,
}

/// An opening body.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct BodyState {
    pub(super) kind: Option<BodyKind>,
    /// When its first entry was listed.
    #[serde(with = "super::day::maybe")]
    pub(super) since: Option<Date>,
    /// When each of the measures was last taken, in the order of [`super::Measure`].
    pub(super) measures: [Option<Taken>; 4],
}

/// A day on which something was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Taken(#[serde(with = "super::day")] pub(super) Date);

/// An intent that waits for its result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Use {
    /// The dataset.
    pub dataset: String,
    /// The approved application that it ran under, for conditional data.
    pub application: Option<String>,
    /// What it asked for, counted against the grant until the result says how much there was.
    pub asked: Used,
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
    /// The municipal authority, once it acted as such.
    pub(super) municipal: Option<String>,
    /// A district's authority → the district.
    pub(super) authorities: BTreeMap<String, String>,
    /// The logs of uses of other processes, and who signs each.
    pub(super) use_logs: BTreeMap<String, PublicKey>,
    pub(super) user_kinds: Map<Name, UserKind>,
    pub(super) bodies: Map<Name, BodyState>,
    pub(super) datasets: Map<Key, DatasetState>,
    pub(super) applications: Map<Key, ApplicationState>,
    /// (body, user) → standing; a user that is not here is in good standing.
    pub(super) standings: Map<(Name, Name), StandingState>,
    /// `machine:id` → the case.
    pub(super) cases: Map<Key, Case>,
    /// Intent's index → what it asked for.
    pub(super) uses: BTreeMap<u64, Use>,
    /// (dataset, user) → the user's last application for it. Follows from the applications.
    #[serde(skip)]
    pub(super) last: Map<(u32, Name), u32>,
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
        let number = self.dataset_number(dataset);
        let key = number.zip(self.names.find(user));
        self.chain(key).map(|(_, id, state)| self.view(id, state))
    }

    /// The applications of a (dataset, user), the last first.
    #[inline]
    pub(super) fn chain(&self, key: Option<(u32, Name)>) -> impl Iterator<Item = (u32, &str, &ApplicationState)> {
        let first = key.and_then(|key| self.last.get(&key)).copied();
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
            content: state.grant.content,
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

/// The key of a case: its machine and its id.
pub(super) fn case_key(machine: Machine, id: &str) -> String {
    format!("{}:{id}", machine.id())
}
