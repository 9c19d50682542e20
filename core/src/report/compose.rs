//! From an assessment to its page: which text and which figure stand where.
//!
//! Nothing is judged here; a missing field is set as missing because the document lacks it.

use minijinja::Value;

use super::charts;
use super::charts::{Pair, grouped, percent};
use super::page::*;
use crate::assess::{Assessment, TreatedVersion, WayVerdict};
use crate::catalog::{Entry, Office};
use crate::desensitize::{Applied, AppliedColumn};
use crate::detect::{ColumnFinding, Findings, Remark};
use crate::kinds::Role;
use crate::risk::{Histogram, RiskReport};
use crate::terms::{AccessWay, Text, Word};

pub(super) const NUMERALS: [&str; 10] = ["一", "二", "三", "四", "五", "六", "七", "八", "九", "十"];

impl Page {
    pub(super) fn of(assessment: &Assessment) -> Page {
        let last = assessment.last();
        let entry = &assessment.entry;
        let applied = assessment.treated.as_ref().map(|treated| &treated.evidence.applied);
        Page {
            version: env!("CARGO_PKG_VERSION"),
            numerals: NUMERALS,
            title: entry.name.clone().unwrap_or_else(|| entry.id.clone()),
            entry_id: entry.id.clone(),
            body: entry.body.as_ref().map(|body| body.name.clone()),
            date: assessment.date.to_string(),
            at: assessment.at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            policy: PolicyLine {
                id: assessment.policy.id.clone(),
                hash: assessment.policy.hash.to_string(),
                zh: assessment.policy.zh.clone(),
                en: assessment.policy.en.clone(),
            },
            conclusion: conclusion(assessment),
            fields: fields(entry),
            problems: assessment
                .problems
                .iter()
                .map(|problem| Cited { cite: problem.cite.clone(), zh: problem.zh.clone(), en: problem.en.clone() })
                .collect(),
            rows: grouped(assessment.raw.findings.rows),
            columns: columns(&assessment.raw.findings, applied),
            proposals: assessment
                .raw
                .proposals
                .iter()
                .map(|proposal| ProposalLine {
                    fact: proposal.fact.clone(),
                    zh: proposal.zh.clone(),
                    en: proposal.en.clone(),
                    contradicted: proposal.contradicted,
                })
                .collect(),
            treatment: applied.map(treatment),
            risk: risk(assessment.raw.risk.as_ref(), assessment.treated.as_ref().map(|treated| &treated.evidence.risk)),
            ways: ways(&assessment.ways),
            questions: last
                .questions
                .iter()
                .map(|question| QuestionLine {
                    fact: question.fact.clone(),
                    zh: question.zh.clone(),
                    en: question.en.clone(),
                })
                .collect(),
            notices: last.classification.notices.clone(),
            proof: proof(assessment),
            limits: limits(),
        }
    }
}

fn conclusion(assessment: &Assessment) -> Conclusion {
    let classification = &assessment.last().classification;
    let (colour, headline) = headline(classification.status, classification.recommended);
    let chosen = assessment.entry.openness;
    Conclusion {
        colour,
        status: name_of(classification.status),
        headline,
        permitted: Class::all(&classification.permitted),
        recommended: Class::all(classification.recommended.as_slice()),
        possible: if classification.permitted.is_empty() { Class::all(&classification.possible) } else { Vec::new() },
        raw: match &assessment.treated {
            Some(_) => Class::all(&assessment.raw.classification.permitted),
            None => Vec::new(),
        },
        chosen: Class::all(chosen.as_slice()),
        chosen_permitted: chosen.is_none_or(|chosen| classification.permitted.contains(&chosen)),
        reasons: classification.reasons.clone(),
        grounds: classification.grounds.clone(),
        requires: classification.requires.clone(),
    }
}

/// A word in both languages, on one line.
fn shown(word: impl Word) -> String {
    if word.zh() == word.en() { word.zh().to_owned() } else { format!("{} {}", word.zh(), word.en()) }
}

