//! Files put back from an older copy, out of place, or from another log.

use std::fs;
use std::path::Path;

use kaifang::crypto::Signer as _;
use kaifang::ledger::{Checkpoint, Ledger, LedgerConfig, Profile, ProofDocument, verify};

use super::directory::{answers, code, copy, copy_log, in_memory, segment};
use super::writer::{key, record};

const ORIGIN: &str = "crash.example/log";
const SEGMENTS: u64 = 5;
const EACH: u64 = 3;

/// A ledger with records of this writer, `EACH` in a segment, and a signed head. `seen` sees it after each record.
fn filled(dir: &Path, origin: &str, writer: u64, segments: u64, mut seen: impl FnMut(u64)) -> Checkpoint {
    let config = LedgerConfig { origin: origin.to_owned(), profile: Profile::Intl };
    let mut ledger = Ledger::create(dir, &config, key()).unwrap();
    for number in 0..segments * EACH {
        ledger.set_segment_limit(if number % EACH == 0 { 1 } else { u64::MAX });
        ledger.append(record(writer, 0, number).as_bytes()).unwrap();
        seen(number + 1);
    }
    ledger.checkpoint().unwrap()
}

/// Reads what an opening did not: every record from the first on. A proof may still be had, from the nodes; then it is true.
fn reading_is_refused(dir: &Path) {
    let ledger = Ledger::open(dir, None).unwrap();
    assert!(ledger.records().is_err() || ledger.records().unwrap().any(|item| item.is_err()));
    if let Ok(proof) = ledger.consistency_document(1, ledger.size()) {
        assert_eq!(proof.check(), Ok(()));
        assert!(matches!(proof, ProofDocument::Consistency { root2, .. } if root2.0 == *ledger.root().as_bytes()));
    }
}

#[test]
fn an_old_segment_restored_is_refused() {
    let temp = in_memory();
    let dir = temp.path().join("log");
    let mut old = Vec::new();
    filled(&dir, ORIGIN, 0, 2, |size| {
        let path = segment(&dir, (size - 1) / EACH);
        old.push((size, path.clone(), fs::read(path).unwrap()));
    });
    for (size, path, bytes) in old {
        let new = fs::read(&path).unwrap();
        if bytes == new {
            continue;
        }
        fs::write(&path, bytes).unwrap();
        if size < EACH {
            // The next segment does not begin where this one now ends. An opening does not look so far back.
            assert_eq!(answers(&dir), ["KF-INTEGRITY-10", "ok", "ok"], "{size}");
            reading_is_refused(&dir);
        } else {
            assert_eq!(answers(&dir), ["KF-INTEGRITY-12"; 3], "{size}");
        }
        fs::write(&path, new).unwrap();
    }
    assert_eq!(answers(&dir), ["ok"; 3]);
}

/// A writer that does not see what an earlier segment lacks can append and sign, but can't make it good.
#[test]
fn what_is_written_after_it_does_not_hide_an_old_segment() {
    let temp = in_memory();
    let dir = temp.path().join("log");
    let mut old = Vec::new();
    filled(&dir, ORIGIN, 0, 2, |size| {
        if size == 2 {
            old = fs::read(segment(&dir, 0)).unwrap();
        }
    });
    fs::write(segment(&dir, 0), old).unwrap();
    let mut ledger = Ledger::open(&dir, Some(key())).unwrap();
    ledger.append(record(1, 0, 0).as_bytes()).unwrap();
    ledger.checkpoint().unwrap();
    drop(ledger);
    assert_eq!(code(&verify(&dir, Some(key().public_key()), None)), "KF-INTEGRITY-10");
}

#[test]
fn a_segment_deleted_is_refused() {
    let temp = in_memory();
    let log = temp.path().join("log");
    filled(&log, ORIGIN, 0, SEGMENTS, |_| ());
    for number in 0..SEGMENTS {
        let dir = temp.path().join(number.to_string());
        copy(&log, &dir);
        fs::remove_file(segment(&dir, number)).unwrap();
        // Without the last one it is a whole ledger that is shorter than its head.
        let expected = if number + 1 == SEGMENTS { "KF-INTEGRITY-12" } else { "KF-INTEGRITY-09" };
        assert_eq!(answers(&dir), [expected; 3], "{number}");
    }
}

#[test]
fn two_segments_swapped_are_refused() {
    let temp = in_memory();
    let log = temp.path().join("log");
    filled(&log, ORIGIN, 0, SEGMENTS, |_| ());
    for first in 0..SEGMENTS {
        for second in 0..first {
            let dir = temp.path().join(format!("{first}-{second}"));
            copy(&log, &dir);
            fs::copy(segment(&log, first), segment(&dir, second)).unwrap();
            fs::copy(segment(&log, second), segment(&dir, first)).unwrap();
            assert_eq!(answers(&dir), ["KF-INTEGRITY-10"; 3], "{first} and {second}");
        }
    }
}

