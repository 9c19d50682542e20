//! 置换: the values of a column change rows.
//!
//! Each value stands afterwards in a row that was drawn among all rows that had one; nulls stay where they are. So the
//! column's counts, sums and distribution are what they were, and a row's value says nothing of its other columns.
//!
//! **The draw.** n values, in the order of their rows. The key is derived for the domain `kaifang:shuffle/`, the number of
//! bytes of the dataset's name, `/`, that name, `/` and the column. Numbers are drawn as they are for [`super::noise`], the
//! message being the logical digest of the column as it comes in (see [`crate::desensitize`]), so that another table is
//! shuffled in another way. For i from n − 1 down to 1 the places i and (a number below i + 1) change; place i then holds the value of
//! the i-th row (Durstenfeld, CACM algorithm 235).
//!
//! Each order is as likely as any other, so a row has its own cell again once in n: below [`LEAST`] values that is more than one
//! in twenty, the threshold of GB/T 42460-2023 for open sharing, and all of them are invalid. A value that a part of the rows
//! has stays in as large a part of these: there the column tells no more than that it is frequent.
//!
//! 置换 of GB/T 37964-2019 annex A. Kept: every value, and how often it occurs. Leaked: that somebody has it: a direct
//! identifier must not be shuffled, and a plan that declares one is refused. Elements of lists are not shuffled: those of one row
//! could stay in it. Who holds the key and knows the digest of the column as it came in (the proof has it only keyed, but where the
//! table is itself the output of a treatment its proof has it plain) has the rows back: de-identified. Table-global: the column is held in memory, and the table is read twice.

use arrow::array::{Array, ArrayRef, new_null_array};
use arrow::compute::interleave;
use arrow::compute::kernels::cmp::distinct;
use arrow::datatypes::DataType;

use super::cells::Cells;
use super::column::ColumnPlan;
use super::copies::{clean, constant, own_nulls, too_large};
use super::discrete::Stream;
use super::logical::plain;
use super::plan::RESERVED;
use super::room::{gathered, reserved};
use super::step::{Report, is_text};
use super::{PlanError, REDACTED};
use crate::crypto::{KeyError, Keyring, MacKey};
use crate::kinds::Role;
use crate::terms::Digest;

/// The fewest values that are shuffled.
pub(super) const LEAST: usize = 20;

/// What is wrong with the settings of a shuffle.
pub(super) fn problems(entry: &ColumnPlan, report: &mut Report<'_>) {
    if entry.kind.is_some_and(|kind| kind.role() == Role::Direct) {
        report.kind();
    }
}

/// The shuffle of one column: its values, and once all were seen their order.
pub(crate) struct Shuffle {
    key: MacKey,
    batches: Vec<ArrayRef>,
    /// Where the values are: the batch and the row in it.
    order: Vec<(u32, u32)>,
    /// How many values of the order were given out.
    given: usize,
}

impl Shuffle {
    /// # Errors
    /// [`KeyError::NoSuchKey`].
    pub(super) fn new(dataset: &str, column: &str, key: &str, keys: &Keyring) -> Result<Self, KeyError> {
        let key = keys.derive(key, &format!("{RESERVED}shuffle/{}/{dataset}/{column}", dataset.len()))?;
        Ok(Shuffle { key, batches: Vec::new(), order: Vec::new(), given: 0 })
    }

    /// Takes the cells of a batch.
    pub(super) fn see(&mut self, array: &ArrayRef, column: &str) -> Result<(), PlanError> {
        let large = |_| too_large(column);
        let batch = u32::try_from(self.batches.len()).map_err(large)?;
        // A copy, since an array may lie in memory that it shares with all other columns of its batch.
        let cells = clean(array, column)?;
        let nulls = cells.logical_nulls();
        reserved(&mut self.order, cells.len(), column)?;
        let valid = (0..cells.len()).filter(|row| nulls.as_ref().is_none_or(|nulls| nulls.is_valid(*row)));
        for row in valid {
            self.order.push((batch, u32::try_from(row).map_err(large)?));
        }
        reserved(&mut self.batches, 1, column)?;
        self.batches.push(cells);
        Ok(())
    }

    /// Draws the order, once all cells were seen.
    pub(super) fn draw(&mut self, digest: &Digest) {
        let mut message = digest.as_bytes().to_vec();
        let mut stream = Stream::new(&self.key, &mut message);
        for last in (1..self.order.len()).rev() {
            let other = stream.below(last as u128 + 1);
            self.order.swap(last, usize::try_from(other).unwrap_or(last));
        }
    }

    /// Puts the next values in place of those of a batch.
    pub(super) fn treat(&mut self, array: &ArrayRef, output: &DataType, column: &str) -> Result<Cells, PlanError> {
        let before = plain(array).ok_or_else(|| too_large(column))?;
        let nulls = own_nulls(&before);
        let is_valid = |row: &usize| nulls.as_ref().is_none_or(|nulls| nulls.is_valid(*row));
        if self.order.len() < LEAST {
            let array = match is_text(output) {
                true => constant(REDACTED, array, column)?,
                false => new_null_array(output, array.len()),
            };
            let invalid = gathered((0..before.len()).filter(is_valid).map(|row| row as u32), column)?;
            let changed = invalid.len() as u64;
            return Ok(Cells { array, invalid, changed });
        }
        // A null is the only cell of a batch of its own.
        let null = new_null_array(output, 1);
        let sources: Vec<&dyn Array> = gathered(self.batches.iter().chain([&null]).map(AsRef::as_ref), column)?;
        let mut places: Vec<(usize, usize)> = Vec::new();
        reserved(&mut places, before.len(), column)?;
        for row in 0..before.len() {
            places.push(match is_valid(&row) {
                false => (self.batches.len(), 0),
                true => {
                    let (batch, row) = self.order.get(self.given).ok_or(PlanError::TableChanged)?;
                    self.given += 1;
                    (*batch as usize, *row as usize)
                }
            });
        }
        // Views would share the memory of all values.
        let array = clean(&interleave(&sources, &places).map_err(|_| too_large(column))?, column)?;
        let changed = match before.logical_null_count() == before.len() {
            true => 0,
            false => distinct(&array, &before).map_err(|_| too_large(column))?.true_count() as u64,
        };
        Ok(Cells::all(array, changed))
    }
}
