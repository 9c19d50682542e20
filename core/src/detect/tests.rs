//! Tables of both sorts: registers of invented persons, in which all must be found, and statistics, in which nothing is.

use super::*;
use crate::kinds::{grade as kinds_grade, region, resident_id, uscc};
use crate::table::{ReadOptions, Sink, WriteOptions, open, silent};
use arrow::array::{Date32Array, Int64Array, StringArray};
use arrow::datatypes::{Field, Schema};
use proptest::prelude::*;
use std::ops::ControlFlow;

/// A small generator of numbers, so that every run makes the same people.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    fn of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len() as u64) as usize]
    }
}

const COUNTIES: [&str; 6] = ["610102", "610103", "610112", "610113", "610116", "610122"];

struct Person {
    name: String,
    id: String,
    mobile: String,
    birth: String,
    sex: &'static str,
    home: String,
    county: &'static str,
    illness: &'static str,
}

fn person(numbers: &mut Numbers) -> Person {
    let county = COUNTIES[numbers.below(6) as usize];
    let (year, month, day) = (1930 + numbers.below(90), 1 + numbers.below(12), 1 + numbers.below(28));
    let sequence = numbers.below(1000);
    let first = format!("{county}{year}{month:02}{day:02}{sequence:03}");
    let given = ["伟", "芳", "秀英", "敏", "静", "建业", "军", "小明", "丽江", "晨"];
    let [_, city, district] = region::path(county);
    Person {
        name: format!("{}{}", numbers.of(&["王", "李", "张", "欧阳", "高", "石", "龙"]), numbers.of(&given)),
        id: format!("{first}{}", resident_id::check_digit(&first).unwrap()),
        mobile: format!("1{}{:09}", 3 + numbers.below(7), numbers.below(1_000_000_000)),
        birth: format!("{year}/{month}/{day}"),
        sex: if sequence % 2 == 1 { "男" } else { "女" },
        home: format!(
            "陕西省{}{}小寨东路{}号{}单元",
            city.unwrap().name,
            district.unwrap().name,
            1 + numbers.below(200),
            1 + numbers.below(9)
        ),
        county,
        illness: numbers.of(&["高血压", "2型糖尿病", "无", "肺炎", "骨折", ""]),
    }
}

fn people(count: usize) -> Vec<Person> {
    let mut numbers = Numbers(7);
    (0..count).map(|_| person(&mut numbers)).collect()
}

/// A table of text from rows.
fn table(names: &[&str], rows: &[Vec<String>]) -> Source {
    let fields: Vec<Field> = names.iter().map(|name| Field::new(*name, DataType::Utf8, true)).collect();
    let schema = Arc::new(Schema::new(fields));
    let column = |at: usize| -> ArrayRef {
        Arc::new(rows.iter().map(|row| Some(row[at].as_str()).filter(|cell| !cell.is_empty())).collect::<StringArray>())
    };
    let batch = RecordBatch::try_new(Arc::clone(&schema), (0..names.len()).map(column).collect()).unwrap();
    Source::from_batches(schema, vec![batch]).unwrap()
}

fn column(name: &str, cells: impl IntoIterator<Item = String>) -> ColumnFinding {
    let rows: Vec<Vec<String>> = cells.into_iter().map(|cell| vec![cell]).collect();
    scan(table(&[name], &rows), &ScanOptions::default(), &mut silent).unwrap().columns.remove(0)
}

fn codes(remarks: &[Remark]) -> Vec<&str> {
    remarks.iter().map(|remark| remark.code.as_str()).collect()
}

