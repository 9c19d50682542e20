//! One classification under the Xi'an measures, with its reasons, beside the same law written out as `if` and `else`,
//! which gives the classes alone; and through JSON, as it crosses to another language.
#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use kaifang::canon;
use kaifang::policy::{Facts, PackedFacts, Policy};
use kaifang_benches::{AT, CASES, bits, classification, settings};

/// Some facts without every fifth of them, another fifth from case to case.
fn without_some(facts: &Facts, case: usize) -> Facts {
    let kept = facts.iter().enumerate().filter(|(place, _)| !(place + case).is_multiple_of(5));
    kept.filter_map(|(_, (name, value))| Some((name.to_owned(), value?.clone()))).collect()
}

fn classify(criterion: &mut Criterion) {
    let policy = Policy::builtin("xian-2022-013").unwrap();
    let cases = classification::cases(CASES);
    let facts: Vec<Facts> = cases.iter().map(classification::Case::facts).collect();
    let texts: Vec<String> = facts.iter().map(|facts| canon::to_string(facts).unwrap()).collect();
    for (case, facts) in cases.iter().zip(&facts) {
        assert_eq!(bits(&policy.classify(facts, AT).unwrap().permitted), case.by_hand(), "{facts:?}");
    }

    let classifier = policy.classifier(AT).unwrap();
    let packed: Vec<PackedFacts> = facts.iter().map(|facts| classifier.pack(facts).unwrap()).collect();
    for (packed, facts) in packed.iter().zip(&facts) {
        let (verdict, answer) = (classifier.verdict(*packed).unwrap(), policy.classify(facts, AT).unwrap());
        assert_eq!((verdict.default(), verdict.recommended()), (answer.default, answer.recommended));
        assert!(classifier.reasons(verdict).eq(&answer.reasons));
    }

    let partial: Vec<Facts> = facts.iter().enumerate().map(|(place, facts)| without_some(facts, place)).collect();
    let mut group = criterion.benchmark_group("classify");
    group.throughput(Throughput::Elements(CASES as u64));
    group.bench_function("kaifang: facts to a classification with reasons", |bencher| {
        bencher.iter(|| {
            facts.iter().map(|facts| policy.classify(black_box(facts), AT).unwrap().permitted.len()).sum::<usize>()
        });
    });
    group.bench_function("kaifang: facts of which every fifth is unknown, exact over all completions", |bencher| {
        bencher.iter(|| {
            partial.iter().map(|facts| policy.classify(black_box(facts), AT).unwrap().possible.len()).sum::<usize>()
        });
    });
    group.bench_function("kaifang: packed facts to a verdict, one bit a rule", |bencher| {
        bencher.iter(|| packed.iter().fold(0, |all, case| all ^ classifier.verdict(black_box(*case)).unwrap().bits()));
    });
    group.bench_function("kaifang: packed facts to a verdict, every reason visited", |bencher| {
        bencher.iter(|| {
            let told = |case: &PackedFacts| {
                let verdict = classifier.verdict(black_box(*case)).unwrap();
                classifier.reasons(verdict).map(|reason| reason.cite.len()).sum::<usize>()
            };
            packed.iter().map(told).sum::<usize>()
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
