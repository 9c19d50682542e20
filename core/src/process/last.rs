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

#[cfg(test)]
mod tests {
    use crate::process::support::*;
    use crate::process::tests::adopted;
    use crate::process::{Act, Actor, Application, Asked, Event, Holding, Role, State, UsedElsewhere};
    use crate::terms::{AccessWay, Openness, legal_date};

    /// Among so many, what is looked at first under a hash is often somebody else's.
    #[test]
    fn an_application_is_found_for_its_user_and_dataset_and_for_no_other() {
        let mut state = adopted();
        let datasets = ["first", "second"];
        for dataset in datasets {
            for event in opening(dataset, &people(), Openness::Conditional, &[AccessWay::Api], monday()) {
                state.act(&policy(), &event.act(), monday()).unwrap();
            }
        }
        let user = |number: usize| format!("user-{number}");
        for number in 0..400 {
            let application =
                Application { user: user(number), ..application(&format!("app-{number}"), datasets[number % 2]) };
            let filed = Event::ApplicationFiled { application: Box::new(application) };
            state.act(&policy(), &Act::new(Actor::new(Role::DataUser, user(number)), filed), monday()).unwrap();
        }
        let state = State::restore(&state.snapshot().unwrap()).unwrap();
        for number in 0..400 {
            for (place, dataset) in datasets.into_iter().enumerate() {
                let user = user(number);
                let asked = Asked { dataset, user: Some(&user), way: None, purpose: None, fields: &[], rows: None };
                let found = state.find(&asked, &UsedElsewhere::default(), legal_date(monday()));
                let holding = if place == number % 2 { Holding::Filed } else { Holding::None };
                assert_eq!(found.holding, holding, "{user} for {dataset}");
                let mut ids = state.applications_of(dataset, &user).map(|its| its.id.to_owned());
                assert_eq!(ids.next(), (place == number % 2).then(|| format!("app-{number}")), "{user} for {dataset}");
            }
        }
    }
}
