//! Arrow columns as planes of facts: for each bit of the packed facts the rows that have it, for each fact the rows in
//! which it is unknown.

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, RecordBatch};
use arrow::buffer::{BooleanBuffer, NullBuffer};
use arrow::compute::cast;
use arrow::datatypes::{
    ArrowNativeType, DataType, Int8Type, Int16Type, Int32Type, Int64Type, Schema, UInt8Type, UInt16Type, UInt32Type,
    UInt64Type,
};
use fearless_simd::prelude::*;

use super::planes::{cut, gather};
use super::{ROWS, WORDS};
use crate::policy::circuit::Block;
use crate::policy::facts::{Domain, FactDefinition, FactError, Section, shown};
use crate::policy::model::Space;
use crate::policy::packed::{PackedFacts, Slot};
use crate::table::{TableError, check_columns, check_names};
use crate::terms::{Text, Word};

/// A dictionary of at most so many values is read by the bits of its keys.
const FEW_VALUES: usize = 8;
/// The code of a null. Domains are smaller.
const UNKNOWN: u8 = 0xff;
/// The code of a value that is not in the domain.
const NO_VALUE: u8 = 0x7f;

/// Where each fact of a section stands in tables of one schema.
pub(super) struct FactColumns {
    facts: Vec<Fact>,
    schema: Schema,
}

struct Fact {
    definition: FactDefinition,
    slot: Slot,
    /// The column's place; none where the table has no such column.
    column: Option<usize>,
}

impl FactColumns {
    /// # Errors
    /// [`FactError::UnknownFact`], [`FactError::ColumnType`], [`TableError::DuplicateColumn`]
    pub(super) fn new(space: &Space, schema: &Schema, section: Section) -> Result<FactColumns, crate::Error> {
        check_names(schema)?;
        for field in schema.fields() {
            let Some(fact) = space.index.get(field.name()).and_then(|place| space.facts.get(*place)) else {
                return Err(FactError::UnknownFact { fact: shown(field.name()), section: section.id() }.into());
            };
            if !is_readable(&fact.domain, field.data_type()) {
                return Err(FactError::ColumnType {
                    fact: fact.id.clone(),
                    expected: if fact.domain == Domain::BOOL {
                        Text::new("布尔值或文本", "booleans or text")
                    } else {
                        Text::new("文本或文本字典", "text or a dictionary of text")
                    },
                }
                .into());
            }
        }
        let column = |fact: &FactDefinition| schema.column_with_name(&fact.id).map(|(place, _)| place);
        let facts = space.facts.iter().zip(space.layout.slots());
        let facts = facts.map(|(fact, slot)| Fact { definition: fact.clone(), slot: *slot, column: column(fact) });
        Ok(FactColumns { facts: facts.collect(), schema: schema.clone() })
    }

    /// The facts of one batch. `before` rows came before it.
    ///
    /// # Errors
    /// [`TableError::SchemaMismatch`], [`FactError::OutsideDomainInRow`], [`TableError::OutOfMemory`]
    pub(super) fn of<'a>(&'a self, batch: &RecordBatch, before: u64) -> Result<Batch<'a>, crate::Error> {
        check_columns(batch.schema_ref(), &self.schema)?;
        let mut values = Vec::with_capacity(self.facts.len());
        for fact in &self.facts {
            let column = fact.column.and_then(|place| batch.columns().get(place));
            values.push(match column {
                None => Values::Unknown,
                Some(column) => Values::of(column, &fact.definition.domain)?,
            });
        }
        let unknown = vec![Block::NONE; self.facts.len()];
        let sound = values.iter().all(Values::is_sound);
        Ok(Batch { columns: self, values, sound, unknown, before })
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

/// The nulls of a column, if it has any.
fn some_nulls(nulls: Option<&NullBuffer>) -> Option<NullBuffer> {
    nulls.filter(|nulls| nulls.null_count() > 0).cloned()
}

