//! What the archive of a workbook unpacks to, measured before it is read: its reader reserves what a part declares, keeps the
//! shared texts in memory, and gives each cell format a copy of the longest of its texts.
//!
//! This file must never believe a size that the archive declares.

use std::io::{BufReader, Read, Seek, sink};

use super::TableError;

/// What a workbook may unpack to, in bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unpacked {
    /// All parts together; also what copies of styles may come to.
    pub(crate) all: u64,
    /// The texts that stand apart from their cells.
    pub(crate) shared: u64,
}

/// The fewest bytes of XML that one shared text takes: `<si/>`.
const SHORTEST_TEXT: u64 = 5;

/// How far into the shared texts their count is looked for: it stands in the first element.
const HEAD: usize = 1 << 16;

/// Unpacks every part and counts, because a part may unpack to more than it declares.
///
/// # Errors
/// [`TableError::DeclaredTooLarge`]; [`TableError::Malformed`] for what is no whole archive, or hides how many texts it has.
pub(crate) fn check_unpacked(archive: impl Read + Seek, limits: &Unpacked) -> Result<(), TableError> {
    let broken = |_| malformed("it is no whole archive");
    let mut archive = zip::ZipArchive::new(BufReader::new(archive)).map_err(broken)?;
    let mut left = limits.all;
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(broken)?;
        let name = part.name().map_err(broken)?.to_ascii_lowercase();
        let mut part = Counted { part: part.take(left.saturating_add(1)), bytes: 0 };
        // By the end of the name alone: readers take any folder and either case.
        if name.ends_with("sharedstrings.xml") {
            shared(&mut part, limits.shared)?;
        } else if name.ends_with("styles.xml") {
            styles(&mut part, limits.all)?;
        } else {
            std::io::copy(&mut part, &mut sink()).map_err(damaged)?;
        }
        left = left.checked_sub(part.bytes).ok_or_else(|| too_large("the unpacked parts", limits.all))?;
    }
    Ok(())
}

/// The shared texts: their bytes, and the count that they declare, for which their reader takes memory.
fn shared(part: &mut Counted<impl Read>, limit: u64) -> Result<(), TableError> {
    let mut head = Vec::new();
    part.by_ref().take(HEAD as u64).read_to_end(&mut head).map_err(damaged)?;
    std::io::copy(&mut part.by_ref().take(limit.saturating_add(1)), &mut sink()).map_err(damaged)?;
    if part.bytes > limit {
        return Err(too_large("the shared texts", limit));
    }
    let declared = declared_texts(&head).ok_or_else(|| malformed("its shared texts do not begin as such"))?;
    if declared > part.bytes / SHORTEST_TEXT {
        return Err(TableError::DeclaredTooLarge {
            what: "the shared texts",
            declared,
            limit: part.bytes / SHORTEST_TEXT,
        });
    }
    Ok(())
}

/// Each cell format is given the texts of its font and its number format: as many copies of the longest of them as there are
/// elements, at most.
fn styles(part: &mut Counted<impl Read>, limit: u64) -> Result<(), TableError> {
    let (mut elements, mut longest, mut run) = (0_u64, 0_u64, 0_u64);
    let mut buffer = [0; 8192];
    loop {
        let read = part.read(&mut buffer).map_err(damaged)?;
        if read == 0 {
            break;
        }
        for byte in buffer.iter().take(read) {
            run += 1;
            if *byte == b'<' {
                (elements, run) = (elements + 1, 0);
            }
            longest = longest.max(run);
        }
    }
    let copies = elements.saturating_mul(longest);
    if copies > limit {
        return Err(TableError::DeclaredTooLarge { what: "copies of its styles", declared: copies, limit });
    }
    Ok(())
}

/// The attribute `uniqueCount` of the root element, 0 where there is none; `None` where the root is another, or the count is
/// no number.
fn declared_texts(head: &[u8]) -> Option<u64> {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let mut rest = String::from_utf8_lossy(text).into_owned();
    loop {
        rest = rest.trim_start().to_owned();
        let end = match rest.get(..4) {
            Some("<!--") => "-->",
            Some(start) if start.starts_with("<?") => "?>",
            _ => break,
        };
        rest = rest.split_once(end)?.1.to_owned();
    }
    let root = rest.strip_prefix('<')?;
    let name = root.get(..root.find(|c: char| c.is_ascii_whitespace() || matches!(c, '>' | '/'))?)?;
    if name.rsplit(':').next() != Some("sst") {
        return None;
    }
    let mut attributes = root.get(name.len()..)?.trim_start();
    // Another attribute may have any text in its quotation marks.
    while !attributes.starts_with(['>', '/']) {
        let (key, value) = attributes.split_once('=')?;
        let value = value.trim_start();
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let (value, behind) = value.get(1..)?.split_once(quote)?;
        if key.trim() == "uniqueCount" {
            return value.bytes().all(|byte| byte.is_ascii_digit()).then(|| value.parse().unwrap_or(u64::MAX));
        }
        attributes = behind.trim_start();
    }
    Some(0)
}

