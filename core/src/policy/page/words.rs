//! Conditions, cases and effects in words, in both languages.
//!
//! A fact is named by its question, a definition by its id: it is explained once, where it stands. So a text is about as
//! long as what it says, however definitions lean on each other. Nothing is decided here.

use std::collections::BTreeMap;

use super::super::analyse::{Answer, Region};
use super::super::condition::Condition;
use super::super::error::PolicyError;
use super::super::facts::{Domain, FactDefinition, FactValue};
use super::super::model::Interpretation;
use super::super::provisions::RuleKind;
use super::super::written::{Effect, Written};
use crate::terms::{Openness, Text, Word};

/// A longer question is no name: the fact's id stands in its place.
const MAX_QUESTION: usize = 400;
/// The most bytes of all texts made here for one page.
const MAX_WORDS: usize = 4 << 20;

/// What a page's texts are made with.
pub(super) struct Words<'a> {
    labels: &'a BTreeMap<Openness, Text>,
    interpretations: &'a [Interpretation],
    readings: &'a [u8],
    /// How many bytes the page has room for.
    left: usize,
}

impl<'a> Words<'a> {
    pub(super) fn new(
        labels: &'a BTreeMap<Openness, Text>,
        interpretations: &'a [Interpretation],
        readings: &'a [u8],
    ) -> Self {
        Words { labels, interpretations, readings, left: MAX_WORDS }
    }

    /// The text, as long as the page has room for it.
    fn bounded(&mut self, text: Text) -> Result<Text, PolicyError> {
        let left = self.left.checked_sub(text.zh.len() + text.en.len());
        self.left = left.ok_or_else(|| PolicyError::Limit {
            what: Text::new("条件文字的字节数", "bytes of conditions in words"),
            limit: MAX_WORDS,
        })?;
        Ok(text)
    }

    /// A condition over some facts.
    pub(super) fn condition(&mut self, condition: &Condition, facts: &[FactDefinition]) -> Result<Text, PolicyError> {
        let text = self.meaning(condition, facts, false);
        self.bounded(text)
    }

    /// The parser has bounded the depth. `within` others, what has several parts stands in parentheses.
    fn meaning(&self, condition: &Condition, facts: &[FactDefinition], within: bool) -> Text {
        match condition {
            Condition::Always => Text::new("任何情形", "always"),
            Condition::Not(inner) => match inner.as_ref() {
                Condition::Name { name, .. } => named(name, facts, true),
                inner => {
                    let Text { zh, en } = self.meaning(inner, facts, false);
                    Text { zh: format!("并非（{zh}）"), en: format!("not ({en})") }
                }
            },
            Condition::Name { name, .. } => named(name, facts, false),
            Condition::Is { name, value, negated, .. } => {
                let yes_or_no = facts.iter().any(|fact| fact.id == *name && fact.domain == Domain::BOOL);
                let value = if yes_or_no { FactValue::Bool(value == "true") } else { FactValue::Word(value.clone()) };
                is(name, &[value], *negated, facts)
            }
            Condition::Reads { name, option, negated, .. } => {
                let asked = self.interpretations.iter().find(|known| known.id == *name);
                let chosen = asked.and_then(|known| known.options.iter().find(|known| known.id == *option));
                let asked = asked.map(|known| known.question.clone());
                let Text { zh: question, en: asked } = short(asked, name);
                let chosen = short(chosen.map(|known| known.text.clone()), option);
                let (reads, read) = if *negated { ("不取", "is not read as") } else { ("取", "is read as") };
                Text {
                    zh: format!("“{question}”{reads}“{}”", chosen.zh),
                    en: format!("“{asked}” {read} “{}”", chosen.en),
                }
            }
            Condition::Any(parts) => self.joined(parts, facts, within, "，或", ", or "),
            Condition::All(parts) => self.joined(parts, facts, within, "，且", ", and "),
        }
    }

    fn joined(&self, parts: &[Condition], facts: &[FactDefinition], within: bool, zh: &str, en: &str) -> Text {
        let several = parts.len() > 1;
        let parts = parts.iter().map(|part| self.meaning(part, facts, within || several));
        let text = joined(parts, zh, en);
        if within && several { Text { zh: format!("（{}）", text.zh), en: format!("({})", text.en) } } else { text }
    }

    /// A case: each of its facts with the values that it may have there.
    pub(super) fn case(&mut self, region: &Region, facts: &[FactDefinition]) -> Result<Text, PolicyError> {
        let limits = region.limits.iter().map(|limit| is(&limit.fact, &limit.values, false, facts));
        let text =
            if region.limits.is_empty() { Text::new("任何情形", "always") } else { joined(limits, "；", "; ") };
        self.bounded(text)
    }

