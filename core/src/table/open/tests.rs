//! What goes in comes out; what is broken is named.

use super::*;
use crate::table::{Encoding, Sink, WriteOptions};
use ::parquet::arrow::ArrowWriter;
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array, ListArray, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Int32Type, Schema, SchemaRef};
use arrow::ipc::writer::StreamWriter;
use proptest::prelude::*;
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;

type Rows = Vec<Vec<Option<String>>>;

fn file(folder: &TempDir, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

fn rows_of(mut source: Source) -> Result<Rows, TableError> {
    let mut rows = Vec::new();
    while let Some(batch) = source.next_batch()? {
        for row in 0..batch.num_rows() {
            let cell = |column: &ArrayRef| {
                let texts = column.as_string::<i32>();
                (!texts.is_null(row)).then(|| texts.value(row).to_owned())
            };
            rows.push(batch.columns().iter().map(cell).collect());
        }
    }
    Ok(rows)
}

fn read(bytes: &[u8], options: &ReadOptions) -> Result<(Vec<String>, Rows), TableError> {
    let folder = tempfile::tempdir().unwrap();
    let source = open(file(&folder, "t.csv", bytes), options)?;
    let names = source.schema().fields().iter().map(|field| field.name().clone()).collect();
    Ok((names, rows_of(source)?))
}

fn csv(text: &str) -> Result<(Vec<String>, Rows), TableError> {
    read(text.as_bytes(), &ReadOptions::default())
}

fn row(cells: &[&str]) -> Vec<Option<String>> {
    cells.iter().map(|cell| (!cell.is_empty()).then(|| (*cell).to_owned())).collect()
}

#[test]
fn cells_are_text_and_empty_cells_are_null() {
    let (names, rows) = csv(",xm,\r\n1978年,,\"a,\"\"b\"\"\n\"\r\n\r\n007,\"\",x\"y").unwrap();
    assert_eq!(names, ["column_1", "xm", "column_3"]);
    assert_eq!(rows, [row(&["1978年", "", "a,\"b\"\n"]), row(&["007", "", "x\"y"])]);
    assert_eq!(csv("a\r1\r2\r").unwrap().1, [row(&["1"]), row(&["2"])]);
    assert_eq!(csv("a\n\"\"\n").unwrap().1, [row(&[""])]);
    assert_eq!(csv("a,b").unwrap().1, Rows::new());
}

#[test]
fn broken_text_is_an_error_with_its_row() {
    let folder_of = |text: &str| csv(text).unwrap_err();
    assert_eq!(folder_of("a,b\n1,2\n1\n"), TableError::Ragged { row: 2, expected: 2, found: 1 });
    assert_eq!(folder_of("a,b\n1,2,3\n"), TableError::Ragged { row: 1, expected: 2, found: 3 });
    assert_eq!(folder_of("a,b\n1,\"2\n3,4\n"), TableError::UnterminatedQuote { row: 1 });
    assert_eq!(folder_of("a,b\n1,\"2\"x\n"), TableError::TextAfterQuote { row: 1 });
    assert_eq!(folder_of("a,b\n1,2\n3,\0\n"), TableError::Nul { row: 2 });
    assert_eq!(folder_of("a,a\n"), TableError::DuplicateColumn { first: 1, second: 2 });
    assert_eq!(folder_of(",b,column_1\n"), TableError::DuplicateColumn { first: 1, second: 3 });
    assert_eq!(folder_of(""), TableError::NoHeader);
    assert_eq!(folder_of("\n\r\n"), TableError::NoHeader);
}

#[test]
fn a_first_row_that_is_no_header_is_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    let binary = DataType::FixedSizeBinary(2);
    let sink = |name: &str, data_type: DataType| {
        let schema = Arc::new(Schema::new(vec![Field::new(name, data_type, true)]));
        Sink::create_with(
            &path,
            schema,
            Format::Csv,
            &WriteOptions { encoding: Encoding::Gb18030, ..Default::default() },
        )
    };
    let cell = "11010519491231002X";
    for error in [
        csv(&format!("张三,{cell},{cell}\n李四,440524188001010014,440524188001010014\n")).unwrap_err(),
        sink(cell, binary).err().unwrap(),
        sink(&format!("{cell}\u{e5e5}"), DataType::Utf8).err().unwrap(),
    ] {
        let told =
            serde_json::to_string(&crate::Error::from(error.clone()).document()).unwrap() + &format!("{error:?}");
        assert!(!told.contains(cell) && !told.contains("张三"), "{told}");
    }
}

