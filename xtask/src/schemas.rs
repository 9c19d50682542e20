//! `docs/schemas/*.json`: the JSON Schema of each document, generated from the Rust types.

use std::path::Path;

use kaifang::{assess, audit, calendar, catalog, desensitize, detect, error, gate, ledger, policy, process, risk};
use schemars::{JsonSchema, Schema, schema_for};

/// File name (without `.json`) and schema of each document.
fn documents() -> Vec<(&'static str, Schema)> {
    fn of<T: JsonSchema>() -> Schema {
        schema_for!(T)
    }
    vec![
        ("act", of::<process::Act>()),
        ("admitted", of::<gate::Admitted>()),
        ("application", of::<process::Application>()),
        ("applied", of::<desensitize::Applied>()),
        ("assertion", of::<policy::Assertion>()),
        ("assessment", of::<assess::Assessment>()),
        ("audit-report", of::<audit::AuditReport>()),
        ("bundle", of::<audit::Bundle>()),
        ("bundle-report", of::<audit::BundleReport>()),
        ("calendar-day", of::<calendar::CalendarDay>()),
        ("catalog", of::<catalog::Catalog>()),
        ("catalog-filled", of::<catalog::Filled>()),
        ("catalog-merged", of::<catalog::Merged>()),
        ("catalog-problems", of::<Vec<catalog::CatalogProblem>>()),
        ("catalog-publication", of::<catalog::Publication>()),
        ("catalog-terms", of::<catalog::CatalogTerms>()),
        ("checkpoint", of::<ledger::Checkpoint>()),
        ("classification", of::<policy::Classification>()),
        ("access-answer", of::<policy::AccessAnswer>()),
        ("deadline", of::<calendar::Deadline>()),
        ("decision", of::<gate::Decision>()),
        ("duty", of::<process::Duty>()),
        ("entry", of::<catalog::Entry>()),
        ("error", of::<error::ErrorDocument>()),
        ("event", of::<process::Event>()),
        ("evidence", of::<assess::Evidence>()),
        ("explanation", of::<policy::Explanation>()),
        ("facts", of::<policy::Facts>()),
        ("findings", of::<detect::Findings>()),
        ("policy-analysis", of::<policy::Analysis>()),
        ("policy-difference", of::<policy::Difference>()),
        ("catalog-difference", of::<policy::CatalogDifference>()),
        ("policy-proofs", of::<policy::Proofs>()),
        ("plan", of::<desensitize::Plan>()),
        ("policy", policy::Policy::schema()),
        ("policy-page", of::<policy::PolicyPage>()),
        ("policy-check", of::<policy::PolicyCheck>()),
        ("proof", of::<ledger::ProofDocument>()),
        ("receipt", of::<ledger::Receipt>()),
        ("record", of::<gate::Record>()),
        ("request", of::<gate::Request>()),
        ("recorded", of::<gate::Recorded>()),
        ("responsibility-list", of::<catalog::ResponsibilityList>()),
        ("risk-assessment-report", of::<process::RiskAssessmentReport>()),
        ("rules-of-use", of::<process::RulesOfUse>()),
        ("risk-report", of::<risk::RiskReport>()),
        ("upgrade", of::<gate::Upgrade>()),
        ("usage-query", of::<audit::UsageQuery>()),
        ("usage-record", of::<audit::UsageRecord>()),
        ("usage-summary", of::<audit::UsageSummary>()),
        ("text-check", of::<policy::TextCheck>()),
        ("ledger-state", of::<ledger::LedgerState>()),
        ("verified", of::<ledger::Verified>()),
    ]
}

/// Writes every schema, or with `check` says which are stale.
pub(crate) fn run(root: &Path, check: bool) -> Result<Vec<String>, String> {
    let mut stale = Vec::new();
    let dir = root.join("docs/schemas");
    std::fs::create_dir_all(&dir).map_err(|error| error.to_string())?;
    for (name, schema) in documents() {
        let text = serde_json::to_string_pretty(&schema).map_err(|error| error.to_string())? + "\n";
        let path = dir.join(format!("{name}.json"));
        if std::fs::read_to_string(&path).is_ok_and(|found| found == text) {
            continue;
        }
        stale.push(path.display().to_string());
        if !check {
            std::fs::write(&path, text).map_err(|error| error.to_string())?;
        }
    }
    Ok(stale)
}
