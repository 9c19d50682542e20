//! The law as data: a policy file answers which classes a dataset may be put in, and whether somebody may have it.
//!
//! A policy is one TOML file: facts with finite domains, grounds and the reliefs that reach them, denials and duties,
//! deadlines, interpretations. Its meaning, in full:
//!
//! - a **ground** that is live permits its base set of classes; a **relief** that holds replaces that set, unless a
//!   relief to which it yields holds too; the permitted set is the pointwise join (the stricter of each pair) over the
//!   live grounds and the `otherwise` set. Out of scope, nothing else counts.
//! - an access is denied for every **denial** whose condition holds, in article order; out of scope stands alone.
//! - an **unknown** fact means every one of its values: an answer is determined when all completions agree, an access
//!   is permitted when all completions permit.
//!
//! Beside the rules, a policy may list its instrument's **provisions**: every paragraph and item, known by the
//! fingerprint of its text, each with the rules that cite it or a reason why none does.
//!
//! This room must never assume an answer that nobody gave, rank rules by their place in the file, or load half a policy.

mod analyse;
mod answer;
mod circuit;
mod citation;
mod classes;
#[cfg(feature = "tables")]
mod columns;
mod compile;
mod condition;
mod diagram;
mod error;
mod evaluate;
mod explain;
mod facts;
mod file;
mod model;
mod packed;
mod page;
#[expect(clippy::module_inception, reason = "the room's main type has the room's name")]
mod policy;
mod provisions;
mod steps;
mod text;
mod verdict;
mod written;

pub use analyse::{
    Analysis, Answer, AnswerCases, AnswerCount, Change, Counterexample, DeadRule, DecisionTable, Difference, Example,
    FactValues, Influence, Points, Proof, Proofs, ReadingEffect, Region, RuleName, SectionAnalysis, SectionDifference,
    ShadowedRule, Side, Then,
};
pub use answer::{
    AccessAnswer, Classification, Counterfactual, DeadlineRule, DutyTerm, Explanation, FactChange, GroundState,
    Outcome, Status, Target,
};
#[cfg(feature = "tables")]
pub use columns::{CatalogChange, CatalogDifference, Evaluated, Evaluator, answer_columns};
pub use error::PolicyError;
pub use facts::{Assertion, BoolWord, Domain, FactDefinition, FactError, FactValue, Facts, Party, Section};
pub use model::{Choice, Interpretation};
pub use packed::{PackedFacts, Slot};
pub use page::{
    PageArticle, PageCase, PageCondition, PageCoverage, PageDeadline, PageReading, PageRow, PageRule, PageTable,
    PolicyPage,
};
pub use policy::Policy;
pub use provisions::{
    CitingRule, Coverage, MarkCheck, MarkFault, ParagraphCheck, ParagraphState, PolicyCheck, RuleKind, TextCheck,
};
pub use verdict::{AccessVerdict, ClassVerdict, Classifier, Decider, Lanes};
