//! The audit: is all of it true? Every byte of every log is verified, every recorded decision is decided again under the
//! policy and on the state of its record, and what does not agree is listed with its article.
//!
//! | file | holds |
//! |---|---|
//! | [`audit()`], `walk` | the walk through the state log and the logs of uses, record by record |
//! | `degraded` | what went out while the log could not be written |
//! | `breaches` | what stands in the state that should not (A37) |
//! | [`uses()`], [`UsageSummary`] | the record of uses by dataset, user, way and time; the draft of a risk report (A25) |
//! | [`Bundle`], `bundle_verify` | what shows, with nothing else at hand, how one dataset was opened and used (A30) |
//!
//! This room must never change anything, never repair what it finds, and never trust a decision because it is recorded.

mod book;
mod breaches;
mod bundle;
mod bundle_verify;
mod degraded;
mod history;
mod usage;
mod walk;

use std::path::Path;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::calendar::Calendar;
use crate::crypto::PublicKey;
use crate::ledger::{Checkpoint, Verified};
use crate::process::Duty;
use crate::terms::{Digest, Instant, V1};

pub use bundle::{Bundle, BundleReport, bundle};
pub use usage::{UsageQuery, UsageRecord, UsageSummary, summary, uses};

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Finding {
    /// The stable code.
    pub code: String,
    /// The article.
    pub cite: String,
    /// The log of uses that holds the record; none: the state log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<String>,
    /// The index of the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<u64>,
    /// The dataset, duty or user that it is about.
    pub subject: String,
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

/// A use of conditional data that its user has not reported (A16).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UnreportedUse {
    /// The log of uses that holds its intent; none: the state log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<String>,
    /// The index of its intent.
    pub index: u64,
    /// The dataset.
    pub dataset: String,
    /// Who used it.
    pub user: String,
    /// By when the rules of use want it reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub due: Option<Date>,
}

/// A log of uses and what its verification found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct VerifiedUses {
    /// Its name.
    pub log: String,
    /// What the verification found.
    pub verified: Verified,
}

/// What an audit found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AuditReport {
    /// The document's version.
    pub v: V1,
    /// When it was asked; duties stand as of this instant.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub at: Instant,
    /// What the verification of the state log found.
    pub verified: Verified,
    /// The logs of uses of other processes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub use_logs: Vec<VerifiedUses>,
    /// How many events were folded.
    pub events: u64,
    /// How many decisions were decided again.
    pub decisions: u64,
    /// How many of them permit.
    pub permits: u64,
    /// How many results followed.
    pub results: u64,
    /// How many uses were reported.
    pub use_reports: u64,
    /// How many denials of callers who were not identified were counted.
    pub counted_denials: u64,
    /// How often unconditional data went out while a log could not be written.
    pub degraded: u64,
    /// Everything that is not as it should be, in the order of the logs, breaches and duties last.
    pub findings: Vec<Finding>,
    /// The duties that are overdue.
    pub overdue: Vec<Duty>,
    /// The duties that were done after their last day.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub late: Vec<Duty>,
    /// The uses of conditional data that are not reported yet, overdue or not; the first ten thousand.
    pub unreported: Vec<UnreportedUse>,
    /// How many there are.
    pub unreported_count: u64,
    /// The identities that were erased, as the log says.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub erased: Vec<Digest>,
    /// No finding.
    pub clean: bool,
}

/// Audits a platform's directory. `key` is who the state log must be signed by; without it the directory's own key is
/// taken, and the report says so. `pin` is a head that was kept elsewhere.
///
/// # Errors
/// [`IntegrityError`](crate::ledger::IntegrityError) when the bytes are not what was signed: then nothing in the log
/// can be relied on. What can't be read.
///
/// ```
/// use kaifang::audit::audit;
/// use kaifang::calendar::Calendar;
/// use kaifang::crypto::Ed25519Key;
/// use kaifang::gate::{Platform, Request};
/// use kaifang::policy::Policy;
/// use kaifang::terms::Action;
///
/// let folder = tempfile::tempdir()?;
/// let (key, _) = Ed25519Key::generate()?;
/// let at = "2024-06-03T02:00:00Z".parse()?;
/// let policy = Policy::builtin("xian-2022-013")?;
/// let platform = Platform::init(folder.path(), &policy, "data.example", Box::new(key), at)?;
/// let mut request = Request::new("unknown-data", Action::Download);
/// request.user = Some("91610131MA6U0000X0".to_owned());
/// platform.admit(&request, at)?;
/// let head = platform.checkpoint()?;
///
/// let report = audit(folder.path(), Some(&platform.public_key()?), Some(&head), Calendar::builtin(), at)?;
/// assert!(report.clean && report.decisions == 1 && report.permits == 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn audit(
    dir: impl AsRef<Path>,
    key: Option<&PublicKey>,
    pin: Option<&Checkpoint>,
    calendar: &Calendar,
    at: Instant,
) -> Result<AuditReport, Error> {
    walk::audit(dir.as_ref(), key, pin, calendar, at)
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_life;
