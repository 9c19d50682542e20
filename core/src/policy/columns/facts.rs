//! Arrow columns as planes of facts: for each bit of the packed facts the rows that have it, for each fact the rows in
//! which it is unknown.

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, RecordBatch};
use arrow::buffer::{BooleanBuffer, NullBuffer};
use arrow::compute::cast;
use arrow::datatypes::{
    ArrowNativeType, DataType, Int8Type, Int16Type, Int32Type, Int64Type, Schema, UInt8Type, UInt16Type, UInt32Type,
    UInt64Type,
};

use super::planes::{cut, gather};
use super::{ROWS, WORDS};
use crate::policy::circuit::Block;
use crate::policy::facts::{Domain, FactDefinition, FactError, Section, shown};
use crate::policy::model::Space;
use crate::policy::packed::{PackedFacts, Slot};
use crate::table::TableError;
use crate::terms::Word;

/// A dictionary of at most so many values is read by the bits of its keys.
const FEW_VALUES: usize = 8;
/// The code of a null. Domains are smaller.
const UNKNOWN: u8 = 0xff;
/// The code of a value that is not in the domain.
const NO_VALUE: u8 = 0x7f;

/// Where each fact of a section stands in tables of one schema.
pub(super) struct FactColumns {
    facts: Vec<Fact>,
    bits: usize,
}

struct Fact {
    definition: FactDefinition,
    slot: Slot,
    /// The column's place and type; none where the table has no such column.
    column: Option<(usize, DataType)>,
}

impl FactColumns {
    /// # Errors
    /// [`FactError::UnknownFact`], [`FactError::ColumnType`]
    pub(super) fn new(space: &Space, schema: &Schema, section: Section) -> Result<FactColumns, FactError> {
        for field in schema.fields() {
            let Some(fact) = space.index.get(field.name()).and_then(|place| space.facts.get(*place)) else {
                return Err(FactError::UnknownFact { fact: shown(field.name()), section: section.id() });
            };
            if !is_readable(&fact.domain, field.data_type()) {
                return Err(FactError::ColumnType {
                    fact: fact.id.clone(),
                    expected: if fact.domain == Domain::BOOL {
                        "booleans or text"
                    } else {
                        "text or a dictionary of text"
                    },
                });
            }
        }
        let column = |fact: &FactDefinition| {
            let (place, field) = schema.column_with_name(&fact.id)?;
            Some((place, field.data_type().clone()))
        };
        let facts = space.facts.iter().zip(space.layout.slots());
        let facts = facts.map(|(fact, slot)| Fact { definition: fact.clone(), slot: *slot, column: column(fact) });
        Ok(FactColumns { facts: facts.collect(), bits: space.layout.bits() as usize })
    }

    /// How many planes of facts there are.
    pub(super) fn bits(&self) -> usize {
        self.bits
    }

    /// The facts of one batch. `before` rows came before it.
    ///
    /// # Errors
    /// [`TableError::SchemaMismatch`], [`FactError::OutsideDomainInRow`], [`TableError::OutOfMemory`]
    pub(super) fn of<'a>(&'a self, batch: &RecordBatch, before: u64) -> Result<Batch<'a>, crate::Error> {
        let mut values = Vec::with_capacity(self.facts.len());
        for fact in &self.facts {
            values.push(match &fact.column {
                None => Values::Unknown,
                Some((place, data_type)) => {
                    let column = batch.columns().get(*place).filter(|column| column.data_type() == data_type);
                    let mismatch =
                        TableError::SchemaMismatch { expected: self.facts.len(), found: batch.num_columns() };
                    Values::of(column.ok_or(mismatch)?, &fact.definition.domain)?
                }
            });
        }
        let unknown = vec![[0; WORDS]; self.facts.len()];
        Ok(Batch { columns: self, values, unknown, before })
    }
}

