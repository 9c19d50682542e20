//! 泛化: a value is replaced by the wider one that it lies in.
//!
//! | `to` | on | gives |
//! |---|---|---|
//! | `year`, `month`, `decade` | dates, timestamps without a zone, text that is a date | `1990`, `1990-03`, `1990s` |
//! | `province`, `city`, `district` | addresses | the full name: `陕西省西安市` |
//! | | divisions (codes, or names alone, with `kind = "region"`), resident ids | the code, filled up: `610100` |
//! | `width = n` | integers, text that is one | the bin: `[20,30)` |
//!
//! A generalization can't be undone. Whether what stays singles out a person is a question to [`crate::risk`].

use std::io::Write;

use arrow::datatypes::DataType;

use super::column::ColumnPlan;
use super::place;
use super::step::{Report, is_text, is_written_as_text, text_type};
use super::vocabulary::Level;
use crate::kinds::{self, Kind};

/// How the values of one column are generalized.
pub(crate) enum Generalize {
    Date { kind: Kind, level: Level },
    Place { kind: Option<Kind>, level: Level },
    Bins { width: i128 },
    Bounds(Vec<i64>),
    Prefix(usize),
}

/// What is wrong with the settings of a generalization: it has one of `to`, `width`, `bounds` and `keep_prefix`.
pub(super) fn problems(entry: &ColumnPlan, report: &mut Report<'_>) {
    let ways = [
        ("to", entry.to.is_some()),
        ("width", entry.width.is_some()),
        ("bounds", entry.bounds.is_some()),
        ("keep_prefix", entry.keep_prefix.is_some()),
    ];
    let mut given = ways.iter().filter(|(_, given)| *given);
    match (given.next(), given.next()) {
        (None, _) => {
            report.field("to", "a level; or width, bounds or keep_prefix", "层级,或 width、bounds、keep_prefix 之一")
        }
        (Some(_), Some((second, _))) => {
            report.field(
                second,
                "only one of to, width, bounds and keep_prefix",
                "to、width、bounds、keep_prefix 只能有一项",
            );
        }
        (Some(_), None) => {}
    }
    if entry.width.is_some_and(|width| width < 2) {
        report.field("width", "2 or more", "不小于 2 的整数");
    }
    if entry.keep_prefix == Some(0) {
        report.field("keep_prefix", "1 or more", "不小于 1 的整数");
    }
    if entry.bounds.as_ref().is_some_and(|bounds| bounds.is_empty() || !bounds.is_sorted_by(|a, b| a < b)) {
        report.field("bounds", "one or more rising whole numbers", "一个或多个递增整数");
    }
    if entry.to.is_some_and(|level| Generalize::to(level, entry.kind).is_none()) {
        report.kind();
    }
}

/// The type of the treated column; `None` where the generalization has no meaning on the type.
pub(super) fn output(entry: &ColumnPlan, plain: &DataType) -> Option<DataType> {
    let day = matches!(plain, DataType::Date32 | DataType::Date64);
    let meant = match entry.to {
        None if entry.keep_prefix.is_some() => is_text(plain) || is_written_as_text(plain),
        None => is_text(plain) || plain.is_integer(),
        Some(level) if place::is_of_places(level) => is_text(plain) || plain.is_integer(),
        // A zone would make the day of a moment a question.
        Some(_) => is_text(plain) || plain.is_integer() || day || matches!(plain, DataType::Timestamp(_, None)),
    };
    meant.then(|| text_type(plain))
}

impl Generalize {
    /// The generalization that an entry asks for; `None` where it isn't defined.
    pub(super) fn new(entry: &ColumnPlan) -> Option<Self> {
        if let Some(level) = entry.to {
            return Generalize::to(level, entry.kind);
        }
        let bins = entry.width.map(Generalize::bins);
        let bounds = || entry.bounds.clone().map(Generalize::Bounds);
        let prefix = || entry.keep_prefix.and_then(|kept| usize::try_from(kept).ok()).map(Generalize::Prefix);
        bins.or_else(bounds).or_else(prefix)
    }

    /// The generalization to a level; `None` where it isn't defined for the kind.
    fn to(level: Level, kind: Option<Kind>) -> Option<Self> {
        if !place::is_of_places(level) {
            return match kind {
                None | Some(Kind::Date) => Some(Generalize::Date { kind: Kind::Date, level }),
                Some(Kind::BirthDate) => Some(Generalize::Date { kind: Kind::BirthDate, level }),
                Some(_) => None,
            };
        }
        matches!(kind, None | Some(Kind::Address | Kind::Region | Kind::ResidentId))
            .then_some(Generalize::Place { kind, level })
    }

    /// Bins of this width, which begin at multiples of it.
    fn bins(width: u32) -> Self {
        Generalize::Bins { width: i128::from(width) }
    }

    /// Appends the generalized value; `false` = invalid.
    pub(crate) fn append(&self, value: &str, out: &mut Vec<u8>) -> bool {
        match self {
            Generalize::Date { kind, level } => {
                // The canonical form of a date is YYYY-MM-DD.
                kinds::canonical(*kind, value).is_some_and(|form| date(&form, *level, out))
            }
            Generalize::Place { kind, level } => place(value, *kind, *level, out),
            Generalize::Bins { width } => bin(value, *width, out),
            Generalize::Bounds(bounds) => between(value, bounds, out),
            Generalize::Prefix(kept) => prefix(value, *kept, out),
        }
    }
}

