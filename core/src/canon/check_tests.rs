use proptest::prelude::*;
use serde_json::Value;

use super::check::LARGEST;
use super::tests::{any_document, odd_text};
use super::*;

/// The verdict of the slow way, which is the verdict of the quick way and of [`parse_canonical`].
fn verdict(bytes: &[u8]) -> Result<(), CanonError> {
    let expected = oracle::check(bytes);
    let shown = String::from_utf8_lossy(bytes);
    assert_eq!(check(bytes), expected, "{shown}");
    assert_eq!(parse_canonical(bytes).map(drop), expected, "{shown}");
    expected
}

#[test]
fn the_largest_integer_is_written_right() {
    assert_eq!(LARGEST, MAX_INTEGER.to_string().as_bytes());
}

#[test]
fn what_is_written_otherwise_is_refused() {
    for canonical in [
        "null",
        "true",
        "false",
        "0",
        "-1",
        "10",
        "9007199254740991",
        "-9007199254740991",
        "\"\"",
        "[]",
        "{}",
        "[[],{}]",
        r#"{"":0,"a":[1,"x"]}"#,
        r#""\"\\\b\t\n\f\r\u0000\u001f""#,
        "\"/\u{7f}\u{2028}\u{ffff}\u{10ffff}\"",
    ] {
        assert_eq!(verdict(canonical.as_bytes()), Ok(()), "{canonical}");
    }
    for other in [
        "",
        " ",
        "nul",
        "nulll",
        "True",
        "-",
        "-0",
        "00",
        "01",
        "-01",
        "+1",
        "1.0",
        "1.",
        ".5",
        "1e3",
        "1E3",
        "9007199254740992",
        "-9007199254740992",
        "9999999999999999",
        "10000000000000000",
        "123456789012345678901234",
        "NaN",
        "1 ",
        " 1",
        "1,",
        "11]",
        "[1,]",
        "[,1]",
        "[1 ,2]",
        "[1, 2]",
        "[1,2",
        "[",
        "[[]",
        "]",
        "{",
        "{}}",
        "{,}",
        r#"{"a"}"#,
        r#"{"a":}"#,
        r#"{"a":1,}"#,
        r#"{"a":1,"b"}"#,
        r#"{"a" :1}"#,
        r#"{"a": 1}"#,
        r#"{a:1}"#,
        r#"{1:1}"#,
        r#"{"b":1,"a":2}"#,
        r#"{"a":1,"a":1}"#,
        r#"{"a":{"a":1,"a":1}}"#,
        r#"{"ab":1,"a":2}"#,
        "\"",
        "\"a",
        "\"\\\"",
        r#""\u0041""#,
        r#""\/""#,
        r#""\u001F""#,
        r#""\u0008""#,
        r#""\u000a""#,
        r#""\u0022""#,
        r#""\u007f""#,
        r#""\u002""#,
        r#""\ud800""#,
        r#""\ud83d\ude00""#,
        r#""\a""#,
        r#""\B""#,
        r#"'a'"#,
        "\"\n\"",
        "\"\t\"",
        "\"\0\"",
        "\u{feff}1",
        "\u{feff}{}",
        "1\u{feff}",
        "1\n",
        "1\0",
        "/**/1",
        "{\"\u{ffff}\":1,\"\u{10000}\":2}",
    ] {
        assert!(verdict(other.as_bytes()).is_err(), "{other}");
    }
    for bytes in
        [&b"\"\xff\""[..], b"\"\xc0\xaf\"", b"\"\xed\xa0\x80\"", b"\"\xf4\x90\x80\x80\"", b"{\"\xff\":1}", b"\x80"]
    {
        assert!(verdict(bytes).is_err());
    }
}

#[test]
fn nesting_is_bounded_alike() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("[{\"a\":", "}]")] {
        let levels = if open.len() > 5 { 2 } else { 1 };
        for count in [62, 63, 64, 65, 66, 127, 128, 129] {
            let text = open.repeat(count / levels) + "1" + &close.repeat(count / levels);
            assert_eq!(verdict(text.as_bytes()).is_ok(), count / levels * levels <= MAX_DEPTH, "{count}");
        }
    }
    assert!(check("[".repeat(1_000_000).as_bytes()).is_err());
    assert!(check("{\"a\":".repeat(1_000_000).as_bytes()).is_err());
}

#[test]
fn every_short_text_gets_the_same_verdict() {
    const LETTERS: &[u8] = b"{}[]\",:\\ -01ae";
    let mut accepted = 0;
    for number in 0..LETTERS.len().pow(4) {
        let mut rest = number;
        let mut text = Vec::new();
        while rest > 0 {
            text.push(LETTERS[rest % LETTERS.len()]);
            rest /= LETTERS.len();
        }
        accepted += usize::from(verdict(&text).is_ok());
    }
    assert!(accepted > 50, "{accepted}");
}

