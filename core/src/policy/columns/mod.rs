//! Columns of facts to columns of answers: Arrow in, Arrow out, row for row.
//!
//! One column a fact, by the fact's id; a fact without a column, and a null, is unknown. Complete rows are answered 64 at
//! a time by bit operations ([`super::circuit`]); a row with an unknown fact is answered exactly, once for each such
//! combination. What comes out is stated at [`answer_columns`]. This room must never take a value that it does not know for
//! another one: an unknown column or value is an error.

mod answers;
mod compare;
mod facts;
mod planes;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use arrow::array::{RecordBatch, RecordBatchOptions, RecordBatchReader};
use arrow::datatypes::{Schema, SchemaRef};
use arrow::error::ArrowError;
use fearless_simd::{Level, Simd, dispatch};
use jiff::civil::Date;

use super::circuit::{Block, Circuit};
use super::diagram::Root;
use super::facts::{FactError, Section};
use super::model::Space;
use super::packed::{Layout, PackedFacts};
use super::policy::Policy;
use crate::table::{Progress, Sink, Source, TableError, WrittenStats, report_written};
use crate::terms::Reason;
use answers::{Answer, Answers};
pub use compare::{CatalogChange, CatalogDifference};
use facts::{Batch, FactColumns};

/// So many words of each plane are worked on at once: the planes of a policy like the bundled one stay in the fastest
/// cache.
const WORDS: usize = 64;
/// So many rows.
const ROWS: usize = 64 * WORDS;
/// A longer batch of a table is answered in parts, so that it can be stopped and its answers need no more memory at once.
const LONGEST_BATCH: usize = 1 << 16;
/// The most combinations with unknown facts whose answers are remembered.
const MAX_REMEMBERED: usize = 1 << 16;

/// The columns of answers of a section, in order.
///
/// Lists are joined by `|` in the policy file's order, classes the strictest first. An empty list is null.
///
/// | classification | |
/// |---|---|
/// | `status` | `determined`, `needs_assessment`, `out_of_scope` |
/// | `permitted` | the classes to choose from; null unless determined |
/// | `default` | the strictest permitted class; `withheld` when it needs assessment, null when out of scope |
/// | `recommended` | null unless determined |
/// | `possible` | the classes permitted in some completion of the unknown facts |
/// | `requires`, `grounds` | the steps to take and the grounds that are live, in any completion |
/// | `open` | the facts whose answers always settle it |
/// | `notices` | codes of what the reader must be told about the policy |
/// | `class` | only when asked for by name: `default` as an unsigned byte, 0 unconditional, 1 conditional, 2 withheld |
///
/// | access | |
/// |---|---|
/// | `permit` | a boolean: true only when every completion permits |
/// | `denials` | the denials in every completion, the headline first |
/// | `open` | the unknown facts on which the denials depend |
/// | `duties` | codes of what a permit carries |
/// | `notices` | as above |
#[must_use]
pub fn answer_columns(section: Section) -> &'static [&'static str] {
    match section {
        Section::Classification => {
            &["status", "permitted", "default", "recommended", "possible", "requires", "grounds", "open", "notices"]
        }
        Section::Access => &["permit", "denials", "open", "duties", "notices"],
    }
}

/// A section of a policy, ready to answer batches of one schema.
///
/// ```
/// use std::sync::Arc;
/// use arrow::array::{AsArray, BooleanArray, RecordBatch, StringArray};
/// use arrow::datatypes::{DataType, Field, Schema};
/// use kaifang::policy::{Policy, Section};
///
/// let schema = Arc::new(Schema::new(vec![
///     Field::new("out_of_scope", DataType::Boolean, true),
///     Field::new("listed", DataType::Boolean, true),
///     Field::new("action", DataType::Utf8, true),
/// ]));
/// let batch = RecordBatch::try_new(
///     schema.clone(),
///     vec![
///         Arc::new(BooleanArray::from(vec![Some(false), Some(false), Some(false)])),
///         Arc::new(BooleanArray::from(vec![Some(true), None, Some(false)])),
///         Arc::new(StringArray::from(vec!["query", "query", "query"])),
///     ],
/// )?;
/// let policy = Policy::builtin("xian-2022-013")?;
/// let mut evaluator = policy.evaluator(Section::Access, "2024-06-03".parse()?, &schema, None)?;
/// let answers = evaluator.run(&batch)?;
/// assert_eq!(answers.num_rows(), 3);
/// let permit = answers.column_by_name("permit").ok_or("a column")?.as_boolean();
/// assert_eq!(permit.iter().collect::<Vec<_>>(), [Some(true), Some(false), Some(false)]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Evaluator {
    policy: Policy,
    section: Section,
    columns: FactColumns,
    plan: Plan,
    planes: Vec<Block<WORDS>>,
    answers: Vec<Answer>,
    schema: SchemaRef,
    remembered: HashMap<PackedFacts, Box<[u64]>>,
    rows: u64,
    level: Level,
}

