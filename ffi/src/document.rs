//! Digests and the canonical encoding: what evidence is named by.

use std::ffi::c_char;

use kaifang_core::canon;
use kaifang_core::crypto::sha256;

use crate::error::kf_error;
use crate::guard::guard;
use crate::input::{self, Out};
use crate::status::kf_status;
use crate::text::{self, kf_text};

/// The canonical encoding of a JSON document: what is hashed and signed.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_document_canonical(
    json: *const c_char,
    json_len: usize,
    canonical: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("canonical", canonical)?;
            let json = canon::parse(input::text("json", json, json_len)?.as_bytes())?;
            out.write(text::document(&json)?);
            Ok(())
        })
    }
}

/// The digest of some bytes as documents write it: `sha256:` and 64 hexadecimal digits.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_digest(
    bytes: *const u8,
    bytes_len: usize,
    digest: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("digest", digest)?;
            let digest = sha256(input::bytes("bytes", bytes, bytes_len)?);
            out.write(text::make(digest.to_string().into_bytes())?);
            Ok(())
        })
    }
}
