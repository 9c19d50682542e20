//! HMAC-SHA-256 and HMAC-SM3 over the block functions, so that a column of short values costs two compressions a value
//! and the key's states can be overwritten.

use fearless_simd::Level;
use sha2::block_api::compress256;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::hash::{BLOCK, SHA256_INITIAL, finish_sha256, padded, sha256_bytes};
use super::lanes::{LANES, Lanes, SM3_INITIAL};
use crate::terms::HashAlgorithm;

/// The longest message that lies in one block with its padding: a mark and eight bytes of length.
const SHORT: usize = BLOCK - 9;

/// A key for HMAC (RFC 2104) over SHA-256, or over SM3. Both padded states are computed once.
///
/// From a [`crate::crypto::Keyring`], for one domain.
#[derive(ZeroizeOnDrop)]
pub struct MacKey {
    #[zeroize(skip)]
    algorithm: HashAlgorithm,
    inner: [u32; 8],
    outer: [u32; 8],
}

impl MacKey {
    /// The key of HMAC, of any length: longer than a block, it is hashed first.
    pub(crate) fn new(algorithm: HashAlgorithm, key: &[u8]) -> Self {
        let mut block = Zeroizing::new([0_u8; BLOCK]);
        if key.len() > BLOCK {
            let digest = Zeroizing::new(*super::digest(algorithm, key).as_bytes());
            block.iter_mut().zip(digest.iter()).for_each(|(to, from)| *to = *from);
        } else {
            block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
        }
        let padded = |pad: u8| {
            let block = Zeroizing::new(block.map(|byte| byte ^ pad));
            first(algorithm, &block)
        };
        MacKey { algorithm, inner: padded(0x36), outer: padded(0x5c) }
    }

    /// The HMAC of a message.
    #[must_use]
    pub fn mac(&self, message: &[u8]) -> [u8; 32] {
        let mut mac = [0; 32];
        self.macs(&[message], &mut |answer| mac = *answer);
        mac
    }

    /// The HMAC of each message, in order.
    pub(crate) fn macs(&self, messages: &[&[u8]], each: &mut dyn FnMut(&[u8; 32])) {
        let level = Level::new();
        self.macs_at(level, least_in_lanes(self.algorithm, level), messages, each);
    }

    /// `least` short messages or more lane by lane, everything else one by one; SM3 is in lanes alone.
    fn macs_at(&self, level: Level, least: usize, messages: &[&[u8]], each: &mut dyn FnMut(&[u8; 32])) {
        // The messages may be personal identifiers: the blocks that hold them are overwritten at the end.
        if self.algorithm == HashAlgorithm::Sha256 && messages.len() < least {
            let mut block = Zeroizing::new([0; BLOCK]);
            return messages.iter().for_each(|message| each(&self.mac_sha256(message, &mut block)));
        }
        let mut blocks = Zeroizing::new([[0; BLOCK]; LANES]);
        let mut lanes = Lanes::new(self.algorithm, level);
        let mut rest = messages;
        while let [one, others @ ..] = rest {
            let short = rest.iter().take(LANES).take_while(|message| message.len() <= SHORT).count();
            if short >= least.max(1) {
                lanes.start(&self.inner);
                blocks.iter_mut().zip(rest).take(short).for_each(|(block, message)| fill(block, message));
                lanes.compress(&blocks);
                lanes.finish_hmac(&self.outer);
                lanes.digests().iter().take(short).for_each(&mut *each);
                rest = rest.get(short..).unwrap_or_default();
                continue;
            }
            let [block, ..] = &mut *blocks;
            match self.algorithm {
                HashAlgorithm::Sha256 => each(&self.mac_sha256(one, block)),
                HashAlgorithm::Sm3 => {
                    lanes.start(&self.inner);
                    let (whole, rest) = one.as_chunks();
                    let mut last = Zeroizing::new([[0; BLOCK]; 2]);
                    for block in whole.iter().chain(padded(rest, (BLOCK + one.len()) as u64, &mut last)) {
                        blocks.fill(*block);
                        lanes.compress(&blocks);
                    }
                    lanes.finish_hmac(&self.outer);
                    lanes.digests().iter().take(1).for_each(&mut *each);
                }
            }
            rest = others;
        }
    }

    fn mac_sha256(&self, message: &[u8], block: &mut [u8; BLOCK]) -> [u8; 32] {
        let mut state = self.inner;
        if message.len() <= SHORT {
            fill(block, message);
            compress256(&mut state, std::slice::from_ref(block));
        } else {
            finish_sha256(&mut state, message, BLOCK as u64).zeroize();
        }
        let mut last = [0; BLOCK];
        last.as_chunks_mut::<4>().0.iter_mut().zip(state).for_each(|(to, word)| *to = word.to_be_bytes());
        pad(&mut last, 32);
        state = self.outer;
        compress256(&mut state, std::slice::from_ref(&last));
        sha256_bytes(&state)
    }
}

/// From how many short messages on the lanes are faster than one message after the other.
///
/// SM3 is there in lanes alone. For SHA-256 processors have instructions, which only lanes of 512 bits surpass.
fn least_in_lanes(algorithm: HashAlgorithm, level: Level) -> usize {
    match (algorithm, level) {
        (HashAlgorithm::Sm3, _) => 1,
        #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
        (HashAlgorithm::Sha256, Level::Avx512(_)) => 6,
        #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
        (HashAlgorithm::Sha256, Level::Avx2(_)) if !std::is_x86_feature_detected!("sha") => 8,
        (HashAlgorithm::Sha256, _) => usize::MAX,
    }
}

