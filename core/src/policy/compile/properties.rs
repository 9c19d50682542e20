//! What the policy says of itself, as functions that are true where it does not hold.

use std::collections::BTreeMap;

use super::super::analyse::BUILT_IN;
use super::super::diagram::{NEVER, Root};
use super::super::error::PolicyError;
use super::super::facts::Section;
use super::super::file::{Places, PropertyEntry, Readings};
use super::super::model::{Property, Violation};
use super::declared::{Declared, duplicate, identifier, mark};
use super::names::Names;
use crate::terms::Text;

/// The properties of one section. `levels` are functions that grow as the answer becomes laxer.
pub(super) fn compile(
    entries: &[PropertyEntry],
    section: Section,
    levels: &[Root],
    names: &mut Names<'_>,
    places: Places<'_>,
) -> Result<Vec<Property>, PolicyError> {
    let mut out = Vec::new();
    // Several properties may speak of one fact: each is walked once.
    let mut walked = BTreeMap::new();
    for entry in entries.iter().filter(|entry| entry.section == section) {
        let id = identifier(Declared::Property, &entry.id, places)?;
        let reason = mark(id, &entry.id, &entry.cite, &entry.zh, &entry.en, places)?;
        let unprovable = |instead: Text, offset: usize| {
            let (line, column) = places.of(offset);
            PolicyError::PropertyShape { property: id.to_owned(), instead, line, column }
        };
        let mut violations = Vec::new();
        match (&entry.never, &entry.stricter) {
            (Some(never), None) => violations.push(Violation { root: names.condition(never)?, turned_on: None }),
            (None, Some(stricter)) if !stricter.is_empty() => {
                for written in stricter {
                    let Some((fact, value)) = names.fact_value(written)? else {
                        let instead =
                            Text::new("请写事实:`fact` 或 `fact = value`", "write facts: `fact` or `fact = value`");
                        return Err(unprovable(instead, written.span().start));
                    };
                    if violations.iter().any(|known: &Violation| known.turned_on == Some((fact, value))) {
                        let instead = Text::new("请将每个事实取值只写一次", "write each fact with its value once");
                        return Err(unprovable(instead, written.span().start));
                    }
                    let root = match walked.get(&(fact, value)) {
                        Some(root) => *root,
                        None => laxer(levels, fact, value, names)?,
                    };
                    walked.insert((fact, value), root);
                    violations.push(Violation { root, turned_on: Some((fact, value)) });
                }
            }
            _ => {
                let instead = Text::new("请写 `never` 与 `stricter` 之一", "write one of `never` and `stricter`");
                return Err(unprovable(instead, entry.id.span().start));
            }
        }
        let every_reading = entry.readings == Readings::All;
        out.push(Property { reason, every_reading, violations });
    }
    Ok(out)
}

/// Every property has its own id, which is no built-in statement's.
pub(super) fn check_ids(entries: &[PropertyEntry], places: Places<'_>) -> Result<(), PolicyError> {
    for (index, entry) in entries.iter().enumerate() {
        let id = entry.id.get_ref();
        let taken = entries.iter().take(index).any(|other| other.id.get_ref() == id);
        if taken || BUILT_IN.contains(&id.as_str()) {
            return Err(duplicate(Declared::Property, &entry.id, places));
        }
    }
    Ok(())
}

/// Where the answer becomes laxer when the fact takes this value, other things equal.
fn laxer(levels: &[Root], fact: u8, value: u8, names: &mut Names<'_>) -> Result<Root, PolicyError> {
    let d = &mut names.diagrams;
    levels.iter().try_fold(NEVER, |all, level| {
        let then = d.with(*level, fact, value)?;
        let grown = d.but_not(then, *level)?;
        d.or(all, grown)
    })
}
