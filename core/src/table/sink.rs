//! A table to be written: to a temporary file beside its place, which takes the name only when all of it is on disk.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::compute::cast;
use arrow::datatypes::{DataType, FieldRef, Schema, SchemaRef};
use arrow::ipc::writer::FileWriter;
use parquet::arrow::{ArrowSchemaConverter, ArrowWriter, add_encoded_arrow_schema_to_metadata};
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;

use super::csv_out::CsvWriter;
use super::xlsx_out::XlsxWriter;
use super::{Format, Source, TableError, WriteOptions, WrittenStats, resolved, source, type_name};

/// Writes one table to one file.
///
/// The file appears under its name in [`Sink::finish`], after an fsync, by a rename, and the folder is synced too. A
/// sink that is dropped before leaves nothing behind, and what stood under the name before stays as it was.
///
/// ```
/// use kaifang::table::{Format, ReadOptions, Sink, Source, open};
/// # use arrow::{array::{RecordBatch, StringArray}, datatypes::{DataType, Field, Schema}};
/// # use std::sync::Arc;
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("people.parquet");
/// # let schema = Arc::new(Schema::new(vec![Field::new("xm", DataType::Utf8, true)]));
/// # let batch = RecordBatch::try_new(schema.clone(), vec![Arc::new(StringArray::from(vec!["张三"]))])?;
/// let mut sink = Sink::create(&path, schema, Format::Parquet)?;
/// sink.write(&batch)?;
/// assert_eq!(sink.finish()?.rows, 1);
/// assert_eq!(open(&path, &ReadOptions::default())?.known_rows(), Some(1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Sink {
    schema: SchemaRef,
    // Before `partial`: the writers close their file before it is removed.
    writer: Option<Writer>,
    partial: Partial,
    rows: u64,
    bytes: Arc<AtomicU64>,
}

enum Writer {
    Csv(Box<CsvWriter<Output>>),
    Parquet(Box<ArrowWriter<Output>>),
    Spliced(Box<SplicedFile>),
    Ipc(Box<FileWriter<Output>>),
    Xlsx(Box<XlsxWriter<Output>>),
}

impl Sink {
    /// Begins a file with the usual options: UTF-8 without a byte order mark, Parquet with Zstandard.
    ///
    /// # Errors
    /// [`TableError::Io`], [`TableError::DuplicateColumn`], [`TableError::UnsupportedType`].
    pub fn create(path: impl AsRef<Path>, schema: SchemaRef, format: Format) -> Result<Self, TableError> {
        Self::create_with(path, schema, format, &WriteOptions::default())
    }

    /// Begins a file.
    ///
    /// # Errors
    /// As [`Sink::create`].
    pub fn create_with(
        path: impl AsRef<Path>,
        schema: SchemaRef,
        format: Format,
        options: &WriteOptions,
    ) -> Result<Self, TableError> {
        source::check_names(&schema)?;
        let (partial, file) = Partial::create(path.as_ref())?;
        let bytes = Arc::default();
        let file = BufWriter::new(Counted { file, bytes: Arc::clone(&bytes) });
        let arrow = |error| TableError::from_arrow(&error);
        let writer = match format {
            Format::Csv => Writer::Csv(Box::new(CsvWriter::new(file, &schema, options)?)),
            Format::Parquet => {
                let writer = ArrowWriter::try_new(file, Arc::clone(&schema), Some(parquet_properties(&schema)?));
                Writer::Parquet(Box::new(writer.map_err(|error| TableError::from_parquet(&error))?))
            }
            Format::Ipc => Writer::Ipc(Box::new(FileWriter::try_new(file, &unpacked(&schema)).map_err(arrow)?)),
            Format::Xlsx => Writer::Xlsx(Box::new(XlsxWriter::new(file, &schema, partial.folder())?)),
        };
        Ok(Sink { schema, writer: Some(writer), partial, rows: 0, bytes })
    }

    /// The format that a file name asks for, by its extension; CSV if it has none that is known.
    #[must_use]
    pub fn format_of(path: impl AsRef<Path>) -> Format {
        let extension = path.as_ref().extension().map(|extension| extension.to_string_lossy().to_ascii_lowercase());
        match extension.as_deref() {
            Some("parquet" | "pq") => Format::Parquet,
            Some("arrow" | "ipc" | "feather") => Format::Ipc,
            Some("xlsx") => Format::Xlsx,
            _ => Format::Csv,
        }
    }

    /// Refuses a table that is read from the very file that this sink replaces, through links or not.
    ///
    /// # Errors
    /// [`TableError::OntoItself`].
    pub fn check_source(&self, source: &Source) -> Result<(), TableError> {
        let target = &self.partial.target;
        if source.file().is_some_and(|file| file == resolved(target)) {
            return Err(TableError::OntoItself { path: target.display().to_string() });
        }
        Ok(())
    }

