//! 行政区划: the codes and names of GB/T 2260, from province to county.
//!
//! The current table (`core/data/regions.csv`, as of 2022-10-31) has names and places; the codes that were abolished
//! stand beside it ([`abolished`]). A code that is in neither is unknown, not wrong, as long as its province exists.
//! Canonical form: six digits (`610100` for a city, `610000` for a province); longer statistical codes of 9 or 12
//! digits stay as they are.

mod assigned;

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::OnceLock;

pub use self::assigned::{VERSION, abolished, is_ever_assigned, rank, ranked};
use super::{Grade, address, fold};

static TABLE: &str = include_str!("../../data/regions.csv");

/// One division: two digits a province, four a city, six a county.
#[derive(Debug, PartialEq, Eq)]
pub struct Region {
    /// Two, four or six digits.
    pub code: &'static str,
    /// The full name, such as `雁塔区`.
    pub name: &'static str,
}

impl Region {
    /// The code with six digits.
    #[must_use]
    pub fn code6(&self) -> String {
        format!("{:0<6}", self.code)
    }

    /// A place-holder of the code tables (`市辖区`, `省直辖县级行政区划`), which is no place.
    #[must_use]
    pub fn is_placeholder(&self) -> bool {
        matches!(self.name, "市辖区" | "县" | "城区" if self.code.len() == 4) || self.name.contains("直辖县级行政区划")
    }
}

/// Every division, in the order of codes: a province before its cities, a city before its counties.
#[must_use]
pub fn all() -> &'static [Region] {
    static ALL: OnceLock<Vec<Region>> = OnceLock::new();
    ALL.get_or_init(|| read(TABLE))
}

/// The first two columns of a table, code and name.
fn read(table: &'static str) -> Vec<Region> {
    let rows = table.lines().skip(1).map(|line| line.splitn(3, ','));
    rows.filter_map(|mut cells| Some(Region { code: cells.next()?, name: cells.next()? })).collect()
}

/// The divisions whose name begins with this character.
pub(super) fn named_from(first: char) -> &'static [&'static Region] {
    static INDEX: OnceLock<HashMap<char, Vec<&'static Region>>> = OnceLock::new();
    let index = INDEX.get_or_init(|| {
        let mut index: HashMap<char, Vec<&'static Region>> = HashMap::new();
        for region in all().iter().filter(|region| !region.is_placeholder()) {
            if let Some(first) = region.name.chars().next() {
                index.entry(first).or_default().push(region);
            }
        }
        index
    });
    index.get(&first).map(Vec::as_slice).unwrap_or_default()
}

/// The divisions whose code begins with these digits.
#[must_use]
pub fn under(prefix: &str) -> &'static [Region] {
    let start = all().partition_point(|region| region.code < prefix);
    let tail = all().get(start..).unwrap_or_default();
    tail.get(..tail.partition_point(|region| region.code.starts_with(prefix))).unwrap_or_default()
}

/// The division of a code of two, four or six digits; trailing pairs of zeros may be written.
///
/// ```
/// use kaifang::kinds::region::find;
/// assert_eq!(find("610113").map(|region| region.name), Some("雁塔区"));
/// assert_eq!(find("610000"), find("61"));
/// ```
#[must_use]
pub fn find(code: &str) -> Option<&'static Region> {
    let short = match code.len() {
        6 => code.strip_suffix("0000").or_else(|| code.strip_suffix("00")).unwrap_or(code),
        _ => code,
    };
    all().binary_search_by(|region| region.code.cmp(short)).ok().and_then(|at| all().get(at))
}

/// The code is in the current table.
#[must_use]
pub fn is_known(code: &str) -> bool {
    match assigned::number(code) {
        Some(number) => assigned::is_current(number),
        None => find(code).is_some(),
    }
}

/// The first two digits are a province, region or special administrative region (71, 81, 82; 83 is used for residents
/// of Taiwan).
#[must_use]
pub fn is_known_province(code: &str) -> bool {
    matches!(*code.as_bytes(), [tens, ones, ..] if is_province([tens, ones]))
}

