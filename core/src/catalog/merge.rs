//! Catalogs of bodies and districts into the authority's one (A19.2).
//!
//! The first catalog is the one that the others are merged into: the result has its id, name, authority and level. What
//! is merged twice and alike is one entry. Where two entries of one id differ, nobody but the bodies can say which is
//! right, so neither is in the result; the same holds for an entry that its catalog had no business to list. One datum
//! of two bodies stays, because each body answers for its entry until the authority has settled the source (A20). Every
//! conflict shows all of its sides whole. This file must never choose a side.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::source::same_datum;
use super::{Catalog, CatalogError, Entry, Level};
use crate::canon;
use crate::crypto::sha256;
use crate::terms::{Digest, Text, V1, words};

words! {
    /// Why entries of merged catalogs conflict.
    pub enum ConflictKind {
        /// 同一标识,内容不同: left out.
        SameIdDiffers = "same_id_differs", "标识相同而内容不同", "one id, different entries";
        /// 不属于提交目录的区县: left out.
        OtherDistrict = "other_district", "不属于提交该目录的区县", "not of the district that submitted it";
        /// 一数多源: kept, until the authority has settled the source.
        SameDatum = "same_datum", "同一数据由不同主体列出", "one datum listed by several bodies";
    }
}

/// Catalogs merged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Merged {
    /// The document's version.
    pub v: V1,
    /// The authority's catalog, with every entry that is not in dispute.
    pub catalog: Catalog,
    /// What is in dispute.
    pub conflicts: Vec<Conflict>,
}

/// Entries that can't all stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Conflict {
    /// Why.
    pub kind: ConflictKind,
    /// The article.
    pub cite: String,
    /// Whether the entries are in the merged catalog nevertheless.
    pub kept: bool,
    /// The fields in which the sides differ; empty for a conflict of another kind.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
    /// Every side.
    pub sides: Vec<Side>,
}

/// One side of a conflict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Side {
    /// The id of the catalog that lists it.
    pub catalog: String,
    /// Which of the merged catalogs that is, from zero.
    pub source: usize,
    /// The entry.
    pub entry: Entry,
}

/// An entry, where it came from, and what it says.
struct Listed<'a> {
    source: usize,
    catalog: &'a Catalog,
    entry: &'a Entry,
    says: Digest,
}

/// Merges catalogs into the first one.
///
/// ```
/// use kaifang::catalog::{Catalog, ConflictKind, merge};
/// let catalog = |json: &str| Catalog::from_json(json);
/// let city = catalog(r#"{"v": 1, "id": "xa", "level": "municipal", "entries": [{"v": 1, "id": "parks", "name": "公园"}]}"#)?;
/// let district = catalog(r#"{"v": 1, "id": "xa-beilin", "level": "district", "district": "610103",
///     "entries": [{"v": 1, "id": "parks", "name": "公园名录"}, {"v": 1, "id": "schools"}]}"#)?;
/// let merged = merge(&[city, district])?;
/// assert_eq!(merged.catalog.entries.len(), 1, "neither of the two `parks` wins");
/// assert_eq!((merged.conflicts[0].kind, merged.conflicts[0].sides.len()), (ConflictKind::SameIdDiffers, 2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`CatalogError::NothingToMerge`]; [`CatalogError::NotMergeable`] where a district's catalog would take in another
/// one's; [`CatalogError::Malformed`] for an entry without a canonical encoding.
pub fn merge(catalogs: &[Catalog]) -> Result<Merged, CatalogError> {
    let Some(into) = catalogs.first() else { return Err(CatalogError::NothingToMerge) };
    if into.level == Level::District {
        let other = catalogs.iter().position(|other| other.level != into.level || other.district != into.district);
        if let Some(index) = other {
            return Err(CatalogError::NotMergeable { index });
        }
    }
    let mut conflicts = Vec::new();
    let mut listed = Vec::new();
    for (source, catalog) in catalogs.iter().enumerate() {
        for entry in &catalog.entries {
            let says = canon::to_bytes(entry).map_err(|error| CatalogError::Malformed {
                what: Text::from(&error),
                place: format!("{} {}", catalog.id, entry.id),
            })?;
            let one = Listed { source, catalog, entry, says: sha256(&says) };
            match catalog.belongs(entry) {
                Some(_) => conflicts.push(conflict(ConflictKind::OtherDistrict, &[&one])),
                None => listed.push(one),
            }
        }
    }
    let mut catalog = Catalog { entries: Vec::new(), ..into.clone() };
    catalog.compiled = catalogs.iter().filter_map(|catalog| catalog.compiled).max();
    let agreed = agree(&listed, &mut conflicts);
    for (_, group) in same_datum(agreed.iter().map(|one| one.entry)) {
        let sides: Vec<&Listed<'_>> = group.iter().filter_map(|index| agreed.get(*index).copied()).collect();
        conflicts.push(conflict(ConflictKind::SameDatum, &sides));
    }
    catalog.entries = agreed.into_iter().map(|one| one.entry.clone()).collect();
    Ok(Merged { v: V1, catalog, conflicts })
}

