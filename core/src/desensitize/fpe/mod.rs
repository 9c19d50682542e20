//! 保留格式加密: a value becomes another value of the same format, and with the key it becomes itself again.
//!
//! FF1 of NIST SP 800-38G ([`super::Ff1`]) with AES or SM4, over text of an
//! alphabet or over the values of a kind:
//!
//! | of | what is encrypted | what stays | what it leaks |
//! |---|---|---|---|
//! | alphabet | the characters between `keep_prefix` and `keep_suffix`, each of the alphabet | length, kept characters | the kept characters, and which rows are equal |
//! | `mobile` | the digits behind the first, still a number 1\[3-9\]…; with `keep_prefix` of 2 or more the digits behind it | 11 digits | the kept digits |
//! | `resident_id` | division, birth date and sequence | a division that ids carry, a real date of 1850–2100, a right check digit | kept division, kept province, kept birth year |
//! | `bank_card` | the digits behind `keep_prefix`, but for the check digit | length, a first digit of a network, a right check digit | the issuer, where it is kept |
//! | `uscc` | the eight characters of the organization code | department, category and division as they are, both check characters right | these three |
//!
//! **Numbers of a kind.** The parts that are encrypted are ranked: value → number below N, N = how many there are. FF1 in
//! radix 10 permutes the numbers of the fewest digits that hold N, and is applied again while the result is N or more
//! (cycle walking), so that it permutes the numbers below N.
//! - `resident_id`: (place of the division in [`region::ranked`] · days + days since 1850-01-01) · 1000 + sequence, days =
//!   91,676. With a kept part only the rest is ranked: the divisions of the province in their order; the days of the year.
//!   A division that no id carries is kept. The number of 15 digits becomes that of 18. The sex, which is the parity of
//!   the sequence, changes with it.
//! - `mobile`: the ten digits behind the 1, less 3 · 10^9; behind a longer prefix just the digits. A suffix is cut off.
//! - `bank_card`: the digits between, the first digit counted by its place in 3, 4, 5, 6, 9 where it is not kept.
//! - `uscc`: the eight characters as a number in the alphabet of GB 32100. A code whose organization code has a wrong check
//!   character is invalid.
//!
//! **Tweak.** 43 bytes, of the column and of what is kept of the value. A name or text counts in UTF-8, behind its length in
//! bytes as eight bytes, big endian; so no two are confused.
//! - 32 bytes: SHA-256 over `kaifang/fpe/column/v1`, the dataset, the column; or over `kaifang/fpe/domain/v1` and the domain that
//!   the plan names, where columns of two datasets are meant to agree.
//! - 11 bytes of what is kept before and behind the encrypted part, *p* and *s*. Where both together have ten bytes at most: the
//!   byte 16 · (length of *p*) + (length of *s*), *p*, *s*, zeros. Else the byte 255 and the first ten of SHA-256 over
//!   `kaifang/fpe/kept/v1`, *p*, *s*.
//!
//! *p* and *s* are, of an alphabet, the characters of `keep_prefix` and `keep_suffix`; of a `mobile` the digits before and
//! behind, the first one included; of a `resident_id` in 18 digits the digits of the division that stay (none, two or six) and
//! the birth year where it stays; of a `bank_card` the digits of `keep_prefix`; of a `uscc` its first eight characters; else
//! nothing. A check digit is in neither: it is computed anew.
//!
//! **Small domains.** Where what is encrypted has fewer than 10^6 values all of them can be tried. Such a plan is refused
//! where the kind fixes the length, and else such a value is invalid. FF3 and FF3-1 are absent: both were broken on small
//! domains, and the draft of SP 800-38G Rev. 1 (2025) has FF1 alone.
//!
//! Who holds the key gets the value back: de-identified, never anonymized. Equal values stay equal. Equal parts behind
//! different kept ones are encrypted differently, as appendix C of SP 800-38G advises for card numbers: who knows a pair of
//! plain and encrypted digits behind one prefix knows it there alone.
//!
//! This room must never pass a value that it can't treat.

mod alphabet;
mod decimal;
mod kinds;
mod person;
mod ranked;
mod settings;
#[cfg(test)]
mod tests;
pub(crate) mod tweak;

pub(crate) use alphabet::Alphabet;
pub(crate) use person::{KeptPlace, Person};
pub(super) use settings::{output, problems};