fn too_large(what: &'static str, limit: u64) -> TableError {
    TableError::DeclaredTooLarge { what, declared: limit.saturating_add(1), limit }
}

fn malformed(what: &'static str) -> TableError {
    TableError::Malformed { format: "XLSX", what }
}

fn damaged(_: std::io::Error) -> TableError {
    malformed("a part of it is damaged")
}

/// Counts what is read of a part.
struct Counted<R> {
    part: R,
    bytes: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.part.read(buffer)?;
        self.bytes = self.bytes.saturating_add(read as u64);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write as _};

    use zip::write::SimpleFileOptions;

    use super::*;

    fn archive(parts: &[(&str, &str)]) -> Cursor<Vec<u8>> {
        let mut to = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, text) in parts {
            to.start_file(*name, SimpleFileOptions::default()).unwrap();
            to.write_all(text.as_bytes()).unwrap();
        }
        to.finish().unwrap()
    }

    fn check(parts: &[(&str, &str)], all: u64, shared: u64) -> Result<(), TableError> {
        check_unpacked(archive(parts), &Unpacked { all, shared })
    }

    fn declared(what: &'static str, declared: u64, limit: u64) -> Result<(), TableError> {
        Err(TableError::DeclaredTooLarge { what, declared, limit })
    }

    #[test]
    fn all_parts_together_have_one_limit() {
        let parts = [("a.xml", "0123456789"), ("b.xml", "01234")];
        assert_eq!(check(&parts, 15, 0), Ok(()));
        assert_eq!(check(&parts, 14, 0), declared("the unpacked parts", 15, 14));
        let mut cut = archive(&parts).into_inner();
        cut.truncate(20);
        let broken = TableError::Malformed { format: "XLSX", what: "it is no whole archive" };
        assert_eq!(check_unpacked(Cursor::new(cut), &Unpacked { all: 15, shared: 15 }), Err(broken));
    }

    #[test]
    fn shared_texts_have_a_limit_of_their_own() {
        let texts = "<sst uniqueCount=\"2\"><si><t>a</t></si><si><t>b</t></si></sst>";
        for name in ["xl/sharedStrings.xml", "XL\\SHAREDSTRINGS.XML"] {
            let bytes = texts.len() as u64;
            assert_eq!(check(&[(name, texts)], 1000, bytes), Ok(()));
            assert_eq!(check(&[(name, texts)], 1000, bytes - 1), declared("the shared texts", bytes, bytes - 1));
        }
        let long = format!("<sst>{}</sst>", "<si><t>a</t></si>".repeat(10_000));
        assert_eq!(check(&[("sharedStrings.xml", &long)], 1 << 20, 1 << 20), Ok(()), "longer than the head");
    }

    #[test]
    fn a_count_of_texts_that_the_part_has_no_room_for_is_refused() {
        let of = |text: &str| check(&[("xl/sharedStrings.xml", text)], 1000, 1000);
        let wanted =
            "<?xml version=\"1.0\"?><!-- sst uniqueCount=\"9\" > -->\n<x:sst a='>\"' uniqueCount = '5' count=\"9\">";
        let five = format!("{wanted}</x:sst>");
        assert_eq!(of(&five), Ok(()));
        let many = five.replace("'5'", "'500'");
        assert_eq!(of(&many), declared("the shared texts", 500, (many.len() as u64) / 5));
        let most = five.replace("'5'", "'99999999999999999999999'");
        assert_eq!(of(&most), declared("the shared texts", u64::MAX, (most.len() as u64) / 5));
        let hidden = TableError::Malformed { format: "XLSX", what: "its shared texts do not begin as such" };
        let other = [
            "",
            "<other/>",
            "<!DOCTYPE a><sst>",
            "<sst uniqueCount=\"-1\">",
            "<sst uniqueCount=5>",
            "<sst",
            "\u{feff}s",
        ];
        for text in other {
            assert_eq!(of(text), Err(hidden.clone()), "{text}");
        }
        assert_eq!(of("\u{feff}<sst/>"), Ok(()));
    }

    #[test]
    fn styles_are_not_multiplied_beyond_the_limit() {
        let format = "x".repeat(1_000);
        let styles = format!("<styleSheet><numFmt formatCode=\"{format}\"/>{}</styleSheet>", "<xf/>".repeat(97));
        // A hundred elements, of which the longest has the format in it.
        let longest = (format.len() + "numFmt formatCode=\"\"/>".len()) as u64;
        assert_eq!(check(&[("xl/styles.xml", &styles)], 100 * longest, 0), Ok(()));
        assert_eq!(
            check(&[("xl/styles.xml", &styles)], 100 * longest - 1, 0),
            declared("copies of its styles", 100 * longest, 100 * longest - 1)
        );
    }
}
