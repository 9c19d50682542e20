//! The gate: may this user have that, now? And the record of it, before the answer.
//!
//! [`decide`] is a function of (policy, state, request, instant); [`decide_facts`] is the same over plain facts, for a
//! host whose own database owns the state. [`Platform`] is a directory with the adopted policy and the log: `admit`
//! decides, makes the record durable and only then answers; `complete` records what came of it.
//!
//! A decision never permits what is unknown. An error is a denial. This room must never let data out without its
//! record (A16, A32(3)), never read a clock, and never write an identifier of a natural person into the log.
//!
//! [`ACCESS_FACTS`] says where each access fact of the policy comes from. Where several processes answer, each is a
//! [`Worker`] with a log of uses of its own. Made ready once, a [`Gate`] answers without an allocation.
//!
//! | file | holds |
//! |---|---|
//! | `request`, `facts`, `decide` | the question, the facts of it, the answer: pure |
//! | `record`, `replay`, `open` | what the log holds, and the state folded from it |
//! | `platform`, `recorded`, `upkeep` | one process: open, admit, complete; what it records; what keeps it going |
//! | `worker`, `uses` | several processes; their logs of uses |
//! | `act`, `upgrade`, `count` | acts as people write them, a new policy's changes, what is counted |

mod act;
mod count;
mod decide;
mod facts;
mod members;
mod open;
mod platform;
mod record;
mod recorded;
mod replay;
mod request;
mod upgrade;
mod upkeep;
mod uses;
mod worker;

pub use decide::{Answer, Decision, Gate, decide, decide_facts};
pub use facts::{ACCESS_FACTS, AccessFact, facts_of};
pub use platform::{Admitted, LEDGER, Platform};
pub(crate) use record::used_by;
pub use record::{Body, DenialCount, Outcome, Record, ServedCount, UseReport};
pub use recorded::Recorded;
pub(crate) use replay::Replay;
pub use request::{Request, ResultReview, Via};
pub use upgrade::{ClassChange, Under, Upgrade, upgrade};
pub use uses::USES;
pub(crate) use uses::{Tally, use_log, use_logs};
pub use worker::Worker;

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::Error;
use crate::error::Explain as _;
use crate::terms::{Digest, Text};

room_error! {
    /// Why the gate can't answer or record.
    pub enum GateError {
        /// Not a request, a record or an outcome.
        Malformed { what: Text, place: String } = "KF-GATE-01",
            en "the document can't be read: {what}",
            zh "文档无法解析:{what:#}", at "{place}";
        /// The record could not be made durable, so nothing may be served.
        NotRecorded { cause: Text } = "KF-GATE-02",
            en "denied: the decision could not be recorded (A32(3)): {cause}",
            zh "拒绝:决定未能记录(A32(3)):{cause:#}";
        /// Not a platform's directory.
        NotAPlatform { what: &'static str } = "KF-GATE-03",
            en "this is not a platform's directory: {what} is missing or can't be read",
            zh "这不是平台目录:缺少或无法读取 {what}", at "{what}";
        /// The directory holds something already.
        NotEmpty = "KF-GATE-04",
            en "a new platform needs a directory of its own, and this one is not empty",
            zh "新平台需要独立的空目录,而该目录非空";
        /// The stored policy is not the one that the log adopted.
        OtherPolicy { file: String } = "KF-GATE-05",
            en "{file} is not the policy that the log adopted",
            zh "{file} 不是账本所采用的政策", at "{file}";
        /// A text in a record that reads as an identifier of a natural person.
        Personal { field: String } = "KF-GATE-06",
            en "{field} reads as an identifier of a natural person; the log holds a commitment instead (A5, A31)",
            zh "{field} 像是自然人的标识信息;账本中只应保存承诺值(A5、A31)", at "{field}";
        /// A record of the log that is not one of ours, or that could not have been recorded there.
        BadRecord { index: u64, what: Text } = "KF-GATE-07",
            en "record {index} can't be replayed: {what}",
            zh "第 {index} 条记录无法重放:{what:#}", at "record {index}";
        /// A policy that changes the catalog, and that nobody signed off.
        NotSignedOff { digest: Digest, changes: u64 } = "KF-GATE-10",
            en "the policy changes {changes} datasets of the catalog; the authority signs off the report of it by its digest {digest} (A40)",
            zh "该政策将改变目录中 {changes} 个数据集;须由主管部门以变更报告的摘要 {digest} 签署确认(A40)", at "upgrade";
        /// A log of uses that the state does not know, or that another key signs.
        NotAUseLog = "KF-GATE-12",
            en "the state names no log of uses of this name and key; the writer of the state opens it first",
            zh "状态中没有以该名称和密钥登记的使用账本;请先由状态账本的写入方登记";
        /// Uses that several processes record.
        UseAWorker = "KF-GATE-13",
            en "this platform has logs of uses: a worker admits, so that quotas are counted over all of them",
            zh "该平台设有使用账本:请由工作进程受理访问,以便统一计算用量";
        /// An outcome that says that nothing went out, and how much.
        NotServed = "KF-GATE-14",
            en "the outcome says that nothing was served, and names rows or bytes",
            zh "结果注明未提供数据,却填写了行数或字节数", at "outcome";
        /// What was read of the state is too old to decide on.
        Behind { behind: Text } = "KF-GATE-11",
            en "denied: the state was last read {behind} before the request, longer than the bound",
            zh "拒绝:状态最近一次读取距请求已有 {behind:#},超过限度";
        /// The record is longer than the log takes.
        TooLong { bytes: usize } = "KF-GATE-08",
            en "the record has {bytes} bytes; the log takes at most 65535",
            zh "记录有 {bytes} 字节;账本最多接受 65535 字节";
        /// A file could not be read or written.
        Io { what: &'static str, kind: Text } = "KF-GATE-09",
            en "{what} could not be read or written: {kind}",
            zh "{what} 读写失败:{kind:#}", at "{what}";
    }
}

/// A panic of another thread leaves what it locked as it was: each change is whole or an error.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An error's texts, each behind its code.
fn with_code(error: &Error) -> Text {
    Text::new(format!("{} {}", error.code(), error.zh()), format!("{} {error}", error.code()))
}

#[cfg(test)]
mod tests;
