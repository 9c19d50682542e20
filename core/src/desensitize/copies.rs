//! Columns written anew: text, copies that hold nothing but the cells, constants.
//!
//! This file must never let a byte through that no cell of its answer holds.

use std::fmt::Display;
use std::io::Write as _;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, BinaryArray, BinaryViewArray, BooleanArray, FixedSizeBinaryArray,
    LargeBinaryArray, LargeStringArray, PrimitiveArray, StringArray, StringArrayType, StringViewArray,
};
use arrow::buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Date64Type, Float32Type, Float64Type, TimeUnit};
use arrow::downcast_primitive_array;
use arrow::error::ArrowError;

use super::PlanError;
use super::logical::{plain, plain_type, visit};

/// The digits of the smallest 64-bit float, its sign and point.
const LONGEST_FLOAT: usize = 1100;

/// A text column under construction: bytes and offsets, every growth tried before it is done. One batch holds at most
/// 2 GiB of one column.
pub(crate) struct Writer<'a> {
    column: &'a str,
    bytes: Vec<u8>,
    offsets: Vec<i32>,
}

impl<'a> Writer<'a> {
    /// Room for so many values and bytes.
    pub(crate) fn new(rows: usize, bytes: usize, column: &'a str) -> Result<Self, PlanError> {
        let mut writer = Writer { column, bytes: Vec::new(), offsets: Vec::new() };
        let reserved = writer.offsets.try_reserve_exact(rows + 1).and_then(|()| writer.bytes.try_reserve(bytes));
        reserved.map_err(|_| too_large(column))?;
        writer.offsets.push(0);
        Ok(writer)
    }

    /// Appends one value, which `write` appends to the bytes; `most` = how many it may append.
    pub(crate) fn value<R>(&mut self, most: usize, write: impl FnOnce(&mut Vec<u8>) -> R) -> Result<R, PlanError> {
        self.bytes.try_reserve(most).map_err(|_| too_large(self.column))?;
        let answer = write(&mut self.bytes);
        self.offsets.push(i32::try_from(self.bytes.len()).map_err(|_| too_large(self.column))?);
        Ok(answer)
    }

    /// The column as one of the three text types.
    pub(crate) fn finish(self, nulls: Option<NullBuffer>, data_type: &DataType) -> Result<ArrayRef, PlanError> {
        let column = self.column;
        let bytes = Buffer::from_vec(self.bytes);
        if *data_type == DataType::LargeUtf8 {
            let mut wide: Vec<i64> = Vec::new();
            wide.try_reserve_exact(self.offsets.len()).map_err(|_| too_large(column))?;
            wide.extend(self.offsets.into_iter().map(i64::from));
            let text = LargeStringArray::try_new(OffsetBuffer::new(ScalarBuffer::from(wide)), bytes, nulls);
            return Ok(Arc::new(text.map_err(|_| too_large(column))?));
        }
        let text = StringArray::try_new(OffsetBuffer::new(ScalarBuffer::from(self.offsets)), bytes, nulls);
        let text = text.map_err(|_| too_large(column))?;
        Ok(match data_type {
            DataType::Utf8View => Arc::new(StringViewArray::from(&text)),
            _ => Arc::new(text),
        })
    }
}

pub(crate) fn too_large(column: &str) -> PlanError {
    PlanError::TooLarge { column: column.to_owned() }
}

/// The nulls of an array in bits of their own: those of a slice lie among its neighbours'.
pub(crate) fn own_nulls(array: &dyn Array) -> Option<NullBuffer> {
    let nulls = array.logical_nulls().filter(|nulls| nulls.null_count() > 0)?;
    Some(NullBuffer::new(BooleanBuffer::collect_bool(nulls.len(), |row| nulls.is_valid(row))))
}

/// The column as text of its logical values, for transforms that read text.
pub(crate) fn as_text(array: &ArrayRef, column: &str) -> Result<ArrayRef, PlanError> {
    let array = plain(array).ok_or_else(|| too_large(column))?;
    if matches!(array.data_type(), DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View) {
        return Ok(array);
    }
    // A moment widens to its day, and numbers with decimals are written as people write them.
    let array = match array.data_type() {
        DataType::Timestamp(unit, None) => days_of(&array, *unit).ok_or_else(|| too_large(column))?,
        DataType::Decimal32(..) | DataType::Decimal64(..) | DataType::Decimal128(..) | DataType::Decimal256(..) => {
            let written = cast(&array, &DataType::Utf8).map_err(|_| too_large(column))?;
            return copy_text(written.as_string::<i32>(), column);
        }
        DataType::Float16 | DataType::Float32 => {
            return written(cast(&array, &DataType::Float32), column, |array| {
                array.as_primitive::<Float32Type>().clone()
            });
        }
        DataType::Float64 => {
            return written(Ok(array), column, |array| array.as_primitive::<Float64Type>().clone());
        }
        _ => array,
    };
    let mut writer = Writer::new(array.len(), 0, column)?;
    let mut failed = None;
    visit(&array, &mut |cell| {
        let bytes = cell.unwrap_or_default();
        failed = failed.take().or(writer.value(bytes.len(), |out| out.extend_from_slice(bytes)).err());
    });
    failed.map_or(Ok(()), Err)?;
    writer.finish(own_nulls(&array), &DataType::Utf8)
}

