//! 取整: a number becomes the nearest multiple, or loses its last decimals. A tie goes to the even neighbour.
//!
//! | setting | gives |
//! |---|---|
//! | `width = n` | the nearest multiple of `n`: `17` is `15` under 5 |
//! | `digits = n` | at most `n` decimals: `2.345` is `2.34` under 2; a number with fewer stays as it is |
//!
//! GB/T 37964-2019 annex A names it 取整 among the generalizations; the rule is that of GB/T 8170-2008 (四舍六入五成双) and
//! of IEEE 754. Kept: order (equal answers aside) and size. Leaked: the interval that a value lies in, and a value
//! that is rare in its interval or far from all others still stands out. It can't be undone. Row-local.
//!
//! Text must read as `[+-]?digits[.digits]`. A float counts as its shortest decimal digits: `2.675` is a tie, whatever its
//! bits say. Numbers of a type stay in it.

use arrow::array::ArrayRef;
use arrow::datatypes::DataType;

use super::PlanError;
use super::cells::Cells;
use super::column::ColumnPlan;
use super::number::{self, Float, Number};
use super::step::Report;

/// More decimals than this no float and no amount has.
const MOST_DIGITS: u32 = 18;

/// From here on every 64-bit float is whole.
const ALL_WHOLE: f64 = 9_007_199_254_740_992.0;

/// How the numbers of one column are rounded.
pub(crate) enum Round {
    Multiple(u32),
    Digits(u32),
}

/// What is wrong with the settings: it has one of `width` and `digits`.
pub(super) fn problems(entry: &ColumnPlan, report: &mut Report<'_>) {
    match (entry.width, entry.digits) {
        (None, None) => report.field("width", "a width, or digits", "width 或 digits"),
        (Some(_), Some(_)) => report.field("digits", "only one of width and digits", "width、digits 只能有一项"),
        (Some(..2), None) => report.field("width", "2 or more", "不小于 2 的整数"),
        (None, Some(digits)) if digits > MOST_DIGITS => report.field("digits", "0 to 18", "0 至 18"),
        _ => {}
    }
}

/// The type of the treated column; `None` where it has no numbers.
///
/// Digits of a type that has no more of them would leave every value as it is.
pub(super) fn output(entry: &ColumnPlan, plain: &DataType) -> Option<DataType> {
    let scale = match plain {
        DataType::Decimal32(_, scale)
        | DataType::Decimal64(_, scale)
        | DataType::Decimal128(_, scale)
        | DataType::Decimal256(_, scale) => Some(i64::from(*scale)),
        _ => plain.is_integer().then_some(0),
    };
    let idle = scale.zip(entry.digits).is_some_and(|(scale, digits)| i64::from(digits) >= scale);
    (!idle && (number::is_exact(plain) || number::is_float(plain))).then(|| plain.clone())
}

impl Round {
    pub(super) fn new(entry: &ColumnPlan) -> Option<Self> {
        entry.width.map(Round::Multiple).or_else(|| entry.digits.map(Round::Digits))
    }

    pub(super) fn treat(&self, array: &ArrayRef, output: &DataType, column: &str) -> Result<Cells, PlanError> {
        let mut exact = |_, number| self.exact(number);
        number::treat(array, output, column, &mut exact, &mut |value, shortest, text| {
            let number = match value.abs() {
                ALL_WHOLE.. => return self.large(value, text),
                // Nearer to zero than any step that there is.
                ..1e-20 => Number::whole(0),
                _ => Number::read(&shortest.to_string())?,
            };
            number::answer(self.exact(number)?, text)
        })
    }

    fn exact(&self, number: Number) -> Option<Number> {
        match *self {
            Round::Digits(digits) => match number.scale.checked_sub(digits) {
                None | Some(0) => Some(number),
                Some(lost) => {
                    let unscaled = number::power_of_ten(lost).map(|step| number::divide(number.unscaled, step))?;
                    Some(Number { unscaled, scale: digits })
                }
            },
            Round::Multiple(width) => {
                let width = i128::from(width);
                let step = number::power_of_ten(number.scale)?.checked_mul(width)?;
                number::divide(number.unscaled, step).checked_mul(width).map(Number::whole)
            }
        }
    }

