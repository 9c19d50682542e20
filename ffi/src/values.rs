//! Lists of values through one transform, for a host without a table.

use std::ffi::c_char;

use kaifang_core::canon;
use kaifang_core::crypto::Keyring;
use kaifang_core::desensitize::{ColumnPlan, Transform, token_values, treat_values};
use kaifang_core::kinds::Kind;
use serde::Deserialize;

use crate::error::kf_error;
use crate::guard::guard;
use crate::handle;
use crate::input::{self, Out};
use crate::keyring::{KeyringObject, kf_keyring};
use crate::status::kf_status;
use crate::text::{self, kf_text};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MaskQuestion {
    kind: Option<Kind>,
    keep_prefix: Option<u32>,
    keep_suffix: Option<u32>,
    values: Vec<Option<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TokenQuestion {
    key_id: String,
    dataset: String,
    domain: Option<String>,
    kind: Kind,
    values: Vec<Option<String>>,
}

fn borrowed(values: &[Option<String>]) -> Vec<Option<&str>> {
    values.iter().map(Option::as_deref).collect()
}

/// Masks values: `{"kind":"mobile","values":["13900001111",null]}`, or `keep_prefix` and `keep_suffix` in place of the
/// kind or beside it, to `{"values":[...],"invalid":0}`. What can't be masked is redacted and counted.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_values_mask(
    question: *const c_char,
    question_len: usize,
    masked: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("masked", masked)?;
            let question = input::text("question", question, question_len)?;
            let question: MaskQuestion = canon::read("mask question", question.as_bytes())?;
            let mut column = ColumnPlan::new(Transform::Mask);
            column.kind = question.kind;
            column.keep_prefix = question.keep_prefix;
            column.keep_suffix = question.keep_suffix;
            let masked = treat_values("values", column, &Keyring::new(), &borrowed(&question.values))?;
            out.write(text::document(&masked)?);
            Ok(())
        })
    }
}

/// The tokens of values: `{"key_id","dataset","kind","values"}` and an optional `domain`, by default
/// `<dataset>/<kind>`, to `{"values":[...],"invalid":0}`. What is not valid for its kind is redacted and counted.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_values_token(
    keyring: *const kf_keyring,
    question: *const c_char,
    question_len: usize,
    tokens: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("tokens", tokens)?;
            let keys = handle::get::<KeyringObject>(keyring)?;
            let question = input::text("question", question, question_len)?;
            let TokenQuestion { key_id, dataset, domain, kind, values } =
                canon::read("token question", question.as_bytes())?;
            let tokens = token_values(&dataset, domain.as_deref(), kind, &key_id, &keys.0, &borrowed(&values))?;
            out.write(text::document(&tokens)?);
            Ok(())
        })
    }
}