/// How rows are answered.
struct Plan {
    circuit: Circuit,
    /// The planes of facts that are needed where every fact is known, one bit each.
    read: u64,
    /// Where the policy would take too many gates: every row is answered by itself.
    row_by_row: bool,
}

impl Plan {
    fn new(circuit: Option<Circuit>, layout: &Layout) -> Plan {
        match circuit {
            Some(circuit) => Plan { read: circuit.read(), circuit, row_by_row: false },
            None => Plan { read: u64::MAX, circuit: Circuit::nothing(layout), row_by_row: true },
        }
    }
}

impl Policy {
    /// Answers batches whose columns are `schema`'s, on a legal date. `wanted` names the columns of answers
    /// ([`answer_columns`]), in the order in which they are given; none is all of them. Fewer columns are faster.
    ///
    /// # Errors
    /// [`PolicyError::NotInForce`](super::PolicyError::NotInForce); [`FactError`] for a column that is no fact of the
    /// section, a column of a type that the fact's domain can't be read from, or an answer that there is not;
    /// [`TableError::DuplicateColumn`].
    pub fn evaluator(
        &self,
        section: Section,
        at: Date,
        schema: &Schema,
        wanted: Option<&[&str]>,
    ) -> Result<Evaluator, crate::Error> {
        self.model.check_date(at)?;
        let space = match section {
            Section::Classification => &self.model.classification.space,
            Section::Access => &self.model.access.space,
        };
        let columns = FactColumns::new(space, schema, section)?;
        let notices: Vec<Reason> = self.model.notices(at);
        let mut answers = Answer::all(&self.model, section, &notices, wanted)?;
        let plan = Plan::new(circuit_of(space, &self.readings, &mut answers), &space.layout);
        Ok(Evaluator {
            policy: self.clone(),
            section,
            columns,
            planes: plan.circuit.scratch(),
            plan,
            schema: Arc::new(Schema::new(answers.iter().map(Answer::field).collect::<Vec<_>>())),
            answers,
            remembered: HashMap::new(),
            rows: 0,
            level: Level::new(),
        })
    }

    /// Answers a table as it is read.
    ///
    /// # Errors
    /// As [`Policy::evaluator`].
    pub fn eval(
        &self,
        source: Source,
        section: Section,
        at: Date,
        wanted: Option<&[&str]>,
    ) -> Result<Evaluated, crate::Error> {
        let evaluator = self.evaluator(section, at, &source.schema(), wanted)?;
        Ok(Evaluated { source, evaluator, rest: None, failed: None })
    }

    /// Answers a table into a sink, which `create` makes for the answers' schema.
    ///
    /// # Errors
    /// As [`Policy::evaluator`] and [`Evaluator::run`], errors of reading and writing, [`TableError::Cancelled`],
    /// [`TableError::OntoItself`] for the file that `source` is read from.
    pub fn eval_to(
        &self,
        source: Source,
        section: Section,
        at: Date,
        wanted: Option<&[&str]>,
        create: impl FnOnce(SchemaRef) -> Result<Sink, TableError>,
        progress: Progress<'_>,
    ) -> Result<WrittenStats, crate::Error> {
        let total = source.known_rows();
        let mut evaluated = self.eval(source, section, at, wanted)?;
        let mut sink = create(evaluated.schema())?;
        sink.check_source(&evaluated.source)?;
        while let Some(batch) = evaluated.next_batch()? {
            sink.write(&batch)?;
            report_written(&mut *progress, "eval", evaluated.rows(), total, sink.bytes())?;
        }
        Ok(sink.finish()?)
    }
}

impl fmt::Debug for Evaluator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Evaluator").field("section", &self.section).field("rows", &self.rows).finish_non_exhaustive()
    }
}

impl fmt::Debug for Evaluated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Evaluated").field("evaluator", &self.evaluator).finish_non_exhaustive()
    }
}

/// Answers that are computed as they are read. After an error there are no more.
pub struct Evaluated {
    source: Source,
    evaluator: Evaluator,
    /// What is left of a batch that is longer than the answers to it are to be.
    rest: Option<RecordBatch>,
    failed: Option<crate::Error>,
}

impl Evaluated {
    /// The columns of answers.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        self.evaluator.schema()
    }

    /// How many rows were answered.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.evaluator.rows
    }

    /// The answers to the next batch, or to the next 65,536 rows of a longer one; `None` at the end.
    ///
    /// # Errors
    /// Errors of reading, and as [`Evaluator::run`]. After one, every further call gives it again.
    pub fn next_batch(&mut self) -> Result<Option<RecordBatch>, crate::Error> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let answered = self.answer_next();
        self.failed = answered.as_ref().err().cloned();
        answered
    }

    fn answer_next(&mut self) -> Result<Option<RecordBatch>, crate::Error> {
        let Some(batch) = self.rest.take().map_or_else(|| self.source.next_batch(), |rest| Ok(Some(rest)))? else {
            return Ok(None);
        };
        let length = batch.num_rows().min(LONGEST_BATCH);
        if length < batch.num_rows() {
            self.rest = Some(batch.slice(length, batch.num_rows() - length));
        }
        self.evaluator.run(&batch.slice(0, length)).map(Some)
    }
}

