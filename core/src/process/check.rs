//! Whether an event may happen now: the table of moves, and what each move needs besides.
//! This file must never change the state.

use std::collections::BTreeSet;

use super::moves::legal;
use super::{
    Application, ApplicationState, ApplicationStatus, DatasetState, DatasetStatus, Event, Grant, Machine, ProcessError,
    State,
};
use crate::Error;
use crate::canon;
use crate::catalog::{Entry, Level, looks_personal};
use crate::crypto::sha256;
use crate::policy::{Assertion, Classification, Facts, Policy, Status};
use crate::terms::{AccessWay, Digest, Instant, Openness, Reviewer, Text, Word, legal_date};

/// An assessment as the event states it.
struct Stated<'a> {
    dataset: &'a str,
    facts: &'a Facts,
    assertions: &'a [Assertion],
    classification: &'a Classification,
    chosen: Option<Openness>,
    assessor: &'a str,
}

impl State {
    /// Whether the event may be recorded now, under the policy in force.
    ///
    /// # Errors
    /// [`ProcessError`] with what stands against it, [`CatalogError`](crate::catalog::CatalogError) for an entry that
    /// is not whole, and the policy's own errors.
    pub fn check(&self, policy: &Policy, event: &Event, at: Instant) -> Result<(), Error> {
        if !matches!(event, Event::PolicyAdopted { .. })
            && self.policy.as_ref().is_none_or(|in_force| in_force.hash != policy.hash())
        {
            return Err(ProcessError::OtherPolicy.into());
        }
        let id = event.id();
        match event {
            Event::PolicyAdopted { hash, .. } => {
                if *hash == policy.hash() {
                    Ok(())
                } else {
                    Err(ProcessError::OtherPolicy.into())
                }
            }
            Event::EntryListed { entry } => self.check_entry(id, entry),
            Event::DatasetAssessed { dataset, facts, assertions, classification, chosen, assessor, .. } => self
                .check_assessment(
                    policy,
                    &Stated { dataset, facts, assertions, classification, chosen: *chosen, assessor },
                    at,
                ),
            Event::DatasetOpened { dataset, content } => self.check_opening(policy, id, dataset, Some(content)),
            Event::DatasetResumed { dataset, .. } => self.check_opening(policy, id, dataset, None),
            Event::DatasetSuspended { dataset, complaint, .. } => {
                legal(Machine::Dataset, id, self.known_dataset(dataset)?.status)?;
                match complaint.as_ref().map(|complaint| (complaint, self.complaints.get(complaint))) {
                    Some((_, Some(known))) if known.dataset == *dataset => Ok(()),
                    Some((complaint, _)) => {
                        Err(ProcessError::Unknown { what: Text::new("投诉", "complaint"), id: shown(complaint) }.into())
                    }
                    None => Ok(()),
                }
            }
            Event::ContentUpdated { dataset, .. }
            | Event::DatasetWithdrawn { dataset, .. }
            | Event::DatasetTerminated { dataset, .. } => {
                Ok(legal(Machine::Dataset, id, self.known_dataset(dataset)?.status)?)
            }
            Event::ApplicationFiled { application } => Ok(self.check_application(application, at)?),
            Event::ApplicationReviewed { application, by, approve, grant, .. } => {
                let state = self.known_application(application)?;
                legal(Machine::Application, id, state.status)?;
                Ok(self.check_review(policy, state, *by, *approve, grant.as_ref())?)
            }
            Event::ApplicationRevoked { application, .. } => {
                Ok(legal(Machine::Application, id, self.known_application(application)?.status)?)
            }
            Event::RectificationDemanded { user, body, due, .. } => {
                check_id("user", user)?;
                check_id("body", body)?;
                legal(Machine::User, id, self.standing(user, body))?;
                if *due < legal_date(at) { Err(ProcessError::Passed { what: "due" }.into()) } else { Ok(()) }
            }
            Event::RectificationAccepted { user, body, .. } | Event::ServiceTerminated { user, body, .. } => {
                Ok(legal(Machine::User, id, self.standing(user, body))?)
            }
            Event::ComplaintReceived { complaint, dataset, .. } => {
                check_id("complaint", complaint)?;
                self.listed(dataset)?;
                match self.complaints.get(complaint) {
                    Some(known) => Ok(legal(Machine::Complaint, id, known.status)?),
                    None => Ok(()),
                }
            }
            Event::ComplaintAnswered { complaint, .. } => {
                let known = self.complaints.get(complaint);
                let known = known.ok_or_else(|| ProcessError::Unknown {
                    what: Text::new("投诉", "complaint"),
                    id: shown(complaint),
                })?;
                Ok(legal(Machine::Complaint, id, known.status)?)
            }
        }
    }

