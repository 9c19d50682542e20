//! The compression of SHA-256 (FIPS 180-4) in lanes. The standard's names are kept: `a` to `h`, `t1`, `t2`, `w`.

use fearless_simd::prelude::*;
use fearless_simd::u32x16;

use super::{LANES, Words, rotate};

/// The constants of the rounds (4.2.2).
#[rustfmt::skip]
const K: [u32; 64] = [
    0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
    0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
    0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
    0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
    0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
    0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
    0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
    0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
];

#[inline(always)]
fn right<S: Simd>(x: u32x16<S>, by: u32) -> u32x16<S> {
    rotate(x, 32 - by)
}

/// The first sixteen words of `w` are the block's.
#[inline(always)]
#[allow(clippy::indexing_slicing, reason = "the bounds of both loops are those of the constants, 64")]
pub(super) fn rounds<S: Simd>(simd: S, states: &mut Words<8>, w: &mut Words<68>) {
    let load = |words: &[u32; LANES]| u32x16::from_slice(simd, words);
    for t in 16..64 {
        // Message schedule, 6.2.2 step 1.
        let (low, high) = (load(&w[t - 15]), load(&w[t - 2]));
        let low = right(low, 7) ^ right(low, 18) ^ (low >> 3);
        let high = right(high, 17) ^ right(high, 19) ^ (high >> 10);
        (high + load(&w[t - 7]) + low + load(&w[t - 16])).store_slice(&mut w[t]);
    }
    let before = super::load(simd, states);
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = before;
    for t in 0..64 {
        let choice = ((f ^ g) & e) ^ g;
        let majority = (a & b) | ((a | b) & c);
        let t1 = h + (right(e, 6) ^ right(e, 11) ^ right(e, 25)) + choice + (load(&w[t]) + K[t]);
        let t2 = (right(a, 2) ^ right(a, 13) ^ right(a, 22)) + majority;
        (h, g, f, e) = (g, f, e, d + t1);
        (d, c, b, a) = (c, b, a, t1 + t2);
    }
    for ((state, before), after) in states.iter_mut().zip(before).zip([a, b, c, d, e, f, g, h]) {
        (before + after).store_slice(state);
    }
}
