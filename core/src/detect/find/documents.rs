//! Numbers that a character or a word announces: plates, officers' numbers, Taiwan permits.

use super::{Span, head};
use crate::kinds::{Kind, canonical, fold, person_name};

pub(super) fn plates(text: &str, spans: &mut Vec<Span>) {
    let starts = text.char_indices().filter(|(_, c)| person_name::is_han(*c));
    for (start, _) in starts {
        let rest = text.get(start..).unwrap_or_default();
        if !rest.chars().nth(1).and_then(fold::character).is_some_and(|c| c.is_ascii_alphabetic()) {
            continue;
        }
        // Seven characters, eight of new energy, and a dot or dash after the second.
        let plate = (7..=9).rev().map(|count| head(rest, count)).find(|part| canonical(Kind::Plate, part).is_some());
        spans.extend(plate.map(|part| Span { kind: Kind::Plate, start, end: start + part.len() }));
    }
}

pub(super) fn officers(text: &str, spans: &mut Vec<Span>) {
    for (at, middle) in text.match_indices("字第") {
        let before = text.get(..at).unwrap_or_default();
        let Some((start, _)) = before.char_indices().next_back() else { continue };
        let rest = text.get(at + middle.len()..).unwrap_or_default();
        let number = rest.trim_start_matches(|c| fold::character(c).is_none_or(|c| c.is_ascii_digit()));
        let end = text.len() - number.len();
        let end = if number.starts_with('号') { end + '号'.len_utf8() } else { end };
        if text.get(start..end).is_some_and(|part| canonical(Kind::OfficerId, part).is_some()) {
            spans.push(Span { kind: Kind::OfficerId, start, end });
        }
    }
}

/// What the permit of a resident of Taiwan is called. Its eight digits alone could be a date.
const PERMITS: [&str; 4] = ["台胞证", "台湾居民来往大陆通行证", "台湾居民往来大陆通行证", "台湾通行证"];

/// The most characters of a permit's number, with spaces and the issuing office.
const LONGEST_PERMIT: usize = 16;

/// As many digits and letters behind the word are its number, though a wrong one.
const LEAST_OF_PERMIT: usize = 6;

pub(super) fn permits(text: &str, spans: &mut Vec<Span>) {
    for (at, _) in text.match_indices('台') {
        let rest = text.get(at..).unwrap_or_default();
        let Some(word) = PERMITS.iter().find(|word| rest.starts_with(**word)) else { continue };
        let behind = rest.get(word.len()..).unwrap_or_default();
        let number = behind.trim_start_matches(|c| "号码编为是:\u{ff1a}(\u{ff08})\u{ff09} ".contains(c));
        let start = text.len() - number.len();
        let letter = |c: char| fold::character(c).is_some_and(|c| c.is_ascii_alphanumeric());
        // No number goes on behind it.
        let whole = |part: &&str| !number.get(part.len()..).unwrap_or_default().starts_with(letter);
        let valid = (8..=LONGEST_PERMIT).rev().map(|count| head(number, count)).filter(whole);
        let valid = valid.filter(|part| part.ends_with(|c| letter(c) || c == ')' || c == '\u{ff09}'));
        let found = valid.into_iter().find(|part| canonical(Kind::TaiwanPermit, part).is_some());
        let wrong = || {
            let run = number.find(|c| !letter(c)).map_or(number, |end| number.get(..end).unwrap_or_default());
            let digits = run.chars().filter_map(fold::character).any(|c| c.is_ascii_digit());
            Some(run).filter(|run| digits && run.chars().count() >= LEAST_OF_PERMIT)
        };
        let found = found.or_else(wrong);
        spans.extend(found.map(|part| Span { kind: Kind::TaiwanPermit, start, end: start + part.len() }));
    }
}
