//! Verification of a whole ledger, offline, trusting nothing in its directory.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::frame::BEFORE_RECORD;
use super::log::{Profile, check_signed, read_config, read_head, read_key};
use super::replay::{Replay, genesis};
use super::store::Store;
use super::tree::Frontier;
use super::{Checkpoint, IntegrityError};
use crate::Error;
use crate::canon;
use crate::crypto::PublicKey;
use crate::terms::{Digest, V1};

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
    /// The key that signed.
    pub public_key: PublicKey,
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
}

/// Verifies every byte of a ledger: frames, checksums, canonical form, tree, commit chain, signed head; and that it
/// extends `pin`, a head kept elsewhere.
///
/// `key` is who the log must be. `None` takes the directory's own key, and the answer says so.
///
/// A pin catches what no directory can tell of itself: that the whole of it, head and all, was restored from an older
/// copy, and that records newer than the signed head were cut off at a commit.
///
/// # Errors
/// [`IntegrityError`], which says which file, byte and record; [`super::LedgerError`] when it can't be read at all.
pub fn verify(dir: impl AsRef<Path>, key: Option<&PublicKey>, pin: Option<&Checkpoint>) -> Result<Verified, Error> {
    let store = Store::open(dir.as_ref())?;
    let (config, config_text) = read_config(&store)?;
    let own = read_key(&store, &config)?;
    if key.is_some_and(|key| *key != own) {
        return Err(IntegrityError::WrongKey.into());
    }
    let signed = read_head(&store, &config, &own)?;
    if let Some(pin) = pin {
        pin.verify(&own)?;
        if pin.origin != config.origin {
            let (expected, found) = (config.origin, pin.origin.clone());
            return Err(IntegrityError::WrongOrigin { expected, found }.into());
        }
    }

    let watch = [Some(signed.size), pin.map(|pin| pin.size)].into_iter().flatten();
    let mut replay = Replay::new(Frontier::default(), genesis(&config_text), watch);
    let segments = store.count_segments()?;
    let mut bytes_in_flight = 0;
    for number in 0..segments {
        let (end, tail) = replay.segment(&store, number, &mut |file, offset, record, bytes| {
            canon::check(bytes).map_err(|_| {
                let (file, offset) = (file.to_owned(), offset + BEFORE_RECORD);
                IntegrityError::NotCanonicalRecord { file, offset, record }.into()
            })
        })?;
        if let Some(tail) = tail {
            if number + 1 < segments || !store.is_locked() {
                return Err(tail.error);
            }
            let length = store.segment_path(number).metadata().map(|about| about.len()).unwrap_or(end);
            bytes_in_flight = length.saturating_sub(tail.offset);
        }
    }
    check_signed(&replay, &signed)?;
    let size = replay.committed.size();
    if let Some(pin) = pin {
        match replay.root_at(pin.size) {
            None => return Err(IntegrityError::BelowPin { pinned_size: pin.size, size }.into()),
            Some(root) if root != *pin.root.as_bytes() => {
                return Err(IntegrityError::NotThePinnedTree { pinned_size: pin.size }.into());
            }
            Some(_) => {}
        }
    }
    Ok(Verified {
        v: V1,
        origin: config.origin,
        profile: config.profile,
        public_key: own,
        own_key: key.is_none(),
        size,
        root: Digest::sha256(replay.committed.root()),
        signed_size: signed.size,
        signed_root: signed.root,
        pinned_size: pin.map(|pin| pin.size),
        segments,
        commits: replay.commits,
        bytes: replay.bytes,
        bytes_in_flight,
    })
}
