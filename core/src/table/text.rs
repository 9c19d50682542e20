//! Bytes to text: which encoding a file has, and its strict decoding as a stream.
//!
//! GB18030 has bytes such as `\` and `|` inside characters, so a file is decoded before it is split. Nothing is
//! replaced: the first byte that is not valid ends the reading, with its place.

use std::io::{self, Read, Seek, SeekFrom};

use encoding_rs::{Decoder, DecoderResult, GB18030, UTF_8};

use super::{Encoding, TableError};

const CHUNK: usize = 64 << 10;
const BOM: [u8; 3] = [0xef, 0xbb, 0xbf];
/// A file whose first fault comes after this many proper multi-byte UTF-8 characters is damaged UTF-8: text in GB18030
/// fails within a few characters.
const CLEARLY_UTF8: u64 = 16;

impl Encoding {
    fn label(self) -> &'static str {
        crate::terms::Word::zh(self)
    }
}

/// Tells the encoding of a whole file: a byte order mark, else valid UTF-8, else GB18030 (which is then decoded
/// strictly). Leaves the position after the byte order mark.
pub(super) fn sniff(input: &mut (impl Read + Seek)) -> Result<Result<(Encoding, u64), TableError>, io::Error> {
    input.seek(SeekFrom::Start(0))?;
    let mut head = [0; 4];
    let read = fill(input, &mut head)?;
    let head = head.get(..read).unwrap_or_default();
    if head.starts_with(&BOM) {
        input.seek(SeekFrom::Start(3))?;
        return Ok(Ok((Encoding::Utf8, 3)));
    }
    if head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]) {
        return Ok(Err(TableError::UnsupportedEncoding { encoding: "UTF-16" }));
    }
    input.seek(SeekFrom::Start(0))?;
    let fault = first_utf8_fault(input)?;
    input.seek(SeekFrom::Start(0))?;
    Ok(match fault {
        None => Ok((Encoding::Utf8, 0)),
        Some((offset, seen)) if seen >= CLEARLY_UTF8 => Err(TableError::Undecodable { encoding: "UTF-8", offset }),
        Some(_) => Ok((Encoding::Gb18030, 0)),
    })
}

/// Where UTF-8 first fails, and how many characters of three bytes or more came before.
fn first_utf8_fault(input: &mut impl Read) -> io::Result<Option<(u64, u64)>> {
    let mut buffer = vec![0; CHUNK];
    let (mut kept, mut done, mut seen) = (0, 0, 0u64);
    loop {
        let read = fill(input, buffer.get_mut(kept..).unwrap_or_default())?;
        let chunk = buffer.get(..kept + read).unwrap_or_default();
        let last = read == 0;
        let (valid, fault) = match std::str::from_utf8(chunk) {
            Ok(text) => (text.len(), false),
            // A character cut by the end of the chunk is no fault yet.
            Err(error) => (error.valid_up_to(), error.error_len().is_some() || last),
        };
        seen += chunk.get(..valid).unwrap_or_default().iter().filter(|byte| **byte >= 0xe0).count() as u64;
        if fault {
            return Ok(Some((done + valid as u64, seen)));
        }
        if last {
            return Ok(None);
        }
        kept = chunk.len() - valid;
        done += valid as u64;
        buffer.copy_within(valid..valid + kept, 0);
    }
}

