//! Checks of the raw structures: what arrow-rs takes on trust is checked before it sees it.
//!
//! arrow-rs asserts on missing children, aborts the process on some negative offsets and accepts an array that was
//! already released. What no check can find is a length that lies about memory that is there: such a producer must
//! not be trusted, and can hand over IPC bytes instead.

use std::ffi::{CStr, c_char};

use arrow::array::ArrayData;
use arrow::datatypes::{DataType, Schema};
use arrow::ffi::{FFI_ArrowArray, FFI_ArrowSchema, from_ffi_and_data_type};
use arrow::util::bit_chunk_iterator::UnalignedBitChunk;
use kaifang_core::table::is_sound;

use super::{ArrowArray, ArrowSchema};
use crate::error::Failure;

/// The deepest nesting of a type.
const MAX_DEPTH: usize = 32;
/// The most children of a type.
const MAX_CHILDREN: i64 = 100_000;
/// The most rows of a batch, and the largest offset into one: offsets of text are 32 bits wide.
const MAX_ROWS: i64 = i32::MAX as i64;
/// The most variadic buffers of a view array.
const MAX_BUFFERS: i64 = 1_000_000;

fn wrong(place: &str, zh: &str, en: &str) -> Failure {
    Failure::arrow(place, zh, en)
}

/// Reads a schema that stays the caller's.
///
/// # Safety
/// `schema` is NULL or points to an `ArrowSchema` that follows the C Data Interface where its members are readable.
pub(super) unsafe fn read_schema(schema: *const ArrowSchema) -> Result<Schema, Failure> {
    if schema.is_null() || !schema.is_aligned() {
        return Err(Failure::null("schema"));
    }
    // SAFETY: as promised by the caller.
    unsafe { check_schema(schema, MAX_DEPTH) }?;
    // SAFETY: the layout is that of the C Data Interface on both sides, and the structure was checked.
    let schema = unsafe { &*schema.cast::<FFI_ArrowSchema>() };
    Schema::try_from(schema).map_err(|_| {
        wrong(
            "schema",
            "不是表(结构体)的模式,或含有不支持的类型",
            "not the schema of a table (a struct), or a type is not supported",
        )
    })
}

/// # Safety
/// `schema` is not NULL, aligned and readable.
unsafe fn check_schema(schema: *const ArrowSchema, depth: usize) -> Result<(), Failure> {
    // SAFETY: readable, as promised by the caller.
    let schema = unsafe { &*schema };
    if schema.release.is_none() {
        return Err(wrong("schema.release", "已被释放", "it was released before"));
    }
    let Some(depth) = depth.checked_sub(1) else {
        return Err(wrong("schema", "嵌套超过 32 层", "it is nested deeper than 32 levels"));
    };
    if schema.format.is_null() {
        return Err(wrong("schema.format", "为 NULL", "it is NULL"));
    }
    // SAFETY: not NULL; a C string by the C Data Interface.
    unsafe { check_string("schema.format", schema.format) }?;
    if !schema.name.is_null() {
        // SAFETY: as above.
        unsafe { check_string("schema.name", schema.name) }?;
    }
    if !(0..=MAX_CHILDREN).contains(&schema.n_children) {
        return Err(wrong("schema.n_children", "不在 0 至 100000 之间", "it is not between 0 and 100000"));
    }
    let children = usize::try_from(schema.n_children).unwrap_or(0);
    if children > 0 && (schema.children.is_null() || !schema.children.is_aligned()) {
        return Err(wrong("schema.children", "为 NULL 或未对齐", "it is NULL or misaligned"));
    }
    for index in 0..children {
        // SAFETY: `children` points to `n_children` pointers by the C Data Interface; not NULL, aligned.
        let child = unsafe { *schema.children.add(index) };
        if child.is_null() || !child.is_aligned() {
            return Err(wrong("schema.children", "某个子模式为 NULL 或未对齐", "a child is NULL or misaligned"));
        }
        // SAFETY: not NULL, aligned; a schema by the C Data Interface.
        unsafe { check_schema(child, depth) }?;
    }
    if !schema.dictionary.is_null() {
        if !schema.dictionary.is_aligned() {
            return Err(wrong("schema.dictionary", "未对齐", "it is misaligned"));
        }
        // SAFETY: as for a child.
        unsafe { check_schema(schema.dictionary, depth) }?;
    }
    Ok(())
}

