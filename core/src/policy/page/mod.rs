//! A policy as a page that a lawyer reads: article by article what the rules say, then as tables what they decide.
//!
//! The texts are the policy file's own, or put together from them; the tables come from the whole-space analysis. This
//! file must never decide a case, and never say more than the file does.

#[cfg(test)]
mod tests;
mod words;

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::analyse::{Answer, AnswerCases, DecisionTable, Points, Region};
use super::answer::DeadlineRule;
use super::citation::Citation;
use super::condition;
use super::error::PolicyError;
use super::facts::{FactDefinition, Section};
use super::file;
use super::model::Interpretation;
use super::policy::Policy;
use super::provisions::{Coverage, RuleKind};
use super::written::{Written, written};
use crate::terms::{Digest, Openness, Reason, Text, V1};
use words::Words;

/// A policy under its readings in force, to be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PolicyPage {
    /// The document's version.
    pub v: V1,
    /// The policy's id.
    pub policy: String,
    /// Its hash: content and readings.
    pub hash: Digest,
    /// The instrument's title.
    pub title: Text,
    /// Who issued it.
    pub issuer: Text,
    /// Its number.
    pub document_number: String,
    /// The first date on which it is in force.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub from: Date,
    /// The last one; none while it is open.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub until: Option<Date>,
    /// The date from which its force needs confirming.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub confirm_after: Option<Date>,
    /// What is said from that date on.
    pub confirm: Option<Reason>,
    /// What it calls the classes.
    pub labels: BTreeMap<Openness, Text>,
    /// The open places of the text, and how they are read.
    pub interpretations: Vec<PageReading>,
    /// Every article that the policy declares or cites, in the instrument's order.
    pub articles: Vec<PageArticle>,
    /// Every definition, in the file's order: conditions name them.
    pub definitions: Vec<PageRule>,
    /// Which classes are permitted when.
    pub classification: PageTable,
    /// When an access is permitted or denied.
    pub access: PageTable,
    /// What denies an access, the headline first.
    pub denials: Vec<PageRule>,
    /// What a permitted access carries.
    pub duties: Vec<PageRule>,
    /// The dated duties.
    pub deadlines: Vec<PageDeadline>,
    /// How much of the instrument is written down.
    pub coverage: PageCoverage,
}

/// An open place of the text, and how it is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PageReading {
    /// The question and its options.
    pub interpretation: Interpretation,
    /// The option in force: its id.
    pub in_force: String,
}

/// An article: what its provisions say, and the rules that cite it or a place in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PageArticle {
    /// The article, as it is cited: `A18`.
    pub id: String,
    /// Its paragraphs and items; empty where the policy declares none.
    pub provisions: Vec<Coverage>,
    /// The rules, in the order of the places that they cite.
    pub rules: Vec<PageRule>,
}

/// A rule in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PageRule {
    /// Its kind.
    pub kind: RuleKind,
    /// The section that it belongs to; none for what belongs to both.
    pub section: Option<Section>,
    /// Its id in the policy file.
    pub id: String,
    /// The place that it cites; some definitions cite none.
    pub cite: Option<String>,
    /// What people are told; none for a definition.
    pub text: Option<Text>,
    /// When it holds; none where it needs no condition.
    pub when: Option<PageCondition>,
    /// What follows.
    pub effect: Text,
}

/// A condition as it is written, and in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PageCondition {
    /// As the policy file has it.
    pub written: String,
    /// In words.
    pub words: Text,
}

/// The answers of a section, and the cases that lead to each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PageTable {
    /// What is asked, of whom, on what evidence.
    pub facts: Vec<FactDefinition>,
    /// The points of the space: every value of every fact.
    pub points: Points,
    /// The answers that are given somewhere.
    pub rows: Vec<PageRow>,
}

/// An answer, and the cases that lead to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PageRow {
    /// The answer.
    pub answer: Answer,
    /// In the policy's labels.
    pub words: Text,
    /// At how many points it is given.
    pub points: Points,
    /// Cases that may overlap, none of which could be wider or be left out; the largest first, at most 64.
    pub cases: Vec<PageCase>,
    /// Whether there are more cases than are told.
    pub cut: bool,
}

/// A case: facts with the values that they may have; whatever the others are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PageCase {
    /// The facts and their values, and the number of points.
    pub region: Region,
    /// In words.
    pub words: Text,
}

/// A dated duty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PageDeadline {
    /// Who owes what within how many working days.
    pub rule: DeadlineRule,
    /// The readings under which it is the one; none where it always is.
    pub when: Option<PageCondition>,
    /// Whether it is the one under the readings in force.
    pub in_force: bool,
}

/// How much of the instrument is written down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PageCoverage {
    /// How many provisions the policy declares.
    pub provisions: u32,
    /// Of how many a rule speaks.
    pub ruled: u32,
    /// For how many the policy says why no rule does.
    pub reasoned: u32,
    /// The provisions of which it says nothing.
    pub uncovered: Vec<String>,
}

