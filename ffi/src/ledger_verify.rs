//! Offline verification: a whole ledger, or one proof.

use std::ffi::c_char;

use kaifang_core::crypto::PublicKey;
use kaifang_core::ledger::{self, Checkpoint};
use serde::Serialize;

use crate::error::{Failure, kf_error};
use crate::guard::guard;
use crate::input::{self, Out};
use crate::status::kf_status;
use crate::text::{self, kf_text};

/// The key and the head that a verifier trusts; either may be NULL, but a head needs its key.
///
/// # Safety
/// As [`input::optional`], for both.
pub(crate) unsafe fn trusted(
    key: (*const c_char, usize),
    pin: (*const c_char, usize),
) -> Result<(Option<PublicKey>, Option<Checkpoint>), Failure> {
    // SAFETY: as promised by the caller.
    let (key, pin) = unsafe { (input::optional("public_key", key.0, key.1)?, input::optional("pin", pin.0, pin.1)?) };
    let key = key.map(str::parse::<PublicKey>).transpose()?;
    let pin = match (pin, &key) {
        (None, _) => None,
        (Some(note), Some(key)) => Some(Checkpoint::parse(note, key)?),
        (Some(_), None) => return Err(Failure::null("public_key")),
    };
    Ok((key, pin))
}

/// Verifies every byte of a ledger's directory, to a document of what was found (canonical JSON).
///
/// `public_key` (base64) is who the ledger must be; NULL takes the directory's own key, and the answer says so. `pin`
/// is a checkpoint kept elsewhere, a signed note that the ledger must extend; NULL is none, and one needs the key.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_ledger_verify(
    directory: *const c_char,
    directory_len: usize,
    public_key: *const c_char,
    public_key_len: usize,
    pin: *const c_char,
    pin_len: usize,
    verified: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("verified", verified)?;
            let directory = input::text("directory", directory, directory_len)?;
            let (key, pin) = trusted((public_key, public_key_len), (pin, pin_len))?;
            out.write(text::document(&ledger::verify(directory, key.as_ref(), pin.as_ref())?)?);
            Ok(())
        })
    }
}

#[derive(Serialize)]
struct Valid {
    valid: bool,
}

/// Checks one proof document (`op` is `inclusion`, `consistency`, `checkpoint`, `receipt` or `equivocation`), to
/// `{"valid":true}`. A proof that does not hold is `KF_ERR_INTEGRITY`, never `{"valid":false}`.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_ledger_verify_proof(
    proof: *const c_char,
    proof_len: usize,
    valid: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("valid", valid)?;
            ledger::verify_document(input::text("proof", proof, proof_len)?.as_bytes())?;
            out.write(text::document(&Valid { valid: true })?);
            Ok(())
        })
    }
}
