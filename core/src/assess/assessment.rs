//! Everything about one dataset, as one document.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Evidence, Proposal, exposed, propose};
use crate::catalog::{Entry, Problem};
use crate::desensitize::PlanError;
use crate::detect::Findings;
use crate::policy::{Classification, Facts, Policy, Section};
use crate::risk::RiskReport;
use crate::terms::{AccessWay, Action, Digest, Instant, Openness, Reason, V1, Word, legal_date};

/// The policy that an assessment was made under.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PolicyReference {
    /// Its id.
    pub id: String,
    /// Its hash, interpretations included.
    pub hash: Digest,
    /// Its Chinese title.
    pub zh: String,
    /// Its English title.
    pub en: String,
}

/// A question whose answer the classification still needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// The fact.
    pub fact: String,
    /// The question in Chinese.
    pub zh: String,
    /// The question in English.
    pub en: String,
}

/// One version of the dataset, identified by its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Version {
    /// The digest of its content: of the columns' names and values, whatever file they stand in.
    pub content: Digest,
    /// What a scan found in it.
    pub findings: Findings,
    /// What the findings propose.
    pub proposals: Vec<Proposal>,
    /// The facts that the classification rests on.
    pub facts: Facts,
    /// The classes that it may be put in.
    pub classification: Classification,
    /// The open questions of the classification, as a person is asked them.
    pub questions: Vec<Question>,
    /// Its re-identification risk, where quasi-identifiers were found or named.
    pub risk: Option<RiskReport>,
}

/// The treated version and the proof of its treatment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TreatedVersion {
    /// The version.
    pub version: Version,
    /// Plan, `Applied` and risk.
    pub evidence: Evidence,
    /// The digest of the evidence: what an assertion names.
    pub evidence_digest: Digest,
}

/// Whether the law lets a class be had by a way, everything else being in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct WayVerdict {
    /// The class.
    pub openness: Openness,
    /// The way.
    pub way: AccessWay,
    /// Whether an application is needed.
    pub needs_application: bool,
    /// Why not; empty when it may.
    pub denials: Vec<Reason>,
}

/// Everything about one dataset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Assessment {
    /// The document's version.
    pub v: V1,
    /// When it was made.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub at: Instant,
    /// The legal date that the law was asked for.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub date: Date,
    /// The policy.
    pub policy: PolicyReference,
    /// The catalog entry.
    pub entry: Entry,
    /// What is missing or wrong in the entry; before a class is chosen, but for what the choice fills in.
    pub problems: Vec<Problem>,
    /// The table as it is.
    pub raw: Version,
    /// The table after treatment.
    pub treated: Option<TreatedVersion>,
    /// By which ways each class of the last version's permitted set may be had.
    pub ways: Vec<WayVerdict>,
}

impl Assessment {
    /// The version that would be opened: the treated one where there is one.
    #[must_use]
    pub fn last(&self) -> &Version {
        self.treated.as_ref().map_or(&self.raw, |treated| &treated.version)
    }

    /// Writes the body's choice into the entry, with what it rests on, and checks the entry anew. Whether the choice is
    /// within the permitted set is checked where it is recorded (`process`), and again at opening.
    ///
    /// # Errors
    /// [`crate::canon::CanonError`] where the classification has no canonical encoding.
    pub fn choose(&mut self, chosen: Openness) -> Result<(), crate::Error> {
        let (classification, content) = (self.last().classification.clone(), self.last().content);
        self.entry.rest_on(&classification, chosen, content, self.date)?;
        self.problems = self.entry.check();
        Ok(())
    }
}

/// What an assessment rests on besides the table.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    /// The law.
    pub policy: &'a Policy,
    /// The catalog entry.
    pub entry: &'a Entry,
    /// What the assessor answered.
    pub facts: &'a Facts,
    /// When.
    pub at: Instant,
}

/// Assesses one table as it is.
///
/// # Errors
/// Facts that the policy does not know, or a date before the policy was in force.
pub fn assess(
    terms: &Terms<'_>,
    content: Digest,
    findings: Findings,
    risk: Option<RiskReport>,
) -> Result<Assessment, crate::Error> {
    let raw = version(terms, content, findings, risk, None)?;
    let ways = ways(terms, &raw.classification.permitted)?;
    let title = terms.policy.title();
    Ok(Assessment {
        v: V1,
        at: terms.at,
        date: legal_date(terms.at),
        policy: PolicyReference {
            id: terms.policy.id().to_owned(),
            hash: terms.policy.hash(),
            zh: title.zh.clone(),
            en: title.en.clone(),
        },
        entry: terms.entry.clone(),
        problems: before_the_choice(terms.entry),
        raw,
        treated: None,
        ways,
    })
}

