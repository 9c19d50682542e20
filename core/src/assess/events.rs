//! What a body records when it has assessed a dataset and chosen its class: the acts, ready for the log.

use std::collections::BTreeMap;

use super::Assessment;
use crate::policy::{Assertion, Policy};
use crate::process::{self, Act, Actor, Event, Role};
use crate::terms::{Digest, Openness, V1};

/// The choice of a class, and who answers for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The class.
    pub openness: Openness,
    /// Who asserts the facts: an office or a commitment, never a person's name.
    pub assessor: String,
    /// The digest of the decision of the leader in charge (A9.3).
    pub approval: Digest,
    /// For each fact that makes the answer laxer the digest of what shows it: consents, a finding, an opinion (A18.5).
    /// What treatment made of the table is shown by its evidence without being named here.
    pub evidence: BTreeMap<String, Digest>,
}

impl Assessment {
    /// Chooses a class and gives the acts of the entry's body that list, assess and open the last version, in the order in
    /// which they are recorded. Every known fact is asserted at the instant of the assessment.
    ///
    /// The choice is the body's within the permitted set (可列入); recording another class is refused.
    ///
    /// # Errors
    /// As [`Policy::classify`]; [`crate::canon::CanonError`] where a document has no canonical encoding.
    pub fn acts(&mut self, policy: &Policy, choice: &Choice) -> Result<[Act; 3], crate::Error> {
        self.choose(choice.openness)?;
        let version = self.last();
        let treatment = self.treated.as_ref().map(|treated| treated.evidence_digest);
        let dataset = self.entry.id.clone();
        let known = version.facts.iter().filter_map(|(fact, value)| value.map(|value| (fact, value)));
        let assertions = known.map(|(fact, value)| Assertion {
            v: V1,
            fact: fact.to_owned(),
            value: Some(value.clone()),
            by: choice.assessor.clone(),
            at: self.at,
            evidence: choice.evidence.get(fact).copied().or(treatment.filter(|_| fact == "desensitization")),
        });
        let assessment = process::Assessment {
            dataset: dataset.clone(),
            content: version.content,
            assertions: assertions.collect(),
            chosen: Some(choice.openness),
            assessor: choice.assessor.clone(),
            approval: Some(choice.approval),
            evidence: treatment.into_iter().collect(),
        };
        let body = self.entry.body.as_ref().map(|body| body.id.clone()).unwrap_or_default();
        let by = Actor::new(Role::OpeningBody, body);
        Ok([
            Act::new(by.clone(), Event::EntryListed { entry: Box::new(self.entry.clone()) }),
            Act::new(by.clone(), Event::assessed(policy, assessment, self.at)?),
            Act::new(by, Event::DatasetOpened { dataset, content: version.content }),
        ])
    }
}
