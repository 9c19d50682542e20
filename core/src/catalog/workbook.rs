//! A catalog as an XLSX workbook: the template that officials fill in, a filled one read back, a catalog written.
//!
//! Every cell is written as text, so none becomes a formula, and a code of 18 digits keeps its last three. What a
//! workbook unpacks to is measured before it comes here. This file must never take a number for a code that it once was:
//! a spreadsheet has lost its last digits.

use std::collections::BTreeMap;
use std::io::Cursor;

use calamine::{DataRef, Reader, Xlsx};
use rust_xlsxwriter::{
    Color, DataValidation, DocProperties, ExcelDateTime, Format, FormatAlign, Note, Workbook, Worksheet, XlsxError,
};

use super::columns::{CATALOG, Column, ENTRY};
use super::rows::{Cell, Filled, Reading, headings, written};
use super::{Catalog, CatalogError};
use crate::terms::Text;

/// The sheet that holds the catalog.
const SHEET: &str = "开放目录";
/// Rows of a template that have drop-downs.
const ROWS_TO_FILL: u32 = 5000;
/// What a workbook may unpack to, and the text of its cells may come to.
pub(super) const MOST_BYTES: u64 = 64 << 20;
const MOST_ROWS: u32 = 100_000;
const MOST_COLUMNS: u32 = 256;
/// From here on a spreadsheet no longer holds every integer.
const LOSES_DIGITS: f64 = 1e15;

/// The empty workbook with headings, drop-downs and notes.
pub(super) fn template() -> Result<Vec<u8>, CatalogError> {
    let mut workbook = workbook().map_err(unwritable)?;
    let sheet = workbook.add_worksheet();
    head(sheet, &headings(false)).map_err(unwritable)?;
    let columns = (0_u16..).zip(CATALOG.iter().map(Guide::of)).chain((first_entry()..).zip(fillable().map(Guide::of)));
    let guides: Vec<(u16, Guide)> = columns.collect();
    for (column, guide) in &guides {
        guide.put(sheet, *column).map_err(unwritable)?;
    }
    let sheet = workbook.add_worksheet();
    explain(sheet, &guides).map_err(unwritable)?;
    workbook.save_to_buffer().map_err(unwritable)
}

/// A catalog, one entry a row.
pub(super) fn write(catalog: &Catalog) -> Result<Vec<u8>, CatalogError> {
    let (headings, rows) = written(catalog);
    let mut workbook = workbook().map_err(unwritable)?;
    let sheet = workbook.add_worksheet();
    head(sheet, &headings).map_err(unwritable)?;
    for (row, cells) in (1_u32..).zip(rows) {
        for (column, cell) in (0_u16..).zip(cells).filter(|(_, cell)| !cell.is_empty()) {
            sheet.write_string(row, column, cell).map_err(unwritable)?;
        }
    }
    workbook.save_to_buffer().map_err(unwritable)
}

/// Reads a workbook that was found to unpack to no more than [`MOST_BYTES`]: the sheet called 开放目录, or the first one.
pub(super) fn read(bytes: Vec<u8>) -> Result<Filled, CatalogError> {
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|_| unreadable())?;
    let names = workbook.sheet_names();
    let name = names.iter().find(|name| *name == SHEET).or(names.first()).cloned().ok_or_else(unreadable)?;
    let mut cells = workbook.worksheet_cells_reader(&name).map_err(|_| unreadable())?;
    let mut rows: BTreeMap<u32, Vec<(u32, Cell)>> = BTreeMap::new();
    let mut bytes = 0;
    while let Some(cell) = cells.next_cell().map_err(|_| unreadable())? {
        let Some(text) = shown(cell.get_value()) else { continue };
        let (row, column) = cell.get_position();
        if row > MOST_ROWS || column >= MOST_COLUMNS {
            return Err(CatalogError::TooLarge {
                limit: u64::from(if row > MOST_ROWS { MOST_ROWS } else { MOST_COLUMNS }),
            });
        }
        bytes += text.as_ref().map_or(0, String::len) as u64;
        if bytes > MOST_BYTES {
            return Err(CatalogError::TooLarge { limit: MOST_BYTES });
        }
        rows.entry(row).or_default().push((column, text));
    }
    let mut reading = Reading::new(&dense(rows.remove(&0).unwrap_or_default()));
    for (row, cells) in rows {
        reading.row(u64::from(row) + 1, &dense(cells));
    }
    Ok(reading.done())
}

/// Cells by their column.
fn dense(cells: Vec<(u32, Cell)>) -> Vec<Cell> {
    let mut row = Vec::new();
    for (column, cell) in cells {
        let column = column as usize;
        if row.len() <= column {
            row.resize_with(column + 1, || Ok(String::new()));
        }
        if let Some(place) = row.get_mut(column) {
            *place = cell;
        }
    }
    row
}

