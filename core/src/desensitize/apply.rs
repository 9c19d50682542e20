//! Applying a plan: a stream of treated batches, and the proof at its end.

use std::sync::Arc;

use arrow::array::{Array as _, ArrayRef, BooleanArray, RecordBatch, RecordBatchOptions, RecordBatchReader};
use arrow::datatypes::{Field, Schema, SchemaRef};
use arrow::error::ArrowError;

use super::PlanError;
use super::applied::Applied;
use super::nested::Tree;
use super::parts::PartsHasher;
use super::passes;
use super::plan::Plan;
use super::rows::Rows;
use super::step::Step;
use crate::crypto::{Keyring, MacKey};
use crate::table::{Progress, Sink, Source, TableError, WrittenStats, check_columns, report, report_written, silent};

/// The domain of the key of the input's digests.
const INPUT_DOMAIN: &str = "kaifang:applied/input";

/// One column on its way.
pub(super) struct Column {
    pub(super) tree: Tree,
    pub(super) input: Option<PartsHasher>,
    pub(super) output: Option<PartsHasher>,
    /// All of its cells leave as they came, so that its two digests are one until they are keyed.
    pub(super) is_hashed_once: bool,
}

impl Column {
    /// Treats one batch of the column; `before` = the rows of the batches before. `None` where it is dropped.
    pub(super) fn treat(
        &mut self,
        array: &ArrayRef,
        batch: &RecordBatch,
        before: u64,
    ) -> Result<Option<ArrayRef>, crate::Error> {
        // What is kept is hashed once, on its way out.
        if !self.is_hashed_once {
            self.see(array)?;
        }
        self.treat_seen(array, batch, before)
    }

    /// Hashes the cells of the input.
    fn see(&mut self, array: &ArrayRef) -> Result<(), PlanError> {
        match self.input.as_mut().is_none_or(|hasher| hasher.update(array)) {
            true => Ok(()),
            false => Err(PlanError::SchemaChanged),
        }
    }

    /// Treats cells that were hashed, or that are hashed on their way out.
    fn treat_seen(
        &mut self,
        array: &ArrayRef,
        batch: &RecordBatch,
        before: u64,
    ) -> Result<Option<ArrayRef>, crate::Error> {
        let treated = self.tree.run(array, batch, before)?;
        if let (Some(hasher), Some(treated)) = (&mut self.output, &treated)
            && !hasher.update(treated)
        {
            return Err(PlanError::SchemaChanged.into());
        }
        Ok(treated)
    }

    /// Counts and hashes cells of a column that is not nested, which leave as they are by another way than a batch.
    pub(super) fn keep(&mut self, array: &ArrayRef) -> Result<(), PlanError> {
        let step = self.tree.step_mut().ok_or(PlanError::SchemaChanged)?;
        step.counts.cells += array.len() as u64;
        step.counts.nulls += array.logical_null_count() as u64;
        match self.output.as_mut().is_some_and(|hasher| hasher.update(array)) {
            true => Ok(()),
            false => Err(PlanError::SchemaChanged),
        }
    }
}

pub(super) enum State {
    /// Before the first row; a transform of whole columns still has to see its own.
    Fresh,
    Running,
    Failed,
    Done(Box<Applied>),
}

/// A table being treated: an Arrow reader whose batches are the treated ones.
///
/// At the end, and only there, [`Treated::applied`] is the proof. After an error there is none, and no batch follows:
/// what was read before it must not be used.
pub struct Treated {
    pub(super) plan: Plan,
    pub(super) source: Source,
    pub(super) schema_in: SchemaRef,
    pub(super) schema_out: SchemaRef,
    pub(super) columns: Vec<Column>,
    /// The rules about rows, and the rows of the input so far.
    pub(super) rules: Rows,
    read: u64,
    pub(super) input_key: Option<(String, MacKey)>,
    pub(super) rows: u64,
    pub(super) state: State,
}

