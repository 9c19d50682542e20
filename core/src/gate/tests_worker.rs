//! Workers beside a writer whose disk, directory or process is not what it should be.

use std::fs;

use super::super::LEDGER;
use super::super::uses::{USES, use_logs};
use super::*;
use crate::audit::{UsageQuery, audit, bundle, summary};
use crate::calendar::Calendar;
use crate::crypto::Ed25519Key;
use crate::error::Explain as _;
use crate::process::Act;
use crate::process::support::*;
use crate::process::{Event, State, SuspensionGround};
use crate::terms::{AccessWay, Action, Openness, Reviewer};

const DATASET: &str = "xa-resident";
const FIGURES: &str = "xa-population-figures";

/// One dataset of people open on conditions with an approved application for a thousand rows, one of figures open to all.
fn platform(dir: &Path) -> Platform {
    let (key, _) = Ed25519Key::generate().unwrap();
    let platform = Platform::init(dir, &policy(), "data.example/platform", Box::new(key), monday()).unwrap();
    let done = |act: Act| platform.act(&act, monday()).unwrap_or_else(|error| panic!("{}: {error}", act.event.id()));
    for event in opening(DATASET, &people(), Openness::Conditional, &[AccessWay::Api, AccessWay::ModelResult], monday())
    {
        done(event.act());
    }
    for event in opening(FIGURES, &facts("{}"), Openness::Unconditional, &[AccessWay::Download], monday()) {
        done(event.act());
    }
    done(filed(&application("app-1", DATASET)).act());
    for by in [Reviewer::OpeningBody, Reviewer::Authority] {
        done(reviewed("app-1", by, true, None));
    }
    platform
}

fn worker(platform: &Platform, name: &str) -> Worker {
    let key = Arc::new(Ed25519Key::generate().unwrap().0);
    platform.open_use_log(name, key.public_key(), monday()).unwrap();
    Worker::open(platform.dir(), name, Box::new(key), Some(SignedDuration::from_secs(5))).unwrap()
}

/// A quota bounds it.
fn bounded() -> Request {
    let (user, purpose) = (Some(USER.to_owned()), Some(PURPOSE.to_owned()));
    Request { user, purpose, rows: Some(100), ..Request::new(DATASET, Action::Api) }
}

fn download() -> Request {
    Request::new(FIGURES, Action::Download)
}

fn records(platform: &Platform, name: &str) -> u64 {
    Ledger::open(use_log(platform.dir(), name), None).unwrap().size()
}

#[test]
fn a_decision_is_not_recorded_before_the_state_that_it_names_is_durable() {
    let folder = tempfile::tempdir().unwrap();
    let platform = platform(&folder.path().join("p"));
    let worker = worker(&platform, "worker-1");
    worker.admit(&download(), monday()).unwrap();
    worker.platform.break_disk();
    // What was made durable stays so.
    worker.admit(&download(), monday()).unwrap();
    let suspended =
        Event::DatasetSuspended { dataset: DATASET.into(), ground: SuspensionGround::Risk, complaint: None };
    platform.act(&suspended.act(), monday()).unwrap();
    for request in [download(), Request { user: Some(USER.into()), ..bounded() }] {
        assert_eq!(worker.admit(&request, monday()).unwrap_err().code(), "KF-GATE-02");
    }
    assert_eq!(records(&platform, "worker-1"), 2, "neither a permit nor a denial names what a crash could lose");
}

#[test]
fn a_decision_is_not_recorded_before_the_uses_that_it_names_are_durable() {
    let folder = tempfile::tempdir().unwrap();
    let platform = platform(&folder.path().join("p"));
    let workers = [worker(&platform, "worker-1"), worker(&platform, "worker-2")];
    workers[0].admit(&bounded(), monday()).unwrap();
    workers[1].admit(&bounded(), monday()).unwrap();
    workers[0].admit(&bounded(), monday()).unwrap();
    lock(&workers[1].uses).others.get_mut("worker-1").unwrap().follower.break_disk();
    assert_eq!(workers[1].admit(&bounded(), monday()).unwrap_err().code(), "KF-GATE-02");
    assert_eq!(records(&platform, "worker-2"), 1);
    // What no quota bounds names no other log.
    workers[1].admit(&download(), monday()).unwrap();
}

/// A22.2: another thread may have read of the approval since it was asked whether a quota decides.
#[test]
fn what_a_quota_bounds_is_never_decided_out_of_turn() {
    let folder = tempfile::tempdir().unwrap();
    let platform = platform(&folder.path().join("p"));
    let worker = worker(&platform, "worker-1");
    assert!(worker.admit_now(&bounded(), monday(), false).unwrap().is_none());
    assert_eq!(records(&platform, "worker-1"), 0);
    assert!(worker.admit_now(&download(), monday(), false).unwrap().unwrap().decision.permit);
    assert_eq!(worker.admit(&bounded(), monday()).unwrap().index, Some(1));
}

