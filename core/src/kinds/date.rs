//! 日期 and 出生日期 in their many spellings. Canonical form: `YYYY-MM-DD`.
//!
//! Read are `2020-6-18`, `2020/06/18`, `2020.6.18`, `2020年6月18日`, `20200618`, each with a time of day after it or
//! without. Not read, because they are no day: `1978年`, `2020年6月`, two-digit years, serial numbers of spreadsheets.
//! `9999-9-9` and its kin mean "no end": a date, but no birth date.

use std::borrow::Cow;

use jiff::civil::Date;

use super::fold;

/// What a spelling says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// A day.
    Day(Date),
    /// The year 9999: valid without end.
    NoEnd,
}

/// Reads one spelling of a day.
///
/// ```
/// use kaifang::kinds::date::{Reading, parse};
/// assert_eq!(parse("2020年6月18日"), parse("2020-06-18 00:00:00"));
/// assert_eq!(parse("9999-9-9"), Some(Reading::NoEnd));
/// assert_eq!(parse("1978年"), None);
/// ```
#[must_use]
pub fn parse(value: &str) -> Option<Reading> {
    let (year, month, day) = parts(value)?;
    if year == 9999 {
        return Some(Reading::NoEnd);
    }
    Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok().map(Reading::Day)
}

/// Year, month and day of one spelling, which need not be a day.
fn parts(value: &str) -> Option<(u32, u32, u32)> {
    let folded = fold::text(value);
    let (year, rest) = digits(&folded, 4, 4)?;
    let (month, day, rest) = match rest.chars().next()? {
        '0'..='9' => {
            let (month, rest) = digits(rest, 2, 2)?;
            let (day, rest) = digits(rest, 2, 2)?;
            (month, day, rest)
        }
        first @ ('-' | '/' | '.' | '年') => {
            let (month, rest) = digits(rest.strip_prefix(first)?.trim_start(), 1, 2)?;
            let second = if first == '年' { '月' } else { first };
            let (day, rest) = digits(rest.strip_prefix(second)?.trim_start(), 1, 2)?;
            (month, day, rest.strip_prefix(['日', '号']).unwrap_or(rest))
        }
        _ => return None,
    };
    is_time(rest).then_some((year, month, day))
}

/// There is such a day, in the Gregorian calendar reckoned back without end.
pub(super) fn is_day(year: u32, month: u32, day: u32) -> bool {
    const DAYS: [u32; 13] = [0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let leap = year.is_multiple_of(4) & (!year.is_multiple_of(100) | year.is_multiple_of(400));
    let days = usize::try_from(month).ok().and_then(|month| DAYS.get(month)).copied().unwrap_or(0);
    day >= 1 && day <= days + u32::from(leap & (month == 2))
}

/// Year, month and day of what is written in the canonical form, whether there is such a day or not.
fn canonical_parts(value: &str) -> Option<(u32, u32, u32)> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *value.as_bytes() else { return None };
    let digits = [y1, y2, y3, y4, m1, m2, d1, d2];
    let two = |tens: u8, ones: u8| u32::from(tens & 15) * 10 + u32::from(ones & 15);
    digits.iter().all(u8::is_ascii_digit).then(|| (two(y1, y2) * 100 + two(y3, y4), two(m1, m2), two(d1, d2)))
}

/// A run of `least` to `most` ASCII digits at the start, and what follows.
fn digits(text: &str, least: usize, most: usize) -> Option<(u32, &str)> {
    let count = text.bytes().take(most).take_while(u8::is_ascii_digit).count();
    let (run, rest) = text.split_at_checked(count)?;
    (count >= least).then(|| fold::number(run.as_bytes()).map(|number| (number, rest))).flatten()
}

/// Nothing, or what can be a time of day: `T08:00:00+08:00`, ` 0:00`, `080000`.
fn is_time(rest: &str) -> bool {
    let compact = rest.len() == 6 && rest.bytes().all(|byte| byte.is_ascii_digit());
    let spelled = rest.strip_prefix(['T', 't', ' ']).is_some_and(|time| {
        time.starts_with(|c: char| c.is_ascii_digit())
            && time.contains(':')
            && time.len() <= 32
            && time.bytes().all(|byte| byte.is_ascii_digit() || b":.,+-Zz ".contains(&byte))
    });
    rest.is_empty() || compact || spelled
}

