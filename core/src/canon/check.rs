//! Whether bytes are their own canonical encoding: one pass, nothing allocated.
//!
//! A quick yes is the whole purpose. A no says nothing of the reason: that is what [`parse_canonical`] finds, slowly.
//! Each function below reads one thing at the start of the bytes and returns what comes after it, or nothing if what
//! stands there is not canonical. They call each other no deeper than [`MAX_DEPTH`].

use super::string::{head, key_order, plain_run, read_escape};
use super::{CanonError, MAX_DEPTH, parse_canonical};

/// [`super::MAX_INTEGER`] as it is written.
pub(super) const LARGEST: &[u8] = b"9007199254740991";

/// Checks that bytes are exactly their own canonical encoding.
///
/// # Errors
/// As [`parse_canonical`].
///
/// ```
/// use kaifang::canon::{CanonError, check};
///
/// assert_eq!(check(br#"{"a":1,"b":2}"#), Ok(()));
/// assert_eq!(check(br#"{"a":1, "b":2}"#), Err(CanonError::NotCanonical { offset: 7 }));
/// ```
pub fn check(bytes: &[u8]) -> Result<(), CanonError> {
    canonical(bytes).map_or_else(|| refusal(bytes), |_| Ok(()))
}

/// The text that bytes are, where they are their own canonical encoding.
pub(super) fn canonical(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok().filter(|text| is_canonical(text, |_, _, _| ()))
}

/// The same, and hands over each member of the object that the document is: its key, and the canonical bytes of its
/// value. A key with an escape in it is left out. Until `Ok` returns, nothing of what was handed over is certain.
///
/// # Errors
/// As [`parse_canonical`].
///
/// ```
/// let mut at = None;
/// kaifang::canon::check_with(br#"{"at":"2026-11-23","v":1}"#, &mut |key, value| {
///     if key == "at" {
///         at = Some(value);
///     }
/// })?;
/// assert_eq!(at, Some(&br#""2026-11-23""#[..]));
/// # Ok::<(), kaifang::canon::CanonError>(())
/// ```
pub fn check_with<'a>(bytes: &'a [u8], member: &mut dyn FnMut(&'a str, &'a [u8])) -> Result<(), CanonError> {
    let canonical = std::str::from_utf8(bytes).is_ok_and(|text| {
        is_canonical(text, |left, length, value| {
            let key = text.get(text.len() - left..).and_then(|from_key| from_key.get(..length));
            if let Some(key) = key.filter(|key| !key.contains('\\')) {
                member(key, value);
            }
        })
    });
    if canonical { Ok(()) } else { refusal(bytes) }
}

/// Why bytes are refused. Both ways of checking must agree before anything passes.
#[cold]
fn refusal(bytes: &[u8]) -> Result<(), CanonError> {
    parse_canonical(bytes).and(Err(CanonError::NotCanonical { offset: 0 }))
}

/// `tell` hears of each member of the document: how many bytes are left from its key on, how many of them the key has,
/// and its value.
fn is_canonical<'a>(text: &'a str, tell: impl FnMut(usize, usize, &'a [u8])) -> bool {
    let rest = match text.as_bytes() {
        [b'{', inside @ ..] => object(inside, MAX_DEPTH - 1, tell),
        bytes => value(bytes, MAX_DEPTH),
    };
    rest.is_some_and(<[u8]>::is_empty)
}

fn value(bytes: &[u8], levels: usize) -> Option<&[u8]> {
    match bytes {
        [b'"', inside @ ..] => string(inside),
        [b'{', inside @ ..] => object(inside, levels.checked_sub(1)?, |_, _, _| ()),
        [b'[', inside @ ..] => array(inside, levels.checked_sub(1)?),
        [b't', ..] => bytes.strip_prefix(b"true"),
        [b'f', ..] => bytes.strip_prefix(b"false"),
        [b'n', ..] => bytes.strip_prefix(b"null"),
        _ => integer(bytes),
    }
}

fn array(inside: &[u8], levels: usize) -> Option<&[u8]> {
    if let [b']', rest @ ..] = inside {
        return Some(rest);
    }
    let mut rest = inside;
    loop {
        rest = match value(rest, levels)? {
            [b',', rest @ ..] => rest,
            [b']', rest @ ..] => return Some(rest),
            _ => return None,
        };
    }
}

fn object<'a>(inside: &'a [u8], levels: usize, mut tell: impl FnMut(usize, usize, &'a [u8])) -> Option<&'a [u8]> {
    if let [b'}', rest @ ..] = inside {
        return Some(rest);
    }
    let mut rest = inside;
    let mut before: Option<(u64, &[u8])> = None;
    loop {
        let [b'"', from_key @ ..] = rest else {
            return None;
        };
        let after_key = string(from_key)?;
        let length = from_key.len() - after_key.len() - 1;
        let (head, key) = (head(from_key, length), from_key.get(..length)?);
        if let Some((head_before, key_before)) = before {
            head_before.cmp(&head).then_with(|| key_order(key_before, key)).is_lt().then_some(())?;
        }
        before = Some((head, key));

        let at_value = after_key.strip_prefix(b":")?;
        let after_value = value(at_value, levels)?;
        tell(from_key.len(), length, at_value.get(..at_value.len() - after_value.len())?);
        rest = match after_value {
            [b',', rest @ ..] => rest,
            [b'}', rest @ ..] => return Some(rest),
            _ => return None,
        };
    }
}

/// From the inside of a string to what comes after its closing quote.
#[inline]
fn string(inside: &[u8]) -> Option<&[u8]> {
    let mut rest = inside;
    loop {
        rest = match rest.get(plain_run(rest)..)? {
            [b'"', rest @ ..] => return Some(rest),
            escape => escape.get(read_escape(escape)?.1..)?,
        };
    }
}

fn integer(bytes: &[u8]) -> Option<&[u8]> {
    let (negative, rest) = match bytes {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, bytes),
    };
    if let [b'0', rest @ ..] = rest {
        return (!negative).then_some(rest);
    }
    let length = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = rest.split_at_checked(length)?;
    // Of two integers of the same length, the larger has the larger digit first.
    let within = length < LARGEST.len() || length == LARGEST.len() && digits <= LARGEST;
    (length > 0 && within).then_some(rest)
}
