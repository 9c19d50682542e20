//! `kaifang keys`: key files, mode 0600.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};
use kaifang::crypto::{DEFAULT_SIGNER_ID, Ed25519Key, Keyring, Signer as _, Sm2Key, load_signer};
use kaifang::terms::Word as _;

use crate::output;
use crate::output::{Failure, Outcome};

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
        /// The id of the signer, part of what an SM2 key signs
        #[arg(long, default_value = DEFAULT_SIGNER_ID)]
        signer_id: String,
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
    /// A keyring with one secret, for tokens
    Token,
    /// A signing key, for ledgers of the profile intl
    Ed25519,
    /// A signing key with the signer's id, for ledgers of the profile gm
    Sm2,
}

pub(crate) fn run(verb: &Verb) -> Result<Outcome, Failure> {
    match verb {
        Verb::New { kind: Kind::Token, id, output, .. } => {
            Keyring::generate_file(output, id)?;
        }
        Verb::New { kind: Kind::Ed25519, output, .. } => {
            let key = Ed25519Key::generate_file(output)?;
            output::text(&key.public_key().to_string())?;
        }
        Verb::New { kind: Kind::Sm2, signer_id, output, .. } => {
            let key = Sm2Key::generate_file(output, signer_id)?;
            output::text(&key.public_key().to_string())?;
        }
        Verb::Show { file } => match load_signer(file) {
            Ok(key) => output::text(&format!("{} {}", key.public_key().algorithm().id(), key.public_key()))?,
            Err(not_a_signing_key) => match Keyring::load(file) {
                Ok(ring) => ring.ids().try_for_each(|id| output::text(&format!("token {id}")))?,
                // Where neither reads, the first reader speaks of PEM files and the second of keyrings.
                Err(not_a_keyring) => {
                    let pem = input_is_pem(file);
                    return Err(if pem { not_a_signing_key.into() } else { not_a_keyring.into() });
                }
            },
        },
    }
    Ok(Outcome::Done)
}

fn input_is_pem(file: &std::path::Path) -> bool {
    crate::input::bytes(file).is_ok_and(|bytes| bytes.starts_with(b"-----BEGIN"))
}
