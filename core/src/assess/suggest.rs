//! A treatment plan proposed from a scan: what each column gets, and why. A person decides; the proposal errs to the strict
//! side, and what it leaves in place is there to be looked at.
//!
//! | role of the column | public | controlled | enclave |
//! |---|---|---|---|
//! | direct identifier with a canonical form | token | token | token |
//! | name | redact | mask | mask |
//! | another direct identifier | redact | redact | redact |
//! | quasi-identifier: date, place, number | year, city, bins of 10 | month, district, bins of 5 | as controlled |
//! | another quasi-identifier | redact | keep | keep |
//! | sensitive attribute | redact | keep | keep |
//! | text that was not recognised and differs in most rows | redact | text | keep |
//! | an identifier in a type that is no text, whole number or date | redact | redact | redact |
//! | bytes | drop | drop | keep |
//! | nested | drop | drop | drop |
//! | the rest | keep | keep | keep |

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::desensitize::{ColumnPlan, Invalid, Level, Plan, PlanError, Transform};
use crate::detect::{ColumnFinding, Findings};
use crate::kinds::{Kind, Role};
use crate::terms::{Sharing, V1, Word};

/// A proposed plan, with a reason for each column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Suggestion {
    /// The version of this document.
    pub v: V1,
    /// How the treated table is to be shared.
    pub sharing: Sharing,
    /// The plan.
    pub plan: Plan,
    /// Why each column gets what it gets, in the order of the table.
    pub reasons: Vec<Reason>,
}

/// Why a column gets its transform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Reason {
    /// The column.
    pub column: String,
    /// The transform.
    #[serde(rename = "do")]
    pub transform: Transform,
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

/// Proposes a plan for a scanned table. `key` = the id of the key that tokens are made with.
///
/// # Errors
/// [`PlanError`] for a table without columns, or a dataset without a name.
///
/// ```
/// use kaifang::assess::suggest;
/// use kaifang::detect::{ScanOptions, scan};
/// use kaifang::table::{ReadOptions, open, silent};
/// use kaifang::terms::Sharing;
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("people.csv");
/// std::fs::write(&path, "sfzh,je\n11010519491231002X,1\n440524188001010014,2\n")?;
/// let findings = scan(open(&path, &ReadOptions::default())?, &ScanOptions::default(), &mut silent)?;
/// let suggestion = suggest(&findings, "people", "k1", Sharing::Public)?;
/// assert_eq!(suggestion.plan.keys(), ["k1"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn suggest(findings: &Findings, dataset: &str, key: &str, sharing: Sharing) -> Result<Suggestion, PlanError> {
    let mut columns = BTreeMap::new();
    let mut reasons = Vec::new();
    for finding in &findings.columns {
        let (entry, zh, en) = choose(finding, key, sharing);
        let said = |zh: &str, en: &str| match finding.kind {
            Some(kind) => (format!("{},{zh}", kind.zh()), format!("{}: {en}", kind.en())),
            None => (zh.to_owned(), en.to_owned()),
        };
        let (zh, en) = said(zh, en);
        reasons.push(Reason { column: finding.name.clone(), transform: entry.transform, zh, en });
        columns.insert(finding.name.clone(), entry);
    }
    Ok(Suggestion { v: V1, sharing, plan: Plan::new(dataset, columns, Invalid::Redact)?, reasons })
}

