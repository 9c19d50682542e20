//! From the file to the model: every name resolved, every rule typed, every ambiguity refused.
//!
//! Either all of the policy comes out, or an error that says where and what to write instead.

mod access;
mod classification;
mod deadlines;
mod declared;
mod names;
mod properties;
mod provisions;

use jiff::civil::Date;
use toml::Spanned;
use toml::value::Datetime;

use super::error::PolicyError;
use super::file::{self, File, Places};
use super::model::{Choice, Interpretation, Model};
use crate::terms::{Openness, Text, Word};
use declared::{Declared, duplicate, identifier, in_both_languages, incomplete, mark, unsaid};

/// The most rules of one kind: a set of them is one machine word.
const MAX_RULES: usize = 64;
/// The most options of one interpretation.
const MAX_OPTIONS: usize = 16;

/// Compiles a policy file.
pub(super) fn compile(text: &str) -> Result<Model, PolicyError> {
    let (file, content, places) = file::read(text)?;
    bounded(&file)?;
    if !file.id.get_ref().bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        || !(1..=64).contains(&file.id.get_ref().len())
    {
        return Err(incomplete(
            &file.id,
            Text::new(
                "标识请用小写字母、数字和 `-`,至多 64 个字符",
                "write its id in lower-case letters, digits and `-`, at most 64",
            ),
            places,
        ));
    }
    if Openness::ALL.iter().any(|class| !file.labels.contains_key(class)) {
        return Err(incomplete(
            &file.id,
            Text::new(
                "请写明 unconditional、conditional、withheld 的名称(labels)",
                "write the labels of unconditional, conditional and withheld",
            ),
            places,
        ));
    }
    check_texts(&file, places)?;
    let from = date("in_force.from", &file.in_force.from, places)?;
    let until = file.in_force.until.as_ref().map(|until| date("in_force.until", until, places)).transpose()?;
    if until.is_some_and(|until| until < from) {
        return Err(incomplete(
            &file.id,
            Text::new(
                "`in_force.until` 请不要早于 `in_force.from`",
                "write an `in_force.until` that is not before `in_force.from`",
            ),
            places,
        ));
    }
    let confirm = match &file.confirm_after {
        Some(confirm) => {
            let day = date("confirm_after.date", &confirm.date, places)?;
            Some((day, mark("confirm_in_force", &confirm.cite, &confirm.cite, &confirm.zh, &confirm.en, places)?))
        }
        None => None,
    };
    let interpretations = interpretations(&file, places)?;
    properties::check_ids(&file.properties, places)?;
    let classification = classification::compile(&file.classification, &file.properties, &interpretations, places)?;
    let access = access::compile(&file.access, &file.properties, &interpretations, places)?;
    let (deadlines, readings) = deadlines::compile(&file.deadlines, &interpretations, places)?;
    let provisions = provisions::compile(&file, places)?;
    Ok(Model {
        id: file.id.into_inner(),
        title: file.title,
        labels: file.labels,
        from,
        until,
        confirm,
        interpretations,
        classification,
        access,
        deadlines,
        readings,
        provisions,
        content,
    })
}

fn bounded(file: &File) -> Result<(), PolicyError> {
    let (classification, access) = (&file.classification, &file.access);
    let counts = [
        file.interpretations.len(),
        file.deadlines.len(),
        file.properties.len(),
        classification.definitions.len(),
        classification.grounds.len(),
        classification.reliefs.len(),
        classification.requires.len(),
        access.definitions.len(),
        // What is out of scope is the first denial.
        access.denials.len() + usize::from(access.out_of_scope.is_some()),
        access.duties.len(),
        access.article_order.len(),
    ];
    let listed = file.properties.iter().filter_map(|property| property.stricter.as_ref()).map(Vec::len);
    if counts.into_iter().chain(listed).any(|count| count > MAX_RULES) {
        return Err(PolicyError::Limit { what: Text::new("同类规则数", "rules of one kind"), limit: MAX_RULES });
    }
    Ok(())
}

/// What the policy is called, by whom it is issued, and what its classes are called.
fn check_texts(file: &File, places: Places<'_>) -> Result<(), PolicyError> {
    let mut texts = [&file.title, &file.issuer].into_iter().chain(file.labels.values());
    if texts.any(|text| unsaid(&text.zh, &text.en)) || file.document_number.trim().is_empty() {
        return Err(incomplete(
            &file.id,
            Text::new(
                "请用中文和英文写明 `title`、`issuer` 和 `labels`,并写明 `document_number`",
                "write the title, the issuer and the labels in Chinese and in English, and the document_number",
            ),
            places,
        ));
    }
    Ok(())
}

fn interpretations(file: &File, places: Places<'_>) -> Result<Vec<Interpretation>, PolicyError> {
    let mut out: Vec<Interpretation> = Vec::new();
    for entry in &file.interpretations {
        let id = identifier(Declared::Interpretation, &entry.id, places)?;
        if out.iter().any(|other| other.id == id) {
            return Err(duplicate(Declared::Interpretation, &entry.id, places));
        }
        let reason = mark(id, &entry.id, &entry.cite, &entry.zh, &entry.en, places)?;
        let mut options: Vec<Choice> = Vec::new();
        for option in &entry.options {
            let id = identifier(Declared::Option, &option.id, places)?;
            if options.iter().any(|other| other.id == id) {
                return Err(duplicate(Declared::Option, &option.id, places));
            }
            if unsaid(&option.zh, &option.en) {
                return Err(incomplete(&option.id, in_both_languages(), places));
            }
            options.push(Choice { id: id.to_owned(), text: Text::new(&option.zh, &option.en) });
        }
        if options.len() < 2 || options.len() > MAX_OPTIONS {
            return Err(incomplete(&entry.id, Text::new("请写 2 至 16 个选项", "write 2 to 16 options"), places));
        }
        if !options.iter().any(|option| option.id == entry.default) {
            return Err(incomplete(
                &entry.id,
                Text::new("请以其选项之一为 default", "write one of its options as the default"),
                places,
            ));
        }
        out.push(Interpretation {
            id: reason.rule,
            cite: reason.cite,
            question: Text { zh: reason.zh, en: reason.en },
            options,
            default: entry.default.clone(),
        });
    }
    Ok(out)
}

/// A date of the file, by its key: a TOML local date.
fn date(key: &str, written: &Spanned<Datetime>, places: Places<'_>) -> Result<Date, PolicyError> {
    let value = written.get_ref();
    let date = match (value.date, value.time, value.offset) {
        (Some(date), None, None) => Date::new(date.year as i16, date.month as i8, date.day as i8).ok(),
        _ => None,
    };
    date.ok_or_else(|| {
        let (line, column) = places.of(written.span().start);
        let instead = Text::new("请只写日期:2023-01-01", "write a date alone: 2023-01-01");
        PolicyError::Declaration { name: key.to_owned(), instead, line, column }
    })
}
