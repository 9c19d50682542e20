//! The spliced way against the ordinary one, and what a spliced file holds.

use std::collections::BTreeSet;
use std::fs::File;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use arrow::array::*;
use arrow::datatypes::{Field, Int32Type, Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding, GzipLevel, ZstdLevel};
use parquet::column::page::PageReader;
use parquet::file::metadata::{KeyValue, ParquetMetaData};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder, WriterVersion};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::serialized_reader::SerializedPageReader;

use super::super::{Applied, Plan};
use crate::crypto::Keyring;
use crate::error::Explain;
use crate::table::{Format, ReadOptions, Sink, Source, open, silent};

fn keys() -> Keyring {
    let mut keys = Keyring::new();
    keys.insert("k1", &[7; 32]).unwrap();
    keys
}

const ROWS: usize = 700;

/// A column of every type that is spliced, and some that are not, with nulls in every one but the first.
fn table() -> RecordBatch {
    fn every<T>(make: impl Fn(usize) -> T) -> impl Iterator<Item = Option<T>> {
        (0..ROWS).map(move |row| (row % 7 != 3).then(|| make(row)))
    }
    let phone = |row: usize| format!("139{:08}", row * 7_919 + 11);
    let name = |row: usize| ["张三", "李四", "欧阳娜娜", "王五", ""][row % 5].to_owned();
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("number", Arc::new((0..ROWS as i64).map(|row| row * 3 - 50).collect::<Int64Array>())),
        ("phone", Arc::new(every(phone).collect::<StringArray>())),
        ("name", Arc::new(every(name).collect::<StringArray>())),
        ("words", Arc::new(every(|row| format!("词{}", row % 40)).collect::<StringArray>())),
        ("large", Arc::new(every(|row| format!("地址 {row} 号")).collect::<LargeStringArray>())),
        ("view", Arc::new(every(|row| format!("a view of some length {}", row / 3)).collect::<StringViewArray>())),
        ("bytes", Arc::new(every(|row| vec![row as u8; row % 5]).collect::<BinaryArray>())),
        ("yes", Arc::new(every(|row| row % 3 == 0).collect::<BooleanArray>())),
        ("i8", Arc::new(every(|row| row as i8).collect::<Int8Array>())),
        ("i16", Arc::new(every(|row| row as i16 - 300).collect::<Int16Array>())),
        ("i32", Arc::new(every(|row| row as i32 / 9).collect::<Int32Array>())),
        ("u8", Arc::new(every(|row| row as u8).collect::<UInt8Array>())),
        ("u16", Arc::new(every(|row| row as u16 * 90).collect::<UInt16Array>())),
        ("u32", Arc::new(every(|row| u32::MAX - row as u32).collect::<UInt32Array>())),
        ("u64", Arc::new(every(|row| u64::MAX - row as u64).collect::<UInt64Array>())),
        ("f32", Arc::new(every(|row| row as f32 / 3.0).collect::<Float32Array>())),
        ("f64", Arc::new(every(|row| if row % 10 == 0 { f64::NAN } else { -(row as f64) }).collect::<Float64Array>())),
        ("date", Arc::new(every(|row| row as i32 * 20 - 9_000).collect::<Date32Array>())),
        ("date64", Arc::new(every(|row| row as i64 * 86_400_000).collect::<Date64Array>())),
        ("seconds", Arc::new(every(|row| row as i64).collect::<TimestampSecondArray>())),
        ("millis", Arc::new(every(|row| row as i64 * 999).collect::<TimestampMillisecondArray>())),
        (
            "micros",
            Arc::new(every(|row| row as i64 * 999).collect::<TimestampMicrosecondArray>().with_timezone("+08:00")),
        ),
        ("nanos", Arc::new(every(|row| row as i64 * 999).collect::<TimestampNanosecondArray>())),
        ("time", Arc::new(every(|row| row as i32 * 1000).collect::<Time32MillisecondArray>())),
        ("short", Arc::new(decimals(every(|row| row as i128 - 300), 7))),
        ("middle", Arc::new(decimals(every(|row| row as i128 * 1_000_000 - 300), 15))),
        ("long", Arc::new(decimals(every(|row| -(row as i128) * 1_000_000_000_000), 30))),
        ("dictionary", Arc::new(dictionary(every(|row| ["甲", "乙", "丙"][row % 3])))),
        ("nothing", Arc::new(every(|_| "").map(|_| None::<&str>).collect::<StringArray>())),
    ];
    let field = |(at, (name, array)): (usize, &(&str, ArrayRef))| Field::new(*name, array.data_type().clone(), at > 0);
    let fields: Vec<Field> = columns.iter().enumerate().map(field).collect();
    let metadata = [("secret".to_owned(), phone(5))].into_iter().collect();
    let schema = Arc::new(Schema::new_with_metadata(fields, metadata));
    RecordBatch::try_new(schema, columns.into_iter().map(|(_, array)| array).collect()).unwrap()
}

