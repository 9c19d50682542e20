//! Restriction and witnesses against plain enumeration.

use super::formula::{SIZES, build, completions, formula, plain};
use super::*;
use proptest::prelude::*;

proptest! {
    #[test]
    fn restriction_equals_enumeration(
        a in formula(),
        b in formula(),
        known in SIZES.map(|size| prop::option::of(0..size)),
        answering in 0usize..=2,
    ) {
        let mut diagrams = Diagrams::new(SIZES.to_vec());
        let (mut root, mut other) = (build(&mut diagrams, &a), build(&mut diagrams, &b));
        diagrams.finish(answering, &mut [&mut root, &mut other]);
        let (rest, answers) = (diagrams.restrict(&known), diagrams.restrict_answers(&known));
        for answer in [root, other].iter().take(answering) {
            prop_assert_eq!(answers.of(*answer), rest.of(*answer));
            prop_assert_eq!(answers.depends_on(*answer), rest.depends_on(*answer));
        }
        let points = completions(&known);
        prop_assert_eq!(rest.always(root), points.iter().all(|point| plain(&a, point)));
        prop_assert_eq!(rest.possible(root), points.iter().any(|point| plain(&a, point)));
        prop_assert_eq!(rest.same(root, other), points.iter().all(|point| plain(&a, point) == plain(&b, point)));
        for fact in 0..SIZES.len() {
            let depends = known[fact].is_none() && points.iter().any(|point| {
                let mut moved = point.clone();
                moved[fact] = 0;
                plain(&a, point) != plain(&a, &moved)
            });
            prop_assert_eq!(rest.depends_on(root) >> fact & 1 == 1, depends);
        }
    }

    #[test]
    fn a_witness_makes_the_function_true(a in formula()) {
        let mut diagrams = Diagrams::new(SIZES.to_vec());
        let root = build(&mut diagrams, &a);
        match diagrams.witness(root) {
            Some(facts) => {
                let mut point = [0; 5];
                facts.iter().for_each(|(fact, value)| point[*fact as usize] = *value as u8);
                prop_assert!(plain(&a, &point));
            }
            None => prop_assert!(completions(&[None; 5]).iter().all(|point| !plain(&a, point))),
        }
    }
}