fn date(form: &str, level: Level, out: &mut Vec<u8>) -> bool {
    if level == Level::Quarter {
        let month = form.get(5..7).and_then(|month| month.parse::<u8>().ok());
        let (Some(year), Some(month @ 1..=12)) = (form.get(..4), month) else { return false };
        return write!(out, "{year}-Q{}", (month - 1) / 3 + 1).is_ok();
    }
    let (kept, end) = match level {
        Level::Month => (form.get(..7), ""),
        Level::Year => (form.get(..4), ""),
        Level::Decade => (form.get(..3), "0s"),
        _ => (None, ""),
    };
    let Some(kept) = kept else { return false };
    out.extend_from_slice(kept.as_bytes());
    out.extend_from_slice(end.as_bytes());
    true
}

fn place(value: &str, kind: Option<Kind>, level: Level, out: &mut Vec<u8>) -> bool {
    match kind {
        Some(Kind::ResidentId) => kinds::canonical(Kind::ResidentId, value)
            .and_then(|id| id.get(..6).map(|code| place::of_code(code, level, out)))
            .unwrap_or(false),
        Some(Kind::Region) => region(value, level, out),
        Some(_) => address(value, level, out),
        // Undeclared: what begins with a digit is a code.
        None if value.trim_start().starts_with(char::is_numeric) => region(value, level, out),
        None => address(value, level, out),
    }
}

fn region(value: &str, level: Level, out: &mut Vec<u8>) -> bool {
    kinds::canonical(Kind::Region, value).is_some_and(|code| place::of_code(&code, level, out))
}

fn address(value: &str, level: Level, out: &mut Vec<u8>) -> bool {
    match place::of_address(value, level) {
        Some(name) => {
            out.extend_from_slice(name.as_bytes());
            true
        }
        None => false,
    }
}

fn bin(value: &str, width: i128, out: &mut Vec<u8>) -> bool {
    // 64-bit integers and a width of 32 bits can't overflow 128.
    let Some(number) = value.trim().parse::<i64>().ok().map(i128::from) else { return false };
    let low = number.div_euclid(width) * width;
    write!(out, "[{low},{})", low + width).is_ok()
}

/// The bin between two bounds; what lies before the first or from the last on has a bin without an end.
fn between(value: &str, bounds: &[i64], out: &mut Vec<u8>) -> bool {
    let Ok(number) = value.trim().parse::<i64>() else { return false };
    let above = bounds.partition_point(|bound| *bound <= number);
    let (low, high) = (above.checked_sub(1).and_then(|below| bounds.get(below)), bounds.get(above));
    match (low, high) {
        (None, Some(high)) => write!(out, "(,{high})").is_ok(),
        (Some(low), Some(high)) => write!(out, "[{low},{high})").is_ok(),
        (Some(low), None) => write!(out, "[{low},)").is_ok(),
        (None, None) => false,
    }
}

/// The first characters. A value that has no more of them would stay as it is, and is invalid.
fn prefix(value: &str, kept: usize, out: &mut Vec<u8>) -> bool {
    let Some((end, _)) = value.char_indices().nth(kept) else { return false };
    out.extend_from_slice(value.as_bytes().get(..end).unwrap_or_default());
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wide(generalize: &Generalize, value: &str) -> Option<String> {
        let mut out = Vec::new();
        generalize.append(value, &mut out).then(|| String::from_utf8(out).unwrap())
    }

    #[test]
    fn dates_widen_to_month_year_and_decade() {
        let to = |level, value| wide(&Generalize::to(level, None).unwrap(), value);
        for spelling in ["1990-03-07", "1990/3/7", "19900307", "1990年3月7日"] {
            assert_eq!(to(Level::Month, spelling).as_deref(), Some("1990-03"), "{spelling}");
            assert_eq!(to(Level::Year, spelling).as_deref(), Some("1990"));
            assert_eq!(to(Level::Decade, spelling).as_deref(), Some("1990s"));
        }
        for bad in ["", "1990-02-30", "yesterday", "1990"] {
            assert_eq!(to(Level::Year, bad), None, "{bad}");
        }
    }

    #[test]
    fn codes_and_resident_ids_widen_to_codes() {
        let to = |kind, value| wide(&Generalize::to(Level::City, kind).unwrap(), value);
        assert_eq!(to(Some(Kind::Region), "610113").as_deref(), Some("610100"));
        assert_eq!(to(None, "610113").as_deref(), Some("610100"));
        assert_eq!(to(Some(Kind::ResidentId), "11010519491231002X").as_deref(), Some("110100"));
        assert_eq!(to(Some(Kind::ResidentId), "110105194912310021"), None, "wrong check digit");
        assert_eq!(to(Some(Kind::Address), "610113"), None, "a code is no address");
    }

    #[test]
    fn numbers_fall_into_bins_that_hold_them() {
        let bins = Generalize::bins(10);
        for (value, bin) in [("0", "[0,10)"), ("9", "[0,10)"), ("10", "[10,20)"), ("-1", "[-10,0)")] {
            assert_eq!(wide(&bins, value).as_deref(), Some(bin));
        }
        let least = format!("[{},{})", -9_223_372_036_854_775_810_i128, i64::MIN + 8);
        assert_eq!(wide(&bins, &i64::MIN.to_string()).unwrap(), least);
        for bad in ["", "ten", "1.5", "99999999999999999999"] {
            assert_eq!(wide(&bins, bad), None, "{bad}");
        }
    }

    #[test]
    fn a_level_is_defined_for_its_kinds_only() {
        assert!(Generalize::to(Level::Year, Some(Kind::Address)).is_none());
        assert!(Generalize::to(Level::City, Some(Kind::BirthDate)).is_none());
    }
}
