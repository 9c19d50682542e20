//! The answers of `tests/vectors/catalog.json`.

use jiff::civil::Date;
use kaifang::Error;
use kaifang::catalog::{
    Catalog, CatalogTerms, Entry, Publication, merge, responsibility_list, to_dcat, to_frictionless,
};
use serde::Deserialize;
use serde_json::Value;

/// What is asked of which documents.
#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
enum Input {
    Entry {
        entry: Value,
    },
    Check {
        catalog: Value,
        at: Date,
        #[serde(default)]
        terms: CatalogTerms,
    },
    Merge {
        catalogs: Value,
    },
    List {
        catalog: Value,
        at: Date,
        #[serde(default)]
        terms: CatalogTerms,
    },
    Dcat {
        catalog: Value,
        publication: Publication,
    },
    Frictionless {
        catalog: Value,
    },
}

/// The outer error is a case that is none.
pub(super) fn answer(input: &Value) -> Result<Result<Value, Error>, String> {
    let input = serde_json::from_value(input.clone()).map_err(|error| error.to_string())?;
    Ok(settle(input))
}

fn settle(input: Input) -> Result<Value, Error> {
    let catalog = |document: Value| Catalog::from_json(&document.to_string());
    let document = match input {
        Input::Entry { entry } => serde_json::to_value(Entry::from_json(&entry.to_string())?.check()),
        Input::Check { catalog: document, at, terms } => serde_json::to_value(catalog(document)?.check(at, &terms)),
        Input::Merge { catalogs } => serde_json::to_value(merge(&Catalog::list_from_json(&catalogs.to_string())?)?),
        Input::List { catalog: document, at, terms } => {
            serde_json::to_value(responsibility_list(&catalog(document)?, at, &terms))
        }
        Input::Dcat { catalog: document, publication } => Ok(to_dcat(&catalog(document)?, &publication)),
        Input::Frictionless { catalog: document } => Ok(to_frictionless(&catalog(document)?)?),
    };
    Ok(document.unwrap_or_default())
}
