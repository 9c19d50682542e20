//! A column of resident ids to tokens through a plan, `Applied` with its digests included, beside the `hmac` crate called
//! for each value, and beside two compressions of the `sha2` crate a value: the least that an HMAC of a short value can cost
//! where values are hashed one after another.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing)]

use std::hint::black_box;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use hmac::{Hmac, KeyInit, Mac};
use kaifang::crypto::Keyring;
use kaifang::desensitize::{ColumnTreatment, Plan};
use kaifang::table::Source;
use kaifang_benches::{resident_ids, settings};
use sha2::Sha256;
use sha2::block_api::compress256;

const ROWS: usize = 65_536;
const SECRET: &[u8] = b"a secret of the bench, 32 bytes.";

fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

/// The key of one domain: HKDF-SHA-256 (RFC 5869), one block.
fn derived(domain: &str) -> [u8; 32] {
    let extracted = hmac(b"kaifang/keyring/v1", &[SECRET]);
    hmac(&extracted, &[b"kaifang/mac/v1\0", domain.as_bytes(), &[1]])
}

/// Base32 of the first 128 bits, lower case.
fn token(key: &Hmac<Sha256>, value: &str) -> String {
    let mut mac = key.clone();
    mac.update(value.as_bytes());
    let bytes = mac.finalize().into_bytes();
    let mut text = String::from("k1.");
    let bits = bytes[..16].iter().fold(0_u128, |bits, byte| (bits << 8) | u128::from(*byte));
    for place in 0..26 {
        let index = if place < 25 { (bits >> (123 - 5 * place)) & 31 } else { (bits << 2) & 31 };
        text.push(char::from(b"abcdefghijklmnopqrstuvwxyz234567"[index as usize]));
    }
    text
}

fn tokens(criterion: &mut Criterion) {
    let values = resident_ids(ROWS);
    let schema = Arc::new(Schema::new(vec![Field::new("sfzh", DataType::Utf8, true)]));
    let column: StringArray = values.iter().map(Some).collect();
    let batch = RecordBatch::try_new(Arc::clone(&schema), vec![Arc::new(column)]).unwrap();
    let mut keys = Keyring::new();
    keys.insert("k1", SECRET).unwrap();
    let plan = Plan::parse_toml(
        "v = 1\ndataset = \"bench\"\n[columns]\nsfzh = { do = \"token\", kind = \"resident_id\", key = \"k1\" }",
    )
    .unwrap();
    let apply = || {
        let source = Source::from_batches(Arc::clone(&schema), vec![batch.clone()]).unwrap();
        let mut treated = plan.apply(source, &keys).unwrap();
        let mut batches = Vec::new();
        while let Some(batch) = treated.next_batch().unwrap() {
            batches.push(batch);
        }
        (batches, treated.into_applied().unwrap())
    };

    let key = Hmac::<Sha256>::new_from_slice(&derived("bench/resident_id")).unwrap();
    let (batches, applied) = apply();
    let ours: Vec<_> = batches.iter().flat_map(|batch| batch.column(0).as_string::<i32>().iter()).collect();
    assert_eq!(ours.len(), ROWS);
    assert!(ours.iter().zip(&values).all(|(ours, value)| *ours == Some(token(&key, value).as_str())));
    assert_eq!(applied.columns[0].invalid, 0);

    let mut group = criterion.benchmark_group("token");
    group.throughput(Throughput::Elements(ROWS as u64));
    group.bench_function("kaifang: a column through a plan, with its proof", |bencher| bencher.iter(&apply));
    let array: ArrayRef = Arc::new(values.iter().map(Some).collect::<StringArray>());
    for (name, settings) in [
        ("HMAC-SHA-256, text", ""),
        ("HMAC-SHA-256, 16 bytes", ", form = \"bytes16\""),
        ("HMAC-SM3, text", ", mac = \"hmac_sm3\""),
    ] {
        let column = format!("{{ do = \"token\", kind = \"resident_id\", key = \"k1\"{settings} }}");
        let plan = Plan::parse_toml(&format!("v = 1\ndataset = \"bench\"\n[columns]\nc = {column}")).unwrap();
        group.bench_function(format!("kaifang: a column, {name}"), |bencher| {
            let mut treatment = ColumnTreatment::new(&plan, "c", &DataType::Utf8, &keys).unwrap();
            bencher.iter(|| treatment.treat(black_box(&array)).unwrap());
        });
    }
    group.bench_function("peer: hmac over the sm3 crate, one value after another", |bencher| {
        let key = Hmac::<sm3::Sm3>::new_from_slice(&derived("bench/resident_id")).unwrap();
        bencher.iter(|| {
            let mac = |value: &String| {
                let mut mac = key.clone();
                mac.update(value.as_bytes());
                mac.finalize().into_bytes()[0]
            };
            black_box(&values).iter().fold(0, |sum, value| sum ^ mac(value))
        });
    });
    let mac = keys.derive("k1", "bench/resident_id").unwrap();
    group.bench_function("kaifang: the MAC of one value after another", |bencher| {
        bencher.iter(|| values.iter().fold(0, |sum, value| sum ^ mac.mac(black_box(value.as_bytes()))[0]));
    });
    group.bench_function("peer: hmac for each value", |bencher| {
        bencher.iter(|| black_box(&values).iter().map(|value| token(&key, value)).collect::<Vec<_>>());
    });
    group.bench_function("limit of one value after another: two compressions of the sha2 crate", |bencher| {
        let block = [[0x5a_u8; 64]];
        bencher.iter(|| {
            let mut state = [0_u32; 8];
            for _ in 0..ROWS {
                compress256(&mut state, black_box(&block));
                compress256(&mut state, black_box(&block));
            }
            state
        });
    });
    group.finish();
}

criterion_group! { name = benches; config = settings(); targets = tokens }
criterion_main!(benches);
