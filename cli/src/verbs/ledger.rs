//! `kaifang ledger`: the tamper-evident log.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use kaifang::crypto::{self, PublicKey};
use kaifang::ledger::{self, Checkpoint, IntegrityError, Ledger, LedgerConfig, Profile, Receipt};
use kaifang::terms::{Digest, Word as _};

use crate::output::{Failure, Outcome};
use crate::progress::Bar;
use crate::{input, output};

#[derive(Subcommand)]
pub(crate) enum Verb {
    /// Make a ledger
    Init {
        /// The directory
        dir: PathBuf,
        /// intl: SHA-256 and an Ed25519 key; gm: SM3 and an SM2 key
        #[arg(long, default_value = "intl", value_parser = profile)]
        profile: Profile,
        /// The log's name, in its checkpoints
        #[arg(long)]
        origin: String,
        /// The signing key
        #[arg(long)]
        key: PathBuf,
    },
    /// Append a record: canonical JSON, at most 65,535 bytes; `-` is standard input. Prints its index
    Append {
        /// The directory
        dir: PathBuf,
        /// The record
        record: PathBuf,
        /// Each line of the file is a record: all or none, with one write to the disk
        #[arg(long)]
        lines: bool,
        /// Use the space that is held for a last record, where there is no other
        #[arg(long, conflicts_with = "lines")]
        last: bool,
        /// The signing key
        #[arg(long)]
        key: PathBuf,
    },
    /// Sign the present head, and print it (C2SP signed note)
    Checkpoint {
        /// The directory
        dir: PathBuf,
        /// Append a record of this instant (or date, its midnight in Xi'an) before, so that an interval without records is
        /// sealed too
        #[arg(long)]
        seal: Option<String>,
        /// The key before the present one: the head is signed by both
        #[arg(long)]
        previous_key: Option<PathBuf>,
        /// The signing key
        #[arg(long)]
        key: PathBuf,
    },
    /// Verify every byte, offline
    Verify {
        /// The directory
        dir: PathBuf,
        /// The log's public key, or a PEM file; without it, the key that the directory names is used, and said so
        #[arg(long)]
        public_key: Option<String>,
        /// A head kept elsewhere
        #[arg(long)]
        pin: Option<PathBuf>,
        /// The result as a JSON document
        #[arg(long)]
        json: bool,
    },
    /// Prove that a record is under the signed head (a receipt), or that one size begins another
    #[command(group = clap::ArgGroup::new("what").required(true))]
    #[command(
        override_usage = "kaifang ledger prove <DIR> <INDEX> [--tlog-proof]\n       kaifang ledger prove <DIR> --consistency <SIZE1> <SIZE2>"
    )]
    Prove {
        /// The directory
        dir: PathBuf,
        /// The record's index
        #[arg(group = "what")]
        index: Option<u64>,
        /// Two sizes: a consistency proof
        #[arg(long, num_args = 2, value_names = ["SIZE1", "SIZE2"], group = "what")]
        consistency: Option<Vec<u64>>,
        /// The receipt as a `.tlog-proof` text (C2SP), not as JSON
        #[arg(long, conflicts_with = "consistency")]
        tlog_proof: bool,
    },
    /// Verify one proof: a document (inclusion, consistency, checkpoint, receipt, equivocation), or a receipt of a record
    Check {
        /// The document, the receipt or the `.tlog-proof` text; `-` is standard input
        proof: PathBuf,
        /// The record, whose receipt it is
        #[arg(long, requires = "public_key")]
        record: Option<PathBuf>,
        /// The log's public key, or a PEM file
        #[arg(long, requires = "record")]
        public_key: Option<String>,
    },
    /// Change the key: from then on only the new one opens the ledger for writing. Prints the index of the record
    ChangeKey {
        /// The directory
        dir: PathBuf,
        /// The present signing key
        #[arg(long)]
        key: PathBuf,
        /// The new one
        #[arg(long)]
        new_key: PathBuf,
    },
    /// Keep a file as a blob, and print the digest by which a record names it
    PutBlob {
        /// The directory
        dir: PathBuf,
        /// The file; `-` is standard input
        file: PathBuf,
        /// The signing key
        #[arg(long)]
        key: PathBuf,
    },
    /// Write a blob to a file
    GetBlob {
        /// The directory
        dir: PathBuf,
        /// Its digest
        digest: Digest,
        /// The file
        #[arg(short, long)]
        output: PathBuf,
    },
    /// Erase a blob for ever; the records that name it stay
    EraseBlob {
        /// The directory
        dir: PathBuf,
        /// Its digest
        digest: Digest,
        /// The signing key
        #[arg(long)]
        key: PathBuf,
    },
    /// Write the records to a Parquet file, with the signed head in its metadata
    Export {
        /// The directory
        dir: PathBuf,
        /// The file, `.parquet`
        #[arg(short, long)]
        output: PathBuf,
    },
    /// Write out that the key signed two trees of one size: from two checkpoints
    ProveEquivocation {
        /// One checkpoint
        first: PathBuf,
        /// The other
        second: PathBuf,
        /// The log's public key, or a PEM file
        #[arg(long)]
        public_key: String,
    },
}

