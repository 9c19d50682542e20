//! The ledger under use and under damage. What damage means is written out here: which files, which bytes, which answer.

use std::fs;
use std::path::{Path, PathBuf};

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use tempfile::TempDir;

use super::*;
use crate::Error;
use crate::crypto::{Ed25519Key, PublicKey, Signer};
use crate::terms::HashAlgorithm::Sha256;

const ORIGIN: &str = "data.xa.example/test";
/// The seed of RFC 8032, section 7.1, test 1: it guards nothing.
const PEM: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n";

fn signer() -> Box<dyn Signer> {
    Box::new(Ed25519Key::from_pem(PEM).unwrap())
}

fn key() -> PublicKey {
    signer().public_key().clone()
}

fn config(origin: &str) -> LedgerConfig {
    LedgerConfig { origin: origin.to_owned(), profile: Profile::Intl }
}

fn record(index: u64) -> Vec<u8> {
    format!("{{\"n\":{index}}}").into_bytes()
}

fn records(range: std::ops::Range<u64>) -> Vec<Vec<u8>> {
    range.map(record).collect()
}

/// A ledger of its own in a temporary directory.
struct Place {
    temp: TempDir,
    dir: PathBuf,
}

impl Place {
    fn new() -> Self {
        // Thousands of damaged copies: in memory where there is such a place, since no disk has a part in these tests.
        let temp = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        let dir = temp.path().join("log");
        Place { temp, dir }
    }

    fn create(&self) -> Ledger {
        Ledger::create(&self.dir, &config(ORIGIN), signer()).unwrap()
    }

    /// With these batches of records, each signed or not.
    fn filled(batches: &[(u64, bool)]) -> Self {
        let place = Place::new();
        let mut ledger = place.create();
        for (count, sign) in batches {
            let first = ledger.size();
            ledger.append_batch(&records(first..first + count)).unwrap();
            if *sign {
                ledger.checkpoint().unwrap();
            }
        }
        place
    }

    fn segment(&self, number: u64) -> PathBuf {
        self.dir.join(format!("segments/{number:08}.kfl"))
    }

    fn copy(&self, name: &str) -> PathBuf {
        let to = self.temp.path().join(name);
        copy(&self.dir, &to);
        to
    }

    fn write(&self) -> Result<Ledger, Error> {
        Ledger::open(&self.dir, Some(signer()))
    }

    fn look(&self) -> Result<Ledger, Error> {
        Ledger::open(&self.dir, None)
    }

    fn verify(&self) -> Result<Verified, Error> {
        verify(&self.dir, Some(&key()), None)
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() { copy(&entry.path(), &to) } else { _ = fs::copy(entry.path(), to).unwrap() }
    }
}

/// The files that are the log: not the lock, the space that is held, and the nodes, which are derived.
fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.retain(|path| !["lock", "reserve", "nodes"].contains(&path.file_name().unwrap().to_str().unwrap()));
    found
}

fn integrity<T>(result: Result<T, Error>) -> IntegrityError {
    match result.err().expect("this must be refused") {
        Error::Integrity(error) => error,
        other => panic!("an integrity error is expected: {other:?}"),
    }
}

fn refused<T>(result: Result<T, Error>) -> LedgerError {
    match result.err().expect("this must be refused") {
        Error::Ledger(error) => error,
        other => panic!("a ledger error is expected: {other:?}"),
    }
}

// Use.

