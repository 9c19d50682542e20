//! The law's own text, read into places and fingerprints.
//!
//! An article begins where a line begins with `第X条`; every non-empty line is a paragraph, or an item of the paragraph
//! before it where it begins with `(一)`. What stands before the first article is not the law's. Widths of characters,
//! white space, line ends and a byte order mark make no difference; anything else does.
//!
//! The text is known here by its digests alone: this file must never keep or quote a sentence of it.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization as _;

use super::citation::Citation;
use super::error::PolicyError;
use super::provisions::MarkFault;
use crate::crypto;
use crate::terms::{Digest, Text};

/// The largest text, in bytes.
const MAX_BYTES: usize = 1 << 20;
/// The most paragraphs and items of a text, headings and markers out of their place counted too.
const MAX_PARAGRAPHS: usize = 4096;
/// One to nine.
const DIGITS: [&str; 9] = ["一", "二", "三", "四", "五", "六", "七", "八", "九"];

/// A place in a text: article, paragraph (from 1), item (0: the paragraph itself). Unlike a citation, a place has one
/// writing, so a text can be read before it is known how many paragraphs an article has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Spot {
    pub(super) article: u16,
    pub(super) paragraph: u16,
    pub(super) item: u16,
}

impl From<Citation> for Spot {
    fn from(at: Citation) -> Self {
        Spot { article: at.article, paragraph: at.paragraph.unwrap_or(1), item: at.item.unwrap_or(0) }
    }
}

impl Spot {
    /// The citation of this place: the first paragraph's number is left out where it is the only one. Paragraph 0 is
    /// the article.
    pub(super) fn cite(self, only_paragraph: bool) -> Citation {
        let paragraph = (self.paragraph > u16::from(only_paragraph)).then_some(self.paragraph);
        Citation { article: self.article, paragraph, item: (self.item > 0).then_some(self.item) }
    }
}

/// A heading (paragraph 0) or an item's marker out of its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) at: Spot,
    pub(super) fault: MarkFault,
    pub(super) line: u32,
}

/// A paragraph or an item of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Paragraph {
    pub(super) at: Spot,
    pub(super) line: u32,
    pub(super) fingerprint: Digest,
}

/// A text as read.
#[derive(Debug, Default)]
pub(super) struct LawText {
    /// In the text's order. A place comes twice where its heading or marker does.
    pub(super) paragraphs: Vec<Paragraph>,
    pub(super) marks: Vec<Mark>,
}

/// The fingerprint of a paragraph, whose text is in NFKC already: SHA-256 without any white space.
fn fingerprint(text: &str) -> Digest {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    crypto::sha256(text.as_bytes())
}

/// Reads a text.
pub(super) fn read(text: &str) -> Result<LawText, PolicyError> {
    if text.len() > MAX_BYTES {
        return Err(PolicyError::TextLimit { what: Text::new("字节数", "bytes"), limit: MAX_BYTES });
    }
    let mut out = LawText::default();
    let mut articles = BTreeSet::new();
    let mut items = BTreeSet::new();
    let mut at = Spot { article: 0, paragraph: 0, item: 0 };
    for (line, written) in (1..).zip(text.trim_start_matches('\u{feff}').lines()) {
        let written: String = written.nfkc().collect();
        let mut rest = written.trim();
        if !rest.is_empty() && out.paragraphs.len() + out.marks.len() >= MAX_PARAGRAPHS {
            return Err(PolicyError::TextLimit { what: Text::new("段落数", "paragraphs"), limit: MAX_PARAGRAPHS });
        }
        if let Some((article, body)) = heading(rest, at.article) {
            let fault = fault(articles.insert(article), article > at.article);
            at = Spot { article, paragraph: 0, item: 0 };
            out.marks.extend(fault.map(|fault| Mark { at, fault, line }));
            items.clear();
            rest = body.trim();
        }
        if at.article == 0 || rest.is_empty() {
            continue;
        }
        if let Some((item, body)) = marker(rest) {
            let fault = fault(items.insert(item), item > at.item);
            // An item before any paragraph belongs to the one that is missing.
            at = Spot { paragraph: at.paragraph.max(1), item, ..at };
            out.marks.extend(fault.map(|fault| Mark { at, fault, line }));
            rest = body;
        } else {
            at = Spot { paragraph: at.paragraph + 1, item: 0, ..at };
            items.clear();
        }
        out.paragraphs.push(Paragraph { at, line, fingerprint: fingerprint(rest) });
    }
    if articles.is_empty() {
        return Err(PolicyError::NoArticles);
    }
    Ok(out)
}

/// A number seen before comes twice; one that does not follow the last is out of order.
fn fault(new: bool, follows: bool) -> Option<MarkFault> {
    match (new, follows) {
        (false, _) => Some(MarkFault::Twice),
        (true, false) => Some(MarkFault::OutOfOrder),
        (true, true) => None,
    }
}

