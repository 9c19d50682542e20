//! Counts of what is not recorded one by one: denials of callers who are not identified, and unconditional data that went
//! out while the log could not be written. Bounded, whatever is asked for and however long they can't be recorded: denials
//! by a number, what went out by the catalog.

use std::collections::BTreeMap;
use std::sync::Mutex;

use super::decide::Decision;
use super::lock;
use super::record::{Body, DenialCount, Record, ServedCount};
use super::request::Request;
use crate::Error;
use crate::process::State;
use crate::terms::{Action, Instant};

/// The most counts of one record, and the most different ones of denials: what comes beyond those is counted together.
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
    /// What a count is put to that finds no place; none where each keeps its name.
    beyond: Option<fn(&K) -> K>,
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
    fn add(&mut self, key: K, beyond: Option<fn(&K) -> K>, count: u64) {
        let key = match beyond {
            Some(beyond) if self.counts.len() >= MOST && !self.counts.contains_key(&key) => beyond(&key),
            _ => key,
        };
        let known = self.counts.entry(key).or_default();
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

    /// Records the counts so far, in as many records as hold them. Those that can't be recorded are kept, and are tried
    /// again with the next.
    ///
    /// # Errors
    /// That of `record`.
    pub(super) fn flush<T>(
        &self,
        at: Instant,
        mut record: impl FnMut(Record) -> Result<T, Error>,
    ) -> Result<(), Error> {
        let Window { from, last, counts: mut rest } = std::mem::take(&mut *lock(&self.window));
        let Some(from) = from else { return Ok(()) };
        while !rest.is_empty() {
            let later = rest.keys().nth(MOST).cloned().map(|key| rest.split_off(&key)).unwrap_or_default();
            if let Err(error) = record(Record::new(at, (self.body)(from, rest.clone()))) {
                let mut window = lock(&self.window);
                rest.into_iter().chain(later).for_each(|(key, count)| window.add(key, self.beyond, count));
                window.from = Some(from);
                window.last = window.last.or(last);
                return Err(error);
            }
            rest = later;
        }
        Ok(())
    }

    /// As [`Kept::flush`], where the window of so many minutes is over.
    ///
    /// # Errors
    /// As [`Kept::flush`].
    pub(super) fn flush_due<T>(
        &self,
        at: Instant,
        minutes: u16,
        record: impl FnMut(Record) -> Result<T, Error>,
    ) -> Result<(), Error> {
        let window = jiff::SignedDuration::from_mins(i64::from(minutes));
        let due = lock(&self.window).from.is_some_and(|from| at.duration_since(from) >= window);
        if due { self.flush(at, record) } else { Ok(()) }
    }

    /// Records what no window ended, at the last instant that was counted, if that can still be done.
    pub(super) fn flush_rest<T>(&self, record: impl FnMut(Record) -> Result<T, Error>) {
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
            beyond: Some(|(_, action, code)| (None, *action, code.clone())),
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
            // Only what is in the catalog goes out, by a few ways.
            beyond: None,
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

    fn keep(records: &mut Vec<Record>, record: Record) -> Result<(), Error> {
        records.push(record);
        Ok(())
    }

    fn ask(number: usize) -> Request {
        Request::new(format!("dataset-{number:04}"), Action::Download)
    }

    /// The datasets and counts that the records name.
    fn named(records: &[Record]) -> Vec<(Option<String>, u64)> {
        let of = |record: &Record| match &record.body {
            Body::Degraded { counts, .. } => {
                counts.iter().map(|count| (Some(count.dataset.clone()), count.count)).collect::<Vec<_>>()
            }
            Body::Denials { counts, .. } => counts.iter().map(|count| (count.dataset.clone(), count.count)).collect(),
            other => panic!("{other:?} counts nothing"),
        };
        let each: Vec<_> = records.iter().map(of).collect();
        each.iter().for_each(|counts| assert!((1..=MOST).contains(&counts.len()), "{}", counts.len()));
        each.concat()
    }

    /// A log that fails for long must not make counts that no record holds.
    #[test]
    fn denials_that_can_not_be_recorded_are_kept_and_stay_within_their_bound() {
        let denials = Denials::default();
        let deny = |number: usize| {
            denials.add((Some(ask(number).dataset), Action::Download, "no_such_right".to_owned()), monday());
        };
        for number in 0..3 * MOST {
            deny(number);
            // While it is tried, another thread counts.
            let tried = denials.flush(monday(), |record| {
                deny(5000 + number);
                refuse(record)
            });
            assert!(tried.is_err());
        }
        let mut records = Vec::new();
        denials.flush(monday(), |record| keep(&mut records, record)).unwrap();
        let named = named(&records);
        assert_eq!(named.iter().map(|(_, count)| count).sum::<u64>(), 6 * MOST as u64);
        assert!(named.len() <= MOST + 1, "{}: what comes beyond is counted together", named.len());
        denials.flush(monday(), refuse).unwrap();
    }

    /// A32(3): what went out is held against its class, so that each keeps its name.
    #[test]
    fn what_went_out_keeps_its_name_however_many_there_are() {
        let served = Served::default();
        let all = 2 * MOST + 10;
        (0..all).for_each(|number| served.count(&ask(number), monday()));
        served.count(&ask(0), monday());
        // The log fails again after the first record: what that one holds is not counted twice.
        let mut records = Vec::new();
        let once = |record| if records.is_empty() { keep(&mut records, record) } else { refuse(record) };
        assert!(served.flush(monday(), once).is_err());
        served.flush(monday(), |record| keep(&mut records, record)).unwrap();
        assert_eq!(records.len(), 3);
        let expected = (0..all).map(|number| (Some(ask(number).dataset), 1 + u64::from(number == 0)));
        assert_eq!(named(&records), expected.collect::<Vec<_>>());
        served.flush(monday(), refuse).unwrap();
    }
}
