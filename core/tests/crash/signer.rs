//! A signer that fails, lies or panics: the records stay, unsigned, and the next good signer signs them.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use kaifang::crypto::{Ed25519Key, KeyError, PublicKey, Signer};
use kaifang::error::Explain as _;
use kaifang::ledger::{Ledger, SharedLedger, verify};
use kaifang::terms::Text;

use super::directory::{in_memory, log_files};
use super::writer::{config, create, key, record};

type Sign = Box<dyn Fn(&[u8]) -> Result<Vec<u8>, KeyError> + Send + Sync>;

/// Says that it is the log's signer, and signs in its own way.
struct Faulty {
    key: PublicKey,
    sign: Sign,
}

impl Signer for Faulty {
    fn public_key(&self) -> &PublicKey {
        &self.key
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        (self.sign)(message)
    }
}

fn good(message: &[u8]) -> Vec<u8> {
    key().sign(message).unwrap()
}

/// With the order of the group added to s: the same point, another signature. RFC 8032, section 5.1.7, refuses it.
fn malleated(mut signature: Vec<u8>) -> Vec<u8> {
    const ORDER: [u8; 16] =
        [0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14];
    let order = ORDER.into_iter().chain([0; 15]).chain([0x10]);
    let mut carry = 0;
    for (byte, more) in signature[32..].iter_mut().zip(order) {
        let sum = u16::from(*byte) + u16::from(more) + carry;
        (*byte, carry) = (sum as u8, sum >> 8);
    }
    signature
}

/// Ways to sign that must not end in a head, and what the caller is told.
fn faults() -> Vec<(&'static str, &'static str, Sign)> {
    const WRONG: &str = "KF-KEY-15";
    let bytes = |bytes: Vec<u8>| -> Sign { Box::new(move |_| Ok(bytes.clone())) };
    let changed = |change: fn(Vec<u8>) -> Vec<u8>| -> Sign { Box::new(move |message| Ok(change(good(message)))) };
    vec![
        ("nothing", WRONG, bytes(vec![])),
        ("one byte", WRONG, bytes(vec![1])),
        ("zeros", WRONG, bytes(vec![0; 64])),
        ("ones", WRONG, bytes(vec![0xff; 64])),
        ("garbage", WRONG, bytes((0..64_u8).map(|place| place.wrapping_mul(37) ^ 11).collect())),
        ("a megabyte", WRONG, bytes(vec![7; 1 << 20])),
        ("63 bytes", WRONG, changed(|signature| signature[..63].to_vec())),
        ("65 bytes", WRONG, changed(|signature| [signature, vec![0]].concat())),
        ("twice", WRONG, changed(|signature| signature.repeat(2))),
        ("halves exchanged", WRONG, changed(|signature| [&signature[32..], &signature[..32]].concat())),
        ("r = 0", WRONG, changed(|signature| [&[0; 32], &signature[32..]].concat())),
        ("s = 0", WRONG, changed(|signature| [&signature[..32], &[0; 32]].concat())),
        ("s plus the order", WRONG, changed(malleated)),
        ("the public key", WRONG, bytes(key().public_key().as_bytes().repeat(2))),
        ("of another message", WRONG, Box::new(|message| Ok(good(&[message, b"\n"].concat())))),
        ("of the head before", WRONG, Box::new(|_| Ok(good(b"crash.example/log\n0\n")))),
        ("by another key", WRONG, Box::new(|message| Ed25519Key::generate()?.0.sign(message))),
        (
            "an error",
            "KF-KEY-14",
            Box::new(|_| Err(KeyError::SignerFailed { what: Text::new("没有设备", "no device") })),
        ),
        ("another error", "KF-KEY-11", Box::new(|_| Err(KeyError::NoRandomness))),
    ]
}

/// A ledger of three records under a signed head.
fn signed(dir: &Path) {
    create(dir);
    let mut ledger = Ledger::open(dir, Some(key())).unwrap();
    (0..3).for_each(|number| _ = ledger.append(record(0, 0, number).as_bytes()).unwrap());
    ledger.checkpoint().unwrap();
}

/// So many records are there, so many signed; and a good signer signs the rest.
fn check(dir: &Path, size: u64, signed: u64, fault: &str) {
    let log = key().public_key().clone();
    let verified = verify(dir, Some(&log), None).unwrap_or_else(|error| panic!("{fault}: {error}"));
    assert_eq!((verified.size, verified.signed_size), (size, signed), "{fault}");
    assert_eq!(Ledger::open(dir, Some(key())).unwrap().checkpoint().unwrap().size, size, "{fault}");
    assert_eq!(verify(dir, Some(&log), None).unwrap().signed_size, size, "{fault}");
}

#[test]
fn a_wrong_signature_leaves_records_unsigned() {
    let temp = in_memory();
    for (number, (fault, expected, sign)) in faults().into_iter().enumerate() {
        let dir = temp.path().join(number.to_string());
        signed(&dir);
        let mut ledger = Ledger::open(&dir, Some(Box::new(Faulty { key: key().public_key().clone(), sign }))).unwrap();
        // A head that is signed already is not signed again.
        assert_eq!(ledger.checkpoint().unwrap().size, 3, "{fault}");
        for size in [4, 5] {
            assert_eq!(ledger.append(record(0, 1, size).as_bytes()), Ok(size - 1), "{fault}");
            let before = log_files(&dir);
            assert_eq!(ledger.checkpoint().unwrap_err().code(), expected, "{fault}");
            assert_eq!((ledger.size(), ledger.signed().size), (size, 3), "{fault}");
            assert_eq!(log_files(&dir), before, "{fault}");
        }
        drop(ledger);
        check(&dir, 5, 3, fault);
    }
}

