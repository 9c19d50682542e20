//! The bytes of a state: equal logs give equal bytes, and the bytes give the state back.
//!
//! A snapshot is a shortcut, never a source: whoever loads one holds its digest against the record that names it.

use super::names::Map;
use super::{ProcessError, State};

/// The first bytes: what it is, and the version of the form.
const MAGIC: &[u8] = b"kaifang state 2\n";

impl State {
    /// The bytes of the state.
    ///
    /// # Errors
    /// [`ProcessError::Full`] when it does not fit into memory.
    pub fn snapshot(&self) -> Result<Vec<u8>, ProcessError> {
        postcard::to_extend(self, MAGIC.to_vec()).map_err(|_| ProcessError::Full { what: "snapshot" })
    }

    /// The state of a snapshot.
    ///
    /// # Errors
    /// [`ProcessError::NotASnapshot`].
    pub fn restore(snapshot: &[u8]) -> Result<Self, ProcessError> {
        let body = snapshot.strip_prefix(MAGIC).ok_or(ProcessError::NotASnapshot)?;
        let (mut state, rest): (State, &[u8]) =
            postcard::take_from_bytes(body).map_err(|_| ProcessError::NotASnapshot)?;
        if !rest.is_empty() {
            return Err(ProcessError::NotASnapshot);
        }
        let policy = state.policy.as_ref().map(|policy| policy.hash);
        state.datasets.values_mut().for_each(|dataset| dataset.settle(policy));
        state.last = Map::with_capacity_and_hasher(state.applications.len(), foldhash::fast::RandomState::default());
        for (place, application) in state.applications.values().enumerate() {
            let place = u32::try_from(place).map_err(|_| ProcessError::NotASnapshot)?;
            let before = state.last.insert((application.dataset, application.user), place);
            if before != application.before {
                return Err(ProcessError::NotASnapshot);
            }
        }
        Ok(state)
    }
}
