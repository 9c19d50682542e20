//! Mobile numbers, bank cards and credit codes, numbered.

use super::decimal;
use super::ranked::Rank;
use super::tweak::kept;
use crate::kinds::uscc::{self, ALPHABET};
use crate::kinds::{bank_card, organization_code};

/// Appends so many digits of a number.
pub(super) fn push_digits(number: u64, count: usize, out: &mut Vec<u8>) {
    let start = out.len();
    out.resize(start + count, b'0');
    decimal::write(number, out.get_mut(start..).unwrap_or_default());
}

/// The number that at most 18 digits write.
pub(super) fn number(digits: &str) -> Option<u64> {
    decimal::read(digits.as_bytes())
}

fn power(digits: usize) -> Option<u64> {
    10_u64.checked_pow(u32::try_from(digits).ok()?)
}

/// Where the encrypted digits of a mobile number begin and end.
pub(super) struct Mobile {
    start: usize,
    end: usize,
    /// Taken from the number that the digits write, so that the least valid one is zero.
    least: u64,
    size: u64,
}

impl Mobile {
    /// `None` where fewer than 10^6 numbers are left.
    pub(super) fn new(keep_prefix: usize, keep_suffix: usize) -> Option<Self> {
        let (start, end) = (keep_prefix.max(1), 11_usize.checked_sub(keep_suffix)?);
        let all = power(end.checked_sub(start)?)?;
        // The second digit is 3 to 9.
        let least = if start == 1 { all / 10 * 3 } else { 0 };
        (all - least >= 1_000_000).then_some(Mobile { start, end, least, size: all - least })
    }

    pub(super) fn rank(&self, form: &str) -> Option<Rank> {
        let number = number(form.get(self.start..self.end)?)?.checked_sub(self.least)?;
        let kept = kept(form.get(..self.start)?, form.get(self.end..)?);
        Some(Rank { number, size: self.size, kept })
    }

    pub(super) fn unrank(&self, form: &str, number: u64, out: &mut Vec<u8>) -> Option<()> {
        out.extend_from_slice(form.get(..self.start)?.as_bytes());
        push_digits(number + self.least, self.end - self.start, out);
        out.extend_from_slice(form.get(self.end..)?.as_bytes());
        Some(())
    }
}

/// The first digits of cards, in the order in which they count.
const NETWORKS: [u8; 5] = *b"34569";
/// The most digits of a card.
const MOST_CARD: usize = 19;

/// How many leading digits of a card stay.
pub(super) struct BankCard {
    keep: usize,
}

impl BankCard {
    /// `None` where not even the longest card leaves 10^6 numbers.
    pub(super) fn new(keep: usize) -> Option<Self> {
        (keep + 6 < MOST_CARD).then_some(BankCard { keep })
    }

    /// The digits that are encrypted but for a first one, which has five values only.
    fn rest(&self, form: &str) -> Option<(usize, u64)> {
        let digits = form.len().checked_sub(1)?.checked_sub(self.keep.max(1))?;
        Some((digits, power(digits)?))
    }

    pub(super) fn rank(&self, form: &str) -> Option<Rank> {
        let (_, size) = self.rest(form)?;
        let rest = number(form.get(self.keep.max(1)..form.len().checked_sub(1)?)?)?;
        let kept = kept(form.get(..self.keep)?, "");
        if self.keep > 0 {
            return Some(Rank { number: rest, size, kept });
        }
        let first = NETWORKS.iter().position(|first| form.as_bytes().first() == Some(first))?;
        Some(Rank { number: first as u64 * size + rest, size: size * NETWORKS.len() as u64, kept })
    }

    pub(super) fn unrank(&self, form: &str, number: u64, out: &mut Vec<u8>) -> Option<()> {
        let (digits, size) = self.rest(form)?;
        let start = out.len();
        if self.keep > 0 {
            out.extend_from_slice(form.get(..self.keep)?.as_bytes());
        } else {
            out.push(*NETWORKS.get(usize::try_from(number / size).ok()?)?);
        }
        push_digits(number % size, digits, out);
        push_check(bank_card::check_digit(std::str::from_utf8(out.get(start..)?).ok()?), out)
    }
}

/// A check character behind what it checks.
pub(super) fn push_check(check: Option<char>, out: &mut Vec<u8>) -> Option<()> {
    out.push(u8::try_from(check?).ok()?);
    Some(())
}

const ORGANIZATION: std::ops::Range<usize> = 8..16;

pub(super) fn rank_uscc(form: &str) -> Option<Rank> {
    let organization = form.get(ORGANIZATION)?;
    if organization_code::check_digit(organization)? != form.get(ORGANIZATION.end..)?.chars().next()? {
        return None;
    }
    let base = ALPHABET.len() as u64;
    let (mut number, mut size) = (0, 1);
    for byte in organization.bytes() {
        let value = ALPHABET.iter().position(|c| *c == byte)? as u64;
        (number, size) = (number * base + value, size * base);
    }
    Some(Rank { number, size, kept: kept(form.get(..ORGANIZATION.start)?, "") })
}

pub(super) fn unrank_uscc(form: &str, mut number: u64, out: &mut Vec<u8>) -> Option<()> {
    let mut organization = [0; 8];
    for byte in organization.iter_mut().rev() {
        *byte = *ALPHABET.get((number % ALPHABET.len() as u64) as usize)?;
        number /= ALPHABET.len() as u64;
    }
    let start = out.len();
    out.extend_from_slice(form.get(..ORGANIZATION.start)?.as_bytes());
    out.extend_from_slice(&organization);
    push_check(organization_code::check_digit(std::str::from_utf8(&organization).ok()?), out)?;
    push_check(uscc::check_digit(std::str::from_utf8(out.get(start..)?).ok()?), out)
}
