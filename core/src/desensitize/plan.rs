//! The plan: which transform each column gets, as people write it (TOML or JSON), and its hash.
//!
//! Reading a plan lists every problem at once, each with its place. A plan says nothing of a table's types: that is
//! for [`Plan::check`].

use std::collections::BTreeMap;
use std::path::Path;

use arrow::datatypes::Schema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::PlanError;
use super::step::Step;
use crate::kinds::Kind;
use crate::terms::{Digest, V1, Word, words};

/// What the library's own derived keys begin with: no domain of a plan may.
pub(crate) const RESERVED: &str = "kaifang:";

words! {
    /// 变换: what is done to a column (techniques of GB/T 37964-2019, annex A).
    pub enum Transform {
        /// 保留: as it is.
        Keep = "keep", "保留", "keep";
        /// 删除列
        Drop = "drop", "删除", "drop";
        /// 屏蔽: every value becomes [`super::REDACTED`].
        Redact = "redact", "屏蔽", "redact";
        /// 置空
        Null = "null", "置空", "null";
        /// 部分屏蔽: hidden characters become `*`.
        Mask = "mask", "掩码", "mask";
        /// 密码假名化: a keyed token.
        Token = "token", "假名令牌", "token";
        /// 保留格式加密
        Fpe = "fpe", "保留格式加密", "format-preserving encryption";
        /// 泛化
        Generalize = "generalize", "泛化", "generalize";
        /// 取整
        Round = "round", "取整", "round";
        /// 顶层与底层编码
        TopBottom = "top_bottom", "顶层底层编码", "top and bottom coding";
        /// 日期偏移
        DateShift = "date_shift", "日期偏移", "date shift";
        /// 噪声
        Noise = "noise", "噪声添加", "noise";
        /// 置换
        Shuffle = "shuffle", "置换", "shuffle";
        /// 抽样
        Sample = "sample", "抽样", "sample";
        /// 记录抑制
        Suppress = "suppress", "抑制", "suppress";
        /// 加密
        Encrypt = "encrypt", "加密", "encrypt";
        /// 文本片段处理
        Text = "text", "文本处理", "text";
    }

    /// 泛化层级: to what a generalization widens.
    pub enum Level {
        /// 年: `1990`
        Year = "year", "年", "year";
        /// 月: `1990-03`
        Month = "month", "月", "month";
        /// 十年: `1990s`
        Decade = "decade", "十年", "decade";
        /// 省级
        Province = "province", "省", "province";
        /// 市级
        City = "city", "市", "city";
        /// 区县级
        District = "district", "区县", "district";
    }

    /// 无效值的处理: what happens to a value that a transform can't treat.
    pub enum Invalid {
        /// 屏蔽并计数: the marker (null where the column isn't text), counted.
        Redact = "redact", "屏蔽并计数", "redact";
        /// 报错: the whole treatment fails.
        Error = "error", "报错", "error";
    }
}

/// What happens to values that a transform can't treat. They are never passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct OnInvalid {
    /// For every column.
    pub default: Invalid,
}

impl Default for OnInvalid {
    fn default() -> Self {
        OnInvalid { default: Invalid::Redact }
    }
}

/// What one column gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ColumnPlan {
    /// The transform.
    #[serde(rename = "do")]
    pub transform: Transform,
    /// What the column holds. Masks and tokens need it; elsewhere it is a declaration that the proof repeats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// Mask: how many leading characters (Unicode scalar values) stay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_prefix: Option<u32>,
    /// Mask: how many trailing characters stay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_suffix: Option<u32>,
    /// Token: the id of the key in the keyring.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Token: the domain that the key is derived for; `<dataset>/<kind>` unless two datasets are meant to join.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// Generalize: the level of dates and places.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Level>,
    /// Generalize: the width of the bins of integers, at least 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
}

impl ColumnPlan {
    /// A column with this transform and no setting.
    #[must_use]
    pub fn new(transform: Transform) -> Self {
        ColumnPlan {
            transform,
            kind: None,
            keep_prefix: None,
            keep_suffix: None,
            key: None,
            domain: None,
            to: None,
            width: None,
        }
    }
}

/// A treatment plan: one entry for every column of one table.
///
/// The hash is SHA-256 over the canonical JSON, in which the defaults are written out: a TOML and a JSON plan that say
/// the same have the same hash.
///
/// ```
/// use kaifang::desensitize::Plan;
///
/// let plan = Plan::parse_toml(r#"
///     v = 1
///     dataset = "xa-resident"
///     [columns]
///     xm   = { do = "mask", kind = "person_name" }
///     sfzh = { do = "token", kind = "resident_id", key = "k1" }
///     csrq = { do = "generalize", to = "year" }
///     je   = { do = "keep" }
/// "#)?;
/// assert_eq!(Plan::parse_json(kaifang::canon::to_string(&plan)?.as_bytes())?.hash(), plan.hash());
///
/// let wrong = Plan::parse_toml("v = 1\ndataset = \"d\"\n[columns]\na = { do = \"mask\" }\nb = { do = \"noise\" }");
/// assert_eq!(wrong.unwrap_err().problems().len(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Plan {
    v: V1,
    dataset: String,
    columns: BTreeMap<String, ColumnPlan>,
    #[serde(default)]
    on_invalid: OnInvalid,
}

