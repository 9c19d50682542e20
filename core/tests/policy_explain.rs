//! Explanations against enumeration: every subset of the known facts, every change, every completion.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use std::collections::BTreeSet;
use std::sync::LazyLock;

use kaifang::error::Explain as _;
use kaifang::policy::{Explanation, FactChange, FactValue, Facts, Outcome, Policy, Section, Status, Target};
use kaifang::terms::{Openness, Word};
use proptest::prelude::*;

mod plain;

use plain::cases::{Case, UNKNOWN, below, completions, document, random, rng};
use plain::check::{LENIENT, MILD, access_readings, at, classification_readings, xian};
use plain::{ACCESS, C, CLASSIFICATION, DENIALS, Reading, Table, U, W, classify, denials, fact};

const SECOND_CITY: &str = include_str!("data/second-city.toml");

fn second_city() -> Policy {
    Policy::parse(SECOND_CITY).unwrap()
}

/// Every choice of `size` places of `0..of`, in order.
fn combinations(of: usize, size: usize) -> Vec<Vec<usize>> {
    if size == 0 {
        return vec![Vec::new()];
    }
    let first = |first: usize| {
        let rest = combinations(of - first - 1, size - 1);
        rest.into_iter().map(move |rest| [first].into_iter().chain(rest.iter().map(|at| at + first + 1)).collect())
    };
    (0..of).flat_map(first).collect()
}

/// What an explanation is about, by the answer that the policy itself gives.
fn same_answer(policy: &Policy, section: Section, facts: &Facts) -> impl Fn(&Facts) -> bool {
    let policy = policy.clone();
    let classes = |policy: &Policy, facts: &Facts| {
        let answer = policy.classify(facts, at()).unwrap();
        (answer.status, answer.permitted)
    };
    let denials = |policy: &Policy, facts: &Facts| -> Vec<String> {
        policy.decide(facts, at()).unwrap().denials.into_iter().map(|reason| reason.code).collect()
    };
    let (expected, headline) = match section {
        Section::Classification => (Some(classes(&policy, facts)), None),
        Section::Access => (None, denials(&policy, facts).into_iter().next()),
    };
    move |facts| match &expected {
        Some(expected) => classes(&policy, facts) == *expected,
        // A denial may be joined by others; a permit is the empty list.
        None => match &headline {
            Some(headline) => denials(&policy, facts).contains(headline),
            None => denials(&policy, facts).is_empty(),
        },
    }
}

/// The values that a section's facts can have.
fn values(policy: &Policy, section: Section) -> Vec<(String, Vec<FactValue>)> {
    let facts = policy.facts(section).iter();
    facts.map(|fact| (fact.id.clone(), (0..).map_while(|at| fact.domain.value_at(at)).collect())).collect()
}

/// The sufficient set is the first among the smallest: no set of one fact less gives the same answer, and so none that
/// is smaller still, which would leave more completions.
fn check_sufficient(policy: &Policy, explanation: &Explanation, facts: &Facts) {
    let same = same_answer(policy, explanation.section, facts);
    let known: Vec<(String, FactValue)> = values(policy, explanation.section)
        .into_iter()
        .filter_map(|(fact, _)| Some((fact.clone(), facts.get(&fact)?.clone())))
        .collect();
    let of = |set: &Vec<usize>| -> Facts { set.iter().map(|at| known[*at].clone()).collect() };
    assert!(explanation.smallest);
    let size = explanation.sufficient.iter().count();
    if size > 0 {
        assert!(!combinations(known.len(), size - 1).iter().any(|set| same(&of(set))), "{facts:?} {explanation:?}");
    }
    let first = combinations(known.len(), size).iter().map(of).find(|set| same(set));
    assert_eq!(Some(&explanation.sufficient), first.as_ref(), "{facts:?}");
}

fn is_reached(policy: &Policy, target: Target, facts: &Facts) -> bool {
    match target {
        Target::Permit => policy.decide(facts, at()).unwrap().permit,
        _ => policy.classify(facts, at()).unwrap().permitted.iter().any(|class| target == (*class).into()),
    }
}

