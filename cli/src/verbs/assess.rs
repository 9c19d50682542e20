//! `kaifang assess`: everything about one dataset.

use std::path::{Path, PathBuf};

use clap::Args;
use kaifang::assess::{self, Assessment, Terms};
use kaifang::catalog::Entry;
use kaifang::crypto::Keyring;
use kaifang::desensitize::Plan;
use kaifang::policy::{Facts, Status};
use kaifang::process::Event;
use kaifang::report;
use kaifang::table::{self, ReadOptions, Sink, Source};
use kaifang::terms::{Openness, Sharing, Word};

use super::classify::Law;
use crate::output::{Failure, Outcome};
use crate::progress::Bar;
use crate::{input, output};

#[derive(Args)]
pub(crate) struct Options {
    #[command(flatten)]
    law: Law,
    /// CSV (UTF-8 or GB18030), Parquet or Arrow IPC
    table: PathBuf,
    /// The catalog entry, JSON
    #[arg(long)]
    entry: PathBuf,
    /// What the assessor answered, JSON; what is not there is unknown
    #[arg(long)]
    facts: Option<PathBuf>,
    /// Treat the table by this plan and assess the treated version too
    #[arg(long, requires = "treated")]
    plan: Option<PathBuf>,
    /// The keyring of the plan
    #[arg(long)]
    keys: Option<PathBuf>,
    /// Where the treated version goes
    #[arg(long)]
    treated: Option<PathBuf>,
    /// How widely it will be shared
    #[arg(long, default_value = "public")]
    sharing: String,
    /// The body's choice within the permitted set: unconditional, conditional or withheld
    #[arg(long, requires_all = ["assessor", "events"])]
    choose: Option<String>,
    /// Who assessed: an office or a commitment, never a person's name
    #[arg(long)]
    assessor: Option<String>,
    /// Write the events that record the choice into this directory, for `kaifang platform event`
    #[arg(long)]
    events: Option<PathBuf>,
    /// The report, one HTML file
    #[arg(short, long)]
    output: Option<PathBuf>,
    /// The assessment as a JSON document
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(options: &Options) -> Result<Outcome, Failure> {
    let policy = input::policy(&options.law.policy, &options.law.set)?;
    let entry = Entry::from_json(&input::text(&options.entry)?)?;
    let facts = match &options.facts {
        Some(path) => Facts::from_json(&input::text(path)?)?,
        None => Facts::new(),
    };
    let sharing = Sharing::from_id(&options.sharing).ok_or_else(|| {
        Failure::usage("--sharing 取 public、controlled 或 enclave", "--sharing takes public, controlled or enclave")
    })?;
    let terms = Terms { policy: &policy, entry: &entry, facts: &facts, at: input::instant(options.law.at.as_deref())? };

    let mut bar = Bar::new("评估 assess");
    let mut assessment =
        assess::assess_table(&terms, &opener(&options.table), sharing, &mut |update| bar.update(update))?;
    drop(bar);
    if let (Some(plan), Some(treated)) = (&options.plan, &options.treated) {
        let keys = options.keys.as_ref().map(Keyring::load).transpose()?.unwrap_or_default();
        assessment = treat(assessment, &terms, &options.table, &Plan::load(plan)?, &keys, treated, sharing)?;
    }
    if let (Some(chosen), Some(assessor), Some(dir)) = (&options.choose, &options.assessor, &options.events) {
        let chosen = Openness::from_id(chosen).ok_or_else(|| {
            Failure::usage(
                "--choose 取 unconditional、conditional 或 withheld",
                "--choose takes unconditional, conditional or withheld",
            )
        })?;
        write_events(dir, &assessment.events(&policy, chosen, assessor)?)?;
    }
    if let Some(path) = &options.output {
        let html = report::to_html(&assessment)?;
        std::fs::write(path, html).map_err(|error| Failure::file(path, &error))?;
    }
    if options.json {
        output::json(&assessment)?;
    } else {
        output::text(&super::scan::describe(&assessment.raw.findings))?;
        output::text(&super::classify::classification(&policy, &assessment.last().classification))?;
        output::text(&super::catalog::describe(&assessment.problems))?;
    }
    let settled = assessment.last().classification.status == Status::Determined && assessment.problems.is_empty();
    Ok(if settled { Outcome::Done } else { Outcome::Refused })
}

/// One file an event, numbered in the order in which they are recorded.
fn write_events(dir: &Path, events: &[Event]) -> Result<(), Failure> {
    std::fs::create_dir_all(dir).map_err(|error| Failure::file(dir, &error))?;
    for (number, event) in events.iter().enumerate() {
        let path = dir.join(format!("{}-{}.json", number + 1, event.id()));
        let text = serde_json::to_string_pretty(event).unwrap_or_default();
        std::fs::write(&path, text).map_err(|error| Failure::file(&path, &error))?;
    }
    Ok(())
}

/// Opens a table of the command line from its first row.
pub(crate) fn opener(path: &Path) -> impl Fn() -> Result<Source, kaifang::Error> {
    move || Ok(table::open(path, &ReadOptions::default())?)
}

/// Treats the table of an assessment into a file, with progress.
pub(crate) fn treat(
    assessment: Assessment,
    terms: &Terms<'_>,
    table: &Path,
    plan: &Plan,
    keys: &Keyring,
    treated: &Path,
    sharing: Sharing,
) -> Result<Assessment, Failure> {
    let mut bar = Bar::new("脱敏 treat");
    let create = |schema| Sink::create(treated, schema, Sink::format_of(treated));
    let (open, reopen) = (opener(table), opener(treated));
    let progress = &mut |update| bar.update(update);
    Ok(assess::treat_table(assessment, terms, plan, keys, &open, create, &reopen, sharing, progress)?)
}
