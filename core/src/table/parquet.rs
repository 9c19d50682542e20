//! Parquet. What the footer declares is checked before any page is read, and rows are decoded a few at a time, so
//! that a small file that repeats one large value can't fill the memory.

use std::fs::File;
use std::sync::Arc;

use arrow::array::{RecordBatch, RecordBatchReader};
use arrow::compute::concat_batches;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::basic::Type;
use parquet::file::metadata::ParquetMetaData;

use super::guard::guarded;
use super::{ReadOptions, Source, TableError};

pub(super) fn open(file: File, options: &ReadOptions) -> Result<Source, TableError> {
    let length = file.metadata().map_or(u64::MAX, |metadata| metadata.len());
    let builder = guarded("Parquet", || ParquetRecordBatchReaderBuilder::try_new(file))?;
    let builder = builder.map_err(|error| TableError::from_parquet(&error))?;
    let rows = check_declared(builder.metadata(), length, options)?;
    let columns = builder.schema().fields().len();
    if columns > options.max_columns {
        return Err(TableError::TooManyColumns { found: columns, limit: options.max_columns });
    }
    let piece = piece_rows(builder.metadata(), options);
    let schema = Arc::clone(builder.schema());
    let reader = builder.with_batch_size(piece).build().map_err(|error| TableError::from_parquet(&error))?;
    let reader = Joined { reader, schema, options: options.clone() };
    Ok(Source::from_reader(Box::new(reader))?.with_rows(Some(rows)))
}

/// The number of rows, once every declared figure is within the limits.
fn check_declared(metadata: &ParquetMetaData, length: u64, options: &ReadOptions) -> Result<u64, TableError> {
    let negative = |_| TableError::Malformed { format: "Parquet", what: "a declared size is negative" };
    let rows = u64::try_from(metadata.file_metadata().num_rows()).map_err(negative)?;
    if rows > options.max_rows {
        return Err(TableError::TooManyRows { limit: options.max_rows });
    }
    let mut sum = 0u64;
    for group in metadata.row_groups() {
        sum = sum.saturating_add(u64::try_from(group.num_rows()).map_err(negative)?);
        for column in group.columns() {
            let stored = u64::try_from(column.compressed_size()).map_err(negative)?;
            let declared = u64::try_from(column.uncompressed_size()).map_err(negative)?;
            if stored > length {
                return Err(TableError::Malformed { format: "Parquet", what: "a column is larger than the file" });
            }
            let limit = options.max_chunk_bytes;
            if declared > limit {
                return Err(TableError::DeclaredTooLarge { what: "a Parquet column chunk", declared, limit });
            }
        }
    }
    if sum != rows {
        return Err(TableError::Malformed { format: "Parquet", what: "its row groups do not add up to its rows" });
    }
    Ok(rows)
}

/// How many rows to decode at once: no value is larger than its column chunk, and a dictionary can repeat it in every
/// row.
fn piece_rows(metadata: &ParquetMetaData, options: &ReadOptions) -> usize {
    let variable = metadata
        .row_groups()
        .iter()
        .flat_map(|group| group.columns())
        .filter(|column| column.column_type() == Type::BYTE_ARRAY && column.dictionary_page_offset().is_some())
        .map(|column| column.uncompressed_size().max(1))
        .max();
    let Some(largest) = variable.and_then(|bytes| usize::try_from(bytes).ok()) else { return options.batch_rows };
    (options.batch_bytes / largest).clamp(64.min(options.batch_rows), options.batch_rows)
}

/// Puts the pieces together until a batch has its rows or its bytes.
struct Joined {
    reader: ParquetRecordBatchReader,
    schema: SchemaRef,
    options: ReadOptions,
}

impl Iterator for Joined {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        let (mut pieces, mut rows, mut bytes) = (Vec::new(), 0, 0);
        while rows < self.options.batch_rows && bytes < self.options.batch_bytes {
            let next = guarded("Parquet", || self.reader.next());
            match next.unwrap_or_else(|error| Some(Err(error.into()))) {
                Some(Ok(piece)) => {
                    rows += piece.num_rows();
                    bytes += piece.get_array_memory_size();
                    pieces.push(piece);
                }
                Some(Err(error)) => return Some(Err(error)),
                None => break,
            }
        }
        match pieces.len() {
            0 => None,
            1 => pieces.pop().map(Ok),
            _ => Some(concat_batches(&self.schema, &pieces)),
        }
    }
}

impl RecordBatchReader for Joined {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }
}
