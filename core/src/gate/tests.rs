use super::*;
use crate::Error;
use crate::audit::audit;
use crate::calendar::Calendar;
use crate::crypto::{Ed25519Key, PublicKey, Signer};
use crate::ledger;
use crate::policy::{Facts, Policy};
use crate::process::State;
use crate::process::support::*;
use crate::process::{Assessment, ComplaintOutcome, Event, Role, SuspensionGround};
use crate::terms::{AccessWay, Action, Instant, Openness, Reviewer};
use std::path::Path;

const DATASET: &str = "xa-resident";
const FIGURES: &str = "xa-population-figures";

fn platform(dir: &Path) -> (Platform, zeroize::Zeroizing<String>) {
    let (key, pem) = Ed25519Key::generate().unwrap();
    let platform = Platform::init(dir, &policy(), "data.example/platform", Box::new(key), monday()).unwrap();
    (platform, pem)
}

fn signer(pem: &str) -> Option<Box<dyn Signer>> {
    Some(Box::new(Ed25519Key::from_pem(pem).unwrap()))
}

fn open_dataset(platform: &Platform, dataset: &str, facts: &Facts, class: Openness, ways: &[AccessWay]) {
    for event in opening(dataset, facts, class, ways, monday()) {
        platform.act(&event.act(), monday()).unwrap();
    }
}

fn request(action: Action) -> Request {
    Request {
        user: Some(USER.to_owned()),
        purpose: Some(PURPOSE.to_owned()),
        rows: Some(100),
        ..Request::new(DATASET, action)
    }
}

fn headline(decision: &Decision) -> (&str, &str) {
    decision.headline().map_or(("permit", ""), |reason| (reason.code.as_str(), reason.cite.as_str()))
}

fn codes(decision: &Decision) -> Vec<&str> {
    decision.denials.iter().map(|reason| reason.code.as_str()).collect()
}

fn suspended() -> Event {
    Event::DatasetSuspended { dataset: DATASET.into(), ground: SuspensionGround::Risk, complaint: None }
}

