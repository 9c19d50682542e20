//! The engine's answer to a case against the plain interpreter's answers to all of its completions.

use jiff::civil::Date;
use kaifang::policy::{AccessAnswer, Classification, Policy, Status};
use kaifang::terms::{Openness, Reason};

use super::cases::{Case, Completions, completions, document};
use super::{
    ACCESS, C, CLASSIFICATION, Class, Classes, DENIALS, GROUNDS, Reading, Table, U, W, classify, conditional_access,
    denials, fact, strictest, word,
};

macro_rules! values {
    ($table:ident, $($fact:literal = $word:literal),* $(,)?) => {
        &[$((fact($table, $fact), word($table, $fact, $word))),*]
    };
}

/// Values under which more than A18.2 decides.
pub(crate) const MILD: &[(usize, u8)] = values!(
    CLASSIFICATION,
    "state_secret" = "false",
    "law_forbids" = "false",
    "endangers_national_security" = "false",
    "endangers_public_security" = "false",
    "endangers_economic_security" = "false",
    "endangers_social_stability" = "false",
    "data_grade" = "general",
);

/// Values under which an access is permitted, or nearly.
pub(crate) const LENIENT: &[(usize, u8)] = values!(
    ACCESS,
    "out_of_scope" = "false",
    "listed" = "true",
    "assessed" = "true",
    "content_matches_assessment" = "true",
    "committee_pending" = "false",
    "openness_permitted" = "true",
    "other_way_has_basis" = "true",
    "identified" = "true",
    "purpose_in_scope" = "true",
    "way_in_scope" = "true",
    "within_quota" = "true",
    "result_reviewed" = "true",
    "via" = "platform",
    "openness" = "conditional",
    "dataset_status" = "open",
    "application" = "approved",
    "user_standing" = "good",
);

pub(crate) fn at() -> Date {
    "2024-06-03".parse().unwrap()
}

pub(crate) fn xian() -> Policy {
    Policy::builtin("xian-2022-013").unwrap()
}

/// Both readings of what de-identified data may be.
pub(crate) fn classification_readings() -> [(Policy, bool); 2] {
    let policy = xian();
    let read = |option| policy.with_interpretation("deidentified_may_be_unconditional", option).unwrap();
    [(read("no"), false), (read("yes"), true)]
}

/// Both readings of each of the two open places of an access.
pub(crate) fn access_readings() -> [(Policy, Reading); 4] {
    let policy = xian();
    [(false, false), (false, true), (true, false), (true, true)].map(|(overdue_denies, preview_treated)| {
        let overdue = if overdue_denies { "deny" } else { "duty" };
        let preview = if preview_treated { "treated_sample" } else { "approved_only" };
        let policy = policy.with_interpretation("risk_report_overdue", overdue).unwrap();
        let policy = policy.with_interpretation("conditional_preview", preview).unwrap();
        (policy, Reading { overdue_denies, preview_treated })
    })
}

pub(crate) fn codes(reasons: &[Reason]) -> Vec<&str> {
    reasons.iter().map(|reason| reason.code.as_str()).collect()
}

fn class(class: Openness) -> Classes {
    match class {
        Openness::Unconditional => U,
        Openness::Conditional => C,
        Openness::Withheld => W,
    }
}

/// A list of classes as a set; it has to run from the strictest.
fn set(classes: &[Openness]) -> Classes {
    assert!(classes.is_sorted_by(|a, b| a > b), "{classes:?}");
    classes.iter().map(|of| class(*of)).sum()
}

fn names(table: Table, facts: &[usize]) -> Vec<&'static str> {
    facts.iter().map(|fact| table[*fact].0).collect()
}

/// The completions of a case, and what of each the open facts have to settle.
pub(crate) struct Checked<T> {
    pub(crate) completions: Completions,
    pub(crate) outcome: Vec<T>,
}

