//! Grounds and reliefs, each checked and put into the diagrams; [`super::super::classes`] joins them.

use std::collections::BTreeMap;

use toml::Spanned;

use super::super::classes::{Classes, Joined, Relief, Restriction, join_all, narrowed, union};
use super::super::diagram::{NEVER, Root};
use super::super::error::PolicyError;
use super::super::facts::Section;
use super::super::file::{ClassificationSection, Places, PropertyEntry, ReliefEntry};
use super::super::model::{ClassificationRules, Ground, Interpretation, Property, Rule};
use super::declared::{Declared, incomplete, mark};
use super::names::Names;
use super::properties;
use crate::terms::{Openness, Reason, Text, Word};

/// What is said of a relief, and the variables that it names.
struct Said {
    reason: Reason,
    named: u64,
}

pub(super) fn compile(
    section: &ClassificationSection,
    declared: &[PropertyEntry],
    interpretations: &[Interpretation],
    places: Places<'_>,
) -> Result<ClassificationRules, PolicyError> {
    let mut names = Names::new(&section.facts, &section.definitions, interpretations, places)?;
    let mut out_of_scope = match &section.out_of_scope {
        Some(rule) => Rule {
            reason: names.reason(Declared::Rule, &rule.id, &rule.cite, &rule.zh, &rule.en)?,
            root: names.condition(&rule.when)?,
        },
        None => {
            let empty = String::new;
            let reason = Reason { code: empty(), cite: empty(), rule: empty(), zh: empty(), en: empty() };
            Rule { root: NEVER, reason }
        }
    };
    let unknown = &section.unknown;
    let unknown = mark("unknown_facts", &unknown.cite, &unknown.cite, &unknown.zh, &unknown.en, places)?;
    let scope_named = if section.out_of_scope.is_some() { names.named } else { 0 };
    let otherwise = &section.otherwise;
    let base = fixed(&otherwise.base, "otherwise", &otherwise.cite, places)?;
    let otherwise = mark("otherwise", &otherwise.cite, &otherwise.cite, &otherwise.zh, &otherwise.en, places)?;

    check_relieved(section, places)?;
    let (mut reliefs, said) = reliefs(section, &mut names, places)?;
    let in_scope = names.diagrams.not(out_of_scope.root)?;
    let mut grounds = Vec::new();
    for entry in &section.grounds {
        let reason = names.reason(Declared::Ground, &entry.id, &entry.cite, &entry.zh, &entry.en)?;
        let live = names.condition(&entry.when)?;
        let mut own = scope_named | names.named;
        let live = names.diagrams.and(live, in_scope)?;
        let base = fixed(&entry.base, entry.id.get_ref(), &entry.id, places)?;
        let reaching = section
            .reliefs
            .iter()
            .enumerate()
            .filter(|(_, relief)| relief.relieves.iter().any(|ground| ground.get_ref() == entry.id.get_ref()));
        let restriction = Restriction { live, base, reliefs: reaching.map(|(index, _)| index).collect() };
        check_order(&entry.id, &restriction, &reliefs, &said, &mut names, places)?;
        let reach = restriction.reach(&reliefs, &mut names.diagrams)?;
        let mut applied = Vec::new();
        for (said, root) in restriction.reliefs.iter().filter_map(|index| said.get(*index)).zip(reach.applies) {
            own |= said.named;
            applied.push(Rule { root, reason: said.reason.clone() });
        }
        let reached_by = restriction.reliefs;
        grounds.push(Ground { live, reason, reliefs: applied, set: reach.set, base, reached_by, own });
    }
    let mut requires = Vec::new();
    for rule in &section.requires {
        let reason = names.reason(Declared::Step, &rule.id, &rule.cite, &rule.zh, &rule.en)?;
        let root = names.condition(&rule.when)?;
        requires.push(Rule { root: names.diagrams.and(root, in_scope)?, reason });
    }
    let restrictions: Vec<Restriction> = grounds.iter().map(Ground::restriction).collect();
    let mut joined = join_all(base, in_scope, &restrictions, &reliefs, &mut names.diagrams)?;
    let levels = levels(joined.permitted, &mut names)?;
    let words = answer_words(&out_of_scope, &joined, &grounds, &requires, &mut names)?;
    names.declare_answer(words);
    let mut properties = properties::compile(declared, Section::Classification, &levels, &mut names, places)?;

    let mut roots = vec![&mut out_of_scope.root];
    roots.extend(joined.permitted.iter_mut().chain(&mut joined.recommended));
    roots.extend(requires.iter_mut().map(|rule| &mut rule.root));
    let mut sets = Vec::new();
    for ground in &mut grounds {
        roots.push(&mut ground.live);
        roots.extend(ground.reliefs.iter_mut().map(|rule| &mut rule.root));
        sets.extend(&mut ground.set);
    }
    let answering = roots.len();
    roots.extend(sets);
    for relief in &mut reliefs {
        roots.push(&mut relief.holds);
        roots.extend(&mut relief.permits);
    }
    roots.extend(properties.iter_mut().flat_map(Property::roots));
    names.diagrams.finish(answering, &mut roots);
    let space = names.into_space();
    Ok(ClassificationRules {
        space,
        out_of_scope,
        unknown,
        otherwise,
        grounds,
        requires,
        permitted: strictest_first(joined.permitted),
        recommended: strictest_first(joined.recommended),
        base,
        reliefs,
        properties,
    })
}

