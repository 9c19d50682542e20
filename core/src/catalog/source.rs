//! One datum, one source (一数一源, A20): which entries of different bodies list the same datum.
//!
//! The same content, by its digest; or the same name and the same data items, both folded. Entries without data items
//! are the same by content alone, because every bureau has a table called 行政处罚信息. This file must never say which
//! body is the source: the authority settles that.

use std::collections::{BTreeMap, BTreeSet};

use unicode_normalization::UnicodeNormalization;

use super::Entry;
use crate::terms::Digest;

/// How two entries are the same datum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum SameBy {
    Content,
    Items,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Datum {
    Content(Digest),
    Items(String, Vec<String>),
}

/// Groups of entries that list one datum, each with at least two bodies, by position. A body that is not named may be
/// any, so such an entry counts as another body's.
pub(super) fn same_datum<'a>(entries: impl Iterator<Item = &'a Entry>) -> Vec<(SameBy, Vec<usize>)> {
    let mut bodies: Vec<Option<&str>> = Vec::new();
    let mut groups: BTreeMap<Datum, Vec<usize>> = BTreeMap::new();
    for (index, entry) in entries.enumerate() {
        bodies.push(entry.body.as_ref().map(|body| body.id.as_str()));
        let datum = [entry.content.map(Datum::Content), items(entry)];
        for datum in datum.into_iter().flatten() {
            groups.entry(datum).or_default().push(index);
        }
    }
    let body = |index: &usize| bodies.get(*index).copied().flatten();
    let several = |group: &[usize]| {
        let first = group.first().and_then(body);
        group.len() > 1 && (first.is_none() || group.iter().any(|index| body(index) != first))
    };
    let groups = groups.into_iter().filter(|(_, group)| several(group));
    let mut found: Vec<(SameBy, Vec<usize>)> = groups
        .map(|(datum, group)| (if matches!(datum, Datum::Content(_)) { SameBy::Content } else { SameBy::Items }, group))
        .collect();
    // What is the same by content needs no second word about its names.
    let by_content: BTreeSet<Vec<usize>> =
        found.iter().filter(|(by, _)| *by == SameBy::Content).map(|(_, group)| group.clone()).collect();
    found.retain(|(by, group)| *by == SameBy::Content || !by_content.contains(group));
    found.sort_by(|a, b| a.1.cmp(&b.1));
    found
}

fn items(entry: &Entry) -> Option<Datum> {
    let name = folded(entry.name.as_deref()?);
    let mut items: Vec<String> = entry.items.iter().map(|item| folded(&item.name)).collect();
    items.sort();
    items.dedup();
    (!name.is_empty() && !items.is_empty()).then_some(Datum::Items(name, items))
}

/// A name without what people write differently: width, case, spaces, punctuation.
fn folded(name: &str) -> String {
    name.nfkc().flat_map(char::to_lowercase).filter(|c| c.is_alphanumeric()).collect()
}