/// The state after the first block.
fn first(algorithm: HashAlgorithm, block: &[u8; BLOCK]) -> [u32; 8] {
    match algorithm {
        HashAlgorithm::Sha256 => {
            let mut state = SHA256_INITIAL;
            compress256(&mut state, std::slice::from_ref(block));
            state
        }
        HashAlgorithm::Sm3 => {
            // The pad of the key, and the state that stands for the key afterwards: once in each lane.
            let mut blocks = Zeroizing::new([[0; BLOCK]; LANES]);
            blocks.fill(*block);
            let mut lanes = Lanes::new(algorithm, Level::new());
            lanes.start(&SM3_INITIAL);
            lanes.compress(&blocks);
            lanes.state()
        }
    }
}

/// The mark and the length, in bits, of a message of so many bytes behind one block.
fn pad(block: &mut [u8; BLOCK], length: usize) {
    if let Some(mark) = block.get_mut(length) {
        *mark = 0x80;
    }
    if let Some(end) = block.last_chunk_mut() {
        *end = (((BLOCK + length) as u64) * 8).to_be_bytes();
    }
}

/// A short message and its padding.
fn fill(block: &mut [u8; BLOCK], message: &[u8]) {
    block.fill(0);
    if let Some(head) = block.get_mut(..message.len()) {
        head.copy_from_slice(message);
    }
    pad(block, message.len());
}

/// HKDF (RFC 5869) over SHA-256 or SM3, 32 bytes: extract with `salt`, expand with `info`.
///
/// Ours rather than `ring`'s, whose intermediate keys are not overwritten; `ring` is the oracle of the tests.
pub(crate) fn derive(algorithm: HashAlgorithm, salt: &[u8], secret: &[u8], info: &[&[u8]]) -> Zeroizing<[u8; 32]> {
    let extracted = Zeroizing::new(MacKey::new(algorithm, salt).mac(secret));
    let mut first = Zeroizing::new(info.concat());
    first.push(1);
    Zeroizing::new(MacKey::new(algorithm, &*extracted).mac(&first))
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
            assert!(MacKey::new(HashAlgorithm::Sha256, &key).mac(&message).starts_with(&hex(expected)), "{expected}");
        }
    }

    /// RFC 5869, appendix A.1 and A.3, the first 32 of the 42 bytes.
    #[test]
    fn rfc_5869() {
        let (secret, salt, info) = (vec![0x0b; 22], hex("000102030405060708090a0b0c"), hex("f0f1f2f3f4f5f6f7f8f9"));
        let expected = hex("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf");
        assert_eq!(derive(HashAlgorithm::Sha256, &salt, &secret, &[&info])[..], expected);
        let expected = hex("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d");
        assert_eq!(derive(HashAlgorithm::Sha256, &[], &secret, &[&[]])[..], expected);
    }

    proptest! {
        #[test]
        fn the_hmac_crate_agrees(
            key in prop::collection::vec(any::<u8>(), 0..200),
            message in prop::collection::vec(any::<u8>(), 0..300),
        ) {
            let mut oracle = Hmac::<sha2::Sha256>::new_from_slice(&key).unwrap();
            oracle.update(&message);
            prop_assert_eq!(&MacKey::new(HashAlgorithm::Sha256, &key).mac(&message)[..], &oracle.finalize().into_bytes()[..]);
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
            prop_assert_eq!(&derive(HashAlgorithm::Sha256, &salt, &secret, &[&info])[..], &expected[..]);
        }
    }

    proptest! {
        /// Short messages and long ones mixed, and more of them than there are lanes.
        #[test]
        fn the_hmac_crate_agrees_on_many(
            key in prop::collection::vec(any::<u8>(), 0..100),
            messages in prop::collection::vec(
                prop_oneof![9 => prop::collection::vec(any::<u8>(), 0..56), 1 => prop::collection::vec(any::<u8>(), 0..150)],
                0..80,
            ),
        ) {
            let messages: Vec<&[u8]> = messages.iter().map(Vec::as_slice).collect();
            let of = |algorithm, level, least| {
                let mut macs = Vec::new();
                MacKey::new(algorithm, &key).macs_at(level, least, &messages, &mut |mac| macs.push(mac.to_vec()));
                macs
            };
            let sha256: Vec<_> = messages.iter().map(|message| oracle::<Hmac<sha2::Sha256>>(&key, message)).collect();
            let sm3: Vec<_> = messages.iter().map(|message| oracle::<Hmac<sm3::Sm3>>(&key, message)).collect();
            for level in [Level::new(), Level::baseline()] {
                for least in [1, 6, 16, usize::MAX] {
                    prop_assert_eq!(&of(HashAlgorithm::Sha256, level, least), &sha256);
                }
                prop_assert_eq!(&of(HashAlgorithm::Sm3, level, 1), &sm3);
            }
        }
    }

    fn oracle<M: Mac + KeyInit>(key: &[u8], message: &[u8]) -> Vec<u8> {
        <M as KeyInit>::new_from_slice(key).unwrap().chain_update(message).finalize().into_bytes().to_vec()
    }

    /// Every length around the block borders, where padding takes one block or two.
    #[test]
    fn padding_at_every_length() {
        for length in 0..=200 {
            let message = vec![0x5a; length];
            let of = |algorithm| MacKey::new(algorithm, b"key").mac(&message).to_vec();
            assert_eq!(of(HashAlgorithm::Sha256), oracle::<Hmac<sha2::Sha256>>(b"key", &message), "{length}");
            assert_eq!(of(HashAlgorithm::Sm3), oracle::<Hmac<sm3::Sm3>>(b"key", &message), "{length}");
        }
    }
}
