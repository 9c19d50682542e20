//! A table from Python: a path, a sheet of a workbook, an Arrow stream or array by its capsule, or an iterator of batches.
//!
//! It must never read a stream to its end, except for work that reads it more than once ([`Kept`]), and never trust
//! one: each batch is validated before a room sees it.

use std::path::PathBuf;

use arrow::array::{Array, RecordBatch, RecordBatchReader};
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use kaifang::Error;
use kaifang::table::{self, Progress, ReadOptions, Source, TableError, is_sound, report};
use pyo3::exceptions::PyTypeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyIterator, PyString};
use pyo3_arrow::input::AnyRecordBatch;

use crate::errors::OrRaise;
use crate::jobs::Interrupt;

/// A table that somebody handed over, not yet read.
pub(crate) fn source(data: &Bound<'_, PyAny>, interrupt: &Interrupt) -> PyResult<Source> {
    let py = data.py();
    if let Some(file) = file(data)? {
        return py.detach(|| file.open()).or_raise();
    }
    let reader = reader(data, interrupt)?;
    Source::from_reader(Box::new(Checked { reader })).or_raise()
}

/// A sheet of an Excel workbook, by its name: wherever a table is taken.
#[pyclass(frozen, module = "kaifang")]
pub(crate) struct Sheet {
    path: PathBuf,
    name: String,
}

#[pymethods]
impl Sheet {
    #[new]
    fn new(path: PathBuf, name: String) -> Self {
        Sheet { path, name }
    }

    fn __repr__(&self) -> String {
        format!("<kaifang.Sheet {:?} of {:?}>", self.name, self.path)
    }
}

/// A file, and the sheet of it that is the table.
pub(crate) struct TableFile {
    path: PathBuf,
    sheet: Option<String>,
}

impl TableFile {
    fn open(&self) -> Result<Source, TableError> {
        table::open(&self.path, &ReadOptions { sheet: self.sheet.clone(), ..ReadOptions::default() })
    }
}

fn file(data: &Bound<'_, PyAny>) -> PyResult<Option<TableFile>> {
    if let Ok(sheet) = data.cast::<Sheet>() {
        let Sheet { path, name } = sheet.get();
        return Ok(Some(TableFile { path: path.clone(), sheet: Some(name.clone()) }));
    }
    let named = data.is_instance_of::<PyString>() || data.hasattr(intern!(data.py(), "__fspath__"))?;
    if named { Ok(Some(TableFile { path: data.extract()?, sheet: None })) } else { Ok(None) }
}

/// A table for work that reads it more than once, not yet read.
pub(crate) enum Kept {
    File(TableFile),
    Stream(Box<Source>),
}

impl Kept {
    /// Takes what somebody handed over.
    pub(crate) fn of(data: &Bound<'_, PyAny>, interrupt: &Interrupt) -> PyResult<Kept> {
        Ok(match file(data)? {
            Some(file) => Kept::File(file),
            None => Kept::Stream(Box::new(source(data, interrupt)?)),
        })
    }

    /// A file stays a file; a stream, which comes only once, is read into memory.
    pub(crate) fn settle(self, progress: Progress<'_>) -> Result<Reopened, Error> {
        let mut source = match self {
            Kept::File(file) => return Ok(Reopened::File(file)),
            Kept::Stream(source) => *source,
        };
        let (schema, total, mut rows, mut batches) = (source.schema(), source.known_rows(), 0, Vec::new());
        while let Some(batch) = source.next_batch()? {
            rows += batch.num_rows() as u64;
            batches.push(batch);
            report(&mut *progress, "read", rows, total)?;
        }
        Ok(Reopened::Batches(schema, batches))
    }
}

/// A table that opens from its first row, any number of times.
pub(crate) enum Reopened {
    File(TableFile),
    Batches(SchemaRef, Vec<RecordBatch>),
}

impl Reopened {
    pub(crate) fn open(&self) -> Result<Source, Error> {
        Ok(match self {
            Reopened::File(file) => file.open()?,
            Reopened::Batches(schema, batches) => Source::from_batches(schema.clone(), batches.clone())?,
        })
    }
}

/// The schema of a table, without reading it.
pub(crate) fn schema(data: &Bound<'_, PyAny>) -> PyResult<SchemaRef> {
    if let Ok(schema) = data.extract::<pyo3_arrow::PySchema>() {
        return Ok(schema.into_inner());
    }
    source(data, &Interrupt::default()).map(|source| source.schema())
}

