//! How many points make a function true.

use std::collections::HashMap;

use super::{ALWAYS, Diagrams, NEVER, Root};

impl Diagrams {
    /// Every variable, one bit each.
    pub(in crate::policy) fn variables(&self) -> u64 {
        (0..self.sizes.len() as u8).fold(0, |all, fact| all | 1 << fact)
    }

    /// How many points there are over some variables; `u128::MAX` stands for that many and more.
    pub(in crate::policy) fn points(&self, over: u64) -> u128 {
        self.points_between(0, self.sizes.len() as u8, over)
    }

    /// How many points over some variables make the function true; `u128::MAX` stands for that many and more.
    /// The function depends on no other variable.
    pub(in crate::policy) fn count(&self, root: Root, over: u64) -> u128 {
        let mut done = HashMap::new();
        let below = self.count_below(root, over, &mut done);
        self.points_between(0, self.level(root), over).saturating_mul(below)
    }

    /// The count over the variables from the root's own on.
    fn count_below(&self, root: Root, over: u64, done: &mut HashMap<Root, u128>) -> u128 {
        if root <= ALWAYS {
            return u128::from(root);
        }
        if let Some(count) = done.get(&root) {
            return *count;
        }
        let below = self.fact(root) + 1;
        let count = self.children(root).iter().fold(0u128, |all, child| {
            let skipped = self.points_between(below, self.level(*child), over);
            all.saturating_add(skipped.saturating_mul(self.count_below(*child, over, done)))
        });
        done.insert(root, count);
        count
    }

    /// The variable that the function tests first; behind all of them for a leaf.
    fn level(&self, root: Root) -> u8 {
        if root <= ALWAYS { self.sizes.len() as u8 } else { self.fact(root) }
    }

    fn points_between(&self, from: u8, to: u8, over: u64) -> u128 {
        let within = (from..to).filter(|fact| over >> fact & 1 == 1);
        within.fold(1, |all, fact| all.saturating_mul(self.size(fact) as u128))
    }

    /// The variables on which the function depends, one bit each.
    pub(in crate::policy) fn support(&self, root: Root) -> u64 {
        let mut seen = vec![false; self.nodes.len()];
        let mut next = vec![root];
        let mut support = 0;
        while let Some(root) = next.pop() {
            if let Some(seen) = seen.get_mut(root as usize)
                && root > ALWAYS
                && !std::mem::replace(seen, true)
            {
                support |= 1 << self.fact(root);
                next.extend(self.children(root).iter().filter(|child| **child != NEVER));
            }
        }
        support
    }
}

#[cfg(test)]
mod tests {
    use super::super::formula::{SIZES, build, completions, formula, plain};
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn counts_and_support_equal_enumeration(a in formula()) {
            let mut diagrams = Diagrams::new(SIZES.to_vec());
            let root = build(&mut diagrams, &a);
            let points = completions(&[None; 5]);
            let true_at = points.iter().filter(|point| plain(&a, point)).count() as u128;
            prop_assert_eq!(diagrams.count(root, diagrams.variables()), true_at);
            let support = (0..SIZES.len()).filter(|fact| {
                points.iter().any(|point| {
                    let mut moved = point.clone();
                    moved[*fact] = 0;
                    plain(&a, point) != plain(&a, &moved)
                })
            });
            let support = support.fold(0, |all, fact| all | 1 << fact);
            prop_assert_eq!(diagrams.support(root), support);
            // Over the variables that matter alone, each point stands for as many as the others have.
            let others = diagrams.points(diagrams.variables() & !support);
            prop_assert_eq!(diagrams.count(root, support) * others, true_at);
        }
    }

    #[test]
    fn a_count_beyond_the_word_stays_at_its_end() {
        let mut diagrams = Diagrams::new(vec![32; 64]);
        let root = diagrams.test(3, 7).unwrap();
        assert_eq!(diagrams.count(root, diagrams.variables()), u128::MAX);
        assert_eq!(diagrams.count(NEVER, diagrams.variables()), 0);
        assert_eq!(diagrams.points(0b11), 1024);
    }
}
