//! Verification of a whole ledger, offline, trusting nothing in its directory.

use std::collections::BTreeSet;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::config::{LedgerConfig, Profile};
use super::frame::BEFORE_RECORD;
use super::keys::{self, Keys, MOST_KEYS};
use super::open::{Head, bad_change, check_signed, read_head};
use super::replay::{Replay, Replayed, genesis};
use super::store::{HEAD, Store};
use super::tree::Frontier;
use super::{Checkpoint, IntegrityError, blobs, members};
use crate::Error;
use crate::crypto::PublicKey;
use crate::terms::{Digest, Instant, V1};

/// No more digests of blobs that are gone are listed; they are counted.
const MOST_GONE: usize = 1000;

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Verified {
    /// The version of this document.
    pub v: V1,
    /// The name of the log.
    pub origin: String,
    /// Hash and signature.
    pub profile: Profile,
    /// The key that signs.
    pub public_key: PublicKey,
    /// The keys before it, each of which signed the change to the next; the first of them first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier_keys: Vec<PublicKey>,
    /// No key was passed: the directory vouches for itself, and a directory made by somebody else would too.
    pub own_key: bool,
    /// How many records are committed. Those from `signed_size` on are covered by checksums and roots, which anybody
    /// can compute, and by no signature.
    pub size: u64,
    /// The root of all committed records.
    pub root: Digest,
    /// How many records the signed head covers.
    pub signed_size: u64,
    /// The root of those.
    pub signed_root: Digest,
    /// The newest key by which that head verifies: the present one, unless no head was signed since it came.
    pub signed_by: PublicKey,
    /// The size of the pinned head, where one was passed.
    pub pinned_size: Option<u64>,
    /// How many segments, commits and bytes were read.
    pub segments: u64,
    /// Commits.
    pub commits: u64,
    /// Bytes of the segments.
    pub bytes: u64,
    /// A writer holds the lock and was in the middle of a write: these bytes after the last commit were passed over.
    /// Without a writer they are an error.
    pub bytes_in_flight: u64,
    /// How many records carry a time (`at`) before the latest one of a record before them. A clock may have been set back,
    /// or somebody wrote what did not happen then: times are carried, never trusted.
    #[serde(default)]
    pub backward_times: u64,
    /// The first of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_backward_time: Option<u64>,
    /// How many blobs are there; each is what its name says.
    #[serde(default)]
    pub blobs: u64,
    /// Their bytes.
    #[serde(default)]
    pub blob_bytes: u64,
    /// How often a record names a blob that is not there: it was erased.
    #[serde(default)]
    pub blobs_gone: u64,
    /// Which, the first thousand.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gone: Vec<Digest>,
}

/// Verifies every byte of a ledger: frames, checksums, canonical form, tree, commit chain, signed head; and that it
/// extends `pin`, a head kept elsewhere.
///
/// `key` is who the log must be: its present key, or one from which its records lead to that. `None` takes the directory's own key, and the answer says so.
///
/// A pin catches what no directory can tell of itself: that the whole of it, head and all, was restored from an older
/// copy, and that records newer than the signed head were cut off at a commit.
///
/// # Errors
/// [`IntegrityError`], which says which file, byte and record; [`super::LedgerError`] when it can't be read at all.
pub fn verify(dir: impl AsRef<Path>, key: Option<&PublicKey>, pin: Option<&Checkpoint>) -> Result<Verified, Error> {
    verify_and_list(dir, key, pin).map(|(verified, _)| verified)
}

/// As [`verify()`], with every blob that a record names and that is not there: who holds them against something must not
/// stop at the first thousand.
///
/// # Errors
/// As [`verify()`].
pub(crate) fn verify_and_list(
    dir: impl AsRef<Path>,
    key: Option<&PublicKey>,
    pin: Option<&Checkpoint>,
) -> Result<(Verified, BTreeSet<Digest>), Error> {
    let store = Store::open(dir.as_ref())?;
    let (config, config_text) = LedgerConfig::read(&store)?;
    let hash = config.profile.hash();
    // In the order in which a writer beside us lets them grow: see `open`.
    let note = store.read(HEAD)?;
    let told = Keys::read(&store, &config)?;
    if key.is_some_and(|key| Profile::of(key) != config.profile) {
        return Err(IntegrityError::WrongKey.into());
    }
    let head = read_head(&note, &config, &told)?;
    let signed = &head.checkpoint;

    let watch = [Some(signed.size), pin.map(|pin| pin.size)].into_iter().flatten();
    let mut replay = Replay::new(Frontier::new(hash), genesis(hash, &config_text), watch);
    let mut reading = Reading::new(&config.origin, &store, told.first());
    let segments = store.count_segments()?;
    let mut bytes_in_flight = 0;
    for number in 0..segments {
        // Asked before and after: a writer may begin, or end, while we read.
        let locked = store.is_locked();
        let (end, tail) = replay.segment(&store, number, &mut |record| reading.record(&record))?;
        if let Some(tail) = tail {
            if number + 1 < segments || !(locked || store.is_locked()) {
                return Err(tail.error);
            }
            let length = store.segment_path(number).metadata().map(|about| about.len()).unwrap_or(end);
            bytes_in_flight = length.saturating_sub(tail.offset);
        }
    }
    check_signed(&replay, signed)?;
    let size = replay.committed.size();
    let keys = reading.keys;
    check_keys(&keys, &told, &head, &reading.changes)?;
    if key.is_some_and(|key| !keys.contains(key)) {
        return Err(IntegrityError::WrongKey.into());
    }
    if let Some(pin) = pin {
        check_pin(pin, &config.origin, &keys, &replay)?;
    }
    let (blobs, blob_bytes) = blobs::verify(&store)?;
    let verified = Verified {
        v: V1,
        origin: config.origin.clone(),
        profile: config.profile,
        public_key: keys.present().clone(),
        earlier_keys: keys.earlier().to_vec(),
        own_key: key.is_none(),
        size,
        root: Digest::new(hash, replay.committed.root()),
        signed_size: signed.size,
        signed_root: signed.root,
        signed_by: head.key.clone(),
        pinned_size: pin.map(|pin| pin.size),
        segments,
        commits: replay.commits,
        bytes: replay.bytes,
        bytes_in_flight,
        backward_times: reading.backward,
        first_backward_time: reading.first_backward,
        blobs,
        blob_bytes,
        blobs_gone: reading.gone_count,
        gone: reading.gone,
    };
    Ok((verified, reading.missing))
}

