//! Resident ids, numbered by division, birth date and sequence.

use super::kinds::{number, push_check, push_digits};
use super::ranked::Rank;
use super::tweak;
use crate::kinds::{region, resident_id};

/// The years in which a valid id may say that someone was born.
const YEARS: std::ops::RangeInclusive<u32> = 1850..=2100;
const SEQUENCES: u64 = 1000;

/// What stays of the division.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeptPlace {
    Nothing,
    Province,
    Division,
}

/// What stays of an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) place: KeptPlace,
    pub(crate) birth_year: bool,
}

/// What the encrypted part of one id ranges over.
struct Ranges {
    /// Of the divisions in [`region::ranked`]; empty where the division is kept.
    divisions: std::ops::Range<usize>,
    /// How many digits of the division stay.
    kept: usize,
    /// Days since the first day of [`YEARS`].
    days: std::ops::Range<u32>,
}

impl Ranges {
    fn size(&self) -> u64 {
        self.divisions.len().max(1) as u64 * u64::from(self.days.end - self.days.start) * SEQUENCES
    }
}

impl Person {
    /// Some ids have 10^6 values or more in what is encrypted.
    pub(crate) fn is_enough(self) -> bool {
        !(self.place == KeptPlace::Division && self.birth_year)
    }

    fn ranges(self, division: u32, year: u32) -> Ranges {
        let known = region::rank(division).is_some();
        let all = region::ranked();
        let (divisions, kept) = match self.place {
            KeptPlace::Nothing if known => (0..all.len(), 0),
            KeptPlace::Province if known => {
                let province = division / 10_000;
                let start = all.partition_point(|code| code / 10_000 < province);
                (start..all.partition_point(|code| code / 10_000 <= province), 2)
            }
            // A division that no id carries is kept, whatever else is.
            _ => (0..0, 6),
        };
        let days = if self.birth_year { first_day(year)..first_day(year + 1) } else { 0..first_day(YEARS.end() + 1) };
        Ranges { divisions, kept, days }
    }

    pub(super) fn rank(self, form: &str) -> Option<Rank> {
        let part = |from: usize, to: usize| u32::try_from(number(form.get(from..to)?)?).ok();
        let (division, year, month, day) = (part(0, 6)?, part(6, 10)?, part(10, 12)?, part(12, 14)?);
        let ranges = self.ranges(division, year);
        let place = match ranges.divisions.is_empty() {
            true => 0,
            false => region::rank(division)?.checked_sub(ranges.divisions.start)?,
        };
        let day = days_before(year, month)?.checked_add(day)?.checked_sub(1)?;
        let days = u64::from(ranges.days.end - ranges.days.start);
        let day = u64::from(day.checked_sub(ranges.days.start)?);
        let number = (place as u64 * days + day) * SEQUENCES + u64::from(part(14, 17)?);
        let year = if self.birth_year { form.get(6..10)? } else { "" };
        Some(Rank { number, size: ranges.size(), kept: tweak::kept(form.get(..ranges.kept)?, year) })
    }

    pub(super) fn unrank(self, form: &str, number: u64, out: &mut Vec<u8>) -> Option<()> {
        let part = |from: usize, to: usize| self::number(form.get(from..to)?);
        let (division, year) = (part(0, 6)?, part(6, 10)?);
        let ranges = self.ranges(u32::try_from(division).ok()?, u32::try_from(year).ok()?);
        let (number, sequence) = (number / SEQUENCES, number % SEQUENCES);
        let days = u64::from(ranges.days.end - ranges.days.start);
        let place = usize::try_from(number / days).ok()?;
        let division = match ranges.divisions.is_empty() {
            true => division,
            false => u64::from(*region::ranked().get(ranges.divisions.start + place)?),
        };
        let (year, month, day) = date(ranges.days.start + u32::try_from(number % days).ok()?)?;
        let start = out.len();
        push_digits(division, 6, out);
        push_digits(u64::from(year), 4, out);
        push_digits(u64::from(month), 2, out);
        push_digits(u64::from(day), 2, out);
        push_digits(sequence, 3, out);
        push_check(resident_id::check_digit(std::str::from_utf8(out.get(start..)?).ok()?), out)
    }
}

fn is_leap(year: u32) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

/// Days from the first day of [`YEARS`] to that of a year.
fn first_day(year: u32) -> u32 {
    let leaps = |year: u32| year / 4 - year / 100 + year / 400;
    let years = year.saturating_sub(*YEARS.start());
    365 * years + leaps(year.saturating_sub(1)) - leaps(*YEARS.start() - 1)
}

/// Days before each month of a common year.
const MONTHS: [u32; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];

/// Days from the first day of [`YEARS`] to that of a month.
fn days_before(year: u32, month: u32) -> Option<u32> {
    YEARS.contains(&year).then_some(())?;
    let before = MONTHS.get(usize::try_from(month).ok()?.checked_sub(1)?)?;
    Some(first_day(year) + before + u32::from(month > 2 && is_leap(year)))
}

/// The year, month and day of a number of days since the first day of [`YEARS`].
fn date(days: u32) -> Option<(u32, u32, u32)> {
    // A year has at least 365 days, so the guess is never too early.
    let mut year = YEARS.start() + days / 365;
    while first_day(year) > days {
        year -= 1;
    }
    let month = (1..=12).rev().find(|month| days_before(year, *month).is_some_and(|before| before <= days))?;
    Some((year, month, days - days_before(year, month)? + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_is_numbered_in_order() {
        let mut day = jiff::civil::date(1850, 1, 1);
        let mut count = 0;
        while day.year() <= 2100 {
            let (year, month, number) = (day.year() as u32, day.month() as u32, day.day() as u32);
            assert_eq!(days_before(year, month).unwrap() + number - 1, count, "{day}");
            assert_eq!(date(count), Some((year, month, number)), "{day}");
            count += 1;
            day = day.tomorrow().unwrap();
        }
        assert_eq!((count, first_day(2101), days_before(2101, 1), days_before(1849, 12)), (91_676, 91_676, None, None));
    }
}
