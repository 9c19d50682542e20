//! 密码假名化: a keyed token in place of the value.
//!
//! The token of a value is made of HMAC-SHA-256 or HMAC-SM3 over its canonical form in UTF-8. The key is
//! [`crate::crypto::Keyring::derive_for`] of the key id and the domain, `<dataset>/<kind>` unless the plan names one.
//!
//! | `form` | the token |
//! |---|---|
//! | `text` | `<key id>.` and base32 (RFC 4648, lower case, no padding: 26 characters) of the first 16 bytes |
//! | `bytes16`, `bytes32` | the first 16 bytes, or all 32; the key id stands in the proof |
//!
//! Two spellings of one value have one token; two datasets have different ones unless their plans name one domain. Who
//! holds the key can find the value by trying (there are few mobile numbers): de-identified, never anonymized. Without
//! the key a token tells equality and nothing more.
//!
//! With `from`, the column holds tokens of that key already, and becomes tokens of `key` without the values being seen: the
//! new token is made of the bytes of the old one, which for a text token are those of its text. So it equals no token that
//! is made of the value itself: two tables join if both were rotated, or neither.
//!
//! A text token names its key, and one of another key is refused. A token of 16 or 32 bytes names none: under a `form` of
//! bytes a column of bytes of that width is taken for tokens of `from`, whatever they are, and keeps its width. What can be
//! told is told: another width is refused. That they are tokens, and of that key, stands in the proof of the treatment
//! that made them and nowhere else. In a text column such tokens are hexadecimal digits.

use std::borrow::Cow;

use arrow::array::ArrayRef;
use arrow::datatypes::DataType;

use super::PlanError;
use super::cells::Emit;
use super::column::ColumnPlan;
use super::copies::{self, Writer, own_nulls, too_large};
use super::logical::{hex_digit, visit};
use super::step::{Report, is_text, is_written_as_text, text_type};
use super::vocabulary::{Mac, TokenForm};
use crate::crypto::{KeyError, Keyring, MacKey};
use crate::kinds::{self, Kind};
use crate::terms::HashAlgorithm;

/// How many bytes of the code a text carries, and how many characters that takes.
const BYTES: usize = 16;
const LETTERS: usize = 26;

const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// Makes the tokens of one column.
pub(crate) struct Tokens {
    input: Input,
    key: MacKey,
    form: TokenForm,
    /// The key id and the dot.
    prefix: String,
}

enum Input {
    Values(Kind),
    /// Texts that begin with this key id and dot; and of bytes, as many as the form has, in hexadecimal digits.
    Tokens(String),
}

/// How many bytes a token of this form has; `None` = it is text.
fn width(form: TokenForm) -> Option<i32> {
    match form {
        TokenForm::Text => None,
        TokenForm::Bytes16 => Some(16),
        TokenForm::Bytes32 => Some(32),
    }
}

/// The form of the tokens that a column of this type holds, where the type tells it.
pub(super) fn form_of(plain: &DataType) -> Option<TokenForm> {
    [TokenForm::Bytes16, TokenForm::Bytes32].into_iter().find(|form| match plain {
        DataType::FixedSizeBinary(bytes) => width(*form) == Some(*bytes),
        _ => false,
    })
}

/// What is wrong with the settings of a token.
pub(super) fn problems(entry: &ColumnPlan, report: &mut Report<'_>) {
    if entry.from.is_some() && entry.from == entry.key {
        report.field("from", "the id of another key than `key`", "与 key 不同的密钥标识");
    }
    match entry.kind {
        None => report.field("kind", "the kind whose canonical form the token is made of", "令牌所依据的类别"),
        Some(kind) if !kind.is_implemented() => report.kind(),
        Some(_) => {}
    }
}

/// The type of the treated column; `None` where a token has no meaning on the type.
pub(super) fn output(entry: &ColumnPlan, plain: &DataType) -> Option<DataType> {
    let width = width(entry.form.unwrap_or(TokenForm::Text));
    let is_meant = match plain {
        // Bytes can only be tokens already, and stay as wide as they are.
        DataType::FixedSizeBinary(bytes) => entry.from.is_some() && width == Some(*bytes),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => entry.from.is_some() && width.is_some(),
        _ => is_text(plain) || is_written_as_text(plain),
    };
    is_meant.then(|| width.map_or_else(|| text_type(plain), DataType::FixedSizeBinary))
}

/// The column as text: bytes in hexadecimal digits.
pub(super) fn as_text(array: &ArrayRef, column: &str) -> Result<ArrayRef, PlanError> {
    let is_bytes = |data_type: &DataType| data_type.is_binary() || matches!(data_type, DataType::FixedSizeBinary(_));
    if !is_bytes(array.data_type()) {
        return copies::as_text(array, column);
    }
    let mut writer = Writer::new(array.len(), 0, column)?;
    let mut failed = None;
    let visited = visit(array, &mut |cell| {
        let bytes = cell.unwrap_or_default();
        let written = writer.value(bytes.len().saturating_mul(2), |out| {
            out.extend(bytes.iter().flat_map(|byte| [hex_digit(byte >> 4), hex_digit(byte & 15)]));
        });
        failed = failed.take().or(written.err());
    });
    failed.map_or(Ok(()), Err)?;
    if !visited {
        return Err(too_large(column));
    }
    writer.finish(own_nulls(array), &DataType::Utf8)
}

