use super::*;
use crate::testing::levels;
use ::aes::{Aes128, Aes192, Aes256};
use ::fpe::ff1::{FF1, FlexibleNumeralString};
use proptest::prelude::*;
use sm4::Sm4;
use sm4::cipher::{Array, BlockCipherEncrypt, KeyInit};

const SAMPLE_KEY: &str = "2b7e151628aed2a6abf7158809cf4f3cef4359d8d580aa4f7f036d6f04fc6a94";

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

fn treated(ff1: &Ff1, direction: Direction, numerals: &[u32], tweak: &[u8]) -> Vec<u32> {
    let mut numerals = numerals.to_vec();
    let shape = ff1.shape(numerals.len(), tweak).unwrap();
    ff1.one(&shape, direction, &TweakEnd::default(), &mut numerals).unwrap();
    numerals
}

/// The nine samples that NIST publishes with SP 800-38G.
#[test]
fn the_samples_of_nist() {
    let digits = "0123456789";
    let letters = "0123456789abcdefghi";
    let (none, ten, eleven) = ("", "39383736353433323130", "3737373770717273373737");
    for (key_bytes, radix, tweak, plain, expected) in [
        (16, 10, none, digits, "2433477484"),
        (16, 10, ten, digits, "6124200773"),
        (16, 36, eleven, letters, "a9tv40mll9kdu509eum"),
        (24, 10, none, digits, "2830668132"),
        (24, 10, ten, digits, "2496655549"),
        (24, 36, eleven, letters, "xbj3kv35jrawxv32ysr"),
        (32, 10, none, digits, "6657667009"),
        (32, 10, ten, digits, "1001623463"),
        (32, 36, eleven, letters, "xs8a0azh2avyalyzuwd"),
    ] {
        let ff1 = Ff1::new(BlockCipher::Aes, &hex(SAMPLE_KEY)[..key_bytes], radix).unwrap();
        let numerals = |text: &str| text.chars().map(|c| c.to_digit(36).unwrap()).collect::<Vec<_>>();
        let encrypted = treated(&ff1, Direction::Encrypt, &numerals(plain), &hex(tweak));
        assert_eq!(encrypted, numerals(expected), "AES-{} radix {radix}", 8 * key_bytes);
        assert_eq!(treated(&ff1, Direction::Decrypt, &encrypted, &hex(tweak)), numerals(plain));
    }
}

/// A sequence that is the same in every run (SplitMix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn bytes(&mut self, count: u64) -> Vec<u8> {
        (0..count).map(|_| self.next() as u8).collect()
    }

    fn end(&mut self) -> TweakEnd {
        TweakEnd::new(u128::from(self.next()) << 64 | u128::from(self.next()))
    }

    /// Small radixes and round ones as often as any other.
    fn radix(&mut self) -> u32 {
        match self.below(4) {
            0 => [2, 3, 10, 16, 26, 36, 62, 256, 65_536][self.below(9) as usize],
            1 => 2 + self.below(100) as u32,
            _ => 2 + self.below(65_535) as u32,
        }
    }

    /// Mostly short, some long; never below the least domain.
    fn numerals(&mut self, radix: u32) -> Vec<u32> {
        let least = (1..).find(|length| u128::from(radix).pow(*length) >= LEAST_DOMAIN).unwrap();
        let more = if self.below(16) == 0 { self.below(120) } else { self.below(24) };
        (0..u64::from(least) + more).map(|_| self.below(u64::from(radix)) as u32).collect()
    }
}

fn peer(key: &[u8], radix: u32, tweak: &[u8], numerals: &[u32]) -> Vec<u32> {
    let plain = FlexibleNumeralString::from(numerals.iter().map(|n| *n as u16).collect::<Vec<_>>());
    let encrypted = match key.len() {
        16 => FF1::<Aes128>::new(key, radix).unwrap().encrypt(tweak, &plain),
        24 => FF1::<Aes192>::new(key, radix).unwrap().encrypt(tweak, &plain),
        _ => FF1::<Aes256>::new(key, radix).unwrap().encrypt(tweak, &plain),
    };
    Vec::from(encrypted.unwrap()).into_iter().map(u32::from).collect()
}

