//! Other people's policy engines with the Xi'an measures written by hand in their languages (`benches/peers/`).
//!
//! Each is embedded the fastest way that its public interface has: policies are parsed once, the engine is reused, and a
//! request can be kept and asked again. They know the law from their own policy and take nothing from kaifang but the
//! names of the facts. This is bench code: what can't be is a panic.

pub mod cedar;
pub mod cel;
pub mod rego;

/// The locked version of a crate.
#[must_use]
pub fn version(name: &str) -> &'static str {
    let lock = include_str!("../../../Cargo.lock");
    let entry = format!("name = \"{name}\"\nversion = \"");
    lock.split_once(&entry).and_then(|(_, rest)| rest.split('"').next()).unwrap_or("of an unknown version")
}
