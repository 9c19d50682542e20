//! MAC 地址 (IEEE 802, EUI-48): twelve hexadecimal digits, in pairs with colons or dashes, in three groups with dots, or
//! plain. Canonical form: lower case, in pairs with colons. The 64-bit form is not read.

use std::borrow::Cow;

use super::fold;

fn is_canonical(bytes: &[u8]) -> bool {
    let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    bytes.len() == 17
        && bytes.iter().enumerate().all(|(at, byte)| if at % 3 == 2 { *byte == b':' } else { digit(*byte) })
}

pub(super) fn canonical(value: &str) -> Option<Cow<'_, str>> {
    if is_canonical(value.as_bytes()) {
        return Some(Cow::Borrowed(value));
    }
    let folded = fold::text(value);
    // How many digits stand between separators, by the length of the whole and its first separator.
    let (every, separator) = match (folded.len(), folded.as_bytes().get(2), folded.as_bytes().get(4)) {
        (17, Some(separator @ (b':' | b'-')), _) => (2, *separator),
        (14, _, Some(b'.')) => (4, b'.'),
        (12, ..) => (12, 0),
        _ => return None,
    };
    let mut form = String::with_capacity(17);
    for group in folded.as_bytes().chunks(every + 1) {
        let digits = match group.split_last() {
            Some((last, digits)) if group.len() > every && *last == separator => digits,
            _ => group,
        };
        if digits.len() != every {
            return None;
        }
        for (at, byte) in digits.iter().enumerate() {
            if at % 2 == 0 && !form.is_empty() {
                form.push(':');
            }
            form.push(byte.is_ascii_hexdigit().then(|| char::from(byte.to_ascii_lowercase()))?);
        }
    }
    is_canonical(form.as_bytes()).then_some(Cow::Owned(form))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_usual_spelling_is_one_address() {
        for spelling in [
            "00:1a:2b:3c:4d:5e",
            "00:1A:2B:3C:4D:5E",
            "00-1A-2B-3C-4D-5E",
            "001a.2b3c.4d5e",
            "001A2B3C4D5E",
            "００－１Ａ－２Ｂ－３Ｃ－４Ｄ－５Ｅ",
            " 00:1a:2b:3c:4d:5e ",
        ] {
            assert_eq!(canonical(spelling).as_deref(), Some("00:1a:2b:3c:4d:5e"), "{spelling}");
        }
        assert!(matches!(canonical("00:1a:2b:3c:4d:5e"), Some(Cow::Borrowed(_))));
    }

    #[test]
    fn other_shapes_are_no_address() {
        for bad in [
            "",
            "00:1a:2b:3c:4d",
            "00:1a:2b:3c:4d:5g",
            "00:1a-2b:3c:4d:5e",
            "0:1a:2b:3c:4d:5e:",
            ":00:1a:2b:3c:4d:5",
            "00:1a:2b:3c:4d:5:",
            "001a.2b3c-4d5e",
            "001a:2b3c:4d5e",
            "001a2b3c4d5e6f70",
            "00:1a:2b:3c:4d:5e:6f:70",
            "001A2B3C4D5",
            "地址地址",
            "00:1a:2b:3c:4d:é",
        ] {
            assert_eq!(canonical(bad), None, "{bad}");
        }
    }
}
