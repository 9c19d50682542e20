//! The logs of uses of a platform's workers: where they are, how one is made, and what is counted over all of them.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{FlockOperation, flock};

use super::platform::{LEDGER, Platform};
use super::record::{Body, Record, used_by};
use super::{GateError, open, with_code};
use crate::Error;
use crate::crypto::Signer;
use crate::ledger::{Follower, Ledger, LedgerConfig, LedgerError, Profile};
use crate::process::{Unreported, Use, Used, UsedElsewhere};
use crate::terms::{io_text, legal_date};

/// The directory of the logs of uses, within a platform's.
pub const USES: &str = "uses";
/// Whoever holds it counts quotas.
const QUOTA_LOCK: &str = "quota.lock";

/// The directory of one log of uses.
pub(crate) fn use_log(dir: &Path, name: &str) -> PathBuf {
    dir.join(USES).join(name)
}

/// Where a log of uses is made until it is whole: the name of no log begins so.
fn unfinished(dir: &Path, name: &str) -> PathBuf {
    use_log(dir, &format!(".{name}.new"))
}

/// The names of the logs of uses that are there, in order.
///
/// # Errors
/// [`GateError::Io`] where they can't be listed: logs that nobody sees must not pass for none.
pub(crate) fn use_logs(dir: &Path) -> Result<Vec<String>, GateError> {
    let entries = open::entries(dir, USES)?;
    let folders = entries.into_iter().filter(|(name, kind)| !kind.is_file() && !name.starts_with('.'));
    Ok(folders.map(|(name, _)| name).collect())
}

/// Whether a log of uses was made.
pub(super) fn is_there(dir: &Path, name: &str) -> Result<bool, GateError> {
    use_log(dir, name).try_exists().map_err(|error| GateError::Io { what: USES, kind: io_text(error.kind()) })
}

/// Makes a log of uses where nobody looks, and moves it to its place when it is whole: after a crash halfway there is none.
pub(super) fn make(dir: &Path, name: &str, signer: &Arc<dyn Signer>) -> Result<(), Error> {
    let io = |error: std::io::Error| GateError::Io { what: USES, kind: io_text(error.kind()) };
    let (folder, new) = (dir.join(USES), unfinished(dir, name));
    fs::create_dir_all(&folder).map_err(io)?;
    open::sync_names(dir).map_err(io)?;
    // Another process may be making it.
    let _turn = turn(dir)?;
    if is_there(dir, name)? {
        return Ok(());
    }
    match fs::remove_dir_all(&new) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(io(error).into()),
        _ => {}
    }
    let origin = format!("{}/{USES}/{name}", Ledger::open(dir.join(LEDGER), None)?.origin());
    let config = LedgerConfig { origin, profile: Profile::of(signer.public_key()) };
    drop(Ledger::create(&new, &config, Box::new(Arc::clone(signer)))?);
    fs::rename(&new, use_log(dir, name)).and_then(|()| open::sync_names(&folder)).map_err(io)?;
    Ok(())
}

/// Waits for the turn to count quotas. It ends when what is returned is dropped.
pub(super) fn turn(dir: &Path) -> Result<File, GateError> {
    let path = dir.join(USES).join(QUOTA_LOCK);
    let io = |error: std::io::Error| GateError::Io { what: QUOTA_LOCK, kind: io_text(error.kind()) };
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(io)?;
    flock(&file, FlockOperation::LockExclusive).map_err(|error| io(error.into()))?;
    Ok(file)
}

/// Another process's log of uses, as far as it was read.
pub(super) struct Followed {
    pub(super) follower: Follower,
    tally: Tally,
    /// How many of its records were counted.
    counted: u64,
}

/// What is called with the application whose use changes, and how.
pub(crate) type Change<'a> = &'a mut dyn FnMut(&str, &dyn Fn(Used) -> Used);

/// The intents of one log that wait for their result.
#[derive(Default)]
pub(crate) struct Tally(BTreeMap<u64, Use>);

impl Tally {
    /// Counts a record: `change` is called with the application whose use changes. A result of no open intent changes
    /// nothing; the audit finds it. Returns the use that a result ends.
    pub(crate) fn count(&mut self, index: u64, record: &Record, change: Change<'_>) -> Option<Use> {
        match &record.body {
            Body::Intent { request, decision } => {
                let used = used_by(request, decision);
                if let Some(application) = &used.application {
                    change(application, &|known| known.plus(used.asked));
                }
                self.0.insert(index, used);
                None
            }
            Body::Result { intent, outcome } => {
                let open = self.0.remove(intent)?;
                if let Some(application) = &open.application {
                    change(application, &|known| known.less(open.asked).plus(outcome.used()));
                }
                Some(open)
            }
            _ => None,
        }
    }

