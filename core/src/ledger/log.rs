//! A ledger that is open: append, read, sign, prove.

use std::fs::{File, OpenOptions};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::frame::{
    BEFORE_RECORD, Header, LONGEST_RECORD, SegmentReader, commits, encode_commit, encode_record, is_no_frame,
};
use super::proof::Receipt;
use super::replay::{Records, Replay, Tail, genesis, link};
use super::store::{CONFIG, HEAD, KEY, Lock, Store, io_error};
use super::tree::{Collector, Frontier, Hash, consistency_ranges, inclusion_ranges, leaf_hash};
use super::{Checkpoint, IntegrityError, LedgerError, note};
use crate::Error;
use crate::canon;
use crate::crypto::{PublicKey, Signer};
use crate::terms::{Digest, Text, V1};

crate::terms::words! {
    /// Which hash and signature a log uses.
    pub enum Profile {
        /// SHA-256 and Ed25519.
        Intl = "intl", "国际算法(SHA-256、Ed25519)", "SHA-256 and Ed25519";
    }
}

/// What a new ledger is. Its name says which log it is, its key says whose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LedgerConfig {
    /// The name of the log, by habit like a URL without scheme: `data.xa.example/platform`.
    pub origin: String,
    /// Hash and signature.
    pub profile: Profile,
}

/// The file `ledger.json`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConfigFile {
    v: V1,
    origin: String,
    profile: Profile,
}

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

/// What only a writer has.
struct Writer {
    signer: Box<dyn Signer>,
    /// A child made by `fork` has it too, and would write over its parent's records.
    lock: Lock,
    segment: File,
    /// Where the next frame goes.
    end: u64,
    poisoned: bool,
    segment_limit: u64,
}

impl Writer {
    fn usable(&self) -> Result<(), LedgerError> {
        match self.poisoned {
            _ if !self.lock.is_ours() => Err(LedgerError::Forked),
            true => Err(LedgerError::Poisoned),
            false => Ok(()),
        }
    }
}

/// A new segment begins after this many bytes: a compromise of opening time, which reads one segment, and files.
const SEGMENT_LIMIT: u64 = 16 << 20;

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
    store: Store,
    config: LedgerConfig,
    key: PublicKey,
    tree: Frontier,
    chain: Hash,
    signed: Checkpoint,
    /// The first index of each segment.
    segments: Vec<u64>,
    dropped: Option<Dropped>,
    writer: Option<Writer>,
}

