//! The proof of a treatment in a ledger: a record of its own, which a verifier finds by its index.
//!
//! The record is `{"v": 1, "at": …, "body": {"kind": "applied", "applied": {…}}}`; a proof that is longer than a record is a
//! blob, which the record names instead. A proof has no value of the table; what it has of a person could only stand in the
//! name of a column, and such a name is refused here.

use serde_json::{Map, Value};

use crate::Error;
use crate::canon;
use crate::crypto::PublicKey;
use crate::desensitize::Applied;
use crate::gate::{Body, GateError, Record};
use crate::ledger::{Ledger, verify_receipt};
use crate::terms::{Instant, Text};

/// The longest proof that is read out of a blob, in bytes: of some hundred thousand columns.
const LONGEST_PROOF: u64 = 64 << 20;

/// Appends the proof of a treatment as a record of its own; its index. When this returns, it is on the disk: with the next
/// checkpoint it is signed.
///
/// ```
/// use kaifang::assess::{record_applied, recorded_applied};
/// use kaifang::crypto::{Ed25519Key, Keyring, Signer as _};
/// use kaifang::desensitize::Plan;
/// use kaifang::error::Explain as _;
/// use kaifang::ledger::{Ledger, LedgerConfig, Profile};
/// use kaifang::table::{self, ReadOptions, silent};
///
/// let folder = tempfile::tempdir()?;
/// let (path, log) = (folder.path().join("people.csv"), folder.path().join("log"));
/// std::fs::write(&path, "xm,lxdh\n张三,13800138000\n")?;
/// let plan = r#"{"v": 1, "dataset": "d", "columns": {"xm": {"do": "redact"}, "lxdh": {"do": "keep"}}}"#;
/// let open = |path| table::open(path, &ReadOptions::default());
/// let mut treated = Plan::parse_json(plan.as_bytes())?.apply(open(&path)?, &Keyring::new())?;
/// while treated.next_batch()?.is_some() {}
/// let applied = treated.into_applied()?;
///
/// let (key, _) = Ed25519Key::generate()?;
/// let public_key = key.public_key().clone();
/// let config = LedgerConfig { origin: "data.example".to_owned(), profile: Profile::Intl };
/// let mut ledger = Ledger::create(&log, &config, Box::new(key))?;
/// let index = record_applied(&mut ledger, &applied, "2026-11-23T02:00:00Z".parse()?)?;
/// ledger.checkpoint()?;
/// let proof = recorded_applied(&ledger, index, &public_key)?;
/// assert_eq!(proof, applied);
/// let differs = proof.verify_output(open(&path)?, &mut silent).unwrap_err();
/// assert_eq!(differs.code(), "KF-PLAN-17", "this is the table before the treatment");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`GateError::Personal`] where the name of a column reads as an identifier of a person; what the ledger can't do.
pub fn record_applied(ledger: &mut Ledger, applied: &Applied, at: Instant) -> Result<u64, Error> {
    let bytes = canon::to_bytes(applied)?;
    let document: Map<String, Value> = canon::read("Applied", &bytes)?;
    let record = match Record::new(at, Body::Applied { applied: Some(document) }).to_bytes() {
        Err(Error::Gate(GateError::TooLong { .. })) => {
            let mut record = Record::new(at, Body::Applied { applied: None });
            record.blobs.push(ledger.put_blob(&mut bytes.as_slice())?);
            record.to_bytes()?
        }
        record => record?,
    };
    Ok(ledger.append(&record)?)
}

/// The proof in a record, which the head that `key` signed is proved to cover. `key` is the one that the caller trusts: the
/// directory's own vouches for nothing.
///
/// # Errors
/// [`crate::ledger::LedgerError::NotYetSigned`] for a record that no head covers yet; [`crate::ledger::IntegrityError`] where
/// it is not what was signed; [`GateError::BadRecord`] for a record of something else;
/// [`crate::ledger::LedgerError::NoSuchBlob`] where the proof was a blob and was erased.
pub fn recorded_applied(ledger: &Ledger, index: u64, key: &PublicKey) -> Result<Applied, Error> {
    let bytes = ledger.read(index)?;
    verify_receipt(&bytes, &ledger.receipt(index)?, key)?;
    let other = || {
        let what = Text::new("该记录不是处理证明", "it is not the proof of a treatment");
        GateError::BadRecord { index, what }
    };
    let record = Record::from_bytes(&bytes).map_err(|_| other())?;
    let json = match (&record.body, record.blobs.as_slice()) {
        (Body::Applied { applied: Some(document) }, []) => canon::to_bytes(document)?,
        (Body::Applied { applied: None }, [blob]) => ledger.read_blob(blob, LONGEST_PROOF)?,
        _ => return Err(other().into()),
    };
    Ok(Applied::from_json(&json)?)
}
