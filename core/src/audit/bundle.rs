//! The evidence bundle of a dataset (A30): the records of how it was assessed, opened, used and watched over, each with its
//! proof under one signed head, the policies that were in force, and the key. It is verified with nothing else at hand.
//!
//! What a bundle can't show is that nothing was left out: it shows that what it holds was recorded as it stands.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::history::{History, seen};
use crate::Error;
use crate::crypto::{PublicKey, sha256};
use crate::gate::{Body, Gate, GateError, LEDGER, Record, Replay, use_log, use_logs};
use crate::ledger::{Checkpoint, Ledger, Receipt, RecordBytes, verify_receipt};
use crate::policy::Policy;
use crate::process::{Event, Machine, State};
use crate::terms::{Digest, Text, V1, Word as _};

/// A record and its proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Proved {
    /// The canonical bytes of the record.
    pub record: RecordBytes,
    /// The proof that it is under the head.
    pub receipt: Receipt,
}

/// The records of one log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ProvedLog {
    /// Who signs it.
    pub public_key: PublicKey,
    /// Its records about the dataset, in order.
    pub records: Vec<Proved>,
}

/// What shows how one dataset was opened and used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Bundle {
    /// The document's version.
    pub v: V1,
    /// The dataset.
    pub dataset: String,
    /// The texts of the policies that were adopted, by digest.
    pub policies: BTreeMap<Digest, String>,
    /// The state log.
    pub state: ProvedLog,
    /// The logs of uses, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub uses: BTreeMap<String, ProvedLog>,
}

/// What a bundle shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BundleReport {
    /// The document's version.
    pub v: V1,
    /// The dataset.
    pub dataset: String,
    /// The key that signs the state log: the reader holds it against the one that is known.
    pub public_key: PublicKey,
    /// How many records it holds, each proved.
    pub records: u64,
    /// How many decisions were decided again and are the recorded ones.
    pub decisions: u64,
    /// The records whose decision is another when it is decided again: (log, index).
    pub differ: Vec<(Option<String>, u64)>,
    /// The records that could not follow those before them.
    pub illegal: Vec<u64>,
    /// Nothing differs, and nothing is illegal.
    pub clean: bool,
}

/// Which records a bundle of a dataset needs, so that its decisions can be made again.
struct Wanted<'a> {
    dataset: &'a str,
    applications: BTreeSet<String>,
    cases: BTreeSet<(&'static str, String)>,
    intents: BTreeSet<u64>,
}

impl Wanted<'_> {
    /// Whether the record is about the dataset, the applications for it, or what holds for all.
    fn wants(&mut self, index: u64, record: &Record) -> bool {
        match &record.body {
            Body::Event { event, .. } => self.wants_event(event),
            Body::Intent { request, .. } | Body::Denial { request, .. } => {
                let about = request.dataset == self.dataset;
                if about && matches!(record.body, Body::Intent { .. }) {
                    self.intents.insert(index);
                }
                about
            }
            Body::Result { intent, .. } => self.intents.contains(intent),
            Body::UseReport { report } => report.dataset == self.dataset,
            Body::Denials { .. } | Body::Degraded { .. } | Body::Snapshot { .. } => false,
        }
    }

    fn wants_event(&mut self, event: &Event) -> bool {
        let dataset = self.dataset;
        // A complaint and a suggestion may have the same id.
        let mut case = |machine: Machine, id: &String, about: bool| {
            let key = (machine.id(), id.clone());
            if about {
                self.cases.insert(key.clone());
            }
            about || self.cases.contains(&key)
        };
        match event {
            // What holds for all.
            Event::PolicyAdopted { .. }
            | Event::RulesPublished { .. }
            | Event::AuthorityFiled { .. }
            | Event::UseLogOpened { .. }
            | Event::BodyRegistered { .. }
            | Event::MeasureTaken { .. }
            | Event::RectificationDemanded { .. }
            | Event::RectificationAccepted { .. }
            | Event::ServiceTerminated { .. } => true,
            Event::EntryListed { entry } => entry.id == dataset,
            Event::DatasetAssessed { dataset: about, .. }
            | Event::ContentUpdated { dataset: about, .. }
            | Event::DatasetOpened { dataset: about, .. }
            | Event::DatasetSuspended { dataset: about, .. }
            | Event::DatasetResumed { dataset: about, .. }
            | Event::DatasetWithdrawn { dataset: about, .. }
            | Event::DatasetTerminated { dataset: about, .. } => about == dataset,
            Event::ApplicationFiled { application } => {
                if application.dataset == dataset {
                    self.applications.insert(application.id.clone());
                }
                application.dataset == dataset
            }
            Event::ApplicationReviewed { application, .. }
            | Event::ApplicationRevoked { application, .. }
            | Event::UseFollowedUp { application, .. } => self.applications.contains(application),
            Event::RiskReportFiled { report } => self.applications.contains(&report.application),
            Event::ComplaintReceived { complaint, dataset: about, .. } => {
                case(Machine::Complaint, complaint, about == dataset)
            }
            Event::SuggestionReceived { suggestion, dataset: about, .. } => {
                case(Machine::Suggestion, suggestion, about == dataset)
            }
            Event::ProblemReported { problem, dataset: about, .. } => case(Machine::Problem, problem, about == dataset),
            Event::CommitteeReferred { referral, dataset: about, .. } => {
                case(Machine::Referral, referral, about == dataset)
            }
            Event::ComplaintVerified { complaint, .. } | Event::ComplaintAnswered { complaint, .. } => {
                case(Machine::Complaint, complaint, false)
            }
            Event::SuggestionAnswered { suggestion, .. } => case(Machine::Suggestion, suggestion, false),
            Event::ProblemHandled { problem, .. } => case(Machine::Problem, problem, false),
            Event::CommitteeAdvised { referral, .. } => case(Machine::Referral, referral, false),
            Event::UserRegistered { .. }
            | Event::IdentityErased { .. }
            | Event::InterviewHeld { .. }
            | Event::InterviewClosed { .. }
            | Event::DemandFiled { .. }
            | Event::DemandAssessed { .. }
            | Event::DemandMet { .. }
            | Event::ProductRegistered { .. }
            | Event::ProductShown { .. }
            | Event::ProductWithdrawn { .. } => false,
        }
    }
}

