//! Following a log that another process writes: each look takes what was committed since the last one.
//!
//! A follower takes no lock and never waits for the writer. It sees a commit when it is written, which may be before the
//! writer has it on the disk: who records what it names makes it durable first, see [`Follower::make_durable`]. It must
//! never take half a batch for a commit, and never pass over damage.

use std::fs::File;
use std::path::Path;

use super::config::LedgerConfig;
use super::frame::{BEFORE_RECORD, Frame, Header, LONGEST_BATCH, SegmentReader, is_no_frame, is_torn};
use super::log::Ledger;
use super::replay::link;
use super::store::{Store, io_error};
use super::tree::{Frontier, Hash, leaf_hash};
use super::{IntegrityError, LedgerError};
use crate::Error;

/// What is called with each record and its index.
pub(crate) type Give<'a> = &'a mut dyn FnMut(u64, &[u8]) -> Result<(), Error>;

/// A place in a log, up to which its commits were read.
pub(crate) struct Follower {
    store: Store,
    /// The segment, and where in it the next frame begins; 0 before its header.
    number: u64,
    offset: u64,
    /// The segment, open from before it is read: the system tells of a write that failed those who had the file open then.
    held: Option<(u64, File)>,
    committed: Frontier,
    chain: Hash,
    /// How many records are known to be on the disk.
    durable: u64,
    /// A sync failed: nobody knows what the disk holds, and another one would not say.
    failed: bool,
    /// The most bytes of one batch: what never ends in a commit is no batch of a writer's.
    longest: usize,
}

impl Follower {
    /// Follows a log from the records that an open ledger has; those it has are not given again.
    ///
    /// # Errors
    /// What can't be read.
    pub(crate) fn after(ledger: &Ledger) -> Result<Self, Error> {
        let number = ledger.segments.len().saturating_sub(1) as u64;
        let hash = ledger.profile().hash();
        let mut reader = SegmentReader::open(&ledger.store, number, hash)?;
        let header = reader.header()?;
        let mut follower = Follower {
            store: ledger.store.clone(),
            number,
            offset: reader.offset(),
            held: None,
            committed: header.frontier,
            chain: header.chain,
            durable: 0,
            failed: false,
            longest: LONGEST_BATCH,
        };
        follower.hold()?;
        // What the ledger has of its last segment is passed over; what is already beyond comes with the first look.
        let known = ledger.size();
        while follower.committed.size() < known {
            if !follower.read(known, &mut |_, _| Ok(()))? {
                return Err(IntegrityError::RolledBack { signed_size: known, size: follower.committed.size() }.into());
            }
        }
        Ok(follower)
    }

    /// Follows a log from its first record.
    ///
    /// # Errors
    /// What can't be read.
    pub(crate) fn from_start(dir: &Path) -> Result<Self, Error> {
        let store = Store::open(dir)?;
        let (config, text) = LedgerConfig::read(&store)?;
        let hash = config.profile.hash();
        let chain = super::replay::genesis(hash, &text);
        let committed = Frontier::new(hash);
        Ok(Follower {
            store,
            number: 0,
            offset: 0,
            held: None,
            committed,
            chain,
            durable: 0,
            failed: false,
            longest: LONGEST_BATCH,
        })
    }

    /// How many records were committed at the last look.
    pub(crate) fn size(&self) -> u64 {
        self.committed.size()
    }

    /// Whether there may be something new: a look at the length of one file.
    pub(crate) fn idle(&self) -> bool {
        let length = std::fs::metadata(self.store.segment_path(self.number)).map(|about| about.len());
        self.offset != 0
            && length.is_ok_and(|length| length == self.offset)
            && !self.store.segment_path(self.number + 1).exists()
    }

