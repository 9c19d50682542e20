//! [`kaifang::ledger`] for Python: a writer or reader of a directory, and the checks that need no directory.

use std::path::{Path, PathBuf};

use kaifang::crypto::PublicKey;
use kaifang::ledger::{self, Checkpoint, LedgerConfig, Profile, Receipt};
use kaifang::terms::Digest;
use kaifang::{Error, canon};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};
use serde_json::Value;

use crate::documents::{read, to_python, value_of, wrap};
use crate::errors::OrRaise;
use crate::held::Held;
use crate::keys::Ed25519Key;

/// A hash: 32 bytes, or the text `sha256:…`.
pub(crate) struct Hash([u8; 32]);

impl<'py> FromPyObject<'_, 'py> for Hash {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let hash = if let Ok(bytes) = object.cast::<PyBytes>() {
            bytes.as_bytes().try_into().ok()
        } else if let Ok(text) = object.cast::<PyString>() {
            text.extract::<String>()?.parse::<Digest>().ok().map(|digest| *digest.as_bytes())
        } else {
            return Err(PyTypeError::new_err("expected a hash: 32 bytes, or text that begins with sha256:"));
        };
        hash.map(Hash).ok_or_else(|| PyValueError::new_err("a hash is 32 bytes, or sha256: and 64 hexadecimal digits"))
    }
}

/// The canonical bytes of a record: of a dict, or bytes as they are.
fn record_bytes(record: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    match record.cast::<PyBytes>() {
        Ok(bytes) => Ok(bytes.as_bytes().to_vec()),
        Err(_) => canon::to_bytes(&value_of(record)?).or_raise(),
    }
}

fn key(text: &str) -> PyResult<PublicKey> {
    PublicKey::from_base64(text).or_raise()
}

fn checkpoint(document: &Bound<'_, PyAny>) -> PyResult<Checkpoint> {
    read("Checkpoint", document)
}

/// A tamper-evident log in a directory. One process writes; anybody reads.
#[pyclass(frozen, module = "kaifang.ledger")]
pub(crate) struct Ledger {
    dir: PathBuf,
    log: Held<ledger::Ledger>,
}

#[pymethods]
impl Ledger {
    /// Makes a ledger in a directory that is new or empty, and signs its empty head.
    #[staticmethod]
    #[pyo3(signature = (dir, *, origin, signer, profile="intl"))]
    fn create(
        py: Python<'_>,
        dir: PathBuf,
        origin: String,
        signer: &Bound<'_, Ed25519Key>,
        profile: &str,
    ) -> PyResult<Self> {
        let profile: Profile = read("Profile", PyString::new(py, profile).as_any())?;
        let signer = signer.get().signer()?;
        let log = py.detach(|| ledger::Ledger::create(&dir, &LedgerConfig { origin, profile }, signer)).or_raise()?;
        Ok(Ledger { dir, log: Held::new("ledger", log) })
    }

    /// Opens a ledger: with a signer for writing, without one for reading.
    #[staticmethod]
    #[pyo3(signature = (dir, *, signer=None))]
    fn open(py: Python<'_>, dir: PathBuf, signer: Option<&Bound<'_, Ed25519Key>>) -> PyResult<Self> {
        let signer = signer.map(|signer| signer.get().signer()).transpose()?;
        let log = py.detach(|| ledger::Ledger::open(&dir, signer)).or_raise()?;
        Ok(Ledger { dir, log: Held::new("ledger", log) })
    }

    /// Appends a record (a dict, or its canonical JSON as bytes). When this returns its index, it is on the disk.
    fn append(&self, record: &Bound<'_, PyAny>) -> PyResult<u64> {
        let bytes = record_bytes(record)?;
        self.log.with(record.py(), |log| Ok(log.append(&bytes)?))
    }

    /// Appends records in order, all or none, with one write to the disk; the index of the first.
    fn append_batch(&self, py: Python<'_>, records: &Bound<'_, PyAny>) -> PyResult<u64> {
        let records = records.try_iter()?.map(|record| record_bytes(&record?)).collect::<PyResult<Vec<_>>>()?;
        self.log.with(py, |log| Ok(log.append_batch(&records)?.start))
    }

