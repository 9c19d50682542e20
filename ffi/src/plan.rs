//! `kf_plan`: which transform each column of a table gets.

use std::ffi::c_char;

use kaifang_core::assess::suggest;
use kaifang_core::canon;
use kaifang_core::desensitize::{Plan, Rotation};
use kaifang_core::detect::Findings;
use kaifang_core::table::Source;
use kaifang_core::terms::{Sharing, Word as _};

use crate::error::{Failure, kf_error};
use crate::guard::guard;
use crate::handle::{self, Object};
use crate::input::{self, Out};
use crate::status::kf_status;
use crate::table::{TableObject, kf_table};
use crate::text::{self, kf_text};

/// A plan. Immutable, and may be used by several threads at once.
#[allow(non_camel_case_types, reason = "the names of C")]
pub struct kf_plan {
    _private: [u8; 0],
}

pub(crate) struct PlanObject(pub(crate) Plan);

impl Object for PlanObject {
    type Opaque = kf_plan;
    const KIND: u8 = 6;
    const NAME: &'static str = "kf_plan";
}

/// A plan from the text of its TOML file. There is no folder to read a `hierarchy_file` from: `kf_plan_load` has one.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_plan_parse_toml(
    toml: *const c_char,
    toml_len: usize,
    plan: *mut *mut kf_plan,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("plan", plan)?;
            out.write(handle::insert(PlanObject(Plan::parse_toml(input::text("toml", toml, toml_len)?)?))?);
            Ok(())
        })
    }
}

/// A plan from a JSON document; as for TOML, without `hierarchy_file`.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_plan_parse_json(
    json: *const c_char,
    json_len: usize,
    plan: *mut *mut kf_plan,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("plan", plan)?;
            let json = input::text("json", json, json_len)?;
            out.write(handle::insert(PlanObject(Plan::parse_json(json.as_bytes())?))?);
            Ok(())
        })
    }
}

/// A plan from a file: JSON where it begins with `{`, TOML otherwise.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_plan_load(
    path: *const c_char,
    path_len: usize,
    plan: *mut *mut kf_plan,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("plan", plan)?;
            out.write(handle::insert(PlanObject(Plan::load(input::text("path", path, path_len)?)?))?);
            Ok(())
        })
    }
}

/// The plan that rotates tokens of a table from one key to another, without seeing what they stand for, and keeps all of
/// its other columns. `rotation` is JSON: `{"columns":{"sfzh":"resident_id"},"from":"k1","key":"k2"}`, with optional
/// `domain`, `mac` and `form`. The table is looked at, not read: it stays the caller's.
///
/// A new token is made of the old one, so it equals no token that is made of the value itself. Tokens of bytes carry no key
/// id: that a column of them holds tokens of the old key can't be checked.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_plan_rotate(
    table: *const kf_table,
    dataset: *const c_char,
    dataset_len: usize,
    rotation: *const c_char,
    rotation_len: usize,
    plan: *mut *mut kf_plan,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("plan", plan)?;
            let dataset = input::text("dataset", dataset, dataset_len)?;
            let rotation = input::text("rotation", rotation, rotation_len)?;
            let rotation: Rotation = canon::read("Rotation", rotation.as_bytes())?;
            let rotated = |source: &Source| Ok(Plan::rotate(&source.schema(), dataset, &rotation)?);
            out.write(handle::insert(PlanObject(TableObject::look(table, rotated)?))?);
            Ok(())
        })
    }
}

/// The plan's digest, `sha256:` and 64 hexadecimal digits.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_plan_hash(
    plan: *const kf_plan,
    hash: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("hash", hash)?;
            let plan = handle::get::<PlanObject>(plan)?;
            out.write(text::make(plan.0.hash().to_string().into_bytes())?);
            Ok(())
        })
    }
}

/// The dataset whose treatment this is.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_plan_dataset(
    plan: *const kf_plan,
    dataset: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("dataset", dataset)?;
            let plan = handle::get::<PlanObject>(plan)?;
            out.write(text::make(plan.0.dataset().as_bytes().to_vec())?);
            Ok(())
        })
    }
}

/// The ids of the keys that the plan needs, each once (canonical JSON: a list).
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_plan_keys(
    plan: *const kf_plan,
    keys: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("keys", keys)?;
            let plan = handle::get::<PlanObject>(plan)?;
            out.write(text::document(&plan.0.keys())?);
            Ok(())
        })
    }
}

/// Whether the plan fits a table: names all of its columns, no other, and each with a transform that its type has. The
/// table is looked at, not read: it stays the caller's.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_plan_check(
    plan: *const kf_plan,
    table: *const kf_table,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let plan = handle::get::<PlanObject>(plan)?;
            TableObject::look(table, |source| Ok(plan.0.check(&source.schema())?))
        })
    }
}

/// What the plan does, shown on invented values: never on values of a table (canonical JSON).
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_plan_preview(
    plan: *const kf_plan,
    preview: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("preview", preview)?;
            let plan = handle::get::<PlanObject>(plan)?;
            out.write(text::document(&plan.0.preview()?)?);
            Ok(())
        })
    }
}

/// The plan itself (canonical JSON).
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_plan_document(
    plan: *const kf_plan,
    document: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("document", document)?;
            let plan = handle::get::<PlanObject>(plan)?;
            out.write(text::document(&plan.0)?);
            Ok(())
        })
    }
}

/// A plan proposed from the findings of `kf_table_scan`, with a reason for each column (canonical JSON: `plan` is a plan).
/// `sharing` is `public`, `controlled` or `enclave`; `key` is the id of the key that tokens will be made with.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_plan_suggest(
    findings: *const c_char,
    findings_len: usize,
    dataset: *const c_char,
    dataset_len: usize,
    key: *const c_char,
    key_len: usize,
    sharing: *const c_char,
    sharing_len: usize,
    suggestion: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("suggestion", suggestion)?;
            let findings = input::text("findings", findings, findings_len)?;
            let dataset = input::text("dataset", dataset, dataset_len)?;
            let key = input::text("key", key, key_len)?;
            let sharing = Sharing::from_id(input::text("sharing", sharing, sharing_len)?);
            let modes = "public, controlled, enclave";
            let sharing = sharing.ok_or_else(|| Failure::argument("sharing", modes, modes))?;
            let findings: Findings = canon::read("Findings", findings.as_bytes())?;
            out.write(text::document(&suggest(&findings, dataset, key, sharing)?)?);
            Ok(())
        })
    }
}

/// Frees a plan. NULL is nothing to free; a second free is `KF_ERR_HANDLE`.
#[unsafe(no_mangle)]
pub extern "C" fn kf_plan_free(plan: *mut kf_plan) -> kf_status {
    // SAFETY: no error is asked for.
    unsafe { guard(std::ptr::null_mut(), || handle::free::<PlanObject>(plan)) }
}