/// Steps 6–9: assess, choose, list, open, apply, review, decide, record, verify.
#[test]
fn from_the_assessment_to_a_recorded_decision_and_its_audit() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("platform");
    let (platform, pem) = platform(&dir);
    let key: PublicKey = platform.public_key().unwrap();
    open_dataset(&platform, DATASET, &people(), Openness::Conditional, &[AccessWay::Api, AccessWay::ModelResult]);

    // Nobody has applied yet.
    let admitted = platform.admit(&request(Action::Api), monday()).unwrap();
    assert_eq!(headline(&admitted.decision), ("no_application", "A26"));
    assert_eq!(admitted.decision.state_index, admitted.index, "decided on the state before its own record");

    // Approved by the body alone, then by the authority too (A8).
    platform.act(&filed(&application("app-1", DATASET)).act(), monday()).unwrap();
    platform.act(&reviewed("app-1", Reviewer::OpeningBody, true, None).act(), monday()).unwrap();
    let half = platform.decide(&request(Action::Api), monday());
    assert_eq!(headline(&half), ("application_not_approved", "A26"));
    platform.act(&reviewed("app-1", Reviewer::Authority, true, None).act(), monday()).unwrap();

    let permitted = platform.admit(&request(Action::Api), monday()).unwrap();
    assert!(permitted.decision.permit, "{:?}", permitted.decision.denials);
    assert_eq!(permitted.decision.application.as_deref(), Some("app-1"));
    assert!(permitted.decision.duties.iter().any(|duty| duty.code == "record"), "A32(3)");
    let notices: Vec<&str> = permitted.decision.notices.iter().map(|notice| notice.code.as_str()).collect();
    assert_eq!(notices, ["confirm_in_force"]);
    platform.complete(permitted.index.unwrap(), Outcome::new(true, 100, 5120), monday()).unwrap();

    let download = platform.admit(&request(Action::Download), monday()).unwrap();
    let refused = download.decision.denials.iter().find(|reason| reason.code == "conditional_no_download").unwrap();
    assert_eq!(refused.cite, "A22.2");
    let stranger = Request { user: Some("91610131MA6U1111X1".into()), ..request(Action::Api) };
    let stranger = platform.admit(&stranger, monday()).unwrap();
    assert_eq!(headline(&stranger.decision), ("no_application", "A26"));
    let nobody = platform.admit(&Request { user: None, ..request(Action::Api) }, monday()).unwrap();
    assert!(codes(&nobody.decision).contains(&"not_identified"));
    assert_eq!(nobody.index, None, "counted, not recorded one by one");
    platform.flush(monday()).unwrap();

    // The user reports what it used (A16).
    let report = UseReport {
        user: USER.into(),
        dataset: DATASET.into(),
        intent: permitted.index,
        rows: 100,
        report: digest("report"),
    };
    platform.report_use(report, monday()).unwrap();

    // A32(5): suspended, and denied from that record on.
    platform.act(&suspended().act(), monday()).unwrap();
    let after = platform.admit(&request(Action::Api), monday()).unwrap();
    assert_eq!(headline(&after.decision).0, "suspended");

    // Each decision is in the log, word for word.
    let head = platform.checkpoint().unwrap();
    let receipt = platform.receipt(permitted.index.unwrap()).unwrap();
    drop(platform);
    let log = ledger::Ledger::open(dir.join(LEDGER), None).unwrap();
    for admitted in [&permitted, &download, &stranger, &after] {
        let bytes = log.read(admitted.index.unwrap()).unwrap();
        let record = Record::from_bytes(&bytes).unwrap();
        let (Body::Intent { decision, .. } | Body::Denial { decision, .. }) = record.body else { panic!("a decision") };
        assert_eq!(*decision, admitted.decision);
    }
    ledger::verify_receipt(&log.read(permitted.index.unwrap()).unwrap(), &receipt, &key).unwrap();
    drop(log);

    let report = audit(&dir, Some(&key), Some(&head), Calendar::builtin(), monday()).unwrap();
    assert_eq!(report.findings, []);
    assert!(report.clean);
    assert_eq!((report.decisions, report.permits, report.results, report.use_reports), (5, 1, 1, 1));
    assert_eq!(report.counted_denials, 1);
    assert!(!report.verified.own_key);

    // Opening again folds the same state.
    let opened = Platform::open(&dir, signer(&pem)).unwrap();
    assert_eq!(opened.with_state(State::index), report.verified.size);
    assert_eq!(headline(&opened.decide(&request(Action::Api), monday())).0, "suspended");
    drop(opened);

    // One byte flipped anywhere in the records is found, and where.
    let segment = std::fs::read_dir(dir.join(LEDGER)).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = segment.collect();
    while let Some(folder) = files.iter().position(|path| path.is_dir()) {
        let folder = files.swap_remove(folder);
        files.extend(std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()));
    }
    files.retain(|path| path.extension().is_some_and(|kind| kind == "kfl"));
    let largest = files.iter().max_by_key(|path| path.metadata().unwrap().len()).unwrap();
    let mut bytes = std::fs::read(largest).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(largest, bytes).unwrap();
    let error = audit(&dir, Some(&key), None, Calendar::builtin(), monday()).unwrap_err();
    assert!(matches!(error, Error::Integrity(_)), "{error}");
    assert!(error.place().unwrap().contains("record"), "{:?}", error.place());
}

#[test]
fn unconditional_data_is_downloaded_without_an_application() {
    let folder = tempfile::tempdir().unwrap();
    let (platform, _) = platform(folder.path());
    open_dataset(&platform, FIGURES, &facts("{}"), Openness::Unconditional, &[AccessWay::Download]);
    let download = Request::new(FIGURES, Action::Download);
    let admitted = platform.admit(&download, monday()).unwrap();
    assert!(admitted.decision.permit, "{:?}", admitted.decision.denials);
    assert_eq!(admitted.decision.application, None);
    // The bytes that are about to be served are the assessed ones, or nothing is served.
    let same = Request { content: Some(digest(FIGURES)), ..download.clone() };
    assert!(platform.decide(&same, monday()).permit);
    let other = Request { content: Some(digest("another")), ..download.clone() };
    assert_eq!(headline(&platform.decide(&other, monday())), ("content_changed", "A9.2"));
    let elsewhere = Request { via: Via::Other, ..download };
    assert_eq!(headline(&platform.decide(&elsewhere, monday())), ("not_via_platform", "A12"));
}

