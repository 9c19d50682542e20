//! The catalog entry: the seven fields of A19.2 and what other articles ask of an entry.
//!
//! Every part but the id may be missing in the document, so that one check can name everything that is. This file
//! holds the document; it must never judge it.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{CatalogError, looks_personal};
use crate::canon;
use crate::crypto::sha256;
use crate::error::Explain;
use crate::policy::Classification;
use crate::terms::{AccessWay, DataGrade, Digest, Openness, Text, V1, words};

words! {
    /// 数据格式 (A19.2).
    pub enum DataFormat {
        /// CSV
        Csv = "csv", "CSV", "CSV";
        /// JSON
        Json = "json", "JSON", "JSON";
        /// XML
        Xml = "xml", "XML", "XML";
        /// XLSX
        Xlsx = "xlsx", "XLSX", "XLSX";
        /// XLS
        Xls = "xls", "XLS", "XLS";
        /// Parquet
        Parquet = "parquet", "Parquet", "Parquet";
        /// Arrow IPC
        Arrow = "arrow", "Arrow", "Arrow";
        /// RDF
        Rdf = "rdf", "RDF", "RDF";
        /// GeoJSON
        Geojson = "geojson", "GeoJSON", "GeoJSON";
        /// Shapefile
        Shapefile = "shapefile", "Shapefile", "Shapefile";
        /// Plain text
        Text = "text", "纯文本", "plain text";
        /// PDF
        Pdf = "pdf", "PDF", "PDF";
        /// A word processor's document
        Document = "document", "文字处理文档", "word processor document";
        /// A picture or a scan
        Image = "image", "图片或扫描件", "picture or scan";
    }

    /// 数据类型 (A19.2).
    pub enum DataType {
        /// 结构化数据
        Structured = "structured", "结构化数据", "structured data";
        /// 空间数据
        Spatial = "spatial", "空间数据", "spatial data";
        /// 文本
        Text = "text", "文本", "text";
        /// 图像
        Image = "image", "图像", "images";
        /// 音视频
        Media = "media", "音视频", "audio and video";
        /// 实时流
        Stream = "stream", "实时流数据", "stream";
    }

    /// 数据更新频率 (A19.2, A23).
    pub enum UpdateFrequency {
        /// 实时
        Realtime = "realtime", "实时", "in real time";
        /// 每日
        Daily = "daily", "每日", "daily";
        /// 每周
        Weekly = "weekly", "每周", "weekly";
        /// 每月
        Monthly = "monthly", "每月", "monthly";
        /// 每季度
        Quarterly = "quarterly", "每季度", "quarterly";
        /// 每半年
        HalfYearly = "half_yearly", "每半年", "half-yearly";
        /// 每年
        Yearly = "yearly", "每年", "yearly";
        /// 不定期
        Irregular = "irregular", "不定期", "irregularly";
        /// 不更新
        Never = "never", "不更新", "never";
    }

    /// Whose catalog the entry belongs to (A8, A19.2): who reviews applications depends on it.
    pub enum Level {
        /// 市级
        Municipal = "municipal", "市级", "municipal";
        /// 区县(开发区)级
        District = "district", "区县(开发区)级", "district";
    }

    /// The channel through which the data is opened (A12).
    pub enum Channel {
        /// 统一开放平台
        Platform = "platform", "统一开放平台", "the unified platform";
        /// 经批准的自有渠道
        ApprovedException = "approved_exception", "经批准的自有渠道", "an own channel, approved";
        /// 其他渠道
        Other = "other", "其他渠道", "another channel";
    }
}

impl DataFormat {
    /// Whether society can process it by machine (A3(4)): a document made for eyes is not.
    #[must_use]
    pub fn machine_readable(self) -> bool {
        !matches!(self, DataFormat::Pdf | DataFormat::Document | DataFormat::Image)
    }
}

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
    /// The class that it had before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_openness: Option<Openness>,
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
            previous_openness: None,
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

    /// Writes what was decided into the entry: the chosen class, the digest of the classification that permits it, and
    /// the digest of the assessed content. What the class was before is kept.
    ///
    /// # Errors
    /// [`CanonError`](crate::canon::CanonError) if the classification has no canonical encoding.
    pub fn rest_on(
        &mut self,
        classification: &Classification,
        chosen: Openness,
        content: Digest,
    ) -> Result<(), canon::CanonError> {
        self.assessment = Some(sha256(&canon::to_bytes(classification)?));
        self.content = Some(content);
        self.previous_openness = self.openness.filter(|before| *before != chosen).or(self.previous_openness);
        self.openness = Some(chosen);
        Ok(())
    }

    /// Checks what the log needs to keep the entry at all: its id, and that no text reads as a person's identifier.
    ///
    /// # Errors
    /// [`CatalogError::Id`], [`CatalogError::Personal`].
    pub fn well_formed(&self) -> Result<(), CatalogError> {
        let id = self.id.as_bytes();
        let first = id.first().is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        let rest = id.iter().all(|c| matches!(c, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_'));
        if !first || !rest || id.len() > 64 || looks_personal(&self.id) {
            return Err(CatalogError::Id);
        }
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
