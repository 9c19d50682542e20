//! The engine against a slow, plain interpreter of the written semantics.
//!
//! The interpreter below is written from the tables of the Measures' meaning, fact by fact, and shares nothing with the
//! engine: no policy file, no diagrams. It enumerates the completions of the unknown facts.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use std::collections::{BTreeMap, BTreeSet};

use kaifang::policy::{Facts, Policy, Section, Status};
use kaifang::terms::{Openness, Reason, Word};
use proptest::prelude::Rng;
use proptest::test_runner::{RngAlgorithm, TestRng};

type Point = BTreeMap<&'static str, &'static str>;

const BOOL: &[&str] = &["false", "true"];

const CLASSIFICATION: &[(&str, &[&str])] = &[
    ("state_secret", BOOL),
    ("law_forbids", BOOL),
    ("endangers_national_security", BOOL),
    ("endangers_public_security", BOOL),
    ("endangers_economic_security", BOOL),
    ("endangers_social_stability", BOOL),
    ("trade_secret", BOOL),
    ("personal_privacy", BOOL),
    ("other_third_party_interest", BOOL),
    ("harm_ruled_out", BOOL),
    ("high_protection_need", BOOL),
    ("specific_terms_needed", BOOL),
    ("aggregation_may_reveal", BOOL),
    ("committee_advised", BOOL),
    ("declassified", BOOL),
    ("prohibition_lifted", BOOL),
    ("third_party_consents", BOOL),
    ("closure_harms_public", BOOL),
    ("data_grade", &["general", "important", "core"]),
    ("desensitization", &["none", "deidentified", "anonymized"]),
];

const ACCESS: &[(&str, &[&str])] = &[
    ("out_of_scope", BOOL),
    ("listed", BOOL),
    ("assessed", BOOL),
    ("content_matches_assessment", BOOL),
    ("committee_pending", BOOL),
    ("openness_permitted", BOOL),
    ("other_way_has_basis", BOOL),
    ("identified", BOOL),
    ("purpose_in_scope", BOOL),
    ("way_in_scope", BOOL),
    ("within_quota", BOOL),
    ("result_reviewed", BOOL),
    ("risk_report_overdue", BOOL),
    ("via", &["platform", "approved_channel", "other"]),
    ("openness", &["unconditional", "conditional", "withheld", "undecided"]),
    ("dataset_status", &["not_open", "open", "suspended", "withdrawn", "terminated"]),
    ("action", &["query", "preview", "download", "api", "model_result", "other"]),
    ("application", &["none", "filed", "approved", "rejected", "expired", "revoked"]),
    ("user_standing", &["good", "rectification", "terminated"]),
];

// ── The written semantics ───────────────────────────────────────────────────────────────────────────────────────────

#[derive(Debug, Clone, PartialEq, Eq)]
struct Class {
    out_of_scope: bool,
    permitted: BTreeSet<Openness>,
    recommended: Option<Openness>,
    requires: BTreeSet<&'static str>,
    /// Live grounds and the relief that reaches each.
    grounds: BTreeMap<&'static str, Option<&'static str>>,
}

