//! Chunks that hold more than their cells, made by hand.

use std::sync::Arc;

use arrow::array::AsArray;
use bytes::Bytes;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

use super::*;

const SCHEMA: &str = "message m { OPTIONAL BYTE_ARRAY c (STRING); }";

/// A file of one chunk of text, of these pages.
fn file(pages: &[(Body, Vec<u8>)], rows: usize, behind: &[u8]) -> tempfile::NamedTempFile {
    let schema = Arc::new(parse_message_type(SCHEMA).unwrap());
    let mut bytes = Vec::new();
    let mut data = 0;
    for (body, page) in pages {
        if data == 0 && !matches!(body, Body::Dictionary { .. }) {
            data = bytes.len();
        }
        Header { unpacked: page.len(), packed: page.len(), body: body.clone() }.write(&mut bytes);
        bytes.extend(page);
    }
    bytes.extend(behind);
    let file = tempfile::NamedTempFile::with_suffix(".parquet").unwrap();
    let out = file.reopen().unwrap();
    let mut writer = SerializedFileWriter::new(out, schema, Arc::new(WriterProperties::builder().build())).unwrap();
    let column = writer.schema_descr().column(0);
    let metadata = ColumnChunkMetaData::builder(column)
        .set_compression(Compression::UNCOMPRESSED)
        .set_encodings(vec![Encoding::PLAIN])
        .set_total_compressed_size(bytes.len() as i64)
        .set_total_uncompressed_size(bytes.len() as i64)
        .set_num_values(rows as i64)
        .set_dictionary_page_offset((data > 0).then_some(0))
        .set_data_page_offset(data as i64)
        .build()
        .unwrap();
    let closed = ColumnCloseResult {
        bytes_written: bytes.len() as u64,
        rows_written: rows as u64,
        metadata,
        bloom_filter: None,
        column_index: None,
        offset_index: None,
    };
    let mut group = writer.next_row_group().unwrap();
    group.append_column(&Bytes::from(bytes), closed).unwrap();
    group.close().unwrap();
    writer.close().unwrap();
    file
}

fn text(words: &[&str]) -> Vec<u8> {
    words.iter().flat_map(|word| [&(word.len() as u32).to_le_bytes(), word.as_bytes()].concat()).collect()
}

fn dictionary(words: &[&str]) -> (Body, Vec<u8>) {
    (Body::Dictionary { values: words.len(), encoding: PLAIN }, text(words))
}

/// A data page of the first version: levels as a run of ones, then the values.
fn data(rows: usize, encoding: i32, values: &[u8]) -> (Body, Vec<u8>) {
    let levels = [&2_u32.to_le_bytes()[..], &[(rows as u8) << 1, 1]].concat();
    (Body::Data { values: rows, encoding, levels: RLE, repetition: RLE }, [&levels, values].concat())
}

/// The cells that are shown, and whether the pages may be copied; the cells are those that Arrow reads.
fn look(file: &tempfile::NamedTempFile) -> (Vec<Option<String>>, bool) {
    let source = super::super::open(file.path(), &ReadOptions::default()).unwrap();
    let opened = source.parquet().unwrap();
    let column = opened.chunk(0, 0).unwrap().column_descr_ptr();
    let mut shown = Vec::new();
    let mut see = |array: &ArrayRef| {
        shown.extend(array.as_string::<i32>().iter().map(|cell| cell.map(str::to_owned)));
        Ok::<(), ()>(())
    };
    let copied = opened.pages(0, 0, &column, &mut see).unwrap().is_some();
    if copied {
        let batch = source.into_reader().next().unwrap().unwrap();
        let read: Vec<_> = batch.column(0).as_string::<i32>().iter().map(|cell| cell.map(str::to_owned)).collect();
        assert_eq!(shown, read);
    }
    (shown, copied)
}

#[test]
fn a_dictionary_with_a_word_that_no_row_has_is_not_copied() {
    // Keys of one bit: 0, 1, 0.
    let keys = data(3, RLE_DICTIONARY, &[1, 3, 0b010]);
    let (cells, copied) = look(&file(&[dictionary(&["a", "b"]), keys.clone()], 3, &[]));
    assert!(copied);
    assert_eq!(cells.iter().flatten().map(String::as_str).collect::<String>(), "aba");
    let filtered = [dictionary(&["a", "b", "13900001111"]), data(3, RLE_DICTIONARY, &[2, 3, 0b00_01_00, 0])];
    assert!(!look(&file(&filtered, 3, &[])).1);
    // A later page uses it.
    let whole = [filtered[0].clone(), filtered[1].clone(), data(1, RLE_DICTIONARY, &[2, 2, 2])];
    assert!(look(&file(&whole, 4, &[])).1);
    assert!(!look(&file(&[dictionary(&["a"]), data(1, PLAIN, &text(&["a"]))], 1, &[])).1, "no page uses it");
    assert!(!look(&file(&[dictionary(&["a"]), data(1, RLE_DICTIONARY, &[1, 2, 1])], 1, &[])).1, "a key of no word");
}

