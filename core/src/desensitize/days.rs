//! Cells that are days, and units that a day is of.
//!
//! Text is any spelling of a date ([`crate::kinds::date`]), a whole number one of eight digits (`19900307`). `9999`, which
//! means no end, is no day.

use std::io::Write as _;

use arrow::array::ArrayRef;
use arrow::datatypes::{DataType, TimeUnit};
use jiff::civil::Date;

use super::PlanError;
use super::cells::{Cells, each_row};
use super::column::ColumnPlan;
use super::copies::{as_text, too_large};
use super::logical::plain;
use super::number;
use super::step::is_text;
use crate::kinds::date::{Reading, parse};
use crate::kinds::{self, Kind};

/// The kind that days are read by; `None` where an entry has one that is no date.
pub(super) fn kind(entry: &ColumnPlan) -> Option<Kind> {
    let kind = entry.kind.unwrap_or(Kind::Date);
    matches!(kind, Kind::Date | Kind::BirthDate).then_some(kind)
}

/// Types whose cells can be written days: text, and whole numbers that hold eight digits.
pub(super) fn are_written(plain: &DataType) -> bool {
    is_text(plain) || matches!(plain, DataType::Int32 | DataType::Int64 | DataType::UInt32 | DataType::UInt64)
}

/// How many units of a date or a timestamp are a day; `None` for other types.
pub(super) fn units(plain: &DataType) -> Option<i128> {
    Some(match plain {
        DataType::Date32 => 1,
        DataType::Timestamp(TimeUnit::Second, _) => 86_400,
        DataType::Date64 | DataType::Timestamp(TimeUnit::Millisecond, _) => 86_400_000,
        DataType::Timestamp(TimeUnit::Microsecond, _) => 86_400_000_000,
        DataType::Timestamp(TimeUnit::Nanosecond, _) => 86_400_000_000_000,
        _ => return None,
    })
}

/// Days since 1970-01-01.
pub(super) fn since_epoch(day: Date) -> i128 {
    i128::from(day.duration_since(Date::constant(1970, 1, 1)).as_hours() / 24)
}

/// A column of written days, day by day: text becomes `YYYY-MM-DD`, whole numbers stay in their type. `answer` gets the row
/// and the day; `None` = invalid, as is a cell that is no day of its kind.
pub(super) fn treat(
    array: &ArrayRef,
    output: &DataType,
    column: &str,
    kind: Kind,
    answer: &mut dyn FnMut(usize, Date) -> Option<Date>,
) -> Result<Cells, PlanError> {
    if is_text(output) {
        return each_row(&as_text(array, column)?, output, column, |row, value, out| {
            let day = read(kind, value).and_then(|day| answer(row, day)).filter(|day| (1..=9999).contains(&day.year()));
            day.is_some_and(|day| write!(out, "{day}").is_ok())
        });
    }
    let array = plain(array).ok_or_else(|| too_large(column))?;
    number::counts(&array, column, &mut |row, count| {
        let count = u32::try_from(count).ok().filter(|count| EIGHT_DIGITS.contains(count))?;
        let day = answer(row, read(kind, itoa::Buffer::new().format(count))?)?;
        let (year, month, day) = (i128::from(day.year()), i128::from(day.month()), i128::from(day.day()));
        (1000..=9999).contains(&year).then_some(year * 10_000 + month * 100 + day)
    })
}

const EIGHT_DIGITS: std::ops::RangeInclusive<u32> = 10_000_000..=99_999_999;

fn read(kind: Kind, value: &str) -> Option<Date> {
    match parse(&kinds::canonical(kind, value)?)? {
        Reading::Day(day) => Some(day),
        Reading::NoEnd => None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Array, AsArray, Int32Array, StringArray, UInt64Array};
    use arrow::datatypes::{Int32Type, UInt64Type};

    use super::*;

    fn tomorrow(array: impl Array + 'static, kind: Kind) -> Cells {
        let output = array.data_type().clone();
        let array: ArrayRef = Arc::new(array);
        treat(&array, &output, "c", kind, &mut |_, day| day.tomorrow().ok()).unwrap()
    }

    #[test]
    fn whole_numbers_are_days_of_eight_digits() {
        let cells = [19_900_307, 20_191_231, 19_900_230, 9_991_231, -19_900_307, 99_990_101, 2_019, 10_000_101];
        let treated = tomorrow(Int32Array::from(cells.to_vec()), Kind::Date);
        let numbers: Vec<_> = treated.array.as_primitive::<Int32Type>().iter().collect();
        let none = None;
        assert_eq!(
            numbers,
            [Some(19_900_308), Some(20_200_101), none, none, none, none, none, Some(10_000_102)],
            "the year 9999 has no end"
        );
        assert_eq!((treated.invalid, treated.changed), (vec![2, 3, 4, 5, 6], 8));
        // No one in a register was born then; and a moment of fourteen digits is no day.
        let treated = tomorrow(UInt64Array::from(vec![10_000_101, 20_200_618_080_000, 18_500_101]), Kind::BirthDate);
        let numbers: Vec<_> = treated.array.as_primitive::<UInt64Type>().iter().collect();
        assert_eq!(numbers, [None, None, Some(18_500_102)]);
    }

    #[test]
    fn text_is_written_in_one_form() {
        let treated = tomorrow(StringArray::from(vec!["1990年3月7日", "19900307", "9999-9-9", "soon"]), Kind::Date);
        let text: Vec<_> = treated.array.as_string::<i32>().iter().flatten().collect();
        assert_eq!(text, ["1990-03-08", "1990-03-08", "[redacted]", "[redacted]"]);
    }

    #[test]
    fn days_are_counted_from_1970() {
        for (day, count) in [((1970, 1, 1), 0), ((1969, 12, 31), -1), ((1990, 3, 7), 7_370), ((1, 1, 1), -719_162)] {
            assert_eq!(since_epoch(Date::constant(day.0, day.1, day.2)), count);
        }
    }
}
