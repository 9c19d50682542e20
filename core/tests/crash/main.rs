//! What a ledger survives: a writer killed at any moment, and any system call of the write path that fails, is cut short
//! or is the last one before the power goes.
//!
//! A writer is this program again, told by its environment what to do; it says on its output what was acknowledged. After
//! each crash the directory is opened and verified as a whole. What must hold: nothing acknowledged is lost, nothing is
//! there that was not written, everything verifies, and nobody panics.
//!
//! `make crash` runs it in a release build; `KAIFANG_CRASH_ROUNDS` says how often to kill (300 by default).
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
