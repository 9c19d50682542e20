//! Counts about one column, cell by cell. Nothing of a cell is kept but a hash, for counting different values.

use std::collections::HashSet;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use super::{damage, words};
use crate::kinds::{self, Kind, date, ethnicity, fold, person_name, sex};

/// Different values are counted up to here.
const MAX_DISTINCT: usize = 1 << 16;

/// Counts for one kind.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Count {
    /// Values with the shape.
    pub shape: u64,
    /// Of those, with the right check digit.
    pub checksum: u64,
    /// Of those, with a known division.
    pub region: u64,
    /// Of those, with a real date.
    pub date: u64,
    /// Of those, with both a real date and the right check digit.
    pub certain: u64,
}

/// The kinds that content alone can speak for.
pub(super) const KINDS: [Kind; 12] = [
    Kind::ResidentId,
    Kind::Uscc,
    Kind::Mobile,
    Kind::Landline,
    Kind::BankCard,
    Kind::Plate,
    Kind::Email,
    Kind::Ip,
    Kind::Date,
    Kind::Region,
    Kind::Address,
    Kind::PersonName,
];

/// What was counted in a column.
#[derive(Default)]
pub(super) struct Tally {
    pub nulls: u64,
    /// Examined values that are not null and no placeholder.
    pub values: u64,
    counts: [Count; KINDS.len()],
    pub sex_words: u64,
    pub sex_codes: u64,
    pub ethnicity_words: u64,
    pub ethnicity_codes: u64,
    pub illness: u64,
    pub education: u64,
    /// Plain numbers.
    pub numbers: u64,
    /// Whole numbers from 0 to 130.
    pub ages: u64,
    /// Whole years, and years with a month: `1990年3月`.
    pub months: u64,
    /// Eight digits that are also a date.
    pub compact_dates: u64,
    pub han: u64,
    pub masked: u64,
    pub encoded: u64,
    pub truncated: u64,
    pub scientific: u64,
    pub fractions: u64,
    /// Cells of bytes that are no text.
    pub unread: u64,
    distinct: HashSet<u64>,
}

impl Tally {
    pub(super) fn of(&self, kind: Kind) -> Count {
        KINDS.iter().position(|other| *other == kind).and_then(|at| self.counts.get(at)).copied().unwrap_or_default()
    }

    pub(super) fn distinct(&self) -> u64 {
        self.distinct.len() as u64
    }

    /// Counts one value.
    pub(super) fn add(&mut self, cell: &str) {
        let folded = fold::text(cell);
        if words::is_placeholder(&folded) {
            return;
        }
        self.values += 1;
        if self.distinct.len() < MAX_DISTINCT {
            // The hasher is seeded the same in every run: the same table gives the same findings.
            let mut hasher = DefaultHasher::new();
            cell.hash(&mut hasher);
            self.distinct.insert(hasher.finish());
        }
        let value = match damage::without_fraction(&folded) {
            Some(whole) => {
                self.fractions += 1;
                whole
            }
            None => &*folded,
        };
        if value.chars().filter(|c| *c == '*').count() >= 2 || (value.ends_with('*') && value.chars().count() <= 4) {
            self.masked += 1;
            return;
        }
        let look = Look::at(value);
        self.count_words(value, &look);
        for (kind, count) in KINDS.iter().zip(&mut self.counts) {
            if !look.may_be(*kind) {
                continue;
            }
            let Some(grade) = kinds::grade(*kind, value) else { continue };
            count.shape += 1;
            count.checksum += u64::from(grade.checksum == Some(true));
            count.region += u64::from(grade.region == Some(true));
            count.date += u64::from(grade.date == Some(true));
            count.certain += u64::from(grade.checksum != Some(false) && grade.date == Some(true));
        }
    }

