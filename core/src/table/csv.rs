//! Comma-separated text (RFC 4180) into batches of text columns.
//!
//! Nothing is guessed: every cell is text, an empty cell is null. The first row names the columns; an empty name
//! becomes `column_1` and so on, by position. An apostrophe that guards a formula is taken off. A blank line is no row.
//! One row is in memory at a time besides the batch that grows, and both have limits, so a file of one endless line is
//! an error and not an exhausted machine.

use std::io::Read;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchReader, StringBuilder};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;

use super::csv_out::unguarded;
use super::text::{DecodeError, Decoding};
use super::{ReadOptions, TableError};

const BUFFER: usize = 64 << 10;

/// Where the splitter stands inside a row.
#[derive(Clone, Copy, PartialEq)]
enum State {
    /// At the start of a cell.
    Start,
    /// Inside a cell without quotation marks.
    Plain,
    /// Inside a quoted cell.
    Quoted,
    /// After a quotation mark inside a quoted cell: an end, or half of a doubled mark.
    Closing,
}

/// What the splitter found.
enum Step {
    /// A cell ended and the row goes on.
    Cell,
    /// A cell ended, and its row.
    Row,
    /// The input ended.
    End,
}

/// Splits decoded text into cells.
struct Splitter<R> {
    input: Decoding<R>,
    path: String,
    buffer: Vec<u8>,
    at: usize,
    end: usize,
    separator: u8,
    limit: usize,
    state: State,
    /// The cell so far.
    cell: Vec<u8>,
    /// The row that is being read; the header is 0.
    row: u64,
    row_bytes: usize,
    cells: usize,
    /// The last byte was CR, so a LF belongs to the same line end.
    after_cr: bool,
}

impl<R: Read> Splitter<R> {
    fn refill(&mut self) -> Result<bool, TableError> {
        self.at = 0;
        self.end = self.input.decode(&mut self.buffer).map_err(|error| match error {
            DecodeError::Bytes(error) => error,
            DecodeError::Io(error) => {
                TableError::Io { action: "read", path: self.path.clone(), kind: error.kind().to_string() }
            }
        })?;
        Ok(self.end > 0)
    }

    /// Goes on to the end of the next cell, which is then in `self.cell`.
    fn step(&mut self) -> Result<Step, TableError> {
        self.cell.clear();
        loop {
            if self.at == self.end && !self.refill()? {
                return self.finish();
            }
            let rest = self.buffer.get(self.at..self.end).unwrap_or_default();
            let Some(&byte) = rest.first() else { continue };
            if byte == 0 {
                return Err(TableError::Nul { row: self.row });
            }
            match self.state {
                State::Start | State::Plain => {
                    if std::mem::take(&mut self.after_cr) && byte == b'\n' {
                        self.at += 1;
                        continue;
                    }
                    if self.state == State::Start && byte == b'"' {
                        self.state = State::Quoted;
                        self.at += 1;
                        self.count(1)?;
                        continue;
                    }
                    let separator = self.separator;
                    let special = |byte: &u8| *byte == separator || matches!(byte, b'\n' | b'\r' | 0);
                    let run = rest.iter().position(special).unwrap_or(rest.len());
                    if run > 0 {
                        self.take(run)?;
                        self.state = State::Plain;
                        continue;
                    }
                    if let Some(step) = self.separate(byte)? {
                        return Ok(step);
                    }
                }
                State::Quoted => {
                    let run = rest.iter().position(|byte| matches!(byte, b'"' | 0)).unwrap_or(rest.len());
                    if run > 0 {
                        self.take(run)?;
                    } else {
                        self.state = State::Closing;
                        self.at += 1;
                    }
                }
                State::Closing if byte == b'"' => {
                    self.take(1)?;
                    self.state = State::Quoted;
                }
                State::Closing => match self.separate(byte)? {
                    Some(step) => return Ok(step),
                    None => return Err(TableError::TextAfterQuote { row: self.row }),
                },
            }
        }
    }

    /// Moves bytes into the cell.
    fn take(&mut self, bytes: usize) -> Result<(), TableError> {
        self.count(bytes)?;
        let run = self.buffer.get(self.at..self.at + bytes).unwrap_or_default();
        self.cell.try_reserve(run.len()).map_err(|_| TableError::OutOfMemory { bytes: run.len() })?;
        self.cell.extend_from_slice(run);
        self.at += bytes;
        Ok(())
    }

    fn count(&mut self, bytes: usize) -> Result<(), TableError> {
        self.row_bytes += bytes;
        if self.row_bytes > self.limit {
            return Err(TableError::RowTooLong { row: self.row, limit: self.limit });
        }
        Ok(())
    }

