//! Why an answer is what it is: the fewest known facts that give it, the fewest changes that would give another, and
//! every answer that the unknown facts leave possible.
//!
//! Each of these is asked of the diagrams by [`Diagrams::cheapest`]. This file must never answer otherwise than
//! [`super::evaluate`]: what it says is sufficient, or would permit, gives just that answer when it is asked there.

use jiff::civil::Date;

use super::answer::{Counterfactual, Explanation, FactChange, Outcome, Status, Target};
use super::diagram::{ALWAYS, Choices, Diagrams, MAX_NODES, NEVER, Root, Taken};
use super::error::PolicyError;
use super::facts::{FactValue, Facts, Section};
use super::model::{AccessRules, ClassificationRules, Model, Space};
use crate::terms::{Openness, V1};

/// The most changes that are listed for one target.
const MOST_CHANGES: usize = 8;

impl Model {
    pub(super) fn explain(
        &self,
        section: Section,
        facts: &Facts,
        at: Date,
        readings: &[u8],
    ) -> Result<Explanation, crate::Error> {
        Ok(self.asked(section, facts, at, readings)?.explain(MAX_NODES))
    }

    fn asked(&self, section: Section, facts: &Facts, at: Date, readings: &[u8]) -> Result<Asked<'_>, crate::Error> {
        match section {
            Section::Classification => {
                let answer = self.classify(facts, at, readings)?;
                let rules = &self.classification;
                let known = rules.space.known(facts, section, readings)?;
                let mut diagrams = rules.space.diagrams.reopen();
                let outcomes = rules.outcomes(&mut diagrams)?;
                let same = Outcome::Classes { status: answer.status, permitted: answer.permitted.clone() };
                let given = outcomes.iter().find(|(outcome, _)| *outcome == same).map_or(ALWAYS, |(_, root)| *root);
                let denied = rules.permitted.iter().map(|(class, _)| *class);
                let denied = denied.filter(|class| !answer.permitted.contains(class));
                // An answer permits a class once it is determined, so each outcome that has the class is one to reach.
                let with = |class: Openness| {
                    let has = |outcome: &Outcome| match outcome {
                        Outcome::Classes { permitted, .. } => permitted.contains(&class),
                        Outcome::Access { .. } => false,
                    };
                    outcomes.iter().filter(|(outcome, _)| has(outcome)).map(|(_, root)| *root).collect()
                };
                let targets = denied.map(|class| (Target::from(class), with(class))).collect();
                Ok(Asked { section, space: &rules.space, diagrams, known, given, targets, outcomes, open: answer.open })
            }
            Section::Access => {
                let answer = self.decide(facts, at, readings)?;
                let rules = &self.access;
                let known = rules.space.known(facts, section, readings)?;
                let mut diagrams = rules.space.diagrams.reopen();
                let outcomes = rules.outcomes(&mut diagrams)?;
                let permitted = outcomes.first().map_or(NEVER, |(_, root)| *root);
                let (given, targets) = if answer.permit {
                    (permitted, Vec::new())
                } else {
                    let headline = rules.denials.iter().find(|rule| Some(&rule.reason) == answer.headline());
                    (headline.map_or(ALWAYS, |rule| rule.root), vec![(Target::Permit, vec![permitted])])
                };
                Ok(Asked { section, space: &rules.space, diagrams, known, given, targets, outcomes, open: answer.open })
            }
        }
    }
}

impl ClassificationRules {
    /// Where each outcome is: the sets of classes from the strictest class, then out of scope.
    fn outcomes(&self, diagrams: &mut Diagrams) -> Result<Vec<(Outcome, Root)>, PolicyError> {
        // Every set of classes so far, with where just these of the classes so far are permitted.
        let mut sets = vec![(Vec::new(), diagrams.not(self.out_of_scope.root)?)];
        for (class, root) in &self.permitted {
            let mut next = Vec::new();
            for (set, within) in &sets {
                next.push(([set.as_slice(), &[*class]].concat(), diagrams.and(*within, *root)?));
                next.push((set.clone(), diagrams.but_not(*within, *root)?));
            }
            sets = next;
        }
        let sets = sets
            .into_iter()
            .map(|(permitted, root)| (Outcome::Classes { status: Status::Determined, permitted }, root));
        let out_of_scope = Outcome::Classes { status: Status::OutOfScope, permitted: Vec::new() };
        Ok(sets.chain([(out_of_scope, self.out_of_scope.root)]).collect())
    }
}

