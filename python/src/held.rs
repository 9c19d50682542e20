//! What Python holds of a directory that one process writes: used by many threads without the GIL, until it is closed.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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
        let held = self.held()?;
        py.detach(move || work(&held)).or_raise()
    }

    /// Works on it with the GIL, for what takes no longer than letting the GIL go and having it back: among threads that
    /// is a wait for whoever took it. `work` must wait for nothing, neither a lock, which another thread may hold while it
    /// waits for a disk or for the GIL, nor a disk: it gives none where it would have to, and is then for [`Held::with`].
    pub(crate) fn at_once<R>(&self, py: Python<'_>, work: impl FnOnce(&T) -> Option<R>) -> PyResult<Option<R>> {
        let held = self.held()?;
        let done = work(&held);
        // It was closed meanwhile, and this call is the last that had it: letting it go may wait for the disk.
        if let Some(last) = Arc::into_inner(held) {
            py.detach(|| drop(last));
        }
        Ok(done)
    }

    fn held(&self) -> PyResult<Arc<T>> {
        let held = self.lock().clone();
        held.ok_or_else(|| PyValueError::new_err(format!("the {} is closed", self.name)))
    }

    /// Held for a moment only, since threads wait for it with the GIL.
    fn lock(&self) -> MutexGuard<'_, Option<Arc<T>>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets it go, so that another may write once the calls that are under way have ended.
    pub(crate) fn close(&self, py: Python<'_>) {
        let held = self.lock().take();
        // Letting go may wait for the disk, and holds up neither the interpreter nor who asks whether this is closed.
        py.detach(|| drop(held));
    }
}
