//! What a log is: its name, its profile, and the file that says both.

use serde::{Deserialize, Serialize};

use super::store::{CONFIG, Store};
use super::{Expected, IntegrityError, note};
use crate::Error;
use crate::canon;
use crate::crypto::{PublicKey, SignatureAlgorithm};
use crate::terms::{HashAlgorithm, V1};

crate::terms::words! {
    /// Which hash and signature a log uses.
    pub enum Profile {
        /// SHA-256 and Ed25519.
        Intl = "intl", "国际算法(SHA-256、Ed25519)", "SHA-256 and Ed25519";
        /// SM3 and SM2 (GB/T 32905, GB/T 32918).
        Gm = "gm", "国密算法(SM3、SM2)", "SM3 and SM2";
    }
}

impl Profile {
    /// The hash of the tree, and of the blobs.
    #[must_use]
    pub fn hash(self) -> HashAlgorithm {
        match self {
            Profile::Intl => HashAlgorithm::Sha256,
            Profile::Gm => HashAlgorithm::Sm3,
        }
    }

    /// How heads are signed.
    #[must_use]
    pub fn signature(self) -> SignatureAlgorithm {
        match self {
            Profile::Intl => SignatureAlgorithm::Ed25519,
            Profile::Gm => SignatureAlgorithm::Sm2,
        }
    }

    /// The profile of the logs that a key signs.
    #[must_use]
    pub fn of(key: &PublicKey) -> Self {
        match key.algorithm() {
            SignatureAlgorithm::Ed25519 => Profile::Intl,
            SignatureAlgorithm::Sm2 => Profile::Gm,
        }
    }
}

/// What a new ledger is. Its name says which log it is, its key says whose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LedgerConfig {
    /// The name of the log, by habit like a URL without scheme: `data.xa.example/platform`.
    pub origin: String,
    /// Hash and signature.
    pub profile: Profile,
}

/// The file `ledger.json`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConfigFile {
    v: V1,
    origin: String,
    profile: Profile,
}

impl LedgerConfig {
    /// What the file holds.
    pub(super) fn text(&self) -> Result<String, Error> {
        Ok(canon::to_string(&ConfigFile { v: V1, origin: self.origin.clone(), profile: self.profile })?)
    }

    /// The file, read and as it stands.
    pub(super) fn read(store: &Store) -> Result<(Self, String), Error> {
        let text = store.read(CONFIG)?;
        let file: Option<ConfigFile> =
            canon::parse_canonical(text.as_bytes()).ok().and_then(|value| serde_json::from_value(value).ok());
        let file = file.filter(|file| note::is_name(&file.origin)).ok_or(IntegrityError::MalformedFile {
            file: CONFIG.to_owned(),
            expected: Expected::new("由 v、origin、profile 组成的规范 JSON", "canonical JSON of v, origin and profile"),
        })?;
        Ok((LedgerConfig { origin: file.origin, profile: file.profile }, text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::Ed25519Key;
    use crate::ledger::Ledger;
    use crate::ledger::store::KEY;

    #[test]
    fn keys_and_configuration_are_read_strictly() {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path().join("log");
        let (key, _) = Ed25519Key::generate().unwrap();
        let config = LedgerConfig { origin: "log".to_owned(), profile: Profile::Intl };
        drop(Ledger::create(&dir, &config, Box::new(key)).unwrap());
        let open = || Ledger::open(&dir, None).err();
        for (name, bad) in [
            (CONFIG, "{}"),
            (CONFIG, r#"{"origin":"log","profile":"other","v":1}"#),
            (CONFIG, r#"{"origin":"log","profile":"intl", "v":1}"#),
            (CONFIG, r#"{"origin":"a b","profile":"intl","v":1}"#),
            (CONFIG, r#"{"more":1,"origin":"log","profile":"intl","v":1}"#),
            (KEY, ""),
            (KEY, "log+00000000+AAAA\n"),
        ] {
            let good = std::fs::read(dir.join(name)).unwrap();
            std::fs::write(dir.join(name), bad).unwrap();
            assert!(matches!(open(), Some(Error::Integrity(IntegrityError::MalformedFile { .. }))), "{bad}");
            std::fs::write(dir.join(name), good).unwrap();
        }
        assert!(open().is_none());
    }
}
