//! The shared vectors of the ledger's proofs, which an independent model made (`tests/oracles/ledger.py`).
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use kaifang::canon;
use kaifang::crypto::signer_from_pem;
use kaifang::ledger::{Ledger, LedgerConfig, Profile, ProofDocument, verify_document, verify_receipt};
use serde_json::Value;

/// All of them, or in a build without SM2 those that name no key of it.
fn cases() -> Vec<Value> {
    let needs_sm2 = |case: &Value| case["input"]["public_key"].as_str().is_some_and(|key| key.starts_with("sm2:"));
    all_cases().into_iter().filter(|case| cfg!(feature = "gm") || !needs_sm2(case)).collect()
}

fn all_cases() -> Vec<Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/ledger-verify.json");
    let mut file: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    serde_json::from_value(file["cases"].take()).unwrap()
}

#[test]
fn every_proof_holds_or_fails_as_written() {
    let (mut valid, mut refused) = (0, 0);
    for case in cases() {
        let name = &case["name"];
        match verify_document(case["input"].to_string().as_bytes()) {
            Ok(()) => {
                assert_eq!(case["output"], serde_json::json!({"valid": true}), "{name}");
                valid += 1;
            }
            Err(error) => {
                assert_eq!(case["error"]["code"], error.document().code, "{name}: {error}");
                refused += 1;
            }
        }
    }
    let least = if cfg!(feature = "gm") { (54, 105) } else { (44, 62) };
    assert!(valid >= least.0 && refused >= least.1, "the file lost its cases: {valid}, {refused}");
}

#[test]
fn documents_are_read_and_written_alike() {
    for case in cases().iter().filter(|case| case.get("output").is_some()) {
        let bytes = canon::to_bytes(&case["input"]).unwrap();
        let document: ProofDocument = canon::read("ProofDocument", &bytes).unwrap();
        assert_eq!(canon::to_bytes(&document).unwrap(), bytes, "{}", case["name"]);
    }
}

/// A build without SM2 refuses a key of it, and never passes over what it can't check.
#[cfg(not(feature = "gm"))]
#[test]
fn without_sm2_its_keys_are_refused() {
    for case in all_cases().iter().filter(|case| !cases().contains(case)) {
        let error = verify_document(case["input"].to_string().as_bytes()).unwrap_err();
        assert_eq!(error.document().code, "KF-CANON-02", "{}", case["name"]);
    }
}

/// The log makes, byte for byte, the checkpoint and the receipt that the model made.
fn the_log_makes_what_the_model_makes(profile: Profile, pem: &str, checkpoint: &str, receipt: &str) {
    let temp = tempfile::tempdir().unwrap();
    let config = LedgerConfig { origin: "data.xa.example/test".to_owned(), profile };
    let mut ledger = Ledger::create(temp.path().join("log"), &config, signer_from_pem(pem).unwrap()).unwrap();
    let records: Vec<_> = (0..7).map(|index| format!("{{\"n\":{index}}}").into_bytes()).collect();
    ledger.append_batch(&records).unwrap();
    let made = ledger.checkpoint().unwrap();
    let proved = ledger.receipt(3).unwrap();
    verify_receipt(&records[3], &proved, ledger.public_key()).unwrap();

    let cases = cases();
    let input = |name: &str| &cases.iter().find(|case| case["name"] == name).unwrap()["input"];
    assert_eq!(input(checkpoint)["note"], made.note);
    assert_eq!(input(receipt)["receipt"], serde_json::to_value(proved).unwrap());
}

#[test]
fn a_log_of_intl_makes_what_the_model_makes() {
    // The key of RFC 8032, section 7.1, test 1: it guards nothing.
    let pem = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n";
    let (checkpoint, receipt) = ("checkpoint: of seven records", "receipt: record 3 of 7");
    the_log_makes_what_the_model_makes(Profile::Intl, pem, checkpoint, receipt);
}

/// The model derives the number that must never repeat by RFC 6979 too, in its own code.
#[cfg(feature = "gm")]
#[test]
fn a_log_of_gm_makes_what_the_model_makes() {
    let (checkpoint, receipt) = ("checkpoint by SM2: of seven records", "receipt by SM2: record 3 of 7");
    the_log_makes_what_the_model_makes(Profile::Gm, include_str!("data/sm2-key.pem"), checkpoint, receipt);
}
