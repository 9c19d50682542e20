//! Ten million rows of facts, one core: class alone, class and grounds, and every answer; in batches as readers give them,
//! and in one. Beside them the limit of reading the facts once and writing a byte a row. Answers are compared with those of
//! single cases first.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing)]

use std::hint::black_box;
use std::sync::Arc;

use arrow::array::StringArray;
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, DictionaryArray, RecordBatch, UInt8Array};
use arrow::datatypes::{Schema, UInt8Type};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use kaifang::policy::{Domain, FactDefinition, Facts, Policy, Section, answer_columns};
use kaifang::terms::Word;
use kaifang_benches::{AT, Random, settings};

const ROWS: usize = 10_000_000;
const BATCH: usize = 1 << 16;

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

    let names: Vec<&str> = answer_columns(Section::Classification).iter().copied().chain(["class"]).collect();
    let answers = evaluator(Some(&names)).run(&batch).unwrap();
    let class = answers.column_by_name("class").unwrap().as_primitive::<UInt8Type>();
    let default = answers.column_by_name("default").unwrap().as_dictionary::<UInt8Type>();
    let words = default.values().as_string::<i32>();
    for row in (0..ROWS).step_by(9_973) {
        let case: Facts = facts
            .iter()
            .zip(&places)
            .map(|(fact, places)| (fact.id.clone(), fact.domain.value_at(usize::from(places[row])).unwrap()))
            .collect();
        let expected = policy.classify(&case, AT).unwrap().default;
        assert_eq!(class.is_valid(row).then(|| class.value(row)), expected.map(|class| class as u8), "row {row}");
        let found = default.is_valid(row).then(|| words.value(usize::from(default.keys().value(row))));
        assert_eq!(found, expected.map(Word::id), "row {row}");
    }

    let mut group = criterion.benchmark_group("columns, 10 million rows");
    group.throughput(Throughput::Elements(ROWS as u64)).sample_size(10);
    let batches: Vec<RecordBatch> =
        (0..ROWS).step_by(BATCH).map(|first| batch.slice(first, BATCH.min(ROWS - first))).collect();
    for (what, wanted) in [
        ("class alone, as a number", Some(&["class"][..])),
        ("class alone", Some(&["default"][..])),
        ("class and grounds", Some(&["default", "grounds"][..])),
        ("every answer", None),
    ] {
        let mut evaluator = evaluator(wanted);
        for (how, batches) in [("batches of 65,536", &batches[..]), ("one batch", std::slice::from_ref(&batch))] {
            group.bench_function(format!("kaifang: {what}, {how}"), |bencher| {
                bencher.iter(|| {
                    batches.iter().map(|batch| evaluator.run(black_box(batch)).unwrap().num_rows()).sum::<usize>()
                });
            });
        }
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
