//! [`kaifang::ledger`] for Python: a writer or reader of a directory, and the check of the whole of it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kaifang::crypto::PublicKey;
use kaifang::ledger::{self, Checkpoint, LedgerConfig, Profile, SharedLedger};
use kaifang::terms::{Digest, Word as _};
use kaifang::{Error, canon};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};
use serde_json::Value;

use crate::document::wrap;
use crate::documents::{plain, read, to_python, value_of};
use crate::errors::OrRaise;
use crate::jobs::{self, Interrupt};
use crate::moments::At;
use crate::signers::Signer;

/// The canonical bytes of a record: of a dict, or bytes as they are.
pub(crate) fn record_bytes(record: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    match record.cast::<PyBytes>() {
        Ok(bytes) => Ok(bytes.as_bytes().to_vec()),
        Err(_) => canon::to_bytes(&value_of(record)?).or_raise(),
    }
}

pub(crate) fn key(text: &str) -> PyResult<PublicKey> {
    text.parse().or_raise()
}

fn checkpoint(document: &Bound<'_, PyAny>) -> PyResult<Checkpoint> {
    read("Checkpoint", document)
}

/// A tamper-evident log in a directory. One process writes; anybody reads.
///
/// Threads that append at the same time share the writes to the disk.
#[pyclass(frozen, module = "kaifang.ledger")]
pub(crate) struct Ledger {
    dir: PathBuf,
    /// None once it was closed.
    log: Mutex<Option<Arc<SharedLedger>>>,
}

impl Ledger {
    fn new(dir: PathBuf, log: ledger::Ledger) -> Self {
        Ledger { dir, log: Mutex::new(Some(Arc::new(SharedLedger::new(log)))) }
    }

    fn taken(&self) -> MutexGuard<'_, Option<Arc<SharedLedger>>> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open_log(&self) -> PyResult<Arc<SharedLedger>> {
        self.taken().clone().ok_or_else(|| PyValueError::new_err("the ledger is closed"))
    }

    /// Works on it without the GIL; `ValueError` where it was closed.
    fn shared<R: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&SharedLedger) -> Result<R, Error> + Send,
    ) -> PyResult<R> {
        let log = self.open_log()?;
        // What is let go last may wait for a disk: without the GIL too.
        py.detach(move || work(&log)).or_raise()
    }

    /// The same, while nobody appends.
    fn with<R: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&mut ledger::Ledger) -> Result<R, Error> + Send,
    ) -> PyResult<R> {
        self.shared(py, |log| log.with(work))
    }
}

#[pymethods]
impl Ledger {
    /// Makes a ledger in a directory that is new or empty, and signs its empty head.
    #[staticmethod]
    #[pyo3(signature = (dir, *, origin, signer, profile="intl"))]
    fn create(py: Python<'_>, dir: PathBuf, origin: String, signer: Signer, profile: &str) -> PyResult<Self> {
        let profile: Profile = read("Profile", PyString::new(py, profile).as_any())?;
        let signer = signer.boxed();
        let log = py.detach(|| ledger::Ledger::create(&dir, &LedgerConfig { origin, profile }, signer)).or_raise()?;
        Ok(Ledger::new(dir, log))
    }

    /// Opens a ledger: with a signer for writing, without one for reading.
    #[staticmethod]
    #[pyo3(signature = (dir, *, signer=None))]
    fn open(py: Python<'_>, dir: PathBuf, signer: Option<Signer>) -> PyResult<Self> {
        let signer = signer.map(Signer::boxed);
        let log = py.detach(|| ledger::Ledger::open(&dir, signer)).or_raise()?;
        Ok(Ledger::new(dir, log))
    }

    /// Appends a record (a dict, or its canonical JSON as bytes). When this returns its index, it is on the disk.
    fn append(&self, record: &Bound<'_, PyAny>) -> PyResult<u64> {
        let bytes = record_bytes(record)?;
        self.shared(record.py(), |log| Ok(log.append(&bytes)?))
    }

    /// Appends records in order, all or none, with one write to the disk; the index of the first.
    fn append_batch(&self, py: Python<'_>, records: &Bound<'_, PyAny>) -> PyResult<u64> {
        let records = records.try_iter()?.map(|record| record_bytes(&record?)).collect::<PyResult<Vec<_>>>()?;
        self.shared(py, |log| Ok(log.append_batch(&records)?.start))
    }

