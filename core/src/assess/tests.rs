//! What a treated version is taken for: what its scan shows, and only with the proof of the very table.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};

use super::*;
use crate::catalog::Entry;
use crate::crypto::{Keyring, sha256};
use crate::desensitize::{Plan, content_digest};
use crate::detect::{Findings, ScanOptions, scan};
use crate::error::Explain;
use crate::policy::{FactValue, Facts, Policy};
use crate::risk::{RiskQuestion, risk};
use crate::table::{Source, silent};
use crate::terms::{Digest, Sharing};

fn table() -> RecordBatch {
    // Invented residents; no such person.
    let ids = ["11010519491231002X", "440524188001010014", "110105194912310038"];
    let column = |cells: [&str; 3]| Arc::new(StringArray::from(cells.to_vec())) as ArrayRef;
    let names = column(["张三丰", "李四光", "王五常"]);
    RecordBatch::try_from_iter([("sfzh", column(ids)), ("xm", names), ("xb", column(["男", "女", "男"]))]).unwrap()
}

fn source(batch: &RecordBatch) -> Source {
    Source::from_batches(batch.schema(), vec![batch.clone()]).unwrap()
}

fn findings(batch: &RecordBatch) -> Findings {
    scan(source(batch), &ScanOptions::default(), &mut silent).unwrap()
}

fn digest(batch: &RecordBatch) -> Digest {
    content_digest(source(batch), &mut silent).unwrap()
}

/// The table treated by a plan in TOML, and its evidence.
fn treated(columns: &str) -> (RecordBatch, Evidence) {
    let plan = Plan::parse_toml(&format!("v = 1\ndataset = \"d\"\n[columns]\n{columns}")).unwrap();
    let mut keys = Keyring::new();
    keys.insert("k1", &[7; 32]).unwrap();
    let mut treated = plan.apply(source(&table()), &keys).unwrap();
    let batch = treated.next_batch().unwrap().unwrap();
    assert!(treated.next_batch().unwrap().is_none());
    let report = risk(source(&batch), &RiskQuestion::new(["xb"], Sharing::Controlled), &mut silent).unwrap();
    (batch, Evidence::new(treated.into_applied().unwrap(), report))
}

fn assessed(content: Digest, found: Findings, evidence: Evidence) -> Result<Version, crate::Error> {
    let policy = Policy::builtin("xian-2022-013").unwrap();
    let (facts, entry) = (Facts::new(), Entry::new("d"));
    let terms = Terms { policy: &policy, entry: &entry, facts: &facts, at: "2026-11-23T02:00:00Z".parse().unwrap() };
    let raw = table();
    let first = assess(&terms, digest(&raw), findings(&raw), None)?;
    Ok(assess_treated(first, &terms, content, found, evidence)?.treated.unwrap().version)
}

fn word(version: &Version) -> Option<&FactValue> {
    version.facts.get("desensitization")
}

#[test]
fn a_raw_identifier_that_was_kept_undoes_the_treatment() {
    // The plan declares no kind for the column that it keeps, so its own outcome is `deidentified`.
    let (batch, evidence) =
        treated("sfzh = { do = \"keep\" }\nxm = { do = \"mask\", kind = \"person_name\" }\nxb = { do = \"keep\" }");
    assert_eq!(evidence.applied.outcome.desensitization, crate::desensitize::Desensitization::Deidentified);
    let version = assessed(digest(&batch), findings(&batch), evidence).unwrap();
    assert_eq!(word(&version), Some(&FactValue::Word("none".to_owned())));
    let proposal = version.proposals.iter().find(|proposal| proposal.fact == "desensitization").unwrap();
    assert_eq!(proposal.columns, ["sfzh"]);
}

#[test]
fn a_treatment_that_left_none_stands() {
    for ids in ["token\", kind = \"resident_id\", key = \"k1", "mask\", kind = \"resident_id", "redact", "null"] {
        let (batch, evidence) = treated(&format!(
            "sfzh = {{ do = \"{ids}\" }}\nxm = {{ do = \"mask\", kind = \"person_name\" }}\nxb = {{ do = \"keep\" }}"
        ));
        let version = assessed(digest(&batch), findings(&batch), evidence).unwrap();
        assert_eq!(word(&version), Some(&FactValue::Word("deidentified".to_owned())), "{ids}");
        assert!(version.findings.direct.is_empty(), "{ids}");
    }
}

#[test]
fn evidence_of_another_table_is_refused() {
    let columns = "sfzh = { do = \"drop\" }\nxm = { do = \"drop\" }\nxb = { do = \"keep\" }";
    let (batch, evidence) = treated(columns);
    assert!(assessed(digest(&batch), findings(&batch), evidence.clone()).is_ok());
    let error = assessed(sha256(b"another"), findings(&batch), evidence.clone()).unwrap_err();
    assert_eq!((error.code(), error.place().as_deref()), ("KF-PLAN-17", Some("content")));
    let fewer = batch.slice(0, 2);
    let error = assessed(digest(&batch), findings(&fewer), evidence.clone()).unwrap_err();
    assert_eq!((error.code(), error.place().as_deref()), ("KF-PLAN-17", Some("rows")));
    let report = risk(source(&fewer), &RiskQuestion::new(["xb"], Sharing::Controlled), &mut silent).unwrap();
    let error = assessed(digest(&batch), findings(&batch), Evidence::new(evidence.applied, report)).unwrap_err();
    assert_eq!((error.code(), error.place().as_deref()), ("KF-PLAN-17", Some("rows")));
}
