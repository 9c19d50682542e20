//! [`kaifang::policy`] for Python.

use std::path::PathBuf;

use kaifang::Error;
use kaifang::policy::{self, Facts, Section};
use kaifang::report;
use kaifang::table::{self, Sink};
use kaifang::terms::Word;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::data;
use crate::document::wrap;
use crate::documents::{plain, value_of};
use crate::errors::OrRaise;
use crate::jobs::{self, Interrupt};
use crate::moments::LegalDate;
use crate::reader::read_plain;
use crate::table::Table;

/// A loaded policy: the law as data.
#[pyclass(frozen, module = "kaifang")]
#[derive(Clone)]
pub(crate) struct Policy(pub(crate) policy::Policy);

/// Facts from a dict. The core reads what is not plain, so that a wrong one is told by its name.
pub(crate) fn facts(object: &Bound<'_, PyAny>) -> PyResult<Facts> {
    match read_plain(object) {
        Some(facts) => Ok(facts),
        None => Facts::from_json(&value_of(object)?.to_string()).or_raise(),
    }
}

fn section_of(id: &str) -> PyResult<Section> {
    let known = || PyValueError::new_err("section: expected \"classification\" or \"access\"");
    Section::from_id(id).ok_or_else(known)
}

/// The names of the columns of answers that are wanted, as the core takes them.
fn borrowed(columns: Option<&Vec<String>>) -> Option<Vec<&str>> {
    columns.map(|columns| columns.iter().map(String::as_str).collect())
}

#[pymethods]
impl Policy {
    /// A bundled policy, such as `"xian-2022-013"`.
    #[staticmethod]
    fn builtin(py: Python<'_>, id: &str) -> PyResult<Policy> {
        py.detach(|| policy::Policy::builtin(id)).or_raise().map(Policy)
    }

