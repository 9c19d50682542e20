//! Exact numbers: what rounding, coding and noise do their arithmetic on.
//!
//! Text, whole numbers and decimals are a 128-bit whole number and a count of decimals, so nothing is rounded that was
//! not asked for. Floats have no exact decimal value; they count as the shortest digits that read back as the same float,
//! which is how people and files write them. A typed column keeps its type: an answer that does not fit is invalid.

use std::fmt::{Display, Write as _};
use std::str::FromStr;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, PrimitiveArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{
    DataType, Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type, Float16Type,
    Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, TimeUnit, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type,
    UInt64Type, i256,
};

use super::PlanError;
use super::cells::{Cells, each_row};
use super::copies::too_large;
use super::step::is_text;
use crate::kinds::fold;

/// `unscaled` divided by ten to the power `scale`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Number {
    pub(super) unscaled: i128,
    pub(super) scale: u32,
}

/// What becomes of a float.
pub(super) enum Float {
    Same,
    /// The nearest float to what was written.
    Written,
}

/// What a transform does with exact numbers: the row and the number; `None` = invalid.
pub(super) type Exact<'a> = &'a mut dyn FnMut(usize, Number) -> Option<Number>;

/// What it does with floats: the value, its shortest digits, and where the answer may be written.
pub(super) type OfFloat<'a> = &'a mut dyn FnMut(f64, &dyn Display, &mut String) -> Option<Float>;

/// Ten to this power, as far as 128 bits reach.
pub(super) fn power_of_ten(exponent: u32) -> Option<i128> {
    10_i128.checked_pow(exponent)
}

impl Number {
    /// A whole number.
    pub(super) fn whole(unscaled: i128) -> Self {
        Number { unscaled, scale: 0 }
    }

    /// Reads `[+-]?digits[.digits]`, folded, of at most 38 digits. `None` for everything else: no exponents, no separators
    /// of thousands.
    pub(super) fn read(text: &str) -> Option<Self> {
        let text = fold::text(text);
        let (negative, whole, decimals) = parts(&text)?;
        let sum = whole.bytes().chain(decimals.bytes()).try_fold(0_i128, append_digit)?;
        let scale = u32::try_from(decimals.len()).ok()?;
        Some(Number { unscaled: if negative { -sum } else { sum }, scale })
    }

    /// Appends the number with all of its decimals.
    pub(super) fn write(self, out: &mut Vec<u8>) {
        let mut buffer = itoa::Buffer::new();
        let digits = buffer.format(self.unscaled.unsigned_abs());
        let scale = self.scale as usize;
        if self.unscaled < 0 {
            out.push(b'-');
        }
        let whole = digits.len().saturating_sub(scale);
        out.extend_from_slice(if whole == 0 { b"0" } else { digits.as_bytes().get(..whole).unwrap_or_default() });
        if scale > 0 {
            out.push(b'.');
            out.resize(out.len() + scale.saturating_sub(digits.len()), b'0');
            out.extend_from_slice(digits.as_bytes().get(whole..).unwrap_or_default());
        }
    }

    /// The same number with so many decimals; `None` where that takes rounding, or more than 128 bits.
    pub(super) fn at_scale(self, scale: u32) -> Option<i128> {
        match self.scale.checked_sub(scale) {
            Some(fewer) => {
                let factor = power_of_ten(fewer)?;
                (self.unscaled % factor == 0).then_some(self.unscaled / factor)
            }
            None => self.unscaled.checked_mul(power_of_ten(scale - self.scale)?),
        }
    }
}

/// The sign, the digits before the point and those behind it.
fn parts(text: &str) -> Option<(bool, &str, &str)> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, decimals) = match unsigned.split_once('.') {
        Some((_, "")) => return None,
        Some(parts) => parts,
        None => (unsigned, ""),
    };
    let digits = !whole.is_empty() && whole.bytes().chain(decimals.bytes()).all(|byte| byte.is_ascii_digit());
    digits.then_some((text.starts_with('-'), whole, decimals))
}

