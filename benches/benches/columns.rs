//! Ten million rows of facts, one core: class alone, class and grounds, and every answer; beside the limit of reading the
//! facts once and writing a byte a row. Answers are compared with those of single cases first.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing)]

use std::hint::black_box;
use std::sync::Arc;

use arrow::array::StringArray;
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, DictionaryArray, RecordBatch, UInt8Array};
use arrow::datatypes::{Schema, UInt8Type};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use kaifang::policy::{Domain, FactDefinition, Facts, Policy, Section};
use kaifang::terms::Word;
use kaifang_benches::{AT, Random, settings};

const ROWS: usize = 10_000_000;

/// For each fact the places of its values, mostly the mildest one.
fn places(facts: &[FactDefinition]) -> Vec<Vec<u8>> {
    let mut random = Random::new(5);
    let mut place = |size: usize| if random.below(4) == 0 { random.below(size as u64) as u8 } else { 0 };
    facts.iter().map(|fact| (0..ROWS).map(|_| place(fact.domain.size())).collect()).collect()
}

fn column(fact: &FactDefinition, places: &[u8]) -> ArrayRef {
    match &fact.domain {
        Domain::Bool(_) => Arc::new(BooleanArray::from_iter(places.iter().map(|place| Some(*place == 1)))),
        Domain::Words(words) => {
            let keys = UInt8Array::from_iter_values(places.iter().copied());
            let words = Arc::new(StringArray::from_iter_values(words));
            Arc::new(DictionaryArray::<UInt8Type>::try_new(keys, words).unwrap())
        }
    }
}

fn columns(criterion: &mut Criterion) {
    let policy = Policy::builtin("xian-2022-013").unwrap();
    let facts = policy.facts(Section::Classification);
    let places = places(facts);
    let arrays = facts.iter().zip(&places).map(|(fact, places)| (fact.id.as_str(), column(fact, places)));
    let batch = RecordBatch::try_from_iter(arrays).unwrap();
    let evaluator = |wanted: Option<&[&str]>| {
        policy.evaluator(Section::Classification, AT, &Schema::clone(&batch.schema()), wanted).unwrap()
    };

    let answers = evaluator(None).run(&batch).unwrap();
    let default = answers.column_by_name("default").unwrap().as_dictionary::<UInt8Type>();
    let words = default.values().as_string::<i32>();
    for row in (0..ROWS).step_by(9_973) {
        let case: Facts = facts
            .iter()
            .zip(&places)
            .map(|(fact, places)| (fact.id.clone(), fact.domain.value_at(usize::from(places[row])).unwrap()))
            .collect();
        let expected = policy.classify(&case, AT).unwrap().default.map(Word::id);
        let found = default.is_valid(row).then(|| words.value(usize::from(default.keys().value(row))));
        assert_eq!(found, expected, "row {row}");
    }

    let mut group = criterion.benchmark_group("columns, 10 million rows");
    group.throughput(Throughput::Elements(ROWS as u64)).sample_size(10);
    for (name, wanted) in [
        ("kaifang: class alone", Some(&["default"][..])),
        ("kaifang: class and grounds", Some(&["default", "grounds"][..])),
        ("kaifang: every answer", None),
    ] {
        let mut evaluator = evaluator(wanted);
        group.bench_function(name, |bencher| bencher.iter(|| evaluator.run(black_box(&batch)).unwrap()));
    }
    group.bench_function("limit: read every fact once, write a byte a row", |bencher| {
        bencher.iter(|| {
            let mut sum = 0_u64;
            for column in batch.columns() {
                let data = column.to_data();
                let words = data.buffers()[0].as_slice().chunks_exact(8);
                sum = words.fold(sum, |sum, word| sum ^ u64::from_le_bytes(word.try_into().unwrap()));
            }
            (sum, vec![black_box(sum as u8); ROWS])
        });
    });
    group.finish();
}

criterion_group! { name = benches; config = settings(); targets = columns }
criterion_main!(benches);
