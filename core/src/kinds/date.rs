//! 日期 and 出生日期 in their many spellings. Canonical form: `YYYY-MM-DD`.
//!
//! Read are `2020-6-18`, `2020/06/18`, `2020.6.18`, `2020年6月18日`, `20200618`, each with a time of day after it or
//! without. Not read, because they are no day: `1978年`, `2020年6月`, two-digit years, serial numbers of spreadsheets.
//! `9999-9-9` and its kin mean "no end": a date, but no birth date.

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
    if !is_time(rest) {
        return None;
    }
    if year == 9999 {
        return Some(Reading::NoEnd);
    }
    Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok().map(Reading::Day)
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

/// A day on which somebody in a register can have been born. No clock is read here, so the bounds are wide.
pub(super) fn is_plausible_birth(date: Date) -> bool {
    (1850..=2100).contains(&date.year())
}

pub(super) fn canonical(value: &str) -> Option<String> {
    Some(match parse(value)? {
        Reading::Day(date) => date.to_string(),
        Reading::NoEnd => "9999-12-31".to_owned(),
    })
}

pub(super) fn canonical_birth(value: &str) -> Option<String> {
    match parse(value)? {
        Reading::Day(date) if is_plausible_birth(date) => Some(date.to_string()),
        _ => None,
    }
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
    fn no_end_is_a_date_and_no_birth_date() {
        for spelling in ["9999-9-9", "9999-12-31", "99991231", "9999/99/99"] {
            assert_eq!(parse(spelling), Some(Reading::NoEnd), "{spelling}");
            assert_eq!(canonical_birth(spelling), None);
        }
    }
}
