//! The one wall between C and the library: no panic passes it, and every failure becomes a status.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::error::{self, Failure, kf_error};
use crate::status::kf_status;

/// Runs the body of a function. On failure the error is written to `err`, unless that is NULL; on success it is left
/// alone.
///
/// # Safety
/// `err` is NULL or writable.
pub(crate) unsafe fn guard(err: *mut *mut kf_error, body: impl FnOnce() -> Result<(), Failure>) -> kf_status {
    // What a body leaves half done is its own: handles are replaced whole, and what is behind a lock is marked by it.
    let failure = match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(())) => return kf_status::KF_OK,
        Ok(Err(failure)) => failure,
        Err(_panic) => Failure::panic(),
    };
    let status = failure.status;
    if !err.is_null() && err.is_aligned() {
        let made = catch_unwind(AssertUnwindSafe(|| error::make(failure))).unwrap_or(std::ptr::null_mut());
        // SAFETY: writable, as promised by the caller; checked for NULL and alignment above.
        unsafe { err.write(made) };
    }
    status
}

/// Runs the body of a function that has no status: `fallback` says that it failed.
pub(crate) fn guard_or<T>(fallback: T, body: impl FnOnce() -> Result<T, Failure>) -> T {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(value)) => value,
        Ok(Err(_)) | Err(_) => fallback,
    }
}

/// Panics on purpose, inside the wall: returns `KF_ERR_PANIC` and nothing else happens.
///
/// A host can call it once to see that its own way of linking keeps the wall; a build with `panic = "abort"` would
/// end the process here. The panic's message goes to the standard error output.
///
/// # Safety
/// `err` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_selftest_panic(err: *mut *mut kf_error) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe { guard(err, deliberate_panic) }
}

#[expect(clippy::panic, reason = "this is what the self-test is for")]
fn deliberate_panic() -> Result<(), Failure> {
    panic!("deliberate panic of kf_selftest_panic")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_a_status_and_an_error() {
        let mut err: *mut kf_error = std::ptr::null_mut();
        // SAFETY: `err` is a local.
        assert_eq!(unsafe { kf_selftest_panic(&raw mut err) }, kf_status::KF_ERR_PANIC);
        assert_eq!(error::kf_error_status(err), kf_status::KF_ERR_PANIC);
        assert_eq!(error::kf_error_free(err), kf_status::KF_OK);
        assert_eq!(error::kf_error_free(err), kf_status::KF_ERR_HANDLE);
    }

    #[test]
    fn an_error_that_nobody_asks_for_is_not_made() {
        // SAFETY: NULL says that no error is wanted.
        assert_eq!(unsafe { kf_selftest_panic(std::ptr::null_mut()) }, kf_status::KF_ERR_PANIC);
    }
}
