//! What the audit finds in a log that a dishonest or careless host wrote: the bytes are signed, the story is not true.

use super::walk::is_of;
use super::*;
use crate::crypto::Ed25519Key;
use crate::gate::{Body, Decision, LEDGER, Outcome, Platform, Record, Request, ServedCount, UseReport};
use crate::ledger::Ledger;
use crate::process::support::*;
use crate::process::{Event, ProcessError, Role};
use crate::terms::{AccessWay, Action, Openness};

const FIGURES: &str = "xa-population-figures";

/// A platform with one open dataset, after which `write` adds records to the log behind its back.
fn audited(write: impl FnOnce(&mut Ledger, Request, Decision, u64)) -> AuditReport {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("platform");
    let (key, pem) = Ed25519Key::generate().unwrap();
    let platform = Platform::init(&dir, &policy(), "data.example", Box::new(key), monday()).unwrap();
    for event in opening(FIGURES, &facts("{}"), Openness::Unconditional, &[AccessWay::Download], monday()) {
        platform.act(&event.act(), monday()).unwrap();
    }
    let mut request = Request::new(FIGURES, Action::Download);
    request.rows = Some(10);
    let decision = platform.decide(&request, monday());
    assert!(decision.permit);
    let index = platform.with_state(crate::process::State::index);
    drop(platform);
    let mut log = Ledger::open(dir.join(LEDGER), Some(Box::new(Ed25519Key::from_pem(&pem).unwrap()))).unwrap();
    write(&mut log, request, decision, index);
    log.checkpoint().unwrap();
    drop(log);
    audit(&dir, None, None, Calendar::builtin(), monday()).unwrap()
}

fn append(log: &mut Ledger, at: Instant, body: Body) {
    log.append(&Record::new(at, body).to_bytes().unwrap()).unwrap();
}

fn intent(request: &Request, decision: &Decision) -> Body {
    Body::Intent { request: Box::new(request.clone()), decision: Box::new(decision.clone()) }
}

fn found(report: &AuditReport) -> Vec<(&str, Option<u64>)> {
    report.findings.iter().map(|finding| (finding.code.as_str(), finding.index)).collect()
}

#[test]
fn an_honest_log_is_clean() {
    let report = audited(|log, request, decision, index| {
        append(log, monday(), intent(&request, &decision));
        let outcome = Outcome::new(true, 10, 100);
        append(log, monday(), Body::Result { intent: index, outcome });
    });
    assert_eq!(report.findings, []);
    assert!(report.clean);
    assert_eq!((report.events, report.decisions, report.permits, report.results), (4, 1, 1, 1));
}

#[test]
fn a_permit_that_the_policy_would_not_give_is_found() {
    let report = audited(|log, mut request, decision, _| {
        // The decision of one request, recorded for another.
        request.dataset = "never-listed".into();
        append(log, monday(), intent(&request, &decision));
    });
    assert_eq!(found(&report), [("decision_differs", Some(4)), ("intent_without_result", Some(4))]);
    assert!(report.findings[0].en.contains("now: deny"));
}

#[test]
fn a_permit_recorded_as_a_denial_is_found() {
    let report = audited(|log, request, decision, _| {
        append(log, monday(), Body::Denial { request: Box::new(request), decision: Box::new(decision) });
    });
    assert_eq!(found(&report), [("kind_differs", Some(4))]);
}

#[test]
fn more_rows_than_asked_and_an_intent_without_result_are_found() {
    let report = audited(|log, request, decision, index| {
        append(log, monday(), intent(&request, &decision));
        let outcome = Outcome::new(true, 11, 100);
        append(log, monday(), Body::Result { intent: index, outcome });
    });
    assert_eq!(found(&report), [("more_than_asked", Some(5))]);
    let report = audited(|log, request, decision, _| append(log, monday(), intent(&request, &decision)));
    assert_eq!(found(&report), [("intent_without_result", Some(4))]);
}

