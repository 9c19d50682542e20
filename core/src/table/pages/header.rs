//! Page headers of Parquet, in Thrift's compact protocol: read for what a page is decoded by, and written anew.
//!
//! What is not read here is not written either: statistics, checksums, fields of later versions.

/// What one page is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    /// Bytes of the page once decompressed, levels included.
    pub(super) unpacked: usize,
    /// Bytes of the page in the file, without this header.
    pub(super) packed: usize,
    pub(super) body: Body,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Body {
    Dictionary {
        values: usize,
        encoding: i32,
    },
    Data {
        values: usize,
        encoding: i32,
        levels: i32,
        repetition: i32,
    },
    /// Levels before the values, uncompressed.
    DataV2 {
        values: usize,
        nulls: usize,
        rows: usize,
        encoding: i32,
        level_bytes: usize,
        repetition_bytes: usize,
        compressed: bool,
    },
}

const DATA: i64 = 0;
const DICTIONARY: i64 = 2;
const DATA_V2: i64 = 3;

/// Thrift's types of fields.
mod kind {
    pub(super) const TRUE: u8 = 1;
    pub(super) const FALSE: u8 = 2;
    pub(super) const BYTE: u8 = 3;
    pub(super) const I16: u8 = 4;
    pub(super) const I32: u8 = 5;
    pub(super) const I64: u8 = 6;
    pub(super) const DOUBLE: u8 = 7;
    pub(super) const BINARY: u8 = 8;
    pub(super) const LIST: u8 = 9;
    pub(super) const SET: u8 = 10;
    pub(super) const MAP: u8 = 11;
    pub(super) const STRUCT: u8 = 12;
}

/// The numbers of a struct by their field; booleans as 0 and 1.
type Numbers = [Option<i64>; 9];

impl Header {
    /// The header that the bytes begin with, and its length. `None` where they are too few, or no header that is known
    /// here.
    pub(super) fn read(bytes: &[u8]) -> Option<(Header, usize)> {
        let mut reader = Reader { bytes, at: 0 };
        let mut page = Numbers::default();
        let mut bodies: [Option<Numbers>; 9] = Default::default();
        let mut last = 0;
        while let Some((id, kind)) = reader.field(&mut last)? {
            match kind {
                kind::STRUCT if matches!(id, 5 | 7 | 8) => *bodies.get_mut(usize::from(id))? = Some(reader.numbers()?),
                _ => reader.number_or_skip(id, kind, &mut page)?,
            }
        }
        let [_, kind, unpacked, packed, ..] = page;
        let [.., data, _, dictionary, data_v2] = bodies;
        let body = match kind? {
            DICTIONARY => {
                let [_, values, encoding, ..] = dictionary?;
                Body::Dictionary { values: size(values)?, encoding: small(encoding)? }
            }
            DATA => {
                let [_, values, encoding, levels, repetition, ..] = data?;
                Body::Data {
                    values: size(values)?,
                    encoding: small(encoding)?,
                    levels: small(levels)?,
                    repetition: small(repetition)?,
                }
            }
            DATA_V2 => {
                let [_, values, nulls, rows, encoding, level_bytes, repetition_bytes, compressed, _] = data_v2?;
                Body::DataV2 {
                    values: size(values)?,
                    nulls: size(nulls)?,
                    rows: size(rows)?,
                    encoding: small(encoding)?,
                    level_bytes: size(level_bytes)?,
                    repetition_bytes: size(repetition_bytes)?,
                    compressed: compressed != Some(0),
                }
            }
            _ => return None,
        };
        Some((Header { unpacked: size(unpacked)?, packed: size(packed)?, body }, reader.at))
    }

    /// Appends the header.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let (kind, id) = match self.body {
            Body::Data { .. } => (DATA, 5),
            Body::Dictionary { .. } => (DICTIONARY, 7),
            Body::DataV2 { .. } => (DATA_V2, 8),
        };
        let mut last = 0;
        number(out, &mut last, 1, kind);
        number(out, &mut last, 2, self.unpacked as i64);
        number(out, &mut last, 3, self.packed as i64);
        out.push(((id - last) << 4) | kind::STRUCT);
        let mut last = 0;
        let mut field = |id, value: i64| number(out, &mut last, id, value);
        match self.body {
            Body::Dictionary { values, encoding } => {
                field(1, values as i64);
                field(2, i64::from(encoding));
            }
            Body::Data { values, encoding, levels, repetition } => {
                field(1, values as i64);
                field(2, i64::from(encoding));
                field(3, i64::from(levels));
                field(4, i64::from(repetition));
            }
            Body::DataV2 { values, nulls, rows, encoding, level_bytes, repetition_bytes, compressed } => {
                field(1, values as i64);
                field(2, nulls as i64);
                field(3, rows as i64);
                field(4, i64::from(encoding));
                field(5, level_bytes as i64);
                field(6, repetition_bytes as i64);
                out.push((1 << 4) | if compressed { kind::TRUE } else { kind::FALSE });
            }
        }
        // The ends of the two structs.
        out.extend([0, 0]);
    }
}

fn size(number: Option<i64>) -> Option<usize> {
    i32::try_from(number?).ok().and_then(|number| usize::try_from(number).ok())
}

fn small(number: Option<i64>) -> Option<i32> {
    i32::try_from(number?).ok()
}

