//! What was used under each application of one log, by the size of the log: to tell what a decision saw of it.

use std::collections::BTreeMap;

use crate::gate::{Decision, Record, Tally};
use crate::process::{State, Used, UsedElsewhere};

/// The uses of one log.
#[derive(Default)]
pub(super) struct History {
    steps: BTreeMap<String, Vec<(u64, Used)>>,
    tally: Tally,
}

impl History {
    /// Adds the next record.
    pub(super) fn add(&mut self, index: u64, record: &Record) {
        let steps = &mut self.steps;
        self.tally.count(index, record, &mut |application, change| {
            let steps = steps.entry(application.to_owned()).or_default();
            let before = steps.last().map_or(Used::default(), |(_, used)| *used);
            steps.push((index + 1, change(before)));
        });
    }

    /// What was used under an application in the first `size` records.
    pub(super) fn at(&self, application: &str, size: u64) -> Used {
        let Some(steps) = self.steps.get(application) else { return Used::default() };
        let place = steps.partition_point(|(at, _)| *at <= size);
        place.checked_sub(1).and_then(|place| steps.get(place)).map_or(Used::default(), |(_, used)| *used)
    }

    /// What was used under each application in all.
    pub(super) fn totals(&self) -> impl Iterator<Item = (&str, Used)> {
        self.steps.iter().filter_map(|(id, steps)| steps.last().map(|(_, used)| (id.as_str(), *used)))
    }
}

/// What a decision says that it saw of the logs of uses.
pub(super) fn seen<'a>(
    state: &State,
    histories: impl Iterator<Item = (&'a str, &'a History)> + Clone,
    dataset: &str,
    user: &str,
    decision: &Decision,
) -> UsedElsewhere {
    let mut elsewhere = UsedElsewhere::default();
    for application in state.applications_of(dataset, user) {
        for (name, history) in histories.clone() {
            let size = decision.uses_seen.get(name).copied().unwrap_or(0);
            let used = history.at(application.id, size);
            elsewhere.change(application.id, |known| known.plus(used));
        }
    }
    elsewhere
}
