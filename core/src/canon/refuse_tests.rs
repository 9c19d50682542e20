use serde::ser::{Error as _, SerializeMap, SerializeSeq, SerializeStruct};
use serde::{Serialize, Serializer};

use super::*;

#[test]
fn fractions_have_no_encoding_even_where_they_are_no_number() {
    for bad in [0.5, 1.0, 1e300, f64::NAN, f64::INFINITY] {
        assert_eq!(to_bytes(&bad), Err(CanonError::Number));
        assert_eq!(to_bytes(&[bad as f32]), Err(CanonError::Number));
    }
    for bad in [i128::MAX, i128::MIN, i128::from(MAX_INTEGER) + 1, i128::from(u64::MAX) + 1] {
        assert_eq!(to_bytes(&bad), Err(CanonError::Number));
        assert_eq!(to_bytes(&bad.cast_unsigned()), Err(CanonError::Number));
    }
}

/// Documents that go on after an error, or say a member by halves.
enum Careless {
    ForgetsAnElement,
    ForgetsAMember,
    ForgetsAField,
    KeyWithoutValue,
    TwoKeys,
    ValueWithoutKey,
    StandIn(&'static str),
    Refuses,
}

impl Serialize for Careless {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Careless::ForgetsAnElement => {
                let mut items = serializer.serialize_seq(None)?;
                let _ = items.serialize_element(&0.5);
                items.end()
            }
            Careless::ForgetsAMember => {
                let mut map = serializer.serialize_map(None)?;
                let _ = map.serialize_entry("a", &0.5);
                let _ = map.serialize_entry("b", &1);
                map.end()
            }
            Careless::ForgetsAField => {
                let mut fields = serializer.serialize_struct("S", 1)?;
                let _ = fields.serialize_field("a", &[[0.5]]);
                fields.end()
            }
            Careless::KeyWithoutValue => {
                let mut map = serializer.serialize_map(None)?;
                map.serialize_key("a")?;
                map.end()
            }
            Careless::TwoKeys => {
                let mut map = serializer.serialize_map(None)?;
                map.serialize_key("a")?;
                let _ = map.serialize_key("b");
                map.serialize_value(&1)?;
                map.end()
            }
            Careless::ValueWithoutKey => {
                let mut map = serializer.serialize_map(None)?;
                let _ = map.serialize_value(&1);
                map.serialize_entry("a", &1)?;
                map.end()
            }
            Careless::StandIn(name) => serializer.serialize_struct(name, 0)?.end(),
            Careless::Refuses => Err(S::Error::custom("not today")),
        }
    }
}

#[test]
fn a_document_that_goes_on_after_an_error_is_refused() {
    for document in [
        Careless::ForgetsAnElement,
        Careless::ForgetsAMember,
        Careless::ForgetsAField,
        Careless::KeyWithoutValue,
        Careless::TwoKeys,
        Careless::ValueWithoutKey,
        Careless::StandIn("$serde_json::private::Number"),
        Careless::StandIn("$serde_json::private::RawValue"),
    ] {
        assert!(matches!(to_bytes(&document), Err(CanonError::Malformed { .. })));
    }
    let Err(CanonError::Malformed { what, line: 0, column: 0 }) = to_bytes(&Careless::Refuses) else {
        panic!("the document refuses");
    };
    assert_eq!(what.to_string(), "not today");
}
