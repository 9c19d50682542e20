//! Invented datasets, users and applications for the gate, and the acts that bring them about.
#![allow(clippy::unwrap_used)]

use kaifang::catalog::{Body, Channel, DataFormat, DataType, Entry, Level, Office, Responsible, UpdateFrequency};
use kaifang::crypto::sha256;
use kaifang::gate::Request;
use kaifang::policy::{Assertion, Facts, Policy, Section};
use kaifang::process::{Actor, Application, Assessment, Event, Role, State};
use kaifang::terms::{AccessWay, Action, DataGrade, Instant, Openness, V1, legal_date};

/// What every application and every request is for.
pub const PURPOSE: &str = "人口分布研究";

/// How many users there are at most.
pub const USERS: usize = 100_000;

const BODY: &str = "11610100013300000X";

/// When everything is done and asked.
#[must_use]
pub fn at() -> Instant {
    "2026-11-23T02:00:00Z".parse().unwrap()
}

/// A user's id.
#[must_use]
pub fn user(number: usize) -> String {
    format!("91610131MA{:07}X", number % USERS)
}

/// The dataset that this application is for: a user applies once for a dataset.
#[must_use]
pub fn dataset_of(number: usize, datasets: usize) -> String {
    format!("data-{}", (7 * number + number / USERS) % datasets)
}

/// Who opens every dataset.
#[must_use]
pub fn body() -> Actor {
    Actor::new(Role::OpeningBody, BODY)
}

/// A state under a policy, and nothing else in it.
#[must_use]
pub fn adopted(policy: &Policy) -> State {
    let mut state = State::default();
    let event = Event::PolicyAdopted {
        policy: policy.id().to_owned(),
        hash: policy.hash(),
        interpretations: Default::default(),
        text: sha256(policy.source().as_bytes()),
        upgrade: None,
    };
    state.apply(policy, &Actor::new(Role::Platform, "platform"), &event, at()).unwrap();
    state
}

/// The acts that assess, list and open one dataset.
#[must_use]
pub fn opening(policy: &Policy, dataset: &str, class: Openness) -> [(Actor, Event); 3] {
    let mut facts = Facts::new();
    for fact in policy.facts(Section::Classification) {
        facts.set(fact.id.clone(), fact.domain.value_at(0).unwrap());
    }
    if class == Openness::Conditional {
        facts.set("high_protection_need", true);
    }
    let assertions = facts.iter().map(|(fact, value)| Assertion {
        v: V1,
        fact: fact.to_owned(),
        value: value.cloned(),
        by: "assessor-7".to_owned(),
        at: at(),
        evidence: Some(sha256(b"evidence")),
    });
    let content = sha256(dataset.as_bytes());
    let assessment = Assessment {
        dataset: dataset.to_owned(),
        content,
        assertions: assertions.collect(),
        chosen: Some(class),
        assessor: "assessor-7".to_owned(),
        approval: Some(sha256(b"approval")),
        evidence: Vec::new(),
    };
    let assessed = Event::assessed(policy, assessment, at()).unwrap();
    let Event::DatasetAssessed { classification, .. } = &assessed else { unreachable!("an assessment") };
    let office = |role: &str| Some(Office { role: role.to_owned(), contact: "029-86780000".to_owned() });
    let mut entry = Entry::new(dataset);
    entry.name = Some("常住人口基本信息".to_owned());
    entry.body = Some(Body { id: BODY.to_owned(), name: "西安市示例局".to_owned() });
    entry.format = Some(DataFormat::Parquet);
    entry.data_type = Some(DataType::Structured);
    entry.access_ways = vec![if class == Openness::Conditional { AccessWay::Api } else { AccessWay::Download }];
    entry.update_frequency = Some(UpdateFrequency::Yearly);
    entry.level = Some(Level::District);
    entry.district = Some("610113".to_owned());
    entry.grade = Some(DataGrade::General);
    entry.responsible =
        Responsible { first: office("局长"), leader: office("分管副局长"), contact: office("数据科") };
    entry.channel = Some(Channel::Platform);
    entry.rest_on(classification, class, content, legal_date(at())).unwrap();
    [
        (body(), assessed.clone()),
        (body(), Event::EntryListed { entry: Box::new(entry) }),
        (body(), Event::DatasetOpened { dataset: dataset.to_owned(), content }),
    ]
}

/// The acts that file and approve one application.
#[must_use]
pub fn approval(number: usize, datasets: usize) -> [(Actor, Event); 2] {
    let application = Application {
        v: V1,
        id: format!("app-{number}"),
        user: user(number),
        dataset: dataset_of(number, datasets),
        ways: vec![AccessWay::Api],
        purpose: PURPOSE.to_owned(),
        safeguards: vec!["专人专机".to_owned()],
        from: "2026-11-01".parse().unwrap(),
        until: "2027-10-31".parse().unwrap(),
        fields: Vec::new(),
        rows: Some(1_000_000),
        pages: None,
        updates: false,
        evidence: None,
    };
    let (id, opinion) = (application.id.clone(), sha256(b"opinion"));
    let filer = Actor::new(Role::DataUser, application.user.clone());
    [
        (filer, Event::ApplicationFiled { application: Box::new(application) }),
        (body(), Event::ApplicationReviewed { application: id, approve: true, grant: None, opinion }),
    ]
}

/// What the application of this number lets its user ask.
#[must_use]
pub fn request(number: usize, datasets: usize) -> Request {
    Request {
        user: Some(user(number)),
        purpose: Some(PURPOSE.to_owned()),
        rows: Some(100),
        ..Request::new(dataset_of(number, datasets), Action::Api)
    }
}
