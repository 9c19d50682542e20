//! What an access needs to know of the state, found without an allocation.

use std::collections::HashMap;

use jiff::civil::Date;

use super::application::ApplicationState;
use super::names::Version;
use super::{ApplicationStatus, DatasetState, Standing, State, Used};
use crate::terms::{AccessWay, words};

words! {
    /// What a user holds for a dataset on a day: the policy's fact `application`.
    pub enum Holding {
        /// No application.
        None = "none", "无", "none";
        /// Filed, half reviewed, or approved for a time that has not begun.
        Filed = "filed", "已提交", "filed";
        /// Approved, in its period, for the version that is open.
        Approved = "approved", "已批准", "approved";
        /// Rejected.
        Rejected = "rejected", "已驳回", "rejected";
        /// Its period has ended, or the version that it is for is no longer open.
        Expired = "expired", "已到期", "expired";
        /// Revoked.
        Revoked = "revoked", "已撤销", "revoked";
    }
}

/// What is asked for, as far as the state can tell.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The dataset.
    pub dataset: &'a str,
    /// Who asks.
    pub user: Option<&'a str>,
    /// By which way; none for a query or a preview.
    pub way: Option<AccessWay>,
    /// What for.
    pub purpose: Option<&'a str>,
    /// Which columns; none named: all.
    pub fields: &'a [String],
    /// How many rows.
    pub rows: Option<u64>,
}

/// What the state says about it.
#[derive(Debug, Clone, Copy)]
pub struct Found<'a> {
    /// The dataset, once it was assessed or listed.
    pub dataset: Option<&'a DatasetState>,
    /// The user's standing towards the body that opens it (A35); none where nobody is known to open it.
    pub standing: Option<Standing>,
    /// What the user's best application for it says.
    pub holding: Holding,
    /// Whether purpose and columns are the approved ones; none where that can't be told.
    pub purpose: Option<bool>,
    /// Whether the way is an approved one.
    pub way: bool,
    /// Whether the quota has room for what is asked; none where that can't be told.
    pub quota: Option<bool>,
    /// Whether the application bounds rows.
    pub bounded: bool,
    /// Whether it bounds rows or calls.
    pub counted: bool,
    /// Whether its risk report is overdue (A25).
    pub report_overdue: bool,
    /// The application's place, when it is approved and in its period.
    pub application: Option<u32>,
}

/// What was used under applications by records of other logs than the state's own: by the application's id, since a log of
/// uses may know one that the state has not read yet.
#[derive(Debug, Clone, Default)]
pub struct UsedElsewhere(HashMap<String, Used, foldhash::fast::RandomState>);

impl UsedElsewhere {
    /// How much of an application was used there.
    #[inline]
    #[must_use]
    pub fn of(&self, application: &str) -> Used {
        if self.0.is_empty() { Used::default() } else { self.0.get(application).copied().unwrap_or_default() }
    }

    /// Changes how much of an application was used there.
    pub fn change(&mut self, application: &str, change: impl FnOnce(Used) -> Used) {
        let used = self.0.entry(application.to_owned()).or_default();
        *used = change(*used);
    }
}

/// What one application says about what is asked.
#[derive(Clone, Copy)]
struct Fit {
    holding: Holding,
    purpose: Option<bool>,
    way: bool,
    quota: Option<bool>,
    bounded: bool,
    counted: bool,
    report_overdue: bool,
    place: u32,
}

impl Fit {
    /// Smaller is better: what permits most comes first, then the earlier application, so that the choice is always the
    /// same.
    fn rank(&self) -> (u8, bool, bool, bool, bool, u32) {
        let word = match self.holding {
            Holding::Approved => 0,
            Holding::Expired => 1,
            Holding::Filed => 2,
            Holding::Revoked => 3,
            Holding::Rejected => 4,
            Holding::None => 5,
        };
        let no = |answer: Option<bool>| answer != Some(true);
        (word, no(self.purpose), !self.way, no(self.quota), self.report_overdue, self.place)
    }
}