#[test]
fn what_is_appended_is_there_after_opening_again() {
    let place = Place::new();
    let mut ledger = place.create();
    let mut oracle = MemoryBackedTree::<sha2::Sha256, Vec<u8>>::new();
    for size in [0, 1, 5, 0, 3] {
        let first = ledger.size();
        assert_eq!(ledger.append_batch(&records(first..first + size)), Ok(first..first + size));
        records(first..first + size).into_iter().for_each(|record| oracle.push(record));
        assert_eq!(ledger.root().as_bytes()[..], oracle.root().as_bytes()[..]);
    }
    assert_eq!(ledger.append(&record(9)), Ok(9));
    let root = ledger.root();
    drop(ledger);
    for ledger in [place.look().unwrap(), place.write().unwrap()] {
        assert_eq!((ledger.size(), ledger.root(), ledger.dropped()), (10, root, None));
        let all: Vec<_> = ledger.records().unwrap().map(Result::unwrap).collect();
        assert_eq!(all, (0..10).map(|index| (index, record(index))).collect::<Vec<_>>());
        assert_eq!(ledger.read(7).unwrap(), record(7));
        assert_eq!(refused(ledger.read(10)), LedgerError::NoSuchRecord { index: 10, size: 10 });
    }
}

#[test]
fn segments_follow_each_other() {
    let place = Place::new();
    let mut ledger = place.create();
    for index in 0..20 {
        ledger.set_segment_limit(if index < 10 { 1 } else { 400 });
        ledger.append(&record(index)).unwrap();
        if index == 12 {
            ledger.checkpoint().unwrap();
        }
        assert_eq!(place.look().unwrap().root(), ledger.root(), "a reader beside the writer, at {index}");
    }
    drop(ledger);
    let verified = place.verify().unwrap();
    assert_eq!((verified.size, verified.signed_size, verified.commits), (20, 13, 20));
    assert!(verified.segments > 10);
    let mut ledger = place.write().unwrap();
    for index in 0..20 {
        assert_eq!(ledger.read(index).unwrap(), record(index));
    }
    assert_eq!(ledger.append(&record(20)), Ok(20));
    ledger.checkpoint().unwrap();
    assert_eq!(place.verify().unwrap().signed_size, 21);
}

#[test]
fn receipts_hold_for_their_record_alone() {
    let place = Place::filled(&[(3, true), (10, true), (2, false)]);
    let ledger = place.look().unwrap();
    for index in 0..13 {
        let receipt = ledger.receipt(index).unwrap();
        verify_receipt(&record(index), &receipt, &key()).unwrap();
        assert!(verify_receipt(&record(index + 1), &receipt, &key()).is_err());
        let moved = Receipt { index: (index + 1) % 13, ..receipt.clone() };
        assert!(verify_receipt(&record(index), &moved, &key()).is_err());
        let text = receipt.to_tlog_proof();
        assert_eq!(Receipt::from_tlog_proof(&text, &key()), Ok(receipt.clone()));
        assert_eq!(Receipt::from_tlog_proof(&text.replacen('\n', "\nextra AAAA\n", 1), &key()), Ok(receipt));
        for bad in [text.replace("@v1", "@v2"), text.replace("index ", "index 0"), text.replacen('=', "", 1)] {
            assert!(Receipt::from_tlog_proof(&bad, &key()).is_err());
        }
    }
    assert_eq!(refused(ledger.receipt(13)), LedgerError::NotYetSigned { index: 13, signed_size: 13 });
    assert_eq!(refused(ledger.receipt(15)), LedgerError::NoSuchRecord { index: 15, size: 15 });
}

#[test]
fn every_head_begins_every_later_one() {
    let place = Place::new();
    let mut ledger = place.create();
    let mut heads = vec![ledger.checkpoint().unwrap()];
    for index in 0..12 {
        ledger.append(&record(index)).unwrap();
        heads.push(ledger.checkpoint().unwrap());
    }
    for (size2, new) in heads.iter().enumerate() {
        for (size1, old) in heads.iter().enumerate() {
            let proof = ledger.prove_consistency(old.size, new.size);
            match size1 {
                1.. if size1 <= size2 => {
                    let (root1, root2) = (old.root.as_bytes(), new.root.as_bytes());
                    verify_consistency(Sha256, old.size, new.size, &proof.unwrap(), root1, root2).unwrap();
                }
                _ => assert!(matches!(refused(proof), LedgerError::NoProof { .. })),
            }
        }
        assert_eq!(verify(&place.dir, Some(&key()), Some(new)).unwrap().pinned_size, Some(size2 as u64));
    }
}

