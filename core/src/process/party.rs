//! Where a user stands towards a body, and what a body keeps in place.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{BodyKind, Standing};

/// A user towards a body, once something was held against it (A35).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StandingState {
    pub(super) standing: Standing,
    #[serde(with = "super::day")]
    pub(super) from: Date,
    #[serde(with = "super::day")]
    pub(super) due: Date,
    #[serde(with = "super::day::maybe")]
    pub(super) done: Option<Date>,
}

/// An opening body.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct BodyState {
    pub(super) kind: Option<BodyKind>,
    /// When its first entry was listed.
    #[serde(with = "super::day::maybe")]
    pub(super) since: Option<Date>,
    /// When each of the measures was last taken, in the order of [`super::Measure`].
    pub(super) measures: [Option<Taken>; 4],
}

/// A day on which something was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Taken(#[serde(with = "super::day")] pub(super) Date);
