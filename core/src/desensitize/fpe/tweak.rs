//! The tweak: the column, and what is kept of the value.

use crate::crypto::ff1::{TWEAK_END_BYTES, TweakEnd};
use crate::crypto::{Hasher, frame};
use crate::terms::Digest;

/// What the tweaks of a column have in common: two blocks.
pub(crate) type Common = [[u8; 16]; 2];

/// That of one column of one dataset.
pub(crate) fn of_column(dataset: &str, column: &str) -> Common {
    blocks(&digest("kaifang/fpe/column/v1", &[dataset, column]))
}

/// That of all columns whose plans name one domain.
pub(crate) fn of_domain(domain: &str) -> Common {
    blocks(&digest("kaifang/fpe/domain/v1", &[domain]))
}

fn blocks(digest: &Digest) -> Common {
    let mut blocks = Common::default();
    blocks.as_flattened_mut().iter_mut().zip(digest.as_bytes()).for_each(|(to, from)| *to = *from);
    blocks
}

fn digest(label: &str, parts: &[&str]) -> Digest {
    let mut hasher = Hasher::sha256();
    frame(label, parts, &mut |piece| hasher.update(piece));
    hasher.finish()
}

/// The end of a value's tweak: a byte for the lengths of what is kept before and behind the part that is encrypted, then
/// both of these.
#[inline(always)]
pub(super) fn kept(before: &str, behind: &str) -> TweakEnd {
    let number = |bytes: &[u8]| bytes.iter().rev().fold(0, |number, byte| (number << 8) | u128::from(*byte));
    if before.len() + behind.len() >= TWEAK_END_BYTES {
        // The digest stays inside: what comes out is a keyed permutation, beside the kept part itself.
        let digest = digest("kaifang/fpe/kept/v1", &[before, behind]);
        let digest = digest.as_bytes().get(..TWEAK_END_BYTES - 1).unwrap_or_default();
        return TweakEnd::new(number(digest) << 8 | 0xff);
    }
    // Each is ten at most.
    let lengths = (16 * before.len() + behind.len()) as u128;
    let behind = number(behind.as_bytes()) << (8 * before.len());
    TweakEnd::new(lengths | (number(before.as_bytes()) | behind) << 8)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::crypto::sha256;

    #[test]
    fn names_and_parts_are_never_confused() {
        let all = [
            of_column("a", "b"),
            of_column("a", "c"),
            of_column("ab", ""),
            of_column("", "ab"),
            of_column("a\0b", "c"),
            of_column("a", "b\0c"),
            of_domain("a"),
            of_domain("ab"),
        ];
        assert_eq!(all.iter().collect::<HashSet<_>>().len(), all.len());
        // Every way to cut a text of up to 14 bytes, the digests of long ones included.
        let text = "陕12345678901";
        let mut ends = Vec::new();
        for (end, _) in text.char_indices().chain([(text.len(), ' ')]) {
            for (cut, _) in text.char_indices().chain([(text.len(), ' ')]).filter(|(cut, _)| *cut <= end) {
                ends.push(kept(&text[..cut], &text[cut..end]));
            }
        }
        assert_eq!(ends.iter().collect::<HashSet<_>>().len(), 13 * 14 / 2);
    }

    #[test]
    fn the_end_is_the_documented_one() {
        let end = |bytes: &[u8; 11]| TweakEnd::new(bytes.iter().rfold(0, |end, byte| (end << 8) | u128::from(*byte)));
        assert_eq!(kept("", ""), TweakEnd::default());
        assert_eq!(kept("139", "11"), end(b"\x3213911\0\0\0\0\0"));
        assert_eq!(kept("1234567890", ""), end(b"\xa01234567890"));
        assert_eq!(kept("", "1234567890"), end(b"\x0a1234567890"));
        let message = b"kaifang/fpe/kept/v1\0\0\0\0\0\0\0\x03\xe9\x99\x95\0\0\0\0\0\0\0\x0812345678";
        let digest = sha256(message);
        let mut bytes = [0xff; 11];
        bytes[1..].copy_from_slice(&digest.as_bytes()[..10]);
        assert_eq!(kept("陕", "12345678"), end(&bytes));
    }
}
