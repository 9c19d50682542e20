//! A compiled policy: every rule a root in a decision diagram, every text ready to be cited.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::answer::{DeadlineRule, DutyTerm};
use super::citation::Citation;
use super::classes::{Classes, Relief, Restriction};
use super::diagram::{Diagrams, Root};
use super::facts::FactDefinition;
use super::packed::Layout;
use super::provisions::CitingRule;
use crate::terms::{Digest, Openness, Reason, Text};

/// A place where the text of the law is open: a named switch, its options, and the conservative one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Interpretation {
    /// The switch.
    pub id: String,
    /// The article whose text is open.
    pub cite: String,
    /// The question.
    pub question: Text,
    /// Its answers.
    pub options: Vec<Choice>,
    /// The option that holds unless another is chosen: its id.
    pub default: String,
}

/// An option of an interpretation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Choice {
    /// The option.
    pub id: String,
    /// What it says.
    pub text: Text,
}

/// One section's facts and the functions over them.
#[derive(Debug)]
pub(super) struct Space {
    pub(super) facts: Vec<FactDefinition>,
    pub(super) index: BTreeMap<String, usize>,
    pub(super) layout: Layout,
    pub(super) diagrams: Diagrams,
}

/// A rule that holds or not, and what is said when it holds.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) root: Root,
    pub(super) reason: Reason,
}

/// A ground, and for each relief that reaches it where it is the one that applies.
#[derive(Debug)]
pub(super) struct Ground {
    pub(super) live: Root,
    pub(super) reason: Reason,
    pub(super) reliefs: Vec<Rule>,
    /// The ground's own set, before the join.
    pub(super) set: Classes,
    /// Leaves: what it permits where no relief applies.
    pub(super) base: Classes,
    /// The reliefs that may reach it, as [`ClassificationRules::reliefs`] counts them; in step with `reliefs`.
    pub(super) reached_by: Vec<usize>,
    /// The variables that its condition, its reliefs' and the scope's name, one bit each.
    pub(super) own: u64,
}

impl Ground {
    /// What the ground's set comes from.
    pub(super) fn restriction(&self) -> Restriction {
        Restriction { live: self.live, base: self.base, reliefs: self.reached_by.clone() }
    }
}

/// What the policy says of itself: a statement about all of a section's space.
#[derive(Debug)]
pub(super) struct Property {
    pub(super) reason: Reason,
    /// Whether it speaks of every reading, or of the readings in force.
    pub(super) every_reading: bool,
    pub(super) violations: Vec<Violation>,
}

impl Property {
    /// Its functions, to be kept when the diagrams are finished.
    pub(super) fn roots(&mut self) -> impl Iterator<Item = &mut Root> {
        self.violations.iter_mut().map(|violation| &mut violation.root)
    }
}

/// Where a property does not hold.
#[derive(Debug, Clone, Copy)]
pub(super) struct Violation {
    pub(super) root: Root,
    /// For `stricter`: the fact and the value whose coming makes the answer laxer there.
    pub(super) turned_on: Option<(u8, u8)>,
}

#[derive(Debug)]
pub(super) struct ClassificationRules {
    pub(super) space: Space,
    pub(super) out_of_scope: Rule,
    pub(super) unknown: Reason,
    pub(super) otherwise: Reason,
    pub(super) grounds: Vec<Ground>,
    pub(super) requires: Vec<Rule>,
    /// For each class, the strictest first, where it is permitted. Nowhere when out of scope.
    pub(super) permitted: [(Openness, Root); 3],
    /// For each class, the strictest first, where it is recommended.
    pub(super) recommended: [(Openness, Root); 3],
    /// Leaves: what is permitted where no ground is live.
    pub(super) base: Classes,
    /// What each relief does, in the file's order.
    pub(super) reliefs: Vec<Relief>,
    pub(super) properties: Vec<Property>,
}

#[derive(Debug)]
pub(super) struct AccessRules {
    pub(super) space: Space,
    pub(super) unknown: Reason,
    /// In headline order; out of scope stands alone.
    pub(super) denials: Vec<Rule>,
    pub(super) duties: Vec<(Root, DutyTerm)>,
    /// Where no denial holds.
    pub(super) permit: Root,
    pub(super) properties: Vec<Property>,
}

/// A dated duty, and the readings under which it is the one.
#[derive(Debug)]
pub(super) struct Deadline {
    /// In the diagrams of the readings.
    pub(super) when: Root,
    pub(super) rule: DeadlineRule,
}

/// A paragraph or an item of the instrument.
#[derive(Debug)]
pub(super) struct Provision {
    pub(super) at: Citation,
    /// Of the text and of its permitted variants.
    pub(super) fingerprints: Vec<Digest>,
    pub(super) gloss: Text,
    pub(super) rules: Vec<CitingRule>,
    pub(super) no_rule: Option<Text>,
}

/// A whole policy, under any reading.
#[derive(Debug)]
pub(super) struct Model {
    pub(super) id: String,
    pub(super) title: Text,
    pub(super) labels: BTreeMap<Openness, Text>,
    pub(super) from: Date,
    pub(super) until: Option<Date>,
    pub(super) confirm: Option<(Date, Reason)>,
    pub(super) interpretations: Vec<Interpretation>,
    pub(super) classification: ClassificationRules,
    pub(super) access: AccessRules,
    pub(super) deadlines: Vec<Deadline>,
    /// Functions of the readings alone.
    pub(super) readings: Diagrams,
    pub(super) provisions: Vec<Provision>,
    /// What the file says, for the hash.
    pub(super) content: serde_json::Value,
}
