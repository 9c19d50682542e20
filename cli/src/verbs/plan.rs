//! `kaifang plan` and `kaifang apply`: treatment, checked and done.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use kaifang::crypto::Keyring;
use kaifang::desensitize::{Applied, Plan};
use kaifang::table::{self, ReadOptions, Sink};
use kaifang::terms::Word;

use crate::output;
use crate::output::{Failure, Outcome};
use crate::progress::Bar;

#[derive(Subcommand)]
pub(crate) enum Verb {
    /// Check a plan against a table, listing every problem
    Check {
        /// The plan, TOML or JSON
        plan: PathBuf,
        /// The table
        table: PathBuf,
    },
}

#[derive(Args)]
pub(crate) struct ApplyOptions {
    /// The plan, TOML or JSON
    plan: PathBuf,
    /// The table to treat
    table: PathBuf,
    /// The treated table; the name says the format (.parquet, .csv, .xlsx, .arrow)
    #[arg(short, long)]
    output: PathBuf,
    /// The keyring, for plans with keys
    #[arg(long)]
    keys: Option<PathBuf>,
    /// Write the `Applied` proof to this file
    #[arg(long)]
    applied: Option<PathBuf>,
    /// The proof as a JSON document on stdout
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(verb: &Verb) -> Result<Outcome, Failure> {
    let Verb::Check { plan, table } = verb;
    let plan = Plan::load(plan)?;
    let source = table::open(table, &ReadOptions::default())?;
    plan.check(&source.schema())?;
    output::text(&plan.hash().to_string())?;
    Ok(Outcome::Done)
}

pub(crate) fn apply(options: &ApplyOptions) -> Result<Outcome, Failure> {
    let plan = Plan::load(&options.plan)?;
    let keys = options.keys.as_ref().map(Keyring::load).transpose()?.unwrap_or_default();
    let source = table::open(&options.table, &ReadOptions::default())?;
    let mut bar = Bar::new("脱敏 apply");
    let create = |schema| Sink::create(&options.output, schema, Sink::format_of(&options.output));
    let (applied, _) = plan.apply_to(source, &keys, create, &mut |update| bar.update(update))?;
    drop(bar);
    if let Some(path) = &options.applied {
        let text = output::pretty(&applied)?;
        std::fs::write(path, text).map_err(|error| Failure::file(path, &error))?;
    }
    if options.json {
        output::json(&applied)?;
    } else {
        output::text(&describe(&applied))?;
    }
    Ok(Outcome::Done)
}

/// What was done to each column, as a table for people.
pub(crate) fn describe(applied: &Applied) -> String {
    let mut table = output::table(&["列 column", "处理 done", "行 rows", "空 nulls", "无效 invalid", "改动 changed"]);
    for column in &applied.columns {
        table.add_row([
            column.name.clone(),
            format!("{} {}", column.transform.zh(), column.transform.id()),
            column.rows.to_string(),
            column.nulls.to_string(),
            column.invalid.to_string(),
            column.changed.to_string(),
        ]);
    }
    format!("{table}\n{} {}", applied.outcome.desensitization.zh(), applied.outcome.desensitization.id())
}
