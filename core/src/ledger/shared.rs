//! One ledger, many threads: what comes while a write is on its way to the disk goes together with the next one.
//!
//! A record waits in a group; whoever gets the ledger writes the group at the head of the line, for all who are in it. A
//! record that is refused is refused before it joins a group, so that it harms nobody else.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use super::store::Store;
use super::write::check_records;
use super::{Checkpoint, Ledger, LedgerError};
use crate::Error;

/// The most records in one write, unless one call brings more: a bound on how long the first of them waits.
const LARGEST_GROUP: usize = 1000;

/// A ledger that threads share. Each call returns when its records are on the disk; calls at the same time share one
/// `fdatasync`.
///
/// ```
/// use kaifang::crypto::Ed25519Key;
/// use kaifang::ledger::{Ledger, LedgerConfig, Profile, SharedLedger};
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("log");
/// let (key, _pem) = Ed25519Key::generate()?;
/// let config = LedgerConfig { origin: "data.xa.example/platform".into(), profile: Profile::Intl };
/// let ledger = SharedLedger::new(Ledger::create(&path, &config, Box::new(key))?);
/// std::thread::scope(|scope| {
///     for thread in 0..4 {
///         let ledger = &ledger;
///         scope.spawn(move || ledger.append(format!(r#"{{"thread":{thread}}}"#).as_bytes()));
///     }
/// });
/// assert_eq!(ledger.checkpoint()?.size, 4);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct SharedLedger {
    store: Store,
    ledger: Mutex<Ledger>,
    /// Those that wait to be written, in order. What comes joins the last, or begins another.
    line: Mutex<VecDeque<Arc<Group>>>,
}

/// Records that are written together. They are taken out when they are.
#[derive(Default)]
struct Group {
    records: Mutex<Vec<Vec<u8>>>,
    /// The index that its first record must get, where it was made on what is before it.
    first: OnceLock<u64>,
    written: OnceLock<Result<Range<u64>, LedgerError>>,
}

/// Records that are in the line.
pub(crate) struct Ticket<'a> {
    ledger: &'a SharedLedger,
    group: Arc<Group>,
    place: u64,
    count: u64,
    /// Whoever began a group writes it.
    leads: bool,
}

impl Ticket<'_> {
    /// Waits until the records are on the disk; their indices.
    ///
    /// # Errors
    /// A failed write is the error of every call whose records it held.
    pub(crate) fn wait(self) -> Result<Range<u64>, LedgerError> {
        if self.leads {
            self.ledger.lead(&self.group);
        }
        self.group.written.wait().clone().map(|range| {
            let first = range.start + self.place;
            first..first + self.count
        })
    }
}

impl Drop for Ticket<'_> {
    // Others may be in the group: it is written whatever became of who began it.
    fn drop(&mut self) {
        if self.leads {
            self.ledger.lead(&self.group);
        }
    }
}

/// A group out of the line: whatever happens, those who are in it are told.
struct Written(Arc<Group>);

impl Drop for Written {
    fn drop(&mut self) {
        _ = self.0.written.set(Err(LedgerError::Poisoned));
    }
}