use super::PlanError;
use super::cells::Emit;
use super::ff1::refused;
use crate::crypto::BlockCipher;
use crate::crypto::ff1::{Direction, Ff1};
#[cfg(doc)]
use crate::kinds::region;
use ranked::Ranked;

/// How many values are treated at once: what is kept of them fits in the second cache.
const BATCH: usize = 4096;

/// What a column holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Form {
    /// Text over an alphabet, but for so many characters at both ends.
    Alphabet {
        alphabet: Alphabet,
        keep_prefix: usize,
        keep_suffix: usize,
    },
    Mobile {
        keep_prefix: usize,
        keep_suffix: usize,
    },
    ResidentId(Person),
    BankCard {
        keep_prefix: usize,
    },
    Uscc,
}

/// What is kept of a value leaves enough to encrypt.
impl Form {
    /// # Errors
    /// [`PlanError::SmallDomain`] where no value at all has a domain of 10^6.
    pub(crate) fn check(&self, column: &str) -> Result<(), PlanError> {
        let enough = match self {
            Form::Alphabet { .. } | Form::Uscc => true,
            Form::Mobile { keep_prefix, keep_suffix } => kinds::Mobile::new(*keep_prefix, *keep_suffix).is_some(),
            Form::BankCard { keep_prefix } => kinds::BankCard::new(*keep_prefix).is_some(),
            Form::ResidentId(person) => person.is_enough(),
        };
        if enough { Ok(()) } else { Err(PlanError::SmallDomain { place: format!("columns.{column}") }) }
    }
}

/// Everything about one column but the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FpeSettings {
    pub(crate) form: Form,
    pub(crate) cipher: BlockCipher,
    /// Back to the plain values.
    pub(crate) decrypt: bool,
    /// What the tweaks of all its values have in common.
    pub(crate) common: tweak::Common,
}

/// The encryption of one column.
pub(crate) struct Fpe {
    work: Work,
    direction: Direction,
}

enum Work {
    Alphabet(Box<alphabet::Column>),
    Ranked(Box<Ranked>),
}

impl Fpe {
    /// The key is one of the cipher's lengths.
    ///
    /// # Errors
    /// [`PlanError::Ff1`] for another key; [`PlanError::SmallDomain`].
    pub(crate) fn new(settings: FpeSettings, column: &str, key: &[u8]) -> Result<Self, PlanError> {
        settings.form.check(column)?;
        let FpeSettings { form, cipher, decrypt, common } = settings;
        let direction = if decrypt { Direction::Decrypt } else { Direction::Encrypt };
        let small = || PlanError::SmallDomain { place: format!("columns.{column}") };
        let decimal = || Ff1::new(cipher, key, 10).map_err(refused);
        let kind = match form {
            Form::Alphabet { alphabet, keep_prefix, keep_suffix } => {
                let ff1 = Ff1::new(cipher, key, alphabet.radix()).map_err(refused)?;
                let name = column.to_owned();
                let column = alphabet::Column { name, ff1, alphabet, keep_prefix, keep_suffix, common };
                return Ok(Fpe { work: Work::Alphabet(Box::new(column)), direction });
            }
            Form::Mobile { keep_prefix, keep_suffix } => {
                ranked::RankedKind::Mobile(kinds::Mobile::new(keep_prefix, keep_suffix).ok_or_else(small)?)
            }
            Form::ResidentId(person) => ranked::RankedKind::Person(person),
            Form::BankCard { keep_prefix } => {
                ranked::RankedKind::BankCard(kinds::BankCard::new(keep_prefix).ok_or_else(small)?)
            }
            Form::Uscc => ranked::RankedKind::Uscc,
        };
        let ranked = Ranked::new(decimal()?, kind, &common).map_err(refused)?;
        Ok(Fpe { work: Work::Ranked(Box::new(ranked)), direction })
    }

    /// Gives what becomes of each value that is there, in order; `None` = it can't be treated.
    ///
    /// # Errors
    /// Those of `emit`.
    pub(crate) fn treat(&self, values: &[Option<&str>], emit: Emit<'_>) -> Result<(), PlanError> {
        for values in values.chunks(BATCH) {
            match &self.work {
                Work::Alphabet(column) => column.treat(self.direction, values, emit)?,
                Work::Ranked(ranked) => ranked.treat(self.direction, values, emit)?,
            }
        }
        Ok(())
    }
}
