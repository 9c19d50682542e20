//! Columns of answers: each row's set of ids, as a dictionary.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, DictionaryArray, PrimitiveArray, StringArray, UInt8Array};
use arrow::buffer::{BooleanBuffer, NullBuffer, ScalarBuffer};
use arrow::datatypes::{ArrowDictionaryKeyType, DataType, Field, UInt8Type, UInt32Type};

use fearless_simd::prelude::*;

use super::planes::{cut, interleave};
use super::{ROWS, WORDS, answer_columns};
use crate::policy::answer::Status;
use crate::policy::circuit::{Block, Circuit};
use crate::policy::diagram::{ALWAYS, Diagrams, NEVER, Root};
use crate::policy::error::PolicyError;
use crate::policy::facts::{FactError, Section};
use crate::policy::model::Model;
use crate::policy::packed::PackedFacts;
use crate::policy::policy::Policy;
use crate::table::TableError;
use crate::terms::{Openness, Reason, Word};

/// A set of at most so many ids is a byte, and every set has its place in the dictionary.
const BYTE: usize = 8;

/// What a column says of a row's set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The set's ids, joined; null when it is empty.
    Ids,
    /// The strictest class alone: the set's number is its place, from 1.
    Strictest,
    /// The strictest class as a number, the stricter the greater.
    Strictness,
    /// The set's number: determined, out of scope, needs assessment.
    Status,
    /// Whether the one function holds: no set, a boolean.
    Permit,
    /// As `Ids`, but nothing where the last function does not hold.
    OnPermit,
    /// The same in each row.
    Constant,
}

/// A column of answers.
pub(super) struct Answer {
    name: &'static str,
    kind: Kind,
    /// The policy's functions from which the column comes.
    roots: Vec<Root>,
    /// Among a circuit's outputs: the bits of each row's set or number, the lowest first.
    digits: Vec<usize>,
    /// And where the column says anything; for a permit, where it is permitted.
    says: usize,
    ids: Vec<String>,
    /// For a set of a byte: what each set says.
    dictionary: Option<Dictionary>,
}

/// What sets say, each text once: there are readers that refuse a dictionary with a text twice.
struct Dictionary {
    texts: ArrayRef,
    /// Each set's place among the texts; none where that is the set itself.
    places: Option<Vec<u8>>,
}

impl Answer {
    /// The columns that are wanted, in order.
    pub(super) fn all(
        model: &Model,
        section: Section,
        notices: &[Reason],
        wanted: Option<&[&str]>,
    ) -> Result<Vec<Answer>, FactError> {
        let wanted = wanted.unwrap_or(answer_columns(section));
        if wanted.is_empty() {
            return Err(no_such_answer(section));
        }
        let column = |name: &&str| {
            let known = known_columns(section).find(|known| known == name);
            let known = known.filter(|known| wanted.iter().filter(|other| *other == known).count() == 1);
            known.map(|name| Answer::new(model, section, notices, name)).ok_or_else(|| no_such_answer(section))
        };
        wanted.iter().map(column).collect()
    }

