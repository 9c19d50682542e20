//! Keeps identifiers of natural persons out of what the log keeps for ever (A5, A31): a check of digits that needs no
//! data wing. It must never be taken for a detector: it refuses what is plainly a resident id or a mobile number.

/// Whether the text holds what reads as a resident id (18 or 15 digits around a date) or a mobile number.
///
/// A run of digits that touches a hexadecimal letter is part of a digest or a UUID and is left alone.
///
/// ```
/// use kaifang::catalog::looks_personal;
/// assert!(looks_personal("user-13800138000") && looks_personal("610102199003071234"));
/// assert!(!looks_personal("91610131MA6U0000X0") && !looks_personal("2026-11-23T02:00:00Z"));
/// ```
#[must_use]
pub fn looks_personal(text: &str) -> bool {
    if text.is_ascii() && !long_run(text) {
        return false;
    }
    // Fullwidth digits and letters fold to ASCII: U+FF01–U+FF5E lie 0xFEE0 above it.
    let fold = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => u8::try_from(u32::from(c) - 0xfee0).unwrap_or(b' '),
        c => u8::try_from(c).ok().filter(u8::is_ascii).unwrap_or(b' '),
    };
    // A run that is longer than any identifier is none: its digits need not be kept. Nothing is allocated, since every
    // request is looked at.
    let mut digits = [0; LONGEST_RUN];
    let mut length = 0_usize;
    let mut before = b' ';
    for c in text.chars().map(fold).chain(std::iter::once(b' ')) {
        if c.is_ascii_digit() {
            if let Some(place) = digits.get_mut(length) {
                *place = c;
            }
            length = length.saturating_add(1);
            continue;
        }
        let run = digits.get(..length).unwrap_or_default();
        let last_is_check = matches!(c, b'X' | b'x') && run.len() == 17;
        let part_of_hex = hexadecimal(before) || (hexadecimal(c) && !last_is_check);
        if !part_of_hex && (resident_id(run, last_is_check) || mobile(run)) {
            return true;
        }
        length = 0;
        before = c;
    }
    false
}

/// The digits of the shortest identifier, a mobile number.
pub(crate) const SHORTEST_PERSONAL: usize = 11;

/// Whether there are as many digits in a row as the shortest identifier has.
fn long_run(text: &str) -> bool {
    let mut run = 0_usize;
    text.bytes().any(|c| {
        run = if c.is_ascii_digit() { run.saturating_add(1) } else { 0 };
        run >= SHORTEST_PERSONAL
    })
}

/// The digits of the longest identifier.
const LONGEST_RUN: usize = 18;

fn hexadecimal(c: u8) -> bool {
    c.is_ascii_hexdigit() && !c.is_ascii_digit()
}

/// 18 characters with a date of 1900–2099 at 7–14, or 15 digits with one at 7–12. A checksum would only let a
/// mistyped id through, so it does not count.
fn resident_id(run: &[u8], last_is_check: bool) -> bool {
    let at = |range: std::ops::Range<usize>| {
        run.get(range).map_or(0, |digits| digits.iter().fold(0_u32, |sum, digit| sum * 10 + u32::from(digit - b'0')))
    };
    let date = |month: u32, day: u32| (1..=12).contains(&month) && (1..=31).contains(&day);
    match run.len() + usize::from(last_is_check) {
        18 => (1900..2100).contains(&at(6..10)) && date(at(10..12), at(12..14)),
        15 => date(at(8..10), at(10..12)),
        _ => false,
    }
}

/// 11 digits from 13 to 19, with or without 86 before them.
fn mobile(run: &[u8]) -> bool {
    let number = match run.len() {
        13 => run.strip_prefix(b"86").unwrap_or_default(),
        11 => run,
        _ => return false,
    };
    matches!(number, [b'1', b'3'..=b'9', ..])
}

#[cfg(test)]
mod tests {
    use super::looks_personal;

    #[test]
    fn ids_and_mobiles_are_seen_in_any_dress() {
        for text in [
            "13800138000",
            "+8613800138000",
            "tel:13800138000.",
            "610102199003071234",
            "61010219900307123X",
            "61010219900307123x",
            "user_610102900307123",
            "138\u{ff10}\u{ff10}138000",
            "\u{ff11}38\u{ff10}\u{ff10}138000",
            "申请人13800138000",
        ] {
            assert!(looks_personal(text), "{text}");
        }
    }

    #[test]
    fn digests_codes_and_dates_are_not_persons() {
        for text in [
            "",
            "91610131MA6U0000X0",
            "916101317835788225",
            "029-86780000",
            "2026-11-23",
            "西规〔2022〕013",
            "sha256:a13800138000bc",
            "018f3c2e-7a1b-7cde-8f00-13800138000a",
            "12345678901234567890",
            "128001380000",
        ] {
            assert!(!looks_personal(text), "{text}");
        }
    }
}
