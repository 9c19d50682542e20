//! `policy prove`, `diff` and `analyse` as a lawyer meets them: exit codes, both languages, documents.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use std::process::{Command, Output};

use serde_json::Value;

fn kaifang(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_kaifang")).args(arguments).env("NO_COLOR", "1").output().unwrap()
}

fn run(arguments: &[&str]) -> (Option<i32>, String) {
    let output = kaifang(arguments);
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

const XIAN: &str = "xian-2022-013";

#[test]
fn the_bundled_policy_is_proved() {
    let (code, text) = run(&["policy", "prove", XIAN]);
    assert_eq!(code, Some(0), "{text}");
    assert!(
        text.contains("Conditional data is never downloadable.")
            && text.contains("有条件开放类数据不得以下载方式提供。")
    );
    assert!(!text.contains("不成立"));
}

#[test]
fn what_does_not_hold_exits_1_with_the_case() {
    let reading = "deidentified_may_be_unconditional=yes";
    let (code, text) = run(&["policy", "prove", XIAN, "--set", reading]);
    assert_eq!(code, Some(1));
    for words in ["deidentified_never_unconditional", "desensitization", "deidentified", "A18.5", "不成立 fails"] {
        assert!(text.contains(words), "{words} is not in {text}");
    }
    let (code, text) = run(&["policy", "prove", XIAN, "--set", reading, "--json"]);
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((code, &document["holds"], &document["v"]), (Some(1), &Value::Bool(false), &Value::from(1)));
}

#[test]
fn two_readings_differ_and_one_does_not() {
    let (code, text) = run(&["policy", "diff", XIAN, XIAN]);
    assert_eq!(code, Some(0));
    assert!(text.contains("相同") && text.contains("same permitted classes") && text.contains("not compared"));
    let read = ["policy", "diff", XIAN, XIAN, "--set-b", "conditional_preview=treated_sample"];
    let (code, text) = run(&read);
    assert_eq!(code, Some(1));
    for words in ["拒绝 → 允许", "deny → permit: 3008", "action = preview"] {
        assert!(text.contains(words), "{words} is not in {text}");
    }
    let (code, text) = run(&[read.as_slice(), &["--json"]].concat());
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((code, &document["access"]["changed"]), (Some(1), &Value::from("3008")));
}

#[test]
fn an_analysis_counts_answers_rules_and_readings() {
    let (code, text) = run(&["policy", "analyse", XIAN]);
    assert_eq!(code, Some(0));
    for words in ["2359296", "完备 complete: 是 yes", "risk_report_overdue", "treated_sample", "无条件开放"] {
        assert!(text.contains(words), "{words} is not in {text}");
    }
    let (_, text) = run(&["policy", "analyse", XIAN, "--json"]);
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["classification"]["points"], "2359296");
}

#[test]
fn a_catalog_tells_which_datasets_change() {
    let folder = tempfile::tempdir().unwrap();
    let catalog = folder.path().join("catalog.csv");
    std::fs::write(&catalog, "state_secret,law_forbids\ntrue,\nfalse,true\n").unwrap();
    let catalog = catalog.to_str().unwrap();
    let same = ["policy", "diff", XIAN, XIAN, "--at", "2024-06-03", "--catalog", catalog];
    let (code, text) = run(&same);
    assert_eq!(code, Some(0));
    assert!(text.contains("0 of 2 datasets change"), "{text}");
    let second = concat!(env!("CARGO_MANIFEST_DIR"), "/../core/tests/data/second-city.toml");
    let (code, text) = run(&["policy", "diff", XIAN, second, "--at", "2024-06-03", "--catalog", catalog, "--json"]);
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(code, Some(1));
    assert_eq!((&document["rows"], &document["changed"]), (&Value::from(2), &Value::from(1)));
    assert_eq!(document["changes"][0]["from"], "out_of_scope");
}
