//! 机动车号牌 (GA 36): the character of a province, a letter, five or (new energy) six characters without I and O.
//!
//! Canonical form: upper case, without the dot that plates show.

use std::borrow::Cow;

use super::fold;

const PROVINCES: &str = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼";
/// The last character of plates for learners, police, trailers, Hong Kong, Macao and consulates.
const SPECIAL: &str = "学警挂港澳领";

/// A plate in the canonical form.
fn is_plate(text: &str) -> bool {
    let mut chars = text.chars();
    let office =
        chars.next().is_some_and(|c| PROVINCES.contains(c)) && chars.next().is_some_and(|c| c.is_ascii_uppercase());
    let plain = |c: char| c.is_ascii_digit() || (c.is_ascii_uppercase() && !matches!(c, 'I' | 'O'));
    let last = chars.next_back().is_some_and(|last| plain(last) || SPECIAL.contains(last));
    let (mut length, mut digits) = (0, 0);
    for c in chars {
        if !plain(c) {
            return false;
        }
        length += 1;
        digits += u32::from(c.is_ascii_digit());
    }
    office && last && matches!(length, 4 | 5) && digits >= 2
}

pub(super) fn canonical(value: &str) -> Option<Cow<'_, str>> {
    if is_plate(value) {
        return Some(Cow::Borrowed(value));
    }
    let mut folded = fold::code(value).into_owned();
    folded.retain(|c| !matches!(c, '·' | '.' | '•'));
    is_plate(&folded).then_some(Cow::Owned(folded))
}

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn plates_are_told_from_other_codes() {
        assert_eq!(canonical("陕a·12345").as_deref(), Some("陕A12345"));
        assert_eq!(canonical("陕AAB123").as_deref(), Some("陕AAB123"));
        assert_eq!(canonical("陕AD12345").as_deref(), Some("陕AD12345"));
        assert_eq!(canonical("粤Z1234港").as_deref(), Some("粤Z1234港"));
        for bad in ["陕A1234", "陕112345", "张A12345", "陕AABCDE", "陕AABC12", "A12345", "陕AO2345"] {
            assert_eq!(canonical(bad), None, "{bad}");
        }
    }
}
