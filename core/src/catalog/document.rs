//! A catalog (开放目录): the entries of one level, and who compiled them (A8, A19.2).
//!
//! This file holds the document; what is wrong with its entries is for `review` to say, all at once. It must never leave
//! out an entry that it can't use.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::entry::well_formed_id;
use super::{Body, CatalogError, Entry, Level};
use crate::canon;
use crate::error::Explain;
use crate::terms::{Text, V1};

/// 开放目录
///
/// ```
/// use kaifang::catalog::{Catalog, CatalogTerms};
/// let catalog = Catalog::from_json(r#"{"v": 1, "id": "xa-beilin", "level": "district", "district": "610103",
///     "entries": [{"v": 1, "id": "beilin-parks", "name": "公园名录", "level": "district", "district": "610102"}]}"#)?;
/// let problems = catalog.check("2026-11-23".parse()?, &CatalogTerms::default());
/// assert!(problems.iter().any(|problem| problem.problem.code == "other_district"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Catalog {
    /// The document's version.
    pub v: V1,
    /// The catalog's id, of the same form as a dataset's.
    pub id: String,
    /// What it is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// 主管部门: the authority that compiles it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authority: Option<Body>,
    /// The city's catalog, which may hold its districts' entries too, or one district's.
    pub level: Level,
    /// The district's code, for a district's catalog.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub district: Option<String>,
    /// The day on which it was compiled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub compiled: Option<Date>,
    /// Its entries. A document that has them is a catalog, one that has not is an entry.
    pub entries: Vec<Entry>,
}

/// What a host may set of a catalog's duties; the Measures leave it open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct CatalogTerms {
    /// After how many months data that is not opened is assessed again (A21: 定期).
    pub reassess_months: u16,
}

impl Default for CatalogTerms {
    fn default() -> Self {
        CatalogTerms { reassess_months: 12 }
    }
}

/// Where an entry stands in a catalog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct EntryPlace {
    /// Its position among the entries, from zero.
    pub index: usize,
    /// Its id.
    pub id: String,
    /// The id of its opening body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

impl EntryPlace {
    pub(super) fn of(index: usize, entry: &Entry) -> Self {
        EntryPlace { index, id: entry.id.clone(), body: entry.body.as_ref().map(|body| body.id.clone()) }
    }
}

impl Catalog {
    /// A catalog without entries.
    pub fn new(id: impl Into<String>, level: Level) -> Self {
        Catalog {
            v: V1,
            id: id.into(),
            name: None,
            authority: None,
            level,
            district: None,
            compiled: None,
            entries: Vec::new(),
        }
    }

    /// The catalog of one entry alone, so that both are checked in one way.
    #[must_use]
    pub fn of_entry(entry: Entry) -> Self {
        let mut catalog = Catalog::new(entry.id.clone(), entry.level.unwrap_or(Level::Municipal));
        catalog.district.clone_from(&entry.district);
        catalog.entries.push(entry);
        catalog
    }

    /// Reads a catalog; a field that it or an entry does not have is refused.
    ///
    /// # Errors
    /// [`CatalogError::Malformed`], [`CatalogError::CatalogId`], [`CatalogError::InEntry`].
    pub fn from_json(json: &str) -> Result<Self, CatalogError> {
        let catalog: Catalog = canon::read("Catalog", json.as_bytes()).map_err(malformed)?;
        catalog.well_formed()?;
        Ok(catalog)
    }

    /// Reads an array of catalogs, as [`merge`](super::merge) takes them.
    ///
    /// # Errors
    /// As [`Catalog::from_json`].
    pub fn list_from_json(json: &str) -> Result<Vec<Self>, CatalogError> {
        let catalogs: Vec<Catalog> = canon::read("Catalog", json.as_bytes()).map_err(malformed)?;
        catalogs.iter().try_for_each(Catalog::well_formed)?;
        Ok(catalogs)
    }

    /// Checks what other documents need to name the catalog and its entries, and that no text reads as a person's
    /// identifier: see [`Entry::well_formed`].
    ///
    /// # Errors
    /// [`CatalogError::CatalogId`], [`CatalogError::InEntry`].
    pub fn well_formed(&self) -> Result<(), CatalogError> {
        well_formed_id(&self.id).map_err(|_| CatalogError::CatalogId)?;
        for (index, entry) in self.entries.iter().enumerate() {
            entry.well_formed().map_err(|error| CatalogError::InEntry { index, what: Text::from(&error) })?;
        }
        Ok(())
    }
}

fn malformed(error: canon::CanonError) -> CatalogError {
    CatalogError::Malformed { what: Text::from(&error), place: error.place().unwrap_or_else(|| "catalog".to_owned()) }
}
