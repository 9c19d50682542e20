//! Batches into comma-separated text, in UTF-8 or GB18030.
//!
//! Text and dictionary cells are written as they are, a null as an empty cell, booleans as `true`/`false`, lists with
//! `|` between their items, other types in Arrow's spelling. Spreadsheets run a cell that begins with `=`, `+`, `-`,
//! `@`, TAB or CR (fullwidth forms too) as a formula: such a text cell gets an apostrophe in front, unless it is a plain
//! number. A cell that looks guarded already gets one more, so that reading, which takes one away, gives every text cell
//! back and the digests of a treated table hold for its CSV. What CSV can't tell apart is an empty text and a null.

use std::borrow::Cow;
use std::io::{self, Write};

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, SchemaRef};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use encoding_rs::{EncoderResult, GB18030};

use super::{Encoding, TableError, WriteOptions, type_name};
use crate::terms::Word;

pub(super) struct CsvWriter<W: Write> {
    writer: csv::Writer<W>,
    options: WriteOptions,
    rows: u64,
    guarded: u64,
}

impl<W: Write> CsvWriter<W> {
    pub(super) fn new(mut output: W, schema: &SchemaRef, options: &WriteOptions) -> Result<Self, TableError> {
        for (column, field) in (1..).zip(schema.fields()) {
            if !is_writable(field.data_type()) {
                return Err(TableError::UnsupportedType { column, data_type: type_name(field.data_type()) });
            }
        }
        if options.bom && options.encoding == Encoding::Utf8 {
            output.write_all(&[0xef, 0xbb, 0xbf]).map_err(|error| failed(&error))?;
        }
        let writer = csv::WriterBuilder::new().from_writer(output);
        let mut writer = CsvWriter { writer, options: options.clone(), rows: 0, guarded: 0 };
        let mut encoded = Vec::new();
        for (at, field) in schema.fields().iter().enumerate() {
            writer.cell(at, field.name(), &mut encoded)?;
        }
        writer.end_row()?;
        Ok(writer)
    }

    pub(super) fn write(&mut self, batch: &RecordBatch) -> Result<(), TableError> {
        let format = FormatOptions::default();
        let mut columns = Vec::with_capacity(batch.num_columns());
        for column in batch.columns() {
            columns.push(if is_text(column.data_type()) {
                cast(column, &DataType::LargeUtf8).map_err(|error| TableError::from_arrow(&error))?
            } else {
                std::sync::Arc::clone(column)
            });
        }
        let mut cells = Vec::with_capacity(columns.len());
        for column in &columns {
            cells.push(Cells::new(column, &format)?);
        }
        let mut encoded = Vec::new();
        for row in 0..batch.num_rows() {
            self.rows += 1;
            for (at, column) in cells.iter().enumerate() {
                match column.get(row)? {
                    Some((text, true)) => self.cell(at, &text, &mut encoded)?,
                    Some((text, false)) => self.field(text.as_bytes())?,
                    None => self.field(b"")?,
                }
            }
            self.end_row()?;
        }
        Ok(())
    }

    /// Writes one cell of text, guarded and encoded.
    fn cell(&mut self, column: usize, text: &str, encoded: &mut Vec<u8>) -> Result<(), TableError> {
        let guarded = self.options.guard_formulas && is_formula(text.trim_start_matches('\''));
        self.guarded += u64::from(guarded);
        let text = if guarded { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) };
        if self.options.encoding == Encoding::Utf8 || text.is_ascii() {
            return self.field(text.as_bytes());
        }
        encoded.clear();
        if encode_gb18030(&text, encoded) {
            return self.field(encoded);
        }
        Err(TableError::Unencodable { column: column + 1, row: self.rows, encoding: self.options.encoding.zh() })
    }

    fn field(&mut self, bytes: &[u8]) -> Result<(), TableError> {
        self.writer.write_field(bytes).map_err(|_| failed(&io::Error::from(io::ErrorKind::Other)))
    }

    fn end_row(&mut self) -> Result<(), TableError> {
        self.writer.write_record(None::<&[u8]>).map_err(|_| failed(&io::Error::from(io::ErrorKind::Other)))
    }

    pub(super) fn guarded_cells(&self) -> u64 {
        self.guarded
    }

    pub(super) fn into_inner(self) -> Result<W, TableError> {
        self.writer.into_inner().map_err(|error| failed(error.error()))
    }
}

