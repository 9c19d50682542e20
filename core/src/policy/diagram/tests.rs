//! Diagrams against the plain evaluation of the formulas that they were built from.

use super::*;
use proptest::prelude::*;

/// A formula that the diagrams and a plain evaluation both understand.
#[derive(Debug, Clone)]
pub(super) enum Formula {
    Test(u8, usize),
    Not(Box<Formula>),
    And(Box<Formula>, Box<Formula>),
    Or(Box<Formula>, Box<Formula>),
}

pub(super) const SIZES: [u8; 5] = [2, 3, 2, 4, 2];

pub(super) fn formula() -> impl Strategy<Value = Formula> {
    let test = (0u8..5)
        .prop_flat_map(|fact| (0..usize::from(SIZES[fact as usize])).prop_map(move |value| Formula::Test(fact, value)));
    test.prop_recursive(5, 40, 2, |inner| {
        prop_oneof![
            inner.clone().prop_map(|a| Formula::Not(a.into())),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| Formula::And(a.into(), b.into())),
            (inner.clone(), inner).prop_map(|(a, b)| Formula::Or(a.into(), b.into())),
        ]
    })
}

pub(super) fn build(diagrams: &mut Diagrams, formula: &Formula) -> Root {
    match formula {
        Formula::Test(fact, value) => diagrams.test(*fact, *value).unwrap(),
        Formula::Not(a) => {
            let a = build(diagrams, a);
            diagrams.not(a).unwrap()
        }
        Formula::And(a, b) => {
            let (a, b) = (build(diagrams, a), build(diagrams, b));
            diagrams.and(a, b).unwrap()
        }
        Formula::Or(a, b) => {
            let (a, b) = (build(diagrams, a), build(diagrams, b));
            diagrams.or(a, b).unwrap()
        }
    }
}

pub(super) fn plain(formula: &Formula, point: &[u8]) -> bool {
    match formula {
        Formula::Test(fact, value) => usize::from(point[*fact as usize]) == *value,
        Formula::Not(a) => !plain(a, point),
        Formula::And(a, b) => plain(a, point) && plain(b, point),
        Formula::Or(a, b) => plain(a, point) || plain(b, point),
    }
}

/// Every completion of the known facts.
pub(super) fn completions(known: &[Option<u8>]) -> Vec<Vec<u8>> {
    known.iter().zip(SIZES).fold(vec![Vec::new()], |points, (value, size)| {
        let values: Vec<u8> = value.map_or_else(|| (0..size).collect(), |value| vec![value]);
        points.iter().flat_map(|point| values.iter().map(move |value| [point.as_slice(), &[*value]].concat())).collect()
    })
}

proptest! {
    #[test]
    fn restriction_equals_enumeration(
        a in formula(),
        b in formula(),
        known in SIZES.map(|size| prop::option::of(0..size)),
    ) {
        let mut diagrams = Diagrams::new(SIZES.to_vec());
        let (mut root, mut other) = (build(&mut diagrams, &a), build(&mut diagrams, &b));
        diagrams.finish(&mut [&mut root, &mut other]);
        let rest = diagrams.restrict(&known);
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
