//! `kf_ff1`: FF1 of NIST SP 800-38G over numerals, for a host that brings its own format.

use std::ffi::c_char;

use kaifang_core::crypto::BlockCipher;
use kaifang_core::desensitize::{Ff1, PlanError};
use kaifang_core::terms::Word as _;

use crate::error::{Failure, kf_error};
use crate::guard::guard;
use crate::handle::{self, Object};
use crate::input::{self, Out};
use crate::status::kf_status;

/// FF1 under one key and radix. Immutable, and may be used by several threads at once. The key is overwritten when it is
/// freed.
#[allow(non_camel_case_types, reason = "the names of C")]
pub struct kf_ff1 {
    _private: [u8; 0],
}

struct Ff1Object(Ff1);

impl Object for Ff1Object {
    type Opaque = kf_ff1;
    const KIND: u8 = 13;
    const NAME: &'static str = "kf_ff1";
}

/// Takes a key: `cipher` is `aes` (a key of 16, 24 or 32 bytes) or `sm4` (16 bytes), the radix is 2 to 65,536. The host's
/// own copy of the key stays the host's to wipe.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_ff1_create(
    cipher: *const c_char,
    cipher_len: usize,
    key: *const u8,
    key_len: usize,
    radix: u32,
    ff1: *mut *mut kf_ff1,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let out = Out::new("ff1", ff1)?;
            let cipher = BlockCipher::from_id(input::text("cipher", cipher, cipher_len)?);
            let cipher = cipher.ok_or_else(|| Failure::argument("cipher", "aes or sm4", "aes 或 sm4"))?;
            let made = Ff1::new(cipher, input::bytes("key", key, key_len)?, radix)?;
            out.write(handle::insert(Ff1Object(made))?);
            Ok(())
        })
    }
}

/// Encrypts `numerals_len` numerals, each below the radix, into as many at `encrypted`, which may be the same array. `tweak`
/// may be NULL for none. A domain (the radix to the power of the length) below 10^6 is refused (`KF-PLAN-30`).
///
/// # Safety
/// The pointers are NULL or valid as the conventions say; `encrypted` points to room for `numerals_len` numerals.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_ff1_encrypt(
    ff1: *const kf_ff1,
    numerals: *const u32,
    numerals_len: usize,
    tweak: *const u8,
    tweak_len: usize,
    encrypted: *mut u32,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            treat(Ff1::encrypt, ff1, ("numerals", numerals, numerals_len), (tweak, tweak_len), ("encrypted", encrypted))
        })
    }
}

/// Decrypts what `kf_ff1_encrypt` made under the same tweak.
///
/// # Safety
/// As `kf_ff1_encrypt`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_ff1_decrypt(
    ff1: *const kf_ff1,
    numerals: *const u32,
    numerals_len: usize,
    tweak: *const u8,
    tweak_len: usize,
    decrypted: *mut u32,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            treat(Ff1::decrypt, ff1, ("numerals", numerals, numerals_len), (tweak, tweak_len), ("decrypted", decrypted))
        })
    }
}

/// Frees. NULL is nothing to free; a second free is `KF_ERR_HANDLE`.
#[unsafe(no_mangle)]
pub extern "C" fn kf_ff1_free(ff1: *mut kf_ff1) -> kf_status {
    // SAFETY: no error is asked for.
    unsafe { guard(std::ptr::null_mut(), || handle::free::<Ff1Object>(ff1)) }
}

/// Encryption or decryption.
type Way = fn(&Ff1, &[u32], &[u8]) -> Result<Vec<u32>, PlanError>;

