//! `kaifang ledger`: the tamper-evident log.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use kaifang::crypto::{Ed25519Key, PublicKey};
use kaifang::ledger::{self, Checkpoint, Ledger, LedgerConfig, Profile};

use crate::output::{Failure, Outcome};
use crate::{input, output};

#[derive(Subcommand)]
pub(crate) enum Verb {
    /// Make a ledger
    Init {
        /// The directory
        dir: PathBuf,
        /// The log's name, in its checkpoints
        #[arg(long)]
        origin: String,
        /// The signing key
        #[arg(long)]
        key: PathBuf,
    },
    /// Append a record: canonical JSON, at most 65,535 bytes; `-` is standard input
    Append {
        /// The directory
        dir: PathBuf,
        /// The record
        record: PathBuf,
        /// The signing key
        #[arg(long)]
        key: PathBuf,
    },
    /// Sign the present head, and print it (C2SP signed note)
    Checkpoint {
        /// The directory
        dir: PathBuf,
        /// The signing key
        #[arg(long)]
        key: PathBuf,
    },
    /// Verify every byte, offline
    Verify {
        /// The directory
        dir: PathBuf,
        /// The log's public key, base64; without it, the key that the directory names is used, and said so
        #[arg(long)]
        public_key: Option<String>,
        /// A head kept elsewhere
        #[arg(long)]
        pin: Option<PathBuf>,
        /// The result as a JSON document
        #[arg(long)]
        json: bool,
    },
    /// Verify one proof document: inclusion, consistency or checkpoint
    Check {
        /// The document; `-` is standard input
        proof: PathBuf,
    },
}

pub(crate) fn run(verb: &Verb) -> Result<Outcome, Failure> {
    match verb {
        Verb::Init { dir, origin, key } => {
            let config = LedgerConfig { origin: origin.clone(), profile: Profile::Intl };
            Ledger::create(dir, &config, Box::new(Ed25519Key::load(key)?))?;
        }
        Verb::Append { dir, record, key } => {
            let mut record = input::bytes(record)?;
            // a text file ends with a line feed, which is no part of the record
            if record.last() == Some(&b'\n') {
                record.pop();
            }
            let mut ledger = Ledger::open(dir, Some(Box::new(Ed25519Key::load(key)?)))?;
            output::text(&ledger.append(&record)?.to_string())?;
        }
        Verb::Checkpoint { dir, key } => {
            let mut ledger = Ledger::open(dir, Some(Box::new(Ed25519Key::load(key)?)))?;
            output::text(ledger.checkpoint()?.note.trim_end())?;
        }
        Verb::Verify { dir, public_key, pin, json } => {
            let key = public_key.as_deref().map(PublicKey::from_base64).transpose()?;
            let pin = pin.as_deref().map(|pin| read_pin(pin, dir, key.as_ref())).transpose()?;
            let verified = ledger::verify(dir, key.as_ref(), pin.as_ref())?;
            if *json {
                output::json(&verified)?;
            } else {
                output::text(&format!(
                    "{}\n{} 条记录 records, {} 已签名 signed\n{}",
                    verified.origin, verified.size, verified.signed_size, verified.root
                ))?;
            }
            if verified.own_key {
                warn_of_own_key();
            }
        }
        Verb::Check { proof } => {
            ledger::verify_document(&input::bytes(proof)?)?;
            output::text("{\"valid\":true}")?;
        }
    }
    Ok(Outcome::Done)
}

/// A head kept elsewhere, signed by the key that the caller trusts, or else by the one that the directory names.
fn read_pin(pin: &Path, dir: &Path, key: Option<&PublicKey>) -> Result<Checkpoint, Failure> {
    let note = String::from_utf8_lossy(&input::bytes(pin)?).into_owned();
    let checkpoint = match key {
        Some(key) => Checkpoint::parse(&note, key),
        None => Checkpoint::parse(&note, Ledger::open(dir, None)?.public_key()),
    };
    Ok(checkpoint?)
}

/// A directory that vouches for itself proves nothing against whoever made it.
pub(crate) fn warn_of_own_key() {
    eprintln!("使用了目录自带的公钥:请用 --public-key 给出您信任的公钥");
    eprintln!("the directory's own key was used: give the key that you trust with --public-key");
}
