//! The tree of RFC 6962 read off its definition, section 2.1, by recursion; and the numbers that forgeries are made with.
//!
//! It shares no code with the library, and it is what says which claims are true.

use std::collections::HashMap;

use proptest::prelude::Rng;
use proptest::test_runner::{RngAlgorithm, TestRng};
use sha2::{Digest as _, Sha256};

pub(super) type Hash = [u8; 32];

/// The trees are of up to so many leaves.
pub(super) const MOST: u64 = 200;

pub(super) fn sha256(parts: &[&[u8]]) -> Hash {
    let mut hasher = Sha256::new();
    parts.iter().for_each(|part| hasher.update(part));
    hasher.finalize().into()
}

fn node(left: &Hash, right: &Hash) -> Hash {
    sha256(&[&[1], left, right])
}

/// The largest power of two smaller than `n`, for `n` > 1.
fn split(n: u64) -> u64 {
    1 << (n - 1).ilog2()
}

/// A tree of `MOST` leaves, with the roots of all ranges that a proof can need.
pub(super) struct Tree {
    pub(super) leaves: Vec<Hash>,
    roots: HashMap<(u64, u64), Hash>,
}

impl Tree {
    pub(super) fn new(records: &[Vec<u8>]) -> Self {
        let leaves = records.iter().map(|record| sha256(&[&[0], record])).collect();
        let mut tree = Tree { leaves, roots: HashMap::new() };
        (0..=records.len() as u64).for_each(|size| _ = tree.grow(0, size));
        tree
    }

    fn grow(&mut self, from: u64, to: u64) -> Hash {
        if let Some(known) = self.roots.get(&(from, to)) {
            return *known;
        }
        let root = match to - from {
            0 => sha256(&[]),
            1 => self.leaves[from as usize],
            n => node(&self.grow(from, from + split(n)), &self.grow(from + split(n), to)),
        };
        self.roots.insert((from, to), root);
        root
    }

    pub(super) fn root(&self, size: u64) -> Hash {
        self.roots[&(0, size)]
    }

    fn range(&self, from: u64, to: u64) -> Hash {
        self.roots[&(from, to)]
    }

    /// PATH(m, D[from:to]).
    pub(super) fn path(&self, m: u64, from: u64, to: u64) -> Vec<Hash> {
        if to - from <= 1 {
            return Vec::new();
        }
        let middle = from + split(to - from);
        let (mut path, last) = if m < middle {
            (self.path(m, from, middle), self.range(middle, to))
        } else {
            (self.path(m, middle, to), self.range(from, middle))
        };
        path.push(last);
        path
    }

    /// SUBPROOF(m, D[from:to], b), with `m` counted from the first leaf of the whole.
    fn subproof(&self, m: u64, from: u64, to: u64, whole: bool) -> Vec<Hash> {
        if m == to {
            return if whole { Vec::new() } else { vec![self.range(from, to)] };
        }
        let middle = from + split(to - from);
        let (mut proof, last) = if m <= middle {
            (self.subproof(m, from, middle, whole), self.range(middle, to))
        } else {
            (self.subproof(m, middle, to, false), self.range(from, middle))
        };
        proof.push(last);
        proof
    }

    /// PROOF(m, D[n]), for 0 < m <= n.
    pub(super) fn consistency(&self, m: u64, n: u64) -> Vec<Hash> {
        self.subproof(m, 0, n, true)
    }
}

/// The root that PATH leads to, if it has the length that it must have.
pub(super) fn follow(leaf: &Hash, index: u64, size: u64, path: &[Hash]) -> Option<Hash> {
    if index >= size {
        return None;
    }
    if size == 1 {
        return path.is_empty().then_some(*leaf);
    }
    let (last, rest) = path.split_last()?;
    let k = split(size);
    if index < k {
        Some(node(&follow(leaf, index, k, rest)?, last))
    } else {
        Some(node(last, &follow(leaf, index - k, size - k, rest)?))
    }
}

