//! The logical value of a cell: its bytes whatever the Arrow type, which digests and classes are made of.
//!
//! | type | bytes |
//! |---|---|
//! | text (utf8, large, view, dictionary of it) | UTF-8 |
//! | integers | decimal digits, `-` before them where negative |
//! | booleans | `true`, `false` |
//! | dates | `YYYY-MM-DD`; beyond the years 1–9999 the day number and `d` |
//! | times, timestamps, durations | nanoseconds, decimal, and `ns` |
//! | decimals | the unscaled digits, `e-` and the scale |
//! | floats | `f64:` and the 16 hexadecimal digits of its bits; every NaN and both zeros alike |
//! | binary | the bytes |
//!
//! So a column has one digest in CSV and in Parquet, as long as it is text, whole numbers, booleans or dates.

use std::io::Write;

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, PrimitiveArray};
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type, Int8Type,
    Int16Type, Int32Type, Int64Type, TimeUnit, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};

/// The type without its dictionary; `None` where a cell of the type has no logical value here.
pub(crate) fn plain_type(data_type: &DataType) -> Option<&DataType> {
    use DataType::*;
    match data_type {
        Dictionary(_, value) if !matches!(value.as_ref(), Dictionary(..)) => plain_type(value),
        Null | Boolean | Int8 | Int16 | Int32 | Int64 | UInt8 | UInt16 | UInt32 | UInt64 | Float16 | Float32
        | Float64 | Date32 | Date64 | Time32(_) | Time64(_) | Timestamp(..) | Duration(_) | Utf8 | LargeUtf8
        | Utf8View | Binary | LargeBinary | BinaryView | FixedSizeBinary(_) | Decimal32(..) | Decimal64(..)
        | Decimal128(..) | Decimal256(..) => Some(data_type),
        _ => None,
    }
}

/// A dictionary unpacked; other arrays as they are.
pub(crate) fn plain(array: &ArrayRef) -> Option<ArrayRef> {
    match array.data_type() {
        DataType::Dictionary(_, value) => cast(array, value).ok(),
        _ => Some(ArrayRef::clone(array)),
    }
}

/// Visits every cell in order: its logical bytes, or `None` for null. `false` where the type has none.
pub(crate) fn visit(array: &ArrayRef, see: &mut dyn FnMut(Option<&[u8]>)) -> bool {
    let Some(array) = plain_type(array.data_type()).and_then(|_| plain(array)) else { return false };
    let array = array.as_ref();
    match array.data_type() {
        DataType::Utf8 => array.as_string::<i32>().iter().for_each(|cell| see(cell.map(str::as_bytes))),
        DataType::LargeUtf8 => array.as_string::<i64>().iter().for_each(|cell| see(cell.map(str::as_bytes))),
        DataType::Utf8View => array.as_string_view().iter().for_each(|cell| see(cell.map(str::as_bytes))),
        DataType::Binary => array.as_binary::<i32>().iter().for_each(&mut *see),
        DataType::LargeBinary => array.as_binary::<i64>().iter().for_each(&mut *see),
        DataType::BinaryView => array.as_binary_view().iter().for_each(&mut *see),
        DataType::Null => (0..array.len()).for_each(|_| see(None)),
        DataType::Boolean => array.as_boolean().iter().for_each(|cell| {
            see(cell.map(|value| if value { b"true".as_slice() } else { b"false" }));
        }),
        DataType::Date32 => written(array.as_primitive::<Date32Type>(), see, |days, out| date(i64::from(days), out)),
        DataType::Date64 => {
            written(array.as_primitive::<Date64Type>(), see, |ms, out| date(ms.div_euclid(86_400_000), out));
        }
        DataType::Float16 => written(array.as_primitive::<arrow::datatypes::Float16Type>(), see, |value, out| {
            float(f64::from(value), out);
        }),
        DataType::Float32 => written(array.as_primitive::<arrow::datatypes::Float32Type>(), see, |value, out| {
            float(f64::from(value), out);
        }),
        DataType::Float64 => written(array.as_primitive::<arrow::datatypes::Float64Type>(), see, float),
        DataType::Timestamp(unit, _) | DataType::Duration(unit) | DataType::Time32(unit) | DataType::Time64(unit) => {
            let nanoseconds: i128 = match unit {
                TimeUnit::Second => 1_000_000_000,
                TimeUnit::Millisecond => 1_000_000,
                TimeUnit::Microsecond => 1_000,
                TimeUnit::Nanosecond => 1,
            };
            // 64-bit counts times 10^9 can't overflow 128 bits.
            let mut digits = itoa::Buffer::new();
            let scaled = |count: i64, out: &mut Vec<u8>| {
                out.extend_from_slice(digits.format(i128::from(count) * nanoseconds).as_bytes());
                out.extend_from_slice(b"ns");
            };
            match cast(array, &DataType::Int64) {
                Ok(counts) => written(counts.as_primitive::<Int64Type>(), see, scaled),
                Err(_) => return false,
            }
        }
        DataType::Decimal32(_, scale) => decimals(array.as_primitive::<Decimal32Type>(), *scale, see),
        DataType::Decimal64(_, scale) => decimals(array.as_primitive::<Decimal64Type>(), *scale, see),
        DataType::Decimal128(_, scale) => decimals(array.as_primitive::<Decimal128Type>(), *scale, see),
        DataType::Decimal256(_, scale) => {
            written(array.as_primitive::<Decimal256Type>(), see, |value, out| {
                append(out, format_args!("{value}e-{scale}"))
            });
        }
        DataType::FixedSizeBinary(_) => array.as_fixed_size_binary().iter().for_each(&mut *see),
        DataType::Int8 => integers(array.as_primitive::<Int8Type>(), see),
        DataType::Int16 => integers(array.as_primitive::<Int16Type>(), see),
        DataType::Int32 => integers(array.as_primitive::<Int32Type>(), see),
        DataType::Int64 => integers(array.as_primitive::<Int64Type>(), see),
        DataType::UInt8 => integers(array.as_primitive::<UInt8Type>(), see),
        DataType::UInt16 => integers(array.as_primitive::<UInt16Type>(), see),
        DataType::UInt32 => integers(array.as_primitive::<UInt32Type>(), see),
        DataType::UInt64 => integers(array.as_primitive::<UInt64Type>(), see),
        _ => return false,
    }
    true
}

