//! The open catalog (开放目录, A19.2): what an entry says about a dataset, and everything that is missing or
//! contradictory in it, named at once; the catalog that an authority compiles of entries, merges with its districts', and
//! breaks down into the responsibility list (A20), fills in from a sheet and publishes in the forms that others read.
//!
//! This room must never decide which class a dataset may have (that is the policy), nor whether it is open (that is
//! the process): it checks that an entry is whole and does not contradict itself or another one.

#[cfg(feature = "tables")]
mod cells;
mod check;
#[cfg(feature = "tables")]
mod columns;
mod dcat;
mod document;
mod due;
mod entry;
#[cfg(feature = "tables")]
mod exchange;
mod frictionless;
mod list;
mod merge;
mod metadata;
mod personal;
#[cfg(test)]
mod publish_tests;
mod review;
#[cfg(feature = "tables")]
mod rows;
#[cfg(feature = "tables")]
mod sheets;
#[cfg(all(test, feature = "tables"))]
mod sheets_tests;
mod source;
#[cfg(test)]
mod tests;
mod vocabulary;
#[cfg(feature = "tables")]
mod workbook;

pub use check::Problem;
pub use dcat::{Legislation, Publication, to_dcat};
pub use document::{Catalog, CatalogTerms, EntryPlace};
pub use entry::{Body, DataItem, Entry, Office, Responsible, Revision};
#[cfg(feature = "tables")]
pub use exchange::{ExportFormat, export};
pub use frictionless::to_frictionless;
pub use list::{BodyResponsibility, EntryResponsibility, ResponsibilityList, responsibility_list};
pub use merge::{Conflict, ConflictKind, Merged, Side, merge};
pub use metadata::{Category, CoreMetadata, Period};
pub(crate) use personal::SHORTEST_PERSONAL;
pub use personal::looks_personal;
pub use review::CatalogProblem;
#[cfg(feature = "tables")]
pub use rows::{CellProblem, Filled};
#[cfg(feature = "tables")]
pub use sheets::{read_sheet, template, to_csv, to_xlsx};
pub use vocabulary::{Channel, DataFormat, DataType, Level, UpdateFrequency};

use crate::terms::Text;

room_error! {
    /// Why a catalog entry can't be used.
    pub enum CatalogError {
        /// Not an entry, or not a catalog.
        Malformed { what: Text, place: String } = "KF-CATALOG-01",
            en "not a document of the catalog: {what}",
            zh "不是目录文档:{what:#}", at "{place}";
        /// Parts are missing or contradict each other.
        Incomplete { id: String, fields: String } = "KF-CATALOG-02",
            en "the entry {id:?} is missing or contradicts: {fields}",
            zh "目录条目 {id:?} 缺失或自相矛盾的字段:{fields}", at "{fields}";
        /// The id is not one that other documents can name.
        Id = "KF-CATALOG-03",
            en "the id of a dataset is 1 to 64 of a-z, 0-9, '-' and '_', and begins with a letter or a digit",
            zh "数据集标识应为 1 至 64 个 a-z、0-9、'-'、'_' 字符,且以字母或数字开头", at "id";
        /// A text that reads as an identifier of a natural person.
        Personal { field: String } = "KF-CATALOG-04",
            en "{field} reads as an identifier of a natural person; name an office and its line instead",
            zh "{field} 像是自然人的标识信息;请改填岗位及办公电话", at "{field}";
        /// The id of a catalog is not of the form of a dataset's.
        CatalogId = "KF-CATALOG-05",
            en "the id of a catalog is 1 to 64 of a-z, 0-9, '-' and '_', and begins with a letter or a digit",
            zh "目录标识应为 1 至 64 个 a-z、0-9、'-'、'_' 字符,且以字母或数字开头", at "id";
        /// One entry of a catalog can't be used.
        InEntry { index: usize, what: Text } = "KF-CATALOG-06",
            en "entry {index} of the catalog (from 0): {what}",
            zh "目录的第 {index} 个条目(从 0 起):{what:#}", at "entries[{index}]";
        /// No catalog was given.
        NothingToMerge = "KF-CATALOG-07",
            en "there is no catalog to merge; give the authority's first, then those that were submitted",
            zh "没有可合并的目录;请先给出主管部门的目录,再给出提交的目录";
        /// A district's catalog can't take in another district's, or the city's.
        NotMergeable { index: usize } = "KF-CATALOG-08",
            en "catalog {index} (from 0) is not of the district whose catalog it would be merged into; the first catalog is the one that the others are merged into",
            zh "第 {index} 个目录(从 0 起)不属于被并入目录的区县;首个目录为被并入的目录", at "catalogs[{index}]";
        /// Cells of a sheet that can't be read.
        Cells { count: usize, row: u64, column: String, what: Text } = "KF-CATALOG-09",
            en "cells of the sheet that can't be read: {count}; the first one should hold: {what}",
            zh "工作表中有 {count} 个单元格无法读取;第一处:{what:#}", at "row {row}, {column}";
        /// A workbook that can't be read or written.
        Sheet { what: Text } = "KF-CATALOG-10",
            en "the workbook: {what}",
            zh "工作簿:{what:#}";
        /// More than a catalog's sheet may hold.
        TooLarge { limit: u64 } = "KF-CATALOG-11",
            en "the workbook has more bytes, rows or columns than a catalog may have: {limit}",
            zh "工作簿的字节数、行数或列数超过目录的上限:{limit}";
        /// A data package would be empty.
        NothingToDownload = "KF-CATALOG-12",
            en "no entry is opened unconditionally by download, so there is nothing to put into a data package",
            zh "目录中没有以下载方式无条件开放的条目,无法生成数据包";
    }
}
