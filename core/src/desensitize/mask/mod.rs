//! 掩码: characters are hidden one for one by `*`, and the rest of an IPv6 address by one. A value of which nothing would be hidden is invalid.
//!
//! | kind | what stays | what it leaks |
//! |---|---|---|
//! | `mobile` | first 3, last 4 of 11 | operator and tail: 10^4 numbers remain |
//! | `landline` | last 4 | the tail |
//! | `resident_id` | first 6 | the county of registration. No tail: with a known birth date it would tell the rest |
//! | `bank_card` | last 4 | the tail |
//! | `person_name` | the surname, compound ones whole | the surname and the length |
//! | `email` | the first character of a name of two or more, and the domain | the provider |
//! | `address` | province, city and district, as written | the district and the length |
//! | `plate` | first 2 (province and city letter) | the city |
//! | `uscc` | first 8 (authority, type, division) | the division |
//! | `passport`, `hk_macao_permit`, `taiwan_permit` | first 1, last 3 | the series and the tail: 10^4 or 10^5 numbers remain |
//! | `foreign_permanent_id` | first 3 | the country or the place of issue |
//! | `officer_id` | all but the digits | the service |
//! | `organization_code` | last 4 | the tail |
//! | `mac` | the first three pairs | the maker |
//! | `coordinate` | two decimals | the place to about a kilometre |
//! | `postal_code` | first 3 | the area |
//! | `ip` | the first two parts of IPv4, the first three groups of IPv6 | the network |
//!
//! Kinds are masked in their canonical form, and what is not valid for its kind is invalid. A mask can't be undone from
//! the output alone, but what stays may single out a person: de-identified, never anonymized.

mod pattern;
mod window;

use std::net::IpAddr;
use std::ops::RangeInclusive;

use arrow::array::{ArrayRef, AsArray};
use arrow::datatypes::DataType;

use self::pattern::Pattern;
use self::window::Fit;
use super::PlanError;
use super::cells::{self, Cells};
use super::column::ColumnPlan;
use super::step::Report;
use crate::kinds::{self, Kind, address, fold, person_name};

/// How the values of one column are masked.
pub(crate) struct Mask {
    /// The kind in whose canonical form a value is masked; `None` masks the value as written.
    kind: Option<Kind>,
    shape: Shape,
}

enum Shape {
    /// So many leading and trailing characters stay.
    Window {
        prefix: usize,
        suffix: usize,
    },
    Pattern(Pattern),
    PersonName,
    Email,
    Address,
    Ip,
    /// Digits are hidden, all else stays.
    Digits,
    /// So many decimals stay of each number.
    Decimals(usize),
}

/// What is wrong with the settings of a mask.
pub(super) fn problems(entry: &ColumnPlan, report: &mut Report<'_>) {
    if entry.pattern.is_some() && has_window(entry) {
        report.field(
            "pattern",
            "a pattern, or keep_prefix and keep_suffix",
            "pattern 与 keep_prefix、keep_suffix 二者之一",
        );
    }
    if entry.pattern.as_ref().is_some_and(|pattern| Pattern::parse(pattern).is_none()) {
        report.field(
            "pattern",
            "# for a character that stays, * for a hidden one, at least one",
            "# 表示保留,* 表示隐藏,至少一个 *",
        );
    }
    let own = entry.pattern.is_some() || has_window(entry);
    match entry.kind {
        None if !own => report.field(
            "kind",
            "a kind, a pattern, or keep_prefix and keep_suffix",
            "类别、模式,或 keep_prefix 与 keep_suffix",
        ),
        Some(kind) if !(if own { kind.is_implemented() } else { shape_of(kind).is_some() }) => report.kind(),
        _ => {}
    }
}

fn has_window(entry: &ColumnPlan) -> bool {
    entry.keep_prefix.is_some() || entry.keep_suffix.is_some()
}

/// The mask of a kind; `None` where none is defined.
fn shape_of(kind: Kind) -> Option<Shape> {
    Some(match kind {
        Kind::Mobile => Shape::Window { prefix: 3, suffix: 4 },
        Kind::Landline | Kind::BankCard => Shape::Window { prefix: 0, suffix: 4 },
        Kind::ResidentId => Shape::Window { prefix: 6, suffix: 0 },
        Kind::Plate => Shape::Window { prefix: 2, suffix: 0 },
        Kind::Uscc => Shape::Window { prefix: 8, suffix: 0 },
        Kind::Passport | Kind::HkMacaoPermit | Kind::TaiwanPermit => Shape::Window { prefix: 1, suffix: 3 },
        Kind::ForeignPermanentId | Kind::PostalCode => Shape::Window { prefix: 3, suffix: 0 },
        Kind::OrganizationCode => Shape::Window { prefix: 0, suffix: 4 },
        Kind::Mac => Shape::Pattern(Pattern::parse("########:**:**:**")?),
        Kind::OfficerId => Shape::Digits,
        Kind::Coordinate => Shape::Decimals(2),
        Kind::PersonName => Shape::PersonName,
        Kind::Email => Shape::Email,
        Kind::Address => Shape::Address,
        Kind::Ip => Shape::Ip,
        _ => return None,
    })
}

