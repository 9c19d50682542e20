//! Every code that was ever assigned, and the rank of those that a resident id can carry.
//!
//! A resident id keeps the code of the division where it was first issued, so ids carry codes that were abolished
//! decades ago (`core/data/regions_abolished.csv`), and those of Hong Kong, Macao and Taiwan (810000, 820000, 830000:
//! residence permits for their residents).

use std::sync::OnceLock;

use super::{Region, all, read};

static TABLE: &str = include_str!("../../../data/regions_abolished.csv");

/// The state of [`all`], [`abolished`] and [`ranked`]: the date of the current table, and the edition of the whole.
/// Format-preserving encryption ranks regions by them, so a plan pins it.
pub const VERSION: &str = "2022-10-31.1";

/// Hong Kong, Macao and Taiwan, as their residents' permits carry them.
const PERMITS: [u32; 3] = [810_000, 820_000, 830_000];

/// Codes that were assigned once and that [`all`] lacks, in the order of codes: abolished ones with the last name they
/// had, and collective ones (`市辖区`).
///
/// ```
/// use kaifang::kinds::region::abolished;
/// assert!(abolished().iter().any(|region| (region.code, region.name) == ("610125", "户县")));
/// ```
#[must_use]
pub fn abolished() -> &'static [Region] {
    static ABOLISHED: OnceLock<Vec<Region>> = OnceLock::new();
    ABOLISHED.get_or_init(|| read(TABLE))
}

/// The code of six digits is assigned to a division of any level, or was.
///
/// ```
/// use kaifang::kinds::region::{is_ever_assigned, is_known};
/// assert!(is_ever_assigned("610125") && !is_known("610125")); // 户县, a district since 2016
/// assert!(is_ever_assigned("610118") && is_known("610118"));
/// assert!(!is_ever_assigned("619999") && !is_ever_assigned("6101"));
/// ```
#[must_use]
pub fn is_ever_assigned(code: &str) -> bool {
    static EVER: OnceLock<Index> = OnceLock::new();
    let ever = EVER.get_or_init(|| Index::new(&codes(|_| true)));
    number(code).is_some_and(|code| ever.rank(code).is_some())
}

/// The code of six digits is in the current table.
pub(super) fn is_current(code: u32) -> bool {
    static CURRENT: OnceLock<Index> = OnceLock::new();
    CURRENT.get_or_init(|| Index::new(&all().iter().map(six).collect::<Vec<_>>())).rank(code).is_some()
}

/// The codes that a resident id can carry, in order: counties and districts, current and abolished, and the three of
/// Hong Kong, Macao and Taiwan. Development zones (`130171`) have codes in statistics alone and are left out.
///
/// ```
/// use kaifang::kinds::region::{rank, ranked};
/// assert_eq!(ranked().first(), Some(&110_101));
/// assert_eq!(rank(110_102), Some(1));
/// assert_eq!(rank(110_100), None);
/// ```
#[must_use]
pub fn ranked() -> &'static [u32] {
    &order().0
}

/// The place of a code in [`ranked`].
#[must_use]
pub fn rank(code: u32) -> Option<usize> {
    order().1.rank(code)
}

fn order() -> &'static (Vec<u32>, Index) {
    static ORDER: OnceLock<(Vec<u32>, Index)> = OnceLock::new();
    ORDER.get_or_init(|| {
        let counties = codes(|region| region.code.len() == 6 && region.code.as_bytes().get(4) != Some(&b'7'));
        let index = Index::new(&counties);
        (counties, index)
    })
}

/// The codes of both tables that are wanted, and those of the permits, in order.
fn codes(wanted: fn(&Region) -> bool) -> Vec<u32> {
    let regions = all().iter().chain(abolished()).filter(|region| wanted(region));
    let mut codes: Vec<u32> = regions.map(six).chain(PERMITS).collect();
    codes.sort_unstable();
    codes
}

/// The code with six digits as a number.
fn six(region: &Region) -> u32 {
    region.code.bytes().chain(std::iter::repeat(b'0')).take(6).fold(0, |code, digit| code * 10 + u32::from(digit & 15))
}

