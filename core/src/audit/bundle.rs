//! The evidence bundle of a dataset (A30): the records of how it was assessed, opened, used and watched over, each with its
//! proof under one signed head, the policies that were in force, and the key. It is verified with nothing else at hand.
//!
//! What a bundle can't show is that nothing was left out: it shows that what it holds was recorded as it stands. Only a log
//! that its decisions saw can't be left out unseen.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::crypto::PublicKey;
use crate::gate::{Body, LEDGER, Record, Replay, use_log, use_logs};
use crate::ledger::{Ledger, Receipt, RecordBytes};
use crate::process::{Event, Machine};
use crate::terms::{Digest, V1, Word as _};

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
    /// The records whose decision is another when it is decided again, or saw more than the heads cover: (log, index).
    pub differ: Vec<(Option<String>, u64)>,
    /// The records that could not follow those before them.
    pub illegal: Vec<u64>,
    /// The logs of uses that decisions saw, and that the bundle lacks: what a quota was counted over can't be shown.
    pub missing_logs: BTreeSet<String>,
    /// Nothing differs, nothing is illegal, and no log is missing.
    pub clean: bool,
}

/// How far the signed head of each log goes.
#[derive(Default)]
pub(super) struct Heads {
    pub(super) state: u64,
    pub(super) uses: BTreeMap<String, u64>,
}

impl Heads {
    /// Whether they cover all that a decision saw: else nobody can be shown what it was made on.
    pub(super) fn cover(&self, record: &Record) -> bool {
        let (Body::Intent { decision, .. } | Body::Denial { decision, .. }) = &record.body else { return true };
        let uses = decision.uses_seen.iter().all(|(name, seen)| self.uses.get(name).is_none_or(|size| seen <= size));
        uses && decision.state_index.is_none_or(|seen| seen <= self.state)
    }
}

/// Which records a bundle of a dataset needs, so that its decisions can be made again.
pub(super) struct Wanted<'a> {
    dataset: &'a str,
    applications: BTreeSet<String>,
    cases: BTreeSet<(&'static str, String)>,
    pub(super) intents: BTreeSet<u64>,
}

impl<'a> Wanted<'a> {
    pub(super) fn of(dataset: &'a str) -> Self {
        Wanted { dataset, applications: BTreeSet::new(), cases: BTreeSet::new(), intents: BTreeSet::new() }
    }

    /// Whether the record is about the dataset, the applications for it, or what holds for all.
    pub(super) fn wants(&mut self, index: u64, record: &Record) -> bool {
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
            // What treatment made of it. A proof in a blob does not say of which dataset it is.
            Body::Applied { applied } => {
                applied.as_ref().and_then(|proof| proof.get("dataset")?.as_str()) == Some(self.dataset)
            }
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
/// What can't be read or proved: a record after the last signed head of its log is left out, and so is a decision that saw
/// such a record of another log, so sign them first.
pub fn bundle(dir: impl AsRef<Path>, dataset: &str) -> Result<Bundle, Error> {
    let dir = dir.as_ref();
    let signed = |folder: &Path| Ledger::open(folder, None).map(|ledger| ledger.signed().size);
    let mut heads = Heads { state: signed(&dir.join(LEDGER))?, uses: BTreeMap::new() };
    let names = use_logs(dir)?;
    for name in &names {
        heads.uses.insert(name.clone(), signed(&use_log(dir, name))?);
    }
    let mut wanted = Wanted::of(dataset);
    let mut policies = BTreeMap::new();
    let state = gather(&dir.join(LEDGER), heads.state, &heads, &mut wanted, &mut |record| {
        if let Body::Event { event, .. } = &record.body
            && let Event::PolicyAdopted { text, .. } = event.as_ref()
        {
            policies.insert(*text, Replay::policy_text(dir, text)?);
        }
        Ok(())
    })?;
    let mut uses = BTreeMap::new();
    for name in names {
        wanted.intents.clear();
        let signed = heads.uses.get(&name).copied().unwrap_or_default();
        let log = gather(&use_log(dir, &name), signed, &heads, &mut wanted, &mut |_| Ok(()))?;
        uses.insert(name, log);
    }
    Ok(Bundle { v: V1, dataset: dataset.to_owned(), policies, state, uses })
}

fn gather(
    folder: &Path,
    signed: u64,
    heads: &Heads,
    wanted: &mut Wanted<'_>,
    each: &mut dyn FnMut(&Record) -> Result<(), Error>,
) -> Result<ProvedLog, Error> {
    let ledger = Ledger::open(folder, None)?;
    let mut records = Vec::new();
    for item in ledger.records()? {
        let (index, bytes) = item?;
        if index >= signed {
            break;
        }
        let Some(record) = Record::read(&bytes)? else { continue };
        if heads.cover(&record) && wanted.wants(index, &record) {
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
    /// [`GateError::Malformed`](crate::gate::GateError::Malformed).
    pub fn from_json(json: &[u8]) -> Result<Self, Error> {
        Ok(crate::canon::read("Bundle", json)?)
    }
}