    /// A float that has no decimals.
    fn large(&self, value: f64, text: &mut String) -> Option<Float> {
        let whole = value as i128;
        match self {
            Round::Digits(_) => Some(Float::Same),
            // What 128 bits don't hold was cut to their end.
            Round::Multiple(_) if whole as f64 == value => number::answer(self.exact(Number::whole(whole))?, text),
            Round::Multiple(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{
        Array, AsArray, Decimal128Array, Float16Array, Float32Array, Float64Array, Int8Array, StringArray, UInt64Array,
    };
    use arrow::datatypes::{
        ArrowPrimitiveType, Decimal128Type, Float16Type, Float32Type, Float64Type, Int8Type, UInt64Type,
    };

    use super::*;

    fn treat(round: &Round, array: impl Array + 'static) -> Cells {
        let output = array.data_type().clone();
        let array: ArrayRef = Arc::new(array);
        let cells = round.treat(&array, &output, "c").unwrap();
        assert_eq!(cells.array.data_type(), &output);
        cells
    }

    #[test]
    fn text_is_rounded_exactly_with_ties_to_even() {
        let cells = ["2.345", "2.355", "-2.345", "2.3450001", "2", "0.005", "-0.001", "1e3", "二"];
        let cells = treat(&Round::Digits(2), StringArray::from(cells.to_vec()));
        let text: Vec<_> = cells.array.as_string::<i32>().iter().flatten().collect();
        assert_eq!(text, ["2.34", "2.36", "-2.34", "2.35", "2", "0.00", "0.00", "[redacted]", "[redacted]"]);
        assert_eq!(cells.invalid, [7, 8]);
        let cells = treat(&Round::Multiple(5), StringArray::from(vec!["17", "18", "2.5", "7.5", "-2.51", "12.4999"]));
        let text: Vec<_> = cells.array.as_string::<i32>().iter().flatten().collect();
        assert_eq!(text, ["15", "20", "0", "10", "-5", "10"]);
    }

    #[test]
    fn whole_numbers_and_decimals_keep_their_type() {
        let cells = treat(&Round::Multiple(10), Int8Array::from(vec![Some(127), Some(124), None, Some(-125)]));
        let numbers: Vec<_> = cells.array.as_primitive::<Int8Type>().iter().collect();
        assert_eq!(numbers, [None, Some(120), None, Some(-120)], "130 is no 8-bit number, and -125 is a tie");
        assert_eq!((cells.invalid, cells.changed), (vec![0], 3));
        let cells = treat(&Round::Multiple(2), UInt64Array::from(vec![u64::MAX - 1, u64::MAX]));
        assert_eq!(cells.array.as_primitive::<UInt64Type>().iter().collect::<Vec<_>>(), [Some(u64::MAX - 1), None]);
        let decimals = || Decimal128Array::from(vec![12_345, 995]).with_precision_and_scale(5, 3).unwrap();
        let cells = treat(&Round::Digits(2), decimals());
        assert_eq!(cells.array.as_primitive::<Decimal128Type>().values(), &[12_340, 1_000]);
        let cells =
            treat(&Round::Multiple(10), Decimal128Array::from(vec![95_001]).with_precision_and_scale(5, 3).unwrap());
        assert_eq!((cells.array.null_count(), cells.invalid), (1, vec![0]), "100.000 has six digits");
    }

    #[test]
    fn floats_round_as_they_are_written() {
        let floats = vec![2.675, 2.665, 0.1 + 0.2, 1e300, -1e-300, f64::NAN, f64::INFINITY, 1e22];
        let cells = treat(&Round::Digits(2), Float64Array::from(floats.clone()));
        let rounded = cells.array.as_primitive::<Float64Type>();
        assert_eq!(rounded.iter().take(5).flatten().collect::<Vec<_>>(), [2.68, 2.66, 0.3, 1e300, 0.0]);
        assert_eq!((cells.invalid, rounded.value(7)), (vec![5, 6], 1e22));
        let cells = treat(&Round::Multiple(1000), Float64Array::from(floats));
        assert_eq!(cells.invalid, [3, 5, 6], "10^300 has no 128 bits");
        let cells = treat(&Round::Digits(1), Float32Array::from(vec![0.25, 0.35, 16_777_216.0]));
        assert_eq!(cells.array.as_primitive::<Float32Type>().values(), &[0.2, 0.4, 16_777_216.0]);
        // Of 16 bits, 0.15 is written so, whatever its bits say: a tie.
        type Half = <Float16Type as ArrowPrimitiveType>::Native;
        let halves = |values: [f32; 3]| values.map(Half::from_f32).to_vec();
        let cells = treat(&Round::Digits(1), Float16Array::from(halves([0.15, 0.25, 2000.0])));
        assert_eq!(cells.array.as_primitive::<Float16Type>().values(), halves([0.2, 0.2, 2000.0]).as_slice());
        let cells = treat(&Round::Multiple(100_000), Float16Array::from(halves([49_984.0, 65_504.0, -1.0])));
        assert_eq!((cells.array.as_primitive::<Float16Type>().value(2), cells.invalid), (Half::ZERO, vec![1]));
    }
}
