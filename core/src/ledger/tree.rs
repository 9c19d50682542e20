//! The Merkle tree of RFC 6962, section 2.1 (RFC 9162 says the same), over SHA-256 or SM3: hashes, growing, proofs, their
//! check.
//!
//! Nothing here recurses, panics or holds the tree: growing needs one hash a level, a proof one pass over the leaves.

use std::ops::Range;

use super::IntegrityError;
use crate::crypto::{Hasher, hash_after_byte, hash_pair};
use crate::terms::HashAlgorithm;

/// A hash of a leaf or of a node.
pub type Hash = [u8; 32];

/// No proof is longer: a level of the tree for each bit of a size, and what a consistency proof starts from.
pub const LONGEST_PROOF: usize = 65;

/// The hash of a leaf: of a zero byte and the record's bytes.
#[must_use]
pub fn leaf_hash(hash: HashAlgorithm, record: &[u8]) -> Hash {
    hash_after_byte(hash, 0, record)
}

/// The hash of an inner node: of a one byte and both children.
#[must_use]
pub fn node_hash(hash: HashAlgorithm, left: &Hash, right: &Hash) -> Hash {
    hash_pair(hash, 1, left, right)
}

/// The right edge of a tree: the roots of its complete subtrees, the largest first. Enough to grow and to tell the root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Frontier {
    hash: HashAlgorithm,
    size: u64,
    peaks: Vec<Hash>,
}

impl Frontier {
    /// The empty tree.
    pub(super) fn new(hash: HashAlgorithm) -> Self {
        Frontier { hash, size: 0, peaks: Vec::new() }
    }

    /// A tree of `size` leaves with these peaks: one for each bit that is set in `size`.
    pub(super) fn from_peaks(hash: HashAlgorithm, size: u64, peaks: Vec<Hash>) -> Option<Self> {
        (peaks.len() as u64 == u64::from(size.count_ones())).then_some(Frontier { hash, size, peaks })
    }

    pub(super) fn hash(&self) -> HashAlgorithm {
        self.hash
    }

    pub(super) fn size(&self) -> u64 {
        self.size
    }

    pub(super) fn peaks(&self) -> &[Hash] {
        &self.peaks
    }

    pub(super) fn push(&mut self, leaf: Hash) {
        self.push_to(leaf, &mut |_| ());
    }

    /// Grows by a leaf, and tells each node that it completes: the leaf, then its ancestors from below.
    pub(super) fn push_to(&mut self, leaf: Hash, completed: &mut impl FnMut(&Hash)) {
        let mut hash = leaf;
        completed(&hash);
        // Each set bit at the low end is a complete subtree of the size of what `hash` covers.
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                hash = node_hash(self.hash, &left, &hash);
                completed(&hash);
            }
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    pub(super) fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev();
        match peaks.next() {
            None => *Hasher::new(self.hash).finish().as_bytes(),
            Some(last) => peaks.fold(*last, |right, left| node_hash(self.hash, left, &right)),
        }
    }
}

/// The largest power of two below `n`, for `n` of at least two: where RFC 6962 splits a tree.
fn split(n: u64) -> u64 {
    1 << (u64::BITS - 1 - n.saturating_sub(1).max(1).leading_zeros())
}

/// The ranges of leaves whose subtree roots prove that the leaf `index` is in the tree of `size`, in proof order.
pub(super) fn inclusion_ranges(index: u64, size: u64) -> Vec<Range<u64>> {
    let (mut low, mut high) = (0, size);
    let mut ranges = Vec::new();
    while high - low > 1 {
        let middle = low + split(high - low);
        if index < middle {
            ranges.push(middle..high);
            high = middle;
        } else {
            ranges.push(low..middle);
            low = middle;
        }
    }
    ranges.reverse();
    ranges
}

/// The ranges whose subtree roots prove that the tree of `first` leaves begins the tree of `second`, in proof order.
pub(super) fn consistency_ranges(first: u64, second: u64) -> Vec<Range<u64>> {
    let mut ranges = Vec::new();
    if first == 0 || first >= second {
        return ranges;
    }
    let (mut low, mut high) = (0, second);
    while first < high {
        let middle = low + split(high - low);
        if first <= middle {
            ranges.push(middle..high);
            high = middle;
        } else {
            ranges.push(low..middle);
            low = middle;
        }
    }
    if low > 0 {
        ranges.push(low..high);
    }
    ranges.reverse();
    ranges
}

