//! One small table with hostile names, from scan to report.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};

use super::{to_html, to_json};
use crate::assess::{Assessment, Evidence, Terms, assess, assess_treated};
use crate::catalog::Entry;
use crate::crypto::Keyring;
use crate::crypto::sha256;
use crate::desensitize::Plan;
use crate::detect::{ScanOptions, scan};
use crate::policy::{Facts, Policy};
use crate::risk::{RiskQuestion, risk};
use crate::table::{Source, silent};
use crate::terms::Sharing;

/// Invented residents; no such person.
const IDS: [&str; 3] = ["11010519491231002X", "440524188001010014", "110105194912310038"];
const NAMES: [&str; 3] = ["张三丰", "李四光", "王五常"];
const HOSTILE: &str = r#"<img src="http://evil.example/x" onerror='alert(1)'><script>"#;

fn table() -> RecordBatch {
    let column = |values: [&str; 3]| Arc::new(StringArray::from(values.to_vec())) as ArrayRef;
    RecordBatch::try_from_iter([
        ("sfzh", column(IDS)),
        ("xm", column(NAMES)),
        ("csrq", column(["1949-12-31", "1880-01-01", "1949-12-31"])),
        ("xb", column(["男", "女", "男"])),
        (HOSTILE, column(["a", "b", "c"])),
    ])
    .unwrap()
}

fn source(batch: &RecordBatch) -> Source {
    Source::from_batches(batch.schema(), vec![batch.clone()]).unwrap()
}

fn figures(batch: &RecordBatch) -> crate::risk::RiskReport {
    risk(source(batch), &RiskQuestion::new(["csrq", "xb"], Sharing::Controlled), &mut silent).unwrap()
}

