//! [`Platform`]: a directory that holds the adopted policies and the log, and the state folded from it. Many threads share
//! one. Nothing is answered before its record is durable; what only reads never waits for a disk.
//!
//! One lock orders what is written: a record is checked on the state, put in the line of the log and folded under it, so
//! that the state before a record is the state that its decision was made on. The wait for the disk is outside, and shared.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, TryLockError};

use serde::{Deserialize, Serialize};

use super::count::{Denials, Served};
use super::decide::{Decision, Gate, deny};
use super::record::{Body, Outcome, Record};
use super::recorded::{Recorded, decision_record};
use super::replay::{store_policy, stored};
use super::request::Request;
use super::{GateError, lock, open, with_code};
use crate::Error;
use crate::calendar::Calendar;
use crate::crypto::{PublicKey, Signer};
use crate::ledger::{Follower, Ledger, LedgerConfig, LedgerError, Profile, Receipt, SharedLedger};
use crate::policy::Policy;
use crate::process::{Actor, Duty, Role, State, UsedElsewhere};
use crate::terms::{Instant, Openness, Text, V1, io_text, legal_date};

/// The directory of the log, within a platform's.
pub const LEDGER: &str = "ledger";

/// A decision that was made and recorded. Only a permit may be served, and what was served is reported by
/// [`Platform::complete`] with this index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Admitted {
    /// The document's version.
    pub v: V1,
    /// The index of its record. None for a denial of somebody who is not identified, which is counted, and for what goes
    /// out while the log can't be written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<u64>,
    /// The decision.
    pub decision: Decision,
    /// The log could not be written, and the policy lets unconditional data out, counted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub degraded: bool,
    /// The proof that the record is in the log, where it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<Receipt>,
}

/// The state and the policy in force, ready to decide.
#[derive(Debug)]
pub(super) struct Live {
    pub(super) gate: Gate,
    pub(super) state: State,
}

/// What only one may change at a time.
#[derive(Default)]
pub(super) struct Order {
    /// Why the log can't be written any more.
    pub(super) failed: Option<Text>,
    /// How many events are folded and not on the disk yet.
    pub(super) events: usize,
    /// An event was folded that may never be on the disk: nothing is served on such a state.
    pub(super) unsure: bool,
}

/// How the log is open.
pub(super) enum Log {
    Writer(Arc<SharedLedger>),
    Reader(Follower),
    /// Between a failure and its repair.
    Gone,
}

/// A platform: policy, state and log in one directory.
///
/// ```
/// use kaifang::crypto::Ed25519Key;
/// use kaifang::gate::{Platform, Request};
/// use kaifang::policy::Policy;
/// use kaifang::terms::Action;
///
/// let folder = tempfile::tempdir()?;
/// let (key, _) = Ed25519Key::generate()?;
/// let policy = Policy::builtin("xian-2022-013")?;
/// let at = "2024-06-03T02:00:00Z".parse()?;
/// let platform = Platform::init(folder.path().join("platform"), &policy, "data.example", Box::new(key), at)?;
///
/// let mut request = Request::new("unknown-data", Action::Download);
/// request.user = Some("91610131MA6U0000X0".to_owned());
/// let admitted = platform.admit(&request, at)?;
/// assert!(!admitted.decision.permit);
/// assert_eq!(admitted.index, Some(1), "the denial is in the log, after the adoption of the policy");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Platform {
    pub(super) dir: PathBuf,
    pub(super) signer: Option<Arc<dyn Signer>>,
    pub(super) log: Mutex<Log>,
    pub(super) order: Mutex<Order>,
    pub(super) live: RwLock<Live>,
    pub(super) denials: Denials,
    pub(super) served: Served,
    pub(super) calendar: Calendar,
}

impl std::fmt::Debug for Platform {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let live = self.live();
        f.debug_struct("Platform").field("policy", live.gate.policy()).field("records", &live.state.index()).finish()
    }
}