#[test]
fn everything_in_a_register_of_residents_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("residents.csv");
    let names = ["xm", "sfzh", "lxdh", "csrq", "xb", "hjdz", "xzqh", "jbzd"];
    let rows: Vec<Vec<String>> = people(10_000)
        .into_iter()
        .map(|p| vec![p.name, p.id, p.mobile, p.birth, p.sex.into(), p.home, p.county.into(), p.illness.into()])
        .collect();
    let batches = table(&names, &rows);
    let options = WriteOptions { encoding: crate::table::Encoding::Gb18030, ..WriteOptions::default() };
    let mut sink = Sink::create_with(&path, batches.schema(), crate::table::Format::Csv, &options).unwrap();
    batches.for_each(|batch| sink.write(&batch.unwrap()).unwrap());
    sink.finish().unwrap();

    let source = open(&path, &ReadOptions::default()).unwrap();
    let findings = scan(source, &ScanOptions::default(), &mut silent).unwrap();
    let kinds: Vec<_> = findings.columns.iter().map(|column| column.kind).collect();
    use Kind::*;
    let expected = [PersonName, ResidentId, Mobile, BirthDate, Sex, Address, Region, Medical].map(Some);
    assert_eq!(kinds, expected);
    assert_eq!(findings.direct, ["xm", "sfzh", "lxdh"]);
    assert_eq!(findings.quasi, ["csrq", "xb", "hjdz", "xzqh"]);
    assert_eq!(findings.sensitive, ["jbzd"]);
    assert_eq!((findings.rows, findings.examined), (10_000, 10_000));
    let id = findings.column("sfzh").unwrap();
    assert_eq!((id.matched, id.checksum_valid), (10_000, Some(10_000)));
    assert!(id.confidence_ppm > 900_000 && id.warnings.is_empty(), "{id:?}");
    assert_eq!(findings.column("jbzd").unwrap().nulls, rows.iter().filter(|row| row[7].is_empty()).count() as u64);

    // The same content under names that say nothing.
    let anonymous = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let findings = scan(table(&anonymous, &rows), &ScanOptions::default(), &mut silent).unwrap();
    let kinds: Vec<_> = findings.columns.iter().map(|column| column.kind).collect();
    // Seventy different names in this town; without a heading, words of a list are not taken for persons.
    let expected =
        [None, Some(ResidentId), Some(Mobile), Some(Date), Some(Sex), Some(Address), Some(Region), Some(Medical)];
    assert_eq!(kinds, expected);

    // No cell is in the document.
    let document = serde_json::to_string(&findings).unwrap();
    for row in rows.iter().take(200) {
        for cell in [&row[1], &row[2], &row[5]] {
            assert!(!document.contains(cell.as_str()));
        }
    }
}

#[test]
fn plain_statistics_hold_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("statistics.csv");
    let headings = [
        "",
        "年末总人口",
        "男性平均预期寿命",
        "65岁及以上人口",
        "中国共产党机关固定资产投资(不含农户)本年资金来源",
        "01章活动物出口额",
        "总抚养比",
        "居民消费水平",
        "电话普及率",
    ];
    let mut text = headings.join(",");
    let mut numbers = Numbers(3);
    for year in 1978..2024 {
        text.push_str(&format!("\n{year}年,"));
        let cells: Vec<String> = (1..headings.len())
            .map(|at| match numbers.below(4) {
                0 => String::new(),
                1 => format!("{}.0", 90_000 + numbers.below(50_000)),
                2 => format!("{}.{}", numbers.below(100_000), numbers.below(10_000_000_000)),
                _ => (numbers.below(100_000) * 10u64.pow(at as u32)).to_string(),
            })
            .collect();
        text.push_str(&cells.join(","));
    }
    std::fs::write(&path, text).unwrap();
    let findings = scan(open(&path, &ReadOptions::default()).unwrap(), &ScanOptions::default(), &mut silent).unwrap();
    assert_eq!(findings.columns[0].name, "column_1");
    for column in &findings.columns {
        assert_eq!((column.kind, column.role), (None, Role::None), "{column:?}");
    }
}

#[test]
fn a_wrong_checksum_lowers_and_never_clears() {
    let right = column("sfzh", people(500).into_iter().map(|p| p.id));
    let broken = |id: String| format!("{}{}", &id[..17], if id.ends_with('1') { '2' } else { '1' });
    let wrong = column("sfzh", people(500).into_iter().map(|p| broken(p.id)));
    let unnamed = column("a", people(500).into_iter().map(|p| broken(p.id)));
    assert_eq!((wrong.kind, unnamed.kind), (Some(Kind::ResidentId), Some(Kind::ResidentId)));
    assert_eq!(wrong.checksum_valid, Some(0));
    assert!(right.confidence_ppm > wrong.confidence_ppm && wrong.confidence_ppm > unnamed.confidence_ppm);
}

#[test]
fn ids_and_credit_codes_are_told_apart_by_the_column() {
    let mut numbers = Numbers(11);
    let alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    let code = |numbers: &mut Numbers, letters: u64| {
        let body: String = (0..9).map(|_| alphabet.as_bytes()[numbers.below(letters) as usize] as char).collect();
        let first = format!("91{}{body}", COUNTIES[numbers.below(6) as usize]);
        format!("{first}{}", uscc::check_digit(&first).unwrap())
    };
    for letters in [31, 10] {
        let found = column("a", (0..500).map(|_| code(&mut numbers, letters)));
        assert_eq!((found.kind, found.role), (Some(Kind::Uscc), Role::None), "{letters}");
        assert_eq!(found.checksum_valid, Some(500));
    }
    assert_eq!(column("a", people(500).into_iter().map(|p| p.id)).kind, Some(Kind::ResidentId));
}

