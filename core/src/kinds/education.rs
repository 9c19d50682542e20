//! 学历: the codes of GB/T 4658-2006 and the words in use. Canonical form: the code of two digits; its first digit with
//! a zero is the level (`21` 大学本科毕业 is of `20`).
//!
//! A word for a level alone is the level (`本科` is `20`); where the standard has no code for it, the one of those who
//! graduated (`博士` is `11`, `中专` is `41`). `大学` without more is read as undergraduate study.

use super::fold;

/// Code, name, and other words.
const TABLE: [(&str, &str, &[&str]); 40] = [
    ("10", "研究生教育", &["研究生"]),
    ("11", "博士研究生毕业", &["博士", "博士研究生", "博士毕业"]),
    ("12", "博士研究生结业", &["博士结业"]),
    ("13", "博士研究生肄业", &["博士肄业"]),
    ("14", "硕士研究生毕业", &["硕士", "硕士研究生", "硕士毕业"]),
    ("15", "硕士研究生结业", &["硕士结业"]),
    ("16", "硕士研究生肄业", &["硕士肄业"]),
    ("17", "研究生班毕业", &["研究生班"]),
    ("18", "研究生班结业", &[]),
    ("19", "研究生班肄业", &[]),
    ("20", "大学本科教育", &["大学本科", "本科", "大学"]),
    ("21", "大学本科毕业", &["本科毕业", "学士"]),
    ("22", "大学本科结业", &["本科结业"]),
    ("23", "大学本科肄业", &["本科肄业"]),
    ("28", "大学普通班毕业", &["大学普通班"]),
    ("30", "大学专科教育", &["大学专科", "专科", "大专", "高职", "专科教育"]),
    ("31", "大学专科毕业", &["专科毕业", "大专毕业"]),
    ("32", "大学专科结业", &["专科结业", "大专结业"]),
    ("33", "大学专科肄业", &["专科肄业", "大专肄业"]),
    ("40", "中等职业教育", &["中等职业", "中职"]),
    ("41", "中等专科毕业", &["中专", "中等专科", "中等专业学校", "中专毕业"]),
    ("42", "中等专科结业", &["中专结业"]),
    ("43", "中等专科肄业", &["中专肄业"]),
    ("44", "职业高中毕业", &["职高", "职业高中", "职高毕业"]),
    ("45", "职业高中结业", &["职高结业"]),
    ("46", "职业高中肄业", &["职高肄业"]),
    ("47", "技工学校毕业", &["技校", "技工学校", "中技", "技校毕业"]),
    ("48", "技工学校结业", &["技校结业"]),
    ("49", "技工学校肄业", &["技校肄业"]),
    ("60", "普通高级中学教育", &["高中", "普通高中", "高级中学"]),
    ("61", "普通高中毕业", &["高中毕业"]),
    ("62", "普通高中结业", &["高中结业"]),
    ("63", "普通高中肄业", &["高中肄业"]),
    ("70", "初级中学教育", &["初中", "初级中学"]),
    ("71", "初中毕业", &[]),
    ("73", "初中肄业", &[]),
    ("80", "小学教育", &["小学"]),
    ("81", "小学毕业", &[]),
    ("83", "小学肄业", &[]),
    ("90", "其他", &["文盲", "半文盲", "文盲或半文盲", "文盲半文盲"]),
];

pub(super) fn canonical(value: &str) -> Option<&'static str> {
    let folded = fold::text(value);
    TABLE
        .iter()
        .find(|(code, name, words)| *code == folded || *name == folded || words.contains(&&*folded))
        .map(|(code, ..)| *code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_codes_agree_and_none_means_two() {
        let mut seen = std::collections::BTreeSet::new();
        for (code, name, words) in TABLE {
            for spelling in [&[code, name], words].concat() {
                assert_eq!(canonical(spelling), Some(code), "{spelling}");
                assert!(seen.insert(spelling), "{spelling}");
            }
        }
        assert_eq!(canonical(" 本科 "), Some("20"));
    }

    #[test]
    fn the_codes_are_those_of_the_standard() {
        let codes = (0..1000).flat_map(|number| [format!("{number}"), format!("{number:02}"), format!("{number:03}")]);
        let valid: std::collections::BTreeSet<String> = codes.filter(|code| canonical(code).is_some()).collect();
        let standard = "10 11 12 13 14 15 16 17 18 19 20 21 22 23 28 30 31 32 33 40 41 42 43 44 45 46 47 48 49 60 61 62 63 \
                        70 71 73 80 81 83 90";
        assert_eq!(valid.into_iter().collect::<Vec<_>>().join(" "), standard);
        for bad in ["", "大学生", "50", "博士后", "无", "MBA"] {
            assert_eq!(canonical(bad), None, "{bad}");
        }
    }
}
