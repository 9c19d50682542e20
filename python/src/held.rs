//! What Python holds of a directory that one process writes: used by many threads without the GIL, until it is closed.

use std::sync::{Arc, Mutex, PoisonError};

use kaifang::Error;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::errors::OrRaise;

/// A platform or a worker: used by many threads side by side, without the GIL, until it is closed.
pub(crate) struct Held<T> {
    name: &'static str,
    held: Mutex<Option<Arc<T>>>,
}

impl<T: Send + Sync> Held<T> {
    /// `name` is what it is called where it was closed.
    pub(crate) fn new(name: &'static str, held: T) -> Self {
        Held { name, held: Mutex::new(Some(Arc::new(held))) }
    }

    /// Works on it without the GIL; `ValueError` where it was closed.
    pub(crate) fn with<R: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&T) -> Result<R, Error> + Send,
    ) -> PyResult<R> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let held = held.ok_or_else(|| PyValueError::new_err(format!("the {} is closed", self.name)))?;
        py.detach(move || work(&held)).or_raise()
    }

    /// Lets it go, so that another may write once the calls that are under way have ended.
    pub(crate) fn close(&self, py: Python<'_>) {
        // Letting go may wait for the disk, and does not hold the interpreter up.
        py.detach(|| drop(self.held.lock().unwrap_or_else(PoisonError::into_inner).take()));
    }
}
