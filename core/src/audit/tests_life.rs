//! A platform's life: what it does while its log fails, over snapshots, beside other processes, after an erasure, under a
//! new policy.

use crate::audit::{UsageQuery, audit, bundle, summary, uses};
use crate::calendar::Calendar;
use crate::crypto::{Ed25519Key, Signer};
use crate::error::Explain as _;
use crate::gate::{Decision, Gate, LEDGER, Outcome, Platform, Request, Via, Worker, decide, decide_facts, facts_of};
use crate::policy::Policy;
use crate::process::support::*;
use crate::process::{
    Act, Actor, Event, Grant, RiskAssessmentReport, Role, RulesOfUse, State, SuspensionGround, UserKind,
};
use crate::terms::{AccessWay, Action, Digest, Openness, Reviewer, legal_date};
use std::path::Path;
use std::sync::Arc;

const DATASET: &str = "xa-resident";
const FIGURES: &str = "xa-population-figures";

fn signer(pem: &str) -> Option<Box<dyn Signer>> {
    Some(Box::new(Ed25519Key::from_pem(pem).unwrap()))
}

/// One dataset of people open on conditions with an approved application, one of figures open to all.
fn platform(dir: &Path, policy: &Policy, grant: impl Fn(&mut Grant)) -> (Platform, zeroize::Zeroizing<String>) {
    let (key, pem) = Ed25519Key::generate().unwrap();
    let platform = Platform::init(dir, policy, "data.example/platform", Box::new(key), monday()).unwrap();
    let done = |act: Act| platform.act(&act, monday()).unwrap_or_else(|error| panic!("{}: {error}", act.event.id()));
    for event in opening(DATASET, &people(), Openness::Conditional, &[AccessWay::Api, AccessWay::ModelResult], monday())
    {
        done(event.act());
    }
    for event in opening(FIGURES, &facts("{}"), Openness::Unconditional, &[AccessWay::Download], monday()) {
        done(event.act());
    }
    let mut application = application("app-1", DATASET);
    application.fields = vec!["age".into(), "district".into()];
    application.pages = Some(4);
    done(filed(&application).act());
    let mut granted = application.asked();
    grant(&mut granted);
    for by in [Reviewer::OpeningBody, Reviewer::Authority] {
        done(reviewed("app-1", by, true, Some(granted.clone())));
    }
    (platform, pem)
}

fn request() -> Request {
    Request {
        user: Some(USER.to_owned()),
        purpose: Some(PURPOSE.to_owned()),
        fields: vec!["age".to_owned()],
        rows: Some(100),
        ..Request::new(DATASET, Action::Api)
    }
}

fn download() -> Request {
    Request::new(FIGURES, Action::Download)
}

fn headline(decision: &Decision) -> &str {
    decision.headline().map_or("permit", |reason| &reason.code)
}

/// The log's last segment has a byte too many, as if another process had written: the next write fails, and the next
/// opening takes it for a torn write.
fn break_log(dir: &Path) {
    let segment = dir.join(LEDGER).join("segments/00000000.kfl");
    let mut longer = std::fs::read(&segment).unwrap();
    longer.push(0);
    std::fs::write(&segment, longer).unwrap();
}

#[test]
fn a26_an_approval_binds_fields_pages_and_the_version() {
    let folder = tempfile::tempdir().unwrap();
    let (platform, _) = platform(folder.path(), &policy(), |_| {});
    let asks = |fields: &[&str]| {
        let fields = fields.iter().map(|field| (*field).to_owned()).collect();
        headline(&platform.decide(&Request { fields, ..request() }, monday())).to_owned()
    };
    assert_eq!(asks(&["age"]), "permit");
    assert_eq!(asks(&["age", "district"]), "permit");
    assert_eq!(asks(&["age", "name"]), "purpose_mismatch", "A10: what is not needed is not for the purpose");
    assert_eq!(asks(&[]), "unknown_facts", "all columns are more than some");
    let query = Request { action: Action::Query, ..request() };
    assert_eq!(headline(&platform.decide(&query, monday())), "permit");

    // Four pages, whatever their rows.
    for _ in 0..4 {
        let admitted = platform.admit(&Request { rows: Some(1), ..request() }, monday()).unwrap();
        assert!(admitted.decision.permit);
        assert_eq!(admitted.decision.rows, Some(1));
        platform.complete(admitted.index.unwrap(), Outcome::new(true, 1, 10), monday()).unwrap();
    }
    assert_eq!(asks(&["age"]), "quota_exceeded", "A22.2");

    // Another version is assessed and listed anew: the approval was for the one before.
    let content = digest("version 2");
    let updated = Event::ContentUpdated { dataset: DATASET.into(), content };
    let again = assessed(DATASET, &people(), Some(Openness::Conditional), content, monday());
    let listing = listed(&entry(&again, &[AccessWay::Api, AccessWay::ModelResult]));
    for event in [updated, again, listing] {
        platform.act(&event.act(), monday()).unwrap();
    }
    assert_eq!(asks(&["age"]), "application_expired");
}

