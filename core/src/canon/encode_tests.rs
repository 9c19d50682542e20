use std::collections::BTreeMap;
use std::fmt;

use proptest::prelude::*;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::tests::{any_document, odd_text};
use super::*;

/// A document whose members come in any order, and twice.
#[derive(Debug, Clone)]
enum Loose {
    Leaf(Value),
    Items(Vec<Loose>),
    Members(Vec<(String, Loose)>),
}

impl Serialize for Loose {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Loose::Leaf(value) => value.serialize(serializer),
            Loose::Items(items) => items.serialize(serializer),
            Loose::Members(members) => serializer.collect_map(members.iter().map(|(key, value)| (key, value))),
        }
    }
}

impl Loose {
    fn has_a_key_twice(&self) -> bool {
        match self {
            Loose::Leaf(_) => false,
            Loose::Items(items) => items.iter().any(Loose::has_a_key_twice),
            Loose::Members(members) => {
                let keys: std::collections::BTreeSet<_> = members.iter().map(|(key, _)| key).collect();
                keys.len() < members.len() || members.iter().any(|(_, value)| value.has_a_key_twice())
            }
        }
    }
}

fn any_loose() -> impl Strategy<Value = Loose> {
    any_document().prop_map(Loose::Leaf).prop_recursive(5, 48, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Loose::Items),
            prop::collection::vec((odd_text(), inner), 0..24).prop_map(Loose::Members),
        ]
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
enum Word {
    Zulu,
    Alpha,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Wrapped<T>(T);

#[derive(Debug, Clone, Serialize)]
struct Nothing;

#[derive(Debug, Clone, Serialize)]
enum Variant {
    Unit,
    Newtype(Option<i64>),
    Tuple(i8, String),
    Struct { z: u32, a: Wrapped<bool> },
    Deep(Box<Variant>),
}

#[derive(Debug, Clone, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Tagged {
    One { z: u8, b: String },
    Two,
}

#[derive(Debug, Clone, Serialize)]
#[serde(tag = "t", content = "c")]
enum Adjacent {
    Pair(u8, i16),
    Word(Word),
}

#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
enum Either {
    Number(i32),
    Text(String),
}

#[derive(Debug, Clone)]
struct Bytes(Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

/// Text that comes in pieces.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Shown(String);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|character| write!(f, "{character}"))
    }
}

