//! Writing: append, sign, and what is done when there is no space.

use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt;

use serde::Serialize;

use super::frame::{BEFORE_RECORD, Header, LONGEST_BATCH, LONGEST_RECORD, encode_commit, encode_record};
use super::keys;
use super::log::Ledger;
use super::nodes::NodesWriter;
use super::replay::link;
use super::store::{HEAD, KEY, Lock, Store, io_error, is_full};
use super::tree::{Hash, leaf_hash};
use super::{Checkpoint, LedgerError, blobs, members};
use crate::Error;
use crate::canon;
use crate::crypto::Signer;
use crate::terms::{Instant, Text, V1};

/// A new segment begins after this many bytes: a compromise of opening time, which reads one segment, and files.
const SEGMENT_LIMIT: u64 = 16 << 20;

/// What only a writer has.
pub(super) struct Writer {
    signer: Box<dyn Signer>,
    /// The key before, while heads are signed by both.
    previous: Option<Box<dyn Signer>>,
    /// A child made by `fork` has it too, and would write over its parent's records.
    lock: Lock,
    segment: File,
    /// Where the next frame goes.
    end: u64,
    poisoned: bool,
    /// There was no space.
    full: bool,
    /// The space that was held has been used.
    spent: bool,
    /// The file of keys has the present key.
    keys_told: bool,
    segment_limit: u64,
    pub(super) nodes: Option<NodesWriter>,
}

impl Writer {
    pub(super) fn new(
        signer: Box<dyn Signer>,
        lock: Lock,
        segment: File,
        end: u64,
        keys_told: bool,
        store: &Store,
    ) -> Result<Self, LedgerError> {
        let full = match store.hold_reserve() {
            Err(error) if !is_full(&error) => return Err(error),
            held => held.is_err(),
        };
        let nodes = NodesWriter::open(store);
        Ok(Writer {
            signer,
            previous: None,
            lock,
            segment,
            end,
            poisoned: false,
            full,
            spent: false,
            keys_told,
            segment_limit: SEGMENT_LIMIT,
            nodes,
        })
    }

    pub(super) fn signer(&self) -> &dyn Signer {
        &*self.signer
    }

    /// A new key signs, and the one before it too.
    pub(super) fn follow(&mut self, new: Box<dyn Signer>) {
        self.previous = Some(std::mem::replace(&mut self.signer, new));
        self.keys_told = false;
    }

    pub(super) fn set_previous(&mut self, previous: Option<Box<dyn Signer>>) {
        self.previous = previous;
    }

    fn usable(&self) -> Result<(), LedgerError> {
        match self.poisoned {
            _ if !self.lock.is_ours() => Err(LedgerError::Forked),
            true => Err(LedgerError::Poisoned),
            false => Ok(()),
        }
    }
}

/// The record of an interval's end.
#[derive(Serialize)]
struct Seal {
    at: Instant,
    kind: &'static str,
    v: V1,
}

impl Ledger {
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
    /// Before anything is written [`LedgerError::TooLong`], [`LedgerError::NotCanonical`], [`LedgerError::Reserved`],
    /// [`LedgerError::BadBlobs`], [`LedgerError::NoSuchBlob`], [`LedgerError::ReadOnly`], [`LedgerError::LongBatch`],
    /// [`LedgerError::NoMemory`]. [`LedgerError::Full`] when there
    /// is no space: nothing of the call is left, and [`Ledger::append_last`] has space for one more record. After
    /// [`LedgerError::Io`] nobody knows what the disk holds: every later call gives [`LedgerError::Poisoned`] until the
    /// ledger is opened again.
    pub fn append_batch<R: AsRef<[u8]>>(&mut self, records: &[R]) -> Result<Range<u64>, LedgerError> {
        check_records(&self.store, records)?;
        self.append_checked(records)
    }

    /// Appends one record, in the space that was held if there is no other: that the ledger is full can be recorded, and
    /// signed.
    ///
    /// # Errors
    /// As [`Ledger::append_batch`].
    pub fn append_last(&mut self, record: &[u8]) -> Result<u64, LedgerError> {
        check_records(&self.store, &[record])?;
        match self.append_checked(&[record]) {
            Err(error @ LedgerError::Full { .. }) => {
                // Once: what is left of it is for the head.
                match self.writer.as_mut() {
                    Some(writer) if !writer.spent => writer.spent = true,
                    _ => return Err(error),
                }
                self.store.release_reserve()?;
                self.write(&[record]).map(|range| range.start)
            }
            other => other.map(|range| range.start),
        }
    }

