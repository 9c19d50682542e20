//! Public keys: who signs. Text, PEM, and the check of a signature.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{ED25519, UnparsedPublicKey};
use serde::{Deserialize, Serialize};

#[cfg(feature = "gm")]
use super::sm2::Sm2PublicKey;
use super::{KeyError, pem};
use crate::terms::Text;

/// What stands before the 32 bytes of a public key in a SubjectPublicKeyInfo (RFC 8410, section 4).
const ED25519_SPKI: [u8; 12] = [0x30, 42, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 33, 0];

crate::terms::words! {
    /// How a key signs.
    pub enum SignatureAlgorithm {
        /// Ed25519 (RFC 8032).
        Ed25519 = "ed25519", "Ed25519", "Ed25519";
        /// SM2 with SM3 (GB/T 32918.2, GB/T 32905).
        Sm2 = "sm2", "SM2(SM3)", "SM2 with SM3";
    }
}

/// A public key: the identity of a log.
///
/// In documents, for Ed25519 (RFC 8032) base64 of its 32 bytes; for SM2 (GB/T 32918.2) `sm2:`, base64 of the 65 bytes of
/// the uncompressed point, `:` and the signer's id, which is part of what SM2 signs.
///
/// ```
/// use kaifang::crypto::{PublicKey, SignatureAlgorithm};
/// let key: PublicKey = "6cp5HitPrnoQCk1hWTJBHhmcJVvngh3Yto0A1hyucq8=".parse()?;
/// assert_eq!(key.algorithm(), SignatureAlgorithm::Ed25519);
/// # Ok::<(), kaifang::crypto::KeyError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PublicKey(Key);

#[derive(Clone, PartialEq, Eq, Hash)]
enum Key {
    Ed25519([u8; 32]),
    #[cfg(feature = "gm")]
    Sm2(Sm2PublicKey),
}

impl PublicKey {
    /// An Ed25519 key from its 32 bytes.
    #[must_use]
    pub const fn ed25519(bytes: [u8; 32]) -> Self {
        PublicKey(Key::Ed25519(bytes))
    }

    /// An SM2 key from a point (SEC 1, compressed or not) and the signer's id.
    ///
    /// # Errors
    /// [`KeyError::MalformedPublicKey`] when it is no point of the curve, [`KeyError::BadSignerId`].
    #[cfg(feature = "gm")]
    pub fn sm2(point: &[u8], id: &str) -> Result<Self, KeyError> {
        Ok(PublicKey(Key::Sm2(Sm2PublicKey::new(point, id)?)))
    }

    /// How it signs.
    #[must_use]
    pub fn algorithm(&self) -> SignatureAlgorithm {
        match &self.0 {
            Key::Ed25519(_) => SignatureAlgorithm::Ed25519,
            #[cfg(feature = "gm")]
            Key::Sm2(_) => SignatureAlgorithm::Sm2,
        }
    }

