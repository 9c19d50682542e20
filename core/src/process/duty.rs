//! Duties: who owes what, by when. A deadline in working days is counted when it is asked for, with the calendar at
//! hand, so that a schedule that is published later settles it. A duty must never be done by itself: an event does it.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::calendar::{Calendar, Deadline};
use crate::policy::Party;
use crate::terms::{V1, words};

words! {
    /// Where a duty stands on a day.
    pub enum DutyStatus {
        /// Not due yet.
        Open = "open", "未到期", "open";
        /// Its last day is today.
        Due = "due", "今日到期", "due";
        /// Its last day has passed.
        Overdue = "overdue", "已逾期", "overdue";
        /// Done.
        Done = "done", "已履行", "done";
    }
}

/// A duty with its due date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Duty {
    /// The document's version.
    pub v: V1,
    /// Its id: the code and what it is about.
    pub id: String,
    /// What is owed: `complaint_reply`, `rectification`.
    pub code: String,
    /// The article.
    pub cite: String,
    /// Which kind of party owes it.
    pub by: Party,
    /// Who owes it: an id of a body or of a user.
    pub holder: String,
    /// The complaint or the body that it is about.
    pub subject: String,
    /// The day from which it was counted.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub from: Date,
    /// By when.
    pub due: Deadline,
    /// Where it stands on the day of the question.
    pub status: DutyStatus,
    /// When it was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub done: Option<Date>,
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

/// How long a duty has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Term {
    /// So many working days after `from`.
    WorkingDays(u16),
    /// Until this day.
    Day(Date),
}

/// A duty as the state keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Owed {
    pub(super) code: String,
    pub(super) cite: String,
    pub(super) by: Party,
    pub(super) holder: String,
    pub(super) subject: String,
    pub(super) from: Date,
    pub(super) term: Term,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) done: Option<Date>,
    pub(super) zh: String,
    pub(super) en: String,
}

impl Owed {
    /// The duty as it stands on a day.
    pub(super) fn on(&self, id: &str, calendar: &Calendar, today: Date) -> Duty {
        let due = match self.term {
            Term::WorkingDays(days) => calendar.add_working_days(self.from, days),
            Term::Day(date) => Deadline { date, provisional: false, missing_years: Vec::new() },
        };
        let status = match (self.done, today.cmp(&due.date)) {
            (Some(_), _) => DutyStatus::Done,
            (None, std::cmp::Ordering::Less) => DutyStatus::Open,
            (None, std::cmp::Ordering::Equal) => DutyStatus::Due,
            (None, std::cmp::Ordering::Greater) => DutyStatus::Overdue,
        };
        Duty {
            v: V1,
            id: id.to_owned(),
            code: self.code.clone(),
            cite: self.cite.clone(),
            by: self.by,
            holder: self.holder.clone(),
            subject: self.subject.clone(),
            from: self.from,
            due,
            status,
            done: self.done,
            zh: self.zh.clone(),
            en: self.en.clone(),
        }
    }
}
