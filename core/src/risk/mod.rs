//! 重标识风险: how easily a row of a table is traced back to a person, after GB/T 42460-2023.
//!
//! Rows that agree in every quasi-identifier are one equivalence class; `f` is its size, and `θ = 1/f` the risk of each
//! of its rows. From the classes come
//! - `k`, the smallest size, and `Rb = max θ = 1/k`;
//! - `Rc = mean θ` over the classes;
//! - `Ra`, the share of the classes with `θ > τ`, where τ is 1/20 for public, 1/5 for controlled and 1/3 for enclave
//!   sharing (annex D);
//! - the overall risk `R`: 1 where `Ra > 0`, else `Rb` for public sharing and `Rc` for the others. The standard
//!   multiplies by the chance that somebody tries; nobody measured it here, so it is taken as 1;
//! - the level: 1 where direct identifiers are present; 2 where `R ≥ 0.05`; 3 where `R < 0.05`. Level 4 (no identifiers
//!   at all) isn't given: somebody who asks names quasi-identifiers.
//!
//! The comparison is exact, and strict as the standard states it: at k = 20, `Ra` is 0 and `R` is 0.05, which is not
//! below 0.05. Figures in parts per million are **rounded up**: a risk is never understated.
//!
//! Without quasi-identifiers, as where a treatment dropped them all, the table is one class and `k` is its rows.
//!
//! A null is a value of its own. This room holds column names and counts; it must never keep or show a value.

mod classes;
mod report;

pub use report::{Histogram, Ratio, RiskReport, SensitiveReport, SizeCount};

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::desensitize::plain_type;
use crate::table::{Progress, Source, report as tell, type_name};
use crate::terms::Sharing;
use classes::Classes;

room_error! {
    /// Why a risk question has no answer. `KF-RISK-01` is not given: a question without quasi-identifiers has an answer.
    pub enum RiskError {
        /// The table lacks a column that the question names.
        NoSuchColumn { column: String } = "KF-RISK-02",
            en "the table has no column {column:?}",
            zh "表中没有列 {column:?}", at "columns.{column}";
        /// A column is named twice, or in two roles.
        Repeated { column: String } = "KF-RISK-03",
            en "the question names the column {column:?} twice",
            zh "列 {column:?} 被重复指定", at "columns.{column}";
        /// Cells of the type can't be compared here.
        Type { column: String, found: String } = "KF-RISK-04",
            en "column {column:?}: the type {found} can't be compared",
            zh "列 {column:?}:类型 {found} 无法比较", at "columns.{column}";
        /// More classes, or more distinct values, than the caller allows.
        TooMany { limit: u32 } = "KF-RISK-05",
            en "more than {limit} classes or distinct values; generalize the columns or raise the limit",
            zh "等价类或不同取值超过 {limit} 个;请先泛化或提高上限";
        /// The memory that the classes need isn't there.
        Memory = "KF-RISK-06",
            en "not enough memory for the classes",
            zh "内存不足,无法统计等价类";
    }
}

/// How many classes and distinct values a question allows unless it says otherwise: about 1 GiB at the most.
pub const DEFAULT_LIMIT: u32 = 1 << 24;

/// What is asked of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RiskQuestion {
    /// The quasi-identifiers. Without any, nothing tells the rows apart: all of them are one class.
    pub quasi: Vec<String>,
    /// The sensitive columns, whose diversity within the classes is counted.
    #[serde(default)]
    pub sensitive: Vec<String>,
    /// How widely the table will be shared: it sets τ.
    pub sharing: Sharing,
    /// The direct identifiers that the table still holds, as a scan found them.
    #[serde(default)]
    pub direct: Vec<String>,
    /// The most classes, and the most distinct values of one column.
    #[serde(default = "default_limit")]
    pub limit: u32,
}

fn default_limit() -> u32 {
    DEFAULT_LIMIT
}

impl RiskQuestion {
    /// A question with these quasi-identifiers, nothing sensitive, no direct identifier left, and the default limit.
    pub fn new(quasi: impl IntoIterator<Item = impl Into<String>>, sharing: Sharing) -> Self {
        RiskQuestion {
            quasi: quasi.into_iter().map(Into::into).collect(),
            sensitive: Vec::new(),
            sharing,
            direct: Vec::new(),
            limit: DEFAULT_LIMIT,
        }
    }