fn decimals(cells: impl Iterator<Item = Option<i128>>, precision: u8) -> Decimal128Array {
    cells.collect::<Decimal128Array>().with_precision_and_scale(precision, 2).unwrap()
}

fn dictionary<'a>(cells: impl Iterator<Item = Option<&'a str>>) -> DictionaryArray<Int32Type> {
    cells.collect()
}

fn write(path: &Path, batch: &RecordBatch, properties: WriterPropertiesBuilder) {
    let properties = properties.set_max_row_group_row_count(Some(300)).set_data_page_row_count_limit(90);
    let properties = properties.set_write_batch_size(30);
    let quote = KeyValue::new("first row".to_owned(), "13900000011".to_owned());
    let properties = properties.set_key_value_metadata(Some(vec![quote])).build();
    let mut writer = ArrowWriter::try_new(File::create(path).unwrap(), batch.schema(), Some(properties)).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
}

const TREATED: [&str; 4] = ["phone", "large", "i32", "date"];

fn plan(schema: &Schema) -> Plan {
    let mut text = String::from("v = 1\ndataset = \"d\"\n[columns]\n");
    for field in schema.fields() {
        let entry = match field.name().as_str() {
            "phone" => "{ do = \"token\", kind = \"mobile\", key = \"k1\" }",
            "large" => "{ do = \"mask\", keep_prefix = 1, keep_suffix = 0 }",
            "i32" => "{ do = \"drop\" }",
            "date" => "{ do = \"generalize\", to = \"year\" }",
            _ => "{ do = \"keep\" }",
        };
        text.push_str(&format!("{} = {entry}\n", field.name()));
    }
    Plan::parse_toml(&text).unwrap()
}

/// Applied the spliced way where that is possible, or the ordinary one.
fn apply(input: &Path, output: &Path, splice: bool, options: &ReadOptions) -> Applied {
    let mut source = open(input, options).unwrap();
    if !splice {
        source = Source::from_reader(source.into_reader()).unwrap();
    }
    let plan = plan(&source.schema());
    let create = |schema: SchemaRef| Sink::create(output, schema, Format::Parquet);
    let (applied, stats) = plan.apply_to(source, &keys(), create, &mut silent).unwrap();
    assert_eq!(stats.rows, applied.rows);
    assert_eq!(stats.bytes, output.metadata().unwrap().len());
    applied
}

fn cells(path: &Path) -> Vec<ArrayRef> {
    let mut source = open(path, &ReadOptions::default()).unwrap();
    let schema = source.schema();
    let mut batches = Vec::new();
    while let Some(batch) = source.next_batch().unwrap() {
        batches.push(batch);
    }
    arrow::compute::concat_batches(&schema, &batches).unwrap().columns().to_vec()
}

fn metadata(path: &Path) -> ParquetMetaData {
    SerializedFileReader::new(File::open(path).unwrap()).unwrap().metadata().clone()
}

/// The columns whose chunks were all copied: ours are compressed by Zstandard.
fn copied(path: &Path, as_compressed: fn(Compression) -> bool) -> BTreeSet<String> {
    let metadata = metadata(path);
    let columns = metadata.file_metadata().schema_descr().columns();
    let of = |at: usize| metadata.row_groups().iter().all(|group| as_compressed(group.column(at).compression()));
    columns.iter().enumerate().filter(|(at, _)| of(*at)).map(|(_, column)| column.name().to_owned()).collect()
}

fn kept() -> BTreeSet<String> {
    let batch = table();
    let names = batch.schema().fields().iter().map(|field| field.name().clone()).collect::<BTreeSet<_>>();
    names.into_iter().filter(|name| !TREATED.contains(&name.as_str())).collect()
}

fn without<const N: usize>(names: [&str; N]) -> BTreeSet<String> {
    kept().into_iter().filter(|name| !names.contains(&name.as_str())).collect()
}

