//! What keeps a platform going besides what it answers: another policy, people on file and their erasure, snapshots, the
//! repair of a log that failed.

use std::sync::PoisonError;

use super::platform::{Log, Platform};
use super::record::{Body, Identity, Record};
use super::recorded::{Recorded, event_record};
use super::replay::store_policy;
use super::upgrade::{Assessments, Upgrade, upgrade};
use super::{GateError, lock, open};
use crate::Error;
use crate::canon;
use crate::policy::Policy;
use crate::process::{Act, Actor, Event, ProcessError, UserKind};
use crate::terms::{Digest, Instant};

impl Platform {
    /// What adopting a policy would change: what the authority signs off, by [`Platform::sign_off`].
    ///
    /// # Errors
    /// What the new policy can't answer.
    pub fn upgrade(&self, policy: &Policy, at: Instant) -> Result<Upgrade, Error> {
        self.with_state(Assessments::of).upgrade(policy, at)
    }

    /// The digest that signs off an upgrade, by the hash of the log's profile.
    ///
    /// # Errors
    /// [`LedgerError::ReadOnly`](crate::ledger::LedgerError::ReadOnly); [`CanonError`](crate::canon::CanonError).
    pub fn sign_off(&self, upgrade: &Upgrade) -> Result<Digest, Error> {
        let profile = self.writer()?.with(|ledger| ledger.profile());
        Ok(crate::crypto::digest(profile.hash(), &canon::to_bytes(upgrade)?))
    }

    /// Adopts a policy (A40): its text is stored, what it changes is kept as a blob, and the catalog is classified under
    /// it. `signed_off` is the digest of [`Platform::upgrade`]: readings and access rules may change where no class does.
    ///
    /// # Errors
    /// [`GateError::NotSignedOff`] with the digest that would; [`GateError::Io`]; what the ledger can't do.
    pub fn adopt(
        &self,
        by: &Actor,
        policy: &Policy,
        signed_off: Option<&Digest>,
        at: Instant,
    ) -> Result<Recorded, Error> {
        let report = self.upgrade(policy, at)?;
        let digest = self.sign_off(&report)?;
        if signed_off != Some(&digest) {
            return Err(GateError::NotSignedOff { digest, changes: report.changes.len() as u64 }.into());
        }
        let adopted = store_policy(&self.dir, policy)?;
        let Event::PolicyAdopted { policy: id, hash, interpretations, text, .. } = adopted else {
            return Err(ProcessError::OtherPolicy.into());
        };
        let event = Event::PolicyAdopted { policy: id, hash, interpretations, text, upgrade: Some(digest) };
        let bytes = canon::to_bytes(&report)?;
        let kept = self.writer()?.with(|ledger| ledger.put_blob(&mut &bytes[..]))?;
        let mut record = event_record(&Act::new(by.clone(), event), at);
        record.blobs = vec![kept];
        self.write(Some(policy), &mut |live| {
            // The catalog that was signed off is the one that is classified.
            let now = self.sign_off(&upgrade(policy, &live.state, at)?)?;
            if now != digest {
                return Err(GateError::NotSignedOff { digest: now, changes: report.changes.len() as u64 }.into());
            }
            Ok(Some(record.clone()))
        })
        .and_then(|written| self.recorded(written, at))
    }

    /// Keeps somebody's identity in a blob and puts the user on file (A3(2)): the commitment, its digest, is the user's
    /// id. `identity` may be anything that the host knows the person by; it is salted, so that nobody can try numbers.
    ///
    /// # Errors
    /// [`LedgerError`](crate::ledger::LedgerError); [`KeyError`](crate::crypto::KeyError) without randomness.
    pub fn register_person(&self, by: &Actor, identity: &str, at: Instant) -> Result<(Digest, Recorded), Error> {
        let salt = crate::crypto::random::<32>()?;
        let blob = canon::to_bytes(&Identity::new(&salt, identity))?;
        let commitment = self.writer()?.with(|ledger| ledger.put_blob(&mut &blob[..]))?;
        let event = Event::UserRegistered { user: commitment.to_string(), kind: UserKind::NaturalPerson };
        let mut record = event_record(&Act::new(by.clone(), event), at);
        record.blobs = vec![commitment];
        Ok((commitment, self.record(record)?))
    }

    /// Erases somebody's identity (A5, A31): that it was asked is recorded first. Everything recorded of the commitment
    /// stays, and nobody can tell any more whose it was.
    ///
    /// # Errors
    /// [`LedgerError::NoSuchBlob`](crate::ledger::LedgerError::NoSuchBlob); what the ledger can't do.
    pub fn erase_person(&self, by: &Actor, commitment: &Digest, at: Instant) -> Result<Recorded, Error> {
        let writer = self.writer()?;
        writer.with(|ledger| ledger.copy_blob(commitment, &mut std::io::sink()))?;
        let recorded = self.event(by, Event::IdentityErased { user: *commitment }, at)?;
        writer.with(|ledger| ledger.erase_blob(commitment))?;
        Ok(recorded)
    }

