//! Long jobs: without the GIL, with progress, and stopped by Ctrl-C or by an exception of the caller's own code.
//!
//! It must never swallow a Python exception: what stopped the job is what the caller sees.

use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};

use kaifang::error::Explain;
use kaifang::table::ProgressUpdate;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;

use crate::errors::raise;

/// Holds the Python exception that stopped a job, until the job has unwound.
#[derive(Clone, Default)]
pub(crate) struct Interrupt(Arc<Mutex<Option<PyErr>>>);

impl Interrupt {
    /// Keeps the first exception.
    pub(crate) fn keep(&self, error: PyErr) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
    }

    fn take(&self) -> Option<PyErr> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// An error of the core, or the Python exception behind it.
    pub(crate) fn or_raise<T, E: Explain>(&self, result: Result<T, E>) -> PyResult<T> {
        match (result, self.take()) {
            (_, Some(exception)) => Err(exception),
            (Ok(value), None) => Ok(value),
            (Err(error), None) => Err(raise(&error)),
        }
    }

    /// Asks Python for signals, and tells the callback where the job is.
    fn step(&self, update: &ProgressUpdate, callback: Option<&Callback>) -> ControlFlow<()> {
        let told = Python::attach(|py| {
            py.check_signals()?;
            callback.map_or(Ok(()), |callback| callback.tell(py, update))
        });
        match told {
            Ok(()) => ControlFlow::Continue(()),
            Err(exception) => {
                self.keep(exception);
                ControlFlow::Break(())
            }
        }
    }
}

/// A `progress(stage, done, total, bytes)` of the caller's, or one that takes no bytes.
struct Callback {
    call: Py<PyAny>,
    takes_bytes: bool,
}

impl Callback {
    /// Looks once at what the callback takes. One whose parameters can't be looked at is told everything.
    fn new(py: Python<'_>, call: Py<PyAny>) -> PyResult<Self> {
        let signature = known(py, py.import("inspect")?.call_method1("signature", (&call,)))?;
        let takes_bytes = match signature {
            None => true,
            Some(signature) => known(py, signature.call_method1("bind", ("", 0, 0, 0)))?.is_some(),
        };
        Ok(Callback { call, takes_bytes })
    }

    fn tell(&self, py: Python<'_>, update: &ProgressUpdate) -> PyResult<()> {
        let ProgressUpdate { stage, done, total, bytes } = *update;
        let told = match self.takes_bytes {
            true => self.call.call1(py, (stage, done, total, bytes)),
            false => self.call.call1(py, (stage, done, total)),
        };
        told.map(drop)
    }
}

/// None where `inspect` has no answer, which it says by one of two exceptions; any other is the caller's.
fn known<T>(py: Python<'_>, answer: PyResult<T>) -> PyResult<Option<T>> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.is_instance_of::<PyTypeError>(py) || error.is_instance_of::<PyValueError>(py) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Runs `work` without the GIL. `work` gets the progress callback to hand to the core.
pub(crate) fn run<T, E>(
    py: Python<'_>,
    interrupt: &Interrupt,
    callback: Option<Py<PyAny>>,
    work: impl FnOnce(&mut (dyn FnMut(ProgressUpdate) -> ControlFlow<()> + Send)) -> Result<T, E> + Send,
) -> PyResult<T>
where
    T: Send,
    E: Explain + Send,
{
    let callback = callback.map(|call| Callback::new(py, call)).transpose()?;
    let mut progress = |update: ProgressUpdate| interrupt.step(&update, callback.as_ref());
    let result = py.detach(|| work(&mut progress));
    interrupt.or_raise(result)
}
