//! Whether the buffers of an array say what its type promises. Who takes arrays from a stranger asks before a room reads
//! them.

use arrow::array::{Array, ArrayData, ArrayRef, AsArray, downcast_integer_array, make_array};
use arrow::compute::{max, min};
use arrow::datatypes::{ArrowNativeType, DataType};

/// Whether an array's offsets are in bounds, its text is UTF-8, its count of nulls is right, and each key that is not null
/// points into its dictionary: what [`ArrayData::validate_full`] says, with the keys of a dictionary looked at all together
/// and not one by one, because rows are many.
#[must_use]
pub fn is_sound(data: &ArrayData) -> bool {
    let shallow = || data.validate().is_ok() && data.validate_nulls().is_ok();
    match data.data_type() {
        DataType::Dictionary(_, _) => shallow() && data.child_data().iter().all(is_sound) && keys_are_in(data),
        DataType::Struct(_) => shallow() && data.child_data().iter().all(is_sound),
        _ => data.validate_full().is_ok(),
    }
}

fn keys_are_in(data: &ArrayData) -> bool {
    let array: ArrayRef = make_array(data.clone());
    let Some(dictionary) = array.as_any_dictionary_opt() else { return false };
    let (keys, limit) = (dictionary.keys(), dictionary.values().len());
    // A negative key is a very large one.
    downcast_integer_array!(
        keys => [min(keys), max(keys)].into_iter().flatten().all(|key| key.as_usize() < limit),
        _ => false
    )
}