impl AccessRules {
    /// Where each outcome is: the permit, then each denial where it is the headline.
    fn outcomes(&self, diagrams: &mut Diagrams) -> Result<Vec<(Outcome, Root)>, PolicyError> {
        let mut none_so_far = ALWAYS;
        let mut denied = Vec::new();
        for rule in &self.denials {
            let headline = Some(rule.reason.code.clone());
            denied.push((Outcome::Access { permit: false, headline }, diagrams.and(rule.root, none_so_far)?));
            none_so_far = diagrams.but_not(none_so_far, rule.root)?;
        }
        Ok([(Outcome::Access { permit: true, headline: None }, none_so_far)].into_iter().chain(denied).collect())
    }
}

/// One question with its answer, in terms of the diagrams.
struct Asked<'a> {
    section: Section,
    space: &'a Space,
    /// The section's diagrams, and the functions built for the explanation upon them.
    diagrams: Diagrams,
    /// The known facts, the readings behind them.
    known: Vec<Option<u8>>,
    /// The function that the answer rests on being certain.
    given: Root,
    /// Other answers, each with the functions of which one would have to be certain.
    targets: Vec<(Target, Vec<Root>)>,
    outcomes: Vec<(Outcome, Root)>,
    open: Vec<String>,
}

impl Asked<'_> {
    fn explain(&self, limit: usize) -> Explanation {
        let (sufficient, smallest) = self.sufficient(limit);
        let sufficient =
            sufficient.into_iter().filter_map(|(fact, value)| Some((self.id(fact)?, self.value(fact, value)?)));
        let counterfactuals = self.targets.iter().map(|(target, roots)| self.counterfactual(*target, roots, limit));
        let rest = self.diagrams.restrict(&self.known);
        let possible =
            self.outcomes.iter().filter(|(_, root)| rest.possible(*root)).map(|(outcome, _)| outcome.clone());
        Explanation {
            v: V1,
            section: self.section,
            sufficient: sufficient.collect(),
            smallest,
            counterfactuals: counterfactuals.collect(),
            possible: possible.collect(),
            open: self.open.clone(),
        }
    }

    /// The fewest known facts that make the answer certain, and whether they are the fewest.
    fn sufficient(&self, limit: usize) -> (Taken, bool) {
        let forgotten = self.readings_alone();
        let choices = self.known.iter().zip(&forgotten);
        let choices: Vec<Choices> = choices
            .map(|(known, stays)| Choices {
                stays: *stays,
                takes: known.filter(|_| stays.is_none()).into_iter().collect(),
            })
            .collect();
        match self.diagrams.cheapest(&[self.given], &choices, 1, limit) {
            Ok(found) => (found.and_then(|found| found.first.into_iter().next()).unwrap_or_default(), true),
            Err(_) => (irreducible(&self.diagrams, &[self.given], &self.known, &forgotten), false),
        }
    }

    /// The fewest changes that make one of the functions certain.
    fn counterfactual(&self, target: Target, roots: &[Root], limit: usize) -> Counterfactual {
        let choices = self.known.iter().enumerate().map(|(place, known)| {
            let size = self.space.facts.get(place).map_or(0, |fact| fact.domain.size());
            Choices { stays: *known, takes: (0..size as u8).filter(|value| Some(*value) != *known).collect() }
        });
        let choices: Vec<Choices> = choices.collect();
        let (found, count, smallest) = match self.diagrams.cheapest(roots, &choices, MOST_CHANGES, limit) {
            Ok(Some(found)) => (found.first, found.count, true),
            Ok(None) => (Vec::new(), 0, true),
            Err(_) => {
                let some = self.some_change(roots);
                let count = u32::from(some.is_some());
                (some.into_iter().collect(), count, false)
            }
        };
        let change = |(fact, to): &(u8, u8)| {
            let from = self.known.get(usize::from(*fact)).copied().flatten();
            Some(FactChange {
                fact: self.id(*fact)?,
                from: from.and_then(|from| self.value(*fact, from)),
                to: self.value(*fact, *to)?,
            })
        };
        let changes = found.iter().map(|taken| taken.iter().filter_map(change).collect());
        Counterfactual { target, changes: changes.collect(), count, smallest }
    }

    /// A change that makes one of the functions certain and from which nothing can be left out.
    fn some_change(&self, roots: &[Root]) -> Option<Taken> {
        let readings = self.readings_alone();
        roots.iter().find_map(|root| {
            let mut changed = self.known.clone();
            for (fact, value) in self.diagrams.restrict(&readings).witness(*root)? {
                *changed.get_mut(usize::from(fact))? = Some(value);
            }
            Some(irreducible(&self.diagrams, roots, &changed, &self.known))
        })
    }

    /// No fact is known, every reading is.
    fn readings_alone(&self) -> Vec<Option<u8>> {
        let facts = self.space.facts.len();
        self.known.iter().enumerate().map(|(place, known)| known.filter(|_| place >= facts)).collect()
    }

    fn id(&self, fact: u8) -> Option<String> {
        self.space.facts.get(usize::from(fact)).map(|fact| fact.id.clone())
    }

    fn value(&self, fact: u8, value: u8) -> Option<FactValue> {
        self.space.facts.get(usize::from(fact))?.domain.value_at(usize::from(value))
    }
}

