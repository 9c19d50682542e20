//! Whether an event may happen now: the table of moves, who may do it, and what each move needs besides.
//! This room must never change the state.

use super::case::case_key;
use super::moves::{legal, row};
use super::{Actor, Case, CaseStatus, DatasetState, Event, Machine, ProcessError, Role, State};
use crate::Error;
use crate::catalog::{Entry, SHORTEST_PERSONAL, looks_personal};
use crate::policy::Policy;
use crate::terms::{Digest, Instant, Text, Word, legal_date};

mod application;
mod dataset;

pub(super) use application::{reviewed, reviewer};
pub(super) use dataset::digest_of;

impl State {
    /// Whether the event may be recorded now, under the policy in force.
    ///
    /// # Errors
    /// [`ProcessError`] with what stands against it, [`CatalogError`](crate::catalog::CatalogError) for an entry that
    /// is not whole, and the policy's own errors.
    pub fn check(&self, policy: &Policy, by: &Actor, event: &Event, at: Instant) -> Result<(), Error> {
        let id = event.id();
        if !matches!(event, Event::PolicyAdopted { .. })
            && self.policy.as_ref().is_none_or(|in_force| in_force.hash != policy.hash())
        {
            return Err(ProcessError::OtherPolicy.into());
        }
        check_id("actor", &by.id)?;
        let allowed = row(id).map(|row| row.by).unwrap_or_default();
        if !allowed.contains(&by.role) {
            return Err(
                ProcessError::NotAllowed { event: id, role: by.role.name(), allowed: Text::list(allowed) }.into()
            );
        }
        match event {
            Event::PolicyAdopted { hash, .. } => {
                self.check_municipal(by, id)?;
                // The host adopts the first; every later one the authority signs off (A8.1, A40).
                if by.role == Role::Platform && self.policy.is_some() {
                    let allowed = Role::Authority.text();
                    return Err(ProcessError::NotAllowed { event: id, role: by.role.name(), allowed }.into());
                }
                if *hash == policy.hash() { Ok(()) } else { Err(ProcessError::OtherPolicy.into()) }
            }
            Event::RulesPublished { rules } => {
                self.check_municipal(by, id)?;
                rules.empty().map_or(Ok(()), |part| Err(ProcessError::Empty { part }.into()))
            }
            Event::AuthorityFiled { authority, district } => {
                self.check_municipal(by, id)?;
                check_id("authority", authority)?;
                // The municipal one that became a district's would leave none.
                if *authority == by.id {
                    return Err(ProcessError::Exists { what: municipal_text(), id: shown(authority) }.into());
                }
                Ok(check_id("district", district)?)
            }
            Event::BodyRegistered { body, .. } => {
                self.check_municipal(by, id)?;
                check_id("body", body)?;
                let itself = by.role != Role::OpeningBody || by.id == *body;
                if itself { Ok(()) } else { Err(ProcessError::NotTheirs { event: id, what: body_text() }.into()) }
            }
            Event::UserRegistered { user, kind } => {
                self.check_municipal(by, id)?;
                check_id("user", user)?;
                // A natural person is never known to the log by anything but a commitment (A5, A31).
                let person = *kind == super::UserKind::NaturalPerson && user.parse::<Digest>().is_err();
                if person { Err(ProcessError::NotACommitment.into()) } else { Ok(()) }
            }
            Event::MeasureTaken { .. } => Ok(()),
            Event::IdentityErased { user } => {
                self.check_municipal(by, id)?;
                // Evidence is no identity: it is not erased under this name.
                let person = self.user_kind(&user.to_string()) == Some(super::UserKind::NaturalPerson);
                let what = Text::new("已登记的自然人", "registered natural person");
                if person { Ok(()) } else { Err(ProcessError::Unknown { what, id: user.to_string() }.into()) }
            }
            Event::UseLogOpened { log, .. } => {
                self.check_municipal(by, id)?;
                // It is the name of a directory, too.
                Entry::new(log.clone()).well_formed().map_err(|_| ProcessError::Id { what: "log" })?;
                let taken = self.use_logs.contains_key(log);
                let what = Text::new("使用账本", "log of uses");
                if taken { Err(ProcessError::Exists { what, id: log.clone() }.into()) } else { Ok(()) }
            }
            Event::EntryListed { entry } => self.check_entry(by, id, entry, at),
            Event::DatasetAssessed { .. } => self.check_assessment(policy, by, event, at),
            Event::ContentUpdated { dataset, .. }
            | Event::DatasetOpened { dataset, .. }
            | Event::DatasetSuspended { dataset, .. }
            | Event::DatasetResumed { dataset, .. }
            | Event::DatasetWithdrawn { dataset, .. }
            | Event::DatasetTerminated { dataset, .. } => self.check_dataset_move(policy, by, event, dataset),
            Event::ApplicationFiled { application } => Ok(self.check_application(by, application, at)?),
            Event::ApplicationReviewed { application, .. }
            | Event::ApplicationRevoked { application, .. }
            | Event::UseFollowedUp { application, .. } => {
                Ok(self.check_application_move(policy, by, event, application)?)
            }
            Event::RiskReportFiled { report } => Ok(self.check_risk_report(by, report, at)?),
            Event::RectificationDemanded { user, due, .. } => {
                check_id("user", user)?;
                legal(Machine::User, id, self.standing(user, &by.id))?;
                if *due < legal_date(at) { Err(ProcessError::Passed { what: "due" }.into()) } else { Ok(()) }
            }
            Event::RectificationAccepted { user, .. } => Ok(legal(Machine::User, id, self.standing(user, &by.id))?),
            Event::ServiceTerminated { user, .. } => {
                legal(Machine::User, id, self.standing(user, &by.id))?;
                // 对未按照要求进行整改的: that is not known before the day by which it is to be done has passed.
                let key = self.names.find(&by.id).zip(self.names.find(user));
                let due = key.and_then(|key| self.standings.get(&key)).map(|state| state.due);
                if due.is_none_or(|due| legal_date(at) > due) {
                    Ok(())
                } else {
                    Err(ProcessError::NotYet { event: id, what: "due" }.into())
                }
            }
            _ => self.check_case(by, event, at),
        }
    }

