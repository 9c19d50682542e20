//! One access decision under the Xi'an measures, with its reasons and duties, beside the same law written out as `if` and
//! `else`, which gives the codes of the denials alone; and through JSON, as it crosses to another language.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing)]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use jiff::civil::{Date, date};
use kaifang::canon;
use kaifang::policy::{Facts, Policy};
use kaifang_benches::{Random, settings};

const AT: Date = date(2026, 11, 23);
const CASES: usize = 1024;

/// The facts of a request as a program would hold them that knows this one law.
struct Case {
    out_of_scope: bool,
    listed: bool,
    assessed: bool,
    content_matches_assessment: bool,
    committee_pending: bool,
    openness_permitted: bool,
    other_way_has_basis: bool,
    identified: bool,
    purpose_in_scope: bool,
    way_in_scope: bool,
    within_quota: bool,
    result_reviewed: bool,
    risk_report_overdue: bool,
    via: &'static str,
    openness: &'static str,
    dataset_status: &'static str,
    action: &'static str,
    application: &'static str,
    user_standing: &'static str,
}

impl Case {
    fn new(random: &mut Random) -> Self {
        // Most things are in order most of the time, as at a gate.
        let mut mostly = |usual: bool| if random.below(8) == 0 { !usual } else { usual };
        let (out_of_scope, committee_pending, risk_report_overdue) = (mostly(false), mostly(false), mostly(false));
        Case {
            out_of_scope,
            listed: mostly(true),
            assessed: mostly(true),
            content_matches_assessment: mostly(true),
            committee_pending,
            openness_permitted: mostly(true),
            other_way_has_basis: mostly(true),
            identified: mostly(true),
            purpose_in_scope: mostly(true),
            way_in_scope: mostly(true),
            within_quota: mostly(true),
            result_reviewed: mostly(true),
            risk_report_overdue,
            via: random.one_of(&["platform", "platform", "platform", "approved_channel", "other"]),
            openness: random.one_of(&["unconditional", "conditional", "conditional", "withheld", "undecided"]),
            dataset_status: random.one_of(&[
                "open",
                "open",
                "open",
                "not_open",
                "suspended",
                "withdrawn",
                "terminated",
            ]),
            action: random.one_of(&["query", "preview", "download", "api", "model_result", "other"]),
            application: random.one_of(&["approved", "approved", "none", "filed", "rejected", "expired", "revoked"]),
            user_standing: random.one_of(&["good", "good", "good", "rectification", "terminated"]),
        }
    }

    fn facts(&self) -> Facts {
        let mut facts: Facts = [
            ("out_of_scope", self.out_of_scope),
            ("listed", self.listed),
            ("assessed", self.assessed),
            ("content_matches_assessment", self.content_matches_assessment),
            ("committee_pending", self.committee_pending),
            ("openness_permitted", self.openness_permitted),
            ("other_way_has_basis", self.other_way_has_basis),
            ("identified", self.identified),
            ("purpose_in_scope", self.purpose_in_scope),
            ("way_in_scope", self.way_in_scope),
            ("within_quota", self.within_quota),
            ("result_reviewed", self.result_reviewed),
            ("risk_report_overdue", self.risk_report_overdue),
        ]
        .into_iter()
        .collect();
        facts.set("via", self.via).set("openness", self.openness).set("dataset_status", self.dataset_status);
        facts.set("action", self.action).set("application", self.application).set("user_standing", self.user_standing);
        facts
    }

    /// The codes of every denial, in no order.
    fn by_hand(&self) -> Vec<&'static str> {
        if self.out_of_scope {
            return vec!["out_of_scope"];
        }
        let mut denials = Vec::new();
        let mut deny = |when: bool, code: &'static str| {
            if when {
                denials.push(code);
            }
        };
        deny(!self.listed, "not_listed");
        if self.action == "query" {
            return denials;
        }
        deny(self.via == "other", "not_via_platform");
        deny(!self.assessed, "not_assessed");
        deny(self.assessed && !self.content_matches_assessment, "content_changed");
        deny(self.committee_pending, "committee_pending");
        deny(self.openness == "withheld", "withheld");
        deny(self.openness == "undecided", "undecided");
        let open_class = matches!(self.openness, "unconditional" | "conditional");
        deny(open_class && !self.openness_permitted, "openness_not_permitted");
        deny(self.dataset_status != "open", self.dataset_status);
        deny(self.identified && self.user_standing == "rectification", "user_suspended");
        deny(self.identified && self.user_standing == "terminated", "user_terminated");
        deny(self.action == "model_result" && !self.result_reviewed, "result_not_reviewed");
        deny(self.action == "other" && !self.other_way_has_basis, "other_way_no_basis");
        if self.openness == "conditional" {
            deny(self.action == "download", "conditional_no_download");
            deny(!self.identified, "not_identified");
            deny(self.application == "none", "no_application");
            deny(self.application == "expired", "application_expired");
            deny(matches!(self.application, "filed" | "rejected" | "revoked"), "application_not_approved");
            if self.application == "approved" {
                deny(!self.purpose_in_scope, "purpose_mismatch");
                deny(self.action != "preview" && !self.way_in_scope, "way_mismatch");
                deny(self.action != "preview" && !self.within_quota, "quota_exceeded");
            }
        }
        denials
    }
}

fn decide(criterion: &mut Criterion) {
    let policy = Policy::builtin("xian-2022-013").unwrap();
    let mut random = Random::new(4);
    let cases: Vec<Case> = (0..CASES).map(|_| Case::new(&mut random)).collect();
    let facts: Vec<Facts> = cases.iter().map(Case::facts).collect();
    let texts: Vec<String> = facts.iter().map(|facts| canon::to_string(facts).unwrap()).collect();
    for (case, facts) in cases.iter().zip(&facts) {
        let answer = policy.decide(facts, AT).unwrap();
        let mut ours: Vec<_> = answer.denials.iter().map(|denial| denial.code.as_str()).collect();
        let mut theirs = case.by_hand();
        ours.sort_unstable();
        theirs.sort_unstable();
        assert_eq!(ours, theirs, "{facts:?}");
        assert_eq!(answer.permit, theirs.is_empty());
    }

    let mut group = criterion.benchmark_group("decide");
    group.throughput(Throughput::Elements(CASES as u64));
    group.bench_function("kaifang: facts to an answer with reasons", |bencher| {
        bencher.iter(|| facts.iter().filter(|facts| policy.decide(black_box(facts), AT).unwrap().permit).count());
    });
    group.bench_function("kaifang: JSON to JSON", |bencher| {
        bencher.iter(|| {
            let answer =
                |text| canon::to_string(&policy.decide(&Facts::from_json(text).unwrap(), AT).unwrap()).unwrap();
            texts.iter().map(|text| answer(black_box(text)).len()).sum::<usize>()
        });
    });
    group.bench_function("limit: if and else, codes alone", |bencher| {
        bencher.iter(|| cases.iter().filter(|case| black_box(case).by_hand().is_empty()).count());
    });
    group.finish();
}

criterion_group! { name = benches; config = settings(); targets = decide }
criterion_main!(benches);
