//! What a dataset needs: an entry of its own body, an assessment that the policy agrees with, and an opening that rests
//! on both.

use super::super::moves::legal;
use super::super::{
    Actor, Assessed, ComplaintOutcome, DatasetState, DatasetStatus, Event, Machine, ProcessError, Role, State,
};
use super::{check_id, shown};
use crate::Error;
use crate::canon;
use crate::catalog::Entry;
use crate::crypto::sha256;
use crate::policy::{Assertion, Classification, Facts, Policy, Section, Status};
use crate::terms::{Digest, Instant, Openness, Text, Word, legal_date};

impl State {
    /// A19.2: the body lists its own data, an authority what its catalog compiles.
    pub(super) fn check_entry(&self, by: &Actor, id: &'static str, entry: &Entry, at: Instant) -> Result<(), Error> {
        entry.well_formed()?;
        let body = entry.body.as_ref().map(|body| body.id.as_str());
        if by.role == Role::OpeningBody && body.is_some_and(|body| body != by.id) {
            let what = Text::new("数据开放主体", "opening body");
            return Err(ProcessError::NotTheirs { event: id, what }.into());
        }
        body.map_or(Ok(()), |body| check_id("body", body))?;
        let district = entry.district.as_deref();
        district.map_or(Ok(()), |district| check_id("district", district))?;
        if by.role == Role::Authority && !self.in_district(by, district) {
            let what = Text::new("区县", "district");
            return Err(ProcessError::NotTheirs { event: id, what }.into());
        }
        if entry.updated.is_some_and(|updated| updated > legal_date(at)) {
            return Err(ProcessError::Future { what: "entry.updated" }.into());
        }
        let Some(dataset) = self.datasets.get(&*entry.id) else { return Ok(()) };
        legal(Machine::Dataset, id, dataset.status)?;
        self.check_theirs(by, id, dataset)?;
        let owner = dataset.body.map(|body| self.names.name(body));
        if owner.is_some() && body.is_some() && owner != body {
            // Users stand towards a body: it stays who it is (A35).
            return Err(ProcessError::EntryDiffers { dataset: entry.id.clone(), field: "body" }.into());
        }
        // Who reviews follows from it (A8): it stays what it was.
        let listed = dataset.listed.as_deref();
        if listed.is_some_and(|listed| listed.level.is_some() && listed.level != entry.level) {
            return Err(ProcessError::EntryDiffers { dataset: entry.id.clone(), field: "level" }.into());
        }
        let before = listed.and_then(|listed| listed.district).map(|district| self.names.name(district));
        if before.is_some() && before != district {
            return Err(ProcessError::EntryDiffers { dataset: entry.id.clone(), field: "district" }.into());
        }
        // The entry of what is open stays whole.
        if dataset.status == DatasetStatus::Open { Ok(entry.ready()?) } else { Ok(()) }
    }

    /// A19.1, A9.2, A18: what the assessor asserts is what the policy is asked, and the choice is a permitted one.
    pub(super) fn check_assessment(
        &self,
        policy: &Policy,
        by: &Actor,
        event: &Event,
        at: Instant,
    ) -> Result<(), Error> {
        let Event::DatasetAssessed { dataset, facts, assertions, classification, chosen, assessor, approval, .. } =
            event
        else {
            return Ok(());
        };
        Entry::new(dataset.clone()).well_formed()?;
        check_id("assessor", assessor)?;
        if let Some(known) = self.datasets.get(dataset.as_str()) {
            legal(Machine::Dataset, event.id(), known.status)?;
            self.check_theirs(by, event.id(), known)?;
        }
        for (fact, value) in facts.iter().filter(|(_, value)| value.is_some()) {
            if asserted(assertions, fact).is_none_or(|assertion| assertion.value.as_ref() != value) {
                return Err(ProcessError::NotAsserted { dataset: dataset.clone(), fact: shown(fact) }.into());
            }
        }
        let today = legal_date(at);
        let answer = policy.classify(facts, today)?;
        if answer != **classification {
            return Err(ProcessError::OtherClassification { dataset: dataset.clone() }.into());
        }
        self.check_evidence(policy, dataset, facts, assertions, &answer, at)?;
        let Some(chosen) = chosen else { return Ok(()) };
        if answer.status != Status::Determined {
            let status = answer.status.name();
            return Err(ProcessError::NotDetermined { dataset: dataset.clone(), status }.into());
        }
        if !answer.permitted.contains(chosen) {
            let permitted = Text::list(&answer.permitted);
            let (dataset, chosen) = (dataset.clone(), chosen.name());
            return Err(ProcessError::NotPermitted { dataset, chosen, permitted }.into());
        }
        if approval.is_none() {
            return Err(ProcessError::NotApproved { dataset: dataset.clone() }.into());
        }
        Ok(())
    }

