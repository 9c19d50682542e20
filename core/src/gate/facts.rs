//! From the state to the policy's access facts: the table of this room's page, and nothing else. The same case is packed
//! for the quick answer and written out for the slow one.

use jiff::civil::Date;

use super::request::{Request, Via};
use crate::policy::{Decider, FactValue, Facts, PackedFacts, Policy, Section, Slot, Status};
use crate::process::{Asked, Assessed, DatasetStatus, Holding, Listed, Standing, State, UsedElsewhere};
use crate::terms::{AccessWay, Action, Digest, Openness, Word};

/// The access facts of a request, each as the policy asks for it; none where it is unknown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Case {
    action: Action,
    via: Via,
    identified: bool,
    out_of_scope: Option<bool>,
    listed: bool,
    assessed: bool,
    content_matches_assessment: bool,
    committee_pending: bool,
    openness: Option<Openness>,
    openness_permitted: bool,
    dataset_status: DatasetStatus,
    other_way_has_basis: bool,
    result_reviewed: bool,
    risk_report_overdue: bool,
    application: Holding,
    purpose_in_scope: Option<bool>,
    way_in_scope: bool,
    within_quota: Option<bool>,
    user_standing: Option<Standing>,
    /// The place of the approved application that the facts speak of.
    pub(super) place: Option<u32>,
    /// Whether it bounds rows.
    pub(super) bounded: bool,
    /// Whether it bounds rows or calls.
    pub(super) counted: bool,
}

/// A fact of ours: its name, and its words in the order of their places; `false` and `true` for a question.
struct Vocabulary {
    name: &'static str,
    words: fn() -> Vec<&'static str>,
}

fn yes_or_no() -> Vec<&'static str> {
    vec!["false", "true"]
}

fn ids<W: Word>() -> Vec<&'static str> {
    W::ALL.iter().map(|word| word.id()).collect()
}

/// The classes, and that none was chosen.
fn classes() -> Vec<&'static str> {
    ids::<Openness>().into_iter().chain(["undecided"]).collect()
}

const fn fact(name: &'static str, words: fn() -> Vec<&'static str>) -> Vocabulary {
    Vocabulary { name, words }
}

/// How many access facts there are.
const FACTS: usize = 19;

/// The access facts, in the order of [`Case::places`].
const VOCABULARY: [Vocabulary; FACTS] = [
    fact("action", ids::<Action>),
    fact("via", ids::<Via>),
    fact("identified", yes_or_no),
    fact("out_of_scope", yes_or_no),
    fact("listed", yes_or_no),
    fact("assessed", yes_or_no),
    fact("content_matches_assessment", yes_or_no),
    fact("committee_pending", yes_or_no),
    fact("openness", classes),
    fact("openness_permitted", yes_or_no),
    fact("dataset_status", ids::<DatasetStatus>),
    fact("other_way_has_basis", yes_or_no),
    fact("result_reviewed", yes_or_no),
    fact("risk_report_overdue", yes_or_no),
    fact("application", ids::<Holding>),
    fact("purpose_in_scope", yes_or_no),
    fact("way_in_scope", yes_or_no),
    fact("within_quota", yes_or_no),
    fact("user_standing", ids::<Standing>),
];

impl Case {
    /// The case of a request on a legal date.
    pub(super) fn of(policy: Digest, state: &State, elsewhere: &UsedElsewhere, request: &Request, today: Date) -> Case {
        let way = match request.action {
            Action::Query | Action::Preview => None,
            Action::Download => Some(AccessWay::Download),
            Action::Api => Some(AccessWay::Api),
            Action::ModelResult => Some(AccessWay::ModelResult),
            Action::Other => Some(AccessWay::Other),
        };
        let asked = Asked {
            dataset: &request.dataset,
            user: request.user.as_deref(),
            way,
            purpose: request.purpose.as_deref(),
            fields: &request.fields,
            rows: request.rows,
        };
        let found = state.find(&asked, elsewhere, today);
        let listed = found.dataset.and_then(|dataset| dataset.listed.as_deref());
        let assessed = found.dataset.and_then(|dataset| dataset.assessed.as_deref());
        let content = found.dataset.and_then(|dataset| dataset.content);
        let same = assessed.is_some_and(|assessed| {
            content == Some(assessed.content) && request.content.is_none_or(|content| content == assessed.content)
        });
        let chosen = assessed.and_then(|assessed| assessed.chosen);
        let referred = found.dataset.is_some_and(|dataset| dataset.referrals > 0);
        Case {
            action: request.action,
            via: request.via,
            identified: request.user.is_some(),
            out_of_scope: match assessed {
                Some(assessed) => Some(assessed.status == Status::OutOfScope),
                // Nobody assessed it. Beyond metadata `not_assessed` denies; its metadata may be secret too.
                None => (request.action != Action::Query).then_some(false),
            },
            listed: listed.is_some(),
            assessed: assessed
                .is_some_and(|assessed| assessed.policy == policy && assessed.status == Status::Determined),
            content_matches_assessment: same
                && listed.zip(assessed).is_none_or(|(entry, assessed)| agree(entry, assessed)),
            committee_pending: referred
                || assessed
                    .is_some_and(|assessed| assessed.requires.iter().any(|(step, _)| step == "expert_committee")),
            openness: chosen,
            openness_permitted: assessed
                .is_some_and(|assessed| chosen.is_some_and(|chosen| assessed.permitted.contains(&chosen))),
            dataset_status: found.dataset.map_or(DatasetStatus::NotOpen, |dataset| dataset.status),
            other_way_has_basis: listed.is_some_and(|listed| listed.other_way_has_basis),
            result_reviewed: request
                .result_review
                .as_ref()
                .is_some_and(|review| review.passed && review.result.is_some()),
            risk_report_overdue: found.report_overdue,
            application: found.holding,
            purpose_in_scope: found.purpose,
            way_in_scope: found.way,
            within_quota: found.quota,
            user_standing: found.standing,
            place: found.application,
            bounded: found.bounded,
            counted: found.counted,
        }
    }