impl Platform {
    /// Makes a new platform in a directory of its own and records the adoption of the policy. Its log signs with what the
    /// signer signs with: Ed25519 or SM2.
    ///
    /// # Errors
    /// [`GateError::NotEmpty`], [`GateError::Io`], and what the ledger can't do.
    pub fn init(
        dir: impl AsRef<Path>,
        policy: &Policy,
        origin: &str,
        signer: Box<dyn Signer>,
        at: Instant,
    ) -> Result<Self, Error> {
        let dir = dir.as_ref();
        let io = |error: std::io::Error| GateError::Io { what: "directory", kind: io_text(error.kind()) };
        open::make_folder(dir).map_err(io)?;
        if fs::read_dir(dir).map_err(io)?.next().is_some() {
            return Err(GateError::NotEmpty.into());
        }
        let adopted = store_policy(dir, policy)?;
        let signer: Arc<dyn Signer> = signer.into();
        let config = LedgerConfig { origin: origin.to_owned(), profile: Profile::of(signer.public_key()) };
        let ledger = Ledger::create(dir.join(LEDGER), &config, Box::new(Arc::clone(&signer)))?;
        let live = Live { gate: Gate::new(policy.clone()), state: State::default() };
        let log = Log::Writer(Arc::new(SharedLedger::new(ledger)));
        let platform = Platform::with(dir, Some(signer), log, live);
        platform.event(&Actor::new(Role::Platform, "platform"), adopted, at)?;
        Ok(platform)
    }

    /// Opens a platform: from its last snapshot, if there is one, else by folding its whole log. With a signer for
    /// writing; without one it only reads, and [`Platform::refresh`] takes what was written since.
    ///
    /// # Errors
    /// What the ledger refuses, and [`GateError::BadRecord`] for a record that could not have been recorded there.
    pub fn open(dir: impl AsRef<Path>, signer: Option<Box<dyn Signer>>) -> Result<Self, Error> {
        let dir = dir.as_ref();
        let signer: Option<Arc<dyn Signer>> = signer.map(Into::into);
        let (log, live) = Platform::load(dir, signer.as_ref())?;
        Ok(Platform::with(dir, signer, log, live))
    }

    fn with(dir: &Path, signer: Option<Arc<dyn Signer>>, log: Log, live: Live) -> Self {
        Platform {
            dir: dir.to_owned(),
            signer,
            log: Mutex::new(log),
            order: Mutex::default(),
            live: RwLock::new(live),
            denials: Denials::default(),
            served: Served::default(),
            calendar: Calendar::builtin().clone(),
        }
    }

    pub(super) fn load(dir: &Path, signer: Option<&Arc<dyn Signer>>) -> Result<(Log, Live), Error> {
        let folder = dir.join(LEDGER);
        if !folder.is_dir() {
            return Err(GateError::NotAPlatform { what: LEDGER }.into());
        }
        let ledger = Ledger::open(folder, signer.map(|signer| Box::new(Arc::clone(signer)) as Box<dyn Signer>))?;
        let (policy, state) = open::fold(dir, &ledger)?;
        let live = Live { gate: Gate::new(policy), state };
        let log = match signer {
            Some(_) => Log::Writer(Arc::new(SharedLedger::new(ledger))),
            None => Log::Reader(Follower::after(&ledger)?),
        };
        Ok((log, live))
    }

    /// The same platform with another calendar: one in which a newer year is loaded.
    #[must_use]
    pub fn with_calendar(mut self, calendar: Calendar) -> Self {
        self.calendar = calendar;
        self
    }

    /// The platform's directory: what [`crate::audit::audit`] and a verifier are handed. The log is in its [`LEDGER`].
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The calendar that deadlines are counted with.
    #[must_use]
    pub fn calendar(&self) -> &Calendar {
        &self.calendar
    }

    /// The policy in force.
    #[must_use]
    pub fn policy(&self) -> Policy {
        self.live().gate.policy().clone()
    }

