//! What a new policy changes in the catalog, before it is adopted: every dataset whose permitted classes change, with a
//! witness. Nothing is changed here.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::policy::{Classification, Facts, Policy, Section, Status};
use crate::process::{Assessed, PolicyInForce, State};
use crate::terms::{Digest, Instant, Openness, V1, legal_date};

/// What a policy answers for a dataset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Under {
    /// Whether the recorded facts settle it.
    pub status: Status,
    /// The permitted classes.
    pub permitted: Vec<Openness>,
    /// The codes of the steps to take before opening.
    pub requires: Vec<String>,
}

/// A dataset for which the policies answer differently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ClassChange {
    /// The dataset.
    pub dataset: String,
    /// The chosen class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chosen: Option<Openness>,
    /// What the assessment said.
    pub before: Under,
    /// What the new policy says of the same facts.
    pub after: Under,
    /// Whether the choice goes on under the new policy; else the dataset waits for its assessment.
    pub goes_on: bool,
    /// The fewest of its facts that already give the new answer.
    pub witness: Facts,
}

/// What adopting a policy changes (A40): the authority signs off its digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Upgrade {
    /// The document's version.
    pub v: V1,
    /// The policy in force.
    pub from: Digest,
    /// The new one.
    pub to: Digest,
    /// The readings that change: interpretation → (before, after); none where one of the policies does not have it.
    pub readings: BTreeMap<String, (Option<String>, Option<String>)>,
    /// The day on which it is asked.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub on: Date,
    /// The datasets for which the answer changes, in the order in which they came.
    pub changes: Vec<ClassChange>,
    /// How many are answered as before.
    pub unchanged: u64,
}

/// What adopting a policy would change on a day.
///
/// # Errors
/// What the new policy can't answer: a date on which it is not in force, a fact that it lacks.
pub fn upgrade(policy: &Policy, state: &State, at: Instant) -> Result<Upgrade, Error> {
    Assessments::of(state).upgrade(policy, at)
}

/// What an upgrade is worked out from. Taken out of the state, which nobody then waits for while it is.
pub(super) struct Assessments {
    policy: Option<PolicyInForce>,
    assessed: Vec<(String, Assessed)>,
}

impl Assessments {
    pub(super) fn of(state: &State) -> Self {
        let assessed = state.datasets().filter_map(|(id, dataset)| Some((id.to_owned(), *dataset.assessed.clone()?)));
        Assessments { policy: state.policy().cloned(), assessed: assessed.collect() }
    }

    pub(super) fn upgrade(&self, policy: &Policy, at: Instant) -> Result<Upgrade, Error> {
        let on = legal_date(at);
        let from = self.policy.as_ref().map_or(policy.hash(), |policy| policy.hash);
        let readings = readings(policy, self.policy.as_ref());
        let mut report = Upgrade { v: V1, from, to: policy.hash(), readings, on, changes: Vec::new(), unchanged: 0 };
        for (id, assessed) in &self.assessed {
            let facts = assessed.facts();
            let answer = policy.classify(&facts, on);
            let before = Under {
                status: assessed.status,
                permitted: assessed.permitted.clone(),
                requires: assessed.requires.iter().map(|(step, _)| step.clone()).collect(),
            };
            // A fact that the new policy lacks leaves its question open: the dataset waits for its assessment.
            let lacks = matches!(answer, Err(Error::Fact(_)));
            let after = match &answer {
                Err(_) if lacks => {
                    Under { status: Status::NeedsAssessment, permitted: Vec::new(), requires: Vec::new() }
                }
                Err(error) => return Err(error.clone()),
                Ok(answer) => under(answer),
            };
            if before == after {
                report.unchanged += 1;
                continue;
            }
            let goes_on = assessed.goes_on(after.status, &after.permitted, after.requires.iter().map(String::as_str));
            let witness = match lacks {
                true => Facts::new(),
                false => policy.explain(Section::Classification, &facts, on)?.sufficient,
            };
            let (dataset, chosen) = (id.clone(), assessed.chosen);
            report.changes.push(ClassChange { dataset, chosen, before, after, goes_on, witness });
        }
        Ok(report)
    }
}

/// The interpretations that are read another way.
fn readings(policy: &Policy, before: Option<&PolicyInForce>) -> BTreeMap<String, (Option<String>, Option<String>)> {
    let before = before.map(|policy| policy.interpretations.clone()).unwrap_or_default();
    let after = policy.readings_by_name();
    let names: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let both = names.into_iter().map(|name| (name.clone(), (before.get(name).cloned(), after.get(name).cloned())));
    both.filter(|(_, (before, after))| before != after).collect()
}

fn under(answer: &Classification) -> Under {
    Under {
        status: answer.status,
        permitted: answer.permitted.clone(),
        requires: answer.requires.iter().map(|step| step.code.clone()).collect(),
    }
}
