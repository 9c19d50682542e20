//! Uses of conditional data that were served and wait for the user's report (A16), of one log.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::names::Key;

/// What users have not reported yet: for each intent of an application the day on which it was served.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unreported(BTreeMap<(Key, u64), Day>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Day(#[serde(with = "super::day")] Date);

impl Unreported {
    /// What an intent asked for went out.
    pub fn serve(&mut self, application: &str, intent: u64, on: Date) {
        self.0.insert((application.into(), intent), Day(on));
    }

    /// The use under an intent was reported. Returns whether it waited for that.
    pub fn report(&mut self, application: &str, intent: u64) -> bool {
        self.0.remove(&(application.into(), intent)).is_some()
    }

    /// The day of an application's earliest use that waits.
    #[must_use]
    pub fn since(&self, application: &str) -> Option<Date> {
        if self.0.is_empty() {
            return None;
        }
        let (first, last) = ((application.into(), 0), (application.into(), u64::MAX));
        self.0.range(first..=last).next().map(|(_, day)| day.0)
    }
}
