//! Records into the ledger, durable on return, beside the same frames written and synced by hand, without and with
//! as many compressions of SHA-256 as the tree costs, and beside SQLite.
//! Every turn of each ends in one `fdatasync` a group, so that groups of one size can be compared.

use std::fs::{File, OpenOptions};
use std::hint::black_box;
use std::os::unix::fs::FileExt;
use std::path::Path;

use kaifang::crypto::{Ed25519Key, Signer};
use kaifang::ledger::{Ledger, LedgerConfig, Profile, SharedLedger, verify};
use rusqlite::Connection;
use sha2::Digest as _;

use crate::race::{Clock, Contender, Race};
use crate::records;
use crate::table::{Table, Unit};
use crate::tree::compress;

/// Records in a group, and how many rounds: the smaller, the more the disk's moods matter.
const GROUPS: [(u64, usize); 5] = [(1, 101), (10, 101), (100, 101), (1000, 61), (10_000, 31)];
const THREADS: u64 = 8;
/// How many single records each thread appends in a turn.
const EACH: u64 = 25;
const SHARED_ROUNDS: usize = 21;

/// A directory below the build directory: the temporary directory may be memory, where a sync costs nothing.
pub(crate) fn home() -> tempfile::TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

/// The file system that holds a path.
fn file_system(path: &Path) -> String {
    let path = path.canonicalize().unwrap();
    let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap();
    let mounts = mounts.lines().filter_map(|line| {
        let mut fields = line.split(' ').skip(1);
        Some((fields.next()?, fields.next()?))
    });
    let (_, kind) = mounts.filter(|(at, _)| path.starts_with(at)).max_by_key(|(at, _)| at.len()).unwrap();
    assert!(!["tmpfs", "ramfs"].contains(&kind), "memory is no disk");
    kind.to_owned()
}

/// A new ledger of the profile `intl`.
pub(crate) fn create(dir: &Path) -> Ledger {
    let (key, _) = Ed25519Key::generate().unwrap();
    create_by(dir, Profile::Intl, Box::new(key))
}

pub(crate) fn create_by(dir: &Path, profile: Profile, key: Box<dyn Signer>) -> Ledger {
    Ledger::create(dir, &LedgerConfig { origin: "bench.example".into(), profile }, key).unwrap()
}

/// Checks every byte of a ledger, of which so many records were written.
fn check(mut ledger: Ledger, dir: &Path, records: u64) {
    ledger.checkpoint().unwrap();
    let public = ledger.public_key().clone();
    drop(ledger);
    assert_eq!(verify(dir, Some(&public), None).unwrap().size, records);
}

/// The ledger's frames without the ledger: no hash, no tree, no commit.
struct Raw {
    file: File,
    end: u64,
    records: u64,
}

impl Raw {
    fn new(path: &Path) -> Self {
        let file = OpenOptions::new().create_new(true).write(true).open(path).unwrap();
        file.sync_all().unwrap();
        Raw { file, end: 0, records: 0 }
    }

    fn append(&mut self, records: &[Vec<u8>]) {
        let mut out = Vec::with_capacity(records.len() * (records::LENGTH + 20));
        for record in records {
            framed(self.records, record, &mut out);
            self.records += 1;
        }
        self.file.write_all_at(&out, self.end).unwrap();
        self.file.sync_data().unwrap();
        self.end += out.len() as u64;
    }
}

/// Letters, checksum, index, length and bytes: the ledger's frame of a record.
fn framed(index: u64, record: &[u8], out: &mut Vec<u8>) {
    let start = out.len() + 4;
    out.extend_from_slice(b"KFR1\0\0\0\0");
    out.extend_from_slice(&index.to_le_bytes());
    out.extend_from_slice(&(record.len() as u32).to_le_bytes());
    out.extend_from_slice(record);
    let sum = crc32fast::hash(&out[start + 4..]);
    out[start..start + 4].copy_from_slice(&sum.to_le_bytes());
}

