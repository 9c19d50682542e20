//! The full-course record, asked: who used what, by which way, when (A16, A32(3)); and what a user of conditional data
//! reports about it (A25).

use std::collections::BTreeMap;
use std::path::Path;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::gate::{Body, LEDGER, Outcome, Record, Request, use_log, use_logs};
use crate::ledger::Ledger;
use crate::process::{Event, RiskAssessmentReport};
use crate::terms::{Action, Instant, V1, legal_date};

/// Which uses are asked for; what is not set excludes nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct UsageQuery {
    /// Of this dataset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataset: Option<String>,
    /// By this user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Under this application.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application: Option<String>,
    /// By this way, or a query or preview.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<Action>,
    /// From this legal date on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub from: Option<Date>,
    /// Until this legal date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub until: Option<Date>,
    /// Denials too.
    #[serde(default)]
    pub denials: bool,
}

/// One recorded request, what was decided, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UsageRecord {
    /// The log of uses that holds it; none: the state log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<String>,
    /// The index of its record.
    pub index: u64,
    /// When.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub at: Instant,
    /// What was asked.
    pub request: Request,
    /// Whether it was permitted.
    pub permit: bool,
    /// The code of the first denial.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub denial: Option<String>,
    /// The application that it ran under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application: Option<String>,
    /// What came of it; none while it is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
}

/// What was used, in all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UsageSummary {
    /// How many calls were served.
    pub calls: u64,
    /// How many rows went out.
    pub rows: u64,
    /// How many bytes.
    pub bytes: u64,
    /// Calls, by dataset.
    pub by_dataset: BTreeMap<String, u64>,
    /// Calls, by way.
    pub by_action: BTreeMap<String, u64>,
    /// Calls, by purpose.
    pub by_purpose: BTreeMap<String, u64>,
    /// How many were denied.
    pub denied: u64,
}

impl UsageQuery {
    fn asks(&self, at: Instant, request: &Request, application: Option<&str>) -> bool {
        let date = legal_date(at);
        let is =
            |asked: &Option<String>, found: Option<&str>| asked.as_deref().is_none_or(|asked| found == Some(asked));
        is(&self.dataset, Some(&request.dataset))
            && is(&self.user, request.user.as_deref())
            && is(&self.application, application)
            && self.action.is_none_or(|action| action == request.action)
            && self.from.is_none_or(|from| date >= from)
            && self.until.is_none_or(|until| date <= until)
    }
}

/// The recorded uses that a query asks for, each handed to `give` in the order of its log once its result is known; the
/// state log first. What is open comes last.
///
/// # Errors
/// What can't be read, and damage: see [`super::audit()`] for what the record is worth.
pub fn uses(dir: impl AsRef<Path>, query: &UsageQuery, give: &mut dyn FnMut(UsageRecord)) -> Result<(), Error> {
    let dir = dir.as_ref();
    of_log(&dir.join(LEDGER), None, query, give)?;
    use_logs(dir)?.iter().try_for_each(|name| of_log(&use_log(dir, name), Some(name), query, give))
}

fn of_log(
    folder: &Path,
    log: Option<&str>,
    query: &UsageQuery,
    give: &mut dyn FnMut(UsageRecord),
) -> Result<(), Error> {
    let mut open: BTreeMap<u64, UsageRecord> = BTreeMap::new();
    for item in Ledger::open(folder, None)?.records()? {
        let (index, bytes) = item?;
        let Some(record) = Record::read(&bytes)? else { continue };
        match record.body {
            Body::Intent { request, decision } if query.asks(record.at, &request, decision.application.as_deref()) => {
                let application = decision.application;
                let (log, at, request) = (log.map(str::to_owned), record.at, *request);
                let used =
                    UsageRecord { log, index, at, request, permit: true, denial: None, application, outcome: None };
                open.insert(index, used);
            }
            Body::Denial { request, decision }
                if query.denials && query.asks(record.at, &request, decision.application.as_deref()) =>
            {
                let denial = decision.headline().map(|reason| reason.code.clone());
                let (log, at, request) = (log.map(str::to_owned), record.at, *request);
                give(UsageRecord { log, index, at, request, permit: false, denial, application: None, outcome: None });
            }
            Body::Result { intent, outcome } => {
                if let Some(mut used) = open.remove(&intent) {
                    used.outcome = Some(outcome);
                    give(used);
                }
            }
            _ => {}
        }
    }
    open.into_values().for_each(give);
    Ok(())
}

/// What a query's uses come to.
///
/// # Errors
/// As [`uses()`].
pub fn summary(dir: impl AsRef<Path>, query: &UsageQuery) -> Result<UsageSummary, Error> {
    let mut summary = UsageSummary::default();
    let count = |counts: &mut BTreeMap<String, u64>, key: &str| *counts.entry(key.to_owned()).or_default() += 1;
    uses(dir, query, &mut |used| {
        summary.denied += u64::from(!used.permit);
        let Some(outcome) = used.outcome.filter(|outcome| outcome.served) else { return };
        summary.calls += 1;
        summary.rows = summary.rows.saturating_add(outcome.rows);
        summary.bytes = summary.bytes.saturating_add(outcome.bytes);
        count(&mut summary.by_dataset, &used.request.dataset);
        count(&mut summary.by_action, crate::terms::Word::id(used.request.action));
        count(&mut summary.by_purpose, used.request.purpose.as_deref().unwrap_or_default());
    })?;
    Ok(summary)
}

impl RiskAssessmentReport {
    /// The draft of a report (A25) for a period: kinds, quantity and purposes as the log has them. The user adds what it
    /// did with the data, the risks, and its measures: until then the draft is not whole, and is refused.
    ///
    /// # Errors
    /// As [`uses()`].
    pub fn draft(dir: impl AsRef<Path>, application: &str, from: Date, until: Date) -> Result<Self, Error> {
        let query = UsageQuery {
            application: Some(application.to_owned()),
            from: Some(from),
            until: Some(until),
            ..UsageQuery::default()
        };
        let dir = dir.as_ref();
        let used = summary(dir, &query)?;
        let kinds = match used.by_dataset.is_empty() {
            false => used.by_dataset.into_keys().collect(),
            true => applied_for(dir, application)?.into_iter().collect(),
        };
        Ok(RiskAssessmentReport {
            v: V1,
            application: application.to_owned(),
            from,
            until,
            kinds,
            calls: used.calls,
            rows: used.rows,
            bytes: used.bytes,
            activities: Vec::new(),
            risks: Vec::new(),
            measures: Vec::new(),
            document: None,
        })
    }
}

/// The dataset that an application is for.
fn applied_for(dir: &Path, application: &str) -> Result<Option<String>, Error> {
    for item in Ledger::open(dir.join(LEDGER), None)?.records()? {
        let (_, bytes) = item?;
        if let Some(Record { body: Body::Event { event, .. }, .. }) = Record::read(&bytes)?
            && let Event::ApplicationFiled { application: filed } = *event
            && filed.id == application
        {
            return Ok(Some(filed.dataset));
        }
    }
    Ok(None)
}
