//! Proofs out of a log: some hashes from the file of nodes, or else a pass over the records.

use std::ops::Range;

use super::frame::SegmentReader;
use super::log::Ledger;
use super::nodes::Nodes;
use super::proof::{ProofDocument, Receipt};
use super::tree::{
    Collector, Frontier, Hash, consistency_ranges, inclusion_ranges, leaf_hash, verify_consistency, verify_inclusion,
};
use super::{Checkpoint, IntegrityError, LedgerError};
use crate::Error;
use crate::terms::V1;

/// The roots of disjoint ranges of leaves, from wherever they are had.
type Roots<'a> = &'a dyn Fn(&[Range<u64>]) -> Result<Vec<Hash>, Error>;

impl Ledger {
    /// Proves that a record is under the last signed head. Costs a pass over the records where the file of nodes is not
    /// as long as the log: a writer makes it so.
    ///
    /// # Errors
    /// [`LedgerError::NotYetSigned`] when the record is newer than the head, [`LedgerError::Io`], [`IntegrityError`].
    pub fn receipt(&self, index: u64) -> Result<Receipt, Error> {
        let signed_size = self.signed.size;
        if index >= self.size() {
            return Err(LedgerError::NoSuchRecord { index, size: self.size() }.into());
        }
        if index >= signed_size {
            return Err(LedgerError::NotYetSigned { index, signed_size }.into());
        }
        let proof = self.proved(|roots| self.inclusion(roots, index, &self.signed))?;
        let proof = proof.into_iter().map(Into::into).collect();
        Ok(Receipt { v: V1, index, proof, checkpoint: self.signed.clone() })
    }

    /// Proves that the tree of the first `size1` records begins that of `size2`. Costs as [`Ledger::receipt`].
    ///
    /// # Errors
    /// [`LedgerError::NoProof`] unless `0 < size1 <= size2 <= size`; [`LedgerError::Io`], [`IntegrityError`].
    pub fn prove_consistency(&self, size1: u64, size2: u64) -> Result<Vec<Hash>, Error> {
        self.consistency(size1, size2).map(|(proof, _, _)| proof)
    }

    /// As [`Ledger::prove_consistency`], as a document with both roots.
    ///
    /// # Errors
    /// As [`Ledger::prove_consistency`].
    pub fn consistency_document(&self, size1: u64, size2: u64) -> Result<ProofDocument, Error> {
        let (proof, root1, root2) = self.consistency(size1, size2)?;
        let proof = proof.into_iter().map(Into::into).collect();
        let hash = self.profile().hash();
        Ok(ProofDocument::Consistency { v: V1, hash, size1, size2, proof, root1: root1.into(), root2: root2.into() })
    }

    /// Whatever is proved from the nodes; where they prove nothing, from the nodes made anew by a writer, or else from the
    /// records. What `prove` gives it has verified.
    fn proved<T>(&self, prove: impl Fn(Roots<'_>) -> Result<T, Error>) -> Result<T, Error> {
        let hash = self.profile().hash();
        let from_nodes = || {
            let nodes = Nodes::open(&self.store)?;
            prove(&|ranges| Ok(nodes.roots(hash, ranges).ok_or(IntegrityError::ProofLength { hashes: 0 })?)).ok()
        };
        let made_anew = |from| self.extend_nodes(from).ok().and_then(|()| from_nodes());
        // Too short, most likely; else wrong.
        let again = || made_anew(self.writer.as_ref()?.nodes.as_ref()?.size()).or_else(|| made_anew(0));
        match from_nodes().or_else(again) {
            Some(proof) => Ok(proof),
            None => prove(&|ranges| self.roots_of_records(ranges)),
        }
    }

    /// The proof that a leaf is under a head.
    fn inclusion(&self, roots: Roots<'_>, index: u64, head: &Checkpoint) -> Result<Vec<Hash>, Error> {
        let hash = self.profile().hash();
        let leaf = one(roots, index..index + 1)?;
        let proof = roots(&inclusion_ranges(index, head.size))?;
        verify_inclusion(hash, &leaf, index, head.size, &proof, head.root.as_bytes())?;
        Ok(proof)
    }

    /// The proof of two sizes and their roots: it holds, and the larger of them begins the tree that is there.
    fn consistency(&self, size1: u64, size2: u64) -> Result<(Vec<Hash>, Hash, Hash), Error> {
        let (hash, size) = (self.profile().hash(), self.size());
        if size1 == 0 || size1 > size2 || size2 > size {
            return Err(LedgerError::NoProof { size1, size2, size }.into());
        }
        self.proved(|roots| {
            let (root1, root2) = (one(roots, 0..size1)?, one(roots, 0..size2)?);
            let to_here = roots(&consistency_ranges(size2, size))?;
            verify_consistency(hash, size2, size, &to_here, &root2, self.root().as_bytes())?;
            let proof = roots(&consistency_ranges(size1, size2))?;
            verify_consistency(hash, size1, size2, &proof, &root1, &root2)?;
            Ok((proof, root1, root2))
        })
    }

    /// Makes the file of nodes as long as the log, from where `size` leaves are there on.
    fn extend_nodes(&self, size: u64) -> Result<(), Error> {
        // A child made by `fork` leaves its parent's file alone.
        self.usable()?;
        let Some(writer) = self.writer.as_ref().and_then(|writer| writer.nodes.as_ref()) else { return Ok(()) };
        let size = size.min(self.size());
        let number = self.segments.partition_point(|first| *first <= size).saturating_sub(1);
        let (mut tree, hash) = (self.frontier_of_segment(number as u64)?, self.profile().hash());
        writer.cut(tree.size());
        let mut nodes = Vec::new();
        let mut from = tree.size();
        for record in self.records_from(tree.size())? {
            let (_, bytes) = record?;
            tree.push_to(leaf_hash(hash, &bytes), &mut |node| nodes.extend_from_slice(node));
            if nodes.len() >= 1 << 20 {
                writer.write(from, &nodes);
                nodes.clear();
                from = tree.size();
            }
        }
        writer.write(from, &nodes);
        Ok(())
    }

    /// The tree before the first record of a segment.
    fn frontier_of_segment(&self, number: u64) -> Result<Frontier, Error> {
        Ok(SegmentReader::open(&self.store, number, self.profile().hash())?.header()?.frontier)
    }

    /// The roots by a pass over the records.
    fn roots_of_records(&self, ranges: &[Range<u64>]) -> Result<Vec<Hash>, Error> {
        let hash = self.profile().hash();
        let mut collector = Collector::new(hash, ranges.to_vec());
        for record in self.records()? {
            let (_, bytes) = record?;
            if !collector.take(|| leaf_hash(hash, &bytes)) {
                break;
            }
        }
        let missing = IntegrityError::RolledBack { signed_size: self.signed.size, size: self.size() };
        Ok(collector.finish().ok_or(missing)?)
    }
}

/// The root of one range.
fn one(roots: Roots<'_>, range: Range<u64>) -> Result<Hash, Error> {
    Ok(roots(&[range])?.first().copied().ok_or(IntegrityError::ProofLength { hashes: 0 })?)
}
