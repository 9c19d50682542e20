//! A hierarchy in a file of its own: `hierarchy_file` of an entry, read where the plan is loaded from a file.
//!
//! The format is that of ARX: no header, a line for each value, in it the value and its wider values from the nearest to the
//! widest, in every line as many. UTF-8, with or without a byte order mark; cells are quoted as in RFC 4180. Cells are parted
//! by semicolons where the first line has one outside of quotation marks, else by commas. A value may stand twice with the
//! same wider values, not with others; an empty line is an error. At most 16 MiB and a million lines.
//!
//! ```text
//! 哮喘;呼吸系统疾病;疾病
//! 肺炎;呼吸系统疾病;疾病
//! 骨折;损伤;疾病
//! ```
//!
//! The file stands in the folder of the plan or below it, and is named from there with `/`. An absolute path and `..` are
//! refused: so a plan is moved and sent as one folder, and a plan that comes from elsewhere opens nothing outside of its own.
//!
//! What was read stands in `hierarchy` as if it had been written there: the plan's hash covers the content of the file, and
//! not its name.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io::Read as _;
use std::path::{Component, Path};

use super::PlanError;
use super::column::ColumnPlan;
use super::read::field;
use super::vocabulary::Transform;
use crate::terms::Text;

const MOST_BYTES: u64 = 16 << 20;
const MOST_LINES: usize = 1_000_000;

/// For each value the wider ones.
type Table = BTreeMap<String, Vec<String>>;

/// Puts the hierarchies that entries name in their place; `folder` is that of the plan.
pub(super) fn inline(columns: &mut BTreeMap<String, ColumnPlan>, folder: &Path, problems: &mut Vec<PlanError>) {
    for (column, entry) in columns {
        let Some(name) = entry.hierarchy_file.take_if(|_| entry.transform == Transform::Generalize) else { continue };
        match read(column, entry, &folder.join(&name), Path::new(&name)) {
            Ok(table) => entry.hierarchy = Some(table),
            Err(problem) => {
                problems.push(problem);
                // What follows from a hierarchy that isn't there would only repeat it.
                *entry = ColumnPlan::new(Transform::Null);
            }
        }
    }
}

/// An entry whose hierarchy is not in its place: the plan was not loaded from a file.
pub(super) fn problem(column: &str, entry: &ColumnPlan) -> Option<PlanError> {
    let unread = entry.transform == Transform::Generalize && entry.hierarchy_file.is_some();
    unread.then(|| PlanError::HierarchyNoFolder { column: column.to_owned() })
}

fn read(column: &str, entry: &ColumnPlan, path: &Path, name: &Path) -> Result<Table, PlanError> {
    let place = || format!("columns.{column}.hierarchy_file");
    if entry.hierarchy.is_some() {
        return Err(field(place(), "only one of hierarchy and hierarchy_file", "hierarchy、hierarchy_file 只能有一项"));
    }
    if !name.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir)) {
        return Err(field(
            place(),
            "a path from the folder of the plan, neither absolute nor with `..`",
            "相对于方案所在目录的路径,不得为绝对路径或含 ..",
        ));
    }
    let unread = |what: Text| PlanError::HierarchyUnread { column: column.to_owned(), what };
    let failed = |error: &std::io::Error| unread(Text::new(error.kind().to_string(), error.kind().to_string()));
    let file = std::fs::File::open(path).map_err(|error| failed(&error))?;
    if !file.metadata().is_ok_and(|metadata| metadata.is_file()) {
        return Err(unread(Text::new("不是普通文件", "not a regular file")));
    }
    let mut bytes = Vec::new();
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(|error| failed(&error))?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(unread(Text::new("超过 16 MiB", "larger than 16 MiB")));
    }
    parse(&bytes).map_err(|Wrong { line, what }| PlanError::HierarchyLine { column: column.to_owned(), line, what })
}

/// What is wrong in a line, counted from 1. Never a cell of it.
#[derive(Debug, PartialEq, Eq)]
struct Wrong {
    line: usize,
    what: Text,
}

fn wrong(line: usize, zh: &'static str, en: &'static str) -> Wrong {
    Wrong { line, what: Text::new(zh, en) }
}

fn parse(bytes: &[u8]) -> Result<Table, Wrong> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let ends = bytes.iter().take(error.valid_up_to()).filter(|byte| **byte == b'\n').count();
        wrong(1 + ends, "不是 UTF-8", "not UTF-8")
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let Shape { separator, starts } = shape(text)?;
    let mut reader = csv::ReaderBuilder::new();
    let mut reader = reader.has_headers(false).flexible(true).delimiter(separator).from_reader(text.as_bytes());
    let mut record = csv::StringRecord::new();
    let (mut table, mut width) = (Table::new(), None);
    for line in starts {
        if !matches!(reader.read_record(&mut record), Ok(true)) {
            return Err(wrong(line, "无法读取该行", "the line can't be read"));
        }
        if record.len() < 2 {
            return Err(wrong(line, "应为一个值及至少一个更宽泛取值", "expected a value and at least one wider value"));
        }
        if *width.get_or_insert(record.len()) != record.len() {
            return Err(wrong(line, "列数与第一行不同", "expected as many cells as the first line has"));
        }
        let mut cells = record.iter().map(str::to_owned);
        let (value, wider) = (cells.next().unwrap_or_default(), cells.collect::<Vec<_>>());
        match table.entry(value) {
            Entry::Vacant(place) => {
                place.insert(wider);
            }
            Entry::Occupied(before) if *before.get() == wider => {}
            Entry::Occupied(_) => {
                return Err(wrong(
                    line,
                    "该值已在前面出现,而更宽泛取值不同",
                    "an earlier line has this value with other wider values",
                ));
            }
        }
    }
    // A mark that opens nothing was taken for one that does.
    if !matches!(reader.read_record(&mut record), Ok(false)) {
        return Err(wrong(text.lines().count(), "引号位置有误", "a quotation mark stands where none can"));
    }
    Ok(table)
}

