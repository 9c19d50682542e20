//! What an event changes. It is checked first, so a state never holds what the table does not allow.

use jiff::civil::Date;

use super::application::{ApplicationState, Granted, Ways, reviewer_bit};
use super::check::{digest_of, reviewed, reviewer};
use super::dataset::Listed;
use super::names::Name;
use super::party::{StandingState, Taken};
use super::{
    Act, Actor, ApplicationStatus, Assessed, DatasetState, DatasetStatus, Event, Grant, Measure, PolicyInForce,
    ProcessError, Role, Standing, State, Unreported, Use, Used,
};
use super::{duty, owed};
use crate::Error;
use crate::policy::Policy;
use crate::terms::{Instant, legal_date};

mod case;

impl State {
    /// Folds an event that is recorded at this state's index. Returns the ids of the duties that it creates or does.
    ///
    /// # Errors
    /// As [`State::check`]; the state is then unchanged.
    pub fn apply(&mut self, policy: &Policy, by: &Actor, event: &Event, at: Instant) -> Result<Vec<String>, Error> {
        self.check(policy, by, event, at)?;
        // The first that acts as an authority, and is no district's, is the municipal one. A36 is for any authority.
        let of_any = matches!(event, Event::InterviewHeld { .. } | Event::InterviewClosed { .. });
        if by.role == Role::Authority && !of_any && !self.authorities.contains_key(&by.id) {
            self.municipal.get_or_insert_with(|| by.id.clone());
        }
        let today = legal_date(at);
        let mut duties = Vec::new();
        let mut owes = |kind: duty::DutyKind, subject: &str| duties.push(format!("{}:{subject}", kind.code));
        match event {
            Event::PolicyAdopted { policy: id, hash, interpretations, text, .. } => {
                let (id, interpretations) = (id.clone(), interpretations.clone());
                self.reclassify(policy, today);
                self.policy = Some(PolicyInForce { id, hash: *hash, interpretations, text: *text });
                self.datasets.values_mut().for_each(|dataset| dataset.settle(Some(*hash)));
            }
            Event::RulesPublished { rules } => self.rules.0.clone_from(rules),
            Event::AuthorityFiled { authority, district } => {
                self.authorities.insert(authority.clone(), district.clone());
            }
            Event::BodyRegistered { body, kind } => {
                let body = self.names.number(body)?;
                self.bodies.entry(body).or_default().kind = Some(*kind);
            }
            Event::UserRegistered { user, kind } => {
                let user = self.names.number(user)?;
                self.user_kinds.insert(user, *kind);
            }
            Event::IdentityErased { .. } => {}
            Event::UseLogOpened { log, key } => {
                self.use_logs.insert(log.clone(), key.clone());
            }
            Event::MeasureTaken { measure, .. } => {
                let body = self.names.number(&by.id)?;
                let body = self.bodies.entry(body).or_default();
                if let Some(taken) = body.measures.get_mut(*measure as usize) {
                    *taken = Some(Taken(today));
                }
                let kind = match measure {
                    Measure::ManagementSystem => duty::MANAGEMENT_SYSTEM,
                    Measure::EmergencyPlan => duty::EMERGENCY_PLAN,
                    Measure::EmergencyDrill => duty::EMERGENCY_DRILL,
                    Measure::CatalogReview => duty::CATALOG_REVIEW,
                };
                owes(kind, &by.id);
            }
            Event::EntryListed { entry } => {
                let body = entry.body.as_ref().map(|body| body.id.as_str());
                let acting = (by.role == Role::OpeningBody).then_some(by.id.as_str());
                let body = body.or(acting).map(|body| self.names.number(body)).transpose()?;
                let district = entry.district.as_ref().map(|district| self.names.number(district)).transpose()?;
                let known = self.datasets.get(&*entry.id).and_then(|dataset| dataset.listed.as_ref());
                let revision = known.map_or(1, |listed| listed.revision.saturating_add(1));
                let updated = entry.updated.or(known.and_then(|listed| listed.updated));
                let mut listed = Listed::new(entry, district, revision)?;
                listed.updated = updated;
                let dataset = self.dataset_entry(&entry.id, today)?;
                dataset.listed = Some(Box::new(listed));
                dataset.body = dataset.body.or(body);
                let assessed = dataset.assessed.is_some();
                if let Some(body) = dataset.body {
                    let first = self.bodies.entry(body).or_default();
                    if first.since.is_none() {
                        first.since = Some(today);
                        let body = self.names.name(body);
                        let new = [
                            duty::MANAGEMENT_SYSTEM,
                            duty::EMERGENCY_PLAN,
                            duty::EMERGENCY_DRILL,
                            duty::CATALOG_REVIEW,
                        ];
                        new.into_iter().for_each(|kind| owes(kind, body));
                    }
                }
                self.settle_dataset(&entry.id);
                if !assessed {
                    owes(duty::REASSESSMENT, &entry.id);
                }
                owes(duty::CONTENT_UPDATE, &entry.id);
            }
            Event::DatasetAssessed { dataset, content, facts, classification, chosen, .. } => {
                let digest = digest_of(classification)?;
                let (index, hash) = (self.index, policy.hash());
                let content_of = (*content, self.versions.number(*content)?);
                let assessed = Assessed::new(index, today, hash, content_of, digest, classification, *chosen, facts)?;
                let body = self.names.number(&by.id)?;
                let state = self.dataset_entry(dataset, today)?;
                state.content = Some(*content);
                state.body = state.body.or(Some(body));
                state.assessed = Some(Box::new(assessed));
                self.settle_dataset(dataset);
                owes(duty::REASSESSMENT, dataset);
            }
            Event::ContentUpdated { dataset, content } => {
                if let Some(state) = self.datasets.get_mut(dataset.as_str()) {
                    state.content = Some(*content);
                    if let Some(listed) = &mut state.listed {
                        listed.updated = Some(today);
                    }
                }
                self.settle_dataset(dataset);
                owes(duty::CONTENT_UPDATE, dataset);
            }
            Event::DatasetOpened { dataset, .. } => {
                self.move_dataset(dataset, DatasetStatus::Open, by);
                if let Some(listed) =
                    self.datasets.get_mut(dataset.as_str()).and_then(|dataset| dataset.listed.as_mut())
                {
                    listed.updated.get_or_insert(today);
                }
                owes(duty::CONTENT_UPDATE, dataset);
            }
            Event::DatasetResumed { dataset, .. } => self.move_dataset(dataset, DatasetStatus::Open, by),
            Event::DatasetSuspended { dataset, .. } => self.move_dataset(dataset, DatasetStatus::Suspended, by),
            Event::DatasetWithdrawn { dataset, .. } => self.move_dataset(dataset, DatasetStatus::Withdrawn, by),
            Event::DatasetTerminated { dataset, .. } => self.move_dataset(dataset, DatasetStatus::Terminated, by),
            Event::ApplicationFiled { application } => self.file_application(application)?,
            Event::ApplicationReviewed { application, approve, grant, .. } => {
                if self.review(policy, by, application, *approve, grant.as_ref(), at)? {
                    owes(duty::RISK_REPORT, application);
                    owes(duty::FOLLOW_UP, application);
                }
            }
            Event::ApplicationRevoked { application, .. } => {
                if let Some(state) = self.applications.get_mut(application.as_str()) {
                    state.status = ApplicationStatus::Revoked;
                }
            }
            Event::UseFollowedUp { application, .. } => {
                let months = self.rules().follow_up_months;
                if let Some(state) = self.applications.get_mut(application.as_str()) {
                    state.follow_ups = owed::count(state, state.follow_ups, months, today);
                }
                owes(duty::FOLLOW_UP, application);
            }
            Event::RiskReportFiled { report } => {
                let months = self.rules().risk_report_months;
                if let Some(state) = self.applications.get_mut(report.application.as_str()) {
                    state.reports = owed::count(state, state.reports, months, today);
                    state.reported_until = Some(report.until);
                }
                owes(duty::RISK_REPORT, &report.application);
            }
            Event::RectificationDemanded { user, due, .. } => {
                let key = (self.names.number(&by.id)?, self.names.number(user)?);
                let state = StandingState { standing: Standing::Rectification, from: today, due: *due, done: None };
                self.standings.insert(key, state);
                owes(duty::RECTIFICATION, &format!("{}:{user}", by.id));
            }
            Event::RectificationAccepted { user, .. } => {
                if let Some(state) = self.standing_mut(&by.id, user) {
                    state.standing = Standing::Good;
                    state.done = Some(today);
                }
                owes(duty::RECTIFICATION, &format!("{}:{user}", by.id));
            }
            Event::ServiceTerminated { user, .. } => {
                if let Some(state) = self.standing_mut(&by.id, user) {
                    state.standing = Standing::Terminated;
                }
            }
            _ => {
                if let Some(duty) = self.apply_case(policy, by, event, at)? {
                    duties.push(duty);
                }
            }
        }
        self.index += 1;
        Ok(duties)
    }

