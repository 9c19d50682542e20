//! From an error of the core to a Python exception of its family. It must never write a text of its own.

use kaifang::error::{ErrorDocument, Explain, Family};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyModule;

/// The exception of an error: `kaifang._errors` has one class a family.
pub(crate) fn raise(error: &(impl Explain + ?Sized)) -> PyErr {
    let document = ErrorDocument::from(error);
    let class = match Family::of_code(&document.code) {
        Family::Policy => "PolicyError",
        Family::Fact => "FactError",
        Family::Table => "TableError",
        Family::Plan => "PlanError",
        Family::Keyring => "KeyringError",
        Family::Risk => "RiskError",
        Family::Catalog => "CatalogError",
        Family::Process => "ProcessError",
        Family::Ledger => "LedgerError",
        Family::Integrity => "IntegrityError",
        _ => "KaifangError",
    };
    Python::attach(|py| {
        let build = || {
            let class = classes(py)?.getattr(class)?;
            class.call1((document.code, document.zh, document.en, document.place))
        };
        build().map_or_else(|failed| failed, PyErr::from_value)
    })
}

fn classes(py: Python<'_>) -> PyResult<&Bound<'_, PyModule>> {
    static MODULE: PyOnceLock<Py<PyModule>> = PyOnceLock::new();
    MODULE.get_or_try_init(py, || py.import("kaifang._errors").map(Bound::unbind)).map(|module| module.bind(py))
}

/// `result.or_raise()?` in place of `result.map_err(|error| raise(&error))?`.
pub(crate) trait OrRaise<T> {
    /// The value, or the exception of the error's family.
    fn or_raise(self) -> PyResult<T>;
}

impl<T, E: Explain> OrRaise<T> for Result<T, E> {
    fn or_raise(self) -> PyResult<T> {
        self.map_err(|error| raise(&error))
    }
}
