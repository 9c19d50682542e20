//! Which kinds the columns of a table hold, with graded evidence; and the spans of free text that name persons ([`find`]).
//!
//! [`scan`] reads a table once and gives [`Findings`]. Content and column name decide together, per column; a failed
//! checksum lowers the confidence and never clears. This room must never keep, print or report a cell.
//!
//! ```
//! use kaifang::detect::{ScanOptions, scan};
//! use kaifang::kinds::Kind;
//! use kaifang::table::{ReadOptions, open, silent};
//! let folder = tempfile::tempdir()?;
//! let path = folder.path().join("people.csv");
//! std::fs::write(&path, "xm,sfzh\n张三,11010519491231002X\n李四,440524188001010014\n")?;
//! let source = open(&path, &ReadOptions::default())?;
//! let findings = scan(source, &ScanOptions::default(), &mut silent)?;
//! assert_eq!(findings.direct, ["xm", "sfzh"]);
//! assert_eq!(findings.column("sfzh").and_then(|column| column.kind), Some(Kind::ResidentId));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod column;
mod damage;
mod decide;
mod find;
mod findings;
mod names;
mod words;

pub use find::{Span, find};
pub use findings::{ColumnFinding, Findings, Remark};

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float64Array, RecordBatch, UInt64Array};
use arrow::compute::{cast, take};
use arrow::datatypes::{DataType, Float64Type};

use crate::error::Error;
use crate::kinds;
use crate::kinds::{Kind, Role};
use crate::table::{Progress, Source, TableError, report};
use crate::terms::V1;
use column::Tally;

/// How much of a table is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanOptions {
    /// Look at every row. Otherwise at the first [`ScanOptions::sample`] rows, and then at ever fewer: about half as
    /// many again each time the table doubles. Rows and nulls are always counted all.
    pub all: bool,
    /// Rows that are looked at without exception.
    pub sample: u64,
}

impl Default for ScanOptions {
    fn default() -> Self {
        ScanOptions { all: false, sample: 10_000 }
    }
}

impl ScanOptions {
    /// Whether the cells of this row (from 0) are looked at.
    fn examines(&self, row: u64) -> bool {
        if self.all || row < self.sample {
            return true;
        }
        // Half of the sample out of each doubling, spread evenly.
        let doublings = row.checked_div(self.sample).unwrap_or(row).max(1).ilog2();
        row.is_multiple_of(2u64 << doublings.min(62))
    }
}

/// Reads a table and says what its columns hold.
///
/// # Errors
/// What the source gives; [`TableError::PersonInHeader`] for a table without a header; [`TableError::Cancelled`].
pub fn scan(mut source: Source, options: &ScanOptions, progress: Progress<'_>) -> Result<Findings, Error> {
    let schema = source.schema();
    // Findings repeat the names of columns, so none may be what it must never show.
    if let Some(at) = schema.fields().iter().position(|field| kinds::identifies(field.name())) {
        return Err(TableError::PersonInHeader { number: at + 1 }.into());
    }
    let total = source.known_rows();
    let mut tallies: Vec<Tally> = schema.fields().iter().map(|_| Tally::default()).collect();
    let (mut rows, mut examined) = (0u64, 0u64);
    report(progress, "scan", 0, total)?;
    while let Some(batch) = source.next_batch()? {
        examined += examine(&batch, rows, options, &mut tallies)?;
        rows += batch.num_rows() as u64;
        report(progress, "scan", rows, total)?;
    }
    let fields = schema.fields().iter().zip(&tallies);
    let columns: Vec<ColumnFinding> =
        fields.map(|(field, tally)| finding(field.name(), field.data_type(), tally)).collect();
    let named = |role: Role| {
        let with_role = columns.iter().filter(|column| column.role == role);
        with_role.map(|column| column.name.clone()).collect()
    };
    let (direct, quasi, sensitive) = (named(Role::Direct), named(Role::Quasi), named(Role::Sensitive));
    Ok(Findings { v: V1, rows, examined, columns, direct, quasi, sensitive })
}

