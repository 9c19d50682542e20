//! From a file to a [`Source`]: which format it has, and whether its own figures are within the limits.

use std::fs::File;
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::path::Path;

use super::csv::CsvReader;
use super::text::{Decoding, sniff};
use super::{Format, ReadOptions, Source, TableError, ipc, parquet, resolved, xlsx};

const PARQUET_MAGIC: &[u8] = b"PAR1";
const IPC_MAGIC: &[u8] = b"ARROW1";
const ZIP_MAGIC: &[u8] = b"PK\x03\x04";
const IPC_STREAM: &[u8] = &[0xff; 4];

/// Opens a table: Parquet, Arrow IPC and XLSX by their bytes, any other content is CSV unless its name says otherwise.
///
/// # Errors
/// A [`TableError`] for a file that can't be opened, is not of its format, or declares more than the limits, and for a sheet
/// that is not there.
///
/// ```
/// use kaifang::table::{ReadOptions, open};
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("people.csv");
/// std::fs::write(&path, "xm,lxdh\n张三,13900001111\n")?;
/// let mut source = open(&path, &ReadOptions::default())?;
/// assert_eq!(source.next_batch()?.map(|batch| batch.num_rows()), Some(1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn open(path: impl AsRef<Path>, options: &ReadOptions) -> Result<Source, TableError> {
    let path = path.as_ref();
    check_options(options)?;
    let io = |error: &std::io::Error| TableError::io("open", path, error);
    let mut file = File::open(path).map_err(|error| io(&error))?;
    if !file.metadata().map_err(|error| io(&error))?.is_file() {
        return Err(TableError::UnknownFormat { path: path.display().to_string() });
    }
    let format = tell_format(&mut file, path)?;
    if options.sheet.is_some() && format != Format::Xlsx {
        return Err(TableError::BadOption { option: "sheet", expected: "an XLSX workbook" });
    }
    let source = match format {
        Format::Parquet => parquet::open(file, options)?,
        Format::Ipc => ipc::open(file, path.display().to_string(), options)?,
        Format::Xlsx => xlsx::open(file, options)?,
        Format::Csv => open_csv(file, path, options)?,
    };
    check_parts(&source, options)?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let again = (resolved(path), options.clone());
    Ok(source.named(name).with_file(again.0.clone()).with_reopen(move || open(&again.0, &again.1)))
}

/// A table from the bytes of an Arrow IPC file or stream: the way in for those who hold no C data structures.
///
/// # Errors
/// As [`open`].
pub fn from_ipc_bytes(bytes: Vec<u8>, options: &ReadOptions) -> Result<Source, TableError> {
    check_options(options)?;
    let source = ipc::open(Cursor::new(bytes), String::new(), options)?;
    check_parts(&source, options).map(|()| source)
}

/// The parts of nested columns count as columns do: each is hashed and treated on its own.
fn check_parts(source: &Source, options: &ReadOptions) -> Result<(), TableError> {
    let (found, limit) = (source.schema().flattened_fields().len(), options.max_columns);
    if found > limit { Err(TableError::TooManyColumns { found, limit }) } else { Ok(()) }
}

fn tell_format(file: &mut File, path: &Path) -> Result<Format, TableError> {
    let mut head = Vec::new();
    let io = |error: &std::io::Error| TableError::io("read", path, error);
    file.by_ref().take(8).read_to_end(&mut head).map_err(|error| io(&error))?;
    file.seek(SeekFrom::Start(0)).map_err(|error| io(&error))?;
    if head.starts_with(PARQUET_MAGIC) {
        return Ok(Format::Parquet);
    }
    if head.starts_with(IPC_MAGIC) || head.starts_with(IPC_STREAM) {
        return Ok(Format::Ipc);
    }
    if head.starts_with(ZIP_MAGIC) && xlsx::is_workbook(file) {
        file.seek(SeekFrom::Start(0)).map_err(|error| io(&error))?;
        return Ok(Format::Xlsx);
    }
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_ascii_lowercase());
    match extension.as_deref() {
        Some("parquet" | "pq") => Err(TableError::Malformed { format: "Parquet", what: "its first bytes are missing" }),
        Some("arrow" | "arrows" | "ipc" | "feather") => {
            Err(TableError::Malformed { format: "Arrow IPC", what: "its first bytes are missing" })
        }
        // Compressed and office files are no CSV, whatever they are called.
        _ if [ZIP_MAGIC, b"\x1f\x8b", b"\xd0\xcf\x11\xe0", b"%PDF", b"\x28\xb5\x2f\xfd"]
            .iter()
            .any(|magic| head.starts_with(magic)) =>
        {
            Err(TableError::UnknownFormat { path: path.display().to_string() })
        }
        _ => Ok(Format::Csv),
    }
}

fn open_csv(mut file: File, path: &Path, options: &ReadOptions) -> Result<Source, TableError> {
    let (sniffed, skip) = sniff(&mut file).map_err(|error| TableError::io("read", path, &error))??;
    let encoding = options.encoding.unwrap_or(sniffed);
    let input = Decoding::new(file, encoding, skip);
    Source::from_reader(Box::new(CsvReader::new(input, path.display().to_string(), options)?))
}

fn check_options(options: &ReadOptions) -> Result<(), TableError> {
    let bad = |option, expected| Err(TableError::BadOption { option, expected });
    if options.batch_rows == 0 || options.batch_rows > 1 << 24 {
        return bad("batch_rows", "1 to 16777216");
    }
    // A text column of one batch is addressed by 32-bit offsets.
    if options.batch_bytes == 0 || options.batch_bytes.saturating_add(options.max_row_bytes) > 1 << 30 {
        return bad("batch_bytes + max_row_bytes", "1 to 1073741824");
    }
    if !options.separator.is_ascii() || matches!(options.separator, 0 | b'"' | b'\n' | b'\r') {
        return bad("separator", "an ASCII character other than a quotation mark or a line end");
    }
    Ok(())
}

#[cfg(test)]
mod tests;
