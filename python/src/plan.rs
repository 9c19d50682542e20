//! [`kaifang::desensitize`] for Python.

use std::collections::BTreeMap;
use std::path::PathBuf;

use kaifang::assess::suggest;
use kaifang::desensitize::{self, Mac, Rotation, TokenForm};
use kaifang::detect::{ScanOptions, scan};
use kaifang::error::ErrorDocument;
use kaifang::kinds::Kind;
use kaifang::table::{Sink, report};
use kaifang::terms::{Sharing, Word as _};
use kaifang::{Error, crypto};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use serde_json::json;

use crate::data;
use crate::document::wrap;
use crate::documents::{plain, read, value_of};
use crate::errors::OrRaise;
use crate::jobs::{self, Interrupt};
use crate::keys::Keyring;
use crate::table::Table;

/// Which transform each column gets.
#[pyclass(frozen, module = "kaifang")]
pub(crate) struct Plan(pub(crate) desensitize::Plan);

#[pymethods]
impl Plan {
    /// A plan from a TOML or JSON file, with the files of hierarchies beside it (`hierarchy_file`).
    #[staticmethod]
    fn load(path: PathBuf) -> PyResult<Plan> {
        desensitize::Plan::load(path).or_raise().map(Plan)
    }

    /// A plan from TOML text; its hierarchies are in it.
    #[staticmethod]
    fn parse(toml: &str) -> PyResult<Plan> {
        desensitize::Plan::parse_toml(toml).or_raise().map(Plan)
    }

    /// A plan from a dict.
    #[staticmethod]
    fn from_dict(plan: &Bound<'_, PyAny>) -> PyResult<Plan> {
        desensitize::Plan::parse_json(value_of(plan)?.to_string().as_bytes()).or_raise().map(Plan)
    }

    /// A plan proposed from what a table holds: `(plan, reasons)`, a reason `{"column", "do", "zh", "en"}` for each column.
    /// `sharing` is "public", "controlled" or "enclave"; `key` is the id of the key that tokens will be made with.
    #[staticmethod]
    #[pyo3(signature = (data, *, sharing, dataset, key="k1", progress=None))]
    fn suggest<'py>(
        data: &Bound<'py, PyAny>,
        sharing: &str,
        dataset: &str,
        key: &str,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<(Plan, Bound<'py, PyAny>)> {
        let py = data.py();
        let unknown = || PyValueError::new_err("sharing must be one of / 应为: public, controlled, enclave");
        let sharing = Sharing::from_id(sharing).ok_or_else(unknown)?;
        let interrupt = Interrupt::default();
        let source = data::source(data, &interrupt)?;
        let suggestion = jobs::run(py, &interrupt, progress, |progress| {
            let findings = scan(source, &ScanOptions::default(), progress)?;
            Ok::<_, Error>(suggest(&findings, dataset, key, sharing)?)
        })?;
        Ok((Plan(suggestion.plan), plain(py, &suggestion.reasons)?))
    }

    /// The plan that rotates the tokens of some columns, `{column: kind}`, from one key to another, and keeps all else of a
    /// table (or its schema). A new token is made of the old one, so it equals no token that is made of the value itself.
    /// `form` is that of the new tokens, "text", "bytes16" or "bytes32"; columns of 16 or 32 bytes keep theirs without it.
    /// Bytes carry no key id: that a column of them holds tokens of the old key can't be checked.
    #[staticmethod]
    #[pyo3(signature = (schema, *, dataset, columns, old, new, domain=None, mac=None, form=None))]
    #[expect(clippy::too_many_arguments, reason = "they are keywords in Python")]
    fn rotate(
        schema: &Bound<'_, PyAny>,
        dataset: &str,
        columns: BTreeMap<String, String>,
        old: String,
        new: String,
        domain: Option<String>,
        mac: Option<&str>,
        form: Option<&str>,
    ) -> PyResult<Plan> {
        let unknown = || PyValueError::new_err("mac must be one of / 应为: hmac_sha256, hmac_sm3");
        let mac = mac.map(|mac| Mac::from_id(mac).ok_or_else(unknown)).transpose()?;
        let unknown = || PyValueError::new_err("form must be one of / 应为: text, bytes16, bytes32");
        let form = form.map(|form| TokenForm::from_id(form).ok_or_else(unknown)).transpose()?;
        let kind = |(column, id): (String, String)| match Kind::from_id(&id) {
            Some(kind) => Ok((column, kind)),
            None => Err(PyValueError::new_err("columns must map names to kinds / columns 应为列名到类别标识的映射")),
        };
        let columns = columns.into_iter().map(kind).collect::<PyResult<_>>()?;
        let rotation = Rotation { columns, from: old, key: new, domain, mac, form };
        desensitize::Plan::rotate(&*data::schema(schema)?, dataset, &rotation).or_raise().map(Plan)
    }

    /// What the plan does, shown on invented values: `{"v", "dataset", "columns": [{"name", "do", "reversible", "values"}]}`.
    fn preview<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        plain(py, &self.0.preview().or_raise()?)
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
            treated.see_columns(&mut *progress)?;
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

    /// Treats a table into a file (CSV, Excel, Parquet or Arrow IPC, by its name), batch by batch: `Applied`. Where anything
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

/// Values through one transform: `{"do": …}` with its settings, as a plan has it. What can't be treated is redacted and
/// counted: `{"values": […], "invalid": 0}`. `name` is that of the column, which `fpe`, `encrypt` and `noise` depend on;
/// `others` are further columns where the transform looks at one.
#[pyfunction]
#[pyo3(signature = (values, column, *, dataset, name=None, keys=None, others=None))]
pub(crate) fn treat_values<'py>(
    values: &Bound<'py, PyAny>,
    column: &Bound<'py, PyAny>,
    dataset: &str,
    name: Option<&str>,
    keys: Option<&Bound<'py, Keyring>>,
    others: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let others = others.map(value_of).transpose()?.unwrap_or_else(|| json!({}));
    let question = json!({
        "dataset": dataset,
        "name": name,
        "column": value_of(column)?,
        "values": value_of(values)?,
        "others": others,
    });
    let none = crypto::Keyring::new();
    let keys = keys.map_or(&none, |keys| &keys.get().0);
    plain(values.py(), &desensitize::answer_values(question.to_string().as_bytes(), keys).or_raise()?)
}

/// Whether a table is the output that a proof describes: nothing where it is, an `IntegrityError` that says what differs
/// where it is not.
#[pyfunction]
#[pyo3(signature = (applied, data, *, progress=None))]
pub(crate) fn verify_applied(
    applied: &Bound<'_, PyAny>,
    data: &Bound<'_, PyAny>,
    progress: Option<Py<PyAny>>,
) -> PyResult<()> {
    let applied: desensitize::Applied = read("Applied", applied)?;
    let interrupt = Interrupt::default();
    let source = data::source(data, &interrupt)?;
    jobs::run(data.py(), &interrupt, progress, |progress| applied.verify_output(source, progress))
}