    /// Gives each record that was committed since the last look, in order, with its index. An error of `give` ends the
    /// look before the batch that holds the record.
    ///
    /// # Errors
    /// [`IntegrityError`] for what no torn write explains; what can't be read; the error of `give`.
    pub(crate) fn look(&mut self, give: Give<'_>) -> Result<u64, Error> {
        let before = self.size();
        if !self.idle() {
            while self.read(u64::MAX, give)? {}
        }
        Ok(self.size() - before)
    }

    /// Makes the first `size` records, which were read, durable, whatever becomes of the writer. Only the last write of a
    /// log can be missing on the disk: a writer syncs each before the next, and a segment before the next segment.
    ///
    /// # Errors
    /// What the system says, and [`LedgerError::Poisoned`] after that; also where so many were not read.
    pub(crate) fn make_durable(&mut self, size: u64) -> Result<(), LedgerError> {
        if size <= self.durable {
            return Ok(());
        }
        let Some((number, file)) = self.held.as_ref().filter(|_| !self.failed && size <= self.size()) else {
            return Err(LedgerError::Poisoned);
        };
        if let Err(error) = file.sync_data() {
            self.failed = true;
            return Err(io_error(&self.store.segment_path(*number), "fdatasync")(error));
        }
        self.durable = self.size();
        Ok(())
    }

    /// Opens the segment that is read, unless it is open.
    fn hold(&mut self) -> Result<(), LedgerError> {
        if self.held.as_ref().is_none_or(|(number, _)| *number != self.number) {
            let path = self.store.segment_path(self.number);
            self.held = Some((self.number, File::open(&path).map_err(io_error(&path, "open"))?));
        }
        Ok(())
    }

    /// From now on each sync fails.
    #[cfg(test)]
    pub(crate) fn break_disk(&mut self) {
        let (socket, _) = std::os::unix::net::UnixStream::pair().unwrap();
        self.held = Some((self.number, File::from(std::os::fd::OwnedFd::from(socket))));
    }

    /// Reads the commits of the segment, as far as it goes or until there are so many records; false where there is none
    /// yet. The segment is opened once for all: a log has a commit for nearly each record.
    fn read(&mut self, until: u64, give: Give<'_>) -> Result<bool, Error> {
        self.hold()?;
        let hash = self.committed.hash();
        let mut reader = SegmentReader::open(&self.store, self.number, hash)?;
        if self.offset == 0 {
            match reader.header() {
                Ok(header) => self.check_header(&reader, &header)?,
                Err(error) if is_no_frame(&error) => return Ok(false),
                Err(error) => return Err(error),
            }
            self.offset = reader.offset();
        }
        reader.skip_to(self.offset, self.committed.size())?;
        let (mut batch, mut bytes_of_batch, mut buffer) = (Vec::new(), 0, Vec::new());
        let (before, mut tree) = (self.size(), self.committed.clone());
        while self.size() < until {
            match reader.next(&mut buffer) {
                Ok(None) if batch.is_empty() && self.size() == before => return self.next_segment(),
                // It is looked at again, or the writer is at work.
                Ok(None) => break,
                Ok(Some((offset, Frame::Record { index, bytes }))) => {
                    if index != tree.size() {
                        let (file, expected) = (reader.file().to_owned(), tree.size());
                        return Err(IntegrityError::WrongIndex { file, offset, expected, found: index }.into());
                    }
                    bytes_of_batch += bytes.len() + BEFORE_RECORD as usize;
                    if bytes_of_batch > self.longest {
                        let (file, record) = (reader.file().to_owned(), self.size());
                        return Err(IntegrityError::Uncommitted { file, offset: self.offset, record }.into());
                    }
                    tree.push(leaf_hash(hash, bytes));
                    batch.push(bytes.to_vec());
                }
                Ok(Some((offset, Frame::Commit { size, root, chain }))) => {
                    let file = || reader.file().to_owned();
                    if size != tree.size() || root != tree.root() {
                        return Err(IntegrityError::WrongRoot { file: file(), offset, size }.into());
                    }
                    if chain != link(hash, &self.chain, size, &root) {
                        return Err(IntegrityError::BrokenChain { file: file(), offset, size }.into());
                    }
                    for (index, bytes) in (self.size()..).zip(batch.drain(..)) {
                        give(index, &bytes)?;
                    }
                    (self.committed, self.chain, self.offset) = (tree.clone(), chain, reader.offset());
                    bytes_of_batch = 0;
                }
                Err(error) if is_no_frame(&error) => match reader.again(self.offset, u64::MAX)? {
                    Some(rest) if is_torn(&error, &rest, self.offset) => break,
                    _ => return Err(error),
                },
                Err(error) => return Err(error),
            }
        }
        Ok(self.size() > before)
    }

