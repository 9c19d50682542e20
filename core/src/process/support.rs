//! What the tests of the process, the gate and the audit share: one dataset of people and one of figures.

use super::moves::row;
use super::{Act, Actor, Application, Assessment, Event, Grant, Role};
use crate::catalog::{Body, Channel, DataFormat, DataType, Entry, Level, Office, Responsible, UpdateFrequency};
use crate::crypto::sha256;
use crate::policy::{Assertion, Facts, Policy, Section};
use crate::terms::{AccessWay, DataGrade, Digest, Instant, Openness, Reviewer, V1, legal_date};

pub(crate) const BODY: &str = "11610100013300000X";
pub(crate) const USER: &str = "91610131MA6U0000X0";
pub(crate) const AUTHORITY: &str = "11610100MB2A00000X";
pub(crate) const PURPOSE: &str = "人口分布研究";

pub(crate) fn at(text: &str) -> Instant {
    format!("{text}Z").parse().unwrap()
}

/// A Monday.
pub(crate) fn monday() -> Instant {
    at("2026-11-23T02:00:00")
}

/// Compiled once: the tests ask for it thousands of times.
pub(crate) fn policy() -> Policy {
    static POLICY: std::sync::OnceLock<Policy> = std::sync::OnceLock::new();
    POLICY.get_or_init(|| Policy::builtin("xian-2022-013").unwrap()).clone()
}

pub(crate) fn digest(text: &str) -> Digest {
    sha256(text.as_bytes())
}

/// Every fact answered with its harmless value, but for these.
pub(crate) fn facts(but: &str) -> Facts {
    let mut facts = Facts::new();
    for fact in policy().facts(Section::Classification) {
        facts.set(fact.id.clone(), fact.domain.value_at(0).unwrap());
    }
    for (fact, value) in Facts::from_json(but).unwrap().iter() {
        match value {
            Some(value) => facts.set(fact, value.clone()),
            None => facts.forget(fact),
        };
    }
    facts
}

/// Personal data, desensitized but still about people: withheld or conditional.
pub(crate) fn people() -> Facts {
    facts(r#"{"personal_privacy": true, "desensitization": "deidentified"}"#)
}

pub(crate) fn assessed(
    dataset: &str,
    facts: &Facts,
    chosen: Option<Openness>,
    content: Digest,
    when: Instant,
) -> Event {
    let assertions = facts.iter().filter(|(_, value)| value.is_some()).map(|(fact, value)| Assertion {
        v: V1,
        fact: fact.to_owned(),
        value: value.cloned(),
        by: "assessor-7".to_owned(),
        at: when,
        evidence: Some(digest("evidence")),
    });
    let assessment = Assessment {
        dataset: dataset.to_owned(),
        content,
        assertions: assertions.collect(),
        chosen,
        assessor: "assessor-7".to_owned(),
        approval: chosen.map(|_| digest("approval")),
        evidence: vec![digest("plan"), digest("applied"), digest("risk")],
    };
    let event = Event::assessed(&policy(), assessment, when).unwrap();
    let stated = policy().classify(facts, legal_date(when)).unwrap();
    assert!(matches!(&event, Event::DatasetAssessed { classification, .. } if **classification == stated));
    event
}

/// A whole entry that rests on this assessment.
pub(crate) fn entry(assessment: &Event, ways: &[AccessWay]) -> Entry {
    let Event::DatasetAssessed { dataset, content, classification, chosen, .. } = assessment else {
        panic!("not an assessment")
    };
    let office = |role: &str| Some(Office { role: role.to_owned(), contact: "029-86780000".to_owned() });
    let mut entry = Entry::new(dataset.clone());
    entry.name = Some("常住人口基本信息(去标识化)".to_owned());
    entry.body = Some(Body { id: BODY.to_owned(), name: "西安市示例局".to_owned() });
    entry.format = Some(DataFormat::Parquet);
    entry.data_type = Some(DataType::Structured);
    entry.access_ways = ways.to_vec();
    entry.update_frequency = Some(UpdateFrequency::Yearly);
    entry.level = Some(Level::Municipal);
    entry.grade = Some(DataGrade::General);
    entry.responsible =
        Responsible { first: office("局长"), leader: office("分管副局长"), contact: office("数据科") };
    entry.channel = Some(Channel::Platform);
    let chosen = chosen.unwrap_or(Openness::Withheld);
    entry.rest_on(classification, chosen, *content, "2026-11-23".parse().unwrap()).unwrap();
    entry
}

pub(crate) fn listed(entry: &Entry) -> Event {
    Event::EntryListed { entry: Box::new(entry.clone()) }
}

pub(crate) fn application(id: &str, dataset: &str) -> Application {
    Application {
        v: V1,
        id: id.to_owned(),
        user: USER.to_owned(),
        dataset: dataset.to_owned(),
        ways: vec![AccessWay::Api, AccessWay::ModelResult],
        purpose: PURPOSE.to_owned(),
        safeguards: vec!["专人专机".to_owned()],
        from: "2026-11-01".parse().unwrap(),
        until: "2027-10-31".parse().unwrap(),
        fields: Vec::new(),
        rows: Some(1000),
        pages: None,
        updates: false,
        evidence: None,
    }
}

pub(crate) fn filed(application: &Application) -> Event {
    Event::ApplicationFiled { application: Box::new(application.clone()) }
}

/// Somebody in a role: one body, one authority, one user.
pub(crate) fn actor(role: Role) -> Actor {
    let id = match role {
        Role::OpeningBody => BODY,
        Role::Authority => AUTHORITY,
        Role::DataUser | Role::Public => USER,
        Role::ExpertCommittee => "committee",
        Role::Platform => "platform",
    };
    Actor::new(role, id)
}

/// What a test lets happen: an event is done by the first whom the table lets do it.
pub(crate) trait Done {
    fn act(&self) -> Act;
}

impl Done for Act {
    fn act(&self) -> Act {
        self.clone()
    }
}

impl Done for Event {
    fn act(&self) -> Act {
        Act::new(actor(row(self.id()).unwrap().by[0]), self.clone())
    }
}

pub(crate) fn reviewed(application: &str, by: Reviewer, approve: bool, grant: Option<Grant>) -> Act {
    let role = match by {
        Reviewer::OpeningBody => Role::OpeningBody,
        Reviewer::Authority => Role::Authority,
    };
    let opinion = digest("opinion");
    let event = Event::ApplicationReviewed { application: application.to_owned(), approve, grant, opinion };
    Act::new(actor(role), event)
}

/// Assessed, listed and opened.
pub(crate) fn opening(dataset: &str, facts: &Facts, class: Openness, ways: &[AccessWay], when: Instant) -> [Event; 3] {
    let content = digest(dataset);
    let assessment = assessed(dataset, facts, Some(class), content, when);
    let listing = listed(&entry(&assessment, ways));
    [assessment, listing, Event::DatasetOpened { dataset: dataset.to_owned(), content }]
}
