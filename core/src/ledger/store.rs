//! The directory of a ledger: its files, its lock, and when they are durable.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};

use super::{Expected, IntegrityError, LedgerError};
use crate::terms::os_text;

/// Who the log is: canonical JSON of its version, name and profile.
pub(super) const CONFIG: &str = "ledger.json";
/// The verifier keys of the log, from the first to the present.
pub(super) const KEY: &str = "key";
/// The last head that was signed.
pub(super) const HEAD: &str = "checkpoint";
/// The nodes of the tree. Derived.
pub(super) const NODES: &str = "nodes";
/// The directory of blobs.
pub(super) const BLOBS: &str = "blobs";
/// What a writer locks; it says who has locked it last.
const LOCK: &str = "lock";
/// Space that is held, so that a last record can be written when there is no other.
const RESERVE: &str = "reserve";
/// Enough for the longest record, a new segment, the nodes that it completes and a new head.
const RESERVE_BYTES: usize = 256 << 10;
/// The directory of segments.
const SEGMENTS: &str = "segments";
/// None of the small files is longer, in bytes.
pub(super) const LONGEST_SMALL: u64 = 1 << 16;
/// How often, and how long between, a writer asks for the lock: a verifier holds it for a moment to see who has it.
const LOCK_TRIES: u32 = 5;
const LOCK_WAIT: Duration = Duration::from_millis(2);

/// Turns an error of the operating system into ours.
pub(super) fn io_error(path: &Path, doing: &'static str) -> impl FnOnce(std::io::Error) -> LedgerError {
    let file = path.display().to_string();
    move |error| LedgerError::Io { file, doing, what: os_text(&error), full: says_full(&error) }
}

/// Whether the operating system had no space: a full disk, a quota, a limit of file sizes.
pub(super) fn is_full(error: &LedgerError) -> bool {
    matches!(error, LedgerError::Io { full: true, .. })
}

fn says_full(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge)
}

/// The lock of the one writer.
///
/// A child made by `fork` has a copy of it until it begins another program, and would keep it for that long; so it is given
/// back by who took it, and by nobody else.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
    process: u32,
}

impl Lock {
    /// Whether this process took it, and is no child that inherited it.
    pub(super) fn is_ours(&self) -> bool {
        self.process == std::process::id()
    }

    /// Leaves in the file who holds it, for people: the number of the process, and of the system's start.
    fn say_who(&self) {
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        let who = format!("process {} boot {}\n", self.process, boot.trim());
        // The lock holds without it.
        let _ = self.file.set_len(0).and_then(|()| (&self.file).write_all(who.as_bytes()));
    }

    /// As a child made by `fork` sees it.
    #[cfg(test)]
    pub(super) fn inherit(&mut self) {
        self.process ^= 1;
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if self.is_ours() {
            let _ = flock(&self.file, FlockOperation::Unlock);
        }
    }
}

/// A ledger's directory.
#[derive(Debug, Clone)]
pub(super) struct Store {
    dir: PathBuf,
}

impl Store {
    /// A directory that must be there and hold a ledger.
    pub(super) fn open(dir: &Path) -> Result<Self, LedgerError> {
        for missing in [CONFIG, KEY, HEAD, SEGMENTS] {
            if !dir.join(missing).exists() {
                return Err(LedgerError::NotALedger { dir: dir.display().to_string(), missing });
            }
        }
        Ok(Store { dir: dir.to_owned() })
    }

    /// A directory that is new or empty.
    pub(super) fn create(dir: &Path) -> Result<Self, LedgerError> {
        let new: Vec<&Path> = dir.ancestors().take_while(|above| !above.exists()).collect();
        fs::create_dir_all(dir).map_err(io_error(dir, "create"))?;
        let mut entries = fs::read_dir(dir).map_err(io_error(dir, "list"))?;
        if entries.next().is_some() {
            return Err(LedgerError::NotEmpty { dir: dir.display().to_string() });
        }
        let segments = dir.join(SEGMENTS);
        fs::create_dir(&segments).map_err(io_error(&segments, "create"))?;
        // A directory is there after a crash only if the one above it is synced.
        for parent in new.iter().filter_map(|made| made.parent()) {
            sync_dir(if parent.as_os_str().is_empty() { Path::new(".") } else { parent })?;
        }
        Ok(Store { dir: dir.to_owned() })
    }