    fn new(model: &Model, section: Section, notices: &[Reason], name: &'static str) -> Answer {
        let (classification, access) = (&model.classification, &model.access);
        let class_ids = || Openness::ALL.iter().rev().map(|class| class.id().to_owned()).collect::<Vec<_>>();
        let permitted = || classification.permitted.iter().map(|(_, root)| *root).collect::<Vec<_>>();
        let denials = || access.denials.iter().map(|rule| rule.root).collect();
        let facts = match section {
            Section::Classification => &classification.space.facts,
            Section::Access => &access.space.facts,
        };
        let (kind, roots, ids): (Kind, Vec<Root>, Vec<String>) = match name {
            "status" => (Kind::Status, vec![classification.out_of_scope.root], Vec::new()),
            "permitted" | "possible" => (Kind::Ids, permitted(), class_ids()),
            "default" => (Kind::Strictest, permitted(), class_ids()),
            "class" => (Kind::Strictness, permitted(), class_ids()),
            "recommended" => {
                (Kind::Strictest, classification.recommended.iter().map(|(_, root)| *root).collect(), class_ids())
            }
            "requires" => {
                let rules = classification.requires.iter();
                let (roots, ids) = rules.map(|rule| (rule.root, rule.reason.rule.clone())).unzip();
                (Kind::Ids, roots, ids)
            }
            "grounds" => {
                let grounds = classification.grounds.iter();
                let (roots, ids) = grounds.map(|ground| (ground.live, ground.reason.rule.clone())).unzip();
                (Kind::Ids, roots, ids)
            }
            "permit" => (Kind::Permit, vec![access.permit], Vec::new()),
            "denials" => (Kind::Ids, denials(), access.denials.iter().map(|rule| rule.reason.code.clone()).collect()),
            "duties" => {
                let duties = access.duties.iter().map(|(root, _)| *root);
                let ids = access.duties.iter().map(|(_, duty)| duty.code.clone()).collect();
                (Kind::OnPermit, duties.chain([access.permit]).collect(), ids)
            }
            "open" => (Kind::Ids, Vec::new(), facts.iter().map(|fact| fact.id.clone()).collect()),
            _ => (Kind::Constant, Vec::new(), notices.iter().map(|notice| notice.code.clone()).collect()),
        };
        let mut answer = Answer { name, kind, roots, digits: Vec::new(), says: 0, ids, dictionary: None };
        let is_text = !matches!(kind, Kind::Permit | Kind::Strictness);
        answer.dictionary = (is_text && answer.width() <= BYTE).then(|| answer.dictionary());
        answer
    }

    fn dictionary(&self) -> Dictionary {
        let mut texts: Vec<String> = Vec::new();
        let mut places = Vec::new();
        for set in 0..1_u64 << self.width() {
            let text = self.says(set);
            let place = texts.iter().position(|known| *known == text).unwrap_or_else(|| {
                texts.push(text);
                texts.len() - 1
            });
            places.push(place as u8);
        }
        let places = (texts.len() < places.len()).then_some(places);
        Dictionary { texts: Arc::new(StringArray::from(texts)), places }
    }

    /// How many bits a set has, or the number that stands for it.
    fn width(&self) -> usize {
        match self.kind {
            Kind::Status => 2,
            Kind::Strictest | Kind::Strictness => (usize::BITS - self.ids.len().leading_zeros()) as usize,
            _ => self.ids.len(),
        }
    }

    /// The number of a class by its place, the strictest first.
    fn number(&self, place: usize) -> u64 {
        let number = if self.kind == Kind::Strictness { self.ids.len().saturating_sub(place + 1) } else { place + 1 };
        number as u64
    }

    /// What a set says, or the number that stands for it, as text.
    fn says(&self, set: u64) -> String {
        let mut ids: Vec<&str> = Vec::new();
        for (place, id) in self.ids.iter().enumerate() {
            // Two duties may have one code.
            if set >> place & 1 == 1 && !ids.contains(&id.as_str()) {
                ids.push(id);
            }
        }
        match self.kind {
            Kind::Status => {
                let status = [Status::Determined, Status::OutOfScope, Status::NeedsAssessment];
                status.get(set as usize).map_or("", |status| status.id()).to_owned()
            }
            Kind::Strictest => {
                let first = (set as usize).checked_sub(1).and_then(|place| self.ids.get(place));
                first.cloned().unwrap_or_default()
            }
            _ => ids.join("|"),
        }
    }

    /// The functions that the column needs, in the diagrams of all columns.
    pub(super) fn roots(&mut self) -> impl Iterator<Item = &mut Root> {
        self.roots.iter_mut()
    }

