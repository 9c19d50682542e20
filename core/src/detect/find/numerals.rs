//! Numbers written in Chinese numerals, all of them or some: `一三八〇〇一三八〇〇〇`, `壹叁捌零零…`, `1三8〇〇一三8〇〇〇`.
//!
//! Eleven digits and more are a number: prose has no numerals in such a row.

use super::Span;
use crate::kinds::{Kind, canonical, fold, grade};

/// The fewest digits of a number.
const LEAST: usize = 11;

/// The kinds whose canonical form reads numerals, the stricter ones first. Whatever else is so long is an account.
const KINDS: [Kind; 3] = [Kind::ResidentId, Kind::BankCard, Kind::Mobile];

/// The most bytes of a number with what stands inside of it.
const MOST_BYTES: usize = 192;

/// Digits in a row.
#[derive(Default)]
struct Run {
    digits: usize,
    numerals: usize,
    /// Where the first digit and the second begin, and where the last but one and the last end.
    starts: [usize; 2],
    ends: [usize; 2],
    /// ASCII digits in a row at the end, and the most of them.
    plain: usize,
    most_plain: usize,
    /// The last digit, and whether another came before it: a line of `一` or `○` is an ornament.
    last: Option<char>,
    varied: bool,
    /// Something stands behind the last digit that may stand inside of a number.
    cut: bool,
}

pub(super) fn numerals(text: &str, spans: &mut Vec<Span>) {
    let mut run = Run::default();
    for (at, c) in text.char_indices() {
        let place = (at, at + c.len_utf8());
        if fold::is_numeral(c) {
            // Between numerals alone there may be spaces: `三 2026-11-29` is no number.
            if run.cut && run.most_plain > 0 {
                run.end(text, spans);
            }
            run.push(place, c, true);
            continue;
        }
        match fold::character(c) {
            None => {}
            Some(c) if c.is_ascii_digit() => {
                if run.cut {
                    run.end(text, spans);
                }
                run.push(place, c, false);
            }
            Some(' ' | '-') => run.cut = true,
            // The check character of a resident id.
            Some('x' | 'X') if run.digits == 17 => {
                run.push(place, c, false);
                run.end(text, spans);
            }
            Some(_) => run.end(text, spans),
        }
    }
    run.end(text, spans);
}

impl Run {
    fn push(&mut self, (start, end): (usize, usize), digit: char, numeral: bool) {
        self.varied |= self.last.is_some_and(|last| last != digit);
        self.last = Some(digit);
        if let Some(place) = self.starts.get_mut(self.digits) {
            *place = start;
        }
        self.ends = [self.ends[1], end];
        self.digits += 1;
        self.numerals += usize::from(numeral);
        self.plain = if numeral { 0 } else { self.plain + 1 };
        self.most_plain = self.most_plain.max(self.plain);
        self.cut = false;
    }

    /// Says what the digits are, and begins anew.
    fn end(&mut self, text: &str, spans: &mut Vec<Span>) {
        if self.digits == 0 {
            return;
        }
        // What ASCII digits alone make is found as it is without the numerals beside them.
        if self.numerals > 0 && self.digits >= LEAST && self.most_plain < LEAST && self.varied {
            spans.push(self.span(text));
        }
        *self = Run::default();
    }

    fn span(&self, text: &str) -> Span {
        let ([first, second], [last_but_one, last]) = (self.starts, self.ends);
        // As a whole, or but for one numeral that belongs to the sentence: `…〇〇〇一个`.
        let parts = [(first, last, 0), (first, last_but_one, 1), (second, last, 1)];
        let parts = parts
            .into_iter()
            .filter(|(start, end, less)| self.digits - less >= LEAST && end.saturating_sub(*start) <= MOST_BYTES);
        let valid = parts.into_iter().find_map(|(start, end, _)| {
            let part = text.get(start..end)?;
            let kind = KINDS.into_iter().find(|kind| canonical(*kind, part).is_some())?;
            Some(Span { kind, start, end })
        });
        let whole = text.get(first..last).filter(|part| part.len() <= MOST_BYTES);
        let shaped = whole.and_then(|part| grade(Kind::ResidentId, part)).is_some_and(|grade| grade.date == Some(true));
        let kind = if shaped { Kind::ResidentId } else { Kind::Account };
        valid.unwrap_or(Span { kind, start: first, end: last })
    }
}
