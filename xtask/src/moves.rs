//! `docs/src/*/moves.md`: the machines of the process as diagrams and tables, its duties, and where each access fact comes
//! from; generated from the tables of the code.

use std::fmt::Write as _;
use std::path::Path;

use kaifang::gate::ACCESS_FACTS;
use kaifang::process::{ApplicationStatus, CaseStatus, DUTIES, DatasetStatus, MOVES, Machine, Move, Role, Standing};
use kaifang::terms::Word;

struct Page {
    zh: bool,
    text: String,
}

impl Page {
    fn say(&mut self, zh: &str, en: &str) {
        let text = if self.zh { zh } else { en };
        self.text.push_str(text);
    }

    fn word<W: Word>(&self, word: W) -> &'static str {
        if self.zh { word.zh() } else { word.en() }
    }

    /// What a status is called.
    fn status(&self, machine: Machine, id: &str) -> String {
        let name = match machine {
            Machine::Dataset => DatasetStatus::from_id(id).map(|word| self.word(word)),
            Machine::Application => ApplicationStatus::from_id(id).map(|word| self.word(word)),
            Machine::User => Standing::from_id(id).map(|word| self.word(word)),
            _ => CaseStatus::from_id(id).map(|word| self.word(word)),
        };
        name.unwrap_or(id).to_owned()
    }

    fn roles(&self, roles: &[Role]) -> String {
        roles.iter().map(|role| self.word(*role)).collect::<Vec<_>>().join(if self.zh { "、" } else { ", " })
    }

    fn diagram(&mut self, machine: Machine, moves: &[&Move]) {
        self.text.push_str("```mermaid\nstateDiagram-v2\n");
        let mut named: Vec<&str> = Vec::new();
        for row in moves {
            for id in row.from.iter().chain(row.to) {
                if !named.contains(id) {
                    named.push(id);
                    let name = self.status(machine, id);
                    let _ = writeln!(self.text, "    {id} : {name}");
                }
            }
        }
        for row in moves.iter().filter(|row| !row.to.is_empty()) {
            let from: &[&str] = if row.from.is_empty() { &["[*]"] } else { row.from };
            for (from, to) in from.iter().flat_map(|from| row.to.iter().map(move |to| (from, to))) {
                // The first of two reviewers leads to `reviewed`, the second does not.
                if from != to {
                    let _ = writeln!(self.text, "    {from} --> {to} : {}", row.event);
                }
            }
        }
        self.text.push_str("```\n\n");
    }

    fn table(&mut self, moves: &[&Move]) {
        self.say(
            "| 事件 | 自 | 至 | 条款 | 谁可以 | 应出示 | 义务 |\n|---|---|---|---|---|---|---|\n",
            "| event | from | to | article | who may | shows | duties |\n|---|---|---|---|---|---|---|\n",
        );
        for row in moves {
            let list = |items: &[&str]| match items {
                [] => "–".to_owned(),
                items => items.iter().map(|item| format!("`{item}`")).collect::<Vec<_>>().join(" "),
            };
            let to = if row.to.is_empty() && !row.from.is_empty() {
                if self.zh { "不变".to_owned() } else { "stays".to_owned() }
            } else {
                list(row.to)
            };
            let (from, roles) = (list(row.from), self.roles(row.by));
            let (event, cite, evidence, duties) = (row.event, row.cite, list(row.evidence), list(row.duties));
            let _ = writeln!(self.text, "| `{event}` | {from} | {to} | {cite} | {roles} | {evidence} | {duties} |");
        }
        self.text.push('\n');
    }

    fn write(&mut self) {
        self.say(
            "# 状态机、义务与访问事实\n\n本页由代码中的表生成。表中没有的,不能发生。\n\n",
            "# Machines, duties, access facts\n\nThis page is generated from the tables of the code. What is not in them can't happen.\n\n",
        );
        for machine in Machine::ALL {
            let moves: Vec<&Move> = MOVES.iter().filter(|row| row.machine == *machine).collect();
            let name = self.word(*machine);
            let _ = write!(self.text, "## {name} `{}`\n\n", machine.id());
            if moves.iter().any(|row| !row.to.is_empty()) {
                self.diagram(*machine, &moves);
            }
            self.table(&moves);
        }
        self.say(
            "## 义务\n\n| 代码 | 条款 | 谁 | 内容 | 逾期可 |\n|---|---|---|---|---|\n",
            "## Duties\n\n| code | article | who | what | overdue, it proposes |\n|---|---|---|---|---|\n",
        );
        for kind in DUTIES {
            let (who, what) = (self.word(kind.by), if self.zh { kind.zh } else { kind.en });
            let proposes = kind.proposes.map_or("–".to_owned(), |event| format!("`{event}`"));
            let _ = writeln!(self.text, "| `{}` | {} | {who} | {what} | {proposes} |", kind.code, kind.cite);
        }
        self.say(
            "\n## 访问事实从何而来\n\n| 事实 | 取值 | 来自 |\n|---|---|---|\n",
            "\n## Where each access fact comes from\n\n| fact | values | from |\n|---|---|---|\n",
        );
        for fact in &ACCESS_FACTS {
            let words = fact.words().iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(" ");
            let from = if self.zh { fact.zh } else { fact.en };
            let _ = writeln!(self.text, "| `{}` | {words} | {from} |", fact.name);
        }
    }
}

/// Writes both pages, or with `check` says which are stale.
pub(crate) fn run(root: &Path, check: bool) -> Result<Vec<String>, String> {
    let mut stale = Vec::new();
    for (folder, zh) in [("zh", true), ("en", false)] {
        let mut page = Page { zh, text: String::new() };
        page.write();
        let path = root.join("docs/src").join(folder).join("moves.md");
        if std::fs::read_to_string(&path).is_ok_and(|found| found == page.text) {
            continue;
        }
        stale.push(path.display().to_string());
        if !check {
            std::fs::write(&path, page.text).map_err(|error| error.to_string())?;
        }
    }
    Ok(stale)
}