/// Who holds an interpreter's lock is made to wait neither for another thread nor for a disk.
#[test]
fn what_would_wait_is_not_decided_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("platform");
    let (platform, _) = platform(&dir);
    open_dataset(&platform, FIGURES, &facts("{}"), Openness::Unconditional, &[AccessWay::Download]);
    let download = Request::new(FIGURES, Action::Download);
    let decision = platform.decide_at_once(&download, monday()).unwrap();
    assert!(decision.permit && decision == platform.decide(&download, monday()));
    let changing = platform.live.write().unwrap();
    assert_eq!(platform.decide_at_once(&download, monday()), None, "the state is being changed");
    drop(changing);
    let reader = Platform::open(&dir, None).unwrap();
    assert_eq!(reader.decide_at_once(&download, monday()), None, "it reads on first");
    assert!(reader.decide(&download, monday()).permit);
}

#[test]
fn an_approval_binds_purpose_way_rows_and_period() {
    let folder = tempfile::tempdir().unwrap();
    let (platform, _) = platform(folder.path());
    open_dataset(&platform, DATASET, &people(), Openness::Conditional, &[AccessWay::Api, AccessWay::ModelResult]);
    platform.act(&filed(&application("app-1", DATASET)).act(), monday()).unwrap();
    for by in [Reviewer::OpeningBody, Reviewer::Authority] {
        let grant = crate::process::Grant { ways: vec![AccessWay::Api], ..application("app-1", DATASET).asked() };
        platform.act(&reviewed("app-1", by, true, Some(grant)).act(), monday()).unwrap();
    }
    let asked = |request: &Request, when: &str| {
        let decision = platform.decide(request, at(when));
        (headline(&decision).0.to_owned(), headline(&decision).1.to_owned(), decision.open)
    };
    let now = "2026-11-23T02:00:00";
    let api = request(Action::Api);
    let expect = |code: &str, cite: &str| (code.to_owned(), cite.to_owned(), Vec::<String>::new());
    assert_eq!(asked(&api, now), expect("permit", ""));
    assert_eq!(asked(&Request { purpose: Some("转售".into()), ..api.clone() }, now), expect("purpose_mismatch", "A10"));
    assert_eq!(asked(&Request { rows: Some(1001), ..api.clone() }, now), expect("quota_exceeded", "A22.2"));
    let model = Request {
        result_review: Some(ResultReview { passed: true, result: Some(digest("result")), evidence: digest("review") }),
        ..request(Action::ModelResult)
    };
    assert_eq!(asked(&model, now), expect("way_mismatch", "A26"));
    let unreviewed = asked(&request(Action::ModelResult), now);
    assert_eq!((unreviewed.0.as_str(), unreviewed.1.as_str()), ("result_not_reviewed", "A22.2"));

    // What the request leaves out is unknown, and unknown never permits.
    let (code, cite, open) = asked(&Request { rows: None, ..api.clone() }, now);
    assert_eq!((code.as_str(), cite.as_str(), open), ("unknown_facts", "A19.1", vec!["within_quota".to_owned()]));
    let (code, _, open) = asked(&Request { purpose: None, ..api.clone() }, now);
    assert_eq!((code.as_str(), open), ("unknown_facts", vec!["purpose_in_scope".to_owned()]));

    // The last day is 2027-10-31 in China: 16:00 UTC is the next day.
    assert_eq!(asked(&api, "2027-10-31T15:59:59"), expect("permit", ""));
    assert_eq!(asked(&api, "2027-10-31T16:00:00"), expect("application_expired", "A26"));
    assert_eq!(asked(&api, "2026-10-31T15:00:00"), expect("application_not_approved", "A26"));
}

#[test]
fn a_quota_runs_down() {
    let folder = tempfile::tempdir().unwrap();
    let (platform, _) = platform(folder.path());
    open_dataset(&platform, DATASET, &people(), Openness::Conditional, &[AccessWay::Api, AccessWay::ModelResult]);
    platform.act(&filed(&application("app-1", DATASET)).act(), monday()).unwrap();
    for by in [Reviewer::OpeningBody, Reviewer::Authority] {
        platform.act(&reviewed("app-1", by, true, None).act(), monday()).unwrap();
    }
    let page = Request { rows: Some(600), ..request(Action::Api) };
    let first = platform.admit(&page, monday()).unwrap();
    assert!(first.decision.permit);
    // The open intent holds its 600 rows of 1000.
    assert_eq!(headline(&platform.admit(&page, monday()).unwrap().decision), ("quota_exceeded", "A22.2"));
    platform.complete(first.index.unwrap(), Outcome::new(true, 200, 1), monday()).unwrap();
    let second = platform.admit(&page, monday()).unwrap();
    assert!(second.decision.permit, "only 200 went out");
    let again = platform.complete(first.index.unwrap(), Outcome::new(true, 0, 0), monday());
    assert_eq!(again.unwrap_err().code(), "KF-PROCESS-19");
}

