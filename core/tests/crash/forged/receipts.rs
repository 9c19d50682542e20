//! Forged receipts: of a signed head, so that each one that is accepted is the truth about a log.

use std::fmt;

use kaifang::crypto::{Ed25519Key, PublicKey, Signer as _};
use kaifang::ledger::{
    Checkpoint, Ledger, LedgerConfig, Profile, ProofDocument, Receipt, RecordBytes, verify_document, verify_receipt,
};
use kaifang::terms::V1;

use super::tree::{Dice, Hash, MOST, Tree, follow, sha256};
use super::{Tally, proof_hashes, records, statements};
use crate::directory::in_memory;
use crate::writer::key;

const ORIGIN: &str = "crash.example/log";
/// Whose receipts are forged; a log of the same key with other records; the same log with another key.
const OURS: usize = 0;
const ANOTHER_LOG: usize = 1;
const ANOTHER_KEY: usize = 2;

/// A real log: its records, its tree, and its signed heads by size.
struct Log {
    records: Vec<Vec<u8>>,
    tree: Tree,
    heads: Vec<Checkpoint>,
}

impl Log {
    fn new(origin: &str, key: Box<Ed25519Key>, records: Vec<Vec<u8>>) -> Self {
        let temp = in_memory();
        let config = LedgerConfig { origin: origin.to_owned(), profile: Profile::Intl };
        let mut ledger = Ledger::create(temp.path().join("log"), &config, key).unwrap();
        let mut heads = vec![ledger.checkpoint().unwrap()];
        for record in &records {
            ledger.append(record).unwrap();
            heads.push(ledger.checkpoint().unwrap());
        }
        let tree = Tree::new(&records);
        // What is forged below is what the library makes.
        for index in [0, 1, 99, MOST - 1] {
            let proof = proof_hashes(&tree.path(index, 0, MOST));
            assert_eq!(ledger.receipt(index).unwrap().proof, proof);
            assert_eq!(heads[index as usize].root.as_bytes(), &tree.root(index));
        }
        Log { records, tree, heads }
    }
}

fn logs() -> [Log; 3] {
    let (another, _) = Ed25519Key::generate().unwrap();
    let others = records().into_iter().rev().collect();
    [
        Log::new(ORIGIN, key(), records()),
        Log::new("crash.example/other", key(), others),
        Log::new(ORIGIN, Box::new(another), records()),
    ]
}

/// A receipt and the record that it is for.
struct Claim {
    record: Vec<u8>,
    index: u64,
    proof: Vec<Hash>,
    head: Checkpoint,
    /// The log and the size that the note is of, if the key of `OURS` has signed what it says.
    signed: Option<(usize, u64)>,
}

/// Without the whole of a note that may be long.
impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Claim { record, index, proof, head, signed }, note) = (self, self.head.note.lines().take(8));
        let (record, note): (_, Vec<_>) = (String::from_utf8_lossy(record), note.collect());
        write!(
            f,
            "{record} at {index} by {} hashes under {:?} {} {}: ",
            proof.len(),
            head.origin,
            head.size,
            head.root
        )?;
        write!(f, "{signed:?}, {note:#?}")
    }
}

impl Claim {
    fn of(logs: &[Log], index: u64, size: u64) -> Self {
        let Log { records, tree, heads } = &logs[OURS];
        Claim {
            record: records[index as usize].clone(),
            index,
            proof: tree.path(index, 0, size),
            head: heads[size as usize].clone(),
            signed: Some((OURS, size)),
        }
    }

    fn receipt(&self) -> Receipt {
        Receipt { v: V1, index: self.index, proof: proof_hashes(&self.proof), checkpoint: self.head.clone() }
    }

    /// The text of c2sp.org/tlog-proof.
    fn text(&self) -> String {
        let receipt = self.receipt();
        let hashes: String = receipt.proof.iter().map(|hash| format!("{hash}\n")).collect();
        format!("c2sp.org/tlog-proof@v1\nindex {}\n{hashes}\n{}", self.index, self.head.note)
    }

    /// Whether the record is where the note's tree has it; and whether the fields beside the note repeat it.
    fn truth(&self, logs: &[Log]) -> (bool, bool) {
        let Some((log, size)) = self.signed else { return (false, false) };
        let Log { tree, heads, .. } = &logs[log];
        let leaf = sha256(&[&[0], &self.record]);
        let (said, repeated) = (&heads[size as usize], &self.head);
        let repeats = (&said.origin, said.size, said.root) == (&repeated.origin, repeated.size, repeated.root);
        (follow(&leaf, self.index, size, &self.proof) == Some(tree.root(size)), repeats)
    }

