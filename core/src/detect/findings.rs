//! The document that a scan gives: what each column holds, and why that is believed. No cell of the table is in it.

use serde::{Deserialize, Serialize};

use crate::kinds::{Kind, Role};
use crate::terms::V1;

/// What a table holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Findings {
    /// The version of the document.
    pub v: V1,
    /// Rows of the table.
    pub rows: u64,
    /// Rows whose cells were looked at; fewer than `rows` when a sample was enough.
    pub examined: u64,
    /// The columns, in their order.
    pub columns: Vec<ColumnFinding>,
    /// Names of the columns that are direct identifiers.
    pub direct: Vec<String>,
    /// Names of the columns that are quasi-identifiers.
    pub quasi: Vec<String>,
    /// Names of the columns that are sensitive attributes.
    pub sensitive: Vec<String>,
}

impl Findings {
    /// The finding about a column.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&ColumnFinding> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// What one column holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ColumnFinding {
    /// The name of the column.
    pub name: String,
    /// Its Arrow type, such as `Utf8`.
    #[serde(rename = "type")]
    pub data_type: String,
    /// The kind, or null.
    pub kind: Option<Kind>,
    /// What the kind means for re-identification.
    pub role: Role,
    /// How sure that is, in parts per million; 0 without a kind.
    pub confidence_ppm: u32,
    /// Nulls, of all rows.
    pub nulls: u64,
    /// Examined cells that hold a value: not null, and nothing that stands for null.
    pub values: u64,
    /// Of those, the ones that have the shape of the kind.
    pub matched: u64,
    /// Of those, the ones whose check digit is right; absent where the kind has none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub checksum_valid: Option<u64>,
    /// Different values among the examined ones, up to 65,536; absent where the cells can't be read.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub distinct: Option<u64>,
    /// Why the kind is believed.
    pub evidence: Vec<Remark>,
    /// What is wrong with the column.
    pub warnings: Vec<Remark>,
}

/// One piece of evidence, or one warning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Remark {
    /// A stable code: for evidence `column_name shape checksum region date surname vocabulary type`, for warnings
    /// `excel_truncated scientific_notation fraction_ids masked encoded mixed not_recognised not_examined empty`.
    pub code: String,
    /// How many cells, where cells were counted.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub count: Option<u64>,
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Remark {
    pub(super) fn new(code: &str, count: impl Into<Option<u64>>) -> Self {
        let (zh, en) = match code {
            "column_name" => ("列名与该类别相符", "the column is named so"),
            "shape" => ("格式相符的值", "values have the shape"),
            "checksum" => ("校验码正确的值", "values have the right check digit"),
            "region" => ("行政区划有效的值", "values hold a known division"),
            "date" => ("日期有效的值", "values hold a real date"),
            "surname" => ("以常见姓氏开头的值", "values begin with a known surname"),
            "vocabulary" => ("属于该类别词汇的值", "values are words of the kind"),
            "type" => ("列的类型即为日期", "the column has a date type"),
            "excel_truncated" => (
                "末位被电子表格截断为 000 的证件号,数据已损坏",
                "ids whose last digits a spreadsheet turned into 000: damaged",
            ),
            "scientific_notation" => ("证件号被写成科学计数法,数据已损坏", "ids in scientific notation: damaged"),
            "fraction_ids" => {
                ("长编号被存为小数,末位可能丢失", "long numbers stored as fractions: last digits may be lost")
            }
            "masked" => ("已被星号遮盖的值", "values are masked with asterisks already"),
            "encoded" => ("疑似令牌、密文或摘要的值", "values look like tokens, ciphertext or digests"),
            "mixed" => ("仅部分值属于该类别", "only a part of the values is of the kind"),
            "not_recognised" => (
                "列名提示该类别,但内容无法识别;按该类别处理",
                "the name says so, the content can't tell; taken as the kind",
            ),
            "not_examined" => ("该类型的列未检查内容", "cells of this type were not looked at"),
            _ => ("没有值", "the column holds no value"),
        };
        Remark { code: code.to_owned(), count: count.into(), zh: zh.to_owned(), en: en.to_owned() }
    }
}