    fn check_entry(&self, id: &'static str, entry: &Entry) -> Result<(), Error> {
        entry.well_formed()?;
        match self.datasets.get(&entry.id) {
            Some(dataset) => {
                legal(Machine::Dataset, id, dataset.status)?;
                let listed = dataset.entry.as_ref().filter(|_| dataset.status == DatasetStatus::Open);
                listed.map_or(Ok(()), |listed| check_revision(listed, entry))
            }
            None => Ok(()),
        }
    }

    /// A19.1: the facts are asserted, the classification is the policy's answer to them, the class is permitted.
    fn check_assessment(&self, policy: &Policy, assessment: &Stated<'_>, at: Instant) -> Result<(), Error> {
        let dataset = assessment.dataset;
        Entry::new(dataset).well_formed()?;
        check_id("assessor", assessment.assessor)?;
        if let Some(known) = self.datasets.get(dataset) {
            legal(Machine::Dataset, "dataset_assessed", known.status)?;
        }
        for (fact, value) in assessment.facts.iter().filter(|(_, value)| value.is_some()) {
            // The last assertion about a fact is the one that counts.
            let asserted = assessment.assertions.iter().rev().find(|assertion| assertion.fact == fact);
            if asserted.is_none_or(|assertion| assertion.value.as_ref() != value) {
                return Err(ProcessError::NotAsserted { dataset: dataset.into(), fact: shown(fact) }.into());
            }
        }
        let answer = policy.classify(assessment.facts, legal_date(at))?;
        if answer != *assessment.classification {
            return Err(ProcessError::OtherClassification { dataset: dataset.into() }.into());
        }
        match assessment.chosen {
            None => Ok(()),
            Some(_) if answer.status != Status::Determined => {
                let status = answer.status.id();
                Err(ProcessError::NotDetermined { dataset: dataset.into(), status }.into())
            }
            Some(chosen) if !answer.permitted.contains(&chosen) => {
                let permitted = answer.permitted.iter().map(|class| class.id()).collect::<Vec<_>>().join(", ");
                Err(ProcessError::NotPermitted { dataset: dataset.into(), chosen: chosen.id(), permitted }.into())
            }
            Some(_) => Ok(()),
        }
    }

