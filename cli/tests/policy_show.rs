//! `policy show` as a lawyer meets it: text, page and document.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use std::process::Command;

use serde_json::Value;

fn show(arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kaifang"));
    let output = command.args(["policy", "show"]).args(arguments).env("NO_COLOR", "1").output().unwrap();
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

const XIAN: &str = "xian-2022-013";

#[test]
fn the_rules_stand_by_article_with_their_conditions_and_tables() {
    let (code, text) = show(&[XIAN]);
    assert_eq!(code, Some(0));
    for words in [
        "西规〔2022〕013",
        "conditional_no_download",
        "有条件开放类数据不得以下载方式提供。",
        "Conditional data is never provided by download.",
        "→ permits: withheld",
        "out of scope: 1179648 / 2359296",
        "complaint_reply",
        "0 uncovered",
    ] {
        assert!(text.contains(words), "{words} is not in {text}");
    }
}

#[test]
fn a_page_is_written_and_a_document_printed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("policy.html");
    let file = path.to_str().unwrap();
    let (code, text) = show(&[XIAN, "--html", file]);
    assert_eq!((code, text.as_str()), (Some(0), ""));
    let html = std::fs::read_to_string(&path).unwrap();
    assert!(html.starts_with("<!DOCTYPE html>") && html.contains("A18.5") && !html.contains("<script"));

    let (code, text) = show(&[XIAN, "--set", "risk_report_overdue=deny", "--json"]);
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((code, &document["v"]), (Some(0), &Value::from(1)));
    let readings = document["interpretations"].as_array().unwrap();
    let read = readings.iter().find(|reading| reading["interpretation"]["id"] == "risk_report_overdue").unwrap();
    assert_eq!(read["in_force"], "deny");
}

#[test]
fn what_can_not_be_shown_or_written_says_so() {
    let (code, text) = show(&["no-such-policy"]);
    assert_eq!((code, text.as_str()), (Some(3), ""));
    let (code, _) = show(&[XIAN, "--html", "/no/such/folder/policy.html"]);
    assert_eq!(code, Some(3));
}
