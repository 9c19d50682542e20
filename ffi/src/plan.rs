//! `kf_plan`: a treatment; and `kf_applied`, its proof.

use std::ffi::{c_char, c_void};
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{RecordBatch, RecordBatchReader};
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::ipc::writer::StreamWriter;
use kaifang_core::assess::suggest;
use kaifang_core::canon;
use kaifang_core::desensitize::{Applied, Plan, Treated};
use kaifang_core::detect::Findings;
use kaifang_core::table::{Sink, TableError};
use kaifang_core::terms::{Sharing, Word as _};

use crate::arrow::{ArrowArrayStream, export};
use crate::error::{Failure, kf_error};
use crate::guard::guard;
use crate::handle::{self, Object};
use crate::input::{self, Out};
use crate::keyring::{keys, kf_keyring};
use crate::progress::{self, kf_progress};
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

/// The proof of a treatment whose output is a stream: there once the stream was read to its end.
#[allow(non_camel_case_types, reason = "the names of C")]
pub struct kf_applied {
    _private: [u8; 0],
}

struct AppliedObject(Proof);

impl Object for AppliedObject {
    type Opaque = kf_applied;
    const KIND: u8 = 7;
    const NAME: &'static str = "kf_applied";
}

type Proof = Arc<Mutex<Option<Applied>>>;

/// A treatment on its way out, which leaves its proof behind.
struct Treating {
    treated: Treated,
    proof: Proof,
}

impl Iterator for Treating {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.treated.next();
        if next.is_none() {
            *self.proof.lock().unwrap_or_else(PoisonError::into_inner) = self.treated.applied().cloned();
        }
        next
    }
}

impl RecordBatchReader for Treating {
    fn schema(&self) -> SchemaRef {
        self.treated.schema()
    }
}

/// A plan from the text of its TOML file. There is no folder to read a `hierarchy_file` from: write its table in `hierarchy`.
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

/// Whether a table is the output that a proof (JSON) describes: its columns in order, its rows, its cells. Another table is
/// `KF_ERR_PLAN`. Consumes `table`. `progress` may be NULL.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_applied_verify(
    applied: *const c_char,
    applied_len: usize,
    table: *mut kf_table,
    progress: kf_progress,
    user: *mut c_void,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let given = TableObject::take(table)?;
            let mut progress = progress::callback(progress, user);
            let applied = Applied::from_json(input::text("applied", applied, applied_len)?.as_bytes())?;
            given.run(|source| Ok(applied.verify_output(source, &mut progress)?))
        })
    }
}

/// Treats a table, stream to stream: batches are treated as `treated` is read. Consumes `table`. `keyring` may be NULL
/// for a plan without keys.
///
/// After an error in the stream nothing that came before it may be used. `applied` has the proof once the stream was
/// read to its end.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_plan_apply(
    plan: *const kf_plan,
    table: *mut kf_table,
    keyring: *const kf_keyring,
    treated: *mut ArrowArrayStream,
    applied: *mut *mut kf_applied,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let given = TableObject::take(table)?;
            let stream = Out::new("treated", treated)?;
            let out = Out::new("applied", applied)?;
            let plan = handle::get::<PlanObject>(plan)?;
            let keys = keys(keyring)?;
            let treated = given.run(|source| Ok(plan.0.apply(source, &keys.0)?))?;
            let proof = Proof::default();
            let handle = handle::insert(AppliedObject(Arc::clone(&proof)))?;
            stream.write(export(Box::new(Treating { treated, proof })));
            out.write(handle);
            Ok(())
        })
    }
}

/// Treats a table into a file, whose name says the format (`.csv`, `.xlsx`, `.parquet`, `.arrow`). The file appears whole, or not
/// at all; the file that `table` is read from is refused. Consumes `table`. `keyring` may be NULL for a plan without keys,
/// `progress` for no progress. `applied` gets the proof (canonical JSON).
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_plan_apply_file(
    plan: *const kf_plan,
    table: *mut kf_table,
    keyring: *const kf_keyring,
    path: *const c_char,
    path_len: usize,
    progress: kf_progress,
    user: *mut c_void,
    applied: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let given = TableObject::take(table)?;
            let out = Out::new("applied", applied)?;
            let plan = handle::get::<PlanObject>(plan)?;
            let keys = keys(keyring)?;
            let path = input::text("path", path, path_len)?;
            let mut progress = progress::callback(progress, user);
            let create = |schema| Sink::create(path, schema, Sink::format_of(path));
            let (applied, _) = given.run(|source| Ok(plan.0.apply_to(source, &keys.0, create, &mut progress)?))?;
            out.write(text::document(&applied)?);
            Ok(())
        })
    }
}

/// Treats a table into the bytes of an Arrow IPC stream, held in memory: for languages without the C Data Interface.
/// Consumes `table`. `keyring` may be NULL for a plan without keys. `applied` gets the proof (canonical JSON).
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_plan_apply_ipc(
    plan: *const kf_plan,
    table: *mut kf_table,
    keyring: *const kf_keyring,
    ipc: *mut *mut kf_text,
    applied: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let given = TableObject::take(table)?;
            let out_ipc = Out::new("ipc", ipc)?;
            let out = Out::new("applied", applied)?;
            let plan = handle::get::<PlanObject>(plan)?;
            let keys = keys(keyring)?;
            let failed = |error: ArrowError| Failure::from(TableError::from_arrow(&error));
            let (bytes, applied) = given.run(|source| {
                let mut treated = plan.0.apply(source, &keys.0)?;
                let mut writer = StreamWriter::try_new(Vec::new(), &treated.schema()).map_err(failed)?;
                while let Some(batch) = treated.next_batch()? {
                    writer.write(&batch).map_err(failed)?;
                }
                let applied = treated.into_applied()?;
                Ok((writer.into_inner().map_err(failed)?, applied))
            })?;
            text::write_both((out_ipc, out), (bytes, canon::to_bytes(&applied)?))
        })
    }
}

/// Frees a plan. NULL is nothing to free; a second free is `KF_ERR_HANDLE`.
#[unsafe(no_mangle)]
pub extern "C" fn kf_plan_free(plan: *mut kf_plan) -> kf_status {
    // SAFETY: no error is asked for.
    unsafe { guard(std::ptr::null_mut(), || handle::free::<PlanObject>(plan)) }
}

/// The proof of a treatment (canonical JSON). `KF_ERR_UNFINISHED` until its stream was read to the end, and for ever
/// where the stream failed.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_applied_document(
    applied: *const kf_applied,
    document: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("document", document)?;
            let applied = handle::get::<AppliedObject>(applied)?;
            let proof = applied.0.lock().unwrap_or_else(PoisonError::into_inner);
            out.write(text::document(proof.as_ref().ok_or_else(Failure::unfinished)?)?);
            Ok(())
        })
    }
}

/// Frees a proof; its stream is not touched. NULL is nothing to free; a second free is `KF_ERR_HANDLE`.
#[unsafe(no_mangle)]
pub extern "C" fn kf_applied_free(applied: *mut kf_applied) -> kf_status {
    // SAFETY: no error is asked for.
    unsafe { guard(std::ptr::null_mut(), || handle::free::<AppliedObject>(applied)) }
}
