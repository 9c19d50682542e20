//! `kaifang duties`, `audit`, `usage` and `bundle`: who owes what, is it all true, who used what, and what shows it.

use std::path::PathBuf;

use clap::Args;
use kaifang::audit::{self, Bundle, UsageQuery};
use kaifang::gate::Platform;
use kaifang::ledger::Checkpoint;
use kaifang::process::RiskAssessmentReport;
use kaifang::terms::{Action, Word};

use super::calendar::Years;
use crate::output::{Failure, Outcome};
use crate::{input, output};

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
    #[command(flatten)]
    years: Years,
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
    /// A signed head that was kept elsewhere
    #[arg(long, requires = "public_key")]
    pin: Option<PathBuf>,
    /// The date or instant that duties are judged at (default: now)
    #[arg(long)]
    at: Option<String>,
    #[command(flatten)]
    years: Years,
    /// The report as a JSON document
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(crate) struct UsageOptions {
    /// The platform's directory
    dir: PathBuf,
    /// Of this dataset
    #[arg(long)]
    dataset: Option<String>,
    /// By this user
    #[arg(long)]
    user: Option<String>,
    /// Under this application
    #[arg(long)]
    application: Option<String>,
    /// By this way: query, preview, download, api, model_result or other
    #[arg(long)]
    action: Option<String>,
    /// From this legal date on
    #[arg(long)]
    from: Option<String>,
    /// Until this legal date
    #[arg(long)]
    until: Option<String>,
    /// Denials too
    #[arg(long)]
    denials: bool,
    /// What it comes to, instead of each use
    #[arg(long)]
    summary: bool,
    /// The draft of a risk assessment report (A25): needs --application, --from and --until
    #[arg(long, requires_all = ["application", "from", "until"])]
    draft: bool,
}

#[derive(Args)]
pub(crate) struct BundleOptions {
    /// The platform's directory; with --verify, the bundle
    dir: PathBuf,
    /// The dataset
    #[arg(required_unless_present = "verify")]
    dataset: Option<String>,
    /// Where the bundle goes
    #[arg(short, long, required_unless_present = "verify")]
    output: Option<PathBuf>,
    /// Verify a bundle, with nothing else at hand
    #[arg(long)]
    verify: bool,
    /// The state log's public key, base64
    #[arg(long)]
    public_key: Option<String>,
}

pub(crate) fn duties(options: &DutiesOptions) -> Result<Outcome, Failure> {
    let at = input::instant(options.at.as_deref())?;
    let platform = Platform::open(&options.dir, None)?.with_calendar(options.years.calendar()?);
    let duties = platform.duties(options.party.as_deref(), at)?;
    if options.json {
        output::json(&duties)?;
        return Ok(Outcome::Done);
    }
    let mut table = output::table(&["期限 due", "状态 status", "谁 who", "条款 cite", "事项", "duty"]);
    for duty in &duties {
        let due = match &duty.due {
            Some(due) if due.provisional => format!("{} (暂定 provisional)", due.date),
            Some(due) => due.date.to_string(),
            None => "及时 promptly".to_owned(),
        };
        table.add_row([
            due,
            format!("{} {}", duty.status.zh(), duty.status.id()),
            format!("{} {}", duty.by.zh(), duty.holder),
            duty.cite.clone(),
            duty.zh.clone(),
            format!("{}: {}", duty.en, duty.subject),
        ]);
    }
    output::text(&table.to_string())?;
    Ok(Outcome::Done)
}