impl Policy {
    /// The policy under its readings in force, as a page to be read: by article, then as decision tables.
    ///
    /// # Errors
    /// [`PolicyError::Limit`] for a policy too large to be analysed or to be put in words.
    ///
    /// ```
    /// let policy = kaifang::policy::Policy::builtin("xian-2022-013")?;
    /// let page = policy.page()?;
    /// let article = page.articles.iter().find(|article| article.id == "A22").unwrap();
    /// let rule = article.rules.iter().find(|rule| rule.id == "conditional_no_download").unwrap();
    /// assert_eq!(rule.cite.as_deref(), Some("A22.2"));
    /// assert_eq!(rule.when.as_ref().unwrap().written, "conditional_access and action = download");
    /// assert!(page.coverage.uncovered.is_empty());
    /// # Ok::<(), kaifang::policy::PolicyError>(())
    /// ```
    pub fn page(&self) -> Result<PolicyPage, PolicyError> {
        let (model, (file, _, _)) = (&*self.model, file::read(self.source())?);
        let mut words = Words::new(&model.labels, &model.interpretations, &self.readings);
        let all = written(&file);
        let rules = all.iter().map(|rule| self.page_rule(rule, &mut words)).collect::<Result<Vec<_>, _>>()?;
        let of = |kind| rules.iter().filter(move |rule| rule.kind == kind).cloned().collect::<Vec<_>>();

        let mut denials = Vec::new();
        for denial in &model.access.denials {
            // A definition may have a denial's name.
            let denies = |rule: &PageRule| matches!(rule.kind, RuleKind::Denial | RuleKind::OutOfScope);
            let same = |rule: &&PageRule| {
                rule.section == Some(Section::Access) && denies(rule) && rule.id == denial.reason.rule
            };
            denials.extend(rules.iter().find(same).cloned());
        }
        let coverage = self.coverage();
        let readings = model.interpretations.iter();
        let readings = readings.map(|known| PageReading {
            interpretation: known.clone(),
            in_force: self.interpretation(&known.id).unwrap_or_default().to_owned(),
        });
        Ok(PolicyPage {
            v: V1,
            policy: model.id.clone(),
            hash: self.hash(),
            title: model.title.clone(),
            issuer: file.issuer.clone(),
            document_number: file.document_number.clone(),
            from: model.from,
            until: model.until,
            confirm_after: model.confirm.as_ref().map(|(date, _)| *date),
            confirm: model.confirm.as_ref().map(|(_, reason)| reason.clone()),
            labels: model.labels.clone(),
            interpretations: readings.collect(),
            classification: self.page_table(Section::Classification, &mut words)?,
            access: self.page_table(Section::Access, &mut words)?,
            definitions: of(RuleKind::Definition),
            denials,
            duties: of(RuleKind::Duty),
            deadlines: self.page_deadlines(&of(RuleKind::Deadline)),
            coverage: counted(&coverage),
            articles: articles(coverage, rules),
        })
    }

    fn page_rule(&self, rule: &Written<'_>, words: &mut Words<'_>) -> Result<PageRule, PolicyError> {
        let facts = rule.section.map(|section| self.facts(section)).unwrap_or_default();
        let when = rule.when.map(|when| {
            // It has been read before, when the policy was compiled.
            let condition = condition::parse(when).map_err(|misread| misread.into_error(1, 1))?;
            Ok(PageCondition { written: when.to_owned(), words: words.condition(&condition, facts)? })
        });
        Ok(PageRule {
            kind: rule.kind,
            section: rule.section,
            id: rule.id.to_owned(),
            cite: rule.cite.map(|cite| cite.get_ref().clone()),
            text: rule.text.map(|(zh, en)| Text::new(zh, en)),
            when: when.transpose()?,
            effect: words.effect(rule)?,
        })
    }

    fn page_table(&self, section: Section, words: &mut Words<'_>) -> Result<PageTable, PolicyError> {
        let facts = self.facts(section);
        let DecisionTable { points, answers } = self.decision_table(section)?;
        let mut rows = Vec::new();
        for AnswerCases { answer, points, cases, cut } in answers {
            let case = |region: Region| Ok(PageCase { words: words.case(&region, facts)?, region });
            let cases = cases.into_iter().map(case).collect::<Result<Vec<_>, PolicyError>>()?;
            rows.push(PageRow { words: words.answer(&answer)?, answer, points, cases, cut });
        }
        Ok(PageTable { facts: facts.to_vec(), points, rows })
    }

    /// The deadlines of the model stand in the file's order, as their rules do.
    fn page_deadlines(&self, rules: &[PageRule]) -> Vec<PageDeadline> {
        let known: Vec<Option<u8>> = self.readings.iter().copied().map(Some).collect();
        let here = self.model.readings.restrict(&known);
        let deadlines = self.model.deadlines.iter().zip(rules);
        deadlines
            .map(|(deadline, rule)| PageDeadline {
                rule: deadline.rule.clone(),
                when: rule.when.clone(),
                in_force: here.always(deadline.when),
            })
            .collect()
    }
}

/// The provisions and the rules, each with its article.
fn articles(coverage: Vec<Coverage>, rules: Vec<PageRule>) -> Vec<PageArticle> {
    let mut articles: BTreeMap<u16, PageArticle> = BTreeMap::new();
    let empty = |number| PageArticle { id: format!("A{number}"), provisions: Vec::new(), rules: Vec::new() };
    for provision in coverage {
        if let Some(Citation { article, .. }) = Citation::parse(&provision.id) {
            articles.entry(article).or_insert_with(|| empty(article)).provisions.push(provision);
        }
    }
    let cited = |rule: &PageRule| rule.cite.as_deref().and_then(Citation::parse);
    for rule in rules {
        if let Some(Citation { article, .. }) = cited(&rule) {
            articles.entry(article).or_insert_with(|| empty(article)).rules.push(rule);
        }
    }
    articles.values_mut().for_each(|article| article.rules.sort_by_key(cited));
    articles.into_values().collect()
}

fn counted(coverage: &[Coverage]) -> PageCoverage {
    let count = |of: fn(&Coverage) -> bool| coverage.iter().filter(|provision| of(provision)).count() as u32;
    let uncovered = coverage.iter().filter(|provision| !provision.covered());
    PageCoverage {
        provisions: coverage.len() as u32,
        ruled: count(|provision| !provision.rules.is_empty()),
        reasoned: count(|provision| provision.no_rule.is_some()),
        uncovered: uncovered.map(|provision| provision.id.clone()).collect(),
    }
}
