//! A bundle, verified: its proofs checked, and its decisions made again on the state that its own records give.

use std::collections::{BTreeMap, BTreeSet};

use super::bundle::{Bundle, BundleReport, Heads, ProvedLog, Wanted};
use super::history::{History, seen};
use crate::Error;
use crate::crypto::{PublicKey, sha256};
use crate::gate::{Body, Gate, GateError, Record};
use crate::ledger::{Checkpoint, verify_receipt};
use crate::policy::Policy;
use crate::process::{Event, State};
use crate::terms::{Text, V1};

/// The records of one log, each proved.
struct Proven {
    records: Vec<(u64, Record)>,
    /// How far the head goes under which they are.
    head: Option<u64>,
}

fn bad(index: u64, zh: &str, en: &str) -> Error {
    GateError::BadRecord { index, what: Text::new(zh, en) }.into()
}

fn prove(wanted: &mut Wanted<'_>, log: &ProvedLog, key: &PublicKey) -> Result<Proven, Error> {
    wanted.intents.clear();
    let mut records: Vec<(u64, Record)> = Vec::new();
    let mut head: Option<&Checkpoint> = None;
    for proved in &log.records {
        let (bytes, receipt) = (&proved.record.0, &proved.receipt);
        verify_receipt(bytes, receipt, key)?;
        // One head for all: else records of two forks could stand side by side.
        let same = head.is_none_or(|head| head.size == receipt.checkpoint.size && head.root == receipt.checkpoint.root);
        let later = records.last().is_none_or(|(last, _)| receipt.index > *last);
        if !same || !later {
            let (zh, en) = ("记录不在同一签名头之下或次序有误", "not under the same signed head, or out of order");
            return Err(bad(receipt.index, zh, en));
        }
        head = Some(&receipt.checkpoint);
        let record = Record::from_bytes(bytes)?;
        if !wanted.wants(receipt.index, &record) {
            return Err(bad(receipt.index, "记录与该数据集无关", "not about the dataset of the bundle"));
        }
        records.push((receipt.index, record));
    }
    Ok(Proven { records, head: head.map(|head| head.size) })
}

impl Bundle {
    /// Verifies the bundle with nothing else at hand: each record's proof, each policy's digest, and each decision, made
    /// again on the state that the bundle's own records give. `key` is who the state log must be signed by.
    ///
    /// # Errors
    /// [`IntegrityError`](crate::ledger::IntegrityError) for a record that is not proved, or is signed by another key;
    /// [`GateError::BadRecord`] for one that is about something else, or under another head than those beside it.
    pub fn verify(&self, key: Option<&PublicKey>) -> Result<BundleReport, Error> {
        let trusted = key.unwrap_or(&self.state.public_key);
        let mut report = BundleReport {
            v: V1,
            dataset: self.dataset.clone(),
            public_key: self.state.public_key.clone(),
            records: 0,
            decisions: 0,
            differ: Vec::new(),
            illegal: Vec::new(),
            missing_logs: BTreeSet::new(),
            clean: false,
        };
        let mut wanted = Wanted::of(&self.dataset);
        let mut heads = Heads::default();
        let Proven { records: state, head } = prove(&mut wanted, &self.state, trusted)?;
        heads.state = head.unwrap_or_default();
        let mut uses = Vec::new();
        let mut histories = BTreeMap::new();
        for (name, log) in &self.uses {
            let Proven { records, head } = prove(&mut wanted, log, &log.public_key)?;
            // A log without a record shows no head, and nothing in it counts.
            heads.uses.extend(head.map(|size| (name.clone(), size)));
            let counts = records.len() as u64;
            report.records += counts;
            let known = state.iter().any(|(_, record)| matches!(&record.body, Body::Event { event, .. }
                if matches!(event.as_ref(), Event::UseLogOpened { log: opened, key } if opened == name && *key == log.public_key)));
            if !known {
                let (zh, en) = ("状态账本没有登记该使用账本", "the state log does not name this log of uses");
                return Err(bad(0, zh, en));
            }
            let mut history = History::default();
            records.iter().for_each(|(index, record)| history.add(*index, record));
            histories.insert(name.as_str(), history);
            uses.push((name.as_str(), records));
        }
        report.records += state.len() as u64;
        let mut replay = Again { bundle: self, heads, histories, gate: None, state: State::default() };
        for (index, record) in &state {
            replay.uses_until(*index, &mut uses, &mut report);
            replay.decide(None, *index, record, &mut report);
            if replay.fold(*index, record).is_err() {
                report.illegal.push(*index);
            }
        }
        replay.uses_until(u64::MAX, &mut uses, &mut report);
        report.clean = report.differ.is_empty() && report.illegal.is_empty() && report.missing_logs.is_empty();
        Ok(report)
    }
}

/// The fold of a bundle's records: those that it lacks are passed over.
struct Again<'a> {
    bundle: &'a Bundle,
    heads: Heads,
    histories: BTreeMap<&'a str, History>,
    gate: Option<Gate>,
    state: State,
}

impl Again<'_> {
    fn fold(&mut self, index: u64, record: &Record) -> Result<(), Error> {
        self.state.pass_to(index);
        let mut adopted = None;
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
            adopted = Some(Gate::new(policy));
        }
        let gate = adopted.as_ref().or(self.gate.as_ref()).ok_or(crate::process::ProcessError::OtherPolicy)?;
        record.fold(gate.policy(), &mut self.state)?;
        // A policy whose adoption could not follow is not in force.
        self.gate = adopted.or_else(|| self.gate.take());
        Ok(())
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
        let missing = decision.uses_seen.keys().filter(|name| !self.bundle.uses.contains_key(*name));
        report.missing_logs.extend(missing.cloned());
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
        let shown = self.heads.cover(record) && again.as_ref() == Some(&**decision);
        if !shown || decision.permit != intent {
            report.differ.push((log.map(str::to_owned), index));
        }
    }
}
