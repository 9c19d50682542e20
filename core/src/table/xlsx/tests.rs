//! Workbooks as spreadsheets write them, as we do, and as nobody should.

use std::io::Write;
use std::path::{Path, PathBuf};

use arrow::array::*;
use arrow::datatypes::Int32Type;
use rust_xlsxwriter::{ExcelDateTime, Format as CellFormat, Workbook, Worksheet};
use zip::write::SimpleFileOptions;

use super::super::{Format, Sink, open};
use super::*;
use crate::error::Explain;

type Table = Vec<Vec<Option<String>>>;

/// The names and the rows, all as text.
fn read(path: &Path, options: &ReadOptions) -> Result<(Vec<String>, Table, u64), TableError> {
    let mut source = open(path, options)?;
    let names = source.schema().fields().iter().map(|field| field.name().clone()).collect();
    let mut rows = Vec::new();
    while let Some(batch) = source.next_batch()? {
        for row in 0..batch.num_rows() {
            let cell = |column: &ArrayRef| {
                let texts = column.as_string::<i32>();
                texts.is_valid(row).then(|| texts.value(row).to_owned())
            };
            rows.push(batch.columns().iter().map(cell).collect());
        }
    }
    Ok((names, rows, source.lost_digits()))
}

fn workbook(folder: &tempfile::TempDir, fill: impl FnOnce(&mut Worksheet)) -> PathBuf {
    let mut workbook = Workbook::new();
    fill(workbook.add_worksheet());
    let path = folder.path().join("book.xlsx");
    workbook.save(&path).unwrap();
    path
}

fn some(texts: &[&str]) -> Vec<Option<String>> {
    texts.iter().map(|text| (!text.is_empty()).then(|| (*text).to_owned())).collect()
}

#[test]
fn cells_become_what_excel_shows() {
    let folder = tempfile::tempdir().unwrap();
    let format = |code: &str| CellFormat::new().set_num_format(code);
    let moment = |year, month, day| ExcelDateTime::from_ymd(year, month, day).unwrap();
    let path = workbook(&folder, |sheet| {
        for (column, name) in (0..).zip(["xm", "sl", "rq", "", "sfzh"]) {
            sheet.write(1, column, name).unwrap();
        }
        sheet.write(2, 0, "张三").unwrap().write(2, 1, 0.1 + 0.2).unwrap();
        sheet.write_with_format(2, 2, moment(1990, 3, 7), &format("yyyy/m/d")).unwrap();
        sheet.write(2, 4, "61010219900307123X").unwrap();
        sheet.write(3, 0, "=1+1").unwrap();
        sheet.write_string(3, 0, "=1+1").unwrap().write(3, 1, -12).unwrap();
        sheet
            .write_with_format(3, 2, moment(2024, 2, 29).and_hms(8, 5, 9).unwrap(), &format("yyyy-mm-dd hh:mm:ss"))
            .unwrap();
        // A code that is no text has lost its last digits in the spreadsheet.
        sheet.write(3, 4, 610_102_199_003_071_234_u64).unwrap();
        // Row 5 has a cell that holds nothing; row 6 has none.
        sheet.write_blank(4, 0, &format("@")).unwrap();
        sheet.write(6, 1, 13_900_001_111_u64).unwrap().write(6, 3, true).unwrap();
        sheet.write_with_format(6, 2, ExcelDateTime::from_hms(7, 30, 0).unwrap(), &format("hh:mm")).unwrap();
        sheet.write_blank(7, 0, &format("@")).unwrap();
    });
    let expected = vec![
        some(&["张三", "0.3", "1990-03-07", "", "61010219900307123X"]),
        some(&["=1+1", "-12", "2024-02-29 08:05:09", "", "610102199003071000"]),
        some(&["", "", "", "", ""]),
        some(&["", "13900001111", "07:30:00", "true", ""]),
    ];
    let names = ["xm", "sl", "rq", "column_4", "sfzh"].map(str::to_owned).to_vec();
    for batch_rows in [1, 2, 16_384] {
        let options = ReadOptions { batch_rows, ..ReadOptions::default() };
        assert_eq!(read(&path, &options), Ok((names.clone(), expected.clone(), 1)));
    }
    // The bytes tell, not the name.
    let renamed = folder.path().join("book.csv");
    std::fs::rename(&path, &renamed).unwrap();
    assert!(read(&renamed, &ReadOptions::default()).is_ok());
}

