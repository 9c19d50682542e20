//! `kaifang policy eval`: columns of facts to columns of answers.

use std::path::PathBuf;

use clap::Args;
use kaifang::policy::Section;
use kaifang::table::Sink;
use kaifang::terms::Word;

use crate::input;
use crate::input::Reading;
use crate::output::{Failure, Outcome};
use crate::progress::Bar;

#[derive(Args)]
pub(crate) struct EvalOptions {
    /// The id of a bundled policy, or a file
    policy: String,
    /// What is asked: `classification` or `access`
    #[arg(long, value_parser = section)]
    section: Section,
    /// The date or instant that the law is asked for (default: now)
    #[arg(long)]
    at: Option<String>,
    /// Set an interpretation, INTERPRETATION=OPTION
    #[arg(long)]
    set: Vec<String>,
    /// The columns of answers to write, in order (default: all)
    #[arg(long, value_delimiter = ',')]
    columns: Option<Vec<String>>,
    /// The facts: a table with a column a fact; an empty cell is unknown
    table: PathBuf,
    #[command(flatten)]
    reading: Reading,
    /// The answers; the name says the format (.parquet, .csv, .xlsx, .arrow)
    #[arg(short, long)]
    output: PathBuf,
}

fn section(text: &str) -> Result<Section, String> {
    Section::from_id(text).ok_or_else(|| "expected `classification` or `access`".to_owned())
}

pub(crate) fn eval(options: &EvalOptions) -> Result<Outcome, Failure> {
    let policy = input::policy(&options.policy, &options.set)?;
    let at = input::date(options.at.as_deref())?;
    let source = options.reading.open(&options.table)?;
    let columns: Option<Vec<&str>> =
        options.columns.as_ref().map(|columns| columns.iter().map(String::as_str).collect());
    let mut bar = Bar::new("计算 eval");
    let create = |schema| Sink::create(&options.output, schema, Sink::format_of(&options.output));
    let mut progress = |update| bar.update(update);
    policy.eval_to(source, options.section, at, columns.as_deref(), create, &mut progress)?;
    Ok(Outcome::Done)
}
