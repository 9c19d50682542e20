//! [`kaifang::audit`] for Python: is all of it true, who used what, and what shows it.

use std::path::PathBuf;

use kaifang::audit::{self, UsageQuery};
use kaifang::calendar;
use kaifang::crypto::PublicKey;
use kaifang::ledger::Checkpoint;
use kaifang::process::RiskAssessmentReport;
use pyo3::prelude::*;

use crate::calendar::Calendar;
use crate::document::wrap;
use crate::documents::{plain, read};
use crate::errors::OrRaise;
use crate::moments::{At, LegalDate};

pub(crate) fn audited<'py>(
    py: Python<'py>,
    dir: &std::path::Path,
    key: Option<&PublicKey>,
    pin: Option<&Bound<'py, PyAny>>,
    calendar: Option<&Bound<'py, Calendar>>,
    at: At,
) -> PyResult<Bound<'py, PyAny>> {
    let pin: Option<Checkpoint> = pin.map(|pin| read("Checkpoint", pin)).transpose()?;
    let calendar: &calendar::Calendar = match calendar {
        Some(calendar) => &calendar.get().0,
        None => calendar::Calendar::builtin(),
    };
    let report = py.detach(|| audit::audit(dir, key, pin.as_ref(), calendar, at.0)).or_raise()?;
    wrap!(py, "AuditReport", report)
}

/// Audits a platform's directory. Without `public_key` the directory vouches for itself, and the report says so.
#[pyfunction]
#[pyo3(name = "audit", signature = (dir, *, at, public_key=None, pin=None, calendar=None))]
pub(crate) fn audit_directory<'py>(
    py: Python<'py>,
    dir: PathBuf,
    at: At,
    public_key: Option<&str>,
    pin: Option<&Bound<'py, PyAny>>,
    calendar: Option<&Bound<'py, Calendar>>,
) -> PyResult<Bound<'py, PyAny>> {
    let key = public_key.map(|text| text.parse::<PublicKey>().or_raise()).transpose()?;
    audited(py, &dir, key.as_ref(), pin, calendar, at)
}

/// The recorded uses that a query asks for: a list of records.
#[pyfunction]
#[pyo3(signature = (dir, query=None))]
pub(crate) fn uses<'py>(
    py: Python<'py>,
    dir: PathBuf,
    query: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let query: UsageQuery = query.map(|query| read("UsageQuery", query)).transpose()?.unwrap_or_default();
    let found = py.detach(|| {
        let mut found = Vec::new();
        audit::uses(&dir, &query, &mut |used| found.push(used)).map(|()| found)
    });
    plain(py, &found.or_raise()?)
}

/// What a query's uses come to.
#[pyfunction]
#[pyo3(signature = (dir, query=None))]
pub(crate) fn usage_summary<'py>(
    py: Python<'py>,
    dir: PathBuf,
    query: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let query: UsageQuery = query.map(|query| read("UsageQuery", query)).transpose()?.unwrap_or_default();
    plain(py, &py.detach(|| audit::summary(&dir, &query)).or_raise()?)
}

/// The draft of a risk assessment report (A25): kinds, quantity and purposes as the log has them.
#[pyfunction]
#[pyo3(signature = (dir, application, *, start, until))]
pub(crate) fn draft_risk_report<'py>(
    py: Python<'py>,
    dir: PathBuf,
    application: &str,
    start: LegalDate,
    until: LegalDate,
) -> PyResult<Bound<'py, PyAny>> {
    plain(py, &py.detach(|| RiskAssessmentReport::draft(&dir, application, start.0, until.0)).or_raise()?)
}

/// The evidence of how a dataset was opened and used (A30): a document that is verified with nothing else at hand.
#[pyfunction]
pub(crate) fn bundle<'py>(py: Python<'py>, dir: PathBuf, dataset: &str) -> PyResult<Bound<'py, PyAny>> {
    plain(py, &py.detach(|| audit::bundle(&dir, dataset)).or_raise()?)
}

/// Verifies a bundle, with nothing else at hand.
#[pyfunction]
#[pyo3(signature = (bundle, *, public_key=None))]
pub(crate) fn verify_bundle<'py>(bundle: &Bound<'py, PyAny>, public_key: Option<&str>) -> PyResult<Bound<'py, PyAny>> {
    let py = bundle.py();
    let key = public_key.map(|text| text.parse::<PublicKey>().or_raise()).transpose()?;
    let bundle: audit::Bundle = read("Bundle", bundle)?;
    plain(py, &py.detach(|| bundle.verify(key.as_ref())).or_raise()?)
}