fn integers<T: ArrowPrimitiveType<Native: itoa::Integer>>(
    array: &PrimitiveArray<T>,
    see: &mut dyn FnMut(Option<&[u8]>),
) {
    let mut digits = itoa::Buffer::new();
    array.iter().for_each(|cell| see(cell.map(|value| digits.format(value).as_bytes())));
}

fn decimals<T: ArrowPrimitiveType<Native: itoa::Integer>>(
    array: &PrimitiveArray<T>,
    scale: i8,
    see: &mut dyn FnMut(Option<&[u8]>),
) {
    let mut digits = itoa::Buffer::new();
    let exponent = format!("e-{scale}");
    written(array, see, |value, out| {
        out.extend_from_slice(digits.format(value).as_bytes());
        out.extend_from_slice(exponent.as_bytes());
    });
}

/// Visits a primitive array, each value written into one buffer that is used again.
fn written<T: ArrowPrimitiveType>(
    array: &PrimitiveArray<T>,
    see: &mut dyn FnMut(Option<&[u8]>),
    mut write: impl FnMut(T::Native, &mut Vec<u8>),
) {
    let mut text = Vec::new();
    for cell in array {
        match cell {
            None => see(None),
            Some(value) => {
                text.clear();
                write(value, &mut text);
                see(Some(&text));
            }
        }
    }
}

fn append(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    // Writing to a vector can't fail.
    let _ = out.write_fmt(text);
}

/// `YYYY-MM-DD`; beyond the years 1 to 9999 the number of the day and `d`.
fn date(days: i64, out: &mut Vec<u8>) {
    let Some((year, month, day)) = civil(days) else {
        return append(out, format_args!("{days}d"));
    };
    let digit = |value: u32| b'0' + (value % 10) as u8;
    out.extend_from_slice(&[
        digit(year / 1000),
        digit(year / 100),
        digit(year / 10),
        digit(year),
        b'-',
        digit(month / 10),
        digit(month),
        b'-',
        digit(day / 10),
        digit(day),
    ]);
}

/// The civil date of a day number, by counting from 1 March of the year 0 so that the leap day is the last of its year.
fn civil(days: i64) -> Option<(u32, u32, u32)> {
    const PER_ERA: u32 = 146_097;
    // 0001-01-01 to 9999-12-31.
    let days = u32::try_from(days + 719_468).ok().filter(|days| (306..=3_652_364).contains(days))?;
    let (era, of_era) = (days / PER_ERA, days % PER_ERA);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    Some((year + era * 400 + u32::from(month <= 2), month, day))
}