    /// As [`Ledger::append_batch`], for records that [`check_records`] has found good.
    pub(super) fn append_checked<R: AsRef<[u8]>>(&mut self, records: &[R]) -> Result<Range<u64>, LedgerError> {
        let writer = self.writer.as_mut().ok_or(LedgerError::ReadOnly)?;
        writer.usable()?;
        if records.is_empty() {
            return Ok(self.tree.size()..self.tree.size());
        }
        // Nothing is written before the space for a last record is held again.
        if writer.full {
            let held = self.store.hold_reserve();
            held.map_err(|error| self.store.or_full(error))?;
            (writer.full, writer.spent) = (false, false);
        }
        self.write(records)
    }

    fn write<R: AsRef<[u8]>>(&mut self, records: &[R]) -> Result<Range<u64>, LedgerError> {
        let hash = self.config.profile.hash();
        let first = self.tree.size();
        let bytes = records
            .iter()
            .fold(0_usize, |bytes, record| bytes.saturating_add(record.as_ref().len() + BEFORE_RECORD as usize));
        if bytes > LONGEST_BATCH {
            return Err(LedgerError::LongBatch { bytes });
        }
        let mut out = Vec::new();
        out.try_reserve_exact(bytes.saturating_add(80)).map_err(|_| LedgerError::NoMemory { bytes })?;
        let mut nodes = Vec::new();
        let room = (2 * records.len() + u64::BITS as usize).saturating_mul(size_of::<Hash>());
        nodes.try_reserve_exact(room).map_err(|_| LedgerError::NoMemory { bytes: room })?;
        let mut tree = self.tree.clone();
        for record in records {
            encode_record(tree.size(), record.as_ref(), &mut out);
            tree.push_to(leaf_hash(hash, record.as_ref()), &mut |node| nodes.extend_from_slice(node));
        }
        let root = tree.root();
        let chain = link(hash, &self.chain, tree.size(), &root);
        encode_commit(tree.size(), &root, &chain, &mut out);

        let segments = self.segments.len();
        let end = self.writer.as_ref().map_or(0, |writer| writer.end);
        if let Err(error) = self.write_frames(&out) {
            return Err(self.undo(segments, end, error));
        }
        (self.tree, self.chain) = (tree, chain);
        if let Some(nodes_writer) = self.writer.as_ref().and_then(|writer| writer.nodes.as_ref()) {
            nodes_writer.write(first, &nodes);
        }
        Ok(first..self.tree.size())
    }

    /// Writes a batch's frames, into a new segment where the last has reached its limit. Until all of it has worked, the
    /// handle is not to be used again.
    fn write_frames(&mut self, out: &[u8]) -> Result<(), LedgerError> {
        let writer = self.writer.as_mut().ok_or(LedgerError::ReadOnly)?;
        writer.poisoned = true;
        let first = self.tree.size();
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
        writer.segment.write_all_at(out, writer.end).map_err(io_error(&path, "write"))?;
        writer.segment.sync_data().map_err(io_error(&path, "fdatasync"))?;
        writer.poisoned = false;
        writer.end += out.len() as u64;
        Ok(())
    }

    /// After a write that found no space: cuts off what of it is there, so that the handle can go on.
    fn undo(&mut self, segments: usize, end: u64, error: LedgerError) -> LedgerError {
        let Some(writer) = self.writer.as_mut().filter(|_| is_full(&error)) else { return error };
        let last = segments as u64 - 1;
        let undone = self.store.abandon_segment(last + 1).and_then(|()| {
            self.store.cut_segment(last, end)?;
            self.store.open_segment(last)
        });
        let Ok(segment) = undone else { return error };
        (writer.segment, writer.end, writer.poisoned, writer.full) = (segment, end, false, true);
        self.segments.truncate(segments);
        self.store.or_full(error)
    }

    /// Whether this handle may write.
    pub(super) fn usable(&self) -> Result<(), LedgerError> {
        self.writer.as_ref().ok_or(LedgerError::ReadOnly)?.usable()
    }

    /// Signs the present head, unless it is signed already. It is on the disk before it is returned.
    ///
    /// # Errors
    /// [`LedgerError::ReadOnly`], [`LedgerError::Poisoned`], [`LedgerError::Full`], [`LedgerError::Io`]. When the signer
    /// fails, its error: the records stay, unsigned.
    pub fn checkpoint(&mut self) -> Result<Checkpoint, Error> {
        self.usable()?;
        self.tell_keys()?;
        let root = self.root();
        let writer = self.writer.as_ref().ok_or(LedgerError::ReadOnly)?;
        if self.signed.size != self.tree.size() {
            let mut signers = vec![(self.keys.present(), &*writer.signer)];
            signers.extend(self.keys.earlier().last().zip(writer.previous.as_deref()));
            let signed = Checkpoint::sign(&self.config.origin, self.tree.size(), &root, &signers)?;
            self.replace(HEAD, signed.note.as_bytes())?;
            (self.signed, self.signed_by) = (signed, self.keys.present().clone());
        }
        Ok(self.signed.clone())
    }

