//! 脱敏: plans, transforms, and the proof of what was done.
//!
//! A [`Plan`] says what each column of one table gets; [`Plan::apply`] streams the treated batches; at the end there is
//! an [`Applied`]. What can't be treated is redacted and counted, or fails the whole treatment; it is never passed.
//!
//! | transform (`do`) | what becomes of a value | types |
//! |---|---|---|
//! | `keep` | stays | all |
//! | `drop` | the column goes | all |
//! | `redact` | [`REDACTED`] in text columns, null in others | all |
//! | `null` | null | all |
//! | `mask` | characters become `*`: by kind, by a pattern, or all but `keep_prefix` and `keep_suffix` characters | text, integers, dates |
//! | `token` | `<key id>.<26 characters of base32>`, or 16 or 32 bytes: HMAC-SHA-256 or HMAC-SM3 of the canonical form | text, integers, dates |
//! | `fpe` | another value of the same format, by FF1 with AES or SM4; `decrypt` gives it back | text, integers, dates |
//! | `generalize` | the wider value: year, quarter, month, decade, age; province, city, district; bins; a prefix; of a hierarchy | text, numbers, dates, timestamps |
//! | `round` | the nearest multiple, or fewer decimals | numbers, text that is one |
//! | `top_bottom` | what is beyond a bound becomes the bound | numbers, dates, text that is one |
//! | `date_shift` | the dates of a person move by days, all alike, by key and person | dates, timestamps, text and whole numbers that are a date |
//! | `noise` | plus a random number of units, by key and row | integers, decimals, text that is an integer |
//! | `text` | the spans that name persons become tokens, or masks of their kind; the rest stays | text |
//! | `shuffle` | the values change rows, in a keyed order | all |
//! | `encrypt` | `<key id>.` and a ciphertext, another one each time; `decrypt` gives it back | text, numbers, dates, booleans |
//!
//! Columns of structs and lists are treated part by part: an entry for `contact.phone`, for `phones[]`; the nested column as a
//! whole can only be dropped.
//!
//! Besides, rows are removed by [`RowPlan`]: `suppress` by a condition, `sample` by a keyed draw.
//!
//! Text is utf8, large utf8, utf8 view and dictionaries of them, each of which comes out in its own type; what was no text
//! comes out as utf8. A dictionary is treated word by word and never unpacked, but where a cell depends on more than its
//! value (`date_shift`, `noise`, `shuffle`, `encrypt`). Nulls stay null, with no bytes under them. A value that a transform can't treat
//! becomes [`REDACTED`] (null outside of text) under `on_invalid = "redact"`, and is counted. Every transform is row-local
//! but `shuffle` and the quantiles of `generalize`, which are table-global: the table is read twice. Batches of any size give
//! the same values and the same digests, but those of `encrypt`, which is random.
//!
//! The digest of a logical column is SHA-256 over `kaifang/column/v1`, a zero byte, and for each cell in order: a zero
//! byte for null; or one more than the length of the logical bytes in LEB128, and these bytes. The
//! logical bytes of text are its UTF-8, of a whole number its decimal digits, of a boolean `true` or `false`, of a date
//! `YYYY-MM-DD`, of binary the bytes; of a decimal the unscaled digits, `e-` and the scale; of times and timestamps
//! nanoseconds and `ns`; of floats `f64:` and their bits in hexadecimal. The elements of lists are cells one after another, the
//! fields of a struct cells of its rows. A struct itself has the digest of `true` for each row that has it, under
//! `kaifang/struct/v1`, a list that of its numbers of elements, under `kaifang/list/v1`.
//!
//! This room must never put a value into an error, hand out a proof before the last row, or hash an identifier without a
//! key.

mod applied;
mod apply;
mod bound;
mod cells;
mod column;
mod content;
mod copies;
mod days;
mod dictionary;
mod digest;
mod discrete;
mod elements;
mod encrypt;
mod error;
mod ff1;
mod fpe;
mod generalize;
mod hierarchy;
mod logical;
mod mask;
mod nested;
mod noise;
mod number;
mod other;
mod parts;
mod passes;
mod place;
mod plan;
mod preview;
mod prove;
mod quantiles;
mod read;
mod room;
mod rotate;
mod round;
mod rows;
mod shift;
mod shuffle;
mod splice;
mod step;
mod text;
mod token;
mod top_bottom;
mod treatment;
mod values;
mod vocabulary;

pub use applied::{
    Applied, AppliedColumn, ColumnType, Desensitization, InputDigests, KeyedDigest, Outcome, Reversible,
};
pub use apply::Treated;
pub use bound::Bound;
pub use column::ColumnPlan;
pub use content::content_digest;
pub use digest::column_digest;
pub use error::{PlanError, PlanProblems};
pub use ff1::Ff1;
pub(crate) use logical::{plain_type, visit};
pub use plan::{OnInvalid, Plan};
pub use preview::{Preview, PreviewColumn, PreviewValue};
pub use rotate::Rotation;
pub use rows::{RemovedRows, RowPlan};
pub use treatment::ColumnTreatment;
pub use values::{TreatedValues, answer_values, treat_values};
pub use vocabulary::{Cipher, Distribution, Invalid, Kept, Level, Mac, TokenForm, Transform};

/// What stands in place of a text that was redacted. It begins with nothing that a spreadsheet runs.
pub const REDACTED: &str = "[redacted]";
