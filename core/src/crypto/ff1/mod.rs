//! FF1 (NIST SP 800-38G, algorithms 7 and 8): format-preserving encryption over strings of numerals.
//!
//! Three ways with one meaning, chosen by the size of a half: numbers of 32 bits and of 96 bits, in batches whose rows
//! go through each of the ten rounds together ([`kernel`]), and numbers of any size one value at a time ([`long`]).

mod kernel;
mod long;

pub(crate) use kernel::{Half, Scratch};

use fearless_simd::Level;

use super::block::{BLOCK_BYTES, BlockCipher, BlockKey};

/// The most numerals of a value. The standard allows 2^32; the work grows with the square.
pub(crate) const MOST_NUMERALS: usize = 4096;
/// The fewest values of a domain: below, an attacker tries them (SP 800-38G Rev. 1, section 5.1).
pub(crate) const LEAST_DOMAIN: u128 = 1_000_000;

const ROUNDS: u8 = 10;

/// Why there is no encryption.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The cipher takes no key of this length.
    Key,
    /// Not 2..=65536.
    Radix,
    /// radix^length is below 10^6.
    Domain,
    /// More numerals than [`MOST_NUMERALS`].
    Length,
    /// The numeral at this place is not below the radix.
    Numeral { place: usize },
    /// The tweak has 2^32 bytes or more.
    Tweak,
}

/// To or from the encrypted form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Encrypt,
    Decrypt,
}

/// FF1 under one key and radix.
pub(crate) struct Ff1 {
    key: BlockKey,
    radix: u32,
    /// The vector instructions of this machine.
    level: Level,
}

/// The bytes of a [`TweakEnd`]: as many as share a block with the byte of a round and a number of 32 bits.
pub(crate) const TWEAK_END_BYTES: usize = 11;

/// The end of a tweak, where it is another for each row: its first eight bytes and the rest, as they lie in memory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(crate) struct TweakEnd([u64; 2]);

impl TweakEnd {
    /// The lowest eleven bytes of a number, the lowest first.
    #[inline(always)]
    pub(crate) fn new(bytes: u128) -> Self {
        let bytes = bytes & ((1 << (8 * TWEAK_END_BYTES)) - 1);
        TweakEnd([bytes as u64, (bytes >> 64) as u64].map(u64::to_le))
    }

    fn bytes(&self) -> [u8; BLOCK_BYTES] {
        kernel::whole(self.0)
    }
}

/// What all values of one length have in common whose tweaks are equal, or equal but for a [`TweakEnd`].
pub(crate) struct Shape {
    /// Numerals of the left half and of the right one, which is longer by one where the length is odd.
    left: usize,
    right: usize,
    /// Bytes of the number of a half, and of the pseudorandom number.
    half_bytes: usize,
    random_bytes: usize,
    /// The state of CBC-MAC after the blocks that are the same in every round of every row.
    chain: [u8; BLOCK_BYTES],
    /// What follows: the end of the tweak (zeros where each row has its own, which is xored upon the first bytes), zeros,
    /// a byte for the round and `half_bytes` for the number.
    tail: Vec<[u8; BLOCK_BYTES]>,
    /// radix^left and radix^right, where they have no more than 96 bits.
    moduli: Option<[u128; 2]>,
}

impl Shape {
    /// The numerals of the left half.
    pub(crate) fn left(&self) -> usize {
        self.left
    }

    /// radix^(numerals of the right half): where a number is cut in two.
    pub(crate) fn right_modulus(&self) -> Option<u128> {
        self.moduli.map(|[_, right]| right)
    }

    /// [`Ff1::batch`] takes halves of this type.
    pub(crate) fn fits<H: Half>(&self) -> bool {
        self.moduli.is_some() && self.half_bytes <= H::MOST_BYTES
    }
}

impl Ff1 {
    pub(crate) fn new(cipher: BlockCipher, key: &[u8], radix: u32) -> Result<Self, Refusal> {
        if !(2..=65_536).contains(&radix) {
            return Err(Refusal::Radix);
        }
        Ok(Ff1 { key: BlockKey::new(cipher, key).ok_or(Refusal::Key)?, radix, level: Level::new() })
    }

    /// Everything of one length and tweak that does not depend on a value.
    pub(crate) fn shape(&self, length: usize, tweak: &[u8]) -> Result<Shape, Refusal> {
        let (blocks, end) = tweak.as_chunks();
        let mut shape = self.shape_of(length, blocks, end)?;
        // Blocks of the tweak and of zeros alone belong to the chain.
        while (shape.tail.len() - 1) * BLOCK_BYTES > shape.half_bytes {
            let constant = shape.tail.remove(0);
            self.key.chain(&mut shape.chain, &[constant]);
        }
        Ok(shape)
    }

