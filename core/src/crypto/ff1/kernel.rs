//! The ten rounds over a batch: each round encrypts one block of every row in one call, so that the cipher's instructions
//! work on many rows at once. A value costs ten blocks and little else: what is between two rounds is done in vectors, for
//! which [`dispatch!`] finds the instructions when the program runs.

use fearless_simd::dispatch;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{BLOCK_BYTES, Direction, Ff1, ROUNDS, Shape, TweakEnd};

/// How many rows go through the rounds together: their blocks and numbers fit in the first cache.
pub(crate) const LANES: usize = 256;
/// The widest cipher encrypts so many blocks at once, and the rest one by one.
const STRIDE: usize = 64;

/// The blocks of one batch, overwritten at the end: they hold halves of values.
#[derive(Default, Zeroize, ZeroizeOnDrop)]
pub(crate) struct Scratch {
    blocks: Vec<[u8; BLOCK_BYTES]>,
    bases: Bases,
}

/// What the blocks of a row have in common in all rounds: the first eight bytes of each row, and the last eight.
#[derive(Default, Zeroize)]
struct Bases {
    first: Vec<u64>,
    last: Vec<u64>,
}

/// The first eight bytes of a block and the last, as they lie in memory.
#[inline(always)]
fn halves(block: &[u8; BLOCK_BYTES]) -> [u64; 2] {
    let mut halves = [0; 2];
    halves.iter_mut().zip(block.as_chunks().0).for_each(|(to, bytes)| *to = u64::from_ne_bytes(*bytes));
    halves
}

#[inline(always)]
pub(super) fn whole(halves: [u64; 2]) -> [u8; BLOCK_BYTES] {
    let mut block = [0; BLOCK_BYTES];
    block.as_chunks_mut().0.iter_mut().zip(halves).for_each(|(to, half)| *to = half.to_ne_bytes());
    block
}

fn xor([a, b]: [u64; 2], [c, d]: [u64; 2]) -> [u64; 2] {
    [a ^ c, b ^ d]
}

/// The number of half a value.
pub(crate) trait Half: Copy {
    /// The most bytes of a half, with which the pseudorandom number fits the arithmetic.
    const MOST_BYTES: usize;
    /// The byte of a round as it stands before a number of so many bytes.
    fn round(round: u8, half_bytes: usize) -> Self;
    /// The block of a round: its base, the last bytes xored with the round and the number.
    fn block(self, round: Self, base: [u64; 2]) -> [u8; BLOCK_BYTES];
    /// (self ± the first bytes of the block as a number) modulo `modulus`.
    fn step<const DECRYPT: bool>(self, block: &[u8; BLOCK_BYTES], modulus: &Modulus) -> Self;
}

/// A modulus and what is computed once to divide by it.
#[derive(Clone, Copy)]
pub(crate) struct Modulus {
    modulus: u128,
    /// ⌊2^64 / modulus⌋.
    reciprocal: u64,
    /// How far the pseudorandom number lies from the end of its block, in bits.
    shift: u32,
}

impl Modulus {
    #[cfg(test)]
    pub(super) fn of(modulus: u128, reciprocal: u64) -> Self {
        Modulus { modulus, reciprocal, shift: 0 }
    }
}

impl Half for u64 {
    const MOST_BYTES: usize = 4;

    fn round(round: u8, half_bytes: usize) -> Self {
        u64::from(round) << (8 * half_bytes as u32)
    }

    #[inline(always)]
    fn block(self, round: Self, [first, last]: [u64; 2]) -> [u8; BLOCK_BYTES] {
        whole([first, last ^ (self ^ round).to_be()])
    }

    /// The pseudorandom number is of 64 bits: it is divided by a multiplication (Barrett), at most one too little.
    #[inline(always)]
    fn step<const DECRYPT: bool>(self, block: &[u8; BLOCK_BYTES], modulus: &Modulus) -> Self {
        let [a, b, c, d, e, f, g, h, ..] = *block;
        let random = u64::from_be_bytes([a, b, c, d, e, f, g, h]);
        let divisor = modulus.modulus as u64;
        let quotient = high_product(random, modulus.reciprocal);
        let rest = random.wrapping_sub(quotient.wrapping_mul(divisor));
        let rest = rest.min(rest.wrapping_sub(divisor));
        let sum = self.wrapping_add(if DECRYPT { divisor.wrapping_sub(rest) } else { rest });
        sum.min(sum.wrapping_sub(divisor))
    }
}

/// The upper 64 bits of a product, by products of 32 bits: these are there in vectors, others are not.
#[inline(always)]
fn high_product(a: u64, b: u64) -> u64 {
    const LOW: u64 = u32::MAX as u64;
    let (a_high, a_low, b_high, b_low) = (a >> 32, a & LOW, b >> 32, b & LOW);
    let middle = (a_high * b_low).wrapping_add((a_low * b_low) >> 32);
    let other = (a_low * b_high).wrapping_add(middle & LOW);
    (a_high * b_high).wrapping_add(middle >> 32).wrapping_add(other >> 32)
}

impl Half for u128 {
    const MOST_BYTES: usize = 12;

    fn round(round: u8, half_bytes: usize) -> Self {
        u128::from(round) << (8 * half_bytes as u32)
    }