/// The seven fields of A19.2, then what other articles ask of an entry.
fn fields(entry: &Entry) -> Vec<Field> {
    let field = |cite, zh: &str, en: &str, value: Option<String>| Field {
        cite,
        name: Text::new(zh, en),
        value: value.filter(|value| !value.trim().is_empty()),
    };
    let office = |office: &Option<Office>| office.as_ref().map(|office| format!("{} {}", office.role, office.contact));
    let ways = entry.access_ways.iter().copied().map(shown).collect::<Vec<_>>().join("；");
    vec![
        field("A19.2", "数据名称", "Name", entry.name.clone()),
        field(
            "A19.2",
            "数据开放主体",
            "Opening body",
            entry.body.as_ref().map(|body| format!("{}（{}）", body.name, body.id)),
        ),
        field("A19.2", "数据开放属性", "Openness", entry.openness.map(shown)),
        field("A19.2", "数据格式", "Format", entry.format.map(shown)),
        field("A19.2", "数据类型", "Data type", entry.data_type.map(shown)),
        field("A19.2", "数据开放方式", "Ways of access", Some(ways)),
        field("A19.2", "数据更新频率", "Update frequency", entry.update_frequency.map(shown)),
        field("A4", "数据分级", "Data grade", entry.grade.map(shown)),
        field("A8", "层级", "Level", entry.level.map(shown)),
        field("A9.3", "第一责任人", "First responsible person", office(&entry.responsible.first)),
        field("A9.3", "分管负责人", "Leader in charge", office(&entry.responsible.leader)),
        field("A9.3", "联系人", "Contact", office(&entry.responsible.contact)),
        field("A12", "开放渠道", "Channel", entry.channel.map(shown)),
    ]
}

/// What was done to a column, in words.
fn done(column: &AppliedColumn) -> Text {
    let mut text = name_of(column.transform);
    if let Some(key) = &column.key_id {
        text.zh = format!("{}（密钥 {key}）", text.zh);
        text.en = format!("{} (key {key})", text.en);
    }
    text
}

/// Each column of the table as it is, with what the treatment did to it.
fn columns(findings: &Findings, applied: Option<&Applied>) -> Vec<Column> {
    let of = |finding: &ColumnFinding| Column {
        name: finding.name.clone(),
        kind: finding.kind.map(name_of),
        role: name_of(finding.role),
        colour: match finding.role {
            Role::Direct => "red",
            Role::Quasi => "amber",
            Role::Sensitive => "blue",
            Role::None => "grey",
        },
        evidence: finding.evidence.iter().map(|remark| counted(remark, finding.values)).collect(),
        warnings: finding.warnings.iter().map(|remark| counted(remark, finding.values)).collect(),
        treatment: applied
            .and_then(|applied| applied.columns.iter().find(|column| column.name == finding.name))
            .map(done),
    };
    findings.columns.iter().map(of).collect()
}

/// A remark with its count of the examined values, where cells were counted.
fn counted(remark: &Remark, values: u64) -> Text {
    match remark.count {
        Some(count) => {
            let figures = format!("{}/{}", grouped(count), grouped(values));
            Text::new(format!("{} {figures}", remark.zh), remark.en.clone())
        }
        None => Text::new(remark.zh.clone(), remark.en.clone()),
    }
}

fn treatment(applied: &Applied) -> Treatment {
    Treatment {
        outcome: name_of(applied.outcome.desensitization),
        columns: applied
            .columns
            .iter()
            .map(|column| TreatedColumn {
                name: column.name.clone(),
                treatment: done(column),
                rows: grouped(column.rows),
                nulls: grouped(column.nulls),
                changed: grouped(column.changed),
                invalid: grouped(column.invalid),
                reversible: name_of(column.reversible),
            })
            .collect(),
    }
}

/// Figures of the first report, and of the second where there are two.
fn risk(raw: Option<&RiskReport>, treated: Option<&RiskReport>) -> Option<Risk> {
    let (first, second) = match (raw, treated) {
        (Some(raw), treated) => (raw, treated),
        (None, Some(treated)) => (treated, None),
        (None, None) => return None,
    };
    let name = if raw.is_some() { Text::new("处理前", "before") } else { Text::new("处理后", "after") };
    let pair = |label: &str, figure: fn(&RiskReport) -> u64| Pair {
        label: label.to_owned(),
        before: figure(first),
        after: second.map(figure),
    };
    let bars = [
        pair("最高 highest", |report| report.highest.ppm),
        pair("平均 average", |report| report.average.ppm),
        pair("总体 overall", |report| report.overall.ppm),
    ];
    let line = |zh: &str, en: &str, figure: fn(&RiskReport) -> String| RiskLine {
        name: Text::new(zh, en),
        first: figure(first),
        second: second.map(figure).unwrap_or_default(),
    };
    Some(Risk {
        quasi: first.quasi.clone(),
        second_quasi: second
            .map(|report| report.quasi.clone())
            .filter(|quasi| *quasi != first.quasi)
            .unwrap_or_default(),
        first: name,
        second: second.map(|_| Text::new("处理后", "after")),
        sharing: name_of(second.unwrap_or(first).sharing),
        bars: Value::from_safe_string(charts::risks(&bars, Some(first.acceptable_ppm), "最高、平均与总体风险")),
        histogram: Value::from_safe_string(charts::histogram(&sizes(first, second), "记录数按等价类大小")),
        lines: vec![
            line("记录数", "records", |report| grouped(report.rows)),
            line("等价类数", "equivalence classes", |report| grouped(report.classes)),
            line("最小等价类 k", "smallest class, k", |report| report.k.map_or_else(|| "—".to_owned(), grouped)),
            line("唯一记录数", "records alone in their class", |report| grouped(report.unique_rows)),
            line("最高风险 Rb", "highest risk, Rb", |report| percent(report.highest.ppm)),
            line("平均风险 Rc", "average risk, Rc", |report| percent(report.average.ppm)),
            line("超过阈值的等价类占比 Ra", "classes above the threshold, Ra", |report| {
                percent(report.over_threshold.ppm)
            }),
            line("总体风险 R", "overall risk, R", |report| percent(report.overall.ppm)),
            line("标识度等级", "level of identification", |report| report.level.to_string()),
        ],
    })
}

