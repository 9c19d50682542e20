//! Treating a table by a plan, into a stream, a file or bytes; and `kf_applied`, its proof.

use std::ffi::{c_char, c_void};
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{RecordBatch, RecordBatchReader};
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::ipc::writer::StreamWriter;
use kaifang_core::canon;
use kaifang_core::desensitize::{Applied, Treated};
use kaifang_core::table::{Sink, TableError, report_written};

use crate::arrow::{ArrowArrayStream, export};
use crate::error::{Failure, kf_error};
use crate::guard::guard;
use crate::handle::{self, Object};
use crate::input::{self, Out};
use crate::keyring::{keys, kf_keyring};
use crate::plan::{PlanObject, kf_plan};
use crate::progress::{self, kf_progress};
use crate::status::kf_status;
use crate::table::{TableObject, kf_table};
use crate::text::{self, kf_text};

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

/// Whether a table is the output that a proof (JSON) describes: its columns in order, its rows, its cells. Another table is
/// `KF_ERR_INTEGRITY`. Consumes `table`. `progress` may be NULL.
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
/// Consumes `table`. `keyring` may be NULL for a plan without keys, `progress` for no progress. `applied` gets the proof
/// (canonical JSON).
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_plan_apply_ipc(
    plan: *const kf_plan,
    table: *mut kf_table,
    keyring: *const kf_keyring,
    progress: kf_progress,
    user: *mut c_void,
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
            let mut progress = progress::callback(progress, user);
            let failed = |error: ArrowError| Failure::from(TableError::from_arrow(&error));
            let (bytes, applied) = given.run(|source| {
                let total = source.known_rows();
                let mut treated = plan.0.apply(source, &keys.0)?;
                treated.see_columns(&mut progress)?;
                let mut writer = StreamWriter::try_new(Vec::new(), &treated.schema()).map_err(failed)?;
                while let Some(batch) = treated.next_batch()? {
                    writer.write(&batch).map_err(failed)?;
                    let bytes = writer.get_ref().len() as u64;
                    report_written(&mut progress, "apply", treated.rows(), total, bytes)?;
                }
                let applied = treated.into_applied()?;
                Ok((writer.into_inner().map_err(failed)?, applied))
            })?;
            text::write_both((out_ipc, out), (bytes, canon::to_bytes(&applied)?))
        })
    }
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
