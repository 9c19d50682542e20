//! Rules that do nothing: those that never hold, and those whose absence would change no answer.

use serde::{Deserialize, Serialize};

use super::super::classes::{Joined, Restriction, join_all};
use super::super::diagram::{Diagrams, NEVER, Root};
use super::super::error::PolicyError;
use super::super::facts::Section;
use super::super::model::{Model, Rule};
use super::super::provisions::RuleKind;
use super::view::View;

/// A rule of the policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RuleName {
    /// What it is.
    pub kind: RuleKind,
    /// Its id.
    pub id: String,
    /// The article.
    pub cite: String,
}

/// A rule that never holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DeadRule {
    /// The rule.
    pub rule: RuleName,
    /// Whether no reading lets it hold, or only the ones in force do not.
    pub under_every_reading: bool,
}

/// A rule whose absence would change no answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ShadowedRule {
    /// The rule.
    pub rule: RuleName,
    /// The rules that are enough without it; none where it would change nothing even alone.
    pub by: Vec<RuleName>,
}

fn named(kind: RuleKind, rule: &Rule) -> (RuleName, Root) {
    (RuleName { kind, id: rule.reason.rule.clone(), cite: rule.reason.cite.clone() }, rule.root)
}

/// Every rule of a section with where it does something.
fn all(model: &Model, section: Section, d: &mut Diagrams) -> Result<Vec<(RuleName, Root)>, PolicyError> {
    match section {
        Section::Classification => {
            let rules = &model.classification;
            let mut out = Vec::new();
            if !rules.out_of_scope.reason.rule.is_empty() {
                out.push(named(RuleKind::OutOfScope, &rules.out_of_scope));
            }
            let mut reliefs: Vec<(RuleName, Root)> = Vec::new();
            for ground in &rules.grounds {
                let name = RuleName {
                    kind: RuleKind::Ground,
                    id: ground.reason.rule.clone(),
                    cite: ground.reason.cite.clone(),
                };
                out.push((name, ground.live));
                for relief in &ground.reliefs {
                    let (name, root) = named(RuleKind::Relief, relief);
                    match reliefs.iter_mut().find(|(other, _)| *other == name) {
                        Some((_, somewhere)) => *somewhere = d.or(*somewhere, root)?,
                        None => reliefs.push((name, root)),
                    }
                }
            }
            out.append(&mut reliefs);
            out.extend(rules.requires.iter().map(|rule| named(RuleKind::Step, rule)));
            Ok(out)
        }
        Section::Access => {
            let rules = &model.access;
            let mut out: Vec<_> = rules.denials.iter().map(|rule| named(RuleKind::Denial, rule)).collect();
            for (root, duty) in &rules.duties {
                let name = RuleName { kind: RuleKind::Duty, id: duty.rule.clone(), cite: duty.cite.clone() };
                out.push((name, d.and(*root, rules.permit)?));
            }
            Ok(out)
        }
    }
}

/// The rules that never hold.
pub(super) fn dead(
    model: &Model,
    section: Section,
    view: View<'_>,
    d: &mut Diagrams,
) -> Result<Vec<DeadRule>, PolicyError> {
    let mut out = Vec::new();
    for (rule, root) in all(model, section, d)? {
        if d.assume(root, &view.in_force())? == NEVER {
            out.push(DeadRule { rule, under_every_reading: root == NEVER });
        }
    }
    Ok(out)
}

/// The rules that hold somewhere and yet change no answer under any reading: permitted classes and the recommended one,
/// permit or denial.
pub(super) fn shadowed(model: &Model, section: Section, d: &mut Diagrams) -> Result<Vec<ShadowedRule>, PolicyError> {
    match section {
        Section::Classification => shadowed_in_join(model, d),
        Section::Access => shadowed_denials(model, d),
    }
}

fn shadowed_denials(model: &Model, d: &mut Diagrams) -> Result<Vec<ShadowedRule>, PolicyError> {
    let denials = &model.access.denials;
    let mut behind = vec![NEVER];
    for rule in denials.iter().rev() {
        let last = behind.last().copied().unwrap_or(NEVER);
        behind.push(d.or(last, rule.root)?);
    }
    behind.pop();
    let mut out = Vec::new();
    let mut before = NEVER;
    for (place, rule) in denials.iter().enumerate() {
        let others = d.or(before, behind.pop().unwrap_or(NEVER))?;
        before = d.or(before, rule.root)?;
        if rule.root == NEVER || d.but_not(rule.root, others)? != NEVER {
            continue;
        }
        let mut by: Vec<&Rule> =
            denials.iter().enumerate().filter(|(other, _)| *other != place).map(|(_, rule)| rule).collect();
        let alone = |other: &&&Rule| d.but_not(rule.root, other.root).is_ok_and(|rest| rest == NEVER);
        match by.iter().find(alone) {
            Some(other) => by = vec![*other],
            None => {
                let mut index = 0;
                while index < by.len() {
                    let rest = by.iter().enumerate().filter(|(other, _)| *other != index);
                    let rest = rest.map(|(_, rule)| rule.root).try_fold(NEVER, |all, root| d.or(all, root))?;
                    if d.but_not(rule.root, rest)? == NEVER {
                        by.remove(index);
                    } else {
                        index += 1;
                    }
                }
            }
        }
        let by = by.into_iter().map(|rule| named(RuleKind::Denial, rule).0).collect();
        out.push(ShadowedRule { rule: named(RuleKind::Denial, rule).0, by });
    }
    Ok(out)
}

