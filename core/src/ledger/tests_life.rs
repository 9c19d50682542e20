//! A ledger over the years: both profiles, changes of key, seals, times, nodes that are lost, space that runs out.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tempfile::TempDir;

use super::*;
use crate::Error;
use crate::crypto::{Ed25519Key, KeyError, PublicKey, Signer, signer_from_pem};

const ORIGIN: &str = "data.xa.example/life";

/// A new key: its PEM, to have its signer as often as it is needed.
fn new_key(profile: Profile) -> String {
    match profile {
        Profile::Intl => Ed25519Key::generate().unwrap().1.to_string(),
        #[cfg(feature = "gm")]
        Profile::Gm => crate::crypto::Sm2Key::generate("xa@example").unwrap().1.to_string(),
        #[cfg(not(feature = "gm"))]
        Profile::Gm => unreachable!("this build has no SM2"),
    }
}

fn profiles() -> &'static [Profile] {
    if cfg!(feature = "gm") { &[Profile::Intl, Profile::Gm] } else { &[Profile::Intl] }
}

fn signer(pem: &str) -> Box<dyn Signer> {
    signer_from_pem(pem).unwrap()
}

fn public(pem: &str) -> PublicKey {
    signer(pem).public_key().clone()
}

fn create(profile: Profile, pem: &str) -> (TempDir, PathBuf, Ledger) {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("log");
    let ledger = Ledger::create(&dir, &LedgerConfig { origin: ORIGIN.to_owned(), profile }, signer(pem)).unwrap();
    (temp, dir, ledger)
}

fn integrity<T: fmt::Debug>(result: Result<T, Error>) -> IntegrityError {
    match result {
        Err(Error::Integrity(error)) => error,
        other => panic!("an integrity error is expected: {other:?}"),
    }
}