#[test]
fn a22_2_a_used_up_quota_gives_nothing_to_who_asks_for_no_row() {
    let folder = tempfile::tempdir().unwrap();
    let (platform, _) = platform(folder.path(), &policy(), |grant| grant.rows = Some(10));
    let ten = Request { rows: Some(10), ..request() };
    let admitted = platform.admit(&ten, monday()).unwrap();
    platform.complete(admitted.index.unwrap(), Outcome::new(true, 10, 10), monday()).unwrap();
    for rows in [0, 1] {
        let decision = platform.decide(&Request { rows: Some(rows), ..request() }, monday());
        assert_eq!(headline(&decision), "quota_exceeded", "{rows}");
    }
    // What was not served gives its page and rows back.
    let folder = tempfile::tempdir().unwrap();
    let (platform, _) = self::platform(folder.path(), &policy(), |grant| grant.pages = Some(1));
    let admitted = platform.admit(&request(), monday()).unwrap();
    assert_eq!(headline(&platform.decide(&request(), monday())), "quota_exceeded");
    platform.complete(admitted.index.unwrap(), Outcome::new(false, 0, 0), monday()).unwrap();
    assert_eq!(headline(&platform.decide(&request(), monday())), "permit");
}

#[test]
fn a13_a_preview_is_bounded_by_the_rules_of_use() {
    let folder = tempfile::tempdir().unwrap();
    let (platform, _) = platform(folder.path(), &policy(), |_| {});
    let preview = |rows| Request { action: Action::Preview, rows, ..request() };
    assert_eq!(platform.decide(&preview(None), monday()).rows, Some(10));
    assert_eq!(platform.decide(&preview(Some(1_000_000)), monday()).rows, Some(10));
    assert_eq!(platform.decide(&preview(Some(3)), monday()).rows, Some(3));
    let rules = Box::new(RulesOfUse { preview_rows: 2, ..RulesOfUse::default() });
    platform.act(&Event::RulesPublished { rules }.act(), monday()).unwrap();
    assert_eq!(platform.decide(&preview(None), monday()).rows, Some(2));
}

#[test]
fn denials_of_nobody_in_particular_are_counted_and_others_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("p");
    let (platform, pem) = platform(&dir, &policy(), |_| {});
    let size = platform.with_state(State::index);
    for _ in 0..500 {
        let nobody = Request { user: None, ..request() };
        assert_eq!(platform.admit(&nobody, monday()).unwrap().index, None);
        let nothing = Request { user: None, ..Request::new("no-such-data", Action::Download) };
        assert_eq!(platform.admit(&nothing, monday()).unwrap().index, None);
    }
    assert_eq!(platform.with_state(State::index), size);
    // An hour later the counts go into the log, before what is asked then.
    let later = at("2026-11-23T03:00:00");
    let named = Request { user: Some("91610131MA6U1111X1".into()), ..request() };
    assert_eq!(platform.admit(&named, later).unwrap().index, Some(size + 1));
    let nobody = Request { user: None, ..request() };
    platform.admit(&nobody, later).unwrap();
    platform.checkpoint().unwrap();
    // What no window ended is recorded when the platform is let go.
    drop(platform);
    let platform = Platform::open(&dir, signer(&pem)).unwrap();
    assert_eq!(platform.with_state(State::index), size + 3);
    platform.checkpoint().unwrap();
    let report = audit(&dir, None, None, Calendar::builtin(), later).unwrap();
    assert_eq!((report.findings, report.counted_denials, report.decisions), (vec![], 1001, 1));
}