/// What parts the cells, and the lines that values begin in.
struct Shape {
    separator: u8,
    starts: Vec<usize>,
}

/// Refuses what a reader of CSV passes over: empty lines, and a quotation mark that nothing closes.
fn shape(text: &str) -> Result<Shape, Wrong> {
    let mut shape = Shape { separator: b',', starts: Vec::new() };
    let (mut line, mut empty, mut quoted) = (1, true, false);
    let mut bytes = text.bytes().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\r' if !quoted && bytes.peek() == Some(&b'\n') => continue,
            b'\r' | b'\n' if !quoted => {
                if empty {
                    return Err(wrong(line, "空行", "an empty line"));
                }
                (line, empty) = (line + 1, true);
                continue;
            }
            b'\n' => line += 1,
            b'"' => quoted = !quoted,
            b';' if !quoted && (shape.starts.is_empty() || shape.starts.len() == 1 && !empty) => shape.separator = b';',
            _ => {}
        }
        if std::mem::take(&mut empty) {
            if shape.starts.len() == MOST_LINES {
                return Err(wrong(line, "超过 1000000 行", "more than 1,000,000 lines"));
            }
            shape.starts.push(line);
        }
    }
    if quoted {
        return Err(wrong(line, "引号没有闭合", "a quotation mark that nothing closes"));
    }
    if shape.starts.is_empty() {
        return Err(wrong(1, "文件为空", "the file is empty"));
    }
    Ok(shape)
}

#[cfg(test)]
mod tests {
    use super::super::Plan;
    use super::*;
    use crate::error::Explain;

    fn rows(bytes: &[u8]) -> Vec<(String, Vec<String>)> {
        parse(bytes).unwrap().into_iter().collect()
    }

    fn row(value: &str, wider: &[&str]) -> (String, Vec<String>) {
        (value.to_owned(), wider.iter().map(|text| (*text).to_owned()).collect())
    }

    #[test]
    fn cells_are_parted_by_semicolons_or_commas() {
        let expected = [row("30", &["[30,35)", "*"]), row("31", &["[30,35)", "*"])];
        assert_eq!(rows(b"30;[30,35);*\n31;[30,35);*\n"), expected);
        assert_eq!(rows(b"\xef\xbb\xbf30,\"[30,35)\",*\r\n31,\"[30,35)\",*"), expected);
        assert_eq!(rows(b"\"a;b\",c\n"), [row("a;b", &["c"])], "a quoted semicolon parts nothing");
        assert_eq!(rows(b"a,b;c\n"), [row("a,b", &["c"])]);
        assert_eq!(
            rows("甲;\"说 \"\"乙\"\"\n二\"\n丙;丁\n".as_bytes()),
            [row("丙", &["丁"]), row("甲", &["说 \"乙\"\n二"])]
        );
        assert_eq!(rows(b";none\n"), [row("", &["none"])], "an empty text is a value");
        assert_eq!(rows(b"a;b\na;b\n"), [row("a", &["b"])], "the same line twice says nothing else");
    }

    /// Each with its line; and no cell in what is said of it.
    #[test]
    fn each_wrong_line_is_told_by_its_number() {
        for (bytes, line, en) in [
            (&b""[..], 1, "the file is empty"),
            (b"\xef\xbb\xbf", 1, "the file is empty"),
            (b"x1;y\n\nx2;y\n", 2, "an empty line"),
            (b"x1;y\r\n\r\nx2;y\n", 2, "an empty line"),
            (b"x1;y\nx2;y\n\n", 3, "an empty line"),
            (b"\nx1;y", 1, "an empty line"),
            (b"x1;y\n \n", 2, "expected a value and at least one wider value"),
            (b"x1\n", 1, "expected a value and at least one wider value"),
            (b"x1;y\nx2;y;z\n", 2, "expected as many cells as the first line has"),
            (b"x1;\"y\ny\"\r\nx2;y\r\nx3;y;z", 4, "expected as many cells as the first line has"),
            (b"x1;y\nx2;y\nx1;z\n", 3, "an earlier line has this value with other wider values"),
            (b"x1;y\nx2;\"y\nx3;y\n", 4, "a quotation mark that nothing closes"),
            (b"x1\"x;y\nx2\"x;y\n", 2, "a quotation mark stands where none can"),
            (b"x1;y\nx2;\xff\n", 2, "not UTF-8"),
        ] {
            let wrong = parse(bytes).unwrap_err();
            assert_eq!((wrong.line, wrong.what.en.as_str()), (line, en), "{}", String::from_utf8_lossy(bytes));
        }
        let most = "a;b\n".repeat(MOST_LINES);
        assert_eq!(parse(most.as_bytes()).unwrap().len(), 1);
        assert_eq!(parse(format!("{most}a;b").as_bytes()).unwrap_err().line, MOST_LINES + 1);
    }