/// A ground by its place, or a relief by its place in the list of reliefs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Ground(usize),
    Relief(usize),
}

fn shadowed_in_join(model: &Model, d: &mut Diagrams) -> Result<Vec<ShadowedRule>, PolicyError> {
    let rules = &model.classification;
    let names = all(model, Section::Classification, &mut rules.space.diagrams.reopen())?;
    let name = |part: Part| match part {
        Part::Ground(place) => rules.grounds.get(place).map(|ground| &ground.reason),
        Part::Relief(index) => rules.grounds.iter().find_map(|ground| {
            let at = ground.reached_by.iter().position(|other| *other == index)?;
            ground.reliefs.get(at).map(|relief| &relief.reason)
        }),
    };
    let named = |part: Part| {
        let reason = name(part)?;
        names.iter().find(|(name, _)| name.id == reason.rule).cloned()
    };
    let parts = (0..rules.grounds.len()).map(Part::Ground).chain((0..rules.reliefs.len()).map(Part::Relief));
    let parts: Vec<Part> = parts.collect();
    let mut out = Vec::new();
    for &part in &parts {
        let Some((rule, root)) = named(part) else { continue };
        let mut others: Vec<Part> = parts.iter().copied().filter(|other| *other != part).collect();
        if root == NEVER || !changes_nothing(model, part, &others, d)? {
            continue;
        }
        // The grounds that a relief reaches stay, or it would have nothing to change.
        let reaches = |other: Part| match (part, other) {
            (Part::Relief(index), Part::Ground(place)) => {
                rules.grounds.get(place).is_some_and(|ground| ground.reached_by.contains(&index))
            }
            _ => false,
        };
        let mut index = 0;
        while let Some(&other) = others.get(index) {
            let rest: Vec<Part> = others.iter().copied().filter(|kept| *kept != other).collect();
            if !reaches(other) && changes_nothing(model, part, &rest, d)? {
                others = rest;
            } else {
                index += 1;
            }
        }
        out.push(ShadowedRule { rule, by: others.into_iter().filter_map(&named).map(|(name, _)| name).collect() });
    }
    Ok(out)
}

/// Whether a part changes nothing where only some others stand beside it.
fn changes_nothing(model: &Model, part: Part, others: &[Part], d: &mut Diagrams) -> Result<bool, PolicyError> {
    let without = joined(model, others, d)?;
    let with = joined(model, &[others, &[part]].concat(), d)?;
    Ok(with == without)
}

/// The join of some grounds under some reliefs.
fn joined(model: &Model, parts: &[Part], d: &mut Diagrams) -> Result<Joined, PolicyError> {
    let rules = &model.classification;
    let grounds = rules.grounds.iter().enumerate().filter(|(place, _)| parts.contains(&Part::Ground(*place)));
    let grounds: Vec<Restriction> = grounds
        .map(|(_, ground)| {
            let mut restriction = ground.restriction();
            restriction.reliefs.retain(|index| parts.contains(&Part::Relief(*index)));
            restriction
        })
        .collect();
    let in_scope = d.not(rules.out_of_scope.root)?;
    join_all(rules.base, in_scope, &grounds, &rules.reliefs, d)
}

/// Where an access is neither permitted nor denied, or both.
pub(super) fn permit_in_doubt(model: &Model, d: &mut Diagrams) -> Result<Root, PolicyError> {
    let denied = model.access.denials.iter().try_fold(NEVER, |all, rule| d.or(all, rule.root))?;
    let differ = d.differ(denied, model.access.permit)?;
    d.not(differ)
}

/// Where a permit carries two duties of one code.
pub(super) fn duties_twice(model: &Model, d: &mut Diagrams) -> Result<Root, PolicyError> {
    let duties = &model.access.duties;
    let mut twice = NEVER;
    for (place, (root, duty)) in duties.iter().enumerate() {
        for (other, _) in duties.iter().skip(place + 1).filter(|(_, other)| other.code == duty.code) {
            let both = d.and(*root, *other)?;
            let both = d.and(both, model.access.permit)?;
            twice = d.or(twice, both)?;
        }
    }
    Ok(twice)
}

/// Everything in an answer: what a fact must touch not to be redundant.
pub(super) fn answer_functions(model: &Model, section: Section, d: &mut Diagrams) -> Result<Vec<Root>, PolicyError> {
    // The rules that are named: grounds, reliefs and steps; denials, and duties where there is a permit.
    let mut functions: Vec<Root> = all(model, section, d)?.into_iter().map(|(_, root)| root).collect();
    if section == Section::Classification {
        let rules = &model.classification;
        // A relief of several grounds is one rule above, and yet it is told of each of them.
        functions.extend(rules.grounds.iter().flat_map(|ground| &ground.reliefs).map(|relief| relief.root));
        functions.extend(rules.permitted.iter().chain(&rules.recommended).map(|(_, root)| *root));
        functions.push(rules.out_of_scope.root);
    }
    Ok(functions)
}
