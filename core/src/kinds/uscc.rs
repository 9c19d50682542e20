//! 统一社会信用代码: the unified social credit code of GB 32100.
//!
//! One character of the registering department, one of the category, six digits of the division, nine characters of
//! the organization code (GB 11714), one check character modulo 31. The letters I, O, S, V and Z do not occur.
//! Canonical form: 18 characters, upper case.

use std::borrow::Cow;

use super::{Grade, fold, region};

/// The characters of the standard, in their order.
pub(crate) const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

/// 3^i modulo 31.
const WEIGHTS: [u32; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];

/// Stands for a character that is not of the alphabet.
const NONE: u8 = u8::MAX;

/// The values of the characters from `0` to `Y`.
const VALUES: [u8; 42] = [
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, NONE, NONE, NONE, NONE, NONE, NONE, NONE, 10, 11, 12, 13, 14, 15, 16, 17, NONE, 18,
    19, 20, 21, 22, NONE, 23, 24, 25, NONE, 26, 27, NONE, 28, 29, 30,
];

fn value_of(byte: u8) -> u8 {
    VALUES.get(usize::from(byte.wrapping_sub(b'0'))).copied().unwrap_or(NONE)
}

/// The check character for the first 17; `None` if they are not 17 characters of the alphabet.
///
/// ```
/// use kaifang::kinds::uscc::check_digit;
/// assert_eq!(check_digit("91350100M000100Y4"), Some('3'));
/// ```
#[must_use]
pub fn check_digit(first_17: &str) -> Option<char> {
    first_17.as_bytes().try_into().ok().and_then(check).map(char::from)
}

/// No step can overflow or stop early, as in a resident id.
fn check(first_17: &[u8; 17]) -> Option<u8> {
    let (mut sum, mut all_valid) = (0u32, true);
    for (byte, weight) in first_17.iter().zip(WEIGHTS) {
        let value = value_of(*byte);
        all_valid &= value != NONE;
        sum = sum.wrapping_add(u32::from(value).wrapping_mul(weight));
    }
    ALPHABET.get(((31 - sum % 31) % 31) as usize).copied().filter(|_| all_valid)
}

/// The department and category characters that the standard assigns.
fn is_assigned(department: u8, category: u8) -> bool {
    match department {
        b'1' => matches!(category, b'1' | b'2' | b'3' | b'9'),
        b'2' => matches!(category, b'1' | b'9'),
        b'3' => matches!(category, b'1'..=b'5' | b'9'),
        b'4' => matches!(category, b'1' | b'9'),
        b'5' | b'9' | b'N' => matches!(category, b'1'..=b'3' | b'9'),
        b'6' | b'7' => matches!(category, b'1' | b'2' | b'9'),
        b'8' | b'A' => matches!(category, b'1' | b'9'),
        b'Y' => category == b'1',
        _ => false,
    }
}

pub(super) fn grade(value: &str) -> Option<Grade> {
    let folded = fold::code(value);
    graded(&folded)
}

fn graded(folded: &str) -> Option<Grade> {
    let bytes: &[u8; 18] = folded.as_bytes().try_into().ok()?;
    let [first_17 @ .., last] = bytes;
    let [department, category, ..] = *bytes;
    let division = folded.get(2..8)?;
    let digits = division.bytes().fold(true, |all, byte| all & byte.is_ascii_digit());
    if !is_assigned(department, category) || !digits || value_of(*last) == NONE {
        return None;
    }
    Some(Grade {
        checksum: Some(check(first_17)? == *last),
        // 100000 is the centre: bodies registered by national departments.
        region: Some(division == "100000" || region::is_ever_assigned(division)),
        date: None,
    })
}

pub(super) fn canonical(value: &str) -> Option<Cow<'_, str>> {
    if graded(value).is_some_and(|grade| grade.checksum == Some(true)) {
        return Some(Cow::Borrowed(value));
    }
    let folded = fold::code(value);
    (graded(&folded)?.checksum == Some(true)).then_some(folded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The definition, slowly: the weights are 3^i mod 31, and all 18 together make a multiple of 31.
    fn slow_check(first_17: &str) -> char {
        let alphabet: Vec<char> = "0123456789ABCDEFGHJKLMNPQRTUWXY".chars().collect();
        let value = |c: char| alphabet.iter().position(|a| *a == c).unwrap() as u64;
        let sum: u64 = first_17.chars().enumerate().map(|(i, c)| value(c) * 3u64.pow(i as u32)).sum();
        *alphabet.iter().find(|last| (sum + value(**last)).is_multiple_of(31)).unwrap()
    }

    #[test]
    fn lower_case_is_the_same_code() {
        assert_eq!(canonical("91350100m000100y43").as_deref(), Some("91350100M000100Y43"));
    }

    #[test]
    fn what_the_standard_does_not_assign_is_no_code() {
        for bad in [
            "",
            "91350100M000100Y44",
            "B1350100M000100Y43",
            "91350100I000100Y43",
            "9135010AM000100Y43",
            "统一社会信用代码",
        ] {
            assert_eq!(canonical(bad), None, "{bad}");
        }
        assert_eq!(grade("91350100M000100Y4I"), None);
    }

    #[test]
    fn a_value_is_the_place_in_the_alphabet() {
        for byte in 0..=u8::MAX {
            let place = ALPHABET.iter().position(|other| *other == byte);
            assert_eq!(value_of(byte), place.map_or(NONE, |place| place as u8));
        }
    }

    proptest! {
        #[test]
        fn the_check_digit_is_that_of_the_definition(first in "[0-9A-HJ-NPQRTUWXY]{17}") {
            prop_assert_eq!(check_digit(&first), Some(slow_check(&first)));
        }
    }
}
