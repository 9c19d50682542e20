//! The keys of a log, from the first to the present, and the records that change them.
//!
//! A change is a record whose note both keys have signed, the old and the new: who trusts any key of a log finds the
//! others by reading it. The file `key` repeats them, so that an opening need not read every record.

use serde::{Deserialize, Serialize};

use super::note::{self, KeySigner};
use super::proof::ProofHash;
use super::store::{KEY, Store};
use super::tree::{Frontier, Hash};
use super::{Expected, IntegrityError, LedgerConfig, Profile};
use crate::Error;
use crate::canon;
use crate::crypto::PublicKey;
use crate::terms::V1;

/// No log has had more keys: the file of all is a small one.
pub(super) const MOST_KEYS: usize = 200;
/// How a record that changes the key begins. No host appends such a one.
const CHANGE: &[u8] = br#"{"kind":"ledger_key","#;
/// The first line of its note.
const CHANGE_NOTE: &str = "kaifang/key/v1";

/// The keys of a log in order; at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Keys {
    earlier: Vec<PublicKey>,
    present: PublicKey,
}

impl Keys {
    pub(super) fn new(first: PublicKey) -> Self {
        Keys { earlier: Vec::new(), present: first }
    }

    /// The keys in the directory: they must be written for this name and be of this profile.
    pub(super) fn read(store: &Store, config: &LedgerConfig) -> Result<Self, Error> {
        let text = store.read(KEY)?;
        let key = |line| note::parse_verifier_key(line).filter(|(name, _)| *name == config.origin).map(|(_, key)| key);
        let keys: Option<Vec<PublicKey>> =
            text.strip_suffix('\n').and_then(|lines| lines.split('\n').map(key).collect());
        let keys = keys.filter(|keys| keys.iter().all(|key| Profile::of(key) == config.profile));
        let keys = keys.and_then(|mut keys| keys.pop().map(|present| Keys { earlier: keys, present }));
        let expected = Expected::new("本账本的验证公钥", "the verifier keys of this log");
        Ok(keys.ok_or(IntegrityError::MalformedFile { file: KEY.to_owned(), expected })?)
    }

    /// What the file `key` holds: a verifier key a line.
    pub(super) fn text(&self, origin: &str) -> String {
        self.all().map(|key| format!("{}\n", note::verifier_key(origin, key))).collect()
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &PublicKey> {
        self.earlier.iter().chain([&self.present])
    }

    pub(super) fn newest_first(&self) -> impl Iterator<Item = &PublicKey> {
        [&self.present].into_iter().chain(self.earlier.iter().rev())
    }

    pub(super) fn count(&self) -> usize {
        self.earlier.len() + 1
    }

    pub(super) fn present(&self) -> &PublicKey {
        &self.present
    }

    /// Those before the present one.
    pub(super) fn earlier(&self) -> &[PublicKey] {
        &self.earlier
    }

    pub(super) fn contains(&self, key: &PublicKey) -> bool {
        self.all().any(|ours| ours == key)
    }

    pub(super) fn first(&self) -> &PublicKey {
        self.earlier.first().unwrap_or(&self.present)
    }

    pub(super) fn push(&mut self, key: PublicKey) {
        let before = std::mem::replace(&mut self.present, key);
        self.earlier.push(before);
    }
}

/// A change of the key.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ChangeRecord {
    kind: String,
    note: String,
    v: V1,
}

/// Whether a record claims to change the key.
pub(super) fn is_change(record: &[u8]) -> bool {
    record.starts_with(CHANGE)
}

/// How the record of an interval's end ends.
const SEAL: &[u8] = br#","kind":"ledger_seal","v":1}"#;

/// Whether a record is the ledger's own: a change of key, or a seal. It says nothing to whoever keeps the log.
pub(crate) fn is_own(record: &[u8]) -> bool {
    is_change(record) || (record.starts_with(br#"{"at":""#) && record.ends_with(SEAL))
}

/// What both keys sign: that the tree of the records before the change has this root, and which key follows which.
fn change_text(origin: &str, index: u64, root: &Hash, old: &PublicKey, new: &PublicKey) -> String {
    let key = |key| note::verifier_key(origin, key);
    format!("{CHANGE_NOTE}\n{origin}\n{index}\n{}\n{}\n{}\n", ProofHash(*root), key(old), key(new))
}

/// The record that changes the key after the records of a tree, signed by both keys.
pub(super) fn sign_change(
    origin: &str,
    tree: &Frontier,
    old: KeySigner<'_>,
    new: KeySigner<'_>,
) -> Result<Vec<u8>, Error> {
    let text = change_text(origin, tree.size(), &tree.root(), old.0, new.0);
    let note = note::sign(&text, origin, &[old, new])?;
    Ok(canon::to_bytes(&ChangeRecord { kind: "ledger_key".to_owned(), note, v: V1 })?)
}

/// Old and new key of a change after the records of a tree, if both have signed it.
pub(super) fn read_change(origin: &str, before: &Frontier, record: &[u8]) -> Option<(PublicKey, PublicKey)> {
    let record: ChangeRecord = canon::read("ledger_key", record).ok()?;
    let mut lines = record.note.lines().skip(4);
    let mut key = || note::parse_verifier_key(lines.next()?).map(|(_, key)| key);
    let (old, new) = (key()?, key()?);
    let text = change_text(origin, before.size(), &before.root(), &old, &new);
    let signed_by = |key| note::open(&record.note, origin, key).is_ok_and(|signed| signed == text);
    (old != new && signed_by(&old) && signed_by(&new)).then_some((old, new))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::{Ed25519Key, Signer};

    #[test]
    fn a_change_holds_for_its_place_and_its_keys_only() {
        let [(a, _), (b, _), (c, _)] = [(); 3].map(|()| Ed25519Key::generate().unwrap());
        let [by_a, by_b, by_c] = [&a, &b, &c].map(|key| (key.public_key(), key as &dyn Signer));
        let tree = |leaves: &[u8]| {
            let mut tree = Frontier::new(crate::terms::HashAlgorithm::Sha256);
            leaves.iter().for_each(|leaf| tree.push([*leaf; 32]));
            tree
        };
        let here = tree(&[1, 2, 3]);
        let record = sign_change("log", &here, by_a, by_b).unwrap();
        assert!(is_change(&record) && canon::check(&record).is_ok());
        assert_eq!(read_change("log", &here, &record), Some((a.public_key().clone(), b.public_key().clone())));
        for elsewhere in [tree(&[1, 2]), tree(&[1, 2, 3, 4]), tree(&[1, 2, 4])] {
            assert_eq!(read_change("log", &elsewhere, &record), None, "other records before it");
        }
        assert_eq!(read_change("lag", &here, &record), None);
        assert_eq!(read_change("log", &here, &sign_change("log", &here, by_a, by_a).unwrap()), None);
        // Signed by one of them, and by a third.
        let text = change_text("log", 3, &here.root(), a.public_key(), b.public_key());
        for signers in [&[by_a][..], &[by_b], &[by_a, by_c], &[by_c, by_b]] {
            let note = note::sign(&text, "log", signers).unwrap();
            let record = canon::to_bytes(&ChangeRecord { kind: "ledger_key".into(), note, v: V1 }).unwrap();
            assert_eq!(read_change("log", &here, &record), None);
        }
        for bit in 0..record.len() * 8 {
            let mut changed = record.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(read_change("log", &here, &changed).is_none() || !is_change(&changed), "bit {bit}");
        }
    }
}
