//! [`Worker`]: one of several processes that answer for a platform. It follows the state log, which one other process
//! writes, and keeps a log of uses of its own, so that no process waits for another's disk.
//!
//! A worker reads the state log before each admission, so that a suspension that is written is obeyed by the next one. What
//! a decision saw of other logs is on the disk before the decision is recorded. What a worker read longer ago than its
//! host's bound decides nothing. Quotas are counted over all logs of uses, one admission at a
//! time; everything else is admitted side by side.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use jiff::SignedDuration;
use rustix::fs::{FlockOperation, flock};

use super::decide::{Decision, deny};
use super::platform::{Admitted, LEDGER, Platform, Recorded, decision_record, lock, with_code};
use super::record::{Body, Outcome, Record, UseReport, used_by};
use super::request::Request;
use super::{GateError, count::Denials, open};
use crate::Error;
use crate::crypto::Signer;
use crate::ledger::{Checkpoint, Follower, Ledger, LedgerConfig, LedgerError, Profile, SharedLedger};
use crate::process::{ProcessError, Used, UsedElsewhere};
use crate::terms::{Instant, Text, V1, io_text};

/// The directory of the logs of uses, within a platform's.
pub const USES: &str = "uses";
/// Whoever holds it counts quotas.
const QUOTA_LOCK: &str = "quota.lock";

/// The directory of one log of uses.
pub(crate) fn use_log(dir: &Path, name: &str) -> PathBuf {
    dir.join(USES).join(name)
}

/// Where a log of uses is made until it is whole: the name of no log begins so.
fn unfinished(dir: &Path, name: &str) -> PathBuf {
    use_log(dir, &format!(".{name}.new"))
}

/// The names of the logs of uses that are there, in order.
///
/// # Errors
/// [`GateError::Io`] where they can't be listed: logs that nobody sees must not pass for none.
pub(crate) fn use_logs(dir: &Path) -> Result<Vec<String>, GateError> {
    let entries = open::entries(dir, USES)?;
    let folders = entries.into_iter().filter(|(name, kind)| !kind.is_file() && !name.starts_with('.'));
    Ok(folders.map(|(name, _)| name).collect())
}

/// Whether a log of uses was made.
fn is_there(dir: &Path, name: &str) -> Result<bool, GateError> {
    use_log(dir, name).try_exists().map_err(|error| GateError::Io { what: USES, kind: io_text(error.kind()) })
}

/// Makes a log of uses where nobody looks, and moves it to its place when it is whole: after a crash halfway there is none.
fn make(dir: &Path, name: &str, signer: &Arc<dyn Signer>) -> Result<(), Error> {
    let io = |error: std::io::Error| GateError::Io { what: USES, kind: io_text(error.kind()) };
    let (folder, new) = (dir.join(USES), unfinished(dir, name));
    fs::create_dir_all(&folder).map_err(io)?;
    open::sync_names(dir).map_err(io)?;
    // Another process may be making it.
    let _turn = turn(dir)?;
    if is_there(dir, name)? {
        return Ok(());
    }
    match fs::remove_dir_all(&new) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(io(error).into()),
        _ => {}
    }
    let origin = format!("{}/{USES}/{name}", Ledger::open(dir.join(LEDGER), None)?.origin());
    let config = LedgerConfig { origin, profile: Profile::of(signer.public_key()) };
    drop(Ledger::create(&new, &config, Box::new(Arc::clone(signer)))?);
    fs::rename(&new, use_log(dir, name)).and_then(|()| open::sync_names(&folder)).map_err(io)?;
    Ok(())
}

/// Waits for the turn to count quotas. It ends when what is returned is dropped.
fn turn(dir: &Path) -> Result<File, GateError> {
    let path = dir.join(USES).join(QUOTA_LOCK);
    let io = |error: std::io::Error| GateError::Io { what: QUOTA_LOCK, kind: io_text(error.kind()) };
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(io)?;
    flock(&file, FlockOperation::LockExclusive).map_err(|error| io(error.into()))?;
    Ok(file)
}

/// Another process's log of uses, as far as it was read.
struct Followed {
    follower: Follower,
    tally: Tally,
    /// How many of its records were counted.
    counted: u64,
}

/// What is called with the application whose use changes, and how.
pub(crate) type Change<'a> = &'a mut dyn FnMut(&str, &dyn Fn(Used) -> Used);

/// The intents of one log that wait for their result.
#[derive(Default)]
pub(crate) struct Tally(BTreeMap<u64, crate::process::Use>);