    /// Does something with the state. What would change it waits meanwhile, so `look` must not call the platform.
    pub fn with_state<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.live().state)
    }

    /// The log's key.
    ///
    /// # Errors
    /// What can't be read of the log.
    pub fn public_key(&self) -> Result<PublicKey, Error> {
        match &self.signer {
            Some(signer) => Ok(signer.public_key().clone()),
            None => Ok(Ledger::open(self.dir.join(LEDGER), None)?.public_key().clone()),
        }
    }

    pub(super) fn live(&self) -> RwLockReadGuard<'_, Live> {
        self.live.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// None where it is just being changed.
    pub(super) fn live_at_once(&self) -> Option<RwLockReadGuard<'_, Live>> {
        match self.live.try_read() {
            Ok(live) => Some(live),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// Takes what another process wrote since the last look, where this one only reads. How many records came.
    ///
    /// # Errors
    /// Damage to the log, and [`GateError::BadRecord`].
    pub fn refresh(&self) -> Result<u64, Error> {
        // Who writes has nothing to read, and must not wait for a repair of the log.
        if self.signer.is_some() {
            return Ok(0);
        }
        let mut log = lock(&self.log);
        let Log::Reader(follower) = &mut *log else { return Ok(0) };
        follower.look(&mut |index, bytes| {
            let bad = |error: &Error| GateError::BadRecord { index, what: with_code(error) };
            // A look that failed half-way through a batch begins it anew.
            if index < self.with_state(State::index) {
                return Ok(());
            }
            let record = Record::read(bytes).map_err(Error::from).map_err(|error| bad(&error))?;
            self.take(record.as_ref()).map_err(|error| bad(&error).into())
        })
    }

    /// Makes the first `size` records of the log durable, where another process writes it. What this one wrote is.
    pub(super) fn make_durable(&self, size: u64) -> Result<(), LedgerError> {
        match &mut *lock(&self.log) {
            Log::Reader(follower) => follower.make_durable(size),
            Log::Writer(_) | Log::Gone => Ok(()),
        }
    }

    /// From now on nothing that was read can be made durable.
    #[cfg(test)]
    pub(super) fn break_disk(&self) {
        if let Log::Reader(follower) = &mut *lock(&self.log) {
            follower.break_disk();
        }
    }

    /// Folds a record that another process wrote.
    fn take(&self, record: Option<&Record>) -> Result<(), Error> {
        let Some(record) = record else {
            self.live.write().unwrap_or_else(PoisonError::into_inner).state.pass();
            return Ok(());
        };
        match stored(&self.dir, record)? {
            Some(policy) => self.fold_adoption(record, policy).map(|_| ()),
            None => self.fold(record).map(|_| ()),
        }
    }

    /// Decides, and records nothing. Where this platform only reads, it reads on first, so that a suspension that is
    /// written is obeyed; where it can't, it denies.
    #[must_use]
    pub fn decide(&self, request: &Request, at: Instant) -> Decision {
        let read = self.refresh();
        let live = self.live();
        let mut decision = live.gate.decide(&live.state, &UsedElsewhere::default(), request, at);
        if let Err(error) = read {
            deny(&mut decision, &error);
        }
        decision
    }

    /// As [`Platform::decide`], for who may not wait where he stands, such as who holds an interpreter's lock: none where
    /// this platform would read on first, or the state is just being changed.
    #[must_use]
    pub fn decide_at_once(&self, request: &Request, at: Instant) -> Option<Decision> {
        // Who only reads reads on first, and that waits for a disk.
        self.signer.as_ref()?;
        let live = self.live_at_once()?;
        Some(live.gate.decide(&live.state, &UsedElsewhere::default(), request, at))
    }

    /// Decides, makes the record durable — of a permit as an intent, of a denial too — and only then answers. A denial of
    /// somebody who is not identified is counted, and the counts are recorded (rules of use: `count_minutes`).
    ///
    /// # Errors
    /// [`GateError::NotRecorded`] when the log could not be written: then nothing may be served, unless the policy's
    /// interpretation `degraded_unconditional` lets unconditional data out, counted.
    /// [`GateError::Personal`] for a request that the log must not hold.
    pub fn admit(&self, request: &Request, at: Instant) -> Result<Admitted, Error> {
        request.well_formed()?;
        // What can't be counted out is not lost: it is tried again with the next one.
        let minutes = self.with_state(|state| state.rules().count_minutes);
        let _ = self.denials.flush_due(at, minutes, |record| self.record(record));
        // Who decided before a repair may have counted after it.
        if lock(&self.order).failed.is_none() {
            let _ = self.served.flush(at, |record| self.record(record));
        }
        let mut decision = None;
        let written = self.write(None, &mut |live| {
            if !live.state.use_logs().is_empty() {
                return Err(GateError::UseAWorker.into());
            }
            let decided = live.gate.decide(&live.state, &UsedElsewhere::default(), request, at);
            let record = (decided.permit || request.user.is_some()).then(|| decision_record(request, &decided, at));
            decision = Some(decided);
            Ok(record)
        });
        match (written, decision) {
            (Ok(Some((index, _))), Some(decision)) => {
                Ok(Admitted { v: V1, index: Some(index), decision, degraded: false, receipt: None })
            }
            (Ok(None), Some(decision)) => {
                self.with_state(|state| self.denials.count(state, request, &decision, at));
                Ok(Admitted { v: V1, index: None, decision, degraded: false, receipt: None })
            }
            (Err(error), decision) => self.degraded(request, decision, error, at),
            (Ok(_), None) => Err(LedgerError::Poisoned.into()),
        }
    }

    /// As [`Platform::admit`], with the proof that the record is in the log: the head is signed for it.
    ///
    /// # Errors
    /// As [`Platform::admit`], and the signer's. The record is then in the log, and nothing was answered.
    pub fn admit_with_receipt(&self, request: &Request, at: Instant) -> Result<Admitted, Error> {
        let mut admitted = self.admit(request, at)?;
        admitted.receipt = admitted.index.map(|index| self.receipt(index)).transpose()?;
        Ok(admitted)
    }

    /// What goes out although it can't be recorded: nothing, or unconditional data, counted, where the policy says so.
    fn degraded(
        &self,
        request: &Request,
        decision: Option<Decision>,
        error: Error,
        at: Instant,
    ) -> Result<Admitted, Error> {
        // What is refused is not what fails, and who only reads has no log that could fail.
        let reads = matches!(error, Error::Ledger(LedgerError::ReadOnly));
        if matches!(error, Error::Gate(_) | Error::Process(_)) {
            return Err(error);
        }
        let live = self.live();
        let decision =
            decision.unwrap_or_else(|| live.gate.decide(&live.state, &UsedElsewhere::default(), request, at));
        let openness = live.state.dataset(&request.dataset).and_then(|dataset| dataset.assessed.as_ref()?.chosen);
        let lets = live.gate.policy().interpretation("degraded_unconditional") == Some("serve_and_count");
        drop(live);
        let order = lock(&self.order);
        let sure = !reads && order.events == 0 && !order.unsure;
        if !lets || !decision.permit || openness != Some(Openness::Unconditional) || !sure {
            return Err(GateError::NotRecorded { cause: with_code(&error) }.into());
        }
        self.served.count(request, at);
        Ok(Admitted { v: V1, index: None, decision, degraded: true, receipt: None })
    }

    /// Records what came of an intent: rows and bytes that went out.
    ///
    /// # Errors
    /// [`ProcessError::NoOpenIntent`](crate::process::ProcessError::NoOpenIntent), and what the ledger can't do.
    pub fn complete(&self, intent: u64, outcome: Outcome, at: Instant) -> Result<Recorded, Error> {
        self.record(Record::new(at, Body::Result { intent, outcome }))
    }

    /// The duties as they stand at an instant; `holder` keeps those of one body, user or authority. Where workers keep logs
    /// of uses, those are read for the uses that wait for their report.
    ///
    /// # Errors
    /// What can't be read of a log of uses.
    pub fn duties(&self, holder: Option<&str>, at: Instant) -> Result<Vec<Duty>, Error> {
        let elsewhere = super::uses::unreported(self)?;
        Ok(self.live().state.duties(&elsewhere, &self.calendar, legal_date(at), holder))
    }
}

impl Drop for Platform {
    fn drop(&mut self) {
        self.denials.flush_rest(|record| self.record(record));
        self.served.flush_rest(|record| self.record(record));
    }
}
