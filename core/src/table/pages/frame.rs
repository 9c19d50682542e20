//! Whether a compressed page is one stream from its first byte to its last, so that nothing rides along behind it or
//! between.

use parquet::basic::Compression;

/// Whether every byte is read when the page is decompressed. `false` also for codecs whose streams can hold what no reader
/// reads: names and comments of gzip, frames of Hadoop's LZ4.
pub(super) fn is_exact(codec: Compression, packed: &[u8]) -> bool {
    match codec {
        // Their blocks have no header beyond a length, and are read until they end.
        Compression::UNCOMPRESSED | Compression::SNAPPY | Compression::LZ4_RAW => true,
        Compression::ZSTD(_) => zstd_frame(packed) == Some(packed.len()),
        _ => false,
    }
}

/// The length of the Zstandard frame (RFC 8878) that the bytes begin with.
fn zstd_frame(bytes: &[u8]) -> Option<usize> {
    let rest = bytes.strip_prefix(&[0x28, 0xb5, 0x2f, 0xfd])?;
    let descriptor = *rest.first()?;
    let single = descriptor >> 5 & 1;
    if descriptor & 0b11 != 0 {
        // A dictionary: none is meant in Parquet.
        return None;
    }
    let size = match descriptor >> 6 {
        0 => usize::from(single),
        1 => 2,
        2 => 4,
        _ => 8,
    };
    let mut at = 4 + 1 + usize::from(1 - single) + size;
    loop {
        let [a, b, c] = *bytes.get(at..)?.first_chunk::<3>()?;
        let head = usize::from(a) | usize::from(b) << 8 | usize::from(c) << 16;
        at += 3 + match head >> 1 & 0b11 {
            1 => 1,
            0 | 2 => head >> 3,
            _ => return None,
        };
        if head & 1 == 1 {
            break;
        }
    }
    Some(at + if descriptor >> 2 & 1 == 1 { 4 } else { 0 })
}