#[test]
fn numbers_have_the_digits_that_a_spreadsheet_holds() {
    let cases = [
        (0.0, "0"),
        (-0.0, "0"),
        (1.0 / 3.0, "0.333333333333333"),
        (999_999_999_999_999.0, "999999999999999"),
        (123_456.789, "123456.789"),
        (5.1e17, "510000000000000000"),
        (1e300, "1E300"),
        (-2.5e-12, "-2.5E-12"),
    ];
    for (number, text) in cases {
        assert_eq!(number_text(number), text);
    }
}

fn treated() -> RecordBatch {
    let words = vec![Some("甲"), None, Some("乙"), Some("甲")].into_iter().collect::<DictionaryArray<Int32Type>>();
    let text = StringArray::from(vec![Some("=HYPERLINK(\"x\")"), None, Some("a\u{1}_x0041_\n<b>&\" c "), Some("+86")]);
    RecordBatch::try_from_iter_with_nullable([
        ("text", Arc::new(text) as ArrayRef, true),
        ("words", Arc::new(words), true),
        ("whole", Arc::new(Int64Array::from(vec![Some(-5), None, Some(610_102_199_003_071_234), Some(0)])), true),
        ("large", Arc::new(UInt64Array::from(vec![Some(u64::MAX), None, Some(7), Some(8)])), true),
        ("part", Arc::new(Float64Array::from(vec![Some(0.5), None, Some(f64::NAN), Some(-1e9)])), true),
        ("yes", Arc::new(BooleanArray::from(vec![Some(true), None, Some(false), None])), true),
        ("day", Arc::new(Date32Array::from(vec![Some(0), None, Some(20_000), Some(-1)])), true),
    ])
    .unwrap()
}

#[test]
fn what_is_written_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.xlsx");
    let batch = treated();
    let mut sink = Sink::create(&path, batch.schema(), Sink::format_of(&path)).unwrap();
    sink.write(&batch).unwrap();
    sink.write(&batch).unwrap();
    assert_eq!(sink.finish().unwrap().rows, 8);
    let rows = vec![
        some(&["=HYPERLINK(\"x\")", "甲", "-5", "18446744073709551615", "0.5", "true", "1970-01-01"]),
        some(&["", "", "", "", "", "", ""]),
        some(&["a\u{1}_x0041_\n<b>&\" c ", "乙", "610102199003071234", "7", "NaN", "false", "2024-10-04"]),
        some(&["+86", "甲", "0", "8", "-1000000000", "", "1969-12-31"]),
    ];
    let (names, found, lost) = read(&path, &ReadOptions::default()).unwrap();
    assert_eq!(names, ["text", "words", "whole", "large", "part", "yes", "day"]);
    assert_eq!((found, lost), ([rows.clone(), rows].concat(), 0));
    // No cell is a formula, and nothing says when it was made.
    let mut archive = zip::ZipArchive::new(File::open(&path).unwrap()).unwrap();
    let mut sheet = String::new();
    archive.by_name("xl/worksheets/sheet1.xml").unwrap().read_to_string(&mut sheet).unwrap();
    assert!(sheet.contains("HYPERLINK") && !sheet.contains("<f>"));
    let bytes = std::fs::read(&path).unwrap();
    let mut again = Sink::create(&path, batch.schema(), Format::Xlsx).unwrap();
    again.write(&batch).unwrap();
    again.write(&batch).unwrap();
    again.finish().unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
}

#[test]
fn what_a_sheet_has_no_room_for_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.xlsx");
    let table = |array: ArrayRef| RecordBatch::try_from_iter_with_nullable([("a", array, true)]).unwrap();
    let write = |batch: &RecordBatch| {
        let mut sink = Sink::create(&path, batch.schema(), Format::Xlsx)?;
        sink.write(&batch.slice(0, 1))?;
        let error = sink.write(&batch.slice(1, batch.num_rows() - 1));
        assert!(error.is_err() && sink.finish().is_err(), "a sink that failed can't be finished");
        error
    };
    let many = table(Arc::new(Int64Array::from(vec![1; 1 << 20])));
    assert_eq!(write(&many), Err(TableError::TooManyRows { limit: 1_048_575 }));
    let long = table(Arc::new(StringArray::from(vec!["好".repeat(32_767), "好".repeat(32_768)])));
    assert_eq!(write(&long), Err(TableError::CellTooLong { column: 1, row: 2, limit: 32_767 }));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    let nested = Schema::new(vec![Field::new("a", DataType::Binary, true)]);
    let refused = Sink::create(&path, Arc::new(nested), Format::Xlsx).err().unwrap();
    assert_eq!(refused.code(), "KF-TABLE-18");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

