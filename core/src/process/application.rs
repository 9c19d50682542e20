//! An application in the state: what was asked for, what is granted, and how much of it is used.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::names::{Name, Version};
use super::{ApplicationStatus, Grant};
use crate::terms::{AccessWay, Digest, Reviewer, Word};

/// The ways of a grant, as a set.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ways(u8);

impl Ways {
    pub(super) fn of(ways: &[AccessWay]) -> Self {
        Ways(ways.iter().fold(0, |set, way| set | 1 << *way as u8))
    }

    pub(crate) fn holds(self, way: AccessWay) -> bool {
        self.0 >> way as u8 & 1 == 1
    }

    pub(super) fn list(self) -> Vec<AccessWay> {
        AccessWay::ALL.iter().copied().filter(|way| self.holds(*way)).collect()
    }
}

/// What is granted so far: what was asked for, narrowed by each approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Granted {
    pub(super) ways: Ways,
    #[serde(with = "super::day")]
    pub(super) from: Date,
    #[serde(with = "super::day")]
    pub(super) until: Date,
    /// No name: every column.
    pub(super) fields: Box<[Name]>,
    pub(super) rows: Option<u64>,
    pub(super) pages: Option<u64>,
    pub(super) updates: bool,
    /// The version that was open when it was approved, unless later ones are granted too.
    pub(super) version: Option<Version>,
}

/// An application and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ApplicationState {
    pub(super) user: Name,
    pub(super) dataset: u32,
    pub(super) purpose: Name,
    pub(super) grant: Granted,
    /// What was asked for, where an approval granted less.
    pub(super) asked: Option<Box<Granted>>,
    pub(super) status: ApplicationStatus,
    /// A bit for each reviewer who approved.
    pub(super) approved_by: u8,
    #[serde(with = "super::day::maybe")]
    pub(super) approved: Option<Date>,
    /// How many risk reports were filed, and how often the body followed up: each for its period.
    pub(super) reports: u16,
    pub(super) follow_ups: u16,
    /// The last day that a risk report was about.
    #[serde(with = "super::day::maybe")]
    pub(super) reported_until: Option<Date>,
    /// Rows and pages used, and those that open intents have asked for.
    pub(super) used: Used,
    /// The user's application for the same dataset before this one.
    pub(super) before: Option<u32>,
}

impl ApplicationState {
    /// What it is an application for, and whose.
    #[inline]
    pub(super) fn key(&self) -> (u32, Name) {
        (self.dataset, self.user)
    }
}

/// How much of a grant is used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Used {
    /// Rows.
    pub rows: u64,
    /// Calls, a page each.
    pub pages: u64,
}

impl Used {
    /// Both together.
    #[must_use]
    pub fn plus(self, more: Used) -> Used {
        Used { rows: self.rows.saturating_add(more.rows), pages: self.pages.saturating_add(more.pages) }
    }

    /// What is left without these.
    #[must_use]
    pub fn less(self, some: Used) -> Used {
        Used { rows: self.rows.saturating_sub(some.rows), pages: self.pages.saturating_sub(some.pages) }
    }
}

/// Which reviewers' bits these are.
pub(super) fn reviewer_bit(by: Reviewer) -> u8 {
    1 << by as u8
}

/// An application as others see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApplicationView<'a> {
    /// Its id.
    pub id: &'a str,
    /// Who applied.
    pub user: &'a str,
    /// For which dataset.
    pub dataset: &'a str,
    /// What for.
    pub purpose: &'a str,
    /// Where it stands.
    pub status: ApplicationStatus,
    /// What is granted so far.
    pub grant: Grant,
    /// The one version that is granted; none before approval, or where later versions are granted too.
    pub content: Option<Digest>,
    /// Who approved.
    pub approved_by: BTreeSet<Reviewer>,
    /// How much is used, open intents included.
    pub used: Used,
}

/// An intent that waits for its result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Use {
    /// The dataset.
    pub dataset: String,
    /// The approved application that it ran under, for conditional data.
    pub application: Option<String>,
    /// What it asked for, counted against the grant until the result says how much there was.
    pub asked: Used,
}
