//! The machines as one table: which event moves what from where to where, by which article, who may do it, what it must
//! show, and which duty it creates or does. What is not in this table can't happen; the diagrams in the docs are drawn
//! from it.

use super::{ProcessError, Role};
use crate::terms::{Word, words};

words! {
    /// The machines.
    pub enum Machine {
        /// The platform and its parties: nothing moves, things are put on file.
        Platform = "platform", "平台", "platform";
        /// A dataset.
        Dataset = "dataset", "数据集", "dataset";
        /// An application for conditional data.
        Application = "application", "申请", "application";
        /// A data user towards one body.
        User = "user", "数据使用主体", "data user";
        /// A complaint.
        Complaint = "complaint", "投诉", "complaint";
        /// A suggestion.
        Suggestion = "suggestion", "意见建议", "suggestion";
        /// A demand for data.
        Demand = "demand", "开放需求", "demand";
        /// A referral to the expert committee.
        Referral = "referral", "专家委员会征询", "committee referral";
        /// An interview.
        Interview = "interview", "约谈", "interview";
        /// A security problem.
        Problem = "problem", "安全问题", "security problem";
        /// A product or service made from open data.
        Product = "product", "数据产品", "product";
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

    /// Where a case stands: a complaint, suggestion, demand, referral, interview, problem or product.
    pub enum CaseStatus {
        /// A complaint or suggestion came in.
        Received = "received", "已受理", "received";
        /// A complaint is verified (A17.2).
        Verified = "verified", "已核实", "verified";
        /// Answered.
        Answered = "answered", "已反馈", "answered";
        /// A demand was filed.
        Filed = "filed", "已提交", "filed";
        /// A demand can be met.
        Accepted = "accepted", "可以开放", "accepted";
        /// A demand can't be met.
        Declined = "declined", "不能开放", "declined";
        /// A demand is met: the data is listed.
        Met = "met", "已列入目录", "met";
        /// The committee has not given its opinion.
        Pending = "pending", "待专家委员会意见", "pending";
        /// It has.
        Advised = "advised", "已提出意见", "advised";
        /// An interview was held, and its measures are awaited.
        Held = "held", "已约谈", "held";
        /// An interview's measures were taken.
        Closed = "closed", "已了结", "closed";
        /// A problem was reported.
        Reported = "reported", "已报告", "reported";
        /// A problem was dealt with.
        Handled = "handled", "已处置", "handled";
        /// A product is published.
        Registered = "registered", "已发布", "registered";
        /// A product is shown as a case.
        Shown = "shown", "示范展示", "shown";
        /// A product is no longer published.
        Withdrawn = "withdrawn", "已下架", "withdrawn";
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
    /// To where; several where the event's content decides; none where the machine stays where it is.
    pub to: &'static [&'static str],
    /// The articles.
    pub cite: &'static str,
    /// Who may do it.
    pub by: &'static [Role],
    /// What it must show: fields that hold digests, or documents.
    pub evidence: &'static [&'static str],
    /// The duties that it creates, and those that it does.
    pub duties: &'static [&'static str],
}

const BODY: &[Role] = &[Role::OpeningBody];
const AUTHORITY: &[Role] = &[Role::Authority];
const EITHER: &[Role] = &[Role::OpeningBody, Role::Authority];
const USER: &[Role] = &[Role::DataUser];
const ANYBODY: &[Role] = &[Role::Public, Role::DataUser];
const COMMITTEE: &[Role] = &[Role::ExpertCommittee];
const HOST: &[Role] = &[Role::Authority, Role::Platform];
const REGISTRARS: &[Role] = &[Role::Authority, Role::Platform, Role::OpeningBody];

const LIVE: &[&str] = &["not_open", "open", "suspended", "withdrawn"];

macro_rules! moves {
    ($( $machine:ident: $event:literal, [$($from:tt)*] => [$($to:literal),*], $cite:literal, $by:ident, [$($evidence:literal),*], [$($duty:literal),*]; )*) => {
        /// Every move of every machine.
        pub const MOVES: &[Move] = &[ $( Move {
            machine: Machine::$machine,
            event: $event,
            from: moves!(@from $($from)*),
            to: &[$($to),*],
            cite: $cite,
            by: $by,
            evidence: &[$($evidence),*],
            duties: &[$($duty),*],
        }, )* ];
    };
    (@from $name:ident) => { $name };
    (@from $($from:literal),*) => { &[$($from),*] };
}

