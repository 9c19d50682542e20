//! Blobs: content of any size beside the log, named by its digest.
//!
//! A record names blobs by their digests in its member `blobs`. A blob is durable before the record that names it, and
//! may be erased after: the log still verifies, and says what is gone. So personal data goes into blobs, never into records.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use super::log::Ledger;
use super::store::{BLOBS, Store, io_error, sync_dir};
use super::{Expected, IntegrityError, LedgerError};
use crate::Error;
use crate::crypto::Hasher;
use crate::terms::{Digest, HashAlgorithm};

/// Bytes that are read at once.
const CHUNK: usize = 1 << 16;

/// How errors call a blob: its place in the directory.
fn name(digest: &Digest) -> String {
    format!("{BLOBS}/{}", digest.to_string().replace(':', "-"))
}

fn path(store: &Store, digest: &Digest) -> PathBuf {
    store.path(&name(digest))
}

/// Whether there is a blob of this name.
pub(super) fn exists(store: &Store, digest: &Digest) -> bool {
    is_file(&path(store, digest))
}

/// A file of its own: neither a link nor a device, which may have no end.
fn is_file(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|about| about.is_file())
}

/// Copies what is read, and hashes it.
fn copy(
    from: &mut dyn Read,
    hash: HashAlgorithm,
    to: &mut dyn FnMut(&[u8]) -> std::io::Result<()>,
) -> std::io::Result<(u64, Digest)> {
    let (mut hasher, mut length) = (Hasher::new(hash), 0);
    let mut buffer = vec![0; CHUNK];
    loop {
        let got = match from.read(&mut buffer) {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            other => other?,
        };
        let bytes = buffer.get(..got).unwrap_or_default();
        if bytes.is_empty() {
            return Ok((length, hasher.finish()));
        }
        hasher.update(bytes);
        to(bytes)?;
        length += bytes.len() as u64;
    }
}

/// Verifies one file of the directory of blobs: its content must be what its name says. Its length; `None` for what a
/// crash left of a blob that was being written.
fn verify_file(store: &Store, file: &str) -> Result<Option<u64>, Error> {
    if file.ends_with(".new") {
        return Ok(None);
    }
    let name = format!("{BLOBS}/{file}");
    let expected = Expected::new("仅有以算法和摘要命名的数据块", "only blobs, named by algorithm and digest");
    let digest = file.replacen('-', ":", 1).parse().ok().filter(|digest| self::name(digest) == name);
    let digest: Digest = digest.ok_or_else(|| IntegrityError::MalformedFile { file: name.clone(), expected })?;
    let path = path(store, &digest);
    let mut from = match File::open(&path) {
        // Erased since the directory was listed.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        _ if !is_file(&path) => return Err(IntegrityError::MalformedFile { file: name, expected }.into()),
        opened => opened.map_err(io_error(&path, "open"))?,
    };
    let (length, found) = copy(&mut from, digest.algorithm(), &mut |_| Ok(())).map_err(io_error(&path, "read"))?;
    if found == digest { Ok(Some(length)) } else { Err(IntegrityError::WrongBlob { file: name }.into()) }
}

/// Verifies every blob that is there: how many, and of how many bytes.
pub(super) fn verify(store: &Store) -> Result<(u64, u64), Error> {
    let dir = store.path(BLOBS);
    let entries = match fs::read_dir(&dir) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok((0, 0)),
        entries => entries.map_err(io_error(&dir, "list"))?,
    };
    let (mut count, mut bytes) = (0, 0);
    for entry in entries {
        let file = entry.map_err(io_error(&dir, "list"))?.file_name();
        if let Some(length) = verify_file(store, &file.to_string_lossy())? {
            (count, bytes) = (count + 1, bytes + length);
        }
    }
    Ok((count, bytes))
}

