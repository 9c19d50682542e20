//! The power goes: of what was not synced, any sectors may be on the disk and any may not, and a file may be shorter.

use std::fs;
use std::path::Path;

use super::writer::{create, key, record};
use kaifang::ledger::{Ledger, verify};

/// What a disk writes as a whole.
const SECTOR: usize = 512;

fn segment(dir: &Path) -> std::path::PathBuf {
    dir.join("segments/00000000.kfl")
}

/// After this many acknowledged records, one batch of this many that was not.
fn check(acknowledged: u64, batch: u64) -> usize {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("log");
    create(&dir);
    let mut ledger = Ledger::open(&dir, Some(key())).unwrap();
    for number in 0..acknowledged {
        ledger.append(record(0, 0, number).as_bytes()).unwrap();
    }
    let before = fs::read(segment(&dir)).unwrap();
    let records: Vec<String> = (0..batch).map(|number| record(0, 1, number)).collect();
    ledger.append_batch(&records).unwrap();
    drop(ledger);
    let after = fs::read(segment(&dir)).unwrap();

    let first = before.len() / SECTOR;
    let sectors = after.len().div_ceil(SECTOR) - first;
    assert!((2..=10).contains(&sectors), "{sectors}");
    let mut states = 0;
    for written in 0..1_u32 << sectors {
        // The length is metadata: it may be the old one, the new one, or end with any sector.
        for last in 0..=sectors {
            let length = if last == 0 { before.len() } else { after.len().min((first + last) * SECTOR) };
            if length < before.len() {
                continue;
            }
            let mut bytes = after.get(..length).unwrap().to_vec();
            for sector in (0..sectors).filter(|sector| written >> sector & 1 == 0) {
                let from = ((first + sector) * SECTOR).max(before.len()).min(length);
                let to = ((first + sector + 1) * SECTOR).min(length);
                bytes[from..to].fill(0);
            }
            let whole = bytes == after;
            fs::write(segment(&dir), &bytes).unwrap();
            let ledger = Ledger::open(&dir, Some(key())).unwrap();
            // All of the batch, or none of it.
            let expected = if whole { acknowledged + batch } else { acknowledged };
            assert_eq!(ledger.size(), expected, "sectors {written:b}, length {length}");
            assert_eq!(ledger.dropped().is_none(), whole || length == before.len());
            assert_eq!(verify(&dir, Some(ledger.public_key()), None).unwrap().size, expected);
            assert_eq!(fs::read(segment(&dir)).unwrap(), if whole { &after[..] } else { &before[..] });
            states += 1;
        }
    }
    states
}

#[test]
fn what_was_not_synced_may_be_there_in_part() {
    let states = [(0, 26), (3, 14), (7, 9), (20, 12)].map(|(acknowledged, batch)| check(acknowledged, batch));
    println!("{} states of a disk after a power cut, none lost", states.iter().sum::<usize>());
}
