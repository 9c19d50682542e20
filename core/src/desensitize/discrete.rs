//! Exact samples of discrete distributions, by whole numbers alone.
//!
//! Uniform; discrete Laplace and discrete Gaussian by C. Canonne, G. Kamath, T. Steinke, *The Discrete Gaussian for
//! Differential Privacy* (2020), algorithms 1 to 3. No float is computed, so no rounding bends the tails, and every machine
//! draws the same from the same bits.

use crate::crypto::MacKey;

/// The largest scale: its fourth power, times what can be asked of it, lies far below 2^127.
pub(super) const MOST_SCALE: u32 = 1_000_000;

/// Where samples come from: a whole number from 0 that is less than the one given, each alike.
pub(super) type Below<'a> = &'a mut dyn FnMut(u128) -> u128;

/// The bits of one draw: HMAC-SHA-256 over the message and a counter of eight bytes, big endian, from zero on.
pub(super) struct Stream<'a> {
    key: &'a MacKey,
    message: &'a mut Vec<u8>,
    length: usize,
    counter: u64,
    block: [u8; 32],
    used: usize,
}

impl<'a> Stream<'a> {
    pub(super) fn new(key: &'a MacKey, message: &'a mut Vec<u8>) -> Self {
        let length = message.len();
        Stream { key, message, length, counter: 0, block: [0; 32], used: 32 }
    }

    fn byte(&mut self) -> u8 {
        if self.used == self.block.len() {
            self.message.truncate(self.length);
            self.message.extend_from_slice(&self.counter.to_be_bytes());
            self.block = self.key.mac(self.message);
            (self.counter, self.used) = (self.counter + 1, 0);
        }
        let byte = self.block.get(self.used).copied().unwrap_or_default();
        self.used += 1;
        byte
    }

    /// A number below `limit`: as many bytes as it takes, big endian, their spare upper bits cleared; again where it is
    /// not below. Nothing is read where there is nothing to choose.
    pub(super) fn below(&mut self, limit: u128) -> u128 {
        let Some(last) = limit.checked_sub(1).filter(|last| *last > 0) else { return 0 };
        let bits = u128::BITS - last.leading_zeros();
        loop {
            let drawn = (0..bits.div_ceil(8)).fold(0_u128, |sum, _| (sum << 8) | u128::from(self.byte()));
            let drawn = drawn & (u128::MAX >> (u128::BITS - bits));
            if drawn <= last {
                return drawn;
            }
        }
    }
}

/// True with the probability `part`/`whole`.
fn bernoulli(part: u128, whole: u128, below: Below<'_>) -> bool {
    below(whole) < part
}

/// True with the probability e^(-`part`/`whole`). `None` where 128 bits do not do.
fn bernoulli_exp(part: u128, whole: u128, below: Below<'_>) -> Option<bool> {
    for _ in 0..part / whole {
        if !bernoulli_exp_of_at_most_one(1, 1, below)? {
            return Some(false);
        }
    }
    bernoulli_exp_of_at_most_one(part % whole, whole, below)
}

/// Algorithm 1, for an exponent of at most one.
fn bernoulli_exp_of_at_most_one(part: u128, whole: u128, below: Below<'_>) -> Option<bool> {
    let mut round: u128 = 1;
    while bernoulli(part, whole.checked_mul(round)?, below) {
        round += 1;
    }
    Some(round % 2 == 1)
}

/// A whole number from -`scale` to `scale`, each alike.
pub(super) fn uniform(scale: u32, below: Below<'_>) -> i128 {
    below(2 * u128::from(scale) + 1) as i128 - i128::from(scale)
}

/// Algorithm 2: a whole number `x` with a probability proportional to e^(-|x|/`scale`).
pub(super) fn laplace(scale: u32, below: Below<'_>) -> Option<i128> {
    let scale = u128::from(scale);
    loop {
        let rest = below(scale);
        if !bernoulli_exp(rest, scale, below)? {
            continue;
        }
        let mut times: u128 = 0;
        while bernoulli_exp(1, 1, below)? {
            times += 1;
        }
        let size = i128::try_from(scale.checked_mul(times)?.checked_add(rest)?).ok()?;
        match (bernoulli(1, 2, below), size) {
            // Zero has one sign only.
            (true, 0) => {}
            (true, size) => return Some(-size),
            (false, size) => return Some(size),
        }
    }
}

