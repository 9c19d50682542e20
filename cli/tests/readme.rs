//! The command-line example of the README runs as it stands.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

use std::fs;
use std::path::Path;
use std::process::Command;

#[test]
fn the_example_treats_a_table_and_proves_it() {
    let command = Path::new(env!("CARGO_BIN_EXE_kaifang"));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/examples/treat.sh").canonicalize().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = format!("{}:{}", command.parent().unwrap().display(), std::env::var("PATH").unwrap_or_default());
    let output = Command::new("sh").arg("-eu").arg(&script).current_dir(&folder).env("PATH", path).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    let treated = read("treated.csv");
    assert!(treated.contains("张*") && treated.contains("k1.") && treated.contains("1949") && treated.contains("12"));
    for value in ["张三", "11010519491231002X", "1949-12-31"] {
        assert!(!treated.contains(value) && !read("applied.json").contains(value), "{value}");
    }
    let applied: serde_json::Value = serde_json::from_str(&read("applied.json")).unwrap();
    assert_eq!(applied["outcome"]["desensitization"], "deidentified");
}
