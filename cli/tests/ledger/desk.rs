//! What the tests of the ledger's verbs share: a directory to work in, and what a verb ended with.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// Each profile, and how its digests begin.
pub(crate) const PROFILES: [(&str, &str); 2] = [("intl", "sha256:"), ("gm", "sm3:")];

/// A directory to work in, with the keys that most tests need.
pub(crate) struct Desk(tempfile::TempDir);

/// What a verb ended with: the exit code and the code of the error.
pub(crate) type Refusal = (i32, String);

impl Desk {
    pub(crate) fn new() -> Self {
        Desk(tempfile::tempdir().unwrap())
    }

    /// With a ledger `log` of three records and a signed head, and the files `key.pem`, `public.txt`, `head.txt`.
    pub(crate) fn with_log(profile: &str) -> Self {
        let desk = Desk::new();
        desk.put("public.txt", desk.key(profile, "key.pem"));
        desk.done(&["ledger", "init", "log", "--origin", "log", "--profile", profile, "--key", "key.pem"]);
        desk.put("lines.txt", "{\"n\":0}\n{\"n\":1}\n{\"n\":2}\n");
        assert_eq!(desk.done(&["ledger", "append", "log", "lines.txt", "--lines", "--key", "key.pem"]), "0\n");
        desk.put("head.txt", desk.done(&["ledger", "checkpoint", "log", "--key", "key.pem"]));
        desk
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn put(&self, name: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), bytes).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.path(name).exists()
    }

    /// Makes a key of a profile; its public key.
    pub(crate) fn key(&self, profile: &str, name: &str) -> String {
        let kind = if profile == "gm" { "sm2" } else { "ed25519" };
        self.done(&["keys", "new", "--kind", kind, "-o", name]).trim().to_owned()
    }

    pub(crate) fn run_with(&self, arguments: &[&str], input: &[u8]) -> Output {
        let mut child = Command::new(env!("CARGO_BIN_EXE_kaifang"))
            .args(arguments)
            .current_dir(self.0.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // Who refuses its arguments reads nothing.
        let _ = child.stdin.take().unwrap().write_all(input);
        child.wait_with_output().unwrap()
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.run_with(arguments, b"")
    }

    /// What it prints, and nothing else happened.
    pub(crate) fn done(&self, arguments: &[&str]) -> String {
        self.done_with(arguments, b"")
    }

    pub(crate) fn done_with(&self, arguments: &[&str], input: &[u8]) -> String {
        let output = self.run_with(arguments, input);
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), told.as_str()), (Some(0), ""), "{arguments:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// It ends with an error, in both languages.
    pub(crate) fn refused(&self, arguments: &[&str]) -> Refusal {
        self.refused_with(arguments, b"")
    }

    pub(crate) fn refused_with(&self, arguments: &[&str], input: &[u8]) -> Refusal {
        let mut all = vec!["--json-errors"];
        all.extend(arguments);
        let output = self.run_with(&all, input);
        assert!(output.stdout.is_empty(), "an error writes nothing to stdout: {arguments:?}");
        let document: Value = serde_json::from_slice(&output.stderr)
            .unwrap_or_else(|_| panic!("no error document: {}", String::from_utf8_lossy(&output.stderr)));
        let (zh, en) = (document["zh"].as_str().unwrap(), document["en"].as_str().unwrap());
        let chinese = |text: &str| text.chars().any(|letter| ('\u{4e00}'..='\u{9fff}').contains(&letter));
        assert!(chinese(zh) && !chinese(en) && !en.is_empty(), "{zh} {en}");
        // What a person is shown says the same.
        let shown = String::from_utf8(self.run_with(arguments, input).stderr).unwrap();
        let code = document["code"].as_str().unwrap();
        assert!([code, zh, en].iter().all(|part| shown.contains(part)), "{shown}");
        (output.status.code().unwrap(), code.to_owned())
    }

    /// The arguments are not understood.
    pub(crate) fn misused(&self, arguments: &[&str]) {
        let output = self.run(arguments);
        assert_eq!((output.status.code(), output.stdout.is_empty()), (Some(2), true), "{arguments:?}");
        assert!(!output.stderr.is_empty());
    }
}

pub(crate) fn is(exit: i32, code: &str) -> Refusal {
    (exit, code.to_owned())
}

pub(crate) fn document(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}