    const PLAN: &str = "v = 1\ndataset = \"d\"\n[columns]\na = { do = \"generalize\", level = 1, ";

    fn load(settings: &str) -> Result<Plan, PlanError> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("plans")).unwrap();
        std::fs::create_dir(folder.path().join("plans/tables")).unwrap();
        for name in ["outside.csv", "plans/age.csv", "plans/tables/age.csv"] {
            std::fs::write(folder.path().join(name), "30;thirties;any\n41;forties;any\n").unwrap();
        }
        std::fs::write(folder.path().join("plans/wrong.csv"), "30;thirties\n\n").unwrap();
        let large = std::fs::File::create(folder.path().join("plans/large.csv")).unwrap();
        large.set_len(MOST_BYTES + 1).unwrap();
        let absolute = folder.path().join("plans/age.csv").display().to_string();
        std::fs::write(
            folder.path().join("plans/plan.toml"),
            format!("{PLAN}{settings} }}").replace("ABSOLUTE", &absolute),
        )
        .unwrap();
        Plan::load(folder.path().join("plans/plan.toml"))
    }

    #[test]
    fn the_hash_covers_the_content_of_the_file() {
        let table = "hierarchy = { 30 = [\"thirties\", \"any\"], 41 = [\"forties\", \"any\"] }";
        let written = Plan::parse_toml(&format!("{PLAN}{table} }}")).unwrap();
        for name in ["age.csv", "./age.csv", "tables/age.csv"] {
            let loaded = load(&format!("hierarchy_file = \"{name}\"")).unwrap();
            assert_eq!((loaded.hash(), &loaded), (written.hash(), &written));
        }
    }

    #[test]
    fn a_file_that_is_not_there_or_not_below_is_refused_with_its_reason() {
        for (settings, code, place) in [
            ("hierarchy_file = \"absent.csv\"", "KF-PLAN-51", "hierarchy_file"),
            ("hierarchy_file = \"tables\"", "KF-PLAN-51", "hierarchy_file"),
            ("hierarchy_file = \"large.csv\"", "KF-PLAN-51", "hierarchy_file"),
            ("hierarchy_file = \"wrong.csv\"", "KF-PLAN-52", "hierarchy_file, line 2"),
            ("hierarchy_file = \"../outside.csv\"", "KF-PLAN-03", "hierarchy_file"),
            ("hierarchy_file = \"tables/../age.csv\"", "KF-PLAN-03", "hierarchy_file"),
            ("hierarchy_file = \"ABSOLUTE\"", "KF-PLAN-03", "hierarchy_file"),
            ("hierarchy_file = \"age.csv\", hierarchy = { x = [\"y\"] }", "KF-PLAN-03", "hierarchy_file"),
            ("hierarchy_file = \"age.csv\", width = 5", "KF-PLAN-03", "hierarchy"),
        ] {
            let error = load(settings).unwrap_err();
            let expected = Some(format!("columns.a.{place}"));
            assert_eq!((error.code(), error.place()), (code, expected), "{settings}: {error}");
        }
        let deep = load("hierarchy_file = \"age.csv\"").unwrap();
        assert_eq!(deep.columns()["a"].hierarchy.as_ref().unwrap().len(), 2);
        // The level is asked of what was read.
        let text = format!("{PLAN}hierarchy_file = \"age.csv\" }}");
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("age.csv"), "30;thirties\n").unwrap();
        std::fs::write(folder.path().join("plan.toml"), text.replace("level = 1", "level = 2")).unwrap();
        let error = Plan::load(folder.path().join("plan.toml")).unwrap_err();
        assert_eq!(error.place().as_deref(), Some("columns.a.hierarchy"));
    }

    #[test]
    fn a_plan_that_was_not_loaded_from_a_file_has_no_folder() {
        let text = format!("{PLAN}hierarchy_file = \"age.csv\" }}");
        let error = Plan::parse_toml(&text).unwrap_err();
        assert_eq!((error.code(), error.place().as_deref()), ("KF-PLAN-50", Some("columns.a.hierarchy_file")));
        let json = br#"{"v":1,"dataset":"d","columns":{"a":{"do":"generalize","level":1,"hierarchy_file":"age.csv"}}}"#;
        assert_eq!(Plan::parse_json(json).unwrap_err().code(), "KF-PLAN-50");
        let text = text.replace("generalize", "keep").replace("level = 1, ", "");
        assert_eq!(Plan::parse_toml(&text).unwrap_err().code(), "KF-PLAN-08");
    }
}