#[test]
fn undecodable_bytes_end_the_reading_with_their_place() {
    let bytes = [&b"xm\n"[..], &[0xd5, 0xc5, 0xc8, 0xfd, b'\n', 0xff, b'\n']].concat();
    assert_eq!(read(&bytes, &ReadOptions::default()), Err(TableError::Undecodable { encoding: "GB18030", offset: 8 }));
    let utf8 = ReadOptions { encoding: Some(Encoding::Utf8), ..ReadOptions::default() };
    assert_eq!(read(&bytes, &utf8), Err(TableError::Undecodable { encoding: "UTF-8", offset: 3 }));
}

#[test]
fn limits_are_the_callers() {
    let text = "a,b\n1,2\n333333,4\n";
    let with = |change: fn(&mut ReadOptions)| {
        let mut options = ReadOptions::default();
        change(&mut options);
        read(text.as_bytes(), &options).map(|(_, rows)| rows.len())
    };
    assert_eq!(with(|options| options.max_rows = 2), Ok(2));
    assert_eq!(with(|options| options.max_rows = 1), Err(TableError::TooManyRows { limit: 1 }));
    assert_eq!(with(|options| options.max_row_bytes = 6), Err(TableError::RowTooLong { row: 2, limit: 6 }));
    assert_eq!(with(|options| options.max_columns = 1), Err(TableError::TooManyColumns { found: 2, limit: 1 }));
    assert_eq!(with(|options| options.batch_bytes = 1), Ok(2));
    assert!(matches!(with(|options| options.batch_rows = 0), Err(TableError::BadOption { .. })));
    assert!(matches!(with(|options| options.separator = b'"'), Err(TableError::BadOption { .. })));
    assert_eq!(with(|options| options.separator = b';'), Ok(2));
}

#[test]
fn one_endless_line_does_not_fill_the_memory() {
    let mut bytes = b"a\n\"".to_vec();
    bytes.resize(1 << 20, b'x');
    let options = ReadOptions { max_row_bytes: 1 << 16, ..ReadOptions::default() };
    assert_eq!(read(&bytes, &options), Err(TableError::RowTooLong { row: 1, limit: 1 << 16 }));
}

#[test]
fn other_files_are_not_taken_for_tables() {
    let folder = tempfile::tempdir().unwrap();
    let code = |name: &str, bytes: &[u8]| {
        open(file(&folder, name, bytes), &ReadOptions::default()).err().map(|error| crate::error::Explain::code(&error))
    };
    assert_eq!(code("a.xlsx", b"PK\x03\x04...."), Some("KF-TABLE-15"));
    assert_eq!(code("a.parquet", b"xm\n1\n"), Some("KF-TABLE-14"));
    assert_eq!(code("b.parquet", b"PAR1xxxxxxxxPAR1"), Some("KF-TABLE-14"));
    assert_eq!(code("c.csv", b"ARROW1\0\0"), Some("KF-TABLE-14"));
    assert_eq!(code("d.csv", b"\xff\xfex\0"), Some("KF-TABLE-03"));
    assert_eq!(code("e.csv", b""), Some("KF-TABLE-13"));
    let missing = open(folder.path().join("none.csv"), &ReadOptions::default()).err();
    assert!(matches!(missing, Some(TableError::Io { action: "open", .. })));
    let is_folder = open(folder.path(), &ReadOptions::default()).err();
    assert!(is_folder.is_some());
}

