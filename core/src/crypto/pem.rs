//! The one PEM block (RFC 7468) of a text, and the id of an SM2 signer, which PKCS#8 has no place for.
//!
//! RFC 7468 lets a text stand before the block; ours is one line, `SM2-Signer-Id: …`, which `openssl` passes over.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// What stands before the signer's id.
const SIGNER_ID: &str = "SM2-Signer-Id: ";

/// A block that was read.
pub(super) struct Block<'a> {
    pub(super) bytes: Zeroizing<Vec<u8>>,
    signer_id: Option<&'a str>,
}

impl<'a> Block<'a> {
    /// The id in the line before the block.
    #[cfg_attr(not(feature = "gm"), allow(dead_code, reason = "only SM2 has an id"))]
    pub(super) fn signer_id(&self) -> Option<&'a str> {
        self.signer_id
    }
}

/// The block of a text: nothing but white space may stand after it, and nothing but an id before it.
pub(super) fn read<'a>(text: &'a str, label: &str) -> Option<Block<'a>> {
    let text = text.trim();
    let (signer_id, block) = match text.strip_prefix(SIGNER_ID) {
        Some(rest) => rest.split_once('\n').map(|(id, block)| (Some(id.trim_end_matches('\r')), block.trim_start()))?,
        None => (None, text),
    };
    let body = block.strip_prefix(&format!("-----BEGIN {label}-----"))?;
    let body = body.strip_suffix(&format!("-----END {label}-----"))?;
    // Reserved whole: a vector that grows would leave copies of the key behind.
    let mut letters = Zeroizing::new(Vec::with_capacity(body.len()));
    letters.extend(body.bytes().filter(|byte| !byte.is_ascii_whitespace()));
    Some(Block { bytes: STANDARD.decode(&*letters).ok().map(Zeroizing::new)?, signer_id })
}

/// A text of one block.
pub(super) fn write(bytes: &[u8], label: &str, signer_id: Option<&str>) -> Zeroizing<String> {
    let body = Zeroizing::new(STANDARD.encode(bytes));
    let id = signer_id.map(|id| format!("{SIGNER_ID}{id}\n")).unwrap_or_default();
    let mut text =
        Zeroizing::new(String::with_capacity(id.len() + body.len() + body.len() / 64 + 2 * label.len() + 64));
    text.push_str(&id);
    text.push_str("-----BEGIN ");
    text.push_str(label);
    text.push_str("-----\n");
    for line in body.as_bytes().chunks(64) {
        text.push_str(str::from_utf8(line).unwrap_or_default());
        text.push('\n');
    }
    text.push_str("-----END ");
    text.push_str(label);
    text.push_str("-----\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_read_back() {
        let bytes: Vec<u8> = (0..=255).collect();
        for id in [None, Some("1234567812345678"), Some("西安 a")] {
            let text = write(&bytes, "PRIVATE KEY", id);
            assert!(text.lines().all(|line| line.len() <= 64));
            let block = read(&text, "PRIVATE KEY").unwrap();
            assert_eq!((&block.bytes[..], block.signer_id()), (&bytes[..], id));
            assert!(read(&text, "PUBLIC KEY").is_none());
            assert!(read(&format!("more\n{}", *text), "PRIVATE KEY").is_none());
            assert!(read(&format!("{}more", *text), "PRIVATE KEY").is_none());
            assert_eq!(read(&text.replace('\n', "\r\n"), "PRIVATE KEY").unwrap().signer_id(), id);
        }
    }
}
