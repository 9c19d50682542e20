//! Whether a policy is what it says of itself, and what every policy has to be.

use serde::{Deserialize, Serialize};

use super::super::diagram::{Diagrams, NEVER};
use super::super::error::PolicyError;
use super::super::facts::Section;
use super::super::model::{Property, Violation};
use super::super::policy::Policy;
use super::Points;
use super::built_in::{self, Statement};
use super::view::{Counterexample, View};
use crate::terms::{Digest, Reason, V1};

/// What was proved of a policy over all of its space, and what does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Proofs {
    /// The document's version.
    pub v: V1,
    /// The policy's id.
    pub policy: String,
    /// Its hash: content and readings.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub hash: Digest,
    /// Whether every statement holds.
    pub holds: bool,
    /// The built-in statements, then the policy's own in the file's order, classification before access.
    pub proofs: Vec<Proof>,
}

/// One statement about a policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Proof {
    /// The statement's id.
    pub id: String,
    /// The article.
    pub cite: String,
    /// The section over whose space it is.
    pub section: Section,
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
    /// Whether it speaks of every reading, or only of the readings in force.
    pub every_reading: bool,
    /// Whether it holds at every point.
    pub holds: bool,
    /// The points examined, those of every reading counted.
    pub points: Points,
    /// A point at which it does not hold.
    pub counterexample: Option<Counterexample>,
}

impl Policy {
    /// Proves the policy's declared properties and what every policy has to be, over the whole space: each holds, or
    /// comes with a counterexample. Properties of the default readings are put to the readings in force.
    ///
    /// # Errors
    /// [`PolicyError::Limit`] for a policy too large to be analysed.
    ///
    /// ```
    /// use kaifang::policy::Policy;
    /// let policy = Policy::builtin("xian-2022-013")?;
    /// assert!(policy.prove()?.holds);
    ///
    /// let otherwise = policy.with_interpretation("deidentified_may_be_unconditional", "yes")?;
    /// let proofs = otherwise.prove()?;
    /// let broken: Vec<_> = proofs.proofs.iter().filter(|proof| !proof.holds).collect();
    /// assert_eq!(broken[0].id, "deidentified_never_unconditional");
    /// assert!(broken[0].counterexample.is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn prove(&self) -> Result<Proofs, PolicyError> {
        let model = &self.model;
        let mut proofs = Vec::new();
        let mut own = Vec::new();
        for section in [Section::Classification, Section::Access] {
            let view = self.view(section);
            let mut d = view.space.diagrams.reopen();
            let (statements, properties) = match section {
                Section::Classification => {
                    (built_in::classification(model, view, &mut d)?, &model.classification.properties)
                }
                Section::Access => (built_in::access(model, view, &mut d)?, &model.access.properties),
            };
            for statement in &statements {
                proofs.push(prove(section, statement, view, &mut d)?);
            }
            for Property { reason, every_reading, violations } in properties {
                let statement = Statement {
                    reason: reason.clone(),
                    every_reading: *every_reading,
                    violations: violations.clone(),
                    unknown: false,
                };
                own.push(prove(section, &statement, view, &mut d)?);
            }
        }
        proofs.append(&mut own);
        let holds = proofs.iter().all(|proof| proof.holds);
        Ok(Proofs { v: V1, policy: model.id.clone(), hash: self.hash(), holds, proofs })
    }
}

fn prove(section: Section, statement: &Statement, view: View<'_>, d: &mut Diagrams) -> Result<Proof, PolicyError> {
    let in_force = view.in_force();
    let mut broken: Option<Violation> = None;
    for violation in &statement.violations {
        let root = match statement.every_reading {
            true => violation.root,
            false => d.assume(violation.root, &in_force)?,
        };
        if root != NEVER {
            broken = Some(Violation { root, ..*violation });
            break;
        }
    }
    let counterexample = match &broken {
        None => None,
        Some(Violation { root, turned_on }) => {
            let mut found = view.witness(*root, d)?;
            if let (Some(found), Some((fact, value))) = (&mut found, *turned_on) {
                found.then = view.then(fact, value);
                if let (Some(then), true) = (&found.then, statement.unknown) {
                    found.facts.forget(&then.fact);
                }
            }
            found
        }
    };
    let over = if statement.every_reading { d.variables() } else { view.facts() };
    let Reason { rule, cite, zh, en, .. } = statement.reason.clone();
    Ok(Proof {
        id: rule,
        cite,
        section,
        zh,
        en,
        every_reading: statement.every_reading,
        holds: broken.is_none(),
        points: Points(d.points(over)),
        counterexample,
    })
}
