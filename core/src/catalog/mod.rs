//! The open catalog (开放目录, A19.2): what an entry says about a dataset, and everything that is missing or
//! contradictory in it, named at once.
//!
//! This room must never decide which class a dataset may have (that is the policy), nor whether it is open (that is
//! the process): it checks that an entry is whole and does not contradict itself.

mod check;
mod entry;
mod personal;

pub use check::Problem;
pub use entry::{Body, Channel, DataFormat, DataItem, DataType, Entry, Level, Office, Responsible, UpdateFrequency};
pub use personal::looks_personal;

use crate::terms::Text;

room_error! {
    /// Why a catalog entry can't be used.
    pub enum CatalogError {
        /// Not an entry document.
        Malformed { what: Text, place: String } = "KF-CATALOG-01",
            en "not a catalog entry: {what}",
            zh "不是目录条目:{what:#}", at "{place}";
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
    }
}
