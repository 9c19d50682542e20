//! Names kept once: users, bodies, purposes and columns stand in the state as numbers, so that a million applications
//! are small and two names are compared in one instruction. A number must never leave this room.

use indexmap::{IndexMap, IndexSet};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::ProcessError;
use crate::terms::Digest;

/// A map in the order in which its keys came, so that equal logs give equal bytes.
pub(super) type Map<K, V> = IndexMap<K, V, foldhash::fast::RandomState>;

/// An id or a name: most are short, and stand where they are looked for.
pub(super) type Key = compact_str::CompactString;

/// The number of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(super) struct Name(u32);

/// Every name, once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Names(IndexSet<Key, foldhash::fast::RandomState>);

impl Names {
    /// The number of a name; a new one where it has none.
    ///
    /// # Errors
    /// [`ProcessError::Full`] after 2^32 names.
    pub(super) fn number(&mut self, name: &str) -> Result<Name, ProcessError> {
        if let Some(known) = self.find(name) {
            return Ok(known);
        }
        let (place, _) = self.0.insert_full(Key::from(name));
        u32::try_from(place).map(Name).map_err(|_| ProcessError::Full { what: "names" })
    }

    /// The number of a name that is known.
    #[inline]
    pub(super) fn find(&self, name: &str) -> Option<Name> {
        self.0.get_index_of(name).and_then(|place| u32::try_from(place).ok()).map(Name)
    }

    /// Whether the number is that of a name.
    pub(super) fn has(&self, number: Name) -> bool {
        (number.0 as usize) < self.0.len()
    }

    /// The name of a number of these.
    pub(super) fn name(&self, number: Name) -> &str {
        self.0.get_index(number.0 as usize).map_or("", |name| name)
    }
}

/// The number of a version: of the digest of a dataset's content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Version(u32);

/// Every version, once: a million applications name few of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Versions(IndexSet<Digest, foldhash::fast::RandomState>);

impl Versions {
    /// The number of a version; a new one where it has none.
    ///
    /// # Errors
    /// [`ProcessError::Full`] after 2^32 versions.
    pub(super) fn number(&mut self, content: Digest) -> Result<Version, ProcessError> {
        let (place, _) = self.0.insert_full(content);
        u32::try_from(place).map(Version).map_err(|_| ProcessError::Full { what: "versions" })
    }

    /// Whether the number is that of a version.
    pub(super) fn has(&self, number: Version) -> bool {
        (number.0 as usize) < self.0.len()
    }

    /// The version of a number of these.
    pub(super) fn digest(&self, number: Version) -> Option<Digest> {
        self.0.get_index(number.0 as usize).copied()
    }
}

/// Canonical bytes that are kept as they are, and copied in one piece.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bytes(pub(super) Box<[u8]>);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <&[u8]>::deserialize(deserializer).map(|bytes| Bytes(bytes.into()))
    }
}