impl Tally {
    /// Counts a record: `change` is called with the application whose use changes. A result of no open intent changes
    /// nothing; the audit finds it.
    pub(crate) fn count(&mut self, index: u64, record: &Record, change: Change<'_>) {
        match &record.body {
            Body::Intent { request, decision } => {
                let used = used_by(request, decision);
                if let Some(application) = &used.application {
                    change(application, &|known| known.plus(used.asked));
                }
                self.0.insert(index, used);
            }
            Body::Result { intent, outcome } => {
                let Some(open) = self.0.remove(intent) else { return };
                if let Some(application) = &open.application {
                    change(application, &|known| known.less(open.asked).plus(outcome.used()));
                }
            }
            _ => {}
        }
    }

    fn waits(&self, intent: u64) -> bool {
        self.0.contains_key(&intent)
    }
}

/// What a worker knows of the uses. Its own are counted when they are put in the line of its log, those of others when
/// they are read.
#[derive(Default)]
struct Uses {
    own: Tally,
    /// How many records its own log has, those in the line included.
    size: u64,
    others: BTreeMap<String, Followed>,
    elsewhere: UsedElsewhere,
    /// Why its own log can't be written any more.
    failed: bool,
}

/// A process that answers for a platform, with a log of uses of its own. Threads share it.
///
/// ```
/// use std::sync::Arc;
/// use kaifang::crypto::{Ed25519Key, Signer};
/// use kaifang::gate::{Platform, Request, Worker};
/// use kaifang::policy::Policy;
/// use kaifang::terms::Action;
///
/// let folder = tempfile::tempdir()?;
/// let at = "2024-06-03T02:00:00Z".parse()?;
/// let (key, _) = Ed25519Key::generate()?;
/// let policy = Policy::builtin("xian-2022-013")?;
/// let platform = Platform::init(folder.path().join("platform"), &policy, "data.example", Box::new(key), at)?;
///
/// // The writer of the state says once who keeps a log of uses; the other process then opens it.
/// let key = Arc::new(Ed25519Key::generate()?.0);
/// platform.open_use_log("worker-1", key.public_key(), at)?;
/// let worker = Worker::open(platform.dir(), "worker-1", Box::new(key), None)?;
/// let mut request = Request::new("unknown-data", Action::Download);
/// request.user = Some("91610131MA6U0000X0".to_owned());
/// assert_eq!(worker.admit(&request, at)?.index, Some(0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Worker {
    name: String,
    platform: Platform,
    log: SharedLedger,
    /// The order of this worker: what is decided is put in the line before another is.
    uses: Mutex<Uses>,
    denials: Denials,
    /// When the state was last read, as its callers said.
    read: Mutex<Option<Instant>>,
    bound: Option<SignedDuration>,
}

impl Uses {
    /// Counts a record of this worker's own log; a record of the ledger's own is passed over.
    fn count_own(&mut self, index: u64, record: Option<&Record>) {
        let Uses { own, elsewhere, .. } = self;
        if let Some(record) = record {
            own.count(index, record, &mut |application, change| elsewhere.change(application, change));
        }
        self.size = index + 1;
    }
}

fn bad(index: u64, error: &Error) -> GateError {
    GateError::BadRecord { index, what: with_code(error) }
}

impl std::fmt::Debug for Worker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Worker").field("name", &self.name).field("platform", &self.platform).finish_non_exhaustive()
    }
}

impl Worker {
    /// Opens a worker of a platform's directory, and begins its log of uses if it has none. The state must say that this
    /// signer keeps it: see [`Platform::open_use_log`]. After `bound` without a look at the state, [`Worker::decide`]
    /// denies.
    ///
    /// # Errors
    /// [`GateError::NotAUseLog`]; what the platform or the ledger refuses.
    pub fn open(
        dir: impl AsRef<Path>,
        name: &str,
        signer: Box<dyn Signer>,
        bound: Option<SignedDuration>,
    ) -> Result<Self, Error> {
        let dir = dir.as_ref();
        let signer: Arc<dyn Signer> = signer.into();
        let platform = Platform::open(dir, None)?;
        let known = platform.with_state(|state| state.use_logs().get(name).cloned());
        if known.as_ref() != Some(signer.public_key()) {
            return Err(GateError::NotAUseLog.into());
        }
        if !is_there(dir, name)? {
            make(dir, name, &signer)?;
        }
        let mut uses = Uses::default();
        let ledger = Ledger::open(use_log(dir, name), Some(Box::new(signer)))?;
        for item in ledger.records()? {
            let (index, bytes) = item?;
            let record = Record::read(&bytes).map_err(|error| bad(index, &error.into()))?;
            uses.count_own(index, record.as_ref());
        }
        let worker = Worker {
            name: name.to_owned(),
            platform,
            log: SharedLedger::new(ledger),
            uses: Mutex::new(uses),
            denials: Denials::default(),
            read: Mutex::new(None),
            bound,
        };
        worker.look(&mut lock(&worker.uses))?;
        Ok(worker)
    }

