//! Each built-in statement fails of an engine that breaks it: a model with one root wrong, and a point that shows it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::sync::Arc;

use super::{Counterexample, Proof};
use crate::policy::compile::compile;
use crate::policy::diagram::{ALWAYS, NEVER};
use crate::policy::model::Model;
use crate::policy::{Facts, Policy, Status};
use crate::terms::Openness;

const XIAN: &str = include_str!("../../../policies/xian-2022-013.toml");

/// The bundled policy with a slip in its compiled form, and what is proved of it.
fn tampered(id: &str, slip: impl FnOnce(&mut Model)) -> (Policy, Counterexample) {
    let mut model = compile(XIAN).unwrap();
    slip(&mut model);
    let readings = model.interpretations.iter().map(|_| 0).collect();
    let policy = Policy::under(Arc::new(model), readings, XIAN.into()).unwrap();
    let proofs = policy.prove().unwrap();
    assert!(!proofs.holds);
    let proof: Proof = proofs.proofs.into_iter().find(|proof| proof.id == id).unwrap();
    assert!(!proof.holds, "{id}");
    (policy, proof.counterexample.unwrap())
}

#[test]
fn a_point_without_a_class_is_found() {
    let (policy, found) = tampered("complete", |model| model.classification.permitted[2].1 = NEVER);
    let answer = policy.classify(&found.facts, policy.in_force().0).unwrap();
    assert_eq!((answer.status, answer.permitted), (Status::Determined, vec![]));
}

#[test]
fn two_reliefs_of_a_ground_and_two_recommendations_are_found() {
    let (policy, found) = tampered("conflict_free", |model| {
        let harm = &mut model.classification.grounds[2];
        harm.reliefs[1].root = harm.live;
    });
    let at = policy.in_force().0;
    let state = policy.classify(&found.facts, at).unwrap();
    assert!(state.grounds.iter().any(|ground| ground.id == "third_party_harm" && ground.relieved_by.is_some()));
    let clean = Policy::parse(XIAN).unwrap().classify(&found.facts, at).unwrap();
    assert!(clean.grounds.iter().any(|ground| {
        ground.relieved_by.is_some() && ground.relieved_by.as_deref() != Some("closure_harms_public")
    }));

    let (policy, found) = tampered("conflict_free", |model| model.classification.recommended[1].1 = NEVER);
    assert_eq!(policy.classify(&found.facts, at).unwrap().recommended, None);
    let (policy, found) = tampered("conflict_free", |model| {
        let [withheld, conditional, _] = &mut model.classification.recommended;
        std::mem::swap(&mut withheld.1, &mut conditional.1);
    });
    let answer = policy.classify(&found.facts, at).unwrap();
    assert!(!answer.permitted.contains(&answer.recommended.unwrap()));
}

#[test]
fn a_relief_that_reaches_another_ground_is_found() {
    let (policy, found) = tampered("relief_reaches_only_its_own", |model| {
        // The prohibition comes and goes with the harm to third parties.
        let [prohibited, _, harm, ..] = model.classification.grounds.as_mut_slice() else { panic!() };
        prohibited.live = harm.live;
    });
    let then = found.then.clone().unwrap();
    let prohibited = |facts: &Facts| {
        let answer = policy.classify(facts, policy.in_force().0).unwrap();
        answer.grounds.iter().any(|ground| ground.id == "law_forbids")
    };
    let mut moved = found.facts.clone();
    moved.set(then.fact.clone(), then.value);
    assert!(!["law_forbids", "prohibition_lifted", "state_secret"].contains(&then.fact.as_str()));
    assert_ne!(prohibited(&found.facts), prohibited(&moved), "it changes with {}", then.fact);

    // And a ground's own set that another relief widens, before any join hides it.
    let (_, found) = tampered("relief_reaches_only_its_own", |model| {
        let [prohibited, _, harm, ..] = model.classification.grounds.as_mut_slice() else { panic!() };
        prohibited.set = harm.set;
    });
    assert!(!["law_forbids", "prohibition_lifted", "state_secret"].contains(&found.then.unwrap().fact.as_str()));
}

#[test]
fn a_default_that_is_not_the_strictest_is_found() {
    let (policy, found) = tampered("withheld_by_default", |model| model.classification.permitted.reverse());
    let answer = policy.classify(&found.facts, policy.in_force().0).unwrap();
    assert!(answer.default < answer.permitted.into_iter().max(), "{:?}", answer.default);
    let clean = Policy::parse(XIAN).unwrap().classify(&found.facts, policy.in_force().0).unwrap();
    assert_eq!(clean.default, clean.permitted.into_iter().max());
    assert!(clean.default > Some(Openness::Unconditional));
}

#[test]
fn a_permit_that_an_unknown_fact_could_have_denied_is_found() {
    for lost in 0..Policy::parse(XIAN).unwrap().model.access.denials.len() {
        let rule = Policy::parse(XIAN).unwrap().model.access.denials[lost].reason.rule.clone();
        if rule == "risk_report_overdue" {
            // It denies under another reading only.
            continue;
        }
        let (policy, found) = tampered("unknown_never_permits", |model| model.access.denials[lost].root = NEVER);
        let then = found.then.clone().unwrap();
        assert_eq!(found.facts.get(&then.fact), None, "unknown before");
        let permits = |policy: &Policy, facts: &Facts| policy.decide(facts, policy.in_force().0).unwrap().permit;
        let clean = found.readings.iter().fold(Policy::parse(XIAN).unwrap(), |policy, (name, option)| {
            policy.with_interpretation(name, option).unwrap()
        });
        assert!(permits(&policy, &found.facts), "{rule}: permitted while {} is unknown", then.fact);
        let mut known = found.facts.clone();
        known.set(then.fact, then.value);
        assert!(!permits(&clean, &known), "{rule}: and denied by the policy as it is written");
    }
    // And the other way round: a denial that nothing in the file asks for.
    let (policy, found) = tampered("unknown_never_permits", |model| model.access.denials[0].root = ALWAYS);
    assert!(!policy.decide(&found.facts, policy.in_force().0).unwrap().permit);
}
