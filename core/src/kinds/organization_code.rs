//! 组织机构代码 (GB 11714): eight digits or letters and a check character, which the standard prints after a dash.
//!
//! Check character: weights 3, 7, 9, 10, 5, 8, 4, 2 over the values of the characters (A = 10 … Z = 35), the sum taken
//! from 11 modulo 11, ten written `X`. Eight zeros satisfy it and are refused: they stand for no code. Canonical form:
//! nine characters, upper case, without the dash, as a unified social credit code carries them.

use std::borrow::Cow;

use super::{Grade, fold};

const WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];

/// The value of a digit or a capital letter, with which check characters count.
pub(super) fn value_of(byte: u8) -> Option<u32> {
    match byte {
        b'0'..=b'9' => Some(u32::from(byte - b'0')),
        b'A'..=b'Z' => Some(u32::from(byte - b'A') + 10),
        _ => None,
    }
}

/// The check character for the first eight; `None` if they are not eight digits and capital letters.
///
/// ```
/// use kaifang::kinds::organization_code::check_digit;
/// assert_eq!(check_digit("D2143569"), Some('X')); // the example of GB 11714
/// ```
#[must_use]
pub fn check_digit(first_8: &str) -> Option<char> {
    (first_8.len() == 8).then(|| check(first_8.as_bytes())).flatten()
}

fn check(first_8: &[u8]) -> Option<char> {
    let mut sum = 0;
    for (byte, weight) in first_8.iter().zip(WEIGHTS) {
        sum += value_of(*byte)? * weight;
    }
    match (11 - sum % 11) % 11 {
        10 => Some('X'),
        digit => char::from_digit(digit, 10),
    }
}

fn graded(folded: &str) -> Option<Grade> {
    let (body, last) = folded.split_at_checked(8)?;
    let check = check_digit(body)?;
    let shape = last.len() == 1 && (last == "X" || last.bytes().all(|byte| byte.is_ascii_digit()));
    (shape && body != "00000000").then(|| Grade { checksum: Some(last.starts_with(check)), ..Grade::default() })
}

pub(super) fn grade(value: &str) -> Option<Grade> {
    graded(&fold::code(value))
}

pub(super) fn canonical(value: &str) -> Option<Cow<'_, str>> {
    let folded = fold::code(value);
    (graded(&folded)?.checksum == Some(true)).then_some(folded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The definition, slowly: the weighted sum and the check value together make a multiple of 11.
    fn slow_check(first_8: &str) -> char {
        let weights = [3, 7, 9, 10, 5, 8, 4, 2];
        let sum: u32 = first_8.chars().zip(weights).map(|(c, weight)| c.to_digit(36).unwrap() * weight).sum();
        let last = (0..11).find(|last| (sum + last).is_multiple_of(11)).unwrap();
        if last == 10 { 'X' } else { char::from_digit(last, 10).unwrap() }
    }

    #[test]
    fn the_dash_and_the_case_say_nothing() {
        for spelling in ["D2143569-X", "D2143569X", "d2143569-x", "Ｄ２１４３５６９－Ｘ", "D2143569 X"] {
            assert_eq!(canonical(spelling).as_deref(), Some("D2143569X"), "{spelling}");
        }
        // The ninth to the seventeenth character of a unified social credit code.
        assert_eq!(canonical("M000100Y4").as_deref(), Some("M000100Y4"));
        assert!(matches!(canonical("D2143569X"), Some(Cow::Borrowed(_))));
    }

    #[test]
    fn other_codes_are_refused() {
        for bad in
            ["", "D2143569", "D21435691", "D2143569XX", "00000000-0", "D214356AX", "D2143569A", "机构代码一二三四五"]
        {
            assert_eq!(canonical(bad), None, "{bad}");
        }
        assert_eq!(grade("D21435691").unwrap().checksum, Some(false));
        assert_eq!(grade("D2143569A"), None);
    }

    proptest! {
        #[test]
        fn the_check_character_is_that_of_the_definition(first in "[0-9A-Z]{8}") {
            prop_assert_eq!(check_digit(&first), Some(slow_check(&first)));
        }
    }
}