/// Functions that grow as the answer becomes laxer: that something is permitted, then how lax the laxest and the
/// strictest permitted class are.
fn levels(permitted: Classes, names: &mut Names<'_>) -> Result<[Root; 5], PolicyError> {
    let [unconditional, conditional, withheld] = permitted;
    let d = &mut names.diagrams;
    let open = d.or(conditional, unconditional)?;
    let some = d.or(open, withheld)?;
    let only_open = d.but_not(open, withheld)?;
    Ok([some, open, unconditional, only_open, d.but_not(only_open, conditional)?])
}

/// The words by which a property looks at the answer.
fn answer_words(
    out_of_scope: &Rule,
    joined: &Joined,
    grounds: &[Ground],
    requires: &[Rule],
    names: &mut Names<'_>,
) -> Result<BTreeMap<String, Root>, PolicyError> {
    let mut words = BTreeMap::from([("out_of_scope".to_owned(), out_of_scope.root)]);
    for (class, root) in strictest_first(joined.permitted) {
        words.insert(format!("permitted.{}", class.id()), root);
    }
    for (class, root) in strictest_first(joined.recommended) {
        words.insert(format!("recommended.{}", class.id()), root);
    }
    for ground in grounds {
        words.insert(format!("live.{}", ground.reason.rule), ground.live);
        for relief in &ground.reliefs {
            let somewhere = words.entry(format!("applies.{}", relief.reason.rule)).or_insert(NEVER);
            *somewhere = names.diagrams.or(*somewhere, relief.root)?;
        }
    }
    words.extend(requires.iter().map(|rule| (format!("requires.{}", rule.reason.rule), rule.root)));
    Ok(words)
}

fn strictest_first(set: Classes) -> [(Openness, Root); 3] {
    let [unconditional, conditional, withheld] = set;
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

fn reliefs(
    section: &ClassificationSection,
    names: &mut Names<'_>,
    places: Places<'_>,
) -> Result<(Vec<Relief>, Vec<Said>), PolicyError> {
    let mut out = Vec::new();
    let mut said = Vec::new();
    for entry in &section.reliefs {
        let reason = names.reason(Declared::Relief, &entry.id, &entry.cite, &entry.zh, &entry.en)?;
        let holds = names.condition(&entry.when)?;
        let mut named = names.named;
        let mut permits = fixed(&entry.permits, entry.id.get_ref(), &entry.id, places)?;
        if let Some(under) = &entry.under {
            let other = fixed(&under.permits, entry.id.get_ref(), &under.interpretation, places)?;
            let read = names.reads(&under.interpretation, &under.option)?;
            named |= names.named;
            let d = &mut names.diagrams;
            let not_read = d.not(read)?;
            let (usual, other) = (narrowed(permits, not_read, d)?, narrowed(other, read, d)?);
            permits = union(usual, other, d)?;
        }
        let mut yields_to = Vec::new();
        for first in &entry.yields_to {
            let place = section.reliefs.iter().position(|other| other.id.get_ref() == first.get_ref());
            yields_to.push(place.ok_or_else(|| {
                undeclared(first, Text::new("请写一项缓和规则的标识", "write the id of a relief"), places)
            })?);
        }
        out.push(Relief { holds, permits, yields_to, recommend_opening: entry.recommend_opening });
        said.push(Said { reason, named });
    }
    for (index, entry) in section.reliefs.iter().enumerate() {
        check_circle(index, entry, &out, places)?;
    }
    Ok((out, said))
}

fn undeclared(name: &Spanned<String>, instead: Text, places: Places<'_>) -> PolicyError {
    let (line, column) = places.of(name.span().start);
    PolicyError::UnknownName { name: name.get_ref().clone(), instead, line, column }
}

/// Every ground that a relief names is declared, and each relief names one at least.
fn check_relieved(section: &ClassificationSection, places: Places<'_>) -> Result<(), PolicyError> {
    for relief in &section.reliefs {
        if relief.relieves.is_empty() {
            return Err(incomplete(
                &relief.id,
                Text::new("请写明它所缓和的依据", "name the grounds that it relieves"),
                places,
            ));
        }
        for ground in &relief.relieves {
            if !section.grounds.iter().any(|known| known.id.get_ref() == ground.get_ref()) {
                let known: Vec<&str> = section.grounds.iter().map(|known| known.id.get_ref().as_str()).collect();
                let known = known.join(", ");
                let instead = Text::new(format!("已声明的依据:{known}"), format!("declared grounds: {known}"));
                return Err(undeclared(ground, instead, places));
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
    restriction: &Restriction,
    reliefs: &[Relief],
    said: &[Said],
    names: &mut Names<'_>,
    places: Places<'_>,
) -> Result<(), PolicyError> {
    let of = |index: &usize| Some((*index, reliefs.get(*index)?, said.get(*index)?));
    for (place, (one, first, first_said)) in restriction.reliefs.iter().filter_map(of).enumerate() {
        for (other, second, second_said) in restriction.reliefs.iter().skip(place + 1).filter_map(of) {
            if first.yields_to.contains(&other) || second.yields_to.contains(&one) {
                continue;
            }
            let both = names.diagrams.and(first.holds, second.holds)?;
            let both = names.diagrams.and(both, restriction.live)?;
            if let Some(witness) = names.witness(both) {
                let (line, column) = places.of(ground.span().start);
                return Err(PolicyError::ReliefOrder {
                    ground: ground.get_ref().clone(),
                    first: first_said.reason.rule.clone(),
                    second: second_said.reason.rule.clone(),
                    witness,
                    line,
                    column,
                });
            }
        }
    }
    Ok(())
}
