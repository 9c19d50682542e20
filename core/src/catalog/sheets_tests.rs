//! Sheets written and read back, filled by hand, damaged and hostile.

use std::io::{Cursor, Read, Write};
use std::path::PathBuf;

use proptest::prelude::*;

use super::tests::{city, day, today, whole};
use super::*;
use crate::error::Explain;
use crate::terms::{AccessWay, Openness};

fn file(name: &str, bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

fn read(bytes: &[u8]) -> Result<Filled, crate::Error> {
    let (_folder, path) = file("catalog", bytes);
    read_sheet(path)
}

/// Row, column and what is said of each cell that could not be read.
fn cells(filled: &Filled) -> Vec<(u64, &str, &str)> {
    filled.problems.iter().map(|cell| (cell.row, cell.column.as_str(), cell.en.as_str())).collect()
}

/// Every field filled in, with what a spreadsheet would misread.
fn full() -> Catalog {
    let mut entry = whole("full");
    entry.name = Some("=HYPERLINK(\"http://x\")".into());
    entry.summary = Some("第一行\n第二行, \"引号\" | 竖线 \\ 反斜杠".into());
    entry.district = Some("610103".into());
    entry.level = Some(Level::District);
    entry.access_ways = vec![AccessWay::Api, AccessWay::Other];
    entry.other_way_basis = Some("@SUM(1+1)".into());
    entry.channel = Some(Channel::ApprovedException);
    entry.channel_basis = Some("000123".into());
    entry.items = vec![
        DataItem { name: "zm:|\\".into(), title: Some("站名".into()), data_type: None },
        DataItem { name: "jd".into(), title: None, data_type: Some("数值".into()) },
    ];
    entry.previous_openness = Some(Openness::Withheld);
    entry.history = vec![
        Revision {
            date: Some(day("2025-01-01")),
            openness: Openness::Withheld,
            content: entry.content,
            assessment: None,
        },
        Revision { date: None, openness: Openness::Conditional, content: None, assessment: entry.assessment },
    ];
    entry.metadata = Some(CoreMetadata {
        code: Some("3060100001/000001".into()),
        category: Some(Category { class: Some("部门".into()), group: Some("公交".into()), ..Category::default() }),
        provider_code: Some("11610100013300000X".into()),
        keywords: vec!["公交".into(), "站|点".into()],
        subject: Some("交通".into()),
        domain: Some("-1+2".into()),
        first_published: Some(day("2024-01-01")),
        period: Some(Period { from: day("2020-01-01"), until: Some(day("2025-12-31")) }),
        related: vec!["3060100001/000002".into()],
    });
    Catalog {
        name: Some("全市目录".into()),
        authority: Some(Body { id: "11610100MB2A00000X".into(), name: "西安市数据局".into() }),
        compiled: Some(today()),
        ..city(vec![entry, whole("plain")])
    }
}

#[test]
fn every_field_comes_back_from_a_sheet() {
    for catalog in [full(), Catalog { district: Some("610103".into()), ..Catalog::new("beilin", Level::District) }] {
        for bytes in [to_csv(&catalog).unwrap(), to_xlsx(&catalog).unwrap()] {
            let filled = read(&bytes).unwrap();
            assert_eq!(filled.problems, []);
            assert_eq!(filled.catalog, catalog);
            assert_eq!(filled.whole().unwrap(), catalog);
        }
        assert_eq!(to_xlsx(&catalog).unwrap(), to_xlsx(&catalog).unwrap(), "the same catalog, the same bytes");
    }
}

/// The parts of a workbook, by name.
fn parts(bytes: &[u8]) -> Vec<(String, String)> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    (0..archive.len())
        .map(|index| {
            let mut part = archive.by_index(index).unwrap();
            let (name, mut text) = (part.name().unwrap().into_owned(), String::new());
            part.read_to_string(&mut text).unwrap();
            (name, text)
        })
        .collect()
}