fn number(out: &mut Vec<u8>, last: &mut u8, id: u8, value: i64) {
    out.push(((id - *last) << 4) | kind::I32);
    *last = id;
    let mut rest = ((value << 1) ^ (value >> 63)) as u64;
    while rest >= 0x80 {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn byte(&mut self) -> Option<u8> {
        let byte = self.bytes.get(self.at).copied();
        self.at += 1;
        byte
    }

    fn pass(&mut self, bytes: u64) -> Option<()> {
        self.at = self.at.checked_add(usize::try_from(bytes).ok()?).filter(|at| *at <= self.bytes.len())?;
        Some(())
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    fn zigzag(&mut self) -> Option<i64> {
        let value = self.varint()?;
        Some((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    /// The next field of a struct: its number and type; `Some(None)` at the end of the struct.
    fn field(&mut self, last: &mut u8) -> Option<Option<(u8, u8)>> {
        let byte = self.byte()?;
        if byte == 0 {
            return Some(None);
        }
        let id = match byte >> 4 {
            0 => u8::try_from(self.zigzag()?).ok()?,
            delta => last.checked_add(delta)?,
        };
        *last = id;
        Some(Some((id, byte & 0x0f)))
    }

    fn numbers(&mut self) -> Option<Numbers> {
        let mut numbers = Numbers::default();
        let mut last = 0;
        while let Some((id, kind)) = self.field(&mut last)? {
            self.number_or_skip(id, kind, &mut numbers)?;
        }
        Some(numbers)
    }

    fn number_or_skip(&mut self, id: u8, kind: u8, numbers: &mut Numbers) -> Option<()> {
        let value = match kind {
            kind::TRUE => 1,
            kind::FALSE => 0,
            kind::I16 | kind::I32 | kind::I64 => self.zigzag()?,
            _ => return self.skip(kind, 8),
        };
        if let Some(slot) = numbers.get_mut(usize::from(id)) {
            *slot = Some(value);
        }
        Some(())
    }

    fn skip(&mut self, kind: u8, depth: u8) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        match kind {
            kind::TRUE | kind::FALSE => {}
            kind::BYTE => self.pass(1)?,
            kind::I16 | kind::I32 | kind::I64 => drop(self.varint()?),
            kind::DOUBLE => self.pass(8)?,
            kind::BINARY => {
                let length = self.varint()?;
                self.pass(length)?;
            }
            kind::LIST | kind::SET => {
                let byte = self.byte()?;
                let items = if byte >> 4 == 15 { self.varint()? } else { u64::from(byte >> 4) };
                for _ in 0..items {
                    self.item(byte & 0x0f, depth)?;
                }
            }
            kind::MAP => {
                let items = self.varint()?;
                let kinds = if items == 0 { 0 } else { self.byte()? };
                for _ in 0..items {
                    self.item(kinds >> 4, depth)?;
                    self.item(kinds & 0x0f, depth)?;
                }
            }
            kind::STRUCT => {
                let mut last = 0;
                while let Some((_, kind)) = self.field(&mut last)? {
                    self.skip(kind, depth)?;
                }
            }
            _ => return None,
        }
        Some(())
    }

    /// An item of a list: its booleans take a byte, those of fields none.
    fn item(&mut self, kind: u8, depth: u8) -> Option<()> {
        match kind {
            kind::TRUE | kind::FALSE => self.pass(1),
            _ => self.skip(kind, depth),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers() -> [Header; 3] {
        let data = Body::Data { values: 20_000, encoding: 8, levels: 3, repetition: 3 };
        let dictionary = Body::Dictionary { values: 300, encoding: 0 };
        let data_v2 = Body::DataV2 {
            values: 70,
            nulls: 3,
            rows: 70,
            encoding: 8,
            level_bytes: 9,
            repetition_bytes: 0,
            compressed: false,
        };
        [data, dictionary, data_v2].map(|body| Header { unpacked: 1_048_576, packed: 77, body })
    }

    #[test]
    fn a_header_that_is_written_is_read() {
        for header in headers() {
            let mut bytes = Vec::new();
            header.write(&mut bytes);
            let length = bytes.len();
            for short in 0..length {
                assert_eq!(Header::read(bytes.get(..short).unwrap()), None, "{header:?}, {short} bytes");
            }
            bytes.extend([0xff; 8]);
            assert_eq!(Header::read(&bytes), Some((header, length)));
        }
    }

    #[test]
    fn statistics_and_unknown_fields_are_passed_over() {
        // type = 0, sizes 10 and 9, crc, {1 value, PLAIN, RLE, RLE, statistics {min "ab", nulls 0, {1: [1, 2]}}}, field 9 true.
        let bytes = [
            0x15, 0x00, 0x15, 0x14, 0x15, 0x12, 0x15, 0x06, 0x1c, 0x15, 0x02, 0x15, 0x00, 0x15, 0x06, 0x15, 0x06, 0x1c,
            0x18, 0x02, b'a', b'b', 0x16, 0x00, 0x1c, 0x19, 0x25, 0x02, 0x04, 0x00, 0x00, 0x00, 0x41, 0x00,
        ];
        let body = Body::Data { values: 1, encoding: 0, levels: 3, repetition: 3 };
        assert_eq!(Header::read(&bytes), Some((Header { unpacked: 10, packed: 9, body }, bytes.len())));
    }

    #[test]
    fn what_is_no_header_is_none() {
        assert_eq!(Header::read(&[0xff; 64]), None);
        assert_eq!(Header::read(&[0x1c; 64]), None);
        assert_eq!(Header::read(&[0x00]), None, "no type");
        // An index page.
        assert_eq!(Header::read(&[0x15, 0x02, 0x15, 0x14, 0x15, 0x12, 0x00]), None);
    }
}
