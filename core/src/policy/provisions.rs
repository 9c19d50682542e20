//! Coverage of the law's text: which rules speak of each provision, and whether a copy of the text is the one meant.
//!
//! This file compares fingerprints; it must never hold the law's sentences, nor call a copy the right one because most of
//! it is.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::error::PolicyError;
use super::policy::Policy;
use super::text::{self, Paragraph, Spot};
use crate::terms::{Digest, Text, V1, words};

words! {
    /// What kind of rule of a policy file cites a provision.
    pub enum RuleKind {
        /// The notice that the instrument's force needs confirming.
        Confirm = "confirm", "效力提示", "notice";
        /// An open place of the text.
        Interpretation = "interpretation", "解释开关", "interpretation";
        /// What is outside the instrument.
        OutOfScope = "out_of_scope", "适用范围", "out of scope";
        /// What is said while facts are unknown.
        Unknown = "unknown", "待查明", "unknown facts";
        /// The class of what no ground restricts.
        Otherwise = "otherwise", "其他数据", "otherwise";
        /// A name for words of the text.
        Definition = "definition", "定义", "definition";
        /// A ground that restricts.
        Ground = "ground", "依据", "ground";
        /// A relief of a ground.
        Relief = "relief", "缓和", "relief";
        /// A step to take before opening.
        Step = "step", "前置步骤", "step";
        /// A denial of an access.
        Denial = "denial", "拒绝事由", "denial";
        /// A duty that a permit carries.
        Duty = "duty", "义务", "duty";
        /// A dated duty.
        Deadline = "deadline", "期限", "deadline";
    }

    /// How a provision stands in a copy of the text.
    pub enum ParagraphState {
        /// The text is the one meant, or a permitted variant.
        Same = "same", "一致", "same";
        /// Another text stands in its place.
        Differs = "differs", "不一致", "differs";
        /// Nothing stands in its place.
        Missing = "missing", "缺少", "missing";
        /// The copy has a text where the policy has no provision.
        Extra = "extra", "多出", "extra";
    }

    /// What is wrong with an article's heading or an item's marker.
    pub enum MarkFault {
        /// The number has been used before.
        Twice = "twice", "重复", "twice";
        /// The number does not follow the one before.
        OutOfOrder = "out_of_order", "次序不符", "out of order";
    }
}

/// A rule that cites a provision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CitingRule {
    /// Its kind.
    pub kind: RuleKind,
    /// Its id in the policy file.
    pub id: String,
}

/// A paragraph or an item of the instrument, and what of the policy speaks of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Coverage {
    /// The provision, as it is cited: `A2`, `A18.5`, `A22.1(4)`.
    pub id: String,
    /// What it says, in the policy's own words.
    pub gloss: Text,
    /// The rules that cite it, or the paragraph in which it is an item.
    pub rules: Vec<CitingRule>,
    /// Why no rule cites it.
    pub no_rule: Option<Text>,
}

impl Coverage {
    /// Whether a rule cites it or the policy says why none does.
    #[must_use]
    pub fn covered(&self) -> bool {
        !self.rules.is_empty() || self.no_rule.is_some()
    }
}

/// A provision in a copy of the text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ParagraphCheck {
    /// The provision, as it is cited.
    pub id: String,
    /// How it stands.
    pub state: ParagraphState,
    /// The line of the copy; none where it is missing.
    pub line: Option<u32>,
    /// What it should say, in the policy's own words; none where it is extra.
    pub gloss: Option<Text>,
    /// The fingerprint of the copy's text, as a policy file writes it: a permitted variant is added by it. None where it
    /// is missing.
    pub fingerprint: Option<String>,
}

/// An article's heading or an item's marker that is out of its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MarkCheck {
    /// The article, or the item.
    pub id: String,
    /// What is wrong.
    pub fault: MarkFault,
    /// The line of the copy.
    pub line: u32,
}

/// A copy of the law's text against the policy's fingerprints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TextCheck {
    /// The document's version.
    pub v: V1,
    /// Whether the copy is the text that the policy means: every provision the same, nothing else in it.
    pub ok: bool,
    /// How many provisions are the same.
    pub same: u32,
    /// How many differ.
    pub differs: u32,
    /// How many are missing.
    pub missing: u32,
    /// How many paragraphs and items are extra.
    pub extra: u32,
    /// Every provision in the policy's order, then what is extra in the copy's.
    pub paragraphs: Vec<ParagraphCheck>,
    /// Headings and markers that are out of their place.
    pub marks: Vec<MarkCheck>,
}

/// A policy against the instrument that it writes down: its coverage, and a copy of the text if one is at hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PolicyCheck {
    /// The document's version.
    pub v: V1,
    /// The policy's id.
    pub policy: String,
    /// The policy's hash.
    pub hash: Digest,
    /// Whether every provision is covered and the copy, if there is one, is the text meant.
    pub ok: bool,
    /// Every provision of the policy.
    pub coverage: Vec<Coverage>,
    /// The copy; none if no text was given.
    pub text: Option<TextCheck>,
}

