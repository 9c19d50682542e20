//! A mask by a pattern: `#` is a character that stays, `*` one that is hidden, and any other character must stand there
//! itself.

use super::shows;

/// One character of a pattern.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    Stays,
    Hidden,
    Itself(char),
}

/// A pattern that hides at least one character.
pub(super) struct Pattern(Vec<Part>);

impl Pattern {
    /// `None` where it would hide nothing.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let part = |c: char| match c {
            '#' => Part::Stays,
            '*' => Part::Hidden,
            other => Part::Itself(other),
        };
        let parts: Vec<Part> = text.chars().map(part).collect();
        parts.contains(&Part::Hidden).then_some(Pattern(parts))
    }

    /// Appends the masked value; `false` = it is longer or shorter than the pattern, or another character stands where
    /// the pattern names one.
    pub(super) fn append(&self, value: &str, out: &mut Vec<u8>) -> bool {
        let mut chars = value.chars();
        let mut hidden = false;
        for part in &self.0 {
            let shown = match (part, chars.next()) {
                (Part::Stays, Some(c)) => c,
                (Part::Hidden, Some(c)) => {
                    hidden |= shows(c.encode_utf8(&mut [0; 4]));
                    '*'
                }
                (Part::Itself(expected), Some(c)) if c == *expected => c,
                _ => return false,
            };
            out.extend_from_slice(shown.encode_utf8(&mut [0; 4]).as_bytes());
        }
        hidden && chars.next().is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_hides_what_it_says_and_refuses_other_shapes() {
        let pattern = Pattern::parse("##-****-#").unwrap();
        let masked = |value: &str| {
            let mut out = Vec::new();
            pattern.append(value, &mut out).then(|| String::from_utf8(out).unwrap())
        };
        assert_eq!(masked("陕A-1234-5").as_deref(), Some("陕A-****-5"));
        for other in ["", "陕A-1234", "陕A-1234-56", "陕A+1234-5", "陕A-1234-", "陕A-    -5"] {
            assert_eq!(masked(other), None, "{other}");
        }
        assert!(Pattern::parse("####").is_none() && Pattern::parse("").is_none());
    }
}
