//! [`kaifang::crypto`] for Python: keyrings and signing keys.
//!
//! It must never show a secret: not in `repr`, not in an attribute, not by pickling.

use std::collections::BTreeMap;
use std::path::PathBuf;

use kaifang::crypto;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::errors::OrRaise;

/// Secrets by id, for tokens.
#[pyclass(frozen, module = "kaifang")]
pub(crate) struct Keyring(pub(crate) crypto::Keyring);

#[pymethods]
impl Keyring {
    /// A keyring file, which nobody but its owner may read (0600).
    #[staticmethod]
    fn load(path: PathBuf) -> PyResult<Keyring> {
        crypto::Keyring::load(path).or_raise().map(Keyring)
    }

    /// Secrets that the caller keeps elsewhere: `{id: at least 16 bytes}`.
    #[staticmethod]
    fn from_bytes(secrets: BTreeMap<String, Bound<'_, PyBytes>>) -> PyResult<Keyring> {
        let mut keyring = crypto::Keyring::new();
        for (id, secret) in &secrets {
            keyring.insert(id, secret.as_bytes()).or_raise()?;
        }
        Ok(Keyring(keyring))
    }

    /// Makes a key, writes it to a new file that only the owner may read, and loads it.
    #[staticmethod]
    fn generate(path: PathBuf, id: &str) -> PyResult<Keyring> {
        crypto::Keyring::generate_file(path, id).or_raise().map(Keyring)
    }

    /// The ids of the keys.
    #[getter]
    fn ids(&self) -> Vec<String> {
        self.0.ids().map(str::to_owned).collect()
    }

    fn __repr__(&self) -> String {
        format!("<kaifang.Keyring {:?}>", self.ids())
    }
}

/// An Ed25519 key that signs checkpoints.
#[pyclass(frozen, module = "kaifang")]
pub(crate) struct Ed25519Key {
    path: PathBuf,
    public: String,
}

impl Ed25519Key {
    /// The key itself, read anew: a key is never cloned.
    pub(crate) fn signer(&self) -> PyResult<Box<dyn crypto::Signer>> {
        Ok(Box::new(crypto::Ed25519Key::load(&self.path).or_raise()?))
    }
}

#[pymethods]
impl Ed25519Key {
    /// A PKCS#8 PEM file, which nobody but its owner may read (0600).
    #[staticmethod]
    fn load(path: PathBuf) -> PyResult<Ed25519Key> {
        let key = crypto::Ed25519Key::load(&path).or_raise()?;
        Ok(Ed25519Key { public: crypto::Signer::public_key(&key).to_base64(), path })
    }

    /// Makes a key, writes it to a new file that only the owner may read, and loads it.
    #[staticmethod]
    fn generate(path: PathBuf) -> PyResult<Ed25519Key> {
        crypto::Ed25519Key::generate_file(&path).or_raise()?;
        Ed25519Key::load(path)
    }

    /// The public key in base64.
    #[getter]
    fn public_key(&self) -> &str {
        &self.public
    }

    fn __repr__(&self) -> String {
        format!("<kaifang.Ed25519Key {}>", self.public)
    }
}
