//! The vocabulary that every room shares: the words of the Measures, reasons, identifiers, dates.
//!
//! This room holds words and their order, no rule: it must never know what follows from a class or an action.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use jiff::civil::Date;
use jiff::tz::Offset;
use serde::de::{DeserializeSeed, EnumAccess, Unexpected, VariantAccess, Visitor};
use serde::{Deserialize, Serialize};

/// An instant, UTC. In documents: RFC 3339.
pub type Instant = jiff::Timestamp;

/// China Standard Time: legal dates are civil dates at this offset (no daylight saving since 1992).
const CHINA: Offset = Offset::constant(8);

/// The civil date in Asia/Shanghai of an instant: the date that the law counts with.
///
/// ```
/// use kaifang::terms::legal_date;
/// // 17:00 UTC is 01:00 of the next day in Xi'an.
/// assert_eq!(legal_date("2026-11-22T17:00:00Z".parse()?).to_string(), "2026-11-23");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn legal_date(at: Instant) -> Date {
    CHINA.to_datetime(at).date()
}

/// The text of one thing in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Text {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Text {
    /// Both texts of one thing. It displays in English, and in Chinese with the alternate form.
    ///
    /// ```
    /// let text = kaifang::terms::Text::new("数据", "data");
    /// assert_eq!(format!("{text} {text:#}"), "data 数据");
    /// ```
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Text { zh: zh.into(), en: en.into() }
    }

    /// The names of several words, one after the other.
    pub(crate) fn list<W: Word>(words: &[W]) -> Self {
        let names = |name: fn(W) -> &'static str| words.iter().copied().map(name).collect::<Vec<_>>();
        Text { zh: names(W::zh).join("、"), en: names(W::en).join(", ") }
    }

    /// The same in both languages: a name of the file's, a sign.
    pub(crate) fn name(name: impl Into<String>) -> Self {
        let name = name.into();
        Text { zh: name.clone(), en: name }
    }

    /// A message that others wrote, in English only: the Chinese quotes it.
    pub(crate) fn foreign(message: impl Into<String>) -> Self {
        let en = message.into();
        Text { zh: format!("原文为“{en}”"), en }
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if f.alternate() { &self.zh } else { &self.en })
    }
}

/// Why the operating system refused something. The standard library knows it in English only.
pub(crate) fn io_text(kind: std::io::ErrorKind) -> Text {
    use std::io::ErrorKind as E;
    let zh = match kind {
        E::NotFound => "文件或目录不存在",
        E::PermissionDenied => "没有权限",
        E::AlreadyExists => "文件或目录已存在",
        E::NotADirectory => "不是目录",
        E::IsADirectory => "是目录而不是文件",
        E::InvalidData => "内容无效",
        E::UnexpectedEof => "文件意外结束",
        E::StorageFull => "存储空间已满",
        E::ReadOnlyFilesystem => "文件系统只读",
        E::OutOfMemory => "内存不足",
        _ => return Text::foreign(kind.to_string()),
    };
    Text::new(zh, kind.to_string())
}

/// The same, with the operating system's own words in the English text.
pub(crate) fn os_text(error: &std::io::Error) -> Text {
    Text { en: error.to_string(), ..io_text(error.kind()) }
}

/// Why an answer is what it is: a stable code, the article, the rule, and the text for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Reason {
    /// The stable code, such as `conditional_no_download`.
    pub code: String,
    /// The article, such as `A22.2`.
    pub cite: String,
    /// The id of the rule in the policy file.
    pub rule: String,
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

/// The names of a word in both languages: small and copied, for messages that hold several. It displays as [`Text`] does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WordName {
    /// Chinese.
    pub zh: &'static str,
    /// English.
    pub en: &'static str,
}

impl fmt::Display for WordName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if f.alternate() { self.zh } else { self.en })
    }
}

/// A word with a fixed id and a name in both languages.
///
/// The id is what documents carry; the names are what people are shown.
pub trait Word: Sized + Copy + 'static {
    /// Every word of this kind, in order.
    const ALL: &'static [Self];
    /// The id in documents.
    fn id(self) -> &'static str;
    /// Chinese.
    fn zh(self) -> &'static str;
    /// English.
    fn en(self) -> &'static str;
    /// Both names.
    fn text(self) -> Text {
        Text::new(self.zh(), self.en())
    }
    /// Both names, as they stand in the code.
    fn name(self) -> WordName {
        WordName { zh: self.zh(), en: self.en() }
    }
    /// The word with this id.
    fn from_id(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|word| word.id() == id)
    }
}

