//! `kaifang catalog`: entries, and the catalogs that are compiled of them.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use kaifang::canon;
use kaifang::catalog::{
    self, BodyResponsibility, Catalog, CatalogProblem, CatalogTerms, CellProblem, Conflict, Entry, ExportFormat,
    Filled, Legislation, Problem, Publication, responsibility_list,
};
use kaifang::terms::Word;
use serde::Serialize;

use crate::output::{Failure, Outcome};
use crate::{input, output};

#[derive(Subcommand)]
pub(crate) enum Verb {
    /// Write the Excel template that officials fill in
    Template {
        /// The workbook, .xlsx
        #[arg(short)]
        output: PathBuf,
    },
    /// Check entries and catalogs: everything that is missing, contradictory or overdue, at once
    Check {
        /// Entries or catalogs in JSON, CSV or XLSX; `-` is JSON on standard input
        #[arg(required = true)]
        files: Vec<PathBuf>,
        #[command(flatten)]
        day: Day,
        /// The problems as a JSON document
        #[arg(long)]
        json: bool,
    },
    /// Merge catalogs into the first one; what is in dispute is left out and shown
    Merge {
        /// The authority's catalog, then those that were submitted
        files: Vec<PathBuf>,
        /// The merged catalog: .json, .csv or .xlsx
        #[arg(short)]
        output: Option<PathBuf>,
        /// Catalog and conflicts as a JSON document
        #[arg(long)]
        json: bool,
    },
    /// The responsibility list: what each body answers for, and by when
    List {
        /// The catalog
        file: PathBuf,
        /// One body, by its id
        #[arg(long)]
        body: Option<String>,
        #[command(flatten)]
        day: Day,
        /// The list as a JSON document
        #[arg(long)]
        json: bool,
    },
    /// Write a catalog as JSON, CSV, XLSX, DCAT-AP 3 or a Frictionless data package
    Export {
        /// The catalog
        file: PathBuf,
        /// json, csv, xlsx, dcat or frictionless
        #[arg(long)]
        to: String,
        /// The file to write; nothing is standard output
        #[arg(short)]
        output: Option<PathBuf>,
        /// What makes the IRI of a dataset's page of its id, such as https://data.xa.example/dataset/
        #[arg(long)]
        base: Option<String>,
        /// The policy whose instrument is cited: a bundled one, or a file
        #[arg(long, default_value = "xian-2022-013")]
        policy: String,
        /// The IRI of the instrument, where it has one
        #[arg(long)]
        legislation: Option<String>,
    },
}

/// For which day, and on which terms.
#[derive(Args)]
pub(crate) struct Day {
    /// The date (default: today in Xi'an)
    #[arg(long)]
    at: Option<String>,
    /// After how many months data that is not opened is assessed again
    #[arg(long, default_value_t = CatalogTerms::default().reassess_months)]
    reassess_months: u16,
}

impl Day {
    fn terms(&self) -> CatalogTerms {
        CatalogTerms { reassess_months: self.reassess_months }
    }
}

pub(crate) fn run(verb: &Verb) -> Result<Outcome, Failure> {
    match verb {
        Verb::Template { output } => write(output, &catalog::template()?),
        Verb::Check { files, day, json } => check(files, day, *json),
        Verb::Merge { files, output, json } => merge(files, output.as_deref(), *json),
        Verb::List { file, body, day, json } => list(file, body.as_deref(), day, *json),
        Verb::Export { file, to, output, base, policy, legislation } => {
            let formats = || ExportFormat::ALL.iter().map(|format| format.id()).collect::<Vec<_>>();
            let format = ExportFormat::from_id(to).ok_or_else(|| {
                Failure::usage(
                    format!("--to 应为 {}", formats().join("、")),
                    format!("--to takes {}", formats().join(", ")),
                )
            })?;
            let mut instrument = Legislation::of(&input::policy(policy, &[])?);
            instrument.iri.clone_from(legislation);
            let publication = Publication { base: base.clone(), legislation: Some(instrument) };
            let bytes = catalog::export(&whole(file)?, format, &publication)?;
            output.as_deref().map_or_else(|| output::bytes(&bytes), |path| write(path, &bytes))
        }
    }
}

/// What was found in one file.
#[derive(Serialize)]
struct Checked {
    file: String,
    /// Cells of a sheet that can't be read.
    cells: Vec<CellProblem>,
    problems: Vec<CatalogProblem>,
}

/// A file that was read.
enum Document {
    Entry(Box<Entry>),
    Catalog(Catalog),
    Sheet(Filled),
}

fn check(files: &[PathBuf], day: &Day, json: bool) -> Result<Outcome, Failure> {
    let on = input::date(day.at.as_deref())?;
    let documents = files.iter().map(|file| read(file)).collect::<Result<Vec<_>, _>>()?;
    // One document in JSON has one list of problems: an entry its own, a catalog its own.
    match documents.as_slice() {
        [Document::Entry(one)] => return entry(one, json),
        [Document::Catalog(catalog)] if json => {
            let problems = catalog.check(on, &day.terms());
            output::json(&problems)?;
            return Ok(outcome(problems.is_empty()));
        }
        _ => {}
    }
    let mut checked = Vec::new();
    for (file, document) in files.iter().zip(documents) {
        let (catalog, cells) = match document {
            Document::Entry(entry) => (Catalog::of_entry(*entry), Vec::new()),
            Document::Catalog(catalog) => (catalog, Vec::new()),
            Document::Sheet(filled) => (filled.catalog, filled.problems),
        };
        checked.push(Checked { file: file.display().to_string(), cells, problems: catalog.check(on, &day.terms()) });
    }
    let sound = checked.iter().all(|file| file.cells.is_empty() && file.problems.is_empty());
    if json {
        output::json(&checked)?;
    } else if sound {
        output::text("目录完整 · the catalog is complete")?;
    } else {
        let mut table = output::table(&["文件 file", "位置 place", "字段 field", "条款 cite", "问题", "problem"]);
        for Checked { file, cells, problems } in &checked {
            for CellProblem { row, column, zh, en } in cells {
                table.add_row([file, &format!("第 {row} 行 row {row}"), column, "", zh, en]);
            }
            for CatalogProblem { entry, problem, .. } in problems {
                let place = entry.as_ref().map(|place| place.id.as_str()).unwrap_or_default();
                table.add_row([file, place, &problem.field, &problem.cite, &problem.zh, &problem.en]);
            }
        }
        output::text(&table.to_string())?;
    }
    Ok(outcome(sound))
}

