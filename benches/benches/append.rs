//! Records into the ledger, durable on return, beside the same frames written and synced by hand: what the disk takes.
//! Every append of both ends in one `fdatasync`, so that groups of one size can be compared.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing)]

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use kaifang::canon;
use kaifang::crypto::Ed25519Key;
use kaifang::ledger::{Ledger, LedgerConfig, Profile, verify};
use kaifang_benches::settings;

fn records(first: u64, count: u64) -> Vec<Vec<u8>> {
    (first..first + count)
        .map(|number| {
            let record = serde_json::json!({
                "action": "api", "at": "2026-11-23T02:00:00Z", "dataset": "xa-resident", "number": number,
                "permit": true, "purpose": "a study of commuting in the city", "user": "company-42", "v": 1,
            });
            canon::to_bytes(&record).unwrap()
        })
        .collect()
}

/// Letters, checksum, index, length and bytes: the ledger's frame of a record.
fn framed(index: u64, record: &[u8], out: &mut Vec<u8>) {
    let start = out.len() + 4;
    out.extend_from_slice(b"KFR1\0\0\0\0");
    out.extend_from_slice(&index.to_le_bytes());
    out.extend_from_slice(&(record.len() as u32).to_le_bytes());
    out.extend_from_slice(record);
    let sum = crc32fast::hash(&out[start + 4..]);
    out[start..start + 4].copy_from_slice(&sum.to_le_bytes());
}

fn append(criterion: &mut Criterion) {
    // Below the build directory: the temporary directory may be memory, where a sync costs nothing.
    let home = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let (key, _) = Ed25519Key::generate().unwrap();
    let dir = home.path().join("ledger");
    let config = LedgerConfig { origin: "bench.example".into(), profile: Profile::Intl };
    let mut ledger = Ledger::create(&dir, &config, Box::new(key)).unwrap();
    let path = home.path().join("raw");
    let raw = OpenOptions::new().create(true).truncate(true).read(true).write(true).open(&path).unwrap();
    let mut end = 0;

    let mut group = criterion.benchmark_group("append");
    for size in [1_u64, 16, 256] {
        group.throughput(Throughput::Elements(size));
        let batch = records(0, size);
        group.bench_with_input(BenchmarkId::new("kaifang: durable append", size), &batch, |bencher, batch| {
            bencher.iter(|| ledger.append_batch(batch).unwrap());
        });
        group.bench_with_input(BenchmarkId::new("limit: frames, write, fdatasync", size), &batch, |bencher, batch| {
            bencher.iter(|| {
                let mut out = Vec::new();
                batch.iter().zip(0..).for_each(|(record, index)| framed(index, record, &mut out));
                raw.write_all_at(&out, end).unwrap();
                raw.sync_data().unwrap();
                end += out.len() as u64;
            });
        });
    }
    group.finish();

    // What was measured was a ledger: every byte of it is verified, and the last record is the one that was handed in.
    ledger.checkpoint().unwrap();
    let size = ledger.size();
    assert_eq!(ledger.read(size - 1).unwrap(), *records(0, 256).last().unwrap());
    let public = *ledger.public_key();
    drop(ledger);
    let _verified = verify(&dir, Some(&public), None).unwrap();
}

criterion_group! { name = benches; config = settings(); targets = append }
criterion_main!(benches);