    /// Another head, note and fields.
    fn take_head(&mut self, logs: &[Log], log: usize, size: u64) {
        self.head = logs[log].heads[size as usize].clone();
        self.signed = (log != ANOTHER_KEY).then_some((log, size));
    }

    fn forge(&mut self, dice: &mut Dice, logs: &[Log]) {
        let size = dice.size();
        match dice.below(16) {
            0 => self.record = dice.pick(&logs[OURS].records).clone(),
            1 => dice.flip(&mut self.record),
            // The children of a node as a record.
            2 => {
                let leaf = sha256(&[&[0], &self.record]);
                if let Some((sibling, rest)) = self.proof.split_first() {
                    let pair = if self.index & 1 == 0 { [leaf, *sibling] } else { [*sibling, leaf] };
                    self.record = [&[1][..dice.below(2) as usize], &pair.concat()].concat();
                    (self.index, self.proof) = (self.index / 2, rest.to_vec());
                }
            }
            3 => self.index = dice.other(self.index),
            4 => self.index ^= 1,
            5 => self.take_head(logs, OURS, size),
            6 => self.take_head(logs, ANOTHER_LOG, size),
            7 => self.take_head(logs, ANOTHER_KEY, self.head.size.min(MOST)),
            8 => self.head.size = dice.other(self.head.size),
            9 => self.head.root = logs[OURS].heads[size as usize].root,
            10 => self.head.origin = logs[ANOTHER_LOG].heads[0].origin.clone(),
            11..=13 if self.signed.is_some_and(|(log, size)| self.head == logs[log].heads[size as usize]) => {
                self.forge_note(dice, logs);
            }
            _ => dice.change_proof(&mut self.proof, &logs[OURS].tree.leaves),
        }
    }

    /// Changes the note alone, from lines.
    fn forge_note(&mut self, dice: &mut Dice, logs: &[Log]) {
        let Some((log, at)) = self.signed else { return };
        let note = &mut self.head.note;
        let lines: Vec<&str> = note.split_inclusive('\n').collect();
        let (text, ours) = (lines[..lines.len() - 1].concat(), lines[lines.len() - 1]);
        let line_of =
            |log: usize, size: u64| logs[log].heads[size as usize].note.split_inclusive('\n').next_back().unwrap();
        // By another key over the same size, and by ours over another.
        let (foreign, other) = (line_of(ANOTHER_KEY, at), line_of(log, (at + 1 + dice.below(MOST)) % (MOST + 1)));
        let kept = match dice.below(4) {
            // Lines of others, and ours twice: they change nothing.
            0 => {
                *note = match dice.below(4) {
                    0 => format!("{text}{foreign}{ours}"),
                    1 => format!("{text}{ours}{foreign}"),
                    2 => format!("{text}{ours}{}", foreign.repeat(99)),
                    _ => format!("{text}{ours}{ours}"),
                };
                true
            }
            1 => {
                *note = match dice.below(8) {
                    0 => format!("{text}{foreign}"),
                    1 => format!("{text}{other}"),
                    2 => format!("{text}{ours}{other}"),
                    3 => format!("{text}{other}{ours}"),
                    4 => format!("{text}{ours}{}", foreign.repeat(100)),
                    5 => format!("{text}{ours}\u{2014} witness AAAA\n"),
                    6 => format!("{text}{ours}witness AAAAAAAA\n"),
                    _ => format!("{text}{}", ours.replace('\u{2014}', "-")),
                };
                false
            }
            // Lines of the text gone, twice, exchanged, added; and other line ends.
            2 => {
                let place = dice.below(lines.len() as u64) as usize;
                let mut changed = lines.clone();
                match dice.below(5) {
                    0 => _ = changed.remove(place),
                    1 if place + 1 < lines.len() => changed.insert(place, lines[place]),
                    2 if lines[place] != lines[0] => changed.swap(0, place),
                    3 => changed.insert(place, "more\n"),
                    _ => changed.insert(place, "\r\n"),
                }
                *note = changed.concat();
                false
            }
            _ => {
                let mut bytes = note.clone().into_bytes();
                dice.flip(&mut bytes);
                *note = String::from_utf8(bytes).unwrap_or_default();
                false
            }
        };
        self.signed = self.signed.filter(|_| kept);
    }
}

fn document(claim: &Claim, public_key: PublicKey) -> Vec<u8> {
    let (record_base64, receipt) = (RecordBytes(claim.record.clone()), claim.receipt());
    serde_json::to_vec(&ProofDocument::Receipt { v: V1, record_base64, receipt, public_key }).unwrap()
}

