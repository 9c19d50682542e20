//! Grounds, reliefs and their join.

use toml::Spanned;

use super::super::diagram::{NEVER, Root};
use super::super::error::PolicyError;
use super::super::file::{ClassificationSection, Places, ReliefEntry};
use super::super::model::{ClassificationRules, Ground, Interpretation, Rule, Space};
use super::names::{Names, incomplete, mark};
use crate::terms::{Openness, Reason};

/// Where each class is in a set: unconditional, conditional, withheld.
type Classes = [Root; 3];

/// A relief whose condition is known, before it is put on its grounds.
struct Relief {
    holds: Root,
    reason: Reason,
    permits: Classes,
    yields_to: Vec<usize>,
    recommend_opening: bool,
}

pub(super) fn compile(
    section: &ClassificationSection,
    interpretations: &[Interpretation],
    places: Places<'_>,
) -> Result<ClassificationRules, PolicyError> {
    let mut names = Names::new(&section.facts, &section.definitions, interpretations, places)?;
    let mut out_of_scope = match &section.out_of_scope {
        Some(rule) => Rule {
            reason: names.reason("rule", &rule.id, rule.cite.get_ref(), &rule.zh, &rule.en)?,
            root: names.condition(&rule.when)?,
        },
        None => {
            let empty = String::new;
            let reason = Reason { code: empty(), cite: empty(), rule: empty(), zh: empty(), en: empty() };
            Rule { root: NEVER, reason }
        }
    };
    let unknown = &section.unknown;
    let unknown = mark("unknown_facts", &unknown.cite, unknown.cite.get_ref(), &unknown.zh, &unknown.en, places)?;
    let otherwise = &section.otherwise;
    let mut permitted = fixed(&otherwise.base, "otherwise", &otherwise.cite, places)?;
    let otherwise = mark("otherwise", &otherwise.cite, otherwise.cite.get_ref(), &otherwise.zh, &otherwise.en, places)?;

    check_relieved(section, places)?;
    let reliefs = reliefs(section, &mut names, places)?;
    let in_scope = names.diagrams.not(out_of_scope.root)?;
    let mut grounds = Vec::new();
    // Where every live ground that withholds is relieved by a relief that recommends opening.
    let mut opening_recommended = in_scope;
    for entry in &section.grounds {
        let reason = names.reason("ground", &entry.id, entry.cite.get_ref(), &entry.zh, &entry.en)?;
        let live = names.condition(&entry.when)?;
        let live = names.diagrams.and(live, in_scope)?;
        let base = fixed(&entry.base, entry.id.get_ref(), &entry.id, places)?;
        let reaching: Vec<usize> = section
            .reliefs
            .iter()
            .enumerate()
            .filter(|(_, relief)| relief.relieves.iter().any(|ground| ground.get_ref() == entry.id.get_ref()))
            .map(|(index, _)| index)
            .collect();
        check_order(&entry.id, &reaching, live, &reliefs, &mut names, places)?;

        let mut applied = Vec::new();
        let mut unrelieved = live;
        let mut set = [NEVER; 3];
        for &index in &reaching {
            let Some(relief) = reliefs.get(index) else { continue };
            let mut applies = names.diagrams.and(live, relief.holds)?;
            for first in relief.yields_to.iter().filter(|first| reaching.contains(first)) {
                let first = reliefs.get(*first).map_or(NEVER, |first| first.holds);
                applies = names.diagrams.but_not(applies, first)?;
            }
            unrelieved = names.diagrams.but_not(unrelieved, relief.holds)?;
            set = union(set, narrowed(relief.permits, applies, &mut names)?, &mut names)?;
            applied.push((Rule { root: applies, reason: relief.reason.clone() }, relief.recommend_opening));
        }
        set = union(set, narrowed(base, unrelieved, &mut names)?, &mut names)?;
        // A ground that is not live restricts nothing: {unconditional} is the join's identity.
        let dead = names.diagrams.not(live)?;
        let [unconditional, _, _] = &mut set;
        *unconditional = names.diagrams.or(*unconditional, dead)?;
        permitted = join(permitted, set, &mut names)?;

        if entry.base.contains(&Openness::Withheld) {
            let recommending = applied.iter().filter(|(_, recommend)| *recommend);
            let fine =
                recommending.map(|(rule, _)| rule.root).try_fold(dead, |all, root| names.diagrams.or(all, root))?;
            opening_recommended = names.diagrams.and(opening_recommended, fine)?;
        }
        grounds.push(Ground { live, reason, reliefs: applied.into_iter().map(|(rule, _)| rule).collect() });
    }
    let mut requires = Vec::new();
    for rule in &section.requires {
        let reason = names.reason("step", &rule.id, rule.cite.get_ref(), &rule.zh, &rule.en)?;
        let root = names.condition(&rule.when)?;
        requires.push(Rule { root: names.diagrams.and(root, in_scope)?, reason });
    }

    let [mut unconditional, mut conditional, mut withheld] = narrowed(permitted, in_scope, &mut names)?;
    let d = &mut names.diagrams;
    // Recommended: the strictest permitted class, below withheld where opening is recommended and something is.
    let below = d.or(conditional, unconditional)?;
    let passed_over = d.and(opening_recommended, below)?;
    let mut recommend_withheld = d.but_not(withheld, passed_over)?;
    let mut recommend_conditional = d.but_not(conditional, recommend_withheld)?;
    let mut recommend_unconditional = d.but_not(unconditional, recommend_withheld)?;
    recommend_unconditional = d.but_not(recommend_unconditional, conditional)?;

    let mut roots = vec![
        &mut out_of_scope.root,
        &mut unconditional,
        &mut conditional,
        &mut withheld,
        &mut recommend_unconditional,
        &mut recommend_conditional,
        &mut recommend_withheld,
    ];
    roots.extend(requires.iter_mut().map(|rule| &mut rule.root));
    for ground in &mut grounds {
        roots.push(&mut ground.live);
        roots.extend(ground.reliefs.iter_mut().map(|rule| &mut rule.root));
    }
    d.finish(&mut roots);
    let (facts, index, diagrams) = names.into_parts();
    Ok(ClassificationRules {
        space: Space { facts, index, diagrams },
        out_of_scope,
        unknown,
        otherwise,
        grounds,
        requires,
        permitted: strictest_first(unconditional, conditional, withheld),
        recommended: strictest_first(recommend_unconditional, recommend_conditional, recommend_withheld),
    })
}