/// A segment before the one of the signed head is not replayed at opening: its records must add up all the same.
#[test]
fn records_forged_in_an_earlier_segment_are_not_handed_out() {
    let place = Place::new();
    let mut ledger = place.create();
    ledger.set_segment_limit(1);
    ledger.append(&record(0)).unwrap();
    ledger.append(&record(1)).unwrap();
    ledger.checkpoint().unwrap();
    drop(ledger);
    // Another record of the same length, with a checksum of its own.
    let mut bytes = fs::read(place.segment(0)).unwrap();
    let at = bytes.windows(7).position(|window| window == record(0)).unwrap();
    bytes[at..at + 7].copy_from_slice(&record(9));
    let sum = crc32fast::hash(&bytes[at - 12..at + 7]).to_le_bytes();
    bytes[at - 16..at - 12].copy_from_slice(&sum);
    fs::write(place.segment(0), bytes).unwrap();
    let read: Vec<_> = place.look().unwrap().records().unwrap().collect();
    assert!(matches!(read.last(), Some(Err(Error::Integrity(IntegrityError::WrongRoot { size: 2, .. })))));
}

#[test]
fn a_head_is_signed_once() {
    let place = Place::filled(&[(2, true)]);
    let mut ledger = place.write().unwrap();
    assert_eq!(ledger.checkpoint().unwrap(), *place.look().unwrap().signed());
    ledger.append(&record(2)).unwrap();
    assert_eq!((ledger.signed().size, ledger.checkpoint().unwrap().size, ledger.signed().size), (2, 3, 3));
}

#[test]
fn records_are_canonical_and_bounded() {
    let place = Place::new();
    let mut ledger = place.create();
    let long = |bytes: usize| format!("\"{}\"", "a".repeat(bytes - 2)).into_bytes();
    assert_eq!(ledger.append(&long(65_535)), Ok(0));
    assert_eq!(ledger.append(&long(65_536)), Err(LedgerError::TooLong { position: 0, bytes: 65_536 }));
    for (bad, says) in [
        ("", "not a strict JSON"),
        ("{\"b\":1,\"a\":2}", "from byte 2 on"),
        ("{\"a\": 1}", "from byte 5 on"),
        ("{\"a\":1,\"a\":1}", "a key twice"),
        ("{\"a\":0.5}", "parts per million"),
        ("{\"a\":9007199254740992}", "2^53"),
        ("\"\\u0041\"", "from byte 1 on"),
        ("{}\n", "from byte 2 on"),
    ] {
        // The good record before it is not written either.
        let error = ledger.append_batch(&[record(1), bad.as_bytes().to_vec()]).unwrap_err();
        assert!(matches!(error, LedgerError::NotCanonical { position: 1, .. }), "{bad}: {error:?}");
        assert!(error.to_string().contains(says), "{bad}: {error}");
    }
    assert!(matches!(ledger.append(b"\xff"), Err(LedgerError::NotCanonical { .. })));
    assert_eq!((ledger.size(), place.look().unwrap().size()), (1, 1));
    assert_eq!(ledger.append(&record(1)), Ok(1));
}

#[test]
fn one_writer_and_any_readers() {
    let place = Place::new();
    let mut writer = place.create();
    writer.append(&record(0)).unwrap();
    assert!(matches!(refused(place.write()), LedgerError::Locked { .. }));
    assert_eq!(place.look().unwrap().size(), 1);
    let mut reader = place.look().unwrap();
    assert_eq!(reader.append(&record(1)), Err(LedgerError::ReadOnly));
    assert_eq!(refused(reader.checkpoint()), LedgerError::ReadOnly);
    drop(writer);
    assert!(place.write().is_ok());
}

