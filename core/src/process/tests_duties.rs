//! What is owed, by whom and by when.

use super::support::*;
use super::tests::*;
use super::*;
use crate::terms::Openness;

#[test]
fn a17_3_a_reply_is_due_after_ten_working_days() {
    let received = Event::ComplaintReceived { complaint: "c-1".into(), dataset: DATASET.into(), evidence: digest("e") };
    let mut state = dataset_in("open");
    let touched = state.act(&policy(), &received.act(), monday()).unwrap();
    assert_eq!(touched, ["complaint_reply:c-1"]);
    let calendar = crate::calendar::Calendar::builtin();
    let on = |state: &State, date: &str| state.duty("complaint_reply:c-1", calendar, date.parse().unwrap()).unwrap();
    let duty = on(&state, "2026-12-04");
    let due = duty.due.unwrap();
    assert_eq!((duty.cite.as_str(), due.date.to_string().as_str()), ("A17.3", "2026-12-07"));
    assert!(!due.provisional && duty.holder == BODY);
    assert_eq!(duty.status, DutyStatus::Open);
    assert_eq!(on(&state, "2026-12-07").status, DutyStatus::Due);
    assert_eq!(on(&state, "2026-12-08").status, DutyStatus::Overdue);
    assert_eq!(state.duties(&[], calendar, "2026-12-08".parse().unwrap(), Some(USER)), []);
    let answered =
        Event::ComplaintAnswered { complaint: "c-1".into(), outcome: ComplaintOutcome::Resumed, reply: digest("r") };
    let verified = Event::ComplaintVerified { complaint: "c-1".into(), finding: digest("finding") };
    let state = after(state, [&verified, &answered]);
    assert_eq!(on(&state, "2026-12-08").status, DutyStatus::Done);
}

#[test]
fn a40_another_reading_moves_no_deadline_that_runs() {
    let received = |complaint: &str| {
        let complaint = complaint.to_owned();
        Event::ComplaintReceived { complaint, dataset: DATASET.into(), evidence: digest("e") }.act()
    };
    let mut state = after(dataset_in("open"), [&received("c-1")]);
    let same_day = policy().with_interpretation("deadline_start", "same_day").unwrap();
    let adoption = Event::PolicyAdopted {
        policy: same_day.id().into(),
        hash: same_day.hash(),
        interpretations: [("deadline_start".to_owned(), "same_day".to_owned())].into(),
        text: digest("text"),
        upgrade: None,
    };
    state.act(&same_day, &Act::new(actor(Role::Authority), adoption), monday()).unwrap();
    state.act(&same_day, &received("c-2"), monday()).unwrap();
    let calendar = crate::calendar::Calendar::builtin();
    for (complaint, due) in [("c-1", "2026-12-07"), ("c-2", "2026-12-04")] {
        let id = format!("complaint_reply:{complaint}");
        let duty = state.duty(&id, calendar, "2026-11-24".parse().unwrap()).unwrap();
        assert_eq!(duty.due.unwrap().date.to_string(), due, "A17.3: {complaint}");
    }
}

