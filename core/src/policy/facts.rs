//! Facts: what is asked about a dataset or a request, and what was answered.
//!
//! A fact has a finite domain, so everything that follows from facts is decidable. A fact that nobody answered is
//! unknown, never false. This file holds answers; it must never know what follows from them.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::canon;
use crate::terms::{Digest, Instant, Text, V1, words};

room_error! {
    /// What is wrong with a facts document. A value is never shown: the fact's name is enough to find it.
    pub enum FactError {
        /// The policy has no such fact in this section.
        UnknownFact { fact: String, section: &'static str } = "KF-FACT-01",
            en "the policy has no fact {fact} in its section {section}",
            zh "政策的 {section} 部分没有名为 {fact} 的事实", at "{fact}";
        /// The value is none of those that the fact can have.
        OutsideDomain { fact: String, expected: String } = "KF-FACT-02",
            en "the value of the fact {fact} is outside its domain: expected {expected} or null",
            zh "事实 {fact} 的取值不在其值域内:应为 {expected} 或 null", at "{fact}";
        /// The value is neither true, false, a word nor null.
        NotAValue { fact: String } = "KF-FACT-03",
            en "the value of the fact {fact} is neither true, false, a word nor null",
            zh "事实 {fact} 的取值既不是 true、false、词语,也不是 null", at "{fact}";
        /// The document is not an object of facts.
        NotAnObject = "KF-FACT-04",
            en "a facts document is a JSON object from fact to value",
            zh "事实文档应为“事实 → 取值”的 JSON 对象";
        /// A cell holds none of the values that the fact can have. Rows are counted from 1 without the header.
        OutsideDomainInRow { fact: String, expected: String, row: u64 } = "KF-FACT-05",
            en "row {row} of the fact {fact} is outside its domain: expected {expected} or an empty cell",
            zh "事实 {fact} 第 {row} 行的取值不在其值域内:应为 {expected},或为空", at "row {row}, column {fact}";
        /// A column of a type from which the fact can't be read.
        ColumnType { fact: String, expected: Text } = "KF-FACT-06",
            en "the column of the fact {fact} has a type from which it can't be read: expected {expected}",
            zh "事实 {fact} 的列类型无法读取:应为{expected:#}", at "column {fact}";
        /// A column of answers that the section lacks, or that is asked for twice.
        NoSuchAnswer { section: &'static str, known: String } = "KF-FACT-07",
            en "name each column of answers once, and at least one; the section {section} has: {known}",
            zh "请点名至少一个结果列,每列一次;{section} 部分现有:{known}";
    }
}

words! {
    /// The part of a policy that a fact, or a question put to the policy, belongs to.
    pub enum Section {
        /// Which classes a dataset may be put in (A18).
        Classification = "classification", "开放属性认定", "classification";
        /// Whether somebody may have it (A19–A35).
        Access = "access", "访问决定", "access";
    }

    /// Who answers a question, or owes a duty.
    pub enum Party {
        /// 数据开放主体 (A3(1))
        OpeningBody = "opening_body", "数据开放主体", "opening body";
        /// 数据使用主体 (A3(2))
        DataUser = "data_user", "数据使用主体", "data user";
        /// 主管部门 (A8)
        Authority = "authority", "主管部门", "authority";
        /// 专家委员会 (A7)
        ExpertCommittee = "expert_committee", "专家委员会", "expert committee";
        /// The department whom the law makes competent: secrecy, public security, the sector's regulator.
        CompetentDepartment = "competent_department", "有权机关", "competent department";
        /// 开放平台, the host that embeds this library (A12)
        Platform = "platform", "开放平台", "open platform";
    }
}

/// An answer to a fact's question.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum FactValue {
    /// Yes or no.
    Bool(bool),
    /// One word of the fact's domain.
    Word(String),
}

impl fmt::Debug for FactValue {
    // A word that was not checked against a domain may hold anything that somebody typed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FactValue::Bool(value) => write!(f, "{value}"),
            FactValue::Word(word) => f.write_str(&shown(word)),
        }
    }
}

impl From<bool> for FactValue {
    fn from(value: bool) -> Self {
        FactValue::Bool(value)
    }
}

impl From<&str> for FactValue {
    fn from(word: &str) -> Self {
        FactValue::Word(word.to_owned())
    }
}

/// Fact → value. A fact that is missing, or `null`, is unknown.
///
/// ```
/// use kaifang::policy::Facts;
/// let facts = Facts::from_json(r#"{"personal_privacy": true, "desensitization": null}"#)?;
/// assert_eq!(facts.get("personal_privacy"), Some(&true.into()));
/// assert_eq!(facts.get("desensitization"), None);
/// # Ok::<(), kaifang::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Facts(BTreeMap<String, Option<FactValue>>);

impl Facts {
    /// No fact is known.
    #[must_use]
    pub fn new() -> Self {
        Facts::default()
    }

    /// Reads a facts document: a JSON object, strict (no fact twice).
    ///
    /// # Errors
    /// [`crate::canon::CanonError`] for what is not JSON, [`FactError`] for what is not an object of facts.
    pub fn from_json(text: &str) -> Result<Self, crate::Error> {
        let serde_json::Value::Object(members) = canon::parse(text.as_bytes())? else {
            return Err(FactError::NotAnObject.into());
        };
        let mut facts = Facts::new();
        for (fact, value) in members {
            let value = match value {
                serde_json::Value::Null => None,
                serde_json::Value::Bool(value) => Some(FactValue::Bool(value)),
                serde_json::Value::String(word) => Some(FactValue::Word(word)),
                _ => return Err(FactError::NotAValue { fact: shown(&fact) }.into()),
            };
            facts.0.insert(fact, value);
        }
        Ok(facts)
    }

