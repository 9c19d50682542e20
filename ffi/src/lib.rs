//! The C ABI of kaifang, and nothing else: conversions, checks of what crosses, no rule of any kind.
//!
//! One file holds one C type; what is asked of a policy takes three, of a ledger two, of a platform three, and what a plan
//! does to a table one of its own. Every function's
//! body stands in [`guard`]; handles are tokens, see [`handle`]; what C sees is `include/kaifang.h`, made by
//! `cargo run -p xtask -- header`. Conventions are on that header's first page.
#![deny(unsafe_op_in_unsafe_fn)]
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::print_stdout)
)]
#![allow(unreachable_pub, reason = "what C calls is public, whatever the module")]

mod apply;
mod arrow;
mod audit;
mod calendar;
mod catalog;
mod document;
mod error;
mod ff1;
mod guard;
mod handle;
mod input;
mod keyring;
mod ledger;
mod ledger_verify;
mod plan;
mod platform;
mod platform_upkeep;
mod policy;
mod policy_analysis;
mod policy_columns;
mod progress;
mod signer;
mod status;
mod table;
mod text;
mod values;
mod version;
mod worker;
