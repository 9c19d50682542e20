//! A function carried over into other diagrams, whose variables may stand in another order.

use std::collections::HashMap;

use super::{ALWAYS, Diagrams, NEVER, Root};
use crate::policy::error::PolicyError;

impl Diagrams {
    /// The same function in other diagrams: this one's variable `fact` is the other's `places[fact]`, of the same size.
    pub(in crate::policy) fn transfer(
        &self,
        root: Root,
        into: &mut Diagrams,
        places: &[u8],
    ) -> Result<Root, PolicyError> {
        self.transfer_below(root, into, places, &mut HashMap::new())
    }

    fn transfer_below(
        &self,
        root: Root,
        into: &mut Diagrams,
        places: &[u8],
        done: &mut HashMap<Root, Root>,
    ) -> Result<Root, PolicyError> {
        if root <= ALWAYS {
            return Ok(root);
        }
        if let Some(image) = done.get(&root) {
            return Ok(*image);
        }
        // What stands below may be tested above in the other order, so the node is put together from its branches.
        let place = places.get(usize::from(self.fact(root))).copied().unwrap_or(u8::MAX);
        let mut image = NEVER;
        for (value, child) in self.children(root).iter().enumerate() {
            let below = self.transfer_below(*child, into, places, done)?;
            let test = into.test(place, value)?;
            let branch = into.and(test, below)?;
            image = into.or(image, branch)?;
        }
        done.insert(root, image);
        Ok(image)
    }
}

#[cfg(test)]
mod tests {
    use super::super::formula::{SIZES, build, completions, formula, plain};
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_function_is_the_same_in_another_order(a in formula(), order in Just([0u8, 1, 2, 3, 4, 5]).prop_shuffle()) {
            let mut diagrams = Diagrams::new(SIZES.to_vec());
            let root = build(&mut diagrams, &a);
            // The other diagrams have a variable more; fact `n` stands at `order[n]`.
            let mut sizes = vec![6; 6];
            SIZES.iter().zip(order).for_each(|(size, place)| sizes[usize::from(place)] = *size);
            let mut other = Diagrams::new(sizes);
            let image = diagrams.transfer(root, &mut other, &order).unwrap();
            for point in completions(&[None; 5]) {
                let mut known = vec![Some(0); 6];
                point.iter().zip(order).for_each(|(value, place)| known[usize::from(place)] = Some(*value));
                prop_assert_eq!(other.restrict(&known).always(image), plain(&a, &point));
            }
        }
    }
}
