//! Times the columns of one Arrow IPC file of classification facts in Rust, for `faces/columns.py`.
//!
//! `columns FILE COLUMNS RUNS ANSWERS`: the time of each run in milliseconds, a line each; the answers of the first go into
//! the file ANSWERS.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stdout)]

use std::path::Path;
use std::time::Instant;

use kaifang::policy::{Policy, Section};
use kaifang::table::{ReadOptions, Sink, Source, open, silent};
use kaifang_benches::AT;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let columns: Vec<&str> = arguments[2].split(',').collect();
    let policy = Policy::builtin("xian-2022-013").unwrap();
    let mut source = open(Path::new(&arguments[1]), &ReadOptions::default()).unwrap();
    let schema = source.schema();
    let mut batches = Vec::new();
    while let Some(batch) = source.next_batch().unwrap() {
        batches.push(batch);
    }
    let source = Source::from_batches(schema.clone(), batches.clone()).unwrap();
    let answers = Path::new(&arguments[4]);
    let create = |schema| Sink::create(answers, schema, Sink::format_of(answers));
    policy.eval_to(source, Section::Classification, AT, Some(&columns), create, &mut silent).unwrap();
    for _ in 0..arguments[3].parse::<u32>().unwrap() {
        let source = Source::from_batches(schema.clone(), batches.clone()).unwrap();
        let start = Instant::now();
        let mut answered = policy.eval(source, Section::Classification, AT, Some(&columns)).unwrap();
        let mut answers = Vec::new();
        while let Some(batch) = answered.next_batch().unwrap() {
            answers.push(batch);
        }
        drop(answers);
        println!("{}", start.elapsed().as_secs_f64() * 1e3);
    }
}