#[test]
fn results_and_reports_of_nothing_are_found() {
    let report = audited(|log, _, _, _| {
        append(log, monday(), Body::Result { intent: 2, outcome: Outcome::new(true, 1, 1) });
        let report = UseReport {
            user: USER.into(),
            dataset: FIGURES.into(),
            intent: Some(4),
            rows: 1,
            report: digest("report"),
        };
        append(log, monday(), Body::UseReport { report });
    });
    assert_eq!(found(&report), [("illegal_record", Some(4)), ("use_without_record", Some(5))]);
}

#[test]
fn illegal_moves_foreign_records_and_time_running_back_are_found() {
    let report = audited(|log, _, _, _| {
        let resumed = Event::DatasetResumed { dataset: FIGURES.into(), finding: digest("finding") };
        append(log, monday(), Body::Event { by: actor(Role::OpeningBody), event: Box::new(resumed) });
        log.append(br#"{"hello":"world"}"#).unwrap();
        let updated = Event::ContentUpdated { dataset: FIGURES.into(), content: digest("new") };
        append(log, at("2026-11-22T02:00:00"), Body::Event { by: actor(Role::OpeningBody), event: Box::new(updated) });
    });
    assert_eq!(
        found(&report),
        [
            ("illegal_record", Some(4)),
            ("unreadable_record", Some(5)),
            ("time_went_back", Some(6)),
            ("content_not_assessed", None)
        ]
    );
}

/// More different ones than a record holds are counted under no name: nobody is told that they were not unconditional.
#[test]
fn what_went_out_unrecorded_is_held_against_its_class_as_far_as_it_is_named() {
    let of = |datasets: &[&str]| {
        let count = |dataset: &&str| ServedCount { dataset: (*dataset).to_owned(), action: Action::Download, count: 2 };
        let counts: Vec<ServedCount> = datasets.iter().map(count).collect();
        let report = audited(|log, _, _, _| append(log, monday(), Body::Degraded { from: monday(), counts }));
        let found = report.findings.iter().map(|found| (found.cite.clone(), found.subject.clone()));
        (report.degraded, found.collect::<Vec<_>>())
    };
    let finding = |cite: &str, subject: &str| (cite.to_owned(), subject.to_owned());
    // The reading in force lets nothing out.
    let not_let = finding("A16", "degraded");
    assert_eq!(of(&[FIGURES]), (2, vec![not_let.clone()]));
    assert_eq!(of(&["", FIGURES]), (4, vec![finding("A16", "unnamed"), not_let.clone()]));
    assert_eq!(of(&["", "withheld"]), (4, vec![finding("A32(3)", "withheld"), finding("A16", "unnamed"), not_let]));
}

#[test]
fn a_snapshot_record_is_of_a_state_that_has_bytes_and_their_digest() {
    let (state, other) = (b"state".to_vec(), b"other".to_vec());
    let named = crate::crypto::sha256(&state);
    assert!(is_of(Ok(state), &named) && !is_of(Ok(other), &named));
    assert!(!is_of(Err(ProcessError::Full { what: "snapshot" }), &named));
}

/// A31: whoever names what was erased by the book a thousand times does not hide what was taken away.
#[test]
fn a_missing_blob_is_found_after_any_number_of_erased_ones() {
    let missing = digest("missing");
    let report = audited(|log, _, _, _| {
        let person = log.put_blob(&mut &b"person"[..]).unwrap();
        assert_eq!(log.put_blob(&mut &b"missing"[..]).unwrap(), missing);
        let naming = |blob| {
            let nothing = Body::Denials { from: monday(), counts: Vec::new() };
            Record { blobs: vec![blob], ..Record::new(monday(), nothing) }.to_bytes().unwrap()
        };
        log.append_batch(&vec![naming(person); 1000]).unwrap();
        log.append(&naming(missing)).unwrap();
        let erased = Event::IdentityErased { user: person };
        append(log, monday(), Body::Event { by: actor(Role::Platform), event: Box::new(erased) });
        log.erase_blob(&person).unwrap();
        log.erase_blob(&missing).unwrap();
    });
    let gone = report.findings.iter().filter(|found| found.code == "blob_gone").map(|found| found.subject.clone());
    assert_eq!(gone.collect::<Vec<_>>(), [missing.to_string()]);
    assert_eq!((report.verified.blobs_gone, report.verified.gone.len()), (1001, 1000));
}
