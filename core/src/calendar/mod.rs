//! Working days (工作日): the official schedules of holidays and make-up working days, and deadlines counted with them.
//!
//! [`Calendar`] holds the schedules of 2023–2026 as data (`core/data/holidays`) and any newer year that its user loads.
//! The schedule of a year is published in the autumn before it and may reach back into the last days of December
//! (31 December 2022 was a holiday of 2023), so a date after 25 December is settled only with the next year's schedule.
//!
//! This room must never guess silently: a day that no schedule settles counts by its weekday, and the
//! [`Deadline`] says that it is provisional and which years are missing. It must never read a clock.

mod schedule;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Serialize};

use crate::terms::Text;
use schedule::Schedule;

/// The schedules that the crate carries, one file a year.
const BUILTIN: [&str; 4] = [
    include_str!("../../data/holidays/2023.toml"),
    include_str!("../../data/holidays/2024.toml"),
    include_str!("../../data/holidays/2025.toml"),
    include_str!("../../data/holidays/2026.toml"),
];

/// The last day of December that the next year's schedule never changed.
const LAST_SETTLED_DAY_OF_DECEMBER: i8 = 25;

room_error! {
    /// Why a schedule of holidays can't be loaded.
    pub enum CalendarError {
        /// The document is not a schedule.
        Malformed { what: Text } = "KF-CAL-01",
            en "not a schedule of holidays: {what}",
            zh "不是节假日安排:{what:#}";
        /// A schedule that lists no day: the year was not published yet.
        EmptyYear { year: i16 } = "KF-CAL-02",
            en "the schedule of {year} lists no day; a year that is not published yet is not loaded",
            zh "{year} 年节假日安排没有任何日期;尚未公布的年份不予加载", at "days";
        /// A day that the schedule of this year can't decide.
        OtherYear { year: i16, index: usize } = "KF-CAL-03",
            en "day {index} of the schedule of {year} is neither in that year nor after 25 December of the year before",
            zh "{year} 年节假日安排的第 {index} 个日期既不在该年,也不在上一年 12 月 25 日之后", at "days[{index}]";
        /// A day that the schedule lists twice.
        Twice { year: i16, index: usize } = "KF-CAL-04",
            en "day {index} of the schedule of {year} is listed twice",
            zh "{year} 年节假日安排的第 {index} 个日期重复", at "days[{index}]";
    }
}

/// A due date, and whether it may still move.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Deadline {
    /// The last day, a legal date (Asia/Shanghai).
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub date: Date,
    /// Some day on the way is not settled by an official schedule, so the date may still move.
    pub provisional: bool,
    /// The years whose schedules would settle it, in order.
    #[serde(default)]
    pub missing_years: Vec<i16>,
}

/// One day of the calendar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CalendarDay {
    /// The day, a legal date (Asia/Shanghai).
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub date: Date,
    /// Whether people work on it.
    pub working_day: bool,
    /// Whether an official schedule settles it.
    pub settled: bool,
}

/// The working days: official schedules by year.
///
/// ```
/// use kaifang::calendar::Calendar;
/// let calendar = Calendar::builtin();
/// assert!(!calendar.is_working_day("2026-10-01".parse()?), "National Day");
/// assert!(calendar.is_working_day("2026-10-10".parse()?), "a Saturday worked in exchange");
///
/// // Ten working days from 24 September 2026 cross Mid-Autumn, National Day and a Saturday worked.
/// let deadline = calendar.add_working_days("2026-09-24".parse()?, 10);
/// assert_eq!((deadline.date.to_string().as_str(), deadline.provisional), ("2026-10-15", false));
///
/// // The schedule of 2027 is not published yet: the answer says so.
/// let deadline = calendar.add_working_days("2026-12-25".parse()?, 10);
/// assert!(deadline.provisional && deadline.missing_years == [2027]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Calendar {
    years: BTreeMap<i16, Schedule>,
}