#[test]
fn while_the_log_fails_everything_is_denied_and_after_it_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("p");
    let (platform, _) = platform(&dir, &policy(), |_| {});
    break_log(&dir);
    for request in [download(), request()] {
        assert_eq!(platform.admit(&request, monday()).unwrap_err().code(), "KF-GATE-02");
    }
    // The disk is still away.
    let (segments, away) = (dir.join(LEDGER).join("segments"), folder.path().join("away"));
    std::fs::rename(&segments, &away).unwrap();
    assert!(platform.recover(monday()).is_err());
    assert_eq!(platform.admit(&download(), monday()).unwrap_err().code(), "KF-GATE-02");
    std::fs::rename(&away, &segments).unwrap();
    platform.recover(monday()).unwrap();
    let admitted = platform.admit(&download(), monday()).unwrap();
    assert!(admitted.decision.permit && !admitted.degraded);
    platform.complete(admitted.index.unwrap(), Outcome::new(true, 1, 1), monday()).unwrap();
    platform.checkpoint().unwrap();
    assert_eq!(audit(&dir, None, None, Calendar::builtin(), monday()).unwrap().findings, []);
}

#[test]
fn where_the_policy_says_so_unconditional_data_goes_out_counted() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("p");
    let serve = policy().with_interpretation("degraded_unconditional", "serve_and_count").unwrap();
    // The assessments of this test are made under the default readings; the new ones answer alike.
    let (platform, _) = platform(&dir, &policy(), |_| {});
    let signed = platform.sign_off(&platform.upgrade(&serve, monday()).unwrap()).unwrap();
    platform.adopt(&actor(Role::Authority), &serve, Some(&signed), monday()).unwrap();
    break_log(&dir);
    for _ in 0..3 {
        let admitted = platform.admit(&download(), monday()).unwrap();
        assert!(admitted.decision.permit && admitted.degraded && admitted.index.is_none());
    }
    assert_eq!(platform.admit(&request(), monday()).unwrap_err().code(), "KF-GATE-02", "A32(3)");
    let denied = Request { via: Via::Other, ..download() };
    assert!(platform.admit(&denied, monday()).is_err(), "what is denied stays denied");
    platform.recover(monday()).unwrap();
    platform.checkpoint().unwrap();
    let report = audit(&dir, None, None, Calendar::builtin(), monday()).unwrap();
    assert_eq!((report.degraded, report.findings), (3, vec![]));

    // An event that may not be on the disk is no ground to serve anything on.
    break_log(&dir);
    let suspended =
        Event::DatasetSuspended { dataset: DATASET.into(), ground: SuspensionGround::Risk, complaint: None };
    assert!(platform.act(&suspended.act(), monday()).is_err());
    assert_eq!(platform.admit(&download(), monday()).unwrap_err().code(), "KF-GATE-02");
    platform.recover(monday()).unwrap();
    assert_eq!(headline(&platform.decide(&request(), monday())), "permit", "the event is not in the log");
}

#[test]
fn a_snapshot_is_a_shortcut_and_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("p");
    let (platform, pem) = platform(&dir, &policy(), |_| {});
    let admitted = platform.admit(&request(), monday()).unwrap();
    let recorded = platform.snapshot(monday()).unwrap();
    platform.complete(admitted.index.unwrap(), Outcome::new(true, 100, 10), monday()).unwrap();
    platform.checkpoint().unwrap();
    let whole = platform.with_state(State::snapshot).unwrap();
    drop(platform);
    let file = dir.join("snapshots").join(format!("{:020}.state", recorded.index));
    assert!(file.is_file());
    let open = || Platform::open(&dir, signer(&pem)).unwrap().with_state(State::snapshot).unwrap();
    assert_eq!(open(), whole);

    // Another state under its name is not believed: the log gives the true one.
    let mut other = State::restore(&std::fs::read(&file).unwrap()).unwrap();
    other
        .act(&policy(), &Event::AuthorityFiled { authority: "x".into(), district: "y".into() }.act(), monday())
        .unwrap();
    std::fs::write(&file, other.snapshot().unwrap()).unwrap();
    assert_eq!(open(), whole);
    let bytes = std::fs::read(&file).unwrap();
    for cut in [0, 1, 16, 17, bytes.len() / 2, bytes.len() - 1] {
        std::fs::write(&file, &bytes[..cut]).unwrap();
        assert_eq!(open(), whole, "cut at {cut}");
    }
    let report = audit(&dir, None, None, Calendar::builtin(), monday()).unwrap();
    assert_eq!(report.findings, []);
}

#[test]
fn hostile_snapshots_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (platform, _) = platform(&folder.path().join("p"), &policy(), |_| {});
    let bytes = platform.with_state(State::snapshot).unwrap();
    for cut in 0..bytes.len() {
        assert!(State::restore(&bytes[..cut]).is_err(), "{cut}");
    }
    // A changed byte is another state or none; never a panic.
    for place in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[place] ^= 0xff;
        let _ = State::restore(&changed);
    }
    assert_eq!(State::restore(b"").unwrap_err().code(), "KF-PROCESS-30");
}

