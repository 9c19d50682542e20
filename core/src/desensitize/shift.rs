//! 日期偏移: the dates of a person move by days, all of them alike.
//!
//! A row moves by -`days` to -1 or 1 to `days` days, never by none. Which it is follows from HMAC-SHA-256 over the cell of
//! the column `subject` (its canonical form where the plan declares its kind, else its logical bytes), its first sixteen
//! bytes as a number, big endian, modulo 2·`days`: the lower half of the remainders is the way back. The key is
//! [`crate::crypto::Keyring::derive`] of the key id and `kaifang:date_shift/` and the domain: the dataset unless the plan
//! names one. A token of the same person under the same domain has another key, so it does not tell the shift.
//!
//! A randomization (随机化) in the sense of GB/T 37964-2019; GB/T 39725-2020 asks that the range of such a shift stay
//! secret. Kept: the days between two dates of one person under one key, domain and `days`. Leaked: the season where
//! `days` is small, and the intervals, which may single somebody out; who knows one true date of a person knows all of
//! them. Who holds the key and the subject's value can undo it. Row-local.
//!
//! For dates, timestamps (by 24 hours a day), text that is a date (written as `YYYY-MM-DD`; `9999`, which means no
//! end, is invalid) and whole numbers of eight digits that are one (`19900307`, and stay such). A row whose subject is null
//! or invalid, and a date that would leave its type, are invalid.

use std::collections::BTreeMap;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::{DataType, Schema};

use super::PlanError;
use super::cells::Cells;
use super::column::ColumnPlan;
use super::copies::too_large;
use super::days;
use super::logical::plain;
use super::number;
use super::other::Other;
use super::room::gathered;
use super::step::Report;
use crate::crypto::{Keyring, MacKey};
use crate::kinds::Kind;

/// What the key's domain begins with.
const DOMAIN: &str = "kaifang:date_shift/";

/// A hundred years: a shift beyond a life says nothing of one.
const MOST_DAYS: u32 = 36_500;

/// Moves the dates of one column.
pub(crate) struct Shift {
    key: MacKey,
    days: u32,
    kind: Kind,
    subject: Other,
}

/// What is wrong with the settings. That the plan has the subject is asked where all columns are known.
pub(super) fn problems(entry: &ColumnPlan, report: &mut Report<'_>) {
    if !entry.days.is_some_and(|days| (1..=MOST_DAYS).contains(&days)) {
        report.field("days", "1 to 36500", "1 至 36500");
    }
    if entry.subject.is_none() {
        report.field("subject", "the name of the column of the person", "标识个人的列名");
    }
    if days::kind(entry).is_none() {
        report.kind();
    }
}

/// The type of the treated column; `None` where it has no dates.
pub(super) fn output(_entry: &ColumnPlan, plain: &DataType) -> Option<DataType> {
    (days::are_written(plain) || days::units(plain).is_some()).then(|| plain.clone())
}

impl Shift {
    /// Joins an entry that has no problems with its key and the column of its subjects.
    pub(super) fn new(
        entry: &ColumnPlan,
        domain: &str,
        keys: &Keyring,
        columns: &BTreeMap<String, ColumnPlan>,
        schema: &Schema,
    ) -> Result<Option<Self>, crate::Error> {
        let key = keys.derive(entry.key.as_deref().unwrap_or_default(), &format!("{DOMAIN}{domain}"))?;
        let subject = Other::new(entry, columns, schema)?;
        let joined = || Some(Shift { key, days: entry.days?, kind: days::kind(entry)?, subject: subject? });
        Ok(joined())
    }

    pub(super) fn treat(
        &self,
        array: &ArrayRef,
        batch: &RecordBatch,
        output: &DataType,
        column: &str,
    ) -> Result<Cells, PlanError> {
        let shifts = self.shifts(batch, column)?;
        let of = |row: usize| shifts.get(row).copied().flatten();
        let Some(units) = days::units(output) else {
            return days::treat(array, output, column, self.kind, &mut |row, day| {
                day.checked_add(jiff::Span::new().try_days(of(row)?).ok()?).ok()
            });
        };
        let array = plain(array).ok_or_else(|| too_large(column))?;
        // 32 bits of days and 64 of counts can't overflow 128.
        number::counts(&array, column, &mut |row, count| Some(count + i128::from(of(row)?) * units))
    }

    /// By how many days each row moves.
    fn shifts(&self, batch: &RecordBatch, column: &str) -> Result<Vec<Option<i64>>, PlanError> {
        let subjects = self.subject.of(batch, column)?;
        let known = gathered(subjects.iter().flatten(), column)?;
        let mut shifts = Vec::new();
        shifts.try_reserve_exact(batch.num_rows()).map_err(|_| too_large(column))?;
        let mut rows = subjects.iter();
        self.key.macs(&known, &mut |mac| {
            shifts.extend(rows.by_ref().take_while(Option::is_none).map(|_| None));
            shifts.push(Some(shift(mac, self.days)));
        });
        shifts.extend(rows.map(|_| None));
        Ok(shifts)
    }
}

/// The days that a code stands for: not zero, at most `most` back or forth.
fn shift(mac: &[u8; 32], most: u32) -> i64 {
    let number = mac.first_chunk().map_or(0, |head| u128::from_be_bytes(*head));
    // Below 2^33, and the bias of the remainder is below 2^-95.
    let place = (number % (2 * u128::from(most.max(1)))) as i64;
    let most = i64::from(most);
    if place < most { place - most } else { place - most + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shift_but_none_is_as_likely_as_another() {
        let key = MacKey::new(crate::terms::HashAlgorithm::Sha256, &[7; 32]);
        let mut counts = BTreeMap::new();
        for person in 0..20_000_u32 {
            *counts.entry(shift(&key.mac(&person.to_be_bytes()), 5)).or_insert(0_u32) += 1;
        }
        assert_eq!(counts.keys().copied().collect::<Vec<_>>(), [-5, -4, -3, -2, -1, 1, 2, 3, 4, 5]);
        let squares: f64 = counts.values().map(|count| (f64::from(*count) - 2000.0).powi(2) / 2000.0).sum();
        // Chi-square with 9 degrees of freedom: above 27.9 once in a thousand keys.
        assert!(squares < 27.9, "{squares}");
    }

    #[test]
    fn the_ends_of_the_range_are_reached() {
        let code = |place: u128| {
            let mut mac = [0xff; 32];
            mac[..16].copy_from_slice(&place.to_be_bytes());
            mac
        };
        let most = u32::MAX;
        assert_eq!(shift(&code(0), most), -i64::from(most));
        assert_eq!(shift(&code(2 * u128::from(most) - 1), most), i64::from(most));
        assert_eq!((shift(&code(0), 1), shift(&code(1), 1), shift(&code(2), 1)), (-1, 1, -1));
    }
}
