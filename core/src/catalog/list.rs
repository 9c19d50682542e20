//! The responsibility list (开放责任清单, A20): a catalog broken down by opening body, with what each owes and by when.
//!
//! The authority makes it from the catalog and never edits it: this file must hold no duty that an entry does not give.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Body, Catalog, CatalogTerms, Entry, Office, Problem, Responsible, UpdateFrequency};
use crate::terms::{AccessWay, Openness, V1};

/// 开放责任清单
///
/// ```
/// use kaifang::catalog::{Catalog, CatalogTerms, responsibility_list};
/// let catalog = Catalog::from_json(r#"{"v": 1, "id": "xa", "level": "municipal", "entries": [{"v": 1, "id": "parks",
///     "body": {"id": "11610100013300000X", "name": "西安市示例局"}, "openness": "unconditional",
///     "update_frequency": "monthly", "updated": "2026-09-30"}]}"#)?;
/// let list = responsibility_list(&catalog, "2026-11-23".parse()?, &CatalogTerms::default());
/// let parks = &list.bodies[0].entries[0];
/// assert_eq!((parks.next_update, parks.update_overdue), (Some("2026-10-30".parse()?), true));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ResponsibilityList {
    /// The document's version.
    pub v: V1,
    /// The catalog that it was made from.
    pub catalog: String,
    /// The day that it was made for.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub on: Date,
    /// Each body, in the order of their ids; entries without a body come first.
    pub bodies: Vec<BodyResponsibility>,
}

/// What one body answers for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct BodyResponsibility {
    /// The body; none for entries that name none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Body>,
    /// The offices on which all of its entries agree (A9.3).
    pub responsible: Responsible,
    /// Its entries, in the order of the catalog.
    pub entries: Vec<EntryResponsibility>,
    /// How many of them are overdue for an update.
    pub updates_overdue: usize,
    /// How many of them are due for another assessment.
    pub reassessments_due: usize,
}

/// What a body answers for in one entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct EntryResponsibility {
    /// The entry's id.
    pub id: String,
    /// 数据名称
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// 数据开放属性
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub openness: Option<Openness>,
    /// 数据开放方式
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub access_ways: Vec<AccessWay>,
    /// Who answers for it (A9.3).
    pub responsible: Responsible,
    /// 数据更新频率
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update_frequency: Option<UpdateFrequency>,
    /// When its content last changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub updated: Option<Date>,
    /// By when it changes next (A23).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub next_update: Option<Date>,
    /// Whether that day is past.
    pub update_overdue: bool,
    /// By when it is assessed again, for data that is not opened (A21).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub reassess_by: Option<Date>,
    /// Whether that day is past, or there was no assessment.
    pub reassessment_due: bool,
    /// What is missing or wrong in the entry: see [`Catalog::check`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<Problem>,
}

/// Breaks a catalog down by opening body, as things stand on a day.
#[must_use]
pub fn responsibility_list(catalog: &Catalog, on: Date, terms: &CatalogTerms) -> ResponsibilityList {
    let mut problems: BTreeMap<usize, Vec<Problem>> = BTreeMap::new();
    for found in catalog.check(on, terms) {
        if let Some(place) = found.entry {
            problems.entry(place.index).or_default().push(found.problem);
        }
    }
    let mut bodies: BTreeMap<Option<&str>, Vec<(&Entry, Vec<Problem>)>> = BTreeMap::new();
    for (index, entry) in catalog.entries.iter().enumerate() {
        let body = entry.body.as_ref().map(|body| body.id.as_str());
        bodies.entry(body).or_default().push((entry, problems.remove(&index).unwrap_or_default()));
    }
    let bodies = bodies.into_values().map(|entries| of_body(entries, on, terms)).collect();
    ResponsibilityList { v: V1, catalog: catalog.id.clone(), on, bodies }
}

fn of_body(entries: Vec<(&Entry, Vec<Problem>)>, on: Date, terms: &CatalogTerms) -> BodyResponsibility {
    let first = entries.first().map(|(entry, _)| *entry);
    let agreed = |office: fn(&Responsible) -> &Option<Office>| {
        let first = first.and_then(|entry| office(&entry.responsible).clone())?;
        entries.iter().all(|(entry, _)| office(&entry.responsible).as_ref() == Some(&first)).then_some(first)
    };
    let responsible = Responsible {
        first: agreed(|offices| &offices.first),
        leader: agreed(|offices| &offices.leader),
        contact: agreed(|offices| &offices.contact),
    };
    let body = first.and_then(|entry| entry.body.clone());
    let entries: Vec<EntryResponsibility> =
        entries.into_iter().map(|(entry, problems)| of_entry(entry, problems, on, terms)).collect();
    BodyResponsibility {
        body,
        responsible,
        updates_overdue: entries.iter().filter(|entry| entry.update_overdue).count(),
        reassessments_due: entries.iter().filter(|entry| entry.reassessment_due).count(),
        entries,
    }
}

fn of_entry(entry: &Entry, problems: Vec<Problem>, on: Date, terms: &CatalogTerms) -> EntryResponsibility {
    let next_update = entry.next_update();
    let (reassessment_due, reassess_by) = entry.reassessment(on, terms);
    EntryResponsibility {
        id: entry.id.clone(),
        name: entry.name.clone(),
        openness: entry.openness,
        access_ways: entry.access_ways.clone(),
        responsible: entry.responsible.clone(),
        update_frequency: entry.update_frequency,
        updated: entry.updated,
        next_update,
        update_overdue: next_update.is_some_and(|next| next < on),
        reassess_by,
        reassessment_due,
        problems,
    }
}