    /// The platform that it answers for, for reading.
    #[must_use]
    pub fn platform(&self) -> &Platform {
        &self.platform
    }

    /// Reads what was written to the state log since the last look.
    ///
    /// # Errors
    /// Damage to the log, and [`GateError::BadRecord`].
    pub fn refresh(&self, at: Instant) -> Result<u64, Error> {
        let came = self.platform.refresh()?;
        let mut read = lock(&self.read);
        *read = (*read).max(Some(at));
        Ok(came)
    }

    /// Reads what others wrote to their logs of uses since the last look.
    fn look(&self, uses: &mut Uses) -> Result<(), Error> {
        let Uses { others, elsewhere, .. } = uses;
        let names: Vec<String> = self.platform.with_state(|state| state.use_logs().keys().cloned().collect());
        for name in names.into_iter().filter(|name| *name != self.name) {
            if !others.contains_key(&name) {
                // Who has not begun has used nothing. Whatever else stands against reading it is no reason to go on.
                if !is_there(self.platform.dir(), &name)? {
                    continue;
                }
                let follower = Follower::from_start(&use_log(self.platform.dir(), &name))?;
                others.insert(name.clone(), Followed { follower, tally: Tally::default(), counted: 0 });
            }
            let Some(Followed { follower, tally, counted }) = others.get_mut(&name) else { continue };
            follower.look(&mut |index, bytes| {
                // A look that failed half-way through a batch begins it anew.
                if index < *counted {
                    return Ok(());
                }
                if let Some(record) = Record::read(bytes).map_err(|error| bad(index, &error.into()))? {
                    tally.count(index, &record, &mut |application, change| elsewhere.change(application, change));
                }
                *counted = index + 1;
                Ok(())
            })?;
        }
        Ok(())
    }

    /// Whether a quota decides.
    fn counted(&self, uses: &Uses, request: &Request, at: Instant) -> bool {
        let live = self.platform.live();
        live.gate.answer(&live.state, &uses.elsewhere, request, at).counted()
    }

    fn answer(&self, uses: &Uses, request: &Request, at: Instant) -> Decision {
        let live = self.platform.live();
        let counted = live.gate.answer(&live.state, &uses.elsewhere, request, at).counted();
        let mut decision = live.gate.decide(&live.state, &uses.elsewhere, request, at);
        if counted {
            let others = uses.others.iter().map(|(name, followed)| (name.clone(), followed.counted));
            decision.uses_seen = others.chain([(self.name.clone(), uses.size)]).collect();
        }
        decision
    }

    /// Decides on what was read of the state, and records nothing. What was read longer ago than the bound denies.
    #[must_use]
    pub fn decide(&self, request: &Request, at: Instant) -> Decision {
        let mut decision = self.answer(&lock(&self.uses), request, at);
        let behind = lock(&self.read).map_or(SignedDuration::MAX, |read| at.duration_since(read));
        if let Some(bound) = self.bound.filter(|bound| behind > *bound) {
            let seconds = bound.as_secs();
            let behind = Text::new(format!("超过 {seconds} 秒"), format!("more than {seconds} s"));
            deny(&mut decision, &GateError::Behind { behind });
        }
        decision
    }

    /// Reads the state, decides, makes the record durable in this worker's log, and only then answers.
    ///
    /// # Errors
    /// As [`Platform::admit`]; where the state can't be read, nothing is admitted.
    pub fn admit(&self, request: &Request, at: Instant) -> Result<Admitted, Error> {
        request.well_formed()?;
        let refused = |error: Error| GateError::NotRecorded { cause: with_code(&error) };
        self.refresh(at).map_err(refused)?;
        if !self.counted(&lock(&self.uses), request, at) {
            return self.admit_now(request, at);
        }
        // Between reading the quota and recording what is used of it nobody else may do the same; and what was written
        // while this waited for its turn counts.
        let _turn = turn(self.platform.dir()).map_err(|error| refused(error.into()))?;
        self.refresh(at).map_err(refused)?;
        self.look(&mut lock(&self.uses)).map_err(refused)?;
        self.admit_now(request, at)
    }