    /// A18.5, A32(4): what makes the answer laxer than it would be without is shown, by the digest of a consent, a finding,
    /// a treatment, an opinion; never by a bare yes. All that is not shown is left out at once: one bare yes must not stand
    /// in for another. The committee's opinion is one that it gave.
    fn check_evidence(
        &self,
        policy: &Policy,
        dataset: &str,
        facts: &Facts,
        assertions: &[Assertion],
        answer: &Classification,
        at: Instant,
    ) -> Result<(), Error> {
        let today = legal_date(at);
        let mut harmless = Facts::new();
        for fact in policy.facts(Section::Classification) {
            if let Some(first) = fact.domain.value_at(0) {
                harmless.set(fact.id.clone(), first);
            }
        }
        let plain = policy.classify(&harmless, today)?;
        let (mut shown, mut bare) = (facts.clone(), None);
        for fact in policy.facts(Section::Classification) {
            let (Some(first), Some(value)) = (fact.domain.value_at(0), facts.get(&fact.id)) else { continue };
            if *value == first {
                continue;
            }
            let evidence = asserted(assertions, &fact.id).and_then(|assertion| assertion.evidence);
            let is_shown = match (evidence, fact.id.as_str()) {
                (None, _) => false,
                (Some(opinion), "committee_advised") => self.has_opinion(dataset, &opinion),
                (Some(_), _) => true,
            };
            // A danger needs no proof: by itself it makes the answer stricter.
            let mut alone = harmless.clone();
            alone.set(fact.id.clone(), value.clone());
            if !is_shown && !laxer(&plain, &policy.classify(&alone, today)?) {
                shown.set(fact.id.clone(), first);
                bare.get_or_insert(fact.id.clone());
            }
        }
        match bare {
            Some(fact) if laxer(answer, &policy.classify(&shown, today)?) => {
                Err(ProcessError::NoEvidence { dataset: dataset.to_owned(), fact }.into())
            }
            _ => Ok(()),
        }
    }

    pub(super) fn check_dataset_move(&self, policy: &Policy, by: &Actor, event: &Event, id: &str) -> Result<(), Error> {
        let dataset = self.known_dataset(id)?;
        legal(Machine::Dataset, event.id(), dataset.status)?;
        self.check_theirs(by, event.id(), dataset)?;
        if matches!(event, Event::DatasetOpened { .. } | Event::DatasetResumed { .. }) {
            check_holder(by, event.id(), id, dataset)?;
        }
        match event {
            Event::DatasetOpened { content, .. } => self.check_opening(policy, id, dataset, Some(content)),
            Event::DatasetResumed { .. } => self.check_opening(policy, id, dataset, None),
            Event::DatasetSuspended { complaint: Some(complaint), .. } => {
                let number = self.dataset_number(id);
                match self.case(Machine::Complaint, complaint) {
                    Some(case) if case.dataset == number => Ok(()),
                    _ => Err(ProcessError::Unknown { what: Machine::Complaint.text(), id: shown(complaint) }.into()),
                }
            }
            _ => Ok(()),
        }
    }

