//! An error of a policy file, shown in the line where it stands, with what to write instead.
//!
//! It must never send a control character of the file to the terminal.

use kaifang::error::Explain as _;
use kaifang::policy::PolicyError;
use miette::{LabeledSpan, MietteDiagnostic, NamedSource, Report};

/// An error of a policy file, and the file.
#[derive(Debug)]
pub(crate) struct PolicyFault {
    /// The error.
    pub(crate) error: PolicyError,
    /// The file's name, as it was given.
    pub(crate) name: String,
    /// The file's text.
    pub(crate) source: String,
}

impl PolicyFault {
    /// The error over its line, for a terminal; none where it has no place in the file.
    ///
    /// Whether colours and lines are drawn is miette's to choose: it asks the terminal and obeys `NO_COLOR`.
    pub(crate) fn shown(&self) -> Option<String> {
        let (line, column) = self.error.position()?;
        let source: String = self.source.chars().map(harmless).collect();
        let start = offset(&source, line, column);
        let length = source.get(start..).map_or(0, extent);
        let (zh, en) = (self.error.zh(), self.error.to_string());
        let ((zh, zh_instead), (en, en_instead)) = (divided(&zh), divided(&en));
        let help: Vec<&str> = [zh_instead, en_instead].into_iter().flatten().collect();
        let mut diagnostic = MietteDiagnostic::new(format!("{zh}\n{en}"))
            .with_code(self.error.code())
            .with_label(LabeledSpan::at(start..start + length, "此处 here"));
        if !help.is_empty() {
            diagnostic = diagnostic.with_help(help.join("\n"));
        }
        let report = Report::new(diagnostic).with_source_code(NamedSource::new(&self.name, source));
        Some(format!("{report:?}"))
    }
}

/// What is wrong, and what to write instead: the policy room's texts put them in this order around the last semicolon.
fn divided(text: &str) -> (&str, Option<&str>) {
    match text.rsplit_once([';', '\u{ff1b}']) {
        Some((wrong, instead)) => (wrong, Some(instead.trim_start())),
        None => (text, None),
    }
}

/// Control characters and those that turn the reading direction would let a file write on the terminal as it likes.
fn harmless(c: char) -> char {
    match c {
        '\n' | '\t' => c,
        '\r' => ' ',
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        c if c.is_control() => '\u{fffd}',
        c => c,
    }
}

/// The byte at a line and a column, both from 1, a column a character.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let before: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let rest = text.get(before..).unwrap_or_default();
    before + rest.char_indices().nth(column.saturating_sub(1)).map_or(rest.len(), |(at, _)| at)
}

/// How many bytes are meant from here: a quoted text, a word, or one character.
fn extent(rest: &str) -> usize {
    let line = rest.lines().next().unwrap_or_default();
    if let Some(inner) = line.strip_prefix('"') {
        return inner.find('"').map_or(line.len(), |end| end + 2);
    }
    let word = line.find(|c: char| !c.is_alphanumeric() && !"_.-".contains(c)).unwrap_or(line.len());
    word.max(line.chars().next().map_or(0, char::len_utf8))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;
    use kaifang::policy::Policy;

    fn fault(error: PolicyError, source: &str) -> PolicyFault {
        PolicyFault { error, name: "policy.toml".to_owned(), source: source.to_owned() }
    }

    #[test]
    fn places_are_found_in_bytes() {
        let text = "甲 = \"乙\"\n  丙=d";
        for (line, column, at, length) in
            [(1, 1, 0, 3), (1, 5, 6, 5), (2, 3, 14, 3), (2, 5, 18, 1), (2, 9, 19, 0), (9, 9, 19, 0)]
        {
            assert_eq!((offset(text, line, column), extent(&text[at..])), (at, length), "{line}:{column}");
        }
    }

    #[test]
    fn the_line_and_what_to_write_instead_are_shown_and_no_control_character() {
        let source = "v = 1\nid = \u{1b}12\u{202e}\n";
        let error = Policy::parse(source).unwrap_err();
        let code = error.code();
        let shown = fault(error, source).shown().unwrap();
        for word in [code, "policy.toml:2:", "id = \u{fffd}12", "此处 here"] {
            assert!(shown.contains(word), "{word} is missing from\n{shown}");
        }
        assert!(!shown.contains('\u{202e}'));
        assert_eq!(divided("a; b; c"), ("a; b", Some("c")));
        assert_eq!(divided("甲;乙"), ("甲", Some("乙")));
        assert_eq!(fault(Policy::builtin("x").unwrap_err(), "").shown(), None);
    }
}
