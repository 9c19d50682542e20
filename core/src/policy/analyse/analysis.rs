//! What each rule, fact and reading of a policy does, over the whole space.

use serde::{Deserialize, Serialize};

use super::super::diagram::{Diagrams, NEVER, Root};
use super::super::error::PolicyError;
use super::super::facts::{Facts, Section};
use super::super::policy::Policy;
use super::answers::{Answer, answers, answers_where};
use super::rules::{self, DeadRule, ShadowedRule};
use super::view::View;
use super::{Points, built_in};
use crate::terms::{Digest, V1};

/// What a policy's rules, facts and readings do, under the readings in force where nothing else is said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Analysis {
    /// The document's version.
    pub v: V1,
    /// The policy's id.
    pub policy: String,
    /// Its hash: content and readings.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub hash: Digest,
    /// Which classes are permitted.
    pub classification: SectionAnalysis,
    /// Whether an access is permitted.
    pub access: SectionAnalysis,
}

/// One section, over its whole space.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SectionAnalysis {
    /// The points of the space: every value of every fact.
    pub points: Points,
    /// Whether every point has an answer, under every reading.
    pub complete: bool,
    /// Whether no two rules of which one may hold hold together: reliefs of a ground, duties of a code.
    pub conflict_free: bool,
    /// The answers given, and at how many points.
    pub answers: Vec<AnswerCount>,
    /// The rules that never hold.
    pub dead: Vec<DeadRule>,
    /// The rules that hold somewhere and yet change no answer under any reading.
    pub shadowed: Vec<ShadowedRule>,
    /// The facts on which nothing in the answer depends, under any reading.
    pub redundant: Vec<String>,
    /// How often each fact matters, the most influential first.
    pub influence: Vec<Influence>,
    /// What each option that is not in force would change.
    pub readings: Vec<ReadingEffect>,
}

/// An answer, and at how many points it is given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AnswerCount {
    /// The answer.
    pub answer: Answer,
    /// How many points.
    pub points: Points,
}

/// How often the answer turns on a fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Influence {
    /// The fact.
    pub fact: String,
    /// The points at which another value of it changes the answer.
    pub points: Points,
    /// Their share of the space, in parts per million.
    pub share_ppm: u32,
}

/// What an option of an interpretation would change, all else as it is read now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReadingEffect {
    /// The interpretation.
    pub interpretation: String,
    /// The option in force.
    pub from: String,
    /// The other option.
    pub to: String,
    /// The points whose answer changes.
    pub points: Points,
    /// One of them.
    pub example: Option<Example>,
}

/// A point whose answer changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Example {
    /// Every fact of the section.
    pub facts: Facts,
    /// The facts that make it one; the others may have any value.
    pub decisive: Vec<String>,
    /// The answer now.
    pub from: Answer,
    /// The answer then.
    pub to: Answer,
}

