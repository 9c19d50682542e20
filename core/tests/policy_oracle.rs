//! The engine against the slow, plain interpreter of the written semantics, on samples and on chosen regions.
//!
//! `policy_space` compares them on every point.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use std::collections::BTreeMap;

use kaifang::policy::{Facts, Section, Status};
use kaifang::terms::{Openness, Word};

mod plain;

use plain::cases::{Case, Completions, UNKNOWN, below, completions, known, random, rng};
use plain::check::{self, LENIENT, MILD, access_readings, at, classification_readings, xian};
use plain::{ACCESS, CLASSIFICATION, Reading, fact, word};

/// The smallest sets of unknown facts whose answers always settle the outcome, by trying all of them.
fn smallest_settling<T: PartialEq>(completions: &Completions, outcome: &[T]) -> Vec<Vec<usize>> {
    let unknown: Vec<usize> = completions.unknown.iter().map(|unknown| unknown.fact).collect();
    for size in 0..=unknown.len() {
        let sets = (0u32..1 << unknown.len()).filter(|set| set.count_ones() as usize == size);
        let sets = sets.map(|set| -> Vec<usize> {
            unknown.iter().enumerate().filter(|(at, _)| set >> at & 1 == 1).map(|(_, fact)| *fact).collect()
        });
        let settling = sets.filter(|set| {
            let mut answers: BTreeMap<Vec<u8>, &T> = BTreeMap::new();
            completions.points.iter().zip(outcome).all(|(point, outcome)| {
                let key = set.iter().map(|fact| point[*fact]).collect();
                *answers.entry(key).or_insert(outcome) == outcome
            })
        });
        let settling: Vec<_> = settling.collect();
        if !settling.is_empty() {
            return settling;
        }
    }
    unreachable!("all unknown facts together settle everything")
}

/// The open facts that `check` compares with are the smallest settling set, and the only one.
fn check_needed<T: PartialEq>(checked: &check::Checked<T>) {
    let needed = checked.completions.needed(&checked.outcome);
    assert_eq!(smallest_settling(&checked.completions, &checked.outcome), [needed]);
}

#[test]
fn the_policy_declares_exactly_these_facts() {
    for (section, table) in [(Section::Classification, CLASSIFICATION), (Section::Access, ACCESS)] {
        let facts: Vec<(String, serde_json::Value)> = xian()
            .facts(section)
            .iter()
            .map(|fact| (fact.id.clone(), serde_json::to_value(&fact.domain).unwrap()))
            .collect();
        let words = |words: &[&str]| if words == ["false", "true"] { "bool".into() } else { words.into() };
        let expected: Vec<_> = table.iter().map(|(fact, of)| ((*fact).to_owned(), words(of))).collect();
        assert_eq!(facts, expected);
    }
}

#[test]
fn classification_agrees_on_random_cases_with_unknown_facts() {
    let (mut rng, readings) = (rng([1; 32]), classification_readings());
    for index in 0..6000 {
        let mild: &[(usize, u8)] = if index % 4 == 0 { &[] } else { MILD };
        let case = random(&mut rng, CLASSIFICATION, index % 6, mild);
        let (policy, yes) = &readings[usize::from(index % 3 == 0)];
        check_needed(&check::classification(policy, *yes, &case));
    }
}

#[test]
fn classification_agrees_on_every_point_of_what_decides_third_party_harm() {
    // Every value of the facts of A18.3 and A18.5 with one fact of each ground; the rest is false.
    let free = [
        "law_forbids",
        "endangers_social_stability",
        "personal_privacy",
        "harm_ruled_out",
        "high_protection_need",
        "declassified",
        "prohibition_lifted",
        "third_party_consents",
        "closure_harms_public",
        "data_grade",
        "desensitization",
    ];
    let mut case: Case = [Some(0); plain::FACTS];
    free.iter().for_each(|name| case[fact(CLASSIFICATION, name)] = None);
    let policy = xian();
    for point in completions(CLASSIFICATION, &case).points {
        check::classification(&policy, false, &known(&point));
    }
}

#[test]
fn access_agrees_on_random_cases_with_unknown_facts() {
    let (mut rng, readings) = (rng([2; 32]), access_readings());
    for index in 0..6000 {
        let lenient: &[(usize, u8)] = if index % 4 == 0 { &[] } else { LENIENT };
        let case = random(&mut rng, ACCESS, index % 5, lenient);
        let (policy, reading) = &readings[index / 5 % readings.len()];
        check_needed(&check::access(policy, *reading, &case));
    }
}

#[test]
fn access_agrees_on_every_class_action_status_application_and_standing() {
    // The enumerated facts in full, for a request that is otherwise in order, and for one that is not.
    for (order, readings) in [(1, access_readings().to_vec()), (0, vec![(xian(), Reading::default())])] {
        let mut case = UNKNOWN;
        for (place, (name, words)) in ACCESS.iter().enumerate() {
            case[place] = match *name {
                "out_of_scope" | "committee_pending" => Some(0),
                "via" => Some(word(ACCESS, "via", "platform")),
                _ => (words.len() == 2).then_some(order),
            };
        }
        for point in completions(ACCESS, &case).points {
            for (policy, reading) in &readings {
                check::access(policy, *reading, &known(&point));
            }
        }
    }
}

#[test]
fn nothing_known_is_answered_at_once() {
    let policy = xian();
    let start = std::time::Instant::now();
    for _ in 0..20 {
        let answer = policy.classify(&Facts::new(), at()).unwrap();
        assert_eq!((answer.status, answer.open.len()), (Status::NeedsAssessment, 18));
        assert_eq!(policy.decide(&Facts::new(), at()).unwrap().denials[0].code, "unknown_facts");
    }
    assert!(start.elapsed().as_millis() < 2000, "an unoptimised build takes a few milliseconds a pair");
}

#[test]
fn answers_show_every_class_in_words_of_the_policy() {
    for class in Openness::ALL {
        assert_eq!(xian().label(*class).unwrap().zh, class.zh());
    }
}

#[test]
fn the_random_cases_reach_every_kind_of_answer() {
    let mut rng = rng([3; 32]);
    let policy = xian();
    let mut seen = BTreeMap::new();
    for _ in 0..400 {
        let unknown = below(&mut rng, 6);
        let case = random(&mut rng, CLASSIFICATION, unknown, MILD);
        let answer = policy.classify(&plain::cases::document(CLASSIFICATION, &case), at()).unwrap();
        *seen.entry(answer.status.id()).or_insert(0) += 1;
        let case = random(&mut rng, ACCESS, unknown, LENIENT);
        let answer = policy.decide(&plain::cases::document(ACCESS, &case), at()).unwrap();
        let kind = match answer.headline() {
            None => "permit",
            Some(reason) if reason.code == "unknown_facts" => "unknown",
            Some(_) => "denied",
        };
        *seen.entry(kind).or_insert(0) += 1;
    }
    for kind in ["determined", "needs_assessment", "out_of_scope", "permit", "unknown", "denied"] {
        assert!(seen.get(kind).is_some_and(|count| *count >= 10), "{kind}: {seen:?}");
    }
}
