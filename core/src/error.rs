//! What every error says about itself: a stable code, English and Chinese text, and where.
//!
//! Each room has its own enum; [`Error`] holds any of them, and [`ErrorDocument`] is what crosses to other languages.
//! This room must never hold a message of its own: a text belongs to the room that can fail.

use serde::{Deserialize, Serialize};

use crate::terms::Text;

/// What every error of every room can say about itself.
///
/// `Display` is the English text.
pub trait Explain: std::error::Error {
    /// The stable code, `KF-<ROOM>-<NUMBER>`. A number is never used twice.
    fn code(&self) -> &'static str;
    /// The Chinese text.
    fn zh(&self) -> String;
    /// Where in the input: a column, a row, a field, a byte.
    fn place(&self) -> Option<String> {
        None
    }
}

/// An error as a document: `{"code", "zh", "en", "where"}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ErrorDocument {
    /// The stable code.
    pub code: String,
    /// The Chinese text.
    pub zh: String,
    /// The English text.
    pub en: String,
    /// Where in the input, where that is known.
    #[serde(rename = "where", skip_serializing_if = "Option::is_none", default)]
    pub place: Option<String>,
}

impl<E: Explain + ?Sized> From<&E> for ErrorDocument {
    fn from(error: &E) -> Self {
        ErrorDocument { code: error.code().to_owned(), zh: error.zh(), en: error.to_string(), place: error.place() }
    }
}

impl<E: Explain + ?Sized> From<&E> for Text {
    fn from(error: &E) -> Self {
        Text::new(error.zh(), error.to_string())
    }
}

/// The families that other languages turn into exception types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Family {
    /// A policy that can't be loaded.
    Policy,
    /// A fact that the policy does not know, or a value outside its domain.
    Fact,
    /// A table that can't be read or written.
    Table,
    /// A plan that can't be applied.
    Plan,
    /// A key that is missing, malformed or not protected.
    Keyring,
    /// A risk question that can't be answered.
    Risk,
    /// A catalog entry.
    Catalog,
    /// An illegal move of a state machine, or a request that can't be read.
    Process,
    /// A ledger that can't be opened or written.
    Ledger,
    /// Bytes that are not what was signed or proved.
    Integrity,
    /// A malformed document, date or calendar.
    Document,
}

/// Codes of integrity that stand in another room than its own: a table that is not the one of its proof.
const OF_INTEGRITY: &[&str] = &["KF-PLAN-17"];

impl Family {
    /// The family of a code: that of its room, unless it says that something is not what was proved.
    ///
    /// ```
    /// use kaifang::error::Family;
    /// assert_eq!(Family::of_code("KF-PLAN-14"), Family::Plan);
    /// assert_eq!(Family::of_code("KF-PLAN-17"), Family::Integrity);
    /// ```
    #[must_use]
    pub fn of_code(code: &str) -> Family {
        match code.split('-').nth(1) {
            _ if OF_INTEGRITY.contains(&code) => Family::Integrity,
            Some("POLICY") => Family::Policy,
            Some("FACT") => Family::Fact,
            Some("TABLE") => Family::Table,
            Some("PLAN") => Family::Plan,
            Some("KEY") => Family::Keyring,
            Some("RISK") => Family::Risk,
            Some("CATALOG") => Family::Catalog,
            Some("PROCESS" | "GATE") => Family::Process,
            Some("LEDGER") => Family::Ledger,
            Some("INTEGRITY") => Family::Integrity,
            _ => Family::Document,
        }
    }

    /// The exit code of the command: 4 for integrity, 3 (bad input) for the rest.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        if self == Family::Integrity { 4 } else { 3 }
    }
}

macro_rules! any_error {
    ($( #[doc = $doc:literal] $(#[$meta:meta])* $variant:ident($type:ty) ),* $(,)?) => {
        /// Any error of this crate.
        #[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
        #[non_exhaustive]
        pub enum Error {
            $( #[doc = $doc] $(#[$meta])* #[error(transparent)] $variant(#[from] $type), )*
        }

        impl Explain for Error {
            fn code(&self) -> &'static str {
                match self { $( $(#[$meta])* Self::$variant(error) => error.code(), )* }
            }
            fn zh(&self) -> String {
                match self { $( $(#[$meta])* Self::$variant(error) => error.zh(), )* }
            }
            fn place(&self) -> Option<String> {
                match self { $( $(#[$meta])* Self::$variant(error) => error.place(), )* }
            }
        }
    };
}

any_error! {
    /// [`crate::canon`]
    Canon(crate::canon::CanonError),
    /// [`crate::crypto`]
    Key(crate::crypto::KeyError),
    /// [`crate::calendar`]
    Calendar(crate::calendar::CalendarError),
    /// [`crate::policy`], the file
    Policy(crate::policy::PolicyError),
    /// [`crate::policy`], the facts
    Fact(crate::policy::FactError),
    /// [`crate::ledger`], opening and writing
    Ledger(crate::ledger::LedgerError),
    /// [`crate::ledger`], verification
    Integrity(crate::ledger::IntegrityError),
    /// [`crate::catalog`]
    Catalog(crate::catalog::CatalogError),
    /// [`crate::process`]
    Process(crate::process::ProcessError),
    /// [`crate::gate`]
    Gate(crate::gate::GateError),
    /// [`crate::table`]
    #[cfg(feature = "tables")]
    Table(crate::table::TableError),
    /// [`crate::desensitize`]
    #[cfg(feature = "tables")]
    Plan(crate::desensitize::PlanError),
    /// [`crate::risk`]
    #[cfg(feature = "tables")]
    Risk(crate::risk::RiskError),
    /// [`crate::report`]
    #[cfg(feature = "report")]
    Report(crate::report::ReportError),
}

impl Error {
    /// The error as a document.
    #[must_use]
    pub fn document(&self) -> ErrorDocument {
        ErrorDocument::from(self)
    }

    /// Its family.
    #[must_use]
    pub fn family(&self) -> Family {
        Family::of_code(self.code())
    }
}
