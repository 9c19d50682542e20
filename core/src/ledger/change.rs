//! Another key for a log, while it goes on.

use super::config::Profile;
use super::keys;
use super::log::Ledger;
use super::store::LONGEST_SMALL;
use super::{LedgerError, note};
use crate::Error;
use crate::crypto::Signer;
use crate::terms::Word as _;

impl Ledger {
    /// Changes the key: appends a record that both keys have signed, and gives its index. With it the change is made: from
    /// then on only the new key opens the ledger for writing. The head is signed with both, if the signers can now;
    /// [`Ledger::checkpoint`] says why not. Heads are signed by both until the ledger is closed or
    /// [`Ledger::retire_previous_key`] is called.
    ///
    /// # Errors
    /// Nothing is changed after an error: [`LedgerError::WrongAlgorithm`], [`LedgerError::KeyInUse`],
    /// [`LedgerError::TooManyKeys`]; those of [`Ledger::append`], and of [`Ledger::checkpoint`] where no head was signed since
    /// the last change.
    pub fn change_key(&mut self, new: Box<dyn Signer>) -> Result<u64, Error> {
        self.usable()?;
        let (profile, key) = (self.config.profile, new.public_key().clone());
        if Profile::of(&key) != profile {
            return Err(LedgerError::WrongAlgorithm { wanted: profile.signature().text() }.into());
        }
        if self.keys.contains(&key) {
            return Err(LedgerError::KeyInUse.into());
        }
        let origin = &self.config.origin;
        let bytes = self.keys.text(origin).len() + note::verifier_key(origin, &key).len() + 1;
        if self.keys.count() >= keys::MOST_KEYS || bytes as u64 > LONGEST_SMALL {
            return Err(LedgerError::TooManyKeys.into());
        }
        // One change at a time: each key has signed a head.
        if self.signed_by != *self.keys.present() {
            self.checkpoint()?;
        }
        let writer = self.writer.as_ref().ok_or(LedgerError::ReadOnly)?;
        let old = (self.keys.present(), writer.signer());
        let record = keys::sign_change(&self.config.origin, &self.tree, old, (&key, &*new))?;
        let index = self.append_checked(&[record])?.start;
        // The record is the change. What follows repeats it, and an opening makes up for it.
        self.keys.push(key);
        if let Some(writer) = &mut self.writer {
            writer.follow(new);
        }
        let _ = self.checkpoint();
        Ok(index)
    }

    /// Signs heads also with the key before the present one, after the ledger was opened again.
    ///
    /// # Errors
    /// [`LedgerError::ReadOnly`], [`LedgerError::WrongSigner`] when it is another key.
    pub fn sign_with_previous_key(&mut self, previous: Box<dyn Signer>) -> Result<(), LedgerError> {
        self.usable()?;
        if self.keys.earlier().last() != Some(previous.public_key()) {
            return Err(LedgerError::WrongSigner);
        }
        self.writer.as_mut().ok_or(LedgerError::ReadOnly)?.set_previous(Some(previous));
        Ok(())
    }

    /// Signs heads with the present key alone from now on.
    pub fn retire_previous_key(&mut self) {
        if let Some(writer) = &mut self.writer {
            writer.set_previous(None);
        }
    }
}
