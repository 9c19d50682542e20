//! The equivalence classes of a table, counted in one pass.
//!
//! Each column's values get small numbers; a row's class is found column by column, from the number of the class so far
//! and the number of the value. So no key is built for a row, and what is held is bounded by the limit.

use std::collections::{BTreeMap, HashMap, HashSet};

use arrow::array::ArrayRef;

use crate::desensitize::visit;

/// Values longer than this are held as their SHA-256.
const LONGEST: usize = 64;

/// Why the classes could not be counted.
pub(super) enum Failure {
    /// The column at this position, quasi-identifiers first.
    Type(usize),
    TooMany,
    Memory,
}

/// The numbers of the distinct values of a column.
#[derive(Default)]
struct Values {
    numbers: HashMap<Box<[u8]>, u32>,
    null: Option<u32>,
}

/// The classes found so far.
pub(super) struct Classes {
    limit: u32,
    rows: u64,
    quasi: Vec<Values>,
    /// For each quasi-identifier after the first: (class so far, value) → class.
    steps: Vec<HashMap<(u32, u32), u32>>,
    /// The size of each class.
    sizes: Vec<u64>,
    sensitive: Vec<(Values, HashSet<(u32, u32)>)>,
}

impl Classes {
    pub(super) fn new(quasi: usize, sensitive: usize, limit: u32) -> Self {
        Classes {
            limit,
            rows: 0,
            quasi: (0..quasi).map(|_| Values::default()).collect(),
            steps: (1..quasi).map(|_| HashMap::new()).collect(),
            sizes: Vec::new(),
            sensitive: (0..sensitive).map(|_| Default::default()).collect(),
        }
    }

    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    /// Adds a batch: its quasi-identifiers and its sensitive columns, in the order of the question.
    pub(super) fn add(&mut self, rows: usize, quasi: &[ArrayRef], sensitive: &[ArrayRef]) -> Result<(), Failure> {
        let limit = self.limit;
        // Where nothing tells rows apart they are one class, the first.
        let mut classes: Vec<u32> = Vec::new();
        if self.quasi.is_empty() {
            classes.try_reserve_exact(rows).map_err(|_| Failure::Memory)?;
            classes.resize(rows, 0);
        }
        for (position, (values, array)) in self.quasi.iter_mut().zip(quasi).enumerate() {
            let numbers = values.number(array, position, limit)?;
            match position.checked_sub(1).and_then(|step| self.steps.get_mut(step)) {
                None => classes = numbers,
                Some(step) => {
                    for (class, number) in classes.iter_mut().zip(numbers) {
                        let next = u32::try_from(step.len()).map_err(|_| Failure::TooMany)?;
                        let key = (*class, number);
                        *class = match step.get(&key) {
                            Some(known) => *known,
                            None if next >= limit => return Err(Failure::TooMany),
                            None => {
                                step.try_reserve(1).map_err(|_| Failure::Memory)?;
                                step.insert(key, next);
                                next
                            }
                        };
                    }
                }
            }
        }
        for class in &classes {
            let class = *class as usize;
            if class >= self.sizes.len() {
                // Numbers are given in order, so a new class is the next one.
                self.sizes.try_reserve(1).map_err(|_| Failure::Memory)?;
                self.sizes.resize(class + 1, 0);
            }
            if let Some(size) = self.sizes.get_mut(class) {
                *size += 1;
            }
        }
        let before = self.quasi.len();
        for (position, ((values, pairs), array)) in self.sensitive.iter_mut().zip(sensitive).enumerate() {
            let numbers = values.number(array, before + position, limit)?;
            for pair in classes.iter().copied().zip(numbers) {
                pairs.try_reserve(1).map_err(|_| Failure::Memory)?;
                pairs.insert(pair);
            }
        }
        self.rows += rows as u64;
        Ok(())
    }

    /// How many classes have each size.
    pub(super) fn by_size(&self) -> BTreeMap<u64, u64> {
        let mut sizes = BTreeMap::new();
        for size in &self.sizes {
            *sizes.entry(*size).or_insert(0) += 1;
        }
        sizes
    }

    /// For each sensitive column: the fewest distinct values in a class, how many classes have one only, and the rows of
    /// these.
    pub(super) fn diversity(&self) -> Vec<(Option<u64>, u64, u64)> {
        let one = |pairs: &HashSet<(u32, u32)>| {
            let mut distinct: Vec<u64> = vec![0; self.sizes.len()];
            for (class, _) in pairs {
                if let Some(count) = distinct.get_mut(*class as usize) {
                    *count += 1;
                }
            }
            let alike = distinct.iter().zip(&self.sizes).filter(|(distinct, _)| **distinct == 1);
            let (classes, rows) = alike.fold((0, 0), |(classes, rows), (_, size)| (classes + 1, rows + size));
            (distinct.iter().min().copied(), classes, rows)
        };
        self.sensitive.iter().map(|(_, pairs)| one(pairs)).collect()
    }
}

impl Values {
    /// The number of each cell of a column; a null is a value of its own.
    fn number(&mut self, array: &ArrayRef, position: usize, limit: u32) -> Result<Vec<u32>, Failure> {
        let mut numbers = Vec::new();
        numbers.try_reserve_exact(array.len()).map_err(|_| Failure::Memory)?;
        let mut failure = None;
        let comparable = visit(array, &mut |cell| match self.of(cell, limit) {
            Ok(number) => numbers.push(number),
            Err(error) => failure = Some(error),
        });
        match failure {
            Some(failure) => Err(failure),
            None if !comparable => Err(Failure::Type(position)),
            None => Ok(numbers),
        }
    }

    fn of(&mut self, cell: Option<&[u8]>, limit: u32) -> Result<u32, Failure> {
        let next = u32::try_from(self.numbers.len()).map_err(|_| Failure::TooMany)? + u32::from(self.null.is_some());
        let Some(bytes) = cell else {
            return Ok(*self.null.get_or_insert(next));
        };
        let long;
        let key: &[u8] = if bytes.len() <= LONGEST {
            bytes
        } else {
            // One byte longer than any short value, so that none equals it.
            long = [crate::crypto::sha256(bytes).as_bytes().as_slice(), &[0; LONGEST + 1 - 32]].concat();
            &long
        };
        if let Some(known) = self.numbers.get(key) {
            return Ok(*known);
        }
        if next >= limit {
            return Err(Failure::TooMany);
        }
        self.numbers.try_reserve(1).map_err(|_| Failure::Memory)?;
        self.numbers.insert(key.into(), next);
        Ok(next)
    }
}