#[test]
fn a_new_ledger_with_such_a_signer_is_none() {
    let temp = in_memory();
    for (number, (fault, expected, sign)) in faults().into_iter().enumerate() {
        let dir = temp.path().join(number.to_string());
        let made = Ledger::create(&dir, &config(), Box::new(Faulty { key: key().public_key().clone(), sign }));
        assert_eq!(made.err().expect(fault).code(), expected, "{fault}");
        // The place is not spoilt for a good signer.
        Ledger::create(&dir, &config(), key()).unwrap();
    }
}

#[test]
fn a_signer_of_another_log_is_refused() {
    let temp = in_memory();
    let dir = temp.path().join("log");
    signed(&dir);
    let before = log_files(&dir);
    let (other, _) = Ed25519Key::generate().unwrap();
    let refused = Ledger::open(&dir, Some(Box::new(other)));
    assert_eq!(refused.err().unwrap().code(), "KF-LEDGER-10");
    // It says whose log this is, but can't sign for it.
    let (other, _) = Ed25519Key::generate().unwrap();
    let sign: Sign = Box::new(move |message| other.sign(message));
    let mut ledger = Ledger::open(&dir, Some(Box::new(Faulty { key: key().public_key().clone(), sign }))).unwrap();
    ledger.append(record(0, 1, 3).as_bytes()).unwrap();
    assert_eq!(ledger.checkpoint().unwrap_err().code(), "KF-KEY-15");
    drop(ledger);
    assert_ne!(log_files(&dir), before);
    check(&dir, 4, 3, "another key");
}

/// Shows the log's key so many times, and then the one that it signs with.
struct Changing {
    log: PublicKey,
    other: Ed25519Key,
    honest: u32,
    asked: AtomicU32,
}

impl Changing {
    fn new(honest: u32) -> Box<Self> {
        let (other, _) = Ed25519Key::generate().unwrap();
        Box::new(Changing { log: key().public_key().clone(), other, honest, asked: AtomicU32::new(0) })
    }
}

impl Signer for Changing {
    fn public_key(&self) -> &PublicKey {
        let asked = self.asked.fetch_add(1, Ordering::Relaxed);
        if asked < self.honest { &self.log } else { self.other.public_key() }
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        self.other.sign(message)
    }
}

#[test]
fn a_signer_that_changes_its_public_key_signs_nothing() {
    let temp = in_memory();
    for honest in 0..6 {
        let dir = temp.path().join(honest.to_string());
        signed(&dir);
        let mut ledger = match Ledger::open(&dir, Some(Changing::new(honest))) {
            Ok(ledger) => ledger,
            Err(error) => {
                assert_eq!(error.code(), "KF-LEDGER-10", "{honest}");
                continue;
            }
        };
        ledger.append(record(0, 1, 3).as_bytes()).unwrap();
        let before = log_files(&dir);
        let refused = ledger.checkpoint().map(|signed| signed.size).map_err(|error| error.code());
        assert!(matches!(refused, Err("KF-KEY-15" | "KF-LEDGER-10")), "{honest}: {refused:?}");
        assert_eq!(log_files(&dir), before);
        drop(ledger);
        check(&dir, 4, 3, "another public key");
    }
}

#[test]
fn a_new_ledger_has_one_key() {
    let temp = in_memory();
    for honest in 0..6 {
        let dir = temp.path().join(honest.to_string());
        match Ledger::create(&dir, &config(), Changing::new(honest)) {
            Ok(ledger) => _ = verify(&dir, Some(ledger.public_key()), None).unwrap(),
            Err(error) => assert_eq!(error.code(), "KF-KEY-15", "{honest}"),
        }
    }
}

#[test]
fn a_signer_that_panics_harms_nobody() {
    let temp = in_memory();
    let dir = temp.path().join("log");
    signed(&dir);
    // Without a message of its own on the output.
    let panics =
        || Box::new(Faulty { key: key().public_key().clone(), sign: Box::new(|_| resume_unwind(Box::new("signer"))) });
    let mut ledger = Ledger::open(&dir, Some(panics())).unwrap();
    ledger.append(record(0, 1, 3).as_bytes()).unwrap();
    let before = log_files(&dir);
    assert!(catch_unwind(AssertUnwindSafe(|| ledger.checkpoint())).is_err());
    assert_eq!((log_files(&dir) == before, ledger.signed().size), (true, 3));
    assert_eq!(ledger.append(record(0, 1, 4).as_bytes()), Ok(4));
    drop(ledger);

    // In one of many threads: the others go on, also with the lock that it held.
    let shared = SharedLedger::new(Ledger::open(&dir, Some(panics())).unwrap());
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let shared = &shared;
            scope.spawn(move || {
                for number in 0..10 {
                    shared.append(record(1, thread, number).as_bytes()).unwrap();
                    assert!(catch_unwind(AssertUnwindSafe(|| shared.checkpoint())).is_err());
                }
            });
        }
    });
    assert_eq!(shared.with(|ledger| (ledger.size(), ledger.signed().size)), (45, 3));
    drop(shared);
    check(&dir, 45, 3, "panics");
}
