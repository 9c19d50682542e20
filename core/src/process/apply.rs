//! What an event changes. It is checked first, so a state never holds what the table does not allow.

use super::check::digest_of;
use super::duty::{Owed, Term};
use super::{
    ApplicationState, ApplicationStatus, Assessed, ComplaintState, ComplaintStatus, DatasetState, DatasetStatus, Event,
    PolicyInForce, ProcessError, Standing, State, Use,
};
use crate::Error;
use crate::policy::{Party, Policy};
use crate::terms::{Instant, legal_date};

impl State {
    /// Folds an event that is recorded at this state's index. Returns the id of the duty that it creates or does.
    ///
    /// # Errors
    /// As [`State::check`]; the state is then unchanged.
    pub fn apply(&mut self, policy: &Policy, event: &Event, at: Instant) -> Result<Option<String>, Error> {
        self.check(policy, event, at)?;
        let mut duty = None;
        match event {
            Event::PolicyAdopted { policy, hash, interpretations, text } => {
                let (id, interpretations) = (policy.clone(), interpretations.clone());
                self.policy = Some(PolicyInForce { id, hash: *hash, interpretations, text: *text });
            }
            Event::EntryListed { entry } => {
                self.dataset_entry(&entry.id).entry = Some(entry.clone());
            }
            Event::DatasetAssessed { dataset, content, facts, classification, chosen, assessor, .. } => {
                let requires = &classification.requires;
                let assessed = Assessed {
                    index: self.index,
                    policy: policy.hash(),
                    content: *content,
                    facts: facts.clone(),
                    classification: digest_of(classification)?,
                    status: classification.status,
                    permitted: classification.permitted.clone(),
                    requires: requires.iter().map(|step| (step.code.clone(), step.cite.clone())).collect(),
                    chosen: *chosen,
                    assessor: assessor.clone(),
                };
                let state = self.dataset_entry(dataset);
                state.content = Some(*content);
                state.assessed = Some(Box::new(assessed));
            }
            Event::ContentUpdated { dataset, content } => {
                self.dataset_entry(dataset).content = Some(*content);
            }
            Event::DatasetOpened { dataset, .. } | Event::DatasetResumed { dataset, .. } => {
                self.move_dataset(dataset, DatasetStatus::Open);
            }
            Event::DatasetSuspended { dataset, .. } => self.move_dataset(dataset, DatasetStatus::Suspended),
            Event::DatasetWithdrawn { dataset, .. } => self.move_dataset(dataset, DatasetStatus::Withdrawn),
            Event::DatasetTerminated { dataset, .. } => self.move_dataset(dataset, DatasetStatus::Terminated),
            Event::ApplicationFiled { .. } | Event::ApplicationReviewed { .. } | Event::ApplicationRevoked { .. } => {
                self.apply_application(policy, event)
            }
            Event::RectificationDemanded { user, body, due, .. } => {
                self.stand(user, body, Standing::Rectification);
                let owed = Owed {
                    code: "rectification".into(),
                    cite: "A35".into(),
                    by: Party::DataUser,
                    holder: user.clone(),
                    subject: body.clone(),
                    from: legal_date(at),
                    term: Term::Day(*due),
                    done: None,
                    zh: "按数据开放主体的要求完成整改".into(),
                    en: "rectify as the opening body demands".into(),
                };
                duty = Some(self.owe(format!("rectification:{body}:{user}"), owed));
            }
            Event::RectificationAccepted { user, body, .. } => {
                self.stand(user, body, Standing::Good);
                duty = self.done(format!("rectification:{body}:{user}"), at);
            }
            Event::ServiceTerminated { user, body, .. } => {
                self.stand(user, body, Standing::Terminated);
                // What is served no longer has nothing left to rectify.
                self.duties.remove(&format!("rectification:{body}:{user}"));
            }
            Event::ComplaintReceived { complaint, dataset, .. } => {
                let state =
                    ComplaintState { dataset: dataset.clone(), status: ComplaintStatus::Received, outcome: None };
                self.complaints.insert(complaint.clone(), state);
                duty = self.owe_reply(policy, complaint, dataset, at);
            }
            Event::ComplaintAnswered { complaint, outcome, .. } => {
                if let Some(state) = self.complaints.get_mut(complaint) {
                    state.status = ComplaintStatus::Answered;
                    state.outcome = Some(*outcome);
                }
                duty = self.done(format!("complaint_reply:{complaint}"), at);
            }
        }
        self.index += 1;
        Ok(duty)
    }

