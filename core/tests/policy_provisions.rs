//! Coverage and copies of the text: an invented instrument of the invented city, and the bundled policy's provisions.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

mod languages;

use std::collections::BTreeSet;

use kaifang::error::Explain as _;
use kaifang::policy::{MarkFault, ParagraphState, Policy, PolicyCheck, PolicyError, RuleKind, TextCheck};
use proptest::prelude::*;

const SECOND_CITY: &str = include_str!("data/second-city.toml");
const XIAN: &str = include_str!("../policies/xian-2022-013.toml");

/// The invented instrument. Its A6 has a permitted variant.
const LAW: &[(&str, &str)] = &[
    ("A1", "为了让数据走出柜子,定下本办法。"),
    ("A2", "本市之内,都照此办。"),
    ("A3", "没有查清的,等查清了再说。"),
    ("A4", "没有理由关着的,就开着。"),
    ("A5.1", "藏着个人私事的,要当事人都点头。"),
    ("A5.2", "点头要写下来(签字或者盖章)。"),
    ("A6", "天天在变的数据,天天来取;取法有限。"),
    ("A7", "下列处理算数:"),
    ("A7(1)", "抹掉;"),
    ("A7(2)", "换成别的;"),
    ("A7(3)", "合在一起,分不出谁是谁。"),
    ("A8.1", "取受限数据的人先登记:"),
    ("A8.1(1)", "姓名“全称”;"),
    ("A8.1(2)", "用处。"),
    ("A8.2", "登记一年有效。"),
    ("A9", "关着的,谁也不给。"),
    ("A10", "各单位自己管好自己。"),
    ("A11", "管不好的,上面来管。"),
    ("A12", "有人来问,5天之内要答。"),
];
const A6_VARIANT: &str = "天天在变的数据,天天来取;取灋有限。";
/// What no rule of the second city cites.
const NO_RULE: &[&str] = &["A1", "A2", "A5.1", "A5.2", "A8.1", "A8.1(1)", "A8.1(2)", "A8.2", "A10", "A11"];

/// The definition, plainly: widths folded by their code points, white space left out.
fn fingerprint(text: &str) -> String {
    let narrow = |c: char| match c {
        '\u{3000}' => ' ',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap(),
        other => other,
    };
    let text: String = text.chars().map(narrow).filter(|c| *c != ' ').collect();
    kaifang::crypto::sha256(text.as_bytes()).to_string().replace("sha256:", "")
}

fn provision(id: &str, text: &str) -> String {
    let mut fingerprints = format!("\"{}\"", fingerprint(text));
    if id == "A6" {
        fingerprints += &format!(", \"{}\"", fingerprint(A6_VARIANT));
    }
    let no_rule = if NO_RULE.contains(&id) { "no_rule = { zh = \"不问\", en = \"Asks nothing.\" }\n" } else { "" };
    format!(
        "\n[[provisions]]\nid = \"{id}\"\nfingerprints = [{fingerprints}]\nzh = \"条\"\nen = \"Of {id}.\"\n{no_rule}"
    )
}

fn policy() -> Policy {
    let provisions: String = LAW.iter().map(|(id, text)| provision(id, text)).collect();
    Policy::parse(&format!("{SECOND_CITY}\n{provisions}")).unwrap()
}

/// Article, paragraph (1 where there is no number) and item (0) of an id.
fn parts(id: &str) -> (usize, usize, usize) {
    let id = id.strip_prefix('A').unwrap();
    let (id, item) = id.split_once('(').map_or((id, 0), |(id, item)| (id, item.trim_end_matches(')').parse().unwrap()));
    let (article, paragraph) = id.split_once('.').unwrap_or((id, "1"));
    (article.parse().unwrap(), paragraph.parse().unwrap(), item)
}

const NUMBERS: [&str; 13] = ["零", "一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二"];

/// The instrument written down: a heading before each first paragraph, a marker before each item.
fn written<'a>(law: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut out = String::from("某市公告\n\n现予公布:\n");
    let mut last = 0;
    for (id, text) in law {
        let (article, _, item) = parts(id);
        if article != last {
            out += &format!("\n第{}条 ", NUMBERS[article]);
            last = article;
        }
        if item > 0 {
            out += &format!("({})", NUMBERS[item]);
        }
        out += &format!("{text}\n");
    }
    out
}

fn check(text: &str) -> TextCheck {
    let check = policy().check_text(text).unwrap();
    let state = |state| check.paragraphs.iter().filter(|paragraph| paragraph.state == state).count() as u32;
    let counted = [ParagraphState::Same, ParagraphState::Differs, ParagraphState::Missing, ParagraphState::Extra];
    assert_eq!(counted.map(state), [check.same, check.differs, check.missing, check.extra]);
    assert_eq!((check.same + check.differs + check.missing) as usize, LAW.len());
    check
}

