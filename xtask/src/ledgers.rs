//! `tests/ledgers/`: two small ledgers as they stand on the disk, with a change of key and an erased blob, and a
//! head of each that was kept; `tests/interop/vectors/`: what other people's programs read of them.
//!
//! Keys, records and signatures are the same each time, and so is every byte. The keys guard nothing.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kaifang::Error;
use kaifang::crypto::{Signer, signer_from_pem};
use kaifang::ledger::{Ledger, LedgerConfig, Profile, ProofHash, verifier_key};

const ORIGIN: &str = "data.xa.example/frozen";
/// The directories that hold nothing else, below `tests`.
const LEDGERS: &str = "ledgers";
const INTEROP: &str = "interop/vectors";
/// What of a ledger is not kept: who writes it, and space.
const NOT_KEPT: [&str; 2] = ["lock", "reserve"];

/// RFC 8032, section 7.1, tests 1 and 2.
const ED25519: [&str; 2] = [
    "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n",
    "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIEzNCJso/5banbbDRuwRTg9bijGfNaumJNqM9u1PuKb7\n-----END PRIVATE KEY-----\n",
];

/// Files by their paths below `tests`.
type Files = BTreeMap<PathBuf, Vec<u8>>;

/// Writes every file anew, or with `check` says which are stale.
pub(crate) fn run(root: &Path, check: bool) -> Result<Vec<String>, String> {
    let (tests, scratch) =
        (root.join("tests"), std::env::temp_dir().join(format!("kaifang-ledgers-{}", std::process::id())));
    let failed = |error: &dyn Display| format!("the frozen ledgers: {error}");
    let sm2 = fs::read_to_string(root.join("core/tests/data/sm2-key.pem")).map_err(|error| failed(&error))?;
    let made = make(&scratch, &sm2).map_err(|error| failed(&error))?;
    let mut found = Files::new();
    for dir in [LEDGERS, INTEROP] {
        collect(&tests.join(dir), Path::new(dir), &mut found).map_err(|error| failed(&error))?;
    }
    let stale: Vec<&PathBuf> = made
        .keys()
        .chain(found.keys().filter(|path| !made.contains_key(*path)))
        .filter(|path| made.get(*path) != found.get(*path))
        .collect();
    for path in stale.iter().filter(|_| !check) {
        let to = tests.join(path);
        match (made.get(*path), to.parent()) {
            (Some(bytes), Some(dir)) => fs::create_dir_all(dir).and_then(|()| fs::write(&to, bytes)),
            _ => fs::remove_file(&to),
        }
        .map_err(|error| failed(&error))?;
    }
    Ok(stale.into_iter().map(|path| Path::new("tests").join(path).display().to_string()).collect())
}

fn make(scratch: &Path, sm2: &str) -> Result<Files, Box<dyn std::error::Error>> {
    let mut files = Files::new();
    // One key with another id is another key.
    let with_id = format!("SM2-Signer-Id: xian@example\n{sm2}");
    let keys = [(Profile::Intl, ED25519), (Profile::Gm, [sm2, &with_id])];
    for (profile, keys) in keys {
        let dir = scratch.join(profile.to_string());
        let kept = Path::new(LEDGERS).join(profile.to_string());
        let (ledger, head) = write(&dir, profile, keys)?;
        files.insert(kept.with_extension("head"), head.clone().into_bytes());
        if profile == Profile::Intl {
            interop(&ledger, &head, &*signer_from_pem(sm2)?, &mut files)?;
        }
        drop(ledger);
        collect(&dir, &kept, &mut files)?;
    }
    fs::remove_dir_all(scratch)?;
    Ok(files)
}

/// A ledger in three segments, and a head of it that was signed before its key was changed.
fn write(dir: &Path, profile: Profile, keys: [&str; 2]) -> Result<(Ledger, String), Box<dyn std::error::Error>> {
    let config = LedgerConfig { origin: ORIGIN.to_owned(), profile };
    let mut ledger = Ledger::create(dir, &config, signer_from_pem(keys[0])?)?;
    ledger.set_segment_limit(700);
    let kept = ledger.put_blob(&mut &b"a letter of consent"[..])?;
    let erased = ledger.put_blob(&mut &b"a letter that was withdrawn"[..])?;
    ledger.append(format!(r#"{{"blobs":["{kept}","{erased}"],"kind":"consent"}}"#).as_bytes())?;
    ledger.append_batch(&[
        r#"{"at":"2026-11-24T08:00:00Z","数据":"开放"}"#,
        r#"{"at":"2026-11-24T07:59:59Z","n":-1}"#,
        r#"{"n":9007199254740991}"#,
    ])?;
    let head = ledger.seal("2026-11-24T16:00:00Z".parse()?)?.note;
    ledger.change_key(signer_from_pem(keys[1])?)?;
    ledger.append_batch(&["[]", "null", r#""\u0001\"""#])?;
    ledger.checkpoint()?;
    ledger.append(br#"{"kind":"not signed yet"}"#)?;
    ledger.erase_blob(&erased)?;
    Ok((ledger, head))
}

/// What programs that know C2SP and no more are shown.
fn interop(ledger: &Ledger, older: &str, sm2: &dyn Signer, files: &mut Files) -> Result<(), Error> {
    let (head, size) = (ledger.signed(), ledger.signed().size);
    // The record that follows the head that was kept changed the key.
    let before = older.lines().nth(1).and_then(|size| size.parse().ok()).unwrap_or(0);
    let lines =
        |hashes: Vec<[u8; 32]>| hashes.into_iter().map(|hash| format!("{}\n", ProofHash(hash))).collect::<String>();
    let keys = ledger.earlier_keys().iter().chain([ledger.public_key()]);
    let (text, _) = head.note.split_once("\n\n").unwrap_or_default();
    let text = format!("{text}\n");
    let by_present = head.note.lines().find(|line| line.starts_with('\u{2014}')).unwrap_or_default();
    let key_of_sm2 = verifier_key(ORIGIN, sm2.public_key());
    let hash_of_sm2 = key_of_sm2.split('+').nth(1).and_then(|hash| u32::from_str_radix(hash, 16).ok()).unwrap_or(0);
    let by_sm2 = STANDARD.encode([&hash_of_sm2.to_be_bytes()[..], &sm2.sign(text.as_bytes())?].concat());
    let index = 1;
    for (name, content) in [
        ("key", keys.map(|key| verifier_key(ORIGIN, key) + "\n").collect()),
        ("key.sm2", key_of_sm2 + "\n"),
        ("checkpoint", head.note.clone()),
        ("checkpoint.older", older.to_owned()),
        ("checkpoint.ed25519-and-sm2", format!("{text}\n{by_present}\n\u{2014} {ORIGIN} {by_sm2}\n")),
        ("receipt.tlog-proof", ledger.receipt(index)?.to_tlog_proof()),
        ("consistency", lines(ledger.prove_consistency(before, size)?)),
    ] {
        files.insert(Path::new(INTEROP).join(name), content.into_bytes());
    }
    for (name, index) in [("record", index), ("key-change", before)] {
        files.insert(Path::new(INTEROP).join(name), ledger.read(index)?);
    }
    Ok(())
}

/// Every file below a directory, where there is one.
fn collect(dir: &Path, name: &Path, files: &mut Files) -> std::io::Result<()> {
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let (path, name) = {
            let entry = entry?;
            (entry.path(), name.join(entry.file_name()))
        };
        if path.is_dir() {
            collect(&path, &name, files)?;
        } else if !NOT_KEPT.iter().any(|file| path.ends_with(file)) {
            files.insert(name, fs::read(&path)?);
        }
    }
    Ok(())
}
