//! The two times that a table is read where a transform must see a whole column before the first row is treated.
//!
//! A table of a file is opened again; one that can be read only once is held in memory. Rows that the plan's rules remove
//! are not seen. What was seen is compared with what is treated: a file that changed between is an error, and no proof.

use arrow::array::Array as _;

use super::PlanError;
use super::apply::{Column, Treated};
use crate::table::{Progress, Source, check_columns, report};

/// What the progress of the first reading is called.
const STAGE: &str = "gather";

/// Whether the plan of this table has transforms of whole columns.
pub(super) fn are_two(columns: &[Column]) -> bool {
    columns.iter().any(|column| column.tree.is_global())
}

/// Reads the table for the first time. Afterwards its source begins at the first row again.
pub(super) fn first(treated: &mut Treated, progress: Progress<'_>) -> Result<(), crate::Error> {
    if !read_columns(treated, &mut *progress)? {
        read_batches(treated, progress)?;
    }
    treated.columns.iter_mut().for_each(|column| column.tree.seen());
    Ok(())
}

/// Reads of a Parquet file the columns that must be seen, and no other; `false` where the rules about rows need others, or
/// the table is no such file.
fn read_columns(treated: &mut Treated, progress: Progress<'_>) -> Result<bool, crate::Error> {
    let Some(file) = treated.source.parquet().cloned() else { return Ok(false) };
    if !treated.rules.is_empty() {
        return Ok(false);
    }
    let total = treated.source.known_rows();
    let mut before = 0;
    for (group, rows) in file.groups().into_iter().enumerate() {
        for (place, column) in treated.columns.iter_mut().enumerate().filter(|(_, column)| column.tree.is_global()) {
            let mut seen = 0;
            for array in file.read(group, place)? {
                let array = array?;
                column.tree.see(&array)?;
                seen += array.len() as u64;
                report(&mut *progress, STAGE, before + rows.min(seen), total)?;
            }
        }
        before += rows;
    }
    Ok(true)
}

fn read_batches(treated: &mut Treated, progress: Progress<'_>) -> Result<(), crate::Error> {
    let total = treated.source.known_rows();
    let mut again = treated.source.again();
    if let Some(again) = &again {
        check_columns(&again.schema(), &treated.schema_in).map_err(|_| PlanError::TableChanged)?;
    }
    let mut held = Vec::new();
    let mut rows = 0;
    loop {
        let batch = match &mut again {
            Some(twin) => twin.next_batch()?,
            None => treated.source.next_batch()?,
        };
        let Some(batch) = batch else { break };
        let left = treated.rules.left(&batch)?.map(|(_, left)| left);
        for (column, array) in treated.columns.iter_mut().zip(left.as_ref().unwrap_or(&batch).columns()) {
            column.tree.see(array)?;
        }
        rows += batch.num_rows() as u64;
        if again.is_none() {
            held.try_reserve(1).map_err(|_| PlanError::SchemaChanged)?;
            held.push(batch);
        }
        report(&mut *progress, STAGE, rows, total)?;
    }
    treated.rules.forget();
    if again.is_none() {
        let (schema, name) = (treated.source.schema(), treated.source.name().to_owned());
        treated.source = Source::from_batches(schema, held)?.named(name);
    }
    Ok(())
}