/// A panic of another thread leaves the ledger as after a failed write: it refuses by itself.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl SharedLedger {
    /// Shares a ledger.
    #[must_use]
    pub fn new(ledger: Ledger) -> Self {
        SharedLedger { store: ledger.store().clone(), ledger: Mutex::new(ledger), line: Mutex::new(VecDeque::new()) }
    }

    /// As [`Ledger::append`].
    ///
    /// # Errors
    /// As [`Ledger::append`]; a failed write is the error of every call whose records it held.
    pub fn append(&self, record: &[u8]) -> Result<u64, LedgerError> {
        self.append_batch(&[record]).map(|range| range.start)
    }

    /// As [`Ledger::append_batch`]: in order and all or none, with no record of another call between.
    ///
    /// # Errors
    /// As [`SharedLedger::append`].
    pub fn append_batch<R: AsRef<[u8]>>(&self, records: &[R]) -> Result<Range<u64>, LedgerError> {
        if records.is_empty() {
            return lock(&self.ledger).append_batch(records);
        }
        self.enqueue(records)?.wait()
    }

    /// Puts records at the end of the line, at least one: they will be written in the order of these calls. They are on
    /// the disk when [`Ticket::wait`] says so.
    ///
    /// # Errors
    /// What is refused before anything is written, as [`Ledger::append_batch`] says.
    pub(crate) fn enqueue<R: AsRef<[u8]>>(&self, records: &[R]) -> Result<Ticket<'_>, LedgerError> {
        self.enqueue_at(records, None)
    }

    /// As [`SharedLedger::enqueue`], for records that were made on all that is before them: their first gets this index,
    /// or none of them is written.
    ///
    /// # Errors
    /// As [`SharedLedger::enqueue`].
    pub(crate) fn enqueue_at<R: AsRef<[u8]>>(
        &self,
        records: &[R],
        index: Option<u64>,
    ) -> Result<Ticket<'_>, LedgerError> {
        check_records(&self.store, records)?;
        let (group, place, leads) = self.join(records);
        if let Some(first) = index.and_then(|index| index.checked_sub(place)) {
            _ = group.first.set(first);
        }
        Ok(Ticket { ledger: self, group, place, count: records.len() as u64, leads })
    }

    /// Writes the line in order until this group is written. Whoever began a group does that for all who are in it: they
    /// wait for the group, not for the ledger, which the next writer has already.
    fn lead(&self, group: &Group) {
        while group.written.get().is_none() {
            let mut ledger = lock(&self.ledger);
            if group.written.get().is_some() {
                return;
            }
            // Ours is in the line still, so there is a head.
            let Some(head) = lock(&self.line).pop_front() else { return };
            let head = Written(head);
            let records = std::mem::take(&mut *lock(&head.0.records));
            // What was made on records that did not get there is not written in their place.
            let astray = head.0.first.get().is_some_and(|first| *first != ledger.size());
            let written = if astray { Err(LedgerError::Poisoned) } else { ledger.append_checked(&records) };
            _ = head.0.written.set(written);
        }
    }

    /// Puts records in the line: their group, where in it they begin, and whether they began it.
    fn join<R: AsRef<[u8]>>(&self, records: &[R]) -> (Arc<Group>, u64, bool) {
        let mut line = lock(&self.line);
        let open = line.back().filter(|group| lock(&group.records).len() + records.len() <= LARGEST_GROUP);
        let leads = open.is_none();
        let group = open.cloned().unwrap_or_else(|| {
            let group = Arc::new(Group::default());
            line.push_back(Arc::clone(&group));
            group
        });
        let mut waiting = lock(&group.records);
        let place = waiting.len() as u64;
        waiting.extend(records.iter().map(|record| record.as_ref().to_vec()));
        drop(waiting);
        (group, place, leads)
    }

    /// As [`Ledger::checkpoint`].
    ///
    /// # Errors
    /// As [`Ledger::checkpoint`].
    pub fn checkpoint(&self) -> Result<Checkpoint, Error> {
        lock(&self.ledger).checkpoint()
    }

    /// Does something with the ledger while nobody writes.
    pub fn with<T>(&self, work: impl FnOnce(&mut Ledger) -> T) -> T {
        work(&mut lock(&self.ledger))
    }

    /// The ledger, for one thread again.
    #[must_use]
    pub fn into_inner(self) -> Ledger {
        self.ledger.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::Ed25519Key;
    use crate::ledger::{LedgerConfig, Profile, verify};
    use std::collections::BTreeMap;
    use std::path::Path;

    fn create(dir: &Path) -> SharedLedger {
        let (key, _) = Ed25519Key::generate().unwrap();
        let config = LedgerConfig { origin: "log".to_owned(), profile: Profile::Intl };
        SharedLedger::new(Ledger::create(dir, &config, Box::new(key)).unwrap())
    }

    #[test]
    fn threads_share_writes_and_each_finds_its_records() {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path().join("log");
        let ledger = create(&dir);
        let written = Mutex::new(BTreeMap::new());
        std::thread::scope(|scope| {
            for thread in 0..8_u64 {
                let (ledger, written) = (&ledger, &written);
                scope.spawn(move || {
                    for number in 0..60_u64 {
                        let records: Vec<String> = (0..=number % 3)
                            .map(|part| format!(r#"{{"number":{number},"part":{part},"thread":{thread}}}"#))
                            .collect();
                        let range = ledger.append_batch(&records).unwrap();
                        assert_eq!(range.end - range.start, records.len() as u64);
                        lock(written).extend(range.zip(records));
                    }
                });
            }
        });
        let written = written.into_inner().unwrap();
        let ledger = ledger.into_inner();
        assert_eq!((written.len() as u64, ledger.size()), (960, 960));
        for item in ledger.records().unwrap() {
            let (index, bytes) = item.unwrap();
            assert_eq!(bytes, written[&index].as_bytes());
        }
        let verified = verify(&dir, Some(ledger.public_key()), None).unwrap();
        assert!(verified.commits < 480, "{} commits of 480 calls: no write was shared", verified.commits);
    }

    #[test]
    fn a_record_that_is_refused_harms_nobody() {
        let temp = tempfile::tempdir().unwrap();
        let ledger = create(&temp.path().join("log"));
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let ledger = &ledger;
                scope.spawn(move || {
                    for _ in 0..20 {
                        if thread % 2 == 0 {
                            ledger.append(b"{}").unwrap();
                        } else {
                            let refused = ledger.append_batch(&[&b"{}"[..], b"{ }"]);
                            assert!(matches!(refused, Err(LedgerError::NotCanonical { position: 1, .. })));
                        }
                    }
                });
            }
        });
        assert_eq!(ledger.append_batch::<&[u8]>(&[]), Ok(40..40));
        assert_eq!(ledger.checkpoint().unwrap().size, 40);
    }

    #[test]
    fn a_failed_write_is_the_error_of_all_who_were_in_it() {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path().join("log");
        let ledger = create(&dir);
        ledger.append(b"1").unwrap();
        let segment = dir.join("segments/00000000.kfl");
        let mut bytes = std::fs::read(&segment).unwrap();
        bytes.push(0);
        std::fs::write(&segment, bytes).unwrap();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let error = ledger.append(b"2").unwrap_err();
                    assert!(matches!(error, LedgerError::WrittenByAnother { .. } | LedgerError::Poisoned));
                });
            }
        });
        assert_eq!(ledger.with(|ledger| ledger.size()), 1);
    }

    #[test]
    fn a_group_is_bounded() {
        let temp = tempfile::tempdir().unwrap();
        let ledger = create(&temp.path().join("log"));
        let records = vec![b"{}"; LARGEST_GROUP - 1];
        let (first, place, _) = ledger.join(&records);
        let (same, next, _) = ledger.join(&[b"{}"]);
        let (other, begin, _) = ledger.join(&[b"{}"]);
        assert!(Arc::ptr_eq(&first, &same) && !Arc::ptr_eq(&first, &other));
        assert_eq!((place, next, begin), (0, LARGEST_GROUP as u64 - 1, 0));
        // Whoever leads writes what waits, in order, before it.
        ledger.lead(&other);
        assert_eq!((first.written.get(), other.written.get()), (Some(&Ok(0..1000)), Some(&Ok(1000..1001))));
    }
}
