//! A table for Python: Arrow batches behind `__arrow_c_stream__`, so that every Arrow library takes it.
//!
//! It must never need one of those libraries: each is imported only when asked for.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StructArray};
use arrow::datatypes::{Field, SchemaRef};
use pyo3::exceptions::PyImportError;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;
use pyo3_arrow::ffi::{ArrayIterator, to_schema_pycapsule, to_stream_pycapsule};

/// Arrow batches in memory.
#[pyclass(frozen, module = "kaifang")]
pub(crate) struct Table {
    pub(crate) schema: SchemaRef,
    pub(crate) batches: Vec<RecordBatch>,
}

#[pymethods]
impl Table {
    /// The names of the columns.
    #[getter]
    fn column_names(&self) -> Vec<String> {
        self.schema.fields().iter().map(|field| field.name().clone()).collect()
    }

    /// The number of rows.
    #[getter]
    fn num_rows(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    /// The number of columns.
    #[getter]
    fn num_columns(&self) -> usize {
        self.schema.fields().len()
    }

    fn __len__(&self) -> usize {
        self.num_rows()
    }

    /// Names and types, no values.
    fn __repr__(&self) -> String {
        let columns = self.schema.fields().iter().map(|field| format!("{}: {}", field.name(), field.data_type()));
        let columns = columns.collect::<Vec<_>>().join(", ");
        format!("<kaifang.Table {} rows × {} columns: {columns}>", self.num_rows(), self.num_columns())
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        Ok(to_schema_pycapsule(py, self.schema.as_ref())?)
    }

    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyCapsule>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let batches = self.batches.clone().into_iter().map(|batch| Ok(Arc::new(StructArray::from(batch)) as ArrayRef));
        let field = Field::new_struct("", self.schema.fields().clone(), false);
        let field = field.with_metadata(self.schema.metadata().clone());
        let stream = Box::new(ArrayIterator::new(batches, field.into()));
        Ok(to_stream_pycapsule(py, stream, requested_schema)?)
    }

    /// A `pyarrow.Table`.
    fn to_pyarrow<'py>(slf: Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        import(slf.py(), "pyarrow")?.call_method1("table", (slf,))
    }

    /// A `polars.DataFrame`.
    fn to_polars<'py>(slf: Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        import(slf.py(), "polars")?.call_method1("DataFrame", (slf,))
    }

    /// A `pandas.DataFrame` (through pyarrow, as pandas itself does).
    fn to_pandas<'py>(slf: Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        import(slf.py(), "pandas")?;
        Table::to_pyarrow(slf)?.call_method0("to_pandas")
    }
}

fn import<'py>(py: Python<'py>, library: &str) -> PyResult<Bound<'py, PyAny>> {
    let module = py.import(library).map_err(|error| {
        let wanted = PyImportError::new_err(format!("this needs {library}, which is not installed"));
        wanted.set_cause(py, Some(error));
        wanted
    })?;
    Ok(module.into_any())
}