#[test]
fn a_worker_that_records_decides_nothing_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let platform = platform(&folder.path().join("p"));
    let worker = worker(&platform, "worker-1");
    worker.refresh(monday()).unwrap();
    for request in [download(), bounded()] {
        assert_eq!(worker.decide_at_once(&request, monday()), Some(worker.decide(&request, monday())));
    }
    let recording = lock(&worker.uses);
    assert_eq!(worker.decide_at_once(&download(), monday()), None);
    drop(recording);
    let changing = worker.platform.live.write().unwrap();
    assert_eq!(worker.decide_at_once(&download(), monday()), None);
    drop(changing);
    let late = monday() + SignedDuration::from_hours(1);
    assert!(!worker.decide_at_once(&download(), late).unwrap().permit, "what was read too long ago denies");
}

#[test]
fn a_retired_workers_log_is_opened_again_by_its_key_and_its_intents_completed() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("p");
    let platform = platform(&dir);
    let (key, pem) = Ed25519Key::generate().unwrap();
    platform.open_use_log("retired", key.public_key(), monday()).unwrap();
    let retired = Worker::open(&dir, "retired", Box::new(key), None).unwrap();
    let done = retired.admit(&bounded(), monday()).unwrap().index.unwrap();
    retired.complete(done, Outcome::new(true, 100, 400), monday()).unwrap();
    // What a worker served, its user reports to that worker (A16).
    let owed = || {
        let duties = platform.duties(Some(USER), monday()).unwrap().into_iter();
        duties.map(|duty| duty.id).filter(|id| id.starts_with("use_report")).collect::<Vec<_>>()
    };
    assert_eq!(owed(), ["use_report:app-1"]);
    let report = UseReport {
        user: USER.to_owned(),
        dataset: DATASET.to_owned(),
        intent: Some(done),
        rows: 100,
        report: digest("report"),
    };
    retired.report_use(report, monday()).unwrap();
    assert_eq!(owed(), Vec::<String>::new());
    let open = retired.admit(&Request { rows: Some(900), ..bounded() }, monday()).unwrap().index.unwrap();
    drop(retired);

    // Until then the open intent holds what it asked for.
    let other = worker(&platform, "worker-1");
    assert!(!other.admit(&bounded(), monday()).unwrap().decision.permit);
    let (stranger, _) = Ed25519Key::generate().unwrap();
    assert_eq!(Worker::open(&dir, "retired", Box::new(stranger), None).unwrap_err().code(), "KF-GATE-12");
    let again = Worker::open(&dir, "retired", Box::new(Ed25519Key::from_pem(&pem).unwrap()), None).unwrap();
    assert_eq!(again.complete(done, Outcome::new(true, 1, 1), monday()).unwrap_err().code(), "KF-PROCESS-19");
    again.complete(open, Outcome::new(true, 300, 1200), monday()).unwrap();
    again.checkpoint().unwrap();
    drop(again);
    let admitted = other.admit(&Request { rows: Some(600), ..bounded() }, monday()).unwrap();
    assert!(admitted.decision.permit, "600 of 1000 rows were not used");
    other.complete(admitted.index.unwrap(), Outcome::new(true, 600, 2400), monday()).unwrap();
    other.checkpoint().unwrap();
    platform.checkpoint().unwrap();
    let report = audit(&dir, None, None, Calendar::builtin(), monday()).unwrap();
    assert_eq!((report.findings, report.results), (vec![], 3));
}

#[test]
fn a_worker_records_its_counts_once_a_window_whoever_asks_then() {
    let folder = tempfile::tempdir().unwrap();
    let platform = platform(&folder.path().join("p"));
    let worker = worker(&platform, "worker-1");
    let nobody = Request::new("no-such-data", Action::Download);
    assert_eq!(worker.admit(&nobody, monday()).unwrap().index, None);
    assert_eq!(records(&platform, "worker-1"), 0);
    // An hour later they go into the log, before what is asked then.
    assert_eq!(worker.admit(&download(), at("2026-11-23T03:00:00")).unwrap().index, Some(1));
}

