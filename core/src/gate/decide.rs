//! The decision: a pure function of policy, state, request and instant. It must never read a clock or write anything.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::facts::{Case, Packing};
use super::request::Request;
use crate::canon;
use crate::crypto::sha256;
use crate::error::Explain;
use crate::policy::{AccessVerdict, DutyTerm, Facts, Policy, PolicyError};
use crate::process::{State, UsedElsewhere};
use crate::terms::{Action, Digest, Instant, Openness, Reason, V1, legal_date};

/// A decision: permitted or not, why, and what it was decided from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// The document's version.
    pub v: V1,
    /// Whether the request is permitted.
    pub permit: bool,
    /// Why not, in article order, the headline first; empty exactly when permitted.
    pub denials: Vec<Reason>,
    /// The unknown facts on which the denials depend.
    pub open: Vec<String>,
    /// What the permit carries.
    pub duties: Vec<DutyTerm>,
    /// What the reader must be told about the policy itself.
    pub notices: Vec<Reason>,
    /// The policy that was asked, interpretations included.
    pub policy: Digest,
    /// How many records the state had seen; none where a host's own facts were decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state_index: Option<u64>,
    /// How many records of each log of uses it had seen, where a quota was counted over several.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub uses_seen: BTreeMap<String, u64>,
    /// The approved application that a permit runs under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application: Option<String>,
    /// The most rows that may go out: of a preview (A13), or of what a grant bounds (A22.2). None: as many as are asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// When.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub at: Instant,
    /// The digest of the request, or of the host's facts.
    pub request: Digest,
}

impl Decision {
    /// The first denial in article order.
    #[must_use]
    pub fn headline(&self) -> Option<&Reason> {
        self.denials.first()
    }
}

/// Decisions under one policy, made ready for many of them.
///
/// ```
/// use kaifang::gate::{Gate, Request};
/// use kaifang::policy::Policy;
/// use kaifang::process::{State, UsedElsewhere};
/// use kaifang::terms::Action;
///
/// let gate = Gate::new(Policy::builtin("xian-2022-013")?);
/// let request = Request::new("nobody-listed-this", Action::Download);
/// let (state, at) = (State::default(), "2024-06-03T02:00:00Z".parse()?);
/// assert!(!gate.answer(&state, &UsedElsewhere::default(), &request, at).permit());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Gate {
    policy: Policy,
    /// None for a policy whose facts are not ours: it is asked the slow way.
    packing: Option<Packing>,
}

/// What the gate answers, before it is written out. Nothing in it was allocated.
#[derive(Debug, Clone, Copy)]
pub struct Answer {
    permit: bool,
    verdict: Option<AccessVerdict>,
    case: Case,
    rows: Option<u64>,
}

impl Answer {
    /// Whether the request is permitted.
    #[must_use]
    pub fn permit(&self) -> bool {
        self.permit
    }

    /// The place of the approved application that a permit runs under: see [`State::application_id`].
    #[must_use]
    pub fn application(&self) -> Option<u32> {
        self.case.place.filter(|_| self.permit)
    }

    /// The most rows that may go out, as in [`Decision::rows`].
    #[must_use]
    pub fn rows(&self) -> Option<u64> {
        self.rows.filter(|_| self.permit)
    }

    /// Whether a quota was counted.
    #[must_use]
    pub fn counted(&self) -> bool {
        self.case.counted
    }

    /// The class of the dataset, once it was chosen.
    #[must_use]
    pub fn openness(&self) -> Option<Openness> {
        self.case.openness()
    }
}

impl Gate {
    /// A gate under a policy.
    #[must_use]
    pub fn new(policy: Policy) -> Self {
        let packing = policy.decider(policy.in_force().0).ok().and_then(|decider| Packing::of(&policy, &decider));
        Gate { policy, packing }
    }

    /// The policy.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Answers a request on the state: nothing but the arguments counts. An error is a denial.
    #[must_use]
    pub fn answer(&self, state: &State, elsewhere: &UsedElsewhere, request: &Request, at: Instant) -> Answer {
        let today = legal_date(at);
        let case = Case::of(self.policy.hash(), state, elsewhere, request, today);
        let rows = match request.action {
            Action::Preview => {
                let most = state.rules().preview_rows;
                Some(request.rows.map_or(most, |rows| rows.min(most)))
            }
            Action::Query => None,
            _ => request.rows.filter(|_| case.bounded),
        };
        let packed = self.packing.as_ref().and_then(|packing| packing.pack(&case)).filter(|_| self.in_force(today));
        let verdict = packed.and_then(|packed| self.policy.access_verdict(packed));
        let decided = match (verdict, packed.zip(self.packing.as_ref())) {
            (Some(verdict), _) => verdict.permit(),
            (None, Some((packed, packing))) => packing.all_permit(&self.policy, packed),
            (None, None) => self.policy.decide(&case.facts(), today).is_ok_and(|answer| answer.permit),
        };
        // A count beyond 2^53 − 1 has no canonical bytes, and what can't be recorded is not permitted.
        let countable = request.rows.is_none_or(|rows| rows <= canon::MAX_INTEGER.unsigned_abs());
        Answer { permit: decided && countable && request.well_formed().is_ok(), verdict, case, rows }
    }

