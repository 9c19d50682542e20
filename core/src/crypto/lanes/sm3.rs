//! The compression of SM3 (GB/T 32905) in lanes. The standard's names are kept: `a` to `h`, `ss1`, `tt1`, `w`.

use fearless_simd::prelude::*;
use fearless_simd::u32x16;

use super::{LANES, Words, rotate};

/// The initial state (5.1).
pub(in super::super) const INITIAL: [u32; 8] =
    [0x7380_166f, 0x4914_b2b9, 0x1724_42d7, 0xda8a_0600, 0xa96f_30bc, 0x1631_38aa, 0xe38d_ee4d, 0xb0fb_0e4e];

/// The first sixteen words of `w` are the block's.
#[inline(always)]
#[allow(clippy::indexing_slicing, reason = "the bounds of both loops are those of the array, 68")]
pub(super) fn rounds<S: Simd>(simd: S, states: &mut Words<8>, w: &mut Words<68>) {
    let load = |words: &[u32; LANES]| u32x16::from_slice(simd, words);
    for j in 16..68 {
        // Message expansion, 5.3.2.
        let x = load(&w[j - 16]) ^ load(&w[j - 9]) ^ rotate(load(&w[j - 3]), 15);
        let p1 = x ^ rotate(x, 15) ^ rotate(x, 23);
        (p1 ^ rotate(load(&w[j - 13]), 7) ^ load(&w[j - 6])).store_slice(&mut w[j]);
    }
    let before = super::load(simd, states);
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
