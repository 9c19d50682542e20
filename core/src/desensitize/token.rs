//! 密码假名化: a keyed token in place of the value.
//!
//! The token of a value is `<key id>.<text>`, where `text` is base32 (RFC 4648, lower case, no padding: 26 characters)
//! of the first 16 bytes (128 bits) of HMAC-SHA-256 over the canonical form of the value in UTF-8. The key is
//! [`crate::crypto::Keyring::derive`] of the key id and the domain, `<dataset>/<kind>` unless the plan names one.
//!
//! Two spellings of one value have one token; two datasets have different ones unless their plans name one domain. Who
//! holds the key can find the value by trying (there are few mobile numbers): de-identified, never anonymized. Without
//! the key a token tells equality and nothing more.

use crate::crypto::MacKey;
use crate::kinds::{self, Kind};

/// How many bytes of the MAC a token carries.
const BYTES: usize = 16;

const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// Makes the tokens of one column.
pub(crate) struct Tokenizer {
    kind: Kind,
    key: MacKey,
    /// The key id and the dot.
    prefix: String,
}

impl Tokenizer {
    pub(crate) fn new(kind: Kind, key_id: &str, key: MacKey) -> Self {
        Tokenizer { kind, key, prefix: format!("{key_id}.") }
    }

    /// Appends the token; `false` = the value is not valid for the kind.
    pub(crate) fn append(&self, value: &str, out: &mut Vec<u8>) -> bool {
        let Some(form) = kinds::canonical(self.kind, value) else { return false };
        let mac = self.key.mac(form.as_bytes());
        out.extend_from_slice(self.prefix.as_bytes());
        base32(mac.get(..BYTES).unwrap_or_default(), out);
        true
    }
}

/// Appends base32 (RFC 4648 section 6), lower case, without padding.
fn base32(bytes: &[u8], out: &mut Vec<u8>) {
    for group in bytes.chunks(5) {
        let mut bits = [0_u8; 8];
        for (to, from) in bits.iter_mut().skip(3).zip(group) {
            *to = *from;
        }
        let bits = u64::from_be_bytes(bits);
        // 8 bits a byte, 5 bits a letter: the last letter is filled up with zero bits.
        for letter in 0..(group.len() * 8).div_ceil(5) {
            let index = (bits >> (35 - 5 * letter)) & 31;
            out.extend(usize::try_from(index).ok().and_then(|index| ALPHABET.get(index)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The test vectors of RFC 4648, section 10.
    #[test]
    fn base32_is_that_of_rfc_4648() {
        for (bytes, text) in [
            ("", ""),
            ("f", "my"),
            ("fo", "mzxq"),
            ("foo", "mzxw6"),
            ("foob", "mzxw6yq"),
            ("fooba", "mzxw6ytb"),
            ("foobar", "mzxw6ytboi"),
        ] {
            let mut out = Vec::new();
            base32(bytes.as_bytes(), &mut out);
            assert_eq!(out, text.as_bytes());
        }
    }

    #[test]
    fn spellings_of_one_value_have_one_token() {
        let mut keys = crate::crypto::Keyring::new();
        keys.insert("k1", &[7; 32]).unwrap();
        let tokens = Tokenizer::new(Kind::Mobile, "k1", keys.derive("k1", "d/mobile").unwrap());
        let token = |value: &str| {
            let mut out = Vec::new();
            tokens.append(value, &mut out).then(|| String::from_utf8(out).unwrap())
        };
        let plain = token("13900001111").unwrap();
        assert_eq!(plain.len(), "k1.".len() + 26);
        assert_eq!(token("+86 139-0000-1111").unwrap(), plain);
        assert_ne!(token("13900001112").unwrap(), plain);
        assert_eq!(token("1390000111"), None);
    }
}
