//! Kinds whose values are numbered: number, FF1 in radix 10, again while it leads out of the numbers, and back.

use super::super::PlanError;
use super::super::cells::Emit;
use super::kinds::{self, BankCard, Mobile};
use super::person::Person;
use super::tweak::Common;
use crate::crypto::ff1::{Direction, Ff1, Refusal, Scratch, Shape, TweakEnd};
use crate::kinds::{Kind, canonical};

/// The fewest and the most digits of a number.
const DIGITS: std::ops::RangeInclusive<usize> = 6..=18;

/// How the values of a kind are numbered.
pub(super) enum RankedKind {
    Mobile(Mobile),
    Person(Person),
    BankCard(BankCard),
    Uscc,
}

/// A value's number below the size of its domain, which is of at least 10^6 numbers and at most 10^18.
#[derive(Clone, Copy)]
pub(super) struct Rank {
    pub(super) number: u64,
    pub(super) size: u64,
    /// What stays of the value.
    pub(super) kept: TweakEnd,
}

impl RankedKind {
    fn kind(&self) -> Kind {
        match self {
            RankedKind::Mobile(_) => Kind::Mobile,
            RankedKind::Person(_) => Kind::ResidentId,
            RankedKind::BankCard(_) => Kind::BankCard,
            RankedKind::Uscc => Kind::Uscc,
        }
    }

    /// The number of a canonical form; `None` where its domain is too small, or it has a part that can't be numbered.
    fn rank(&self, form: &str) -> Option<Rank> {
        let rank = match self {
            RankedKind::Mobile(mobile) => mobile.rank(form),
            RankedKind::Person(person) => person.rank(form),
            RankedKind::BankCard(card) => card.rank(form),
            RankedKind::Uscc => kinds::rank_uscc(form),
        }?;
        (rank.number < rank.size && (1_000_000..=10_u64.pow(18)).contains(&rank.size)).then_some(rank)
    }

    /// Appends the value of a number; the kept parts are those of `form`.
    fn unrank(&self, form: &str, number: u64, out: &mut Vec<u8>) -> Option<()> {
        match self {
            RankedKind::Mobile(mobile) => mobile.unrank(form, number, out),
            RankedKind::Person(person) => person.unrank(form, number, out),
            RankedKind::BankCard(card) => card.unrank(form, number, out),
            RankedKind::Uscc => kinds::unrank_uscc(form, number, out),
        }
    }
}

/// The encryption of a column of one kind.
pub(super) struct Ranked {
    ff1: Ff1,
    kind: RankedKind,
    /// For each number of digits.
    shapes: Vec<Shape>,
}

impl Ranked {
    pub(super) fn new(ff1: Ff1, kind: RankedKind, common: &Common) -> Result<Self, Refusal> {
        let shapes = DIGITS.map(|digits| ff1.shape_of_rows(digits, common)).collect::<Result<_, _>>()?;
        Ok(Ranked { ff1, kind, shapes })
    }

    pub(super) fn treat(&self, direction: Direction, values: &[Option<&str>], emit: Emit<'_>) -> Result<(), PlanError> {
        let forms: Vec<_> = values.iter().flatten().map(|value| canonical(self.kind.kind(), value)).collect();
        let rank = |form: &Option<_>| form.as_deref().and_then(|form| self.kind.rank(form));
        let mut ranks: Vec<Option<Rank>> = forms.iter().map(rank).collect();
        self.permute(direction, &mut ranks);
        let mut out = Vec::new();
        for (form, rank) in forms.iter().zip(&ranks) {
            out.clear();
            let written =
                form.as_deref().zip(*rank).and_then(|(form, rank)| self.kind.unrank(form, rank.number, &mut out));
            emit(written.map(|()| out.as_slice()))?;
        }
        Ok(())
    }