/// Declares a closed vocabulary: the enum, its ids in documents, its Chinese and English names.
macro_rules! words {
    ($( $(#[$meta:meta])* pub enum $name:ident { $( $(#[$vm:meta])* $variant:ident = $id:literal, $zh:literal, $en:literal; )* } )*) => { $(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        pub enum $name { $( $(#[$vm])* #[serde(rename = $id)] $variant, )* }

        impl $crate::terms::Word for $name {
            const ALL: &'static [Self] = &[ $( Self::$variant, )* ];
            fn id(self) -> &'static str { match self { $( Self::$variant => $id, )* } }
            fn zh(self) -> &'static str { match self { $( Self::$variant => $zh, )* } }
            fn en(self) -> &'static str { match self { $( Self::$variant => $en, )* } }
            fn from_id(id: &str) -> Option<Self> { match id { $( $id => Some(Self::$variant), )* _ => None } }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::terms::read_word(deserializer, stringify!($name), &[ $( $id, )* ])
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str($crate::terms::Word::id(*self))
            }
        }
    )* };
}
/// Reads a word: by its id alone where people read the format, so that a document has one form. What is derived would take
/// `{"query": null}` for `"query"` too.
pub(crate) fn read_word<'de, W: Word, D: serde::Deserializer<'de>>(
    deserializer: D,
    name: &'static str,
    ids: &'static [&'static str],
) -> Result<W, D::Error> {
    let by_id = ById { ids, word: PhantomData };
    if deserializer.is_human_readable() {
        deserializer.deserialize_str(by_id)
    } else {
        deserializer.deserialize_enum(name, ids, Variant(by_id))
    }
}

/// A word's id.
#[derive(Clone, Copy)]
struct ById<W> {
    ids: &'static [&'static str],
    word: PhantomData<W>,
}

impl<W: Word> Visitor<'_> for ById<W> {
    type Value = W;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let separator = |place| if place == 0 { "one of" } else { "," };
        self.ids.iter().enumerate().try_for_each(|(place, id)| write!(f, "{} `{id}`", separator(place)))
    }

    fn visit_str<E: serde::de::Error>(self, id: &str) -> Result<W, E> {
        W::from_id(id).ok_or_else(|| E::unknown_variant(id, self.ids))
    }
}

/// A word as a format for machines writes it: the variant of an enum, by its place or by its id.
struct Variant<W>(ById<W>);

impl<'de, W: Word> Visitor<'de> for Variant<W> {
    type Value = W;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    fn visit_u64<E: serde::de::Error>(self, place: u64) -> Result<W, E> {
        let word = usize::try_from(place).ok().and_then(|place| W::ALL.get(place).copied());
        word.ok_or_else(|| E::invalid_value(Unexpected::Unsigned(place), &self))
    }

    fn visit_str<E: serde::de::Error>(self, id: &str) -> Result<W, E> {
        self.0.visit_str(id)
    }

    fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<W, A::Error> {
        let (word, rest) = access.variant_seed(self)?;
        rest.unit_variant().map(|()| word)
    }
}