fn worker(platform: &Platform, name: &str) -> Worker {
    let key = Arc::new(Ed25519Key::generate().unwrap().0);
    platform.open_use_log(name, key.public_key(), monday()).unwrap();
    Worker::open(platform.dir(), name, Box::new(key), Some(jiff::SignedDuration::from_secs(5))).unwrap()
}

#[test]
fn workers_obey_a_suspension_at_once_and_count_quotas_together() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("p");
    let (platform, _) = platform(&dir, &policy(), |grant| grant.rows = Some(250));
    let workers = [worker(&platform, "worker-1"), worker(&platform, "worker-2")];
    assert_eq!(platform.admit(&request(), monday()).unwrap_err().code(), "KF-GATE-13");

    // Two hundred of 250 rows through two logs; a third hundred through neither.
    let intents: Vec<u64> =
        workers.iter().map(|worker| worker.admit(&request(), monday()).unwrap().index.unwrap()).collect();
    for worker in &workers {
        let denied = worker.admit(&request(), monday()).unwrap();
        assert_eq!(headline(&denied.decision), "quota_exceeded");
        assert_eq!(denied.decision.uses_seen.len(), 2);
    }
    workers[0].complete(intents[0], Outcome::new(true, 40, 400), monday()).unwrap();
    assert!(workers[1].admit(&request(), monday()).unwrap().decision.permit, "60 rows were not used");
    workers[1].complete(intents[1], Outcome::new(true, 100, 400), monday()).unwrap();
    assert_eq!(workers[0].complete(99, Outcome::new(true, 1, 1), monday()).unwrap_err().code(), "KF-PROCESS-19");

    // A32(5): written by one process, obeyed by the next admission of every other.
    let suspended =
        Event::DatasetSuspended { dataset: FIGURES.into(), ground: SuspensionGround::Risk, complaint: None };
    let before = workers[0].admit(&download(), monday()).unwrap();
    assert!(before.decision.permit);
    workers[0].complete(before.index.unwrap(), Outcome::new(true, 1, 1), monday()).unwrap();
    platform.act(&suspended.act(), monday()).unwrap();
    for worker in &workers {
        let named = Request { user: Some(USER.into()), ..download() };
        assert_eq!(headline(&worker.admit(&named, monday()).unwrap().decision), "suspended");
    }

    // Longer than its bound without a look at the state, a worker decides nothing.
    let worker = &workers[0];
    let ten = Request { rows: Some(10), ..request() };
    assert_eq!(headline(&worker.decide(&ten, at("2026-11-23T02:00:05"))), "permit");
    let behind = worker.decide(&ten, at("2026-11-23T02:00:06"));
    assert_eq!((headline(&behind), behind.denials[0].rule.as_str()), ("error", "KF-GATE-11"));
    worker.refresh(at("2026-11-23T02:00:06")).unwrap();
    assert_eq!(headline(&worker.decide(&ten, at("2026-11-23T02:00:06"))), "permit");

    // The audit decides all of it again, each on the state and the uses that it saw.
    platform.checkpoint().unwrap();
    workers.iter().for_each(|worker| drop(worker.checkpoint().unwrap()));
    let report = audit(&dir, None, None, Calendar::builtin(), monday()).unwrap();
    let found: Vec<(&str, Option<&str>)> =
        report.findings.iter().map(|finding| (finding.code.as_str(), finding.log.as_deref())).collect();
    assert_eq!(found, [("intent_without_result", Some("worker-2"))]);
    assert_eq!((report.decisions, report.permits, report.use_logs.len()), (8, 4, 2));
    let used = summary(&dir, &UsageQuery { dataset: Some(DATASET.into()), ..UsageQuery::default() }).unwrap();
    assert_eq!((used.calls, used.rows), (2, 140));
}