#[test]
fn either_profile_records_signs_proves_and_verifies() {
    for profile in profiles() {
        let pem = new_key(*profile);
        let (_temp, dir, mut ledger) = create(*profile, &pem);
        let digest = ledger.put_blob(&mut &b"content"[..]).unwrap();
        assert_eq!(digest.algorithm(), profile.hash());
        ledger.append(format!(r#"{{"blobs":["{digest}"]}}"#).as_bytes()).unwrap();
        for index in 1..20 {
            ledger.append(index.to_string().as_bytes()).unwrap();
        }
        let head = ledger.checkpoint().unwrap();
        assert_eq!((head.size, head.root), (20, ledger.root()));
        assert_eq!(head.root.algorithm(), profile.hash());
        for index in 1..20 {
            let receipt = ledger.receipt(index).unwrap();
            verify_receipt(index.to_string().as_bytes(), &receipt, &public(&pem)).unwrap();
            assert!(verify_receipt(b"another", &receipt, &public(&pem)).is_err());
            let text = receipt.to_tlog_proof();
            assert_eq!(Receipt::from_tlog_proof(&text, &public(&pem)), Ok(receipt));
        }
        drop(ledger);
        let verified = verify(&dir, Some(&public(&pem)), Some(&head)).unwrap();
        assert_eq!((verified.profile, verified.size, verified.root, verified.blobs), (*profile, 20, head.root, 1));
        assert_eq!(integrity(verify(&dir, Some(&public(&new_key(*profile))), None)), IntegrityError::WrongKey);
        assert_eq!(Ledger::open(&dir, Some(signer(&pem))).unwrap().append(b"20"), Ok(20));
    }
}

#[cfg(feature = "gm")]
#[test]
fn a_key_of_the_other_profile_is_refused() {
    let (intl, gm) = (new_key(Profile::Intl), new_key(Profile::Gm));
    for (profile, pem, other) in [(Profile::Intl, &intl, &gm), (Profile::Gm, &gm, &intl)] {
        let temp = tempfile::tempdir().unwrap();
        let config = LedgerConfig { origin: ORIGIN.to_owned(), profile };
        let refused = Ledger::create(temp.path().join("log"), &config, signer(other)).err();
        assert!(matches!(refused, Some(Error::Ledger(LedgerError::WrongAlgorithm { .. }))));
        let (_temp, dir, mut ledger) = create(profile, pem);
        assert!(matches!(ledger.change_key(signer(other)), Err(Error::Ledger(LedgerError::WrongAlgorithm { .. }))));
        assert_eq!(integrity(verify(&dir, Some(&public(other)), None)), IntegrityError::WrongKey);
    }
    // The same key with another id is another key.
    let (_temp, dir, ledger) = create(Profile::Gm, &gm);
    drop(ledger);
    let other_id = gm.replace("xa@example", "1234567812345678");
    assert_eq!(Ledger::open(&dir, Some(signer(&other_id))).err(), Some(LedgerError::WrongSigner.into()));
}

#[test]
fn who_trusts_any_key_of_a_log_can_verify_it() {
    for profile in profiles() {
        let pems = [(); 3].map(|()| new_key(*profile));
        let keys = pems.each_ref().map(|pem| public(pem));
        let (_temp, dir, mut ledger) = create(*profile, &pems[0]);
        ledger.append(b"0").unwrap();
        let by_first = ledger.checkpoint().unwrap();
        assert_eq!(ledger.change_key(signer(&pems[0])), Err(LedgerError::KeyInUse.into()));
        assert_eq!(ledger.change_key(signer(&pems[1])), Ok(1));
        // For a while heads are signed by both.
        let by_both = ledger.signed().clone();
        assert_eq!((by_both.size, by_both.verify(&keys[0]), by_both.verify(&keys[1])), (2, Ok(()), Ok(())));
        ledger.append(b"2").unwrap();
        assert_eq!(ledger.checkpoint().unwrap().verify(&keys[0]), Ok(()));
        ledger.retire_previous_key();
        ledger.append(b"3").unwrap();
        let by_second = ledger.checkpoint().unwrap();
        assert!(matches!(by_second.verify(&keys[0]), Err(IntegrityError::NotSigned { .. })));
        assert_eq!(by_second.verify(&keys[1]), Ok(()));
        assert_eq!(ledger.change_key(signer(&pems[0])), Err(LedgerError::KeyInUse.into()), "no way back");
        assert_eq!(ledger.change_key(signer(&pems[2])), Ok(4));
        drop(ledger);
        for key in &keys {
            for pin in [&by_first, &by_both, &by_second] {
                let verified = verify(&dir, Some(key), Some(pin)).unwrap();
                assert_eq!((&verified.public_key, &verified.earlier_keys[..]), (&keys[2], &keys[..2]));
            }
        }
        // Only the present key opens it for writing, and the one before may sign beside it.
        for old in &pems[..2] {
            assert_eq!(Ledger::open(&dir, Some(signer(old))).err(), Some(LedgerError::WrongSigner.into()));
        }
        let mut ledger = Ledger::open(&dir, Some(signer(&pems[2]))).unwrap();
        assert_eq!((ledger.public_key(), ledger.earlier_keys()), (&keys[2], &keys[..2]));
        assert_eq!(ledger.sign_with_previous_key(signer(&pems[0])), Err(LedgerError::WrongSigner));
        ledger.sign_with_previous_key(signer(&pems[1])).unwrap();
        ledger.append(b"5").unwrap();
        assert_eq!(ledger.checkpoint().unwrap().verify(&keys[1]), Ok(()));
    }
}

/// The record is the change; a crash may come before the file of keys repeats it, and before the head is signed anew.
#[test]
fn a_crash_in_the_middle_of_a_change_of_key() {
    let pems = [(); 2].map(|()| new_key(Profile::Intl));
    let (_temp, dir, mut ledger) = create(Profile::Intl, &pems[0]);
    ledger.append(b"0").unwrap();
    ledger.checkpoint().unwrap();
    let before = ["key", "checkpoint"].map(|file| (dir.join(file), fs::read(dir.join(file)).unwrap()));
    ledger.change_key(signer(&pems[1])).unwrap();
    drop(ledger);
    let after = ["key", "checkpoint"].map(|file| (dir.join(file), fs::read(dir.join(file)).unwrap()));
    let restore =
        |files: &[&(PathBuf, Vec<u8>)]| files.iter().for_each(|(path, bytes)| fs::write(path, bytes).unwrap());
    for state in [[&before[0], &before[1]], [&after[0], &before[1]], [&after[0], &after[1]]] {
        restore(&state);
        for key in pems.each_ref().map(|pem| public(pem)) {
            assert_eq!(verify(&dir, Some(&key), None).unwrap().public_key, public(&pems[1]));
        }
        assert_eq!(*Ledger::open(&dir, None).unwrap().public_key(), public(&pems[1]));
        assert_eq!(Ledger::open(&dir, Some(signer(&pems[0]))).err(), Some(LedgerError::WrongSigner.into()));
        let mut ledger = Ledger::open(&dir, Some(signer(&pems[1]))).unwrap();
        assert_eq!(ledger.checkpoint().unwrap().verify(&public(&pems[1])), Ok(()));
        assert_eq!(fs::read(&after[0].0).unwrap(), after[0].1, "the file of keys is made up for");
    }
}

/// Two crashes: the key was changed, and changed again, before any head by the new ones was on the disk.
#[test]
fn two_changes_of_key_before_a_head() {
    let pems = [(); 3].map(|()| new_key(Profile::Intl));
    let (_temp, dir, mut ledger) = create(Profile::Intl, &pems[0]);
    ledger.append(b"0").unwrap();
    ledger.checkpoint().unwrap();
    let head = fs::read(dir.join("checkpoint")).unwrap();
    for pem in &pems[1..] {
        ledger.change_key(signer(pem)).unwrap();
    }
    drop(ledger);
    fs::write(dir.join("checkpoint"), head).unwrap();
    assert_eq!(verify(&dir, None, None).unwrap().public_key, public(&pems[2]));
    let mut ledger = Ledger::open(&dir, Some(signer(&pems[2]))).unwrap();
    assert_eq!(ledger.checkpoint().unwrap().verify(&public(&pems[2])), Ok(()));
}

#[test]
fn a_change_of_key_that_is_none_is_refused() {
    let pems = [(); 3].map(|()| new_key(Profile::Intl));
    let (_temp, dir, mut ledger) = create(Profile::Intl, &pems[0]);
    let change = |tree: &tree::Frontier, old: &str, new: &str| {
        let (old_signer, new_signer) = (signer(old), signer(new));
        keys::sign_change(ORIGIN, tree, (&public(old), &*old_signer), (&public(new), &*new_signer)).unwrap()
    };
    let empty = tree::Frontier::new(crate::terms::HashAlgorithm::Sha256);
    let mut one = empty.clone();
    one.push([0; 32]);
    assert_eq!(ledger.append(&change(&empty, &pems[0], &pems[1])), Err(LedgerError::Reserved { position: 0 }));
    assert_eq!(ledger.append(br#"{"kind":"ledger_key","v":1}"#), Err(LedgerError::Reserved { position: 0 }));

    // Written past the ledger's own check, as the holder of an old key could: of keys that are not in force.
    for (record, opens) in [(change(&empty, &pems[1], &pems[2]), false), (change(&one, &pems[0], &pems[1]), false)] {
        let (_temp, dir, mut ledger) = create(Profile::Intl, &pems[0]);
        ledger.append_checked(&[&record]).unwrap();
        ledger.checkpoint().unwrap();
        drop(ledger);
        assert!(matches!(integrity(verify(&dir, None, None)), IntegrityError::BadKeyChange { record: 0, .. }));
        assert_eq!(Ledger::open(&dir, None).is_ok(), opens);
    }

    // A head by a key that was replaced before.
    ledger.change_key(signer(&pems[1])).unwrap();
    ledger.append(b"1").unwrap();
    let root = ledger.root();
    let by_old = Checkpoint::sign(ORIGIN, 2, &root, &[(&public(&pems[0]), &*signer(&pems[0]))]).unwrap();
    fs::write(dir.join("checkpoint"), by_old.note).unwrap();
    assert_eq!(integrity(verify(&dir, None, None)), IntegrityError::HeadByOldKey { signed_size: 2 });
    assert_eq!(Ledger::open(&dir, None).err(), Some(IntegrityError::HeadByOldKey { signed_size: 2 }.into()));

    // Keys in the directory that no record tells of, and too few.
    let checkpoint = Checkpoint::sign(
        ORIGIN,
        2,
        &root,
        &[(&public(&pems[0]), &*signer(&pems[0])), (&public(&pems[1]), &*signer(&pems[1]))],
    )
    .unwrap();
    fs::write(dir.join("checkpoint"), checkpoint.note).unwrap();
    let good = fs::read_to_string(dir.join("key")).unwrap();
    let third = format!("{}\n", verifier_key(ORIGIN, &public(&pems[2])));
    let second = good.lines().nth(1).unwrap();
    assert!(verify(&dir, None, None).is_ok());
    for bad in [format!("{third}{good}"), format!("{second}\n"), format!("{second}\n{good}")] {
        fs::write(dir.join("key"), &bad).unwrap();
        assert!(verify(&dir, None, None).is_err(), "{bad}");
    }
}

#[test]
fn an_interval_without_a_record_is_sealed() {
    let pem = new_key(Profile::Intl);
    let (_temp, dir, mut ledger) = create(Profile::Intl, &pem);
    let heads: Vec<Checkpoint> =
        (1..4).map(|day| ledger.seal(format!("2026-11-0{day}T16:00:00Z").parse().unwrap()).unwrap()).collect();
    assert_eq!(heads.iter().map(|head| head.size).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(ledger.read(0).unwrap(), br#"{"at":"2026-11-01T16:00:00Z","kind":"ledger_seal","v":1}"#);
    assert_eq!(verify(&dir, None, None).unwrap().backward_times, 0);
}

/// A clock set back ten years: the order stays, and the verifier says so.
#[test]
fn times_that_go_backward_are_flagged_and_order_nothing() {
    let (_temp, dir, mut ledger) = create(Profile::Intl, &new_key(Profile::Intl));
    let times = [
        "2026-11-24T08:00:00Z",
        "2026-11-24T08:00:00Z",
        "2016-11-24T08:00:01Z",
        "2026-11-24T07:59:59Z",
        "2026-11-25T00:00:00Z",
    ];
    for (index, at) in (0..).zip(times) {
        assert_eq!(ledger.append(format!(r#"{{"at":"{at}"}}"#).as_bytes()), Ok(index));
    }
    ledger.append(br#"{"at":"no time"}"#).unwrap();
    let verified = verify(&dir, None, None).unwrap();
    assert_eq!((verified.backward_times, verified.first_backward_time), (2, Some(2)));
    assert!(ledger.read(2).unwrap().starts_with(br#"{"at":"2016"#));
}

/// The nodes are derived: lost, cut, or wrong, they are made anew, and no proof is ever wrong.
#[test]
fn nodes_that_are_lost_are_made_anew() {
    let pem = new_key(Profile::Intl);
    let (_temp, dir, mut ledger) = create(Profile::Intl, &pem);
    ledger.set_segment_limit(300);
    for index in 0..50 {
        ledger.append(index.to_string().as_bytes()).unwrap();
    }
    ledger.checkpoint().unwrap();
    let file = dir.join("nodes");
    let whole = fs::read(&file).unwrap();
    assert_eq!(whole.len() as u64, nodes::count(50) * 32);
    let receipts: Vec<Receipt> = (0..50).map(|index| ledger.receipt(index).unwrap()).collect();
    for (index, receipt) in receipts.iter().enumerate() {
        verify_receipt(index.to_string().as_bytes(), receipt, &public(&pem)).unwrap();
    }
    let proof = ledger.prove_consistency(13, 37).unwrap();
    drop(ledger);

    let mut wrong = whole.clone();
    wrong[40] ^= 1;
    let damaged: [&[u8]; 5] = [&[], &whole[..1000], &whole[..whole.len() - 1], &[0; 4000], &wrong];
    for bytes in damaged {
        // A reader passes over the records.
        fs::write(&file, bytes).unwrap();
        let reader = Ledger::open(&dir, None).unwrap();
        assert_eq!((reader.receipt(49).as_ref(), reader.receipt(1).as_ref()), (Ok(&receipts[49]), Ok(&receipts[1])));
        assert_eq!(reader.prove_consistency(13, 37).unwrap(), proof);
        assert_eq!(fs::read(&file).unwrap(), bytes);
        // A writer makes them anew.
        let writer = Ledger::open(&dir, Some(signer(&pem))).unwrap();
        assert_eq!(writer.receipt(1).as_ref(), Ok(&receipts[1]));
        assert_eq!(writer.prove_consistency(13, 37).unwrap(), proof);
        assert_eq!(fs::read(&file).unwrap(), whole);
    }
    // A writer that found them short goes on, and they are whole again when they are needed.
    fs::remove_file(&file).unwrap();
    let mut writer = Ledger::open(&dir, Some(signer(&pem))).unwrap();
    writer.append(b"50").unwrap();
    writer.checkpoint().unwrap();
    verify_receipt(b"50", &writer.receipt(50).unwrap(), &public(&pem)).unwrap();
    assert_eq!(fs::read(&file).unwrap().len() as u64, nodes::count(51) * 32);
}

#[test]
fn a_space_that_cannot_be_held_is_an_error_of_opening() {
    let pem = new_key(Profile::Intl);
    let (_temp, dir, mut ledger) = create(Profile::Intl, &pem);
    assert_eq!(ledger.append_last(b"0"), Ok(0), "there is space");
    drop(ledger);
    let reserve = dir.join("reserve");
    assert_eq!(fs::metadata(&reserve).unwrap().len(), 256 << 10);
    fs::remove_file(&reserve).unwrap();
    fs::create_dir(&reserve).unwrap();
    let refused = Ledger::open(&dir, Some(signer(&pem))).err();
    assert!(matches!(refused, Some(Error::Ledger(LedgerError::Io { full: false, .. }))), "{refused:?}");
    assert_eq!(Ledger::open(&dir, None).unwrap().size(), 1);
    fs::remove_dir(&reserve).unwrap();
    assert_eq!(Ledger::open(&dir, Some(signer(&pem))).unwrap().append(b"1"), Ok(1));
    assert_eq!(fs::metadata(&reserve).unwrap().len(), 256 << 10);
}

/// Signs while `works`.
struct Device(Box<dyn Signer>, Arc<AtomicBool>);

impl Signer for Device {
    fn public_key(&self) -> &PublicKey {
        self.0.public_key()
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        // A change is signed always; a head only while it works.
        match message.starts_with(b"kaifang/key/") || self.1.load(Ordering::Relaxed) {
            true => self.0.sign(message),
            false => Err(KeyError::SignerFailed { what: Text::new("", "no answer") }),
        }
    }
}

#[test]
fn a_change_of_key_stands_where_no_head_can_be_signed() {
    let pems = [(); 3].map(|()| new_key(Profile::Intl));
    let (_temp, dir, mut ledger) = create(Profile::Intl, &pems[0]);
    ledger.append(b"0").unwrap();
    ledger.checkpoint().unwrap();
    let works = Arc::new(AtomicBool::new(false));
    let device = |pem: &str| Box::new(Device(signer(pem), Arc::clone(&works)));
    assert_eq!(ledger.change_key(device(&pems[1])), Ok(1));
    assert_eq!(
        (ledger.signed().size, ledger.public_key(), ledger.signed_by()),
        (1, &public(&pems[1]), &public(&pems[0]))
    );
    // Not a second change before the first has a head.
    assert!(matches!(ledger.change_key(device(&pems[2])), Err(Error::Key(KeyError::SignerFailed { .. }))));
    assert_eq!(ledger.size(), 2);
    let verified = verify(&dir, Some(&public(&pems[1])), None).unwrap();
    assert_eq!((verified.public_key, verified.signed_by), (public(&pems[1]), public(&pems[0])));
    works.store(true, Ordering::Relaxed);
    assert_eq!(ledger.change_key(device(&pems[2])), Ok(2));
    drop(ledger);
    let verified = verify(&dir, Some(&public(&pems[0])), None).unwrap();
    assert_eq!((verified.signed_size, verified.signed_by), (3, public(&pems[2])));
    assert!(Ledger::open(&dir, Some(signer(&pems[2]))).is_ok());
}

/// Who has the old key rewrites what came before the change, and keeps the record that both keys signed.
#[test]
fn an_old_key_does_not_rewrite_what_came_before_the_new_one() {
    let pems = [(); 2].map(|()| new_key(Profile::Intl));
    let (_temp, _dir, mut ledger) = create(Profile::Intl, &pems[0]);
    ledger.append(b"\"true\"").unwrap();
    ledger.checkpoint().unwrap();
    ledger.change_key(signer(&pems[1])).unwrap();
    let change = ledger.read(1).unwrap();

    let (_other, dir, mut forged) = create(Profile::Intl, &pems[0]);
    forged.append(b"\"false\"").unwrap();
    forged.checkpoint().unwrap();
    forged.append_checked(&[&change]).unwrap();
    drop(forged);
    for key in &pems {
        assert!(matches!(integrity(verify(&dir, Some(&public(key)), None)), IntegrityError::BadKeyChange { .. }));
        assert!(Ledger::open(&dir, Some(signer(key))).is_err());
    }
}

#[test]
fn readers_beside_a_busy_writer_see_no_damage() {
    let (_temp, dir, mut ledger) = create(Profile::Intl, &new_key(Profile::Intl));
    ledger.set_segment_limit(1 << 20);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let record = format!("\"{}\"", "x".repeat(60_000));
            let batch = vec![record.as_bytes(); 8];
            while !done.load(Ordering::Relaxed) {
                ledger.append_batch(&batch).unwrap();
                if ledger.size() % 40 == 0 {
                    ledger.checkpoint().unwrap();
                }
            }
        });
        let mut size = 0;
        for _ in 0..60 {
            let reader = Ledger::open(&dir, None).unwrap();
            assert!(reader.size() >= size);
            size = reader.size();
            if size < 2_000 {
                assert!(verify(&dir, None, None).unwrap().size >= size);
            }
        }
        done.store(true, Ordering::Relaxed);
    });
}

/// Sums of sizes never run over, whatever a directory claims.
#[test]
fn a_segment_that_claims_too_many_records_is_refused() {
    let (_temp, dir, ledger) = create(Profile::Intl, &new_key(Profile::Intl));
    drop(ledger);
    let hash = crate::terms::HashAlgorithm::Sha256;
    for size in [u64::MAX, 1 << 62, (1 << 62) - 1] {
        let peaks = vec![[7; 32]; size.count_ones() as usize];
        let frontier = tree::Frontier::from_peaks(hash, size, peaks).unwrap();
        let mut bytes = frame::Header { number: 1, frontier, chain: [0; 32] }.encode();
        frame::encode_record(size, b"1", &mut bytes);
        fs::write(dir.join("segments/00000001.kfl"), bytes).unwrap();
        assert!(matches!(integrity(Ledger::open(&dir, None).map(drop)), IntegrityError::WrongSegment { .. }));
        assert!(verify(&dir, None, None).is_err());
    }
}

/// A record that was changed, and its checksum with it, in a segment that an opening does not read.
#[test]
fn no_proof_is_made_of_records_that_were_changed() {
    let pem = new_key(Profile::Intl);
    let (_temp, dir, mut ledger) = create(Profile::Intl, &pem);
    ledger.set_segment_limit(1);
    (0..9_u8).for_each(|index| _ = ledger.append(&[b'0' + index]).unwrap());
    ledger.checkpoint().unwrap();
    drop(ledger);
    let file = dir.join("segments/00000002.kfl");
    let mut bytes = fs::read(&file).unwrap();
    let begin = bytes.windows(4).position(|letters| letters == b"KFR1").unwrap();
    bytes.truncate(begin);
    frame::encode_record(2, b"9", &mut bytes);
    fs::write(&file, bytes).unwrap();
    let nodes = dir.join("nodes");
    let whole = fs::read(&nodes).unwrap();
    for index in [2, 3, 8] {
        // From nodes that were not touched a proof is true still; from the records there is none.
        fs::write(&nodes, &whole).unwrap();
        let reader = Ledger::open(&dir, None).unwrap();
        assert!(reader.receipt(index).is_ok());
        fs::remove_file(&nodes).unwrap();
        assert!(reader.receipt(index).is_err(), "{index}");
        assert!(reader.prove_consistency(index, 9).is_err());
    }
}
