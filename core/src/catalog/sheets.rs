//! A catalog in the sheets that officials fill in: CSV and XLSX, in and out.
//!
//! The headings are Chinese; a field's id is read as a heading too. CSV is read as every table is, in UTF-8 or GB18030,
//! and written with a byte order mark and with formulas guarded. This file must never read a cell itself.

use std::io::{Cursor, Read};
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};

use super::rows::{Cell, Filled, Reading, written};
use super::{Catalog, CatalogError, workbook};
use crate::table::{self, ReadOptions, TableError, Unpacked, WriteOptions};

/// The largest workbook that is read.
const MOST_BYTES: u64 = 16 << 20;

/// The empty XLSX workbook that officials fill in: Chinese headings, drop-downs, a note for each column, and a sheet that
/// explains them.
///
/// ```
/// let bytes = kaifang::catalog::template()?;
/// assert!(bytes.starts_with(b"PK"), "an XLSX workbook");
/// # Ok::<(), kaifang::catalog::CatalogError>(())
/// ```
///
/// # Errors
/// [`CatalogError::Sheet`].
pub fn template() -> Result<Vec<u8>, CatalogError> {
    workbook::template()
}

/// Reads a filled sheet: XLSX by its first bytes, any other content is CSV. Every cell that can't be read is told, by row
/// and heading; the entries of all other rows are there.
///
/// # Errors
/// [`CatalogError::Sheet`] and [`CatalogError::TooLarge`] for a workbook, [`TableError`] for a file that is no CSV.
pub fn read_sheet(path: impl AsRef<Path>) -> Result<Filled, crate::Error> {
    let path = path.as_ref();
    let io = |error: std::io::Error| TableError::io("read", path, &error);
    let mut bytes = Vec::new();
    let mut file = std::fs::File::open(path).map_err(io)?;
    file.by_ref().take(4).read_to_end(&mut bytes).map_err(io)?;
    if !bytes.starts_with(b"PK\x03\x04") {
        return read_csv(path);
    }
    file.take(MOST_BYTES).read_to_end(&mut bytes).map_err(io)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(CatalogError::TooLarge { limit: MOST_BYTES }.into());
    }
    check_workbook(&bytes)?;
    Ok(workbook::read(bytes)?)
}

/// Measures what a workbook unpacks to, before it is read.
fn check_workbook(bytes: &[u8]) -> Result<(), CatalogError> {
    let limits = Unpacked { all: workbook::MOST_BYTES, shared: workbook::MOST_BYTES };
    table::check_unpacked(Cursor::new(bytes), &limits).map_err(|error| match error {
        TableError::DeclaredTooLarge { .. } => CatalogError::TooLarge { limit: workbook::MOST_BYTES },
        _ => workbook::unreadable(),
    })
}

fn read_csv(path: &Path) -> Result<Filled, crate::Error> {
    let options = ReadOptions { max_columns: 256, max_rows: 100_000, max_row_bytes: 1 << 20, ..ReadOptions::default() };
    let mut source = table::open(path, &options)?;
    let schema = source.schema();
    if schema.fields().iter().any(|field| *field.data_type() != DataType::Utf8) {
        return Err(TableError::UnknownFormat { path: path.display().to_string() }.into());
    }
    // A heading that is empty has been given a name by its position.
    let heading = |(index, field): (usize, &Arc<Field>)| {
        let unnamed = *field.name() == format!("column_{}", index + 1);
        Ok(if unnamed { String::new() } else { field.name().clone() })
    };
    let headings: Vec<Cell> = schema.fields().iter().enumerate().map(heading).collect();
    let mut reading = Reading::new(&headings);
    let mut number = 1;
    while let Some(batch) = source.next_batch()? {
        let columns: Vec<&StringArray> = batch.columns().iter().filter_map(|column| column.as_string_opt()).collect();
        for row in 0..batch.num_rows() {
            number += 1;
            let cell = |column: &&StringArray| {
                Ok(if column.is_null(row) { String::new() } else { column.value(row).to_owned() })
            };
            let cells: Vec<Cell> = columns.iter().map(cell).collect();
            reading.row(number, &cells);
        }
    }
    Ok(reading.done())
}

/// A catalog as an XLSX workbook, every cell a text cell. The same catalog gives the same bytes.
///
/// # Errors
/// [`CatalogError::Sheet`] for a cell, or more entries, than a workbook can hold.
pub fn to_xlsx(catalog: &Catalog) -> Result<Vec<u8>, CatalogError> {
    workbook::write(catalog)
}

/// A catalog as CSV in UTF-8 with a byte order mark; cells that a spreadsheet would run get an apostrophe in front, which
/// [`read_sheet`] takes off again.
///
/// # Errors
/// [`TableError`] where the text does not fit into memory's bounds.
///
/// ```
/// use kaifang::catalog::{Catalog, Level, to_csv};
/// let csv = to_csv(&Catalog::new("xa", Level::Municipal))?;
/// assert!(String::from_utf8(csv)?.starts_with("\u{feff}目录标识,目录名称,"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn to_csv(catalog: &Catalog) -> Result<Vec<u8>, crate::Error> {
    let (headings, rows) = written(catalog);
    let fields: Vec<Field> = headings.iter().map(|heading| Field::new(*heading, DataType::Utf8, true)).collect();
    let column = |index: usize| {
        let cells = rows.iter().map(|row| row.get(index).filter(|cell| !cell.is_empty()));
        Arc::new(StringArray::from_iter(cells)) as ArrayRef
    };
    let columns = (0..headings.len()).map(column).collect();
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns);
    let batch = batch.map_err(|error| TableError::from_arrow(&error))?;
    Ok(table::to_csv_bytes(&batch, &WriteOptions { bom: true, ..WriteOptions::default() })?)
}
