//! What an event of a case changes: a complaint, suggestion, demand, referral, interview, problem or product.

use super::super::case::{Start, case_key};
use super::super::duty;
use super::super::{Actor, Case, CaseStatus, Event, Machine, ProcessError, ReferralGround, State};
use crate::Error;
use crate::policy::Policy;
use crate::terms::{Instant, legal_date};

impl State {
    /// Events of complaints, suggestions, demands, referrals, interviews, problems and products.
    pub(super) fn apply_case(
        &mut self,
        policy: &Policy,
        by: &Actor,
        event: &Event,
        at: Instant,
    ) -> Result<Option<String>, Error> {
        use CaseStatus as S;
        let today = legal_date(at);
        let duty = |kind: duty::DutyKind, id: &str| Some(format!("{}:{id}", kind.code));
        Ok(match event {
            Event::ComplaintReceived { complaint, dataset, .. } => {
                let case = self.begin(policy, Machine::Complaint, S::Received, complaint, by, Some(dataset), at)?;
                case.days = policy.deadline("complaint_reply").map(|rule| rule.working_days);
                duty(duty::COMPLAINT_REPLY, complaint)
            }
            Event::ComplaintVerified { complaint, .. } => {
                self.go_on(Machine::Complaint, complaint, S::Verified, |case| case.verified = Some(today));
                duty(duty::COMPLAINT_REPLY, complaint)
            }
            Event::ComplaintAnswered { complaint, outcome, .. } => {
                self.go_on(Machine::Complaint, complaint, S::Answered, |case| {
                    case.outcome = Some(*outcome);
                    case.done = Some(today);
                });
                duty(duty::COMPLAINT_REPLY, complaint)
            }
            Event::SuggestionReceived { suggestion, dataset, .. } => {
                let case = self.begin(policy, Machine::Suggestion, S::Received, suggestion, by, Some(dataset), at)?;
                case.days = policy.deadline("suggestion_reply").map(|rule| rule.working_days);
                duty(duty::SUGGESTION_REPLY, suggestion)
            }
            Event::SuggestionAnswered { suggestion, .. } => {
                self.go_on(Machine::Suggestion, suggestion, S::Answered, |case| case.done = Some(today));
                duty(duty::SUGGESTION_REPLY, suggestion)
            }
            Event::DemandFiled { demand, body, .. } => {
                let holder = body.as_ref().map(|body| self.names.number(body)).transpose()?;
                self.begin(policy, Machine::Demand, S::Filed, demand, by, None, at)?.holder = holder;
                None
            }
            Event::DemandAssessed { demand, accepted, body, .. } => {
                let holder = body.as_ref().map(|body| self.names.number(body)).transpose()?;
                let status = if *accepted { S::Accepted } else { S::Declined };
                self.go_on(Machine::Demand, demand, status, |case| {
                    case.holder = holder.or(case.holder);
                    case.from = today;
                });
                duty(duty::DEMAND_LISTING, demand).filter(|_| *accepted)
            }
            Event::DemandMet { demand, dataset } => {
                let number = self.dataset_number(dataset);
                self.go_on(Machine::Demand, demand, S::Met, |case| {
                    case.done = Some(today);
                    case.dataset = number;
                });
                duty(duty::DEMAND_LISTING, demand)
            }
            Event::CommitteeReferred { referral, dataset, ground, .. } => {
                let case = self.begin(policy, Machine::Referral, S::Pending, referral, by, Some(dataset), at)?;
                case.aggregation = *ground == ReferralGround::Aggregation;
                if let Some(dataset) = self.datasets.get_mut(dataset.as_str()) {
                    dataset.referrals = dataset.referrals.saturating_add(1);
                }
                None
            }
            Event::CommitteeAdvised { referral, opinion, .. } => {
                let mut number = None;
                self.go_on(Machine::Referral, referral, S::Advised, |case| {
                    case.opinion = Some(*opinion);
                    case.done = Some(today);
                    number = case.dataset;
                });
                if let Some((_, dataset)) = number.and_then(|number| self.datasets.get_index_mut(number as usize)) {
                    dataset.referrals = dataset.referrals.saturating_sub(1);
                }
                None
            }
            Event::InterviewHeld { interview, user, due, .. } => {
                let user = self.names.number(user)?;
                let case = self.begin(policy, Machine::Interview, S::Held, interview, by, None, at)?;
                case.holder = Some(user);
                case.due = *due;
                duty(duty::INTERVIEW_MEASURES, interview).filter(|_| due.is_some())
            }
            Event::InterviewClosed { interview, .. } => {
                self.go_on(Machine::Interview, interview, S::Closed, |case| case.done = Some(today));
                duty(duty::INTERVIEW_MEASURES, interview)
            }
            Event::ProblemReported { problem, dataset, .. } => {
                self.begin(policy, Machine::Problem, S::Reported, problem, by, Some(dataset), at)?;
                duty(duty::PROBLEM_FOLLOW_UP, problem)
            }
            Event::ProblemHandled { problem, .. } => {
                self.go_on(Machine::Problem, problem, S::Handled, |case| case.done = Some(today));
                duty(duty::PROBLEM_FOLLOW_UP, problem)
            }
            Event::ProductRegistered { product, .. } => {
                self.begin(policy, Machine::Product, S::Registered, product, by, None, at)?;
                None
            }
            Event::ProductShown { product } => {
                self.go_on(Machine::Product, product, S::Shown, |_| {});
                None
            }
            Event::ProductWithdrawn { product } => {
                self.go_on(Machine::Product, product, S::Withdrawn, |_| {});
                None
            }
            _ => None,
        })
    }

    /// A new case; the body that opens its dataset sees to it.
    #[expect(clippy::too_many_arguments, reason = "what a case begins with, each once")]
    fn begin(
        &mut self,
        policy: &Policy,
        machine: Machine,
        status: CaseStatus,
        id: &str,
        by: &Actor,
        dataset: Option<&str>,
        at: Instant,
    ) -> Result<&mut Case, ProcessError> {
        let number = dataset.and_then(|dataset| self.dataset_number(dataset));
        let holder = dataset.and_then(|dataset| self.datasets.get(dataset)).and_then(|dataset| dataset.body);
        let case = Case {
            machine,
            status,
            index: self.index,
            outcome: None,
            opinion: None,
            dataset: number,
            aggregation: false,
            by: self.names.number(&by.id)?,
            holder,
            from: legal_date(at),
            start: Start::under(policy),
            verified: None,
            days: None,
            due: None,
            done: None,
        };
        let entry = self.cases.entry(case_key(machine, id).into());
        Ok(entry.insert_entry(case).into_mut())
    }

    fn go_on(&mut self, machine: Machine, id: &str, status: CaseStatus, change: impl FnOnce(&mut Case)) {
        if let Some(case) = self.cases.get_mut(case_key(machine, id).as_str()) {
            case.status = status;
            change(case);
        }
    }
}
