//! The bytes of a state: equal logs give equal bytes, and the bytes give the state back.
//!
//! A snapshot is a shortcut, never a source: whoever loads one holds its digest against the record that names it.

use super::application::{ApplicationState, Granted};
use super::last::Last;
use super::names::Key;
use super::{ProcessError, State};

/// The first bytes: what it is, and the version of the form.
const MAGIC: &[u8] = b"kaifang state 2\n";

/// The fewest bytes of an application.
const LEAST: usize = 20;

impl State {
    /// The bytes of the state.
    ///
    /// # Errors
    /// [`ProcessError::Full`] when it does not fit into memory.
    pub fn snapshot(&self) -> Result<Vec<u8>, ProcessError> {
        let full = |_| ProcessError::Full { what: "snapshot" };
        let bytes = postcard::to_extend(self, MAGIC.to_vec()).map_err(full)?;
        let bytes = postcard::to_extend(&self.applications.len(), bytes).map_err(full)?;
        self.applications.iter().try_fold(bytes, |bytes, one| postcard::to_extend(&one, bytes)).map_err(full)
    }

    /// The state of a snapshot.
    ///
    /// # Errors
    /// [`ProcessError::NotASnapshot`].
    pub fn restore(snapshot: &[u8]) -> Result<Self, ProcessError> {
        let not_one = |_| ProcessError::NotASnapshot;
        let body = snapshot.strip_prefix(MAGIC).ok_or(ProcessError::NotASnapshot)?;
        let (mut state, body): (State, &[u8]) = postcard::take_from_bytes(body).map_err(not_one)?;
        // The next record gets this index.
        if state.index == u64::MAX {
            return Err(ProcessError::NotASnapshot);
        }
        let (count, mut rest): (usize, &[u8]) = postcard::take_from_bytes(body).map_err(not_one)?;
        // As many as there can be, whatever the count says.
        state.applications.reserve(count.min(rest.len() / LEAST));
        for _ in 0..count {
            let ((id, application), more): ((Key, ApplicationState), &[u8]) =
                postcard::take_from_bytes(rest).map_err(not_one)?;
            if !state.has_numbers_of(&application) || state.applications.insert(id, application).is_some() {
                return Err(ProcessError::NotASnapshot);
            }
            rest = more;
        }
        if !rest.is_empty() {
            return Err(ProcessError::NotASnapshot);
        }
        let policy = state.policy.as_ref().map(|policy| policy.hash);
        state.datasets.values_mut().for_each(|dataset| dataset.settle(policy));
        state.last = Last::with_capacity(state.applications.len());
        for place in 0..state.applications.len() {
            let before = state.applications.get_index(place).and_then(|(_, application)| application.before);
            if state.put_last(u32::try_from(place).map_err(|_| ProcessError::NotASnapshot)?) != before {
                return Err(ProcessError::NotASnapshot);
            }
        }
        Ok(state)
    }

    /// Whether every number in an application is that of a dataset, name or version. Which application was before it is
    /// held against what follows from all of them.
    fn has_numbers_of(&self, application: &ApplicationState) -> bool {
        let granted = |grant: &Granted| {
            grant.fields.iter().all(|field| self.names.has(*field))
                && grant.version.is_none_or(|version| self.versions.has(version))
        };
        (application.dataset as usize) < self.datasets.len()
            && self.names.has(application.user)
            && self.names.has(application.purpose)
            && granted(&application.grant)
            && application.asked.as_deref().is_none_or(granted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::tests::application_in;

    /// A state with numbers of nothing would show an application of nobody for no dataset.
    #[test]
    fn a_snapshot_whose_numbers_are_of_nothing_is_none() {
        fn far<T: serde::de::DeserializeOwned>() -> T {
            postcard::from_bytes(&[99]).unwrap()
        }
        let good = application_in("approved");
        let restore = |change: &dyn Fn(&mut State)| {
            let mut state = good.clone();
            change(&mut state);
            State::restore(&state.snapshot().unwrap()).map(|state| state.index())
        };
        assert_eq!(restore(&|_| ()), Ok(good.index()));
        assert_eq!(restore(&|state| state.index = u64::MAX - 1), Ok(u64::MAX - 1));
        assert_eq!(restore(&|state| state.index = u64::MAX), Err(ProcessError::NotASnapshot));
        let changes: [fn(&mut ApplicationState); 6] = [
            |application| application.user = far(),
            |application| application.dataset = 99,
            |application| application.purpose = far(),
            |application| application.grant.fields = Box::new([far()]),
            |application| application.grant.version = Some(far()),
            |application| {
                let asked = Granted { fields: Box::new([far()]), ..application.grant.clone() };
                application.asked = Some(Box::new(asked));
            },
        ];
        for (place, change) in changes.iter().enumerate() {
            let changed = restore(&|state| state.applications.values_mut().for_each(change));
            assert_eq!(changed, Err(ProcessError::NotASnapshot), "change {place}");
        }
    }
}
