//! 固定电话: area code and subscriber number, with or without country code and extension.
//!
//! `010` and `02x` go with eight digits, other area codes with seven or eight. A number without its area code is not
//! valid: seven or eight digits alone say nothing. Canonical form: `029-88881234`, an extension after a second dash.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use super::fold;

pub(super) fn canonical(value: &str) -> Option<Cow<'_, str>> {
    if is_canonical(value) { Some(Cow::Borrowed(value)) } else { read(value).map(Cow::Owned) }
}

/// How many digits an area code (without its zero) has, and how many may follow it.
fn lengths(area: &[u8]) -> Option<(usize, RangeInclusive<usize>)> {
    match area {
        [b'1', b'0', ..] | [b'2', ..] => Some((2, 8..=8)),
        [b'3'..=b'9', ..] => Some((3, 7..=8)),
        _ => None,
    }
}

/// The value is written in the canonical form, and valid.
fn is_canonical(value: &str) -> bool {
    let Some((area, rest)) = value.strip_prefix('0').and_then(|rest| rest.split_once('-')) else { return false };
    let (number, extension) = rest.split_once('-').unwrap_or((rest, "1"));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let fits = |(area_length, length): (usize, RangeInclusive<usize>)| {
        area.len() == area_length && length.contains(&number.len())
    };
    digits(area)
        && digits(number)
        && lengths(area.as_bytes()).is_some_and(fits)
        && !number.starts_with(['0', '1'])
        && (1..=6).contains(&extension.len())
        && digits(extension)
}

/// Any spelling.
fn read(value: &str) -> Option<String> {
    let folded = fold::text(value).to_ascii_lowercase();
    // 转 and 分机 stand before an extension.
    let unified = folded.replace("分机", "转").replace("ext.", "转").replace("ext", "转").replace('#', "转");
    let (main, extension) = match unified.split_once('转') {
        Some((main, extension)) => (main, extension.trim()),
        None => (unified.as_str(), ""),
    };
    if extension.len() > 6 || !extension.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // The area code without its zero, and what follows it; the zero may lack only after a country code.
    let main = main.trim_start_matches('(').trim();
    let local = ["+86", "0086", "86-", "86 "].iter().find_map(|code| main.strip_prefix(code));
    let local = local.map(|rest| rest.trim_start_matches([' ', '-', '(', ')']));
    let local = match local {
        Some(rest) => rest.strip_prefix('0').unwrap_or(rest),
        None => main.strip_prefix('0')?,
    };
    let parts: Vec<&str> = local.split(['-', ' ', '(', ')']).filter(|part| !part.is_empty()).collect();
    if !parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit())) {
        return None;
    }
    // 029-88881234-801: an extension may also stand after a second dash.
    let (number, extension) = match parts.split_last() {
        Some((last, before)) if extension.is_empty() && before.len() == 2 && last.len() <= 6 => match before.concat() {
            number if number.len() >= 9 => (number, *last),
            _ => (parts.concat(), ""),
        },
        _ => (parts.concat(), extension),
    };
    let (area, subscriber) = lengths(number.as_bytes())?;
    let (area, rest) = number.split_at_checked(area)?;
    if !subscriber.contains(&rest.len()) || rest.starts_with(['0', '1']) {
        return None;
    }
    Some(if extension.is_empty() { format!("0{area}-{rest}") } else { format!("0{area}-{rest}-{extension}") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_usual_spelling_is_one_number() {
        let spellings = [
            "029-88881234",
            "02988881234",
            "(029)88881234",
            "（０２９）８８８８１２３４",
            "+86 29 88881234",
            "0086-29-88881234",
        ];
        for spelling in spellings {
            assert_eq!(canonical(spelling).as_deref(), Some("029-88881234"), "{spelling}");
        }
        for spelling in ["029-88881234转801", "029-88881234-801", "029-88881234 分机801"] {
            assert_eq!(canonical(spelling).as_deref(), Some("029-88881234-801"), "{spelling}");
        }
        assert_eq!(canonical("0912-3881234").as_deref(), Some("0912-3881234"));
        assert_eq!(canonical("010-62881234").as_deref(), Some("010-62881234"));
    }

    #[test]
    fn digits_without_an_area_code_are_no_landline() {
        let bad = [
            "88881234",
            "13900001111",
            "029-1234",
            "0000-0000000",
            "62517.21",
            "2020-01-01",
            "1986-05-01",
            "029-08881234",
            "029-88881234-8a1",
            "电话",
        ];
        for bad in bad {
            assert_eq!(canonical(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn what_is_taken_at_a_glance_is_what_reading_gives(value in "0(10|2[0-9]|[3-9][0-9]{1,3})-[0-9]{6,9}(-[0-9]{0,7})?") {
            let read = read(&value);
            prop_assert_eq!(is_canonical(&value), read.as_deref() == Some(&*value));
            prop_assert_eq!(canonical(&value).map(Cow::into_owned), read);
        }
    }
}