    /// Refuses nested columns where the format has no place for them: text that is put together of a list's elements is not
    /// the list any more.
    pub(crate) fn check_nested(&self) -> Result<(), TableError> {
        if matches!(self.writer, Some(Writer::Parquet(_) | Writer::Spliced(_) | Writer::Ipc(_))) {
            return Ok(());
        }
        let nested = (1..).zip(self.schema.fields()).find(|(_, field)| field.data_type().is_nested());
        nested.map_or(Ok(()), |(column, field)| {
            Err(TableError::UnsupportedType { column, data_type: type_name(field.data_type()) })
        })
    }

    /// Refuses a table of other columns than this sink was opened for.
    pub(crate) fn check_schema(&self, schema: &Schema) -> Result<(), TableError> {
        if schema.fields() == self.schema.fields() {
            return Ok(());
        }
        Err(TableError::SchemaMismatch { expected: self.schema.fields().len(), found: schema.fields().len() })
    }

    /// How many bytes were written so far. What is buffered comes later, and a workbook is written at its end.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// The counter behind [`Sink::bytes`].
    pub(crate) fn counter(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.bytes)
    }

    /// Writes one batch. After an error the file can't be finished.
    ///
    /// # Errors
    /// [`TableError::SchemaMismatch`], [`TableError::Unencodable`], [`TableError::Io`]; of a workbook
    /// [`TableError::TooManyRows`] and [`TableError::CellTooLong`].
    pub fn write(&mut self, batch: &RecordBatch) -> Result<(), TableError> {
        self.check_schema(&batch.schema())?;
        let written = match &mut self.writer {
            Some(Writer::Csv(writer)) => writer.write(batch),
            Some(Writer::Parquet(writer)) => writer.write(batch).map_err(|_| self.partial.failed("write")),
            Some(Writer::Ipc(writer)) => {
                let schema = Arc::clone(writer.schema());
                let unpack = |(array, field): (&ArrayRef, &FieldRef)| cast(array, field.data_type());
                let arrays = batch.columns().iter().zip(schema.fields()).map(unpack).collect::<Result<Vec<_>, _>>();
                let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
                let batch =
                    arrays.and_then(|arrays| RecordBatch::try_new_with_options(Arc::clone(&schema), arrays, &options));
                let written = batch.and_then(|batch| writer.write(&batch));
                written.map_err(|_| self.partial.failed("write"))
            }
            Some(Writer::Xlsx(writer)) => writer.write(batch),
            Some(Writer::Spliced(_)) | None => Err(self.partial.failed("write")),
        };
        if written.is_err() {
            // Half a batch may be in the file: it can't be finished any more.
            self.writer = None;
        }
        written?;
        self.rows += batch.num_rows() as u64;
        Ok(())
    }

    /// Begins the file anew as one that column chunks are copied into, with fields of the same names and types; `None` where
    /// this sink is no Parquet file, or has rows already.
    pub(super) fn begin_splice(&mut self, schema: &SchemaRef) -> Result<Option<&mut SplicedFile>, TableError> {
        if self.rows > 0 || !matches!(self.writer, Some(Writer::Parquet(_))) {
            return Ok(None);
        }
        let failed = || self.partial.failed("write");
        let Some(Writer::Parquet(writer)) = self.writer.take() else { return Err(failed()) };
        let mut file = writer.into_inner().map_err(|_| failed())?.into_inner().map_err(|_| failed())?;
        self.bytes.store(0, Ordering::Relaxed);
        file.file.set_len(0).and_then(|()| file.rewind()).map_err(|error| self.partial.io("write", &error))?;
        let malformed = |error: &ParquetError| TableError::from_parquet(error);
        let mut properties = parquet_properties(schema)?;
        let described = ArrowSchemaConverter::new().convert(schema).map_err(|error| malformed(&error))?;
        add_encoded_arrow_schema_to_metadata(schema, &mut properties);
        let writer = SerializedFileWriter::new(BufWriter::new(file), described.root_schema_ptr(), Arc::new(properties));
        self.writer = Some(Writer::Spliced(Box::new(writer.map_err(|error| malformed(&error))?)));
        Ok(match &mut self.writer {
            Some(Writer::Spliced(writer)) => Some(writer),
            _ => None,
        })
    }

    /// The columns that this sink was opened for.
    pub(super) fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// Says how many rows came in copied chunks.
    pub(crate) fn count_spliced(&mut self, rows: u64) {
        self.rows += rows;
    }

    /// Ends the file and gives it its name.
    ///
    /// # Errors
    /// [`TableError::Io`]; then nothing is left under the name.
    pub fn finish(mut self) -> Result<WrittenStats, TableError> {
        let failed = || self.partial.failed("write");
        let mut guarded_cells = 0;
        let file = match self.writer.take().ok_or_else(failed)? {
            Writer::Csv(writer) => {
                guarded_cells = writer.guarded_cells();
                writer.into_inner()?
            }
            Writer::Parquet(writer) => writer.into_inner().map_err(|_| failed())?,
            Writer::Spliced(writer) => writer.into_inner().map_err(|_| failed())?,
            Writer::Ipc(writer) => writer.into_inner().map_err(|_| failed())?,
            Writer::Xlsx(writer) => writer.into_inner()?,
        };
        let file = file.into_inner().map_err(|error| self.partial.io("write", error.error()))?.file;
        file.sync_all().map_err(|error| self.partial.io("sync", &error))?;
        let bytes = file.metadata().map_err(|error| self.partial.io("read", &error))?.len();
        drop(file);
        self.partial.keep()?;
        Ok(WrittenStats { rows: self.rows, bytes, guarded_cells })
    }
}