impl State {
    /// Looks up what is asked for, on a legal date.
    #[must_use]
    pub fn find(&self, asked: &Asked<'_>, elsewhere: &UsedElsewhere, today: Date) -> Found<'_> {
        // The three look-ups wait for memory, and none of them for another.
        let hash = asked.user.map(|user| self.last.hash(asked.dataset, user));
        let listed = self.datasets.get_full(asked.dataset);
        let dataset = listed.map(|(_, _, dataset)| dataset);
        let user = asked.user.and_then(|user| self.names.find(user));
        let standing = match (asked.user, dataset.and_then(|dataset| dataset.body)) {
            (Some(_), Some(body)) => Some(user.map_or(Standing::Good, |user| self.standing_of(body, user))),
            (Some(_), None) if dataset.is_some_and(|dataset| dataset.listed.is_some()) => None,
            _ => Some(Standing::Good),
        };
        let mut found = Found {
            dataset,
            standing,
            holding: Holding::None,
            // Without an application no purpose, way or quantity is an approved one.
            purpose: Some(false),
            way: false,
            quota: Some(false),
            bounded: false,
            counted: false,
            report_overdue: false,
            application: None,
        };
        let key = listed.and_then(|(number, _, _)| u32::try_from(number).ok()).zip(user);
        let first = hash.zip(key).and_then(|(hash, key)| self.last_application(hash, key));
        let version = dataset.and_then(|dataset| dataset.asked.version);
        let fits =
            self.chain(first).map(|(place, id, state)| self.fit(place, state, asked, version, elsewhere.of(id), today));
        let mut counted = false;
        let fits = fits.inspect(|fit| counted |= fit.counted && fit.holding == Holding::Approved);
        if let Some(best) = fits.min_by_key(Fit::rank) {
            found.holding = best.holding;
            found.purpose = best.purpose;
            found.way = best.way;
            found.quota = best.quota;
            found.bounded = best.bounded;
            // What any of them has left may decide which of them is the best.
            found.counted = counted;
            found.report_overdue = best.report_overdue;
            found.application = (best.holding == Holding::Approved).then_some(best.place);
        }
        found
    }

    fn fit(
        &self,
        place: u32,
        state: &ApplicationState,
        asked: &Asked<'_>,
        version: Option<Version>,
        elsewhere: Used,
        today: Date,
    ) -> Fit {
        let grant = &state.grant;
        let holding = match state.status {
            ApplicationStatus::Approved if today > grant.until => Holding::Expired,
            ApplicationStatus::Approved if !grant.updates && grant.version != version => Holding::Expired,
            ApplicationStatus::Approved if today >= grant.from => Holding::Approved,
            ApplicationStatus::Approved | ApplicationStatus::Filed | ApplicationStatus::Reviewed => Holding::Filed,
            ApplicationStatus::Rejected => Holding::Rejected,
            ApplicationStatus::Revoked => Holding::Revoked,
        };
        let same = asked.purpose.map(|purpose| purpose == self.names.name(state.purpose));
        let columns = match (grant.fields.is_empty(), asked.fields.is_empty()) {
            (true, _) => Some(true),
            // All columns are more than some.
            (false, true) => None,
            (false, false) => Some(
                asked
                    .fields
                    .iter()
                    .all(|field| self.names.find(field).is_some_and(|field| grant.fields.contains(&field))),
            ),
        };
        let both = match (same, columns) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        };
        let used = state.used.plus(elsewhere);
        let room = |used: u64, more: u64, limit: u64| used.checked_add(more).is_some_and(|total| total <= limit);
        // What asks for no row asks for nothing that a used-up quota could give.
        let rows = match (grant.rows, asked.rows) {
            (None, _) => Some(true),
            (Some(_), None) => None,
            (Some(limit), Some(rows)) => Some(room(used.rows, rows.max(1), limit)),
        };
        let pages = grant.pages.is_none_or(|limit| room(used.pages, 1, limit));
        Fit {
            holding,
            purpose: both,
            way: asked.way.is_some_and(|way| grant.ways.holds(way)),
            quota: if pages { rows } else { Some(false) },
            bounded: grant.rows.is_some(),
            counted: grant.rows.is_some() || grant.pages.is_some(),
            report_overdue: self.report_overdue(state, today),
            place,
        }
    }

    /// The id of an application at its place.
    #[must_use]
    pub fn application_id(&self, place: u32) -> Option<&str> {
        self.applications.get_index(place as usize).map(|(id, _)| id.as_str())
    }

    /// The place of an application.
    #[must_use]
    pub fn application_place(&self, id: &str) -> Option<u32> {
        self.applications.get_index_of(id).and_then(|place| u32::try_from(place).ok())
    }
}
