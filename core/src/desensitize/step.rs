//! One column's transform, ready to run: the plan's entry joined with its keys.
//!
//! Everything that can be wrong is found here, before the first row. A step is row-local: what a cell becomes depends
//! on the cell alone, so batches of any size give the same values.

use arrow::array::{Array, ArrayRef, AsArray, StringArrayType};
use arrow::datatypes::DataType;

use super::generalize::Generalize;
use super::logical::{self, Writer};
use super::mask::Mask;
use super::plan::{ColumnPlan, Invalid, Plan, RESERVED, Transform};
use super::token::Tokenizer;
use super::{PlanError, REDACTED};
use crate::crypto::{KeyError, Keyring};

/// What a transform appends at most beside the bytes of its value: a key id and a token, a bin, the names of a place.
const SLACK: usize = 256;

enum Work {
    Keep,
    Drop,
    Redact,
    Null,
    Mask(Mask),
    Token(Tokenizer),
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
        let refused = || PlanError::Type {
            column: column.to_owned(),
            transform: entry.transform.to_string(),
            // A type may name the fields of a struct, never a value.
            found: input.to_string(),
        };
        let plain = logical::plain_type(input);
        if entry.transform == Transform::Drop {
            return Ok(None);
        }
        let plain = plain.ok_or_else(refused)?;
        let text = is_text(plain);
        let day = matches!(plain, DataType::Date32 | DataType::Date64);
        let meant = match entry.transform {
            Transform::Mask | Transform::Token => text || plain.is_integer() || day,
            Transform::Generalize if entry.width.is_some() => text || plain.is_integer(),
            Transform::Generalize => match entry.to.map(super::place::is_of_places) {
                Some(true) => text || plain.is_integer(),
                // A zone would make the day of a moment a question.
                _ => text || plain.is_integer() || day || matches!(plain, DataType::Timestamp(_, None)),
            },
            _ => true,
        };
        match entry.transform {
            _ if !meant => Err(refused()),
            Transform::Mask | Transform::Token | Transform::Generalize if !text => Ok(Some(DataType::Utf8)),
            _ => Ok(Some(plain.clone())),
        }
    }

    /// Treats one batch of the column; `before` = the rows of the batches before. `None` where it is dropped.
    pub(crate) fn run(&mut self, array: &ArrayRef, before: u64) -> Result<Option<ArrayRef>, PlanError> {
        let nulls = count(array.logical_null_count());
        let valid = count(array.len()) - nulls;
        let (output, invalid, changed) = match &self.work {
            Work::Keep => (Some(logical::clean(array, &self.column)?), 0, 0),
            Work::Drop => (None, 0, valid),
            Work::Null => (Some(self.empty(array)), 0, valid),
            Work::Redact if self.output.as_ref().is_some_and(is_text) => {
                (Some(logical::constant(REDACTED, array, &self.column)?), 0, valid)
            }
            Work::Redact => (Some(self.empty(array)), 0, valid),
            Work::Mask(mask) => self.rewrite(array, before, |value, out| mask.append(value, out))?,
            Work::Token(tokens) => self.rewrite(array, before, |value, out| tokens.append(value, out))?,
            Work::Generalize(wider) => self.rewrite(array, before, |value, out| wider.append(value, out))?,
        };
        self.counts.nulls += nulls;
        self.counts.invalid += invalid;
        self.counts.changed += changed;
        Ok(output)
    }

    fn empty(&self, array: &ArrayRef) -> ArrayRef {
        arrow::array::new_null_array(self.output.as_ref().unwrap_or(&DataType::Null), array.len())
    }

    /// A text column, value by value. `append` answers `false` where it can't treat the value.
    fn rewrite(
        &self,
        array: &ArrayRef,
        before: u64,
        append: impl Fn(&str, &mut Vec<u8>) -> bool,
    ) -> Result<(Option<ArrayRef>, u64, u64), PlanError> {
        let text = logical::as_text(array, &self.column)?;
        match text.data_type() {
            DataType::LargeUtf8 => self.rewrite_text(text.as_string::<i64>(), before, append),
            DataType::Utf8View => self.rewrite_text(text.as_string_view(), before, append),
            _ => self.rewrite_text(text.as_string::<i32>(), before, append),
        }
    }

    fn rewrite_text<'a, A: StringArrayType<'a>>(
        &self,
        array: A,
        before: u64,
        append: impl Fn(&str, &mut Vec<u8>) -> bool,
    ) -> Result<(Option<ArrayRef>, u64, u64), PlanError> {
        let mut writer = Writer::new(array.len(), 0, &self.column)?;
        let (mut invalid, mut changed) = (0, 0);
        for (row, cell) in array.iter().enumerate() {
            let Some(value) = cell else {
                writer.value(0, |_| ())?;
                continue;
            };
            let (valid, same) = writer.value(value.len() + SLACK, |out| {
                let start = out.len();
                let valid = append(value, out);
                if !valid {
                    out.truncate(start);
                    out.extend_from_slice(REDACTED.as_bytes());
                }
                (valid, out.get(start..) == Some(value.as_bytes()))
            })?;
            if !valid && self.on_invalid == Invalid::Error {
                let row = before + count(row) + 1;
                return Err(PlanError::InvalidValue { column: self.column.clone(), row });
            }
            invalid += u64::from(!valid);
            changed += u64::from(!same);
        }
        let output = writer.finish(logical::own_nulls(&array), self.output.as_ref().unwrap_or(&DataType::Utf8))?;
        Ok((Some(output), invalid, changed))
    }
}

