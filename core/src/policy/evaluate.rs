//! One case against the model: exact over unknown facts, because every question is put to the restricted diagrams.

use jiff::civil::Date;

use super::answer::{AccessAnswer, Classification, DutyTerm, GroundState, Status};
use super::diagram::{Restricted, Root};
use super::error::PolicyError;
use super::facts::{FactError, Facts, Section, shown};
use super::model::{AccessRules, ClassificationRules, Ground, Model, Space};
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
    fn ids(&self, set: Set) -> Vec<String> {
        set.of(&self.facts).map(|fact| fact.id.clone()).collect()
    }
}

/// Some members of a list, a bit each: facts, classes (the strictest first), rules. No such list has more than 64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) struct Set(pub(super) u64);

impl Set {
    /// Members of a list that fulfil a condition.
    fn filter<T>(list: &[T], condition: impl Fn(&T) -> bool) -> Set {
        Set(list.iter().enumerate().fold(0, |set, (place, member)| set | u64::from(condition(member)) << place))
    }

    fn of<T>(self, list: &[T]) -> impl Iterator<Item = &T> {
        list.iter().enumerate().filter(move |(place, _)| self.0 >> place & 1 == 1).map(|(_, member)| member)
    }

    /// The classes of a set of functions, in the functions' order.
    fn classes(self, functions: &[(Openness, Root)]) -> Vec<Openness> {
        self.of(functions).map(|(class, _)| *class).collect()
    }

    /// The set with its first member alone.
    fn first(self) -> Set {
        Set(self.0 & self.0.wrapping_neg())
    }
}

/// What a classification comes to, in sets.
pub(super) struct SettledClass {
    pub(super) status: Status,
    pub(super) possible: Set,
    pub(super) default: Set,
    pub(super) recommended: Set,
    pub(super) requires: Set,
    pub(super) live: Set,
    pub(super) open: Set,
}

/// What an access decision comes to, in sets.
pub(super) struct SettledAccess {
    pub(super) permit: bool,
    pub(super) denials: Set,
    pub(super) open: Set,
    pub(super) duties: Set,
}

impl ClassificationRules {
    pub(super) fn settle(&self, rest: &Restricted<'_>) -> SettledClass {
        let possible = Set::filter(&self.permitted, |(_, root)| rest.possible(*root));
        let mut settled = SettledClass {
            status: Status::OutOfScope,
            possible,
            default: Set::default(),
            recommended: Set::default(),
            requires: Set::filter(&self.requires, |rule| rest.possible(rule.root)),
            live: Set::filter(&self.grounds, |ground| rest.possible(ground.live)),
            open: Set::default(),
        };
        if rest.always(self.out_of_scope.root) {
            return settled;
        }
        // Status and permitted set are settled when each of these functions is, so they depend on what these depend on;
        // and no smaller set of answers settles them, for each fact in it can still turn one.
        let settling = self.permitted.iter().map(|(_, root)| *root).chain([self.out_of_scope.root]);
        settled.open = Set(settling.fold(0, |all, root| all | rest.depends_on(root)));
        if settled.open == Set::default() {
            settled.status = Status::Determined;
            settled.default = possible.first();
            settled.recommended = Set::filter(&self.recommended, |(_, root)| rest.possible(*root)).first();
        } else {
            settled.status = Status::NeedsAssessment;
            settled.default = Set::filter(&self.permitted, |(class, _)| *class == Openness::Withheld);
        }
        settled
    }
}

impl AccessRules {
    pub(super) fn settle(&self, rest: &Restricted<'_>) -> SettledAccess {
        let permit = !self.denials.iter().any(|rule| rest.possible(rule.root));
        // One duty a code: the rule that surely holds, else the first that may.
        let mut codes: Vec<&str> = Vec::new();
        let mut duties = Set::default();
        let certain = |(_, (root, _)): &(usize, &(Root, DutyTerm))| rest.always(*root);
        let may = |(_, (root, _)): &(usize, &(Root, DutyTerm))| rest.possible(*root);
        let numbered = || self.duties.iter().enumerate().filter(|_| permit);
        for (place, (_, duty)) in numbered().filter(certain).chain(numbered().filter(may)) {
            if !codes.contains(&duty.code.as_str()) {
                codes.push(&duty.code);
                duties.0 |= 1 << place;
            }
        }
        SettledAccess {
            permit,
            denials: Set::filter(&self.denials, |rule| rest.always(rule.root)),
            open: Set(self.denials.iter().fold(0, |all, rule| all | rest.depends_on(rule.root))),
            duties,
        }
    }
}

impl Model {
    pub(super) fn check_date(&self, at: Date) -> Result<(), PolicyError> {
        if at >= self.from && self.until.is_none_or(|until| at <= until) {
            return Ok(());
        }
        let until = self.until.map(|until| format!("–{until}")).unwrap_or_default();
        Err(PolicyError::NotInForce { policy: self.id.clone(), at, from: self.from, until })
    }

    pub(super) fn notices(&self, at: Date) -> Vec<Reason> {
        let due = self.confirm.iter().filter(|(day, _)| at >= *day);
        due.map(|(_, reason)| reason.clone()).collect()
    }

    pub(super) fn classify(&self, facts: &Facts, at: Date, readings: &[u8]) -> Result<Classification, crate::Error> {
        self.check_date(at)?;
        let rules = &self.classification;
        let known = rules.space.known(facts, Section::Classification, readings)?;
        let rest = rules.space.diagrams.restrict_answers(&known);
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
        let settled = rules.settle(&rest);
        let determined = settled.status == Status::Determined;
        let possible = settled.possible.classes(&rules.permitted);

        let live: Vec<&Ground> = settled.live.of(&rules.grounds).collect();
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
        Ok(Classification {
            v: V1,
            status: settled.status,
            default: settled.default.classes(&rules.permitted).first().copied(),
            recommended: settled.recommended.classes(&rules.recommended).first().copied(),
            permitted: if determined { possible.clone() } else { Vec::new() },
            possible,
            requires: settled.requires.of(&rules.requires).map(|rule| rule.reason.clone()).collect(),
            grounds,
            open: rules.space.ids(settled.open),
            reasons,
            notices,
        })
    }

    pub(super) fn decide(&self, facts: &Facts, at: Date, readings: &[u8]) -> Result<AccessAnswer, crate::Error> {
        self.check_date(at)?;
        let rules = &self.access;
        let known = rules.space.known(facts, Section::Access, readings)?;
        let rest = rules.space.diagrams.restrict_answers(&known);
        let settled = rules.settle(&rest);
        let mut denials: Vec<Reason> = settled.denials.of(&rules.denials).map(|rule| rule.reason.clone()).collect();
        if !settled.permit && denials.is_empty() {
            denials.push(rules.unknown.clone());
        }
        let duties = settled.duties.of(&rules.duties).map(|(_, duty)| duty.clone()).collect();
        let open = rules.space.ids(settled.open);
        Ok(AccessAnswer { v: V1, permit: settled.permit, denials, open, duties, notices: self.notices(at) })
    }
}
