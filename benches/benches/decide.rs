//! One access decision under the Xi'an measures, with its reasons and duties, beside the same law written out as `if` and
//! `else`, which gives the codes of the denials alone; and through JSON, as it crosses to another language.
#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use kaifang::canon;
use kaifang::policy::{Facts, PackedFacts, Policy};
use kaifang_benches::{AT, CASES, access, settings};

fn decide(criterion: &mut Criterion) {
    let policy = Policy::builtin("xian-2022-013").unwrap();
    let cases = access::cases(CASES);
    let facts: Vec<Facts> = cases.iter().map(access::Case::facts).collect();
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

    let decider = policy.decider(AT).unwrap();
    let packed: Vec<PackedFacts> = facts.iter().map(|facts| decider.pack(facts).unwrap()).collect();
    for (packed, facts) in packed.iter().zip(&facts) {
        let verdict = decider.verdict(*packed).unwrap();
        assert!(decider.denials(verdict).eq(&policy.decide(facts, AT).unwrap().denials));
    }

    let mut group = criterion.benchmark_group("decide");
    group.throughput(Throughput::Elements(CASES as u64));
    group.bench_function("kaifang: facts to an answer with reasons", |bencher| {
        bencher.iter(|| facts.iter().filter(|facts| policy.decide(black_box(facts), AT).unwrap().permit).count());
    });
    group.bench_function("kaifang: packed facts to a verdict, one bit a rule", |bencher| {
        bencher.iter(|| packed.iter().filter(|case| decider.verdict(black_box(**case)).unwrap().permit()).count());
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
