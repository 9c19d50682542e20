//! Which application of a user for a dataset is the last: found by both ids at once, so that the look-up need not wait
//! for the numbers of either. It holds places only; what stands there is the state's.

use std::hash::BuildHasher as _;

use hashbrown::HashTable;

use super::State;
use super::application::ApplicationState;
use super::names::Name;

/// (dataset, user) → the place of the user's last application for it.
#[derive(Debug, Clone, Default)]
pub(super) struct Last {
    places: HashTable<u32>,
    hasher: foldhash::fast::RandomState,
}

impl Last {
    /// Room for so many applications.
    pub(super) fn with_capacity(applications: usize) -> Self {
        Last { places: HashTable::with_capacity(applications), hasher: Default::default() }
    }

    /// What both ids are found by.
    #[inline]
    pub(super) fn hash(&self, dataset: &str, user: &str) -> u64 {
        self.hasher.hash_one((dataset, user))
    }
}

impl State {
    /// The place of the user's last application for a dataset.
    #[inline]
    pub(super) fn last_application(&self, hash: u64, key: (u32, Name)) -> Option<u32> {
        let its =
            |place: &u32| self.applications.get_index(*place as usize).is_some_and(|(_, state)| state.key() == key);
        self.last.places.find(hash, its).copied()
    }

    /// Makes the application at a place the user's last one for its dataset. Returns the one that was.
    pub(super) fn put_last(&mut self, place: u32) -> Option<u32> {
        let State { last: Last { places, hasher }, applications, datasets, names, .. } = self;
        let at = |place: u32| applications.get_index(place as usize).map(|(_, state)| state);
        let hash = |state: Option<&ApplicationState>| {
            let dataset = state.and_then(|state| datasets.get_index(state.dataset as usize));
            let (dataset, user) = (dataset.map_or("", |(id, _)| id), state.map_or("", |state| names.name(state.user)));
            hasher.hash_one((dataset, user))
        };
        let state = at(place);
        let its = |known: &u32| at(*known).map(ApplicationState::key) == state.map(ApplicationState::key);
        match places.entry(hash(state), its, |known| hash(at(*known))) {
            hashbrown::hash_table::Entry::Occupied(mut known) => Some(std::mem::replace(known.get_mut(), place)),
            hashbrown::hash_table::Entry::Vacant(free) => {
                free.insert(place);
                None
            }
        }
    }
}
