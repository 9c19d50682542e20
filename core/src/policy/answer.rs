//! The policy's answers: documents that say what is permitted, why, and what is still open.
//!
//! They hold results only; nothing here is computed.

use serde::{Deserialize, Serialize};

use super::facts::{FactValue, Facts, Party, Section};
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

/// An answer as a whole: what stays when reasons and duties are left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum Outcome {
    /// Of a classification.
    Classes {
        /// Determined or out of scope: a completion leaves nothing to assess.
        status: Status,
        /// The permitted classes, the strictest first.
        permitted: Vec<Openness>,
    },
    /// Of an access.
    Access {
        /// Whether it is permitted.
        permit: bool,
        /// The code of the first denial in article order; none when permitted.
        headline: Option<String>,
    },
}

words! {
    /// Another answer that somebody may wish for.
    pub enum Target {
        /// The class is permitted.
        Withheld = "withheld", "可以不予开放", "withheld is permitted";
        /// The class is permitted.
        Conditional = "conditional", "可以有条件开放", "conditional is permitted";
        /// The class is permitted.
        Unconditional = "unconditional", "可以无条件开放", "unconditional is permitted";
        /// The access is permitted.
        Permit = "permit", "准予访问", "the access is permitted";
    }
}

impl From<Openness> for Target {
    fn from(class: Openness) -> Self {
        match class {
            Openness::Withheld => Target::Withheld,
            Openness::Conditional => Target::Conditional,
            Openness::Unconditional => Target::Unconditional,
        }
    }
}

/// A fact that would have to be otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FactChange {
    /// The fact.
    pub fact: String,
    /// What is known of it now; `null` when it is unknown.
    pub from: Option<FactValue>,
    /// What it would have to be.
    pub to: FactValue,
}

/// What would have to be otherwise for another answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Counterfactual {
    /// The other answer.
    pub target: Target,
    /// The smallest changes that give it whatever stays unknown, the first eight: an earlier fact of the policy file
    /// comes before a later one, then an earlier value. Empty when no change of facts gives it.
    pub changes: Vec<Vec<FactChange>>,
    /// How many smallest changes there are.
    pub count: u32,
    /// Whether no smaller change gives it. False only where finding out took more effort than the library spends: then
    /// one change stands here from which nothing can be left out.
    pub smallest: bool,
}

/// Why an answer is what it is, and what would make it another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Explanation {
    /// The document's version.
    pub v: V1,
    /// The question.
    pub section: Section,
    /// A smallest set of the known facts that gives the same answer with all others unknown: the same status and
    /// permitted classes, the permit, or the headline denial. Of several the one with the earliest facts of the policy
    /// file. Empty while what is known settles nothing.
    pub sufficient: Facts,
    /// Whether no smaller set does. False only where finding out took more effort than the library spends: then still
    /// nothing can be left out.
    pub smallest: bool,
    /// For each class that is not permitted, or for an access that is denied, how it would be permitted.
    pub counterfactuals: Vec<Counterfactual>,
    /// Every answer that a completion of the unknown facts gives: classes from the strictest, then out of scope; the
    /// permit, then denials in article order.
    pub possible: Vec<Outcome>,
    /// The facts whose answers always settle it, as in the answer itself.
    pub open: Vec<String>,
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