    /// Puts what the column reads of each row among a circuit's outputs.
    pub(super) fn plan(&mut self, diagrams: &mut Diagrams, outputs: &mut Vec<Root>) -> Result<(), PolicyError> {
        let mut digits = Vec::new();
        let mut says = NEVER;
        match (self.kind, self.roots.as_slice()) {
            (Kind::Ids, roots) => digits.extend_from_slice(roots),
            (Kind::Strictest | Kind::Strictness, roots) => {
                digits.resize(self.width(), NEVER);
                for (place, root) in roots.iter().enumerate() {
                    let first = diagrams.but_not(*root, says)?;
                    for (bit, digit) in digits.iter_mut().enumerate() {
                        if self.number(place) >> bit & 1 == 1 {
                            *digit = diagrams.or(*digit, first)?;
                        }
                    }
                    says = diagrams.or(says, *root)?;
                }
            }
            (Kind::OnPermit, [roots @ .., permit]) => {
                for root in roots {
                    digits.push(diagrams.and(*root, *permit)?);
                }
            }
            (Kind::Status, roots) => {
                digits.extend_from_slice(roots);
                says = ALWAYS;
            }
            (Kind::Permit, [permit]) => says = *permit,
            (Kind::Constant, _) if !self.ids.is_empty() => says = ALWAYS,
            (Kind::Constant | Kind::Permit | Kind::OnPermit, _) => {}
        }
        if matches!(self.kind, Kind::Ids | Kind::OnPermit) {
            for root in &digits {
                says = diagrams.or(says, *root)?;
            }
        }
        let mut place = |root: Root| {
            outputs.iter().position(|other| *other == root).unwrap_or_else(|| {
                outputs.push(root);
                outputs.len() - 1
            })
        };
        self.digits = digits.into_iter().map(&mut place).collect();
        self.says = place(says);
        Ok(())
    }

    pub(super) fn field(&self) -> Field {
        let data_type = match (self.kind, &self.dictionary) {
            (Kind::Permit, _) => DataType::Boolean,
            (Kind::Strictness, _) => DataType::UInt8,
            (_, Some(_)) => DataType::Dictionary(Box::new(DataType::UInt8), Box::new(DataType::Utf8)),
            (_, None) => DataType::Dictionary(Box::new(DataType::UInt32), Box::new(DataType::Utf8)),
        };
        Field::new(self.name, data_type, !matches!(self.kind, Kind::Status | Kind::Permit))
    }
}

/// The sets of one case with unknown facts, in the columns' order: exact over every completion.
pub(super) fn settle(policy: &Policy, section: Section, case: PackedFacts, answers: &[Answer]) -> Box<[u64]> {
    let known = |space: &crate::policy::model::Space| {
        // A block's planes hold no code outside its domain, so there are places.
        let mut known = space.layout.places(case).unwrap_or_default();
        known.extend(policy.readings.iter().map(|reading| Some(*reading)));
        known
    };
    match section {
        Section::Classification => {
            let rules = &policy.model.classification;
            let known = known(&rules.space);
            let settled = rules.settle(&rules.space.diagrams.restrict_answers(&known));
            let determined = settled.status == Status::Determined;
            let set = |answer: &Answer| match answer.name {
                "status" => match settled.status {
                    Status::Determined => 0,
                    Status::OutOfScope => 1,
                    Status::NeedsAssessment => 2,
                },
                "permitted" if determined => settled.possible.0,
                "permitted" => 0,
                "possible" => settled.possible.0,
                "default" | "class" => settled.default.0,
                "recommended" => settled.recommended.0,
                "requires" => settled.requires.0,
                "grounds" => settled.live.0,
                "open" => settled.open.0,
                _ => all_of(answer),
            };
            answers.iter().map(set).collect()
        }
        Section::Access => {
            let rules = &policy.model.access;
            let known = known(&rules.space);
            let settled = rules.settle(&rules.space.diagrams.restrict_answers(&known));
            let set = |answer: &Answer| match answer.name {
                "permit" => u64::from(settled.permit),
                "denials" => settled.denials.0,
                "open" => settled.open.0,
                "duties" => settled.duties.0,
                _ => all_of(answer),
            };
            answers.iter().map(set).collect()
        }
    }
}

/// One column's answers to one batch.
pub(super) struct Answers<'a> {
    answer: &'a Answer,
    rows: usize,
    keys: Keys,
    /// The rows that say something; for a permit, the rows that are permitted.
    says: Vec<u64>,
}

