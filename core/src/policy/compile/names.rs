//! Names and conditions of one section: what is declared, and what a condition over it means.

use std::collections::BTreeMap;

use toml::Spanned;

use super::super::condition::{self, Condition};
use super::super::diagram::{ALWAYS, Diagrams, NEVER, Root};
use super::super::error::PolicyError;
use super::super::facts::{Domain, FactDefinition, is_identifier};
use super::super::file::{DefinitionEntry, FactEntry, Places};
use super::super::model::{Interpretation, Space};
use super::super::packed::Layout;
use super::declared::{Declared, cited, duplicate, identifier, incomplete, mark};
use crate::terms::{Reason, Text};

/// The most facts and interpretations of one section: a set of them is one machine word.
const MAX_VARIABLES: usize = 64;
/// The most values of one fact.
const MAX_VALUES: usize = 32;
/// What the conditions of one section may name, and the diagrams that they become.
///
/// Interpretations stand behind the facts as further variables, so that everything that is checked at load is checked
/// under every reading.
pub(super) struct Names<'a> {
    places: Places<'a>,
    pub(super) diagrams: Diagrams,
    pub(super) facts: Vec<FactDefinition>,
    index: BTreeMap<String, usize>,
    layout: Layout,
    interpretations: &'a [Interpretation],
    /// What each definition means, and the variables that it names.
    definitions: BTreeMap<String, (Root, u64)>,
    rules: BTreeMap<String, ()>,
    /// The answer's own words; none until the rules are compiled, so that only properties can look at the answer.
    answer: BTreeMap<String, Root>,
    /// The variables that the last condition names, by way of definitions too.
    pub(super) named: u64,
}

impl<'a> Names<'a> {
    pub(super) fn new(
        facts: &[FactEntry],
        definitions: &[DefinitionEntry],
        interpretations: &'a [Interpretation],
        places: Places<'a>,
    ) -> Result<Self, PolicyError> {
        if facts.len() + interpretations.len() > MAX_VARIABLES {
            return Err(PolicyError::Limit {
                what: Text::new("单个部分的事实与解释开关数", "facts and interpretations in one section"),
                limit: MAX_VARIABLES,
            });
        }
        let mut names = Names {
            places,
            diagrams: Diagrams::new(Vec::new()),
            facts: Vec::new(),
            index: BTreeMap::new(),
            layout: Layout::new(&[])?,
            interpretations,
            definitions: BTreeMap::new(),
            rules: BTreeMap::new(),
            answer: BTreeMap::new(),
            named: 0,
        };
        for fact in facts {
            names.declare_fact(fact)?;
        }
        names.layout = Layout::new(&names.facts)?;
        let sizes = names.facts.iter().map(|fact| fact.domain.size());
        let sizes = sizes.chain(interpretations.iter().map(|interpretation| interpretation.options.len()));
        names.diagrams = Diagrams::new(sizes.map(|size| size as u8).collect());
        for definition in definitions {
            let id = identifier(Declared::Definition, &definition.id, places)?;
            if names.index.contains_key(id) || names.definitions.contains_key(id) {
                return Err(duplicate(Declared::Definition, &definition.id, places));
            }
            if let Some(cite) = &definition.cite {
                cited(id, cite, places)?;
            }
            // Only what stands above is known here, so a definition can't lean on itself.
            let root = names.condition(&definition.when)?;
            names.definitions.insert(id.to_owned(), (root, names.named));
        }
        Ok(names)
    }

    fn declare_fact(&mut self, fact: &FactEntry) -> Result<(), PolicyError> {
        let id = identifier(Declared::Fact, &fact.id, self.places)?;
        let incomplete = |instead| incomplete(&fact.id, instead, self.places);
        if self.index.insert(id.to_owned(), self.facts.len()).is_some() {
            return Err(duplicate(Declared::Fact, &fact.id, self.places));
        }
        if let Domain::Words(words) = &fact.domain {
            if words.len() < 2 || words.len() > MAX_VALUES {
                return Err(incomplete(Text::new(
                    "请写 `domain = \"bool\"` 或 2 至 32 个词的列表",
                    "write `domain = \"bool\"` or a list of 2 to 32 words",
                )));
            }
            let distinct = words.iter().enumerate().all(|(at, word)| !words.iter().take(at).any(|other| other == word));
            if !distinct || !words.iter().all(|word| is_identifier(word)) {
                return Err(incomplete(Text::new(
                    "每个取值请只写一次,用小写字母、数字和 `_`",
                    "write each value once, in lower-case letters, digits and `_`",
                )));
            }
        }
        if [&fact.zh, &fact.en, &fact.evidence.zh, &fact.evidence.en].iter().any(|text| text.trim().is_empty()) {
            return Err(incomplete(Text::new(
                "请用中文和英文写明问题和证据",
                "write the question and the evidence in Chinese and in English",
            )));
        }
        self.facts.push(FactDefinition {
            id: id.to_owned(),
            domain: fact.domain.clone(),
            question: Text::new(&fact.zh, &fact.en),
            answered_by: fact.answered_by,
            evidence: fact.evidence.clone(),
        });
        Ok(())
    }