/// Six ASCII digits as a number.
pub(super) fn number(code: &str) -> Option<u32> {
    (code.len() == 6).then(|| super::fold::number(code.as_bytes())).flatten()
}

/// A set of six-digit codes with their ranks, small enough for the nearest cache: a bit for each code, in rows of a
/// hundred by the first four digits.
struct Index {
    /// By the first four digits: the row, or `NONE`.
    rows: Vec<u16>,
    /// The codes of a row, and how many stand in the rows before.
    bits: Vec<(u128, u16)>,
}

const NONE: u16 = u16::MAX;

impl Index {
    /// Of codes in order, without repetition.
    fn new(codes: &[u32]) -> Self {
        let mut index = Index { rows: vec![NONE; 10_000], bits: Vec::new() };
        for (rank, code) in codes.iter().enumerate() {
            let Some(row) = index.rows.get_mut((code / 100) as usize) else { continue };
            if *row == NONE {
                *row = u16::try_from(index.bits.len()).unwrap_or(NONE);
                index.bits.push((0, u16::try_from(rank).unwrap_or(NONE)));
            }
            if let Some((bits, _)) = index.bits.last_mut() {
                *bits |= 1 << (code % 100);
            }
        }
        index
    }

    fn rank(&self, code: u32) -> Option<usize> {
        let row = self.rows.get((code / 100) as usize)?;
        let (bits, before) = self.bits.get(usize::from(*row))?;
        let bit = 1u128 << (code % 100);
        (bits & bit != 0).then(|| usize::from(*before) + (bits & (bit - 1)).count_ones() as usize)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::crypto::sha256;

    #[test]
    fn the_tables_are_sorted_and_share_no_code() {
        assert!(abolished().windows(2).all(|pair| pair[0].code < pair[1].code));
        let current: BTreeSet<_> = all().iter().map(|region| region.code).collect();
        assert!(abolished().iter().all(|region| matches!(region.code.len(), 4 | 6) && !current.contains(region.code)));
    }

    #[test]
    fn a_rank_is_the_place_in_the_list_and_nothing_else_has_one() {
        assert!(ranked().windows(2).all(|pair| pair[0] < pair[1]));
        // Every number of six digits and some beyond, against a search of the list.
        for code in (0..1_000_100).chain([u32::MAX]) {
            assert_eq!(rank(code), ranked().binary_search(&code).ok(), "{code}");
        }
    }

    #[test]
    fn assigned_is_what_either_table_has() {
        let mut slow: BTreeSet<String> =
            all().iter().chain(abolished()).map(|region| format!("{:0<6}", region.code)).collect();
        slow.extend(["810000", "820000", "830000"].map(String::from));
        let current: BTreeSet<String> = all().iter().map(Region::code6).collect();
        for code in 0..1_000_000 {
            let text = format!("{code:06}");
            assert_eq!(is_ever_assigned(&text), slow.contains(&text), "{text}");
            assert_eq!(is_current(code), current.contains(&text), "{text}");
        }
    }

    #[test]
    fn an_id_can_carry_a_county_and_no_city_or_zone() {
        for carried in [110_103, 441_900, 610_113, 610_125, 513_425, 810_000, 820_000, 830_000] {
            assert!(rank(carried).is_some(), "{carried}");
        }
        for not in [110_000, 110_100, 130_171, 610_100, 710_000, 999_999] {
            assert_eq!(rank(not), None, "{not}");
        }
    }

    /// What was encrypted under one version is decrypted by the same ranks: other ranks are another version.
    #[test]
    fn the_version_names_these_ranks() {
        let bytes: Vec<u8> = ranked().iter().flat_map(|code| code.to_be_bytes()).collect();
        assert_eq!((VERSION, ranked().len()), ("2022-10-31.1", 6628));
        let digest = "sha256:bb1c6e514e2e33d9d2bca71b0e7a2d4959e5c6081c951a6d074823d6b5c34022";
        assert_eq!(sha256(&bytes).to_string(), digest);
    }
}
