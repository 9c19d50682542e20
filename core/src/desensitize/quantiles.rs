//! 分位数分箱: the bins of a column of numbers, drawn so that each holds about as many values as the other.
//!
//! Of n values, in order, each rounded down to a whole number, the k-th of q bins is to begin with the value in place ⌊k·n / q⌋,
//! counted from 0. From the lowest on, a bin begins there if the one before it then has [`LEAST`] values or more and as many are
//! left; else there is none. So there are fewer bins than asked for where a value occurs often or there are few, and no bin tells
//! of fewer than [`LEAST`] values (the share of one in it is one in twenty, the threshold of GB/T 42460-2023 for open sharing).
//! Values that are no numbers are not counted.
//!
//! The ends of the bins are values of the table, each of somebody: what a bin's name tells.

use arrow::array::ArrayRef;

use super::PlanError;
use super::copies::as_text;
use super::generalize::Bins;
use super::logical::visit;
use super::number;
use super::room::reserved;
use super::shuffle::LEAST;

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
        reserved(&mut self.values, text.len(), column)?;
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
        let mut bounds = Vec::new();
        let mut last = 0;
        for bin in 1..bins {
            let place = usize::try_from(bin * count / bins).unwrap_or(usize::MAX);
            let Some(bound) = values.get(place) else { break };
            // Equal values lie in one bin.
            let begin = values.partition_point(|value| value < bound);
            if begin >= last + LEAST && values.len() >= begin + LEAST {
                bounds.push(*bound);
                last = begin;
            }
        }
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

    fn whole(values: impl IntoIterator<Item = i64>) -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(values))
    }

    #[test]
    fn bins_begin_where_their_share_of_the_values_begins() {
        assert_eq!(bounds(4, &[whole((1..=100).rev())]), [26, 51, 76]);
        assert_eq!(bounds(4, &[whole(51..=100), whole(1..=50)]), [26, 51, 76]);
        assert_eq!(bounds(3, &[whole((1..=40).map(|n| n % 2))]), [1], "equal values lie in one bin");
        assert_eq!(bounds(2, &[whole([5; 100])]), [] as [i64; 0]);
        assert_eq!(bounds(2, &[whole([])]), [] as [i64; 0]);
        let text: Vec<_> = (0..40).flat_map(|n| [Some(format!("{n}.5")), Some("x".to_owned()), None]).collect();
        assert_eq!(bounds(2, &[Arc::new(StringArray::from(text))]), [20], "what is no number is not counted");
        let floats = (0..60).map(|n| if n < 40 { f64::from(n) - 0.5 } else { 1e30 });
        assert_eq!(bounds(3, &[Arc::new(Float64Array::from_iter_values(floats))]), [19, i64::MAX]);
    }

    #[test]
    fn no_bin_has_fewer_values_than_the_least() {
        assert_eq!(bounds(1000, &[whole(1..=100)]), [21, 41, 61, 81]);
        assert_eq!(bounds(2, &[whole(1..=39)]), [] as [i64; 0]);
        assert_eq!(bounds(2, &[whole(1..=40)]), [21]);
        let with_one_far_away = (1..=40).chain([900]);
        assert_eq!(bounds(41, &[whole(with_one_far_away)]), [21], "he is not alone in the last bin");
    }

    proptest! {
        #[test]
        fn bins_are_large_enough_and_no_larger_than_they_must(values in prop::collection::vec(-50_i64..50, 0..400), bins in 2_u32..30) {
            let bounds = bounds(bins, &[whole(values.iter().copied())]);
            prop_assert!(bounds.is_sorted_by(|a, b| a < b) && bounds.len() < bins as usize);
            let ends = [&[i64::MIN], bounds.as_slice(), &[i64::MAX]].concat();
            for pair in ends.windows(2) {
                let inside: Vec<_> = values.iter().filter(|value| (pair[0]..pair[1]).contains(value)).collect();
                prop_assert!(inside.len() >= LEAST || bounds.is_empty());
                let most = |value: &&&i64| values.iter().filter(|other| other == *value).count();
                let often = inside.iter().map(|value| most(&value)).max().unwrap_or(0);
                // A bin that would be too small, and one that a frequent value fills, go over their share.
                prop_assert!(inside.len() <= values.len().div_ceil(bins as usize) + often + 2 * LEAST);
            }
        }
    }
}
