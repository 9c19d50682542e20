//! What happened, and what follows from it: typed events, small state machines, duties.
//!
//! Every change of a dataset, an application, a user's standing or a case (complaint, suggestion, demand, referral,
//! interview, problem, product) is an [`Event`] that an [`Actor`] does: an [`Act`]. [`MOVES`] is the table of all moves of
//! all machines, each with its article, who may do it and what it must show; a move that it does not hold is an error that
//! names the legal ones. [`State`] is the fold of the acts in their recorded order: the same records give the same state,
//! byte for byte ([`State::snapshot`]). [`Duty`] follows from the state and the platform's [`RulesOfUse`].
//!
//! This room must never read a clock, never trust a class that the policy does not permit, and never hold an
//! identifier of a natural person: users are a unified social credit code or a commitment (`sha256:…`).

mod actor;
mod application;
mod apply;
mod case;
mod check;
mod dataset;
mod day;
mod document;
mod duty;
mod event;
mod last;
mod lookup;
mod moves;
mod names;
mod owed;
mod party;
mod snapshot;
mod state;
mod unreported;

pub use actor::{Act, Actor, BodyKind, Role, UserKind};
pub use application::{ApplicationView, Use, Used};
pub use case::Case;
pub(crate) use check::{check_id, well_formed_id};
pub(crate) use dataset::AskedOften;
pub use dataset::{Assessed, DatasetState, Listed};
pub use document::{Application, Grant, MOST_PREVIEW_ROWS, RiskAssessmentReport, RulesOfUse};
pub(crate) const USE_REPORT: &str = duty::USE_REPORT.code;
pub use duty::{DUTIES, Duty, DutyKind, DutyStatus};
pub use event::{Assessment, ComplaintOutcome, Event, Measure, ReferralGround, SuggestionGround, SuspensionGround};
pub use lookup::{Asked, Found, Holding, UsedElsewhere};
pub use moves::{ApplicationStatus, CaseStatus, DatasetStatus, MOVES, Machine, Move, Standing, legal_events};
pub use state::{PolicyInForce, State};
pub use unreported::Unreported;

use crate::terms::{Text, WordName};