fn people() -> (SchemaRef, RecordBatch) {
    let list = ListArray::from_iter_primitive::<Int32Type, _, _>([Some(vec![Some(1), Some(2)]), None, Some(vec![])]);
    let schema = Arc::new(Schema::new(vec![
        Field::new("xm", DataType::Utf8, true),
        Field::new("je", DataType::Int64, true),
        Field::new("ok", DataType::Boolean, false),
        Field::new("ways", list.data_type().clone(), true),
    ]));
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from(vec![Some("龑,\"\u{20bb7}\""), None, Some("=1+1")])),
        Arc::new(Int64Array::from(vec![Some(-5), None, Some(7)])),
        Arc::new(BooleanArray::from(vec![true, false, true])),
        Arc::new(list),
    ];
    (Arc::clone(&schema), RecordBatch::try_new(schema, columns).unwrap())
}

#[test]
fn every_format_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let (schema, batch) = people();
    for name in ["t.parquet", "t.arrow"] {
        let path = folder.path().join(name);
        let mut sink = Sink::create(&path, Arc::clone(&schema), Sink::format_of(&path)).unwrap();
        sink.write(&batch).unwrap();
        sink.write(&batch).unwrap();
        let stats = sink.finish().unwrap();
        assert_eq!((stats.rows, stats.bytes), (6, std::fs::metadata(&path).unwrap().len()));
        let options = ReadOptions { batch_rows: 2, ..ReadOptions::default() };
        let source = open(&path, &options).unwrap();
        assert_eq!((source.known_rows(), source.name()), (Some(6), name));
        let batches: Vec<RecordBatch> = source.map(|batch| batch.unwrap()).collect();
        assert!(batches.iter().all(|batch| batch.num_rows() <= 2));
        let all = arrow::compute::concat_batches(&batches[0].schema(), &batches).unwrap();
        assert_eq!(all.slice(0, 3).columns(), batch.columns());
    }
    let expected = "xm,je,ok,ways\n\"龑,\"\"\u{20bb7}\"\"\",-5,true,1|2\n,,false,\n'=1+1,7,true,\n";
    for (encoding, bom) in [(Encoding::Utf8, false), (Encoding::Utf8, true), (Encoding::Gb18030, false)] {
        let path = folder.path().join("t.csv");
        let options = WriteOptions { encoding, bom, guard_formulas: true };
        let mut sink = Sink::create_with(&path, Arc::clone(&schema), Format::Csv, &options).unwrap();
        sink.write(&batch).unwrap();
        assert_eq!(sink.finish().unwrap().guarded_cells, 1);
        let bytes = std::fs::read(&path).unwrap();
        let text = match encoding {
            Encoding::Utf8 => String::from_utf8(bytes).unwrap(),
            Encoding::Gb18030 => encoding_rs::GB18030.decode(&bytes).0.into_owned(),
        };
        assert_eq!(text, format!("{}{expected}", if bom { "\u{feff}" } else { "" }));
        assert_eq!(rows_of(open(&path, &ReadOptions::default()).unwrap()).unwrap().len(), 3);
    }
}

/// Writes text columns as CSV with the usual options and reads them back.
fn through_csv(names: [&str; 2], cells: &[[Option<String>; 2]]) -> (Vec<String>, Rows, u64) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    let schema = Arc::new(Schema::new(names.map(|name| Field::new(name, DataType::Utf8, true)).to_vec()));
    let column = |at: usize| Arc::new(cells.iter().map(|row| row[at].clone()).collect::<StringArray>()) as ArrayRef;
    let batch = RecordBatch::try_new(Arc::clone(&schema), vec![column(0), column(1)]).unwrap();
    let mut sink = Sink::create(&path, schema, Format::Csv).unwrap();
    sink.write(&batch).unwrap();
    let guarded = sink.finish().unwrap().guarded_cells;
    let source = open(&path, &ReadOptions::default()).unwrap();
    let names = source.schema().fields().iter().map(|field| field.name().clone()).collect();
    (names, rows_of(source).unwrap(), guarded)
}