    /// Signs the present head.
    fn checkpoint<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        wrap(py, "Checkpoint", &self.log.with(py, ledger::Ledger::checkpoint)?)
    }

    /// The last head that was signed. It may cover fewer records than there are.
    #[getter]
    fn signed<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        wrap(py, "Checkpoint", &self.log.with(py, |log| Ok(log.signed().clone()))?)
    }

    /// How many records are committed.
    #[getter]
    fn size(&self, py: Python<'_>) -> PyResult<u64> {
        self.log.with(py, |log| Ok(log.size()))
    }

    /// The root of the tree of all committed records, `sha256:…`.
    #[getter]
    fn root(&self, py: Python<'_>) -> PyResult<String> {
        self.log.with(py, |log| Ok(log.root().to_string()))
    }

    /// The name of the log.
    #[getter]
    fn origin(&self, py: Python<'_>) -> PyResult<String> {
        self.log.with(py, |log| Ok(log.origin().to_owned()))
    }

    /// The key that heads are signed with, in base64.
    #[getter]
    fn public_key(&self, py: Python<'_>) -> PyResult<String> {
        self.log.with(py, |log| Ok(log.public_key().to_base64()))
    }

    fn __len__(&self, py: Python<'_>) -> PyResult<usize> {
        Ok(usize::try_from(self.size(py)?)?)
    }

    /// One record.
    fn read<'py>(&self, py: Python<'py>, index: u64) -> PyResult<Bound<'py, PyAny>> {
        let record = self.log.with(py, |log| Ok(canon::parse(&log.read(index)?)?))?;
        to_python(py, &record)
    }

    /// At most `count` records from an index on.
    #[pyo3(signature = (start=0, count=1000))]
    fn records<'py>(&self, py: Python<'py>, start: u64, count: usize) -> PyResult<Bound<'py, PyAny>> {
        let records = self.log.with(py, |log| {
            let some = log.records_from(start)?.take(count);
            some.map(|record| Ok(canon::parse(&record?.1)?)).collect::<Result<Vec<Value>, Error>>()
        })?;
        to_python(py, &Value::Array(records))
    }

    /// The proof that a record is under the last signed head.
    fn receipt<'py>(&self, py: Python<'py>, index: u64) -> PyResult<Bound<'py, PyAny>> {
        wrap(py, "Receipt", &self.log.with(py, |log| log.receipt(index))?)
    }

    /// The proof that the tree of the first `size1` records begins that of `size2`.
    fn prove_consistency<'py>(&self, py: Python<'py>, size1: u64, size2: u64) -> PyResult<Vec<Bound<'py, PyBytes>>> {
        let proof = self.log.with(py, |log| log.prove_consistency(size1, size2))?;
        Ok(proof.iter().map(|hash| PyBytes::new(py, hash)).collect())
    }

    /// Verifies every byte of the directory, and that it extends `pin`, a checkpoint kept elsewhere.
    #[pyo3(signature = (*, pin=None))]
    fn verify<'py>(&self, py: Python<'py>, pin: Option<&Bound<'py, PyAny>>) -> PyResult<Bound<'py, PyAny>> {
        let key = self.log.with(py, |log| Ok(*log.public_key()))?;
        verified(py, &self.dir, Some(&key), pin)
    }

    /// Lets the directory go, so that another may write.
    fn close(&self, py: Python<'_>) {
        self.log.close(py);
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
    wrap(py, "Verified", &verified)
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

/// The hash of a record as a leaf of the tree (RFC 6962, section 2.1).
#[pyfunction]
pub(crate) fn leaf_hash<'py>(record: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
    Ok(PyBytes::new(record.py(), &ledger::leaf_hash(&record_bytes(record)?)))
}

fn hashes(proof: Vec<Hash>) -> Vec<[u8; 32]> {
    proof.into_iter().map(|hash| hash.0).collect()
}

/// Verifies that a leaf is in a tree; `IntegrityError` where it is not.
#[pyfunction]
pub(crate) fn verify_inclusion(leaf: Hash, index: u64, size: u64, proof: Vec<Hash>, root: Hash) -> PyResult<()> {
    ledger::verify_inclusion(&leaf.0, index, size, &hashes(proof), &root.0).or_raise()
}

/// Verifies that the tree of `size1` begins the tree of `size2`; `IntegrityError` where it does not.
#[pyfunction]
pub(crate) fn verify_consistency(size1: u64, size2: u64, proof: Vec<Hash>, root1: Hash, root2: Hash) -> PyResult<()> {
    ledger::verify_consistency(size1, size2, &hashes(proof), &root1.0, &root2.0).or_raise()
}

/// Verifies that a record is in the log of a key where its receipt says; `IntegrityError` where it is not.
#[pyfunction]
pub(crate) fn verify_receipt(record: &Bound<'_, PyAny>, receipt: &Bound<'_, PyAny>, public_key: &str) -> PyResult<()> {
    let receipt: Receipt = read("Receipt", receipt)?;
    ledger::verify_receipt(&record_bytes(record)?, &receipt, &key(public_key)?).or_raise()
}

/// Checks a claim and its proof in one document (`op`: inclusion, consistency, checkpoint, receipt).
#[pyfunction]
pub(crate) fn verify_document(document: &Bound<'_, PyAny>) -> PyResult<()> {
    ledger::verify_document(value_of(document)?.to_string().as_bytes()).or_raise()
}

/// Reads a signed note, after its signature was verified.
#[pyfunction]
pub(crate) fn parse_checkpoint<'py>(py: Python<'py>, note: &str, public_key: &str) -> PyResult<Bound<'py, PyAny>> {
    wrap(py, "Checkpoint", &Checkpoint::parse(note, &key(public_key)?).or_raise()?)
}
