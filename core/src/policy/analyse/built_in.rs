//! What every policy has to be, whatever it says.

use super::super::answer::Status;
use super::super::diagram::{Diagrams, NEVER, Root};
use super::super::error::PolicyError;
use super::super::facts::Facts;
use super::super::model::{Model, Violation};
use super::view::{View, only_at};
use crate::terms::{Openness, Reason};

/// The ids of the built-in statements: no declared property has one of them.
pub(in super::super) const BUILT_IN: &[&str] =
    &["complete", "conflict_free", "relief_reaches_only_its_own", "withheld_by_default", "unknown_never_permits"];

/// A statement, and where it does not hold.
pub(super) struct Statement {
    pub(super) reason: Reason,
    pub(super) every_reading: bool,
    pub(super) violations: Vec<Violation>,
    /// The fact that a violation turns on is unknown before.
    pub(super) unknown: bool,
}

fn statement(id: &str, cite: &str, zh: &str, en: &str, violations: Vec<Violation>) -> Statement {
    let owned = str::to_owned;
    let reason = Reason { code: owned(id), cite: owned(cite), rule: owned(id), zh: owned(zh), en: owned(en) };
    Statement { reason, every_reading: true, violations, unknown: false }
}

fn at(root: Root) -> Violation {
    Violation { root, turned_on: None }
}

/// What the classification of every policy has to be.
pub(super) fn classification(model: &Model, view: View<'_>, d: &mut Diagrams) -> Result<Vec<Statement>, PolicyError> {
    let rules = &model.classification;
    let otherwise = rules.otherwise.cite.as_str();
    Ok(vec![
        statement(
            "complete",
            otherwise,
            "适用范围内的每种情形都有至少一个允许的开放属性。",
            "Every case in scope has a class that is permitted.",
            vec![at(without_class(model, d)?)],
        ),
        statement(
            "conflict_free",
            otherwise,
            "同一依据至多有一条缓和规则适用;适用范围内恰有一个建议的开放属性,且在允许的范围内。",
            "At most one relief applies to a ground; in scope exactly one class is recommended, and it is permitted.",
            vec![at(conflicts(model, d)?)],
        ),
        statement(
            "relief_reaches_only_its_own",
            rules.grounds.iter().flat_map(|ground| &ground.reliefs).next().map_or(otherwise, |rule| &rule.reason.cite),
            "依据的状态和允许范围,只随自身条件与指明它的缓和规则中的事实变化。",
            "What a ground permits changes only with facts that its condition or a relief naming it looks at.",
            reached_by_others(model, view, d)?,
        ),
        statement(
            "withheld_by_default",
            &rules.unknown.cite,
            "默认取允许范围内最严的开放属性。另在现行解释下,就可左右允许范围的每项事实各试一种情形:该事实未明时按不予开放。",
            "The default is the strictest permitted class. And at one point tried for each fact that matters, under the \
             readings in force, it is withheld while that fact is unknown.",
            laxer_defaults(model, view, d)?,
        ),
    ])
}

/// What the access decisions of every policy have to be.
pub(super) fn access(model: &Model, view: View<'_>, d: &mut Diagrams) -> Result<Vec<Statement>, PolicyError> {
    let mut unknown = statement(
        "unknown_never_permits",
        &model.access.unknown.cite,
        "任一事实未明而仍允许访问的,该事实无论取何值都允许;无论取何值都允许的,不因其未明而拒绝。",
        "An access permitted while a fact is unknown is permitted whatever that fact is, and the other way round.",
        permitted_unknown(model, view, d)?,
    );
    unknown.unknown = true;
    Ok(vec![unknown])
}

fn any(roots: impl IntoIterator<Item = Root>, d: &mut Diagrams) -> Result<Root, PolicyError> {
    roots.into_iter().try_fold(NEVER, |all, root| d.or(all, root))
}