#[test]
fn threads_share_a_platform_and_each_finds_its_record() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("p");
    let (platform, _) = platform(&dir, &policy(), |grant| {
        grant.rows = Some(1000);
        grant.pages = Some(4);
    });
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..20 {
                    let admitted = platform.admit(&download(), monday()).unwrap();
                    assert_eq!(admitted.decision.state_index, admitted.index);
                    platform.complete(admitted.index.unwrap(), Outcome::new(true, 1, 1), monday()).unwrap();
                    platform.admit(&Request { rows: Some(1), ..request() }, monday()).unwrap();
                }
            });
        }
    });
    platform.checkpoint().unwrap();
    let report = audit(&dir, None, None, Calendar::builtin(), monday()).unwrap();
    // Four pages were granted, to whichever came first; each decision is the one that its state gives.
    let open = report.findings.iter().filter(|finding| finding.code == "intent_without_result").count();
    assert_eq!((open, report.findings.len(), report.decisions, report.permits), (4, 4, 320, 164));
}

#[test]
fn a_log_of_uses_that_the_state_does_not_name_is_refused_and_found() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("p");
    let (platform, _) = platform(&dir, &policy(), |_| {});
    let known = worker(&platform, "worker-1");
    let stranger = Ed25519Key::generate().unwrap().0;
    let refused = Worker::open(&dir, "worker-1", Box::new(stranger), None).unwrap_err();
    assert_eq!(refused.code(), "KF-GATE-12");
    let taken = platform.open_use_log("worker-1", &platform.public_key().unwrap(), monday()).unwrap_err();
    assert_eq!(taken.code(), "KF-PROCESS-03");
    for bad in ["", "../x", "A", "13800138000"] {
        assert_eq!(
            platform.open_use_log(bad, &platform.public_key().unwrap(), monday()).unwrap_err().code(),
            "KF-PROCESS-17"
        );
    }
    drop(known);
    let (key, _) = Ed25519Key::generate().unwrap();
    let config = crate::ledger::LedgerConfig { origin: "x".into(), profile: crate::ledger::Profile::Intl };
    drop(crate::ledger::Ledger::create(dir.join("uses/smuggled"), &config, Box::new(key)).unwrap());
    platform.checkpoint().unwrap();
    let report = audit(&dir, None, None, Calendar::builtin(), monday()).unwrap();
    let found: Vec<&str> = report.findings.iter().map(|finding| finding.code.as_str()).collect();
    assert_eq!(found, ["use_log_unknown"]);
}

#[test]
fn a_person_is_a_commitment_and_can_be_erased() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("p");
    let (platform, _) = platform(&dir, &policy(), |_| {});
    let host = actor(Role::Platform);
    let (person, _) = platform.register_person(&host, "610102199003071234", monday()).unwrap();
    let (again, _) = platform.register_person(&host, "610102199003071234", monday()).unwrap();
    assert_ne!(person, again, "salted: the same number is another commitment");
    assert_eq!(platform.with_state(|state| state.user_kind(&person.to_string())), Some(UserKind::NaturalPerson));
    let plain = Event::UserRegistered { user: "zhang-san".into(), kind: UserKind::NaturalPerson };
    assert_eq!(platform.act(&plain.act(), monday()).unwrap_err().code(), "KF-PROCESS-26");

    let used = Request { user: Some(person.to_string()), ..download() };
    let admitted = platform.admit(&used, monday()).unwrap();
    platform.complete(admitted.index.unwrap(), Outcome::new(true, 1, 1), monday()).unwrap();
    platform.erase_person(&host, &person, monday()).unwrap();
    assert_eq!(platform.erase_person(&host, &person, monday()).unwrap_err().code(), "KF-LEDGER-22");
    platform.checkpoint().unwrap();
    let report = audit(&dir, None, None, Calendar::builtin(), monday()).unwrap();
    assert_eq!((report.findings, report.erased, report.verified.blobs_gone), (vec![], vec![person], 1));
    // What is gone without a record of it is a finding.
    let file = dir.join(LEDGER).join("blobs").join(again.to_string().replace(':', "-"));
    std::fs::remove_file(file).unwrap();
    let report = audit(&dir, None, None, Calendar::builtin(), monday()).unwrap();
    assert_eq!(report.findings.len(), 1);
    assert_eq!((report.findings[0].code.as_str(), &report.findings[0].subject), ("blob_gone", &again.to_string()));
}

