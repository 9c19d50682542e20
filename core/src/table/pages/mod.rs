//! The pages of a Parquet column chunk, copied as they are compressed once it is known that they hold the cells and nothing
//! else.
//!
//! Of a chunk only the page bodies are copied. What stands beside them is written anew or left out: page headers (with
//! them their statistics, checksums and unknown fields), the footer's entry (statistics, size statistics, histograms,
//! key-value metadata, bloom filter, column index), whatever lies between pages and chunks. The bodies are decoded, for
//! the caller must hash the cells anyway, and each of these makes the answer "no", so that the column is written anew
//! from its cells:
//!
//! - a dictionary with a value that no row uses (a table that was filtered may have them);
//! - bytes behind the last value of a page, behind its levels, or in the padding of packed bits; a number wider than its
//!   type; a count of rows or nulls that is not that of the cells;
//! - a compressed stream that ends before its page does, or whose format has room for more than data (gzip, LZO, Brotli,
//!   Hadoop's LZ4);
//! - encodings other than plain and dictionary (the delta encodings), repeated or nested columns, INT96, a chunk in
//!   another file.
//!
//! What can't be seen is how the writer chose among codes that give the same bytes.

mod frame;
mod header;
mod hybrid;
mod values;

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;

use arrow::array::{ArrayRef, UInt32Array};
use arrow::buffer::NullBuffer;
use arrow::compute::take;
use bytes::Bytes;
use parquet::basic::{Encoding, Type};
use parquet::column::page::{Page, PageReader};
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::page_index::offset_index::{OffsetIndexMetaData, PageLocation};
use parquet::file::reader::{ChunkReader, Length};
use parquet::file::serialized_reader::SerializedPageReader;
use parquet::file::statistics::Statistics;
use parquet::schema::types::ColumnDescPtr;

use super::ReadOptions;
use super::guard::guarded;
use header::{Body, Header};
pub(super) use values::Shape;

const PLAIN: i32 = 0;
const PLAIN_DICTIONARY: i32 = 2;
const RLE: i32 = 3;
const RLE_DICTIONARY: i32 = 8;

/// A dictionary page larger than this is not held: the chunk is written anew.
const MAX_DICTIONARY: usize = 64 << 20;

/// A header with statistics of long values is larger than any other.
const MAX_HEADER: usize = 1 << 20;

/// The bytes of the longest word in the dictionary of a chunk of text or bytes: no row that is written by a key has more.
/// `None` where the chunk does not begin with a dictionary that is read here.
pub(super) fn longest_word(file: &Arc<File>, metadata: &ColumnChunkMetaData, options: &ReadOptions) -> Option<usize> {
    let opened =
        guarded("Parquet", || (metadata.byte_range(), SerializedPageReader::new(Arc::clone(file), metadata, 0, None)));
    let ((place, length), reader) = opened.ok()?;
    let (header, _) = read_header(file, place, place.checked_add(length)?)?;
    let Body::Dictionary { values, encoding: PLAIN | PLAIN_DICTIONARY } = header.body else { return None };
    if header.unpacked as u64 > options.max_chunk_bytes {
        return None;
    }
    let mut reader = reader.ok()?;
    let page = guarded("Parquet", || reader.get_next_page()).ok()?.ok()??;
    values::longest_in(page.buffer(), values)
}

/// The pages of one chunk that may be copied.
pub(super) struct Pages {
    spans: Arc<Spans>,
    rows: usize,
    nulls: usize,
    unpacked: usize,
    dictionary: bool,
    encodings: Vec<Encoding>,
    locations: Vec<PageLocation>,
}

/// Headers of ours and bodies of the file, in turn.
struct Spans {
    file: File,
    headers: Vec<u8>,
    /// Length of the header, place and length of the body.
    pages: Vec<(usize, u64, usize)>,
    length: usize,
}

/// One column chunk of a file.
pub(super) struct Chunk<'a> {
    pub(super) file: &'a Arc<File>,
    pub(super) metadata: &'a ColumnChunkMetaData,
    pub(super) shape: &'a Shape,
    pub(super) rows: usize,
    pub(super) options: &'a ReadOptions,
}

/// Why reading a chunk ended before its end.
enum Stop<E> {
    /// The pages must not be copied.
    Odd,
    /// Whoever sees the cells says so.
    Seen(E),
}

