//! `kf_platform`: a directory with a policy, the state and the log; record what is done, decide, admit, complete.

use std::ffi::c_char;

use kaifang_core::canon;
use kaifang_core::gate::{Outcome, Platform, Request, UseReport};

use crate::calendar::calendar;
use crate::error::kf_error;
use crate::guard::guard;
use crate::handle::{self, Object};
use crate::input::{self, Out};
use crate::policy::{PolicyObject, kf_policy};
use crate::signer::{SignerObject, kf_signer};
use crate::status::kf_status;
use crate::text::{self, kf_text};

/// A platform. Many threads may use one side by side; those that record at the same time share the wait for the disk. One
/// process writes a directory at a time, and others may read it.
#[allow(non_camel_case_types, reason = "the names of C")]
pub struct kf_platform {
    _private: [u8; 0],
}

pub(crate) struct PlatformObject(pub(crate) Platform);

impl Object for PlatformObject {
    type Opaque = kf_platform;
    const KIND: u8 = 8;
    const NAME: &'static str = "kf_platform";
}

/// Makes a new platform in a directory of its own, which is made too, and records the adoption of the policy. `origin`
/// names its log; `signer` signs it, in the profile of its key; `at` is now.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_platform_init(
    directory: *const c_char,
    directory_len: usize,
    policy: *const kf_policy,
    origin: *const c_char,
    origin_len: usize,
    signer: *const kf_signer,
    at: *const c_char,
    at_len: usize,
    platform: *mut *mut kf_platform,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("platform", platform)?;
            let directory = input::text("directory", directory, directory_len)?;
            let policy = handle::get::<PolicyObject>(policy)?;
            let origin = input::text("origin", origin, origin_len)?;
            let signer = handle::get::<SignerObject>(signer)?.signer();
            let at = input::instant("at", at, at_len)?;
            let platform = Platform::init(directory, &policy.0, origin, signer, at)?;
            out.write(handle::insert(PlatformObject(platform))?);
            Ok(())
        })
    }
}

/// Opens a platform: with a signer for writing, with NULL for reading, also beside a writer: `kf_platform_decide` reads on first,
/// `kf_platform_duties` answers from what was read (`kf_platform_refresh` reads on), and what would be recorded is an error.
/// `years` is as for `kf_calendar_is_working_day`: the schedules that its deadlines are counted by.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_platform_open(
    directory: *const c_char,
    directory_len: usize,
    signer: *const kf_signer,
    years: *const c_char,
    years_len: usize,
    platform: *mut *mut kf_platform,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("platform", platform)?;
            let directory = input::text("directory", directory, directory_len)?;
            let signer = if signer.is_null() { None } else { Some(handle::get::<SignerObject>(signer)?.signer()) };
            let calendar = calendar(years, years_len)?;
            let platform = Platform::open(directory, signer)?.with_calendar(calendar);
            out.write(handle::insert(PlatformObject(platform))?);
            Ok(())
        })
    }
}

/// Records what somebody does, if it is a legal move now and theirs to do. `act` is an event and who does it, as the host
/// authenticated them: `{"by":{"role":"opening_body","id":...},"event":"dataset_opened",...}`; a `dataset_assessed` may leave
/// out `facts` and `classification`, an `entry_listed` the entry's `openness`, `assessment` and `content`. To a `Recorded`:
/// `{"v","index","duties"}`, the index of the record and the duties that it creates or does.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_platform_event(
    platform: *const kf_platform,
    act: *const c_char,
    act_len: usize,
    at: *const c_char,
    at_len: usize,
    recorded: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("recorded", recorded)?;
            let platform = handle::get::<PlatformObject>(platform)?;
            let act = input::text("act", act, act_len)?;
            let at = input::instant("at", at, at_len)?;
            out.write(text::document(&platform.0.act_json(act, at)?)?);
            Ok(())
        })
    }
}

/// Decides about a request (JSON), to a `Decision`, and records nothing.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_platform_decide(
    platform: *const kf_platform,
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
            let platform = handle::get::<PlatformObject>(platform)?;
            let request = input::text("request", request, request_len)?;
            let at = input::instant("at", at, at_len)?;
            let request = Request::from_json(request)?;
            out.write(text::document(&platform.0.decide(&request, at))?);
            Ok(())
        })
    }
}