    /// As [`State::apply`], of an act.
    ///
    /// # Errors
    /// As [`State::apply`].
    pub fn act(&mut self, policy: &Policy, act: &Act, at: Instant) -> Result<Vec<String>, Error> {
        self.apply(policy, &act.by, &act.event, at)
    }

    /// Folds a recorded intent: what it asked for counts against the grant until the result says how much there was.
    pub fn intend(&mut self, used: Use) {
        self.count(&used, |known| known.plus(used.asked));
        self.uses.insert(self.index, used);
        self.index += 1;
    }

    /// Folds a record that changes nothing, such as a denial.
    pub fn pass(&mut self) {
        self.index += 1;
    }

    /// Passes over records that change nothing here, until so many are seen.
    pub(crate) fn pass_to(&mut self, index: u64) {
        self.index = self.index.max(index);
    }

    /// Folds the result of an intent; `served` is the day on which data went out. Returns the id of the duty to report
    /// the use of conditional data (A16).
    ///
    /// # Errors
    /// [`ProcessError::NoOpenIntent`]; the state is then unchanged.
    pub fn settle(&mut self, intent: u64, used: Used, served: Option<Date>) -> Result<Option<String>, ProcessError> {
        let open = self.uses.remove(&intent).ok_or(ProcessError::NoOpenIntent { index: intent })?;
        self.count(&open, |known| known.less(open.asked).plus(used));
        self.index += 1;
        let Some((application, on)) = open.application.zip(served) else { return Ok(None) };
        self.unreported.serve(&application, intent, on);
        Ok(Some(format!("{}:{application}", duty::USE_REPORT.code)))
    }

