//! When an entry is due: its next update (A23), its next assessment (A21). Civil dates in, civil dates out; this file
//! must never read a clock.

use jiff::Span;
use jiff::civil::Date;

use super::{CatalogTerms, Entry, UpdateFrequency};
use crate::terms::Openness;

impl UpdateFrequency {
    /// The last day on which the data is still up to date; none where nothing says when it must change, or where that
    /// day is beyond the calendar. What changes in real time is up to date until the next day.
    ///
    /// A month after the 31st is the last day of a shorter month.
    ///
    /// ```
    /// use kaifang::catalog::UpdateFrequency;
    /// assert_eq!(UpdateFrequency::Monthly.next_update("2027-01-31".parse()?), Some("2027-02-28".parse()?));
    /// assert_eq!(UpdateFrequency::Irregular.next_update("2027-01-31".parse()?), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn next_update(self, updated: Date) -> Option<Date> {
        let within = match self {
            UpdateFrequency::Realtime | UpdateFrequency::Daily => Span::new().days(1),
            UpdateFrequency::Weekly => Span::new().days(7),
            UpdateFrequency::Monthly => Span::new().months(1),
            UpdateFrequency::Quarterly => Span::new().months(3),
            UpdateFrequency::HalfYearly => Span::new().months(6),
            UpdateFrequency::Yearly => Span::new().years(1),
            UpdateFrequency::Irregular | UpdateFrequency::Never => return None,
        };
        updated.checked_add(within).ok()
    }

    /// Whether it names a period at all.
    #[must_use]
    pub fn periodic(self) -> bool {
        !matches!(self, UpdateFrequency::Irregular | UpdateFrequency::Never)
    }
}

impl Entry {
    /// The last day by which its content is to change (A23); none for data that is not opened, or without a period.
    #[must_use]
    pub fn next_update(&self) -> Option<Date> {
        self.update_frequency.filter(|_| self.is_opened())?.next_update(self.updated?)
    }

    /// Whether data that is not opened is to be assessed again by `on` (A21), and the last day for it where there was an
    /// assessment. Data that was never assessed is due.
    pub(super) fn reassessment(&self, on: Date, terms: &CatalogTerms) -> (bool, Option<Date>) {
        if self.is_opened() {
            return (false, None);
        }
        let Some(assessed) = self.assessed else { return (true, None) };
        let by = assessed.checked_add(Span::new().months(terms.reassess_months)).ok();
        (by.is_some_and(|by| by < on), by)
    }

    /// Whether its class is one that opens.
    pub(super) fn is_opened(&self) -> bool {
        self.openness.is_some_and(|openness| openness != Openness::Withheld)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terms::Word;
    use jiff::ToSpan;

    #[test]
    fn a23_the_frequency_says_until_when_data_is_up_to_date() {
        let next = |frequency: UpdateFrequency, updated: &str| {
            frequency.next_update(updated.parse().unwrap()).map(|date| date.to_string())
        };
        for (frequency, updated, due) in [
            (UpdateFrequency::Realtime, "2026-12-31", Some("2027-01-01")),
            (UpdateFrequency::Daily, "2028-02-28", Some("2028-02-29")),
            (UpdateFrequency::Weekly, "2026-12-28", Some("2027-01-04")),
            (UpdateFrequency::Monthly, "2026-08-31", Some("2026-09-30")),
            (UpdateFrequency::Quarterly, "2026-11-30", Some("2027-02-28")),
            (UpdateFrequency::HalfYearly, "2026-08-31", Some("2027-02-28")),
            (UpdateFrequency::Yearly, "2028-02-29", Some("2029-02-28")),
            (UpdateFrequency::Irregular, "2026-08-31", None),
            (UpdateFrequency::Never, "2026-08-31", None),
            (UpdateFrequency::Daily, "9999-12-31", None),
        ] {
            assert_eq!(next(frequency, updated).as_deref(), due, "{frequency} {updated}");
        }
    }

    #[test]
    fn a23_no_frequency_is_due_before_its_data_changed() {
        let first: Date = "2026-01-01".parse().unwrap();
        for day in first.series(1.day()).take(1000) {
            for frequency in UpdateFrequency::ALL {
                let next = frequency.next_update(day);
                assert_eq!(next.is_some(), frequency.periodic());
                assert!(next.is_none_or(|next| next > day), "{frequency} {day}");
            }
        }
    }
}
