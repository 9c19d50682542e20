//! 经纬度: decimal degrees, one number or a pair (GB/T 16831, ISO 6709 without its compact form).
//!
//! A number has at most three digits before the point and fifteen after it, and lies between -180 and 180; of a pair one
//! at least is a latitude, between -90 and 90. `°`, brackets, and the hemisphere as a letter or word (`108.94°E`,
//! `北纬34.26`) are read; degrees with minutes and seconds are not. The pair stays in the order in which it is written:
//! which is the longitude is not to be known in western China. Canonical form: `108.94` or `108.94,34.26`, without zeros
//! that say nothing, south and west negative. What is as plain as this is a coordinate only where its column is one.

use std::borrow::Cow;
use std::fmt;

use super::fold;

const HEMISPHERES: [(&str, bool); 8] = [
    ("东经", false),
    ("北纬", false),
    ("西经", true),
    ("南纬", true),
    ("E", false),
    ("N", false),
    ("W", true),
    ("S", true),
];

/// One number, as the parts of its text.
#[derive(Clone, Copy)]
struct Degrees<'a> {
    negative: bool,
    whole: &'a str,
    fraction: &'a str,
}

impl<'a> Degrees<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let text = text.trim();
        let mut marked = None;
        let mut number = text;
        for (word, negative) in HEMISPHERES {
            if let Some(rest) = text.strip_prefix(word).or_else(|| text.strip_suffix(word)) {
                (number, marked) = (rest.trim(), Some(negative));
                break;
            }
        }
        let number = number.strip_suffix('°').or_else(|| number.strip_suffix('度')).unwrap_or(number).trim_end();
        let unsigned = match (number.strip_prefix('-'), marked) {
            (Some(_), Some(_)) => return None,
            (Some(rest), None) => rest,
            (None, _) => number.strip_prefix('+').unwrap_or(number),
        };
        let (whole, fraction) = match unsigned.split_once('.') {
            Some((whole, fraction)) if !fraction.is_empty() => (whole, fraction),
            Some(_) => return None,
            None => (unsigned, ""),
        };
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if !(1..=3).contains(&whole.len()) || fraction.len() > 15 || !digits(whole) || !digits(fraction) {
            return None;
        }
        let significant = whole.trim_start_matches('0');
        let whole = if significant.is_empty() { whole.get(..1)? } else { significant };
        let fraction = fraction.trim_end_matches('0');
        let zero = whole == "0" && fraction.is_empty();
        let degrees = Degrees { negative: !zero && marked.unwrap_or(number.starts_with('-')), whole, fraction };
        degrees.is_within(180).then_some(degrees)
    }

    fn is_within(self, most: u32) -> bool {
        let whole = fold::number(self.whole.as_bytes());
        whole.is_some_and(|whole| whole < most || whole == most && self.fraction.is_empty())
    }

    /// The text is the canonical form of the number.
    fn is_written(self, text: &str) -> bool {
        let unsigned = if self.negative { text.strip_prefix('-') } else { Some(text) };
        let rest = unsigned.and_then(|text| text.strip_prefix(self.whole));
        match self.fraction {
            "" => rest == Some(""),
            fraction => rest.and_then(|rest| rest.strip_prefix('.')) == Some(fraction),
        }
    }
}

impl fmt::Display for Degrees<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.negative { "-" } else { "" })?;
        f.write_str(self.whole)?;
        f.write_str(if self.fraction.is_empty() { "" } else { "." })?;
        f.write_str(self.fraction)
    }
}

pub(super) fn canonical(value: &str) -> Option<Cow<'_, str>> {
    let folded = fold::text(value);
    let bare = folded.strip_prefix(['(', '[']).and_then(|rest| rest.strip_suffix([')', ']'])).unwrap_or(&folded);
    let pair = bare.split_once([',', ';', '、']).or_else(|| bare.trim().split_once(' ').filter(|(a, b)| both(a, b)));
    let Some((first, second)) = pair else {
        let degrees = Degrees::read(bare)?;
        return Some(if degrees.is_written(value) { Cow::Borrowed(value) } else { Cow::Owned(degrees.to_string()) });
    };
    let (one, other) = (Degrees::read(first)?, Degrees::read(second)?);
    if !one.is_within(90) && !other.is_within(90) {
        return None;
    }
    let written =
        value.split_once(',').is_some_and(|(first, second)| one.is_written(first) && other.is_written(second));
    Some(if written { Cow::Borrowed(value) } else { Cow::Owned(format!("{one},{other}")) })
}

/// Each side of a space has a number of its own (`108.94 E` has not).
fn both(first: &str, second: &str) -> bool {
    [first, second].iter().all(|side| side.bytes().any(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_place_has_one_spelling() {
        for spelling in [
            "108.94",
            "108.940",
            "0108.94".get(1..).unwrap(),
            "+108.94",
            "108.94°",
            "108.94E",
            "108.94°E",
            "E108.94",
            "东经108.94度",
            "１０８．９４",
        ] {
            assert_eq!(canonical(spelling).as_deref(), Some("108.94"), "{spelling}");
        }
        for spelling in [
            "108.94,34.26",
            "108.94, 34.260",
            "(108.94,34.26)",
            "[108.94; 34.26]",
            "108.94 34.26",
            "E108.94,N34.26",
            "东经108.94°、北纬34.26°",
            "108.94，34.26",
        ] {
            assert_eq!(canonical(spelling).as_deref(), Some("108.94,34.26"), "{spelling}");
        }
        for (spelling, form) in [
            ("-33.5", "-33.5"),
            ("33.5S", "-33.5"),
            ("西经70", "-70"),
            ("-0.0", "0"),
            ("000.5", "0.5"),
            ("180.000", "180"),
            ("34.26,108.94", "34.26,108.94"),
            ("108.94,90", "108.94,90"),
            ("-90,180", "-90,180"),
            ("108.94 E", "108.94"),
        ] {
            assert_eq!(canonical(spelling).as_deref(), Some(form), "{spelling}");
        }
    }

    #[test]
    fn what_is_canonical_is_borrowed() {
        for form in ["108.94", "-33.5", "0", "180", "108.94,34.26", "34.26,-108"] {
            assert!(matches!(canonical(form), Some(Cow::Borrowed(same)) if same == form), "{form}");
        }
    }

    #[test]
    fn what_is_no_decimal_degree_is_refused() {
        for bad in [
            "",
            ".",
            "108.",
            ".5",
            "180.1",
            "181",
            "1234.5",
            "-108.94W",
            "108.94,",
            "108.94,109.5",
            "108.94,90.1",
            "108.94,34.26,400",
            "108°56′24″",
            "1e2",
            "nan",
            "--5",
            "108.9412345678901234",
            "东经",
            "108.94,190",
            "E",
        ] {
            assert_eq!(canonical(bad), None, "{bad}");
        }
    }
}
