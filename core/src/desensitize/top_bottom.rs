//! 顶层与底层编码: what is above the highest becomes the highest, what is below the lowest becomes the lowest.
//!
//! GB/T 37964-2019 annex A (顶层和底层编码, among the generalizations). Kept: every value between the bounds, as it is. Leaked:
//! exactly these, so it hides the rare extremes and nothing else; who is alone between the bounds is still alone. It can't
//! be undone beyond the bounds. Row-local.
//!
//! | bounds | on | gives |
//! |---|---|---|
//! | whole numbers | numbers of every type | the same type; a float column takes the float nearest to a bound |
//! | | text that reads as `[+-]?digits[.digits]` | the number without its plus sign and leading zeros |
//! | dates | dates, timestamps without a zone | the same type; a moment beyond the bound's day becomes that day's midnight |
//! | | text that is a date | `YYYY-MM-DD`, all in one form, so that the form does not tell what was coded |
//! | | whole numbers of eight digits that are a date (`19900307`) | the same type and form |
//!
//! The year 9999, which means no end, is invalid where it is written, as in a date shift.

use arrow::array::ArrayRef;
use arrow::datatypes::DataType;
use jiff::civil::Date;

use super::PlanError;
use super::bound::Bound;
use super::cells::Cells;
use super::column::ColumnPlan;
use super::days;
use super::generalize::day;
use super::number::{self, Float, Number};
use super::step::Report;
use crate::kinds::Kind;

/// The bounds of one column.
pub(crate) enum TopBottom {
    Numbers(Ends<i64>),
    Days { ends: Ends<Date>, kind: Kind },
}

/// One end or both.
#[derive(Clone, Copy)]
pub(crate) struct Ends<T> {
    lowest: Option<T>,
    highest: Option<T>,
}

impl<T: Copy + PartialOrd> Ends<T> {
    /// `None` where an end is given that is not of this type.
    fn new(entry: &ColumnPlan, read: impl Fn(&Bound) -> Option<T>) -> Option<Self> {
        let end = |bound: &Option<Bound>| match bound {
            None => Some(None),
            Some(bound) => read(bound).map(Some),
        };
        Some(Ends { lowest: end(&entry.lowest)?, highest: end(&entry.highest)? })
    }

    fn cross(self) -> bool {
        self.lowest.zip(self.highest).is_some_and(|(lowest, highest)| lowest > highest)
    }

    /// The end that a value lies beyond of which these are the nearest values that can be ends.
    fn beyond<V: PartialOrd>(self, floor: V, ceiling: V, wide: impl Fn(T) -> V) -> Option<T> {
        let low = self.lowest.filter(|lowest| floor < wide(*lowest));
        low.or(self.highest.filter(|highest| ceiling > wide(*highest)))
    }
}

fn day_of(bound: &Bound) -> Option<Date> {
    match bound {
        Bound::Day(text) => day(text),
        Bound::Number(_) => None,
    }
}

/// What is wrong with the settings: one bound or both, of one sort, the lower one first.
pub(super) fn problems(entry: &ColumnPlan, report: &mut Report<'_>) {
    if entry.lowest.is_none() && entry.highest.is_none() {
        return report.field("lowest", "a whole number or a date, or highest", "整数或日期,或给出 highest");
    }
    for (setting, bound) in [("lowest", &entry.lowest), ("highest", &entry.highest)] {
        if matches!(bound, Some(bound @ Bound::Day(_)) if day_of(bound).is_none()) {
            return report.field(setting, "a date such as 1930-01-01", "日期,如 1930-01-01");
        }
    }
    match TopBottom::new(entry) {
        Some(TopBottom::Numbers(ends)) if ends.cross() => {
            report.field("highest", "a number that is not below lowest", "不小于 lowest 的整数");
        }
        Some(TopBottom::Days { ends, .. }) if ends.cross() => {
            report.field("highest", "a date that is not before lowest", "不早于 lowest 的日期");
        }
        Some(_) => {}
        None if Ends::new(entry, day_of).is_some() => report.kind(),
        None => report.field("highest", "a number or a date, as lowest is", "与 lowest 同为整数或同为日期"),
    }
}

/// The type of the treated column; `None` where it has nothing that can be beyond the bounds.
pub(super) fn output(entry: &ColumnPlan, plain: &DataType) -> Option<DataType> {
    let meant = match TopBottom::new(entry)? {
        TopBottom::Numbers(_) => number::is_exact(plain) || number::is_float(plain),
        // A zone would make the day of a moment a question.
        TopBottom::Days { .. } if matches!(plain, DataType::Timestamp(_, zone) if zone.is_some()) => false,
        TopBottom::Days { .. } => days::are_written(plain) || days::units(plain).is_some(),
    };
    meant.then(|| plain.clone())
}

