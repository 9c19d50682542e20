//! What the gate says that it allocates nothing for, counted: every answer, permitted or not, whatever was asked. A file
//! of its own: counting needs an allocator for the whole program.
#![allow(clippy::unwrap_used, missing_docs)]

use std::hint::black_box;

use allocation_counter::measure;
use kaifang::crypto::{Ed25519Key, sha256};
use kaifang::gate::{Gate, Platform, Request};
use kaifang::policy::Policy;
use kaifang::process::{Actor, Application, Event, Role, State, UsedElsewhere};
use kaifang::terms::{AccessWay, Action, Openness, V1};

// The acts that open a dataset, as the gate's benches bring them about.
#[expect(dead_code, unreachable_pub, reason = "a file of another package, some of which is used here")]
#[path = "../../benches/src/gate.rs"]
mod invented;

use invented::{PURPOSE, adopted, at, body, opening};

const USER: &str = "91610131MA6U0000X0";
/// Conditional, by api, with an approved application of [`USER`] for so many rows of some columns.
const PEOPLE: &str = "xa-resident";
/// Unconditional, to download.
const FIGURES: &str = "xa-figures";

/// Both datasets, and the application, filed and approved.
fn acts(policy: &Policy) -> Vec<(Actor, Event)> {
    let application = Application {
        v: V1,
        id: "app-1".to_owned(),
        user: USER.to_owned(),
        dataset: PEOPLE.to_owned(),
        ways: vec![AccessWay::Api],
        purpose: PURPOSE.to_owned(),
        safeguards: vec!["专人专机".to_owned()],
        from: "2026-11-01".parse().unwrap(),
        until: "2027-10-31".parse().unwrap(),
        fields: vec!["区县".to_owned(), "性别".to_owned()],
        rows: Some(1000),
        pages: None,
        updates: false,
        evidence: None,
    };
    let filed = Event::ApplicationFiled { application: Box::new(application) };
    let (application, opinion) = ("app-1".to_owned(), sha256(b"opinion"));
    let reviewed = Event::ApplicationReviewed { application, approve: true, grant: None, opinion };
    let mut acts = Vec::from(opening(policy, PEOPLE, Openness::Conditional));
    acts.extend(opening(policy, FIGURES, Openness::Unconditional));
    acts.extend([(Actor::new(Role::DataUser, USER), filed), (body(), reviewed)]);
    acts
}

/// A state in which they are done.
fn state(policy: &Policy) -> State {
    let mut state = adopted(policy);
    for (by, event) in acts(policy) {
        state.apply(policy, &by, &event, at()).unwrap();
    }
    state
}

/// What the application is for.
fn granted() -> Request {
    Request {
        id: Some("request-1".to_owned()),
        user: Some(USER.to_owned()),
        purpose: Some(PURPOSE.to_owned()),
        fields: vec!["性别".to_owned(), "区县".to_owned()],
        rows: Some(100),
        content: Some(sha256(PEOPLE.as_bytes())),
        ..Request::new(PEOPLE, Action::Api)
    }
}

/// Each request with what comes of it.
fn asked() -> [(&'static str, Request, bool); 9] {
    let change = |change: fn(&mut Request)| {
        let mut request = granted();
        change(&mut request);
        request
    };
    [
        ("under an application", granted(), true),
        ("open to all", Request::new(FIGURES, Action::Download), true),
        ("metadata", Request::new(PEOPLE, Action::Query), true),
        ("a preview", change(|request| request.action = Action::Preview), true),
        ("for another purpose", change(|request| request.purpose = Some("营销".to_owned())), false),
        ("more rows than are left", change(|request| request.rows = Some(1001)), false),
        ("nothing is said of the purpose", change(|request| request.purpose = None), false),
        ("nobody is named", Request::new(PEOPLE, Action::Api), false),
        ("no such dataset", Request::new("nobody-listed-this", Action::Download), false),
    ]
}

#[test]
fn an_answer_of_the_gate_allocates_nothing() {
    let policy = Policy::builtin("xian-2022-013").unwrap();
    let (state, gate, elsewhere) = (state(&policy), Gate::new(policy), UsedElsewhere::default());
    for (what, request, permit) in asked() {
        let mut answer = None;
        let counted = measure(|| answer = Some(gate.answer(&state, &elsewhere, black_box(&request), at())));
        let answer = answer.unwrap();
        assert_eq!(answer.permit(), permit, "{what}");
        assert_eq!(counted.count_total, 0, "{what}");
        // What a permit carries was counted too, and what it is read from.
        let under = measure(|| {
            let id = answer.application().and_then(|place| state.application_id(place));
            assert_eq!(id, (permit && request.user.is_some()).then_some("app-1"));
        });
        assert_eq!(under.count_total, 0, "{what}");
    }
}

/// The count counts: the same answers written out are documents, which own their texts.
#[test]
fn a_written_decision_allocates_and_says_the_same() {
    let policy = Policy::builtin("xian-2022-013").unwrap();
    let (state, gate, elsewhere) = (state(&policy), Gate::new(policy), UsedElsewhere::default());
    for (what, request, permit) in asked() {
        let mut decision = None;
        let counted = measure(|| decision = Some(gate.decide(&state, &elsewhere, black_box(&request), at())));
        assert_eq!(decision.unwrap().permit, permit, "{what}");
        assert!(counted.count_total > 0, "{what}");
    }
}

/// What a platform has besides its state, its log and its locks, costs a decision nothing where it writes its log itself.
#[test]
fn a_platform_allocates_for_a_decision_what_the_gate_does() {
    let policy = Policy::builtin("xian-2022-013").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (key, _) = Ed25519Key::generate().unwrap();
    let dir = folder.path().join("platform");
    let platform = Platform::init(dir, &policy, "data.example", Box::new(key), at()).unwrap();
    for (by, event) in acts(&policy) {
        platform.event(&by, event, at()).unwrap();
    }
    let (state, gate, elsewhere) = (state(&policy), Gate::new(policy), UsedElsewhere::default());
    for (what, request, _) in asked() {
        let (mut ours, mut gates) = (None, None);
        let by_platform = measure(|| ours = Some(platform.decide(&request, at())));
        let by_gate = measure(|| gates = Some(gate.decide(&state, &elsewhere, &request, at())));
        assert_eq!(ours, gates, "{what}");
        assert_eq!(by_platform.count_total, by_gate.count_total, "{what}");
    }
}