fn assessed(facts: &str, entry: &Entry, treat: bool) -> Assessment {
    let policy = Policy::builtin("xian-2022-013").unwrap();
    let facts = Facts::from_json(facts).unwrap();
    let terms = Terms { policy: &policy, entry, facts: &facts, at: "2026-11-23T02:00:00Z".parse().unwrap() };
    let raw = table();
    let findings = |batch: &RecordBatch| scan(source(batch), &ScanOptions::default(), &mut silent).unwrap();
    let first = assess(&terms, sha256(b"raw"), findings(&raw), Some(figures(&raw))).unwrap();
    if !treat {
        return first;
    }
    let mut columns = BTreeMap::new();
    for (name, plan) in [
        ("sfzh", r#"{"do": "token", "kind": "resident_id", "key": "k1"}"#),
        ("xm", r#"{"do": "mask", "kind": "person_name"}"#),
        ("csrq", r#"{"do": "generalize", "to": "year"}"#),
        ("xb", r#"{"do": "keep"}"#),
        (HOSTILE, r#"{"do": "keep"}"#),
    ] {
        columns.insert(name.to_owned(), serde_json::from_str(plan).unwrap());
    }
    let plan = Plan::new("people", columns, crate::desensitize::Invalid::Redact).unwrap();
    let mut keys = Keyring::new();
    keys.insert("k1", &[7; 32]).unwrap();
    let mut treated = plan.apply(source(&raw), &keys).unwrap();
    let batch = treated.next_batch().unwrap().unwrap();
    assert!(treated.next_batch().unwrap().is_none());
    let evidence = Evidence::new(treated.into_applied().unwrap(), figures(&batch));
    let content = evidence.applied.content().unwrap();
    assess_treated(first, &terms, content, findings(&batch), evidence).unwrap()
}

const ANSWERED: &str = r#"{"state_secret": false, "law_forbids": false, "endangers_national_security": false,
    "endangers_public_security": false, "endangers_economic_security": false, "endangers_social_stability": false,
    "trade_secret": false, "other_third_party_interest": false, "harm_ruled_out": false, "high_protection_need": false,
    "specific_terms_needed": false, "aggregation_may_reveal": true, "committee_advised": false, "declassified": false,
    "prohibition_lifted": false, "third_party_consents": false, "closure_harms_public": false, "data_grade": "general",
    "desensitization": "none"}"#;

fn entry() -> Entry {
    let mut entry = Entry::new("people");
    entry.name = Some(format!("居民{HOSTILE}"));
    entry
}

/// The text between two section headings.
fn section(html: &str, number: usize) -> &str {
    let from = html.find(&format!("id=\"s{number}\"")).unwrap();
    html[from..].split("</section>").next().unwrap()
}

#[test]
fn the_page_stands_alone_and_runs_nothing() {
    for html in [
        to_html(&assessed(ANSWERED, &entry(), true)).unwrap(),
        to_html(&assessed("{}", &Entry::new("people"), false)).unwrap(),
    ] {
        let lower = html.to_lowercase();
        for forbidden in ["<script", "<link", "<img", "<iframe", "<object", "<embed", "@import", "url(", "://", "xlink"]
        {
            assert!(!lower.contains(forbidden), "{forbidden}");
        }
        // No attribute of ours begins with `on`, refers or submits.
        for tag in lower.split('<').filter_map(|rest| rest.split('>').next()) {
            for attribute in [" on", " href", " src", " action", " style="] {
                assert!(!tag.contains(attribute), "{tag}");
            }
        }
    }
}

#[test]
fn hostile_names_are_text() {
    let html = to_html(&assessed(ANSWERED, &entry(), true)).unwrap();
    let escaped =
        "&lt;img src=&quot;http:&#x2f;&#x2f;evil.example&#x2f;x&quot; onerror=&#x27;alert(1)&#x27;&gt;&lt;script&gt;";
    assert!(section(&html, 3).contains(escaped));
    assert!(html.contains(&format!("<title>居民{escaped}")));
}

#[test]
fn no_value_of_the_table_is_shown() {
    let assessment = assessed(ANSWERED, &entry(), true);
    for text in [to_html(&assessment).unwrap(), to_json(&assessment).unwrap()] {
        for value in IDS.iter().chain(&NAMES) {
            assert!(!text.contains(value), "{value}");
        }
        assert!(!text.contains("1949-12-31"));
    }
}

#[test]
fn equal_assessments_give_equal_bytes() {
    let html = || to_html(&assessed(ANSWERED, &entry(), true)).unwrap();
    assert_eq!(html(), html());
}

#[test]
fn the_twin_is_the_assessment() {
    let assessment = assessed(ANSWERED, &entry(), true);
    let twin = to_json(&assessment).unwrap();
    assert_eq!(crate::canon::read::<Assessment>("Assessment", twin.as_bytes()).unwrap(), assessment);
}

#[test]
fn a_treated_version_tells_its_whole_story() {
    let assessment = assessed(ANSWERED, &entry(), true);
    let html = to_html(&assessment).unwrap();
    for number in 1..=10 {
        assert_eq!(html.matches(&format!("id=\"s{number}\"")).count(), 1, "section {number}");
    }
    let conclusion = section(&html, 1);
    assert!(conclusion.contains("建议：有条件开放") && conclusion.contains("recommended: conditional"));
    assert!(conclusion.contains("card amber") && conclusion.contains("A18.5") && conclusion.contains("A32(4)"));
    assert!(conclusion.contains("xian-2022-013") && conclusion.contains(&assessment.policy.hash.to_string()));
    assert!(section(&html, 2).contains("缺 missing") && section(&html, 2).contains("缺少数据更新频率"));
    let columns = section(&html, 3);
    assert!(columns.contains("居民身份证号") && columns.contains("直接标识符") && columns.contains("假名令牌"));
    let treatment = section(&html, 4);
    assert!(treatment.contains("去标识化") && treatment.contains("k1"));
    let risk = section(&html, 5);
    assert_eq!(risk.matches("<svg").count(), 2);
    assert!(risk.contains("处理前") && risk.contains("处理后") && risk.contains("最小等价类"));
    let ways = section(&html, 6);
    assert!(ways.contains("不可 no") && ways.contains("A22.2") && ways.contains("经申请 on application"));
    assert!(section(&html, 7).contains("None."));
    assert!(section(&html, 8).contains("A40"), "in force to be confirmed after 2025-12-25");
    let proof = section(&html, 9);
    let treated = assessment.treated.unwrap();
    for digest in [treated.version.content, treated.evidence.plan, treated.evidence_digest, assessment.raw.content] {
        assert!(proof.contains(&digest.to_string()));
    }
}

#[test]
fn an_unanswered_table_shows_its_questions_and_no_class() {
    let assessment = assessed("{}", &Entry::new("people"), false);
    let html = to_html(&assessment).unwrap();
    let conclusion = section(&html, 1);
    assert!(conclusion.contains("card blue") && conclusion.contains("尚待评估，暂不开放"));
    assert!(section(&html, 4).contains("未作处理"));
    assert!(section(&html, 6).contains("没有可开放的属性"));
    let questions = section(&html, 7);
    assert!(!assessment.raw.questions.is_empty());
    for question in &assessment.raw.questions {
        assert!(questions.contains(&question.fact) && questions.contains(&question.zh), "{}", question.fact);
    }
    assert_eq!(section(&html, 5).matches("<svg").count(), 2);
    assert!(!section(&html, 5).contains("处理后"));
}