#[test]
fn a16_what_was_served_is_reported() {
    let rules = RulesOfUse { use_report_days: Some(10), ..RulesOfUse::default() };
    let mut state = after(application_in("approved"), &[Event::RulesPublished { rules: Box::new(rules) }.act()]);
    let (calendar, monday) = (crate::calendar::Calendar::builtin(), crate::terms::legal_date(monday()));
    let owed = |state: &State, on: &str| {
        let duties = state.duties(&[], calendar, on.parse().unwrap(), Some(USER));
        let report = duties.into_iter().find(|duty| duty.code == "use_report")?;
        assert_eq!(
            (report.id.as_str(), report.cite.as_str(), report.holder.as_str()),
            ("use_report:app-1", "A16", USER)
        );
        Some((report.due.unwrap().date.to_string(), report.status))
    };
    let asked = Used { rows: 100, pages: 1 };
    let used = |state: &mut State, application: Option<&str>, served| {
        let intent = state.index();
        state.intend(Use { dataset: DATASET.into(), application: application.map(str::to_owned), asked });
        (intent, state.settle(intent, asked, served).unwrap())
    };
    // What was not served, and what is open to all, is not reported.
    assert_eq!(used(&mut state, Some("app-1"), None).1, None);
    assert_eq!(used(&mut state, None, Some(monday)).1, None);
    assert_eq!(owed(&state, "2026-11-23"), None);
    let (first, duty) = used(&mut state, Some("app-1"), Some(monday));
    assert_eq!(duty.as_deref(), Some("use_report:app-1"));
    let (second, _) = used(&mut state, Some("app-1"), Some("2026-11-30".parse().unwrap()));
    assert_eq!(owed(&state, "2026-12-07"), Some(("2026-12-07".to_owned(), DutyStatus::Due)));
    assert_eq!(owed(&state, "2026-12-08"), Some(("2026-12-07".to_owned(), DutyStatus::Overdue)));
    let restored = State::restore(&state.snapshot().unwrap()).unwrap();
    assert_eq!(owed(&restored, "2026-12-08"), owed(&state, "2026-12-08"));

    // A report of nothing, or of another's use, reports nothing.
    for (user, dataset, intent) in [(USER, DATASET, None), (USER, "other", Some(first)), (BODY, DATASET, Some(first))] {
        state.reported(user, dataset, intent);
    }
    assert_eq!(owed(&state, "2026-12-08"), Some(("2026-12-07".to_owned(), DutyStatus::Overdue)));
    state.reported(USER, DATASET, Some(first));
    assert_eq!(owed(&state, "2026-12-08"), Some(("2026-12-14".to_owned(), DutyStatus::Open)), "of the second");
    // What was used is reported also where the application is revoked.
    let mut state = after(state, [&revoked()]);
    assert_eq!(owed(&state, "2026-12-08"), Some(("2026-12-14".to_owned(), DutyStatus::Open)));
    state.reported(USER, DATASET, Some(second));
    assert_eq!(owed(&state, "2026-12-08"), None);
}