    /// After the log failed: opens it again, folds it, and records what went out meanwhile.
    ///
    /// # Errors
    /// What still stands against it; then nothing has changed.
    pub fn recover(&self, at: Instant) -> Result<(), Error> {
        let mut order = lock(&self.order);
        let mut log = lock(&self.log);
        if order.failed.is_some() || matches!(*log, Log::Gone) {
            // The old handle holds the directory's lock.
            *log = Log::Gone;
            let (opened, live) = Platform::load(&self.dir, self.signer.as_ref())?;
            *log = opened;
            *self.live.write().unwrap_or_else(PoisonError::into_inner) = live;
            (order.failed, order.unsure) = (None, false);
        }
        drop(log);
        // Nobody else's record comes first: the audit holds what went out against the state that it went out on.
        self.served.flush(at, |record| self.record_next(&mut order, &record))
    }

    /// Keeps the bytes of the state beside the log, and records their digest: the next opening begins there.
    ///
    /// # Errors
    /// [`GateError::Io`], and what the ledger can't do.
    pub fn snapshot(&self, at: Instant) -> Result<Recorded, Error> {
        let mut stored = Ok(());
        let written = self.write(None, &mut |live| {
            let bytes = live.state.snapshot()?;
            stored = open::store(&self.dir, live.state.index(), &bytes);
            stored.clone()?;
            Ok(Some(Record::new(at, Body::Snapshot { state: crate::crypto::sha256(&bytes) })))
        });
        written.and_then(|written| self.recorded(written, at))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use crate::crypto::Ed25519Key;
    use crate::gate::{Body, LEDGER, Platform, Record, Request};
    use crate::ledger::Ledger;
    use crate::process::support::{USER, monday, policy};
    use crate::terms::Action;

    /// The state may change with any record, and what went out is judged by the state that it went out on.
    #[test]
    fn nobody_records_between_the_repair_and_what_went_out_meanwhile() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("p");
        let (key, _) = Ed25519Key::generate().unwrap();
        let platform = Platform::init(&dir, &policy(), "data.example/platform", Box::new(key), monday()).unwrap();
        let segment = dir.join(LEDGER).join("segments/00000000.kfl");
        let longer = [std::fs::read(&segment).unwrap(), vec![0]].concat();
        std::fs::write(&segment, longer).unwrap();
        let ask = |dataset: &str| Request::new(dataset, Action::Download);
        let denied = Request { user: Some(USER.to_owned()), ..ask("no-such-data") };
        assert!(platform.admit(&denied, monday()).is_err(), "the log failed");
        (0..600).for_each(|number| platform.served.count(&ask(&format!("figures-{number}")), monday()));

        let waits = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while platform.admit(&denied, monday()).is_err() {
                    waits.store(true, Ordering::Release);
                }
            });
            while !waits.load(Ordering::Acquire) {
                std::thread::yield_now();
            }
            platform.recover(monday()).unwrap();
        });
        let records = Ledger::open(dir.join(LEDGER), None).unwrap().records().unwrap();
        let records = records.map(|item| Record::from_bytes(&item.unwrap().1).unwrap());
        let degraded: Vec<bool> = records.map(|record| matches!(record.body, Body::Degraded { .. })).collect();
        assert_eq!(degraded, [false, true, true, true, false], "the adoption, what went out, the denial");
    }

    /// Whoever decided before a repair may count after it: the next admission records that, and so does the end.
    #[test]
    fn what_went_out_is_recorded_without_another_repair() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("p");
        let (key, _) = Ed25519Key::generate().unwrap();
        let platform = Platform::init(&dir, &policy(), "data.example/platform", Box::new(key), monday()).unwrap();
        let figures = Request::new("figures", Action::Download);
        platform.served.count(&figures, monday());
        platform.admit(&Request { user: Some(USER.to_owned()), ..figures.clone() }, monday()).unwrap();
        platform.served.count(&figures, monday());
        drop(platform);
        let records = Ledger::open(dir.join(LEDGER), None).unwrap().records().unwrap();
        let records = records.map(|item| Record::from_bytes(&item.unwrap().1).unwrap());
        let degraded: Vec<bool> = records.map(|record| matches!(record.body, Body::Degraded { .. })).collect();
        assert_eq!(degraded, [false, true, false, true], "the adoption, what went out, the denial, what went out");
    }
}
