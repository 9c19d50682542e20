//! What a scan proposes to the assessor: facts that hold, never facts that do not.

use serde::{Deserialize, Serialize};

use super::Evidence;
use crate::desensitize::{Desensitization, Transform};
use crate::detect::Findings;
use crate::kinds::Role;
use crate::policy::{FactValue, Facts};
use crate::terms::Word;

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

/// What the scan of a treated table says against its treatment: direct identifiers that the treatment left.
///
/// A column that only its name gives away, and whose cells the plan replaced, is none of them.
pub(super) fn exposed(findings: &Findings, evidence: &Evidence, answered: &Facts) -> Option<Proposal> {
    let kept = |name: &str| {
        let column = evidence.applied.columns.iter().find(|column| column.name == name);
        column.is_none_or(|column| column.transform == Transform::Keep)
    };
    let direct = findings.columns.iter().filter(|column| column.role == Role::Direct);
    let left = direct.filter(|column| column.matched > 0 || kept(&column.name));
    let columns: Vec<String> = left.map(|column| column.name.clone()).collect();
    if columns.is_empty() {
        return None;
    }
    let value = FactValue::Word(Desensitization::None.id().to_owned());
    Some(Proposal {
        fact: "desensitization".to_owned(),
        contradicted: answered.get("desensitization").is_some_and(|answer| *answer != value),
        value,
        zh: format!("处理后仍有 {} 列含有直接标识符,视为未脱敏", columns.len()),
        en: format!("{} columns still hold direct identifiers after treatment: not desensitized", columns.len()),
        columns,
    })
}
