//! What is applied for, what is granted, what is reported, and the platform's rules of use. Documents only; nothing is
//! judged here.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::ProcessError;
use crate::canon;
use crate::error::Explain;
use crate::terms::{AccessWay, Digest, Text, V1};

/// An application for conditional data (有条件开放申请, A10, A26).
///
/// ```
/// use kaifang::process::Application;
/// let application = Application::from_json(r#"{
///     "v": 1, "id": "app-1", "user": "91610131MA6U0000X0", "dataset": "xa-resident", "ways": ["api"],
///     "purpose": "人口分布研究", "safeguards": ["专人专机"], "from": "2026-12-01", "until": "2027-11-30", "rows": 100000}"#)?;
/// assert_eq!(application.rows, Some(100_000));
/// # Ok::<(), kaifang::process::ProcessError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Application {
    /// The document's version.
    pub v: V1,
    /// Its id.
    pub id: String,
    /// Who applies: a unified social credit code, or a commitment to a natural person's identity.
    pub user: String,
    /// The dataset.
    pub dataset: String,
    /// By which ways (A22.1).
    pub ways: Vec<AccessWay>,
    /// What for (A10); a request must name the same purpose.
    pub purpose: String,
    /// How the data will be protected (A10).
    pub safeguards: Vec<String>,
    /// The first day.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub from: Date,
    /// The last day.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub until: Date,
    /// Which columns; without it, all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
    /// How many rows in all; without it, as many as there are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// How many calls in all, a page each; without it, any number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pages: Option<u64>,
    /// Whether later versions of the dataset are asked for too; else the version that is open when it is approved.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub updates: bool,
    /// The digest of what was handed in with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Digest>,
}

impl Application {
    /// Reads an application; a field that it does not have is refused.
    ///
    /// # Errors
    /// [`ProcessError::Malformed`].
    pub fn from_json(json: &str) -> Result<Self, ProcessError> {
        canon::read("Application", json.as_bytes()).map_err(|error| malformed(&error))
    }

    /// What the application asks for, as a grant.
    #[must_use]
    pub fn asked(&self) -> Grant {
        Grant {
            ways: self.ways.clone(),
            from: self.from,
            until: self.until,
            fields: self.fields.clone(),
            rows: self.rows,
            pages: self.pages,
            updates: self.updates,
        }
    }
}

pub(super) fn malformed(error: &canon::CanonError) -> ProcessError {
    ProcessError::Malformed { what: Text::from(error), place: error.place().unwrap_or_else(|| "document".to_owned()) }
}

/// What an approval grants: never more than was applied for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// By which ways.
    pub ways: Vec<AccessWay>,
    /// The first day.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub from: Date,
    /// The last day.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub until: Date,
    /// Which columns; none named: all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
    /// How many rows in all, so that an interface does not page out the whole table (A22.2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// How many calls in all, for the same reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pages: Option<u64>,
    /// Whether later versions of the dataset are granted too; else the version that is open when it is approved.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub updates: bool,
}

impl Grant {
    /// The first part of this grant that goes beyond another.
    pub(super) fn beyond(&self, other: &Grant) -> Option<&'static str> {
        let more = |ours: Option<u64>, theirs: Option<u64>| match (ours, theirs) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(ours), Some(theirs)) => ours > theirs,
        };
        let fields = !other.fields.is_empty()
            && (self.fields.is_empty() || self.fields.iter().any(|field| !other.fields.contains(field)));
        let parts = [
            ("ways", self.ways.iter().any(|way| !other.ways.contains(way))),
            ("period", self.from < other.from || self.until > other.until),
            ("fields", fields),
            ("rows", more(self.rows, other.rows)),
            ("pages", more(self.pages, other.pages)),
            ("updates", self.updates && !other.updates),
        ];
        parts.into_iter().find_map(|(part, beyond)| beyond.then_some(part))
    }

    /// What both grant; an approval by two is what both approved.
    ///
    /// # Errors
    /// The part of which nothing is left.
    pub(super) fn narrowed(&self, other: &Grant) -> Result<Grant, &'static str> {
        let least = |a: Option<u64>, b: Option<u64>| a.into_iter().chain(b).min();
        let fields = match (self.fields.is_empty(), other.fields.is_empty()) {
            (true, _) => other.fields.clone(),
            (_, true) => self.fields.clone(),
            _ => self.fields.iter().filter(|field| other.fields.contains(field)).cloned().collect(),
        };
        // No field named is every field: what two leave in common may be none, and must not become all.
        if fields.is_empty() && !(self.fields.is_empty() && other.fields.is_empty()) {
            return Err("fields");
        }
        let grant = Grant {
            ways: self.ways.iter().copied().filter(|way| other.ways.contains(way)).collect(),
            from: self.from.max(other.from),
            until: self.until.min(other.until),
            fields,
            rows: least(self.rows, other.rows),
            pages: least(self.pages, other.pages),
            updates: self.updates && other.updates,
        };
        grant.empty().map_or(Ok(grant), Err)
    }

    /// The part of it that grants nothing.
    pub(super) fn empty(&self) -> Option<&'static str> {
        if self.ways.is_empty() {
            return Some("ways");
        }
        (self.until < self.from).then_some("period")
    }
}