/// All changes of so many facts, compared change by change: an earlier fact first, then an earlier value.
fn all_changes(policy: &Policy, section: Section, facts: &Facts, size: usize) -> Vec<Vec<FactChange>> {
    let values = values(policy, section);
    let mut out: Vec<Vec<(usize, usize)>> = Vec::new();
    for set in combinations(values.len(), size) {
        out.extend(set.iter().fold(vec![Vec::new()], |so_far: Vec<Vec<_>>, fact| {
            let next = (0..values[*fact].1.len()).map(|value| (*fact, value));
            so_far.iter().flat_map(|one| next.clone().map(move |next| [one.as_slice(), &[next]].concat())).collect()
        }));
    }
    out.sort();
    let change = |(fact, value): &(usize, usize)| {
        let (fact, values) = &values[*fact];
        FactChange { fact: fact.clone(), from: facts.get(fact).cloned(), to: values[*value].clone() }
    };
    let changes = out.iter().map(|changes| changes.iter().map(change).collect::<Vec<_>>());
    changes.filter(|changes| changes.iter().all(|change| change.from.as_ref() != Some(&change.to))).collect()
}

fn changed(facts: &Facts, changes: &[FactChange]) -> Facts {
    let mut facts = facts.clone();
    for change in changes {
        facts.set(&change.fact, change.to.clone());
    }
    facts
}

/// Each target's changes are all of the smallest, the first eight; sizes over `limit` are not enumerated, and there only
/// what is listed is held against the policy.
fn check_counterfactuals(policy: &Policy, explanation: &Explanation, facts: &Facts, limit: usize) -> usize {
    let mut enumerated = 0;
    for counterfactual in &explanation.counterfactuals {
        let reached = |changes: &Vec<FactChange>| is_reached(policy, counterfactual.target, &changed(facts, changes));
        assert!(counterfactual.smallest);
        assert_eq!(counterfactual.changes.len(), counterfactual.count.min(8) as usize);
        assert!(counterfactual.changes.iter().all(reached), "{facts:?} {counterfactual:?}");
        let size = counterfactual.changes.first().map_or(usize::MAX, Vec::len);
        for smaller in 0..size.min(limit + 1) {
            let all = all_changes(policy, explanation.section, facts, smaller);
            assert!(!all.iter().any(reached), "{facts:?} {counterfactual:?}");
        }
        if size <= limit {
            let all = all_changes(policy, explanation.section, facts, size);
            let smallest: Vec<_> = all.into_iter().filter(reached).collect();
            assert_eq!(counterfactual.count as usize, smallest.len(), "{facts:?}");
            assert_eq!(counterfactual.changes, smallest[..smallest.len().min(8)], "{facts:?}");
            enumerated += 1;
        }
    }
    enumerated
}

/// The targets are the classes that the answer does not permit, or the permit that it does not give.
fn check_targets(policy: &Policy, explanation: &Explanation, facts: &Facts) {
    let targets: Vec<Target> = explanation.counterfactuals.iter().map(|counterfactual| counterfactual.target).collect();
    let expected: Vec<Target> = match explanation.section {
        Section::Classification => vec![Target::Withheld, Target::Conditional, Target::Unconditional],
        Section::Access => vec![Target::Permit],
    };
    assert_eq!(targets, expected.into_iter().filter(|target| !is_reached(policy, *target, facts)).collect::<Vec<_>>());
}

/// Every partial case of a small section, as documents.
fn every_case(policy: &Policy, section: Section) -> Vec<Facts> {
    values(policy, section).iter().fold(vec![Facts::new()], |cases, (fact, values)| {
        let with = |case: &Facts, value: &FactValue| case.clone().set(fact, value.clone()).clone();
        cases
            .iter()
            .flat_map(|case| [case.clone()].into_iter().chain(values.iter().map(move |value| with(case, value))))
            .collect()
    })
}

