//! [`Platform`]: a directory that holds the adopted policies and the log, and the state folded from it.
//! Nothing is answered before its record is durable.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::GateError;
use super::decide::{Decision, decide};
use super::record::{Body, Outcome, Record, UseReport};
use super::replay::{Replay, store_policy};
use super::request::Request;
use crate::Error;
use crate::calendar::Calendar;
use crate::crypto::{PublicKey, Signer};
use crate::error::Explain;
use crate::ledger::{Checkpoint, Ledger, LedgerConfig, Profile, Receipt};
use crate::policy::Policy;
use crate::process::{Duty, Event, ProcessError, State};
use crate::terms::{Instant, Text, V1, io_text, legal_date};

/// The directory of the log, within a platform's.
pub const LEDGER: &str = "ledger";

/// An event that was recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Recorded {
    /// The document's version.
    pub v: V1,
    /// The index of its record.
    pub index: u64,
    /// The duty that it creates or does.
    pub duties: Vec<Duty>,
}

/// A decision that was recorded. Only a permit may be served, and what was served is reported by
/// [`Platform::complete`] with this index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Admitted {
    /// The document's version.
    pub v: V1,
    /// The index of its record.
    pub index: u64,
    /// The decision.
    pub decision: Decision,
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
/// let mut platform = Platform::init(folder.path().join("platform"), &policy, "data.example", Box::new(key), at)?;
///
/// let admitted = platform.admit(&Request::new("unknown-data", Action::Download), at)?;
/// assert!(!admitted.decision.permit);
/// assert_eq!(admitted.index, 1, "the denial is in the log, after the adoption of the policy");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Platform {
    dir: PathBuf,
    ledger: Ledger,
    policy: Policy,
    state: State,
    calendar: Calendar,
}

impl std::fmt::Debug for Platform {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Platform").field("policy", &self.policy).field("records", &self.state.index()).finish()
    }
}