/// A column of floats, each by the shortest digits that read back as it.
fn written<T: ArrowPrimitiveType<Native: Display>>(
    array: Result<ArrayRef, ArrowError>,
    column: &str,
    typed: impl FnOnce(&ArrayRef) -> PrimitiveArray<T>,
) -> Result<ArrayRef, PlanError> {
    let array = typed(&array.map_err(|_| too_large(column))?);
    let mut writer = Writer::new(array.len(), 0, column)?;
    for cell in &array {
        // Writing to a vector can't fail.
        writer.value(LONGEST_FLOAT, |out| cell.map(|value| write!(out, "{value}")))?;
    }
    writer.finish(own_nulls(&array), &DataType::Utf8)
}

fn days_of(array: &ArrayRef, unit: TimeUnit) -> Option<ArrayRef> {
    let per_day: i64 = match unit {
        TimeUnit::Second => 86_400,
        TimeUnit::Millisecond => 86_400_000,
        TimeUnit::Microsecond => 86_400_000_000,
        TimeUnit::Nanosecond => 86_400_000_000_000,
    };
    let counts = cast(array, &DataType::Int64).ok()?;
    // Days of 64-bit seconds may not fit a Date32, so milliseconds of whole days stand for them.
    let counts = counts.as_primitive::<arrow::datatypes::Int64Type>();
    let days: PrimitiveArray<Date64Type> = counts.unary(|count| count.div_euclid(per_day).saturating_mul(86_400_000));
    Some(Arc::new(days))
}

/// A copy that holds the cells and nothing else: no dictionary value that no row uses, no neighbour of a slice, no bytes
/// under nulls.
pub(crate) fn clean(array: &ArrayRef, column: &str) -> Result<ArrayRef, PlanError> {
    let array = plain(array).ok_or_else(|| too_large(column))?;
    let array = array.as_ref();
    Ok(match array.data_type() {
        DataType::Utf8 => copy_text(array.as_string::<i32>(), column)?,
        DataType::LargeUtf8 => copy_text(array.as_string::<i64>(), column)?,
        DataType::Utf8View => copy_text(array.as_string_view(), column)?,
        DataType::Binary => Arc::new(array.as_binary::<i32>().iter().collect::<BinaryArray>()),
        DataType::LargeBinary => Arc::new(array.as_binary::<i64>().iter().collect::<LargeBinaryArray>()),
        DataType::BinaryView => Arc::new(array.as_binary_view().iter().collect::<BinaryViewArray>()),
        DataType::FixedSizeBinary(width) => {
            let cells =
                FixedSizeBinaryArray::try_from_sparse_iter_with_size(array.as_fixed_size_binary().iter(), *width);
            Arc::new(cells.map_err(|_| too_large(column))?)
        }
        DataType::Boolean => Arc::new(array.as_boolean().iter().collect::<BooleanArray>()),
        DataType::Null => Arc::new(arrow::array::NullArray::new(array.len())),
        _ => downcast_primitive_array!(
            array => copy_numbers(array, column)?,
            _ => return Err(too_large(column))
        ),
    })
}

fn copy_text<'a, A: StringArrayType<'a>>(array: A, column: &str) -> Result<ArrayRef, PlanError> {
    let mut writer = Writer::new(array.len(), 0, column)?;
    for cell in array.iter() {
        let bytes = cell.unwrap_or_default().as_bytes();
        writer.value(bytes.len(), |out| out.extend_from_slice(bytes))?;
    }
    writer.finish(own_nulls(&array), array.data_type())
}

fn copy_numbers<T: ArrowPrimitiveType>(array: &PrimitiveArray<T>, column: &str) -> Result<ArrayRef, PlanError> {
    let mut values: Vec<T::Native> = Vec::new();
    values.try_reserve_exact(array.len()).map_err(|_| too_large(column))?;
    values.extend(array.iter().map(Option::unwrap_or_default));
    let copy = PrimitiveArray::<T>::new(values.into(), own_nulls(array));
    Ok(Arc::new(copy.with_data_type(array.data_type().clone())))
}

/// A column of one text, null where the input is.
pub(crate) fn constant(text: &str, array: &ArrayRef, column: &str) -> Result<ArrayRef, PlanError> {
    let valid = own_nulls(array);
    let mut writer = Writer::new(array.len(), 0, column)?;
    for row in 0..array.len() {
        let shown = if valid.as_ref().is_none_or(|valid| valid.is_valid(row)) { text } else { "" };
        writer.value(shown.len(), |out| out.extend_from_slice(shown.as_bytes()))?;
    }
    writer.finish(valid, plain_type(array.data_type()).unwrap_or(&DataType::Utf8))
}
