//! One column's transform, ready to run: the plan's entry joined with its keys.
//!
//! Everything that can be wrong is found here, before the first row. A step is row-local: what a cell becomes depends
//! on the cell alone, so batches of any size give the same values.

use arrow::array::{Array, ArrayRef};
use arrow::datatypes::DataType;

use super::cells::{self, Cells, as_text, clean, constant};
use super::column::{ColumnPlan, strangers};
use super::fpe::{self, Fpe};
use super::generalize::{self, Generalize};
use super::logical::plain_type;
use super::mask::{self, Mask};
use super::plan::{Plan, RESERVED};
use super::token::{self, Tokens};
use super::vocabulary::{Invalid, Transform};
use super::{PlanError, REDACTED, dictionary};
use crate::crypto::Keyring;

enum Work {
    Keep,
    Drop,
    Redact,
    Null,
    Mask(Mask),
    Token(Box<Tokens>),
    Fpe(Fpe),
    Generalize(Generalize),
}

/// What happened to the cells of one column.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) nulls: u64,
    pub(crate) invalid: u64,
    pub(crate) changed: u64,
}

/// The transform of one column.
pub(crate) struct Step {
    pub(crate) column: String,
    work: Work,
    on_invalid: Invalid,
    /// Of the treated column; `None` where it is dropped.
    pub(crate) output: Option<DataType>,
    pub(crate) counts: Counts,
}

impl Step {
    /// Joins the entry of a column with its key. The plan was checked against the schema before.
    pub(crate) fn new(plan: &Plan, column: &str, input: &DataType, keys: &Keyring) -> Result<Self, crate::Error> {
        let missing = || PlanError::UnnamedColumn { column: column.to_owned() };
        let entry = plan.columns().get(column).ok_or_else(missing)?;
        let output = Step::output_type(column, entry, input)?;
        let work = work(plan.dataset(), column, entry, keys)?;
        Ok(Step { column: column.to_owned(), work, on_invalid: plan.on_invalid(), output, counts: Counts::default() })
    }

    /// The type of the treated column, `None` where it is dropped; or why the transform has no meaning on the type.
    pub(crate) fn output_type(
        column: &str,
        entry: &ColumnPlan,
        input: &DataType,
    ) -> Result<Option<DataType>, PlanError> {
        if entry.transform == Transform::Drop {
            return Ok(None);
        }
        let plain = plain_type(input).and_then(|plain| match entry.transform {
            Transform::Mask => (is_text(plain) || is_written_as_text(plain)).then(|| text_type(plain)),
            Transform::Token => (is_text(plain) || is_written_as_text(plain)).then(|| token::output(entry, plain)),
            Transform::Fpe => fpe::output(plain),
            Transform::Generalize => generalize::output(entry, plain),
            _ => Some(plain.clone()),
        });
        let Some(plain) = plain else {
            return Err(PlanError::Type {
                column: column.to_owned(),
                transform: entry.transform.to_string(),
                // A type may name the fields of a struct, never a value.
                found: input.to_string(),
            });
        };
        Ok(Some(match input {
            DataType::Dictionary(key, _) => DataType::Dictionary(key.clone(), Box::new(plain)),
            _ => plain,
        }))
    }

    /// Whether the cells leave as they came.
    pub(crate) fn is_kept(&self) -> bool {
        matches!(self.work, Work::Keep)
    }

    /// Treats one batch of the column; `before` = the rows of the batches before. `None` where it is dropped.
    pub(crate) fn run(&mut self, array: &ArrayRef, before: u64) -> Result<Option<ArrayRef>, PlanError> {
        let nulls = count(array.logical_null_count());
        let valid = count(array.len()) - nulls;
        self.counts.nulls += nulls;
        let Some(output) = &self.output else {
            self.counts.changed += valid;
            return Ok(None);
        };
        let cells = match (&self.work, output) {
            (Work::Null, _) => Cells::all(arrow::array::new_null_array(output, array.len()), valid),
            (_, DataType::Dictionary(_, plain)) => {
                dictionary::treat(array, &self.column, |words| self.cells(words, plain))?
            }
            _ => self.cells(array, output)?,
        };
        if let (Some(row), Invalid::Error) = (cells.invalid.first(), self.on_invalid) {
            let row = before + u64::from(*row) + 1;
            return Err(PlanError::InvalidValue { column: self.column.clone(), row });
        }
        self.counts.invalid += count(cells.invalid.len());
        self.counts.changed += cells.changed;
        Ok(Some(cells.array))
    }

    /// Treats cells that are no dictionary.
    fn cells(&self, array: &ArrayRef, output: &DataType) -> Result<Cells, PlanError> {
        let column = &self.column;
        let text = || as_text(array, column);
        let valid = count(array.len() - array.logical_null_count());
        match &self.work {
            Work::Keep => Ok(Cells::all(clean(array, column)?, 0)),
            Work::Redact if is_text(output) => Ok(Cells::all(constant(REDACTED, array, column)?, valid)),
            Work::Drop | Work::Null | Work::Redact => {
                Ok(Cells::all(arrow::array::new_null_array(output, array.len()), valid))
            }
            Work::Mask(mask) => mask.treat(&text()?, output, column),
            Work::Token(tokens) => cells::together(&text()?, output, column, |values, emit| tokens.treat(values, emit)),
            Work::Fpe(fpe) => cells::together(&text()?, output, column, |values, emit| fpe.treat(values, emit)),
            Work::Generalize(wider) => cells::each(&text()?, output, column, |value, out| wider.append(value, out)),
        }
    }
}