/// The roots of the older and the newer tree that SUBPROOF leads to.
fn climb(m: u64, n: u64, proof: &[Hash], old: Option<&Hash>) -> Option<(Hash, Hash)> {
    if m == n {
        return match (old, proof) {
            (Some(old), []) => Some((*old, *old)),
            (None, [only]) => Some((*only, *only)),
            _ => None,
        };
    }
    let (last, rest) = proof.split_last()?;
    let k = split(n);
    if m <= k {
        let (older, newer) = climb(m, k, rest, old)?;
        Some((older, node(&newer, last)))
    } else {
        let (older, newer) = climb(m - k, n - k, rest, None)?;
        Some((node(last, &older), node(last, &newer)))
    }
}

/// Whether PROOF shows that the tree of `m` leaves begins that of `n`.
pub(super) fn extends(m: u64, n: u64, proof: &[Hash], roots: (&Hash, &Hash)) -> bool {
    let begins = m > 0 && m < n && climb(m, n, proof, Some(roots.0)) == Some((*roots.0, *roots.1));
    // Of equal trees there is nothing to prove, of empty ones either.
    begins || (m == n && proof.is_empty() && roots.0 == roots.1)
}

/// Numbers that are the same in every run.
pub(super) struct Dice(TestRng);

impl Dice {
    pub(super) fn new() -> Self {
        Dice(TestRng::deterministic_rng(RngAlgorithm::ChaCha))
    }

    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.0.next_u64() % end
    }

    pub(super) fn hash(&mut self) -> Hash {
        let mut hash = [0; 32];
        self.0.fill_bytes(&mut hash);
        hash
    }

    pub(super) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len() as u64) as usize]
    }

    /// A size of 1 to `MOST`, small ones and powers of two as often as all others.
    pub(super) fn size(&mut self) -> u64 {
        match self.below(4) {
            0 => 1 + self.below(9),
            1 => (1 << self.below(8)) + self.below(2),
            _ => 1 + self.below(MOST),
        }
    }

    /// Another number than this, near or far.
    pub(super) fn other(&mut self, number: u64) -> u64 {
        match self.below(6) {
            0 => number.wrapping_add(1),
            1 => number.wrapping_sub(1),
            2 => number ^ 1 << self.below(64),
            3 => number ^ 1 << self.below(8),
            4 => *self.pick(&[0, 1, 2, 1 << 32, u64::MAX, u64::MAX - 1]),
            _ => self.below(MOST + 1),
        }
    }

    /// How often a statement is changed: seldom not at all, mostly once.
    pub(super) fn changes(&mut self) -> u64 {
        *self.pick(&[0, 1, 1, 1, 1, 1, 1, 1, 2, 2])
    }

    pub(super) fn flip(&mut self, bytes: &mut [u8]) {
        let bit = self.below(bytes.len() as u64 * 8) as usize;
        bytes[bit / 8] ^= 1 << (bit % 8);
    }

    /// Changes a proof by a hash that is gone, added, moved, repeated or changed. `near` are hashes of the same tree.
    pub(super) fn change_proof(&mut self, proof: &mut Vec<Hash>, near: &[Hash]) {
        let length = proof.len() as u64;
        let place = self.below(length.max(1)) as usize;
        match self.below(10) {
            0 if length > 0 => _ = proof.remove(place),
            1 => {
                let hash = if self.below(2) == 0 { self.hash() } else { *self.pick(near) };
                proof.insert(self.below(length + 1) as usize, hash);
            }
            2 if length > 1 => proof.swap(place, self.below(length) as usize),
            3 if length > 0 => proof.insert(place, proof[place]),
            4 if length > 0 => self.flip(&mut proof[place]),
            5 if length > 0 => proof[place] = *self.pick(near),
            6 if length > 0 => proof[place] = [0; 32],
            7 => proof.reverse(),
            8 => proof.rotate_left(place),
            9 => proof.truncate(place),
            _ => proof.extend(std::iter::repeat_n(*self.pick(near), 1 + self.below(70) as usize)),
        }
    }
}
