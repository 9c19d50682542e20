//! Reading what a person names on the command line: documents, policies, dates, key files.

use std::path::Path;

use jiff::civil::Date;
use kaifang::canon;
use kaifang::policy::Policy;
use kaifang::table::{self, ReadOptions, Source, TableError};
use kaifang::terms::{Instant, legal_date};
use serde::de::DeserializeOwned;

use crate::output::Failure;
use crate::snippet::PolicyFault;

/// The largest document file that a verb reads: 16 MiB.
const MAX_DOCUMENT: u64 = 16 << 20;

/// The bytes of a document file; `-` is standard input.
pub(crate) fn bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    use std::io::Read;
    let mut bytes = Vec::new();
    let read = if path == Path::new("-") {
        std::io::stdin().lock().take(MAX_DOCUMENT + 1).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(MAX_DOCUMENT + 1).read_to_end(&mut bytes))
    };
    read.map_err(|error| Failure::file(path, &error))?;
    if bytes.len() as u64 > MAX_DOCUMENT {
        return Err(Failure::file(path, &std::io::ErrorKind::FileTooLarge.into()));
    }
    Ok(bytes)
}

/// How a table is read.
#[derive(clap::Args, Default)]
pub(crate) struct Reading {
    /// Of an Excel workbook the sheet of this name; without it, the first
    #[arg(long, value_name = "NAME")]
    sheet: Option<String>,
}

impl Reading {
    /// Opens a table from its first row.
    pub(crate) fn open(&self, table: &Path) -> Result<Source, TableError> {
        table::open(table, &ReadOptions { sheet: self.sheet.clone(), ..ReadOptions::default() })
    }
}

/// The text of a document file, for rooms that read their documents with errors of their own.
pub(crate) fn text(path: &Path) -> Result<String, Failure> {
    String::from_utf8(bytes(path)?).map_err(|_| Failure::file(path, &std::io::ErrorKind::InvalidData.into()))
}

/// A JSON document of one type.
pub(crate) fn document<T: DeserializeOwned>(name: &'static str, path: &Path) -> Result<T, Failure> {
    Ok(canon::read(name, &bytes(path)?)?)
}

/// A policy by the id of a bundled one or by the path of a file, with interpretations set as `NAME=OPTION`.
pub(crate) fn policy(name: &str, set: &[String]) -> Result<Policy, Failure> {
    // A file says so by its name; anything else is the id of a bundled policy, whose error lists the ids.
    let file = Path::new(name).extension().is_some() || name.contains(std::path::MAIN_SEPARATOR);
    let mut policy = if file { policy_file(name)? } else { Policy::builtin(name)? };
    for assignment in set {
        let (name, option) = assignment
            .split_once('=')
            .ok_or_else(|| Failure::usage("--set 的写法是 名称=选项", "--set takes INTERPRETATION=OPTION"))?;
        policy = policy.with_interpretation(name, option)?;
    }
    Ok(policy)
}

/// A policy file. The text of one that can't be loaded goes along, so that the line can be shown.
fn policy_file(name: &str) -> Result<Policy, Failure> {
    Policy::load(name).map_err(|error| match text(Path::new(name)) {
        Ok(source) if error.position().is_some() => {
            Failure::PolicyFile(Box::new(PolicyFault { error, name: name.to_owned(), source }))
        }
        _ => error.into(),
    })
}

/// The instant that a verb acts at: what `--at` says (an instant, or a date, which is its midnight in Xi'an), or now.
pub(crate) fn instant(at: Option<&str>) -> Result<Instant, Failure> {
    at.map_or_else(|| Ok(Instant::now()), |text| instant_of("--at", text))
}

/// An instant, or a date, which is its midnight in Xi'an.
pub(crate) fn instant_of(option: &str, text: &str) -> Result<Instant, Failure> {
    if let Ok(instant) = text.parse() {
        return Ok(instant);
    }
    let midnight =
        text.parse::<Date>().ok().and_then(|date| jiff::tz::Offset::constant(8).to_timestamp(date.at(0, 0, 0, 0)).ok());
    midnight.ok_or_else(|| {
        Failure::usage(
            format!("{option} 应为日期(2026-11-23)或 UTC 时刻(2026-11-23T02:00:00Z)"),
            format!("{option} takes a date (2026-11-23) or an instant (2026-11-23T02:00:00Z)"),
        )
    })
}

/// The legal date that a verb acts at.
pub(crate) fn date(at: Option<&str>) -> Result<Date, Failure> {
    instant(at).map(legal_date)
}