pub(super) fn without_class(model: &Model, d: &mut Diagrams) -> Result<Root, PolicyError> {
    let rules = &model.classification;
    let answered = any(rules.permitted.map(|(_, root)| root).into_iter().chain([rules.out_of_scope.root]), d)?;
    d.not(answered)
}

pub(super) fn conflicts(model: &Model, d: &mut Diagrams) -> Result<Root, PolicyError> {
    let rules = &model.classification;
    let mut conflict = NEVER;
    for ground in &rules.grounds {
        conflict = both(ground.reliefs.iter().map(|relief| relief.root), conflict, d)?;
    }
    conflict = both(rules.recommended.map(|(_, root)| root), conflict, d)?;
    let recommended = any(rules.recommended.map(|(_, root)| root), d)?;
    let in_scope = d.not(rules.out_of_scope.root)?;
    let none = d.but_not(in_scope, recommended)?;
    conflict = d.or(conflict, none)?;
    for ((_, recommended), (_, permitted)) in rules.recommended.iter().zip(&rules.permitted) {
        let outside = d.but_not(*recommended, *permitted)?;
        conflict = d.or(conflict, outside)?;
    }
    Ok(conflict)
}

/// Where two of the functions are true, besides what was found before.
fn both(roots: impl IntoIterator<Item = Root>, found: Root, d: &mut Diagrams) -> Result<Root, PolicyError> {
    let (mut seen, mut twice) = (NEVER, found);
    for root in roots {
        let again = d.and(seen, root)?;
        twice = d.or(twice, again)?;
        seen = d.or(seen, root)?;
    }
    Ok(twice)
}

fn reached_by_others(model: &Model, view: View<'_>, d: &mut Diagrams) -> Result<Vec<Violation>, PolicyError> {
    let mut out = Vec::new();
    for rule in &model.classification.grounds {
        let state = rule.reliefs.iter().map(|relief| relief.root);
        let functions: Vec<Root> = state.chain(rule.set).chain([rule.live]).collect();
        let support = functions.iter().fold(0, |all, root| all | d.support(*root));
        for (fact, definition) in view.space.facts.iter().enumerate() {
            if (support & !rule.own) >> fact & 1 == 0 {
                continue;
            }
            for value in 0..definition.domain.size() as u8 {
                let mut changed = NEVER;
                for root in &functions {
                    let then = d.with(*root, fact as u8, value)?;
                    let differ = d.differ(*root, then)?;
                    changed = d.or(changed, differ)?;
                }
                out.push(Violation { root: changed, turned_on: Some((fact as u8, value)) });
            }
        }
    }
    Ok(out)
}

fn laxer_defaults(model: &Model, view: View<'_>, d: &mut Diagrams) -> Result<Vec<Violation>, PolicyError> {
    let rules = &model.classification;
    let mut out = Vec::new();
    // The evaluator's default is the first class of its list that is permitted.
    let mut before = NEVER;
    for (class, root) in rules.permitted {
        let default = d.but_not(root, before)?;
        before = d.or(before, root)?;
        let stricter = any(rules.permitted.iter().filter(|(other, _)| *other > class).map(|(_, root)| *root), d)?;
        out.push(at(d.and(default, stricter)?));
    }
    // And the evaluator itself, at one point for each fact on which the set turns there, under the readings in force.
    let settled = rules.permitted.map(|(_, root)| root);
    for fact in 0..view.space.facts.len() as u8 {
        let mut turns = NEVER;
        for root in settled {
            let here = d.turns_on(root, fact)?;
            turns = d.or(turns, here)?;
        }
        let turns = d.assume(turns, &view.in_force())?;
        if let Some((facts, _)) = unknown_at(turns, fact, view, d)? {
            let answer = model.classify(&facts, model.from, view.readings);
            let withheld = answer.is_ok_and(|answer| {
                answer.status == Status::NeedsAssessment && answer.default == Some(Openness::Withheld)
            });
            if !withheld {
                out.push(at(only_at(&facts, view.space, d)?));
            }
        }
    }
    Ok(out)
}

