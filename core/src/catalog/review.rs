//! Everything that is wrong in a catalog on a day, all of it at once, each with its article. This file must never change
//! an entry, nor decide which of two is right.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::document::EntryPlace;
use super::source::{SameBy, same_datum};
use super::{Catalog, CatalogTerms, Entry, Level, Problem};
use crate::terms::Word;

/// So many other entries are named beside one that contradicts them; the text counts all.
const MOST_OTHERS: usize = 8;

/// One thing that is wrong in a catalog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CatalogProblem {
    /// The entry; none = the catalog itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<EntryPlace>,
    /// The other side, where there is one: at most eight entries.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<EntryPlace>,
    /// What is wrong.
    pub problem: Problem,
}

/// Entries by their positions, and what is said of each, given how many others there are.
type Group = (Vec<usize>, fn(usize) -> Problem);

impl Catalog {
    /// Everything that is wrong on a day: of the catalog first, then of each entry in its order. Empty when all is well.
    ///
    /// Of each entry, what keeps it from being opened ([`Entry::check`]), an overdue update (A23), an overdue
    /// re-assessment (A21), an entry of another district (A8, A19.2); between entries, an id twice (A19.2) and one datum
    /// of two bodies (A20), told on both sides. A city's catalog holds its districts' entries too.
    #[must_use]
    pub fn check(&self, on: Date, terms: &CatalogTerms) -> Vec<CatalogProblem> {
        let mut problems: Vec<Vec<CatalogProblem>> = self
            .entries
            .iter()
            .enumerate()
            .map(|(index, entry)| {
                let place = EntryPlace::of(index, entry);
                let found = [entry.check(), self.belongs(entry).into_iter().collect(), timely(entry, on, terms)];
                let told = |problem| CatalogProblem { entry: Some(place.clone()), others: Vec::new(), problem };
                found.into_iter().flatten().map(told).collect()
            })
            .collect();
        for (group, tell) in self.groups() {
            for index in &group {
                let problem = self.against(&group, *index, tell);
                if let (Some(of_entry), Some(problem)) = (problems.get_mut(*index), problem) {
                    of_entry.push(problem);
                }
            }
        }
        let district =
            self.level == Level::District && self.district.as_ref().is_none_or(|code| code.trim().is_empty());
        let own = district.then(|| {
            let (zh, en) = ("区县目录缺少所属区县", "a district's catalog lacks its district");
            CatalogProblem { entry: None, others: Vec::new(), problem: problem("missing", "A8", "district", zh, en) }
        });
        own.into_iter().chain(problems.into_iter().flatten()).collect()
    }

    /// Groups of entries that contradict each other, and what is said of each.
    fn groups(&self) -> Vec<Group> {
        let mut ids: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        let mut names: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
        for (index, entry) in self.entries.iter().enumerate() {
            ids.entry(&entry.id).or_default().push(index);
            if let Some(body) = &entry.body {
                names.entry(&body.id).or_default().entry(&body.name).or_insert(index);
            }
        }
        let twice = ids.into_values().filter(|group| group.len() > 1).map(|group| (group, id_twice as fn(usize) -> _));
        // One entry of each name speaks for the others.
        let names = names.into_values().filter(|names| names.len() > 1);
        let names = names.map(|names| (names.into_values().collect(), two_names as fn(usize) -> _));
        let same = same_datum(self.entries.iter()).into_iter().map(|(by, group)| match by {
            SameBy::Content => (group, same_content as fn(usize) -> _),
            SameBy::Items => (group, same_items as fn(usize) -> _),
        });
        twice.chain(names).chain(same).collect()
    }

    fn against(&self, group: &[usize], index: usize, tell: fn(usize) -> Problem) -> Option<CatalogProblem> {
        let others = group.iter().filter(|other| **other != index).take(MOST_OTHERS);
        Some(CatalogProblem {
            entry: Some(EntryPlace::of(index, self.entries.get(index)?)),
            others: others.filter_map(|other| Some(EntryPlace::of(*other, self.entries.get(*other)?))).collect(),
            problem: tell(group.len() - 1),
        })
    }

