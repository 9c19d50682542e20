//! From a directory to a state: a snapshot that the log names, and the records after it; else every record.

use std::collections::BTreeMap;
use std::fs::{self, File, FileType};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::record::{Body, Record};
use super::replay::Replay;
use super::{GateError, with_code};
use crate::Error;
use crate::crypto::sha256;
use crate::ledger::Ledger;
use crate::policy::Policy;
use crate::process::State;
use crate::terms::io_text;

/// The directory of the snapshots, within a platform's.
const SNAPSHOTS: &str = "snapshots";

/// What a directory within a platform's holds, by name; nothing where it is not there. Names that are no text are not ours.
///
/// # Errors
/// [`GateError::Io`] where it can't be listed.
pub(super) fn entries(dir: &Path, what: &'static str) -> Result<BTreeMap<String, FileType>, GateError> {
    let io = |error: std::io::Error| GateError::Io { what, kind: io_text(error.kind()) };
    let listed = match fs::read_dir(dir.join(what)) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        listed => listed.map_err(io)?,
    };
    let mut found = BTreeMap::new();
    for entry in listed {
        let entry = entry.map_err(io)?;
        if let Ok(name) = entry.file_name().into_string() {
            found.insert(name, entry.file_type().map_err(io)?);
        }
    }
    Ok(found)
}

/// Makes a directory, and those above it. Each is there after a crash: its name is durable.
pub(super) fn make_folder(dir: &Path) -> std::io::Result<()> {
    let new: Vec<&Path> = dir.ancestors().take_while(|above| !above.exists()).collect();
    fs::create_dir_all(dir)?;
    let above = new.into_iter().filter_map(Path::parent);
    above.map(|above| if above.as_os_str().is_empty() { Path::new(".") } else { above }).try_for_each(sync_names)
}

/// Makes the names in a directory durable.
pub(super) fn sync_names(dir: &Path) -> std::io::Result<()> {
    File::open(dir)?.sync_all()
}

fn path(dir: &Path, index: u64) -> PathBuf {
    dir.join(SNAPSHOTS).join(format!("{index:020}.state"))
}

/// Keeps the snapshot of the state before record `index`, durably, and no older one.
pub(super) fn store(dir: &Path, index: u64, bytes: &[u8]) -> Result<(), Error> {
    let io = |error: std::io::Error| GateError::Io { what: SNAPSHOTS, kind: io_text(error.kind()) };
    let folder = dir.join(SNAPSHOTS);
    make_folder(&folder).map_err(io)?;
    let (path, partial) = (path(dir, index), folder.join("partial"));
    let mut file = File::create(&partial).map_err(io)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(io)?;
    fs::rename(&partial, &path).map_err(io)?;
    sync_names(&folder).map_err(io)?;
    // Those before are of no more use, but one is kept until this one is named by a record.
    let older = stored(dir)?.into_iter().filter(|older| *older < index).rev().skip(1);
    older.for_each(|older| drop(fs::remove_file(self::path(dir, older))));
    Ok(())
}

/// The indices of the snapshots that are there, in order.
fn stored(dir: &Path) -> Result<Vec<u64>, GateError> {
    let entries = entries(dir, SNAPSHOTS)?;
    let mut found: Vec<u64> = entries.keys().filter_map(|name| name.strip_suffix(".state")?.parse().ok()).collect();
    found.sort_unstable();
    Ok(found)
}

/// The policy in force and the state after the last record of an open log.
pub(super) fn fold(dir: &Path, ledger: &Ledger) -> Result<(Policy, State), Error> {
    for index in stored(dir)?.into_iter().rev().filter(|index| *index < ledger.size()) {
        // A snapshot that is no longer what the log names is as if it were not there.
        if let Some(replay) = from_snapshot(dir, ledger, index)? {
            return Ok(replay.finish()?);
        }
    }
    let mut replay = Replay::new(dir);
    for item in ledger.records()? {
        let (index, bytes) = item?;
        fold_one(&mut replay, index, &bytes)?;
    }
    Ok(replay.finish()?)
}

fn fold_one(replay: &mut Replay, index: u64, bytes: &[u8]) -> Result<(), Error> {
    let folded = Record::read(bytes).map_err(Error::from).and_then(|record| match record {
        Some(record) => replay.fold(&record),
        None => {
            replay.pass();
            Ok(())
        }
    });
    folded.map_err(|error| GateError::BadRecord { index, what: with_code(&error) }.into())
}

/// Begins with a snapshot, if the record of that index names it. The records are read from the beginning of a segment, and
/// must add up to the root of the log: so the record that names the snapshot is in it.
fn from_snapshot(dir: &Path, ledger: &Ledger, index: u64) -> Result<Option<Replay>, Error> {
    let Ok(bytes) = fs::read(path(dir, index)) else { return Ok(None) };
    let mut replay = None;
    for item in ledger.records_around(index)? {
        let (at, record) = item?;
        match &mut replay {
            None if at < index => {}
            None => {
                let named = match Record::from_bytes(&record) {
                    Ok(Record { body: Body::Snapshot { state }, .. }) => state == sha256(&bytes),
                    _ => false,
                };
                let state = if named { State::restore(&bytes).ok() } else { None };
                let Some(state) = state.filter(|state| state.index() == index) else { return Ok(None) };
                let mut begun = Replay::from_state(dir, state)?;
                begun.pass();
                replay = Some(begun);
            }
            Some(replay) => fold_one(replay, at, &record)?,
        }
    }
    Ok(replay)
}