impl Plan {
    /// Begins the treatment of a table. The batches come when the answer is read.
    ///
    /// # Errors
    /// Everything that can be known before the first row: a column that the plan doesn't name or the table lacks, a type
    /// that a transform has no meaning on ([`PlanError`], all at once); a key that the keyring lacks
    /// ([`crate::crypto::KeyError`]).
    ///
    /// ```
    /// # use arrow::{array::{RecordBatch, StringArray}, datatypes::{DataType, Field, Schema}};
    /// # use std::sync::Arc;
    /// use kaifang::crypto::Keyring;
    /// use kaifang::desensitize::Plan;
    /// use kaifang::table::Source;
    ///
    /// let plan = Plan::parse_toml("v = 1\ndataset = \"d\"\n[columns]\nlxdh = { do = \"mask\", keep_prefix = 3, keep_suffix = 4 }")?;
    /// let schema = Arc::new(Schema::new(vec![Field::new("lxdh", DataType::Utf8, true)]));
    /// let phones = StringArray::from(vec![Some("13900001111"), Some("1234567"), None]);
    /// let batch = RecordBatch::try_new(schema.clone(), vec![Arc::new(phones)])?;
    /// let mut treated = plan.apply(Source::from_batches(schema, vec![batch])?, &Keyring::new())?;
    ///
    /// let batch = treated.next_batch()?.unwrap();
    /// let expected = StringArray::from(vec![Some("139****1111"), Some("[redacted]"), None]);
    /// assert_eq!(batch.column(0).as_ref(), &expected as &dyn arrow::array::Array);
    /// assert!(treated.next_batch()?.is_none());
    /// let applied = treated.applied().unwrap();
    /// assert_eq!((applied.columns[0].invalid, applied.columns[0].nulls), (1, 1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn apply(&self, source: Source, keys: &Keyring) -> Result<Treated, crate::Error> {
        let schema_in = source.schema();
        self.check(&schema_in)?;
        let input_key = self.input_key(keys)?;
        let mut columns = Vec::new();
        let mut fields = Vec::new();
        for field in schema_in.fields() {
            let (name, data_type) = (field.name(), field.data_type());
            let tree = Tree::new(self, &schema_in, name, data_type, keys)?;
            let output = tree.output(data_type);
            let input = input_key.as_ref().map(|_| PartsHasher::new(name, data_type));
            let is_hashed_once = tree.step().is_some_and(Step::is_kept) && self.rows().is_empty();
            let hasher = output.as_ref().map(|data_type| PartsHasher::new(name, data_type));
            // Metadata of fields and of the schema may quote values, so none is handed on.
            fields.extend(output.map(|data_type| Field::new(name, data_type, true)));
            columns.push(Column { tree, input, output: hasher, is_hashed_once });
        }
        let schema_out = Arc::new(Schema::new(fields));
        let rules = Rows::new(self, &schema_in, keys)?;
        let (plan, state) = (self.clone(), State::Fresh);
        Ok(Treated { plan, source, schema_in, schema_out, columns, rules, read: 0, input_key, rows: 0, state })
    }

    /// Treats a table and hands each batch on, telling how far it is. Where the answer is an error, what was handed on
    /// must not be used.
    ///
    /// # Errors
    /// As [`Plan::apply`]; errors of reading, treating and of `out`; [`crate::table::TableError::Cancelled`].
    pub fn apply_each(
        &self,
        source: Source,
        keys: &Keyring,
        out: &mut dyn FnMut(RecordBatch) -> Result<(), crate::Error>,
        progress: Progress<'_>,
    ) -> Result<Applied, crate::Error> {
        let total = source.known_rows();
        let mut treated = self.apply(source, keys)?;
        treated.see_columns(&mut *progress)?;
        while let Some(batch) = treated.next_batch()? {
            out(batch)?;
            report(&mut *progress, "apply", treated.rows, total)?;
        }
        Ok(treated.into_applied()?)
    }

    /// Treats a table into a file and finishes it; only then is there a proof. Where anything fails, what stood under the
    /// file's final name stays as it was.
    ///
    /// `open` makes the sink for the schema of the treated table.
    ///
    /// # Errors
    /// As [`Plan::apply_each`]; errors of writing; [`TableError::OntoItself`] for the file that `source` is read from.
    pub fn apply_to(
        &self,
        source: Source,
        keys: &Keyring,
        open: impl FnOnce(SchemaRef) -> Result<Sink, TableError>,
        progress: Progress<'_>,
    ) -> Result<(Applied, WrittenStats), crate::Error> {
        let total = source.known_rows();
        let mut treated = self.apply(source, keys)?;
        let mut sink = open(treated.schema())?;
        sink.check_source(&treated.source)?;
        sink.check_nested()?;
        treated.see_columns(&mut *progress)?;
        if !super::splice::run(&mut treated, &mut sink, &mut *progress)? {
            while let Some(batch) = treated.next_batch()? {
                sink.write(&batch)?;
                report_written(&mut *progress, "apply", treated.rows, total, sink.bytes())?;
            }
        }
        // The proof first: without it the file must not appear.
        let applied = treated.into_applied()?;
        Ok((applied, sink.finish()?))
    }

    /// The key of the input's digests: the plan's first, else the keyring's first.
    fn input_key(&self, keys: &Keyring) -> Result<Option<(String, MacKey)>, crate::Error> {
        let id = self.keys().first().copied().or_else(|| keys.ids().next());
        id.map(|id| Ok((id.to_owned(), keys.derive(id, INPUT_DOMAIN)?))).transpose()
    }
}

