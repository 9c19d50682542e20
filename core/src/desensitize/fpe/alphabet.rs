//! Text over an alphabet: rows of one length go through FF1 together.

use std::collections::HashMap;

use super::super::PlanError;
use super::super::cells::Emit;
use super::super::copies::too_large;
use super::decimal;
use super::tweak::{self, Common};
use crate::crypto::ff1::{Direction, Ff1, Half, MOST_NUMERALS, Scratch, Shape, TweakEnd};

/// The alphabets that have a name. A plan's own alphabet is any other text.
const NAMED: [(&str, &[std::ops::RangeInclusive<char>]); 5] = [
    ("digits", &['0'..='9']),
    ("lower", &['a'..='z']),
    ("upper", &['A'..='Z']),
    ("alphanumeric", &['0'..='9', 'A'..='Z', 'a'..='z']),
    ("hex", &['0'..='9', 'a'..='f']),
];

/// The distinct characters of a format, in the order of their numerals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Alphabet {
    characters: Vec<char>,
    /// The same as bytes, where all of them are ASCII.
    bytes: Vec<u8>,
    /// The numeral of each ASCII character.
    ascii: Box<[u32; 128]>,
    others: HashMap<char, u32>,
}

/// No numeral.
const NONE: u32 = u32::MAX;

impl Alphabet {
    /// The alphabet of a name (`digits`, `lower`, `upper`, `alphanumeric`, `hex`), or of the characters themselves: 2 to
    /// 65,536, all distinct. `None` for anything else.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let named = NAMED.iter().find(|(name, _)| *name == text);
        let characters: Vec<char> = match named {
            Some((_, ranges)) => ranges.iter().cloned().flatten().collect(),
            None => text.chars().collect(),
        };
        let (mut ascii, mut others) = (Box::new([NONE; 128]), HashMap::new());
        for (numeral, character) in (0..).zip(&characters) {
            let before = match ascii.get_mut(*character as usize) {
                Some(place) => std::mem::replace(place, numeral),
                None => others.insert(*character, numeral).unwrap_or(NONE),
            };
            if before != NONE {
                return None;
            }
        }
        let bytes =
            if others.is_empty() { characters.iter().map(|character| *character as u8).collect() } else { vec![] };
        (2..=65_536).contains(&characters.len()).then_some(Alphabet { characters, bytes, ascii, others })
    }

    pub(super) fn radix(&self) -> u32 {
        self.characters.len() as u32
    }

    /// The numerals are the decimal digits.
    fn is_decimal(&self) -> bool {
        self.bytes == b"0123456789"
    }

    #[inline(always)]
    fn numeral(&self, character: char) -> u32 {
        match self.ascii.get(character as usize) {
            Some(numeral) => *numeral,
            None => self.others.get(&character).copied().unwrap_or(NONE),
        }
    }
}

/// The encryption of a column over an alphabet.
pub(super) struct Column {
    /// Its name, for errors.
    pub(super) name: String,
    pub(super) ff1: Ff1,
    pub(super) alphabet: Alphabet,
    pub(super) keep_prefix: usize,
    pub(super) keep_suffix: usize,
    pub(super) common: Common,
}

/// A value that may be treated: where it stands, how many characters are encrypted, and which bytes these are.
#[derive(Clone, Copy)]
struct Row<'a> {
    place: usize,
    length: usize,
    value: &'a str,
    start: usize,
    end: usize,
}

impl<'a> Row<'a> {
    #[inline(always)]
    fn middle(&self) -> &'a str {
        self.value.get(self.start..self.end).unwrap_or_default()
    }

    #[inline(always)]
    fn kept(&self) -> TweakEnd {
        let part = |part: Option<&'a str>| part.unwrap_or_default();
        tweak::kept(part(self.value.get(..self.start)), part(self.value.get(self.end..)))
    }
}

/// The treated values, in the order in which they were made.
#[derive(Default)]
struct Written {
    text: Vec<u8>,
    /// For each value its bytes in `text`: none where nothing was written.
    spans: Vec<(usize, usize)>,
}