    /// What these assertions state, the last about each fact counting.
    #[must_use]
    pub fn asserted(assertions: &[Assertion]) -> Self {
        let mut facts = Facts::new();
        for assertion in assertions {
            match &assertion.value {
                Some(value) => facts.set(assertion.fact.clone(), value.clone()),
                None => facts.forget(&assertion.fact),
            };
        }
        facts
    }

    /// Answers a fact; an earlier answer is replaced.
    pub fn set(&mut self, fact: impl Into<String>, value: impl Into<FactValue>) -> &mut Self {
        self.0.insert(fact.into(), Some(value.into()));
        self
    }

    /// Makes a fact unknown again.
    pub fn forget(&mut self, fact: &str) -> &mut Self {
        self.0.remove(fact);
        self
    }

    /// The answer, if there is one.
    #[must_use]
    pub fn get(&self, fact: &str) -> Option<&FactValue> {
        self.0.get(fact).and_then(Option::as_ref)
    }

    /// Every fact that the document names, unknown ones too, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Option<&FactValue>)> {
        self.0.iter().map(|(fact, value)| (fact.as_str(), value.as_ref()))
    }
}

impl<F: Into<String>, V: Into<FactValue>> FromIterator<(F, V)> for Facts {
    fn from_iter<I: IntoIterator<Item = (F, V)>>(facts: I) -> Self {
        Facts(facts.into_iter().map(|(fact, value)| (fact.into(), Some(value.into()))).collect())
    }
}

/// A fact's value with by whom, when, and the digest of its evidence: a consent, an opinion, a treatment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Assertion {
    /// The document's version.
    pub v: V1,
    /// The fact.
    pub fact: String,
    /// Its value; `null` withdraws an earlier answer.
    pub value: Option<FactValue>,
    /// Who says so: an id of the host's.
    pub by: String,
    /// When it was said.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub at: Instant,
    /// What it rests on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Digest>,
}

/// The values that a fact can have, in the policy file's order. In documents: `"bool"`, or the list of words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum Domain {
    /// Yes or no.
    Bool(BoolWord),
    /// One of these words.
    Words(Vec<String>),
}

/// The word `bool`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum BoolWord {
    /// `bool`
    #[serde(rename = "bool")]
    Bool,
}

impl Domain {
    /// Yes or no.
    pub const BOOL: Domain = Domain::Bool(BoolWord::Bool);

    /// How many values there are.
    #[must_use]
    pub fn size(&self) -> usize {
        match self {
            Domain::Bool(_) => 2,
            Domain::Words(words) => words.len(),
        }
    }

    /// The value's place in the domain: false is 0, true is 1, a word its place in the list.
    #[must_use]
    pub fn index_of(&self, value: &FactValue) -> Option<usize> {
        match (self, value) {
            (Domain::Bool(_), FactValue::Bool(value)) => Some(usize::from(*value)),
            (Domain::Words(words), FactValue::Word(word)) => words.iter().position(|known| known == word),
            _ => None,
        }
    }

    /// The value at a place.
    #[must_use]
    pub fn value_at(&self, index: usize) -> Option<FactValue> {
        match self {
            Domain::Bool(_) => (index < 2).then_some(FactValue::Bool(index == 1)),
            Domain::Words(words) => words.get(index).map(|word| FactValue::Word(word.clone())),
        }
    }

    /// The domain in words, for messages.
    pub(super) fn in_words(&self) -> String {
        match self {
            Domain::Bool(_) => "true, false".to_owned(),
            Domain::Words(words) => words.join(", "),
        }
    }
}

/// A fact as the policy declares it: what is asked, of whom, and on what evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FactDefinition {
    /// The fact's id.
    pub id: String,
    /// Its values.
    pub domain: Domain,
    /// The question.
    pub question: Text,
    /// Who answers it.
    pub answered_by: Party,
    /// The evidence that an answer wants.
    pub evidence: Text,
}

/// A name as it may stand in a message: what does not look like an identifier may hold anything, and is not shown.
pub(super) fn shown(name: &str) -> String {
    if is_identifier(name) { name.to_owned() } else { "…".to_owned() }
}

/// Identifiers of a policy: lower-case letters, digits and `_`, a letter first, at most 64.
pub(super) fn is_identifier(name: &str) -> bool {
    name.len() <= 64
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Explain as _;

    #[test]
    fn null_and_missing_are_unknown() {
        let facts = Facts::from_json(r#"{"a": null, "b": false}"#).unwrap();
        assert_eq!((facts.get("a"), facts.get("b"), facts.get("c")), (None, Some(&FactValue::Bool(false)), None));
    }

    #[test]
    fn what_is_no_fact_is_refused_without_showing_it() {
        for (text, code) in [
            (r#"{"state_secret": 610102}"#, "KF-FACT-03"),
            (r#"{"state_secret": ["610102"]}"#, "KF-FACT-03"),
            (r#"{"610102199003071234": 1}"#, "KF-FACT-03"),
            (r#"["610102"]"#, "KF-FACT-04"),
            (r#"{"a": true, "a": false}"#, "KF-CANON-01"),
            ("610102 is not JSON", "KF-CANON-01"),
        ] {
            let error = Facts::from_json(text).unwrap_err();
            assert_eq!(error.code(), code, "{text}");
            assert!(!format!("{error} {error:?} {:?}", error.document()).contains("6101"), "{error:?}");
        }
        assert!(!format!("{:?}", Facts::from_json(r#"{"a": "610102199003071234"}"#).unwrap()).contains("6101"));
    }
}
