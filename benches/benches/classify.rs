//! One classification under the Xi'an measures, with its reasons, beside the same law written out as `if` and `else`,
//! which gives the classes alone; and through JSON, as it crosses to another language.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing)]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use jiff::civil::{Date, date};
use kaifang::canon;
use kaifang::policy::{Facts, Policy};
use kaifang::terms::Openness::{self, Conditional, Unconditional, Withheld};
use kaifang_benches::{Random, settings};

const AT: Date = date(2026, 11, 23);
const CASES: usize = 1024;
const BOOLS: [&str; 18] = [
    "state_secret",
    "law_forbids",
    "endangers_national_security",
    "endangers_public_security",
    "endangers_economic_security",
    "endangers_social_stability",
    "trade_secret",
    "personal_privacy",
    "other_third_party_interest",
    "harm_ruled_out",
    "high_protection_need",
    "specific_terms_needed",
    "aggregation_may_reveal",
    "committee_advised",
    "declassified",
    "prohibition_lifted",
    "third_party_consents",
    "closure_harms_public",
];

/// The facts as a program would hold them that knows this one law.
struct Case {
    bools: [bool; 18],
    grade: &'static str,
    desensitization: &'static str,
}

impl Case {
    fn new(random: &mut Random) -> Self {
        let mut bools = [false; 18];
        // Dangers are rare, so that every branch is met.
        for (fact, value) in BOOLS.iter().zip(&mut bools) {
            let odds =
                if *fact == "state_secret" || fact.starts_with("endangers") || *fact == "law_forbids" { 8 } else { 2 };
            *value = random.below(odds) == 0;
        }
        let grade = ["general", "general", "general", "important", "core"][random.below(5) as usize];
        let desensitization = ["none", "deidentified", "anonymized"][random.below(3) as usize];
        Case { bools, grade, desensitization }
    }

    fn facts(&self) -> Facts {
        let mut facts: Facts = BOOLS.into_iter().zip(self.bools).collect();
        facts.set("data_grade", self.grade).set("desensitization", self.desensitization);
        facts
    }

    /// A18 by hand: which classes are permitted, as bits of `Openness`; nothing when out of scope.
    fn by_hand(&self) -> u8 {
        let [
            secret,
            forbids,
            national,
            public,
            economic,
            stability,
            trade,
            privacy,
            other,
            ruled_out,
            protection,
            terms,
            _,
            _,
            declassified,
            lifted,
            consents,
            closure,
        ] = self.bools;
        const U: u8 = 1;
        const C: u8 = 2;
        const W: u8 = 4;
        if secret {
            return 0;
        }
        let mut permitted = U;
        let mut join = |set: u8| {
            // The stricter of each pair: from the least strict that both reach, whatever either holds above it.
            let floor = |set: u8| {
                if set & U != 0 {
                    U | C | W
                } else if set & C != 0 {
                    C | W
                } else {
                    W
                }
            };
            permitted = (permitted | set) & floor(permitted) & floor(set);
        };
        if forbids {
            join(if lifted { W | C | U } else { W });
        }
        if national || public || economic || stability || self.grade != "general" {
            join(if declassified { W | C | U } else { W });
        }
        if (trade || privacy || other) && !ruled_out {
            join(match self.desensitization {
                _ if consents || closure => C | U,
                "anonymized" => W | C | U,
                "deidentified" => W | C,
                _ => W,
            });
        }
        if protection || terms {
            join(C);
        }
        permitted
    }
}

fn bits(classes: &[Openness]) -> u8 {
    classes.iter().fold(0, |bits, class| {
        bits | match class {
            Unconditional => 1,
            Conditional => 2,
            Withheld => 4,
        }
    })
}

fn classify(criterion: &mut Criterion) {
    let policy = Policy::builtin("xian-2022-013").unwrap();
    let mut random = Random::new(3);
    let cases: Vec<Case> = (0..CASES).map(|_| Case::new(&mut random)).collect();
    let facts: Vec<Facts> = cases.iter().map(Case::facts).collect();
    let texts: Vec<String> = facts.iter().map(|facts| canon::to_string(facts).unwrap()).collect();
    for (case, facts) in cases.iter().zip(&facts) {
        assert_eq!(bits(&policy.classify(facts, AT).unwrap().permitted), case.by_hand(), "{facts:?}");
    }

    let mut group = criterion.benchmark_group("classify");
    group.throughput(Throughput::Elements(CASES as u64));
    group.bench_function("kaifang: facts to a classification with reasons", |bencher| {
        bencher.iter(|| {
            facts.iter().map(|facts| policy.classify(black_box(facts), AT).unwrap().permitted.len()).sum::<usize>()
        });
    });
    group.bench_function("kaifang: JSON to JSON", |bencher| {
        bencher.iter(|| {
            let answer =
                |text| canon::to_string(&policy.classify(&Facts::from_json(text).unwrap(), AT).unwrap()).unwrap();
            texts.iter().map(|text| answer(black_box(text)).len()).sum::<usize>()
        });
    });
    group.bench_function("limit: if and else, classes alone", |bencher| {
        bencher.iter(|| cases.iter().fold(0, |all, case| all ^ black_box(case).by_hand()));
    });
    group.finish();
}

criterion_group! { name = benches; config = settings(); targets = classify }
criterion_main!(benches);