/// An article's number, and what follows its heading. A paragraph may begin by naming an article too, so without white
/// space after it a heading is one only if its number is higher than the last.
fn heading(line: &str, last: u16) -> Option<(u16, &str)> {
    let (written, rest) = line.strip_prefix('第')?.split_once('条')?;
    let article = number(written.trim())?;
    let set_off = rest.is_empty() || rest.starts_with(char::is_whitespace);
    (set_off || article > last).then_some((article, rest))
}

/// An item's number, and what follows its marker. NFKC has made the parentheses narrow.
fn marker(line: &str) -> Option<(u16, &str)> {
    let (written, rest) = line.strip_prefix('(')?.split_once(')')?;
    Some((chinese(written.trim())?, rest.trim_start()))
}

/// A number in Chinese or in ASCII digits, 1 to 999.
fn number(text: &str) -> Option<u16> {
    let ascii = !text.is_empty() && text.len() <= 3 && text.bytes().all(|b| b.is_ascii_digit());
    if ascii { text.parse().ok().filter(|number| *number > 0) } else { chinese(text) }
}

/// A Chinese number as articles are numbered, 1 to 999: 七, 十二, 三十, 一百零五, 一百一十.
fn chinese(text: &str) -> Option<u16> {
    let digit = |text: &str| DIGITS.iter().position(|digit| *digit == text).map(|place| place as u16 + 1);
    let ones = |text: &str| if text.is_empty() { Some(0) } else { digit(text) };
    let (hundreds, rest) = match text.split_once('百') {
        Some((hundreds, rest)) => (digit(hundreds)?, rest),
        None => (0, text),
    };
    let below = match rest.split_once('十') {
        Some(("", rest)) if hundreds == 0 => 10 + ones(rest)?,
        Some((tens, rest)) => digit(tens)? * 10 + ones(rest)?,
        None if hundreds == 0 => digit(rest)?,
        None if rest.is_empty() => 0,
        None => digit(rest.strip_prefix(['零', '〇'])?)?,
    };
    Some(hundreds * 100 + below)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The place and line of each paragraph.
    fn places(text: &str) -> Vec<(String, u32)> {
        let read = read(text).unwrap();
        read.paragraphs.iter().map(|paragraph| (paragraph.at.cite(false).to_string(), paragraph.line)).collect()
    }

    fn marks(text: &str) -> Vec<(String, MarkFault, u32)> {
        read(text).unwrap().marks.iter().map(|mark| (mark.at.cite(true).to_string(), mark.fault, mark.line)).collect()
    }

    fn fingerprints(text: &str) -> Vec<Digest> {
        read(text).unwrap().paragraphs.into_iter().map(|paragraph| paragraph.fingerprint).collect()
    }

    /// Every usual writing of a number, put together from its digits.
    fn writings(number: u16) -> Vec<String> {
        let name = |digit: u16| "零一二三四五六七八九".chars().nth(usize::from(digit)).unwrap();
        let (hundreds, tens, ones) = (number / 100, number / 10 % 10, number % 10);
        let mut below = String::new();
        if tens > 0 {
            below = format!("{}十", name(tens));
        }
        if ones > 0 {
            below.push(name(ones));
        }
        match (hundreds, tens) {
            (0, 1) => vec![below.trim_start_matches('一').to_owned(), below],
            (0, _) => vec![below],
            (_, 0) if ones > 0 => ["零", "〇"].map(|zero| format!("{}百{zero}{below}", name(hundreds))).to_vec(),
            _ => vec![format!("{}百{below}", name(hundreds))],
        }
    }

    #[test]
    fn every_number_is_read_and_no_other_writing_is_one() {
        // 一十一 of 111 loses its first digit only, hence the writings are compared as a set of strings.
        let known: std::collections::BTreeMap<String, u16> =
            (1..=999).flat_map(|number| writings(number).into_iter().map(move |text| (text, number))).collect();
        for (text, number) in &known {
            assert_eq!(chinese(text), Some(*number), "{text}");
        }
        // All texts of up to five of these characters: what is no usual writing is no number.
        let alphabet = ["一", "二", "九", "十", "百", "零", "〇", "千"];
        let mut texts = vec![String::new()];
        for _ in 0..5 {
            texts = texts
                .iter()
                .flat_map(|text| alphabet.iter().map(move |c| format!("{text}{c}")))
                .chain(texts.iter().cloned())
                .collect();
            texts.sort();
            texts.dedup();
        }
        assert_eq!(texts.len(), (0..=5).map(|n| 8usize.pow(n)).sum::<usize>());
        for text in texts {
            assert_eq!(chinese(&text), known.get(&text).copied(), "{text}");
        }
    }

    #[test]
    fn headings_paragraphs_and_items_have_their_places() {
        let text =
            "某市办法\n第二年发布\n\n第一条 甲。\n第二条 乙:\n(一)丙;\n(二)丁。\n\n戊。\n(一)己。\n第3条\n庚。\n";
        let expected =
            [("A1.1", 4), ("A2.1", 5), ("A2.1(1)", 6), ("A2.1(2)", 7), ("A2.2", 9), ("A2.2(1)", 10), ("A3.1", 12)];
        assert_eq!(places(text), expected.map(|(place, line)| (place.to_owned(), line)));
        assert_eq!(marks(text), []);
    }

    #[test]
    fn writing_that_says_the_same_reads_the_same() {
        let plain = "第一条 甲,乙:\n(一)丙;\n第十二条 丁(戊)。\n";
        for other in [
            "\u{feff}第一条 甲,乙:\n(一)丙;\n第十二条 丁(戊)。",
            "第一条 甲,乙:\r\n(一)丙;\r\n第十二条 丁(戊)。\r\n",
            "第一条\u{3000}甲\u{ff0c}乙\u{ff1a}\n\u{3000}\u{3000}\u{ff08}一\u{ff09} 丙\u{ff1b}\n第十二条\u{3000}丁\u{ff08}戊\u{ff09}。\n",
            "第一条甲,乙:\n㈠丙;\n第十二条丁(戊)。\n",
            "第1条 甲, 乙 :\n( 一 )丙;\n第12条 丁(戊)。\n",
            "第 1 条\n甲,乙:\n\t(一)丙;\n\n第十二条\n\n丁(戊)。\n",
        ] {
            assert_eq!(fingerprints(other), fingerprints(plain), "{other}");
        }
        for other in ["甲、乙", "甲,已", "甲,乙\u{200b}"] {
            assert_ne!(fingerprints(&plain.replace("甲,乙", other)), fingerprints(plain), "{other}");
        }
    }

    #[test]
    fn a_heading_or_marker_out_of_its_place_is_reported() {
        let twice = "第一条 甲。\n第二条 乙。\n第二条 丙。\n第三条 丁。\n";
        assert_eq!(marks(twice), [("A2".to_owned(), MarkFault::Twice, 3)]);
        assert_eq!(places(twice).len(), 4, "what stands under it is read all the same");
        let order = "第一条 甲。\n第三条 乙。\n第二条 丙。\n第四条 丁。\n";
        assert_eq!(marks(order), [("A2".to_owned(), MarkFault::OutOfOrder, 3)]);
        let items = "第一条 甲:\n(二)乙;\n(一)丙;\n(二)丁。\n";
        let expected = [("A1(1)", MarkFault::OutOfOrder, 3), ("A1(2)", MarkFault::Twice, 4)];
        assert_eq!(marks(items), expected.map(|(id, fault, line)| (id.to_owned(), fault, line)));
    }

    #[test]
    fn a_paragraph_may_begin_by_naming_an_article() {
        let text = "第一条 甲。\n第二条 乙。\n第一条所称丙,从丁。\n(一)戊。\n(1)己。\n(十二)";
        let expected = [("A1.1", 1), ("A2.1", 2), ("A2.2", 3), ("A2.2(1)", 4), ("A2.3", 5), ("A2.3(12)", 6)];
        assert_eq!(places(text), expected.map(|(place, line)| (place.to_owned(), line)));
        assert_eq!(places("第一条\n(一)甲"), [("A1.1(1)".to_owned(), 2)], "an item of a paragraph that is missing");
    }

    #[test]
    fn what_is_no_law_and_what_is_too_large_is_refused() {
        for none in ["", "\n\n", "甲。\n乙第一条。\n", "第条 甲", "第零条 甲", "第一千条 甲", "第0条 甲", "第1234条 甲"]
        {
            assert_eq!(read(none).err(), Some(PolicyError::NoArticles), "{none}");
        }
        let full = format!("第一条\n{}", "甲\n".repeat(MAX_PARAGRAPHS));
        assert_eq!(read(&full).unwrap().paragraphs.len(), MAX_PARAGRAPHS);
        for more in [format!("{full}乙"), "第一条\n".repeat(MAX_PARAGRAPHS + 2)] {
            assert!(matches!(read(&more), Err(PolicyError::TextLimit { limit: MAX_PARAGRAPHS, .. })));
        }
        let long = format!("第一条 {}", "a".repeat(MAX_BYTES));
        assert!(matches!(read(&long), Err(PolicyError::TextLimit { limit: MAX_BYTES, .. })));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "(第[一二三十百零0-9]{0,4}条 ?|[(\u{ff08}][一二十]{0,3}[)\u{ff09}]|[甲,\u{ff0c}。 \u{3000}\u{301}]|\r?\n){0,40}|\\PC{0,64}") {
            let _ = read(&text);
        }
    }
}
