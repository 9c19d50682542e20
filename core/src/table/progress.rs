//! How a long job tells how far it is, and how it is stopped.

use std::ops::ControlFlow;

use super::TableError;

/// How far a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProgressUpdate {
    /// What is being done: a stable word such as `scan`, `apply`, `risk`.
    pub stage: &'static str,
    /// Rows done.
    pub done: u64,
    /// Rows in all, if the source knows.
    pub total: Option<u64>,
    /// Bytes of the result that are written: those in its file, or of its Arrow IPC stream; 0 where none are.
    pub bytes: u64,
}

/// Called between batches. [`ControlFlow::Break`] cancels the job, which then ends with [`TableError::Cancelled`].
pub type Progress<'a> = &'a mut dyn FnMut(ProgressUpdate) -> ControlFlow<()>;

/// A progress callback that shows nothing and never cancels.
///
/// ```
/// use kaifang::table::{ProgressUpdate, silent};
/// assert!(silent(ProgressUpdate { stage: "scan", done: 0, total: None, bytes: 0 }).is_continue());
/// ```
pub fn silent(_: ProgressUpdate) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// Reports, and turns a cancellation into the error.
///
/// # Errors
/// [`TableError::Cancelled`] when the callback says so.
pub fn report(progress: Progress<'_>, stage: &'static str, done: u64, total: Option<u64>) -> Result<(), TableError> {
    report_written(progress, stage, done, total, 0)
}

/// As [`report`], of a job that has written so many bytes of its result.
///
/// # Errors
/// [`TableError::Cancelled`] when the callback says so.
pub fn report_written(
    progress: Progress<'_>,
    stage: &'static str,
    done: u64,
    total: Option<u64>,
    bytes: u64,
) -> Result<(), TableError> {
    match progress(ProgressUpdate { stage, done, total, bytes }) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(TableError::Cancelled { stage }),
    }
}
