//! 年龄 in whole years, 0 to 150, with or without 岁 or 周岁. Canonical form: the number without leading zeros.
//!
//! Months and half years are not read. A small number is an age only where its column is one.

use std::borrow::Cow;

use super::fold;

const MOST: u32 = 150;

pub(super) fn canonical(value: &str) -> Option<Cow<'_, str>> {
    let folded = fold::text(value);
    let number = folded.strip_suffix('岁').unwrap_or(&folded);
    let number = number.strip_suffix('周').filter(|_| number.len() < folded.len()).unwrap_or(number).trim_end();
    let years =
        (number.len() <= 3).then(|| fold::number(number.as_bytes())).flatten().filter(|years| *years <= MOST)?;
    let written = number.len() == folded.len() && (number.len() == 1 || !number.starts_with('0'));
    Some(if written { folded } else { Cow::Owned(years.to_string()) })
}

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn every_age_and_nothing_beyond() {
        for years in 0..=1_100 {
            let text = years.to_string();
            let form = (years <= 150).then_some(text.as_str());
            for spelling in [text.clone(), format!("{text}岁"), format!("{text}周岁"), format!(" {text} 岁")] {
                assert_eq!(canonical(&spelling).as_deref(), form, "{spelling}");
            }
        }
        for (spelling, form) in [("007", "7"), ("00", "0"), ("３５", "35")] {
            assert_eq!(canonical(spelling).as_deref(), Some(form));
        }
        for bad in ["", "-1", "35.5", "35周", "8个月", "三十五", "0035", "岁", "3 5"] {
            assert_eq!(canonical(bad), None, "{bad}");
        }
    }
}
