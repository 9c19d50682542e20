//! 固定电话: area code and subscriber number, with or without country code and extension.
//!
//! `010` and `02x` go with eight digits, other area codes with seven or eight. A number without its area code is not
//! valid: seven or eight digits alone say nothing. Canonical form: `029-88881234`, an extension after a second dash.

use super::fold;

pub(super) fn canonical(value: &str) -> Option<String> {
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
    let (area, subscriber) = match number.as_bytes() {
        [b'1', b'0', ..] => (2, 8..=8),
        [b'2', ..] => (2, 8..=8),
        [b'3'..=b'9', ..] => (3, 7..=8),
        _ => return None,
    };
    let (area, rest) = if area == 2 { number.split_at_checked(2)? } else { number.split_at_checked(3)? };
    if !subscriber.contains(&rest.len()) || rest.starts_with(['0', '1']) {
        return None;
    }
    Some(if extension.is_empty() { format!("0{area}-{rest}") } else { format!("0{area}-{rest}-{extension}") })
}

#[cfg(test)]
mod tests {
    use super::canonical;

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
            "电话",
        ];
        for bad in bad {
            assert_eq!(canonical(bad), None, "{bad}");
        }
    }
}