/// The schema without dictionaries: each batch has words of its own, and the file format takes one set for the whole file.
fn unpacked(schema: &Schema) -> Schema {
    Schema::new(schema.fields().iter().map(unpacked_field).collect::<Vec<_>>()).with_metadata(schema.metadata().clone())
}

fn unpacked_field(field: &FieldRef) -> FieldRef {
    let unpacked = match field.data_type() {
        DataType::Dictionary(_, words) => words.as_ref().clone(),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(unpacked_field).collect()),
        DataType::List(element) => DataType::List(unpacked_field(element)),
        DataType::LargeList(element) => DataType::LargeList(unpacked_field(element)),
        DataType::FixedSizeList(element, size) => DataType::FixedSizeList(unpacked_field(element), *size),
        _ => return Arc::clone(field),
    };
    Arc::new(field.as_ref().clone().with_data_type(unpacked))
}

pub(super) type SplicedFile = SerializedFileWriter<Output>;

pub(super) type Output = BufWriter<Counted>;

/// A file that counts what is written to it.
pub(super) struct Counted {
    file: File,
    bytes: Arc<AtomicU64>,
}

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.bytes.fetch_add(written as u64, Ordering::Relaxed);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Seek for Counted {
    fn seek(&mut self, place: SeekFrom) -> io::Result<u64> {
        self.file.seek(place)
    }
}

fn parquet_properties(schema: &Schema) -> Result<WriterProperties, TableError> {
    let level = ZstdLevel::try_new(3).map_err(|error| TableError::from_parquet(&error))?;
    let properties = WriterProperties::builder().set_compression(Compression::ZSTD(level));
    Ok(properties.set_key_value_metadata(Some(own_metadata(schema))).build())
}

/// What the library says of a file, for readers that know no Arrow.
fn own_metadata(schema: &Schema) -> Vec<KeyValue> {
    let mut own: Vec<_> = schema.metadata().iter().filter(|(name, _)| name.starts_with("kaifang.")).collect();
    own.sort();
    own.into_iter().map(|(name, value)| KeyValue::new(name.clone(), value.clone())).collect()
}

/// The temporary file; removed unless it was kept.
struct Partial {
    target: PathBuf,
    temporary: PathBuf,
    kept: bool,
}

impl Partial {
    fn create(target: &Path) -> Result<(Self, File), TableError> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let name = target
            .file_name()
            .ok_or_else(|| TableError::io("create", target, &io::Error::from(io::ErrorKind::InvalidInput)))?;
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let mut temporary = std::ffi::OsString::from(".");
        temporary.push(name);
        temporary.push(format!(".{}-{number}.partial", std::process::id()));
        let temporary = target.with_file_name(temporary);
        let opened = OpenOptions::new().write(true).create_new(true).open(&temporary);
        let file = opened.map_err(|error| TableError::io("create", target, &error))?;
        Ok((Partial { target: target.to_owned(), temporary, kept: false }, file))
    }

    fn io(&self, action: &'static str, error: &io::Error) -> TableError {
        TableError::io(action, &self.target, error)
    }

    fn failed(&self, action: &'static str) -> TableError {
        self.io(action, &io::Error::from(io::ErrorKind::Other))
    }

    /// Where the file will lie.
    fn folder(&self) -> &Path {
        let folder = self.target.parent().filter(|folder| !folder.as_os_str().is_empty());
        folder.unwrap_or(Path::new("."))
    }

    fn keep(&mut self) -> Result<(), TableError> {
        fs::rename(&self.temporary, &self.target).map_err(|error| self.io("rename", &error))?;
        self.kept = true;
        let folder = File::open(self.folder());
        folder.and_then(|folder| folder.sync_all()).map_err(|error| self.io("sync", &error))
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if !self.kept {
            // Nothing more can be done about a failure here; the name itself was never touched.
            let _ = fs::remove_file(&self.temporary);
        }
    }
}
