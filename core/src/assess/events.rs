//! What a body records when it has assessed a dataset and chosen its class: the events, ready for the log.

use super::Assessment;
use crate::policy::{Assertion, Policy};
use crate::process;
use crate::process::Event;
use crate::terms::{Openness, V1};

impl Assessment {
    /// Chooses a class and gives the events that list, assess and open the last version, in the order in which they are
    /// recorded. Every known fact is asserted by `assessor` (an office or a commitment, never a person's name) at the
    /// instant of the assessment; what treatment made of the table names its evidence (A18.5).
    ///
    /// The choice is the body's within the permitted set (可列入); recording another class is refused.
    ///
    /// # Errors
    /// As [`Policy::classify`]; [`crate::canon::CanonError`] where a document has no canonical encoding.
    pub fn events(&mut self, policy: &Policy, chosen: Openness, assessor: &str) -> Result<[Event; 3], crate::Error> {
        self.choose(chosen)?;
        let version = self.last();
        let evidence = self.treated.as_ref().map(|treated| treated.evidence_digest);
        let dataset = self.entry.id.clone();
        let known = version.facts.iter().filter_map(|(fact, value)| value.map(|value| (fact, value)));
        let assertions = known.map(|(fact, value)| Assertion {
            v: V1,
            fact: fact.to_owned(),
            value: Some(value.clone()),
            by: assessor.to_owned(),
            at: self.at,
            evidence: evidence.filter(|_| fact == "desensitization"),
        });
        let assessment = process::Assessment {
            dataset: dataset.clone(),
            content: version.content,
            assertions: assertions.collect(),
            chosen: Some(chosen),
            assessor: assessor.to_owned(),
            evidence: evidence.into_iter().collect(),
        };
        Ok([
            Event::EntryListed { entry: Box::new(self.entry.clone()) },
            Event::assessed(policy, assessment, self.at)?,
            Event::DatasetOpened { dataset, content: version.content },
        ])
    }
}
