//! What has an id in the file: the id, the citation and the texts checked, whatever it is.

use toml::Spanned;

use super::super::citation::Citation;
use super::super::error::PolicyError;
use super::super::facts::is_identifier;
use super::super::file::Places;
use crate::terms::{Reason, Text};

/// Words of the condition language.
const RESERVED: &[&str] = &["and", "or", "not", "any", "all", "always", "true", "false", "interpretation"];

/// What has an id.
#[derive(Debug, Clone, Copy)]
pub(super) enum Declared {
    Fact,
    Definition,
    Interpretation,
    Option,
    Rule,
    Ground,
    Relief,
    Step,
    Denial,
    Duty,
    Deadline,
    Property,
    Provision,
}

impl Declared {
    /// Its name, for messages.
    fn text(self) -> Text {
        let (zh, en) = match self {
            Declared::Fact => ("事实", "fact"),
            Declared::Definition => ("定义", "definition"),
            Declared::Interpretation => ("解释开关", "interpretation"),
            Declared::Option => ("选项", "option"),
            Declared::Rule => ("规则", "rule"),
            Declared::Ground => ("依据", "ground"),
            Declared::Relief => ("缓和规则", "relief"),
            Declared::Step => ("前置步骤", "step"),
            Declared::Denial => ("拒绝事由", "denial"),
            Declared::Duty => ("义务", "duty"),
            Declared::Deadline => ("期限", "deadline"),
            Declared::Property => ("性质", "property"),
            Declared::Provision => ("条款", "provision"),
        };
        Text::new(zh, en)
    }
}

/// A reason of the policy, its citation and texts checked.
pub(super) fn mark(
    name: &str,
    at: &Spanned<String>,
    cite: &str,
    zh: &str,
    en: &str,
    places: Places<'_>,
) -> Result<Reason, PolicyError> {
    let (line, column) = places.of(at.span().start);
    if Citation::parse(cite).is_none() {
        return Err(PolicyError::Citation { rule: name.to_owned(), line, column });
    }
    if zh.trim().is_empty() || en.trim().is_empty() {
        let instead = Text::new("请用中文和英文写明其文字", "write its text in Chinese and in English");
        return Err(PolicyError::Declaration { name: name.to_owned(), instead, line, column });
    }
    Ok(Reason {
        code: name.to_owned(),
        cite: cite.to_owned(),
        rule: name.to_owned(),
        zh: zh.to_owned(),
        en: en.to_owned(),
    })
}

/// An id that is an identifier and no word of the condition language.
pub(super) fn identifier<'s>(
    what: Declared,
    id: &'s Spanned<String>,
    places: Places<'_>,
) -> Result<&'s str, PolicyError> {
    let name = id.get_ref().as_str();
    if is_identifier(name) && !RESERVED.contains(&name) {
        return Ok(name);
    }
    let (line, column) = places.of(id.span().start);
    Err(PolicyError::Identifier { what: what.text(), line, column })
}

pub(super) fn duplicate(what: Declared, id: &Spanned<String>, places: Places<'_>) -> PolicyError {
    let (line, column) = places.of(id.span().start);
    PolicyError::Duplicate { what: what.text(), name: id.get_ref().clone(), line, column }
}

pub(super) fn incomplete(id: &Spanned<String>, instead: Text, places: Places<'_>) -> PolicyError {
    let (line, column) = places.of(id.span().start);
    PolicyError::Declaration { name: id.get_ref().clone(), instead, line, column }
}
