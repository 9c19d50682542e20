//! Another column of the same rows, whose cells decide what a row's shift or noise is drawn from.
//!
//! A cell counts in its canonical form where the plan declares a kind that has one, else by its logical bytes. So one
//! person written in two ways is one person, and a value that isn't valid for its kind is nobody.

use std::collections::BTreeMap;
use std::ops::Range;

use arrow::array::RecordBatch;
use arrow::datatypes::Schema;

use super::PlanError;
use super::column::ColumnPlan;
use super::copies::{as_text, too_large};
use super::logical::{plain_type, visit};
use super::step::{is_text, is_written_as_text};
use super::vocabulary::Transform;
use crate::kinds::{self, Kind};

/// Where the other column is, and what it holds.
pub(super) struct Other {
    at: usize,
    kind: Option<Kind>,
}

/// The other column of one batch.
pub(super) struct OtherCells {
    bytes: Vec<u8>,
    cells: Vec<Option<Range<usize>>>,
}

/// The setting by which an entry names another column, and the name.
pub(super) fn named(entry: &ColumnPlan) -> Option<(&'static str, &str)> {
    match entry.transform {
        Transform::DateShift => entry.subject.as_deref().map(|name| ("subject", name)),
        Transform::Noise => entry.row_key.as_deref().map(|name| ("row_key", name)),
        _ => None,
    }
}

/// An entry that names a column which the plan lacks, or its own.
pub(super) fn problems(column: &str, columns: &BTreeMap<String, ColumnPlan>, problems: &mut Vec<PlanError>) {
    let Some(entry) = columns.get(column) else { return };
    if named(entry).is_some_and(|(_, name)| name == column || !columns.contains_key(name)) {
        problems.push(place(column, entry));
    }
}

/// An entry that names a column whose cells have no logical value. Whether the table has the column at all is asked of
/// every column of the plan.
pub(super) fn check(column: &str, entry: &ColumnPlan, schema: &Schema) -> Option<PlanError> {
    let field = schema.field_with_name(named(entry)?.1).ok()?;
    plain_type(field.data_type()).is_none().then(|| place(column, entry))
}

/// The problem of an entry that names another column.
pub(super) fn place(column: &str, entry: &ColumnPlan) -> PlanError {
    let setting = named(entry).map_or("do", |(setting, _)| setting);
    PlanError::Field {
        place: format!("columns.{column}.{setting}"),
        expected_en: "the name of another column of the plan, of a type that is not nested",
        expected_zh: "方案中另一列的列名,且该列不是嵌套类型",
    }
}

impl Other {
    /// The column that an entry names, if it names one.
    ///
    /// # Errors
    /// [`PlanError::NoSuchColumn`] where the table lacks it.
    pub(super) fn new(
        entry: &ColumnPlan,
        columns: &BTreeMap<String, ColumnPlan>,
        schema: &Schema,
    ) -> Result<Option<Self>, PlanError> {
        let Some((_, name)) = named(entry) else { return Ok(None) };
        let at = schema.index_of(name).map_err(|_| PlanError::NoSuchColumn { column: name.to_owned() })?;
        let kind = columns.get(name).and_then(|entry| entry.kind).filter(|kind| kind.is_implemented());
        Ok(Some(Other { at, kind }))
    }

    /// Its cells in a batch; `column` is the one that is treated.
    pub(super) fn of(&self, batch: &RecordBatch, column: &str) -> Result<OtherCells, PlanError> {
        let mut array = batch.columns().get(self.at).ok_or(PlanError::SchemaChanged)?.clone();
        let mut kind = self.kind;
        match plain_type(array.data_type()) {
            Some(plain) if is_text(plain) || is_written_as_text(plain) => {
                if kind.is_some() {
                    array = as_text(&array, column)?;
                }
            }
            _ => kind = None,
        }
        let mut out = OtherCells { bytes: Vec::new(), cells: Vec::new() };
        out.cells.try_reserve_exact(array.len()).map_err(|_| too_large(column))?;
        let mut large = false;
        let visited = visit(&array, &mut |cell| {
            let cell = cell.and_then(|bytes| match kind {
                None => out.append(bytes, &mut large),
                Some(kind) => {
                    let form = std::str::from_utf8(bytes).ok().and_then(|text| kinds::canonical(kind, text));
                    form.and_then(|form| out.append(form.as_bytes(), &mut large))
                }
            });
            out.cells.push(cell);
        });
        if large || !visited || out.cells.len() != batch.num_rows() {
            return Err(too_large(column));
        }
        Ok(out)
    }
}

impl OtherCells {
    fn append(&mut self, bytes: &[u8], large: &mut bool) -> Option<Range<usize>> {
        let start = self.bytes.len();
        if self.bytes.try_reserve(bytes.len()).is_err() {
            *large = true;
            return None;
        }
        self.bytes.extend_from_slice(bytes);
        Some(start..self.bytes.len())
    }

    /// The cell of a row; `None` where it is null, or not valid for its kind.
    pub(super) fn get(&self, row: usize) -> Option<&[u8]> {
        self.bytes.get(self.cells.get(row)?.clone()?)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Option<&[u8]>> {
        (0..self.cells.len()).map(|row| self.get(row))
    }
}