/// Decides about a request (JSON), makes the record durable, and only then answers, with an `Admitted`:
/// `{"v","index","decision"}`. Where this is not `KF_OK`, nothing may be served. A denial is `KF_OK` with `"permit":false`;
/// one of somebody who is not identified is counted, and has no `index`. `"degraded":true` says that the log could not be
/// written, and that the policy lets this unconditional data out all the same.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_platform_admit(
    platform: *const kf_platform,
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
            let platform = handle::get::<PlatformObject>(platform)?;
            let request = input::text("request", request, request_len)?;
            let at = input::instant("at", at, at_len)?;
            let request = Request::from_json(request)?;
            out.write(text::document(&platform.0.admit(&request, at)?)?);
            Ok(())
        })
    }
}

/// As `kf_platform_admit`, with the proof that the record is in the log in `receipt`: the head is signed for it. Where the
/// signer fails, the record is in the log, and nothing was answered.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_platform_admit_with_receipt(
    platform: *const kf_platform,
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
            let platform = handle::get::<PlatformObject>(platform)?;
            let request = input::text("request", request, request_len)?;
            let at = input::instant("at", at, at_len)?;
            let request = Request::from_json(request)?;
            out.write(text::document(&platform.0.admit_with_receipt(&request, at)?)?);
            Ok(())
        })
    }
}

/// Records what came of an admitted request, to a `Recorded`: `intent` is the index that `kf_platform_admit` gave, `outcome`
/// is `{"served":true,"rows":100,"bytes":5120}`, with the columns that went out in `fields`, where it was not all of them, and
/// the digest of a model's result in `result`.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_platform_complete(
    platform: *const kf_platform,
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
            let platform = handle::get::<PlatformObject>(platform)?;
            let outcome = input::text("outcome", outcome, outcome_len)?;
            let at = input::instant("at", at, at_len)?;
            let outcome: Outcome = canon::read("Outcome", outcome.as_bytes())?;
            out.write(text::document(&platform.0.complete(intent, outcome, at)?)?);
            Ok(())
        })
    }
}

/// Records a user's report of its use (A16), to a `Recorded`. `report` is
/// `{"user":...,"dataset":...,"intent":7,"rows":100,"report":"sha256:..."}`; `intent` may be left out.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_platform_report_use(
    platform: *const kf_platform,
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
            let platform = handle::get::<PlatformObject>(platform)?;
            let report = input::text("report", report, report_len)?;
            let at = input::instant("at", at, at_len)?;
            let report: UseReport = canon::read("UseReport", report.as_bytes())?;
            out.write(text::document(&platform.0.report_use(report, at)?)?);
            Ok(())
        })
    }
}

/// The duties as they stand at an instant, a JSON array. `holder` keeps those of one body, user or authority; NULL keeps all.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_platform_duties(
    platform: *const kf_platform,
    holder: *const c_char,
    holder_len: usize,
    at: *const c_char,
    at_len: usize,
    duties: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("duties", duties)?;
            let platform = handle::get::<PlatformObject>(platform)?;
            let holder = input::optional("holder", holder, holder_len)?;
            let at = input::instant("at", at, at_len)?;
            out.write(text::document(&platform.0.duties(holder, at)?)?);
            Ok(())
        })
    }
}

/// Signs the head of the log, to a signed note: keep it where the directory is not.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_platform_checkpoint(
    platform: *const kf_platform,
    note: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("note", note)?;
            let platform = handle::get::<PlatformObject>(platform)?;
            out.write(text::make(platform.0.checkpoint()?.note.into_bytes())?);
            Ok(())
        })
    }
}

/// The proof that a record is in the log, to a `Receipt`: under the last signed head, or under one that is signed for it.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_platform_receipt(
    platform: *const kf_platform,
    index: u64,
    receipt: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("receipt", receipt)?;
            let platform = handle::get::<PlatformObject>(platform)?;
            out.write(text::document(&platform.0.receipt(index)?)?);
            Ok(())
        })
    }
}

/// Closes a platform. Calls of other threads that are under way end as they would, and then the directory is let go; later
/// ones are `KF_ERR_HANDLE`. NULL is nothing to close; a second close is `KF_ERR_HANDLE`.
#[unsafe(no_mangle)]
pub extern "C" fn kf_platform_close(platform: *mut kf_platform) -> kf_status {
    // SAFETY: no error is asked for.
    unsafe { guard(std::ptr::null_mut(), || handle::free::<PlatformObject>(platform)) }
}
