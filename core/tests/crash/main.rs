//! What a ledger survives, and what it finds out.
//!
//! | file | what goes wrong |
//! |---|---|
//! | `kill` | a writer is killed at any moment |
//! | `system_calls` | any system call of the write path fails, or is the last |
//! | `power` | sectors that were not synced are missing |
//! | `full` | a write is cut short at any byte; the disk is full |
//! | `writers` | a second writer, and many |
//! | `restored` | files come from an older copy, another place, another log |
//! | `bits` | any bit of a log is another |
//! | `signer` | a signer fails, lies or panics |
//! | `forged` | proofs and receipts are forged |
//!
//! A writer is this program again, told by its environment what to do; it says on its output what was acknowledged. After
//! each crash the directory is opened and verified as a whole. What must hold: nothing acknowledged is lost, nothing is
//! there that was not written, every change is found, nothing else is refused, and nobody panics.
//!
//! `make crash` runs it in a release build; `KAIFANG_CRASH_ROUNDS` says how often to kill (300 by default),
//! `KAIFANG_FORGED_PROOFS` how many proofs to forge (a million, and a tenth of that in a debug build).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::print_stdout)]
#![allow(missing_docs)]
#![cfg(target_os = "linux")]

mod bits;
mod directory;
mod forged;
mod full;
mod kill;
mod power;
mod restored;
mod signer;
mod system_calls;
mod writer;
mod writers;

/// Not a test of its own: what the others start, in processes that they kill.
#[test]
fn as_a_writer() {
    if let Some(dir) = std::env::var_os(writer::DIRECTORY) {
        writer::run(dir.as_ref());
    }
}