#[test]
fn a_new_ledger_needs_a_name_and_a_place() {
    let place = Place::new();
    for origin in ["", "a b", "a+b", "a\nb", "开 放", &"a".repeat(256)] {
        let made = Ledger::create(&place.dir, &config(origin), signer());
        assert_eq!(refused(made), LedgerError::BadOrigin, "{origin}");
    }
    assert!(matches!(refused(place.look()), LedgerError::NotALedger { .. }));
    drop(place.create());
    let again = Ledger::create(&place.dir, &config(ORIGIN), signer());
    assert!(matches!(refused(again), LedgerError::NotEmpty { .. }));
    let chinese = Ledger::create(place.temp.path().join("zh"), &config("西安/公共数据"), signer()).unwrap();
    assert_eq!(Checkpoint::parse(&chinese.signed().note, &key()).unwrap().origin, "西安/公共数据");
}

// Who.

#[test]
fn only_its_own_signer_writes_and_only_its_own_key_verifies() {
    let place = Place::filled(&[(2, true)]);
    let (other, _) = Ed25519Key::generate().unwrap();
    assert_eq!(integrity(verify(&place.dir, Some(other.public_key()), None)), IntegrityError::WrongKey);
    assert_eq!(refused(Ledger::open(&place.dir, Some(Box::new(other)))), LedgerError::WrongSigner);
    assert!(!place.verify().unwrap().own_key);
    assert!(verify(&place.dir, None, None).unwrap().own_key);
}

#[test]
fn a_directory_of_somebody_else_vouches_only_for_itself() {
    let place = Place::new();
    let (other, _) = Ed25519Key::generate().unwrap();
    drop(Ledger::create(&place.dir, &config(ORIGIN), Box::new(other)).unwrap());
    assert!(verify(&place.dir, None, None).unwrap().own_key);
    assert_eq!(integrity(place.verify()), IntegrityError::WrongKey);
}

#[test]
fn a_head_of_another_log_or_of_another_key_is_refused() {
    let place = Place::filled(&[(2, true)]);
    let head = place.dir.join("checkpoint");
    let other_log =
        Checkpoint::sign("another.example/log", 2, &Digest::sha256([1; 32]), &[(&key(), &*signer())]).unwrap();
    fs::write(&head, &other_log.note).unwrap();
    let wrong = IntegrityError::WrongOrigin { expected: ORIGIN.to_owned(), found: "another.example/log".to_owned() };
    assert_eq!((integrity(place.verify()), integrity(place.look())), (wrong.clone(), wrong.clone()));

    let (other, _) = Ed25519Key::generate().unwrap();
    let forged = Checkpoint::sign(ORIGIN, 2, &Digest::sha256([1; 32]), &[(other.public_key(), &other)]).unwrap();
    fs::write(&head, &forged.note).unwrap();
    let unsigned = IntegrityError::NotSigned { name: ORIGIN.to_owned() };
    assert_eq!((integrity(place.verify()), integrity(place.write())), (unsigned.clone(), unsigned));

    let place = Place::filled(&[(2, true)]);
    assert_eq!(integrity(verify(&place.dir, Some(&key()), Some(&other_log))), wrong);
    assert!(matches!(integrity(verify(&place.dir, Some(&key()), Some(&forged))), IntegrityError::NotSigned { .. }));
}

// History.

#[test]
fn records_below_the_signed_head_are_missed() {
    let place = Place::filled(&[(2, true)]);
    let old = fs::read(place.segment(0)).unwrap();
    let mut ledger = place.write().unwrap();
    ledger.append_batch(&records(2..5)).unwrap();
    ledger.checkpoint().unwrap();
    drop(ledger);
    // An older copy of the segment, whole and well formed.
    fs::write(place.segment(0), old).unwrap();
    let rolled = IntegrityError::RolledBack { signed_size: 5, size: 2 };
    assert_eq!(integrity(place.verify()), rolled);
    assert_eq!(integrity(place.look()), rolled);
    assert_eq!(integrity(place.write()), rolled);
}

