//! A policy's page as one HTML file: what an authority publishes of the rules that it applies.
//!
//! The document holds every text; here words get their names and figures their commas. Nothing is decided here, and
//! nothing is set unescaped.

use std::collections::BTreeMap;

use serde::Serialize;

use super::page::name_of;
use super::set;
use crate::policy::{Party, PolicyPage, RuleKind, Section};
use crate::terms::{Openness, Text, Word};

/// The page's name ends in `.html`, which turns escaping on.
const TEMPLATE: (&str, &str) = ("policy.html", include_str!("policy.html"));

#[derive(Serialize)]
struct Context<'a> {
    version: &'static str,
    numerals: [&'static str; 10],
    page: &'a PolicyPage,
    kinds: BTreeMap<&'static str, Text>,
    sections: BTreeMap<&'static str, Text>,
    parties: BTreeMap<&'static str, Text>,
    /// The classes, the strictest first.
    classes: Vec<Openness>,
}

/// A policy's page as one HTML file: Chinese and English side by side, no script, no network, for A4 as well.
///
/// ```
/// use kaifang::policy::Policy;
/// let html = kaifang::report::policy_html(&Policy::builtin("xian-2022-013")?.page()?)?;
/// assert!(html.contains("西规〔2022〕013") && html.contains("A22.2") && !html.contains("<script"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`ReportError::Template`](super::ReportError::Template): a defect of this library.
pub fn policy_html(page: &PolicyPage) -> Result<String, crate::Error> {
    let context = Context {
        version: env!("CARGO_PKG_VERSION"),
        numerals: super::compose::NUMERALS,
        page,
        kinds: names::<RuleKind>(),
        sections: names::<Section>(),
        parties: names::<Party>(),
        classes: Openness::ALL.iter().rev().copied().collect(),
    };
    Ok(set(TEMPLATE, &context)?)
}

/// The names of a vocabulary by id.
fn names<W: Word>() -> BTreeMap<&'static str, Text> {
    W::ALL.iter().map(|word| (word.id(), name_of(*word))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policy;

    const XIAN: &str = include_str!("../../policies/xian-2022-013.toml");
    const HOSTILE: &str = r#"<img src="http://evil.example/x" onerror='alert(1)'><script>"#;
    const ESCAPED: &str =
        "&lt;img src=&quot;http:&#x2f;&#x2f;evil.example&#x2f;x&quot; onerror=&#x27;alert(1)&#x27;&gt;&lt;script&gt;";

    /// The bundled policy with a hostile end to every text that people are shown.
    fn hostile() -> String {
        let written = HOSTILE.replace('"', "\\\"");
        let mut out = String::new();
        for line in XIAN.lines() {
            let text = ["zh = \"", "en = \"", "document_number = \""].iter().any(|start| line.starts_with(start));
            match line.strip_suffix('"').filter(|_| text) {
                Some(line) => out += &format!("{line}{written}\"\n"),
                None => out += &format!("{}\n", line.replace("\" }", &format!("{written}\" }}"))),
            }
        }
        out
    }

    #[test]
    fn hostile_texts_are_text() {
        let policy = Policy::parse(&hostile()).unwrap();
        let page = policy.page().unwrap();
        assert!(page.document_number.ends_with(HOSTILE) && page.title.en.ends_with(HOSTILE));
        let html = policy_html(&page).unwrap();
        assert!(html.matches(ESCAPED).count() > 300, "{}", html.matches(ESCAPED).count());
        stands_alone(&html);
    }

    #[test]
    fn the_page_stands_alone_and_runs_nothing() {
        stands_alone(&policy_html(&Policy::parse(XIAN).unwrap().page().unwrap()).unwrap());
    }

    fn stands_alone(html: &str) {
        let lower = html.to_lowercase();
        for forbidden in ["<script", "<link", "<img", "<iframe", "<object", "<embed", "@import", "url(", "://", "xlink"]
        {
            assert!(!lower.contains(forbidden), "{forbidden}");
        }
        for tag in lower.split('<').filter_map(|rest| rest.split('>').next()) {
            for attribute in [" on", " href", " src", " action", " style="] {
                assert!(!tag.contains(attribute), "{tag}");
            }
        }
    }

    #[test]
    fn every_text_of_the_page_is_on_it() {
        let page = Policy::parse(XIAN).unwrap().page().unwrap();
        let html = policy_html(&page).unwrap();
        let escaped = |text: &str| {
            let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
            text.replace('\'', "&#x27;").replace('/', "&#x2f;")
        };
        let mut texts = Vec::new();
        for article in &page.articles {
            texts.extend(
                article
                    .provisions
                    .iter()
                    .flat_map(|provision| [Some(&provision.gloss), provision.no_rule.as_ref()].into_iter().flatten()),
            );
            for rule in &article.rules {
                texts.extend(rule.text.iter().chain(rule.when.as_ref().map(|when| &when.words)).chain([&rule.effect]));
            }
        }
        let tables = [&page.classification, &page.access];
        for table in tables {
            texts.extend(table.facts.iter().flat_map(|fact| [&fact.question, &fact.evidence]));
            texts.extend(table.rows.iter().flat_map(|row| row.cases.iter().map(|case| &case.words)));
        }
        assert!(texts.len() > 400);
        for text in texts {
            assert!(html.contains(&escaped(&text.zh)) && html.contains(&escaped(&text.en)), "{text:?}");
        }
        assert!(html.contains(&page.hash.to_string()) && html.contains("2,359,296"));
    }

    #[test]
    fn a_policy_of_another_city_has_its_page() {
        let second = include_str!("../../tests/data/second-city.toml");
        let html = policy_html(&Policy::parse(second).unwrap().page().unwrap()).unwrap();
        assert!(html.contains("受限开放") && html.contains("restricted"));
    }
}
