//! How the cost of a treatment grows with the rows: a stream of batches through a plan, its answers thrown away.
//!
//! `scale ROWS row_local|table_global` prints the rows, processor seconds, nanoseconds a row and the peak of memory: one run
//! a process, so that the peak is that of the run. The values repeat after a batch, which no transform of the plan notices.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stdout)]

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchIterator, StringArray};
use kaifang::crypto::Keyring;
use kaifang::desensitize::Plan;
use kaifang::table::{Source, silent};
use kaifang_benches::{mobiles, peak_kib, processor_seconds, resident_ids};

const BATCH: usize = 65_536;

const ROW_LOCAL: &str = r#"
v = 1
dataset = "bench"
[columns]
lxdh = { do = "mask", keep_prefix = 3, keep_suffix = 4 }
sfzh = { do = "token", kind = "resident_id", key = "k1" }
zh   = { do = "fpe", alphabet = "digits", key = "k1" }
"#;

/// The stream is held in memory besides, as every table is that can be read only once.
const TABLE_GLOBAL: &str = r#"
v = 1
dataset = "bench"
[columns]
lxdh = { do = "shuffle", key = "k1" }
sfzh = { do = "drop" }
zh   = { do = "generalize", quantiles = 20 }
"#;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let rows: usize = arguments[1].parse().unwrap();
    let plan = Plan::parse_toml(if arguments[2] == "row_local" { ROW_LOCAL } else { TABLE_GLOBAL }).unwrap();
    let column = |values: Vec<String>| -> ArrayRef { Arc::new(values.into_iter().map(Some).collect::<StringArray>()) };
    let columns = [
        ("lxdh", column(mobiles(BATCH)), true),
        ("sfzh", column(resident_ids(BATCH)), true),
        ("zh", column(mobiles(BATCH)), true),
    ];
    let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
    let schema = batch.schema();
    let batches = (0..rows).step_by(BATCH).map(move |at| Ok(batch.slice(0, BATCH.min(rows - at))));
    let source = Source::from_reader(Box::new(RecordBatchIterator::new(batches, schema))).unwrap();
    let mut keys = Keyring::new();
    keys.insert("k1", b"a secret of the bench, 32 bytes.").unwrap();

    let start = processor_seconds();
    let applied = plan.apply_each(source, &keys, &mut |_| Ok(()), &mut silent).unwrap();
    let taken = processor_seconds() - start;
    assert_eq!((applied.rows, applied.columns.iter().map(|column| column.invalid).sum::<u64>()), (rows as u64, 0));
    println!(
        "{:>11} rows, {taken:>6.2} CPU-s, {:>4.0} ns a row, {} MiB at most",
        rows,
        taken * 1e9 / rows as f64,
        peak_kib() / 1024
    );
}
