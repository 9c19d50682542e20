//! A plan applied from a Parquet file to a Parquet file, one column of one row group at a time: kept columns are hashed and
//! their chunks copied as they are compressed, treated ones are written anew.
//!
//! What comes of it is the same table and the same proof as batch by batch. Only plans whose transforms look at one column
//! and leave the rows in place are applied this way.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use arrow::array::{Array, ArrayRef, RecordBatch};
use arrow::datatypes::Schema;

use super::apply::Treated;
use super::step::Step;
use super::vocabulary::Transform;
use crate::table::{Progress, Sink, Splice, report_written};

/// Whether a transform looks at nothing but its column, and leaves each row where it is.
fn is_of_one_column(transform: Transform) -> bool {
    use Transform::*;
    matches!(
        transform,
        Keep | Drop | Redact | Null | Mask | Token | Fpe | Generalize | Round | TopBottom | Text | Shuffle
    )
}

/// Treats the whole table into the sink; `false` where it must go the ordinary way, and then nothing was done.
pub(super) fn run(treated: &mut Treated, sink: &mut Sink, progress: Progress<'_>) -> Result<bool, crate::Error> {
    let Some(file) = treated.source.parquet().cloned() else { return Ok(false) };
    if !treated.rules.is_empty() || !treated.plan.columns().values().all(|entry| is_of_one_column(entry.transform)) {
        return Ok(false);
    }
    // The parts of a nested column are pages of their own.
    let Some(steps) = treated.columns.iter().map(|column| column.tree.step()).collect::<Option<Vec<_>>>() else {
        return Ok(false);
    };
    let kept: Vec<bool> = steps.into_iter().map(Step::is_kept).collect();
    let written = treated.columns.iter().zip(&kept).enumerate().filter(|(_, (column, _))| column.output.is_some());
    let written: Vec<Option<usize>> = written.map(|(at, (_, kept))| kept.then_some(at)).collect();
    if sink.check_schema(&treated.schema_out).is_err() {
        // The ordinary way tells what is wrong.
        return Ok(false);
    }
    let written_bytes = sink.counter();
    let Some(mut splice) = Splice::begin(&file, sink, &written)? else { return Ok(false) };
    let total = treated.source.known_rows();
    // None of the transforms looks at another column.
    let alone = RecordBatch::new_empty(Arc::new(Schema::empty()));
    let width = treated.columns.len().max(1) as u64;
    for (number, rows) in file.groups().into_iter().enumerate().filter(|(_, rows)| *rows > 0) {
        let mut group = splice.group(number)?;
        let before = treated.rows;
        for (at, (column, kept)) in (0..).zip(treated.columns.iter_mut().zip(&kept)) {
            let done = Cell::new(0);
            let mut tick = |array: &ArrayRef| {
                done.set(rows.min(done.get() + array.len() as u64));
                // A column is a part of each of its rows.
                let done = before + (rows * at + done.get()) / width;
                report_written(&mut *progress, "apply", done, total, written_bytes.load(Ordering::Relaxed))
            };
            let place = usize::try_from(at).unwrap_or(usize::MAX);
            if *kept {
                let counts = column.tree.step().map(|step| step.counts).unwrap_or_default();
                let start = column.output.clone();
                let copied = group.copy(place, &mut |array| {
                    column.keep(array)?;
                    Ok::<(), crate::Error>(tick(array)?)
                })?;
                if copied {
                    continue;
                }
                column.output = start;
                column.tree.step_mut().into_iter().for_each(|step| step.counts = counts);
            }
            let written = column.output.is_some();
            let mut row = before;
            for array in file.read(number, place)? {
                let array = array?;
                if let Some(output) = column.treat(&array, &alone, row)? {
                    group.write(&output)?;
                }
                row += array.len() as u64;
                tick(&array)?;
            }
            if written {
                group.end_column()?;
            }
        }
        treated.rows += rows;
        group.end()?;
    }
    let rows = treated.rows;
    drop(splice);
    sink.count_spliced(rows);
    treated.finish()?;
    Ok(true)
}

#[cfg(test)]
#[path = "splice_tests.rs"]
mod tests;
