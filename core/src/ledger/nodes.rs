//! The nodes of the tree in a file of their own, so that a proof reads some hashes and not every record.
//!
//! The file is derived: it is written after the records are durable, never synced, and never trusted. Whoever takes
//! hashes from it proves them against a root that was checked; when that fails, the file is made anew from the records.
//! Nodes stand in the order in which they are completed: each leaf, then the ancestors that it completes, from below.

use std::fs::{File, OpenOptions};
use std::ops::Range;
use std::os::unix::fs::FileExt;

use super::store::{NODES, Store};
use super::tree::{Frontier, Hash};
use crate::terms::HashAlgorithm;

/// The bytes of a hash.
const WIDTH: u64 = size_of::<Hash>() as u64;

/// How many nodes are complete in a tree of this size: 2·size less one for each peak.
pub(super) fn count(size: u64) -> u64 {
    size.saturating_mul(2).saturating_sub(u64::from(size.count_ones()))
}

/// The place of the root of leaves `index << level` to `(index + 1) << level`: it is completed by the last of them, after
/// its own descendants.
fn place(level: u32, index: u64) -> Option<u64> {
    let last = index.checked_add(1)?.checked_mul(1_u64.checked_shl(level)?)?.checked_sub(1)?;
    count(last).checked_add(u64::from(level))
}

/// The file, open for reading.
#[derive(Debug)]
pub(super) struct Nodes(File);

impl Nodes {
    /// `None` when there is none, or none that can be read: it is derived.
    pub(super) fn open(store: &Store) -> Option<Self> {
        File::open(store.path(NODES)).ok().map(Nodes)
    }

    fn read(&self, level: u32, index: u64) -> Option<Hash> {
        let mut hash = [0; WIDTH as usize];
        self.0.read_exact_at(&mut hash, place(level, index)?.checked_mul(WIDTH)?).ok()?;
        Some(hash)
    }

    /// The root of a range of leaves that a proof names: it begins at a multiple of the largest power of two that is not
    /// above its length.
    pub(super) fn root(&self, hash: HashAlgorithm, range: &Range<u64>) -> Option<Hash> {
        let size = range.end.checked_sub(range.start)?;
        let (mut peaks, mut next) = (Vec::new(), range.start);
        for level in (0..u64::BITS).rev().filter(|level| size >> level & 1 == 1) {
            peaks.push(self.read(level, next >> level)?);
            next += 1 << level;
        }
        Some(Frontier::from_peaks(hash, size, peaks)?.root())
    }

    /// The roots of ranges.
    pub(super) fn roots(&self, hash: HashAlgorithm, ranges: &[Range<u64>]) -> Option<Vec<Hash>> {
        ranges.iter().map(|range| self.root(hash, range)).collect()
    }
}

/// The file, open for writing.
#[derive(Debug)]
pub(super) struct NodesWriter(File);

impl NodesWriter {
    /// `None` when it can't be had: proofs cost a pass over the records then.
    pub(super) fn open(store: &Store) -> Option<Self> {
        OpenOptions::new().create(true).truncate(false).write(true).open(store.path(NODES)).ok().map(NodesWriter)
    }

    /// How many leaves are there with all that they complete.
    pub(super) fn size(&self) -> u64 {
        let nodes = self.0.metadata().map_or(0, |about| about.len() / WIDTH);
        // `count` grows with the size: the largest size whose nodes are all there.
        let (mut low, mut high) = (0, nodes);
        while low < high {
            let middle = low + (high - low).div_ceil(2);
            if count(middle) <= nodes { low = middle } else { high = middle - 1 }
        }
        low
    }

    /// Writes what the leaves from `size` on complete, if the file stands there; else a later proof makes it whole.
    pub(super) fn write(&self, size: u64, nodes: &[u8]) {
        if self.0.metadata().is_ok_and(|about| about.len() == count(size) * WIDTH) {
            // What fails here is found by who proves with it.
            let _ = self.0.write_all_at(nodes, count(size) * WIDTH);
        }
    }

    /// Cuts the file to a size.
    pub(super) fn cut(&self, size: u64) -> bool {
        self.0.set_len(count(size) * WIDTH).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::tree::{consistency_ranges, inclusion_ranges, leaf_hash};

    #[test]
    fn every_node_stands_where_it_is_looked_for() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::at(dir.path());
        let writer = NodesWriter::open(&store).unwrap();
        for hash in [HashAlgorithm::Sha256, HashAlgorithm::Sm3] {
            assert!(writer.cut(0));
            let mut tree = Frontier::new(hash);
            let leaves: Vec<Hash> = (0..100_u8).map(|leaf| leaf_hash(hash, &[leaf])).collect();
            for (size, leaf) in (0..).zip(&leaves) {
                assert_eq!(writer.size(), size);
                let mut nodes = Vec::new();
                tree.push_to(*leaf, &mut |node| nodes.extend_from_slice(node));
                writer.write(size + 1, &nodes);
                assert_eq!(writer.size(), size, "what does not follow is not written");
                writer.write(size, &nodes);
            }
            let nodes = Nodes::open(&store).unwrap();
            let plain = |range: &Range<u64>| {
                let mut tree = Frontier::new(hash);
                leaves[range.start as usize..range.end as usize].iter().for_each(|leaf| tree.push(*leaf));
                tree.root()
            };
            for size in 1..=100 {
                for index in 0..size {
                    for range in [
                        inclusion_ranges(index, size),
                        consistency_ranges(index, size),
                        std::iter::once(0..size).collect(),
                    ]
                    .concat()
                    {
                        assert_eq!(nodes.root(hash, &range), Some(plain(&range)), "{range:?}");
                    }
                }
            }
            assert_eq!((nodes.root(hash, &(7..8)), nodes.root(hash, &(100..101))), (Some(leaves[7]), None));
            assert_eq!(nodes.root(hash, &(u64::MAX - 1..u64::MAX)), None);
        }
    }
}
