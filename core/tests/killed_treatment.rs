//! kill -9 while a table is treated into a file: under its name is what was there before, or the whole.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]
#![cfg(all(target_os = "linux", feature = "tables"))]

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use kaifang::crypto::Keyring;
use kaifang::desensitize::{Applied, Plan};
use kaifang::table::{Format, ReadOptions, Sink, open, silent};

const FOLDER: &str = "KAIFANG_TREATED_IN";
const ROWS: usize = 30_000;
const BEFORE: &[u8] = b"what was here before";

fn plan() -> Plan {
    let text = "v = 1\ndataset = \"d\"\n[columns]\nlxdh = { do = \"mask\", kind = \"mobile\" }\nxm = { do = \"keep\" }";
    Plan::parse_toml(text).unwrap()
}

fn treat(folder: &Path, output: &str) -> Applied {
    let target = folder.join(output);
    let source = open(folder.join("in.parquet"), &ReadOptions::default()).unwrap();
    let create = |schema| Sink::create(&target, schema, Sink::format_of(&target));
    plan().apply_to(source, &Keyring::new(), create, &mut silent).unwrap().0
}

/// Not a test of its own: what the other starts, in processes that it kills.
#[test]
fn as_a_treatment() {
    if let Some(told) = std::env::var_os(FOLDER) {
        let path = Path::new(&told);
        treat(path.parent().unwrap(), path.file_name().unwrap().to_str().unwrap());
    }
}

#[test]
fn a_treatment_may_be_killed_at_any_moment() {
    let folder = tempfile::tempdir().unwrap();
    let phones: ArrayRef = Arc::new((0..ROWS).map(|row| Some(format!("139{row:08}"))).collect::<StringArray>());
    let names: ArrayRef = Arc::new((0..ROWS).map(|row| Some(format!("张{row}"))).collect::<StringArray>());
    let batch = RecordBatch::try_from_iter_with_nullable([("lxdh", phones, true), ("xm", names, true)]).unwrap();
    let mut sink = Sink::create(folder.path().join("in.parquet"), batch.schema(), Format::Parquet).unwrap();
    sink.write(&batch).unwrap();
    sink.finish().unwrap();
    let (mut whole, mut kept) = (0, 0);
    for output in ["out.csv", "out.xlsx", "out.parquet", "out.arrow"] {
        let target = folder.path().join(output);
        let start = Instant::now();
        let applied = treat(folder.path(), output);
        // From before the process has begun to after its end.
        let longest = start.elapsed() * 2 + Duration::from_millis(60);
        for round in 0..12 {
            std::fs::write(&target, BEFORE).unwrap();
            let mut child = Command::new(std::env::current_exe().unwrap());
            child.args(["--exact", "as_a_treatment"]).env(FOLDER, &target).stdout(Stdio::null());
            let mut child = child.spawn().unwrap();
            std::thread::sleep(longest * round / 11);
            child.kill().unwrap();
            child.wait().unwrap();
            if std::fs::read(&target).unwrap() == BEFORE {
                kept += 1;
            } else {
                applied.verify_output(open(&target, &ReadOptions::default()).unwrap(), &mut silent).unwrap();
                whole += 1;
            }
        }
    }
    assert!(kept > 0 && whole > 0, "{kept} killed before the end, {whole} after it");
}
