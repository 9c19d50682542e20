//! The page against the policy itself: nothing of the file is lost, and each table says what the engine answers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use super::*;
use crate::error::Explain as _;
use crate::policy::{FactValue, Facts, Status};
use crate::terms::Word as _;

const XIAN: &str = include_str!("../../../policies/xian-2022-013.toml");
const SECOND: &str = include_str!("../../../tests/data/second-city.toml");

/// The `[[…]]` tables of a kind, counted in the text.
fn tables(text: &str, name: &str) -> usize {
    text.lines().filter(|line| line.trim() == format!("[[{name}]]")).count()
}

#[test]
fn every_rule_of_the_file_stands_on_the_page_with_both_languages() {
    let page = Policy::parse(XIAN).unwrap().page().unwrap();
    let rules: Vec<&PageRule> = page.articles.iter().flat_map(|article| &article.rules).collect();
    for (kind, name) in [
        (RuleKind::Interpretation, "interpretations"),
        (RuleKind::Ground, "classification.grounds"),
        (RuleKind::Relief, "classification.reliefs"),
        (RuleKind::Step, "classification.requires"),
        (RuleKind::Denial, "access.denials"),
        (RuleKind::Duty, "access.duties"),
        (RuleKind::Deadline, "deadlines"),
    ] {
        assert_eq!(rules.iter().filter(|rule| rule.kind == kind).count(), tables(XIAN, name), "{name}");
    }
    let definitions = tables(XIAN, "classification.definitions") + tables(XIAN, "access.definitions");
    assert_eq!(page.definitions.len(), definitions);
    assert_eq!(page.articles.iter().map(|article| article.provisions.len()).sum::<usize>(), tables(XIAN, "provisions"));
    assert!(page.articles.is_sorted_by_key(|article| Citation::parse(&article.id).unwrap()));
    for rule in rules.iter().copied().chain(&page.definitions) {
        let texts = [rule.text.as_ref(), rule.when.as_ref().map(|when| &when.words)];
        for text in texts.into_iter().flatten() {
            assert!(!text.zh.is_empty() && !text.en.is_empty(), "{}", rule.id);
        }
        let told = rule.kind == RuleKind::Definition || rule.kind == RuleKind::Otherwise;
        assert!(told || !rule.effect.zh.is_empty(), "{}", rule.id);
    }
    let PageCoverage { provisions, ruled, reasoned, uncovered } = page.coverage;
    assert_eq!((ruled + reasoned, uncovered), (provisions, vec![]));
}

#[test]
fn a_condition_reads_as_questions_and_answers() {
    let page = Policy::parse(XIAN).unwrap().page().unwrap();
    let rule = |id: &str| {
        let mut rules = page.articles.iter().flat_map(|article| &article.rules);
        rules.find(|rule| rule.id == id).unwrap().clone()
    };
    let security = rule("security_danger");
    let when = security.when.unwrap();
    assert_eq!(when.written, "endangers_security or data_grade != general");
    assert_eq!(
        when.words.en,
        "endangers_security holds, or “What is the data's grade: general, important or core?” not general"
    );
    assert_eq!(when.words.zh, "符合 endangers_security，或“数据属于哪一级:一般、重要还是核心?”非 general");
    assert_eq!(security.effect, Text::new("可列入：不予开放", "permits: withheld"));
    let harm = rule("third_party_harm").when.unwrap();
    assert!(harm.words.zh.ends_with("“是否已有记录在案的理由,排除开放对第三方的损害?”否"), "{}", harm.words.zh);
    let unless = rule("record_use").when.unwrap();
    assert!(unless.words.en.starts_with("not (") && unless.words.en.ends_with("beyond_metadata holds)"));
    let nested = rule("openness_not_permitted").when.unwrap();
    assert!(nested.words.en.contains("(“What class has been decided for the data?” unconditional, or “"));
    let read = rule("conditional_preview");
    assert_eq!(read.effect.en, "read as: who holds an approved application");
    let relief = rule("deidentified").effect;
    for part in
        ["of third_party_harm: permits: withheld, conditional", "deidentified_may_be_unconditional = yes", "yields to"]
    {
        assert!(relief.en.contains(part), "{}", relief.en);
    }
}

