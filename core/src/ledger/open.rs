//! Opening: what a crash may have left, and what no crash can.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::config::LedgerConfig;
use super::frame::{LONGEST_HEADER, SegmentReader, commits, is_no_frame};
use super::keys::{self, Keys};
use super::log::Ledger;
use super::replay::{Replay, Replayed, Tail, genesis};
use super::store::{HEAD, Store, io_error};
use super::tree::Frontier;
use super::write::Writer;
use super::{Checkpoint, IntegrityError, LedgerError};
use crate::Error;
use crate::crypto::{PublicKey, Signer};
use crate::terms::HashAlgorithm;

/// What an opening found after the last commit and dropped: it was never acknowledged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Dropped {
    /// The segment.
    pub file: String,
    /// Where in it the tail began.
    pub offset: u64,
    /// How many bytes were dropped.
    pub bytes: u64,
    /// How many whole records were among them.
    pub records: u64,
}

pub(super) fn open(dir: &Path, signer: Option<Box<dyn Signer>>) -> Result<Ledger, Error> {
    let store = Store::open(dir)?;
    let lock = signer.as_ref().map(|_| store.lock()).transpose()?;
    let (config, config_text) = LedgerConfig::read(&store)?;
    let hash = config.profile.hash();
    // The head first, then the keys, then the records: each only grows, so that a reader beside a writer never sees a head
    // by a key or of records that it does not see.
    let note = store.read(HEAD)?;
    let mut keys = Keys::read(&store, &config)?;
    let known_keys = keys.count();
    let head = read_head(&note, &config, &keys)?;
    let signed = head.checkpoint;
    let (segments, torn_segment) = read_segments(&store, hash)?;

    let start = segments.partition_point(|first| *first <= signed.size).saturating_sub(1);
    let (frontier, chain) = match start {
        0 => (Frontier::new(hash), genesis(hash, &config_text)),
        _ => {
            let number = start as u64;
            let mut reader = SegmentReader::open(&store, number, hash)?;
            let header = reader.header()?;
            (header.frontier, header.chain)
        }
    };
    let mut replay = Replay::new(frontier, chain, [signed.size]);
    let mut changes = Vec::new();
    let mut look_for_changes = |record: Replayed<'_>| {
        if keys::is_change(record.bytes) {
            let change = keys::read_change(&config.origin, record.before, record.bytes);
            changes.push((record.index, change.ok_or_else(|| bad_change(&record))?));
        }
        Ok(())
    };
    let (mut end, mut tail) = (0, None);
    for number in start..segments.len() {
        if let Some(Tail { error, .. }) = tail.take() {
            return Err(error);
        }
        (end, tail) = replay.segment(&store, number as u64, &mut look_for_changes)?;
    }
    if let Err(error) = check_signed(&replay, &signed) {
        // Where signed records end in damage, the damage says where.
        return Err(tail.map_or(error.into(), |tail| tail.error));
    }
    // A crash may come between a change of key and the file that repeats it, or the head that the new key signs.
    let mut replaced_at = None;
    for (record, (old, new)) in changes {
        if record < replay.committed.size() {
            if old == *keys.present() && !keys.contains(&new) {
                keys.push(new.clone());
            }
            if !keys.contains(&new) || !keys.contains(&old) {
                return Err(IntegrityError::WrongKeys.into());
            }
            if old == head.key {
                replaced_at = Some(record);
            }
        }
    }
    if head.key != *keys.present() && replaced_at.is_none_or(|record| signed.size > record) {
        return Err(IntegrityError::HeadByOldKey { signed_size: signed.size }.into());
    }
    if signer.as_ref().is_some_and(|signer| signer.public_key() != keys.present()) {
        return Err(LedgerError::WrongSigner.into());
    }

    let mut number = segments.len() as u64 - 1;
    if torn_segment {
        if let Some(Tail { error, .. }) = tail.take() {
            return Err(error);
        }
        number += 1;
    }
    let dropped = match (&tail, torn_segment) {
        (Some(tail), _) => Some(tail_of(&store, number, tail.offset, tail.records)?),
        (None, true) => Some(tail_of(&store, number, 0, 0)?),
        (None, false) => None,
    };
    let writer = match (signer, lock) {
        (Some(signer), Some(lock)) => {
            if let Some(dropped) = &dropped {
                store.cut_segment(number, dropped.offset)?;
            }
            let last = segments.len() as u64 - 1;
            let reader = SegmentReader::open(&store, last, hash)?;
            let last_write = reader.again(replay.last_write, end)?.unwrap_or_default();
            let segment = store.settle(last, replay.last_write, &last_write)?;
            let keys_told = keys.count() == known_keys;
            Some(Writer::new(signer, lock, segment, end, keys_told, &store)?)
        }
        _ => None,
    };
    let (tree, chain, signed_by) = (replay.committed, replay.chain, head.key);
    Ok(Ledger { store, config, keys, tree, chain, signed, signed_by, segments, dropped, writer })
}