    /// Goes on to the next segment where there is one; false where there is none yet.
    fn next_segment(&mut self) -> Result<bool, Error> {
        let hash = self.committed.hash();
        if !self.store.segment_path(self.number + 1).exists() {
            return Ok(false);
        }
        // A batch may have come to this segment after it was read and before the next was begun.
        if self.commit_here()? {
            return Ok(true);
        }
        let mut reader = SegmentReader::open(&self.store, self.number + 1, hash)?;
        match reader.header() {
            Ok(header) => {
                self.number += 1;
                self.check_header(&reader, &header).inspect_err(|_| self.number -= 1)?;
                self.offset = reader.offset();
                self.commit_here()
            }
            // Its header is being written.
            Err(error) if is_no_frame(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Whether there is something in the segment that was just begun.
    fn commit_here(&self) -> Result<bool, Error> {
        let length = std::fs::metadata(self.store.segment_path(self.number)).map_or(0, |about| about.len());
        Ok(length > self.offset)
    }

    fn check_header(&self, reader: &SegmentReader, header: &Header) -> Result<(), Error> {
        let expected = Header { number: self.number, frontier: self.committed.clone(), chain: self.chain };
        if *header == expected {
            return Ok(());
        }
        let (file, record) = (reader.file().to_owned(), self.committed.size());
        Err(IntegrityError::WrongSegment { file, record }.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::Ed25519Key;
    use crate::ledger::{LedgerConfig, Profile};

    fn create(dir: &Path) -> Ledger {
        let (key, _) = Ed25519Key::generate().unwrap();
        Ledger::create(dir, &LedgerConfig { origin: "log".to_owned(), profile: Profile::Intl }, Box::new(key)).unwrap()
    }

    fn looked(follower: &mut Follower) -> Vec<(u64, String)> {
        let mut seen = Vec::new();
        follower
            .look(&mut |index, bytes| {
                seen.push((index, String::from_utf8(bytes.to_vec()).unwrap()));
                Ok(())
            })
            .unwrap();
        seen
    }

    #[test]
    fn what_is_committed_is_seen_once_and_in_order_over_segments() {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path().join("log");
        let mut ledger = create(&dir);
        ledger.set_segment_limit(300);
        let mut from_start = Follower::from_start(&dir).unwrap();
        assert_eq!(looked(&mut from_start), []);
        let mut expected = Vec::new();
        let mut after = Follower::after(&ledger).unwrap();
        for number in 0..40_u64 {
            let batch: Vec<String> = (0..=number % 3).map(|part| format!("[{number},{part}]")).collect();
            let range = ledger.append_batch(&batch).unwrap();
            let new: Vec<(u64, String)> = range.zip(batch).collect();
            assert_eq!(looked(&mut after), new, "each look gives what came since");
            assert!(after.idle());
            expected.extend(new);
            if number % 7 == 0 {
                let late = Follower::after(&ledger.reader().unwrap()).unwrap();
                assert_eq!(late.size(), ledger.size());
            }
        }
        assert!(ledger.segments.len() > 3);
        assert_eq!(looked(&mut from_start), expected);
        assert_eq!(from_start.size(), ledger.size());
    }

    #[test]
    fn half_a_write_is_not_there_yet_and_damage_is_an_error() {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path().join("log");
        let mut ledger = create(&dir);
        ledger.append(b"1").unwrap();
        let mut follower = Follower::from_start(&dir).unwrap();
        assert_eq!(looked(&mut follower).len(), 1);
        let segment = dir.join("segments/00000000.kfl");
        let before = std::fs::read(&segment).unwrap();
        ledger.append_batch(&[b"2", b"3"]).unwrap();
        let after = std::fs::read(&segment).unwrap();
        for end in before.len()..after.len() {
            std::fs::write(&segment, &after[..end]).unwrap();
            assert_eq!(looked(&mut follower), [], "cut at {end}");
        }
        // A changed byte in what is committed is no torn write.
        let mut changed = after.clone();
        changed[before.len() + 21] ^= 1;
        changed.extend_from_slice(&after[before.len()..]);
        std::fs::write(&segment, &changed).unwrap();
        assert!(follower.look(&mut |_, _| Ok(())).is_err());
        std::fs::write(&segment, &after).unwrap();
        assert_eq!(looked(&mut follower).len(), 2);
        // What `give` refuses is given again.
        ledger.append(b"4").unwrap();
        let refuse = || Error::from(LedgerError::ReadOnly);
        assert!(follower.look(&mut |_, _| Err(refuse())).is_err());
        assert_eq!(looked(&mut follower), [(3, "4".to_owned())]);
    }

    #[test]
    fn what_was_read_is_made_durable_once_or_never() {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path().join("log");
        let mut ledger = create(&dir);
        ledger.set_segment_limit(300);
        ledger.append(b"1").unwrap();
        let mut follower = Follower::after(&ledger).unwrap();
        follower.make_durable(1).unwrap();
        assert_eq!(follower.make_durable(2), Err(LedgerError::Poisoned), "what was not read is not known");
        for number in 2..20 {
            ledger.append(number.to_string().as_bytes()).unwrap();
            assert_eq!(looked(&mut follower).len(), 1);
            follower.make_durable(number).unwrap();
        }
        assert!(ledger.segments.len() > 3);
        ledger.append(b"20").unwrap();
        assert_eq!(looked(&mut follower).len(), 1);
        follower.break_disk();
        follower.make_durable(19).unwrap();
        assert!(matches!(follower.make_durable(20), Err(LedgerError::Io { doing: "fdatasync", .. })));
        // A sync that works says nothing of what an earlier one lost.
        follower.held = None;
        follower.hold().unwrap();
        assert_eq!(follower.make_durable(20), Err(LedgerError::Poisoned));
    }

    #[test]
    fn what_never_ends_in_a_commit_is_not_kept_in_memory() {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path().join("log");
        let mut ledger = create(&dir);
        ledger.append_batch(&[b"1", b"2", b"3"]).unwrap();
        let mut follower = Follower::from_start(&dir).unwrap();
        follower.longest = 3 * (1 + BEFORE_RECORD as usize) - 1;
        let refused = follower.look(&mut |_, _| Ok(()));
        assert!(matches!(refused, Err(Error::Integrity(IntegrityError::Uncommitted { record: 0, .. }))));
        follower.longest += 1;
        assert_eq!(looked(&mut follower).len(), 3);
        // The bound is on each batch.
        ledger.append_batch(&[b"4", b"5", b"6"]).unwrap();
        ledger.append(b"7").unwrap();
        assert_eq!(looked(&mut follower).len(), 4);
    }

    #[test]
    fn who_follows_an_open_ledger_is_given_what_came_since() {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path().join("log");
        let mut ledger = create(&dir);
        for number in 1..4 {
            ledger.append(number.to_string().as_bytes()).unwrap();
        }
        let reader = ledger.reader().unwrap();
        for number in 4..6 {
            ledger.append(number.to_string().as_bytes()).unwrap();
        }
        let mut follower = Follower::after(&reader).unwrap();
        assert_eq!(looked(&mut follower), [(3, "4".to_owned()), (4, "5".to_owned())]);
    }
}
