//! Strings as they stand written: their escapes, and the order of keys.
//!
//! Encoding and checking share these functions, so that they can't disagree. A key is compared in its written form; it
//! is never decoded into memory of its own.

use std::cmp::Ordering;

/// What has an escape of two characters, beside the second of them (RFC 8785 section 3.2.2.2).
const SHORT: [(u8, u8); 7] =
    [(b'"', b'"'), (b'\\', b'\\'), (0x08, b'b'), (b'\t', b't'), (b'\n', b'n'), (0x0c, b'f'), (b'\r', b'r')];

/// Writes a string, and what closes it. Whether it needed no escape.
#[inline]
pub(super) fn write<const N: usize>(text: &str, close: [u8; N], out: &mut Vec<u8>) -> bool {
    out.push(b'"');
    let start = out.len();
    let plain = copy_plain(text.as_bytes(), out);
    if !plain {
        out.truncate(start);
        write_inside(text, out);
    }
    out.extend_from_slice(&close);
    plain
}

/// Copies text in which nothing has to be escaped, eight bytes at a time; stops where something has.
#[inline]
fn copy_plain(text: &[u8], out: &mut Vec<u8>) -> bool {
    let end = out.len() + text.len();
    out.reserve(text.len() + 8);
    let (words, tail) = text.as_chunks::<8>();
    for word in words {
        if specials(u64::from_le_bytes(*word)) != 0 {
            return false;
        }
        out.extend_from_slice(word);
    }
    let word = first_word(tail);
    out.extend_from_slice(&word.to_le_bytes());
    out.truncate(end);
    specials(word) & !after(tail.len()) == 0
}

/// Writes what stands between the quotes.
pub(super) fn write_inside(text: &str, out: &mut Vec<u8>) {
    let mut rest = text.as_bytes();
    loop {
        let (plain, special) = rest.split_at_checked(plain_run(rest)).unwrap_or((rest, &[]));
        out.extend_from_slice(plain);
        let Some((byte, after)) = special.split_first() else {
            return;
        };
        write_escape(*byte, out);
        rest = after;
    }
}

fn write_escape(byte: u8, out: &mut Vec<u8>) {
    match SHORT.iter().find(|(of, _)| *of == byte) {
        Some((_, letter)) => out.extend_from_slice(&[b'\\', *letter]),
        None => {
            let digit = |value: u8| if value < 10 { b'0' + value } else { b'a' + value - 10 };
            out.extend_from_slice(&[b'\\', b'u', b'0', b'0', digit(byte >> 4), digit(byte & 15)]);
        }
    }
}

/// The byte whose escape stands at the start, and the length of the escape; nothing if no byte is written so.
pub(super) fn read_escape(bytes: &[u8]) -> Option<(u8, usize)> {
    match bytes {
        [b'\\', b'u', b'0', b'0', high @ b'0'..=b'1', low, ..] => {
            let low = match low {
                b'0'..=b'9' => low - b'0',
                b'a'..=b'f' => low - b'a' + 10,
                _ => return None,
            };
            let byte = ((high - b'0') << 4) | low;
            SHORT.iter().all(|(of, _)| *of != byte).then_some((byte, 6))
        }
        [b'\\', letter, ..] => SHORT.iter().find(|(_, name)| name == letter).map(|(of, _)| (*of, 2)),
        _ => None,
    }
}

/// How many bytes at the start stand for themselves: no control, no quote, no backslash.
#[inline]
pub(super) fn plain_run(bytes: &[u8]) -> usize {
    let (words, tail) = bytes.as_chunks::<8>();
    let mut run = 0;
    for word in words {
        let marks = specials(u64::from_le_bytes(*word));
        if marks != 0 {
            return run + (marks.trailing_zeros() / 8) as usize;
        }
        run += 8;
    }
    run + tail.iter().take_while(|byte| !matches!(**byte, 0..0x20 | b'"' | b'\\')).count()
}

/// Eight times this byte.
const fn each(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

/// Marks in the highest bit of a byte that it must be escaped. Only above a true mark can there be a false one.
const fn specials(word: u64) -> u64 {
    let control = word.wrapping_sub(each(0x20)) & !word;
    (control | zeros(word ^ each(b'"')) | zeros(word ^ each(b'\\'))) & each(0x80)
}

/// Marks in the highest bit of a byte that it is zero, as [`specials`] does.
const fn zeros(word: u64) -> u64 {
    word.wrapping_sub(each(1)) & !word
}

/// The first eight bytes, the first of them lowest; zeros where there are fewer.
#[inline]
fn first_word(bytes: &[u8]) -> u64 {
    if let Some(first) = bytes.first_chunk::<8>() {
        return u64::from_le_bytes(*first);
    }
    if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        let last = u64::from(u32::from_le_bytes(*last)) << (8 * (bytes.len() - 4));
        return u64::from(u32::from_le_bytes(*first)) | last;
    }
    bytes.iter().rev().fold(0, |word, byte| (word << 8) | u64::from(*byte))
}

/// The bits of a word after so many bytes.
#[inline]
const fn after(length: usize) -> u64 {
    if length < 8 { u64::MAX << (8 * length) } else { 0 }
}

/// The first eight bytes of a key, as a number: two keys whose numbers differ are in the order of their numbers. `text`
/// starts with the written key of this length, and may go on after it.
#[inline]
pub(super) fn head(text: &[u8], length: usize) -> u64 {
    let word = first_word(text) & !after(length);
    if (word | zeros(word ^ each(b'\\'))) & each(0x80) == 0 {
        return word.swap_bytes();
    }
    let mut first = [0; 8];
    first.iter_mut().zip(ranks(text.get(..length).unwrap_or(text))).for_each(|(to, rank)| *to = rank);
    u64::from_be_bytes(first)
}

/// The order of two written keys: RFC 8785 section 3.2.3 compares property names as arrays of UTF-16 code units.
pub(super) fn key_order(a: &[u8], b: &[u8]) -> Ordering {
    ranks(a).cmp(ranks(b))
}

/// The bytes of a written key, decoded, so that their order is the order of UTF-16 code units. The order of UTF-8 is that
/// of code points, and differs in this alone: what UTF-16 writes with surrogates (first byte F0 to F4) comes before
/// U+E000 to U+FFFF (first byte EE or EF).
fn ranks(mut key: &[u8]) -> impl Iterator<Item = u8> {
    std::iter::from_fn(move || {
        let (byte, length) = match key {
            [b'\\', ..] => read_escape(key)?,
            [byte, ..] => (*byte, 1),
            [] => return None,
        };
        key = key.get(length..)?;
        Some(if matches!(byte, 0xee | 0xef) { byte + 8 } else { byte })
    })
}
