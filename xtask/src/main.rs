//! The generated files of this repository, made anew or checked fresh.
//!
//! ```text
//! cargo run -p xtask -- header [--check]     include/kaifang.h, from ffi/
//! cargo run -p xtask -- schemas [--check]    docs/schemas/*.json, from the document types of core
//! cargo run -p xtask -- ledgers [--check]    tests/ledgers/ and tests/interop/vectors/, by core
//! cargo run -p xtask -- moves [--check]      docs/src/*/moves.md, from the tables of the process
//! cargo run -p xtask -- vectors [--check]    the answers in tests/vectors/classify.json and decide.json, from core
//! ```
#![allow(clippy::print_stdout, reason = "a command tells what it did")]

mod header;
mod ledgers;
mod moves;
mod schemas;
mod vectors;

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (command, check) = match words.as_slice() {
        [command] => (*command, false),
        [command, "--check"] => (*command, true),
        _ => ("", false),
    };
    let stale = match command {
        "header" => header::run(&root, check),
        "ledgers" => ledgers::run(&root, check),
        "moves" => moves::run(&root, check),
        "schemas" => schemas::run(&root, check),
        "vectors" => vectors::run(&root, check),
        _ => Err("usage: xtask header|ledgers|moves|schemas|vectors [--check]".to_owned()),
    };
    match stale {
        Ok(stale) if stale.is_empty() => ExitCode::SUCCESS,
        Ok(stale) if check => {
            eprintln!("stale, run `make generate`: {}", stale.join(", "));
            ExitCode::FAILURE
        }
        Ok(stale) => {
            println!("wrote {}", stale.join(", "));
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("{message}");
            ExitCode::from(2)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `make generate` writes them anew.
    #[test]
    fn the_generated_files_are_fresh() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        assert_eq!(header::run(&root, true), Ok(Vec::new()));
        assert_eq!(ledgers::run(&root, true), Ok(Vec::new()));
        assert_eq!(moves::run(&root, true), Ok(Vec::new()));
        assert_eq!(schemas::run(&root, true), Ok(Vec::new()));
        assert_eq!(vectors::run(&root, true), Ok(Vec::new()));
    }
}
