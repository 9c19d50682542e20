//! HMAC-SHA-256 over the block function, so that a column of short values costs two compressions a value and the
//! key's states can be overwritten.

use sha2::block_api::compress256;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::hash::{BLOCK, SHA256_INITIAL, finish_sha256, sha256_bytes};

/// A key for HMAC-SHA-256 (RFC 2104). Both padded states are computed once.
///
/// From a [`crate::crypto::Keyring`], for one domain.
#[derive(ZeroizeOnDrop)]
pub struct MacKey {
    inner: [u32; 8],
    outer: [u32; 8],
}

impl MacKey {
    /// The key of HMAC, of any length: longer than a block, it is hashed first.
    pub(crate) fn new(key: &[u8]) -> Self {
        let mut block = Zeroizing::new([0_u8; BLOCK]);
        if key.len() > BLOCK {
            let digest = Zeroizing::new(*super::sha256(key).as_bytes());
            block.iter_mut().zip(digest.iter()).for_each(|(to, from)| *to = *from);
        } else {
            block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
        }
        let padded = |pad: u8| {
            let block = Zeroizing::new(block.map(|byte| byte ^ pad));
            let mut state = SHA256_INITIAL;
            compress256(&mut state, &[*block]);
            state
        };
        MacKey { inner: padded(0x36), outer: padded(0x5c) }
    }

    /// HMAC-SHA-256 of a message.
    #[must_use]
    pub fn mac(&self, message: &[u8]) -> [u8; 32] {
        let mut state = self.inner;
        finish(&mut state, message);
        let inner = sha256_bytes(&state);
        state = self.outer;
        finish(&mut state, &inner);
        sha256_bytes(&state)
    }
}

/// Hashes `message` and the padding into a state that has seen one block.
fn finish(state: &mut [u32; 8], message: &[u8]) {
    // The message may be a personal identifier.
    finish_sha256(state, message, BLOCK as u64).zeroize();
}

/// HKDF-SHA-256 (RFC 5869), 32 bytes: extract with `salt`, expand with `info`.
///
/// Ours rather than `ring`'s, whose intermediate keys are not overwritten; `ring` is the oracle of the tests.
pub(crate) fn derive(salt: &[u8], secret: &[u8], info: &[&[u8]]) -> Zeroizing<[u8; 32]> {
    let extracted = Zeroizing::new(MacKey::new(salt).mac(secret));
    let mut first = Zeroizing::new(info.concat());
    first.push(1);
    Zeroizing::new(MacKey::new(&*extracted).mac(&first))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hmac::{Hmac, KeyInit, Mac};
    use proptest::prelude::*;

    fn hex(text: &str) -> Vec<u8> {
        text.as_bytes().chunks(2).map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
    }

    /// RFC 4231, section 4; case 5 is truncated there to 16 bytes.
    #[test]
    fn rfc_4231() {
        let cases: [(Vec<u8>, Vec<u8>, &str); 7] = [
            (vec![0x0b; 20], b"Hi There".to_vec(), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
            (
                b"Jefe".to_vec(),
                b"what do ya want for nothing?".to_vec(),
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (vec![0xaa; 20], vec![0xdd; 50], "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
            ((1..=25).collect(), vec![0xcd; 50], "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"),
            (vec![0x0c; 20], b"Test With Truncation".to_vec(), "a3b6167473100ee06e0c796c2955552b"),
            (
                vec![0xaa; 131],
                b"Test Using Larger Than Block-Size Key - Hash Key First".to_vec(),
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
            (
                vec![0xaa; 131],
                b"This is a test using a larger than block-size key and a larger than block-size data. The key needs \
                  to be hashed before being used by the HMAC algorithm."
                    .to_vec(),
                "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
            ),
        ];
        for (key, message, expected) in cases {
            assert!(MacKey::new(&key).mac(&message).starts_with(&hex(expected)), "{expected}");
        }
    }

    /// RFC 5869, appendix A.1 and A.3, the first 32 of the 42 bytes.
    #[test]
    fn rfc_5869() {
        let (secret, salt, info) = (vec![0x0b; 22], hex("000102030405060708090a0b0c"), hex("f0f1f2f3f4f5f6f7f8f9"));
        let expected = hex("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf");
        assert_eq!(derive(&salt, &secret, &[&info])[..], expected);
        let expected = hex("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d");
        assert_eq!(derive(&[], &secret, &[&[]])[..], expected);
    }

    proptest! {
        #[test]
        fn the_hmac_crate_agrees(
            key in prop::collection::vec(any::<u8>(), 0..200),
            message in prop::collection::vec(any::<u8>(), 0..300),
        ) {
            let mut oracle = Hmac::<sha2::Sha256>::new_from_slice(&key).unwrap();
            oracle.update(&message);
            prop_assert_eq!(&MacKey::new(&key).mac(&message)[..], &oracle.finalize().into_bytes()[..]);
        }

        #[test]
        fn ring_agrees_on_derivation(
            salt in prop::collection::vec(any::<u8>(), 0..80),
            secret in prop::collection::vec(any::<u8>(), 0..80),
            info in prop::collection::vec(any::<u8>(), 0..80),
        ) {
            use ring::hkdf;
            let extracted = hkdf::Salt::new(hkdf::HKDF_SHA256, &salt).extract(&secret);
            let mut expected = [0; 32];
            extracted.expand(&[&info], hkdf::HKDF_SHA256).unwrap().fill(&mut expected).unwrap();
            prop_assert_eq!(&derive(&salt, &secret, &[&info])[..], &expected[..]);
        }
    }

    /// Every length around the block borders, where padding takes one block or two.
    #[test]
    fn padding_at_every_length() {
        for length in 0..=200 {
            let message = vec![0x5a; length];
            let mut oracle = Hmac::<sha2::Sha256>::new_from_slice(b"key").unwrap();
            oracle.update(&message);
            assert_eq!(MacKey::new(b"key").mac(&message)[..], oracle.finalize().into_bytes()[..], "{length}");
        }
    }
}