impl Chunk<'_> {
    /// Shows all cells, in pieces, and answers with the pages to be copied; `None` where they must not be, and then what
    /// was shown must not count.
    ///
    /// # Errors
    /// Only those of `see`.
    pub(super) fn pages<E>(&self, see: &mut dyn FnMut(&ArrayRef) -> Result<(), E>) -> Result<Option<Pages>, E> {
        match self.walk(see) {
            Ok(pages) => Ok(Some(pages)),
            Err(Stop::Odd) => Ok(None),
            Err(Stop::Seen(error)) => Err(error),
        }
    }

    fn walk<E>(&self, see: &mut dyn FnMut(&ArrayRef) -> Result<(), E>) -> Result<Pages, Stop<E>> {
        let metadata = self.metadata;
        if metadata.file_path().is_some() {
            return Err(Stop::Odd);
        }
        let opened = guarded("Parquet", || {
            let reader = SerializedPageReader::new(Arc::clone(self.file), metadata, self.rows, None);
            (metadata.byte_range(), reader)
        });
        let Ok(((mut at, length), Ok(mut reader))) = opened else { return Err(Stop::Odd) };
        let end = at.checked_add(length).ok_or(Stop::Odd)?;
        let file = self.file.try_clone().map_err(|_| Stop::Odd)?;
        let mut out = Building::new(file);
        let mut words: Option<Words> = None;
        let mut body = Vec::new();
        while out.rows < self.rows {
            let (header, header_length) = read_header(self.file, at, end).ok_or(Stop::Odd)?;
            let place = at + header_length as u64;
            at = place.checked_add(header.packed as u64).filter(|at| *at <= end).ok_or(Stop::Odd)?;
            if header.unpacked as u64 > self.options.max_chunk_bytes {
                return Err(Stop::Odd);
            }
            read_at(self.file, place, header.packed, &mut body).ok_or(Stop::Odd)?;
            let Ok(Ok(Some(page))) = guarded("Parquet", || reader.get_next_page()) else { return Err(Stop::Odd) };
            if page.buffer().len() != header.unpacked || !self.is_exact(&header, &body) {
                return Err(Stop::Odd);
            }
            match (&header.body, &page) {
                (Body::Dictionary { values, encoding }, Page::DictionaryPage { buf, .. }) => {
                    if words.is_some() || !out.spans.pages.is_empty() || header.unpacked > MAX_DICTIONARY {
                        return Err(Stop::Odd);
                    }
                    words = Some(self.words(buf, *values, *encoding).ok_or(Stop::Odd)?);
                    out.dictionary = true;
                    out.add(&header, place, Encoding::PLAIN);
                }
                (
                    Body::Data { .. } | Body::DataV2 { .. },
                    Page::DataPage { buf, .. } | Page::DataPageV2 { buf, .. },
                ) => {
                    let data = self.data(&header.body, buf).ok_or(Stop::Odd)?;
                    if data.rows == 0 || data.rows > self.rows - out.rows {
                        return Err(Stop::Odd);
                    }
                    let encoding = self.cells(&data, words.as_mut(), see)?;
                    out.locate(&header, data.rows);
                    out.nulls += data.rows - data.values;
                    out.add(&header, place, encoding);
                }
                _ => return Err(Stop::Odd),
            }
        }
        if words.is_some_and(|words| words.used.contains(&false)) {
            return Err(Stop::Odd);
        }
        Ok(out.finish())
    }

    /// Whether the body of the page holds nothing but what is decompressed from it.
    fn is_exact(&self, header: &Header, body: &[u8]) -> bool {
        let codec = self.metadata.compression();
        let plain = || body.len() == header.unpacked;
        match &header.body {
            Body::DataV2 { compressed: false, .. } => plain(),
            Body::DataV2 { level_bytes, repetition_bytes, .. } => {
                let levels = level_bytes.saturating_add(*repetition_bytes);
                match body.split_at_checked(levels) {
                    // No values, so there is nothing to decompress.
                    Some((_, rest)) if header.unpacked == levels => rest.is_empty(),
                    Some((_, rest)) => frame::is_exact(codec, rest),
                    None => false,
                }
            }
            _ if codec == parquet::basic::Compression::UNCOMPRESSED => plain(),
            _ => frame::is_exact(codec, body),
        }
    }

    fn words(&self, bytes: &[u8], count: usize, encoding: i32) -> Option<Words> {
        if !matches!(encoding, PLAIN | PLAIN_DICTIONARY) || matches!(self.shape, Shape::Booleans) {
            return None;
        }
        let (values, taken) = self.shape.plain(bytes, count)?;
        if taken != bytes.len() {
            return None;
        }
        let longest = values::longest(&values).max(1);
        let at_once = (self.options.batch_bytes / longest).clamp(1, self.options.batch_rows);
        let mut used = Vec::new();
        used.try_reserve_exact(count).ok()?;
        used.resize(count, false);
        Some(Words { values, used, at_once })
    }

    /// The parts of a data page.
    fn data<'b>(&self, body: &Body, bytes: &'b [u8]) -> Option<Data<'b>> {
        let optional = self.metadata.column_descr().max_def_level() == 1;
        let (rows, encoding, levels, values) = match body {
            Body::Data { values, encoding, levels, .. } if optional => {
                let (length, rest) = bytes.split_first_chunk::<4>()?;
                let (levels_of, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
                (*values, *encoding, (*levels == RLE).then_some(levels_of)?, rest)
            }
            Body::Data { values, encoding, .. } => (*values, *encoding, &[][..], bytes),
            Body::DataV2 { values, rows, encoding, level_bytes, repetition_bytes, .. } => {
                let (levels, rest) = bytes.split_at_checked(*level_bytes)?;
                if rows != values || *repetition_bytes != 0 || (!optional && !levels.is_empty()) {
                    return None;
                }
                (*values, *encoding, levels, rest)
            }
            Body::Dictionary { .. } => return None,
        };
        if rows > self.rows {
            return None;
        }
        let valid = match optional {
            true => Some(hybrid::decode(levels, 1, rows)?),
            false => None,
        };
        let present = valid.as_ref().map_or(rows, |valid| valid.iter().filter(|level| **level == 1).count());
        if matches!(body, Body::DataV2 { nulls, .. } if *nulls != rows - present) {
            return None;
        }
        let valid = valid.filter(|_| present < rows);
        Some(Data { rows, values: present, valid, encoding, bytes: values })
    }

    /// Shows the cells of a page, and says by which encoding they are written.
    fn cells<E>(
        &self,
        data: &Data<'_>,
        words: Option<&mut Words>,
        see: &mut dyn FnMut(&ArrayRef) -> Result<(), E>,
    ) -> Result<Encoding, Stop<E>> {
        match data.encoding {
            PLAIN | RLE => {
                self.plain_cells(data, see)?;
                Ok(if data.encoding == RLE { Encoding::RLE } else { Encoding::PLAIN })
            }
            PLAIN_DICTIONARY | RLE_DICTIONARY => {
                let words = words.ok_or(Stop::Odd)?;
                let keys = words.keys(data).ok_or(Stop::Odd)?;
                let mut keys = keys.as_slice();
                for piece in data.pieces(words.at_once) {
                    let (now, rest) = keys.split_at_checked(piece.present).ok_or(Stop::Odd)?;
                    keys = rest;
                    let indices = piece.indices(now.iter().copied());
                    let array = take(&words.values, &indices, None).map_err(|_| Stop::Odd)?;
                    see(&array).map_err(Stop::Seen)?;
                }
                let modern = data.encoding == RLE_DICTIONARY;
                #[allow(deprecated)]
                Ok(if modern { Encoding::RLE_DICTIONARY } else { Encoding::PLAIN_DICTIONARY })
            }
            _ => Err(Stop::Odd),
        }
    }

    fn plain_cells<E>(&self, data: &Data<'_>, see: &mut dyn FnMut(&ArrayRef) -> Result<(), E>) -> Result<(), Stop<E>> {
        let mut rest = data.bytes;
        let bits: Vec<u8>;
        let at_once = match (self.shape, data.encoding) {
            (Shape::Booleans, RLE) => {
                bits = run_bits(data).ok_or(Stop::Odd)?;
                rest = &bits;
                data.rows
            }
            // Bits are not cut.
            (Shape::Booleans, _) => data.rows,
            (_, RLE) => return Err(Stop::Odd),
            _ => self.options.batch_rows,
        };
        for piece in data.pieces(at_once) {
            let (values, taken) = self.shape.plain(rest, piece.present).ok_or(Stop::Odd)?;
            rest = rest.get(taken..).ok_or(Stop::Odd)?;
            let array = match piece.valid {
                Some(_) => take(&values, &piece.indices(0..), None).map_err(|_| Stop::Odd)?,
                None => values,
            };
            see(&array).map_err(Stop::Seen)?;
        }
        if rest.is_empty() { Ok(()) } else { Err(Stop::Odd) }
    }
}