room_error! {
    /// Why an event can't be recorded.
    pub enum ProcessError {
        /// The machine has no such move from where it stands.
        IllegalMove { machine: WordName, event: &'static str, status: WordName, legal: String } = "KF-PROCESS-01",
            en "{event} is not a move of the {machine}, which is {status}; legal: {legal}",
            zh "{machine:#}的状态为“{status:#}”,不能发生 {event};允许的事件:{legal}", at "event";
        /// The event names something that is not there.
        Unknown { what: Text, id: String } = "KF-PROCESS-02",
            en "there is no {what} {id:?}",
            zh "不存在{what:#} {id:?}", at "{what}";
        /// The id is taken.
        Exists { what: Text, id: String } = "KF-PROCESS-03",
            en "there is already a {what} {id:?}",
            zh "{what:#} {id:?} 已存在", at "{what}";
        /// The chosen class is outside the permitted set (A18).
        NotPermitted { dataset: String, chosen: WordName, permitted: Text } = "KF-PROCESS-04",
            en "the class {chosen} of {dataset:?} is not among the permitted ones (A18): {permitted}",
            zh "数据集 {dataset:?} 选择的开放属性“{chosen:#}”不在允许范围内(A18):{permitted:#}", at "chosen";
        /// The recorded classification is not what the policy answers for the recorded facts.
        OtherClassification { dataset: String } = "KF-PROCESS-05",
            en "the classification of {dataset:?} is not what the policy in force answers for its facts (A19.1)",
            zh "数据集 {dataset:?} 的认定结果与现行政策对其事实的回答不一致(A19.1)", at "classification";
        /// An open question, or out of scope: no class can be chosen.
        NotDetermined { dataset: String, status: WordName } = "KF-PROCESS-06",
            en "no class of {dataset:?} can be chosen: its classification is {status} (A19.1)",
            zh "数据集 {dataset:?} 无法选择开放属性:认定状态为“{status:#}”(A19.1)", at "chosen";
        /// A fact of the classification that no assertion of the event states.
        NotAsserted { dataset: String, fact: String } = "KF-PROCESS-07",
            en "the fact {fact} of {dataset:?} has no assertion that states it (A19.1)",
            zh "数据集 {dataset:?} 的事实 {fact} 没有相应的认定记录(A19.1)", at "assertions";
        /// Not assessed under the policy in force, or no class chosen.
        NotAssessed { dataset: String } = "KF-PROCESS-08",
            en "{dataset:?} has no assessment with a chosen class under the policy in force (A9.2)",
            zh "数据集 {dataset:?} 未在现行政策下完成评估并选定开放属性(A9.2)", at "dataset";
        /// The content to be opened is not the content that was assessed.
        OtherContent { dataset: String } = "KF-PROCESS-09",
            en "the content of {dataset:?} is not the content that was assessed (A9.2)",
            zh "数据集 {dataset:?} 的内容与经评估的内容不一致(A9.2)", at "content";
        /// The entry says something else than the assessment.
        EntryDiffers { dataset: String, field: &'static str } = "KF-PROCESS-10",
            en "{field} in the entry of {dataset:?} is not what the assessment says (A19.2)",
            zh "数据集 {dataset:?} 目录条目的 {field} 与评估结果不一致(A19.2)", at "entry.{field}";
        /// A step that must come first.
        StepFirst { dataset: String, step: Text, cite: String } = "KF-PROCESS-11",
            en "{dataset:?} can't be opened yet: {step} ({cite})",
            zh "数据集 {dataset:?} 尚不能开放:{step:#}({cite})", at "dataset";
        /// The data was suspended or withdrawn after its last assessment.
        NotProcessed { dataset: String } = "KF-PROCESS-12",
            en "{dataset:?} was suspended or withdrawn after its last assessment; process and assess it, then open it (A17.3)",
            zh "数据集 {dataset:?} 在最近一次评估之后被中止或撤回;请处理并重新评估后再开放(A17.3)", at "dataset";
        /// An approval that goes beyond what was applied for.
        TooWide { part: &'static str } = "KF-PROCESS-13",
            en "the grant's {part} goes beyond what was applied for (A26)",
            zh "批准的 {part} 超出申请范围(A26)", at "grant.{part}";
        /// The reviewer was not asked, or has reviewed already.
        NotReviewer { by: WordName } = "KF-PROCESS-14",
            en "a review by the {by} is not awaited (A8, A9.1)",
            zh "当前不需要{by:#}的审核(A8、A9.1)", at "by";
        /// Conditional data by download.
        ConditionalNoDownload = "KF-PROCESS-15",
            en "conditional data is never opened by download (A22.2)",
            zh "有条件开放的数据不得通过下载方式开放(A22.2)", at "ways";
        /// A period that ends before it begins, or a list that is empty.
        Empty { part: &'static str } = "KF-PROCESS-16",
            en "{part} is empty, or ends before it begins",
            zh "{part} 为空,或结束早于开始", at "{part}";
        /// An id that is malformed, or reads as an identifier of a natural person.
        Id { what: &'static str } = "KF-PROCESS-17",
            en "the id of the {what} is not 1 to 128 of A-Z, a-z, 0-9, ':', '.', '-', '_', or reads as a person's identifier; use a social credit code or a commitment",
            zh "{what} 的标识应为 1 至 128 个字母、数字或 ':'、'.'、'-'、'_',且不得像自然人标识;请使用统一社会信用代码或承诺值", at "{what}";
        /// The event was checked with another policy than the one in force.
        OtherPolicy = "KF-PROCESS-18",
            en "the policy at hand is not the one in force, or none was adopted yet",
            zh "所用政策不是现行政策,或尚未采用任何政策", at "policy";
        /// A result for an intent that is not open.
        NoOpenIntent { index: u64 } = "KF-PROCESS-19",
            en "record {index} is not an intent that waits for its result (A16)",
            zh "第 {index} 条记录不是等待结果的使用意图(A16)", at "intent";
        /// Not a document of this room.
        Malformed { what: Text, place: String } = "KF-PROCESS-20",
            en "the document can't be read: {what}",
            zh "文档无法解析:{what:#}", at "{place}";
        /// Somebody whom the table does not let do it.
        NotAllowed { event: &'static str, role: WordName, allowed: Text } = "KF-PROCESS-22",
            en "{event} is not for the {role} to do; for: {allowed}",
            zh "{role:#}无权进行 {event};有权者:{allowed:#}", at "by.role";
        /// Somebody else's dataset, application or case.
        NotTheirs { event: &'static str, what: Text } = "KF-PROCESS-23",
            en "{event} is for those alone whose {what} it is",
            zh "{event} 只能由该{what:#}的责任方或所有方进行", at "by.id";
        /// A claim that makes the answer laxer, without what shows it (A18.5, A32(4)).
        NoEvidence { dataset: String, fact: String } = "KF-PROCESS-24",
            en "what is asserted of the fact {fact} of {dataset:?} makes its class laxer and shows no evidence that is on record (A18.5)",
            zh "对数据集 {dataset:?} 事实 {fact} 的认定使开放属性放宽,但没有在案的证据摘要(A18.5)", at "assertions";
        /// A chosen class that no leader approved (A9.3).
        NotApproved { dataset: String } = "KF-PROCESS-25",
            en "the class chosen for {dataset:?} needs the decision of the leader in charge: the digest `approval` (A9.3)",
            zh "数据集 {dataset:?} 选定的开放属性须经分管负责人决定,请填写 approval 摘要(A9.3)", at "approval";
        /// A natural person's id that is no commitment (A5, A31).
        NotACommitment = "KF-PROCESS-26",
            en "a natural person's id is a commitment, sha256:… or sm3:…, to an identity that is kept in a blob (A5, A31)",
            zh "自然人的标识应为其身份数据块的承诺值(sha256:… 或 sm3:…)(A5、A31)", at "user";
        /// What may only follow later.
        NotYet { event: &'static str, what: &'static str } = "KF-PROCESS-27",
            en "{event} may follow only after the day of {what} has passed (A35)",
            zh "{event} 须在 {what} 所定日期过后方可进行(A35)", at "event";
        /// An outcome that was not carried out.
        NotDone { outcome: WordName, status: WordName } = "KF-PROCESS-28",
            en "the outcome {outcome} is not what was done: the dataset is {status} (A17.3)",
            zh "结果“{outcome:#}”与实际不符:数据集状态为“{status:#}”(A17.3)", at "outcome";
        /// More than the state can hold.
        Full { what: &'static str } = "KF-PROCESS-29",
            en "the state can hold no more {what}",
            zh "状态容量已满:{what}";
        /// Bytes that are no snapshot of this version.
        NotASnapshot = "KF-PROCESS-30",
            en "these bytes are not a snapshot of a state, or of another version; the log gives the state again",
            zh "这些字节不是本版本的状态快照;可由账本重新得到状态";
        /// An approval of an interface to conditional data without a bound (A22.2).
        NoQuota = "KF-PROCESS-31",
            en "an interface to conditional data is approved with a quota of rows or of calls: without one it pages out the whole table (A22.2)",
            zh "批准以接口提供有条件开放类数据,须限定行数或调用次数,否则等同下载(A22.2)", at "grant";
        /// A way that the dataset's entry does not list (A19.2).
        WayNotListed = "KF-PROCESS-33",
            en "the dataset's entry does not list every way that is granted; grant fewer, or revise the entry (A19.2)",
            zh "所批准的开放方式未全部列入数据集的目录条目;请缩减批准范围或修订条目(A19.2)", at "grant.ways";
        /// An opening by somebody else than who suspended or withdrew the dataset.
        NotHolder { event: &'static str, dataset: String, who: WordName } = "KF-PROCESS-34",
            en "{event} of {dataset:?} is for the {who} alone: who suspended or withdrew it lets it open again, and the opening body opens what never was open (A17.3, A32(5))",
            zh "数据集 {dataset:?} 的 {event} 只能由{who:#}进行:由谁中止、撤回的,由谁恢复开放;首次开放由数据开放主体进行(A17.3、A32(5))", at "by.role";
        /// A date that has not come.
        Future { what: &'static str } = "KF-PROCESS-32",
            en "{what} lies after the date of the event",
            zh "{what} 晚于事件日期", at "{what}";
        /// A date that has passed.
        Passed { what: &'static str } = "KF-PROCESS-21",
            en "{what} lies before the date of the event",
            zh "{what} 早于事件日期", at "{what}";
    }
}

#[cfg(test)]
pub(crate) mod support;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_duties;