/// What one column gets, with the reason in Chinese and English.
fn choose(finding: &ColumnFinding, key: &str, sharing: Sharing) -> (ColumnPlan, &'static str, &'static str) {
    let public = sharing == Sharing::Public;
    let plain = |transform| ColumnPlan { kind: finding.kind, ..ColumnPlan::new(transform) };
    let with_key = |transform| ColumnPlan { key: Some(key.to_owned()), ..plain(transform) };
    let to = |level| ColumnPlan { to: Some(level), ..plain(Transform::Generalize) };
    let held = Held::of(&finding.data_type);
    match (finding.role, finding.kind) {
        _ if held == Held::Nested || (held == Held::Bytes && sharing != Sharing::Enclave) => (
            ColumnPlan::new(Transform::Drop),
            "该类型的内容无法检查",
            "the content of this type can't be looked at: dropped",
        ),
        // A number with decimals is no form of an identifier: what it holds of one is damaged.
        (Role::Direct | Role::Quasi, Some(_)) if held != Held::Words => (
            ColumnPlan::new(Transform::Redact),
            "该类型的标识符无法安全替代,屏蔽",
            "an identifier in a type that has no safe substitute: redacted",
        ),
        (Role::Direct, Some(Kind::PersonName)) if !public => {
            (plain(Transform::Mask), "直接标识符,仅保留姓氏", "a direct identifier; the surname stays")
        }
        // Few people have a name of their own: the token of one is no better than a list of them.
        (Role::Direct, Some(kind)) if kind.is_implemented() && kind != Kind::PersonName => (
            with_key(Transform::Token),
            "直接标识符,以假名令牌替代,持钥者可关联",
            "a direct identifier, replaced by a token: tables of one key and domain still join",
        ),
        (Role::Direct, _) => (
            plain(Transform::Redact),
            "直接标识符,公开或无规范形式时屏蔽",
            "a direct identifier that has no safe substitute here: redacted",
        ),
        (Role::Quasi, Some(Kind::BirthDate)) => (
            to(if public { Level::Year } else { Level::Month }),
            "准标识符,泛化日期",
            "a quasi-identifier: the date is generalized",
        ),
        (Role::Quasi, Some(Kind::Address | Kind::Region)) => (
            to(if public { Level::City } else { Level::District }),
            "准标识符,泛化地点",
            "a quasi-identifier: the place is generalized",
        ),
        (Role::Quasi, Some(Kind::Age)) => (
            ColumnPlan { width: Some(if public { 10 } else { 5 }), ..plain(Transform::Generalize) },
            "准标识符,归入区间",
            "a quasi-identifier: put into bins",
        ),
        (Role::Quasi, _) if public => (
            plain(Transform::Redact),
            "准标识符,公开共享时屏蔽;如风险度量允许可改为保留",
            "a quasi-identifier: redacted for public sharing; keep it where the risk figures allow",
        ),
        (Role::Sensitive, _) if public => {
            (plain(Transform::Redact), "敏感属性,公开共享时屏蔽", "a sensitive attribute: redacted for public sharing")
        }
        (Role::Quasi | Role::Sensitive, _) => {
            (plain(Transform::Keep), "保留;请以风险度量确认", "kept; confirm by the risk figures")
        }
        (Role::None, None) if sharing == Sharing::Controlled && is_unread_text(finding) => (
            with_key(Transform::Text),
            "未识别的文本且多数行各不相同,替换其中可识别的片段",
            "text that was not recognised and differs in most rows: what names people in it is replaced",
        ),
        (Role::None, None) if public && is_unread_text(finding) => (
            plain(Transform::Redact),
            "未识别的文本且多数行各不相同,可能含有个人信息",
            "text that was not recognised and differs in most rows: it may name people",
        ),
        (Role::None, _) => (plain(Transform::Keep), "未发现个人信息,保留", "no personal information was found: kept"),
    }
}

/// What a column holds, by its Arrow type.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Held {
    /// Text, whole numbers, dates and moments: what people write.
    Words,
    /// Bytes that nobody reads.
    Bytes,
    Nested,
    /// Numbers with decimals, truth values, durations.
    Other,
}

impl Held {
    fn of(data_type: &str) -> Self {
        let is = |names: &[&str]| names.iter().any(|name| data_type.starts_with(name));
        match data_type.strip_prefix("Dictionary(").and_then(|inner| inner.split_once(", ")) {
            Some((_, words)) => Held::of(words),
            None if is(&["Utf8", "LargeUtf8", "Int", "UInt", "Date", "Timestamp"]) && !is(&["Interval"]) => Held::Words,
            None if data_type.contains("Binary") => Held::Bytes,
            None if is(&["Null", "Boolean", "Float", "Decimal", "Time", "Duration"]) => Held::Other,
            None => Held::Nested,
        }
    }
}

/// How few rows say nothing about whether values repeat.
const FEW: u64 = 5;