/// Booleans written as runs, as bits.
fn run_bits(data: &Data<'_>) -> Option<Vec<u8>> {
    let (length, runs) = data.bytes.split_first_chunk::<4>()?;
    if u32::from_le_bytes(*length) as usize != runs.len() {
        return None;
    }
    let values = hybrid::decode(runs, 1, data.values)?;
    let mut bits = vec![0_u8; data.values.div_ceil(8)];
    for (bits, values) in bits.iter_mut().zip(values.chunks(8)) {
        *bits = values.iter().rev().fold(0, |bits, value| (bits << 1) | (*value as u8));
    }
    Some(bits)
}

/// The dictionary of a chunk.
struct Words {
    values: ArrayRef,
    used: Vec<bool>,
    /// How many rows may be unpacked at once: any row may have the longest word.
    at_once: usize,
}

impl Words {
    /// The keys of a page, each of a word, which is used now.
    fn keys(&mut self, data: &Data<'_>) -> Option<Vec<u32>> {
        let (width, keys) = match data.bytes.split_first() {
            Some((width, keys)) => (*width, keys),
            None => (0, &[][..]),
        };
        let keys = hybrid::decode(keys, width, data.values)?;
        for key in &keys {
            *self.used.get_mut(*key as usize)? = true;
        }
        Some(keys)
    }
}

