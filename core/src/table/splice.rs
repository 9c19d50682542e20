//! A Parquet file made of another: chunks that are copied as they are compressed beside chunks that are written anew, row
//! group by row group.

use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::datatypes::{Field, FieldRef, Schema, SchemaRef};
use parquet::arrow::arrow_writer::{ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves};
use parquet::errors::ParquetError;
use parquet::file::writer::SerializedRowGroupWriter;
use parquet::schema::types::SchemaDescriptor;

use super::parquet::ParquetFile;
use super::sink::{Output, SplicedFile};
use super::{Sink, TableError};

/// Row groups above this many rows are not followed: a column of one is held compressed until it is whole.
const MAX_GROUP_ROWS: u64 = 4 << 20;

/// What a file holds at most, by its format.
const MAX_GROUPS: usize = i16::MAX as usize;

/// A sink that takes chunks of a file.
pub(crate) struct Splice<'a> {
    file: &'a ParquetFile,
    writer: &'a mut SplicedFile,
    schema: SchemaRef,
    factory: ArrowRowGroupWriterFactory,
}

/// One row group being written, column after column in their order.
pub(crate) struct Group<'a> {
    file: &'a ParquetFile,
    number: usize,
    schema: &'a Schema,
    described: SchemaDescriptor,
    writer: SerializedRowGroupWriter<'a, Output>,
    writers: Vec<Option<ArrowColumnWriter>>,
    at: usize,
}

impl<'a> Splice<'a> {
    /// Begins to copy; `kept` = for each column of the sink the column of the file whose cells it keeps. `None` where the
    /// sink is no Parquet file or the row groups are not such as are followed.
    ///
    /// # Errors
    /// [`TableError::Io`].
    pub(crate) fn begin(
        file: &'a ParquetFile,
        sink: &'a mut Sink,
        kept: &[Option<usize>],
    ) -> Result<Option<Splice<'a>>, TableError> {
        let groups = file.groups();
        let schema = sink.schema();
        let followed = groups.len() <= MAX_GROUPS && groups.iter().all(|rows| *rows <= MAX_GROUP_ROWS);
        if !followed || kept.len() != schema.fields().len() || kept.iter().all(Option::is_none) {
            return Ok(None);
        }
        // A page of a column without nulls has no levels, so its column stays one.
        let field = |(field, kept): (&FieldRef, &Option<usize>)| {
            let required = kept.is_some_and(|column| file.is_required(column));
            Field::new(field.name(), field.data_type().clone(), !required)
        };
        let fields: Vec<Field> = schema.fields().iter().zip(kept).map(field).collect();
        let schema = Arc::new(Schema::new_with_metadata(fields, schema.metadata().clone()));
        let Some(writer) = sink.begin_splice(&schema)? else { return Ok(None) };
        let factory = ArrowRowGroupWriterFactory::new(writer, Arc::clone(&schema));
        Ok(Some(Splice { file, writer, schema, factory }))
    }

    /// Begins the row group of this number in the file that is copied from.
    ///
    /// # Errors
    /// [`TableError::Io`].
    pub(crate) fn group(&mut self, number: usize) -> Result<Group<'_>, TableError> {
        let writers = self.factory.create_column_writers(number).map_err(|error| failed(&error))?;
        let writers = writers.into_iter().map(Some).collect();
        let described = SchemaDescriptor::new(self.writer.schema_descr().root_schema_ptr());
        let writer = self.writer.next_row_group().map_err(|error| failed(&error))?;
        Ok(Group { file: self.file, number, schema: &self.schema, described, writer, writers, at: 0 })
    }
}

impl Group<'_> {
    /// Copies a column of the file as the next one, after showing all of its cells. `false` where its pages can't be
    /// copied: then nothing was written, what was shown must not count, and the column is to be written.
    ///
    /// # Errors
    /// Those of `see`; [`TableError::Io`].
    pub(crate) fn copy<E: From<TableError>>(
        &mut self,
        column: usize,
        see: &mut dyn FnMut(&ArrayRef) -> Result<(), E>,
    ) -> Result<bool, E> {
        let Some(as_written) = self.described.columns().get(self.at) else { return Ok(false) };
        let Some(pages) = self.file.pages(self.number, column, as_written, see)? else { return Ok(false) };
        let Some(chunk) = self.file.chunk(self.number, column) else { return Ok(false) };
        let closed = pages.close(chunk, Arc::clone(as_written)).map_err(|error| failed(&error))?;
        self.writer.append_column(&pages, closed).map_err(|error| failed(&error))?;
        self.at += 1;
        Ok(true)
    }

    /// Writes the next cells of the column that comes next.
    ///
    /// # Errors
    /// [`TableError::Io`].
    pub(crate) fn write(&mut self, array: &ArrayRef) -> Result<(), TableError> {
        let field = self.schema.fields().get(self.at).ok_or_else(lost)?;
        let writer = self.writers.get_mut(self.at).and_then(Option::as_mut).ok_or_else(lost)?;
        for leaf in compute_leaves(field, array).map_err(|error| failed(&error))? {
            writer.write(&leaf).map_err(|error| failed(&error))?;
        }
        Ok(())
    }

    /// Ends the column that was written.
    ///
    /// # Errors
    /// [`TableError::Io`].
    pub(crate) fn end_column(&mut self) -> Result<(), TableError> {
        let writer = self.writers.get_mut(self.at).and_then(Option::take).ok_or_else(lost)?;
        let chunk = writer.close().map_err(|error| failed(&error))?;
        chunk.append_to_row_group(&mut self.writer).map_err(|error| failed(&error))?;
        self.at += 1;
        Ok(())
    }

    /// Ends the row group.
    ///
    /// # Errors
    /// [`TableError::Io`].
    pub(crate) fn end(self) -> Result<(), TableError> {
        self.writer.close().map(|_| ()).map_err(|error| failed(&error))
    }
}

/// The text of a Parquet error may quote values.
fn failed(_: &ParquetError) -> TableError {
    lost()
}

fn lost() -> TableError {
    TableError::io("write", std::path::Path::new("Parquet"), &std::io::ErrorKind::Other.into())
}