impl<'de, W: Word> DeserializeSeed<'de> for Variant<W> {
    type Value = W;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<W, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

#[allow(unused_imports, reason = "rooms of the data wing use it, and that wing is optional")]
pub(crate) use words;

words! {
    /// 开放属性, from the least to the most restrictive: a greater value is the stricter class (A18.1).
    pub enum Openness {
        /// 无条件开放 (A18.4)
        Unconditional = "unconditional", "无条件开放", "unconditional";
        /// 有条件开放 (A18.3)
        Conditional = "conditional", "有条件开放", "conditional";
        /// 不予开放 (A18.2)
        Withheld = "withheld", "不予开放", "withheld";
    }

    /// What somebody asks to do with a dataset (A13, A22.1).
    pub enum Action {
        /// 查询: the entry's metadata.
        Query = "query", "查询", "query";
        /// 预览: a bounded, treated sample.
        Preview = "preview", "预览", "preview";
        /// 下载 (A22.1(1))
        Download = "download", "数据下载", "download";
        /// 接口调用 (A22.1(2))
        Api = "api", "数据接口调用", "api";
        /// 通过算法模型获取结果数据 (A22.1(3))
        ModelResult = "model_result", "通过算法模型获取结果数据", "model result";
        /// 其他方式 (A22.1(4))
        Other = "other", "其他方式", "other way";
    }

    /// 开放方式: the ways of A22.1.
    pub enum AccessWay {
        /// 下载 (A22.1(1))
        Download = "download", "数据下载", "download";
        /// 接口调用 (A22.1(2))
        Api = "api", "数据接口调用", "api";
        /// 通过算法模型获取结果数据 (A22.1(3))
        ModelResult = "model_result", "通过算法模型获取结果数据", "model result";
        /// 其他方式 (A22.1(4))
        Other = "other", "其他方式", "other way";
    }

    /// 数据分级 (A9.2; GB/T 43697-2024).
    pub enum DataGrade {
        /// 一般数据
        General = "general", "一般数据", "general";
        /// 重要数据
        Important = "important", "重要数据", "important";
        /// 核心数据
        Core = "core", "核心数据", "core";
    }

    /// 共享类型: how widely a treated table will be shared (GB/T 37964-2019, 3.12–3.14).
    pub enum Sharing {
        /// 完全公开共享
        Public = "public", "完全公开共享", "public";
        /// 受控公开共享
        Controlled = "controlled", "受控公开共享", "controlled";
        /// 领地公开共享
        Enclave = "enclave", "领地公开共享", "enclave";
    }

    /// Who decides about a dataset or an application (A8, A9.1).
    pub enum Reviewer {
        /// 数据开放主体
        OpeningBody = "opening_body", "数据开放主体", "opening body";
        /// 主管部门
        Authority = "authority", "主管部门", "authority";
    }
}

impl From<AccessWay> for Action {
    fn from(way: AccessWay) -> Self {
        match way {
            AccessWay::Download => Action::Download,
            AccessWay::Api => Action::Api,
            AccessWay::ModelResult => Action::ModelResult,
            AccessWay::Other => Action::Other,
        }
    }
}

words! {
    /// A hash whose value has 32 bytes.
    pub enum HashAlgorithm {
        /// SHA-256 (FIPS 180-4).
        Sha256 = "sha256", "SHA-256", "SHA-256";
        /// SM3 (GB/T 32905).
        Sm3 = "sm3", "SM3", "SM3";
    }
}

/// The digest of some bytes: algorithm and value, `sha256:` or `sm3:` and 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest {
    algorithm: HashAlgorithm,
    bytes: [u8; 32],
}

impl Digest {
    /// A SHA-256 digest from its bytes.
    #[must_use]
    pub const fn sha256(bytes: [u8; 32]) -> Self {
        Digest::new(HashAlgorithm::Sha256, bytes)
    }

    /// A digest from its bytes.
    #[must_use]
    pub const fn new(algorithm: HashAlgorithm, bytes: [u8; 32]) -> Self {
        Digest { algorithm, bytes }
    }