#[test]
fn a40_a_policy_that_changes_the_catalog_is_signed_off_first() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("p");
    let lax = policy().with_interpretation("deidentified_may_be_unconditional", "yes").unwrap();
    let (key, _) = Ed25519Key::generate().unwrap();
    let platform = Platform::init(&dir, &lax, "data.example", Box::new(key), monday()).unwrap();
    let act = |json: serde_json::Value| platform.act_json(&json.to_string(), monday()).unwrap();
    let by = serde_json::json!({ "role": "opening_body", "id": BODY });
    for (dataset, chosen) in [("people-open", "unconditional"), ("people-kept", "conditional")] {
        let assertions: Vec<serde_json::Value> = people()
            .iter()
            .map(|(fact, value)| {
                let evidence = digest("evidence");
                serde_json::json!({ "v": 1, "fact": fact, "value": value, "by": "assessor-7",
                    "at": monday(), "evidence": evidence })
            })
            .collect();
        act(serde_json::json!({ "by": by, "event": "dataset_assessed", "dataset": dataset,
            "content": digest(dataset), "assertions": assertions, "chosen": chosen, "assessor": "assessor-7",
            "approval": digest("approval") }));
        let mut entry = entry(
            &assessed(dataset, &people(), Some(Openness::Conditional), digest(dataset), monday()),
            &[AccessWay::Api, AccessWay::ModelResult],
        );
        (entry.openness, entry.assessment, entry.content) = (None, None, None);
        act(serde_json::json!({ "by": by, "event": "entry_listed", "entry": entry }));
        act(serde_json::json!({ "by": by, "event": "dataset_opened", "dataset": dataset, "content": digest(dataset) }));
    }
    // What was left out is filled in, the day of the assessment too: by it the next review of the catalog is due.
    let listed = platform.with_state(|state| state.entry("people-open")).unwrap();
    let filled = (listed.openness, listed.content, listed.assessed);
    assert_eq!(filled, (Some(Openness::Unconditional), Some(digest("people-open")), Some(legal_date(monday()))));
    let anybody = Request { action: Action::Api, ..Request::new("people-open", Action::Api) };
    assert!(platform.decide(&anybody, monday()).permit);

    // The stricter reading takes `unconditional` out of both sets.
    let authority = actor(Role::Authority);
    let report = platform.upgrade(&policy(), monday()).unwrap();
    let changes: Vec<(&str, bool)> =
        report.changes.iter().map(|change| (change.dataset.as_str(), change.goes_on)).collect();
    assert_eq!((changes, report.unchanged), (vec![("people-open", false), ("people-kept", true)], 0));
    let witness = &report.changes[0].witness;
    assert_eq!(witness.get("desensitization"), Some(&"deidentified".into()));
    assert_eq!(report.changes[0].after.permitted, [Openness::Withheld, Openness::Conditional]);
    let refused = platform.adopt(&authority, &policy(), None, monday()).unwrap_err();
    assert_eq!(refused.code(), "KF-GATE-10");
    let other = platform.adopt(&authority, &policy(), Some(&digest("something else")), monday()).unwrap_err();
    assert_eq!(other.code(), "KF-GATE-10");
    let signed = platform.sign_off(&report).unwrap();
    assert!(refused.to_string().contains(&signed.to_string()));
    platform.adopt(&authority, &policy(), Some(&signed), monday()).unwrap();

    // What is no longer permitted waits for its assessment; the other goes on.
    assert_eq!(headline(&platform.decide(&anybody, monday())), "not_assessed");
    let kept = Request { user: Some(USER.into()), ..Request::new("people-kept", Action::Api) };
    assert_eq!(headline(&platform.decide(&kept, monday())), "no_application");
    platform.checkpoint().unwrap();
    let report = audit(&dir, None, None, Calendar::builtin(), monday()).unwrap();
    let found: Vec<(&str, &str)> =
        report.findings.iter().map(|finding| (finding.code.as_str(), finding.subject.as_str())).collect();
    assert_eq!(found, [("not_assessed", "people-open")]);
}