    /// Folds a user's report of its use. One that names no use of the user's changes nothing: the audit finds it.
    pub fn reported(&mut self, user: &str, dataset: &str, intent: Option<u64>) {
        let mut unreported = std::mem::take(&mut self.unreported);
        self.report_in(&mut unreported, user, dataset, intent);
        self.unreported = unreported;
        self.index += 1;
    }

    /// Takes a use that a user reports out of those that wait for it, of whichever log.
    pub(crate) fn report_in(&self, unreported: &mut Unreported, user: &str, dataset: &str, intent: Option<u64>) {
        if let Some(intent) = intent {
            self.applications_of(dataset, user).any(|application| unreported.report(application.id, intent));
        }
    }

    fn count(&mut self, used: &Use, change: impl FnOnce(Used) -> Used) {
        if let Some(application) = used.application.as_ref().and_then(|id| self.applications.get_mut(id.as_str())) {
            application.used = change(application.used);
        }
    }

    /// A40: what the new policy still permits, of the same facts, goes on under it; the rest waits for its assessment.
    fn reclassify(&mut self, policy: &Policy, today: Date) {
        for assessed in self.datasets.values_mut().filter_map(|dataset| dataset.assessed.as_mut()) {
            if let Ok(answer) = policy.classify(&assessed.facts(), today)
                && assessed.goes_on(
                    answer.status,
                    &answer.permitted,
                    answer.requires.iter().map(|step| step.code.as_str()),
                )
            {
                assessed.answer(&answer);
                assessed.policy = policy.hash();
            }
        }
    }

