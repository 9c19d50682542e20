//! The catalog entry: the seven fields of A19.2 and what other articles ask of an entry.
//!
//! Every part but the id may be missing in the document, so that one check can name everything that is. This file
//! holds the document; it must never judge it.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::metadata::CoreMetadata;
use super::{CatalogError, Channel, DataFormat, DataType, Level, UpdateFrequency, looks_personal};
use crate::canon;
use crate::crypto::sha256;
use crate::error::Explain;
use crate::policy::Classification;
use crate::terms::{AccessWay, DataGrade, Digest, Openness, Text, V1};

/// 数据开放主体 (A3(1)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Body {
    /// Its id: the unified social credit code, or an id of the platform's.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// An office that answers for the data: a role and its line, never a private person's number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Office {
    /// The role, such as 数据资源科科长.
    pub role: String,
    /// The office's telephone or mailbox.
    pub contact: String,
}

/// Who answers for the dataset (A9.3).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Responsible {
    /// 第一责任人
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<Office>,
    /// 分管负责人
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leader: Option<Office>,
    /// 联系人
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<Office>,
}

/// One column of the dataset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DataItem {
    /// The column's name.
    pub name: String,
    /// What it means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Its type, in the words of the body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_type: Option<String>,
}

/// A catalog entry (目录条目). The seven fields of A19.2 are `name`, `body`, `openness`, `format`, `data_type`,
/// `access_ways` and `update_frequency`.
///
/// ```
/// use kaifang::catalog::Entry;
/// let entry = Entry::from_json(r#"{"v": 1, "id": "xa-resident", "name": "常住人口基本信息"}"#)?;
/// let fields: Vec<String> = entry.check().into_iter().map(|problem| problem.field).collect();
/// assert!(fields.contains(&"body".to_owned()) && fields.contains(&"update_frequency".to_owned()));
/// # Ok::<(), kaifang::catalog::CatalogError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The document's version.
    pub v: V1,
    /// The dataset's id: 1 to 64 of `a-z`, `0-9`, `-`, `_`.
    pub id: String,
    /// 数据名称
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// 数据开放主体
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Body>,
    /// 数据开放属性: none until it was decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub openness: Option<Openness>,
    /// 数据格式
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<DataFormat>,
    /// 数据类型
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_type: Option<DataType>,
    /// 数据开放方式
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub access_ways: Vec<AccessWay>,
    /// 数据更新频率
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update_frequency: Option<UpdateFrequency>,
    /// Municipal or of a district (A8).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// The district's code, for a district's entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub district: Option<String>,
    /// 数据分级 (A4, A9.2)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grade: Option<DataGrade>,
    /// Who answers for it (A9.3).
    #[serde(default)]
    pub responsible: Responsible,
    /// Through which channel it is opened (A12).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
    /// The approval of an own channel (A12): document number or digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel_basis: Option<String>,
    /// The provision on which the way `other` rests (A22.1(4)).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other_way_basis: Option<String>,
    /// What the dataset is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// Its columns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<DataItem>,
    /// When its content last changed (A23).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub updated: Option<Date>,
    /// The digest of the classification that it rests on (A9.2): see [`Entry::rest_on`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assessment: Option<Digest>,
    /// The digest of the content that was assessed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Digest>,
    /// The day of the assessment that it rests on (A21).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub assessed: Option<Date>,
    /// The class that it had before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_openness: Option<Openness>,
    /// What it rested on before, the oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<Revision>,
    /// 核心元数据: what the national guide asks of an information resource besides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<CoreMetadata>,
}

/// What an entry rested on until it was decided anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Revision {
    /// The day of that assessment, where the entry told it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub date: Option<Date>,
    /// The class that was chosen.
    pub openness: Openness,
    /// The digest of the content that was assessed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Digest>,
    /// The digest of the classification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assessment: Option<Digest>,
}

impl Entry {
    /// An entry that holds its id alone.
    pub fn new(id: impl Into<String>) -> Self {
        Entry {
            v: V1,
            id: id.into(),
            name: None,
            body: None,
            openness: None,
            format: None,
            data_type: None,
            access_ways: Vec::new(),
            update_frequency: None,
            level: None,
            district: None,
            grade: None,
            responsible: Responsible::default(),
            channel: None,
            channel_basis: None,
            other_way_basis: None,
            summary: None,
            items: Vec::new(),
            updated: None,
            assessment: None,
            content: None,
            assessed: None,
            previous_openness: None,
            history: Vec::new(),
            metadata: None,
        }
    }

    /// Reads an entry; a field that an entry does not have is refused.
    ///
    /// # Errors
    /// [`CatalogError::Malformed`], [`CatalogError::Id`], [`CatalogError::Personal`].
    pub fn from_json(json: &str) -> Result<Self, CatalogError> {
        let entry: Entry = canon::read("Entry", json.as_bytes()).map_err(|error| CatalogError::Malformed {
            what: Text::from(&error),
            place: error.place().unwrap_or_else(|| "entry".to_owned()),
        })?;
        entry.well_formed()?;
        Ok(entry)
    }

    /// Writes what was decided into the entry: the chosen class, the digest of the classification that permits it, the
    /// digest of the assessed content, and the day. What it rested on before goes into its history; the same decision
    /// written twice is one.
    ///
    /// # Errors
    /// [`CanonError`](crate::canon::CanonError) if the classification has no canonical encoding.
    pub fn rest_on(
        &mut self,
        classification: &Classification,
        chosen: Openness,
        content: Digest,
        on: Date,
    ) -> Result<(), canon::CanonError> {
        self.rest_on_assessment(sha256(&canon::to_bytes(classification)?), chosen, content, on);
        Ok(())
    }

    /// As [`Entry::rest_on`], for a classification of which only the digest is at hand.
    pub fn rest_on_assessment(&mut self, assessment: Digest, chosen: Openness, content: Digest, on: Date) {
        let before = self.decided();
        self.previous_openness = self.openness.filter(|before| *before != chosen).or(self.previous_openness);
        self.assessment = Some(assessment);
        self.content = Some(content);
        self.openness = Some(chosen);
        self.assessed = Some(on);
        if before != self.decided() {
            self.history.extend(before);
        }
    }

    /// What it rests on now, as its history would keep it; none before a class was chosen.
    fn decided(&self) -> Option<Revision> {
        let openness = self.openness?;
        Some(Revision { date: self.assessed, openness, content: self.content, assessment: self.assessment })
    }

    /// Checks what the log needs to keep the entry at all: its id, and that no text reads as a person's identifier.
    ///
    /// # Errors
    /// [`CatalogError::Id`], [`CatalogError::Personal`].
    pub fn well_formed(&self) -> Result<(), CatalogError> {
        well_formed_id(&self.id)?;
        let offices = [
            ("responsible.first", &self.responsible.first),
            ("responsible.leader", &self.responsible.leader),
            ("responsible.contact", &self.responsible.contact),
        ];
        for (field, office) in offices {
            if office.as_ref().is_some_and(|office| looks_personal(&office.contact) || looks_personal(&office.role)) {
                return Err(CatalogError::Personal { field: field.to_owned() });
            }
        }
        Ok(())
    }
}

/// Whether other documents can name this id.
pub(super) fn well_formed_id(id: &str) -> Result<(), CatalogError> {
    let first = id.bytes().next().is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    let rest = id.bytes().all(|c| matches!(c, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_'));
    if !first || !rest || id.len() > 64 || looks_personal(id) {
        return Err(CatalogError::Id);
    }
    Ok(())
}
