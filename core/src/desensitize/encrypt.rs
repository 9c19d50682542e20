//! 加密: a value becomes a ciphertext that its key alone opens, another one each time.
//!
//! | part | what it is |
//! |---|---|
//! | cipher | AES-256-GCM (SP 800-38D), or with `cipher = "sm4"` SM4-GCM (GB/T 32907, RFC 8998) |
//! | key | HKDF for the domain, with a label of its own: no token and no other cipher shares it |
//! | nonce | 96 random bits of the operating system, for each value |
//! | associated data | `kaifang/encrypt/v1`, the dataset, the column; before each name its length in eight bytes, big endian |
//! | text | `<key id>.` and base64url (RFC 4648, no padding) of nonce, ciphertext and tag |
//!
//! A cryptographic technique (密码技术) of GB/T 37964-2019, though not among its deterministic ones: equal values have
//! different ciphertexts, so nothing joins or groups by them. Leaked: the length of a value, and which cells are null. Who
//! holds the key can undo it; a ciphertext that was changed, or moved to another dataset or column, does not open.
//! Row-local, but with random nonces and so outside of the promise that the same input gives the same bytes.
//!
//! `decrypt = true` with the same settings undoes it: text that is no ciphertext of the key, or fails authentication, is
//! invalid and never passed. The column is plain then, and the proof says so.
//!
//! For text, whole numbers, decimals, floats, dates and booleans; what comes back is text. One key encrypts at most 2^32
//! values in a run, shared among the columns that are encrypted; then the treatment fails.

use arrow::array::{Array, ArrayRef};
use arrow::datatypes::DataType;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::{Zeroize as _, Zeroizing};

use super::PlanError;
use super::cells::{Cells, each_row};
use super::column::ColumnPlan;
use super::copies::{as_text, too_large};
use super::number;
use super::plan::Plan;
use super::step::{Report, is_text, is_written_as_text, text_type};
use super::vocabulary::{Cipher, Transform};
use crate::crypto::aead::{AeadCipher, AeadKey, MOST_MESSAGES, NONCE_BYTES, TAG_BYTES};
use crate::crypto::{Keyring, frame};

const LABEL: &str = "kaifang/encrypt/v1";

/// Encrypts or decrypts one column.
pub(crate) struct Encryption {
    key: AeadKey,
    /// The key id and the dot.
    prefix: String,
    associated: Vec<u8>,
    decrypts: bool,
    /// How many values may still be encrypted.
    left: u64,
}

/// What is wrong with the settings.
pub(super) fn problems(entry: &ColumnPlan, report: &mut Report<'_>) {
    if cipher(entry).is_none() {
        report.field("cipher", "aes_256 or sm4", "aes_256 或 sm4");
    }
}

fn cipher(entry: &ColumnPlan) -> Option<AeadCipher> {
    match entry.cipher.unwrap_or(Cipher::Aes256) {
        Cipher::Aes256 => Some(AeadCipher::Aes256),
        Cipher::Sm4 => Some(AeadCipher::Sm4),
        Cipher::Aes128 | Cipher::Aes192 => None,
    }
}

/// The type of the treated column; `None` where it has no text to encrypt, or none to decrypt.
pub(super) fn output(entry: &ColumnPlan, plain: &DataType) -> Option<DataType> {
    let written = is_written_as_text(plain) || number::is_exact(plain) || number::is_float(plain);
    let meant = is_text(plain) || (!decrypts(entry) && (written || *plain == DataType::Boolean));
    meant.then(|| text_type(plain))
}

fn decrypts(entry: &ColumnPlan) -> bool {
    entry.decrypt == Some(true)
}

impl Encryption {
    /// Joins an entry that has no problems with its key.
    pub(super) fn new(
        plan: &Plan,
        column: &str,
        entry: &ColumnPlan,
        domain: &str,
        keys: &Keyring,
    ) -> Result<Option<Self>, crate::Error> {
        let key_id = entry.key.as_deref().unwrap_or_default();
        let Some(cipher) = cipher(entry) else { return Ok(None) };
        let (purpose, bytes) = cipher.purpose();
        let key = AeadKey::new(cipher, &keys.derive_cipher_key(key_id, domain, purpose, bytes)?);
        let mut associated = Vec::new();
        frame(LABEL, &[plan.dataset(), column], &mut |piece| associated.extend_from_slice(piece));
        // The columns that may share the key share its messages.
        let encrypts = |entry: &&ColumnPlan| entry.transform == Transform::Encrypt && !decrypts(entry);
        let columns = plan.columns().values().filter(encrypts).count().max(1) as u64;
        Ok(key.map(|key| Encryption {
            key,
            prefix: format!("{key_id}."),
            associated,
            decrypts: decrypts(entry),
            left: MOST_MESSAGES / columns,
        }))
    }