/// Two texts that a column to be rotated might hold: an invented token of the old key, and what is none.
pub(super) fn samples(from: &str, form: Option<TokenForm>) -> [String; 2] {
    let token = match form.and_then(width) {
        Some(width) => "0a".repeat(width.unsigned_abs() as usize),
        None => format!("{from}.{}", "a".repeat(LETTERS)),
    };
    [token, "x".to_owned()]
}

/// As many bytes as are wanted, of hexadecimal digits; `None` for any other text.
fn bytes_of(digits: &str, wanted: i32) -> Option<Vec<u8>> {
    let value = |digit: u8| char::from(digit).to_digit(16);
    let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
    if !rest.is_empty() || i32::try_from(pairs.len()) != Ok(wanted) {
        return None;
    }
    pairs.iter().map(|[high, low]| u8::try_from(value(*high)? * 16 + value(*low)?).ok()).collect()
}

impl Tokens {
    /// Joins an entry that has no problems with its key.
    pub(super) fn new(entry: &ColumnPlan, domain: &str, keys: &Keyring) -> Result<Self, crate::Error> {
        let key_id = entry.key.as_deref().unwrap_or_default();
        let algorithm = match entry.mac.unwrap_or(Mac::HmacSha256) {
            Mac::HmacSha256 => HashAlgorithm::Sha256,
            Mac::HmacSm3 => HashAlgorithm::Sm3,
        };
        let key = keys.derive_for(algorithm, key_id, domain).map_err(|error: KeyError| crate::Error::from(error))?;
        let input = match (&entry.from, entry.kind) {
            (Some(from), _) => Input::Tokens(format!("{from}.")),
            (None, Some(kind)) => Input::Values(kind),
            (None, None) => return Err(KeyError::EmptyDomain.into()),
        };
        let form = entry.form.unwrap_or(TokenForm::Text);
        Ok(Tokens { input, key, form, prefix: format!("{key_id}.") })
    }

    /// The tokens of values; none for a value that is not valid for the kind, or is no token of `from`.
    pub(super) fn treat(&self, values: &[Option<&str>], emit: Emit<'_>) -> Result<(), PlanError> {
        let forms: Vec<Option<Cow<'_, [u8]>>> = values.iter().flatten().map(|value| self.message(value)).collect();
        let messages: Vec<&[u8]> = forms.iter().flatten().map(AsRef::as_ref).collect();
        let mut token = self.prefix.clone().into_bytes();
        let mut places = forms.iter();
        let mut failed = None;
        self.key.macs(&messages, &mut |mac| {
            let invalid = places.by_ref().take_while(|form| form.is_none()).count();
            let mut answer = || {
                (0..invalid).try_for_each(|_| emit(None))?;
                match self.form {
                    TokenForm::Bytes16 => emit(mac.get(..16)),
                    TokenForm::Bytes32 => emit(Some(mac)),
                    TokenForm::Text => {
                        token.truncate(self.prefix.len());
                        base32(mac.get(..BYTES).unwrap_or_default(), &mut token);
                        emit(Some(&token))
                    }
                }
            };
            failed = failed.take().or_else(|| answer().err());
        });
        failed.map_or(Ok(()), Err)?;
        places.try_for_each(|_| emit(None))
    }

    /// Appends the token of one value as text; `false` = it is not valid for the kind.
    pub(super) fn append(&self, value: &str, out: &mut Vec<u8>) -> bool {
        let mut done = false;
        let treated = self.treat(&[Some(value)], &mut |token| {
            done = token.is_some();
            out.extend_from_slice(token.unwrap_or_default());
            Ok(())
        });
        done && treated.is_ok()
    }

    /// What a token is made of; `None` = the value is not valid for the kind, or is no token of `from`.
    fn message<'a>(&self, value: &'a str) -> Option<Cow<'a, [u8]>> {
        match &self.input {
            Input::Values(kind) => kinds::canonical(*kind, value).map(|form| match form {
                Cow::Borrowed(form) => Cow::Borrowed(form.as_bytes()),
                Cow::Owned(form) => Cow::Owned(form.into_bytes()),
            }),
            Input::Tokens(prefix) => match value.strip_prefix(prefix.as_str()) {
                Some(letters) => {
                    let letters = letters.as_bytes();
                    let token = letters.len() == LETTERS && letters.iter().all(|letter| ALPHABET.contains(letter));
                    token.then_some(Cow::Borrowed(value.as_bytes()))
                }
                None => bytes_of(value, width(self.form)?).map(Cow::Owned),
            },
        }
    }
}

