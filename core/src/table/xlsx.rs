//! A sheet of an Excel workbook (XLSX) as batches of text columns: the first, or the one of a name.
//!
//! Every cell becomes the text that Excel shows: numbers with at most 15 digits, as many as a spreadsheet holds, dates as
//! `YYYY-MM-DD` (with a time of day ` HH:MM:SS` behind it), booleans as `true` and `false`, errors as `#N/A`. A number
//! that has more digits than that, such as a code of 18 digits in a cell that is no text cell, has lost them in the
//! spreadsheet before: it becomes what is left, its last digits zero, and [`super::Source::lost_digits`] counts it.
//! The first row that holds anything names the columns, as in a CSV. A row without cells is no row, nor are empty rows
//! at the end; of merged cells only the first holds the value; the value of a formula is the one that was stored.
//!
//! A workbook is compressed, and its texts may stand apart from its cells, so what it unpacks to is counted before it is
//! read, and those texts, for which there is a limit of their own, are in memory while it is. Cells are then read by a thread of their own, which is a batch ahead
//! at most: their reader borrows the workbook.

use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use arrow::array::{ArrayRef, RecordBatch, RecordBatchReader, StringBuilder};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use calamine::{DataRef, ExcelDateTime, Reader, Xlsx, XlsxCellReader, XlsxError};

use super::archive::{Unpacked, check_unpacked};
use super::guard::guarded;
use super::{ReadOptions, Source, TableError};

/// A sheet has no more.
pub(super) const MOST_ROWS: u32 = 1 << 20;
pub(super) const MOST_COLUMNS: u32 = 1 << 14;

/// From here on a spreadsheet no longer holds every integer.
const LOSES_DIGITS: f64 = 1e15;

/// The first day after the year 9999.
const END_OF_DAYS: f64 = 2_958_466.0;

/// What the reading thread says, in this order: the columns, batches, the end; or an error, after which there is nothing.
enum Said {
    Columns(SchemaRef),
    Batch(RecordBatch),
    End,
    Failed(TableError),
}

/// Whether a ZIP archive holds a workbook.
pub(super) fn is_workbook(file: &File) -> bool {
    let archive = guarded("XLSX", || zip::ZipArchive::new(BufReader::new(file)));
    matches!(archive, Ok(Ok(archive)) if archive.index_for_name("xl/workbook.xml").is_some())
}

pub(super) fn open(mut file: File, options: &ReadOptions) -> Result<Source, TableError> {
    let limits = Unpacked { all: options.max_chunk_bytes, shared: options.max_shared_bytes };
    guarded("XLSX", || check_unpacked(&file, &limits))??;
    file.rewind().map_err(|error| TableError::io("read", std::path::Path::new("XLSX"), &error))?;
    let lost = Arc::new(AtomicU64::new(0));
    let (sender, said) = sync_channel(1);
    let (counter, options) = (Arc::clone(&lost), options.clone());
    let thread = std::thread::Builder::new().name("kaifang-xlsx".to_owned());
    let spawned = thread.spawn(move || {
        let ended = guarded("XLSX", || read(file, &options, &counter, &sender));
        // Nobody may listen any more.
        let _ = sender.send(match ended.and_then(|ended| ended) {
            Ok(()) => Said::End,
            Err(error) => Said::Failed(error),
        });
    });
    spawned.map_err(|error| TableError::io("read", std::path::Path::new("XLSX"), &error))?;
    let schema = match said.recv() {
        Ok(Said::Columns(schema)) => schema,
        Ok(Said::Failed(error)) => return Err(error),
        _ => return Err(malformed("it ends early")),
    };
    let reader = XlsxReader { said, schema, ended: false };
    Ok(Source::from_reader(Box::new(reader))?.with_lost_digits(lost))
}

fn malformed(what: &'static str) -> TableError {
    TableError::Malformed { format: "XLSX", what }
}

/// What calamine says may quote values.
fn unreadable(_: XlsxError) -> TableError {
    malformed("its parts do not fit")
}