/// Gathers the bundle of a dataset from a platform's directory, under the heads that were signed last.
///
/// # Errors
/// What can't be read or proved: a record after the last signed head is left out, so sign one first.
pub fn bundle(dir: impl AsRef<Path>, dataset: &str) -> Result<Bundle, Error> {
    let dir = dir.as_ref();
    let mut wanted =
        Wanted { dataset, applications: BTreeSet::new(), cases: BTreeSet::new(), intents: BTreeSet::new() };
    let mut policies = BTreeMap::new();
    let state = gather(&dir.join(LEDGER), &mut wanted, &mut |record| {
        if let Body::Event { event, .. } = &record.body
            && let Event::PolicyAdopted { text, .. } = event.as_ref()
        {
            policies.insert(*text, Replay::policy_text(dir, text)?);
        }
        Ok(())
    })?;
    let mut uses = BTreeMap::new();
    for name in use_logs(dir)? {
        wanted.intents.clear();
        let log = gather(&use_log(dir, &name), &mut wanted, &mut |_| Ok(()))?;
        uses.insert(name, log);
    }
    Ok(Bundle { v: V1, dataset: dataset.to_owned(), policies, state, uses })
}

fn gather(
    folder: &Path,
    wanted: &mut Wanted<'_>,
    each: &mut dyn FnMut(&Record) -> Result<(), Error>,
) -> Result<ProvedLog, Error> {
    let ledger = Ledger::open(folder, None)?;
    let signed = ledger.signed().size;
    let mut records = Vec::new();
    for item in ledger.records()? {
        let (index, bytes) = item?;
        if index >= signed {
            break;
        }
        let Some(record) = Record::read(&bytes)? else { continue };
        if wanted.wants(index, &record) {
            each(&record)?;
            records.push(Proved { record: RecordBytes(bytes), receipt: ledger.receipt(index)? });
        }
    }
    Ok(ProvedLog { public_key: ledger.public_key().clone(), records })
}

impl Bundle {
    /// Reads a bundle.
    ///
    /// # Errors
    /// [`GateError::Malformed`].
    pub fn from_json(json: &[u8]) -> Result<Self, Error> {
        Ok(crate::canon::read("Bundle", json)?)
    }

