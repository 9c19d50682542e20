//! [`Platform`]: a directory that holds the adopted policies and the log, and the state folded from it. Many threads share
//! one. Nothing is answered before its record is durable; what only reads never waits for a disk.
//!
//! One lock orders what is written: a record is checked on the state, put in the line of the log and folded under it, so
//! that the state before a record is the state that its decision was made on. The wait for the disk is outside, and shared.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};

use serde::{Deserialize, Serialize};

use super::count::{Denials, Served};
use super::decide::{Decision, Gate, deny};
use super::record::{Body, Outcome, Record, UseReport};
use super::replay::{store_policy, stored};
use super::request::Request;
use super::upgrade::{Upgrade, upgrade};
use super::{GateError, act, open};
use crate::Error;
use crate::calendar::Calendar;
use crate::canon;
use crate::crypto::{PublicKey, Signer};
use crate::error::Explain;
use crate::ledger::{Checkpoint, Follower, Ledger, LedgerConfig, LedgerError, Profile, Receipt, SharedLedger};
use crate::policy::Policy;
use crate::process::{Act, Actor, Duty, Event, ProcessError, Role, State, UsedElsewhere};
use crate::terms::{Digest, Instant, Openness, Text, V1, io_text, legal_date};

/// The directory of the log, within a platform's.
pub const LEDGER: &str = "ledger";

/// Something that was recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Recorded {
    /// The document's version.
    pub v: V1,
    /// The index of its record.
    pub index: u64,
    /// The duties that it creates or does, as they stand then.
    pub duties: Vec<Duty>,
}

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
struct Order {
    /// Why the log can't be written any more.
    failed: Option<Text>,
    /// How many events are folded and not on the disk yet.
    events: usize,
    /// An event was folded that may never be on the disk: nothing is served on such a state.
    unsure: bool,
}

/// How the log is open.
enum Log {
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
    dir: PathBuf,
    signer: Option<Arc<dyn Signer>>,
    log: Mutex<Log>,
    order: Mutex<Order>,
    live: RwLock<Live>,
    denials: Denials,
    served: Served,
    calendar: Calendar,
}

impl std::fmt::Debug for Platform {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let live = self.live();
        f.debug_struct("Platform").field("policy", live.gate.policy()).field("records", &live.state.index()).finish()
    }
}

