//! The instrument's provisions: each declared once, each citation of the file among them.

use std::collections::{BTreeMap, BTreeSet};

use toml::Spanned;

use super::super::citation::Citation;
use super::super::error::PolicyError;
use super::super::file::{File, Places, ProvisionEntry};
use super::super::model::Provision;
use super::super::provisions::CitingRule;
use super::super::written::written;
use super::declared::{Declared, duplicate, incomplete};
use crate::terms::{Digest, Text, Word as _};

/// The most provisions of a policy.
const MAX_PROVISIONS: usize = 1024;
/// The most permitted variants of one provision's text, the text itself among them.
const MAX_VARIANTS: usize = 8;
/// The most provisions that a message lists.
const MAX_SHOWN: usize = 16;

/// The file's provisions with the rules that cite them. A policy that declares none may cite as it likes.
pub(super) fn compile(file: &File, places: Places<'_>) -> Result<Vec<Provision>, PolicyError> {
    if file.provisions.len() > MAX_PROVISIONS {
        return Err(PolicyError::Limit { what: Text::new("条款数", "provisions"), limit: MAX_PROVISIONS });
    }
    let mut provisions = Vec::new();
    let mut places_of = BTreeMap::new();
    for entry in &file.provisions {
        let provision = declared(entry, places)?;
        if places_of.insert(provision.at, provisions.len()).is_some() {
            return Err(duplicate(Declared::Provision, &entry.id, places));
        }
        provisions.push(provision);
    }
    for entry in &file.provisions {
        check_numbering(entry, &places_of, places)?;
    }
    if !provisions.is_empty() {
        for (rule, cite) in citing(file) {
            // The rules have been compiled, so what they cite can be read.
            let Some(at) = Citation::parse(cite.get_ref()) else { continue };
            check_declared(&rule.id, at, cite, &provisions, places)?;
            for provision in provisions.iter_mut().filter(|provision| at.covers(provision.at)) {
                if !provision.rules.contains(&rule) {
                    provision.rules.push(rule.clone());
                }
            }
        }
    }
    // A property says what follows from the rules: its citation is checked, and covers nothing.
    for property in file.properties.iter().filter(|_| !provisions.is_empty()) {
        let Some(at) = Citation::parse(property.cite.get_ref()) else { continue };
        check_declared(property.id.get_ref(), at, &property.cite, &provisions, places)?;
    }
    for (entry, provision) in file.provisions.iter().zip(&provisions) {
        if let (Some(rule), Some(_)) = (provision.rules.first(), &provision.no_rule) {
            let (line, column) = places.of(entry.id.span().start);
            return Err(PolicyError::RuleAndNoRule {
                provision: provision.at.to_string(),
                kind: rule.kind.text(),
                rule: rule.id.clone(),
                line,
                column,
            });
        }
    }
    Ok(provisions)
}

fn declared(entry: &ProvisionEntry, places: Places<'_>) -> Result<Provision, PolicyError> {
    let Some(at) = Citation::parse(entry.id.get_ref()) else {
        let (line, column) = places.of(entry.id.span().start);
        return Err(PolicyError::Citation { rule: "provisions.id".to_owned(), line, column });
    };
    let texts = [Some((&entry.zh, &entry.en)), entry.no_rule.as_ref().map(|text| (&text.zh, &text.en))];
    if texts.iter().flatten().any(|(zh, en)| zh.trim().is_empty() || en.trim().is_empty()) {
        let instead = Text::new(
            "请用中文和英文写明其说明,以及 `no_rule`(如有)",
            "write its gloss, and `no_rule` if it is there, in Chinese and in English",
        );
        return Err(incomplete(&entry.id, instead, places));
    }
    if entry.fingerprints.is_empty() || entry.fingerprints.len() > MAX_VARIANTS {
        return Err(incomplete(&entry.id, Text::new("请写 1 至 8 个指纹", "write 1 to 8 fingerprints"), places));
    }
    let mut fingerprints = Vec::new();
    for written in &entry.fingerprints {
        let digest = format!("sha256:{}", written.get_ref()).parse::<Digest>().ok();
        let Some(digest) = digest.filter(|digest| !fingerprints.contains(digest)) else {
            let (line, column) = places.of(written.span().start);
            let instead = Text::new(
                "每个指纹请只写一次,为 64 位小写十六进制数字",
                "write each fingerprint once, in 64 lower-case hexadecimal digits",
            );
            return Err(PolicyError::Declaration { name: at.to_string(), instead, line, column });
        };
        fingerprints.push(digest);
    }
    let gloss = Text::new(&entry.zh, &entry.en);
    Ok(Provision { at, fingerprints, gloss, rules: Vec::new(), no_rule: entry.no_rule.clone() })
}

/// An article has one paragraph without a number, or several with theirs: a place is never written in two ways.
fn check_numbering(
    entry: &ProvisionEntry,
    declared: &BTreeMap<Citation, usize>,
    places: Places<'_>,
) -> Result<(), PolicyError> {
    let Some(at) = Citation::parse(entry.id.get_ref()) else { return Ok(()) };
    let paragraphs: BTreeSet<Option<u16>> =
        declared.keys().filter(|other| other.article == at.article).map(|other| other.paragraph).collect();
    let good = if paragraphs.contains(&None) { paragraphs.len() == 1 } else { paragraphs.len() > 1 };
    if good {
        return Ok(());
    }
    let instead = Text::new(
        "条文只有一款时请写 A5,有数款时请写 A5.1、A5.2,依此类推",
        "write A5 where the article has one paragraph, A5.1, A5.2 and so on where it has several",
    );
    Err(incomplete(&entry.id, instead, places))
}

/// Every rule of the file that cites, in the file's order, with its citation.
fn citing(file: &File) -> impl Iterator<Item = (CitingRule, &Spanned<String>)> {
    written(file)
        .into_iter()
        .filter_map(|rule| Some((CitingRule { kind: rule.kind, id: rule.id.to_owned() }, rule.cite?)))
}

fn check_declared(
    rule: &str,
    at: Citation,
    cite: &Spanned<String>,
    provisions: &[Provision],
    places: Places<'_>,
) -> Result<(), PolicyError> {
    if provisions.iter().any(|provision| at.contains(provision.at)) {
        return Ok(());
    }
    let (line, column) = places.of(cite.span().start);
    let article = Citation { paragraph: None, item: None, ..at };
    let declared = provisions.iter().map(|provision| provision.at).filter(|other| article.contains(*other));
    let declared: Vec<String> = declared.map(|other| other.to_string()).take(MAX_SHOWN).collect();
    let instead = if declared.is_empty() {
        Text::new(format!("请在 provisions 中列出:id = \"{at}\""), format!("declare it in `provisions`: id = \"{at}\""))
    } else {
        let declared = declared.join(", ");
        Text::new(format!("请写已列出的条款:{declared}"), format!("write one that is declared: {declared}"))
    };
    Err(PolicyError::NoSuchProvision { rule: rule.to_owned(), cite: at.to_string(), instead, line, column })
}
