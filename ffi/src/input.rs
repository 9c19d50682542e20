//! Arguments: pointer and length to bytes and text, dates, instants, digests, actors; out-parameters.

use std::ffi::c_char;
use std::ptr::NonNull;

use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;
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
    let bytes = unsafe { bytes(name, data.cast(), len) }?;
    if let Some(instant) = in_seconds(bytes) {
        return Ok(instant);
    }
    // SAFETY: as promised by the caller.
    let text = unsafe { text(name, data, len) }?;
    text.parse().map_err(|_| Failure::argument(name, "an instant in RFC 3339", "RFC 3339 时刻"))
}

/// An instant as most hosts write it, `2026-11-23T02:00:00Z`, in a tenth of the time: each call of a gate names one. None
/// for any other form, which is read the longer way.
fn in_seconds(bytes: &[u8]) -> Option<Instant> {
    let Ok(&[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T', h1, h2, b':', n1, n2, b':', s1, s2, b'Z']) =
        <&[u8; 20]>::try_from(bytes)
    else {
        return None;
    };
    let digit = |byte: u8| byte.is_ascii_digit().then(|| (byte - b'0') as i8);
    let two = |tens: u8, ones: u8| Some(10 * digit(tens)? + digit(ones)?);
    let year = 100 * i16::from(two(y1, y2)?) + i16::from(two(y3, y4)?);
    let time = (two(h1, h2)?, two(n1, n2)?, two(s1, s2)?);
    let read = DateTime::new(year, two(m1, m2)?, two(d1, d2)?, time.0, time.1, time.2, 0).ok()?;
    Offset::UTC.to_timestamp(read).ok()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Instant> {
        // SAFETY: a slice of a text.
        unsafe { instant("at", text.as_ptr().cast(), text.len()) }.ok()
    }

    #[test]
    fn the_short_way_of_reading_an_instant_reads_what_the_long_way_reads() {
        let mut seconds = -60_000_000_000_i64;
        while seconds < 250_000_000_000 {
            let text = Instant::from_second(seconds).unwrap().to_string();
            if text.len() == 20 {
                assert_eq!(in_seconds(text.as_bytes()), Some(text.parse().unwrap()), "{text}");
                assert_eq!(in_seconds(text.as_bytes()).unwrap().as_second(), seconds);
            }
            seconds += 977_777_777;
        }
    }

    /// Each character of an instant replaced by each other: the short way takes nothing that the long way does not.
    #[test]
    fn the_short_way_takes_nothing_more() {
        let given = b"2024-02-29T23:59:59Z";
        for place in 0..given.len() {
            for byte in 0..=127 {
                let mut changed = *given;
                changed[place] = byte;
                let text = std::str::from_utf8(&changed).unwrap();
                assert!(
                    in_seconds(&changed).is_none_or(|read| text.parse::<Instant>().is_ok_and(|long| long == read)),
                    "{text}"
                );
                assert_eq!(read(text), text.parse().ok(), "{text}");
            }
        }
        for other in ["2024-02-30T00:00:00Z", "2023-02-29T00:00:00Z", "2024-06-03T24:00:00Z", "2024-06-03T00:60:00Z"] {
            assert_eq!((in_seconds(other.as_bytes()), read(other)), (None, None), "{other}");
        }
    }

    #[test]
    fn every_form_of_an_instant_is_read() {
        for form in ["2024-06-03T10:00:00+08:00", "2024-06-03T02:00:00.000Z", "2024-06-03t02:00:00z"] {
            assert_eq!(read(form), read("2024-06-03T02:00:00Z"), "{form}");
        }
        assert!(read("2024-06-03T02:00:00").is_none(), "no zone is guessed");
    }
}