    /// How it was made.
    #[must_use]
    pub const fn algorithm(&self) -> HashAlgorithm {
        self.algorithm
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.bytes
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Every record holds a few: digit by digit through the formatter would be most of writing one.
        let mut text = [0; 64];
        for (pair, byte) in text.chunks_exact_mut(2).zip(self.bytes) {
            for (place, digit) in pair.iter_mut().zip([byte >> 4, byte & 15]) {
                *place = if digit < 10 { b'0' + digit } else { b'a' + digit - 10 };
            }
        }
        f.write_str(self.algorithm.id())?;
        f.write_str(":")?;
        f.write_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is not a digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a digest is `sha256:` or `sm3:` and 64 lower-case hexadecimal digits")]
pub struct NotADigest;

impl FromStr for Digest {
    type Err = NotADigest;

    fn from_str(text: &str) -> Result<Self, NotADigest> {
        let (algorithm, hex) = text.split_once(':').ok_or(NotADigest)?;
        let (algorithm, hex) = (HashAlgorithm::from_id(algorithm).ok_or(NotADigest)?, hex.as_bytes());
        if hex.len() != 64 {
            return Err(NotADigest);
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(hex.chunks_exact(2)) {
            for digit in pair {
                let value = match digit {
                    b'0'..=b'9' => digit - b'0',
                    b'a'..=b'f' => digit - b'a' + 10,
                    _ => return Err(NotADigest),
                };
                *byte = (*byte << 4) | value;
            }
        }
        Ok(Digest { algorithm, bytes })
    }
}

impl Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            (self.algorithm as u8, self.bytes).serialize(serializer)
        }
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if !deserializer.is_human_readable() {
            let (algorithm, bytes) = <(u8, [u8; 32])>::deserialize(deserializer)?;
            let algorithm = HashAlgorithm::ALL.get(usize::from(algorithm)).copied();
            return Ok(Digest { algorithm: algorithm.ok_or_else(|| serde::de::Error::custom(NotADigest))?, bytes });
        }
        std::borrow::Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Digest {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Digest".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^(sha256|sm3):[0-9a-f]{64}$" })
    }
}

/// The version number that every document carries as `"v"`. Any other number is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct V1;

impl Serialize for V1 {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(1)
    }
}

impl<'de> Deserialize<'de> for V1 {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u64::deserialize(deserializer)? {
            1 => Ok(V1),
            other => Err(serde::de::Error::custom(format_args!("expected \"v\": 1, found {other}"))),
        }
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for V1 {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "V1".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "const": 1 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stricter_classes_are_greater() {
        assert!(Openness::Withheld > Openness::Conditional && Openness::Conditional > Openness::Unconditional);
    }

    #[test]
    fn ids_in_documents_are_the_words_ids() {
        for action in Action::ALL {
            assert_eq!(serde_json::to_string(action).unwrap(), format!("\"{}\"", action.id()));
            assert_eq!(Action::from_id(action.id()), Some(*action));
        }
    }

    /// A word that could also be written as an enum's variant would give a record two forms.
    #[test]
    fn a_word_is_read_by_its_id_alone() {
        let read = |text: &str| serde_json::from_str::<Action>(text).map_err(|error| error.to_string());
        assert_eq!(read("\"query\""), Ok(Action::Query));
        for other in ["{\"query\": null}", "[\"query\"]", "0", "null"] {
            let error = read(other).unwrap_err();
            assert!(error.contains("expected one of `query`, `preview`, `download`"), "{other}: {error}");
            assert!(serde_json::from_value::<Action>(serde_json::from_str(other).unwrap()).is_err(), "{other}");
        }
        let unknown = read("\"look\"").unwrap_err();
        assert!(unknown.starts_with("unknown variant `look`, expected one of `query`, `preview`"), "{unknown}");
    }

    #[test]
    fn a_word_takes_its_place_where_only_machines_read() {
        for (place, action) in Action::ALL.iter().enumerate() {
            let bytes = postcard::to_allocvec(action).unwrap();
            assert_eq!(bytes, [u8::try_from(place).unwrap()]);
            assert_eq!(postcard::from_bytes(&bytes), Ok(*action));
        }
        assert!(postcard::from_bytes::<Action>(&[u8::try_from(Action::ALL.len()).unwrap()]).is_err());
    }

    #[test]
    fn digests_are_read_strictly() {
        let text = format!("sha256:{}", "0123456789abcdef".repeat(4));
        for text in [text.clone(), text.replace("sha256", "sm3")] {
            assert_eq!(text.parse::<Digest>().unwrap().to_string(), text);
        }
        for bad in [
            &text.replace("sha256", "md5"),
            &text[7..],
            "",
            "sha256:",
            &text[..70],
            &text.to_uppercase(),
            &format!("{text}0"),
            &text.replace('f', "g"),
        ] {
            assert!(bad.parse::<Digest>().is_err(), "{bad}");
        }
    }

    #[test]
    fn legal_dates_turn_at_midnight_in_china() {
        assert_eq!(legal_date("2026-12-31T15:59:59Z".parse().unwrap()).to_string(), "2026-12-31");
        assert_eq!(legal_date("2026-12-31T16:00:00Z".parse().unwrap()).to_string(), "2027-01-01");
    }
}
