//! SM2 signatures with SM3 (GB/T 32918.2, curve of GB/T 32918.5): keys in memory and in PEM files, the check of a
//! signature, and the digest that a device signs.
//!
//! What SM2 signs holds the signer's id, so two ids are two keys: the id is always written down beside the key.

use std::path::Path;

use ring::rand::{SecureRandom, SystemRandom};
use sm2::dsa::signature::{Signer as _, Verifier as _};
use sm2::dsa::{Signature, SigningKey, VerifyingKey};
use sm2::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _};
use zeroize::Zeroizing;

use super::{Hasher, KeyError, PublicKey, Signer, file, pem};
use crate::terms::{HashAlgorithm, Text};

/// The id of a signer that names no other (GM/T 0009).
pub const DEFAULT_SIGNER_ID: &str = "1234567812345678";

/// What stands before the 65 bytes of a point in a SubjectPublicKeyInfo (RFC 5480; the curve 1.2.156.10197.1.301).
const SPKI_PREFIX: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x81, 0x1c, 0xcf,
    0x55, 0x01, 0x82, 0x2d, 0x03, 0x42, 0x00,
];
/// The curve's name in DER: a PKCS#8 key that holds it is of SM2.
const CURVE: [u8; 10] = [0x06, 0x08, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x82, 0x2d];

/// a, b and the base point of the curve (GB/T 32918.5), as Z holds them.
const CURVE_CONSTANTS: [u32; 32] = [
    0xffff_fffe,
    0xffff_ffff,
    0xffff_ffff,
    0xffff_ffff,
    0xffff_ffff,
    0x0000_0000,
    0xffff_ffff,
    0xffff_fffc, //
    0x28e9_fa9e,
    0x9d9f_5e34,
    0x4d5a_9e4b,
    0xcf65_09a7,
    0xf397_89f5,
    0x15ab_8f92,
    0xddbc_bd41,
    0x4d94_0e93, //
    0x32c4_ae2c,
    0x1f19_8119,
    0x5f99_0446,
    0x6a39_c994,
    0x8fe3_0bbf,
    0xf266_0be1,
    0x715a_4589,
    0x334c_74c7, //
    0xbc37_36a2,
    0xf4f6_779c,
    0x59bd_cee3,
    0x6b69_2153,
    0xd0a9_877c,
    0xc62a_4740,
    0x02df_32e5,
    0x2139_f0a0,
];

/// Whether a signer may have this id.
fn is_signer_id(id: &str) -> bool {
    (1..=255).contains(&id.len()) && id.trim() == id && !id.contains(char::is_control)
}

/// A public key and the signer's id.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Sm2PublicKey {
    /// Uncompressed.
    point: [u8; 65],
    id: String,
}

impl Sm2PublicKey {
    pub(super) fn new(point: &[u8], id: &str) -> Result<Self, KeyError> {
        if !is_signer_id(id) {
            return Err(KeyError::BadSignerId);
        }
        let expected = Text::new("SM2 曲线上的点", "a point of the curve of SM2");
        let key = VerifyingKey::from_sec1_bytes(id, point).ok();
        let point = key.and_then(|key| (*key.to_sec1_bytes()).try_into().ok());
        Ok(Sm2PublicKey { point: point.ok_or(KeyError::MalformedPublicKey { expected })?, id: id.to_owned() })
    }

    /// `None` when it is no key of SM2.
    pub(super) fn from_spki(der: &[u8], id: Option<&str>) -> Option<Result<Self, KeyError>> {
        Some(Self::new(der.strip_prefix(&SPKI_PREFIX)?, id.unwrap_or(DEFAULT_SIGNER_ID)))
    }

    pub(super) fn point(&self) -> &[u8] {
        &self.point
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// `signature` is r and s in DER, in the one way in which DER writes them.
    pub(super) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        let key = VerifyingKey::from_sec1_bytes(&self.id, &self.point);
        match (key, Signature::from_der(signature)) {
            (Ok(key), Ok(parsed)) => parsed.to_der().as_bytes() == signature && key.verify(message, &parsed).is_ok(),
            _ => false,
        }
    }

    /// e = SM3(Z ‖ message), Z = SM3(ENTL ‖ id ‖ a ‖ b ‖ base point ‖ public key) (GB/T 32918.2, 5.5 and 6.1).
    pub(super) fn message_digest(&self, message: &[u8]) -> [u8; 32] {
        let bits = u16::try_from(self.id.len() * 8).unwrap_or_default();
        let mut z = Hasher::new(HashAlgorithm::Sm3);
        z.update(&bits.to_be_bytes());
        z.update(self.id.as_bytes());
        CURVE_CONSTANTS.iter().for_each(|word| z.update(&word.to_be_bytes()));
        z.update(self.point.get(1..).unwrap_or_default());
        let mut e = Hasher::new(HashAlgorithm::Sm3);
        e.update(z.finish().as_bytes());
        e.update(message);
        *e.finish().as_bytes()
    }
}

/// r and s, each in 32 bytes, in DER; `None` for anything else.
pub(super) fn to_der(signature: &[u8]) -> Option<Vec<u8>> {
    Signature::from_slice(signature).ok().map(|signature| signature.to_der().as_bytes().to_vec())
}