/// Two ways: what the evaluator's `restrict` leaves of the functions, for all points at once; and the evaluator itself,
/// at a point for each value on which the answer turns.
fn permitted_unknown(model: &Model, view: View<'_>, d: &mut Diagrams) -> Result<Vec<Violation>, PolicyError> {
    let rules = &model.access;
    let mut out = Vec::new();
    let permit_in_force = d.assume(rules.permit, &view.in_force())?;
    for (fact, definition) in view.space.facts.iter().enumerate() {
        let (place, bit) = (fact as u8, 1 << fact);
        // With the fact unknown the evaluator permits where no denial is possible.
        let denied = any(rules.denials.iter().map(|rule| rule.root), d)?;
        let possible = d.exists(denied, bit)?;
        let whatever = d.forall(rules.permit, bit)?;
        let permitted_wrongly = d.not(possible).and_then(|safe| d.but_not(safe, rules.permit))?;
        let denied_wrongly = d.and(whatever, possible)?;
        let turns = d.turns_on(permit_in_force, place)?;
        for value in 0..definition.domain.size() as u8 {
            let test = d.test(place, usize::from(value))?;
            if !restriction_keeps(permitted_wrongly, denied_wrongly, rules.permit, (place, value), d)? {
                let wrongly = d.or(permitted_wrongly, denied_wrongly)?;
                let here = d.and(wrongly, test)?;
                let root = if here == NEVER { test } else { here };
                out.push(Violation { root, turned_on: Some((place, value)) });
            }
            let permits =
                |facts: &Facts| model.decide(facts, model.from, view.readings).is_ok_and(|answer| answer.permit);
            let here = d.and(turns, test)?;
            let (denied, permitted) = (d.but_not(here, permit_in_force)?, d.and(here, permit_in_force)?);
            if let Some((unknown, complete)) = unknown_at(denied, place, view, d)?
                && (permits(&unknown) || permits(&complete))
            {
                let root = only_at(&complete, view.space, d)?;
                out.push(Violation { root, turned_on: Some((place, value)) });
            }
            if let Some((_, complete)) = unknown_at(permitted, place, view, d)?
                && !permits(&complete)
            {
                let root = only_at(&complete, view.space, d)?;
                out.push(Violation { root, turned_on: Some((place, value)) });
            }
        }
    }
    Ok(out)
}

/// Whether the evaluator's `restrict`, given one value, finds neither fault at any point, and of `permit` what putting
/// the value in leaves.
fn restriction_keeps(
    permitted_wrongly: Root,
    denied_wrongly: Root,
    permit: Root,
    (fact, value): (u8, u8),
    d: &mut Diagrams,
) -> Result<bool, PolicyError> {
    let left = d.with(permit, fact, value)?;
    // It passes over every node, so it gets those that matter alone.
    let [mut a, mut b, mut permit, mut left] = [permitted_wrongly, denied_wrongly, permit, left];
    let alone = d.pruned(&mut [&mut a, &mut b, &mut permit, &mut left]);
    let known: Vec<Option<u8>> = (0..=fact).map(|other| (other == fact).then_some(value)).collect();
    let rest = alone.restrict(&known);
    Ok(!rest.possible(a) && !rest.possible(b) && rest.same(permit, left))
}

/// A point at which a function is true: with the fact unknown, and whole.
fn unknown_at(root: Root, fact: u8, view: View<'_>, d: &mut Diagrams) -> Result<Option<(Facts, Facts)>, PolicyError> {
    let id = view.space.facts.get(usize::from(fact)).map(|definition| definition.id.as_str());
    Ok(view.witness(root, d)?.zip(id).map(|(found, id)| {
        let mut unknown = found.facts.clone();
        unknown.forget(id);
        (unknown, found.facts)
    }))
}
