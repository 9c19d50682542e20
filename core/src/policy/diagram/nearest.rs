//! The fewest changes that make a function certain, all of them, exactly.
//!
//! Each fact stays as it is, a value or open, at no cost, or takes another value at the cost of one. A fact that stays
//! open asks that the function hold for each of its values. Which choices make a function certain is then a function
//! too, with one variable a fact whose values are its choices; where a fact stays open it is the "and" of what the
//! fact's values ask. In the diagram of that function each way to the true leaf is a choice, the shortest ways are the
//! cheapest, and facts that a way passes over stay as they are: so no choice is found twice and none is missed.
//!
//! This file must never know whether a choice is a fact kept, changed or answered.

use std::collections::HashMap;

use super::super::error::PolicyError;
use super::{ALWAYS, Diagrams, NEVER, Root};
use crate::terms::Text;

/// What may become of a fact.
#[derive(Debug, Clone, Default)]
pub(in super::super) struct Choices {
    /// What it is at no cost: a value's place, or open.
    pub(in super::super) stays: Option<u8>,
    /// The values that it may take at the cost of one, the preferred first.
    pub(in super::super) takes: Vec<u8>,
}

/// The values taken, as (fact, value's place), by fact.
pub(in super::super) type Taken = Vec<(u8, u8)>;

/// The cheapest choices.
#[derive(Debug, PartialEq, Eq)]
pub(in super::super) struct Cheapest {
    /// How many there are; the highest number where there are more.
    pub(in super::super) count: u32,
    /// The first of them, compared fact by fact: taking a value for a fact comes before leaving it, the preferred value
    /// before others.
    pub(in super::super) first: Vec<Taken>,
}

impl Diagrams {
    /// The cheapest choices, at most `most` of them, that make one of the functions certain; nothing where no choice does.
    ///
    /// # Errors
    /// [`PolicyError::Limit`] where the diagram of the choices needs more than `limit` nodes.
    pub(in super::super) fn cheapest(
        &self,
        functions: &[Root],
        choices: &[Choices],
        most: usize,
        limit: usize,
    ) -> Result<Option<Cheapest>, PolicyError> {
        let sizes = choices.iter().map(|choices| choices.takes.len() as u8 + 1).collect();
        let mut making = Making { of: self, choices, made: Diagrams::new(sizes), done: HashMap::new(), limit };
        let mut any = NEVER;
        for function in functions {
            let certain = making.certain(*function)?;
            any = making.made.or(any, certain)?;
        }
        Ok(Ways::of(&making.made, choices).cheapest(any, most))
    }
}

/// The diagram of the choices that make a function certain.
struct Making<'a> {
    of: &'a Diagrams,
    choices: &'a [Choices],
    made: Diagrams,
    done: HashMap<Root, Root>,
    limit: usize,
}

impl Making<'_> {
    /// The recursion is as deep as there are facts.
    fn certain(&mut self, root: Root) -> Result<Root, PolicyError> {
        if root <= ALWAYS {
            return Ok(root);
        }
        if let Some(&done) = self.done.get(&root) {
            return Ok(done);
        }
        let fact = self.of.fact(root);
        let Some(choices) = self.choices.get(usize::from(fact)) else { return Ok(NEVER) };
        let takes = choices.takes.iter().map(|value| self.certain(self.of.cofactor(root, fact, usize::from(*value))));
        let mut children: Vec<Root> = takes.collect::<Result<_, _>>()?;
        let stays = match choices.stays {
            Some(value) => self.certain(self.of.cofactor(root, fact, usize::from(value)))?,
            None => {
                let mut all = ALWAYS;
                for child in self.of.children(root) {
                    let child = self.certain(*child)?;
                    all = self.made.and(all, child)?;
                }
                all
            }
        };
        children.push(stays);
        let made = self.made.node(fact, children.into())?;
        if self.made.nodes.len() > self.limit {
            return Err(PolicyError::Limit { what: Text::new("判定节点数", "decision nodes"), limit: self.limit });
        }
        self.done.insert(root, made);
        Ok(made)
    }
}

/// For each node of a diagram of choices the cheapest ways from it to the true leaf: their cost and their number.
struct Ways<'a> {
    made: &'a Diagrams,
    choices: &'a [Choices],
    best: Vec<Option<(u32, u32)>>,
}

impl<'a> Ways<'a> {
    fn of(made: &'a Diagrams, choices: &'a [Choices]) -> Self {
        let mut ways = Ways { made, choices, best: vec![None, Some((0, 1))] };
        // A child stands before its parents.
        for root in 2..made.nodes.len() as Root {
            let costs = ways.branches(root).filter_map(|(taken, child)| {
                ways.from(child).map(|(cost, count)| (cost + u32::from(taken.is_some()), count))
            });
            let best = costs.fold(None, |best: Option<(u32, u32)>, (cost, count)| match best {
                Some((least, _)) if least < cost => best,
                Some((least, so_far)) if least == cost => Some((least, so_far.saturating_add(count))),
                _ => Some((cost, count)),
            });
            ways.best.push(best);
        }
        ways
    }

