//! Columns encrypted in their format through a plan, `Applied` with its digests included; FF1 for a value at a time; the
//! `fpe` crate (with the feature `peers`), whose answers are compared first; and ten AES-256 blocks a value, the least that
//! FF1 of such a value can cost.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing)]

use std::hint::black_box;
use std::sync::Arc;

use aes::Aes256Enc;
use aes::cipher::{Array, BlockCipherEncrypt, KeyInit};
use arrow::array::{AsArray, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use hmac::{Hmac, Mac};
use kaifang::crypto::{BlockCipher, Keyring};
use kaifang::desensitize::{Ff1, Plan};
use kaifang::kinds::region;
use kaifang::table::Source;
use kaifang_benches::{Random, resident_ids, settings};
use sha2::{Digest, Sha256};

const ROWS: usize = 65_536;
const SECRET: &[u8] = b"a secret of the bench, 32 bytes.";

fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

/// The key of the column of digits: HKDF-SHA-256 (RFC 5869), one block.
fn derived() -> [u8; 32] {
    let extracted = hmac(b"kaifang/keyring/v1", &[SECRET]);
    hmac(&extracted, &[b"kaifang/cipher/v1\0ff1-aes\0\x20bench", &[1]])
}

/// A treatment of one column, as a function of nothing.
fn column(entry: &str, values: &[String]) -> impl Fn() -> Vec<RecordBatch> + use<> {
    let schema = Arc::new(Schema::new(vec![Field::new("v", DataType::Utf8, true)]));
    let array: StringArray = values.iter().map(Some).collect();
    let batch = RecordBatch::try_new(Arc::clone(&schema), vec![Arc::new(array)]).unwrap();
    let mut keys = Keyring::new();
    keys.insert("k1", SECRET).unwrap();
    let text = format!("v = 1\ndataset = \"bench\"\n[columns]\nv = {{ do = \"fpe\", key = \"k1\", {entry} }}");
    let plan = Plan::parse_toml(&text).unwrap();
    move || {
        let source = Source::from_batches(Arc::clone(&schema), vec![batch.clone()]).unwrap();
        let mut treated = plan.apply(source, &keys).unwrap();
        let mut batches = Vec::new();
        while let Some(batch) = treated.next_batch().unwrap() {
            batches.push(batch);
        }
        assert_eq!(treated.into_applied().unwrap().columns[0].invalid, 0);
        batches
    }
}

fn numerals(value: &str) -> Vec<u32> {
    value.bytes().map(|byte| u32::from(byte - b'0')).collect()
}

#[cfg(feature = "peers")]
fn peer(ff1: &fpe::ff1::FF1<aes::Aes256>, tweak: &[u8], value: &str) -> String {
    let plain: Vec<u16> = value.bytes().map(|byte| u16::from(byte - b'0')).collect();
    let encrypted = ff1.encrypt(tweak, &fpe::ff1::FlexibleNumeralString::from(plain)).unwrap();
    Vec::<u16>::from(encrypted).into_iter().map(|numeral| char::from(b'0' + numeral as u8)).collect()
}

fn fpe(criterion: &mut Criterion) {
    let mut random = Random::new(1);
    let digits: Vec<String> = (0..ROWS).map(|_| format!("{:018}", random.below(10_u64.pow(18)))).collect();
    let mobiles: Vec<String> =
        (0..ROWS).map(|_| format!("1{}{:09}", 3 + random.below(7), random.below(10_u64.pow(9)))).collect();
    let regions = format!("regions = \"{}\"", region::VERSION);
    let columns = [
        ("18 digits", column("alphabet = \"digits\"", &digits)),
        ("mobile numbers", column("kind = \"mobile\"", &mobiles)),
        ("resident ids", column(&format!("kind = \"resident_id\", {regions}"), &resident_ids(ROWS))),
    ];

    // Nothing is kept of a value.
    let column = Sha256::digest(b"kaifang/fpe/column/v1\0\0\0\0\0\0\0\x05bench\0\0\0\0\0\0\0\x01v");
    let tweak = &[column.as_slice(), &[0; 11]].concat();
    let ff1 = Ff1::new(BlockCipher::Aes, &derived(), 10).unwrap();
    let batches = columns[0].1();
    let ours: Vec<_> = batches.iter().flat_map(|batch| batch.column(0).as_string::<i32>().iter().flatten()).collect();
    assert_eq!(ours.len(), ROWS);
    for (ours, value) in ours.iter().zip(&digits) {
        assert_eq!(numerals(ours), ff1.encrypt(&numerals(value), tweak).unwrap());
    }

    let mut group = criterion.benchmark_group("fpe");
    group.throughput(Throughput::Elements(ROWS as u64));
    for (name, apply) in &columns {
        group.bench_function(format!("kaifang: {name} through a plan, with its proof"), |bencher| bencher.iter(apply));
    }
    group.bench_function("kaifang: FF1 of 18 digits, a value at a time", |bencher| {
        let values: Vec<_> = digits.iter().map(|value| numerals(value)).collect();
        bencher.iter(|| values.iter().map(|value| ff1.encrypt(black_box(value), tweak).unwrap()[0]).sum::<u32>());
    });
    #[cfg(feature = "peers")]
    {
        let peers = fpe::ff1::FF1::<aes::Aes256>::new(&derived(), 10).unwrap();
        for (ours, value) in ours.iter().zip(&digits).step_by(16) {
            assert_eq!(*ours, peer(&peers, tweak, value));
        }
        group.bench_function("peer: fpe, 18 digits", |bencher| {
            bencher.iter(|| black_box(&digits).iter().map(|value| peer(&peers, tweak, value)).collect::<Vec<_>>());
        });
    }
    group.bench_function("limit: ten AES-256 blocks a value", |bencher| {
        let key = Aes256Enc::new_from_slice(&derived()).unwrap();
        let mut blocks = vec![Array::from([0x5a; 16]); 256];
        bencher.iter(|| {
            for _ in 0..10 * ROWS / 256 {
                key.encrypt_blocks(black_box(&mut blocks));
            }
        });
    });
    group.finish();
}

criterion_group! { name = benches; config = settings(); targets = fpe }
criterion_main!(benches);
