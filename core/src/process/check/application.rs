//! What an application needs: whole, by its own user, reviewed by those whose approval it needs, granted no more than was
//! asked for.

use super::super::application::{ApplicationState, reviewer_bit};
use super::super::moves::legal;
use super::super::{
    Actor, Application, ApplicationStatus, DatasetState, Event, Grant, Machine, ProcessError, RiskAssessmentReport,
    Role, State,
};
use super::{check_id, dataset_text, shown};
use crate::catalog::Level;
use crate::policy::Policy;
use crate::terms::{AccessWay, Instant, Openness, Reviewer, Text, Word, legal_date};

impl State {
    pub(super) fn check_application(
        &self,
        by: &Actor,
        application: &Application,
        at: Instant,
    ) -> Result<(), ProcessError> {
        check_id("application", &application.id)?;
        check_id("user", &application.user)?;
        let event = "application_filed";
        if application.user != by.id {
            return Err(ProcessError::NotTheirs { event, what: Machine::Application.text() });
        }
        self.listed(&application.dataset)?;
        if let Some(known) = self.applications.get(application.id.as_str()) {
            return legal(Machine::Application, event, known.status);
        }
        let silent = |texts: &[String]| texts.iter().all(|text| text.trim().is_empty());
        let parts = [
            application.asked().empty(),
            application.purpose.trim().is_empty().then_some("purpose"),
            silent(&application.safeguards).then_some("safeguards"),
            application.fields.iter().any(|field| field.is_empty()).then_some("fields"),
        ];
        if let Some(part) = parts.into_iter().flatten().next() {
            return Err(ProcessError::Empty { part });
        }
        if application.until < legal_date(at) {
            return Err(ProcessError::Passed { what: "until" });
        }
        Ok(())
    }

    pub(super) fn check_application_move(
        &self,
        policy: &Policy,
        by: &Actor,
        event: &Event,
        id: &str,
    ) -> Result<(), ProcessError> {
        let application = self.known_application(id)?;
        legal(Machine::Application, event.id(), application.status)?;
        let dataset = self.datasets.get_index(application.dataset as usize).map(|(_, dataset)| dataset);
        let dataset = dataset.ok_or_else(|| ProcessError::Unknown { what: dataset_text(), id: "…".to_owned() })?;
        self.check_theirs(by, event.id(), dataset)?;
        match event {
            Event::ApplicationReviewed { approve, grant, .. } => {
                self.check_review(policy, application, dataset, by, *approve, grant.as_ref())
            }
            _ => Ok(()),
        }
    }

    fn check_review(
        &self,
        policy: &Policy,
        application: &ApplicationState,
        dataset: &DatasetState,
        by: &Actor,
        approve: bool,
        grant: Option<&Grant>,
    ) -> Result<(), ProcessError> {
        let reviewer = reviewer(by);
        let needed = reviewers(policy, dataset);
        // Where a new reading asks fewer, and all of those have approved, one of them says so again.
        let awaited = match needed & !application.approved_by {
            0 => needed,
            awaited => awaited,
        };
        if awaited & reviewer_bit(reviewer) == 0 {
            return Err(ProcessError::NotReviewer { by: reviewer.name() });
        }
        if !approve {
            return Ok(());
        }
        let asked = self.grant(application.asked.as_deref().unwrap_or(&application.grant));
        if let Some(part) = grant.and_then(|grant| grant.beyond(&asked)) {
            return Err(ProcessError::TooWide { part });
        }
        let so_far = self.grant(&application.grant);
        let granted = grant.map_or_else(|| Ok(so_far.clone()), |grant| so_far.narrowed(grant));
        let granted = granted.map_err(|part| ProcessError::Empty { part })?;
        let class = dataset.assessed.as_ref().and_then(|assessed| assessed.chosen);
        // An approval is for a version, and for a class: before an assessment there is neither.
        if class.is_none() {
            let dataset = self.datasets.get_index(application.dataset as usize).map_or("", |(id, _)| id).to_owned();
            return Err(ProcessError::NotAssessed { dataset });
        }
        if class != Some(Openness::Unconditional) && granted.ways.contains(&AccessWay::Download) {
            return Err(ProcessError::ConditionalNoDownload);
        }
        // A19.2: what is granted is granted by ways that the catalog lists.
        let listed = dataset.listed.as_deref();
        if granted.ways.iter().any(|way| listed.is_none_or(|listed| !listed.ways.holds(*way))) {
            return Err(ProcessError::WayNotListed);
        }
        // A22.2: an interface without a quota pages out the whole table.
        let unbounded = granted.rows.is_none() && granted.pages.is_none();
        if class == Some(Openness::Conditional) && unbounded && granted.ways.contains(&AccessWay::Api) {
            return Err(ProcessError::NoQuota);
        }
        Ok(())
    }

    /// A25: by the user who was approved, and with every part that the text names.
    pub(super) fn check_risk_report(
        &self,
        by: &Actor,
        report: &RiskAssessmentReport,
        at: Instant,
    ) -> Result<(), ProcessError> {
        let event = "risk_report_filed";
        let application = self.known_application(&report.application)?;
        legal(Machine::Application, event, application.status)?;
        if self.names.name(application.user) != by.id {
            return Err(ProcessError::NotTheirs { event, what: Machine::Application.text() });
        }
        if report.until > legal_date(at) {
            return Err(ProcessError::Future { what: "until" });
        }
        // Each is about days that none before it was about.
        if application.reported_until.is_some_and(|before| report.until <= before) {
            return Err(ProcessError::Passed { what: "until" });
        }
        report.empty().map_or(Ok(()), |part| Err(ProcessError::Empty { part }))
    }

    fn known_application(&self, id: &str) -> Result<&ApplicationState, ProcessError> {
        self.applications
            .get(id)
            .ok_or_else(|| ProcessError::Unknown { what: Text::new("申请", "application"), id: shown(id) })
    }
}

/// As which of the two reviewers somebody acts.
pub(in super::super) fn reviewer(by: &Actor) -> Reviewer {
    if by.role == Role::Authority { Reviewer::Authority } else { Reviewer::OpeningBody }
}

/// Whose approval an application for the dataset needs (A8, A9.1): the interpretation `municipal_review` or
/// `district_review`. Only the option `body` asks the body alone; an entry that does not say its level needs both.
fn reviewers(policy: &Policy, dataset: &DatasetState) -> u8 {
    let interpretation = match dataset.listed.as_ref().and_then(|listed| listed.level) {
        Some(Level::Municipal) => policy.interpretation("municipal_review"),
        Some(Level::District) => policy.interpretation("district_review"),
        None => None,
    };
    match interpretation {
        Some("body") => reviewer_bit(Reviewer::OpeningBody),
        _ => reviewer_bit(Reviewer::OpeningBody) | reviewer_bit(Reviewer::Authority),
    }
}

/// The status of an application after this review.
pub(in super::super) fn reviewed(
    policy: &Policy,
    dataset: &DatasetState,
    approved_by: u8,
    by: &Actor,
    approve: bool,
) -> ApplicationStatus {
    if !approve {
        return ApplicationStatus::Rejected;
    }
    let all = reviewers(policy, dataset) & !(approved_by | reviewer_bit(reviewer(by))) == 0;
    if all { ApplicationStatus::Approved } else { ApplicationStatus::Reviewed }
}
