//! Bits to bytes and back, a word of 64 rows at a time.

use super::WORDS;
use crate::policy::circuit::Block;

/// Each of the eight lowest bits in a byte of its own, the lowest first.
#[inline]
const fn spread(bits: u64) -> u64 {
    // A copy of the bits in each byte, of which byte `i` keeps bit `i`; then any bit that is left becomes the lowest.
    let kept = ((bits & 0xff) * 0x0101_0101_0101_0101) & 0x8040_2010_0804_0201;
    ((kept + 0x7f7f_7f7f_7f7f_7f7f) >> 7) & 0x0101_0101_0101_0101
}

/// Writes for each row the byte whose bits are the row's bits of the planes, the first plane the lowest; at most eight
/// planes. `out` may end within a word.
pub(super) fn interleave(planes: &[&Block<WORDS>], out: &mut [u8]) {
    for (word, rows) in out.chunks_mut(64).enumerate() {
        for (byte, rows) in rows.chunks_mut(8).enumerate() {
            let together = planes.iter().enumerate().fold(0, |all, (place, plane)| {
                all | (spread(plane.get(word).copied().unwrap_or_default() >> (8 * byte)) << place)
            });
            let bytes = together.to_le_bytes();
            match <&mut [u8; 8]>::try_from(&mut *rows) {
                Ok(rows) => *rows = bytes,
                Err(_) => rows.copy_from_slice(bytes.get(..rows.len()).unwrap_or_default()),
            }
        }
    }
}

/// Gathers one bit of each row's byte in a plane. What is behind the last row is zero.
pub(super) fn gather(rows: &[u8], bit: u32, plane: &mut Block<WORDS>) {
    let mut words = rows.chunks(64);
    for word in plane {
        let rows = words.next().unwrap_or_default();
        *word = rows.chunks(8).enumerate().fold(0, |all, (byte, rows)| {
            let mut eight = [0; 8];
            match <[u8; 8]>::try_from(rows) {
                Ok(rows) => eight = rows,
                Err(_) => eight.iter_mut().zip(rows).for_each(|(to, from)| *to = *from),
            }
            // The product brings the eight lowest bits together in the top byte.
            let bits = u64::from_le_bytes(eight) >> bit & 0x0101_0101_0101_0101;
            all | (bits.wrapping_mul(0x0102_0408_1020_4080) >> 56) << (8 * byte)
        });
    }
}

/// The rows below `length` whose bit is set, or all of them.
pub(super) fn ones(plane: &Block<WORDS>, length: usize, all: bool) -> impl Iterator<Item = usize> + '_ {
    plane.iter().enumerate().flat_map(move |(at, word)| {
        let mut left = if all { u64::MAX } else { *word };
        std::iter::from_fn(move || {
            let bit = left.trailing_zeros();
            left &= left.wrapping_sub(1);
            (bit < 64).then_some(64 * at + bit as usize)
        })
        .take_while(move |row| *row < length)
    })
}

/// The planes of a number: the place, from 1, of each row's first plane; zero where there is none.
pub(super) fn first_of(all: &[&Block<WORDS>], width: usize) -> Vec<Block<WORDS>> {
    let mut number = vec![[0; WORDS]; width];
    let mut before = [0; WORDS];
    for (place, plane) in all.iter().enumerate() {
        for (bit, digits) in number.iter_mut().enumerate() {
            if (place + 1) >> bit & 1 == 1 {
                let first = plane.iter().zip(&before).map(|(word, before)| word & !before);
                digits.iter_mut().zip(first).for_each(|(digits, first)| *digits |= first);
            }
        }
        before.iter_mut().zip(*plane).for_each(|(before, word)| *before |= word);
    }
    number
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
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn bytes_come_back_from_their_planes(rows in prop::collection::vec(any::<u8>(), 0..300), count in 1usize..=8) {
            let planes: Vec<Block<WORDS>> = (0..count as u32)
                .map(|bit| {
                    let mut plane = [u64::MAX; WORDS];
                    gather(&rows, bit, &mut plane);
                    plane
                })
                .collect();
            for (row, byte) in rows.iter().enumerate() {
                for (bit, plane) in planes.iter().enumerate() {
                    prop_assert_eq!(plane[row / 64] >> (row % 64) & 1, u64::from(byte >> bit & 1));
                }
            }
            let mut back = vec![0xff; rows.len()];
            interleave(&planes.iter().collect::<Vec<_>>(), &mut back);
            let mask = (1_u16 << count).wrapping_sub(1) as u8;
            prop_assert_eq!(back, rows.iter().map(|byte| byte & mask).collect::<Vec<_>>());
        }

        #[test]
        fn the_first_plane_has_its_number(rows in prop::collection::vec(any::<u8>(), 0..300), count in 0usize..=8) {
            let mut planes = vec![[0; WORDS]; count];
            (0..).zip(&mut planes).for_each(|(bit, plane)| gather(&rows, bit, plane));
            let number = first_of(&planes.iter().collect::<Vec<_>>(), 4);
            let mut out = vec![0; rows.len()];
            interleave(&number.iter().collect::<Vec<_>>(), &mut out);
            let first = |row: &u8| (0..count as u8).find(|bit| row >> bit & 1 == 1).map_or(0, |bit| bit + 1);
            prop_assert_eq!(out, rows.iter().map(first).collect::<Vec<_>>());
        }

        #[test]
        fn ones_are_the_rows_that_are_set(rows in prop::collection::vec(0u8..2, 0..300)) {
            let mut plane = [0; WORDS];
            gather(&rows, 0, &mut plane);
            let set: Vec<usize> = (0..rows.len()).filter(|row| rows[*row] == 1).collect();
            prop_assert_eq!(ones(&plane, rows.len(), false).collect::<Vec<_>>(), set);
            prop_assert!(ones(&plane, rows.len(), true).eq(0..rows.len()));
            let mut whole = [u64::MAX; WORDS];
            cut(&mut whole, rows.len());
            prop_assert!(ones(&whole, 64 * WORDS, false).eq(0..rows.len()));
        }
    }
}