/// # Safety
/// The pointers are NULL or valid for their lengths; `to` for as many numerals as are given.
unsafe fn treat(
    way: Way,
    ff1: *const kf_ff1,
    (name, numerals, len): (&str, *const u32, usize),
    (tweak, tweak_len): (*const u8, usize),
    (out_name, to): (&str, *mut u32),
) -> Result<(), Failure> {
    let ff1 = handle::get::<Ff1Object>(ff1)?;
    for (name, address, missing) in [(name, numerals.addr(), numerals.is_null()), (out_name, to.addr(), to.is_null())] {
        if missing {
            return Err(Failure::null(name));
        }
        if !address.is_multiple_of(align_of::<u32>()) {
            return Err(Failure::argument(name, "an address of uint32_t", "uint32_t 对齐的地址"));
        }
    }
    if len > Ff1::MOST_NUMERALS {
        return Err(Failure::argument("numerals_len", "at most 4096 numerals", "至多 4096 个数码"));
    }
    let treated = {
        // SAFETY: not NULL, aligned, and so few numerals that they fit in an object; the rest is promised by the caller.
        let numerals = unsafe { std::slice::from_raw_parts(numerals, len) };
        let tweak: &[u8] = match tweak.is_null() && tweak_len == 0 {
            true => &[],
            // SAFETY: as promised by the caller.
            false => unsafe { input::bytes("tweak", tweak, tweak_len) }?,
        };
        way(&ff1.0, numerals, tweak)?
    };
    // SAFETY: not NULL and aligned; room for as many numerals as were given, which nothing borrows any more.
    unsafe { std::ptr::copy_nonoverlapping(treated.as_ptr(), to, treated.len()) };
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ptr::{null, null_mut};

    const KEY: [u8; 16] =
        [0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6, 0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c];

    fn create(cipher: &str, key: &[u8], radix: u32) -> Result<*mut kf_ff1, kf_status> {
        let mut ff1 = null_mut();
        // SAFETY: slices of this frame.
        let status = unsafe {
            kf_ff1_create(cipher.as_ptr().cast(), cipher.len(), key.as_ptr(), key.len(), radix, &mut ff1, null_mut())
        };
        if status == kf_status::KF_OK { Ok(ff1) } else { Err(status) }
    }

    /// Sample 1 of NIST, in place.
    #[test]
    fn a_sample_goes_there_and_back_in_one_array() {
        let ff1 = create("aes", &KEY, 10).unwrap();
        let plain = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
        let mut numerals: [u32; 10] = plain;
        let at = numerals.as_mut_ptr();
        // SAFETY: an array of this frame, read and written through one pointer.
        unsafe {
            assert_eq!(kf_ff1_encrypt(ff1, at, 10, null(), 0, at, null_mut()), kf_status::KF_OK);
            assert_eq!(numerals, [2, 4, 3, 3, 4, 7, 7, 4, 8, 4]);
            let at = numerals.as_mut_ptr();
            assert_eq!(kf_ff1_decrypt(ff1, at, 10, null(), 0, at, null_mut()), kf_status::KF_OK);
        }
        assert_eq!(numerals, plain);
        assert_eq!(kf_ff1_free(ff1), kf_status::KF_OK);
        assert_eq!(kf_ff1_free(ff1), kf_status::KF_ERR_HANDLE);
    }

    #[test]
    fn what_is_wrong_is_refused_and_nothing_is_written() {
        assert_eq!(create("des", &KEY, 10).err(), Some(kf_status::KF_ERR_ARGUMENT));
        assert!(create("sm4", &[7; 32], 10).is_err() && create("aes", &KEY, 1).is_err());
        let ff1 = create("sm4", &KEY, 10).unwrap();
        let (numerals, mut out) = ([1, 2, 3, 4, 5, 10_u32], [7_u32; 6]);
        let (from, to) = (numerals.as_ptr(), out.as_mut_ptr());
        // SAFETY: arrays of this frame; what is no such array is refused by its address.
        unsafe {
            for (from, len, to, expected) in [
                (from, 5, to, kf_status::KF_ERR_PLAN),
                (from, 6, to, kf_status::KF_ERR_PLAN),
                (null(), 6, to, kf_status::KF_ERR_NULL),
                (from, 6, null_mut(), kf_status::KF_ERR_NULL),
                (from, 4097, to, kf_status::KF_ERR_ARGUMENT),
                (from.wrapping_byte_add(1), 6, to, kf_status::KF_ERR_ARGUMENT),
            ] {
                assert_eq!(kf_ff1_encrypt(ff1, from, len, null(), 0, to, null_mut()), expected);
            }
        }
        assert_eq!(out, [7; 6]);
        assert_eq!(kf_ff1_free(ff1), kf_status::KF_OK);
    }
}
