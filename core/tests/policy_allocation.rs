//! What says that it allocates nothing, counted. A file of its own: counting needs an allocator for the whole program.
#![allow(clippy::unwrap_used, missing_docs)]

use std::hint::black_box;

use kaifang::policy::{PackedFacts, Policy, Section, Slot};

/// A case of which every fact is known, another one for each number.
fn case(nothing_known: PackedFacts, slots: &[Slot], number: u32) -> PackedFacts {
    (0..).zip(slots).fold(nothing_known, |case, (place, slot)| {
        case.with(*slot, number.wrapping_mul(0x9e37_79b9).rotate_left(place * 7) % slot.size)
    })
}

#[test]
fn a_packed_classification_and_its_reasons_allocate_nothing() {
    let policy = Policy::builtin("xian-2022-013").unwrap();
    let classifier = policy.classifier("2024-06-03".parse().unwrap()).unwrap();
    let slots: Vec<_> =
        policy.facts(Section::Classification).iter().map(|fact| classifier.slot(&fact.id).unwrap()).collect();
    let mut told = 0;
    let counted = allocation_counter::measure(|| {
        for number in 0..10_000 {
            let case = case(classifier.nothing_known(), &slots, number);
            let verdict = classifier.verdict(black_box(case)).unwrap();
            told += usize::from(verdict.default().is_some()) + usize::from(verdict.recommended().is_some());
            told += classifier.reasons(verdict).map(|reason| reason.cite.len()).sum::<usize>();
            told += classifier.requires(verdict).count() + classifier.notices().len();
        }
    });
    assert!(told > 10_000, "{told}");
    assert_eq!(counted.count_total, 0);
    // The count counts.
    assert_eq!(allocation_counter::measure(|| drop(black_box(Box::new(1)))).count_total, 1);
}

#[test]
fn a_packed_decision_and_its_denials_allocate_nothing() {
    let policy = Policy::builtin("xian-2022-013").unwrap();
    let decider = policy.decider("2024-06-03".parse().unwrap()).unwrap();
    let slots: Vec<_> = policy.facts(Section::Access).iter().map(|fact| decider.slot(&fact.id).unwrap()).collect();
    let mut lanes = decider.lanes().unwrap();
    let planes = vec![0x5555_aaaa_0f0f_3333; 64];
    let mut told = 0;
    let counted = allocation_counter::measure(|| {
        for number in 0..10_000 {
            let case = case(decider.nothing_known(), &slots, number);
            let verdict = decider.verdict(black_box(case)).unwrap();
            told += decider.denials(verdict).map(|reason| reason.cite.len()).sum::<usize>();
            told += decider.duties(verdict).count() + usize::from(verdict.permit());
            lanes.run(black_box(&planes));
            told += lanes.outputs().filter(|lane| *lane != 0).count();
        }
    });
    assert!(told > 10_000, "{told}");
    assert_eq!(counted.count_total, 0);
}
