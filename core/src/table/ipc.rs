//! Arrow IPC, file and stream. The figures that every message declares are checked against the file before the reader
//! of the library is let near it, because that one allocates what it is told to.

use std::io::{BufReader, Read, Seek, SeekFrom, Take};

use arrow::array::{RecordBatch, RecordBatchReader};
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::ipc::reader::StreamReader;
use arrow::ipc::root_as_message;

use super::guard::guarded;
use super::{ReadOptions, Source, TableError};

const FORMAT: &str = "Arrow IPC";
const MAGIC: &[u8; 6] = b"ARROW1";

fn malformed(what: &'static str) -> TableError {
    TableError::Malformed { format: FORMAT, what }
}

/// Opens a file or a stream of messages. A file is a stream between a magic number and a footer, and is read as one.
pub(super) fn open<R: Read + Seek + Send + 'static>(
    input: R,
    path: String,
    options: &ReadOptions,
) -> Result<Source, TableError> {
    let mut input = BufReader::new(input);
    let io =
        |error: std::io::Error| TableError::Io { action: "read", path: path.clone(), kind: error.kind().to_string() };
    let length = input.seek(SeekFrom::End(0)).map_err(io)?;
    let (start, end) = stream_range(&mut input, length)?;
    let rows = check_messages(&mut input, start, end, options)?;
    input.seek(SeekFrom::Start(start)).map_err(io)?;
    let reader = guarded(FORMAT, || StreamReader::try_new(input.take(end - start), None))?;
    let reader = reader.map_err(|error| TableError::from_arrow(&error))?;
    let columns = reader.schema().fields().len();
    if columns > options.max_columns {
        return Err(TableError::TooManyColumns { found: columns, limit: options.max_columns });
    }
    let reader = Sliced { reader, rest: None, rows: options.batch_rows };
    Ok(Source::from_reader(Box::new(reader))?.with_rows(Some(rows)))
}

/// Where the messages begin and end.
fn stream_range(input: &mut (impl Read + Seek), length: u64) -> Result<(u64, u64), TableError> {
    let mut head = [0; 6];
    read_at(input, 0, &mut head)?;
    if &head != MAGIC {
        return Ok((0, length));
    }
    let mut tail = [0; 10];
    read_at(input, length.checked_sub(10).ok_or(malformed("it is truncated"))?, &mut tail)?;
    let (footer, magic) = tail.split_first_chunk::<4>().ok_or(malformed("it is truncated"))?;
    if magic != MAGIC {
        return Err(malformed("it is truncated"));
    }
    let footer = u64::try_from(i32::from_le_bytes(*footer)).map_err(|_| malformed("its footer is malformed"))?;
    let end = length.checked_sub(10 + footer).filter(|end| *end >= 8).ok_or(malformed("its footer is malformed"))?;
    // Writers pad the magic number with zeros to their alignment, which is 8 to 64 bytes.
    let mut start = 8;
    let mut word = [0; 8];
    while start < end.min(64) {
        read_at(input, start, &mut word)?;
        if word != [0; 8] {
            break;
        }
        start += 8;
    }
    Ok((start, end))
}

fn read_at(input: &mut (impl Read + Seek), at: u64, buffer: &mut [u8]) -> Result<(), TableError> {
    let read = input.seek(SeekFrom::Start(at)).and_then(|_| input.read_exact(buffer));
    read.map_err(|_| malformed("it is truncated"))
}

/// Walks over the headers of all messages; the number of rows that they declare.
fn check_messages(
    input: &mut (impl Read + Seek),
    start: u64,
    end: u64,
    options: &ReadOptions,
) -> Result<u64, TableError> {
    let (mut at, mut rows) = (start, 0u64);
    while at < end {
        let mut word = [0; 4];
        read_at(input, at, &mut word)?;
        at += 4;
        if word == [0xff; 4] {
            read_at(input, at, &mut word)?;
            at += 4;
        }
        let size = u64::try_from(i32::from_le_bytes(word)).map_err(|_| malformed("a message has a negative size"))?;
        if size == 0 {
            return Ok(rows);
        }
        if at.saturating_add(size) > end {
            return Err(malformed("it is truncated"));
        }
        within("an IPC message header", size, options.max_chunk_bytes)?;
        let mut header = Vec::new();
        let bytes = usize::try_from(size).map_err(|_| malformed("a message is too large"))?;
        header.try_reserve_exact(bytes).map_err(|_| TableError::OutOfMemory { bytes })?;
        header.resize(bytes, 0);
        read_at(input, at, &mut header)?;
        let message = root_as_message(&header).map_err(|_| malformed("a message header is malformed"))?;
        let body = u64::try_from(message.bodyLength()).map_err(|_| malformed("a message has a negative size"))?;
        within("an IPC message", body, options.max_chunk_bytes)?;
        at = at.saturating_add(size).saturating_add(body);
        if at > end {
            return Err(malformed("it is truncated"));
        }
        if let Some(dictionary) = message.header_as_dictionary_batch() {
            check_batch(dictionary.data().ok_or(malformed("a dictionary has no data"))?, body)?;
        }
        if let Some(batch) = message.header_as_record_batch() {
            rows = rows.saturating_add(check_batch(batch, body)?);
            if rows > options.max_rows {
                return Err(TableError::TooManyRows { limit: options.max_rows });
            }
        }
    }
    Ok(rows)
}

/// Every buffer lies inside the body, every column has a possible length; the number of rows.
fn check_batch(batch: arrow::ipc::RecordBatch<'_>, body: u64) -> Result<u64, TableError> {
    let rows = u64::try_from(batch.length()).map_err(|_| malformed("a batch has a negative length"))?;
    within("an IPC batch in rows", rows, i32::MAX as u64)?;
    for buffer in batch.buffers().iter().flatten() {
        let range = u64::try_from(buffer.offset()).ok().zip(u64::try_from(buffer.length()).ok());
        if range.and_then(|(offset, length)| offset.checked_add(length)).is_none_or(|end| end > body) {
            return Err(malformed("a buffer lies outside its message"));
        }
    }
    for node in batch.nodes().iter().flatten() {
        let nulls = (0..=node.length()).contains(&node.null_count());
        if !nulls || node.length() > i64::from(i32::MAX) {
            return Err(malformed("a column has an impossible length"));
        }
    }
    Ok(rows)
}

fn within(what: &'static str, declared: u64, limit: u64) -> Result<(), TableError> {
    if declared > limit { Err(TableError::DeclaredTooLarge { what, declared, limit }) } else { Ok(()) }
}

/// Cuts large batches into slices (without copying), so that progress moves and work stays small.
struct Sliced<R> {
    reader: StreamReader<Take<R>>,
    rest: Option<RecordBatch>,
    rows: usize,
}

impl<R: Read> Iterator for Sliced<R> {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = match self.rest.take() {
            Some(rest) => rest,
            None => match guarded(FORMAT, || self.reader.next()).unwrap_or_else(|error| Some(Err(error.into())))? {
                Ok(batch) => batch,
                Err(error) => return Some(Err(error)),
            },
        };
        if batch.num_rows() <= self.rows {
            return Some(Ok(batch));
        }
        self.rest = Some(batch.slice(self.rows, batch.num_rows() - self.rows));
        Some(Ok(batch.slice(0, self.rows)))
    }
}

impl<R: Read> RecordBatchReader for Sliced<R> {
    fn schema(&self) -> SchemaRef {
        self.reader.schema()
    }
}