/// At most 38 digits: as many as every number of 128 bits and every decimal of Arrow's widest common type has.
fn append_digit(sum: i128, digit: u8) -> Option<i128> {
    let sum = sum.checked_mul(10)?.checked_add(i128::from(digit.wrapping_sub(b'0')))?;
    (sum < 10_i128.pow(38)).then_some(sum)
}

/// The greatest whole number that is not above the number in a text of any count of decimals.
pub(super) fn floor(text: &str) -> Option<i128> {
    let text = fold::text(text);
    let (negative, whole, decimals) = parts(&text)?;
    let whole = whole.bytes().try_fold(0_i128, append_digit)?;
    let rest = decimals.bytes().any(|digit| digit != b'0');
    Some(if negative { -whole - i128::from(rest) } else { whole })
}

/// The whole number nearest to a quotient, the even one of two (GB/T 8170-2008, IEEE 754). `divisor` is positive.
pub(super) fn divide(number: i128, divisor: i128) -> i128 {
    let (quotient, rest) = (number.div_euclid(divisor), number.rem_euclid(divisor));
    match rest.cmp(&(divisor - rest)) {
        std::cmp::Ordering::Less => quotient,
        std::cmp::Ordering::Greater => quotient + 1,
        std::cmp::Ordering::Equal => quotient + (quotient & 1),
    }
}

/// Whether values of the type are exact numbers; text is, where it reads as one.
pub(super) fn is_exact(plain: &DataType) -> bool {
    let scale = match plain {
        DataType::Decimal32(_, scale)
        | DataType::Decimal64(_, scale)
        | DataType::Decimal128(_, scale)
        | DataType::Decimal256(_, scale) => *scale,
        _ => return is_text(plain) || plain.is_integer(),
    };
    // A scale below zero counts in tens or hundreds, and what is done here counts in units.
    scale >= 0
}

pub(super) fn is_float(plain: &DataType) -> bool {
    matches!(plain, DataType::Float16 | DataType::Float32 | DataType::Float64)
}

/// A column of numbers, number by number, in the type that it has.
pub(super) fn treat(
    array: &ArrayRef,
    output: &DataType,
    column: &str,
    exact: Exact<'_>,
    float: OfFloat<'_>,
) -> Result<Cells, PlanError> {
    let mut decimals = |precision: u8, scale: i8| {
        let (scale, most) = (u32::try_from(scale).unwrap_or(0), power_of_ten(u32::from(precision)));
        let mut answer = |row, unscaled| {
            let answer = exact(row, Number { unscaled, scale })?.at_scale(scale)?;
            most.is_none_or(|most| (-most < answer) && (answer < most)).then_some(answer)
        };
        counts(array, column, &mut answer)
    };
    match array.data_type() {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
            each_row(array, output, column, |row, value, out| {
                let answer = Number::read(value).and_then(|number| exact(row, number));
                answer.map(|number| number.write(out)).is_some()
            })
        }
        DataType::Float16 => floats::<Float16Type, _>(array.as_primitive(), column, float, Shortest),
        DataType::Float32 => floats::<Float32Type, _>(array.as_primitive(), column, float, |value| value),
        DataType::Float64 => floats::<Float64Type, _>(array.as_primitive(), column, float, |value| value),
        DataType::Decimal32(precision, scale)
        | DataType::Decimal64(precision, scale)
        | DataType::Decimal128(precision, scale)
        | DataType::Decimal256(precision, scale) => decimals(*precision, *scale),
        _ => counts(array, column, &mut |row, whole| exact(row, Number::whole(whole))?.at_scale(0)),
    }
}

