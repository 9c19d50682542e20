//! Secrets with ids, and the MAC keys derived from them.

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::rand::{SecureRandom, SystemRandom};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::{KeyError, MacKey, file, mac};
use crate::terms::{HashAlgorithm, Text, V1};

/// The fewest bytes of a secret.
pub const LEAST_SECRET: usize = 16;

/// The salt of every derivation, and what stands before the domain in `info`.
const SALT: &[u8] = b"kaifang/keyring/v1";
const LABEL: &[u8] = b"kaifang/mac/v1\0";
#[cfg(feature = "tables")]
const CIPHER_LABEL: &[u8] = b"kaifang/cipher/v1\0";

/// Whether a keyring can have a key of this id.
pub(crate) fn is_key_id(id: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    (1..=64).contains(&id.len()) && id.bytes().all(letter)
}

/// Secrets by id.
///
/// A file of mode 0600: `{"v":1,"keys":[{"id":"k1","kind":"token","secret":"<base64>"}]}`. No secret is used itself:
/// [`Keyring::derive`] makes one key for each domain, so that equal values in two datasets get different tokens.
///
/// ```
/// use kaifang::crypto::Keyring;
/// let mut keys = Keyring::new();
/// keys.insert("k1", b"sixteen bytes or more")?;
/// let one = keys.derive("k1", "residents/resident_id")?.mac(b"value");
/// let other = keys.derive("k1", "vehicles/resident_id")?.mac(b"value");
/// assert_ne!(one, other);
/// # Ok::<(), kaifang::crypto::KeyError>(())
/// ```
///
/// It can't be printed, copied or serialized:
///
/// ```compile_fail,E0277
/// println!("{:?}", kaifang::crypto::Keyring::new());
/// ```
/// ```compile_fail,E0599
/// let another = kaifang::crypto::Keyring::new().clone();
/// ```
/// ```compile_fail,E0277
/// let text = serde_json::to_string(&kaifang::crypto::Keyring::new());
/// ```
#[derive(Default)]
pub struct Keyring(BTreeMap<String, Zeroizing<Vec<u8>>>);

/// The file. Its texts are overwritten when it is dropped.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyringFile {
    #[serde(rename = "v")]
    _v: V1,
    keys: Vec<KeyEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyEntry {
    id: String,
    kind: String,
    secret: Secret,
}

struct Secret(Zeroizing<String>);

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Secret(Zeroizing::new(text)))
    }
}

impl Keyring {
    /// No keys.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a secret of at least [`LEAST_SECRET`] bytes.
    ///
    /// # Errors
    /// [`KeyError::BadId`], [`KeyError::ShortSecret`], [`KeyError::DuplicateKey`].
    pub fn insert(&mut self, id: &str, secret: &[u8]) -> Result<(), KeyError> {
        if !is_key_id(id) {
            return Err(KeyError::BadId);
        }
        if secret.len() < LEAST_SECRET {
            return Err(KeyError::ShortSecret { id: id.to_owned(), bytes: secret.len() });
        }
        if self.0.contains_key(id) {
            return Err(KeyError::DuplicateKey { id: id.to_owned() });
        }
        self.0.insert(id.to_owned(), Zeroizing::new(secret.to_vec()));
        Ok(())
    }

    /// Reads a keyring file that only its owner may read.
    ///
    /// # Errors
    /// [`KeyError::Unreadable`], [`KeyError::Exposed`], [`KeyError::MalformedKeyring`], and those of
    /// [`Keyring::insert`].
    pub fn load(path: impl AsRef<Path>) -> Result<Self, KeyError> {
        Self::from_json(&file::read(path.as_ref())?)
    }