impl Ledger {
    /// Makes a ledger in a directory that is new or empty, and signs its empty head.
    ///
    /// # Errors
    /// [`LedgerError::BadOrigin`], [`LedgerError::NotEmpty`], [`LedgerError::Io`]; the signer's error.
    pub fn create(dir: impl AsRef<Path>, config: &LedgerConfig, signer: Box<dyn Signer>) -> Result<Self, Error> {
        if !note::is_name(&config.origin) {
            return Err(LedgerError::BadOrigin.into());
        }
        let key = *signer.public_key();
        let text = canon::to_string(&ConfigFile { v: V1, origin: config.origin.clone(), profile: config.profile })?;
        let (tree, chain) = (Frontier::default(), genesis(&text));
        let signed = Checkpoint::sign(&config.origin, 0, &tree.root(), &*signer)?;
        let store = Store::create(dir.as_ref())?;
        let lock = store.lock()?;
        let header = Header { number: 0, frontier: tree.clone(), chain }.encode();
        let segment = store.begin_segment(0, &header)?;
        store.replace(CONFIG, text.as_bytes())?;
        store.replace(KEY, key_file(&config.origin, &key).as_bytes())?;
        // Last: without it the directory is not a ledger.
        store.replace(HEAD, signed.note.as_bytes())?;
        let writer =
            Writer { signer, lock, segment, end: header.len() as u64, poisoned: false, segment_limit: SEGMENT_LIMIT };
        let config = config.clone();
        Ok(Ledger { store, config, key, tree, chain, signed, segments: vec![0], dropped: None, writer: Some(writer) })
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
        let store = Store::open(dir.as_ref())?;
        let lock = signer.as_ref().map(|_| store.lock()).transpose()?;
        let (config, config_text) = read_config(&store)?;
        let key = read_key(&store, &config)?;
        if signer.as_ref().is_some_and(|signer| *signer.public_key() != key) {
            return Err(LedgerError::WrongSigner.into());
        }
        // The head first: records only grow, so that a reader never sees a head of records that it does not see.
        let signed = read_head(&store, &config, &key)?;
        let (segments, torn_segment) = read_segments(&store)?;

        let start = segments.partition_point(|first| *first <= signed.size).saturating_sub(1);
        let (frontier, chain) = match start {
            0 => (Frontier::default(), genesis(&config_text)),
            _ => {
                let number = start as u64;
                let mut reader = SegmentReader::open(&store.segment_path(number), Store::segment_name(number))?;
                let header = reader.header()?;
                (header.frontier, header.chain)
            }
        };
        let mut replay = Replay::new(frontier, chain, [signed.size]);
        let (mut end, mut tail) = (0, None);
        for number in start..segments.len() {
            if let Some(Tail { error, .. }) = tail.take() {
                return Err(error);
            }
            (end, tail) = replay.segment(&store, number as u64, &mut |_, _, _, _| Ok(()))?;
        }
        if let Err(error) = check_signed(&replay, &signed) {
            // Where signed records end in damage, the damage says where.
            return Err(tail.map_or(error.into(), |tail| tail.error));
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
                let path = store.segment_path(segments.len() as u64 - 1);
                let segment = OpenOptions::new().write(true).open(&path).map_err(io_error(&path, "open"))?;
                Some(Writer { signer, lock, segment, end, poisoned: false, segment_limit: SEGMENT_LIMIT })
            }
            _ => None,
        };
        let (tree, chain) = (replay.committed, replay.chain);
        Ok(Ledger { store, config, key, tree, chain, signed, segments, dropped, writer })
    }

    /// Appends one record, canonical JSON of at most [`LONGEST_RECORD`] bytes. When this returns its index, the record
    /// is on the disk (`fdatasync`).
    ///
    /// # Errors
    /// As [`Ledger::append_batch`].
    pub fn append(&mut self, record: &[u8]) -> Result<u64, LedgerError> {
        self.append_batch(&[record]).map(|range| range.start)
    }

    /// Appends records in order, all or none, with one `fdatasync`. Returns their indices.
    ///
    /// # Errors
    /// [`LedgerError::TooLong`] and [`LedgerError::NotCanonical`], before anything is written;
    /// [`LedgerError::ReadOnly`], [`LedgerError::NoMemory`]. After [`LedgerError::Io`] nobody knows what the disk
    /// holds: every later call gives [`LedgerError::Poisoned`] until the ledger is opened again.
    pub fn append_batch<R: AsRef<[u8]>>(&mut self, records: &[R]) -> Result<Range<u64>, LedgerError> {
        check_records(records)?;
        self.append_checked(records)
    }

    /// As [`Ledger::append_batch`], for records that [`check_records`] has found good.
    pub(super) fn append_checked<R: AsRef<[u8]>>(&mut self, records: &[R]) -> Result<Range<u64>, LedgerError> {
        let writer = self.writer.as_mut().ok_or(LedgerError::ReadOnly)?;
        writer.usable()?;
        let first = self.tree.size();
        let bytes = records
            .iter()
            .fold(0_usize, |bytes, record| bytes.saturating_add(record.as_ref().len() + BEFORE_RECORD as usize));
        if records.is_empty() {
            return Ok(first..first);
        }
        let mut out = Vec::new();
        out.try_reserve_exact(bytes.saturating_add(80)).map_err(|_| LedgerError::NoMemory { bytes })?;
        let mut tree = self.tree.clone();
        for record in records {
            encode_record(tree.size(), record.as_ref(), &mut out);
            tree.push(leaf_hash(record.as_ref()));
        }
        let root = tree.root();
        let chain = link(&self.chain, tree.size(), &root);
        encode_commit(tree.size(), &root, &chain, &mut out);

        // Until all of it has worked, the handle is not to be used again.
        writer.poisoned = true;
        let path = self.store.segment_path(self.segments.len() as u64 - 1);
        if writer.segment.metadata().map_err(io_error(&path, "stat"))?.len() != writer.end {
            return Err(LedgerError::WrittenByAnother { file: path.display().to_string() });
        }
        if writer.end >= writer.segment_limit && first > *self.segments.last().unwrap_or(&0) {
            let number = self.segments.len() as u64;
            let header = Header { number, frontier: self.tree.clone(), chain: self.chain }.encode();
            writer.segment = self.store.begin_segment(number, &header)?;
            writer.end = header.len() as u64;
            self.segments.push(first);
        }
        let path = self.store.segment_path(self.segments.len() as u64 - 1);
        writer.segment.write_all_at(&out, writer.end).map_err(io_error(&path, "write"))?;
        writer.segment.sync_data().map_err(io_error(&path, "fdatasync"))?;
        writer.poisoned = false;
        writer.end += out.len() as u64;
        (self.tree, self.chain) = (tree, chain);
        Ok(first..self.tree.size())
    }

    /// Signs the present head, unless it is signed already. It is on the disk before it is returned.
    ///
    /// # Errors
    /// [`LedgerError::ReadOnly`], [`LedgerError::Poisoned`], [`LedgerError::Io`]. When the signer fails, its error: the
    /// records stay, unsigned.
    pub fn checkpoint(&mut self) -> Result<Checkpoint, Error> {
        let writer = self.writer.as_mut().ok_or(LedgerError::ReadOnly)?;
        writer.usable()?;
        if self.signed.size != self.tree.size() {
            let signed = Checkpoint::sign(&self.config.origin, self.tree.size(), &self.tree.root(), &*writer.signer)?;
            writer.poisoned = true;
            self.store.replace(HEAD, signed.note.as_bytes())?;
            writer.poisoned = false;
            self.signed = signed;
        }
        Ok(self.signed.clone())
    }

    /// How many records are committed.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.tree.size()
    }

    /// The root of the tree of all committed records.
    #[must_use]
    pub fn root(&self) -> Digest {
        Digest::sha256(self.tree.root())
    }

    /// The last head that was signed. It may cover fewer records than there are.
    #[must_use]
    pub fn signed(&self) -> &Checkpoint {
        &self.signed
    }

    /// The key that heads are signed with.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        &self.key
    }

    /// The name of the log.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.config.origin
    }

    /// What the opening found after the last commit: a writer dropped it, a reader passes it over.
    #[must_use]
    pub fn dropped(&self) -> Option<&Dropped> {
        self.dropped.as_ref()
    }

    /// Begins a new segment after this many bytes from now on; the default is 16 MiB. An opening reads one segment,
    /// more if the last head was signed in an earlier one.
    pub fn set_segment_limit(&mut self, bytes: u64) {
        if let Some(writer) = &mut self.writer {
            writer.segment_limit = bytes;
        }
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
        Records::under(&self.store, self.size(), self.tree.root())
    }

    /// The records that a verification has read, and no others: they must add up to its root.
    pub(crate) fn records_under(&self, size: u64, root: &Digest) -> Result<Records, Error> {
        if size > self.size() {
            return Err(IntegrityError::RolledBack { signed_size: size, size: self.size() }.into());
        }
        Records::under(&self.store, size, *root.as_bytes())
    }

    /// The committed records from an index on.
    ///
    /// # Errors
    /// As [`Ledger::records`].
    pub fn records_from(&self, index: u64) -> Result<Records, Error> {
        let number = self.segments.partition_point(|first| *first <= index).saturating_sub(1);
        let mut records = Records::new(&self.store, number as u64, self.size())?;
        records.skip_to(index)?;
        Ok(records)
    }

    /// Proves that a record is under the last signed head. Costs a pass over the records.
    ///
    /// # Errors
    /// [`LedgerError::NotYetSigned`] when the record is newer than the head, [`LedgerError::Io`], [`IntegrityError`].
    pub fn receipt(&self, index: u64) -> Result<Receipt, Error> {
        let signed_size = self.signed.size;
        if index >= self.size() {
            return Err(LedgerError::NoSuchRecord { index, size: self.size() }.into());
        }
        if index >= signed_size {
            return Err(LedgerError::NotYetSigned { index, signed_size }.into());
        }
        let proof = self.collect(inclusion_ranges(index, signed_size))?.into_iter().map(Into::into).collect();
        Ok(Receipt { v: V1, index, proof, checkpoint: self.signed.clone() })
    }

    /// Proves that the tree of the first `size1` records begins that of `size2`. Costs a pass over the records.
    ///
    /// # Errors
    /// [`LedgerError::NoProof`] unless `0 < size1 <= size2 <= size`; [`LedgerError::Io`], [`IntegrityError`].
    pub fn prove_consistency(&self, size1: u64, size2: u64) -> Result<Vec<Hash>, Error> {
        if size1 == 0 || size1 > size2 || size2 > self.size() {
            return Err(LedgerError::NoProof { size1, size2, size: self.size() }.into());
        }
        self.collect(consistency_ranges(size1, size2))
    }

    fn collect(&self, ranges: Vec<Range<u64>>) -> Result<Vec<Hash>, Error> {
        let mut collector = Collector::new(ranges);
        for record in self.records()? {
            let (_, bytes) = record?;
            if !collector.take(|| leaf_hash(&bytes)) {
                break;
            }
        }
        let missing = IntegrityError::RolledBack { signed_size: self.signed.size, size: self.size() };
        Ok(collector.finish().ok_or(missing)?)
    }
}

