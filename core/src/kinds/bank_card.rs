//! 银行卡号: 15 to 19 digits with the check digit of Luhn (ISO/IEC 7812-1, annex B).
//!
//! The first digit is that of a payment network: 3, 4, 5, 6 (62 is UnionPay), or 9 (older national cards).

use std::borrow::Cow;

use super::{Grade, fold};

fn has_shape(digits: &[u8]) -> bool {
    (15..=19).contains(&digits.len())
        && digits.iter().all(u8::is_ascii_digit)
        && digits.first().is_some_and(|first| matches!(first, b'3'..=b'6' | b'9'))
}

/// The digits satisfy the check of Luhn; false when one of them is no digit or there are none.
///
/// ```
/// use kaifang::kinds::bank_card::luhn;
/// assert!(luhn("79927398713") && !luhn("79927398710"));
/// ```
#[must_use]
pub fn luhn(digits: &str) -> bool {
    let mut sum = 0;
    for (index, byte) in digits.bytes().rev().enumerate() {
        if !byte.is_ascii_digit() {
            return false;
        }
        let digit = u32::from(byte - b'0');
        // A doubled digit counts by the sum of its own digits, which is the doubled digit modulo 9.
        sum += if index % 2 == 0 { digit } else { digit * 2 - if digit > 4 { 9 } else { 0 } };
        sum %= 10;
    }
    !digits.is_empty() && sum == 0
}

pub(super) fn grade(value: &str) -> Option<Grade> {
    let folded = fold::code(value);
    has_shape(folded.as_bytes()).then(|| Grade { checksum: Some(luhn(&folded)), ..Grade::default() })
}

pub(super) fn canonical(value: &str) -> Option<Cow<'_, str>> {
    let folded = fold::code(value);
    (has_shape(folded.as_bytes()) && luhn(&folded)).then_some(folded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The definition, slowly: double every second digit from the right, add all decimal digits.
    fn slow_luhn(digits: &str) -> bool {
        let text: String = digits
            .chars()
            .rev()
            .enumerate()
            .map(|(i, c)| (c.to_digit(10).unwrap() * if i % 2 == 1 { 2 } else { 1 }).to_string())
            .collect();
        text.chars().map(|c| c.to_digit(10).unwrap()).sum::<u32>() % 10 == 0
    }

    #[test]
    fn test_numbers_of_the_networks_are_valid() {
        for spelling in ["4111 1111 1111 1111", "5555-5555-5555-4444", "378282246310005"] {
            assert!(canonical(spelling).is_some(), "{spelling}");
        }
        for bad in ["4111111111111112", "1111111111111117", "41111111", "卡号"] {
            assert_eq!(canonical(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn luhn_is_that_of_the_definition(digits in "[0-9]{1,30}") {
            prop_assert_eq!(luhn(&digits), slow_luhn(&digits));
        }
    }
}