    /// Each number becomes another below its size.
    fn permute(&self, direction: Direction, ranks: &mut [Option<Rank>]) {
        // Each turn takes the rows that are not yet below their size; the first takes all.
        let mut waiting: Vec<(usize, &mut Rank)> =
            ranks.iter_mut().flatten().map(|rank| (digits(rank.size), rank)).collect();
        // Rows of one length go together. Columns of one length are in order already.
        if !waiting.is_sorted_by_key(|(digits, _)| *digits) {
            waiting.sort_by_key(|(digits, _)| *digits);
        }
        let (mut left, mut right, mut ends) = (Vec::new(), Vec::new(), Vec::new());
        let mut scratch = Scratch::default();
        while !waiting.is_empty() {
            for group in waiting.chunk_by_mut(|a, b| a.0 == b.0) {
                let digits = group.first().map_or(0, |(digits, _)| *digits);
                let shape = digits.checked_sub(*DIGITS.start()).and_then(|at| self.shapes.get(at));
                let Some((shape, modulus)) = shape.and_then(|shape| Some((shape, shape.right_modulus()? as u64)))
                else {
                    continue;
                };
                left.clear();
                right.clear();
                ends.clear();
                left.extend(group.iter().map(|(_, rank)| rank.number / modulus));
                right.extend(group.iter().map(|(_, rank)| rank.number % modulus));
                ends.extend(group.iter().map(|(_, rank)| rank.kept));
                self.ff1.batch::<u64>(shape, direction, &ends, &mut left, &mut right, &mut scratch);
                for (((_, rank), left), right) in group.iter_mut().zip(&left).zip(&right) {
                    rank.number = left * modulus + right;
                }
            }
            waiting.retain(|(_, rank)| rank.number >= rank.size);
        }
    }
}

/// The fewest digits that write every number below `size`.
fn digits(size: u64) -> usize {
    let digits = size.saturating_sub(1).checked_ilog10().map_or(1, |log| log as usize + 1);
    digits.max(*DIGITS.start())
}

#[cfg(test)]
mod tests {
    use super::super::tweak;
    use super::*;
    use crate::crypto::BlockCipher;

    /// Sizes around a power of ten: where hardly any number leads out, and where nine of ten do.
    #[test]
    fn every_number_becomes_another_below_the_size() {
        for (size, expected_digits, kept) in [(1_000_000, 6, "6217"), (999_999, 6, "6228480012345"), (1_000_001, 7, "")]
        {
            assert_eq!(digits(size), expected_digits);
            let ranked = ranked();
            let kept = tweak::kept(kept, "");
            let mut ranks: Vec<Option<Rank>> = (0..size).map(|number| Some(Rank { number, size, kept })).collect();
            ranked.permute(Direction::Encrypt, &mut ranks);
            let encrypted: Vec<u64> = ranks.iter().flatten().map(|rank| rank.number).collect();
            let mut sorted = encrypted.clone();
            sorted.sort_unstable();
            assert!(sorted.into_iter().eq(0..size), "{size}");
            ranked.permute(Direction::Decrypt, &mut ranks);
            assert!(ranks.iter().flatten().map(|rank| rank.number).eq(0..size), "{size}");
        }
    }

    /// Rows of several sizes and kept parts are sorted, and walk on alone: each stays with its own kept part.
    #[test]
    fn a_row_is_permuted_among_others_as_alone() {
        let ranked = ranked();
        let rank = |row: u64| {
            let size = [1_000_000, 1_000_001, 91_676_000, 1_000_000_000][row as usize % 4];
            Rank { number: row / 12, size, kept: tweak::kept(["", "61", "62"][row as usize % 3], "") }
        };
        let mut together: Vec<_> = (0..2400).map(|row| Some(rank(row))).collect();
        ranked.permute(Direction::Encrypt, &mut together);
        let mut same = 0;
        for (row, treated) in (0..).zip(&together) {
            let mut alone = [Some(rank(row))];
            ranked.permute(Direction::Encrypt, &mut alone);
            assert_eq!(alone[0].unwrap().number, treated.unwrap().number, "{row}");
            // The same number behind another kept part.
            let mut other = [Some(Rank { kept: tweak::kept("63", ""), ..rank(row) })];
            ranked.permute(Direction::Encrypt, &mut other);
            same += u32::from(other[0].unwrap().number == treated.unwrap().number);
        }
        assert_eq!(same, 0);
    }

    fn ranked() -> Ranked {
        let ff1 = Ff1::new(BlockCipher::Aes, &[3; 16], 10).unwrap();
        Ranked::new(ff1, RankedKind::Uscc, &tweak::of_domain("d")).unwrap()
    }
}