impl Column {
    pub(super) fn treat(&self, direction: Direction, values: &[Option<&str>], emit: Emit<'_>) -> Result<(), PlanError> {
        let (mut count, mut room) = (0, 0_usize);
        // An alphabet whose characters are of several bytes may need more room than the values have.
        let widest = if self.alphabet.bytes.is_empty() { char::MAX.len_utf8() } else { 1 };
        let mut rows: Vec<Row<'_>> = Vec::with_capacity(values.len());
        for value in values.iter().flatten() {
            if let Some(row) = self.row(count, value) {
                let middle = row.length.min(MOST_NUMERALS) * widest;
                room = room.saturating_add(value.len() - row.middle().len() + middle);
                rows.push(row);
            }
            count += 1;
        }
        if !rows.is_sorted_by_key(|row| row.length) {
            rows.sort_by_key(|row| row.length);
        }
        // All that will be written: nothing below grows it.
        let mut written = Written { text: Vec::new(), spans: vec![(0, 0); count] };
        written.text.try_reserve_exact(room).map_err(|_| too_large(&self.name))?;
        for rows in rows.chunk_by(|a, b| a.length == b.length) {
            let length = rows.first().map_or(0, |row| row.length);
            // Too short or too long: no value of this length is treated.
            let Ok(shape) = self.ff1.shape_of_rows(length, &self.common) else { continue };
            if shape.fits::<u64>() && self.alphabet.is_decimal() {
                self.decimal(&shape, direction, rows, &mut written);
            } else if shape.fits::<u64>() {
                self.batch::<u64>(&shape, direction, rows, &mut written);
            } else if shape.fits::<u128>() {
                self.batch::<u128>(&shape, direction, rows, &mut written);
            } else {
                rows.iter().for_each(|row| {
                    self.one(&shape, direction, row, &mut written);
                });
            }
        }
        for (start, end) in written.spans {
            emit(written.text.get(start..end).filter(|text| !text.is_empty()))?;
        }
        Ok(())
    }