    /// Reads the text of a keyring file.
    ///
    /// # Errors
    /// [`KeyError::MalformedKeyring`], and those of [`Keyring::insert`].
    pub fn from_json(json: &[u8]) -> Result<Self, KeyError> {
        let malformed = |what: Text| KeyError::MalformedKeyring { what };
        // What serde says may quote the file, so only its place is told.
        let file: KeyringFile = serde_json::from_slice(json).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            malformed(Text::new(
                format!("见第 {line} 行第 {column} 列;应为 {FORM}"),
                format!("see line {line}, column {column}; expected {FORM}"),
            ))
        })?;
        let mut keyring = Keyring::new();
        for entry in &file.keys {
            if entry.kind != "token" {
                return Err(malformed(Text::new(
                    "密钥环中的密钥只有 \"token\" 一种",
                    "the only kind of key in a keyring is \"token\"",
                )));
            }
            let secret = STANDARD.decode(entry.secret.0.as_bytes()).map(Zeroizing::new);
            keyring.insert(
                &entry.id,
                &secret.map_err(|_| malformed(Text::new("secret 不是 base64", "a secret is not base64")))?,
            )?;
        }
        Ok(keyring)
    }

    /// Reads the text of a keyring file out of an environment variable. The environment of a process can be read by who
    /// runs it, and is handed to its children: a file or a device is better where there is one.
    ///
    /// # Errors
    /// [`KeyError::NoVariable`], [`KeyError::MalformedKeyring`], and those of [`Keyring::insert`].
    pub fn from_env(variable: &str) -> Result<Self, KeyError> {
        let text = std::env::var(variable).map(Zeroizing::new);
        let text = text.map_err(|_| KeyError::NoVariable { name: variable.to_owned() })?;
        Self::from_json(text.as_bytes())
    }

    /// Asks the host for the secret of each id: a key management system, a device, a vault. Each is asked for once.
    ///
    /// # Errors
    /// Those of `secret`, and of [`Keyring::insert`].
    ///
    /// ```
    /// use kaifang::crypto::Keyring;
    /// let keys = Keyring::ask(&["k1"], |id| Ok(format!("the secret of {id}, long enough").into_bytes().into()))?;
    /// assert_eq!(keys.ids().collect::<Vec<_>>(), ["k1"]);
    /// # Ok::<(), kaifang::crypto::KeyError>(())
    /// ```
    pub fn ask(
        ids: &[&str],
        mut secret: impl FnMut(&str) -> Result<Zeroizing<Vec<u8>>, KeyError>,
    ) -> Result<Self, KeyError> {
        let mut keyring = Keyring::new();
        for id in ids {
            keyring.insert(id, &secret(id)?)?;
        }
        Ok(keyring)
    }

    /// Writes a new keyring file, mode 0600, with one key of 32 random bytes.
    ///
    /// # Errors
    /// [`KeyError::Exists`], [`KeyError::Unwritable`], [`KeyError::BadId`], [`KeyError::NoRandomness`].
    pub fn generate_file(path: impl AsRef<Path>, id: &str) -> Result<Self, KeyError> {
        let mut secret = Zeroizing::new([0_u8; 32]);
        SystemRandom::new().fill(&mut *secret).map_err(|_| KeyError::NoRandomness)?;
        let mut keyring = Keyring::new();
        keyring.insert(id, &*secret)?;
        let secret = Zeroizing::new(STANDARD.encode(secret.as_slice()));
        let text = Zeroizing::new(format!(
            "{{\"v\":1,\"keys\":[{{\"id\":\"{id}\",\"kind\":\"token\",\"secret\":\"{}\"}}]}}\n",
            secret.as_str()
        ));
        file::create(path.as_ref(), text.as_bytes())?;
        Ok(keyring)
    }

    /// The ids, in order.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The MAC key of one domain, 32 bytes of HKDF-SHA-256: salt `kaifang/keyring/v1`, info `kaifang/mac/v1`, a zero
    /// byte and the domain in UTF-8.
    ///
    /// # Errors
    /// [`KeyError::NoSuchKey`], [`KeyError::EmptyDomain`].
    pub fn derive(&self, key_id: &str, domain: &str) -> Result<MacKey, KeyError> {
        self.derive_for(HashAlgorithm::Sha256, key_id, domain)
    }

    /// The key of HMAC over a hash for a domain: HKDF (RFC 5869) over the same hash, with the same salt and `info`.
    ///
    /// # Errors
    /// As [`Keyring::derive`].
    pub fn derive_for(&self, algorithm: HashAlgorithm, key_id: &str, domain: &str) -> Result<MacKey, KeyError> {
        let secret = self.0.get(key_id).ok_or_else(|| KeyError::NoSuchKey { id: key_id.to_owned() })?;
        if domain.is_empty() {
            return Err(KeyError::EmptyDomain);
        }
        Ok(MacKey::new(algorithm, &*mac::derive(algorithm, SALT, secret, &[LABEL, domain.as_bytes()])))
    }

    /// The key of a cipher for one domain, of at most 32 bytes: the first bytes of HKDF-SHA-256 with the salt
    /// `kaifang/keyring/v1` and as info `kaifang/cipher/v1`, a zero byte, the use, a zero byte, the key's length as one byte
    /// and the domain in UTF-8. The use names what the key is for (`ff1-aes`): one use, one key.
    ///
    /// # Errors
    /// [`KeyError::NoSuchKey`], [`KeyError::EmptyDomain`].
    #[cfg(feature = "tables")]
    pub(crate) fn derive_cipher_key(
        &self,
        key_id: &str,
        domain: &str,
        purpose: &str,
        bytes: u8,
    ) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let secret = self.0.get(key_id).ok_or_else(|| KeyError::NoSuchKey { id: key_id.to_owned() })?;
        if domain.is_empty() {
            return Err(KeyError::EmptyDomain);
        }
        let info = [CIPHER_LABEL, purpose.as_bytes(), b"\0", &[bytes], domain.as_bytes()];
        let key = mac::derive(HashAlgorithm::Sha256, SALT, secret, &info);
        Ok(Zeroizing::new(key.iter().copied().take(usize::from(bytes)).collect()))
    }
}