#[test]
fn a35_standing_is_towards_one_body() {
    let folder = tempfile::tempdir().unwrap();
    let (platform, _) = platform(folder.path());
    open_dataset(&platform, FIGURES, &facts("{}"), Openness::Unconditional, &[AccessWay::Download]);
    let demand = |body: &str| {
        let (user, measures) = (USER.into(), digest("measures"));
        let event = Event::RectificationDemanded { user, measures, due: "2026-12-15".parse().unwrap() };
        crate::process::Act::new(crate::process::Actor::new(Role::OpeningBody, body), event)
    };
    let download = Request { user: Some(USER.into()), ..Request::new(FIGURES, Action::Download) };
    platform.act(&demand("another-body").act(), monday()).unwrap();
    assert!(platform.decide(&download, monday()).permit);
    let recorded = platform.act(&demand(BODY).act(), monday()).unwrap();
    assert_eq!(recorded.duties[0].code, "rectification");
    assert_eq!(headline(&platform.decide(&download, monday())), ("user_suspended", "A35"));
    let ended = Event::ServiceTerminated { user: USER.into(), finding: digest("finding") };
    platform.act(&ended.act(), at("2026-12-16T02:00:00")).unwrap();
    assert_eq!(headline(&platform.decide(&download, monday())), ("user_terminated", "A35"));
}

#[test]
fn what_was_never_assessed_is_denied() {
    let folder = tempfile::tempdir().unwrap();
    let (platform, _) = platform(folder.path());
    let unknown = platform.decide(&Request::new("unknown", Action::Download), monday());
    assert_eq!(codes(&unknown), ["not_assessed", "not_open", "undecided", "not_listed"], "in article order");
    assert_eq!(codes(&platform.decide(&Request::new("unknown", Action::Query), monday())).len(), 1);
    let mut entry = crate::catalog::Entry::new("listed-only");
    entry.name = Some("x".into());
    platform.act(&listed(&entry).act(), monday()).unwrap();
    let query = platform.decide(&Request::new("listed-only", Action::Query), monday());
    assert_eq!((codes(&query), query.open.as_slice()), (vec!["unknown_facts"], &["out_of_scope".to_owned()][..]), "A2");
    let secret = facts(r#"{"state_secret": true}"#);
    platform.act(&assessed("listed-only", &secret, None, digest("x"), monday()).act(), monday()).unwrap();
    for action in [Action::Query, Action::Download, Action::Api] {
        let decision = platform.decide(&Request::new("listed-only", action), monday());
        assert_eq!(codes(&decision), ["out_of_scope"]);
    }
}

#[test]
fn a40_what_a_new_policy_answers_alike_goes_on_and_each_decision_keeps_its_policy() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("p");
    let (platform, _) = platform(&dir);
    open_dataset(&platform, FIGURES, &facts("{}"), Openness::Unconditional, &[AccessWay::Download]);
    let download = Request::new(FIGURES, Action::Download);
    assert!(platform.admit(&download, monday()).unwrap().decision.permit);
    let other = policy().with_interpretation("municipal_review", "body").unwrap();
    let upgrade = platform.upgrade(&other, monday()).unwrap();
    assert_eq!((upgrade.changes.len(), upgrade.unchanged), (0, 1));
    let signed = platform.sign_off(&upgrade).unwrap();
    assert_eq!(platform.adopt(&actor(Role::Authority), &other, None, monday()).unwrap_err().code(), "KF-GATE-10");
    platform.adopt(&actor(Role::Authority), &other, Some(&signed), monday()).unwrap();
    let again = platform.admit(&download, monday()).unwrap();
    assert!(again.decision.permit, "what the new policy answers alike goes on");
    assert_eq!(again.decision.policy, other.hash());
    platform.checkpoint().unwrap();
    drop(platform);
    // Each decision is decided again under the policy of its time; both wait for their result.
    let report = audit(&dir, None, None, Calendar::builtin(), monday()).unwrap();
    let found: Vec<&str> = report.findings.iter().map(|finding| finding.code.as_str()).collect();
    assert_eq!(found, ["intent_without_result", "intent_without_result"]);
    assert!(!report.clean && report.verified.own_key);
    // A stored policy that was changed is refused.
    for file in std::fs::read_dir(dir.join("policies")).unwrap() {
        let path = file.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(path, format!("{text}\n# changed")).unwrap();
    }
    assert_eq!(Platform::open(&dir, None).unwrap_err().code(), "KF-GATE-07");
}

