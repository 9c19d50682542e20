use super::support::*;
use super::*;
use crate::error::Explain as _;
use crate::policy::Facts;
use crate::terms::{AccessWay, Digest, Openness, Reviewer, Word};

pub(super) const DATASET: &str = "xa-resident";

pub(super) fn adopted() -> State {
    adopted_by(Role::Authority)
}

fn adopted_by(role: Role) -> State {
    let mut state = State::default();
    let event = Event::PolicyAdopted {
        policy: "xian-2022-013".into(),
        hash: policy().hash(),
        interpretations: Default::default(),
        text: digest("text"),
        upgrade: None,
    };
    state.act(&policy(), &Act::new(actor(role), event), monday()).unwrap();
    state
}

pub(super) fn after<'a, D: Done + 'a>(mut state: State, acts: impl IntoIterator<Item = &'a D>) -> State {
    for act in acts {
        let act = act.act();
        state.act(&policy(), &act, monday()).unwrap_or_else(|error| panic!("{}: {error}", act.event.id()));
    }
    state
}

pub(super) fn code(state: &State, act: &impl Done) -> &'static str {
    let act = act.act();
    state.check(&policy(), &act.by, &act.event, monday()).map_or_else(|error| error.code(), |()| "legal")
}

pub(super) fn people_opened() -> Vec<Event> {
    opening(DATASET, &people(), Openness::Conditional, &[AccessWay::Api, AccessWay::ModelResult], monday()).to_vec()
}

pub(super) fn dataset_event(event: &str) -> Event {
    let (dataset, finding) = (DATASET.to_owned(), digest("finding"));
    match event {
        "entry_listed" => people_opened().remove(1),
        "dataset_assessed" => people_opened().remove(0),
        "content_updated" => Event::ContentUpdated { dataset, content: digest("new") },
        "dataset_opened" => people_opened().remove(2),
        "dataset_suspended" => Event::DatasetSuspended { dataset, ground: SuspensionGround::Risk, complaint: None },
        "dataset_resumed" => Event::DatasetResumed { dataset, finding },
        "dataset_withdrawn" => Event::DatasetWithdrawn { dataset, finding },
        "dataset_terminated" => Event::DatasetTerminated { dataset, finding },
        other => panic!("{other}"),
    }
}

/// The legal moves of A17, A19, A23 and A32(5), written by hand: for each status the events and where they lead.
const DATASET_MOVES: &[(&str, &[(&str, &str)])] = &[
    (
        "not_open",
        &[
            ("entry_listed", "not_open"),
            ("dataset_assessed", "not_open"),
            ("content_updated", "not_open"),
            ("dataset_opened", "open"),
        ],
    ),
    (
        "open",
        &[
            ("entry_listed", "open"),
            ("dataset_assessed", "open"),
            ("content_updated", "open"),
            ("dataset_suspended", "suspended"),
            ("dataset_withdrawn", "withdrawn"),
            ("dataset_terminated", "terminated"),
        ],
    ),
    (
        "suspended",
        &[
            ("entry_listed", "suspended"),
            ("dataset_assessed", "suspended"),
            ("content_updated", "suspended"),
            ("dataset_opened", "open"),
            ("dataset_resumed", "open"),
            ("dataset_withdrawn", "withdrawn"),
            ("dataset_terminated", "terminated"),
        ],
    ),
    (
        "withdrawn",
        &[
            ("entry_listed", "withdrawn"),
            ("dataset_assessed", "withdrawn"),
            ("content_updated", "withdrawn"),
            ("dataset_opened", "open"),
            ("dataset_terminated", "terminated"),
        ],
    ),
    ("terminated", &[]),
];

/// A dataset in this status, assessed since, so that nothing but the table can refuse a move.
pub(super) fn dataset_in(status: &str) -> State {
    let [assessed, listed, opened]: [Event; 3] = people_opened().try_into().unwrap();
    let mut state = after(adopted(), [&assessed, &listed]);
    if status == "not_open" {
        return state;
    }
    state = after(state, [&opened]);
    match status {
        "open" => return state,
        "suspended" => state = after(state, [&dataset_event("dataset_suspended")]),
        "withdrawn" => state = after(state, [&dataset_event("dataset_withdrawn")]),
        "terminated" => return after(state, [&dataset_event("dataset_terminated")]),
        other => panic!("{other}"),
    }
    after(state, [&assessed])
}

