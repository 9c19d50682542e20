//! What verifies: the whole of a ledger, a proof without it, a head against another.

use std::process::Command;

use serde_json::{Value, json};

use crate::desk::{Desk, PROFILES, document, is};

#[test]
fn a_verification_says_what_it_found_and_for_whom() {
    for (profile, hash) in PROFILES {
        let desk = Desk::with_log(profile);
        let verify = ["ledger", "verify", "log", "--public-key", "public.txt"];
        let told = desk.done(&[&verify[..], &["--pin", "head.txt"]].concat());
        let lines: Vec<&str> = told.lines().collect();
        assert_eq!(lines[..2], ["log", "3 条记录 records, 3 已签名 signed"]);
        assert!(lines.len() == 3 && lines[2].starts_with(hash), "{told}");
        let public = desk.read("public.txt");
        for key in [public.as_str(), "public.txt"] {
            let verified = document(&desk.done(&["ledger", "verify", "log", "--public-key", key, "--json"]));
            assert_eq!(verified["own_key"], json!(false));
            assert_eq!((&verified["profile"], &verified["public_key"]), (&json!(profile), &json!(public)));
        }
        // Without a key the directory vouches for itself, and that is said.
        let output = desk.run(&["ledger", "verify", "log"]);
        let warned = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0));
        assert!(
            warned.contains("使用了目录自带的公钥") && warned.contains("the directory's own key was used"),
            "{warned}"
        );

        let of_key = |key: &str| desk.refused(&["ledger", "verify", "log", "--public-key", key]);
        desk.put("stranger.txt", desk.key(profile, "stranger.pem"));
        desk.put("other.txt", desk.key(if profile == "gm" { "intl" } else { "gm" }, "other.pem"));
        assert_eq!(of_key("stranger.txt"), is(4, "KF-INTEGRITY-16"));
        assert_eq!(of_key("other.txt"), is(4, "KF-INTEGRITY-16"));
        assert_eq!(of_key("nonsense"), is(3, "KF-KEY-05"));
        assert_eq!(of_key("absent.pem"), is(3, "KF-CLI-02"));
        assert_eq!(desk.refused(&["ledger", "verify", "no"]), is(3, "KF-LEDGER-03"));
        let of_pin = |pin: &str| desk.refused(&[&verify[..], &["--pin", pin]].concat());
        assert_eq!(of_pin("absent.txt"), is(3, "KF-CLI-02"));
        assert_eq!(of_pin("lines.txt"), is(4, "KF-INTEGRITY-18"));
        desk.put("forged.txt", desk.read("head.txt").replacen("\n3\n", "\n2\n", 1));
        assert_eq!(of_pin("forged.txt"), is(4, "KF-INTEGRITY-20"));
    }
}

/// A PEM file as openssl writes it is as good as the text of a key.
#[test]
fn a_public_key_may_be_a_pem_file() {
    let desk = Desk::new();
    // `openssl genpkey -algorithm ed25519`, version 3.0; the keys guard nothing.
    desk.put(
        "public.pem",
        "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n",
    );
    desk.put(
        "key.pem",
        "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n",
    );
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(desk.path("key.pem"), std::fs::Permissions::from_mode(0o600)).unwrap();
    desk.done(&["ledger", "init", "log", "--origin", "log", "--key", "key.pem"]);
    for key in ["public.pem", "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="] {
        desk.done(&["ledger", "verify", "log", "--public-key", key]);
    }
}