/// Algorithm 3: a whole number `x` with a probability proportional to e^(-x²/(2·`scale`²)).
pub(super) fn gaussian(scale: u32, below: Below<'_>) -> Option<i128> {
    let variance = u128::from(scale) * u128::from(scale);
    let wide = scale + 1;
    loop {
        let sample = laplace(wide, below)?;
        // (|x| - variance/wide)² / (2·variance), both parts times wide².
        let distance = sample.unsigned_abs().checked_mul(u128::from(wide))?.abs_diff(variance);
        let whole = (2 * variance).checked_mul(u128::from(wide) * u128::from(wide))?;
        if bernoulli_exp(distance.checked_mul(distance)?, whole, below)? {
            return Some(sample);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::terms::HashAlgorithm;

    const DRAWN: u32 = 40_000;

    /// How often each number is drawn from the streams of so many rows.
    fn histogram(sample: impl Fn(Below<'_>) -> Option<i128>) -> BTreeMap<i128, u32> {
        let key = MacKey::new(HashAlgorithm::Sha256, &[9; 32]);
        let mut counts = BTreeMap::new();
        for row in 0..DRAWN {
            let mut message = row.to_be_bytes().to_vec();
            let mut stream = Stream::new(&key, &mut message);
            *counts.entry(sample(&mut |limit| stream.below(limit)).unwrap()).or_insert(0) += 1;
        }
        counts
    }

    /// Pearson's chi-square against exact probabilities, in cells of at least ten expected draws; and the cells.
    fn chi_square(counts: &BTreeMap<i128, u32>, weight: impl Fn(i128) -> f64) -> (f64, usize) {
        let support = -2000..=2000_i128;
        let total: f64 = support.clone().map(&weight).sum();
        let (mut squares, mut cells, mut expected, mut seen) = (0.0, 0, 0.0, 0.0);
        for number in support.clone() {
            expected += weight(number) / total * f64::from(DRAWN);
            seen += f64::from(counts.get(&number).copied().unwrap_or(0));
            if expected >= 10.0 || number == *support.end() {
                squares += (seen - expected).powi(2) / f64::max(expected, 1e-9);
                (cells, expected, seen) = (cells + 1, 0.0, 0.0);
            }
        }
        (squares, cells)
    }

    /// Mean plus four standard deviations of chi-square with as many degrees of freedom.
    fn bound(cells: usize) -> f64 {
        cells as f64 + 4.0 * (2.0 * cells as f64).sqrt()
    }

    fn holds(name: &str, counts: &BTreeMap<i128, u32>, weight: impl Fn(i128) -> f64, wrong: impl Fn(i128) -> f64) {
        let (squares, cells) = chi_square(counts, weight);
        assert!(cells > 3 && squares < bound(cells), "{name}: {squares} over {cells} cells");
        // The test can tell a scale that is a tenth off.
        let (squares, cells) = chi_square(counts, wrong);
        assert!(squares > bound(cells), "{name}: {squares} over {cells} cells is blind");
    }

    #[test]
    fn samples_follow_the_exact_probabilities() {
        for scale in [1, 3, 20] {
            let wide = f64::from(scale);
            let counts = histogram(|below| Some(uniform(scale, below)));
            let flat = |most: f64| move |number: i128| f64::from(u8::from((number as f64).abs() <= most));
            assert_eq!(counts.len(), 2 * scale as usize + 1);
            holds("uniform", &counts, flat(wide), |number| (-(number as f64).abs() / 10.0 / wide).exp());
            let exponential = |wide: f64| move |number: i128| (-(number as f64).abs() / wide).exp();
            holds("laplace", &histogram(|below| laplace(scale, below)), exponential(wide), exponential(wide * 1.1));
            let bell = |wide: f64| move |number: i128| (-(number as f64).powi(2) / (2.0 * wide * wide)).exp();
            holds("gaussian", &histogram(|below| gaussian(scale, below)), bell(wide), bell(wide * 1.1));
        }
    }

    /// By the inverse of the distribution function, in floats: slow, plain, and exact enough for forty thousand draws.
    #[test]
    fn samples_fall_as_those_of_a_plain_sampler() {
        let plain = |weight: &dyn Fn(f64) -> f64| {
            let weights: Vec<f64> = (-400..=400).map(|number| weight(f64::from(number))).collect();
            let total: f64 = weights.iter().sum();
            let mut state = 12_345_u64;
            let mut counts = BTreeMap::new();
            for _ in 0..DRAWN {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let mut rest = (state >> 11) as f64 / (1_u64 << 53) as f64 * total;
                let place = weights.iter().position(|weight| {
                    rest -= weight;
                    rest < 0.0
                });
                *counts.entry(place.unwrap_or(400) as i128 - 400).or_insert(0_u32) += 1;
            }
            counts
        };
        // The largest distance of two empirical distribution functions (Kolmogorov and Smirnov).
        let distance = |a: &BTreeMap<i128, u32>, b: &BTreeMap<i128, u32>| {
            let below = |counts: &BTreeMap<i128, u32>, most| counts.range(..=most).map(|(_, n)| *n).sum::<u32>();
            (-400..=400).map(|most| below(a, most).abs_diff(below(b, most))).max().unwrap()
        };
        let exact = [histogram(|below| laplace(7, below)), histogram(|below| gaussian(7, below))];
        let plain = [plain(&|x| (-x.abs() / 7.0).exp()), plain(&|x| (-x * x / 98.0).exp())];
        // 1.95·sqrt(2/n): exceeded once in a thousand.
        let most = (1.95 * (2.0 / f64::from(DRAWN)).sqrt() * f64::from(DRAWN)) as u32;
        for (exact, plain) in exact.iter().zip(&plain) {
            assert!(distance(exact, plain) < most, "{} of {most}", distance(exact, plain));
        }
        assert!(distance(&exact[0], &plain[1]) > most, "the two distributions are told apart");
    }

    #[test]
    fn the_largest_scale_stays_within_its_bits() {
        let counts = histogram(|below| if below(64) == 0 { gaussian(MOST_SCALE, below) } else { Some(0) });
        let far = counts.keys().filter(|number| number.abs() > i128::from(MOST_SCALE)).count();
        let near = counts.keys().filter(|number| number.abs() < i128::from(MOST_SCALE)).count();
        assert!(far > 100 && near > 300, "{far} {near}: about a third lies beyond one deviation");
    }

    #[test]
    fn numbers_below_a_limit_are_all_drawn_and_no_other() {
        for limit in [1_u32, 2, 3, 255, 256, 257] {
            let drawn = histogram(|below| i128::try_from(below(u128::from(limit))).ok());
            assert_eq!(drawn.len(), limit as usize);
            assert!(drawn.keys().all(|number| (0..i128::from(limit)).contains(number)));
        }
    }
}
