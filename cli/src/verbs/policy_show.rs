//! `kaifang policy show`: a policy as a lawyer reads it, as text, as an HTML page, as a document.

use std::path::PathBuf;

use clap::Args;
use kaifang::policy::{PageRule, PageTable, PolicyPage, Section};
use kaifang::report;
use kaifang::terms::Word;

use crate::output::{Failure, Outcome};
use crate::{input, output};

/// The most cases of an answer that a table shows; `--html` and `--json` have all that were found.
const SHOWN_CASES: usize = 12;

#[derive(Args)]
pub(crate) struct ShowOptions {
    /// The id of a bundled policy, or a file
    policy: String,
    /// Set an interpretation, INTERPRETATION=OPTION
    #[arg(long)]
    set: Vec<String>,
    /// Write the policy as an HTML page, to be published or printed
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// The page as a JSON document
    #[arg(long)]
    json: bool,
}

pub(crate) fn show(options: &ShowOptions) -> Result<Outcome, Failure> {
    let page = input::policy(&options.policy, &options.set)?.page()?;
    if let Some(path) = &options.html {
        let html = report::policy_html(&page)?;
        std::fs::write(path, html).map_err(|error| Failure::file(path, &error))?;
    }
    if options.json {
        output::json(&page)?;
    } else if options.html.is_none() {
        output::text(&shown(&page))?;
    }
    Ok(Outcome::Done)
}

/// The page as text.
fn shown(page: &PolicyPage) -> String {
    let PolicyPage { title, issuer, document_number, from, .. } = page;
    let until = page.until.map(|until| until.to_string()).unwrap_or_default();
    let mut out = format!("{}\n{}\n", title.zh, title.en);
    out += &format!("{document_number}  {}  {}  {from} — {until}\n", issuer.zh, issuer.en);
    out += &format!("{}  {}\n", page.policy, page.hash);
    if let Some(confirm) = &page.confirm {
        out += &format!("{}  {}\n{}\n", confirm.cite, confirm.zh, confirm.en);
    }
    out += &heading("条文的理解", "how open places are read");
    let mut table = output::table(&["条款 article", "解释 interpretation", "现取 read as", "问题", "question"]);
    for reading in &page.interpretations {
        let known = &reading.interpretation;
        table.add_row([&known.cite, &known.id, &reading.in_force, &known.question.zh, &known.question.en]);
    }
    out += &table.to_string();
    out += &heading("逐条规则", "rules by article");
    for article in &page.articles {
        let mut table = output::table(&[&article.id, "", "中文", "English"]);
        let cited = |rule: &&PageRule| article.provisions.iter().any(|known| Some(&known.id) == rule.cite.as_ref());
        article.rules.iter().filter(|rule| !cited(rule)).for_each(|rule| {
            table.add_row(row(rule));
        });
        for provision in &article.provisions {
            let (zh, en) = provision.no_rule.as_ref().map_or_else(Default::default, |why| {
                (format!("\n不设规则:{}", why.zh), format!("\nno rule: {}", why.en))
            });
            let gloss = &provision.gloss;
            table.add_row([provision.id.as_str(), "要旨 gloss", &(gloss.zh.clone() + &zh), &(gloss.en.clone() + &en)]);
            article.rules.iter().filter(|rule| rule.cite.as_ref() == Some(&provision.id)).for_each(|rule| {
                table.add_row(row(rule));
            });
        }
        out += &format!("{table}\n\n");
    }
    out += &heading("定义", "definitions");
    out += &rules(&page.definitions);
    for (section, table) in [(Section::Classification, &page.classification), (Section::Access, &page.access)] {
        out += &heading(section.zh(), section.en());
        out += &decisions(table);
    }
    out += &heading("拒绝事由，按条文次序", "denials, in the order of the articles");
    out += &rules(&page.denials);
    out += &heading("期限", "deadlines");
    out += &deadlines(page);
    let coverage = &page.coverage;
    out += &heading("覆盖情况", "coverage");
    out += &format!(
        "{} 款、项:{} 有规则,{} 说明理由,{} 未覆盖\n{} provisions: {} with rules, {} with a reason for none, {} uncovered",
        coverage.provisions,
        coverage.ruled,
        coverage.reasoned,
        coverage.uncovered.len(),
        coverage.provisions,
        coverage.ruled,
        coverage.reasoned,
        coverage.uncovered.len(),
    );
    if !coverage.uncovered.is_empty() {
        out += &format!("\n{}", coverage.uncovered.join(", "));
    }
    out
}

fn heading(zh: &str, en: &str) -> String {
    format!("\n\n── {zh}  {en}\n")
}

fn rules(rules: &[PageRule]) -> String {
    let mut table = output::table(&["条款 article", "规则 rule", "中文", "English"]);
    rules.iter().for_each(|rule| {
        table.add_row(row(rule));
    });
    table.to_string()
}

/// A rule: where, what, and on two lines or three what is said, when it holds, and what follows.
fn row(rule: &PageRule) -> [String; 4] {
    let lines = |text: Option<&str>, when: Option<&str>, effect: &str| {
        let when = when.map(|when| format!("◇ {when}"));
        let effect = Some(effect).filter(|effect| !effect.is_empty()).map(|effect| format!("→ {effect}"));
        let lines = text.map(str::to_owned).into_iter().chain(when).chain(effect);
        lines.collect::<Vec<_>>().join("\n")
    };
    let (text, when) = (rule.text.as_ref(), rule.when.as_ref().map(|when| &when.words));
    [
        rule.cite.clone().unwrap_or_default(),
        format!("{} {}\n{}", rule.kind.zh(), rule.kind.en(), rule.id),
        lines(text.map(|text| text.zh.as_str()), when.map(|when| when.zh.as_str()), &rule.effect.zh),
        lines(text.map(|text| text.en.as_str()), when.map(|when| when.en.as_str()), &rule.effect.en),
    ]
}

fn decisions(found: &PageTable) -> String {
    let mut out = String::new();
    for row in &found.rows {
        out += &format!("\n{}  {}: {} / {}\n", row.words.zh, row.words.en, row.points, found.points);
        let mut table = output::table(&["情形 points", "同时满足", "all of"]);
        for case in row.cases.iter().take(SHOWN_CASES) {
            table.add_row([&case.region.points.to_string(), &case.words.zh, &case.words.en]);
        }
        out += &format!("{table}\n");
        if row.cut || row.cases.len() > SHOWN_CASES {
            let total = format!("{}{}", row.cases.len(), if row.cut { "+" } else { "" });
            out += &format!("列出 {SHOWN_CASES} 组(共 {total} 组)  {SHOWN_CASES} of {total}\n");
        }
    }
    out
}

fn deadlines(page: &PolicyPage) -> String {
    let mut table =
        output::table(&["条款 article", "期限 deadline", "工作日 working days", "现行 in force", "内容", "what"]);
    for deadline in &page.deadlines {
        let rule = &deadline.rule;
        let in_force = if deadline.in_force { "是 yes" } else { "否 no" };
        let by = |name: &str, text: &str| format!("{name}: {text}");
        table.add_row([
            &rule.cite,
            &rule.code,
            &rule.working_days.to_string(),
            in_force,
            &by(rule.by.zh(), &rule.zh),
            &by(rule.by.en(), &rule.en),
        ]);
    }
    table.to_string()
}
