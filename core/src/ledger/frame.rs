//! The bytes of a segment: a header, then frames of records and of commits.
//!
//! Every frame is four letters, the CRC-32 (IEEE) of all that follows it in the frame, and its fields; integers are
//! little-endian. See `docs/ledger-format.md`.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom, Take};
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::store::{Store, io_error};
use super::tree::{Frontier, Hash};
use super::{Expected, IntegrityError, LedgerError};
use crate::Error;
use crate::terms::HashAlgorithm;

/// The longest record, in bytes.
pub const LONGEST_RECORD: usize = 65_535;

const HEADER: &[u8; 4] = b"KFS1";
const RECORD: &[u8; 4] = b"KFR1";
const COMMIT: &[u8; 4] = b"KFC1";
/// No log has more records: sums of sizes stay in their numbers.
const MOST_RECORDS: u64 = 1 << 62;
/// The longest header, in bytes.
pub(super) const LONGEST_HEADER: u64 = 56 + 32 * 64;
/// The longest batch with its commit, in bytes: what one write may leave torn, and an opening reads at once.
pub(super) const LONGEST_BATCH: usize = 256 << 20;
/// Bytes before a record's own: letters, checksum, index, length.
pub(super) const BEFORE_RECORD: u64 = 20;
const COMMIT_LENGTH: usize = 80;

/// What a segment begins with: where the log stood when the segment was begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) number: u64,
    pub(super) frontier: Frontier,
    pub(super) chain: Hash,
}

/// One frame.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Frame<'b> {
    Record { index: u64, bytes: &'b [u8] },
    Commit { size: u64, root: Hash, chain: Hash },
}

/// Appends a frame: letters, checksum, parts.
fn seal(letters: &[u8; 4], parts: &[&[u8]], out: &mut Vec<u8>) {
    let mut sum = crc32fast::Hasher::new();
    parts.iter().for_each(|part| sum.update(part));
    out.extend_from_slice(letters);
    out.extend_from_slice(&sum.finalize().to_le_bytes());
    parts.iter().for_each(|part| out.extend_from_slice(part));
}

impl Header {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let (number, first) = (self.number.to_le_bytes(), self.frontier.size().to_le_bytes());
        let peaks = self.frontier.peaks().as_flattened();
        seal(HEADER, &[&number, &first, &self.chain, peaks], &mut out);
        out
    }
}

/// Appends the frame of a record.
pub(super) fn encode_record(index: u64, bytes: &[u8], out: &mut Vec<u8>) {
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    seal(RECORD, &[&index.to_le_bytes(), &length.to_le_bytes(), bytes], out);
}

/// Appends the frame of a commit.
pub(super) fn encode_commit(size: u64, root: &Hash, chain: &Hash, out: &mut Vec<u8>) {
    seal(COMMIT, &[&size.to_le_bytes(), root, chain], out);
}

/// Reads one segment in order. What lies beyond the length it had when it was opened is not looked at: a writer may
/// be at work.
pub(super) struct SegmentReader {
    reader: BufReader<Take<File>>,
    length: u64,
    file: String,
    /// Where the next frame begins.
    offset: u64,
    /// The record that the next frame should hold; for errors.
    record: u64,
    hash: HashAlgorithm,
}

impl SegmentReader {
    /// Opens a segment of a tree over `hash`.
    pub(super) fn open(store: &Store, number: u64, hash: HashAlgorithm) -> Result<Self, LedgerError> {
        let path = store.segment_path(number);
        let file = File::open(&path).map_err(io_error(&path, "open"))?;
        let length = file.metadata().map_err(io_error(&path, "stat"))?.len();
        Ok(SegmentReader {
            reader: BufReader::with_capacity(1 << 16, file.take(length)),
            length,
            file: Store::segment_name(number),
            offset: 0,
            record: 0,
            hash,
        })
    }

    pub(super) fn file(&self) -> &str {
        &self.file
    }

    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// Some bytes again, as far as the segment went when it was opened; `None` when they are more than one write can be.
    pub(super) fn again(&self, from: u64, to: u64) -> Result<Option<Vec<u8>>, LedgerError> {
        let count = usize::try_from(to.min(self.length).saturating_sub(from)).unwrap_or(usize::MAX);
        let mut bytes = Vec::new();
        if count > LONGEST_BATCH || bytes.try_reserve_exact(count).is_err() {
            return Ok(None);
        }
        bytes.resize(count, 0);
        let read = self.reader.get_ref().get_ref().read_exact_at(&mut bytes, from);
        read.map_err(io_error(Path::new(&self.file), "read"))?;
        Ok(Some(bytes))
    }

    /// Goes to where a frame begins that should hold this record.
    pub(super) fn skip_to(&mut self, offset: u64, record: u64) -> Result<(), LedgerError> {
        let file = self.reader.get_ref().get_ref().try_clone();
        let found = file.and_then(|mut file| file.seek(SeekFrom::Start(offset)).map(|_| file));
        let file = found.map_err(io_error(Path::new(&self.file), "read"))?;
        self.reader = BufReader::with_capacity(1 << 16, file.take(self.length.saturating_sub(offset)));
        (self.offset, self.record) = (offset, record);
        Ok(())
    }