#[test]
fn a_log_of_uses_is_there_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("p");
    let platform = platform(&dir);
    let first = worker(&platform, "worker-1");
    let (key, _) = Ed25519Key::generate().unwrap();
    let key = Arc::new(key);
    platform.open_use_log("worker-2", key.public_key(), monday()).unwrap();
    let open = || Worker::open(&dir, "worker-2", Box::new(Arc::clone(&key)), None);

    // A crash left a part of it: the others go on, the audit does not take it for a log, and it is made anew.
    let (half, whole) = (dir.join("uses/.worker-2.new"), dir.join("uses/worker-2"));
    fs::create_dir_all(half.join("segments")).unwrap();
    fs::write(half.join("segments/00000000.kfl"), b"KF").unwrap();
    assert!(first.admit(&bounded(), monday()).unwrap().decision.permit);
    assert_eq!(use_logs(&dir).unwrap(), ["worker-1"]);
    let second = open().unwrap();
    assert!(whole.is_dir() && !half.exists());
    assert!(second.admit(&bounded(), monday()).unwrap().decision.permit);
    second.checkpoint().unwrap();
    drop(second);

    // A part of a log is no log that has used nothing.
    fs::remove_file(whole.join("checkpoint")).unwrap();
    let error = first.admit(&bounded(), monday()).unwrap_err();
    assert_eq!(error.code(), "KF-GATE-02");
    assert!(error.to_string().contains("KF-LEDGER-03"), "{error}");
    assert_eq!(open().unwrap_err().code(), "KF-LEDGER-03");
}

/// A30: a quota is counted over every log of uses, so that a bundle without one of them does not show what it was.
#[test]
fn a_bundle_without_a_log_that_its_decisions_saw_is_not_clean() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("p");
    let platform = platform(&dir);
    let workers = [worker(&platform, "worker-1"), worker(&platform, "worker-2")];
    for worker in &workers {
        assert!(worker.admit(&bounded(), monday()).unwrap().decision.permit);
        worker.checkpoint().unwrap();
    }
    platform.checkpoint().unwrap();
    let key = platform.public_key().unwrap();
    let mut whole = bundle(&dir, DATASET).unwrap();
    let report = whole.verify(Some(&key)).unwrap();
    assert!(report.clean && report.decisions == 2, "{report:?}");
    whole.uses.remove("worker-1");
    let report = whole.verify(Some(&key)).unwrap();
    assert_eq!((report.differ, report.illegal), (vec![], vec![]), "the second permit would have been given alone");
    assert_eq!((report.missing_logs, report.clean), (["worker-1".to_owned()].into(), false));
}

#[test]
fn a_directory_that_cannot_be_listed_is_not_an_empty_one() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("p");
    drop(platform(&dir));
    let (uses, snapshots) = (dir.join(USES), dir.join("snapshots"));
    fs::write(&uses, b"no directory").unwrap();
    assert_eq!(audit(&dir, None, None, Calendar::builtin(), monday()).unwrap_err().code(), "KF-GATE-09");
    assert_eq!(summary(&dir, &UsageQuery::default()).unwrap_err().code(), "KF-GATE-09");
    assert_eq!(bundle(&dir, DATASET).unwrap_err().code(), "KF-GATE-09");
    fs::remove_file(&uses).unwrap();
    fs::write(&snapshots, b"no directory").unwrap();
    assert_eq!(Platform::open(&dir, None).unwrap_err().code(), "KF-GATE-09");
}

#[test]
fn who_only_reads_reads_on_before_it_decides_and_denies_where_it_cannot() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("p");
    let platform = platform(&dir);
    let reader = Platform::open(&dir, None).unwrap();
    assert!(reader.decide(&download(), monday()).permit);
    let suspended =
        Event::DatasetSuspended { dataset: FIGURES.into(), ground: SuspensionGround::Risk, complaint: None };
    platform.act(&suspended.act(), monday()).unwrap();
    let decision = reader.decide(&download(), monday());
    assert_eq!(decision.headline().unwrap().code, "suspended");
    assert_eq!(decision.state_index, Some(platform.with_state(State::index)));
    let query = Request::new(FIGURES, Action::Query);
    assert!(reader.decide(&query, monday()).permit);
    let decision = reader.decide(&bounded(), monday());
    assert_eq!((decision.application.as_deref(), decision.rows), (Some("app-1"), Some(100)));

    // What comes after is damaged: what was read before is no ground to permit.
    let segment = dir.join(LEDGER).join("segments/00000000.kfl");
    let before = fs::metadata(&segment).unwrap().len() as usize;
    platform.act(&Event::RulesPublished { rules: Box::default() }.act(), monday()).unwrap();
    let mut bytes = fs::read(&segment).unwrap();
    bytes[before + 30] ^= 1;
    fs::write(&segment, bytes).unwrap();
    let decision = reader.decide(&query, monday());
    let denial = decision.headline().unwrap();
    assert_eq!((denial.code.as_str(), denial.rule.as_str()), ("error", "KF-INTEGRITY-02"));
    assert!(!decision.permit);
    let decision = reader.decide(&bounded(), monday());
    assert_eq!((decision.permit, decision.application, decision.rows), (false, None, None));
}

#[test]
fn a_platform_is_made_where_nothing_is_yet() {
    let folder = tempfile::tempdir().unwrap();
    let deep = folder.path().join("a/b/p");
    drop(platform(&deep));
    assert!(Platform::open(&deep, None).is_ok());
}