#[test]
fn a_dataset_makes_the_moves_of_the_articles_and_no_other() {
    let events: Vec<&str> = MOVES.iter().filter(|row| row.machine == Machine::Dataset).map(|row| row.event).collect();
    assert_eq!(events.len(), 8);
    for (status, moves) in DATASET_MOVES {
        for name in &events {
            let mut state = dataset_in(status);
            let event = dataset_event(name);
            let before = state.clone();
            let result = state.act(&policy(), &event.act(), monday());
            match moves.iter().find(|(legal, _)| legal == name) {
                Some((_, to)) => {
                    result.unwrap_or_else(|error| panic!("{status} {name}: {error}"));
                    assert_eq!(state.dataset(DATASET).unwrap().status.id(), *to, "{status} {name}");
                }
                None => {
                    let error = result.unwrap_err();
                    assert_eq!(error.code(), "KF-PROCESS-01", "{status} {name}: {error}");
                    let text = error.to_string();
                    assert!(moves.iter().all(|(legal, _)| text.contains(legal)), "the legal moves are named: {text}");
                    assert_eq!(state, before, "an illegal move changes nothing");
                }
            }
        }
    }
}

pub(super) fn application_in(status: &str) -> State {
    let mut state = after(dataset_in("open"), [&filed(&application("app-1", DATASET))]);
    let body = reviewed("app-1", Reviewer::OpeningBody, true, None);
    let authority = reviewed("app-1", Reviewer::Authority, true, None);
    let events: Vec<Act> = match status {
        "filed" => vec![],
        "reviewed" => vec![body],
        "approved" => vec![body, authority],
        "rejected" => vec![reviewed("app-1", Reviewer::OpeningBody, false, None)],
        "revoked" => vec![body, authority, revoked().act()],
        other => panic!("{other}"),
    };
    state = after(state, &events);
    assert_eq!(state.application("app-1").unwrap().status.id(), status);
    state
}

pub(super) fn revoked() -> Event {
    Event::ApplicationRevoked { application: "app-1".into(), finding: digest("finding") }
}

#[test]
fn an_application_makes_its_moves_and_no_other() {
    let authority = |approve| reviewed("app-1", Reviewer::Authority, approve, None);
    let events = [filed(&application("app-1", DATASET)).act(), authority(true), authority(false), revoked().act()];
    // A8, A26: where each of the four leads from each status; "-" is illegal.
    for (status, to) in [
        ("filed", ["-", "reviewed", "rejected", "-"]),
        ("reviewed", ["-", "approved", "rejected", "-"]),
        ("approved", ["-", "-", "-", "revoked"]),
        ("rejected", ["-", "-", "-", "-"]),
        ("revoked", ["-", "-", "-", "-"]),
    ] {
        for (event, to) in events.iter().zip(to) {
            let mut state = application_in(status);
            match state.act(&policy(), event, monday()) {
                Ok(_) => {
                    assert_eq!(state.application("app-1").unwrap().status.id(), to, "{status} {}", event.event.id())
                }
                Err(error) => {
                    assert_eq!((to, error.code()), ("-", "KF-PROCESS-01"), "{status} {}: {error}", event.event.id());
                }
            }
        }
    }
}

pub(super) fn user_event(event: &str) -> Event {
    let (user, finding) = (USER.to_owned(), digest("finding"));
    match event {
        "rectification_demanded" => {
            Event::RectificationDemanded { user, measures: finding, due: "2026-12-15".parse().unwrap() }
        }
        "rectification_accepted" => Event::RectificationAccepted { user, finding },
        "service_terminated" => Event::ServiceTerminated { user, finding },
        other => panic!("{other}"),
    }
}