/// Says everything; ends early and well where nobody listens any more.
fn read(file: File, options: &ReadOptions, lost: &AtomicU64, say: &SyncSender<Said>) -> Result<(), TableError> {
    let mut workbook: Xlsx<_> = Xlsx::new(BufReader::new(file)).map_err(unreadable)?;
    let names = workbook.sheet_names();
    let name = match &options.sheet {
        Some(wanted) if !names.contains(wanted) => return Err(TableError::NoSuchSheet { sheet: wanted.clone() }),
        Some(wanted) => wanted.clone(),
        None => names.first().cloned().ok_or_else(|| malformed("it has no sheet"))?,
    };
    let cells = workbook.worksheet_cells_reader(&name).map_err(unreadable)?;
    let mut rows = Rows { cells, next: None, before: None, ended: false, options, lost };
    let columns = rows.header()?;
    let schema = Arc::new(Schema::new(columns));
    let mut batch = Batch::new(Arc::clone(&schema), options);
    if say.send(Said::Columns(schema)).is_err() {
        return Ok(());
    }
    let mut row = Vec::new();
    // Rows of empty cells count only where another one follows.
    let mut empty: u64 = 0;
    while rows.row(&mut row)? {
        if row.is_empty() {
            empty += 1;
            continue;
        }
        for _ in 0..std::mem::take(&mut empty) {
            if let Some(full) = batch.push(&[])?
                && say.send(Said::Batch(full)).is_err()
            {
                return Ok(());
            }
        }
        if let Some(full) = batch.push(&row)?
            && say.send(Said::Batch(full)).is_err()
        {
            return Ok(());
        }
    }
    if let Some(rest) = batch.finish()? {
        let _ = say.send(Said::Batch(rest));
    }
    Ok(())
}

/// The cells of a sheet, row by row.
struct Rows<'a, R: Read + Seek> {
    cells: XlsxCellReader<'a, R>,
    /// The first cell of the next row.
    next: Option<(u32, u32, Option<String>)>,
    before: Option<(u32, u32)>,
    ended: bool,
    options: &'a ReadOptions,
    lost: &'a AtomicU64,
}

impl<R: Read + Seek> Rows<'_, R> {
    fn cell(&mut self) -> Result<Option<(u32, u32, Option<String>)>, TableError> {
        // Behind the last cell the reader takes the rest of the sheet for more of them.
        let next = if self.ended { None } else { self.cells.next_cell().map_err(unreadable)? };
        let Some(cell) = next else {
            self.ended = true;
            return Ok(None);
        };
        let (row, column) = cell.get_position();
        if self.before.is_some_and(|before| before >= (row, column)) {
            return Err(malformed("its cells are not in order"));
        }
        if row >= MOST_ROWS || column >= MOST_COLUMNS {
            return Err(malformed("a cell lies beyond the sheet"));
        }
        self.before = Some((row, column));
        Ok(Some((row, column, self.text(cell.get_value()))))
    }

    /// The cells of the next row that hold anything, by their column; none where all are empty. `false` at the end.
    fn row(&mut self, row: &mut Vec<(usize, String)>) -> Result<bool, TableError> {
        row.clear();
        let Some(mut cell) = self.next.take().map_or_else(|| self.cell(), |next| Ok(Some(next)))? else {
            return Ok(false);
        };
        let number = cell.0;
        let mut bytes = 0;
        loop {
            if cell.0 != number {
                self.next = Some(cell);
                return Ok(true);
            }
            if let Some(text) = cell.2.filter(|text| !text.is_empty()) {
                bytes += text.len();
                if bytes > self.options.max_row_bytes {
                    let limit = self.options.max_row_bytes;
                    return Err(TableError::RowTooLong { row: u64::from(number), limit });
                }
                row.push((cell.1 as usize, text));
            }
            cell = match self.cell()? {
                Some(cell) => cell,
                None => return Ok(true),
            };
        }
    }

    fn header(&mut self) -> Result<Vec<Field>, TableError> {
        let mut row = Vec::new();
        while row.is_empty() {
            if !self.row(&mut row)? {
                return Err(TableError::NoHeader);
            }
        }
        let found = row.last().map_or(0, |(column, _)| column + 1);
        if found > self.options.max_columns {
            return Err(TableError::TooManyColumns { found, limit: self.options.max_columns });
        }
        let mut named = row.into_iter().peekable();
        let name = |column: usize| match named.next_if(|(at, name)| *at == column && !name.trim().is_empty()) {
            Some((_, name)) => name,
            None => {
                named.next_if(|(at, _)| *at == column);
                format!("column_{}", column + 1)
            }
        };
        Ok((0..found).map(name).map(|name| Field::new(name, DataType::Utf8, true)).collect())
    }

    /// The text of a cell; `None` for an empty one.
    fn text(&self, value: &DataRef<'_>) -> Option<String> {
        Some(match value {
            DataRef::Empty => return None,
            DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
            DataRef::SharedString(text) => (*text).to_owned(),
            DataRef::Bool(value) => value.to_string(),
            DataRef::Int(number) => number.to_string(),
            DataRef::Float(number) => {
                if number.abs() >= LOSES_DIGITS {
                    self.lost.fetch_add(1, Ordering::Relaxed);
                }
                number_text(*number)
            }
            DataRef::DateTime(moment) => moment_text(moment),
            DataRef::Error(error) => error.to_string(),
        })
    }
}