#[test]
fn the_guard_of_formulas_is_taken_off_again() {
    let cells = ["=1+1", "'=1+1", "''=1", "-", "'", "'a", "-5", "'-5", "＝1", "+", "", "'-"];
    let rows: Vec<[Option<String>; 2]> =
        cells.iter().map(|cell| [Some("x".to_owned()), Some((*cell).to_owned())]).collect();
    let (names, read, guarded) = through_csv(["=xm", "'@b"], &rows);
    assert_eq!(names, ["=xm", "'@b"]);
    let expected: Rows = cells.iter().map(|cell| row(&["x", cell])).collect();
    assert_eq!(read, expected, "only the empty text is a null now");
    assert_eq!(guarded, 7 + 2, "the cells that look like formulas, and both names");
    // Nothing that was written begins like a formula.
    assert_eq!(csv("'=a,'b\n''=1,'\n").unwrap(), (vec!["=a".into(), "'b".into()], vec![row(&["'=1", "'"])]));
}

proptest! {
    #[test]
    fn every_text_comes_back_from_csv(
        cells in prop::collection::vec(("[^\0]{1,6}", "['=+@＝－\\-\t\r\n\",1a]{1,5}"), 1..8),
    ) {
        let rows: Vec<[Option<String>; 2]> = cells.iter().map(|(a, b)| [Some(a.clone()), Some(b.clone())]).collect();
        let expected: Rows = rows.iter().map(|row| row.to_vec()).collect();
        prop_assert_eq!(through_csv(["a", "b"], &rows).1, expected);
    }
}

#[test]
fn an_unfinished_file_leaves_nothing_and_what_was_there_stays() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, "t.csv", b"before");
    let (schema, batch) = people();
    let mut sink = Sink::create(&path, schema, Format::Csv).unwrap();
    sink.write(&batch).unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    drop(sink);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    assert_eq!(std::fs::read(&path).unwrap(), b"before");
}

#[test]
fn what_a_format_can_not_hold_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    let schema = Arc::new(Schema::new(vec![Field::new("b", DataType::Binary, true)]));
    let error = Sink::create(&path, schema, Format::Csv).err();
    assert!(matches!(error, Some(TableError::UnsupportedType { column: 1, .. })));
    // U+E5E5 is the one character of the basic plane that the encoding of the web lacks.
    let schema = Arc::new(Schema::new(vec![Field::new("xm", DataType::Utf8, true)]));
    let batch = RecordBatch::try_new(Arc::clone(&schema), vec![Arc::new(StringArray::from(vec!["\u{e5e5}"]))]).unwrap();
    let options = WriteOptions { encoding: Encoding::Gb18030, ..WriteOptions::default() };
    let mut sink = Sink::create_with(&path, schema, Format::Csv, &options).unwrap();
    assert!(matches!(sink.write(&batch), Err(TableError::Unencodable { column: 1, row: 1, .. })));
    assert!(matches!(sink.write(&people().1), Err(TableError::SchemaMismatch { expected: 1, found: 4 })));
    // Half a batch may be written: the file is not finished by mistake.
    assert!(sink.finish().is_err());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

fn ipc_stream() -> Vec<u8> {
    let (schema, batch) = people();
    let mut writer = StreamWriter::try_new(Vec::new(), &schema).unwrap();
    writer.write(&batch).unwrap();
    writer.finish().unwrap();
    writer.into_inner().unwrap()
}

#[test]
fn ipc_bytes_are_checked_before_they_are_read() {
    let bytes = ipc_stream();
    let source = from_ipc_bytes(bytes.clone(), &ReadOptions::default()).unwrap();
    assert_eq!(source.known_rows(), Some(3));
    assert_eq!(source.map(|batch| batch.unwrap().num_rows()).sum::<usize>(), 3);
    for length in 0..bytes.len() - 8 {
        let cut = from_ipc_bytes(bytes[..length].to_vec(), &ReadOptions::default());
        let rows =
            cut.and_then(|source| source.map(|batch| batch.map(|batch| batch.num_rows())).sum::<Result<usize, _>>());
        // Cut between two messages, a stream is a shorter stream; anywhere else it is an error.
        assert!(rows.is_err() || rows == Ok(0) || rows == Ok(3), "{length}");
    }
    let tight = ReadOptions { max_chunk_bytes: 16, ..ReadOptions::default() };
    assert!(matches!(from_ipc_bytes(bytes.clone(), &tight), Err(TableError::DeclaredTooLarge { .. })));
    let few = ReadOptions { max_rows: 2, ..ReadOptions::default() };
    assert!(matches!(from_ipc_bytes(bytes, &few), Err(TableError::TooManyRows { limit: 2 })));
}

