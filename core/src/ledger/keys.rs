//! The keys of a log, from the first to the present, and the records that change them.
//!
//! A change is a record whose note both keys have signed, the old and the new: who trusts any key of a log finds the
//! others by reading it. The file `key` repeats them, so that an opening need not read every record.

use serde::{Deserialize, Serialize};

use super::note::{self, KeySigner};
use super::store::{KEY, Store};
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

fn change_text(origin: &str, index: u64, old: &PublicKey, new: &PublicKey) -> String {
    let key = |key| note::verifier_key(origin, key);
    format!("{CHANGE_NOTE}\n{origin}\n{index}\n{}\n{}\n", key(old), key(new))
}

/// The record that changes the key at an index, signed by both keys.
pub(super) fn sign_change(origin: &str, index: u64, old: KeySigner<'_>, new: KeySigner<'_>) -> Result<Vec<u8>, Error> {
    let text = change_text(origin, index, old.0, new.0);
    let note = note::sign(&text, origin, &[old, new])?;
    Ok(canon::to_bytes(&ChangeRecord { kind: "ledger_key".to_owned(), note, v: V1 })?)
}

/// Old and new key of a change at an index, if both have signed it.
pub(super) fn read_change(origin: &str, index: u64, record: &[u8]) -> Option<(PublicKey, PublicKey)> {
    let record: ChangeRecord = canon::read("ledger_key", record).ok()?;
    let mut lines = record.note.lines().skip(3);
    let mut key = || note::parse_verifier_key(lines.next()?).map(|(_, key)| key);
    let (old, new) = (key()?, key()?);
    let text = change_text(origin, index, &old, &new);
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
        let record = sign_change("log", 7, by_a, by_b).unwrap();
        assert!(is_change(&record) && canon::parse_canonical(&record).is_ok());
        assert_eq!(read_change("log", 7, &record), Some((a.public_key().clone(), b.public_key().clone())));
        assert_eq!(read_change("log", 8, &record), None);
        assert_eq!(read_change("lag", 7, &record), None);
        assert_eq!(read_change("log", 7, &sign_change("log", 7, by_a, by_a).unwrap()), None);
        // Signed by one of them, and by a third.
        let text = change_text("log", 7, a.public_key(), b.public_key());
        for signers in [&[by_a][..], &[by_b], &[by_a, by_c], &[by_c, by_b]] {
            let note = note::sign(&text, "log", signers).unwrap();
            let record = canon::to_bytes(&ChangeRecord { kind: "ledger_key".into(), note, v: V1 }).unwrap();
            assert_eq!(read_change("log", 7, &record), None);
        }
        for bit in 0..record.len() * 8 {
            let mut changed = record.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(read_change("log", 7, &changed).is_none() || !is_change(&changed), "bit {bit}");
        }
    }
}
