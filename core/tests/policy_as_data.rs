//! A policy is data: a second city needs no Rust change, and a file with a fault is refused whole, with its place.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

mod languages;

use kaifang::error::Explain as _;
use kaifang::policy::{Facts, Policy, PolicyError, Section};
use kaifang::terms::Openness;
use proptest::prelude::*;

const SECOND_CITY: &str = include_str!("data/second-city.toml");
/// A property whose citation no provision declares.
const PROPERTY: &str = r#"
[[properties]]
id = "p"
cite = "A13"
section = "classification"
never = "privacy and not privacy"
zh = "性质"
en = "Property"
"#;
const XIAN: &str = include_str!("../policies/xian-2022-013.toml");

fn second_city() -> Policy {
    Policy::parse(SECOND_CITY).unwrap()
}

fn facts(json: &str) -> Facts {
    Facts::from_json(json).unwrap()
}

#[test]
fn consent_inside_the_ground_leaves_no_ground_to_relieve() {
    let answer = |json| second_city().classify(&facts(json), "2024-06-03".parse().unwrap()).unwrap();
    let consented = answer(r#"{"privacy": true, "consent": "all", "treated": false, "timely": false}"#);
    assert_eq!(consented.permitted, [Openness::Unconditional]);
    assert!(consented.grounds.is_empty());
    let refused = answer(r#"{"privacy": true, "consent": "some", "treated": false, "timely": false}"#);
    assert_eq!((refused.permitted, refused.reasons[0].cite.as_str()), (vec![Openness::Withheld], "A5"));
    let treated = answer(r#"{"privacy": true, "consent": "some", "treated": true}"#);
    assert_eq!(treated.permitted, [Openness::Conditional], "conditional whether timely or not");
    assert_eq!(treated.grounds.len(), 2, "timely_data is live in some completion");
    let open = answer(r#"{"privacy": true}"#).open;
    assert_eq!(open, ["consent", "treated", "timely"]);
}

#[test]
fn article_order_deadlines_dates_and_labels_are_the_files() {
    let policy = second_city();
    assert_eq!(policy.label(Openness::Conditional).unwrap().zh, "受限开放");
    assert_eq!(policy.deadline("complaint_reply").map(|rule| rule.working_days), Some(5));
    assert!(policy.deadline("suggestion_reply").is_none());
    for (at, code) in [("2024-04-30", Some("KF-POLICY-19")), ("2024-05-01", None), ("2029-05-01", Some("KF-POLICY-19"))]
    {
        let answer = policy.decide(&facts(r#"{"openness": "open"}"#), at.parse().unwrap());
        assert_eq!(answer.as_ref().err().map(|error| error.code()), code, "{at}");
        assert!(answer.is_err() || answer.unwrap().permit);
    }
    let unknown = policy.decide(&facts(r#"{"registered": true}"#), "2024-06-03".parse().unwrap()).unwrap();
    assert_eq!((unknown.denials[0].code.as_str(), unknown.open), ("unknown_facts", vec!["openness".to_owned()]));
}

#[test]
fn the_bundled_policy_has_the_deadlines_of_a17_and_a24() {
    let policy = Policy::builtin("xian-2022-013").unwrap();
    let rule = |code: &str| policy.deadline(code).map(|rule| (rule.cite.clone(), rule.working_days));
    assert_eq!(rule("complaint_reply"), Some(("A17.3".to_owned(), 10)));
    assert_eq!(rule("suggestion_reply"), Some(("A24".to_owned(), 10)));
    assert_eq!(Policy::BUILTIN, [policy.id()]);
}

#[test]
fn the_hash_is_of_the_content_and_the_readings() {
    let policy = Policy::builtin("xian-2022-013").unwrap();
    let laid_out_otherwise = Policy::parse(&format!("# a comment\n\n{XIAN}")).unwrap();
    assert_eq!(policy.hash(), laid_out_otherwise.hash());
    let changed = Policy::parse(&XIAN.replacen("working_days = 10", "working_days = 11", 1)).unwrap();
    assert_ne!(policy.hash(), changed.hash());
    let mut hashes = vec![policy.hash()];
    for interpretation in policy.interpretations() {
        for option in &interpretation.options {
            let read = policy.with_interpretation(&interpretation.id, &option.id).unwrap();
            assert_eq!(read.interpretation(&interpretation.id), Some(option.id.as_str()));
            assert_eq!(read.hash() == policy.hash(), option.id == interpretation.default, "{}", interpretation.id);
            hashes.extend((option.id != interpretation.default).then(|| read.hash()));
        }
    }
    let count = hashes.len();
    hashes.sort();
    hashes.dedup();
    assert_eq!((hashes.len(), count), (9, 9), "every reading has its own hash");
}

#[test]
fn readings_default_to_the_conservative_option() {
    let policy = Policy::builtin("xian-2022-013").unwrap();
    let readings: Vec<_> = policy
        .interpretations()
        .iter()
        .map(|known| (known.id.as_str(), policy.interpretation(&known.id).unwrap()))
        .collect();
    assert_eq!(
        readings,
        [
            ("deidentified_may_be_unconditional", "no"),
            ("risk_report_overdue", "duty"),
            ("conditional_preview", "approved_only"),
            ("municipal_review", "both"),
            ("district_review", "body"),
            ("deadline_start", "receipt"),
            ("degraded_unconditional", "deny"),
        ]
    );
}

#[test]
fn every_fact_asks_in_both_languages_and_names_who_answers() {
    let policy = Policy::builtin("xian-2022-013").unwrap();
    for section in [Section::Classification, Section::Access] {
        for fact in policy.facts(section) {
            assert!(fact.question.zh.ends_with('?') && fact.question.en.ends_with('?'), "{}", fact.id);
            assert!(fact.question.en.is_ascii() && !fact.question.zh.is_ascii(), "{}", fact.id);
        }
    }
}

/// The second city's file with one passage replaced; the passage has to be there.
fn with(old: &str, new: &str) -> String {
    assert!(SECOND_CITY.contains(old), "{old}");
    SECOND_CITY.replacen(old, new, 1)
}

/// The second city's file with something put before its access section.
fn with_rule(rule: &str) -> String {
    with("[access]\n", &format!("{rule}\n\n[access]\n"))
}

const SECOND_RELIEF: &str = r#"
[[classification.reliefs]]
id = "some_consent"
cite = "A7"
relieves = ["privacy_without_consent"]
when = "consent = some"
permits = ["conditional"]
zh = "部分同意。"
en = "Some consent.""#;

/// Every article that the second city's rules cite, as a provision.
fn provisions() -> String {
    let provision = |(index, article): (usize, &str)| {
        let fingerprint = format!("{index:064x}");
        format!(
            "\n[[provisions]]\nid = \"{article}\"\nfingerprints = [\"{fingerprint}\"]\nzh = \"条\"\nen = \"Text\"\n"
        )
    };
    ["A3", "A4", "A5", "A6", "A7", "A8", "A9", "A12"].into_iter().enumerate().map(provision).collect()
}

/// The second city's file with its provisions, one passage of them replaced.
fn with_provisions(old: &str, new: &str) -> String {
    let provisions = provisions();
    assert!(provisions.contains(old), "{old}");
    format!("{SECOND_CITY}{}", provisions.replacen(old, new, 1))
}

/// Line and column of the `¦` in a passage of a file.
fn place_of(text: &str, passage: &str) -> String {
    let at = text.find(&passage.replace('¦', "")).expect(passage) + passage.find('¦').expect(passage);
    let line = text[..at].matches('\n').count();
    let before = text[..at].rsplit('\n').next().unwrap();
    format!("line {}, column {}", line + 1, before.chars().count() + 1)
}

#[test]
fn a_fault_refuses_the_whole_file_and_says_where_and_what_to_write() {
    let ground = |when: &str| with("when = \"timely\"", &format!("when = \"{when}\""));
    let circle = with_rule(&SECOND_RELIEF.replace("permits", "yields_to = [\"treatment\"]\npermits"))
        .replace("when = \"treated\"", "when = \"treated\"\nyields_to = [\"some_consent\"]");
    let deadlines = &SECOND_CITY[SECOND_CITY.find("[[deadlines]]").unwrap()..];
    let confirm = "confirm_after = { date = 2026-01-01, cite = \"12\", zh = \"核对\", en = \"Check\" }\n\n[labels]";
    let of_all = "id = ¦\"second-city\"";
    let blank = "{ id = \"one\", zh = \"一\", en = \"one\" },\n{ id = \"two\", zh = \"二\", en = \" \" }";
    let repeated = "stricter = [\"privacy\", \"timely\", \"privacy = true\"]";
    // The file, the error's code, its place, and what it says.
    let twice = format!(", ¦\"{:064x}\"]", 0);
    let cases: Vec<(String, &str, &str, &str)> = vec![
        (with("v = 1", "v = 2"), "KF-POLICY-03", "v = ¦2", "expected"),
        (with("base = [\"conditional\"]", "bse = []"), "KF-POLICY-03", "¦bse", "expected one of `id`"),
        (with("[\"conditional\"]", "[\"closed\"]"), "KF-POLICY-03", "[¦\"closed\"]", "expected one of"),
        (ground("timely and"), "KF-POLICY-04", "\"timely and¦\"", "found the end"),
        (ground("timely or privacy and treated"), "KF-POLICY-04", "privacy ¦and treated", "parentheses"),
        (ground("timely & privacy"), "KF-POLICY-04", "timely ¦& privacy", "no meaning"),
        (ground(&"(".repeat(10_000)), "KF-POLICY-04", "\"¦((", "longer"),
        (ground(&"(".repeat(1000)), "KF-POLICY-04", "\"((((((((((((((((((((((((((((((((¦", "nested deeper"),
        (ground("timelyy"), "KF-POLICY-05", "\"¦timelyy", "did you mean timely?"),
        (ground("weather"), "KF-POLICY-05", "\"¦weather", "declare it"),
        (ground("timely and registered"), "KF-POLICY-05", "and ¦registered", "declare it"),
        (ground("interpretation.w = x"), "KF-POLICY-05", "\"¦interpretation.w", "declared interpretations"),
        (ground("consent"), "KF-POLICY-06", "when = \"¦consent\"", "consent = refused | some | all"),
        (ground("consent = none"), "KF-POLICY-07", "\"¦consent = none", "refused, some, all"),
        (ground("timely = yes"), "KF-POLICY-07", "\"¦timely = yes", "true, false"),
        (with("\"timely_data\"", "\"privacy_without_consent\""), "KF-POLICY-08", "", "declared twice"),
        (with("id = \"timely\"", "id = \"privacy\""), "KF-POLICY-08", "", "fact privacy"),
        (format!("{SECOND_CITY}\n{deadlines}"), "KF-POLICY-08", "", "deadline complaint_reply"),
        (
            with_rule(SECOND_RELIEF),
            "KF-POLICY-09",
            "id = ¦\"privacy_without_consent\"",
            "privacy = true, consent = some, treated = true",
        ),
        (circle, "KF-POLICY-10", "id = ¦\"treatment\"", "circle"),
        (with("permits = [\"conditional\"]", "permits = []"), "KF-POLICY-11", "id = ¦\"treatment\"", "treatment"),
        (
            with("base = [\"withheld\"]", "base = [\"withheld\", \"withheld\"]"),
            "KF-POLICY-11",
            "id = ¦\"privacy_without_consent\"",
            "twice",
        ),
        (with("cite = \"A6\"", "cite = \"§6\""), "KF-POLICY-12", "cite = ¦\"§6\"", "A22.1(4)"),
        (with("cite = \"A12\"", "cite = \"12\""), "KF-POLICY-12", "cite = ¦\"12\"", "complaint_reply"),
        (with("[labels]", confirm), "KF-POLICY-12", "cite = ¦\"12\"", "confirm_in_force"),
        (with("[\"A9\", \"A8\"]", "[\"A8\"]"), "KF-POLICY-13", "cite = ¦\"A9\"", "article_order"),
        (with("id = \"timely\"", "id = \"Timely\""), "KF-POLICY-14", "id = ¦\"Timely\"", "lower-case"),
        (with("id = \"timely\"", "id = \"not\""), "KF-POLICY-14", "id = ¦\"not\"", "fact"),
        (with("id = \"timely\"", "id = \"not\""), "KF-POLICY-14", "id = ¦\"not\"", "not is a reserved word"),
        (with("id = \"closed\"", "id = \"unknown_facts\""), "KF-POLICY-14", "id = ¦\"unknown_facts\"", "reserved"),
        (with("id = \"timely_data\"", "id = \"otherwise\""), "KF-POLICY-14", "id = ¦\"otherwise\"", "reserved"),
        (
            with("code = \"complaint_reply\"", "code = \"confirm_in_force\""),
            "KF-POLICY-14",
            "code = ¦\"confirm_in_force\"",
            "reserved",
        ),
        (
            with_rule("[[classification.definitions]]\nid = \"otherwise\"\nwhen = \"privacy\""),
            "KF-POLICY-14",
            "id = ¦\"otherwise\"",
            "definition",
        ),
        (with("[\"refused\", \"some\", \"all\"]", "[\"all\"]"), "KF-POLICY-15", "id = ¦\"consent\"", "2 to 32"),
        (with("[\"refused\", \"some\"", "[\"all\", \"some\""), "KF-POLICY-15", "id = ¦\"consent\"", "once"),
        (with("en = \"Closed.\"", "en = \" \""), "KF-POLICY-15", "id = ¦\"closed\"", "Chinese and in English"),
        (with("en = \"Measures of an invented city\"", "en = \" \""), "KF-POLICY-15", of_all, "the title"),
        (with("en = \"an invented city\"", "en = \"\""), "KF-POLICY-15", of_all, "the issuer"),
        (with("虚构〔2024〕1", " "), "KF-POLICY-15", of_all, "document_number"),
        (with("zh = \"受限开放\"", "zh = \"\""), "KF-POLICY-15", of_all, "the labels"),
        (with_interpretation(blank, "one"), "KF-POLICY-15", "{ id = ¦\"two\"", "Chinese and in English"),
        (
            format!("{SECOND_CITY}{}", PROPERTY.replace("never = \"privacy and not privacy\"", repeated)),
            "KF-POLICY-25",
            "¦\"privacy = true\"",
            "once",
        ),
        (with("2024-05-01", "2024-05-01T08:00:00Z"), "KF-POLICY-15", "¦2024-05-01T08", "a date alone"),
        (with("until = 2029", "until = 2019"), "KF-POLICY-15", "id = ¦\"second-city\"", "not before"),
        (with("working_days = 5", "working_days = 0"), "KF-POLICY-15", "code = ¦\"complaint", "one working day"),
        (
            with("relieves = [\"privacy_without_consent\"]", "relieves = [\"privacy\"]"),
            "KF-POLICY-05",
            "[¦\"privacy\"]",
            "privacy_without_consent",
        ),
        (
            with("relieves = [\"privacy_without_consent\"]", "relieves = []"),
            "KF-POLICY-15",
            "id = ¦\"treatment\"",
            "grounds",
        ),
        (format!("{SECOND_CITY}# {}", "x".repeat(1 << 20)), "KF-POLICY-16", "", "bytes"),
        (
            with_provisions("id = \"A12\"", "id = \"A13\""),
            "KF-POLICY-20",
            "cite = ¦\"A12\"",
            "declare it in `provisions`: id = \"A12\"",
        ),
        (
            with_provisions("", "").replace("cite = \"A6\"", "cite = \"A6.2\""),
            "KF-POLICY-20",
            "cite = ¦\"A6.2\"",
            "write one that is declared: A6",
        ),
        (
            format!("{}\n{PROPERTY}", with_provisions("", "")),
            "KF-POLICY-20",
            "cite = ¦\"A13\"",
            "declare it in `provisions`: id = \"A13\"",
        ),
        (
            with_provisions("en = \"Text\"", "en = \"Text\"\nno_rule = { zh = \"无\", en = \"None\" }"),
            "KF-POLICY-21",
            "[[provisions]]\nid = ¦\"A3\"",
            "unknown_facts",
        ),
        (with_provisions("id = \"A4\"", "id = \"A3\""), "KF-POLICY-08", "", "provision A3"),
        (with_provisions("id = \"A4\"", "id = \"第四条\""), "KF-POLICY-12", "id = ¦\"第四条\"", "provisions.id"),
        (with_provisions("id = \"A4\"", "id = \"A4.1\""), "KF-POLICY-15", "id = ¦\"A4.1\"", "one paragraph"),
        (with_provisions("id = \"A12\"", "id = \"A9.1\""), "KF-POLICY-15", "id = ¦\"A9\"\nfinger", "A5.1, A5.2"),
        (with_provisions("000\"]", "00\"]"), "KF-POLICY-15", "= [¦\"000", "64 lower-case"),
        (with_provisions("000\"]", "00A\"]"), "KF-POLICY-15", "= [¦\"000", "64 lower-case"),
        (with_provisions("[\"0", "[\"sha256:0"), "KF-POLICY-15", "= [¦\"sha256", "64 lower-case"),
        (
            with_provisions("fingerprints = [", &format!("fingerprints = [\"{:064x}\", ", 0)),
            "KF-POLICY-15",
            &twice,
            "once",
        ),
        (
            with_provisions("fingerprints = [", &format!("fingerprints = [{}", "\"\", ".repeat(8))),
            "KF-POLICY-15",
            "[[provisions]]\nid = ¦\"A3\"",
            "1 to 8",
        ),
        (with_provisions(&format!("[\"{:064x}\"]", 0), "[]"), "KF-POLICY-15", "[[provisions]]\nid = ¦\"A3\"", "1 to 8"),
        (
            with_provisions("zh = \"条\"", "zh = \" \""),
            "KF-POLICY-15",
            "[[provisions]]\nid = ¦\"A3\"",
            "Chinese and in English",
        ),
        (
            with_provisions("en = \"Text\"", "en = \"Text\"\nno_rule = { zh = \"无\", en = \"\" }"),
            "KF-POLICY-15",
            "[[provisions]]\nid = ¦\"A3\"",
            "`no_rule`",
        ),
        (format!("{SECOND_CITY}{}", provisions().repeat(129)), "KF-POLICY-16", "", "1024 provisions"),
        (
            with_rule("[[classification.definitions]]\nid = \"words\"\ncite = \"5\"\nwhen = \"privacy\""),
            "KF-POLICY-12",
            "cite = ¦\"5\"",
            "A22.1(4)",
        ),
    ];
    assert!(Policy::parse(&with_provisions("", "")).is_ok(), "the file without a fault");
    for (text, code, passage, words) in cases {
        let error = Policy::parse(&text).expect_err(words);
        assert_eq!(error.code(), code, "{error}");
        assert!(error.to_string().contains(words), "{error} lacks {words}");
        languages::keep_apart(&error, &text);
        let position = error.position().map(|(line, column)| format!("line {line}, column {column}"));
        assert_eq!(position, error.place());
        // A face shows what to write instead apart from what is wrong.
        if position.is_some() && code != "KF-POLICY-03" {
            assert!(error.to_string().contains("; ") && error.zh().contains(';'), "{error}");
        }
        if !passage.is_empty() {
            assert_eq!(error.place(), Some(place_of(&text, passage)), "{error}");
        }
    }
}

/// The second city's file with an interpretation.
fn with_interpretation(options: &str, default: &str) -> String {
    let options = format!("options = [{options}]\ndefault = \"{default}\"");
    let asked = "id = \"start\"\ncite = \"A12\"\nzh = \"自何时?\"\nen = \"From when?\"";
    with("[classification]\n", &format!("[[interpretations]]\n{asked}\n{options}\n\n[classification]\n"))
}

#[test]
fn every_other_fault_keeps_its_languages_apart() {
    let option = |id: &str| format!("{{ id = \"{id}\", zh = \"选项\", en = \"option\" }}");
    let two = format!("{},\n{}", option("one"), option("two"));
    let step = "id = \"x\"\ncite = \"A4\"\nwhen = \"always\"\nzh = \"步\"\nen = \"Step\"\n";
    let step = format!("[[classification.requires]]\n{step}");
    let ground = |when: &str| with("when = \"timely\"", &format!("when = \"{when}\""));
    let conditions = ["", "a b", "or a", "any a", "all()", "(a", "a)", "a = ", "a !", "interpretation.start", "事实"];
    let mut files: Vec<String> = conditions.into_iter().map(ground).collect();
    files.extend([
        with("v = 1", "v = ="),
        with("id = \"second-city\"", "id = \"Second City\""),
        with("conditional = { zh = \"受限开放\", en = \"restricted\" }", ""),
        with("zh = \"谁同意?\"", "zh = \"\""),
        with_rule(&SECOND_RELIEF.replace("permits", "yields_to = [\"none\"]\npermits")),
        with_rule(&SECOND_RELIEF.replace("some_consent", "treatment")),
        with_rule(&step.repeat(2)),
        with_interpretation(&option("one"), "one"),
        with_interpretation(&two, "three"),
        with_interpretation(&format!("{two},\n{}", option("one")), "one"),
        with_interpretation(&two.replace("two", "Two"), "one"),
        with_interpretation(&two, "one").replace("when = \"timely\"", "when = \"interpretation.start = four\""),
    ]);
    for file in files {
        languages::keep_apart(&Policy::parse(&file).expect_err(&file), &file);
    }

    let with_reading = Policy::parse(&with_interpretation(&two, "one")).unwrap();
    let at = "2024-06-03".parse().unwrap();
    let of_facts = |json| second_city().classify(&facts(json), at).unwrap_err();
    let errors: [kaifang::Error; 10] = [
        with_reading.with_interpretation("begin", "one").unwrap_err().into(),
        with_reading.with_interpretation("start", "four").unwrap_err().into(),
        Policy::builtin("shanghai").unwrap_err().into(),
        Policy::load("/nonexistent/policy.toml").unwrap_err().into(),
        second_city().classify(&Facts::new(), "2024-04-30".parse().unwrap()).unwrap_err(),
        of_facts(r#"{"weather": true}"#),
        of_facts(r#"{"timely": "yes"}"#),
        of_facts(r#"{"consent": "none"}"#),
        Facts::from_json(r#"{"timely": 1}"#).unwrap_err(),
        Facts::from_json("[]").unwrap_err(),
    ];
    let file = format!("{SECOND_CITY}\n{}\n{XIAN}\nweather", with_interpretation(&two, "one"));
    for error in &errors {
        languages::keep_apart(error, &file);
    }
}

#[test]
fn reliefs_that_can_not_hold_together_need_no_order() {
    let apart = SECOND_RELIEF.replace("consent = some", "consent = some and not treated");
    assert!(Policy::parse(&with_rule(&apart)).is_ok());
    let ordered = SECOND_RELIEF.replace("permits", "yields_to = [\"treatment\"]\npermits");
    assert!(Policy::parse(&with_rule(&ordered)).is_ok());
}

#[test]
fn too_many_facts_are_refused_before_anything_is_built() {
    let fact = |index: usize| {
        format!(
            "[[classification.facts]]\nid = \"f{index}\"\ndomain = \"bool\"\nanswered_by = \"platform\"\nzh = \"问?\"\nen = \"?\"\nevidence = {{ zh = \"证\", en = \"e\" }}\n"
        )
    };
    let text = with_rule(&(0..64).map(fact).collect::<String>());
    let error = Policy::parse(&text).unwrap_err();
    assert!(matches!(error, PolicyError::Limit { limit: 64, .. }));
    languages::keep_apart(&error, "");
}

#[test]
fn what_is_out_of_scope_counts_among_the_denials() {
    let rule = |table: &str, id: usize| {
        format!("{table}\nid = \"d{id}\"\ncite = \"A8\"\nwhen = \"registered\"\nzh = \"拒绝。\"\nen = \"Denied.\"\n\n")
    };
    // The second city has two denials of its own.
    let file = |more: usize, scope: bool| {
        let denials: String = (0..more).map(|id| rule("[[access.denials]]", id)).collect();
        let scope = if scope { rule("[access.out_of_scope]", 99) } else { String::new() };
        Policy::parse(&with("[[deadlines]]", &format!("{scope}{denials}[[deadlines]]")))
    };
    for policy in [file(62, false), file(61, true)] {
        let case = facts(r#"{"registered": true, "openness": "closed"}"#);
        let answer = policy.unwrap().decide(&case, "2024-06-03".parse().unwrap()).unwrap();
        assert!(!answer.permit && !answer.denials.is_empty());
    }
    for policy in [file(63, false), file(62, true)] {
        assert!(matches!(policy.unwrap_err(), PolicyError::Limit { limit: 64, .. }));
    }
}

#[test]
fn a_definition_with_a_denials_name_does_not_take_its_place_on_the_page() {
    let definition = "[[access.definitions]]\nid = \"closed\"\nwhen = \"openness = open\"\n\n[[access.denials]]";
    let page = Policy::parse(&with("[[access.denials]]", definition)).unwrap().page().unwrap();
    let denials: Vec<_> = page.denials.iter().map(|rule| (rule.id.as_str(), rule.cite.as_deref())).collect();
    assert_eq!(denials, [("closed", Some("A9")), ("not_registered", Some("A8"))]);
}

#[test]
fn a_large_file_loads_in_time_wherever_its_conditions_stand() {
    let facts = "[[classification.facts]]\nid = \"c\"\ndomain = [\"x\", \"y\"]\nanswered_by = \"platform\"\nzh = \"问?\"\nen = \"?\"\nevidence = { zh = \"证\", en = \"e\" }\n\n";
    let tests = vec!["c=x"; 1000].join(",");
    let definition = |id| format!("[[classification.definitions]]\nid = \"d{id}\"\nwhen = \"any({tests})\"\n\n");
    let rules = with_rule(&format!("{facts}{}", (0..60).map(definition).collect::<String>()));
    let comment = format!("# {}\n", "x".repeat(700_000));
    let (first, last) = (format!("{comment}{rules}"), format!("{rules}{comment}"));
    let load = |text: &str| {
        let start = std::time::Instant::now();
        assert!(Policy::parse(text).is_ok());
        start.elapsed()
    };
    let best = |text: &str| (0..3).map(|_| load(text)).min().unwrap();
    // 60,000 tests: a walk from the file's start for each takes the first file six times as long.
    let (first, last) = (best(&first), best(&last));
    assert!(first < last * 3, "{first:?} with the comment first, {last:?} with it last");
}

#[test]
fn a_policy_that_would_blow_up_is_refused_in_time() {
    // With the tests of each pair far apart, the diagram of (f0 = f30) and (f1 = f31) and … doubles with each pair.
    let fact = |index: usize| {
        format!(
            "[[classification.facts]]\nid = \"f{index}\"\ndomain = \"bool\"\nanswered_by = \"platform\"\nzh = \"问?\"\nen = \"?\"\nevidence = {{ zh = \"证\", en = \"e\" }}\n"
        )
    };
    let pair = |index: usize| format!("all(f{index}, f{0}) or all(not f{index}, not f{0})", index + 30);
    let pairs: Vec<String> = (0..30).map(pair).map(|pair| format!("({pair})")).collect();
    let facts = (0..60).map(fact).collect::<String>();
    let text = with_rule(&facts).replace("when = \"timely\"", &format!("when = \"{}\"", pairs.join(" and ")));
    let error = Policy::parse(&text).unwrap_err();
    assert!(matches!(error, PolicyError::Limit { .. }));
    languages::keep_apart(&error, "");
}

#[test]
fn a_policy_that_is_not_there_is_named_by_kind() {
    assert_eq!(Policy::load("/nonexistent/policy.toml").unwrap_err().code(), "KF-POLICY-02");
    assert_eq!(Policy::builtin("shanghai").unwrap_err().code(), "KF-POLICY-01");
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/second-city.toml");
    assert_eq!(Policy::load(path).unwrap().hash(), second_city().hash());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_damage_to_a_file_panics(at in 0..SECOND_CITY.len(), length in 0usize..40, put in "[a-z=\"\\[\\]\n ]{0,6}") {
        let (mut start, mut end) = (at, (at + length).min(SECOND_CITY.len()));
        while !SECOND_CITY.is_char_boundary(start) { start -= 1; }
        while !SECOND_CITY.is_char_boundary(end) { end += 1; }
        let _ = Policy::parse(&format!("{}{put}{}", &SECOND_CITY[..start], &SECOND_CITY[end..]));
    }
}
