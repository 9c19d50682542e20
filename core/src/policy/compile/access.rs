//! Denials in article order, and the duties of a permit.

use super::super::answer::DutyTerm;
use super::super::diagram::{ALWAYS, NEVER, Root};
use super::super::error::PolicyError;
use super::super::facts::Section;
use super::super::file::{AccessSection, DutyEntry, Places, PropertyEntry};
use super::super::model::{AccessRules, Interpretation, Property, Rule};
use super::declared::{Declared, identifier, mark};
use super::names::Names;
use super::properties;
use crate::terms::Reason;

pub(super) fn compile(
    section: &AccessSection,
    declared: &[PropertyEntry],
    interpretations: &[Interpretation],
    places: Places<'_>,
) -> Result<AccessRules, PolicyError> {
    let mut names = Names::new(&section.facts, &section.definitions, interpretations, places)?;
    let unknown = &section.unknown;
    let unknown = mark("unknown_facts", &unknown.cite, &unknown.cite, &unknown.zh, &unknown.en, places)?;

    // A denial's place in the headline order, then its place in the file.
    let mut denials: Vec<((usize, usize), Rule)> = Vec::new();
    let mut out_of_scope = NEVER;
    for (place, entry) in section.out_of_scope.iter().chain(&section.denials).enumerate() {
        let reason = names.reason(Declared::Denial, &entry.id, &entry.cite, &entry.zh, &entry.en)?;
        let Some(article) = section.article_order.iter().position(|article| article == entry.cite.get_ref()) else {
            let (line, column) = places.of(entry.cite.span().start);
            return Err(PolicyError::NoHeadlineOrder { rule: reason.rule, line, column });
        };
        let root = names.condition(&entry.when)?;
        let alone = place == 0 && section.out_of_scope.is_some();
        let root = if alone {
            out_of_scope = root;
            root
        } else {
            names.diagrams.but_not(root, out_of_scope)?
        };
        denials.push(((article, place), Rule { root, reason }));
    }
    denials.sort_by_key(|(order, _)| *order);
    let mut denials: Vec<Rule> = denials.into_iter().map(|(_, rule)| rule).collect();

    let denied = denials.iter().try_fold(NEVER, |all, rule| names.diagrams.or(all, rule.root))?;
    let mut permit = names.diagrams.but_not(ALWAYS, denied)?;
    let mut duties = duties(&section.duties, permit, &mut names, places)?;
    let words = denials.iter().map(|rule| (format!("denied.{}", rule.reason.code), rule.root));
    names.declare_answer(words.chain([("permit".to_owned(), permit)]));
    let mut properties = properties::compile(declared, Section::Access, &[permit], &mut names, places)?;

    let mut roots: Vec<_> = denials.iter_mut().map(|rule| &mut rule.root).collect();
    roots.extend(duties.iter_mut().map(|(root, _)| root));
    roots.push(&mut permit);
    let answering = roots.len();
    roots.extend(properties.iter_mut().flat_map(Property::roots));
    names.diagrams.finish(answering, &mut roots);
    let space = names.into_space();
    Ok(AccessRules { space, unknown, denials, duties, permit, properties })
}

/// The duties, of which a permitted access has one a code.
fn duties(
    entries: &[DutyEntry],
    permit: Root,
    names: &mut Names<'_>,
    places: Places<'_>,
) -> Result<Vec<(Root, DutyTerm)>, PolicyError> {
    let mut duties: Vec<(Root, DutyTerm)> = Vec::new();
    for entry in entries {
        let Reason { cite, rule, zh, en, .. } =
            names.reason(Declared::Duty, &entry.id, &entry.cite, &entry.zh, &entry.en)?;
        let code = identifier(Declared::Duty, &entry.code, places)?.to_owned();
        let root = names.condition(&entry.when)?;
        let owed = names.diagrams.and(root, permit)?;
        for (other_root, other) in duties.iter().filter(|(_, other)| other.code == code) {
            let both = names.diagrams.and(owed, *other_root)?;
            if let Some(witness) = names.witness(both) {
                let (line, column) = places.of(entry.id.span().start);
                let first = other.rule.clone();
                return Err(PolicyError::DutyOverlap { code, first, second: rule, witness, line, column });
            }
        }
        duties.push((root, DutyTerm { code, cite, rule, by: entry.by, zh, en }));
    }
    Ok(duties)
}
