//! What the state owes: every duty follows from where datasets, applications, users, cases and bodies stand, and from the
//! rules of use in force. Nothing is kept twice, so that a rule that is published counts for what is already there.

use jiff::civil::Date;

use super::application::ApplicationState;
use super::case::{Case, Start, case_key};
use super::duty::{self, Owed, Term, months_after};
use super::names::Name;
use super::party::{BodyState, StandingState};
use super::{
    ApplicationStatus, CaseStatus, DatasetState, DatasetStatus, Duty, Machine, Measure, Standing, State, Unreported,
};
use crate::calendar::Calendar;
use crate::policy::Status;
use crate::terms::Word;

impl State {
    /// One duty as it stands on a day: its id is `code:subject`.
    #[must_use]
    pub fn duty(&self, id: &str, calendar: &Calendar, today: Date) -> Option<Duty> {
        let mut found = None;
        let (_, subject) = id.split_once(':')?;
        self.duties_about(subject, &mut |owed| {
            if owed.id() == id {
                found = Some(owed.on(calendar, today));
            }
        });
        found
    }

    /// Every duty as it stands on a day; `holder` keeps those of one body, user or authority. `elsewhere` is what other
    /// logs say of uses that wait for their report.
    #[must_use]
    pub fn duties(
        &self,
        elsewhere: &[Unreported],
        calendar: &Calendar,
        today: Date,
        holder: Option<&str>,
    ) -> Vec<Duty> {
        let mut duties = Vec::new();
        let wanted = match holder {
            Some(holder) => match self.names.find(holder) {
                Some(name) => Some(name),
                None => return duties,
            },
            None => None,
        };
        self.each_duty(elsewhere, wanted, &mut |owed| {
            if holder.is_none_or(|holder| owed.holder == holder) {
                duties.push(owed.on(calendar, today));
            }
        });
        duties
    }

    /// Whether the risk report of an application is overdue on a day (A25).
    pub(super) fn report_overdue(&self, application: &ApplicationState, today: Date) -> bool {
        self.report_due(application).is_some_and(|due| due < today)
    }

    /// When the next risk report of an application is due.
    pub(super) fn report_due(&self, application: &ApplicationState) -> Option<Date> {
        let months = self.rules().risk_report_months?;
        next(application, application.reports, months)
    }

