//! [`kaifang::detect`] for Python.

use kaifang::detect::{self, ScanOptions};
use pyo3::prelude::*;

use crate::data;
use crate::document::wrap;
use crate::jobs::{self, Interrupt};

/// Which kinds the columns of a table hold, with graded evidence; no value. `all` looks at every row, not at a sample.
#[pyfunction]
#[pyo3(signature = (data, *, all=false, progress=None))]
#[expect(clippy::field_reassign_with_default, reason = "the options may get more fields, so they have no literal")]
pub(crate) fn scan<'py>(
    data: &Bound<'py, PyAny>,
    all: bool,
    progress: Option<Py<PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = data.py();
    let mut options = ScanOptions::default();
    options.all = all;
    let interrupt = Interrupt::default();
    let source = data::source(data, &interrupt)?;
    let findings = jobs::run(py, &interrupt, progress, |progress| detect::scan(source, &options, progress))?;
    wrap!(py, "Findings", findings)
}
