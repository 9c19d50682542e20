//! The proof of a treatment as a record: read back only under the caller's key, out of the record or out of its blob, and
//! never with an identifier in it.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};

use super::*;
use crate::crypto::{Ed25519Key, Keyring, PublicKey, Sm2Key};
use crate::desensitize::{Applied, Plan};
use crate::error::Explain as _;
use crate::ledger::{Ledger, LedgerConfig, Profile, verify};
use crate::table::{Source, silent};
use crate::terms::Instant;

fn at() -> Instant {
    "2026-11-23T02:00:00Z".parse().unwrap()
}

fn log(profile: Profile) -> (tempfile::TempDir, Ledger, PublicKey) {
    let temp = tempfile::tempdir().unwrap();
    let signer: Box<dyn crate::crypto::Signer> = match profile {
        Profile::Intl => Box::new(Ed25519Key::generate().unwrap().0),
        Profile::Gm => Box::new(Sm2Key::generate("kaifang").unwrap().0),
    };
    let key = signer.public_key().clone();
    let config = LedgerConfig { origin: "log".to_owned(), profile };
    let ledger = Ledger::create(temp.path().join("log"), &config, signer).unwrap();
    (temp, ledger, key)
}

/// A table of so many columns, redacted, and the proof of it.
fn applied(names: &[String]) -> (RecordBatch, Applied) {
    let cells = Arc::new(StringArray::from(vec!["秘", "密"])) as ArrayRef;
    let batch = RecordBatch::try_from_iter(names.iter().map(|name| (name, Arc::clone(&cells)))).unwrap();
    let columns = names.iter().map(|name| format!("\"{name}\" = {{ do = \"redact\" }}\n")).collect::<String>();
    let plan = Plan::parse_toml(&format!("v = 1\ndataset = \"d\"\n[columns]\n{columns}")).unwrap();
    let source = Source::from_batches(batch.schema(), vec![batch]).unwrap();
    let mut treated = plan.apply(source, &Keyring::new()).unwrap();
    let batch = treated.next_batch().unwrap().unwrap();
    assert!(treated.next_batch().unwrap().is_none());
    (batch, treated.into_applied().unwrap())
}

#[test]
fn a_proof_is_a_record_that_is_read_back_under_the_key() {
    let (batch, applied) = applied(&["xm".to_owned()]);
    for profile in [Profile::Intl, Profile::Gm] {
        let (_temp, mut ledger, key) = log(profile);
        let index = record_applied(&mut ledger, &applied, at()).unwrap();
        let text = String::from_utf8(ledger.read(index).unwrap()).unwrap();
        let document = crate::canon::to_string(&applied).unwrap();
        let expected =
            format!(r#"{{"at":"2026-11-23T02:00:00Z","body":{{"applied":{document},"kind":"applied"}},"v":1}}"#);
        assert_eq!(text, expected);

        // Nothing is proved before a head covers it, and nothing by another key.
        assert_eq!(recorded_applied(&ledger, index, &key).unwrap_err().code(), "KF-LEDGER-12");
        ledger.checkpoint().unwrap();
        assert_eq!(recorded_applied(&ledger, index, &key).unwrap(), applied);
        let (_other, _ledger, stranger) = log(profile);
        assert_eq!(recorded_applied(&ledger, index, &stranger).unwrap_err().code(), "KF-INTEGRITY-19");

        let proof = recorded_applied(&ledger, index, &key).unwrap();
        let table = |batch: &RecordBatch| Source::from_batches(batch.schema(), vec![batch.clone()]).unwrap();
        proof.verify_output(table(&batch), &mut silent).unwrap();
        let fewer = proof.verify_output(table(&batch.slice(0, 1)), &mut silent).unwrap_err();
        assert_eq!((fewer.code(), fewer.place().as_deref()), ("KF-PLAN-17", Some("rows")));
    }
}

#[test]
fn a_proof_longer_than_a_record_is_a_blob() {
    let names: Vec<String> = (0..300).map(|number| format!("列{number}")).collect();
    let (_, applied) = applied(&names);
    let document = crate::canon::to_bytes(&applied).unwrap();
    assert!(document.len() > 65_535);
    let (temp, mut ledger, key) = log(Profile::Gm);
    let index = record_applied(&mut ledger, &applied, at()).unwrap();
    ledger.checkpoint().unwrap();
    let blob = crate::crypto::digest(crate::terms::HashAlgorithm::Sm3, &document);
    let expected = format!(r#"{{"at":"2026-11-23T02:00:00Z","blobs":["{blob}"],"body":{{"kind":"applied"}},"v":1}}"#);
    assert_eq!(String::from_utf8(ledger.read(index).unwrap()).unwrap(), expected);
    assert_eq!(recorded_applied(&ledger, index, &key).unwrap(), applied);
    let verified = verify(temp.path().join("log"), Some(&key), None).unwrap();
    assert_eq!((verified.blobs, verified.blob_bytes), (1, document.len() as u64));

    ledger.erase_blob(&blob).unwrap();
    assert_eq!(recorded_applied(&ledger, index, &key).unwrap_err().code(), "KF-LEDGER-22");
}

#[test]
fn the_name_of_a_column_that_identifies_is_refused() {
    // In a record, and in what would be a blob.
    for others in [0, 300] {
        let mut names: Vec<String> = (0..others).map(|number| format!("列{number}")).collect();
        names.push("tel-13800138000".to_owned());
        let (_, applied) = applied(&names);
        let (_temp, mut ledger, _) = log(Profile::Intl);
        let error = record_applied(&mut ledger, &applied, at()).unwrap_err();
        assert_eq!(error.code(), "KF-GATE-06");
        assert!(!error.to_string().contains("13800138000") && !error.zh().contains("13800138000"));
        assert_eq!(ledger.size(), 0);
    }
}

#[test]
fn another_record_is_no_proof() {
    let (_temp, mut ledger, key) = log(Profile::Intl);
    let blob = ledger.put_blob(&mut &b"{}"[..]).unwrap();
    let records = [
        r#"{"v":1}"#.to_owned(),
        r#"{"at":"2026-11-23T02:00:00Z","body":{"kind":"applied"},"v":1}"#.to_owned(),
        format!(
            r#"{{"at":"2026-11-23T02:00:00Z","blobs":["{blob}"],"body":{{"applied":{{}},"kind":"applied"}},"v":1}}"#
        ),
        format!(r#"{{"at":"2026-11-23T02:00:00Z","body":{{"kind":"snapshot","state":"{blob}"}},"v":1}}"#),
    ];
    ledger.append_batch(&records).unwrap();
    let empty = format!(r#"{{"at":"2026-11-23T02:00:00Z","blobs":["{blob}"],"body":{{"kind":"applied"}},"v":1}}"#);
    ledger.append(empty.as_bytes()).unwrap();
    ledger.checkpoint().unwrap();
    for index in 0..4 {
        assert_eq!(recorded_applied(&ledger, index, &key).unwrap_err().code(), "KF-GATE-07", "{index}");
    }
    assert_eq!(recorded_applied(&ledger, 4, &key).unwrap_err().code(), "KF-CANON-02", "{{}} is no proof");
    assert_eq!(recorded_applied(&ledger, 5, &key).unwrap_err().code(), "KF-LEDGER-11");
}
