//! A catalog's way through the command: template, filled sheet, check, merge, responsibility list, publication.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::process::{Command, Output};

use serde_json::{Value, json};

struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        Desk(tempfile::tempdir().unwrap())
    }

    fn put(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        std::fs::write(self.0.path().join(name), bytes).unwrap();
        name.to_owned()
    }

    fn get(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.0.path().join(name)).unwrap()
    }

    fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let output: Output =
            Command::new(env!("CARGO_BIN_EXE_kaifang")).args(arguments).current_dir(self.0.path()).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }

    fn json(&self, arguments: &[&str]) -> (i32, Value) {
        let (code, out, err) = self.run(arguments);
        (code, serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}{err}")))
    }
}

fn entry(id: &str) -> Value {
    let office = json!({"role": "数据科", "contact": "029-86780000"});
    json!({
        "v": 1, "id": id, "name": format!("数据 {id}"), "body": {"id": "11610100013300000X", "name": "西安市示例局"},
        "openness": "unconditional", "format": "csv", "data_type": "structured", "access_ways": ["download"],
        "update_frequency": "yearly", "updated": "2026-06-30", "level": "municipal", "grade": "general",
        "responsible": {"first": office, "leader": office, "contact": office}, "channel": "platform",
        "assessed": "2026-06-01", "assessment": format!("sha256:{}", "0".repeat(64)),
        "content": format!("sha256:{:0>64}", id.len())
    })
}

fn city(entries: &[Value]) -> String {
    json!({"v": 1, "id": "xa", "level": "municipal", "entries": entries}).to_string()
}

const AT: [&str; 2] = ["--at", "2026-11-23"];

#[test]
fn a_catalog_goes_out_and_comes_back_in_every_form() {
    let desk = Desk::new();
    let catalog = desk.put("c.json", city(&[entry("a")]));
    for form in ["csv", "xlsx", "json"] {
        let out = format!("out.{form}");
        assert_eq!(desk.run(&["catalog", "export", &catalog, "--to", form, "-o", &out]).0, 0);
        let (code, text, _) = desk.run(&["catalog", "check", &out, AT[0], AT[1]]);
        assert_eq!((code, text.trim()), (0, "目录完整 · the catalog is complete"), "{form}");
        let (_, back) = desk.json(&["catalog", "export", &out, "--to", "json"]);
        assert_eq!(back["entries"][0], entry("a"), "{form}");
    }
    let (code, dcat) =
        desk.json(&["catalog", "export", &catalog, "--to", "dcat", "--base", "https://data.xa.example/"]);
    assert_eq!((code, &dcat["dcat:dataset"][0]["@id"]), (0, &json!("https://data.xa.example/a")));
    assert!(dcat["dcatap:applicableLegislation"].to_string().contains("西规〔2022〕013"));
    let (_, package) = desk.json(&["catalog", "export", &catalog, "--to", "frictionless"]);
    assert_eq!(package["resources"][0]["path"], "a.csv");
    assert_eq!(desk.run(&["catalog", "export", &catalog, "--to", "pdf"]).0, 2);
}

#[test]
fn a_template_that_is_not_filled_in_is_a_finding() {
    let desk = Desk::new();
    assert_eq!(desk.run(&["catalog", "template", "-o", "t.xlsx"]).0, 0);
    assert!(desk.get("t.xlsx").starts_with(b"PK"));
    let (code, checked) = desk.json(&["catalog", "check", "t.xlsx", "--json"]);
    assert_eq!((code, &checked[0]["cells"][0]["column"]), (1, &json!("目录标识")));
    let (code, text, _) = desk.run(&["catalog", "check", "t.xlsx"]);
    assert!(code == 1 && text.contains("第 2 行 row 2") && text.contains("目录级别"), "{text}");
    let (code, _, error) = desk.run(&["--json-errors", "catalog", "list", "t.xlsx"]);
    assert!(code == 3 && error.contains("KF-CATALOG-09"), "{error}");
}

