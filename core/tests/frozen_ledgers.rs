//! The frozen ledgers of `tests/ledgers`, and what of them stands in `tests/interop/vectors` for other people's programs:
//! `xtask ledgers` wrote them, Go and plain Python verify them too. What was written once is read for ever.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kaifang::crypto::PublicKey;
use kaifang::ledger::{
    Checkpoint, Hash, Ledger, Profile, Receipt, verifier_key, verify, verify_consistency, verify_receipt,
};
use kaifang::terms::HashAlgorithm;

fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests")
}

fn vector(name: &str) -> String {
    fs::read_to_string(tests().join("interop/vectors").join(name)).unwrap()
}

/// The keys of a ledger: the first and the present.
fn keys(ledger: &Ledger) -> [PublicKey; 2] {
    [ledger.earlier_keys()[0].clone(), ledger.public_key().clone()]
}

fn check(profile: Profile, root: &str) {
    let dir = tests().join("ledgers").join(profile.to_string());
    let older = fs::read_to_string(dir.with_extension("head")).unwrap();
    let ledger = Ledger::open(&dir, None).unwrap();
    let keys = keys(&ledger);
    let pin = Checkpoint::parse(&older, &keys[0]).unwrap();
    for key in &keys {
        let verified = verify(&dir, Some(key), Some(&pin)).unwrap();
        assert_eq!((verified.profile, verified.root.to_string().as_str()), (profile, root));
        assert_eq!((verified.size, verified.signed_size, verified.pinned_size), (10, 9, Some(5)));
        assert_eq!((verified.segments, verified.commits), (3, 6));
        assert_eq!((verified.blobs, verified.blobs_gone, verified.backward_times), (1, 1, 1));
        assert_eq!((&verified.earlier_keys[..], &verified.public_key), (&keys[..1], &keys[1]));
        assert_eq!(Checkpoint::parse(&fs::read_to_string(dir.join("checkpoint")).unwrap(), key).unwrap().size, 9);
    }
    for (index, record) in ledger.records().unwrap().map(Result::unwrap).filter(|(index, _)| *index < 9) {
        verify_receipt(&record, &ledger.receipt(index).unwrap(), &keys[1]).unwrap();
    }
}

#[test]
fn the_frozen_ledger_of_intl_verifies() {
    check(Profile::Intl, "sha256:a41dac22fb6c1a0dcf9a901da030961b1ea75a42330a213f983ae772ab594b48");
}

#[cfg(feature = "gm")]
#[test]
fn the_frozen_ledger_of_gm_verifies() {
    check(Profile::Gm, "sm3:1f9af0c95713a143f738bc3b49d733c5ca5eafa28bebc2262fb7261bf8ca6b9c");
}

/// A build without SM2 opens no ledger that it can't verify.
#[cfg(not(feature = "gm"))]
#[test]
fn the_frozen_ledger_of_gm_is_refused_without_sm2() {
    let dir = tests().join("ledgers/gm");
    assert!(Ledger::open(&dir, None).is_err() && verify(&dir, None, None).is_err());
}

/// What the test of Go in `tests/interop` verifies, where there is no Go.
#[test]
fn the_vectors_for_other_programs_verify() {
    let ledger = Ledger::open(tests().join("ledgers/intl"), None).unwrap();
    let keys = keys(&ledger);
    let written: String = keys.iter().map(|key| verifier_key(ledger.origin(), key) + "\n").collect();
    assert_eq!(vector("key"), written);
    let head = Checkpoint::parse(&vector("checkpoint"), &keys[1]).unwrap();
    assert_eq!(&head, ledger.signed());
    let older = Checkpoint::parse(&vector("checkpoint.older"), &keys[0]).unwrap();
    let receipt = Receipt::from_tlog_proof(&vector("receipt.tlog-proof"), &keys[0]).unwrap();
    verify_receipt(vector("record").as_bytes(), &receipt, &keys[0]).unwrap();
    assert!(verify_receipt(b"another", &receipt, &keys[0]).is_err());
    let proof: Vec<Hash> =
        vector("consistency").lines().map(|line| STANDARD.decode(line).unwrap().try_into().unwrap()).collect();
    let (root1, root2) = (older.root.as_bytes(), head.root.as_bytes());
    verify_consistency(HashAlgorithm::Sha256, older.size, head.size, &proof, root1, root2).unwrap();
    assert_eq!(vector("key-change").as_bytes(), ledger.read(older.size).unwrap());
}

/// A note with lines of both algorithms: whoever knows one passes over the other.
#[test]
fn a_note_of_both_algorithms_opens_by_either() {
    let ledger = Ledger::open(tests().join("ledgers/intl"), None).unwrap();
    let (note, size) = (vector("checkpoint.ed25519-and-sm2"), ledger.signed().size);
    assert_eq!(Checkpoint::parse(&note, ledger.public_key()).unwrap().size, size);
    assert!(Checkpoint::parse(&note, &keys(&ledger)[0]).is_err(), "the first key did not sign it");
    #[cfg(feature = "gm")]
    {
        let key = PublicKey::from_pem(include_str!("data/sm2-public.pem")).unwrap();
        assert_eq!(vector("key.sm2"), verifier_key(ledger.origin(), &key) + "\n");
        assert_eq!(Checkpoint::parse(&note, &key).unwrap().size, size);
        assert!(Checkpoint::parse(&note.replace(&format!("\n{size}\n"), "\n1\n"), &key).is_err());
    }
}