/// A panic of another thread leaves what it locked as it was: each change is whole or an error.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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
        fs::create_dir_all(dir).map_err(io)?;
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

    fn load(dir: &Path, signer: Option<&Arc<dyn Signer>>) -> Result<(Log, Live), Error> {
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

    /// Folds a record under the policy in force.
    fn fold(&self, record: &Record) -> Result<Vec<String>, Error> {
        let mut live = self.live.write().unwrap_or_else(PoisonError::into_inner);
        let Live { gate, state } = &mut *live;
        record.fold(gate.policy(), state)
    }

    /// Folds the record that adopts a policy. It classifies the whole catalog: that is done beside the state, which who
    /// reads has meanwhile, and then put in its place. Nobody else may fold in between.
    fn fold_adoption(&self, record: &Record, policy: Policy) -> Result<Vec<String>, Error> {
        let mut state = self.with_state(State::clone);
        let duties = record.fold(&policy, &mut state)?;
        let next = Live { gate: Gate::new(policy), state };
        let before = std::mem::replace(&mut *self.live.write().unwrap_or_else(PoisonError::into_inner), next);
        // Not let go under the lock: there is much of it.
        drop(before);
        Ok(duties)
    }

    // ── What is recorded ─────────────────────────────────────────────────────────────────────────────────────────────

    /// Records what somebody does.
    ///
    /// # Errors
    /// [`ProcessError`] for an illegal move, which is not recorded; what the ledger can't do. A policy is adopted by
    /// [`Platform::adopt`], which stores its text.
    pub fn event(&self, by: &Actor, event: Event, at: Instant) -> Result<Recorded, Error> {
        self.act(&Act::new(by.clone(), event), at)
    }

    /// As [`Platform::event`].
    ///
    /// # Errors
    /// As [`Platform::event`].
    pub fn act(&self, act: &Act, at: Instant) -> Result<Recorded, Error> {
        let first = self.with_state(|state| state.index() == 0);
        if matches!(act.event, Event::PolicyAdopted { .. }) && !first {
            return Err(ProcessError::OtherPolicy.into());
        }
        self.record(event_record(act, at))
    }

    /// As [`Platform::act`], from a document in which what the platform knows itself may be left out: of
    /// `dataset_assessed` the `facts` and the `classification`, of `entry_listed` the entry's `openness`, `assessment` and
    /// `content`.
    ///
    /// # Errors
    /// As [`Platform::act`]; [`ProcessError::Malformed`].
    pub fn act_json(&self, json: &str, at: Instant) -> Result<Recorded, Error> {
        let live = self.live();
        let read = act::read(live.gate.policy(), &live.state, json, at);
        drop(live);
        self.act(&read?, at)
    }

    /// What adopting a policy would change: what the authority signs off, by [`Platform::sign_off`].
    ///
    /// # Errors
    /// What the new policy can't answer.
    pub fn upgrade(&self, policy: &Policy, at: Instant) -> Result<Upgrade, Error> {
        upgrade(policy, &self.live().state, at)
    }

    /// The digest that signs off an upgrade, by the hash of the log's profile.
    ///
    /// # Errors
    /// [`LedgerError::ReadOnly`]; [`CanonError`](crate::canon::CanonError).
    pub fn sign_off(&self, upgrade: &Upgrade) -> Result<Digest, Error> {
        let profile = self.writer()?.with(|ledger| ledger.profile());
        Ok(crate::crypto::digest(profile.hash(), &canon::to_bytes(upgrade)?))
    }

    /// Adopts a policy (A40): its text is stored, what it changes is kept as a blob, and the catalog is classified under
    /// it. `signed_off` is the digest of [`Platform::upgrade`]: readings and access rules may change where no class does.
    ///
    /// # Errors
    /// [`GateError::NotSignedOff`] with the digest that would; [`GateError::Io`]; what the ledger can't do.
    pub fn adopt(
        &self,
        by: &Actor,
        policy: &Policy,
        signed_off: Option<&Digest>,
        at: Instant,
    ) -> Result<Recorded, Error> {
        let report = self.upgrade(policy, at)?;
        let digest = self.sign_off(&report)?;
        if signed_off != Some(&digest) {
            return Err(GateError::NotSignedOff { digest, changes: report.changes.len() as u64 }.into());
        }
        let adopted = store_policy(&self.dir, policy)?;
        let Event::PolicyAdopted { policy: id, hash, interpretations, text, .. } = adopted else {
            return Err(ProcessError::OtherPolicy.into());
        };
        let event = Event::PolicyAdopted { policy: id, hash, interpretations, text, upgrade: Some(digest) };
        let bytes = canon::to_bytes(&report)?;
        let kept = self.writer()?.with(|ledger| ledger.put_blob(&mut &bytes[..]))?;
        let mut record = event_record(&Act::new(by.clone(), event), at);
        record.blobs = vec![kept];
        self.write(Some(policy), &mut |live| {
            // The catalog that was signed off is the one that is classified.
            let now = self.sign_off(&upgrade(policy, &live.state, at)?)?;
            if now != digest {
                return Err(GateError::NotSignedOff { digest: now, changes: report.changes.len() as u64 }.into());
            }
            Ok(Some(record.clone()))
        })
        .and_then(|written| self.recorded(written, at))
    }

    /// Keeps somebody's identity in a blob and puts the user on file (A3(2)): the commitment, its digest, is the user's
    /// id. `identity` may be anything that the host knows the person by; it is salted, so that nobody can try numbers.
    ///
    /// # Errors
    /// [`LedgerError`]; [`KeyError`](crate::crypto::KeyError) without randomness.
    pub fn register_person(&self, by: &Actor, identity: &str, at: Instant) -> Result<(Digest, Recorded), Error> {
        let salt = crate::crypto::random::<32>()?;
        let blob = canon::to_bytes(&super::record::Identity::new(&salt, identity))?;
        let commitment = self.writer()?.with(|ledger| ledger.put_blob(&mut &blob[..]))?;
        let event =
            Event::UserRegistered { user: commitment.to_string(), kind: crate::process::UserKind::NaturalPerson };
        let mut record = event_record(&Act::new(by.clone(), event), at);
        record.blobs = vec![commitment];
        Ok((commitment, self.record(record)?))
    }

    /// Keeps a document beside the log and gives its digest: evidence, an opinion, a report. An act may name it in `blobs`.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub fn put_blob(&self, content: &mut dyn std::io::Read) -> Result<Digest, Error> {
        self.writer()?.with(|ledger| ledger.put_blob(content))
    }

    /// Erases somebody's identity (A5, A31): that it was asked is recorded first. Everything recorded of the commitment
    /// stays, and nobody can tell any more whose it was.
    ///
    /// # Errors
    /// [`LedgerError::NoSuchBlob`]; what the ledger can't do.
    pub fn erase_person(&self, by: &Actor, commitment: &Digest, at: Instant) -> Result<Recorded, Error> {
        let writer = self.writer()?;
        writer.with(|ledger| ledger.copy_blob(commitment, &mut std::io::sink()))?;
        let recorded = self.event(by, Event::IdentityErased { user: *commitment }, at)?;
        writer.with(|ledger| ledger.erase_blob(commitment))?;
        Ok(recorded)
    }

    /// Lets another process keep a log of uses of its own, signed by this key: see [`super::Worker`].
    ///
    /// # Errors
    /// [`ProcessError::Exists`], [`ProcessError::Id`]; what the ledger can't do.
    pub fn open_use_log(&self, name: &str, key: &PublicKey, at: Instant) -> Result<Recorded, Error> {
        let event = Event::UseLogOpened { log: name.to_owned(), key: key.clone() };
        self.event(&Actor::new(Role::Platform, "platform"), event, at)
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
    /// [`ProcessError::NoOpenIntent`], and what the ledger can't do.
    pub fn complete(&self, intent: u64, outcome: Outcome, at: Instant) -> Result<Recorded, Error> {
        self.record(Record::new(at, Body::Result { intent, outcome }))
    }

    /// Records a user's report of its use (A16).
    ///
    /// # Errors
    /// [`ProcessError::Id`], and what the ledger can't do.
    pub fn report_use(&self, report: UseReport, at: Instant) -> Result<Recorded, Error> {
        self.record(Record::new(at, Body::UseReport { report }))
    }

    /// Records the counts of denials so far.
    ///
    /// # Errors
    /// What the ledger can't do; the counts are then kept.
    pub fn flush(&self, at: Instant) -> Result<(), Error> {
        self.denials.flush(at, |record| self.record(record))
    }

    /// After the log failed: opens it again, folds it, and records what went out meanwhile.
    ///
    /// # Errors
    /// What still stands against it; then nothing has changed.
    pub fn recover(&self, at: Instant) -> Result<(), Error> {
        let mut order = lock(&self.order);
        let mut log = lock(&self.log);
        if order.failed.is_some() || matches!(*log, Log::Gone) {
            // The old handle holds the directory's lock.
            *log = Log::Gone;
            let (opened, live) = Platform::load(&self.dir, self.signer.as_ref())?;
            *log = opened;
            *self.live.write().unwrap_or_else(PoisonError::into_inner) = live;
            (order.failed, order.unsure) = (None, false);
        }
        drop(log);
        drop(order);
        self.served.flush(at, |record| self.record(record))
    }

    /// Keeps the bytes of the state beside the log, and records their digest: the next opening begins there.
    ///
    /// # Errors
    /// [`GateError::Io`], and what the ledger can't do.
    pub fn snapshot(&self, at: Instant) -> Result<Recorded, Error> {
        let mut stored = Ok(());
        let written = self.write(None, &mut |live| {
            let bytes = live.state.snapshot()?;
            stored = open::store(&self.dir, live.state.index(), &bytes);
            stored.clone()?;
            Ok(Some(Record::new(at, Body::Snapshot { state: crate::crypto::sha256(&bytes) })))
        });
        written.and_then(|written| self.recorded(written, at))
    }

    /// The duties as they stand at an instant; `holder` keeps those of one body, user or authority.
    #[must_use]
    pub fn duties(&self, holder: Option<&str>, at: Instant) -> Vec<Duty> {
        self.live().state.duties(&self.calendar, legal_date(at), holder)
    }

    /// Signs the head of the log.
    ///
    /// # Errors
    /// What the ledger or the signer can't do.
    pub fn checkpoint(&self) -> Result<Checkpoint, Error> {
        self.writer()?.checkpoint()
    }

    /// The proof that a record is in the log: under the last signed head, or under one that is signed for it.
    ///
    /// # Errors
    /// What the ledger can't prove, or the signer can't sign.
    pub fn receipt(&self, index: u64) -> Result<Receipt, Error> {
        match self.writer() {
            Ok(writer) => writer.with(|ledger| {
                if ledger.signed().size <= index {
                    ledger.checkpoint()?;
                }
                ledger.receipt(index)
            }),
            Err(_) => Ledger::open(self.dir.join(LEDGER), None)?.receipt(index),
        }
    }

    fn writer(&self) -> Result<Arc<SharedLedger>, Error> {
        match &*lock(&self.log) {
            Log::Writer(writer) => Ok(Arc::clone(writer)),
            Log::Reader(_) => Err(LedgerError::ReadOnly.into()),
            Log::Gone => Err(LedgerError::Poisoned.into()),
        }
    }

    fn record(&self, record: Record) -> Result<Recorded, Error> {
        let at = record.at;
        let written = self.write(None, &mut |_| Ok(Some(record.clone())))?;
        self.recorded(written, at)
    }

    fn recorded(&self, written: Option<(u64, Vec<String>)>, at: Instant) -> Result<Recorded, Error> {
        let (index, duties) = written.ok_or(LedgerError::Poisoned)?;
        let (live, today) = (self.live(), legal_date(at));
        let duties = duties.iter().filter_map(|id| live.state.duty(id, &self.calendar, today)).collect();
        Ok(Recorded { v: V1, index, duties })
    }

    /// Makes a record on the state, checks it, puts it in the line and folds it, in one order; then waits for the disk.
    /// `None` where nothing is to be recorded. A policy that comes with it is in force after it.
    fn write(
        &self,
        adopted: Option<&Policy>,
        make: &mut dyn FnMut(&Live) -> Result<Option<Record>, Error>,
    ) -> Result<Option<(u64, Vec<String>)>, Error> {
        let writer = self.writer()?;
        let mut order = lock(&self.order);
        if order.failed.is_some() {
            return Err(LedgerError::Poisoned.into());
        }
        let live = self.live();
        let Some(record) = make(&live)? else { return Ok(None) };
        let policy = adopted.unwrap_or(live.gate.policy()).clone();
        record.check(&policy, &live.state)?;
        let bytes = record.to_bytes()?;
        let index = live.state.index();
        drop(live);
        let ticket = writer.enqueue_at(&[bytes], Some(index))?;
        let is_event = matches!(record.body, Body::Event { .. });
        order.events += usize::from(is_event);
        let folded = if adopted.is_some() { self.fold_adoption(&record, policy) } else { self.fold(&record) };
        drop(order);
        let written = ticket.wait();
        order = lock(&self.order);
        order.events = order.events.saturating_sub(usize::from(is_event));
        match (written, folded) {
            (Ok(range), Ok(duties)) if range.start == index => Ok(Some((index, duties))),
            (written, folded) => {
                let error = match (written, folded) {
                    (Err(error), _) => error.into(),
                    (_, Err(error)) => error,
                    _ => LedgerError::Poisoned.into(),
                };
                order.failed = Some(with_code(&error));
                order.unsure |= is_event;
                Err(error)
            }
        }
    }
}

impl Drop for Platform {
    fn drop(&mut self) {
        self.denials.flush_rest(|record| self.record(record));
    }
}

fn event_record(act: &Act, at: Instant) -> Record {
    let body = Body::Event { by: act.by.clone(), event: Box::new(act.event.clone()) };
    Record { v: V1, at, body, blobs: act.blobs.clone() }
}

pub(super) fn decision_record(request: &Request, decision: &Decision, at: Instant) -> Record {
    let (request, decision) = (Box::new(request.clone()), Box::new(decision.clone()));
    let permit = decision.permit;
    Record::new(at, if permit { Body::Intent { request, decision } } else { Body::Denial { request, decision } })
}

/// An error's texts, each behind its code.
pub(super) fn with_code(error: &Error) -> Text {
    Text::new(format!("{} {}", error.code(), error.zh()), format!("{} {error}", error.code()))
}