enum Keys {
    /// Each row's set or number, which is its place in the dictionary if there is one.
    Sets(Vec<u8>),
    /// Each row's place among the texts.
    Places(Vec<u32>, Texts),
    /// `says` says it all.
    None,
}

fn reserved<T>(count: usize) -> Result<Vec<T>, TableError> {
    let mut out = Vec::new();
    let bytes = count.saturating_mul(size_of::<T>());
    out.try_reserve_exact(count).map_err(|_| TableError::OutOfMemory { bytes })?;
    Ok(out)
}

impl<'a> Answers<'a> {
    pub(super) fn new(answer: &'a Answer, rows: usize) -> Result<Self, TableError> {
        let keys = match (answer.kind, &answer.dictionary) {
            (Kind::Permit, _) => Keys::None,
            (Kind::Strictness, _) | (_, Some(_)) => Keys::Sets(reserved(rows)?),
            (_, None) => Keys::Places(reserved(rows)?, Texts::default()),
        };
        Ok(Answers { answer, rows, keys, says: reserved(rows.div_ceil(64))? })
    }

    /// Takes the next block's rows from the circuit's outputs. Those with unknown facts are put right afterwards.
    #[inline(always)]
    pub(super) fn take<S: Simd>(&mut self, simd: S, circuit: &Circuit, planes: &[Block<WORDS>], length: usize) {
        let output = |output: &usize| circuit.output(planes, *output).unwrap_or(&Block::NONE);
        let mut says = *output(&self.answer.says);
        cut(&mut says, length);
        self.says.extend_from_slice(says.get(..length.div_ceil(64)).unwrap_or_default());
        let constant = if self.answer.kind == Kind::Constant { all_of(self.answer) } else { 0 };
        let mut bytes = [0; ROWS];
        match (&mut self.keys, self.answer.digits.as_slice()) {
            (Keys::None, _) => {}
            (Keys::Sets(sets), []) => sets.resize(sets.len() + length, constant as u8),
            (Keys::Sets(sets), digits) => {
                interleave(simd, digits.iter().map(output), &mut bytes);
                sets.extend_from_slice(bytes.get(..length).unwrap_or_default());
            }
            (Keys::Places(places, texts), []) => {
                let place = texts.place(self.answer, constant);
                places.resize(places.len() + length, place);
            }
            (Keys::Places(places, texts), digits) => {
                let mut sets = [0_u64; ROWS];
                for (eighth, digits) in digits.chunks(BYTE).enumerate() {
                    interleave(simd, digits.iter().map(output), &mut bytes);
                    sets.iter_mut().zip(&bytes).for_each(|(set, byte)| *set |= u64::from(*byte) << (8 * eighth));
                }
                let sets = sets.get(..length).unwrap_or_default();
                places.extend(sets.iter().map(|set| texts.place(self.answer, *set)));
            }
        }
    }

    /// Says what one row's set is.
    pub(super) fn put(&mut self, row: usize, set: u64) {
        let says = set != 0 || self.answer.kind == Kind::Status;
        let set = match self.answer.kind {
            Kind::Strictest | Kind::Strictness if says => self.answer.number(set.trailing_zeros() as usize),
            _ => set,
        };
        if let Some(word) = self.says.get_mut(row / 64) {
            *word = *word & !(1 << (row % 64)) | u64::from(says) << (row % 64);
        }
        match &mut self.keys {
            Keys::None => {}
            Keys::Sets(sets) => sets.get_mut(row).into_iter().for_each(|key| *key = set as u8),
            Keys::Places(places, texts) => {
                let place = texts.place(self.answer, set);
                places.get_mut(row).into_iter().for_each(|key| *key = place);
            }
        }
    }