    /// A9.2, A19.2: what is opened is listed whole, assessed under the policy in force, and the assessed bytes.
    /// What is resumed, which names no content, need not have been assessed again (A17.3), but is all of that too.
    fn check_opening(
        &self,
        policy: &Policy,
        event: &'static str,
        id: &str,
        content: Option<&Digest>,
    ) -> Result<(), Error> {
        let dataset = self.known_dataset(id)?;
        legal(Machine::Dataset, event, dataset.status)?;
        let not_assessed = || ProcessError::NotAssessed { dataset: id.to_owned() };
        let entry = self.listed(id)?;
        let assessed = dataset.assessed.as_ref().filter(|assessed| assessed.policy == policy.hash());
        let assessed = assessed.ok_or_else(not_assessed)?;
        let chosen = assessed.chosen.ok_or_else(not_assessed)?;
        if chosen == Openness::Withheld {
            let permitted = "unconditional, conditional".to_owned();
            return Err(ProcessError::NotPermitted { dataset: id.into(), chosen: chosen.id(), permitted }.into());
        }
        if let Some((step, cite)) = assessed.requires.first() {
            let (step, cite) = (step.clone(), cite.clone());
            return Err(ProcessError::StepFirst { dataset: id.into(), step, cite }.into());
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

    fn check_application(&self, application: &Application, at: Instant) -> Result<(), ProcessError> {
        check_id("application", &application.id)?;
        check_id("user", &application.user)?;
        self.listed(&application.dataset)?;
        if let Some(known) = self.applications.get(&application.id) {
            return legal(Machine::Application, "application_filed", known.status);
        }
        if let Some(part) = application.asked().empty() {
            return Err(ProcessError::Empty { part });
        }
        for (part, empty) in [
            ("purpose", application.purpose.trim().is_empty()),
            ("safeguards", application.safeguards.iter().all(|safeguard| safeguard.trim().is_empty())),
        ] {
            if empty {
                return Err(ProcessError::Empty { part });
            }
        }
        if application.until < legal_date(at) {
            return Err(ProcessError::Passed { what: "until" });
        }
        Ok(())
    }

    fn check_review(
        &self,
        policy: &Policy,
        state: &ApplicationState,
        by: Reviewer,
        approve: bool,
        grant: Option<&Grant>,
    ) -> Result<(), ProcessError> {
        let dataset = self.datasets.get(&state.application.dataset);
        let needed = dataset.map(|dataset| reviewers(policy, dataset)).unwrap_or_default();
        if !needed.contains(&by) || state.approved_by.contains(&by) {
            return Err(ProcessError::NotReviewer { by: by.en() });
        }
        if !approve {
            return Ok(());
        }
        let asked = state.application.asked();
        if let Some(part) = grant.and_then(|grant| grant.beyond(&asked)) {
            return Err(ProcessError::TooWide { part });
        }
        let granted = grant.map_or_else(|| state.grant.clone(), |grant| state.grant.intersect(grant));
        if let Some(part) = granted.empty() {
            return Err(ProcessError::Empty { part });
        }
        let class = dataset.and_then(|dataset| dataset.assessed.as_ref()).and_then(|assessed| assessed.chosen);
        if class != Some(Openness::Unconditional) && granted.ways.contains(&AccessWay::Download) {
            return Err(ProcessError::ConditionalNoDownload);
        }
        Ok(())
    }

    fn known_dataset(&self, id: &str) -> Result<&DatasetState, ProcessError> {
        self.datasets
            .get(id)
            .ok_or_else(|| ProcessError::Unknown { what: Text::new("数据集", "dataset"), id: shown(id) })
    }

    fn known_application(&self, id: &str) -> Result<&ApplicationState, ProcessError> {
        self.applications
            .get(id)
            .ok_or_else(|| ProcessError::Unknown { what: Text::new("申请", "application"), id: shown(id) })
    }

    /// The entry of a dataset that is listed.
    fn listed(&self, id: &str) -> Result<&Entry, ProcessError> {
        let entry = self.datasets.get(id).and_then(|dataset| dataset.entry.as_deref());
        entry
            .ok_or_else(|| ProcessError::Unknown {
                what: Text::new("已发布的数据集", "listed dataset"), id: shown(id)
            })
    }

    /// The status of an application after this review.
    pub(super) fn reviewed(
        &self,
        policy: &Policy,
        state: &ApplicationState,
        by: Reviewer,
        approve: bool,
    ) -> ApplicationStatus {
        if !approve {
            return ApplicationStatus::Rejected;
        }
        let needed = self.datasets.get(&state.application.dataset).map(|dataset| reviewers(policy, dataset));
        let all = needed.unwrap_or_default().iter().all(|needed| *needed == by || state.approved_by.contains(needed));
        if all { ApplicationStatus::Approved } else { ApplicationStatus::Reviewed }
    }
}

/// The entry of what is open stays whole, and the body that users stand towards stays who it is (A35).
fn check_revision(listed: &Entry, entry: &Entry) -> Result<(), Error> {
    entry.ready()?;
    let body = |entry: &Entry| entry.body.as_ref().map(|body| body.id.clone());
    if body(listed) == body(entry) {
        return Ok(());
    }
    Err(ProcessError::EntryDiffers { dataset: entry.id.clone(), field: "body" }.into())
}

/// Whose approval an application for the dataset needs (A8, A9.1): the interpretation `municipal_review` or
/// `district_review`. Only the option `body` asks the body alone; an entry that does not say its level needs both.
fn reviewers(policy: &Policy, dataset: &DatasetState) -> BTreeSet<Reviewer> {
    let interpretation = match dataset.entry.as_ref().and_then(|entry| entry.level) {
        Some(Level::Municipal) => policy.interpretation("municipal_review"),
        Some(Level::District) => policy.interpretation("district_review"),
        None => None,
    };
    match interpretation {
        Some("body") => BTreeSet::from([Reviewer::OpeningBody]),
        _ => BTreeSet::from([Reviewer::OpeningBody, Reviewer::Authority]),
    }
}

/// Ids of users, bodies, applications and complaints stand in the log for ever: none may be a person's identifier.
pub(crate) fn check_id(what: &'static str, id: &str) -> Result<(), ProcessError> {
    if well_formed_id(id) { Ok(()) } else { Err(ProcessError::Id { what }) }
}

/// Whether the log may hold this id.
pub(crate) fn well_formed_id(id: &str) -> bool {
    let allowed = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b':' | b'.' | b'-' | b'_');
    (1..=128).contains(&id.len()) && id.bytes().all(allowed) && (id.parse::<Digest>().is_ok() || !looks_personal(id))
}

/// An id as it may stand in a message: what is no id may hold anything.
fn shown(id: &str) -> String {
    if well_formed_id(id) { id.to_owned() } else { "…".to_owned() }
}

/// The digest that an entry's `assessment` must hold.
pub(super) fn digest_of(classification: &Classification) -> Result<Digest, Error> {
    Ok(sha256(&canon::to_bytes(classification)?))
}