    /// Events of complaints, suggestions, demands, referrals, interviews, problems and products.
    fn check_case(&self, by: &Actor, event: &Event, at: Instant) -> Result<(), Error> {
        let id = event.id();
        match event {
            Event::ComplaintReceived { complaint, dataset, .. } => {
                self.check_new(Machine::Complaint, id, complaint)?;
                self.listed(dataset).map(|_| ()).map_err(Error::from)
            }
            Event::SuggestionReceived { suggestion, dataset, .. } => {
                self.check_new(Machine::Suggestion, id, suggestion)?;
                self.listed(dataset).map(|_| ()).map_err(Error::from)
            }
            Event::ProblemReported { problem, dataset, .. } => {
                self.check_new(Machine::Problem, id, problem)?;
                self.listed(dataset).map(|_| ()).map_err(Error::from)
            }
            Event::DemandFiled { demand, body, .. } => {
                self.check_new(Machine::Demand, id, demand)?;
                Ok(body.as_ref().map_or(Ok(()), |body| check_id("body", body))?)
            }
            Event::CommitteeReferred { referral, dataset, .. } => {
                self.check_new(Machine::Referral, id, referral)?;
                let dataset = self.known_dataset(dataset)?;
                Ok(self.check_theirs(by, id, dataset)?)
            }
            Event::InterviewHeld { interview, user, due, .. } => {
                self.check_new(Machine::Interview, id, interview)?;
                check_id("user", user)?;
                let passed = due.is_some_and(|due| due < legal_date(at));
                if passed { Err(ProcessError::Passed { what: "due" }.into()) } else { Ok(()) }
            }
            Event::ProductRegistered { product, title, datasets, .. } => {
                self.check_new(Machine::Product, id, product)?;
                if title.trim().is_empty() {
                    return Err(ProcessError::Empty { part: "title" }.into());
                }
                if datasets.is_empty() {
                    return Err(ProcessError::Empty { part: "datasets" }.into());
                }
                datasets.iter().try_for_each(|dataset| self.listed(dataset).map(|_| ()).map_err(Error::from))
            }
            Event::ComplaintVerified { complaint: case, .. } => {
                self.check_holder(by, id, Machine::Complaint, case).map(|_| ())
            }
            Event::ComplaintAnswered { complaint, outcome, .. } => {
                let case = self.check_holder(by, id, Machine::Complaint, complaint)?;
                let dataset = case.dataset.and_then(|number| self.datasets.get_index(number as usize));
                Ok(dataset::check_outcome(*outcome, dataset.map(|(_, dataset)| dataset))?)
            }
            Event::SuggestionAnswered { suggestion, .. } => {
                self.check_holder(by, id, Machine::Suggestion, suggestion).map(|_| ())
            }
            Event::ProblemHandled { problem, .. } => self.check_holder(by, id, Machine::Problem, problem).map(|_| ()),
            Event::DemandAssessed { demand, accepted, body, .. } => {
                self.check_municipal(by, id)?;
                let case = self.known_case(Machine::Demand, id, demand)?;
                body.as_ref().map_or(Ok(()), |body| check_id("body", body))?;
                let whose = !accepted || body.is_some() || case.holder.is_some();
                if whose { Ok(()) } else { Err(ProcessError::Empty { part: "body" }.into()) }
            }
            Event::DemandMet { demand, dataset } => {
                let case = self.known_case(Machine::Demand, id, demand)?;
                self.listed(dataset)?;
                let dataset = self.known_dataset(dataset)?;
                self.check_theirs(by, id, dataset)?;
                let owed = self.holder_of(case).is_none_or(|holder| dataset.body == Some(holder));
                if owed { Ok(()) } else { Err(ProcessError::NotTheirs { event: id, what: dataset_text() }.into()) }
            }
            Event::CommitteeAdvised { referral, .. } => self.known_case(Machine::Referral, id, referral).map(|_| ()),
            Event::InterviewClosed { interview, .. } => {
                let case = self.known_case(Machine::Interview, id, interview)?;
                let same = self.names.name(case.by) == by.id;
                if same { Ok(()) } else { Err(ProcessError::NotTheirs { event: id, what: case_text() }.into()) }
            }
            Event::ProductShown { product } => {
                self.check_municipal(by, id)?;
                self.known_case(Machine::Product, id, product).map(|_| ())
            }
            Event::ProductWithdrawn { product } => {
                let case = self.known_case(Machine::Product, id, product)?;
                let own = self.names.name(case.by) == by.id;
                if own { Ok(()) } else { Err(ProcessError::NotTheirs { event: id, what: case_text() }.into()) }
            }
            // Every other event has its own check above.
            _ => Err(ProcessError::OtherPolicy.into()),
        }
    }

