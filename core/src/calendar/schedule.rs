//! The schedule of one year: which days differ from their weekday. Two forms are read: our data files and JSON.
//! This file must never accept a day that its year can't decide.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Deserialize;

use super::{CalendarError, LAST_SETTLED_DAY_OF_DECEMBER};
use crate::canon;
use crate::error::Explain;
use crate::terms::Text;

/// The days of one year that a schedule names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Schedule {
    pub(super) year: i16,
    /// Whether people work on the day.
    days: BTreeMap<Date, bool>,
}

/// Our data files: ranges of days off, single days worked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    year: i16,
    #[serde(rename = "source")]
    _source: String,
    holiday: Vec<Holiday>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Holiday {
    #[serde(rename = "zh")]
    _zh: String,
    #[serde(rename = "en")]
    _en: String,
    off: [Date; 2],
    #[serde(default)]
    work: Vec<Date>,
}

/// The public `holiday-cn` schema. It has notes of its own (`$schema`, `papers`), which say nothing about a day.
#[derive(Deserialize)]
struct Json {
    year: i16,
    days: Vec<Day>,
}

#[derive(Deserialize)]
struct Day {
    date: Date,
    #[serde(rename = "isOffDay")]
    off: bool,
}

impl Schedule {
    pub(super) fn from_toml(text: &str) -> Result<Self, CalendarError> {
        let malformed = |error: toml::de::Error| CalendarError::Malformed { what: Text::foreign(error.message()) };
        let file: File = toml::from_str(text).map_err(malformed)?;
        let days = file.holiday.iter().flat_map(|holiday| {
            let [first, last] = holiday.off;
            let off = first.series(jiff::Span::new().days(1)).take_while(move |day| *day <= last);
            off.map(|day| (day, false)).chain(holiday.work.iter().map(|day| (*day, true)))
        });
        Schedule::new(file.year, days)
    }

    pub(super) fn from_json(json: &[u8]) -> Result<Self, CalendarError> {
        let malformed = |error: canon::CanonError| CalendarError::Malformed {
            what: match error.place() {
                Some(place) => Text::new(format!("{}({place})", error.zh()), format!("{error} ({place})")),
                None => Text::from(&error),
            },
        };
        let json: Json = canon::read("schedule", json).map_err(malformed)?;
        Schedule::new(json.year, json.days.iter().map(|day| (day.date, !day.off)))
    }

    fn new(year: i16, listed: impl Iterator<Item = (Date, bool)>) -> Result<Self, CalendarError> {
        let mut days = BTreeMap::new();
        for (index, (date, works)) in listed.enumerate() {
            let eve = date.month() == 12 && date.day() > LAST_SETTLED_DAY_OF_DECEMBER && date.year() + 1 == year;
            if date.year() != year && !eve {
                return Err(CalendarError::OtherYear { year, index });
            }
            if days.insert(date, works).is_some() {
                return Err(CalendarError::Twice { year, index });
            }
        }
        if days.is_empty() { Err(CalendarError::EmptyYear { year }) } else { Ok(Schedule { year, days }) }
    }

    /// Whether people work on this day, where the schedule names it.
    pub(super) fn works(&self, date: Date) -> Option<bool> {
        self.days.get(&date).copied()
    }
}
