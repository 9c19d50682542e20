//! [`Policy`]: a loaded policy under a reading, and the questions that it answers.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use jiff::civil::Date;
use serde_json::json;

use super::answer::{AccessAnswer, Classification, DeadlineRule, Explanation};
use super::compile::compile;
use super::error::PolicyError;
use super::facts::{FactDefinition, Facts, Section};
use super::file::MAX_BYTES;
use super::model::{Interpretation, Model};
use super::verdict::Compiled;
use crate::canon;
use crate::crypto;
use crate::terms::{Digest, Openness, Text, io_text};

/// The bundled policies: id and text.
const BUNDLED: &[(&str, &str)] = &[("xian-2022-013", include_str!("../../policies/xian-2022-013.toml"))];

/// A loaded policy under one reading of its open places. Clones share it.
///
/// ```
/// use kaifang::policy::{Facts, Policy, Status};
/// use kaifang::terms::Openness;
///
/// let policy = Policy::builtin("xian-2022-013")?;
/// let mut facts = Facts::from_json(r#"{"state_secret": false, "law_forbids": false, "personal_privacy": true,
///     "harm_ruled_out": false, "data_grade": "general", "desensitization": "none"}"#)?;
/// let at = "2024-06-03".parse()?;
///
/// // Withheld until consent and public interest are settled: both could still open it.
/// let answer = policy.classify(&facts, at)?;
/// assert_eq!(answer.default, Some(Openness::Withheld));
/// assert!(answer.open.contains(&"third_party_consents".to_owned()));
///
/// for fact in answer.open {
///     facts.set(fact, false);
/// }
/// let answer = policy.classify(&facts, at)?;
/// assert_eq!((answer.status, answer.permitted), (Status::Determined, vec![Openness::Withheld]));
/// assert_eq!(answer.reasons[0].cite, "A18.2");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Policy {
    pub(super) model: Arc<Model>,
    /// For each interpretation its option's place.
    pub(super) readings: Arc<[u8]>,
    hash: Digest,
    /// The file that it was read from.
    source: Arc<str>,
    /// What is compiled once it is asked for.
    pub(super) compiled: Arc<Compiled>,
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policy").field("id", &self.model.id).field("hash", &self.hash).finish_non_exhaustive()
    }
}

impl Policy {
    /// The JSON Schema of a policy file, for the values that TOML gives.
    #[cfg(feature = "schema")]
    #[must_use]
    pub fn schema() -> schemars::Schema {
        schemars::schema_for!(super::file::File)
    }

