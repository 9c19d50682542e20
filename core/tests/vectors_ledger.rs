//! The shared vectors of the ledger's proofs, which an independent model made (`tests/oracles/ledger.py`).
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use kaifang::canon;
use kaifang::crypto::Ed25519Key;
use kaifang::ledger::{Ledger, LedgerConfig, Profile, ProofDocument, verify_document, verify_receipt};
use serde_json::Value;

fn cases() -> Vec<Value> {
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
    assert!(valid >= 25 && refused >= 40, "the file lost its cases: {valid}, {refused}");
}

#[test]
fn documents_are_read_and_written_alike() {
    for case in cases().iter().filter(|case| case.get("output").is_some()) {
        let bytes = canon::to_bytes(&case["input"]).unwrap();
        let document: ProofDocument = canon::read("ProofDocument", &bytes).unwrap();
        assert_eq!(canon::to_bytes(&document).unwrap(), bytes, "{}", case["name"]);
    }
}

/// The log makes, byte for byte, the checkpoint and the receipt that the model made.
#[test]
fn the_log_makes_what_the_model_makes() {
    // The key of RFC 8032, section 7.1, test 1: it guards nothing.
    let pem = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n";
    let temp = tempfile::tempdir().unwrap();
    let config = LedgerConfig { origin: "data.xa.example/test".to_owned(), profile: Profile::Intl };
    let signer = Box::new(Ed25519Key::from_pem(pem).unwrap());
    let mut ledger = Ledger::create(temp.path().join("log"), &config, signer).unwrap();
    let records: Vec<_> = (0..7).map(|index| format!("{{\"n\":{index}}}").into_bytes()).collect();
    ledger.append_batch(&records).unwrap();
    let made = ledger.checkpoint().unwrap();
    let receipt = ledger.receipt(3).unwrap();
    verify_receipt(&records[3], &receipt, ledger.public_key()).unwrap();

    let cases = cases();
    let input = |name: &str| &cases.iter().find(|case| case["name"] == name).unwrap()["input"];
    assert_eq!(input("checkpoint: of seven records")["note"], made.note);
    assert_eq!(input("receipt: record 3 of 7")["receipt"], serde_json::to_value(receipt).unwrap());
}
