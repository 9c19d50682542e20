//! Forged proofs: statements of real trees, changed, and what the library says of each beside what is true.
//!
//! A change may leave a statement true, or make another that is; so a recomputation from the definition says what must be
//! accepted, and everything else must be refused. `KAIFANG_FORGED_PROOFS` says how many are made.

mod receipts;
mod tree;

use kaifang::ledger::{ProofDocument, ProofHash, verify_consistency, verify_document, verify_inclusion};
use kaifang::terms::{HashAlgorithm, V1};

use self::tree::{Dice, Hash, MOST, Tree, extends, follow, sha256};

/// How many of all statements are of one kind.
fn statements(percent: u64) -> u64 {
    let usual = if cfg!(debug_assertions) { 100_000 } else { 1_000_000 };
    let all: u64 = std::env::var("KAIFANG_FORGED_PROOFS").map_or(usual, |count| count.parse().unwrap());
    all * percent / 100
}

/// What became of the statements.
#[derive(Debug, Default)]
struct Tally {
    refused: u64,
    accepted: u64,
}

impl Tally {
    fn take(&mut self, accepted: bool) {
        *(if accepted { &mut self.accepted } else { &mut self.refused }) += 1;
    }

    fn end(&self, of_what: &str) {
        println!("{of_what}: {} forgeries refused, {} true statements accepted", self.refused, self.accepted);
        assert!(self.refused > self.accepted && self.accepted > self.refused / 50, "{self:?}");
    }
}