    /// The class of the dataset, once it was chosen.
    pub(super) fn openness(&self) -> Option<Openness> {
        self.openness
    }

    /// For each fact the place of its word; none where it is unknown.
    #[inline]
    fn places(&self) -> [Option<u8>; FACTS] {
        let yes = |yes: bool| Some(u8::from(yes));
        let known = |answer: Option<bool>| answer.map(u8::from);
        [
            Some(self.action as u8),
            Some(self.via as u8),
            yes(self.identified),
            known(self.out_of_scope),
            yes(self.listed),
            yes(self.assessed),
            yes(self.content_matches_assessment),
            yes(self.committee_pending),
            Some(self.openness.map_or(Openness::ALL.len() as u8, |openness| openness as u8)),
            yes(self.openness_permitted),
            Some(self.dataset_status as u8),
            yes(self.other_way_has_basis),
            yes(self.result_reviewed),
            yes(self.risk_report_overdue),
            Some(self.application as u8),
            known(self.purpose_in_scope),
            yes(self.way_in_scope),
            known(self.within_quota),
            self.user_standing.map(|standing| standing as u8),
        ]
    }

    /// The facts as the policy names them.
    pub(super) fn facts(&self) -> Facts {
        let mut facts = Facts::new();
        for (fact, place) in VOCABULARY.iter().zip(self.places()) {
            let words = (fact.words)();
            match place.and_then(|place| words.get(usize::from(place))).copied() {
                Some("true") => facts.set(fact.name, true),
                Some("false") => facts.set(fact.name, false),
                Some(word) => facts.set(fact.name, word),
                None => continue,
            };
        }
        facts
    }
}

/// What is open under an entry that says something else than the assessment was never opened that way (A19.2).
fn agree(entry: &Listed, assessed: &Assessed) -> bool {
    entry.openness == assessed.chosen
        && entry.content == Some(assessed.content)
        && entry.assessment == Some(assessed.classification)
}

/// The most words of a fact.
const WORDS: usize = 6;

/// Where a policy has each of these facts in a packed word, and the code of each word.
#[derive(Debug, Clone)]
pub(super) struct Packing {
    nothing: PackedFacts,
    facts: [(Slot, [u32; WORDS]); FACTS],
}

/// A code that is outside every domain: the policy lacks the word.
const NO_CODE: u32 = u32::MAX;

impl Packing {
    /// None for a policy that asks for other facts than these: it is asked the slow way.
    pub(super) fn of(policy: &Policy, decider: &Decider<'_>) -> Option<Packing> {
        let known = policy.facts(Section::Access);
        if known.len() != FACTS {
            return None;
        }
        let mut facts = Vec::new();
        for ours in &VOCABULARY {
            let fact = known.iter().find(|fact| fact.id == ours.name)?;
            let mut codes = [NO_CODE; WORDS];
            for (code, word) in codes.iter_mut().zip((ours.words)()) {
                let value = match word {
                    "true" => true.into(),
                    "false" => false.into(),
                    word => FactValue::from(word),
                };
                *code = fact.domain.index_of(&value).and_then(|code| u32::try_from(code).ok()).unwrap_or(NO_CODE);
            }
            facts.push((decider.slot(ours.name)?, codes));
        }
        Some(Packing { nothing: decider.nothing_known(), facts: facts.try_into().ok()? })
    }

    /// The case in a word; none where the policy lacks one of its words.
    #[inline]
    pub(super) fn pack(&self, case: &Case) -> Option<PackedFacts> {
        let mut packed = self.nothing;
        for ((slot, codes), place) in self.facts.iter().zip(case.places()) {
            if let Some(place) = place {
                let code = codes.get(usize::from(place)).copied().filter(|code| *code != NO_CODE)?;
                packed = packed.with(*slot, code);
            }
        }
        Some(packed)
    }

    /// Whether every completion of what is unknown in the case permits. There are few: what is unknown are questions.
    pub(super) fn all_permit(&self, policy: &Policy, case: PackedFacts) -> bool {
        let unknown = self.facts.iter().map(|(slot, _)| *slot).find(|slot| case.unknown() & slot.mask() != 0);
        match unknown {
            None => policy.access_verdict(case).is_some_and(|verdict| verdict.permit()),
            Some(slot) => (0..slot.size).all(|code| self.all_permit(policy, case.with(slot, code))),
        }
    }
}

/// The access facts of a request on a legal date, by the table of this room's page.
#[must_use]
pub fn facts_of(policy: &Policy, state: &State, request: &Request, today: Date) -> Facts {
    Case::of(policy.hash(), state, &UsedElsewhere::default(), request, today).facts()
}