fn strictest_first(unconditional: Root, conditional: Root, withheld: Root) -> [(Openness, Root); 3] {
    [(Openness::Withheld, withheld), (Openness::Conditional, conditional), (Openness::Unconditional, unconditional)]
}

/// A set of classes that does not depend on facts.
fn fixed(classes: &[Openness], rule: &str, at: &Spanned<String>, places: Places<'_>) -> Result<Classes, PolicyError> {
    let has = |class| Root::from(classes.contains(&class));
    let set = [has(Openness::Unconditional), has(Openness::Conditional), has(Openness::Withheld)];
    if classes.is_empty() || set.iter().sum::<Root>() as usize != classes.len() {
        let (line, column) = places.of(at.span().start);
        return Err(PolicyError::Classes { rule: rule.to_owned(), line, column });
    }
    Ok(set)
}

fn narrowed(set: Classes, within: Root, names: &mut Names<'_>) -> Result<Classes, PolicyError> {
    let [unconditional, conditional, withheld] = set;
    let d = &mut names.diagrams;
    Ok([d.and(unconditional, within)?, d.and(conditional, within)?, d.and(withheld, within)?])
}

fn union(a: Classes, b: Classes, names: &mut Names<'_>) -> Result<Classes, PolicyError> {
    let ([a0, a1, a2], [b0, b1, b2]) = (a, b);
    let d = &mut names.diagrams;
    Ok([d.or(a0, b0)?, d.or(a1, b1)?, d.or(a2, b2)?])
}

/// The stricter of each pair: a class is in the join if one set has it and the other has it or a laxer one.
fn join(a: Classes, b: Classes, names: &mut Names<'_>) -> Result<Classes, PolicyError> {
    let ([a0, a1, a2], [b0, b1, b2]) = (a, b);
    let d = &mut names.diagrams;
    let unconditional = d.and(a0, b0)?;
    let (a_open, b_open) = (d.or(a0, a1)?, d.or(b0, b1)?);
    let (left, right) = (d.and(a1, b_open)?, d.and(a_open, b1)?);
    let conditional = d.or(left, right)?;
    // A set is never empty, so the other always has withheld or something laxer.
    let withheld = d.or(a2, b2)?;
    Ok([unconditional, conditional, withheld])
}

