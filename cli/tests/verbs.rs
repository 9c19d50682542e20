//! What a person meets at the command line: data on stdout, words on stderr, exit codes that scripts can rely on.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::{Value, json};

struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        Desk(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    fn put(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        std::fs::write(self.0.path().join(name), bytes).unwrap();
        self.path(name)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.run_with(arguments, &[])
    }

    fn run_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kaifang"));
        command.args(arguments).envs(variables.iter().copied()).current_dir(self.0.path()).output().unwrap()
    }
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

/// The code of the error that a verb ended with.
fn error(desk: &Desk, arguments: &[&str]) -> (i32, String) {
    let mut all = vec!["--json-errors"];
    all.extend(arguments);
    let output = desk.run(&all);
    assert!(output.stdout.is_empty(), "an error writes nothing to stdout: {}", String::from_utf8_lossy(&output.stdout));
    let document: Value = serde_json::from_slice(&output.stderr)
        .unwrap_or_else(|_| panic!("no error document: {}", String::from_utf8_lossy(&output.stderr)));
    for language in ["zh", "en"] {
        assert!(!document[language].as_str().unwrap().is_empty());
    }
    (code(&output), document["code"].as_str().unwrap().to_owned())
}

const PEOPLE: &str = "xm,sfzh,lxdh\n张三,11010519491231002X,13812345678\n李四,440524188001010014,13987654321\n";
const PLAN: &str = "v = 1\ndataset = \"d\"\n[columns]\nxm = { do = \"mask\", kind = \"person_name\" }\nsfzh = { do = \"token\", kind = \"resident_id\", key = \"k1\" }\nlxdh = { do = \"drop\" }\n";

