//! The compiled forms of a policy against the exact evaluator: one packed case, and 64 at once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use kaifang::policy::{FactDefinition, Facts, PackedFacts, Policy, Section, Slot, Status};
use kaifang::terms::{Openness, Word as _};
use proptest::prelude::*;

const SECOND_CITY: &str = include_str!("data/second-city.toml");

fn at() -> jiff::civil::Date {
    "2024-06-03".parse().unwrap()
}

fn policies() -> [Policy; 3] {
    let xian = Policy::builtin("xian-2022-013").unwrap();
    let read = |policy: &Policy, name: &str, option: &str| policy.with_interpretation(name, option).unwrap();
    let other = read(&xian, "deidentified_may_be_unconditional", "yes");
    let other = read(&read(&other, "risk_report_overdue", "deny"), "conditional_preview", "treated_sample");
    [xian, other, Policy::parse(SECOND_CITY).unwrap()]
}

/// A case from random numbers: for each fact a code within its domain.
fn case(facts: &[FactDefinition], numbers: &[u32]) -> Facts {
    let value = |(fact, number): (&FactDefinition, &u32)| {
        (fact.id.clone(), fact.domain.value_at(*number as usize % fact.domain.size()).unwrap())
    };
    facts.iter().zip(numbers).map(value).collect()
}

fn check_classification(policy: &Policy, numbers: &[u32]) {
    let facts = case(policy.facts(Section::Classification), numbers);
    let classifier = policy.classifier(at()).unwrap();
    let verdict = classifier.verdict(classifier.pack(&facts).unwrap()).expect("a complete case");
    let answer = policy.classify(&facts, at()).unwrap();
    assert_eq!(verdict.out_of_scope(), answer.status == Status::OutOfScope, "{facts:?}");
    let strictest_first = Openness::ALL.iter().rev().copied();
    let permitted: Vec<Openness> = strictest_first.filter(|class| verdict.permits(*class)).collect();
    assert_eq!(permitted, answer.permitted, "{facts:?}");
    assert_eq!((verdict.default(), verdict.recommended()), (answer.default, answer.recommended), "{facts:?}");
    assert!(classifier.reasons(verdict).eq(&answer.reasons), "{facts:?}");
    assert!(classifier.requires(verdict).eq(&answer.requires), "{facts:?}");
    assert_eq!(classifier.notices(), answer.notices);
}

/// Spreads the cases of up to 64 packed words over one word for each bit.
fn planes(cases: &[PackedFacts]) -> Vec<u64> {
    let bit = |bit: usize, case: &PackedFacts| case.values() >> bit & 1;
    let plane = |at| cases.iter().enumerate().fold(0, |word, (lane, case)| word | bit(at, case) << lane);
    (0..64).map(plane).collect()
}

fn check_access(policy: &Policy, cases: &[Vec<u32>]) {
    let decider = policy.decider(at()).unwrap();
    let facts: Vec<Facts> = cases.iter().map(|numbers| case(policy.facts(Section::Access), numbers)).collect();
    let packed: Vec<PackedFacts> = facts.iter().map(|facts| decider.pack(facts).unwrap()).collect();
    let mut lanes = decider.lanes().unwrap();
    lanes.run(&planes(&packed));
    let outputs: Vec<u64> = lanes.outputs().collect();
    for (lane, (facts, packed)) in facts.iter().zip(packed).enumerate() {
        let answer = policy.decide(facts, at()).unwrap();
        let verdict = decider.verdict(packed).expect("a complete case");
        assert_eq!(verdict.permit(), answer.permit, "{facts:?}");
        assert!(decider.denials(verdict).eq(&answer.denials), "{facts:?}");
        assert!(decider.duties(verdict).eq(&answer.duties), "{facts:?}");
        let lane = outputs.iter().enumerate().fold(0, |bits, (place, plane)| bits | (plane >> lane & 1) << place);
        assert_eq!(lane, verdict.denials(), "{facts:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_verdict_is_the_classification(numbers in prop::collection::vec(any::<u32>(), 24), which in 0usize..3) {
        check_classification(&policies_once()[which], &numbers);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn a_verdict_and_a_lane_are_the_decision(
        cases in prop::collection::vec(prop::collection::vec(any::<u32>(), 24), 1..64),
        which in 0usize..3,
    ) {
        check_access(&policies_once()[which], &cases);
    }
}

fn policies_once() -> &'static [Policy; 3] {
    static POLICIES: std::sync::OnceLock<[Policy; 3]> = std::sync::OnceLock::new();
    POLICIES.get_or_init(policies)
}

#[test]
fn what_is_no_complete_case_has_no_verdict() {
    let policy = Policy::builtin("xian-2022-013").unwrap();
    let (classifier, decider) = (policy.classifier(at()).unwrap(), policy.decider(at()).unwrap());
    let zero = |facts: &[FactDefinition], slot: &dyn Fn(&str) -> Option<Slot>, nothing: PackedFacts| {
        facts.iter().fold(nothing, |case, fact| case.with(slot(&fact.id).unwrap(), 0))
    };
    let slot = |fact: &str| classifier.slot(fact);
    let complete = zero(policy.facts(Section::Classification), &slot, classifier.nothing_known());
    assert!(classifier.verdict(complete).is_some());
    let grade = classifier.slot("data_grade").unwrap();
    assert!(classifier.verdict(complete.without(grade)).is_none());
    assert!(classifier.verdict(complete.with(grade, 3)).is_none(), "there are three grades");
    assert!(classifier.slot("no_such_fact").is_none());

    let slot = |fact: &str| decider.slot(fact);
    let complete = zero(policy.facts(Section::Access), &slot, decider.nothing_known());
    assert!(decider.verdict(complete).is_some());
    for fact in policy.facts(Section::Access) {
        let slot = decider.slot(&fact.id).unwrap();
        assert!(decider.verdict(complete.without(slot)).is_none());
        for code in slot.size..1 << slot.width {
            assert!(decider.verdict(complete.with(slot, code)).is_none(), "{} has no value {code}", fact.id);
        }
    }
    assert_eq!(
        policy.classifier("2022-12-31".parse().unwrap()).err().map(|error| error.to_string().is_empty()),
        Some(false)
    );
}