/// A number with at most 15 digits that count, without an exponent where it isn't very large or very small.
fn number_text(number: f64) -> String {
    let rounded: f64 = format!("{number:.14e}").parse().unwrap_or(number);
    let plain = rounded == 0.0 || (1e-9..1e21).contains(&rounded.abs());
    if plain { format!("{}", rounded + 0.0) } else { format!("{rounded:E}") }
}

fn moment_text(moment: &ExcelDateTime) -> String {
    let number = moment.as_f64();
    if moment.is_duration() || !(0.0..END_OF_DAYS).contains(&number) {
        return number_text(number);
    }
    let (year, month, day, hour, minute, second, milli) = moment.to_ymd_hms_milli();
    let time = match milli {
        0 => format!("{hour:02}:{minute:02}:{second:02}"),
        _ => format!("{hour:02}:{minute:02}:{second:02}.{milli:03}"),
    };
    let midnight = (hour, minute, second, milli) == (0, 0, 0, 0);
    match (number < 1.0, midnight) {
        // A time of day alone.
        (true, false) => time,
        (_, true) => format!("{year:04}-{month:02}-{day:02}"),
        _ => format!("{year:04}-{month:02}-{day:02} {time}"),
    }
}

/// Text columns that grow row by row.
struct Batch<'a> {
    schema: SchemaRef,
    columns: Vec<StringBuilder>,
    options: &'a ReadOptions,
    rows: usize,
    bytes: usize,
    /// Rows in all.
    total: u64,
}

impl<'a> Batch<'a> {
    fn new(schema: SchemaRef, options: &'a ReadOptions) -> Self {
        let columns = schema.fields().iter().map(|_| StringBuilder::new()).collect();
        Batch { schema, columns, options, rows: 0, bytes: 0, total: 0 }
    }

    /// Adds a row; answers with the batch where it is full.
    fn push(&mut self, row: &[(usize, String)]) -> Result<Option<RecordBatch>, TableError> {
        self.total += 1;
        let (expected, found) = (self.columns.len(), row.last().map_or(0, |(column, _)| column + 1));
        if found > expected {
            return Err(TableError::Ragged { row: self.total, expected, found });
        }
        if self.total > self.options.max_rows {
            return Err(TableError::TooManyRows { limit: self.options.max_rows });
        }
        let mut cells = row.iter().peekable();
        for (at, column) in self.columns.iter_mut().enumerate() {
            match cells.next_if(|(place, _)| *place == at) {
                Some((_, text)) => {
                    self.bytes += text.len();
                    column.append_value(text);
                }
                None => column.append_null(),
            }
        }
        self.rows += 1;
        if self.rows < self.options.batch_rows && self.bytes < self.options.batch_bytes {
            return Ok(None);
        }
        self.finish()
    }

    fn finish(&mut self) -> Result<Option<RecordBatch>, TableError> {
        if std::mem::take(&mut self.rows) == 0 {
            return Ok(None);
        }
        self.bytes = 0;
        let columns = self.columns.iter_mut().map(|column| Arc::new(column.finish()) as ArrayRef).collect();
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), columns);
        batch.map(Some).map_err(|error| TableError::from_arrow(&error))
    }
}

struct XlsxReader {
    said: Receiver<Said>,
    schema: SchemaRef,
    ended: bool,
}

impl Iterator for XlsxReader {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let failed = match self.said.recv() {
            Ok(Said::Batch(batch)) => return Some(Ok(batch)),
            Ok(Said::End) => None,
            Ok(Said::Failed(error)) => Some(Err(error.into())),
            Ok(Said::Columns(_)) | Err(_) => Some(Err(malformed("it ends early").into())),
        };
        self.ended = true;
        failed
    }
}

impl RecordBatchReader for XlsxReader {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }
}

#[cfg(test)]
mod tests;
