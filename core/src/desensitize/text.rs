//! 文本处理: what a free text says of persons is replaced span by span, the rest stays as it is.
//!
//! Spans are those of [`crate::detect::find`], each of a kind. With a key a span becomes the token that a column of its kind
//! gets in the same dataset, so that one person has one token in text and column; an address and a kind without a
//! canonical form don't. Without a key, and else, a span is masked by its kind, and redacted where it has no mask.
//!
//! What a text keeps is all that was not found: see there what that may be. A span that can't be treated (a resident id with
//! a wrong check digit) is redacted, and its cell counted as invalid. De-identified at most, never anonymized; row-local.

use std::collections::BTreeMap;

use super::REDACTED;
use super::cells::Made;
use super::column::ColumnPlan;
use super::mask::Mask;
use super::step::Report;
use super::token::Tokens;
use super::vocabulary::Transform;
use crate::crypto::Keyring;
use crate::detect::find;
use crate::kinds::Kind;
use crate::terms::Word as _;

/// Replaces the spans of one column.
pub(crate) struct Text {
    treatments: BTreeMap<Kind, Treatment>,
}

/// A key id, a dot and a token.
const MOST_OF_A_SPAN: usize = 128;

enum Treatment {
    Token(Box<Tokens>),
    Mask(Mask),
}

/// What is wrong with the settings: a kind of the whole text would be another transform.
pub(super) fn problems(entry: &ColumnPlan, report: &mut Report<'_>) {
    if entry.kind.is_some() {
        report.kind();
    }
    if entry.key.is_none() && entry.mac.is_some() {
        report.field("key", "the id of a key", "密钥标识");
    }
}

impl Text {
    /// Joins an entry that has no problems with its keys.
    pub(super) fn new(dataset: &str, entry: &ColumnPlan, keys: &Keyring) -> Result<Self, crate::Error> {
        let mut treatments = BTreeMap::new();
        for kind in Kind::ALL {
            let of = |transform| ColumnPlan { kind: Some(*kind), ..ColumnPlan::new(transform) };
            let treatment = match &entry.key {
                Some(key) if kind.is_implemented() && *kind != Kind::Address => {
                    let entry = ColumnPlan { key: Some(key.clone()), mac: entry.mac, ..of(Transform::Token) };
                    let domain = format!("{dataset}/{kind}");
                    Some(Treatment::Token(Box::new(Tokens::new(&entry, &domain, keys)?)))
                }
                _ => Mask::new(&of(Transform::Mask)).map(Treatment::Mask),
            };
            if let Some(treatment) = treatment {
                treatments.insert(*kind, treatment);
            }
        }
        Ok(Text { treatments })
    }

    /// Appends the text with its spans replaced, in part where one of them could only be redacted.
    pub(super) fn append(&self, text: &str, out: &mut Vec<u8>) -> Made {
        let (mut at, mut made) = (0, Made::Whole);
        for span in find(text) {
            let (Some(before), Some(part)) = (text.get(at..span.start), text.get(span.start..span.end)) else {
                return Made::Nothing;
            };
            // A token is longer than the shortest span.
            if out.try_reserve(text.len() + MOST_OF_A_SPAN).is_err() {
                return Made::Nothing;
            }
            out.extend_from_slice(before.as_bytes());
            at = span.end;
            let start = out.len();
            let done = match self.treatments.get(&span.kind) {
                Some(Treatment::Token(tokens)) => tokens.append(part, out),
                Some(Treatment::Mask(mask)) => mask.append(part, out),
                None => false,
            };
            if !done {
                out.truncate(start);
                out.extend_from_slice(REDACTED.as_bytes());
                // A kind without a treatment of its own is redacted by intent.
                if self.treatments.contains_key(&span.kind) {
                    made = Made::InPart;
                }
            }
        }
        out.extend_from_slice(text.as_bytes().get(at..).unwrap_or_default());
        made
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> Keyring {
        let mut keys = Keyring::new();
        keys.insert("k1", &[7; 32]).unwrap();
        keys
    }

    fn treated(entry: &ColumnPlan, text: &str) -> (String, Made) {
        let mut out = Vec::new();
        let made = Text::new("d", entry, &keys()).unwrap().append(text, &mut out);
        (String::from_utf8(out).unwrap(), made)
    }

    fn with_key() -> ColumnPlan {
        ColumnPlan { key: Some("k1".to_owned()), ..ColumnPlan::new(Transform::Text) }
    }

    #[test]
    fn without_a_key_spans_are_masked_by_their_kind() {
        let plain = ColumnPlan::new(Transform::Text);
        let text = "联系人:张三,电话13900001111,住陕西省西安市雁塔区小寨东路1号,单号20261129000012345678901。";
        let expected = "联系人:张*,电话139****1111,住陕西省西安市雁塔区******,单号[redacted]。";
        assert_eq!(treated(&plain, text), (expected.to_owned(), Made::Whole));
        assert_eq!(treated(&plain, "无"), ("无".to_owned(), Made::Whole));
        let wrong = treated(&plain, "身份证110105194912310021号");
        assert_eq!(wrong, ("身份证[redacted]号".to_owned(), Made::InPart), "a wrong check digit is no way out");
    }

    #[test]
    fn with_a_key_a_person_has_one_token_in_text_and_column() {
        let entry =
            ColumnPlan { kind: Some(Kind::Mobile), key: Some("k1".to_owned()), ..ColumnPlan::new(Transform::Token) };
        let column = Tokens::new(&entry, "d/mobile", &keys()).unwrap();
        let mut token = Vec::new();
        assert!(column.append("13900001111", &mut token));
        let token = String::from_utf8(token).unwrap();
        for spelled in ["电话13900001111。", "电话+86 139-0000-1111。"] {
            assert_eq!(treated(&with_key(), spelled), (format!("电话{token}。"), Made::Whole), "{spelled}");
        }
    }

    #[test]
    fn nothing_that_was_found_is_left() {
        let text = "张三先生,110105194912310021,11010519491231002X,a@qq.com,陕A12345";
        for entry in [ColumnPlan::new(Transform::Text), with_key()] {
            let (shown, made) = treated(&entry, text);
            assert_eq!(made, Made::InPart);
            for part in ["张三", "19491231", "a@", "12345"] {
                assert!(!shown.contains(part), "{part} in {shown}");
            }
        }
    }
}