#[test]
fn a_scan_with_direct_identifiers_is_a_finding() {
    let desk = Desk::new();
    let table = desk.put("people.csv", PEOPLE);
    let output = desk.run(&["scan", &table, "--json"]);
    assert_eq!(code(&output), 1);
    let findings: Value = serde_json::from_slice(&output.stdout).unwrap();
    let direct: Vec<&str> = findings["direct"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    assert_eq!(direct, ["xm", "sfzh", "lxdh"]);
    let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    assert!(!text.contains("13812345678") && !text.contains("张三"), "no value leaves in a finding");
}

#[test]
fn a_table_that_still_names_its_people_is_of_level_1() {
    let desk = Desk::new();
    let table = desk.put("people.csv", "sfzh,xb,bh\n11010519491231002X,男,a\n440524188001010014,男,b\n");
    let report = |arguments: &[&str]| -> Value {
        let output = desk.run(&[&["risk", &table, "--quasi", "xb", "--json"], arguments].concat());
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let found = report(&[]);
    assert_eq!((&found["level"], &found["direct"]), (&json!(1), &json!(["sfzh"])));
    assert_eq!(report(&["--direct", "bh"])["direct"], json!(["bh", "sfzh"]));
    assert_eq!(report(&["--sensitive", "sfzh"])["direct"], json!([]), "a column has one role");
}

/// A plan that leaves nothing to tell people apart by is the safest there is.
#[test]
fn a_plan_that_drops_every_quasi_identifier_is_assessed() {
    let desk = Desk::new();
    let table =
        desk.put("people.csv", "sfzh,csrq,je\n11010519491231002X,1949-12-31,5\n440524188001010014,1880-01-01,6\n");
    let entry = desk.put("entry.json", json!({"v": 1, "id": "d"}).to_string());
    let plan = desk.put(
        "plan.toml",
        "v = 1\ndataset = \"d\"\n[columns]\nsfzh = { do = \"drop\" }\ncsrq = { do = \"drop\" }\nje = { do = \"keep\" }\n",
    );
    let treated = desk.path("treated.csv");
    let output = desk.run(&["assess", &table, "--entry", &entry, "--plan", &plan, "--treated", &treated, "--json"]);
    let assessment: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    let risk = &assessment["treated"]["evidence"]["risk"];
    assert_eq!((&risk["quasi"], &risk["k"], &risk["classes"]), (&json!([]), &json!(2), &json!(1)));
}

#[test]
fn a_pipe_gets_no_colours_and_no_borders() {
    let desk = Desk::new();
    let table = desk.put("people.csv", PEOPLE);
    let output = desk.run(&["scan", &table]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!text.contains('\u{1b}') && !text.contains('│'), "{text}");
}

#[test]
fn usage_exits_2_and_bad_input_3() {
    let desk = Desk::new();
    assert_eq!(code(&desk.run(&["scan"])), 2);
    assert_eq!(code(&desk.run(&["classify", "--at", "yesterday", "facts.json"])), 3, "the facts file is read first");
    let facts = desk.put("facts.json", "{}");
    assert_eq!(error(&desk, &["classify", "--at", "yesterday", &facts]), (2, "KF-CLI-01".into()));
    assert_eq!(error(&desk, &["scan", "nowhere.csv"]).0, 3);
}

#[test]
fn malformed_tables_are_refused_by_name() {
    let desk = Desk::new();
    let cases: [(&str, &[u8]); 5] = [
        ("ragged.csv", b"a,b\n1,2\n3\n"),
        ("quote.csv", b"a,b\n\"1,2\n"),
        ("encoding.csv", b"a,b\n\xd5\xc5\xff\xff,2\n"),
        ("twice.csv", b"a,a\n1,2\n"),
        ("not.parquet", b"PAR1 and nothing else"),
    ];
    for (name, bytes) in cases {
        let table = desk.put(name, bytes);
        let (exit, code) = error(&desk, &["scan", &table]);
        assert_eq!(exit, 3, "{name}");
        assert!(code.starts_with("KF-TABLE-"), "{name}: {code}");
    }
}

#[test]
fn an_unknown_fact_is_refused() {
    let desk = Desk::new();
    let facts = desk.put("facts.json", r#"{"personal_secrecy": true}"#);
    let (exit, code) = error(&desk, &["classify", "--at", "2026-11-23", &facts]);
    assert_eq!(exit, 3);
    assert!(code.starts_with("KF-FACT-"), "{code}");
}

#[test]
fn what_is_open_is_a_finding_and_what_is_settled_is_done() {
    let desk = Desk::new();
    let open = desk.put("open.json", r#"{"personal_privacy": true}"#);
    assert_eq!(code(&desk.run(&["classify", "--at", "2026-11-23", &open])), 1);
    let settled = desk.put("settled.json", r#"{"state_secret": true}"#);
    assert_eq!(code(&desk.run(&["classify", "--at", "2026-11-23", &settled])), 1, "out of scope is a refusal");
}

#[test]
fn a_column_that_the_plan_does_not_name_stops_the_treatment() {
    let desk = Desk::new();
    let table = desk.put("people.csv", PEOPLE);
    let plan = desk.put("plan.toml", PLAN.replace("lxdh = { do = \"drop\" }\n", ""));
    assert_eq!(code(&desk.run(&["keys", "new", "--kind", "token", "-o", "keys.json"])), 0);
    let (exit, code) = error(&desk, &["apply", &plan, &table, "-o", "out.csv", "--keys", "keys.json"]);
    assert_eq!(exit, 3);
    assert!(code.starts_with("KF-PLAN-"), "{code}");
    assert!(!PathBuf::from(desk.path("out.csv")).exists(), "nothing stands under the final name");
}

#[test]
fn a_hierarchy_stands_in_a_file_beside_the_plan() {
    let desk = Desk::new();
    let table = desk.put("people.csv", "jb\n骨折\n哮喘\n感冒\n");
    let plan =
        "v = 1\ndataset = \"d\"\n[columns]\njb = { do = \"generalize\", level = 1, hierarchy_file = \"jb.csv\" }\n";
    desk.put("plan.toml", plan);
    assert_eq!(error(&desk, &["apply", "plan.toml", &table, "-o", "out.csv"]), (3, "KF-PLAN-51".to_owned()));
    desk.put("jb.csv", "哮喘,呼吸系统疾病\n骨折,损伤\n");
    // The file is found from the plan, not from where the command runs.
    let elsewhere = desk.0.path().join("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    let out = desk.path("out.csv");
    let mut command = Command::new(env!("CARGO_BIN_EXE_kaifang"));
    let arguments = ["apply", &desk.path("plan.toml"), &table, "-o", &out];
    let output = command.args(arguments).current_dir(&elsewhere).output().unwrap();
    assert_eq!(code(&output), 0, "{}", String::from_utf8_lossy(&output.stderr));
    let text = std::fs::read_to_string(out).unwrap();
    assert_eq!(
        text.trim_start_matches('\u{feff}').lines().collect::<Vec<_>>(),
        ["jb", "损伤", "呼吸系统疾病", "[redacted]"]
    );
}

#[test]
fn a_treated_table_holds_no_plain_value() {
    let desk = Desk::new();
    let table = desk.put("people.csv", PEOPLE);
    let plan = desk.put("plan.toml", PLAN);
    desk.run(&["keys", "new", "--kind", "token", "-o", "keys.json"]);
    let output = desk.run(&["apply", &plan, &table, "-o", "out.csv", "--keys", "keys.json", "--json"]);
    assert_eq!(code(&output), 0, "{}", String::from_utf8_lossy(&output.stderr));
    let applied: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(applied["rows"], json!(2));
    let text = std::fs::read_to_string(desk.path("out.csv")).unwrap();
    for plain in ["张三", "11010519491231002X", "13812345678"] {
        assert!(!text.contains(plain), "{plain}");
    }
}

/// From a proposal to a proof, as a person goes, and then to another key.
#[test]
fn a_plan_is_proposed_shown_applied_and_verified_and_its_tokens_rotated() {
    let desk = Desk::new();
    let table = desk.put("people.csv", PEOPLE);
    let output = desk.run(&["plan", "suggest", &table, "--sharing", "controlled", "-o", "plan.json", "--json"]);
    assert_eq!(code(&output), 0, "{}", String::from_utf8_lossy(&output.stderr));
    let suggestion: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(suggestion["plan"]["columns"]["sfzh"], json!({"do": "token", "kind": "resident_id", "key": "k1"}));
    assert_eq!(error(&desk, &["plan", "suggest", &table, "--sharing", "all", "-o", "other.json"]).0, 2);
    assert_ne!(
        code(&desk.run(&["plan", "suggest", &table, "--sharing", "public", "-o", "plan.json"])),
        0,
        "it is there"
    );

    let shown = String::from_utf8(desk.run(&["plan", "preview", "plan.json"]).stdout).unwrap();
    assert!(shown.contains("11010519491231002X") && !shown.contains("13812345678"), "invented values only");

    desk.run(&["keys", "new", "--kind", "token", "-o", "keys.json"]);
    let apply = ["apply", "plan.json", &table, "-o", "out.csv", "--keys", "keys.json", "--applied", "applied.json"];
    assert_eq!(code(&desk.run(&apply)), 0);
    assert_eq!(code(&desk.run(&["plan", "verify", "applied.json", "out.csv"])), 0);
    assert_eq!(error(&desk, &["plan", "verify", "applied.json", &table]), (4, "KF-PLAN-17".to_owned()));

    let keys = std::fs::read_to_string(desk.path("keys.json")).unwrap();
    let mut ring: Value = serde_json::from_str(&keys).unwrap();
    let second = json!({"id": "k2", "kind": "token", "secret": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="});
    ring["keys"].as_array_mut().unwrap().push(second);
    let retoken =
        ["retoken", "out.csv", "--column", "sfzh=resident_id", "--column", "lxdh=mobile", "--dataset", "people"];
    let rest = ["--from", "k1", "--to", "k2", "--keys", "env:KAIFANG_TEST_RING", "-o", "rotated.csv"];
    let arguments: Vec<&str> = retoken.into_iter().chain(rest).collect();
    let output = desk.run_with(&arguments, &[("KAIFANG_TEST_RING", &ring.to_string())]);
    assert_eq!(code(&output), 0, "{}", String::from_utf8_lossy(&output.stderr));
    let rotated = std::fs::read_to_string(desk.path("rotated.csv")).unwrap();
    assert!(rotated.contains("k2.") && !rotated.contains("k1."));
}

/// The proof of a treatment in a ledger: recorded with it or after it, and a table held against the record.
#[test]
fn a_proof_is_recorded_signed_and_verified_from_the_ledger() {
    let desk = Desk::new();
    let table = desk.put("people.csv", PEOPLE);
    let plan = desk.put("plan.toml", PLAN);
    desk.run(&["keys", "new", "--kind", "token", "-o", "keys.json"]);
    let key = String::from_utf8(desk.run(&["keys", "new", "--kind", "ed25519", "-o", "key.pem"]).stdout).unwrap();
    assert_eq!(code(&desk.run(&["ledger", "init", "log", "--origin", "example.org/log", "--key", "key.pem"])), 0);
    let apply = ["apply", &plan, &table, "-o", "out.csv", "--keys", "keys.json", "--applied", "applied.json"];
    let log = ["--ledger", "log", "--ledger-key", "key.pem", "--at", "2026-11-23T02:00:00Z"];
    let output = desk.run(&[&apply[..], &log].concat());
    assert_eq!(code(&output), 0, "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8(output.stderr).unwrap().contains("the proof is record 0"));
    let output = desk.run(&[&["plan", "record", "applied.json"], &log[..]].concat());
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "1\n", "{}", String::from_utf8_lossy(&output.stderr));

    let read = |name: &str| serde_json::from_slice::<Value>(&std::fs::read(desk.path(name)).unwrap()).unwrap();
    let receipt = desk.run(&["ledger", "prove", "log", "0"]);
    assert_eq!(code(&receipt), 0, "the head is signed");
    desk.put("receipt.json", &receipt.stdout);
    let body = json!({"kind": "applied", "applied": read("applied.json")});
    desk.put("record.json", json!({"v": 1, "at": "2026-11-23T02:00:00Z", "body": body}).to_string());
    let check = ["ledger", "check", "receipt.json", "--record", "record.json", "--public-key", key.trim()];
    assert_eq!(code(&desk.run(&check)), 0, "anybody checks the record by its receipt");

    let verify = |table: &str, index: &str, key: &str| {
        error(&desk, &["plan", "verify", "--ledger", "log", "--record", index, "--public-key", key, table])
    };
    for index in ["0", "1"] {
        let from = ["plan", "verify", "--ledger", "log", "--record", index, "--public-key", key.trim(), "out.csv"];
        let output = desk.run(&from);
        assert_eq!(code(&output), 0, "{}", String::from_utf8_lossy(&output.stderr));
        assert!(output.stderr.is_empty(), "nothing to warn of");
    }
    let own = desk.run(&["plan", "verify", "--ledger", "log", "--record", "0", "out.csv"]);
    assert_eq!(code(&own), 0);
    assert!(String::from_utf8(own.stderr).unwrap().contains("the directory's own key was used"));
    assert_eq!(verify(&table, "0", key.trim()), (4, "KF-PLAN-17".to_owned()), "the table before");
    assert_eq!(verify("out.csv", "2", key.trim()), (3, "KF-LEDGER-11".to_owned()));
    let other = String::from_utf8(desk.run(&["keys", "new", "--kind", "ed25519", "-o", "other.pem"]).stdout).unwrap();
    assert_eq!(verify("out.csv", "0", other.trim()).0, 4, "another log's key");

    // A record of something else, and a ledger that can't be written: before the table is treated.
    desk.put("other.json", r#"{"v":1}"#);
    desk.run(&["ledger", "append", "log", "other.json", "--key", "key.pem"]);
    desk.run(&["ledger", "checkpoint", "log", "--key", "key.pem"]);
    assert_eq!(verify("out.csv", "2", key.trim()), (3, "KF-GATE-07".to_owned()));
    let apply = ["apply", &plan, &table, "-o", "new.csv", "--keys", "keys.json", "--applied", "new.json"];
    let wrong = error(&desk, &[&apply[..], &["--ledger", "log", "--ledger-key", "other.pem"]].concat());
    assert_eq!(wrong.1, "KF-LEDGER-10");
    assert!(!std::path::Path::new(&desk.path("new.csv")).exists());
    assert_eq!(code(&desk.run(&["plan", "verify", "applied.json"])), 2);
    assert_eq!(code(&desk.run(&["plan", "verify", "--ledger", "log", "out.csv"])), 2);
}

#[test]
fn the_sheet_of_a_workbook_is_named() {
    let desk = Desk::new();
    let table = desk.put("people.csv", "xb,bh\n男,a\n女,b\n");
    let plan = "v = 1\ndataset = \"d\"\n[columns]\nxb = { do = \"keep\" }\nbh = { do = \"keep\" }\n";
    let plan = desk.put("plan.toml", plan);
    let apply = ["apply", &plan, &table, "-o", "book.xlsx", "--applied", "applied.json"];
    assert_eq!(code(&desk.run(&apply)), 0);
    for arguments in [
        &["scan", "book.xlsx"][..],
        &["plan", "check", &plan, "book.xlsx"],
        &["plan", "verify", "applied.json", "book.xlsx"],
        &["plan", "suggest", "book.xlsx", "--sharing", "public", "-o", "suggested.json"],
        &["risk", "book.xlsx", "--quasi", "xb"],
        &["apply", &plan, "book.xlsx", "-o", "again.csv"],
    ] {
        let with = |sheet: &'static str| [arguments, &["--sheet", sheet]].concat();
        assert_eq!(error(&desk, &with("人口")), (3, "KF-TABLE-27".to_owned()), "{arguments:?}");
        let output = desk.run(&with("Sheet1"));
        assert!(code(&output) <= 1, "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
    assert_eq!(error(&desk, &["scan", &table, "--sheet", "Sheet1"]), (3, "KF-TABLE-23".to_owned()));
}

#[test]
fn tokens_of_bytes_are_rotated_to_as_many() {
    let desk = Desk::new();
    let table = desk.put("people.csv", "sfzh\n11010519491231002X\n110105194912310021\n");
    let entry = "sfzh = { do = \"token\", kind = \"resident_id\", key = \"k1\", form = \"bytes32\" }";
    let plan = desk.put("plan.toml", format!("v = 1\ndataset = \"people\"\n[columns]\n{entry}\n"));
    let key = |id: &str, secret: &str| json!({"id": id, "kind": "token", "secret": secret});
    let secrets = [key("k1", "CQkJCQkJCQkJCQkJCQkJCQ=="), key("k2", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")];
    let ring = json!({"v": 1, "keys": secrets}).to_string();
    let run = |arguments: &[&str]| {
        let keys = [arguments, &["--keys", "env:KAIFANG_TEST_RING"]].concat();
        desk.run_with(&keys, &[("KAIFANG_TEST_RING", &ring)])
    };
    assert_eq!(code(&run(&["apply", &plan, &table, "-o", "old.parquet", "--applied", "old.json"])), 0);
    let retoken = ["retoken", "old.parquet", "--column", "sfzh=resident_id", "--dataset", "people", "--from", "k1"];
    let to = |name: &'static str| [&retoken[..], &["--to", "k2", "-o", name, "--applied", "new.json"]].concat();
    let rotated = run(&to("new.parquet"));
    assert_eq!(code(&rotated), 0, "{}", String::from_utf8_lossy(&rotated.stderr));
    let proof =
        |name: &str| -> Value { serde_json::from_str(&std::fs::read_to_string(desk.path(name)).unwrap()).unwrap() };
    let (old, new) = (proof("old.json"), proof("new.json"));
    assert_eq!(new["schema_in"], new["schema_out"]);
    assert_eq!(new["schema_out"], json!([{"name": "sfzh", "type": "FixedSizeBinary(32)"}]));
    // The invalid id was redacted before, and is null.
    assert_eq!((&new["columns"][0]["nulls"], &new["columns"][0]["changed"]), (&json!(1), &json!(1)));
    assert_ne!(new["output_digests"], old["output_digests"]);
    assert_eq!(code(&desk.run(&["plan", "verify", "new.json", "new.parquet"])), 0);
    for (form, exit) in [("bytes32", 0), ("bytes16", 3), ("text", 3), ("bytes", 2)] {
        let output = run(&[&to("again.parquet")[..], &["--form", form]].concat());
        assert_eq!(code(&output), exit, "{form}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn a_table_is_not_treated_onto_itself() {
    let desk = Desk::new();
    let table = desk.put("people.csv", PEOPLE);
    let plan = desk.put("plan.toml", PLAN);
    desk.run(&["keys", "new", "--kind", "token", "-o", "keys.json"]);
    for (from, to) in [(table.as_str(), table.as_str()), ("people.csv", table.as_str()), (&table, "./people.csv")] {
        let (exit, code) = error(&desk, &["apply", &plan, from, "-o", to, "--keys", "keys.json"]);
        assert_eq!((exit, code.as_str()), (3, "KF-TABLE-25"), "{from} onto {to}");
    }
    assert_eq!(std::fs::read_to_string(&table).unwrap(), PEOPLE);
}

#[test]
fn an_open_key_file_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let desk = Desk::new();
    desk.run(&["keys", "new", "--kind", "ed25519", "-o", "key.pem"]);
    std::fs::set_permissions(desk.path("key.pem"), std::fs::Permissions::from_mode(0o644)).unwrap();
    let (exit, code) = error(&desk, &["ledger", "init", "log", "--origin", "example.org/log", "--key", "key.pem"]);
    assert_eq!(exit, 3);
    assert!(code.starts_with("KF-KEY-"), "{code}");
}

#[test]
fn a_changed_or_truncated_ledger_exits_4() {
    let desk = Desk::new();
    desk.run(&["keys", "new", "--kind", "ed25519", "-o", "key.pem"]);
    assert_eq!(code(&desk.run(&["ledger", "init", "log", "--origin", "example.org/log", "--key", "key.pem"])), 0);
    for index in 0..3 {
        let record = desk.put("record.json", format!("{{\"index\":{index}}}"));
        let output = desk.run(&["ledger", "append", "log", &record, "--key", "key.pem"]);
        assert_eq!(String::from_utf8(output.stdout).unwrap().trim(), index.to_string());
    }
    let note = desk.run(&["ledger", "checkpoint", "log", "--key", "key.pem"]);
    assert!(String::from_utf8(note.stdout).unwrap().starts_with("example.org/log\n3\n"));
    assert_eq!(code(&desk.run(&["ledger", "verify", "log"])), 0);

    let segment = desk.path("log/segments/00000000.kfl");
    let bytes = std::fs::read(&segment).unwrap();
    let mut changed = bytes.clone();
    let middle = changed.len() / 2;
    changed[middle] ^= 1;
    std::fs::write(&segment, &changed).unwrap();
    assert_eq!(error(&desk, &["ledger", "verify", "log"]).0, 4);
    std::fs::write(&segment, &bytes[..bytes.len() - 1]).unwrap();
    assert_eq!(error(&desk, &["ledger", "verify", "log"]).0, 4);
}

#[test]
fn a_record_that_is_not_canonical_is_refused() {
    let desk = Desk::new();
    desk.run(&["keys", "new", "--kind", "ed25519", "-o", "key.pem"]);
    desk.run(&["ledger", "init", "log", "--origin", "example.org/log", "--key", "key.pem"]);
    let record = desk.put("record.json", r#"{"b": 1, "a": 2}"#);
    assert_eq!(error(&desk, &["ledger", "append", "log", &record, "--key", "key.pem"]).0, 3);
}

#[test]
fn the_demo_tells_its_story_on_few_rows() {
    let desk = Desk::new();
    let output = desk.run(&["demo", "--rows", "3000", "--out", "demo", "--at", "2026-11-23T02:00:00Z"]);
    assert_eq!(code(&output), 0, "{}", String::from_utf8_lossy(&output.stderr));
    let told = String::from_utf8(output.stdout).unwrap();
    for word in ["A22.2", "A26", "conditional_no_download", "no_application", "KF-INTEGRITY", "report.html"] {
        assert!(told.contains(word), "{word} is missing from\n{told}");
    }
    let report = std::fs::read_to_string(desk.path("demo/report.html")).unwrap();
    assert!(!report.contains("<script") && !report.contains("http"));
    // a second run replaces the first, and never a directory that is not its own
    assert_eq!(code(&desk.run(&["demo", "--rows", "100", "--out", "demo", "--at", "2026-11-23T02:00:00Z"])), 0);
    desk.put("mine", "");
    assert_eq!(error(&desk, &["demo", "--rows", "100", "--out", "."]), (2, "KF-CLI-01".into()));
}

/// From somebody's CSV to a recorded download, by verbs alone (A18.4, A19.2, A22.1(1), A32(3)).
#[test]
fn a_harmless_table_is_assessed_listed_opened_and_downloaded() {
    let desk = Desk::new();
    let at = "2026-11-23T02:00:00Z";
    let table = desk.put("population.csv", "年份,总人口(万人)\n2010,133972\n2020,141178\n");
    let policy: Value = {
        // every question answered with the harmless answer, as an assessor would
        let ids = [
            "state_secret",
            "law_forbids",
            "endangers_national_security",
            "endangers_public_security",
            "endangers_economic_security",
            "endangers_social_stability",
            "trade_secret",
            "personal_privacy",
            "other_third_party_interest",
            "high_protection_need",
            "specific_terms_needed",
            "aggregation_may_reveal",
        ];
        let mut facts: serde_json::Map<String, Value> = ids.iter().map(|id| ((*id).to_owned(), json!(false))).collect();
        facts.insert("data_grade".to_owned(), json!("general"));
        Value::Object(facts)
    };
    let facts = desk.put("facts.json", policy.to_string());
    let office = json!({"role": "主要负责人", "contact": "办公室"});
    let entry = json!({
        "v": 1, "id": "population", "name": "人口", "body": {"id": "xa-stats", "name": "统计局"}, "format": "csv",
        "data_type": "structured", "access_ways": ["download"], "update_frequency": "yearly", "level": "municipal",
        "grade": "general", "channel": "platform",
        "responsible": {"first": office, "leader": office, "contact": office}
    });
    let entry = desk.put("entry.json", entry.to_string());
    desk.run(&["keys", "new", "--kind", "ed25519", "-o", "key.pem"]);
    let done = |arguments: &[&str]| {
        let output = desk.run(arguments);
        assert_eq!(code(&output), 0, "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    };
    done(&["platform", "init", "platform", "--origin", "example.org/log", "--key", "key.pem", "--at", at]);
    done(&[
        "assess",
        &table,
        "--entry",
        &entry,
        "--facts",
        &facts,
        "--at",
        at,
        "--choose",
        "unconditional",
        "--assessor",
        "xa-stats:data",
        "--approval",
        "sha256:0000000000000000000000000000000000000000000000000000000000000000",
        "--events",
        "events",
        "-o",
        "report.html",
    ]);
    for event in ["1-entry_listed", "2-dataset_assessed", "3-dataset_opened"] {
        done(&["platform", "event", "platform", &format!("events/{event}.json"), "--key", "key.pem", "--at", at]);
    }
    let request = desk.put("request.json", r#"{"v":1,"dataset":"population","action":"download","via":"platform"}"#);
    let admitted: Value =
        serde_json::from_slice(&done(&["platform", "admit", "platform", &request, "--key", "key.pem", "--at", at]))
            .unwrap();
    assert_eq!(admitted["decision"]["permit"], json!(true));
    let outcome = desk.put("outcome.json", r#"{"served":true,"rows":2,"bytes":60}"#);
    let index = admitted["index"].to_string();
    done(&["platform", "complete", "platform", &index, &outcome, "--key", "key.pem", "--at", at]);
    done(&["ledger", "verify", "platform/ledger"]);
    // the same request for a dataset that nobody listed
    let other = desk.put("other.json", r#"{"v":1,"dataset":"nobody-listed","action":"download","via":"platform"}"#);
    assert_eq!(code(&desk.run(&["platform", "admit", "platform", &other, "--key", "key.pem", "--at", at])), 1);
}

#[test]
fn an_explanation_follows_the_answer_or_stands_alone_as_a_document() {
    let desk = Desk::new();
    let facts = desk.put("facts.json", r#"{"law_forbids": true, "prohibition_lifted": false, "state_secret": false}"#);
    let output = desk.run(&["classify", "--at", "2024-06-03", "--explain", &facts]);
    let text = String::from_utf8(output.stdout).unwrap();
    for line in [
        "  law_forbids = true",
        "若要可以有条件开放 · so that conditional is permitted",
        "可能的结论 · possible answers:",
    ] {
        assert!(text.contains(line), "{line} is not in {text}");
    }
    let facts = desk.put("access.json", r#"{"out_of_scope": true, "action": "api", "listed": true}"#);
    let output = desk.run(&["decide", "--at", "2024-06-03", "--explain", "--json", &facts]);
    assert_eq!(code(&output), 1, "the exit code is the answer's");
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["sufficient"], serde_json::json!({"out_of_scope": true}));
    assert_eq!(
        document["counterfactuals"][0]["changes"],
        serde_json::json!([[
            {"fact": "out_of_scope", "from": true, "to": false},
            {"fact": "action", "from": "api", "to": "query"},
        ]])
    );
    assert_eq!(document["possible"], serde_json::json!([{"permit": false, "headline": "out_of_scope"}]));
}

#[test]
fn a_policy_check_covers_every_paragraph_and_a_copy_that_differs_is_a_finding() {
    let desk = Desk::new();
    let covered = desk.run(&["policy", "check", "xian-2022-013"]);
    let told = String::from_utf8(covered.stdout.clone()).unwrap();
    assert_eq!(
        (code(&covered), told.contains("conditional_no_download"), told.contains("uncovered")),
        (0, true, false)
    );

    let copy = desk.put("copy.txt", "某公告\n第一条 甲。\n第二条 乙。\n第二条 丙。\n");
    let differs = desk.run(&["policy", "check", "xian-2022-013", "--text", &copy]);
    let told = String::from_utf8(differs.stdout.clone()).unwrap();
    let row = |id: &str| told.lines().rfind(|line| line.split_whitespace().next() == Some(id)).unwrap().to_owned();
    assert_eq!(code(&differs), 1);
    assert!(
        row("A1").contains("不一致") && row("A1").contains("differs") && row("A1").contains("on what basis"),
        "{told}"
    );
    assert!(row("A40").contains("缺少") && row("A40").contains("missing"), "{told}");
    assert!(row("A2").contains("重复") && row("A2").contains("twice"), "{told}");

    let document = desk.run(&["policy", "check", "xian-2022-013", "--text", &copy, "--json"]);
    let check: Value = serde_json::from_slice(&document.stdout).unwrap();
    assert_eq!((code(&document), check["ok"].as_bool(), check["text"]["differs"].as_u64()), (1, Some(false), Some(2)));
    assert_eq!(check["coverage"].as_array().unwrap().len() as u64 - 2, check["text"]["missing"].as_u64().unwrap());

    let none = desk.put("none.txt", "没有条文。");
    assert_eq!(error(&desk, &["policy", "check", "xian-2022-013", "--text", &none]), (3, "KF-POLICY-22".into()));
    let binary = desk.put("binary.txt", [0xff, 0xfe, 0x00]);
    assert_eq!(error(&desk, &["policy", "check", "xian-2022-013", "--text", &binary]), (3, "KF-CLI-02".into()));
    assert_eq!(error(&desk, &["policy", "check", "xian-2022-013", "--text", "absent.txt"]), (3, "KF-CLI-02".into()));
}

#[test]
fn a_fault_in_a_policy_file_is_shown_in_its_line() {
    let desk = Desk::new();
    let sound = include_str!("../../core/tests/data/second-city.toml");
    let faulty = desk.put("faulty.toml", sound.replace("privacy and consent != all", "privacy and consnt != all"));
    let output = desk.run(&["policy", "check", &faulty]);
    let told = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!((code(&output), output.stdout.is_empty()), (3, true));
    // Code, line and column, the line itself, both languages, what to write instead; no colour where nobody sees it.
    for word in ["KF-POLICY-05", ":54:21", "consnt != all", "未声明", "is not declared", "did you mean consent?"] {
        assert!(told.contains(word), "{word} is missing from\n{told}");
    }
    assert!(!told.contains('\u{1b}'));
    assert_eq!(error(&desk, &["policy", "check", &faulty]), (3, "KF-POLICY-05".into()));
    assert_eq!(error(&desk, &["policy", "check", "absent.toml"]), (3, "KF-POLICY-02".into()));
    let sound = desk.put("sound.toml", sound);
    assert_eq!(code(&desk.run(&["policy", "check", &sound])), 0);
}