/// A record that claims to change the key and does not.
pub(super) fn bad_change(record: &Replayed<'_>) -> IntegrityError {
    IntegrityError::BadKeyChange { file: record.file.to_owned(), offset: record.offset, record: record.index }
}

/// The signed head in a directory, and the key by which it verifies.
pub(super) struct Head {
    pub(super) checkpoint: Checkpoint,
    pub(super) key: PublicKey,
}

/// A signed head: it must be of this log, by the newest of its keys that signed it. Whether that key was in force then, the
/// records tell.
pub(super) fn read_head(note: &str, config: &LedgerConfig, keys: &Keys) -> Result<Head, Error> {
    let mut parsed = keys.newest_first().map(|key| (key, Checkpoint::parse(note, key)));
    let signed = parsed.find(|(_, parsed)| !matches!(parsed, Err(IntegrityError::NotSigned { .. })));
    let (key, checkpoint) = signed.ok_or_else(|| IntegrityError::NotSigned { name: config.origin.clone() })?;
    let head = Head { checkpoint: checkpoint?, key: key.clone() };
    if head.checkpoint.origin != config.origin {
        let (expected, found) = (config.origin.clone(), head.checkpoint.origin);
        return Err(IntegrityError::WrongOrigin { expected, found }.into());
    }
    Ok(head)
}

/// The replayed records must extend what was signed.
pub(super) fn check_signed(replay: &Replay, signed: &Checkpoint) -> Result<(), IntegrityError> {
    let size = replay.committed.size();
    match replay.root_at(signed.size) {
        None => Err(IntegrityError::RolledBack { signed_size: signed.size, size }),
        Some(root) if root != *signed.root.as_bytes() => {
            Err(IntegrityError::NotTheSignedTree { signed_size: signed.size })
        }
        Some(_) => Ok(()),
    }
}

/// The first index of each segment, and whether one more was begun without a whole header.
fn read_segments(store: &Store, hash: HashAlgorithm) -> Result<(Vec<u64>, bool), Error> {
    let count = store.count_segments()?;
    let mut firsts = Vec::new();
    for number in 0..count {
        match SegmentReader::open(store, number, hash)?.header() {
            Ok(header) => {
                // Those before the segment of the signed head are not replayed: their numbers must be in order at least.
                let first = header.frontier.size();
                let follows = firsts.last().map_or(first == 0, |before| first > *before);
                if header.number != number || !follows {
                    return Err(
                        IntegrityError::WrongSegment { file: Store::segment_name(number), record: first }.into()
                    );
                }
                firsts.push(first);
            }
            Err(error) if number > 0 && number == count - 1 && is_no_frame(&error) => {
                // It is synced before a record follows it: no crash leaves more than a part of a header.
                let rest = SegmentReader::open(store, number, hash)?.again(0, u64::MAX)?;
                let torn = |rest: &Vec<u8>| rest.len() as u64 <= LONGEST_HEADER && commits(rest).next().is_none();
                return if rest.as_ref().is_some_and(torn) { Ok((firsts, true)) } else { Err(error) };
            }
            Err(error) => return Err(error),
        }
    }
    Ok((firsts, false))
}

fn tail_of(store: &Store, number: u64, offset: u64, records: u64) -> Result<Dropped, LedgerError> {
    let path = store.segment_path(number);
    let length = path.metadata().map_err(io_error(&path, "stat"))?.len();
    Ok(Dropped { file: Store::segment_name(number), offset, bytes: length.saturating_sub(offset), records })
}
