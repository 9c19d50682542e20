//! The checks that need no directory: proofs on plain bytes, receipts, documents, checkpoints.
//!
//! It must never take an answer for one that is not whole: what is wrong with a proof is an error, never `False`.

use kaifang::ledger::{self, Checkpoint, IntegrityError, Receipt};
use kaifang::terms::{HashAlgorithm, Word as _};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

use crate::document::wrap;
use crate::documents::{plain, read, value_of};
use crate::errors::OrRaise;
use crate::ledger::{digest_of, key, record_bytes};

/// A hash as it was handed over: bytes, or text that names its algorithm.
#[derive(PartialEq, Eq)]
pub(crate) struct Hash {
    bytes: Vec<u8>,
    algorithm: Option<HashAlgorithm>,
}

impl<'py> FromPyObject<'_, 'py> for Hash {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(bytes) = object.cast::<PyBytes>() {
            Ok(Hash { bytes: bytes.as_bytes().to_vec(), algorithm: None })
        } else if let Ok(text) = object.cast::<PyString>() {
            let digest = digest_of(&text.extract::<String>()?)?;
            Ok(Hash { bytes: digest.as_bytes().to_vec(), algorithm: Some(digest.algorithm()) })
        } else {
            Err(PyTypeError::new_err("expected a hash: 32 bytes, or text that begins with sha256: or sm3:"))
        }
    }
}

impl Hash {
    /// As one of a tree of this algorithm. Bytes of another length come with a proof from elsewhere, and prove nothing.
    fn of(&self, tree: HashAlgorithm) -> PyResult<[u8; 32]> {
        if self.algorithm.is_some_and(|algorithm| algorithm != tree) {
            return Err(PyValueError::new_err("hash: the text names another algorithm"));
        }
        let hash: Result<[u8; 32], _> = self.bytes.as_slice().try_into();
        hash.map_err(|_| IntegrityError::HashLength { bytes: self.bytes.len() }).or_raise()
    }
}

fn algorithm(word: &str) -> PyResult<HashAlgorithm> {
    HashAlgorithm::from_id(word).ok_or_else(|| PyValueError::new_err("hash: sha256 or sm3"))
}

/// The hash of a record as a leaf of the tree (RFC 6962, section 2.1).
#[pyfunction]
#[pyo3(signature = (record, *, hash="sha256"))]
pub(crate) fn leaf_hash<'py>(record: &Bound<'py, PyAny>, hash: &str) -> PyResult<Bound<'py, PyBytes>> {
    Ok(PyBytes::new(record.py(), &ledger::leaf_hash(algorithm(hash)?, &record_bytes(record)?)))
}

fn hashes(proof: &[Hash], tree: HashAlgorithm) -> PyResult<Vec<[u8; 32]>> {
    proof.iter().map(|hash| hash.of(tree)).collect()
}

/// Verifies that a leaf is in a tree; `IntegrityError` where it is not.
#[pyfunction]
#[pyo3(signature = (leaf_hash, index, size, proof, root, *, hash="sha256"))]
pub(crate) fn verify_inclusion(
    leaf_hash: Hash,
    index: u64,
    size: u64,
    proof: Vec<Hash>,
    root: Hash,
    hash: &str,
) -> PyResult<()> {
    let tree = algorithm(hash)?;
    let (leaf, proof, root) = (leaf_hash.of(tree)?, hashes(&proof, tree)?, root.of(tree)?);
    ledger::verify_inclusion(tree, &leaf, index, size, &proof, &root).or_raise()
}

/// Verifies that the tree of `size1` begins the tree of `size2`; `IntegrityError` where it does not.
#[pyfunction]
#[pyo3(signature = (size1, size2, proof, root1, root2, *, hash="sha256"))]
pub(crate) fn verify_consistency(
    size1: u64,
    size2: u64,
    proof: Vec<Hash>,
    root1: Hash,
    root2: Hash,
    hash: &str,
) -> PyResult<()> {
    let tree = algorithm(hash)?;
    // A tree begins itself whatever its root is: other verifiers compare such roots alone, and do not look into them.
    if size1 == size2 && proof.is_empty() && root1.algorithm.is_none() && root1 == root2 {
        return Ok(());
    }
    let (proof, root1, root2) = (hashes(&proof, tree)?, root1.of(tree)?, root2.of(tree)?);
    ledger::verify_consistency(tree, size1, size2, &proof, &root1, &root2).or_raise()
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

/// The document that proves that a key signed two trees of one size under one name, from two signed notes;
/// `IntegrityError` where they don't contradict each other. `verify_document` checks it.
#[pyfunction]
pub(crate) fn prove_equivocation<'py>(
    py: Python<'py>,
    note1: &str,
    note2: &str,
    public_key: &str,
) -> PyResult<Bound<'py, PyAny>> {
    plain(py, &ledger::prove_equivocation(note1, note2, &key(public_key)?).or_raise()?)
}

/// Reads a signed note, after its signature was verified.
#[pyfunction]
pub(crate) fn parse_checkpoint<'py>(py: Python<'py>, note: &str, public_key: &str) -> PyResult<Bound<'py, PyAny>> {
    wrap!(py, "Checkpoint", Checkpoint::parse(note, &key(public_key)?).or_raise()?)
}