#[test]
fn a_user_makes_the_moves_of_a35_and_no_other() {
    let names = ["rectification_demanded", "rectification_accepted", "service_terminated"];
    for (reach, to) in [
        (&[][..], ["rectification", "-", "-"]),
        (&["rectification_demanded"][..], ["-", "good", "terminated"]),
        (&["rectification_demanded", "service_terminated"][..], ["-", "-", "-"]),
    ] {
        // After the day by which it was to rectify.
        let late = at("2026-12-16T02:00:00");
        let mut state = dataset_in("open");
        for event in reach {
            let when = if *event == "service_terminated" { late } else { monday() };
            state.act(&policy(), &user_event(event).act(), when).unwrap();
        }
        for (name, to) in names.iter().zip(to) {
            let mut state = state.clone();
            let when = if *name == "service_terminated" { late } else { monday() };
            match state.act(&policy(), &user_event(name).act(), when) {
                Ok(_) => assert_eq!(state.standing(USER, BODY).id(), to),
                Err(error) => assert_eq!((to, error.code()), ("-", "KF-PROCESS-01"), "{error}"),
            }
            assert_eq!(state.standing(USER, "another-body"), Standing::Good, "towards one body only");
        }
    }
}

#[test]
fn a_complaint_is_received_and_answered_once() {
    let received = Event::ComplaintReceived { complaint: "c-1".into(), dataset: DATASET.into(), evidence: digest("e") };
    let answered = Event::ComplaintAnswered {
        complaint: "c-1".into(),
        outcome: ComplaintOutcome::Resumed,
        reply: digest("reply"),
    };
    let verified = Event::ComplaintVerified { complaint: "c-1".into(), finding: digest("finding") };
    let open = dataset_in("open");
    assert_eq!(code(&open, &answered), "KF-PROCESS-02");
    let state = after(open, [&received]);
    assert_eq!((code(&state, &received), code(&state, &answered)), ("KF-PROCESS-01", "KF-PROCESS-01"));
    let state = after(state, [&verified]);
    assert_eq!(code(&state, &verified), "KF-PROCESS-01");
    let state = after(state, [&answered]);
    assert_eq!((code(&state, &received), code(&state, &answered)), ("KF-PROCESS-01", "KF-PROCESS-01"));
}

#[test]
fn the_table_names_every_event_and_status() {
    for row in MOVES {
        assert!(Event::IDS.contains(&row.event), "{}", row.event);
        let known = |status: &str| match row.machine {
            Machine::Dataset => DatasetStatus::from_id(status).is_some(),
            Machine::Application => ApplicationStatus::from_id(status).is_some(),
            Machine::User => Standing::from_id(status).is_some(),
            Machine::Platform => false,
            _ => CaseStatus::from_id(status).is_some(),
        };
        assert!(row.from.iter().chain(row.to).all(|status| known(status)), "{row:?}");
        assert!(row.cite.starts_with('A') && !row.by.is_empty());
    }
    for event in Event::IDS {
        assert_eq!(MOVES.iter().filter(|row| row.event == *event).count(), 1, "{event}");
    }
    assert_eq!(legal_events(Machine::Dataset, Some("terminated")).count(), 0);
    assert_eq!(legal_events(Machine::Application, None).collect::<Vec<_>>(), ["application_filed"]);
}

