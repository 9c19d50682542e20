//! A function as few cubes: each fact limited to some of its values, no cube that could be wider, none that could go.
//!
//! Cubes are found largest branch first, widened against the whole function, and taken off what remains; at the end
//! each cube that the others cover goes. So the cover is irredundant and its cubes are prime, as Minato's covers are,
//! for facts of any number of values.

use std::collections::HashMap;

use super::{ALWAYS, Diagrams, NEVER, Root};
use crate::policy::error::PolicyError;

/// For each variable the values that it may have, one bit each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::policy) struct Cube(pub(in crate::policy) Vec<u32>);

/// Cubes that together are a function, or with `cut` a part of it.
#[derive(Debug)]
pub(in crate::policy) struct Cover {
    /// With the number of points of each over all variables, the largest first.
    pub(in crate::policy) cubes: Vec<(Cube, u128)>,
    /// There are more cubes than were asked for.
    pub(in crate::policy) cut: bool,
}

/// With so many nodes, those of earlier steps are forgotten.
const MANY: usize = 1 << 13;
/// The largest share that a branch can have, so that the rounding of many divisions is small.
const WHOLE: u128 = 1 << 120;

impl Cube {
    fn of(&self, fact: u8) -> u32 {
        self.0.get(usize::from(fact)).copied().unwrap_or_default()
    }

    fn allows(&self, fact: u8, value: usize) -> bool {
        self.of(fact) >> value & 1 == 1
    }
}

impl Diagrams {
    /// Prime cubes that cover the function, none of them in vain; at most `limit`.
    pub(in crate::policy) fn cover(&self, root: Root, limit: usize) -> Result<Cover, PolicyError> {
        let (mut whole, mut rest) = (root, root);
        let mut d = self.pruned(&mut [&mut whole, &mut rest]).reopen();
        let mut cubes = Vec::new();
        let mut cut = false;
        while let Some(branch) = d.largest_branch(rest) {
            if cubes.len() == limit {
                cut = true;
                break;
            }
            let cube = d.widened(whole, branch);
            let root = d.cube(&cube)?;
            rest = d.but_not(rest, root)?;
            cubes.push((cube, d.count(root, d.variables())));
            if d.nodes.len() > MANY {
                // What is left of earlier steps would fill the room for nodes.
                d = d.pruned(&mut [&mut whole, &mut rest]).reopen();
            }
        }
        cubes.sort_by_key(|(_, points)| *points);
        let mut cubes = d.irredundant(cubes)?;
        cubes.reverse();
        Ok(Cover { cubes, cut })
    }

    /// A cube in which the function is true and which could not be wider; none when it never is.
    pub(in crate::policy) fn widest(&self, root: Root) -> Option<Cube> {
        self.largest_branch(root).map(|branch| self.widened(root, branch))
    }

    /// The function that is true in a cube.
    fn cube(&mut self, cube: &Cube) -> Result<Root, PolicyError> {
        (0..self.sizes.len() as u8).rev().try_fold(ALWAYS, |below, fact| {
            let values = 0..self.size(fact);
            let children = values.map(|value| if cube.allows(fact, value) { below } else { NEVER }).collect();
            self.node(fact, children)
        })
    }

    /// Of the branches that make the function true, the one that has the most points; values that go the same way are
    /// one branch.
    fn largest_branch(&self, mut root: Root) -> Option<Cube> {
        let mut shares = HashMap::new();
        self.share(root, &mut shares);
        let mut cube = Cube(self.sizes.iter().map(|size| all_of(usize::from(*size))).collect());
        while root > ALWAYS {
            let (child, values) = self.best_child(root, &shares)?;
            cube.0.get_mut(usize::from(self.fact(root))).into_iter().for_each(|allowed| *allowed = values);
            root = child;
        }
        (root == ALWAYS).then_some(cube)
    }

    /// The share of the space that the largest branch has, and the same for all below.
    fn share(&self, root: Root, shares: &mut HashMap<Root, u128>) -> u128 {
        if root <= ALWAYS {
            return WHOLE * u128::from(root);
        }
        if let Some(share) = shares.get(&root) {
            return *share;
        }
        for child in self.children(root) {
            let share = self.share(*child, shares);
            shares.insert(*child, share);
        }
        let share = self.best_child(root, shares).map_or(0, |(child, values)| self.branch(root, child, values, shares));
        shares.insert(root, share);
        share
    }

    fn best_child(&self, root: Root, shares: &HashMap<Root, u128>) -> Option<(Root, u32)> {
        let children = self.children(root);
        let ways = children.iter().filter(|child| **child != NEVER).map(|child| {
            let same = children.iter().enumerate().filter(|(_, other)| *other == child);
            (*child, same.fold(0, |values, (value, _)| values | 1 << value))
        });
        ways.max_by_key(|(child, values)| self.branch(root, *child, *values, shares))
    }

    fn branch(&self, root: Root, child: Root, values: u32, shares: &HashMap<Root, u128>) -> u128 {
        let below = shares.get(&child).copied().unwrap_or_default();
        // Never nothing: a way that leads to the true leaf stays one after any number of divisions.
        (below * u128::from(values.count_ones()) / self.size(self.fact(root)).max(1) as u128).max(1)
    }