/// # Safety
/// `text` is a NUL-terminated string.
unsafe fn check_string(place: &str, text: *const c_char) -> Result<(), Failure> {
    // SAFETY: as promised by the caller.
    match unsafe { CStr::from_ptr(text) }.to_str() {
        Ok(_) => Ok(()),
        Err(error) => Err(Failure::utf8(place, error.valid_up_to())),
    }
}

/// Imports an array that was moved to us: raw checks, then arrow-rs, then its full validation.
///
/// # Safety
/// The members of `array` that the C Data Interface makes readable for `data_type` are readable.
pub(super) unsafe fn read_array(array: ArrowArray, data_type: &DataType) -> Result<ArrayData, Failure> {
    // SAFETY: as promised by the caller. On failure `array` is dropped, which releases it.
    unsafe { check_array(&raw const array, data_type) }?;
    let mut array = array;
    // SAFETY: one layout on both sides; `from_raw` takes the structure and leaves an empty one, so that it is released once.
    let moved = unsafe { FFI_ArrowArray::from_raw((&raw mut array).cast()) };
    // SAFETY: the structure was checked for this type.
    let data = unsafe { from_ffi_and_data_type(moved, data_type.clone()) }
        .map_err(|_| wrong("array", "缓冲区与类型不符", "its buffers do not fit its type"))?;
    if !is_sound(&data) {
        return Err(wrong(
            "array",
            "内容未通过完整校验(偏移、UTF-8、空值计数或字典)",
            "its content fails full validation (offsets, UTF-8, null count or dictionary)",
        ));
    }
    Ok(data)
}

/// How many buffers an array of this type has; the second figure says that more may stand between.
fn buffers_of(data_type: &DataType) -> Option<(i64, bool)> {
    use DataType::{
        Binary, BinaryView, Boolean, Dictionary, FixedSizeList, LargeBinary, LargeList, LargeUtf8, List, Map, Null,
        Struct, Utf8, Utf8View,
    };
    Some(match data_type {
        Null => (0, false),
        Struct(_) | FixedSizeList(_, _) => (1, false),
        Utf8 | LargeUtf8 | Binary | LargeBinary => (3, false),
        Utf8View | BinaryView => (3, true),
        Boolean | List(_) | LargeList(_) | Map(_, _) | Dictionary(_, _) | DataType::FixedSizeBinary(_) => (2, false),
        other if other.primitive_width().is_some() => (2, false),
        // Unions, run-end encodings and list views: no room of the library takes them.
        _ => return None,
    })
}

/// # Safety
/// `array` is not NULL, aligned and readable, and its members are readable as far as the C Data Interface says.
unsafe fn check_array(array: *const ArrowArray, data_type: &DataType) -> Result<(), Failure> {
    // SAFETY: readable, as promised by the caller.
    let array = unsafe { &*array };
    if array.release.is_none() {
        return Err(wrong("array.release", "已被释放", "it was released before"));
    }
    if !(0..=MAX_ROWS).contains(&array.length) || !(0..=MAX_ROWS).contains(&array.offset) {
        return Err(wrong(
            "array.length",
            "长度或偏移不在 0 至 2147483647 之间",
            "its length or offset is not between 0 and 2147483647",
        ));
    }
    let rows = array.length + array.offset;
    if rows > MAX_ROWS {
        return Err(wrong("array.length", "长度与偏移之和过大", "length and offset together are too large"));
    }
    if !(-1..=array.length).contains(&array.null_count) {
        return Err(wrong("array.null_count", "不在 -1 至长度之间", "it is not between -1 and the length"));
    }
    let Some((buffers, variadic)) = buffers_of(data_type) else {
        return Err(wrong(
            "array",
            "不支持的列类型(联合、游程或列表视图)",
            "a type that is not supported (union, run-end encoded or list view)",
        ));
    };
    let fits = if variadic { (buffers..=MAX_BUFFERS).contains(&array.n_buffers) } else { array.n_buffers == buffers };
    if !fits {
        return Err(wrong("array.n_buffers", "与类型不符", "it does not fit the type"));
    }
    // SAFETY: `n_buffers` was checked; the rest as promised by the caller.
    unsafe { check_buffers(array, data_type, rows) }?;
    // SAFETY: as promised by the caller.
    unsafe { check_children(array, data_type, rows) }
}

