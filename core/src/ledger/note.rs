//! The signed note of C2SP (c2sp.org/signed-note): a text, an empty line, lines of signatures.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Expected, IntegrityError};
use crate::crypto::{Hasher, KeyError, PublicKey, SignatureAlgorithm, Signer};

/// What stands for Ed25519 before a key: its signature type.
const ED25519: &[u8] = &[1];
/// What stands for SM2 before a key: the type of signatures that C2SP has given no number, and our name for it.
const SM2: &[u8] = b"\xffsm2-sm3/v1";
/// The bytes of a point of SM2; the signer's id follows it.
#[cfg(feature = "gm")]
const POINT: usize = 65;
/// No note is longer, in bytes, or has more lines of signatures.
const LONGEST: usize = 1 << 16;
const MOST_SIGNATURES: usize = 100;
/// Em dash and space.
const MARK: &str = "\u{2014} ";

/// Whether a log or key may have this name in a note.
pub(super) fn is_name(name: &str) -> bool {
    let bad = |letter: char| letter == '+' || letter.is_whitespace() || letter.is_control();
    (1..=255).contains(&name.len()) && !name.contains(bad)
}

/// The key as notes have it: signature type, key and, for SM2, the signer's id.
fn typed_key(key: &PublicKey) -> Vec<u8> {
    let letters = match key.algorithm() {
        SignatureAlgorithm::Ed25519 => ED25519,
        SignatureAlgorithm::Sm2 => SM2,
    };
    [letters, key.as_bytes(), key.signer_id().unwrap_or_default().as_bytes()].concat()
}

fn parse_typed_key(bytes: &[u8]) -> Option<PublicKey> {
    if let Some(key) = bytes.strip_prefix(ED25519) {
        return key.try_into().ok().map(PublicKey::ed25519);
    }
    #[cfg(feature = "gm")]
    if let Some((point, id)) = bytes.strip_prefix(SM2).and_then(|rest| rest.split_at_checked(POINT)) {
        return PublicKey::sm2(point, str::from_utf8(id).ok()?).ok();
    }
    None
}

/// The first four bytes of SHA-256 of name, line feed and typed key.
fn key_id(name: &str, key: &PublicKey) -> [u8; 4] {
    let mut hasher = Hasher::sha256();
    hasher.update(name.as_bytes());
    hasher.update(b"\n");
    hasher.update(&typed_key(key));
    let [a, b, c, d, ..] = *hasher.finish().as_bytes();
    [a, b, c, d]
}

/// The verifier key of C2SP's signed note: `name+hash+base64`, which other tools take.
///
/// ```
/// use kaifang::{crypto::PublicKey, ledger::verifier_key};
/// let key: PublicKey = "6cp5HitPrnoQCk1hWTJBHhmcJVvngh3Yto0A1hyucq8=".parse()?;
/// assert!(verifier_key("example.com/foo", &key).starts_with("example.com/foo+"));
/// # Ok::<(), kaifang::crypto::KeyError>(())
/// ```
#[must_use]
pub fn verifier_key(origin: &str, key: &PublicKey) -> String {
    format!("{origin}+{:08x}+{}", u32::from_be_bytes(key_id(origin, key)), STANDARD.encode(typed_key(key)))
}

/// Name and key of a verifier key.
pub(super) fn parse_verifier_key(text: &str) -> Option<(&str, PublicKey)> {
    let (name, rest) = text.split_once('+')?;
    let (_, key) = rest.split_once('+')?;
    let key = parse_typed_key(&STANDARD.decode(key).ok()?)?;
    // Written again, it must be the same: that checks the hash.
    (is_name(name) && verifier_key(name, &key) == text).then_some((name, key))
}

/// A signer, and the key that its signatures must verify with. What the signer itself calls its key counts only when it is
/// first met: one that changes its mind signs nothing.
pub(super) type KeySigner<'a> = (&'a PublicKey, &'a dyn Signer);

