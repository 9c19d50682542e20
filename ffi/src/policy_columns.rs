//! Columns of facts to columns of answers, by a `kf_policy`; and what two of them make of one catalog.

use std::ffi::{c_char, c_void};

use jiff::civil::Date;
use kaifang_core::policy::Section;
use kaifang_core::table::Sink;

use crate::arrow::{ArrowArrayStream, export};
use crate::error::{Failure, kf_error};
use crate::guard::guard;
use crate::handle;
use crate::input::{self, Out};
use crate::policy::{self, PolicyObject, kf_policy};
use crate::progress::{self, kf_progress};
use crate::status::kf_status;
use crate::table::{TableObject, kf_table};
use crate::text::{self, kf_text};

/// What is asked of every row.
struct Question<'a> {
    section: Section,
    at: Date,
    /// The columns of answers; none is all of them.
    columns: Option<Vec<&'a str>>,
}

impl<'a> Question<'a> {
    /// # Safety
    /// Each pair is as [`input::text`]; `columns` may be NULL.
    unsafe fn read(
        (section, section_len): (*const c_char, usize),
        (at, at_len): (*const c_char, usize),
        (columns, columns_len): (*const c_char, usize),
    ) -> Result<Self, Failure> {
        // SAFETY: as promised by the caller.
        unsafe {
            Ok(Question {
                section: policy::section(section, section_len)?,
                at: input::date("at", at, at_len)?,
                columns: input::optional("columns", columns, columns_len)?.map(|names| names.split('|').collect()),
            })
        }
    }
}

/// Answers a table of facts, stream to stream: batches are answered as `answers` is read, row for row. Consumes `table`.
///
/// `table` has one column for each fact of the section (`classification` or `access`), by the fact's id; a fact without
/// a column, and a null, is unknown. A column that is no fact is refused here; a value outside a fact's domain is an
/// error of the stream. `columns` names the columns of answers, joined by `|`, in the order in which they are given;
/// NULL is all of them:
///
/// - `classification`: `status`, `permitted`, `default`, `recommended`, `possible`, `requires`, `grounds`, `open`,
///   `notices`
/// - `access`: `permit`, `denials`, `open`, `duties`, `notices`
///
/// `permit` is a boolean, each other column a dictionary of text, in which ids are joined by `|` and an empty list is
/// null. A classification has one column more, when it is asked for by name: `class`, which is `default` as an unsigned
/// byte, 0 unconditional, 1 conditional, 2 withheld.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_policy_eval(
    policy: *const kf_policy,
    section: *const c_char,
    section_len: usize,
    at: *const c_char,
    at_len: usize,
    columns: *const c_char,
    columns_len: usize,
    table: *mut kf_table,
    answers: *mut ArrowArrayStream,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let given = TableObject::take(table)?;
            let stream = Out::new("answers", answers)?;
            let policy = handle::get::<PolicyObject>(policy)?;
            let asked = Question::read((section, section_len), (at, at_len), (columns, columns_len))?;
            let answers =
                given.run(|source| Ok(policy.0.eval(source, asked.section, asked.at, asked.columns.as_deref())?))?;
            stream.write(export(Box::new(answers)));
            Ok(())
        })
    }
}

/// Answers a table of facts into a file, whose name says the format (`.csv`, `.parquet`, `.arrow`). The file appears
/// whole, or not at all; the file that `table` is read from is refused. Consumes `table`. `progress` may be NULL. `rows`
/// gets the number of rows. As `kf_policy_eval` besides; in CSV a boolean is `true` or `false`, and an empty cell is
/// unknown in a fact and none in an answer.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_policy_eval_file(
    policy: *const kf_policy,
    section: *const c_char,
    section_len: usize,
    at: *const c_char,
    at_len: usize,
    columns: *const c_char,
    columns_len: usize,
    table: *mut kf_table,
    path: *const c_char,
    path_len: usize,
    progress: kf_progress,
    user: *mut c_void,
    rows: *mut u64,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let given = TableObject::take(table)?;
            let out = Out::new("rows", rows)?;
            let policy = handle::get::<PolicyObject>(policy)?;
            let asked = Question::read((section, section_len), (at, at_len), (columns, columns_len))?;
            let path = input::text("path", path, path_len)?;
            let mut progress = progress::callback(progress, user);
            let create = |schema| Sink::create(path, schema, Sink::format_of(path));
            let written = given.run(|source| {
                let columns = asked.columns.as_deref();
                Ok(policy.0.eval_to(source, asked.section, asked.at, columns, create, &mut progress)?)
            })?;
            out.write(written.rows);
            Ok(())
        })
    }
}

/// What would change for the datasets of a catalog at a legal date (`YYYY-MM-DD`) if another policy held instead, to a
/// `CatalogDifference` (canonical JSON): how many rows have another outcome, from what to what. Consumes `table`.
/// `progress` may be NULL.
///
/// `table` has a row for each dataset and a column for each fact of a classification, by the fact's id; a fact without
/// a column, and a null, is unknown. A column that is a fact of one policy alone is unknown to the other; one that is a
/// fact of neither, or a value outside a fact's domain, is `KF_ERR_FACT`.
///
/// # Safety
/// The pointers are NULL or valid as the conventions say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kf_policy_diff_catalog(
    policy: *const kf_policy,
    other: *const kf_policy,
    at: *const c_char,
    at_len: usize,
    table: *mut kf_table,
    progress: kf_progress,
    user: *mut c_void,
    difference: *mut *mut kf_text,
    err: *mut *mut kf_error,
) -> kf_status {
    // SAFETY: as promised by the caller.
    unsafe {
        guard(err, || {
            let given = TableObject::take(table)?;
            let out = Out::new("difference", difference)?;
            let policy = handle::get::<PolicyObject>(policy)?;
            let other = handle::get::<PolicyObject>(other)?;
            let at = input::date("at", at, at_len)?;
            let mut progress = progress::callback(progress, user);
            let difference = given.run(|source| Ok(policy.0.diff_catalog(&other.0, source, at, &mut progress)?))?;
            out.write(text::document(&difference)?);
            Ok(())
        })
    }
}