#[test]
fn a_whole_directory_restored_is_seen_by_a_pin_alone() {
    let place = Place::filled(&[(2, true)]);
    let old = place.copy("old");
    let mut ledger = place.write().unwrap();
    ledger.append_batch(&records(2..5)).unwrap();
    let pin = ledger.checkpoint().unwrap();
    assert!(verify(&old, Some(&key()), None).is_ok());
    let below = IntegrityError::BelowPin { pinned_size: 5, size: 2 };
    assert_eq!(integrity(verify(&old, Some(&key()), Some(&pin))), below);
    // A pin whose fields were edited is not believed.
    let edited = Checkpoint { size: 2, ..pin };
    let differs = IntegrityError::NotTheNote { field: "size" };
    assert_eq!(integrity(verify(&old, Some(&key()), Some(&edited))), differs);
}

#[test]
fn a_rewritten_history_is_not_the_signed_one() {
    let place = Place::filled(&[(3, true)]);
    let pin = place.look().unwrap().signed().clone();
    // The same log by name and key, with other records: whoever holds the directory but not the key can make it.
    let forged = Place::new();
    let mut ledger = forged.create();
    ledger.append_batch(&records(1..4)).unwrap();
    ledger.checkpoint().unwrap();
    drop(ledger);
    // And whoever holds the key too is caught by the pin.
    assert!(forged.verify().is_ok());
    let rewritten = IntegrityError::NotThePinnedTree { pinned_size: 3 };
    assert_eq!(integrity(verify(&forged.dir, Some(&key()), Some(&pin))), rewritten);

    fs::copy(forged.segment(0), place.segment(0)).unwrap();
    let unsigned = IntegrityError::NotTheSignedTree { signed_size: 3 };
    assert_eq!((integrity(place.verify()), integrity(place.write())), (unsigned.clone(), unsigned));
}

#[test]
fn segments_missing_swapped_or_strange_are_refused() {
    let place = Place::new();
    let mut ledger = place.create();
    for index in 0..4 {
        ledger.set_segment_limit(1);
        ledger.append(&record(index)).unwrap();
    }
    ledger.checkpoint().unwrap();
    drop(ledger);
    let damaged = |name: &str, damage: &dyn Fn(&Path)| {
        let dir = place.copy(name);
        damage(&dir.join("segments"));
        (integrity(verify(&dir, Some(&key()), None)), Ledger::open(&dir, None).map(|ledger| ledger.size()))
    };
    let missing = damaged("missing", &|dir| fs::remove_file(dir.join("00000001.kfl")).unwrap());
    assert!(matches!(missing, (IntegrityError::MissingSegment { file }, Err(_)) if file == "segments/00000001.kfl"));
    let last = damaged("last", &|dir| fs::remove_file(dir.join("00000003.kfl")).unwrap());
    assert!(matches!(last, (IntegrityError::RolledBack { signed_size: 4, size: 3 }, Err(_))));
    let none = damaged("none", &|dir| (0..4).for_each(|n| fs::remove_file(dir.join(format!("{n:08}.kfl"))).unwrap()));
    assert!(matches!(none, (IntegrityError::MissingSegment { .. }, Err(_))));
    let swapped = damaged("swapped", &|dir| {
        fs::rename(dir.join("00000001.kfl"), dir.join("x")).unwrap();
        fs::rename(dir.join("00000002.kfl"), dir.join("00000001.kfl")).unwrap();
        fs::rename(dir.join("x"), dir.join("00000002.kfl")).unwrap();
    });
    assert!(matches!(swapped.0, IntegrityError::WrongSegment { record: 1, .. }), "{swapped:?}");
    let strange = damaged("strange", &|dir| fs::write(dir.join("notes.txt"), "").unwrap());
    assert!(matches!(strange, (IntegrityError::MalformedFile { .. }, Err(_))));
}

// Damage.

