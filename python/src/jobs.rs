//! Long jobs: without the GIL, with progress, and stopped by Ctrl-C or by an exception of the caller's own code.
//!
//! It must never swallow a Python exception: what stopped the job is what the caller sees.

use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};

use kaifang::error::Explain;
use kaifang::table::ProgressUpdate;
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

    /// Asks Python for signals, and tells `callback(stage, done, total)` where the job is.
    fn step(&self, update: &ProgressUpdate, callback: Option<&Py<PyAny>>) -> ControlFlow<()> {
        let told = Python::attach(|py| {
            py.check_signals()?;
            if let Some(callback) = callback {
                callback.call1(py, (update.stage, update.done, update.total))?;
            }
            Ok(())
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
    let mut progress = |update: ProgressUpdate| interrupt.step(&update, callback.as_ref());
    let result = py.detach(|| work(&mut progress));
    interrupt.or_raise(result)
}
