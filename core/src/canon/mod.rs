//! The one canonical encoding of a document: what is hashed and signed.
//!
//! A subset of RFC 8785 (JSON Canonicalization Scheme): no white space, keys sorted by UTF-16 code units, shortest
//! string escapes. Numbers are integers of magnitude at most 2^53 − 1; a fraction is refused, because two languages
//! print it differently (documents carry parts per million). Parsing is strict: a duplicate key, a fraction, a
//! number that JavaScript could not hold, or nesting deeper than [`MAX_DEPTH`] is an error.
//!
//! Encoding writes the bytes straight from the document, and [`check`] reads them once: both cost what a ledger can pay
//! for every record. [`parse`] and [`parse_canonical`] take their time and name the fault.
//!
//! This room must never repair a document: it encodes it exactly, or refuses it.

mod check;
#[cfg(test)]
mod check_tests;
mod compound;
mod encode;
#[cfg(test)]
mod encode_tests;
mod key;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod refuse_tests;
mod string;
#[cfg(test)]
mod tests;

use std::fmt;

use serde::de::{DeserializeOwned, DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

pub use self::check::{check, check_with};
pub use self::encode::{to_bytes, to_string};
use crate::terms::Text;

/// The deepest nesting of a document.
pub const MAX_DEPTH: usize = 64;

/// The largest magnitude of an integer: 2^53 − 1.
pub const MAX_INTEGER: i64 = (1 << 53) - 1;

room_error! {
    /// Why a document has no canonical encoding, or is not the document that it should be.
    pub enum CanonError {
        /// Not JSON, or not the strict subset.
        Malformed { what: Text, line: usize, column: usize } = "KF-CANON-01",
            en "not a strict JSON document: {what}",
            zh "不是严格的 JSON 文档:{what:#}", at "line {line}, column {column}";
        /// JSON, but not a document of this kind.
        Shape { document: &'static str, what: Text } = "KF-CANON-02",
            en "not a {document} document: {what}",
            zh "不是 {document} 文档:{what:#}";
        /// A number that is not an integer within ±(2^53 − 1).
        Number = "KF-CANON-03",
            en "a number is not an integer within ±(2^53 − 1); write fractions in parts per million",
            zh "数值不是 ±(2^53 − 1) 以内的整数;小数请以百万分率(ppm)表示";
        /// Nesting deeper than [`MAX_DEPTH`].
        Depth = "KF-CANON-04",
            en "the document is nested deeper than 64 levels",
            zh "文档嵌套超过 64 层";
        /// The bytes are well-formed but not in canonical form.
        NotCanonical { offset: usize } = "KF-CANON-05",
            en "the bytes are not in canonical form from byte {offset} on",
            zh "自第 {offset} 字节起不是规范编码", at "byte {offset}";
    }
}

/// Parses strict JSON: see the page of this room.
///
/// # Errors
/// [`CanonError::Malformed`], [`CanonError::Number`] or [`CanonError::Depth`].
pub fn parse(bytes: &[u8]) -> Result<Value, CanonError> {
    // serde_json bounds its own recursion at 128; ours is stricter and checked by `bounded`.
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = Strict.deserialize(&mut deserializer).and_then(|value| deserializer.end().map(|()| value));
    let value = value.map_err(|error| CanonError::Malformed {
        what: Text::foreign(category(&error)),
        line: error.line(),
        column: error.column(),
    })?;
    bounded(&value, MAX_DEPTH)?;
    Ok(value)
}

/// Parses strict JSON into a document of one type. `document` names the type in errors.
///
/// # Errors
/// As [`parse`], and [`CanonError::Shape`].
pub fn read<T: DeserializeOwned>(document: &'static str, bytes: &[u8]) -> Result<T, CanonError> {
    // What is canonical has no key twice and no number that is not ours: it is read as it stands, without a tree of values.
    // Whatever is wrong with it is said by the longer way.
    if let Some(text) = check::canonical(bytes)
        && let Ok(document) = serde_json::from_str(text)
    {
        return Ok(document);
    }
    serde_json::from_value(parse(bytes)?)
        .map_err(|error| CanonError::Shape { document, what: Text::foreign(without_values(&error.to_string())) })
}

/// Parses bytes that must be exactly their own canonical encoding.
///
/// # Errors
/// As [`parse`], and [`CanonError::NotCanonical`] with the first byte that differs.
pub fn parse_canonical(bytes: &[u8]) -> Result<Value, CanonError> {
    let value = parse(bytes)?;
    let canonical = to_bytes(&value)?;
    if canonical == bytes {
        return Ok(value);
    }
    let same = canonical.iter().zip(bytes).take_while(|(a, b)| a == b).count();
    Err(CanonError::NotCanonical { offset: same })
}

/// What serde_json says of malformed input, without any of it.
fn category(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what);
    if error.is_data() { without_values(text) } else { text.to_owned() }
}

/// What is wrong and what was expected, without what was found: serde quotes that, and no error holds a value.
fn without_values(text: &str) -> String {
    /// Texts that quote our own words only.
    const OURS: &[&str] = &[
        "missing field `",
        "duplicate field `",
        "an object has a key twice",
        "data did not match any variant",
        "a body has the members of its kind",
        "a digest is ",
        "expected \"v\": 1",
    ];
    for found in ["unknown field", "unknown variant", "invalid type", "invalid value", "invalid length"] {
        if text.starts_with(found) {
            // The last `expected` is ours: what was found stands before it.
            return match text.rsplit_once(", expected ") {
                Some((_, expected)) => format!("{found}, expected {expected}"),
                None => found.to_owned(),
            };
        }
    }
    if OURS.iter().any(|ours| text.starts_with(ours)) { text.to_owned() } else { "a value is malformed".to_owned() }
}

/// Whether numbers and nesting are within bounds.
fn bounded(value: &Value, depth: usize) -> Result<(), CanonError> {
    let below = |depth: usize| depth.checked_sub(1).ok_or(CanonError::Depth);
    match value {
        Value::Number(number) => {
            let integer = number.as_i64().filter(|value| value.unsigned_abs() <= MAX_INTEGER.unsigned_abs());
            integer.map(drop).ok_or(CanonError::Number)
        }
        Value::Array(items) => {
            let depth = below(depth)?;
            items.iter().try_for_each(|item| bounded(item, depth))
        }
        Value::Object(map) => {
            let depth = below(depth)?;
            map.values().try_for_each(|item| bounded(item, depth))
        }
        _ => Ok(()),
    }
}

/// Builds a [`Value`], refusing a key that an object has twice (serde_json keeps the last and says nothing).
struct Strict;

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("strict JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        // Kept as a fraction, so that `bounded` refuses it as a number and not as a syntax error.
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element_seed(Strict)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = access.next_key::<String>()? {
            if map.contains_key(&key) {
                return Err(A::Error::custom("an object has a key twice"));
            }
            let item = access.next_value_seed(Strict)?;
            map.insert(key, item);
        }
        Ok(Value::Object(map))
    }
}
