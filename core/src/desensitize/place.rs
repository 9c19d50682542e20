//! The administrative division of an address or of a code, widened to a level.

use super::vocabulary::Level;
use crate::kinds::{Kind, address, canonical, region};

/// Whether the level is one of places, and not of dates.
pub(crate) fn is_of_places(level: Level) -> bool {
    digits(level).is_some()
}

/// The full name of the division that the address begins with: `陕西省西安市雁塔区`. `None` where its names are not in
/// the table of divisions (a suffix such as 区 alone would let any text before it through), where it doesn't say the
/// level, or where the level is none of places.
pub(crate) fn of_address(value: &str, level: Level) -> Option<String> {
    let folded = canonical(Kind::Address, value)?;
    let code = address::locate(&folded)?.region.code;
    let digits = digits(level)?;
    // A municipality is its own city; and where the level between is a place-holder, the wider name stands.
    if code.len() < digits && !(digits == 4 && is_municipality(code)) {
        return None;
    }
    let names = region::path(code.get(..digits).unwrap_or(code));
    Some(names.into_iter().flatten().map(|part| part.name).collect())
}

/// Appends the first six digits of a code at this level, filled up with zeros: `610113` to the city is `610100`.
pub(crate) fn of_code(code: &str, level: Level, out: &mut Vec<u8>) -> bool {
    let Some(kept) = digits(level).and_then(|digits| code.get(..digits)) else { return false };
    out.extend_from_slice(kept.as_bytes());
    out.resize(out.len() + 6 - kept.len(), b'0');
    true
}

fn digits(level: Level) -> Option<usize> {
    match level {
        Level::Province => Some(2),
        Level::City => Some(4),
        Level::District => Some(6),
        Level::Year | Level::Quarter | Level::Month | Level::Decade | Level::Age => None,
    }
}

/// 北京、天津、上海、重庆
fn is_municipality(code: &str) -> bool {
    ["11", "12", "31", "50"].iter().any(|municipality| code.starts_with(municipality))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_widened_to_full_names() {
        let address = "陕西省西安市雁塔区小寨东路1号";
        assert_eq!(of_address(address, Level::Province).as_deref(), Some("陕西省"));
        assert_eq!(of_address(address, Level::City).as_deref(), Some("陕西省西安市"));
        assert_eq!(of_address(address, Level::District).as_deref(), Some("陕西省西安市雁塔区"));
        assert_eq!(of_address("西安市雁塔区小寨", Level::District).as_deref(), Some("陕西省西安市雁塔区"));
        assert_eq!(of_address("北京市朝阳区某路", Level::City).as_deref(), Some("北京市"));
        assert_eq!(of_address("北京市朝阳区某路", Level::District).as_deref(), Some("北京市朝阳区"));
        assert_eq!(
            of_address("湖北省仙桃市某路", Level::City).as_deref(),
            Some("湖北省"),
            "directly under the province"
        );
    }

    #[test]
    fn what_the_table_does_not_know_is_no_division() {
        // Many cities have a 鼓楼区; 张三家 is nobody's district, whatever its last character.
        for unknown in ["", "鼓楼区某路", "张三家住的区", "区", "Yanta"] {
            assert_eq!(of_address(unknown, Level::District), None, "{unknown}");
        }
        assert_eq!(of_address("陕西省某处", Level::District), None);
        assert_eq!(of_address("陕西省某处", Level::City), None);
        assert_eq!(of_address("陕西省某处", Level::Province).as_deref(), Some("陕西省"));
    }

    #[test]
    fn codes_are_cut_and_filled() {
        let mut out = Vec::new();
        assert!(of_code("610113", Level::City, &mut out));
        assert!(of_code("610113001001", Level::District, &mut out), "the code of a village has twelve digits");
        assert_eq!(out, b"610100610113");
        assert!(!of_code("61", Level::City, &mut out));
        assert!(!of_code("610113", Level::Year, &mut out));
    }
}
