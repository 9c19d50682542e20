//! What another policy, or another reading, changes in the permitted classes, and in permit or denial: for each pair of
//! them the points that go from one to the other, as few cubes.

use serde::{Deserialize, Serialize};

use super::super::diagram::{Cube, Diagrams, NEVER, Root};
use super::super::error::PolicyError;
use super::super::facts::{FactDefinition, FactValue, Section};
use super::super::policy::Policy;
use super::Points;
use super::answers::{Answer, answers, answers_where};
use crate::terms::{Digest, Text, V1};

/// The most cubes that a change is told in.
const MAX_CUBES: usize = 256;
/// The most facts that two policies have together: a set of them is one machine word.
const MAX_FACTS: usize = 64;

/// What changes from one policy to another, each under its readings in force, over the facts of both: whether data is in
/// scope, its permitted classes, and whether an access is permitted or denied.
///
/// The rest is not compared and may differ: what is recommended, the steps required, the rules and codes behind an answer,
/// duties, deadlines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Difference {
    /// The document's version.
    pub v: V1,
    /// The policy that answers first.
    pub from: Side,
    /// The policy that answers then.
    pub to: Side,
    /// Whether every point has the same permitted classes, or is out of scope for both, and the same permit or denial. What
    /// is not compared may differ.
    pub equal: bool,
    /// The permitted classes.
    pub classification: SectionDifference,
    /// Permits and denials.
    pub access: SectionDifference,
}

/// A policy that is compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Side {
    /// Its id.
    pub policy: String,
    /// Its hash: content and readings.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub hash: Digest,
}

impl Side {
    pub(in crate::policy) fn of(policy: &Policy) -> Side {
        Side { policy: policy.id().to_owned(), hash: policy.hash() }
    }
}

/// What changes in a section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SectionDifference {
    /// The points of the space: every value of every fact that one of the policies has.
    pub points: Points,
    /// The points whose answer changes.
    pub changed: Points,
    /// The facts that only the first policy has, or has with other values: the other answers the same whatever they are.
    pub only_from: Vec<String>,
    /// The facts that only the second policy has, or has with other values.
    pub only_to: Vec<String>,
    /// The changes, the largest first.
    pub changes: Vec<Change>,
}

/// The points that go from one answer to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Change {
    /// The first policy's answer.
    pub from: Answer,
    /// The second one's.
    pub to: Answer,
    /// How many points.
    pub points: Points,
    /// Where: cubes that may overlap, none of which could be wider or be left out; the largest first.
    pub cubes: Vec<Region>,
    /// Whether there are more cubes than are told.
    pub cut: bool,
}

/// The points at which each of some facts has one of some values; the other facts have any.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Region {
    /// The facts that are limited.
    #[serde(rename = "where")]
    pub limits: Vec<FactValues>,
    /// How many points.
    pub points: Points,
}

/// A fact and the values that it may have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FactValues {
    /// The fact.
    pub fact: String,
    /// Its values.
    pub values: Vec<FactValue>,
}

impl Policy {
    /// What changes from this policy to another, or from one reading to another, in the permitted classes and in permit or
    /// denial: exact, as few cubes with counts. [`Difference`] says what is not compared. Facts of the same id and domain are
    /// the same fact.
    ///
    /// # Errors
    /// [`PolicyError::Limit`] for policies too large to be compared.
    ///
    /// ```
    /// use kaifang::policy::Policy;
    /// let policy = Policy::builtin("xian-2022-013")?;
    /// let otherwise = policy.with_interpretation("conditional_preview", "treated_sample")?;
    /// let difference = policy.diff(&otherwise)?;
    /// assert!(difference.classification.changes.is_empty());
    /// let preview = &difference.access.changes[0];
    /// assert!(preview.cubes.iter().all(|cube| cube.limits.iter().any(|limit| limit.fact == "action")));
    /// assert!(policy.diff(&policy)?.equal);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn diff(&self, other: &Policy) -> Result<Difference, PolicyError> {
        let classification = compare(self, other, Section::Classification)?;
        let access = compare(self, other, Section::Access)?;
        let equal = classification.changes.is_empty() && access.changes.is_empty();
        Ok(Difference { v: V1, from: Side::of(self), to: Side::of(other), equal, classification, access })
    }
}

