//! The same encoding, slowly and plainly: the document as a [`Value`], and that written out.

use serde::Serialize;
use serde_json::Value;

use super::{CanonError, MAX_DEPTH, MAX_INTEGER, parse};

/// As [`super::to_bytes`]; of a key that comes twice, the last value counts.
pub(super) fn to_bytes<T: Serialize + ?Sized>(document: &T) -> Result<Vec<u8>, CanonError> {
    let mut out = String::new();
    write(&serde_json::to_value(document).unwrap(), MAX_DEPTH, &mut out)?;
    Ok(out.into_bytes())
}

/// As [`super::parse_canonical`].
pub(super) fn check(bytes: &[u8]) -> Result<(), CanonError> {
    let canonical = to_bytes(&parse(bytes)?)?;
    let same = canonical.iter().zip(bytes).take_while(|(a, b)| a == b).count();
    if canonical == bytes { Ok(()) } else { Err(CanonError::NotCanonical { offset: same }) }
}

fn write(value: &Value, levels: usize, out: &mut String) -> Result<(), CanonError> {
    let below = || levels.checked_sub(1).ok_or(CanonError::Depth);
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(value) => out.push_str(&value.to_string()),
        Value::Number(number) => {
            let integer = number.as_i64().filter(|value| value.abs() <= MAX_INTEGER).ok_or(CanonError::Number)?;
            out.push_str(&integer.to_string());
        }
        Value::String(text) => write_string(text, out),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index > 0 { "," } else { "" });
                write(item, below()?, out)?;
            }
            below()?;
            out.push(']');
        }
        Value::Object(map) => {
            let mut members: Vec<(&String, &Value)> = map.iter().collect();
            members.sort_by_key(|(key, _)| key.encode_utf16().collect::<Vec<_>>());
            out.push('{');
            for (index, (key, item)) in members.into_iter().enumerate() {
                out.push_str(if index > 0 { "," } else { "" });
                write_string(key, out);
                out.push(':');
                write(item, below()?, out)?;
            }
            below()?;
            out.push('}');
        }
    }
    Ok(())
}

fn write_string(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            '\0'..' ' => out.push_str(&format!("\\u{:04x}", u32::from(character))),
            _ => out.push(character),
        }
    }
    out.push('"');
}