/// A year in which somebody in a register can have been born. No clock is read here, so the bounds are wide.
pub(super) fn is_plausible_birth_year(year: u32) -> bool {
    (1850..=2100).contains(&year)
}

pub(super) fn canonical(value: &str) -> Option<Cow<'_, str>> {
    form(value, |_| true)
}

pub(super) fn canonical_birth(value: &str) -> Option<Cow<'_, str>> {
    form(value, is_plausible_birth_year)
}

/// The canonical form of a day in one of the wanted years; 9999 has but one day.
fn form(value: &str, is_wanted: fn(u32) -> bool) -> Option<Cow<'_, str>> {
    if let Some((year, month, day)) = canonical_parts(value) {
        let no_end = year == 9999 && (month, day) != (12, 31);
        if !no_end {
            return (is_day(year, month, day) && is_wanted(year)).then_some(Cow::Borrowed(value));
        }
    }
    match parts(value)? {
        (9999, ..) => is_wanted(9999).then_some(Cow::Borrowed("9999-12-31")),
        (year, month, day) if is_day(year, month, day) && is_wanted(year) => Some(Cow::Owned(write(year, month, day))),
        _ => None,
    }
}

/// The canonical form; faster than `format!`.
fn write(year: u32, month: u32, day: u32) -> String {
    let mut form = String::with_capacity(10);
    let mut two = |number: u32| {
        form.extend([number / 10, number % 10].into_iter().filter_map(|digit| char::from_digit(digit, 10)));
    };
    two(year / 100);
    two(year % 100);
    two(month);
    two(day);
    form.insert(4, '-');
    form.insert(7, '-');
    form
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_day_has_one_canonical_form() {
        let spellings = [
            "2020-6-18",
            "2020-06-18",
            "2020/6/18",
            "2020.06.18",
            "2020年6月18日",
            "20200618",
            "20200618080000",
            "2020-06-18 00:00:00",
            "2020-06-18T08:00:00+08:00",
            "２０２０－０６－１８",
            "2020/6/18 0:00",
        ];
        for spelling in spellings {
            assert_eq!(canonical(spelling).as_deref(), Some("2020-06-18"), "{spelling}");
        }
    }

    #[test]
    fn what_is_no_day_is_no_date() {
        let bad = [
            "1978年",
            "2020年6月",
            "2020-02-30",
            "2020-13-01",
            "62517.21",
            "2020.5",
            "20201301",
            "18-6-2020",
            "44000",
            "2020-06/18",
            "2020-06-18-19",
            "97542.0",
            "0000-00-00",
            "19491231002",
        ];
        for bad in bad {
            assert_eq!(canonical(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_day_is_what_the_calendar_has() {
        for year in 0..=9999 {
            for month in 0..=13 {
                for day in [0, 1, 28, 29, 30, 31, 32] {
                    let known = Date::new(year, month, day).is_ok();
                    let parts =
                        [i32::from(year), i32::from(month), i32::from(day)].map(|part| part.try_into().unwrap());
                    assert_eq!(is_day(parts[0], parts[1], parts[2]), known, "{year} {month} {day}");
                }
            }
        }
    }

    #[test]
    fn what_is_canonical_is_borrowed() {
        for form in ["2020-06-18", "0001-01-01", "9999-12-31"] {
            assert!(matches!(canonical(form), Some(Cow::Borrowed(same)) if same == form), "{form}");
        }
        assert!(matches!(canonical_birth("1949-12-31"), Some(Cow::Borrowed(_))));
    }

    #[test]
    fn no_end_is_a_date_and_no_birth_date() {
        for spelling in ["9999-9-9", "9999-09-09", "9999-12-31", "99991231", "9999/99/99"] {
            assert_eq!(parse(spelling), Some(Reading::NoEnd), "{spelling}");
            assert_eq!(canonical(spelling).as_deref(), Some("9999-12-31"), "{spelling}");
            assert_eq!(canonical_birth(spelling), None);
        }
    }
}
