//! 婚姻状况: the codes of GB/T 2261.2-2003 and the words in use. Canonical form: the code of two digits.
//!
//! Codes of one digit differ from system to system and are not read.

use super::fold;

/// Code, name, and other words.
const TABLE: [(&str, &str, &[&str]); 8] = [
    ("10", "未婚", &["单身", "single", "unmarried"]),
    ("20", "已婚", &["有配偶", "married"]),
    ("21", "初婚", &["初婚有配偶"]),
    ("22", "再婚", &["再婚有配偶"]),
    ("23", "复婚", &["复婚有配偶"]),
    ("30", "丧偶", &["widowed"]),
    ("40", "离婚", &["离异", "divorced"]),
    ("90", "未说明的婚姻状况", &["未说明"]),
];

pub(super) fn canonical(value: &str) -> Option<&'static str> {
    let folded = fold::text(value);
    let meant = |words: &[&str]| words.iter().any(|word| folded.eq_ignore_ascii_case(word));
    TABLE.iter().find(|(code, name, words)| *code == folded || *name == folded || meant(words)).map(|(code, ..)| *code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_codes_agree() {
        for (code, name, words) in TABLE {
            for spelling in [&[code, name], words].concat() {
                assert_eq!(canonical(spelling), Some(code), "{spelling}");
            }
        }
        assert_eq!(canonical(" ２０ "), Some("20"));
        assert_eq!(canonical("Married"), Some("20"));
    }

    #[test]
    fn of_all_short_codes_eight_are_in_the_standard() {
        let codes = (0..1000).flat_map(|number| [format!("{number}"), format!("{number:02}"), format!("{number:03}")]);
        let valid: std::collections::BTreeSet<String> = codes.filter(|code| canonical(code).is_some()).collect();
        assert_eq!(valid.into_iter().collect::<Vec<_>>(), ["10", "20", "21", "22", "23", "30", "40", "90"]);
        for bad in ["", "婚", "已婚?", "同居"] {
            assert_eq!(canonical(bad), None, "{bad}");
        }
    }
}