impl TopBottom {
    /// `None` where the bounds are of two sorts, no day, or of a kind that is no date.
    pub(super) fn new(entry: &ColumnPlan) -> Option<Self> {
        let numbers = Ends::new(entry, Bound::number).map(TopBottom::Numbers);
        numbers.or_else(|| Some(TopBottom::Days { ends: Ends::new(entry, day_of)?, kind: days::kind(entry)? }))
    }

    pub(super) fn treat(&self, array: &ArrayRef, output: &DataType, column: &str) -> Result<Cells, PlanError> {
        match self {
            TopBottom::Numbers(ends) => numbers(*ends, array, output, column),
            TopBottom::Days { ends, kind } => match days::units(output) {
                Some(units) => number::counts(array, column, &mut |_, count| {
                    let day = count.div_euclid(units);
                    let end = ends.beyond(day, day, days::since_epoch);
                    Some(end.map_or(count, |end| days::since_epoch(end) * units))
                }),
                None => days::treat(array, output, column, *kind, &mut |_, day| {
                    Some(ends.beyond(day, day, |end| end).unwrap_or(day))
                }),
            },
        }
    }
}

fn numbers(ends: Ends<i64>, array: &ArrayRef, output: &DataType, column: &str) -> Result<Cells, PlanError> {
    let beyond = |floor: i128, ceiling: i128| ends.beyond(floor, ceiling, i128::from).map(i128::from);
    let mut exact = |_, number: Number| {
        // The whole numbers around it lie beyond a whole bound just where the number does.
        let unit = number::power_of_ten(number.scale)?;
        let floor = number.unscaled.div_euclid(unit);
        let ceiling = floor + i128::from(number.unscaled.rem_euclid(unit) != 0);
        Some(beyond(floor, ceiling).map_or(number, Number::whole))
    };
    number::treat(array, output, column, &mut exact, &mut |value, _, text| match beyond(
        value.floor() as i128,
        value.ceil() as i128,
    ) {
        None => Some(Float::Same),
        Some(bound) => number::answer(Number::whole(bound), text),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{
        Array, AsArray, Date32Array, Date64Array, Decimal128Array, Float16Array, Float64Array, Int32Array, StringArray,
        TimestampSecondArray, UInt8Array,
    };
    use arrow::datatypes::{
        ArrowPrimitiveType, Date32Type, Date64Type, Decimal128Type, Float16Type, Float64Type, Int32Type,
        TimestampSecondType, UInt8Type,
    };

    use super::super::vocabulary::Transform;
    use super::*;

    impl From<&str> for Bound {
        fn from(day: &str) -> Self {
            Bound::Day(day.to_owned())
        }
    }

    fn treat<B: Into<Bound>>(
        lowest: impl Into<Option<B>>,
        highest: impl Into<Option<B>>,
        array: impl Array + 'static,
    ) -> Cells {
        let output = array.data_type().clone();
        let array: ArrayRef = Arc::new(array);
        let (lowest, highest) = (lowest.into().map(B::into), highest.into().map(B::into));
        let entry = ColumnPlan { lowest, highest, ..ColumnPlan::new(Transform::TopBottom) };
        assert_eq!(super::output(&entry, &output), Some(output.clone()));
        TopBottom::new(&entry).unwrap().treat(&array, &output, "c").unwrap()
    }

    #[test]
    fn only_what_lies_beyond_a_bound_is_coded() {
        let text = StringArray::from(vec!["17", "18", "90", "90.01", "-1e5", "+019.50", "17.999"]);
        let cells = treat::<i64>(18, 90, text);
        let text: Vec<_> = cells.array.as_string::<i32>().iter().flatten().collect();
        assert_eq!(text, ["18", "18", "90", "90", "[redacted]", "19.50", "18"]);
        let decimals = Decimal128Array::from(vec![8_999, 9_001, -9_001]).with_precision_and_scale(4, 2).unwrap();
        let cells = treat::<i64>(None, 90, decimals);
        assert_eq!(cells.array.as_primitive::<Decimal128Type>().values(), &[8_999, 9_000, -9_001]);
        let floats = Float64Array::from(vec![89.9, 90.1, 1e300, -1e300, f64::NEG_INFINITY]);
        let cells = treat::<i64>(-5, 90, floats);
        let floats: Vec<_> = cells.array.as_primitive::<Float64Type>().iter().collect();
        assert_eq!(floats, [Some(89.9), Some(90.0), Some(90.0), Some(-5.0), None]);
        assert_eq!((cells.invalid, cells.changed), (vec![4], 4));
    }

    #[test]
    fn a_bound_that_the_type_lacks_is_invalid_only_where_it_is_needed() {
        let cells = treat::<i64>(None, -1, UInt8Array::from(vec![0]));
        assert_eq!(cells.invalid, [0]);
        let cells = treat::<i64>(-1, 300, UInt8Array::from(vec![0, 255]));
        assert_eq!(cells.array.as_primitive::<UInt8Type>().values(), &[0, 255]);
    }

    const LOWEST: &str = "1930-01-01";
    const HIGHEST: &str = "2010-12-31";

    #[test]
    fn dates_beyond_a_bound_become_it_in_their_type() {
        // 1929-12-31, 1930-01-01, 2010-12-31, 2011-01-01; and days that no calendar of four digits has.
        let days = vec![-14_611, -14_610, 14_974, 14_975, i32::MIN, i32::MAX];
        let cells = treat::<&str>(LOWEST, HIGHEST, Date32Array::from(days.clone()));
        let (low, high) = (-14_610, 14_974);
        assert_eq!(cells.array.as_primitive::<Date32Type>().values(), &[low, low, high, high, low, high]);
        assert_eq!((cells.invalid.len(), cells.changed), (0, 4));
        let milliseconds = days.iter().map(|day| i64::from(*day) * 86_400_000).collect::<Vec<_>>();
        let cells = treat::<&str>(None, HIGHEST, Date64Array::from(milliseconds.clone()));
        let at = |day: i64| day * 86_400_000;
        let expected =
            [milliseconds[0], milliseconds[1], at(high.into()), at(high.into()), milliseconds[4], at(14_974)];
        assert_eq!(cells.array.as_primitive::<Date64Type>().values(), &expected);
        // The last second of the bound's own day stays, the next one goes back to its midnight.
        let seconds = vec![14_975 * 86_400 - 1, 14_975 * 86_400, -14_610 * 86_400 - 1, -14_610 * 86_400 + 5];
        let cells = treat::<&str>(LOWEST, HIGHEST, TimestampSecondArray::from(seconds));
        let seconds = cells.array.as_primitive::<TimestampSecondType>();
        let expected = [14_975 * 86_400 - 1, 14_974 * 86_400, -14_610 * 86_400, -14_610 * 86_400 + 5];
        assert_eq!(seconds.values(), &expected);
    }

    #[test]
    fn written_dates_keep_one_form() {
        let text = vec!["1929-12-31", "1930年1月1日", "20110101", "2010/12/31 23:59", "9999-9-9", "1930-02-30", "45"];
        let cells = treat::<&str>(LOWEST, HIGHEST, StringArray::from(text));
        let text: Vec<_> = cells.array.as_string::<i32>().iter().flatten().collect();
        let redacted = "[redacted]";
        assert_eq!(text, [LOWEST, LOWEST, HIGHEST, HIGHEST, redacted, redacted, redacted]);
        let numbers = vec![19_291_231, 19_900_307, 20_110_101, 19_900_230, 45];
        let cells = treat::<&str>(LOWEST, HIGHEST, Int32Array::from(numbers));
        let numbers: Vec<_> = cells.array.as_primitive::<Int32Type>().iter().collect();
        assert_eq!(numbers, [Some(19_300_101), Some(19_900_307), Some(20_101_231), None, None]);
        assert_eq!(cells.invalid, [3, 4]);
    }

    #[test]
    fn bounds_have_a_meaning_on_their_own_types_alone() {
        let entry = |bound: Bound| ColumnPlan { lowest: Some(bound), ..ColumnPlan::new(Transform::TopBottom) };
        let zoned = DataType::Timestamp(arrow::datatypes::TimeUnit::Second, Some("+08:00".into()));
        for (plain, number, day) in [
            (DataType::Int16, true, false),
            (DataType::Int64, true, true),
            (DataType::Float64, true, false),
            (DataType::Float16, true, false),
            (DataType::Utf8View, true, true),
            (DataType::Date32, false, true),
            (DataType::Boolean, false, false),
            (zoned, false, false),
        ] {
            assert_eq!(output(&entry(1.into()), &plain).is_some(), number, "{plain}");
            assert_eq!(output(&entry(LOWEST.into()), &plain).is_some(), day, "{plain}");
        }
    }

    #[test]
    fn halves_of_floats_are_coded_too() {
        type Half = <Float16Type as ArrowPrimitiveType>::Native;
        let half = |value: f32| Half::from_f32(value);
        let cells = treat::<i64>(18, 90, Float16Array::from(vec![half(17.9), half(45.5), half(90.1), Half::INFINITY]));
        let halves: Vec<_> = cells.array.as_primitive::<Float16Type>().iter().collect();
        assert_eq!(halves, [Some(half(18.0)), Some(half(45.5)), Some(half(90.0)), None]);
    }
}