fn is_text(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

fn is_readable(domain: &Domain, data_type: &DataType) -> bool {
    match data_type {
        DataType::Null => true,
        DataType::Boolean => *domain == Domain::BOOL,
        DataType::Dictionary(_, values) => is_text(values),
        other => is_text(other),
    }
}

/// A word's code in a domain: a boolean in text is `true` or `false`.
fn code_of(domain: &Domain, word: &str) -> u8 {
    let place = match domain {
        Domain::Bool(_) => ["false", "true"].iter().position(|known| *known == word),
        Domain::Words(words) => words.iter().position(|known| known == word),
    };
    place.map_or(NO_VALUE, |place| place as u8)
}

/// One column's values, as cheap to read as its type allows.
enum Values {
    /// No column, or nothing but nulls.
    Unknown,
    /// Booleans, which are a plane already.
    Bits(BooleanBuffer, Option<NullBuffer>),
    /// A code for each row.
    Codes(Vec<u8>),
    /// A dictionary of few values: the keys, the nulls among them, and each value's code.
    Keys(ArrayRef, Option<NullBuffer>, Vec<u8>),
}

impl Values {
    fn of(column: &ArrayRef, domain: &Domain) -> Result<Values, crate::Error> {
        match column.data_type() {
            DataType::Null => Ok(Values::Unknown),
            DataType::Boolean => {
                let column = column.as_boolean();
                Ok(Values::Bits(column.values().clone(), column.nulls().cloned()))
            }
            DataType::Dictionary(_, _) => {
                let Some(dictionary) = column.as_any_dictionary_opt() else { return Ok(Values::Unknown) };
                let values = codes(dictionary.values(), domain)?;
                let keys = dictionary.keys();
                if values.is_empty() {
                    // Nothing but nulls can point into an empty dictionary.
                    return Ok(Values::Unknown);
                }
                let few = values.len() <= FEW_VALUES;
                let kept = Values::Keys(keys.slice(0, keys.len()), keys.nulls().cloned(), values);
                if few { Ok(kept) } else { kept.spelled_out() }
            }
            _ => Ok(Values::Codes(codes(column, domain)?)),
        }
    }

    /// A code for each row instead of a key.
    fn spelled_out(self) -> Result<Values, crate::Error> {
        let Values::Keys(keys, nulls, values) = self else { return Ok(self) };
        let mut out = reserved(keys.len())?;
        let keys = cast(&keys, &DataType::UInt64).map_err(|error| TableError::from_arrow(&error))?;
        for (row, key) in keys.as_primitive::<UInt64Type>().values().iter().enumerate() {
            let null = nulls.as_ref().is_some_and(|nulls| nulls.is_null(row));
            let code = usize::try_from(*key).ok().and_then(|key| values.get(key)).copied();
            out.push(if null { UNKNOWN } else { code.unwrap_or(NO_VALUE) });
        }
        Ok(Values::Codes(out))
    }
}

fn reserved(rows: usize) -> Result<Vec<u8>, TableError> {
    let mut out = Vec::new();
    out.try_reserve_exact(rows).map_err(|_| TableError::OutOfMemory { bytes: rows })?;
    Ok(out)
}

/// The code of each row of a text column.
fn codes(column: &ArrayRef, domain: &Domain) -> Result<Vec<u8>, TableError> {
    let mut out = reserved(column.len())?;
    let code = |word: Option<&str>| word.map_or(UNKNOWN, |word| code_of(domain, word));
    match column.data_type() {
        DataType::Utf8 => out.extend(column.as_string::<i32>().iter().map(code)),
        DataType::LargeUtf8 => out.extend(column.as_string::<i64>().iter().map(code)),
        _ => out.extend(column.as_string_view().iter().map(code)),
    }
    Ok(out)
}

/// The facts of one batch.
pub(super) struct Batch<'a> {
    columns: &'a FactColumns,
    values: Vec<Values>,
    /// For each fact the rows of the block at hand in which it is unknown.
    unknown: Vec<Block<WORDS>>,
    before: u64,
}

impl Batch<'_> {
    /// Fills the planes with the rows from `first`, and gives the rows in which some fact is unknown.
    ///
    /// # Errors
    /// [`FactError::OutsideDomainInRow`]
    pub(super) fn fill(
        &mut self,
        first: usize,
        length: usize,
        planes: &mut [Block<WORDS>],
    ) -> Result<Block<WORDS>, FactError> {
        let mut incomplete = [0; WORDS];
        for ((fact, values), unknown) in self.columns.facts.iter().zip(&self.values).zip(&mut self.unknown) {
            let (start, end) = (fact.slot.shift as usize, (fact.slot.shift + fact.slot.width) as usize);
            let planes = planes.get_mut(start..end).unwrap_or_default();
            let mut wrong = [0; WORDS];
            *unknown = [0; WORDS];
            match values {
                Values::Unknown => {
                    *unknown = [u64::MAX; WORDS];
                    planes.fill([0; WORDS]);
                }
                Values::Bits(values, nulls) => {
                    planes.iter_mut().for_each(|plane| load(values, first, length, plane));
                    missing(nulls.as_ref(), first, length, unknown);
                }
                Values::Codes(codes) => {
                    let rows = codes.get(first..first + length).unwrap_or_default();
                    planes.iter_mut().enumerate().for_each(|(bit, plane)| gather(rows, bit as u32, plane));
                    // The seventh bit is in both of the special codes, the eighth in one.
                    gather(rows, 6, &mut wrong);
                    gather(rows, 7, unknown);
                }
                Values::Keys(keys, nulls, values) => {
                    missing(nulls.as_ref(), first, length, unknown);
                    keyed(keys, values, first, length, planes, unknown, &mut wrong);
                }
            }
            cut(unknown, length);
            let mut outside = [0; WORDS];
            for (((outside, wrong), unknown), all) in outside.iter_mut().zip(wrong).zip(&*unknown).zip(&mut incomplete)
            {
                *outside = wrong & !unknown;
                *all |= unknown;
            }
            if let Some(row) = super::planes::ones(&outside, length, false).next() {
                return Err(FactError::OutsideDomainInRow {
                    fact: fact.definition.id.clone(),
                    expected: fact.definition.domain.in_words(),
                    row: self.before + (first + row) as u64 + 1,
                });
            }
            if unknown.iter().any(|word| *word != 0) {
                for plane in planes {
                    plane.iter_mut().zip(&*unknown).for_each(|(word, unknown)| *word &= !unknown);
                }
            }
        }
        Ok(incomplete)
    }

    /// One row of the block that was filled last.
    pub(super) fn case(&self, planes: &[Block<WORDS>], row: usize) -> PackedFacts {
        let bit = |plane: &Block<WORDS>| plane.get(row / 64).copied().unwrap_or_default() >> (row % 64) & 1;
        let values = planes.iter().enumerate().fold(0, |word, (place, plane)| word | bit(plane) << place);
        let facts = self.columns.facts.iter().zip(&self.unknown);
        let unknown = facts.fold(0, |word, (fact, unknown)| word | (fact.slot.mask() * bit(unknown)));
        PackedFacts { values, unknown }
    }
}

