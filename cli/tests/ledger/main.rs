//! Every verb of `kaifang ledger`, and the keys that it needs: what it prints, what it refuses, and with which exit code.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod desk;
mod verify;

use serde_json::json;

use crate::desk::{Desk, PROFILES, document, is};

#[test]
fn keys_are_made_and_shown_and_never_overwritten() {
    let desk = Desk::new();
    let ed25519 = desk.key("intl", "ed25519.pem");
    let sm2 = desk.done(&["keys", "new", "--kind", "sm2", "--signer-id", "西安@example", "-o", "sm2.pem"]);
    assert!(sm2.starts_with("sm2:") && sm2.ends_with(":西安@example\n"), "{sm2}");
    assert!(desk.key("gm", "default.pem").ends_with(":1234567812345678"));
    assert_eq!(desk.done(&["keys", "show", "ed25519.pem"]), format!("ed25519 {ed25519}\n"));
    assert_eq!(desk.done(&["keys", "show", "sm2.pem"]), format!("sm2 {sm2}"));
    for file in ["ed25519.pem", "sm2.pem"] {
        let secret = desk.read(file).lines().rev().nth(1).unwrap().to_owned();
        assert!(secret.len() > 20 && !desk.done(&["keys", "show", file]).contains(&secret));
    }
    for kind in ["ed25519", "sm2", "token"] {
        assert_eq!(desk.refused(&["keys", "new", "--kind", kind, "-o", "sm2.pem"]), is(3, "KF-KEY-12"));
    }
    for id in ["", " x", "a\u{7}"] {
        let refused = desk.refused(&["keys", "new", "--kind", "sm2", "--signer-id", id, "-o", "none.pem"]);
        assert_eq!(refused, is(3, "KF-KEY-18"));
    }
    for kind in ["ed25519", "token"] {
        let refused = desk.refused(&["keys", "new", "--kind", kind, "--signer-id", "x", "-o", "none.pem"]);
        assert_eq!(refused, is(2, "KF-CLI-01"));
    }
    assert!(!desk.has("none.pem"));
    // A key that is broken is told to be one, whatever stands before the block.
    let whole = desk.read("sm2.pem");
    let (start, end) = (whole.find("KEY-----\n").unwrap() + 9, whole.find("-----END").unwrap());
    std::fs::copy(desk.path("sm2.pem"), desk.path("broken.pem")).unwrap();
    desk.put("broken.pem", format!("{}AAAA\n{}", &whole[..start], &whole[end..]));
    assert_eq!(desk.refused(&["keys", "show", "broken.pem"]), is(3, "KF-KEY-04"));
    assert_eq!(desk.refused(&["keys", "show", "absent.pem"]), is(3, "KF-KEY-01"));
}

#[test]
fn a_ledger_is_made_of_a_profile_with_its_kind_of_key() {
    let desk = Desk::new();
    for (profile, other) in [("intl", "gm"), ("gm", "intl")] {
        desk.key(profile, &format!("{profile}.pem"));
        desk.key(other, &format!("other-{profile}.pem"));
        let init = |dir: &'static str, origin: &'static str, key: &str| {
            let key = format!("{key}.pem");
            desk.refused(&["ledger", "init", dir, "--origin", origin, "--profile", profile, "--key", &key])
        };
        assert_eq!(init("new", "log", &format!("other-{profile}")), is(3, "KF-LEDGER-18"));
        assert_eq!(init("new", "two words", profile), is(3, "KF-LEDGER-09"));
        assert_eq!(init("new", "log", "absent"), is(3, "KF-KEY-01"));
        assert!(!desk.has("new"));
        let key = format!("{profile}.pem");
        desk.done(&["ledger", "init", profile, "--origin", "log", "--profile", profile, "--key", &key]);
        assert_eq!(init(if profile == "gm" { "gm" } else { "intl" }, "log", profile), is(3, "KF-LEDGER-02"));
    }
    desk.misused(&["ledger", "init", "new", "--origin", "log", "--profile", "shangmi", "--key", "gm.pem"]);
    desk.misused(&["ledger", "init", "new", "--key", "gm.pem"]);
    desk.misused(&["ledger"]);
}

