//! Columns of answers: each row's set of ids, as a dictionary.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, DictionaryArray, PrimitiveArray, StringArray};
use arrow::buffer::{BooleanBuffer, NullBuffer, ScalarBuffer};
use arrow::datatypes::{ArrowDictionaryKeyType, DataType, Field, UInt8Type, UInt32Type};

use super::planes::{first_of, interleave};
use super::{ROWS, WORDS, answer_columns};
use crate::policy::answer::Status;
use crate::policy::circuit::{Block, Circuit};
use crate::policy::diagram::Root;
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
    /// The set's number: determined, out of scope, needs assessment.
    Status,
    /// Whether the set of denials is empty.
    Permit,
    /// As `Ids`, but nothing where the access is denied: the functions behind the ids are the denials.
    OnPermit,
    /// The same in each row.
    Constant,
}

/// A column of answers.
pub(super) struct Answer {
    name: &'static str,
    kind: Kind,
    /// The functions whose rows make the set, the lowest bit first.
    pub(super) roots: Vec<Root>,
    outputs: Vec<usize>,
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
        let all = answer_columns(section);
        let wanted = wanted.unwrap_or(all);
        let column = |name: &&str| {
            let known = all.iter().find(|known| *known == name);
            let known = known.filter(|known| wanted.iter().filter(|other| other == known).count() == 1);
            known.map(|name| Answer::new(model, section, notices, name)).ok_or_else(|| super::no_such_answer(section))
        };
        wanted.iter().map(column).collect()
    }

    fn new(model: &Model, section: Section, notices: &[Reason], name: &'static str) -> Answer {
        let (classification, access) = (&model.classification, &model.access);
        let class_ids = || Openness::ALL.iter().rev().map(|class| class.id().to_owned()).collect::<Vec<_>>();
        let permitted = || classification.permitted.iter().map(|(_, root)| *root).collect::<Vec<_>>();
        let denials = || access.denials.iter().map(|rule| rule.root).collect::<Vec<_>>();
        let facts = match section {
            Section::Classification => &classification.space.facts,
            Section::Access => &access.space.facts,
        };
        let (kind, roots, ids): (Kind, Vec<Root>, Vec<String>) = match name {
            "status" => (Kind::Status, vec![classification.out_of_scope.root], Vec::new()),
            "permitted" | "possible" => (Kind::Ids, permitted(), class_ids()),
            "default" => (Kind::Strictest, permitted(), class_ids()),
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
            "permit" => (Kind::Permit, denials(), Vec::new()),
            "denials" => (Kind::Ids, denials(), access.denials.iter().map(|rule| rule.reason.code.clone()).collect()),
            "duties" => {
                let duties = access.duties.iter().map(|(root, _)| *root);
                let ids = access.duties.iter().map(|(_, duty)| duty.code.clone()).collect();
                (Kind::OnPermit, duties.chain(denials()).collect(), ids)
            }
            "open" => (Kind::Ids, Vec::new(), facts.iter().map(|fact| fact.id.clone()).collect()),
            _ => (Kind::Constant, Vec::new(), notices.iter().map(|notice| notice.code.clone()).collect()),
        };
        let mut answer = Answer { name, kind, roots, outputs: Vec::new(), ids, dictionary: None };
        answer.dictionary = (kind != Kind::Permit && answer.width() <= BYTE).then(|| answer.dictionary());
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
            Kind::Strictest => (usize::BITS - self.ids.len().leading_zeros()) as usize,
            _ => self.ids.len(),
        }
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

    /// The same column, its functions found among a circuit's.
    pub(super) fn placed(mut self, roots: &[Root]) -> Answer {
        self.outputs = self.roots.iter().filter_map(|root| roots.iter().position(|other| other == root)).collect();
        self
    }

    pub(super) fn field(&self) -> Field {
        let data_type = match (self.kind, &self.dictionary) {
            (Kind::Permit, _) => DataType::Boolean,
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
            let settled = rules.settle(&rules.space.diagrams.restrict(&known));
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
                "default" => settled.default.0,
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
            let settled = rules.settle(&rules.space.diagrams.restrict(&known));
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
    sets: Sets,
    /// The rows that say something; for a permit, the rows that are permitted.
    valid: Vec<u64>,
}

enum Sets {
    Bytes(Vec<u8>),
    Words(Vec<u64>),
    /// `valid` says it all.
    None,
}

fn zeroed<T: Clone + Default>(count: usize) -> Result<Vec<T>, TableError> {
    let mut out = Vec::new();
    let bytes = count.saturating_mul(size_of::<T>());
    out.try_reserve_exact(count).map_err(|_| TableError::OutOfMemory { bytes })?;
    out.resize(count, T::default());
    Ok(out)
}

impl<'a> Answers<'a> {
    pub(super) fn new(answer: &'a Answer, rows: usize) -> Result<Self, TableError> {
        let sets = match (answer.kind, &answer.dictionary) {
            (Kind::Permit, _) => Sets::None,
            (_, Some(_)) => Sets::Bytes(zeroed(rows)?),
            (_, None) => Sets::Words(zeroed(rows)?),
        };
        Ok(Answers { answer, rows, sets, valid: zeroed(rows.div_ceil(64))? })
    }

    /// Takes a block of complete rows from the circuit's outputs. The others are put right afterwards.
    pub(super) fn take(&mut self, circuit: &Circuit, planes: &[Block<WORDS>], first: usize, length: usize) {
        const NOTHING: Block<WORDS> = [0; WORDS];
        let output = |output: &usize| circuit.output(planes, *output).unwrap_or(&NOTHING);
        let mut outputs: Vec<&Block<WORDS>> = self.answer.outputs.iter().map(output).collect();
        let any = |outputs: &[&Block<WORDS>]| {
            let mut any = NOTHING;
            for plane in outputs {
                any.iter_mut().zip(*plane).for_each(|(any, word)| *any |= word);
            }
            any
        };
        let mut masked = Vec::new();
        let mut valid = [0; WORDS];
        match self.answer.kind {
            Kind::Ids => valid = any(&outputs),
            Kind::Strictest => {
                valid = any(&outputs);
                masked = first_of(&outputs, self.answer.width());
                outputs = masked.iter().collect();
            }
            Kind::Status => valid = [u64::MAX; WORDS],
            Kind::Constant if !self.answer.ids.is_empty() => valid = [u64::MAX; WORDS],
            Kind::Constant => {}
            Kind::Permit => valid = any(&outputs).map(|word| !word),
            Kind::OnPermit => {
                let denials = outputs.split_off(self.answer.ids.len().min(outputs.len()));
                let denied = any(&denials);
                masked = outputs.iter().map(|plane| **plane).collect();
                for plane in &mut masked {
                    plane.iter_mut().zip(&denied).for_each(|(word, denied)| *word &= !denied);
                }
                outputs = masked.iter().collect();
                valid = any(&outputs);
            }
        }
        super::planes::cut(&mut valid, length);
        let words = self.valid.get_mut(first / 64..).unwrap_or_default();
        words.iter_mut().zip(valid).for_each(|(word, valid)| *word = valid);
        let constant = if self.answer.kind == Kind::Constant { all_of(self.answer) } else { 0 };
        match &mut self.sets {
            Sets::None => {}
            Sets::Bytes(sets) => {
                let rows = sets.get_mut(first..first + length).unwrap_or_default();
                match self.answer.kind {
                    Kind::Constant => rows.fill(constant as u8),
                    _ => interleave(&outputs, rows),
                }
            }
            Sets::Words(sets) => {
                let rows = sets.get_mut(first..first + length).unwrap_or_default();
                rows.fill(constant);
                let mut bytes = [0; ROWS];
                for (eighth, planes) in outputs.chunks(BYTE).enumerate() {
                    let bytes = bytes.get_mut(..length).unwrap_or_default();
                    interleave(planes, bytes);
                    rows.iter_mut().zip(bytes).for_each(|(row, byte)| *row |= u64::from(*byte) << (8 * eighth));
                }
            }
        }
        drop(outputs);
        drop(masked);
    }

    /// Says what one row's set is.
    pub(super) fn put(&mut self, row: usize, set: u64) {
        let says = set != 0 || self.answer.kind == Kind::Status;
        let set = match self.answer.kind {
            Kind::Strictest if says => u64::from(set.trailing_zeros()) + 1,
            _ => set,
        };
        if let Some(word) = self.valid.get_mut(row / 64) {
            *word = *word & !(1 << (row % 64)) | u64::from(says) << (row % 64);
        }
        match &mut self.sets {
            Sets::None => {}
            Sets::Bytes(sets) => sets.get_mut(row).into_iter().for_each(|byte| *byte = set as u8),
            Sets::Words(sets) => sets.get_mut(row).into_iter().for_each(|word| *word = set),
        }
    }

    /// The column.
    pub(super) fn finish(self) -> Result<ArrayRef, TableError> {
        let valid = BooleanBuffer::new(ScalarBuffer::<u64>::from(self.valid).into_inner(), 0, self.rows);
        let nullable = self.answer.field().is_nullable();
        match (self.sets, &self.answer.dictionary) {
            (Sets::Bytes(mut sets), Some(Dictionary { texts, places })) => {
                if let Some(places) = places {
                    let place = |set: u8| places.get(usize::from(set)).copied().unwrap_or_default();
                    sets.iter_mut().for_each(|set| *set = place(*set));
                }
                dictionary_of::<UInt8Type>(sets.into(), nullable.then_some(valid), Arc::clone(texts))
            }
            (Sets::Words(sets), _) => {
                let mut places: HashMap<u64, u32> = HashMap::new();
                let mut known: HashMap<String, u32> = HashMap::new();
                let mut says: Vec<String> = Vec::new();
                let mut keys: Vec<u32> = zeroed(self.rows)?;
                let mut last = (0, None);
                for (key, set) in keys.iter_mut().zip(sets) {
                    if set != 0 && (last.0 != set || last.1.is_none()) {
                        let place = *places.entry(set).or_insert_with(|| {
                            let text = self.answer.says(set);
                            *known.entry(text.clone()).or_insert_with(|| {
                                says.push(text);
                                says.len() as u32 - 1
                            })
                        });
                        last = (set, Some(place));
                    }
                    *key = if set == 0 { 0 } else { last.1.unwrap_or_default() };
                }
                let dictionary: ArrayRef = Arc::new(StringArray::from_iter_values(says));
                dictionary_of::<UInt32Type>(keys.into(), nullable.then_some(valid), dictionary)
            }
            _ => Ok(Arc::new(BooleanArray::new(valid, None))),
        }
    }
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
    let nulls = valid.map(NullBuffer::new).filter(|nulls| nulls.null_count() > 0);
    let keys = PrimitiveArray::<K>::try_new(keys, nulls).map_err(|error| TableError::from_arrow(&error))?;
    let array = DictionaryArray::<K>::try_new(keys, values).map_err(|error| TableError::from_arrow(&error))?;
    Ok(Arc::new(array))
}
