//! Dated duties: at most one a code, under every reading.

use super::super::condition::Condition;
use super::super::diagram::{ALWAYS, Diagrams};
use super::super::error::PolicyError;
use super::super::file::{DeadlineEntry, Places};
use super::super::model::{Deadline, Interpretation};
use super::declared::{Declared, duplicate, identifier, incomplete, mark};
use super::names::Names;
use crate::terms::Text;

/// The deadlines, and the diagrams over the readings in which their conditions stand.
pub(super) fn compile(
    entries: &[DeadlineEntry],
    interpretations: &[Interpretation],
    places: Places<'_>,
) -> Result<(Vec<Deadline>, Diagrams), PolicyError> {
    let mut names = Names::new(&[], &[], interpretations, places)?;
    let mut deadlines: Vec<Deadline> = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let code = identifier(Declared::Deadline, &entry.code, places)?;
        mark(code, &entry.code, &entry.cite, &entry.zh, &entry.en, places)?;
        if entry.working_days == 0 {
            return Err(incomplete(
                &entry.code,
                Text::new("请写至少一个工作日", "write at least one working day"),
                places,
            ));
        }
        let when = match &entry.when {
            None => ALWAYS,
            Some(when) => {
                if let Some(at) = first_fact(&names.parsed(when)?) {
                    let (line, column) = places.within(&when.span(), at);
                    return Err(PolicyError::DeadlineCondition { code: code.to_owned(), line, column });
                }
                names.condition(when)?
            }
        };
        for (other, earlier) in deadlines.iter().zip(entries.iter().take(index)) {
            if other.rule.code != code {
                continue;
            }
            if earlier.when.is_none() && entry.when.is_none() {
                return Err(duplicate(Declared::Deadline, &entry.code, places));
            }
            let both = names.diagrams.and(when, other.when)?;
            if let Some(witness) = names.witness(both) {
                let (line, column) = places.of(entry.code.span().start);
                return Err(PolicyError::DeadlineOverlap { code: code.to_owned(), witness, line, column });
            }
        }
        deadlines.push(Deadline { when, rule: entry.rule() });
    }
    let mut diagrams = names.into_space().diagrams;
    let mut roots: Vec<_> = deadlines.iter_mut().map(|deadline| &mut deadline.when).collect();
    diagrams.finish(roots.len(), &mut roots);
    Ok((deadlines, diagrams))
}

/// Where a condition first looks at a fact.
fn first_fact(condition: &Condition) -> Option<usize> {
    match condition {
        Condition::Always | Condition::Reads { .. } => None,
        Condition::Name { at, .. } | Condition::Is { at, .. } => Some(*at),
        Condition::Not(inner) => first_fact(inner),
        Condition::Any(parts) | Condition::All(parts) => parts.iter().find_map(first_fact),
    }
}