/// The answers to the completions of a case, in the order of an explanation.
fn possible(policy: &Policy, section: Section, facts: &Facts) -> Vec<Outcome> {
    let completions = values(policy, section).iter().fold(vec![facts.clone()], |cases, (fact, values)| {
        if facts.get(fact).is_some() {
            return cases;
        }
        cases
            .iter()
            .flat_map(|case| values.iter().map(move |value| case.clone().set(fact, value.clone()).clone()))
            .collect()
    });
    let mut out: Vec<Outcome> = Vec::new();
    for point in completions {
        let outcome = match section {
            Section::Classification => {
                let answer = policy.classify(&point, at()).unwrap();
                Outcome::Classes { status: answer.status, permitted: answer.permitted }
            }
            Section::Access => {
                let answer = policy.decide(&point, at()).unwrap();
                Outcome::Access { permit: answer.permit, headline: answer.headline().map(|reason| reason.code.clone()) }
            }
        };
        if !out.contains(&outcome) {
            out.push(outcome);
        }
    }
    out
}

#[test]
fn every_explanation_of_the_second_city_is_that_of_an_enumeration() {
    let policy = second_city();
    for (section, cases) in [(Section::Classification, 108), (Section::Access, 12)] {
        let all = every_case(&policy, section);
        assert_eq!(all.len(), cases);
        for facts in all {
            let explanation = policy.explain(section, &facts, at()).unwrap();
            check_sufficient(&policy, &explanation, &facts);
            check_targets(&policy, &explanation, &facts);
            check_counterfactuals(&policy, &explanation, &facts, 4);
            let expected = possible(&policy, section, &facts);
            assert_eq!(explanation.possible.len(), expected.len(), "{facts:?}");
            assert!(expected.iter().all(|outcome| explanation.possible.contains(outcome)), "{facts:?}");
        }
    }
}

#[test]
fn a_class_that_no_facts_permit_is_named_with_no_change() {
    let never_conditional = SECOND_CITY
        .replace("base = [\"conditional\"]", "base = [\"withheld\"]")
        .replace("permits = [\"conditional\"]", "permits = [\"unconditional\"]");
    let policy = Policy::parse(&never_conditional).unwrap();
    let explanation = policy.explain(Section::Classification, &Facts::new(), at()).unwrap();
    let conditional = &explanation.counterfactuals[1];
    assert_eq!((conditional.target, conditional.count), (Target::Conditional, 0));
    assert!(conditional.changes.is_empty() && conditional.smallest);
}

/// A case of the bundled policy with as many known facts as can be enumerated.
fn few_known(case: &Case, table: Table, keep: &[usize]) -> Case {
    let mut few = UNKNOWN;
    keep.iter().filter(|fact| **fact < table.len()).for_each(|fact| few[*fact] = case[*fact]);
    few
}

#[test]
fn explanations_of_random_cases_are_those_of_an_enumeration() {
    let mut rng = rng([4; 32]);
    let (classifications, accesses) = (classification_readings(), access_readings());
    let (mut sufficient, mut enumerated) = (BTreeSet::new(), 0);
    for index in 0..96 {
        let (section, table, lenient) = match index % 2 {
            0 => (Section::Classification, CLASSIFICATION, MILD),
            _ => (Section::Access, ACCESS, LENIENT),
        };
        let policy = match section {
            Section::Classification => &classifications[index / 2 % 2].0,
            Section::Access => &accesses[index / 2 % 4].0,
        };
        let unknown = below(&mut rng, 12);
        let mut case = random(&mut rng, table, unknown, if index % 8 < 2 { &[] } else { lenient });
        // What decides most stays known, so that many cases are settled by few facts.
        if index % 3 == 0 {
            let decisive = match section {
                Section::Classification => ["state_secret", "law_forbids", "prohibition_lifted", "data_grade"],
                Section::Access => ["out_of_scope", "action", "listed", "openness"],
            };
            let keep: Vec<usize> = decisive.map(|name| fact(table, name)).into_iter().chain([1, 5, 9, 14]).collect();
            case = few_known(&case, table, &keep);
        }
        let facts = document(table, &case);
        let explanation = policy.explain(section, &facts, at()).unwrap();
        check_targets(policy, &explanation, &facts);
        enumerated += check_counterfactuals(policy, &explanation, &facts, if index % 4 < 2 { 2 } else { 1 });
        let size = explanation.sufficient.iter().count();
        let known = case.iter().take(table.len()).flatten().count();
        if size <= 2 || known <= 8 {
            check_sufficient(policy, &explanation, &facts);
            sufficient.insert((section, size));
        }
        assert!(same_answer(policy, section, &facts)(&explanation.sufficient), "{facts:?}");
    }
    assert!(sufficient.len() >= 5, "sets of several sizes were checked: {sufficient:?}");
    assert!(enumerated >= 40, "{enumerated}");
}

