//! Segments in order, and what their frames must add up to.

use std::collections::BTreeMap;

use super::frame::{Frame, Header, SegmentReader, is_no_frame, is_torn};
use super::store::Store;
use super::tree::{Frontier, Hash, leaf_hash};
use super::{IntegrityError, LedgerError};
use crate::Error;
use crate::crypto::Hasher;
use crate::terms::{Digest, HashAlgorithm};

/// The chain before the first commit: it binds the log's name and profile.
pub(super) fn genesis(hash: HashAlgorithm, config: &str) -> Hash {
    let mut hasher = Hasher::new(hash);
    hasher.update(b"kaifang/ledger/v1\n");
    hasher.update(config.as_bytes());
    *hasher.finish().as_bytes()
}

/// The chain after a commit.
pub(super) fn link(hash: HashAlgorithm, chain: &Hash, size: u64, root: &Hash) -> Hash {
    let mut hasher = Hasher::new(hash);
    hasher.update(b"kaifang/commit/v1\n");
    hasher.update(chain);
    hasher.update(&size.to_le_bytes());
    hasher.update(root);
    *hasher.finish().as_bytes()
}

/// What follows the last commit of a segment.
#[derive(Debug)]
pub(super) struct Tail {
    /// Where it begins: 0 when even the header is torn.
    pub(super) offset: u64,
    /// Whole records in it.
    pub(super) records: u64,
    /// What is wrong with it.
    pub(super) error: Error,
}

/// A record as it is replayed.
pub(super) struct Replayed<'a> {
    pub(super) file: &'a str,
    /// Of its frame.
    pub(super) offset: u64,
    pub(super) index: u64,
    pub(super) bytes: &'a [u8],
    /// The tree of the records before it.
    pub(super) before: &'a Frontier,
}

