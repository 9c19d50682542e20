//! Dictionaries, treated without being unpacked: each word once, however many rows have it.
//!
//! The words of the answer are those that its rows use, each once, in the order of the first row that has it. So nothing
//! of a word that no row uses leaves, and two values that became one are one: their keys tell them apart no more.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use arrow::array::{Array, ArrayRef, AsArray, UInt32Array, UInt64Array, make_array};
use arrow::compute::{cast, take};
use arrow::datatypes::DataType;

use super::PlanError;
use super::cells::{Cells, too_large};
use super::logical::visit;

/// Treats the words that the rows use, by a transform for which only the value of a cell counts.
pub(super) fn treat(
    array: &ArrayRef,
    column: &str,
    transform: impl FnOnce(&ArrayRef) -> Result<Cells, PlanError>,
) -> Result<Cells, PlanError> {
    let broken = || too_large(column);
    let dictionary = array.as_any_dictionary_opt().ok_or_else(broken)?;
    let words = dictionary.values();
    // A row without a word is null, and so is one whose word is.
    let rows = cast(dictionary.keys(), &DataType::UInt64).map_err(|_| broken())?;
    let rows = rows.as_primitive::<arrow::datatypes::UInt64Type>();

    // The words in the order of the rows that use them first.
    let mut place: Vec<u32> = filled(words.len(), UNUSED, column)?;
    let mut used: Vec<u64> = Vec::new();
    let mut counts: Vec<u64> = Vec::new();
    for word in rows.iter().flatten() {
        let at = usize::try_from(word).map_err(|_| broken())?;
        if words.is_null(at) {
            continue;
        }
        let slot = place.get_mut(at).ok_or_else(broken)?;
        if *slot == UNUSED {
            *slot = u32::try_from(used.len()).map_err(|_| broken())?;
            used.push(word);
            counts.push(0);
        }
        if let Some(count) = counts.get_mut(*slot as usize) {
            *count += 1;
        }
    }
    let before = take(words, &UInt64Array::from(used), None).map_err(|_| broken())?;
    let treated = transform(&before)?;

    // Words that became one, and words that became null.
    let mut seen: HashMap<Vec<u8>, u32> = HashMap::new();
    let mut merged: Vec<Option<u32>> = Vec::new();
    let mut kept: Vec<u32> = Vec::new();
    let mut number = 0;
    let visited = visit(&treated.array, &mut |cell| {
        merged.push(cell.map(|bytes| match seen.entry(bytes.to_vec()) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(new) => {
                kept.push(number);
                *new.insert(kept.len() as u32 - 1)
            }
        }));
        number += 1;
    });
    if !visited {
        return Err(broken());
    }
    let of = |at: u64| place.get(usize::try_from(at).ok()?).and_then(|slot| *merged.get(*slot as usize)?);
    let keys: UInt32Array = rows.iter().map(|row| row.and_then(of)).collect();
    let words = take(&treated.array, &UInt32Array::from(kept), None).map_err(|_| broken())?;
    let weigh = |rows: &[u32]| rows.iter().filter_map(|row| counts.get(*row as usize)).sum::<u64>();
    let invalid = spread(&treated.invalid, &place, rows);
    let changed = weigh(&differing(&before, &treated.array));
    let array = assemble(array.data_type(), &keys, words).ok_or_else(broken)?;
    Ok(Cells { array, invalid, changed })
}

const UNUSED: u32 = u32::MAX;

fn filled(length: usize, value: u32, column: &str) -> Result<Vec<u32>, PlanError> {
    let mut filled = Vec::new();
    filled.try_reserve_exact(length).map_err(|_| too_large(column))?;
    filled.resize(length, value);
    Ok(filled)
}

/// The rows whose words are among these.
fn spread(words: &[u32], place: &[u32], rows: &UInt64Array) -> Vec<u32> {
    if words.is_empty() {
        return Vec::new();
    }
    let of = |row: Option<u64>| place.get(usize::try_from(row?).ok()?).copied();
    let has = |row: Option<u64>| of(row).is_some_and(|word| words.binary_search(&word).is_ok());
    (0_u32..).zip(rows).filter_map(|(number, row)| has(row).then_some(number)).collect()
}

/// The words that are not what they were.
fn differing(before: &ArrayRef, after: &ArrayRef) -> Vec<u32> {
    let collect = |array: &ArrayRef| {
        let mut cells: Vec<Option<Vec<u8>>> = Vec::new();
        visit(array, &mut |cell| cells.push(cell.map(<[u8]>::to_vec))).then_some(cells)
    };
    let (before, after) = (collect(before).unwrap_or_default(), collect(after).unwrap_or_default());
    (0..).zip(before.iter().zip(&after)).filter_map(|(word, (a, b))| (a != b).then_some(word)).collect()
}

/// Keys and words as a dictionary whose keys have the type of the one before.
fn assemble(before: &DataType, keys: &UInt32Array, words: ArrayRef) -> Option<ArrayRef> {
    let DataType::Dictionary(key, _) = before else { return None };
    // A key under a null must not name a word.
    let keys = cast(&keys.iter().collect::<UInt32Array>(), key).ok()?;
    let data_type = DataType::Dictionary(key.clone(), Box::new(words.data_type().clone()));
    let data = keys.to_data().into_builder().data_type(data_type).add_child_data(words.to_data());
    Some(make_array(data.build().ok()?))
}
