//! Authenticated encryption: AES-256 and SM4 in Galois/counter mode (SP 800-38D, RFC 8998) with nonces of 96 bits.

use aes_gcm::aead::consts::U12;
use aes_gcm::aead::inout::InOutBuf;
use aes_gcm::{AeadInOut as _, Aes256Gcm, AesGcm, KeyInit as _};
use sm4::Sm4;
use zeroize::Zeroize as _;

pub(crate) const NONCE_BYTES: usize = 12;
pub(crate) const TAG_BYTES: usize = 16;

/// How many messages one key may encrypt under random nonces (SP 800-38D, 8.3).
pub(crate) const MOST_MESSAGES: u64 = 1 << 32;

/// The block cipher of an [`AeadKey`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum AeadCipher {
    Aes256,
    Sm4,
}

impl AeadCipher {
    /// What the key is derived for, and how many bytes it has.
    pub(crate) fn purpose(self) -> (&'static str, u8) {
        match self {
            AeadCipher::Aes256 => ("gcm-aes", 32),
            AeadCipher::Sm4 => ("gcm-sm4", 16),
        }
    }
}

/// An expanded key. The ciphers' own crates overwrite it.
pub(crate) struct AeadKey(Expanded);

enum Expanded {
    Aes256(Box<Aes256Gcm>),
    Sm4(Box<AesGcm<Sm4, U12>>),
}

impl AeadKey {
    /// `None` where the cipher takes no key of this length.
    pub(crate) fn new(cipher: AeadCipher, key: &[u8]) -> Option<Self> {
        let expanded = match cipher {
            AeadCipher::Aes256 => Aes256Gcm::new_from_slice(key).map(|key| Expanded::Aes256(Box::new(key))),
            AeadCipher::Sm4 => AesGcm::new_from_slice(key).map(|key| Expanded::Sm4(Box::new(key))),
        };
        expanded.ok().map(AeadKey)
    }

    /// Encrypts in place; the tag. `None` beyond 64 GiB.
    pub(crate) fn seal(
        &self,
        nonce: &[u8; NONCE_BYTES],
        associated: &[u8],
        text: &mut [u8],
    ) -> Option<[u8; TAG_BYTES]> {
        let (nonce, text) = (nonce.into(), InOutBuf::from(text));
        let tag = match &self.0 {
            Expanded::Aes256(key) => key.encrypt_inout_detached(nonce, associated, text),
            Expanded::Sm4(key) => key.encrypt_inout_detached(nonce, associated, text),
        };
        tag.ok().map(Into::into)
    }

    /// Decrypts in place what is authentic; else `false`, and nothing was decrypted.
    pub(crate) fn open(
        &self,
        nonce: &[u8; NONCE_BYTES],
        associated: &[u8],
        text: &mut [u8],
        tag: &[u8; TAG_BYTES],
    ) -> bool {
        let (nonce, buffer) = (nonce.into(), InOutBuf::from(&mut *text));
        let opened = match &self.0 {
            Expanded::Aes256(key) => key.decrypt_inout_detached(nonce, associated, buffer, tag.into()),
            Expanded::Sm4(key) => key.decrypt_inout_detached(nonce, associated, buffer, tag.into()),
        };
        if opened.is_err() {
            text.zeroize();
        }
        opened.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

    fn hex(text: &str) -> Vec<u8> {
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
    }

    /// RFC 8998, appendix A.1.
    #[test]
    fn rfc_8998() {
        let key = AeadKey::new(AeadCipher::Sm4, &hex("0123456789abcdeffedcba9876543210")).unwrap();
        let nonce = hex("00001234567800000000abcd").try_into().unwrap();
        let associated = hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
        let plain = hex(&["aa", "bb", "cc", "dd", "ee", "ff", "ee", "aa"].map(|byte| byte.repeat(8)).concat());
        let mut text = plain.clone();
        let tag = key.seal(&nonce, &associated, &mut text).unwrap();
        let expected = "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735\
                        d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d";
        assert_eq!(text, hex(expected));
        assert_eq!(tag[..], hex("83de3541e4c2b58177e065a9bf7b62ec"));
        assert!(key.open(&nonce, &associated, &mut text, &tag) && text == plain);
    }

    #[test]
    fn keys_of_other_lengths_are_refused() {
        for bytes in 0..=64 {
            for cipher in [AeadCipher::Aes256, AeadCipher::Sm4] {
                let taken = AeadKey::new(cipher, &vec![7; bytes]).is_some();
                assert_eq!(taken, bytes == usize::from(cipher.purpose().1), "{bytes}");
            }
        }
    }

    proptest! {
        #[test]
        fn aes_is_that_of_ring(key: [u8; 32], nonce: [u8; 12], associated: Vec<u8>, plain: Vec<u8>) {
            let ours = AeadKey::new(AeadCipher::Aes256, &key).unwrap();
            let mut text = plain.clone();
            let tag = ours.seal(&nonce, &associated, &mut text).unwrap();
            let theirs = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &key).unwrap());
            let mut sealed = plain.clone();
            let nonce_of = || Nonce::assume_unique_for_key(nonce);
            theirs.seal_in_place_append_tag(nonce_of(), Aad::from(&associated), &mut sealed).unwrap();
            prop_assert_eq!([&text[..], &tag].concat(), sealed);
            prop_assert!(ours.open(&nonce, &associated, &mut text, &tag));
            prop_assert_eq!(text, plain);
        }

        #[test]
        fn what_was_changed_is_not_opened(nonce: [u8; 12], plain in prop::collection::vec(any::<u8>(), 1..40), at: usize) {
            for cipher in [AeadCipher::Aes256, AeadCipher::Sm4] {
                let key = AeadKey::new(cipher, &[1; 32][..usize::from(cipher.purpose().1)]).unwrap();
                let mut text = plain.clone();
                let mut tag = key.seal(&nonce, b"column", &mut text).unwrap();
                prop_assert!(!key.open(&nonce, b"other", &mut text.clone(), &tag));
                let (bit, length) = (1 << (at % 8), text.len());
                text[at % length] ^= bit;
                let mut broken = text.clone();
                prop_assert!(!key.open(&nonce, b"column", &mut broken, &tag));
                prop_assert!(broken.iter().all(|byte| *byte == 0));
                text[at % length] ^= bit;
                tag[at % TAG_BYTES] ^= bit;
                prop_assert!(!key.open(&nonce, b"column", &mut text, &tag));
            }
        }
    }
}
