//! The ledger's figures in one table, each beside what bounds it and who else does the same: `make bench-ledger`.
//!
//! Answers are compared before anything is measured: roots, encodings and counts are equal, proofs and logs verify. What
//! only computes is timed by the processor time of its thread, what waits for the disk by the clock on the wall; whoever
//! is compared takes turns, so that a machine that others use too slows all of them. A ratio says how many times as fast
//! as the other we are: the median of the ratios of the turns. A figure is the best turn of what only computes, and the
//! median of what waits.
//!
//! `KAIFANG_BENCH_RECORDS` is the size of the large log, a million by default. Names of parts (`tree`, `encode`,
//! `durable`, `whole`, `receipts`) run those alone.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::print_stdout)]

mod durable;
mod encode;
mod race;
mod receipts;
mod records;
mod table;
mod tree;
mod whole;

use table::Table;

/// A part of the table.
type Part = (&'static str, fn(&mut Table));

const PARTS: [Part; 5] = [
    ("tree", tree::measure),
    ("encode", encode::measure),
    ("durable", durable::measure),
    ("whole", whole::measure),
    ("receipts", receipts::measure),
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [first, dir] = arguments.as_slice()
        && first == whole::RESIDENT
    {
        return whole::print_resident(dir.as_ref());
    }
    // Cargo passes `--bench`.
    let asked: Vec<&String> = arguments.iter().filter(|argument| !argument.starts_with('-')).collect();
    let mut table = Table::default();
    for (name, measure) in PARTS.iter().filter(|(name, _)| asked.is_empty() || asked.iter().any(|asked| asked == name))
    {
        eprintln!("# {name}");
        measure(&mut table);
    }
    print!("{table}");
}