fn compare(from: &Policy, to: &Policy, section: Section) -> Result<SectionDifference, PolicyError> {
    let mut facts: Vec<&FactDefinition> = from.facts(section).iter().collect();
    let known = facts.len();
    let mut places = Vec::new();
    for fact in to.facts(section) {
        let place = facts.iter().take(known).position(|other| is_same(other, fact)).unwrap_or_else(|| {
            facts.push(fact);
            facts.len() - 1
        });
        places.push(place as u8);
    }
    if facts.len() > MAX_FACTS {
        return Err(PolicyError::Limit {
            what: Text::new("两份政策同一部分的事实数", "facts in one section of both policies"),
            limit: MAX_FACTS,
        });
    }
    let mut d = Diagrams::new(facts.iter().map(|fact| fact.domain.size() as u8).collect());
    let own: Vec<u8> = (0..known as u8).collect();
    let before = carried(from, section, &own, &mut d)?;
    let after = carried(to, section, &places, &mut d)?;

    let mut changes = Vec::new();
    let mut changed = NEVER;
    for (from, was) in &before {
        for (to, is) in after.iter().filter(|(to, _)| to != from) {
            let root = d.and(*was, *is)?;
            if root == NEVER {
                continue;
            }
            changed = d.or(changed, root)?;
            let cover = d.cover(root, MAX_CUBES)?;
            let cubes = cover.cubes.iter().map(|(cube, points)| region(&facts, cube, *points)).collect();
            let points = Points(d.count(root, d.variables()));
            changes.push(Change { from: from.clone(), to: to.clone(), points, cubes, cut: cover.cut });
        }
    }
    changes.sort_by_key(|change| std::cmp::Reverse(change.points));
    let ids = |of: &mut dyn Iterator<Item = usize>| -> Vec<String> {
        of.filter_map(|place| facts.get(place)).map(|fact| fact.id.clone()).collect()
    };
    Ok(SectionDifference {
        points: Points(d.points(d.variables())),
        changed: Points(d.count(changed, d.variables())),
        only_from: ids(&mut (0..known).filter(|place| !places.contains(&(*place as u8)))),
        only_to: ids(&mut (known..facts.len())),
        changes,
    })
}

/// Whether two policies mean the same fact.
///
/// Not inlined: the optimiser would look for a domain's words before it knows that there are any, harmlessly, and checkers of
/// memory take that for a fault.
#[inline(never)]
fn is_same(one: &FactDefinition, other: &FactDefinition) -> bool {
    one.id == other.id && one.domain == other.domain
}

/// A policy's answers under its readings in force, in other diagrams, where each of its facts has its place.
pub(super) fn carried(
    policy: &Policy,
    section: Section,
    places: &[u8],
    into: &mut Diagrams,
) -> Result<Vec<(Answer, Root)>, PolicyError> {
    let view = policy.view(section);
    let mut d = view.space.diagrams.reopen();
    let all = answers(&policy.model, section, &mut d)?;
    let here = answers_where(&all, &view.in_force(), &mut d)?;
    here.into_iter().map(|(answer, root)| Ok((answer, d.transfer(root, into, places)?))).collect()
}

/// A cube in the policy's own words.
pub(super) fn region(facts: &[&FactDefinition], Cube(allowed): &Cube, points: u128) -> Region {
    let limited =
        facts.iter().zip(allowed).filter(|(fact, values)| (values.count_ones() as usize) < fact.domain.size());
    let limits = limited.map(|(fact, values)| FactValues {
        fact: fact.id.clone(),
        values: (0..fact.domain.size())
            .filter(|value| values >> value & 1 == 1)
            .filter_map(|value| fact.domain.value_at(value))
            .collect(),
    });
    Region { limits: limits.collect(), points: Points(points) }
}