    fn apply_application(&mut self, policy: &Policy, event: &Event) {
        match event {
            Event::ApplicationFiled { application } => {
                let id = application.id.clone();
                let dataset = self.dataset_entry(&application.dataset);
                dataset.applications.entry(application.user.clone()).or_default().insert(id.clone());
                let state = ApplicationState {
                    grant: application.asked(),
                    application: (**application).clone(),
                    status: ApplicationStatus::Filed,
                    approved_by: std::collections::BTreeSet::new(),
                    used: 0,
                };
                self.applications.insert(id, state);
            }
            Event::ApplicationReviewed { application, by, approve, grant, .. } => {
                let status =
                    self.applications.get(application).map(|state| self.reviewed(policy, state, *by, *approve));
                if let (Some(status), Some(state)) = (status, self.applications.get_mut(application)) {
                    state.status = status;
                    if *approve {
                        state.approved_by.insert(*by);
                        if let Some(grant) = grant {
                            state.grant = state.grant.intersect(grant);
                        }
                    }
                }
            }
            Event::ApplicationRevoked { application, .. } => {
                if let Some(state) = self.applications.get_mut(application) {
                    state.status = ApplicationStatus::Revoked;
                }
            }
            _ => {}
        }
    }

    /// Folds a recorded intent: its rows count against the grant until the result says how many there were.
    pub fn intend(&mut self, used: Use) {
        if let Some(application) = used.application.as_ref().and_then(|id| self.applications.get_mut(id)) {
            application.used = application.used.saturating_add(used.rows);
        }
        self.uses.insert(self.index, used);
        self.index += 1;
    }

    /// Folds a record that changes nothing: a denial, a report of use.
    pub fn pass(&mut self) {
        self.index += 1;
    }

    /// Folds the result of an intent.
    ///
    /// # Errors
    /// [`ProcessError::NoOpenIntent`]; the state is then unchanged.
    pub fn settle(&mut self, intent: u64, rows: u64) -> Result<(), ProcessError> {
        let used = self.uses.remove(&intent).ok_or(ProcessError::NoOpenIntent { index: intent })?;
        if let Some(application) = used.application.as_ref().and_then(|id| self.applications.get_mut(id)) {
            application.used = application.used.saturating_sub(used.rows).saturating_add(rows);
        }
        self.index += 1;
        Ok(())
    }

    fn dataset_entry(&mut self, id: &str) -> &mut DatasetState {
        let since = self.index;
        self.datasets.entry(id.to_owned()).or_insert_with(|| DatasetState {
            status: DatasetStatus::NotOpen,
            since,
            entry: None,
            assessed: None,
            content: None,
            applications: std::collections::BTreeMap::new(),
        })
    }

    fn move_dataset(&mut self, id: &str, status: DatasetStatus) {
        let since = self.index;
        let dataset = self.dataset_entry(id);
        dataset.status = status;
        dataset.since = since;
    }

    fn stand(&mut self, user: &str, body: &str, standing: Standing) {
        self.users.entry(body.to_owned()).or_default().insert(user.to_owned(), standing);
    }

    fn owe(&mut self, id: String, owed: Owed) -> String {
        self.duties.insert(id.clone(), owed);
        id
    }

    fn done(&mut self, duty: String, at: Instant) -> Option<String> {
        let owed = self.duties.get_mut(&duty)?;
        owed.done = Some(legal_date(at));
        Some(duty)
    }

    /// A17.3: the body answers within the policy's working days after receipt. (Counting from the end of verification,
    /// the other option of `deadline_start`, would give a later day; the earlier one is kept.)
    fn owe_reply(&mut self, policy: &Policy, complaint: &str, dataset: &str, at: Instant) -> Option<String> {
        let rule = policy.deadline("complaint_reply")?;
        let body = self.datasets.get(dataset).and_then(|dataset| dataset.entry.as_ref()?.body.as_ref());
        let owed = Owed {
            code: rule.code.clone(),
            cite: rule.cite.clone(),
            by: rule.by,
            holder: body.map(|body| body.id.clone()).unwrap_or_default(),
            subject: complaint.to_owned(),
            from: legal_date(at),
            term: Term::WorkingDays(rule.working_days),
            done: None,
            zh: rule.zh.clone(),
            en: rule.en.clone(),
        };
        Some(self.owe(format!("complaint_reply:{complaint}"), owed))
    }
}
