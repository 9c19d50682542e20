//! The process that is made to crash, and what its directory must hold afterwards.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use rustix::process::{Resource, Rlimit, setrlimit};

use kaifang::crypto::Ed25519Key;
use kaifang::error::Explain as _;
use kaifang::ledger::{Ledger, LedgerConfig, Profile, SharedLedger, verify};

/// Says to a process that it is a writer, and where.
pub(super) const DIRECTORY: &str = "KAIFANG_CRASH_DIRECTORY";
/// How many threads write.
const THREADS: &str = "KAIFANG_CRASH_THREADS";
/// After how many records a thread stops; none is never.
const RECORDS: &str = "KAIFANG_CRASH_RECORDS";
/// After how many bytes a segment ends.
pub(super) const SEGMENT: &str = "KAIFANG_CRASH_SEGMENT";
/// How many bytes a file may have; none is no limit.
pub(super) const FILE_LIMIT: &str = "KAIFANG_CRASH_FILE_LIMIT";
/// A small segment, so that many begin.
const SMALL_SEGMENT: u64 = 4096;

/// What is added to the number of a thread, for its last record.
const LAST: u64 = 1000;

pub(super) fn key() -> Box<Ed25519Key> {
    Box::new(Ed25519Key::from_pem(include_str!("../data/crash-key.pem")).unwrap())
}

/// The record that a thread writes as its nth.
pub(super) fn record(writer: u64, thread: u64, number: u64) -> String {
    let padding = "x".repeat((number * 7 + thread) as usize % 300);
    format!(r#"{{"number":{number},"padding":"{padding}","thread":{thread},"writer":{writer}}}"#)
}

fn number_of(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Writes until it is killed, and says each index that it was given on a line of its own.
pub(super) fn run(dir: &Path) {
    if let limit @ Some(_) = number_of(FILE_LIMIT) {
        setrlimit(Resource::Fsize, Rlimit { current: limit, maximum: limit }).unwrap();
    }
    let ledger = Ledger::open(dir, Some(key()));
    let mut ledger = match ledger {
        Ok(ledger) => ledger,
        Err(error) => return say(&format!("refused {}", error.code())),
    };
    ledger.set_segment_limit(number_of(SEGMENT).unwrap_or(SMALL_SEGMENT));
    let writer = ledger.size();
    let ledger = SharedLedger::new(ledger);
    std::thread::scope(|scope| {
        for thread in 0..number_of(THREADS).unwrap_or(1) {
            let ledger = &ledger;
            scope.spawn(move || {
                for number in 0..number_of(RECORDS).unwrap_or(u64::MAX) {
                    let written = if number % 5 == 4 {
                        let records = [record(writer, thread, number), record(writer, thread + 100, number)];
                        ledger.append_batch(&records).map(|range| range.start)
                    } else {
                        ledger.append(record(writer, thread, number).as_bytes())
                    };
                    match written {
                        Ok(index) => say(&format!("wrote {index} {writer} {thread} {number}")),
                        Err(error) => {
                            say(&format!("refused {}", error.code()));
                            return write_last(ledger, writer, thread, number);
                        }
                    }
                    if number % 11 == 10 {
                        match ledger.checkpoint() {
                            Ok(signed) => say(&format!("signed {} {}", signed.size, signed.root)),
                            Err(error) => return say(&format!("refused {}", error.code())),
                        }
                    }
                }
            });
        }
    });
}

/// A writer that was refused writes one record more, in the space that is held, and signs.
fn write_last(ledger: &SharedLedger, writer: u64, thread: u64, number: u64) {
    let thread = thread + LAST;
    let last = ledger.with(|ledger| ledger.append_last(record(writer, thread, number).as_bytes()));
    if let Ok(index) = last {
        say(&format!("wrote {index} {writer} {thread} {number}"));
        if let Ok(signed) = ledger.checkpoint() {
            say(&format!("signed {} {}", signed.size, signed.root));
        }
    }
}

/// One line at once: a process that is killed leaves no half of one.
fn say(line: &str) {
    let _ = std::io::stdout().lock().write_all(format!("\n@{line}\n").as_bytes());
}

/// What was acknowledged, over all writers of one directory.
#[derive(Default)]
pub(super) struct Acknowledged {
    records: BTreeMap<u64, String>,
    signed: Option<(u64, String)>,
    pub(super) refusals: Vec<String>,
    /// Records that were written after a refusal, in the space that is held, and are under a signed head.
    pub(super) last: usize,
}

impl Acknowledged {
    /// Takes what a writer said, which must not have panicked.
    pub(super) fn take(&mut self, output: &Output) {
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(!errors.contains("panicked"), "{errors}");
        self.refusals.clear();
        for line in String::from_utf8_lossy(&output.stdout).lines().filter_map(|line| line.strip_prefix('@')) {
            let words: Vec<&str> = line.split(' ').collect();
            let number = |place: usize| words[place].parse::<u64>().unwrap();
            match words[0] {
                "wrote" => {
                    let taken = self.records.insert(number(1), record(number(2), number(3), number(4)));
                    assert_eq!(taken, None, "the index {} was given twice", words[1]);
                }
                "signed" => {
                    let last =
                        |(index, record): (&u64, &String)| *index < number(1) && record.contains("\"thread\":100");
                    self.last = self.records.iter().filter(|record| last(*record)).count();
                    self.signed = Some((number(1), words[2].to_owned()));
                }
                "refused" => self.refusals.push(words[1].to_owned()),
                other => panic!("a writer said {other}"),
            }
        }
    }

    pub(super) fn count(&self) -> usize {
        self.records.len()
    }

    /// Opens the directory as the next writer will, and looks at every byte.
    pub(super) fn check(&self, dir: &Path) {
        let ledger = Ledger::open(dir, Some(key())).expect("a crash does not make a ledger unreadable");
        let verified = verify(dir, Some(ledger.public_key()), None).expect("what is there verifies");
        assert_eq!(verified.size, ledger.size());
        if let Some((size, root)) = &self.signed {
            assert!(ledger.signed().size >= *size, "the head of {size} was signed and is gone");
            assert!(ledger.signed().size > *size || ledger.signed().root.to_string() == *root);
        }
        let mut found = 0;
        for item in ledger.records().unwrap() {
            let (index, bytes) = item.unwrap();
            if let Some(expected) = self.records.get(&index) {
                assert_eq!(String::from_utf8(bytes).unwrap(), *expected, "record {index}");
                found += 1;
            }
        }
        assert_eq!(found, self.records.len(), "acknowledged records are gone");
    }
}

pub(super) fn config() -> LedgerConfig {
    LedgerConfig { origin: "crash.example/log".to_owned(), profile: Profile::Intl }
}

/// A new ledger.
pub(super) fn create(dir: &Path) {
    Ledger::create(dir, &config(), key()).unwrap();
}

/// This program, for one of its tests, perhaps under another command.
pub(super) fn program(under: &[&str], test: &str) -> Command {
    let this = std::env::current_exe().unwrap();
    let mut command = match under {
        [] => Command::new(&this),
        [program, arguments @ ..] => {
            let mut command = Command::new(program);
            command.args(arguments).arg(&this);
            command
        }
    };
    command.args(["--exact", test, "--nocapture", "--test-threads=1"]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A writer of a directory, ready to be started, perhaps under another command.
pub(super) fn command(under: &[&str], dir: &Path, threads: u64, records: Option<u64>) -> Command {
    let mut command = program(under, "as_a_writer");
    command.env(DIRECTORY, dir).env(THREADS, threads.to_string());
    if let Some(records) = records {
        command.env(RECORDS, records.to_string());
    }
    command
}