/// A column whose values are counts of something (units, days, nanoseconds), count by count, in the type that it has.
pub(super) fn counts(
    array: &ArrayRef,
    column: &str,
    answer: &mut dyn FnMut(usize, i128) -> Option<i128>,
) -> Result<Cells, PlanError> {
    use TimeUnit::{Microsecond, Millisecond, Nanosecond, Second};
    macro_rules! by_type {
        ($($pattern:pat => $type:ty,)*) => {
            match array.data_type() {
                $($pattern => primitive::<$type>(array.as_primitive(), column, &mut |row, value| {
                    let count = answer(row, i128::from(value))?;
                    <$type as ArrowPrimitiveType>::Native::try_from(count).ok()
                }),)*
                DataType::Decimal256(..) => {
                    primitive::<Decimal256Type>(array.as_primitive(), column, &mut |row, value| {
                        Some(i256::from_i128(answer(row, value.to_i128()?)?))
                    })
                }
                _ => Err(too_large(column)),
            }
        };
    }
    by_type! {
        DataType::Int8 => Int8Type,
        DataType::Int16 => Int16Type,
        DataType::Int32 => Int32Type,
        DataType::Int64 => Int64Type,
        DataType::UInt8 => UInt8Type,
        DataType::UInt16 => UInt16Type,
        DataType::UInt32 => UInt32Type,
        DataType::UInt64 => UInt64Type,
        DataType::Decimal32(..) => Decimal32Type,
        DataType::Decimal64(..) => Decimal64Type,
        DataType::Decimal128(..) => Decimal128Type,
        DataType::Date32 => Date32Type,
        DataType::Date64 => Date64Type,
        DataType::Timestamp(Second, _) => TimestampSecondType,
        DataType::Timestamp(Millisecond, _) => TimestampMillisecondType,
        DataType::Timestamp(Microsecond, _) => TimestampMicrosecondType,
        DataType::Timestamp(Nanosecond, _) => TimestampNanosecondType,
    }
}

/// A float of 16 bits, displayed by its shortest digits: its own `Display` has those of 32 bits.
struct Shortest(Half);

type Half = <Float16Type as ArrowPrimitiveType>::Native;

impl Display for Shortest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let wide = self.0.to_f32();
        // Five digits tell all floats of 16 bits apart, and so few are the shortest ones of a float of 32 bits.
        let mut near = (0..5).filter_map(|decimals| format!("{wide:.decimals$e}").parse::<f32>().ok());
        write!(f, "{}", near.find(|near| Half::from_f32(*near) == self.0).unwrap_or(wide))
    }
}

/// `shortest` shows a float by the shortest digits that read back as it.
fn floats<T, S: Display>(
    array: &PrimitiveArray<T>,
    column: &str,
    float: OfFloat<'_>,
    shortest: impl Fn(T::Native) -> S,
) -> Result<Cells, PlanError>
where
    T: ArrowPrimitiveType<Native: FromStr + Into<f64>>,
{
    let mut text = String::new();
    primitive::<T>(array, column, &mut |_, value| {
        let wide: f64 = value.into();
        if !wide.is_finite() {
            return None;
        }
        text.clear();
        let answer = match float(wide, &shortest(value), &mut text)? {
            Float::Same => value,
            Float::Written => text.parse().ok()?,
        };
        let wide: f64 = answer.into();
        wide.is_finite().then_some(answer)
    })
}

/// A primitive column, value by value; what has no answer becomes null and is counted.
fn primitive<T: ArrowPrimitiveType>(
    array: &PrimitiveArray<T>,
    column: &str,
    answer: &mut dyn FnMut(usize, T::Native) -> Option<T::Native>,
) -> Result<Cells, PlanError> {
    let (mut values, mut valid): (Vec<T::Native>, Vec<bool>) = (Vec::new(), Vec::new());
    let reserved = values.try_reserve_exact(array.len()).and_then(|()| valid.try_reserve_exact(array.len()));
    reserved.map_err(|_| too_large(column))?;
    let (mut invalid, mut changed) = (Vec::new(), 0);
    for (row, cell) in array.iter().enumerate() {
        let treated = cell.and_then(|value| answer(row, value));
        if cell.is_some() && treated.is_none() {
            invalid.push(u32::try_from(row).map_err(|_| too_large(column))?);
        }
        changed += u64::from(cell != treated);
        valid.push(treated.is_some());
        values.push(treated.unwrap_or_default());
    }
    let nulls = Some(NullBuffer::from(valid)).filter(|nulls| nulls.null_count() > 0);
    let treated = PrimitiveArray::<T>::new(values.into(), nulls).with_data_type(array.data_type().clone());
    Ok(Cells { array: Arc::new(treated), invalid, changed })
}

