//! [`kaifang::desensitize`] for Python.

use std::path::PathBuf;

use kaifang::desensitize;
use kaifang::error::ErrorDocument;
use kaifang::table::{Sink, report};
use kaifang::{Error, crypto};
use pyo3::prelude::*;

use crate::data;
use crate::document::wrap;
use crate::documents::{plain, value_of};
use crate::errors::OrRaise;
use crate::jobs::{self, Interrupt};
use crate::keys::Keyring;
use crate::table::Table;

/// Which transform each column gets.
#[pyclass(frozen, module = "kaifang")]
pub(crate) struct Plan(pub(crate) desensitize::Plan);

#[pymethods]
impl Plan {
    /// A plan from a TOML or JSON file.
    #[staticmethod]
    fn load(path: PathBuf) -> PyResult<Plan> {
        desensitize::Plan::load(path).or_raise().map(Plan)
    }

    /// A plan from TOML text.
    #[staticmethod]
    fn parse(toml: &str) -> PyResult<Plan> {
        desensitize::Plan::parse_toml(toml).or_raise().map(Plan)
    }

    /// A plan from a dict.
    #[staticmethod]
    fn from_dict(plan: &Bound<'_, PyAny>) -> PyResult<Plan> {
        desensitize::Plan::parse_json(value_of(plan)?.to_string().as_bytes()).or_raise().map(Plan)
    }

    /// The plan as a dict, defaults written out.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        plain(py, &self.0)
    }

    /// The dataset whose treatment this is.
    #[getter]
    fn dataset(&self) -> &str {
        self.0.dataset()
    }

    /// The digest of the plan.
    #[getter]
    fn hash(&self) -> String {
        self.0.hash().to_string()
    }

    /// The ids of the keys that the plan needs.
    #[getter]
    fn keys(&self) -> Vec<&str> {
        self.0.keys()
    }

    /// Every problem of this plan with a table (or its schema): `{"code", "zh", "en", "where"}` each; none is good.
    fn check<'py>(&self, schema: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let problems = match self.0.check(&*data::schema(schema)?) {
            Ok(()) => Vec::new(),
            Err(error) => error.problems().into_iter().map(ErrorDocument::from).collect(),
        };
        plain(schema.py(), &problems)
    }

    /// Treats a table: `(table, Applied)`. The result is in memory; `apply_file` streams.
    #[pyo3(signature = (data, *, keys=None, progress=None))]
    fn apply<'py>(
        &self,
        data: &Bound<'py, PyAny>,
        keys: Option<&Bound<'py, Keyring>>,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<(Table, Bound<'py, PyAny>)> {
        let py = data.py();
        let interrupt = Interrupt::default();
        let source = data::source(data, &interrupt)?;
        let none = crypto::Keyring::new();
        let keys = keys.map_or(&none, |keys| &keys.get().0);
        let (table, applied) = jobs::run(py, &interrupt, progress, |progress| {
            let total = source.known_rows();
            let mut treated = self.0.apply(source, keys)?;
            let (schema, mut batches) = (treated.schema(), Vec::new());
            while let Some(batch) = treated.next_batch()? {
                batches.push(batch);
                report(&mut *progress, "apply", treated.rows(), total)?;
            }
            let applied = treated.into_applied()?;
            Ok::<_, Error>((Table { schema, batches }, applied))
        })?;
        Ok((table, wrap!(py, "Applied", applied)?))
    }

    /// Treats a table into a file (CSV, Parquet or Arrow IPC, by its name), batch by batch: `Applied`. Where anything
    /// fails there is no file. The file that `src` is read from is refused.
    #[pyo3(signature = (src, dst, *, keys=None, progress=None))]
    fn apply_file<'py>(
        &self,
        src: &Bound<'py, PyAny>,
        dst: PathBuf,
        keys: Option<&Bound<'py, Keyring>>,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = src.py();
        let interrupt = Interrupt::default();
        let source = data::source(src, &interrupt)?;
        let none = crypto::Keyring::new();
        let keys = keys.map_or(&none, |keys| &keys.get().0);
        let (applied, _) = jobs::run(py, &interrupt, progress, |progress| {
            self.0.apply_to(source, keys, |schema| Sink::create(&dst, schema, Sink::format_of(&dst)), progress)
        })?;
        wrap!(py, "Applied", applied)
    }

    fn __repr__(&self) -> String {
        format!("<kaifang.Plan {} {}>", self.0.dataset(), self.0.hash())
    }
}