impl<'de> Deserialize<'de> for Plan {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Plan::from_value(&Value::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl Plan {
    /// A plan built by a program, checked like one that was read.
    ///
    /// # Errors
    /// Every problem of the plan.
    pub fn new(
        dataset: impl Into<String>,
        columns: BTreeMap<String, ColumnPlan>,
        on_invalid: Invalid,
    ) -> Result<Self, PlanError> {
        let plan = Plan { v: V1, dataset: dataset.into(), columns, on_invalid: OnInvalid { default: on_invalid } };
        let mut problems = Vec::new();
        plan.problems(&mut problems);
        PlanError::all_of(problems).map(|()| plan)
    }

    /// Reads a plan in TOML.
    ///
    /// # Errors
    /// [`PlanError::Malformed`], or every problem of the plan.
    pub fn parse_toml(text: &str) -> Result<Self, PlanError> {
        let value: Value = toml::from_str(text).map_err(|error| PlanError::Malformed {
            what: "not TOML".to_owned(),
            line: error.span().map_or(1, |span| 1 + text.bytes().take(span.start).filter(|b| *b == b'\n').count()),
        })?;
        Plan::from_value(&value)
    }

    /// Reads a plan in strict JSON.
    ///
    /// # Errors
    /// [`PlanError::Malformed`], or every problem of the plan.
    pub fn parse_json(json: &[u8]) -> Result<Self, PlanError> {
        let value = crate::canon::parse(json).map_err(|error| PlanError::Malformed {
            what: error.to_string(),
            line: match error {
                crate::canon::CanonError::Malformed { line, .. } => line,
                _ => 1,
            },
        })?;
        Plan::from_value(&value)
    }

    /// Reads a plan file: JSON where it begins with `{`, TOML otherwise.
    ///
    /// # Errors
    /// [`PlanError::Malformed`], also where the file can't be read; or every problem of the plan.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, PlanError> {
        let bytes =
            std::fs::read(path).map_err(|error| PlanError::Malformed { what: error.kind().to_string(), line: 1 })?;
        if bytes.trim_ascii_start().starts_with(b"{") {
            return Plan::parse_json(&bytes);
        }
        let text = std::str::from_utf8(&bytes).map_err(|error| PlanError::Malformed {
            what: "not UTF-8".to_owned(),
            line: 1 + bytes.iter().take(error.valid_up_to()).filter(|b| **b == b'\n').count(),
        })?;
        Plan::parse_toml(text)
    }

    /// The dataset whose treatment this is.
    #[must_use]
    pub fn dataset(&self) -> &str {
        &self.dataset
    }

    /// The columns, by name.
    #[must_use]
    pub fn columns(&self) -> &BTreeMap<String, ColumnPlan> {
        &self.columns
    }

    /// What happens to values that a transform can't treat.
    #[must_use]
    pub fn on_invalid(&self) -> Invalid {
        self.on_invalid.default
    }

    /// The ids of the keys that the plan needs, sorted, each once.
    #[must_use]
    pub fn keys(&self) -> Vec<&str> {
        let mut keys: Vec<&str> = self.columns.values().filter_map(|column| column.key.as_deref()).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    /// SHA-256 over the canonical JSON.
    #[must_use]
    pub fn hash(&self) -> Digest {
        // A plan holds strings and small integers only, which always have a canonical encoding.
        crate::crypto::sha256(&crate::canon::to_bytes(self).unwrap_or_default())
    }

    /// Checks the plan against the columns of a table: every column named, none too many, each transform meaningful.
    ///
    /// # Errors
    /// Every problem at once.
    pub fn check(&self, schema: &Schema) -> Result<(), PlanError> {
        let mut problems = Vec::new();
        let mut seen = std::collections::BTreeSet::new();
        for field in schema.fields() {
            let column = || field.name().clone();
            if !seen.insert(field.name().as_str()) {
                problems.push(PlanError::DuplicateColumn { column: column() });
                continue;
            }
            match self.columns.get(field.name()) {
                None => problems.push(PlanError::UnnamedColumn { column: column() }),
                Some(plan) => problems.extend(Step::output_type(field.name(), plan, field.data_type()).err()),
            }
        }
        for column in self.columns.keys().filter(|column| !seen.contains(column.as_str())) {
            problems.push(PlanError::NoSuchColumn { column: column.clone() });
        }
        PlanError::all_of(problems)
    }

    fn from_value(value: &Value) -> Result<Self, PlanError> {
        let mut problems = Vec::new();
        let plan = read(value, &mut problems);
        if let Some(plan) = &plan {
            plan.problems(&mut problems);
        }
        PlanError::all_of(problems)?;
        plan.ok_or(PlanError::Empty)
    }

    /// What is wrong beyond the shape.
    fn problems(&self, problems: &mut Vec<PlanError>) {
        if self.columns.is_empty() {
            problems.push(PlanError::Empty);
        }
        if self.dataset.is_empty() {
            problems.push(field("dataset", "a name", "名称"));
        }
        if self.dataset.starts_with(RESERVED) {
            problems.push(PlanError::ReservedDomain { place: "dataset".to_owned() });
        }
        for (column, plan) in &self.columns {
            super::step::problems(column, plan, problems);
        }
    }
}

fn field(place: impl Into<String>, expected_en: &'static str, expected_zh: &'static str) -> PlanError {
    PlanError::Field { place: place.into(), expected_en, expected_zh }
}

/// The plan in a parsed file, with every problem of its shape. `None` where a part is missing altogether.
fn read(value: &Value, problems: &mut Vec<PlanError>) -> Option<Plan> {
    let Some(top) = value.as_object() else {
        problems.push(field("plan", "a table with v, dataset and columns", "包含 v、dataset、columns 的表"));
        return None;
    };
    unknown_fields("", top, &["v", "dataset", "columns", "on_invalid"], problems);
    if top.get("v").and_then(Value::as_u64) != Some(1) {
        problems.push(field("v", "1", "1"));
    }
    let dataset = top.get("dataset").and_then(Value::as_str);
    if dataset.is_none() {
        problems.push(field("dataset", "a name", "名称"));
    }
    let on_invalid = match top.get("on_invalid") {
        None => OnInvalid::default(),
        Some(value) => match OnInvalid::deserialize(value) {
            Ok(on_invalid) => on_invalid,
            Err(_) => {
                problems.push(field("on_invalid", "default = redact or error", "default = redact 或 error"));
                OnInvalid::default()
            }
        },
    };
    let mut columns = BTreeMap::new();
    match top.get("columns").map(Value::as_object) {
        Some(Some(entries)) => {
            for (column, entry) in entries {
                if let Some(plan) = read_column(column, entry, problems) {
                    columns.insert(column.clone(), plan);
                }
            }
            // A plan all of whose columns are wrong isn't empty: only the real problems are told.
            if columns.is_empty() && !entries.is_empty() {
                return None;
            }
        }
        Some(None) => {
            problems.push(field("columns", "a table of columns", "列的表"));
            return None;
        }
        None => {}
    }
    Some(Plan { v: V1, dataset: dataset.unwrap_or("?").to_owned(), columns, on_invalid })
}

fn read_column(column: &str, entry: &Value, problems: &mut Vec<PlanError>) -> Option<ColumnPlan> {
    let place = |name: &str| format!("columns.{column}.{name}");
    let Some(entry) = entry.as_object() else {
        problems.push(field(format!("columns.{column}"), "a table with `do`", "包含 do 的表"));
        return None;
    };
    let before = problems.len();
    let known = ["do", "kind", "keep_prefix", "keep_suffix", "key", "domain", "to", "width"];
    unknown_fields(&format!("columns.{column}."), entry, &known, problems);
    let transform = entry.get("do").and_then(Value::as_str).and_then(Transform::from_id);
    if transform.is_none() {
        problems.push(PlanError::UnknownTransform { column: column.to_owned() });
    }
    let mut word = |name: &str, expected: (&'static str, &'static str)| match entry.get(name).map(Value::as_str) {
        None => None,
        Some(Some(text)) if !text.is_empty() => Some(text.to_owned()),
        Some(_) => {
            problems.push(field(place(name), expected.0, expected.1));
            None
        }
    };
    let kind = word("kind", ("the id of a kind", "类别标识"));
    let key = word("key", ("the id of a key", "密钥标识"));
    let domain = word("domain", ("a domain", "域"));
    let to = word("to", ("a level", "层级"));
    let kind = kind.and_then(|id| {
        let kind = Kind::from_id(&id);
        if kind.is_none() {
            problems.push(field(place("kind"), "the id of a kind", "类别标识"));
        }
        kind
    });
    let to = to.and_then(|id| {
        let level = Level::from_id(&id);
        if level.is_none() {
            let expected =
                ("year, month, decade, province, city or district", "year、month、decade、province、city 或 district");
            problems.push(field(place("to"), expected.0, expected.1));
        }
        level
    });
    let mut count = |name: &str| match entry.get(name) {
        None => None,
        Some(value) => {
            let count = value.as_u64().and_then(|count| u32::try_from(count).ok());
            if count.is_none() {
                problems.push(field(place(name), "a whole number from 0", "非负整数"));
            }
            count
        }
    };
    let (keep_prefix, keep_suffix, width) = (count("keep_prefix"), count("keep_suffix"), count("width"));
    // A column with a problem of shape isn't looked at further: what follows from it would only repeat it.
    let transform = transform.filter(|_| problems.len() == before)?;
    Some(ColumnPlan { transform, kind, keep_prefix, keep_suffix, key, domain, to, width })
}

fn unknown_fields(place: &str, table: &Map<String, Value>, known: &[&str], problems: &mut Vec<PlanError>) {
    for name in table.keys().filter(|name| !known.contains(&name.as_str())) {
        problems.push(PlanError::UnknownField { place: format!("{place}{name}") });
    }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