#[test]
fn a30_a_bundle_shows_a_dataset_with_nothing_else_at_hand() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("p");
    let (platform, _) = platform(&dir, &policy(), |_| {});
    let admitted = platform.admit_with_receipt(&request(), monday()).unwrap();
    let receipt = admitted.receipt.as_ref().unwrap();
    assert_eq!(Some(receipt.index), admitted.index);
    platform.complete(admitted.index.unwrap(), Outcome::new(true, 100, 10), monday()).unwrap();
    platform.admit(&Request { user: Some("91610131MA6U1111X1".into()), ..request() }, monday()).unwrap();
    platform.admit(&download(), monday()).unwrap();
    platform.checkpoint().unwrap();
    let key = platform.public_key().unwrap();
    let whole = bundle(&dir, DATASET).unwrap();
    let json = serde_json::to_vec(&whole).unwrap();
    let read = crate::audit::Bundle::from_json(&json).unwrap();
    assert_eq!(read, whole);
    let report = read.verify(Some(&key)).unwrap();
    assert!(report.clean, "{report:?}");
    // Adoption, three acts of opening, four of the application, two decisions, one result; nothing of the other dataset.
    assert_eq!((report.records, report.decisions), (10, 2));

    // Another key, a changed record, a record under another head, a changed policy, a record left out of the middle.
    let stranger = Ed25519Key::generate().unwrap().0;
    assert!(whole.verify(Some(stranger.public_key())).is_err());
    let mut changed = whole.clone();
    changed.state.records[3].record.0[40] ^= 1;
    assert!(changed.verify(Some(&key)).is_err());
    let mut swapped = whole.clone();
    swapped.state.records.swap(2, 3);
    assert!(swapped.verify(Some(&key)).is_err());
    let mut policy = whole.clone();
    policy.policies.values_mut().for_each(|text| text.push('\n'));
    assert!(!policy.verify(Some(&key)).unwrap().clean);
    let mut without = whole.clone();
    without.state.records.remove(5);
    assert!(!without.verify(Some(&key)).unwrap().clean, "without the application the permit is none");
    // What is shown of one dataset does not pass for another's.
    let renamed = crate::audit::Bundle { dataset: FIGURES.into(), ..whole.clone() };
    assert_eq!(renamed.verify(Some(&key)).unwrap_err().code(), "KF-GATE-07");
}

#[test]
fn a30_a_bundle_holds_no_decision_that_saw_more_than_the_signed_heads_cover() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("p");
    let (platform, _) = platform(&dir, &policy(), |_| {});
    let worker = worker(&platform, "worker-1");
    let key = platform.public_key().unwrap();
    let shown = |dir: &Path| bundle(dir, FIGURES).unwrap().verify(Some(&key)).unwrap();
    let named = Request { user: Some(USER.into()), ..download() };
    assert!(worker.admit(&named, monday()).unwrap().decision.permit);
    platform.checkpoint().unwrap();
    worker.checkpoint().unwrap();
    assert_eq!((shown(&dir).decisions, shown(&dir).clean), (1, true));

    // An act that the next decision saw is under no head yet.
    let suspended =
        Event::DatasetSuspended { dataset: DATASET.into(), ground: SuspensionGround::Risk, complaint: None };
    platform.act(&suspended.act(), monday()).unwrap();
    assert!(worker.admit(&named, monday()).unwrap().decision.permit);
    worker.checkpoint().unwrap();
    assert_eq!((shown(&dir).decisions, shown(&dir).clean), (1, true));
    // Whoever puts it in all the same shows a decision on a state that nobody can see.
    let before = bundle(&dir, FIGURES).unwrap().state;
    platform.checkpoint().unwrap();
    let mut whole = bundle(&dir, FIGURES).unwrap();
    assert_eq!(whole.verify(Some(&key)).unwrap().decisions, 2);
    whole.state = before;
    assert_eq!(whole.verify(Some(&key)).unwrap().differ, [(Some("worker-1".to_owned()), 1)]);
}

#[test]
fn a25_the_draft_of_a_risk_report_is_what_the_log_has_and_lacks_what_only_the_user_knows() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("p");
    let (platform, _) = platform(&dir, &policy(), |_| {});
    let rules = Box::new(RulesOfUse { risk_report_months: Some(6), ..RulesOfUse::default() });
    platform.act(&Event::RulesPublished { rules }.act(), monday()).unwrap();
    for rows in [30, 70] {
        let admitted = platform.admit(&Request { rows: Some(rows), ..request() }, monday()).unwrap();
        platform.complete(admitted.index.unwrap(), Outcome::new(true, rows, 10 * rows), monday()).unwrap();
    }
    let mut draft =
        RiskAssessmentReport::draft(&dir, "app-1", "2026-11-01".parse().unwrap(), "2026-11-23".parse().unwrap())
            .unwrap();
    assert_eq!(
        (draft.kinds.as_slice(), draft.calls, draft.rows, draft.bytes),
        (&[DATASET.to_owned()][..], 2, 100, 1000)
    );
    let file = |report: &RiskAssessmentReport| {
        platform.act(&Event::RiskReportFiled { report: Box::new(report.clone()) }.act(), monday())
    };
    assert_eq!(file(&draft).unwrap_err().code(), "KF-PROCESS-16", "A25.2 names what it contains");
    draft.activities = vec!["按区汇总".into()];
    draft.risks = vec!["人员变动".into()];
    draft.measures = vec!["离职交接".into()];
    file(&draft).unwrap();

    // A25, A35: overdue is a duty that proposes a rectification.
    let overdue = platform.duties(Some(USER), at("2027-05-25T02:00:00")).unwrap();
    assert!(overdue.iter().all(|duty| duty.code != "risk_report"), "the report of the first half was filed");
    let mut found = Vec::new();
    uses(&dir, &UsageQuery { user: Some(USER.into()), ..UsageQuery::default() }, &mut |used| found.push(used)).unwrap();
    assert_eq!(found.len(), 2);
    assert!(found.iter().all(|used| used.application.as_deref() == Some("app-1") && used.outcome.is_some()));
    let none = UsageQuery { action: Some(Action::Download), ..UsageQuery::default() };
    assert_eq!(summary(&dir, &none).unwrap().calls, 0);
}