    /// A separator or a line end ends the cell; `None` for any other byte, and for a blank line, which is passed over.
    fn separate(&mut self, byte: u8) -> Result<Option<Step>, TableError> {
        if byte == self.separator {
            self.at += 1;
            self.count(1)?;
            self.cells += 1;
            self.state = State::Start;
            return Ok(Some(Step::Cell));
        }
        if !matches!(byte, b'\n' | b'\r') {
            return Ok(None);
        }
        self.at += 1;
        self.after_cr = byte == b'\r';
        if self.cells == 0 && self.state == State::Start {
            return Ok(None);
        }
        self.cells += 1;
        self.state = State::Start;
        Ok(Some(Step::Row))
    }

    fn finish(&mut self) -> Result<Step, TableError> {
        match self.state {
            State::Quoted => Err(TableError::UnterminatedQuote { row: self.row }),
            State::Start if self.cells == 0 => Ok(Step::End),
            _ => {
                self.cells += 1;
                self.state = State::Start;
                Ok(Step::Row)
            }
        }
    }

    fn next_row(&mut self) {
        self.row += 1;
        self.row_bytes = 0;
        self.cells = 0;
    }

    /// The cell as text. The decoder gives whole characters only at the ends of cells, so this holds.
    fn text(&self) -> Result<&str, TableError> {
        std::str::from_utf8(&self.cell).map_err(|_| TableError::Malformed { format: "CSV", what: "a character is cut" })
    }
}

/// A CSV as an Arrow reader.
pub(super) struct CsvReader<R> {
    splitter: Splitter<R>,
    schema: SchemaRef,
    columns: Vec<StringBuilder>,
    options: ReadOptions,
    finished: bool,
}

impl<R: Read> CsvReader<R> {
    pub(super) fn new(input: Decoding<R>, path: String, options: &ReadOptions) -> Result<Self, TableError> {
        let mut splitter = Splitter {
            input,
            path,
            buffer: vec![0; BUFFER],
            at: 0,
            end: 0,
            separator: options.separator,
            limit: options.max_row_bytes,
            state: State::Start,
            cell: Vec::new(),
            row: 0,
            row_bytes: 0,
            cells: 0,
            after_cr: false,
        };
        let mut fields = Vec::new();
        loop {
            let step = splitter.step()?;
            if matches!(step, Step::End) {
                return Err(TableError::NoHeader);
            }
            if fields.len() == options.max_columns {
                return Err(TableError::TooManyColumns { found: fields.len() + 1, limit: options.max_columns });
            }
            let name = unguarded(splitter.text()?);
            let name = if name.trim().is_empty() { format!("column_{}", fields.len() + 1) } else { name.to_owned() };
            fields.push(Field::new(name, DataType::Utf8, true));
            if matches!(step, Step::Row) {
                break;
            }
        }
        splitter.next_row();
        let schema = Arc::new(Schema::new(fields));
        let columns = schema.fields().iter().map(|_| StringBuilder::new()).collect();
        Ok(CsvReader { splitter, schema, columns, options: options.clone(), finished: false })
    }

    fn read_batch(&mut self) -> Result<Option<RecordBatch>, TableError> {
        let (mut rows, mut bytes) = (0, 0);
        while rows < self.options.batch_rows && bytes < self.options.batch_bytes {
            let Some(row_bytes) = self.read_row()? else {
                self.finished = true;
                break;
            };
            rows += 1;
            bytes += row_bytes;
        }
        if rows == 0 {
            return Ok(None);
        }
        let columns = self.columns.iter_mut().map(|column| Arc::new(column.finish()) as ArrayRef).collect();
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), columns);
        batch.map(Some).map_err(|error| TableError::from_arrow(&error))
    }

    /// Reads one row into the columns; its size, or `None` at the end.
    fn read_row(&mut self) -> Result<Option<usize>, TableError> {
        let expected = self.columns.len();
        loop {
            let step = self.splitter.step()?;
            if matches!(step, Step::End) {
                return Ok(None);
            }
            let last = matches!(step, Step::Row);
            let at = self.splitter.cells - 1;
            if let Some(column) = self.columns.get_mut(at) {
                match self.splitter.text()? {
                    "" => column.append_null(),
                    text => column.append_value(unguarded(text)),
                }
            }
            if last {
                let (row, found) = (self.splitter.row, self.splitter.cells);
                if found != expected {
                    return Err(TableError::Ragged { row, expected, found });
                }
                if row > self.options.max_rows {
                    return Err(TableError::TooManyRows { limit: self.options.max_rows });
                }
                let bytes = self.splitter.row_bytes;
                self.splitter.next_row();
                return Ok(Some(bytes));
            }
        }
    }
}

impl<R: Read> Iterator for CsvReader<R> {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.finished {
            return None;
        }
        let batch = self.read_batch().transpose()?;
        // After an error there is nothing more: the position is not to be trusted.
        self.finished |= batch.is_err();
        Some(batch.map_err(ArrowError::from))
    }
}

impl<R: Read> RecordBatchReader for CsvReader<R> {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }
}
