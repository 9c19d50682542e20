//! From the state to the policy's access facts: the table of this room's page, and nothing else.

use jiff::civil::Date;

use super::request::Request;
use crate::catalog::Entry;
use crate::policy::{Facts, Policy, Status};
use crate::process::{ApplicationState, ApplicationStatus, Assessed, DatasetStatus, State};
use crate::terms::{AccessWay, Action, Word};

/// The access facts of a request, and the approved application that it would run under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessFacts {
    /// The facts, as the policy names them.
    pub facts: Facts,
    /// The id of the application that the facts speak of, when it is approved and in its period.
    pub application: Option<String>,
}

/// The access facts of a request on a legal date, by the table of this room's page.
#[must_use]
pub fn facts_of(policy: &Policy, state: &State, request: &Request, today: Date) -> AccessFacts {
    let mut facts = Facts::new();
    facts.set("action", request.action.id()).set("via", request.via.id());
    facts.set("identified", request.user.is_some()).set("risk_report_overdue", false);
    facts.set("result_reviewed", request.result_review.as_ref().is_some_and(|review| review.passed));

    let dataset = state.dataset(&request.dataset);
    let entry = dataset.and_then(|dataset| dataset.entry.as_deref());
    let status = dataset.map_or(DatasetStatus::NotOpen, |dataset| dataset.status);
    facts.set("listed", entry.is_some()).set("dataset_status", status.id());
    facts.set("other_way_has_basis", entry.is_some_and(|entry| entry.other_way_basis.is_some()));

    let assessed = dataset.and_then(|dataset| dataset.assessed.as_deref());
    let content = dataset.and_then(|dataset| dataset.content);
    let same = assessed.is_some_and(|assessed| {
        content == Some(assessed.content) && request.content.is_none_or(|content| content == assessed.content)
    });
    // What is open under an entry that says something else than the assessment was never opened that way (A19.2).
    let agrees = |entry: &Entry, assessed: &Assessed| {
        entry.openness == assessed.chosen
            && entry.content == Some(assessed.content)
            && entry.assessment == Some(assessed.classification)
    };
    let agree = entry.zip(assessed).is_none_or(|(entry, assessed)| agrees(entry, assessed));
    facts.set("content_matches_assessment", same && agree);
    set_assessment(&mut facts, policy, assessed, request.action);
    set_standing(&mut facts, state, entry, request);
    let application = set_application(&mut facts, state, request, today);
    AccessFacts { facts, application }
}

fn set_assessment(facts: &mut Facts, policy: &Policy, assessed: Option<&Assessed>, action: Action) {
    match assessed {
        Some(assessed) => {
            facts.set("out_of_scope", assessed.status == Status::OutOfScope);
        }
        // Nobody assessed it. Beyond metadata `not_assessed` denies; its metadata may be secret too.
        None if action != Action::Query => {
            facts.set("out_of_scope", false);
        }
        None => {}
    }
    let settled = |assessed: &Assessed| assessed.policy == policy.hash() && assessed.status == Status::Determined;
    facts.set("assessed", assessed.is_some_and(settled));
    let pending = |assessed: &Assessed| assessed.requires.iter().any(|(step, _)| step == "expert_committee");
    facts.set("committee_pending", assessed.is_some_and(pending));
    let chosen = assessed.and_then(|assessed| assessed.chosen);
    facts.set("openness", chosen.map_or("undecided", Word::id));
    let permitted = |assessed: &Assessed| chosen.is_some_and(|chosen| assessed.permitted.contains(&chosen));
    facts.set("openness_permitted", assessed.is_some_and(permitted));
}

fn set_standing(facts: &mut Facts, state: &State, entry: Option<&Entry>, request: &Request) {
    let body = entry.and_then(|entry| entry.body.as_ref());
    match (&request.user, body) {
        (Some(user), Some(body)) => {
            facts.set("user_standing", state.standing(user, &body.id).id());
        }
        // Towards whom? Unknown, unless nothing is listed, which denies by itself.
        (Some(_), None) if entry.is_some() => {}
        _ => {
            facts.set("user_standing", "good");
        }
    }
}

/// An application as the policy asks for it, on a date.
fn application_word(application: &ApplicationState, today: Date) -> &'static str {
    match application.status {
        ApplicationStatus::Approved if today > application.grant.until => "expired",
        ApplicationStatus::Approved if today >= application.grant.from => "approved",
        // Approved for a time that has not begun, or half reviewed: not approved yet.
        ApplicationStatus::Approved | ApplicationStatus::Filed | ApplicationStatus::Reviewed => "filed",
        ApplicationStatus::Rejected => "rejected",
        ApplicationStatus::Revoked => "revoked",
    }
}

/// What an application says about a request.
struct Fit<'a> {
    word: &'static str,
    purpose: Option<bool>,
    way: bool,
    quota: Option<bool>,
    id: &'a str,
}

impl Fit<'_> {
    /// Smaller is better: what permits most comes first, then the id, so that the choice is always the same.
    fn rank(&self) -> (usize, bool, bool, bool) {
        let words = ["approved", "expired", "filed", "revoked", "rejected"];
        let word = words.iter().position(|word| *word == self.word).unwrap_or(words.len());
        (word, self.purpose != Some(true), !self.way, self.quota != Some(true))
    }
}

fn fit<'a>(id: &'a str, state: &ApplicationState, request: &Request, today: Date) -> Fit<'a> {
    let asked = |way: &AccessWay| Action::from(*way) == request.action;
    let quota = match (state.grant.rows, request.rows) {
        (None, _) => Some(true),
        (Some(_), None) => None,
        (Some(limit), Some(rows)) => Some(state.used.checked_add(rows).is_some_and(|total| total <= limit)),
    };
    Fit {
        word: application_word(state, today),
        purpose: request.purpose.as_ref().map(|purpose| *purpose == state.application.purpose),
        way: state.grant.ways.iter().any(asked),
        quota,
        id,
    }
}

fn set_application(facts: &mut Facts, state: &State, request: &Request, today: Date) -> Option<String> {
    let user = request.user.as_deref();
    let applications = user.into_iter().flat_map(|user| state.applications_of(&request.dataset, user));
    let fits = applications.map(|(id, application)| fit(id, application, request, today));
    let best = fits.min_by_key(Fit::rank);
    facts.set("application", best.as_ref().map_or("none", |fit| fit.word));
    let best = best?;
    if let Some(purpose) = best.purpose {
        facts.set("purpose_in_scope", purpose);
    }
    if let Some(quota) = best.quota {
        facts.set("within_quota", quota);
    }
    facts.set("way_in_scope", best.way);
    (best.word == "approved").then(|| best.id.to_owned())
}
