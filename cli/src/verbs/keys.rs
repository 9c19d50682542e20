//! `kaifang keys`: key files, mode 0600.

use std::path::{Path, PathBuf};

use clap::{Subcommand, ValueEnum};
use kaifang::crypto::{DEFAULT_SIGNER_ID, Ed25519Key, Keyring, Signer as _, Sm2Key, load_signer};
use kaifang::terms::Word as _;

use crate::output::{Failure, Outcome};
use crate::{input, output};

#[derive(Subcommand)]
pub(crate) enum Verb {
    /// Make a key file; an existing file is never overwritten
    New {
        /// What the key is for
        #[arg(long)]
        kind: Kind,
        /// The id of a token key
        #[arg(long, default_value = "k1")]
        id: String,
        /// The id of the signer, part of what an SM2 key signs; without it 1234567812345678
        #[arg(long)]
        signer_id: Option<String>,
        /// The file
        #[arg(short, long)]
        output: PathBuf,
    },
    /// Show what a key file holds: ids and public keys, never a secret
    Show {
        /// The file
        file: PathBuf,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Kind {
    /// A keyring with one secret, for tokens and ciphers of a plan
    Token,
    /// A signing key, for ledgers of the profile intl
    Ed25519,
    /// A signing key with the signer's id, for ledgers of the profile gm
    Sm2,
}

pub(crate) fn run(verb: &Verb) -> Result<Outcome, Failure> {
    match verb {
        Verb::New { kind: Kind::Token | Kind::Ed25519, signer_id: Some(_), .. } => {
            return Err(Failure::usage("只有 SM2 密钥有 --signer-id", "only an SM2 key has a --signer-id"));
        }
        Verb::New { kind: Kind::Token, id, output, .. } => {
            Keyring::generate_file(output, id)?;
        }
        Verb::New { kind: Kind::Ed25519, output, .. } => {
            let key = Ed25519Key::generate_file(output)?;
            output::text(&key.public_key().to_string())?;
        }
        Verb::New { kind: Kind::Sm2, signer_id, output, .. } => {
            let key = Sm2Key::generate_file(output, signer_id.as_deref().unwrap_or(DEFAULT_SIGNER_ID))?;
            output::text(&key.public_key().to_string())?;
        }
        Verb::Show { file } => match load_signer(file) {
            Ok(key) => output::text(&format!("{} {}", key.public_key().algorithm().id(), key.public_key()))?,
            Err(not_a_signing_key) => match Keyring::load(file) {
                Ok(ring) => ring.ids().try_for_each(|id| output::text(&format!("token {id}")))?,
                // Where neither reads, the first reader speaks of PEM files and the second of keyrings.
                Err(not_a_keyring) => {
                    return Err(if is_pem(file) { not_a_signing_key.into() } else { not_a_keyring.into() });
                }
            },
        },
    }
    Ok(Outcome::Done)
}

/// A block may have lines before it, such as the id of an SM2 key.
fn is_pem(file: &Path) -> bool {
    input::bytes(file).is_ok_and(|bytes| String::from_utf8_lossy(&bytes).contains("-----BEGIN "))
}
