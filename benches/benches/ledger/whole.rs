//! A whole large log beside a small one: opening, memory, verification, proofs, sizes. Its pages are in memory (warm):
//! a program can't have them otherwise at will.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use kaifang::crypto::{Ed25519Key, Signer};
use kaifang::ledger::{Hash, Ledger, Profile, verify, verify_consistency, verify_receipt};
use kaifang::terms::HashAlgorithm::Sha256;
use kaifang_benches::Random;
use tlog_tiles::HashReader;

use crate::durable::{create_by, home};
use crate::race::{Clock, Contender, Race, median, percentile};
use crate::records;
use crate::table::{Table, Unit};
use crate::tree::{Growth, limit, peer};

const SMALL: u64 = 100_000;
const LARGE: u64 = 1_000_000;
/// Records in a group while the log is made.
const GROUP: u64 = 10_000;
/// This many records fill a segment: the last one is then as long as one can be, and so is the opening, which reads it.
const SEGMENT: u64 = 60_000;
const SEGMENT_LIMIT: u64 = 16 << 20;
const OPENINGS: usize = 21;
const PROOFS: usize = 10_000;
const CONSISTENCY_PROOFS: usize = 1_000;

/// The argument with which this program tells the memory of one opening.
pub(crate) const RESIDENT: &str = "resident";

/// A log that was made.
struct Log {
    dir: PathBuf,
    pem: String,
    size: u64,
    /// Of the size that is a whole number of groups.
    roots: Vec<(u64, Hash)>,
}

impl Log {
    fn make(dir: PathBuf, records: u64, table: &mut Table) -> Self {
        let size = records.next_multiple_of(SEGMENT);
        let (key, pem) = Ed25519Key::generate().unwrap();
        let mut ledger = create_by(&dir, Profile::Intl, Box::new(key));
        let (mut tree, mut roots) = (Growth::new(Sha256), Vec::new());
        let mut took = 0.0;
        for first in (0..size).step_by(GROUP as usize) {
            let batch = records::records(first, GROUP);
            let (seconds, _) = Clock::Wall.seconds(|| ledger.append_batch(&batch).unwrap());
            took += seconds;
            batch.iter().for_each(|record| tree.push(record));
            tree.forget();
            roots.push((ledger.size(), tree.root()));
            if first % 1_000_000 == 0 {
                eprintln!("{first} of {size} records");
            }
        }
        let head = ledger.checkpoint().unwrap();
        assert_eq!((head.size, *head.root.as_bytes()), (size, tree.root()), "the root of a tree that grew beside it");
        let what = format!("a log of {size} records made, groups of {GROUP}");
        table.say(&what, format!("{took:.1} s"), format!("{:.0} k records/s", size as f64 / took / 1e3));
        let log = Log { dir, pem: pem.to_string(), size, roots };
        assert!(log.last_segment() >= SEGMENT_LIMIT, "the last segment is as long as one can be");
        log
    }

    fn segments(&self) -> Vec<u64> {
        let mut names: Vec<PathBuf> =
            self.dir.join("segments").read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
        names.sort();
        names.iter().map(|path| path.metadata().unwrap().len()).collect()
    }

    fn last_segment(&self) -> u64 {
        *self.segments().last().unwrap()
    }

    fn key(&self) -> Ed25519Key {
        Ed25519Key::from_pem(&self.pem).unwrap()
    }

    fn name(&self, what: &str) -> String {
        format!("{what}, {} records", self.size)
    }
}

/// Memory of this process in KiB: `VmRSS` now, `VmHWM` at most.
fn memory(which: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(which)).unwrap();
    line.trim_matches([':', ' ', '\t', 'k', 'B']).parse().unwrap()
}

/// Opens a ledger and prints the memory before, with the ledger open, and at most.
pub(crate) fn print_resident(dir: &Path) {
    let before = memory("VmRSS");
    let ledger = Ledger::open(dir, None).unwrap();
    println!("{before} {} {}", memory("VmRSS"), memory("VmHWM"));
    drop(ledger);
}

fn open(table: &mut Table, log: &Log) {
    let open = |write: bool| {
        move || {
            let key = write.then(|| Box::new(log.key()) as Box<dyn Signer>);
            assert_eq!(Ledger::open(&log.dir, key).unwrap().size(), log.size);
        }
    };
    for (what, write) in [("open for reading", false), ("open for writing", true)] {
        let race = Race::run(Clock::Processor, OPENINGS, vec![Contender::new("ours", 1, open(write))]);
        table.race(&log.name(what), Unit::Milliseconds, Some(0.05), &race);
    }
    let told = Command::new(std::env::current_exe().unwrap()).arg(RESIDENT).arg(&log.dir).output().unwrap();
    let told = String::from_utf8(told.stdout).unwrap();
    let [before, open, most] = told.split_whitespace().collect::<Vec<_>>().try_into().unwrap();
    let what = log.name("resident memory of a process with it open");
    table.say(&what, format!("{open} KiB, at most {most}"), format!("before it was opened: {before} KiB"));
}

