//! 邮政编码: six digits, of which the first two are a province's (中国邮政). Canonical form: the six digits.
//!
//! 999077 and 999078 are written for Hong Kong and Macao, which have no postal codes. A code that lost its leading zero
//! is refused. A number of six digits is a postal code only where its column is one.

use std::borrow::Cow;

use super::fold;

/// The first two digits in use: north, north-east, east, middle, south, south-west, north-west.
const FIRST_TWO: &[u8] = &[
    1, 2, 3, 4, 5, 6, 7, 10, 11, 12, 13, 15, 16, 20, 21, 22, 23, 24, 25, 26, 27, 30, 31, 32, 33, 34, 35, 36, 40, 41,
    42, 43, 44, 45, 46, 47, 51, 52, 53, 54, 55, 56, 57, 61, 62, 63, 64, 65, 66, 67, 71, 72, 73, 74, 75, 81, 83, 84, 85,
];

fn is_postal_code(digits: &[u8]) -> bool {
    let [tens, ones, ..] = digits else { return false };
    digits.len() == 6
        && digits.iter().all(u8::is_ascii_digit)
        && (FIRST_TWO.contains(&((tens & 15) * 10 + (ones & 15))) || matches!(digits, b"999077" | b"999078"))
}

pub(super) fn canonical(value: &str) -> Option<Cow<'_, str>> {
    let folded = fold::code(value);
    is_postal_code(folded.as_bytes()).then_some(folded)
}

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn codes_of_every_province_are_read() {
        let seats = [
            "100000", "300000", "050000", "030000", "010000", "110000", "130000", "150000", "200000", "210000",
            "310000", "230000", "350000", "330000", "250000", "450000", "430000", "410000", "510000", "530000",
            "570000", "400000", "610000", "550000", "650000", "850000", "710000", "730000", "810000", "750000",
            "830000", "999077", "999078",
        ];
        for seat in seats {
            assert_eq!(canonical(seat).as_deref(), Some(seat));
        }
        assert_eq!(canonical("７１００６１").as_deref(), Some("710061"));
    }

    #[test]
    fn of_the_million_numbers_those_with_a_province_are_codes() {
        let valid = (0..1_000_000).filter(|number| canonical(&format!("{number:06}")).is_some()).count();
        assert_eq!(valid, 59 * 10_000 + 2);
        for bad in ["", "71006", "7100611", "990000", "080000", "999079", "71006A", "邮编七一〇"] {
            assert_eq!(canonical(bad), None, "{bad}");
        }
    }
}