moves! {
    Platform: "policy_adopted", [] => [], "A40", HOST, ["text", "upgrade"], [];
    Platform: "rules_published", [] => [], "A15", AUTHORITY, ["rules"], [];
    Platform: "authority_filed", [] => [], "A8.2", AUTHORITY, [], [];
    Platform: "body_registered", [] => [], "A3(1)", REGISTRARS, [], [];
    Platform: "user_registered", [] => [], "A3(2)", HOST, [], [];
    Platform: "identity_erased", [] => [], "A5, A31", HOST, [], [];
    Platform: "use_log_opened", [] => [], "A16", HOST, ["key"], [];
    Platform: "measure_taken", [] => [], "A9.2, A32(1)-(2)", BODY, ["evidence"], ["management_system", "emergency_plan", "emergency_drill", "catalog_review"];
    Dataset: "entry_listed", [LIVE] => [], "A19.2, A9.2", EITHER, ["entry"], ["management_system", "emergency_plan", "emergency_drill", "catalog_review", "content_update", "reassessment"];
    Dataset: "dataset_assessed", [LIVE] => [], "A19.1, A9.2, A18", BODY, ["assertions", "approval"], ["reassessment"];
    Dataset: "content_updated", [LIVE] => [], "A23", BODY, ["content"], ["content_update"];
    Dataset: "dataset_opened", ["not_open", "suspended", "withdrawn"] => ["open"], "A19.2, A17.3, A32(5)", EITHER, ["content"], ["content_update"];
    Dataset: "dataset_suspended", ["open"] => ["suspended"], "A17.2, A32(5)", EITHER, [], [];
    Dataset: "dataset_resumed", ["suspended"] => ["open"], "A17.3, A32(5)", EITHER, ["finding"], [];
    Dataset: "dataset_withdrawn", ["open", "suspended"] => ["withdrawn"], "A32(5)", EITHER, ["finding"], [];
    Dataset: "dataset_terminated", ["open", "suspended", "withdrawn"] => ["terminated"], "A17.3", EITHER, ["finding"], [];
    Application: "application_filed", [] => ["filed"], "A26, A10", USER, ["application"], [];
    Application: "application_reviewed", ["filed", "reviewed"] => ["reviewed", "approved", "rejected"], "A9.1, A8", EITHER, ["opinion"], ["risk_report", "follow_up"];
    Application: "application_revoked", ["approved"] => ["revoked"], "A26, A10", EITHER, ["finding"], [];
    Application: "use_followed_up", ["approved"] => [], "A9.1", BODY, ["finding"], ["follow_up"];
    Application: "risk_report_filed", ["approved"] => [], "A25", USER, ["report"], ["risk_report"];
    User: "rectification_demanded", ["good"] => ["rectification"], "A35", BODY, ["measures"], ["rectification"];
    User: "rectification_accepted", ["rectification"] => ["good"], "A35", BODY, ["finding"], ["rectification"];
    User: "service_terminated", ["rectification"] => ["terminated"], "A35", BODY, ["finding"], ["rectification"];
    Complaint: "complaint_received", [] => ["received"], "A17.1", ANYBODY, ["evidence"], ["complaint_reply"];
    Complaint: "complaint_verified", ["received"] => ["verified"], "A17.2", BODY, ["finding"], [];
    Complaint: "complaint_answered", ["verified"] => ["answered"], "A17.3", BODY, ["reply"], ["complaint_reply"];
    Suggestion: "suggestion_received", [] => ["received"], "A24", USER, ["content"], ["suggestion_reply"];
    Suggestion: "suggestion_answered", ["received"] => ["answered"], "A24", BODY, ["reply"], ["suggestion_reply"];
    Demand: "demand_filed", [] => ["filed"], "A19.3", ANYBODY, ["content"], [];
    Demand: "demand_assessed", ["filed"] => ["accepted", "declined"], "A19.3", AUTHORITY, ["finding"], ["demand_listing"];
    Demand: "demand_met", ["accepted"] => ["met"], "A19.3", EITHER, [], ["demand_listing"];
    Referral: "committee_referred", [] => ["pending"], "A7, A32(4)", EITHER, ["question"], [];
    Referral: "committee_advised", ["pending"] => ["advised"], "A7, A32(4)", COMMITTEE, ["opinion"], [];
    Interview: "interview_held", [] => ["held"], "A36", AUTHORITY, ["minutes"], ["interview_measures"];
    Interview: "interview_closed", ["held"] => ["closed"], "A36", AUTHORITY, ["finding"], ["interview_measures"];
    Problem: "problem_reported", [] => ["reported"], "A33", USER, ["report"], ["problem_follow_up"];
    Problem: "problem_handled", ["reported"] => ["handled"], "A33", BODY, ["finding"], ["problem_follow_up"];
    Product: "product_registered", [] => ["registered"], "A29.1", USER, [], [];
    Product: "product_shown", ["registered"] => ["shown"], "A29.2", AUTHORITY, [], [];
    Product: "product_withdrawn", ["registered", "shown"] => ["withdrawn"], "A29.1", USER, [], [];
}

/// The row of an event.
pub(super) fn row(event: &str) -> Option<&'static Move> {
    MOVES.iter().find(|row| row.event == event)
}

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
    let legal = if legal.is_empty() { "–".to_owned() } else { legal.join(", ") };
    Err(ProcessError::IllegalMove { machine: machine.name(), event, status: status.name(), legal })
}
