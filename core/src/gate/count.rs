//! Counts of what is not recorded one by one: denials of callers who are not identified, and unconditional data that went
//! out while the log could not be written. Bounded, whatever is asked for and however long they can't be recorded.

use std::collections::BTreeMap;
use std::sync::Mutex;

use super::decide::Decision;
use super::lock;
use super::record::{Body, DenialCount, Record, ServedCount};
use super::request::Request;
use crate::Error;
use crate::process::State;
use crate::terms::{Action, Instant};

/// The most different counts of one window, so that they fit into one record; what comes beyond is counted together.
const MOST: usize = 200;

/// (dataset, action, code of the first denial).
type Denied = (Option<String>, Action, String);
/// (dataset, action).
type Gone = (String, Action);

/// Denials.
pub(super) type Denials = Kept<Denied>;
/// What went out.
pub(super) type Served = Kept<Gone>;

/// Counts that are kept until they are recorded. Threads share them.
#[derive(Debug)]
pub(super) struct Kept<K> {
    window: Mutex<Window<K>>,
    /// What a count is put to that finds no place.
    beyond: fn(&K) -> K,
    body: fn(Instant, BTreeMap<K, u64>) -> Body,
}

/// Counts since an instant.
#[derive(Debug)]
struct Window<K> {
    from: Option<Instant>,
    last: Option<Instant>,
    counts: BTreeMap<K, u64>,
}

impl<K> Default for Window<K> {
    fn default() -> Self {
        Window { from: None, last: None, counts: BTreeMap::new() }
    }
}

impl<K: Ord> Window<K> {
    fn add(&mut self, key: K, beyond: fn(&K) -> K, count: u64) {
        let fits = self.counts.len() < MOST || self.counts.contains_key(&key);
        let known = self.counts.entry(if fits { key } else { beyond(&key) }).or_default();
        *known = known.saturating_add(count);
    }
}

impl<K: Ord + Clone> Kept<K> {
    fn add(&self, key: K, at: Instant) {
        let mut window = lock(&self.window);
        window.add(key, self.beyond, 1);
        window.from = window.from.or(Some(at));
        window.last = Some(at);
    }

    /// Records the counts so far. Those that can't be recorded are kept, and are tried again with the next.
    ///
    /// # Errors
    /// That of `record`.
    pub(super) fn flush<T>(&self, at: Instant, record: impl FnOnce(Record) -> Result<T, Error>) -> Result<(), Error> {
        let counted = std::mem::take(&mut *lock(&self.window));
        let Some(from) = counted.from else { return Ok(()) };
        let written = record(Record::new(at, (self.body)(from, counted.counts.clone())));
        if written.is_err() {
            let mut window = lock(&self.window);
            counted.counts.into_iter().for_each(|(key, count)| window.add(key, self.beyond, count));
            window.from = Some(from);
            window.last = window.last.or(counted.last);
        }
        written.map(|_| ())
    }

    /// As [`Kept::flush`], where the window of so many minutes is over.
    ///
    /// # Errors
    /// As [`Kept::flush`].
    pub(super) fn flush_due<T>(
        &self,
        at: Instant,
        minutes: u16,
        record: impl FnOnce(Record) -> Result<T, Error>,
    ) -> Result<(), Error> {
        let window = jiff::SignedDuration::from_mins(i64::from(minutes));
        let due = lock(&self.window).from.is_some_and(|from| at.duration_since(from) >= window);
        if due { self.flush(at, record) } else { Ok(()) }
    }

    /// Records what no window ended, at the last instant that was counted, if that can still be done.
    pub(super) fn flush_rest<T>(&self, record: impl FnOnce(Record) -> Result<T, Error>) {
        let last = lock(&self.window).last;
        if let Some(at) = last {
            let _ = self.flush(at, record);
        }
    }
}

impl Default for Denials {
    fn default() -> Self {
        Kept {
            window: Mutex::default(),
            beyond: |(_, action, code)| (None, *action, code.clone()),
            body: |from, counts| {
                let counts = counts.into_iter().map(|((dataset, action, code), count)| DenialCount {
                    dataset,
                    action,
                    code,
                    count,
                });
                Body::Denials { from, counts: counts.collect() }
            },
        }
    }
}

impl Denials {
    /// Counts a denial. A dataset that is not there is not kept by its name: it may be anything.
    pub(super) fn count(&self, state: &State, request: &Request, decision: &Decision, at: Instant) {
        let dataset = state.dataset(&request.dataset).map(|_| request.dataset.clone());
        let code = decision.headline().map_or_else(String::new, |reason| reason.code.clone());
        self.add((dataset, request.action, code), at);
    }
}

impl Default for Served {
    fn default() -> Self {
        Kept {
            window: Mutex::default(),
            beyond: |(_, action)| (String::new(), *action),
            body: |from, counts| {
                let counts =
                    counts.into_iter().map(|((dataset, action), count)| ServedCount { dataset, action, count });
                Body::Degraded { from, counts: counts.collect() }
            },
        }
    }
}

impl Served {
    /// Counts what went out.
    pub(super) fn count(&self, request: &Request, at: Instant) {
        self.add((request.dataset.clone(), request.action), at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::LedgerError;
    use crate::process::support::monday;

    fn refuse(_: Record) -> Result<(), Error> {
        Err(LedgerError::Poisoned.into())
    }

    /// A log that fails for long must not make counts that no record holds.
    #[test]
    fn what_can_not_be_recorded_is_kept_and_stays_within_its_bound() {
        let served = Served::default();
        let ask = |number: u64| Request::new(format!("dataset-{number}"), Action::Download);
        for number in 0..3 * MOST as u64 {
            served.count(&ask(number), monday());
            // While it is tried, another thread counts.
            let tried = served.flush(monday(), |record| {
                served.count(&ask(10_000 + number), monday());
                refuse(record)
            });
            assert!(tried.is_err());
        }
        let mut recorded = None;
        let keep = |record| {
            recorded = Some(record);
            Ok(())
        };
        served.flush(monday(), keep).unwrap();
        let Body::Degraded { counts, from } = recorded.unwrap().body else { panic!("what went out") };
        assert_eq!((counts.iter().map(|count| count.count).sum::<u64>(), from), (6 * MOST as u64, monday()));
        assert!(counts.len() <= MOST + 1, "{}: what comes beyond is counted together", counts.len());
        served.flush(monday(), refuse).unwrap();
    }
}
