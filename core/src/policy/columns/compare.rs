//! Two policies over one catalog: which of its datasets change their classes, and from what to what.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, RecordBatchOptions};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Schema};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Evaluator;
use crate::policy::analyse::Side;
use crate::policy::facts::{FactError, Section, shown};
use crate::policy::policy::Policy;
use crate::table::{Progress, Source, TableError, report};
use crate::terms::{V1, Word};

/// The columns that make an outcome.
const OUTCOME: &[&str] = &["status", "permitted"];

/// What a change of policy does to a catalog: a table with a column a classification fact and a row a dataset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CatalogDifference {
    /// The document's version.
    pub v: V1,
    /// The first policy.
    pub from: Side,
    /// The second policy.
    pub to: Side,
    /// The legal date that both were asked for.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub at: Date,
    /// How many rows the catalog has.
    pub rows: u64,
    /// How many of them have another outcome.
    pub changed: u64,
    /// The changes, by what the first policy says and then by what the second says.
    pub changes: Vec<CatalogChange>,
}

/// Some datasets whose outcome changes alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CatalogChange {
    /// What the first policy says: permitted classes joined by `|`, or a status that permits none.
    pub from: String,
    /// What the second policy says.
    pub to: String,
    /// How many datasets.
    pub rows: u64,
    /// The first of them; rows are counted from 1 without the header.
    pub first: u64,
}

/// A policy and the columns of the catalog that are facts of it.
struct Reader {
    evaluator: Evaluator,
    columns: Vec<usize>,
    schema: Arc<Schema>,
}

impl Reader {
    fn new(policy: &Policy, schema: &Schema, at: Date) -> Result<Reader, crate::Error> {
        let is_fact = |name: &str| policy.facts(Section::Classification).iter().any(|fact| fact.id == name);
        let fields = schema.fields().iter().enumerate().filter(|(_, field)| is_fact(field.name()));
        let (columns, fields): (Vec<usize>, Vec<_>) = fields.map(|(place, field)| (place, Arc::clone(field))).unzip();
        let schema = Arc::new(Schema::new(fields));
        let evaluator = policy.evaluator(Section::Classification, at, &schema, Some(OUTCOME))?;
        Ok(Reader { evaluator, columns, schema })
    }

    /// For each row its outcome.
    fn outcomes(&mut self, batch: &RecordBatch) -> Result<[ArrayRef; 2], crate::Error> {
        let arrow = |error| TableError::from_arrow(&error);
        let columns = self.columns.iter().filter_map(|place| batch.columns().get(*place).cloned()).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        let facts = RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options).map_err(arrow)?;
        let answers = self.evaluator.run(&facts)?;
        let mut text = answers.columns().iter().map(|column| cast(column, &DataType::Utf8).map_err(arrow));
        match (text.next(), text.next()) {
            (Some(status), Some(permitted)) => Ok([status?, permitted?]),
            _ => Err(TableError::SchemaMismatch { expected: OUTCOME.len(), found: answers.num_columns() }.into()),
        }
    }
}

/// One row's outcome: its permitted classes, or else its status.
fn outcome([status, permitted]: &[ArrayRef; 2], row: usize) -> &str {
    let (status, permitted) = (status.as_string::<i32>(), permitted.as_string::<i32>());
    if permitted.is_valid(row) { permitted.value(row) } else { status.value(row) }
}

impl Policy {
    /// What would change for the datasets of a catalog if `other` held instead, on a legal date. A column that is a fact
    /// of one policy alone is unknown to the other.
    ///
    /// # Errors
    /// [`FactError::UnknownFact`] for a column that is a fact of neither; as [`Policy::evaluator`] and
    /// [`Evaluator::run`]; errors of reading.
    pub fn diff_catalog(
        &self,
        other: &Policy,
        mut catalog: Source,
        at: Date,
        progress: Progress<'_>,
    ) -> Result<CatalogDifference, crate::Error> {
        let schema = catalog.schema();
        let mut sides = [Reader::new(self, &schema, at)?, Reader::new(other, &schema, at)?];
        for (place, field) in schema.fields().iter().enumerate() {
            if !sides.iter().any(|side| side.columns.contains(&place)) {
                let section = Section::Classification.id();
                return Err(FactError::UnknownFact { fact: shown(field.name()), section }.into());
            }
        }
        let total = catalog.known_rows();
        let mut changes: BTreeMap<(String, String), (u64, u64)> = BTreeMap::new();
        let (mut rows, mut changed) = (0, 0);
        while let Some(batch) = catalog.next_batch()? {
            let [from, to] = &mut sides;
            let (from, to) = (from.outcomes(&batch)?, to.outcomes(&batch)?);
            for row in 0..batch.num_rows() {
                rows += 1;
                let (from, to) = (outcome(&from, row), outcome(&to, row));
                if from != to {
                    changed += 1;
                    changes.entry((from.to_owned(), to.to_owned())).or_insert((0, rows)).0 += 1;
                }
            }
            report(&mut *progress, "diff", rows, total)?;
        }
        let change = |((from, to), (rows, first))| CatalogChange { from, to, rows, first };
        let (from, to) = (Side::of(self), Side::of(other));
        Ok(CatalogDifference { v: V1, from, to, at, rows, changed, changes: changes.into_iter().map(change).collect() })
    }
}