pub(crate) fn audit(options: &AuditOptions) -> Result<Outcome, Failure> {
    let key = options.public_key.as_deref().map(super::ledger::public_key).transpose()?;
    let pin = match (&options.pin, &key) {
        (Some(path), Some(key)) => Some(Checkpoint::parse(&input::text(path)?, key)?),
        _ => None,
    };
    let at = input::instant(options.at.as_deref())?;
    let calendar = options.years.calendar()?;
    let report = audit::audit(&options.dir, key.as_ref(), pin.as_ref(), &calendar, at)?;
    if options.json {
        output::json(&report)?;
    } else {
        for finding in &report.findings {
            let place = match (&finding.log, finding.index) {
                (Some(log), Some(index)) => format!(" [{log} #{index}]"),
                (Some(log), None) => format!(" [{log}]"),
                (None, Some(index)) => format!(" [#{index}]"),
                (None, None) => String::new(),
            };
            let (cite, zh, en) = (&finding.cite, &finding.zh, &finding.en);
            output::text(&format!("{cite}  {}{place}  {zh}\n        {en}", finding.subject))?;
        }
        let uses: u64 = report.use_logs.iter().map(|log| log.verified.size).sum();
        output::text(&format!(
            "{} 条记录 records · {} 项决定 decisions · {} 项发现 findings",
            report.verified.size + uses,
            report.decisions,
            report.findings.len()
        ))?;
    }
    if report.findings.iter().any(|finding| finding.code == "not_signed") {
        eprintln!("末尾的记录尚未签名:请用 kaifang platform checkpoint 签名后再审计");
        eprintln!("the last records are not signed yet: sign them with kaifang platform checkpoint and audit again");
    }
    if report.verified.own_key {
        super::ledger::warn_of_own_key();
    }
    Ok(if report.findings.is_empty() { Outcome::Done } else { Outcome::Refused })
}

pub(crate) fn usage(options: &UsageOptions) -> Result<Outcome, Failure> {
    let date = |text: &Option<String>| text.as_deref().map(|text| input::date(Some(text))).transpose();
    let (from, until) = (date(&options.from)?, date(&options.until)?);
    if let (true, Some(application), Some(from), Some(until)) = (options.draft, &options.application, from, until) {
        output::json(&RiskAssessmentReport::draft(&options.dir, application, from, until)?)?;
        return Ok(Outcome::Done);
    }
    let action = options.action.as_deref().map(|id| {
        Action::from_id(id).ok_or_else(|| {
            Failure::usage(
                "--action 取 query、preview、download、api、model_result 或 other",
                "--action takes query, preview, download, api, model_result or other",
            )
        })
    });
    let query = UsageQuery {
        dataset: options.dataset.clone(),
        user: options.user.clone(),
        application: options.application.clone(),
        action: action.transpose()?,
        from,
        until,
        denials: options.denials,
    };
    if options.summary {
        output::json(&audit::summary(&options.dir, &query)?)?;
        return Ok(Outcome::Done);
    }
    // A line each: there may be millions.
    let mut written = Ok(());
    audit::uses(&options.dir, &query, &mut |used| {
        if written.is_ok() {
            written = output::compact(&used).and_then(|line| output::text(&line));
        }
    })?;
    written?;
    Ok(Outcome::Done)
}

pub(crate) fn bundle(options: &BundleOptions) -> Result<Outcome, Failure> {
    let key = options.public_key.as_deref().map(super::ledger::public_key).transpose()?;
    if let (Some(dataset), Some(path), false) = (&options.dataset, &options.output, options.verify) {
        let bundle = audit::bundle(&options.dir, dataset)?;
        let text = output::compact(&bundle)?;
        std::fs::write(path, text).map_err(|error| Failure::file(path, &error))?;
        let uses: usize = bundle.uses.values().map(|log| log.records.len()).sum();
        let records = bundle.state.records.len() + uses;
        output::text(&format!("{records} 条记录 records · {} 部政策 policies", bundle.policies.len()))?;
        return Ok(Outcome::Done);
    }
    let report = Bundle::from_json(input::text(&options.dir)?.as_bytes())?.verify(key.as_ref())?;
    output::json(&report)?;
    if key.is_none() {
        super::ledger::warn_of_own_key();
    }
    Ok(if report.clean { Outcome::Done } else { Outcome::Refused })
}
