//! Spans of free text that name a person or say where one is, by their kind.
//!
//! | found | how |
//! |---|---|
//! | numbers of documents, cards, phones, networks; e-mail addresses | what lies between characters that can't belong to one, in as many pieces as spaces cut it into, valid for its kind |
//! | the same in Chinese numerals (`一三八〇〇一三八〇〇〇`) | eleven digits and more in a row, with numerals among them; of no kind, as an account |
//! | a resident id with a wrong check digit or division | its shape and a real date |
//! | eleven digits and more that are of no kind | as an account |
//! | plates, officers' numbers | from the character of the province or service |
//! | permits of residents of Taiwan | behind `台胞证` and the like; the residence permits of Taiwan, Hong Kong and Macao are numbers like resident ids |
//! | names | behind a word that announces one (`联系人：`, `Name:`), or before a form of address (`先生`); in Latin letters two to four words with a capital |
//! | addresses | a known division, and streets and numbers behind it |
//!
//! Chinese text has no word boundaries, so a number may stand against a character. Not found are: a name that nothing
//! announces (`昨天张三来过`, `Mr. Smith`); one word in Latin letters (`联系人: Tom`); eight digits of a Taiwan permit without its
//! name; fewer than eleven Chinese numerals; an address that begins below the district. What must hold nobody at all is
//! redacted as a whole.

mod addresses;
mod documents;
mod latin;
mod names;
mod numbers;
mod numerals;

use crate::kinds::{Kind, fold};

/// A part of a text, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// What it is.
    pub kind: Kind,
    /// Where it begins.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
}

/// The spans of a text, from left to right; none overlaps another.
///
/// ```
/// use kaifang::detect::find;
/// use kaifang::kinds::Kind;
/// let text = "请回电13900001111,邮箱li1@qq.com";
/// let found: Vec<_> = find(text).iter().map(|span| (span.kind, &text[span.start..span.end])).collect();
/// assert_eq!(found, [(Kind::Mobile, "13900001111"), (Kind::Email, "li1@qq.com")]);
/// ```
#[must_use]
pub fn find(text: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    numbers::numbers(text, &mut spans);
    numerals::numerals(text, &mut spans);
    documents::plates(text, &mut spans);
    documents::officers(text, &mut spans);
    documents::permits(text, &mut spans);
    names::names(text, &mut spans);
    latin::latin_names(text, &mut spans);
    addresses::addresses(text, &mut spans);
    apart(spans)
}

/// Spans from left to right. Of two that overlap the one that begins first stays, of these the longer; what the other has
/// beyond it is a span too, of nothing that could be shown in part.
fn apart(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_by_key(|span| (span.start, std::cmp::Reverse(span.end)));
    let mut end = 0;
    spans.retain_mut(|span| {
        if span.end <= end {
            return false;
        }
        if span.start < end {
            *span = Span { kind: Kind::Account, start: end, end: span.end };
        }
        end = span.end;
        true
    });
    spans
}

/// Without the punctuation at its ends.
fn trimmed(text: &str, start: usize, end: usize) -> Option<(usize, usize)> {
    let part = text.get(start..end)?;
    let outer = |c: char| fold::character(c).is_none_or(|c| "-.:_() ".contains(c));
    let begin = part.trim_start_matches(outer);
    let start = end - begin.len();
    let end = start + begin.trim_end_matches(outer).len();
    (start < end).then_some((start, end))
}

/// The first so many characters of a text.
fn head(text: &str, count: usize) -> &str {
    text.char_indices().nth(count).and_then(|(end, _)| text.get(..end)).unwrap_or(text)
}

#[cfg(test)]
mod tests;
