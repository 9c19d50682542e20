//! Ed25519 (RFC 8032): keys in memory and in PEM files.

use std::path::Path;

use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use zeroize::Zeroizing;

use super::{KeyError, PublicKey, Signer, file, pem};
use crate::terms::Text;

/// The bytes of an Ed25519 signature.
pub const SIGNATURE_LENGTH: usize = 64;

/// What stands before the 32 bytes of the seed in a PKCS#8 version 1 key (RFC 8410, section 7).
const PKCS8_PREFIX: [u8; 16] = [0x30, 46, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 34, 4, 32];

/// An Ed25519 key in memory.
///
/// ```
/// use kaifang::crypto::{Ed25519Key, Signer};
/// let (key, pem) = Ed25519Key::generate()?;
/// let signature = key.sign(b"message")?;
/// assert!(key.public_key().verify(b"message", &signature));
/// assert_eq!(Ed25519Key::from_pem(&pem)?.public_key(), key.public_key());
/// # Ok::<(), kaifang::crypto::KeyError>(())
/// ```
pub struct Ed25519Key {
    pair: Ed25519KeyPair,
    public: PublicKey,
}

impl Ed25519Key {
    /// A new key, and its PKCS#8 PEM, which is the only copy that can be written down.
    ///
    /// # Errors
    /// [`KeyError::NoRandomness`].
    pub fn generate() -> Result<(Self, Zeroizing<String>), KeyError> {
        let mut der = Zeroizing::new([0_u8; 48]);
        let (prefix, seed) = der.split_at_mut(PKCS8_PREFIX.len());
        prefix.copy_from_slice(&PKCS8_PREFIX);
        SystemRandom::new().fill(seed).map_err(|_| KeyError::NoRandomness)?;
        Ok((Self::from_pkcs8(&*der)?, pem::write(&*der, "PRIVATE KEY", None)))
    }

    /// A key from PKCS#8 PEM, version 1 (`openssl genpkey -algorithm ed25519`) or 2 (with the public key).
    ///
    /// # Errors
    /// [`KeyError::MalformedPrivateKey`].
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let block = pem::read(text, "PRIVATE KEY");
        let block = block.ok_or_else(|| KeyError::MalformedPrivateKey {
            expected: Text::new("PEM 块 \"PRIVATE KEY\"", "a PEM block \"PRIVATE KEY\""),
        })?;
        Self::from_pkcs8(&block.bytes)
    }

    /// Reads a PEM file that only its owner may read.
    ///
    /// # Errors
    /// [`KeyError::Unreadable`], [`KeyError::Exposed`], [`KeyError::MalformedPrivateKey`].
    pub fn load(path: impl AsRef<Path>) -> Result<Self, KeyError> {
        let bytes = file::read(path.as_ref())?;
        let text = str::from_utf8(&bytes)
            .map_err(|_| KeyError::MalformedPrivateKey { expected: Text::new("PEM 文本", "a PEM text") })?;
        Self::from_pem(text)
    }

    /// Writes a new PEM file, mode 0600, with a new key.
    ///
    /// # Errors
    /// [`KeyError::Exists`], [`KeyError::Unwritable`], [`KeyError::NoRandomness`].
    pub fn generate_file(path: impl AsRef<Path>) -> Result<Self, KeyError> {
        let (key, pem) = Self::generate()?;
        file::create(path.as_ref(), pem.as_bytes())?;
        Ok(key)
    }

    pub(super) fn from_pkcs8(der: &[u8]) -> Result<Self, KeyError> {
        // Version 1 holds no public key to check the private one against: "maybe unchecked".
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).map_err(|_| KeyError::MalformedPrivateKey {
            expected: Text::new("Ed25519 密钥的 PKCS#8", "PKCS#8 of an Ed25519 key"),
        })?;
        let public = pair.public_key().as_ref().try_into().map(PublicKey::ed25519);
        let public = public.map_err(|_| KeyError::MalformedPrivateKey {
            expected: Text::new("32 字节的公钥", "a public key of 32 bytes"),
        })?;
        Ok(Ed25519Key { pair, public })
    }
}

impl Signer for Ed25519Key {
    fn public_key(&self) -> &PublicKey {
        &self.public
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        Ok(self.pair.sign(message).as_ref().to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn hex(text: &str) -> Vec<u8> {
        text.as_bytes().chunks(2).map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
    }

    fn from_seed(seed: &str) -> Ed25519Key {
        Ed25519Key::from_pkcs8(&[&PKCS8_PREFIX[..], &hex(seed)].concat()).unwrap()
    }

    /// RFC 8032, section 7.1, tests 1 to 3.
    #[test]
    fn rfc_8032() {
        let cases = [
            (
                "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
                "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
                "",
                "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
            ),
            (
                "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
                "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
                "72",
                "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
            ),
            (
                "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
                "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
                "af82",
                "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
            ),
        ];
        for (seed, public, message, signature) in cases {
            let (key, message) = (from_seed(seed), hex(message));
            assert_eq!(key.public_key().as_bytes(), hex(public));
            assert_eq!(key.sign(&message).unwrap(), hex(signature));
            assert!(key.public_key().verify(&message, &hex(signature)));
            assert!(!key.public_key().verify(b"other", &hex(signature)));
        }
    }

    #[test]
    fn a_signature_changed_anywhere_is_refused() {
        let (key, _) = Ed25519Key::generate().unwrap();
        let signature = key.sign(b"message").unwrap();
        for bit in 0..signature.len() * 8 {
            let mut changed = signature.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(!key.public_key().verify(b"message", &changed), "bit {bit}");
        }
        assert!(!key.public_key().verify(b"message", &signature[..63]));
        assert!(!key.public_key().verify(b"message", &[signature, vec![0]].concat()));
    }

    #[test]
    fn keys_made_by_openssl_are_read() {
        // `openssl genpkey -algorithm ed25519` and `openssl pkey -pubout`, version 3.0; the key guards nothing.
        let private = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n";
        let public = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n";
        assert_eq!(*Ed25519Key::from_pem(private).unwrap().public_key(), PublicKey::from_pem(public).unwrap());
        assert_eq!(public.parse(), PublicKey::from_pem(public));
    }

    #[test]
    fn malformed_keys_are_refused() {
        let (_, pem) = Ed25519Key::generate().unwrap();
        for bad in
            ["", "-----BEGIN PRIVATE KEY-----", &pem.replace("PRIVATE", "EC PRIVATE"), &pem.replace("MC4C", "MC4D")]
        {
            assert!(matches!(Ed25519Key::from_pem(bad), Err(KeyError::MalformedPrivateKey { .. })));
        }
    }

    #[test]
    fn a_key_file_is_made_private_and_stays_so() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log.pem");
        let key = Ed25519Key::generate_file(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(Ed25519Key::load(&path).unwrap().public_key(), key.public_key());
        assert!(matches!(Ed25519Key::generate_file(&path), Err(KeyError::Exists { .. })));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(Ed25519Key::load(&path), Err(KeyError::Exposed { .. })));
    }
}