fn reliefs(
    section: &ClassificationSection,
    names: &mut Names<'_>,
    places: Places<'_>,
) -> Result<Vec<Relief>, PolicyError> {
    let mut out = Vec::new();
    for entry in &section.reliefs {
        let reason = names.reason("relief", &entry.id, entry.cite.get_ref(), &entry.zh, &entry.en)?;
        let holds = names.condition(&entry.when)?;
        let mut permits = fixed(&entry.permits, entry.id.get_ref(), &entry.id, places)?;
        if let Some(under) = &entry.under {
            let other = fixed(&under.permits, entry.id.get_ref(), &under.interpretation, places)?;
            let read = names.reads(&under.interpretation, &under.option)?;
            let not_read = names.diagrams.not(read)?;
            let (usual, other) = (narrowed(permits, not_read, names)?, narrowed(other, read, names)?);
            permits = union(usual, other, names)?;
        }
        let mut yields_to = Vec::new();
        for first in &entry.yields_to {
            let place = section.reliefs.iter().position(|other| other.id.get_ref() == first.get_ref());
            yields_to.push(place.ok_or_else(|| undeclared(first, "write the id of a relief", places))?);
        }
        out.push(Relief { holds, reason, permits, yields_to, recommend_opening: entry.recommend_opening });
    }
    for (index, entry) in section.reliefs.iter().enumerate() {
        check_circle(index, entry, &out, places)?;
    }
    Ok(out)
}

fn undeclared(name: &Spanned<String>, instead: &str, places: Places<'_>) -> PolicyError {
    let (line, column) = places.of(name.span().start);
    PolicyError::UnknownName { name: name.get_ref().clone(), instead: instead.to_owned(), line, column }
}

/// Every ground that a relief names is declared, and each relief names one at least.
fn check_relieved(section: &ClassificationSection, places: Places<'_>) -> Result<(), PolicyError> {
    for relief in &section.reliefs {
        if relief.relieves.is_empty() {
            return Err(incomplete(&relief.id, "name the grounds that it relieves", places));
        }
        for ground in &relief.relieves {
            if !section.grounds.iter().any(|known| known.id.get_ref() == ground.get_ref()) {
                let known: Vec<&str> = section.grounds.iter().map(|known| known.id.get_ref().as_str()).collect();
                return Err(undeclared(ground, &format!("declared grounds: {}", known.join(", ")), places));
            }
        }
    }
    Ok(())
}

/// A relief never yields to itself, by way of others either.
fn check_circle(start: usize, entry: &ReliefEntry, reliefs: &[Relief], places: Places<'_>) -> Result<(), PolicyError> {
    let mut seen = vec![false; reliefs.len()];
    let mut next = vec![start];
    while let Some(index) = next.pop() {
        for &first in reliefs.get(index).map(|relief| relief.yields_to.as_slice()).unwrap_or_default() {
            if first == start {
                let (line, column) = places.of(entry.id.span().start);
                return Err(PolicyError::ReliefCircle { relief: entry.id.get_ref().clone(), line, column });
            }
            if let Some(seen) = seen.get_mut(first)
                && !std::mem::replace(seen, true)
            {
                next.push(first);
            }
        }
    }
    Ok(())
}

/// Of two reliefs that reach a ground and can hold together, one yields to the other, under every reading.
fn check_order(
    ground: &Spanned<String>,
    reaching: &[usize],
    live: Root,
    reliefs: &[Relief],
    names: &mut Names<'_>,
    places: Places<'_>,
) -> Result<(), PolicyError> {
    let of = |index: &usize| reliefs.get(*index).map(|relief| (*index, relief));
    for (place, (one, first)) in reaching.iter().filter_map(of).enumerate() {
        for (other, second) in reaching.iter().skip(place + 1).filter_map(of) {
            if first.yields_to.contains(&other) || second.yields_to.contains(&one) {
                continue;
            }
            let both = names.diagrams.and(first.holds, second.holds)?;
            let both = names.diagrams.and(both, live)?;
            if let Some(witness) = names.witness(both) {
                let (line, column) = places.of(ground.span().start);
                return Err(PolicyError::ReliefOrder {
                    ground: ground.get_ref().clone(),
                    first: first.reason.rule.clone(),
                    second: second.reason.rule.clone(),
                    witness,
                    line,
                    column,
                });
            }
        }
    }
    Ok(())
}