fn text_holds(text: &str, record: &[u8], key: &PublicKey) -> bool {
    Receipt::from_tlog_proof(text, key).is_ok_and(|receipt| verify_receipt(record, &receipt, key).is_ok())
}

#[test]
fn forged_receipts_are_refused() {
    let (logs, public, mut dice, mut tally) = (logs(), key().public_key().clone(), Dice::new(), Tally::default());
    for number in 0..statements(10) {
        let size = dice.size();
        let mut claim = Claim::of(&logs, dice.below(size), size);
        for _ in 0..dice.changes() {
            claim.forge(&mut dice, &logs);
        }
        let (holds, repeats) = claim.truth(&logs);
        let accepted = verify_receipt(&claim.record, &claim.receipt(), &public).is_ok();
        assert_eq!(accepted, holds && repeats, "{number}: {claim}");
        if accepted {
            // A signed root is the root of so many: nothing but the truth.
            assert_eq!(logs[claim.signed.unwrap().0].records[claim.index as usize], claim.record, "{number}: {claim}");
        }
        if number % 4 == 0 {
            let small = claim.index.max(claim.head.size) < 1 << 53;
            assert_eq!(
                verify_document(&document(&claim, public.clone())).is_ok(),
                accepted && small,
                "{number}: {claim}"
            );
        }
        if number % 4 == 1 {
            // The text holds no fields but the note's.
            assert_eq!(text_holds(&claim.text(), &claim.record, &public), holds, "{number}: {claim}");
        }
        tally.take(accepted);
    }
    tally.end("receipts");
}

/// A text changed somewhere: a bit, a byte, or a line.
fn change_text(dice: &mut Dice, text: &[u8]) -> Vec<u8> {
    let mut bytes = text.to_vec();
    let place = dice.below(bytes.len() as u64) as usize;
    match dice.below(8) {
        0 => _ = bytes.remove(place),
        1 => bytes.insert(place, bytes[place]),
        2 => bytes.insert(place, *dice.pick(b" \n\r\t0=A,\"\\\0")),
        3 => bytes.truncate(place),
        4 => {
            let mut lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
            let (from, to) = (dice.below(lines.len() as u64) as usize, dice.below(lines.len() as u64) as usize);
            match dice.below(3) {
                0 => lines.swap(from, to),
                1 => lines.insert(to, lines[from]),
                _ => _ = lines.remove(from),
            }
            bytes = lines.concat();
        }
        _ => dice.flip(&mut bytes),
    }
    bytes
}

/// Whatever is still accepted says the same: there is no other text for a receipt but one with more signatures.
#[test]
fn receipts_that_are_spelt_otherwise_are_refused() {
    let (logs, public, mut dice, mut tally) = (logs(), key().public_key().clone(), Dice::new(), Tally::default());
    for number in 0..statements(10) {
        let size = dice.size();
        let claim = Claim::of(&logs, dice.below(size), size);
        let (original, record) = (claim.receipt(), &claim.record);
        let unchanged = dice.below(20) == 0;
        let (before, accepted, same);
        if number % 2 == 0 {
            before = document(&claim, public.clone());
            let changed = if unchanged { before.clone() } else { change_text(&mut dice, &before) };
            accepted = verify_document(&changed).is_ok();
            let read = |bytes: &[u8]| serde_json::from_slice::<ProofDocument>(bytes).unwrap();
            same = changed == before || (accepted && read(&changed) == read(&before));
        } else {
            before = claim.text().into_bytes();
            let changed = if unchanged { before.clone() } else { change_text(&mut dice, &before) };
            let text = String::from_utf8(changed).unwrap_or_default();
            accepted = text_holds(&text, record, &public);
            let read = |receipt: Receipt| (receipt.index, receipt.proof, receipt.checkpoint.root);
            let meaning = || Receipt::from_tlog_proof(&text, &public).unwrap();
            same = text.as_bytes() == before || (accepted && read(meaning()) == read(original));
        }
        // What is unchanged, or the same in other words, is no forgery; all else is.
        assert_eq!(accepted, same, "{}", String::from_utf8_lossy(&before));
        tally.take(accepted);
    }
    let extra = |lines: &str| {
        let claim = Claim::of(&logs, 3, 9);
        text_holds(&claim.text().replacen("index", &format!("{lines}index"), 1), &claim.record, &public)
    };
    assert_eq!((extra("extra AAAA\n"), extra("extra AAAA\nextra AAAA\n"), extra("extra A\n")), (true, false, false));
    tally.end("receipts spelt otherwise");
}
