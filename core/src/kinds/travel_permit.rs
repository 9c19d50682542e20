//! 港澳居民来往内地通行证 and 台湾居民来往大陆通行证: permits to travel to the mainland.
//!
//! | permit | number | besides, on older ones |
//! |---|---|---|
//! | Hong Kong, Macao | `H` or `M` and 8 digits, the holder's for life | 2 digits: how many times it was renewed (公安部, 2010) |
//! | Taiwan | 8 digits, the holder's for life since 1992 | 2 digits of the issue, and the issuing office in brackets, a letter or digit (until 2008) |
//!
//! Canonical form: what is the holder's for life, nine characters (`H12345678`) or eight digits, so that one person has
//! one token whatever was renewed. Eight digits alone say little: a column must be called so to be one of these.

use std::borrow::Cow;

use super::fold;

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The first `length` bytes.
fn head(text: Cow<'_, str>, length: usize) -> Option<Cow<'_, str>> {
    match text {
        Cow::Borrowed(text) => text.get(..length).map(Cow::Borrowed),
        Cow::Owned(mut text) => {
            text.truncate(length);
            Some(Cow::Owned(text))
        }
    }
}

pub(super) fn canonical_hk_macao(value: &str) -> Option<Cow<'_, str>> {
    let folded = fold::code(value);
    let digits = folded.strip_prefix(['H', 'M'])?;
    (matches!(digits.len(), 8 | 10) && is_digits(digits)).then(|| head(folded, 9)).flatten()
}

pub(super) fn canonical_taiwan(value: &str) -> Option<Cow<'_, str>> {
    let folded = fold::code(value);
    let (number, office) = folded.split_at_checked(10.min(folded.len()))?;
    let valid = match office.as_bytes() {
        [] => matches!(number.len(), 8 | 10),
        [b'A'..=b'Z'] => true,
        [b'(', office, b')'] => office.is_ascii_uppercase() || office.is_ascii_digit(),
        _ => false,
    };
    (valid && is_digits(number)).then(|| head(folded, 8)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_renewed_permit_is_the_same_holder() {
        for spelling in ["H12345678", "h1234567800", "H1234567801", "H 1234 5678", "Ｈ１２３４５６７８"] {
            assert_eq!(canonical_hk_macao(spelling).as_deref(), Some("H12345678"), "{spelling}");
        }
        assert_eq!(canonical_hk_macao("M12345678").as_deref(), Some("M12345678"));
        for spelling in ["05616820", "0561682001", "0561682001(D)", "0561682001D", "0561682001（2）", "05616820 01"] {
            assert_eq!(canonical_taiwan(spelling).as_deref(), Some("05616820"), "{spelling}");
        }
    }

    #[test]
    fn what_is_canonical_is_borrowed() {
        assert!(matches!(canonical_hk_macao("H1234567801"), Some(Cow::Borrowed("H12345678"))));
        assert!(matches!(canonical_taiwan("05616820"), Some(Cow::Borrowed("05616820"))));
    }

    #[test]
    fn other_numbers_are_no_permit() {
        for bad in ["", "H1234567", "H123456789", "H12345678901", "A12345678", "HA1234567", "12345678", "港12345678"] {
            assert_eq!(canonical_hk_macao(bad), None, "{bad}");
        }
        for bad in [
            "",
            "1234567",
            "123456789",
            "12345678901",
            "0561682001()",
            "0561682001(D",
            "T12345678",
            "05616820(D)",
            "台胞证0561682",
        ] {
            assert_eq!(canonical_taiwan(bad), None, "{bad}");
        }
    }
}
