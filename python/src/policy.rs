//! [`kaifang::policy`] for Python.

use std::path::PathBuf;

use kaifang::policy::{self, Facts, Section};
use kaifang::terms::Word;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::documents::{plain, value_of, wrap};
use crate::errors::OrRaise;
use crate::moments::LegalDate;

/// A loaded policy: the law as data.
#[pyclass(frozen, module = "kaifang")]
#[derive(Clone)]
pub(crate) struct Policy(pub(crate) policy::Policy);

/// Facts from a dict. The core reads them, so that a wrong one is told by its name.
pub(crate) fn facts(object: &Bound<'_, PyAny>) -> PyResult<Facts> {
    Facts::from_json(&value_of(object)?.to_string()).or_raise()
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
        let known = || PyValueError::new_err("section: expected \"classification\" or \"access\"");
        plain(py, &self.0.facts(Section::from_id(section).ok_or_else(known)?))
    }

    /// Which classes a dataset may be put in. `facts`: fact → bool, word, or None (unknown).
    #[pyo3(signature = (facts, *, at))]
    fn classify<'py>(&self, facts: &Bound<'py, PyAny>, at: LegalDate) -> PyResult<Bound<'py, PyAny>> {
        let answer = self.0.classify(&self::facts(facts)?, at.0).or_raise()?;
        wrap(facts.py(), "Classification", &answer)
    }

    /// Whether an access is permitted. `facts`: fact → bool, word, or None (unknown).
    #[pyo3(signature = (facts, *, at))]
    fn decide<'py>(&self, facts: &Bound<'py, PyAny>, at: LegalDate) -> PyResult<Bound<'py, PyAny>> {
        let answer = self.0.decide(&self::facts(facts)?, at.0).or_raise()?;
        wrap(facts.py(), "AccessAnswer", &answer)
    }

    fn __repr__(&self) -> String {
        format!("<kaifang.Policy {} {}>", self.0.id(), self.0.hash())
    }
}