/// Counts the cells of one batch; how many rows were looked at.
fn examine(batch: &RecordBatch, first: u64, options: &ScanOptions, tallies: &mut [Tally]) -> Result<u64, TableError> {
    let chosen: UInt64Array = (0..batch.num_rows() as u64).filter(|row| options.examines(first + row)).collect();
    for (column, tally) in batch.columns().iter().zip(tallies) {
        tally.nulls += column.logical_null_count() as u64;
        if is_binary(column.data_type()) {
            let bytes = bytes(column, &chosen).map_err(|error| TableError::from_arrow(&error))?;
            for cell in bytes.as_binary::<i64>().iter().flatten() {
                match std::str::from_utf8(cell) {
                    Ok(text) => tally.add(text),
                    Err(_) => tally.unread += 1,
                }
            }
            continue;
        }
        if !is_readable(column.data_type()) {
            continue;
        }
        let texts = texts(column, &chosen).map_err(|error| TableError::from_arrow(&error))?;
        texts.as_string::<i64>().iter().flatten().for_each(|cell| tally.add(cell));
    }
    Ok(chosen.len() as u64)
}

/// The chosen cells as bytes: Parquet files of other programs often hold text without saying so.
fn bytes(column: &ArrayRef, chosen: &UInt64Array) -> Result<ArrayRef, arrow::error::ArrowError> {
    let cells = if chosen.len() == column.len() { Arc::clone(column) } else { take(column, chosen, None)? };
    // There is no cast from a fixed size to the large form.
    let cells =
        if let DataType::FixedSizeBinary(_) = cells.data_type() { cast(&cells, &DataType::Binary)? } else { cells };
    cast(&cells, &DataType::LargeBinary)
}

fn is_binary(data_type: &DataType) -> bool {
    match data_type {
        DataType::Dictionary(_, value) => is_binary(value),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => true,
        _ => false,
    }
}

/// The chosen cells as text. Large fractions are written out, so that an id that became one still shows its digits.
fn texts(column: &ArrayRef, chosen: &UInt64Array) -> Result<ArrayRef, arrow::error::ArrowError> {
    let cells = if chosen.len() == column.len() { Arc::clone(column) } else { take(column, chosen, None)? };
    if let DataType::Float16 | DataType::Float32 | DataType::Float64 = cells.data_type() {
        let cells = cast(&cells, &DataType::Float64)?;
        return Ok(Arc::new(spelled(cells.as_primitive::<Float64Type>())));
    }
    cast(&cells, &DataType::LargeUtf8)
}

fn spelled(cells: &Float64Array) -> arrow::array::LargeStringArray {
    let spell = |number: f64| if number.abs() >= 1e10 { format!("{number:.1}") } else { number.to_string() };
    cells.iter().map(|number| number.map(spell)).collect()
}

fn is_readable(data_type: &DataType) -> bool {
    match data_type {
        DataType::Dictionary(_, value) => is_readable(value),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        other => {
            other.is_numeric() || other.is_temporal() && !matches!(other, DataType::Duration(_) | DataType::Interval(_))
        }
    }
}

fn finding(name: &str, data_type: &DataType, tally: &Tally) -> ColumnFinding {
    let hint = names::hint(name);
    // Bytes of which some are text were read; bytes that are all something else were not.
    let readable = is_readable(data_type) || is_binary(data_type) && (tally.values > 0 || tally.unread == 0);
    let mut verdict = if readable { decide::decide(tally, hint) } else { decide::unread(hint) };
    if !readable || tally.unread > 0 {
        verdict.warnings.push(Remark::new("not_examined", None));
    }
    if data_type.is_temporal() && verdict.kind.is_some_and(|kind| matches!(kind, Kind::Date | Kind::BirthDate)) {
        verdict.evidence.push(Remark::new("type", None));
    }
    ColumnFinding {
        name: name.to_owned(),
        data_type: data_type.to_string(),
        kind: verdict.kind,
        role: verdict.kind.map_or(Role::None, Kind::role),
        confidence_ppm: verdict.confidence_ppm,
        nulls: tally.nulls,
        values: tally.values,
        matched: verdict.matched,
        checksum_valid: verdict.checksum_valid,
        distinct: readable.then(|| tally.distinct()),
        evidence: verdict.evidence,
        warnings: verdict.warnings,
    }
}

#[cfg(test)]
mod tests;
