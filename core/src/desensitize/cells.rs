//! Columns treated value by value: what became of each is counted as it is written.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, FixedSizeBinaryArray, StringArrayType};
use arrow::buffer::{Buffer, NullBuffer};
use arrow::datatypes::DataType;

use super::copies::{Writer, own_nulls, too_large};
use super::{PlanError, REDACTED};

/// What a transform appends at most beside the bytes of its value: a key id and a token, a bin, the names of a place.
const SLACK: usize = 256;

/// A treated column of one batch, and what became of its cells.
pub(crate) struct Cells {
    pub(crate) array: ArrayRef,
    /// The rows that could not be treated, rising.
    pub(crate) invalid: Vec<u32>,
    /// Cells, not null before, that are not what they were.
    pub(crate) changed: u64,
}

impl Cells {
    /// Every cell was replaced, or none.
    pub(crate) fn all(array: ArrayRef, changed: u64) -> Self {
        Cells { array, invalid: Vec::new(), changed }
    }
}

/// What a transform that looks at many values at once is given to answer with: one call for each value that is no null,
/// in order; `None` = it can't be treated.
pub(crate) type Emit<'a> = &'a mut dyn FnMut(Option<&[u8]>) -> Result<(), PlanError>;

/// How many values a batch transform sees at once: enough to fill the vector units, few enough to stay in the cache.
const AT_ONCE: usize = 1024;

/// What became of one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Made {
    /// It was treated.
    Whole,
    /// A part of it could only be redacted in its place: counted as invalid, and the rest stands.
    InPart,
    /// It can't be treated, and is redacted.
    Nothing,
}

impl From<bool> for Made {
    fn from(treated: bool) -> Self {
        if treated { Made::Whole } else { Made::Nothing }
    }
}

/// A text column, value by value. `append` writes at most `slack` bytes more than the value has, and answers `false`
/// where it can't treat it.
pub(crate) fn each<M: Into<Made>>(
    text: &ArrayRef,
    output: &DataType,
    column: &str,
    append: impl Fn(&str, &mut Vec<u8>) -> M,
) -> Result<Cells, PlanError> {
    each_row(text, output, column, |_, value, out| append(value, out))
}

/// As [`each`], with the row of the value.
pub(crate) fn each_row<M: Into<Made>>(
    text: &ArrayRef,
    output: &DataType,
    column: &str,
    append: impl FnMut(usize, &str, &mut Vec<u8>) -> M,
) -> Result<Cells, PlanError> {
    match text.data_type() {
        DataType::LargeUtf8 => each_of(text.as_string::<i64>(), output, column, append),
        DataType::Utf8View => each_of(text.as_string_view(), output, column, append),
        _ => each_of(text.as_string::<i32>(), output, column, append),
    }
}

fn each_of<'a, A: StringArrayType<'a>, M: Into<Made>>(
    array: A,
    output: &DataType,
    column: &str,
    mut append: impl FnMut(usize, &str, &mut Vec<u8>) -> M,
) -> Result<Cells, PlanError> {
    let mut cells = CellsWriter::new(array.len(), output, column)?;
    for (row, cell) in array.iter().enumerate() {
        match cell {
            None => cells.null()?,
            Some(value) => cells.write(value, |out| append(row, value, out).into())?,
        }
    }
    cells.finish(own_nulls(&array))
}

