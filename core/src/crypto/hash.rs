//! SHA-256 and SM3.

use ring::rand::{SecureRandom as _, SystemRandom};
use sha2::Digest as _;
use sha2::block_api::compress256;

use super::KeyError;
use crate::terms::{Digest, HashAlgorithm};

/// The SHA-256 digest of some bytes.
///
/// ```
/// assert_eq!(
///     kaifang::crypto::sha256(b"abc").to_string(),
///     "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
/// );
/// ```
#[must_use]
pub fn sha256(bytes: &[u8]) -> Digest {
    Digest::sha256(sha2::Sha256::digest(bytes).into())
}

/// The digest of some bytes by a hash.
#[must_use]
pub fn digest(algorithm: HashAlgorithm, bytes: &[u8]) -> Digest {
    let mut hasher = Hasher::new(algorithm);
    hasher.update(bytes);
    hasher.finish()
}

/// A label, then each part behind its length in eight bytes, big endian: no two lists of parts give the same bytes.
#[cfg(feature = "tables")]
pub(crate) fn frame(label: &str, parts: &[&str], see: &mut dyn FnMut(&[u8])) {
    see(label.as_bytes());
    for part in parts {
        see(&(part.len() as u64).to_be_bytes());
        see(part.as_bytes());
    }
}

/// Random bytes of the operating system.
///
/// # Errors
/// [`KeyError::NoRandomness`].
pub(crate) fn random<const N: usize>() -> Result<[u8; N], KeyError> {
    let mut bytes = [0; N];
    fill_random(&mut bytes)?;
    Ok(bytes)
}

/// Fills with random bytes of the operating system.
pub(crate) fn fill_random(bytes: &mut [u8]) -> Result<(), KeyError> {
    SystemRandom::new().fill(bytes).map_err(|_| KeyError::NoRandomness)
}

/// A hash of bytes that come in pieces.
///
/// ```
/// use kaifang::{crypto::Hasher, terms::HashAlgorithm};
/// let mut hasher = Hasher::new(HashAlgorithm::Sm3);
/// hasher.update(b"a");
/// hasher.update(b"bc");
/// assert_eq!(
///     hasher.finish().to_string(),
///     "sm3:66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
/// );
/// ```
#[derive(Clone)]
pub struct Hasher(State);

#[derive(Clone)]
enum State {
    Sha256(sha2::Sha256),
    Sm3(sm3::Sm3),
}

impl Hasher {
    /// Nothing hashed yet.
    #[must_use]
    pub fn new(algorithm: HashAlgorithm) -> Self {
        Hasher(match algorithm {
            HashAlgorithm::Sha256 => State::Sha256(sha2::Sha256::new()),
            HashAlgorithm::Sm3 => State::Sm3(sm3::Sm3::new()),
        })
    }

    /// Nothing hashed yet, by SHA-256.
    #[must_use]
    pub fn sha256() -> Self {
        Self::new(HashAlgorithm::Sha256)
    }

    /// Hashes the next piece.
    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.0 {
            State::Sha256(state) => state.update(bytes),
            State::Sm3(state) => state.update(bytes),
        }
    }

    /// The digest of all pieces, as if they had come in one.
    #[must_use]
    pub fn finish(self) -> Digest {
        match self.0 {
            State::Sha256(state) => Digest::sha256(state.finalize().into()),
            State::Sm3(state) => Digest::new(HashAlgorithm::Sm3, state.finalize().into()),
        }
    }
}

/// The hash of a byte and what follows it: a leaf.
pub(crate) fn hash_after_byte(algorithm: HashAlgorithm, byte: u8, bytes: &[u8]) -> [u8; 32] {
    match algorithm {
        HashAlgorithm::Sha256 => sha256_after_byte(byte, bytes),
        HashAlgorithm::Sm3 => sm3::Sm3::new().chain_update([byte]).chain_update(bytes).finalize().into(),
    }
}

/// The hash of a byte and two hashes: an inner node.
pub(crate) fn hash_pair(algorithm: HashAlgorithm, byte: u8, left: &[u8; 32], right: &[u8; 32]) -> [u8; 32] {
    match algorithm {
        HashAlgorithm::Sha256 => {
            let mut message = [0; 65];
            let [first, hashes @ ..] = &mut message;
            *first = byte;
            let (to_left, to_right) = hashes.split_at_mut(32);
            to_left.copy_from_slice(left);
            to_right.copy_from_slice(right);
            let mut state = SHA256_INITIAL;
            finish_sha256(&mut state, &message, 0);
            sha256_bytes(&state)
        }
        HashAlgorithm::Sm3 => {
            sm3::Sm3::new().chain_update([byte]).chain_update(left).chain_update(right).finalize().into()
        }
    }
}