const FORM: &str = r#"{"v":1,"keys":[{"id":…,"kind":"token","secret":base64}]}"#;

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_generated_file_loads_and_derives_the_same_keys() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys.json");
        let made = Keyring::generate_file(&path, "k1").unwrap();
        let read = Keyring::load(&path).unwrap();
        assert_eq!(read.ids().collect::<Vec<_>>(), ["k1"]);
        assert_eq!(made.derive("k1", "d").unwrap().mac(b"x"), read.derive("k1", "d").unwrap().mac(b"x"));
        assert!(matches!(Keyring::generate_file(&path, "k1"), Err(KeyError::Exists { .. })));
    }

    #[test]
    fn a_file_that_others_may_read_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys.json");
        Keyring::generate_file(&path, "k1").unwrap();
        for mode in [0o640, 0o604, 0o660, 0o601] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            assert!(matches!(Keyring::load(&path), Err(KeyError::Exposed { .. })), "{mode:o}");
        }
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o400)).unwrap();
        assert!(Keyring::load(&path).is_ok());
        assert!(matches!(Keyring::load(dir.path()), Err(KeyError::Unreadable { .. })));
        assert!(matches!(Keyring::load(dir.path().join("none")), Err(KeyError::Unreadable { .. })));
    }

    #[test]
    fn malformed_files_are_refused_and_quoted_nowhere() {
        let good = r#"{"v":1,"keys":[{"id":"k1","kind":"token","secret":"c2l4dGVlbiBieXRlcyEhIQ=="}]}"#;
        assert!(Keyring::from_json(good.as_bytes()).is_ok());
        for bad in [
            "",
            "{}",
            &good.replace("\"v\":1", "\"v\":2"),
            &good.replace("token", "ed25519"),
            &good.replace("==", "="),
            &good.replace("\"c2l4", "12,\"c2l4"),
            &good.replace("\"id\":\"k1\"", "\"id\":\"k1\",\"id\":\"k1\""),
            &good.replace("}]", "},{\"id\":\"k1\",\"kind\":\"token\",\"secret\":\"c2l4dGVlbiBieXRlcyEhIQ==\"}]"),
            &good.replace("\"c2l4dGVlbiBieXRlcyEhIQ==\"", "\"c2l4dGVl\""),
        ] {
            let error = Keyring::from_json(bad.as_bytes()).err().unwrap();
            assert!(!format!("{error} {error:?}").contains("c2l4"), "{error}");
        }
    }

    #[test]
    fn every_misuse_has_its_error() {
        let mut keys = Keyring::new();
        assert!(matches!(keys.insert("k", &[7; 15]), Err(KeyError::ShortSecret { bytes: 15, .. })));
        assert_eq!(keys.insert("", &[7; 16]), Err(KeyError::BadId));
        assert_eq!(keys.insert("a b", &[7; 16]), Err(KeyError::BadId));
        assert_eq!(keys.insert("k", &[7; 16]), Ok(()));
        assert!(matches!(keys.insert("k", &[8; 16]), Err(KeyError::DuplicateKey { .. })));
        assert!(matches!(keys.derive("other", "d"), Err(KeyError::NoSuchKey { .. })));
        assert!(matches!(keys.derive("k", ""), Err(KeyError::EmptyDomain)));
    }

    /// The documented derivation, written out with `ring`.
    #[test]
    fn the_derivation_is_the_documented_one() {
        let mut keys = Keyring::new();
        keys.insert("k", &[7; 16]).unwrap();
        let salt = ring::hkdf::Salt::new(ring::hkdf::HKDF_SHA256, b"kaifang/keyring/v1");
        let extracted = salt.extract(&[7; 16]);
        let mut derived = [0; 32];
        let info: [&[u8]; 1] = [b"kaifang/mac/v1\0city/resident_id"];
        extracted.expand(&info, ring::hkdf::HKDF_SHA256).unwrap().fill(&mut derived).unwrap();
        let oracle = ring::hmac::sign(&ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &derived), b"value");
        assert_eq!(keys.derive("k", "city/resident_id").unwrap().mac(b"value")[..], *oracle.as_ref());
        #[cfg(feature = "tables")]
        for bytes in [16, 24, 32_u8] {
            let info: [&[u8]; 3] = [b"kaifang/cipher/v1\0ff1-aes\0", &[bytes], b"city/resident_id"];
            extracted.expand(&info, ring::hkdf::HKDF_SHA256).unwrap().fill(&mut derived).unwrap();
            let key = keys.derive_cipher_key("k", "city/resident_id", "ff1-aes", bytes).unwrap();
            assert_eq!(key[..], derived[..usize::from(bytes)]);
        }
        #[cfg(feature = "tables")]
        {
            assert!(matches!(keys.derive_cipher_key("other", "d", "ff1-aes", 16), Err(KeyError::NoSuchKey { .. })));
            assert!(matches!(keys.derive_cipher_key("k", "", "ff1-aes", 16), Err(KeyError::EmptyDomain)));
        }
    }
}
