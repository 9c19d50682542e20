//! Batches into the one sheet of an Excel workbook (XLSX), row by row.
//!
//! Text is written as text, so no cell is a formula whatever it begins with, and a code of 18 digits keeps them all. Whole
//! numbers of at most 15 digits, floats and booleans are written as such; all else as the text that a CSV has. A null and
//! an empty text are both an empty cell.
//!
//! Rows go through an unnamed temporary file in the folder of the target, and memory does not grow with them.

use std::io::{Seek, Write};
use std::path::Path;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type, Int64Type, SchemaRef};
use arrow::util::display::FormatOptions;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

use super::csv_out::{Cells, is_text, is_writable};
use super::xlsx::{MOST_COLUMNS, MOST_ROWS};
use super::{TableError, type_name};

/// Rows below the header.
const ROOM: u64 = MOST_ROWS as u64 - 1;

/// A whole number that a spreadsheet holds.
const MOST_NUMBER: u64 = 999_999_999_999_999;

/// Characters of a cell, at most; UTF-16 units, as Excel counts.
const MOST_TEXT: usize = 32_767;

pub(super) struct XlsxWriter<W> {
    workbook: Workbook,
    output: W,
    rows: u64,
    /// What an empty cell is written with, so that a row of them is there.
    empty: Format,
}

/// A column as it is written.
enum Column<'a> {
    Whole(&'a arrow::array::Int64Array),
    Floats(&'a arrow::array::Float64Array),
    Booleans(&'a arrow::array::BooleanArray),
    Text(Cells<'a>),
}

impl<W: Write + Seek + Send> XlsxWriter<W> {
    /// Begins a sheet in a workbook that says nothing of when or by whom it was made.
    pub(super) fn new(output: W, schema: &SchemaRef, folder: &Path) -> Result<Self, TableError> {
        for (column, field) in (1..).zip(schema.fields()) {
            if !is_writable(field.data_type()) {
                return Err(TableError::UnsupportedType { column, data_type: type_name(field.data_type()) });
            }
        }
        if schema.fields().len() > MOST_COLUMNS as usize {
            return Err(TableError::TooManyColumns { found: schema.fields().len(), limit: MOST_COLUMNS as usize });
        }
        let mut workbook = Workbook::new();
        let epoch = ExcelDateTime::from_ymd(2000, 1, 1).map_err(failed)?;
        workbook.set_properties(&DocProperties::new().set_creation_datetime(&epoch));
        workbook.set_tempdir(folder).map_err(failed)?;
        let sheet = workbook.add_worksheet_with_constant_memory().map_err(failed)?;
        for (column, field) in (0..).zip(schema.fields()) {
            text(sheet, 0, column, field.name())?;
        }
        Ok(XlsxWriter { workbook, output, rows: 0, empty: Format::new().set_num_format("@") })
    }

    pub(super) fn write(&mut self, batch: &RecordBatch) -> Result<(), TableError> {
        if self.rows + batch.num_rows() as u64 > ROOM {
            return Err(TableError::TooManyRows { limit: ROOM });
        }
        let format = FormatOptions::default();
        let mut arrays = Vec::with_capacity(batch.num_columns());
        for column in batch.columns() {
            let data_type = match column.data_type() {
                DataType::UInt64 => DataType::UInt64,
                whole if whole.is_integer() => DataType::Int64,
                DataType::Float16 | DataType::Float32 => DataType::Float64,
                other if is_text(other) => DataType::LargeUtf8,
                other => other.clone(),
            };
            arrays.push(cast(column, &data_type).map_err(|error| TableError::from_arrow(&error))?);
        }
        let mut columns = Vec::with_capacity(arrays.len());
        for array in &arrays {
            columns.push(match array.data_type() {
                DataType::Int64 => Column::Whole(array.as_primitive::<Int64Type>()),
                DataType::Float64 => Column::Floats(array.as_primitive::<Float64Type>()),
                DataType::Boolean => Column::Booleans(array.as_boolean()),
                _ => Column::Text(Cells::new(array, &format)?),
            });
        }
        let sheet = self.workbook.worksheet_from_index(0).map_err(failed)?;
        for row in 0..batch.num_rows() {
            self.rows += 1;
            // At most `ROOM`.
            let at = u32::try_from(self.rows).map_err(|_| TableError::TooManyRows { limit: ROOM })?;
            let mut empty = true;
            for (place, column) in (0_u16..).zip(&columns) {
                empty &= !column.put(sheet, at, place, row)?;
            }
            if empty {
                sheet.write_blank(at, 0, &self.empty).map_err(failed)?;
            }
        }
        Ok(())
    }

    pub(super) fn into_inner(mut self) -> Result<W, TableError> {
        self.workbook.save_to_writer(&mut self.output).map_err(failed)?;
        Ok(self.output)
    }
}

impl Column<'_> {
    /// Writes a cell; `false` where it is empty.
    fn put(&self, sheet: &mut Worksheet, row: u32, column: u16, from: usize) -> Result<bool, TableError> {
        match self {
            Column::Whole(numbers) if !numbers.is_null(from) => {
                let whole = numbers.value(from);
                if whole.unsigned_abs() <= MOST_NUMBER {
                    number(sheet, row, column, whole as f64)?;
                } else {
                    text(sheet, row, column, &whole.to_string())?;
                }
            }
            Column::Floats(numbers) if !numbers.is_null(from) => {
                let float = numbers.value(from);
                if float.is_finite() {
                    number(sheet, row, column, float)?;
                } else {
                    text(sheet, row, column, &float.to_string())?;
                }
            }
            Column::Booleans(values) if !values.is_null(from) => {
                sheet.write_boolean(row, column, values.value(from)).map_err(failed)?;
            }
            Column::Text(cells) => match cells.get(from)? {
                Some((cell, _)) if !cell.is_empty() => text(sheet, row, column, &cell)?,
                _ => return Ok(false),
            },
            _ => return Ok(false),
        }
        Ok(true)
    }
}

fn number(sheet: &mut Worksheet, row: u32, column: u16, number: f64) -> Result<(), TableError> {
    sheet.write_number(row, column, number).map(|_| ()).map_err(failed)
}

fn text(sheet: &mut Worksheet, row: u32, column: u16, text: &str) -> Result<(), TableError> {
    if text.len() > MOST_TEXT && text.encode_utf16().count() > MOST_TEXT {
        let column = usize::from(column) + 1;
        return Err(TableError::CellTooLong { column, row: u64::from(row), limit: MOST_TEXT });
    }
    sheet.write_string(row, column, text).map(|_| ()).map_err(failed)
}

/// What the writer says may quote values.
fn failed(error: XlsxError) -> TableError {
    let kind = match error {
        XlsxError::IoError(error) => error.kind().to_string(),
        _ => std::io::ErrorKind::Other.to_string(),
    };
    TableError::Io { action: "write", path: "XLSX".to_owned(), kind }
}
