//! `kaifang plan`, `kaifang apply` and `kaifang retoken`: treatment, proposed, shown, checked, done and proved.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use kaifang::assess::{Suggestion, record_applied, recorded_applied, suggest};
use kaifang::crypto::Keyring;
use kaifang::desensitize::{Applied, Mac, Plan, Preview, PreviewValue, Rotation, TokenForm};
use kaifang::detect::{self, ScanOptions};
use kaifang::kinds::Kind;
use kaifang::ledger::Ledger;
use kaifang::table::{Sink, Source};
use kaifang::terms::{Instant, Sharing, Word};

use crate::input::Reading;
use crate::output::{Failure, Outcome};
use crate::progress::Bar;
use crate::{input, output};

#[derive(Subcommand)]
pub(crate) enum Verb {
    /// Check a plan against a table, listing every problem
    Check {
        /// The plan, TOML or JSON
        plan: PathBuf,
        /// The table
        table: PathBuf,
        #[command(flatten)]
        reading: Reading,
    },
    /// Propose a plan from what a table holds, with a reason for each column
    Suggest {
        /// The table
        table: PathBuf,
        #[command(flatten)]
        reading: Reading,
        /// How the treated table is to be shared
        #[arg(long)]
        sharing: String,
        /// The name of the dataset; without it the table's file name
        #[arg(long)]
        dataset: Option<String>,
        /// The id of the key that tokens will be made with
        #[arg(long, default_value = "k1")]
        key: String,
        /// The plan; an existing file is not overwritten
        #[arg(short, long)]
        output: PathBuf,
        /// The plan and the reasons as a JSON document on stdout
        #[arg(long)]
        json: bool,
    },
    /// Show what a plan does, on invented values
    Preview {
        /// The plan, TOML or JSON
        plan: PathBuf,
        /// A JSON document on stdout
        #[arg(long)]
        json: bool,
    },
    /// Check that a table is the output that a proof describes
    #[command(
        override_usage = "kaifang plan verify <APPLIED> <TABLE>\n       kaifang plan verify --ledger <DIR> --record <INDEX> [--public-key <KEY>] <TABLE>"
    )]
    Verify {
        /// The proof that `apply --applied` wrote, and the treated table; of a recorded proof the table alone
        #[arg(required = true, num_args = 1..=2, value_names = ["APPLIED", "TABLE"])]
        files: Vec<PathBuf>,
        #[command(flatten)]
        reading: Reading,
        /// The ledger in which the proof is recorded
        #[arg(long, value_name = "DIR", requires = "record")]
        ledger: Option<PathBuf>,
        /// The index of its record
        #[arg(long, value_name = "INDEX", requires = "ledger")]
        record: Option<u64>,
        /// The ledger's public key, or a PEM file; without it, the key that the directory names is used, and said so
        #[arg(long, requires = "ledger")]
        public_key: Option<String>,
    },
    /// Record a proof in a ledger, and sign its head. Prints the index of the record
    Record {
        /// The proof that `apply --applied` wrote
        applied: PathBuf,
        #[command(flatten)]
        into: Recording,
        /// When the treatment was done: an instant or a date; without it, now
        #[arg(long)]
        at: Option<String>,
    },
}

/// The ledger that a proof goes into.
#[derive(Args)]
pub(crate) struct Recording {
    /// The ledger's directory
    #[arg(long, value_name = "DIR")]
    ledger: PathBuf,
    /// The ledger's signing key
    #[arg(long, value_name = "FILE")]
    ledger_key: PathBuf,
}

impl Recording {
    /// Opens the ledger, before anything is done whose proof it could not take.
    fn open(&self) -> Result<Ledger, Failure> {
        super::ledger::writer(&self.ledger, &self.ledger_key)
    }
}

/// Records the proof and signs the head; says the index.
fn record(ledger: &mut Ledger, applied: &Applied, at: Instant) -> Result<u64, Failure> {
    let index = record_applied(ledger, applied, at)?;
    ledger.checkpoint()?;
    Ok(index)
}

#[derive(Args)]
pub(crate) struct RetokenOptions {
    /// The table
    table: PathBuf,
    #[command(flatten)]
    reading: Reading,
    /// A column of tokens and the kind of what they stand for: sfzh=resident_id
    #[arg(long = "column", value_name = "COLUMN=KIND", required = true, value_parser = column_of_kind)]
    columns: Vec<(String, Kind)>,
    /// The dataset that the tokens are of
    #[arg(long)]
    dataset: String,
    /// The domain of the new key; without it the dataset and the kind
    #[arg(long)]
    domain: Option<String>,
    /// The code of the new tokens: hmac_sha256 (without it) or hmac_sm3
    #[arg(long)]
    mac: Option<String>,
    /// The form of the new tokens: text, bytes16 or bytes32; without it columns of 16 or 32 bytes keep theirs. Bytes carry no
    /// key id: that they are tokens of the old key can't be checked
    #[arg(long)]
    form: Option<String>,
    /// The id of the key that the tokens were made with
    #[arg(long)]
    from: String,
    /// The id of the key to make new ones with
    #[arg(long)]
    to: String,
    /// The keyring: a file, or env:NAME for an environment variable
    #[arg(long)]
    keys: String,
    /// The table with the new tokens; the name says the format
    #[arg(short, long)]
    output: PathBuf,
    /// Write the `Applied` proof to this file
    #[arg(long)]
    applied: Option<PathBuf>,
}

