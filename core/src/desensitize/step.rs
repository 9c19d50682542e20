//! One column's transform, ready to run: the plan's entry joined with its keys.
//!
//! Everything that can be wrong is found here, before the first row. Batches of any size give the same values: what a cell
//! becomes depends on the cell alone, on it and another cell of its row, or on the whole column, which then is seen first.

use arrow::array::{Array, ArrayRef, RecordBatch};
use arrow::datatypes::{DataType, Schema};

use super::cells::{self, Cells};
use super::column::{ColumnPlan, strangers};
use super::copies::{as_text, clean, constant, too_large};
use super::digest::ColumnHasher;
use super::encrypt::{self, Encryption};
use super::fpe::{self, Fpe};
use super::generalize::{self, Generalize};
use super::logical::plain_type;
use super::mask::{self, Mask};
use super::noise::{self, Noise};
use super::plan::{Plan, RESERVED};
use super::round::{self, Round};
use super::shift::{self, Shift};
use super::shuffle::{self, Shuffle};
use super::text::Text;
use super::token::{self, Tokens};
use super::top_bottom::{self, TopBottom};
use super::vocabulary::{Invalid, Transform};
use super::{PlanError, REDACTED, dictionary};
use crate::canon::MAX_INTEGER;
use crate::crypto::{Keyring, is_key_id};
use crate::table::type_name;

enum Work {
    Keep,
    Drop,
    Redact,
    Null,
    Mask(Mask),
    Token(Box<Tokens>),
    Fpe(Fpe),
    Generalize(Generalize),
    Round(Round),
    TopBottom(TopBottom),
    Shift(Box<Shift>),
    Noise(Box<Noise>),
    Shuffle(Box<Shuffle>),
    Encrypt(Box<Encryption>),
    Text(Box<Text>),
}

/// What happened to the cells of one column.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) cells: u64,
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
    /// Of a transform that must see the whole column: what it saw, and what it is given to treat.
    passes: Option<Box<Passes>>,
}

struct Passes {
    seen: ColumnHasher,
    treated: ColumnHasher,
}

impl Step {
    /// Joins the entry of a column with its key. The plan was checked against the schema before.
    pub(crate) fn new(
        plan: &Plan,
        schema: &Schema,
        column: &str,
        input: &DataType,
        keys: &Keyring,
    ) -> Result<Self, crate::Error> {
        let missing = || PlanError::UnnamedColumn { column: column.to_owned() };
        let entry = plan.columns().get(column).ok_or_else(missing)?;
        let output = Step::output_type(column, entry, input)?;
        let work = work(plan, schema, column, entry, keys)?;
        let is_global = match &work {
            Work::Shuffle(_) => true,
            Work::Generalize(wider) => wider.is_global(),
            _ => false,
        };
        let passes = is_global.then(|| Box::new(Passes { seen: ColumnHasher::new(), treated: ColumnHasher::new() }));
        let (column, on_invalid, counts) = (column.to_owned(), plan.on_invalid(), Counts::default());
        Ok(Step { column, work, on_invalid, output, counts, passes })
    }

    /// Whether the transform must see the whole column before it treats the first cell.
    pub(crate) fn is_global(&self) -> bool {
        self.passes.is_some()
    }

    /// Shows the cells of a batch to a transform that must see the whole column.
    pub(crate) fn see(&mut self, array: &ArrayRef) -> Result<(), PlanError> {
        if self.passes.as_mut().is_some_and(|passes| !passes.seen.update(array)) {
            return Err(too_large(&self.column));
        }
        match &mut self.work {
            Work::Shuffle(shuffle) => shuffle.see(array, &self.column),
            Work::Generalize(wider) => wider.see(array, &self.column),
            _ => Ok(()),
        }
    }

    /// The whole column was seen.
    pub(crate) fn seen(&mut self) {
        match (&mut self.work, &self.passes) {
            (Work::Shuffle(shuffle), Some(passes)) => shuffle.draw(&passes.seen.clone().finish()),
            (Work::Generalize(wider), _) => wider.seen(),
            _ => {}
        }
    }