/// An SM2 key in memory, with the signer's id.
///
/// ```
/// use kaifang::crypto::{DEFAULT_SIGNER_ID, Signer, Sm2Key, signer_from_pem};
/// let (key, pem) = Sm2Key::generate(DEFAULT_SIGNER_ID)?;
/// let signature = key.sign(b"message")?;
/// assert!(key.public_key().verify(b"message", &signature));
/// assert_eq!(signer_from_pem(&pem)?.public_key(), key.public_key());
/// # Ok::<(), kaifang::crypto::KeyError>(())
/// ```
pub struct Sm2Key {
    key: SigningKey,
    public: PublicKey,
}

impl Sm2Key {
    /// A new key, and its PKCS#8 PEM with the line `SM2-Signer-Id: …`, which is the only copy that can be written down.
    ///
    /// # Errors
    /// [`KeyError::BadSignerId`], [`KeyError::NoRandomness`].
    pub fn generate(id: &str) -> Result<(Self, Zeroizing<String>), KeyError> {
        if !is_signer_id(id) {
            return Err(KeyError::BadSignerId);
        }
        let mut bytes = Zeroizing::new([0_u8; 32]);
        // A number beyond the group's order, of which one in 2^32 is, is drawn again.
        let secret = loop {
            SystemRandom::new().fill(&mut *bytes).map_err(|_| KeyError::NoRandomness)?;
            if let Ok(secret) = sm2::SecretKey::from_slice(&*bytes) {
                break secret;
            }
        };
        let der = secret.to_pkcs8_der().map_err(|_| malformed())?;
        Ok((Self::new(&secret, id)?, pem::write(der.as_bytes(), "PRIVATE KEY", Some(id))))
    }

    /// Writes a new PEM file, mode 0600, with a new key.
    ///
    /// # Errors
    /// [`KeyError::Exists`], [`KeyError::Unwritable`], and those of [`Sm2Key::generate`].
    pub fn generate_file(path: impl AsRef<Path>, id: &str) -> Result<Self, KeyError> {
        let (key, pem) = Self::generate(id)?;
        file::create(path.as_ref(), pem.as_bytes())?;
        Ok(key)
    }

    /// `None` when it is no key of SM2.
    pub(super) fn from_pkcs8(der: &[u8], id: Option<&str>) -> Option<Result<Self, KeyError>> {
        der.windows(CURVE.len()).any(|window| window == CURVE).then(|| {
            let secret = sm2::SecretKey::from_pkcs8_der(der).map_err(|_| malformed())?;
            Self::new(&secret, id.unwrap_or(DEFAULT_SIGNER_ID))
        })
    }

    fn new(secret: &sm2::SecretKey, id: &str) -> Result<Self, KeyError> {
        let key = SigningKey::new(id, secret).map_err(|_| malformed())?;
        let public = PublicKey::sm2(&key.verifying_key().to_sec1_bytes(), id)?;
        Ok(Sm2Key { key, public })
    }
}

fn malformed() -> KeyError {
    KeyError::MalformedPrivateKey { expected: Text::new("SM2 密钥的 PKCS#8", "PKCS#8 of an SM2 key") }
}

impl Signer for Sm2Key {
    fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// r and s in DER. The number that must never repeat is derived from key and message (RFC 6979, with SM3).
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let failed = |_| KeyError::SignerFailed { what: Text::new("SM2 未能签名", "SM2 gave no signature") };
        self.key.try_sign(message).map(|signature| signature.to_der().as_bytes().to_vec()).map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::{CallbackSigner, signer_from_pem};
    use std::time::Duration;

    fn hex(text: &str) -> Vec<u8> {
        text.as_bytes().chunks(2).map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
    }

    /// Made by OpenSSL 3.0 (`genpkey -algorithm SM2`, `pkey -pubout`, `dgst -sm3 -sigopt distid:… -sign`): the keys guard
    /// nothing.
    const PRIVATE: &str = include_str!("../../tests/data/sm2-key.pem");
    const PUBLIC: &str = include_str!("../../tests/data/sm2-public.pem");
    const MESSAGE: &[u8] = b"kaifang\n";

    #[test]
    fn keys_made_by_openssl_are_read() {
        let key = signer_from_pem(PRIVATE).unwrap();
        let public = PublicKey::from_pem(PUBLIC).unwrap();
        assert_eq!(*key.public_key(), public);
        assert_eq!(public.signer_id(), Some(DEFAULT_SIGNER_ID));
        assert_eq!(public.to_string().parse(), Ok(public));
    }

    #[test]
    fn signatures_made_by_openssl_verify_with_their_id_only() {
        let signature = hex(include_str!("../../tests/data/sm2-signature.hex").trim());
        let other = hex(include_str!("../../tests/data/sm2-signature-other-id.hex").trim());
        let public = PublicKey::from_pem(PUBLIC).unwrap();
        let another = PublicKey::from_pem(&format!("SM2-Signer-Id: xian@example\n{PUBLIC}")).unwrap();
        assert_eq!(another.signer_id(), Some("xian@example"));
        assert!(public.verify(MESSAGE, &signature) && another.verify(MESSAGE, &other));
        assert!(!public.verify(MESSAGE, &other) && !another.verify(MESSAGE, &signature));
        assert!(!public.verify(b"another", &signature));
    }

