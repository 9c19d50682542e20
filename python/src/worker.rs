//! [`kaifang::gate::Worker`] for Python: one of several processes that answer for a platform.

use std::path::PathBuf;

use jiff::SignedDuration;
use kaifang::gate::{self, UseReport};
use pyo3::prelude::*;

use crate::document::wrap;
use crate::documents::read;
use crate::errors::OrRaise;
use crate::held::Held;
use crate::moments::At;
use crate::platform::{outcome, request as request_of};
use crate::signers::Signer;

/// One of several processes that answer for a platform: it follows the state log, and keeps a log of uses of its own.
#[pyclass(frozen, module = "kaifang")]
pub(crate) struct Worker {
    worker: Held<gate::Worker>,
}

#[pymethods]
impl Worker {
    /// Opens a worker; the writer of the state opened its log of uses for this signer's key. After `bound` seconds
    /// without a look at the state `decide` denies.
    #[staticmethod]
    #[pyo3(signature = (dir, name, *, signer, bound=None))]
    fn open(py: Python<'_>, dir: PathBuf, name: &str, signer: Signer, bound: Option<i64>) -> PyResult<Self> {
        let signer = signer.boxed();
        let bound = bound.map(SignedDuration::from_secs);
        let worker = py.detach(|| gate::Worker::open(&dir, name, signer, bound)).or_raise()?;
        Ok(Worker { worker: Held::new("worker", worker) })
    }

    /// Reads what was written to the state log since the last look. How many records came.
    #[pyo3(signature = (*, at))]
    fn refresh(&self, py: Python<'_>, at: At) -> PyResult<u64> {
        self.worker.with(py, |worker| worker.refresh(at.0))
    }

    /// Decides on what was read of the state, and records nothing.
    #[pyo3(signature = (request, *, at))]
    fn decide<'py>(&self, request: &Bound<'py, PyAny>, at: At) -> PyResult<Bound<'py, PyAny>> {
        let py = request.py();
        let request = request_of(request)?;
        let decision = match self.worker.at_once(py, |worker| worker.decide_at_once(&request, at.0))? {
            Some(decision) => decision,
            None => self.worker.with(py, |worker| Ok(worker.decide(&request, at.0)))?,
        };
        wrap!(py, "Decision", decision)
    }

    /// Reads the state, decides, makes the record durable, and only then answers.
    #[pyo3(signature = (request, *, at))]
    fn admit<'py>(&self, request: &Bound<'py, PyAny>, at: At) -> PyResult<Bound<'py, PyAny>> {
        let py = request.py();
        let request = request_of(request)?;
        wrap!(py, "Admitted", self.worker.with(py, |worker| worker.admit(&request, at.0))?)
    }

    /// Records what came of a permit of this worker.
    #[pyo3(signature = (intent, *, served, rows, bytes, at, fields=None, result=None))]
    #[expect(clippy::too_many_arguments, reason = "keywords, each with its name at the call")]
    fn complete<'py>(
        &self,
        py: Python<'py>,
        intent: u64,
        served: bool,
        rows: u64,
        bytes: u64,
        at: At,
        fields: Option<Vec<String>>,
        result: Option<&str>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let outcome = outcome(served, rows, bytes, fields, result)?;
        wrap!(py, "Recorded", self.worker.with(py, |worker| worker.complete(intent, outcome, at.0))?)
    }

    /// Records a user's report of its use; `intent` is of this worker's log.
    #[pyo3(signature = (report, *, at))]
    fn report_use<'py>(&self, report: &Bound<'py, PyAny>, at: At) -> PyResult<Bound<'py, PyAny>> {
        let py = report.py();
        let report: UseReport = read("UseReport", report)?;
        wrap!(py, "Recorded", self.worker.with(py, |worker| worker.report_use(report, at.0))?)
    }

    /// Records the counts of denials of callers who were not identified.
    #[pyo3(signature = (*, at))]
    fn flush(&self, py: Python<'_>, at: At) -> PyResult<()> {
        self.worker.with(py, |worker| worker.flush(at.0))
    }

    /// Signs the head of this worker's log.
    fn checkpoint<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        wrap!(py, "Checkpoint", self.worker.with(py, gate::Worker::checkpoint)?)
    }

    /// Lets the log go.
    fn close(&self, py: Python<'_>) {
        self.worker.close(py);
    }

    fn __enter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, py: Python<'_>, _exception: &Bound<'_, pyo3::types::PyTuple>) {
        self.close(py);
    }
}
