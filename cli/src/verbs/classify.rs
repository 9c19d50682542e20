//! `kaifang classify` and `kaifang decide`: one case, from its facts.

use std::path::PathBuf;

use clap::Args;
use kaifang::policy::{Classification, Explanation, FactChange, FactValue, Facts, Policy, Section, Status};
use kaifang::policy::{Counterfactual, Outcome as Possible};
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
    /// Why: the fewest facts that give the answer, what would permit more, what is still possible; with --json the
    /// explanation alone
    #[arg(long)]
    explain: bool,
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
    /// Why: the fewest facts that give the answer, what would permit more, what is still possible; with --json the
    /// explanation alone
    #[arg(long)]
    explain: bool,
    /// Access facts: a JSON object of fact → value or null; `-` is standard input
    facts: PathBuf,
}

pub(crate) fn classify(options: &ClassifyOptions) -> Result<Outcome, Failure> {
    let policy = input::policy(&options.law.policy, &options.law.set)?;
    let facts = Facts::from_json(&input::text(&options.facts)?)?;
    let at = input::date(options.law.at.as_deref())?;
    let answer = policy.classify(&facts, at)?;
    let explanation = options.explain.then(|| policy.explain(Section::Classification, &facts, at)).transpose()?;
    match &explanation {
        Some(explanation) if options.json => output::json(explanation)?,
        None if options.json => output::json(&answer)?,
        _ => output::text(&classification(&policy, &answer))?,
    }
    if let Some(explanation) = explanation.filter(|_| !options.json) {
        output::text(&explained(&policy, &explanation))?;
    }
    Ok(if answer.status == Status::Determined { Outcome::Done } else { Outcome::Refused })
}

pub(crate) fn decide(options: &DecideOptions) -> Result<Outcome, Failure> {
    let policy = input::policy(&options.law.policy, &options.law.set)?;
    let facts = Facts::from_json(&input::text(&options.facts)?)?;
    let at = input::date(options.law.at.as_deref())?;
    let answer = policy.decide(&facts, at)?;
    let explanation = options.explain.then(|| policy.explain(Section::Access, &facts, at)).transpose()?;
    match &explanation {
        Some(explanation) if options.json => output::json(explanation)?,
        None if options.json => output::json(&answer)?,
        _ => {
            output::text(if answer.permit { "准予 · permitted" } else { "不准 · denied" })?;
            output::text(&reasons(&answer.denials))?;
            for duty in &answer.duties {
                output::text(&format!("  {} {} · {}", duty.cite, duty.zh, duty.en))?;
            }
            output::text(&reasons(&answer.notices))?;
            output::text(&questions(&policy, Section::Access, &answer.open))?;
        }
    }
    if let Some(explanation) = explanation.filter(|_| !options.json) {
        output::text(&explained(&policy, &explanation))?;
    }
    Ok(if answer.permit { Outcome::Done } else { Outcome::Refused })
}

/// A classification as lines for people.
pub(crate) fn classification(policy: &Policy, answer: &Classification) -> String {
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

/// Classes in words, the strictest first.
fn names(classes: &[Openness]) -> String {
    classes.iter().map(|class| format!("{}({})", class.zh(), class.id())).collect::<Vec<_>>().join("、")
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

/// An explanation as lines for people. Facts stand in the policy file's order.
fn explained(policy: &Policy, explanation: &Explanation) -> String {
    let fewest = |smallest| if smallest { "最少 · the fewest" } else { "不可再减 · none can be left out" };
    let mut text = format!("已足以得出此结论的事实 · facts that suffice for it ({}):\n", fewest(explanation.smallest));
    let sufficient = policy.facts(explanation.section).iter();
    let sufficient = sufficient.filter_map(|fact| Some((&fact.id, explanation.sufficient.get(&fact.id)?)));
    let sufficient: String = sufficient.map(|(fact, value)| format!("  {fact} = {}\n", word(Some(value)))).collect();
    text += if sufficient.is_empty() { "  无 · none\n" } else { &sufficient };
    for Counterfactual { target, changes, count, smallest } in &explanation.counterfactuals {
        let (zh, en) = (target.zh(), target.en());
        text += &match count {
            0 => format!("无论事实如何,都不会{zh} · whatever the facts: never that {en}\n"),
            _ => format!("若要{zh} · so that {en} ({}; {}/{count}):\n", fewest(*smallest), changes.len()),
        };
        for changes in changes {
            let change = |FactChange { fact, from, to }: &FactChange| {
                format!("{fact}: {} → {}", word(from.as_ref()), word(Some(to)))
            };
            text += &format!("  - {}\n", changes.iter().map(change).collect::<Vec<_>>().join(", "));
        }
    }
    text += "可能的结论 · possible answers:\n";
    for outcome in &explanation.possible {
        text += &match outcome {
            Possible::Classes { status: Status::OutOfScope, .. } => {
                format!("  {} · {}\n", Status::OutOfScope.zh(), Status::OutOfScope.en())
            }
            Possible::Classes { permitted, .. } => format!("  {}\n", names(permitted)),
            Possible::Access { permit: true, .. } => "  准予 · permitted\n".to_owned(),
            Possible::Access { headline, .. } => {
                format!("  不准 · denied: {}\n", headline.as_deref().unwrap_or_default())
            }
        };
    }
    text.trim_end().to_owned()
}

/// A fact's value as a person reads it.
fn word(value: Option<&FactValue>) -> &str {
    match value {
        Some(FactValue::Bool(true)) => "true",
        Some(FactValue::Bool(false)) => "false",
        Some(FactValue::Word(word)) => word,
        None => "未知 · unknown",
    }
}