    pub(super) fn treat(&mut self, array: &ArrayRef, output: &DataType, column: &str) -> Result<Cells, crate::Error> {
        let text = as_text(array, column)?;
        if self.decrypts {
            return Ok(each_row(&text, output, column, |_, value, out| self.open(value, out).is_some())?);
        }
        let values = text.len() - text.logical_null_count();
        self.left =
            self.left.checked_sub(values as u64).ok_or_else(|| PlanError::KeyUsedUp { column: column.to_owned() })?;
        let mut nonces: Vec<[u8; NONCE_BYTES]> = Vec::new();
        nonces.try_reserve_exact(values).map_err(|_| too_large(column))?;
        nonces.resize(values, [0; NONCE_BYTES]);
        crate::crypto::fill_random(nonces.as_flattened_mut())?;
        let mut nonces = nonces.into_iter();
        let mut scratch = Zeroizing::new(Vec::new());
        Ok(each_row(&text, output, column, |_, value, out| {
            nonces.next().and_then(|nonce| self.seal(value, &nonce, &mut scratch, out)).is_some()
        })?)
    }

    /// Appends the ciphertext of a value.
    fn seal(&self, value: &str, nonce: &[u8; NONCE_BYTES], scratch: &mut Vec<u8>, out: &mut Vec<u8>) -> Option<()> {
        scratch.clear();
        scratch.try_reserve(NONCE_BYTES + value.len() + TAG_BYTES).ok()?;
        scratch.extend_from_slice(nonce);
        scratch.extend_from_slice(value.as_bytes());
        let tag = self.key.seal(nonce, &self.associated, scratch.get_mut(NONCE_BYTES..)?)?;
        scratch.extend_from_slice(&tag);
        self.write(scratch, out)
    }

    fn write(&self, bytes: &[u8], out: &mut Vec<u8>) -> Option<()> {
        let start = out.len() + self.prefix.len();
        let end = start + base64::encoded_len(bytes.len(), false)?;
        out.try_reserve(end - out.len()).ok()?;
        out.extend_from_slice(self.prefix.as_bytes());
        out.resize(end, 0);
        let written = URL_SAFE_NO_PAD.encode_slice(bytes, out.get_mut(start..)?).ok()?;
        (start + written == end).then_some(())
    }

    /// Appends the value of a ciphertext, where it is one and authentic.
    fn open(&self, value: &str, out: &mut Vec<u8>) -> Option<()> {
        let letters = value.strip_prefix(self.prefix.as_str())?;
        let mut bytes = Zeroizing::new(Vec::new());
        // What the decoder takes before it knows the length: three bytes for each four letters begun.
        bytes.try_reserve_exact(letters.len() + 3).ok()?;
        URL_SAFE_NO_PAD.decode_vec(letters, &mut bytes).ok()?;
        let (nonce, rest) = bytes.split_first_chunk_mut::<NONCE_BYTES>()?;
        let (text, tag) = rest.split_last_chunk_mut::<TAG_BYTES>()?;
        if !self.key.open(nonce, &self.associated, text, tag) || std::str::from_utf8(text).is_err() {
            text.zeroize();
            return None;
        }
        out.extend_from_slice(text);
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use arrow::array::{AsArray, StringArray};

    use super::super::vocabulary::Invalid;
    use super::*;
    use crate::error::Explain;

    fn encryption(columns: usize) -> Encryption {
        let entry = ColumnPlan { key: Some("k1".to_owned()), ..ColumnPlan::new(Transform::Encrypt) };
        let entries: BTreeMap<_, _> = (0..columns).map(|column| (column.to_string(), entry.clone())).collect();
        let plan = Plan::new("d", entries, Invalid::Redact).unwrap();
        let mut keys = Keyring::new();
        keys.insert("k1", &[7; 32]).unwrap();
        Encryption::new(&plan, "0", &entry, "d", &keys).unwrap().unwrap()
    }

    #[test]
    fn a_key_that_was_used_up_encrypts_nothing_more() {
        assert_eq!((encryption(1).left, encryption(3).left), (1 << 32, (1 << 32) / 3));
        let mut encryption = Encryption { left: 5, ..encryption(1) };
        let cells: ArrayRef = Arc::new(StringArray::from(vec![Some("a"), None, Some("a"), Some("a")]));
        encryption.treat(&cells, &DataType::Utf8, "0").unwrap();
        assert_eq!(encryption.left, 2, "a null takes no nonce");
        assert_eq!(encryption.treat(&cells, &DataType::Utf8, "0").err().unwrap().code(), "KF-PLAN-40");
    }

    /// The documented text, taken apart.
    #[test]
    fn the_text_is_the_documented_one() {
        let mut encryption = encryption(1);
        let long = "汉".repeat(10_000);
        let cells: ArrayRef = Arc::new(StringArray::from(vec!["", &long]));
        let sealed = encryption.treat(&cells, &DataType::Utf8, "0").unwrap();
        for (text, plain) in sealed.array.as_string::<i32>().iter().flatten().zip(["", &long]) {
            let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix("k1.").unwrap()).unwrap();
            assert_eq!(bytes.len(), NONCE_BYTES + plain.len() + TAG_BYTES);
            let (nonce, rest) = bytes.split_first_chunk().unwrap();
            let (text, tag) = rest.split_last_chunk().unwrap();
            let mut text = text.to_vec();
            assert!(encryption.key.open(
                nonce,
                b"kaifang/encrypt/v1\0\0\0\0\0\0\0\x01d\0\0\0\0\0\0\0\x010",
                &mut text,
                tag
            ));
            assert_eq!(text, plain.as_bytes());
        }
    }
}