/// The records in classes of each range of sizes, both reports side by side.
fn sizes(first: &RiskReport, second: Option<&RiskReport>) -> Vec<Pair> {
    let label = |range: &Histogram| match range.to {
        Some(to) if to == range.from => range.from.to_string(),
        Some(to) => format!("{}–{to}", range.from),
        None => format!("≥ {}", range.from),
    };
    let rows = |report: &RiskReport, from: u64| {
        report.histogram.iter().find(|range| range.from == from).map_or(0, |range| range.rows)
    };
    let pairs = first.histogram.iter().map(|range| Pair {
        label: label(range),
        before: range.rows,
        after: second.map(|report| rows(report, range.from)),
    });
    pairs.collect()
}

/// One row for each way, one column for each class.
fn ways(verdicts: &[WayVerdict]) -> Option<Ways> {
    let mut classes: Vec<_> = verdicts.iter().map(|verdict| verdict.openness).collect();
    classes.sort_unstable();
    classes.dedup();
    let cell = |way: AccessWay, openness| {
        let verdict = verdicts.iter().find(|verdict| verdict.way == way && verdict.openness == openness)?;
        Some(WayCell { denials: verdict.denials.clone(), needs_application: verdict.needs_application })
    };
    let rows = AccessWay::ALL.iter().map(|way| WayRow {
        way: name_of(*way),
        cells: classes.iter().map(|openness| cell(*way, *openness)).collect(),
    });
    let rows = rows.collect();
    (!classes.is_empty()).then(|| Ways { classes: classes.into_iter().map(name_of).collect(), rows })
}

fn proof(assessment: &Assessment) -> Vec<ProofLine> {
    let line = |zh: &str, en: &str, digest: String| ProofLine { name: Text::new(zh, en), digest };
    let mut lines = vec![
        line("政策（含解释选项）", "policy, interpretations included", assessment.policy.hash.to_string()),
        line("原表内容", "content of the table as it is", assessment.raw.content.to_string()),
    ];
    if let Some(TreatedVersion { version, evidence, evidence_digest }) = &assessment.treated {
        lines.push(line("脱敏方案", "plan", evidence.plan.to_string()));
        lines.push(line("处理后内容", "content after treatment", version.content.to_string()));
        lines.push(line("证据（方案、处理、风险）", "evidence: plan, treatment, risk", evidence_digest.to_string()));
    }
    lines
}

/// What the report does not claim.
fn limits() -> Vec<Text> {
    vec![
        Text::new(
            "本报告按所列政策文件和已回答的事实推出结论，不替代数据开放主体、主管部门或专家委员会的判断。",
            "The conclusion follows from the policy named and the facts answered; it does not replace the judgment of the \
             opening body, the authority or the expert committee.",
        ),
        Text::new(
            "扫描只能提出某事实成立，不能证明其不成立；未发现的敏感内容仍可能存在。",
            "A scan can speak for a fact, never against it: what it did not find may still be there.",
        ),
        Text::new(
            "风险指标只针对所列准标识符，不包括与其他已开放数据关联的风险（第三十二条第四项）。",
            "The risk figures are about the quasi-identifiers named here; linkage with other opened data (A32(4)) is not in them.",
        ),
        Text::new(
            "去标识化的数据仍属个人信息：持有密钥或其他数据者可能再次识别个人。",
            "De-identified data stays personal data: who holds the key or other data may identify people again.",
        ),
        Text::new(
            "结论只适用于证明中所列摘要值对应的内容；内容变化后须重新评估。",
            "It holds for the content with the digests above; other content needs its own assessment.",
        ),
    ]
}