/// `KAIFANG_FF1_CASES=1000000` for the long run.
#[test]
fn the_fpe_crate_agrees() {
    let cases = std::env::var("KAIFANG_FF1_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(10_000);
    let mut random = Random(1);
    for case in 0..cases {
        let key_bytes = [16, 24, 32][random.below(3) as usize];
        let key = random.bytes(key_bytes);
        let radix = random.radix();
        let numerals = random.numerals(radix);
        let tweak_bytes = random.below(40);
        let tweak = random.bytes(tweak_bytes);
        let ff1 = Ff1::new(BlockCipher::Aes, &key, radix).unwrap();
        let ours = treated(&ff1, Direction::Encrypt, &numerals, &tweak);
        assert_eq!(ours, peer(&key, radix, &tweak, &numerals), "case {case}: radix {radix}, {}", numerals.len());
        assert_eq!(treated(&ff1, Direction::Decrypt, &ours, &tweak), numerals, "case {case}");
    }
}

/// Rows whose tweaks differ in their ends: each is as under its whole tweak, whatever the size of a half.
#[test]
fn rows_with_ends_of_their_own_are_as_under_whole_tweaks() {
    let mut random = Random(5);
    for case in 0..3000 {
        let (key, radix) = (random.bytes(32), random.radix());
        let numerals = random.numerals(radix);
        let common: Vec<[u8; 16]> =
            (0..random.below(3)).map(|_| std::array::from_fn(|_| random.next() as u8)).collect();
        let end = random.end();
        let whole = [common.as_flattened(), &end.bytes()[..TWEAK_END_BYTES]].concat();
        let ff1 = Ff1::new(BlockCipher::Aes, &key, radix).unwrap();
        let shape = ff1.shape_of_rows(numerals.len(), &common).unwrap();
        let mut ours = numerals.clone();
        ff1.one(&shape, Direction::Encrypt, &end, &mut ours).unwrap();
        assert_eq!(ours, peer(&key, radix, &whole, &numerals), "case {case}: radix {radix}, {}", numerals.len());
        ff1.one(&shape, Direction::Decrypt, &end, &mut ours).unwrap();
        assert_eq!(ours, numerals, "case {case}");
    }
}

#[test]
fn the_longest_values_are_those_of_the_fpe_crate() {
    let mut random = Random(2);
    for radix in [2, 10, 36, 65_535, 65_536] {
        let numerals: Vec<u32> = (0..MOST_NUMERALS).map(|_| random.below(u64::from(radix)) as u32).collect();
        let ff1 = Ff1::new(BlockCipher::Aes, &[5; 32], radix).unwrap();
        assert_eq!(treated(&ff1, Direction::Encrypt, &numerals, b"t"), peer(&[5; 32], radix, b"t", &numerals));
    }
}

/// FF1 as the standard writes it, one step a line, for halves of at most 112 bits.
fn plain_ff1(cipher: &dyn Fn([u8; 16]) -> [u8; 16], radix: u32, tweak: &[u8], x: &[u32]) -> Vec<u32> {
    let num = |numerals: &[u32]| numerals.iter().fold(0_u128, |sum, n| sum * u128::from(radix) + u128::from(*n));
    let (n, t) = (x.len(), tweak.len());
    let (u, v) = (n / 2, n - n / 2);
    let (mut a, mut b_half) = (x[..u].to_vec(), x[u..].to_vec());
    let b = (f64::from(radix).log2() * v as f64 - 1e-9).ceil() as usize;
    let b = b.div_ceil(8);
    let d = 4 * b.div_ceil(4) + 4;
    let mut p = vec![1, 2, 1];
    p.extend(&radix.to_be_bytes()[1..]);
    p.extend([10, (u % 256) as u8]);
    p.extend((n as u32).to_be_bytes());
    p.extend((t as u32).to_be_bytes());
    for i in 0..10_u8 {
        let mut q = tweak.to_vec();
        q.extend(vec![0; (-(t as i64) - b as i64 - 1).rem_euclid(16) as usize]);
        q.push(i);
        q.extend(&num(&b_half).to_be_bytes()[16 - b..]);
        let mut r = [0; 16];
        for block in [p.clone(), q].concat().chunks(16) {
            let mut input = r;
            input.iter_mut().zip(block).for_each(|(to, from)| *to ^= from);
            r = cipher(input);
        }
        let mut s = r.to_vec();
        for j in 1..d.div_ceil(16) {
            let mut input = r;
            input[15] ^= j as u8;
            s.extend(cipher(input));
        }
        let m = if i % 2 == 0 { u } else { v };
        let modulus = u128::from(radix).pow(m as u32);
        let y = s[..d].iter().fold(0_u128, |sum, byte| (sum * 256 + u128::from(*byte)) % modulus);
        let mut c = (num(&a) + y) % modulus;
        let mut numerals = vec![0; m];
        for numeral in numerals.iter_mut().rev() {
            *numeral = (c % u128::from(radix)) as u32;
            c /= u128::from(radix);
        }
        a = b_half;
        b_half = numerals;
    }
    [a, b_half].concat()
}

#[test]
fn sm4_is_that_of_the_plain_way() {
    let mut random = Random(3);
    for case in 0..2000 {
        let key = random.bytes(16);
        let radix = random.radix();
        let mut numerals = random.numerals(radix);
        // The plain way has halves of at most 112 bits.
        let bits = f64::from(radix).log2();
        numerals.truncate((200.0 / bits) as usize);
        let tweak_bytes = random.below(40);
        let tweak = random.bytes(tweak_bytes);
        let sm4 = Sm4::new_from_slice(&key).unwrap();
        let cipher = |block: [u8; 16]| {
            let mut block = Array::from(block);
            sm4.encrypt_block(&mut block);
            block.into()
        };
        let ff1 = Ff1::new(BlockCipher::Sm4, &key, radix).unwrap();
        let ours = treated(&ff1, Direction::Encrypt, &numerals, &tweak);
        assert_eq!(ours, plain_ff1(&cipher, radix, &tweak, &numerals), "case {case}: radix {radix}");
        assert_eq!(treated(&ff1, Direction::Decrypt, &ours, &tweak), numerals);
    }
}

/// Runs rows of decimal digits through the batch, as numbers.
fn batch(ff1: &Ff1, shape: &Shape, direction: Direction, ends: &[TweakEnd], rows: &[u64]) -> Vec<u64> {
    let modulus = shape.right_modulus().unwrap() as u64;
    let mut left: Vec<u64> = rows.iter().map(|row| row / modulus).collect();
    let mut right: Vec<u64> = rows.iter().map(|row| row % modulus).collect();
    ff1.batch(shape, direction, ends, &mut left, &mut right, &mut Scratch::default());
    left.iter().zip(&right).map(|(left, right)| left * modulus + right).collect()
}

#[test]
fn every_set_of_instructions_gives_the_same() {
    let mut random = Random(4);
    let rows: Vec<u64> = (0..1000).map(|_| random.below(1_000_000_000_000_000_000)).collect();
    let ends: Vec<TweakEnd> = rows.iter().map(|_| random.end()).collect();
    let mut ff1 = Ff1::new(BlockCipher::Aes, &[1; 32], 10).unwrap();
    let shape = ff1.shape_of_rows(18, &[[7; 16]; 2]).unwrap();
    let mut answers = Vec::new();
    for level in levels() {
        ff1.level = level;
        let encrypted = batch(&ff1, &shape, Direction::Encrypt, &ends, &rows);
        assert_eq!(batch(&ff1, &shape, Direction::Decrypt, &ends, &encrypted), rows);
        answers.push(encrypted);
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn the_least_domain_is_permuted() {
    let ff1 = Ff1::new(BlockCipher::Aes, &[1; 32], 10).unwrap();
    let shape = ff1.shape(6, b"tweak").unwrap();
    let all: Vec<u64> = (0..1_000_000).collect();
    let encrypted = batch(&ff1, &shape, Direction::Encrypt, &[], &all);
    assert_eq!(batch(&ff1, &shape, Direction::Decrypt, &[], &encrypted), all);
    let mut sorted = encrypted.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, all);
    assert_ne!(encrypted, all);
}

proptest! {
    #[test]
    fn a_row_is_treated_in_a_batch_as_alone(
        rows in prop::collection::vec(0_u64..10_000_000, 1..700), length in 7_usize..19, tweak in any::<[u8; 5]>()
    ) {
        let ff1 = Ff1::new(BlockCipher::Aes, &[9; 32], 10).unwrap();
        let shape = ff1.shape_of_rows(length, &[[8; 16]; 2]).unwrap();
        prop_assert!(shape.fits::<u64>());
        let end = |row: &u64| TweakEnd::new((0..TWEAK_END_BYTES).fold(0, |end, at| (end << 8) | u128::from(tweak[at % 5] ^ *row as u8)));
        let ends: Vec<TweakEnd> = rows.iter().map(end).collect();
        let encrypted = batch(&ff1, &shape, Direction::Encrypt, &ends, &rows);
        for ((row, encrypted), end) in rows.iter().zip(&encrypted).zip(&ends).step_by(37) {
            let tweak = [&[8; 32], &end.bytes()[..TWEAK_END_BYTES]].concat();
            let digits = |number: u64| format!("{number:0length$}").bytes().map(|b| u32::from(b - b'0')).collect::<Vec<_>>();
            prop_assert_eq!(treated(&ff1, Direction::Encrypt, &digits(*row), &tweak), digits(*encrypted));
        }
        prop_assert_eq!(batch(&ff1, &shape, Direction::Decrypt, &ends, &encrypted), rows);
    }

    /// The quick division, over the whole range of the pseudorandom number and every radix that has halves of 32 bits.
    #[test]
    fn division_by_multiplication_is_exact(random in any::<u64>(), number in any::<u64>(), modulus in 2_u64..=1 << 32) {
        for random in [random, 0, u64::MAX, random - random % modulus, (random - random % modulus).wrapping_sub(1)] {
            let number = number % modulus;
            let mut block = [0; 16];
            block[..8].copy_from_slice(&random.to_be_bytes());
            let reciprocal = ((1_u128 << 64) / u128::from(modulus)) as u64;
            let divided = kernel::Modulus::of(u128::from(modulus), reciprocal);
            let expected = (u128::from(number) + u128::from(random)) % u128::from(modulus);
            let sum = number.step::<false>(&block, &divided);
            prop_assert_eq!(u128::from(sum), expected);
            prop_assert_eq!(sum.step::<true>(&block, &divided), number);
        }
    }
}

#[test]
fn what_the_standard_does_not_allow_is_refused() {
    let refusal = |key: &[u8], radix| Ff1::new(BlockCipher::Aes, key, radix).err();
    assert_eq!(refusal(&[0; 15], 10), Some(Refusal::Key));
    assert_eq!(Ff1::new(BlockCipher::Sm4, &[0; 32], 10).err(), Some(Refusal::Key));
    for radix in [0, 1, 65_537] {
        assert_eq!(refusal(&[0; 16], radix), Some(Refusal::Radix));
    }
    for (radix, least) in
        [(2, 20), (3, 13), (10, 6), (16, 5), (26, 5), (36, 4), (100, 3), (999, 3), (1000, 2), (65_536, 2)]
    {
        let ff1 = Ff1::new(BlockCipher::Aes, &[0; 16], radix).unwrap();
        assert!(ff1.shape(least, &[]).is_ok(), "{radix}");
        for length in 0..least {
            assert_eq!(ff1.shape(length, &[]).err(), Some(Refusal::Domain), "{radix}");
        }
        assert!(ff1.shape(MOST_NUMERALS, &[]).is_ok());
        assert_eq!(ff1.shape(MOST_NUMERALS + 1, &[]).err(), Some(Refusal::Length));
    }
    let ff1 = Ff1::new(BlockCipher::Aes, &[0; 16], 10).unwrap();
    let (shape, none) = (ff1.shape(6, &[]).unwrap(), TweakEnd::default());
    assert_eq!(
        ff1.one(&shape, Direction::Encrypt, &none, &mut [0, 1, 2, 10, 4, 5]),
        Err(Refusal::Numeral { place: 3 })
    );
    assert_eq!(ff1.one(&shape, Direction::Encrypt, &none, &mut [0; 7]), Err(Refusal::Length));
}
