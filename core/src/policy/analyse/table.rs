//! The decision table: each answer of a section with the cases that lead to it.

use serde::{Deserialize, Serialize};

use super::super::diagram::Diagrams;
use super::super::error::PolicyError;
use super::super::facts::{FactDefinition, Section};
use super::super::policy::Policy;
use super::Points;
use super::answers::Answer;
use super::diff::{Region, carried, region};

/// The most cases that an answer is told in.
const MAX_CASES: usize = 64;

/// Every answer of a section under the readings in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DecisionTable {
    /// The points of the space: every value of every fact.
    pub points: Points,
    /// The answers that are given somewhere.
    pub answers: Vec<AnswerCases>,
}

/// An answer and where it is given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AnswerCases {
    /// The answer.
    pub answer: Answer,
    /// At how many points.
    pub points: Points,
    /// Cases that may overlap, none of which could be wider or be left out; the largest first.
    pub cases: Vec<Region>,
    /// Whether there are more cases than are told.
    pub cut: bool,
}

impl Policy {
    /// Each answer that a section gives under the readings in force, as few cases: at most 64 an answer.
    ///
    /// # Errors
    /// [`PolicyError::Limit`] for a policy too large to be analysed.
    ///
    /// ```
    /// use kaifang::policy::{Answer, Policy, Section};
    /// use kaifang::terms::Openness;
    /// let table = Policy::builtin("xian-2022-013")?.decision_table(Section::Classification)?;
    /// let free = table.answers.iter().find(|row| row.answer == Answer::Permitted(vec![Openness::Unconditional]));
    /// let widest = &free.unwrap().cases[0];
    /// assert!(widest.limits.iter().any(|limit| limit.fact == "state_secret" && limit.values == [false.into()]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn decision_table(&self, section: Section) -> Result<DecisionTable, PolicyError> {
        let facts: Vec<&FactDefinition> = self.facts(section).iter().collect();
        let mut d = Diagrams::new(facts.iter().map(|fact| fact.domain.size() as u8).collect());
        let places: Vec<u8> = (0..facts.len() as u8).collect();
        let mut answers = Vec::new();
        for (answer, root) in carried(self, section, &places, &mut d)? {
            let cover = d.cover(root, MAX_CASES)?;
            answers.push(AnswerCases {
                answer,
                points: Points(d.count(root, d.variables())),
                cases: cover.cubes.iter().map(|(cube, points)| region(&facts, cube, *points)).collect(),
                cut: cover.cut,
            });
        }
        Ok(DecisionTable { points: Points(d.points(d.variables())), answers })
    }
}
