//! The policy file's shape, as TOML gives it, with the places of what can be wrong.
//!
//! Nothing is resolved here; see [`super::compile`].

use std::collections::BTreeMap;
use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;
use toml::value::Datetime;

use super::answer::DeadlineRule;
use super::error::PolicyError;
use super::facts::{Domain, Party, Section};
use crate::terms::{Openness, Text, V1};

/// The largest policy file, in bytes.
pub(super) const MAX_BYTES: usize = 1 << 20;

#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Policy"))]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    #[serde(rename = "v")]
    _v: V1,
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub(super) id: Spanned<String>,
    pub(super) title: Text,
    pub(super) issuer: Text,
    pub(super) document_number: String,
    pub(super) in_force: InForce,
    #[serde(default)]
    pub(super) confirm_after: Option<Confirm>,
    pub(super) labels: BTreeMap<Openness, Text>,
    #[serde(default)]
    pub(super) interpretations: Vec<InterpretationEntry>,
    pub(super) classification: ClassificationSection,
    pub(super) access: AccessSection,
    #[serde(default)]
    pub(super) properties: Vec<PropertyEntry>,
    #[serde(default)]
    pub(super) deadlines: Vec<DeadlineEntry>,
    #[serde(default)]
    pub(super) provisions: Vec<ProvisionEntry>,
}

#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct InForce {
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub(super) from: Spanned<Datetime>,
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub(super) until: Option<Spanned<Datetime>>,
}

#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct Confirm {
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub(super) date: Spanned<Datetime>,
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub(super) cite: Spanned<String>,
    pub(super) zh: String,
    pub(super) en: String,
}

#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct InterpretationEntry {
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub(super) id: Spanned<String>,
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub(super) cite: Spanned<String>,
    pub(super) default: String,
    pub(super) zh: String,
    pub(super) en: String,
    pub(super) options: Vec<OptionEntry>,
}

#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct OptionEntry {
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub(super) id: Spanned<String>,
    pub(super) zh: String,
    pub(super) en: String,
}

#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct ClassificationSection {
    pub(super) facts: Vec<FactEntry>,
    #[serde(default)]
    pub(super) definitions: Vec<DefinitionEntry>,
    #[serde(default)]
    pub(super) out_of_scope: Option<RuleEntry>,
    pub(super) unknown: MarkEntry,
    pub(super) otherwise: OtherwiseEntry,
    #[serde(default)]
    pub(super) grounds: Vec<GroundEntry>,
    #[serde(default)]
    pub(super) reliefs: Vec<ReliefEntry>,
    #[serde(default)]
    pub(super) requires: Vec<RuleEntry>,
}

#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct AccessSection {
    pub(super) facts: Vec<FactEntry>,
    #[serde(default)]
    pub(super) definitions: Vec<DefinitionEntry>,
    pub(super) article_order: Vec<String>,
    #[serde(default)]
    pub(super) out_of_scope: Option<RuleEntry>,
    pub(super) unknown: MarkEntry,
    #[serde(default)]
    pub(super) denials: Vec<RuleEntry>,
    #[serde(default)]
    pub(super) duties: Vec<DutyEntry>,
}

#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct FactEntry {
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub(super) id: Spanned<String>,
    pub(super) domain: Domain,
    pub(super) answered_by: Party,
    pub(super) zh: String,
    pub(super) en: String,
    pub(super) evidence: Text,
}

#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct DefinitionEntry {
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub(super) id: Spanned<String>,
    /// The paragraph whose words it puts together, if it is one paragraph's.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub(super) cite: Option<Spanned<String>>,
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub(super) when: Spanned<String>,
}

/// A condition, what it is called, and what people are told when it holds.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct RuleEntry {
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub(super) id: Spanned<String>,
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub(super) cite: Spanned<String>,
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub(super) when: Spanned<String>,
    pub(super) zh: String,
    pub(super) en: String,
}

/// A reason that no condition of the file gives rise to.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct MarkEntry {
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub(super) cite: Spanned<String>,
    pub(super) zh: String,
    pub(super) en: String,
}

#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct OtherwiseEntry {
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub(super) cite: Spanned<String>,
    pub(super) base: Vec<Openness>,
    pub(super) zh: String,
    pub(super) en: String,
}

#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct GroundEntry {
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub(super) id: Spanned<String>,
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub(super) cite: Spanned<String>,
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub(super) when: Spanned<String>,
    pub(super) base: Vec<Openness>,
    pub(super) zh: String,
    pub(super) en: String,
}

#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct ReliefEntry {
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub(super) id: Spanned<String>,
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub(super) cite: Spanned<String>,
    #[cfg_attr(feature = "schema", schemars(with = "Vec<String>"))]
    pub(super) relieves: Vec<Spanned<String>>,
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub(super) when: Spanned<String>,
    pub(super) permits: Vec<Openness>,
    /// What it permits instead under an option of an interpretation.
    #[serde(default)]
    pub(super) under: Option<UnderEntry>,
    /// The reliefs that come first where both hold.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<String>"))]
    pub(super) yields_to: Vec<Spanned<String>>,
    /// Whether a class below withheld is recommended once this relief holds.
    #[serde(default)]
    pub(super) recommend_opening: bool,
    pub(super) zh: String,
    pub(super) en: String,
}

