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

/// Text that is hard to escape and hard to sort: often the same for eight bytes and more.
pub(super) fn odd_text() -> impl Strategy<Value = String> {
    let odd = "\0\u{1}\u{8}\t\n\u{b}\u{c}\r\u{1f} \"\\/aA~\u{7f}\u{80}\u{e9}\u{7ff}\u{800}\u{2028}\u{d7ff}\u{e000}\u{feff}\u{ffff}\u{10000}\u{10ffff}";
    let odd = prop::sample::select(odd.chars().collect::<Vec<_>>());
    let common =
        prop::sample::select(vec!["", "", "a", "common_", "common_to", "common_to_all", "\n", "common_\u{ee00}"]);
    let tail = prop::collection::vec(odd, 0..6).prop_map(String::from_iter);
    prop_oneof![any::<String>(), "[a-z_]{0,12}", (common, tail).prop_map(|(common, tail)| common.to_owned() + &tail)]
}

pub(super) fn any_document() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-MAX_INTEGER..=MAX_INTEGER).prop_map(Value::from),
        odd_text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::btree_map(odd_text(), inner, 0..8)
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
