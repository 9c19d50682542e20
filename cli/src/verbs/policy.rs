//! `kaifang policy`: the law as data.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use kaifang::policy::{Coverage, ParagraphState, Policy, PolicyCheck, Section, TextCheck};
use kaifang::terms::Word;

use super::policy_analysis::{self, DiffOptions, ProveOptions};
use super::policy_eval::{self, EvalOptions};
use super::policy_show::{self, ShowOptions};
use crate::output::{Failure, Outcome};
use crate::{input, output};

#[derive(Subcommand)]
pub(crate) enum Verb {
    /// Load a policy file whole, or say what is wrong with it and where; which rules speak of which paragraph
    Check {
        /// The id of a bundled policy, or a file
        policy: String,
        /// Set an interpretation, INTERPRETATION=OPTION
        #[arg(long)]
        set: Vec<String>,
        /// Compare a copy of the instrument's text, paragraph by paragraph
        #[arg(long, value_name = "FILE")]
        text: Option<PathBuf>,
        /// Print the check as a document
        #[arg(long)]
        json: bool,
    },
    /// Show the policy as a lawyer reads it: rules by article, decision tables, coverage
    Show(ShowOptions),
    /// Answer columns of facts: a table with a column a fact, row for row
    Eval(EvalOptions),
    /// Prove what the policy says of itself and what every policy has to be, over the whole space
    Prove(ProveOptions),
    /// Tell two policies, or two readings of one, apart: which cases change, from what to what
    Diff(DiffOptions),
    /// What each rule, fact and reading of the policy does, over the whole space
    Analyse(ProveOptions),
}

pub(crate) fn run(verb: &Verb) -> Result<Outcome, Failure> {
    match verb {
        Verb::Check { policy, set, text, json } => check(policy, set, text.as_deref(), *json),
        Verb::Show(options) => policy_show::show(options),
        Verb::Eval(options) => policy_eval::eval(options),
        Verb::Prove(options) => policy_analysis::prove(options),
        Verb::Diff(options) => policy_analysis::diff(options),
        Verb::Analyse(options) => policy_analysis::analyse(options),
    }
}

fn check(policy: &str, set: &[String], text: Option<&Path>, json: bool) -> Result<Outcome, Failure> {
    let policy = input::policy(policy, set)?;
    let text = text.map(input::text).transpose()?;
    let check = policy.check(text.as_deref())?;
    if json {
        output::json(&check)?;
    } else {
        show(&policy, &check)?;
    }
    Ok(if check.ok { Outcome::Done } else { Outcome::Refused })
}

fn show(policy: &Policy, check: &PolicyCheck) -> Result<(), Failure> {
    output::text(&format!("{}  {}\n{}", policy.id(), policy.title().zh, policy.title().en))?;
    output::text(&policy.hash().to_string())?;
    for (section, name) in [(Section::Classification, "classification"), (Section::Access, "access")] {
        let mut table = output::table(&[name, "问题", "question", "answered by"]);
        for fact in policy.facts(section) {
            table.add_row([&fact.id, &fact.question.zh, &fact.question.en, &fact.answered_by.to_string()]);
        }
        output::text(&table.to_string())?;
    }
    show_coverage(&check.coverage)?;
    check.text.as_ref().map_or(Ok(()), show_text)
}

/// Which rules speak of each paragraph, or why none does.
fn show_coverage(coverage: &[Coverage]) -> Result<(), Failure> {
    let mut table = output::table(&["provision", "规则,或不设规则的理由", "rules, or why there is none"]);
    for provision in coverage {
        let rules = |name: fn(kaifang::policy::RuleKind) -> &'static str| {
            let rules: Vec<String> =
                provision.rules.iter().map(|rule| format!("{} {}", name(rule.kind), rule.id)).collect();
            rules.join(", ")
        };
        let (zh, en) = match &provision.no_rule {
            Some(why) => (why.zh.clone(), why.en.clone()),
            None if provision.covered() => (rules(Word::zh), rules(Word::en)),
            None => ("未覆盖".to_owned(), "uncovered".to_owned()),
        };
        table.add_row([&provision.id, &zh, &en]);
    }
    output::text(&table.to_string())?;
    let uncovered: Vec<&str> =
        coverage.iter().filter(|provision| !provision.covered()).map(|provision| provision.id.as_str()).collect();
    if !uncovered.is_empty() {
        let uncovered = uncovered.join(", ");
        output::text(&format!("未覆盖的条款:{uncovered}\nuncovered provisions: {uncovered}"))?;
    }
    Ok(())
}

/// How a copy of the text compares: what is not the same, named.
fn show_text(text: &TextCheck) -> Result<(), Failure> {
    let TextCheck { same, differs, missing, extra, .. } = text;
    output::text(&format!("文本:{same} 段一致,{differs} 段不一致,缺少 {missing} 段,多出 {extra} 段"))?;
    output::text(&format!("text: {same} the same, {differs} different, {missing} missing, {extra} extra"))?;
    if text.ok {
        return Ok(());
    }
    let mut table = output::table(&["provision", "状态", "state", "line", "要旨", "gloss"]);
    let line = |line: Option<u32>| line.map(|line| line.to_string()).unwrap_or_default();
    for found in text.paragraphs.iter().filter(|found| found.state != ParagraphState::Same) {
        let (zh, en) = found.gloss.as_ref().map(|gloss| (gloss.zh.as_str(), gloss.en.as_str())).unwrap_or_default();
        table.add_row([&found.id, found.state.zh(), found.state.en(), &line(found.line), zh, en]);
    }
    for mark in &text.marks {
        table.add_row([
            mark.id.as_str(),
            mark.fault.zh(),
            mark.fault.en(),
            &line(Some(mark.line)),
            "条号或项号",
            "the number itself",
        ]);
    }
    output::text(&table.to_string())
}