    /// A9.2, A19.2: what is opened is listed whole, assessed under the policy in force, and the assessed bytes.
    /// What is resumed, which names no content, need not have been assessed again (A17.3), but is all of that too.
    fn check_opening(
        &self,
        policy: &Policy,
        id: &str,
        dataset: &DatasetState,
        content: Option<&Digest>,
    ) -> Result<(), Error> {
        let not_assessed = || ProcessError::NotAssessed { dataset: id.to_owned() };
        let entry = self.listed(id)?.entry().ok_or_else(not_assessed)?;
        let assessed = dataset.assessed.as_ref().filter(|assessed| assessed.policy == policy.hash());
        let assessed = assessed.ok_or_else(not_assessed)?;
        let chosen = assessed.chosen.ok_or_else(not_assessed)?;
        if chosen == Openness::Withheld {
            let permitted = Text::list(&[Openness::Unconditional, Openness::Conditional]);
            return Err(ProcessError::NotPermitted { dataset: id.into(), chosen: chosen.name(), permitted }.into());
        }
        let first = |step: Text, cite: &str| {
            Err(ProcessError::StepFirst { dataset: id.into(), step, cite: cite.into() }.into())
        };
        if let Some((step, cite)) = assessed.requires.first() {
            return first(step_text(policy, assessed, step), cite);
        }
        if dataset.referrals > 0 {
            return first(
                Text::new("专家委员会尚未答复征询", "a referral to the expert committee is not answered"),
                "A32(4)",
            );
        }
        if content.is_some() && dataset.status != DatasetStatus::NotOpen && assessed.index < dataset.since {
            return Err(ProcessError::NotProcessed { dataset: id.into() }.into());
        }
        if content.is_some_and(|content| *content != assessed.content) || dataset.content != Some(assessed.content) {
            return Err(ProcessError::OtherContent { dataset: id.into() }.into());
        }
        entry.ready()?;
        let differs = |field| Err(ProcessError::EntryDiffers { dataset: id.to_owned(), field }.into());
        match entry {
            entry if entry.openness != Some(chosen) => differs("openness"),
            entry if entry.content != Some(assessed.content) => differs("content"),
            entry if entry.assessment != Some(assessed.classification) => differs("assessment"),
            _ => Ok(()),
        }
    }
}

/// Whether an answer permits more than another, or asks for fewer steps.
fn laxer(answer: &Classification, than: &Classification) -> bool {
    // Out of scope permits nothing: it is stricter than any class.
    let ends = |answer: &Classification| {
        let strictness = |class: &Openness| Some(*class);
        let (laxest, strictest) = (answer.permitted.iter().min(), answer.permitted.iter().max());
        (laxest.and_then(strictness), strictest.and_then(strictness))
    };
    let below = |ours: Option<Openness>, theirs: Option<Openness>| match (ours, theirs) {
        (Some(ours), Some(theirs)) => ours < theirs,
        (ours, None) => ours.is_some(),
        (None, Some(_)) => false,
    };
    let ((laxest, strictest), (other_laxest, other_strictest)) = (ends(answer), ends(than));
    below(laxest, other_laxest)
        || below(strictest, other_strictest)
        || than.requires.iter().any(|step| !answer.requires.contains(step))
}

/// A17.3, A32(5): who suspended or withdrew a dataset lets it open again, so that a body can't undo by itself what the
/// authority did about a risk. What never was open the body opens.
fn check_holder(by: &Actor, event: &'static str, id: &str, dataset: &DatasetState) -> Result<(), ProcessError> {
    let holder = dataset.held_by.unwrap_or(Role::OpeningBody);
    if by.role == holder {
        return Ok(());
    }
    Err(ProcessError::NotHolder { event, dataset: id.to_owned(), who: holder.name() })
}

/// What the policy says of a step that an assessment requires; its code where it says nothing.
fn step_text(policy: &Policy, assessed: &Assessed, step: &str) -> Text {
    let answer = policy.classify(&assessed.facts(), policy.in_force().0).ok();
    let said = answer.and_then(|answer| answer.requires.into_iter().find(|reason| reason.code == step));
    said.map_or_else(
        || Text::name(step),
        |reason| Text::new(reason.zh.trim_end_matches('。'), reason.en.trim_end_matches('.')),
    )
}

/// The last assertion about a fact is the one that counts.
fn asserted<'a>(assertions: &'a [Assertion], fact: &str) -> Option<&'a Assertion> {
    assertions.iter().rev().find(|assertion| assertion.fact == fact)
}

/// A17.3: what the complainant is told has been done.
pub(super) fn check_outcome(outcome: ComplaintOutcome, dataset: Option<&DatasetState>) -> Result<(), ProcessError> {
    let status = dataset.map_or(DatasetStatus::NotOpen, |dataset| dataset.status);
    let done = match outcome {
        ComplaintOutcome::Resumed => matches!(status, DatasetStatus::Open | DatasetStatus::NotOpen),
        ComplaintOutcome::Terminated => status == DatasetStatus::Terminated,
        // It is processed first, which may take longer than the time to answer.
        ComplaintOutcome::Processed => status != DatasetStatus::Terminated,
    };
    if done { Ok(()) } else { Err(ProcessError::NotDone { outcome: outcome.name(), status: status.name() }) }
}

/// The digest that an entry's `assessment` must hold.
pub(in super::super) fn digest_of(classification: &Classification) -> Result<Digest, Error> {
    Ok(sha256(&canon::to_bytes(classification)?))
}