/// Whether each record is one.
///
/// # Errors
/// [`LedgerError::TooLong`], [`LedgerError::NotCanonical`]
pub(super) fn check_records<R: AsRef<[u8]>>(records: &[R]) -> Result<(), LedgerError> {
    for (position, record) in records.iter().enumerate() {
        let record = record.as_ref();
        if record.len() > LONGEST_RECORD {
            return Err(LedgerError::TooLong { position, bytes: record.len() });
        }
        canon::check(record).map_err(|error| LedgerError::NotCanonical { position, reason: Text::from(&error) })?;
    }
    Ok(())
}

/// What the file `key` holds.
fn key_file(origin: &str, key: &PublicKey) -> String {
    format!("{}\n", note::verifier_key(origin, key))
}

/// The file `ledger.json`, read and as it stands.
pub(super) fn read_config(store: &Store) -> Result<(LedgerConfig, String), Error> {
    let text = store.read(CONFIG)?;
    let file: Option<ConfigFile> =
        canon::parse_canonical(text.as_bytes()).ok().and_then(|value| serde_json::from_value(value).ok());
    let file = file.filter(|file| note::is_name(&file.origin)).ok_or(IntegrityError::MalformedFile {
        file: CONFIG.to_owned(),
        expected: "canonical JSON of v, origin and profile",
    })?;
    Ok((LedgerConfig { origin: file.origin, profile: file.profile }, text))
}

