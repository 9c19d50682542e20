//! A column of mobile numbers through a plan, `Applied` with its digests included, beside a plain loop over `String`s that
//! checks and proves nothing, and beside a copy of the bytes, which is the limit of any treatment.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing)]

use std::hint::black_box;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use kaifang::crypto::Keyring;
use kaifang::desensitize::{ColumnTreatment, Plan};
use kaifang::table::Source;
use kaifang_benches::{mobiles, resident_ids, settings};

const ROWS: usize = 65_536;

fn plain(value: &str) -> String {
    value.chars().enumerate().map(|(place, letter)| if (3..7).contains(&place) { '*' } else { letter }).collect()
}

fn mask(criterion: &mut Criterion) {
    let values = mobiles(ROWS);
    let schema = Arc::new(Schema::new(vec![Field::new("lxdh", DataType::Utf8, true)]));
    let column: StringArray = values.iter().map(Some).collect();
    let batch = RecordBatch::try_new(Arc::clone(&schema), vec![Arc::new(column.clone())]).unwrap();
    let plan =
        Plan::parse_toml("v = 1\ndataset = \"bench\"\n[columns]\nlxdh = { do = \"mask\", kind = \"mobile\" }").unwrap();
    let apply = || {
        let source = Source::from_batches(Arc::clone(&schema), vec![batch.clone()]).unwrap();
        let mut treated = plan.apply(source, &Keyring::new()).unwrap();
        let mut batches = Vec::new();
        while let Some(batch) = treated.next_batch().unwrap() {
            batches.push(batch);
        }
        (batches, treated.into_applied().unwrap())
    };

    let (batches, applied) = apply();
    let ours: Vec<_> = batches.iter().flat_map(|batch| batch.column(0).as_string::<i32>().iter()).collect();
    assert_eq!(ours.len(), ROWS);
    assert!(ours.iter().zip(&values).all(|(ours, value)| *ours == Some(plain(value).as_str())));
    assert_eq!(applied.columns[0].invalid, 0);

    let mut group = criterion.benchmark_group("mask");
    group.throughput(Throughput::Elements(ROWS as u64));
    group.bench_function("kaifang: a column through a plan, with its proof", |bencher| bencher.iter(&apply));
    let array: ArrayRef = Arc::new(column.clone());
    let ids: ArrayRef = Arc::new(resident_ids(ROWS).into_iter().map(Some).collect::<StringArray>());
    for (name, entry, array) in [
        ("a mobile column by kind", "{ do = \"mask\", kind = \"mobile\" }", &array),
        ("a mobile column, 3 and 4 stay", "{ do = \"mask\", keep_prefix = 3, keep_suffix = 4 }", &array),
        ("a resident id column, 6 and 4 stay", "{ do = \"mask\", keep_prefix = 6, keep_suffix = 4 }", &ids),
        ("a resident id column by kind", "{ do = \"mask\", kind = \"resident_id\" }", &ids),
    ] {
        let plan = Plan::parse_toml(&format!("v = 1\ndataset = \"bench\"\n[columns]\nc = {entry}")).unwrap();
        group.bench_function(format!("kaifang: {name}"), |bencher| {
            let mut treatment = ColumnTreatment::new(&plan, "c", &DataType::Utf8, &Keyring::new()).unwrap();
            bencher.iter(|| treatment.treat(black_box(array)).unwrap());
            assert_eq!(treatment.invalid(), 0);
        });
    }
    group.bench_function("peer: a plain loop over Strings", |bencher| {
        bencher.iter(|| black_box(&values).iter().map(|value| plain(value)).collect::<Vec<_>>());
    });
    group.bench_function("limit: a copy of the bytes", |bencher| {
        bencher.iter(|| (black_box(column.value_data()).to_vec(), black_box(column.value_offsets()).to_vec()));
    });
    group.finish();
}

criterion_group! { name = benches; config = settings(); targets = mask }
criterion_main!(benches);
