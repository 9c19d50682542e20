//! Acts as people write them: what the platform knows itself need not be said. An assessment states assertions, and the
//! policy answers; an entry states what it is, and what was decided is filled in.

use serde_json::Value;

use crate::Error;
use crate::canon;
use crate::policy::{Assertion, Facts, Policy};
use crate::process::{Act, Event, ProcessError, State};
use crate::terms::{Instant, Text, legal_date};

/// Reads an act. `dataset_assessed` may leave out `facts` and `classification`, and `entry_listed` the entry's `openness`,
/// `assessment` and `content`, all three.
///
/// # Errors
/// [`ProcessError::Malformed`]; [`crate::policy::FactError`] for an assertion that the policy can't take.
pub(super) fn read(policy: &Policy, state: &State, json: &str, at: Instant) -> Result<Act, Error> {
    let mut act = match assessment(policy, json, at)? {
        Some(filled) => Act::from_json(&filled)?,
        None => Act::from_json(json)?,
    };
    if let Event::EntryListed { entry } = &mut act.event {
        let open = entry.openness.is_none() && entry.assessment.is_none() && entry.content.is_none();
        let assessed = state.dataset(&entry.id).and_then(|dataset| dataset.assessed.as_ref());
        if let Some((assessed, chosen)) =
            assessed.and_then(|assessed| Some((assessed, assessed.chosen?))).filter(|_| open)
        {
            let before = state.entry(&entry.id).and_then(|listed| listed.openness.or(listed.previous_openness));
            entry.previous_openness = entry.previous_openness.or(before.filter(|before| *before != chosen));
            entry.rest_on_assessment(assessed.classification, chosen, assessed.content, assessed.on);
        }
    }
    Ok(act)
}

/// The document of an assessment with its facts and classification, where it leaves both out.
fn assessment(policy: &Policy, json: &str, at: Instant) -> Result<Option<String>, Error> {
    // What can't be read is said by the reading of the act itself.
    let Ok(Value::Object(mut act)) = canon::parse(json.as_bytes()) else { return Ok(None) };
    let whole = act.get("event").and_then(Value::as_str) != Some("dataset_assessed")
        || act.contains_key("classification")
        || act.contains_key("facts");
    if whole {
        return Ok(None);
    }
    let malformed = |what: &dyn std::fmt::Display| ProcessError::Malformed {
        what: Text::foreign(what.to_string()),
        place: "assertions".to_owned(),
    };
    let stated = act.get("assertions").cloned().unwrap_or(Value::Array(Vec::new()));
    let bytes = canon::to_bytes(&stated)?;
    let assertions: Vec<Assertion> = canon::read("Assertion", &bytes)?;
    let facts = Facts::asserted(&assertions);
    let classification = policy.classify(&facts, legal_date(at))?;
    let value = |document: Result<Value, serde_json::Error>| document.map_err(|error| malformed(&error));
    act.insert("facts".to_owned(), value(serde_json::to_value(&facts))?);
    act.insert("classification".to_owned(), value(serde_json::to_value(&classification))?);
    Ok(Some(Value::Object(act).to_string()))
}
