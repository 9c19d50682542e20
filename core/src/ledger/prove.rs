//! Proofs out of a log: some hashes from the file of nodes, or else a pass over the records.

use super::frame::SegmentReader;
use super::log::Ledger;
use super::nodes::Nodes;
use super::proof::{ProofDocument, Receipt};
use super::store::Store;
use super::tree::{
    Collector, Frontier, Hash, consistency_ranges, inclusion_ranges, leaf_hash, verify_consistency, verify_inclusion,
};
use super::{IntegrityError, LedgerError};
use crate::Error;
use crate::terms::{Digest, V1};

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
        let proof = self.from_nodes(|nodes| self.inclusion(nodes, index, signed_size, &self.signed.root));
        let proof = match proof {
            Some(proof) => proof,
            None => self.from_records(inclusion_ranges(index, signed_size))?,
        };
        let proof = proof.into_iter().map(Into::into).collect();
        Ok(Receipt { v: V1, index, proof, checkpoint: self.signed.clone() })
    }

    /// Proves that the tree of the first `size1` records begins that of `size2`. Costs as [`Ledger::receipt`].
    ///
    /// # Errors
    /// [`LedgerError::NoProof`] unless `0 < size1 <= size2 <= size`; [`LedgerError::Io`], [`IntegrityError`].
    pub fn prove_consistency(&self, size1: u64, size2: u64) -> Result<Vec<Hash>, Error> {
        if size1 == 0 || size1 > size2 || size2 > self.size() {
            return Err(LedgerError::NoProof { size1, size2, size: self.size() }.into());
        }
        match self.from_nodes(|nodes| self.consistency(nodes, size1, size2)) {
            Some(proof) => Ok(proof),
            None => self.from_records(consistency_ranges(size1, size2)),
        }
    }

    /// As [`Ledger::prove_consistency`], as a document with both roots.
    ///
    /// # Errors
    /// As [`Ledger::prove_consistency`].
    pub fn consistency_document(&self, size1: u64, size2: u64) -> Result<ProofDocument, Error> {
        let proof = self.prove_consistency(size1, size2)?;
        Ok(ProofDocument::Consistency {
            v: V1,
            hash: self.profile().hash(),
            size1,
            size2,
            proof: proof.into_iter().map(Into::into).collect(),
            root1: self.root_at(size1)?.into(),
            root2: self.root_at(size2)?.into(),
        })
    }

    /// The root of the tree of the first `size` records, which are there.
    fn root_at(&self, size: u64) -> Result<Hash, Error> {
        let proved = self.from_nodes(|nodes| {
            let (hash, root) = (self.profile().hash(), nodes.root(self.profile().hash(), &(0..size))?);
            let to_here = nodes.roots(hash, &consistency_ranges(size, self.size()))?;
            verify_consistency(hash, size, self.size(), &to_here, &root, self.root().as_bytes()).ok()?;
            Some(vec![root])
        });
        let roots = match proved {
            Some(roots) => roots,
            None => self.from_records(vec![0..size])?,
        };
        let none = LedgerError::NoProof { size1: size, size2: size, size: self.size() };
        Ok(roots.first().copied().ok_or(none)?)
    }

    /// What the nodes prove; where they prove nothing, a writer makes them anew and asks once more.
    fn from_nodes(&self, prove: impl Fn(&Nodes) -> Option<Vec<Hash>>) -> Option<Vec<Hash>> {
        let ask = || Nodes::open(&self.store).and_then(|nodes| prove(&nodes));
        let extend_and_ask = |from: u64| self.extend_nodes(from).ok().and_then(|()| ask());
        ask().or_else(|| {
            let size = self.writer.as_ref()?.nodes.as_ref()?.size();
            // Too short, most likely; else wrong.
            extend_and_ask(size).or_else(|| extend_and_ask(0))
        })
    }

    /// The proof of a leaf, if it leads to the root.
    fn inclusion(&self, nodes: &Nodes, index: u64, size: u64, root: &Digest) -> Option<Vec<Hash>> {
        let hash = self.profile().hash();
        let leaf = nodes.leaf(index)?;
        let proof = nodes.roots(hash, &inclusion_ranges(index, size))?;
        verify_inclusion(hash, &leaf, index, size, &proof, root.as_bytes()).ok()?;
        Some(proof)
    }

    /// The proof of two sizes, if it holds and the larger of them begins the tree that is there.
    fn consistency(&self, nodes: &Nodes, size1: u64, size2: u64) -> Option<Vec<Hash>> {
        let (hash, size) = (self.profile().hash(), self.size());
        let (root1, root2) = (nodes.root(hash, &(0..size1))?, nodes.root(hash, &(0..size2))?);
        let to_here = nodes.roots(hash, &consistency_ranges(size2, size))?;
        verify_consistency(hash, size2, size, &to_here, &root2, self.root().as_bytes()).ok()?;
        let proof = nodes.roots(hash, &consistency_ranges(size1, size2))?;
        verify_consistency(hash, size1, size2, &proof, &root1, &root2).ok()?;
        Some(proof)
    }

    /// Makes the file of nodes as long as the log, from where `size` leaves are there on.
    fn extend_nodes(&self, size: u64) -> Result<(), Error> {
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
        let (path, name) = (self.store.segment_path(number), Store::segment_name(number));
        Ok(SegmentReader::open(&path, name, self.profile().hash())?.header()?.frontier)
    }

    /// The proof by a pass over the records.
    fn from_records(&self, ranges: Vec<std::ops::Range<u64>>) -> Result<Vec<Hash>, Error> {
        let hash = self.profile().hash();
        let mut collector = Collector::new(hash, ranges);
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
