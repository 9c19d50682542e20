//! The table of a year, `year.json`, for the harnesses in Rust: what a step asks, what it should come to, and every
//! difference from that with its reason.

use kaifang::canon;
use kaifang::crypto::sha256;
use serde_json::{Value, json};

/// What a step can be; it is exactly one of them. A list of duties is what an act makes or does.
const KINDS: [&str; 8] = ["act", "assess", "admit", "decide", "complete", "report_use", "duties", "audit"];

/// The table, each `$digest:TEXT` replaced by the SHA-256 of the text.
pub(crate) fn table() -> Value {
    let mut table = canon::parse(include_bytes!("year.json")).unwrap();
    resolve(&mut table);
    assert!(steps(&table).len() >= 400, "the table lost its steps");
    table
}

fn resolve(value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Some(digested) = text.strip_prefix("$digest:") {
                *text = sha256(digested.as_bytes()).to_string();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(resolve),
        Value::Object(members) => members.values_mut().for_each(resolve),
        _ => {}
    }
}

pub(crate) fn steps(table: &Value) -> &[Value] {
    table["steps"].as_array().unwrap()
}

pub(crate) fn kind(step: &Value) -> &'static str {
    let is = |kind: &&str| step.get(kind).is_some_and(|value| !value.is_array());
    let kinds: Vec<&str> = KINDS.into_iter().filter(is).collect();
    let [kind] = kinds.as_slice() else { panic!("a step is exactly one of {KINDS:?}: {step}") };
    kind
}

/// A list whose order means nothing.
pub(crate) fn sorted(list: impl IntoIterator<Item = Value>) -> Value {
    let mut list: Vec<Value> = list.into_iter().collect();
    list.sort_by_key(Value::to_string);
    Value::Array(list)
}

/// What the table says about a step.
fn expected(step: &Value) -> Value {
    let list = |name: &str| sorted(step[name].as_array().unwrap().iter().cloned());
    match kind(step) {
        "admit" | "decide" => {
            let mut answer = json!({ "permit": step["permit"], "denials": step["denials"] });
            if let Some(rows) = step.get("rows") {
                answer["rows"] = rows.clone();
            }
            answer
        }
        "duties" => json!({ "duties": list("expect") }),
        "audit" => json!({ "findings": list("findings") }),
        _ => {
            let mut answer = json!({ "refused": step.get("refused").cloned().unwrap_or(Value::Bool(false)) });
            if step["duties"].is_array() {
                answer["duties"] = list("duties");
            }
            answer
        }
    }
}

/// The act of an assessment: an assertion about each fact that is known. The platform states facts and
/// classification.
pub(crate) fn assessment(table: &Value, step: &Value) -> Value {
    let (assess, mut facts) = (&step["assess"], table["harmless"].clone());
    let facts = facts.as_object_mut().unwrap();
    for (fact, value) in assess["facts"].as_object().unwrap() {
        assert!(facts.insert(fact.clone(), value.clone()).is_some(), "{fact} is no fact of the table");
    }
    let named = assess.get("evidence").cloned().unwrap_or_else(|| json!({}));
    let assertion = |(fact, value): (&String, &Value)| {
        let (by, evidence) = (&assess["assessor"], named.get(fact).unwrap_or(&table["evidence"]));
        json!({ "v": 1, "fact": fact, "value": value, "by": by, "at": step["at"], "evidence": evidence })
    };
    let known = facts.iter().filter(|(_, value)| !value.is_null());
    let mut act = json!({
        "by": assess["by"], "event": "dataset_assessed", "dataset": assess["dataset"],
        "content": assess["content"], "assessor": assess["assessor"],
        "assertions": known.map(assertion).collect::<Vec<Value>>(),
        "evidence": named.as_object().unwrap().values().collect::<Vec<&Value>>(),
    });
    for part in ["chosen", "approval"].into_iter().filter(|part| !assess[*part].is_null()) {
        act[part] = assess[part].clone();
    }
    act
}

/// A duty in the words of the table.
pub(crate) fn duty(duty: &Value) -> Value {
    json!({
        "code": duty["code"], "holder": duty["holder"], "subject": duty["subject"], "due": duty["due"]["date"],
        "provisional": duty["due"]["provisional"].as_bool().unwrap_or(false), "status": duty["status"],
    })
}

/// The duties that are not done.
pub(crate) fn owed(duties: &[Value]) -> Value {
    sorted(duties.iter().filter(|duty| duty["status"] != "done").map(duty))
}

/// What an audit found.
pub(crate) fn found(report: &Value) -> Value {
    let findings = report["findings"].as_array().unwrap().iter();
    let findings = sorted(findings.map(|found| json!({ "code": found["code"], "subject": found["subject"] })));
    json!({ "findings": findings })
}

/// What was decided, or the error's code.
pub(crate) fn decided(step: &Value, decision: Result<Value, String>) -> Value {
    let decision = match decision {
        Ok(decision) => decision,
        Err(code) => return json!({ "error": code }),
    };
    let codes: Vec<&Value> = decision["denials"].as_array().unwrap().iter().map(|denial| &denial["code"]).collect();
    let mut answer = json!({ "permit": decision["permit"], "denials": codes });
    if step.get("rows").is_some() {
        answer["rows"] = decision["rows"].clone();
    }
    answer
}

/// Whether something was refused: with its code, or just that it was where the table does not name one. What was taken
/// comes with its duties.
pub(crate) fn refusal(step: &Value, done: Result<Vec<Value>, String>) -> Value {
    let (refused, duties) = match done {
        Ok(duties) => (json!(false), duties),
        Err(_) if step["refused"] == true => (json!(true), Vec::new()),
        Err(code) => (json!(code), Vec::new()),
    };
    let mut answer = json!({ "refused": refused });
    if step["duties"].is_array() {
        answer["duties"] = sorted(duties.iter().map(duty));
    }
    answer
}

/// Every step whose answer is not the table's.
pub(crate) fn differences(steps: &[Value], mut answer: impl FnMut(&Value) -> Value) -> Vec<String> {
    let mut differences = Vec::new();
    for (number, step) in (1..).zip(steps) {
        let (wanted, got) = (expected(step), answer(step));
        if wanted != got {
            let (at, cite) = (&step["at"], &step["why"]["cite"]);
            let why = format!("{} {}", step["why"]["zh"], step["why"]["en"]);
            differences.push(format!("step {number}, {at}, {cite}: {why}\n  table  {wanted}\n  answer {got}"));
        }
    }
    differences
}

/// The first forty steps with three of them made wrong, and which: a harness must report these, and no other.
pub(crate) fn three_wrong(table: &Value) -> (Vec<Value>, [usize; 3]) {
    let mut steps: Vec<Value> = steps(table)[..40].to_vec();
    let denied = steps.iter().position(|step| step["permit"] == false).unwrap();
    steps[denied]["denials"] = json!([]);
    let owed = steps.iter().position(|step| step["expect"].as_array().is_some_and(|owed| !owed.is_empty())).unwrap();
    steps[owed]["expect"][0]["due"] = json!("2026-02-30");
    let refused = steps.iter().position(|step| step["refused"].is_string()).unwrap();
    steps[refused]["refused"] = json!("KF-PROCESS-00");
    let mut wrong = [denied + 1, owed + 1, refused + 1];
    wrong.sort_unstable();
    (steps, wrong)
}

/// The numbers of the steps that differ.
pub(crate) fn numbers(differences: &[String]) -> Vec<usize> {
    let number = |difference: &String| difference.split([' ', ',']).nth(1).unwrap().parse().unwrap();
    differences.iter().map(number).collect()
}
