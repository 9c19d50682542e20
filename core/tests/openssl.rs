//! OpenSSL makes the keys of ledgers, verifies the lines of their notes, and signs: what a stranger has at hand.
//!
//! Needs `openssl` of version 3 or later. Without it the test says so and ends; where CI is set, that is an error.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::print_stderr)]
#![allow(missing_docs)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kaifang::crypto::{PublicKey, load_signer};
use kaifang::ledger::{Ledger, LedgerConfig, Profile, verify, verify_receipt};

/// Runs `openssl` in a directory.
fn openssl(dir: &Path, arguments: &[&str]) -> Output {
    Command::new("openssl").current_dir(dir).args(arguments).output().expect("openssl runs")
}

fn run(dir: &Path, arguments: &[&str]) {
    let output = openssl(dir, arguments);
    assert!(output.status.success(), "openssl {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn is_there() -> bool {
    let version = Command::new("openssl").arg("version").output().ok().map(|output| output.stdout).unwrap_or_default();
    let version = String::from_utf8_lossy(&version).into_owned();
    let major = version.strip_prefix("OpenSSL ").and_then(|rest| rest.split('.').next()?.parse::<u32>().ok());
    let there = major.is_some_and(|major| major >= 3);
    if !there {
        assert!(std::env::var_os("CI").is_none(), "OpenSSL 3 is needed: keys and signatures of other people's making");
        eprintln!("skipped: OpenSSL 3 is not installed ({version:?})");
    }
    there
}

/// The text of a note, and the signatures of its lines, the ids of the keys cut off.
fn taken_apart(note: &str) -> (String, Vec<Vec<u8>>) {
    let (text, lines) = note.rsplit_once("\n\n").unwrap();
    let signatures = lines.lines().map(|line| STANDARD.decode(line.rsplit(' ').next().unwrap()).unwrap()[4..].to_vec());
    (format!("{text}\n"), signatures.collect())
}

/// Whether OpenSSL verifies a signature with the key in `public`. `id` is the signer's, for SM2.
fn verifies(dir: &Path, public: &str, id: Option<&str>, text: &str, signature: &[u8]) -> bool {
    fs::write(dir.join("text"), text).unwrap();
    fs::write(dir.join("signature"), signature).unwrap();
    let output = match id.map(|id| format!("distid:{id}")) {
        Some(id) => {
            openssl(dir, &["dgst", "-sm3", "-sigopt", &id, "-verify", public, "-signature", "signature", "text"])
        }
        None => {
            let key = ["pkeyutl", "-verify", "-pubin", "-inkey", public];
            openssl(dir, &[&key[..], &["-rawin", "-in", "text", "-sigfile", "signature"]].concat())
        }
    };
    output.status.success()
}

/// A ledger by a key in a file; OpenSSL verifies its head, and nothing that was changed.
fn a_ledger_by(dir: &Path, profile: Profile, private: &str, public: &str) {
    let signer = load_signer(dir.join(private)).unwrap();
    let key = signer.public_key().clone();
    let config = LedgerConfig { origin: "data.xa.example/openssl".to_owned(), profile };
    let log = dir.join(format!("log-by-{private}"));
    let mut ledger = Ledger::create(&log, &config, signer).unwrap();
    ledger.append_batch(&["1", "2", "3"]).unwrap();
    let head = ledger.checkpoint().unwrap();
    let (text, signatures) = taken_apart(&head.note);
    let id = key.signer_id();
    assert!(verifies(dir, public, id, &text, &signatures[0]));
    assert!(!verifies(dir, public, id, &text.replace("\n3\n", "\n4\n"), &signatures[0]));
    if id.is_some() {
        assert!(!verifies(dir, public, Some("another"), &text, &signatures[0]));
    }
    verify_receipt(b"2", &ledger.receipt(1).unwrap(), &key).unwrap();
    assert_eq!(verify(&log, Some(&key), Some(&head)).unwrap().size, 3);
}

/// A private key in `NAME.pem` and its public key in `NAME.public.pem`.
fn generate(dir: &Path, algorithm: &str, name: &str) -> (String, String) {
    let (private, public) = (format!("{name}.pem"), format!("{name}.public.pem"));
    run(dir, &["genpkey", "-algorithm", algorithm, "-out", &private]);
    run(dir, &["pkey", "-in", &private, "-pubout", "-out", &public]);
    (private, public)
}

#[test]
fn keys_and_signatures_of_ed25519() {
    if is_there() {
        let temp = tempfile::tempdir().unwrap();
        let (private, public) = generate(temp.path(), "ed25519", "ed25519");
        let read = PublicKey::from_pem(&fs::read_to_string(temp.path().join(&public)).unwrap()).unwrap();
        assert_eq!(*load_signer(temp.path().join(&private)).unwrap().public_key(), read);
        a_ledger_by(temp.path(), Profile::Intl, &private, &public);
    }
}

#[cfg(feature = "gm")]
mod gm {
    use super::*;
    use kaifang::crypto::{CallbackSigner, DEFAULT_SIGNER_ID};
    use std::os::unix::fs::OpenOptionsExt as _;
    use std::time::Duration;

    #[test]
    fn keys_and_signatures_of_sm2() {
        if !is_there() {
            return;
        }
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path();
        let (private, public) = generate(dir, "SM2", "sm2");
        assert_eq!(load_signer(dir.join(&private)).unwrap().public_key().signer_id(), Some(DEFAULT_SIGNER_ID));
        a_ledger_by(dir, Profile::Gm, &private, &public);

        // The line with the id is ours, and OpenSSL passes over it.
        let text = format!("SM2-Signer-Id: xian@example\n{}", fs::read_to_string(dir.join(&private)).unwrap());
        let mut file = fs::OpenOptions::new();
        let file = file.write(true).create_new(true).mode(0o600).open(dir.join("with-id.pem"));
        std::io::Write::write_all(&mut file.unwrap(), text.as_bytes()).unwrap();
        run(dir, &["pkey", "-in", "with-id.pem", "-noout"]);
        a_ledger_by(dir, Profile::Gm, "with-id.pem", &public);
    }

    /// OpenSSL stands where a device would: it has the key, and we never see it.
    #[test]
    fn openssl_signs_a_ledger() {
        if !is_there() {
            return;
        }
        let temp = tempfile::tempdir().unwrap();
        let (private, public) = generate(temp.path(), "SM2", "sm2");
        let pem = fs::read_to_string(temp.path().join(&public)).unwrap();
        let key = PublicKey::from_pem(&format!("SM2-Signer-Id: xian@example\n{pem}")).unwrap();
        let dir = temp.path().to_owned();
        let signer = CallbackSigner::message(key.clone(), Duration::from_secs(60), move |message| {
            fs::write(dir.join("message"), message).map_err(|error| error.to_string())?;
            let output =
                openssl(&dir, &["dgst", "-sm3", "-sigopt", "distid:xian@example", "-sign", &private, "message"]);
            Ok(output.stdout)
        });
        let config = LedgerConfig { origin: "data.xa.example/openssl".to_owned(), profile: Profile::Gm };
        let log = temp.path().join("log");
        let mut ledger = Ledger::create(&log, &config, Box::new(signer)).unwrap();
        ledger.append(b"1").unwrap();
        let head = ledger.checkpoint().unwrap();
        drop(ledger);
        assert_eq!(verify(&log, Some(&key), Some(&head)).unwrap().signed_size, 1);
    }

    /// The frozen ledger of gm: its head by both keys, which are one with two ids, and the note that changed the key.
    #[test]
    fn the_frozen_notes_verify() {
        if !is_there() {
            return;
        }
        let temp = tempfile::tempdir().unwrap();
        fs::write(temp.path().join("public.pem"), include_str!("data/sm2-public.pem")).unwrap();
        let frozen = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/ledgers/gm");
        let record = Ledger::open(&frozen, None).unwrap().read(5).unwrap();
        let change: serde_json::Value = serde_json::from_slice(&record).unwrap();
        // The present key signs a head first, the former a change.
        let ids = [DEFAULT_SIGNER_ID, "xian@example"];
        let head = fs::read_to_string(frozen.join("checkpoint")).unwrap();
        for (note, ids) in [(head.as_str(), [ids[1], ids[0]]), (change["note"].as_str().unwrap(), ids)] {
            let (text, signatures) = taken_apart(note);
            assert_eq!(signatures.len(), 2);
            for (id, signature) in ids.iter().zip(&signatures) {
                assert!(verifies(temp.path(), "public.pem", Some(id), &text, signature), "{id}");
            }
            assert!(!verifies(temp.path(), "public.pem", Some(ids[0]), &text, &signatures[1]));
        }
    }
}