/// Every bit of every file of the log. Two segments, three commits, a signed head.
#[test]
fn every_flipped_bit_is_detected() {
    let place = Place::new();
    let mut ledger = place.create();
    ledger.append_batch(&records(0..2)).unwrap();
    ledger.append(&record(2)).unwrap();
    ledger.set_segment_limit(1);
    ledger.append(&record(3)).unwrap();
    ledger.checkpoint().unwrap();
    drop(ledger);
    assert_eq!(place.verify().unwrap().segments, 2);
    let mut flipped = 0;
    for file in files(&place.dir) {
        let whole = fs::read(&file).unwrap();
        for bit in 0..whole.len() * 8 {
            let mut bytes = whole.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            fs::write(&file, &bytes).unwrap();
            let error = integrity(place.verify());
            if file.extension().is_some_and(|kind| kind == "kfl") {
                let place = crate::error::Explain::place(&error).unwrap();
                assert!(place.contains(".kfl") && place.contains("byte") && place.contains("record"), "{place}");
            }
            // Opening looks at less. It refuses or it opens, and never panics.
            let _ = place.look();
            flipped += 1;
        }
        fs::write(&file, &whole).unwrap();
    }
    assert!(place.verify().is_ok());
    assert!(flipped > 4_000, "{flipped}");
}

/// A file that ends early keeps every commit before the cut, or the ledger is refused because a signed one is gone.
#[test]
fn the_last_segment_cut_at_every_byte() {
    for signed in [0, 3, 5] {
        let place = Place::new();
        let mut ledger = place.create();
        // Two records in the first segment, three in the second. Where each commit of the second ends:
        let mut ends = vec![(0, 2)];
        for index in 0..5 {
            ledger.set_segment_limit(if index == 2 { 1 } else { u64::MAX });
            ledger.append(&record(index)).unwrap();
            if index >= 2 {
                ends.push((fs::metadata(place.segment(1)).unwrap().len(), index + 1));
            }
            if index + 1 == signed {
                ledger.checkpoint().unwrap();
            }
        }
        drop(ledger);
        let whole = fs::read(place.segment(1)).unwrap();
        for cut in 0..whole.len() as u64 {
            let dir = place.copy(&format!("cut-{cut}"));
            fs::write(dir.join("segments/00000001.kfl"), &whole[..cut as usize]).unwrap();
            let acknowledged = ends.iter().rfind(|(end, _)| *end <= cut).unwrap().1;
            let read = Ledger::open(&dir, None).map(|ledger| ledger.size());
            let verified = verify(&dir, Some(&key()), None).map(|verified| verified.size);
            let writer = Ledger::open(&dir, Some(signer()));
            if acknowledged < signed {
                integrity(read);
                integrity(verified);
                integrity(writer);
                continue;
            }
            let mut ledger = writer.unwrap();
            assert_eq!((read, ledger.size()), (Ok(acknowledged), acknowledged), "cut at {cut}");
            match ledger.dropped() {
                None => assert_eq!(verified, Ok(acknowledged), "cut at {cut}"),
                Some(dropped) => {
                    assert_eq!(dropped.offset + dropped.bytes, cut);
                    integrity(verified);
                }
            }
            // What remains is a ledger like any other.
            assert_eq!(ledger.append(&record(acknowledged)), Ok(acknowledged));
            ledger.checkpoint().unwrap();
            assert_eq!(verify(&dir, Some(&key()), None).unwrap().size, acknowledged + 1, "cut at {cut}");
        }
    }
}

#[test]
fn what_was_not_committed_is_dropped_and_said() {
    let place = Place::filled(&[(2, true)]);
    let whole = fs::read(place.segment(0)).unwrap();
    let mut tail = Vec::new();
    frame::encode_record(2, &record(2), &mut tail);
    frame::encode_record(3, &record(3), &mut tail);
    tail.extend_from_slice(b"KFC1 torn");
    fs::write(place.segment(0), [&whole[..], &tail].concat()).unwrap();

    let expected = Dropped {
        file: "segments/00000000.kfl".to_owned(),
        offset: whole.len() as u64,
        bytes: tail.len() as u64,
        records: 2,
    };
    assert_eq!(place.look().unwrap().dropped(), Some(&expected));
    assert!(matches!(integrity(place.verify()), IntegrityError::Truncated { record: 4, .. }));
    let ledger = place.write().unwrap();
    assert_eq!((ledger.size(), ledger.dropped()), (2, Some(&expected)));
    assert_eq!(fs::read(place.segment(0)).unwrap(), whole);
    drop(ledger);
    assert!(place.verify().is_ok() && place.write().unwrap().dropped().is_none());
}

