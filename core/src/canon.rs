//! The one canonical encoding of a document: what is hashed and signed.
//!
//! A subset of RFC 8785 (JSON Canonicalization Scheme): no white space, keys sorted by UTF-16 code units, shortest
//! string escapes. Numbers are integers of magnitude at most 2^53 − 1; a fraction is refused, because two languages
//! print it differently (documents carry parts per million). Parsing is strict: a duplicate key, a fraction, a
//! number that JavaScript could not hold, or nesting deeper than [`MAX_DEPTH`] is an error.
//!
//! This room must never repair a document: it encodes it exactly, or refuses it.

use std::cmp::Ordering;
use std::fmt;

use serde::Serialize;
use serde::de::{DeserializeOwned, DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

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

/// The canonical bytes of a document.
///
/// # Errors
/// [`CanonError::Number`] for a fraction or an integer beyond ±(2^53 − 1), [`CanonError::Depth`] for deep nesting.
///
/// ```
/// let bytes = kaifang::canon::to_bytes(&serde_json::json!({"b": [true, null], "a": "开放"}))?;
/// assert_eq!(bytes, r#"{"a":"开放","b":[true,null]}"#.as_bytes());
/// # Ok::<(), kaifang::canon::CanonError>(())
/// ```
pub fn to_bytes<T: Serialize + ?Sized>(document: &T) -> Result<Vec<u8>, CanonError> {
    let value = serde_json::to_value(document).map_err(|error| CanonError::Malformed {
        what: Text::foreign(error.to_string()),
        line: 0,
        column: 0,
    })?;
    let mut out = Vec::new();
    write_value(&value, MAX_DEPTH, &mut out)?;
    Ok(out)
}

/// The canonical text of a document.
///
/// # Errors
/// As [`to_bytes`].
pub fn to_string<T: Serialize + ?Sized>(document: &T) -> Result<String, CanonError> {
    to_bytes(document).map(|bytes| String::from_utf8(bytes).unwrap_or_default())
}

/// Parses strict JSON: see the page of this room.
///
/// # Errors
/// [`CanonError::Malformed`], [`CanonError::Number`] or [`CanonError::Depth`].
pub fn parse(bytes: &[u8]) -> Result<Value, CanonError> {
    // serde_json bounds its own recursion at 128; ours is stricter and checked by `check`.
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = Strict.deserialize(&mut deserializer).and_then(|value| deserializer.end().map(|()| value));
    let value = value.map_err(|error| CanonError::Malformed {
        what: Text::foreign(category(&error)),
        line: error.line(),
        column: error.column(),
    })?;
    check(&value, MAX_DEPTH)?;
    Ok(value)
}

/// Parses strict JSON into a document of one type. `document` names the type in errors.
///
/// # Errors
/// As [`parse`], and [`CanonError::Shape`].
pub fn read<T: DeserializeOwned>(document: &'static str, bytes: &[u8]) -> Result<T, CanonError> {
    serde_json::from_value(parse(bytes)?)
        .map_err(|error| CanonError::Shape { document, what: Text::foreign(without_values(&error.to_string())) })
}

/// Parses bytes that must be exactly their own canonical encoding.
///
/// # Errors
/// As [`parse`], and [`CanonError::NotCanonical`] with the first byte that differs.
pub fn parse_canonical(bytes: &[u8]) -> Result<Value, CanonError> {
    let value = parse(bytes)?;
    let mut canonical = Vec::new();
    write_value(&value, MAX_DEPTH, &mut canonical)?;
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

fn check(value: &Value, depth: usize) -> Result<(), CanonError> {
    let below = |depth: usize| depth.checked_sub(1).ok_or(CanonError::Depth);
    match value {
        Value::Number(number) => integer(number).map(drop),
        Value::Array(items) => {
            let depth = below(depth)?;
            items.iter().try_for_each(|item| check(item, depth))
        }
        Value::Object(map) => {
            let depth = below(depth)?;
            map.values().try_for_each(|item| check(item, depth))
        }
        _ => Ok(()),
    }
}

fn integer(number: &Number) -> Result<i64, CanonError> {
    number.as_i64().filter(|value| value.unsigned_abs() <= MAX_INTEGER.unsigned_abs()).ok_or(CanonError::Number)
}

fn write_value(value: &Value, depth: usize, out: &mut Vec<u8>) -> Result<(), CanonError> {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(number) => out.extend_from_slice(integer(number)?.to_string().as_bytes()),
        Value::String(text) => write_string(text, out),
        Value::Array(items) => {
            let depth = depth.checked_sub(1).ok_or(CanonError::Depth)?;
            out.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_value(item, depth, out)?;
            }
            out.push(b']');
        }
        Value::Object(map) => {
            let depth = depth.checked_sub(1).ok_or(CanonError::Depth)?;
            let mut members: Vec<(&String, &Value)> = map.iter().collect();
            members.sort_by(|(a, _), (b, _)| utf16_order(a, b));
            out.push(b'{');
            for (index, (key, item)) in members.into_iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_string(key, out);
                out.push(b':');
                write_value(item, depth, out)?;
            }
            out.push(b'}');
        }
    }
    Ok(())
}

