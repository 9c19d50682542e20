//! [`kaifang::catalog`] for Python: entries and catalogs are dicts, checked, merged and written by the core.

use std::path::PathBuf;

use kaifang::catalog::{self, Catalog, CatalogTerms, Entry, ExportFormat, Filled, Legislation, Publication};
use kaifang::policy::{Classification, Policy};
use kaifang::terms::Openness;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

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

fn catalog(object: &Bound<'_, PyAny>) -> PyResult<Catalog> {
    Catalog::from_json(&value_of(object)?.to_string()).or_raise()
}

/// A catalog from a dict, as the core writes it.
#[pyfunction]
pub(crate) fn read_catalog<'py>(catalog: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    plain(catalog.py(), &self::catalog(catalog)?)
}

/// A catalog from the text of its JSON document.
#[pyfunction]
pub(crate) fn parse_catalog<'py>(py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyAny>> {
    plain(py, &Catalog::from_json(text).or_raise()?)
}

/// A filled sheet, CSV or XLSX: the catalog, and every cell that can't be read.
#[pyfunction]
pub(crate) fn read_catalog_sheet<'py>(py: Python<'py>, path: PathBuf) -> PyResult<Bound<'py, PyAny>> {
    let filled: Filled = py.detach(|| catalog::read_sheet(path)).or_raise()?;
    plain(py, &filled)
}

/// The catalog of a filled sheet in which every cell can be read.
#[pyfunction]
pub(crate) fn load_catalog_sheet<'py>(py: Python<'py>, path: PathBuf) -> PyResult<Bound<'py, PyAny>> {
    let filled = py.detach(|| catalog::read_sheet(path)).or_raise()?;
    plain(py, &filled.whole().or_raise()?)
}

/// Everything that is wrong in a catalog on a day.
#[pyfunction]
#[pyo3(signature = (catalog, *, at, reassess_months))]
pub(crate) fn check_catalog<'py>(
    catalog: &Bound<'py, PyAny>,
    at: LegalDate,
    reassess_months: u16,
) -> PyResult<Bound<'py, PyAny>> {
    plain(catalog.py(), &self::catalog(catalog)?.check(at.0, &CatalogTerms { reassess_months }))
}

/// Catalogs merged into the first one.
#[pyfunction]
pub(crate) fn merge_catalogs<'py>(py: Python<'py>, catalogs: Vec<Bound<'py, PyAny>>) -> PyResult<Bound<'py, PyAny>> {
    let catalogs = catalogs.iter().map(catalog).collect::<PyResult<Vec<_>>>()?;
    plain(py, &catalog::merge(&catalogs).or_raise()?)
}

/// What each body answers for.
#[pyfunction]
#[pyo3(signature = (catalog, *, at, reassess_months))]
pub(crate) fn responsibility_list<'py>(
    catalog: &Bound<'py, PyAny>,
    at: LegalDate,
    reassess_months: u16,
) -> PyResult<Bound<'py, PyAny>> {
    let terms = CatalogTerms { reassess_months };
    plain(catalog.py(), &catalog::responsibility_list(&self::catalog(catalog)?, at.0, &terms))
}

/// The catalog in one of the forms, as bytes.
#[pyfunction]
#[pyo3(signature = (catalog, format, publication=None))]
pub(crate) fn export_catalog<'py>(
    catalog: &Bound<'py, PyAny>,
    format: &Bound<'py, PyAny>,
    publication: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyBytes>> {
    let (read_catalog, format): (Catalog, ExportFormat) = (self::catalog(catalog)?, read("ExportFormat", format)?);
    let publication = publication.map_or_else(|| Ok(Publication::default()), |given| read("Publication", given))?;
    let bytes = catalog::export(&read_catalog, format, &publication).or_raise()?;
    Ok(PyBytes::new(catalog.py(), &bytes))
}

/// The instrument of a bundled policy, as a publication cites it.
#[pyfunction]
pub(crate) fn legislation_of<'py>(py: Python<'py>, policy: &str) -> PyResult<Bound<'py, PyAny>> {
    plain(py, &Legislation::of(&Policy::builtin(policy).or_raise()?))
}

/// The XLSX workbook that officials fill in, as bytes.
#[pyfunction]
pub(crate) fn catalog_template(py: Python<'_>) -> PyResult<Bound<'_, PyBytes>> {
    Ok(PyBytes::new(py, &catalog::template().or_raise()?))
}