fn count(count: usize) -> u64 {
    count as u64
}

pub(super) fn is_text(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

/// Types whose values people write in one way, so that a transform of text has a meaning on them.
pub(super) fn is_written_as_text(data_type: &DataType) -> bool {
    data_type.is_integer() || matches!(data_type, DataType::Date32 | DataType::Date64)
}

/// The type of text that a transform of text makes of this type.
pub(super) fn text_type(plain: &DataType) -> DataType {
    if is_text(plain) { plain.clone() } else { DataType::Utf8 }
}

/// The domain of a column with a key: the one that the plan names, or the dataset and the kind.
pub(crate) fn domain(dataset: &str, entry: &ColumnPlan) -> Option<String> {
    entry.key.as_ref()?;
    let kind = entry.kind;
    Some(entry.domain.clone().unwrap_or_else(|| match kind {
        Some(kind) => format!("{dataset}/{kind}"),
        None => dataset.to_owned(),
    }))
}

fn work(dataset: &str, column: &str, entry: &ColumnPlan, keys: &Keyring) -> Result<Work, crate::Error> {
    let mut problems = Vec::new();
    self::problems(column, entry, &mut problems);
    PlanError::all_of(problems)?;
    let domain = domain(dataset, entry).unwrap_or_default();
    let work = match entry.transform {
        Transform::Keep => Some(Work::Keep),
        Transform::Drop => Some(Work::Drop),
        Transform::Redact => Some(Work::Redact),
        Transform::Null => Some(Work::Null),
        Transform::Mask => Mask::new(entry).map(Work::Mask),
        Transform::Token => Some(Work::Token(Box::new(Tokens::new(entry, &domain, keys)?))),
        Transform::Fpe => Some(Work::Fpe(Fpe::of_entry(dataset, column, entry, keys)?)),
        Transform::Generalize => Generalize::new(entry).map(Work::Generalize),
        _ => None,
    };
    let unavailable = || PlanError::Unavailable { column: column.to_owned(), transform: entry.transform.to_string() };
    work.ok_or_else(|| unavailable().into())
}

/// The problems of one column, each with its place.
pub(super) struct Report<'a> {
    column: &'a str,
    entry: &'a ColumnPlan,
    problems: &'a mut Vec<PlanError>,
}

impl Report<'_> {
    /// A setting that is missing, or not what it must be.
    pub(super) fn field(&mut self, setting: &str, expected_en: &'static str, expected_zh: &'static str) {
        let place = format!("columns.{}.{setting}", self.column);
        self.problems.push(PlanError::Field { place, expected_en, expected_zh });
    }

    /// A setting that this transform has, but not with these others.
    pub(super) fn stranger(&mut self, setting: &str) {
        let (column, transform) = (self.column.to_owned(), self.entry.transform.to_string());
        self.problems.push(PlanError::NotASetting { column, setting: setting.to_owned(), transform });
    }

    /// The version of the table of divisions that this build has, where the entry names another or none.
    pub(super) fn regions(&mut self, version: &'static str) {
        self.problems.push(PlanError::Regions { column: self.column.to_owned(), version });
    }

    pub(super) fn extend(&mut self, problems: impl IntoIterator<Item = PlanError>) {
        self.problems.extend(problems);
    }

    /// A transform of a kind for which it isn't defined.
    pub(super) fn kind(&mut self) {
        if let Some(kind) = self.entry.kind {
            let (transform, kind) = (self.entry.transform.to_string(), kind.to_string());
            self.problems.push(PlanError::KindNotMeant { column: self.column.to_owned(), transform, kind });
        }
    }
}

/// What is wrong with the entry of one column, whatever the table.
pub(crate) fn problems(column: &str, entry: &ColumnPlan, problems: &mut Vec<PlanError>) {
    let before = problems.len();
    let (name, transform) = (column.to_owned(), entry.transform);
    strangers(column, entry, problems);
    let mut report = Report { column, entry, problems };
    match transform {
        Transform::Keep | Transform::Drop | Transform::Redact | Transform::Null => {}
        Transform::Mask => mask::problems(entry, &mut report),
        Transform::Token => token::problems(entry, &mut report),
        Transform::Fpe => fpe::problems(column, entry, &mut report),
        Transform::Generalize => generalize::problems(entry, &mut report),
        _ => {
            report.problems.truncate(before);
            report.problems.push(PlanError::Unavailable { column: name, transform: transform.to_string() });
            return;
        }
    }
    if entry.domain.as_deref().is_some_and(|domain| domain.starts_with(RESERVED)) {
        problems.push(PlanError::ReservedDomain { place: format!("columns.{column}.domain") });
    }
}
