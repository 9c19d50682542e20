//! `kaifang policy prove`, `diff` and `analyse`: a policy over its whole space, for people and as documents.

use std::path::{Path, PathBuf};

use clap::Args;
use kaifang::policy::{
    Answer, Counterexample, FactDefinition, FactValue, Facts, Policy, Proof, Region, RuleName, Section,
    SectionAnalysis, SectionDifference,
};
use kaifang::table::{self, ReadOptions};
use kaifang::terms::{Openness, Text, Word};

use crate::output::{Failure, Outcome};
use crate::progress::Bar;
use crate::{input, output};

/// The most cubes of a change that a table shows; `--json` has all that were found.
const SHOWN_CUBES: usize = 12;

#[derive(Args)]
pub(crate) struct ProveOptions {
    /// The id of a bundled policy, or a file
    policy: String,
    /// Set an interpretation, INTERPRETATION=OPTION
    #[arg(long)]
    set: Vec<String>,
    /// The proofs as a JSON document
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(crate) struct DiffOptions {
    /// The policy that answers first: the id of a bundled one, or a file
    from: String,
    /// The policy that answers then
    to: String,
    /// Set an interpretation of the first, INTERPRETATION=OPTION
    #[arg(long)]
    set_a: Vec<String>,
    /// Set an interpretation of the second, INTERPRETATION=OPTION
    #[arg(long)]
    set_b: Vec<String>,
    /// Compare over a catalog instead of the whole space: a table with a column a fact, a row a dataset
    #[arg(long, value_name = "TABLE")]
    catalog: Option<PathBuf>,
    /// The date or instant that the law is asked for over a catalog (default: now)
    #[arg(long, requires = "catalog")]
    at: Option<String>,
    /// The difference as a JSON document
    #[arg(long)]
    json: bool,
}

pub(crate) fn prove(options: &ProveOptions) -> Result<Outcome, Failure> {
    let policy = input::policy(&options.policy, &options.set)?;
    let proofs = policy.prove()?;
    if options.json {
        output::json(&proofs)?;
    } else {
        let mut table = output::table(&["", "条款 article", "性质", "statement", "情形 points"]);
        for proof in &proofs.proofs {
            let holds = if proof.holds { "成立 holds" } else { "不成立 fails" };
            table.add_row([holds, &proof.cite, &proof.zh, &proof.en, &proof.points.to_string()]);
        }
        output::text(&table.to_string())?;
        for proof in proofs.proofs.iter().filter(|proof| !proof.holds) {
            output::text(&failure(&policy, proof))?;
        }
    }
    Ok(if proofs.holds { Outcome::Done } else { Outcome::Refused })
}

pub(crate) fn diff(options: &DiffOptions) -> Result<Outcome, Failure> {
    let from = input::policy(&options.from, &options.set_a)?;
    let to = input::policy(&options.to, &options.set_b)?;
    if let Some(catalog) = &options.catalog {
        return diff_catalog(&from, &to, catalog, options);
    }
    let difference = from.diff(&to)?;
    if options.json {
        output::json(&difference)?;
    } else if difference.equal {
        output::text(
            "每种情形允许的开放属性相同,访问的允许或拒绝也相同;建议、须履行的步骤、理由、义务和期限未作比较。\n\
             Every point has the same permitted classes, and the same permit or denial; recommendations, required steps, \
             reasons, duties and deadlines are not compared.",
        )?;
    } else {
        for (section, found) in
            [(Section::Classification, &difference.classification), (Section::Access, &difference.access)]
        {
            output::text(&changes(&from, &to, section, found))?;
        }
    }
    Ok(if difference.equal { Outcome::Done } else { Outcome::Refused })
}

fn diff_catalog(from: &Policy, to: &Policy, catalog: &Path, options: &DiffOptions) -> Result<Outcome, Failure> {
    let source = table::open(catalog, &ReadOptions::default())?;
    let mut bar = Bar::new("比较 diff");
    let at = input::date(options.at.as_deref())?;
    let difference = from.diff_catalog(to, source, at, &mut |update| bar.update(update))?;
    drop(bar);
    if options.json {
        output::json(&difference)?;
    } else {
        let (rows, changed) = (difference.rows, difference.changed);
        output::text(&format!("{rows} 个数据集中有 {changed} 个改变 · {changed} of {rows} datasets change"))?;
        let mut table = output::table(&["原为 from", "改为 to", "数据集 datasets", "首行 first row"]);
        for change in &difference.changes {
            table.add_row([&change.from, &change.to, &change.rows.to_string(), &change.first.to_string()]);
        }
        output::text(&table.to_string())?;
    }
    Ok(if difference.changed == 0 { Outcome::Done } else { Outcome::Refused })
}

pub(crate) fn analyse(options: &ProveOptions) -> Result<Outcome, Failure> {
    let policy = input::policy(&options.policy, &options.set)?;
    let analysis = policy.analyse()?;
    if options.json {
        output::json(&analysis)?;
    } else {
        for (section, found) in
            [(Section::Classification, &analysis.classification), (Section::Access, &analysis.access)]
        {
            output::text(&section_analysis(&policy, section, found))?;
        }
    }
    Ok(Outcome::Done)
}

// ── In words ─────────────────────────────────────────────────────────────────────────────────────────────────────────

fn value(value: &FactValue) -> &str {
    match value {
        FactValue::Bool(true) => "true",
        FactValue::Bool(false) => "false",
        FactValue::Word(word) => word,
    }
}

fn answer(policy: &Policy, answer: &Answer) -> Text {
    let both = |zh: &str, en: &str| Text::new(zh, en);
    match answer {
        Answer::OutOfScope => both("不适用", "out of scope"),
        Answer::Permit => both("允许", "permit"),
        Answer::Deny => both("拒绝", "deny"),
        Answer::Permitted(classes) if classes.is_empty() => both("无", "none"),
        Answer::Permitted(classes) => {
            let label =
                |class: &Openness| policy.label(*class).cloned().unwrap_or_else(|| Text::new(class.zh(), class.en()));
            let labels: Vec<Text> = classes.iter().map(label).collect();
            let join = |of: fn(&Text) -> &str| labels.iter().map(of).collect::<Vec<_>>().join(" | ");
            Text::new(join(|text| &text.zh), join(|text| &text.en))
        }
    }
}

/// A failed statement: where, in facts that suffice, and the questions behind them.
fn failure(policy: &Policy, proof: &Proof) -> String {
    let mut out = format!("\n{}  {}\n{}\n{}", proof.id, proof.cite, proof.zh, proof.en);
    let Some(Counterexample { facts, decisive, readings, then, points }) = &proof.counterexample else { return out };
    out.push_str(&format!("\n不成立的情形 points where it fails: {points}\n"));
    out.push_str(&point(policy.facts(proof.section), facts, decisive).to_string());
    if let Some(then) = then {
        out.push_str(&format!("\n此后 then: {} = {}", then.fact, value(&then.value)));
    }
    let chosen = readings.iter().map(|(name, option)| format!("{name} = {option}"));
    out.push_str(&format!("\n解释 readings: {}", chosen.collect::<Vec<_>>().join(", ")));
    out
}

/// The facts that make a point what it is, with their questions; one that is unknown is shown so.
fn point(definitions: &[FactDefinition], facts: &Facts, decisive: &[String]) -> comfy_table::Table {
    let mut table = output::table(&["事实 fact", "取值 value", "问题", "question"]);
    for fact in definitions {
        let known = facts.get(&fact.id);
        if known.is_none() || decisive.contains(&fact.id) {
            let shown = known.map_or("未知 unknown", value);
            table.add_row([fact.id.as_str(), shown, &fact.question.zh, &fact.question.en]);
        }
    }
    table
}

fn heading(section: Section) -> String {
    format!("\n{}  {}", section.zh(), section.en())
}

fn changes(from: &Policy, to: &Policy, section: Section, found: &SectionDifference) -> String {
    let mut out = heading(section);
    out.push_str(&format!("\n结论改变的情形 points that change: {} / {}", found.changed, found.points));
    for (facts, zh, en) in [
        (&found.only_from, "仅前者有的事实", "facts of the first only"),
        (&found.only_to, "仅后者有的事实", "facts of the second only"),
    ] {
        if !facts.is_empty() {
            out.push_str(&format!("\n{zh} {en}: {}", facts.join(", ")));
        }
    }
    for change in &found.changes {
        let (was, is) = (answer(from, &change.from), answer(to, &change.to));
        out.push_str(&format!("\n\n{} → {}\n{} → {}: {}\n", was.zh, is.zh, was.en, is.en, change.points));
        let mut table = output::table(&["情形 points", "条件 where"]);
        for cube in change.cubes.iter().take(SHOWN_CUBES) {
            table.add_row([cube.points.to_string(), region(cube)]);
        }
        out.push_str(&table.to_string());
        if change.cut || change.cubes.len() > SHOWN_CUBES {
            let total = format!("{}{}", change.cubes.len(), if change.cut { "+" } else { "" });
            out.push_str(&format!(
                "\n仅列出最大的 {SHOWN_CUBES} 个(共 {total} 个)  the largest {SHOWN_CUBES} of {total}"
            ));
        }
    }
    out
}

fn region(region: &Region) -> String {
    let limits = region.limits.iter().map(|limit| {
        let values: Vec<&str> = limit.values.iter().map(value).collect();
        format!("{} = {}", limit.fact, values.join(" | "))
    });
    let limits: Vec<String> = limits.collect();
    if limits.is_empty() { "任何情形 everywhere".to_owned() } else { limits.join(", ") }
}

fn section_analysis(policy: &Policy, section: Section, found: &SectionAnalysis) -> String {
    let yes = |value: bool| if value { "是 yes" } else { "否 no" };
    let mut out = heading(section);
    out.push_str(&format!(
        "\n情形 points: {}\n完备 complete: {}\n无冲突 conflict-free: {}\n",
        found.points,
        yes(found.complete),
        yes(found.conflict_free)
    ));
    let mut table = output::table(&["结论", "answer", "情形 points"]);
    for count in &found.answers {
        let Text { zh, en } = answer(policy, &count.answer);
        table.add_row([zh, en, count.points.to_string()]);
    }
    out.push_str(&table.to_string());
    let rule = |rule: &RuleName| format!("{} {} {} ({})", rule.kind.zh(), rule.kind.en(), rule.id, rule.cite);
    for dead in &found.dead {
        let when = if dead.under_every_reading {
            "任何解释下 under every reading"
        } else {
            "现行解释下 under these readings"
        };
        out.push_str(&format!("\n从不成立 never holds ({when}): {}", rule(&dead.rule)));
    }
    for shadowed in &found.shadowed {
        let by: Vec<String> = shadowed.by.iter().map(rule).collect();
        out.push_str(&format!("\n不改变结论 changes nothing: {} ← {}", rule(&shadowed.rule), by.join(", ")));
    }
    if !found.redundant.is_empty() {
        out.push_str(&format!("\n无关的事实 redundant facts: {}", found.redundant.join(", ")));
    }
    let mut table = output::table(&["事实 fact", "影响 influence", "问题", "question"]);
    for influence in &found.influence {
        let question = policy.facts(section).iter().find(|fact| fact.id == influence.fact).map(|fact| &fact.question);
        let (zh, en) = question.map_or(("", ""), |text| (text.zh.as_str(), text.en.as_str()));
        table.add_row([influence.fact.as_str(), &output::percent(influence.share_ppm.into()), zh, en]);
    }
    out.push_str(&format!("\n\n{table}\n"));
    let mut table =
        output::table(&["解释 interpretation", "改读 read as", "改变的情形 points that change", "例 example"]);
    for effect in &found.readings {
        let example = effect.example.as_ref().map(|example| {
            let facts = example.decisive.iter().filter_map(|fact| Some((fact, example.facts.get(fact)?)));
            let facts: Vec<String> = facts.map(|(fact, known)| format!("{fact} = {}", value(known))).collect();
            let (from, to) = (answer(policy, &example.from), answer(policy, &example.to));
            format!("{} → {}  {} → {}: {}", from.zh, to.zh, from.en, to.en, facts.join(", "))
        });
        let to = format!("{} → {}", effect.from, effect.to);
        table.add_row([&effect.interpretation, &to, &effect.points.to_string(), &example.unwrap_or_default()]);
    }
    out.push_str(&format!("\n{table}"));
    out
}
