//! [`kaifang::crypto`] for Python: keyrings and signing keys.
//!
//! It must never show a secret: not in `repr`, not in an attribute, not by pickling.

use std::collections::BTreeMap;
use std::path::PathBuf;

use kaifang::crypto::{self, KeyError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use zeroize::Zeroizing;

use crate::errors::OrRaise;

/// Secrets by id, for the tokens and ciphers of plans.
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

    /// The text of a keyring file in an environment variable.
    #[staticmethod]
    fn from_env(variable: &str) -> PyResult<Keyring> {
        crypto::Keyring::from_env(variable).or_raise().map(Keyring)
    }

    /// Asks `secret(id) -> bytes` for the secret of each id: a vault, a key management system, a device. A plan's own ids are
    /// `plan.keys`.
    #[staticmethod]
    fn from_callback(ids: Vec<String>, secret: &Bound<'_, PyAny>) -> PyResult<Keyring> {
        let mut raised = None;
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let keyring = crypto::Keyring::ask(&ids, |id| {
            let given = secret.call1((id,)).and_then(|given| Ok(given.cast_into::<PyBytes>()?.as_bytes().to_vec()));
            given.map(Zeroizing::new).map_err(|error| {
                raised = Some(error);
                KeyError::NotGiven { id: id.to_owned() }
            })
        });
        match (keyring, raised) {
            (_, Some(error)) => Err(error),
            (keyring, None) => keyring.or_raise().map(Keyring),
        }
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
