//! [`kaifang::gate`] and [`kaifang::audit`] for Python: a platform's directory, and decisions on a host's own facts.

use std::path::PathBuf;

use kaifang::audit;
use kaifang::calendar;
use kaifang::crypto::PublicKey;
use kaifang::gate::{self, Outcome, Request, UseReport};
use kaifang::ledger::Checkpoint;
use kaifang::process::Event;
use pyo3::prelude::*;

use crate::calendar::Calendar;
use crate::documents::{plain, read, value_of, wrap};
use crate::errors::OrRaise;
use crate::held::Held;
use crate::moments::At;
use crate::policy::{Policy, facts};
use crate::signers::Signer;

fn request(object: &Bound<'_, PyAny>) -> PyResult<Request> {
    Request::from_json(&value_of(object)?.to_string()).or_raise()
}

/// A platform: policy, state and log in one directory. One process writes.
#[pyclass(frozen, module = "kaifang")]
pub(crate) struct Platform {
    dir: PathBuf,
    platform: Held<gate::Platform>,
}

#[pymethods]
impl Platform {
    /// Makes a new platform in a directory of its own, and records the adoption of the policy.
    #[staticmethod]
    #[pyo3(signature = (dir, *, policy, origin, signer, at))]
    fn init(
        py: Python<'_>,
        dir: PathBuf,
        policy: &Bound<'_, Policy>,
        origin: &str,
        signer: Signer,
        at: At,
    ) -> PyResult<Self> {
        let (policy, signer) = (&policy.get().0, signer.boxed());
        let platform = py.detach(|| gate::Platform::init(&dir, policy, origin, signer, at.0)).or_raise()?;
        Ok(Platform { dir, platform: Held::new("platform", platform) })
    }

    /// Opens a platform and folds its log; without a signer it can only be read. `calendar` may know a newer year.
    #[staticmethod]
    #[pyo3(signature = (dir, *, signer=None, calendar=None))]
    fn open(
        py: Python<'_>,
        dir: PathBuf,
        signer: Option<Signer>,
        calendar: Option<&Bound<'_, Calendar>>,
    ) -> PyResult<Self> {
        let signer = signer.map(Signer::boxed);
        let mut platform = py.detach(|| gate::Platform::open(&dir, signer)).or_raise()?;
        if let Some(calendar) = calendar {
            platform = platform.with_calendar(calendar.get().0.clone());
        }
        Ok(Platform { dir, platform: Held::new("platform", platform) })
    }

    /// The policy in force.
    #[getter]
    fn policy(&self, py: Python<'_>) -> PyResult<Policy> {
        self.platform.with(py, |platform| Ok(Policy(platform.policy().clone())))
    }

    /// The log's key, in base64.
    #[getter]
    fn public_key(&self, py: Python<'_>) -> PyResult<String> {
        self.platform.with(py, |platform| Ok(platform.public_key().to_string()))
    }

    /// How many records the state has seen.
    #[getter]
    fn state_index(&self, py: Python<'_>) -> PyResult<u64> {
        self.platform.with(py, |platform| Ok(platform.state().index()))
    }

