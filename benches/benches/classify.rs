//! One classification under the Xi'an measures, with its reasons, beside the same law written out as `if` and `else`,
//! which gives the classes alone; and through JSON, as it crosses to another language.
#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use kaifang::canon;
use kaifang::policy::{Facts, Policy};
use kaifang_benches::{AT, CASES, bits, classification, settings};

fn classify(criterion: &mut Criterion) {
    let policy = Policy::builtin("xian-2022-013").unwrap();
    let cases = classification::cases(CASES);
    let facts: Vec<Facts> = cases.iter().map(classification::Case::facts).collect();
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