#[test]
fn every_byte_at_every_place_of_a_word_gets_the_same_verdict() {
    for before in 0..10 {
        for byte in 0..=255 {
            let mut text = vec![b'"'];
            text.resize(1 + before, b'x');
            text.extend([byte, b'y', b'"']);
            let _ = verdict(&text);
        }
    }
}

#[test]
fn every_escape_of_a_code_unit_gets_the_same_verdict() {
    for unit in (0..0x140).chain(0xd7ff..0xd802).chain(0xdfff..0xe001) {
        for text in [format!("\"\\u{unit:04x}\""), format!("\"\\u{unit:04X}\""), format!("\"\\U{unit:04x}\"")] {
            let _ = verdict(text.as_bytes());
        }
    }
}

/// What breaks a canonical text, or does not.
const PIECES: &[&[u8]] = &[
    b" ",
    b"\n",
    b",",
    b":",
    b"\"",
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b"{}",
    b"[]",
    b"\"\"",
    b"null",
    b"true",
    b"0",
    b"-",
    b"-0",
    b"01",
    b"1.0",
    b"1e3",
    b"9007199254740992",
    b"\\u0041",
    b"\\/",
    b"\\u001F",
    b"\\u001f",
    b"\\n",
    b"\\ud800",
    b"\\ud83d\\ude00",
    b"\xef\xbb\xbf",
    b"\xff",
    b"\"a\":1,",
    b",\"a\":1",
];

/// One change at a place.
fn changed(bytes: &[u8], kind: u8, place: usize, other: usize, byte: u8) -> Vec<u8> {
    let mut out = bytes.to_vec();
    let (place, other) = (place % bytes.len(), other % bytes.len());
    let piece = PIECES[usize::from(byte) % PIECES.len()];
    match kind {
        0 => out[place] = byte,
        1 => out[place] ^= 1 << (byte % 8),
        2 => out.insert(place, byte),
        3 => drop(out.remove(place)),
        4 => drop(out.splice(place..place, piece.iter().copied())),
        5 => drop(out.splice(place..=place, piece.iter().copied())),
        6 => out.swap(place, other),
        7 => out.truncate(place),
        8 => out.extend_from_slice(piece),
        // Swaps what stands between commas: members and elements.
        _ => {
            let mut parts: Vec<&[u8]> = bytes.split(|byte| *byte == b',').collect();
            let count = parts.len();
            parts.swap(place % count, other % count);
            out = parts.join(&b',');
        }
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn a_changed_document_gets_the_same_verdict(
        document in any_document(),
        changes in prop::collection::vec((0..10_u8, any::<usize>(), any::<usize>(), any::<u8>()), 32),
    ) {
        let bytes = to_bytes(&document).unwrap();
        prop_assert_eq!(verdict(&bytes), Ok(()));
        for (kind, place, other, byte) in changes {
            let _ = verdict(&changed(&bytes, kind, place, other, byte));
        }
    }

    #[test]
    fn keys_must_be_in_order(a in odd_text(), b in odd_text()) {
        let (first, second) = (oracle::to_bytes(&a).unwrap(), oracle::to_bytes(&b).unwrap());
        let document = [b"{", &first[..], b":1,", &second[..], b":2}"].concat();
        prop_assert_eq!(verdict(&document).is_ok(), a.encode_utf16().lt(b.encode_utf16()));
    }

    #[test]
    fn members_are_handed_over(document in any_document()) {
        let bytes = to_bytes(&document).unwrap();
        let mut found = Vec::new();
        check_with(&bytes, &mut |key, value| found.push((key.to_owned(), value.to_vec()))).unwrap();
        let mut expected: Vec<(String, Vec<u8>)> = match document {
            Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), oracle::to_bytes(value).unwrap())).collect(),
            _ => Vec::new(),
        };
        expected.retain(|(key, _)| !oracle::to_bytes(key).unwrap().contains(&b'\\'));
        expected.sort_by_key(|(key, _)| key.encode_utf16().collect::<Vec<_>>());
        prop_assert_eq!(found, expected);
    }
}

#[test]
fn a_refused_document_is_refused_also_by_who_listens() {
    let mut heard = 0;
    let found = check_with(br#"{"a":1,"b":2,"b":3}"#, &mut |_, _| heard += 1);
    assert_eq!(found, oracle::check(br#"{"a":1,"b":2,"b":3}"#));
    assert!(found.is_err() && heard == 2);
}
