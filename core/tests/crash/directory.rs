//! A ledger's directory as files: what they hold, copies of them, and what the ledger says of it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use kaifang::Error;
use kaifang::error::Explain as _;
use kaifang::ledger::{Ledger, verify};
use tempfile::TempDir;

use super::writer::key;
use kaifang::crypto::Signer as _;

/// What the format calls the log. A lock and files that are derived from these are not part of it.
pub(super) const LOG: &[&str] = &["ledger.json", "key", "checkpoint", "segments"];

/// In memory where there is such a place: for thousands of damaged copies, in whose tests no disk has a part.
pub(super) fn in_memory() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

pub(super) fn segment(dir: &Path, number: u64) -> PathBuf {
    dir.join(format!("segments/{number:08}.kfl"))
}

/// Every file below a directory, or the file itself, and what it holds.
fn files_of(path: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    if path.is_file() {
        return [(path.to_owned(), fs::read(path).unwrap())].into();
    }
    fs::read_dir(path).unwrap().flat_map(|entry| files_of(&entry.unwrap().path())).collect()
}

/// Every file of a directory.
pub(super) fn files(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    files_of(dir)
}

/// The files of the log, and no others.
pub(super) fn log_files(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    LOG.iter().flat_map(|name| files_of(&dir.join(name))).collect()
}

/// Writes files of `from` to the same places in `to`.
fn write(files: BTreeMap<PathBuf, Vec<u8>>, from: &Path, to: &Path) {
    for (path, bytes) in files {
        let path = to.join(path.strip_prefix(from).unwrap());
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

/// A copy of everything.
pub(super) fn copy(from: &Path, to: &Path) {
    write(files(from), from, to);
}

/// A copy of the log alone.
pub(super) fn copy_log(from: &Path, to: &Path) {
    write(log_files(from), from, to);
}

/// The code of a refusal; `ok` where there is none.
pub(super) fn code<T>(result: &Result<T, Error>) -> &'static str {
    result.as_ref().map_or_else(|error| error.code(), |_| "ok")
}

/// What a verifier, a reader and a writer say of a directory, in this order. None of them changes a log that it refuses.
pub(super) fn answers(dir: &Path) -> [&'static str; 3] {
    let before = log_files(dir);
    let verified = verify(dir, Some(key().public_key()), None);
    if let Err(error) = &verified {
        assert!(error.place().is_some(), "no evidence: {error}");
    }
    let (reader, writer) = (Ledger::open(dir, None), Ledger::open(dir, Some(key())));
    assert!(writer.is_ok() || log_files(dir) == before, "a refused writer has written");
    [code(&verified), code(&reader), code(&writer)]
}