/// The parts of a data page.
struct Data<'a> {
    rows: usize,
    /// Rows that are not null.
    values: usize,
    /// By row 1 or 0; `None` where no row is null.
    valid: Option<Vec<u32>>,
    encoding: i32,
    bytes: &'a [u8],
}

/// Some rows of a page.
struct Piece<'a> {
    rows: usize,
    present: usize,
    valid: Option<&'a [u32]>,
}

impl Data<'_> {
    fn pieces(&self, at_once: usize) -> impl Iterator<Item = Piece<'_>> {
        (0..self.rows).step_by(at_once.max(1)).map(move |start| {
            let rows = at_once.min(self.rows - start);
            let valid = self.valid.as_ref().and_then(|valid| valid.get(start..start + rows));
            let present = valid.map_or(rows, |valid| valid.iter().filter(|level| **level == 1).count());
            Piece { rows, present, valid: valid.filter(|_| present < rows) }
        })
    }
}

impl Piece<'_> {
    /// The numbers at the rows that are not null, in order.
    fn indices(&self, mut numbers: impl Iterator<Item = u32>) -> UInt32Array {
        match self.valid {
            None => numbers.take(self.rows).collect::<Vec<u32>>().into(),
            Some(valid) => {
                let next = |level: &u32| if *level == 1 { numbers.next().unwrap_or(0) } else { 0 };
                let values: Vec<u32> = valid.iter().map(next).collect();
                let nulls: NullBuffer = valid.iter().map(|level| *level == 1).collect();
                UInt32Array::new(values.into(), Some(nulls))
            }
        }
    }
}

fn read_at(file: &File, place: u64, length: usize, into: &mut Vec<u8>) -> Option<()> {
    into.clear();
    into.try_reserve(length).ok()?;
    let mut file = file;
    file.seek(SeekFrom::Start(place)).ok()?;
    file.take(length as u64).read_to_end(into).ok()?;
    (into.len() == length).then_some(())
}

fn read_header(file: &File, place: u64, end: u64) -> Option<(Header, usize)> {
    let left = usize::try_from(end.checked_sub(place)?).unwrap_or(usize::MAX);
    let mut bytes = Vec::new();
    let mut window = 256;
    loop {
        read_at(file, place, window.min(left), &mut bytes)?;
        if let Some(header) = Header::read(&bytes) {
            return Some(header);
        }
        if window >= left || window >= MAX_HEADER {
            return None;
        }
        window *= 8;
    }
}

/// Pages being gathered.
struct Building {
    spans: Spans,
    rows: usize,
    nulls: usize,
    unpacked: usize,
    dictionary: bool,
    encodings: Vec<Encoding>,
    locations: Vec<PageLocation>,
}

impl Building {
    fn new(file: File) -> Self {
        Building {
            spans: Spans { file, headers: Vec::new(), pages: Vec::new(), length: 0 },
            rows: 0,
            nulls: 0,
            unpacked: 0,
            dictionary: false,
            encodings: vec![Encoding::RLE],
            locations: Vec::new(),
        }
    }

    /// Notes where the next page will lie, and counts its rows.
    fn locate(&mut self, header: &Header, rows: usize) {
        let mut bytes = Vec::new();
        header.write(&mut bytes);
        self.locations.push(PageLocation {
            offset: START + self.spans.length as i64,
            compressed_page_size: i32::try_from(bytes.len() + header.packed).unwrap_or(i32::MAX),
            first_row_index: self.rows as i64,
        });
        self.rows += rows;
    }

