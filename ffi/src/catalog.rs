//! Catalog entries.

use std::ffi::c_char;

use kaifang_core::catalog::Entry;

use crate::error::kf_error;
use crate::guard::guard;
use crate::input::{self, Out};
use crate::status::kf_status;
use crate::text::{self, kf_text};

/// Everything that keeps a catalog entry (JSON) from being opened, as a JSON array; empty when the entry is whole.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_entry_check(
    entry: *const c_char,
    entry_len: usize,
    problems: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("problems", problems)?;
            let entry = Entry::from_json(input::text("entry", entry, entry_len)?)?;
            out.write(text::document(&entry.check())?);
            Ok(())
        })
    }
}
