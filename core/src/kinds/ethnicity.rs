//! 民族: the names and codes of GB/T 3304. Canonical form: the full name, such as `汉族`.

use super::fold;

/// In the order of their codes, 01 to 56.
const NAMES: [&str; 56] = [
    "汉族",
    "蒙古族",
    "回族",
    "藏族",
    "维吾尔族",
    "苗族",
    "彝族",
    "壮族",
    "布依族",
    "朝鲜族",
    "满族",
    "侗族",
    "瑶族",
    "白族",
    "土家族",
    "哈尼族",
    "哈萨克族",
    "傣族",
    "黎族",
    "傈僳族",
    "佤族",
    "畲族",
    "高山族",
    "拉祜族",
    "水族",
    "东乡族",
    "纳西族",
    "景颇族",
    "柯尔克孜族",
    "土族",
    "达斡尔族",
    "仫佬族",
    "羌族",
    "布朗族",
    "撒拉族",
    "毛南族",
    "仡佬族",
    "锡伯族",
    "阿昌族",
    "普米族",
    "塔吉克族",
    "怒族",
    "乌孜别克族",
    "俄罗斯族",
    "鄂温克族",
    "德昂族",
    "保安族",
    "裕固族",
    "京族",
    "塔塔尔族",
    "独龙族",
    "鄂伦春族",
    "赫哲族",
    "门巴族",
    "珞巴族",
    "基诺族",
];

pub(super) fn canonical(value: &str) -> Option<&'static str> {
    let folded = fold::text(value);
    let is_name = |name: &&&str| **name == folded || name.strip_suffix('族') == Some(&folded);
    NAMES.iter().find(is_name).copied().or_else(|| by_code(&folded))
}

fn by_code(code: &str) -> Option<&'static str> {
    let number = (code.len() == 2).then(|| fold::number(code.as_bytes())).flatten()?;
    NAMES.get(usize::try_from(number).ok()?.checked_sub(1)?).copied()
}

/// The value is a name that ends in 族: a short name (回, 白, 水) or a code alone says little.
pub(crate) fn is_word(value: &str) -> bool {
    let folded = fold::text(value);
    NAMES.contains(&&*folded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_codes_agree() {
        assert_eq!(canonical("汉"), Some("汉族"));
        assert_eq!(canonical("05"), Some("维吾尔族"));
        assert_eq!(canonical("56"), Some("基诺族"));
        for bad in ["00", "57", "族", "1", "火星族"] {
            assert_eq!(canonical(bad), None, "{bad}");
        }
    }

    #[test]
    fn there_are_56_names_and_none_twice() {
        let set: std::collections::BTreeSet<_> = NAMES.iter().collect();
        assert_eq!(set.len(), 56);
    }
}