/// Of the places where `taken` differs from `without`, so many that one of the functions is certain and none can be left
/// out: they are given up one after another, the last first, until no more can be.
fn irreducible(diagrams: &Diagrams, functions: &[Root], taken: &[Option<u8>], without: &[Option<u8>]) -> Taken {
    let mut kept = taken.to_vec();
    let mut given_up = true;
    while std::mem::take(&mut given_up) {
        for (place, without) in without.iter().enumerate().rev() {
            let mut fewer = kept.clone();
            fewer.get_mut(place).into_iter().for_each(|slot| *slot = *without);
            if fewer == kept {
                continue;
            }
            let rest = diagrams.restrict(&fewer);
            if functions.iter().any(|function| rest.always(*function)) {
                kept = fewer;
                given_up = true;
            }
        }
    }
    let differing = kept.iter().zip(without).enumerate().filter(|(_, (kept, without))| kept != without);
    differing.filter_map(|(place, (kept, _))| Some((place as u8, (*kept)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::super::policy::Policy;
    use super::*;

    /// With no effort to spend, what is said is true still and nothing can be left out of it.
    #[test]
    fn what_is_found_without_effort_is_irreducible_and_says_so() {
        let policy = Policy::builtin("xian-2022-013").unwrap();
        let at = "2024-06-03".parse().unwrap();
        let facts = Facts::from_json(
            r#"{"state_secret": false, "law_forbids": true, "prohibition_lifted": false, "data_grade": "core",
                "declassified": false, "high_protection_need": true}"#,
        )
        .unwrap();
        let asked = policy.model.asked(Section::Classification, &facts, at, &policy.readings).unwrap();
        let explanation = asked.explain(0);
        assert!(!explanation.smallest);
        let permitted = |facts: &Facts| policy.classify(facts, at).unwrap().permitted;
        assert_eq!(permitted(&explanation.sufficient), [Openness::Withheld]);
        for (fact, _) in explanation.sufficient.iter() {
            assert!(permitted(explanation.sufficient.clone().forget(fact)).is_empty(), "{fact}");
        }
        assert_eq!(explanation.possible, asked.explain(MAX_NODES).possible);
        assert_eq!(explanation.counterfactuals.len(), 2);
        for counterfactual in &explanation.counterfactuals {
            assert_eq!((counterfactual.changes.len(), counterfactual.count), (1, 1));
            assert!(!counterfactual.smallest);
            let permits = |changes: &mut dyn Iterator<Item = &FactChange>| {
                let mut changed = facts.clone();
                changes.for_each(|change| {
                    changed.set(&change.fact, change.to.clone());
                });
                permitted(&changed).iter().any(|class| Target::from(*class) == counterfactual.target)
            };
            let changes = &counterfactual.changes[0];
            assert!(permits(&mut changes.iter()));
            for left_out in changes {
                assert!(!permits(&mut changes.iter().filter(|change| *change != left_out)), "{left_out:?}");
            }
        }
    }
}