    /// A case that begins: its id is not taken, or the table says what may happen to the one that has it.
    fn check_new(&self, machine: Machine, event: &'static str, id: &str) -> Result<(), ProcessError> {
        check_id(machine.id(), id)?;
        match self.case(machine, id) {
            Some(known) => legal(machine, event, known.status),
            None => Ok(()),
        }
    }

    /// A case that goes on.
    fn known_case(&self, machine: Machine, event: &'static str, id: &str) -> Result<&Case, Error> {
        let case = self.cases.get(case_key(machine, id).as_str());
        let case = case.ok_or_else(|| ProcessError::Unknown { what: machine.text(), id: shown(id) })?;
        legal(machine, event, case.status)?;
        Ok(case)
    }

    /// A case that the acting body has to see to.
    fn check_holder(&self, by: &Actor, event: &'static str, machine: Machine, id: &str) -> Result<&Case, Error> {
        let case = self.known_case(machine, event, id)?;
        let holds = self.holder_of(case).is_some_and(|holder| self.names.name(holder) == by.id);
        if holds { Ok(case) } else { Err(ProcessError::NotTheirs { event, what: case_text() }.into()) }
    }

    /// The body's own dataset, or one in the authority's city or district.
    fn check_theirs(&self, by: &Actor, event: &'static str, dataset: &DatasetState) -> Result<(), ProcessError> {
        let theirs = match by.role {
            Role::OpeningBody => dataset.body.is_none_or(|body| self.names.name(body) == by.id),
            Role::Authority => {
                let district = dataset.listed.as_ref().and_then(|listed| listed.district);
                self.in_district(by, district.map(|district| self.names.name(district)))
            }
            _ => true,
        };
        if theirs { Ok(()) } else { Err(ProcessError::NotTheirs { event, what: dataset_text() }) }
    }