impl Calendar {
    /// The official schedules of 2023–2026.
    #[must_use]
    pub fn builtin() -> &'static Calendar {
        static CALENDAR: OnceLock<Calendar> = OnceLock::new();
        CALENDAR.get_or_init(|| {
            // A file of ours that can't be read would leave its year unknown, and so every date in it provisional;
            // a test holds that all four are there.
            let schedules = BUILTIN.iter().filter_map(|text| Schedule::from_toml(text).ok());
            Calendar { years: schedules.map(|schedule| (schedule.year, schedule)).collect() }
        })
    }

    /// A calendar that knows no year: every date is provisional.
    #[must_use]
    pub fn empty() -> Calendar {
        Calendar::default()
    }

    /// Loads the schedule of one year, in place of what was known of it:
    /// `{"year": 2027, "days": [{"date": "2027-01-01", "isOffDay": true, "name": "元旦"}, …]}`
    /// (the schema of the public `holiday-cn` files). Returns the year.
    ///
    /// # Errors
    /// [`CalendarError`]: a malformed document, a year without any day, a day of another year, a day listed twice.
    ///
    /// ```
    /// use kaifang::calendar::{Calendar, CalendarError};
    /// let mut calendar = Calendar::builtin().clone();
    /// let empty = calendar.load_year(br#"{"year": 2027, "papers": [], "days": []}"#);
    /// assert_eq!(empty, Err(CalendarError::EmptyYear { year: 2027 }));
    /// ```
    pub fn load_year(&mut self, json: &[u8]) -> Result<i16, CalendarError> {
        let schedule = Schedule::from_json(json)?;
        let year = schedule.year;
        self.years.insert(year, schedule);
        Ok(year)
    }

    /// The years whose schedules are loaded, in order.
    pub fn years(&self) -> impl Iterator<Item = i16> {
        self.years.keys().copied()
    }

    /// Whether people work on this day. A day that no schedule names follows its weekday, Monday to Friday;
    /// [`settled`](Self::settled) says whether that is final.
    #[must_use]
    pub fn is_working_day(&self, date: Date) -> bool {
        let next = date.year().checked_add(1).and_then(|year| self.years.get(&year));
        let listed = self.years.get(&date.year()).and_then(|schedule| schedule.works(date));
        listed.or_else(|| next.and_then(|schedule| schedule.works(date))).unwrap_or_else(|| weekday(date))
    }

    /// Whether an official schedule settles this day: its own year's, and after 25 December the next year's too.
    #[must_use]
    pub fn settled(&self, date: Date) -> bool {
        self.missing(date).is_empty()
    }

    /// What is known of one day, as a document.
    #[must_use]
    pub fn day(&self, date: Date) -> CalendarDay {
        CalendarDay { date, working_day: self.is_working_day(date), settled: self.settled(date) }
    }

    /// The years whose schedules this day waits for.
    fn missing(&self, date: Date) -> BTreeSet<i16> {
        let next = (date.month() == 12 && date.day() > LAST_SETTLED_DAY_OF_DECEMBER).then(|| date.year() + 1);
        std::iter::once(date.year()).chain(next).filter(|year| !self.years.contains_key(year)).collect()
    }

    /// The `n`th working day after `from`; the day itself does not count. With `n = 0`, the day itself.
    ///
    /// At the end of the calendar (31 December 9999) the answer is that day, provisional.
    #[must_use]
    pub fn add_working_days(&self, from: Date, n: u16) -> Deadline {
        let mut missing = self.missing(from);
        let (mut date, mut left) = (from, n);
        while left > 0 {
            let Ok(next) = date.tomorrow() else {
                missing.insert(date.year());
                break;
            };
            date = next;
            missing.append(&mut self.missing(date));
            left -= u16::from(self.is_working_day(date));
        }
        Deadline { date, provisional: !missing.is_empty(), missing_years: missing.into_iter().collect() }
    }
}

fn weekday(date: Date) -> bool {
    !matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday)
}

#[cfg(test)]
mod tests;
