//! A dataset in the state: what its entry and its last assessment say, and what each decision asks of both.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::application::Ways;
use super::names::{Bytes, Name, Version};
use super::{DatasetStatus, Role};
use crate::canon;
use crate::catalog::{Channel, Entry, Level, UpdateFrequency};
use crate::policy::{Facts, Status};
use crate::terms::{Digest, Openness};

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
    /// The number of the assessed content.
    version: Version,
    /// The facts that it rests on, canonical.
    facts: Bytes,
}

impl Assessed {
    #[expect(clippy::too_many_arguments, reason = "one place makes it, each part with its name there")]
    pub(super) fn new(
        index: u64,
        on: Date,
        policy: Digest,
        (content, version): (Digest, Version),
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
            version,
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
    /// The assessed content, and its number.
    pub(crate) content: Option<Digest>,
    pub(super) version: Option<Version>,
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
            content: assessed.map(|assessed| assessed.content),
            version: assessed.map(|assessed| assessed.version),
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