/// The ranges of the bytes of a kind all of whose values of that spelling are valid and canonical.
fn fit(kind: Option<Kind>) -> Option<Fit> {
    const DIGIT: RangeInclusive<u8> = b'0'..=b'9';
    const MOBILE: [RangeInclusive<u8>; 11] =
        [b'1'..=b'1', b'3'..=b'9', DIGIT, DIGIT, DIGIT, DIGIT, DIGIT, DIGIT, DIGIT, DIGIT, DIGIT];
    match kind {
        None => Some(Fit::Ascii),
        Some(Kind::Mobile) => Some(Fit::Each(&MOBILE)),
        Some(_) => None,
    }
}

impl Mask {
    /// The mask that an entry asks for; `None` where it isn't defined.
    pub(super) fn new(entry: &ColumnPlan) -> Option<Self> {
        let count = |count: Option<u32>| usize::try_from(count.unwrap_or(0)).unwrap_or(usize::MAX);
        let shape = match (&entry.pattern, entry.kind) {
            (Some(pattern), _) => Shape::Pattern(Pattern::parse(pattern)?),
            (None, _) if has_window(entry) => {
                Shape::Window { prefix: count(entry.keep_prefix), suffix: count(entry.keep_suffix) }
            }
            (None, kind) => shape_of(kind?)?,
        };
        Some(Mask { kind: entry.kind, shape })
    }

    /// Masks a column of text.
    pub(super) fn treat(&self, text: &ArrayRef, output: &DataType, column: &str) -> Result<Cells, PlanError> {
        if let (Shape::Window { prefix, suffix }, Some(fit)) = (&self.shape, fit(self.kind)) {
            let one = |value: &str, out: &mut Vec<u8>| self.append(value, out);
            let window = (*prefix, *suffix);
            match text.data_type() {
                DataType::Utf8 => return window::treat(text.as_string::<i32>(), window, &fit, column, one),
                DataType::LargeUtf8 => return window::treat(text.as_string::<i64>(), window, &fit, column, one),
                _ => {}
            }
        }
        cells::each(text, output, column, |value, out| self.append(value, out))
    }

    /// Appends the masked value; `false` = invalid, and what was appended must be taken back.
    pub(super) fn append(&self, value: &str, out: &mut Vec<u8>) -> bool {
        let Some(kind) = self.kind else { return self.append_form(value, out) };
        kinds::canonical(kind, value).is_some_and(|form| self.append_form(&form, out))
    }

    fn append_form(&self, value: &str, out: &mut Vec<u8>) -> bool {
        match &self.shape {
            Shape::Window { prefix, suffix } => window(value, *prefix, *suffix, out),
            Shape::Pattern(pattern) => pattern.append(value, out),
            Shape::PersonName => {
                let surname = person_name::surname(value).map_or(1, |surname| surname.chars().count());
                window(value, surname, 0, out)
            }
            Shape::Email => email(value, out),
            Shape::Address => address::locate(value)
                .and_then(|place| value.len().checked_sub(place.rest.len()))
                .is_some_and(|end| keep_to(value, end, out)),
            Shape::Ip => ip(value, out),
            Shape::Digits => hide_some(value, out, |_, c| c.is_ascii_digit()),
            Shape::Decimals(kept) => hide_some(value, out, decimals_behind(*kept)),
        }
    }
}

/// Hides the characters that `is_hidden` says. `false` where there is none.
fn hide_some(value: &str, out: &mut Vec<u8>, mut is_hidden: impl FnMut(usize, char) -> bool) -> bool {
    let mut any = false;
    for (place, c) in value.chars().enumerate() {
        let hidden = is_hidden(place, c);
        any |= hidden;
        let shown = if hidden { '*' } else { c };
        out.extend_from_slice(shown.encode_utf8(&mut [0; 4]).as_bytes());
    }
    any
}

/// Tells the digits behind so many decimals of each number from all else.
fn decimals_behind(kept: usize) -> impl FnMut(usize, char) -> bool {
    let mut point = None;
    move |place, c| {
        match c {
            '.' => point = Some(place),
            digit if digit.is_ascii_digit() => {}
            _ => point = None,
        }
        c.is_ascii_digit() && point.is_some_and(|point| place > point + kept)
    }
}

