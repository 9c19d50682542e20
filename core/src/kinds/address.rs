//! 地址: a postal address, written from the large to the small. Canonical form: folded, without spaces.
//!
//! [`locate`] finds the division that an address begins with, which is what "generalize to the district" needs.

use std::borrow::Cow;

use super::region::{self, Region};
use super::{fold, person_name};

/// Where an address lies, as far as its beginning tells.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    /// The smallest division that was recognised.
    pub region: &'static Region,
    /// What follows it.
    pub rest: &'a str,
}

/// Names for provinces as people write them, where cutting off the last character is not enough.
const SHORT: [(&str, &str); 5] = [("15", "内蒙古"), ("45", "广西"), ("54", "西藏"), ("64", "宁夏"), ("65", "新疆")];

fn strip_province<'a>(region: &Region, text: &'a str) -> Option<&'a str> {
    if let Some(rest) = text.strip_prefix(region.name) {
        return Some(rest);
    }
    let short = SHORT.iter().find(|(code, _)| *code == region.code).map(|(_, name)| *name);
    let short = short.unwrap_or_else(|| region.name.trim_end_matches(['省', '市']));
    // 吉林市 is a city and 海南区 a district: the short name counts only where neither can be meant.
    text.strip_prefix(short).filter(|rest| !rest.starts_with(['市', '区', '县', '省', '路', '街']))
}

/// The division of this many digits, under this prefix, whose name the text begins with.
fn find_in<'a>(prefix: &str, digits: usize, text: &'a str) -> Option<Place<'a>> {
    let mut found = region::named_from(text.chars().next()?)
        .iter()
        .filter(|region| region.code.len() == digits && region.code.starts_with(prefix))
        .filter_map(|region| text.strip_prefix(region.name).map(|rest| Place { region, rest }));
    let first = found.next()?;
    // A name that several divisions have says nothing without what stands above it.
    if found.any(|other| other.rest == first.rest) { None } else { Some(first) }
}

/// The division with which an address (already folded) begins; `None` if it names none, or one that several places
/// have (鼓楼区).
///
/// ```
/// use kaifang::kinds::address::locate;
/// let place = locate("陕西省西安市雁塔区小寨东路1号").unwrap();
/// assert_eq!((place.region.code, place.rest), ("610113", "小寨东路1号"));
/// ```
#[must_use]
pub fn locate(address: &str) -> Option<Place<'_>> {
    let first = address.chars().next()?;
    if !person_name::is_han(first) {
        return None;
    }
    let provinces = region::named_from(first).iter().filter(|region| region.code.len() == 2);
    let mut place: Option<Place<'_>> =
        provinces.filter_map(|region| strip_province(region, address).map(|rest| Place { region, rest })).next();
    if let Some(province) = place {
        // 北京市市辖区东城区, 北京市北京市东城区: the level between is a place-holder.
        let rest = province.rest.strip_prefix("市辖区").or_else(|| province.rest.strip_prefix(province.region.name));
        place = Some(Place { rest: rest.unwrap_or(province.rest), ..province });
    }
    let (prefix, rest) = place.map_or(("", address), |province| (province.region.code, province.rest));
    if let Some(city) = find_in(prefix, 4, rest) {
        return find_in(city.region.code, 6, city.rest).or(Some(city));
    }
    find_in(prefix, 6, rest).or(place)
}

const DIVISIONS: &[char] = &['省', '市', '区', '县', '州', '旗', '盟'];
const STREETS: &[char] = &['路', '街', '巷', '镇', '乡', '村', '屯', '弄', '道', '庄', '寨', '坊', '园', '苑'];
const NUMBERS: &[char] = &['号', '栋', '幢', '楼', '室', '组', '座', '户', '队', '元'];

/// The text reads like an address: a division and a street or village, or a street and a number.
pub(super) fn looks_like(value: &str) -> bool {
    let folded = fold::text(value);
    let length = folded.chars().count();
    if !(6..=120).contains(&length) || folded.chars().filter(|c| person_name::is_han(*c)).count() < 4 {
        return false;
    }
    let has = |cues: &[char]| folded.chars().skip(1).any(|c| cues.contains(&c));
    let numbered = has(NUMBERS) && folded.chars().any(|c| c.is_ascii_digit() || "一二三四五六七八九十".contains(c));
    let located = locate(&folded).is_some_and(|place| !place.rest.is_empty());
    has(STREETS) && (numbered || located || has(DIVISIONS)) || located && numbered
}

pub(super) fn canonical(value: &str) -> Option<Cow<'_, str>> {
    let mut text = fold::text(value);
    if text.contains(char::is_whitespace) {
        text = Cow::Owned(text.chars().filter(|c| !c.is_whitespace()).collect());
    }
    let enough = text.chars().filter(|c| person_name::is_han(*c)).count() >= 2 && text.chars().count() >= 3;
    (enough && !text.contains('*')).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(address: &str) -> Option<&'static str> {
        locate(address).map(|place| place.region.code)
    }

    #[test]
    fn the_division_is_found_from_however_much_is_written() {
        for address in ["陕西省西安市碑林区南大街1号", "陕西西安市碑林区", "西安市碑林区南大街", "碑林区南大街"]
        {
            assert_eq!(code(address), Some("610103"), "{address}");
        }
        assert_eq!(code("北京市东城区"), Some("110101"));
        assert_eq!(code("北京市市辖区东城区"), Some("110101"));
        assert_eq!(code("南京市鼓楼区中山路"), Some("320106"));
        assert_eq!(code("鼓楼区中山路"), None);
        assert_eq!(code("吉林市"), Some("2202"));
        assert_eq!(code("湖北省仙桃市"), Some("429004"));
        assert_eq!(code("陕西省某地"), Some("61"));
        assert_eq!(code("人民路1号"), None);
    }

    #[test]
    fn white_space_makes_no_address_longer() {
        assert_eq!(canonical("三 一"), None);
        assert_eq!(canonical("长安 区").as_deref(), Some("长安区"));
    }

    #[test]
    fn addresses_are_told_from_other_text() {
        for address in ["陕西省西安市雁塔区小寨东路1号", "小寨东路12号3楼", "蓝田县汤峪镇高堡村二组"]
        {
            assert!(looks_like(address), "{address}");
        }
        for other in ["1978年", "西安市", "固定资产投资本年资金来源", "雁塔区", "高血压", "中国共产党机关"]
        {
            assert!(!looks_like(other), "{other}");
        }
    }
}
