//! `kaifang classify` and `kaifang decide`: one case, from its facts.

use std::path::PathBuf;

use clap::Args;
use kaifang::policy::{Classification, Facts, Policy, Section, Status};
use kaifang::terms::{Openness, Reason, Word};

use crate::output::{Failure, Outcome};
use crate::{input, output};

#[derive(Args)]
pub(crate) struct Law {
    /// The id of a bundled policy, or a file
    #[arg(long, default_value = "xian-2022-013")]
    pub(crate) policy: String,
    /// Set an interpretation, INTERPRETATION=OPTION
    #[arg(long)]
    pub(crate) set: Vec<String>,
    /// The date or instant that the law is asked for (default: now)
    #[arg(long)]
    pub(crate) at: Option<String>,
}

#[derive(Args)]
pub(crate) struct ClassifyOptions {
    #[command(flatten)]
    law: Law,
    /// The answer as a JSON document
    #[arg(long)]
    json: bool,
    /// Facts: a JSON object of fact → value or null; `-` is standard input
    facts: PathBuf,
}

#[derive(Args)]
pub(crate) struct DecideOptions {
    #[command(flatten)]
    law: Law,
    /// The answer as a JSON document
    #[arg(long)]
    json: bool,
    /// Access facts: a JSON object of fact → value or null; `-` is standard input
    facts: PathBuf,
}

pub(crate) fn classify(options: &ClassifyOptions) -> Result<Outcome, Failure> {
    let policy = input::policy(&options.law.policy, &options.law.set)?;
    let facts = Facts::from_json(&input::text(&options.facts)?)?;
    let answer = policy.classify(&facts, input::date(options.law.at.as_deref())?)?;
    if options.json {
        output::json(&answer)?;
    } else {
        output::text(&classification(&policy, &answer))?;
    }
    Ok(if answer.status == Status::Determined { Outcome::Done } else { Outcome::Refused })
}

pub(crate) fn decide(options: &DecideOptions) -> Result<Outcome, Failure> {
    let policy = input::policy(&options.law.policy, &options.law.set)?;
    let facts = Facts::from_json(&input::text(&options.facts)?)?;
    let answer = policy.decide(&facts, input::date(options.law.at.as_deref())?)?;
    if options.json {
        output::json(&answer)?;
    } else {
        output::text(if answer.permit { "准予 · permitted" } else { "不准 · denied" })?;
        output::text(&reasons(&answer.denials))?;
        output::text(&questions(&policy, Section::Access, &answer.open))?;
    }
    Ok(if answer.permit { Outcome::Done } else { Outcome::Refused })
}

/// A classification as lines for people.
pub(crate) fn classification(policy: &Policy, answer: &Classification) -> String {
    let names = |classes: &[Openness]| {
        classes.iter().map(|class| format!("{}({})", class.zh(), class.id())).collect::<Vec<_>>().join("、")
    };
    let mut text = format!("{} · {}\n", answer.status.zh(), answer.status.en());
    if answer.status == Status::Determined {
        text += &format!("可列入 · permitted: {}\n", names(&answer.permitted));
        text += &format!("建议 · recommended: {}\n", names(answer.recommended.as_slice()));
    } else if answer.status == Status::NeedsAssessment {
        text += &format!("可能 · possible: {}\n", names(&answer.possible));
    }
    text += &reasons(&answer.reasons);
    text += &reasons(&answer.requires);
    text += &reasons(&answer.notices);
    text += &questions(policy, Section::Classification, &answer.open);
    text.trim_end().to_owned()
}

/// Reasons, one a line pair.
pub(crate) fn reasons(reasons: &[Reason]) -> String {
    reasons.iter().map(|r| format!("  {:8} {} {}\n           {}\n", r.cite, r.code, r.zh, r.en)).collect()
}

/// Open questions as a person is asked them.
fn questions(policy: &Policy, section: Section, open: &[String]) -> String {
    let definitions = policy.facts(section);
    open.iter()
        .filter_map(|id| definitions.iter().find(|definition| definition.id == *id))
        .map(|fact| format!("  ? {}: {}\n    {}\n", fact.id, fact.question.zh, fact.question.en))
        .collect()
}
