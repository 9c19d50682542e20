//! `kaifang scan`: what a table holds.

use std::path::PathBuf;

use clap::Args;
use kaifang::detect::{self, Findings, ScanOptions};
use kaifang::terms::Word;

use crate::input::Reading;
use crate::output;
use crate::output::{Failure, Outcome, percent};
use crate::progress::Bar;

#[derive(Args)]
pub(crate) struct Options {
    /// CSV (UTF-8 or GB18030), Excel, Parquet or Arrow IPC
    table: PathBuf,
    #[command(flatten)]
    reading: Reading,
    /// Examine every row, not a sample
    #[arg(long)]
    all: bool,
    /// The findings as a JSON document
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(options: &Options) -> Result<Outcome, Failure> {
    let source = options.reading.open(&options.table)?;
    let mut bar = Bar::new("识别 scan");
    let scan = ScanOptions { all: options.all, ..ScanOptions::default() };
    let findings = detect::scan(source, &scan, &mut |update| bar.update(update))?;
    drop(bar);
    if options.json {
        output::json(&findings)?;
    } else {
        output::text(&describe(&findings))?;
    }
    Ok(if findings.direct.is_empty() { Outcome::Done } else { Outcome::Refused })
}

/// The findings as a table for people.
pub(crate) fn describe(findings: &Findings) -> String {
    let mut table =
        output::table(&["列 column", "类别 kind", "作用 role", "把握 confidence", "匹配 matched", "空 nulls"]);
    for column in &findings.columns {
        let kind = column.kind.map_or_else(|| "–".to_owned(), |kind| format!("{} {}", kind.zh(), kind.id()));
        table.add_row([
            column.name.clone(),
            kind,
            format!("{} {}", column.role.zh(), column.role.id()),
            percent(column.confidence_ppm.into()),
            column.matched.to_string(),
            column.nulls.to_string(),
        ]);
    }
    let mut text = table.to_string();
    for column in &findings.columns {
        for warning in &column.warnings {
            text += &format!("\n! {}: {} · {}", column.name, warning.zh, warning.en);
        }
    }
    text += &format!(
        "\n{} 行 rows · 检查 examined {} · 直接标识 direct {} · 准标识 quasi {} · 敏感 sensitive {}",
        findings.rows,
        findings.examined,
        findings.direct.len(),
        findings.quasi.len(),
        findings.sensitive.len()
    );
    text
}