/// The entries whose id names one thing, each once, in the order in which they were listed.
fn agree<'a>(listed: &'a [Listed<'a>], conflicts: &mut Vec<Conflict>) -> Vec<&'a Listed<'a>> {
    let mut ids: BTreeMap<&str, Vec<&Listed<'_>>> = BTreeMap::new();
    for one in listed {
        let sides = ids.entry(&one.entry.id).or_default();
        // The same entry again is no other side.
        if sides.iter().all(|side| side.says != one.says) {
            sides.push(one);
        }
    }
    let disputed: BTreeSet<&str> = ids.iter().filter(|(_, sides)| sides.len() > 1).map(|(id, _)| *id).collect();
    conflicts.extend(ids.values().filter(|sides| sides.len() > 1).map(|sides| {
        let fields = differing(sides);
        Conflict { fields, ..conflict(ConflictKind::SameIdDiffers, sides) }
    }));
    let mut seen = BTreeSet::new();
    listed.iter().filter(|one| !disputed.contains(one.entry.id.as_str()) && seen.insert(&one.entry.id)).collect()
}

fn conflict(kind: ConflictKind, sides: &[&Listed<'_>]) -> Conflict {
    let (cite, zh, en) = match kind {
        ConflictKind::SameIdDiffers => {
            ("A19.2", "各条目均未并入,待提交单位核对", "none of them is merged until those who listed them agree")
        }
        ConflictKind::OtherDistrict => {
            ("A19.2", "条目未并入,应由其所属区县提交", "it is not merged: its own district submits it")
        }
        ConflictKind::SameDatum => (
            "A20",
            "条目均予保留,待主管部门确定数源",
            "all of them are merged until the authority has settled the source",
        ),
    };
    let side = |one: &&Listed<'_>| {
        let (catalog, source, entry) = (one.catalog.id.clone(), one.source, one.entry.clone());
        Side { catalog, source, entry }
    };
    Conflict {
        kind,
        cite: cite.to_owned(),
        kept: kind == ConflictKind::SameDatum,
        fields: Vec::new(),
        zh: zh.to_owned(),
        en: en.to_owned(),
        sides: sides.iter().map(side).collect(),
    }
}

/// The fields that are not the same in every side, in the order of their names.
fn differing(sides: &[&Listed<'_>]) -> Vec<String> {
    let documents: Vec<serde_json::Value> =
        sides.iter().map(|one| serde_json::to_value(one.entry).unwrap_or_default()).collect();
    let fields: BTreeSet<&String> =
        documents.iter().filter_map(|one| one.as_object()).flat_map(|map| map.keys()).collect();
    let differs = |field: &&String| {
        let first = documents.first().and_then(|one| one.get(*field));
        documents.iter().any(|one| one.get(*field) != first)
    };
    fields.into_iter().filter(differs).cloned().collect()
}