/// The key in the directory: it must be written for this name.
pub(super) fn read_key(store: &Store, config: &LedgerConfig) -> Result<PublicKey, Error> {
    let text = store.read(KEY)?;
    let parsed = text.strip_suffix('\n').and_then(note::parse_verifier_key);
    let key = parsed.filter(|(name, _)| *name == config.origin).map(|(_, key)| key);
    Ok(key.ok_or(IntegrityError::MalformedFile { file: KEY.to_owned(), expected: "the verifier key of this log" })?)
}

/// The signed head in the directory: it must be of this log.
pub(super) fn read_head(store: &Store, config: &LedgerConfig, key: &PublicKey) -> Result<Checkpoint, Error> {
    let signed = Checkpoint::parse(&store.read(HEAD)?, key)?;
    if signed.origin != config.origin {
        let (expected, found) = (config.origin.clone(), signed.origin);
        return Err(IntegrityError::WrongOrigin { expected, found }.into());
    }
    Ok(signed)
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
fn read_segments(store: &Store) -> Result<(Vec<u64>, bool), Error> {
    let count = store.count_segments()?;
    let mut firsts = Vec::new();
    for number in 0..count {
        let path = store.segment_path(number);
        match SegmentReader::open(&path, Store::segment_name(number))?.header() {
            Ok(header) => firsts.push(header.frontier.size()),
            Err(error) if number > 0 && number == count - 1 && is_no_frame(&error) => {
                let bytes = std::fs::read(&path).map_err(io_error(&path, "read"))?;
                return if commits(&bytes).next().is_some() { Err(error) } else { Ok((firsts, true)) };
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::{Ed25519Key, KeyError};

    /// Signs while `works`.
    struct Failing(Ed25519Key, std::sync::Arc<std::sync::atomic::AtomicBool>);

    impl Signer for Failing {
        fn public_key(&self) -> &PublicKey {
            self.0.public_key()
        }

        fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
            if self.1.load(std::sync::atomic::Ordering::Relaxed) {
                return self.0.sign(message);
            }
            Err(KeyError::SignerFailed { what: "no answer".to_owned() })
        }
    }

    fn create(dir: &Path) -> (Ledger, std::sync::Arc<std::sync::atomic::AtomicBool>) {
        let (key, _) = Ed25519Key::generate().unwrap();
        let works = std::sync::Arc::new(true.into());
        let config = LedgerConfig { origin: "log".to_owned(), profile: Profile::Intl };
        (Ledger::create(dir, &config, Box::new(Failing(key, std::sync::Arc::clone(&works)))).unwrap(), works)
    }

    #[test]
    fn a_failed_write_poisons_the_handle_and_nothing_else() {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path().join("log");
        let (mut ledger, _) = create(&dir);
        ledger.append(b"1").unwrap();
        // A descriptor that can't be written stands for a disk that can't.
        let writer = ledger.writer.as_mut().unwrap();
        writer.segment = File::open(ledger.store.segment_path(0)).unwrap();
        assert!(matches!(ledger.append(b"2"), Err(LedgerError::Io { doing: "write", .. })));
        assert_eq!(ledger.append(b"2"), Err(LedgerError::Poisoned));
        assert_eq!(ledger.checkpoint(), Err(LedgerError::Poisoned.into()));
        assert_eq!((ledger.size(), Ledger::open(&dir, None).unwrap().size()), (1, 1));
    }

    /// `fork` shares the lock: a child's handle has the number of another process in it.
    #[test]
    fn a_forked_child_writes_nothing() {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path().join("log");
        let (mut ledger, _) = create(&dir);
        ledger.append(b"1").unwrap();
        let before = std::fs::read(ledger.store.segment_path(0)).unwrap();
        ledger.writer.as_mut().unwrap().lock.inherit();
        assert_eq!(ledger.append(b"2"), Err(LedgerError::Forked));
        assert_eq!(ledger.checkpoint(), Err(LedgerError::Forked.into()));
        assert_eq!(std::fs::read(ledger.store.segment_path(0)).unwrap(), before);
    }

    #[test]
    fn what_another_wrote_is_not_written_over() {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path().join("log");
        let (mut ledger, _) = create(&dir);
        let path = ledger.store.segment_path(0);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes.extend_from_slice(b"another");
        std::fs::write(&path, &bytes).unwrap();
        assert!(matches!(ledger.append(b"1"), Err(LedgerError::WrittenByAnother { .. })));
        assert_eq!(std::fs::read(&path).unwrap(), bytes);
    }

    #[test]
    fn when_the_signer_fails_the_records_stay() {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path().join("log");
        let (mut ledger, works) = create(&dir);
        works.store(false, std::sync::atomic::Ordering::Relaxed);
        assert_eq!(ledger.append(b"1"), Ok(0));
        assert!(matches!(ledger.checkpoint(), Err(Error::Key(KeyError::SignerFailed { .. }))));
        assert_eq!((ledger.signed().size, ledger.append(b"2")), (0, Ok(1)));
        works.store(true, std::sync::atomic::Ordering::Relaxed);
        assert_eq!(ledger.checkpoint().unwrap().size, 2);
    }

    #[test]
    fn keys_and_configuration_are_read_strictly() {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path().join("log");
        drop(create(&dir));
        let open = || Ledger::open(&dir, None).err();
        for (name, bad) in [
            (CONFIG, "{}"),
            (CONFIG, r#"{"origin":"log","profile":"other","v":1}"#),
            (CONFIG, r#"{"origin":"log","profile":"intl", "v":1}"#),
            (CONFIG, r#"{"origin":"a b","profile":"intl","v":1}"#),
            (CONFIG, r#"{"more":1,"origin":"log","profile":"intl","v":1}"#),
            (KEY, ""),
            (KEY, "log+00000000+AAAA\n"),
        ] {
            let good = std::fs::read(dir.join(name)).unwrap();
            std::fs::write(dir.join(name), bad).unwrap();
            assert!(matches!(open(), Some(Error::Integrity(IntegrityError::MalformedFile { .. }))), "{bad}");
            std::fs::write(dir.join(name), good).unwrap();
        }
        assert!(open().is_none());
    }
}
