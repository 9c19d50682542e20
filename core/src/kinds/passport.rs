//! 护照号: the numbers of passports that China and its special administrative regions issue.
//!
//! | passport | numbers |
//! |---|---|
//! | ordinary (普通护照) | `E` and 8 digits; `E`, a letter other than I and O, and 7 digits; before: `G` and 8, `14` or `15` and 7 |
//! | public affairs (公务普通护照) | `PE` and 7 digits; before: `P` and 7 or 8 |
//! | service (公务护照) | `SE` and 7 digits; before: `S` and 7 or 8 |
//! | diplomatic (外交护照) | `DE` and 7 digits; before: `D` and 7 or 8 |
//! | Hong Kong | `H` or `K` and 8 digits, `KJ` and 7 |
//! | Macao | `M` and 8 digits, `MA` or `MB` and 7 |
//!
//! Source: the answers of the National Immigration Administration on how the numbers are made (2012, 2017 and 2024). They
//! have no check digit; those of the machine-readable zone (ICAO Doc 9303) are not part of the number. Passports of other
//! countries have no common form, and are not valid here. Canonical form: upper case, no spaces.

use std::borrow::Cow;

use super::fold;

/// What a number begins with, and how many digits may follow.
const FORMS: [(&str, &[usize]); 16] = [
    ("E", &[8]),
    ("G", &[8]),
    ("14", &[7]),
    ("15", &[7]),
    ("P", &[7, 8]),
    ("PE", &[7]),
    ("S", &[7, 8]),
    ("SE", &[7]),
    ("D", &[7, 8]),
    ("DE", &[7]),
    ("H", &[8]),
    ("K", &[8]),
    ("KJ", &[7]),
    ("M", &[8]),
    ("MA", &[7]),
    ("MB", &[7]),
];

fn is_passport(number: &str) -> bool {
    let digits =
        |text: &str, counts: &[usize]| counts.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    let second_series = |rest: &str| {
        let letter = rest.bytes().next().is_some_and(|byte| byte.is_ascii_uppercase() && !matches!(byte, b'I' | b'O'));
        letter && rest.get(1..).is_some_and(|rest| digits(rest, &[7]))
    };
    FORMS.iter().any(|(head, counts)| number.strip_prefix(head).is_some_and(|rest| digits(rest, counts)))
        || number.strip_prefix('E').is_some_and(second_series)
}

pub(super) fn canonical(value: &str) -> Option<Cow<'_, str>> {
    let folded = fold::code(value);
    is_passport(&folded).then_some(folded)
}

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn every_series_is_read() {
        for number in [
            "E12345678",
            "EA1234567",
            "EZ1234567",
            "G12345678",
            "141234567",
            "151234567",
            "P1234567",
            "P12345678",
            "PE1234567",
            "S1234567",
            "S12345678",
            "SE1234567",
            "D1234567",
            "DE1234567",
            "H12345678",
            "K12345678",
            "KJ1234567",
            "M12345678",
            "MA1234567",
            "MB1234567",
        ] {
            assert_eq!(canonical(number).as_deref(), Some(number));
        }
        for spelling in ["e12345678", "Ｅ１２３４５６７８", "E 1234 5678", "E-12345678"] {
            assert_eq!(canonical(spelling).as_deref(), Some("E12345678"), "{spelling}");
        }
    }

    #[test]
    fn a_letter_and_some_digits_are_not_enough() {
        for bad in [
            "E1234567",
            "E123456789",
            "EI1234567",
            "EO1234567",
            "EAB123456",
            "EA12345678",
            "A12345678",
            "123456789",
            "161234567",
            "14123456",
            "PE12345678",
            "MC1234567",
            "护照",
            "E1234567陕",
        ] {
            assert_eq!(canonical(bad), None, "{bad}");
        }
    }

    #[test]
    fn of_the_letters_after_e_two_are_left_out() {
        let read: String = ('A'..='Z').filter(|letter| canonical(&format!("E{letter}1234567")).is_some()).collect();
        assert_eq!(read, "ABCDEFGHJKLMNPQRSTUVWXYZ");
    }
}
