//! 顶层与底层编码: what is above the highest becomes the highest, what is below the lowest becomes the lowest.
//!
//! GB/T 37964-2019 annex A (顶层和底层编码, among the generalizations). Kept: every value between the bounds, as it is. Leaked:
//! exactly these, so it hides the rare extremes and nothing else; who is alone between the bounds is still alone. It can't
//! be undone beyond the bounds. Row-local.
//!
//! For numbers of every type, and text that reads as `[+-]?digits[.digits]`, which is written without its plus sign and
//! leading zeros. A float column takes the float nearest to a bound.

use arrow::array::ArrayRef;
use arrow::datatypes::DataType;

use super::PlanError;
use super::cells::Cells;
use super::column::ColumnPlan;
use super::number::{self, Float, Number};
use super::step::Report;

/// The bounds of one column.
pub(crate) struct TopBottom {
    lowest: Option<i64>,
    highest: Option<i64>,
}

/// What is wrong with the settings: one bound or both, the lower one first.
pub(super) fn problems(entry: &ColumnPlan, report: &mut Report<'_>) {
    match (entry.lowest, entry.highest) {
        (None, None) => report.field("lowest", "a whole number, or highest", "整数,或给出 highest"),
        (Some(lowest), Some(highest)) if lowest > highest => {
            report.field("highest", "a number that is not below lowest", "不小于 lowest 的整数");
        }
        _ => {}
    }
}

/// The type of the treated column; `None` where it has no numbers.
pub(super) fn output(_entry: &ColumnPlan, plain: &DataType) -> Option<DataType> {
    (number::is_exact(plain) || number::is_float(plain)).then(|| plain.clone())
}

impl TopBottom {
    pub(super) fn new(entry: &ColumnPlan) -> Self {
        TopBottom { lowest: entry.lowest, highest: entry.highest }
    }

    pub(super) fn treat(&self, array: &ArrayRef, output: &DataType, column: &str) -> Result<Cells, PlanError> {
        let mut exact = |_, number: Number| {
            // The whole numbers around it lie beyond a whole bound just where the number does.
            let unit = number::power_of_ten(number.scale)?;
            let floor = number.unscaled.div_euclid(unit);
            let ceiling = floor + i128::from(number.unscaled.rem_euclid(unit) != 0);
            Some(self.bound(floor, ceiling).map_or(number, |bound| Number::whole(i128::from(bound))))
        };
        number::treat(array, output, column, &mut exact, &mut |value, _, text| match self
            .bound(value.floor() as i128, value.ceil() as i128)
        {
            None => Some(Float::Same),
            Some(bound) => number::answer(Number::whole(i128::from(bound)), text),
        })
    }

    /// The bound that a number between these two lies beyond.
    fn bound(&self, floor: i128, ceiling: i128) -> Option<i64> {
        let low = self.lowest.filter(|lowest| floor < i128::from(*lowest));
        low.or(self.highest.filter(|highest| ceiling > i128::from(*highest)))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Array, AsArray, Decimal128Array, Float64Array, StringArray, UInt8Array};
    use arrow::datatypes::{Decimal128Type, Float64Type, UInt8Type};

    use super::*;

    fn treat(lowest: impl Into<Option<i64>>, highest: impl Into<Option<i64>>, array: impl Array + 'static) -> Cells {
        let output = array.data_type().clone();
        let array: ArrayRef = Arc::new(array);
        TopBottom { lowest: lowest.into(), highest: highest.into() }.treat(&array, &output, "c").unwrap()
    }

    #[test]
    fn only_what_lies_beyond_a_bound_is_coded() {
        let text = StringArray::from(vec!["17", "18", "90", "90.01", "-1e5", "+019.50", "17.999"]);
        let cells = treat(18, 90, text);
        let text: Vec<_> = cells.array.as_string::<i32>().iter().flatten().collect();
        assert_eq!(text, ["18", "18", "90", "90", "[redacted]", "19.50", "18"]);
        let decimals = Decimal128Array::from(vec![8_999, 9_001, -9_001]).with_precision_and_scale(4, 2).unwrap();
        let cells = treat(None, 90, decimals);
        assert_eq!(cells.array.as_primitive::<Decimal128Type>().values(), &[8_999, 9_000, -9_001]);
        let floats = Float64Array::from(vec![89.9, 90.1, 1e300, -1e300, f64::NEG_INFINITY]);
        let cells = treat(-5, 90, floats);
        let floats: Vec<_> = cells.array.as_primitive::<Float64Type>().iter().collect();
        assert_eq!(floats, [Some(89.9), Some(90.0), Some(90.0), Some(-5.0), None]);
        assert_eq!((cells.invalid, cells.changed), (vec![4], 4));
    }

    #[test]
    fn a_bound_that_the_type_lacks_is_invalid_only_where_it_is_needed() {
        let cells = treat(None, -1, UInt8Array::from(vec![0]));
        assert_eq!(cells.invalid, [0]);
        let cells = treat(-1, 300, UInt8Array::from(vec![0, 255]));
        assert_eq!(cells.array.as_primitive::<UInt8Type>().values(), &[0, 255]);
    }
}
