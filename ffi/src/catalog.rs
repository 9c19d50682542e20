//! Catalog entries.

use std::ffi::c_char;

use kaifang_core::canon;
use kaifang_core::catalog::Entry;
use kaifang_core::policy::Classification;
use kaifang_core::terms::{Digest, Openness, Word as _};

use crate::error::{Failure, kf_error};
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

/// Writes what was decided into an entry (JSON): the class that the body chose within the permitted set, the digest of the
/// `Classification` that permits it, the digest of the content that was assessed, and the day (`YYYY-MM-DD`); to the
/// changed entry, whose history keeps what it rested on before.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_entry_rest_on(
    entry: *const c_char,
    entry_len: usize,
    classification: *const c_char,
    classification_len: usize,
    chosen: *const c_char,
    chosen_len: usize,
    content: *const c_char,
    content_len: usize,
    on: *const c_char,
    on_len: usize,
    changed: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("changed", changed)?;
            let mut entry = Entry::from_json(input::text("entry", entry, entry_len)?)?;
            let classification = input::text("classification", classification, classification_len)?;
            let classification: Classification = canon::read("Classification", classification.as_bytes())?;
            let chosen = Openness::from_id(input::text("chosen", chosen, chosen_len)?).ok_or_else(|| {
                Failure::argument(
                    "chosen",
                    "unconditional, conditional or withheld",
                    " unconditional、conditional 或 withheld",
                )
            })?;
            let content = input::text("content", content, content_len)?;
            let content: Digest = content.parse().map_err(|_| {
                Failure::argument("content", "sha256: and 64 hexadecimal digits", " sha256: 与 64 位十六进制数字")
            })?;
            entry.rest_on(&classification, chosen, content, input::date("on", on, on_len)?)?;
            out.write(text::document(&entry)?);
            Ok(())
        })
    }
}