/// Finds the roots of disjoint ranges in one pass over the leaves.
pub(super) struct Collector {
    /// In the order of the leaves: place in the proof, range, what is seen of it.
    parts: Vec<(usize, Range<u64>, Frontier)>,
    current: usize,
    index: u64,
}

impl Collector {
    pub(super) fn new(hash: HashAlgorithm, ranges: Vec<Range<u64>>) -> Self {
        let mut parts: Vec<_> =
            ranges.into_iter().enumerate().map(|(place, range)| (place, range, Frontier::new(hash))).collect();
        parts.sort_by_key(|(_, range, _)| range.start);
        Collector { parts, current: 0, index: 0 }
    }

    /// Takes the next leaf. `false` when no more are needed.
    pub(super) fn take(&mut self, leaf: impl FnOnce() -> Hash) -> bool {
        if let Some((_, range, frontier)) = self.parts.get_mut(self.current) {
            if range.contains(&self.index) {
                frontier.push(leaf());
            }
            self.index += 1;
            if self.index == range.end {
                self.current += 1;
            }
        }
        self.current < self.parts.len()
    }

    /// The roots in proof order; `None` when the leaves ended too early.
    pub(super) fn finish(mut self) -> Option<Vec<Hash>> {
        if self.current < self.parts.len() {
            return None;
        }
        self.parts.sort_by_key(|(place, _, _)| *place);
        Some(self.parts.iter().map(|(_, _, frontier)| frontier.root()).collect())
    }
}