#[test]
fn spreadsheet_damage_is_recognised_and_still_an_id() {
    let cut = column("sfzh", people(300).into_iter().map(|p| format!("{}000", &p.id[..15])));
    assert_eq!((cut.kind, codes(&cut.warnings)), (Some(Kind::ResidentId), vec!["excel_truncated"]));
    let scientific = column("sfzh", people(300).into_iter().map(|p| format!("{}.{}E+17", &p.id[..1], &p.id[1..6])));
    assert_eq!((scientific.kind, codes(&scientific.warnings)), (Some(Kind::ResidentId), vec!["scientific_notation"]));

    let floats: Float64Array = people(300).iter().map(|p| p.id[..17].parse::<f64>().ok().map(|id| id * 10.0)).collect();
    let integers: Int64Array = people(300).iter().map(|p| p.id.parse().ok()).collect();
    let schema =
        Arc::new(Schema::new(vec![Field::new("a", DataType::Float64, true), Field::new("b", DataType::Int64, true)]));
    let batch = RecordBatch::try_new(Arc::clone(&schema), vec![Arc::new(floats), Arc::new(integers)]).unwrap();
    let source = Source::from_batches(schema, vec![batch]).unwrap();
    let findings = scan(source, &ScanOptions::default(), &mut silent).unwrap();
    assert_eq!(findings.direct, ["a", "b"]);
    assert!(codes(&findings.columns[0].warnings).contains(&"fraction_ids"));
    // An `X` at the end makes no integer.
    assert!(findings.columns[1].nulls > 0);
}

#[test]
fn phones_stored_as_fractions_and_masked_phones_are_told() {
    let fraction = |name| column(name, people(50).into_iter().map(|p| format!("{}.0", p.mobile)));
    let named = fraction("lxdh");
    assert_eq!((named.kind, codes(&named.warnings)), (Some(Kind::Mobile), vec!["fraction_ids"]));
    // Under another name, eleven digits and a fraction are a large amount.
    assert_eq!(fraction("出口额").kind, None);
    let masked = column("lxdh", people(50).into_iter().map(|p| format!("{}****{}", &p.mobile[..3], &p.mobile[7..])));
    assert_eq!((masked.kind, codes(&masked.warnings)), (None, vec!["masked"]));
    let local = column("lxdh", (0..50).map(|n| format!("8845{:04}", n * 7)));
    assert_eq!((local.kind, codes(&local.warnings)), (Some(Kind::Mobile), vec!["not_recognised"]));
}

#[test]
fn a_name_with_two_readings_needs_its_content() {
    let projects = column("xm", (0..50).map(|n| format!("第{n}期道路改造工程")));
    assert_eq!(projects.kind, None);
    let income = column("sr", (0..50).map(|n| (3000 + n * 10).to_string()));
    assert_eq!((income.kind, income.role), (Some(Kind::Financial), Role::Sensitive));
    let birthday = column("sr", people(50).into_iter().map(|p| p.birth));
    assert_eq!(birthday.kind, Some(Kind::BirthDate));
    let sex = column("xb", (0..50).map(|n| (1 + n % 2).to_string()));
    assert_eq!(sex.kind, Some(Kind::Sex));
    assert_eq!(column("a", (0..50).map(|n| (1 + n % 2).to_string())).kind, None);
    let minority = column("民族", (0..50).map(|n| if n % 9 == 0 { "回".into() } else { "汉".into() }));
    assert_eq!(minority.kind, Some(Kind::Ethnicity));
}

#[test]
fn an_unreadable_identifier_is_believed_by_its_name_unless_it_is_a_token() {
    let latin = column("姓名", (0..50).map(|n| format!("Ann{} Example", ["a", "e"][n % 2])));
    assert_eq!((latin.kind, codes(&latin.warnings)), (Some(Kind::PersonName), vec!["not_recognised"]));
    let foreign = column("申请人身份证号", (0..50).map(|n| format!("E{n:08}")));
    assert_eq!((foreign.kind, codes(&foreign.warnings)), (Some(Kind::ResidentId), vec!["not_recognised"]));
    let token = column("sfzh", (0..50).map(|n| format!("k1.mzxw6ytboi{n:08}abcdefgh")));
    assert_eq!((token.kind, codes(&token.warnings)), (None, vec!["encoded"]));
}

