//! Small vocabularies for what has no grammar: illnesses, levels of education, values that stand for "nothing".

/// Ends of the names of illnesses and disabilities.
const ILLNESS: &[&str] = &[
    "病",
    "症",
    "炎",
    "癌",
    "瘤",
    "高血压",
    "低血压",
    "骨折",
    "感染",
    "障碍",
    "残疾",
    "综合征",
    "结石",
    "卒中",
    "中风",
    "结核",
    "感冒",
    "脱位",
    "溃疡",
    "出血",
    "梗死",
    "梗塞",
    "哮喘",
    "痴呆",
    "贫血",
    "肝硬化",
    "扭伤",
    "肥大",
    "增生",
    "突出",
    "衰竭",
    "抑郁",
];

/// The text names an illness.
pub(super) fn is_illness(text: &str) -> bool {
    let length = text.chars().count();
    (2..=20).contains(&length) && ILLNESS.iter().any(|end| text.ends_with(end)) || is_icd(text)
}

/// A code of ICD-10: `I10`, `E11.9`, `S52.501`.
fn is_icd(text: &str) -> bool {
    let (head, tail) = text.split_once('.').unwrap_or((text, "0"));
    let mut chars = head.chars();
    head.len() == 3
        && chars.next().is_some_and(|c| c.is_ascii_uppercase())
        && chars.all(|c| c.is_ascii_digit())
        && (1..=4).contains(&tail.len())
        && tail.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

const EDUCATION: &[&str] = &[
    "文盲",
    "小学",
    "初中",
    "高中",
    "中专",
    "中技",
    "职高",
    "技校",
    "大专",
    "专科",
    "本科",
    "大学",
    "大学本科",
    "大学专科",
    "硕士",
    "博士",
    "研究生",
    "硕士研究生",
    "博士研究生",
    "学士",
    "普通高中",
    "中等专科",
];

/// The text is a level of education.
pub(super) fn is_education(text: &str) -> bool {
    EDUCATION.contains(&text) || text.strip_suffix(['生', '及']).is_some_and(|head| EDUCATION.contains(&head))
}

/// The text stands for an absent value.
pub(super) fn is_placeholder(text: &str) -> bool {
    matches!(
        text,
        "" | "\\N"
            | "\\n"
            | "-"
            | "--"
            | "—"
            | "——"
            | "/"
            | "\\"
            | "无"
            | "空"
            | "暂无"
            | "不详"
            | "N/A"
            | "[redacted]"
    ) || ["null", "none", "nan", "na"].iter().any(|word| text.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn illnesses_are_told_from_other_words() {
        for word in ["高血压", "2型糖尿病", "肺炎", "I10", "E11.9"] {
            assert!(is_illness(word), "{word}");
        }
        for word in ["无", "雁塔区", "A1", "I1000", "97542.0", "病"] {
            assert!(!is_illness(word), "{word}");
        }
    }
}