#[test]
fn parquet_is_checked_before_it_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let schema = Arc::new(Schema::new(vec![Field::new("bz", DataType::Utf8, true)]));
    let text = "长".repeat(10_000);
    let array = StringArray::from(vec![text.as_str(); 500]);
    let batch = RecordBatch::try_new(Arc::clone(&schema), vec![Arc::new(array)]).unwrap();
    let mut writer = ArrowWriter::try_new(Vec::new(), schema, None).unwrap();
    writer.write(&batch).unwrap();
    let bytes = writer.into_inner().unwrap();
    let path = file(&folder, "t.parquet", &bytes);
    let options = ReadOptions { batch_bytes: 1 << 20, ..ReadOptions::default() };
    // One value of 30 kB in 500 rows: the batches stay near their limit in bytes.
    let batches: Vec<RecordBatch> = open(&path, &options).unwrap().map(|batch| batch.unwrap()).collect();
    assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), 500);
    assert!(batches.iter().all(|batch| batch.num_rows() <= 64), "{:?}", batches.len());
    let tight = ReadOptions { max_chunk_bytes: 1_000, ..ReadOptions::default() };
    assert!(matches!(open(&path, &tight), Err(TableError::DeclaredTooLarge { .. })));
    let few = ReadOptions { max_rows: 499, ..ReadOptions::default() };
    assert!(matches!(open(&path, &few), Err(TableError::TooManyRows { limit: 499 })));
    for length in (8..bytes.len()).step_by(97) {
        assert!(open(file(&folder, "cut.parquet", &bytes[..length]), &options).is_err(), "{length}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The `csv` crate is the oracle: what it writes, and how it reads what it wrote.
    #[test]
    fn well_formed_text_reads_as_another_reader_reads_it(
        rows in prop::collection::vec(prop::collection::vec("[a-z,\"\r\n 陕西\u{20bb7};|]{0,6}", 3), 1..20),
        crlf: bool, batch_rows in 1usize..5,
    ) {
        let terminator = if crlf { ::csv::Terminator::CRLF } else { ::csv::Terminator::Any(b'\n') };
        let mut writer = ::csv::WriterBuilder::new().terminator(terminator).from_writer(Vec::new());
        writer.write_record(["a", "b", "c"]).unwrap();
        rows.iter().for_each(|row| writer.write_record(row).unwrap());
        let bytes = writer.into_inner().unwrap();
        let mut oracle = ::csv::ReaderBuilder::new().has_headers(false).from_reader(&*bytes);
        let expected: Rows = oracle
            .records()
            .skip(1)
            .map(|record| row(&record.unwrap().iter().collect::<Vec<_>>()))
            .collect();
        let options = ReadOptions { batch_rows, ..ReadOptions::default() };
        prop_assert_eq!(read(&bytes, &options).unwrap().1, expected);
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(prop_oneof![any::<u8>(), Just(b','), Just(b'\n'), Just(b'"')], 0..300)) {
        let _ = read(&bytes, &ReadOptions::default());
    }

    #[test]
    fn no_damaged_ipc_panics(at in 0usize..1000, to: u8) {
        let mut bytes = ipc_stream();
        let at = at % bytes.len();
        bytes[at] = to;
        if let Ok(source) = from_ipc_bytes(bytes, &ReadOptions::default()) {
            let _ = source.map(|batch| batch.map(|batch| batch.num_rows())).collect::<Result<Vec<_>, _>>();
        }
    }
}