    /// The same for tweaks that are this and a [`TweakEnd`] for each row.
    pub(crate) fn shape_of_rows(&self, length: usize, common: &[[u8; BLOCK_BYTES]]) -> Result<Shape, Refusal> {
        self.shape_of(length, common, &[0; TWEAK_END_BYTES])
    }

    fn shape_of(&self, length: usize, blocks: &[[u8; BLOCK_BYTES]], end: &[u8]) -> Result<Shape, Refusal> {
        let numerals = u32::try_from(length).map_err(|_| Refusal::Length)?;
        let tweak_bytes = blocks.as_flattened().len() + end.len();
        let tweak_bytes_written = u32::try_from(tweak_bytes).map_err(|_| Refusal::Tweak)?;
        // A domain too large to count is large enough.
        if u128::from(self.radix).checked_pow(numerals).is_some_and(|domain| domain < LEAST_DOMAIN) {
            return Err(Refusal::Domain);
        }
        if length > MOST_NUMERALS {
            return Err(Refusal::Length);
        }
        let left = length / 2;
        let right = length - left;
        let power = |numerals: usize| u128::from(self.radix).checked_pow(u32::try_from(numerals).ok()?);
        let moduli = power(left).zip(power(right)).map(<[u128; 2]>::from);
        // ⌈⌈right · log2(radix)⌉ / 8⌉, exactly: the bytes of the greatest number of a half.
        let half_bytes = match moduli {
            Some([_, right]) => (u128::BITS - (right - 1).leading_zeros()).div_ceil(8) as usize,
            None => long::greatest_bytes(self.radix, right),
        };
        let random_bytes = 4 * half_bytes.div_ceil(4) + 4;

        let [_, radix @ ..] = self.radix.to_be_bytes();
        let mut first = [0; BLOCK_BYTES];
        let parts: [&[u8]; 6] = [
            &[1, 2, 1],
            &radix,
            // The standard writes the left half's length modulo 256.
            &[ROUNDS, (left % 256) as u8],
            &numerals.to_be_bytes(),
            &tweak_bytes_written.to_be_bytes(),
            &[],
        ];
        first.iter_mut().zip(parts.into_iter().flatten()).for_each(|(to, from)| *to = *from);
        // Zeros between make the whole a number of blocks.
        let padding = (BLOCK_BYTES - (tweak_bytes + half_bytes + 1) % BLOCK_BYTES) % BLOCK_BYTES;
        let mut chain = [0; BLOCK_BYTES];
        self.key.chain(&mut chain, &[first]);
        self.key.chain(&mut chain, blocks);
        let mut tail = vec![[0; BLOCK_BYTES]; (end.len() + padding + 1 + half_bytes) / BLOCK_BYTES];
        tail.as_flattened_mut().iter_mut().zip(end).for_each(|(to, from)| *to = *from);
        let moduli = moduli.filter(|_| half_bytes <= u128::MOST_BYTES);
        Ok(Shape { left, right, half_bytes, random_bytes, chain, tail, moduli })
    }

    /// One value in place; `end` = zeros where the shape has the whole tweak.
    pub(crate) fn one(
        &self,
        shape: &Shape,
        direction: Direction,
        end: &TweakEnd,
        numerals: &mut [u32],
    ) -> Result<(), Refusal> {
        if numerals.len() != shape.left + shape.right {
            return Err(Refusal::Length);
        }
        if let Some(place) = numerals.iter().position(|numeral| *numeral >= self.radix) {
            return Err(Refusal::Numeral { place });
        }
        let (left, right) = numerals.split_at_mut(shape.left);
        if shape.moduli.is_none() {
            long::one(self, shape, direction, end, left, right);
            return Ok(());
        }
        let mut halves = [self.number(left), self.number(right)];
        let [first, second] = &mut halves;
        let mut scratch = Scratch::default();
        let (one, ends) = (std::slice::from_mut::<u128>, std::slice::from_ref(end));
        self.batch(shape, direction, ends, one(first), one(second), &mut scratch);
        self.numerals(*first, left);
        self.numerals(*second, right);
        Ok(())
    }

    /// NUM of the standard: the number that numerals write.
    fn number(&self, numerals: &[u32]) -> u128 {
        numerals.iter().fold(0, |sum, numeral| sum * u128::from(self.radix) + u128::from(*numeral))
    }

    /// STR of the standard: the numerals that write a number.
    fn numerals(&self, mut number: u128, numerals: &mut [u32]) {
        let radix = u128::from(self.radix);
        for numeral in numerals.iter_mut().rev() {
            *numeral = (number % radix) as u32;
            number /= radix;
        }
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