#[test]
fn a9_2_a_step_that_nobody_recorded_as_done_denies() {
    let step = "[[classification.requires]]\nid = \"impact_review\"\ncite = \"A9.2\"\nwhen = \"not state_secret\"\n\
        zh = \"开放前须评估影响。\"\nen = \"Review the impact first.\"\n\n[[classification.facts]]";
    let further = Policy::parse(&policy().source().replacen("[[classification.facts]]", step, 1)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (platform, _) = platform(&folder.path().join("p"));
    open_dataset(&platform, FIGURES, &facts("{}"), Openness::Unconditional, &[AccessWay::Download]);
    let download = Request::new(FIGURES, Action::Download);
    assert!(platform.decide(&download, monday()).permit);
    // A40: what is open does not go on under a policy that asks for a step more.
    let upgrade = platform.upgrade(&further, monday()).unwrap();
    let change = &upgrade.changes[0];
    assert_eq!((change.after.requires.as_slice(), change.goes_on), (&["impact_review".to_owned()][..], false));
    let signed = platform.sign_off(&upgrade).unwrap();
    platform.adopt(&actor(Role::Authority), &further, Some(&signed), monday()).unwrap();
    assert_eq!(codes(&platform.decide(&download, monday())), ["not_assessed"]);
    // Neither does it once it is assessed under that policy, as long as the step remains.
    let event = assessed(FIGURES, &facts("{}"), Some(Openness::Unconditional), digest(FIGURES), monday());
    let Event::DatasetAssessed { dataset, content, assertions, chosen, assessor, approval, evidence, .. } = event
    else {
        panic!("not an assessment")
    };
    let assessment = Assessment { dataset, content, assertions, chosen, assessor, approval, evidence };
    let again = Event::assessed(&further, assessment, monday()).unwrap();
    platform.act(&again.act(), monday()).unwrap();
    let mut entry = platform.with_state(|state| state.entry(FIGURES)).unwrap();
    let Event::DatasetAssessed { classification, .. } = &again else { panic!("not an assessment") };
    entry.rest_on(classification, Openness::Unconditional, content, "2026-11-23".parse().unwrap()).unwrap();
    platform.act(&listed(&entry).act(), monday()).unwrap();
    assert_eq!(codes(&platform.decide(&download, monday())), ["not_assessed"]);
    // What the gate denies for that is a breach as long as it stands open (A37).
    platform.checkpoint().unwrap();
    let report = audit(platform.dir(), None, None, Calendar::builtin(), monday()).unwrap();
    let found = report.findings.iter().map(|found| (found.code.as_str(), found.subject.as_str()));
    assert_eq!(found.collect::<Vec<_>>(), [("not_assessed", FIGURES)]);
}

#[test]
fn when_nothing_can_be_recorded_nothing_is_permitted() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("p");
    let (platform, _) = platform(&dir);
    open_dataset(&platform, FIGURES, &facts("{}"), Openness::Unconditional, &[AccessWay::Download]);
    drop(platform);
    let reader = Platform::open(&dir, None).unwrap();
    let download = Request::new(FIGURES, Action::Download);
    assert!(reader.decide(&download, monday()).permit, "to decide is not to admit");
    let before = reader.with_state(Clone::clone);
    let error = reader.admit(&download, monday()).unwrap_err();
    assert_eq!(error.code(), "KF-GATE-02");
    assert!(error.to_string().starts_with("denied") && error.to_string().contains("KF-LEDGER-05"), "{error}");
    assert_eq!(reader.with_state(Clone::clone), before);
}

