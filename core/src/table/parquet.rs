//! Parquet. What the footer declares is checked before any page is read, and rows are decoded a few at a time, so
//! that a small file that repeats one large value can't fill the memory.

use std::fs::File;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchReader};
use arrow::compute::concat_batches;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::basic::Type;
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData, RowGroupMetaData};
use parquet::schema::types::ColumnDescPtr;

use super::guard::guarded;
use super::pages::{Chunk, Pages, Shape, longest_word};
use super::{ReadOptions, Source, TableError};

pub(super) fn open(file: File, options: &ReadOptions) -> Result<Source, TableError> {
    let length = file.metadata().map_or(u64::MAX, |metadata| metadata.len());
    let metadata = guarded("Parquet", || ArrowReaderMetadata::load(&file, ArrowReaderOptions::default()))?;
    let metadata = metadata.map_err(|error| TableError::from_parquet(&error))?;
    let rows = check_declared(metadata.metadata(), length, options)?;
    let columns = metadata.schema().fields().len();
    if columns > options.max_columns {
        return Err(TableError::TooManyColumns { found: columns, limit: options.max_columns });
    }
    let file = ParquetFile { file: Arc::new(file), metadata, options: options.clone() };
    let piece = piece_rows(file.metadata.metadata().row_groups().iter().flat_map(|group| group.columns()), options);
    let mut reader = file.reader(piece, |builder| builder)?;
    // The reader's own schema has lost what the file says of itself.
    reader.schema = Arc::clone(file.metadata.schema());
    Ok(Source::from_reader(Box::new(reader))?.with_rows(Some(rows)).with_parquet(file))
}

/// An open file whose declared figures are within the limits, to be read in any order.
#[derive(Clone)]
pub(crate) struct ParquetFile {
    file: Arc<File>,
    metadata: ArrowReaderMetadata,
    options: ReadOptions,
}

type Builder = ParquetRecordBatchReaderBuilder<File>;

impl ParquetFile {
    fn reader(&self, piece: usize, choose: impl FnOnce(Builder) -> Builder) -> Result<Joined, TableError> {
        let file = self.file.try_clone();
        let file = file.map_err(|error| TableError::io("open", std::path::Path::new("Parquet"), &error))?;
        let builder = choose(ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone()));
        let reader = guarded("Parquet", || builder.with_batch_size(piece).build())?;
        let reader = reader.map_err(|error| TableError::from_parquet(&error))?;
        Ok(Joined { schema: reader.schema(), reader, options: self.options.clone() })
    }

    /// How many rows each row group has.
    pub(crate) fn groups(&self) -> Vec<u64> {
        // The figures were checked when the file was opened.
        self.metadata.metadata().row_groups().iter().map(|group| group.num_rows().unsigned_abs()).collect()
    }

    /// The cells of one column of one row group, in batches.
    ///
    /// # Errors
    /// [`TableError::Malformed`] where the file turns out to be; also, at the end, where the rows are not as many as
    /// declared.
    pub(crate) fn read(
        &self,
        group: usize,
        column: usize,
    ) -> Result<impl Iterator<Item = Result<ArrayRef, TableError>>, TableError> {
        let mask = ProjectionMask::roots(self.metadata.parquet_schema(), [column]);
        let piece = self.piece_rows(group, column);
        let mut reader = self.reader(piece, |builder| builder.with_row_groups(vec![group]).with_projection(mask))?;
        let mut left = self.group(group).map_or(0, |group| group.num_rows().unsigned_abs());
        let malformed = |what| Err(TableError::Malformed { format: "Parquet", what });
        Ok(std::iter::from_fn(move || match reader.next() {
            Some(Ok(batch)) => {
                left = left.saturating_sub(batch.num_rows() as u64);
                let column = batch.columns().first().map(ArrayRef::clone);
                Some(column.map_or_else(|| malformed("a column is missing"), Ok))
            }
            Some(Err(error)) => Some(Err(TableError::from_arrow(&error))),
            None if left > 0 => {
                left = 0;
                Some(malformed("a column has fewer rows than its row group"))
            }
            None => None,
        }))
    }

    /// How many rows of a column to decode at once: any row may have the longest word of its dictionary.
    fn piece_rows(&self, group: usize, column: usize) -> usize {
        let chunks = self.group(group).map_or(&[][..], RowGroupMetaData::columns);
        let schema = self.metadata.parquet_schema();
        let of = |leaf: usize| schema.get_column_root_idx(leaf) == column;
        let careful = || {
            piece_rows(chunks.iter().enumerate().filter(|(leaf, _)| of(*leaf)).map(|(_, chunk)| chunk), &self.options)
        };
        let chunk = self.chunk(group, column).filter(|chunk| chunk.column_type() == Type::BYTE_ARRAY);
        let longest = chunk.and_then(|chunk| longest_word(&self.file, chunk, &self.options));
        longest.map_or_else(careful, |longest| {
            (self.options.batch_bytes / longest.max(1)).clamp(1, self.options.batch_rows)
        })
    }

    /// The pages of one column of one row group, to be copied into a column `as_written`; `None` where they must not be.
    /// All cells are shown, and count only where there are pages.
    ///
    /// # Errors
    /// Only those of `see`.
    pub(super) fn pages<E>(
        &self,
        group: usize,
        column: usize,
        as_written: &ColumnDescPtr,
        see: &mut dyn FnMut(&ArrayRef) -> Result<(), E>,
    ) -> Result<Option<Pages>, E> {
        let Some((leaf, data_type)) = self.leaf(column).zip(self.metadata.schema().fields().get(column)) else {
            return Ok(None);
        };
        let Some((group, metadata)) = self.group(group).and_then(|group| Some((group, group.columns().get(leaf)?)))
        else {
            return Ok(None);
        };
        let same_levels = metadata.column_descr().max_def_level() == as_written.max_def_level();
        let shape = Shape::of(data_type.data_type(), metadata.column_descr(), as_written);
        let (Some(shape), Ok(rows)) = (shape.filter(|_| same_levels), usize::try_from(group.num_rows())) else {
            return Ok(None);
        };
        Chunk { file: &self.file, metadata, shape: &shape, rows, options: &self.options }.pages(see)
    }

    /// The footer's entry of the chunk.
    pub(super) fn chunk(&self, group: usize, column: usize) -> Option<&ColumnChunkMetaData> {
        self.group(group)?.columns().get(self.leaf(column)?)
    }

    /// Whether a column has no room for nulls.
    pub(super) fn is_required(&self, column: usize) -> bool {
        let schema = self.metadata.parquet_schema();
        self.leaf(column).and_then(|leaf| schema.columns().get(leaf)).is_some_and(|leaf| leaf.max_def_level() == 0)
    }

    fn group(&self, group: usize) -> Option<&RowGroupMetaData> {
        self.metadata.metadata().row_groups().get(group)
    }

    /// The only leaf of a column that is not nested.
    fn leaf(&self, column: usize) -> Option<usize> {
        let schema = self.metadata.parquet_schema();
        let mut leaves = (0..schema.num_columns()).filter(|leaf| schema.get_column_root_idx(*leaf) == column);
        leaves.next().filter(|_| leaves.next().is_none())
    }
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
fn piece_rows<'a>(chunks: impl Iterator<Item = &'a ColumnChunkMetaData>, options: &ReadOptions) -> usize {
    let variable = chunks
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