    /// The cube with as many values as can be added while the function stays true in all of it: a prime one.
    fn widened(&self, root: Root, mut cube: Cube) -> Cube {
        // A value that could not be added can't be added later either, so one pass leaves nothing to add. The facts
        // that hold the most back come first.
        let mut order: Vec<u8> = (0..self.sizes.len() as u8).collect();
        order.sort_by_key(|fact| cube.of(*fact).count_ones() * 32 / self.size(*fact).max(1) as u32);
        for fact in order {
            for value in 0..self.size(fact) {
                let before = cube.of(fact);
                let Some(allowed) = cube.0.get_mut(usize::from(fact)) else { continue };
                *allowed |= 1 << value;
                if *allowed != before && !self.all_true(root, &cube) {
                    cube.0.get_mut(usize::from(fact)).into_iter().for_each(|allowed| *allowed = before);
                }
            }
        }
        cube
    }

    /// Whether the function is true in all of a cube.
    fn all_true(&self, root: Root, cube: &Cube) -> bool {
        let mut seen = vec![false; self.nodes.len()];
        let mut next = vec![root];
        while let Some(root) = next.pop() {
            if root == NEVER {
                return false;
            }
            if let Some(seen) = seen.get_mut(root as usize)
                && !std::mem::replace(seen, true)
            {
                let fact = self.fact(root);
                let ways = self.children(root).iter().enumerate();
                next.extend(ways.filter(|(value, _)| cube.allows(fact, *value)).map(|(_, child)| *child));
            }
        }
        true
    }

    /// The cubes without those that the others cover; the first are tried first.
    fn irredundant(&mut self, cubes: Vec<(Cube, u128)>) -> Result<Vec<(Cube, u128)>, PolicyError> {
        let mut behind = vec![NEVER];
        for (cube, _) in cubes.iter().rev() {
            let root = self.cube(cube)?;
            let last = behind.last().copied().unwrap_or(NEVER);
            behind.push(self.or(last, root)?);
        }
        behind.pop();
        let mut kept = Vec::new();
        let mut before = NEVER;
        for cube in cubes {
            let others = self.or(before, behind.pop().unwrap_or(NEVER))?;
            if !self.all_true(others, &cube.0) {
                let root = self.cube(&cube.0)?;
                before = self.or(before, root)?;
                kept.push(cube);
            }
        }
        Ok(kept)
    }
}

fn all_of(size: usize) -> u32 {
    (0..size).fold(0, |all, value| all | 1 << value)
}

#[cfg(test)]
mod tests {
    use super::super::formula::{SIZES, build, completions, formula, plain};
    use super::*;
    use proptest::prelude::*;

    fn within(cube: &Cube, point: &[u8]) -> bool {
        point.iter().enumerate().all(|(fact, value)| cube.allows(fact as u8, usize::from(*value)))
    }

    proptest! {
        #[test]
        fn a_cover_is_the_function_in_prime_cubes_and_none_in_vain(a in formula()) {
            let mut diagrams = Diagrams::new(SIZES.to_vec());
            let root = build(&mut diagrams, &a);
            let cover = diagrams.cover(root, 96).unwrap();
            let points = completions(&[None; 5]);
            prop_assert!(!cover.cut);
            for point in &points {
                prop_assert_eq!(cover.cubes.iter().any(|(cube, _)| within(cube, point)), plain(&a, point));
            }
            for (place, (cube, count)) in cover.cubes.iter().enumerate() {
                prop_assert_eq!(points.iter().filter(|point| within(cube, point)).count() as u128, *count);
                let alone = points.iter().any(|point| within(cube, point) && !cover.cubes.iter().enumerate()
                    .any(|(other, (cube, _))| other != place && within(cube, point)));
                prop_assert!(alone, "a cube in vain");
                for (fact, size) in SIZES.iter().enumerate() {
                    for value in 0..*size {
                        let mut wider = cube.clone();
                        wider.0[fact] |= 1 << value;
                        let wrong = points.iter().any(|point| within(&wider, point) && !plain(&a, point));
                        prop_assert!(wider == *cube || wrong, "a cube that could be wider");
                    }
                }
            }
            prop_assert!(cover.cubes.is_sorted_by(|(_, a), (_, b)| a >= b));
        }

        #[test]
        fn a_cut_cover_says_so_and_is_right_where_it_speaks(a in formula(), limit in 0usize..3) {
            let mut diagrams = Diagrams::new(SIZES.to_vec());
            let root = build(&mut diagrams, &a);
            let cover = diagrams.cover(root, limit).unwrap();
            prop_assert!(cover.cubes.len() <= limit);
            let points = completions(&[None; 5]);
            let covered = |point: &[u8]| cover.cubes.iter().any(|(cube, _)| within(cube, point));
            prop_assert!(points.iter().all(|point| !covered(point) || plain(&a, point)));
            prop_assert_eq!(cover.cut, points.iter().any(|point| plain(&a, point) && !covered(point)));
        }
    }

    #[test]
    fn the_largest_cubes_come_first_over_many_facts() {
        let mut diagrams = Diagrams::new(vec![32; 60]);
        let narrow = (0..60).try_fold(ALWAYS, |all, fact| {
            let test = diagrams.test(fact, 0)?;
            diagrams.and(all, test)
        });
        let wide = diagrams.test(59, 3).unwrap();
        let both = diagrams.or(narrow.unwrap(), wide).unwrap();
        let cover = diagrams.cover(both, 8).unwrap();
        assert_eq!(cover.cubes.len(), 2);
        assert_eq!((cover.cubes[0].0.0[59], cover.cubes[0].0.0[0]), (1 << 3, u32::MAX));
    }
}