fn records() -> Vec<Vec<u8>> {
    (0..MOST).map(|index| format!(r#"{{"index":{index}}}"#).into_bytes()).collect()
}

fn proof_hashes(proof: &[Hash]) -> Vec<ProofHash> {
    proof.iter().copied().map(ProofHash).collect()
}

/// What a document says must be what the function says. JSON has no numbers above 2^53 - 1, so such ones are refused.
fn as_document(document: &ProofDocument, largest: u64, expected: bool) {
    let json = serde_json::to_vec(document).unwrap();
    let expected = expected && largest < 1 << 53;
    assert_eq!(verify_document(&json).is_ok(), expected, "{document:?}");
}

#[derive(Debug, Clone)]
struct Inclusion {
    leaf: Hash,
    index: u64,
    size: u64,
    proof: Vec<Hash>,
    root: Hash,
}

impl Inclusion {
    fn of(tree: &Tree, index: u64, size: u64) -> Self {
        let (leaf, root) = (tree.leaves[index as usize], tree.root(size));
        Inclusion { leaf, index, size, proof: tree.path(index, 0, size), root }
    }

    fn forge(&mut self, dice: &mut Dice, tree: &Tree) {
        match dice.below(12) {
            0 => self.leaf = *dice.pick(&tree.leaves),
            1 => self.index = dice.other(self.index),
            2 => self.size = dice.other(self.size),
            3 => self.root = tree.root(dice.size()),
            4 => {
                let size = self.size.clamp(1, MOST);
                self.proof = tree.path(dice.below(size), 0, size);
            }
            // The proof of the same leaf in another tree.
            5 => {
                let size = dice.size();
                self.proof = tree.path(self.index.min(size - 1), 0, size);
            }
            // Left for right: the sibling's place, the place counted from the other end.
            6 => {
                self.index =
                    if dice.below(2) == 0 { self.index ^ 1 } else { self.size.wrapping_sub(self.index).wrapping_sub(1) }
            }
            // An inner node in the place of a leaf, in the smaller tree that it would be a leaf of.
            7 => {
                if let Some((sibling, rest)) = self.proof.split_first() {
                    let (left, right) = if self.index & 1 == 0 { (&self.leaf, sibling) } else { (sibling, &self.leaf) };
                    let prefix = *dice.pick(&[0, 1]);
                    self.leaf = sha256(&[&[prefix], left, right]);
                    self.proof = rest.to_vec();
                    (self.index, self.size) = (self.index / 2, self.size.div_ceil(2));
                }
            }
            8 => dice.flip(&mut self.leaf),
            9 => dice.flip(&mut self.root),
            _ => dice.change_proof(&mut self.proof, &[self.leaf, self.root, tree.leaves[0]]),
        }
    }
}

#[test]
fn forged_inclusion_proofs_are_refused() {
    let (tree, mut dice, mut tally) = (Tree::new(&records()), Dice::new(), Tally::default());
    for number in 0..statements(40) {
        let size = dice.size();
        let mut claim = Inclusion::of(&tree, dice.below(size), size);
        for _ in 0..dice.changes() {
            claim.forge(&mut dice, &tree);
        }
        let Inclusion { leaf, index, size, proof, root } = &claim;
        let (index, size) = (*index, *size);
        let expected = follow(leaf, index, size, proof) == Some(*root);
        let accepted = verify_inclusion(HashAlgorithm::Sha256, leaf, index, size, proof, root).is_ok();
        assert_eq!(accepted, expected, "{claim:?}");
        if size <= MOST && *root == tree.root(size) {
            // Under a root that is the root of so many: nothing but the truth.
            let leaf_is_there = tree.leaves.get(index as usize) == Some(leaf) && index < size;
            assert_eq!(accepted, leaf_is_there && *proof == tree.path(index, 0, size), "{claim:?}");
        }
        if number % 16 == 0 {
            let (leaf, root, proof) = (ProofHash(*leaf), ProofHash(*root), proof_hashes(proof));
            let document =
                ProofDocument::Inclusion { v: V1, hash: HashAlgorithm::Sha256, leaf, index, size, proof, root };
            as_document(&document, index.max(size), expected);
        }
        tally.take(accepted);
    }
    tally.end("inclusion");
}

#[derive(Debug, Clone)]
struct Consistency {
    sizes: [u64; 2],
    proof: Vec<Hash>,
    roots: [Hash; 2],
}

impl Consistency {
    fn of(tree: &Tree, size1: u64, size2: u64) -> Self {
        Consistency {
            sizes: [size1, size2],
            proof: tree.consistency(size1, size2),
            roots: [size1, size2].map(|size| tree.root(size)),
        }
    }

    fn forge(&mut self, dice: &mut Dice, tree: &Tree) {
        let which = dice.below(2) as usize;
        match dice.below(12) {
            0 => self.sizes[which] = dice.other(self.sizes[which]),
            1 => self.sizes.swap(0, 1),
            2 => self.roots.swap(0, 1),
            3 => self.roots[which] = tree.root(dice.size()),
            4 => dice.flip(&mut self.roots[which]),
            5 => {
                let second = dice.size();
                self.proof = tree.consistency(1 + dice.below(second), second);
            }
            // Of equal sizes, of equal roots, of the empty tree.
            6 => self.sizes[which] = self.sizes[1 - which],
            7 => self.roots[which] = self.roots[1 - which],
            8 => (self.sizes[which], self.roots[which]) = (0, tree.root(0)),
            // The older root stands in the proof only where it is not a complete subtree.
            9 => self.proof.insert(0, self.roots[0]),
            _ => dice.change_proof(&mut self.proof, &[self.roots[0], self.roots[1], tree.leaves[0]]),
        }
    }
}

#[test]
fn forged_consistency_proofs_are_refused() {
    let (tree, mut dice, mut tally) = (Tree::new(&records()), Dice::new(), Tally::default());
    for number in 0..statements(40) {
        let size2 = dice.size();
        let mut claim = Consistency::of(&tree, 1 + dice.below(size2), size2);
        for _ in 0..dice.changes() {
            claim.forge(&mut dice, &tree);
        }
        let Consistency { sizes: [size1, size2], proof, roots: [root1, root2] } = &claim;
        let (size1, size2) = (*size1, *size2);
        let expected = extends(size1, size2, proof, (root1, root2));
        let accepted = verify_consistency(HashAlgorithm::Sha256, size1, size2, proof, root1, root2).is_ok();
        assert_eq!(accepted, expected, "{claim:?}");
        if size2 <= MOST && *root2 == tree.root(size2) && accepted {
            // Under a root that is the root of so many: nothing but the truth.
            assert!(size1 <= size2 && *root1 == tree.root(size1), "{claim:?}");
        }
        if number % 16 == 0 {
            let (root1, root2, proof) = (ProofHash(*root1), ProofHash(*root2), proof_hashes(proof));
            let document =
                ProofDocument::Consistency { v: V1, hash: HashAlgorithm::Sha256, size1, size2, proof, root1, root2 };
            as_document(&document, size1.max(size2), expected);
        }
        tally.take(accepted);
    }
    tally.end("consistency");
}
