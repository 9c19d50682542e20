//! `kf_keyring`: the secrets of tokens; and new key files.

use std::ffi::c_char;

use kaifang_core::crypto::{DEFAULT_SIGNER_ID, Ed25519Key, Keyring, Signer as _, Sm2Key};

use crate::error::{Failure, kf_error};
use crate::guard::guard;
use crate::handle::{self, Object};
use crate::input::{self, Out};
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