fn float(value: f64, out: &mut Vec<u8>) {
    let value = match value {
        value if value.is_nan() => f64::NAN,
        0.0 => 0.0,
        value => value,
    };
    let bits = value.to_bits();
    out.extend_from_slice(b"f64:");
    out.extend((0..16).rev().map(|place| hex_digit((bits >> (4 * place)) as u8 & 15)));
}

/// The hexadecimal digit of a number below 16.
pub(super) fn hex_digit(value: u8) -> u8 {
    if value < 10 { b'0' + value } else { b'a' + value - 10 }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use arrow::array::{Decimal128Array, Float64Array, Int64Array};
    use jiff::ToSpan;
    use jiff::civil::Date;
    use proptest::prelude::*;

    /// Every day of the years 1 to 9999 against the calendar of `jiff`.
    #[test]
    fn days_are_those_of_the_calendar() {
        let epoch = Date::constant(1970, 1, 1);
        let mut expected = Date::constant(1, 1, 1);
        let first = expected.since((jiff::Unit::Day, epoch)).unwrap().get_days();
        for days in i64::from(first).. {
            let mut text = Vec::new();
            date(days, &mut text);
            assert_eq!(String::from_utf8(text).unwrap(), expected.to_string());
            match expected.checked_add(1.day()) {
                Ok(next) => expected = next,
                Err(_) => break,
            }
        }
        for (days, text) in [(i64::from(first) - 1, "-719163d"), (2_932_897, "2932897d")] {
            let mut out = Vec::new();
            date(days, &mut out);
            assert_eq!(out, text.as_bytes());
        }
    }

    /// The logical bytes of every cell.
    fn texts(array: &ArrayRef) -> Vec<String> {
        let mut texts = Vec::new();
        assert!(visit(array, &mut |cell| texts.push(String::from_utf8(cell.unwrap().to_vec()).unwrap())));
        texts
    }

    #[test]
    fn numbers_are_written_as_the_standard_library_writes_them() {
        let mut floats = vec![0.0, -0.0, f64::NAN, -f64::NAN, f64::from_bits(0x7ff0_0000_0000_0001), 0.1, -1.5, 1e308];
        floats.extend([f64::INFINITY, f64::NEG_INFINITY, f64::MIN_POSITIVE, f64::from_bits(0x0123_4567_89ab_cdef)]);
        let expected = floats.iter().map(|value| match value {
            value if value.is_nan() => "f64:7ff8000000000000".to_owned(),
            value if *value == 0.0 => "f64:0000000000000000".to_owned(),
            value => format!("f64:{:016x}", value.to_bits()),
        });
        let expected: Vec<String> = expected.collect();
        assert_eq!(texts(&(Arc::new(Float64Array::from(floats)) as ArrayRef)), expected);

        let counts = [i64::MIN, -1, 0, 1, 1_700_000_000, i64::MAX];
        let units = [TimeUnit::Second, TimeUnit::Millisecond, TimeUnit::Microsecond, TimeUnit::Nanosecond];
        for (unit, nanoseconds) in units.into_iter().zip([1_000_000_000, 1_000_000, 1000, 1_i128]) {
            let moments = cast(&Int64Array::from(counts.to_vec()), &DataType::Timestamp(unit, None)).unwrap();
            assert_eq!(texts(&moments), counts.map(|count| format!("{}ns", i128::from(count) * nanoseconds)));
        }

        for scale in [-2, 0, 3] {
            let values = vec![-12_345, 0, 7, 99_999];
            let decimals = Decimal128Array::from(values.clone()).with_precision_and_scale(9, scale).unwrap();
            let expected: Vec<String> = values.iter().map(|value| format!("{value}e-{scale}")).collect();
            assert_eq!(texts(&(Arc::new(decimals) as ArrayRef)), expected);
        }
    }

    proptest! {
        #[test]
        fn floats_are_the_hexadecimal_digits_of_their_bits(bits in any::<u64>()) {
            let value = f64::from_bits(bits);
            prop_assume!(!value.is_nan() && value != 0.0);
            let mut out = Vec::new();
            float(value, &mut out);
            prop_assert_eq!(out, format!("f64:{bits:016x}").into_bytes());
        }
    }
}
