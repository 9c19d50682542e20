//! Functions with some variables put in, or quantified away.

use std::collections::HashMap;

use super::{ALWAYS, Diagrams, Root};
use crate::policy::error::PolicyError;

impl Diagrams {
    /// What remains of a function once the known variables are put in, as a function on which more can be built.
    pub(in crate::policy) fn assume(&mut self, root: Root, known: &[Option<u8>]) -> Result<Root, PolicyError> {
        self.assume_below(root, known, &mut HashMap::new())
    }

    fn assume_below(
        &mut self,
        root: Root,
        known: &[Option<u8>],
        done: &mut HashMap<Root, Root>,
    ) -> Result<Root, PolicyError> {
        if root <= ALWAYS {
            return Ok(root);
        }
        if let Some(image) = done.get(&root) {
            return Ok(*image);
        }
        let fact = self.fact(root);
        let image = match known.get(usize::from(fact)).copied().flatten() {
            Some(value) => self.assume_below(self.cofactor(root, fact, usize::from(value)), known, done)?,
            None => {
                let children = self.children(root).to_vec().into_iter();
                let children = children.map(|child| self.assume_below(child, known, done)).collect::<Result<_, _>>()?;
                self.node(fact, children)?
            }
        };
        done.insert(root, image);
        Ok(image)
    }

    /// The function with one variable put in.
    pub(in crate::policy) fn with(&mut self, root: Root, fact: u8, value: u8) -> Result<Root, PolicyError> {
        let mut known = vec![None; self.sizes.len()];
        known.get_mut(usize::from(fact)).into_iter().for_each(|slot| *slot = Some(value));
        self.assume(root, &known)
    }

    /// Where some values of these variables make the function true, whatever they are there.
    pub(in crate::policy) fn exists(&mut self, root: Root, variables: u64) -> Result<Root, PolicyError> {
        self.quantified(root, variables, Diagrams::or, &mut HashMap::new())
    }

    /// Where all values of these variables make the function true.
    pub(in crate::policy) fn forall(&mut self, root: Root, variables: u64) -> Result<Root, PolicyError> {
        self.quantified(root, variables, Diagrams::and, &mut HashMap::new())
    }

    fn quantified(
        &mut self,
        root: Root,
        variables: u64,
        join: fn(&mut Diagrams, Root, Root) -> Result<Root, PolicyError>,
        done: &mut HashMap<Root, Root>,
    ) -> Result<Root, PolicyError> {
        // Below the last of the variables nothing changes.
        if root <= ALWAYS || variables >> self.fact(root) == 0 {
            return Ok(root);
        }
        if let Some(image) = done.get(&root) {
            return Ok(*image);
        }
        let fact = self.fact(root);
        let mut children = Vec::new();
        for child in self.children(root).to_vec() {
            children.push(self.quantified(child, variables, join, done)?);
        }
        let image = match children.split_first() {
            Some((first, others)) if variables >> fact & 1 == 1 => {
                others.iter().try_fold(*first, |all, child| join(self, all, *child))?
            }
            _ => self.node(fact, children.into())?,
        };
        done.insert(root, image);
        Ok(image)
    }

    /// Where the function changes with a variable, the others left as they are.
    pub(in crate::policy) fn turns_on(&mut self, root: Root, fact: u8) -> Result<Root, PolicyError> {
        let (some, all) = (self.exists(root, 1 << fact)?, self.forall(root, 1 << fact)?);
        self.but_not(some, all)
    }

    /// Where two functions differ.
    pub(in crate::policy) fn differ(&mut self, a: Root, b: Root) -> Result<Root, PolicyError> {
        let (only_a, only_b) = (self.but_not(a, b)?, self.but_not(b, a)?);
        self.or(only_a, only_b)
    }
}

#[cfg(test)]
mod tests {
    use super::super::formula::{SIZES, build, completions, formula, plain};
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn putting_in_and_quantifying_equal_enumeration(
            a in formula(),
            b in formula(),
            known in SIZES.map(|size| prop::option::of(0..size)),
            variables in 0u64..32,
        ) {
            let mut diagrams = Diagrams::new(SIZES.to_vec());
            let (root, other) = (build(&mut diagrams, &a), build(&mut diagrams, &b));
            let assumed = diagrams.assume(root, &known).unwrap();
            let some = diagrams.exists(root, variables).unwrap();
            let all = diagrams.forall(root, variables).unwrap();
            let differ = diagrams.differ(root, other).unwrap();
            let turns: Vec<Root> = (0..5).map(|fact| diagrams.turns_on(root, fact).unwrap()).collect();
            let holds = |root, point: &[u8]| {
                let known: Vec<Option<u8>> = point.iter().copied().map(Some).collect();
                diagrams.restrict(&known).always(root)
            };
            for point in completions(&[None; 5]) {
                let moved: Vec<u8> = point.iter().zip(known).map(|(value, known)| known.unwrap_or(*value)).collect();
                prop_assert_eq!(holds(assumed, &point), plain(&a, &moved));
                let free: Vec<Option<u8>> = point.iter().enumerate()
                    .map(|(fact, value)| (variables >> fact & 1 == 0).then_some(*value)).collect();
                let others = completions(&free);
                prop_assert_eq!(holds(some, &point), others.iter().any(|other| plain(&a, other)));
                prop_assert_eq!(holds(all, &point), others.iter().all(|other| plain(&a, other)));
                prop_assert_eq!(holds(differ, &point), plain(&a, &point) != plain(&b, &point));
                for (fact, turns) in turns.iter().enumerate() {
                    let mut free: Vec<Option<u8>> = point.iter().copied().map(Some).collect();
                    free[fact] = None;
                    let others = completions(&free);
                    let changes = others.iter().any(|other| plain(&a, other) != plain(&a, &point));
                    prop_assert_eq!(holds(*turns, &point), changes);
                }
            }
        }
    }
}
