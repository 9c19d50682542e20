//! 性别: the words in use and the codes of GB/T 2261.1. Canonical form: the code (`1` male, `2` female, `0` unknown,
//! `9` not stated).

use super::fold;

pub(super) fn canonical(value: &str) -> Option<&'static str> {
    let folded = fold::text(value);
    let is = |word: &str| folded.eq_ignore_ascii_case(word);
    Some(match &*folded {
        "男" | "男性" | "男姓" | "1" | "01" => "1",
        "女" | "女性" | "女姓" | "2" | "02" => "2",
        _ if is("m") || is("male") => "1",
        _ if is("f") || is("female") => "2",
        "0" | "00" | "未知" | "未知的性别" => "0",
        "9" | "09" | "未说明" | "未说明的性别" => "9",
        _ => return None,
    })
}

/// The value is a word for a sex, which says more than a code.
pub(crate) fn is_word(value: &str) -> bool {
    matches!(&*fold::text(value), "男" | "女" | "男性" | "女性")
}

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn words_and_codes_agree() {
        for (a, b) in [("男", "1"), ("女性", "2"), ("Male", "M"), ("０", "未知")] {
            assert_eq!(canonical(a), canonical(b));
        }
        assert_eq!(canonical("3"), None);
    }
}
