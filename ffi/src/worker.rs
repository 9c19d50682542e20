//! `kf_worker`: one of several processes that answer for a platform.

use std::ffi::c_char;

use jiff::SignedDuration;
use kaifang_core::canon;
use kaifang_core::gate::{Outcome, Request, UseReport, Worker};

use crate::error::kf_error;
use crate::guard::guard;
use crate::handle::{self, Object};
use crate::input::{self, Out};
use crate::signer::{SignerObject, kf_signer};
use crate::status::kf_status;
use crate::text::{self, kf_text};

/// One of several processes that answer for a platform: it follows the state log, which one other process writes, and keeps a
/// log of uses of its own. Many threads may use it side by side.
#[allow(non_camel_case_types, reason = "the names of C")]
pub struct kf_worker {
    _private: [u8; 0],
}

struct WorkerObject(Worker);

impl Object for WorkerObject {
    type Opaque = kf_worker;
    const KIND: u8 = 12;
    const NAME: &'static str = "kf_worker";
}

/// Opens a worker of a platform's directory, and begins its log of uses if it has none. The state must say that this signer keeps
/// the log of this name: see `kf_platform_open_use_log`. After `bound` seconds without a look at the state `kf_worker_decide`
/// denies; a negative number sets no bound.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_worker_open(
    directory: *const c_char,
    directory_len: usize,
    name: *const c_char,
    name_len: usize,
    signer: *const kf_signer,
    bound: i64,
    worker: *mut *mut kf_worker,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("worker", worker)?;
            let directory = input::text("directory", directory, directory_len)?;
            let name = input::text("name", name, name_len)?;
            let signer = handle::get::<SignerObject>(signer)?.signer();
            let bound = (bound >= 0).then(|| SignedDuration::from_secs(bound));
            out.write(handle::insert(WorkerObject(Worker::open(directory, name, signer, bound)?))?);
            Ok(())
        })
    }
}

/// Reads what was written to the state log since the last look; `count` gets how many records came. `at` is now.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_worker_refresh(
    worker: *const kf_worker,
    at: *const c_char,
    at_len: usize,
    count: *mut u64,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("count", count)?;
            let worker = handle::get::<WorkerObject>(worker)?;
            let at = input::instant("at", at, at_len)?;
            out.write(worker.0.refresh(at)?);
            Ok(())
        })
    }
}

/// Decides about a request (JSON) on what was read of the state, to a `Decision`, and records nothing.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_worker_decide(
    worker: *const kf_worker,
    request: *const c_char,
    request_len: usize,
    at: *const c_char,
    at_len: usize,
    decision: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("decision", decision)?;
            let worker = handle::get::<WorkerObject>(worker)?;
            let request = input::text("request", request, request_len)?;
            let at = input::instant("at", at, at_len)?;
            out.write(text::document(&worker.0.decide(&Request::from_json(request)?, at))?);
            Ok(())
        })
    }
}

/// Reads the state, decides about a request (JSON), makes the record durable in this worker's log, and only then answers, as
/// `kf_platform_admit`: where this is not `KF_OK`, nothing may be served. What a suspension forbids is denied as soon as it is
/// written; a quota is counted over all logs of uses.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_worker_admit(
    worker: *const kf_worker,
    request: *const c_char,
    request_len: usize,
    at: *const c_char,
    at_len: usize,
    admitted: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("admitted", admitted)?;
            let worker = handle::get::<WorkerObject>(worker)?;
            let request = input::text("request", request, request_len)?;
            let at = input::instant("at", at, at_len)?;
            out.write(text::document(&worker.0.admit(&Request::from_json(request)?, at)?)?);
            Ok(())
        })
    }
}

/// Records what came of a request that this worker admitted, as `kf_platform_complete`.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_worker_complete(
    worker: *const kf_worker,
    intent: u64,
    outcome: *const c_char,
    outcome_len: usize,
    at: *const c_char,
    at_len: usize,
    recorded: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("recorded", recorded)?;
            let worker = handle::get::<WorkerObject>(worker)?;
            let outcome = input::text("outcome", outcome, outcome_len)?;
            let at = input::instant("at", at, at_len)?;
            let outcome: Outcome = canon::read("Outcome", outcome.as_bytes())?;
            out.write(text::document(&worker.0.complete(intent, outcome, at)?)?);
            Ok(())
        })
    }
}

/// Records a user's report of its use (A16), as `kf_platform_report_use`; its `intent` is of this worker's log.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_worker_report_use(
    worker: *const kf_worker,
    report: *const c_char,
    report_len: usize,
    at: *const c_char,
    at_len: usize,
    recorded: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("recorded", recorded)?;
            let worker = handle::get::<WorkerObject>(worker)?;
            let report = input::text("report", report, report_len)?;
            let at = input::instant("at", at, at_len)?;
            let report: UseReport = canon::read("UseReport", report.as_bytes())?;
            out.write(text::document(&worker.0.report_use(report, at)?)?);
            Ok(())
        })
    }
}

/// Records the counts of denials of callers who were not identified.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_worker_flush(
    worker: *const kf_worker,
    at: *const c_char,
    at_len: usize,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let worker = handle::get::<WorkerObject>(worker)?;
            let at = input::instant("at", at, at_len)?;
            Ok(worker.0.flush(at)?)
        })
    }
}

/// Signs the head of this worker's log, to a signed note.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_worker_checkpoint(
    worker: *const kf_worker,
    note: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("note", note)?;
            let worker = handle::get::<WorkerObject>(worker)?;
            out.write(text::make(worker.0.checkpoint()?.note.into_bytes())?);
            Ok(())
        })
    }
}

/// Closes a worker. Calls of other threads that are under way end as they would, and then the log is let go; later ones are
/// `KF_ERR_HANDLE`. NULL is nothing to close; a second close is `KF_ERR_HANDLE`.
#[unsafe(no_mangle)]
pub extern "C" fn kf_worker_close(worker: *mut kf_worker) -> kf_status {
    // SAFETY: no error is asked for.
    unsafe { guard(std::ptr::null_mut(), || handle::free::<WorkerObject>(worker)) }
}
