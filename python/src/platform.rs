//! [`kaifang::gate`] for Python: a platform's directory, and decisions on a host's own facts.

use std::path::PathBuf;

use kaifang::crypto::PublicKey;
use kaifang::gate::{self, Outcome, Request, UseReport};
use kaifang::ledger::LedgerError;
use kaifang::policy::Facts;
use kaifang::process::{Actor, State};
use kaifang::terms::{Digest, NotADigest};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::audit::audited;
use crate::calendar::Calendar;
use crate::document::wrap;
use crate::documents::{plain, read, with_json};
use crate::errors::OrRaise;
use crate::held::Held;
use crate::moments::At;
use crate::policy::Policy;
use crate::reader::read_plain;
use crate::signers::Signer;

pub(crate) fn digest(text: &str) -> PyResult<Digest> {
    text.parse().map_err(|error: NotADigest| PyValueError::new_err(error.to_string()))
}

pub(crate) fn outcome(
    served: bool,
    rows: u64,
    bytes: u64,
    fields: Option<Vec<String>>,
    result: Option<&str>,
) -> PyResult<Outcome> {
    let result = result.map(digest).transpose()?;
    Ok(Outcome { fields: fields.unwrap_or_default(), result, ..Outcome::new(served, rows, bytes) })
}

pub(crate) fn request(object: &Bound<'_, PyAny>) -> PyResult<Request> {
    match read_plain::<Request>(object) {
        Some(request) => request.well_formed().or_raise().map(|()| request),
        None => with_json(object, |json| Request::from_json(json).or_raise()),
    }
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
        self.platform.with(py, |platform| Ok(Policy(platform.policy())))
    }

    /// The log's key, in base64.
    #[getter]
    fn public_key(&self, py: Python<'_>) -> PyResult<String> {
        self.platform.with(py, |platform| Ok(platform.public_key()?.to_string()))
    }

    /// How many records the state has seen.
    #[getter]
    fn state_index(&self, py: Python<'_>) -> PyResult<u64> {
        self.platform.with(py, |platform| Ok(platform.with_state(State::index)))
    }

    /// Takes what another process wrote since the last look, where this one only reads. How many records came.
    fn refresh(&self, py: Python<'_>) -> PyResult<u64> {
        self.platform.with(py, gate::Platform::refresh)
    }

    /// What adopting a policy would change in the catalog, and the digest that signs it off: `(Upgrade, digest)`.
    #[pyo3(signature = (policy, *, at))]
    fn upgrade<'py>(&self, policy: &Bound<'py, Policy>, at: At) -> PyResult<(Bound<'py, PyAny>, String)> {
        let (py, policy) = (policy.py(), &policy.get().0);
        let (upgrade, digest) = self.platform.with(py, |platform| {
            let upgrade = platform.upgrade(policy, at.0)?;
            let digest = platform.sign_off(&upgrade)?;
            Ok((upgrade, digest))
        })?;
        Ok((plain(py, &upgrade)?, digest.to_string()))
    }

    /// Adopts a policy (A40). `by` is who does, such as `{"role": "authority", "id": …}`; where the catalog changes,
    /// `sign_off` is the digest that `upgrade` gave.
    #[pyo3(signature = (policy, *, by, at, sign_off=None))]
    fn adopt<'py>(
        &self,
        policy: &Bound<'py, Policy>,
        by: &Bound<'py, PyAny>,
        at: At,
        sign_off: Option<&str>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (py, policy) = (policy.py(), &policy.get().0);
        let (by, sign_off): (Actor, _) = (read("Actor", by)?, sign_off.map(digest).transpose()?);
        wrap!(py, "Recorded", self.platform.with(py, |platform| platform.adopt(&by, policy, sign_off.as_ref(), at.0))?)
    }

    /// Records what somebody does, such as `{"by": {"role": …, "id": …}, "event": "dataset_opened", …}`; an illegal move
    /// is refused and not recorded. `dataset_assessed` may leave out `facts` and `classification`, and `entry_listed`
    /// what was decided.
    #[pyo3(signature = (act, *, at))]
    fn event<'py>(&self, act: &Bound<'py, PyAny>, at: At) -> PyResult<Bound<'py, PyAny>> {
        let py = act.py();
        let act = with_json(act, |json| Ok(json.to_owned()))?;
        wrap!(py, "Recorded", self.platform.with(py, |platform| platform.act_json(&act, at.0))?)
    }

    /// Decides, and records nothing. Where this one only reads, it reads on first, and denies where it can't.
    #[pyo3(signature = (request, *, at))]
    fn decide<'py>(&self, request: &Bound<'py, PyAny>, at: At) -> PyResult<Bound<'py, PyAny>> {
        let py = request.py();
        let request = self::request(request)?;
        let decision = match self.platform.at_once(py, |platform| platform.decide_at_once(&request, at.0))? {
            Some(decision) => decision,
            None => self.platform.with(py, |platform| Ok(platform.decide(&request, at.0)))?,
        };
        wrap!(py, "Decision", decision)
    }

    /// Decides, makes the record durable, and only then answers. Only a permit may be served. With `receipt` the answer
    /// holds the proof that the record is in the log.
    #[pyo3(signature = (request, *, at, receipt=false))]
    fn admit<'py>(&self, request: &Bound<'py, PyAny>, at: At, receipt: bool) -> PyResult<Bound<'py, PyAny>> {
        let py = request.py();
        let request = self::request(request)?;
        let admitted = self.platform.with(py, |platform| match receipt {
            true => platform.admit_with_receipt(&request, at.0),
            false => platform.admit(&request, at.0),
        })?;
        wrap!(py, "Admitted", admitted)
    }

    /// Records what came of a permit: the index that `admit` gave, and what went out.
    #[pyo3(signature = (intent, *, served, rows, bytes, at, fields=None, result=None))]
    #[expect(clippy::too_many_arguments, reason = "keywords, each with its name at the call")]
    fn complete<'py>(
        &self,
        py: Python<'py>,
        intent: u64,
        served: bool,
        rows: u64,
        bytes: u64,
        at: At,
        fields: Option<Vec<String>>,
        result: Option<&str>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let outcome = outcome(served, rows, bytes, fields, result)?;
        wrap!(py, "Recorded", self.platform.with(py, |platform| platform.complete(intent, outcome, at.0))?)
    }

    /// Records a user's report of its use: `{"user", "dataset", "intent", "rows", "report"}`.
    #[pyo3(signature = (report, *, at))]
    fn report_use<'py>(&self, report: &Bound<'py, PyAny>, at: At) -> PyResult<Bound<'py, PyAny>> {
        let py = report.py();
        let report: UseReport = read("UseReport", report)?;
        wrap!(py, "Recorded", self.platform.with(py, |platform| platform.report_use(report, at.0))?)
    }

    /// Lets another process keep a log of uses of its own, signed by this public key: see `Worker`.
    #[pyo3(signature = (name, *, public_key, at))]
    fn open_use_log<'py>(&self, py: Python<'py>, name: &str, public_key: &str, at: At) -> PyResult<Bound<'py, PyAny>> {
        let key: PublicKey = public_key.parse().or_raise()?;
        wrap!(py, "Recorded", self.platform.with(py, |platform| platform.open_use_log(name, &key, at.0))?)
    }

    /// Keeps a person's identity in an erasable blob and puts the user on file; the commitment is the user's id.
    #[pyo3(signature = (identity, *, by, at))]
    fn register_person(&self, py: Python<'_>, identity: &str, by: &Bound<'_, PyAny>, at: At) -> PyResult<String> {
        let by: Actor = read("Actor", by)?;
        let registered = self.platform.with(py, |platform| platform.register_person(&by, identity, at.0))?;
        Ok(registered.0.to_string())
    }

    /// Erases a person's identity; what was recorded of the commitment stays.
    #[pyo3(signature = (commitment, *, by, at))]
    fn erase_person<'py>(&self, commitment: &str, by: &Bound<'py, PyAny>, at: At) -> PyResult<Bound<'py, PyAny>> {
        let (py, commitment) = (by.py(), digest(commitment)?);
        let by: Actor = read("Actor", by)?;
        wrap!(py, "Recorded", self.platform.with(py, |platform| platform.erase_person(&by, &commitment, at.0))?)
    }

    /// Keeps a document beside the log and gives its digest; an act may name it in `blobs`.
    fn put_blob(&self, py: Python<'_>, content: &[u8]) -> PyResult<String> {
        let kept = self.platform.with(py, |platform| platform.put_blob(&mut &content[..]))?;
        Ok(kept.to_string())
    }

    /// The duties as they stand; `holder` keeps those of one body, user or authority.
    #[pyo3(signature = (*, at, holder=None))]
    fn duties<'py>(&self, py: Python<'py>, at: At, holder: Option<&str>) -> PyResult<Bound<'py, PyAny>> {
        plain(py, &self.platform.with(py, |platform| platform.duties(holder, at.0))?)
    }

    /// Re-decides everything recorded and lists each difference, open intent, breach and overdue duty. The head is signed
    /// first, where this platform writes.
    #[pyo3(signature = (*, at, pin=None, calendar=None))]
    fn audit<'py>(
        &self,
        py: Python<'py>,
        at: At,
        pin: Option<&Bound<'py, PyAny>>,
        calendar: Option<&Bound<'py, Calendar>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        // Who only reads has no key of its own to hold the log against: the report then says so.
        let key = self.platform.with(py, |platform| match platform.checkpoint() {
            Ok(_) => platform.public_key().map(Some),
            Err(kaifang::Error::Ledger(LedgerError::ReadOnly)) => Ok(None),
            Err(error) => Err(error),
        })?;
        audited(py, &self.dir, key.as_ref(), pin, calendar, at)
    }

    /// Records the counts of denials of callers who were not identified.
    #[pyo3(signature = (*, at))]
    fn flush(&self, py: Python<'_>, at: At) -> PyResult<()> {
        self.platform.with(py, |platform| platform.flush(at.0))
    }

    /// After the log failed: opens it again, and records what went out meanwhile.
    #[pyo3(signature = (*, at))]
    fn recover(&self, py: Python<'_>, at: At) -> PyResult<()> {
        self.platform.with(py, |platform| platform.recover(at.0))
    }

    /// Keeps the state beside the log, so that the next opening begins there.
    #[pyo3(signature = (*, at))]
    fn snapshot<'py>(&self, py: Python<'py>, at: At) -> PyResult<Bound<'py, PyAny>> {
        wrap!(py, "Recorded", self.platform.with(py, |platform| platform.snapshot(at.0))?)
    }

    /// Signs the head of the log.
    fn checkpoint<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        wrap!(py, "Checkpoint", self.platform.with(py, gate::Platform::checkpoint)?)
    }

    /// The proof that a record is in the log: under the last signed head, or one that is signed for it.
    fn receipt<'py>(&self, py: Python<'py>, index: u64) -> PyResult<Bound<'py, PyAny>> {
        wrap!(py, "Receipt", self.platform.with(py, |platform| platform.receipt(index))?)
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

/// Decides on facts that the host states from its own database: no state, no record.
#[pyfunction]
#[pyo3(signature = (policy, facts, *, at))]
pub(crate) fn decide_facts<'py>(
    policy: &Bound<'py, Policy>,
    facts: &Bound<'py, PyAny>,
    at: At,
) -> PyResult<Bound<'py, PyAny>> {
    let facts = match read_plain(facts) {
        Some(facts) => facts,
        None => with_json(facts, |json| Facts::from_json(json).or_raise())?,
    };
    wrap!(policy.py(), "Decision", gate::decide_facts(&policy.get().0, &facts, at.0))
}