fn reader(data: &Bound<'_, PyAny>, interrupt: &Interrupt) -> PyResult<Box<dyn RecordBatchReader + Send>> {
    if is_arrow(data)? {
        let batches = data.extract::<AnyRecordBatch>().map_err(|error| not_a_table(data, &error))?;
        return batches.into_reader();
    }
    let Ok(iterator) = data.try_iter() else {
        return Err(PyTypeError::new_err(format!(
            "expected a table (an object with __arrow_c_stream__ or __arrow_c_array__, a path, or an iterator of \
             batches), got {}",
            data.get_type().name()?
        )));
    };
    from_batches(iterator, interrupt)
}

fn is_arrow(data: &Bound<'_, PyAny>) -> PyResult<bool> {
    Ok(data.hasattr(intern!(data.py(), "__arrow_c_stream__"))?
        || data.hasattr(intern!(data.py(), "__arrow_c_array__"))?)
}

/// An Arrow object whose top level is one column, not a table; or a broken capsule.
fn not_a_table(data: &Bound<'_, PyAny>, error: &PyErr) -> PyErr {
    let name = data.get_type().name().map(|name| name.to_string()).unwrap_or_default();
    PyTypeError::new_err(format!("{name} gave no Arrow table (a stream of struct arrays): {error}"))
}

/// The first batch tells the schema of a stream that Python iterates.
fn from_batches(
    mut iterator: Bound<'_, PyIterator>,
    interrupt: &Interrupt,
) -> PyResult<Box<dyn RecordBatchReader + Send>> {
    let Some(first) = iterator.next() else {
        return Err(PyTypeError::new_err("the iterator gave no batch, so the columns are unknown"));
    };
    let first = batches_of(&first?)?;
    let schema = first.schema();
    let pending: Box<dyn RecordBatchReader + Send> = first;
    let rest = Pulled { schema, pending: Some(pending), iterator: iterator.unbind(), interrupt: interrupt.clone() };
    Ok(Box::new(rest))
}

fn batches_of(item: &Bound<'_, PyAny>) -> PyResult<Box<dyn RecordBatchReader + Send>> {
    if !is_arrow(item)? {
        return Err(PyTypeError::new_err(format!("expected Arrow batches, got {}", item.get_type().name()?)));
    }
    item.extract::<AnyRecordBatch>().map_err(|error| not_a_table(item, &error))?.into_reader()
}

/// Batches pulled from a Python iterator, one at a time.
struct Pulled {
    schema: SchemaRef,
    pending: Option<Box<dyn RecordBatchReader + Send>>,
    iterator: Py<PyIterator>,
    interrupt: Interrupt,
}

impl Iterator for Pulled {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(batch) = self.pending.as_mut().and_then(Iterator::next) {
                return Some(batch);
            }
            let next = Python::attach(|py| {
                let item = self.iterator.bind(py).clone().next()?;
                Some(item.and_then(|item| batches_of(&item)))
            });
            match next? {
                Ok(batches) if batches.schema().fields() == self.schema.fields() => self.pending = Some(batches),
                Ok(batches) => {
                    let (expected, found) = (self.schema.fields().len(), batches.schema().fields().len());
                    return Some(Err(ours(TableError::SchemaMismatch { expected, found })));
                }
                Err(error) => {
                    let said = ArrowError::ComputeError("the iterator of batches raised an exception".to_owned());
                    self.interrupt.keep(error);
                    return Some(Err(said));
                }
            }
        }
    }
}

impl RecordBatchReader for Pulled {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }
}

/// An error of ours on its way through an Arrow reader; the core takes it out again.
fn ours(error: TableError) -> ArrowError {
    ArrowError::ExternalError(Box::new(error))
}

/// Batches whose buffers were looked at: offsets in bounds, strings that are UTF-8, dictionary keys in range.
struct Checked {
    reader: Box<dyn RecordBatchReader + Send>,
}

impl Iterator for Checked {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = self.reader.next()?;
        Some(batch.and_then(|batch| {
            let sound = batch.columns().iter().all(|column| is_sound(&column.to_data()));
            let what = "a buffer is too short, an offset or key is out of range, or text is not UTF-8";
            if sound { Ok(batch) } else { Err(ours(TableError::Malformed { format: "Arrow", what })) }
        }))
    }
}

impl RecordBatchReader for Checked {
    fn schema(&self) -> SchemaRef {
        self.reader.schema()
    }
}