#[test]
fn a21_whatever_is_not_open_is_assessed_again() {
    let rules = Box::new(RulesOfUse { reassess_months: Some(6), ..RulesOfUse::default() });
    let state = after(adopted(), [&Event::RulesPublished { rules }.act()]);
    let calendar = crate::calendar::Calendar::builtin();
    let due = |state: &State| {
        let duties = state.duties(&[], calendar, "2026-11-23".parse().unwrap(), Some(BODY));
        let due = duties.iter().find(|duty| duty.code == "reassessment").and_then(|duty| duty.due.as_ref());
        due.map(|due| due.date.to_string())
    };
    let (later, id) = (at("2026-12-31T02:00:00"), format!("reassessment:{DATASET}"));
    let [assessment, listing, opened]: [Event; 3] = people_opened().try_into().unwrap();

    // Listed and never assessed: counted from the day on which it came. Listing it again puts nothing off.
    let mut listed_only = state.clone();
    assert!(listed_only.act(&policy(), &listing.act(), monday()).unwrap().contains(&id));
    listed_only.act(&policy(), &listing.act(), later).unwrap();
    assert_eq!(due(&listed_only).as_deref(), Some("2027-05-23"));
    // Once it is assessed, from that day, whatever class was chosen: it is not open yet.
    for chosen in [None, Some(Openness::Withheld), Some(Openness::Conditional)] {
        let mut state = listed_only.clone();
        let assessment = assessed(DATASET, &people(), chosen, digest(DATASET), later);
        assert!(state.act(&policy(), &assessment.act(), later).unwrap().contains(&id));
        assert_eq!(due(&state).as_deref(), Some("2027-06-30"), "{chosen:?}");
        assert!(!state.act(&policy(), &listing.act(), later).unwrap().contains(&id), "listing is no assessment");
    }
    // A2: a state secret is not for the Measures to open.
    let secret = assessed(DATASET, &facts(r#"{"state_secret": true}"#), None, digest(DATASET), monday());
    assert_eq!(due(&after(state.clone(), [&secret])), None);
    // What was opened is 尚未开放 no more, and neither is what was suspended or withdrawn since.
    let open = after(state, [&assessment, &listing, &opened]);
    assert_eq!(due(&open), None);
    assert_eq!(due(&after(open.clone(), [&dataset_event("dataset_suspended")])), None);
    assert_eq!(due(&after(open, [&dataset_event("dataset_withdrawn")])), None);
}

#[test]
fn a35_the_demand_is_a_duty_of_the_user() {
    let state = after(dataset_in("open"), [&user_event("rectification_demanded")]);
    let calendar = crate::calendar::Calendar::builtin();
    let duty = state.duties(&[], calendar, "2026-12-16".parse().unwrap(), Some(USER)).remove(0);
    assert_eq!((duty.code.as_str(), duty.cite.as_str(), duty.status), ("rectification", "A35", DutyStatus::Overdue));
    assert_eq!(duty.proposes.as_deref(), Some("service_terminated"));
    assert_eq!(code(&state, &user_event("service_terminated")), "KF-PROCESS-27", "not before the day has passed");
    let mut ended = state;
    ended.act(&policy(), &user_event("service_terminated").act(), at("2026-12-16T02:00:00")).unwrap();
    assert_eq!(ended.duties(&[], calendar, "2026-12-16".parse().unwrap(), Some(USER)), []);
}

#[test]
fn every_duty_is_found_by_its_id() {
    let rules = RulesOfUse {
        risk_report_months: Some(4),
        follow_up_months: Some(6),
        reassess_months: Some(6),
        drill_months: Some(6),
        catalog_review_months: Some(6),
        ..RulesOfUse::default()
    };
    let (dataset, evidence, finding) = (DATASET.to_owned(), digest("evidence"), digest("finding"));
    let person = digest("a person").to_string();
    let demanded = |user: &str| Event::RectificationDemanded {
        user: user.to_owned(),
        measures: finding,
        due: "2026-12-15".parse().unwrap(),
    };
    // The same id for one case of each kind: each is another duty.
    let id = "n-1".to_owned();
    let acts = [
        Event::RulesPublished { rules: Box::new(rules) },
        assessed("xa-kept-back", &people(), Some(Openness::Withheld), digest("kept back"), monday()),
        demanded(USER),
        demanded(&person),
        Event::ComplaintReceived { complaint: id.clone(), dataset: dataset.clone(), evidence },
        Event::SuggestionReceived {
            suggestion: id.clone(),
            dataset: dataset.clone(),
            ground: SuggestionGround::Quality,
            content: evidence,
        },
        Event::DemandFiled { demand: id.clone(), content: evidence, body: Some(BODY.into()) },
        Event::DemandAssessed { demand: id.clone(), accepted: true, finding, body: None },
        Event::ProblemReported { problem: id.clone(), dataset, report: evidence },
        Event::InterviewHeld {
            interview: id,
            user: USER.into(),
            minutes: evidence,
            due: Some("2026-12-31".parse().unwrap()),
        },
    ];
    let mut state = after(application_in("approved"), &acts);
    let (calendar, today) = (crate::calendar::Calendar::builtin(), "2026-11-24".parse().unwrap());
    let intent = state.index();
    let asked = Used { rows: 100, pages: 1 };
    state.intend(Use { dataset: DATASET.into(), application: Some("app-1".into()), asked });
    state.settle(intent, asked, Some(today)).unwrap();
    let duties = state.duties(&[], calendar, today, None);
    for kind in DUTIES {
        assert!(duties.iter().any(|duty| duty.code == kind.code), "{} is owed by nobody here", kind.code);
    }
    for duty in &duties {
        assert_eq!(state.duty(&duty.id, calendar, today).as_ref(), Some(duty));
    }
    assert!(duties.iter().any(|duty| duty.id == format!("rectification:{BODY}:{person}")), "an id with a colon in it");
    for id in ["", "complaint_reply", "complaint_reply:", "complaint_reply:n-2", "reassessment:n-1", "rectification:::"]
    {
        assert_eq!(state.duty(id, calendar, today), None, "{id}");
    }
}
