//! Addresses: a known division, and streets and numbers behind it.

use super::Span;
use crate::kinds::{Kind, address, fold, person_name};

/// Characters by which a part of an address ends.
const ADDRESS_PARTS: &str = "省市区县州旗盟路街巷镇乡村屯弄道庄寨坊园苑号栋幢楼室组座户队元层";

/// The most characters of an address behind its division.
const LONGEST_ADDRESS: usize = 60;

pub(super) fn addresses(text: &str, spans: &mut Vec<Span>) {
    let mut past = 0;
    for (start, c) in text.char_indices() {
        if start < past || !person_name::is_han(c) {
            continue;
        }
        let rest = text.get(start..).unwrap_or_default();
        let Some(place) = address::locate(rest) else { continue };
        // The part behind the division, up to its last street, house or number.
        let mut end = None;
        for (number_of, (at, c)) in place.rest.char_indices().enumerate() {
            let shown = fold::character(c);
            let part = ADDRESS_PARTS.contains(c);
            let number = shown.is_some_and(|c| c.is_ascii_alphanumeric() || "-#()".contains(c));
            // Digits are never cut in two.
            if !(part || number || person_name::is_han(c)) || (number_of >= LONGEST_ADDRESS && !number) {
                break;
            }
            if part || number {
                end = Some(at + c.len_utf8());
            }
        }
        let Some(end) = end else { continue };
        let end = text.len() - place.rest.len() + end;
        spans.push(Span { kind: Kind::Address, start, end });
        past = end;
    }
}
