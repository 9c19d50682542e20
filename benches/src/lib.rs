//! What the benches share: seeded inputs, and settings short enough that all of them take minutes.
//!
//! Each bench compares its answers with those of a peer, or of a plain program, before it measures anything; the peer and
//! the limit of the machine are measured in the same run.

pub mod access;
pub mod classification;
pub mod gate;
#[cfg(feature = "peers")]
pub mod peers;

use std::time::Duration;

use criterion::Criterion;
use jiff::civil::{Date, date};
use kaifang::policy::FactValue;
use kaifang::terms::Openness;

/// The day on which the law is asked.
pub const AT: Date = date(2026, 11, 23);

/// How many cases one iteration runs through.
pub const CASES: usize = 1024;

/// How many samples a bench takes.
pub const SAMPLES: usize = 20;

/// Short settings: one run of every bench takes less than five minutes.
#[must_use]
pub fn settings() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_millis(1500))
        .sample_size(SAMPLES)
        .without_plots()
}

/// A small seeded generator (SplitMix64): the same inputs in every run.
pub struct Random(u64);

impl Random {
    /// A sequence of its own for each seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Random(seed)
    }

    /// The next number below `bound`, which is not 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    /// One of some words.
    pub fn one_of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        let index = usize::try_from(self.below(words.len() as u64)).unwrap_or(0);
        words.get(index).copied().unwrap_or_default()
    }
}

/// The value of a fact, as a program would hold it that knows every word there is.
#[derive(Debug, Clone, Copy)]
pub enum Fact {
    /// True or false.
    Bool(bool),
    /// One of some words.
    Word(&'static str),
}

impl From<Fact> for FactValue {
    fn from(fact: Fact) -> Self {
        match fact {
            Fact::Bool(value) => value.into(),
            Fact::Word(word) => word.into(),
        }
    }
}

/// A set of classes as the bits of [`classification`].
#[must_use]
pub fn bits(classes: &[Openness]) -> u8 {
    classes.iter().fold(0, |bits, class| {
        bits | match class {
            Openness::Unconditional => classification::U,
            Openness::Conditional => classification::C,
            Openness::Withheld => classification::W,
        }
    })
}

/// Invented mobile numbers.
#[must_use]
pub fn mobiles(count: usize) -> Vec<String> {
    let mut random = Random::new(1);
    (0..count).map(|_| format!("139{:08}", random.below(100_000_000))).collect()
}

/// Invented resident ids of one county, with their check digits (GB 11643-1999).
#[must_use]
pub fn resident_ids(count: usize) -> Vec<String> {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let mut random = Random::new(2);
    let mut one = || {
        let (year, month, day) = (1950 + random.below(60), 1 + random.below(12), 1 + random.below(28));
        let digits = format!("610113{year}{month:02}{day:02}{:03}", random.below(1000));
        let sum: u32 =
            digits.chars().zip(WEIGHTS).map(|(digit, weight)| digit.to_digit(10).unwrap_or(0) * weight).sum();
        let check = "10X98765432".chars().nth((sum % 11) as usize).unwrap_or('X');
        format!("{digits}{check}")
    };
    (0..count).map(|_| one()).collect()
}

/// The processor time of this process so far, in seconds of a hundredth; 0 where the system does not tell.
#[must_use]
pub fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name of the process, which may hold anything, ends with the last bracket; user and system time follow.
    let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields);
    fields.split(' ').skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

/// The most memory that this process has had, in KiB; 0 where the system does not tell.
#[must_use]
pub fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}