    /// Repeats the keys in their file, where a change or a crash left it behind the records.
    fn tell_keys(&mut self) -> Result<(), LedgerError> {
        if self.writer.as_ref().is_some_and(|writer| !writer.keys_told) {
            self.replace(KEY, self.keys.text(&self.config.origin).as_bytes())?;
            if let Some(writer) = &mut self.writer {
                writer.keys_told = true;
            }
        }
        Ok(())
    }

    /// Replaces a small file, in the space that is held if there is no other.
    fn replace(&mut self, name: &str, bytes: &[u8]) -> Result<(), LedgerError> {
        let writer = self.writer.as_mut().ok_or(LedgerError::ReadOnly)?;
        writer.poisoned = true;
        let replaced = self.store.replace(name, bytes).or_else(|error| {
            if !is_full(&error) {
                return Err(error);
            }
            (writer.full, writer.spent) = (true, true);
            self.store.release_reserve()?;
            self.store.replace(name, bytes)
        });
        // Where there was no space, the file is as before.
        writer.poisoned = replaced.as_ref().is_err_and(|error| !is_full(error));
        replaced.map_err(|error| self.store.or_full(error))
    }

    /// Ends an interval in which there may have been no record: appends one that says when, and signs. Who must seal every
    /// interval can't quietly leave one out, and a copy that ends earlier is seen to.
    ///
    /// # Errors
    /// Those of [`Ledger::append`] and [`Ledger::checkpoint`].
    pub fn seal(&mut self, at: Instant) -> Result<Checkpoint, Error> {
        self.append(&canon::to_bytes(&Seal { at, kind: "ledger_seal", v: V1 })?)?;
        self.checkpoint()
    }

    /// Begins a new segment after this many bytes from now on; the default is 16 MiB. An opening reads one segment,
    /// more if the last head was signed in an earlier one.
    pub fn set_segment_limit(&mut self, bytes: u64) {
        if let Some(writer) = &mut self.writer {
            writer.segment_limit = bytes;
        }
    }
}

/// The records of a text of one a line: canonical JSON holds no line feed, and the one that ends a line is no part of it.
#[must_use]
pub fn lines(text: &[u8]) -> Vec<&[u8]> {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    if text.is_empty() { Vec::new() } else { text.split(|byte| *byte == b'\n').collect() }
}

/// Whether each record is one.
///
/// # Errors
/// [`LedgerError::TooLong`], [`LedgerError::NotCanonical`], [`LedgerError::Reserved`], [`LedgerError::BadBlobs`], [`LedgerError::NoSuchBlob`]
pub(super) fn check_records<R: AsRef<[u8]>>(store: &Store, records: &[R]) -> Result<(), LedgerError> {
    for (position, record) in records.iter().enumerate() {
        let record = record.as_ref();
        if record.len() > LONGEST_RECORD {
            return Err(LedgerError::TooLong { position, bytes: record.len() });
        }
        let members = members::read(record)
            .map_err(|error| LedgerError::NotCanonical { position, reason: Text::from(&error) })?;
        if keys::is_change(record) {
            return Err(LedgerError::Reserved { position });
        }
        let named = members.blobs.ok_or(LedgerError::BadBlobs { position })?;
        if let Some(digest) = named.iter().find(|digest| !blobs::exists(store, digest)) {
            return Err(LedgerError::NoSuchBlob { digest: *digest });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::{Ed25519Key, KeyError, PublicKey};
    use crate::ledger::{LedgerConfig, Profile};
    use std::path::Path;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    /// Signs while `works`.
    struct Failing(Ed25519Key, Arc<AtomicBool>);

    impl Signer for Failing {
        fn public_key(&self) -> &PublicKey {
            self.0.public_key()
        }

        fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
            if self.1.load(Ordering::Relaxed) {
                return self.0.sign(message);
            }
            Err(KeyError::SignerFailed { what: Text::foreign("no answer") })
        }
    }

    fn create(dir: &Path) -> (Ledger, Arc<AtomicBool>) {
        let (key, _) = Ed25519Key::generate().unwrap();
        let works = Arc::new(true.into());
        let config = LedgerConfig { origin: "log".to_owned(), profile: Profile::Intl };
        (Ledger::create(dir, &config, Box::new(Failing(key, Arc::clone(&works)))).unwrap(), works)
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
        works.store(false, Ordering::Relaxed);
        assert_eq!(ledger.append(b"1"), Ok(0));
        assert!(matches!(ledger.checkpoint(), Err(Error::Key(KeyError::SignerFailed { .. }))));
        assert_eq!((ledger.signed().size, ledger.append(b"2")), (0, Ok(1)));
        works.store(true, Ordering::Relaxed);
        assert_eq!(ledger.checkpoint().unwrap().size, 2);
    }
}
