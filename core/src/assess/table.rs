//! One table, seen whole: what is in it, what identifies it, how safe it is — before treatment and after.

use arrow::datatypes::SchemaRef;

use super::{Assessment, Evidence, Terms, assess, assess_treated};
use crate::crypto::Keyring;
use crate::desensitize;
use crate::desensitize::Plan;
use crate::detect;
use crate::detect::{Findings, ScanOptions};
use crate::risk;
use crate::risk::{RiskQuestion, RiskReport};
use crate::table::{Progress, Sink, Source, TableError};
use crate::terms::{Digest, Sharing};

/// Opens a table from its first row. A table is read once for each figure, so that none of it is held.
pub type Open<'a> = &'a dyn Fn() -> Result<Source, crate::Error>;

/// What is seen of one version of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// What identifies it.
    pub content: Digest,
    /// What its columns hold.
    pub findings: Findings,
    /// How easily people are found in it; none where the scan finds no quasi-identifier or there is no row.
    pub risk: Option<RiskReport>,
}

/// What identifies a table, and what its columns hold.
fn scanned(open: Open<'_>, progress: Progress<'_>) -> Result<(Digest, Findings), crate::Error> {
    let findings = detect::scan(open()?, &ScanOptions::default(), &mut *progress)?;
    Ok((desensitize::content_digest(open()?, progress)?, findings))
}

/// Scans, digests and measures a table on the quasi-identifiers that the scan finds.
///
/// # Errors
/// Errors of reading; a column of a nested type, which has no digest; [`TableError::Cancelled`].
pub fn look(open: Open<'_>, sharing: Sharing, progress: Progress<'_>) -> Result<Seen, crate::Error> {
    let (content, findings) = scanned(open, &mut *progress)?;
    let risk = if findings.quasi.is_empty() || findings.rows == 0 {
        None
    } else {
        let question =
            RiskQuestion::new(&findings.quasi, sharing).sensitive(&findings.sensitive).direct(&findings.direct);
        Some(risk::risk(open()?, &question, progress)?)
    };
    Ok(Seen { content, findings, risk })
}

/// Assesses a table as it is: [`look`], then [`assess`].
///
/// # Errors
/// As [`look`] and [`assess`].
pub fn assess_table(
    terms: &Terms<'_>,
    open: Open<'_>,
    sharing: Sharing,
    progress: Progress<'_>,
) -> Result<Assessment, crate::Error> {
    let seen = look(open, sharing, progress)?;
    assess(terms, seen.content, seen.findings, seen.risk)
}

/// Treats the table of an assessment into a sink, looks at the result, measures it on the same columns, and adds it to
/// the assessment with its evidence. `reopen` opens what the sink wrote.
///
/// # Errors
/// As [`Plan::apply_to`], [`look`] and [`assess_treated`].
#[expect(clippy::too_many_arguments, reason = "each is a thing of its own, and none has a default that would be safe")]
pub fn treat_table(
    assessment: Assessment,
    terms: &Terms<'_>,
    plan: &Plan,
    keys: &Keyring,
    open: Open<'_>,
    sink: impl FnOnce(SchemaRef) -> Result<Sink, TableError>,
    reopen: Open<'_>,
    sharing: Sharing,
    progress: Progress<'_>,
) -> Result<Assessment, crate::Error> {
    let (applied, _) = plan.apply_to(open()?, keys, sink, &mut *progress)?;
    // The file that was written is digested, not what was handed to it: it must be what `Applied` proves.
    let (content, findings) = scanned(reopen, &mut *progress)?;
    // Columns that the plan dropped identify nobody in the result.
    let kept = |columns: &[String]| -> Vec<String> {
        columns.iter().filter(|name| !applied.dropped.contains(name)).cloned().collect()
    };
    let quasi = kept(&assessment.raw.findings.quasi);
    let sensitive = kept(&assessment.raw.findings.sensitive);
    // A column has one role: what it was taken for in the raw table stands.
    let direct = findings.direct.iter().filter(|name| !quasi.contains(name) && !sensitive.contains(name));
    let question = RiskQuestion::new(quasi.clone(), sharing).sensitive(sensitive.clone()).direct(direct.cloned());
    let risk = risk::risk(reopen()?, &question, progress)?;
    assess_treated(assessment, terms, content, findings, Evidence::new(applied, risk))
}