/// What is not the same, in the answer's order.
fn named(text: &str) -> Vec<(String, ParagraphState)> {
    let check = check(text);
    let other = check.paragraphs.into_iter().filter(|paragraph| paragraph.state != ParagraphState::Same);
    other.map(|paragraph| (paragraph.id, paragraph.state)).collect()
}

fn names<const N: usize>(expected: [(&str, ParagraphState); N]) -> Vec<(String, ParagraphState)> {
    expected.map(|(id, state)| (id.to_owned(), state)).to_vec()
}

#[test]
fn a_rule_covers_what_it_cites_and_the_items_of_it_but_no_other_paragraph() {
    let coverage = policy().coverage();
    let rules = |id: &str| {
        let provision = coverage.iter().find(|provision| provision.id == id).unwrap();
        provision.rules.iter().map(|rule| (rule.kind, rule.id.as_str())).collect::<Vec<_>>()
    };
    assert_eq!(rules("A3"), [(RuleKind::Unknown, "unknown_facts")]);
    assert_eq!(rules("A4"), [(RuleKind::Otherwise, "otherwise")]);
    assert_eq!(rules("A6"), [(RuleKind::Ground, "timely_data")]);
    for id in ["A7", "A7(1)", "A7(2)", "A7(3)"] {
        assert_eq!(rules(id), [(RuleKind::Relief, "treatment")], "{id}");
    }
    assert_eq!(rules("A9"), [(RuleKind::Denial, "closed")]);
    assert_eq!(rules("A12"), [(RuleKind::Deadline, "complaint_reply")]);
    let without: Vec<&str> =
        coverage.iter().filter(|provision| provision.rules.is_empty()).map(|provision| provision.id.as_str()).collect();
    assert_eq!(without, NO_RULE, "an article of several paragraphs is cited as a whole, which covers none of them");
    assert!(coverage.iter().all(|provision| provision.covered() && provision.gloss.zh == "条"));
    assert!(policy().check(None).unwrap().ok);
}

#[test]
fn a_provision_with_neither_rule_nor_reason_is_uncovered() {
    let provisions: String = LAW.iter().map(|(id, text)| provision(id, text)).collect();
    let text =
        format!("{SECOND_CITY}\n{}", provisions.replacen("no_rule = { zh = \"不问\", en = \"Asks nothing.\" }", "", 1));
    let check = Policy::parse(&text).unwrap().check(None).unwrap();
    let uncovered: Vec<&str> =
        check.coverage.iter().filter(|provision| !provision.covered()).map(|provision| provision.id.as_str()).collect();
    assert_eq!((uncovered, check.ok, check.text), (vec!["A1"], false, None));
}

#[test]
fn the_right_copy_is_the_same_however_it_is_set() {
    let plain = written(LAW.iter().copied());
    let wide: String = plain
        .chars()
        .map(|c| if c.is_ascii_punctuation() { char::from_u32(c as u32 + 0xfee0).unwrap() } else { c })
        .collect();
    assert!(wide.contains('\u{ff0c}') && wide.contains('\u{ff08}') && !wide.contains(','));
    let mut arabic = plain.clone();
    for (number, chinese) in NUMBERS.iter().enumerate().rev() {
        arabic = arabic.replace(&format!("第{chinese}条"), &format!("第{number}条"));
    }
    let indented: String = plain.lines().map(|line| format!("\u{3000}\u{3000}{line}\u{3000}\n")).collect();
    let variants = [
        plain.clone(),
        wide,
        arabic,
        indented,
        plain.replace('\n', "\r\n"),
        format!("\u{feff}{plain}"),
        plain.replace("条 ", "条\u{3000}"),
        plain.replace("条 ", "条"),
        plain.replace("条 ", "条\n"),
        plain.replace('\n', "\n\n"),
        plain.replace("取法", "取灋"),
    ];
    for text in variants {
        let check = check(&text);
        assert!(check.ok && check.same as usize == LAW.len() && check.marks.is_empty(), "{text}\n{check:?}");
    }
}

#[test]
fn any_one_character_changed_names_its_paragraph_and_no_other() {
    for (id, text) in LAW {
        for (at, old) in text.char_indices() {
            for put in ["某", "", "&"] {
                let changed = format!("{}{put}{}", &text[..at], &text[at + old.len_utf8()..]);
                let law = LAW.iter().map(|(other, text)| (*other, if other == id { changed.as_str() } else { *text }));
                assert_eq!(named(&written(law)), names([(id, ParagraphState::Differs)]), "{changed}");
            }
        }
    }
}

