//! Facts packed in a word: where each fact lies, and what a word says.
//!
//! A fact takes as many bits as its domain needs; a value's code is its place in the domain. A second word has the bits
//! of the facts that are unknown. This room must never take a code outside a fact's domain for a value.

use super::error::PolicyError;
use super::facts::{FactDefinition, FactError, FactValue};
use crate::terms::Text;

/// Where a fact lies in a packed word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// The lowest bit.
    pub shift: u32,
    /// How many bits: enough for the largest place in the fact's domain.
    pub width: u32,
    /// How many values the fact has; a code is below it.
    pub size: u32,
}

impl Slot {
    /// The fact's bits.
    #[must_use]
    pub const fn mask(self) -> u64 {
        low_bits(self.width) << self.shift
    }

    /// The code in a word.
    #[must_use]
    pub const fn code(self, word: u64) -> u32 {
        (word >> self.shift & low_bits(self.width)) as u32
    }
}

/// So many ones.
pub(super) const fn low_bits(width: u32) -> u64 {
    if width >= 64 { u64::MAX } else { (1 << width) - 1 }
}

/// One case's facts in two words. An unknown fact's value bits are zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct PackedFacts {
    pub(super) values: u64,
    pub(super) unknown: u64,
}

impl PackedFacts {
    /// The codes of the known facts.
    #[must_use]
    pub const fn values(self) -> u64 {
        self.values
    }

    /// All bits of each unknown fact.
    #[must_use]
    pub const fn unknown(self) -> u64 {
        self.unknown
    }

    /// Whether every fact is known.
    #[must_use]
    pub const fn complete(self) -> bool {
        self.unknown == 0
    }

    /// The same case with a fact's code set. A code outside the domain makes no valid case: the answer is none.
    #[must_use]
    pub const fn with(self, slot: Slot, code: u32) -> Self {
        let mask = slot.mask();
        let code = (code as u64 & low_bits(slot.width)) << slot.shift;
        PackedFacts { values: self.values & !mask | code, unknown: self.unknown & !mask }
    }

    /// The same case with a fact unknown.
    #[must_use]
    pub const fn without(self, slot: Slot) -> Self {
        PackedFacts { values: self.values & !slot.mask(), unknown: self.unknown | slot.mask() }
    }

    /// What is known of one case in either: nothing may be known in both.
    pub(crate) const fn joined(self, other: Self) -> Self {
        PackedFacts { values: self.values | other.values, unknown: self.unknown & other.unknown }
    }
}

/// The places of a section's facts, in the policy file's order from the lowest bit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    slots: Vec<Slot>,
    bits: u32,
}

impl Layout {
    /// # Errors
    /// [`PolicyError::Limit`] when the facts need more than a word.
    pub(super) fn new(facts: &[FactDefinition]) -> Result<Layout, PolicyError> {
        let mut layout = Layout { slots: Vec::new(), bits: 0 };
        for fact in facts {
            let size = fact.domain.size() as u32;
            let width = size.saturating_sub(1).max(1).ilog2() + 1;
            layout.slots.push(Slot { shift: layout.bits, width, size });
            layout.bits += width;
            if layout.bits > u64::BITS {
                return Err(PolicyError::Limit {
                    what: Text::new("单个部分的事实位数", "bits of facts in one section"),
                    limit: 64,
                });
            }
        }
        Ok(layout)
    }

    /// Each fact's place, in the policy file's order.
    pub(super) fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// How many bits are in use.
    pub(super) fn bits(&self) -> u32 {
        self.bits
    }

    /// No fact is known.
    pub(super) fn nothing_known(&self) -> PackedFacts {
        PackedFacts { values: 0, unknown: low_bits(self.bits) }
    }

    #[cfg(any(test, feature = "tables"))]
    /// For each fact the place of its value, if it is known; none at all where a code is outside its domain.
    pub(super) fn places(&self, case: PackedFacts) -> Option<Vec<Option<u8>>> {
        if case.unknown & !low_bits(self.bits) != 0 || case.values & !low_bits(self.bits) != 0 {
            return None;
        }
        let place = |slot: &Slot| match (case.unknown & slot.mask(), slot.code(case.values)) {
            (0, code) if code < slot.size => Some(Some(code as u8)),
            (0, _) => None,
            (unknown, 0) if unknown == slot.mask() => Some(None),
            _ => None,
        };
        self.slots.iter().map(place).collect()
    }

    /// Packs a value of a fact.
    pub(super) fn put(
        case: PackedFacts,
        slot: Slot,
        fact: &FactDefinition,
        value: Option<&FactValue>,
    ) -> Result<PackedFacts, FactError> {
        let Some(value) = value else { return Ok(case.without(slot)) };
        let code = fact
            .domain
            .index_of(value)
            .ok_or_else(|| FactError::OutsideDomain { fact: fact.id.clone(), expected: fact.domain.in_words() })?;
        Ok(case.with(slot, code as u32))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Domain, Party};

    fn facts(sizes: &[usize]) -> Vec<FactDefinition> {
        let fact = |size: &usize| FactDefinition {
            id: "f".to_owned(),
            domain: if *size == 2 {
                Domain::BOOL
            } else {
                Domain::Words((0..*size).map(|index| format!("w{index}")).collect())
            },
            question: Text::new("", ""),
            answered_by: Party::Platform,
            evidence: Text::new("", ""),
        };
        sizes.iter().map(fact).collect()
    }

    #[test]
    fn a_fact_takes_the_bits_of_its_largest_code() {
        let layout = Layout::new(&facts(&[2, 3, 4, 5, 32])).unwrap();
        let widths: Vec<u32> = layout.slots().iter().map(|slot| slot.width).collect();
        let shifts: Vec<u32> = layout.slots().iter().map(|slot| slot.shift).collect();
        assert_eq!((widths, shifts), (vec![1, 2, 2, 3, 5], vec![0, 1, 3, 5, 8]));
        assert!(Layout::new(&facts(&[2; 64])).is_ok());
        assert_eq!(
            Layout::new(&facts(&[3; 33])).unwrap_err().to_string(),
            "the policy has more than 64 bits of facts in one section"
        );
    }

    #[test]
    fn codes_outside_a_domain_are_no_case() {
        let layout = Layout::new(&facts(&[2, 3])).unwrap();
        let [yes, word] = layout.slots() else { panic!("two facts") };
        let case = layout.nothing_known();
        assert_eq!(layout.places(case), Some(vec![None, None]));
        assert_eq!(layout.places(case.with(*yes, 1)), Some(vec![Some(1), None]));
        assert_eq!(layout.places(case.with(*yes, 1).with(*word, 2)), Some(vec![Some(1), Some(2)]));
        assert_eq!(layout.places(case.with(*word, 3)), None);
        for broken in [(0, 0b010), (0b010, 0b111), (8, 0), (0, 8)] {
            assert_eq!(layout.places(PackedFacts { values: broken.0, unknown: broken.1 }), None, "{broken:?}");
        }
    }
}
