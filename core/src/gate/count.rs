//! Counts of what is not recorded one by one: denials of callers who are not identified, and unconditional data that went
//! out while the log could not be written. Bounded, whatever is asked for.

use std::collections::BTreeMap;

use super::record::{Body, DenialCount, ServedCount};
use crate::terms::{Action, Instant};

/// The most different counts of one window, so that they fit into one record; what comes beyond is counted together.
const MOST: usize = 200;

/// Counts since an instant.
#[derive(Debug)]
pub(super) struct Counts<K> {
    from: Option<Instant>,
    last: Option<Instant>,
    counts: BTreeMap<K, u64>,
}

impl<K> Default for Counts<K> {
    fn default() -> Self {
        Counts { from: None, last: None, counts: BTreeMap::new() }
    }
}

impl<K: Ord> Counts<K> {
    fn add(&mut self, key: K, beyond: K, at: Instant) {
        let key = if self.counts.len() < MOST || self.counts.contains_key(&key) { key } else { beyond };
        let count = self.counts.entry(key).or_default();
        *count = count.saturating_add(1);
        self.from = self.from.or(Some(at));
        self.last = Some(at);
    }

    /// Whether a window of so many minutes is over.
    pub(super) fn due(&self, at: Instant, minutes: u16) -> bool {
        self.from.is_some_and(|from| at.duration_since(from) >= jiff::SignedDuration::from_mins(i64::from(minutes)))
    }

    /// Puts back counts that could not be recorded.
    pub(super) fn put_back(&mut self, counts: Self) {
        for (key, count) in counts.counts {
            let known = self.counts.entry(key).or_default();
            *known = known.saturating_add(count);
        }
        self.from = counts.from.or(self.from);
        self.last = self.last.or(counts.last);
    }

    /// The last instant that was counted.
    pub(super) fn last(&self) -> Option<Instant> {
        self.last
    }
}

/// (dataset, action, code of the first denial).
pub(super) type Denials = Counts<(Option<String>, Action, String)>;

impl Denials {
    /// Counts a denial. A dataset that is not there is not kept by its name: it may be anything.
    pub(super) fn count(&mut self, dataset: Option<&str>, action: Action, code: &str, at: Instant) {
        let key = (dataset.map(str::to_owned), action, code.to_owned());
        self.add(key, (None, action, code.to_owned()), at);
    }

    /// The record of them.
    pub(super) fn record(&self) -> Option<Body> {
        let counts = self.counts.iter().map(|((dataset, action, code), count)| DenialCount {
            dataset: dataset.clone(),
            action: *action,
            code: code.clone(),
            count: *count,
        });
        self.from.map(|from| Body::Denials { from, counts: counts.collect() })
    }
}

/// (dataset, action).
pub(super) type Served = Counts<(String, Action)>;

impl Served {
    /// Counts what went out.
    pub(super) fn count(&mut self, dataset: &str, action: Action, at: Instant) {
        self.add((dataset.to_owned(), action), (String::new(), action), at);
    }

    /// The record of them.
    pub(super) fn record(&self) -> Option<Body> {
        let counts = self.counts.iter();
        let counts = counts.map(|((dataset, action), count)| ServedCount {
            dataset: dataset.clone(),
            action: *action,
            count: *count,
        });
        self.from.map(|from| Body::Degraded { from, counts: counts.collect() })
    }
}
