//! [`kaifang::assess`] and [`kaifang::report`] for Python: everything about one dataset, from the table.

use std::collections::BTreeMap;
use std::path::PathBuf;

use kaifang::assess::{Assessment, Choice, Terms, assess_table, treat_table};
use kaifang::report;
use kaifang::table::{self, ReadOptions, Sink};
use kaifang::terms::{Digest, Sharing};
use kaifang::{Error, crypto};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::catalog::entry as entry_of;
use crate::data::Kept;
use crate::document::wrap;
use crate::documents::{plain, read};
use crate::errors::OrRaise;
use crate::jobs::{self, Interrupt};
use crate::keys::Keyring;
use crate::moments::At;
use crate::plan::Plan;
use crate::policy::{Policy, facts as facts_of};

/// Everything about one dataset: what is in the table, which classes the law permits, and what is missing. `facts` are
/// the assessor's answers; what is not there is unknown. With `plan` the table is treated into the file `treated`, and
/// the treated version is scanned, measured and classified afresh with its evidence.
///
/// A table is read several times: a path is opened anew for each pass and never held; anything else is read once and
/// held in memory.
#[pyfunction]
#[pyo3(signature = (
    data, *, policy, entry, facts, at, sharing="public", plan=None, keys=None, treated=None, progress=None
))]
#[expect(clippy::too_many_arguments, reason = "Python names each of them")]
pub(crate) fn assess<'py>(
    data: &Bound<'py, PyAny>,
    policy: &Bound<'py, Policy>,
    entry: &Bound<'py, PyAny>,
    facts: &Bound<'py, PyAny>,
    at: At,
    sharing: &str,
    plan: Option<&Bound<'py, Plan>>,
    keys: Option<&Bound<'py, Keyring>>,
    treated: Option<PathBuf>,
    progress: Option<Py<PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = data.py();
    let treatment = match (plan, treated) {
        (Some(plan), Some(path)) => Some((&plan.get().0, path)),
        (None, None) => None,
        (Some(_), None) => {
            return Err(PyValueError::new_err(
                "plan needs treated: the path that the treated version is written to / 指定 plan 时须以 treated 指明处理后文件的路径",
            ));
        }
        (None, Some(_)) => {
            return Err(PyValueError::new_err(
                "treated needs plan: nothing says how the table is to be treated / 指定 treated 时须同时给出 plan",
            ));
        }
    };
    let sharing: Sharing = read("Sharing", PyString::new(py, sharing).as_any())?;
    let (policy, entry, facts) = (&policy.get().0, entry_of(entry)?, facts_of(facts)?);
    let terms = Terms { policy, entry: &entry, facts: &facts, at: at.0 };
    let none = crypto::Keyring::new();
    let keys = keys.map_or(&none, |keys| &keys.get().0);
    let interrupt = Interrupt::default();
    let kept = Kept::of(data, &interrupt)?;
    let assessment = jobs::run(py, &interrupt, progress, |progress| {
        let table = kept.settle(&mut *progress)?;
        let open = || table.open();
        let assessment = assess_table(&terms, &open, sharing, &mut *progress)?;
        let Some((plan, path)) = &treatment else {
            return Ok(assessment);
        };
        let sink = |schema| Sink::create(path, schema, Sink::format_of(path));
        let reopen = || Ok::<_, Error>(table::open(path, &ReadOptions::default())?);
        treat_table(assessment, &terms, plan, keys, &open, sink, &reopen, sharing, progress)
    })?;
    wrap!(py, "Assessment", assessment)
}

/// The openness report of an assessment: one HTML page, no script, no network.
#[pyfunction]
pub(crate) fn assessment_html(assessment: &Bound<'_, PyAny>) -> PyResult<String> {
    let document: Assessment = read("Assessment", assessment)?;
    assessment.py().detach(|| report::to_html(&document)).or_raise()
}

/// The acts that list, assess and open the last version of an assessment, in the order in which they are recorded.
#[pyfunction]
pub(crate) fn assessment_events<'py>(
    assessment: &Bound<'py, PyAny>,
    policy: &Bound<'py, Policy>,
    choose: &Bound<'py, PyString>,
    assessor: &str,
    approval: &str,
    evidence: BTreeMap<String, String>,
) -> PyResult<Bound<'py, PyAny>> {
    let mut document: Assessment = read("Assessment", assessment)?;
    let digest = |text: &str| text.parse::<Digest>().map_err(|error| PyValueError::new_err(error.to_string()));
    let evidence = evidence.iter().map(|(fact, text)| Ok((fact.clone(), digest(text)?))).collect::<PyResult<_>>()?;
    let (openness, assessor) = (read("Openness", choose)?, assessor.to_owned());
    let choice = Choice { openness, assessor, approval: digest(approval)?, evidence };
    plain(assessment.py(), &document.acts(&policy.get().0, &choice).or_raise()?)
}