/// A workbook whose sheet holds this XML.
fn forged(folder: &tempfile::TempDir, rows: &str) -> PathBuf {
    let sheet = format!("<worksheet><sheetData>{rows}</sheetData></worksheet>");
    with_part(folder, "xl/worksheets/sheet1.xml", &sheet)
}

#[test]
fn a_sheet_that_lies_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let cell = |place: &str| format!("<c r=\"{place}\" t=\"str\"><v>{place}</v></c>");
    let code = |rows: &str| read(&forged(&folder, rows), &ReadOptions::default()).map_err(|error| error.code());
    let row = |cells: &[&str]| format!("<row>{}</row>", cells.iter().map(|place| cell(place)).collect::<String>());
    assert!(code(&row(&["A1", "B1"])).is_ok());
    assert_eq!(code(&row(&["B1", "A1"])), Err("KF-TABLE-14"), "out of order");
    assert_eq!(code(&(row(&["A1"]) + &row(&["A1"]))), Err("KF-TABLE-14"), "twice");
    assert_eq!(code(&(row(&["A1"]) + &row(&["B2"]))), Err("KF-TABLE-05"), "no header above it");
    assert_eq!(code(&row(&["A1", "A9999999"])), Err("KF-TABLE-14"), "beyond the sheet");
    assert_eq!(code(&row(&["ZZZZ1"])), Err("KF-TABLE-14"), "beyond the sheet");
    assert_eq!(code("<row><c r=\"A1\" t=\"s\"><v>99</v></c></row>"), Err("KF-TABLE-14"), "no such text");
    assert_eq!(code("<row><c r=\"A1\""), Err("KF-TABLE-14"), "cut off");
    assert_eq!(code(""), Err("KF-TABLE-13"));
}

#[test]
fn what_is_too_large_is_refused_before_it_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = workbook(&folder, |sheet| {
        for row in 0..2_000 {
            sheet.write(row, 0, "a".repeat(1_000)).unwrap().write(row, 1, format!("b{row}")).unwrap();
        }
    });
    let code = |options: &ReadOptions| read(&path, options).map_err(|error| error.code()).err();
    let small = |change: fn(&mut ReadOptions)| {
        let mut options = ReadOptions::default();
        change(&mut options);
        options
    };
    assert_eq!(code(&ReadOptions::default()), None);
    assert_eq!(code(&small(|options| options.max_chunk_bytes = 50_000)), Some("KF-TABLE-12"));
    assert_eq!(code(&small(|options| options.max_shared_bytes = 10_000)), Some("KF-TABLE-12"));
    assert_eq!(code(&small(|options| options.max_columns = 1)), Some("KF-TABLE-10"));
    assert_eq!(code(&small(|options| options.max_rows = 1_000)), Some("KF-TABLE-11"));
    assert_eq!(code(&small(|options| options.max_row_bytes = 900)), Some("KF-TABLE-09"));
}

#[test]
fn a_reader_that_is_left_early_ends() {
    let folder = tempfile::tempdir().unwrap();
    let path = workbook(&folder, |sheet| {
        for row in 0..500 {
            sheet.write(row, 0, "a").unwrap();
        }
    });
    let options = ReadOptions { batch_rows: 3, ..ReadOptions::default() };
    for taken in 0..3 {
        let mut source = open(&path, &options).unwrap();
        for _ in 0..taken {
            assert!(source.next_batch().unwrap().is_some());
        }
    }
}

