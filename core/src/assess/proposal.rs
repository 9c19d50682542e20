//! What a scan proposes to the assessor: facts that hold, never facts that do not.

use serde::{Deserialize, Serialize};

use crate::detect::Findings;
use crate::policy::{FactValue, Facts};

/// A fact that the content of a table speaks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Proposal {
    /// The fact.
    pub fact: String,
    /// The proposed value.
    pub value: FactValue,
    /// The columns that speak for it.
    pub columns: Vec<String>,
    /// Whether the assessor has answered otherwise. Such an answer does not stand: what the table holds is not a matter
    /// of opinion. Whoever finds it harmless says so by `harm_ruled_out`, with recorded grounds.
    pub contradicted: bool,
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

/// What the findings propose, given what the assessor has answered, and the facts with the proposals taken in.
#[must_use]
pub fn propose(findings: &Findings, answered: &Facts) -> (Vec<Proposal>, Facts) {
    let mut facts = answered.clone();
    let mut proposals = Vec::new();
    if !findings.direct.is_empty() {
        let value = FactValue::Bool(true);
        let contradicted = answered.get("personal_privacy").is_some_and(|answer| *answer != value);
        facts.set("personal_privacy", value.clone());
        proposals.push(Proposal {
            fact: "personal_privacy".to_owned(),
            value,
            columns: findings.direct.clone(),
            contradicted,
            zh: format!("{} 列含有直接标识符,涉及个人隐私", findings.direct.len()),
            en: format!("{} columns hold direct identifiers: personal privacy is involved", findings.direct.len()),
        });
    }
    (proposals, facts)
}
