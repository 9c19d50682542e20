//! Bits to bytes and back, a word of 64 rows at a time.
//!
//! What is generic over [`Simd`] belongs in a caller's [`dispatch!`](fearless_simd::dispatch), by which it is compiled for
//! each set of vector instructions; it is inlined there.

use fearless_simd::prelude::*;
use fearless_simd::{mask8x64, u8x64};

use super::{ROWS, WORDS};
use crate::policy::circuit::Block;

/// Writes for each row the byte whose bits are the row's bits of the planes, the first plane the lowest; at most eight
/// planes. `out` may end within a word.
#[inline(always)]
pub(super) fn interleave<'a, S: Simd>(
    simd: S,
    planes: impl Iterator<Item = &'a Block<WORDS>> + Clone,
    out: &mut [u8; ROWS],
) {
    let nothing = u8x64::splat(simd, 0);
    for (word, rows) in out.as_chunks_mut::<64>().0.iter_mut().enumerate() {
        let mut all = nothing;
        for (place, plane) in planes.clone().enumerate() {
            let has = mask8x64::from_bitmask(simd, plane.get(word).copied().unwrap_or_default());
            all |= has.select(u8x64::splat(simd, 1 << place), nothing);
        }
        all.store_slice(rows);
    }
}

/// Gathers one bit of each row's byte in a plane. What is behind the last row is zero.
#[inline(always)]
pub(super) fn gather<S: Simd>(simd: S, rows: &[u8], bit: u32, plane: &mut Block<WORDS>) {
    let bit = u8x64::splat(simd, 1 << bit);
    let word = |rows: &[u8; 64]| (u8x64::from_slice(simd, rows) & bit).simd_eq(bit).to_bitmask();
    let (whole, rest) = rows.as_chunks::<64>();
    let mut words = plane.iter_mut();
    for (rows, plane) in whole.iter().zip(words.by_ref()) {
        *plane = word(rows);
    }
    let mut last = [0; 64];
    last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
    for plane in words {
        *plane = word(&last);
        last = [0; 64];
    }
}

/// The rows below `length` whose bit is set.
pub(super) fn ones(plane: &Block<WORDS>, length: usize) -> impl Iterator<Item = usize> + '_ {
    plane.iter().enumerate().flat_map(move |(at, word)| {
        let mut left = *word;
        std::iter::from_fn(move || {
            let bit = left.trailing_zeros();
            left &= left.wrapping_sub(1);
            (bit < 64).then_some(64 * at + bit as usize)
        })
        .take_while(move |row| *row < length)
    })
}

/// The same plane with the rows behind `length` cleared.
pub(super) fn cut(plane: &mut Block<WORDS>, length: usize) {
    for (at, word) in plane.iter_mut().enumerate() {
        let left = length.saturating_sub(64 * at);
        *word &= crate::policy::packed::low_bits(left.min(64) as u32);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::levels;
    use fearless_simd::{Level, dispatch};
    use proptest::prelude::*;

    fn plane(level: Level, rows: &[u8], bit: u32) -> Block<WORDS> {
        let mut plane = Block::ALL;
        dispatch!(level, simd => gather(simd, rows, bit, &mut plane));
        plane
    }

    proptest! {
        #[test]
        fn bytes_come_back_from_their_planes(rows in prop::collection::vec(any::<u8>(), 0..300), count in 1usize..=8) {
            for level in levels() {
                let planes: Vec<Block<WORDS>> = (0..count as u32).map(|bit| plane(level, &rows, bit)).collect();
                for (row, byte) in rows.iter().enumerate() {
                    for (bit, plane) in planes.iter().enumerate() {
                        prop_assert_eq!(plane[row / 64] >> (row % 64) & 1, u64::from(byte >> bit & 1));
                    }
                }
                let mut back = [0xff; ROWS];
                dispatch!(level, simd => interleave(simd, planes.iter(), &mut back));
                let mask = (1_u16 << count).wrapping_sub(1) as u8;
                prop_assert!(back.iter().copied().take(rows.len()).eq(rows.iter().map(|byte| byte & mask)));
                prop_assert!(back.iter().skip(rows.len()).all(|byte| *byte == 0));
            }
        }

        #[test]
        fn ones_are_the_rows_that_are_set(rows in prop::collection::vec(0u8..2, 0..300)) {
            let set: Vec<usize> = (0..rows.len()).filter(|row| rows[*row] == 1).collect();
            prop_assert_eq!(ones(&plane(Level::new(), &rows, 0), rows.len()).collect::<Vec<_>>(), set);
            let mut whole = Block::ALL;
            prop_assert!(ones(&whole, rows.len()).eq(0..rows.len()));
            cut(&mut whole, rows.len());
            prop_assert!(ones(&whole, 64 * WORDS).eq(0..rows.len()));
        }
    }
}