/// RFC 8785 section 3.2.3: property names are compared as arrays of UTF-16 code units.
fn utf16_order(a: &str, b: &str) -> Ordering {
    a.encode_utf16().cmp(b.encode_utf16())
}

/// RFC 8785 section 3.2.2.2.
fn write_string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    for byte in text.bytes() {
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            0x08 => out.extend_from_slice(b"\\b"),
            b'\t' => out.extend_from_slice(b"\\t"),
            b'\n' => out.extend_from_slice(b"\\n"),
            0x0c => out.extend_from_slice(b"\\f"),
            b'\r' => out.extend_from_slice(b"\\r"),
            0..0x20 => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            _ => out.push(byte),
        }
    }
    out.push(b'"');
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
        // Kept as a fraction, so that `check` refuses it as a number and not as a syntax error.
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde::Deserialize;
    use serde_json::json;

    #[test]
    fn keys_are_sorted_by_utf16_code_units() {
        // RFC 8785 section 3.2.3: U+1F600 (surrogates D83D DE00) sorts before U+FB33.
        let value = json!({"\u{20ac}": 1, "\r": 2, "\u{fb33}": 3, "1": 4, "\u{1f600}": 5, "\u{80}": 6, "\u{f6}": 7});
        assert_eq!(
            to_string(&value).unwrap(),
            "{\"\\r\":2,\"1\":4,\"\u{80}\":6,\"\u{f6}\":7,\"\u{20ac}\":1,\"\u{1f600}\":5,\"\u{fb33}\":3}"
        );
    }

    #[test]
    fn fractions_and_large_integers_have_no_encoding() {
        for bad in ["1.0", "0.5", "1e3", "9007199254740992", "-9007199254740992", "18446744073709551615"] {
            assert_eq!(parse(bad.as_bytes()), Err(CanonError::Number), "{bad}");
        }
        assert_eq!(to_string(&json!([MAX_INTEGER, -MAX_INTEGER])).unwrap(), "[9007199254740991,-9007199254740991]");
    }

    #[test]
    fn a_duplicate_key_is_refused() {
        assert!(matches!(parse(br#"{"a":1,"a":1}"#), Err(CanonError::Malformed { .. })));
    }

    #[test]
    fn nesting_is_bounded() {
        let deep = |n: usize| "[".repeat(n) + &"]".repeat(n);
        assert!(parse(deep(64).as_bytes()).is_ok());
        assert_eq!(parse(deep(65).as_bytes()), Err(CanonError::Depth));
        assert!(parse(deep(100_000).as_bytes()).is_err());
    }

    #[test]
    fn the_first_uncanonical_byte_is_named() {
        assert_eq!(parse_canonical(br#"{"a":1, "b":2}"#), Err(CanonError::NotCanonical { offset: 7 }));
        assert!(parse_canonical(br#"{"a":1,"b":2}"#).is_ok());
    }

    #[test]
    fn errors_hold_no_value() {
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        #[expect(dead_code, reason = "only its errors are of interest")]
        struct Shape {
            count: u8,
            class: crate::terms::Openness,
        }
        for secret in [
            r#"{"count":"610102199003071234"}"#,
            r#"{"count":"x\"610102199003071234"}"#,
            r#"{"class":"a`, expected `610102199003071234"}"#,
            r#"{"a`, expected `610102199003071234":1}"#,
            r#"{"count":610102199003071}"#,
            r#"{"class":"610102199003071234"}"#,
            r#"{"610102199003071234":1}"#,
        ] {
            let error = read::<Shape>("Shape", secret.as_bytes()).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("6101"), "{error:?}");
        }
    }

    fn any_document() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (-MAX_INTEGER..=MAX_INTEGER).prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 64, 8, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
                prop::collection::btree_map(any::<String>(), inner, 0..8)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn parsing_gives_back_what_was_encoded(document in any_document()) {
            let bytes = to_bytes(&document).unwrap();
            prop_assert_eq!(parse_canonical(&bytes).unwrap(), document);
        }

        #[test]
        fn no_input_panics(bytes in prop::collection::vec(any::<u8>(), 0..256)) {
            let _ = parse(&bytes);
        }
    }
}