/// Of another log by the same key, and of another history of the same log.
#[test]
fn a_segment_of_another_log_is_refused() {
    let temp = in_memory();
    let log = temp.path().join("log");
    filled(&log, ORIGIN, 0, SEGMENTS, |_| ());
    for (name, origin, writer) in [("origin", "crash.example/other", 0), ("history", ORIGIN, 1)] {
        let other = temp.path().join(name);
        filled(&other, origin, writer, SEGMENTS, |_| ());
        for number in 0..SEGMENTS {
            let dir = temp.path().join(format!("{name}-{number}"));
            copy(&log, &dir);
            fs::copy(segment(&other, number), segment(&dir, number)).unwrap();
            let [verified, reader, writer] = answers(&dir);
            assert_eq!(verified, "KF-INTEGRITY-10", "{name} {number}");
            if name == "history" {
                // The last holds what the head was signed over.
                let expected = if number + 1 == SEGMENTS { "KF-INTEGRITY-13" } else { "ok" };
                assert_eq!([reader, writer], [expected; 2], "{number}");
                if reader == "ok" {
                    reading_is_refused(&dir);
                }
            }
        }
        // All of them, under the head of this log: records of one log never pass for those of another.
        let dir = temp.path().join(format!("{name}-all"));
        copy(&log, &dir);
        (0..SEGMENTS).for_each(|number| _ = fs::copy(segment(&other, number), segment(&dir, number)).unwrap());
        let expected = if name == "history" { "KF-INTEGRITY-13" } else { "KF-INTEGRITY-10" };
        assert_eq!(code(&verify(&dir, Some(key().public_key()), None)), expected, "{name}");
    }
}

/// No log can see it: the directory is what it was. A head that was kept elsewhere shows it.
#[test]
fn a_whole_directory_restored_is_seen_by_a_pin_alone() {
    let temp = in_memory();
    let log = temp.path().join("log");
    let mut older = vec![filled(&log, ORIGIN, 0, 2, |_| ())];
    // With and without the lock and what is derived.
    let copies = [("whole", copy as fn(&Path, &Path)), ("bare", copy_log)].map(|(name, copy)| {
        let dir = temp.path().join(name);
        copy(&log, &dir);
        dir
    });
    let mut ledger = Ledger::open(&log, Some(key())).unwrap();
    older.push({
        ledger.append(record(0, 1, 0).as_bytes()).unwrap();
        ledger.checkpoint().unwrap()
    });
    drop(ledger);
    let (public, [old, new]) = (key().public_key().clone(), [&older[0], &older[1]]);
    for dir in &copies {
        assert_eq!(answers(dir), ["ok"; 3]);
        assert_eq!(code(&verify(dir, Some(&public), Some(old))), "ok");
        assert_eq!(code(&verify(dir, Some(&public), Some(new))), "KF-INTEGRITY-14");
    }
    assert_eq!(code(&verify(&log, Some(&public), Some(old))), "ok");
    assert_eq!(code(&verify(&log, Some(&public), Some(new))), "ok");

    // The restored copy goes its own way, and grows as long as the pinned head: it is another history.
    for dir in &copies {
        let mut ledger = Ledger::open(dir, Some(key())).unwrap();
        for number in 0..3 {
            ledger.append(record(9, 1, number).as_bytes()).unwrap();
            ledger.checkpoint().unwrap();
            assert_eq!(code(&verify(dir, Some(&public), Some(old))), "ok");
            assert_eq!(code(&verify(dir, Some(&public), Some(new))), "KF-INTEGRITY-15", "{number}");
        }
    }
}

/// Who holds the key can write another history of the same length; the pin shows it.
#[test]
fn a_rewritten_history_is_seen_by_a_pin_alone() {
    let temp = in_memory();
    let (log, forged) = (temp.path().join("log"), temp.path().join("forged"));
    let pin = filled(&log, ORIGIN, 0, SEGMENTS, |_| ());
    filled(&forged, ORIGIN, 1, SEGMENTS, |_| ());
    let bare = temp.path().join("bare");
    copy_log(&forged, &bare);
    for dir in [&forged, &bare] {
        assert_eq!(answers(dir), ["ok"; 3]);
        assert_eq!(code(&verify(dir, Some(key().public_key()), Some(&pin))), "KF-INTEGRITY-15");
    }
}
