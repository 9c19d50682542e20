//! `kaifang platform`: catalog, state and Gate over a directory.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use kaifang::crypto::{self, PublicKey};
use kaifang::gate::{Outcome as UseOutcome, Platform, Request, UseReport, Worker};
use kaifang::process::Actor;
use kaifang::terms::{Digest, Instant};

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
    /// Record what somebody does: an assessment, an opening, an application, a review …
    Event {
        /// The directory
        dir: PathBuf,
        /// The act, JSON: {"by": {"role", "id"}, "event": …}; `-` is standard input
        event: PathBuf,
        #[command(flatten)]
        writer: Writer,
    },
    /// Adopt a policy; without a sign-off, show what it changes in the catalog (A40)
    Adopt {
        /// The directory
        dir: PathBuf,
        /// The policy: a bundled id or a TOML file
        #[arg(long)]
        policy: String,
        /// Another reading than the default: INTERPRETATION=OPTION
        #[arg(long = "set", value_name = "INTERPRETATION=OPTION")]
        set: Vec<String>,
        /// The id of the authority that signs off
        #[arg(long)]
        authority: String,
        /// The digest of the report that was shown
        #[arg(long)]
        sign_off: Option<String>,
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
        /// Give the proof that the record is in the log
        #[arg(long, conflicts_with = "log")]
        receipt: bool,
        #[command(flatten)]
        writer: Writer,
        #[command(flatten)]
        log: Log,
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
        #[command(flatten)]
        log: Log,
    },
    /// Record what a user reports of its use (A16)
    ReportUse {
        /// The directory
        dir: PathBuf,
        /// The report, JSON; `-` is standard input
        report: PathBuf,
        #[command(flatten)]
        writer: Writer,
        #[command(flatten)]
        log: Log,
    },
    /// Let another process keep a log of uses, signed by its own key
    OpenUseLog {
        /// The directory
        dir: PathBuf,
        /// The log's name: a-z, 0-9, - and _
        name: String,
        /// The public key that will sign it
        #[arg(long)]
        public_key: String,
        #[command(flatten)]
        writer: Writer,
    },
    /// Keep a person's identity in an erasable blob; the commitment is the user's id
    RegisterPerson {
        /// The directory
        dir: PathBuf,
        /// What the person is known by, in a file; `-` is standard input
        identity: PathBuf,
        #[command(flatten)]
        writer: Writer,
    },
    /// Erase a person's identity; what was recorded of the commitment stays
    ErasePerson {
        /// The directory
        dir: PathBuf,
        /// The commitment
        commitment: String,
        #[command(flatten)]
        writer: Writer,
    },
    /// Keep the state beside the log, so that the next opening begins there
    Snapshot {
        /// The directory
        dir: PathBuf,
        #[command(flatten)]
        writer: Writer,
    },
    /// Sign the head of the log
    Checkpoint {
        /// The directory
        dir: PathBuf,
        #[command(flatten)]
        writer: Writer,
        #[command(flatten)]
        log: Log,
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

/// Into which log.
#[derive(Args)]
pub(crate) struct Log {
    /// A log of uses instead of the platform's own; `--key` is its key
    #[arg(long = "log")]
    log: Option<String>,
}

impl Writer {
    fn at(&self) -> Result<Instant, Failure> {
        input::instant(self.at.as_deref())
    }

    fn open(&self, dir: &PathBuf) -> Result<(Platform, Instant), Failure> {
        Ok((Platform::open(dir, Some(crypto::load_signer(&self.key)?))?, self.at()?))
    }

    fn worker(&self, dir: &PathBuf, log: &Log) -> Result<Option<Worker>, Failure> {
        let Some(name) = &log.log else { return Ok(None) };
        Ok(Some(Worker::open(dir, name, crypto::load_signer(&self.key)?, None)?))
    }
}

pub(crate) fn run(verb: &Verb) -> Result<Outcome, Failure> {
    let host = Actor::new(kaifang::process::Role::Platform, "platform");
    match verb {
        Verb::Init { dir, law, origin, key } => {
            let policy = input::policy(&law.policy, &law.set)?;
            let at = input::instant(law.at.as_deref())?;
            Platform::init(dir, &policy, origin, crypto::load_signer(key)?, at)?;
        }
        Verb::Event { dir, event, writer } => {
            let act = input::text(event)?;
            let (platform, at) = writer.open(dir)?;
            output::json(&platform.act_json(&act, at)?)?;
        }
        Verb::Adopt { dir, policy, set, authority, sign_off, writer } => {
            let policy = input::policy(policy, set)?;
            let (platform, at) = writer.open(dir)?;
            let upgrade = platform.upgrade(&policy, at)?;
            let signed = sign_off.as_deref().map(super::digest).transpose()?;
            if signed.is_none() {
                output::json(&upgrade)?;
                let digest = platform.sign_off(&upgrade)?;
                eprintln!("请主管部门核对上述报告,并以 --sign-off {digest} 确认");
                eprintln!("let the authority read the report and confirm it with --sign-off {digest}");
                return Ok(Outcome::Refused);
            }
            let by = Actor::new(kaifang::process::Role::Authority, authority.as_str());
            output::json(&platform.adopt(&by, &policy, signed.as_ref(), at)?)?;
        }
        Verb::Decide { dir, request, at } => {
            let request = Request::from_json(&input::text(request)?)?;
            let decision = Platform::open(dir, None)?.decide(&request, input::instant(at.as_deref())?);
            output::json(&decision)?;
            return Ok(if decision.permit { Outcome::Done } else { Outcome::Refused });
        }
        Verb::Admit { dir, request, receipt, writer, log } => {
            let request = Request::from_json(&input::text(request)?)?;
            let admitted = match writer.worker(dir, log)? {
                Some(worker) => worker.admit(&request, writer.at()?)?,
                None => {
                    let (platform, at) = writer.open(dir)?;
                    if *receipt { platform.admit_with_receipt(&request, at)? } else { platform.admit(&request, at)? }
                }
            };
            output::json(&admitted)?;
            return Ok(if admitted.decision.permit { Outcome::Done } else { Outcome::Refused });
        }
        Verb::Complete { dir, index, outcome, writer, log } => {
            let outcome: UseOutcome = input::document("Outcome", outcome)?;
            let recorded = match writer.worker(dir, log)? {
                Some(worker) => worker.complete(*index, outcome, writer.at()?)?,
                None => {
                    let (platform, at) = writer.open(dir)?;
                    platform.complete(*index, outcome, at)?
                }
            };
            output::json(&recorded)?;
        }
        Verb::ReportUse { dir, report, writer, log } => {
            let report: UseReport = input::document("UseReport", report)?;
            let recorded = match writer.worker(dir, log)? {
                Some(worker) => worker.report_use(report, writer.at()?)?,
                None => {
                    let (platform, at) = writer.open(dir)?;
                    platform.report_use(report, at)?
                }
            };
            output::json(&recorded)?;
        }
        Verb::OpenUseLog { dir, name, public_key, writer } => {
            let key: PublicKey = super::ledger::public_key(public_key)?;
            let (platform, at) = writer.open(dir)?;
            output::json(&platform.open_use_log(name, &key, at)?)?;
        }
        Verb::RegisterPerson { dir, identity, writer } => {
            let identity = input::text(identity)?;
            let (platform, at) = writer.open(dir)?;
            let (commitment, _) = platform.register_person(&host, identity.trim_end_matches(['\r', '\n']), at)?;
            output::text(&commitment.to_string())?;
        }
        Verb::ErasePerson { dir, commitment, writer } => {
            let commitment: Digest = super::digest(commitment)?;
            let (platform, at) = writer.open(dir)?;
            output::json(&platform.erase_person(&host, &commitment, at)?)?;
        }
        Verb::Snapshot { dir, writer } => {
            let (platform, at) = writer.open(dir)?;
            output::json(&platform.snapshot(at)?)?;
        }
        Verb::Checkpoint { dir, writer, log } => {
            let checkpoint = match writer.worker(dir, log)? {
                Some(worker) => worker.checkpoint()?,
                None => writer.open(dir)?.0.checkpoint()?,
            };
            output::text(checkpoint.note.trim_end())?;
        }
    }
    Ok(Outcome::Done)
}