/// Bits of a buffer into a plane. What is behind the last row is zero.
fn load(bits: &BooleanBuffer, first: usize, length: usize, plane: &mut Block<WORDS>) {
    let bits = bits.slice(first, length);
    let chunks = bits.bit_chunks();
    let mut words = plane.iter_mut();
    for (word, bits) in words.by_ref().zip(chunks.iter()) {
        *word = bits;
    }
    let whole = length / 64;
    for (at, word) in plane.iter_mut().enumerate().skip(whole) {
        *word = if at == whole { chunks.remainder_bits() } else { 0 };
    }
}

fn missing(nulls: Option<&NullBuffer>, first: usize, length: usize, unknown: &mut Block<WORDS>) {
    if let Some(nulls) = nulls.filter(|nulls| nulls.null_count() > 0) {
        load(nulls.inner(), first, length, unknown);
        unknown.iter_mut().for_each(|word| *word = !*word);
    }
}

/// The planes of a dictionary's values by the bits of its keys.
fn keyed(
    keys: &ArrayRef,
    values: &[u8],
    first: usize,
    length: usize,
    planes: &mut [Block<WORDS>],
    unknown: &mut Block<WORDS>,
    wrong: &mut Block<WORDS>,
) {
    let mut rows = [0; ROWS];
    let rows = rows.get_mut(..length).unwrap_or_default();
    narrow(keys, first, rows);
    let mut key_planes = [[0; WORDS]; 3];
    for (bit, plane) in key_planes.iter_mut().enumerate() {
        if values.len() > 1 << bit {
            gather(rows, bit as u32, plane);
        }
    }
    planes.fill([0; WORDS]);
    for (key, code) in values.iter().enumerate() {
        let mut here = [u64::MAX; WORDS];
        for (bit, plane) in key_planes.iter().enumerate() {
            let flip = if key >> bit & 1 == 1 { 0 } else { u64::MAX };
            here.iter_mut().zip(plane).for_each(|(here, word)| *here &= word ^ flip);
        }
        let add = |plane: &mut Block<WORDS>| plane.iter_mut().zip(&here).for_each(|(word, here)| *word |= here);
        match *code {
            UNKNOWN => add(unknown),
            NO_VALUE => add(wrong),
            code => {
                planes.iter_mut().enumerate().filter(|(bit, _)| code >> bit & 1 == 1).for_each(|(_, plane)| add(plane))
            }
        }
    }
}

/// Keys as bytes. There are few values, so a key is small wherever it is not null.
fn narrow(keys: &ArrayRef, first: usize, out: &mut [u8]) {
    fn of<T: ArrowPrimitiveType>(keys: &ArrayRef, first: usize, out: &mut [u8])
    where
        T::Native: ArrowNativeType,
    {
        let keys = keys.as_primitive::<T>().values();
        let keys = keys.get(first..).unwrap_or_default();
        out.iter_mut().zip(keys).for_each(|(out, key)| *out = key.as_usize() as u8);
    }
    match keys.data_type() {
        DataType::Int8 => of::<Int8Type>(keys, first, out),
        DataType::Int16 => of::<Int16Type>(keys, first, out),
        DataType::Int32 => of::<Int32Type>(keys, first, out),
        DataType::Int64 => of::<Int64Type>(keys, first, out),
        DataType::UInt8 => of::<UInt8Type>(keys, first, out),
        DataType::UInt16 => of::<UInt16Type>(keys, first, out),
        DataType::UInt32 => of::<UInt32Type>(keys, first, out),
        _ => of::<UInt64Type>(keys, first, out),
    }
}
