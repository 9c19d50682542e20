//! Arguments: pointer and length to bytes and text, dates, instants, digests, actors; out-parameters.

use std::ffi::c_char;
use std::ptr::NonNull;

use jiff::civil::Date;
use kaifang_core::canon;
use kaifang_core::process::Actor;
use kaifang_core::terms::{Digest, Instant};

use crate::error::Failure;

/// The bytes of a pointer and a length.
///
/// # Safety
/// `data` is NULL or points to `len` readable bytes that nobody changes while the slice lives.
pub(crate) unsafe fn bytes<'a>(name: &str, data: *const u8, len: usize) -> Result<&'a [u8], Failure> {
    if data.is_null() {
        return Err(Failure::null(name));
    }
    if isize::try_from(len).is_err() {
        return Err(Failure::argument(name, "a length below 2^63", "小于 2^63 的长度"));
    }
    // SAFETY: not NULL, within the largest size of an object; the rest is promised by the caller.
    Ok(unsafe { std::slice::from_raw_parts(data, len) })
}

/// UTF-8 text.
///
/// # Safety
/// As [`bytes`].
pub(crate) unsafe fn text<'a>(name: &str, data: *const c_char, len: usize) -> Result<&'a str, Failure> {
    // SAFETY: as promised by the caller.
    let bytes = unsafe { bytes(name, data.cast(), len) }?;
    std::str::from_utf8(bytes).map_err(|error| Failure::utf8(name, error.valid_up_to()))
}

/// UTF-8 text that may be left out: NULL is none.
///
/// # Safety
/// As [`bytes`].
pub(crate) unsafe fn optional<'a>(name: &str, data: *const c_char, len: usize) -> Result<Option<&'a str>, Failure> {
    if data.is_null() {
        return Ok(None);
    }
    // SAFETY: as promised by the caller.
    unsafe { text(name, data, len) }.map(Some)
}

/// A legal date, `YYYY-MM-DD`.
///
/// # Safety
/// As [`bytes`].
pub(crate) unsafe fn date(name: &str, data: *const c_char, len: usize) -> Result<Date, Failure> {
    // SAFETY: as promised by the caller.
    let text = unsafe { text(name, data, len) }?;
    // jiff reads more forms than the one that documents use.
    let parsed = if text.len() == 10 { text.parse::<Date>().ok() } else { None };
    parsed.ok_or_else(|| Failure::argument(name, "a date YYYY-MM-DD", "日期 YYYY-MM-DD"))
}

/// An instant, RFC 3339.
///
/// # Safety
/// As [`bytes`].
pub(crate) unsafe fn instant(name: &str, data: *const c_char, len: usize) -> Result<Instant, Failure> {
    // SAFETY: as promised by the caller.
    let text = unsafe { text(name, data, len) }?;
    text.parse().map_err(|_| Failure::argument(name, "an instant in RFC 3339", "RFC 3339 时刻"))
}

/// A digest as documents write it.
///
/// # Safety
/// As [`bytes`].
pub(crate) unsafe fn digest(name: &str, data: *const c_char, len: usize) -> Result<Digest, Failure> {
    // SAFETY: as promised by the caller.
    let text = unsafe { text(name, data, len) }?;
    let expected = ("sha256: or sm3: and 64 hexadecimal digits", " sha256: 或 sm3: 加 64 位十六进制数字");
    text.parse().map_err(|_| Failure::argument(name, expected.0, expected.1))
}

/// A digest that may be left out: NULL is none.
///
/// # Safety
/// As [`bytes`].
pub(crate) unsafe fn optional_digest(name: &str, data: *const c_char, len: usize) -> Result<Option<Digest>, Failure> {
    if data.is_null() {
        return Ok(None);
    }
    // SAFETY: as promised by the caller.
    unsafe { digest(name, data, len) }.map(Some)
}

/// Who does something: `{"role":"authority","id":...}`.
///
/// # Safety
/// As [`bytes`].
pub(crate) unsafe fn actor(name: &str, data: *const c_char, len: usize) -> Result<Actor, Failure> {
    // SAFETY: as promised by the caller.
    let text = unsafe { text(name, data, len) }?;
    Ok(canon::read("Actor", text.as_bytes())?)
}

/// An out-parameter, checked before any work is done and written only on success.
pub(crate) struct Out<T>(NonNull<T>);

impl<T> Out<T> {
    /// # Safety
    /// `out` is NULL or writable until [`Out::write`].
    pub(crate) unsafe fn new(name: &str, out: *mut T) -> Result<Self, Failure> {
        NonNull::new(out).filter(|out| out.is_aligned()).map(Out).ok_or_else(|| Failure::null(name))
    }

    /// Writes the result. What was there before is not dropped: C owns it.
    pub(crate) fn write(self, value: T) {
        // SAFETY: `new` was promised that it is writable and checked NULL and alignment.
        unsafe { self.0.as_ptr().write(value) };
    }
}
