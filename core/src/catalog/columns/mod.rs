//! The columns of a catalog in a sheet: heading, what to fill in, and how a cell becomes a field and a field a cell.
//!
//! This file must never hold a check: a cell that can be read is taken, and the catalog's own check says the rest.

mod entry;

use std::fmt::Display;

pub(super) use entry::ENTRY;

use super::cells::{date, names, split, word};
use super::{Body, Catalog, Category, CoreMetadata, Entry, Level, Office};
use crate::terms::{Text, Word};

/// A column of a document of the type `T`.
pub(super) struct Column<T> {
    /// The field, also read as a heading.
    pub(super) id: &'static str,
    /// The heading.
    pub(super) zh: &'static str,
    /// The article or standard that asks for it.
    pub(super) cite: &'static str,
    /// What to fill in, in Chinese.
    pub(super) note: &'static str,
    /// The same in English.
    pub(super) note_en: &'static str,
    /// The words of a drop-down.
    pub(super) words: Option<fn() -> Vec<&'static str>>,
    /// Whether a cell may hold several of them.
    pub(super) several: bool,
    /// Whether the library fills it in; a template leaves it out.
    pub(super) computed: bool,
    /// The cell of a field; empty = none.
    pub(super) get: fn(&T) -> String,
    /// The field of a cell that is not empty; the error says what should stand there.
    pub(super) set: fn(&mut T, &str) -> Result<(), Text>,
}

impl<T> Column<T> {
    const fn new(
        (id, zh, cite): (&'static str, &'static str, &'static str),
        (note, note_en): (&'static str, &'static str),
        get: fn(&T) -> String,
        set: fn(&mut T, &str) -> Result<(), Text>,
    ) -> Self {
        Column { id, zh, cite, note, note_en, words: None, several: false, computed: false, get, set }
    }

    const fn words(mut self, words: fn() -> Vec<&'static str>) -> Self {
        self.words = Some(words);
        self
    }

    const fn several(mut self) -> Self {
        self.several = true;
        self
    }

    const fn computed(mut self) -> Self {
        self.computed = true;
        self
    }
}

/// What the catalog says of itself: filled in once, in the first row.
pub(super) const CATALOG: &[Column<Catalog>] = &[
    Column::<Catalog>::new(
        ("catalog.id", "目录标识", "A19.2"),
        ("仅首行填写;1 至 64 个 a-z、0-9、-、_ 字符", "in the first row only: 1 to 64 of a-z, 0-9, -, _"),
        |catalog| catalog.id.clone(),
        |catalog, cell| put(&mut catalog.id, cell),
    ),
    Column::<Catalog>::new(
        ("catalog.name", "目录名称", "A19.2"),
        ("仅首行填写", "in the first row only"),
        |catalog| text(catalog.name.as_ref()),
        |catalog, cell| some(&mut catalog.name, cell),
    ),
    Column::<Catalog>::new(
        ("catalog.authority.id", "主管部门代码", "A8"),
        ("仅首行填写;统一社会信用代码", "in the first row only: the unified social credit code"),
        |catalog| catalog.authority.as_ref().map(|body| body.id.clone()).unwrap_or_default(),
        |catalog, cell| put(&mut body(&mut catalog.authority).id, cell),
    ),
    Column::<Catalog>::new(
        ("catalog.authority.name", "主管部门", "A8"),
        ("仅首行填写", "in the first row only"),
        |catalog| catalog.authority.as_ref().map(|body| body.name.clone()).unwrap_or_default(),
        |catalog, cell| put(&mut body(&mut catalog.authority).name, cell),
    ),
    Column::<Catalog>::new(
        ("catalog.level", "目录级别", "A8"),
        ("仅首行填写;从下拉列表选择", "in the first row only, from the list"),
        |catalog| catalog.level.zh().to_owned(),
        |catalog, cell| put_word(&mut catalog.level, cell),
    )
    .words(names::<Level>),
    Column::<Catalog>::new(
        ("catalog.district", "目录所属区县代码", "A8"),
        ("仅首行填写;区县级目录填写六位行政区划代码", "in the first row only: the six digits of a district's catalog"),
        |catalog| text(catalog.district.as_ref()),
        |catalog, cell| some(&mut catalog.district, cell),
    ),
    Column::<Catalog>::new(
        ("catalog.compiled", "编制日期", "A19.2"),
        ("仅首行填写;如 2026-11-23", "in the first row only, such as 2026-11-23"),
        |catalog| shown(catalog.compiled),
        |catalog, cell| some_of(&mut catalog.compiled, date(cell)),
    ),
];

fn put(field: &mut String, cell: &str) -> Result<(), Text> {
    cell.clone_into(field);
    Ok(())
}

fn some(field: &mut Option<String>, cell: &str) -> Result<(), Text> {
    some_of(field, Ok(cell.to_owned()))
}

fn some_of<T>(field: &mut Option<T>, read: Result<T, Text>) -> Result<(), Text> {
    *field = Some(read?);
    Ok(())
}

fn put_word<W: Word>(field: &mut W, cell: &str) -> Result<(), Text> {
    *field = word(cell)?;
    Ok(())
}

fn put_list<T>(field: &mut Vec<T>, cell: &str, read: fn(String) -> Result<T, Text>) -> Result<(), Text> {
    *field = split(cell, '|').into_iter().map(read).collect::<Result<_, _>>()?;
    Ok(())
}

fn text(value: Option<&String>) -> String {
    value.cloned().unwrap_or_default()
}

fn shown(value: Option<impl Display>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

fn named(value: Option<impl Word>) -> String {
    value.map(|word| word.zh().to_owned()).unwrap_or_default()
}

fn body(body: &mut Option<Body>) -> &mut Body {
    body.get_or_insert_with(|| Body { id: String::new(), name: String::new() })
}

fn office(office: &mut Option<Office>) -> &mut Office {
    office.get_or_insert_with(|| Office { role: String::new(), contact: String::new() })
}

fn metadata(entry: &mut Entry) -> &mut CoreMetadata {
    entry.metadata.get_or_insert_default()
}

fn category(entry: &mut Entry) -> &mut Category {
    metadata(entry).category.get_or_insert_default()
}

fn of_metadata(entry: &Entry, cell: fn(&CoreMetadata) -> String) -> String {
    entry.metadata.as_ref().map(cell).unwrap_or_default()
}

fn of_category(entry: &Entry, field: fn(&Category) -> &Option<String>) -> String {
    let category = entry.metadata.as_ref().and_then(|metadata| metadata.category.as_ref());
    category.and_then(|category| field(category).clone()).unwrap_or_default()
}
