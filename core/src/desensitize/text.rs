//! 文本处理: what a free text says of persons is replaced span by span, the rest stays as it is.
//!
//! Spans are those of [`crate::detect::find`], each of a kind. With a key a span becomes the token that the plan's column of
//! its kind gets under that key (by its domain and code; by default those of the dataset), so that one person has one token in text and column; an address and a kind without a
//! canonical form don't. Without a key, and else, a span is masked by its kind, and redacted where it has no mask.
//!
//! What a text keeps is all that was not found: see there what that may be. A span that can't be treated (a resident id with
//! a wrong check digit) is redacted, and its cell counted as invalid. De-identified at most, never anonymized; row-local.

use std::collections::BTreeMap;

use super::cells::Made;
use super::column::ColumnPlan;
use super::mask::Mask;
use super::plan::Plan;
use super::step::Report;
use super::token::Tokens;
use super::vocabulary::{Mac, Transform};
use super::{PlanError, REDACTED, step};
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

/// The domain and the code of the plan's tokens of a kind under a key; those that they have by default where there are none.
fn of_column(plan: &Plan, kind: Kind, key: &str, column: &str) -> Result<(String, Option<Mac>), PlanError> {
    let tokens = |entry: &&ColumnPlan| {
        let fresh = entry.transform == Transform::Token && entry.from.is_none();
        fresh && entry.kind == Some(kind) && entry.key.as_deref() == Some(key)
    };
    let mut made = plan.columns().values().filter(tokens).map(|entry| (step::domain(plan.dataset(), entry), entry.mac));
    let Some((domain, mac)) = made.next() else { return Ok((format!("{}/{kind}", plan.dataset()), None)) };
    if made.any(|other| other != (domain.clone(), mac)) {
        return Err(PlanError::Field {
            place: format!("columns.{column}.key"),
            expected_en: "one domain and one code for all tokens of a kind under this key",
            expected_zh: "该密钥下同一类别的令牌使用同一域与同一鉴别码",
        });
    }
    Ok((domain.unwrap_or_default(), mac))
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
    ///
    /// # Errors
    /// [`PlanError::Field`] where two columns of tokens of one kind differ in what a token is made by: a span could be either.
    pub(super) fn new(plan: &Plan, column: &str, entry: &ColumnPlan, keys: &Keyring) -> Result<Self, crate::Error> {
        let mut treatments = BTreeMap::new();
        for kind in Kind::ALL {
            let of = |transform| ColumnPlan { kind: Some(*kind), ..ColumnPlan::new(transform) };
            let treatment = match &entry.key {
                Some(key) if kind.is_implemented() && *kind != Kind::Address => {
                    let (domain, mac) = of_column(plan, *kind, key, column)?;
                    let entry = ColumnPlan { key: Some(key.clone()), mac: entry.mac.or(mac), ..of(Transform::Token) };
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
        let plan = Plan::new("d", [("bz".to_owned(), entry.clone())].into(), super::super::Invalid::Redact).unwrap();
        let made = Text::new(&plan, "bz", entry, &keys()).unwrap().append(text, &mut out);
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
    fn tokens_of_text_are_those_of_the_plan_s_columns() {
        let token = |domain: &str| ColumnPlan {
            kind: Some(Kind::Mobile),
            key: Some("k1".to_owned()),
            domain: Some(domain.to_owned()),
            mac: Some(Mac::HmacSm3),
            ..ColumnPlan::new(Transform::Token)
        };
        let plan = |others: Vec<ColumnPlan>| {
            let named = others.into_iter().enumerate().map(|(number, entry)| (format!("c{number}"), entry));
            let columns = named.chain([("bz".to_owned(), with_key())]).collect();
            Plan::new("d", columns, super::super::Invalid::Redact).unwrap()
        };
        let mut expected = Vec::new();
        assert!(Tokens::new(&token("joint"), "joint", &keys()).unwrap().append("13900001111", &mut expected));
        let mut out = Vec::new();
        Text::new(&plan(vec![token("joint")]), "bz", &with_key(), &keys()).unwrap().append("13900001111", &mut out);
        assert_eq!(out, expected);
        assert!(Text::new(&plan(vec![token("joint"), token("other")]), "bz", &with_key(), &keys()).is_err());
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
