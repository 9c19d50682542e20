//! 噪声添加: a number gets a random whole number of units added, that of its row.
//!
//! The unit is the last digit of the column: 1 for whole numbers, 0.01 for a decimal of scale 2. The noise is a sample of
//! `distribution` with `scale` (see [`super::vocabulary::Distribution`]), drawn without floats from the bits of
//! HMAC-SHA-256 over the number of bytes of the column's name in eight bytes, big endian, that name, the cell of the column
//! `row_key` (canonical where the plan declares its kind, else its logical bytes), and a counter of eight bytes. The key is
//! [`crate::crypto::Keyring::derive`] of the key id and `kaifang:noise/` and the domain, so that no token tells a noise.
//!
//! A randomization (随机化, 噪声添加) of GB/T 37964-2019 annex A. Kept: sums and means, about. Leaked: the value to within
//! the noise; rows of equal keys have equal noise, so `row_key` must tell the rows apart; and two releases of one value
//! under two keys can be averaged. It is no differential privacy by itself: that is a property of a whole release, and the
//! noise here is a function of the key. Who holds the key and the row's key can undo it. Row-local.
//!
//! For whole numbers, decimals, and text that is a whole number. A sum that leaves the type, and a row whose key is null or
//! invalid, are invalid.

use std::collections::BTreeMap;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::{DataType, Schema};

use super::PlanError;
use super::cells::Cells;
use super::column::ColumnPlan;
use super::copies::too_large;
use super::discrete::{self, MOST_SCALE, Stream};
use super::logical::plain;
use super::number::{self, Number};
use super::other::{Other, OtherCells};
use super::step::{Report, is_text};
use super::vocabulary::Distribution;
use crate::crypto::{Keyring, MacKey};

/// What the key's domain begins with.
const DOMAIN: &str = "kaifang:noise/";

/// Adds noise to one column.
pub(crate) struct Noise {
    key: MacKey,
    distribution: Distribution,
    scale: u32,
    row_key: Other,
}

/// What is wrong with the settings. That the plan has the column `row_key` is asked where all columns are known.
pub(super) fn problems(entry: &ColumnPlan, report: &mut Report<'_>) {
    if entry.distribution.is_none() {
        report.field("distribution", "uniform, laplace or gaussian", "uniform、laplace 或 gaussian");
    }
    if !entry.scale.is_some_and(|scale| (1..=MOST_SCALE).contains(&scale)) {
        report.field("scale", "1 to 1000000", "1 至 1000000");
    }
    if entry.row_key.is_none() {
        report.field("row_key", "the name of the column that tells the rows apart", "区分各行的列名");
    }
}

/// The type of the treated column; `None` where it has no whole units.
pub(super) fn output(_entry: &ColumnPlan, plain: &DataType) -> Option<DataType> {
    number::is_exact(plain).then(|| plain.clone())
}

impl Noise {
    /// Joins an entry that has no problems with its key and the column of the rows' keys.
    pub(super) fn new(
        entry: &ColumnPlan,
        domain: &str,
        keys: &Keyring,
        columns: &BTreeMap<String, ColumnPlan>,
        schema: &Schema,
    ) -> Result<Option<Self>, crate::Error> {
        let key = keys.derive(entry.key.as_deref().unwrap_or_default(), &format!("{DOMAIN}{domain}"))?;
        let row_key = Other::new(entry, columns, schema)?;
        let joined = || Some(Noise { key, distribution: entry.distribution?, scale: entry.scale?, row_key: row_key? });
        Ok(joined())
    }

    pub(super) fn treat(
        &self,
        array: &ArrayRef,
        batch: &RecordBatch,
        output: &DataType,
        column: &str,
    ) -> Result<Cells, PlanError> {
        let rows = self.row_key.of(batch, column)?;
        let array = plain(array).ok_or_else(|| too_large(column))?;
        // In text the last digit of one value is not that of another.
        let whole = is_text(output);
        let mut message = Vec::new();
        let mut add = |row: usize, number: Number| {
            if whole && number.scale > 0 {
                return None;
            }
            let unscaled = number.unscaled.checked_add(self.draw(column, &rows, row, &mut message)?)?;
            Some(Number { unscaled, ..number })
        };
        number::treat(&array, output, column, &mut add, &mut |_, _, _| None)
    }

    fn draw(&self, column: &str, rows: &OtherCells, row: usize, message: &mut Vec<u8>) -> Option<i128> {
        message.clear();
        let length = (column.len() as u64).to_be_bytes();
        for part in [length.as_slice(), column.as_bytes(), rows.get(row)?] {
            message.try_reserve(part.len()).ok()?;
            message.extend_from_slice(part);
        }
        let mut stream = Stream::new(&self.key, message);
        let below: discrete::Below<'_> = &mut |limit| stream.below(limit);
        match self.distribution {
            Distribution::Uniform => Some(discrete::uniform(self.scale, below)),
            Distribution::Laplace => discrete::laplace(self.scale, below),
            Distribution::Gaussian => discrete::gaussian(self.scale, below),
        }
    }
}
