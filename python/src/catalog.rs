//! [`kaifang::catalog`] for Python: entries are dicts, checked and completed by the core.

use kaifang::catalog::Entry;
use kaifang::policy::Classification;
use kaifang::terms::Openness;
use pyo3::prelude::*;

use crate::documents::{plain, read, value_of};
use crate::errors::OrRaise;
use crate::moments::LegalDate;

/// A catalog entry from a dict.
pub(crate) fn entry(object: &Bound<'_, PyAny>) -> PyResult<Entry> {
    Entry::from_json(&value_of(object)?.to_string()).or_raise()
}

/// Everything that keeps an entry from being opened: `{"code", "cite", "field", "zh", "en"}` each; none is good.
#[pyfunction]
pub(crate) fn check_entry<'py>(entry: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    plain(entry.py(), &self::entry(entry)?.check())
}

/// The entry with what was decided written into it: the chosen class, the digest of the classification that permits it,
/// the digest of the assessed content (`"sha256:…"`), and the day. Its history keeps what it rested on before.
#[pyfunction]
#[pyo3(signature = (entry, classification, chosen, content, *, at))]
pub(crate) fn rest_on<'py>(
    entry: &Bound<'py, PyAny>,
    classification: &Bound<'py, PyAny>,
    chosen: &Bound<'py, PyAny>,
    content: &Bound<'py, PyAny>,
    at: LegalDate,
) -> PyResult<Bound<'py, PyAny>> {
    let mut rested = self::entry(entry)?;
    let classification: Classification = read("Classification", classification)?;
    let chosen: Openness = read("Openness", chosen)?;
    rested.rest_on(&classification, chosen, read("Digest", content)?, at.0).or_raise()?;
    plain(entry.py(), &rested)
}
