//! 泛化: a value is replaced by the wider one that it lies in.
//!
//! | setting | on | gives |
//! |---|---|---|
//! | `to` = `year`, `quarter`, `month`, `decade` | dates, timestamps without a zone, text that is a date | `1990`, `1990-Q1`, `1990-03`, `1990s` |
//! | `to = "age"` with `at`, and `width` or `bounds` | birth dates, resident ids | the bin of the completed years at that day: `[30,35)` |
//! | `to` = `province`, `city`, `district` | addresses | the full name: `陕西省西安市` |
//! | | divisions (codes, or names alone, with `kind = "region"`), resident ids | the code, filled up: `610100` |
//! | `width = n` | numbers of every type, text that is one | the bin: `[20,30)` |
//! | `bounds = [a, b]` | as `width` | the bin between two bounds: `(,a)`, `[a,b)`, `[b,)` |
//! | `quantiles = n` | as `width` | as `bounds`, drawn so that the n bins hold about as many values each |
//! | `keep_prefix = n` | text, integers, dates | the first characters |
//! | `hierarchy` or `hierarchy_file`, `level = n` | text, integers, dates, booleans | the n-th of the wider values that the plan, or the file, lists for the value |
//!
//! A bin holds its lower end and not its upper one. Somebody born on 29 February is a year older from 1 March on. An age
//! before birth, a value that the hierarchy lacks, a number that is not finite are invalid.
//!
//! 泛化 of GB/T 37964-2019 annex A. Kept: what the wider value says. Leaked: that, and who is alone in it. It can't be
//! undone; whether what stays singles out a person is a question to [`crate::risk`]. Row-local, but for `quantiles`: table-global,
//! and their ends are values of the table.

use std::collections::BTreeMap;
use std::io::Write;

use arrow::array::ArrayRef;
use arrow::datatypes::DataType;
use jiff::civil::Date;

use super::PlanError;
use super::column::ColumnPlan;
use super::mask::shows;
use super::number;
use super::place;
use super::quantiles::{self, Quantiles};
use super::step::{Report, is_text, is_written_as_text, text_type};
use super::vocabulary::Level;
use crate::kinds::{self, Kind};

/// How the values of one column are generalized.
pub(crate) enum Generalize {
    Date {
        kind: Kind,
        level: Level,
    },
    Age {
        kind: Kind,
        at: Date,
        bins: Bins,
    },
    Place {
        kind: Option<Kind>,
        level: Level,
    },
    Number(Bins),
    /// Until the whole column was seen; then they are bins.
    Quantiles(Quantiles),
    Prefix(usize),
    Hierarchy(BTreeMap<String, String>),
}

/// The bins of numbers.
pub(crate) enum Bins {
    /// They begin at multiples of the width.
    Width(i128),
    Bounds(Vec<i64>),
}