    #[inline(always)]
    fn block(self, round: Self, [first, last]: [u64; 2]) -> [u8; BLOCK_BYTES] {
        let base = (u128::from(u64::from_be(first)) << 64) | u128::from(u64::from_be(last));
        (base ^ self ^ round).to_be_bytes()
    }

    #[inline(always)]
    fn step<const DECRYPT: bool>(self, block: &[u8; BLOCK_BYTES], modulus: &Modulus) -> Self {
        let rest = (u128::from_be_bytes(*block) >> modulus.shift) % modulus.modulus;
        let sum = self + if DECRYPT { modulus.modulus - rest } else { rest };
        if sum >= modulus.modulus { sum - modulus.modulus } else { sum }
    }
}

impl Ff1 {
    /// Rows of one shape in place: the numbers of their left halves and of their right ones, each below its modulus, and
    /// how their tweaks end; none given = as that of the shape. Nothing happens where the shape has no halves of this type.
    pub(crate) fn batch<H: Half>(
        &self,
        shape: &Shape,
        direction: Direction,
        mut ends: &[TweakEnd],
        left: &mut [H],
        right: &mut [H],
        scratch: &mut Scratch,
    ) {
        let Some(moduli) = shape.moduli.filter(|_| shape.fits::<H>()) else { return };
        let shift = 8 * BLOCK_BYTES.saturating_sub(shape.random_bytes) as u32;
        let moduli = moduli.map(|modulus| {
            let reciprocal = u64::try_from((1_u128 << 64) / modulus).unwrap_or_default();
            Modulus { modulus, reciprocal, shift }
        });
        for (left, right) in left.chunks_mut(LANES).zip(right.chunks_mut(LANES)) {
            let (now, later) = ends.split_at(ends.len().min(left.len()));
            ends = later;
            self.bases(shape, now, left.len(), scratch);
            match direction {
                Direction::Encrypt => self.rounds::<H, false>(shape, &moduli, left, right, scratch),
                // The rounds backwards are the rounds with the halves changed.
                Direction::Decrypt => self.rounds::<H, true>(shape, &moduli, right, left, scratch),
            }
        }
    }

    /// The bases of so many rows, and room for their blocks.
    fn bases(&self, shape: &Shape, ends: &[TweakEnd], rows: usize, scratch: &mut Scratch) {
        let Scratch { blocks, bases: Bases { first, last } } = scratch;
        let [start, behind @ ..] = shape.tail.as_slice() else { return };
        let [head, tail] = xor(halves(&shape.chain), halves(start));
        first.clear();
        last.clear();
        first.extend(ends.iter().map(|TweakEnd([end, _])| head ^ end));
        last.extend(ends.iter().map(|TweakEnd([_, end])| tail ^ end));
        first.resize(rows, head);
        last.resize(rows, tail);
        blocks.resize(if rows > 8 { rows.next_multiple_of(STRIDE) } else { rows }, [0; BLOCK_BYTES]);
        // The round and the number stand in the block behind: this one is the same in all rounds.
        if let [end] = behind {
            let end = halves(end);
            for (block, (first, last)) in blocks.iter_mut().zip(first.iter().zip(&*last)) {
                *block = whole([*first, *last]);
            }
            self.key.encrypt(blocks);
            for (block, (first, last)) in blocks.iter().zip(first.iter_mut().zip(last)) {
                [*first, *last] = xor(halves(block), end);
            }
        }
    }

    fn rounds<H: Half, const DECRYPT: bool>(
        &self,
        shape: &Shape,
        moduli: &[Modulus; 2],
        first: &mut [H],
        second: &mut [H],
        scratch: &mut Scratch,
    ) {
        let Scratch { blocks, bases } = scratch;
        let order = |step: u8| if DECRYPT { ROUNDS - 1 - step } else { step };
        let round = |step: u8| H::round(order(step), shape.half_bytes);
        dispatch!(self.level, _simd => write(round(0), bases, second, blocks));
        for step in 0..ROUNDS {
            self.key.encrypt(blocks);
            let [even, odd] = moduli;
            let modulus = if order(step) % 2 == 0 { even } else { odd };
            // Behind the last round nothing reads what is written.
            let next = round((step + 1).min(ROUNDS - 1));
            dispatch!(self.level, _simd => advance::<H, DECRYPT>(modulus, next, bases, first, second, blocks));
        }
    }
}

/// The blocks of the first round.
#[inline(always)]
fn write<H: Half>(round: H, bases: &Bases, numbers: &[H], blocks: &mut [[u8; BLOCK_BYTES]]) {
    for (((block, number), first), last) in blocks.iter_mut().zip(numbers).zip(&bases.first).zip(&bases.last) {
        *block = number.block(round, [*first, *last]);
    }
}

/// Ends a round, and writes the blocks of the next one.
#[inline(always)]
fn advance<H: Half, const DECRYPT: bool>(
    modulus: &Modulus,
    round: H,
    bases: &Bases,
    first: &mut [H],
    second: &mut [H],
    blocks: &mut [[u8; BLOCK_BYTES]],
) {
    let modulus = *modulus;
    let bases = bases.first.iter().zip(&bases.last);
    for (((first, second), block), (head, tail)) in first.iter_mut().zip(second).zip(blocks).zip(bases) {
        let next = first.step::<DECRYPT>(block, &modulus);
        *block = next.block(round, [*head, *tail]);
        *first = *second;
        *second = next;
    }
}