    fn add(&mut self, header: &Header, place: u64, encoding: Encoding) {
        let before = self.spans.headers.len();
        header.write(&mut self.spans.headers);
        let length = self.spans.headers.len() - before;
        self.spans.pages.push((length, place, header.packed));
        self.spans.length += length + header.packed;
        self.unpacked += length + header.unpacked;
        if !self.encodings.contains(&encoding) {
            self.encodings.push(encoding);
        }
    }

    fn finish(self) -> Pages {
        Pages {
            spans: Arc::new(self.spans),
            rows: self.rows,
            nulls: self.nulls,
            unpacked: self.unpacked,
            dictionary: self.dictionary,
            encodings: self.encodings,
            locations: self.locations,
        }
    }
}

/// Where the pages begin as far as their reader is told: an offset of zero means "none" to some.
const START: i64 = 4;

impl Pages {
    /// What the footer says of the chunk: nothing but what the cells say.
    pub(super) fn close(&self, chunk: &ColumnChunkMetaData, column: ColumnDescPtr) -> ParquetResult<ColumnCloseResult> {
        let first = self.locations.first().map_or(START, |page| page.offset);
        let metadata = ColumnChunkMetaData::builder(Arc::clone(&column))
            .set_compression(chunk.compression())
            .set_encodings(self.encodings.clone())
            .set_total_compressed_size(self.spans.length as i64)
            .set_total_uncompressed_size(self.unpacked as i64)
            .set_num_values(self.rows as i64)
            .set_dictionary_page_offset(self.dictionary.then_some(START))
            .set_data_page_offset(first)
            .set_statistics(null_count(column.physical_type(), self.nulls as u64))
            .build()?;
        let offset_index =
            OffsetIndexMetaData { page_locations: self.locations.clone(), unencoded_byte_array_data_bytes: None };
        Ok(ColumnCloseResult {
            bytes_written: self.spans.length as u64,
            rows_written: self.rows as u64,
            metadata,
            bloom_filter: None,
            column_index: None,
            offset_index: Some(offset_index),
        })
    }
}

fn null_count(physical: Type, nulls: u64) -> Statistics {
    let nulls = Some(nulls);
    match physical {
        Type::BOOLEAN => Statistics::boolean(None, None, None, nulls, false),
        Type::INT32 => Statistics::int32(None, None, None, nulls, false),
        Type::INT64 => Statistics::int64(None, None, None, nulls, false),
        Type::INT96 => Statistics::int96(None, None, None, nulls, false),
        Type::FLOAT => Statistics::float(None, None, None, nulls, false),
        Type::DOUBLE => Statistics::double(None, None, None, nulls, false),
        Type::BYTE_ARRAY => Statistics::byte_array(None, None, None, nulls, false),
        Type::FIXED_LEN_BYTE_ARRAY => Statistics::fixed_len_byte_array(None, None, None, nulls, false),
    }
}

impl Length for Pages {
    fn len(&self) -> u64 {
        self.spans.length as u64
    }
}

impl ChunkReader for Pages {
    type T = PagesReader;

    fn get_read(&self, _start: u64) -> ParquetResult<PagesReader> {
        Ok(PagesReader { spans: Arc::clone(&self.spans), page: 0, header: 0, left: Part::Before })
    }

    fn get_bytes(&self, _start: u64, _length: usize) -> ParquetResult<Bytes> {
        Err(ParquetError::General("pages are read in order".to_owned()))
    }
}

/// Reads our headers and the file's bodies in turn.
pub(super) struct PagesReader {
    spans: Arc<Spans>,
    page: usize,
    /// Bytes of headers read so far.
    header: usize,
    left: Part,
}

enum Part {
    Before,
    Header(usize),
    Body(usize),
}

impl Read for PagesReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let spans = Arc::clone(&self.spans);
        loop {
            let Some((header, place, body)) = spans.pages.get(self.page).copied() else { return Ok(0) };
            match self.left {
                Part::Before => self.left = Part::Header(header),
                Part::Header(0) => {
                    (&spans.file).seek(SeekFrom::Start(place))?;
                    self.left = Part::Body(body);
                }
                Part::Header(left) => {
                    let bytes = spans.headers.get(self.header..self.header + left).unwrap_or_default();
                    let read = (&mut &*bytes).read(buffer)?;
                    self.header += read;
                    self.left = Part::Header(left - read);
                    return Ok(read);
                }
                Part::Body(0) => {
                    self.page += 1;
                    self.left = Part::Before;
                }
                Part::Body(left) => {
                    let read = (&spans.file).take(left as u64).read(buffer)?;
                    if read == 0 {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                    self.left = Part::Body(left - read);
                    return Ok(read);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
