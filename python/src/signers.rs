//! What signs a ledger, for Python: key files, and devices behind a call.
//!
//! It must never show a secret: not in `repr`, not in an attribute, not by pickling.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use kaifang::crypto::{self, PublicKey};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::errors::OrRaise;

/// Anything that signs: of these classes.
pub(crate) struct Signer(Arc<dyn crypto::Signer>);

impl Signer {
    pub(crate) fn boxed(self) -> Box<dyn crypto::Signer> {
        Box::new(self.0)
    }
}

impl<'py> FromPyObject<'_, 'py> for Signer {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(key) = object.cast::<Ed25519Key>() {
            Ok(Signer(Arc::clone(&key.get().0)))
        } else if let Ok(key) = object.cast::<Sm2Key>() {
            Ok(Signer(Arc::clone(&key.get().0)))
        } else if let Ok(device) = object.cast::<CallbackSigner>() {
            Ok(Signer(Arc::clone(&device.get().0)))
        } else {
            Err(PyTypeError::new_err("expected a signer: Ed25519Key, Sm2Key or CallbackSigner"))
        }
    }
}

/// The key of a file, of one algorithm.
fn load(path: PathBuf, algorithm: crypto::SignatureAlgorithm, other: &str) -> PyResult<Arc<dyn crypto::Signer>> {
    let key = crypto::load_signer(path).or_raise()?;
    if key.public_key().algorithm() != algorithm {
        return Err(PyValueError::new_err(format!("the file holds a key of the other kind: use {other}.load")));
    }
    Ok(key.into())
}

/// An Ed25519 key that signs checkpoints, of ledgers of the profile `intl`.
#[pyclass(frozen, module = "kaifang")]
pub(crate) struct Ed25519Key(Arc<dyn crypto::Signer>);

#[pymethods]
impl Ed25519Key {
    /// A PKCS#8 PEM file, which nobody but its owner may read (0600).
    #[staticmethod]
    fn load(path: PathBuf) -> PyResult<Ed25519Key> {
        load(path, crypto::SignatureAlgorithm::Ed25519, "Sm2Key").map(Ed25519Key)
    }

    /// Makes a key, writes it to a new file that only the owner may read, and loads it.
    #[staticmethod]
    fn generate(path: PathBuf) -> PyResult<Ed25519Key> {
        Ok(Ed25519Key(Arc::new(crypto::Ed25519Key::generate_file(path).or_raise()?)))
    }

    /// The public key in base64.
    #[getter]
    fn public_key(&self) -> String {
        self.0.public_key().to_string()
    }

    fn __repr__(&self) -> String {
        format!("<kaifang.Ed25519Key {}>", self.0.public_key())
    }
}

/// An SM2 key that signs checkpoints, of ledgers of the profile `gm`.
#[pyclass(frozen, module = "kaifang")]
pub(crate) struct Sm2Key(Arc<dyn crypto::Signer>);

#[pymethods]
impl Sm2Key {
    /// A PKCS#8 PEM file, which nobody but its owner may read (0600); a line `SM2-Signer-Id: …` before the block has the
    /// signer's id, else it is 1234567812345678.
    #[staticmethod]
    fn load(path: PathBuf) -> PyResult<Sm2Key> {
        load(path, crypto::SignatureAlgorithm::Sm2, "Ed25519Key").map(Sm2Key)
    }

    /// Makes a key, writes it to a new file that only the owner may read, and loads it.
    #[staticmethod]
    #[pyo3(signature = (path, *, signer_id=crypto::DEFAULT_SIGNER_ID))]
    fn generate(path: PathBuf, signer_id: &str) -> PyResult<Sm2Key> {
        Ok(Sm2Key(Arc::new(crypto::Sm2Key::generate_file(path, signer_id).or_raise()?)))
    }

    /// The public key, `sm2:POINT:ID`.
    #[getter]
    fn public_key(&self) -> String {
        self.0.public_key().to_string()
    }

    /// The signer's id, part of what it signs.
    #[getter]
    fn signer_id(&self) -> &str {
        self.0.public_key().signer_id().unwrap_or_default()
    }

    fn __repr__(&self) -> String {
        format!("<kaifang.Sm2Key {}>", self.0.public_key())
    }
}

/// A device behind a call: `sign(message: bytes) -> bytes`, or, with `digest`, `sign(e)` of the 32 bytes that SM2 signs.
/// It is called on a thread of its own, one call at a time, and every signature is verified before it is used.
#[pyclass(frozen, module = "kaifang")]
pub(crate) struct CallbackSigner(Arc<dyn crypto::Signer>);

#[pymethods]
impl CallbackSigner {
    #[new]
    #[pyo3(signature = (public_key, sign, *, digest=false, timeout=30.0))]
    fn new(public_key: &str, sign: Py<PyAny>, digest: bool, timeout: f64) -> PyResult<Self> {
        let public: PublicKey = public_key.parse().or_raise()?;
        let timeout = Duration::try_from_secs_f64(timeout).ok().filter(|timeout| !timeout.is_zero());
        let timeout = timeout.ok_or_else(|| PyValueError::new_err("timeout: seconds, more than 0"))?;
        let call = move |message: &[u8]| {
            Python::attach(|py| {
                let ask = || -> PyResult<Vec<u8>> {
                    let device = py.import(intern!(py, "kaifang._device"))?;
                    let signature = device.call_method1(intern!(py, "call"), (&sign, PyBytes::new(py, message)))?;
                    signature.extract::<Vec<u8>>()
                };
                // The type alone: the message of an exception may hold anything.
                ask().map_err(|error| format!("the callback raised {}", error.get_type(py)))
            })
        };
        Ok(CallbackSigner(match digest {
            true => Arc::new(crypto::CallbackSigner::digest(public, timeout, call).or_raise()?),
            false => Arc::new(crypto::CallbackSigner::message(public, timeout, call)),
        }))
    }

    /// The key that verifies what this signs.
    #[getter]
    fn public_key(&self) -> String {
        self.0.public_key().to_string()
    }

    fn __repr__(&self) -> String {
        format!("<kaifang.CallbackSigner {}>", self.0.public_key())
    }
}
