//! The permitted intents of one log, and what came of them: of an intent with its result no more than a report of its use
//! is held against, since a log has millions.

use std::collections::BTreeMap;

use indexmap::IndexSet;

use crate::gate::{Decision, Request, UseReport, used_by};
use crate::terms::Instant;

/// The permitted intents of one log.
#[derive(Default)]
pub(super) struct Book {
    intents: BTreeMap<u64, Intent>,
    /// The ids of datasets and users, each once.
    ids: IndexSet<String>,
    /// The time of the last record.
    pub(super) last: Option<Instant>,
}

struct Intent {
    dataset: usize,
    user: Option<usize>,
    conditional: bool,
    /// What is permitted, until the result is there.
    open: Option<Box<Permitted>>,
    /// When data went out.
    served: Option<Instant>,
    reported: bool,
}

/// What an intent may give.
pub(super) struct Permitted {
    pub(super) request: Request,
    /// The most rows that the decision lets out.
    pub(super) rows: Option<u64>,
}

/// What a log leaves of an intent.
pub(super) struct Left {
    pub(super) index: u64,
    pub(super) dataset: String,
    pub(super) user: String,
    /// Whether it waits for its result.
    pub(super) open: bool,
    /// When conditional data went out whose use was not reported.
    pub(super) unreported: Option<Instant>,
}

impl Book {
    /// A use is about to begin.
    pub(super) fn begin(&mut self, index: u64, request: &Request, decision: &Decision) {
        let mut number = |id: &String| match self.ids.get_index_of(id) {
            Some(known) => known,
            None => self.ids.insert_full(id.clone()).0,
        };
        let (dataset, user) = (number(&request.dataset), request.user.as_ref().map(number));
        let open = Some(Box::new(Permitted { request: request.clone(), rows: decision.rows }));
        let conditional = used_by(request, decision).application.is_some();
        self.intents.insert(index, Intent { dataset, user, conditional, open, served: None, reported: false });
    }

    /// The result of an intent is there: what was permitted. None for what is no open intent.
    pub(super) fn settle(&mut self, intent: u64, served: Option<Instant>) -> Option<Box<Permitted>> {
        let known = self.intents.get_mut(&intent)?;
        let permitted = known.open.take()?;
        known.served = served;
        Some(permitted)
    }

    /// Whether a report is about an intent of this log.
    pub(super) fn report(&mut self, intent: u64, report: &UseReport) -> bool {
        let id = |number: usize| self.ids.get_index(number).map(String::as_str);
        let theirs = |known: &&mut Intent| {
            id(known.dataset) == Some(&report.dataset) && known.user.and_then(id) == Some(report.user.as_str())
        };
        match self.intents.get_mut(&intent).filter(theirs) {
            Some(known) => {
                known.reported = true;
                true
            }
            None => false,
        }
    }

    /// What the log leaves of each intent that is not done with, in order.
    pub(super) fn left(self) -> impl Iterator<Item = Left> {
        let Book { intents, ids, .. } = self;
        let id = move |number: usize| ids.get_index(number).cloned().unwrap_or_default();
        intents.into_iter().filter_map(move |(index, intent)| {
            let unreported = intent.served.filter(|_| intent.conditional && !intent.reported);
            let open = intent.open.is_some();
            (open || unreported.is_some()).then(|| Left {
                index,
                dataset: id(intent.dataset),
                user: intent.user.map(&id).unwrap_or_default(),
                open,
                unreported,
            })
        })
    }
}
