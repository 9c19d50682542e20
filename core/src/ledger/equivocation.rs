//! Two heads of one log that can't both be true: proof that its operator told two stories.

use super::proof::ProofDocument;
use super::{Checkpoint, IntegrityError};
use crate::crypto::PublicKey;
use crate::terms::V1;

/// The document that proves that the key signed two trees of one size under one name. Anybody who knows the key checks it
/// with [`super::verify_document`].
///
/// ```
/// use kaifang::{crypto::{Ed25519Key, Signer}, ledger::{Ledger, LedgerConfig, Profile, prove_equivocation, verify_document}};
/// # let dir = tempfile::tempdir()?;
/// let (_, pem) = Ed25519Key::generate()?;
/// let config = LedgerConfig { origin: "log".into(), profile: Profile::Intl };
/// let mut heads = Vec::new();
/// for story in ["1", "2"] {
///     let mut ledger = Ledger::create(dir.path().join(story), &config, Box::new(Ed25519Key::from_pem(&pem)?))?;
///     ledger.append(story.as_bytes())?;
///     heads.push(ledger.checkpoint()?.note);
/// }
/// let proof = prove_equivocation(&heads[0], &heads[1], Ed25519Key::from_pem(&pem)?.public_key())?;
/// assert!(verify_document(&serde_json::to_vec(&proof)?).is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Those of [`Checkpoint::parse`] for each note; [`IntegrityError::WrongOrigin`] when they are of two logs;
/// [`IntegrityError::NoEquivocation`] when they are of two sizes, or say the same.
pub fn prove_equivocation(note1: &str, note2: &str, key: &PublicKey) -> Result<ProofDocument, IntegrityError> {
    check(note1, note2, key)?;
    Ok(ProofDocument::Equivocation { v: V1, note1: note1.to_owned(), note2: note2.to_owned(), public_key: key.clone() })
}

pub(super) fn check(note1: &str, note2: &str, key: &PublicKey) -> Result<(), IntegrityError> {
    let (first, second) = (Checkpoint::parse(note1, key)?, Checkpoint::parse(note2, key)?);
    if first.origin != second.origin {
        return Err(IntegrityError::WrongOrigin { expected: first.origin, found: second.origin });
    }
    if first.size != second.size || first.root == second.root {
        return Err(IntegrityError::NoEquivocation { size1: first.size, size2: second.size });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::{Ed25519Key, Signer as _};
    use crate::terms::Digest;

    #[test]
    fn only_two_roots_of_one_size_by_one_key_under_one_name_prove_anything() {
        let [(key, _), (other, _)] = [(); 2].map(|()| Ed25519Key::generate().unwrap());
        let head = |origin, size, root, key: &Ed25519Key| {
            Checkpoint::sign(origin, size, &Digest::sha256([root; 32]), &[(key.public_key(), key)]).unwrap().note
        };
        let prove = |a: &str, b: &str| prove_equivocation(a, b, key.public_key());
        let first = head("log", 5, 1, &key);
        let proof = prove(&first, &head("log", 5, 2, &key)).unwrap();
        assert_eq!(proof.check(), Ok(()));
        assert_eq!(prove(&first, &first), Err(IntegrityError::NoEquivocation { size1: 5, size2: 5 }));
        assert_eq!(prove(&first, &head("log", 6, 2, &key)), Err(IntegrityError::NoEquivocation { size1: 5, size2: 6 }));
        assert!(matches!(prove(&first, &head("lag", 5, 2, &key)), Err(IntegrityError::WrongOrigin { .. })));
        assert!(matches!(prove(&first, &head("log", 5, 2, &other)), Err(IntegrityError::NotSigned { .. })));
        assert!(matches!(prove("", &first), Err(IntegrityError::MalformedNote { .. })));
        let same = ProofDocument::Equivocation {
            v: V1,
            note1: first.clone(),
            note2: first,
            public_key: key.public_key().clone(),
        };
        assert!(same.check().is_err());
    }
}
