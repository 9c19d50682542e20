//! `tests/vectors/` of the policy, of catalogs and of the calendar: the answers to the cases that stand in them.
//!
//! A case is written by hand, as a name and an input; its answer is written here, and read before it is committed: a
//! vector holds every language to what the core says now, not to what is right.

mod calendar;
mod catalogs;

use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::Path;

use jiff::civil::Date;
use kaifang::Error;
use kaifang::policy::{Facts, Policy, Section};
use kaifang::table::{Format, ReadOptions, Sink, TableError, open, silent};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// The input of a case.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    policy: String,
    at: Date,
    /// Interpretations that are not the default ones.
    #[serde(default)]
    set: BTreeMap<String, String>,
    #[serde(default)]
    facts: Value,
    /// The part of the policy that is asked, where the file does not say it.
    #[serde(default)]
    section: Option<Section>,
    /// Facts as CSV text.
    #[serde(default)]
    csv: String,
}

/// Writes every answer anew, or with `check` says which files are stale.
pub(crate) fn run(root: &Path, check: bool) -> Result<Vec<String>, String> {
    let mut stale = Vec::new();
    for name in ["calendar", "catalog", "classify", "decide", "explain", "eval"] {
        let path = root.join(format!("tests/vectors/{name}.json"));
        let failed = |error: &dyn Display| format!("{}: {error}", path.display());
        let found = std::fs::read_to_string(&path).map_err(|error| failed(&error))?;
        let mut file: Value = serde_json::from_str(&found).map_err(|error| failed(&error))?;
        let cases = file.get_mut("cases").and_then(Value::as_array_mut).ok_or_else(|| failed(&"no cases"))?;
        for case in cases.iter_mut().filter_map(Value::as_object_mut) {
            let title = case.get("name").map(Value::to_string).unwrap_or_default();
            settle(name, case).map_err(|error| failed(&format!("{title}: {error}")))?;
        }
        let text = serde_json::to_string_pretty(&file).map_err(|error| failed(&error))? + "\n";
        if found == text {
            continue;
        }
        stale.push(path.display().to_string());
        if !check {
            std::fs::write(&path, text).map_err(|error| failed(&error))?;
        }
    }
    Ok(stale)
}

/// Puts the answer to a case in the place of the one that stands in it.
fn settle(name: &str, case: &mut Map<String, Value>) -> Result<(), String> {
    let input = case.get("input").cloned().unwrap_or_default();
    let answered = match name {
        "calendar" => calendar::answer(&input)?,
        "catalog" => catalogs::answer(&input)?,
        _ => answer(name, &serde_json::from_value(input).map_err(|error| error.to_string())?),
    };
    let (field, told) = match answered {
        Ok(document) => ("output", document),
        Err(error) => ("error", json!({ "code": error.document().code })),
    };
    case.retain(|field, _| field != "output" && field != "error");
    case.insert(field.to_owned(), told);
    Ok(())
}

fn answer(name: &str, input: &Input) -> Result<Value, Error> {
    let mut policy = Policy::builtin(&input.policy)?;
    for (interpretation, option) in &input.set {
        policy = policy.with_interpretation(interpretation, option)?;
    }
    let section = input.section.unwrap_or(Section::Classification);
    if name == "eval" {
        return Ok(json!({ "csv": columns(&policy, section, input)? }));
    }
    let facts = Facts::from_json(&input.facts.to_string())?;
    let document = match name {
        "explain" => serde_json::to_value(policy.explain(section, &facts, input.at)?),
        "classify" => serde_json::to_value(policy.classify(&facts, input.at)?),
        _ => serde_json::to_value(policy.decide(&facts, input.at)?),
    };
    Ok(document.unwrap_or_default())
}

/// Answers as CSV text.
fn columns(policy: &Policy, section: Section, input: &Input) -> Result<String, Error> {
    let folder = std::env::temp_dir().join(format!("kaifang-vectors-{}", std::process::id()));
    let failed = |action: &'static str| {
        let path = folder.display().to_string();
        move |error: std::io::Error| TableError::Io { action, path, kind: error.kind().to_string() }
    };
    std::fs::create_dir_all(&folder).map_err(failed("create"))?;
    let (facts, answers) = (folder.join("facts.csv"), folder.join("answers.csv"));
    std::fs::write(&facts, &input.csv).map_err(failed("write"))?;
    let source = open(&facts, &ReadOptions::default())?;
    let create = |schema| Sink::create(&answers, schema, Format::Csv);
    policy.eval_to(source, section, input.at, None, create, &mut silent)?;
    let text = std::fs::read_to_string(&answers).map_err(failed("read"))?;
    std::fs::remove_dir_all(&folder).map_err(failed("remove"))?;
    Ok(text)
}
