//! `kaifang catalog`: entries.

use std::path::PathBuf;

use clap::Subcommand;
use kaifang::catalog::{Entry, Problem};

use crate::output::{Failure, Outcome};
use crate::{input, output};

#[derive(Subcommand)]
pub(crate) enum Verb {
    /// Check an entry: everything that is missing or wrong, at once
    Check {
        /// The entry, JSON
        entry: PathBuf,
        /// The problems as a JSON document
        #[arg(long)]
        json: bool,
    },
}

pub(crate) fn run(verb: &Verb) -> Result<Outcome, Failure> {
    let Verb::Check { entry, json } = verb;
    let entry = Entry::from_json(&input::text(entry)?)?;
    let problems = entry.check();
    if *json {
        output::json(&problems)?;
    } else if problems.is_empty() {
        output::text("目录条目完整 · the entry is complete")?;
    } else {
        output::text(&describe(&problems))?;
    }
    Ok(if problems.is_empty() { Outcome::Done } else { Outcome::Refused })
}

/// The problems as a table for people.
pub(crate) fn describe(problems: &[Problem]) -> String {
    let mut table = output::table(&["字段 field", "条款 cite", "问题", "problem"]);
    for problem in problems {
        table.add_row([&problem.field, &problem.cite, &problem.zh, &problem.en]);
    }
    table.to_string()
}
