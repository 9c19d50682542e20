//! One Arrow column through one transform, for engines that bring their own tables and keep their own proof.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use super::PlanError;
use super::nested::{Check, Tree};
use super::plan::Plan;
use crate::crypto::Keyring;

/// The transform of one column of a plan, ready to be run on its batches: no digest is made, so there is no proof.
///
/// ```
/// use arrow::array::{ArrayRef, AsArray, StringArray};
/// use arrow::datatypes::DataType;
/// use kaifang::crypto::Keyring;
/// use kaifang::desensitize::{ColumnTreatment, Plan};
/// use std::sync::Arc;
/// let plan = Plan::parse_toml("v = 1\ndataset = \"d\"\n[columns]\nlxdh = { do = \"mask\", kind = \"mobile\" }")?;
/// let mut treatment = ColumnTreatment::new(&plan, "lxdh", &DataType::Utf8, &Keyring::new())?;
/// let phones: ArrayRef = Arc::new(StringArray::from(vec![Some("13900001111"), Some("12"), None]));
/// let treated = treatment.treat(&phones)?;
/// let cells: Vec<_> = treated.iter().flat_map(|cells| cells.as_string::<i32>().iter()).collect();
/// assert_eq!(cells, [Some("139****1111"), Some("[redacted]"), None]);
/// assert_eq!(treatment.invalid(), 1);
/// # Ok::<(), kaifang::Error>(())
/// ```
pub struct ColumnTreatment {
    tree: Tree,
    output: Option<DataType>,
    schema: SchemaRef,
    rows: u64,
}

impl ColumnTreatment {
    /// The transform that a plan names for a column of this type. One that looks at another column (a date shift, noise)
    /// needs the whole table: [`Plan::apply`].
    ///
    /// # Errors
    /// [`PlanError`] for a column that the plan doesn't name, a type without a meaning or a transform of two columns;
    /// [`PlanError::WholeTable`] for a plan with rules about rows and for a transform of whole columns;
    /// [`crate::crypto::KeyError`] for a missing key.
    pub fn new(plan: &Plan, column: &str, data_type: &DataType, keys: &Keyring) -> Result<Self, crate::Error> {
        if !plan.rows().is_empty() {
            return Err(PlanError::WholeTable.into());
        }
        let schema = Arc::new(Schema::new(vec![Field::new(column, data_type.clone(), true)]));
        PlanError::all_of(Check::new(plan, &schema).of_the_columns())?;
        let tree = Tree::new(plan, &schema, column, data_type, keys)?;
        if tree.is_global() {
            return Err(PlanError::WholeTable.into());
        }
        Ok(ColumnTreatment { output: tree.output(data_type), tree, schema, rows: 0 })
    }

    /// The type of the treated column; `None` where it is dropped.
    #[must_use]
    pub fn data_type(&self) -> Option<&DataType> {
        self.output.as_ref()
    }

    /// Treats the next batch of the column; `None` where it is dropped.
    ///
    /// # Errors
    /// [`PlanError::InvalidValue`] under `on_invalid = "error"`; [`PlanError::SchemaChanged`] for another type.
    pub fn treat(&mut self, array: &ArrayRef) -> Result<Option<ArrayRef>, crate::Error> {
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), vec![Arc::clone(array)]);
        let treated = self.tree.run(array, &batch.map_err(|_| PlanError::SchemaChanged)?, self.rows)?;
        self.rows += array.len() as u64;
        Ok(treated)
    }

    /// How many values could not be treated so far.
    #[must_use]
    pub fn invalid(&self) -> u64 {
        self.tree.steps().iter().map(|step| step.counts.invalid).sum()
    }
}
