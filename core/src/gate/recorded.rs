//! What a platform records, whoever asks: one order for the record, the line of the log and the state.

use std::ops::Range;
use std::sync::{Arc, PoisonError};

use serde::{Deserialize, Serialize};

use super::act;
use super::decide::{Decision, Gate};
use super::platform::{LEDGER, Live, Log, Order, Platform};
use super::record::{Body, Record, UseReport};
use super::request::Request;
use super::{lock, with_code};
use crate::Error;
use crate::crypto::PublicKey;
use crate::ledger::{Checkpoint, Ledger, LedgerError, Receipt, SharedLedger};
use crate::policy::Policy;
use crate::process::{Act, Actor, Duty, Event, ProcessError, Role, State};
use crate::terms::{Digest, Instant, V1, legal_date};

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

impl Platform {
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

    /// Keeps a document beside the log and gives its digest: evidence, an opinion, a report. An act may name it in `blobs`.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub fn put_blob(&self, content: &mut dyn std::io::Read) -> Result<Digest, Error> {
        self.writer()?.with(|ledger| ledger.put_blob(content))
    }

    /// Lets another process keep a log of uses of its own, signed by this key: see [`super::Worker`].
    ///
    /// # Errors
    /// [`ProcessError::Exists`], [`ProcessError::Id`]; what the ledger can't do.
    pub fn open_use_log(&self, name: &str, key: &PublicKey, at: Instant) -> Result<Recorded, Error> {
        let event = Event::UseLogOpened { log: name.to_owned(), key: key.clone() };
        self.event(&Actor::new(Role::Platform, "platform"), event, at)
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

    pub(super) fn writer(&self) -> Result<Arc<SharedLedger>, Error> {
        match &*lock(&self.log) {
            Log::Writer(writer) => Ok(Arc::clone(writer)),
            Log::Reader(_) => Err(LedgerError::ReadOnly.into()),
            Log::Gone => Err(LedgerError::Poisoned.into()),
        }
    }

    pub(super) fn record(&self, record: Record) -> Result<Recorded, Error> {
        let at = record.at;
        let written = self.write(None, &mut |_| Ok(Some(record.clone())))?;
        self.recorded(written, at)
    }

    pub(super) fn recorded(&self, written: Option<(u64, Vec<String>)>, at: Instant) -> Result<Recorded, Error> {
        let (index, duties) = written.ok_or(LedgerError::Poisoned)?;
        let (live, today) = (self.live(), legal_date(at));
        let duties = duties.iter().filter_map(|id| live.state.duty(id, &self.calendar, today)).collect();
        Ok(Recorded { v: V1, index, duties })
    }

    /// Makes a record on the state, checks it, puts it in the line and folds it, in one order; then waits for the disk.
    /// `None` where nothing is to be recorded. A policy that comes with it is in force after it.
    pub(super) fn write(
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
        lock(&self.order).settle(index, is_event, written, folded).map(Some)
    }

    /// Records what is no event for whoever holds the order: nobody else's record comes in between.
    pub(super) fn record_next(&self, order: &mut Order, record: &Record) -> Result<(), Error> {
        let writer = self.writer()?;
        let (bytes, index) = (record.to_bytes()?, self.with_state(State::index));
        let ticket = writer.enqueue_at(&[bytes], Some(index))?;
        let folded = self.fold(record);
        order.settle(index, false, ticket.wait(), folded).map(drop)
    }

    /// Folds a record under the policy in force.
    pub(super) fn fold(&self, record: &Record) -> Result<Vec<String>, Error> {
        let mut live = self.live.write().unwrap_or_else(PoisonError::into_inner);
        let Live { gate, state } = &mut *live;
        record.fold(gate.policy(), state)
    }

    /// Folds the record that adopts a policy. It classifies the whole catalog: that is done beside the state, which who
    /// reads has meanwhile, and then put in its place. Nobody else may fold in between.
    pub(super) fn fold_adoption(&self, record: &Record, policy: Policy) -> Result<Vec<String>, Error> {
        let mut state = self.with_state(State::clone);
        let duties = record.fold(&policy, &mut state)?;
        let next = Live { gate: Gate::new(policy), state };
        let before = std::mem::replace(&mut *self.live.write().unwrap_or_else(PoisonError::into_inner), next);
        // Not let go under the lock: there is much of it.
        drop(before);
        Ok(duties)
    }
}

impl Order {
    /// What came of a record that was put in the line at this index: its index and the duties that it changes.
    fn settle(
        &mut self,
        index: u64,
        is_event: bool,
        written: Result<Range<u64>, LedgerError>,
        folded: Result<Vec<String>, Error>,
    ) -> Result<(u64, Vec<String>), Error> {
        self.events = self.events.saturating_sub(usize::from(is_event));
        let error = match (written, folded) {
            (Ok(range), Ok(duties)) if range.start == index => return Ok((index, duties)),
            (Err(error), _) => error.into(),
            (_, Err(error)) => error,
            _ => LedgerError::Poisoned.into(),
        };
        self.failed = Some(with_code(&error));
        self.unsure |= is_event;
        Err(error)
    }
}

pub(super) fn event_record(act: &Act, at: Instant) -> Record {
    let body = Body::Event { by: act.by.clone(), event: Box::new(act.event.clone()) };
    Record { v: V1, at, body, blobs: act.blobs.clone() }
}

pub(super) fn decision_record(request: &Request, decision: &Decision, at: Instant) -> Record {
    let (request, decision) = (Box::new(request.clone()), Box::new(decision.clone()));
    let permit = decision.permit;
    Record::new(at, if permit { Body::Intent { request, decision } } else { Body::Denial { request, decision } })
}
