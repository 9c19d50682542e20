//! 分位数分箱: the bins of a column of numbers, drawn so that each holds about as many values as the other.
//!
//! Of n values, in order, each rounded down to a whole number, the k-th of q bins begins with the value in place ⌊k·n / q⌋,
//! counted from 0: at most k·n / q values lie below it. Bins that would begin with the same value are one, and one that
//! would begin with the least value of all is the first, which has no lower end; so there are fewer bins than asked for where a value
//! occurs often. Values that are no numbers are not counted.
//!
//! The ends of the bins are values of the table, each of somebody: what a bin's name tells. A bin holds about n / q values,
//! whoever they are of.

use arrow::array::ArrayRef;

use super::PlanError;
use super::cells::{as_text, too_large};
use super::generalize::Bins;
use super::logical::visit;
use super::number;

/// The most bins that a plan may ask for.
pub(super) const MOST: u32 = 1000;

/// The values of a column, until all were seen.
pub(crate) struct Quantiles {
    bins: u32,
    values: Vec<i64>,
}

impl Quantiles {
    pub(super) fn new(bins: u32) -> Self {
        Quantiles { bins, values: Vec::new() }
    }

    /// Takes the cells of a batch.
    pub(super) fn see(&mut self, array: &ArrayRef, column: &str) -> Result<(), PlanError> {
        let text = as_text(array, column)?;
        self.values.try_reserve(text.len()).map_err(|_| too_large(column))?;
        visit(&text, &mut |cell| {
            let floor = cell.and_then(|cell| number::floor(std::str::from_utf8(cell).ok()?));
            // A value beyond 64 bits counts as the last of them: it lies in the same bin.
            self.values.extend(floor.map(|floor| floor.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64));
        });
        Ok(())
    }

    /// The bins, once all cells were seen.
    pub(super) fn bins(&mut self) -> Bins {
        let mut values = std::mem::take(&mut self.values);
        values.sort_unstable();
        let (count, bins) = (values.len() as u128, u128::from(self.bins));
        let begins = (1..bins).filter_map(|bin| values.get(usize::try_from(bin * count / bins).ok()?).copied());
        let mut bounds: Vec<i64> = begins.filter(|bound| values.first().is_some_and(|least| least < bound)).collect();
        bounds.dedup();
        Bins::Bounds(bounds)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Float64Array, Int64Array, StringArray};
    use proptest::prelude::*;

    use super::*;

    fn bounds(bins: u32, batches: &[ArrayRef]) -> Vec<i64> {
        let mut quantiles = Quantiles::new(bins);
        batches.iter().for_each(|batch| quantiles.see(batch, "c").unwrap());
        match quantiles.bins() {
            Bins::Bounds(bounds) => bounds,
            Bins::Width(_) => unreachable!(),
        }
    }

    fn whole(values: &[i64]) -> ArrayRef {
        Arc::new(Int64Array::from(values.to_vec()))
    }

    #[test]
    fn bins_begin_where_their_share_of_the_values_begins() {
        assert_eq!(bounds(2, &[whole(&[4, 1, 3, 2])]), [3]);
        assert_eq!(bounds(4, &[whole(&[8, 7, 6, 5]), whole(&[1, 2, 3, 4])]), [3, 5, 7]);
        assert_eq!(bounds(3, &[whole(&[5, 5, 5, 5, 9])]), [] as [i64; 0], "the least value begins no bin");
        assert_eq!(bounds(4, &[whole(&[1, 5, 5, 9])]), [5, 9], "what occurs often fills more than one bin");
        assert_eq!(bounds(2, &[whole(&[])]), [] as [i64; 0]);
        let text: ArrayRef = Arc::new(StringArray::from(vec![Some("1.5"), Some("x"), None, Some("2.5")]));
        assert_eq!(bounds(2, &[text]), [2], "what is no number is not counted");
        let floats: ArrayRef = Arc::new(Float64Array::from(vec![-0.5, f64::NAN, 1e30, 0.0]));
        assert_eq!(bounds(3, &[floats]), [0, i64::MAX]);
    }

    proptest! {
        #[test]
        fn no_bin_but_a_frequent_value_is_larger_than_its_share(values in prop::collection::vec(-50_i64..50, 0..200), bins in 2_u32..9) {
            let bounds = bounds(bins, &[whole(&values)]);
            prop_assert!(bounds.is_sorted_by(|a, b| a < b) && bounds.len() < bins as usize);
            for (k, _) in bounds.iter().enumerate() {
                let low = bounds[k];
                let high = bounds.get(k + 1).copied().unwrap_or(i64::MAX);
                let inside: Vec<_> = values.iter().filter(|v| (low..high).contains(v)).collect();
                let distinct: std::collections::BTreeSet<_> = inside.iter().collect();
                let often = values.iter().filter(|value| **value == low).count();
                let share = values.len().div_ceil(bins as usize);
                prop_assert!(!inside.is_empty());
                prop_assert!(inside.len() <= share + often || distinct.len() == 1, "{} of {share}", inside.len());
            }
        }
    }
}
