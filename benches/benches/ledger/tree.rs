//! Growing the tree in memory, against what hashing alone allows, and beside others' trees.

use std::hint::black_box;

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use kaifang::ledger::{Hash, leaf_hash, node_hash};
use kaifang::terms::HashAlgorithm::{self, Sha256, Sm3};
use kaifang_benches::peers::version;
use sha2::Digest as _;
use tlog_tiles::HashReader;

use crate::race::{Clock, Contender, Race};
use crate::records;
use crate::table::{Table, Unit};

/// How many records one turn appends.
const RECORDS: u64 = 20_000;
const ROUNDS: usize = 31;
/// A block of SHA-256 and of SM3, and how many of them a record of 300 bytes costs: five for the leaf, two for the inner
/// node that there is for each leaf but one.
const BLOCK: usize = 64;
const COMPRESSIONS: usize = 7;
/// What the limit hashes in one call.
const PIECE: usize = 16 << 10;

/// The ledger's own tree is not public: this is its growth, by the public hashes. It keeps every node, as the ledger does.
pub(crate) struct Growth {
    hash: HashAlgorithm,
    size: u64,
    peaks: Vec<Hash>,
    nodes: Vec<Hash>,
}

impl Growth {
    pub(crate) fn new(hash: HashAlgorithm) -> Self {
        Growth { hash, size: 0, peaks: Vec::new(), nodes: Vec::new() }
    }

    pub(crate) fn push(&mut self, record: &[u8]) {
        let mut hash = leaf_hash(self.hash, record);
        self.nodes.push(hash);
        for _ in 0..self.size.trailing_ones() {
            hash = node_hash(self.hash, &self.peaks.pop().unwrap(), &hash);
            self.nodes.push(hash);
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    /// Forgets the nodes, which growing does not need.
    pub(crate) fn forget(&mut self) {
        self.nodes.clear();
    }

    pub(crate) fn root(&self) -> Hash {
        let peaks = self.peaks.iter().rev().copied();
        peaks.reduce(|right, left| node_hash(self.hash, &left, &right)).unwrap()
    }
}

fn grow(hash: HashAlgorithm, records: &[Vec<u8>]) -> Hash {
    let mut tree = Growth::new(hash);
    records.iter().for_each(|record| tree.push(record));
    tree.root()
}

/// The hashes that `tlog_tiles` has told, in memory.
#[derive(Default)]
struct Stored(Vec<tlog_tiles::Hash>);

impl HashReader for Stored {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog_tiles::Hash>, tlog_tiles::Error> {
        Ok(indexes.iter().map(|index| self.0[*index as usize]).collect())
    }
}

fn grow_tlog(records: &[Vec<u8>]) -> Hash {
    let mut stored = Stored::default();
    for (index, record) in (0..).zip(records) {
        let hashes = tlog_tiles::stored_hashes(index, record, &stored).unwrap();
        stored.0.extend(hashes);
    }
    tlog_tiles::tree_hash(records.len() as u64, &stored).unwrap().0
}

fn grow_ct<H: sha2::Digest>(records: &[Vec<u8>]) -> Hash {
    let mut tree = MemoryBackedTree::<H, &[u8]>::new();
    records.iter().for_each(|record| tree.push(record));
    tree.root().as_bytes().as_slice().try_into().unwrap()
}

/// As many compressions as `records` records cost, in pieces of 16 KiB. Each piece costs one more, for its padding.
pub(crate) fn compress(records: u64, hash: impl Fn(&[u8])) {
    let piece = [0x5a; PIECE];
    let bytes = records as usize * COMPRESSIONS * BLOCK;
    (0..bytes / PIECE).for_each(|_| hash(black_box(&piece)));
    hash(black_box(&piece[..bytes % PIECE]));
}

fn bulk<'c>(name: &str, records: u64, hash: impl Fn(&[u8]) + 'c) -> Contender<'c> {
    let name = format!("limit: {name} in bulk, 7 compressions");
    Contender::new(name, records, move || compress(records, &hash))
}

/// What hashing alone allows for one record, by the fastest of our hashes.
pub(crate) fn limit<'c>(hash: HashAlgorithm, records: u64) -> Contender<'c> {
    match hash {
        Sha256 => bulk("sha2", records, |piece| _ = black_box(sha2::Sha256::digest(piece))),
        Sm3 => bulk("sm3", records, |piece| _ = black_box(sm3::Sm3::digest(piece))),
    }
}

pub(crate) fn peer(name: &str) -> String {
    format!("{name} {}", version(name))
}

pub(crate) fn measure(table: &mut Table) {
    records::check();
    let records = records::records(0, RECORDS);
    let (root, root_sm3) = (grow(Sha256, &records), grow(Sm3, &records));
    assert_eq!(root, grow_tlog(&records));
    assert_eq!(root, grow_ct::<sha2::Sha256>(&records));
    assert_eq!(root_sm3, grow_ct::<sm3::Sm3>(&records));

    let turn = |name: &str, grow: fn(&[Vec<u8>]) -> Hash, root: Hash| {
        let records = &records;
        Contender::new(name, RECORDS, move || assert_eq!(grow(black_box(records)), root))
    };
    let race = Race::run(
        Clock::Processor,
        ROUNDS,
        vec![
            turn("ours", |records| grow(Sha256, records), root),
            limit(Sha256, RECORDS).least(0.7),
            bulk("ring", RECORDS, |piece| {
                _ = black_box(ring::digest::digest(&ring::digest::SHA256, piece));
            })
            .least(0.7),
            turn(&peer("tlog_tiles"), grow_tlog, root),
            turn(&peer("ct-merkle"), grow_ct::<sha2::Sha256>, root),
        ],
    );
    table.race("tree append in memory, SHA-256", Unit::Rate("records"), None, &race);
    let race = Race::run(
        Clock::Processor,
        ROUNDS,
        vec![
            turn("ours", |records| grow(Sm3, records), root_sm3),
            limit(Sm3, RECORDS).least(0.7),
            turn(&peer("ct-merkle"), grow_ct::<sm3::Sm3>, root_sm3),
        ],
    );
    table.race("tree append in memory, SM3", Unit::Rate("records"), None, &race);
}