impl Ledger {
    /// Keeps a blob: when this returns its digest, by the hash of the profile, it is on the disk, and a record may name it
    /// in its member `blobs`.
    ///
    /// ```
    /// # use kaifang::crypto::Ed25519Key;
    /// # use kaifang::ledger::{Ledger, LedgerConfig, Profile, verify};
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("log");
    /// # let (key, _pem) = Ed25519Key::generate()?;
    /// # let config = LedgerConfig { origin: "log".into(), profile: Profile::Intl };
    /// let mut ledger = Ledger::create(&path, &config, Box::new(key))?;
    /// let digest = ledger.put_blob(&mut &b"a letter of consent"[..])?;
    /// ledger.append(format!(r#"{{"blobs":["{digest}"],"kind":"consent"}}"#).as_bytes())?;
    /// assert_eq!(ledger.read_blob(&digest, 1000)?, b"a letter of consent");
    /// ledger.erase_blob(&digest)?;
    /// assert_eq!(verify(&path, None, None)?.blobs_gone, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`LedgerError::ReadOnly`], [`LedgerError::Poisoned`], [`LedgerError::Full`], [`LedgerError::Io`]; whatever fails, the
    /// log is as before.
    pub fn put_blob(&mut self, content: &mut dyn Read) -> Result<Digest, Error> {
        self.usable()?;
        let (store, hash) = (self.store(), self.profile().hash());
        let dir = store.path(BLOBS);
        if !dir.is_dir() {
            fs::create_dir(&dir).map_err(io_error(&dir, "create")).map_err(|error| store.or_full(error))?;
            sync_dir(&store.path(""))?;
        }
        let new = store.path(&format!("{BLOBS}/blob.new"));
        let written = File::create(&new).and_then(|mut file| {
            let (_, digest) = copy(content, hash, &mut |bytes| file.write_all(bytes))?;
            file.sync_all().map(|()| digest)
        });
        let digest = written.map_err(|error| {
            let _ = fs::remove_file(&new);
            store.or_full(io_error(&new, "write")(error))
        })?;
        let path = path(store, &digest);
        fs::rename(&new, &path).map_err(io_error(&path, "rename"))?;
        sync_dir(&dir).inspect_err(|_| {
            // A record may name what has a name: this one may lose it.
            let _ = fs::remove_file(&path);
        })?;
        Ok(digest)
    }

    /// The content of a blob, of at most `limit` bytes; it is what was put, or an error.
    ///
    /// # Errors
    /// [`LedgerError::NoSuchBlob`], [`LedgerError::LongBlob`], [`LedgerError::Io`], [`IntegrityError::WrongBlob`].
    pub fn read_blob(&self, digest: &Digest, limit: u64) -> Result<Vec<u8>, Error> {
        let path = path(self.store(), digest);
        if path.symlink_metadata().is_ok_and(|about| about.len() > limit) {
            return Err(LedgerError::LongBlob { digest: *digest, limit }.into());
        }
        let mut content = Vec::new();
        self.copy_blob(digest, &mut content)?;
        Ok(content)
    }

