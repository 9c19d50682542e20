//! 居民身份证号: the citizen identification number of GB 11643.
//!
//! Six digits of the division where it was first issued, eight of the birth date, three of sequence (odd = male), one
//! check character by ISO 7064 MOD 11-2. The form before 1999 has 15 digits: no century and no check character.
//! Canonical form: 18 characters with an upper-case `X`; a 15-digit number is written in its 18-character form, so
//! that one person has one token.

use std::borrow::Cow;

use jiff::civil::Date;

use super::{Grade, date, fold, region};

const WEIGHTS: [u16; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECKS: [u8; 11] = *b"10X98765432";

/// The parts of a number that has the shape: 18 characters after folding and, if need be, upgrading.
#[derive(Clone)]
pub struct ResidentId {
    text: [u8; 18],
    checked: bool,
}

impl ResidentId {
    /// The 18 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Only ASCII digits and `X` are ever stored.
        std::str::from_utf8(&self.text).unwrap_or_default()
    }

    /// The six digits of the division.
    #[must_use]
    pub fn region(&self) -> &str {
        self.as_str().get(..6).unwrap_or_default()
    }

    /// The birth date, if there is such a day.
    #[must_use]
    pub fn birth_date(&self) -> Option<Date> {
        let (year, month, day) = birth(&self.text);
        Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
    }

    /// Male, by the parity of the sequence.
    #[must_use]
    pub fn is_male(&self) -> bool {
        self.text.get(16).is_some_and(|digit| digit % 2 == 1)
    }

    /// The check character is right. (Always so for an upgraded 15-digit number.)
    #[must_use]
    pub fn is_checked(&self) -> bool {
        self.checked
    }
}

/// The check character for the first 17 digits; `None` if they are not 17 ASCII digits.
///
/// ```
/// use kaifang::kinds::resident_id::check_digit;
/// assert_eq!(check_digit("11010519491231002"), Some('X')); // the example of GB 11643
/// ```
#[must_use]
pub fn check_digit(first_17: &str) -> Option<char> {
    first_17.as_bytes().try_into().ok().and_then(check).map(char::from)
}

/// No step can overflow or stop early, so that all digits go through one register at a time.
fn check(digits: &[u8; 17]) -> Option<u8> {
    let (mut sum, mut all_digits) = (0u16, true);
    for (byte, weight) in digits.iter().zip(WEIGHTS) {
        sum = sum.wrapping_add(u16::from(byte & 15).wrapping_mul(weight));
        all_digits &= byte.is_ascii_digit();
    }
    CHECKS.get(usize::from(sum % 11)).copied().filter(|_| all_digits)
}

/// Year, month and day of the birth date, where there are digits.
fn birth(text: &[u8; 18]) -> (u32, u32, u32) {
    let [.., y1, y2, y3, y4, m1, m2, d1, d2, _, _, _, _] = *text;
    let two = |tens: u8, ones: u8| u32::from(tens & 15) * 10 + u32::from(ones & 15);
    (two(y1, y2) * 100 + two(y3, y4), two(m1, m2), two(d1, d2))
}

/// A number of 18 or 15 characters by its shape alone: the check character, the date and the division may be wrong.
#[must_use]
pub fn parse(value: &str) -> Option<ResidentId> {
    let folded = fold::code(value);
    let bytes = folded.as_bytes();
    let mut text = [0; 18];
    match bytes.len() {
        18 => {
            text.copy_from_slice(bytes);
            let [first_17 @ .., last] = &text;
            if !last.is_ascii_digit() && *last != b'X' {
                return None;
            }
            Some(ResidentId { checked: check(first_17)? == *last, text })
        }
        15 if bytes.iter().all(u8::is_ascii_digit) => {
            let (area, rest) = bytes.split_at_checked(6)?;
            // Sequences 996–999 were kept for those who were then over a hundred years old.
            let century =
                if rest.ends_with(b"996") || rest.ends_with(b"997") || rest.ends_with(b"998") || rest.ends_with(b"999")
                {
                    b"18"
                } else {
                    b"19"
                };
            for (slot, byte) in text.iter_mut().zip(area.iter().chain(century).chain(rest)) {
                *slot = *byte;
            }
            let [first_17 @ .., last] = &mut text;
            *last = check(first_17)?;
            Some(ResidentId { checked: true, text })
        }
        _ => None,
    }
}

/// The date exists, and somebody in a register can have been born then.
fn has_birth(text: &[u8; 18]) -> bool {
    let (year, month, day) = birth(text);
    date::is_plausible_birth_year(year) && date::is_day(year, month, day)
}

/// The text is a valid number in the canonical form.
fn is_canonical(text: &[u8; 18]) -> bool {
    let [first_17 @ .., last] = text;
    let [tens, ones, ..] = *text;
    check(first_17) == Some(*last) && region::is_province([tens, ones]) && has_birth(text)
}

