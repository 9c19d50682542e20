//! The first step of every kind: one spelling for characters that look or count the same.
//!
//! [`text`] is safe for any text. [`code`] is for identifiers alone: it also reads Chinese numerals, drops separators
//! and turns letters to upper case, which would damage a name.
//!
//! Sources: Unicode general categories Nd (decimal digits), Zs (spaces) and the default-ignorable characters.

use std::borrow::Cow;

/// The digit zero of every script that has decimal digits; nine more follow each (Unicode 16, category Nd).
const ZEROS: &[u32] = &[
    0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50, 0xed0, 0xf20,
    0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0,
    0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10, 0x104a0, 0x10d30, 0x10d40, 0x11066, 0x110f0, 0x11136, 0x111d0,
    0x112f0, 0x11450, 0x114d0, 0x11650, 0x116c0, 0x116d0, 0x116da, 0x11730, 0x118e0, 0x11950, 0x11bf0, 0x11c50,
    0x11d50, 0x11da0, 0x11f50, 0x16a60, 0x16ac0, 0x16b50, 0x16d70, 0x1ccf0, 0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec,
    0x1d7f6, 0x1e140, 0x1e2f0, 0x1e4f0, 0x1e5f1, 0x1e950, 0x1fbf0,
];

/// The ASCII digit that a decimal digit of any script stands for.
fn digit(c: char) -> Option<char> {
    let code = u32::from(c);
    let after = ZEROS.partition_point(|zero| *zero <= code);
    let zero = ZEROS.get(after.checked_sub(1)?)?;
    char::from_digit(code.checked_sub(*zero).filter(|value| *value < 10)?, 10)
}

/// Characters that show nothing: zero-width, directional, variation selectors, Hangul fillers.
fn is_ignorable(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}')
}

/// What [`text`] makes of one character; `None` of one that shows nothing.
#[cfg(feature = "tables")]
pub(crate) fn character(c: char) -> Option<char> {
    fold_char(c)
}

/// One character of general text: itself, another, or nothing.
fn fold_char(c: char) -> Option<char> {
    // The most of a Chinese text: nothing below concerns these.
    if c.is_ascii() || matches!(c, '\u{4e00}'..='\u{9fff}') {
        return Some(c);
    }
    if is_ignorable(c) {
        return None;
    }
    if let Some(digit) = digit(c) {
        return Some(digit);
    }
    Some(match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => ' ',
        '\u{2010}'..='\u{2015}' | '\u{2043}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' => '-',
        _ => c,
    })
}

/// Fullwidth forms, digits of other scripts, spaces and dashes become ASCII; what shows nothing is dropped; space at
/// both ends is trimmed. Letters keep their case, and Chinese numerals stay.
///
/// ```
/// use kaifang::kinds::fold;
/// assert_eq!(fold::text("　ＡＢ\u{200b}１２−３ "), "AB12-3");
/// ```
#[must_use]
pub fn text(value: &str) -> Cow<'_, str> {
    if value.is_ascii() {
        return Cow::Borrowed(value.trim());
    }
    if value.chars().all(|c| fold_char(c) == Some(c)) {
        return Cow::Borrowed(value.trim());
    }
    let folded: String = value.chars().filter_map(fold_char).collect();
    Cow::Owned(folded.trim().to_owned())
}

/// One character of an identifier.
fn code_char(c: char) -> Option<char> {
    let c = fold_char(c)?;
    Some(match c {
        '-' | '\'' | '"' | '`' | '\u{2018}' | '\u{2019}' => return None,
        _ if c.is_whitespace() => return None,
        // Х, х (Cyrillic), Χ, χ (Greek), × (multiplication) are written for X.
        '\u{425}' | '\u{445}' | '\u{3a7}' | '\u{3c7}' | '\u{d7}' => 'X',
        _ => numeral(c).unwrap_or(c.to_ascii_uppercase()),
    })
}

/// The digit that a Chinese numeral stands for.
fn numeral(c: char) -> Option<char> {
    Some(match c {
        '〇' | '零' | '○' => '0',
        '一' | '壹' => '1',
        '二' | '贰' => '2',
        '三' | '叁' => '3',
        '四' | '肆' => '4',
        '五' | '伍' => '5',
        '六' | '陆' => '6',
        '七' | '柒' => '7',
        '八' | '捌' => '8',
        '九' | '玖' => '9',
        _ => return None,
    })
}

/// The character is a Chinese numeral that [`code`] reads as a digit.
pub(crate) fn is_numeral(c: char) -> bool {
    numeral(c).is_some()
}

/// What [`text`] does, and besides: separators (spaces, dashes, quotation marks) are dropped, Chinese numerals and
/// look-alikes of `X` are read, ASCII letters become upper case.
///
/// ```
/// use kaifang::kinds::fold;
/// assert_eq!(fold::code("一一0105-1949 1231 002х"), "11010519491231002X");
/// ```
#[must_use]
pub fn code(value: &str) -> Cow<'_, str> {
    // All of it is looked at, in one go: faster for identifiers than to stop at the first other character.
    let clean = |byte: u8| byte.is_ascii_digit() | byte.is_ascii_uppercase();
    if value.bytes().fold(true, |all, byte| all & clean(byte)) {
        return Cow::Borrowed(value);
    }
    Cow::Owned(value.chars().filter_map(code_char).collect())
}

/// The leading-zero-safe value of ASCII digits; `None` for anything else or more than nine of them.
pub(super) fn number(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() || digits.len() > 9 {
        return None;
    }
    digits.iter().try_fold(0u32, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + u32::from(byte - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_evasion_of_one_id_folds_to_it() {
        let spellings = [
            "11010519491231002X",
            "11010519491231002x",
            "１１０１０５１９４９１２３１００２Ｘ",
            "110105 19491231 002X",
            "110105-19491231-002X",
            "110105\u{2013}19491231\u{2014}002X",
            "110105\u{2212}19491231\u{2212}002X",
            "1101\u{200b}0519\u{200d}491231\u{feff}002X",
            "11010519491231002\u{425}",
            "11010519491231002\u{445}",
            "11010519491231002\u{3a7}",
            "١١٠١٠٥١٩٤٩١٢٣١٠٠٢X",
            "११०१०५१९४९१२३१००२X",
            "一一〇一〇五一九四九一二三一〇〇二X",
            "110105\u{3164}19491231002X",
            "110105\u{a0}19491231\u{3000}002X",
            "'11010519491231002X",
            " 11010519491231002X\t\n",
            "110105\u{ad}19491231002X",
            "\u{1d7d9}\u{1d7d9}\u{1d7d8}10519491231002X",
            "\u{202d}11010519491231002X\u{202c}",
        ];
        assert_eq!(spellings.len(), 21);
        for spelling in spellings {
            assert_eq!(code(spelling), "11010519491231002X", "{spelling:?}");
        }
    }

    #[test]
    fn names_keep_their_numerals_and_case() {
        assert_eq!(text("张三 "), "张三");
        assert_eq!(text("a\u{3000}B"), "a B");
    }

    #[test]
    fn the_zeros_are_in_order_for_the_search() {
        assert!(ZEROS.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(digit('٣'), Some('3'));
        assert_eq!(digit('a'), None);
    }
}
