//! `kaifang platform`, `duties` and `audit`: catalog, state and Gate over a directory.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use kaifang::audit;
use kaifang::calendar::Calendar;
use kaifang::crypto;
use kaifang::gate::{Outcome as UseOutcome, Platform, Request, UseReport};
use kaifang::process::Event;
use kaifang::terms::Word;

use crate::output::{Failure, Outcome};
use crate::{input, output};

#[derive(Subcommand)]
pub(crate) enum Verb {
    /// Make a platform directory under a policy
    Init {
        /// The directory
        dir: PathBuf,
        #[command(flatten)]
        law: super::classify::Law,
        /// The log's name, in its checkpoints
        #[arg(long)]
        origin: String,
        /// The signing key
        #[arg(long)]
        key: PathBuf,
    },
    /// Record an event: an assessment, an opening, an application, a review …
    Event {
        /// The directory
        dir: PathBuf,
        /// The event, JSON; `-` is standard input
        event: PathBuf,
        #[command(flatten)]
        writer: Writer,
    },
    /// Decide a request without recording it
    Decide {
        /// The directory
        dir: PathBuf,
        /// The request, JSON; `-` is standard input
        request: PathBuf,
        /// The instant (default: now)
        #[arg(long)]
        at: Option<String>,
    },
    /// Decide a request, record it durably, and only then answer
    Admit {
        /// The directory
        dir: PathBuf,
        /// The request, JSON; `-` is standard input
        request: PathBuf,
        #[command(flatten)]
        writer: Writer,
    },
    /// Record what came of an admitted request
    Complete {
        /// The directory
        dir: PathBuf,
        /// The index of the admitted request's record
        index: u64,
        /// The outcome, JSON; `-` is standard input
        outcome: PathBuf,
        #[command(flatten)]
        writer: Writer,
    },
    /// Record what a user reports of its use (A16)
    ReportUse {
        /// The directory
        dir: PathBuf,
        /// The report, JSON; `-` is standard input
        report: PathBuf,
        #[command(flatten)]
        writer: Writer,
    },
}

/// Who writes, and when.
#[derive(Args)]
pub(crate) struct Writer {
    /// The signing key
    #[arg(long)]
    key: PathBuf,
    /// The instant (default: now)
    #[arg(long)]
    at: Option<String>,
}

#[derive(Args)]
pub(crate) struct DutiesOptions {
    /// The platform's directory
    dir: PathBuf,
    /// Only the duties of this body, user or authority
    #[arg(long = "for")]
    party: Option<String>,
    /// The date or instant (default: now)
    #[arg(long)]
    at: Option<String>,
    /// The duties as a JSON document
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(crate) struct AuditOptions {
    /// The platform's directory
    dir: PathBuf,
    /// The log's public key, base64
    #[arg(long)]
    public_key: Option<String>,
    /// The date or instant that duties are judged at (default: now)
    #[arg(long)]
    at: Option<String>,
    /// The report as a JSON document
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(verb: &Verb) -> Result<Outcome, Failure> {
    let open = |dir: &PathBuf, writer: &Writer| -> Result<(Platform, kaifang::terms::Instant), Failure> {
        let platform = Platform::open(dir, Some(crypto::load_signer(&writer.key)?))?;
        Ok((platform, input::instant(writer.at.as_deref())?))
    };
    match verb {
        Verb::Init { dir, law, origin, key } => {
            let policy = input::policy(&law.policy, &law.set)?;
            let at = input::instant(law.at.as_deref())?;
            Platform::init(dir, &policy, origin, crypto::load_signer(key)?, at)?;
        }
        Verb::Event { dir, event, writer } => {
            let event = Event::from_json(&input::text(event)?)?;
            let (mut platform, at) = open(dir, writer)?;
            output::json(&platform.event(event, at)?)?;
        }
        Verb::Decide { dir, request, at } => {
            let request = Request::from_json(&input::text(request)?)?;
            let decision = Platform::open(dir, None)?.decide(&request, input::instant(at.as_deref())?);
            output::json(&decision)?;
            return Ok(if decision.permit { Outcome::Done } else { Outcome::Refused });
        }
        Verb::Admit { dir, request, writer } => {
            let request = Request::from_json(&input::text(request)?)?;
            let (mut platform, at) = open(dir, writer)?;
            let admitted = platform.admit(&request, at)?;
            output::json(&admitted)?;
            return Ok(if admitted.decision.permit { Outcome::Done } else { Outcome::Refused });
        }
        Verb::Complete { dir, index, outcome, writer } => {
            let outcome: UseOutcome = input::document("Outcome", outcome)?;
            let (mut platform, at) = open(dir, writer)?;
            output::json(&platform.complete(*index, outcome, at)?)?;
        }
        Verb::ReportUse { dir, report, writer } => {
            let report: UseReport = input::document("UseReport", report)?;
            let (mut platform, at) = open(dir, writer)?;
            output::json(&platform.report_use(report, at)?)?;
        }
    }
    Ok(Outcome::Done)
}

pub(crate) fn duties(options: &DutiesOptions) -> Result<Outcome, Failure> {
    let at = input::instant(options.at.as_deref())?;
    let duties = Platform::open(&options.dir, None)?.duties(options.party.as_deref(), at);
    if options.json {
        output::json(&duties)?;
    } else {
        let mut table = output::table(&["期限 due", "状态 status", "谁 who", "条款 cite", "事项", "duty"]);
        for duty in &duties {
            table.add_row([
                duty.due.date.to_string() + if duty.due.provisional { "(暂定 provisional)" } else { "" },
                format!("{} {}", duty.status.zh(), duty.status.id()),
                format!("{} {}", duty.by.zh(), duty.holder),
                duty.cite.clone(),
                duty.zh.clone(),
                duty.en.clone(),
            ]);
        }
        output::text(&table.to_string())?;
    }
    Ok(Outcome::Done)
}

pub(crate) fn audit(options: &AuditOptions) -> Result<Outcome, Failure> {
    let key = options.public_key.as_deref().map(super::ledger::public_key).transpose()?;
    let at = input::instant(options.at.as_deref())?;
    let report = audit::audit(&options.dir, key.as_ref(), None, Calendar::builtin(), at)?;
    if options.json {
        output::json(&report)?;
    } else {
        for finding in &report.findings {
            output::text(&format!("{}  {}\n        {}", finding.cite, finding.zh, finding.en))?;
        }
        output::text(&format!(
            "{} 条记录 records · {} 项决定 decisions · {} 项发现 findings",
            report.verified.size,
            report.decisions,
            report.findings.len()
        ))?;
    }
    let unsigned = report.verified.size.saturating_sub(report.verified.signed_size);
    if unsigned > 0 {
        eprintln!("末尾 {unsigned} 条记录尚未签名:请用 kaifang ledger checkpoint 签名后再审计");
        eprintln!(
            "the last {unsigned} records are not signed yet: sign them with kaifang ledger checkpoint and audit again"
        );
    }
    if report.verified.own_key {
        super::ledger::warn_of_own_key();
    }
    Ok(if report.findings.is_empty() { Outcome::Done } else { Outcome::Refused })
}
