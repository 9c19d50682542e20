//! Citations: how a place in an instrument is written, `A18`, `A18.2`, `A22.1(4)`, `A32(5)`.
//!
//! An article of one paragraph has no paragraph's number. This file knows the writing; it must never know what stands at
//! a place.

use std::fmt;

/// An article, or one of its paragraphs, or an item of either.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Citation {
    pub(super) article: u16,
    pub(super) paragraph: Option<u16>,
    pub(super) item: Option<u16>,
}

impl Citation {
    /// Reads a citation; nothing else is one.
    pub(super) fn parse(text: &str) -> Option<Citation> {
        let number = |text: &str| {
            let good = (1..=3).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
            if good && !text.starts_with('0') { text.parse().ok() } else { None }
        };
        let rest = text.strip_prefix('A')?;
        let (rest, item) = match rest.strip_suffix(')') {
            Some(rest) => rest.split_once('(').map(|(rest, item)| (rest, Some(item)))?,
            None => (rest, None),
        };
        let (article, paragraph) = rest.split_once('.').map_or((rest, None), |(article, rest)| (article, Some(rest)));
        let optional = |text: Option<&str>| text.map_or(Some(None), |text| number(text).map(Some));
        Some(Citation { article: number(article)?, paragraph: optional(paragraph)?, item: optional(item)? })
    }

    /// Whether a rule that cites this speaks of that provision: the same place, or an item of the paragraph cited. A
    /// whole article is too wide to speak of one of its paragraphs.
    pub(super) fn covers(self, provision: Citation) -> bool {
        self == provision || (self.item.is_none() && Citation { item: None, ..provision } == self)
    }

    /// Whether that place is this one or within it.
    pub(super) fn contains(self, other: Citation) -> bool {
        self.covers(other) || (self.item.is_none() && self.paragraph.is_none() && self.article == other.article)
    }
}

impl fmt::Display for Citation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "A{}", self.article)?;
        self.paragraph.map_or(Ok(()), |paragraph| write!(f, ".{paragraph}"))?;
        self.item.map_or(Ok(()), |item| write!(f, "({item})"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn citations_are_articles() {
        for good in ["A2", "A18.5", "A22.1(4)", "A32(4)", "A999.10(12)"] {
            assert_eq!(Citation::parse(good).map(|citation| citation.to_string()).as_deref(), Some(good));
        }
        for bad in [
            "", "A", "18", "A0", "A18.", "A18.x", "A22.1(", "A22.1()", "A22(4", "A4)", "a18", "A18.5.1", "A1234",
            "A1(02)", "A+1",
        ] {
            assert_eq!(Citation::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_paragraph_speaks_of_its_items_and_an_article_not_of_its_paragraphs() {
        let at = |text| Citation::parse(text).unwrap();
        for (cite, provision, covers, contains) in [
            ("A24", "A24", true, true),
            ("A24", "A24(1)", true, true),
            ("A22.1", "A22.1(4)", true, true),
            ("A24(1)", "A24", false, false),
            ("A24(1)", "A24(2)", false, false),
            ("A18", "A18.2", false, true),
            ("A22", "A22.1(4)", false, true),
            ("A18.2", "A18", false, false),
            ("A22.2", "A22.1(2)", false, false),
            ("A2", "A22", false, false),
        ] {
            assert_eq!(at(cite).covers(at(provision)), covers, "{cite} {provision}");
            assert_eq!(at(cite).contains(at(provision)), contains, "{cite} {provision}");
        }
    }
}
