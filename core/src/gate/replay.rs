//! The fold of a log, record by record, each under the policy that was in force when it was recorded; and the adopted
//! policies, stored by the digest of their text. A stored text that is not the adopted one is refused.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::GateError;
use super::record::{Body, Record};
use crate::Error;
use crate::crypto::sha256;
use crate::policy::Policy;
use crate::process::{Event, State};
use crate::terms::{Digest, io_text};

/// The directory of the adopted policies, within a platform's.
const POLICIES: &str = "policies";

fn file_of(text: &Digest) -> PathBuf {
    let digest = text.to_string();
    let hex = digest.split_once(':').map_or(digest.as_str(), |(_, hex)| hex);
    Path::new(POLICIES).join(format!("{hex}.toml"))
}

/// Stores the text of a policy durably, and says what the log must hold to find it again.
pub(super) fn store_policy(dir: &Path, policy: &Policy) -> Result<Event, Error> {
    let io = |error: std::io::Error| GateError::Io { what: "policies", kind: io_text(error.kind()) };
    let text = sha256(policy.source().as_bytes());
    let path = dir.join(file_of(&text));
    let folder = dir.join(POLICIES);
    fs::create_dir_all(&folder).map_err(io)?;
    let partial = path.with_extension("partial");
    let mut file = fs::File::create(&partial).map_err(io)?;
    file.write_all(policy.source().as_bytes()).and_then(|()| file.sync_all()).map_err(io)?;
    fs::rename(&partial, &path).map_err(io)?;
    fs::File::open(&folder).and_then(|folder| folder.sync_all()).map_err(io)?;
    let interpretations = policy.readings_by_name();
    let (id, hash) = (policy.id().to_owned(), policy.hash());
    Ok(Event::PolicyAdopted { policy: id, hash, interpretations, text, upgrade: None })
}

/// Reads an adopted policy back; it must be the one that the log names.
fn load_policy(
    dir: &Path,
    hash: Digest,
    interpretations: &BTreeMap<String, String>,
    text: Digest,
) -> Result<Policy, Error> {
    let file = file_of(&text);
    let other = || GateError::OtherPolicy { file: file.display().to_string() };
    let bytes =
        fs::read(dir.join(&file)).map_err(|error| GateError::Io { what: "policies", kind: io_text(error.kind()) })?;
    if sha256(&bytes) != text {
        return Err(other().into());
    }
    let mut policy = Policy::parse(std::str::from_utf8(&bytes).map_err(|_| other())?)?;
    for (name, option) in interpretations {
        policy = policy.with_interpretation(name, option)?;
    }
    if policy.hash() == hash { Ok(policy) } else { Err(other().into()) }
}

/// The policy that a record adopts, as it is stored.
pub(super) fn stored(dir: &Path, record: &Record) -> Result<Option<Policy>, Error> {
    match &record.body {
        Body::Event { event, .. } => match event.as_ref() {
            Event::PolicyAdopted { hash, interpretations, text, .. } => {
                load_policy(dir, *hash, interpretations, *text).map(Some)
            }
            _ => Ok(None),
        },
        _ => Ok(None),
    }
}

/// A log as far as it was read.
pub(crate) struct Replay {
    dir: PathBuf,
    policy: Option<Policy>,
    state: State,
}

impl Replay {
    /// Before the first record of the log of this platform's directory.
    pub(crate) fn new(dir: &Path) -> Self {
        Replay { dir: dir.to_owned(), policy: None, state: State::default() }
    }

    /// Goes on from a state that a snapshot gave.
    ///
    /// # Errors
    /// What can't be read of the policy that was in force.
    pub(crate) fn from_state(dir: &Path, state: State) -> Result<Self, Error> {
        let policy = match state.policy() {
            Some(adopted) => Some(load_policy(dir, adopted.hash, &adopted.interpretations, adopted.text)?),
            None => None,
        };
        Ok(Replay { dir: dir.to_owned(), policy, state })
    }

    /// The text of an adopted policy, as it is stored.
    ///
    /// # Errors
    /// What can't be read; [`GateError::OtherPolicy`] where it is not the adopted one.
    pub(crate) fn policy_text(dir: &Path, text: &Digest) -> Result<String, Error> {
        let file = file_of(text);
        let io = |error: std::io::Error| GateError::Io { what: "policies", kind: io_text(error.kind()) };
        let source = fs::read_to_string(dir.join(&file)).map_err(io)?;
        if sha256(source.as_bytes()) == *text {
            Ok(source)
        } else {
            Err(GateError::OtherPolicy { file: file.display().to_string() }.into())
        }
    }

    /// The state before the next record.
    pub(crate) fn state(&self) -> &State {
        &self.state
    }

    /// The policy in force before the next record.
    pub(crate) fn policy(&self) -> Option<&Policy> {
        self.policy.as_ref()
    }

    /// The hash of that policy.
    pub(crate) fn policy_hash(&self) -> Option<Digest> {
        self.policy.as_ref().map(Policy::hash)
    }

    /// Folds the next record. On an error the record is passed over, so that an audit can go on.
    pub(crate) fn fold(&mut self, record: &Record) -> Result<(), Error> {
        let folded = self.try_fold(record);
        if folded.is_err() {
            self.state.pass();
        }
        folded
    }

    /// Passes over a record that can't be read.
    pub(crate) fn pass(&mut self) {
        self.state.pass();
    }

    fn try_fold(&mut self, record: &Record) -> Result<(), Error> {
        let adopted = stored(&self.dir, record)?;
        let policy = adopted.or_else(|| self.policy.clone());
        let policy = policy.ok_or(crate::process::ProcessError::OtherPolicy)?;
        record.fold(&policy, &mut self.state)?;
        self.policy = Some(policy);
        Ok(())
    }

    /// The policy in force and the state after the last record.
    pub(crate) fn finish(self) -> Result<(Policy, State), GateError> {
        match self.policy {
            Some(policy) => Ok((policy, self.state)),
            None => Err(GateError::NotAPlatform { what: "policy_adopted" }),
        }
    }
}
