//! Hashes of sixteen messages at once, one in each lane of the vectors, and the HMAC over them.
//!
//! Messages don't touch one another, so lanes cost nothing but the turning of words into lanes, and the digests of the
//! inner hash are turned back by none: they are words in lanes already, as the outer hash wants them. The compressions
//! have the names of their standards: [`sha256`] and [`sm3`].
//!
//! Messages and pads lie in the schedule and nowhere else, so that they are overwritten with it. Everything else about a
//! MAC, and when lanes are worth it, is [`super::mac`]'s.

mod sha256;
mod sm3;

use fearless_simd::prelude::*;
use fearless_simd::{Level, dispatch, u32x16};
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::hash::BLOCK;
use crate::terms::HashAlgorithm;

pub(super) use sm3::INITIAL as SM3_INITIAL;

pub(super) const LANES: usize = 16;

/// Words of lanes: the first index is the word, the second the lane.
type Words<const N: usize> = [[u32; LANES]; N];

/// The hashes of sixteen messages, all of as many blocks. The expanded words are the messages and the key's pads in another
/// order, so one schedule serves a whole column, and is overwritten at its end. A vector never lies across two lines of the
/// cache.
#[derive(Zeroize, ZeroizeOnDrop)]
#[repr(align(64))]
pub(super) struct Lanes {
    /// SM3 expands a block to 68 words, SHA-256 to 64.
    schedule: Words<68>,
    states: Words<8>,
    #[zeroize(skip)]
    algorithm: HashAlgorithm,
    #[zeroize(skip)]
    level: Level,
}

impl Lanes {
    pub(super) fn new(algorithm: HashAlgorithm, level: Level) -> Self {
        Lanes { schedule: [[0; LANES]; 68], states: [[0; LANES]; 8], algorithm, level }
    }

    /// One state in every lane.
    pub(super) fn start(&mut self, state: &[u32; 8]) {
        self.states = state.map(|word| [word; LANES]);
    }

    /// Compresses a block into the state of each lane.
    pub(super) fn compress(&mut self, blocks: &[[u8; BLOCK]; LANES]) {
        for (row, block) in self.schedule.iter_mut().zip(blocks) {
            row.iter_mut().zip(block.as_chunks().0).for_each(|(to, bytes)| *to = u32::from_be_bytes(*bytes));
        }
        let schedule = &mut self.schedule;
        dispatch!(self.level, simd => transpose(simd, schedule));
        self.rounds();
    }

    /// The digest of each lane, hashed behind one block that made the state `outer`: the second half of HMAC.
    pub(super) fn finish_hmac(&mut self, outer: &[u32; 8]) {
        let padding = [0x8000_0000, 0, 0, 0, 0, 0, 0, 8 * (BLOCK + 32) as u32].map(|word| [word; LANES]);
        self.schedule.iter_mut().zip(self.states.iter().chain(&padding)).for_each(|(to, word)| *to = *word);
        self.start(outer);
        self.rounds();
    }

    fn rounds(&mut self) {
        let Lanes { schedule, states, algorithm, level } = self;
        match algorithm {
            HashAlgorithm::Sha256 => dispatch!(*level, simd => sha256::rounds(simd, states, schedule)),
            HashAlgorithm::Sm3 => dispatch!(*level, simd => sm3::rounds(simd, states, schedule)),
        }
    }

    /// The digest of each lane.
    pub(super) fn digests(&mut self) -> [[u8; 32]; LANES] {
        let Lanes { schedule, states, .. } = self;
        schedule.iter_mut().zip(states).for_each(|(to, word)| *to = *word);
        dispatch!(self.level, simd => transpose(simd, schedule));
        let mut out = [[0; 32]; LANES];
        for (out, row) in out.iter_mut().zip(schedule) {
            out.as_chunks_mut().0.iter_mut().zip(row).for_each(|(to, word)| *to = word.to_be_bytes());
        }
        out
    }

    /// The state of the first lane.
    pub(super) fn state(&self) -> [u32; 8] {
        let mut state = [0; 8];
        state.iter_mut().zip(&self.states).for_each(|(to, [word, ..])| *to = *word);
        state
    }
}