/// The text of a cell; none for an empty one.
fn shown(value: &DataRef<'_>) -> Option<Cell> {
    Some(match value {
        DataRef::Empty => return None,
        DataRef::String(text) | DataRef::DateTimeIso(text) => Ok(text.clone()),
        DataRef::SharedString(text) => Ok((*text).to_owned()),
        DataRef::Int(number) => Ok(number.to_string()),
        DataRef::Float(number) if number.abs() < LOSES_DIGITS => Ok(number.to_string()),
        DataRef::DateTime(moment) => {
            let (year, month, day, ..) = moment.to_ymd_hms_milli();
            Ok(format!("{year:04}-{month:02}-{day:02}"))
        }
        DataRef::Float(_) => Err(Text::new(
            "长数字已被表格软件改动,请将单元格设为文本格式后重新填写",
            "a spreadsheet has changed this long number; make the cell a text cell and fill it in again",
        )),
        _ => Err(Text::new("应为文本", "text")),
    })
}

pub(super) fn unreadable() -> CatalogError {
    CatalogError::Sheet { what: Text::new("不是完整的 XLSX 工作簿", "it is no whole XLSX workbook") }
}

fn unwritable(error: XlsxError) -> CatalogError {
    let what = match error {
        XlsxError::MaxStringLengthExceeded => {
            Text::new("有单元格超过 32767 个字符,请改用 JSON", "a cell is longer than 32767 characters; use JSON")
        }
        XlsxError::RowColumnLimitError => {
            Text::new("条目超过工作表行数,请改用 JSON", "a sheet has no room for so many entries; use JSON")
        }
        other => Text::foreign(other.to_string()),
    };
    CatalogError::Sheet { what }
}

/// A workbook that says nothing of when or by whom it was made: the same catalog gives the same bytes.
fn workbook() -> Result<Workbook, XlsxError> {
    let mut workbook = Workbook::new();
    let epoch = ExcelDateTime::from_ymd(2000, 1, 1)?;
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&epoch));
    Ok(workbook)
}

fn head(sheet: &mut Worksheet, headings: &[&str]) -> Result<(), XlsxError> {
    let bold = Format::new()
        .set_bold()
        .set_text_wrap()
        .set_align(FormatAlign::Top)
        .set_background_color(Color::RGB(0xDD_E7F3));
    let text = Format::new().set_num_format("@");
    sheet.set_name(SHEET)?.set_freeze_panes(1, 0)?;
    for (column, heading) in (0_u16..).zip(headings) {
        sheet.set_column_width(column, 18)?.set_column_format(column, &text)?;
        sheet.write_string_with_format(0, column, *heading, &bold)?;
    }
    Ok(())
}

fn first_entry() -> u16 {
    u16::try_from(CATALOG.len()).unwrap_or(u16::MAX)
}

fn fillable() -> impl Iterator<Item = &'static Column<super::Entry>> {
    ENTRY.iter().filter(|column| !column.computed)
}

/// What a template says about a column.
struct Guide {
    zh: &'static str,
    cite: &'static str,
    note: &'static str,
    note_en: &'static str,
    words: Vec<&'static str>,
    several: bool,
    rows: u32,
}

impl Guide {
    fn of<T>(column: &Column<T>) -> Self {
        Guide {
            zh: column.zh,
            cite: column.cite,
            note: column.note,
            note_en: column.note_en,
            words: column.words.map(|words| words()).unwrap_or_default(),
            several: column.several,
            rows: if column.id.starts_with("catalog.") { 1 } else { ROWS_TO_FILL },
        }
    }

    /// The note at the heading, and the drop-down below it.
    fn put(&self, sheet: &mut Worksheet, column: u16) -> Result<(), XlsxError> {
        let text = format!("{}({})\n{}", self.note, self.cite, self.note_en);
        sheet.insert_note(0, column, &Note::new(text).add_author_prefix(false))?;
        if !self.words.is_empty() {
            // A list of several is typed, and the drop-down helps with its first.
            let list = DataValidation::new()
                .allow_list_strings(&self.words)?
                .show_error_message(!self.several)
                .set_error_title("请从下拉列表选择")?
                .set_error_message("Choose from the list.")?;
            sheet.add_data_validation(1, column, self.rows, column, &list)?;
        }
        Ok(())
    }
}

/// The second sheet: every column with its article, its note and its words.
fn explain(sheet: &mut Worksheet, guides: &[(u16, Guide)]) -> Result<(), XlsxError> {
    let bold = Format::new().set_bold();
    sheet.set_name("填写说明")?.set_freeze_panes(1, 0)?;
    for (column, (heading, width)) in
        (0_u16..).zip([("栏目", 24), ("依据", 16), ("填写说明", 60), ("How to fill it in", 60), ("可选值", 60)])
    {
        sheet.set_column_width(column, width)?.write_string_with_format(0, column, heading, &bold)?;
    }
    for (row, (_, guide)) in (1_u32..).zip(guides) {
        let words = guide.words.join("、");
        for (column, text) in (0_u16..).zip([guide.zh, guide.cite, guide.note, guide.note_en, &words]) {
            sheet.write_string(row, column, text)?;
        }
    }
    Ok(())
}