/// Reads until the buffer is full or the input ends.
fn fill(input: &mut impl Read, mut buffer: &mut [u8]) -> io::Result<usize> {
    let mut total = 0;
    while !buffer.is_empty() {
        match input.read(buffer) {
            Ok(0) => break,
            Ok(read) => {
                total += read;
                buffer = buffer.get_mut(read..).unwrap_or_default();
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(total)
}

/// Decodes a stream into UTF-8, strictly.
pub(super) struct Decoding<R> {
    input: R,
    encoding: Encoding,
    decoder: Decoder,
    bytes: Vec<u8>,
    start: usize,
    end: usize,
    /// File offset of `bytes[start]`.
    offset: u64,
    at_end: bool,
    finished: bool,
    lead: Lead,
}

/// Where a byte stands in GB18030. The decoder of the web platform reads a lone `0x80` as the euro sign; the standard
/// does not assign it, so this refuses it.
#[derive(Clone, Copy, PartialEq)]
enum Lead {
    None,
    One,
    Two,
    Three,
}

impl Lead {
    /// The offset of the first `0x80` that begins a character.
    fn find_lone_80(&mut self, bytes: &[u8]) -> Option<usize> {
        for (at, byte) in bytes.iter().enumerate() {
            *self = match (*self, byte) {
                (Lead::None, 0x80) => return Some(at),
                (Lead::None, 0x81..=0xfe) => Lead::One,
                (Lead::One, b'0'..=b'9') => Lead::Two,
                (Lead::Two, _) => Lead::Three,
                _ => Lead::None,
            };
        }
        None
    }
}

impl<R: Read> Decoding<R> {
    /// The input stands after `offset` bytes (the byte order mark).
    pub(super) fn new(input: R, encoding: Encoding, offset: u64) -> Self {
        let decoder = match encoding {
            Encoding::Utf8 => UTF_8.new_decoder_without_bom_handling(),
            Encoding::Gb18030 => GB18030.new_decoder_without_bom_handling(),
        };
        Decoding {
            input,
            encoding,
            decoder,
            bytes: vec![0; CHUNK],
            start: 0,
            end: 0,
            offset,
            at_end: false,
            finished: false,
            lead: Lead::None,
        }
    }

    /// Decodes into the buffer, which has room for several characters. Zero = the end.
    pub(super) fn decode(&mut self, out: &mut [u8]) -> Result<usize, DecodeError> {
        loop {
            if self.finished {
                return Ok(0);
            }
            if self.start == self.end && !self.at_end {
                self.end = fill(&mut self.input, &mut self.bytes).map_err(DecodeError::Io)?;
                self.start = 0;
                self.at_end = self.end < self.bytes.len();
                if self.encoding == Encoding::Gb18030 {
                    let fresh = self.bytes.get(..self.end).unwrap_or_default();
                    if let Some(at) = self.lead.find_lone_80(fresh) {
                        return Err(self.undecodable(self.offset + at as u64));
                    }
                }
            }
            let input = self.bytes.get(self.start..self.end).unwrap_or_default();
            let (result, read, written) = self.decoder.decode_to_utf8_without_replacement(input, out, self.at_end);
            self.start += read;
            self.offset += read as u64;
            match result {
                DecoderResult::Malformed(length, after) => {
                    return Err(self.undecodable(self.offset.saturating_sub(u64::from(length) + u64::from(after))));
                }
                DecoderResult::InputEmpty if self.at_end => self.finished = true,
                _ => {}
            }
            if written > 0 {
                return Ok(written);
            }
        }
    }

    fn undecodable(&self, offset: u64) -> DecodeError {
        DecodeError::Bytes(TableError::Undecodable { encoding: self.encoding.label(), offset })
    }
}

pub(super) enum DecodeError {
    Io(io::Error),
    Bytes(TableError),
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Cursor;

    fn decode(bytes: &[u8]) -> Result<(Encoding, String), TableError> {
        let mut input = Cursor::new(bytes);
        let (encoding, offset) = sniff(&mut input).unwrap()?;
        let mut decoding = Decoding::new(input, encoding, offset);
        let (mut text, mut out) = (Vec::new(), [0; 37]);
        loop {
            match decoding.decode(&mut out) {
                Ok(0) => return Ok((encoding, String::from_utf8(text).unwrap())),
                Ok(written) => text.extend_from_slice(&out[..written]),
                Err(DecodeError::Bytes(error)) => return Err(error),
                Err(DecodeError::Io(error)) => panic!("{error}"),
            }
        }
    }

    #[test]
    fn the_encoding_is_told_by_the_bytes() {
        assert_eq!(decode("姓名".as_bytes()).unwrap(), (Encoding::Utf8, "姓名".to_owned()));
        assert_eq!(decode("\u{feff}姓名".as_bytes()).unwrap(), (Encoding::Utf8, "姓名".to_owned()));
        assert_eq!(decode(&[0xd0, 0xd5, 0xc3, 0xfb]).unwrap(), (Encoding::Gb18030, "姓名".to_owned()));
        assert_eq!(decode(b"").unwrap(), (Encoding::Utf8, String::new()));
        assert!(matches!(decode(&[0xff, 0xfe, 0x61, 0]), Err(TableError::UnsupportedEncoding { encoding: "UTF-16" })));
    }

    #[test]
    fn rare_characters_of_names_survive() {
        // 龑 is not in GB2312, 㛃 and 𠮷 are not in GBK; 亖 of the trail byte 0x5c is.
        for name in ["龑", "㛃", "\u{20bb7}", "䶮", "乗"] {
            let (bytes, _, unmappable) = GB18030.encode(name);
            assert!(!unmappable);
            assert_eq!(decode(&bytes).unwrap().1, name);
        }
        assert_eq!(decode(&[0x81, 0x5c]).unwrap(), (Encoding::Gb18030, "乗".to_owned()).clone());
    }

    #[test]
    fn a_byte_that_is_no_text_is_named_and_never_replaced() {
        let at = |bytes: &[u8]| match decode(bytes) {
            Err(TableError::Undecodable { encoding, offset }) => (encoding, offset),
            other => panic!("{other:?}"),
        };
        assert_eq!(at(&[b'a', 0x80]), ("GB18030", 1));
        assert_eq!(at(&[b'a', b'b', 0xff]), ("GB18030", 2));
        assert_eq!(at(&[0xd0, 0xd5, 0xc3]), ("GB18030", 2));
        assert_eq!(at(&[0xe3, 0x32, 0x9a, 0x36]), ("GB18030", 0));
    }

    #[test]
    fn damaged_utf8_is_not_taken_for_gb18030() {
        let mut bytes = "居民基本信息统计表居民基本信息统计表".as_bytes().to_vec();
        bytes.truncate(bytes.len() - 1);
        assert!(matches!(decode(&bytes), Err(TableError::Undecodable { encoding: "UTF-8", offset: 51 })));
    }

    proptest! {
        #[test]
        fn what_gb18030_can_write_comes_back(text in "[\u{80}-\u{d7ff}\u{f900}-\u{ffff}\u{20000}-\u{2fffd}]{20,400}") {
            let (bytes, _, unmappable) = GB18030.encode(&text);
            prop_assume!(!unmappable && std::str::from_utf8(&bytes).is_err());
            prop_assert_eq!(decode(&bytes).unwrap().1, text);
        }

        #[test]
        fn no_bytes_panic_or_give_replacements(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Ok((Encoding::Gb18030, text)) = decode(&bytes) {
                // U+FFFD has an encoding of its own in GB18030, 84 31 A4 37.
                let written = bytes.windows(4).any(|four| four == [0x84, 0x31, 0xa4, 0x37]);
                prop_assert!(written || !text.contains(char::REPLACEMENT_CHARACTER));
            }
        }
    }
}