    /// The ids of the bundled policies.
    pub const BUILTIN: &'static [&'static str] = &["xian-2022-013"];

    /// A bundled policy.
    ///
    /// # Errors
    /// [`PolicyError::NotBundled`]
    pub fn builtin(id: &str) -> Result<Policy, PolicyError> {
        match BUNDLED.iter().find(|(known, _)| *known == id) {
            Some((_, text)) => Policy::parse(text),
            None => Err(PolicyError::NotBundled { known: Policy::BUILTIN.join(", ") }),
        }
    }

    /// Reads a policy: TOML, at most 1 MiB. Every interpretation has its default.
    ///
    /// # Errors
    /// [`PolicyError`], with line and column and what to write instead.
    ///
    /// ```
    /// let error = kaifang::policy::Policy::parse("v = 1\nid = 12").unwrap_err();
    /// assert_eq!(kaifang::error::Explain::place(&error).as_deref(), Some("line 2, column 6"));
    /// ```
    pub fn parse(toml: &str) -> Result<Policy, PolicyError> {
        let model = compile(toml)?;
        let default = |known: &Interpretation| known.options.iter().position(|option| option.id == known.default);
        let readings = model.interpretations.iter().map(|known| default(known).unwrap_or_default() as u8).collect();
        Policy::under(Arc::new(model), readings, toml.into())
    }

    /// Reads a policy file.
    ///
    /// # Errors
    /// [`PolicyError::Unreadable`], and as [`Policy::parse`].
    pub fn load(path: impl AsRef<Path>) -> Result<Policy, PolicyError> {
        let mut text = String::new();
        // One byte more than a policy may have tells that it is too long, whatever the path leads to.
        let file = std::fs::File::open(path).and_then(|file| file.take(MAX_BYTES as u64 + 1).read_to_string(&mut text));
        file.map_err(|error| PolicyError::Unreadable { kind: io_text(error.kind()) })?;
        Policy::parse(&text)
    }

    pub(super) fn under(model: Arc<Model>, readings: Arc<[u8]>, source: Arc<str>) -> Result<Policy, PolicyError> {
        let chosen = model.interpretations.iter().zip(readings.iter());
        let chosen: serde_json::Map<String, serde_json::Value> = chosen
            .filter_map(|(known, place)| {
                Some((known.id.clone(), known.options.get(usize::from(*place))?.id.clone().into()))
            })
            .collect();
        let document = json!({ "interpretations": chosen, "policy": model.content });
        let bytes = canon::to_bytes(&document).map_err(|error| PolicyError::Shape {
            what: Text::from(&error),
            line: 1,
            column: 1,
        })?;
        Ok(Policy { model, readings, hash: crypto::sha256(&bytes), source, compiled: Arc::default() })
    }

    /// The policy's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.model.id
    }

    /// The SHA-256 digest of the canonical encoding of the policy's content and of the readings chosen: comments and
    /// layout of the file do not count.
    #[must_use]
    pub fn hash(&self) -> Digest {
        self.hash
    }

    /// The text of the file that it was read from, byte for byte: who keeps it, and the readings chosen, can replay
    /// any decision made under it.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The instrument's title.
    #[must_use]
    pub fn title(&self) -> &Text {
        &self.model.title
    }

    /// The instrument's number, such as 西规〔2022〕013.
    #[must_use]
    pub fn document_number(&self) -> &str {
        self.model.content.get("document_number").and_then(serde_json::Value::as_str).unwrap_or_default()
    }

    /// What this policy calls a class.
    #[must_use]
    pub fn label(&self, class: Openness) -> Option<&Text> {
        self.model.labels.get(&class)
    }

    /// The first and the last date (none: open) on which the policy is in force.
    #[must_use]
    pub fn in_force(&self) -> (Date, Option<Date>) {
        (self.model.from, self.model.until)
    }

    /// The places where the text of the law is open.
    #[must_use]
    pub fn interpretations(&self) -> &[Interpretation] {
        &self.model.interpretations
    }

    /// The same policy with one open place read another way. Its hash differs.
    ///
    /// # Errors
    /// [`PolicyError::NoSuchInterpretation`], [`PolicyError::NoSuchOption`]
    pub fn with_interpretation(&self, name: &str, option: &str) -> Result<Policy, PolicyError> {
        let all = &self.model.interpretations;
        let ids = |all: &mut dyn Iterator<Item = &String>| all.map(String::as_str).collect::<Vec<_>>().join(", ");
        let Some(place) = all.iter().position(|known| known.id == name) else {
            return Err(PolicyError::NoSuchInterpretation { known: ids(&mut all.iter().map(|known| &known.id)) });
        };
        let options = all.get(place).map(|known| known.options.as_slice()).unwrap_or_default();
        let Some(chosen) = options.iter().position(|known| known.id == option) else {
            let options = ids(&mut options.iter().map(|known| &known.id));
            return Err(PolicyError::NoSuchOption { interpretation: name.to_owned(), options });
        };
        let reading = |(at, old): (usize, &u8)| if at == place { chosen as u8 } else { *old };
        let readings = self.readings.iter().enumerate().map(reading).collect();
        Policy::under(Arc::clone(&self.model), readings, Arc::clone(&self.source))
    }

    /// The option in force of an interpretation.
    #[must_use]
    pub fn interpretation(&self, name: &str) -> Option<&str> {
        let place = self.model.interpretations.iter().position(|known| known.id == name)?;
        let chosen = usize::from(*self.readings.get(place)?);
        Some(self.model.interpretations.get(place)?.options.get(chosen)?.id.as_str())
    }

    /// The option in force of each interpretation.
    pub(crate) fn readings_by_name(&self) -> BTreeMap<String, String> {
        let all = self.model.interpretations.iter();
        all.filter_map(|known| self.interpretation(&known.id).map(|option| (known.id.clone(), option.to_owned())))
            .collect()
    }

    /// The facts of a section, in the file's order.
    #[must_use]
    pub fn facts(&self, section: Section) -> &[FactDefinition] {
        match section {
            Section::Classification => &self.model.classification.space.facts,
            Section::Access => &self.model.access.space.facts,
        }
    }

    /// The rule of a dated duty under the readings in force: `complaint_reply` (A17.3), `suggestion_reply` (A24).
    ///
    /// The conditions of one code never hold together, but they need not cover every reading: under one that they leave
    /// out, the policy sets no such deadline.
    #[must_use]
    pub fn deadline(&self, code: &str) -> Option<&DeadlineRule> {
        let known: Vec<Option<u8>> = self.readings.iter().copied().map(Some).collect();
        let here = self.model.readings.restrict(&known);
        let found = self.model.deadlines.iter().find(|other| other.rule.code == code && here.always(other.when));
        found.map(|deadline| &deadline.rule)
    }

    /// Which classes a dataset may be put in, on a legal date: exact over all completions of the unknown facts.
    ///
    /// # Errors
    /// [`PolicyError::NotInForce`]; [`super::FactError`] for a fact that the section lacks or a value outside its domain.
    pub fn classify(&self, facts: &Facts, at: Date) -> Result<Classification, crate::Error> {
        self.model.classify(facts, at, &self.readings)
    }

    /// Whether an access is permitted on a legal date: only when every completion of the unknown facts permits.
    ///
    /// # Errors
    /// As [`Policy::classify`].
    ///
    /// ```
    /// # use kaifang::policy::{Facts, Policy};
    /// let policy = Policy::builtin("xian-2022-013")?;
    /// let facts = Facts::from_json(r#"{"out_of_scope": false, "action": "query", "listed": true}"#)?;
    /// assert!(policy.decide(&facts, "2024-06-03".parse()?)?.permit);
    /// let unknown = policy.decide(&Facts::new(), "2024-06-03".parse()?)?;
    /// assert_eq!(unknown.denials[0].code, "unknown_facts");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn decide(&self, facts: &Facts, at: Date) -> Result<AccessAnswer, crate::Error> {
        self.model.decide(facts, at, &self.readings)
    }

    /// Why the answer to a question is what it is, on a legal date: the fewest known facts that give it, the fewest
    /// changes that would permit what is not permitted, and every answer that the unknown facts leave possible.
    ///
    /// # Errors
    /// As [`Policy::classify`]; [`PolicyError::Limit`] where the policy is too intricate for listing what is possible.
    ///
    /// ```
    /// # use kaifang::policy::{Facts, Policy, Section, Target};
    /// let policy = Policy::builtin("xian-2022-013")?;
    /// let at = "2024-06-03".parse()?;
    /// let facts = Facts::from_json(r#"{"action": "download", "openness": "conditional", "out_of_scope": false,
    ///     "listed": true, "identified": true, "application": "approved"}"#)?;
    ///
    /// // Of all these facts three already deny it, and no two do.
    /// let explanation = policy.explain(Section::Access, &facts, at)?;
    /// let reason = Facts::from_json(r#"{"action": "download", "openness": "conditional", "out_of_scope": false}"#)?;
    /// assert_eq!(explanation.sufficient, reason);
    /// assert_eq!(policy.decide(&reason, at)?.denials[0].code, "conditional_no_download");
    ///
    /// // Only the metadata may be had without another answer to an open question.
    /// let permit = &explanation.counterfactuals[0];
    /// assert_eq!((permit.target, permit.count), (Target::Permit, 1));
    /// assert_eq!(permit.changes[0][0].fact, "action");
    /// assert_eq!(permit.changes[0][0].to, "query".into());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn explain(&self, section: Section, facts: &Facts, at: Date) -> Result<Explanation, crate::Error> {
        self.model.explain(section, facts, at, &self.readings)
    }
}