    /// Gives each duty to `give`; of applications, those of a user that is not `wanted` need not be.
    fn each_duty(&self, elsewhere: &[Unreported], wanted: Option<Name>, give: &mut dyn FnMut(Owed<'_>)) {
        self.cases.iter().for_each(|(key, case)| self.case_duty(key, case, give));
        self.standings.iter().for_each(|(who, state)| self.standing_duty(*who, state, give));
        for (id, application) in &self.applications {
            self.application_duties((id, application), elsewhere, wanted, give);
        }
        self.datasets.iter().for_each(|(id, dataset)| self.dataset_duties(id, dataset, give));
        self.bodies.iter().for_each(|(name, body)| self.body_duties(self.names.name(*name), body, give));
    }

    /// Gives each duty about a subject to `give`: it is looked up, since every event that is recorded asks for its own.
    fn duties_about(&self, subject: &str, give: &mut dyn FnMut(Owed<'_>)) {
        for machine in Machine::ALL {
            if let Some((key, case)) = self.cases.get_key_value(case_key(*machine, subject).as_str()) {
                self.case_duty(key, case, give);
            }
        }
        if let Some((id, application)) = self.applications.get_key_value(subject) {
            self.application_duties((id, application), &[], None, give);
        }
        if let Some((id, dataset)) = self.datasets.get_key_value(subject) {
            self.dataset_duties(id, dataset, give);
        }
        if let Some(body) = self.names.find(subject).and_then(|name| self.bodies.get(&name)) {
            self.body_duties(subject, body, give);
        }
        // A user towards a body, `body:user`: either may hold a colon itself.
        for (colon, _) in subject.match_indices(':') {
            let (body, user) = (subject.get(..colon), subject.get(colon + 1..));
            let who = body.and_then(|body| self.names.find(body)).zip(user.and_then(|user| self.names.find(user)));
            if let Some((who, state)) = who.and_then(|who| self.standings.get_key_value(&who)) {
                self.standing_duty(*who, state, give);
            }
        }
    }

    fn case_duty(&self, key: &str, case: &Case, give: &mut dyn FnMut(Owed<'_>)) {
        let subject = key.split_once(':').map_or(key, |(_, id)| id);
        let kind = match case.machine {
            Machine::Complaint => duty::COMPLAINT_REPLY,
            Machine::Suggestion => duty::SUGGESTION_REPLY,
            Machine::Demand if matches!(case.status, CaseStatus::Accepted | CaseStatus::Met) => duty::DEMAND_LISTING,
            Machine::Problem => duty::PROBLEM_FOLLOW_UP,
            Machine::Interview if case.due.is_some() => duty::INTERVIEW_MEASURES,
            _ => return,
        };
        // A complaint that is not verified yet is counted from its receipt under every reading.
        let from = match (case.start, case.machine, case.verified) {
            (Start::Verification, Machine::Complaint, Some(verified)) => verified,
            _ => case.from,
        };
        let reply = matches!(case.machine, Machine::Complaint | Machine::Suggestion);
        let term = match (case.due, case.days.or(self.rules().prompt_days.filter(|_| !reply))) {
            (Some(date), _) => Term::Day(date),
            (None, Some(days)) if reply && case.start == Start::SameDay => Term::Counting(days),
            (None, Some(days)) => Term::After(days),
            (None, None) => Term::Promptly,
        };
        let holder = self.holder_of(case).map_or("", |holder| self.names.name(holder));
        give(Owed { kind, holder, subject, from, term, done: case.done });
    }

    fn standing_duty(&self, (body, user): (Name, Name), state: &StandingState, give: &mut dyn FnMut(Owed<'_>)) {
        // Who is served no longer has nothing left to rectify.
        if state.standing != Standing::Terminated {
            let (holder, subject) = (self.names.name(user), self.names.name(body));
            let (from, term, done) = (state.from, Term::Day(state.due), state.done);
            give(Owed { kind: duty::RECTIFICATION, holder, subject, from, term, done });
        }
    }

    fn application_duties(
        &self,
        (id, application): (&str, &ApplicationState),
        elsewhere: &[Unreported],
        wanted: Option<Name>,
        give: &mut dyn FnMut(Owed<'_>),
    ) {
        let theirs = wanted.is_none_or(|wanted| wanted == application.user);
        let since = || std::iter::once(&self.unreported).chain(elsewhere).filter_map(|uses| uses.since(id)).min();
        // What was used is reported, whatever became of the application since.
        if let Some(from) = theirs.then(since).flatten() {
            let holder = self.names.name(application.user);
            let term = self.rules().use_report_days.map_or(Term::Promptly, Term::After);
            give(Owed { kind: duty::USE_REPORT, holder, subject: id, from, term, done: None });
        }
        let Some(approved) = application.approved.filter(|_| application.status == ApplicationStatus::Approved) else {
            return;
        };
        let rules = self.rules();
        if theirs && let Some(due) = self.report_due(application) {
            let (holder, from) = (self.names.name(application.user), approved);
            give(Owed { kind: duty::RISK_REPORT, holder, subject: id, from, term: Term::Day(due), done: None });
        }
        let due = rules.follow_up_months.and_then(|months| next(application, application.follow_ups, months));
        let dataset = self.datasets.get_index(application.dataset as usize).map(|(_, dataset)| dataset);
        if let Some((due, body)) = due.zip(dataset.and_then(|dataset| self.body_of(dataset))) {
            let from = approved;
            give(Owed { kind: duty::FOLLOW_UP, holder: body, subject: id, from, term: Term::Day(due), done: None });
        }
    }

    fn dataset_duties(&self, id: &str, dataset: &DatasetState, give: &mut dyn FnMut(Owed<'_>)) {
        let Some(holder) = self.body_of(dataset) else { return };
        if dataset.status == DatasetStatus::Open
            && let Some(listed) = &dataset.listed
            && let Some((frequency, updated)) = listed.frequency.zip(listed.updated)
            && let Some(due) = frequency.next_update(updated)
        {
            let term = Term::Day(due);
            give(Owed { kind: duty::CONTENT_UPDATE, holder, subject: id, from: updated, term, done: None });
        }
        let assessed = dataset.assessed.as_deref();
        // 尚未开放 is whatever was never opened: withheld, undecided, not assessed, or chosen to be open and kept back.
        // What is a state secret is not for the Measures to open (A2).
        if dataset.status == DatasetStatus::NotOpen
            && assessed.is_none_or(|assessed| assessed.status != Status::OutOfScope)
            && let Some(months) = self.rules().reassess_months
        {
            let from = assessed.map_or(dataset.came, |assessed| assessed.on);
            let term = Term::Day(months_after(from, months));
            give(Owed { kind: duty::REASSESSMENT, holder, subject: id, from, term, done: None });
        }
    }

    fn body_duties(&self, id: &str, body: &BodyState, give: &mut dyn FnMut(Owed<'_>)) {
        let Some(since) = body.since else { return };
        let rules = self.rules();
        let taken = |measure: Measure| body.measures.get(measure as usize).copied().flatten().map(|taken| taken.0);
        let once = rules.prompt_days.map_or(Term::Promptly, Term::After);
        for (kind, measure) in
            [(duty::MANAGEMENT_SYSTEM, Measure::ManagementSystem), (duty::EMERGENCY_PLAN, Measure::EmergencyPlan)]
        {
            give(Owed { kind, holder: id, subject: id, from: since, term: once, done: taken(measure) });
        }
        for (kind, measure, months) in [
            (duty::EMERGENCY_DRILL, Measure::EmergencyDrill, rules.drill_months),
            (duty::CATALOG_REVIEW, Measure::CatalogReview, rules.catalog_review_months),
        ] {
            if let Some(months) = months {
                let from = taken(measure).unwrap_or(since);
                let term = Term::Day(months_after(from, months));
                give(Owed { kind, holder: id, subject: id, from, term, done: None });
            }
        }
    }
}

/// When something that was done so many times is due again in the life of an approved application: whole periods after
/// the approval, whenever those before were done. None where its grant ends before.
fn next(application: &ApplicationState, done: u16, months: u16) -> Option<Date> {
    let due = months_after(application.approved?, months.saturating_mul(done.saturating_add(1)));
    (due <= application.grant.until && application.status == ApplicationStatus::Approved).then_some(due)
}

/// How often something was done, once it is done today: the period that is open is closed, and none that has not begun.
pub(super) fn count(application: &ApplicationState, done: u16, months: Option<u16>, today: Date) -> u16 {
    let Some((approved, months)) = application.approved.zip(months) else { return done };
    let begun = done == 0 || today > months_after(approved, months.saturating_mul(done));
    done.saturating_add(u16::from(begun))
}