    /// Names the sensitive columns.
    #[must_use]
    pub fn sensitive(mut self, columns: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.sensitive = columns.into_iter().map(Into::into).collect();
        self
    }

    /// Names the direct identifiers that the table still holds.
    #[must_use]
    pub fn direct(mut self, columns: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.direct = columns.into_iter().map(Into::into).collect();
        self
    }
}

/// Measures the re-identification risk of a table. It is read once; what is held grows with the classes, not the rows.
///
/// An empty table has no class: `k` is null and every figure is 0.
///
/// # Errors
/// [`RiskError`]; an error of reading; [`crate::table::TableError::Cancelled`].
///
/// ```
/// # use arrow::{array::{RecordBatch, StringArray}, datatypes::{DataType, Field, Schema}};
/// # use std::sync::Arc;
/// use kaifang::risk::{RiskQuestion, risk};
/// use kaifang::table::{Source, silent};
/// use kaifang::terms::Sharing;
///
/// let schema = Arc::new(Schema::new(vec![Field::new("csrq", DataType::Utf8, true)]));
/// let years = StringArray::from(vec!["1990", "1990", "1990", "1985"]);
/// let batch = RecordBatch::try_new(schema.clone(), vec![Arc::new(years)])?;
/// let source = Source::from_batches(schema, vec![batch])?;
/// let report = risk(source, &RiskQuestion::new(["csrq"], Sharing::Controlled), &mut silent)?;
/// assert_eq!((report.classes, report.k, report.unique_rows), (2, Some(1), 1));
/// assert_eq!(report.average.ppm, 666_667); // (1/3 + 1/1) / 2
/// assert_eq!(report.level, 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn risk(mut source: Source, question: &RiskQuestion, progress: Progress<'_>) -> Result<RiskReport, crate::Error> {
    let (quasi, sensitive) = columns(&source, question)?;
    let mut classes = Classes::new(quasi.len(), sensitive.len(), question.limit);
    let total = source.known_rows();
    let name = |index: usize, source: &Source| source.schema().fields().get(index).map(|f| f.name().clone());
    while let Some(batch) = source.next_batch()? {
        let arrays = |indices: &[usize]| {
            let array = |index: &usize| batch.columns().get(*index).cloned();
            indices.iter().filter_map(array).collect::<Vec<_>>()
        };
        classes.add(batch.num_rows(), &arrays(&quasi), &arrays(&sensitive)).map_err(|error| match error {
            // The room below knows columns by position.
            classes::Failure::Type(position) => {
                let index = quasi.iter().chain(&sensitive).nth(position).copied().unwrap_or_default();
                let found = batch.schema().fields().get(index).map(|f| type_name(f.data_type())).unwrap_or_default();
                RiskError::Type { column: name(index, &source).unwrap_or_default(), found }
            }
            classes::Failure::TooMany => RiskError::TooMany { limit: question.limit },
            classes::Failure::Memory => RiskError::Memory,
        })?;
        tell(&mut *progress, "risk", classes.rows(), total)?;
    }
    Ok(RiskReport::new(question, &classes))
}

/// The positions of the columns that the question names.
fn columns(source: &Source, question: &RiskQuestion) -> Result<(Vec<usize>, Vec<usize>), RiskError> {
    let schema = source.schema();
    let mut seen = BTreeSet::new();
    let mut find = |column: &String| {
        let repeated = !seen.insert(column.clone());
        match schema.fields().find(column) {
            None => Err(RiskError::NoSuchColumn { column: column.clone() }),
            Some(_) if repeated => Err(RiskError::Repeated { column: column.clone() }),
            Some((_, field)) if plain_type(field.data_type()).is_none() => {
                Err(RiskError::Type { column: column.clone(), found: type_name(field.data_type()) })
            }
            Some((index, _)) => Ok(index),
        }
    };
    let quasi = question.quasi.iter().map(&mut find).collect::<Result<_, _>>()?;
    let sensitive = question.sensitive.iter().map(&mut find).collect::<Result<_, _>>()?;
    for column in &question.direct {
        find(column)?;
    }
    Ok((quasi, sensitive))
}

#[cfg(test)]
mod tests;