    /// The column.
    pub(super) fn finish(self) -> Result<ArrayRef, TableError> {
        let says = BooleanBuffer::new(ScalarBuffer::<u64>::from(self.says).into_inner(), 0, self.rows);
        let nullable = self.answer.field().is_nullable();
        match (self.keys, &self.answer.dictionary) {
            (Keys::Sets(mut sets), Some(Dictionary { texts, places })) => {
                if let Some(places) = places {
                    let place = |set: u8| places.get(usize::from(set)).copied().unwrap_or_default();
                    sets.iter_mut().for_each(|set| *set = place(*set));
                }
                dictionary_of::<UInt8Type>(sets.into(), nullable.then_some(says), Arc::clone(texts))
            }
            (Keys::Sets(sets), None) => Ok(Arc::new(UInt8Array::new(sets.into(), some_nulls(says)))),
            (Keys::Places(places, texts), _) => {
                let bytes = texts.texts.iter().map(String::len).sum();
                // The places in one array of text are 32 bits wide.
                if i32::try_from(bytes).is_err() {
                    return Err(TableError::OutOfMemory { bytes });
                }
                let texts: ArrayRef = Arc::new(StringArray::from(texts.texts));
                dictionary_of::<UInt32Type>(places.into(), nullable.then_some(says), texts)
            }
            _ => Ok(Arc::new(BooleanArray::new(says, None))),
        }
    }
}

/// The texts that a batch's sets say, each once, as they come.
struct Texts {
    texts: Vec<String>,
    places: HashMap<u64, u32>,
    /// Each text's place: two sets say the same where two ids are the same.
    known: HashMap<String, u32>,
    /// The sets that came last, each where its hash puts it, so that most rows need no look into the map.
    recent: Box<[(u64, u32); 1 << RECENT]>,
}

/// So many bits of a hash.
const RECENT: u32 = 8;

impl Default for Texts {
    fn default() -> Self {
        // The empty set is null wherever it is: its place is never read.
        Texts {
            texts: Vec::new(),
            places: HashMap::new(),
            known: HashMap::new(),
            recent: Box::new([(0, 0); 1 << RECENT]),
        }
    }
}

impl Texts {
    /// A set's place among the texts.
    #[inline(always)]
    fn place(&mut self, answer: &Answer, set: u64) -> u32 {
        // Fibonacci hashing: the golden ratio of a word spreads neighbours.
        let hash = set.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (u64::BITS - RECENT);
        match self.recent.get(hash as usize) {
            Some((recent, place)) if *recent == set => *place,
            _ => self.find(answer, set, hash as usize),
        }
    }

    #[inline(never)]
    fn find(&mut self, answer: &Answer, set: u64, hash: usize) -> u32 {
        let Texts { texts, places, known, recent } = self;
        let place = *places.entry(set).or_insert_with(|| {
            let text = answer.says(set);
            *known.entry(text).or_insert_with_key(|text| {
                texts.push(text.clone());
                texts.len() as u32 - 1
            })
        });
        recent.get_mut(hash).into_iter().for_each(|slot| *slot = (set, place));
        place
    }
}

fn some_nulls(valid: BooleanBuffer) -> Option<NullBuffer> {
    Some(NullBuffer::new(valid)).filter(|nulls| nulls.null_count() > 0)
}

fn no_such_answer(section: Section) -> FactError {
    FactError::NoSuchAnswer { section: section.id(), known: known_columns(section).collect::<Vec<_>>().join(", ") }
}

/// Every column that can be asked for.
pub(super) fn known_columns(section: Section) -> impl Iterator<Item = &'static str> {
    let by_name: &[&str] = match section {
        Section::Classification => &["class"],
        Section::Access => &[],
    };
    answer_columns(section).iter().chain(by_name).copied()
}

/// The set of all ids.
fn all_of(answer: &Answer) -> u64 {
    crate::policy::packed::low_bits(answer.ids.len() as u32)
}

fn dictionary_of<K: ArrowDictionaryKeyType>(
    keys: ScalarBuffer<K::Native>,
    valid: Option<BooleanBuffer>,
    values: ArrayRef,
) -> Result<ArrayRef, TableError> {
    let keys = PrimitiveArray::<K>::try_new(keys, valid.and_then(some_nulls))
        .map_err(|error| TableError::from_arrow(&error))?;
    let array = DictionaryArray::<K>::try_new(keys, values).map_err(|error| TableError::from_arrow(&error))?;
    Ok(Arc::new(array))
}