    /// The header, which must come first.
    pub(super) fn header(&mut self) -> Result<Header, Error> {
        let Some((letters, sum)) = self.prelude()? else { return Err(self.truncated().into()) };
        if &letters != HEADER {
            return Err(self.bad_frame(Expected::new("分段头", "the header of a segment")).into());
        }
        let [number, first] = self.integers()?;
        let chain: Hash = self.array()?;
        let mut peaks = Vec::new();
        for _ in 0..first.count_ones() {
            peaks.push(self.array::<32>()?);
        }
        let mut check = crc32fast::Hasher::new();
        for part in [&number.to_le_bytes(), &first.to_le_bytes(), &chain[..], peaks.as_flattened()] {
            check.update(part);
        }
        if check.finalize() != sum {
            return Err(self.bad_checksum().into());
        }
        if first >= MOST_RECORDS {
            return Err(IntegrityError::WrongSegment { file: self.file.clone(), record: first }.into());
        }
        self.offset = 56 + 32 * u64::from(first.count_ones());
        self.record = first;
        let Some(frontier) = Frontier::from_peaks(self.hash, first, peaks) else {
            return Err(self.bad_checksum().into());
        };
        Ok(Header { number, frontier, chain })
    }

    /// The next frame and where it begins; `None` at the end. The bytes of a record are put into `buffer`, and are all
    /// that it then holds: a log has too many records for an allocation each.
    pub(super) fn next<'b>(&mut self, buffer: &'b mut Vec<u8>) -> Result<Option<(u64, Frame<'b>)>, Error> {
        let Some((letters, sum)) = self.prelude()? else { return Ok(None) };
        let begin = self.offset;
        let mut check = crc32fast::Hasher::new();
        let frame = match &letters {
            RECORD => {
                let index: [u8; 8] = self.array()?;
                let length: [u8; 4] = self.array()?;
                let size = u32::from_le_bytes(length) as usize;
                if size > LONGEST_RECORD {
                    return Err(self
                        .bad_frame(Expected::new("至多 65535 字节的记录", "a record of at most 65535 bytes"))
                        .into());
                }
                buffer.resize(size, 0);
                self.fill(buffer)?;
                [&index[..], &length, buffer].iter().for_each(|part| check.update(part));
                self.offset += BEFORE_RECORD + size as u64;
                Frame::Record { index: u64::from_le_bytes(index), bytes: buffer }
            }
            COMMIT => {
                let size: [u8; 8] = self.array()?;
                let (root, chain): (Hash, Hash) = (self.array()?, self.array()?);
                [&size[..], &root, &chain].iter().for_each(|part| check.update(part));
                self.offset += COMMIT_LENGTH as u64;
                Frame::Commit { size: u64::from_le_bytes(size), root, chain }
            }
            _ => return Err(self.bad_frame(Expected::new("帧的标识字母", "the letters of a frame")).into()),
        };
        if check.finalize() != sum {
            self.offset = begin;
            return Err(self.bad_checksum().into());
        }
        if matches!(frame, Frame::Record { .. }) {
            self.record += 1;
        }
        Ok(Some((begin, frame)))
    }

    /// Letters and checksum; `None` where the file ends.
    fn prelude(&mut self) -> Result<Option<([u8; 4], u32)>, Error> {
        let mut bytes = [0; 8];
        match self.read(&mut bytes)? {
            0 => Ok(None),
            8 => {
                let [a, b, c, d, sum @ ..] = bytes;
                Ok(Some(([a, b, c, d], u32::from_le_bytes(sum))))
            }
            _ => Err(self.truncated().into()),
        }
    }

    fn integers<const N: usize>(&mut self) -> Result<[u64; N], Error> {
        let mut out = [0; N];
        for value in &mut out {
            *value = u64::from_le_bytes(self.array()?);
        }
        Ok(out)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        if self.read(bytes)? == bytes.len() { Ok(()) } else { Err(self.truncated().into()) }
    }

    /// Reads until the buffer is full or the file ends.
    fn read(&mut self, bytes: &mut [u8]) -> Result<usize, LedgerError> {
        let mut got = 0;
        while let Some(rest) = bytes.get_mut(got..).filter(|rest| !rest.is_empty()) {
            match self.reader.read(rest) {
                Ok(0) => break,
                Ok(more) => got += more,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(io_error(Path::new(&self.file), "read")(error)),
            }
        }
        Ok(got)
    }

    fn truncated(&self) -> IntegrityError {
        IntegrityError::Truncated { file: self.file.clone(), offset: self.offset, record: self.record }
    }

    fn bad_checksum(&self) -> IntegrityError {
        IntegrityError::BadChecksum { file: self.file.clone(), offset: self.offset, record: self.record }
    }

    fn bad_frame(&self, expected: Expected) -> IntegrityError {
        IntegrityError::BadFrame { file: self.file.clone(), offset: self.offset, record: self.record, expected }
    }
}

