//! SM3 (GB/T 32905) on sixteen messages at once, one in each lane of the vectors.
//!
//! Messages don't touch one another, so lanes cost nothing but the turning of words into lanes. The standard's names are
//! kept: `a` to `h`, `ss1`, `tt1`, `w`.

use fearless_simd::prelude::*;
use fearless_simd::{Level, dispatch, u32x16};
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::hash::BLOCK;

pub(super) const LANES: usize = 16;

/// The initial state (5.1).
pub(super) const INITIAL: [u32; 8] =
    [0x7380_166f, 0x4914_b2b9, 0x1724_42d7, 0xda8a_0600, 0xa96f_30bc, 0x1631_38aa, 0xe38d_ee4d, 0xb0fb_0e4e];

/// Words of lanes: the first index is the word, the second the lane.
type Words<const N: usize> = [[u32; LANES]; N];

/// One state in every lane.
pub(super) fn spread(state: &[u32; 8]) -> Words<8> {
    state.map(|word| [word; LANES])
}

/// The expanded words of the blocks (5.3.2), which are the messages and the key's pads in another order: one for a whole
/// column, overwritten at its end. A vector never lies across two lines of the cache.
#[derive(Zeroize, ZeroizeOnDrop)]
#[repr(align(64))]
pub(super) struct Schedule(Words<68>);

impl Schedule {
    pub(super) fn new() -> Self {
        Schedule([[0; LANES]; 68])
    }
}

/// Compresses a block into the state of each lane.
pub(super) fn compress(level: Level, schedule: &mut Schedule, states: &mut Words<8>, blocks: &[[u8; BLOCK]; LANES]) {
    for (lane, block) in blocks.iter().enumerate() {
        for (word, bytes) in schedule.0.iter_mut().zip(block.as_chunks::<4>().0) {
            if let Some(to) = word.get_mut(lane) {
                *to = u32::from_be_bytes(*bytes);
            }
        }
    }
    dispatch!(level, simd => rounds(simd, states, &mut schedule.0));
}

/// The bytes of the state of each lane.
pub(super) fn bytes(states: &Words<8>) -> [[u8; 32]; LANES] {
    let mut out = [[0; 32]; LANES];
    for (lane, out) in out.iter_mut().enumerate() {
        for (to, word) in out.as_chunks_mut::<4>().0.iter_mut().zip(states) {
            *to = word.get(lane).copied().unwrap_or_default().to_be_bytes();
        }
    }
    out
}

#[inline(always)]
fn rotate<S: Simd>(x: u32x16<S>, by: u32) -> u32x16<S> {
    (x << by) | (x >> (32 - by))
}

#[inline(always)]
#[allow(clippy::indexing_slicing, reason = "the bounds of both loops are those of the array, 68")]
fn rounds<S: Simd>(simd: S, states: &mut Words<8>, w: &mut Words<68>) {
    let load = |words: &[u32; LANES]| u32x16::from_slice(simd, words);
    for j in 16..68 {
        // Message expansion, 5.3.2.
        let x = load(&w[j - 16]) ^ load(&w[j - 9]) ^ rotate(load(&w[j - 3]), 15);
        let p1 = x ^ rotate(x, 15) ^ rotate(x, 23);
        (p1 ^ rotate(load(&w[j - 13]), 7) ^ load(&w[j - 6])).store_slice(&mut w[j]);
    }
    let before = states.map(|word| load(&word));
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = before;
    for j in 0..64 {
        let t: u32 = if j < 16 { 0x79cc_4519 } else { 0x7a87_9d8a };
        let a12 = rotate(a, 12);
        let ss1 = rotate(a12 + e + u32x16::splat(simd, t.rotate_left(j as u32 % 32)), 7);
        let ss2 = ss1 ^ a12;
        let (ff, gg) = if j < 16 { (a ^ b ^ c, e ^ f ^ g) } else { ((a & b) | ((a | b) & c), ((f ^ g) & e) ^ g) };
        let tt1 = ff + d + ss2 + (load(&w[j]) ^ load(&w[j + 4]));
        let tt2 = gg + h + ss1 + load(&w[j]);
        (d, c, b, a) = (c, rotate(b, 9), a, tt1);
        (h, g, f, e) = (g, rotate(f, 19), e, tt2 ^ rotate(tt2, 9) ^ rotate(tt2, 17));
    }
    for ((state, before), after) in states.iter_mut().zip(before).zip([a, b, c, d, e, f, g, h]) {
        (before ^ after).store_slice(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn levels() -> Vec<Level> {
        let mut levels = vec![Level::baseline(), Level::new()];
        #[cfg(target_arch = "x86_64")]
        {
            levels.extend(Level::new().as_sse4_2().map(Level::Sse4_2));
            levels.extend(Level::new().as_avx2().map(Level::Avx2));
        }
        levels
    }

    proptest! {
        /// One block of a message of two, the second being the padding.
        #[test]
        fn the_sm3_crate_agrees_in_every_lane(blocks in prop::collection::vec(prop::array::uniform32(any::<u16>()), LANES)) {
            let mut given = [[0; BLOCK]; LANES];
            for (to, from) in given.iter_mut().zip(&blocks) {
                for (to, from) in to.as_chunks_mut::<2>().0.iter_mut().zip(from) {
                    *to = from.to_be_bytes();
                }
            }
            let mut padding = [0; BLOCK];
            padding[0] = 0x80;
            padding[BLOCK - 2] = 2;
            for level in levels() {
                let (mut states, mut schedule) = (spread(&INITIAL), Schedule::new());
                compress(level, &mut schedule, &mut states, &given);
                compress(level, &mut schedule, &mut states, &[padding; LANES]);
                for (lane, block) in bytes(&states).iter().zip(&given) {
                    use sm3::Digest as _;
                    prop_assert_eq!(&lane[..], &sm3::Sm3::digest(block)[..]);
                }
            }
        }
    }

    #[test]
    fn the_words_of_the_messages_are_in_the_schedule_and_go_with_it() {
        let mut schedule = Schedule::new();
        compress(
            Level::new(),
            &mut schedule,
            &mut spread(&INITIAL),
            &[*b"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"; LANES],
        );
        assert_eq!((schedule.0[0], schedule.0[15]), ([0x3031_3233; LANES], [0x6364_6566; LANES]));
        assert!(schedule.0.iter().all(|word| word.iter().all(|lane| *lane != 0)));
        schedule.zeroize();
        assert_eq!(schedule.0, [[0; LANES]; 68]);
    }
}
