//! Lists of values through one transform, for a host without a table.

use std::ffi::c_char;

use kaifang_core::desensitize::answer_values;

use crate::error::kf_error;
use crate::guard::guard;
use crate::input::{self, Out};
use crate::keyring::{self, kf_keyring};
use crate::status::kf_status;
use crate::text::{self, kf_text};

/// Values through any transform: `{"dataset","column":{"do":...},"values":[...]}`, the column as a plan has it, and an
/// optional `others` of further columns by name where the transform looks at one, to `{"values":[...],"invalid":0}`. What
/// can't be treated is redacted and counted. Bytes are given as hexadecimal digits. `keyring` may be NULL for a transform
/// without a key.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_values_treat(
    keyring: *const kf_keyring,
    question: *const c_char,
    question_len: usize,
    treated: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("treated", treated)?;
            let keys = keyring::keys(keyring)?;
            let question = input::text("question", question, question_len)?;
            out.write(text::document(&answer_values(question.as_bytes(), &keys.0)?)?);
            Ok(())
        })
    }
}
