//! Every bit of a log of about four kilobytes, flipped.

use std::fs;

use kaifang::crypto::Signer as _;
use kaifang::ledger::{Ledger, verify};

use super::directory::{files, in_memory, log_files};
use super::writer::{create, key, record};

#[test]
fn every_flipped_bit_of_a_log_is_found() {
    let temp = in_memory();
    let dir = temp.path().join("log");
    create(&dir);
    let mut ledger = Ledger::open(&dir, Some(key())).unwrap();
    // Three segments, commits of one record and of several, and some after the signed head.
    for number in 0..15 {
        ledger.set_segment_limit(if number % 5 == 0 { 1 } else { u64::MAX });
        ledger.append_batch(&[record(0, 0, number), record(0, 1, number)][..1 + number as usize % 2]).unwrap();
        if number == 7 {
            ledger.checkpoint().unwrap();
        }
    }
    let (size, root) = (ledger.size(), ledger.root());
    drop(ledger);
    let public = key().public_key().clone();
    let whole = verify(&dir, Some(&public), None).unwrap();
    assert_eq!((whole.size, whole.segments, whole.signed_size < size), (size, 3, true));

    let (mut flipped, mut bytes_in_all, mut opened, mut undetected) = (0, 0, 0, Vec::new());
    for (path, mut bytes) in log_files(&dir) {
        bytes_in_all += bytes.len();
        for bit in 0..bytes.len() * 8 {
            bytes[bit / 8] ^= 1 << (bit % 8);
            fs::write(&path, &bytes).unwrap();
            if verify(&dir, Some(&public), None).is_ok() {
                undetected.push((path.clone(), bit));
            }
            // An opening looks at less: what it takes is still the log, and not a shorter one.
            if let Ok(ledger) = Ledger::open(&dir, None) {
                assert_eq!((ledger.size(), ledger.root()), (size, root), "{}, bit {bit}", path.display());
                opened += 1;
            }
            bytes[bit / 8] ^= 1 << (bit % 8);
            flipped += 1;
        }
        fs::write(&path, &bytes).unwrap();
    }
    assert_eq!(verify(&dir, Some(&public), None).unwrap(), whole);
    println!(
        "{flipped} bits flipped, {} undetected by verify, {opened} of them in what an opening does not read",
        undetected.len()
    );
    assert!(undetected.is_empty(), "{undetected:?}");
    assert!((3_500..5_500).contains(&bytes_in_all), "{bytes_in_all}");
    assert!(opened < flipped / 2, "{opened}");
}

/// The lock and whatever is derived from the log: no bit of them makes a reader panic, or see another log.
#[test]
fn no_bit_of_another_file_matters_to_the_log() {
    let temp = in_memory();
    let dir = temp.path().join("log");
    create(&dir);
    let mut ledger = Ledger::open(&dir, Some(key())).unwrap();
    (0..40).for_each(|number| _ = ledger.append(record(0, 0, number).as_bytes()).unwrap());
    ledger.checkpoint().unwrap();
    let (size, root) = (ledger.size(), ledger.root());
    drop(ledger);
    let log = log_files(&dir);
    let others: Vec<_> = files(&dir).into_iter().filter(|(path, _)| !log.contains_key(path)).collect();
    assert!(!others.is_empty(), "there is a lock at least");
    for (path, mut bytes) in others {
        let check = |bytes: &[u8]| {
            fs::write(&path, bytes).unwrap();
            for ledger in [Ledger::open(&dir, None).unwrap(), Ledger::open(&dir, Some(key())).unwrap()] {
                assert_eq!((ledger.size(), ledger.root()), (size, root), "{}", path.display());
            }
            assert_eq!(verify(&dir, Some(key().public_key()), None).unwrap().size, size, "{}", path.display());
        };
        check(b"");
        check(b"something else");
        // At most a few hundred of them: such a file may be long.
        for bit in (0..bytes.len() * 8).step_by((bytes.len() / 32).max(1)) {
            bytes[bit / 8] ^= 1 << (bit % 8);
            check(&bytes);
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
    }
}