#[test]
fn a_few_ids_in_another_column_are_reported() {
    let some = column(
        "bz",
        people(200).into_iter().enumerate().map(|(n, p)| if n % 10 == 0 { p.id } else { "已核实".into() }),
    );
    assert_eq!((some.kind, codes(&some.warnings)), (Some(Kind::ResidentId), vec!["mixed"]));
}

#[test]
fn evasions_fold_before_they_are_looked_at() {
    let wide =
        |text: &str| -> String { text.chars().map(|c| char::from_u32(u32::from(c) + 0xfee0).unwrap()).collect() };
    assert_eq!(column("a", people(50).into_iter().map(|p| wide(&p.id))).kind, Some(Kind::ResidentId));
    assert_eq!(column("a", people(50).into_iter().map(|p| format!("\u{200b}{}", p.mobile))).kind, Some(Kind::Mobile));
}

#[test]
fn typed_dates_and_empty_columns_are_described() {
    let schema = Arc::new(Schema::new(vec![
        Field::new("csrq", DataType::Date32, true),
        Field::new("none", DataType::Utf8, true),
        Field::new("raw", DataType::Binary, true),
    ]));
    let raw = arrow::array::BinaryArray::from_vec(vec![b"\xff", b"\xfe"]);
    let columns: Vec<ArrayRef> =
        vec![Arc::new(Date32Array::from(vec![5_000, 6_000])), Arc::new(StringArray::new_null(2)), Arc::new(raw)];
    let batch = RecordBatch::try_new(Arc::clone(&schema), columns).unwrap();
    let source = Source::from_batches(schema, vec![batch]).unwrap();
    let findings = scan(source, &ScanOptions::default(), &mut silent).unwrap();
    assert_eq!(findings.column("csrq").unwrap().kind, Some(Kind::BirthDate));
    assert!(codes(&findings.column("csrq").unwrap().evidence).contains(&"type"));
    assert_eq!(codes(&findings.column("none").unwrap().warnings), ["empty"]);
    assert_eq!(codes(&findings.column("raw").unwrap().warnings), ["not_examined"]);
    let document = serde_json::to_string(&findings).unwrap();
    assert_eq!(serde_json::from_str::<Findings>(&document).unwrap(), findings);
    assert!(document.starts_with(
        r#"{"v":1,"rows":2,"examined":2,"columns":[{"name":"csrq","type":"Date32","kind":"birth_date","role":"quasi""#
    ));
}

/// One column of any type, scanned.
fn scanned(name: &str, cells: ArrayRef) -> ColumnFinding {
    let batch = RecordBatch::try_from_iter_with_nullable([(name, cells, true)]).unwrap();
    let source = Source::from_batches(batch.schema(), vec![batch]).unwrap();
    scan(source, &ScanOptions::default(), &mut silent).unwrap().columns.remove(0)
}

#[test]
fn bytes_that_are_text_are_read() {
    let ids: Vec<String> = people(50).into_iter().map(|p| p.id).collect();
    let bytes = || ids.iter().map(|id| Some(id.as_bytes()));
    let types: [ArrayRef; 4] = [
        Arc::new(bytes().collect::<arrow::array::BinaryArray>()),
        Arc::new(bytes().collect::<arrow::array::LargeBinaryArray>()),
        Arc::new(bytes().collect::<arrow::array::BinaryViewArray>()),
        Arc::new(arrow::array::FixedSizeBinaryArray::try_from_iter(ids.iter().map(String::as_bytes)).unwrap()),
    ];
    for cells in types {
        let found = scanned("a", cells);
        assert_eq!((found.kind, found.role, found.checksum_valid), (Some(Kind::ResidentId), Role::Direct, Some(50)));
        assert!(found.warnings.is_empty(), "{found:?}");
    }
    // A few cells that are no text don't hide the rest, and are told.
    let some = ids.iter().enumerate().map(|(n, id)| Some(if n == 0 { &b"\xff"[..] } else { id.as_bytes() }));
    let found = scanned("a", Arc::new(some.collect::<arrow::array::BinaryArray>()));
    assert_eq!((found.kind, codes(&found.warnings)), (Some(Kind::ResidentId), vec!["not_examined"]));
}

