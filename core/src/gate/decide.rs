//! The decision: a pure function of policy, state, request and instant. It must never read a clock or write anything.

use serde::{Deserialize, Serialize};

use super::facts::facts_of;
use super::request::Request;
use crate::canon;
use crate::crypto::sha256;
use crate::error::Explain;
use crate::policy::{DutyTerm, Facts, Policy};
use crate::process::State;
use crate::terms::{Digest, Instant, Reason, V1, legal_date};

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
    /// The approved application that a permit runs under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application: Option<String>,
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

/// Decides a request on the state: nothing but the arguments counts, and the same arguments give the same bytes.
///
/// An error is a denial with the code `error` (A5): what can't be decided is not permitted.
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
    let access = facts_of(policy, state, request, legal_date(at));
    let mut decision = answer(policy, &access.facts, at, request);
    if let Err(error) = request.well_formed() {
        deny(&mut decision, &error);
    }
    decision.state_index = Some(state.index());
    decision.application = access.application.filter(|_| decision.permit);
    decision
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
    answer(policy, facts, at, facts)
}

/// `asked` is what the digest is of: the request, or the host's facts.
fn answer<T: Serialize>(policy: &Policy, facts: &Facts, at: Instant, asked: &T) -> Decision {
    let bytes = canon::to_bytes(asked);
    let request = sha256(bytes.as_deref().unwrap_or_default());
    let mut decision = Decision {
        v: V1,
        permit: false,
        denials: Vec::new(),
        open: Vec::new(),
        duties: Vec::new(),
        notices: Vec::new(),
        policy: policy.hash(),
        state_index: None,
        application: None,
        at,
        request,
    };
    match policy.decide(facts, legal_date(at)) {
        Ok(answer) => {
            decision.permit = answer.permit;
            decision.denials = answer.denials;
            decision.open = answer.open;
            decision.duties = answer.duties;
            decision.notices = answer.notices;
        }
        Err(error) => deny(&mut decision, &error),
    }
    // What has no canonical bytes (a count beyond 2^53 − 1) can't be recorded, and is not permitted either.
    if let Err(error) = bytes {
        deny(&mut decision, &error);
    }
    decision
}

/// An error is a denial.
fn deny(decision: &mut Decision, error: &dyn Explain) {
    decision.permit = false;
    decision.duties.clear();
    decision.denials.insert(
        0,
        Reason {
            code: "error".into(),
            cite: "A5".into(),
            rule: error.code().into(),
            zh: error.zh(),
            en: error.to_string(),
        },
    );
}
