//! The report's charts: inline SVG from whole numbers, so that the same figures give the same bytes everywhere.
//!
//! A chart holds numbers and our own labels. It must never hold a word of the data, so nothing here needs escaping.

use std::fmt::Write as _;

/// The looks of what was before the treatment, and of what is after it: told apart without colour too, the one pale with
/// an outline, the other dark.
const BEFORE: &str = "before";
const AFTER: &str = "after";

/// A bar's part of `full` pixels; whatever is not zero is seen.
fn scaled(value: u64, max: u64, full: u64) -> u64 {
    if value == 0 || max == 0 {
        return 0;
    }
    let part = u128::from(value) * u128::from(full) / u128::from(max);
    u64::try_from(part).unwrap_or(full).clamp(2, full)
}

/// One group of bars: a label, and the figure before and after.
pub(super) struct Pair {
    pub(super) label: String,
    pub(super) before: u64,
    pub(super) after: Option<u64>,
}

/// Upright bars, `before` beside `after`, with the figures above: how many records stand in classes of each size.
pub(super) fn histogram(pairs: &[Pair], name: &str) -> String {
    const HEIGHT: u64 = 150;
    const BASE: u64 = 182;
    const GROUP: u64 = 112;
    const BAR: u64 = 40;
    let max = pairs.iter().flat_map(|pair| [Some(pair.before), pair.after]).flatten().max().unwrap_or(0);
    let width = GROUP * u64::try_from(pairs.len()).unwrap_or(0) + 8;
    let mut svg = open(width, 210, name);
    for (index, pair) in (0_u64..).zip(pairs) {
        let left = 8 + index * GROUP;
        let bars = [(pair.before, BEFORE), (pair.after.unwrap_or(0), AFTER)];
        let shown = if pair.after.is_some() { 2 } else { 1 };
        let indent = (GROUP - 8 - BAR * shown) / 2;
        for (place, (value, class)) in (0_u64..).zip(bars.into_iter().take(usize::from(shown == 2) + 1)) {
            let height = scaled(value, max, HEIGHT);
            let (x, y) = (left + indent + place * BAR, BASE - height);
            let _ = write!(svg, r#"<rect class="{class}" x="{x}" y="{y}" width="{}" height="{height}"/>"#, BAR - 4);
            let _ = write!(svg, r#"<text class="value" x="{}" y="{}">{}</text>"#, x + BAR / 2 - 2, y - 4, short(value));
        }
        let _ = write!(svg, r#"<text class="tick" x="{}" y="200">{}</text>"#, left + (GROUP - 8) / 2, pair.label);
    }
    let _ = write!(svg, r#"<line class="axis" x1="4" y1="{BASE}" x2="{}" y2="{BASE}"/></svg>"#, width - 4);
    svg
}

/// Lying bars of parts per million, `before` over `after`, with a line at the threshold where there is one.
pub(super) fn risks(pairs: &[Pair], threshold_ppm: Option<u64>, name: &str) -> String {
    const FULL: u64 = 440;
    const LEFT: u64 = 130;
    const GROUP: u64 = 54;
    let height = GROUP * u64::try_from(pairs.len()).unwrap_or(0) + 30;
    let mut svg = open(680, height, name);
    for (index, pair) in (0_u64..).zip(pairs) {
        let top = 8 + index * GROUP;
        let _ = write!(svg, r#"<text class="label" x="{}" y="{}">{}</text>"#, LEFT - 10, top + 23, pair.label);
        for (place, (value, class)) in (0_u64..).zip([(Some(pair.before), BEFORE), (pair.after, AFTER)]) {
            let Some(value) = value else { continue };
            let (y, width) = (top + place * 20, scaled(value, 1_000_000, FULL));
            let _ = write!(svg, r#"<rect class="{class}" x="{LEFT}" y="{y}" width="{width}" height="16"/>"#);
            let _ = write!(
                svg,
                r#"<text class="figure" x="{}" y="{}">{}</text>"#,
                LEFT + width + 6,
                y + 13,
                percent(value)
            );
        }
    }
    let bottom = height - 26;
    if let Some(threshold) = threshold_ppm {
        let x = LEFT + scaled(threshold, 1_000_000, FULL);
        let _ = write!(svg, r#"<line class="threshold" x1="{x}" y1="2" x2="{x}" y2="{bottom}"/>"#);
        let text = percent(threshold);
        let _ = write!(svg, r#"<text class="limit" x="{}" y="{}">可接受上限 acceptable {text}</text>"#, x, height - 8);
    }
    let _ = write!(svg, r#"<line class="axis" x1="{LEFT}" y1="2" x2="{LEFT}" y2="{bottom}"/></svg>"#);
    svg
}

fn open(width: u64, height: u64, name: &str) -> String {
    format!(r#"<svg viewBox="0 0 {width} {height}" role="img" aria-label="{name}"><title>{name}</title>"#)
}

/// Parts per million as a percentage, exactly: `64.65%`.
pub(super) fn percent(ppm: u64) -> String {
    let fraction = format!("{:04}", ppm % 10_000);
    match fraction.trim_end_matches('0') {
        "" => format!("{}%", ppm / 10_000),
        digits => format!("{}.{digits}%", ppm / 10_000),
    }
}

/// A count with its thousands apart: `200,000`.
pub(super) fn grouped(count: u64) -> String {
    apart(&count.to_string())
}

/// Digits with their thousands apart.
pub(super) fn apart(digits: &str) -> String {
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A count that fits above a bar: `199k`, rounded down so that it never claims more.
fn short(count: u64) -> String {
    match count {
        0..10_000 => count.to_string(),
        10_000..10_000_000 => format!("{}k", count / 1_000),
        _ => format!("{}M", count / 1_000_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_exact() {
        assert_eq!(percent(0), "0%");
        assert_eq!(percent(12), "0.0012%");
        assert_eq!(percent(50_000), "5%");
        assert_eq!(percent(646_500), "64.65%");
        assert_eq!(percent(1_000_000), "100%");
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_000), "1,000");
        assert_eq!(grouped(u64::MAX), "18,446,744,073,709,551,615");
        assert_eq!(short(199_999), "199k");
    }

    #[test]
    fn bars_are_in_proportion_and_never_vanish() {
        assert_eq!(scaled(0, 10, 100), 0);
        assert_eq!(scaled(5, 10, 100), 50);
        assert_eq!(scaled(1, u64::MAX, 100), 2);
        assert_eq!(scaled(u64::MAX, u64::MAX, 100), 100);
        assert_eq!(scaled(3, 0, 100), 0);
    }

    #[test]
    fn a_chart_has_a_bar_for_each_figure() {
        let pairs = [
            Pair { label: "1".into(), before: 9, after: Some(0) },
            Pair { label: "20+".into(), before: 0, after: Some(9) },
        ];
        let svg = histogram(&pairs, "k");
        assert_eq!(svg.matches("<rect").count(), 4);
        let alone = [Pair { label: "1".into(), before: 9, after: None }];
        assert_eq!(histogram(&alone, "k").matches("<rect").count(), 1);
        assert_eq!(risks(&alone, Some(50_000), "r").matches("class=\"threshold\"").count(), 1);
        assert_eq!(risks(&[], None, "r").matches("<rect").count(), 0);
    }
}