fn column_of_kind(text: &str) -> Result<(String, Kind), String> {
    let parsed = text.split_once('=').and_then(|(column, kind)| Some((column.to_owned(), Kind::from_id(kind)?)));
    parsed.ok_or_else(|| "应为 列名=类别 · expected COLUMN=KIND".to_owned())
}

/// One of the words that an option may have, where it is given.
fn word<W: Word>(given: Option<&str>, words: &'static str) -> Result<Option<W>, Failure> {
    given.map(|given| W::from_id(given).ok_or_else(|| Failure::usage(words, words))).transpose()
}

/// A keyring file, or the environment variable behind `env:`.
pub(crate) fn keyring(place: &str) -> Result<Keyring, Failure> {
    Ok(match place.strip_prefix("env:") {
        Some(variable) => Keyring::from_env(variable)?,
        None => Keyring::load(place)?,
    })
}

#[derive(Args)]
pub(crate) struct ApplyOptions {
    /// The plan, TOML or JSON
    plan: PathBuf,
    /// The table to treat
    table: PathBuf,
    #[command(flatten)]
    reading: Reading,
    /// The treated table; the name says the format (.parquet, .csv, .xlsx, .arrow)
    #[arg(short, long)]
    output: PathBuf,
    /// The keyring, for plans with keys: a file, or env:NAME for an environment variable
    #[arg(long)]
    keys: Option<String>,
    /// Write the `Applied` proof to this file
    #[arg(long)]
    applied: Option<PathBuf>,
    /// Record the proof in this ledger too, and sign its head; the index is said on stderr
    #[arg(long, value_name = "DIR", requires_all = ["ledger_key", "applied"])]
    ledger: Option<PathBuf>,
    /// The ledger's signing key
    #[arg(long, value_name = "FILE", requires = "ledger")]
    ledger_key: Option<PathBuf>,
    /// When the record says that it was done: an instant or a date; without it, now
    #[arg(long, requires = "ledger")]
    at: Option<String>,
    /// The proof as a JSON document on stdout
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(verb: &Verb) -> Result<Outcome, Failure> {
    match verb {
        Verb::Check { plan, table, reading } => {
            let plan = Plan::load(plan)?;
            let source = reading.open(table)?;
            plan.check(&source.schema())?;
            output::text(&plan.hash().to_string())?;
        }
        Verb::Suggest { table, reading, sharing, dataset, key, output, json } => {
            let modes = "public, controlled, enclave";
            let sharing = Sharing::from_id(sharing).ok_or_else(|| Failure::usage(modes, modes))?;
            let source = reading.open(table)?;
            let stem = || table.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
            let dataset = dataset.clone().unwrap_or_else(stem);
            let mut bar = Bar::new("识别 scan");
            let findings = detect::scan(source, &ScanOptions::default(), &mut |update| bar.update(update))?;
            drop(bar);
            let suggestion = suggest(&findings, &dataset, key, sharing)?;
            let text = output::pretty(&suggestion.plan)?;
            let file = OpenOptions::new().write(true).create_new(true).open(output);
            let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
            written.map_err(|error| Failure::file(output, &error))?;
            if *json {
                output::json(&suggestion)?;
            } else {
                output::text(&reasons(&suggestion))?;
            }
        }
        Verb::Preview { plan, json } => {
            let preview = Plan::load(plan)?.preview()?;
            if *json {
                output::json(&preview)?;
            } else {
                output::text(&shown(&preview))?;
            }
        }
        Verb::Verify { files, reading, ledger, record, public_key } => {
            let (applied, table) = match (files.as_slice(), ledger, record) {
                ([table], Some(dir), Some(index)) => (recorded(dir, *index, public_key.as_deref())?, table),
                ([applied, table], None, None) => (proof(applied)?, table),
                _ => {
                    return Err(Failure::usage(
                        "请给出证明文件与表,或用 --ledger 和 --record 指出证明并给出表",
                        "give the proof and the table, or the table with --ledger and --record",
                    ));
                }
            };
            let mut bar = Bar::new("核对 verify");
            applied.verify_output(reading.open(table)?, &mut |update| bar.update(update))?;
            drop(bar);
            output::text(&format!("相符 the table is the output · {}", applied.hash()))?;
        }
        Verb::Record { applied, into, at } => {
            let (applied, at) = (proof(applied)?, input::instant(at.as_deref())?);
            output::text(&record(&mut into.open()?, &applied, at)?.to_string())?;
        }
    }
    Ok(Outcome::Done)
}

/// The proof in a file.
fn proof(path: &Path) -> Result<Applied, Failure> {
    let json = std::fs::read(path).map_err(|error| Failure::file(path, &error))?;
    Ok(Applied::from_json(&json)?)
}

/// The proof in a ledger's record, proved under the signed head.
fn recorded(dir: &Path, index: u64, key: Option<&str>) -> Result<Applied, Failure> {
    let ledger = Ledger::open(dir, None)?;
    let trusted = key.map(super::ledger::public_key).transpose()?;
    let applied = recorded_applied(&ledger, index, trusted.as_ref().unwrap_or(ledger.public_key()))?;
    if trusted.is_none() {
        super::ledger::warn_of_own_key();
    }
    Ok(applied)
}

/// Why each column gets what it gets.
fn reasons(suggestion: &Suggestion) -> String {
    let mut table = output::table(&["列 column", "处理 do", "理由 reason"]);
    for reason in &suggestion.reasons {
        let transform = format!("{} {}", reason.transform.zh(), reason.transform.id());
        table.add_row([reason.column.clone(), transform, format!("{}\n{}", reason.zh, reason.en)]);
    }
    table.to_string()
}

/// Invented values before and after.
fn shown(preview: &Preview) -> String {
    let mut table = output::table(&["列 column", "处理 do", "可还原 reversible", "虚构值 invented", "结果 result"]);
    for column in &preview.columns {
        let transform = format!("{} {}", column.transform.zh(), column.transform.id());
        let lines = |of: &dyn Fn(&PreviewValue) -> String| column.values.iter().map(of).collect::<Vec<_>>().join("\n");
        let before = lines(&|value| value.before.clone());
        let after = lines(&|value| value.after.clone().unwrap_or_else(|| "∅".to_owned()));
        let reversible = format!("{} {}", column.reversible.zh(), column.reversible.id());
        table.add_row([column.name.clone(), transform, reversible, before, after]);
    }
    table.to_string()
}

/// Rotates tokens from one key to another.
pub(crate) fn retoken(options: &RetokenOptions) -> Result<Outcome, Failure> {
    let source = options.reading.open(&options.table)?;
    let rotation = Rotation {
        mac: word::<Mac>(options.mac.as_deref(), "hmac_sha256, hmac_sm3")?,
        form: word::<TokenForm>(options.form.as_deref(), "text, bytes16, bytes32")?,
        columns: options.columns.iter().cloned().collect(),
        from: options.from.clone(),
        key: options.to.clone(),
        domain: options.domain.clone(),
    };
    let plan = Plan::rotate(&source.schema(), &options.dataset, &rotation)?;
    let applied = treat(&plan, source, &keyring(&options.keys)?, &options.output, options.applied.as_deref())?;
    output::text(&describe(&applied))?;
    Ok(Outcome::Done)
}

/// Treats a table into a file, with a bar, and writes the proof where it is asked for.
fn treat(plan: &Plan, source: Source, keys: &Keyring, to: &Path, proof: Option<&Path>) -> Result<Applied, Failure> {
    // The proof beside the table, never in its place.
    if proof.is_some_and(|proof| {
        proof == to || source.file().is_some_and(|file| proof.canonicalize().is_ok_and(|proof| proof == file))
    }) {
        return Err(Failure::usage(
            "--applied 不能是输入或输出的表",
            "--applied must be neither the input nor the output",
        ));
    }
    let mut bar = Bar::new("脱敏 apply");
    let create = |schema| Sink::create(to, schema, Sink::format_of(to));
    let (applied, _) = plan.apply_to(source, keys, create, &mut |update| bar.update(update))?;
    drop(bar);
    if let Some(path) = proof {
        let text = output::pretty(&applied)?;
        std::fs::write(path, text).map_err(|error| Failure::file(path, &error))?;
    }
    Ok(applied)
}

pub(crate) fn apply(options: &ApplyOptions) -> Result<Outcome, Failure> {
    let plan = Plan::load(&options.plan)?;
    let keys = options.keys.as_deref().map(keyring).transpose()?.unwrap_or_default();
    let source = options.reading.open(&options.table)?;
    let into = options.ledger.clone().zip(options.ledger_key.clone());
    let into = into.map(|(ledger, ledger_key)| Recording { ledger, ledger_key });
    let at = input::instant(options.at.as_deref())?;
    let mut ledger = into.as_ref().map(Recording::open).transpose()?;
    let applied = treat(&plan, source, &keys, &options.output, options.applied.as_deref())?;
    if let Some(ledger) = &mut ledger {
        // The table is there already: where this fails, `plan record` can be tried again with the proof.
        let index = record(ledger, &applied, at)?;
        eprintln!("处理证明为第 {index} 条记录 the proof is record {index}");
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
    let mut text = table.to_string();
    for rule in &applied.removed {
        let transform = format!("{} {}", rule.transform.zh(), rule.transform.id());
        text += &format!("\n移除的行 rows removed: {} · {transform} · {}", rule.rows, rule.column);
        if rule.unjudged > 0 {
            text += &format!("(无法判断 not to be judged: {})", rule.unjudged);
        }
    }
    format!("{text}\n{} {}", applied.outcome.desensitization.zh(), applied.outcome.desensitization.id())
}
