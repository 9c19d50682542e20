//! What crosses from the data wing to the law wing: proof that a version was treated, and how safe it is.

use serde::{Deserialize, Serialize};

use crate::canon;
use crate::canon::CanonError;
use crate::crypto::sha256;
use crate::desensitize::Applied;
use crate::policy::Facts;
use crate::risk::RiskReport;
use crate::terms::{Digest, V1, Word};

/// Proof of a treatment: plan, what was applied, and the risk figures of the result (A18.5).
///
/// Its digest is what an assertion names as its evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// The document's version.
    pub v: V1,
    /// The plan's hash.
    pub plan: Digest,
    /// What was done to each column.
    pub applied: Applied,
    /// How safe the result is.
    pub risk: RiskReport,
}

impl Evidence {
    /// Evidence of one treatment and the risk of its result.
    #[must_use]
    pub fn new(applied: Applied, risk: RiskReport) -> Self {
        Evidence { v: V1, plan: applied.plan, applied, risk }
    }

    /// The digest of the canonical document.
    ///
    /// # Errors
    /// [`CanonError`] where a figure has no canonical encoding.
    pub fn digest(&self) -> Result<Digest, CanonError> {
        canon::to_bytes(self).map(|bytes| sha256(&bytes))
    }

    /// The facts of the treated version: those of the table that was treated, and what the treatment made of it.
    #[must_use]
    pub fn facts(&self, raw: &Facts) -> Facts {
        let mut facts = raw.clone();
        facts.set("desensitization", self.applied.outcome.desensitization.id());
        facts
    }
}
