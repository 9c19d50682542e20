//! The cells inside of nested arrays: a struct's fields and a list's elements, and the lists of treated ones.
//!
//! This file must never let a cell through that lies under a null.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, FixedSizeListArray, GenericListArray, MutableArrayData, OffsetSizeTrait,
    UInt64Array, make_array,
};
use arrow::buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::compute::{not, nullif, take};
use arrow::datatypes::{DataType, Field, FieldRef};

use super::PlanError;
use super::copies::{own_nulls, too_large};
use super::nested::ELEMENT;
use super::room::reserved;

/// The most elements of one batch.
const MOST: usize = 1 << 28;

/// The fields of a struct, each null where the struct is.
pub(super) fn fields_of(array: &ArrayRef, path: &str) -> Result<Vec<ArrayRef>, PlanError> {
    let array = array.as_struct_opt().ok_or(PlanError::SchemaChanged)?;
    let Some(nulls) = array.nulls().filter(|nulls| nulls.null_count() > 0) else {
        return Ok(array.columns().to_vec());
    };
    let absent = not(&BooleanArray::new(nulls.inner().clone(), None)).map_err(|_| too_large(path))?;
    array.columns().iter().map(|field| nullif(field, &absent).map_err(|_| too_large(path))).collect()
}

/// The elements of the lists of a column that are there, one after another, and nothing between them.
pub(super) struct Elements {
    pub(super) array: ArrayRef,
    /// Where the elements of each list end; those of the first begin at 0.
    ends: Vec<usize>,
    nulls: Option<NullBuffer>,
}

impl Elements {
    pub(super) fn of(array: &ArrayRef, path: &str) -> Result<Self, PlanError> {
        match array.data_type() {
            DataType::List(_) => Elements::of_lists(array.as_list::<i32>(), path),
            DataType::LargeList(_) => Elements::of_lists(array.as_list::<i64>(), path),
            DataType::FixedSizeList(..) => {
                let lists = array.as_fixed_size_list();
                let size = usize::try_from(lists.value_length()).map_err(|_| PlanError::SchemaChanged)?;
                Elements::gathered(array, lists.values(), |row| (row * size, size), path)
            }
            _ => Err(PlanError::SchemaChanged),
        }
    }

    fn of_lists<O: OffsetSizeTrait>(lists: &GenericListArray<O>, path: &str) -> Result<Self, PlanError> {
        let offsets = lists.value_offsets();
        let range = |row: usize| match offsets.get(row..row + 2) {
            Some([start, end]) => (start.as_usize(), end.as_usize() - start.as_usize()),
            _ => (0, 0),
        };
        Elements::gathered(lists, lists.values(), range, path)
    }

    /// The elements of the lists that are there; `range` = where a row's elements begin, and how many there are.
    fn gathered(
        lists: &dyn Array,
        values: &ArrayRef,
        range: impl Fn(usize) -> (usize, usize),
        path: &str,
    ) -> Result<Self, PlanError> {
        let nulls = own_nulls(lists);
        let mut ends = Vec::new();
        reserved(&mut ends, lists.len(), path)?;
        let (mut total, mut first, mut without_gaps) = (0, None, true);
        for row in 0..lists.len() {
            if nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row)) {
                let (start, length) = range(row);
                without_gaps &= length == 0 || start == *first.get_or_insert(start) + total;
                total += length;
            }
            ends.push(total);
        }
        if total > MOST {
            return Err(too_large(path));
        }
        let array = if without_gaps {
            values.slice(first.unwrap_or_default(), total)
        } else {
            let mut places: Vec<u64> = Vec::new();
            reserved(&mut places, total, path)?;
            for row in (0..lists.len()).filter(|row| nulls.as_ref().is_none_or(|nulls| nulls.is_valid(*row))) {
                let (start, length) = range(row);
                places.extend((start..start + length).map(|place| place as u64));
            }
            take(values, &UInt64Array::from(places), None).map_err(|_| too_large(path))?
        };
        Ok(Elements { array, ends, nulls })
    }

    /// How many elements each list has; null where it is.
    pub(super) fn lengths(&self) -> UInt64Array {
        let starts = std::iter::once(&0).chain(&self.ends);
        let lengths = self.ends.iter().zip(starts).map(|(end, start)| (end - start) as u64);
        UInt64Array::new(lengths.collect::<Vec<_>>().into(), self.nulls.clone())
    }

    /// The lists of treated elements, of the same type and nulls as the lists that they are of.
    pub(super) fn lists_of(&self, treated: ArrayRef, lists: &ArrayRef, path: &str) -> Result<ArrayRef, PlanError> {
        let element = Arc::new(Field::new(ELEMENT, treated.data_type().clone(), true));
        match lists.data_type() {
            DataType::List(_) => self.offset_lists::<i32>(element, treated, path),
            DataType::LargeList(_) => self.offset_lists::<i64>(element, treated, path),
            DataType::FixedSizeList(_, size) => {
                let width = usize::try_from(*size).map_err(|_| PlanError::SchemaChanged)?;
                let treated = match &self.nulls {
                    None => Arc::clone(&treated),
                    Some(nulls) => self.with_room(nulls, width, &treated, path)?,
                };
                let lists = FixedSizeListArray::try_new(element, *size, treated, self.nulls.clone());
                Ok(Arc::new(lists.map_err(|_| too_large(path))?))
            }
            _ => Err(PlanError::SchemaChanged),
        }
    }

    /// Elements with room between them, for lists of one size have it where they are null: zeros, and nothing that was there.
    fn with_room(
        &self,
        nulls: &NullBuffer,
        width: usize,
        treated: &ArrayRef,
        path: &str,
    ) -> Result<ArrayRef, PlanError> {
        let room = self.ends.len().checked_mul(width).filter(|room| *room <= MOST).ok_or_else(|| too_large(path))?;
        let given = treated.to_data();
        let mut roomy = MutableArrayData::new(vec![&given], true, room);
        for (row, end) in self.ends.iter().enumerate() {
            let extended = match nulls.is_valid(row) {
                true => roomy.try_extend(0, end - width, *end),
                false => roomy.try_extend_nulls(width),
            };
            extended.map_err(|_| too_large(path))?;
        }
        Ok(make_array(roomy.freeze()))
    }

    fn offset_lists<O: OffsetSizeTrait>(
        &self,
        element: FieldRef,
        treated: ArrayRef,
        path: &str,
    ) -> Result<ArrayRef, PlanError> {
        let mut offsets: Vec<O> = Vec::new();
        reserved(&mut offsets, self.ends.len() + 1, path)?;
        offsets.push(O::default());
        for end in &self.ends {
            offsets.push(O::from_usize(*end).ok_or_else(|| too_large(path))?);
        }
        let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
        let lists = GenericListArray::try_new(element, offsets, treated, self.nulls.clone());
        Ok(Arc::new(lists.map_err(|_| too_large(path))?))
    }

    /// The error with the row of the list, where it has the place of an element.
    pub(super) fn in_the_rows(&self, error: crate::Error, before: u64) -> crate::Error {
        match error {
            crate::Error::Plan(PlanError::InvalidValue { column, row }) => {
                let element = usize::try_from(row.saturating_sub(1)).unwrap_or(usize::MAX);
                let list = self.ends.partition_point(|end| *end <= element);
                PlanError::InvalidValue { column, row: before + list as u64 + 1 }.into()
            }
            other => other,
        }
    }
}
