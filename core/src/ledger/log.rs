//! A ledger that is open, as its readers see it.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::config::{LedgerConfig, Profile};
use super::frame::Header;
use super::keys::Keys;
use super::note;
use super::open::{self, Dropped};
use super::replay::{Records, genesis};
use super::store::{CONFIG, HEAD, KEY, Store};
use super::tree::{Frontier, Hash};
use super::write::Writer;
use super::{Checkpoint, IntegrityError, LedgerError};
use crate::Error;
use crate::crypto::{PublicKey, Signer};
use crate::terms::{Digest, V1, Word as _};

/// A ledger that is open for writing (one writer) or for reading (any number, also beside the writer).
///
/// ```
/// use kaifang::crypto::Ed25519Key;
/// use kaifang::ledger::{Ledger, LedgerConfig, Profile, verify, verify_receipt};
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("log");
/// let (key, _pem) = Ed25519Key::generate()?;
/// let config = LedgerConfig { origin: "data.xa.example/platform".into(), profile: Profile::Intl };
/// let mut ledger = Ledger::create(&path, &config, Box::new(key))?;
/// let index = ledger.append(br#"{"kind":"example"}"#)?;                      // on the disk when it returns
/// let checkpoint = ledger.checkpoint()?;
/// verify_receipt(br#"{"kind":"example"}"#, &ledger.receipt(index)?, ledger.public_key())?;
/// assert_eq!(verify(&path, Some(ledger.public_key()), Some(&checkpoint))?.size, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Ledger {
    pub(super) store: Store,
    pub(super) config: LedgerConfig,
    pub(super) keys: Keys,
    pub(super) tree: Frontier,
    pub(super) chain: Hash,
    pub(super) signed: Checkpoint,
    /// The newest key by which that head verifies.
    pub(super) signed_by: PublicKey,
    /// The first index of each segment.
    pub(super) segments: Vec<u64>,
    pub(super) dropped: Option<Dropped>,
    pub(super) writer: Option<Writer>,
}

/// How an open ledger stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LedgerState {
    /// The version of this document.
    pub v: V1,
    /// The name of the log.
    pub origin: String,
    /// Hash and signature.
    pub profile: Profile,
    /// The key that heads are signed with.
    pub public_key: PublicKey,
    /// The keys before it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier_keys: Vec<PublicKey>,
    /// How many records are committed.
    pub size: u64,
    /// The root of the tree of them.
    pub root: Digest,
    /// The last head that was signed. It may cover fewer.
    pub signed: Checkpoint,
    /// The newest key by which it verifies.
    pub signed_by: PublicKey,
    /// What the opening found after the last commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dropped: Option<Dropped>,
}

impl Ledger {
    /// Makes a ledger in a directory that is new or empty, and signs its empty head.
    ///
    /// # Errors
    /// [`LedgerError::BadOrigin`], [`LedgerError::WrongAlgorithm`], [`LedgerError::NotEmpty`], [`LedgerError::Io`]; the
    /// signer's error.
    pub fn create(dir: impl AsRef<Path>, config: &LedgerConfig, signer: Box<dyn Signer>) -> Result<Self, Error> {
        if !note::is_name(&config.origin) {
            return Err(LedgerError::BadOrigin.into());
        }
        let key = signer.public_key().clone();
        if key.algorithm() != config.profile.signature() {
            return Err(LedgerError::WrongAlgorithm { wanted: config.profile.signature().text() }.into());
        }
        let text = config.text()?;
        let hash = config.profile.hash();
        let (tree, chain) = (Frontier::new(hash), genesis(hash, &text));
        let signed = Checkpoint::sign(&config.origin, 0, &Digest::new(hash, tree.root()), &[(&key, &*signer)])?;
        let (keys, signed_by) = (Keys::new(key.clone()), key);
        let store = Store::create(dir.as_ref())?;
        let lock = store.lock()?;
        let header = Header { number: 0, frontier: tree.clone(), chain }.encode();
        let segment = store.begin_segment(0, &header)?;
        store.replace(CONFIG, text.as_bytes())?;
        store.replace(KEY, keys.text(&config.origin).as_bytes())?;
        // Last: without it the directory is not a ledger.
        store.replace(HEAD, signed.note.as_bytes())?;
        let writer = Some(Writer::new(signer, lock, segment, header.len() as u64, true, &store)?);
        let config = config.clone();
        Ok(Ledger { store, config, keys, tree, chain, signed, signed_by, segments: vec![0], dropped: None, writer })
    }