    /// Whether an entry stands in the catalog of another district or level.
    pub(super) fn belongs(&self, entry: &Entry) -> Option<Problem> {
        let other_level = entry.level.is_some_and(|level| level != self.level);
        let other_district = match (&entry.district, &self.district) {
            (Some(entry), Some(catalog)) => entry != catalog,
            _ => false,
        };
        (self.level == Level::District && (other_level || other_district)).then(|| {
            let field = if other_level { "level" } else { "district" };
            let (zh, en) = ("条目不属于本级目录所属区县", "the entry is not of the district whose catalog this is");
            problem("other_district", "A19.2", field, zh, en)
        })
    }
}

/// What is due or impossible on a day.
fn timely(entry: &Entry, on: Date, terms: &CatalogTerms) -> Vec<Problem> {
    let mut found = Vec::new();
    let periodic = entry.update_frequency.filter(|frequency| entry.is_opened() && frequency.periodic());
    if let Some(frequency) = periodic {
        if entry.updated.is_none() {
            let (zh, en) = ("缺少更新日期,无法确认数据已按期更新", "the day of its last update is not known");
            found.push(problem("missing", "A23", "updated", zh, en));
        }
        if let Some(next) = entry.next_update().filter(|next| *next < on) {
            let zh = format!("更新频率为{},应于 {next} 前更新", frequency.zh());
            let en = format!("it is updated {} and was due by {next}", frequency.en());
            found.push(problem("update_overdue", "A23", "updated", &zh, &en));
        }
    }
    if let (true, by) = entry.reassessment(on, terms) {
        let (zh, en) = match by {
            Some(by) => (
                format!("尚未开放的数据应定期评估,最迟应于 {by} 评估"),
                format!("data that is not opened is assessed again, at the latest by {by}"),
            ),
            None => ("尚未开放的数据没有评估日期".to_owned(), "data that is not opened was never assessed".to_owned()),
        };
        found.push(problem("reassessment_due", "A21", "assessed", &zh, &en));
    }
    for (field, day) in [("updated", entry.updated), ("assessed", entry.assessed)] {
        if day.is_some_and(|day| day > on) {
            let (zh, en) = ("日期在检查日之后", "the day is after the one of this check");
            found.push(problem("in_future", "A21", field, zh, en));
        }
    }
    found
}

fn id_twice(others: usize) -> Problem {
    let zh = format!("目录中另有 {others} 个条目使用同一标识");
    let en = format!("other entries of the catalog have the same id: {others}");
    problem("id_twice", "A19.2", "id", &zh, &en)
}

fn two_names(others: usize) -> Problem {
    let zh = format!("同一开放主体在目录中另有 {others} 种名称");
    let en = format!("other names of the same body in the catalog: {others}");
    problem("body_two_names", "A19.2", "body", &zh, &en)
}

fn same_content(others: usize) -> Problem {
    let zh = format!("内容相同的数据由不同开放主体列出(另 {others} 个条目),不符合一数一源");
    let en = format!("bodies list data of the same content, against one datum, one source; other entries: {others}");
    problem("same_datum", "A20", "content", &zh, &en)
}

fn same_items(others: usize) -> Problem {
    let zh = format!("名称与信息项相同的数据由不同开放主体列出(另 {others} 个条目),不符合一数一源");
    let en =
        format!("bodies list data of the same name and items, against one datum, one source; other entries: {others}");
    problem("same_datum", "A20", "items", &zh, &en)
}

fn problem(code: &str, cite: &str, field: &str, zh: &str, en: &str) -> Problem {
    let (code, cite, field) = (code.to_owned(), cite.to_owned(), field.to_owned());
    Problem { code, cite, field, zh: zh.to_owned(), en: en.to_owned() }
}
