//! [`Policy`]: signatures; the engine follows.
use std::path::Path;
use std::sync::Arc;

use jiff::civil::Date;

use super::{AccessAnswer, Classification, DeadlineRule, FactDefinition, Facts, PolicyError, Section};
use crate::terms::{Digest, Text};

/// A loaded policy. Clones share it.
#[derive(Debug, Clone)]
pub struct Policy(Arc<Loaded>);

#[derive(Debug)]
struct Loaded {
    id: String,
    hash: Digest,
    title: Text,
    facts: Vec<FactDefinition>,
}

impl Policy {
    /// The ids of the bundled policies.
    pub const BUILTIN: &'static [&'static str] = &["xian-2022-013"];

    /// A bundled policy.
    ///
    /// # Errors
    /// [`PolicyError::NotBundled`]
    pub fn builtin(_id: &str) -> Result<Policy, PolicyError> {
        Err(PolicyError::NotBundled { known: String::new() })
    }

    /// Reads a policy.
    ///
    /// # Errors
    /// [`PolicyError`]
    pub fn parse(_toml: &str) -> Result<Policy, PolicyError> {
        Policy::builtin("")
    }

    /// Reads a policy file.
    ///
    /// # Errors
    /// [`PolicyError`]
    pub fn load(_path: &Path) -> Result<Policy, PolicyError> {
        Policy::builtin("")
    }

    /// The policy's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.0.id
    }

    /// The digest of the policy's content and of the interpretations in force.
    #[must_use]
    pub fn hash(&self) -> Digest {
        self.0.hash
    }

    /// The instrument's title.
    #[must_use]
    pub fn title(&self) -> &Text {
        &self.0.title
    }

    /// The same policy under another reading.
    ///
    /// # Errors
    /// [`PolicyError`]
    pub fn with_interpretation(&self, _name: &str, _option: &str) -> Result<Policy, PolicyError> {
        Policy::builtin("")
    }

    /// The option in force of an interpretation.
    #[must_use]
    pub fn interpretation(&self, _name: &str) -> Option<&str> {
        None
    }

    /// The facts of a section.
    #[must_use]
    pub fn facts(&self, _section: Section) -> &[FactDefinition] {
        &self.0.facts
    }

    /// The rule of a dated duty.
    #[must_use]
    pub fn deadline(&self, _code: &str) -> Option<&DeadlineRule> {
        None
    }

    /// Which classes a dataset may be put in, on a date.
    ///
    /// # Errors
    /// [`PolicyError`], [`super::FactError`]
    pub fn classify(&self, _facts: &Facts, _at: Date) -> Result<Classification, crate::Error> {
        Err(PolicyError::NotBundled { known: String::new() }.into())
    }

    /// Whether an access is permitted, on a date.
    ///
    /// # Errors
    /// [`PolicyError`], [`super::FactError`]
    pub fn decide(&self, _facts: &Facts, _at: Date) -> Result<AccessAnswer, crate::Error> {
        Err(PolicyError::NotBundled { known: String::new() }.into())
    }
}
