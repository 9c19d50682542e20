//! 外国人永久居留身份证号: the number of a foreigner with permanent residence, in its two forms.
//!
//! | form | parts | check |
//! |---|---|---|
//! | until 2023, 15 | nationality (three letters), place of application (4 digits), birth date `YYMMDD`, one digit of sequence, check digit | weights 7, 3, 1 modulo 10 (ICAO Doc 9303) |
//! | since December 2023, 18 | `9`, province (2 digits), nationality (three digits), birth date, 3 digits of sequence, check character | ISO 7064 MOD 11-2, that of a resident id |
//!
//! Source: 新版外国人永久居留身份证机读信息规则 (National Immigration Administration, 2023). The nationality is any code:
//! countries come and go. Canonical form: upper case, 15 or 18 characters. One form does not become the other (that needs
//! the whole sequence number), so a holder who changed cards has two.

use std::borrow::Cow;

use super::organization_code::value_of;
use super::{Grade, date, fold, region, resident_id};

/// The check digit of 14 characters by ICAO Doc 9303.
fn check_15(first_14: &[u8]) -> Option<u8> {
    let mut sum = 0;
    for (byte, weight) in first_14.iter().zip([7, 3, 1].into_iter().cycle()) {
        sum += value_of(*byte)? * weight;
    }
    u8::try_from(sum % 10).ok().map(|digit| b'0' + digit)
}

fn graded(folded: &str) -> Option<Grade> {
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let number = |from: usize, to: usize| folded.get(from..to).and_then(|text| fold::number(text.as_bytes()));
    let (checksum, region, date) = match folded.len() {
        15 => {
            let (nation, digits) = folded.split_at_checked(3)?;
            if !nation.bytes().all(|byte| byte.is_ascii_uppercase()) || !is_digits(digits) {
                return None;
            }
            let (year, month, day) = (number(7, 9)?, number(9, 11)?, number(11, 13)?);
            // No century is written: a day that is one in either is a day.
            let date = date::is_day(1900 + year, month, day) || date::is_day(2000 + year, month, day);
            let check = check_15(folded.get(..14)?.as_bytes())?;
            (folded.as_bytes().last() == Some(&check), digits, date)
        }
        18 => {
            let (first_17, last) = folded.split_at_checked(17)?;
            let check = resident_id::check_digit(first_17)?;
            if !(is_digits(last) || last == "X") {
                return None;
            }
            let (year, month, day) = (number(6, 10)?, number(10, 12)?, number(12, 14)?);
            let date = date::is_day(year, month, day) && date::is_plausible_birth_year(year);
            (last.starts_with(check), first_17.strip_prefix('9')?, date)
        }
        _ => return None,
    };
    Some(Grade { checksum: Some(checksum), region: Some(region::is_known_province(region)), date: Some(date) })
}

pub(super) fn grade(value: &str) -> Option<Grade> {
    graded(&fold::code(value))
}

pub(super) fn canonical(value: &str) -> Option<Cow<'_, str>> {
    let folded = fold::code(value);
    let all = Grade { checksum: Some(true), region: Some(true), date: Some(true) };
    (graded(&folded)? == all).then_some(folded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The definition, slowly: by strings of weights and values in base 36.
    fn slow_check_15(first_14: &str) -> char {
        let weights = "73173173173173";
        let sum: u32 = first_14
            .chars()
            .zip(weights.chars())
            .map(|(c, weight)| c.to_digit(36).unwrap() * weight.to_digit(10).unwrap())
            .sum();
        sum.to_string().chars().last().unwrap()
    }

    #[test]
    fn both_forms_are_read() {
        for (spelling, form) in [
            ("KAZ110090123105", "KAZ110090123105"),
            ("kaz 1100 901231 05", "KAZ110090123105"),
            ("911398199012310021", "911398199012310021"),
            ("９１１３９８-19901231-0021", "911398199012310021"),
        ] {
            assert_eq!(canonical(spelling).as_deref(), Some(form), "{spelling}");
        }
    }

    #[test]
    fn a_wrong_part_is_graded_and_has_no_canonical_form() {
        let graded = |value| grade(value).map(|grade| [grade.checksum, grade.region, grade.date].map(Option::unwrap));
        assert_eq!(graded("KAZ110090123106"), Some([false, true, true]));
        assert_eq!(graded("KAZ990090123105").map(|grade| grade[1]), Some(false));
        assert_eq!(graded("KAZ110090133105").map(|grade| grade[2]), Some(false));
        assert_eq!(graded("911398199012310022"), Some([false, true, true]));
        assert_eq!(graded("999398199012310021").map(|grade| grade[1]), Some(false));
        assert_eq!(graded("911398199002300021").map(|grade| grade[2]), Some(false));
        for bad in [
            "",
            "KAZ110090123106",
            "KA1110090123105",
            "KAZ11009012310",
            "911398199012310022",
            "811398199012310021",
            "11010519491231002X",
            "外国人110090123105",
        ] {
            assert_eq!(canonical(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_day_of_either_century_is_one_and_a_birth_is_in_living_memory() {
        for (day, valid) in [("000229", true), ("040229", true), ("010229", false), ("991231", true)] {
            let first = format!("KAZ1100{day}0");
            let number = format!("{first}{}", slow_check_15(&first));
            assert_eq!(canonical(&number).is_some(), valid, "{number}");
        }
        for (year, valid) in [("1849", false), ("1850", true), ("2100", true), ("2101", false)] {
            let first = format!("911398{year}1231002");
            let number = format!("{first}{}", resident_id::check_digit(&first).unwrap());
            assert_eq!(canonical(&number).is_some(), valid, "{number}");
        }
    }

    #[test]
    fn a_resident_id_is_never_one_of_these() {
        for province in 0..90 {
            let first = format!("{province:02}010519491231002");
            let number = format!("{first}{}", resident_id::check_digit(&first).unwrap());
            assert_eq!(grade(&number), None, "{number}");
        }
    }

    proptest! {
        #[test]
        fn the_check_digit_is_that_of_the_definition(first in "[A-Z]{3}[0-9]{11}") {
            prop_assert_eq!(check_15(first.as_bytes()).map(char::from), Some(slow_check_15(&first)));
        }
    }
}