#[inline(always)]
fn rotate<S: Simd>(x: u32x16<S>, by: u32) -> u32x16<S> {
    (x << by) | (x >> (32 - by))
}

/// Turns the first sixteen words of the schedule, a square, over: four riffles are its transposition. They go to and fro
/// between these words and the next, since vectors of a whole square would not fit the registers and would lie on the stack.
#[inline(always)]
fn transpose<S: Simd>(simd: S, schedule: &mut Words<68>) {
    let Some((square, rest)) = schedule.split_first_chunk_mut::<LANES>() else { return };
    let Some(spare) = rest.first_chunk_mut::<LANES>() else { return };
    for _ in 0..LANES.ilog2() / 2 {
        riffle(simd, square, spare);
        riffle(simd, spare, square);
    }
}

#[inline(always)]
fn riffle<S: Simd>(simd: S, from: &Words<LANES>, to: &mut Words<LANES>) {
    let (upper, lower) = from.split_at(LANES / 2);
    for ((upper, lower), [first, second]) in upper.iter().zip(lower).zip(to.as_chunks_mut().0) {
        let (one, other) = u32x16::from_slice(simd, upper).interleave(u32x16::from_slice(simd, lower));
        one.store_slice(first);
        other.store_slice(second);
    }
}

/// The vectors of a state. A closure of `map` is not always compiled for the instructions that are there; a loop is.
#[inline(always)]
fn load<S: Simd>(simd: S, states: &Words<8>) -> [u32x16<S>; 8] {
    let mut vectors = [u32x16::splat(simd, 0); 8];
    for (vector, words) in vectors.iter_mut().zip(states) {
        *vector = u32x16::from_slice(simd, words);
    }
    vectors
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::levels;
    use proptest::prelude::*;

    const INITIAL: [(HashAlgorithm, [u32; 8]); 2] =
        [(HashAlgorithm::Sha256, super::super::hash::SHA256_INITIAL), (HashAlgorithm::Sm3, SM3_INITIAL)];

    proptest! {
        /// Of a message of one block and its padding in another; then of that digest, behind the same block.
        #[test]
        fn the_hashes_of_other_crates_agree_in_every_lane(words in prop::collection::vec(any::<[u64; 8]>(), LANES)) {
            let mut blocks = [[0; BLOCK]; LANES];
            for (to, from) in blocks.iter_mut().zip(&words) {
                to.as_chunks_mut::<8>().0.iter_mut().zip(from).for_each(|(to, from)| *to = from.to_be_bytes());
            }
            let mut padding = [0; BLOCK];
            padding[0] = 0x80;
            padding[BLOCK - 2] = 2;
            for (algorithm, initial) in INITIAL {
                for level in levels() {
                    let mut lanes = Lanes::new(algorithm, level);
                    lanes.start(&initial);
                    lanes.compress(&blocks);
                    lanes.compress(&[padding; LANES]);
                    let inner = lanes.digests();
                    for (digest, block) in inner.iter().zip(&blocks) {
                        prop_assert_eq!(*digest, *super::super::digest(algorithm, block).as_bytes());
                    }
                    let mut first = Lanes::new(algorithm, level);
                    first.start(&initial);
                    first.compress(&[blocks[3]; LANES]);
                    lanes.finish_hmac(&first.state());
                    for (digest, inner) in lanes.digests().iter().zip(&inner) {
                        let message = [&blocks[3][..], inner].concat();
                        prop_assert_eq!(*digest, *super::super::digest(algorithm, &message).as_bytes());
                    }
                }
            }
        }
    }

    #[test]
    fn the_words_of_the_messages_are_in_the_schedule_and_go_with_it() {
        for (algorithm, initial) in INITIAL {
            let mut lanes = Lanes::new(algorithm, Level::new());
            lanes.start(&initial);
            lanes.compress(&[*b"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"; LANES]);
            assert_eq!((lanes.schedule[0], lanes.schedule[15]), ([0x3031_3233; LANES], [0x6364_6566; LANES]));
            assert!(lanes.states.iter().all(|word| word.iter().all(|lane| *lane != 0)));
            lanes.zeroize();
            assert_eq!((lanes.schedule, lanes.states), ([[0; LANES]; 68], [[0; LANES]; 8]));
        }
    }
}
