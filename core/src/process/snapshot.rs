//! The bytes of a state: equal logs give equal bytes, and the bytes give the state back.
//!
//! A snapshot is a shortcut, never a source: whoever loads one holds its digest against the record that names it.

use super::application::ApplicationState;
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
        let (count, mut rest): (usize, &[u8]) = postcard::take_from_bytes(body).map_err(not_one)?;
        // As many as there can be, whatever the count says.
        state.applications.reserve(count.min(rest.len() / LEAST));
        for _ in 0..count {
            let ((id, application), more): ((Key, ApplicationState), &[u8]) =
                postcard::take_from_bytes(rest).map_err(not_one)?;
            if state.applications.insert(id, application).is_some() {
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
}