    /// Signs the present head.
    fn checkpoint<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        wrap!(py, "Checkpoint", self.shared(py, SharedLedger::checkpoint)?)
    }

    /// Appends a record in the space that is held for it, where there is no other: `KF-LEDGER-21` can be recorded.
    fn append_last(&self, record: &Bound<'_, PyAny>) -> PyResult<u64> {
        let bytes = record_bytes(record)?;
        self.with(record.py(), |log| Ok(log.append_last(&bytes)?))
    }

    /// Ends an interval in which there may have been no record: appends one that says when, and signs.
    fn seal<'py>(&self, py: Python<'py>, at: At) -> PyResult<Bound<'py, PyAny>> {
        wrap!(py, "Checkpoint", self.with(py, |log| log.seal(at.0))?)
    }

    /// Changes the key: a record signed by both, and from then on only the new one opens the ledger for writing.
    fn change_key(&self, py: Python<'_>, new_signer: Signer) -> PyResult<u64> {
        self.with(py, |log| log.change_key(new_signer.boxed()))
    }

    /// Signs heads also with the key before the present one, after the ledger was opened again; with None, with the present
    /// key alone from now on.
    fn sign_with_previous_key(&self, py: Python<'_>, previous: Option<Signer>) -> PyResult<()> {
        self.with(py, |log| match previous {
            Some(previous) => Ok(log.sign_with_previous_key(previous.boxed())?),
            None => {
                log.retire_previous_key();
                Ok(())
            }
        })
    }

    /// Keeps a blob (bytes, or a path), and gives the digest by which a record names it in its member `blobs`.
    fn put_blob(&self, content: &Bound<'_, PyAny>) -> PyResult<String> {
        let py = content.py();
        let digest = if let Ok(bytes) = content.cast::<PyBytes>() {
            let mut bytes = bytes.as_bytes();
            self.with(py, |log| log.put_blob(&mut bytes))?
        } else {
            let mut file = std::fs::File::open(content.extract::<PathBuf>()?)?;
            self.with(py, |log| log.put_blob(&mut file))?
        };
        Ok(digest.to_string())
    }

    /// The content of a blob, of at most `limit` bytes; it is what was put, or an error.
    #[pyo3(signature = (digest, *, limit=1 << 30))]
    fn read_blob<'py>(&self, py: Python<'py>, digest: &str, limit: u64) -> PyResult<Bound<'py, PyBytes>> {
        let digest = digest_of(digest)?;
        Ok(PyBytes::new(py, &self.with(py, |log| log.read_blob(&digest, limit))?))
    }

    /// Erases a blob for ever; the records that name it stay.
    fn erase_blob(&self, py: Python<'_>, digest: &str) -> PyResult<()> {
        let digest = digest_of(digest)?;
        self.with(py, |log| Ok(log.erase_blob(&digest)?))
    }

    /// Writes the records to a Parquet file of `index`, `leaf_hash`, `record`, with the signed head in its metadata; the
    /// number of rows.
    #[pyo3(signature = (path, *, progress=None))]
    fn export(&self, py: Python<'_>, path: PathBuf, progress: Option<Py<PyAny>>) -> PyResult<u64> {
        self.open_log()?;
        let dir = &self.dir;
        jobs::run(py, &Interrupt::default(), progress, |report| {
            // A reader of its own: others go on writing, and `progress` may ask this ledger anything.
            ledger::Ledger::open(dir, None)?.export(&path, report).map(|stats| stats.rows)
        })
    }

    /// The last head that was signed. It may cover fewer records than there are.
    #[getter]
    fn signed<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        wrap!(py, "Checkpoint", self.with(py, |log| Ok(log.signed().clone()))?)
    }

    /// How many records are committed.
    #[getter]
    fn size(&self, py: Python<'_>) -> PyResult<u64> {
        self.with(py, |log| Ok(log.size()))
    }

    /// The root of the tree of all committed records, `sha256:…`.
    #[getter]
    fn root(&self, py: Python<'_>) -> PyResult<String> {
        self.with(py, |log| Ok(log.root().to_string()))
    }

    /// The name of the log.
    #[getter]
    fn origin(&self, py: Python<'_>) -> PyResult<String> {
        self.with(py, |log| Ok(log.origin().to_owned()))
    }

    /// Hash and signature: `intl` or `gm`.
    #[getter]
    fn profile(&self, py: Python<'_>) -> PyResult<&'static str> {
        self.with(py, |log| Ok(log.profile().id()))
    }

    /// What the opening found after the last commit and dropped, after a crash; else None.
    #[getter]
    fn dropped<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.with(py, |log| Ok(log.dropped().cloned()))?.map(|dropped| plain(py, &dropped)).transpose()
    }

    /// The keys before the present one, the first of them first.
    #[getter]
    fn earlier_keys(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        self.with(py, |log| Ok(log.earlier_keys().iter().map(ToString::to_string).collect()))
    }

    /// The key that heads are signed with.
    #[getter]
    fn public_key(&self, py: Python<'_>) -> PyResult<String> {
        self.with(py, |log| Ok(log.public_key().to_string()))
    }

    fn __len__(&self, py: Python<'_>) -> PyResult<usize> {
        Ok(usize::try_from(self.size(py)?)?)
    }

    /// One record.
    fn read<'py>(&self, py: Python<'py>, index: u64) -> PyResult<Bound<'py, PyAny>> {
        let record = self.with(py, |log| Ok(canon::parse(&log.read(index)?)?))?;
        to_python(py, &record)
    }

    /// At most `count` records from an index on.
    #[pyo3(signature = (start=0, count=1000))]
    fn records<'py>(&self, py: Python<'py>, start: u64, count: usize) -> PyResult<Bound<'py, PyAny>> {
        let records = self.with(py, |log| {
            let some = log.records_from(start)?.take(count);
            some.map(|record| Ok(canon::parse(&record?.1)?)).collect::<Result<Vec<Value>, Error>>()
        })?;
        to_python(py, &Value::Array(records))
    }

    /// The proof that a record is under the last signed head.
    fn receipt<'py>(&self, py: Python<'py>, index: u64) -> PyResult<Bound<'py, PyAny>> {
        wrap!(py, "Receipt", self.with(py, |log| log.receipt(index))?)
    }

    /// The proof that the tree of the first `size1` records begins that of `size2`.
    fn prove_consistency<'py>(&self, py: Python<'py>, size1: u64, size2: u64) -> PyResult<Vec<Bound<'py, PyBytes>>> {
        let proof = self.with(py, |log| log.prove_consistency(size1, size2))?;
        Ok(proof.iter().map(|hash| PyBytes::new(py, hash)).collect())
    }

    /// Verifies every byte of the directory, and that it extends `pin`, a checkpoint kept elsewhere.
    #[pyo3(signature = (*, pin=None))]
    fn verify<'py>(&self, py: Python<'py>, pin: Option<&Bound<'py, PyAny>>) -> PyResult<Bound<'py, PyAny>> {
        let key = self.with(py, |log| Ok(log.public_key().clone()))?;
        verified(py, &self.dir, Some(&key), pin)
    }

    /// Lets the directory go, so that another may write.
    fn close(&self, py: Python<'_>) {
        let log = self.taken().take();
        py.detach(move || drop(log));
    }

    fn __enter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, py: Python<'_>, _exception: &Bound<'_, pyo3::types::PyTuple>) {
        self.close(py);
    }

    fn __repr__(&self) -> String {
        format!("<kaifang.ledger.Ledger {:?}>", self.dir)
    }
}

fn verified<'py>(
    py: Python<'py>,
    dir: &Path,
    key: Option<&PublicKey>,
    pin: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let pin = pin.map(checkpoint).transpose()?;
    let verified = py.detach(|| ledger::verify(dir, key, pin.as_ref())).or_raise()?;
    wrap!(py, "Verified", verified)
}

/// Verifies every byte of a ledger, offline. Without `public_key` the directory vouches for itself, and the answer says
/// so; `pin` is a checkpoint kept elsewhere.
#[pyfunction]
#[pyo3(signature = (dir, *, public_key=None, pin=None))]
pub(crate) fn verify_ledger<'py>(
    py: Python<'py>,
    dir: PathBuf,
    public_key: Option<&str>,
    pin: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    verified(py, &dir, public_key.map(key).transpose()?.as_ref(), pin)
}

pub(crate) fn digest_of(text: &str) -> PyResult<Digest> {
    text.parse().map_err(|_| PyValueError::new_err("a digest is sha256: or sm3: and 64 hexadecimal digits"))
}