fn profile(word: &str) -> Result<Profile, String> {
    Profile::from_id(word).ok_or_else(|| "intl | gm".to_owned())
}

/// A public key as documents have it, or a PEM file.
pub(crate) fn public_key(text: &str) -> Result<PublicKey, Failure> {
    let path = Path::new(text);
    // A file says so by its name, also where it is not there: no key has a dot, but in the id of SM2, after a colon.
    if path.is_file() || (path.extension().is_some() && !text.contains(':')) {
        return Ok(String::from_utf8_lossy(&input::bytes(path)?).parse()?);
    }
    Ok(text.parse()?)
}

fn note(path: &Path) -> Result<String, Failure> {
    Ok(String::from_utf8_lossy(&input::bytes(path)?).into_owned())
}

pub(crate) fn writer(dir: &Path, key: &Path) -> Result<Ledger, Failure> {
    let ledger = Ledger::open(dir, Some(crypto::load_signer(key)?))?;
    if let Some(dropped) = ledger.dropped() {
        eprintln!("{}:丢弃未提交的 {} 字节(上次写入中断)", dropped.file, dropped.bytes);
        eprintln!(
            "{}: dropped {} bytes that were never committed (a write was interrupted)",
            dropped.file, dropped.bytes
        );
    }
    Ok(ledger)
}

pub(crate) fn run(verb: &Verb) -> Result<Outcome, Failure> {
    match verb {
        Verb::Init { dir, profile, origin, key } => {
            let config = LedgerConfig { origin: origin.clone(), profile: *profile };
            Ledger::create(dir, &config, crypto::load_signer(key)?)?;
        }
        Verb::Append { dir, record, lines, last, key } => {
            let bytes = input::bytes(record)?;
            // A text file ends with a line feed, which is no part of the record.
            let record = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
            let mut ledger = writer(dir, key)?;
            let index = match (lines, last) {
                (true, _) => ledger.append_batch(&ledger::lines(&bytes))?.start,
                (_, true) => ledger.append_last(record)?,
                _ => ledger.append(record)?,
            };
            output::text(&index.to_string())?;
        }
        Verb::Checkpoint { dir, seal, previous_key, key } => {
            let at = seal.as_deref().map(|text| input::instant_of("--seal", text)).transpose()?;
            let mut ledger = writer(dir, key)?;
            if let Some(previous) = previous_key {
                ledger.sign_with_previous_key(crypto::load_signer(previous)?)?;
            }
            let head = match at {
                Some(at) => ledger.seal(at)?,
                None => ledger.checkpoint()?,
            };
            output::text(head.note.trim_end())?;
        }
        Verb::Verify { dir, public_key, pin, json } => verify(dir, public_key.as_deref(), pin.as_deref(), *json)?,
        Verb::Prove { dir, index, consistency, tlog_proof } => {
            let ledger = Ledger::open(dir, None)?;
            match (index, consistency.as_deref()) {
                (Some(index), _) if *tlog_proof => output::text(ledger.receipt(*index)?.to_tlog_proof().trim_end())?,
                (Some(index), _) => output::json(&ledger.receipt(*index)?)?,
                (None, Some([size1, size2])) => output::json(&ledger.consistency_document(*size1, *size2)?)?,
                (None, _) => {}
            }
        }
        Verb::Check { proof, record, public_key: key } => {
            let proof = input::bytes(proof)?;
            match (record, key) {
                (Some(record), Some(key)) => {
                    let record = input::bytes(record)?;
                    let record = record.strip_suffix(b"\n").unwrap_or(&record);
                    let key = public_key(key)?;
                    ledger::verify_receipt(record, &receipt(&proof, &key)?, &key)?;
                }
                _ if is_receipt(&proof) => {
                    return Err(Failure::usage(
                        "核对回执须用 --record 给出记录,用 --public-key 给出账本的公钥",
                        "a receipt is checked with its record (--record) and the log's key (--public-key)",
                    ));
                }
                _ => ledger::verify_document(&proof)?,
            }
            output::text("{\"valid\":true}")?;
        }
        Verb::ChangeKey { dir, key, new_key } => {
            let new = crypto::load_signer(new_key)?;
            let mut ledger = writer(dir, key)?;
            output::text(&ledger.change_key(new)?.to_string())?;
            // The change stands. Where the head could not be signed with it, this says why.
            ledger.checkpoint()?;
        }
        Verb::PutBlob { dir, file, key } => {
            let digest = writer(dir, key)?.put_blob(&mut *reader(file)?)?;
            output::text(&digest.to_string())?;
        }
        Verb::GetBlob { dir, digest, output } => {
            let ledger = Ledger::open(dir, None)?;
            let mut file = File::create_new(output).map_err(|error| Failure::file(output, &error))?;
            if let Err(error) = ledger.copy_blob(digest, &mut file) {
                // What was copied of it is not to be used.
                let _ = std::fs::remove_file(output);
                return Err(error.into());
            }
        }
        Verb::EraseBlob { dir, digest, key } => writer(dir, key)?.erase_blob(digest)?,
        Verb::Export { dir, output } => {
            if output.extension().is_none_or(|extension| extension != "parquet") {
                return Err(Failure::usage(
                    "导出为 Parquet:文件名应以 .parquet 结尾",
                    "what is exported is Parquet: name it .parquet",
                ));
            }
            let mut bar = Bar::new("导出 export");
            let stats = Ledger::open(dir, None)?.export(output, &mut |update| bar.update(update))?;
            drop(bar);
            output::text(&stats.rows.to_string())?;
        }
        Verb::ProveEquivocation { first, second, public_key: key } => {
            let proof = ledger::prove_equivocation(&note(first)?, &note(second)?, &public_key(key)?)?;
            output::json(&proof)?;
        }
    }
    Ok(Outcome::Done)
}