#[test]
fn a_restored_copy_is_caught_by_a_pin() {
    let desk = Desk::with_log("intl");
    let copied = Command::new("cp").args(["-r", "log", "copy"]).current_dir(desk.path("")).status().unwrap();
    assert!(copied.success());
    desk.done_with(&["ledger", "append", "log", "-", "--key", "key.pem"], b"3");
    desk.put("head.txt", desk.done(&["ledger", "checkpoint", "log", "--key", "key.pem"]));
    desk.done(&["ledger", "verify", "copy", "--public-key", "public.txt"]);
    let pinned = ["ledger", "verify", "copy", "--public-key", "public.txt", "--pin", "head.txt"];
    assert_eq!(desk.refused(&pinned), is(4, "KF-INTEGRITY-14"));
    // It went on otherwise: two heads of one size prove it.
    desk.done_with(&["ledger", "append", "copy", "-", "--key", "key.pem"], b"4");
    desk.put("other.txt", desk.done(&["ledger", "checkpoint", "copy", "--key", "key.pem"]));
    assert_eq!(desk.refused(&pinned), is(4, "KF-INTEGRITY-15"));
    let prove = |first, second| ["ledger", "prove-equivocation", first, second, "--public-key", "public.txt"];
    let proof = document(&desk.done(&prove("head.txt", "other.txt")));
    assert_eq!((&proof["op"], &proof["note1"]), (&json!("equivocation"), &json!(desk.read("head.txt"))));
    desk.put("proof.json", proof.to_string());
    assert_eq!(desk.done(&["ledger", "check", "proof.json"]), "{\"valid\":true}\n");

    assert_eq!(desk.refused(&prove("head.txt", "head.txt")), is(4, "KF-INTEGRITY-31"));
    desk.done_with(&["ledger", "append", "log", "-", "--key", "key.pem"], b"5");
    desk.put("later.txt", desk.done(&["ledger", "checkpoint", "log", "--key", "key.pem"]));
    assert_eq!(desk.refused(&prove("head.txt", "later.txt")), is(4, "KF-INTEGRITY-31"));
    assert_eq!(desk.refused(&prove("head.txt", "lines.txt")), is(4, "KF-INTEGRITY-18"));
    assert_eq!(desk.refused(&prove("head.txt", "absent.txt")), is(3, "KF-CLI-02"));
    desk.put("public.txt", desk.key("intl", "stranger.pem"));
    assert_eq!(desk.refused(&prove("head.txt", "other.txt")), is(4, "KF-INTEGRITY-19"));
}

#[test]
fn a_proof_is_checked_without_the_log() {
    for (profile, hash) in PROFILES {
        let desk = Desk::with_log(profile);
        desk.put("record.json", "{\"n\":1}\n");
        desk.put("receipt.json", desk.done(&["ledger", "prove", "log", "1"]));
        desk.put("receipt.txt", desk.done(&["ledger", "prove", "log", "1", "--tlog-proof"]));
        let receipt = document(&desk.read("receipt.json"));
        assert_eq!((&receipt["index"], &receipt["checkpoint"]["note"]), (&json!(1), &json!(desk.read("head.txt"))));
        assert!(receipt["checkpoint"]["root"].as_str().unwrap().starts_with(hash));
        assert!(desk.read("receipt.txt").starts_with("c2sp.org/tlog-proof@v1\nindex 1\n"));
        desk.put("consistency.json", desk.done(&["ledger", "prove", "log", "--consistency", "1", "3"]));
        desk.done_with(&["ledger", "append", "log", "-", "--key", "key.pem"], b"3");
        std::fs::rename(desk.path("log"), desk.path("elsewhere")).unwrap();

        assert_eq!(desk.done(&["ledger", "check", "consistency.json"]), "{\"valid\":true}\n");
        let mut changed = document(&desk.read("consistency.json"));
        changed["size1"] = json!(2);
        desk.put("changed.json", changed.to_string());
        assert_eq!(desk.refused(&["ledger", "check", "changed.json"]).0, 4);
        for file in ["receipt.json", "receipt.txt"] {
            let check = ["ledger", "check", file, "--record", "-", "--public-key", "public.txt"];
            assert_eq!(desk.done_with(&check, desk.read("record.json").as_bytes()), "{\"valid\":true}\n");
            assert_eq!(desk.refused_with(&check, b"{\"n\":2}"), is(4, "KF-INTEGRITY-23"));
            desk.put("stranger.txt", desk.key(profile, &format!("stranger-{file}.pem")));
            let by_other = ["ledger", "check", file, "--record", "record.json", "--public-key", "stranger.txt"];
            assert_eq!(desk.refused(&by_other), is(4, "KF-INTEGRITY-19"));
            // Without its record it says nothing, and what is missing is said.
            assert_eq!(desk.refused(&["ledger", "check", file]), is(2, "KF-CLI-01"));
            desk.misused(&["ledger", "check", file, "--record", "record.json"]);
            desk.misused(&["ledger", "check", file, "--public-key", "public.txt"]);
        }
        assert_eq!(desk.refused(&["ledger", "check", "head.txt"]), is(3, "KF-CANON-01"));
        assert_eq!(desk.refused(&["ledger", "check", "record.json"]), is(3, "KF-CANON-02"));

        let prove = |arguments: &[&str]| desk.refused(&[&["ledger", "prove", "elsewhere"], arguments].concat());
        assert_eq!(prove(&["3"]), is(3, "KF-LEDGER-12"));
        assert_eq!(prove(&["4"]), is(3, "KF-LEDGER-11"));
        for sizes in [["0", "3"], ["3", "2"], ["1", "9"]] {
            assert_eq!(prove(&[&["--consistency"], &sizes[..]].concat()), is(3, "KF-LEDGER-13"));
        }
        for wrong in [&[][..], &["0", "--consistency", "1", "2"], &["--consistency", "1"], &["--tlog-proof"], &["x"]] {
            desk.misused(&[&["ledger", "prove", "elsewhere"], wrong].concat());
        }
    }
}

