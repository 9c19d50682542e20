//! `kf_platform`: a directory with a policy, the state and the log; decide, admit, complete, audit.

use std::ffi::c_char;
use std::sync::Mutex;

use kaifang_core::audit::audit;
use kaifang_core::calendar::Calendar;
use kaifang_core::canon;
use kaifang_core::crypto::{self, Signer};
use kaifang_core::gate::{Outcome, Platform, Request, UseReport};
use kaifang_core::process::Event;

use crate::error::{Failure, kf_error};
use crate::guard::guard;
use crate::handle::{self, Object};
use crate::input::{self, Out};
use crate::ledger_verify::trusted;
use crate::policy::{PolicyObject, kf_policy};
use crate::status::kf_status;
use crate::text::{self, kf_text};

/// A platform. Several threads may use it: it does one thing at a time. One process writes a directory at a time.
#[allow(non_camel_case_types, reason = "the names of C")]
pub struct kf_platform {
    _private: [u8; 0],
}

struct PlatformObject(Mutex<Platform>);

impl Object for PlatformObject {
    type Opaque = kf_platform;
    const KIND: u8 = 8;
    const NAME: &'static str = "kf_platform";
}

impl PlatformObject {
    /// Runs `job` on the platform. One that a panic left half done answers nothing more.
    fn with<T>(&self, job: impl FnOnce(&mut Platform) -> Result<T, Failure>) -> Result<T, Failure> {
        let mut platform = self.0.lock().map_err(|_| Failure::used(Self::NAME))?;
        job(&mut platform)
    }
}

fn signer(path: &str) -> Result<Box<dyn Signer>, Failure> {
    Ok(crypto::load_signer(path)?)
}

/// Makes a new platform in a directory of its own, which is made too, under a policy. `origin` names its log; `key` is
/// the path of the Ed25519 key file that signs it; `at` is now.
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
    key: *const c_char,
    key_len: usize,
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
            let key = input::text("key", key, key_len)?;
            let at = input::instant("at", at, at_len)?;
            let platform = Platform::init(directory, &policy.0, origin, signer(key)?, at)?;
            out.write(handle::insert(PlatformObject(Mutex::new(platform)))?);
            Ok(())
        })
    }
}

/// Opens a platform. `key` is the path of the Ed25519 key file that signs its log; NULL opens it for reading: `decide`
/// and `duties` answer, and what would be recorded is an error.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_platform_open(
    directory: *const c_char,
    directory_len: usize,
    key: *const c_char,
    key_len: usize,
    platform: *mut *mut kf_platform,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("platform", platform)?;
            let directory = input::text("directory", directory, directory_len)?;
            let signer = input::optional("key", key, key_len)?.map(signer).transpose()?;
            let platform = Platform::open(directory, signer)?;
            out.write(handle::insert(PlatformObject(Mutex::new(platform)))?);
            Ok(())
        })
    }
}

/// Records an event (JSON), if it is a legal move now, to `{"index",...}`: the index of its record and the duty that it
/// creates or does.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_platform_event(
    platform: *const kf_platform,
    event: *const c_char,
    event_len: usize,
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
            let event = input::text("event", event, event_len)?;
            let at = input::instant("at", at, at_len)?;
            let event = Event::from_json(event)?;
            out.write(platform.with(|platform| text::document(&platform.event(event, at)?))?);
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
            out.write(platform.with(|platform| text::document(&platform.decide(&request, at)))?);
            Ok(())
        })
    }
}

/// Decides about a request (JSON), makes the record durable, and only then answers: `{"v","index","decision"}`. Where this
/// is not `KF_OK`, nothing may be served. A denial is `KF_OK` with `"permit":false`.
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
            out.write(platform.with(|platform| text::document(&platform.admit(&request, at)?))?);
            Ok(())
        })
    }
}

/// Records what came of an admitted request: `intent` is the index that `kf_platform_admit` gave, `outcome` is
/// `{"served":true,"rows":100,"bytes":5120}`.
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
            out.write(platform.with(|platform| text::document(&platform.complete(intent, outcome, at)?))?);
            Ok(())
        })
    }
}

/// Records a user's report of its use (A16).
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
            out.write(platform.with(|platform| text::document(&platform.report_use(report, at)?))?);
            Ok(())
        })
    }
}

/// The duties as they stand at an instant, a JSON array. `holder` keeps those of one body or user; NULL keeps all.
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
            out.write(platform.with(|platform| text::document(&platform.duties(holder, at)))?);
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
            out.write(platform.with(|platform| text::make(platform.checkpoint()?.note.into_bytes()))?);
            Ok(())
        })
    }
}

/// The proof that a record is under the last signed head, to a `Receipt` (canonical JSON).
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
            out.write(platform.with(|platform| text::document(&platform.receipt(index)?))?);
            Ok(())
        })
    }
}

/// Audits a platform's directory: verifies every byte of its log and decides everything again; to an `AuditReport`
/// (canonical JSON). `public_key` and `pin` as in `kf_ledger_verify`.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_platform_audit(
    directory: *const c_char,
    directory_len: usize,
    public_key: *const c_char,
    public_key_len: usize,
    pin: *const c_char,
    pin_len: usize,
    at: *const c_char,
    at_len: usize,
    report: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("report", report)?;
            let directory = input::text("directory", directory, directory_len)?;
            let (key, pin) = trusted((public_key, public_key_len), (pin, pin_len))?;
            let at = input::instant("at", at, at_len)?;
            let report = audit(directory, key.as_ref(), pin.as_ref(), Calendar::builtin(), at)?;
            out.write(text::document(&report)?);
            Ok(())
        })
    }
}

/// Closes a platform; a call that another thread is in ends first. NULL is nothing to close; a second close is
/// `KF_ERR_HANDLE`.
#[unsafe(no_mangle)]
pub extern "C" fn kf_platform_close(platform: *mut kf_platform) -> kf_status {
    // SAFETY: no error is asked for.
    unsafe { guard(std::ptr::null_mut(), || handle::free::<PlatformObject>(platform)) }
}
