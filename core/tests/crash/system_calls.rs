//! Every system call of the write path fails in turn, is cut short, or is the last.

use std::process::Command;

use super::writer::{Acknowledged, command, create};

/// The calls by which a ledger is written, and what may become of them.
const CALLS: &[(&str, &[&str])] = &[
    ("pwrite64", &["error=EIO", "error=ENOSPC", "error=EDQUOT", "error=EINTR", "signal=KILL"]),
    ("write", &["error=EIO", "error=ENOSPC", "error=EDQUOT", "signal=KILL"]),
    ("fdatasync", &["error=EIO", "error=ENOSPC", "error=EDQUOT", "error=EINTR", "signal=KILL"]),
    ("fsync", &["error=EIO", "error=ENOSPC", "error=EDQUOT", "error=EINTR", "signal=KILL"]),
    ("rename", &["error=EIO", "error=ENOSPC", "error=EDQUOT", "signal=KILL"]),
    ("ftruncate", &["error=EIO", "error=EINTR", "signal=KILL"]),
    ("openat", &["error=EIO", "error=EMFILE", "error=EDQUOT", "error=EINTR", "signal=KILL"]),
    ("flock", &["error=EIO", "error=EINTR", "error=ENOLCK", "signal=KILL"]),
];
/// The files that are written, so that no call of the test's own fails.
const FILES: &[&str] = &[
    "",
    "lock",
    "checkpoint.new",
    "checkpoint",
    "key",
    "nodes",
    "reserve",
    "segments",
    "segments/00000000.kfl",
    "segments/00000001.kfl",
    "segments/00000002.kfl",
];
/// Each of the first calls of a kind fails, in a run of its own.
const PLACES: u32 = 12;

#[test]
fn any_system_call_may_fail() {
    let strace = Command::new("strace").arg("-V").output();
    if strace.is_err() {
        assert!(std::env::var_os("CI").is_none(), "strace is needed: system calls that fail");
        println!("skipped: strace is not installed (system calls that fail)");
        return;
    }
    let temp = tempfile::tempdir().unwrap();
    let (mut runs, mut refused) = (0, 0);
    for (call, faults) in CALLS {
        for fault in *faults {
            for place in 1..=PLACES {
                let dir = temp.path().join(format!("{call}-{fault}-{place}"));
                create(&dir);
                let mut acknowledged = Acknowledged::default();
                let inject = format!("inject={call}:{fault}:when={place}");
                let mut under = vec!["strace".to_owned(), "-fqq".into(), "-o".into(), "/dev/null".into()];
                under.extend(["-e".into(), format!("trace={call}"), "-e".into(), inject]);
                for file in FILES {
                    under.extend(["-P".to_owned(), dir.join(file).display().to_string()]);
                }
                let under: Vec<&str> = under.iter().map(String::as_str).collect();
                let output = command(&under, &dir, 1, Some(30)).output().unwrap();
                acknowledged.take(&output);
                (runs, refused) = (runs + 1, refused + acknowledged.refusals.len());
                acknowledged.check(&dir);
            }
        }
    }
    println!("{runs} runs with a system call that failed, {refused} refusals, none lost");
    assert!(refused > 0, "no fault was seen");
}
