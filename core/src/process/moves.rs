//! The machines as one table: which event moves what from where to where, by which article, and who may do it.
//! What is not in this table can't happen.

use super::ProcessError;
use crate::policy::Party;
use crate::terms::{Word, words};

words! {
    /// The machines.
    pub enum Machine {
        /// A dataset.
        Dataset = "dataset", "数据集", "dataset";
        /// An application for conditional data.
        Application = "application", "申请", "application";
        /// A data user towards one body.
        User = "user", "数据使用主体", "data user";
        /// A complaint.
        Complaint = "complaint", "投诉", "complaint";
    }

    /// Where a dataset stands.
    pub enum DatasetStatus {
        /// Not opened yet.
        NotOpen = "not_open", "未开放", "not open";
        /// Open.
        Open = "open", "开放中", "open";
        /// 中止
        Suspended = "suspended", "中止", "suspended";
        /// 撤回
        Withdrawn = "withdrawn", "撤回", "withdrawn";
        /// 终止
        Terminated = "terminated", "终止", "terminated";
    }

    /// Where an application stands. That it expired follows from the date, not from an event.
    pub enum ApplicationStatus {
        /// Filed, reviewed by nobody.
        Filed = "filed", "已提交", "filed";
        /// Approved by one of the two whose approval it needs.
        Reviewed = "reviewed", "部分审核通过", "reviewed";
        /// Approved.
        Approved = "approved", "已批准", "approved";
        /// Rejected.
        Rejected = "rejected", "已驳回", "rejected";
        /// Revoked after it was approved.
        Revoked = "revoked", "已撤销", "revoked";
    }

    /// Where a user stands towards one body (A35).
    pub enum Standing {
        /// Nothing is held against it.
        Good = "good", "正常", "good";
        /// Must rectify; access is suspended.
        Rectification = "rectification", "整改中", "rectification";
        /// Served no longer.
        Terminated = "terminated", "已终止服务", "terminated";
    }

    /// Where a complaint stands (A17).
    pub enum ComplaintStatus {
        /// Received, not answered.
        Received = "received", "已受理", "received";
        /// Answered.
        Answered = "answered", "已反馈", "answered";
    }
}

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Move {
    /// The machine.
    pub machine: Machine,
    /// The event's id.
    pub event: &'static str,
    /// From where; empty for an event that begins a machine.
    pub from: &'static [&'static str],
    /// To where; several where the event's content decides.
    pub to: &'static [&'static str],
    /// True where the machine stays where it is.
    pub stays: bool,
    /// The articles.
    pub cite: &'static str,
    /// Who may do it.
    pub by: &'static [Party],
}

const BODY: &[Party] = &[Party::OpeningBody];
const BODY_OR_AUTHORITY: &[Party] = &[Party::OpeningBody, Party::Authority];
const USER: &[Party] = &[Party::DataUser];

const fn moves(
    machine: Machine,
    event: &'static str,
    from: &'static [&'static str],
    to: &'static [&'static str],
    cite: &'static str,
    by: &'static [Party],
) -> Move {
    Move { machine, event, from, to, stays: false, cite, by }
}

const fn stays(
    machine: Machine,
    event: &'static str,
    from: &'static [&'static str],
    cite: &'static str,
    by: &'static [Party],
) -> Move {
    Move { machine, event, from, to: &[], stays: true, cite, by }
}

const NOT_TERMINATED: &[&str] = &["not_open", "open", "suspended", "withdrawn"];

/// Every move of every machine.
pub const MOVES: &[Move] = &[
    stays(Machine::Dataset, "entry_listed", NOT_TERMINATED, "A19.2", BODY),
    stays(Machine::Dataset, "dataset_assessed", NOT_TERMINATED, "A19.1", BODY),
    stays(Machine::Dataset, "content_updated", NOT_TERMINATED, "A23", BODY),
    moves(Machine::Dataset, "dataset_opened", &["not_open", "suspended", "withdrawn"], &["open"], "A19.2, A17.3", BODY),
    moves(Machine::Dataset, "dataset_suspended", &["open"], &["suspended"], "A17.2, A32(5)", BODY_OR_AUTHORITY),
    moves(Machine::Dataset, "dataset_resumed", &["suspended"], &["open"], "A17.3", BODY),
    moves(Machine::Dataset, "dataset_withdrawn", &["open", "suspended"], &["withdrawn"], "A32(5)", BODY_OR_AUTHORITY),
    moves(
        Machine::Dataset,
        "dataset_terminated",
        &["open", "suspended", "withdrawn"],
        &["terminated"],
        "A17.3",
        BODY_OR_AUTHORITY,
    ),
    moves(Machine::Application, "application_filed", &[], &["filed"], "A26", USER),
    moves(
        Machine::Application,
        "application_reviewed",
        &["filed", "reviewed"],
        &["reviewed", "approved", "rejected"],
        "A9.1, A8",
        BODY_OR_AUTHORITY,
    ),
    moves(Machine::Application, "application_revoked", &["approved"], &["revoked"], "A26, A10", BODY_OR_AUTHORITY),
    moves(Machine::User, "rectification_demanded", &["good"], &["rectification"], "A35", BODY),
    moves(Machine::User, "rectification_accepted", &["rectification"], &["good"], "A35", BODY),
    moves(Machine::User, "service_terminated", &["rectification"], &["terminated"], "A35", BODY),
    moves(Machine::Complaint, "complaint_received", &[], &["received"], "A17.1", USER),
    moves(Machine::Complaint, "complaint_answered", &["received"], &["answered"], "A17.3", BODY),
];

/// The events that may happen to a machine that stands here; with `None`, those that begin it.
pub fn legal_events(machine: Machine, status: Option<&str>) -> impl Iterator<Item = &'static str> {
    MOVES
        .iter()
        .filter(move |row| {
            row.machine == machine && status.map_or(row.from.is_empty(), |status| row.from.contains(&status))
        })
        .map(|row| row.event)
}

/// Refuses an event that the table does not hold.
pub(super) fn legal<S: Word>(machine: Machine, event: &'static str, status: S) -> Result<(), ProcessError> {
    if legal_events(machine, Some(status.id())).any(|legal| legal == event) {
        return Ok(());
    }
    let legal: Vec<&str> = legal_events(machine, Some(status.id())).collect();
    let legal = if legal.is_empty() { "none".to_owned() } else { legal.join(", ") };
    Err(ProcessError::IllegalMove { machine: machine.id(), event, status: status.id(), legal })
}
