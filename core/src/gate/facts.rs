//! From the state to the policy's access facts: the table of this room's page, and nothing else. The same case is packed
//! for the quick answer and written out for the slow one.

use jiff::civil::Date;

use super::request::{Request, Via};
use crate::policy::{Decider, FactValue, Facts, PackedFacts, Policy, Section, Slot};
use crate::process::{Asked, AskedOften, DatasetStatus, Holding, Standing, State, UsedElsewhere};
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

/// An access fact of the policy and where the gate has it from.
#[derive(Debug, Clone, Copy)]
pub struct AccessFact {
    /// Its name in the policy.
    pub name: &'static str,
    /// Its words in the order of their places; `false` and `true` for a question.
    words: fn() -> Vec<&'static str>,
    /// Where from, in Chinese.
    pub zh: &'static str,
    /// Where from, in English.
    pub en: &'static str,
}

impl AccessFact {
    /// Its words, in order.
    #[must_use]
    pub fn words(&self) -> Vec<&'static str> {
        (self.words)()
    }
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

const fn fact(name: &'static str, words: fn() -> Vec<&'static str>, zh: &'static str, en: &'static str) -> AccessFact {
    AccessFact { name, words, zh, en }
}

/// How many access facts there are.
const FACTS: usize = 19;

/// Each access fact of the policy, and where the gate has it from.
pub const ACCESS_FACTS: [AccessFact; FACTS] = [
    fact("action", ids::<Action>, "请求", "the request"),
    fact(
        "via",
        ids::<Via>,
        "请求;条目未注明经批准的自有渠道的,approved_channel 视为 other",
        "the request; `approved_channel` counts as `other` where the entry names no approved channel of its own",
    ),
    fact("identified", yes_or_no, "请求写明使用者", "the request names a user"),
    fact(
        "out_of_scope",
        yes_or_no,
        "最近一次评估为不适用本办法;未评估的,查询时为未知,其余为否(由 not_assessed 拒绝)",
        "the last assessment is out of scope; without one unknown for a query, else false (`not_assessed` denies)",
    ),
    fact(
        "listed",
        yes_or_no,
        "数据集有目录条目;无条件开放的,还须列有所请求的开放方式",
        "the dataset has an entry, which for unconditional data lists the way that is asked for",
    ),
    fact(
        "assessed",
        yes_or_no,
        "最近一次评估在现行政策下有效、结论确定,且除征询专家委员会外别无未完成的步骤",
        "its last assessment holds under the policy in force, is settled, and leaves no step but the committee's",
    ),
    fact(
        "content_matches_assessment",
        yes_or_no,
        "现有内容、请求所指内容均为经评估的内容,且条目的属性、内容、评估与之一致",
        "its content now, and the content that the request names, are the assessed content, and the entry's class, \
         content and assessment are the assessment's",
    ),
    fact(
        "committee_pending",
        yes_or_no,
        "评估仍要求征询专家委员会,或有征询尚未答复",
        "the assessment still requires the expert committee, or a referral is not answered",
    ),
    fact("openness", classes, "选定的开放属性;未选定为 undecided", "the chosen class; `undecided` without one"),
    fact("openness_permitted", yes_or_no, "选定的属性在允许范围内", "the chosen class is in the permitted set"),
    fact(
        "dataset_status",
        ids::<DatasetStatus>,
        "数据集的状态;不存在的为 not_open",
        "the dataset's status; `not_open` for what is not there",
    ),
    fact("other_way_has_basis", yes_or_no, "条目写明依据", "the entry names the provision"),
    fact(
        "result_reviewed",
        yes_or_no,
        "请求附有通过的审查,并写明所审查结果的摘要",
        "the request carries a passed review that names the digest of the result",
    ),
    fact(
        "risk_report_overdue",
        yes_or_no,
        "该申请的风险评估报告已逾期(周期由平台使用规范定)",
        "the application's risk report is overdue (the rules of use set the period)",
    ),
    fact(
        "application",
        ids::<Holding>,
        "使用者对该数据集最有利的申请:在期且版本相符为 approved,过期或版本已换为 expired,未生效为 filed",
        "the best of the user's applications for the dataset: `approved` in its period and for the open version, \
         `expired` after it or for another version, `filed` before it",
    ),
    fact(
        "purpose_in_scope",
        yes_or_no,
        "用途与申请逐字相同,所取字段在批准范围内;请求未写明的为未知,没有申请为否",
        "the purpose is the application's, and the fields are granted; unknown where the request does not say, false \
         without an application",
    ),
    fact("way_in_scope", yes_or_no, "批准的方式包含本次方式", "the grant holds the way"),
    fact(
        "within_quota",
        yes_or_no,
        "已用、未结意图所请求与本次所请求的行数和次数不超过批准;限定行数而请求未写明的为未知",
        "rows and calls used, asked for by open intents and asked for now are within the grant; unknown where rows are \
         bounded and the request names none",
    ),
    fact(
        "user_standing",
        ids::<Standing>,
        "使用者对数据集所属开放主体的状态;未表明身份的为 good",
        "the user's standing towards the body that opens the dataset; `good` when not identified",
    ),
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
        let unknown = AskedOften::default();
        let asked = found.dataset.map_or(&unknown, |dataset| &dataset.asked);
        // The state knows what holds under the policy that it has; under another one nothing was assessed.
        let in_force = state.policy().is_some_and(|known| known.hash == policy);
        Case {
            action: request.action,
            // An own channel is approved for what its entry says, and for nothing else (A12).
            via: if request.via == Via::ApprovedChannel && !asked.own_channel { Via::Other } else { request.via },
            identified: request.user.is_some(),
            // Nobody assessed it. Beyond metadata `not_assessed` denies; its metadata may be secret too.
            out_of_scope: asked.out_of_scope.or((request.action != Action::Query).then_some(false)),
            // What is open to all is listed for some ways, and for the others it is not (A19.2). Of conditional data the
            // grant says which, and another way has a rule of its own.
            listed: found.dataset.is_some_and(|dataset| dataset.listed.is_some())
                && (asked.chosen != Some(Openness::Unconditional)
                    || way.is_none_or(|way| way == AccessWay::Other || asked.ways.holds(way))),
            assessed: asked.assessed && in_force,
            content_matches_assessment: asked.agree && (request.content.is_none() || request.content == asked.content),
            committee_pending: asked.committee || found.dataset.is_some_and(|dataset| dataset.referrals > 0),
            openness: asked.chosen,
            openness_permitted: asked.permitted,
            dataset_status: found.dataset.map_or(DatasetStatus::NotOpen, |dataset| dataset.status),
            other_way_has_basis: asked.other_way,
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
    #[inline(always)]
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
        for (fact, place) in ACCESS_FACTS.iter().zip(self.places()) {
            let words = fact.words();
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

/// The most words of a fact.
const WORDS: usize = 6;

/// Where a policy has each of these facts in a packed word, and the case in which nothing but one word of one is known.
#[derive(Debug, Clone)]
pub(super) struct Packing {
    nothing: PackedFacts,
    slots: [Slot; FACTS],
    /// None where the policy lacks the word.
    words: [[Option<PackedFacts>; WORDS]; FACTS],
}

impl Packing {
    /// None for a policy that asks for other facts than these: it is asked the slow way.
    pub(super) fn of(policy: &Policy, decider: &Decider<'_>) -> Option<Packing> {
        let known = policy.facts(Section::Access);
        if known.len() != FACTS {
            return None;
        }
        let nothing = decider.nothing_known();
        let (mut slots, mut words) = (Vec::new(), Vec::new());
        for ours in &ACCESS_FACTS {
            let fact = known.iter().find(|fact| fact.id == ours.name)?;
            let slot = decider.slot(ours.name)?;
            let mut known = [None; WORDS];
            for (known, word) in known.iter_mut().zip(ours.words()) {
                let value = match word {
                    "true" => true.into(),
                    "false" => false.into(),
                    word => FactValue::from(word),
                };
                let code = fact.domain.index_of(&value).and_then(|code| u32::try_from(code).ok());
                *known = code.map(|code| nothing.with(slot, code));
            }
            slots.push(slot);
            words.push(known);
        }
        Some(Packing { nothing, slots: slots.try_into().ok()?, words: words.try_into().ok()? })
    }

    /// The case in a word; none where the policy lacks one of its words.
    #[inline]
    pub(super) fn pack(&self, case: &Case) -> Option<PackedFacts> {
        let places = case.places();
        self.words.iter().zip(&places).try_fold(self.nothing, |packed, (words, place)| match place {
            Some(place) => words.get(usize::from(*place)).copied().flatten().map(|word| packed.joined(word)),
            None => Some(packed),
        })
    }

    /// Whether every completion of what is unknown in the case permits. There are few: what is unknown are questions.
    pub(super) fn all_permit(&self, policy: &Policy, case: PackedFacts) -> bool {
        let unknown = self.slots.iter().copied().find(|slot| case.unknown() & slot.mask() != 0);
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