fn classify(p: &Point, deidentified_may_be_unconditional: bool) -> Class {
    use Openness::{Conditional as C, Unconditional as U, Withheld as W};
    let yes = |fact: &str| p[fact] == "true";
    let mut out = Class {
        out_of_scope: yes("state_secret"),
        permitted: BTreeSet::new(),
        recommended: None,
        requires: BTreeSet::new(),
        grounds: BTreeMap::new(),
    };
    if out.out_of_scope {
        return out;
    }
    let mut sets: Vec<Vec<Openness>> = vec![vec![U]];
    let mut only_relieved_harm = true;
    if yes("law_forbids") {
        only_relieved_harm = false;
        let relieved = yes("prohibition_lifted");
        sets.push(if relieved { vec![W, C, U] } else { vec![W] });
        out.grounds.insert("law_forbids", relieved.then_some("prohibition_lifted"));
    }
    let dangers = ["national_security", "public_security", "economic_security", "social_stability"];
    if dangers.iter().any(|danger| yes(&format!("endangers_{danger}"))) || p["data_grade"] != "general" {
        only_relieved_harm = false;
        let relieved = yes("declassified");
        sets.push(if relieved { vec![W, C, U] } else { vec![W] });
        out.grounds.insert("security_danger", relieved.then_some("declassified"));
    }
    if (yes("trade_secret") || yes("personal_privacy") || yes("other_third_party_interest")) && !yes("harm_ruled_out") {
        let (set, relief) = if yes("third_party_consents") {
            (vec![C, U], Some("third_party_consents"))
        } else if yes("closure_harms_public") {
            (vec![C, U], Some("closure_harms_public"))
        } else if p["desensitization"] == "anonymized" {
            (vec![W, C, U], Some("anonymized"))
        } else if p["desensitization"] == "deidentified" {
            (if deidentified_may_be_unconditional { vec![W, C, U] } else { vec![W, C] }, Some("deidentified"))
        } else {
            (vec![W], None)
        };
        only_relieved_harm &= relief.is_some();
        sets.push(set);
        out.grounds.insert("third_party_harm", relief);
    }
    if yes("high_protection_need") {
        sets.push(vec![C]);
        out.grounds.insert("protection_need", None);
    }
    if yes("specific_terms_needed") {
        sets.push(vec![C]);
        out.grounds.insert("specific_terms", None);
    }
    // Every way of taking one class of each set, and the strictest of what was taken.
    let mut join = BTreeSet::from([U]);
    for set in &sets {
        join = join.iter().flat_map(|a| set.iter().map(move |b| *a.max(b))).collect();
    }
    let default = join.last().copied();
    out.recommended = if only_relieved_harm { join.iter().rev().find(|class| **class < W).copied() } else { default };
    out.permitted = join;
    if yes("aggregation_may_reveal") && !yes("committee_advised") {
        out.requires.insert("expert_committee");
    }
    out
}

#[derive(Debug, Clone, Copy, Default)]
struct Reading {
    overdue_denies: bool,
    preview_treated: bool,
}

/// The denials in article order.
fn denials(p: &Point, reading: Reading) -> Vec<&'static str> {
    let yes = |fact: &str| p[fact] == "true";
    if yes("out_of_scope") {
        return vec!["out_of_scope"];
    }
    let mut out: Vec<(u8, &'static str)> = Vec::new();
    // A2 0, A9.2 1, A10 2, A12 3, A17 4, A18 5, A19.2 6, A22.1(4) 7, A22.2 8, A25 9, A26 10, A32(4) 11, A32(5) 12, A35 13
    let mut deny = |when: bool, article: u8, code: &'static str| {
        if when {
            out.push((article, code));
        }
    };
    let action = p["action"];
    deny(!yes("listed"), 6, "not_listed");
    if action != "query" {
        deny(p["via"] == "other", 3, "not_via_platform");
        deny(!yes("assessed"), 1, "not_assessed");
        deny(yes("assessed") && !yes("content_matches_assessment"), 1, "content_changed");
        deny(yes("committee_pending"), 11, "committee_pending");
        match p["openness"] {
            "withheld" => deny(true, 5, "withheld"),
            "undecided" => deny(true, 5, "undecided"),
            _ => deny(!yes("openness_permitted"), 5, "openness_not_permitted"),
        }
        match p["dataset_status"] {
            "not_open" => deny(true, 4, "not_open"),
            "suspended" => deny(true, 4, "suspended"),
            "withdrawn" => deny(true, 12, "withdrawn"),
            "terminated" => deny(true, 4, "terminated"),
            _ => {}
        }
        if yes("identified") {
            deny(p["user_standing"] == "rectification", 13, "user_suspended");
            deny(p["user_standing"] == "terminated", 13, "user_terminated");
        }
        deny(action == "model_result" && !yes("result_reviewed"), 8, "result_not_reviewed");
        deny(action == "other" && !yes("other_way_has_basis"), 7, "other_way_no_basis");
        if p["openness"] == "conditional" && !(action == "preview" && reading.preview_treated) {
            deny(action == "download", 8, "conditional_no_download");
            deny(!yes("identified"), 10, "not_identified");
            match p["application"] {
                "none" => deny(true, 10, "no_application"),
                "expired" => deny(true, 10, "application_expired"),
                "approved" => {
                    deny(!yes("purpose_in_scope"), 2, "purpose_mismatch");
                    if action != "preview" {
                        deny(!yes("way_in_scope"), 10, "way_mismatch");
                        deny(!yes("within_quota"), 8, "quota_exceeded");
                    }
                }
                _ => deny(true, 10, "application_not_approved"),
            }
            deny(yes("risk_report_overdue") && reading.overdue_denies, 9, "risk_report_overdue");
        }
    }
    out.sort_by_key(|(article, _)| *article);
    out.into_iter().map(|(_, code)| code).collect()
}