#[test]
fn no_cell_becomes_a_formula() {
    for bytes in [to_xlsx(&full()).unwrap(), template().unwrap()] {
        let sheets: Vec<_> = parts(&bytes).into_iter().filter(|(name, _)| name.contains("worksheets/sheet")).collect();
        assert!(
            !sheets.is_empty() && sheets.iter().all(|(_, xml)| !xml.contains("<f>") && !xml.contains("<hyperlink"))
        );
    }
    let csv = String::from_utf8(to_csv(&full()).unwrap()).unwrap();
    assert!(csv.contains("\"'=HYPERLINK") && csv.contains(",'@SUM(1+1)") && csv.contains(",'-1+2"));
}

#[test]
fn a_template_has_headings_drop_downs_and_notes() {
    let bytes = template().unwrap();
    let parts = parts(&bytes);
    let part = |name: &str| parts.iter().find(|(found, _)| found.contains(name)).map_or("", |(_, text)| text);
    let sheet = part("worksheets/sheet1.xml");
    assert_eq!(sheet.matches("<dataValidation ").count(), 9, "eight vocabularies, the level twice");
    assert!(sheet.contains("无条件开放,有条件开放,不予开放") && sheet.contains("sqref=\"L2:L5001\""), "{sheet}");
    assert!(part("comments1.xml").contains("有条件开放的数据不得下载") && part("comments1.xml").contains("A9.3"));
    assert!(part("sharedStrings.xml").contains("第一责任人岗位") && part("xl/workbook.xml").contains("填写说明"));
    // Nothing is filled in yet, and that is what it says.
    let filled = read(&bytes).unwrap();
    let unfilled = "it is to be filled in, in the first row";
    assert_eq!(cells(&filled), [(2, "目录标识", unfilled), (2, "目录级别", unfilled)]);
    assert_eq!(filled.catalog.entries, []);
}

/// A template as an official fills it in: typed dates and codes, English words, an id.
#[test]
fn a_sheet_filled_by_hand_is_read() {
    let mut workbook = rust_xlsxwriter::Workbook::new();
    let sheet = workbook.add_worksheet();
    let date = rust_xlsxwriter::Format::new().set_num_format("yyyy-mm-dd");
    let headings = ["目录标识", "目录级别", "数据集标识", "name", "数据开放属性", "数据更新日期", "所属区县代码", ""];
    for (column, heading) in (0_u16..).zip(headings) {
        sheet.write_string(0, column, heading).unwrap();
    }
    for (row, (id, openness)) in (1_u32..).zip([("a", " 有条件开放 "), ("b", "withheld")]) {
        sheet.write_string(row, 2, id).unwrap();
        sheet.write_string(row, 4, openness).unwrap();
    }
    sheet.write_string(1, 0, "xa").unwrap().write_string(1, 1, "市级").unwrap();
    let typed = rust_xlsxwriter::ExcelDateTime::from_ymd(2026, 11, 5).unwrap();
    sheet.write_with_format(1, 5, &typed, &date).unwrap().write_string(2, 5, "2026/11/5").unwrap();
    sheet.write_number(1, 6, 610_103).unwrap();
    let filled = read(&workbook.save_to_buffer().unwrap()).unwrap();
    assert_eq!(cells(&filled), []);
    let read: Vec<_> =
        filled.catalog.entries.iter().map(|entry| (entry.openness, entry.updated, entry.district.as_deref())).collect();
    let updated = Some(day("2026-11-05"));
    assert_eq!(
        read,
        [(Some(Openness::Conditional), updated, Some("610103")), (Some(Openness::Withheld), updated, None)]
    );
}

