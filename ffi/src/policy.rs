//! `kf_policy`: a policy, its classifications and its access answers.

use std::ffi::c_char;

use kaifang_core::gate;
use kaifang_core::policy::{Facts, Policy, Section};
use kaifang_core::terms::Word as _;

use crate::error::{Failure, kf_error};
use crate::guard::guard;
use crate::handle::{self, Object};
use crate::input::{self, Out};
use crate::status::kf_status;
use crate::text::{self, kf_text};

/// A policy. Immutable, and may be used by several threads at once.
#[allow(non_camel_case_types, reason = "the names of C")]
pub struct kf_policy {
    _private: [u8; 0],
}

pub(crate) struct PolicyObject(pub(crate) Policy);

impl Object for PolicyObject {
    type Opaque = kf_policy;
    const KIND: u8 = 3;
    const NAME: &'static str = "kf_policy";
}

fn give(out: Out<*mut kf_policy>, policy: Policy) -> Result<(), Failure> {
    out.write(handle::insert(PolicyObject(policy))?);
    Ok(())
}

/// A section of a policy: `classification` or `access`.
///
/// # Safety
/// As [`input::text`].
pub(crate) unsafe fn section(section: *const c_char, section_len: usize) -> Result<Section, Failure> {
    // SAFETY: as promised by the caller.
    let text = unsafe { input::text("section", section, section_len) }?;
    Section::from_id(text)
        .ok_or_else(|| Failure::argument("section", "classification or access", " classification 或 access"))
}

/// A policy that the library ships, such as `xian-2022-013`.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_policy_builtin(
    id: *const c_char,
    id_len: usize,
    policy: *mut *mut kf_policy,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("policy", policy)?;
            give(out, Policy::builtin(input::text("id", id, id_len)?)?)
        })
    }
}

/// A policy from the text of its TOML file.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_policy_parse(
    toml: *const c_char,
    toml_len: usize,
    policy: *mut *mut kf_policy,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("policy", policy)?;
            give(out, Policy::parse(input::text("toml", toml, toml_len)?)?)
        })
    }
}

/// The same policy with one interpretation set: where the text is open, a named switch and one of its options.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_policy_with_interpretation(
    policy: *const kf_policy,
    name: *const c_char,
    name_len: usize,
    option: *const c_char,
    option_len: usize,
    changed: *mut *mut kf_policy,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("changed", changed)?;
            let policy = handle::get::<PolicyObject>(policy)?;
            let name = input::text("name", name, name_len)?;
            let option = input::text("option", option, option_len)?;
            give(out, policy.0.with_interpretation(name, option)?)
        })
    }
}

/// The policy's digest, `sha256:` and 64 hexadecimal digits; interpretations change it.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_policy_hash(
    policy: *const kf_policy,
    hash: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("hash", hash)?;
            let policy = handle::get::<PolicyObject>(policy)?;
            out.write(text::make(policy.0.hash().to_string().into_bytes())?);
            Ok(())
        })
    }
}

/// Which classes a dataset with these facts may be put in: facts (JSON) at a legal date (`YYYY-MM-DD`) to a
/// `Classification` (canonical JSON).
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_policy_classify(
    policy: *const kf_policy,
    facts: *const c_char,
    facts_len: usize,
    at: *const c_char,
    at_len: usize,
    classification: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("classification", classification)?;
            let policy = handle::get::<PolicyObject>(policy)?;
            let facts = Facts::from_json(input::text("facts", facts, facts_len)?)?;
            let at = input::date("at", at, at_len)?;
            out.write(text::document(&policy.0.classify(&facts, at)?)?);
            Ok(())
        })
    }
}

/// Whether an access with these facts is permitted: facts (JSON) at a legal date (`YYYY-MM-DD`) to an `AccessAnswer`
/// (canonical JSON). This is the mode of a host whose own database holds the state; it records nothing.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_policy_decide(
    policy: *const kf_policy,
    facts: *const c_char,
    facts_len: usize,
    at: *const c_char,
    at_len: usize,
    answer: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("answer", answer)?;
            let policy = handle::get::<PolicyObject>(policy)?;
            let facts = Facts::from_json(input::text("facts", facts, facts_len)?)?;
            let at = input::date("at", at, at_len)?;
            out.write(text::document(&policy.0.decide(&facts, at)?)?);
            Ok(())
        })
    }
}

/// Decides on facts (JSON) that a host states from its own database, at an instant, to a `Decision` as `kf_platform_decide` gives
/// it: the policy, the instant and the digest of the facts are in it, so that the host can record it. What can't be decided is a
/// denial. It records nothing.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_policy_decide_facts(
    policy: *const kf_policy,
    facts: *const c_char,
    facts_len: usize,
    at: *const c_char,
    at_len: usize,
    decision: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("decision", decision)?;
            let policy = handle::get::<PolicyObject>(policy)?;
            let facts = Facts::from_json(input::text("facts", facts, facts_len)?)?;
            let at = input::instant("at", at, at_len)?;
            out.write(text::document(&gate::decide_facts(&policy.0, &facts, at))?);
            Ok(())
        })
    }
}

/// Why the answer to a question is what it is: section (`classification` or `access`) and facts (JSON) at a legal date
/// (`YYYY-MM-DD`) to an `Explanation` (canonical JSON): the fewest known facts that give the answer, the fewest changes
/// that would permit what is not permitted, and every answer that the unknown facts leave possible.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_policy_explain(
    policy: *const kf_policy,
    section: *const c_char,
    section_len: usize,
    facts: *const c_char,
    facts_len: usize,
    at: *const c_char,
    at_len: usize,
    explanation: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("explanation", explanation)?;
            let policy = handle::get::<PolicyObject>(policy)?;
            let section = self::section(section, section_len)?;
            let facts = Facts::from_json(input::text("facts", facts, facts_len)?)?;
            let at = input::date("at", at, at_len)?;
            out.write(text::document(&policy.0.explain(section, &facts, at)?)?);
            Ok(())
        })
    }
}

/// Frees a policy. NULL is nothing to free; a second free is `KF_ERR_HANDLE`.
#[unsafe(no_mangle)]
pub extern "C" fn kf_policy_free(policy: *mut kf_policy) -> kf_status {
    // SAFETY: no error is asked for.
    unsafe { guard(std::ptr::null_mut(), || handle::free::<PolicyObject>(policy)) }
}