/// The note of a text (which ends in a line feed), signed under one name by each of these keys. Each signature is
/// verified before it is used.
pub(super) fn sign(text: &str, name: &str, signers: &[KeySigner<'_>]) -> Result<String, KeyError> {
    let mut note = format!("{text}\n");
    for (key, signer) in signers {
        let given = signer.sign(text.as_bytes())?;
        let signature = key.accept(text.as_bytes(), &given).ok_or(KeyError::WrongSignature)?;
        let bytes = [&key_id(name, key)[..], &signature].concat();
        note.push_str(&format!("{MARK}{name} {}\n", STANDARD.encode(bytes)));
    }
    Ok(note)
}

/// The text of a note that `key` signed under `name`. Lines of other keys are passed over, if they are well formed.
pub(super) fn open<'a>(note: &'a str, name: &str, key: &PublicKey) -> Result<&'a str, IntegrityError> {
    let malformed = |line, expected| Err(IntegrityError::MalformedNote { line, expected });
    if note.len() > LONGEST {
        return malformed(1, Expected::new("至多 65536 字节的签名文本", "a note of at most 65536 bytes"));
    }
    for (number, line) in note.split('\n').enumerate() {
        if line.contains(|letter: char| letter < ' ') {
            return malformed(number + 1, Expected::new("不含控制字符", "no control character"));
        }
    }
    let Some(end) = note.rfind("\n\n") else {
        return malformed(1, Expected::new("正文、空行与签名", "a text, an empty line and signatures"));
    };
    let (text, signatures) = note.split_at(end + 1);
    let first = text.lines().count() + 2;
    let Some(signatures) = signatures.strip_prefix('\n').and_then(|lines| lines.strip_suffix('\n')) else {
        return malformed(
            first,
            Expected::new("各以换行结尾的签名行", "lines of signatures, each with a line feed at its end"),
        );
    };
    let mut signed = false;
    for (number, line) in signatures.split('\n').enumerate() {
        let place = first + number;
        if number >= MOST_SIGNATURES {
            return malformed(place, Expected::new("至多 100 个签名", "at most 100 signatures"));
        }
        let parts = line.strip_prefix(MARK).and_then(|line| line.split_once(' '));
        let parts = parts.and_then(|(signer, bytes)| Some((signer, STANDARD.decode(bytes).ok()?)));
        let Some((signer, bytes)) = parts.filter(|(signer, bytes)| is_name(signer) && bytes.len() > 4) else {
            return malformed(
                place,
                Expected::new(
                    "长破折号、密钥名称,以及密钥标识与签名的 base64",
                    "an em dash, a key name and base64 of a key id and a signature",
                ),
            );
        };
        if let Some(signature) = bytes.strip_prefix(&key_id(name, key)).filter(|_| signer == name) {
            if !key.verify(text.as_bytes(), signature) {
                return Err(IntegrityError::BadSignature { line: place });
            }
            signed = true;
        }
    }
    if signed { Ok(text) } else { Err(IntegrityError::NotSigned { name: name.to_owned() }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example key and note of Go's `golang.org/x/mod/sumdb/note`.
    const KEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const NOTE: &str = "If you think cryptography is the answer to your problem,\n\
        then you don't know what your problem is.\n\n\
        \u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

    #[test]
    fn a_note_of_another_implementation_opens() {
        let (name, key) = parse_verifier_key(KEY).unwrap();
        assert_eq!(name, "PeterNeumann");
        assert!(open(NOTE, name, &key).unwrap().ends_with("problem is.\n"));
    }

    #[test]
    fn every_change_is_refused() {
        let (name, key) = parse_verifier_key(KEY).unwrap();
        for bit in 0..NOTE.len() * 8 {
            let mut bytes = NOTE.as_bytes().to_vec();
            bytes[bit / 8] ^= 1 << (bit % 8);
            if let Ok(changed) = String::from_utf8(bytes) {
                assert!(open(&changed, name, &key).is_err(), "bit {bit}");
            }
        }
        for end in (0..NOTE.len()).filter(|end| NOTE.is_char_boundary(*end)) {
            assert!(open(&NOTE[..end], name, &key).is_err(), "cut at {end}");
        }
    }

    #[test]
    fn lines_of_unknown_keys_are_passed_over_but_not_malformed_ones() {
        let (name, key) = parse_verifier_key(KEY).unwrap();
        assert!(open(&format!("{NOTE}\u{2014} witness AAAAAAAA\n"), name, &key).is_ok());
        assert!(open(&format!("{NOTE}\u{2014} witness AAAA\n"), name, &key).is_err());
        assert!(open(&format!("{NOTE}witness AAAAAAAA\n"), name, &key).is_err());
        assert!(open(&format!("{NOTE}{}", "\u{2014} w AAAAAAAA\n".repeat(100)), name, &key).is_err());
        assert!(matches!(open(NOTE, "Another", &key), Err(IntegrityError::NotSigned { .. })));
    }

    #[test]
    fn verifier_keys_are_read_strictly() {
        for bad in ["", "a", "a+b", "a+c74f20a3+AAAA", &KEY.replace("c74f", "c74e"), &KEY.replace("Peter", "Pe ter")] {
            assert!(parse_verifier_key(bad).is_none(), "{bad}");
        }
    }
}
