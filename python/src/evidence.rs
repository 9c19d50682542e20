//! What crosses from treatment to the law: the digest of a table's content, and the evidence of its treatment.

use kaifang::assess::Evidence;
use kaifang::desensitize;
use pyo3::prelude::*;

use crate::data;
use crate::document::wrap;
use crate::documents::read;
use crate::jobs::{self, Interrupt};

/// The digest of a table's content, `sha256:…`: the same whatever file or library it stands in. A dataset's version is
/// identified by it.
#[pyfunction]
#[pyo3(signature = (data, *, progress=None))]
pub(crate) fn content_digest(data: &Bound<'_, PyAny>, progress: Option<Py<PyAny>>) -> PyResult<String> {
    let interrupt = Interrupt::default();
    let source = data::source(data, &interrupt)?;
    let digest = jobs::run(data.py(), &interrupt, progress, |progress| desensitize::content_digest(source, progress))?;
    Ok(digest.to_string())
}

/// The evidence of a treatment (A18.5): the proof of what was done, and the risk of what came out. Its `digest()` is what
/// an assertion names.
#[pyfunction]
pub(crate) fn evidence<'py>(applied: &Bound<'py, PyAny>, risk: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = applied.py();
    let evidence = Evidence::new(read("Applied", applied)?, read("RiskReport", risk)?);
    wrap!(py, "Evidence", evidence)
}