#[test]
fn a_spliced_table_is_the_one_that_was_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let snappy = |codec: Compression| codec == Compression::SNAPPY;
    let none = |codec: Compression| codec == Compression::UNCOMPRESSED;
    let lz4 = |codec: Compression| codec == Compression::LZ4_RAW;
    let gzip = |codec: Compression| matches!(codec, Compression::GZIP(_));
    let base = || WriterProperties::builder().set_compression(Compression::SNAPPY);
    let v2 = || base().set_writer_version(WriterVersion::PARQUET_2_0);
    let zstd = Compression::ZSTD(ZstdLevel::try_new(1).unwrap());
    // A column of nothing but nulls has a dictionary without words or no page of values: copied or not, by its writer.
    let all = kept();
    type Case = (&'static str, WriterPropertiesBuilder, fn(Compression) -> bool, BTreeSet<String>);
    let cases: Vec<Case> = vec![
        ("snappy", base(), snappy, all.clone()),
        ("plain", base().set_dictionary_enabled(false), snappy, all.clone()),
        ("none", base().set_compression(Compression::UNCOMPRESSED), none, all.clone()),
        ("lz4", base().set_compression(Compression::LZ4_RAW), lz4, all.clone()),
        ("gzip", base().set_compression(Compression::GZIP(GzipLevel::default())), gzip, BTreeSet::new()),
        ("statistics in pages", base().set_write_page_header_statistics(true), snappy, all.clone()),
        ("no statistics", base().set_statistics_enabled(EnabledStatistics::None), snappy, all.clone()),
        ("bloom", base().set_bloom_filter_enabled(true), snappy, all.clone()),
        ("v2", v2(), snappy, all.clone()),
        ("v2 none", v2().set_compression(Compression::UNCOMPRESSED), none, all.clone()),
        // The second version writes numbers by differences and text by common prefixes; booleans as runs.
        (
            "v2 plain",
            v2().set_dictionary_enabled(false),
            snappy,
            ["yes", "f32", "f64"].into_iter().map(str::to_owned).collect(),
        ),
        ("dictionaries that overflow", base().set_dictionary_page_size_limit(200), snappy, all.clone()),
        (
            "split streams",
            base().set_dictionary_enabled(false).set_column_encoding("f64".into(), Encoding::BYTE_STREAM_SPLIT),
            snappy,
            without(["f64"]),
        ),
        ("zstd", base().set_compression(zstd), |codec| matches!(codec, Compression::ZSTD(_)), all),
    ];
    for (name, properties, codec, expected) in cases {
        let input = path("in.parquet");
        write(&input, &table(), properties);
        let ordinary = apply(&input, &path("ordinary.parquet"), false, &ReadOptions::default());
        for batch_rows in [16_384, 37] {
            let options = ReadOptions { batch_rows, ..ReadOptions::default() };
            let spliced = apply(&input, &path("spliced.parquet"), true, &options);
            assert_eq!(spliced, ordinary, "{name}");
            assert_eq!(cells(&path("spliced.parquet")), cells(&path("ordinary.parquet")), "{name}");
            spliced.verify_output(open(path("spliced.parquet"), &options).unwrap(), &mut silent).unwrap();
            let groups =
                |path: &Path| metadata(path).row_groups().iter().map(|group| group.num_rows()).collect::<Vec<_>>();
            assert_eq!(groups(&path("spliced.parquet")), groups(&input));
            let copied = copied(&path("spliced.parquet"), codec);
            let copied: BTreeSet<String> =
                copied.into_iter().filter(|name| !TREATED.contains(&name.as_str())).collect();
            assert_eq!(copied, expected, "{name}");
        }
    }
}

