//! `kaifang demo`: the whole path on invented data. Every step does its real work on real bytes.
//!
//! It must never assert what it shows: each step prints what core answered, and the demo fails if an answer is not
//! the one that its story needs.

mod documents;
mod people;
mod statistics;
mod story;

use std::path::PathBuf;

use clap::Args;

use crate::output::{Failure, Outcome};

#[derive(Args)]
pub(crate) struct Options {
    /// The directory; what the demo wrote there before is replaced
    #[arg(long, default_value = "target/demo")]
    out: PathBuf,
    /// How many invented residents
    #[arg(long, default_value_t = 200_000)]
    rows: usize,
    /// The seed: the same seed gives the same residents
    #[arg(long, default_value_t = 20_230_101)]
    seed: u64,
    /// The instant of the story (default: now)
    #[arg(long)]
    at: Option<String>,
}

pub(crate) fn run(options: &Options) -> Result<Outcome, Failure> {
    story::tell(&options.out, options.rows, options.seed, crate::input::instant(options.at.as_deref())?)
}
