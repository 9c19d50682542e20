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
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, BinaryArray, BinaryViewArray, BooleanArray, LargeBinaryArray,
    LargeStringArray, PrimitiveArray, StringArray, StringArrayType, StringViewArray,
};
use arrow::buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Date32Type, Date64Type, TimeUnit};
use arrow::downcast_primitive_array;
use jiff::ToSpan;
use jiff::civil::Date;

use super::PlanError;
use crate::crypto::Hasher;
use crate::terms::Digest;

/// The type without its dictionary; `None` where a cell of the type has no logical value here.
pub(crate) fn plain_type(data_type: &DataType) -> Option<&DataType> {
    use DataType::*;
    match data_type {
        Dictionary(_, value) if !matches!(value.as_ref(), Dictionary(..)) => plain_type(value),
        Null | Boolean | Int8 | Int16 | Int32 | Int64 | UInt8 | UInt16 | UInt32 | UInt64 | Float16 | Float32
        | Float64 | Date32 | Date64 | Time32(_) | Time64(_) | Timestamp(..) | Duration(_) | Utf8 | LargeUtf8
        | Utf8View | Binary | LargeBinary | BinaryView | Decimal32(..) | Decimal64(..) | Decimal128(..)
        | Decimal256(..) => Some(data_type),
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
            let scaled =
                |count: i64, out: &mut Vec<u8>| append(out, format_args!("{}ns", i128::from(count) * nanoseconds));
            match cast(array, &DataType::Int64) {
                Ok(counts) => written(counts.as_primitive::<arrow::datatypes::Int64Type>(), see, scaled),
                Err(_) => return false,
            }
        }
        DataType::Decimal32(_, scale)
        | DataType::Decimal64(_, scale)
        | DataType::Decimal128(_, scale)
        | DataType::Decimal256(_, scale) => {
            let scale = *scale;
            downcast_primitive_array!(
                array => written(array, see, |value, out| append(out, format_args!("{value:?}e-{scale}"))),
                _ => return false
            );
        }
        _ => {
            downcast_primitive_array!(
                array => written(array, see, |value, out| append(out, format_args!("{value:?}"))),
                _ => return false
            );
        }
    }
    true
}

/// Visits a primitive array, each value written into one buffer that is used again.
fn written<T: ArrowPrimitiveType>(
    array: &PrimitiveArray<T>,
    see: &mut dyn FnMut(Option<&[u8]>),
    write: impl Fn(T::Native, &mut Vec<u8>),
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

fn date(days: i64, out: &mut Vec<u8>) {
    match Date::constant(1970, 1, 1).checked_add(days.clamp(-7_304_484, 7_304_484).days()) {
        Ok(date) if date.year() >= 1 && days.abs() < 7_304_484 => append(out, format_args!("{date}")),
        _ => append(out, format_args!("{days}d")),
    }
}

fn float(value: f64, out: &mut Vec<u8>) {
    let value = match value {
        value if value.is_nan() => f64::NAN,
        0.0 => 0.0,
        value => value,
    };
    append(out, format_args!("f64:{:016x}", value.to_bits()));
}

/// The digest of a logical column: SHA-256 over `kaifang/column/v1`, a zero byte, and for each cell in order a zero byte
/// for null, or a one byte, the length of its logical bytes as eight bytes (big endian), and those bytes.
///
/// It depends on neither the batches nor the Arrow type of text.
#[derive(Clone)]
pub(crate) struct ColumnHasher {
    hasher: Hasher,
    buffer: Vec<u8>,
}

impl ColumnHasher {
    /// What is gathered before it is hashed.
    const CHUNK: usize = 64 * 1024;

    pub(crate) fn new() -> Self {
        let mut hasher = Hasher::sha256();
        hasher.update(b"kaifang/column/v1\0");
        ColumnHasher { hasher, buffer: Vec::new() }
    }

    /// Adds the cells of a batch. `false` where the type has no logical value.
    #[must_use]
    pub(crate) fn update(&mut self, array: &ArrayRef) -> bool {
        let ColumnHasher { hasher, buffer } = self;
        visit(array, &mut |cell| {
            match cell {
                None => buffer.push(0),
                Some(bytes) => {
                    buffer.push(1);
                    buffer.extend_from_slice(&(bytes.len() as u64).to_be_bytes());
                    if bytes.len() < Self::CHUNK {
                        buffer.extend_from_slice(bytes);
                    } else {
                        hasher.update(buffer);
                        buffer.clear();
                        hasher.update(bytes);
                    }
                }
            }
            if buffer.len() >= Self::CHUNK {
                hasher.update(buffer);
                buffer.clear();
            }
        })
    }

    pub(crate) fn finish(mut self) -> Digest {
        self.hasher.update(&self.buffer);
        self.hasher.finish()
    }
}

/// The logical digest of one column: see [`crate::desensitize`] for its definition. `None` where the type has none.
#[must_use]
pub fn column_digest(batches: &[ArrayRef]) -> Option<Digest> {
    let mut hasher = ColumnHasher::new();
    batches.iter().all(|batch| hasher.update(batch)).then(|| hasher.finish())
}

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
    // A moment widens to its day.
    let array = match array.data_type() {
        DataType::Timestamp(unit, None) => days_of(&array, *unit).ok_or_else(|| too_large(column))?,
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