fn count(count: usize) -> u64 {
    count as u64
}

fn is_text(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

/// The domain of a token column: the one that the plan names, or the dataset and the kind.
pub(crate) fn domain(dataset: &str, entry: &ColumnPlan) -> Option<String> {
    let kind = entry.kind.filter(|_| entry.transform == Transform::Token)?;
    Some(entry.domain.clone().unwrap_or_else(|| format!("{dataset}/{kind}")))
}

fn work(dataset: &str, column: &str, entry: &ColumnPlan, keys: &Keyring) -> Result<Work, crate::Error> {
    let mut problems = Vec::new();
    self::problems(column, entry, &mut problems);
    PlanError::all_of(problems)?;
    let window = || Mask::window(entry.kind, entry.keep_prefix.unwrap_or(0), entry.keep_suffix.unwrap_or(0));
    let unavailable = || PlanError::Unavailable { column: column.to_owned(), transform: entry.transform.to_string() };
    let work = match (entry.transform, entry.kind) {
        (Transform::Keep, _) => Some(Work::Keep),
        (Transform::Drop, _) => Some(Work::Drop),
        (Transform::Redact, _) => Some(Work::Redact),
        (Transform::Null, _) => Some(Work::Null),
        (Transform::Mask, _) if has_window(entry) => Some(Work::Mask(window())),
        (Transform::Mask, Some(kind)) => Mask::of_kind(kind).map(Work::Mask),
        (Transform::Token, Some(kind)) => {
            let key_id = entry.key.clone().unwrap_or_default();
            let domain = domain(dataset, entry).unwrap_or_default();
            let key = keys.derive(&key_id, &domain).map_err(|error: KeyError| crate::Error::from(error))?;
            Some(Work::Token(Tokenizer::new(kind, &key_id, key)))
        }
        (Transform::Generalize, kind) => match (entry.to, entry.width) {
            (Some(level), _) => Generalize::to(level, kind).map(Work::Generalize),
            (None, Some(width)) => Some(Work::Generalize(Generalize::bins(width))),
            (None, None) => None,
        },
        _ => None,
    };
    work.ok_or_else(|| unavailable().into())
}

fn has_window(entry: &ColumnPlan) -> bool {
    entry.keep_prefix.is_some() || entry.keep_suffix.is_some()
}

/// What is wrong with the entry of one column, whatever the table.
pub(crate) fn problems(column: &str, entry: &ColumnPlan, problems: &mut Vec<PlanError>) {
    use Transform::*;
    let transform = entry.transform;
    let name = || column.to_owned();
    let place = |setting: &str| format!("columns.{column}.{setting}");
    let given = [
        ("keep_prefix", entry.keep_prefix.is_some(), transform == Mask),
        ("keep_suffix", entry.keep_suffix.is_some(), transform == Mask),
        ("key", entry.key.is_some(), transform == Token),
        ("domain", entry.domain.is_some(), transform == Token),
        ("to", entry.to.is_some(), transform == Generalize),
        ("width", entry.width.is_some(), transform == Generalize && entry.to.is_none()),
    ];
    if !matches!(transform, Keep | Drop | Redact | Null | Mask | Token | Generalize) {
        problems.push(PlanError::Unavailable { column: name(), transform: transform.to_string() });
        return;
    }
    for (setting, _, _) in given.iter().filter(|(_, given, meant)| *given && !meant) {
        let transform = transform.to_string();
        problems.push(PlanError::NotASetting { column: name(), setting: (*setting).to_owned(), transform });
    }
    let mut field = |setting: &str, expected_en: &'static str, expected_zh: &'static str| {
        problems.push(PlanError::Field { place: place(setting), expected_en, expected_zh });
    };
    let mut meant = true;
    match (transform, entry.kind) {
        (Mask, None) if !has_window(entry) => {
            field("kind", "a kind, or keep_prefix and keep_suffix", "类别,或 keep_prefix 与 keep_suffix");
        }
        (Mask, Some(kind)) if has_window(entry) => meant = kind.is_implemented(),
        (Mask, Some(kind)) => meant = self::Mask::of_kind(kind).is_some(),
        (Token, kind) => {
            if entry.key.is_none() {
                field("key", "the id of a key", "密钥标识");
            }
            match kind {
                None => field("kind", "the kind whose canonical form the token is made of", "令牌所依据的类别"),
                Some(kind) => meant = kind.is_implemented(),
            }
        }
        (Generalize, kind) => match (entry.to, entry.width) {
            (None, None) => field("to", "a level, or a width of bins", "层级,或分箱宽度 width"),
            (None, Some(0 | 1)) => field("width", "2 or more", "不小于 2 的整数"),
            (Some(level), _) => meant = self::Generalize::to(level, kind).is_some(),
            (None, Some(_)) => {}
        },
        _ => {}
    }
    if let Some(kind) = entry.kind.filter(|_| !meant) {
        let (transform, kind) = (transform.to_string(), kind.to_string());
        problems.push(PlanError::KindNotMeant { column: name(), transform, kind });
    }
    if entry.domain.as_deref().is_some_and(|domain| domain.starts_with(RESERVED)) {
        problems.push(PlanError::ReservedDomain { place: place("domain") });
    }
}