/// Checks that the leaf with hash `leaf` is at `index` in the tree of `size` leaves and this root (RFC 9162,
/// section 2.1.3.2).
///
/// # Errors
/// [`IntegrityError::IndexBeyondSize`], [`IntegrityError::ProofLength`], [`IntegrityError::WrongInclusion`].
///
/// ```
/// use kaifang::ledger::{leaf_hash, node_hash, verify_inclusion};
/// use kaifang::terms::HashAlgorithm::Sha256;
/// let (left, right) = (leaf_hash(Sha256, b"a"), leaf_hash(Sha256, b"b"));
/// let root = node_hash(Sha256, &left, &right);
/// assert!(verify_inclusion(Sha256, &right, 1, 2, &[left], &root).is_ok());
/// assert!(verify_inclusion(Sha256, &right, 0, 2, &[left], &root).is_err());
/// ```
pub fn verify_inclusion(
    hash: HashAlgorithm,
    leaf: &Hash,
    index: u64,
    size: u64,
    proof: &[Hash],
    root: &Hash,
) -> Result<(), IntegrityError> {
    if index >= size {
        return Err(IntegrityError::IndexBeyondSize { index, size });
    }
    let too_long = || IntegrityError::ProofLength { hashes: proof.len() };
    let (mut node, mut last) = (index, size - 1);
    let mut found = *leaf;
    for sibling in proof {
        if last == 0 {
            return Err(too_long());
        }
        if node & 1 == 1 || node == last {
            found = node_hash(hash, sibling, &found);
            (node, last) = up_to_right_child(node, last);
        } else {
            found = node_hash(hash, &found, sibling);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    match last {
        0 if found == *root => Ok(()),
        0 => Err(IntegrityError::WrongInclusion { index, size }),
        _ => Err(too_long()),
    }
}

/// Checks that the tree of `size1` leaves and `root1` begins the tree of `size2` leaves and `root2` (RFC 9162,
/// section 2.1.4.2). Nothing can be proved of the empty tree but that it equals itself.
///
/// # Errors
/// [`IntegrityError::ConsistencySizes`], [`IntegrityError::ProofLength`], [`IntegrityError::WrongConsistency`].
pub fn verify_consistency(
    hash: HashAlgorithm,
    size1: u64,
    size2: u64,
    proof: &[Hash],
    root1: &Hash,
    root2: &Hash,
) -> Result<(), IntegrityError> {
    let wrong_length = || IntegrityError::ProofLength { hashes: proof.len() };
    let wrong = || IntegrityError::WrongConsistency { size1, size2 };
    if size1 == size2 {
        return match proof {
            [] if root1 == root2 => Ok(()),
            [] => Err(wrong()),
            _ => Err(wrong_length()),
        };
    }
    if size1 == 0 || size1 > size2 {
        return Err(IntegrityError::ConsistencySizes { size1, size2 });
    }
    // Where the old tree is one complete subtree, its root is not repeated in the proof.
    let (seed, rest) = if size1.is_power_of_two() {
        (*root1, proof)
    } else {
        let (first, rest) = proof.split_first().ok_or_else(wrong_length)?;
        (*first, rest)
    };
    let shift = (size1 - 1).trailing_ones();
    let (mut node, mut last) = ((size1 - 1) >> shift, (size2 - 1) >> shift);
    let (mut old, mut new) = (seed, seed);
    for sibling in rest {
        if last == 0 {
            return Err(wrong_length());
        }
        if node & 1 == 1 || node == last {
            old = node_hash(hash, sibling, &old);
            new = node_hash(hash, sibling, &new);
            (node, last) = up_to_right_child(node, last);
        } else {
            new = node_hash(hash, &new, sibling);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    match last {
        0 if old == *root1 && new == *root2 => Ok(()),
        0 => Err(wrong()),
        _ => Err(wrong_length()),
    }
}

/// From the last node of a level up to the first ancestor that is a right child: the levels between have no sibling.
fn up_to_right_child(mut node: u64, mut last: u64) -> (u64, u64) {
    while node & 1 == 0 && node != 0 {
        (node, last) = (node >> 1, last >> 1);
    }
    (node, last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terms::HashAlgorithm::Sha256;
    use ct_merkle::mem_backed_tree::MemoryBackedTree;
    use proptest::prelude::*;

    fn leaf(index: u64) -> Hash {
        leaf_hash(Sha256, &index.to_be_bytes())
    }

    fn root(size: u64) -> Hash {
        let mut frontier = Frontier::new(Sha256);
        (0..size).for_each(|index| frontier.push(leaf(index)));
        frontier.root()
    }

    fn collect(ranges: Vec<Range<u64>>, size: u64) -> Vec<Hash> {
        let mut collector = Collector::new(Sha256, ranges);
        (0..size).for_each(|index| _ = collector.take(|| leaf(index)));
        collector.finish().unwrap()
    }

    /// `ct-merkle`'s tree of the same leaves.
    fn oracle(size: u64) -> MemoryBackedTree<sha2::Sha256, Vec<u8>> {
        let mut tree = MemoryBackedTree::new();
        (0..size).for_each(|index| tree.push(index.to_be_bytes().to_vec()));
        tree
    }

    /// RFC 6962, section 2.1: the empty tree; and known answers of its reference implementation.
    #[test]
    fn known_hashes() {
        let hex = |hash: Hash| crate::terms::Digest::sha256(hash).to_string().split_off(7);
        assert_eq!(hex(root(0)), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_eq!(hex(leaf_hash(Sha256, b"")), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
        assert_eq!(
            hex(leaf_hash(Sha256, b"L123456")),
            "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56"
        );
    }

    #[test]
    fn roots_and_proofs_equal_the_oracles_at_every_size() {
        let leaves: Vec<Hash> = (0..128).map(leaf).collect();
        let roots: Vec<Hash> = (0..=128).map(root).collect();
        let collect = |ranges| {
            let mut collector = Collector::new(Sha256, ranges);
            leaves.iter().take_while(|leaf| collector.take(|| **leaf)).count();
            collector.finish().unwrap()
        };
        for size in 0..=128_u64 {
            let tree = oracle(size);
            let root = &roots[size as usize];
            assert_eq!(root[..], tree.root().as_bytes()[..], "{size}");
            for index in 0..size {
                let proof = collect(inclusion_ranges(index, size));
                assert_eq!(proof.concat(), tree.prove_inclusion(index as usize).as_bytes(), "{index} of {size}");
                verify_inclusion(Sha256, &leaf(index), index, size, &proof, root).unwrap();
            }
            for first in 1..size {
                let proof = collect(consistency_ranges(first, size));
                let expected = tree.prove_consistency((size - first) as usize);
                assert_eq!(proof.concat(), expected.as_bytes(), "{first} of {size}");
                verify_consistency(Sha256, first, size, &proof, &roots[first as usize], root).unwrap();
            }
        }
    }

    #[test]
    fn a_proof_holds_for_nothing_else() {
        for size in 1..=20 {
            let roots: Vec<Hash> = (0..=21).map(root).collect();
            for index in 0..size {
                let proof = collect(inclusion_ranges(index, size), size);
                let check = |leaf: &Hash, index, size, proof: &[Hash], root: &Hash| {
                    verify_inclusion(Sha256, leaf, index, size, proof, root).is_ok()
                };
                let root = &roots[size as usize];
                for other in (0..=21).filter(|other| *other != index) {
                    assert!(!check(&leaf(index), other, size, &proof, root), "index {other} for {index} of {size}");
                    assert!(!check(&leaf(other), index, size, &proof, root), "leaf {other} for {index} of {size}");
                }
                for bit in [0, 7, 255] {
                    for place in 0..proof.len() {
                        let mut changed = proof.clone();
                        changed[place][bit / 8] ^= 1 << (bit % 8);
                        assert!(!check(&leaf(index), index, size, &changed, root));
                    }
                    let mut changed = *root;
                    changed[bit / 8] ^= 1 << (bit % 8);
                    assert!(!check(&leaf(index), index, size, &proof, &changed));
                }
                let longer = [proof.clone(), vec![[0; 32]]].concat();
                assert!(!check(&leaf(index), index, size, &longer, root));
                if let Some((_, shorter)) = proof.split_last() {
                    assert!(!check(&leaf(index), index, size, shorter, root));
                }
            }
        }
    }

    #[test]
    fn a_consistency_proof_holds_for_nothing_else() {
        let roots: Vec<Hash> = (0..=24).map(root).collect();
        for second in 1..=20_u64 {
            for first in 1..second {
                let proof = collect(consistency_ranges(first, second), second);
                let check = |size1: u64, size2: u64, proof: &[Hash], root1: &Hash, root2: &Hash| {
                    verify_consistency(Sha256, size1, size2, proof, root1, root2).is_ok()
                };
                let (old, new) = (&roots[first as usize], &roots[second as usize]);
                assert!(!check(first, second, &proof, new, old), "swapped roots");
                assert!(!check(second, first, &proof, old, new), "swapped sizes");
                assert!(!check(first, second, &[proof.clone(), vec![[0; 32]]].concat(), old, new));
                assert!(!check(first, second, &proof[1..], old, new));
                for place in 0..proof.len() {
                    let mut changed = proof.clone();
                    changed[place][31] ^= 1;
                    assert!(!check(first, second, &changed, old, new), "{first} {second} {place}");
                }
                for other in (0..=24).filter(|other| *other as u64 != first) {
                    assert!(!check(first, second, &proof, &roots[other], new), "old root {other}");
                }
            }
            assert!(
                verify_consistency(Sha256, second, second, &[], &roots[second as usize], &roots[second as usize])
                    .is_ok()
            );
            assert!(verify_consistency(Sha256, 0, second, &[], &roots[0], &roots[second as usize]).is_err());
        }
    }

    /// Indices near 2^64 are arithmetic like any other: no overflow, no endless loop.
    #[test]
    fn sizes_at_the_end_of_the_range() {
        let hash = [7; 32];
        for size in [u64::MAX, u64::MAX - 1, 1 << 63, (1 << 32) + 1] {
            for index in [0, 1, size / 2, size - 1, size] {
                for length in [0, 1, 32, 63, 64, 65] {
                    assert!(verify_inclusion(Sha256, &hash, index, size, &vec![hash; length], &hash).is_err());
                    assert!(
                        index == size
                            || verify_consistency(Sha256, index, size, &vec![hash; length], &hash, &hash).is_err()
                    );
                }
            }
            assert!(inclusion_ranges(size / 3, size).len() <= LONGEST_PROOF);
            assert!(consistency_ranges(size / 3, size).len() <= LONGEST_PROOF);
        }
    }

    proptest! {
        #[test]
        fn invented_proofs_fail(
            index in 0_u64..40, size in 0_u64..40,
            proof in prop::collection::vec(any::<[u8; 32]>(), 0..8), leaf: [u8; 32], root: [u8; 32],
        ) {
            prop_assert!(verify_inclusion(Sha256, &leaf, index, size, &proof, &root).is_err());
            prop_assert!(index == size || verify_consistency(Sha256, index, size, &proof, &leaf, &root).is_err());
        }
    }
}
