//! Whether the texts of an error keep to their languages, shared by the tests that provoke errors.

use kaifang::error::Explain;

/// Words that stand for themselves in either language: those of conditions and of TOML, keys that a file need not have,
/// and the placeholders in what to write.
const NOTATION: &str = "and or not any all always true false null a b interpretation NAME OPTION TOML JSON \
    permitted live properties provisions no_rule yields_to labels default unknown_facts otherwise confirm_in_force";

/// An error about a file, or about facts of its policy, keeps its languages apart.
pub(crate) fn keep_apart(error: &dyn Explain, file: &str) {
    let (zh, en) = (error.zh(), error.to_string());
    assert_eq!(slip(&zh, &en, file), None, "{zh} / {en}");
}

/// What is in the wrong language. The Chinese text has no word but names: of the file, of the notation, or quoted. The
/// English text has no character of Chinese but in a quotation.
fn slip(zh: &str, en: &str, file: &str) -> Option<String> {
    if !zh.chars().any(is_chinese) {
        return Some(zh.to_owned());
    }
    if let Some(c) = unquoted(en).chars().find(|c| is_chinese(*c)) {
        return Some(c.to_string());
    }
    let own = unquoted(zh);
    let names = names(file);
    let is_name = |word: &str| {
        let place = word.trim_start_matches('A').starts_with(|c: char| c.is_ascii_digit());
        place || NOTATION.split(' ').any(|known| known == word) || names.contains(&word)
    };
    if let Some(word) = words(&own).find(|word| !is_name(word)) {
        return Some(word.to_owned());
    }
    let parts: Vec<&str> = own.split(' ').collect();
    parts.windows(2).find(|pair| pair.iter().all(|part| is_lower_case(part))).map(|pair| pair.join(" "))
}

fn is_chinese(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ffef}')
}

fn is_lower_case(part: &str) -> bool {
    !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    words.filter(|word| !word.is_empty())
}

/// The text without what stands in quotation marks of any kind.
fn unquoted(text: &str) -> String {
    [('`', '`'), ('“', '”'), ('"', '"')].iter().fold(text.to_owned(), |text, (open, close)| {
        let mut rest = text.as_str();
        let mut out = String::new();
        while let Some((before, quoted)) = rest.split_once(*open) {
            out += before;
            rest = quoted.split_once(*close).unwrap_or_else(|| panic!("{text} has an open quotation")).1;
        }
        out + rest
    })
}

/// A file's keys and ids: its words, but those in its texts and comments.
fn names(file: &str) -> Vec<&str> {
    let texts = ["#", "zh =", "en ="];
    let lines = file.lines().filter(|line| !texts.iter().any(|text| line.starts_with(text)));
    lines.flat_map(|line| words(line.split(" zh =").next().unwrap())).collect()
}

#[test]
fn a_slip_into_the_other_language_is_found() {
    let file = "# a comment\n[section]\nid = \"timely\"\nen = \"Closed.\"";
    assert_eq!(slip("timely 未声明;原文为“did you mean”", "timely is not declared, in `第一条`", file), None);
    for (zh, en, found) in [
        ("timely 未声明;declare it", "timely", "declare"),
        ("fact 的标识不合规", "timely", "fact"),
        ("Closed 未声明", "timely", "Closed"),
        ("comment 未声明", "timely", "comment"),
        ("timely section 未声明", "timely", "timely section"),
        ("timely", "timely", "timely"),
        ("未声明", "timely 未声明", "未"),
    ] {
        assert_eq!(slip(zh, en, file).as_deref(), Some(found), "{zh} / {en}");
    }
}