// ── Cases ───────────────────────────────────────────────────────────────────────────────────────────────────────────

type Case = Vec<Option<usize>>;

fn completions(facts: &[(&'static str, &'static [&'static str])], case: &Case) -> Vec<Point> {
    let mut points = vec![Point::new()];
    for ((fact, values), known) in facts.iter().zip(case) {
        let values: Vec<&'static str> = known.map_or_else(|| values.to_vec(), |place| vec![values[place]]);
        points = points
            .iter()
            .flat_map(|point| {
                values.iter().map(|value| {
                    let mut point = point.clone();
                    point.insert(fact, value);
                    point
                })
            })
            .collect();
    }
    points
}

fn document(facts: &[(&'static str, &'static [&'static str])], case: &Case) -> Facts {
    let mut out = Facts::new();
    for ((fact, values), known) in facts.iter().zip(case) {
        match known.map(|place| values[place]) {
            Some("true") => out.set(*fact, true),
            Some("false") => out.set(*fact, false),
            Some(word) => out.set(*fact, word),
            None => &mut out,
        };
    }
    out
}

/// The smallest sets of unknown facts whose answers always settle `outcome`, by trying all of them.
fn smallest_settling<T: PartialEq>(
    unknown: &[&'static str],
    points: &[Point],
    outcome: &[T],
) -> Vec<Vec<&'static str>> {
    for size in 0..=unknown.len() {
        let sets = (0u32..1 << unknown.len()).filter(|set| set.count_ones() as usize == size);
        let sets = sets.map(|set| -> Vec<&'static str> {
            unknown.iter().enumerate().filter(|(at, _)| set >> at & 1 == 1).map(|(_, fact)| *fact).collect()
        });
        let settling = sets.filter(|set| {
            let mut answers: BTreeMap<Vec<&str>, &T> = BTreeMap::new();
            points.iter().zip(outcome).all(|(point, outcome)| {
                let key = set.iter().map(|fact| point[fact]).collect();
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

fn unknown(facts: &[(&'static str, &'static [&'static str])], case: &Case) -> Vec<&'static str> {
    facts.iter().zip(case).filter(|(_, known)| known.is_none()).map(|((fact, _), _)| *fact).collect()
}

fn strictest_first(classes: &BTreeSet<Openness>) -> Vec<Openness> {
    classes.iter().rev().copied().collect()
}

fn codes(reasons: &[Reason]) -> Vec<&str> {
    reasons.iter().map(|reason| reason.code.as_str()).collect()
}

fn at() -> jiff::civil::Date {
    "2024-06-03".parse().unwrap()
}

fn check_classification(policy: &Policy, yes: bool, case: &Case) {
    let answer = policy.classify(&document(CLASSIFICATION, case), at()).unwrap();
    let points = completions(CLASSIFICATION, case);
    let all: Vec<Class> = points.iter().map(|point| classify(point, yes)).collect();
    let settled = |class: &Class| (class.out_of_scope, class.permitted.clone());
    let outcome: Vec<_> = all.iter().map(settled).collect();
    let expected = &all[0];
    let determined = outcome.iter().all(|other| *other == outcome[0]);
    let possible: BTreeSet<Openness> = all.iter().flat_map(|class| class.permitted.clone()).collect();
    assert_eq!(answer.possible, strictest_first(&possible), "{case:?}");
    let open: Vec<&str> = answer.open.iter().map(String::as_str).collect();
    let smallest = smallest_settling(&unknown(CLASSIFICATION, case), &points, &outcome);
    assert_eq!(open, smallest[0], "{case:?}");
    if !determined {
        assert_eq!(answer.status, Status::NeedsAssessment);
        assert_eq!((answer.default, answer.recommended), (Some(Openness::Withheld), None));
        assert!(answer.permitted.is_empty());
        assert_eq!(answer.reasons.last().unwrap().cite, "A19.1");
    } else if expected.out_of_scope {
        assert_eq!(answer.status, Status::OutOfScope);
        assert_eq!((answer.default, answer.recommended), (None, None));
        assert!(answer.permitted.is_empty());
        assert_eq!(codes(&answer.reasons), ["state_secret"]);
    } else {
        assert_eq!(answer.status, Status::Determined);
        assert_eq!(answer.permitted, strictest_first(&expected.permitted), "{case:?}");
        assert_eq!(answer.default, expected.permitted.last().copied());
        assert_eq!(answer.recommended, all.iter().filter_map(|class| class.recommended).max(), "{case:?}");
        assert!(!answer.reasons.is_empty());
    }
    let requires: BTreeSet<&str> = all.iter().flat_map(|class| class.requires.clone()).collect();
    assert_eq!(codes(&answer.requires), requires.into_iter().collect::<Vec<_>>());
    for id in ["law_forbids", "security_danger", "third_party_harm", "protection_need", "specific_terms"] {
        let reliefs: BTreeSet<Option<&str>> = all.iter().filter_map(|class| class.grounds.get(id).copied()).collect();
        let relief = if reliefs.len() == 1 { *reliefs.first().unwrap() } else { None };
        let found = answer.grounds.iter().find(|ground| ground.id == id);
        assert_eq!(found.is_some(), !reliefs.is_empty(), "{id} {case:?}");
        assert_eq!(found.and_then(|ground| ground.relieved_by.as_deref()), relief, "{id} {case:?}");
        if determined && !expected.out_of_scope && all.iter().all(|class| class.grounds.contains_key(id)) {
            assert!(codes(&answer.reasons).contains(&id));
        }
    }
}

fn check_access(policy: &Policy, reading: Reading, case: &Case) {
    let answer = policy.decide(&document(ACCESS, case), at()).unwrap();
    let points = completions(ACCESS, case);
    let all: Vec<Vec<&str>> = points.iter().map(|point| denials(point, reading)).collect();
    let permit = all.iter().all(Vec::is_empty);
    assert_eq!(answer.permit, permit, "{case:?}");
    let certain: Vec<&str> = all[0].iter().copied().filter(|code| all.iter().all(|list| list.contains(code))).collect();
    let expected = if certain.is_empty() && !permit { vec!["unknown_facts"] } else { certain };
    assert_eq!(codes(&answer.denials), expected, "{case:?}");
    let smallest = smallest_settling(&unknown(ACCESS, case), &points, &all);
    assert_eq!(answer.open, smallest[0], "{case:?}");
    let conditional = |point: &Point| point["openness"] == "conditional" && point["action"] != "query";
    let duties: Vec<&str> = answer.duties.iter().map(|duty| duty.code.as_str()).collect();
    if !permit {
        assert!(duties.is_empty());
    } else if points.iter().any(conditional) && !(reading.preview_treated && points[0]["action"] == "preview") {
        assert_eq!(duties, ["record", "use_report", "risk_report"], "{case:?}");
    } else {
        assert_eq!(duties, ["record"], "{case:?}");
    }
}

fn rng(seed: u8) -> TestRng {
    TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32])
}

fn below(rng: &mut TestRng, n: usize) -> usize {
    (rng.next_u64() % n as u64) as usize
}

/// A random case with so many unknown facts. `lenient` facts take a permitting value half of the time, so that
/// permits are not drowned in denials.
fn random_case(rng: &mut TestRng, facts: &[(&str, &[&str])], unknown: usize, lenient: &[(&str, &str)]) -> Case {
    let mut case: Case = facts
        .iter()
        .map(|(fact, values)| {
            let good = lenient.iter().find(|(name, _)| name == fact).map(|(_, value)| value);
            let good = good.and_then(|good| values.iter().position(|value| value == good));
            Some(good.filter(|_| below(rng, 8) != 0).unwrap_or_else(|| below(rng, values.len())))
        })
        .collect();
    for _ in 0..unknown {
        let place = below(rng, case.len());
        case[place] = None;
    }
    case
}

const MILD: &[(&str, &str)] = &[
    ("state_secret", "false"),
    ("law_forbids", "false"),
    ("endangers_national_security", "false"),
    ("endangers_public_security", "false"),
    ("endangers_economic_security", "false"),
    ("endangers_social_stability", "false"),
    ("data_grade", "general"),
];

const LENIENT: &[(&str, &str)] = &[
    ("out_of_scope", "false"),
    ("listed", "true"),
    ("assessed", "true"),
    ("content_matches_assessment", "true"),
    ("committee_pending", "false"),
    ("openness_permitted", "true"),
    ("other_way_has_basis", "true"),
    ("identified", "true"),
    ("purpose_in_scope", "true"),
    ("way_in_scope", "true"),
    ("within_quota", "true"),
    ("result_reviewed", "true"),
    ("via", "platform"),
    ("openness", "conditional"),
    ("dataset_status", "open"),
    ("application", "approved"),
    ("user_standing", "good"),
];

fn xian() -> Policy {
    Policy::builtin("xian-2022-013").unwrap()
}

fn readings() -> Vec<(Policy, Reading)> {
    let mut out = Vec::new();
    for (overdue_denies, overdue) in [(false, "duty"), (true, "deny")] {
        for (preview_treated, preview) in [(false, "approved_only"), (true, "treated_sample")] {
            let policy = xian().with_interpretation("risk_report_overdue", overdue).unwrap();
            let policy = policy.with_interpretation("conditional_preview", preview).unwrap();
            out.push((policy, Reading { overdue_denies, preview_treated }));
        }
    }
    out
}

#[test]
fn the_policy_declares_exactly_these_facts() {
    let words = |policy: &Policy, section| -> Vec<(String, usize)> {
        policy.facts(section).iter().map(|fact| (fact.id.clone(), fact.domain.size())).collect()
    };
    let expected = |facts: &[(&str, &[&str])]| -> Vec<(String, usize)> {
        facts.iter().map(|(fact, values)| ((*fact).to_owned(), values.len())).collect()
    };
    assert_eq!(words(&xian(), Section::Classification), expected(CLASSIFICATION));
    assert_eq!(words(&xian(), Section::Access), expected(ACCESS));
}

#[test]
fn classification_agrees_on_random_cases_with_unknown_facts() {
    let (mut rng, no) = (rng(1), xian());
    let yes = no.with_interpretation("deidentified_may_be_unconditional", "yes").unwrap();
    for index in 0..6000 {
        let mild: &[(&str, &str)] = if index % 4 == 0 { &[] } else { MILD };
        let case = random_case(&mut rng, CLASSIFICATION, index % 6, mild);
        check_classification(if index % 3 == 0 { &yes } else { &no }, index % 3 == 0, &case);
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
    let case: Case = CLASSIFICATION.iter().map(|(fact, _)| (!free.contains(fact)).then_some(0)).collect();
    let policy = xian();
    for point in completions(CLASSIFICATION, &case) {
        let place = |(fact, values): &(&'static str, &'static [&'static str])| {
            values.iter().position(|value| *value == point[fact])
        };
        check_classification(&policy, false, &CLASSIFICATION.iter().map(place).collect());
    }
}

#[test]
fn access_agrees_on_random_cases_with_unknown_facts() {
    let mut rng = rng(2);
    let readings = readings();
    for index in 0..6000 {
        let lenient: &[(&str, &str)] = if index % 4 == 0 { &[] } else { LENIENT };
        let case = random_case(&mut rng, ACCESS, index % 5, lenient);
        let (policy, reading) = &readings[index / 5 % readings.len()];
        check_access(policy, *reading, &case);
    }
}

#[test]
fn access_agrees_on_every_class_action_status_application_and_standing() {
    // The enumerated facts in full, for a request that is otherwise in order, and for one that is not.
    for (order, readings) in [(1, readings()), (0, vec![(xian(), Reading::default())])] {
        let case: Case = ACCESS
            .iter()
            .map(|(fact, values)| match *fact {
                "out_of_scope" | "committee_pending" => Some(0),
                _ if values.len() == 2 => Some(order),
                "via" => Some(0),
                _ => None,
            })
            .collect();
        for point in completions(ACCESS, &case) {
            let place = |(fact, values): &(&'static str, &'static [&'static str])| {
                values.iter().position(|value| *value == point[fact])
            };
            let case: Case = ACCESS.iter().map(place).collect();
            for (policy, reading) in &readings {
                check_access(policy, *reading, &case);
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