pub(crate) fn classification(policy: &Policy, yes: bool, case: &Case) -> Checked<(bool, Classes)> {
    let answer = policy.classify(&document(CLASSIFICATION, case), at()).unwrap();
    let completions = completions(CLASSIFICATION, case);
    let all: Vec<Class> = completions.points.iter().map(|point| classify(point, yes)).collect();
    let outcome: Vec<_> = all.iter().map(|class| (class.out_of_scope, class.permitted)).collect();
    assert_eq!(answer.open, names(CLASSIFICATION, &completions.needed(&outcome)), "{case:?}");
    assert_eq!(set(&answer.possible), all.iter().fold(0, |any, class| any | class.permitted), "{case:?}");
    let determined = outcome.iter().all(|other| *other == outcome[0]);
    let expected = &all[0];
    let one = |of: Option<Openness>| of.map_or(0, class);
    if !determined {
        assert_eq!(answer.status, Status::NeedsAssessment, "{case:?}");
        assert_eq!((answer.default, answer.recommended), (Some(Openness::Withheld), None), "{case:?}");
        assert!(answer.permitted.is_empty(), "{case:?}");
        assert_eq!(answer.reasons.last().unwrap().cite, "A19.1", "{case:?}");
    } else if expected.out_of_scope {
        assert_eq!(answer.status, Status::OutOfScope, "{case:?}");
        assert_eq!((answer.default, answer.recommended), (None, None), "{case:?}");
        assert!(answer.permitted.is_empty(), "{case:?}");
        assert_eq!(codes(&answer.reasons), ["state_secret"], "{case:?}");
    } else {
        assert_eq!(answer.status, Status::Determined, "{case:?}");
        assert_eq!(set(&answer.permitted), expected.permitted, "{case:?}");
        assert_eq!(one(answer.default), strictest(expected.permitted), "{case:?}");
        let recommended = all.iter().fold(0, |any, class| any | class.recommended);
        assert_eq!(one(answer.recommended), strictest(recommended), "{case:?}");
        assert!(!answer.reasons.is_empty(), "{case:?}");
    }
    let required = all.iter().any(|class| class.committee_required);
    assert_eq!(codes(&answer.requires), &["expert_committee"][..usize::from(required)], "{case:?}");
    let mut grounds = answer.grounds.iter();
    for (place, id) in GROUNDS.iter().enumerate() {
        let mut live = all.iter().filter_map(|class| class.grounds[place]);
        if let Some(first) = live.next() {
            let relief = first.filter(|_| live.all(|other| other == first));
            let found = grounds.next().unwrap();
            assert_eq!((found.id.as_str(), found.relieved_by.as_deref()), (*id, relief), "{case:?}");
            if determined && all.iter().all(|class| class.grounds[place].is_some()) {
                assert!(codes(&answer.reasons).contains(id), "{id} {case:?}");
            }
        }
    }
    assert_eq!(grounds.next(), None, "{case:?}");
    Checked { completions, outcome }
}

pub(crate) fn access(policy: &Policy, reading: Reading, case: &Case) -> Checked<u32> {
    let answer = policy.decide(&document(ACCESS, case), at()).unwrap();
    let completions = completions(ACCESS, case);
    let outcome: Vec<u32> = completions.points.iter().map(|point| denials(point, reading)).collect();
    let permit = outcome.iter().all(|denials| *denials == 0);
    assert_eq!(answer.permit, permit, "{case:?}");
    let certain = outcome.iter().fold(u32::MAX, |all, denials| all & denials);
    let certain: Vec<(&str, &str)> =
        DENIALS.iter().enumerate().filter(|(at, _)| certain >> at & 1 == 1).map(|(_, denial)| *denial).collect();
    let expected = if certain.is_empty() && !permit { vec![("A19.1", "unknown_facts")] } else { certain };
    let found: Vec<_> = answer.denials.iter().map(|reason| (reason.cite.as_str(), reason.code.as_str())).collect();
    assert_eq!(found, expected, "{case:?}");
    assert_eq!(answer.open, names(ACCESS, &completions.needed(&outcome)), "{case:?}");
    let conditional = completions.points.iter().any(|point| conditional_access(point, reading));
    let duties: &[&str] = match (permit, conditional) {
        (false, _) => &[],
        (true, false) => &["record"],
        (true, true) => &["record", "use_report", "risk_report"],
    };
    let found: Vec<&str> = answer.duties.iter().map(|duty| duty.code.as_str()).collect();
    assert_eq!(found, duties, "{case:?}");
    Checked { completions, outcome }
}

/// The answer to a case without unknown facts in the plain interpreter's form.
pub(crate) fn plain_class(answer: &Classification) -> Class {
    let mut grounds = [None; GROUNDS.len()];
    for ground in &answer.grounds {
        let place = GROUNDS.iter().position(|id| *id == ground.id).unwrap();
        let relief = ground.relieved_by.as_deref();
        let reliefs = [
            "prohibition_lifted",
            "declassified",
            "third_party_consents",
            "closure_harms_public",
            "anonymized",
            "deidentified",
        ];
        let relief = relief.map(|relief| *reliefs.iter().find(|known| **known == relief).unwrap());
        assert_eq!(grounds[place].replace(relief), None, "a ground stands in an answer once");
    }
    assert!(answer.requires.iter().all(|step| step.code == "expert_committee"));
    assert_ne!(answer.status, Status::NeedsAssessment, "nothing is unknown");
    assert_eq!(answer.default, answer.permitted.first().copied());
    Class {
        out_of_scope: answer.status == Status::OutOfScope,
        permitted: set(&answer.permitted),
        recommended: answer.recommended.map_or(0, class),
        committee_required: !answer.requires.is_empty(),
        grounds,
    }
}

/// The denials of an answer in the plain interpreter's form.
pub(crate) fn plain_denials(answer: &AccessAnswer) -> u32 {
    assert_eq!(answer.permit, answer.denials.is_empty());
    let place = |reason: &Reason| DENIALS.iter().position(|denial| *denial == (&*reason.cite, &*reason.code)).unwrap();
    answer.denials.iter().fold(0, |all, reason| all | 1 << place(reason))
}
