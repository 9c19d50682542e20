//! The values of a page as Arrow arrays, by Parquet's plain encoding.

use std::sync::Arc;

use arrow::array::{
    ArrayData, ArrayRef, BinaryArray, BooleanArray, Decimal128Array, Int32Array, StringArray, make_array,
};
use arrow::buffer::{BooleanBuffer, Buffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{DataType, TimeUnit};
use parquet::basic::{ConvertedType, Type};
use parquet::schema::types::ColumnDescriptor;

use super::hybrid::is_zero_from;

/// What the values of a column are made of.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::table) enum Shape {
    Text,
    Bytes,
    Booleans,
    /// Numbers whose bytes are those of the Arrow type, so many a number.
    Numbers(DataType, usize),
    /// Numbers in 32 bits that must fit fewer.
    Narrow(i32, i32),
    /// Bytes of a fixed length: a decimal in big-endian order.
    Decimal(u8, i8, usize),
    /// A decimal in four or eight bytes.
    ShortDecimal(u8, i8, usize),
}

impl Shape {
    /// How a column of the Arrow type lies in a Parquet column of this description; `None` where it isn't known here, or
    /// where the description says another unit.
    pub(in crate::table) fn of(
        data_type: &DataType,
        column: &ColumnDescriptor,
        as_written: &ColumnDescriptor,
    ) -> Option<Shape> {
        let physical = column.physical_type();
        let alike = physical == as_written.physical_type()
            && (physical != Type::FIXED_LEN_BYTE_ARRAY || column.type_length() == as_written.type_length());
        if !alike || column.max_rep_level() != 0 || column.max_def_level() > 1 || column.path().parts().len() != 1 {
            return None;
        }
        let same_unit = column.logical_type_ref() == as_written.logical_type_ref()
            || (column.converted_type() == as_written.converted_type()
                && column.converted_type() != ConvertedType::NONE);
        let length = usize::try_from(column.type_length()).unwrap_or(0);
        Some(match (data_type, physical) {
            (DataType::Dictionary(_, value), _) => return Shape::of(value, column, as_written),
            (DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View, Type::BYTE_ARRAY) => Shape::Text,
            (DataType::Binary | DataType::LargeBinary | DataType::BinaryView, Type::BYTE_ARRAY) => Shape::Bytes,
            (DataType::Boolean, Type::BOOLEAN) => Shape::Booleans,
            (DataType::Int8, Type::INT32) => Shape::Narrow(i32::from(i8::MIN), i32::from(i8::MAX)),
            (DataType::Int16, Type::INT32) => Shape::Narrow(i32::from(i16::MIN), i32::from(i16::MAX)),
            (DataType::UInt8, Type::INT32) => Shape::Narrow(0, i32::from(u8::MAX)),
            (DataType::UInt16, Type::INT32) => Shape::Narrow(0, i32::from(u16::MAX)),
            (DataType::Int32 | DataType::UInt32 | DataType::Date32, Type::INT32) => {
                Shape::Numbers(data_type.clone(), 4)
            }
            (DataType::Int64 | DataType::UInt64, Type::INT64) => Shape::Numbers(data_type.clone(), 8),
            (DataType::Float32, Type::FLOAT) => Shape::Numbers(DataType::Float32, 4),
            (DataType::Float64, Type::DOUBLE) => Shape::Numbers(DataType::Float64, 8),
            (DataType::Time32(TimeUnit::Millisecond), Type::INT32) if same_unit => Shape::Numbers(data_type.clone(), 4),
            (DataType::Date64 | DataType::Time64(_) | DataType::Timestamp(..), Type::INT64) if same_unit => {
                Shape::Numbers(data_type.clone(), 8)
            }
            (DataType::Decimal128(precision, scale), Type::INT32) => Shape::ShortDecimal(*precision, *scale, 4),
            (DataType::Decimal128(precision, scale), Type::INT64) => Shape::ShortDecimal(*precision, *scale, 8),
            (DataType::Decimal128(precision, scale), Type::FIXED_LEN_BYTE_ARRAY) if (1..=16).contains(&length) => {
                Shape::Decimal(*precision, *scale, length)
            }
            _ => return None,
        })
    }