impl Policy {
    /// Every provision of the instrument that the policy declares, in the file's order, with the rules that cite it.
    ///
    /// ```
    /// let policy = kaifang::policy::Policy::builtin("xian-2022-013")?;
    /// let coverage = policy.coverage();
    /// assert!(coverage.iter().all(|provision| provision.covered()));
    /// let downloads = coverage.iter().find(|provision| provision.id == "A22.2").unwrap();
    /// assert!(downloads.rules.iter().any(|rule| rule.id == "conditional_no_download"));
    /// # Ok::<(), kaifang::policy::PolicyError>(())
    /// ```
    #[must_use]
    pub fn coverage(&self) -> Vec<Coverage> {
        let provisions = self.model.provisions.iter();
        provisions
            .map(|provision| Coverage {
                id: provision.at.to_string(),
                gloss: provision.gloss.clone(),
                rules: provision.rules.clone(),
                no_rule: provision.no_rule.clone(),
            })
            .collect()
    }

    /// Compares a copy of the instrument's text with the policy's fingerprints, paragraph by paragraph.
    ///
    /// Widths of characters, white space, line ends and what stands before the first article make no difference.
    ///
    /// # Errors
    /// [`PolicyError::NoArticles`], [`PolicyError::TextLimit`]: the text is at most 1 MiB.
    pub fn check_text(&self, text: &str) -> Result<TextCheck, PolicyError> {
        let read = text::read(text)?;
        let several: BTreeSet<u16> = match self.model.provisions.as_slice() {
            // Nobody says how many paragraphs an article has: the text does.
            [] => read.paragraphs.iter().filter(|found| found.at.paragraph > 1).map(|found| found.at.article).collect(),
            known => known.iter().filter(|known| known.at.paragraph.is_some()).map(|known| known.at.article).collect(),
        };
        let cite = |at: Spot| at.cite(!several.contains(&at.article)).to_string();

        // A place comes twice where its heading does; the paragraph that is meant is the one that is the same.
        let mut found: BTreeMap<Spot, Vec<&Paragraph>> = BTreeMap::new();
        for paragraph in &read.paragraphs {
            found.entry(paragraph.at).or_default().push(paragraph);
        }
        let mut paragraphs = Vec::new();
        for provision in &self.model.provisions {
            let here = found.get_mut(&provision.at.into()).filter(|here| !here.is_empty());
            let (state, taken) = match here {
                None => (ParagraphState::Missing, None),
                Some(here) => {
                    let same = here.iter().position(|copy| provision.fingerprints.contains(&copy.fingerprint));
                    let state = if same.is_some() { ParagraphState::Same } else { ParagraphState::Differs };
                    (state, Some(here.remove(same.unwrap_or_default())))
                }
            };
            paragraphs.push(ParagraphCheck {
                id: provision.at.to_string(),
                state,
                line: taken.map(|taken| taken.line),
                gloss: Some(provision.gloss.clone()),
                fingerprint: taken.map(|taken| written(taken.fingerprint)),
            });
        }
        let mut extra: Vec<&Paragraph> = found.into_values().flatten().collect();
        extra.sort_by_key(|paragraph| paragraph.line);
        paragraphs.extend(extra.into_iter().map(|paragraph| ParagraphCheck {
            id: cite(paragraph.at),
            state: ParagraphState::Extra,
            line: Some(paragraph.line),
            gloss: None,
            fingerprint: Some(written(paragraph.fingerprint)),
        }));
        let marks: Vec<MarkCheck> =
            read.marks.iter().map(|mark| MarkCheck { id: cite(mark.at), fault: mark.fault, line: mark.line }).collect();
        let count = |state| paragraphs.iter().filter(|paragraph| paragraph.state == state).count() as u32;
        let same = count(ParagraphState::Same);
        Ok(TextCheck {
            v: V1,
            ok: paragraphs.len() == same as usize && marks.is_empty(),
            same,
            differs: count(ParagraphState::Differs),
            missing: count(ParagraphState::Missing),
            extra: count(ParagraphState::Extra),
            paragraphs,
            marks,
        })
    }

    /// The policy's coverage, and the comparison with a copy of the text if one is given.
    ///
    /// # Errors
    /// As [`Policy::check_text`].
    pub fn check(&self, text: Option<&str>) -> Result<PolicyCheck, PolicyError> {
        let coverage = self.coverage();
        let text = text.map(|text| self.check_text(text)).transpose()?;
        let ok = coverage.iter().all(Coverage::covered) && text.as_ref().is_none_or(|text| text.ok);
        Ok(PolicyCheck { v: V1, policy: self.id().to_owned(), hash: self.hash(), ok, coverage, text })
    }
}

/// A fingerprint as a policy file writes it: the hexadecimal digits alone.
fn written(fingerprint: Digest) -> String {
    fingerprint.to_string().trim_start_matches("sha256:").to_owned()
}
