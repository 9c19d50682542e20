//! Rows of cells into a catalog, and a catalog into rows of cells; every cell that can't be read is named at once, by its
//! row and the heading of its column. This file must never show what stands in such a cell.

use serde::{Deserialize, Serialize};

use super::columns::{CATALOG, Column, ENTRY};
use super::{Catalog, CatalogError, Entry, Level, looks_personal};
use crate::error::Explain;
use crate::terms::{Text, V1};

/// A catalog as it stood in a sheet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Filled {
    /// The document's version.
    pub v: V1,
    /// The catalog, with the entries of every row that could be read.
    pub catalog: Catalog,
    /// The cells that could not.
    pub problems: Vec<CellProblem>,
}

/// A cell that can't be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CellProblem {
    /// The row as a spreadsheet counts it, from 1; the headings are in row 1.
    pub row: u64,
    /// The column's heading, or its number where it has none that can be shown.
    pub column: String,
    /// What should stand there, in Chinese.
    pub zh: String,
    /// The same in English.
    pub en: String,
}

impl From<Catalog> for Filled {
    fn from(catalog: Catalog) -> Self {
        Filled { v: V1, catalog, problems: Vec::new() }
    }
}

impl Filled {
    /// The catalog, if every cell could be read.
    ///
    /// # Errors
    /// [`CatalogError::Cells`] with the first of those that could not, and how many there are.
    pub fn whole(self) -> Result<Catalog, CatalogError> {
        let Some(first) = self.problems.first() else { return Ok(self.catalog) };
        let what = Text::new(&first.zh, &first.en);
        Err(CatalogError::Cells { count: self.problems.len(), row: first.row, column: first.column.clone(), what })
    }
}

/// What stands in a cell; the error says why it can't be read as text.
pub(super) type Cell = Result<String, Text>;

/// The headings and the cells of a catalog; the catalog's own cells stand in the first row.
pub(super) fn written(catalog: &Catalog) -> (Vec<&'static str>, Vec<Vec<String>>) {
    let head =
        |filled: bool| CATALOG.iter().map(move |column| if filled { (column.get)(catalog) } else { String::new() });
    let entry = |entry: &Entry| ENTRY.iter().map(|column| (column.get)(entry)).collect::<Vec<_>>();
    let mut rows: Vec<Vec<String>> = Vec::new();
    for one in &catalog.entries {
        rows.push(head(rows.is_empty()).chain(entry(one)).collect());
    }
    if rows.is_empty() {
        rows.push(head(true).chain(ENTRY.iter().map(|_| String::new())).collect());
    }
    (headings(true), rows)
}

/// The headings, with or without those that only the library fills in.
pub(super) fn headings(computed: bool) -> Vec<&'static str> {
    let entry = ENTRY.iter().filter(|column| computed || !column.computed).map(|column| column.zh);
    CATALOG.iter().map(|column| column.zh).chain(entry).collect()
}

/// Reads rows of cells, one after the other.
pub(super) struct Reading {
    /// For each column of the sheet, which of ours it is.
    columns: Vec<Option<Known>>,
    catalog: Catalog,
    problems: Vec<CellProblem>,
    named: bool,
    leveled: bool,
}

