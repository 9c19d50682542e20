//! [`kaifang::desensitize::Ff1`] for Python.

use kaifang::crypto::BlockCipher;
use kaifang::desensitize;
use kaifang::terms::Word as _;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::errors::OrRaise;

/// FF1 of NIST SP 800-38G under one key and radix: AES by a key of 16, 24 or 32 bytes, SM4 by one of 16.
#[pyclass(frozen, module = "kaifang")]
pub(crate) struct Ff1(desensitize::Ff1);

#[pymethods]
impl Ff1 {
    #[new]
    #[pyo3(signature = (key, radix, cipher = "aes"))]
    fn new(key: &Bound<'_, PyBytes>, radix: u32, cipher: &str) -> PyResult<Ff1> {
        let unknown = || PyValueError::new_err("cipher must be one of / 应为: aes, sm4");
        let cipher = BlockCipher::from_id(cipher).ok_or_else(unknown)?;
        desensitize::Ff1::new(cipher, key.as_bytes(), radix).or_raise().map(Ff1)
    }

    /// As many numerals as were given. A domain (the radix to the power of the length) below 10^6 is refused.
    #[pyo3(signature = (numerals, tweak = None))]
    fn encrypt(&self, numerals: Vec<u32>, tweak: Option<&Bound<'_, PyBytes>>) -> PyResult<Vec<u32>> {
        self.0.encrypt(&numerals, bytes(tweak)).or_raise()
    }

    /// What was encrypted under the same tweak.
    #[pyo3(signature = (numerals, tweak = None))]
    fn decrypt(&self, numerals: Vec<u32>, tweak: Option<&Bound<'_, PyBytes>>) -> PyResult<Vec<u32>> {
        self.0.decrypt(&numerals, bytes(tweak)).or_raise()
    }
}

fn bytes<'a>(tweak: Option<&'a Bound<'_, PyBytes>>) -> &'a [u8] {
    tweak.map(|tweak| tweak.as_bytes()).unwrap_or_default()
}