    /// Copies a blob; its length. After an error what was copied is not to be used.
    ///
    /// # Errors
    /// As [`Ledger::read_blob`]; [`LedgerError::Io`] also when it can't be written.
    pub fn copy_blob(&self, digest: &Digest, to: &mut dyn Write) -> Result<u64, Error> {
        let path = path(self.store(), digest);
        let mut from = match File::open(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(LedgerError::NoSuchBlob { digest: *digest }.into());
            }
            _ if !is_file(&path) => return Err(IntegrityError::WrongBlob { file: name(digest) }.into()),
            opened => opened.map_err(io_error(&path, "open"))?,
        };
        let copied = copy(&mut from, digest.algorithm(), &mut |bytes| to.write_all(bytes));
        let (length, found) = copied.map_err(io_error(&path, "copy"))?;
        if found == *digest { Ok(length) } else { Err(IntegrityError::WrongBlob { file: name(digest) }.into()) }
    }

    /// Erases a blob for ever; the records that name it stay. The file's bytes are unlinked, not overwritten: what the disk
    /// and its copies keep is the host's to destroy.
    ///
    /// # Errors
    /// [`LedgerError::ReadOnly`], [`LedgerError::NoSuchBlob`], [`LedgerError::Io`].
    pub fn erase_blob(&mut self, digest: &Digest) -> Result<(), LedgerError> {
        self.usable()?;
        let path = path(self.store(), digest);
        match fs::remove_file(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Err(LedgerError::NoSuchBlob { digest: *digest })
            }
            removed => {
                removed.map_err(io_error(&path, "remove"))?;
                sync_dir(&self.store().path(BLOBS))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::Ed25519Key;
    use crate::ledger::{LedgerConfig, Profile, verify};

    #[test]
    fn a_record_names_only_blobs_that_are_there() {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path().join("log");
        let (key, _) = Ed25519Key::generate().unwrap();
        let config = LedgerConfig { origin: "log".to_owned(), profile: Profile::Intl };
        let mut ledger = Ledger::create(&dir, &config, Box::new(key)).unwrap();
        let content = vec![7; 3 * CHUNK + 5];
        let digest = crate::crypto::sha256(&content);
        let record = format!(r#"{{"blobs":["{digest}"]}}"#);
        assert_eq!(ledger.append(record.as_bytes()), Err(LedgerError::NoSuchBlob { digest }));
        assert_eq!(ledger.put_blob(&mut &content[..]), Ok(digest));
        assert_eq!(ledger.put_blob(&mut &content[..]), Ok(digest), "twice is once");
        assert_eq!(ledger.append(record.as_bytes()), Ok(0));
        assert_eq!(ledger.read_blob(&digest, content.len() as u64), Ok(content.clone()));
        let limit = content.len() as u64 - 1;
        assert_eq!(ledger.read_blob(&digest, limit), Err(LedgerError::LongBlob { digest, limit }.into()));
        let verified = verify(&dir, None, None).unwrap();
        assert_eq!((verified.blobs, verified.blob_bytes, verified.blobs_gone), (1, content.len() as u64, 0));

        // A changed byte is found by reader and verifier.
        let file = dir.join(name(&digest));
        let mut changed = content.clone();
        changed[9] ^= 1;
        fs::write(&file, &changed).unwrap();
        let wrong = Error::from(IntegrityError::WrongBlob { file: name(&digest) });
        assert_eq!(ledger.read_blob(&digest, u64::MAX), Err(wrong.clone()));
        assert_eq!(verify(&dir, None, None), Err(wrong));

        // Erased, it is gone, and the log verifies.
        ledger.erase_blob(&digest).unwrap();
        assert_eq!(ledger.erase_blob(&digest), Err(LedgerError::NoSuchBlob { digest }));
        assert_eq!(ledger.read_blob(&digest, 1), Err(LedgerError::NoSuchBlob { digest }.into()));
        let verified = verify(&dir, None, None).unwrap();
        assert_eq!((verified.blobs, verified.blobs_gone, verified.gone), (0, 1, vec![digest]));

        // What a crash left is passed over; what is no blob is not.
        fs::write(dir.join("blobs/blob.new"), b"half").unwrap();
        assert!(verify(&dir, None, None).is_ok());
        for other in ["other".to_owned(), digest.to_string()] {
            fs::write(dir.join("blobs").join(&other), b"").unwrap();
            assert!(matches!(verify(&dir, None, None), Err(Error::Integrity(IntegrityError::MalformedFile { .. }))));
            fs::remove_file(dir.join("blobs").join(&other)).unwrap();
        }
    }

    #[test]
    fn a_source_that_fails_leaves_nothing() {
        struct Failing(u8);
        impl Read for Failing {
            fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
                self.0 += 1;
                match self.0 {
                    1 => Err(std::io::ErrorKind::Interrupted.into()),
                    2 => Ok(to.len()),
                    _ => Err(std::io::ErrorKind::BrokenPipe.into()),
                }
            }
        }
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path().join("log");
        let (key, _) = Ed25519Key::generate().unwrap();
        let config = LedgerConfig { origin: "log".to_owned(), profile: Profile::Intl };
        let mut ledger = Ledger::create(&dir, &config, Box::new(key)).unwrap();
        assert!(matches!(ledger.put_blob(&mut Failing(0)), Err(Error::Ledger(LedgerError::Io { .. }))));
        assert_eq!(fs::read_dir(dir.join(BLOBS)).unwrap().count(), 0);
        assert_eq!(ledger.append(b"1"), Ok(0));
    }
}