    /// The first `count` values that the bytes hold, and how many bytes they take (for booleans: all of them, with
    /// nothing but these values). `None` where the bytes do not hold them.
    pub(super) fn plain(&self, bytes: &[u8], count: usize) -> Option<(ArrayRef, usize)> {
        let fixed = |width: usize| bytes.get(..count.checked_mul(width)?);
        Some(match self {
            Shape::Text => {
                let (offsets, values, taken) = split(bytes, count)?;
                (Arc::new(StringArray::try_new(offsets, values, None).ok()?), taken)
            }
            Shape::Bytes => {
                let (offsets, values, taken) = split(bytes, count)?;
                (Arc::new(BinaryArray::try_new(offsets, values, None).ok()?), taken)
            }
            Shape::Booleans => {
                if bytes.len() != count.div_ceil(8) || !is_zero_from(bytes, count) {
                    return None;
                }
                (Arc::new(BooleanArray::new(BooleanBuffer::new(Buffer::from(bytes), 0, count), None)), bytes.len())
            }
            Shape::Numbers(data_type, width) => {
                let taken = fixed(*width)?;
                let data = ArrayData::builder(data_type.clone()).len(count).add_buffer(Buffer::from(taken));
                (make_array(data.build().ok()?), taken.len())
            }
            Shape::Narrow(least, most) => {
                let taken = fixed(4)?;
                let numbers = Int32Array::new(ScalarBuffer::new(Buffer::from(taken), 0, count), None);
                if numbers.values().iter().any(|number| number < least || number > most) {
                    return None;
                }
                (Arc::new(numbers), taken.len())
            }
            Shape::Decimal(precision, scale, width) | Shape::ShortDecimal(precision, scale, width) => {
                let taken = fixed(*width)?;
                let big = matches!(self, Shape::Decimal(..));
                let numbers: Vec<i128> = taken.chunks_exact(*width).map(|bytes| integer(bytes, big)).collect();
                let array = Decimal128Array::new(numbers.into(), None).with_precision_and_scale(*precision, *scale);
                (Arc::new(array.ok()?), taken.len())
            }
        })
    }
}

/// A whole number in two's complement.
fn integer(bytes: &[u8], big: bool) -> i128 {
    let fold = |value: i128, byte: &u8| (value << 8) | i128::from(*byte);
    let value = if big { bytes.iter().fold(0, fold) } else { bytes.iter().rev().fold(0, fold) };
    let unused = 128 - 8 * bytes.len() as u32;
    value << unused >> unused
}

/// Values that are each written after its length.
fn split(bytes: &[u8], count: usize) -> Option<(OffsetBuffer<i32>, Buffer, usize)> {
    let mut offsets: Vec<i32> = Vec::new();
    offsets.try_reserve_exact(count.checked_add(1)?).ok()?;
    let mut values: Vec<u8> = Vec::new();
    values.try_reserve(bytes.len().min(count.saturating_mul(64))).ok()?;
    let mut rest = bytes;
    offsets.push(0);
    for _ in 0..count {
        let (length, after) = rest.split_first_chunk::<4>()?;
        let (value, after) = after.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        values.extend_from_slice(value);
        offsets.push(i32::try_from(values.len()).ok()?);
        rest = after;
    }
    let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
    Some((offsets, Buffer::from_vec(values), bytes.len() - rest.len()))
}

/// The bytes of the longest of so many values that are each written after its length.
pub(super) fn longest_in(bytes: &[u8], count: usize) -> Option<usize> {
    let (mut rest, mut longest) = (bytes, 0);
    for _ in 0..count {
        let (length, after) = rest.split_first_chunk::<4>()?;
        let (value, after) = after.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        longest = longest.max(value.len());
        rest = after;
    }
    Some(longest)
}

/// The bytes of the longest value.
pub(super) fn longest(values: &ArrayRef) -> usize {
    let of =
        |offsets: &[i32]| offsets.windows(2).map(|pair| pair.last().zip(pair.first()).map_or(0, |(b, a)| b - a)).max();
    let text = values.as_any().downcast_ref::<StringArray>().map(|values| of(values.value_offsets()));
    let bytes = values.as_any().downcast_ref::<BinaryArray>().map(|values| of(values.value_offsets()));
    text.or(bytes).flatten().and_then(|longest| usize::try_from(longest).ok()).unwrap_or(16)
}
