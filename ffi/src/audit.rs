//! The audit of a platform's directory: is all of it true, who used what, and what shows it to others.

use std::ffi::c_char;

use kaifang_core::audit::{self, Bundle, UsageQuery};
use kaifang_core::canon;
use kaifang_core::crypto::PublicKey;
use kaifang_core::process::RiskAssessmentReport;

use crate::calendar::calendar;
use crate::error::{Failure, kf_error};
use crate::guard::guard;
use crate::input::{self, Out};
use crate::ledger_verify::trusted;
use crate::status::kf_status;
use crate::text::{self, kf_text};

/// Which uses are asked for; NULL asks for all.
///
/// # Safety
/// As [`input::optional`].
unsafe fn usage_query(query: *const c_char, query_len: usize) -> Result<UsageQuery, Failure> {
    // SAFETY: as promised by the caller.
    let query = unsafe { input::optional("query", query, query_len) }?;
    Ok(query.map(|query| canon::read("UsageQuery", query.as_bytes())).transpose()?.unwrap_or_default())
}

/// Audits a platform's directory: verifies every byte of its log and decides everything again; to an `AuditReport`
/// (canonical JSON). `public_key` and `pin` as in `kf_ledger_verify`, `years` as in `kf_calendar_is_working_day`: the schedules
/// that duties are judged by.
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
    years: *const c_char,
    years_len: usize,
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
            let calendar = calendar(years, years_len)?;
            let report = audit::audit(directory, key.as_ref(), pin.as_ref(), &calendar, at)?;
            out.write(text::document(&report)?);
            Ok(())
        })
    }
}

/// The recorded uses that a query asks for, a `UsageRecord` (canonical JSON) a line, each ended by a line feed: the state log
/// first, then the logs of uses by name. `query` is
/// `{"dataset":...,"user":...,"application":...,"action":"api","from":"2026-11-01","until":"2026-11-30","denials":true}`, of which
/// any may be left out; NULL asks for every permitted use. The text is held in memory: ask for a period of a long record.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_platform_uses(
    directory: *const c_char,
    directory_len: usize,
    query: *const c_char,
    query_len: usize,
    uses: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("uses", uses)?;
            let directory = input::text("directory", directory, directory_len)?;
            let query = usage_query(query, query_len)?;
            let (mut lines, mut written) = (Vec::new(), Ok(()));
            audit::uses(directory, &query, &mut |used| {
                if written.is_ok() {
                    written = canon::to_bytes(&used).map(|line| {
                        lines.extend_from_slice(&line);
                        lines.push(b'\n');
                    });
                }
            })?;
            written?;
            out.write(text::make(lines)?);
            Ok(())
        })
    }
}

/// What the uses that a query asks for come to, to a `UsageSummary` (canonical JSON). `query` as in `kf_platform_uses`.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_platform_usage_summary(
    directory: *const c_char,
    directory_len: usize,
    query: *const c_char,
    query_len: usize,
    summary: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("summary", summary)?;
            let directory = input::text("directory", directory, directory_len)?;
            let query = usage_query(query, query_len)?;
            out.write(text::document(&audit::summary(directory, &query)?)?);
            Ok(())
        })
    }
}

/// The draft of a user's risk assessment report (A25) on an application, from one legal date until another (`YYYY-MM-DD`), to a
/// `RiskAssessmentReport` (canonical JSON): kinds and quantity as the log has them. The user adds its activities, risks and
/// measures; until then the report is refused.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_platform_draft_risk_report(
    directory: *const c_char,
    directory_len: usize,
    application: *const c_char,
    application_len: usize,
    from: *const c_char,
    from_len: usize,
    until: *const c_char,
    until_len: usize,
    report: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("report", report)?;
            let directory = input::text("directory", directory, directory_len)?;
            let application = input::text("application", application, application_len)?;
            let (from, until) = (input::date("from", from, from_len)?, input::date("until", until, until_len)?);
            out.write(text::document(&RiskAssessmentReport::draft(directory, application, from, until)?)?);
            Ok(())
        })
    }
}

/// The evidence of how a dataset was opened and used (A30), to a `Bundle` (canonical JSON), which `kf_bundle_verify` verifies with
/// nothing else at hand. What was recorded after the last signed head is left out: sign one first.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_platform_bundle(
    directory: *const c_char,
    directory_len: usize,
    dataset: *const c_char,
    dataset_len: usize,
    bundle: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("bundle", bundle)?;
            let directory = input::text("directory", directory, directory_len)?;
            let dataset = input::text("dataset", dataset, dataset_len)?;
            out.write(text::document(&audit::bundle(directory, dataset)?)?);
            Ok(())
        })
    }
}

/// Verifies a bundle (JSON) with nothing else at hand, to a `BundleReport` (canonical JSON): each record's proof, each policy's
/// digest, each decision made again. `public_key` is who the state log must be signed by; NULL takes the bundle's own key, which the
/// report names. A record that is not proved is `KF_ERR_INTEGRITY`.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_bundle_verify(
    bundle: *const c_char,
    bundle_len: usize,
    public_key: *const c_char,
    public_key_len: usize,
    report: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("report", report)?;
            let bundle = Bundle::from_json(input::text("bundle", bundle, bundle_len)?.as_bytes())?;
            let key = input::optional("public_key", public_key, public_key_len)?;
            let key = key.map(str::parse::<PublicKey>).transpose()?;
            out.write(text::document(&bundle.verify(key.as_ref())?)?);
            Ok(())
        })
    }
}