    pub(super) fn waits(&self, intent: u64) -> bool {
        self.0.contains_key(&intent)
    }
}

/// What a worker knows of the uses. Its own are counted when they are put in the line of its log, those of others when
/// they are read.
#[derive(Default)]
pub(super) struct Uses {
    pub(super) own: Tally,
    /// How many records its own log has, those in the line included.
    pub(super) size: u64,
    pub(super) others: BTreeMap<String, Followed>,
    pub(super) elsewhere: UsedElsewhere,
    /// Why its own log can't be written any more.
    pub(super) failed: bool,
}

impl Uses {
    /// Counts a record of this worker's own log; a record of the ledger's own is passed over.
    pub(super) fn count_own(&mut self, index: u64, record: Option<&Record>) {
        let Uses { own, elsewhere, .. } = self;
        if let Some(record) = record {
            own.count(index, record, &mut |application, change| elsewhere.change(application, change));
        }
        self.size = index + 1;
    }

    /// How many records of each log were counted, of the worker's own too.
    pub(super) fn seen(&self, own: &str) -> BTreeMap<String, u64> {
        let others = self.others.iter().map(|(name, followed)| (name.clone(), followed.counted));
        others.chain([(own.to_owned(), self.size)]).collect()
    }

    /// Makes so many records of each log durable. The worker's own log is written in order.
    pub(super) fn make_durable(&mut self, seen: &BTreeMap<String, u64>) -> Result<(), LedgerError> {
        seen.iter().try_for_each(|(name, size)| match self.others.get_mut(name) {
            Some(followed) => followed.follower.make_durable(*size),
            None => Ok(()),
        })
    }

    /// Reads what others wrote to their logs of uses since the last look.
    pub(super) fn look(&mut self, platform: &Platform, own: &str) -> Result<(), Error> {
        let Uses { others, elsewhere, .. } = self;
        let names: Vec<String> = platform.with_state(|state| state.use_logs().keys().cloned().collect());
        for name in names.into_iter().filter(|name| *name != own) {
            if !others.contains_key(&name) {
                // Who has not begun has used nothing. Whatever else stands against reading it is no reason to go on.
                if !is_there(platform.dir(), &name)? {
                    continue;
                }
                let follower = Follower::from_start(&use_log(platform.dir(), &name))?;
                others.insert(name.clone(), Followed { follower, tally: Tally::default(), counted: 0 });
            }
            let Some(Followed { follower, tally, counted }) = others.get_mut(&name) else { continue };
            follower.look(&mut |index, bytes| {
                // A look that failed half-way through a batch begins it anew.
                if index < *counted {
                    return Ok(());
                }
                if let Some(record) = Record::read(bytes).map_err(|error| bad(index, &error.into()))? {
                    tally.count(index, &record, &mut |application, change| elsewhere.change(application, change));
                }
                *counted = index + 1;
                Ok(())
            })?;
        }
        Ok(())
    }
}

/// What users have not reported of what each log of uses says was served.
pub(super) fn unreported(platform: &Platform) -> Result<Vec<Unreported>, Error> {
    let names: Vec<String> = platform.with_state(|state| state.use_logs().keys().cloned().collect());
    let mut all = Vec::new();
    for name in names {
        if !is_there(platform.dir(), &name)? {
            continue;
        }
        let (mut unreported, mut tally) = (Unreported::default(), Tally::default());
        for item in Ledger::open(use_log(platform.dir(), &name), None)?.records()? {
            let (index, bytes) = item?;
            let Some(record) = Record::read(&bytes).map_err(|error| bad(index, &error.into()))? else { continue };
            let ended = tally.count(index, &record, &mut |_, _| ()).and_then(|used| used.application);
            match &record.body {
                Body::Result { intent, outcome } => {
                    if let Some(application) = ended.filter(|_| outcome.served) {
                        unreported.serve(&application, *intent, legal_date(record.at));
                    }
                }
                Body::UseReport { report } => platform.with_state(|state| {
                    state.report_in(&mut unreported, &report.user, &report.dataset, report.intent);
                }),
                _ => {}
            }
        }
        all.push(unreported);
    }
    Ok(all)
}

pub(super) fn bad(index: u64, error: &Error) -> GateError {
    GateError::BadRecord { index, what: with_code(error) }
}
