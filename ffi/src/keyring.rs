//! `kf_keyring`: the secrets of plans; and new key files.

use std::ffi::{c_char, c_void};
use std::sync::Arc;

use kaifang_core::crypto::{DEFAULT_SIGNER_ID, Ed25519Key, KeyError, Keyring, Signer as _, Sm2Key};
use zeroize::Zeroizing;

use crate::error::{Failure, kf_error};
use crate::guard::guard;
use crate::handle::{self, Object};
use crate::input::{self, Out};
use crate::plan::{PlanObject, kf_plan};
use crate::status::kf_status;
use crate::text::{self, kf_text};

/// Secrets by id. Immutable, and may be used by several threads at once. Overwritten when it is freed.
#[allow(non_camel_case_types, reason = "the names of C")]
pub struct kf_keyring {
    _private: [u8; 0],
}

pub(crate) struct KeyringObject(pub(crate) Keyring);

impl Object for KeyringObject {
    type Opaque = kf_keyring;
    const KIND: u8 = 4;
    const NAME: &'static str = "kf_keyring";
}

/// The keys of a handle; NULL is none.
pub(crate) fn keys(keyring: *const kf_keyring) -> Result<Arc<KeyringObject>, Failure> {
    if keyring.is_null() { Ok(Arc::new(KeyringObject(Keyring::new()))) } else { handle::get::<KeyringObject>(keyring) }
}

/// What a callback returns when it has given a secret. Any other number, 0 included, is a failure: bridges such as JNA turn
/// a callback that threw into 0.
pub const KF_SECRET_GIVEN: i32 = 1;

/// How many bytes a secret may have: a callback is given room for as many.
pub const KF_SECRET_CAPACITY: usize = 256;

/// Gives the secret of a key: writes at most `KF_SECRET_CAPACITY` bytes to `secret`, their exact number to `secret_len`, and
/// returns `KF_SECRET_GIVEN`. `id` is not ended by a zero. The room is overwritten after the call.
#[allow(non_camel_case_types, reason = "the names of C")]
pub type kf_secret = Option<
    unsafe extern "C" fn(
        user: *mut c_void,
        id: *const c_char,
        id_len: usize,
        secret: *mut u8,
        secret_len: *mut usize,
    ) -> i32,
>;

fn give(out: Out<*mut kf_keyring>, keyring: Keyring) -> Result<(), Failure> {
    out.write(handle::insert(KeyringObject(keyring))?);
    Ok(())
}

/// Reads a keyring file, which only its owner may read (mode 0600).
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_keyring_load(
    path: *const c_char,
    path_len: usize,
    keyring: *mut *mut kf_keyring,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("keyring", keyring)?;
            give(out, Keyring::load(input::text("path", path, path_len)?)?)
        })
    }
}

/// Reads the bytes of a keyring file that the host keeps elsewhere:
/// `{"v":1,"keys":[{"id":"k1","kind":"token","secret":"<base64>"}]}`. The host's own copy stays the host's to wipe.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_keyring_parse(
    json: *const c_char,
    json_len: usize,
    keyring: *mut *mut kf_keyring,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("keyring", keyring)?;
            give(out, Keyring::from_json(input::text("json", json, json_len)?.as_bytes())?)
        })
    }
}

/// Reads the text of a keyring file out of an environment variable.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_keyring_from_env(
    variable: *const c_char,
    variable_len: usize,
    keyring: *mut *mut kf_keyring,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("keyring", keyring)?;
            give(out, Keyring::from_env(input::text("variable", variable, variable_len)?)?)
        })
    }
}

/// Asks the host for the secret of each key that a plan names: a vault, a key management system, a device. Each is asked
/// for once, during this call and on this thread.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say; `secret` keeps to its own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_keyring_ask(
    plan: *const kf_plan,
    secret: kf_secret,
    user: *mut c_void,
    keyring: *mut *mut kf_keyring,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("keyring", keyring)?;
            let plan = handle::get::<PlanObject>(plan)?;
            let secret = secret.ok_or_else(|| Failure::null("secret"))?;
            let ask = |id: &str| {
                let mut room = Zeroizing::new(vec![0_u8; KF_SECRET_CAPACITY]);
                let mut length = 0;
                let answer = secret(user, id.as_ptr().cast(), id.len(), room.as_mut_ptr(), &raw mut length);
                if answer != KF_SECRET_GIVEN || length > room.len() {
                    return Err(KeyError::NotGiven { id: id.to_owned() });
                }
                room.truncate(length);
                Ok(room)
            };
            give(out, Keyring::ask(&plan.0.keys(), ask)?)
        })
    }
}

/// Writes a new keyring file (mode 0600) with one random key, and reads it. An existing file is never overwritten.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_keyring_create(
    path: *const c_char,
    path_len: usize,
    id: *const c_char,
    id_len: usize,
    keyring: *mut *mut kf_keyring,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("keyring", keyring)?;
            let path = input::text("path", path, path_len)?;
            give(out, Keyring::generate_file(path, input::text("id", id, id_len)?)?)
        })
    }
}

/// Frees a keyring. NULL is nothing to free; a second free is `KF_ERR_HANDLE`.
#[unsafe(no_mangle)]
pub extern "C" fn kf_keyring_free(keyring: *mut kf_keyring) -> kf_status {
    // SAFETY: no error is asked for.
    unsafe { guard(std::ptr::null_mut(), || handle::free::<KeyringObject>(keyring)) }
}

/// Writes a new Ed25519 key file for signing a ledger (PKCS#8 PEM, mode 0600). An existing file is never overwritten.
/// `public_key` gets the base64 of its public key: keep it where the ledger is not.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_signing_key_create(
    path: *const c_char,
    path_len: usize,
    public_key: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("public_key", public_key)?;
            let key = Ed25519Key::generate_file(input::text("path", path, path_len)?)?;
            out.write(text::make(key.public_key().to_string().into_bytes())?);
            Ok(())
        })
    }
}

/// Writes a new SM2 key file for signing a ledger of the profile `gm` (PKCS#8 PEM with the signer's id before the block,
/// mode 0600). `signer_id` is part of what the key signs; NULL is 1234567812345678. An existing file is never overwritten.
/// `public_key` gets `sm2:POINT:ID`: keep it where the ledger is not.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_sm2_key_create(
    path: *const c_char,
    path_len: usize,
    signer_id: *const c_char,
    signer_id_len: usize,
    public_key: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("public_key", public_key)?;
            let path = input::text("path", path, path_len)?;
            let id = input::optional("signer_id", signer_id, signer_id_len)?.unwrap_or(DEFAULT_SIGNER_ID);
            let key = Sm2Key::generate_file(path, id)?;
            out.write(text::make(key.public_key().to_string().into_bytes())?);
            Ok(())
        })
    }
}