#[test]
fn a18_a_class_outside_the_permitted_set_is_refused() {
    let state = adopted();
    let with = |facts: &Facts, chosen| assessed(DATASET, facts, chosen, digest(DATASET), monday());
    assert_eq!(code(&state, &with(&people(), Some(Openness::Conditional))), "legal");
    assert_eq!(code(&state, &with(&people(), Some(Openness::Withheld))), "legal", "A18.5 leaves the choice");
    assert_eq!(code(&state, &with(&people(), Some(Openness::Unconditional))), "KF-PROCESS-04");
    let open_question = facts(r#"{"personal_privacy": null}"#);
    assert_eq!(code(&state, &with(&open_question, Some(Openness::Withheld))), "KF-PROCESS-06");
    assert_eq!(code(&state, &with(&open_question, None)), "legal", "an open question may be recorded, not chosen on");
    let secret = facts(r#"{"state_secret": true}"#);
    assert_eq!(code(&state, &with(&secret, Some(Openness::Withheld))), "KF-PROCESS-06", "A2: out of scope");
}

#[test]
fn a19_1_an_assessment_is_what_its_facts_say() {
    let state = adopted();
    // Another classification than the policy's answer.
    let mut forged = assessed(DATASET, &people(), Some(Openness::Conditional), digest(DATASET), monday());
    let harmless = policy().classify(&facts("{}"), "2026-11-23".parse().unwrap()).unwrap();
    if let Event::DatasetAssessed { classification, chosen, .. } = &mut forged {
        **classification = harmless;
        *chosen = Some(Openness::Unconditional);
    }
    assert_eq!(code(&state, &forged), "KF-PROCESS-05");
    // A fact that nobody asserted, and one whose last assertion says otherwise.
    let mut silent = assessed(DATASET, &people(), Some(Openness::Conditional), digest(DATASET), monday());
    if let Event::DatasetAssessed { assertions, .. } = &mut silent {
        assertions.retain(|assertion| assertion.fact != "desensitization");
    }
    assert_eq!(code(&state, &silent), "KF-PROCESS-07");
    let mut contradicted = assessed(DATASET, &people(), Some(Openness::Conditional), digest(DATASET), monday());
    if let Event::DatasetAssessed { assertions, .. } = &mut contradicted {
        let mut last = assertions.iter().find(|assertion| assertion.fact == "desensitization").unwrap().clone();
        last.value = Some("none".into());
        assertions.push(last);
    }
    assert_eq!(code(&state, &contradicted), "KF-PROCESS-07");
}

#[test]
fn opening_needs_a_whole_entry_that_rests_on_the_assessment() {
    let [assessment, _, opened]: [Event; 3] = people_opened().try_into().unwrap();
    let whole = entry(&assessment, &[AccessWay::Api, AccessWay::ModelResult]);
    let state = after(adopted(), [&assessment]);
    assert_eq!(code(&state, &opened), "KF-PROCESS-02", "A19.2: not listed");
    let opens = |change: &dyn Fn(&mut crate::catalog::Entry)| {
        let mut entry = whole.clone();
        change(&mut entry);
        code(&after(state.clone(), [&listed(&entry)]), &opened)
    };
    assert_eq!(opens(&|_| {}), "legal");
    assert_eq!(opens(&|entry| entry.name = None), "KF-CATALOG-02");
    assert_eq!(opens(&|entry| entry.access_ways = vec![AccessWay::Download]), "KF-CATALOG-02", "A22.2");
    assert_eq!(opens(&|entry| entry.openness = Some(Openness::Unconditional)), "KF-PROCESS-10");
    assert_eq!(opens(&|entry| entry.content = Some(digest("another"))), "KF-PROCESS-10");
    assert_eq!(opens(&|entry| entry.assessment = Some(digest("another"))), "KF-PROCESS-10");

    let listed_only = after(adopted(), [&listed(&whole)]);
    assert_eq!(code(&listed_only, &opened), "KF-PROCESS-08", "A9.2: not assessed");
    let other = Event::DatasetOpened { dataset: DATASET.into(), content: digest("another") };
    let ready = after(state.clone(), [&listed(&whole)]);
    assert_eq!(code(&ready, &other), "KF-PROCESS-09");
    let updated = after(ready, [&dataset_event("content_updated")]);
    assert_eq!(code(&updated, &opened), "KF-PROCESS-09", "A9.2: the content changed since");
}

#[test]
fn withheld_data_and_a_pending_committee_do_not_open() {
    let refused = |facts: &Facts, class| {
        let [assessment, listing, opened] =
            opening(DATASET, facts, class, &[AccessWay::Api, AccessWay::ModelResult], monday());
        code(&after(adopted(), [&assessment, &listing]), &opened)
    };
    assert_eq!(refused(&people(), Openness::Withheld), "KF-PROCESS-04", "A18.2");
    let revealing = facts(r#"{"high_protection_need": true, "aggregation_may_reveal": true}"#);
    assert_eq!(refused(&revealing, Openness::Conditional), "KF-PROCESS-11", "A32(4)");
}

#[test]
fn a17_3_what_was_suspended_is_processed_before_it_is_opened_anew() {
    let state = after(dataset_in("open"), [&dataset_event("dataset_suspended")]);
    assert_eq!(code(&state, &dataset_event("dataset_opened")), "KF-PROCESS-12");
    assert_eq!(code(&state, &dataset_event("dataset_resumed")), "legal");
    let assessed = after(state, [&dataset_event("dataset_assessed")]);
    assert_eq!(code(&assessed, &dataset_event("dataset_opened")), "legal");
}

#[test]
fn a32_5_who_suspended_or_withdrew_lets_it_open_again() {
    let by = |role: Role, event: &str| Act::new(actor(role), dataset_event(event));
    let (body, authority) = (Role::OpeningBody, Role::Authority);
    // What was done since it was open, by whom, and who may open it again.
    for (done, may) in [
        (&[(body, "dataset_suspended")][..], body),
        (&[(authority, "dataset_suspended")][..], authority),
        (&[(body, "dataset_withdrawn")][..], body),
        (&[(authority, "dataset_withdrawn")][..], authority),
        (&[(body, "dataset_suspended"), (authority, "dataset_withdrawn")][..], authority),
        (&[(authority, "dataset_suspended"), (body, "dataset_withdrawn")][..], authority),
    ] {
        let acts = done.iter().map(|(role, event)| by(*role, event)).chain([by(body, "dataset_assessed")]);
        let state = after(dataset_in("open"), &acts.collect::<Vec<_>>());
        let resumable = state.dataset(DATASET).unwrap().status == DatasetStatus::Suspended;
        for event in ["dataset_opened", "dataset_resumed"].into_iter().take(if resumable { 2 } else { 1 }) {
            for role in [body, authority] {
                let expected = if role == may { "legal" } else { "KF-PROCESS-34" };
                assert_eq!(code(&state, &by(role, event)), expected, "{done:?}: {event} by {role}");
            }
            let refused = if may == body { by(authority, event) } else { by(body, event) };
            let error = state.check(&policy(), &refused.by, &refused.event, monday()).unwrap_err();
            assert!(error.to_string().contains(may.en()) && error.zh().contains(may.zh()), "it names who may: {error}");
        }
        // Open again, nobody holds it any more: the next who suspends it does.
        let state = after(state, &[by(may, "dataset_opened"), by(body, "dataset_suspended")]);
        assert_eq!(code(&state, &by(body, "dataset_resumed")), "legal", "{done:?}");
    }
    // A19.2, A21: what never was open is for the body alone.
    assert_eq!(code(&dataset_in("not_open"), &by(authority, "dataset_opened")), "KF-PROCESS-34");
}

#[test]
fn a26_a_grant_is_never_wider_than_what_was_applied_for() {
    let state = application_in("filed");
    let asked = application("app-1", DATASET).asked();
    let review = |change: &dyn Fn(&mut Grant)| {
        let mut grant = asked.clone();
        change(&mut grant);
        code(&state, &reviewed("app-1", Reviewer::OpeningBody, true, Some(grant)))
    };
    assert_eq!(review(&|_| {}), "legal");
    assert_eq!(review(&|grant| grant.ways.push(AccessWay::Other)), "KF-PROCESS-13");
    assert_eq!(review(&|grant| grant.until = "2027-11-01".parse().unwrap()), "KF-PROCESS-13");
    assert_eq!(review(&|grant| grant.from = "2026-10-31".parse().unwrap()), "KF-PROCESS-13");
    assert_eq!(review(&|grant| grant.rows = None), "KF-PROCESS-13");
    assert_eq!(review(&|grant| grant.rows = Some(1001)), "KF-PROCESS-13");
    assert_eq!(review(&|grant| grant.ways.clear()), "KF-PROCESS-16");

    // Two approvals grant what both approved.
    let narrow = |ways: &[AccessWay], rows| Some(Grant { ways: ways.to_vec(), rows: Some(rows), ..asked.clone() });
    let body = reviewed("app-1", Reviewer::OpeningBody, true, narrow(&[AccessWay::Api], 900));
    let authority =
        reviewed("app-1", Reviewer::Authority, true, narrow(&[AccessWay::Api, AccessWay::ModelResult], 500));
    let both = after(state.clone(), [&body, &authority]);
    let grant = &both.application("app-1").unwrap().grant;
    assert_eq!((grant.ways.as_slice(), grant.rows), (&[AccessWay::Api][..], Some(500)));

    // A22.2: an approval of a download of conditional data does not exist.
    let mut download = application("app-2", DATASET);
    download.ways = vec![AccessWay::Download];
    let state = after(state, [&filed(&download)]);
    assert_eq!(code(&state, &reviewed("app-2", Reviewer::OpeningBody, true, None)), "KF-PROCESS-15");
}

#[test]
fn a8_1_the_first_that_acts_as_an_authority_is_the_municipal_one() {
    let other = |event: Event| Act::new(Actor::new(Role::Authority, "another-authority"), event);
    let rules = || Event::RulesPublished { rules: Box::default() };
    let registered = || Event::BodyRegistered { body: BODY.into(), kind: BodyKind::Agency };
    let interview =
        || Event::InterviewHeld { interview: "iv-1".into(), user: USER.into(), minutes: digest("minutes"), due: None };
    let open = after(adopted_by(Role::Platform), &people_opened());
    // Whatever it does, but for an interview, which is any authority's to hold (A36).
    for first in [rules(), registered(), dataset_event("dataset_suspended")] {
        assert_eq!(code(&open, &other(rules())), "legal");
        let state = after(open.clone(), [&Act::new(actor(Role::Authority), first.clone())]);
        assert_eq!(code(&state, &other(rules())), "KF-PROCESS-23", "{}", first.id());
        assert_eq!(code(&state, &other(interview())), "legal", "{}", first.id());
    }
    let state = after(open, [&other(interview())]);
    let state = after(state, [&Act::new(actor(Role::Authority), rules())]);
    // It can't become a district's: there would be none left.
    let filed = |authority: &str| {
        let event = Event::AuthorityFiled { authority: authority.into(), district: "610113".into() };
        Act::new(actor(Role::Authority), event)
    };
    assert_eq!(code(&state, &filed(AUTHORITY)), "KF-PROCESS-03");
    assert_eq!(code(&state, &filed("another-authority")), "legal");
}

#[test]
fn a8_the_interpretation_says_who_reviews() {
    let alone = policy().with_interpretation("municipal_review", "body").unwrap();
    let mut state = State::default();
    let adoption = Event::PolicyAdopted {
        policy: alone.id().into(),
        hash: alone.hash(),
        interpretations: [("municipal_review".to_owned(), "body".to_owned())].into(),
        text: digest("text"),
        upgrade: None,
    };
    let application = filed(&application("app-1", DATASET));
    let body = reviewed("app-1", Reviewer::OpeningBody, true, None);
    for event in [adoption].iter().chain(&people_opened()).chain([&application]) {
        state.act(&alone, &event.act(), monday()).unwrap();
    }
    let authority = reviewed("app-1", Reviewer::Authority, true, None);
    assert_eq!(state.check(&alone, &authority.by, &authority.event, monday()).unwrap_err().code(), "KF-PROCESS-14");
    state.act(&alone, &body, monday()).unwrap();
    assert_eq!(state.application("app-1").unwrap().status, ApplicationStatus::Approved);
    assert_eq!(code(&state, &revoked()), "KF-PROCESS-18", "the policy at hand is not the one in force");
    // Under the default, one reviewer can't review twice.
    assert_eq!(code(&application_in("reviewed"), &body), "KF-PROCESS-14");
}

#[test]
fn a8_a_half_reviewed_application_goes_on_where_a_new_reading_asks_the_body_alone() {
    let mut state = application_in("reviewed");
    let alone = policy().with_interpretation("municipal_review", "body").unwrap();
    let adoption = Event::PolicyAdopted {
        policy: alone.id().into(),
        hash: alone.hash(),
        interpretations: [("municipal_review".to_owned(), "body".to_owned())].into(),
        text: digest("text"),
        upgrade: None,
    };
    state.act(&alone, &Act::new(actor(Role::Authority), adoption), monday()).unwrap();
    // In `application_in` the body reviewed first.
    let again = reviewed("app-1", Reviewer::OpeningBody, true, None);
    state.act(&alone, &again, monday()).unwrap();
    assert_eq!(state.application("app-1").unwrap().status, ApplicationStatus::Approved);
}

#[test]
fn bad_applications_are_refused() {
    let state = dataset_in("open");
    let file = |change: &dyn Fn(&mut Application)| {
        let mut application = application("app-1", DATASET);
        change(&mut application);
        code(&state, &Act::new(Actor::new(Role::DataUser, application.user.clone()), filed(&application)))
    };
    assert_eq!(file(&|_| {}), "legal");
    assert_eq!(file(&|application| application.user = "13800138000".into()), "KF-PROCESS-17");
    assert_eq!(file(&|application| application.user = "610102199003071234".into()), "KF-PROCESS-17");
    assert_eq!(file(&|application| application.user = String::new()), "KF-PROCESS-17");
    assert_eq!(file(&|application| application.user = digest("张三").to_string()), "legal", "a commitment");
    assert_eq!(file(&|application| application.dataset = "unknown".into()), "KF-PROCESS-02");
    assert_eq!(file(&|application| application.ways.clear()), "KF-PROCESS-16");
    assert_eq!(file(&|application| application.purpose = " ".into()), "KF-PROCESS-16", "A10");
    assert_eq!(file(&|application| application.safeguards.clear()), "KF-PROCESS-16", "A10");
    assert_eq!(file(&|application| application.until = "2026-10-31".parse().unwrap()), "KF-PROCESS-16");
    assert_eq!(
        file(&|application| {
            application.from = "2025-01-01".parse().unwrap();
            application.until = "2026-11-22".parse().unwrap();
        }),
        "KF-PROCESS-21"
    );
}

#[test]
fn a_refusal_says_in_chinese_what_it_says() {
    // Event ids are the ids of documents; everything else is said in words.
    let says = |state: &State, act: &dyn Done| {
        let act = act.act();
        state.check(&policy(), &act.by, &act.event, monday()).unwrap_err().zh()
    };
    let with = |facts: &Facts, chosen| assessed(DATASET, facts, Some(chosen), digest(DATASET), monday());
    let [_, listing, opened]: [Event; 3] = people_opened().try_into().unwrap();
    let revealing = facts(r#"{"high_protection_need": true, "aggregation_may_reveal": true}"#);
    let unadvised = after(adopted(), [&with(&revealing, Openness::Conditional), &listing]);
    let complaint = "c-1".to_owned();
    let open = after(
        dataset_in("open"),
        &[
            Event::ComplaintReceived { complaint: complaint.clone(), dataset: DATASET.into(), evidence: digest("e") },
            Event::ComplaintVerified { complaint: complaint.clone(), finding: digest("finding") },
        ],
    );
    let terminated = Event::ComplaintAnswered { complaint, outcome: ComplaintOutcome::Terminated, reply: digest("r") };
    for (said, words) in [
        (says(&open, &opened), &["数据集", "“开放中”", "dataset_opened", "dataset_suspended"][..]),
        (says(&adopted(), &with(&people(), Openness::Unconditional)), &["“无条件开放”", "不予开放、有条件开放"]),
        (says(&adopted(), &with(&facts(r#"{"state_secret": true}"#), Openness::Withheld)), &["“不适用本办法”"]),
        (says(&unadvised, &opened), &["开放前须征询专家委员会(A32(4))"]),
        (says(&open, &terminated), &["“终止开放”", "“开放中”"]),
        (
            says(&open, &Act::new(actor(Role::Public), dataset_event("dataset_suspended"))),
            &["社会公众无权", "数据开放主体、主管部门"],
        ),
        (
            says(&application_in("reviewed"), &reviewed("app-1", Reviewer::OpeningBody, true, None)),
            &["数据开放主体的审核"],
        ),
    ] {
        assert!(words.iter().all(|word| said.contains(word)), "{said}: {words:?}");
        let mut latin = said.split(|c: char| !(c.is_ascii_lowercase() || c == '_' || c == '-'));
        let known = |word: &str| word.is_empty() || word == DATASET || Event::IDS.contains(&word);
        assert!(latin.all(known), "{said}");
    }
    assert!(size_of::<ProcessError>() < 128, "it goes through every Result of the room");
}

#[test]
fn nothing_happens_before_a_policy_is_adopted() {
    assert_eq!(code(&State::default(), &people_opened()[0]), "KF-PROCESS-18");
}

#[test]
fn the_same_records_give_the_same_state_byte_for_byte() {
    let mut events: Vec<Act> = people_opened().iter().map(Done::act).collect();
    events.extend([
        filed(&application("app-1", DATASET)).act(),
        reviewed("app-1", Reviewer::OpeningBody, true, None),
        Event::ComplaintReceived { complaint: "c-1".into(), dataset: DATASET.into(), evidence: digest("e") }.act(),
        dataset_event("dataset_suspended").act(),
        user_event("rectification_demanded").act(),
    ]);
    let whole = after(adopted(), &events);
    assert_eq!(whole.index(), 1 + events.len() as u64);
    assert_eq!(whole.snapshot().unwrap(), after(adopted(), &events).snapshot().unwrap());
    // Stopping at any record and going on from the snapshot changes nothing.
    for cut in 0..=events.len() {
        let (first, rest) = events.split_at(cut);
        let snapshot = after(adopted(), first).snapshot().unwrap();
        let resumed = after(State::restore(&snapshot).unwrap(), rest);
        assert_eq!(resumed.snapshot().unwrap(), whole.snapshot().unwrap(), "cut at {cut}");
    }
    // And the events are the same after they crossed as JSON.
    let crossed: Vec<Act> =
        events.iter().map(|act| Act::from_json(&crate::canon::to_string(act).unwrap()).unwrap()).collect();
    assert_eq!(crossed, events);
}

#[test]
fn rows_of_open_intents_count_until_the_result() {
    let mut state = application_in("approved");
    let intent = state.index();
    let used = |rows, pages| Used { rows, pages };
    state.intend(Use { dataset: DATASET.into(), application: Some("app-1".into()), asked: used(400, 1) });
    assert_eq!(state.application("app-1").unwrap().used, used(400, 1));
    state.settle(intent, used(150, 1), None).unwrap();
    assert_eq!(state.application("app-1").unwrap().used, used(150, 1));
    assert_eq!(state.settle(intent, used(150, 1), None), Err(ProcessError::NoOpenIntent { index: intent }));
}

#[test]
fn bad_documents_are_refused_without_their_values() {
    for json in [
        "",
        "{}",
        r#"{"by": {"role": "opening_body", "id": "b"}, "event": "dataset_exploded", "dataset": "x"}"#,
        r#"{"by": {"role": "opening_body", "id": "b"}, "event": "dataset_opened", "dataset": "x"}"#,
        r#"{"event": "dataset_suspended", "dataset": "x", "ground": "risk"}"#,
        r#"{"by": {"role": "13800138000", "id": "b"}, "event": "dataset_suspended", "dataset": "x", "ground": "risk"}"#,
        r#"{"by": {"role": "opening_body", "id": "b"}, "event": "dataset_opened", "dataset": "x", "content": "13800138000"}"#,
        r#"{"by": {"role": "opening_body", "id": "b"}, "event": "dataset_suspended", "dataset": "x", "ground": "risk", "phone": "13800138000"}"#,
    ] {
        let error = Act::from_json(json).unwrap_err();
        assert_eq!(error.code(), "KF-PROCESS-20", "{json}");
        assert!(!format!("{error:?}").contains("13800138000"));
    }
    assert_eq!(Application::from_json("{}").unwrap_err().code(), "KF-PROCESS-20");
    let digest: Digest = digest("x");
    let by = format!(r#""by": {{"role": "opening_body", "id": "{BODY}"}}"#);
    let json = format!(r#"{{{by}, "event": "content_updated", "dataset": "13800138000", "content": "{digest}"}}"#);
    let act = Act::from_json(&json).unwrap();
    let error = adopted().check(&policy(), &act.by, &act.event, monday()).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("13800138000"), "an id that is none is not shown");
}