#[test]
fn bytes_that_no_cell_has_are_not_copied() {
    let plain = |values: Vec<u8>| data(2, PLAIN, &values);
    assert!(look(&file(&[plain(text(&["a", "bc"]))], 2, &[])).1);
    assert!(!look(&file(&[plain(text(&["a", "bc", "13900001111"]))], 2, &[])).1, "a value behind the last");
    assert!(!look(&file(&[plain([text(&["a", "bc"]), vec![0]].concat())], 2, &[])).1, "a byte behind the last");
    assert!(!look(&file(&[data(3, RLE_DICTIONARY, &[1, 3, 0b1010])], 3, &[])).1, "no dictionary");
    let padded = [dictionary(&["a", "b"]), data(3, RLE_DICTIONARY, &[1, 3, 0b1010])];
    assert!(!look(&file(&padded, 3, &[])).1, "padding that is not zero");
    let levels = [&3_u32.to_le_bytes()[..], &[4, 1, 7]].concat();
    let body = Body::Data { values: 2, encoding: PLAIN, levels: RLE, repetition: RLE };
    assert!(!look(&file(&[(body, [levels, text(&["a", "b"])].concat())], 2, &[])).1, "a byte behind the levels");
    assert!(!look(&file(&[data(1, 7, &text(&["a"]))], 1, &[])).1, "an encoding that is not known here");
    let broken = [data(1, PLAIN, &[1, 0, 0, 0, 0xff])];
    assert!(!look(&file(&broken, 1, &[])).1, "no UTF-8");
}

#[test]
fn what_lies_behind_the_pages_stays_behind() {
    let secret = b"13900001111 between the chunks";
    let file = file(&[data(2, PLAIN, &text(&["a", "b"]))], 2, secret);
    let source = super::super::open(file.path(), &ReadOptions::default()).unwrap();
    let opened = source.parquet().unwrap();
    let column = opened.chunk(0, 0).unwrap().column_descr_ptr();
    let pages = opened.pages(0, 0, &column, &mut |_| Ok::<(), ()>(())).unwrap().unwrap();
    let mut bytes = Vec::new();
    pages.get_read(0).unwrap().read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes.len() as u64, pages.len());
    let end = text(&["a", "b"]);
    assert!(bytes.ends_with(&end) && !bytes.windows(11).any(|window| window == b"13900001111"));
}

#[test]
fn a_zstandard_page_is_one_frame() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.parquet");
    let zstd = Compression::ZSTD(parquet::basic::ZstdLevel::default());
    for words in [vec!["a".repeat(300_000)], vec![String::new()], (0..5_000).map(|n| n.to_string()).collect()] {
        let array: ArrayRef = Arc::new(arrow::array::StringArray::from(words));
        let batch = arrow::array::RecordBatch::try_from_iter([("c", array)]).unwrap();
        let properties = WriterProperties::builder().set_compression(zstd).set_dictionary_enabled(false).build();
        let out = File::create(&path).unwrap();
        let mut writer = parquet::arrow::ArrowWriter::try_new(out, batch.schema(), Some(properties)).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        let opened = super::super::open(&path, &ReadOptions::default()).unwrap().parquet().unwrap().clone();
        let (start, length) = opened.chunk(0, 0).unwrap().byte_range();
        let bytes = std::fs::read(&path).unwrap();
        let (header, head) = Header::read(bytes.get(start as usize..).unwrap()).unwrap();
        assert_eq!(head + header.packed, length as usize, "one page");
        let frame = bytes.get(start as usize + head..(start + length) as usize).unwrap();
        assert!(frame::is_exact(zstd, frame));
        // A frame that readers skip, and one more empty block.
        let skipped = [frame, &[0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, b'l', b'e', b'a', b'k']].concat();
        assert!(!frame::is_exact(zstd, &skipped) && !frame::is_exact(zstd, &[&skipped[frame.len()..], frame].concat()));
        for short in 0..frame.len().min(64) {
            assert!(!frame::is_exact(zstd, &frame[..short]));
        }
    }
}