/// Adds the treated version to an assessment: a new version, scanned and classified afresh with its evidence (A18.5).
///
/// Where the scan finds a direct identifier that the treatment left, the version is not desensitized, whatever the plan
/// declared: the proposals say so.
///
/// # Errors
/// As [`assess`]; [`PlanError::OutputDiffers`] where `content` is not the table that the evidence proves, or the risk
/// was measured on another number of rows.
pub fn assess_treated(
    assessment: Assessment,
    terms: &Terms<'_>,
    content: Digest,
    findings: Findings,
    evidence: Evidence,
) -> Result<Assessment, crate::Error> {
    let differs = |what: &str| PlanError::OutputDiffers { what: what.to_owned() };
    if evidence.applied.content()? != content {
        return Err(differs("content").into());
    }
    if evidence.risk.rows != evidence.applied.rows || findings.rows != evidence.applied.rows {
        return Err(differs("rows").into());
    }
    let version = version(terms, content, findings, Some(evidence.risk.clone()), Some((&assessment.raw, &evidence)))?;
    let ways = ways(terms, &version.classification.permitted)?;
    let evidence_digest = evidence.digest()?;
    Ok(Assessment { treated: Some(TreatedVersion { version, evidence, evidence_digest }), ways, ..assessment })
}

/// What is wrong with the entry, but for what the choice will fill in: an entry without a class is not wrong yet.
fn before_the_choice(entry: &Entry) -> Vec<Problem> {
    let mut problems = entry.check();
    if entry.openness.is_none() {
        problems.retain(|problem| !matches!(problem.field.as_str(), "openness" | "assessment" | "content"));
    }
    problems
}

fn version(
    terms: &Terms<'_>,
    content: Digest,
    findings: Findings,
    risk: Option<RiskReport>,
    treated: Option<(&Version, &Evidence)>,
) -> Result<Version, crate::Error> {
    let (mut proposals, facts) = propose(&findings, terms.facts);
    // A token is no direct identifier to a scan, yet de-identified data stays personal data: the facts of the table
    // that was treated stand, and only the treatment is added.
    let mut facts = treated.map_or(facts, |(raw, evidence)| evidence.facts(&raw.facts));
    if let Some(proposal) = treated.and_then(|(_, evidence)| exposed(&findings, evidence, terms.facts)) {
        facts.set(&proposal.fact, proposal.value.clone());
        // A person whom the table still names is in it, whatever was said of the table as it was.
        facts.set("personal_privacy", true);
        proposals.push(proposal);
    }
    let classification = terms.policy.classify(&facts, legal_date(terms.at))?;
    let definitions = terms.policy.facts(Section::Classification);
    let questions = classification
        .open
        .iter()
        .filter_map(|id| definitions.iter().find(|definition| definition.id == *id))
        .map(|definition| Question {
            fact: definition.id.clone(),
            zh: definition.question.zh.clone(),
            en: definition.question.en.clone(),
        })
        .collect();
    Ok(Version { content, findings, proposals, facts, classification, questions, risk })
}

/// Asks the policy for each class and way, all else being in order: listed, assessed, open, and an application of a
/// user in good standing approved for it.
fn ways(terms: &Terms<'_>, permitted: &[Openness]) -> Result<Vec<WayVerdict>, crate::Error> {
    let mut verdicts = Vec::new();
    for openness in permitted.iter().copied().filter(|class| *class != Openness::Withheld) {
        for way in AccessWay::ALL.iter().copied() {
            let decide = |application: &str| {
                let mut facts = Facts::new();
                for (fact, value) in [
                    ("out_of_scope", false),
                    ("listed", true),
                    ("assessed", true),
                    ("content_matches_assessment", true),
                    ("committee_pending", false),
                    ("openness_permitted", true),
                    ("other_way_has_basis", true),
                    ("identified", true),
                    ("purpose_in_scope", true),
                    ("way_in_scope", true),
                    ("within_quota", true),
                    ("result_reviewed", true),
                    ("risk_report_overdue", false),
                ] {
                    facts.set(fact, value);
                }
                facts.set("via", "platform").set("openness", openness.id()).set("dataset_status", "open");
                facts.set("action", Action::from(way).id()).set("user_standing", "good");
                facts.set("application", application);
                terms.policy.decide(&facts, legal_date(terms.at))
            };
            let denials = decide("approved")?.denials;
            let needs_application = denials.is_empty() && !decide("none")?.permit;
            verdicts.push(WayVerdict { openness, way, needs_application, denials });
        }
    }
    Ok(verdicts)
}
