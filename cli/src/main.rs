//! The `kaifang` command: a face over the core. Data goes to stdout, everything else to stderr.
//!
//! | exit code | meaning |
//! |---|---|
//! | 0 | done |
//! | 1 | refused, or there are findings |
//! | 2 | usage |
//! | 3 | bad input |
//! | 4 | integrity: bytes are not what was signed, or a table not what was proved |
//!
//! It must never hold a rule, a transform or a check: a verb reads its arguments, calls core and prints.

mod demo;
mod input;
mod output;
mod progress;
mod snippet;
mod verbs;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use crate::output::{Failure, Outcome};

/// 开放政务数据:依法、安全、可证明 · open public data: lawful, safe, provable
#[derive(Parser)]
#[command(name = "kaifang", version, arg_required_else_help = true, max_term_width = 110)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
    /// Print errors as JSON documents on stderr
    #[arg(long, global = true)]
    json_errors: bool,
}

#[derive(Subcommand)]
enum Verb {
    /// 演示 · The whole path on invented data, into a directory
    Demo(demo::Options),
    /// 政策 · Check a policy file
    #[command(subcommand)]
    Policy(verbs::policy::Verb),
    /// 分类 · Classify one dataset from its facts, with reasons and open questions
    Classify(verbs::classify::ClassifyOptions),
    /// 决定 · Decide one access from its facts, for a host that owns its state
    Decide(verbs::classify::DecideOptions),
    /// 识别 · Find what a table holds
    Scan(verbs::scan::Options),
    /// 方案 · Propose, show and check treatment plans, and verify what they did
    #[command(subcommand)]
    Plan(verbs::plan::Verb),
    /// 脱敏 · Apply a plan to a table
    Apply(verbs::plan::ApplyOptions),
    /// 换钥 · Rotate tokens from one key to another, without seeing what they stand for
    Retoken(verbs::plan::RetokenOptions),
    /// 风险 · Measure re-identification risk
    Risk(verbs::risk::Options),
    /// 评估 · Assess one dataset: scan, classify, treat, measure, classify again
    Assess(Box<verbs::assess::Options>),
    /// 目录 · Fill in, check, merge, list and publish the catalog
    #[command(subcommand)]
    Catalog(verbs::catalog::Verb),
    /// 工作日 · Whether a day is a working day, and which one comes after so many
    Calendar(verbs::calendar::Options),
    /// 密钥 · Make and show key files
    #[command(subcommand)]
    Keys(verbs::keys::Verb),
    /// 记录 · The tamper-evident log
    #[command(subcommand)]
    Ledger(verbs::ledger::Verb),
    /// 平台 · Catalog, state and Gate over a directory
    #[command(subcommand)]
    Platform(verbs::platform::Verb),
    /// 待办 · Who owes what, by when
    Duties(verbs::audit::DutiesOptions),
    /// 审计 · Decide everything recorded again
    Audit(verbs::audit::AuditOptions),
    /// Who used what, by which way, when (A16, A25)
    Usage(verbs::audit::UsageOptions),
    /// The evidence of how a dataset was opened and used (A30): gather it, or verify it
    Bundle(verbs::audit::BundleOptions),
    /// Shell completions, to stdout
    Completions {
        /// bash, zsh, fish, elvish or powershell
        shell: clap_complete::Shell,
    },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli.verb) {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Refused) => ExitCode::from(1),
        Err(failure) => {
            let (document, code) = failure.report();
            if cli.json_errors {
                eprintln!("{}", output::compact(&document).unwrap_or_else(|_| failure.shown()));
            } else {
                eprintln!("{}", failure.shown());
            }
            ExitCode::from(code)
        }
    }
}

fn run(verb: Verb) -> Result<Outcome, Failure> {
    match verb {
        Verb::Demo(options) => demo::run(&options),
        Verb::Policy(verb) => verbs::policy::run(&verb),
        Verb::Classify(options) => verbs::classify::classify(&options),
        Verb::Decide(options) => verbs::classify::decide(&options),
        Verb::Scan(options) => verbs::scan::run(&options),
        Verb::Plan(verb) => verbs::plan::run(&verb),
        Verb::Apply(options) => verbs::plan::apply(&options),
        Verb::Retoken(options) => verbs::plan::retoken(&options),
        Verb::Risk(options) => verbs::risk::run(&options),
        Verb::Assess(options) => verbs::assess::run(&options),
        Verb::Catalog(verb) => verbs::catalog::run(&verb),
        Verb::Calendar(options) => verbs::calendar::run(&options),
        Verb::Keys(verb) => verbs::keys::run(&verb),
        Verb::Ledger(verb) => verbs::ledger::run(&verb),
        Verb::Platform(verb) => verbs::platform::run(&verb),
        Verb::Duties(options) => verbs::audit::duties(&options),
        Verb::Audit(options) => verbs::audit::audit(&options),
        Verb::Usage(options) => verbs::audit::usage(&options),
        Verb::Bundle(options) => verbs::audit::bundle(&options),
        Verb::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "kaifang", &mut std::io::stdout());
            Ok(Outcome::Done)
        }
    }
}