impl Serialize for Shown {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[derive(Debug, Clone, Serialize)]
struct Flat {
    inside: u16,
    between: Option<Word>,
}

/// Fields in no order, of every kind that serde knows.
#[derive(Debug, Clone, Serialize)]
struct Record {
    v: u8,
    at: Shown,
    variants: Vec<Variant>,
    #[serde(flatten)]
    flat: Flat,
    tagged: (Tagged, Adjacent, Either),
    by_number: BTreeMap<i16, Word>,
    by_word: BTreeMap<Word, u8>,
    by_letter: BTreeMap<char, ()>,
    by_truth: BTreeMap<Wrapped<bool>, i128>,
    by_shown: BTreeMap<Shown, Nothing>,
    #[serde(skip_serializing_if = "Option::is_none")]
    absent: Option<String>,
    bytes: Bytes,
    letter: char,
    large: i64,
}

fn any_variant() -> impl Strategy<Value = Variant> {
    let leaf = prop_oneof![
        Just(Variant::Unit),
        prop::option::of(-MAX_INTEGER..=MAX_INTEGER).prop_map(Variant::Newtype),
        (any::<i8>(), odd_text()).prop_map(|(number, text)| Variant::Tuple(number, text)),
        (any::<u32>(), any::<bool>()).prop_map(|(z, a)| Variant::Struct { z, a: Wrapped(a) }),
    ];
    leaf.prop_recursive(3, 4, 1, |inner| inner.prop_map(|variant| Variant::Deep(Box::new(variant))))
}

fn any_word() -> impl Strategy<Value = Word> {
    prop::sample::select(vec![Word::Zulu, Word::Alpha])
}

fn any_tagged() -> impl Strategy<Value = (Tagged, Adjacent, Either)> {
    (
        prop_oneof![Just(Tagged::Two), (any::<u8>(), odd_text()).prop_map(|(z, b)| Tagged::One { z, b })],
        prop_oneof![
            any::<(u8, i16)>().prop_map(|(first, second)| Adjacent::Pair(first, second)),
            any_word().prop_map(Adjacent::Word)
        ],
        prop_oneof![any::<i32>().prop_map(Either::Number), odd_text().prop_map(Either::Text)],
    )
}

fn any_record() -> impl Strategy<Value = Record> {
    use prop::collection::{btree_map, vec};
    let maps = (
        btree_map(any::<i16>(), any_word(), 0..12),
        btree_map(any_word(), any::<u8>(), 0..3),
        btree_map(any::<char>(), Just(()), 0..8),
        btree_map(any::<bool>().prop_map(Wrapped), any::<i32>().prop_map(i128::from), 0..3),
        btree_map(odd_text().prop_map(Shown), Just(Nothing), 0..8),
    );
    let rest =
        (any::<u8>(), odd_text(), vec(any_variant(), 0..4), any::<u16>(), prop::option::of(any_word()), any_tagged());
    let last = (prop::option::of(odd_text()), vec(any::<u8>(), 0..5), any::<char>(), -MAX_INTEGER..=MAX_INTEGER);
    (maps, rest, last).prop_map(|(maps, (v, at, variants, inside, between, tagged), (absent, bytes, letter, large))| {
        let (by_number, by_word, by_letter, by_truth, by_shown) = maps;
        let (at, flat, bytes) = (Shown(at), Flat { inside, between }, Bytes(bytes));
        Record {
            v,
            at,
            variants,
            flat,
            tagged,
            by_number,
            by_word,
            by_letter,
            by_truth,
            by_shown,
            absent,
            bytes,
            letter,
            large,
        }
    })
}

proptest! {
    #[test]
    fn any_value_is_encoded_as_its_slow_encoding(document in any_document()) {
        prop_assert_eq!(to_bytes(&document), oracle::to_bytes(&document));
    }

    #[test]
    fn members_in_any_order_are_put_in_order(document in any_loose()) {
        if document.has_a_key_twice() {
            let error = to_bytes(&document).unwrap_err();
            prop_assert!(error.to_string().contains("an object has a key twice"), "{}", error);
        } else {
            prop_assert_eq!(to_bytes(&document), oracle::to_bytes(&document));
        }
    }

    #[test]
    fn any_type_is_encoded_as_its_slow_encoding(record in any_record()) {
        let bytes = to_bytes(&record).unwrap();
        prop_assert_eq!(&bytes, &oracle::to_bytes(&record).unwrap());
        prop_assert_eq!(to_string(&record).unwrap().into_bytes(), bytes);
    }

    #[test]
    fn integers_have_bounds(value in any::<i64>()) {
        prop_assert_eq!(to_bytes(&value), oracle::to_bytes(&value));
        prop_assert_eq!(to_bytes(&value.cast_unsigned()), oracle::to_bytes(&value.cast_unsigned()));
        let near = MAX_INTEGER.saturating_add(value % 8);
        prop_assert_eq!(to_bytes(&near), oracle::to_bytes(&near));
        prop_assert_eq!(to_bytes(&-near), oracle::to_bytes(&-near));
    }
}

#[test]
fn nesting_is_bounded_for_every_kind() {
    let around = |count: usize, inner: Value| (0..count).fold(inner, |inner, _| json!([inner]));
    for (levels, inner) in [(0, json!(1)), (1, json!([])), (1, json!({})), (2, json!({"a": {}}))] {
        for count in 60..70 {
            let document = around(count, inner.clone());
            assert_eq!(to_bytes(&document), oracle::to_bytes(&document));
            assert_eq!(to_bytes(&document).is_ok(), count + levels <= MAX_DEPTH);
        }
    }
    let deep = |count: usize, last: Variant| (0..count).fold(last, |inner, _| Variant::Deep(Box::new(inner)));
    for last in [Variant::Unit, Variant::Tuple(1, String::new()), Variant::Struct { z: 1, a: Wrapped(true) }] {
        for count in 60..66 {
            let document = deep(count, last.clone());
            assert_eq!(to_bytes(&document), oracle::to_bytes(&document), "{count}");
        }
    }
    // What is closed gives its levels back.
    for one in [Variant::Newtype(None), Variant::Tuple(1, String::new()), Variant::Struct { z: 1, a: Wrapped(true) }] {
        let many = vec![one; 100];
        assert_eq!(to_bytes(&many), oracle::to_bytes(&many));
    }
    // Also where the slow way would exhaust its stack.
    let mut endless = Value::Null;
    for _ in 0..1_000 {
        endless = json!({"a": endless});
    }
    assert_eq!(to_bytes(&endless), Err(CanonError::Depth));
}

/// An object with one member.
struct Keyed<K>(K);

impl<K: Serialize> Serialize for Keyed<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map([(&self.0, 1)])
    }
}

#[test]
fn keys_are_the_keys_of_serde_json() {
    fn same<K: Serialize>(key: K) {
        let expected = oracle::to_bytes(&Keyed(&key)).unwrap();
        assert_eq!(to_bytes(&Keyed(key)).unwrap(), expected);
    }
    same("");
    same("\"");
    same(u64::MAX);
    same(i64::MIN);
    same(i128::MIN);
    same(u128::MAX);
    same(i8::MIN);
    same(u8::MAX);
    same(i16::MIN);
    same(u16::MAX);
    same(i32::MIN);
    same(u32::MAX);
    same('\u{1f600}');
    same('\n');
    same(false);
    same(Word::Zulu);
    same(Wrapped(Wrapped("x")));
    same(Shown("a\"\u{1}".into()));

    fn refused<K: Serialize>(key: K) {
        assert!(serde_json::to_value(Keyed(&key)).is_err());
        assert!(matches!(to_bytes(&Keyed(key)), Err(CanonError::Malformed { .. })));
    }
    refused(());
    refused(Some("x"));
    refused(None::<u8>);
    refused(["x"]);
    refused(("x", "y"));
    refused(Nothing);
    refused(Bytes(vec![1]));
    refused(json!({"a": 1}));
    refused(Flat { inside: 1, between: None });
    refused(Variant::Newtype(None));
    refused(Variant::Tuple(1, String::new()));
    refused(Variant::Struct { z: 1, a: Wrapped(true) });

    for bad in [1.5, 1.0, f64::NAN] {
        assert_eq!(to_bytes(&Keyed(bad)), Err(CanonError::Number));
        assert_eq!(to_bytes(&Keyed(bad as f32)), Err(CanonError::Number));
    }
}

#[test]
fn a_key_that_comes_twice_is_refused_where_serde_json_keeps_the_last() {
    #[derive(Serialize)]
    struct Twice {
        inside: u8,
        #[serde(flatten)]
        flat: Flat,
    }
    let twice = Twice { inside: 1, flat: Flat { inside: 2, between: None } };
    assert_eq!(oracle::to_bytes(&twice).unwrap(), br#"{"between":null,"inside":2}"#);
    assert!(matches!(to_bytes(&twice), Err(CanonError::Malformed { .. })));
}