pub(super) fn canonical(value: &str) -> Option<Cow<'_, str>> {
    if value.as_bytes().try_into().is_ok_and(is_canonical) {
        return Some(Cow::Borrowed(value));
    }
    let id = parse(value)?;
    is_canonical(&id.text).then(|| Cow::Owned(id.as_str().to_owned()))
}

pub(super) fn grade(value: &str) -> Option<Grade> {
    let id = parse(value)?;
    let date = has_birth(&id.text);
    let upgraded = fold::code(value).len() == 15;
    // Fifteen digits alone say nothing: the date and the province have to speak for them.
    if upgraded && !(date && region::is_known_province(id.region())) {
        return None;
    }
    Some(Grade {
        checksum: (!upgraded).then_some(id.checked),
        region: Some(region::is_ever_assigned(id.region())),
        date: Some(date),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The definition, slowly: the check character makes the sum of all 18 weights 2^(18-i) mod 11 equal to 1.
    fn slow_check(first_17: &str) -> char {
        let sum: u64 =
            first_17.chars().enumerate().map(|(i, c)| u64::from(c.to_digit(10).unwrap()) * (1 << (17 - i))).sum();
        let last = (0..11).find(|last| (sum + last) % 11 == 1).unwrap();
        if last == 10 { 'X' } else { char::from_digit(last as u32, 10).unwrap() }
    }

    /// All that makes a number valid, slowly: by the calendar of another library and a search of the table.
    fn slow_valid(value: &str) -> bool {
        let (first_17, last) = value.split_at(17);
        let number = |from: usize, to: usize| value[from..to].parse::<i16>().unwrap();
        let date = Date::new(number(6, 10), number(10, 12) as i8, number(12, 14) as i8);
        let province = region::all().iter().any(|region| region.code == &value[..2]);
        last == slow_check(first_17).to_string()
            && (province || matches!(&value[..2], "71" | "81" | "82" | "83"))
            && date.is_ok_and(|date| (1850..=2100).contains(&date.year()))
    }

    #[test]
    fn the_examples_of_the_standard_are_valid() {
        for example in ["11010519491231002X", "440524188001010014"] {
            assert_eq!(canonical(example).as_deref(), Some(example));
        }
        let id = parse("11010519491231002X").unwrap();
        assert_eq!(
            (id.region(), id.birth_date().unwrap().to_string().as_str(), id.is_male()),
            ("110105", "1949-12-31", false)
        );
    }

    #[test]
    fn the_old_form_becomes_the_new_one() {
        assert_eq!(canonical("110105491231002").as_deref(), Some("11010519491231002X"));
        assert_eq!(parse("110105491231998").unwrap().birth_date().unwrap().year(), 1849);
    }

    #[test]
    fn a_wrong_part_is_graded_and_has_no_canonical_form() {
        let graded =
            |value| grade(value).map(|grade| (grade.checksum.unwrap(), grade.region.unwrap(), grade.date.unwrap()));
        assert_eq!(graded("110105194912310021"), Some((false, true, true)));
        assert_eq!(graded("11010519490230002X").map(|grade| grade.2), Some(false));
        assert_eq!(graded("11990519491231002X").map(|grade| grade.1), Some(false));
        for bad in
            ["110105194912310021", "11010519490230002X", "99010519491231002X", "1101051949123100X2", "😀😀😀😀ab"]
        {
            assert_eq!(canonical(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_letter_is_no_digit_whatever_its_last_bits_say() {
        // Q ends in the bits of 1.
        assert_eq!(check_digit("1101051949Q231002"), None);
        for at in 0..17 {
            let mut value = *b"11010519491231002X";
            value[at] = 0x50 | (value[at] & 15);
            assert_eq!(canonical(std::str::from_utf8(&value).unwrap()), None, "{at}");
        }
    }

    proptest! {
        #[test]
        fn the_check_digit_is_that_of_the_definition(digits in "[0-9]{17}") {
            prop_assert_eq!(check_digit(&digits), Some(slow_check(&digits)));
        }

        #[test]
        fn a_number_is_valid_where_all_of_its_parts_are(
            first in "[1-8][0-7][0-9]{4}(18|19|20|21)[0-9]{2}[01][0-9][0-3][0-9]{4}", last in prop::option::of("[0-9X]"),
        ) {
            let value = format!("{first}{}", last.unwrap_or_else(|| slow_check(&first).to_string()));
            let spaced = format!("{} {} {}", &value[..6], &value[6..14], value[14..].to_lowercase());
            for spelling in [&value, &spaced] {
                let form = canonical(spelling);
                prop_assert_eq!(form.as_deref(), slow_valid(&value).then_some(value.as_str()));
            }
        }
    }
}
