//! The status numbers that every function returns.

use kaifang_core::error::Family;

/// What became of a call. A number is never used twice, and a retired one stays reserved.
///
/// 1–9: the caller broke a rule of this interface. 10–98: the family of the library's own error, whose stable code
/// is `kf_error_code`. 99: a defect of the library.
#[repr(i32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(non_camel_case_types, reason = "the names of C")]
pub enum kf_status {
    /// Done; the outputs are written.
    KF_OK = 0,
    /// A pointer that must not be NULL is NULL, or it is misaligned.
    KF_ERR_NULL = 1,
    /// Text that is not UTF-8.
    KF_ERR_UTF8 = 2,
    /// A handle that is stale, freed before, or of another kind.
    KF_ERR_HANDLE = 3,
    /// An Arrow structure that breaks the C Data Interface, or that was released before.
    KF_ERR_ARROW = 4,
    /// A callback of the caller failed.
    KF_ERR_CALLBACK = 5,
    /// A number or a word outside its range.
    KF_ERR_ARGUMENT = 6,
    /// The progress callback stopped the job.
    KF_ERR_CANCELLED = 7,
    /// The result is not there yet: its stream was not read to the end.
    KF_ERR_UNFINISHED = 8,
    /// A policy that can't be loaded.
    KF_ERR_POLICY = 10,
    /// A fact that the policy does not know, or a value outside its domain.
    KF_ERR_FACT = 11,
    /// A table that can't be read or written.
    KF_ERR_TABLE = 12,
    /// A plan that can't be applied.
    KF_ERR_PLAN = 13,
    /// A key that is missing, malformed or not protected.
    KF_ERR_KEYRING = 14,
    /// A risk question that can't be answered.
    KF_ERR_RISK = 15,
    /// A catalog entry.
    KF_ERR_CATALOG = 16,
    /// An illegal move of a state machine, or a request that can't be read.
    KF_ERR_PROCESS = 17,
    /// A ledger that can't be opened or written.
    KF_ERR_LEDGER = 18,
    /// Bytes that are not what was signed, or a table that is not what was proved.
    KF_ERR_INTEGRITY = 19,
    /// A malformed document, date or calendar.
    KF_ERR_DOCUMENT = 20,
    /// A defect of the library: a panic was caught. The handles of the call should be freed and not used again.
    KF_ERR_PANIC = 99,
}

impl From<Family> for kf_status {
    fn from(family: Family) -> Self {
        match family {
            Family::Policy => kf_status::KF_ERR_POLICY,
            Family::Fact => kf_status::KF_ERR_FACT,
            Family::Table => kf_status::KF_ERR_TABLE,
            Family::Plan => kf_status::KF_ERR_PLAN,
            Family::Keyring => kf_status::KF_ERR_KEYRING,
            Family::Risk => kf_status::KF_ERR_RISK,
            Family::Catalog => kf_status::KF_ERR_CATALOG,
            Family::Process => kf_status::KF_ERR_PROCESS,
            Family::Ledger => kf_status::KF_ERR_LEDGER,
            Family::Integrity => kf_status::KF_ERR_INTEGRITY,
            _ => kf_status::KF_ERR_DOCUMENT,
        }
    }
}