impl Iterator for Evaluated {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        // The error was the last item, so that a loop which passes over errors ends.
        if self.failed.is_some() {
            return None;
        }
        self.next_batch().map_err(|error| ArrowError::ExternalError(Box::new(error))).transpose()
    }
}

impl RecordBatchReader for Evaluated {
    fn schema(&self) -> SchemaRef {
        Evaluated::schema(self)
    }
}

impl Evaluator {
    /// The columns of answers.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// Answers one batch, row for row.
    ///
    /// # Errors
    /// [`FactError::OutsideDomainInRow`] for a value outside a fact's domain; rows are counted from 1 over all batches.
    /// [`TableError::SchemaMismatch`] for a batch of other columns.
    pub fn run(&mut self, batch: &RecordBatch) -> Result<RecordBatch, crate::Error> {
        let rows = batch.num_rows();
        let mut columns = self.columns.of(batch, self.rows)?;
        let mut answers: Vec<Answers> =
            self.answers.iter().map(|answer| Answers::new(answer, rows)).collect::<Result<_, TableError>>()?;
        let (plan, planes) = (&self.plan, &mut self.planes);
        let mut one_by_one = OneByOne {
            policy: &self.policy,
            section: self.section,
            answers: &self.answers,
            remembered: &mut self.remembered,
        };
        dispatch!(self.level, simd => blocks(simd, rows, plan, planes, &mut columns, &mut answers, &mut one_by_one))?;
        self.rows += rows as u64;
        let arrays = answers.into_iter().map(Answers::finish).collect::<Result<Vec<_>, TableError>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let batch = RecordBatch::try_new_with_options(Arc::clone(&self.schema), arrays, &options);
        Ok(batch.map_err(|error| TableError::from_arrow(&error))?)
    }
}

/// The circuit of some columns, which are told their outputs; none where it takes too many gates or nodes.
fn circuit_of(space: &Space, readings: &[u8], answers: &mut [Answer]) -> Option<Circuit> {
    let mut roots: Vec<&mut Root> = answers.iter_mut().flat_map(Answer::roots).collect();
    let mut diagrams = space.diagrams.pruned(&mut roots).reopen();
    let mut outputs = Vec::new();
    for answer in answers {
        answer.plan(&mut diagrams, &mut outputs).ok()?;
    }
    Circuit::new(&diagrams, &space.layout, readings, &outputs)
}

/// Answers a batch block by block.
#[inline(always)]
fn blocks<S: Simd>(
    simd: S,
    rows: usize,
    Plan { circuit, read, row_by_row }: &Plan,
    planes: &mut [Block<WORDS>],
    columns: &mut Batch<'_>,
    answers: &mut [Answers<'_>],
    one_by_one: &mut OneByOne<'_>,
) -> Result<(), FactError> {
    for first in (0..rows).step_by(ROWS) {
        let length = (rows - first).min(ROWS);
        let incomplete = columns.fill(simd, (first, length), *read, circuit.inputs_of(planes))?;
        circuit.run(planes);
        for answer in &mut *answers {
            answer.take(simd, circuit, planes, length);
        }
        let incomplete = if *row_by_row { Some(Block::ALL) } else { incomplete };
        if let Some(incomplete) = incomplete {
            one_by_one.settle((first, length), &incomplete, columns, circuit.inputs_of(planes), answers);
        }
    }
    Ok(())
}

/// The rows that a circuit can't answer.
struct OneByOne<'a> {
    policy: &'a Policy,
    section: Section,
    answers: &'a [Answer],
    remembered: &'a mut HashMap<PackedFacts, Box<[u64]>>,
}

impl OneByOne<'_> {
    #[inline(never)]
    fn settle(
        &mut self,
        (first, length): (usize, usize),
        which: &Block<WORDS>,
        columns: &Batch<'_>,
        facts: &[Block<WORDS>],
        answers: &mut [Answers<'_>],
    ) {
        for row in planes::ones(which, length) {
            let case = columns.case(facts, row);
            let settled = match self.remembered.get(&case) {
                Some(settled) => settled,
                None => {
                    let settled = answers::settle(self.policy, self.section, case, self.answers);
                    if self.remembered.len() >= MAX_REMEMBERED {
                        self.remembered.clear();
                    }
                    self.remembered.entry(case).or_insert(settled)
                }
            };
            for (answer, set) in answers.iter_mut().zip(settled) {
                answer.put(first + row, *set);
            }
        }
    }
}
