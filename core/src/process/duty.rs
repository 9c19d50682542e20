//! Duties: who owes what, by when (the table [`DUTIES`]). A deadline in working days is counted when it is asked for,
//! with the calendar at hand, so that a schedule that is published later settles it. A duty must never be done by itself:
//! an event does it.

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
    /// What is owed: a code of [`DUTIES`].
    pub code: String,
    /// The article.
    pub cite: String,
    /// Which kind of party owes it.
    pub by: Party,
    /// Who owes it: an id of a body, of a user or of an authority.
    pub holder: String,
    /// The complaint, application, dataset or body that it is about.
    pub subject: String,
    /// The day from which it is counted.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub from: Date,
    /// By when; none where the text says no more than that it is done promptly, and the rules of use set no term.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Deadline>,
    /// Where it stands on the day of the question.
    pub status: DutyStatus,
    /// When it was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub done: Option<Date>,
    /// The event that the law lets the body do because it is overdue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposes: Option<String>,
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

/// One kind of duty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DutyKind {
    /// Its code.
    pub code: &'static str,
    /// The article.
    pub cite: &'static str,
    /// Who owes it.
    pub by: Party,
    /// The event that may follow where it is overdue.
    pub proposes: Option<&'static str>,
    /// Chinese.
    pub zh: &'static str,
    /// English.
    pub en: &'static str,
}

macro_rules! duties {
    ($( $name:ident = $code:literal, $cite:literal, $by:ident, $proposes:expr, $zh:literal, $en:literal; )*) => {
        $( pub(super) const $name: DutyKind =
            DutyKind { code: $code, cite: $cite, by: Party::$by, proposes: $proposes, zh: $zh, en: $en }; )*
        /// Every kind of duty that the process keeps.
        pub const DUTIES: &[DutyKind] = &[ $( $name, )* ];
    };
}

duties! {
    COMPLAINT_REPLY = "complaint_reply", "A17.3", OpeningBody, None,
        "向投诉人反馈核实结果和措施", "tell the complainant what was found and done";
    SUGGESTION_REPLY = "suggestion_reply", "A24", OpeningBody, None, "答复意见建议", "answer the suggestion";
    RECTIFICATION = "rectification", "A35", DataUser, Some("service_terminated"),
        "按数据开放主体的要求完成整改", "rectify as the opening body demands";
    INTERVIEW_MEASURES = "interview_measures", "A36", DataUser, None,
        "按约谈要求采取措施整改", "take the measures that the interview demands";
    RISK_REPORT = "risk_report", "A25", DataUser, Some("rectification_demanded"),
        "报送风险评估报告", "file the risk assessment report";
    USE_REPORT = "use_report", "A16", DataUser, None,
        "提交数据的调用、使用情况", "report how the data was called and used";
    FOLLOW_UP = "follow_up", "A9.1", OpeningBody, None,
        "跟踪数据使用情况", "follow up how the data is used";
    CONTENT_UPDATE = "content_update", "A23", OpeningBody, None,
        "按更新频率更新数据", "update the data at its listed frequency";
    REASSESSMENT = "reassessment", "A21", OpeningBody, None,
        "重新评估尚未开放的数据", "assess again what is not open yet";
    DEMAND_LISTING = "demand_listing", "A19.3", OpeningBody, None,
        "将可以开放的需求数据列入开放目录", "list what the demand showed can be opened";
    PROBLEM_FOLLOW_UP = "problem_follow_up", "A33", OpeningBody, None,
        "处置用户报告的安全问题", "deal with the security problem that a user reported";
    MANAGEMENT_SYSTEM = "management_system", "A32(1)", OpeningBody, None,
        "制定数据安全管理制度", "put a data security management system in place";
    EMERGENCY_PLAN = "emergency_plan", "A32(2)", OpeningBody, None,
        "制定安全应急处置预案", "make an emergency plan";
    EMERGENCY_DRILL = "emergency_drill", "A32(2)", OpeningBody, None,
        "组织应急演练", "hold an emergency drill";
    CATALOG_REVIEW = "catalog_review", "A9.2", OpeningBody, None,
        "定期更新开放目录", "review the open catalog";
}

/// How long a duty has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Term {
    /// So many working days after `from`.
    After(u16),
    /// So many working days, `from` among them where it is one.
    Counting(u16),
    /// Until this day.
    Day(Date),
    /// As soon as it can be done.
    Promptly,
}

impl Term {
    fn due(self, from: Date, calendar: &Calendar) -> Option<Deadline> {
        match self {
            Term::After(days) => Some(calendar.add_working_days(from, days)),
            Term::Counting(days) => {
                let first = u16::from(calendar.is_working_day(from));
                Some(calendar.add_working_days(from, days.saturating_sub(first)))
            }
            Term::Day(date) => Some(Deadline { date, provisional: false, missing_years: Vec::new() }),
            Term::Promptly => None,
        }
    }
}

/// A duty before it is dated.
#[derive(Debug, Clone, Copy)]
pub(super) struct Owed<'a> {
    pub(super) kind: DutyKind,
    pub(super) holder: &'a str,
    pub(super) subject: &'a str,
    pub(super) from: Date,
    pub(super) term: Term,
    pub(super) done: Option<Date>,
}

impl Owed<'_> {
    /// The code and what the duty is about; a rectification is towards one body, and there may be many of them.
    pub(super) fn id(&self) -> String {
        match self.kind {
            RECTIFICATION => format!("{}:{}:{}", self.kind.code, self.subject, self.holder),
            _ => format!("{}:{}", self.kind.code, self.subject),
        }
    }

    /// The duty as it stands on a day.
    pub(super) fn on(&self, calendar: &Calendar, today: Date) -> Duty {
        let due = self.term.due(self.from, calendar);
        let status = match (self.done, due.as_ref().map(|due| today.cmp(&due.date))) {
            (Some(_), _) => DutyStatus::Done,
            (None, None | Some(std::cmp::Ordering::Less)) => DutyStatus::Open,
            (None, Some(std::cmp::Ordering::Equal)) => DutyStatus::Due,
            (None, Some(std::cmp::Ordering::Greater)) => DutyStatus::Overdue,
        };
        Duty {
            v: V1,
            id: self.id(),
            code: self.kind.code.to_owned(),
            cite: self.kind.cite.to_owned(),
            by: self.kind.by,
            holder: self.holder.to_owned(),
            subject: self.subject.to_owned(),
            from: self.from,
            due,
            status,
            done: self.done,
            proposes: self.kind.proposes.filter(|_| status == DutyStatus::Overdue).map(str::to_owned),
            zh: self.kind.zh.to_owned(),
            en: self.kind.en.to_owned(),
        }
    }
}

/// So many months after a day; at the end of the calendar, its last day.
pub(super) fn months_after(day: Date, months: u16) -> Date {
    day.checked_add(jiff::Span::new().months(i64::from(months))).unwrap_or(Date::MAX)
}