/// Text of no kind, whose values mostly differ: names and remarks look like that, codes and classes don't.
fn is_unread_text(finding: &ColumnFinding) -> bool {
    let differs = |distinct: u64| distinct > FEW && distinct > finding.values / 2;
    finding.data_type.contains("Utf8") && finding.distinct.is_none_or(differs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::{ScanOptions, scan};
    use crate::table::{ReadOptions, open, silent};

    fn findings(header: &str, rows: &[&str]) -> Findings {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.csv");
        std::fs::write(&path, format!("{header}\n{}\n", rows.join("\n"))).unwrap();
        scan(open(&path, &ReadOptions::default()).unwrap(), &ScanOptions::default(), &mut silent).unwrap()
    }

    fn people() -> Findings {
        findings(
            "xm,sfzh,csrq,hjdz,je",
            &[
                "欧阳一,11010519491231002X,1949-12-31,陕西省西安市雁塔区某路1号,1",
                "王小二,440524188001010014,1880-01-01,陕西省西安市碑林区某路2号,2",
            ],
        )
    }

    #[test]
    fn each_mode_of_sharing_has_its_plan() {
        let chosen = |sharing| {
            let suggestion = suggest(&people(), "d", "k1", sharing).unwrap();
            suggestion.reasons.iter().map(|reason| reason.transform.id()).collect::<Vec<_>>()
        };
        assert_eq!(chosen(Sharing::Public), ["redact", "token", "generalize", "generalize", "keep"]);
        assert_eq!(chosen(Sharing::Controlled), ["mask", "token", "generalize", "generalize", "keep"]);
        assert_eq!(chosen(Sharing::Enclave), ["mask", "token", "generalize", "generalize", "keep"]);
    }

    /// What is proposed must be a plan for that table, and keep no direct identifier.
    #[test]
    fn a_suggestion_fits_its_table_and_exposes_nobody() {
        for sharing in [Sharing::Public, Sharing::Controlled, Sharing::Enclave] {
            let found = people();
            let suggestion = suggest(&found, "d", "k1", sharing).unwrap();
            for direct in &found.direct {
                assert_ne!(suggestion.plan.columns()[direct].transform, Transform::Keep, "{direct}");
            }
            let again = Plan::parse_json(&crate::canon::to_bytes(&suggestion.plan).unwrap()).unwrap();
            assert_eq!(again.hash(), suggestion.plan.hash());
        }
    }

    /// Each type that a scan may tell of, as a phone and as nothing: the plan is one that the table takes.
    #[test]
    fn every_type_has_a_plan_that_its_table_takes() {
        use arrow::array::{RecordBatch, new_null_array};
        use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
        let types = [
            DataType::Utf8,
            DataType::LargeUtf8,
            DataType::Utf8View,
            DataType::Int64,
            DataType::UInt8,
            DataType::Float64,
            DataType::Boolean,
            DataType::Binary,
            DataType::FixedSizeBinary(4),
            DataType::Date32,
            DataType::Decimal128(9, 2),
            DataType::Timestamp(TimeUnit::Second, None),
            DataType::Duration(TimeUnit::Second),
            DataType::Null,
            DataType::new_list(DataType::Utf8, true),
            DataType::Struct(vec![Field::new("a", DataType::Utf8, true)].into()),
            DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8)),
        ];
        for (name, data_type) in
            ["lxdh", "csrq", "hjdz", "nl", "zw", "c"].iter().flat_map(|name| types.iter().map(move |t| (name, t)))
        {
            let schema = std::sync::Arc::new(Schema::new(vec![Field::new(*name, data_type.clone(), true)]));
            let batch = RecordBatch::try_new(schema.clone(), vec![new_null_array(data_type, 3)]).unwrap();
            let source = crate::table::Source::from_batches(schema.clone(), vec![batch]).unwrap();
            let found = scan(source, &ScanOptions::default(), &mut silent).unwrap();
            for sharing in [Sharing::Public, Sharing::Controlled, Sharing::Enclave] {
                let suggestion = suggest(&found, "d", "k1", sharing).unwrap();
                suggestion.plan.check(&schema).unwrap_or_else(|error| panic!("{name} {data_type} {sharing}: {error}"));
            }
        }
        assert!(suggest(&people(), "d", "", Sharing::Public).is_err(), "a key without an id");
    }

    #[test]
    fn text_that_nobody_read_is_not_passed() {
        let rows: Vec<String> = (0..40).map(|row| format!("remark number {row} of somebody")).collect();
        let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
        let found = findings("bz", &rows);
        assert_eq!(suggest(&found, "d", "k1", Sharing::Controlled).unwrap().reasons[0].transform, Transform::Text);
        assert_eq!(suggest(&found, "d", "k1", Sharing::Public).unwrap().reasons[0].transform, Transform::Redact);
        assert_eq!(suggest(&found, "d", "k1", Sharing::Enclave).unwrap().reasons[0].transform, Transform::Keep);
    }
}
