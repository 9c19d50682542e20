//! Numbers of documents, cards, phones and networks, and e-mail addresses: what lies between characters that can't belong to
//! one, in as many pieces as spaces cut it into, valid for its kind.

use super::{Span, trimmed};
use crate::kinds::{Kind, canonical, fold, grade};

/// Kinds of numbers and addresses of networks, the stricter ones first.
const NUMBERED: [Kind; 11] = [
    Kind::Email,
    Kind::ResidentId,
    Kind::ForeignPermanentId,
    Kind::Uscc,
    Kind::BankCard,
    Kind::Mobile,
    Kind::Landline,
    Kind::Mac,
    Kind::Ip,
    Kind::Passport,
    Kind::HkMacaoPermit,
];

/// How many pieces between spaces, and how many bytes, one number may be written in.
const MOST_PIECES: usize = 19;
const MOST_BYTES: usize = 64;

/// The bytes of a piece that may hold a number as it is.
const LONG_PIECE: usize = 128;

/// What may stand between a number and its label, or between two numbers.
const LABELS: [char; 7] = [':', '(', ')', '_', '\u{ff1a}', '\u{ff08}', '\u{ff09}'];

/// How many of them one piece is searched for numbers between.
const MOST_LABELS: usize = 12;

pub(super) fn numbers(text: &str, spans: &mut Vec<Span>) {
    for (start, end) in runs(text) {
        pieces(text, start, end, spans);
    }
}

/// A digit or letter of an identifier, or what may stand inside of one.
fn is_part(c: char) -> bool {
    match fold::character(c) {
        // What shows nothing hides inside of a number.
        None => true,
        Some(c) => c.is_ascii_alphanumeric() || "-.:@+_() ".contains(c),
    }
}

/// The runs of characters that a number may be made of.
fn runs(text: &str) -> Vec<(usize, usize)> {
    let mut runs = Vec::new();
    let mut start = None;
    for (at, c) in text.char_indices().chain([(text.len(), '\n')]) {
        match (is_part(c), start) {
            (true, None) => start = Some(at),
            (false, Some(begin)) => {
                runs.push((begin, at));
                start = None;
            }
            _ => {}
        }
    }
    runs
}

/// The parts of a range between characters of some set.
fn split(text: &str, start: usize, end: usize, at: impl Fn(char) -> bool) -> Vec<(usize, usize)> {
    let mut parts = Vec::new();
    let mut begin = start;
    for (place, c) in text.get(start..end).unwrap_or_default().char_indices() {
        if fold::character(c).is_some_and(&at) {
            parts.push((begin, start + place));
            begin = start + place + c.len_utf8();
        }
    }
    parts.push((begin, end));
    parts.retain(|(begin, end)| begin < end);
    parts
}

fn pieces(text: &str, start: usize, end: usize, spans: &mut Vec<Span>) {
    // What is longer than any number and its labels is cut first, so that it takes no longer than its length says.
    let words = split(text, start, end, |c| c == ' ').into_iter();
    let pieces: Vec<_> = words
        .flat_map(|(start, end)| match end - start > LONG_PIECE {
            true => split(text, start, end, |c| matches!(c, ':' | '(' | ')')),
            false => vec![(start, end)],
        })
        .collect();
    let mut first = 0;
    while let Some((begin, stop)) = pieces.get(first).copied() {
        let found = if stop - begin > LONG_PIECE { None } else { number(text, &pieces, first) };
        let Some((last, span)) = found else {
            tokens(text, begin, stop, spans);
            first += 1;
            continue;
        };
        spans.push(span);
        // What stands before it and behind it may be numbers too.
        if begin < span.start {
            self::pieces(text, begin, span.start, spans);
        }
        if let Some((_, stop)) = pieces.get(last)
            && span.end < *stop
        {
            self::pieces(text, span.end, *stop, spans);
        }
        first = last + 1;
    }
}

