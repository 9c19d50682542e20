//! What other portals are told of a catalog: nothing more open than it is, nothing without its citation.

use serde_json::{Value, json};

use super::tests::{city, day, whole};
use super::*;
use crate::error::Explain;
use crate::policy::Policy;
use crate::terms::{AccessWay, Openness};

fn conditional() -> Entry {
    Entry {
        openness: Some(Openness::Conditional),
        access_ways: vec![AccessWay::Api, AccessWay::ModelResult],
        ..whole("b")
    }
}

fn withheld() -> Entry {
    // Contradictory on purpose: the class decides, not the ways.
    Entry { openness: Some(Openness::Withheld), ..whole("c") }
}

fn undecided() -> Entry {
    Entry { openness: None, ..whole("d") }
}

fn terms<'a>(document: &'a Value, name: &str) -> Vec<&'a str> {
    let datasets = document["dcat:dataset"].as_array().unwrap();
    datasets.iter().map(|dataset| dataset[name]["@id"].as_str().unwrap().rsplit('/').next().unwrap()).collect()
}

#[test]
fn a18_what_is_not_opened_is_metadata_alone() {
    let catalog = city(vec![whole("a"), conditional(), withheld(), undecided()]);
    let document = to_dcat(&catalog, &Publication::default());
    assert_eq!(terms(&document, "dct:accessRights"), ["PUBLIC", "RESTRICTED", "NON_PUBLIC", "NON_PUBLIC"]);
    let ways: Vec<usize> = document["dcat:dataset"]
        .as_array()
        .unwrap()
        .iter()
        .map(|dataset| dataset["dcat:distribution"].as_array().map_or(0, Vec::len))
        .collect();
    assert_eq!(ways, [1, 2, 0, 0]);
}

#[test]
fn dcat_says_what_the_entry_says() {
    let mut entry = whole("a");
    entry.summary = Some("概述".into());
    entry.metadata = Some(CoreMetadata {
        keywords: vec!["公交".into()],
        subject: Some("交通".into()),
        code: Some("306/1".into()),
        first_published: Some(day("2024-01-01")),
        period: Some(Period { from: day("2020-01-01"), until: None }),
        ..CoreMetadata::default()
    });
    let legislation = Legislation::of(&Policy::builtin("xian-2022-013").unwrap());
    let base = Some("https://data.xa.example/dataset/".to_owned());
    let document = to_dcat(&city(vec![entry.clone()]), &Publication { base, legislation: Some(legislation.clone()) });
    let dataset = &document["dcat:dataset"][0];
    for (property, expected) in [
        ("@type", json!("dcat:Dataset")),
        ("@id", json!("https://data.xa.example/dataset/a")),
        ("dct:title", json!({"@language": "zh", "@value": "数据 a"})),
        ("dct:description", json!({"@language": "zh", "@value": "概述"})),
        ("dct:issued", json!({"@type": "xsd:date", "@value": "2024-01-01"})),
        ("dct:modified", json!({"@type": "xsd:date", "@value": "2026-06-30"})),
        (
            "dct:temporal",
            json!({"@type": "dct:PeriodOfTime", "dcat:startDate": {"@type": "xsd:date", "@value": "2020-01-01"}}),
        ),
        ("dcat:keyword", json!([{"@language": "zh", "@value": "公交"}])),
        ("adms:identifier", json!({"@type": "adms:Identifier", "skos:notation": "306/1"})),
    ] {
        assert_eq!(dataset[property], expected, "{property}");
    }
    assert_eq!(terms(&document, "dct:accrualPeriodicity"), ["ANNUAL"]);
    assert_eq!(dataset["dct:publisher"]["foaf:name"]["@value"], "西安市示例局");
    assert_eq!(dataset["dcat:contactPoint"]["vcard:hasTelephone"]["@id"], "tel:029-86780000");
    assert_eq!(
        dataset["dcat:distribution"][0]["dcat:mediaType"]["@id"],
        "https://www.iana.org/assignments/media-types/text/csv"
    );
    // The instrument by number and title; an IRI only where the host gives one.
    let cited = &dataset["dcatap:applicableLegislation"];
    assert_eq!(cited["dct:title"][0]["@value"], "西安市政务数据开放管理办法(试行) 西规〔2022〕013");
    assert_eq!((cited.get("@id"), &document["dcatap:applicableLegislation"]), (None, cited));
    let iri = Legislation { iri: Some("https://law.example/013".into()), ..legislation };
    let document = to_dcat(&city(vec![entry]), &Publication { base: None, legislation: Some(iri) });
    let dataset = &document["dcat:dataset"][0];
    assert_eq!(
        (&dataset["@id"], &dataset["dcatap:applicableLegislation"]["@id"]),
        (&json!("#a"), &json!("https://law.example/013"))
    );
}

#[test]
fn a_contact_that_is_no_address_stays_text() {
    let mut entry = whole("a");
    let mut told = |contact: &str| {
        entry.responsible.contact = Some(Office { role: "数据科".into(), contact: contact.into() });
        to_dcat(&city(vec![entry.clone()]), &Publication::default())["dcat:dataset"][0]["dcat:contactPoint"].clone()
    };
    assert_eq!(told("data@xa.example")["vcard:hasEmail"]["@id"], "mailto:data@xa.example");
    let spoken = told("029-86780000 转 12\"");
    assert_eq!((spoken.get("vcard:hasTelephone"), &spoken["vcard:note"]), (None, &json!("029-86780000 转 12\"")));
}

#[test]
fn every_frequency_has_a_term_of_its_own() {
    use crate::terms::Word;
    let each = |frequency: &UpdateFrequency| Entry { update_frequency: Some(*frequency), ..whole("a") };
    let document = to_dcat(&city(UpdateFrequency::ALL.iter().map(each).collect()), &Publication::default());
    let expected = ["UPDATE_CONT", "DAILY", "WEEKLY", "MONTHLY", "QUARTERLY", "ANNUAL_2", "ANNUAL", "IRREG", "NEVER"];
    assert_eq!(terms(&document, "dct:accrualPeriodicity"), expected);
}

#[test]
fn a22_2_a_package_holds_what_may_be_downloaded() {
    let mut table = whole("a");
    let item = |name: &str, data_type: Option<&str>| DataItem {
        name: name.into(),
        title: None,
        data_type: data_type.map(Into::into),
    };
    table.items = vec![item("zm", Some("文本")), item("rs", Some("整数")), item("bz", Some("备注型")), item("x", None)];
    let downloaded = Entry { access_ways: vec![AccessWay::Api, AccessWay::Download], ..conditional() };
    let text = Entry { format: Some(DataFormat::Text), ..whole("e") };
    let package = to_frictionless(&city(vec![table, downloaded, withheld(), undecided(), text])).unwrap();
    let paths: Vec<_> =
        package["resources"].as_array().unwrap().iter().map(|one| one["path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["a.csv", "e.txt"]);
    let resource = &package["resources"][0];
    assert_eq!((&resource["type"], &resource["mediatype"]), (&json!("table"), &json!("text/csv")));
    let types: Vec<_> =
        resource["schema"]["fields"].as_array().unwrap().iter().map(|field| field["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["string", "integer", "any", "any"]);
    assert_eq!(package["resources"][1].get("type"), None);
    for none in [vec![], vec![conditional(), withheld()]] {
        assert_eq!(to_frictionless(&city(none)).unwrap_err().code(), "KF-CATALOG-12");
    }
}
