//! Windows over ASCII text: whole runs of values of one length at once.
//!
//! A hidden ASCII character becomes one `*`, so a masked value is as long as it was, and a run of values that are alike
//! in length is masked by two periodic patterns over its bytes: which bits stay, and what is put in their place.

use std::ops::RangeInclusive;

use arrow::array::{Array, ArrayRef, GenericStringArray, OffsetSizeTrait};
use arrow::buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use std::sync::Arc;

use super::super::cells::Cells;
use super::super::copies::{own_nulls, too_large};
use super::super::{PlanError, REDACTED};

/// How many values make a run: one word of null bits.
const RUN: usize = 64;
/// The longest value of a run.
const LONGEST: usize = 64;

/// What a run of values must be, so that no value of it needs to be looked at on its own.
pub(super) enum Fit {
    /// ASCII.
    Ascii,
    /// Each byte in its range.
    Each(&'static [RangeInclusive<u8>]),
}

/// The patterns for values of one length, as many times as a run is long.
struct Patterns {
    length: usize,
    stays: Vec<u8>,
    fill: Vec<u8>,
    lowest: Vec<u8>,
    reach: Vec<u8>,
}

impl Patterns {
    /// `None` where values of this length can't be masked as a run.
    fn new(length: usize, prefix: usize, suffix: usize, fit: &Fit) -> Option<Self> {
        let end = length.checked_sub(suffix).filter(|end| *end > prefix && length <= LONGEST)?;
        let hidden = |at: usize| (prefix..end).contains(&at);
        let ranges: Vec<_> = match fit {
            // A hidden space is looked at on its own: hiding nothing else would give the value back.
            Fit::Ascii => (0..length).map(|at| if hidden(at) { 0x21..=0x7e } else { 0..=0x7f }).collect(),
            Fit::Each(ranges) if ranges.len() == length => ranges.to_vec(),
            Fit::Each(_) => return None,
        };
        let repeat = |byte: &dyn Fn(usize) -> u8| (0..length * RUN).map(|at| byte(at % length)).collect();
        let range = |at: usize| ranges.get(at).cloned().unwrap_or(0..=0);
        Some(Patterns {
            length,
            stays: repeat(&|at| if hidden(at) { 0 } else { 0xff }),
            fill: repeat(&|at| if hidden(at) { b'*' } else { 0 }),
            lowest: repeat(&|at| *range(at).start()),
            reach: repeat(&|at| range(at).end() - range(at).start()),
        })
    }

    fn fits(&self, bytes: &[u8]) -> bool {
        let apart = |((byte, low), reach): ((&u8, &u8), &u8)| u8::from(byte.wrapping_sub(*low) > *reach);
        bytes.iter().zip(&self.lowest).zip(&self.reach).map(apart).fold(0, |any, apart| any | apart) == 0
    }

    fn append(&self, bytes: &[u8], out: &mut Vec<u8>) {
        out.extend(bytes.iter().zip(&self.stays).zip(&self.fill).map(|((byte, stays), fill)| byte & stays | fill));
    }
}

/// Masks a column; `one` masks a single value that is in no run and answers `false` where it can't.
pub(super) fn treat<O: OffsetSizeTrait>(
    array: &GenericStringArray<O>,
    (prefix, suffix): (usize, usize),
    fit: &Fit,
    column: &str,
    one: impl Fn(&str, &mut Vec<u8>) -> bool,
) -> Result<Cells, PlanError> {
    let broken = || too_large(column);
    let offsets = array.value_offsets();
    let (first, last) = (offsets.first().copied().unwrap_or_default(), offsets.last().copied().unwrap_or_default());
    let (mut bytes, mut ends): (Vec<u8>, Vec<O>) = (Vec::new(), Vec::new());
    let reserved = ends.try_reserve_exact(array.len() + 1);
    reserved.and_then(|()| bytes.try_reserve_exact((last - first).as_usize())).map_err(|_| broken())?;
    ends.push(O::default());
    let (mut invalid, mut changed) = (Vec::new(), 0_u64);
    let mut patterns: Option<Patterns> = None;

    for start in (0..array.len()).step_by(RUN) {
        let rows = RUN.min(array.len() - start);
        let within = offsets.get(start..=start + rows).unwrap_or_default();
        if let Some((length, values)) = run(within, array.nulls(), start) {
            if patterns.as_ref().is_none_or(|patterns| patterns.length != length) {
                patterns = Patterns::new(length, prefix, suffix, fit);
            }
            let begin = within.first().copied().unwrap_or_default();
            let given = array.value_data().get(begin.as_usize()..begin.as_usize() + length * values);
            if let (Some(patterns), Some(given)) = (&patterns, given)
                && patterns.fits(given)
                // What is hidden already may not change.
                && !given.contains(&b'*')
            {
                // Also says that no end of the run is beyond the type.
                O::from_usize(bytes.len() + given.len()).ok_or_else(broken)?;
                let shift = *ends.last().ok_or_else(broken)? - begin;
                ends.extend(within.iter().skip(1).map(|end| *end + shift));
                bytes.try_reserve(given.len()).map_err(|_| broken())?;
                patterns.append(given, &mut bytes);
                changed += values as u64;
                continue;
            }
        }
        for row in start..start + rows {
            if array.is_valid(row) {
                let value = array.value(row);
                let begin = bytes.len();
                bytes.try_reserve(value.len().max(REDACTED.len())).map_err(|_| broken())?;
                if !one(value, &mut bytes) {
                    bytes.truncate(begin);
                    bytes.extend_from_slice(REDACTED.as_bytes());
                    invalid.push(u32::try_from(row).map_err(|_| broken())?);
                }
                changed += u64::from(bytes.get(begin..) != Some(value.as_bytes()));
            }
            ends.push(O::from_usize(bytes.len()).ok_or_else(broken)?);
        }
    }
    let offsets = OffsetBuffer::new(ScalarBuffer::from(ends));
    let text = GenericStringArray::<O>::try_new(offsets, Buffer::from_vec(bytes), own_nulls(array));
    let array: ArrayRef = Arc::new(text.map_err(|_| broken())?);
    Ok(Cells { array, invalid, changed })
}

/// The length of each value and how many there are, where these rows have one length and lie without gaps: a null takes
/// no bytes.
fn run<O: OffsetSizeTrait>(offsets: &[O], nulls: Option<&NullBuffer>, start: usize) -> Option<(usize, usize)> {
    let rows = offsets.len().checked_sub(1)?;
    let valid = |row: usize| nulls.is_none_or(|nulls| nulls.is_valid(start + row));
    let first = (0..rows).find(|row| valid(*row))?;
    let length = *offsets.get(first + 1)? - *offsets.get(first)?;
    let lengths = || offsets.iter().zip(offsets.iter().skip(1)).map(|(begin, end)| *end - *begin);
    let values = match nulls.map(|nulls| nulls.slice(start, rows)).filter(|nulls| nulls.null_count() > 0) {
        None => lengths().fold(true, |all, of| all & (of == length)).then_some(rows)?,
        Some(nulls) => {
            let expected = |valid: bool| if valid { length } else { O::default() };
            let alike = lengths().zip(nulls.iter()).fold(true, |all, (of, valid)| all & (of == expected(valid)));
            alike.then(|| rows - nulls.null_count())?
        }
    };
    let length = length.as_usize();
    (1..=LONGEST).contains(&length).then_some((length, values))
}
