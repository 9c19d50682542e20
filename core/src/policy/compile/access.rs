//! Denials in article order, and the duties of a permit.

use super::super::answer::DutyTerm;
use super::super::diagram::NEVER;
use super::super::error::PolicyError;
use super::super::file::{AccessSection, Places};
use super::super::model::{AccessRules, Interpretation, Rule, Space};
use super::names::{Names, identifier, mark};
use crate::terms::Reason;

pub(super) fn compile(
    section: &AccessSection,
    interpretations: &[Interpretation],
    places: Places<'_>,
) -> Result<AccessRules, PolicyError> {
    let mut names = Names::new(&section.facts, &section.definitions, interpretations, places)?;
    let unknown = &section.unknown;
    let unknown = mark("unknown_facts", &unknown.cite, unknown.cite.get_ref(), &unknown.zh, &unknown.en, places)?;

    // A denial's place in the headline order, then its place in the file.
    let mut denials: Vec<((usize, usize), Rule)> = Vec::new();
    let mut out_of_scope = NEVER;
    for (place, entry) in section.out_of_scope.iter().chain(&section.denials).enumerate() {
        let reason = names.reason("denial", &entry.id, entry.cite.get_ref(), &entry.zh, &entry.en)?;
        let Some(article) = section.article_order.iter().position(|article| article == entry.cite.get_ref()) else {
            let (line, column) = places.of(entry.id.span().start);
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

    let mut duties = Vec::new();
    for entry in &section.duties {
        let Reason { cite, rule, zh, en, .. } =
            names.reason("duty", &entry.id, entry.cite.get_ref(), &entry.zh, &entry.en)?;
        let code = identifier("duty", &entry.code, places)?.to_owned();
        let root = names.condition(&entry.when)?;
        duties.push((root, DutyTerm { code, cite, rule, by: entry.by, zh, en }));
    }

    let mut roots: Vec<_> = denials.iter_mut().map(|rule| &mut rule.root).collect();
    roots.extend(duties.iter_mut().map(|(root, _)| root));
    names.diagrams.finish(&mut roots);
    let (facts, index, diagrams) = names.into_parts();
    Ok(AccessRules { space: Space { facts, index, diagrams }, unknown, denials, duties })
}
