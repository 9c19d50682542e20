//! The answers that a section can give, each as the function that is true where it is given.

use serde::{Deserialize, Serialize};

use super::super::diagram::{Diagrams, NEVER, Root};
use super::super::error::PolicyError;
use super::super::facts::Section;
use super::super::model::Model;
use crate::terms::Openness;

/// What a policy answers to a point of which every fact is known, as far as answers are counted and compared: the permitted
/// classes alone, or permit or denial, without what is recommended or required and without reasons and duties.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// The data is outside the instrument.
    OutOfScope,
    /// The permitted classes, the strictest first.
    Permitted(Vec<Openness>),
    /// The access is permitted.
    Permit,
    /// The access is denied.
    Deny,
}

/// Every answer of a section with the points at which it is given, over facts and readings: each point has one.
pub(super) fn answers(model: &Model, section: Section, d: &mut Diagrams) -> Result<Vec<(Answer, Root)>, PolicyError> {
    match section {
        Section::Access => {
            let permit = model.access.permit;
            Ok(vec![(Answer::Permit, permit), (Answer::Deny, d.not(permit)?)])
        }
        Section::Classification => {
            let rules = &model.classification;
            let outside = rules.out_of_scope.root;
            let mut sets = vec![(Vec::new(), d.not(outside)?)];
            for (class, root) in rules.permitted {
                let mut divided = Vec::new();
                for (set, here) in sets {
                    let (with, without) = (d.and(here, root)?, d.but_not(here, root)?);
                    divided.push(([set.as_slice(), &[class]].concat(), with));
                    divided.push((set, without));
                }
                sets = divided;
            }
            let sets = sets.into_iter().map(|(set, root)| (Answer::Permitted(set), root));
            Ok([(Answer::OutOfScope, outside)].into_iter().chain(sets).collect())
        }
    }
}

/// The answers that are given somewhere once some variables are known.
pub(super) fn answers_where(
    answers: &[(Answer, Root)],
    known: &[Option<u8>],
    d: &mut Diagrams,
) -> Result<Vec<(Answer, Root)>, PolicyError> {
    let mut out = Vec::new();
    for (answer, root) in answers {
        let here = d.assume(*root, known)?;
        if here != NEVER {
            out.push((answer.clone(), here));
        }
    }
    Ok(out)
}
