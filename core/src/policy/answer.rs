//! The policy's answers: documents that say what is permitted, why, and what is still open.
//!
//! They hold results only; nothing here is computed.

use serde::{Deserialize, Serialize};

use super::facts::Party;
use crate::terms::{Openness, Reason, V1, words};

words! {
    /// Whether the facts settle a classification.
    pub enum Status {
        /// Every completion of the unknown facts gives the same permitted classes.
        Determined = "determined", "已确定", "determined";
        /// The unknown facts matter: see `open`.
        NeedsAssessment = "needs_assessment", "待评估", "needs assessment";
        /// State secrets: outside the Measures (A2).
        OutOfScope = "out_of_scope", "不适用本办法", "out of scope";
    }
}

/// A ground that is live in some completion of the unknown facts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct GroundState {
    /// The ground.
    pub id: String,
    /// The article.
    pub cite: String,
    /// The relief that reaches it, if it is the same one wherever the ground is live.
    pub relieved_by: Option<String>,
}

/// Which classes a dataset may be put in, and why.
///
/// Lists of classes run from the strictest to the least strict, other lists in the policy file's order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Classification {
    /// The document's version.
    pub v: V1,
    /// Whether the facts settle it.
    pub status: Status,
    /// The classes that the body may choose from; empty unless determined.
    pub permitted: Vec<Openness>,
    /// The strictest permitted class; withheld while it needs assessment, none when out of scope.
    pub default: Option<Openness>,
    /// What the policy recommends within the permitted set; none unless determined.
    pub recommended: Option<Openness>,
    /// The classes permitted in some completion of the unknown facts.
    pub possible: Vec<Openness>,
    /// The steps to take before opening, in any completion.
    pub requires: Vec<Reason>,
    /// The grounds live in any completion.
    pub grounds: Vec<GroundState>,
    /// The facts whose answers always settle it, no fewer; empty when it is settled.
    pub open: Vec<String>,
    /// Why: the grounds and reliefs that hold in every completion; A19.1 while it needs assessment.
    pub reasons: Vec<Reason>,
    /// What the reader must be told about the policy itself.
    pub notices: Vec<Reason>,
}

/// A duty that a permit carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DutyTerm {
    /// The duty's code: `record`, `use_report`, `risk_report`.
    pub code: String,
    /// The article.
    pub cite: String,
    /// The rule in the policy file.
    pub rule: String,
    /// Who owes it.
    pub by: Party,
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

/// Whether an access is permitted, and why not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AccessAnswer {
    /// The document's version.
    pub v: V1,
    /// True only when every completion of the unknown facts permits.
    pub permit: bool,
    /// The denials of every completion in article order, the headline first; `unknown_facts` (A19.1) alone when none is
    /// certain and yet the access is not permitted. Empty exactly when permitted.
    pub denials: Vec<Reason>,
    /// The unknown facts on which the denials depend, in the policy file's order.
    pub open: Vec<String>,
    /// What the permit carries; empty when denied.
    pub duties: Vec<DutyTerm>,
    /// What the reader must be told about the policy itself.
    pub notices: Vec<Reason>,
}

impl AccessAnswer {
    /// The first denial in article order.
    #[must_use]
    pub fn headline(&self) -> Option<&Reason> {
        self.denials.first()
    }
}

/// A dated duty of the policy: so many working days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DeadlineRule {
    /// The duty's code: `complaint_reply`, `suggestion_reply`.
    pub code: String,
    /// The article.
    pub cite: String,
    /// Who owes it.
    pub by: Party,
    /// Within how many working days.
    pub working_days: u16,
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}