    /// Cuts off the kept characters; `None` where nothing is left.
    #[inline(always)]
    fn row<'a>(&self, place: usize, value: &'a str) -> Option<Row<'a>> {
        if value.is_ascii() {
            let (start, end) = (self.keep_prefix, value.len().checked_sub(self.keep_suffix)?);
            let length = end.checked_sub(start).filter(|length| *length > 0)?;
            return Some(Row { place, length, value, start, end });
        }
        let starts = || value.char_indices().map(|(at, _)| at);
        let end = match self.keep_suffix.checked_sub(1) {
            None => value.len(),
            Some(last) => starts().rev().nth(last)?,
        };
        let start = starts().chain([value.len()]).nth(self.keep_prefix)?;
        let length = value.get(start..end).filter(|middle| !middle.is_empty())?.chars().count();
        Some(Row { place, length, value, start, end })
    }

    /// Rows of one length whose halves are numbers of one word.
    fn batch<H: Digits>(&self, shape: &Shape, direction: Direction, rows: &[Row<'_>], written: &mut Written) {
        let (mut left, mut right) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
        let (mut ends, mut read) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
        let radix = Radix::new(self.alphabet.radix());
        for row in rows {
            if let Some((first, second)) = self.halves::<H>(radix, shape, row) {
                left.push(first);
                right.push(second);
                ends.push(row.kept());
                read.push(row);
            }
        }
        self.ff1.batch(shape, direction, &ends, &mut left, &mut right, &mut Scratch::default());
        let mut numerals = vec![0; rows.first().map_or(0, |row| row.length)];
        for ((row, first), second) in read.into_iter().zip(&left).zip(&right) {
            let (head, tail) = numerals.split_at_mut(shape.left().min(row.length));
            first.numerals(radix, head);
            second.numerals(radix, tail);
            self.write(row, &numerals, written);
        }
    }

    /// Rows of decimal digits: what [`Column::batch`] does, several digits at a time.
    fn decimal(&self, shape: &Shape, direction: Direction, rows: &[Row<'_>], written: &mut Written) {
        let (mut left, mut right) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
        let (mut ends, mut read) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
        let keeps = self.keep_prefix + self.keep_suffix > 0;
        let mut room = 0;
        for row in rows {
            let middle = row.value.as_bytes().get(row.start..row.end);
            // A character of several bytes makes the middle longer, and is no digit.
            let halves = middle.and_then(|middle| middle.split_at_checked(shape.left()));
            let numbers = halves.and_then(|(head, tail)| decimal::read(head).zip(decimal::read(tail)));
            if let Some((first, second)) = numbers {
                left.push(first);
                right.push(second);
                if keeps {
                    ends.push(row.kept());
                }
                read.push(row);
                room += row.value.len();
            }
        }
        self.ff1.batch(shape, direction, &ends, &mut left, &mut right, &mut Scratch::default());
        // One growth for all rows: through `Written::value`, growing for each, they take a tenth longer.
        let mut at = written.text.len();
        written.text.resize(at + room, 0);
        let mut rest = written.text.get_mut(at..).unwrap_or_default();
        for ((row, first), second) in read.into_iter().zip(&left).zip(&right) {
            let (text, later) = rest.split_at_mut_checked(row.value.len()).unwrap_or_default();
            rest = later;
            let end = at + row.value.len();
            let middle = text.get_mut(row.start..row.end).unwrap_or_default();
            if let Some((head, tail)) = middle.split_at_mut_checked(shape.left()) {
                decimal::write(*first, head);
                decimal::write(*second, tail);
                let kept = [0..row.start, row.end..row.value.len()];
                for kept in kept.into_iter().filter(|kept| !kept.is_empty()) {
                    let (to, from) = (text.get_mut(kept.clone()), row.value.as_bytes().get(kept));
                    to.zip(from).into_iter().for_each(|(to, from)| to.copy_from_slice(from));
                }
                if let Some(span) = written.spans.get_mut(row.place) {
                    *span = (at, end);
                }
            }
            at = end;
        }
    }

    /// `None` where a character is not of the alphabet.
    #[inline(always)]
    fn halves<H: Digits>(&self, radix: Radix, shape: &Shape, row: &Row<'_>) -> Option<(H, H)> {
        let mut worst = 0;
        let mut see = |numeral: u32| {
            worst |= numeral;
            numeral
        };
        let halves = if row.middle().is_ascii() {
            let (head, tail) = row.middle().as_bytes().split_at_checked(shape.left())?;
            let numeral = |byte: &u8| self.alphabet.ascii.get(usize::from(*byte)).copied().unwrap_or(NONE);
            let mut half = |bytes: &[u8]| bytes.iter().fold(H::ZERO, |sum, byte| sum.push(radix, see(numeral(byte))));
            (half(head), half(tail))
        } else {
            let mut characters = row.middle().chars();
            let mut half = |characters: &mut dyn Iterator<Item = char>| {
                characters.fold(H::ZERO, |sum, character| sum.push(radix, see(self.alphabet.numeral(character))))
            };
            (half(&mut characters.by_ref().take(shape.left())), half(&mut characters))
        };
        // Numerals are below 65,536, what is none is not.
        (worst < 65_536).then_some(halves)
    }

    /// A row whose halves are longer than any word.
    fn one(&self, shape: &Shape, direction: Direction, row: &Row<'_>, written: &mut Written) -> Option<()> {
        let mut numerals: Vec<u32> = row.middle().chars().map(|character| self.alphabet.numeral(character)).collect();
        self.ff1.one(shape, direction, &row.kept(), &mut numerals).ok()?;
        self.write(row, &numerals, written);
        Some(())
    }

    #[inline(always)]
    fn write(&self, row: &Row<'_>, numerals: &[u32], written: &mut Written) {
        let Alphabet { characters, bytes, .. } = &self.alphabet;
        written.value(row, |text| {
            if !bytes.is_empty() {
                text.extend(numerals.iter().map(|numeral| bytes.get(*numeral as usize).copied().unwrap_or_default()));
                return;
            }
            for numeral in numerals {
                let character = characters.get(*numeral as usize).copied().unwrap_or_default();
                text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
        });
    }
}

impl Written {
    /// Appends a value whose middle is written by `middle`.
    #[inline(always)]
    fn value(&mut self, row: &Row<'_>, middle: impl FnOnce(&mut Vec<u8>)) {
        let start = self.text.len();
        self.text.extend_from_slice(row.value.as_bytes().get(..row.start).unwrap_or_default());
        middle(&mut self.text);
        self.text.extend_from_slice(row.value.as_bytes().get(row.end..).unwrap_or_default());
        if let Some(span) = self.spans.get_mut(row.place) {
            *span = (start, self.text.len());
        }
    }
}

/// A radix and what is computed once to divide by it.
#[derive(Clone, Copy)]
struct Radix {
    radix: u32,
    /// ⌈2^64 / radix⌉: exact for numbers below 2^32.
    reciprocal: u64,
}

impl Radix {
    fn new(radix: u32) -> Self {
        Radix { radix, reciprocal: u64::MAX / u64::from(radix.max(2)) + 1 }
    }
}

/// A half as a number that numerals write.
trait Digits: Half {
    const ZERO: Self;
    /// The number with one more numeral. What is no numeral gives some number.
    fn push(self, radix: Radix, numeral: u32) -> Self;
    /// The numerals of the number, as many as there is room for.
    fn numerals(self, radix: Radix, numerals: &mut [u32]);
}

impl Digits for u64 {
    const ZERO: Self = 0;

    #[inline(always)]
    fn push(self, radix: Radix, numeral: u32) -> Self {
        self.wrapping_mul(u64::from(radix.radix)).wrapping_add(u64::from(numeral))
    }

    #[inline(always)]
    fn numerals(mut self, radix: Radix, numerals: &mut [u32]) {
        for numeral in numerals.iter_mut().rev() {
            let quotient = ((u128::from(self) * u128::from(radix.reciprocal)) >> 64) as u64;
            *numeral = self.wrapping_sub(quotient.wrapping_mul(u64::from(radix.radix))) as u32;
            self = quotient;
        }
    }
}

impl Digits for u128 {
    const ZERO: Self = 0;

    #[inline(always)]
    fn push(self, radix: Radix, numeral: u32) -> Self {
        self.wrapping_mul(u128::from(radix.radix)).wrapping_add(u128::from(numeral))
    }

    fn numerals(mut self, radix: Radix, numerals: &mut [u32]) {
        for numeral in numerals.iter_mut().rev() {
            *numeral = (self % u128::from(radix.radix)) as u32;
            self /= u128::from(radix.radix);
        }
    }
}