#[test]
fn what_is_left_out_and_what_is_put_in_is_named() {
    let all = written(LAW.iter().copied());
    for (id, _) in LAW {
        // Without its heading line a paragraph takes the article with it, so whole articles and items are left out.
        let (article, paragraph, item) = parts(id);
        let inside = |other: &str| {
            let (a, p, i) = parts(other);
            if item > 0 { (a, p, i) == (article, paragraph, item) } else { a == article }
        };
        let left = named(&written(LAW.iter().copied().filter(|(other, _)| !inside(other))));
        let gone = LAW.iter().filter(|(other, _)| inside(other));
        let gone: Vec<_> = gone.map(|(other, _)| ((*other).to_owned(), ParagraphState::Missing)).collect();
        assert_eq!(left, gone, "without {id}");
    }
    for (put, id) in [("\n第六条 ", "A5.3"), ("\n第八条 ", "A7.2"), ("\n第二条 ", "A1.2")] {
        assert_eq!(named(&all.replace(put, &format!("并且都要快。\n{put}"))), names([(id, ParagraphState::Extra)]));
    }
    let after = format!("{all}某市,二月。\n第十三条 再说。\n(一)不再说。\n");
    let expected =
        [("A12.2", ParagraphState::Extra), ("A13", ParagraphState::Extra), ("A13(1)", ParagraphState::Extra)];
    assert_eq!(named(&after), names(expected));
    let check = check(&after);
    let glossed = check.paragraphs.iter().filter(|found| found.gloss.is_some()).count();
    assert_eq!((check.ok, glossed), (false, LAW.len()), "nobody has a gloss for what is extra");
}

#[test]
fn a_copy_that_repeats_or_swaps_its_headings_is_not_the_text() {
    let all = written(LAW.iter().copied());
    let twice = check(&all.replace("\n第十条", "\n第九条 关着的,也给。\n第十条"));
    let marks: Vec<_> = twice.marks.iter().map(|mark| (mark.id.as_str(), mark.fault)).collect();
    assert_eq!((twice.ok, marks), (false, vec![("A9", MarkFault::Twice)]));
    let extra: Vec<_> = twice.paragraphs.iter().filter(|found| found.state == ParagraphState::Extra).collect();
    assert_eq!((extra.len(), extra[0].id.as_str(), twice.same as usize), (1, "A9", LAW.len()));
    // The false one first: the right one is found all the same, and the false one named.
    let first = check(&all.replace("\n第九条", "\n第九条 关着的,也给。\n第九条"));
    assert_eq!((first.ok, first.same as usize, first.extra), (false, LAW.len(), 1));

    let swapped = check(&all.replace("第十条", "第X条").replace("第十一条", "第十条").replace("第X条", "第十一条"));
    let marks: Vec<_> = swapped.marks.iter().map(|mark| (mark.id.as_str(), mark.fault)).collect();
    assert_eq!((swapped.ok, marks), (false, vec![("A10", MarkFault::OutOfOrder)]));
    assert_eq!((swapped.differs, swapped.same as usize), (2, LAW.len() - 2));

    let marker = check(&all.replace("(一)姓名", "(二)姓名"));
    let marks: Vec<_> = marker.marks.iter().map(|mark| (mark.id.as_str(), mark.fault)).collect();
    assert_eq!((marker.ok, marks), (false, vec![("A8.1(2)", MarkFault::Twice)]));
    assert_eq!((marker.missing, marker.extra), (1, 1));
}

#[test]
fn a_copy_gives_the_fingerprints_that_a_policy_file_writes() {
    for found in check(&written(LAW.iter().copied())).paragraphs {
        let (_, text) = LAW.iter().find(|(id, _)| *id == found.id).unwrap();
        assert_eq!(found.fingerprint, Some(fingerprint(text)), "{}", found.id);
    }
}

#[test]
fn a_policy_without_provisions_covers_nothing_and_knows_no_text() {
    let policy = Policy::parse(SECOND_CITY).unwrap();
    assert_eq!(policy.coverage(), []);
    assert!(policy.check(None).unwrap().ok);
    let check = policy.check_text(&written(LAW.iter().copied())).unwrap();
    let ids: Vec<&str> = check.paragraphs.iter().map(|found| found.id.as_str()).collect();
    assert_eq!((check.ok, check.extra as usize), (false, LAW.len()));
    assert_eq!(ids, LAW.iter().map(|(id, _)| *id).collect::<Vec<_>>());
}