    /// Whether the column that was seen is the one that was treated.
    pub(crate) fn is_as_seen(&self) -> bool {
        self.passes.as_ref().is_none_or(|passes| passes.seen.clone().finish() == passes.treated.clone().finish())
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
            Transform::Token => token::output(entry, plain),
            Transform::Fpe => fpe::output(plain),
            Transform::Generalize => generalize::output(entry, plain),
            Transform::Round => round::output(entry, plain),
            Transform::TopBottom => top_bottom::output(entry, plain),
            Transform::DateShift => shift::output(entry, plain),
            Transform::Noise => noise::output(entry, plain),
            Transform::Encrypt => encrypt::output(entry, plain),
            Transform::Text => is_text(plain).then(|| plain.clone()),
            _ => Some(plain.clone()),
        });
        let Some(plain) = plain else {
            return Err(PlanError::Type {
                column: column.to_owned(),
                transform: entry.transform.to_string(),
                found: type_name(input),
            });
        };
        Ok(Some(match input {
            DataType::Dictionary(key, _) if is_of_the_value(entry.transform) => {
                DataType::Dictionary(key.clone(), Box::new(plain))
            }
            _ => plain,
        }))
    }

    /// Whether the cells leave as they came.
    pub(crate) fn is_kept(&self) -> bool {
        matches!(self.work, Work::Keep)
    }

    /// Treats the column of one batch; `before` = the rows of the batches before. `None` where it is dropped.
    pub(crate) fn run(
        &mut self,
        array: &ArrayRef,
        batch: &RecordBatch,
        before: u64,
    ) -> Result<Option<ArrayRef>, crate::Error> {
        let nulls = count(array.logical_null_count());
        let valid = count(array.len()) - nulls;
        self.counts.nulls += nulls;
        self.counts.cells += nulls + valid;
        if self.passes.as_mut().is_some_and(|passes| !passes.treated.update(array)) {
            return Err(too_large(&self.column).into());
        }
        let Some(output) = &self.output else {
            self.counts.changed += valid;
            return Ok(None);
        };
        let column = &self.column;
        let cells = match (&mut self.work, output) {
            (Work::Shift(shift), _) => shift.treat(array, batch, output, column)?,
            (Work::Noise(noise), _) => noise.treat(array, batch, output, column)?,
            (Work::Encrypt(encryption), _) => encryption.treat(array, output, column)?,
            (Work::Shuffle(shuffle), _) => shuffle.treat(array, output, column)?,
            (Work::Null, _) => Cells::all(arrow::array::new_null_array(output, array.len()), valid),
            (work, DataType::Dictionary(_, plain)) => {
                dictionary::treat(array, column, |words| work.cells(words, plain, column))?
            }
            (work, _) => work.cells(array, output, column)?,
        };
        if let (Some(row), Invalid::Error) = (cells.invalid.first(), self.on_invalid) {
            let row = before + u64::from(*row) + 1;
            return Err(PlanError::InvalidValue { column: self.column.clone(), row }.into());
        }
        self.counts.invalid += count(cells.invalid.len());
        self.counts.changed += cells.changed;
        Ok(Some(cells.array))
    }
}

