//! Names in Latin letters behind a word that announces one: `Name: John Smith`, `联系人: Zhang San`.
//!
//! Two to four words with a capital. One word alone (`联系人: Tom`) is no name that could be told from any other word.

use super::{Span, names};
use crate::kinds::{Kind, fold, is_valid};

/// English words for a person behind which, and a colon, a name stands.
const PERSONS: [&str; 14] = [
    "contact",
    "applicant",
    "patient",
    "customer",
    "client",
    "student",
    "guardian",
    "plaintiff",
    "defendant",
    "recipient",
    "attn",
    "employee",
    "parent",
    "witness",
];

/// What may stand before `name` besides: a file has a name too.
const OF_PERSONS: [&str; 6] = ["full", "his", "her", "your", "my", "legal"];

/// One byte more than the longest of these words: what is cut there equals none of them.
const LONGEST_WORD: usize = 10;

/// Words that stand behind such a colon, or behind a name, and are no part of one.
const NO_NAMES: [&str; 26] = [
    "not",
    "no",
    "none",
    "unknown",
    "the",
    "a",
    "an",
    "to",
    "see",
    "same",
    "as",
    "other",
    "phone",
    "tel",
    "email",
    "mobile",
    "id",
    "address",
    "date",
    "age",
    "sex",
    "gender",
    "company",
    "dept",
    "signature",
    "title",
];

/// Words of a name that have no capital.
const PARTICLES: [&str; 10] = ["de", "la", "van", "von", "der", "bin", "al", "da", "di", "le"];

const MOST_WORDS: usize = 4;
const LONGEST_PART: usize = 20;

pub(super) fn latin_names(text: &str, spans: &mut Vec<Span>) {
    for (at, colon) in text.match_indices([':', '\u{ff1a}']) {
        if !announces(text.get(..at).unwrap_or_default()) {
            continue;
        }
        let rest = text.get(at + colon.len()..).unwrap_or_default();
        let rest = rest.trim_start_matches([' ', '\u{3000}', '"', '“']);
        let start = text.len() - rest.len();
        let name = names::name_from(rest).or_else(|| name_from(rest, true));
        spans.extend(name.map(|name| Span { kind: Kind::PersonName, start, end: start + name.len() }));
    }
}

/// Whether the text ends with a word for a person, or with the name of one.
fn announces(text: &str) -> bool {
    let Some((word, before)) = last_word(text) else { return false };
    let one_of = |words: &[&str], word: &str| words.iter().any(|known| word.eq_ignore_ascii_case(known));
    let word_before = last_word(before).map(|(word, _)| word);
    match word_before {
        _ if one_of(&PERSONS, word) => true,
        None => word.eq_ignore_ascii_case("name"),
        Some(other) if word.eq_ignore_ascii_case("name") => one_of(&PERSONS, other) || one_of(&OF_PERSONS, other),
        Some(other) => word.eq_ignore_ascii_case("person") && other.eq_ignore_ascii_case("contact"),
    }
}

/// The word of ASCII letters that a text ends with, and what stands before it. Digits and dashes belong to a word too: what
/// holds them is none that is known.
fn last_word(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_end_matches(' ');
    let part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    // The end of a longer word is none that is known either.
    let length = text.bytes().rev().take(LONGEST_WORD).take_while(part).count();
    let (before, word) = text.split_at_checked(text.len() - length)?;
    (length > 0).then_some((word, before))
}

/// A letter as it is shown.
fn letter(c: char) -> Option<char> {
    // No Chinese character has a case.
    fold::character(c).filter(|c| c.is_uppercase() || c.is_lowercase())
}

/// The name that a text begins with: words with a capital, one space between. Without a colon before it words of capitals
/// alone are abbreviations (`患者 CT MRI`).
pub(super) fn name_from(text: &str, colon: bool) -> Option<&str> {
    let (mut at, mut end, mut words) = (0, 0, 0);
    while words < MOST_WORDS {
        let Some(rest) = text.get(at..) else { break };
        let Some(word) = word(rest) else { break };
        let behind = rest.get(word.len()..).unwrap_or_default();
        if behind.starts_with([':', '\u{ff1a}']) || NO_NAMES.iter().any(|other| word.eq_ignore_ascii_case(other)) {
            break;
        }
        let particle = words > 0 && PARTICLES.contains(&word);
        let Some(first) = word.chars().next().and_then(letter) else { break };
        if !particle {
            let capitals = word.chars().count() > 1 && !word.chars().filter_map(letter).any(char::is_lowercase);
            if !first.is_uppercase() || (capitals && !colon) {
                break;
            }
            (end, words) = (at + word.len(), words + 1);
        }
        // A middle initial has its dot, a surname that comes first its comma.
        let dot = word.chars().count() == 1 && behind.starts_with('.');
        let comma = words == 1 && behind.starts_with(',');
        let gap = behind.get(usize::from(dot || comma)..).unwrap_or_default();
        let Some(space) = gap.chars().next().filter(|c| fold::character(*c) == Some(' ')) else { break };
        at += word.len() + usize::from(dot || comma) + space.len_utf8();
    }
    text.get(..end).filter(|name| words >= 2 && is_valid(Kind::PersonName, name))
}

/// The letters that a text begins with, with what may stand between them, if they are no more than a word has.
fn word(text: &str) -> Option<&str> {
    let part = |c: char| letter(c).is_some() || matches!(c, '\'' | '-');
    let end = text.char_indices().take(LONGEST_PART + 1).find(|(_, c)| !part(*c)).map_or(text.len(), |(end, _)| end);
    let word = text.get(..end).filter(|word| !word.is_empty())?;
    (word.chars().count() <= LONGEST_PART).then_some(word)
}
