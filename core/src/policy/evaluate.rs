//! One case against the model: exact over unknown facts, because every question is put to the restricted diagrams.

use jiff::civil::Date;

use super::answer::{AccessAnswer, Classification, DutyTerm, GroundState, Status};
use super::diagram::Root;
use super::error::PolicyError;
use super::facts::{FactDefinition, FactError, Facts, Section, shown};
use super::model::{Ground, Model, Rule, Space};
use crate::terms::{Openness, Reason, V1, Word};

impl Space {
    /// The known values, the readings behind them.
    pub(super) fn known(&self, facts: &Facts, section: Section, readings: &[u8]) -> Result<Vec<Option<u8>>, FactError> {
        let mut known = vec![None; self.facts.len()];
        for (name, value) in facts.iter() {
            let fact = self.index.get(name).and_then(|place| Some((known.get_mut(*place)?, self.facts.get(*place)?)));
            let Some((slot, definition)) = fact else {
                return Err(FactError::UnknownFact { fact: shown(name), section: section.id() });
            };
            if let Some(value) = value {
                let place = definition.domain.index_of(value).ok_or_else(|| FactError::OutsideDomain {
                    fact: definition.id.clone(),
                    expected: definition.domain.in_words(),
                })?;
                *slot = Some(place as u8);
            }
        }
        known.extend(readings.iter().map(|reading| Some(*reading)));
        Ok(known)
    }

    /// The ids of a set of facts, in the policy file's order.
    fn ids(&self, set: u64) -> Vec<String> {
        let within = |(place, _): &(usize, &FactDefinition)| set >> place & 1 == 1;
        self.facts.iter().enumerate().filter(within).map(|(_, fact)| fact.id.clone()).collect()
    }
}

impl Model {
    fn check_date(&self, at: Date) -> Result<(), PolicyError> {
        if at >= self.from && self.until.is_none_or(|until| at <= until) {
            return Ok(());
        }
        let until = self.until.map(|until| format!("–{until}")).unwrap_or_default();
        Err(PolicyError::NotInForce { policy: self.id.clone(), at, from: self.from, until })
    }

    fn notices(&self, at: Date) -> Vec<Reason> {
        let due = self.confirm.iter().filter(|(day, _)| at >= *day);
        due.map(|(_, reason)| reason.clone()).collect()
    }

    pub(super) fn classify(&self, facts: &Facts, at: Date, readings: &[u8]) -> Result<Classification, crate::Error> {
        self.check_date(at)?;
        let rules = &self.classification;
        let known = rules.space.known(facts, Section::Classification, readings)?;
        let rest = rules.space.diagrams.restrict(&known);
        let notices = self.notices(at);
        if rest.always(rules.out_of_scope.root) {
            return Ok(Classification {
                v: V1,
                status: Status::OutOfScope,
                permitted: Vec::new(),
                default: None,
                recommended: None,
                possible: Vec::new(),
                requires: Vec::new(),
                grounds: Vec::new(),
                open: Vec::new(),
                reasons: vec![rules.out_of_scope.reason.clone()],
                notices,
            });
        }
        let in_some = |classes: &[(Openness, Root)]| -> Vec<Openness> {
            classes.iter().filter(|(_, root)| rest.possible(*root)).map(|(class, _)| *class).collect()
        };
        // Status and permitted set are settled when each of these functions is, so they depend on what these depend on;
        // and no smaller set of answers settles them, for each fact in it can still turn one.
        let settling = rules.permitted.iter().map(|(_, root)| *root).chain([rules.out_of_scope.root]);
        let open = rules.space.ids(settling.fold(0, |all, root| all | rest.depends_on(root)));
        let determined = open.is_empty();
        let possible = in_some(&rules.permitted);

        let live: Vec<&Ground> = rules.grounds.iter().filter(|ground| rest.possible(ground.live)).collect();
        // A reason is what holds in every completion; where only several grounds by turns settle it, all of them are.
        let by_turns = determined && !live.iter().any(|ground| rest.always(ground.live));
        let mut grounds = Vec::new();
        let mut reasons = Vec::new();
        for ground in live {
            let relief = ground.reliefs.iter().find(|relief| rest.same(relief.root, ground.live));
            grounds.push(GroundState {
                id: ground.reason.rule.clone(),
                cite: ground.reason.cite.clone(),
                relieved_by: relief.map(|relief| relief.reason.rule.clone()),
            });
            if by_turns || rest.always(ground.live) {
                reasons.push(ground.reason.clone());
                reasons.extend(relief.map(|relief| relief.reason.clone()));
            }
        }
        if grounds.is_empty() && determined {
            reasons.push(rules.otherwise.clone());
        }
        if !determined {
            reasons.push(rules.unknown.clone());
        }
        let holding = |rule: &&Rule| rest.possible(rule.root);
        Ok(Classification {
            v: V1,
            status: if determined { Status::Determined } else { Status::NeedsAssessment },
            default: if determined { possible.first().copied() } else { Some(Openness::Withheld) },
            recommended: in_some(&rules.recommended).first().copied().filter(|_| determined),
            permitted: if determined { possible.clone() } else { Vec::new() },
            possible,
            requires: rules.requires.iter().filter(holding).map(|rule| rule.reason.clone()).collect(),
            grounds,
            open,
            reasons,
            notices,
        })
    }

    pub(super) fn decide(&self, facts: &Facts, at: Date, readings: &[u8]) -> Result<AccessAnswer, crate::Error> {
        self.check_date(at)?;
        let rules = &self.access;
        let known = rules.space.known(facts, Section::Access, readings)?;
        let rest = rules.space.diagrams.restrict(&known);
        let mut denials = Vec::new();
        let mut possible = false;
        let mut open = 0;
        for rule in &rules.denials {
            open |= rest.depends_on(rule.root);
            possible |= rest.possible(rule.root);
            if rest.always(rule.root) {
                denials.push(rule.reason.clone());
            }
        }
        let permit = !possible;
        if !permit && denials.is_empty() {
            denials.push(rules.unknown.clone());
        }
        let mut duties: Vec<DutyTerm> = Vec::new();
        if permit {
            // One duty a code: the rule that surely holds, else the first that may.
            let certain = rules.duties.iter().filter(|(root, _)| rest.always(*root));
            let may = rules.duties.iter().filter(|(root, _)| rest.possible(*root));
            for (_, duty) in certain.chain(may) {
                if !duties.iter().any(|other| other.code == duty.code) {
                    duties.push(duty.clone());
                }
            }
            let place = |duty: &DutyTerm| rules.duties.iter().position(|(_, other)| other.rule == duty.rule);
            duties.sort_by_key(place);
        }
        Ok(AccessAnswer { v: V1, permit, denials, open: rules.space.ids(open), duties, notices: self.notices(at) })
    }
}