impl Treated {
    /// The next treated batch; `None` at the end.
    ///
    /// # Errors
    /// Errors of reading and of treating. After one, there are no more batches and no proof.
    pub fn next_batch(&mut self) -> Result<Option<RecordBatch>, crate::Error> {
        self.see_columns(&mut silent)?;
        if !matches!(self.state, State::Running) {
            return Ok(None);
        }
        // Whatever leaves this function early has failed.
        self.state = State::Failed;
        let batch = match self.source.next_batch()? {
            Some(batch) => self.treat(&batch)?,
            None => {
                self.state = State::Done(Box::new(self.prove()?));
                return Ok(None);
            }
        };
        self.state = State::Running;
        Ok(Some(batch))
    }

    /// Lets the transforms of whole columns see them, before the first row; afterwards it does nothing. [`Treated::next_batch`]
    /// does it by itself, and tells nobody how far it is.
    ///
    /// # Errors
    /// Errors of reading; [`TableError::Cancelled`]. After one, there are no batches and no proof.
    pub fn see_columns(&mut self, progress: Progress<'_>) -> Result<(), crate::Error> {
        if !matches!(self.state, State::Fresh) {
            return Ok(());
        }
        self.state = State::Failed;
        if passes::are_two(&self.columns) {
            passes::first(self, progress)?;
        }
        self.state = State::Running;
        Ok(())
    }

    /// The columns of the treated table.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema_out)
    }

    /// How many rows were treated so far.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// The proof, once the end was reached.
    #[must_use]
    pub fn applied(&self) -> Option<&Applied> {
        match &self.state {
            State::Done(applied) => Some(applied),
            State::Fresh | State::Running | State::Failed => None,
        }
    }

    /// The proof.
    ///
    /// # Errors
    /// [`PlanError::Ended`] where the end was not reached, or an error came first.
    pub fn into_applied(self) -> Result<Applied, PlanError> {
        match self.state {
            State::Done(applied) => Ok(*applied),
            State::Fresh | State::Running | State::Failed => Err(PlanError::Ended),
        }
    }

    fn treat(&mut self, batch: &RecordBatch) -> Result<RecordBatch, crate::Error> {
        check_columns(batch.schema_ref(), &self.schema_in).map_err(|_| PlanError::SchemaChanged)?;
        let leaving = self.rules.left(batch)?;
        let mut arrays: Vec<ArrayRef> = Vec::new();
        for (at, (column, array)) in self.columns.iter_mut().zip(batch.columns()).enumerate() {
            let treated = match &leaving {
                None => column.treat(array, batch, self.rows)?,
                Some((leaving, left)) => {
                    column.see(array)?;
                    let rest = left.columns().get(at).ok_or(PlanError::SchemaChanged)?;
                    column.treat_seen(rest, left, 0).map_err(|error| in_the_input(error, self.read, leaving))?
                }
            };
            arrays.extend(treated);
        }
        let rows = leaving.as_ref().map_or(batch.num_rows(), |(leaving, _)| leaving.true_count());
        self.read += batch.num_rows() as u64;
        self.rows += rows as u64;
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let treated = RecordBatch::try_new_with_options(self.schema(), arrays, &options);
        treated.map_err(|_| PlanError::SchemaChanged.into())
    }
}

/// The error with the row of the input, where only some of its rows were treated.
fn in_the_input(error: crate::Error, read: u64, leaving: &BooleanArray) -> crate::Error {
    match error {
        crate::Error::Plan(PlanError::InvalidValue { column, row }) => {
            let place = usize::try_from(row.saturating_sub(1)).unwrap_or(usize::MAX);
            let of_batch = leaving.values().set_indices().nth(place).unwrap_or_default();
            PlanError::InvalidValue { column, row: read + of_batch as u64 + 1 }.into()
        }
        other => other,
    }
}

impl Iterator for Treated {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_batch().map_err(|error| ArrowError::ExternalError(Box::new(error))).transpose()
    }
}

impl RecordBatchReader for Treated {
    fn schema(&self) -> SchemaRef {
        Treated::schema(self)
    }
}

#[cfg(test)]
#[path = "apply_tests.rs"]
mod tests;