#[test]
fn records_are_appended_one_by_one_or_by_lines() {
    for (profile, _) in PROFILES {
        let desk = Desk::with_log(profile);
        let append = ["ledger", "append", "log", "-", "--key", "key.pem"];
        let by_lines = [&append[..], &["--lines"]].concat();
        // The line feed that ends a text file is no part of the record.
        assert_eq!(desk.done_with(&append, b"{\"n\":3}\n"), "3\n");
        assert_eq!(desk.done_with(&append, b"{\"n\":4}"), "4\n");
        assert_eq!(desk.done_with(&by_lines, b"{\"n\":5}\n{\"n\":6}"), "5\n");
        assert_eq!(desk.done_with(&[&append[..], &["--last"]].concat(), b"\"the last\""), "7\n");
        for (input, lines) in [
            (&b"{\"n\": 8}\n"[..], false),
            (b"", false),
            (b"{\"n\":8}\n{\"n\":9}\n", false),
            (b"{\"n\":8}\n\n{\"n\":9}\n", true),
            (b"{\"n\":8}\r\n", true),
            (b"{\"n\":8}\n{\"b\":1,\"a\":2}\n", true),
        ] {
            let arguments = if lines { &by_lines[..] } else { &append };
            assert_eq!(desk.refused_with(arguments, input), is(3, "KF-LEDGER-08"));
        }
        let long = format!("\"{}\"", "x".repeat(65_534));
        assert_eq!(desk.refused_with(&append, long.as_bytes()), is(3, "KF-LEDGER-07"));
        assert_eq!(desk.refused_with(&append, br#"{"kind":"ledger_key","v":1}"#), is(3, "KF-LEDGER-20"));
        assert_eq!(desk.refused(&["ledger", "append", "log", "absent", "--key", "key.pem"]), is(3, "KF-CLI-02"));
        assert_eq!(
            desk.refused_with(&["ledger", "append", "no", "-", "--key", "key.pem"], b"1"),
            is(3, "KF-LEDGER-03")
        );
        desk.key(profile, "other.pem");
        let with_other = ["ledger", "append", "log", "-", "--key", "other.pem"];
        assert_eq!(desk.refused_with(&with_other, b"1"), is(3, "KF-LEDGER-10"));
        desk.misused(&[&by_lines[..], &["--last"]].concat());
        // All or none: what was refused left nothing.
        let verified = document(&desk.done(&["ledger", "verify", "log", "--public-key", "public.txt", "--json"]));
        assert_eq!((&verified["size"], &verified["signed_size"]), (&json!(8), &json!(3)));
    }
}

#[test]
fn a_head_is_signed_and_an_interval_sealed() {
    for (profile, _) in PROFILES {
        let desk = Desk::with_log(profile);
        let head = desk.read("head.txt");
        assert!(head.starts_with("log\n3\n") && head.contains("\n\n\u{2014} log "), "{head}");
        let checkpoint = ["ledger", "checkpoint", "log", "--key", "key.pem"];
        assert_eq!(desk.done(&checkpoint), head, "what is signed is not signed again");
        let sealed = desk.done(&[&checkpoint[..], &["--seal", "2026-11-23T16:00:00Z"]].concat());
        assert!(sealed.starts_with("log\n4\n"), "{sealed}");
        // A date is its midnight in Xi'an, and a head of another day says so.
        let sealed = desk.done(&[&checkpoint[..], &["--seal", "2026-11-25"]].concat());
        assert!(sealed.starts_with("log\n5\n"), "{sealed}");
        desk.put("seal.json", r#"{"at":"2026-11-24T16:00:00Z","kind":"ledger_seal","v":1}"#);
        desk.put("receipt.json", desk.done(&["ledger", "prove", "log", "4"]));
        let check = ["ledger", "check", "receipt.json", "--record", "seal.json", "--public-key", "public.txt"];
        assert_eq!(desk.done(&check), "{\"valid\":true}\n");
        assert_eq!(desk.refused(&[&checkpoint[..], &["--seal", "yesterday"]].concat()), is(2, "KF-CLI-01"));
        assert_eq!(desk.done(&checkpoint), sealed);
    }
}

#[test]
fn a_key_changes_and_either_vouches_for_the_log() {
    for (profile, _) in PROFILES {
        let desk = Desk::with_log(profile);
        let (first, second) = (desk.read("public.txt"), desk.key(profile, "new.pem"));
        desk.key(if profile == "gm" { "intl" } else { "gm" }, "other.pem");
        let change = |new| ["ledger", "change-key", "log", "--key", "key.pem", "--new-key", new];
        assert_eq!(desk.refused(&change("other.pem")), is(3, "KF-LEDGER-18"));
        assert_eq!(desk.refused(&change("key.pem")), is(3, "KF-LEDGER-19"));
        assert_eq!(desk.refused(&change("absent.pem")), is(3, "KF-KEY-01"));
        assert_eq!(desk.done(&change("new.pem")), "3\n");
        assert_eq!(desk.refused(&change("new.pem")), is(3, "KF-LEDGER-10"), "the old key is out of force");
        assert_eq!(desk.done_with(&["ledger", "append", "log", "-", "--key", "new.pem"], b"4"), "4\n");
        desk.done(&["ledger", "checkpoint", "log", "--key", "new.pem"]);
        for key in [&first, &second] {
            let verify = ["ledger", "verify", "log", "--public-key", key, "--pin", "head.txt", "--json"];
            let verified = document(&desk.done(&verify));
            assert_eq!((&verified["public_key"], &verified["earlier_keys"]), (&json!(second), &json!([first])));
            assert_eq!((&verified["pinned_size"], &verified["signed_size"]), (&json!(3), &json!(5)));
        }
    }
}

#[test]
fn blobs_are_kept_named_and_erased() {
    for (profile, hash) in PROFILES {
        let desk = Desk::with_log(profile);
        // Longer than any document that a verb reads.
        let content = vec![b'x'; (16 << 20) + 1];
        desk.put("blob.bin", &content);
        let digest = desk.done(&["ledger", "put-blob", "log", "blob.bin", "--key", "key.pem"]);
        let digest = digest.trim();
        assert!(digest.starts_with(hash) && digest.len() == hash.len() + 64, "{digest}");
        let from_stdin = desk.done_with(&["ledger", "put-blob", "log", "-", "--key", "key.pem"], b"small");
        assert_ne!(from_stdin.trim(), digest);
        assert_eq!(desk.refused(&["ledger", "put-blob", "log", "absent", "--key", "key.pem"]), is(3, "KF-CLI-02"));

        let record = format!("{{\"blobs\":[\"{digest}\"]}}");
        let append = ["ledger", "append", "log", "-", "--key", "key.pem"];
        assert_eq!(desk.done_with(&append, record.as_bytes()), "3\n");
        let absent = format!("{hash}{}", "0".repeat(64));
        let named = format!("{{\"blobs\":[\"{absent}\"]}}");
        assert_eq!(desk.refused_with(&append, named.as_bytes()), is(3, "KF-LEDGER-22"));

        assert_eq!(desk.done(&["ledger", "get-blob", "log", digest, "-o", "out.bin"]), "");
        assert_eq!(std::fs::read(desk.path("out.bin")).unwrap(), content);
        let get = |dir, digest, to| desk.refused(&["ledger", "get-blob", dir, digest, "-o", to]);
        assert_eq!(get("log", digest, "out.bin"), is(3, "KF-CLI-02"), "a file is not overwritten");
        assert_eq!(get("log", &absent, "none.bin"), is(3, "KF-LEDGER-22"));
        assert_eq!(get("no", digest, "none.bin"), is(3, "KF-LEDGER-03"));
        desk.misused(&["ledger", "get-blob", "log", "sha256:00", "-o", "none.bin"]);
        let stored = desk.path("log/blobs").join(digest.replace(':', "-"));
        std::fs::write(&stored, b"another").unwrap();
        assert_eq!(get("log", digest, "none.bin"), is(4, "KF-INTEGRITY-30"));
        assert!(!desk.has("none.bin"), "what is not the blob is not left");
        assert_eq!(desk.refused(&["ledger", "verify", "log"]), is(4, "KF-INTEGRITY-30"));

        let erase = ["ledger", "erase-blob", "log", digest, "--key", "key.pem"];
        assert_eq!(desk.done(&erase), "");
        assert_eq!(desk.refused(&erase), is(3, "KF-LEDGER-22"));
        let verify = ["ledger", "verify", "log", "--public-key", "public.txt"];
        assert!(desk.done(&verify).contains("1 个数据块 blobs, 1 处已擦除 gone\n"));
        let verified = document(&desk.done(&[&verify[..], &["--json"]].concat()));
        assert_eq!((&verified["blobs"], &verified["gone"]), (&json!(1), &json!([digest])));
    }
}

#[test]
fn the_records_go_to_a_parquet_file() {
    for (profile, _) in PROFILES {
        let desk = Desk::with_log(profile);
        assert_eq!(desk.done(&["ledger", "export", "log", "-o", "log.parquet"]), "3\n");
        let bytes = std::fs::read(desk.path("log.parquet")).unwrap();
        assert!(bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"));
        // The signed head stands in the metadata as it is, for tools that know no Arrow.
        let head = desk.read("head.txt");
        assert!(bytes.windows(head.len()).any(|window| window == head.as_bytes()));
        for name in ["log.csv", "log"] {
            let refused = desk.refused(&["ledger", "export", "log", "-o", name]);
            assert_eq!(refused, is(2, "KF-CLI-01"), "it is Parquet, and is named so");
        }
        assert_eq!(desk.refused(&["ledger", "export", "no", "-o", "no.parquet"]), is(3, "KF-LEDGER-03"));
        assert!(!desk.has("log.csv") && !desk.has("no.parquet"));
    }
}
