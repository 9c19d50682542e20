//! What spreadsheets do to long numbers: fifteen significant digits are kept, the rest becomes zeros or an exponent.

use crate::kinds::{region, resident_id};

/// A resident id whose last three digits were lost: a real birth date, and `000` at the end. Of intact ids one in
/// eleven thousand looks so.
pub(super) fn is_truncated_id(value: &str) -> bool {
    value.len() == 18 && value.ends_with("000") && resident_id::parse(value).is_some_and(|id| id.birth_date().is_some())
}

/// A number of 18 digits in scientific notation that can have been a resident id: `6.10113E+17`.
pub(super) fn is_scientific_id(value: &str) -> bool {
    let Some((mantissa, exponent)) = value.split_once(['e', 'E']) else { return false };
    let digits: String = mantissa.chars().filter(|c| *c != '.').collect();
    matches!(exponent.strip_prefix('+').unwrap_or(exponent), "17")
        && mantissa.as_bytes().get(1).is_none_or(|byte| *byte == b'.')
        && digits.len() >= 2
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && region::is_known_province(&digits)
}

/// A whole number that became a fraction on its way: `13900001111.0`.
pub(super) fn without_fraction(value: &str) -> Option<&str> {
    let whole = value.strip_suffix(".0").or_else(|| value.strip_suffix(".00"))?;
    (whole.len() >= 11 && whole.bytes().all(|byte| byte.is_ascii_digit())).then_some(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damage_is_recognised() {
        assert!(is_truncated_id("610113199003071000"));
        assert!(!is_truncated_id("610113199003071234") && !is_truncated_id("999999999999999000"));
        for value in ["6.10113E+17", "5.1E+17", "6.10113199003071e17"] {
            assert!(is_scientific_id(value), "{value}");
        }
        for value in ["6.1E+16", "9.9E+17", "E+17", "6E+17", "1e5", "é.1E+17"] {
            assert!(!is_scientific_id(value), "{value}");
        }
        assert_eq!(without_fraction("13900001111.0"), Some("13900001111"));
        assert_eq!(without_fraction("97542.0"), None);
    }
}