/// What is called with each record.
pub(super) type Visit<'a> = &'a mut dyn FnMut(Replayed<'_>) -> Result<(), Error>;

/// The state of a log, as its frames are replayed.
pub(super) struct Replay {
    /// With records that are not committed yet.
    frontier: Frontier,
    /// At the last commit.
    pub(super) committed: Frontier,
    pub(super) chain: Hash,
    /// Roots at the sizes that are asked for, once they are reached.
    watched: BTreeMap<u64, Option<Hash>>,
    /// Where in the last segment its last write begins: a batch, or the header.
    pub(super) last_write: u64,
    pub(super) commits: u64,
    pub(super) bytes: u64,
}

impl Replay {
    /// Starts where a segment starts. `watch` are the sizes whose roots are wanted.
    pub(super) fn new(frontier: Frontier, chain: Hash, watch: impl IntoIterator<Item = u64>) -> Self {
        let mut watched: BTreeMap<u64, Option<Hash>> = watch.into_iter().map(|size| (size, None)).collect();
        if let Some(root) = watched.get_mut(&frontier.size()) {
            *root = Some(frontier.root());
        }
        Replay { committed: frontier.clone(), frontier, chain, watched, last_write: 0, commits: 0, bytes: 0 }
    }

    /// The root at a size that was watched, if it is committed.
    pub(super) fn root_at(&self, size: u64) -> Option<Hash> {
        if size > self.committed.size() { None } else { self.watched.get(&size).copied().flatten() }
    }

    /// Replays one segment. Returns where its last commit ends and what follows that. The error of a tail that a torn write
    /// can't explain is returned as such.
    pub(super) fn segment(
        &mut self,
        store: &Store,
        number: u64,
        visit: Visit<'_>,
    ) -> Result<(u64, Option<Tail>), Error> {
        let hash = self.frontier.hash();
        let mut reader = SegmentReader::open(store, number, hash)?;
        let mut end = 0;
        let result = self.frames(&mut reader, number, &mut end, visit);
        let records = self.frontier.size() - self.committed.size();
        self.bytes += end;
        let error = match result {
            Err(error) if !is_no_frame(&error) => return Err(error),
            Err(error) => error,
            Ok(()) if records == 0 => return Ok((end, None)),
            Ok(()) => {
                let (file, record) = (reader.file().to_owned(), self.committed.size());
                IntegrityError::Uncommitted { file, offset: end, record }.into()
            }
        };
        // From the file as it was opened: what a writer does meanwhile is not looked at.
        match reader.again(end, u64::MAX)? {
            Some(rest) if is_torn(&error, &rest, end) => {}
            _ => return Err(error),
        }
        self.frontier = self.committed.clone();
        Ok((end, Some(Tail { offset: end, records, error })))
    }

    fn frames(
        &mut self,
        reader: &mut SegmentReader,
        number: u64,
        end: &mut u64,
        visit: Visit<'_>,
    ) -> Result<(), Error> {
        let expected = Header { number, frontier: self.committed.clone(), chain: self.chain };
        if reader.header()? != expected {
            let (file, record) = (reader.file().to_owned(), self.committed.size());
            return Err(IntegrityError::WrongSegment { file, record }.into());
        }
        (self.last_write, *end) = (0, reader.offset());
        let mut buffer = Vec::new();
        while let Some((offset, frame)) = reader.next(&mut buffer)? {
            let file = || reader.file().to_owned();
            match frame {
                Frame::Record { index, bytes } => {
                    let expected = self.frontier.size();
                    if index != expected {
                        return Err(IntegrityError::WrongIndex { file: file(), offset, expected, found: index }.into());
                    }
                    visit(Replayed { file: reader.file(), offset, index, bytes, before: &self.frontier })?;
                    self.frontier.push(leaf_hash(self.frontier.hash(), bytes));
                    if let Some(root) = self.watched.get_mut(&self.frontier.size()) {
                        *root = Some(self.frontier.root());
                    }
                }
                Frame::Commit { size, root, chain } => {
                    let expected = self.frontier.size();
                    if size != expected || size == self.committed.size() {
                        return Err(IntegrityError::WrongIndex { file: file(), offset, expected, found: size }.into());
                    }
                    if root != self.frontier.root() {
                        return Err(IntegrityError::WrongRoot { file: file(), offset, size }.into());
                    }
                    if chain != link(self.frontier.hash(), &self.chain, size, &root) {
                        return Err(IntegrityError::BrokenChain { file: file(), offset, size }.into());
                    }
                    (self.chain, self.committed) = (chain, self.frontier.clone());
                    self.commits += 1;
                    (self.last_write, *end) = (*end, reader.offset());
                }
            }
        }
        Ok(())
    }
}

/// The committed records of a log in order: index and bytes. From [`crate::ledger::Ledger::records`].
///
/// Each frame's checksum is checked. Read from the first record on, they must also add up to the root that the ledger
/// was opened with: the last record is an error when they do not, so that what was folded from them is not to be used.
pub struct Records {
    store: Store,
    number: u64,
    reader: SegmentReader,
    next: u64,
    size: u64,
    hash: HashAlgorithm,
    /// Of the records from the first on, and the root that they must have at `size`.
    tree: Option<(Frontier, Hash)>,
}

impl Records {
    /// From the first record of a segment, to `size`.
    pub(super) fn new(store: &Store, number: u64, size: u64, hash: HashAlgorithm) -> Result<Self, Error> {
        let (reader, next) = Self::open(store, number, hash)?;
        Ok(Records { store: store.clone(), number, reader, next, size, hash, tree: None })
    }

    /// From the first record to `size`, where their tree must have this root.
    pub(super) fn under(store: &Store, size: u64, root: &Digest) -> Result<Self, Error> {
        let hash = root.algorithm();
        let tree = Some((Frontier::new(hash), *root.as_bytes()));
        Ok(Records { tree, ..Self::new(store, 0, size, hash)? })
    }

    /// From the first record of a segment, to `size`, where the tree must have this root: what the segment's header says
    /// of the records before it is then proved too.
    pub(super) fn from_segment(store: &Store, number: u64, size: u64, root: &Digest) -> Result<Self, Error> {
        let hash = root.algorithm();
        let mut records = Self::new(store, number, size, hash)?;
        let frontier = SegmentReader::open(store, number, hash)?.header()?.frontier;
        records.tree = Some((frontier, *root.as_bytes()));
        Ok(records)
    }

    /// Adds a record to the tree.
    fn grow(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let Some((tree, root)) = &mut self.tree else { return Ok(()) };
        tree.push(leaf_hash(self.hash, bytes));
        if tree.size() == self.size && tree.root() != *root {
            let (file, offset) = (self.reader.file().to_owned(), self.reader.offset());
            return Err(IntegrityError::WrongRoot { file, offset, size: self.size }.into());
        }
        Ok(())
    }

    fn open(store: &Store, number: u64, hash: HashAlgorithm) -> Result<(SegmentReader, u64), Error> {
        let mut reader = SegmentReader::open(store, number, hash)?;
        let first = reader.header()?.frontier.size();
        Ok((reader, first))
    }

    /// Passes over the records before `index`.
    pub(super) fn skip_to(&mut self, index: u64) -> Result<(), Error> {
        let mut buffer = Vec::new();
        while self.next < index.min(self.size) {
            self.step(&mut buffer)?;
            self.next += 1;
        }
        Ok(())
    }

    /// Puts the next record's bytes into `buffer`.
    fn step(&mut self, buffer: &mut Vec<u8>) -> Result<(), Error> {
        loop {
            match self.reader.next(buffer)? {
                Some((_, Frame::Record { index, .. })) if index == self.next => return Ok(()),
                Some((_, Frame::Commit { .. })) => {}
                Some((offset, Frame::Record { index, .. })) => {
                    let (file, expected) = (self.reader.file().to_owned(), self.next);
                    return Err(IntegrityError::WrongIndex { file, offset, expected, found: index }.into());
                }
                None => {
                    self.number += 1;
                    (self.reader, _) =
                        Self::open(&self.store, self.number, self.hash).map_err(|error| match error {
                            Error::Ledger(LedgerError::Io { .. }) => {
                                IntegrityError::MissingSegment { file: Store::segment_name(self.number) }.into()
                            }
                            other => other,
                        })?;
                }
            }
        }
    }
}

impl Iterator for Records {
    type Item = Result<(u64, Vec<u8>), Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= self.size {
            return None;
        }
        let mut bytes = Vec::new();
        let item = self.step(&mut bytes).and_then(|()| self.grow(&bytes)).map(|()| (self.next, bytes));
        // After an error there is nothing more.
        self.next = if item.is_ok() { self.next + 1 } else { self.size };
        Some(item)
    }
}