#[test]
fn nothing_that_reads_as_a_person_enters_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let (platform, _) = platform(folder.path());
    let person = Request { user: Some("13800138000".into()), ..request(Action::Api) };
    let size = platform.with_state(State::index);
    let error = platform.admit(&person, monday()).unwrap_err();
    assert_eq!(error.code(), "KF-GATE-06");
    assert!(!platform.decide(&person, monday()).permit, "and it is no permit either");
    // A purpose is free text.
    let purpose = Request { purpose: Some("联系13800138000".into()), ..request(Action::Api) };
    let error = platform.admit(&purpose, monday()).unwrap_err();
    assert_eq!((error.code(), error.place().unwrap().as_str()), ("KF-GATE-06", "record.body.request.purpose"));
    assert!(!format!("{error} {error:?}").contains("13800138000"));
    assert_eq!(platform.with_state(State::index), size);
    // A purpose that no record can hold.
    let long = Request { purpose: Some("长".repeat(30_000)), ..request(Action::Api) };
    assert_eq!(platform.admit(&long, monday()).unwrap_err().code(), "KF-GATE-08");
    let huge = Request { rows: Some(u64::MAX), ..request(Action::Api) };
    assert_eq!(platform.admit(&huge, monday()).unwrap_err().code(), "KF-GATE-02");
}

#[test]
fn illegal_events_are_not_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let (platform, _) = platform(folder.path());
    let size = platform.with_state(State::index);
    assert_eq!(platform.act(&suspended().act(), monday()).unwrap_err().code(), "KF-PROCESS-02");
    let adoption = Event::PolicyAdopted {
        policy: "x".into(),
        hash: policy().hash(),
        interpretations: Default::default(),
        text: digest("x"),
        upgrade: None,
    };
    assert_eq!(platform.act(&adoption.act(), monday()).unwrap_err().code(), "KF-PROCESS-18");
    assert_eq!(platform.with_state(State::index), size);
}

#[test]
fn a_platform_needs_its_own_directory() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(Platform::open(folder.path(), None).unwrap_err().code(), "KF-GATE-03");
    std::fs::write(folder.path().join("x"), "x").unwrap();
    let (key, _) = Ed25519Key::generate().unwrap();
    let made = Platform::init(folder.path(), &policy(), "data.example", Box::new(key), monday());
    assert_eq!(made.unwrap_err().code(), "KF-GATE-04");
}