/// What is wrong with the settings of a generalization: it has one of `to`, `width`, `bounds`, `quantiles`, `keep_prefix`
/// and `hierarchy`; an age has bins besides, and the day at which it is taken.
pub(super) fn problems(entry: &ColumnPlan, report: &mut Report<'_>) {
    let is_age = entry.to == Some(Level::Age);
    let ways = [
        ("to", entry.to.is_some() && !is_age),
        ("width", entry.width.is_some()),
        ("bounds", entry.bounds.is_some()),
        ("quantiles", entry.quantiles.is_some()),
        ("keep_prefix", entry.keep_prefix.is_some()),
        ("hierarchy", entry.hierarchy.is_some()),
    ];
    let mut given = ways.iter().filter(|(_, given)| *given).map(|(name, _)| *name);
    match (given.next(), given.next()) {
        (None, _) if is_age => {
            report.field("width", "the width of the bins of ages, or bounds", "年龄段宽度,或 bounds")
        }
        (None, _) => report.field(
            "to",
            "a level; or width, bounds, quantiles, keep_prefix or hierarchy",
            "层级,或 width、bounds、quantiles、keep_prefix、hierarchy 之一",
        ),
        (Some(first @ ("quantiles" | "keep_prefix" | "hierarchy")), None) if is_age => {
            report.field(first, "an age with width or bounds", "年龄只能与 width 或 bounds 同用");
        }
        (Some(_), Some(second)) => {
            report.field(
                second,
                "only one of to, width, bounds, quantiles, keep_prefix and hierarchy",
                "to、width、bounds、quantiles、keep_prefix、hierarchy 只能有一项",
            );
        }
        (Some(_), None) => {}
    }
    if is_age != entry.at.is_some() || entry.at.as_deref().is_some_and(|at| day(at).is_none()) {
        report.field("at", "for an age, and for it alone, a date such as 2026-01-01", "仅用于年龄的日期,如 2026-01-01");
    }
    if entry.width.is_some_and(|width| width < 2) {
        report.field("width", "2 or more", "不小于 2 的整数");
    }
    if entry.quantiles.is_some_and(|bins| !(2..=quantiles::MOST).contains(&bins)) {
        report.field("quantiles", "2 to 1000", "2 至 1000");
    }
    if entry.keep_prefix == Some(0) {
        report.field("keep_prefix", "1 or more", "不小于 1 的整数");
    }
    if entry.bounds.as_ref().is_some_and(|bounds| bounds.is_empty() || !bounds.is_sorted_by(|a, b| a < b)) {
        report.field("bounds", "one or more rising whole numbers", "一个或多个递增整数");
    }
    match (&entry.hierarchy, entry.level) {
        (None, None) => {}
        (None, Some(_)) => report.field("hierarchy", "a table of lists of wider values", "由值到更宽泛取值列表的表"),
        (Some(_), None | Some(0)) => report.field("level", "a whole number from 1", "不小于 1 的整数"),
        (Some(table), Some(level)) => {
            if table.is_empty() || table.values().any(|wider| wider.len() < level as usize) {
                report.field(
                    "hierarchy",
                    "for each value as many wider values as level",
                    "每个值至少列出 level 个更宽泛取值",
                );
            }
        }
    }
    if entry.to.is_some_and(|level| !is_defined(level, entry.kind)) {
        report.kind();
    }
}

/// Whether a level is one of values of this kind.
fn is_defined(level: Level, kind: Option<Kind>) -> bool {
    match kind {
        None => true,
        Some(Kind::Date) => level != Level::Age && !place::is_of_places(level),
        Some(Kind::BirthDate) => !place::is_of_places(level),
        Some(Kind::ResidentId) => level == Level::Age || place::is_of_places(level),
        Some(Kind::Address | Kind::Region) => place::is_of_places(level),
        Some(_) => false,
    }
}

/// The type of the treated column; `None` where the generalization has no meaning on the type.
pub(super) fn output(entry: &ColumnPlan, plain: &DataType) -> Option<DataType> {
    let written = is_text(plain) || plain.is_integer();
    let day = matches!(plain, DataType::Date32 | DataType::Date64);
    let meant = match entry.to {
        None if entry.hierarchy.is_some() => written || day || *plain == DataType::Boolean,
        None if entry.keep_prefix.is_some() => is_text(plain) || is_written_as_text(plain),
        None => number::is_exact(plain) || number::is_float(plain),
        Some(level) if place::is_of_places(level) => written,
        // A zone would make the day of a moment a question.
        Some(_) => written || day || matches!(plain, DataType::Timestamp(_, None)),
    };
    meant.then(|| text_type(plain))
}

/// A day of a plan: `YYYY-MM-DD`, in this one form.
pub(super) fn day(text: &str) -> Option<Date> {
    text.parse::<Date>().ok().filter(|date| date.to_string() == text)
}

impl Generalize {
    /// The generalization that an entry asks for; `None` where it isn't defined.
    pub(super) fn new(entry: &ColumnPlan) -> Option<Self> {
        let width = entry.width.map(|width| Bins::Width(i128::from(width)));
        let bins = width.or_else(|| entry.bounds.clone().map(Bins::Bounds));
        if let Some(level) = entry.to {
            if !is_defined(level, entry.kind) {
                return None;
            }
            return Some(match entry.kind {
                kind if place::is_of_places(level) => Generalize::Place { kind, level },
                kind if level == Level::Age => {
                    let at = entry.at.as_deref().and_then(day)?;
                    Generalize::Age { kind: kind.unwrap_or(Kind::BirthDate), at, bins: bins? }
                }
                kind => Generalize::Date { kind: kind.unwrap_or(Kind::Date), level },
            });
        }
        if let (Some(table), Some(level)) = (&entry.hierarchy, entry.level) {
            let place = usize::try_from(level).ok()?.checked_sub(1)?;
            let wider = |(value, wider): (&String, &Vec<String>)| Some((value.clone(), wider.get(place)?.clone()));
            return table.iter().map(wider).collect::<Option<_>>().map(Generalize::Hierarchy);
        }
        let prefix = || entry.keep_prefix.and_then(|kept| usize::try_from(kept).ok()).map(Generalize::Prefix);
        let quantiles = || entry.quantiles.map(Quantiles::new).map(Generalize::Quantiles);
        bins.map(Generalize::Number).or_else(quantiles).or_else(prefix)
    }

