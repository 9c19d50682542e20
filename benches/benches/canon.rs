//! A record of the usual size into canonical bytes, and the bytes checked, beside serde_json on the same struct: what
//! writing it costs without any order or refusal. With the feature `peers`, `serde_jcs` too.
#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use kaifang::canon;
use kaifang_benches::settings;
use serde::Serialize;

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
enum Action {
    Api,
}

#[derive(Clone, Copy, Serialize)]
struct Amount {
    bytes: u64,
    rows: u64,
}

/// The fields in canonical order.
#[derive(Clone, Copy, Serialize)]
struct InOrder<'a> {
    amount: Amount,
    application: Option<&'a str>,
    at: &'a str,
    dataset: &'a str,
    fields: &'a [&'a str],
    kind: Action,
    number: u64,
    permit: bool,
    policy: &'a str,
    purpose: &'a str,
    region: &'a str,
    user: &'a str,
    v: u8,
}

/// The same in the order of their meaning.
#[derive(Clone, Copy, Serialize)]
struct OutOfOrder<'a> {
    v: u8,
    at: &'a str,
    kind: Action,
    dataset: &'a str,
    user: &'a str,
    purpose: &'a str,
    number: u64,
    permit: bool,
    amount: Amount,
    application: Option<&'a str>,
    policy: &'a str,
    fields: &'a [&'a str],
    region: &'a str,
}

const RECORD: InOrder<'static> = InOrder {
    amount: Amount { bytes: 183_222, rows: 1_200 },
    application: Some("application-2026-0017"),
    at: "2026-11-23T02:00:00Z",
    dataset: "xa-resident",
    fields: &["age", "district"],
    kind: Action::Api,
    number: 1_234_567,
    permit: true,
    policy: "xian-2022-013",
    purpose: "a study of commuting in the city",
    region: "610100",
    user: "company-42",
    v: 1,
};

fn encode_and_check(criterion: &mut Criterion) {
    let InOrder { amount, application, at, dataset, fields, kind, number, permit, policy, purpose, region, user, v } =
        RECORD;
    let mixed =
        OutOfOrder { v, at, kind, dataset, user, purpose, number, permit, amount, application, policy, fields, region };
    // Its fields are in order already, so that serde_json writes the canonical bytes too.
    let bytes = serde_json::to_vec(&RECORD).unwrap();
    assert_eq!(canon::to_bytes(&RECORD).unwrap(), bytes);
    assert_eq!(canon::to_bytes(&mixed).unwrap(), bytes);
    assert_eq!(canon::check(&bytes), Ok(()));

    let mut group = criterion.benchmark_group("canon");
    group.throughput(Throughput::Bytes(bytes.len() as u64));
    group.bench_function("kaifang: encode, fields in order", |bencher| {
        bencher.iter(|| canon::to_bytes(black_box(&RECORD)).unwrap());
    });
    group.bench_function("kaifang: encode, fields out of order", |bencher| {
        bencher.iter(|| canon::to_bytes(black_box(&mixed)).unwrap());
    });
    group.bench_function("limit: serde_json::to_vec", |bencher| {
        bencher.iter(|| serde_json::to_vec(black_box(&RECORD)).unwrap());
    });
    #[cfg(feature = "peers")]
    {
        assert_eq!(serde_jcs::to_vec(&mixed).unwrap(), bytes);
        group.bench_function("peer: serde_jcs::to_vec, fields out of order", |bencher| {
            bencher.iter(|| serde_jcs::to_vec(black_box(&mixed)).unwrap());
        });
    }
    group.bench_function("kaifang: check", |bencher| bencher.iter(|| canon::check(black_box(&bytes)).unwrap()));
    group.bench_function("kaifang: parse_canonical", |bencher| {
        bencher.iter(|| canon::parse_canonical(black_box(&bytes)).unwrap());
    });
    group.finish();
}

criterion_group! { name = benches; config = settings(); targets = encode_and_check }
criterion_main!(benches);