#[test]
fn every_cell_that_cannot_be_read_is_named_at_once() {
    let csv = "目录标识,目录级别,数据集标识,数据开放属性,数据更新日期,数据开放方式,联系人联系方式,电话13800138000,数据名称,数据名称x\n\
        xa,市级,a,部分开放,昨天,数据下载|邮寄,029-86780000,1,n,\n\
        xb,,A,有条件开放,2026-02-30,,13800138000,,n,1\n\
        ,区县(开发区)级,b,,,,,,n,\n";
    let filled = read(csv.as_bytes()).unwrap();
    let named: Vec<_> = filled.problems.iter().map(|cell| (cell.row, cell.column.as_str())).collect();
    assert_eq!(
        named,
        [
            (1, "8"),
            (1, "数据名称x"),
            (2, "数据开放属性"),
            (2, "数据更新日期"),
            (2, "数据开放方式"),
            (3, "目录标识"),
            (3, "数据更新日期"),
            (4, "目录级别"),
        ]
    );
    assert!(filled.catalog.entries.is_empty());
    let told = format!("{:?} {:?}", filled.problems, filled.clone().whole());
    assert!(!told.contains("13800138000") && !told.contains("部分开放") && !told.contains("邮寄"), "{told}");
    let error = filled.whole().unwrap_err();
    assert_eq!((error.code(), error.place().as_deref()), ("KF-CATALOG-09", Some("row 1, 8")));
}

#[test]
fn an_entry_that_no_log_may_keep_is_left_out() {
    let csv = "目录标识,目录级别,数据集标识,联系人联系方式\nxa,市级,a,13800138000\n,,A,\n,,b,029-86780000\n";
    let filled = read(csv.as_bytes()).unwrap();
    let named: Vec<_> = filled.problems.iter().map(|cell| (cell.row, cell.column.as_str())).collect();
    assert_eq!(named, [(2, "联系人岗位"), (3, "数据集标识")]);
    assert_eq!(filled.catalog.entries.len(), 1);
    assert!(!format!("{filled:?}").contains("13800138000"));
}

#[test]
fn a_number_that_lost_its_digits_is_no_code() {
    let mut workbook = rust_xlsxwriter::Workbook::new();
    let sheet = workbook.add_worksheet();
    for (column, heading) in (0_u16..).zip(["数据集标识", "数据开放主体代码", "数据名称"]) {
        sheet.write_string(0, column, heading).unwrap();
    }
    sheet.write_string(1, 0, "a").unwrap().write_number(1, 1, 116_101_000_133_000_111.0).unwrap();
    sheet.write_boolean(1, 2, true).unwrap();
    let filled = read(&workbook.save_to_buffer().unwrap()).unwrap();
    let named: Vec<_> = filled.problems.iter().map(|cell| (cell.row, cell.column.as_str())).collect();
    assert_eq!(named[..2], [(2, "数据开放主体代码"), (2, "数据名称")]);
    assert!(filled.problems[0].zh.contains("文本格式"));
}

#[test]
fn gb18030_and_a_byte_order_mark_are_read() {
    let text = String::from_utf8(to_csv(&full()).unwrap()).unwrap();
    let (bytes, _, unmappable) = encoding_rs::GB18030.encode(text.trim_start_matches('\u{feff}'));
    assert!(!unmappable);
    assert_eq!(read(&bytes).unwrap().catalog, full());
    assert_eq!(read(text.as_bytes()).unwrap().catalog, full());
}

#[test]
fn bad_files_are_refused() {
    let whole = to_xlsx(&full()).unwrap();
    let code = |bytes: &[u8]| read(bytes).unwrap_err().document().code;
    assert_eq!(code(b"PK\x03\x04"), "KF-CATALOG-10");
    assert_eq!(code(&whole[..whole.len() / 2]), "KF-CATALOG-10");
    assert_eq!(code(b""), "KF-TABLE-13");
    assert_eq!(code(b"id\n\xff\xfe"), "KF-TABLE-02");
    assert_eq!(code(b"PAR1PAR1"), "KF-TABLE-14");
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("other.txt", zip::write::SimpleFileOptions::default()).unwrap();
    assert_eq!(code(&zip.finish().unwrap().into_inner()), "KF-CATALOG-10");
    assert_eq!(read_sheet("no-such-file").unwrap_err().document().code, "KF-TABLE-01");
    let long = Entry { summary: Some("长".repeat(32_768)), ..whole_entry() };
    assert_eq!(to_xlsx(&city(vec![long])).unwrap_err().code(), "KF-CATALOG-10");
}