/// The first number that begins in a piece: at its beginning or behind a label, through as many pieces as it takes, up to the
/// end of the last or to a label in it.
fn number(text: &str, pieces: &[(usize, usize)], first: usize) -> Option<(usize, Span)> {
    let (begin, stop) = *pieces.get(first)?;
    for start in [begin].into_iter().chain(labels(text, begin, stop).map(|(_, behind)| behind)) {
        let longest = (first..pieces.len().min(first + MOST_PIECES)).rev();
        for last in longest {
            let (from, end) = *pieces.get(last)?;
            if end.saturating_sub(start) > MOST_BYTES && last > first {
                continue;
            }
            let before_labels: Vec<usize> = labels(text, from.max(start), end).map(|(at, _)| at).collect();
            for end in [end].into_iter().chain(before_labels.into_iter().rev()) {
                let span = trimmed(text, start, end).and_then(|(start, end)| kind_of(text, start, end));
                if let Some(span) = span {
                    return Some((last, span));
                }
            }
        }
    }
    None
}

/// The places of the labels in a range: where one begins, and what is behind it.
fn labels(text: &str, start: usize, end: usize) -> impl Iterator<Item = (usize, usize)> + '_ {
    let part = text.get(start..end).unwrap_or_default();
    let found = part.char_indices().filter(|(_, c)| LABELS.contains(c));
    found.take(MOST_LABELS).map(move |(at, c)| (start + at, start + at + c.len_utf8()))
}

/// The whole range as one number, valid for its kind.
fn kind_of(text: &str, start: usize, end: usize) -> Option<Span> {
    let part = text.get(start..end)?;
    // The shortest of them is an address of a network.
    if part.len() < 7
        || !part.chars().any(|c| fold::character(c).is_some_and(|c| c.is_ascii_digit() || "@:".contains(c)))
    {
        return None;
    }
    NUMBERED.iter().find(|kind| canonical(**kind, part).is_some()).map(|kind| Span { kind: *kind, start, end })
}

/// A piece that is nothing as a whole: its tokens, and in these its digits.
fn tokens(text: &str, start: usize, end: usize, spans: &mut Vec<Span>) {
    // 139.0000.1111 is no spelling of any kind, and a number all the same.
    if let Some((start, end)) = trimmed(text, start, end) {
        let part = text.get(start..end).unwrap_or_default();
        let digits = part.chars().filter(|c| fold::character(*c).is_some_and(|c| c.is_ascii_digit())).count();
        if digits >= 11
            && part.contains(['.', '\u{ff0e}'])
            && part.chars().all(|c| fold::character(c).is_none_or(|c| c.is_ascii_digit() || c == '.'))
        {
            spans.push(Span { kind: Kind::Account, start, end });
            return;
        }
    }
    for (start, end) in split(text, start, end, |c| !c.is_ascii_alphanumeric() && c != '-') {
        let Some((start, end)) = trimmed(text, start, end) else { continue };
        if let Some(span) = kind_of(text, start, end) {
            spans.push(span);
            continue;
        }
        for (start, end) in split(text, start, end, |c| !c.is_ascii_digit() && !matches!(c, '-' | 'x' | 'X')) {
            digits(text, start, end, spans);
        }
    }
}

/// Digits against letters, or of no kind as they are.
fn digits(text: &str, start: usize, end: usize, spans: &mut Vec<Span>) {
    let Some((start, end)) = trimmed(text, start, end) else { return };
    let part = text.get(start..end).unwrap_or_default();
    let count = part.chars().filter(|c| fold::character(*c).is_some_and(|c| c.is_ascii_digit())).count();
    let shaped = || grade(Kind::ResidentId, part).is_some_and(|grade| grade.date == Some(true));
    if let Some(span) = kind_of(text, start, end) {
        spans.push(span);
    } else if count >= 14 && shaped() {
        spans.push(Span { kind: Kind::ResidentId, start, end });
    } else if count >= 11 {
        spans.push(Span { kind: Kind::Account, start, end });
    }
}
