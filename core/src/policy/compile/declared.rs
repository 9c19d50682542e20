//! What has an id in the file: the id, the citation and the texts checked, whatever it is.

use toml::Spanned;

use super::super::citation::Citation;
use super::super::error::PolicyError;
use super::super::facts::is_identifier;
use super::super::file::Places;
use crate::terms::{Reason, Text};

/// Words of the condition language.
const RESERVED: &[&str] = &["and", "or", "not", "any", "all", "always", "true", "false", "interpretation"];

/// Codes that answers use where no rule of the file speaks: a rule of that name could not be told from them.
const OWN: &[&str] = &["unknown_facts", "otherwise", "confirm_in_force"];

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
    cite: &Spanned<String>,
    zh: &str,
    en: &str,
    places: Places<'_>,
) -> Result<Reason, PolicyError> {
    cited(name, cite, places)?;
    if unsaid(zh, en) {
        let (line, column) = places.of(at.span().start);
        return Err(PolicyError::Declaration { name: name.to_owned(), instead: in_both_languages(), line, column });
    }
    Ok(Reason {
        code: name.to_owned(),
        cite: cite.get_ref().clone(),
        rule: name.to_owned(),
        zh: zh.to_owned(),
        en: en.to_owned(),
    })
}

/// The citation of a rule is an article.
pub(super) fn cited(rule: &str, cite: &Spanned<String>, places: Places<'_>) -> Result<(), PolicyError> {
    if Citation::parse(cite.get_ref()).is_some() {
        return Ok(());
    }
    let (line, column) = places.of(cite.span().start);
    Err(PolicyError::Citation { rule: rule.to_owned(), line, column })
}

/// A text that is missing in one of the languages.
pub(super) fn unsaid(zh: &str, en: &str) -> bool {
    zh.trim().is_empty() || en.trim().is_empty()
}

pub(super) fn in_both_languages() -> Text {
    Text::new("请用中文和英文写明其文字", "write its text in Chinese and in English")
}

/// An id that is an identifier and neither a word of the condition language nor a code of the library's own.
pub(super) fn identifier<'s>(
    what: Declared,
    id: &'s Spanned<String>,
    places: Places<'_>,
) -> Result<&'s str, PolicyError> {
    let name = id.get_ref().as_str();
    let coded = !matches!(what, Declared::Fact | Declared::Option);
    let instead = if !is_identifier(name) {
        Text::new(
            "请用小写字母、数字和下划线,首位为字母,至多 64 个字符",
            "write lower-case letters, digits and `_`, a letter first, at most 64",
        )
    } else if RESERVED.contains(&name) || coded && OWN.contains(&name) {
        Text::new(format!("{name} 是保留词,请另取标识"), format!("{name} is a reserved word: write another one"))
    } else {
        return Ok(name);
    };
    let (line, column) = places.of(id.span().start);
    Err(PolicyError::Identifier { what: what.text(), instead, line, column })
}

pub(super) fn duplicate(what: Declared, id: &Spanned<String>, places: Places<'_>) -> PolicyError {
    let (line, column) = places.of(id.span().start);
    PolicyError::Duplicate { what: what.text(), name: id.get_ref().clone(), line, column }
}

pub(super) fn incomplete(id: &Spanned<String>, instead: Text, places: Places<'_>) -> PolicyError {
    let (line, column) = places.of(id.span().start);
    PolicyError::Declaration { name: id.get_ref().clone(), instead, line, column }
}