impl Values {
    fn of(column: &ArrayRef, domain: &Domain) -> Result<Values, crate::Error> {
        match column.data_type() {
            DataType::Null => Ok(Values::Unknown),
            DataType::Boolean => {
                let column = column.as_boolean();
                Ok(Values::Bits(column.values().clone(), some_nulls(column.nulls())))
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
                let kept = Values::Keys(keys.slice(0, keys.len()), some_nulls(keys.nulls()), values);
                if few { Ok(kept) } else { kept.spelled_out() }
            }
            _ => Ok(Values::Codes(codes(column, domain)?)),
        }
    }

    /// Whether a row can be neither unknown nor outside the domain.
    fn is_sound(&self) -> bool {
        match self {
            Values::Unknown | Values::Codes(_) => false,
            Values::Bits(_, nulls) => nulls.is_none(),
            Values::Keys(_, nulls, codes) => nulls.is_none() && codes.iter().all(|code| *code < NO_VALUE),
        }
    }

    /// One block of rows: the planes of their codes, the rows that are unknown, the rows whose value is in no domain.
    #[inline(always)]
    fn fill<S: Simd>(
        &self,
        simd: S,
        rows: (usize, usize),
        planes: &mut [Block<WORDS>],
        unknown: &mut Block<WORDS>,
        wrong: &mut Block<WORDS>,
    ) {
        match self {
            Values::Unknown => {
                *unknown = Block::ALL;
                planes.fill(Block::NONE);
            }
            Values::Bits(values, nulls) => {
                planes.iter_mut().for_each(|plane| load(values, rows, plane));
                missing(nulls.as_ref(), rows, unknown);
            }
            Values::Codes(codes) => {
                let (first, length) = rows;
                let codes = codes.get(first..first + length).unwrap_or_default();
                planes.iter_mut().zip(0..).for_each(|(plane, bit)| gather(simd, codes, bit, plane));
                // The seventh bit is in both of the special codes, the eighth in one.
                gather(simd, codes, 6, wrong);
                gather(simd, codes, 7, unknown);
            }
            Values::Keys(keys, nulls, codes) => {
                missing(nulls.as_ref(), rows, unknown);
                keyed(simd, keys, codes, rows, planes, unknown, wrong);
            }
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
    /// Whether each fact of each row is known and in its domain.
    sound: bool,
    /// For each fact the rows of the block at hand in which it is unknown.
    unknown: Vec<Block<WORDS>>,
    before: u64,
}

impl Batch<'_> {
    /// Fills the planes with the rows from `first`, and gives the rows in which some fact is unknown; none when there is no
    /// such row. `read` has the planes that matter where every fact is known.
    ///
    /// # Errors
    /// [`FactError::OutsideDomainInRow`]
    #[inline(always)]
    pub(super) fn fill<S: Simd>(
        &mut self,
        simd: S,
        (first, length): (usize, usize),
        read: u64,
        planes: &mut [Block<WORDS>],
    ) -> Result<Option<Block<WORDS>>, FactError> {
        let mut incomplete = Block::<WORDS>::NONE;
        for ((fact, values), unknown) in self.columns.facts.iter().zip(&self.values).zip(&mut self.unknown) {
            if self.sound && fact.slot.mask() & read == 0 {
                continue;
            }
            let (start, end) = (fact.slot.shift as usize, (fact.slot.shift + fact.slot.width) as usize);
            let planes = planes.get_mut(start..end).unwrap_or_default();
            let mut wrong = Block::<WORDS>::NONE;
            values.fill(simd, (first, length), planes, unknown, &mut wrong);
            if self.sound {
                continue;
            }
            cut(unknown, length);
            let mut outside = Block::<WORDS>::NONE;
            for (((outside, wrong), unknown), all) in
                outside.iter_mut().zip(*wrong).zip(unknown.iter()).zip(incomplete.iter_mut())
            {
                *outside = wrong & !unknown;
                *all |= unknown;
            }
            if let Some(row) = super::planes::ones(&outside, length).next() {
                return Err(FactError::OutsideDomainInRow {
                    fact: fact.definition.id.clone(),
                    expected: fact.definition.domain.in_words(),
                    row: self.before + (first + row) as u64 + 1,
                });
            }
            for plane in planes {
                plane.iter_mut().zip(unknown.iter()).for_each(|(word, unknown)| *word &= !unknown);
            }
        }
        Ok((incomplete != Block::NONE).then_some(incomplete))
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
#[inline(always)]
fn load(bits: &BooleanBuffer, (first, length): (usize, usize), plane: &mut Block<WORDS>) {
    let start = bits.offset() + first;
    let bytes = bits.values().get(start / 8..).and_then(|bytes| bytes.first_chunk::<{ ROWS / 8 }>());
    match bytes {
        Some(bytes) if length == ROWS && start.is_multiple_of(8) => {
            plane.iter_mut().zip(bytes.as_chunks().0).for_each(|(word, bytes)| *word = u64::from_le_bytes(*bytes));
        }
        _ => load_part(bits, first, length, plane),
    }
}

/// As [`load`], for bits that begin within a byte, and for the last block.
#[inline(never)]
fn load_part(bits: &BooleanBuffer, first: usize, length: usize, plane: &mut Block<WORDS>) {
    let bits = bits.slice(first, length);
    let chunks = bits.bit_chunks();
    let left = (!length.is_multiple_of(64)).then(|| chunks.remainder_bits());
    let mut words = chunks.iter().chain(left);
    plane.fill_with(|| words.next().unwrap_or_default());
}

/// The rows whose value is null.
#[inline(always)]
fn missing(nulls: Option<&NullBuffer>, rows: (usize, usize), unknown: &mut Block<WORDS>) {
    *unknown = Block::NONE;
    if let Some(nulls) = nulls {
        load(nulls.inner(), rows, unknown);
        unknown.iter_mut().for_each(|word| *word = !*word);
    }
}

/// The planes of a dictionary's values by the bits of its keys.
#[inline(always)]
fn keyed<S: Simd>(
    simd: S,
    keys: &ArrayRef,
    codes: &[u8],
    (first, length): (usize, usize),
    planes: &mut [Block<WORDS>],
    unknown: &mut Block<WORDS>,
    wrong: &mut Block<WORDS>,
) {
    let mut narrowed = [0; ROWS];
    let rows = match keys.as_primitive_opt::<UInt8Type>() {
        Some(keys) => keys.values().get(first..first + length).unwrap_or_default(),
        None => narrow(keys, first, narrowed.get_mut(..length).unwrap_or_default()),
    };
    let mut key_planes = [Block::<WORDS>::NONE; 3];
    for (bit, plane) in key_planes.iter_mut().enumerate() {
        if codes.len() > 1 << bit {
            gather(simd, rows, bit as u32, plane);
        }
    }
    planes.fill(Block::NONE);
    for (key, code) in codes.iter().enumerate().filter(|(_, code)| **code != 0) {
        let mut here = Block::<WORDS>::ALL;
        for (bit, plane) in key_planes.iter().enumerate().filter(|(bit, _)| codes.len() > 1 << bit) {
            let flip = if key >> bit & 1 == 1 { 0 } else { u64::MAX };
            here.iter_mut().zip(plane.iter()).for_each(|(here, word)| *here &= word ^ flip);
        }
        let add = |plane: &mut Block<WORDS>| plane.iter_mut().zip(here.iter()).for_each(|(word, here)| *word |= here);
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
#[inline(never)]
fn narrow<'a>(keys: &ArrayRef, first: usize, out: &'a mut [u8]) -> &'a [u8] {
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
        DataType::UInt16 => of::<UInt16Type>(keys, first, out),
        DataType::UInt32 => of::<UInt32Type>(keys, first, out),
        _ => of::<UInt64Type>(keys, first, out),
    }
    out
}
