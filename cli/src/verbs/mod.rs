//! One file a verb, or a family of verbs.

pub(crate) mod assess;
pub(crate) mod calendar;
pub(crate) mod catalog;
pub(crate) mod classify;
pub(crate) mod keys;
pub(crate) mod ledger;
pub(crate) mod plan;
pub(crate) mod platform;
pub(crate) mod policy;
pub(crate) mod policy_analysis;
pub(crate) mod policy_eval;
pub(crate) mod policy_show;
pub(crate) mod risk;
pub(crate) mod scan;