    /// Any directory.
    #[cfg(test)]
    pub(super) fn at(dir: &Path) -> Self {
        Store { dir: dir.to_owned() }
    }

    /// How errors call the directory.
    fn name(&self) -> String {
        self.dir.display().to_string()
    }

    /// An error of writing: where there was no space, as such.
    pub(super) fn or_full(&self, error: LedgerError) -> LedgerError {
        if is_full(&error) { LedgerError::Full { dir: self.name() } } else { error }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// Takes the writer's lock, which lasts as long as what this returns.
    pub(super) fn lock(&self) -> Result<Lock, LedgerError> {
        let path = self.path(LOCK);
        let open = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
        let file = open.map_err(io_error(&path, "open"))?;
        let mut tries = (1..LOCK_TRIES).map(|_| std::thread::sleep(LOCK_WAIT));
        let taken = loop {
            match flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Err(rustix::io::Errno::WOULDBLOCK) if tries.next().is_some() => {}
                taken => break taken,
            }
        };
        match taken {
            Ok(()) => {
                let lock = Lock { file, process: std::process::id() };
                lock.say_who();
                Ok(lock)
            }
            Err(rustix::io::Errno::WOULDBLOCK) => {
                let by = self.read(LOCK).unwrap_or_default().lines().next().unwrap_or_default().to_owned();
                Err(LedgerError::Locked { dir: self.name(), by })
            }
            Err(error) => Err(io_error(&path, "lock")(error.into())),
        }
    }

    /// Whether a writer holds the lock.
    pub(super) fn is_locked(&self) -> bool {
        let Ok(probe) = File::open(self.path(LOCK)) else { return false };
        let taken = flock(&probe, FlockOperation::NonBlockingLockShared);
        // Given back at once, and not when the last copy of the descriptor is closed: a child may have one.
        let _ = flock(&probe, FlockOperation::Unlock);
        taken == Err(rustix::io::Errno::WOULDBLOCK)
    }

    /// The text of a small file.
    pub(super) fn read(&self, name: &'static str) -> Result<String, crate::Error> {
        let path = self.path(name);
        let file = File::open(&path).map_err(io_error(&path, "open"))?;
        let mut bytes = Vec::new();
        file.take(LONGEST_SMALL + 1).read_to_end(&mut bytes).map_err(io_error(&path, "read"))?;
        let text = String::from_utf8(bytes).ok().filter(|text| text.len() as u64 <= LONGEST_SMALL);
        Ok(text.ok_or(IntegrityError::MalformedFile {
            file: name.to_owned(),
            expected: Expected::new("简短的 UTF-8 文本", "a short UTF-8 text"),
        })?)
    }