/// Writes a number where a float's answer goes.
pub(super) fn answer(number: Number, text: &mut String) -> Option<Float> {
    let mut bytes = Vec::new();
    number.write(&mut bytes);
    text.write_str(std::str::from_utf8(&bytes).ok()?).ok()?;
    Some(Float::Written)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> Option<String> {
        let mut out = Vec::new();
        Number::read(text)?.write(&mut out);
        Some(String::from_utf8(out).unwrap())
    }

    #[test]
    fn numbers_are_read_and_written_exactly() {
        for (text, expected) in [
            ("0", "0"),
            ("-0", "0"),
            ("+007.50", "7.50"),
            (" 12 ", "12"),
            ("-0.05", "-0.05"),
            ("0.001", "0.001"),
            ("１２．５", "12.5"),
            ("99999999999999999999999999999999999999", "99999999999999999999999999999999999999"),
        ] {
            assert_eq!(written(text).as_deref(), Some(expected), "{text}");
        }
        let long = format!("1{}", "0".repeat(38));
        for bad in ["", "-", ".5", "5.", "1e3", "1,000", "1.2.3", "--1", "0x10", "NaN", &long] {
            assert_eq!(Number::read(bad), None, "{bad}");
        }
    }

    #[test]
    fn ties_go_to_the_even_neighbour() {
        for (number, expected) in [(25, 2), (35, 4), (-25, -2), (-35, -4), (24, 2), (26, 3), (-26, -3), (0, 0), (5, 0)]
        {
            assert_eq!(divide(number, 10), expected, "{number}");
        }
        assert_eq!((divide(i128::MAX, 1), divide(i128::MIN, 1)), (i128::MAX, i128::MIN));
    }

    #[test]
    fn the_floor_looks_at_every_decimal() {
        let many = format!("0.{}1", "0".repeat(400));
        for (text, expected) in
            [("9.99", 9), ("-0.0", 0), ("-0.1", -1), ("-3", -3), (&many, 0), (&format!("-{many}"), -1)]
        {
            assert_eq!(floor(text), Some(expected), "{text}");
        }
        assert_eq!((floor("1e3"), floor("9".repeat(40).as_str())), (None, None));
    }

    #[test]
    fn every_float_of_16_bits_has_its_shortest_digits() {
        for bits in 0..0x7c00 {
            let half = Half::from_bits(bits);
            let text = Shortest(half).to_string();
            assert_eq!(Half::from_f32(text.parse().unwrap()), half, "{text}");
            let digits = text.trim_start_matches(['0', '.']).replace('.', "");
            assert!(digits.trim_end_matches('0').len() <= 5, "{text}");
        }
        for (value, text) in [(0.1, "0.1"), (2.675, "2.676"), (65504.0, "65500"), (0.0, "0"), (1.0, "1")] {
            assert_eq!(Shortest(Half::from_f32(value)).to_string(), text);
        }
    }

    #[test]
    fn decimals_move_to_a_scale_only_where_nothing_is_lost() {
        let number = Number { unscaled: 1250, scale: 2 };
        assert_eq!((number.at_scale(1), number.at_scale(0), number.at_scale(3)), (Some(125), None, Some(12_500)));
        assert_eq!(Number::whole(i128::MAX).at_scale(1), None);
    }
}