#[test]
fn a_verifier_beside_a_writer_passes_over_what_is_being_written() {
    let place = Place::filled(&[(2, true)]);
    let writer = place.write().unwrap();
    let mut bytes = fs::read(place.segment(0)).unwrap();
    bytes.extend_from_slice(b"KFR1....");
    fs::write(place.segment(0), bytes).unwrap();
    let verified = place.verify().unwrap();
    assert_eq!((verified.size, verified.bytes_in_flight), (2, 8));
    drop(writer);
    assert!(matches!(integrity(place.verify()), IntegrityError::Truncated { .. }));
}

/// Damage is never taken for a torn tail, signed or not, in the last commit as in what is before it.
#[test]
fn damage_is_never_dropped() {
    let place = Place::filled(&[(1, false), (1, false), (1, false)]);
    let whole = fs::read(place.segment(0)).unwrap();
    for bit in 0..8 * whole.len() {
        let mut bytes = whole.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        fs::write(place.segment(0), &bytes).unwrap();
        integrity(place.write());
        assert_eq!(fs::read(place.segment(0)).unwrap(), bytes, "nothing was cut");
    }
}

#[test]
fn a_record_that_was_never_canonical_is_found_by_verify() {
    // Written past the ledger's own check, as another program could.
    let place = Place::filled(&[]);
    let mut bytes = fs::read(place.segment(0)).unwrap();
    let mut tree = tree::Frontier::new(Sha256);
    let config = fs::read_to_string(place.dir.join("ledger.json")).unwrap();
    tree.push(leaf_hash(Sha256, b"{ }"));
    frame::encode_record(0, b"{ }", &mut bytes);
    let chain = replay::link(Sha256, &replay::genesis(Sha256, &config), 1, &tree.root());
    frame::encode_commit(1, &tree.root(), &chain, &mut bytes);
    fs::write(place.segment(0), &bytes).unwrap();
    let found = IntegrityError::NotCanonicalRecord { file: "segments/00000000.kfl".into(), offset: 76, record: 0 };
    assert_eq!(integrity(place.verify()), found);
}

#[test]
fn frames_that_do_not_add_up_are_refused() {
    let place = Place::filled(&[(1, true)]);
    let whole = fs::read(place.segment(0)).unwrap();
    let config = fs::read_to_string(place.dir.join("ledger.json")).unwrap();
    let mut tree = tree::Frontier::new(Sha256);
    tree.push(leaf_hash(Sha256, &record(0)));
    let chain = replay::link(Sha256, &replay::genesis(Sha256, &config), 1, &tree.root());
    let mut next = tree.clone();
    next.push(leaf_hash(Sha256, &record(1)));
    let root = next.root();
    let with = |index: u64, size: u64, root: &Hash, chain: &Hash| {
        let mut bytes = whole.clone();
        frame::encode_record(index, &record(1), &mut bytes);
        frame::encode_commit(size, root, chain, &mut bytes);
        fs::write(place.segment(0), &bytes).unwrap();
        let (verified, opened) = (place.verify().map(|v| v.size), place.write().map(|l| l.size()));
        assert_eq!(verified, opened);
        verified
    };
    let good = replay::link(Sha256, &chain, 2, &root);
    assert_eq!(with(1, 2, &root, &good), Ok(2));
    assert!(matches!(integrity(with(2, 2, &root, &good)), IntegrityError::WrongIndex { expected: 1, found: 2, .. }));
    assert!(matches!(integrity(with(1, 3, &root, &good)), IntegrityError::WrongIndex { expected: 2, found: 3, .. }));
    assert!(matches!(integrity(with(1, 2, &[0; 32], &good)), IntegrityError::WrongRoot { size: 2, .. }));
    assert!(matches!(integrity(with(1, 2, &root, &chain)), IntegrityError::BrokenChain { size: 2, .. }));
}
