//! What a `kf_policy` is, whatever the facts: its page, its coverage of the law, what is proved of it, what its rules
//! do, what another one changes.

use std::ffi::c_char;

use kaifang_core::report;

use crate::error::kf_error;
use crate::guard::guard;
use crate::handle;
use crate::input::{self, Out};
use crate::policy::{PolicyObject, kf_policy};
use crate::status::kf_status;
use crate::text::{self, kf_text};

/// The policy as a lawyer reads it, to a `PolicyPage` (canonical JSON): article by article what the rules say, with
/// their conditions in words, then as tables what they decide; denials, deadlines and coverage.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_policy_page(
    policy: *const kf_policy,
    page: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("page", page)?;
            let policy = handle::get::<PolicyObject>(policy)?;
            out.write(text::document(&policy.0.page()?)?);
            Ok(())
        })
    }
}

/// The policy's page as one HTML file (UTF-8) to be published or printed: Chinese and English side by side, no script,
/// no network.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_policy_page_html(
    policy: *const kf_policy,
    html: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("html", html)?;
            let policy = handle::get::<PolicyObject>(policy)?;
            out.write(text::make(report::policy_html(&policy.0.page()?)?.into_bytes())?);
            Ok(())
        })
    }
}

/// Which rules speak of each provision of the law, and whether a copy of the law's text is the one that the policy means,
/// to a `PolicyCheck` (canonical JSON). Its `ok` says whether all of that holds. `text` may be NULL for the coverage
/// alone.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_policy_check(
    policy: *const kf_policy,
    text: *const c_char,
    text_len: usize,
    check: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("check", check)?;
            let policy = handle::get::<PolicyObject>(policy)?;
            let text = input::optional("text", text, text_len)?;
            out.write(text::document(&policy.0.check(text)?)?);
            Ok(())
        })
    }
}

/// Proves the policy's declared properties, and what every policy has to be, over all of its facts' values, to `Proofs`
/// (canonical JSON). Its `holds` says whether every statement does; one that does not has a counterexample.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_policy_prove(
    policy: *const kf_policy,
    proofs: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("proofs", proofs)?;
            let policy = handle::get::<PolicyObject>(policy)?;
            out.write(text::document(&policy.0.prove()?)?);
            Ok(())
        })
    }
}

/// What each rule, fact and reading does, over all of the facts' values, to an `Analysis` (canonical JSON).
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_policy_analyse(
    policy: *const kf_policy,
    analysis: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("analysis", analysis)?;
            let policy = handle::get::<PolicyObject>(policy)?;
            out.write(text::document(&policy.0.analyse()?)?);
            Ok(())
        })
    }
}

/// What changes from a policy to another one, or from one reading to another, in the permitted classes and in permit or
/// denial, exactly and with counts, to a `Difference` (canonical JSON). Its `equal` says whether nothing of these does;
/// recommendations, required steps, reasons, duties and deadlines are not compared.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_policy_diff(
    policy: *const kf_policy,
    other: *const kf_policy,
    difference: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("difference", difference)?;
            let policy = handle::get::<PolicyObject>(policy)?;
            let other = handle::get::<PolicyObject>(other)?;
            out.write(text::document(&policy.0.diff(&other.0)?)?);
            Ok(())
        })
    }
}