pub(super) const BLOCK: usize = 64;

/// The initial state of SHA-256 (FIPS 180-4, 5.3.3).
pub(super) const SHA256_INITIAL: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

/// By the block function: a tree's hashes are of few blocks, and a buffered hasher costs a third more.
fn sha256_after_byte(byte: u8, bytes: &[u8]) -> [u8; 32] {
    let mut state = SHA256_INITIAL;
    let mut first = [byte; BLOCK];
    let [_, after @ ..] = &mut first;
    if let Some((head, rest)) = bytes.split_first_chunk() {
        *after = *head;
        compress256(&mut state, &[first]);
        finish_sha256(&mut state, rest, BLOCK as u64);
    } else {
        copy_to_start(after, bytes);
        finish_sha256(&mut state, first.get(..=bytes.len()).unwrap_or_default(), 0);
    }
    sha256_bytes(&state)
}

/// Copies what there is room for, in one go: a loop over bytes would cost as much as a block's compression.
fn copy_to_start(to: &mut [u8], from: &[u8]) {
    let length = to.len().min(from.len());
    if let (Some(to), Some(from)) = (to.get_mut(..length), from.get(..length)) {
        to.copy_from_slice(from);
    }
}

/// Hashes a message's end and the padding into a state that has seen `before` bytes, whole blocks. Returns the last
/// blocks, which hold a part of the message.
pub(super) fn finish_sha256(state: &mut [u32; 8], message: &[u8], before: u64) -> [[u8; BLOCK]; 2] {
    let (blocks, rest) = message.as_chunks::<BLOCK>();
    compress256(state, blocks);
    let mut tail = [[0_u8; BLOCK]; 2];
    compress256(state, padded(rest, (message.len() as u64).wrapping_add(before), &mut tail));
    tail
}

/// What is left of a message behind its whole blocks, and the padding: a block or two of those given, which hold zeros.
/// `length` = all bytes that are hashed, those before the rest included.
pub(super) fn padded<'a>(rest: &[u8], length: u64, tail: &'a mut [[u8; BLOCK]; 2]) -> &'a [[u8; BLOCK]] {
    let bits = length.wrapping_mul(8).to_be_bytes();
    // The mark 0x80 and the eight bytes of the length need nine bytes after the rest.
    let used = if rest.len() + 9 <= BLOCK { 1 } else { 2 };
    let flat = tail.as_flattened_mut();
    copy_to_start(flat, rest);
    if let Some(mark) = flat.get_mut(rest.len()) {
        *mark = 0x80;
    }
    if let Some(length) = flat.get_mut(used * BLOCK - bits.len()..) {
        copy_to_start(length, &bits);
    }
    tail.get(..used).unwrap_or_default()
}

pub(super) fn sha256_bytes(state: &[u32; 8]) -> [u8; 32] {
    let mut out = [0; 32];
    for (to, word) in out.as_chunks_mut::<4>().0.iter_mut().zip(state) {
        *to = word.to_be_bytes();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terms::Word as _;
    use proptest::prelude::*;

    fn whole(algorithm: HashAlgorithm, pieces: &[&[u8]]) -> [u8; 32] {
        let mut hasher = Hasher::new(algorithm);
        pieces.iter().for_each(|piece| hasher.update(piece));
        *hasher.finish().as_bytes()
    }

    proptest! {
        #[test]
        fn pieces_do_not_matter_and_ring_agrees(bytes in prop::collection::vec(any::<u8>(), 0..400), cut in 0_usize..400) {
            let (head, tail) = bytes.split_at(cut.min(bytes.len()));
            let digest = whole(HashAlgorithm::Sha256, &[head, tail]);
            prop_assert_eq!(digest, *sha256(&bytes).as_bytes());
            let oracle = ring::digest::digest(&ring::digest::SHA256, &bytes);
            prop_assert_eq!(&digest[..], oracle.as_ref());
        }
    }

    /// Every length across three blocks: where the padding begins a block of its own, and where not.
    #[test]
    fn the_hashes_of_a_tree_are_the_plain_ones() {
        let bytes: Vec<u8> = (0..200_u8).collect();
        for algorithm in HashAlgorithm::ALL {
            for length in 0..=bytes.len() {
                let message = &bytes[..length];
                assert_eq!(hash_after_byte(*algorithm, 7, message), whole(*algorithm, &[&[7], message]), "{length}");
            }
            let (left, right) = ([3; 32], [9; 32]);
            assert_eq!(hash_pair(*algorithm, 1, &left, &right), whole(*algorithm, &[&[1], &left, &right]));
        }
    }
}