    /// What a rule does where it holds.
    pub(super) fn effect(&mut self, rule: &Written<'_>) -> Result<Text, PolicyError> {
        let text = match (&rule.effect, rule.kind) {
            (Effect::Since(date), _) => {
                Text::new(format!("自 {date} 起每项结论均附此提示"), format!("from {date} every answer carries it"))
            }
            (Effect::Read(entry), _) => {
                let place = self.interpretations.iter().position(|known| known.id == *entry.id.get_ref());
                let chosen = place.and_then(|place| self.readings.get(place)).copied().map(usize::from);
                let chosen = chosen.and_then(|chosen| entry.options.get(chosen));
                let text = short(chosen.map(|known| Text::new(&known.zh, &known.en)), "");
                Text::new(format!("现取：{}", text.zh), format!("read as: {}", text.en))
            }
            (Effect::Permits(set), _) => self.permits(set),
            (Effect::Relieves(entry), _) => {
                let ids = |ids: &[toml::Spanned<String>]| {
                    ids.iter().map(|id| id.get_ref().as_str()).collect::<Vec<_>>().join(", ")
                };
                let mut text = self.permits(&entry.permits);
                let grounds = ids(&entry.relieves);
                text = Text::new(format!("就 {grounds}：{}", text.zh), format!("of {grounds}: {}", text.en));
                if let Some(under) = &entry.under {
                    let Text { zh, en } = self.permits(&under.permits);
                    let reading = format!("{} = {}", under.interpretation.get_ref(), under.option);
                    text.zh += &format!("；解释 {reading} 时{zh}");
                    text.en += &format!("; where {reading} it {en}");
                }
                if !entry.yields_to.is_empty() {
                    let first = ids(&entry.yields_to);
                    text.zh += &format!("；让位于 {first}");
                    text.en += &format!("; yields to {first}");
                }
                text
            }
            (Effect::Owed { by, code }, _) => {
                Text::new(format!("{}负有义务 {code}", by.zh()), format!("the {} owes {code}", by.en()))
            }
            (Effect::Due { by, working_days }, _) => Text::new(
                format!("{}须在 {working_days} 个工作日内完成", by.zh()),
                format!("the {} has {working_days} working days", by.en()),
            ),
            (Effect::Nothing, RuleKind::Denial) => Text::new("拒绝访问", "the access is denied"),
            (Effect::Nothing, RuleKind::OutOfScope) => {
                Text::new("不适用，其他规则均不计", "out of scope: nothing else counts")
            }
            (Effect::Nothing, RuleKind::Step) => Text::new("开放前须完成", "required before opening"),
            (Effect::Nothing, RuleKind::Unknown) => Text::new("未查明前从严", "the strictest until it is known"),
            (Effect::Nothing, _) => Text::new("", ""),
        };
        self.bounded(text)
    }

    fn permits(&self, set: &[Openness]) -> Text {
        let Text { zh, en } = self.classes(set);
        Text::new(format!("可列入：{zh}"), format!("permits: {en}"))
    }

    fn classes(&self, set: &[Openness]) -> Text {
        let label = |class: &Openness| self.labels.get(class).cloned();
        let labels = set.iter().map(|class| label(class).unwrap_or_else(|| Text::new(class.zh(), class.en())));
        joined(labels, "、", ", ")
    }

    /// An answer in the policy's labels.
    pub(super) fn answer(&mut self, answer: &Answer) -> Result<Text, PolicyError> {
        let text = match answer {
            Answer::OutOfScope => Text::new("不适用", "out of scope"),
            Answer::Permit => Text::new("准予", "permitted"),
            Answer::Deny => Text::new("不准", "denied"),
            Answer::Permitted(set) => self.classes(set),
        };
        self.bounded(text)
    }
}

fn joined(parts: impl Iterator<Item = Text>, zh: &str, en: &str) -> Text {
    let (first, second): (Vec<String>, Vec<String>) = parts.map(|Text { zh, en }| (zh, en)).unzip();
    Text { zh: first.join(zh), en: second.join(en) }
}

/// A bool fact or a definition.
fn named(name: &str, facts: &[FactDefinition], negated: bool) -> Text {
    if facts.iter().any(|fact| fact.id == name) {
        return is(name, &[FactValue::Bool(!negated)], false, facts);
    }
    let (holds, held) = if negated { ("不符合", "does not hold") } else { ("符合", "holds") };
    Text { zh: format!("{holds} {name}"), en: format!("{name} {held}") }
}

/// A fact has one of some values, or has not.
fn is(name: &str, values: &[FactValue], negated: bool, facts: &[FactDefinition]) -> Text {
    let asked = facts.iter().find(|fact| fact.id == name).map(|fact| fact.question.clone());
    let Text { zh: question, en: asked } = short(asked, name);
    let values = values.iter().map(|value| match value {
        FactValue::Bool(true) => Text::new("是", "yes"),
        FactValue::Bool(false) => Text::new("否", "no"),
        FactValue::Word(word) => Text::new(word, word),
    });
    let Text { zh, en } = joined(values, " 或 ", " or ");
    let (no, not) = if negated { ("非 ", "not ") } else { ("", "") };
    Text { zh: format!("“{question}”{no}{zh}"), en: format!("“{asked}” {not}{en}") }
}

/// A text that can stand as a name, or the id in its place.
fn short(text: Option<Text>, id: &str) -> Text {
    text.filter(|text| text.zh.len().max(text.en.len()) <= MAX_QUESTION).unwrap_or_else(|| Text::new(id, id))
}

#[cfg(test)]
mod tests {
    use super::super::super::condition::parse;
    use super::*;

    #[test]
    fn parentheses_stand_wherever_two_readings_would_be() {
        let labels = BTreeMap::new();
        let words = Words::new(&labels, &[], &[]);
        for (written, en, zh) in [
            ("a or b", "a holds, or b holds", "符合 a，或符合 b"),
            ("a or (b and c)", "a holds, or (b holds, and c holds)", "符合 a，或（符合 b，且符合 c）"),
            ("a or all(any(b and c))", "a holds, or (b holds, and c holds)", "符合 a，或（符合 b，且符合 c）"),
            ("all(any(a or b), c)", "(a holds, or b holds), and c holds", "（符合 a，或符合 b），且符合 c"),
            ("not (a or not b)", "not (a holds, or b does not hold)", "并非（符合 a，或不符合 b）"),
            ("not not a", "not (a does not hold)", "并非（不符合 a）"),
            ("x != y", "“x” not y", "“x”非 y"),
            ("always", "always", "任何情形"),
        ] {
            assert_eq!(words.meaning(&parse(written).unwrap(), &[], false), Text::new(zh, en), "{written}");
        }
    }
}
