//! [`kaifang::risk`] for Python.

use kaifang::risk::{DEFAULT_LIMIT, RiskQuestion};
use kaifang::terms::Sharing;
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::data;
use crate::document::wrap;
use crate::documents::read;
use crate::jobs::{self, Interrupt};

/// Measures the re-identification risk of a table (GB/T 42460-2023): `sharing` is `"public"`, `"controlled"` or
/// `"enclave"`; `direct` names the direct identifiers that are still in it:
/// nothing is scanned here, so they are the caller's to name (`scan(data).direct`), and level 1 is given for them alone.
#[pyfunction]
#[pyo3(signature = (data, *, quasi, sensitive=Vec::new(), sharing, direct=Vec::new(), limit=DEFAULT_LIMIT, progress=None))]
pub(crate) fn risk<'py>(
    data: &Bound<'py, PyAny>,
    quasi: Vec<String>,
    sensitive: Vec<String>,
    sharing: &Bound<'py, PyString>,
    direct: Vec<String>,
    limit: u32,
    progress: Option<Py<PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = data.py();
    let sharing: Sharing = read("Sharing", sharing)?;
    let question = RiskQuestion { quasi, sensitive, sharing, direct, limit };
    let interrupt = Interrupt::default();
    let source = data::source(data, &interrupt)?;
    let report = jobs::run(py, &interrupt, progress, |progress| kaifang::risk::risk(source, &question, progress))?;
    wrap!(py, "RiskReport", report)
}