    fn file_application(&mut self, application: &super::Application) -> Result<(), Error> {
        let dataset = self.dataset_number(&application.dataset);
        let dataset = dataset.ok_or(ProcessError::Full { what: "datasets" })?;
        let (user, purpose) = (self.names.number(&application.user)?, self.names.number(&application.purpose)?);
        let grant = self.granted(&application.asked())?;
        let place = u32::try_from(self.applications.len()).map_err(|_| ProcessError::Full { what: "applications" })?;
        let before = self.last_application(self.last.hash(&application.dataset, &application.user), (dataset, user));
        let state = ApplicationState {
            user,
            dataset,
            purpose,
            grant,
            asked: None,
            status: ApplicationStatus::Filed,
            approved_by: 0,
            approved: None,
            reports: 0,
            follow_ups: 0,
            reported_until: None,
            used: Used::default(),
            before,
        };
        self.applications.insert(application.id.as_str().into(), state);
        self.put_last(place);
        Ok(())
    }

    /// Whether the application is approved now.
    fn review(
        &mut self,
        policy: &Policy,
        by: &Actor,
        id: &str,
        approve: bool,
        grant: Option<&Grant>,
        at: Instant,
    ) -> Result<bool, Error> {
        let narrowed = self.application(id).zip(grant).and_then(|(view, grant)| view.grant.narrowed(grant).ok());
        let granted = narrowed.map(|grant| self.granted(&grant)).transpose()?;
        let Some(state) = self.applications.get_mut(id) else { return Ok(false) };
        let Some((_, dataset)) = self.datasets.get_index(state.dataset as usize) else { return Ok(false) };
        state.status = reviewed(policy, dataset, state.approved_by, by, approve);
        if approve {
            state.approved_by |= reviewer_bit(reviewer(by));
            if let Some(granted) = granted {
                let asked = std::mem::replace(&mut state.grant, granted);
                state.asked.get_or_insert_with(|| Box::new(asked));
            }
        }
        let approved = state.status == ApplicationStatus::Approved;
        if approved {
            state.approved = Some(legal_date(at));
            state.grant.version = dataset.asked.version.filter(|_| !state.grant.updates);
        }
        Ok(approved)
    }

    fn granted(&mut self, grant: &Grant) -> Result<Granted, ProcessError> {
        Ok(Granted {
            ways: Ways::of(&grant.ways),
            from: grant.from,
            until: grant.until,
            fields: grant.fields.iter().map(|field| self.names.number(field)).collect::<Result<_, _>>()?,
            rows: grant.rows,
            pages: grant.pages,
            updates: grant.updates,
            version: None,
        })
    }

    fn standing_mut(&mut self, body: &str, user: &str) -> Option<&mut StandingState> {
        let key: (Name, Name) = self.names.find(body).zip(self.names.find(user))?;
        self.standings.get_mut(&key)
    }

    /// A dataset that is assessed or listed; a new one where it was neither.
    fn dataset_entry(&mut self, id: &str, today: Date) -> Result<&mut DatasetState, ProcessError> {
        if self.datasets.len() >= u32::MAX as usize {
            return Err(ProcessError::Full { what: "datasets" });
        }
        let since = self.index;
        Ok(self.datasets.entry(id.into()).or_insert_with(|| DatasetState {
            status: DatasetStatus::NotOpen,
            since,
            came: today,
            held_by: None,
            body: None,
            listed: None,
            assessed: None,
            content: None,
            referrals: 0,
            asked: super::dataset::AskedOften::default(),
        }))
    }

    fn settle_dataset(&mut self, id: &str) {
        let policy = self.policy.as_ref().map(|policy| policy.hash);
        if let Some(dataset) = self.datasets.get_mut(id) {
            dataset.settle(policy);
        }
    }

    fn move_dataset(&mut self, id: &str, status: DatasetStatus, by: &Actor) {
        if let Some(dataset) = self.datasets.get_mut(id) {
            dataset.held_by = match (status, dataset.held_by) {
                (DatasetStatus::Open, _) => None,
                (_, Some(Role::Authority)) => Some(Role::Authority),
                _ => Some(by.role),
            };
            dataset.status = status;
            dataset.since = self.index;
        }
    }
}