#[test]
fn a_quick_answer_is_the_decision_written_out() {
    let folder = tempfile::tempdir().unwrap();
    let (platform, _) = platform(folder.path(), &policy(), |_| {});
    let gate = Gate::new(policy());
    platform.with_state(|state| {
        for action in
            [Action::Query, Action::Preview, Action::Download, Action::Api, Action::ModelResult, Action::Other]
        {
            for dataset in [DATASET, FIGURES, "unknown"] {
                for user in [None, Some(USER), Some("91610131MA6U1111X1")] {
                    for (purpose, rows) in [(None, None), (Some(PURPOSE), Some(1)), (Some("转售"), Some(5000))] {
                        let request = Request {
                            user: user.map(str::to_owned),
                            purpose: purpose.map(str::to_owned),
                            fields: vec!["age".to_owned()],
                            rows,
                            ..Request::new(dataset, action)
                        };
                        let answer = gate.answer(state, &Default::default(), &request, monday());
                        let decision = decide(&policy(), state, &request, monday());
                        assert_eq!(answer.permit(), decision.permit, "{request:?}");
                        assert_eq!(answer.rows(), decision.rows);
                        let facts = facts_of(&policy(), state, &request, legal_date(monday()));
                        let plain = decide_facts(&policy(), &facts, monday());
                        assert_eq!((plain.permit, &plain.denials), (decision.permit, &decision.denials));
                        assert_eq!(plain.open, decision.open);
                        assert_eq!((plain.duties, plain.notices), (decision.duties, decision.notices));
                    }
                }
            }
        }
        // A count that no record can hold is not permitted.
        for (rows, permit) in [((1 << 53) - 1, true), (1 << 53, false), (u64::MAX, false)] {
            let request = Request { rows: Some(rows), ..download() };
            assert_eq!(gate.answer(state, &Default::default(), &request, monday()).permit(), permit, "{rows}");
            assert_eq!(decide(&policy(), state, &request, monday()).permit, permit, "{rows}");
        }
    });
}

#[test]
fn who_may_do_what_is_held() {
    let folder = tempfile::tempdir().unwrap();
    let (platform, _) = platform(folder.path(), &policy(), |_| {});
    let refused = |by: Actor, event: Event| platform.event(&by, event, monday()).unwrap_err().code();
    let suspended =
        || Event::DatasetSuspended { dataset: DATASET.into(), ground: SuspensionGround::Risk, complaint: None };
    assert_eq!(refused(actor(Role::DataUser), suspended()), "KF-PROCESS-22");
    assert_eq!(refused(Actor::new(Role::OpeningBody, "another-body"), suspended()), "KF-PROCESS-23");
    platform
        .act(&Event::AuthorityFiled { authority: "yanta".into(), district: "610113".into() }.act(), monday())
        .unwrap();
    assert_eq!(refused(Actor::new(Role::Authority, "yanta"), suspended()), "KF-PROCESS-23", "a municipal dataset");
    let rules = Event::RulesPublished { rules: Box::default() };
    assert_eq!(refused(Actor::new(Role::Authority, "yanta"), rules), "KF-PROCESS-23", "A15: the municipal authority");
    assert_eq!(refused(Actor::new(Role::OpeningBody, "13800138000"), suspended()), "KF-PROCESS-17");
    let evidence: Digest = digest("x");
    let complaint = Event::ComplaintReceived { complaint: "c-1".into(), dataset: DATASET.into(), evidence };
    platform.event(&actor(Role::Public), complaint, monday()).unwrap();
    let verified = Event::ComplaintVerified { complaint: "c-1".into(), finding: evidence };
    assert_eq!(refused(Actor::new(Role::OpeningBody, "another-body"), verified), "KF-PROCESS-23");
}