fn possible_classes(case: &Case, yes: bool) -> Vec<Outcome> {
    let all: BTreeSet<_> =
        completions(CLASSIFICATION, case).points.iter().map(|p| classify(p, yes).permitted).collect();
    // By the strictest class, then the next: as the words would sort that have a class where the set has it.
    let order = |set: &u8| [W, C, U].map(|class| set & class == 0);
    let mut all: Vec<u8> = all.into_iter().collect();
    all.sort_by_key(|set| (*set == 0, order(set)));
    let classes = [(W, Openness::Withheld), (C, Openness::Conditional), (U, Openness::Unconditional)];
    let outcome = |set: u8| Outcome::Classes {
        status: if set == 0 { Status::OutOfScope } else { Status::Determined },
        permitted: classes.iter().filter(|(bit, _)| set & bit != 0).map(|(_, class)| *class).collect(),
    };
    all.into_iter().map(outcome).collect()
}

static CLASSIFICATIONS: LazyLock<[(Policy, bool); 2]> = LazyLock::new(classification_readings);
static ACCESSES: LazyLock<[(Policy, Reading); 4]> = LazyLock::new(access_readings);

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_possible_is_what_the_plain_interpreter_gives(seed in any::<[u8; 32]>(), unknown in 0usize..7) {
        let mut rng = rng(seed);
        let case = random(&mut rng, CLASSIFICATION, unknown, MILD);
        let (policy, yes) = &CLASSIFICATIONS[below(&mut rng, 2)];
        let explanation = policy.explain(Section::Classification, &document(CLASSIFICATION, &case), at()).unwrap();
        prop_assert_eq!(&explanation.possible, &possible_classes(&case, *yes));
        prop_assert_eq!(explanation.open.is_empty(), explanation.possible.len() == 1);

        let case = random(&mut rng, ACCESS, unknown, LENIENT);
        let (policy, reading) = &ACCESSES[below(&mut rng, 4)];
        let facts = document(ACCESS, &case);
        let explanation = policy.explain(Section::Access, &facts, at()).unwrap();
        let points = completions(ACCESS, &case).points;
        let headlines: BTreeSet<Option<u32>> =
            points.iter().map(|p| Some(denials(p, *reading).trailing_zeros()).filter(|at| *at < 32)).collect();
        let expected: Vec<Outcome> = headlines
            .into_iter()
            .map(|at| Outcome::Access { permit: at.is_none(), headline: at.map(|at| DENIALS[at as usize].1.to_owned()) })
            .collect();
        prop_assert_eq!(&explanation.possible, &expected);
        prop_assert_eq!(&explanation.open, &policy.decide(&facts, at()).unwrap().open);

        // The same question has the same answer, and its document is read back whole.
        let text = serde_json::to_string(&explanation).unwrap();
        prop_assert_eq!(&text, &serde_json::to_string(&policy.explain(Section::Access, &facts, at()).unwrap()).unwrap());
        prop_assert_eq!(serde_json::from_str::<Explanation>(&text).unwrap(), explanation);
    }
}

#[test]
fn what_the_policy_does_not_know_is_refused() {
    let explain = |json: &str, at: &str| {
        let facts = Facts::from_json(json).unwrap();
        xian().explain(Section::Classification, &facts, at.parse().unwrap()).map(|_| ()).unwrap_err().code()
    };
    assert_eq!(explain(r#"{"weather": true}"#, "2024-06-03"), "KF-FACT-01");
    assert_eq!(explain(r#"{"data_grade": "secret"}"#, "2024-06-03"), "KF-FACT-02");
    assert_eq!(explain("{}", "2022-12-31"), "KF-POLICY-19");
}

#[test]
fn every_target_has_a_name_in_both_languages() {
    for target in Target::ALL {
        assert!(target.en().is_ascii() && !target.zh().is_ascii());
    }
}
