//! The shared vectors of catalogs: each document says what it said, and none of it twice in another way.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use kaifang::Error;
use kaifang::canon;
use kaifang::catalog::{
    Catalog, CatalogProblem, CatalogTerms, Entry, Merged, Problem, Publication, ResponsibilityList, merge,
    responsibility_list, to_dcat, to_frictionless,
};
use serde_json::{Value, json};

fn answer(input: &Value) -> Result<Value, Error> {
    let catalog = || Catalog::from_json(&input["catalog"].to_string());
    let on = || input["at"].as_str().unwrap().parse().unwrap();
    let terms = || {
        input.get("terms").map_or_else(CatalogTerms::default, |terms| serde_json::from_value(terms.clone()).unwrap())
    };
    Ok(match input["do"].as_str().unwrap() {
        "entry" => json!(Entry::from_json(&input["entry"].to_string())?.check()),
        "check" => json!(catalog()?.check(on(), &terms())),
        "merge" => json!(merge(&Catalog::list_from_json(&input["catalogs"].to_string())?)?),
        "list" => json!(responsibility_list(&catalog()?, on(), &terms())),
        "dcat" => {
            let publication: Publication = serde_json::from_value(input["publication"].clone()).unwrap();
            to_dcat(&catalog()?, &publication)
        }
        "frictionless" => to_frictionless(&catalog()?)?,
        other => panic!("{other}"),
    })
}

#[test]
fn every_answer_is_as_written() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/catalog.json");
    let file: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let cases = file["cases"].as_array().unwrap();
    assert!(cases.len() >= 26, "the file lost its cases: {}", cases.len());
    for case in cases {
        let name = &case["name"];
        match answer(&case["input"]) {
            Ok(output) => assert_eq!(output, case["output"], "{name}"),
            Err(error) => assert_eq!(case["error"]["code"], error.document().code, "{name}: {error}"),
        }
        // What is answered is a document that reads back.
        let Some(output) = case.get("output") else { continue };
        let bytes = canon::to_bytes(output).unwrap();
        let back = match case["input"]["do"].as_str().unwrap() {
            "entry" => canon::read::<Vec<Problem>>("Problem", &bytes).map(|document| json!(document)),
            "check" => canon::read::<Vec<CatalogProblem>>("CatalogProblem", &bytes).map(|document| json!(document)),
            "merge" => canon::read::<Merged>("Merged", &bytes).map(|document| json!(document)),
            "list" => canon::read::<ResponsibilityList>("ResponsibilityList", &bytes).map(|document| json!(document)),
            _ => Ok(output.clone()),
        };
        assert_eq!(&back.unwrap(), output, "{name}");
    }
}