/// # Safety
/// As [`check_array`], and `n_buffers` fits the type.
unsafe fn check_buffers(array: &ArrowArray, data_type: &DataType, rows: i64) -> Result<(), Failure> {
    let count = usize::try_from(array.n_buffers).unwrap_or(0);
    if count == 0 {
        return Ok(());
    }
    if array.buffers.is_null() || !array.buffers.is_aligned() {
        return Err(wrong("array.buffers", "为 NULL 或未对齐", "it is NULL or misaligned"));
    }
    // SAFETY: `buffers` points to `n_buffers` pointers by the C Data Interface.
    let buffer = |index: usize| unsafe { *array.buffers.add(index) };
    if buffer(0).is_null() && array.null_count > 0 {
        return Err(wrong("array.buffers", "有空值却没有有效位图", "there are nulls and no validity bitmap"));
    }
    let last = usize::try_from(rows).unwrap_or(0);
    if array.null_count == 0 && array.n_buffers > 0 && !buffer(0).is_null() {
        // arrow-rs would forget the bitmap, and what lies under a null would come to light as a value.
        // SAFETY: the bitmap covers `rows` bits by the C Data Interface.
        let bitmap = unsafe { std::slice::from_raw_parts(buffer(0).cast::<u8>(), last.div_ceil(8)) };
        let offset = usize::try_from(array.offset).unwrap_or(0);
        let length = last.saturating_sub(offset);
        if UnalignedBitChunk::new(bitmap, offset, length).count_ones() != length {
            return Err(wrong(
                "array.null_count",
                "声明无空值,但有效位图中有空值",
                "it says that there are no nulls, and the validity bitmap has some",
            ));
        }
    }
    match data_type {
        DataType::Utf8 | DataType::Binary | DataType::List(_) | DataType::Map(_, _) => {
            // SAFETY: the offsets of `rows + 1` positions are readable by the C Data Interface.
            unsafe { check_offsets::<i32>(buffer(1).cast(), last) }
        }
        DataType::LargeUtf8 | DataType::LargeBinary | DataType::LargeList(_) => {
            // SAFETY: as above.
            unsafe { check_offsets::<i64>(buffer(1).cast(), last) }
        }
        DataType::Utf8View | DataType::BinaryView => {
            let variadic = count - 3;
            let lengths = buffer(count - 1).cast::<i64>();
            if variadic > 0 && (lengths.is_null() || !lengths.is_aligned()) {
                return Err(wrong(
                    "array.buffers",
                    "变长缓冲区长度表为 NULL 或未对齐",
                    "the lengths of the variadic buffers are NULL or misaligned",
                ));
            }
            for index in 0..variadic {
                // SAFETY: one length for each variadic buffer by the C Data Interface; not NULL, aligned.
                let length = unsafe { *lengths.add(index) };
                if !(0..=MAX_ROWS).contains(&length) {
                    return Err(wrong(
                        "array.buffers",
                        "变长缓冲区的长度超出范围",
                        "the length of a variadic buffer is out of range",
                    ));
                }
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// # Safety
/// `offsets` is NULL or points to `last + 1` offsets.
unsafe fn check_offsets<T: Copy + Into<i64>>(offsets: *const T, last: usize) -> Result<(), Failure> {
    if offsets.is_null() {
        return if last == 0 {
            Ok(())
        } else {
            Err(wrong("array.buffers", "偏移缓冲区为 NULL", "the offsets are NULL"))
        };
    }
    if !offsets.is_aligned() {
        return Err(wrong("array.buffers", "偏移缓冲区未对齐", "the offsets are misaligned"));
    }
    // SAFETY: as promised by the caller. arrow-rs takes the length of the data from the last offset, so that one must
    // be sane before; the others are for its full validation.
    let end: i64 = unsafe { *offsets.add(last) }.into();
    if (0..=isize::MAX as i64).contains(&end) {
        Ok(())
    } else {
        Err(wrong("array.buffers", "偏移为负", "an offset is negative"))
    }
}

/// # Safety
/// As [`check_array`].
unsafe fn check_children(array: &ArrowArray, data_type: &DataType, rows: i64) -> Result<(), Failure> {
    let types: Vec<(&DataType, i64)> = match data_type {
        DataType::Struct(fields) => fields.iter().map(|field| (field.data_type(), rows)).collect(),
        DataType::List(field) | DataType::LargeList(field) | DataType::Map(field, _) => vec![(field.data_type(), 0)],
        DataType::FixedSizeList(field, size) => {
            let needed = rows.checked_mul(i64::from(*size)).filter(|needed| *needed >= 0);
            let Some(needed) = needed else {
                return Err(wrong("array.length", "定长列表过长", "a fixed-size list is too long"));
            };
            vec![(field.data_type(), needed)]
        }
        _ => Vec::new(),
    };
    if i64::try_from(types.len()).ok() != Some(array.n_children) {
        return Err(wrong("array.n_children", "与类型不符", "it does not fit the type"));
    }
    if !types.is_empty() && (array.children.is_null() || !array.children.is_aligned()) {
        return Err(wrong("array.children", "为 NULL 或未对齐", "it is NULL or misaligned"));
    }
    for (index, (child_type, at_least)) in types.into_iter().enumerate() {
        // SAFETY: `children` points to `n_children` pointers by the C Data Interface.
        let child = unsafe { *array.children.add(index) };
        if child.is_null() || !child.is_aligned() {
            return Err(wrong("array.children", "某个子数组为 NULL 或未对齐", "a child is NULL or misaligned"));
        }
        // SAFETY: not NULL, aligned; an array by the C Data Interface.
        unsafe { check_array(child, child_type) }?;
        // SAFETY: as above.
        if unsafe { (*child).length } < at_least {
            return Err(wrong("array.children", "某个子数组短于其父", "a child is shorter than its parent"));
        }
    }
    match (data_type, array.dictionary.is_null()) {
        (DataType::Dictionary(_, values), false) if array.dictionary.is_aligned() => {
            // SAFETY: not NULL, aligned; an array by the C Data Interface.
            unsafe { check_array(array.dictionary, values) }
        }
        (DataType::Dictionary(_, _), _) => {
            Err(wrong("array.dictionary", "为 NULL 或未对齐", "it is NULL or misaligned"))
        }
        (_, true) => Ok(()),
        (_, false) => Err(wrong("array.dictionary", "与类型不符", "it does not fit the type")),
    }
}

#[cfg(test)]
mod tests {
    use std::mem::MaybeUninit;
    use std::sync::Arc;

    use arrow::array::{Array, AsArray, DictionaryArray, PrimitiveArray, StringArray, make_array};
    use arrow::datatypes::{ArrowDictionaryKeyType, Field, Fields, Int8Type, Int64Type, UInt8Type, UInt32Type};

    use super::*;

    /// A column of a table, as a stranger hands it over.
    fn read(column: ArrayData) -> Result<ArrayData, Failure> {
        let fields = Fields::from(vec![Field::new("a", column.data_type().clone(), true)]);
        let table = ArrayData::builder(DataType::Struct(fields)).len(column.len()).add_child_data(column);
        // SAFETY: whether it is a valid array is what is asked here; its buffers are as long as it says.
        let table = unsafe { table.build_unchecked() };
        let mut array = MaybeUninit::<ArrowArray>::uninit();
        // SAFETY: one layout on both sides; exported by arrow-rs from buffers that are there.
        unsafe {
            array.as_mut_ptr().cast::<FFI_ArrowArray>().write(FFI_ArrowArray::new(&table));
            read_array(array.assume_init(), table.data_type())
        }
    }

    fn with_keys<K: ArrowDictionaryKeyType>(keys: Vec<Option<K::Native>>) -> ArrayData {
        let keys = PrimitiveArray::<K>::from_iter(keys);
        // SAFETY: as above.
        unsafe { DictionaryArray::new_unchecked(keys, Arc::new(StringArray::from(vec!["x", "y"]))) }.to_data()
    }

    #[test]
    fn a_key_points_into_its_dictionary() {
        let good = read(with_keys::<UInt8Type>(vec![Some(0), None, Some(1)])).unwrap();
        assert_eq!(make_array(good).as_struct().column(0).null_count(), 1);
        assert!(read(with_keys::<Int8Type>(Vec::new())).is_ok());
        assert!(read(with_keys::<Int8Type>(vec![None])).is_ok());
        assert!(read(with_keys::<UInt8Type>(vec![Some(0), Some(2)])).is_err());
        assert!(read(with_keys::<Int8Type>(vec![Some(0), Some(-1)])).is_err());
        assert!(read(with_keys::<UInt32Type>(vec![Some(u32::MAX), None])).is_err());
        assert!(read(with_keys::<Int64Type>(vec![Some(i64::MIN), Some(1)])).is_err());
    }
}