    /// The facts, their places by id and in a packed word, and the diagrams.
    pub(super) fn into_space(self) -> Space {
        Space { facts: self.facts, index: self.index, layout: self.layout, diagrams: self.diagrams }
    }

    /// Declares a rule's id in this section and makes the reason that cites it.
    pub(super) fn reason(
        &mut self,
        what: Declared,
        id: &Spanned<String>,
        cite: &Spanned<String>,
        zh: &str,
        en: &str,
    ) -> Result<Reason, PolicyError> {
        let name = identifier(what, id, self.places)?;
        if self.rules.insert(name.to_owned(), ()).is_some() {
            return Err(duplicate(what, id, self.places));
        }
        mark(name, id, cite, zh, en, self.places)
    }

    /// Declares the words by which properties look at the answer.
    pub(super) fn declare_answer(&mut self, words: impl IntoIterator<Item = (String, Root)>) {
        self.answer.extend(words);
    }

    /// What a condition means.
    pub(super) fn condition(&mut self, when: &Spanned<String>) -> Result<Root, PolicyError> {
        let condition = self.parsed(when)?;
        self.named = 0;
        self.meaning(&condition, when)
    }

    /// A condition as written.
    pub(super) fn parsed(&self, when: &Spanned<String>) -> Result<Condition, PolicyError> {
        condition::parse(when.get_ref()).map_err(|misread| {
            let (line, column) = self.places.within(&when.span(), misread.at);
            misread.into_error(line, column)
        })
    }

    /// The parser has bounded the depth.
    fn meaning(&mut self, condition: &Condition, when: &Spanned<String>) -> Result<Root, PolicyError> {
        match condition {
            Condition::Always => Ok(ALWAYS),
            Condition::Not(inner) => {
                let inner = self.meaning(inner, when)?;
                self.diagrams.not(inner)
            }
            Condition::Any(parts) => parts.iter().try_fold(NEVER, |all, part| {
                let part = self.meaning(part, when)?;
                self.diagrams.or(all, part)
            }),
            Condition::All(parts) => parts.iter().try_fold(ALWAYS, |all, part| {
                let part = self.meaning(part, when)?;
                self.diagrams.and(all, part)
            }),
            Condition::Name { name, at } => {
                if let Some(root) = self.answer.get(name) {
                    if self.index.contains_key(name) || self.definitions.contains_key(name) {
                        let (line, column) = self.places.within(&when.span(), *at);
                        return Err(PolicyError::TwoMeanings { name: name.clone(), line, column });
                    }
                    return Ok(*root);
                }
                if let Some((root, named)) = self.definitions.get(name) {
                    self.named |= named;
                    return Ok(*root);
                }
                let (fact, domain) = self.fact(name, when, *at)?;
                match domain {
                    Domain::Bool(_) => self.test(fact, 1, false),
                    Domain::Words(words) => {
                        let (line, column) = self.places.within(&when.span(), *at);
                        let test = format!("{name} = {}", words.join(" | "));
                        let instead = Text::new(
                            format!("请与其取值之一比较:{test}"),
                            format!("compare it with one of its values: {test}"),
                        );
                        Err(PolicyError::Type { name: name.clone(), instead, line, column })
                    }
                }
            }
            Condition::Is { name, value, negated, at } => {
                if self.definitions.contains_key(name) || self.answer.contains_key(name) {
                    let instead = Text::new(
                        format!("其值为 true 或 false:请写 `{name}` 或 `not {name}`"),
                        format!("it is true or false: write `{name}` or `not {name}`"),
                    );
                    let (line, column) = self.places.within(&when.span(), *at);
                    return Err(PolicyError::Type { name: name.clone(), instead, line, column });
                }
                let (fact, domain) = self.fact(name, when, *at)?;
                let place = match &domain {
                    Domain::Bool(_) => ["false", "true"].iter().position(|word| word == value),
                    Domain::Words(words) => words.iter().position(|word| word == value),
                };
                let Some(place) = place else {
                    let instead = one_of(&domain.in_words());
                    let (line, column) = self.places.within(&when.span(), *at);
                    return Err(PolicyError::UnknownValue { name: name.clone(), instead, line, column });
                };
                self.test(fact, place, *negated)
            }
            Condition::Reads { name, option, negated, at } => {
                let (variable, place) = self.option(name, option, || self.places.within(&when.span(), *at))?;
                self.test(variable, place, *negated)
            }
        }
    }

    fn test(&mut self, variable: u8, place: usize, negated: bool) -> Result<Root, PolicyError> {
        self.named |= 1 << variable;
        let test = self.diagrams.test(variable, place)?;
        if negated { self.diagrams.not(test) } else { Ok(test) }
    }

    /// A fact and one of its values, written as `stricter` has them: `fact` for a bool one, or `fact = value`.
    pub(super) fn fact_value(&mut self, written: &Spanned<String>) -> Result<Option<(u8, u8)>, PolicyError> {
        let condition = self.parsed(written)?;
        let (Condition::Name { name, at } | Condition::Is { name, negated: false, at, .. }) = &condition else {
            return Ok(None);
        };
        if self.definitions.contains_key(name) || self.answer.contains_key(name) {
            return Ok(None);
        }
        self.fact(name, written, *at)?;
        let test = self.meaning(&condition, written)?;
        let only = self.diagrams.witness(test).and_then(|facts| facts.first().copied());
        Ok(only.map(|(fact, value)| (fact, value as u8)))
    }

