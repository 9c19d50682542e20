//! Columns of two million invented values through their transforms, beside what other libraries take for the same answers.
//!
//! All of it goes batch by batch of 65,536 rows, as in a stream, and so do the peers.
//!
//! `treatment FOLDER [PART]` writes `in.arrow` and, for each work whose name has the part, its answers, and prints a line a
//! work: its name, and millions of rows a second of one processor, the median of five runs. `benches/faces/treatment.py`
//! runs it, compares and measures.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stdout)]

use std::fs::File;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch, StringArray};
use arrow::compute::concat;
use arrow::datatypes::{DataType, Field, Schema};
use arrow::ipc::writer::FileWriter;
use kaifang::crypto::Keyring;
use kaifang::desensitize::{ColumnTreatment, Plan};
use kaifang::table::Source;
use kaifang_benches::{Random, mobiles, resident_ids};

const ROWS: usize = 2_000_000;
const BATCH: usize = 65_536;
const RUNS: usize = 5;
/// Seconds of a run at least: the clock turns in steps of some milliseconds.
const LEAST: f64 = 0.25;

/// The name of a work, its column and its entry in a plan.
const WORKS: [(&str, &str, &str); 13] = [
    ("mask a mobile, 3 and 4 stay", "lxdh", r#"{ do = "mask", keep_prefix = 3, keep_suffix = 4 }"#),
    ("mask a mobile by kind", "lxdh", r#"{ do = "mask", kind = "mobile" }"#),
    ("mask a resident id, 6 and 4 stay", "sfzh", r#"{ do = "mask", keep_prefix = 6, keep_suffix = 4 }"#),
    ("mask a resident id by kind", "sfzh", r#"{ do = "mask", kind = "resident_id" }"#),
    ("token of a resident id, HMAC-SHA-256", "sfzh", r#"{ do = "token", kind = "resident_id", key = "k1" }"#),
    (
        "token of a resident id, 32 bytes",
        "sfzh",
        r#"{ do = "token", kind = "resident_id", key = "k1", form = "bytes32" }"#,
    ),
    (
        "token of a resident id, HMAC-SM3",
        "sfzh",
        r#"{ do = "token", kind = "resident_id", key = "k1", mac = "hmac_sm3" }"#,
    ),
    (
        "FF1 of a resident id, valid again",
        "sfzh",
        r#"{ do = "fpe", kind = "resident_id", key = "k1", regions = "2022-10-31.1" }"#,
    ),
    ("FF1 of a mobile, valid again", "lxdh", r#"{ do = "fpe", kind = "mobile", key = "k1" }"#),
    ("FF1 of eighteen digits", "bh", r#"{ do = "fpe", alphabet = "digits", key = "k1" }"#),
    ("FF1 of eleven digits", "lxdh", r#"{ do = "fpe", alphabet = "digits", key = "k1" }"#),
    ("FF1 of a mobile, SM4", "lxdh", r#"{ do = "fpe", kind = "mobile", key = "k1", cipher = "sm4" }"#),
    ("encrypt a mobile, AES-256-GCM", "lxdh", r#"{ do = "encrypt", key = "k1" }"#),
];

fn main() {
    let folder = std::env::args().nth(1).unwrap();
    // A part of the names of works, where not all are wanted.
    let wanted = std::env::args().nth(2).unwrap_or_default();
    let folder = Path::new(&folder);
    let column = |values: Vec<String>| -> ArrayRef { Arc::new(values.into_iter().map(Some).collect::<StringArray>()) };
    let mut random = Random::new(1);
    let digits = (0..ROWS).map(|_| format!("{:018}", random.below(10_u64.pow(18)))).collect();
    let columns = [("lxdh", column(mobiles(ROWS))), ("sfzh", column(resident_ids(ROWS))), ("bh", column(digits))];
    write(&folder.join("in.arrow"), &columns);
    let mut keys = Keyring::new();
    keys.insert("k1", b"a secret of the bench, 32 bytes.").unwrap();

    for (number, (name, column, entry)) in WORKS.iter().enumerate().filter(|(_, (name, ..))| name.contains(&wanted)) {
        let text = format!("v = 1\ndataset = \"bench\"\n[columns]\n{column} = {entry}");
        let plan = Plan::parse_toml(&text).unwrap();
        let array = &columns.iter().find(|(name, _)| name == column).unwrap().1;
        let slices: Vec<ArrayRef> = (0..ROWS).step_by(BATCH).map(|at| array.slice(at, BATCH.min(ROWS - at))).collect();
        let treatment = || ColumnTreatment::new(&plan, column, &DataType::Utf8, &keys).unwrap();
        let mut whole = treatment();
        let answer: Vec<ArrayRef> = slices.iter().map(|slice| whole.treat(slice).unwrap().unwrap()).collect();
        let mut figures: Vec<f64> = (0..RUNS)
            .map(|_| {
                let mut treatment = treatment();
                let start = seconds();
                let mut passes = 0;
                while passes == 0 || seconds() - start < LEAST {
                    // A batch is done with before the next, as in a stream.
                    slices.iter().for_each(|slice| drop(black_box(treatment.treat(slice).unwrap())));
                    passes += 1;
                }
                let taken = seconds() - start;
                assert_eq!(treatment.invalid(), 0);
                (ROWS * passes) as f64 / taken / 1e6
            })
            .collect();
        let pieces: Vec<&dyn Array> = answer.iter().map(AsRef::as_ref).collect();
        write(&folder.join(format!("out-{number}.arrow")), &[("values", concat(&pieces).unwrap())]);
        println!("{name}\t{:.2}", median(&mut figures));
        // The same with its proof, as a table goes.
        let mut figures: Vec<f64> = (0..RUNS).map(|_| with_proof(&plan, column, &slices, &keys)).collect();
        println!("{name}, with its proof\t{:.2}", median(&mut figures));
    }
}

fn with_proof(plan: &Plan, column: &str, slices: &[ArrayRef], keys: &Keyring) -> f64 {
    let schema = Arc::new(Schema::new(vec![Field::new(column, DataType::Utf8, true)]));
    let batch = |array: &ArrayRef| RecordBatch::try_new(Arc::clone(&schema), vec![Arc::clone(array)]).unwrap();
    let batches: Vec<RecordBatch> = slices.iter().map(batch).collect();
    let start = seconds();
    let mut passes = 0;
    while passes == 0 || seconds() - start < LEAST {
        let source = Source::from_batches(Arc::clone(&schema), batches.clone()).unwrap();
        let mut treated = plan.apply(source, keys).unwrap();
        while treated.next_batch().unwrap().is_some() {}
        treated.into_applied().unwrap();
        passes += 1;
    }
    (ROWS * passes) as f64 / (seconds() - start) / 1e6
}

/// Of this thread's processor time: what else the machine does takes none of it.
fn seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    stat.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e9
}

fn median(figures: &mut [f64]) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

fn write(path: &Path, columns: &[(&str, ArrayRef)]) {
    let batch = RecordBatch::try_from_iter(columns.iter().map(|(name, array)| (*name, Arc::clone(array)))).unwrap();
    let mut writer = FileWriter::try_new(File::create(path).unwrap(), &batch.schema()).unwrap();
    writer.write(&batch).unwrap();
    writer.finish().unwrap();
}
