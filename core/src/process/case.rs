//! A complaint, suggestion, demand, referral, interview, problem or product in the state.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::names::Name;
use super::{CaseStatus, ComplaintOutcome, Machine};
use crate::policy::Policy;
use crate::terms::{Digest, Word};

/// From which day the reply to a complaint or suggestion is counted: the interpretation `deadline_start`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Start {
    Receipt,
    SameDay,
    Verification,
}

impl Start {
    /// As the policy reads it.
    pub(super) fn under(policy: &Policy) -> Start {
        match policy.interpretation("deadline_start") {
            Some("same_day") => Start::SameDay,
            Some("verification") => Start::Verification,
            _ => Start::Receipt,
        }
    }
}

/// A complaint, suggestion, demand, referral, interview, problem or product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// Which.
    pub machine: Machine,
    /// Where it stands.
    pub status: CaseStatus,
    /// The index of its first record.
    pub index: u64,
    /// What came of a complaint.
    pub outcome: Option<ComplaintOutcome>,
    /// The committee's opinion.
    pub opinion: Option<Digest>,
    /// The dataset's number, where it is about one.
    pub(super) dataset: Option<u32>,
    /// Whether the committee is asked about aggregation (A32(4)).
    pub(super) aggregation: bool,
    /// Who brought it.
    pub(super) by: Name,
    /// Who has to see to it.
    pub(super) holder: Option<Name>,
    #[serde(with = "super::day")]
    pub(super) from: Date,
    /// As it was read when the case came in: another reading moves no deadline that runs.
    pub(super) start: Start,
    #[serde(with = "super::day::maybe")]
    pub(super) verified: Option<Date>,
    /// Within how many working days it is to be seen to.
    pub(super) days: Option<u16>,
    /// Until which day.
    #[serde(with = "super::day::maybe")]
    pub(super) due: Option<Date>,
    #[serde(with = "super::day::maybe")]
    pub(super) done: Option<Date>,
}

/// The key of a case: its machine and its id.
pub(super) fn case_key(machine: Machine, id: &str) -> String {
    format!("{}:{id}", machine.id())
}