/// The cases of a table hold together exactly the points at which the engine gives the answer.
#[test]
fn the_tables_of_another_city_are_its_answers_at_every_point() {
    let policy = Policy::parse(SECOND).unwrap();
    let page = policy.page().unwrap();
    let at = policy.in_force().0;
    for (section, table) in [(Section::Classification, &page.classification), (Section::Access, &page.access)] {
        let mut points = vec![Facts::new()];
        for fact in policy.facts(section) {
            let values = || (0..fact.domain.size()).filter_map(|place| fact.domain.value_at(place));
            let with = |point: &Facts, value: FactValue| {
                let mut point = point.clone();
                point.set(fact.id.clone(), value);
                point
            };
            points = points.iter().flat_map(|point| values().map(move |value| with(point, value))).collect();
        }
        assert_eq!(table.points, Points(points.len() as u128));
        let mut counts = vec![0; table.rows.len()];
        for point in &points {
            let answer = match section {
                Section::Classification => {
                    let answer = policy.classify(point, at).unwrap();
                    match answer.status {
                        Status::OutOfScope => Answer::OutOfScope,
                        _ => Answer::Permitted(answer.permitted),
                    }
                }
                Section::Access if policy.decide(point, at).unwrap().permit => Answer::Permit,
                Section::Access => Answer::Deny,
            };
            for (row, count) in table.rows.iter().zip(&mut counts) {
                let within = row.cases.iter().any(|case| {
                    let mut limits = case.region.limits.iter();
                    limits.all(|limit| limit.values.contains(point.get(&limit.fact).unwrap()))
                });
                assert_eq!(within, row.answer == answer, "{point:?}");
                *count += u128::from(within);
            }
        }
        for (row, count) in table.rows.iter().zip(counts) {
            assert_eq!((row.points, row.cut), (Points(count), false));
        }
    }
    assert!(page.classification.rows.iter().any(|row| row.words.zh.contains("禁止开放")), "the policy's own labels");
    assert!(!page.articles.is_empty(), "a policy without provisions still has the articles that its rules cite");
}

#[test]
fn denials_stand_in_headline_order() {
    let policy = Policy::parse(XIAN).unwrap();
    let page = policy.page().unwrap();
    let ids: Vec<&str> = page.denials.iter().map(|rule| rule.id.as_str()).collect();
    assert_eq!(ids.len(), tables(XIAN, "access.denials") + 1);
    assert_eq!((ids[0], *ids.last().unwrap()), ("out_of_scope", "user_terminated"));
    assert!(page.denials.iter().all(|rule| rule.section == Some(Section::Access)));
}

#[test]
fn a_reading_changes_what_the_page_says_is_in_force() {
    let policy = Policy::parse(XIAN).unwrap();
    let read = policy.with_interpretation("conditional_preview", "treated_sample").unwrap();
    let (before, after) = (policy.page().unwrap(), read.page().unwrap());
    let in_force = |page: &PolicyPage| {
        let reading = page.interpretations.iter().find(|reading| reading.interpretation.id == "conditional_preview");
        reading.unwrap().in_force.clone()
    };
    assert_eq!((in_force(&before), in_force(&after)), ("approved_only".into(), "treated_sample".into()));
    assert_ne!(before.access.rows, after.access.rows);
    assert_eq!(before.classification, after.classification);
}

#[test]
fn a_deadline_of_another_reading_is_shown_as_not_in_force() {
    let other = "\n[[deadlines]]\ncode = \"reply\"\ncite = \"A17.3\"\nby = \"opening_body\"\nworking_days = 7\n\
        when = \"interpretation.deadline_start = verification\"\nzh = \"答复\"\nen = \"Reply.\"\n";
    let first = other.replace("verification", "receipt").replace("days = 7", "days = 5");
    let policy = Policy::parse(&format!("{XIAN}{first}{other}")).unwrap();
    let shown = |policy: &Policy| {
        let page = policy.page().unwrap();
        let of = page.deadlines.into_iter().filter(|deadline| deadline.rule.code == "reply");
        of.map(|deadline| (deadline.rule.working_days, deadline.in_force)).collect::<Vec<_>>()
    };
    assert_eq!(shown(&policy), [(5, true), (7, false)]);
    let read = policy.with_interpretation("deadline_start", "verification").unwrap();
    assert_eq!(shown(&read), [(5, false), (7, true)]);
}

#[test]
fn a_question_that_is_no_name_gives_way_to_its_id_and_words_are_bounded() {
    let long = "长".repeat(200);
    let policy = Policy::parse(&SECOND.replace("zh = \"含有个人隐私?\"", &format!("zh = \"{long}\""))).unwrap();
    let page = policy.page().unwrap();
    let mut rules = page.articles.iter().flat_map(|article| &article.rules);
    let words = &rules.find(|rule| rule.id == "privacy_without_consent").unwrap().when.as_ref().unwrap().words;
    assert!(words.zh.starts_with("“privacy”是"), "{}", words.zh);

    // A short condition that names a long question again and again, in as many rules as a policy may have.
    let question = "问".repeat(130);
    let when = vec!["privacy"; 340].join(" or ");
    let mut text = SECOND.replace("zh = \"含有个人隐私?\"", &format!("zh = \"{question}\""));
    for number in 0..60 {
        text += &format!(
            "\n[[classification.requires]]\nid = \"s{number}\"\ncite = \"A5\"\nwhen = \"{when}\"\nzh = \"步\"\nen = \"step\"\n"
        );
    }
    let error = Policy::parse(&text).unwrap().page().unwrap_err();
    assert_eq!(error.code(), "KF-POLICY-16");
}

#[test]
fn the_document_reads_back() {
    let page = Policy::parse(XIAN).unwrap().page().unwrap();
    let bytes = crate::canon::to_bytes(&page).unwrap();
    assert_eq!(crate::canon::read::<PolicyPage>("PolicyPage", &bytes).unwrap(), page);
    assert!(Openness::ALL.iter().all(|class| page.labels.contains_key(class)));
}