    fn count_words(&mut self, value: &str, look: &Look) {
        let mut count = |slot: fn(&mut Tally) -> &mut u64, holds: bool| *slot(self) += u64::from(holds);
        let number = value.parse::<f64>().is_ok_and(f64::is_finite);
        count(|tally| &mut tally.numbers, number);
        count(|tally| &mut tally.ages, value.len() <= 3 && value.parse::<u8>().is_ok_and(|age| age <= 130));
        // The longest words of these: 未说明的性别, female, 柯尔克孜族.
        let short = look.chars <= 6;
        count(|tally| &mut tally.sex_words, short && sex::is_word(value));
        count(|tally| &mut tally.sex_codes, short && kinds::is_valid(Kind::Sex, value));
        count(|tally| &mut tally.ethnicity_words, short && ethnicity::is_word(value));
        count(|tally| &mut tally.ethnicity_codes, short && kinds::is_valid(Kind::Ethnicity, value));
        count(|tally| &mut tally.illness, words::is_illness(value));
        count(|tally| &mut tally.education, words::is_education(value));
        count(|tally| &mut tally.months, is_month(value));
        let compact = value.len() == 8 && number && date::parse(value).is_some();
        count(|tally| &mut tally.compact_dates, compact);
        count(|tally| &mut tally.han, look.han > 0);
        count(|tally| &mut tally.encoded, is_encoded(value));
        count(|tally| &mut tally.truncated, damage::is_truncated_id(value));
        count(|tally| &mut tally.scientific, damage::is_scientific_id(value));
    }
}

/// What characters a value has: enough to pass over most kinds without asking their grammar.
#[derive(Default)]
pub(super) struct Look {
    chars: usize,
    han: usize,
    digits: usize,
    /// Digits, and the Chinese numerals that identifiers are sometimes written in.
    numerals: usize,
    at_sign: bool,
    point: bool,
}

impl Look {
    /// Looks at a folded value.
    pub(super) fn at(value: &str) -> Self {
        let mut look = Look::default();
        for c in value.chars() {
            look.chars += 1;
            look.digits += usize::from(c.is_ascii_digit());
            look.at_sign |= c == '@';
            look.point |= matches!(c, '.' | ':');
            look.han += usize::from(!c.is_ascii() && person_name::is_han(c));
            look.numerals += usize::from(c.is_ascii_digit() || !c.is_ascii() && fold::is_numeral(c));
        }
        look
    }

    /// Whether the value can have the shape of the kind at all.
    pub(super) fn may_be(&self, kind: Kind) -> bool {
        match kind {
            Kind::ResidentId | Kind::BankCard => self.numerals >= 15,
            Kind::Uscc => self.numerals >= 6 && self.chars >= 18,
            Kind::Mobile => self.numerals >= 11,
            Kind::Landline => self.digits >= 9,
            Kind::Plate => self.han >= 1 && self.numerals >= 2 && self.chars <= 12,
            Kind::Email => self.at_sign,
            Kind::Ip => self.point,
            Kind::Date => self.digits >= 6,
            Kind::Region => self.han >= 2 || (6..=12).contains(&self.digits) && self.digits == self.chars,
            Kind::Address => self.han >= 4,
            Kind::PersonName => self.han >= 2 && self.chars <= 60,
            _ => true,
        }
    }
}

/// A year, alone or with a month: `1990`, `1990年3月`, `1990-03`, `199003`.
fn is_month(value: &str) -> bool {
    let Some((year, rest)) = value.split_at_checked(4) else { return false };
    let plausible = year.parse::<u16>().is_ok_and(|year| (1850..=2100).contains(&year));
    let month = rest.trim_start_matches(['年', '-', '/', '.']).trim_end_matches('月');
    plausible
        && (month.is_empty() || month.len() <= 2 && month.parse::<u8>().is_ok_and(|month| (1..=12).contains(&month)))
}

/// What a token, a ciphertext or a digest looks like: long, and letters among digits.
fn is_encoded(value: &str) -> bool {
    value.len() >= 20
        && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=_.:-".contains(&byte))
        && value.bytes().filter(u8::is_ascii_alphabetic).count() >= 4
}