/// Every byte of a file: as it lies, and each of its pages decompressed.
fn all_bytes(path: &Path) -> Vec<u8> {
    let mut bytes = std::fs::read(path).unwrap();
    let file = Arc::new(File::open(path).unwrap());
    for group in metadata(path).row_groups() {
        for chunk in group.columns() {
            let rows = group.num_rows() as usize;
            let mut pages = SerializedPageReader::new(Arc::clone(&file), chunk, rows, None).unwrap();
            while let Some(page) = pages.get_next_page().unwrap() {
                bytes.extend_from_slice(page.buffer());
            }
        }
    }
    bytes
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn nothing_of_a_treated_value_is_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("in.parquet"), folder.path().join("out.parquet"));
    let batch = table();
    let plain =
        |name: &str| arrow::compute::cast(batch.column_by_name(name).unwrap(), &arrow::datatypes::DataType::Utf8);
    let mut plain_values: Vec<String> = Vec::new();
    for column in ["phone", "large"] {
        plain_values.extend(plain(column).unwrap().as_string::<i32>().iter().flatten().map(str::to_owned));
    }
    let properties = WriterProperties::builder().set_bloom_filter_enabled(true).set_write_page_header_statistics(true);
    for dictionary in [true, false] {
        write(&input, &batch, properties.clone().set_dictionary_enabled(dictionary));
        let before = all_bytes(&input);
        assert!(plain_values.iter().all(|value| holds(&before, value)), "the search finds what is there");
        apply(&input, &output, true, &ReadOptions::default());
        let after = all_bytes(&output);
        assert_eq!(plain_values.iter().find(|value| holds(&after, value)), None);
        // A copied chunk brings nothing of its footer's entry along.
        let written = metadata(&output);
        for chunk in written.row_groups().iter().flat_map(|group| group.columns()) {
            assert_eq!(chunk.bloom_filter_offset(), None);
            if !TREATED.contains(&chunk.column_descr().name()) {
                assert!(chunk.statistics().is_some_and(|stats| stats.min_bytes_opt().is_none()));
                assert_eq!((chunk.unencoded_byte_array_data_bytes(), chunk.column_index_offset()), (None, None));
            }
        }
        let keys: Vec<&str> = match written.file_metadata().key_value_metadata() {
            Some(pairs) => pairs.iter().map(|pair| pair.key.as_str()).collect(),
            None => vec![],
        };
        assert_eq!(keys, ["ARROW:schema"]);
        let schema = open(&output, &ReadOptions::default()).unwrap().schema();
        assert!(schema.metadata().is_empty());
    }
}

#[test]
fn a_treatment_that_is_stopped_anywhere_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("in.parquet"), folder.path().join("out.parquet"));
    write(&input, &table(), WriterProperties::builder());
    let run = |stop: usize| {
        let mut calls = Vec::new();
        let source = open(&input, &ReadOptions::default()).unwrap();
        let plan = plan(&source.schema());
        let create = |schema: SchemaRef| Sink::create(&output, schema, Format::Parquet);
        let done = plan.apply_to(source, &keys(), create, &mut |update| {
            calls.push((update.done, update.bytes));
            if calls.len() == stop { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        (done.map(|_| ()), calls)
    };
    let (done, calls) = run(usize::MAX);
    done.unwrap();
    assert!(calls.is_sorted() && calls.last().is_some_and(|last| last.0 == ROWS as u64 && last.1 > 0), "{calls:?}");
    assert!(calls.len() > 100);
    std::fs::remove_file(&output).unwrap();
    for stop in 1..=calls.len() {
        assert_eq!(run(stop).0.unwrap_err().code(), "KF-TABLE-16");
        let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["in.parquet"], "stopped at call {stop}");
    }
}

#[test]
fn an_error_in_the_last_column_leaves_what_was_there() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("in.parquet"), folder.path().join("out.parquet"));
    write(&input, &table(), WriterProperties::builder());
    std::fs::write(&output, "before").unwrap();
    let text = "v = 1\ndataset = \"d\"\non_invalid = { default = \"error\" }\n[columns]\n";
    let source = open(&input, &ReadOptions::default()).unwrap();
    let mut text = text.to_owned();
    for field in source.schema().fields() {
        let mask = "{ do = \"mask\", kind = \"mobile\" }";
        text.push_str(&format!(
            "{} = {}\n",
            field.name(),
            if field.name() == "name" { mask } else { "{ do = \"keep\" }" }
        ));
    }
    let create = |schema: SchemaRef| Sink::create(&output, schema, Format::Parquet);
    let error = Plan::parse_toml(&text).unwrap().apply_to(source, &keys(), create, &mut silent).unwrap_err();
    assert_eq!(error.code(), "KF-PLAN-14");
    assert_eq!(std::fs::read_to_string(&output).unwrap(), "before");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[test]
fn a_source_that_was_begun_goes_the_ordinary_way() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("in.parquet"), folder.path().join("out.parquet"));
    write(&input, &table(), WriterProperties::builder());
    let options = ReadOptions { batch_rows: 100, ..ReadOptions::default() };
    let mut source = open(&input, &options).unwrap();
    let begun = source.next_batch().unwrap().unwrap().num_rows() as u64;
    let plan = plan(&source.schema());
    let create = |schema: SchemaRef| Sink::create(&output, schema, Format::Parquet);
    let (applied, stats) = plan.apply_to(source, &keys(), create, &mut silent).unwrap();
    assert_eq!((applied.rows, stats.rows), (ROWS as u64 - begun, ROWS as u64 - begun));
}