/// Appends base32 (RFC 4648 section 6), lower case, without padding.
fn base32(bytes: &[u8], out: &mut Vec<u8>) {
    for group in bytes.chunks(5) {
        let mut bits = [0_u8; 8];
        for (to, from) in bits.iter_mut().skip(3).zip(group) {
            *to = *from;
        }
        // 8 bits a byte, 5 bits a letter: the last letter is filled up with zero bits.
        let letters = eight_letters(u64::from_be_bytes(bits)).to_be_bytes();
        out.extend_from_slice(letters.get(..(group.len() * 8).div_ceil(5)).unwrap_or_default());
    }
}

/// Forty bits as eight letters, a byte each, all at once: halved until each byte has its five, then `a` to `z` for 0 to 25
/// and `2` to `7` for the rest.
fn eight_letters(bits: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let twenty = ((bits & 0xff_fff0_0000) << 12) | (bits & 0xf_ffff);
    let ten = ((twenty & 0x000f_fc00_000f_fc00) << 6) | (twenty & 0x0000_03ff_0000_03ff);
    let five = ((ten & 0x03e0_03e0_03e0_03e0) << 3) | (ten & 0x001f_001f_001f_001f);
    let digits = ((five + (0x80 - 26) * ONES) >> 7) & ONES;
    five + u64::from(b'a') * ONES - digits * u64::from(b'a' + 26 - b'2')
}

#[cfg(test)]
mod tests {
    use super::super::vocabulary::Transform;
    use super::*;

    /// The test vectors of RFC 4648, section 10.
    #[test]
    fn base32_is_that_of_rfc_4648() {
        for (bytes, text) in [
            ("", ""),
            ("f", "my"),
            ("fo", "mzxq"),
            ("foo", "mzxw6"),
            ("foob", "mzxw6yq"),
            ("fooba", "mzxw6ytb"),
            ("foobar", "mzxw6ytboi"),
        ] {
            let mut out = Vec::new();
            base32(bytes.as_bytes(), &mut out);
            assert_eq!(out, text.as_bytes());
        }
    }

    fn tokens(entry: ColumnPlan, values: &[Option<&str>]) -> Vec<Option<String>> {
        let mut keys = Keyring::new();
        keys.insert("k1", &[7; 32]).unwrap();
        keys.insert("k2", &[8; 32]).unwrap();
        let tokens = Tokens::new(&entry, "d/mobile", &keys).unwrap();
        let mut out = Vec::new();
        let mut emit = |token: Option<&[u8]>| {
            out.push(token.map(|token| String::from_utf8(token.to_vec()).unwrap()));
            Ok(())
        };
        tokens.treat(values, &mut emit).unwrap();
        out
    }

    fn entry(key: &str) -> ColumnPlan {
        ColumnPlan { kind: Some(Kind::Mobile), key: Some(key.to_owned()), ..ColumnPlan::new(Transform::Token) }
    }

    #[test]
    fn spellings_of_one_value_have_one_token() {
        let values =
            [Some("1390000111"), Some("13900001111"), None, Some("+86 139-0000-1111"), Some("13900001112"), Some("x")];
        for mac in [Mac::HmacSha256, Mac::HmacSm3] {
            let tokens = tokens(ColumnPlan { mac: Some(mac), ..entry("k1") }, &values);
            let [None, Some(plain), Some(spelled), Some(other), None] = &tokens[..] else { panic!("{tokens:?}") };
            assert_eq!(plain.len(), "k1.".len() + 26);
            assert!(plain == spelled && plain != other);
        }
        assert_ne!(
            tokens(entry("k1"), &values),
            tokens(ColumnPlan { mac: Some(Mac::HmacSm3), ..entry("k1") }, &values)
        );
    }

    #[test]
    fn rotated_tokens_join_among_themselves_and_are_made_of_tokens_alone() {
        let old = tokens(entry("k1"), &[Some("13900001111"), Some("13900001112"), Some("+86 13900001111")]);
        let old: Vec<Option<&str>> = old.iter().map(Option::as_deref).collect();
        let rotate = ColumnPlan { from: Some("k1".to_owned()), ..entry("k2") };
        let new = tokens(rotate.clone(), &old);
        assert!(
            new[0] == new[2] && new[0] != new[1] && new.iter().all(|token| token.as_ref().unwrap().starts_with("k2."))
        );
        let fresh = tokens(entry("k2"), &[Some("13900001111")]);
        assert_ne!(fresh[0], new[0], "a rotated token equals no fresh one");
        let foreign = fresh[0].as_deref();
        let longer = format!("{}a", old[0].unwrap());
        let refused = tokens(rotate, &[Some("13900001111"), foreign, Some("[redacted]"), Some(&longer), Some("k1.")]);
        assert_eq!(refused, [None, None, None, None, None]);
    }
}