impl Policy {
    /// What each rule, fact and reading does, over the whole space.
    ///
    /// # Errors
    /// [`PolicyError::Limit`] for a policy too large to be analysed.
    ///
    /// ```
    /// use kaifang::policy::{Points, Policy};
    /// let analysis = Policy::builtin("xian-2022-013")?.analyse()?;
    /// assert_eq!(analysis.classification.points, Points(2_359_296));
    /// assert!(analysis.classification.complete && analysis.classification.conflict_free);
    /// assert!(analysis.classification.shadowed.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn analyse(&self) -> Result<Analysis, PolicyError> {
        Ok(Analysis {
            v: V1,
            policy: self.id().to_owned(),
            hash: self.hash(),
            classification: self.analyse_section(Section::Classification)?,
            access: self.analyse_section(Section::Access)?,
        })
    }

    fn analyse_section(&self, section: Section) -> Result<SectionAnalysis, PolicyError> {
        let (model, view) = (&*self.model, self.view(section));
        let mut d = view.space.diagrams.reopen();
        let points = d.points(view.facts());
        let (without_answer, conflicts) = match section {
            Section::Classification => (built_in::without_class(model, &mut d)?, built_in::conflicts(model, &mut d)?),
            Section::Access => (rules::permit_in_doubt(model, &mut d)?, rules::duties_twice(model, &mut d)?),
        };
        let under_any = answers(model, section, &mut d)?;
        let now = answers_where(&under_any, &view.in_force(), &mut d)?;
        let support =
            rules::answer_functions(model, section, &mut d)?.iter().fold(0, |all, root| all | d.support(*root));
        let facts = view.space.facts.iter().enumerate();
        let redundant = facts.filter(|(place, _)| support >> place & 1 == 0).map(|(_, fact)| fact.id.clone());
        let counted = now
            .iter()
            .map(|(answer, root)| AnswerCount { answer: answer.clone(), points: Points(d.count(*root, view.facts())) });
        Ok(SectionAnalysis {
            points: Points(points),
            complete: without_answer == NEVER,
            conflict_free: conflicts == NEVER,
            answers: counted.collect(),
            dead: rules::dead(model, section, view, &mut d)?,
            shadowed: rules::shadowed(model, section, &mut view.space.diagrams.reopen())?,
            redundant: redundant.collect(),
            influence: influence(view, &now, points, &mut d)?,
            readings: readings(view, &under_any, &now, &mut d)?,
        })
    }
}

fn influence(
    view: View<'_>,
    now: &[(Answer, Root)],
    points: u128,
    d: &mut Diagrams,
) -> Result<Vec<Influence>, PolicyError> {
    let mut out = Vec::new();
    for (place, fact) in view.space.facts.iter().enumerate() {
        // Where one answer is given whatever the fact is, and everywhere else.
        let mut settled = 0u128;
        for (_, root) in now {
            let whatever = d.forall(*root, 1 << place)?;
            settled = settled.saturating_add(d.count(whatever, view.facts()));
        }
        let here = points.saturating_sub(settled);
        out.push(Influence { fact: fact.id.clone(), points: Points(here), share_ppm: ppm(here, points) });
    }
    out.sort_by_key(|influence| std::cmp::Reverse(influence.points));
    Ok(out)
}

/// A share in parts per million, rounded down. A section's facts fit in a packed word, so it has at most 2^64 points.
fn ppm(part: u128, whole: u128) -> u32 {
    (part.saturating_mul(1_000_000) / whole.max(1)).min(1_000_000) as u32
}

fn readings(
    view: View<'_>,
    under_any: &[(Answer, Root)],
    now: &[(Answer, Root)],
    d: &mut Diagrams,
) -> Result<Vec<ReadingEffect>, PolicyError> {
    let mut out = Vec::new();
    let facts = view.space.facts.len();
    for (place, (known, current)) in view.interpretations.iter().zip(view.readings).enumerate() {
        for (option, choice) in known.options.iter().enumerate().filter(|(option, _)| *option != usize::from(*current))
        {
            let mut read = view.in_force();
            read.get_mut(facts + place).into_iter().for_each(|slot| *slot = Some(option as u8));
            let then = answers_where(under_any, &read, d)?;
            let mut changed = NEVER;
            let mut example = None;
            for (from, was) in now {
                for (to, is) in then.iter().filter(|(to, _)| to != from) {
                    let here = d.and(*was, *is)?;
                    changed = d.or(changed, here)?;
                    if example.is_none()
                        && let Some(found) = view.witness(here, d)?
                    {
                        let (facts, decisive) = (found.facts, found.decisive);
                        example = Some(Example { facts, decisive, from: from.clone(), to: to.clone() });
                    }
                }
            }
            let option_id = known.options.get(usize::from(*current)).map(|choice| choice.id.clone());
            out.push(ReadingEffect {
                interpretation: known.id.clone(),
                from: option_id.unwrap_or_default(),
                to: choice.id.clone(),
                points: Points(d.count(changed, view.facts())),
                example,
            });
        }
    }
    Ok(out)
}