#[test]
fn the_sheet_of_a_name_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let mut workbook = Workbook::new();
    for name in ["说明", "人口"] {
        workbook.add_worksheet().set_name(name).unwrap().write(0, 0, name).unwrap().write(1, 0, "x").unwrap();
    }
    let path = folder.path().join("book.xlsx");
    workbook.save(&path).unwrap();
    let names = |sheet: Option<&str>| {
        let options = ReadOptions { sheet: sheet.map(str::to_owned), ..ReadOptions::default() };
        read(&path, &options).map(|(names, ..)| names.concat())
    };
    assert_eq!(names(None), Ok("说明".to_owned()), "the first");
    assert_eq!(names(Some("人口")), Ok("人口".to_owned()));
    assert_eq!(names(Some("说明")), Ok("说明".to_owned()));
    for absent in ["", "Sheet1", "人 口"] {
        assert_eq!(names(Some(absent)), Err(TableError::NoSuchSheet { sheet: absent.to_owned() }));
    }
    // What has no sheets has none of this name.
    let csv = folder.path().join("people.csv");
    std::fs::write(&csv, "xm\nx\n").unwrap();
    let options = ReadOptions { sheet: Some("人口".to_owned()), ..ReadOptions::default() };
    assert_eq!(open(&csv, &options).err().map(|error| error.code()), Some("KF-TABLE-23"));
}

#[test]
fn rows_at_the_end_that_hold_nothing_are_no_rows() {
    let folder = tempfile::tempdir().unwrap();
    let path = workbook(&folder, |sheet| {
        sheet.write(0, 0, "a").unwrap().write(0, 1, "b").unwrap();
        sheet.write(3, 0, "x").unwrap();
        // Formatted, and texts without a character, as far as people drag them.
        for row in [1, 2].into_iter().chain(4..5_000) {
            sheet.write_blank(row, 0, &CellFormat::new().set_num_format("@")).unwrap();
            sheet.write(row, 1, "").unwrap();
        }
    });
    let expected = vec![some(&["", ""]), some(&["", ""]), some(&["x", ""])];
    for batch_rows in [1, 2, 3, 16_384] {
        let options = ReadOptions { batch_rows, max_rows: 3, ..ReadOptions::default() };
        assert_eq!(read(&path, &options).map(|(_, rows, _)| rows), Ok(expected.clone()), "{batch_rows}");
    }
    let empty = |cell: &str| format!("<row><c r=\"{cell}\" t=\"str\"><v></v></c></row>");
    let rows = format!("<row><c r=\"A1\" t=\"str\"><v>a</v></c></row>{}{}", empty("A2"), empty("A1048576"));
    let (names, rows, _) = read(&forged(&folder, &rows), &ReadOptions::default()).unwrap();
    assert_eq!((names, rows), (vec!["a".to_owned()], Table::new()));
}

/// A workbook one part of which holds this XML.
fn with_part(folder: &tempfile::TempDir, place: &str, xml: &str) -> PathBuf {
    let whole = workbook(folder, |sheet| {
        sheet.write(0, 0, "a").unwrap().write(1, 0, "b").unwrap();
    });
    let path = folder.path().join("part.xlsx");
    let mut from = zip::ZipArchive::new(File::open(whole).unwrap()).unwrap();
    let mut to = zip::ZipWriter::new(File::create(&path).unwrap());
    for index in 0..from.len() {
        let mut part = from.by_index(index).unwrap();
        let name = part.name().unwrap().into_owned();
        to.start_file(&name, SimpleFileOptions::default()).unwrap();
        if name == place {
            to.write_all(xml.as_bytes()).unwrap();
        } else {
            std::io::copy(&mut part, &mut to).unwrap();
        }
    }
    to.finish().unwrap();
    path
}

#[test]
fn memory_that_a_workbook_declares_is_not_taken() {
    let folder = tempfile::tempdir().unwrap();
    let code = |place: &str, xml: &str| {
        read(&with_part(&folder, place, xml), &ReadOptions::default()).map(|_| ()).map_err(|error| error.code())
    };
    let texts = |count: &str| format!("<sst uniqueCount=\"{count}\"><si><t>a</t></si><si><t>b</t></si></sst>");
    assert_eq!(code("xl/sharedStrings.xml", &texts("2")), Ok(()));
    // A reader would reserve a terabyte for it, and end the process.
    assert_eq!(code("xl/sharedStrings.xml", &texts("50000000000")), Err("KF-TABLE-12"));
    let format = format!("<numFmts><numFmt numFmtId=\"200\" formatCode=\"{}\"/></numFmts>", "0".repeat(100_000));
    let styles = |formats: usize| {
        let one = "<xf numFmtId=\"200\"/>".repeat(formats);
        format!("<styleSheet>{format}<cellXfs>{one}</cellXfs></styleSheet>")
    };
    assert_eq!(code("xl/styles.xml", &styles(10)), Ok(()));
    assert_eq!(code("xl/styles.xml", &styles(20_000)), Err("KF-TABLE-12"), "two gigabytes of copies");
}
