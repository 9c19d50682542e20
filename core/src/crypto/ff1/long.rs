//! Values of any length, one at a time, with numbers in limbs of 32 bits.

use zeroize::Zeroizing;

use super::{BLOCK_BYTES, Direction, Ff1, ROUNDS, Shape, TweakEnd};

/// The bytes of radix^numerals − 1.
pub(super) fn greatest_bytes(radix: u32, numerals: usize) -> usize {
    let limbs = number(radix, &vec![radix - 1; numerals]);
    let zeros = limbs.iter().take_while(|limb| **limb == 0).count();
    let bits = limbs.get(zeros).map_or(0, |limb| 32 - limb.leading_zeros() as usize);
    (bits + 32 * (limbs.len() - zeros).saturating_sub(1)).div_ceil(8)
}

/// One value in place; the numerals are below the radix.
pub(super) fn one(ff1: &Ff1, shape: &Shape, direction: Direction, end: &TweakEnd, left: &mut [u32], right: &mut [u32]) {
    let (mut first, mut second) = (Zeroizing::new(left.to_vec()), Zeroizing::new(right.to_vec()));
    if direction == Direction::Decrypt {
        std::mem::swap(&mut first, &mut second);
    }
    for round in 0..ROUNDS {
        let round = if direction == Direction::Decrypt { ROUNDS - 1 - round } else { round };
        let random = pseudorandom(ff1, shape, end, round, &second);
        let random = last_numerals(ff1.radix, &random, first.len());
        add(ff1.radix, direction, &mut first, &random);
        std::mem::swap(&mut first, &mut second);
    }
    if direction == Direction::Decrypt {
        std::mem::swap(&mut first, &mut second);
    }
    left.copy_from_slice(&first);
    right.copy_from_slice(&second);
}

/// S of the standard: CBC-MAC over the round and the number of a half, and as many further blocks as are needed.
fn pseudorandom(ff1: &Ff1, shape: &Shape, end: &TweakEnd, round: u8, half: &[u32]) -> Zeroizing<Vec<u8>> {
    let mut tail = Zeroizing::new(shape.tail.clone());
    let bytes = tail.as_flattened_mut();
    let number = number(ff1.radix, half);
    let number = number.iter().rev().flat_map(|limb| limb.to_le_bytes());
    bytes.iter_mut().rev().take(shape.half_bytes).zip(number).for_each(|(to, from)| *to = from);
    if let Some(place) = bytes.iter_mut().rev().nth(shape.half_bytes) {
        *place = round;
    }
    // The place of the tweak's end holds zeros, but for a tail in which the round and the number reach into its block.
    bytes.iter_mut().zip(end.bytes()).for_each(|(to, byte)| *to ^= byte);
    let mut state = shape.chain;
    ff1.key.chain(&mut state, &tail);
    let first = u128::from_be_bytes(state);
    let further = (1..shape.random_bytes.div_ceil(BLOCK_BYTES) as u128).map(|count| (first ^ count).to_be_bytes());
    let mut blocks: Vec<[u8; BLOCK_BYTES]> = further.collect();
    ff1.key.encrypt(&mut blocks);
    blocks.insert(0, state);
    let mut random = Zeroizing::new(blocks.into_flattened());
    random.truncate(shape.random_bytes);
    random
}

/// How many numerals are read at once, and the radix to that power: below 2^32.
fn step(radix: u32) -> (usize, u32) {
    let mut step = (1, radix);
    while let Some(power) = step.1.checked_mul(radix) {
        step = (step.0 + 1, power);
    }
    step
}

/// The number that numerals write, in limbs, the greatest first.
fn number(radix: u32, numerals: &[u32]) -> Zeroizing<Vec<u32>> {
    let (count, _) = step(radix);
    // The least first, while it grows.
    let mut limbs = Zeroizing::new(Vec::with_capacity(numerals.len()));
    for chunk in numerals.chunks(count) {
        let (mut carry, mut power) = (0_u64, 1_u64);
        for numeral in chunk {
            carry = carry * u64::from(radix) + u64::from(*numeral);
            power *= u64::from(radix);
        }
        for limb in limbs.iter_mut() {
            let product = u64::from(*limb) * power + carry;
            *limb = product as u32;
            carry = product >> 32;
        }
        if carry > 0 {
            limbs.push(carry as u32);
        }
    }
    limbs.reverse();
    limbs
}

/// The last `count` numerals of a number in bytes, the greatest first: the number modulo radix^count.
fn last_numerals(radix: u32, bytes: &[u8], count: usize) -> Zeroizing<Vec<u32>> {
    let (at_once, power) = step(radix);
    // `bytes` is a multiple of four.
    let mut limbs: Zeroizing<Vec<u32>> =
        Zeroizing::new(bytes.as_chunks::<4>().0.iter().map(|limb| u32::from_be_bytes(*limb)).collect());
    let mut numerals = Zeroizing::new(vec![0; count]);
    for chunk in numerals.rchunks_mut(at_once) {
        let mut rest = 0_u64;
        for limb in limbs.iter_mut() {
            let dividend = (rest << 32) | u64::from(*limb);
            *limb = (dividend / u64::from(power)) as u32;
            rest = dividend % u64::from(power);
        }
        for numeral in chunk.iter_mut().rev() {
            *numeral = (rest % u64::from(radix)) as u32;
            rest /= u64::from(radix);
        }
    }
    numerals
}

/// Numeral by numeral from the end, with a carry that is lost at the front: modulo radix^length.
fn add(radix: u32, direction: Direction, to: &mut [u32], other: &[u32]) {
    let mut carry = 0;
    for (to, other) in to.iter_mut().zip(other).rev() {
        let sum = match direction {
            Direction::Encrypt => *to + *other + carry,
            Direction::Decrypt => radix + *to - *other - carry,
        };
        carry = u32::from((sum >= radix) == (direction == Direction::Encrypt));
        *to = sum % radix;
    }
}
