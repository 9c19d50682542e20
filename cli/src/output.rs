//! What people and programs see: data on stdout, everything else on stderr.
//!
//! This room must never print a value of the data.

use std::io::{IsTerminal, Write};

use comfy_table::{ContentArrangement, Table, presets};
use kaifang::ErrorDocument;
use serde::Serialize;

use crate::snippet::PolicyFault;

/// How a verb ended, as the process's exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is done.
    Done,
    /// It was refused, or there are findings.
    Refused,
}

/// Why a verb could not run.
#[derive(Debug)]
pub(crate) enum Failure {
    /// An error of the library.
    Kaifang(kaifang::Error),
    /// An error in a policy file, with its text to show the line.
    PolicyFile(Box<PolicyFault>),
    /// A file of the command's own that can't be read or written, or an argument out of its domain.
    Usage(ErrorDocument),
}

impl<E: Into<kaifang::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Failure::Kaifang(error.into())
    }
}

impl Failure {
    /// An argument that can't be used: exit code 2.
    pub(crate) fn usage(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Failure::Usage(ErrorDocument { code: "KF-CLI-01".into(), zh: zh.into(), en: en.into(), place: None })
    }

    /// A file that the command itself reads or writes.
    pub(crate) fn file(path: &std::path::Path, error: &std::io::Error) -> Self {
        let kind = error.kind();
        Failure::Usage(ErrorDocument {
            code: "KF-CLI-02".into(),
            zh: format!("无法读写文件:{kind}"),
            en: format!("the file can't be read or written: {kind}"),
            place: Some(path.display().to_string()),
        })
    }

    /// What a person at a terminal is shown.
    pub(crate) fn shown(&self) -> String {
        if let Failure::PolicyFile(fault) = self
            && let Some(shown) = fault.shown()
        {
            return shown;
        }
        let (document, _) = self.report();
        let place = document.place.as_deref().map(|place| format!(" [{place}]")).unwrap_or_default();
        format!("{}{place}\n  {}\n  {}", document.code, document.zh, document.en)
    }

    /// The document and the exit code.
    pub(crate) fn report(&self) -> (ErrorDocument, u8) {
        match self {
            Failure::Kaifang(error) => (error.document(), error.family().exit_code()),
            Failure::PolicyFile(fault) => {
                let error = kaifang::Error::from(fault.error.clone());
                (error.document(), error.family().exit_code())
            }
            Failure::Usage(document) => (document.clone(), if document.code == "KF-CLI-02" { 3 } else { 2 }),
        }
    }
}

/// Writes a document to stdout as JSON, indented for people at a terminal.
pub(crate) fn json<T: Serialize>(document: &T) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    let text = if out.is_terminal() { pretty(document) } else { compact(document) };
    line(&mut out, &text?)
}

/// A document as JSON on one line. What has no JSON is an error, never an empty text that reads as a document.
pub(crate) fn compact<T: Serialize>(document: &T) -> Result<String, Failure> {
    serde_json::to_string(document).map_err(|error| not_encoded(&error))
}

/// As [`compact`], indented.
pub(crate) fn pretty<T: Serialize>(document: &T) -> Result<String, Failure> {
    serde_json::to_string_pretty(document).map_err(|error| not_encoded(&error))
}

fn not_encoded(error: &serde_json::Error) -> Failure {
    Failure::usage("文档无法编码", format!("the document can't be encoded: {error}"))
}

/// Writes a line of text to stdout.
pub(crate) fn text(text: &str) -> Result<(), Failure> {
    line(&mut std::io::stdout().lock(), text)
}

/// Writes bytes to stdout as they are: a file of another kind than text.
pub(crate) fn bytes(bytes: &[u8]) -> Result<Outcome, Failure> {
    match std::io::stdout().lock().write_all(bytes) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::file(std::path::Path::new("<stdout>"), &error))
        }
        _ => Ok(Outcome::Done),
    }
}

/// A closed pipe (`kaifang … | head`) is the reader's choice and no error.
fn line(out: &mut impl Write, text: &str) -> Result<(), Failure> {
    match writeln!(out, "{text}") {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::file(std::path::Path::new("<stdout>"), &error))
        }
        _ => Ok(()),
    }
}

/// A table for people: borders at a terminal, plain columns in a pipe.
pub(crate) fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(if std::io::stdout().is_terminal() { presets::UTF8_FULL_CONDENSED } else { presets::NOTHING });
    table.set_content_arrangement(ContentArrangement::Dynamic).set_header(header);
    table
}

/// Parts per million as a percentage with two decimals.
pub(crate) fn percent(ppm: u64) -> String {
    format!("{}.{:02} %", ppm / 10_000, ppm % 10_000 / 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Unwritable;

    impl Serialize for Unwritable {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("no JSON"))
        }
    }

    #[test]
    fn what_has_no_json_is_an_error_and_no_empty_text() {
        for written in [compact(&Unwritable), pretty(&Unwritable), json(&Unwritable).map(|()| String::new())] {
            assert!(written.is_err());
        }
        assert_eq!(compact(&[1, 2]).ok().as_deref(), Some("[1,2]"));
    }
}
