//! 银行卡号: 15 to 19 digits with the check digit of Luhn (ISO/IEC 7812-1, annex B).
//!
//! The first digit is that of a payment network: 3, 4, 5, 6 (62 is UnionPay), or 9 (older national cards).

use std::borrow::Cow;

use super::{Grade, fold};

/// As many characters as a number has, and the digit of a network before them.
fn has_shape(number: &[u8]) -> bool {
    (15..=19).contains(&number.len()) && number.first().is_some_and(|first| matches!(first, b'3'..=b'6' | b'9'))
}

fn is_card(number: &str) -> bool {
    has_shape(number.as_bytes()) && luhn(number)
}

/// The digits satisfy the check of Luhn; false when one of them is no digit or there are none.
///
/// ```
/// use kaifang::kinds::bank_card::luhn;
/// assert!(luhn("79927398713") && !luhn("79927398710"));
/// ```
#[must_use]
pub fn luhn(digits: &str) -> bool {
    !digits.is_empty() && sum(digits, true).is_some_and(|sum| sum.is_multiple_of(10))
}

/// The check digit behind some digits; `None` if one of them is none.
///
/// ```
/// use kaifang::kinds::bank_card::check_digit;
/// assert_eq!(check_digit("7992739871"), Some('3'));
/// ```
#[must_use]
pub fn check_digit(digits: &str) -> Option<char> {
    sum(digits, false).and_then(|sum| char::from_digit(((10 - sum % 10) % 10) as u32, 10))
}

/// The sum of Luhn over digits whose last is the check digit, or stands just before it.
fn sum(digits: &str, checked: bool) -> Option<u64> {
    // From the right, 32 at a time: a fixed count of steps without a branch goes through wide registers.
    let (mut sum, mut all_digits) = (0u64, true);
    for part in digits.as_bytes().rchunks(32) {
        let mut block = [b'0'; 32];
        let start = block.len().saturating_sub(part.len());
        block.get_mut(start..).unwrap_or_default().copy_from_slice(part);
        let mut block_sum = 0u16;
        for (place, byte) in block.into_iter().enumerate() {
            all_digits &= byte.is_ascii_digit();
            let digit = byte & 15;
            let doubled = if (place % 2 == 0) == checked { digit.wrapping_mul(2) } else { digit };
            // A doubled digit counts by the sum of its own digits.
            block_sum = block_sum.wrapping_add(u16::from(if doubled > 9 { doubled.wrapping_sub(9) } else { doubled }));
        }
        sum += u64::from(block_sum);
    }
    all_digits.then_some(sum)
}

pub(super) fn grade(value: &str) -> Option<Grade> {
    let folded = fold::code(value);
    let shape = has_shape(folded.as_bytes()) && folded.bytes().all(|byte| byte.is_ascii_digit());
    shape.then(|| Grade { checksum: Some(luhn(&folded)), ..Grade::default() })
}

pub(super) fn canonical(value: &str) -> Option<Cow<'_, str>> {
    if is_card(value) {
        return Some(Cow::Borrowed(value));
    }
    let folded = fold::code(value);
    is_card(&folded).then_some(folded)
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

    #[test]
    fn a_letter_is_no_digit_whatever_its_last_bits_say() {
        // A and Q end in the bits of 1.
        for bad in ["411111111111111A", "4Q11111111111111", "4111 1111 1111 111a"] {
            assert!(canonical(bad).is_none() && !luhn(bad) && grade(bad).is_none(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn luhn_is_that_of_the_definition(digits in "[0-9]{1,30}") {
            prop_assert_eq!(luhn(&digits), slow_luhn(&digits));
            let checked = format!("{digits}{}", check_digit(&digits).unwrap());
            prop_assert!(slow_luhn(&checked));
        }
    }
}