fn verify_all(table: &mut Table, log: &Log) {
    let key = log.key().public_key().clone();
    let rounds = if log.size > 2 * LARGE { 1 } else { 5 };
    let race = Race::run(
        Clock::Processor,
        rounds,
        vec![
            Contender::new("ours", log.size, || {
                assert_eq!(verify(&log.dir, Some(&key), None).unwrap().size, log.size);
            }),
            limit(Sha256, log.size),
        ],
    );
    table.race(&log.name("verify of every byte, one core"), Unit::Rate("records"), Some(1e-6), &race);
}

/// The ledger's file of nodes: they stand in the order in which `tlog_tiles` has them.
struct Stored(File);

impl HashReader for Stored {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog_tiles::Hash>, tlog_tiles::Error> {
        let read = |index: &u64| {
            let mut hash = [0; 32];
            self.0.read_exact_at(&mut hash, index * 32).unwrap();
            tlog_tiles::Hash(hash)
        };
        Ok(indexes.iter().map(read).collect())
    }
}

fn prove(table: &mut Table, log: &Log) {
    let ledger = Ledger::open(&log.dir, None).unwrap();
    let key = ledger.public_key();
    let stored = Stored(File::open(log.dir.join("nodes")).unwrap());
    let mut random = Random::new(4);
    let (mut ours, mut peers) = (Vec::new(), Vec::new());
    for _ in 0..PROOFS {
        let index = random.below(log.size);
        let (seconds, receipt) = Clock::Processor.seconds(|| ledger.receipt(index).unwrap());
        ours.push(seconds);
        let (seconds, proof) = Clock::Processor.seconds(|| tlog_tiles::prove_record(log.size, index, &stored).unwrap());
        peers.push(seconds);
        verify_receipt(&records::record(index), &receipt, key).unwrap();
        assert!(receipt.proof.iter().map(|hash| hash.0).eq(proof.iter().map(|hash| hash.0)));
    }
    let p99 = percentile(ours.clone(), 99);
    let unchecked = format!("{}, same file, unchecked", peer("tlog_tiles"));
    let race = Race::of(vec![("ours".into(), ours), (unchecked, peers)]);
    table.race(&log.name("inclusion proof of a random record: median"), Unit::Microseconds, Some(1e-4), &race);
    table.alone(&log.name("inclusion proof of a random record: p99"), Unit::Microseconds, Some(1e-4), p99);

    let root = *ledger.root().as_bytes();
    let mut times = Vec::new();
    for _ in 0..CONSISTENCY_PROOFS {
        let (size, old) = log.roots[random.below(log.roots.len() as u64) as usize];
        let (seconds, proof) = Clock::Processor.seconds(|| ledger.prove_consistency(size, log.size).unwrap());
        times.push(seconds);
        verify_consistency(Sha256, size, log.size, &proof, &old, &root).unwrap();
    }
    let what = log.name("consistency proof from a random earlier size: median");
    table.alone(&what, Unit::Microseconds, Some(1e-4), median(times.clone()));
    let what = log.name("consistency proof from a random earlier size: p99");
    table.alone(&what, Unit::Microseconds, Some(1e-4), percentile(times, 99));
}

fn sizes(table: &mut Table, log: &Log) {
    let own = (log.size * records::LENGTH as u64) as f64;
    let segments: u64 = log.segments().iter().sum();
    let nodes = log.dir.join("nodes").metadata().unwrap().len();
    let each = |bytes: u64| {
        format!("{:.1} bytes a record, {:.3} of its own", bytes as f64 / log.size as f64, bytes as f64 / own)
    };
    table.say(&log.name("on the disk: segments"), each(segments), format!("{} bytes", records::LENGTH));
    table.say(&log.name("on the disk: nodes, derived"), each(nodes), String::new());
}

pub(crate) fn measure(table: &mut Table) {
    records::check();
    let large = std::env::var("KAIFANG_BENCH_RECORDS").map_or(LARGE, |records| records.parse().unwrap());
    for records in [SMALL, large] {
        let home = home();
        let log = Log::make(home.path().join("ledger"), records, table);
        open(table, &log);
        verify_all(table, &log);
        prove(table, &log);
        sizes(table, &log);
    }
}