/// Whether the bytes are no frame: only then can a write that was cut short be the reason.
pub(super) fn is_no_frame(error: &Error) -> bool {
    use IntegrityError::{BadChecksum, BadFrame, Truncated};
    matches!(error, Error::Integrity(BadFrame { .. } | BadChecksum { .. } | Truncated { .. }))
}

/// What a disk writes as a whole, in bytes; a multiple of it is allowed.
const SECTOR: u64 = 512;

/// Whether a write that was cut short can have left this after the last commit, at byte `start` of the file.
///
/// One write is a batch and its commit, and the next is not begun before it is synced. A writer that is killed leaves the
/// beginning of it. When the power goes, any of its sectors may be missing, and those are read as zeros, which no sector of
/// ours is. So more than one commit, a commit that is not the last of it, and a frame that is wrong where no sector is
/// missing are damage to what was acknowledged.
pub(super) fn is_torn(error: &Error, rest: &[u8], start: u64) -> bool {
    let sector_is_missing = || {
        let first = (SECTOR - start % SECTOR) as usize;
        let (head, tail) = rest.split_at(first.min(rest.len()));
        [head].into_iter().chain(tail.chunks(SECTOR as usize)).any(|sector| sector.iter().all(|byte| *byte == 0))
    };
    let ends_early =
        matches!(error, Error::Integrity(IntegrityError::Truncated { .. } | IntegrityError::Uncommitted { .. }));
    let mut commits = commits(rest);
    match (commits.next(), commits.next()) {
        (None, _) => ends_early || sector_is_missing(),
        (Some(end), None) => end == rest.len() && sector_is_missing(),
        (Some(_), Some(_)) => false,
    }
}

/// Where each whole commit frame ends that stands anywhere in these bytes. A record can't hold one: the high bytes of a
/// size are zero, and canonical JSON holds no zero byte.
pub(super) fn commits(bytes: &[u8]) -> impl Iterator<Item = usize> + '_ {
    bytes.windows(COMMIT_LENGTH).enumerate().filter_map(|(begin, window)| match window.split_at_checked(8) {
        Some(([a, b, c, d, sum @ ..], body)) if [*a, *b, *c, *d] == *COMMIT => {
            (crc32fast::hash(body).to_le_bytes() == *sum).then_some(begin + COMMIT_LENGTH)
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> SegmentReader {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::at(dir.path());
        let path = store.segment_path(0);
        std::fs::create_dir(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
        SegmentReader::open(&store, 0, HashAlgorithm::Sha256).unwrap()
    }

    fn sample() -> Vec<u8> {
        let mut frontier = Frontier::new(HashAlgorithm::Sha256);
        (0..3).for_each(|leaf| frontier.push([leaf; 32]));
        let mut bytes = Header { number: 1, frontier, chain: [5; 32] }.encode();
        encode_record(3, b"{}", &mut bytes);
        encode_commit(4, &[6; 32], &[7; 32], &mut bytes);
        bytes
    }

    #[test]
    fn frames_are_read_back() {
        let mut reader = read(&sample());
        let header = reader.header().unwrap();
        assert_eq!((header.number, header.frontier.size(), header.chain), (1, 3, [5; 32]));
        // What the buffer held before is of no record.
        let buffer = &mut b"before".to_vec();
        assert_eq!(reader.next(buffer).unwrap(), Some((120, Frame::Record { index: 3, bytes: b"{}" })));
        assert_eq!(reader.next(buffer).unwrap(), Some((142, Frame::Commit { size: 4, root: [6; 32], chain: [7; 32] })));
        assert_eq!(reader.next(buffer).unwrap(), None);
        assert_eq!(reader.offset(), 222);
    }

    /// No flipped bit and no cut is read as another frame, and none panics.
    #[test]
    fn damage_is_an_error() {
        let whole = sample();
        let frames = |bytes: &[u8]| -> Result<usize, Error> {
            let mut reader = read(bytes);
            reader.header()?;
            let mut count = 0;
            while reader.next(&mut Vec::new())?.is_some() {
                count += 1;
            }
            Ok(count)
        };
        for bit in 0..whole.len() * 8 {
            let mut bytes = whole.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert!(is_no_frame(&frames(&bytes).unwrap_err()), "bit {bit}");
        }
        for end in 0..whole.len() {
            match end {
                120 => assert_eq!(frames(&whole[..end]), Ok(0)),
                142 => assert_eq!(frames(&whole[..end]), Ok(1)),
                _ => assert!(is_no_frame(&frames(&whole[..end]).unwrap_err()), "cut at {end}"),
            }
        }
    }

    #[test]
    fn a_commit_is_found_where_frames_no_longer_line_up() {
        let whole = sample();
        assert_eq!(commits(&whole[125..]).collect::<Vec<_>>(), [97]);
        assert_eq!(commits(&[&whole[..], &whole[125..]].concat()).collect::<Vec<_>>(), [222, 222 + 97]);
        assert_eq!(commits(&whole[..221]).next(), None);
        assert_eq!(commits(&whole[143..]).next(), None);
    }
}
