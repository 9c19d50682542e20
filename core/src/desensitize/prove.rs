//! The proof at the end of a treatment: what was done to each column and each part of one, with counts and digests.

use std::collections::BTreeMap;

use super::PlanError;
use super::applied::{self, Applied, AppliedColumn, InputDigests, KeyedDigest};
use super::apply::{State, Treated};
use super::step::{self, Step};
use crate::terms::V1;

impl Treated {
    /// The end was reached by another way than batch by batch.
    ///
    /// # Errors
    /// [`PlanError::TableChanged`].
    pub(super) fn finish(&mut self) -> Result<(), PlanError> {
        self.state = State::Done(Box::new(self.prove()?));
        Ok(())
    }

    /// # Errors
    /// [`PlanError::TableChanged`].
    pub(super) fn prove(&mut self) -> Result<Applied, PlanError> {
        if self.columns.iter().any(|column| !column.tree.is_as_seen()) {
            return Err(PlanError::TableChanged);
        }
        let mut columns = Vec::new();
        let mut output_digests = BTreeMap::new();
        let mut inputs = BTreeMap::new();
        for column in &mut self.columns {
            if column.is_hashed_once && column.input.is_some() {
                column.input = column.output.clone();
            }
        }
        for column in &mut self.columns {
            for step in column.tree.steps() {
                columns.extend(treated_as(&self.plan, step));
            }
            if let (Some((_, key)), Some(hasher)) = (&self.input_key, column.input.take()) {
                for (path, digest) in hasher.finish() {
                    let message = [digest.as_bytes(), path.as_bytes()].concat();
                    inputs.insert(path, KeyedDigest::new(key.mac(&message)));
                }
            }
            output_digests.extend(column.output.take().into_iter().flat_map(super::parts::PartsHasher::finish));
        }
        let (schema_in, schema_out) = (applied::column_types(&self.schema_in), applied::column_types(&self.schema_out));
        let is_dropped = |path: &String| schema_out.iter().all(|left| left.name != *path);
        let outcome = applied::outcome(&columns);
        Ok(Applied {
            v: V1,
            plan: self.plan.hash(),
            dataset: self.plan.dataset().to_owned(),
            rows: self.rows,
            removed: self.rules.removed(),
            columns,
            dropped: schema_in.iter().map(|column| column.name.clone()).filter(is_dropped).collect(),
            schema_in,
            schema_out,
            input_digests: self
                .input_key
                .as_ref()
                .map(|(key_id, _)| InputDigests { key_id: key_id.clone(), columns: inputs }),
            output_digests,
            outcome,
        })
    }
}

/// What one step did.
fn treated_as(plan: &super::Plan, step: &Step) -> Option<AppliedColumn> {
    let entry = plan.columns().get(&step.column)?;
    Some(AppliedColumn {
        name: step.column.clone(),
        transform: entry.transform,
        kind: entry.kind,
        key_id: entry.key.clone(),
        domain: step::domain(plan.dataset(), entry),
        rows: step.counts.cells,
        nulls: step.counts.nulls,
        invalid: step.counts.invalid,
        changed: step.counts.changed,
        reversible: applied::reversible(entry),
    })
}