    /// Whether the authority is the municipal one, or the district's own.
    fn in_district(&self, by: &Actor, district: Option<&str>) -> bool {
        match self.authorities.get(&by.id) {
            None => self.is_municipal(by),
            Some(own) => district == Some(own),
        }
    }

    /// Whether this is the municipal authority. The first that acts as such is; before, nobody else can be told from it.
    fn is_municipal(&self, by: &Actor) -> bool {
        !self.authorities.contains_key(&by.id) && self.municipal.as_ref().is_none_or(|municipal| *municipal == by.id)
    }

    /// What the municipal authority alone may do (A8.1, A15, A19.3).
    fn check_municipal(&self, by: &Actor, event: &'static str) -> Result<(), ProcessError> {
        if by.role != Role::Authority || self.is_municipal(by) {
            return Ok(());
        }
        Err(ProcessError::NotTheirs { event, what: municipal_text() })
    }

    fn known_dataset(&self, id: &str) -> Result<&DatasetState, ProcessError> {
        self.datasets.get(id).ok_or_else(|| ProcessError::Unknown { what: dataset_text(), id: shown(id) })
    }

    /// What the entry of a dataset says, which is listed.
    fn listed(&self, id: &str) -> Result<&super::Listed, ProcessError> {
        let listed = self.datasets.get(id).and_then(|dataset| dataset.listed.as_deref());
        listed.ok_or_else(|| ProcessError::Unknown {
            what: Text::new("已列入目录的数据集", "listed dataset"),
            id: shown(id),
        })
    }

    /// Whether the committee gave this opinion on what aggregating this dataset may reveal (A32(4)).
    fn has_opinion(&self, dataset: &str, opinion: &Digest) -> bool {
        let number = self.dataset_number(dataset);
        self.cases.values().any(|case| {
            case.aggregation
                && case.status == CaseStatus::Advised
                && case.dataset == number
                && case.opinion.as_ref() == Some(opinion)
        })
    }
}

fn dataset_text() -> Text {
    Text::new("数据集", "dataset")
}
fn body_text() -> Text {
    Text::new("数据开放主体", "opening body")
}
fn municipal_text() -> Text {
    Text::new("市级主管部门", "municipal authority")
}
fn case_text() -> Text {
    Text::new("事项", "case")
}

/// Ids of users, bodies, applications and complaints stand in the log for ever: none may be a person's identifier.
pub(crate) fn check_id(what: &'static str, id: &str) -> Result<(), ProcessError> {
    if well_formed_id(id) { Ok(()) } else { Err(ProcessError::Id { what }) }
}

/// Whether the log may hold this id.
pub(crate) fn well_formed_id(id: &str) -> bool {
    if !(1..=128).contains(&id.len()) {
        return false;
    }
    let (mut run, mut longest) = (0, 0);
    // Every request is looked at: its bytes once, and longer only where there are digits enough.
    let allowed = id.bytes().all(|c| {
        run = if c.is_ascii_digit() { run + 1 } else { 0 };
        longest = run.max(longest);
        c.is_ascii_alphanumeric() || matches!(c, b':' | b'.' | b'-' | b'_')
    });
    allowed && (longest < SHORTEST_PERSONAL || !looks_personal(id) || id.parse::<Digest>().is_ok())
}

/// An id as it may stand in a message: what is no id may hold anything.
fn shown(id: &str) -> String {
    if well_formed_id(id) { id.to_owned() } else { "…".to_owned() }
}
