//! The body of a record as it is read: its members first, and then what its kind makes of them. A body's kind stands
//! after its decision, and a decision that is kept until its kind is known is read twice.

use serde::de::{DeserializeOwned, Error as _, IntoDeserializer as _, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::decide::Decision;
use super::record::{Body, Outcome, UseReport};
use super::request::Request;
use crate::process::{Actor, Event};
use crate::terms::{Digest, Instant};

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Event,
    Intent,
    Denial,
    Result,
    UseReport,
    Denials,
    Degraded,
    Snapshot,
    Applied,
}

/// The members of every kind. None may be null: that is not how a member is left out.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Members {
    #[serde(deserialize_with = "named")]
    kind: Kind,
    #[serde(default, deserialize_with = "given")]
    by: Option<Actor>,
    #[serde(default, deserialize_with = "given")]
    event: Option<Box<Event>>,
    #[serde(default, deserialize_with = "given")]
    request: Option<Box<Request>>,
    #[serde(default, deserialize_with = "given")]
    decision: Option<Box<Decision>>,
    #[serde(default, deserialize_with = "given")]
    intent: Option<u64>,
    #[serde(default, deserialize_with = "given")]
    outcome: Option<Outcome>,
    #[serde(default, deserialize_with = "given")]
    report: Option<UseReport>,
    #[serde(default, deserialize_with = "given")]
    from: Option<Instant>,
    #[serde(default, deserialize_with = "given")]
    counts: Option<Value>,
    #[serde(default, deserialize_with = "given")]
    state: Option<Digest>,
    #[serde(default, deserialize_with = "given")]
    applied: Option<Map<String, Value>>,
}

/// A kind stands there by its name alone. What is derived would take `{"event": null}` for it too, and a record would have
/// two forms.
fn named<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Kind, D::Error> {
    deserializer.deserialize_str(ByName)
}

struct ByName;

impl Visitor<'_> for ByName {
    type Value = Kind;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a kind's name")
    }

    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Kind, E> {
        Kind::deserialize(name.into_deserializer())
    }
}

fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

fn counted<T: DeserializeOwned, E: serde::de::Error>(counts: Value) -> Result<Vec<T>, E> {
    serde_json::from_value(counts).map_err(E::custom)
}

impl<'de> Deserialize<'de> for Body {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Members { kind, by, event, request, decision, intent, outcome, report, from, counts, state, applied } =
            Members::deserialize(deserializer)?;
        let given = [
            by.is_some(),
            event.is_some(),
            request.is_some(),
            decision.is_some(),
            intent.is_some(),
            outcome.is_some(),
            report.is_some(),
            from.is_some(),
            counts.is_some(),
            state.is_some(),
            applied.is_some(),
        ];
        let given = given.into_iter().filter(|given| *given).count();
        let decided = request.zip(decision);
        // How many members the kind takes, and what it makes of them.
        let body = match kind {
            Kind::Event => by.zip(event).map(|(by, event)| (2, Body::Event { by, event })),
            Kind::Intent => decided.map(|(request, decision)| (2, Body::Intent { request, decision })),
            Kind::Denial => decided.map(|(request, decision)| (2, Body::Denial { request, decision })),
            Kind::Result => intent.zip(outcome).map(|(intent, outcome)| (2, Body::Result { intent, outcome })),
            Kind::UseReport => report.map(|report| (1, Body::UseReport { report })),
            Kind::Denials => match from.zip(counts) {
                Some((from, counts)) => Some((2, Body::Denials { from, counts: counted(counts)? })),
                None => None,
            },
            Kind::Degraded => match from.zip(counts) {
                Some((from, counts)) => Some((2, Body::Degraded { from, counts: counted(counts)? })),
                None => None,
            },
            Kind::Snapshot => state.map(|state| (1, Body::Snapshot { state })),
            Kind::Applied => Some((usize::from(applied.is_some()), Body::Applied { applied })),
        };
        match body {
            Some((takes, body)) if takes == given => Ok(body),
            _ => Err(D::Error::custom("a body has the members of its kind and no other")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Body;

    const DIGEST: &str = "sha256:0000000000000000000000000000000000000000000000000000000000000000";

    /// A member that is missing, null or of another kind makes no body.
    #[test]
    fn a_body_has_the_members_of_its_kind() {
        let read = |text: &str| serde_json::from_str::<Body>(&text.replace("DIGEST", DIGEST));
        let good = [
            r#"{"kind": "snapshot", "state": "DIGEST"}"#,
            r#"{"kind": "applied", "applied": {"v": 1}}"#,
            r#"{"kind": "applied"}"#,
            r#"{"intent": 4, "kind": "result", "outcome": {"served": true, "rows": 1, "bytes": 10}}"#,
            r#"{"from": "2024-06-03T02:00:00Z", "counts": [{"action": "query", "code": "c", "count": 1}], "kind": "denials"}"#,
            r#"{"from": "2024-06-03T02:00:00Z", "counts": [{"action": "query", "dataset": "d", "count": 1}], "kind": "degraded"}"#,
        ];
        for text in good {
            let body = read(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            let again = serde_json::to_string(&body).unwrap_or_default();
            assert_eq!(read(&again).ok(), Some(body), "{text}");
        }
        let bad = [
            r#"{"kind": "snapshot"}"#,
            r#"{"kind": "snapshot", "state": null}"#,
            r#"{"kind": "snapshot", "state": "DIGEST", "intent": 4}"#,
            r#"{"kind": "snapshot", "state": "DIGEST", "intent": null}"#,
            r#"{"kind": "snapshot", "state": "DIGEST", "other": 1}"#,
            r#"{"state": "DIGEST"}"#,
            r#"{"kind": "applied", "applied": null}"#,
            r#"{"kind": "applied", "applied": []}"#,
            r#"{"kind": "applied", "applied": {}, "state": "DIGEST"}"#,
            r#"{"kind": "intent", "state": "DIGEST"}"#,
            r#"{"kind": "no_such_kind", "state": "DIGEST"}"#,
            r#"{"kind": {"snapshot": null}, "state": "DIGEST"}"#,
            r#"{"kind": "result", "intent": 4}"#,
            r#"{"from": "2024-06-03T02:00:00Z", "counts": [{"action": "query", "dataset": "d", "count": 1}], "kind": "denials"}"#,
            r#"{"from": "2024-06-03T02:00:00Z", "counts": [{"action": "query", "code": "c", "count": 1}], "kind": "degraded"}"#,
        ];
        bad.iter().for_each(|text| assert!(read(text).is_err(), "{text}"));
    }
}
