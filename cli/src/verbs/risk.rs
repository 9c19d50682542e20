//! `kaifang risk`: how easily a person is found in a table.

use std::path::PathBuf;

use clap::Args;
use kaifang::detect::{self, ScanOptions};
use kaifang::risk::{self, RiskQuestion, RiskReport};
use kaifang::terms::{Sharing, Word};

use crate::input::Reading;
use crate::output;
use crate::output::{Failure, Outcome, percent};
use crate::progress::Bar;

#[derive(Args)]
pub(crate) struct Options {
    /// The table
    table: PathBuf,
    #[command(flatten)]
    reading: Reading,
    /// The quasi-identifiers
    #[arg(long, value_delimiter = ',', required = true)]
    quasi: Vec<String>,
    /// The sensitive columns
    #[arg(long, value_delimiter = ',')]
    sensitive: Vec<String>,
    /// Direct identifiers besides those that a scan finds
    #[arg(long, value_delimiter = ',')]
    direct: Vec<String>,
    /// How widely it will be shared
    #[arg(long, default_value = "public", value_parser = sharing)]
    sharing: Sharing,
    /// The report as a JSON document
    #[arg(long)]
    json: bool,
}

fn sharing(text: &str) -> Result<Sharing, String> {
    Sharing::from_id(text).ok_or_else(|| "public, controlled or enclave".to_owned())
}

pub(crate) fn run(options: &Options) -> Result<Outcome, Failure> {
    let open = || options.reading.open(&options.table);
    let mut bar = Bar::new("识别 scan");
    let findings = detect::scan(open()?, &ScanOptions::default(), &mut |update| bar.update(update))?;
    drop(bar);
    // A column has one role: what the caller named it stands.
    let mut direct = options.direct.clone();
    for found in findings.direct {
        if ![&direct, &options.quasi, &options.sensitive].iter().any(|columns| columns.contains(&found)) {
            direct.push(found);
        }
    }
    let question = RiskQuestion::new(&options.quasi, options.sharing).sensitive(&options.sensitive).direct(direct);
    let mut bar = Bar::new("风险 risk");
    let report = risk::risk(open()?, &question, &mut |update| bar.update(update))?;
    drop(bar);
    if options.json {
        output::json(&report)?;
    } else {
        output::text(&describe(&report))?;
    }
    Ok(if report.level >= 3 { Outcome::Done } else { Outcome::Refused })
}

/// The figures as a table for people.
pub(crate) fn describe(report: &RiskReport) -> String {
    let mut table = output::table(&["指标", "figure", "value"]);
    table.add_row(["准标识列", "quasi-identifiers", &report.quasi.join(" ")]);
    table.add_row(["等价类", "classes", &report.classes.to_string()]);
    table.add_row(["最小等价类", "k, the smallest class", &smallest(report)]);
    table.add_row(["唯一记录", "unique rows", &report.unique_rows.to_string()]);
    table.add_row(["最高风险 Rb", "highest risk", &percent(report.highest.ppm)]);
    table.add_row(["平均风险 Rc", "average risk", &percent(report.average.ppm)]);
    table.add_row(["GB/T 42460 等级", "level", &report.level.to_string()]);
    for range in &report.histogram {
        let sizes = range.to.map_or_else(|| format!("≥{}", range.from), |to| format!("{}–{to}", range.from));
        table.add_row(["等价类大小", &sizes, &format!("{} ({} 行 rows)", range.classes, range.rows)]);
    }
    table.to_string()
}

/// k, or a dash for an empty table.
pub(crate) fn smallest(report: &RiskReport) -> String {
    report.k.map_or_else(|| "–".to_owned(), |k| k.to_string())
}