    /// Decides and records, in one order.
    fn admit_now(&self, request: &Request, at: Instant) -> Result<Admitted, Error> {
        let mut decided = None;
        let recorded = self.record(&mut |uses| {
            let decision = self.answer(uses, request, at);
            let record = (decision.permit || request.user.is_some()).then(|| decision_record(request, &decision, at));
            decided = Some(decision);
            Ok(record)
        });
        let index = recorded.map_err(|error| match error {
            error @ Error::Gate(_) => error,
            error => GateError::NotRecorded { cause: with_code(&error) }.into(),
        })?;
        let Some(decision) = decided else { return Err(LedgerError::Poisoned.into()) };
        if index.is_none() {
            let minutes = self.platform.with_state(|state| {
                self.denials.count(state, request, &decision, at);
                state.rules().count_minutes
            });
            // What can't be counted out is not lost: it is tried again with the next one.
            let _ = self.denials.flush_due(at, minutes, |record| self.recorded(&mut |_| Ok(Some(record.clone()))));
        }
        Ok(Admitted { v: V1, index, decision, degraded: false, receipt: None })
    }

    /// Records what came of an intent of this worker.
    ///
    /// # Errors
    /// [`ProcessError::NoOpenIntent`], [`GateError::NotServed`], and what the ledger can't do.
    pub fn complete(&self, intent: u64, outcome: Outcome, at: Instant) -> Result<Recorded, Error> {
        outcome.check()?;
        let record = Record::new(at, Body::Result { intent, outcome });
        self.recorded(&mut |uses| match uses.own.waits(intent) {
            true => Ok(Some(record.clone())),
            false => Err(ProcessError::NoOpenIntent { index: intent }.into()),
        })
    }

    /// Records a user's report of its use (A16): `intent` is of this worker's log.
    ///
    /// # Errors
    /// [`ProcessError::Id`], and what the ledger can't do.
    pub fn report_use(&self, report: UseReport, at: Instant) -> Result<Recorded, Error> {
        let record = Record::new(at, Body::UseReport { report });
        let policy = self.platform.policy();
        self.platform.with_state(|state| record.check(&policy, state))?;
        self.recorded(&mut |_| Ok(Some(record.clone())))
    }

    /// Records the counts of denials so far.
    ///
    /// # Errors
    /// What the ledger can't do; the counts are then kept.
    pub fn flush(&self, at: Instant) -> Result<(), Error> {
        self.denials.flush(at, |record| self.recorded(&mut |_| Ok(Some(record.clone()))))
    }

    /// Signs the head of this worker's log.
    ///
    /// # Errors
    /// What the ledger or the signer can't do.
    pub fn checkpoint(&self) -> Result<Checkpoint, Error> {
        self.log.checkpoint()
    }

    /// Makes a record, puts it in the line and counts it, in one order; then waits for the disk. `None` where nothing is to
    /// be recorded.
    fn record(&self, make: &mut dyn FnMut(&Uses) -> Result<Option<Record>, Error>) -> Result<Option<u64>, Error> {
        let mut uses = lock(&self.uses);
        if uses.failed {
            return Err(LedgerError::Poisoned.into());
        }
        let Some(record) = make(&uses)? else { return Ok(None) };
        let (bytes, index) = (record.to_bytes()?, uses.size);
        if let Body::Intent { decision, .. } | Body::Denial { decision, .. } = &record.body {
            self.make_durable(&mut uses, decision)?;
        }
        let ticket = self.log.enqueue_at(&[bytes], Some(index))?;
        uses.count_own(index, Some(&record));
        drop(uses);
        match ticket.wait() {
            Ok(range) if range.start == index => Ok(Some(index)),
            other => {
                lock(&self.uses).failed = true;
                Err(other.err().unwrap_or(LedgerError::Poisoned).into())
            }
        }
    }

    /// Makes durable what a decision says that it saw, before the decision is: else a crash could lose what a record names.
    fn make_durable(&self, uses: &mut Uses, decision: &Decision) -> Result<(), LedgerError> {
        self.platform.make_durable(decision.state_index.unwrap_or_default())?;
        decision.uses_seen.iter().try_for_each(|(name, size)| match uses.others.get_mut(name) {
            Some(followed) => followed.follower.make_durable(*size),
            // This worker's own log is written in order.
            None => Ok(()),
        })
    }

    fn recorded(&self, make: &mut dyn FnMut(&Uses) -> Result<Option<Record>, Error>) -> Result<Recorded, Error> {
        let index = self.record(make)?.ok_or(LedgerError::Poisoned)?;
        Ok(Recorded { v: V1, index, duties: Vec::new() })
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.denials.flush_rest(|record| self.recorded(&mut |_| Ok(Some(record.clone()))));
    }
}

#[cfg(test)]
#[path = "tests_worker.rs"]
mod tests;