/// A database that syncs its log at each commit.
fn connect(path: &Path) -> Connection {
    let database = Connection::open(path).unwrap();
    let mode: String = database.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0)).unwrap();
    assert_eq!(mode, "wal");
    database.pragma_update(None, "synchronous", "FULL").unwrap();
    database.execute("CREATE TABLE records (number INTEGER PRIMARY KEY, record BLOB NOT NULL)", ()).unwrap();
    database
}

const INSERT: &str = "INSERT INTO records (record) VALUES (?1)";

fn count(database: &Connection) -> u64 {
    let count: i64 = database.query_row("SELECT count(*) FROM records", (), |row| row.get(0)).unwrap();
    count.try_into().unwrap()
}

fn sqlite() -> String {
    format!("SQLite {} WAL FULL", rusqlite::version())
}

/// One group size.
fn groups(table: &mut Table, size: u64, rounds: usize) {
    let home = home();
    let dir = home.path().join("ledger");
    let mut ledger = create(&dir);
    let mut raw = Raw::new(&home.path().join("raw"));
    let mut hashed = Raw::new(&home.path().join("hashed"));
    let database = connect(&home.path().join("database"));
    let mut insert = database.prepare(INSERT).unwrap();
    let batch = records::records(0, size);
    let race = Race::run(
        Clock::Wall,
        rounds,
        vec![
            Contender::new("ours", size, || _ = ledger.append_batch(&batch).unwrap()),
            Contender::new("limit: frames, write, fdatasync", size, || raw.append(&batch)).least(0.6),
            Contender::new("limit: 7 compressions a record in bulk, then the same", size, || {
                compress(size, |piece| _ = black_box(sha2::Sha256::digest(piece)));
                hashed.append(&batch);
            }),
            Contender::new(sqlite(), size, || {
                let transaction = database.unchecked_transaction().unwrap();
                batch.iter().for_each(|record| _ = insert.execute([record]).unwrap());
                transaction.commit().unwrap();
            })
            .least(1.0),
        ],
    );
    drop(insert);
    assert_eq!((ledger.size(), raw.records), (count(&database), count(&database)));
    let written = ledger.size();
    check(ledger, &dir, written);
    let bound = (size == 1000).then_some(1e-5);
    table.race(&format!("durable append, groups of {size}"), Unit::Rate("records"), bound, &race);
}

/// Threads that each append one record at a time.
fn shared(table: &mut Table) {
    let home = home();
    let dir = home.path().join("ledger");
    let ledger = SharedLedger::new(create(&dir));
    let mut raw = Raw::new(&home.path().join("raw"));
    let database = connect(&home.path().join("database"));
    let mut insert = database.prepare(INSERT).unwrap();
    let batch = records::records(0, EACH);
    let race = Race::run(
        Clock::Wall,
        SHARED_ROUNDS,
        vec![
            Contender::new("ours", THREADS * EACH, || {
                std::thread::scope(|scope| {
                    for _ in 0..THREADS {
                        scope.spawn(|| batch.iter().for_each(|record| _ = ledger.append(record).unwrap()));
                    }
                });
            }),
            Contender::new("one thread: frame, write, fdatasync", EACH, || {
                batch.iter().for_each(|record| raw.append(std::slice::from_ref(record)));
            }),
            Contender::new(format!("{}, one thread", sqlite()), EACH, || {
                batch.iter().for_each(|record| _ = insert.execute([record]).unwrap());
            }),
        ],
    );
    drop(insert);
    let ledger = ledger.into_inner();
    let written = ledger.size();
    assert_eq!((written, raw.records), (count(&database) * THREADS, count(&database)));
    check(ledger, &dir, written);
    table.race("durable append, single records of 8 threads", Unit::Rate("records"), None, &race);
}

pub(crate) fn measure(table: &mut Table) {
    records::check();
    let disk = file_system(Path::new(env!("CARGO_TARGET_TMPDIR")));
    table.say("the disk of the durable rows", disk, String::new());
    GROUPS.iter().for_each(|(size, rounds)| groups(table, *size, *rounds));
    shared(table);
}
