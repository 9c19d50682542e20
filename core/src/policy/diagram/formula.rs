//! Formulas for the tests of the diagrams: what a plain evaluation says of each point.

use super::{Diagrams, Root};
use proptest::prelude::*;

/// A formula that the diagrams and a plain evaluation both understand.
#[derive(Debug, Clone)]
pub(super) enum Formula {
    Test(u8, usize),
    Not(Box<Formula>),
    And(Box<Formula>, Box<Formula>),
    Or(Box<Formula>, Box<Formula>),
}

/// The values of each fact.
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
