//! Mobile numbers, bank cards and credit codes, numbered.

use super::decimal;
use super::ranked::Rank;
use crate::kinds::uscc;

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
        Some(Rank { number, size: self.size })
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
        if self.keep > 0 {
            return Some(Rank { number: rest, size });
        }
        let first = NETWORKS.iter().position(|first| form.as_bytes().first() == Some(first))?;
        Some(Rank { number: first as u64 * size + rest, size: size * NETWORKS.len() as u64 })
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
        let check = luhn_digit(out.get(start..)?);
        out.push(check);
        Some(())
    }
}

/// The check digit of Luhn behind some digits.
fn luhn_digit(digits: &[u8]) -> u8 {
    let mut sum = 0;
    for (index, byte) in digits.iter().rev().enumerate() {
        let digit = u32::from(byte - b'0');
        sum += if index % 2 == 1 { digit } else { digit * 2 - if digit > 4 { 9 } else { 0 } };
    }
    b'0' + ((10 - sum % 10) % 10) as u8
}

/// The characters of GB 32100, in their order.
const CODE: [u8; 31] = *b"0123456789ABCDEFGHJKLMNPQRTUWXY";
const ORGANIZATION: std::ops::Range<usize> = 8..16;

/// The check character of an organization code (GB 11714): modulo 11 over values of 0 to 35.
fn organization_check(first_8: &[u8]) -> Option<u8> {
    let mut sum = 0;
    for (byte, weight) in first_8.iter().zip([3, 7, 9, 10, 5, 8, 4, 2]) {
        sum += char::from(*byte).to_digit(36)? * weight;
    }
    b"0X987654321".get((sum % 11) as usize).copied()
}

pub(super) fn rank_uscc(form: &str) -> Option<Rank> {
    let organization = form.as_bytes().get(ORGANIZATION)?;
    if organization_check(organization) != form.as_bytes().get(ORGANIZATION.end).copied() {
        return None;
    }
    let base = CODE.len() as u64;
    let mut rank = Rank { number: 0, size: 1 };
    for byte in organization {
        let value = CODE.iter().position(|c| c == byte)? as u64;
        rank = Rank { number: rank.number * base + value, size: rank.size * base };
    }
    Some(rank)
}

pub(super) fn unrank_uscc(form: &str, mut number: u64, out: &mut Vec<u8>) -> Option<()> {
    let mut organization = [0; 8];
    for byte in organization.iter_mut().rev() {
        *byte = *CODE.get((number % CODE.len() as u64) as usize)?;
        number /= CODE.len() as u64;
    }
    let start = out.len();
    out.extend_from_slice(form.get(..ORGANIZATION.start)?.as_bytes());
    out.extend_from_slice(&organization);
    out.push(organization_check(&organization)?);
    let first_17 = std::str::from_utf8(out.get(start..)?).ok()?;
    let check = u8::try_from(uscc::check_digit(first_17)?).ok()?;
    out.push(check);
    Some(())
}