/// The platform's rules of use (平台使用规范, A15), as far as the machine needs them: the periods and bounds that the
/// Measures leave to those who run it. What is not set is not owed.
///
/// ```
/// use kaifang::process::RulesOfUse;
/// let rules = RulesOfUse::from_json(r#"{"v": 1, "risk_report_months": 6, "preview_rows": 5}"#)?;
/// assert_eq!((rules.risk_report_months, rules.preview_rows, rules.reassess_months), (Some(6), 5, None));
/// # Ok::<(), kaifang::process::ProcessError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RulesOfUse {
    /// The document's version.
    pub v: V1,
    /// Every how many months a user of conditional data files a risk assessment report (A25).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub risk_report_months: Option<u16>,
    /// Within how many working days after a use its user reports it (A16).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub use_report_days: Option<u16>,
    /// Every how many months a body follows up an approved application (A9.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follow_up_months: Option<u16>,
    /// After how many months what is not open is assessed again (A21).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reassess_months: Option<u16>,
    /// Every how many months a body holds an emergency drill (A32(2)).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drill_months: Option<u16>,
    /// Every how many months a body reviews its catalog (A9.2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub catalog_review_months: Option<u16>,
    /// Within how many working days a body lists what a demand showed can be opened (A19.3), has its management system
    /// and emergency plan after its first entry (A32), and deals with a security problem (A33).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt_days: Option<u16>,
    /// The most rows of a preview (A13): at most [`MOST_PREVIEW_ROWS`].
    #[serde(default = "preview_rows")]
    pub preview_rows: u64,
    /// Over how many minutes the denials of callers who are not identified are counted before the counts are recorded.
    #[serde(default = "count_minutes")]
    pub count_minutes: u16,
    /// The digest of the published text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Digest>,
}

/// The most rows that a platform may let be previewed.
pub const MOST_PREVIEW_ROWS: u64 = 1000;

const fn preview_rows() -> u64 {
    10
}

const fn count_minutes() -> u16 {
    60
}

impl Default for RulesOfUse {
    fn default() -> Self {
        RulesOfUse {
            v: V1,
            risk_report_months: None,
            use_report_days: None,
            follow_up_months: None,
            reassess_months: None,
            drill_months: None,
            catalog_review_months: None,
            prompt_days: None,
            preview_rows: preview_rows(),
            count_minutes: count_minutes(),
            text: None,
        }
    }
}

impl RulesOfUse {
    /// Reads rules; a field that they do not have is refused.
    ///
    /// # Errors
    /// [`ProcessError::Malformed`].
    pub fn from_json(json: &str) -> Result<Self, ProcessError> {
        canon::read("RulesOfUse", json.as_bytes()).map_err(|error| malformed(&error))
    }

    /// The first period of no length, or a preview that is none.
    pub(super) fn empty(&self) -> Option<&'static str> {
        let periods = [
            ("risk_report_months", self.risk_report_months),
            ("use_report_days", self.use_report_days),
            ("follow_up_months", self.follow_up_months),
            ("reassess_months", self.reassess_months),
            ("drill_months", self.drill_months),
            ("catalog_review_months", self.catalog_review_months),
            ("prompt_days", self.prompt_days),
            ("count_minutes", Some(self.count_minutes)),
        ];
        // A preview shows what the data is like; more is a download (A13, A22.2).
        if self.preview_rows > MOST_PREVIEW_ROWS {
            return Some("preview_rows");
        }
        periods.into_iter().find_map(|(period, length)| (length == Some(0)).then_some(period))
    }
}

/// What a user of conditional data reports about its risks (风险评估报告, A25.2). Each named part is there and says
/// something.
///
/// ```
/// use kaifang::process::RiskAssessmentReport;
/// let report = RiskAssessmentReport::from_json(r#"{"v": 1, "application": "app-1", "from": "2024-01-01",
///     "until": "2024-06-30", "kinds": ["xa-resident"], "calls": 12, "rows": 900, "bytes": 81920,
///     "activities": ["按区汇总分析"], "risks": ["研究人员变动"], "measures": ["专人专机、离职交接"]}"#)?;
/// assert_eq!(report.rows, 900);
/// # Ok::<(), kaifang::process::ProcessError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RiskAssessmentReport {
    /// The document's version.
    pub v: V1,
    /// The application under which the data is used.
    pub application: String,
    /// The first day reported on.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub from: Date,
    /// The last day reported on.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub until: Date,
    /// 种类: which conditional data was used.
    pub kinds: Vec<String>,
    /// 数量: how many calls.
    pub calls: u64,
    /// 数量: how many rows.
    pub rows: u64,
    /// 数量: how many bytes.
    pub bytes: u64,
    /// 开展数据处理活动的情况
    pub activities: Vec<String>,
    /// 面临的数据安全风险
    pub risks: Vec<String>,
    /// 应对措施
    pub measures: Vec<String>,
    /// The digest of the report as it was handed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<Digest>,
}

impl RiskAssessmentReport {
    /// Reads a report; a field that it does not have is refused.
    ///
    /// # Errors
    /// [`ProcessError::Malformed`].
    pub fn from_json(json: &str) -> Result<Self, ProcessError> {
        canon::read("RiskAssessmentReport", json.as_bytes()).map_err(|error| malformed(&error))
    }

    /// The first part of A25.2 that says nothing.
    pub(super) fn empty(&self) -> Option<&'static str> {
        let parts = [
            ("kinds", &self.kinds),
            ("activities", &self.activities),
            ("risks", &self.risks),
            ("measures", &self.measures),
        ];
        let silent = |texts: &[String]| texts.iter().all(|text| text.trim().is_empty());
        let part = parts.into_iter().find_map(|(part, texts)| silent(texts).then_some(part));
        part.or((self.until < self.from).then_some("period"))
    }
}
