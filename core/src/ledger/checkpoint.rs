//! The signed head of a log: origin, size, root (c2sp.org/tlog-checkpoint).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::note::{self, KeySigner};
use super::tree::Hash;
use super::{Expected, IntegrityError, Profile};
use crate::crypto::{KeyError, PublicKey};
use crate::terms::{Digest, V1};

/// The signed head of a log. `note` is the signature's text and the only authority: the other fields repeat it.
///
/// One that was read from a document is believed only after [`Checkpoint::verify`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Checkpoint {
    /// The version of this document.
    pub v: V1,
    /// The name of the log.
    pub origin: String,
    /// How many records the tree holds.
    pub size: u64,
    /// The root of the tree.
    pub root: Digest,
    /// The signed note, as other tools read it.
    pub note: String,
}

impl Checkpoint {
    /// Reads a signed note, after its signature was verified.
    ///
    /// # Errors
    /// [`IntegrityError::MalformedNote`], [`IntegrityError::NotSigned`], [`IntegrityError::BadSignature`].
    pub fn parse(note: &str, key: &PublicKey) -> Result<Self, IntegrityError> {
        let malformed = |line, expected| IntegrityError::MalformedNote { line, expected };
        let origin = note
            .lines()
            .next()
            .filter(|line| note::is_name(line))
            .ok_or(malformed(1, Expected::new("账本名称", "the name of a log")))?;
        let text = note::open(note, origin, key)?;
        let mut lines = text.lines().skip(1);
        let size = lines.next().unwrap_or_default();
        let parsed: Option<u64> = size.parse().ok();
        let size = parsed
            .filter(|parsed| parsed.to_string() == size)
            .ok_or(malformed(2, Expected::new("十进制的大小", "a size in decimal")))?;
        let root = lines.next().and_then(|line| STANDARD.decode(line).ok()).and_then(|root| root.try_into().ok());
        let root: Hash =
            root.ok_or(malformed(3, Expected::new("32 字节树根的 base64", "base64 of a root of 32 bytes")))?;
        // Extension lines are opaque, but none is empty.
        if let Some(empty) = lines.position(str::is_empty) {
            return Err(malformed(empty + 4, Expected::new("非空的扩展行", "an extension line that is not empty")));
        }
        let root = Digest::new(Profile::of(key).hash(), root);
        Ok(Checkpoint { v: V1, origin: origin.to_owned(), size, root, note: note.to_owned() })
    }

    /// Verifies the note, and that the fields repeat it.
    ///
    /// # Errors
    /// Those of [`Checkpoint::parse`], and [`IntegrityError::NotTheNote`].
    pub fn verify(&self, key: &PublicKey) -> Result<(), IntegrityError> {
        let signed = Self::parse(&self.note, key)?;
        let differs = |field| Err(IntegrityError::NotTheNote { field });
        match () {
            () if signed.origin != self.origin => differs("origin"),
            () if signed.size != self.size => differs("size"),
            () if signed.root != self.root => differs("root"),
            () => Ok(()),
        }
    }

    /// Signs a head by each of these keys. Each signature is verified before it is used.
    pub(super) fn sign(origin: &str, size: u64, root: &Digest, signers: &[KeySigner<'_>]) -> Result<Self, KeyError> {
        let text = format!("{origin}\n{size}\n{}\n", STANDARD.encode(root.as_bytes()));
        let note = note::sign(&text, origin, signers)?;
        Ok(Checkpoint { v: V1, origin: origin.to_owned(), size, root: *root, note })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::{Ed25519Key, Signer};

    fn signed(text: &str) -> (String, PublicKey) {
        let (key, _) = Ed25519Key::generate().unwrap();
        let origin = text.lines().next().unwrap();
        let note = note::sign(text, origin, &[(key.public_key(), &key)]).unwrap();
        (note, key.public_key().clone())
    }

    const ROOT: &str = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

    #[test]
    fn what_is_signed_is_read_back() {
        let (key, _) = Ed25519Key::generate().unwrap();
        let made =
            Checkpoint::sign("xa.example/log", 7, &Digest::sha256([9; 32]), &[(key.public_key(), &key)]).unwrap();
        assert_eq!(Checkpoint::parse(&made.note, key.public_key()), Ok(made.clone()));
        assert_eq!(made.verify(key.public_key()), Ok(()));
        let (other, _) = Ed25519Key::generate().unwrap();
        assert!(matches!(made.verify(other.public_key()), Err(IntegrityError::NotSigned { .. })));
    }

    #[test]
    fn fields_that_say_more_than_the_note_are_refused() {
        let (key, _) = Ed25519Key::generate().unwrap();
        let made = Checkpoint::sign("log", 7, &Digest::sha256([9; 32]), &[(key.public_key(), &key)]).unwrap();
        for (changed, field) in [
            (Checkpoint { size: 8, ..made.clone() }, "size"),
            (Checkpoint { origin: "lag".to_owned(), ..made.clone() }, "origin"),
            (Checkpoint { root: Digest::sha256([8; 32]), ..made }, "root"),
        ] {
            assert_eq!(changed.verify(key.public_key()), Err(IntegrityError::NotTheNote { field }));
        }
    }

    #[test]
    fn signed_texts_that_are_no_checkpoints_are_refused() {
        for (text, line) in [
            ("log\n", 2),
            ("log\n\n", 2),
            (&format!("log\n07\n{ROOT}\n"), 2),
            (&format!("log\n+7\n{ROOT}\n"), 2),
            (&format!("log\n18446744073709551616\n{ROOT}\n"), 2),
            ("log\n7\n", 3),
            ("log\n7\nAAAA\n", 3),
            (&format!("log\n7\n{ROOT}\nmore\n\nmore\n"), 5),
        ] {
            let (note, key) = signed(text);
            let error = Checkpoint::parse(&note, &key).unwrap_err();
            assert!(matches!(error, IntegrityError::MalformedNote { line: found, .. } if found == line), "{error:?}");
        }
        let (note, key) = signed(&format!("log\n7\n{ROOT}\nopaque\n"));
        assert_eq!(Checkpoint::parse(&note, &key).unwrap().size, 7);
    }

    /// A signer that returns something else is found out.
    #[test]
    fn a_wrong_signature_is_never_used() {
        struct Garbage(PublicKey, Vec<u8>);
        impl Signer for Garbage {
            fn public_key(&self) -> &PublicKey {
                &self.0
            }
            fn sign(&self, _: &[u8]) -> Result<Vec<u8>, KeyError> {
                Ok(self.1.clone())
            }
        }
        let (key, _) = Ed25519Key::generate().unwrap();
        for bytes in [vec![], vec![0; 64], vec![0xff; 64], key.sign(b"another text").unwrap()] {
            let signer = Garbage(key.public_key().clone(), bytes);
            assert_eq!(
                Checkpoint::sign("log", 0, &Digest::sha256([0; 32]), &[(signer.public_key(), &signer)]),
                Err(KeyError::WrongSignature)
            );
        }
    }
}
