//! [`Worker`]: one of several processes that answer for a platform. It follows the state log, which one other process
//! writes, and keeps a log of uses of its own, so that no process waits for another's disk.
//!
//! A worker reads the state log before each admission, so that a suspension that is written is obeyed by the next one. What
//! a decision saw of other logs is on the disk before the decision is recorded. What a worker read longer ago than its
//! host's bound decides nothing. Quotas are counted over all logs of uses, one admission at a time; everything else is
//! admitted side by side.

use std::path::Path;
use std::sync::{Arc, Mutex, TryLockError};

use jiff::SignedDuration;

use super::count::Denials;
use super::decide::{Decision, deny};
use super::platform::{Admitted, Live, Platform};
use super::record::{Body, Outcome, Record, UseReport};
use super::recorded::{Recorded, decision_record};
use super::request::Request;
use super::uses::{Uses, bad, is_there, make, turn, use_log};
use super::{GateError, lock, with_code};
use crate::Error;
use crate::crypto::Signer;
use crate::ledger::{Checkpoint, Ledger, LedgerError, SharedLedger};
use crate::process::ProcessError;
use crate::terms::{Instant, Text, V1};

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
        lock(&worker.uses).look(&worker.platform, name)?;
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

    fn answer(&self, live: &Live, uses: &Uses, request: &Request, at: Instant) -> Decision {
        let counted = live.gate.answer(&live.state, &uses.elsewhere, request, at).counted();
        let mut decision = live.gate.decide(&live.state, &uses.elsewhere, request, at);
        if counted {
            decision.uses_seen = uses.seen(&self.name);
        }
        decision
    }

    /// Decides on what was read of the state, and records nothing. What was read longer ago than the bound denies.
    #[must_use]
    pub fn decide(&self, request: &Request, at: Instant) -> Decision {
        let uses = lock(&self.uses);
        let decision = self.answer(&self.platform.live(), &uses, request, at);
        drop(uses);
        self.within_bound(decision, at)
    }

    /// As [`Worker::decide`], for who may not wait where he stands, such as who holds an interpreter's lock: none where
    /// something is just being recorded, or the state changed.
    #[must_use]
    pub fn decide_at_once(&self, request: &Request, at: Instant) -> Option<Decision> {
        let uses = match self.uses.try_lock() {
            Ok(uses) => uses,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        let decision = self.answer(&*self.platform.live_at_once()?, &uses, request, at);
        drop(uses);
        Some(self.within_bound(decision, at))
    }

    /// What was read longer ago than the bound denies.
    fn within_bound(&self, mut decision: Decision, at: Instant) -> Decision {
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
        // What can't be counted out is not lost: it is tried again with the next one.
        let minutes = self.platform.with_state(|state| state.rules().count_minutes);
        let _ = self.denials.flush_due(at, minutes, |record| self.record_now(&record));
        if let Some(admitted) = self.admit_now(request, at, false)? {
            return Ok(admitted);
        }
        // Between reading the quota and recording what is used of it nobody else may do the same; and what was written
        // while this waited for its turn counts.
        let _turn = turn(self.platform.dir()).map_err(|error| refused(error.into()))?;
        self.refresh(at).map_err(refused)?;
        lock(&self.uses).look(&self.platform, &self.name).map_err(refused)?;
        self.admit_now(request, at, true)?.ok_or_else(|| LedgerError::Poisoned.into())
    }

    /// Decides and records, in one order. None where a quota decides and it is not this one's turn: whether one does is
    /// asked on the state that the decision is made on, which another thread may have read on.
    fn admit_now(&self, request: &Request, at: Instant, turn: bool) -> Result<Option<Admitted>, Error> {
        let (mut decided, mut waits) = (None, false);
        let recorded = self.record(&mut |uses| {
            let decision = self.answer(&self.platform.live(), uses, request, at);
            waits = !turn && !decision.uses_seen.is_empty();
            if waits {
                return Ok(None);
            }
            let record = (decision.permit || request.user.is_some()).then(|| decision_record(request, &decision, at));
            decided = Some(decision);
            Ok(record)
        });
        let index = recorded.map_err(|error| match error {
            error @ Error::Gate(_) => error,
            error => GateError::NotRecorded { cause: with_code(&error) }.into(),
        })?;
        if waits {
            return Ok(None);
        }
        let Some(decision) = decided else { return Err(LedgerError::Poisoned.into()) };
        if index.is_none() {
            self.platform.with_state(|state| self.denials.count(state, request, &decision, at));
        }
        Ok(Some(Admitted { v: V1, index, decision, degraded: false, receipt: None }))
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
        self.record_now(&record)
    }

    /// Records the counts of denials so far.
    ///
    /// # Errors
    /// What the ledger can't do; the counts are then kept.
    pub fn flush(&self, at: Instant) -> Result<(), Error> {
        self.denials.flush(at, |record| self.record_now(&record))
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
        uses.make_durable(&decision.uses_seen)
    }

    /// Records what depends on nothing that others record.
    fn record_now(&self, record: &Record) -> Result<Recorded, Error> {
        self.recorded(&mut |_| Ok(Some(record.clone())))
    }

    fn recorded(&self, make: &mut dyn FnMut(&Uses) -> Result<Option<Record>, Error>) -> Result<Recorded, Error> {
        let index = self.record(make)?.ok_or(LedgerError::Poisoned)?;
        Ok(Recorded { v: V1, index, duties: Vec::new() })
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.denials.flush_rest(|record| self.record_now(&record));
    }
}

#[cfg(test)]
#[path = "tests_worker.rs"]
mod tests;