/// A text column, many values at once.
pub(crate) fn together(
    text: &ArrayRef,
    output: &DataType,
    column: &str,
    treat: impl Fn(&[Option<&str>], Emit<'_>) -> Result<(), PlanError>,
) -> Result<Cells, PlanError> {
    match text.data_type() {
        DataType::LargeUtf8 => together_of(text.as_string::<i64>(), output, column, treat),
        DataType::Utf8View => together_of(text.as_string_view(), output, column, treat),
        _ => together_of(text.as_string::<i32>(), output, column, treat),
    }
}

fn together_of<'a, A: StringArrayType<'a>>(
    array: A,
    output: &DataType,
    column: &str,
    treat: impl Fn(&[Option<&str>], Emit<'_>) -> Result<(), PlanError>,
) -> Result<Cells, PlanError> {
    let mut cells = CellsWriter::new(array.len(), output, column)?;
    let mut values: Vec<Option<&str>> = Vec::new();
    values.try_reserve_exact(AT_ONCE).map_err(|_| too_large(column))?;
    let mut rest = array.iter();
    loop {
        values.clear();
        values.extend(rest.by_ref().take(AT_ONCE));
        if values.is_empty() {
            return cells.finish(own_nulls(&array));
        }
        let mut places = values.iter();
        treat(&values, &mut |treated| {
            for place in places.by_ref() {
                match place {
                    None => cells.null()?,
                    Some(value) => return cells.put(value, treated),
                }
            }
            Err(PlanError::Ended)
        })?;
        for place in places {
            match place {
                None => cells.null()?,
                // A value that was not answered for must not shift those after it.
                Some(_) => return Err(PlanError::Ended),
            }
        }
    }
}

/// A treated column under construction: text, or bytes of one width.
struct CellsWriter<'a> {
    out: Out<'a>,
    output: &'a DataType,
    rows: u32,
    invalid: Vec<u32>,
    changed: u64,
}

enum Out<'a> {
    Text(Writer<'a>),
    Bytes { width: i32, bytes: Vec<u8>, valid: Vec<bool>, column: &'a str },
}

impl<'a> CellsWriter<'a> {
    fn new(rows: usize, output: &'a DataType, column: &'a str) -> Result<Self, PlanError> {
        let out = match output {
            DataType::FixedSizeBinary(width) => {
                let (mut bytes, mut valid) = (Vec::new(), Vec::new());
                let room = usize::try_from(*width).ok().and_then(|width| rows.checked_mul(width));
                let reserved = bytes.try_reserve_exact(room.ok_or_else(|| too_large(column))?);
                reserved.and_then(|()| valid.try_reserve_exact(rows)).map_err(|_| too_large(column))?;
                Out::Bytes { width: *width, bytes, valid, column }
            }
            _ => Out::Text(Writer::new(rows, 0, column)?),
        };
        Ok(CellsWriter { out, output, rows: 0, invalid: Vec::new(), changed: 0 })
    }

    fn null(&mut self) -> Result<(), PlanError> {
        self.rows += 1;
        match &mut self.out {
            Out::Text(writer) => writer.value(0, |_| ()),
            Out::Bytes { width, bytes, valid, .. } => {
                bytes.resize(bytes.len() + width.unsigned_abs() as usize, 0);
                valid.push(false);
                Ok(())
            }
        }
    }

    /// One value: `write` appends what becomes of it, or answers `false`.
    fn write(&mut self, value: &str, write: impl FnOnce(&mut Vec<u8>) -> Made) -> Result<(), PlanError> {
        // Columns of bytes are made of many values at once.
        let Out::Text(writer) = &mut self.out else { return Err(PlanError::Ended) };
        let (made, same) = writer.value(value.len() + SLACK, |out| {
            let start = out.len();
            let made = write(out);
            if made == Made::Nothing {
                out.truncate(start);
                out.extend_from_slice(REDACTED.as_bytes());
            }
            (made, out.get(start..) == Some(value.as_bytes()))
        })?;
        self.count(made, same);
        Ok(())
    }

    /// One value and what became of it; `None` = it can't be treated.
    fn put(&mut self, value: &str, treated: Option<&[u8]>) -> Result<(), PlanError> {
        let (made, same) = match &mut self.out {
            Out::Text(writer) => {
                let text = treated.unwrap_or(REDACTED.as_bytes());
                writer.value(text.len(), |out| out.extend_from_slice(text))?;
                // Not of the copy: what was just written is slow to read.
                (Made::from(treated.is_some()), text == value.as_bytes())
            }
            Out::Bytes { width, bytes, valid, column } => {
                let width = width.unsigned_abs() as usize;
                bytes.try_reserve(width).map_err(|_| too_large(column))?;
                let treated = treated.filter(|treated| treated.len() == width);
                match treated {
                    Some(treated) => bytes.extend_from_slice(treated),
                    None => bytes.resize(bytes.len() + width, 0),
                }
                valid.push(treated.is_some());
                (Made::from(treated.is_some()), false)
            }
        };
        self.count(made, same);
        Ok(())
    }

    fn count(&mut self, made: Made, same: bool) {
        if made != Made::Whole {
            self.invalid.push(self.rows);
        }
        self.rows += 1;
        self.changed += u64::from(!same);
    }

    fn finish(self, nulls: Option<NullBuffer>) -> Result<Cells, PlanError> {
        let array: ArrayRef = match self.out {
            Out::Text(writer) => writer.finish(nulls, self.output)?,
            Out::Bytes { width, bytes, valid, column } => {
                let nulls = NullBuffer::from(valid);
                let array = FixedSizeBinaryArray::try_new(width, Buffer::from_vec(bytes), Some(nulls));
                Arc::new(array.map_err(|_| too_large(column))?)
            }
        };
        Ok(Cells { array, invalid: self.invalid, changed: self.changed })
    }
}