    /// The bytes of the key: 32 of Ed25519, or the 65 of an uncompressed point.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Key::Ed25519(bytes) => bytes,
            #[cfg(feature = "gm")]
            Key::Sm2(key) => key.point(),
        }
    }

    /// The signer's id that SM2 signs with; none for Ed25519.
    #[must_use]
    pub fn signer_id(&self) -> Option<&str> {
        match &self.0 {
            Key::Ed25519(_) => None,
            #[cfg(feature = "gm")]
            Key::Sm2(key) => Some(key.id()),
        }
    }

    /// A key from PEM, as `openssl pkey -pubout` writes it. An SM2 key has the id of a line `SM2-Signer-Id: …` before the
    /// block, or else the default id.
    ///
    /// # Errors
    /// [`KeyError::MalformedPublicKey`], [`KeyError::BadSignerId`].
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let expected =
            || Text::new("Ed25519 或 SM2 的 PEM 块 \"PUBLIC KEY\"", "a PEM block \"PUBLIC KEY\" of Ed25519 or SM2");
        let malformed = || KeyError::MalformedPublicKey { expected: expected() };
        let block = pem::read(text, "PUBLIC KEY").ok_or_else(malformed)?;
        if let Some(key) = block.bytes.strip_prefix(&ED25519_SPKI) {
            return key.try_into().map(PublicKey::ed25519).map_err(|_| malformed());
        }
        #[cfg(feature = "gm")]
        if let Some(key) = Sm2PublicKey::from_spki(&block.bytes, block.signer_id()) {
            return Ok(PublicKey(Key::Sm2(key?)));
        }
        Err(malformed())
    }

    /// Whether this key signed this message.
    #[must_use]
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.0 {
            Key::Ed25519(key) => UnparsedPublicKey::new(&ED25519, key).verify(message, signature).is_ok(),
            #[cfg(feature = "gm")]
            Key::Sm2(key) => key.verify(message, signature),
        }
    }

    /// A signature of this message by this key, as it is stored: what a signer gave, where it verifies. A device gives
    /// r and s of SM2 as 64 bytes; stored are r and s in DER.
    pub(crate) fn accept(&self, message: &[u8], signature: &[u8]) -> Option<Vec<u8>> {
        #[cfg(feature = "gm")]
        if let Some(der) = super::sm2::to_der(signature).filter(|_| matches!(self.0, Key::Sm2(_)))
            && self.verify(message, &der)
        {
            return Some(der);
        }
        self.verify(message, signature).then(|| signature.to_vec())
    }

    /// The 32 bytes that SM2 signs for this message: e = SM3(Z ‖ message). `None` for Ed25519, which has no such thing.
    #[must_use]
    pub fn message_digest(&self, message: &[u8]) -> Option<[u8; 32]> {
        match &self.0 {
            Key::Ed25519(_) => {
                let _ = message;
                None
            }
            #[cfg(feature = "gm")]
            Key::Sm2(key) => Some(key.message_digest(message)),
        }
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Key::Ed25519(bytes) => f.write_str(&STANDARD.encode(bytes)),
            #[cfg(feature = "gm")]
            Key::Sm2(key) => write!(f, "sm2:{}:{}", STANDARD.encode(key.point()), key.id()),
        }
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for PublicKey {
    type Err = KeyError;

    /// As documents have it, or PEM.
    fn from_str(text: &str) -> Result<Self, KeyError> {
        let text = text.trim();
        if text.contains("-----BEGIN") {
            return Self::from_pem(text);
        }
        let malformed = || KeyError::MalformedPublicKey {
            expected: Text::new("32 字节的 base64,或 sm2:公钥:标识", "base64 of 32 bytes, or sm2:KEY:ID"),
        };
        let Some(sm2) = text.strip_prefix("sm2:") else {
            let bytes = STANDARD.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
            return bytes.map(PublicKey::ed25519).ok_or_else(malformed);
        };
        let (point, id) = sm2.split_once(':').ok_or_else(malformed)?;
        let point = STANDARD.decode(point).ok().filter(|point| point.len() == 65).ok_or_else(malformed)?;
        #[cfg(feature = "gm")]
        return Self::sm2(&point, id);
        #[cfg(not(feature = "gm"))]
        return Err(if point.is_empty() || id.is_empty() { malformed() } else { KeyError::NoSm2 });
    }
}

impl Serialize for PublicKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        // One spelling alone: neither PEM nor white space.
        let key = text.parse::<PublicKey>().map_err(serde::de::Error::custom)?;
        if key.to_string() == text { Ok(key) } else { Err(serde::de::Error::custom("a public key is malformed")) }
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for PublicKey {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "PublicKey".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "pattern": "^([A-Za-z0-9+/]{43}=|sm2:[A-Za-z0-9+/]{87}=:.+)$",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `openssl genpkey -algorithm ed25519` and `openssl pkey -pubout`, version 3.0; the key guards nothing.
    const ED25519: &str = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n";

    #[test]
    fn one_key_has_one_text() {
        let key = PublicKey::from_pem(ED25519).unwrap();
        assert_eq!(ED25519.parse(), Ok(key.clone()));
        assert_eq!(key.to_string().parse(), Ok(key.clone()));
        let json = serde_json::to_string(&key).unwrap();
        assert_eq!(serde_json::from_str::<PublicKey>(&json).unwrap(), key);
        for other in [format!(" {key}"), format!("{key}\n"), ED25519.to_owned()] {
            assert!(serde_json::from_value::<PublicKey>(other.into()).is_err());
        }
        assert_eq!((key.signer_id(), key.message_digest(b"message")), (None, None));
    }

    #[test]
    fn malformed_keys_are_refused() {
        let point = STANDARD.encode([4; 65]);
        for bad in
            ["", "AAAA", "not base64!", &"A".repeat(44), "sm2:", "sm2:AAAA:id", &format!("sm2:{point}"), "sm2::id"]
        {
            assert!(matches!(bad.parse::<PublicKey>(), Err(KeyError::MalformedPublicKey { .. })), "{bad}");
        }
        for bad in [ED25519.replace("PUBLIC", "PRIVATE"), ED25519.replace("MCow", "MCox"), ED25519.replace("END", "EN")]
        {
            assert!(matches!(PublicKey::from_pem(&bad), Err(KeyError::MalformedPublicKey { .. })));
        }
    }
}