/// What is looked at in each record, and what was seen.
struct Reading<'a> {
    origin: &'a str,
    store: &'a Store,
    keys: Keys,
    /// The index of each change of key.
    changes: Vec<u64>,
    latest: Option<Instant>,
    backward: u64,
    first_backward: Option<u64>,
    gone_count: u64,
    gone: Vec<Digest>,
    /// Each of those once, however many there are.
    missing: BTreeSet<Digest>,
}

impl<'a> Reading<'a> {
    fn new(origin: &'a str, store: &'a Store, first: &PublicKey) -> Self {
        Reading {
            origin,
            store,
            keys: Keys::new(first.clone()),
            changes: Vec::new(),
            latest: None,
            backward: 0,
            first_backward: None,
            gone_count: 0,
            gone: Vec::new(),
            missing: BTreeSet::new(),
        }
    }

    fn record(&mut self, record: &Replayed<'_>) -> Result<(), Error> {
        let found = members::read(record.bytes).map_err(|_| {
            let (file, offset) = (record.file.to_owned(), record.offset + BEFORE_RECORD);
            IntegrityError::NotCanonicalRecord { file, offset, record: record.index }
        })?;
        if let Some(at) = found.at {
            if self.latest.is_some_and(|latest| at < latest) {
                self.backward += 1;
                self.first_backward.get_or_insert(record.index);
            }
            self.latest = self.latest.max(Some(at));
        }
        for digest in found.blobs.iter().flatten().filter(|digest| !blobs::exists(self.store, digest)) {
            self.gone_count += 1;
            if self.gone.len() < MOST_GONE {
                self.gone.push(*digest);
            }
            self.missing.insert(*digest);
        }
        if keys::is_change(record.bytes) {
            let change = keys::read_change(self.origin, record.before, record.bytes);
            let (old, new) = change.ok_or_else(|| bad_change(record))?;
            if old != *self.keys.present() || self.keys.contains(&new) || self.keys.count() >= MOST_KEYS {
                return Err(bad_change(record).into());
            }
            self.keys.push(new);
            self.changes.push(record.index);
        }
        Ok(())
    }
}

/// The keys that the directory tells of must be those of the records, but for the last change after a crash; and the head
/// must be by the key that was in force at its size.
fn check_keys(keys: &Keys, told: &Keys, head: &Head, changes: &[u64]) -> Result<(), IntegrityError> {
    let behind = keys.count().checked_sub(told.count());
    if behind.is_none_or(|behind| behind > 1) || keys.all().zip(told.all()).any(|(key, told)| key != told) {
        return Err(IntegrityError::WrongKeys);
    }
    let replaced_at = keys.all().position(|key| *key == head.key).and_then(|place| changes.get(place));
    if replaced_at.is_some_and(|record| head.checkpoint.size > *record) {
        return Err(IntegrityError::HeadByOldKey { signed_size: head.checkpoint.size });
    }
    Ok(())
}

/// A head kept elsewhere: of this log, by any of its keys, and its tree must begin this one.
fn check_pin(pin: &Checkpoint, origin: &str, keys: &Keys, replay: &Replay) -> Result<(), IntegrityError> {
    let by_any = keys.all().find_map(|key| match pin.verify(key) {
        Err(IntegrityError::NotSigned { .. }) => None,
        verified => Some(verified),
    });
    by_any.unwrap_or(Err(IntegrityError::NotSigned { name: origin.to_owned() }))?;
    if pin.origin != origin {
        return Err(IntegrityError::WrongOrigin { expected: origin.to_owned(), found: pin.origin.clone() });
    }
    match replay.root_at(pin.size) {
        None => Err(IntegrityError::BelowPin { pinned_size: pin.size, size: replay.committed.size() }),
        Some(root) if root != *pin.root.as_bytes() => Err(IntegrityError::NotThePinnedTree { pinned_size: pin.size }),
        Some(_) => Ok(()),
    }
}