    /// Whether the whole column must be seen before the first value.
    pub(super) fn is_global(&self) -> bool {
        matches!(self, Generalize::Quantiles(_))
    }

    /// Shows the cells of a batch, where the whole column must be seen.
    pub(super) fn see(&mut self, array: &ArrayRef, column: &str) -> Result<(), PlanError> {
        match self {
            Generalize::Quantiles(quantiles) => quantiles.see(array, column),
            _ => Ok(()),
        }
    }

    /// The whole column was seen.
    pub(super) fn seen(&mut self) {
        if let Generalize::Quantiles(quantiles) = self {
            *self = Generalize::Number(quantiles.bins());
        }
    }

    /// Appends the generalized value; `false` = invalid.
    pub(crate) fn append(&self, value: &str, out: &mut Vec<u8>) -> bool {
        match self {
            Generalize::Date { kind, level } => {
                // The canonical form of a date is YYYY-MM-DD.
                kinds::canonical(*kind, value).is_some_and(|form| date(&form, *level, out))
            }
            Generalize::Age { kind, at, bins } => age(value, *kind, *at).is_some_and(|age| bins.append(age, out)),
            Generalize::Place { kind, level } => place(value, *kind, *level, out),
            Generalize::Number(bins) => number::floor(value).is_some_and(|floor| bins.append(floor, out)),
            // Without its bins no value is in one.
            Generalize::Quantiles(_) => false,
            Generalize::Prefix(kept) => prefix(value, *kept, out),
            Generalize::Hierarchy(wider) => wider.get(value).is_some_and(|wider| {
                // The plan's text, which can be longer than what a value has room for.
                let room = out.try_reserve(wider.len()).is_ok();
                if room {
                    out.extend_from_slice(wider.as_bytes());
                }
                room
            }),
        }
    }
}

/// Completed years at a day; `None` where somebody isn't born yet.
fn age(value: &str, kind: Kind, at: Date) -> Option<i128> {
    let form = kinds::canonical(kind, value)?;
    let born = match kind {
        // Digits 7 to 14 of a resident id are a date that was checked.
        Kind::ResidentId => kinds::canonical(Kind::BirthDate, form.get(6..14)?)?.parse(),
        _ => form.parse(),
    };
    let born: Date = born.ok()?;
    let had_birthday = (at.month(), at.day()) >= (born.month(), born.day());
    let years = i128::from(at.year()) - i128::from(born.year()) - i128::from(!had_birthday);
    (born <= at).then_some(years)
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

impl Bins {
    /// Appends the bin of the numbers from this whole one up to the next: no bound lies between them.
    fn append(&self, floor: i128, out: &mut Vec<u8>) -> bool {
        match self {
            Bins::Width(width) => {
                let Some(low) = floor.div_euclid(*width).checked_mul(*width) else { return false };
                low.checked_add(*width).is_some_and(|high| write!(out, "[{low},{high})").is_ok())
            }
            Bins::Bounds(bounds) => {
                let above = bounds.partition_point(|bound| i128::from(*bound) <= floor);
                let (low, high) = (above.checked_sub(1).and_then(|below| bounds.get(below)), bounds.get(above));
                match (low, high) {
                    (None, Some(high)) => write!(out, "(,{high})").is_ok(),
                    (Some(low), Some(high)) => write!(out, "[{low},{high})").is_ok(),
                    (Some(low), None) => write!(out, "[{low},)").is_ok(),
                    // All values of a column are in one bin.
                    (None, None) => write!(out, "(,)").is_ok(),
                }
            }
        }
    }
}

/// The first characters. A value that has no more of them would stay as it is, and is invalid.
fn prefix(value: &str, kept: usize, out: &mut Vec<u8>) -> bool {
    let Some((end, _)) = value.char_indices().nth(kept) else { return false };
    if !value.get(end..).is_some_and(shows) {
        return false;
    }
    out.extend_from_slice(value.as_bytes().get(..end).unwrap_or_default());
    true
}

#[cfg(test)]
#[path = "generalize_tests.rs"]
mod tests;
