//! What stands on the report's page: texts and figures, ready to be set.
//!
//! A page holds strings and numbers only. It must never hold a value of the data: the documents that it is made from
//! have none. Which class, which article, which figure is theirs; nothing is decided here.

use serde::Serialize;

use crate::policy::{GroundState, Status};
use crate::terms::{Openness, Reason, Text, Word};

/// Both names of a word.
pub(super) fn name_of(word: impl Word) -> Text {
    Text::new(word.zh(), word.en())
}

#[derive(Debug, Serialize)]
pub(super) struct Page {
    pub(super) version: &'static str,
    pub(super) numerals: [&'static str; 10],
    pub(super) title: String,
    pub(super) entry_id: String,
    pub(super) body: Option<String>,
    pub(super) date: String,
    pub(super) at: String,
    pub(super) policy: PolicyLine,
    pub(super) conclusion: Conclusion,
    pub(super) fields: Vec<Field>,
    pub(super) problems: Vec<Cited>,
    pub(super) rows: String,
    pub(super) columns: Vec<Column>,
    pub(super) proposals: Vec<ProposalLine>,
    pub(super) treatment: Option<Treatment>,
    pub(super) risk: Option<Risk>,
    pub(super) ways: Option<Ways>,
    pub(super) questions: Vec<QuestionLine>,
    pub(super) notices: Vec<Reason>,
    pub(super) proof: Vec<ProofLine>,
    pub(super) limits: Vec<Text>,
}

#[derive(Debug, Serialize)]
pub(super) struct PolicyLine {
    pub(super) id: String,
    pub(super) hash: String,
    pub(super) zh: String,
    pub(super) en: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Conclusion {
    pub(super) colour: &'static str,
    pub(super) status: Text,
    pub(super) headline: Text,
    pub(super) permitted: Vec<Class>,
    pub(super) recommended: Vec<Class>,
    pub(super) possible: Vec<Class>,
    pub(super) raw: Vec<Class>,
    pub(super) chosen: Vec<Class>,
    pub(super) chosen_permitted: bool,
    pub(super) reasons: Vec<Reason>,
    pub(super) grounds: Vec<GroundState>,
    pub(super) requires: Vec<Reason>,
}

/// A class with its colour. The word stands beside it always: colour alone says nothing.
#[derive(Debug, Serialize)]
pub(super) struct Class {
    pub(super) colour: &'static str,
    pub(super) text: Text,
}

impl From<Openness> for Class {
    fn from(openness: Openness) -> Self {
        let colour = match openness {
            Openness::Unconditional => "green",
            Openness::Conditional => "amber",
            Openness::Withheld => "red",
        };
        Class { colour, text: name_of(openness) }
    }
}

impl Class {
    pub(super) fn all(classes: &[Openness]) -> Vec<Class> {
        classes.iter().copied().map(Class::from).collect()
    }
}

/// The colour and the headline of a conclusion.
pub(super) fn headline(status: Status, recommended: Option<Openness>) -> (&'static str, Text) {
    match (status, recommended) {
        (Status::OutOfScope, _) => {
            ("grey", Text::new("不适用本办法，不得开放", "outside the Measures: not to be opened"))
        }
        (Status::Determined, Some(class)) => (
            Class::from(class).colour,
            Text::new(format!("建议：{}", class.zh()), format!("recommended: {}", class.en())),
        ),
        _ => ("blue", Text::new("尚待评估，暂不开放", "needs assessment: withheld until then")),
    }
}

#[derive(Debug, Serialize)]
pub(super) struct Field {
    pub(super) cite: &'static str,
    pub(super) name: Text,
    pub(super) value: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct Cited {
    pub(super) cite: String,
    pub(super) zh: String,
    pub(super) en: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) kind: Option<Text>,
    pub(super) role: Text,
    pub(super) colour: &'static str,
    pub(super) evidence: Vec<Text>,
    pub(super) warnings: Vec<Text>,
    pub(super) treatment: Option<Text>,
}

#[derive(Debug, Serialize)]
pub(super) struct ProposalLine {
    pub(super) fact: String,
    pub(super) zh: String,
    pub(super) en: String,
    pub(super) contradicted: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct Treatment {
    pub(super) outcome: Text,
    pub(super) columns: Vec<TreatedColumn>,
}

#[derive(Debug, Serialize)]
pub(super) struct TreatedColumn {
    pub(super) name: String,
    pub(super) treatment: Text,
    pub(super) rows: String,
    pub(super) nulls: String,
    pub(super) changed: String,
    pub(super) invalid: String,
    pub(super) reversible: Text,
}

#[derive(Debug, Serialize)]
pub(super) struct Risk {
    pub(super) quasi: Vec<String>,
    /// Those of the second report, where they are others.
    pub(super) second_quasi: Vec<String>,
    pub(super) sharing: Text,
    pub(super) first: Text,
    pub(super) second: Option<Text>,
    /// Our own drawing of our own words and figures: with `histogram`, the only text that is set unescaped.
    pub(super) bars: minijinja::Value,
    pub(super) histogram: minijinja::Value,
    pub(super) lines: Vec<RiskLine>,
}

#[derive(Debug, Serialize)]
pub(super) struct RiskLine {
    pub(super) name: Text,
    pub(super) first: String,
    pub(super) second: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Ways {
    pub(super) classes: Vec<Text>,
    pub(super) rows: Vec<WayRow>,
}

#[derive(Debug, Serialize)]
pub(super) struct WayRow {
    pub(super) way: Text,
    pub(super) cells: Vec<Option<WayCell>>,
}

#[derive(Debug, Serialize)]
pub(super) struct WayCell {
    pub(super) denials: Vec<Reason>,
    pub(super) needs_application: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct QuestionLine {
    pub(super) fact: String,
    pub(super) zh: String,
    pub(super) en: String,
}

#[derive(Debug, Serialize)]
pub(super) struct ProofLine {
    pub(super) name: Text,
    pub(super) digest: String,
}