#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct UnderEntry {
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub(super) interpretation: Spanned<String>,
    pub(super) option: String,
    pub(super) permits: Vec<Openness>,
}

#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct DutyEntry {
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub(super) id: Spanned<String>,
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub(super) code: Spanned<String>,
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub(super) cite: Spanned<String>,
    pub(super) by: Party,
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub(super) when: Spanned<String>,
    pub(super) zh: String,
    pub(super) en: String,
}

/// What the policy says of itself, to be proved over the whole space.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct PropertyEntry {
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub(super) id: Spanned<String>,
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub(super) cite: Spanned<String>,
    pub(super) section: Section,
    #[serde(default)]
    pub(super) readings: Readings,
    /// A condition over facts, definitions and the answer that holds nowhere.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub(super) never: Option<Spanned<String>>,
    /// Facts, or facts with a value, whose coming never makes the answer laxer.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(with = "Option<Vec<String>>"))]
    pub(super) stricter: Option<Vec<Spanned<String>>>,
    pub(super) zh: String,
    pub(super) en: String,
}

/// The readings that a property speaks of.
#[derive(Deserialize, Default, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub(super) enum Readings {
    /// Every one.
    #[default]
    All,
    /// The ones in force: each interpretation's default unless another option is chosen.
    Default,
}

#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct DeadlineEntry {
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub(super) code: Spanned<String>,
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub(super) cite: Spanned<String>,
    pub(super) by: Party,
    /// The readings under which it is the one: a condition over interpretations alone.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub(super) when: Option<Spanned<String>>,
    pub(super) working_days: u16,
    pub(super) zh: String,
    pub(super) en: String,
}

impl DeadlineEntry {
    pub(super) fn rule(&self) -> DeadlineRule {
        DeadlineRule {
            code: self.code.get_ref().clone(),
            cite: self.cite.get_ref().clone(),
            by: self.by,
            working_days: self.working_days,
            zh: self.zh.clone(),
            en: self.en.clone(),
        }
    }
}

/// A paragraph or an item of the instrument: what its text is known by, what it says, and why no rule cites it.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct ProvisionEntry {
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub(super) id: Spanned<String>,
    #[cfg_attr(feature = "schema", schemars(with = "Vec<String>"))]
    pub(super) fingerprints: Vec<Spanned<String>>,
    pub(super) zh: String,
    pub(super) en: String,
    #[serde(default)]
    pub(super) no_rule: Option<Text>,
}

/// Places in a file: byte offsets to lines and columns.
#[derive(Clone, Copy)]
pub(super) struct Places<'a>(&'a str);

impl Places<'_> {
    /// Line and column of a byte offset, both from 1; columns count characters.
    pub(super) fn of(self, offset: usize) -> (usize, usize) {
        let before = self.0.get(..offset).unwrap_or(self.0);
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        (line, column)
    }

    /// Line and column within a string's text: `span` includes the quotes.
    pub(super) fn within(self, span: &Range<usize>, offset: usize) -> (usize, usize) {
        let text = self.0.get(span.clone()).unwrap_or_default();
        let quotes = match ["\"\"\"", "'''"].iter().find(|quotes| text.starts_with(**quotes)) {
            // A newline right after the opening quotes is not part of the string.
            Some(_) if text.get(3..4) == Some("\n") => 4,
            Some(_) => 3,
            None => 1,
        };
        self.of(span.start + quotes + offset)
    }
}

/// Reads the file's shape, and the same content as a plain document for the hash.
pub(super) fn read(text: &str) -> Result<(File, serde_json::Value, Places<'_>), PolicyError> {
    if text.len() > MAX_BYTES {
        return Err(PolicyError::Limit { what: Text::new("字节数", "bytes"), limit: MAX_BYTES });
    }
    let places = Places(text);
    let shape = |error: toml::de::Error| {
        let (line, column) = places.of(error.span().map_or(0, |span| span.start));
        PolicyError::Shape { what: Text::foreign(error.message()), line, column }
    };
    let file: File = toml::from_str(text).map_err(shape)?;
    let content: toml::Table = toml::from_str(text).map_err(shape)?;
    Ok((file, plain(toml::Value::Table(content)), places))
}

/// TOML as JSON: dates as text. The shape has been checked, so there are no fractions.
fn plain(value: toml::Value) -> serde_json::Value {
    match value {
        toml::Value::String(text) => text.into(),
        toml::Value::Integer(number) => number.into(),
        toml::Value::Float(number) => number.to_string().into(),
        toml::Value::Boolean(value) => value.into(),
        toml::Value::Datetime(date) => date.to_string().into(),
        toml::Value::Array(items) => items.into_iter().map(plain).collect(),
        toml::Value::Table(members) => {
            serde_json::Value::Object(members.into_iter().map(|(key, value)| (key, plain(value))).collect())
        }
    }
}
