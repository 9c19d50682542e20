//! The digest of a logical column.

use arrow::array::{Array, ArrayRef, AsArray, GenericStringArray, OffsetSizeTrait};
use arrow::datatypes::DataType;

use super::logical::visit;
use crate::crypto::Hasher;
use crate::terms::Digest;

/// SHA-256 over `kaifang/column/v1`, a zero byte, and for each cell in order: a zero byte for null; or one more than the
/// length of its logical bytes in LEB128 (seven bits a byte, low ones first, the high bit on all but the last), and these
/// bytes.
///
/// No two columns have one encoding: what a cell begins with says how long it is. It depends on neither the batches nor
/// the Arrow type of text.
#[derive(Clone)]
pub(crate) struct ColumnHasher {
    hasher: Hasher,
    /// What is gathered before it is hashed; the room after `CHUNK` takes a whole short cell.
    buffer: Vec<u8>,
    filled: usize,
}

impl ColumnHasher {
    const CHUNK: usize = 32 * 1024;
    /// A short cell is copied by this many bytes whatever its length, which is one instruction.
    const SHORT: usize = 16;
    /// The longest LEB128 of 64 bits.
    const PREFIX: usize = 10;

    pub(crate) fn new() -> Self {
        ColumnHasher::named("kaifang/column/v1")
    }

    /// A digest of something else than cells: `what` stands in place of `kaifang/column/v1`.
    pub(crate) fn named(what: &str) -> Self {
        let mut hasher = Hasher::sha256();
        hasher.update(what.as_bytes());
        hasher.update(b"\0");
        ColumnHasher { hasher, buffer: vec![0; Self::CHUNK + Self::PREFIX + Self::SHORT], filled: 0 }
    }

    /// Adds the cells of a batch. `false` where the type has no logical value.
    #[must_use]
    pub(crate) fn update(&mut self, array: &ArrayRef) -> bool {
        match array.data_type() {
            DataType::Utf8 => self.text(array.as_string::<i32>()),
            DataType::LargeUtf8 => self.text(array.as_string::<i64>()),
            _ => return visit(array, &mut |cell| self.cell(cell)),
        }
        true
    }

    fn text<O: OffsetSizeTrait>(&mut self, array: &GenericStringArray<O>) {
        let (bytes, nulls) = (array.value_data(), array.nulls());
        for (row, pair) in array.value_offsets().windows(2).enumerate() {
            let &[start, end] = pair else { continue };
            let (start, end) = (start.as_usize(), end.as_usize());
            if nulls.is_some_and(|nulls| nulls.is_null(row)) {
                self.cell(None);
            } else if end - start <= Self::SHORT
                && let Some(wide) = bytes.get(start..start + Self::SHORT)
            {
                self.short(wide, end - start);
            } else {
                self.cell(bytes.get(start..end));
            }
        }
    }

    /// A cell of at most [`Self::SHORT`] bytes, given with what lies behind it.
    #[inline]
    fn short(&mut self, wide: &[u8], length: usize) {
        if let Some([prefix, rest @ ..]) = self.buffer.get_mut(self.filled..self.filled + 1 + Self::SHORT) {
            *prefix = (length as u8) + 1;
            rest.copy_from_slice(wide);
        }
        self.filled += 1 + length;
        if self.filled >= Self::CHUNK {
            self.flush();
        }
    }

    fn cell(&mut self, cell: Option<&[u8]>) {
        let (mut rest, bytes) = cell.map_or((0, &[][..]), |bytes| (bytes.len() as u64 + 1, bytes));
        loop {
            let low = (rest & 0x7f) as u8;
            rest >>= 7;
            if let Some(slot) = self.buffer.get_mut(self.filled) {
                *slot = if rest == 0 { low } else { low | 0x80 };
            }
            self.filled += 1;
            if rest == 0 {
                break;
            }
        }
        match self.buffer.get_mut(self.filled..self.filled + bytes.len()) {
            Some(room) if self.filled + bytes.len() <= Self::CHUNK => {
                room.copy_from_slice(bytes);
                self.filled += bytes.len();
            }
            _ => {
                self.flush();
                self.hasher.update(bytes);
            }
        }
        if self.filled >= Self::CHUNK {
            self.flush();
        }
    }

    fn flush(&mut self) {
        self.hasher.update(self.buffer.get(..self.filled).unwrap_or_default());
        self.filled = 0;
    }

    pub(crate) fn finish(mut self) -> Digest {
        self.flush();
        self.hasher.finish()
    }
}

/// The logical digest of one column: see [`crate::desensitize`] for its definition. `None` where the type has none.
#[must_use]
pub fn column_digest(batches: &[ArrayRef]) -> Option<Digest> {
    let mut hasher = ColumnHasher::new();
    batches.iter().all(|batch| hasher.update(batch)).then(|| hasher.finish())
}