    fn fact(&self, name: &str, when: &Spanned<String>, at: usize) -> Result<(u8, Domain), PolicyError> {
        let found = self.index.get(name).and_then(|place| Some((*place, self.facts.get(*place)?)));
        found.map(|(place, fact)| (place as u8, fact.domain.clone())).ok_or_else(|| {
            let (line, column) = self.places.within(&when.span(), at);
            if name.contains('.') && self.answer.is_empty() {
                return PolicyError::AnswerWord { name: name.to_owned(), line, column };
            }
            let known = self.facts.iter().map(|fact| fact.id.as_str());
            let known = known.chain(self.definitions.keys().map(String::as_str));
            let known: Vec<&str> = known.chain(self.answer.keys().map(String::as_str)).collect();
            let instead = match nearest(name, &known) {
                Some(nearest) => Text::new(format!("是否应为 {nearest}?"), format!("did you mean {nearest}?")),
                None => Text::new(
                    "请将其声明为事实,或在此条件之前声明为定义",
                    "declare it as a fact, or as a definition above this condition",
                ),
            };
            PolicyError::UnknownName { name: name.to_owned(), instead, line, column }
        })
    }

    /// An interpretation and one of its options. A place costs a walk from the file's start, so it is looked up for an
    /// error alone.
    fn option(
        &self,
        name: &str,
        option: &str,
        place_of: impl FnOnce() -> (usize, usize),
    ) -> Result<(u8, usize), PolicyError> {
        let Some(place) = self.interpretations.iter().position(|interpretation| interpretation.id == name) else {
            let known: Vec<&str> = self.interpretations.iter().map(|known| known.id.as_str()).collect();
            let known = known.join(", ");
            let (line, column) = place_of();
            let instead = Text::new(format!("已声明的解释开关:{known}"), format!("declared interpretations: {known}"));
            return Err(PolicyError::UnknownName { name: format!("interpretation.{name}"), instead, line, column });
        };
        let options = self.interpretations.get(place).map(|known| known.options.as_slice()).unwrap_or_default();
        let Some(chosen) = options.iter().position(|known| known.id == option) else {
            let known: Vec<&str> = options.iter().map(|known| known.id.as_str()).collect();
            let instead = one_of(&known.join(", "));
            let (line, column) = place_of();
            return Err(PolicyError::UnknownValue { name: format!("interpretation.{name}"), instead, line, column });
        };
        Ok(((self.facts.len() + place) as u8, chosen))
    }

    /// An interpretation has an option: for what is not written as a condition.
    pub(super) fn reads(&mut self, name: &Spanned<String>, option: &str) -> Result<Root, PolicyError> {
        let (variable, place) = self.option(name.get_ref(), option, || self.places.of(name.span().start))?;
        self.test(variable, place, false)
    }

    /// Facts and readings that make a function true, in words.
    pub(super) fn witness(&self, root: Root) -> Option<String> {
        let parts = self.diagrams.witness(root)?.into_iter().map(|(variable, place)| {
            let variable = usize::from(variable);
            match self.facts.get(variable) {
                Some(FactDefinition { id, domain: Domain::Bool(_), .. }) => format!("{id} = {}", place == 1),
                Some(FactDefinition { id, domain: Domain::Words(words), .. }) => {
                    format!("{id} = {}", words.get(place).map_or("", String::as_str))
                }
                None => {
                    let interpretation = self.interpretations.get(variable.saturating_sub(self.facts.len()));
                    let option = interpretation.and_then(|known| known.options.get(place));
                    let id = interpretation.map_or("", |known| known.id.as_str());
                    format!("interpretation.{id} = {}", option.map_or("", |known| known.id.as_str()))
                }
            }
        });
        let parts: Vec<String> = parts.collect();
        Some(if parts.is_empty() { "always".to_owned() } else { parts.join(", ") })
    }
}

fn one_of(known: &str) -> Text {
    Text::new(format!("请写以下之一:{known}"), format!("write one of: {known}"))
}

/// The known name that differs least, if it differs little: one that starts or ends alike.
fn nearest<'n>(name: &str, known: &[&'n str]) -> Option<&'n str> {
    let alike = |other: &str| {
        let front = name.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
        let back = name.bytes().rev().zip(other.bytes().rev()).take_while(|(a, b)| a == b).count();
        (front + back).min(name.len()).min(other.len())
    };
    known
        .iter()
        .copied()
        .max_by_key(|other| alike(other))
        .filter(|other| alike(other) * 3 >= name.len().max(other.len()) * 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_finds_its_name() {
        assert_eq!(nearest("personal_privcy", &["trade_secret", "personal_privacy"]), Some("personal_privacy"));
        assert_eq!(nearest("weather", &["trade_secret", "personal_privacy"]), None);
    }
}
