//! What keeps a platform going, besides what it answers: what others wrote, the policy, the people on file, evidence, and
//! what helps after a failure.

use std::ffi::c_char;

use kaifang_core::canon;
use kaifang_core::crypto::PublicKey;
use kaifang_core::process::State;

use crate::error::kf_error;
use crate::guard::guard;
use crate::handle;
use crate::input::{self, Out};
use crate::platform::{PlatformObject, kf_platform};
use crate::policy::{PolicyObject, kf_policy};
use crate::status::kf_status;
use crate::text::{self, kf_text};

/// Takes what another process wrote since the last look, where this platform only reads; `count` gets how many records came.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_platform_refresh(
    platform: *const kf_platform,
    count: *mut u64,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("count", count)?;
            out.write(handle::get::<PlatformObject>(platform)?.0.refresh()?);
            Ok(())
        })
    }
}

/// How many records the state has seen: the index of the next one.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_platform_state_index(
    platform: *const kf_platform,
    index: *mut u64,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("index", index)?;
            out.write(handle::get::<PlatformObject>(platform)?.0.with_state(State::index));
            Ok(())
        })
    }
}

/// The policy in force, a handle of its own.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_platform_policy(
    platform: *const kf_platform,
    policy: *mut *mut kf_policy,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("policy", policy)?;
            let policy = handle::get::<PlatformObject>(platform)?.0.policy();
            out.write(handle::insert(PolicyObject(policy))?);
            Ok(())
        })
    }
}

/// The public key of the log, as documents have it.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_platform_public_key(
    platform: *const kf_platform,
    public_key: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("public_key", public_key)?;
            let key = handle::get::<PlatformObject>(platform)?.0.public_key()?;
            out.write(text::make(key.to_string().into_bytes())?);
            Ok(())
        })
    }
}

/// What adopting a policy would change in the catalog (A40), to an `Upgrade` (canonical JSON), and to the digest by which the
/// authority signs it off. Nothing is changed.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_platform_upgrade(
    platform: *const kf_platform,
    policy: *const kf_policy,
    at: *const c_char,
    at_len: usize,
    upgrade: *mut *mut kf_text,
    digest: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let outs = (Out::new("upgrade", upgrade)?, Out::new("digest", digest)?);
            let platform = handle::get::<PlatformObject>(platform)?;
            let policy = handle::get::<PolicyObject>(policy)?;
            let at = input::instant("at", at, at_len)?;
            let upgrade = platform.0.upgrade(&policy.0, at)?;
            let digest = platform.0.sign_off(&upgrade)?.to_string();
            text::write_both(outs, (canon::to_bytes(&upgrade)?, digest.into_bytes()))
        })
    }
}

/// Adopts a policy (A40), to a `Recorded`: its text is kept, and the catalog is classified under it. `by` is who does, such as
/// `{"role":"authority","id":...}`. `signed_off` is the digest that `kf_platform_upgrade` gave; NULL is enough where the catalog
/// does not change. The error `KF-GATE-10` names the digest that would do.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_platform_adopt(
    platform: *const kf_platform,
    policy: *const kf_policy,
    by: *const c_char,
    by_len: usize,
    signed_off: *const c_char,
    signed_off_len: usize,
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
            let policy = handle::get::<PolicyObject>(policy)?;
            let by = input::actor("by", by, by_len)?;
            let signed_off = input::optional_digest("signed_off", signed_off, signed_off_len)?;
            let at = input::instant("at", at, at_len)?;
            out.write(text::document(&platform.0.adopt(&by, &policy.0, signed_off.as_ref(), at)?)?);
            Ok(())
        })
    }
}

/// Lets another process keep a log of uses of its own (A16), to a `Recorded`: `name` is its name, `public_key` the key that
/// signs it. See `kf_worker_open`. From then on only workers admit: a quota is counted over all logs of uses.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_platform_open_use_log(
    platform: *const kf_platform,
    name: *const c_char,
    name_len: usize,
    public_key: *const c_char,
    public_key_len: usize,
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
            let name = input::text("name", name, name_len)?;
            let key: PublicKey = input::text("public_key", public_key, public_key_len)?.parse()?;
            let at = input::instant("at", at, at_len)?;
            out.write(text::document(&platform.0.open_use_log(name, &key, at)?)?);
            Ok(())
        })
    }
}

/// Puts a natural person on file (A3(2)). `identity` is anything that the host knows the person by; it is kept salted, in a blob
/// that can be erased, and `commitment` gets the digest of the blob: the user's id in every other document. `by` is who does, such
/// as `{"role":"platform","id":...}`. `recorded` gets a `Recorded`.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_platform_register_person(
    platform: *const kf_platform,
    by: *const c_char,
    by_len: usize,
    identity: *const c_char,
    identity_len: usize,
    at: *const c_char,
    at_len: usize,
    commitment: *mut *mut kf_text,
    recorded: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let outs = (Out::new("commitment", commitment)?, Out::new("recorded", recorded)?);
            let platform = handle::get::<PlatformObject>(platform)?;
            let by = input::actor("by", by, by_len)?;
            let identity = input::text("identity", identity, identity_len)?;
            let at = input::instant("at", at, at_len)?;
            let (commitment, recorded) = platform.0.register_person(&by, identity, at)?;
            text::write_both(outs, (commitment.to_string().into_bytes(), canon::to_bytes(&recorded)?))
        })
    }
}

/// Erases a person's identity for ever (A5, A31), to a `Recorded`: what was recorded of the commitment stays, and nobody can tell
/// any more whose it was.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_platform_erase_person(
    platform: *const kf_platform,
    by: *const c_char,
    by_len: usize,
    commitment: *const c_char,
    commitment_len: usize,
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
            let by = input::actor("by", by, by_len)?;
            let commitment = input::digest("commitment", commitment, commitment_len)?;
            let at = input::instant("at", at, at_len)?;
            out.write(text::document(&platform.0.erase_person(&by, &commitment, at)?)?);
            Ok(())
        })
    }
}

/// Keeps a document beside the log (evidence, an opinion, a report) and gives its digest; an act may name it in `blobs`. When
/// this returns, it is on the disk.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_platform_put_blob(
    platform: *const kf_platform,
    content: *const u8,
    content_len: usize,
    digest: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("digest", digest)?;
            let platform = handle::get::<PlatformObject>(platform)?;
            let mut content = input::bytes("content", content, content_len)?;
            let digest = platform.0.put_blob(&mut content)?;
            out.write(text::make(digest.to_string().into_bytes())?);
            Ok(())
        })
    }
}

/// Records the counts of denials of callers who were not identified. They are recorded by themselves too, whenever the period of
/// the rules of use has passed, and when the platform is closed.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_platform_flush(
    platform: *const kf_platform,
    at: *const c_char,
    at_len: usize,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let platform = handle::get::<PlatformObject>(platform)?;
            let at = input::instant("at", at, at_len)?;
            Ok(platform.0.flush(at)?)
        })
    }
}

/// After the log failed: opens it again, and records what went out meanwhile. Where nothing failed, nothing is done.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_platform_recover(
    platform: *const kf_platform,
    at: *const c_char,
    at_len: usize,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let platform = handle::get::<PlatformObject>(platform)?;
            let at = input::instant("at", at, at_len)?;
            Ok(platform.0.recover(at)?)
        })
    }
}

/// Keeps the state beside the log, so that the next opening begins there, to a `Recorded`.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_platform_snapshot(
    platform: *const kf_platform,
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
            let at = input::instant("at", at, at_len)?;
            out.write(text::document(&platform.0.snapshot(at)?)?);
            Ok(())
        })
    }
}
