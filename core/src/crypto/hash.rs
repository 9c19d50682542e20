//! SHA-256.

use sha2::Digest as _;

use crate::terms::Digest;

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

/// SHA-256 of bytes that come in pieces.
#[derive(Clone, Default)]
pub struct Hasher(sha2::Sha256);

impl Hasher {
    /// Nothing hashed yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Hashes the next piece.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of all pieces, as if they had come in one.
    #[must_use]
    pub fn finish(self) -> Digest {
        Digest::sha256(self.0.finalize().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn pieces_do_not_matter_and_ring_agrees(bytes in prop::collection::vec(any::<u8>(), 0..400), cut in 0_usize..400) {
            let (head, tail) = bytes.split_at(cut.min(bytes.len()));
            let mut hasher = Hasher::new();
            hasher.update(head);
            hasher.update(tail);
            let digest = hasher.finish();
            prop_assert_eq!(digest, sha256(&bytes));
            let oracle = ring::digest::digest(&ring::digest::SHA256, &bytes);
            prop_assert_eq!(&digest.as_bytes()[..], oracle.as_ref());
        }
    }
}
