//! `kf_signer`: a key file, or a device behind a callback of the host's.

use std::ffi::{c_char, c_void};
use std::sync::Arc;
use std::time::Duration;

use kaifang_core::crypto::{CallbackSigner, PublicKey, Signer, load_signer};

use crate::error::{Failure, kf_error};
use crate::guard::guard;
use crate::handle::{self, Object};
use crate::input::{self, Out};
use crate::status::kf_status;
use crate::text::{self, kf_text};

/// What a signing callback returns when it has signed. Any other number, 0 included, is a failure: bridges such as JNA
/// turn a callback that threw into 0.
pub const KF_SIGNED: i32 = 1;

/// How many bytes a signature may have: a callback is given room for as many.
pub const KF_SIGNATURE_CAPACITY: usize = 128;

/// The callback signs the message. For SM2 the device computes Z and the hash itself.
pub const KF_SIGN_MESSAGE: i32 = 1;

/// The callback signs 32 bytes, e = SM3(Z ‖ message): for devices after GM/T 0018. SM2 keys only.
pub const KF_SIGN_DIGEST: i32 = 2;

/// Signs `message_len` bytes: writes at most `KF_SIGNATURE_CAPACITY` bytes to `signature`, their exact number to
/// `signature_len`, and returns `KF_SIGNED`. An Ed25519 signature has 64 bytes; an SM2 signature is r and s in DER, or
/// each in 32 bytes. Called on a thread of the library's, one call at a time; it must not throw or jump out, nor use the
/// ledger that waits for the signature: that would wait for it until the timeout.
#[allow(non_camel_case_types, reason = "the names of C")]
pub type kf_sign = Option<
    unsafe extern "C" fn(
        user: *mut c_void,
        message: *const u8,
        message_len: usize,
        signature: *mut u8,
        signature_len: *mut usize,
    ) -> i32,
>;

/// Told that `user` is not used any more: the signer, every ledger that it opened and its last call are gone. May be NULL.
/// May come on any thread.
#[allow(non_camel_case_types, reason = "the names of C")]
pub type kf_release = Option<unsafe extern "C" fn(user: *mut c_void)>;

/// What signs a ledger.
#[allow(non_camel_case_types, reason = "the names of C")]
pub struct kf_signer {
    _private: [u8; 0],
}

pub(crate) struct SignerObject(Arc<dyn Signer>);

impl SignerObject {
    pub(crate) fn signer(&self) -> Box<dyn Signer> {
        Box::new(Arc::clone(&self.0))
    }
}

impl Object for SignerObject {
    type Opaque = kf_signer;
    const KIND: u8 = 9;
    const NAME: &'static str = "kf_signer";
}

/// The host's callback and what it works with.
struct Callback {
    sign: unsafe extern "C" fn(*mut c_void, *const u8, usize, *mut u8, *mut usize) -> i32,
    release: kf_release,
    user: *mut c_void,
}

// SAFETY: the caller of `kf_signer_from_callback` promises that `user` may be used and released on any thread.
unsafe impl Send for Callback {}

impl Callback {
    fn call(&self, message: &[u8]) -> Result<Vec<u8>, String> {
        let mut signature = [0_u8; KF_SIGNATURE_CAPACITY];
        let mut length = 0;
        // SAFETY: as promised by the caller; the buffers live during the call.
        let answer =
            unsafe { (self.sign)(self.user, message.as_ptr(), message.len(), signature.as_mut_ptr(), &raw mut length) };
        match signature.get(..length) {
            Some(bytes) if answer == KF_SIGNED => Ok(bytes.to_vec()),
            _ => Err(format!("the callback returned {answer}, and a length of {length}")),
        }
    }
}

impl Drop for Callback {
    fn drop(&mut self) {
        if let Some(release) = self.release {
            // SAFETY: as promised by the caller; this is the last use of `user`.
            unsafe { release(self.user) };
        }
    }
}

/// Reads a key file of PKCS#8 PEM, which only its owner may read (mode 0600): Ed25519, or SM2 with the id of a line
/// `SM2-Signer-Id: ...` before the block, or else the default id 1234567812345678.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_signer_load(
    path: *const c_char,
    path_len: usize,
    signer: *mut *mut kf_signer,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("signer", signer)?;
            let key = load_signer(input::text("path", path, path_len)?)?;
            out.write(handle::insert(SignerObject(key.into()))?);
            Ok(())
        })
    }
}

/// A signer behind a callback. `public_key` is the key that verifies what it signs: base64 of the 32 bytes of an Ed25519
/// key, `sm2:POINT:ID`, or PEM. `signs` is `KF_SIGN_MESSAGE` or `KF_SIGN_DIGEST`. A call that has not come back after
/// `timeout_ms` (1 or more) is an error of whoever wanted the signature, and while it has not come back, nothing is signed.
/// Every signature is verified before it is used. `release` is called once, on failure of this function too.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say. `sign` may be called with `user`, on another thread, until
/// `release` is called.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_signer_from_callback(
    public_key: *const c_char,
    public_key_len: usize,
    signs: i32,
    timeout_ms: u64,
    sign: kf_sign,
    release: kf_release,
    user: *mut c_void,
    signer: *mut *mut kf_signer,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let sign = sign.ok_or_else(|| Failure::null("sign"));
            // Made first: it is dropped, and so released, whatever fails.
            let callback = match sign {
                Ok(sign) => Callback { sign, release, user },
                Err(failure) => {
                    if let Some(release) = release {
                        release(user);
                    }
                    return Err(failure);
                }
            };
            let out = Out::new("signer", signer)?;
            let public: PublicKey = input::text("public_key", public_key, public_key_len)?.parse()?;
            if timeout_ms == 0 {
                return Err(Failure::argument("timeout_ms", "1 or more", "不小于 1"));
            }
            let timeout = Duration::from_millis(timeout_ms);
            let call = move |message: &[u8]| callback.call(message);
            let signer = match signs {
                KF_SIGN_MESSAGE => CallbackSigner::message(public, timeout, call),
                KF_SIGN_DIGEST => CallbackSigner::digest(public, timeout, call)?,
                _ => {
                    return Err(Failure::argument(
                        "signs",
                        "KF_SIGN_MESSAGE or KF_SIGN_DIGEST",
                        "KF_SIGN_MESSAGE 或 KF_SIGN_DIGEST",
                    ));
                }
            };
            out.write(handle::insert(SignerObject(Arc::new(signer)))?);
            Ok(())
        })
    }
}

/// The public key that verifies what this signs, as documents have it.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_signer_public_key(
    signer: *const kf_signer,
    public_key: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("public_key", public_key)?;
            let signer = handle::get::<SignerObject>(signer)?;
            out.write(text::make(signer.0.public_key().to_string().into_bytes())?);
            Ok(())
        })
    }
}

/// Frees a signer. Ledgers that it opened go on with it. NULL is nothing to free; a second free is `KF_ERR_HANDLE`.
#[unsafe(no_mangle)]
pub extern "C" fn kf_signer_free(signer: *mut kf_signer) -> kf_status {
    // SAFETY: no error is asked for.
    unsafe { guard(std::ptr::null_mut(), || handle::free::<SignerObject>(signer)) }
}
