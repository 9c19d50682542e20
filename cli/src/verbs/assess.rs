//! `kaifang assess`: everything about one dataset.

use std::path::{Path, PathBuf};

use clap::Args;
use kaifang::assess::{self, Assessment, Terms};
use kaifang::catalog::Entry;
use kaifang::crypto::Keyring;
use kaifang::desensitize::Plan;
use kaifang::policy::{Facts, Status};
use kaifang::process::Act;
use kaifang::report;
use kaifang::table::{Sink, Source};
use kaifang::terms::{Digest, Openness, Sharing, Word};

use super::classify::Law;
use crate::input::Reading;
use crate::output::{Failure, Outcome};
use crate::progress::Bar;
use crate::verbs::plan::keyring;
use crate::{input, output};

#[derive(Args)]
pub(crate) struct Options {
    #[command(flatten)]
    law: Law,
    /// CSV (UTF-8 or GB18030), Excel, Parquet or Arrow IPC
    table: PathBuf,
    #[command(flatten)]
    reading: Reading,
    /// The catalog entry, JSON
    #[arg(long)]
    entry: PathBuf,
    /// What the assessor answered, JSON; what is not there is unknown
    #[arg(long)]
    facts: Option<PathBuf>,
    /// Treat the table by this plan and assess the treated version too
    #[arg(long, requires = "treated")]
    plan: Option<PathBuf>,
    /// The keyring of the plan: a file, or env:NAME for an environment variable
    #[arg(long)]
    keys: Option<String>,
    /// Where the treated version goes
    #[arg(long)]
    treated: Option<PathBuf>,
    /// How widely it will be shared
    #[arg(long, default_value = "public")]
    sharing: String,
    /// The body's choice within the permitted set: unconditional, conditional or withheld
    #[arg(long, requires_all = ["assessor", "approval", "events"])]
    choose: Option<String>,
    /// Who assessed: an office or a commitment, never a person's name
    #[arg(long)]
    assessor: Option<String>,
    /// The digest of the decision of the leader in charge (A9.3)
    #[arg(long)]
    approval: Option<String>,
    /// What shows a fact that makes the class laxer: FACT=DIGEST
    #[arg(long, value_name = "FACT=DIGEST")]
    evidence: Vec<String>,
    /// Write the acts that record the choice into this directory, for `kaifang platform event`
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
        assess::assess_table(&terms, &opener(&options.table, &options.reading), sharing, &mut |update| {
            bar.update(update)
        })?;
    drop(bar);
    if let (Some(plan), Some(treated)) = (&options.plan, &options.treated) {
        let keys = options.keys.as_deref().map(keyring).transpose()?.unwrap_or_default();
        let open = opener(&options.table, &options.reading);
        assessment = treat(assessment, &terms, &open, &Plan::load(plan)?, &keys, treated, sharing)?;
    }
    if let (Some(chosen), Some(assessor), Some(dir)) = (&options.choose, &options.assessor, &options.events) {
        let chosen = Openness::from_id(chosen).ok_or_else(|| {
            Failure::usage(
                "--choose 取 unconditional、conditional 或 withheld",
                "--choose takes unconditional, conditional or withheld",
            )
        })?;
        let choice = assess::Choice {
            openness: chosen,
            assessor: assessor.clone(),
            approval: super::digest(options.approval.as_deref().unwrap_or_default())?,
            evidence: options.evidence.iter().map(|text| evidence(text)).collect::<Result<_, _>>()?,
        };
        write_acts(dir, &assessment.acts(&policy, &choice)?)?;
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

fn evidence(text: &str) -> Result<(String, Digest), Failure> {
    let (fact, shown) = text
        .split_once('=')
        .ok_or_else(|| Failure::usage("--evidence 的形式为 事实=摘要", "--evidence takes FACT=DIGEST"))?;
    Ok((fact.to_owned(), super::digest(shown)?))
}

/// One file an act, numbered in the order in which they are recorded.
fn write_acts(dir: &Path, acts: &[Act]) -> Result<(), Failure> {
    std::fs::create_dir_all(dir).map_err(|error| Failure::file(dir, &error))?;
    for (number, act) in acts.iter().enumerate() {
        let path = dir.join(format!("{}-{}.json", number + 1, act.event.id()));
        let text = output::pretty(act)?;
        std::fs::write(&path, text).map_err(|error| Failure::file(&path, &error))?;
    }
    Ok(())
}

/// Opens a table of the command line from its first row.
pub(crate) fn opener(path: &Path, reading: &Reading) -> impl Fn() -> Result<Source, kaifang::Error> {
    move || Ok(reading.open(path)?)
}

/// Treats the table of an assessment into a file, with progress.
pub(crate) fn treat(
    assessment: Assessment,
    terms: &Terms<'_>,
    open: &dyn Fn() -> Result<Source, kaifang::Error>,
    plan: &Plan,
    keys: &Keyring,
    treated: &Path,
    sharing: Sharing,
) -> Result<Assessment, Failure> {
    let mut bar = Bar::new("脱敏 treat");
    let create = |schema| Sink::create(treated, schema, Sink::format_of(treated));
    let reading = Reading::default();
    let reopen = opener(treated, &reading);
    let progress = &mut |update| bar.update(update);
    Ok(assess::treat_table(assessment, terms, plan, keys, open, create, &reopen, sharing, progress)?)
}