#[derive(Clone, Copy)]
enum Known {
    Catalog(&'static Column<Catalog>),
    Entry(&'static Column<Entry>),
}

impl Known {
    fn zh(self) -> &'static str {
        match self {
            Known::Catalog(column) => column.zh,
            Known::Entry(column) => column.zh,
        }
    }
}

fn find<T>(columns: &'static [Column<T>], heading: &str) -> Option<&'static Column<T>> {
    columns.iter().find(|column| column.zh == heading || column.id == heading)
}

impl Reading {
    /// Begins with the row of headings.
    pub(super) fn new(headings: &[Cell]) -> Self {
        let mut reading = Reading {
            columns: Vec::new(),
            catalog: Catalog::new("", Level::Municipal),
            problems: Vec::new(),
            named: false,
            leveled: false,
        };
        for (index, heading) in headings.iter().enumerate() {
            let text = heading.as_deref().map(str::trim).unwrap_or_default();
            let known = find(CATALOG, text).map(Known::Catalog).or_else(|| find(ENTRY, text).map(Known::Entry));
            let twice = known.is_some_and(|known| reading.position(known.zh()).is_some());
            if twice {
                reading.problem(1, index, text, "标题重复", "the heading stands there twice");
            } else if known.is_none() && (heading.is_err() || !text.is_empty()) {
                reading.problem(1, index, text, "没有此标题的栏目", "no column has this heading");
            }
            reading.columns.push(known.filter(|_| !twice));
        }
        if reading.position("数据集标识").is_none() {
            reading.problem(1, 0, "数据集标识", "缺少此栏目", "the column is missing");
        }
        reading
    }

    fn position(&self, zh: &str) -> Option<usize> {
        self.columns.iter().position(|known| known.is_some_and(|known| known.zh() == zh))
    }

    fn problem(&mut self, row: u64, index: usize, heading: &str, zh: &str, en: &str) {
        let shown = !heading.is_empty() && heading.chars().count() <= 64 && !looks_personal(heading);
        let column = if shown { heading.to_owned() } else { (index + 1).to_string() };
        self.problems.push(CellProblem { row, column, zh: zh.to_owned(), en: en.to_owned() });
    }

    /// Reads the next row. One without any cell of an entry's is none.
    pub(super) fn row(&mut self, row: u64, cells: &[Cell]) {
        let mut entry = Entry::new("");
        let (mut filled, before) = (false, self.problems.len());
        for (index, cell) in cells.iter().enumerate() {
            let empty = cell.as_ref().is_ok_and(|text| text.trim().is_empty());
            if empty {
                continue;
            }
            let Some(known) = self.columns.get(index).copied().flatten() else {
                if index >= self.columns.len() {
                    self.problem(row, index, "", "此栏没有标题", "the column has no heading");
                }
                continue;
            };
            filled |= matches!(known, Known::Entry(_));
            let read = match (cell, known) {
                (Err(unreadable), _) => Err(unreadable.clone()),
                (Ok(text), Known::Entry(column)) => (column.set)(&mut entry, text.trim()),
                (Ok(text), Known::Catalog(column)) => self.of_catalog(column, text.trim()),
            };
            if let Err(expected) = read {
                self.problem(row, index, known.zh(), &expected.zh, &expected.en);
            }
        }
        if !filled || self.problems.len() > before {
            return;
        }
        match entry.well_formed() {
            Ok(()) => self.catalog.entries.push(entry),
            Err(error) => {
                let place = error.place().unwrap_or_default();
                let of_place = ENTRY.iter().find(|column| column.id.starts_with(&place)).map_or("", |column| column.zh);
                self.problem(row, 0, of_place, &error.zh(), &error.to_string());
            }
        }
    }

    /// A cell of the catalog's own: filled in once, or the same wherever it is.
    fn of_catalog(&mut self, column: &'static Column<Catalog>, cell: &str) -> Result<(), Text> {
        let given = match column.id {
            "catalog.id" => std::mem::replace(&mut self.named, true),
            "catalog.level" => std::mem::replace(&mut self.leveled, true),
            _ => !(column.get)(&self.catalog).is_empty(),
        };
        let before = (column.get)(&self.catalog);
        (column.set)(&mut self.catalog, cell)?;
        if given && (column.get)(&self.catalog) != before {
            return Err(Text::new("与前面各行所填不一致", "it is not what the rows above say"));
        }
        Ok(())
    }

    /// The catalog, once all rows are read.
    pub(super) fn done(mut self) -> Filled {
        for (given, heading) in [(self.named, "目录标识"), (self.leveled, "目录级别")] {
            if !given {
                self.problem(2, 0, heading, "首行应填写", "it is to be filled in, in the first row");
            }
        }
        if self.named && super::entry::well_formed_id(&self.catalog.id).is_err() {
            let error = CatalogError::CatalogId;
            self.problem(2, 0, "目录标识", &error.zh(), &error.to_string());
        }
        Filled { v: V1, catalog: self.catalog, problems: self.problems }
    }
}
