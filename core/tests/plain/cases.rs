//! Cases with unknown facts, their completions, and the documents that the engine is given.

use kaifang::policy::Facts;
use proptest::prelude::Rng;
use proptest::test_runner::{RngAlgorithm, TestRng};

use super::{FACTS, Point, Table};

/// For each fact the place of its value; none is unknown.
pub(crate) type Case = [Option<u8>; FACTS];

/// A case of which every fact of the table is unknown.
pub(crate) const UNKNOWN: Case = [None; FACTS];

pub(crate) fn known(point: &Point) -> Case {
    point.map(Some)
}

/// Every completion of a case, the first unknown fact running fastest.
pub(crate) struct Completions {
    pub(crate) points: Vec<Point>,
    pub(crate) unknown: Vec<Unknown>,
}

/// An unknown fact: its completions follow each other `stride` apart.
pub(crate) struct Unknown {
    pub(crate) fact: usize,
    pub(crate) size: usize,
    pub(crate) stride: usize,
}

pub(crate) fn completions(table: Table, case: &Case) -> Completions {
    let mut points = vec![case.map(Option::unwrap_or_default)];
    let mut unknown = Vec::new();
    for (fact, (_, words)) in table.iter().enumerate().filter(|(fact, _)| case[*fact].is_none()) {
        let stride = points.len();
        unknown.push(Unknown { fact, size: words.len(), stride });
        for value in 1..words.len() as u8 {
            for at in 0..stride {
                let mut point = points[at];
                point[fact] = value;
                points.push(point);
            }
        }
    }
    Completions { points, unknown }
}

impl Completions {
    /// The smallest set of unknown facts whose answers always settle the outcome.
    ///
    /// A fact is needed if two completions that differ in it alone have different outcomes. Every set that settles has
    /// each needed fact, for without it those two completions are not told apart. And the needed facts settle: of two
    /// completions that agree on them, one becomes the other by changing facts that are not needed, one at a time, and
    /// no such step changes the outcome. So they are the one smallest set, whatever the order of the facts.
    pub(crate) fn needed<T: PartialEq>(&self, outcome: &[T]) -> Vec<usize> {
        let needed = |unknown: &&Unknown| {
            let apart = |at: usize| at / unknown.stride % unknown.size + 1 < unknown.size;
            (0..outcome.len()).any(|at| apart(at) && outcome[at] != outcome[at + unknown.stride])
        };
        self.unknown.iter().filter(needed).map(|unknown| unknown.fact).collect()
    }
}

/// Sets one fact of a document.
pub(crate) fn put(facts: &mut Facts, table: Table, fact: usize, value: u8) {
    let (name, words) = table[fact];
    match words[usize::from(value)] {
        "true" => facts.set(name, true),
        "false" => facts.set(name, false),
        word => facts.set(name, word),
    };
}

pub(crate) fn document(table: Table, case: &Case) -> Facts {
    let mut facts = Facts::new();
    for (fact, value) in case.iter().enumerate().take(table.len()) {
        if let Some(value) = value {
            put(&mut facts, table, fact, *value);
        }
    }
    facts
}

/// How many points a section has.
pub(crate) fn size(table: Table) -> usize {
    table.iter().map(|(_, words)| words.len()).product()
}

/// The point of a section at a place, the first fact running fastest.
pub(crate) fn point(table: Table, mut place: usize) -> Point {
    let mut point = [0; FACTS];
    for (value, (_, words)) in point.iter_mut().zip(table) {
        *value = (place % words.len()) as u8;
        place /= words.len();
    }
    point
}

/// Goes from a point to the next, and says how many facts, from the first, have changed.
pub(crate) fn advance(table: Table, point: &mut Point) -> usize {
    for (fact, (_, words)) in table.iter().enumerate() {
        if usize::from(point[fact]) + 1 < words.len() {
            point[fact] += 1;
            return fact + 1;
        }
        point[fact] = 0;
    }
    table.len()
}

pub(crate) fn rng(seed: [u8; 32]) -> TestRng {
    TestRng::from_seed(RngAlgorithm::ChaCha, &seed)
}

pub(crate) fn below(rng: &mut TestRng, n: usize) -> usize {
    (rng.next_u64() % n as u64) as usize
}

/// A random case with at most so many unknown facts. `lenient` facts mostly take the value named, so that permits are
/// not drowned in denials.
pub(crate) fn random(rng: &mut TestRng, table: Table, unknown: usize, lenient: &[(usize, u8)]) -> Case {
    let mut case = [Some(0); FACTS];
    for (fact, (_, words)) in table.iter().enumerate() {
        let good = lenient.iter().find(|(name, _)| *name == fact).filter(|_| below(rng, 8) != 0);
        case[fact] = Some(good.map_or_else(|| below(rng, words.len()) as u8, |(_, value)| *value));
    }
    for _ in 0..unknown {
        case[below(rng, table.len())] = None;
    }
    case
}