/// A table of text that fits into memory, as CSV.
pub(crate) fn to_csv_bytes(batch: &RecordBatch, options: &WriteOptions) -> Result<Vec<u8>, TableError> {
    let mut writer = CsvWriter::new(Vec::new(), &batch.schema(), options)?;
    writer.write(batch)?;
    writer.into_inner()
}

fn failed(error: &io::Error) -> TableError {
    TableError::Io { action: "write", path: "CSV".to_owned(), kind: error.kind().to_string() }
}

fn encode_gb18030(text: &str, out: &mut Vec<u8>) -> bool {
    let mut encoder = GB18030.new_encoder();
    let Some(room) = encoder.max_buffer_length_from_utf8_without_replacement(text.len()) else { return false };
    out.reserve(room);
    matches!(encoder.encode_from_utf8_to_vec_without_replacement(text, out, true), (EncoderResult::InputEmpty, _))
}

/// A cell as it was before it was guarded: the inverse of the writer.
pub(super) fn unguarded(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(text) if is_formula(text.trim_start_matches('\'')) => text,
        _ => cell,
    }
}

/// Whether a spreadsheet would take the text for a formula.
fn is_formula(text: &str) -> bool {
    let starts = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    starts && !is_plain_number(text)
}

/// A sign, digits with at most one point, maybe an exponent: `-12.5`, `+86139…`.
fn is_plain_number(text: &str) -> bool {
    let body = text.strip_prefix(['+', '-']).unwrap_or(text);
    body.starts_with(|c: char| c.is_ascii_digit() || c == '.') && body.parse::<f64>().is_ok()
}

pub(super) fn is_text(data_type: &DataType) -> bool {
    match data_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::Dictionary(_, value) => is_text(value),
        _ => false,
    }
}

pub(super) fn is_writable(data_type: &DataType) -> bool {
    match data_type {
        DataType::List(item) | DataType::LargeList(item) => {
            !item.data_type().is_nested() && is_writable(item.data_type())
        }
        DataType::Dictionary(_, value) => is_writable(value),
        // Bytes have no spelling as text that would come back.
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => false,
        other => !other.is_nested(),
    }
}

/// The cells of one column as text.
pub(super) enum Cells<'a> {
    Text(&'a arrow::array::LargeStringArray),
    List(&'a dyn Array),
    Other(&'a dyn Array, ArrayFormatter<'a>),
}

impl<'a> Cells<'a> {
    pub(super) fn new(column: &'a dyn Array, format: &'a FormatOptions<'a>) -> Result<Self, TableError> {
        Ok(match column.data_type() {
            DataType::LargeUtf8 => Cells::Text(column.as_string()),
            DataType::List(_) | DataType::LargeList(_) => Cells::List(column),
            _ => {
                let formatter = ArrayFormatter::try_new(column, format);
                Cells::Other(column, formatter.map_err(|error| TableError::from_arrow(&error))?)
            }
        })
    }

    /// The text of a cell and whether it is text that needs the guard; `None` = null.
    pub(super) fn get(&self, row: usize) -> Result<Option<(Cow<'_, str>, bool)>, TableError> {
        let malformed = |error| TableError::from_arrow(&error);
        Ok(match self {
            Cells::Text(texts) => (!texts.is_null(row)).then(|| (Cow::Borrowed(texts.value(row)), true)),
            Cells::Other(array, _) if array.is_null(row) => None,
            Cells::Other(_, formatter) => {
                Some((Cow::Owned(formatter.value(row).try_to_string().map_err(malformed)?), false))
            }
            Cells::List(array) if array.is_null(row) => None,
            Cells::List(array) => {
                let items = match array.data_type() {
                    DataType::List(_) => array.as_list::<i32>().value(row),
                    _ => array.as_list::<i64>().value(row),
                };
                let format = FormatOptions::default();
                let formatter = ArrayFormatter::try_new(&items, &format).map_err(malformed)?;
                let texts = (0..items.len()).map(|item| formatter.value(item).try_to_string());
                let texts: Vec<String> = texts.collect::<Result<_, _>>().map_err(malformed)?;
                Some((Cow::Owned(texts.join("|")), true))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_told_from_numbers() {
        for formula in
            ["=1+1", "+cmd|' /C calc'!A0", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "＝1", "－x", "-inf", "+nan", "-"]
        {
            assert!(is_formula(formula), "{formula:?}");
        }
        for plain in ["", "-12.5", "+8613900001111", "张三", "a=b", "1-2", "-1e5"] {
            assert!(!is_formula(plain), "{plain:?}");
        }
    }
}
