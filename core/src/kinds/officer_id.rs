//! 军官证号 and the like (文职干部证, 士官证, 警官证 of the armed police): `军字第12345678号`.
//!
//! There is no public standard. Read are one or two characters, `字第`, and 4 to 8 digits, with or without `号` after
//! them; and, where the character is one of those that services and regions are known to use, the plain spellings
//! (`军12345678`, `军字12345678`) with 6 to 8 digits. Canonical form: `军字第12345678号`.

use std::borrow::Cow;

use super::{fold, person_name};

/// Characters of services, theatres and former regions, departments and ranks that stand on these documents.
const KNOWN: &str = "军文士武警海空火炮联参政后装北沈兰济南广成东西中义学";

pub(super) fn canonical(value: &str) -> Option<Cow<'_, str>> {
    let folded = fold::text(value);
    let tidy: Cow<'_, str> = if folded.contains([' ', '-', '\t']) {
        Cow::Owned(folded.chars().filter(|c| !matches!(c, ' ' | '-' | '\t')).collect())
    } else {
        folded
    };
    let start = tidy.find(|c: char| c.is_ascii_digit())?;
    let (head, rest) = tidy.split_at_checked(start)?;
    let digits = rest.strip_suffix('号').unwrap_or(rest);
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (series, least) = match head.strip_suffix("字第") {
        Some(series) => (series, 4),
        None => (head.strip_suffix('字').unwrap_or(head), 6),
    };
    let known = least == 4 || series.chars().all(|c| KNOWN.contains(c));
    let valid = (1..=2).contains(&series.chars().count()) && series.chars().all(person_name::is_han) && known;
    if !valid || !(least..=8).contains(&digits.len()) {
        return None;
    }
    if least == 4 && rest.len() > digits.len() {
        return Some(tidy);
    }
    Some(Cow::Owned(format!("{series}字第{digits}号")))
}

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn every_usual_spelling_is_one_number() {
        for spelling in [
            "军字第12345678号",
            "军字第12345678",
            "军字第 12345678 号",
            "军字12345678",
            "军12345678",
            "军 12345678号",
            "军字第１２３４５６７８号",
        ] {
            assert_eq!(canonical(spelling).as_deref(), Some("军字第12345678号"), "{spelling}");
        }
        for (spelling, form) in [
            ("士字第0012345号", "士字第0012345号"),
            ("南政字第1234号", "南政字第1234号"),
            ("文字第2012345", "文字第2012345号"),
        ] {
            assert_eq!(canonical(spelling).as_deref(), Some(form));
        }
    }

    #[test]
    fn other_numbers_are_refused() {
        for bad in [
            "",
            "12345678",
            "字第12345678号",
            "军字第123号",
            "军字第123456789号",
            "军12345",
            "张12345678",
            "陕A12345",
            "京公网字第1234号",
            "军字第1234567A号",
            "军字第号",
            "A字第12345678号",
        ] {
            assert_eq!(canonical(bad), None, "{bad}");
        }
    }
}
