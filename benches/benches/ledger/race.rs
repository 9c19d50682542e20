//! Takes turns: every contender once a round, each time with its own number of units, and the seconds that a unit took.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// What is counted.
#[derive(Clone, Copy)]
pub(crate) enum Clock {
    /// What the thread uses of the processor.
    Processor,
    /// The clock on the wall.
    Wall,
}

impl Clock {
    /// The seconds that some work takes.
    pub(crate) fn seconds<T>(self, work: impl FnOnce() -> T) -> (f64, T) {
        let (begun, before) = (Instant::now(), processor_time());
        let done = work();
        let took = match self {
            Clock::Processor => processor_time() - before,
            Clock::Wall => begun.elapsed(),
        };
        (took.as_secs_f64(), done)
    }
}

fn processor_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap()
}

/// One who takes part.
pub(crate) struct Contender<'c> {
    name: String,
    units: u64,
    least_ratio: Option<f64>,
    turn: Box<dyn FnMut() + 'c>,
}

impl<'c> Contender<'c> {
    /// A turn of this does so many units.
    pub(crate) fn new(name: impl Into<String>, units: u64, turn: impl FnMut() + 'c) -> Self {
        Contender { name: name.into(), units, least_ratio: None, turn: Box::new(turn) }
    }

    /// The first contender must be at least so many times as fast as this one.
    pub(crate) fn least(self, ratio: f64) -> Self {
        Contender { least_ratio: Some(ratio), ..self }
    }
}

/// The seconds that a unit took of each contender, round by round.
pub(crate) struct Race {
    pub(crate) results: Vec<Result>,
}

/// One contender's.
pub(crate) struct Result {
    pub(crate) name: String,
    pub(crate) least_ratio: Option<f64>,
    clock: Clock,
    times: Vec<f64>,
}

impl Result {
    /// Of processor time the best of the rounds, which others disturbed least; else the median.
    pub(crate) fn seconds(&self) -> f64 {
        match self.clock {
            Clock::Processor => percentile(self.times.clone(), 0),
            Clock::Wall => median(self.times.clone()),
        }
    }
}

impl Race {
    /// Runs so many rounds, after one that does not count.
    pub(crate) fn run(clock: Clock, rounds: usize, mut contenders: Vec<Contender<'_>>) -> Self {
        let mut times = vec![Vec::new(); contenders.len()];
        for round in 0..=rounds {
            for (contender, times) in contenders.iter_mut().zip(&mut times) {
                let (seconds, ()) = clock.seconds(&mut contender.turn);
                if round > 0 {
                    times.push(seconds / contender.units as f64);
                }
            }
        }
        let results = contenders.into_iter().zip(times);
        let results =
            results.map(|(Contender { name, least_ratio, .. }, times)| Result { name, least_ratio, clock, times });
        Race { results: results.collect() }
    }

    /// Of what was timed one by one: who, and the seconds of each turn.
    pub(crate) fn of(timed: Vec<(String, Vec<f64>)>) -> Self {
        let result = |(name, times)| Result { name, least_ratio: None, clock: Clock::Wall, times };
        Race { results: timed.into_iter().map(result).collect() }
    }

    /// How many times as fast as this one the first is: the median of the rounds.
    pub(crate) fn ratio(&self, other: &Result) -> f64 {
        median(other.times.iter().zip(&self.results[0].times).map(|(other, first)| other / first).collect())
    }
}

/// The value that so many of a hundred are not above.
pub(crate) fn percentile(mut values: Vec<f64>, percent: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    values[(values.len() * percent / 100).min(values.len() - 1)]
}

pub(crate) fn median(values: Vec<f64>) -> f64 {
    percentile(values, 50)
}