/// Keeps `prefix` and `suffix` characters (Unicode scalar values) and hides each one between.
fn window(value: &str, prefix: usize, suffix: usize, out: &mut Vec<u8>) -> bool {
    if value.is_ascii() {
        return value.len().checked_sub(suffix).is_some_and(|end| hide(value, prefix, end, None, out));
    }
    let start = nth_start(value, prefix);
    let end = match suffix.checked_sub(1) {
        None => Some(value.len()),
        Some(last) => value.char_indices().rev().nth(last).map(|(at, _)| at),
    };
    match (start, end) {
        (Some(start), Some(end)) if start < end => {
            let hidden = value.get(start..end).map_or(0, |hidden| hidden.chars().count());
            hide(value, start, end, Some(hidden), out)
        }
        _ => false,
    }
}

/// The byte at which the character number `n` begins; the end for one past the last.
fn nth_start(value: &str, n: usize) -> Option<usize> {
    value.char_indices().map(|(at, _)| at).chain([value.len()]).nth(n)
}

/// Copies `..start` and `end..`, with `stars` (by default one a byte) between. `false` where nothing is hidden.
fn hide(value: &str, start: usize, end: usize, stars: Option<usize>, out: &mut Vec<u8>) -> bool {
    let bytes = value.as_bytes();
    let Some(hidden) = end.checked_sub(start).filter(|hidden| *hidden > 0) else { return false };
    if !value.get(start..end).is_some_and(shows) {
        return false;
    }
    let (Some(head), Some(tail)) = (bytes.get(..start), bytes.get(end..)) else { return false };
    out.extend_from_slice(head);
    out.resize(out.len() + stars.unwrap_or(hidden), b'*');
    out.extend_from_slice(tail);
    true
}

/// Whether there is anything to be seen in a text: hiding spaces alone would give the value back.
pub(super) fn shows(text: &str) -> bool {
    text.chars().any(|c| fold::character(c).is_some_and(|c| !c.is_whitespace()))
}

/// Keeps the value up to a byte and hides the characters after it.
fn keep_to(value: &str, end: usize, out: &mut Vec<u8>) -> bool {
    let hidden = value.get(end..).map_or(0, |rest| rest.chars().count());
    hide(value, end, value.len(), Some(hidden), out)
}

/// `li.ming@example.org` → `l******@example.org`; `a@example.org` → `*@example.org`.
fn email(value: &str, out: &mut Vec<u8>) -> bool {
    let Some((name, _)) = value.rsplit_once('@') else { return false };
    let start = match name.chars().nth(1) {
        Some(_) => nth_start(name, 1).unwrap_or(0),
        None => 0,
    };
    let hidden = name.get(start..).map_or(0, |rest| rest.chars().count());
    hide(value, start, name.len(), Some(hidden), out)
}

/// `192.168.1.10` → `192.168.*.**`; `2001:db8::1` → `2001:db8:0:*`. The groups of version 6 that `::` leaves out are
/// groups too, so it is the address that is cut and not its text. Version 4 inside version 6 is masked as version 4.
fn ip(value: &str, out: &mut Vec<u8>) -> bool {
    let Ok(address) = value.parse::<IpAddr>() else { return false };
    let masked = match address.to_canonical() {
        IpAddr::V4(address) => {
            let [first, second, third, fourth] = address.octets().map(|part| part.to_string());
            format!("{first}.{second}.{}.{}", "*".repeat(third.len()), "*".repeat(fourth.len()))
        }
        IpAddr::V6(address) => {
            let [first, second, third, ..] = address.segments();
            format!("{first:x}:{second:x}:{third:x}:*")
        }
    };
    out.extend_from_slice(masked.as_bytes());
    true
}

#[cfg(test)]
mod tests {
    use super::super::vocabulary::Transform;
    use super::*;
    use proptest::prelude::*;

    fn masked(mask: &Mask, value: &str) -> Option<String> {
        let mut out = Vec::new();
        mask.append(value, &mut out).then(|| String::from_utf8(out).unwrap())
    }

    fn of_window(prefix: u32, suffix: u32) -> Mask {
        let (keep_prefix, keep_suffix) = (Some(prefix), Some(suffix));
        Mask::new(&ColumnPlan { keep_prefix, keep_suffix, ..ColumnPlan::new(Transform::Mask) }).unwrap()
    }

    fn of_kind(kind: Kind) -> Mask {
        Mask::new(&ColumnPlan { kind: Some(kind), ..ColumnPlan::new(Transform::Mask) }).unwrap()
    }