#[test]
fn what_is_no_text_of_a_law_is_an_error_in_both_languages() {
    let errors =
        [policy().check_text("").unwrap_err(), policy().check_text(&"第一条\n甲\n".repeat(200_000)).unwrap_err()];
    assert!(matches!(errors, [PolicyError::NoArticles, PolicyError::TextLimit { .. }]));
    for (error, code) in errors.iter().zip(["KF-POLICY-22", "KF-POLICY-23"]) {
        assert_eq!((error.code(), error.place()), (code, None));
        languages::keep_apart(error, "");
        assert!(error.to_string().contains("; give"));
    }
}

#[test]
fn checks_are_documents() {
    let check = policy().check(Some("第一条 甲。\n第一条 乙。")).unwrap();
    let json = serde_json::to_string(&check).unwrap();
    assert!(json.starts_with(r#"{"v":1,"policy":"second-city","hash":"sha256:"#), "{json}");
    assert_eq!(serde_json::from_str::<PolicyCheck>(&json).unwrap(), check);
}

#[test]
fn the_bundled_policy_lists_every_paragraph_once_and_covers_it() {
    let policy = Policy::builtin("xian-2022-013").unwrap();
    let coverage = policy.coverage();
    assert_eq!(coverage.len(), 73);
    let articles: BTreeSet<usize> = coverage.iter().map(|provision| parts(&provision.id).0).collect();
    assert_eq!(articles, (1..=40).collect());
    let places: Vec<_> = coverage.iter().map(|provision| parts(&provision.id)).collect();
    assert!(places.is_sorted(), "in the text's order");
    for provision in &coverage {
        assert!(provision.covered(), "{}", provision.id);
        let texts = [Some(&provision.gloss), provision.no_rule.as_ref()];
        for text in texts.into_iter().flatten() {
            assert!(text.en.is_ascii() && text.en.ends_with('.') && text.zh.ends_with('。'), "{}", provision.id);
        }
    }
    // What decides something has a rule, and what the policy waives has none.
    let ruled: Vec<&str> = coverage
        .iter()
        .filter(|provision| !provision.rules.is_empty())
        .map(|provision| provision.id.as_str())
        .collect();
    assert_eq!(
        ruled,
        [
            "A2", "A5", "A8.1", "A8.2", "A9.2", "A10", "A12", "A13", "A16", "A17.3", "A18.2", "A18.3", "A18.4",
            "A18.5", "A19.1", "A19.2", "A22.1", "A22.1(1)", "A22.1(2)", "A22.1(3)", "A22.1(4)", "A22.2", "A24",
            "A24(1)", "A24(2)", "A24(3)", "A24(4)", "A25.1", "A26", "A32(3)", "A32(4)", "A32(5)", "A35", "A40",
        ]
    );
}

#[test]
fn the_bundled_fingerprints_are_well_formed_and_nobody_elses() {
    let file: toml::Table = XIAN.parse().unwrap();
    let mut seen = BTreeSet::new();
    let mut variants = Vec::new();
    for provision in file["provisions"].as_array().unwrap() {
        let fingerprints = provision["fingerprints"].as_array().unwrap();
        for fingerprint in fingerprints {
            let fingerprint = fingerprint.as_str().unwrap();
            assert!(fingerprint.len() == 64 && fingerprint.bytes().all(|b| b"0123456789abcdef".contains(&b)));
            assert!(seen.insert(fingerprint), "{fingerprint}");
        }
        variants.extend((fingerprints.len() > 1).then(|| provision["id"].as_str().unwrap()));
    }
    assert_eq!((seen.len(), variants), (74, vec!["A29.2"]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_text_panics_and_only_the_text_is_the_text(
        text in "((第[一二三四五十百0-9]{1,3}条[ \u{3000}]?)|([(\u{ff08}][一二三十]{1,2}[)\u{ff09}])|[甲乙,\u{ff0c}。 ]|\r?\n){0,60}",
        cut in 0usize..400,
    ) {
        if let Ok(check) = policy().check_text(&text) {
            prop_assert!(!check.ok);
        }
        let all = written(LAW.iter().copied());
        let mut at = cut.min(all.len());
        while !all.is_char_boundary(at) { at -= 1; }
        // Put into the preamble it makes no difference, unless it opens an article there.
        if let Ok(check) = policy().check_text(&format!("{}{text}{}", &all[..at], &all[at..])) {
            prop_assert!(!check.ok || text.chars().all(char::is_whitespace) || at <= all.find("第一条").unwrap());
        }
    }
}