/// A file of any length; `-` is standard input.
fn reader(path: &Path) -> Result<Box<dyn Read>, Failure> {
    if path == Path::new("-") {
        return Ok(Box::new(std::io::stdin().lock()));
    }
    Ok(Box::new(File::open(path).map_err(|error| Failure::file(path, &error))?))
}

/// Whether this is a receipt, which says nothing without its record.
fn is_receipt(bytes: &[u8]) -> bool {
    bytes.starts_with(b"c2sp.org/tlog-proof@") || kaifang::canon::read::<Receipt>("Receipt", bytes).is_ok()
}

/// A receipt, as JSON or as a `.tlog-proof` text.
fn receipt(bytes: &[u8], key: &PublicKey) -> Result<Receipt, Failure> {
    let text = String::from_utf8_lossy(bytes);
    match text.starts_with('{') {
        true => Ok(kaifang::canon::read("Receipt", bytes)?),
        false => Ok(Receipt::from_tlog_proof(&text, key)?),
    }
}

fn verify(dir: &Path, key: Option<&str>, pin: Option<&Path>, json: bool) -> Result<(), Failure> {
    let key = key.map(public_key).transpose()?;
    let pin = pin.map(|pin| read_pin(pin, dir, key.as_ref())).transpose()?;
    let bar = Bar::new("校验 verify");
    let verified = ledger::verify(dir, key.as_ref(), pin.as_ref())?;
    drop(bar);
    if json {
        output::json(&verified)?;
    } else {
        output::text(&format!(
            "{}\n{} 条记录 records, {} 已签名 signed\n{}",
            verified.origin, verified.size, verified.signed_size, verified.root
        ))?;
        if verified.blobs + verified.blobs_gone > 0 {
            output::text(&format!("{} 个数据块 blobs, {} 处已擦除 gone", verified.blobs, verified.blobs_gone))?;
        }
        if let Some(first) = verified.first_backward_time {
            let count = verified.backward_times;
            output::text(&format!(
                "{count} 条记录的时间早于此前的记录,首条为 {first} times go backward in {count} records, first in {first}"
            ))?;
        }
    }
    if verified.own_key {
        warn_of_own_key();
    }
    Ok(())
}

/// A head kept elsewhere, signed by the key that the caller trusts or by another of the log's keys.
fn read_pin(pin: &Path, dir: &Path, key: Option<&PublicKey>) -> Result<Checkpoint, Failure> {
    let note = note(pin)?;
    let ledger = Ledger::open(dir, None)?;
    let keys = key.into_iter().chain([ledger.public_key()]).chain(ledger.earlier_keys());
    let mut error = None;
    for key in keys {
        match Checkpoint::parse(&note, key) {
            Ok(checkpoint) => return Ok(checkpoint),
            Err(other) => _ = error.get_or_insert(other),
        };
    }
    Err(error.unwrap_or(IntegrityError::NotSigned { name: ledger.origin().to_owned() }).into())
}

/// A directory that vouches for itself proves nothing against whoever made it.
pub(crate) fn warn_of_own_key() {
    eprintln!("使用了目录自带的公钥:请用 --public-key 给出您信任的公钥");
    eprintln!("the directory's own key was used: give the key that you trust with --public-key");
}
