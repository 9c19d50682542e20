//! 手机号: eleven digits that begin with 1 and 3–9, with or without the country code 86.
//!
//! Segments are assigned anew now and then, so none of them is refused. Canonical form: the eleven digits.

use std::borrow::Cow;

use super::fold;

fn is_mobile(digits: &[u8]) -> bool {
    let Ok([first, second, rest @ ..]) = <&[u8; 11]>::try_from(digits) else { return false };
    *first == b'1' && (b'3'..=b'9').contains(second) && rest.iter().fold(true, |all, byte| all & byte.is_ascii_digit())
}

pub(super) fn canonical(value: &str) -> Option<Cow<'_, str>> {
    if is_mobile(value.as_bytes()) {
        return Some(Cow::Borrowed(value));
    }
    let folded = fold::code(value);
    let number = folded.trim_start_matches('+');
    let number = match number.len() {
        11 => number,
        13 => number.strip_prefix("86")?,
        15 => number.strip_prefix("0086")?,
        _ => return None,
    };
    is_mobile(number.as_bytes()).then(|| Cow::Owned(number.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn every_usual_spelling_is_one_number() {
        for spelling in [
            "13900001111",
            "139 0000 1111",
            "139-0000-1111",
            "+8613900001111",
            "0086 13900001111",
            "１３９００００１１１１",
        ] {
            assert_eq!(canonical(spelling).as_deref(), Some("13900001111"), "{spelling}");
        }
    }

    #[test]
    fn other_digits_are_no_mobile_number() {
        for bad in ["12900001111", "1390000111", "139000011112", "139****1111", "2390000111１", "***********"] {
            assert_eq!(canonical(bad), None, "{bad}");
        }
    }
}