fn entry(entry: &Entry, json: bool) -> Result<Outcome, Failure> {
    let problems = entry.check();
    if json {
        output::json(&problems)?;
    } else if problems.is_empty() {
        output::text("目录条目完整 · the entry is complete")?;
    } else {
        output::text(&describe(&problems))?;
    }
    Ok(outcome(problems.is_empty()))
}

fn merge(files: &[PathBuf], output: Option<&Path>, json: bool) -> Result<Outcome, Failure> {
    let catalogs = files.iter().map(|file| whole(file)).collect::<Result<Vec<_>, _>>()?;
    let merged = catalog::merge(&catalogs)?;
    if let Some(path) = output {
        let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
        let format = match extension.as_deref() {
            Some("csv") => ExportFormat::Csv,
            Some("xlsx") => ExportFormat::Xlsx,
            _ => ExportFormat::Json,
        };
        write(path, &catalog::export(&merged.catalog, format, &Publication::default())?)?;
    }
    if json || output.is_none() {
        output::json(&merged)?;
    } else if !merged.conflicts.is_empty() {
        let mut table = output::table(&["条款 cite", "冲突", "conflict", "各方 sides", "处理", "what was done"]);
        for Conflict { kind, cite, zh, en, sides, .. } in &merged.conflicts {
            let sides: Vec<String> = sides.iter().map(|side| format!("{}/{}", side.catalog, side.entry.id)).collect();
            table.add_row([cite, kind.zh(), kind.en(), &sides.join("\n"), zh, en]);
        }
        output::text(&table.to_string())?;
    }
    Ok(outcome(merged.conflicts.is_empty()))
}

fn list(file: &Path, body: Option<&str>, day: &Day, json: bool) -> Result<Outcome, Failure> {
    let mut list = responsibility_list(&whole(file)?, input::date(day.at.as_deref())?, &day.terms());
    if let Some(id) = body {
        list.bodies.retain(|one| one.body.as_ref().is_some_and(|body| body.id == id));
        if list.bodies.is_empty() {
            return Err(Failure::usage("目录中没有此开放主体", "the catalog lists no such body"));
        }
    }
    if json {
        output::json(&list)?;
        return Ok(Outcome::Done);
    }
    let mut table = output::table(&[
        "主体 body",
        "数据 dataset",
        "开放属性 openness",
        "更新 update",
        "评估 assess",
        "问题 problems",
    ]);
    for BodyResponsibility { body, entries, .. } in &list.bodies {
        let body = body.as_ref().map(|body| body.name.as_str()).unwrap_or_default();
        for entry in entries {
            let due = |day: Option<jiff::civil::Date>, late: bool| {
                let day = day.map(|day| day.to_string()).unwrap_or_default();
                if late { format!("{day} 逾期 due").trim().to_owned() } else { day }
            };
            let openness = entry.openness.map(|openness| openness.zh()).unwrap_or_default();
            let problems: Vec<&str> = entry.problems.iter().map(|problem| problem.field.as_str()).collect();
            table.add_row([
                body,
                entry.name.as_deref().unwrap_or(&entry.id),
                openness,
                &due(entry.next_update, entry.update_overdue),
                &due(entry.reassess_by, entry.reassessment_due),
                &problems.join(", "),
            ]);
        }
    }
    output::text(&table.to_string())?;
    Ok(Outcome::Done)
}

fn outcome(sound: bool) -> Outcome {
    if sound { Outcome::Done } else { Outcome::Refused }
}

fn read(file: &Path) -> Result<Document, Failure> {
    let sheet =
        ["csv", "xlsx"].iter().any(|known| file.extension().is_some_and(|found| found.eq_ignore_ascii_case(known)));
    if sheet {
        return Ok(Document::Sheet(catalog::read_sheet(file)?));
    }
    let text = input::text(file)?;
    // A document that lists entries is a catalog; what can't be read at all is left to the entry's own reading.
    let lists = canon::parse(text.as_bytes()).is_ok_and(|document| document.get("entries").is_some());
    Ok(if lists {
        Document::Catalog(Catalog::from_json(&text)?)
    } else {
        Document::Entry(Box::new(Entry::from_json(&text)?))
    })
}

/// A catalog in which every cell could be read.
fn whole(file: &Path) -> Result<Catalog, Failure> {
    match read(file)? {
        Document::Catalog(catalog) => Ok(catalog),
        Document::Sheet(filled) => Ok(filled.whole()?),
        Document::Entry(entry) => Ok(Catalog::of_entry(*entry)),
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<Outcome, Failure> {
    std::fs::write(path, bytes).map_err(|error| Failure::file(path, &error))?;
    Ok(Outcome::Done)
}

/// The problems as a table for people.
pub(crate) fn describe(problems: &[Problem]) -> String {
    let mut table = output::table(&["字段 field", "条款 cite", "问题", "problem"]);
    for problem in problems {
        table.add_row([&problem.field, &problem.cite, &problem.zh, &problem.en]);
    }
    table.to_string()
}