    /// Verifies the bundle with nothing else at hand: each record's proof, each policy's digest, and each decision, made
    /// again on the state that the bundle's own records give. `key` is who the state log must be signed by.
    ///
    /// # Errors
    /// [`IntegrityError`](crate::ledger::IntegrityError) for a record that is not proved, or is signed by another key.
    pub fn verify(&self, key: Option<&PublicKey>) -> Result<BundleReport, Error> {
        let bad = |index: u64, zh: &str, en: &str| GateError::BadRecord { index, what: Text::new(zh, en) };
        let trusted = key.unwrap_or(&self.state.public_key);
        let mut report = BundleReport {
            v: V1,
            dataset: self.dataset.clone(),
            public_key: self.state.public_key.clone(),
            records: 0,
            decisions: 0,
            differ: Vec::new(),
            illegal: Vec::new(),
            clean: false,
        };
        let prove = |log: &ProvedLog, key: &PublicKey| -> Result<Vec<(u64, Record)>, Error> {
            let mut records: Vec<(u64, Record)> = Vec::new();
            let mut head: Option<&Checkpoint> = None;
            for proved in &log.records {
                let (bytes, receipt) = (&proved.record.0, &proved.receipt);
                verify_receipt(bytes, receipt, key)?;
                // One head for all: else records of two forks could stand side by side.
                let same = head
                    .is_none_or(|head| head.size == receipt.checkpoint.size && head.root == receipt.checkpoint.root);
                let later = records.last().is_none_or(|(last, _)| receipt.index > *last);
                if !same || !later {
                    let (zh, en) =
                        ("记录不在同一签名头之下或次序有误", "not under the same signed head, or out of order");
                    return Err(bad(receipt.index, zh, en).into());
                }
                head = Some(&receipt.checkpoint);
                records.push((receipt.index, Record::from_bytes(bytes)?));
            }
            Ok(records)
        };
        let state = prove(&self.state, trusted)?;
        let mut uses = Vec::new();
        let mut histories = BTreeMap::new();
        for (name, log) in &self.uses {
            let records = prove(log, &log.public_key)?;
            let counts = records.len() as u64;
            report.records += counts;
            let known = state.iter().any(|(_, record)| matches!(&record.body, Body::Event { event, .. }
                if matches!(event.as_ref(), Event::UseLogOpened { log: opened, key } if opened == name && *key == log.public_key)));
            if !known {
                let (zh, en) = ("状态账本没有登记该使用账本", "the state log does not name this log of uses");
                return Err(bad(0, zh, en).into());
            }
            let mut history = History::default();
            records.iter().for_each(|(index, record)| history.add(*index, record));
            histories.insert(name.as_str(), history);
            uses.push((name.as_str(), records));
        }
        report.records += state.len() as u64;
        let mut replay = Again { bundle: self, histories, gate: None, state: State::default() };
        for (index, record) in &state {
            replay.uses_until(*index, &mut uses, &mut report);
            replay.decide(None, *index, record, &mut report);
            if replay.fold(*index, record).is_err() {
                report.illegal.push(*index);
            }
        }
        replay.uses_until(u64::MAX, &mut uses, &mut report);
        report.clean = report.differ.is_empty() && report.illegal.is_empty();
        Ok(report)
    }
}

/// The fold of a bundle's records: those that it lacks are passed over.
struct Again<'a> {
    bundle: &'a Bundle,
    histories: BTreeMap<&'a str, History>,
    gate: Option<Gate>,
    state: State,
}

impl Again<'_> {
    fn fold(&mut self, index: u64, record: &Record) -> Result<(), Error> {
        self.state.pass_to(index);
        if let Body::Event { event, .. } = &record.body
            && let Event::PolicyAdopted { hash, interpretations, text, .. } = event.as_ref()
        {
            let source = self.bundle.policies.get(text).filter(|source| sha256(source.as_bytes()) == *text);
            let other = || GateError::OtherPolicy { file: text.to_string() };
            let mut policy = Policy::parse(source.ok_or_else(other)?)?;
            for (name, option) in interpretations {
                policy = policy.with_interpretation(name, option)?;
            }
            if policy.hash() != *hash {
                return Err(other().into());
            }
            self.gate = Some(Gate::new(policy));
        }
        let gate = self.gate.as_ref().ok_or(crate::process::ProcessError::OtherPolicy)?;
        record.fold(gate.policy(), &mut self.state).map(|_| ())
    }

    /// Decides again what the logs of uses recorded on a state of at most `index` records.
    fn uses_until(&mut self, index: u64, uses: &mut [(&str, Vec<(u64, Record)>)], report: &mut BundleReport) {
        for (name, records) in uses {
            let ready = records.iter().position(|(_, record)| match &record.body {
                Body::Intent { decision, .. } | Body::Denial { decision, .. } => {
                    decision.state_index.is_some_and(|state| state > index)
                }
                _ => false,
            });
            let ready = ready.unwrap_or(records.len());
            for (at, record) in records.drain(..ready) {
                self.decide(Some(name), at, &record, report);
            }
        }
    }

    fn decide(&mut self, log: Option<&str>, index: u64, record: &Record, report: &mut BundleReport) {
        let (request, decision, intent) = match &record.body {
            Body::Intent { request, decision } => (request, decision, true),
            Body::Denial { request, decision } => (request, decision, false),
            _ => return,
        };
        report.decisions += 1;
        // A decision of the state log was made on the state before its own record, whatever it says.
        let state = if log.is_none() { index } else { decision.state_index.unwrap_or(0) };
        self.state.pass_to(state);
        let histories = self.histories.iter().map(|(name, history)| (*name, history));
        let user = request.user.as_deref().unwrap_or_default();
        let elsewhere = seen(&self.state, histories, &request.dataset, user, decision);
        let again = self.gate.as_ref().map(|gate| {
            let mut again = gate.decide(&self.state, &elsewhere, request, record.at);
            again.uses_seen.clone_from(&decision.uses_seen);
            again
        });
        if again.as_ref() != Some(&**decision) || decision.permit != intent {
            report.differ.push((log.map(str::to_owned), index));
        }
    }
}