/// A19.2: what is open stays as it was opened until its entry and its assessment say the same again.
#[test]
fn an_open_dataset_is_not_reopened_through_its_entry_or_assessment() {
    let folder = tempfile::tempdir().unwrap();
    let (platform, _) = platform(folder.path());
    let either = facts(r#"{"personal_privacy": true, "third_party_consents": true}"#);
    let [assessment, listing, opened] =
        opening(FIGURES, &either, Openness::Conditional, &[AccessWay::Api, AccessWay::ModelResult], monday());
    let entry = entry(&assessment, &[AccessWay::Api, AccessWay::ModelResult]);
    for event in [assessment, listing, opened] {
        platform.act(&event.act(), monday()).unwrap();
    }
    // No entry without its body, and none of another body.
    let nobodys = crate::catalog::Entry { body: None, ..entry.clone() };
    assert!(platform.act(&listed(&nobodys).act(), monday()).is_err());
    let mut others = entry.clone();
    others.body.as_mut().unwrap().id = "another-body".into();
    assert_eq!(platform.act(&listed(&others).act(), monday()).unwrap_err().code(), "KF-PROCESS-23");
    platform.act(&listed(&entry).act(), monday()).unwrap();

    // Assessed as unconditional: the entry still says conditional.
    let again = assessed(FIGURES, &either, Some(Openness::Unconditional), digest("other"), monday());
    platform.act(&again.act(), monday()).unwrap();
    let download = Request::new(FIGURES, Action::Download);
    assert!(codes(&platform.decide(&download, monday())).contains(&"content_changed"));
    let suspended =
        Event::DatasetSuspended { dataset: FIGURES.into(), ground: SuspensionGround::Risk, complaint: None };
    platform.act(&suspended.act(), monday()).unwrap();
    let resumed = Event::DatasetResumed { dataset: FIGURES.into(), finding: digest("finding") };
    assert_eq!(platform.act(&resumed.act(), monday()).unwrap_err().code(), "KF-PROCESS-10");
}

#[test]
fn what_has_no_canonical_bytes_is_not_permitted() {
    let folder = tempfile::tempdir().unwrap();
    let (platform, _) = platform(folder.path());
    open_dataset(&platform, FIGURES, &facts("{}"), Openness::Unconditional, &[AccessWay::Download]);
    let huge = Request { rows: Some(u64::MAX), ..Request::new(FIGURES, Action::Download) };
    assert_eq!(headline(&platform.decide(&huge, monday())).0, "error");
}

#[test]
fn decisions_are_pure() {
    let folder = tempfile::tempdir().unwrap();
    let (platform, _) = platform(folder.path());
    open_dataset(&platform, DATASET, &people(), Openness::Conditional, &[AccessWay::Api, AccessWay::ModelResult]);
    for action in [Action::Query, Action::Preview, Action::Download, Action::Api, Action::ModelResult, Action::Other] {
        let once = crate::canon::to_bytes(&platform.decide(&request(action), monday())).unwrap();
        let twice = crate::canon::to_bytes(&platform.decide(&request(action), monday())).unwrap();
        assert_eq!(once, twice);
        // The host that owns its state gets the same answer from the same facts.
        let today = crate::terms::legal_date(monday());
        let facts = platform.with_state(|state| facts_of(&policy(), state, &request(action), today));
        let from_facts = decide_facts(&policy(), &facts, monday());
        let from_state = platform.decide(&request(action), monday());
        assert_eq!((from_facts.permit, from_facts.denials), (from_state.permit, from_state.denials));
    }
}

#[test]
fn an_error_is_a_denial() {
    let facts = Facts::from_json(r#"{"no_such_fact": true}"#).unwrap();
    let decision = decide_facts(&policy(), &facts, monday());
    assert!(!decision.permit);
    assert_eq!((headline(&decision), decision.denials[0].rule.as_str()), (("error", "A5"), "KF-FACT-01"));
    // Before the policy was in force.
    let early: Instant = "2022-12-31T15:59:59Z".parse().unwrap();
    let decision = decide_facts(&policy(), &Facts::new(), early);
    assert_eq!((headline(&decision), decision.denials[0].rule.as_str()), (("error", "A5"), "KF-POLICY-19"));
}

#[test]
fn bad_documents_are_refused_without_their_values() {
    for json in [
        "",
        r#"{"v": 1}"#,
        r#"{"v": 1, "dataset": "x", "action": "13800138000", "via": "platform"}"#,
        r#"{"v": 1, "dataset": "x", "action": "api", "via": "platform", "phone": "13800138000"}"#,
        r#"{"v": 1, "dataset": "x", "action": "api", "via": "platform", "rows": -1}"#,
        r#"{"v": 1, "dataset": "x", "action": "api", "via": "platform", "rows": 0.5}"#,
    ] {
        let error = Request::from_json(json).unwrap_err();
        assert_eq!(error.code(), "KF-GATE-01", "{json}");
        assert!(!format!("{error} {error:?}").contains("13800138000"));
    }
    assert_eq!(Record::from_bytes(b"{}").unwrap_err().code(), "KF-GATE-01");
}

#[test]
fn records_cross_as_canonical_json() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("p");
    let (platform, _) = platform(&dir);
    open_dataset(&platform, DATASET, &people(), Openness::Conditional, &[AccessWay::Api, AccessWay::ModelResult]);
    let complaint =
        Event::ComplaintReceived { complaint: "c-1".into(), dataset: DATASET.into(), evidence: digest("e") };
    let recorded = platform.act(&complaint.act(), monday()).unwrap();
    assert_eq!(recorded.duties[0].due.as_ref().unwrap().date.to_string(), "2026-12-07");
    let answered = Event::ComplaintAnswered {
        complaint: "c-1".into(),
        outcome: ComplaintOutcome::Resumed,
        reply: digest("reply"),
    };
    // Not answered in time: overdue, and a finding.
    platform.act(&suspended().act(), monday()).unwrap();
    platform.checkpoint().unwrap();
    drop(platform);
    let late = at("2026-12-08T02:00:00");
    let report = audit(&dir, None, None, Calendar::builtin(), late).unwrap();
    let found: Vec<(&str, &str)> = report.findings.iter().map(|f| (f.code.as_str(), f.cite.as_str())).collect();
    assert_eq!(found, [("duty_overdue", "A17.3")]);
    assert_eq!(report.overdue[0].id, "complaint_reply:c-1");
    for record in ledger::Ledger::open(dir.join(LEDGER), None).unwrap().records().unwrap() {
        let (_, bytes) = record.unwrap();
        let record = Record::from_bytes(&bytes).unwrap();
        assert_eq!(record.to_bytes().unwrap(), bytes);
    }
    let record = Record::new(late, Body::Event { by: actor(Role::OpeningBody), event: Box::new(answered) });
    assert_eq!(Record::from_bytes(&record.to_bytes().unwrap()).unwrap(), record);
}
