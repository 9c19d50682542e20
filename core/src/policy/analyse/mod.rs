//! The whole space of a policy at once: what it proves, what each rule and reading does, and what another policy
//! changes.
//!
//! Every question becomes a function over the facts, built on a copy of the policy's own diagrams; it is exact, with a
//! count of the points and one of them as a witness. Nothing is enumerated or sampled, but that two built-in statements,
//! `withheld_by_default` and `unknown_never_permits`, also put single points to the evaluator itself.
//!
//! This room must never answer a case: it proves things about the answers that `evaluate` gives.

mod analysis;
mod answers;
mod built_in;
mod diff;
mod prove;
mod rules;
mod table;
#[cfg(test)]
mod tests;
mod view;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use analysis::{Analysis, AnswerCount, Example, Influence, ReadingEffect, SectionAnalysis};
pub use answers::Answer;
pub(super) use built_in::BUILT_IN;
pub use diff::{Change, Difference, FactValues, Region, SectionDifference, Side};
pub use prove::{Proof, Proofs};
pub use rules::{DeadRule, RuleName, ShadowedRule};
pub use table::{AnswerCases, DecisionTable};
pub use view::{Counterexample, Then};

/// A number of points of a space; 2^128 − 1 stands for that many and more. In documents: a string of decimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Points(pub u128);

impl fmt::Display for Points {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl Serialize for Points {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Points {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let digits = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        digits.parse().map(Points).map_err(serde::de::Error::custom)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Points {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Points".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^[0-9]{1,39}$" })
    }
}