    /// Adopts a policy: what was assessed under the one before is to be assessed again.
    #[pyo3(signature = (policy, *, at))]
    fn adopt<'py>(&self, policy: &Bound<'py, Policy>, at: At) -> PyResult<Bound<'py, PyAny>> {
        let py = policy.py();
        let policy = &policy.get().0;
        wrap(py, "Recorded", &self.platform.with(py, |platform| platform.adopt(policy, at.0))?)
    }

    /// Records an event, such as `{"event": "dataset_opened", …}`; an illegal move is refused and not recorded.
    #[pyo3(signature = (event, *, at))]
    fn event<'py>(&self, event: &Bound<'py, PyAny>, at: At) -> PyResult<Bound<'py, PyAny>> {
        let py = event.py();
        let event = Event::from_json(&value_of(event)?.to_string()).or_raise()?;
        wrap(py, "Recorded", &self.platform.with(py, |platform| platform.event(event, at.0))?)
    }

    /// Decides, and records nothing.
    #[pyo3(signature = (request, *, at))]
    fn decide<'py>(&self, request: &Bound<'py, PyAny>, at: At) -> PyResult<Bound<'py, PyAny>> {
        let py = request.py();
        let request = self::request(request)?;
        wrap(py, "Decision", &self.platform.with(py, |platform| Ok(platform.decide(&request, at.0)))?)
    }

    /// Decides, makes the record durable, and only then answers. Only a permit may be served.
    #[pyo3(signature = (request, *, at))]
    fn admit<'py>(&self, request: &Bound<'py, PyAny>, at: At) -> PyResult<Bound<'py, PyAny>> {
        let py = request.py();
        let request = self::request(request)?;
        wrap(py, "Admitted", &self.platform.with(py, |platform| platform.admit(&request, at.0))?)
    }

    /// Records what came of a permit: the index that `admit` gave, and what went out.
    #[pyo3(signature = (intent, *, served, rows, bytes, at))]
    fn complete<'py>(
        &self,
        py: Python<'py>,
        intent: u64,
        served: bool,
        rows: u64,
        bytes: u64,
        at: At,
    ) -> PyResult<Bound<'py, PyAny>> {
        let outcome = Outcome { served, rows, bytes };
        wrap(py, "Recorded", &self.platform.with(py, |platform| platform.complete(intent, outcome, at.0))?)
    }

    /// Records a user's report of its use: `{"user", "dataset", "intent", "rows", "report"}`.
    #[pyo3(signature = (report, *, at))]
    fn report_use<'py>(&self, report: &Bound<'py, PyAny>, at: At) -> PyResult<Bound<'py, PyAny>> {
        let py = report.py();
        let report: UseReport = read("UseReport", report)?;
        wrap(py, "Recorded", &self.platform.with(py, |platform| platform.report_use(report, at.0))?)
    }

    /// The duties as they stand; `holder` keeps those of one body or user.
    #[pyo3(signature = (*, at, holder=None))]
    fn duties<'py>(&self, py: Python<'py>, at: At, holder: Option<&str>) -> PyResult<Bound<'py, PyAny>> {
        plain(py, &self.platform.with(py, |platform| Ok(platform.duties(holder, at.0)))?)
    }

    /// Re-decides everything recorded and lists each difference, open intent and overdue duty.
    #[pyo3(signature = (*, at, pin=None, calendar=None))]
    fn audit<'py>(
        &self,
        py: Python<'py>,
        at: At,
        pin: Option<&Bound<'py, PyAny>>,
        calendar: Option<&Bound<'py, Calendar>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let key = self.platform.with(py, |platform| Ok(platform.public_key().clone()))?;
        audited(py, &self.dir, Some(&key), pin, calendar, at)
    }

    /// Signs the head of the log.
    fn checkpoint<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        wrap(py, "Checkpoint", &self.platform.with(py, gate::Platform::checkpoint)?)
    }

    /// The proof that a record is under the last signed head.
    fn receipt<'py>(&self, py: Python<'py>, index: u64) -> PyResult<Bound<'py, PyAny>> {
        wrap(py, "Receipt", &self.platform.with(py, |platform| platform.receipt(index))?)
    }

    /// Lets the directory go, so that another may write.
    fn close(&self, py: Python<'_>) {
        self.platform.close(py);
    }

    fn __enter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, py: Python<'_>, _exception: &Bound<'_, pyo3::types::PyTuple>) {
        self.close(py);
    }

    fn __repr__(&self) -> String {
        format!("<kaifang.Platform {:?}>", self.dir)
    }
}

fn audited<'py>(
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
    wrap(py, "AuditReport", &report)
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

/// Decides on facts that the host states from its own database: no state, no record.
#[pyfunction]
#[pyo3(signature = (policy, facts, *, at))]
pub(crate) fn decide_facts<'py>(
    policy: &Bound<'py, Policy>,
    facts: &Bound<'py, PyAny>,
    at: At,
) -> PyResult<Bound<'py, PyAny>> {
    wrap(policy.py(), "Decision", &gate::decide_facts(&policy.get().0, &self::facts(facts)?, at.0))
}
