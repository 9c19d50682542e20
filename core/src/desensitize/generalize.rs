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

use super::place;
use super::plan::Level;
use crate::kinds::{self, Kind};

/// How the values of one column are generalized.
pub(crate) enum Generalize {
    Date { kind: Kind, level: Level },
    Place { kind: Option<Kind>, level: Level },
    Bins { width: i128 },
}

impl Generalize {
    /// The generalization of a level; `None` where it isn't defined for the kind.
    pub(crate) fn to(level: Level, kind: Option<Kind>) -> Option<Self> {
        match (level, kind) {
            (Level::Year | Level::Month | Level::Decade, None | Some(Kind::Date)) => {
                Some(Generalize::Date { kind: Kind::Date, level })
            }
            (Level::Year | Level::Month | Level::Decade, Some(Kind::BirthDate)) => {
                Some(Generalize::Date { kind: Kind::BirthDate, level })
            }
            (
                Level::Province | Level::City | Level::District,
                None | Some(Kind::Address | Kind::Region | Kind::ResidentId),
            ) => Some(Generalize::Place { kind, level }),
            _ => None,
        }
    }

    /// Bins of this width, which begin at multiples of it.
    pub(crate) fn bins(width: u32) -> Self {
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
        }
    }
}

fn date(form: &str, level: Level, out: &mut Vec<u8>) -> bool {
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