impl Work {
    /// Treats cells that are no dictionary, by their values alone.
    fn cells(&self, array: &ArrayRef, output: &DataType, column: &str) -> Result<Cells, PlanError> {
        let text = || as_text(array, column);
        let valid = count(array.len() - array.logical_null_count());
        match self {
            Work::Keep => Ok(Cells::all(clean(array, column)?, 0)),
            Work::Redact if is_text(output) => Ok(Cells::all(constant(REDACTED, array, column)?, valid)),
            Work::Drop | Work::Null | Work::Redact => {
                Ok(Cells::all(arrow::array::new_null_array(output, array.len()), valid))
            }
            Work::Mask(mask) => mask.treat(&text()?, output, column),
            Work::Token(tokens) => {
                let text = token::as_text(array, column)?;
                cells::together(&text, output, column, |values, emit| tokens.treat(values, emit))
            }
            Work::Fpe(fpe) => cells::together(&text()?, output, column, |values, emit| fpe.treat(values, emit)),
            Work::Generalize(wider) => cells::each(&text()?, output, column, |value, out| wider.append(value, out)),
            Work::Text(spans) => cells::each(&text()?, output, column, |value, out| spans.append(value, out)),
            Work::Round(round) => round.treat(array, output, column),
            Work::TopBottom(bounds) => bounds.treat(array, output, column),
            // Not by their values alone.
            Work::Shift(_) | Work::Noise(_) | Work::Encrypt(_) | Work::Shuffle(_) => Err(too_large(column)),
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

/// Whether equal values become equal, so that a dictionary's words can be treated each once. Else a dictionary comes out
/// unpacked: its keys would tell which values were equal.
fn is_of_the_value(transform: Transform) -> bool {
    !matches!(transform, Transform::DateShift | Transform::Noise | Transform::Encrypt | Transform::Shuffle)
}

/// The domain of a column with a key: the one that the plan names, or the dataset and the kind. All dates of a person move
/// alike, so for a shift the kind of the date doesn't count.
pub(crate) fn domain(dataset: &str, entry: &ColumnPlan) -> Option<String> {
    // The tokens of a text have a domain for each kind, and a shuffle has one of its column.
    entry.key.as_ref().filter(|_| !matches!(entry.transform, Transform::Text | Transform::Shuffle))?;
    let kind = entry.kind.filter(|_| entry.transform != Transform::DateShift);
    Some(entry.domain.clone().unwrap_or_else(|| match kind {
        Some(kind) => format!("{dataset}/{kind}"),
        None => dataset.to_owned(),
    }))
}

fn work(plan: &Plan, schema: &Schema, column: &str, entry: &ColumnPlan, keys: &Keyring) -> Result<Work, crate::Error> {
    let mut problems = Vec::new();
    self::problems(column, entry, &mut problems);
    PlanError::all_of(problems)?;
    let domain = domain(plan.dataset(), entry).unwrap_or_default();
    let columns = plan.columns();
    let work = match entry.transform {
        Transform::Keep => Some(Work::Keep),
        Transform::Drop => Some(Work::Drop),
        Transform::Redact => Some(Work::Redact),
        Transform::Null => Some(Work::Null),
        Transform::Mask => Mask::new(entry).map(Work::Mask),
        Transform::Token => Some(Work::Token(Box::new(Tokens::new(entry, &domain, keys)?))),
        Transform::Fpe => Some(Work::Fpe(Fpe::of_entry(plan.dataset(), column, entry, keys)?)),
        Transform::Generalize => Generalize::new(entry).map(Work::Generalize),
        Transform::Round => Round::new(entry).map(Work::Round),
        Transform::TopBottom => TopBottom::new(entry).map(Work::TopBottom),
        Transform::DateShift => {
            Shift::new(entry, &domain, keys, columns, schema)?.map(|shift| Work::Shift(shift.into()))
        }
        Transform::Noise => Noise::new(entry, &domain, keys, columns, schema)?.map(|noise| Work::Noise(noise.into())),
        Transform::Encrypt => {
            Encryption::new(plan, column, entry, &domain, keys)?.map(|encryption| Work::Encrypt(encryption.into()))
        }
        Transform::Text => Some(Work::Text(Box::new(Text::new(plan, column, entry, keys)?))),
        Transform::Shuffle => match &entry.key {
            Some(key) => Some(Work::Shuffle(Box::new(Shuffle::new(plan.dataset(), column, key, keys)?))),
            None => None,
        },
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
    let keyed = matches!(
        transform,
        Transform::Token
            | Transform::Fpe
            | Transform::DateShift
            | Transform::Noise
            | Transform::Encrypt
            | Transform::Shuffle
    );
    if keyed && entry.key.is_none() {
        report.field("key", "the id of a key", "密钥标识");
    }
    for (setting, key) in [("key", &entry.key), ("from", &entry.from)] {
        if key.as_deref().is_some_and(|key| !is_key_id(key)) {
            report.field(setting, "the id of a key", "密钥标识");
        }
    }
    if entry.domain.as_deref() == Some("") {
        report.field("domain", "a domain", "域");
    }
    // A document holds no other integers, and the plan's hash is that of a document.
    let bounds = entry.bounds.iter().flatten().map(|bound| ("bounds", *bound));
    let ends = [("lowest", &entry.lowest), ("highest", &entry.highest)];
    let ends = ends.into_iter().filter_map(|(setting, bound)| Some((setting, bound.as_ref()?.number()?)));
    if let Some((setting, _)) = bounds.chain(ends).find(|(_, bound)| bound.unsigned_abs() > MAX_INTEGER.unsigned_abs())
    {
        report.field(setting, "whole numbers within 2^53", "绝对值小于 2^53 的整数");
    }
    match transform {
        Transform::Keep | Transform::Drop | Transform::Redact | Transform::Null => {}
        Transform::Mask => mask::problems(entry, &mut report),
        Transform::Token => token::problems(entry, &mut report),
        Transform::Fpe => fpe::problems(column, entry, &mut report),
        Transform::Generalize => generalize::problems(entry, &mut report),
        Transform::Round => round::problems(entry, &mut report),
        Transform::TopBottom => top_bottom::problems(entry, &mut report),
        Transform::DateShift => shift::problems(entry, &mut report),
        Transform::Noise => noise::problems(entry, &mut report),
        Transform::Encrypt => encrypt::problems(entry, &mut report),
        Transform::Text => super::text::problems(entry, &mut report),
        Transform::Shuffle => shuffle::problems(entry, &mut report),
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