#[test]
fn times_that_go_backward_and_a_torn_write_are_told() {
    let desk = Desk::with_log("intl");
    let append = ["ledger", "append", "log", "-", "--lines", "--key", "key.pem"];
    let input = b"{\"at\":\"2026-11-24T00:00:00Z\"}\n{\"at\":\"2016-11-24T00:00:00Z\"}\n";
    assert_eq!(desk.done_with(&append, input), "3\n");
    let told = desk.done(&["ledger", "verify", "log", "--public-key", "public.txt"]);
    assert!(
        told.contains("1 条记录的时间早于此前的记录,首条为 4 times go backward in 1 records, first in 4"),
        "{told}"
    );
    assert!(told.contains("5 条记录 records, 3 已签名 signed"), "{told}");

    let segment = desk.path("log/segments/00000000.kfl");
    let whole = std::fs::read(&segment).unwrap();
    std::fs::write(&segment, [&whole[..], b"KFR1half"].concat()).unwrap();
    assert_eq!(desk.refused(&["ledger", "verify", "log"]), is(4, "KF-INTEGRITY-03"));
    let output = desk.run_with(&append, b"5\n");
    let warned = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(0), &b"5\n"[..]));
    assert!(warned.contains("丢弃未提交的 8 字节") && warned.contains("dropped 8 bytes"), "{warned}");
    desk.done(&["ledger", "verify", "log", "--public-key", "public.txt"]);
}

/// Each byte of the records is covered, in either profile; that a byte was changed exits with 4 and says where.
#[test]
fn a_changed_byte_exits_with_4_and_names_its_place() {
    for (profile, _) in PROFILES {
        let desk = Desk::with_log(profile);
        let segment = desk.path("log/segments/00000000.kfl");
        let whole = std::fs::read(&segment).unwrap();
        for place in (0..whole.len()).step_by(17) {
            let mut changed = whole.clone();
            changed[place] ^= 1;
            std::fs::write(&segment, &changed).unwrap();
            let output = desk.run(&["--json-errors", "ledger", "verify", "log", "--public-key", "public.txt"]);
            let told: Value = serde_json::from_slice(&output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(4), "byte {place}: {told}");
            assert!(told["where"].as_str().is_some_and(|place| place.starts_with("segments/00000000.kfl")), "{told}");
        }
        std::fs::write(&segment, &whole[..whole.len() - 1]).unwrap();
        assert_eq!(desk.refused(&["ledger", "verify", "log"]).0, 4);
    }
}