impl Platform {
    /// Makes a new platform in a directory of its own and records the adoption of the policy.
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
        let config = LedgerConfig { origin: origin.to_owned(), profile: Profile::Intl };
        let ledger = Ledger::create(dir.join(LEDGER), &config, signer)?;
        let mut platform = Platform {
            dir: dir.to_owned(),
            ledger,
            policy: policy.clone(),
            state: State::default(),
            calendar: Calendar::builtin().clone(),
        };
        platform.record(Body::Event { event: Box::new(adopted) }, at)?;
        Ok(platform)
    }

    /// Opens a platform and folds its log. Without a signer it can only be read.
    ///
    /// # Errors
    /// What the ledger refuses, and [`GateError::BadRecord`] for a record that could not have been recorded there.
    pub fn open(dir: impl AsRef<Path>, signer: Option<Box<dyn Signer>>) -> Result<Self, Error> {
        let dir = dir.as_ref();
        let folder = dir.join(LEDGER);
        if !folder.is_dir() {
            return Err(GateError::NotAPlatform { what: LEDGER }.into());
        }
        let ledger = Ledger::open(folder, signer)?;
        let mut replay = Replay::new(dir);
        for item in ledger.records()? {
            let (index, bytes) = item?;
            let folded = Record::from_bytes(&bytes).map_err(Error::from).and_then(|record| replay.fold(&record));
            folded.map_err(|error| GateError::BadRecord { index, what: with_code(&error) })?;
        }
        let (policy, state) = replay.finish()?;
        Ok(Platform { dir: dir.to_owned(), ledger, policy, state, calendar: Calendar::builtin().clone() })
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
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The state.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The log's key.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        self.ledger.public_key()
    }

    /// Adopts a policy: what was assessed under the one before is to be assessed again.
    ///
    /// # Errors
    /// [`GateError::Io`] and what the ledger can't do.
    pub fn adopt(&mut self, policy: &Policy, at: Instant) -> Result<Recorded, Error> {
        let adopted = store_policy(&self.dir, policy)?;
        let before = std::mem::replace(&mut self.policy, policy.clone());
        let recorded = self.record(Body::Event { event: Box::new(adopted) }, at);
        if recorded.is_err() {
            self.policy = before;
        }
        recorded
    }

    /// Records an event.
    ///
    /// # Errors
    /// [`ProcessError`] for an illegal move, which is not recorded; what the ledger can't do. A policy is adopted by
    /// [`Platform::adopt`], which stores its text.
    pub fn event(&mut self, event: Event, at: Instant) -> Result<Recorded, Error> {
        if matches!(event, Event::PolicyAdopted { .. }) {
            return Err(ProcessError::OtherPolicy.into());
        }
        self.record(Body::Event { event: Box::new(event) }, at)
    }

    /// Decides, and records nothing.
    #[must_use]
    pub fn decide(&self, request: &Request, at: Instant) -> Decision {
        decide(&self.policy, &self.state, request, at)
    }

    /// Decides, makes the record durable — of a permit as an intent, of a denial too — and only then answers.
    ///
    /// # Errors
    /// [`GateError::NotRecorded`] when the log could not be written: then nothing may be served.
    /// [`GateError::Personal`] for a request that the log must not hold.
    pub fn admit(&mut self, request: &Request, at: Instant) -> Result<Admitted, Error> {
        request.well_formed()?;
        let decision = self.decide(request, at);
        let (request, decided) = (Box::new(request.clone()), Box::new(decision.clone()));
        let body = if decision.permit {
            Body::Intent { request, decision: decided }
        } else {
            Body::Denial { request, decision: decided }
        };
        let recorded = self.record(body, at).map_err(|error| match error {
            error @ Error::Gate(_) => error,
            other => GateError::NotRecorded { cause: with_code(&other) }.into(),
        })?;
        Ok(Admitted { v: V1, index: recorded.index, decision })
    }

    /// Records what came of an intent: rows and bytes that went out.
    ///
    /// # Errors
    /// [`ProcessError::NoOpenIntent`], and what the ledger can't do.
    pub fn complete(&mut self, intent: u64, outcome: Outcome, at: Instant) -> Result<Recorded, Error> {
        self.record(Body::Result { intent, outcome }, at)
    }

    /// Records a user's report of its use (A16).
    ///
    /// # Errors
    /// [`ProcessError::Id`], and what the ledger can't do.
    pub fn report_use(&mut self, report: UseReport, at: Instant) -> Result<Recorded, Error> {
        self.record(Body::UseReport { report }, at)
    }

    /// The duties as they stand at an instant; `holder` keeps those of one body or user.
    #[must_use]
    pub fn duties(&self, holder: Option<&str>, at: Instant) -> Vec<Duty> {
        self.state.duties(&self.calendar, legal_date(at), holder)
    }

    /// Signs the head of the log.
    ///
    /// # Errors
    /// What the ledger or the signer can't do.
    pub fn checkpoint(&mut self) -> Result<Checkpoint, Error> {
        self.ledger.checkpoint()
    }

    /// The proof that a record is under the last signed head.
    ///
    /// # Errors
    /// What the ledger can't prove.
    pub fn receipt(&self, index: u64) -> Result<Receipt, Error> {
        self.ledger.receipt(index)
    }

    /// Checks, writes durably, and only then folds.
    fn record(&mut self, body: Body, at: Instant) -> Result<Recorded, Error> {
        let record = Record { v: V1, at, body };
        record.check(&self.policy, &self.state)?;
        let index = self.ledger.append(&record.to_bytes()?)?;
        let duty = record.fold(&self.policy, &mut self.state)?;
        let today: Date = legal_date(at);
        let duties = duty.and_then(|id| self.state.duty(&id, &self.calendar, today)).into_iter().collect();
        Ok(Recorded { v: V1, index, duties })
    }
}

/// An error's texts, each behind its code.
fn with_code(error: &Error) -> Text {
    Text::new(format!("{} {}", error.code(), error.zh()), format!("{} {error}", error.code()))
}
