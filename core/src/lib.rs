//! kaifang (开放) decides what government data may be opened, to whom, by which way and after which treatment, and
//! proves afterwards that it did so.
//!
//! The crate is one house on one foundation; imports only go down.
//!
//! | floor | rooms | what it knows |
//! |---|---|---|
//! | roof | [`report`], [`assess`] | both wings |
//! | data wing | [`risk`] → [`desensitize`], [`detect`] → [`kinds`], [`table`] | tables, no law |
//! | law wing | [`audit`] → [`gate`] → [`process`] → [`catalog`] → [`policy`], [`ledger`] | the law, no tables |
//! | foundation | [`calendar`], [`crypto`], [`canon`], [`terms`], [`error`] | words, bytes, days |
//!
//! Decisions are functions of (policy, facts, state, instant): nothing in this crate reads a clock. A fact that was
//! not assessed is unknown, and unknown never allows. No error, report or `Debug` holds a value of the data.
//!
//! ```
//! use kaifang::policy::{Facts, Policy};
//! use kaifang::terms::{Openness, legal_date};
//!
//! let policy = Policy::builtin("xian-2022-013")?;
//! let facts = Facts::from_json(r#"{"personal_privacy": true}"#)?;
//! let answer = policy.classify(&facts, legal_date("2026-11-23T02:00:00Z".parse()?))?;
//! assert_eq!(answer.default, Some(Openness::Withheld));
//! assert!(!answer.open.is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::print_stdout)
)]

#[macro_use]
mod macros;
#[cfg(test)]
mod testing;

pub mod calendar;
pub mod canon;
pub mod crypto;
pub mod error;
pub mod terms;

#[cfg(feature = "tables")]
pub mod desensitize;
#[cfg(feature = "tables")]
pub mod detect;
#[cfg(feature = "tables")]
pub mod kinds;
#[cfg(feature = "tables")]
pub mod risk;
#[cfg(feature = "tables")]
pub mod table;

pub mod audit;
pub mod catalog;
pub mod gate;
pub mod ledger;
pub mod policy;
pub mod process;

#[cfg(feature = "tables")]
pub mod assess;
#[cfg(feature = "report")]
pub mod report;

pub use error::{Error, ErrorDocument};
