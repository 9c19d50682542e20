//! One file a verb, or a family of verbs.

pub(crate) mod assess;
pub(crate) mod audit;
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

use kaifang::terms::{Digest, NotADigest};

use crate::output::Failure;

/// A digest on the command line.
pub(crate) fn digest(text: &str) -> Result<Digest, Failure> {
    text.parse().map_err(|error: NotADigest| {
        Failure::usage("摘要应为 sha256: 或 sm3: 加 64 位小写十六进制数字", error.to_string())
    })
}