    /// The definition, over a vector of characters.
    fn window_oracle(value: &str, prefix: usize, suffix: usize) -> Option<String> {
        let chars: Vec<char> = value.chars().collect();
        let last = chars.len().checked_sub(suffix).filter(|last| *last > prefix)?;
        // What shows nothing hides nothing.
        let visible = |c: &char| fold::character(*c).is_some_and(|c| !c.is_whitespace());
        chars[prefix..last].iter().any(visible).then_some(())?;
        Some(chars.iter().enumerate().map(|(i, c)| if (prefix..last).contains(&i) { '*' } else { *c }).collect())
    }

    #[test]
    fn windows_that_hide_nothing_are_invalid() {
        let mask = of_window(3, 4);
        assert_eq!(masked(&mask, "13900001111").as_deref(), Some("139****1111"));
        for short in
            ["", "1", "1234567", "123 4567", "123\u{200b}4567", "123  \u{3000}4567", "一二三四五六七", "𠮷𠮷𠮷𠮷𠮷𠮷𠮷"]
        {
            assert_eq!(masked(&mask, short), None, "{short}");
        }
        assert_eq!(masked(&mask, "𠮷𠮷𠮷😀𠮷𠮷𠮷𠮷").as_deref(), Some("𠮷𠮷𠮷*𠮷𠮷𠮷𠮷"));
        assert_eq!(masked(&of_window(u32::MAX, u32::MAX), "13900001111"), None);
        assert_eq!(masked(&of_window(0, 0), "ab").as_deref(), Some("**"));
    }

    #[test]
    fn a_name_keeps_its_surname_and_an_email_its_domain() {
        let name = of_kind(Kind::PersonName);
        assert_eq!(masked(&name, "欧阳娜娜").as_deref(), Some("欧阳**"));
        assert_eq!(masked(&name, "王伟").as_deref(), Some("王*"));
        let email = of_kind(Kind::Email);
        assert_eq!(masked(&email, "a@qq.com").as_deref(), Some("*@qq.com"));
        assert_eq!(masked(&email, "li1@qq.com").as_deref(), Some("l**@qq.com"));
    }

    #[test]
    fn an_address_keeps_its_district() {
        let address = of_kind(Kind::Address);
        assert_eq!(masked(&address, "陕西省西安市雁塔区小寨东路1号").as_deref(), Some("陕西省西安市雁塔区******"));
        assert_eq!(masked(&address, "某处某路"), None, "no division is known in it");
    }

    #[test]
    fn an_ip_address_keeps_its_network() {
        let ip = of_kind(Kind::Ip);
        for (address, expected) in [
            ("192.168.1.10", "192.168.*.**"),
            ("2001:db8::1", "2001:db8:0:*"),
            ("2001::7", "2001:0:0:*"),
            ("::1", "0:0:0:*"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:*"),
            ("::ffff:192.168.1.10", "192.168.*.**"),
        ] {
            assert_eq!(masked(&ip, address).as_deref(), Some(expected), "{address}");
        }
    }

    #[test]
    fn numbers_of_documents_and_devices_keep_their_series() {
        for (kind, value, expected) in [
            (Kind::Passport, "E12345678", Some("E*****678")),
            (Kind::Passport, "e 1234 5678", Some("E*****678")),
            (Kind::HkMacaoPermit, "H12345678", Some("H*****678")),
            (Kind::OfficerId, "军12345678", Some("军字第********号")),
            (Kind::Mac, "00-1A-2B-3C-4D-5E", Some("00:1a:2b:**:**:**")),
            (Kind::Coordinate, "108.940212", Some("108.94****")),
            (Kind::Coordinate, "108.940212,34.2", Some("108.94****,34.2")),
            (Kind::Coordinate, "108.94", None),
            (Kind::PostalCode, "710000", Some("710***")),
            (Kind::Passport, "X1", None),
        ] {
            assert_eq!(masked(&of_kind(kind), value).as_deref(), expected, "{value}");
        }
    }

    proptest! {
        #[test]
        fn windows_equal_their_definition(value in any::<String>(), prefix in 0_u32..9, suffix in 0_u32..9) {
            let got = masked(&of_window(prefix, suffix), &value);
            prop_assert_eq!(got, window_oracle(&value, prefix as usize, suffix as usize));
        }

        #[test]
        fn ascii_windows_equal_their_definition(value in "[ -~]{0,20}", prefix in 0_u32..9, suffix in 0_u32..9) {
            let got = masked(&of_window(prefix, suffix), &value);
            prop_assert_eq!(got, window_oracle(&value, prefix as usize, suffix as usize));
        }
    }
}
