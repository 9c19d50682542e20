//! A section's space as it is analysed, and its points in the policy's own words.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::super::diagram::{ALWAYS, Cube, Diagrams, Root};
use super::super::error::PolicyError;
use super::super::facts::{FactValue, Facts, Section};
use super::super::model::{Interpretation, Space};
use super::super::policy::Policy;
use super::Points;

/// A point at which a statement does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Counterexample {
    /// Every fact of the section; the one that is unknown there is `null`.
    pub facts: Facts,
    /// The facts that make it one; the others may have any value.
    pub decisive: Vec<String>,
    /// Interpretation → option.
    pub readings: BTreeMap<String, String>,
    /// The change that shows it, where the statement is about a change.
    pub then: Option<Then>,
    /// At how many of the points the statement does not hold, for the same change.
    pub points: Points,
}

/// One fact takes another value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Then {
    /// The fact.
    pub fact: String,
    /// Its value then.
    pub value: FactValue,
}

/// The space of a section together with the readings behind it.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) space: &'a Space,
    pub(super) interpretations: &'a [Interpretation],
    /// For each interpretation the place of its option in force.
    pub(super) readings: &'a [u8],
}

impl Policy {
    pub(super) fn view(&self, section: Section) -> View<'_> {
        let space = match section {
            Section::Classification => &self.model.classification.space,
            Section::Access => &self.model.access.space,
        };
        View { space, interpretations: &self.model.interpretations, readings: &self.readings }
    }
}

impl View<'_> {
    /// The variables that are facts, one bit each.
    pub(super) fn facts(&self) -> u64 {
        self.space.facts.iter().enumerate().fold(0, |all, (place, _)| all | 1 << place)
    }

    /// The readings in force put in, the facts left open.
    pub(super) fn in_force(&self) -> Vec<Option<u8>> {
        let facts = self.space.facts.iter().map(|_| None);
        facts.chain(self.readings.iter().map(|reading| Some(*reading))).collect()
    }

    /// A point at which a function is true, under the readings in force if there is one. `None` if it never is.
    pub(super) fn witness(&self, root: Root, d: &mut Diagrams) -> Result<Option<Counterexample>, PolicyError> {
        let here = d.assume(root, &self.in_force())?;
        let (root, over) = if here > 0 { (here, self.facts()) } else { (root, d.variables()) };
        let points = Points(d.count(root, over));
        Ok(d.widest(root).map(|cube| self.point(&cube, points)))
    }

    fn point(&self, Cube(allowed): &Cube, points: Points) -> Counterexample {
        let mut facts = Facts::new();
        let mut decisive = Vec::new();
        for (definition, values) in self.space.facts.iter().zip(allowed) {
            if let Some(value) = definition.domain.value_at(values.trailing_zeros() as usize) {
                facts.set(definition.id.clone(), value);
            }
            if (values.count_ones() as usize) < definition.domain.size() {
                decisive.push(definition.id.clone());
            }
        }
        let behind = allowed.iter().skip(self.space.facts.len());
        let readings =
            self.interpretations.iter().zip(self.readings).zip(behind).filter_map(|((known, now), values)| {
                let place = if values >> now & 1 == 1 { usize::from(*now) } else { values.trailing_zeros() as usize };
                Some((known.id.clone(), known.options.get(place)?.id.clone()))
            });
        Counterexample { facts, decisive, readings: readings.collect(), then: None, points }
    }

    /// A fact with one of its values.
    pub(super) fn then(&self, fact: u8, value: u8) -> Option<Then> {
        let definition = self.space.facts.get(usize::from(fact))?;
        Some(Then { fact: definition.id.clone(), value: definition.domain.value_at(usize::from(value))? })
    }
}

/// The function that is true at one complete point and nowhere else, whatever the readings.
pub(super) fn only_at(facts: &Facts, space: &Space, d: &mut Diagrams) -> Result<Root, PolicyError> {
    space.facts.iter().enumerate().try_fold(ALWAYS, |all, (place, definition)| {
        match facts.get(&definition.id).and_then(|value| definition.domain.index_of(value)) {
            Some(value) => {
                let test = d.test(place as u8, value)?;
                d.and(all, test)
            }
            None => Ok(all),
        }
    })
}