    /// Replaces a small file as a whole: after a crash it is the old or the new one.
    pub(super) fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), LedgerError> {
        let (path, new) = (self.path(name), self.path(&format!("{name}.new")));
        let mut file = File::create(&new).map_err(io_error(&new, "create"))?;
        file.write_all(bytes).map_err(io_error(&new, "write"))?;
        file.sync_all().map_err(io_error(&new, "fsync"))?;
        fs::rename(&new, &path).map_err(io_error(&path, "rename"))?;
        sync_dir(&self.dir)
    }

    /// Holds space, unless it is held already.
    pub(super) fn hold_reserve(&self) -> Result<(), LedgerError> {
        let path = self.path(RESERVE);
        if path.metadata().is_ok_and(|about| about.len() == RESERVE_BYTES as u64) {
            return Ok(());
        }
        // Written and not only asked for, and with bytes that no file system can make shorter.
        let mut file = File::create(&path).map_err(io_error(&path, "create"))?;
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()
        })
        .take(RESERVE_BYTES / 8)
        .flatten()
        .collect();
        let written = file.write_all(&noise).and_then(|()| file.sync_all());
        written.map_err(|error| {
            let _ = fs::remove_file(&path);
            io_error(&path, "write")(error)
        })
    }

    /// Lets the space go that was held.
    pub(super) fn release_reserve(&self) -> Result<(), LedgerError> {
        let path = self.path(RESERVE);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(io_error(&path, "remove")(error)),
            _ => sync_dir(&self.dir),
        }
    }

    /// How errors call a segment.
    pub(super) fn segment_name(number: u64) -> String {
        format!("{SEGMENTS}/{number:08}.kfl")
    }

    pub(super) fn segment_path(&self, number: u64) -> PathBuf {
        self.dir.join(Self::segment_name(number))
    }

    /// How many segments there are: numbers from 0 without a gap.
    pub(super) fn count_segments(&self) -> Result<u64, crate::Error> {
        let dir = self.path(SEGMENTS);
        let mut numbers = Vec::new();
        for entry in fs::read_dir(&dir).map_err(io_error(&dir, "list"))? {
            let name = entry.map_err(io_error(&dir, "list"))?.file_name().to_string_lossy().into_owned();
            let number = name.strip_suffix(".kfl").and_then(|number| number.parse().ok());
            let number = number.filter(|number| Self::segment_name(*number) == format!("{SEGMENTS}/{name}"));
            numbers.push(number.ok_or(IntegrityError::MalformedFile {
                file: format!("{SEGMENTS}/{name}"),
                expected: Expected::new("仅有自 00000000.kfl 起的分段", "only segments, 00000000.kfl and on"),
            })?);
        }
        numbers.sort_unstable();
        let count = numbers.len() as u64;
        match (0..count).zip(&numbers).find(|(expected, found)| expected != *found) {
            None if count > 0 => Ok(count),
            gap => {
                let missing = gap.map_or(0, |(expected, _)| expected);
                Err(IntegrityError::MissingSegment { file: Self::segment_name(missing) }.into())
            }
        }
    }

    /// Begins a segment: its header is durable, and so is its name.
    pub(super) fn begin_segment(&self, number: u64, header: &[u8]) -> Result<File, LedgerError> {
        let path = self.segment_path(number);
        let open = OpenOptions::new().write(true).create_new(true).open(&path);
        let mut file = open.map_err(io_error(&path, "create"))?;
        file.write_all(header).map_err(io_error(&path, "write"))?;
        file.sync_all().map_err(io_error(&path, "fsync"))?;
        sync_dir(&self.path(SEGMENTS))?;
        Ok(file)
    }

    /// Makes the last write of a segment durable, whatever became of its own sync: a writer that was killed may not have
    /// come to it, and after one that failed the system holds for clean what the disk may not have. Its own bytes are
    /// written in their place, and synced with the names of everything.
    pub(super) fn settle(&self, number: u64, from: u64, last_write: &[u8]) -> Result<File, LedgerError> {
        let path = self.segment_path(number);
        let file = self.open_segment(number)?;
        match file.write_all_at(last_write, from).map_err(io_error(&path, "write")) {
            // A file system that writes elsewhere has no space for it: then its sync alone must do.
            Err(error) if !is_full(&error) => return Err(error),
            _ => {}
        }
        file.sync_all().map_err(io_error(&path, "fsync"))?;
        let blobs = self.path(BLOBS);
        for dir in [Some(self.path(SEGMENTS)), Some(self.dir.clone()), Some(blobs).filter(|dir| dir.is_dir())] {
            dir.as_deref().map_or(Ok(()), sync_dir)?;
        }
        Ok(file)
    }

    /// Opens a segment for writing.
    pub(super) fn open_segment(&self, number: u64) -> Result<File, LedgerError> {
        let path = self.segment_path(number);
        OpenOptions::new().write(true).open(&path).map_err(io_error(&path, "open"))
    }

    /// Removes a segment that was not begun wholly.
    pub(super) fn abandon_segment(&self, number: u64) -> Result<(), LedgerError> {
        if self.segment_path(number).exists() { self.cut_segment(number, 0) } else { Ok(()) }
    }

    /// Cuts a segment, or removes it where nothing of it remains.
    pub(super) fn cut_segment(&self, number: u64, length: u64) -> Result<(), LedgerError> {
        let path = self.segment_path(number);
        if length == 0 {
            fs::remove_file(&path).map_err(io_error(&path, "remove"))?;
            return sync_dir(&self.path(SEGMENTS));
        }
        let file = OpenOptions::new().write(true).open(&path).map_err(io_error(&path, "open"))?;
        file.set_len(length).map_err(io_error(&path, "truncate"))?;
        file.sync_all().map_err(io_error(&path, "fsync"))
    }
}

/// Makes the names in a directory durable.
pub(super) fn sync_dir(dir: &Path) -> Result<(), LedgerError> {
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(io_error(dir, "fsync"))
}
