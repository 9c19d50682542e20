//! Where the wings meet: a table becomes facts, the facts a class, the class a treatment, the treatment evidence, and
//! the evidence the class of a new version.
//!
//! Only this room and `report` stand on both wings. It must never hold a rule of either: what follows from a finding is
//! a proposal that the assessor answers, what follows from a fact is the policy's.
//!
//! A scan can propose that a fact holds; it can never propose that one does not. What it did not find may still be
//! there, so such a fact stays unknown until a person answers it.

mod assessment;
mod events;
mod evidence;
mod proposal;
mod recorded;
mod suggest;
mod table;

pub use assessment::{
    Assessment, PolicyReference, Question, Terms, TreatedVersion, Version, WayVerdict, assess, assess_treated,
};
pub use events::Choice;
pub use evidence::Evidence;
use proposal::exposed;
pub use proposal::{Proposal, propose};
pub use recorded::{record_applied, recorded_applied};
pub use suggest::{Reason, Suggestion, suggest};
pub use table::{Open, Seen, assess_table, look, treat_table};

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_recorded;
