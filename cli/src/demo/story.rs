//! The story of the demo, step by step; each step adds a line to the table that is printed at the end.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant as Clock;

use kaifang::assess::{self, Assessment, Terms};
use kaifang::audit;
use kaifang::calendar::Calendar;
use kaifang::catalog::Entry;
use kaifang::crypto::{Ed25519Key, Keyring, PublicKey, Signer, sha256};
use kaifang::gate::{Admitted, LEDGER, Outcome as UseOutcome, Platform, Request, UseReport};
use kaifang::ledger;
use kaifang::policy::{Facts, Policy, Section, Status};
use kaifang::process::{Actor, Event, Role};
use kaifang::report;
use kaifang::table::{Encoding, Format, Sink, WriteOptions};
use kaifang::terms::{Action, Instant, Openness, Sharing, Word, legal_date};

use super::{documents, people, statistics};
use crate::input::Reading;
use crate::output;
use crate::output::{Failure, Outcome, percent};
use crate::progress::Bar;
use crate::verbs;

/// Rows in a batch of the invented table.
const BATCH: usize = 16_384;

/// What each step did, for the table at the end.
struct Steps {
    started: Clock,
    rows: Vec<[String; 4]>,
}

impl Steps {
    /// Says the step on stderr at once, and keeps it for the end.
    fn done(&mut self, name: &str, what: impl Into<String>) {
        let (what, number) = (what.into(), (self.rows.len() + 1).to_string());
        let seconds = format!("{:.1} s", self.started.elapsed().as_secs_f64());
        eprintln!("{number:>2}. {name} — {what} ({seconds})");
        self.rows.push([number, name.to_owned(), what, seconds]);
        self.started = Clock::now();
    }
}

/// The paths of the demo.
struct Place {
    root: PathBuf,
}

impl Place {
    /// An empty directory for the demo. What an earlier demo wrote is removed; nothing else is.
    fn clear(root: &Path) -> Result<Place, Failure> {
        let fail = |error: std::io::Error| Failure::file(root, &error);
        let mark = root.join(".kaifang-demo");
        if root.exists() && !mark.exists() && std::fs::read_dir(root).map_err(fail)?.next().is_some() {
            return Err(Failure::usage(
                "该目录不为空,也不是以前的演示目录:请用 --out 指定另一个目录",
                "the directory is not empty and no earlier demo's: name another with --out",
            ));
        }
        if mark.exists() {
            std::fs::remove_dir_all(root).map_err(fail)?;
        }
        std::fs::create_dir_all(root).map_err(fail)?;
        std::fs::write(mark, "").map_err(fail)?;
        Ok(Place { root: root.to_owned() })
    }