#[test]
fn a_column_that_cannot_be_read_is_believed_by_its_name() {
    let bytes = || Arc::new(arrow::array::BinaryArray::from_vec(vec![b"\xff\xfe"; 3])) as ArrayRef;
    let mut builder = arrow::array::ListBuilder::new(arrow::array::StringBuilder::new());
    (0..3).for_each(|_| builder.append_value([Some("x")]));
    let nested: ArrayRef = Arc::new(builder.finish());
    for cells in [bytes(), nested] {
        let found = scanned("身份证号", Arc::clone(&cells));
        assert_eq!((found.kind, found.role, found.distinct), (Some(Kind::ResidentId), Role::Direct, None));
        assert_eq!((codes(&found.evidence), codes(&found.warnings)), (vec!["column_name"], vec!["not_examined"]));
        assert_eq!(scanned("lxdh", cells).kind, None, "the name has another reading");
    }
}

#[test]
fn a_table_without_a_header_is_refused_and_its_first_person_not_shown() {
    for cell in ["11010519491231002X", "13900001111", "6222021234567890128", "li.ming@example.org", " 139 0000 1111"] {
        let rows = vec![vec!["李四".to_owned(), "440524188001010014".to_owned()]];
        let error = scan(table(&["张三", cell], &rows), &ScanOptions::default(), &mut silent).unwrap_err();
        assert_eq!(error, Error::Table(TableError::PersonInHeader { number: 2 }), "{cell}");
        let document = serde_json::to_string(&error.document()).unwrap();
        assert!(!document.contains(cell.trim()) && !document.contains("张三"));
    }
}

#[test]
fn large_tables_are_sampled_unless_all_is_asked() {
    let cells = || (0..40_000).map(|n| vec![format!("1390000{n:04}")]).collect::<Vec<_>>();
    let sample = scan(table(&["a"], &cells()), &ScanOptions::default(), &mut silent).unwrap();
    assert_eq!((sample.rows, sample.examined), (40_000, 20_000));
    let all = ScanOptions { all: true, ..ScanOptions::default() };
    assert_eq!(scan(table(&["a"], &cells()), &all, &mut silent).unwrap().examined, 40_000);
    let none = ScanOptions { sample: 0, ..ScanOptions::default() };
    assert!(scan(table(&["a"], &cells()), &none, &mut silent).unwrap().examined < 40);
}

#[test]
fn a_scan_reports_and_can_be_stopped() {
    let mut seen = Vec::new();
    let rows: Vec<Vec<String>> = (0..10).map(|n: u32| vec![n.to_string()]).collect();
    let mut watch = |update: crate::table::ProgressUpdate| {
        seen.push((update.stage, update.done, update.total));
        ControlFlow::Continue(())
    };
    scan(table(&["a"], &rows), &ScanOptions::default(), &mut watch).unwrap();
    assert_eq!(seen, [("scan", 0, Some(10)), ("scan", 10, Some(10))]);
    let stopped = scan(table(&["a"], &rows), &ScanOptions::default(), &mut |_| ControlFlow::Break(()));
    assert_eq!(stopped, Err(Error::Table(TableError::Cancelled { stage: "scan" })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// A kind that is passed over without asking its grammar is one that the grammar would refuse.
    #[test]
    fn the_quick_look_passes_over_nothing(
        value in "([0-9０-９]{1,4}[-/.年]?[0-9]{0,11}[Xx月日]?|[一二三四五六七八九〇]{9,18}|[京陕][A-Z][0-9A-Z]{4,6}|[a-z0-9]{1,5}[@.:][a-z0-9.:]{1,9}|(西安市|雁塔区|张三|欧阳|路|1号|回族){1,5}|9161[0-9A-Z]{14}|0[0-9]{2,3}-[0-9]{7,8})",
    ) {
        let folded = kinds::fold::text(&value);
        for kind in column::KINDS {
            prop_assert!(kinds_grade(kind, &folded).is_none() || column::Look::at(&folded).may_be(kind), "{} {}", kind, value);
        }
    }

    #[test]
    fn no_cells_panic(name: String, cells in prop::collection::vec(any::<String>(), 0..20)) {
        let found = column(&name, cells);
        prop_assert!(found.confidence_ppm <= 1_000_000);
        prop_assert_eq!(found.kind.is_none(), found.confidence_ppm == 0);
        prop_assert_eq!(found.role, found.kind.map_or(Role::None, Kind::role));
    }
}
