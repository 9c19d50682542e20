//! Arrow batches in and out: CSV in UTF-8 and GB18030, Parquet, Arrow IPC, XLSX; in bounded memory.
//!
//! | in | out | besides |
//! |---|---|---|
//! | [`open`], [`from_ipc_bytes`], [`Source`] | [`Sink`] | [`Progress`]: how far, and stop; [`is_sound`]: a stranger's arrays |
//!
//! This room moves cells and knows nothing of what they mean. It must never guess a type from text, replace a byte that
//! it can't decode, leave a half-written file under its final name, or put a cell into a message.

mod archive;
mod csv;
mod csv_out;
mod error;
mod guard;
mod ipc;
mod open;
mod pages;
mod parquet;
mod progress;
mod sink;
mod sound;
mod source;
mod splice;
mod text;
mod type_name;
mod xlsx;
mod xlsx_out;

pub(crate) use archive::{Unpacked, check_unpacked};
pub(crate) use csv_out::to_csv_bytes;
pub use error::TableError;
pub use open::{from_ipc_bytes, open};
pub use progress::{Progress, ProgressUpdate, report, report_written, silent};
pub use sink::Sink;
pub use sound::is_sound;
pub use source::Source;
pub(crate) use source::{check_columns, check_names};
pub(crate) use splice::Splice;
pub(crate) use type_name::type_name;

use std::path::{Path, PathBuf};

use crate::terms::words;

words! {
    /// How a table is stored.
    pub enum Format {
        /// Text, a row a line.
        Csv = "csv", "CSV", "CSV";
        /// Apache Parquet.
        Parquet = "parquet", "Parquet", "Parquet";
        /// Arrow IPC: the file format, or the stream format.
        Ipc = "ipc", "Arrow IPC", "Arrow IPC";
        /// An Excel workbook; its first sheet is the table, or the one that is named.
        Xlsx = "xlsx", "Excel", "Excel";
    }

    /// How text is stored.
    pub enum Encoding {
        /// UTF-8, with or without a byte order mark.
        Utf8 = "utf-8", "UTF-8", "UTF-8";
        /// GB18030, which holds GBK and GB2312.
        Gb18030 = "gb18030", "GB18030", "GB18030";
    }
}

/// What a table may be at most, and how it is cut into batches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadOptions {
    /// Rows of one batch, at most.
    pub batch_rows: usize,
    /// Bytes of cells after which a batch is cut before it has that many rows.
    pub batch_bytes: usize,
    /// Columns, at most.
    pub max_columns: usize,
    /// Rows in all, at most.
    pub max_rows: u64,
    /// Bytes of one CSV row, at most.
    pub max_row_bytes: usize,
    /// Bytes that one column of one Parquet row group, or one IPC message, may declare, and an XLSX unpack to.
    pub max_chunk_bytes: u64,
    /// Bytes that those texts of an XLSX may unpack to that stand apart from their cells (shared strings): they are in
    /// memory while it is read, with some 24 bytes more for each.
    pub max_shared_bytes: u64,
    /// The name of the sheet of an XLSX that is the table; `None` = the first. No other format has sheets.
    pub sheet: Option<String>,
    /// The encoding of a CSV; `None` = told by the bytes.
    pub encoding: Option<Encoding>,
    /// The separator of a CSV, an ASCII character.
    pub separator: u8,
}

impl Default for ReadOptions {
    fn default() -> Self {
        ReadOptions {
            batch_rows: 16_384,
            batch_bytes: 64 << 20,
            max_columns: 16_384,
            max_rows: u64::MAX,
            max_row_bytes: 16 << 20,
            max_chunk_bytes: 1 << 30,
            max_shared_bytes: 256 << 20,
            sheet: None,
            encoding: None,
            separator: b',',
        }
    }
}

/// How a table is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriteOptions {
    /// The encoding of a CSV.
    pub encoding: Encoding,
    /// A byte order mark before a CSV in UTF-8: without it, spreadsheets take UTF-8 for the local encoding.
    pub bom: bool,
    /// Text cells of a CSV that a spreadsheet would take for a formula get an apostrophe in front, which [`open`] takes
    /// off again.
    pub guard_formulas: bool,
}

impl Default for WriteOptions {
    fn default() -> Self {
        WriteOptions { encoding: Encoding::Utf8, bom: false, guard_formulas: true }
    }
}

/// A path as other paths to the same file resolve too: absolute, and without links where the file is there. A hard link
/// is another file here, because a rename onto it leaves the first name as it is.
fn resolved(path: &Path) -> PathBuf {
    let canonical = std::fs::canonicalize(path).or_else(|_| std::path::absolute(path));
    canonical.unwrap_or_else(|_| path.to_owned())
}

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WrittenStats {
    /// Rows.
    pub rows: u64,
    /// Bytes of the file.
    pub bytes: u64,
    /// CSV cells that got an apostrophe in front, so that no spreadsheet runs them.
    pub guarded_cells: u64,
}
