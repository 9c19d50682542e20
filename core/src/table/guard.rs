//! The net under readers of other libraries: a panic on malformed input becomes an error about the input.
//!
//! Headers are checked before those readers see them; this holds for what no check of headers can see.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::TableError;

/// Runs a step of another library's reader. After an error the reader must not be used again.
pub(super) fn guarded<T>(format: &'static str, step: impl FnOnce() -> T) -> Result<T, TableError> {
    catch_unwind(AssertUnwindSafe(step)).map_err(|_| TableError::Malformed { format, what: "its parts do not fit" })
}
