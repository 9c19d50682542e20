//! `kaifang policy`: the law as data.

use clap::Subcommand;
use kaifang::policy::Section;

use super::policy_analysis::{self, DiffOptions, ProveOptions};
use crate::output::{Failure, Outcome};
use crate::{input, output};

#[derive(Subcommand)]
pub(crate) enum Verb {
    /// Load a policy file whole, or say what is wrong with it and where
    Check {
        /// The id of a bundled policy, or a file
        policy: String,
        /// Set an interpretation, INTERPRETATION=OPTION
        #[arg(long)]
        set: Vec<String>,
    },
    /// Prove what the policy says of itself and what every policy has to be, over the whole space
    Prove(ProveOptions),
    /// Tell two policies, or two readings of one, apart: which cases change, from what to what
    Diff(DiffOptions),
    /// What each rule, fact and reading of the policy does, over the whole space
    Analyse(ProveOptions),
}

pub(crate) fn run(verb: &Verb) -> Result<Outcome, Failure> {
    match verb {
        Verb::Check { policy, set } => check(policy, set),
        Verb::Prove(options) => policy_analysis::prove(options),
        Verb::Diff(options) => policy_analysis::diff(options),
        Verb::Analyse(options) => policy_analysis::analyse(options),
    }
}

fn check(policy: &str, set: &[String]) -> Result<Outcome, Failure> {
    let policy = input::policy(policy, set)?;
    output::text(&format!("{}  {}\n{}", policy.id(), policy.title().zh, policy.title().en))?;
    output::text(&policy.hash().to_string())?;
    for (section, name) in [(Section::Classification, "classification"), (Section::Access, "access")] {
        let mut table = output::table(&[name, "问题", "question", "answered by"]);
        for fact in policy.facts(section) {
            table.add_row([&fact.id, &fact.question.zh, &fact.question.en, &fact.answered_by.to_string()]);
        }
        output::text(&table.to_string())?;
    }
    Ok(Outcome::Done)
}