    /// The ids of the bundled policies.
    #[classattr]
    const BUILTIN: &'static [&'static str] = policy::Policy::BUILTIN;

    /// A policy from a TOML file.
    #[staticmethod]
    fn load(py: Python<'_>, path: PathBuf) -> PyResult<Policy> {
        py.detach(|| policy::Policy::load(&path)).or_raise().map(Policy)
    }

    /// A policy from TOML text.
    #[staticmethod]
    fn parse(py: Python<'_>, toml: &str) -> PyResult<Policy> {
        py.detach(|| policy::Policy::parse(toml)).or_raise().map(Policy)
    }

    /// The policy's id.
    #[getter]
    fn id(&self) -> &str {
        self.0.id()
    }

    /// The digest of the policy's content and of the interpretations in force.
    #[getter]
    fn hash(&self) -> String {
        self.0.hash().to_string()
    }

    /// The title of the instrument: `{"zh", "en"}`.
    #[getter]
    fn title<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        plain(py, self.0.title())
    }

    /// The same policy under another reading.
    fn with_interpretation(&self, name: &str, option: &str) -> PyResult<Policy> {
        self.0.with_interpretation(name, option).or_raise().map(Policy)
    }

    /// The option in force of an interpretation; `None` where the policy has no such switch.
    fn interpretation(&self, name: &str) -> Option<&str> {
        self.0.interpretation(name)
    }

    /// What is asked in a section (`"classification"` or `"access"`): id, domain, question, who answers, evidence.
    #[pyo3(signature = (section="classification"))]
    fn facts<'py>(&self, py: Python<'py>, section: &str) -> PyResult<Bound<'py, PyAny>> {
        plain(py, &self.0.facts(section_of(section)?))
    }

    /// Which classes a dataset may be put in. `facts`: fact → bool, word, or None (unknown).
    #[pyo3(signature = (facts, *, at))]
    fn classify<'py>(&self, facts: &Bound<'py, PyAny>, at: LegalDate) -> PyResult<Bound<'py, PyAny>> {
        let answer = self.0.classify(&self::facts(facts)?, at.0).or_raise()?;
        wrap!(facts.py(), "Classification", answer)
    }

    /// Whether an access is permitted. `facts`: fact → bool, word, or None (unknown).
    #[pyo3(signature = (facts, *, at))]
    fn decide<'py>(&self, facts: &Bound<'py, PyAny>, at: LegalDate) -> PyResult<Bound<'py, PyAny>> {
        let answer = self.0.decide(&self::facts(facts)?, at.0).or_raise()?;
        wrap!(facts.py(), "AccessAnswer", answer)
    }

    /// Why the answer is what it is: the fewest facts that give it, and the fewest changes that would give another one.
    #[pyo3(signature = (facts, *, at, section="classification"))]
    fn explain<'py>(&self, facts: &Bound<'py, PyAny>, at: LegalDate, section: &str) -> PyResult<Bound<'py, PyAny>> {
        let (py, section, facts) = (facts.py(), section_of(section)?, self::facts(facts)?);
        let explanation = py.detach(|| self.0.explain(section, &facts, at.0)).or_raise()?;
        wrap!(py, "Explanation", explanation)
    }

    /// Answers a table of facts, row for row: one column a fact; a fact without a column, and a null, is unknown.
    /// `columns` names the columns of answers; fewer are faster. A classification has one more when it is named: `class`,
    /// the default class as a byte, 0 unconditional, 1 conditional, 2 withheld. The result is in memory; `eval_file`
    /// streams.
    #[pyo3(signature = (data, *, section, at, columns=None, progress=None))]
    fn eval(
        &self,
        data: &Bound<'_, PyAny>,
        section: &str,
        at: LegalDate,
        columns: Option<Vec<String>>,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Table> {
        let (section, wanted) = (section_of(section)?, borrowed(columns.as_ref()));
        let interrupt = Interrupt::default();
        let source = data::source(data, &interrupt)?;
        jobs::run(data.py(), &interrupt, progress, |progress| {
            let total = source.known_rows();
            let mut answered = self.0.eval(source, section, at.0, wanted.as_deref())?;
            let (schema, mut batches) = (answered.schema(), Vec::new());
            while let Some(batch) = answered.next_batch()? {
                batches.push(batch);
                table::report(&mut *progress, "eval", answered.rows(), total)?;
            }
            Ok::<_, Error>(Table { schema, batches })
        })
    }

    /// Answers a table of facts into a file (CSV, Excel, Parquet or Arrow IPC, by its name), batch by batch: how many rows.
    /// Where anything fails there is no file. The file that `src` is read from is refused.
    #[pyo3(signature = (src, dst, *, section, at, columns=None, progress=None))]
    fn eval_file(
        &self,
        src: &Bound<'_, PyAny>,
        dst: PathBuf,
        section: &str,
        at: LegalDate,
        columns: Option<Vec<String>>,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<u64> {
        let (section, wanted) = (section_of(section)?, borrowed(columns.as_ref()));
        let interrupt = Interrupt::default();
        let source = data::source(src, &interrupt)?;
        let written = jobs::run(src.py(), &interrupt, progress, |progress| {
            let create = |schema| Sink::create(&dst, schema, Sink::format_of(&dst));
            self.0.eval_to(source, section, at.0, wanted.as_deref(), create, progress)
        })?;
        Ok(written.rows)
    }

    /// The policy as a lawyer reads it: article by article what the rules say, then as tables what they decide.
    fn page<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        wrap!(py, "PolicyPage", py.detach(|| self.0.page()).or_raise()?)
    }

    /// The page as one HTML file, to be published or printed: Chinese and English side by side, no script, no network.
    fn page_html(&self, py: Python<'_>) -> PyResult<String> {
        py.detach(|| report::policy_html(&self.0.page()?)).or_raise()
    }

    /// Which provisions of the instrument are covered by rules, and whether `text`, a copy of it, is the one meant.
    #[pyo3(signature = (text=None))]
    fn check<'py>(&self, py: Python<'py>, text: Option<&str>) -> PyResult<Bound<'py, PyAny>> {
        wrap!(py, "PolicyCheck", py.detach(|| self.0.check(text)).or_raise()?)
    }

    /// Whether what the policy says of itself, and what every policy has to be, holds at every point of its space.
    fn prove<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        wrap!(py, "Proofs", py.detach(|| self.0.prove()).or_raise()?)
    }

    /// What each rule, fact and reading does, over the whole space.
    fn analyse<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        wrap!(py, "Analysis", py.detach(|| self.0.analyse()).or_raise()?)
    }

    /// What changes from this policy to another, or to another reading of it: exact, with counts.
    fn diff<'py>(&self, py: Python<'py>, other: &Policy) -> PyResult<Bound<'py, PyAny>> {
        wrap!(py, "Difference", py.detach(|| self.0.diff(&other.0)).or_raise()?)
    }

    /// What would change for the datasets of a catalog if `other` held instead. `data`: a row a dataset, a column a
    /// fact of a classification. A column that is a fact of one policy alone is unknown to the other.
    #[pyo3(signature = (other, data, *, at, progress=None))]
    fn diff_catalog<'py>(
        &self,
        other: &Policy,
        data: &Bound<'py, PyAny>,
        at: LegalDate,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let interrupt = Interrupt::default();
        let catalog = data::source(data, &interrupt)?;
        let difference = jobs::run(data.py(), &interrupt, progress, |progress| {
            self.0.diff_catalog(&other.0, catalog, at.0, progress)
        })?;
        wrap!(data.py(), "CatalogDifference", difference)
    }

    fn __repr__(&self) -> String {
        format!("<kaifang.Policy {} {}>", self.0.id(), self.0.hash())
    }
}
