//! 机动车号牌 (GA 36): the character of a province, a letter, five or (new energy) six characters without I and O.
//!
//! Canonical form: upper case, without the dot that plates show.

use std::borrow::Cow;

use super::fold;

const PROVINCES: &str = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼";
/// The last character of plates for learners, police, trailers, Hong Kong, Macao and consulates.
const SPECIAL: &str = "学警挂港澳领";

pub(super) fn canonical(value: &str) -> Option<Cow<'_, str>> {
    let folded = fold::code(value);
    let folded =
        if folded.contains(['·', '.', '•']) { Cow::Owned(folded.replace(['·', '.', '•'], "")) } else { folded };
    let mut chars = folded.chars();
    let province = chars.next()?;
    let office = chars.next()?;
    let rest: Vec<char> = chars.collect();
    let (last, body) = rest.split_last()?;
    let plain = |c: &char| c.is_ascii_digit() || (c.is_ascii_uppercase() && !matches!(c, 'I' | 'O'));
    let valid = PROVINCES.contains(province)
        && office.is_ascii_uppercase()
        && matches!(rest.len(), 5 | 6)
        && body.iter().all(plain)
        && body.iter().filter(|c| c.is_ascii_digit()).count() >= 2
        && (plain(last) || SPECIAL.contains(*last));
    valid.then_some(folded)
}

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn plates_are_told_from_other_codes() {
        assert_eq!(canonical("陕a·12345").as_deref(), Some("陕A12345"));
        assert_eq!(canonical("陕AD12345").as_deref(), Some("陕AD12345"));
        assert_eq!(canonical("粤Z1234港").as_deref(), Some("粤Z1234港"));
        for bad in ["陕A1234", "陕112345", "张A12345", "陕AABCDE", "A12345", "陕AO2345"] {
            assert_eq!(canonical(bad), None, "{bad}");
        }
    }
}