/// The two characters are the code of a province.
pub(super) fn is_province([tens, ones]: [u8; 2]) -> bool {
    tens.is_ascii_digit() && ones.is_ascii_digit() && PROVINCES >> ((tens & 15) * 10 + (ones & 15)) & 1 == 1
}

/// A bit for each pair of digits that is a province.
const PROVINCES: u128 =
    run(11, 15) | run(21, 23) | run(31, 37) | run(41, 46) | run(50, 54) | run(61, 65) | run(71, 71) | run(81, 83);

const fn run(first: u8, last: u8) -> u128 {
    ((1 << (last - first + 1)) - 1) << first
}

/// Province, city and county of a code, as far as the table knows them; place-holders are left out.
///
/// ```
/// use kaifang::kinds::region::path;
/// assert_eq!(path("610113").map(|part| part.map(|region| region.name)), [Some("陕西省"), Some("西安市"), Some("雁塔区")]);
/// assert_eq!(path("110101").map(|part| part.map(|region| region.name)), [Some("北京市"), None, Some("东城区")]);
/// ```
#[must_use]
pub fn path(code: &str) -> [Option<&'static Region>; 3] {
    let level = |digits: usize| {
        let part = code.get(..digits)?;
        find(part).filter(|region| region.code.len() == digits && !region.is_placeholder())
    };
    [level(2), level(4), level(6)]
}

fn is_code(folded: &str) -> bool {
    matches!(folded.len(), 2 | 4 | 6 | 9 | 12)
        && folded.bytes().all(|byte| byte.is_ascii_digit())
        && is_known_province(folded)
}

pub(super) fn canonical(value: &str) -> Option<Cow<'_, str>> {
    let folded = fold::text(value);
    if is_code(&folded) {
        return Some(if folded.len() >= 6 { folded } else { Cow::Owned(format!("{folded:0<6}")) });
    }
    let place = address::locate(&folded)?;
    place.rest.is_empty().then(|| place.region.code6().into())
}

/// Codes of fewer than six digits are too short to speak for themselves and have no grade.
pub(super) fn grade(value: &str) -> Option<Grade> {
    let folded = fold::text(value);
    let known = if is_code(&folded) && folded.len() >= 6 {
        is_known(folded.get(..6)?)
    } else {
        address::locate(&folded)?.rest.is_empty().then_some(true)?
    };
    Some(Grade { region: Some(known), ..Grade::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole_and_sorted() {
        assert_eq!(all().len(), 31 + 342 + 2978);
        assert!(all().windows(2).all(|pair| pair[0].code < pair[1].code));
        for region in all() {
            assert!(region.code.len() == 2 || find(&region.code[..region.code.len() - 2]).is_some(), "{region:?}");
        }
    }

    #[test]
    fn the_provinces_are_those_of_the_table() {
        for two in 0..100 {
            let text = format!("{two:02}");
            let known = find(&text).is_some() || matches!(two, 71 | 81..=83);
            assert_eq!(is_known_province(&text), known, "{text}");
        }
        for bad in ["", "1", "1a", "省", "６１"] {
            assert!(!is_known_province(bad), "{bad}");
        }
    }

    #[test]
    fn codes_and_names_agree() {
        for spelling in ["610113", "陕西省西安市雁塔区", "西安市雁塔区", "雁塔区", " ６１０１１３"]
        {
            assert_eq!(canonical(spelling).as_deref(), Some("610113"), "{spelling}");
        }
        assert_eq!(canonical("6101").as_deref(), Some("610100"));
        assert_eq!(canonical("陕西省").as_deref(), Some("610000"));
        // 鼓楼区 is in several cities.
        for bad in ["鼓楼区", "火星市", "990101", "61010", "雁塔区小寨路"] {
            assert_eq!(canonical(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_abolished_code_is_unknown_but_valid() {
        // 户县 (610125) became 鄠邑区 in 2016.
        assert_eq!(canonical("610125").as_deref(), Some("610125"));
        assert_eq!(grade("610125").unwrap().region, Some(false));
    }
}