    fn in_force(&self, today: Date) -> bool {
        let (from, until) = self.policy.in_force();
        today >= from && until.is_none_or(|until| today <= until)
    }

    /// The same answer written out.
    ///
    /// An error is a denial with the code `error` (A5): what can't be decided is not permitted.
    #[must_use]
    pub fn decide(&self, state: &State, elsewhere: &UsedElsewhere, request: &Request, at: Instant) -> Decision {
        let answer = self.answer(state, elsewhere, request, at);
        let bytes = canon::to_bytes(request);
        let digest = sha256(bytes.as_deref().unwrap_or_default());
        let mut decision = blank(&self.policy, at, digest);
        let today = legal_date(at);
        let written = match answer.verdict {
            Some(verdict) => self.write(&mut decision, verdict, today),
            None => ask(&self.policy, &mut decision, &answer.case.facts(), today),
        };
        if let Err(error) = written {
            deny(&mut decision, &*error);
        }
        // What has no canonical bytes (a count beyond 2^53 − 1) can't be recorded, and is not permitted either.
        if let Err(error) = bytes {
            deny(&mut decision, &error);
        }
        if let Err(error) = request.well_formed() {
            deny(&mut decision, &error);
        }
        decision.state_index = Some(state.index());
        if decision.permit {
            decision.application =
                answer.application().and_then(|place| state.application_id(place)).map(str::to_owned);
            decision.rows = answer.rows();
        }
        decision
    }

    fn write(&self, decision: &mut Decision, verdict: AccessVerdict, today: Date) -> Result<(), Box<dyn Explain>> {
        let boxed = |error: PolicyError| -> Box<dyn Explain> { Box::new(error) };
        let decider = self.policy.decider(today).map_err(boxed)?;
        decision.permit = verdict.permit();
        decision.denials = decider.denials(verdict).cloned().collect();
        decision.duties = decider.duties(verdict).cloned().collect();
        decision.notices = decider.into_notices();
        Ok(())
    }
}

/// Decides a request on the state: nothing but the arguments counts, and the same arguments give the same bytes.
/// A [`Gate`] is quicker for many.
///
/// ```
/// use kaifang::gate::{Request, decide};
/// use kaifang::policy::Policy;
/// use kaifang::process::State;
/// use kaifang::terms::Action;
///
/// let policy = Policy::builtin("xian-2022-013")?;
/// let request = Request::new("nobody-listed-this", Action::Download);
/// let decision = decide(&policy, &State::default(), &request, "2024-06-03T02:00:00Z".parse()?);
/// assert!(!decision.permit && decision.denials.iter().any(|denial| denial.code == "not_listed"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn decide(policy: &Policy, state: &State, request: &Request, at: Instant) -> Decision {
    Gate::new(policy.clone()).decide(state, &UsedElsewhere::default(), request, at)
}

/// Decides on facts that the host states from its own database.
///
/// ```
/// use kaifang::gate::decide_facts;
/// use kaifang::policy::{Facts, Policy};
///
/// let policy = Policy::builtin("xian-2022-013")?;
/// let facts = Facts::from_json(r#"{"out_of_scope": false, "action": "query", "listed": true}"#)?;
/// let decision = decide_facts(&policy, &facts, "2024-06-03T02:00:00Z".parse()?);
/// assert!(decision.permit && decision.state_index.is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn decide_facts(policy: &Policy, facts: &Facts, at: Instant) -> Decision {
    let bytes = canon::to_bytes(facts);
    let mut decision = blank(policy, at, sha256(bytes.as_deref().unwrap_or_default()));
    if let Err(error) = ask(policy, &mut decision, facts, legal_date(at)) {
        deny(&mut decision, &*error);
    }
    if let Err(error) = bytes {
        deny(&mut decision, &error);
    }
    decision
}

fn blank(policy: &Policy, at: Instant, request: Digest) -> Decision {
    Decision {
        v: V1,
        permit: false,
        denials: Vec::new(),
        open: Vec::new(),
        duties: Vec::new(),
        notices: Vec::new(),
        policy: policy.hash(),
        state_index: None,
        uses_seen: BTreeMap::new(),
        application: None,
        rows: None,
        at,
        request,
    }
}

fn ask(policy: &Policy, decision: &mut Decision, facts: &Facts, today: Date) -> Result<(), Box<dyn Explain>> {
    let answer = policy.decide(facts, today).map_err(|error| -> Box<dyn Explain> { Box::new(error) })?;
    decision.permit = answer.permit;
    decision.denials = answer.denials;
    decision.open = answer.open;
    decision.duties = answer.duties;
    decision.notices = answer.notices;
    Ok(())
}

/// An error is a denial, which runs under no application and lets no row out.
pub(super) fn deny(decision: &mut Decision, error: &dyn Explain) {
    decision.permit = false;
    decision.duties.clear();
    (decision.application, decision.rows) = (None, None);
    let (code, cite, rule) = ("error".into(), "A5".into(), error.code().into());
    decision.denials.insert(0, Reason { code, cite, rule, zh: error.zh(), en: error.to_string() });
}