    /// Opens a ledger: with a signer for writing, without one for reading, which takes no lock.
    ///
    /// Checks the signed head, and every frame from the segment that holds it on; [`super::verify()`] checks the rest.
    /// A tail that was never committed is dropped by a writer, see [`Ledger::dropped`], and passed over by a reader.
    ///
    /// # Errors
    /// [`LedgerError::NotALedger`], [`LedgerError::Locked`], [`LedgerError::WrongSigner`], [`LedgerError::Io`];
    /// [`IntegrityError`] when the directory is not what was committed and signed.
    pub fn open(dir: impl AsRef<Path>, signer: Option<Box<dyn Signer>>) -> Result<Self, Error> {
        open::open(dir.as_ref(), signer)
    }

    /// How many records are committed.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.tree.size()
    }

    /// The root of the tree of all committed records.
    #[must_use]
    pub fn root(&self) -> Digest {
        Digest::new(self.profile().hash(), self.tree.root())
    }

    /// The last head that was signed. It may cover fewer records than there are.
    #[must_use]
    pub fn signed(&self) -> &Checkpoint {
        &self.signed
    }

    /// The newest key by which the last head verifies: the present one, unless no head was signed since it came.
    #[must_use]
    pub fn signed_by(&self) -> &PublicKey {
        &self.signed_by
    }

    /// Another handle of the same directory, for reading what is committed now.
    ///
    /// # Errors
    /// As [`Ledger::open`].
    pub fn reader(&self) -> Result<Self, Error> {
        open::open(&self.store.path(""), None)
    }

    /// The key that heads are signed with.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        self.keys.present()
    }

    /// The keys that heads were signed with before, the first of them first.
    #[must_use]
    pub fn earlier_keys(&self) -> &[PublicKey] {
        self.keys.earlier()
    }

    /// The name of the log.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.config.origin
    }

    /// Hash and signature.
    #[must_use]
    pub fn profile(&self) -> Profile {
        self.config.profile
    }

    /// What the opening found after the last commit: a writer dropped it, a reader passes it over.
    #[must_use]
    pub fn dropped(&self) -> Option<&Dropped> {
        self.dropped.as_ref()
    }

    /// How it stands, as a document.
    #[must_use]
    pub fn state(&self) -> LedgerState {
        LedgerState {
            v: V1,
            origin: self.origin().to_owned(),
            profile: self.profile(),
            public_key: self.public_key().clone(),
            earlier_keys: self.earlier_keys().to_vec(),
            size: self.size(),
            root: self.root(),
            signed: self.signed.clone(),
            signed_by: self.signed_by.clone(),
            dropped: self.dropped.clone(),
        }
    }

    pub(super) fn store(&self) -> &Store {
        &self.store
    }

    /// One record. Costs a pass over the part of its segment that is before it.
    ///
    /// # Errors
    /// [`LedgerError::NoSuchRecord`], [`LedgerError::Io`], [`IntegrityError`].
    pub fn read(&self, index: u64) -> Result<Vec<u8>, Error> {
        match self.records_from(index)?.next() {
            Some(record) => record.map(|(_, bytes)| bytes),
            None => Err(LedgerError::NoSuchRecord { index, size: self.size() }.into()),
        }
    }

    /// All committed records in order, with their indices.
    ///
    /// # Errors
    /// [`LedgerError::Io`], [`IntegrityError`]; each item may be one too, and is then the last.
    pub fn records(&self) -> Result<Records, Error> {
        Records::under(&self.store, self.size(), &self.root())
    }

    /// The records that a verification has read, and no others: they must add up to its root.
    pub(crate) fn records_under(&self, size: u64, root: &Digest) -> Result<Records, Error> {
        if size > self.size() {
            return Err(IntegrityError::RolledBack { signed_size: size, size: self.size() }.into());
        }
        Records::under(&self.store, size, root)
    }

    /// The committed records from the beginning of the segment that holds an index; they and what is before them must
    /// add up to the root, as [`Ledger::records`].
    pub(crate) fn records_around(&self, index: u64) -> Result<Records, Error> {
        let number = self.segments.partition_point(|first| *first <= index).saturating_sub(1);
        Records::from_segment(&self.store, number as u64, self.size(), &self.root())
    }

    /// The committed records from an index on.
    ///
    /// # Errors
    /// As [`Ledger::records`].
    pub fn records_from(&self, index: u64) -> Result<Records, Error> {
        let number = self.segments.partition_point(|first| *first <= index).saturating_sub(1);
        let mut records = Records::new(&self.store, number as u64, self.size(), self.profile().hash())?;
        records.skip_to(index)?;
        Ok(records)
    }
}
