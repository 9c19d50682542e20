//! Dictionaries, treated without being unpacked: each word once, however many rows have it.
//!
//! The words of the answer are those that its rows use, each once, in the order of the first row that has it. So nothing
//! of a word that no row uses leaves, and two values that became one are one: their keys tell them apart no more.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::Range;

use arrow::array::{Array, ArrayRef, AsArray, UInt32Array, UInt64Array, make_array};
use arrow::buffer::NullBuffer;
use arrow::compute::{cast, take};
use arrow::datatypes::DataType;

use super::PlanError;
use super::cells::Cells;
use super::copies::too_large;
use super::logical::visit;
use super::room::{filled, gathered, reserved};

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
    let (mut used, mut counts): (Vec<u64>, Vec<u64>) = (Vec::new(), Vec::new());
    for list in [&mut used, &mut counts] {
        reserved(list, words.len().min(rows.len()), column)?;
    }
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
    let (was, is) = (Words::of(&before, column)?, Words::of(&treated.array, column)?);
    let mut seen: HashMap<&[u8], u32> = HashMap::new();
    seen.try_reserve(is.len()).map_err(|_| broken())?;
    let mut merged: Vec<Option<u32>> = Vec::new();
    let mut kept: Vec<u32> = Vec::new();
    reserved(&mut merged, is.len(), column)?;
    reserved(&mut kept, is.len(), column)?;
    for (number, word) in (0..).zip(is.iter()) {
        merged.push(word.map(|word| match seen.entry(word) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(new) => {
                kept.push(number);
                *new.insert(kept.len() as u32 - 1)
            }
        }));
    }
    let of = |at: u64| place.get(usize::try_from(at).ok()?).and_then(|slot| *merged.get(*slot as usize)?);
    let keys = gathered(rows.iter().map(|row| row.and_then(of)), column)?;
    // A key under a null must not name a word.
    let present = NullBuffer::from(gathered(keys.iter().map(Option::is_some), column)?);
    let keys =
        UInt32Array::new(gathered(keys.iter().map(|key| key.unwrap_or_default()), column)?.into(), Some(present));
    let words = take(&treated.array, &UInt32Array::from(kept), None).map_err(|_| broken())?;
    let invalid = spread(&treated.invalid, &place, rows, column)?;
    let differing = was.iter().zip(is.iter()).zip(&counts).filter(|((was, is), _)| was != is);
    let changed = differing.map(|(_, count)| count).sum();
    let array = assemble(array.data_type(), &keys, words).ok_or_else(broken)?;
    Ok(Cells { array, invalid, changed })
}

const UNUSED: u32 = u32::MAX;

/// The logical bytes of words.
struct Words {
    bytes: Vec<u8>,
    /// Where each lies; `None` = null.
    places: Vec<Option<Range<usize>>>,
}

impl Words {
    fn of(array: &ArrayRef, column: &str) -> Result<Self, PlanError> {
        let mut words = Words { bytes: Vec::new(), places: Vec::new() };
        reserved(&mut words.places, array.len(), column)?;
        let mut room = Ok(());
        let visited = visit(array, &mut |cell| {
            let start = words.bytes.len();
            if let (Some(cell), Ok(())) = (cell, &room) {
                room = reserved(&mut words.bytes, cell.len(), column);
                if room.is_ok() {
                    words.bytes.extend_from_slice(cell);
                }
            }
            words.places.push(cell.map(|_| start..words.bytes.len()));
        });
        room?;
        if visited && words.len() == array.len() { Ok(words) } else { Err(too_large(column)) }
    }

    fn len(&self) -> usize {
        self.places.len()
    }

    fn iter(&self) -> impl Iterator<Item = Option<&[u8]>> {
        self.places.iter().map(|place| self.bytes.get(place.clone()?))
    }
}

/// The rows whose words are among these.
fn spread(words: &[u32], place: &[u32], rows: &UInt64Array, column: &str) -> Result<Vec<u32>, PlanError> {
    if words.is_empty() {
        return Ok(Vec::new());
    }
    let of = |row: Option<u64>| place.get(usize::try_from(row?).ok()?).copied();
    let has = |row: Option<u64>| of(row).is_some_and(|word| words.binary_search(&word).is_ok());
    gathered((0_u32..).zip(rows).filter_map(|(number, row)| has(row).then_some(number)), column)
}

/// Keys and words as a dictionary whose keys have the type of the one before.
fn assemble(before: &DataType, keys: &UInt32Array, words: ArrayRef) -> Option<ArrayRef> {
    let DataType::Dictionary(key, _) = before else { return None };
    let keys = cast(keys, key).ok()?;
    let data_type = DataType::Dictionary(key.clone(), Box::new(words.data_type().clone()));
    let data = keys.to_data().into_builder().data_type(data_type).add_child_data(words.to_data());
    Some(make_array(data.build().ok()?))
}