#[test]
fn entries_and_catalogs_are_checked_in_one_run() {
    let desk = Desk::new();
    let mut late = entry("late");
    late["updated"] = json!("2025-01-01");
    let (one, many) = (desk.put("one.json", late.to_string()), desk.put("many.json", city(&[entry("a"), late])));
    // An entry alone has no day; in the company of others it is checked as they are.
    assert_eq!(desk.json(&["catalog", "check", &one, "--json"]), (0, json!([])));
    let (code, problems) = desk.json(&["catalog", "check", &many, "--json", AT[0], AT[1]]);
    assert_eq!((code, &problems[0]["problem"]["code"]), (1, &json!("update_overdue")));
    let (code, checked) = desk.json(&["catalog", "check", &one, &many, "--json", AT[0], AT[1]]);
    assert_eq!((code, checked[0]["problems"].as_array().unwrap().len()), (1, 1));
    let (code, text, _) = desk.run(&["catalog", "check", &many, AT[0], AT[1]]);
    assert!(code == 1 && text.contains("A23") && text.contains("2026-01-01"), "{text}");
}

#[test]
fn conflicts_of_a_merge_are_findings_and_left_out() {
    let desk = Desk::new();
    let mut differs = entry("a");
    differs["summary"] = json!("另一说明");
    let authority = desk.put("xa.json", city(&[entry("a"), entry("bb")]));
    let submitted = desk.put("more.json", city(&[differs, entry("bb"), entry("ccc")]));
    let (code, text, _) = desk.run(&["catalog", "merge", &authority, &submitted, "-o", "merged.xlsx"]);
    assert!(code == 1 && text.contains("标识相同而内容不同"), "{text}");
    let (_, merged) = desk.json(&["catalog", "export", "merged.xlsx", "--to", "json"]);
    let ids: Vec<&str> = merged["entries"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["bb", "ccc"]);
    let (code, text, _) = desk.run(&["catalog", "merge", &authority, "-o", "same.json"]);
    assert_eq!((code, text.as_str()), (0, ""), "nothing is in dispute");
}

#[test]
fn the_responsibility_list_is_for_people_and_programs() {
    let desk = Desk::new();
    let mut late = entry("late");
    late["updated"] = json!("2025-01-01");
    let catalog = desk.put("c.json", city(&[entry("a"), late]));
    let (code, list) =
        desk.json(&["catalog", "list", &catalog, "--json", AT[0], AT[1], "--body", "11610100013300000X"]);
    assert_eq!((code, &list["bodies"][0]["updates_overdue"]), (0, &json!(1)));
    let (code, text, _) = desk.run(&["catalog", "list", &catalog, AT[0], AT[1]]);
    assert!(code == 0 && text.contains("2026-01-01 逾期") && text.contains("西安市示例局"), "{text}");
    assert_eq!(desk.run(&["catalog", "list", &catalog, "--body", "nobody"]).0, 2);
}

#[test]
fn working_days_are_told() {
    let desk = Desk::new();
    let (code, text, _) = desk.run(&["calendar", "2026-10-10"]);
    assert_eq!((code, text.trim()), (0, "工作日 · a working day"));
    assert!(desk.run(&["calendar", "2027-01-04"]).1.contains("provisional"));
    assert_eq!(desk.run(&["calendar", "2026-09-24", "--add", "10"]).1.trim(), "2026-10-15");
    assert!(desk.run(&["calendar", "2026-12-25", "--add", "10"]).1.contains("2027"));
    let year = desk.put("2027.json", r#"{"year": 2027, "days": [{"date": "2027-01-01", "isOffDay": true}]}"#);
    assert_eq!(desk.run(&["calendar", "2026-12-25", "--add", "10", "--year", &year]).1.trim(), "2027-01-11");
    assert_eq!(desk.run(&["calendar", "tomorrow"]).0, 2);
    assert_eq!(desk.run(&["calendar", "2026-12-25", "--year", "no-such-file"]).0, 3);
}
