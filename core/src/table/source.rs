//! A table to be read: a schema and batches that come one after another.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow::array::{RecordBatch, RecordBatchIterator, RecordBatchReader};
use arrow::datatypes::{FieldRef, Schema, SchemaRef};

use super::TableError;
use super::parquet::ParquetFile;

/// How a table is opened once more.
type Reopen = Box<dyn Fn() -> Result<Source, TableError> + Send>;

/// A table that is read once, batch by batch.
///
/// It is an iterator over batches. What it is made of is a boxed reader, so anything that Arrow reads fits.
pub struct Source {
    name: String,
    file: Option<PathBuf>,
    rows: Option<u64>,
    parquet: Option<ParquetFile>,
    lost_digits: Arc<AtomicU64>,
    schema: SchemaRef,
    failed: Option<TableError>,
    reopen: Option<Reopen>,
    batches: Box<dyn RecordBatchReader + Send>,
}

impl Source {
    /// A table from any Arrow reader.
    ///
    /// # Errors
    /// [`TableError::DuplicateColumn`]: columns are told apart by their names alone.
    pub fn from_reader(batches: Box<dyn RecordBatchReader + Send>) -> Result<Self, TableError> {
        let schema = batches.schema();
        check_names(&schema)?;
        let lost_digits = Arc::default();
        let (name, file, rows, parquet, failed) = (String::new(), None, None, None, None);
        Ok(Source { name, file, rows, parquet, lost_digits, schema, failed, reopen: None, batches })
    }

    /// A table from batches at hand, all of the schema.
    ///
    /// # Errors
    /// As [`Source::from_reader`], and [`TableError::SchemaMismatch`].
    ///
    /// ```
    /// use kaifang::table::Source;
    /// # use arrow::{array::{RecordBatch, StringArray}, datatypes::{DataType, Field, Schema}};
    /// # use std::sync::Arc;
    /// let schema = Arc::new(Schema::new(vec![Field::new("xm", DataType::Utf8, true)]));
    /// let batch = RecordBatch::try_new(schema.clone(), vec![Arc::new(StringArray::from(vec!["张三"]))])?;
    /// let source = Source::from_batches(schema, vec![batch])?;
    /// assert_eq!(source.known_rows(), Some(1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn from_batches(schema: SchemaRef, batches: Vec<RecordBatch>) -> Result<Self, TableError> {
        batches.iter().try_for_each(|batch| check_columns(batch.schema_ref(), &schema))?;
        let rows = batches.iter().map(|batch| batch.num_rows() as u64).sum();
        let held = (Arc::clone(&schema), batches.clone());
        let reader = RecordBatchIterator::new(batches.into_iter().map(Ok), schema);
        let source = Source::from_reader(Box::new(reader))?.with_rows(Some(rows));
        Ok(source.with_reopen(move || Source::from_batches(Arc::clone(&held.0), held.1.clone())))
    }

    /// Names the table, for messages and reports.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Says which file is read, by its resolved path.
    #[must_use]
    pub(super) fn with_file(mut self, path: PathBuf) -> Self {
        self.file = Some(path);
        self
    }

    /// Says that the table is the whole of a Parquet file.
    #[must_use]
    pub(super) fn with_parquet(mut self, file: ParquetFile) -> Self {
        self.parquet = Some(file);
        self
    }

    /// The Parquet file that the table is the whole of; `None` once a batch was read.
    pub(crate) fn parquet(&self) -> Option<&ParquetFile> {
        self.parquet.as_ref()
    }

    /// Says how the table is opened once more.
    #[must_use]
    pub(super) fn with_reopen(mut self, reopen: impl Fn() -> Result<Source, TableError> + Send + 'static) -> Self {
        self.reopen = Some(Box::new(reopen));
        self
    }

    /// The same table from its first row, by a reader of its own; `None` where it can be read only once, and once a batch was
    /// read. What stands in a file may have changed meanwhile.
    pub(crate) fn again(&self) -> Option<Source> {
        // A file that is no longer there can still be read by whoever opened it.
        self.reopen.as_ref().and_then(|reopen| reopen().ok())
    }

    /// Says where numbers are counted that lost digits.
    #[must_use]
    pub(super) fn with_lost_digits(mut self, counter: Arc<AtomicU64>) -> Self {
        self.lost_digits = counter;
        self
    }

    /// How many cells of a workbook, of those that were read so far, hold a number of more than 15 digits: a spreadsheet
    /// has lost its last ones, so a code among them is not the code that it was. The cells are read a batch ahead.
    #[must_use]
    pub fn lost_digits(&self) -> u64 {
        self.lost_digits.load(Ordering::Relaxed)
    }

    /// Says how many rows will come, if that is known.
    #[must_use]
    pub fn with_rows(mut self, rows: Option<u64>) -> Self {
        self.rows = rows;
        self
    }

    /// The name; a file's name without its folder, or empty.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The file that is read, by its absolute path without links; `None` for a table that was not opened by its path.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// The columns.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// How many rows will come in all, if the source knows before it reads.
    #[must_use]
    pub fn known_rows(&self) -> Option<u64> {
        self.rows
    }

    /// The next batch; `None` at the end. After an error, the same error: a table that broke off never looks whole.
    ///
    /// # Errors
    /// Whatever the file turns out to be; [`TableError::SchemaMismatch`] for a batch whose columns are not, by name and
    /// type and in order, those of the table: whoever treats columns by their place would treat the wrong ones.
    pub fn next_batch(&mut self) -> Result<Option<RecordBatch>, TableError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        (self.parquet, self.reopen) = (None, None);
        let next = self.batches.next().transpose().map_err(|error| TableError::from_arrow(&error));
        let next = next.and_then(|batch| match batch {
            Some(batch) => check_columns(batch.schema_ref(), &self.schema).map(|()| Some(batch)),
            None => Ok(None),
        });
        self.failed = next.as_ref().err().cloned();
        next
    }

    /// The reader itself, for handing on.
    #[must_use]
    pub fn into_reader(self) -> Box<dyn RecordBatchReader + Send> {
        self.batches
    }
}