    /// The digest is ours, the check of it is the library's.
    #[test]
    fn a_device_that_signs_the_digest_signs_the_message() {
        use sm2::dsa::signature::hazmat::{PrehashSigner, PrehashVerifier};
        for id in [DEFAULT_SIGNER_ID, "xian@example", "西安"] {
            let (key, _) = Sm2Key::generate(id).unwrap();
            let digest = key.public_key().message_digest(MESSAGE).unwrap();
            let signed: Signature = key.key.try_sign(MESSAGE).unwrap();
            key.key.verifying_key().verify_prehash(&digest, &signed).unwrap();

            let (public, device) = (key.public_key().clone(), key.key.clone());
            let device = CallbackSigner::digest(public.clone(), Duration::from_secs(9), move |digest| {
                let signature: Signature = device.sign_prehash(digest).map_err(|error| error.to_string())?;
                Ok(signature.to_bytes().to_vec())
            });
            let raw = device.unwrap().sign(MESSAGE).unwrap();
            assert_eq!((raw.len(), public.verify(MESSAGE, &raw)), (64, false));
            assert_eq!(public.accept(MESSAGE, &raw), Some(signed.to_der().as_bytes().to_vec()));
            assert_eq!(public.accept(MESSAGE, signed.to_der().as_bytes()), Some(signed.to_der().as_bytes().to_vec()));
            assert_eq!(public.accept(b"another", &raw), None);
        }
    }

    #[test]
    fn malformed_signatures_are_refused() {
        let (key, _) = Sm2Key::generate(DEFAULT_SIGNER_ID).unwrap();
        let public = key.public_key();
        let signature = key.sign(MESSAGE).unwrap();
        for bit in 0..signature.len() * 8 {
            let mut changed = signature.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(public.accept(MESSAGE, &changed).is_none(), "bit {bit}");
        }
        for end in 0..signature.len() {
            assert!(public.accept(MESSAGE, &signature[..end]).is_none());
        }
        // The order of the group (GB/T 32918.5) and zero are no r and no s.
        let order = hex("fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123");
        let raw = Signature::from_der(&signature).unwrap().to_bytes();
        let (r, s) = raw.split_at(32);
        for (r, s) in
            [(r, &[0; 32][..]), (&[0; 32], s), (&order, s), (r, &order), (&[0xff; 32], s), (&[0; 32], &[0; 32])]
        {
            assert!(public.accept(MESSAGE, &[r, s].concat()).is_none());
        }
        let integer = |bytes: &[u8]| [&[2, bytes.len() as u8], bytes].concat();
        for (r, s) in [(&[0][..], &[1][..]), (&[1], &[0]), (&[0], &[0])] {
            let body = [integer(r), integer(s)].concat();
            assert!(public.accept(MESSAGE, &[&[0x30, body.len() as u8], &body[..]].concat()).is_none());
        }
        for more in [vec![0], vec![0x30], vec![5, 0]] {
            assert!(public.accept(MESSAGE, &[signature.clone(), more].concat()).is_none());
        }
        // A number with a zero before it is the same number, in another way than DER's.
        let (length, rest) = (signature[3] as usize, &signature[4..]);
        let padded = [&[0x30, signature[1] + 1, 2, length as u8 + 1, 0], rest].concat();
        assert!(public.accept(MESSAGE, &padded).is_none());
    }

    #[test]
    fn malformed_keys_and_ids_are_refused() {
        let public = PublicKey::from_pem(PUBLIC).unwrap();
        let mut point = public.as_bytes().to_vec();
        for id in ["", " a", "a ", "a\nb", &"a".repeat(256)] {
            assert_eq!(PublicKey::sm2(&point, id), Err(KeyError::BadSignerId), "{id}");
            assert!(matches!(Sm2Key::generate(id), Err(KeyError::BadSignerId)));
        }
        point[64] ^= 1;
        assert!(matches!(PublicKey::sm2(&point, "a"), Err(KeyError::MalformedPublicKey { .. })), "not on the curve");
        assert!(matches!(PublicKey::sm2(&[0], "a"), Err(KeyError::MalformedPublicKey { .. })), "no point at all");
        for bad in [PRIVATE.replace("MIGH", "MIGG"), PRIVATE.replace("PRIVATE", "EC PRIVATE"), String::new()] {
            assert!(matches!(signer_from_pem(&bad).err(), Some(KeyError::MalformedPrivateKey { .. })), "{bad}");
        }
    }

    /// GB/T 32905, annex A.
    #[test]
    fn sm3() {
        let hash = |message: &[u8]| {
            let mut hasher = Hasher::new(HashAlgorithm::Sm3);
            hasher.update(message);
            hasher.finish().to_string()
        };
        assert_eq!(hash(b"abc"), "sm3:66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
        assert_eq!(hash(&b"abcd".repeat(16)), "sm3:debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732");
    }
}