    fn at(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    fn write(&self, name: &str, text: &str) -> Result<PathBuf, Failure> {
        let path = self.at(name);
        std::fs::write(&path, text).map_err(|error| Failure::file(&path, &error))?;
        Ok(path)
    }
}

/// Fails the demo where an answer is not what its story needs.
fn need(holds: bool, zh: &str, en: &str) -> Result<(), Failure> {
    if holds { Ok(()) } else { Err(Failure::usage(zh, en)) }
}

pub(super) fn tell(root: &Path, rows: usize, seed: u64, at: Instant) -> Result<Outcome, Failure> {
    let place = Place::clear(root)?;
    let mut steps = Steps { started: Clock::now(), rows: Vec::new() };
    let policy = Policy::builtin("xian-2022-013")?;

    let table = invent(&place, rows, seed, &mut steps)?;
    let entry = documents::residents_entry(true)?;
    let (raw, facts) = classify_raw(&policy, &table, &entry, at, &mut steps)?;
    let mut assessment = treat(&place, &policy, &table, &entry, raw, &facts, at, &mut steps)?;
    let key = place.at("ledger-key.pem");
    let public_key = Ed25519Key::generate_file(&key)?.public_key().clone();
    let platform = Platform::init(
        place.at("platform"),
        &policy,
        "demo.kaifang.example/xian",
        Box::new(Ed25519Key::load(&key)?),
        at,
    )?;
    open_residents(&platform, &mut assessment, at, &mut steps)?;
    ask(&platform, at, &mut steps)?;
    census(&place, &policy, &platform, at, &mut steps)?;
    verify(&place, platform, &public_key, at, &mut steps)?;

    let html = report::to_html(&assessment)?;
    place.write("report.html", &html)?;
    place.write("assessment.json", &output::pretty(&assessment)?)?;
    steps.done("报告 report", format!("{} · {} KiB", place.at("report.html").display(), html.len() / 1024));

    let mut table = output::table(&["", "步骤 step", "结果 result", "用时"]);
    for row in steps.rows {
        table.add_row(row);
    }
    output::text(&table.to_string())?;
    Ok(Outcome::Done)
}

/// Everything that is seen of a table, with progress.
fn look(table: &Path) -> Result<assess::Seen, Failure> {
    let mut bar = Bar::new("识别 scan");
    Ok(assess::look(&verbs::assess::opener(table, &Reading::default()), Sharing::Public, &mut |update| {
        bar.update(update)
    })?)
}

/// Step 1: a GB18030 CSV of invented residents.
fn invent(place: &Place, rows: usize, seed: u64, steps: &mut Steps) -> Result<PathBuf, Failure> {
    let path = place.at("residents.csv");
    let options = WriteOptions { encoding: Encoding::Gb18030, ..WriteOptions::default() };
    let mut sink = Sink::create_with(&path, people::schema(), Format::Csv, &options)?;
    for batch in people::batches(rows, BATCH, seed) {
        let batch =
            batch.map_err(|error| Failure::usage("无法生成数据", format!("the data can't be made: {error}")))?;
        sink.write(&batch)?;
    }
    let written = sink.finish()?;
    steps.done("虚构数据 invented data", format!("{} 行 rows, GB18030, {} MiB", rows, written.bytes >> 20));
    Ok(path)
}

/// Steps 2 and 3: scan, classify with one fact open, answer it, classify again.
fn classify_raw(
    policy: &Policy,
    table: &Path,
    entry: &Entry,
    at: Instant,
    steps: &mut Steps,
) -> Result<(Assessment, Facts), Failure> {
    let seen = look(table)?;
    eprintln!("{}", verbs::scan::describe(&seen.findings));
    steps.done(
        "识别 scan",
        format!(
            "直接标识 direct: {} · 准标识 quasi: {} · 敏感 sensitive: {}",
            seen.findings.direct.join(" "),
            seen.findings.quasi.join(" "),
            seen.findings.sensitive.join(" ")
        ),
    );

    // Everything is answered but one question; that one could still put the dataset out of the Measures' scope.
    let mut facts = Facts::new();
    for fact in policy.facts(Section::Classification) {
        if let Some(value) = fact.domain.value_at(0) {
            facts.set(fact.id.clone(), value);
        }
    }
    facts.forget("state_secret").forget("personal_privacy");
    let first = assess::assess(
        &Terms { policy, entry, facts: &facts, at },
        seen.content,
        seen.findings.clone(),
        seen.risk.clone(),
    )?;
    let questions: Vec<String> =
        first.raw.questions.iter().map(|question| format!("{}({})", question.zh, question.fact)).collect();
    need(
        first.raw.classification.status == Status::NeedsAssessment && questions.len() == 1,
        "应当恰有一个待答问题",
        "exactly one question should be open",
    )?;
    steps.done("分类:待答 open question", questions.join(" "));

    facts.set("state_secret", false);
    let raw = assess::assess(&Terms { policy, entry, facts: &facts, at }, seen.content, seen.findings, seen.risk)?;
    let answer = &raw.raw.classification;
    need(answer.default == Some(Openness::Withheld), "应为不予开放", "it should be withheld")?;
    eprintln!("{}", verbs::classify::classification(policy, answer));
    steps.done("分类 classify", describe_class(answer));
    let facts = raw.raw.facts.clone();
    Ok((raw, facts))
}

fn describe_class(answer: &kaifang::policy::Classification) -> String {
    let permitted: Vec<&str> = answer.permitted.iter().map(|class| class.zh()).collect();
    let cites: Vec<&str> = answer.reasons.iter().map(|reason| reason.cite.as_str()).collect();
    let recommended = answer.recommended.map_or("–", Word::zh);
    format!("可列入 {} · 建议 recommended {recommended} · {}", permitted.join("、"), cites.join(" "))
}

/// Steps 4 to 6: plan, apply, measure before and after, classify the new version with its evidence.
#[expect(clippy::too_many_arguments, reason = "a step of a story, called once")]
fn treat(
    place: &Place,
    policy: &Policy,
    table: &Path,
    entry: &Entry,
    raw: Assessment,
    facts: &Facts,
    at: Instant,
    steps: &mut Steps,
) -> Result<Assessment, Failure> {
    place.write("plan.toml", documents::PLAN)?;
    let keys = Keyring::generate_file(place.at("keyring.json"), "k1")?;
    let terms = Terms { policy, entry, facts, at };
    let target = place.at("residents-treated.parquet");
    let reading = Reading::default();
    let open = verbs::assess::opener(table, &reading);
    let assessment =
        verbs::assess::treat(raw, &terms, &open, &documents::plan()?, &keys, &target, Sharing::Controlled)?;
    let Some(treated) = &assessment.treated else {
        return Err(Failure::usage("没有处理后的版本", "there is no treated version"));
    };
    place.write("evidence.json", &output::pretty(&treated.evidence)?)?;
    let applied = &treated.evidence.applied;
    eprintln!("{}", verbs::plan::describe(applied));
    steps.done(
        "脱敏 apply",
        format!(
            "{} 行 rows → Parquet · 改动 changed {} · 无效 invalid {} · 删除列 dropped {}",
            applied.rows,
            applied.columns.iter().map(|column| column.changed).sum::<u64>(),
            applied.columns.iter().map(|column| column.invalid).sum::<u64>(),
            applied.dropped.join(" ")
        ),
    );

    let before = assessment.raw.risk.as_ref();
    let after = &treated.evidence.risk;
    if let Some(before) = before {
        eprintln!("处理前 before\n{}", verbs::risk::describe(before));
    }
    eprintln!("处理后 after\n{}", verbs::risk::describe(after));
    let figure = |report: &kaifang::risk::RiskReport| {
        format!(
            "k={} 最高 highest {} 平均 average {}",
            verbs::risk::smallest(report),
            percent(report.highest.ppm),
            percent(report.average.ppm)
        )
    };
    steps.done("风险 risk", format!("{} → {}", before.map(figure).unwrap_or_default(), figure(after)));

    let answer = &treated.version.classification;
    eprintln!("{}", verbs::classify::classification(policy, answer));
    need(answer.recommended == Some(Openness::Conditional), "应建议有条件开放", "conditional should be recommended")?;
    steps.done("新版本分类 classify the new version", describe_class(answer));
    Ok(assessment)
}

/// Lists, assesses and opens one dataset.
fn open_dataset(
    platform: &Platform,
    assessment: &mut Assessment,
    chosen: Openness,
    at: Instant,
) -> Result<(), Failure> {
    let choice = assess::Choice {
        openness: chosen,
        assessor: documents::ASSESSOR.to_owned(),
        approval: sha256("分管负责人的决定".as_bytes()),
        evidence: BTreeMap::new(),
    };
    let acts = assessment.acts(&platform.policy(), &choice)?;
    need(assessment.problems.is_empty(), "目录条目应当完整", "the entry should be complete")?;
    for act in acts {
        platform.act(&act, at)?;
    }
    Ok(())
}

/// Step 7: the entry checked, the choice recorded, an application filed and approved by body and authority.
fn open_residents(
    platform: &Platform,
    assessment: &mut Assessment,
    at: Instant,
    steps: &mut Steps,
) -> Result<(), Failure> {
    let incomplete = documents::residents_entry(false)?.check();
    let missing: Vec<&str> = incomplete.iter().map(|problem| problem.field.as_str()).collect();
    need(missing.contains(&"update_frequency"), "应当查出缺少更新频率", "the missing frequency should be found")?;
    open_dataset(platform, assessment, Openness::Conditional, at)?;
    steps.done("目录 catalog", format!("缺 missing {} → 已补齐 complete (A19.2)", missing.join(" ")));
    let application = documents::application(legal_date(at))?;
    let asked = application.asked();
    let id = application.id.clone();
    let user = Actor::new(Role::DataUser, documents::USER);
    platform.event(&user, Event::ApplicationFiled { application: Box::new(application) }, at)?;
    let body = assessment.entry.body.as_ref().map(|body| body.id.clone()).unwrap_or_default();
    for by in [Actor::new(Role::OpeningBody, body), Actor::new(Role::Authority, documents::AUTHORITY)] {
        let review = Event::ApplicationReviewed {
            application: id.clone(),
            approve: true,
            grant: Some(asked.clone()),
            opinion: sha256("审核意见".as_bytes()),
        };
        platform.event(&by, review, at)?;
    }
    steps.done(
        "申请 application",
        "已选有条件开放;数据开放主体与主管部门均已批准 approved by body and authority (A8, A26)",
    );
    Ok(())
}

fn request(dataset: &str, user: Option<&str>, action: Action, purpose: Option<&str>) -> Result<Request, Failure> {
    let document = serde_json::json!({
        "v": 1, "dataset": dataset, "user": user, "action": action, "via": "platform", "purpose": purpose, "rows": 1000
    });
    Ok(kaifang::canon::read("Request", document.to_string().as_bytes())?)
}

fn verdict(admitted: &Admitted) -> String {
    match admitted.decision.denials.first() {
        None => "准予 permitted".to_owned(),
        Some(reason) => format!("不准 denied: {} {}", reason.code, reason.cite),
    }
}

/// Step 8: three requests, each recorded before it is answered.
fn ask(platform: &Platform, at: Instant, steps: &mut Steps) -> Result<(), Failure> {
    let purpose = Some("区域疾病分布研究");
    let mut answers = Vec::new();
    for (name, user, action, cite) in [
        ("接口 API", documents::USER, Action::Api, None),
        ("下载 download", documents::USER, Action::Download, Some("A22.2")),
        ("未申请者 no application", documents::STRANGER, Action::Api, Some("A26")),
    ] {
        let admitted = platform.admit(&request("xa-resident", Some(user), action, purpose)?, at)?;
        let headline = admitted.decision.denials.first().map(|reason| reason.cite.as_str());
        need(headline == cite, "决定与预期不同", "a decision is not the expected one")?;
        answers.push(format!("{name} {}", verdict(&admitted)));
        if admitted.decision.permit {
            let intent = admitted.index.unwrap_or_default();
            platform.complete(intent, UseOutcome::new(true, 1000, 65_536), at)?;
            let report = UseReport {
                user: documents::USER.to_owned(),
                dataset: "xa-resident".to_owned(),
                intent: admitted.index,
                rows: 1000,
                report: sha256("使用情况报告".as_bytes()),
            };
            platform.report_use(report, at)?;
        }
    }
    steps.done("决定 decide", answers.join(" · "));
    Ok(())
}

/// Step 10: a harmless dataset comes out unconditional and is downloaded without an application.
fn census(place: &Place, policy: &Policy, platform: &Platform, at: Instant, steps: &mut Steps) -> Result<(), Failure> {
    let table = place.write("census.csv", statistics::CENSUSES)?;
    let seen = look(&table)?;
    let mut facts = Facts::new();
    for fact in policy.facts(Section::Classification) {
        if let Some(value) = fact.domain.value_at(0) {
            facts.set(fact.id.clone(), value);
        }
    }
    let entry = documents::census_entry()?;
    let mut assessment =
        assess::assess(&Terms { policy, entry: &entry, facts: &facts, at }, seen.content, seen.findings, seen.risk)?;
    let answer = assessment.raw.classification.clone();
    need(answer.permitted == [Openness::Unconditional], "应为无条件开放", "it should be unconditional")?;
    open_dataset(platform, &mut assessment, Openness::Unconditional, at)?;
    let admitted = platform.admit(&request("census-totals", None, Action::Download, None)?, at)?;
    need(admitted.decision.permit, "应准予下载", "the download should be permitted")?;
    let outcome = UseOutcome::new(true, 7, statistics::CENSUSES.len() as u64);
    platform.complete(admitted.index.unwrap_or_default(), outcome, at)?;
    steps.done("统计数据 statistics", format!("{} · 下载 download {}", describe_class(&answer), verdict(&admitted)));
    Ok(())
}

/// Step 9: the ledger verified offline and audited; one byte flipped in a copy is found, and where.
fn verify(place: &Place, platform: Platform, key: &PublicKey, at: Instant, steps: &mut Steps) -> Result<(), Failure> {
    let checkpoint = platform.checkpoint()?;
    place.write("checkpoint.txt", &checkpoint.note)?;
    let dir = place.at("platform");
    let ledger = dir.join(LEDGER);
    drop(platform);
    let verified = ledger::verify(&ledger, Some(key), Some(&checkpoint))?;
    let report = audit::audit(&dir, Some(key), Some(&checkpoint), Calendar::builtin(), at)?;
    need(report.findings.is_empty(), "审计应无发现", "the audit should find nothing")?;
    steps.done(
        "核验 verify",
        format!("{} 条记录 records, 审计 audit {} 项决定 decisions, 0 发现 findings", verified.size, report.decisions),
    );

    let copy = place.at("tampered");
    copy_dir(&ledger, &copy)?;
    // Where the records are: what is beside them, such as the space that is held, proves nothing and is not verified.
    let victim = copy.join("segments/00000000.kfl");
    let mut bytes = std::fs::read(&victim).map_err(|error| Failure::file(&victim, &error))?;
    let middle = bytes.len() / 2;
    if let Some(byte) = bytes.get_mut(middle) {
        *byte ^= 1;
    }
    std::fs::write(&victim, bytes).map_err(|error| Failure::file(&victim, &error))?;
    match ledger::verify(&copy, Some(key), Some(&checkpoint)) {
        Ok(_) => need(false, "篡改未被发现", "the change was not found"),
        Err(error) => {
            let document = error.document();
            let place = document.place.unwrap_or_default();
            steps.done(
                "篡改 tamper",
                format!("改动一字节 one byte flipped → {} {} [{place}]", document.code, document.zh),
            );
            Ok(())
        }
    }
}

fn copy_dir(from: &Path, to: &Path) -> Result<(), Failure> {
    let fail = |error: std::io::Error| Failure::file(from, &error);
    std::fs::create_dir_all(to).map_err(fail)?;
    for item in std::fs::read_dir(from).map_err(fail)? {
        let item = item.map_err(fail)?;
        let target = to.join(item.file_name());
        if item.file_type().map_err(fail)?.is_dir() {
            copy_dir(&item.path(), &target)?;
        } else {
            std::fs::copy(item.path(), target).map_err(fail)?;
        }
    }
    Ok(())
}