fn whole_entry() -> Entry {
    whole("a")
}

/// A part that unpacks to more than the bound is refused before anything reads it.
#[test]
fn a_bomb_is_measured_and_not_read() {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("xl/sharedStrings.xml", zip::write::SimpleFileOptions::default()).unwrap();
    let block = vec![b' '; 1 << 20];
    for _ in 0..65 {
        zip.write_all(&block).unwrap();
    }
    let bytes = zip.finish().unwrap().into_inner();
    assert!(bytes.len() < 1 << 20);
    assert_eq!(read(&bytes).unwrap_err().document().code, "KF-CATALOG-11");
    // A cell far out would make a range of a million rows.
    let mut workbook = rust_xlsxwriter::Workbook::new();
    workbook.add_worksheet().write_string(1_048_575, 0, "x").unwrap();
    assert_eq!(read(&workbook.save_to_buffer().unwrap()).unwrap_err().document().code, "KF-CATALOG-11");
    let mut workbook = rust_xlsxwriter::Workbook::new();
    workbook.add_worksheet().write_string(0, 16_383, "x").unwrap();
    assert_eq!(read(&workbook.save_to_buffer().unwrap()).unwrap_err().document().code, "KF-CATALOG-11");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn text_of_any_kind_comes_back(name in "[^\u{0}]{0,40}", word in r"[_x0-9A-Fa\\|:,'=+@-]{0,12}") {
        // Spaces around a cell mean nothing, and XML knows no control character.
        let plain = |text: &str| text.chars().filter(|c| !c.is_control()).collect::<String>().trim().to_owned();
        let filled = |text: String| Some(text).filter(|text| !text.is_empty());
        let keywords: Vec<String> = filled(plain(&word)).into_iter().collect();
        let mut entry = whole("a");
        (entry.name, entry.summary) = (filled(plain(&name)), filled(plain(&word)));
        entry.metadata = (!keywords.is_empty()).then(|| CoreMetadata { keywords, ..CoreMetadata::default() });
        prop_assume!(entry.name.as_ref().is_none_or(|name| !name.contains(['\u{fffe}', '\u{ffff}'])));
        let catalog = city(vec![entry]);
        prop_assert_eq!(&read(&to_xlsx(&catalog).unwrap()).unwrap().catalog, &catalog);
        prop_assert_eq!(&read(&to_csv(&catalog).unwrap()).unwrap().catalog, &catalog);
    }

    #[test]
    fn no_damaged_workbook_panics(at in any::<prop::sample::Index>(), bytes in prop::collection::vec(any::<u8>(), 1..8)) {
        let mut workbook = to_xlsx(&full()).unwrap();
        let at = at.index(workbook.len() - 8);
        workbook[at..at + bytes.len()].copy_from_slice(&bytes);
        let _ = read(&workbook);
    }

    /// The same inside the parts, where no checksum of the archive stands guard.
    #[test]
    fn no_damaged_sheet_panics(at in any::<prop::sample::Index>(), junk in "[<>/&;=\"A-Z0-9a-z ]{1,12}") {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, mut text) in parts(&to_xlsx(&full()).unwrap()) {
            if name.ends_with(".xml") {
                let mut place = at.index(text.len());
                while !text.is_char_boundary(place) {
                    place -= 1;
                }
                text.insert_str(place, &junk);
            }
            zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
            zip.write_all(text.as_bytes()).unwrap();
        }
        let _ = read(&zip.finish().unwrap().into_inner());
    }
}