    /// What a node's choices take, if anything, and where they lead.
    fn branches(&self, root: Root) -> impl Iterator<Item = (Option<u8>, Root)> + use<'a> {
        let choices = self.choices.get(usize::from(self.made.fact(root)));
        let takes = choices.map(|choices| choices.takes.as_slice()).unwrap_or_default();
        takes.iter().copied().map(Some).chain([None]).zip(self.made.children(root).iter().copied())
    }

    fn from(&self, root: Root) -> Option<(u32, u32)> {
        self.best.get(root as usize).copied().flatten()
    }

    fn cheapest(&self, root: Root, most: usize) -> Option<Cheapest> {
        let (_, count) = self.from(root)?;
        let mut first = Vec::new();
        self.walk(root, &mut Vec::new(), &mut first, most);
        Some(Cheapest { count, first })
    }

    /// Collects the cheapest ways from a node. The recursion is as deep as there are facts.
    fn walk(&self, root: Root, taken: &mut Taken, found: &mut Vec<Taken>, most: usize) {
        if found.len() >= most {
            return;
        }
        if root == ALWAYS {
            found.push(taken.clone());
            return;
        }
        let Some((least, _)) = self.from(root) else { return };
        for (value, child) in self.branches(root) {
            let Some((cost, _)) = self.from(child) else { continue };
            match value {
                Some(value) if cost + 1 == least => {
                    taken.push((self.made.fact(root), value));
                    self.walk(child, taken, found, most);
                    taken.pop();
                }
                None if cost == least => self.walk(child, taken, found, most),
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::MAX_NODES;
    use super::super::formula::{SIZES, build, completions, formula, plain};
    use super::*;
    use proptest::prelude::*;

    fn choices(size: u8) -> impl Strategy<Value = Choices> {
        let values: Vec<u8> = (0..size).collect();
        let takes = prop::sample::subsequence(values.clone(), 0..=values.len()).prop_shuffle();
        (prop::option::of(0..size), takes).prop_map(|(stays, takes)| Choices {
            stays,
            takes: takes.into_iter().filter(|value| Some(*value) != stays).collect(),
        })
    }

    /// Every choice, in order: a value taken before none, and the preferred value first.
    fn all(choices: &[Choices]) -> Vec<Vec<Option<u8>>> {
        choices.iter().fold(vec![Vec::new()], |so_far, choices| {
            let options: Vec<_> = choices.takes.iter().copied().map(Some).chain([None]).collect();
            so_far.iter().flat_map(|one| options.iter().map(move |next| [one.as_slice(), &[*next]].concat())).collect()
        })
    }

    proptest! {
        #[test]
        fn the_cheapest_choices_are_those_of_an_enumeration(
            functions in prop::collection::vec(formula(), 1..3),
            choices in SIZES.map(choices),
            most in 1usize..6,
        ) {
            let mut diagrams = Diagrams::new(SIZES.to_vec());
            let roots: Vec<Root> = functions.iter().map(|function| build(&mut diagrams, function)).collect();
            let certain = |chosen: &Vec<Option<u8>>| {
                let known: Vec<_> = chosen.iter().zip(&choices).map(|(takes, choices)| takes.or(choices.stays)).collect();
                let points = completions(&known);
                functions.iter().any(|function| points.iter().all(|point| plain(function, point)))
            };
            let cost = |chosen: &Vec<Option<u8>>| chosen.iter().flatten().count();
            let certain: Vec<_> = all(&choices).into_iter().filter(certain).collect();
            let least = certain.iter().map(cost).min();
            let cheapest: Vec<Taken> = certain
                .iter()
                .filter(|chosen| Some(cost(chosen)) == least)
                .map(|chosen| (0u8..).zip(chosen).filter_map(|(fact, takes)| Some((fact, (*takes)?))).collect())
                .collect();
            let count = cheapest.len() as u32;
            let expected = least.map(|_| Cheapest { count, first: cheapest.into_iter().take(most).collect() });
            prop_assert_eq!(diagrams.cheapest(&roots, &choices, most, MAX_NODES).unwrap(), expected);
        }
    }

    #[test]
    fn more_nodes_than_the_limit_are_refused() {
        let mut diagrams = Diagrams::new(vec![2; 8]);
        let all = (0..8).map(|fact| diagrams.test(fact, 1).unwrap()).collect::<Vec<_>>();
        let root = all.into_iter().try_fold(ALWAYS, |so_far, test| diagrams.and(so_far, test)).unwrap();
        let choices = vec![Choices { stays: Some(0), takes: vec![1] }; 8];
        assert_eq!(diagrams.cheapest(&[root], &choices, 1, 10).unwrap().map(|found| found.count), Some(1));
        let error = diagrams.cheapest(&[root], &choices, 1, 9).unwrap_err();
        assert!(matches!(error, PolicyError::Limit { limit: 9, .. }), "{error}");
    }
}