impl Iterator for Source {
    type Item = Result<RecordBatch, TableError>;

    fn next(&mut self) -> Option<Self::Item> {
        // The error was the last item, so that a loop which passes over errors ends.
        if self.failed.is_some() {
            return None;
        }
        self.next_batch().transpose()
    }
}

/// What was found must have the columns that are expected. Nullability and metadata may differ: they say nothing of which
/// column it is.
pub(crate) fn check_columns(found: &Schema, expected: &Schema) -> Result<(), TableError> {
    let (expected, found) = (expected.fields(), found.fields());
    let same = |(a, b): (&FieldRef, &FieldRef)| a.name() == b.name() && a.data_type() == b.data_type();
    if expected.len() == found.len() && expected.iter().zip(found).all(same) {
        return Ok(());
    }
    Err(TableError::SchemaMismatch { expected: expected.len(), found: found.len() })
}

/// Each column must have a name of its own.
pub(crate) fn check_names(schema: &Schema) -> Result<(), TableError> {
    let mut seen = HashMap::new();
    for (second, field) in (1..).zip(schema.fields()) {
        if let Some(first) = seen.insert(field.name(), second) {
            return Err(TableError::DuplicateColumn { first, second });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::datatypes::{DataType, Field};

    #[test]
    fn a_table_that_broke_off_never_looks_whole() {
        let schema = Arc::new(Schema::new(vec![Field::new("xm", DataType::Utf8, true)]));
        let broken = TableError::Ragged { row: 1, expected: 1, found: 2 };
        let batches = vec![Err(broken.clone().into()), Ok(RecordBatch::new_empty(Arc::clone(&schema)))];
        let mut source = Source::from_reader(Box::new(RecordBatchIterator::new(batches, schema))).unwrap();
        for _ in 0..3 {
            assert_eq!(source.next_batch(), Err(broken.clone()));
        }
        assert!(source.next().is_none());
    }

    #[test]
    fn a_batch_with_its_columns_in_another_order_is_refused() {
        let text = |name: &str| Field::new(name, DataType::Utf8, true);
        let schema = |names: [&str; 2]| Arc::new(Schema::new(names.map(text).to_vec()));
        let batches = vec![
            Ok(RecordBatch::new_empty(schema(["xm", "sfzh"]))),
            Ok(RecordBatch::new_empty(schema(["sfzh", "xm"]))),
        ];
        let reader = RecordBatchIterator::new(batches, schema(["xm", "sfzh"]));
        let mut source = Source::from_reader(Box::new(reader)).unwrap();
        assert!(matches!(source.next_batch(), Ok(Some(_))));
        for _ in 0..2 {
            assert_eq!(source.next_batch(), Err(TableError::SchemaMismatch { expected: 2, found: 2 }));
        }
        let other = Arc::new(Schema::new(vec![text("xm"), Field::new("sfzh", DataType::Int64, true)]));
        let reader = RecordBatchIterator::new([Ok(RecordBatch::new_empty(other))], schema(["xm", "sfzh"]));
        let mut source = Source::from_reader(Box::new(reader)).unwrap();
        assert!(matches!(source.next_batch(), Err(TableError::SchemaMismatch { .. })));
    }

    #[test]
    fn two_columns_of_one_name_are_refused() {
        let fields = ["xm", "sfzh", "xm", "xm"].map(|name| Field::new(name, DataType::Utf8, true));
        let error = Source::from_batches(Arc::new(Schema::new(fields.to_vec())), vec![]).err();
        assert_eq!(error, Some(TableError::DuplicateColumn { first: 1, second: 3 }));
    }
}
