//! The digests of a table's columns, and of the parts of nested ones.
//!
//! A part has the digest of its cells as if it were a column (see [`crate::desensitize`]), in the order of the rows and, in
//! a list, of its elements. A struct has one besides, of a cell `true` for each row that has it, which begins with
//! `kaifang/struct/v1` in place of `kaifang/column/v1`; and a list one of the number of elements of each, which begins with
//! `kaifang/list/v1`. So nothing of a nested column can change without a digest that does, and no flat column has its digests.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray};
use arrow::buffer::BooleanBuffer;
use arrow::datatypes::{DataType, Field, Schema};

use super::copies::own_nulls;
use super::digest::ColumnHasher;
use super::elements::{Elements, fields_of};
use super::nested::{Nesting, element_path, field_path, nesting};
use super::plain_type;
use crate::terms::Digest;

/// A column or a part of one: its path and type.
pub(super) struct Part<'a> {
    pub(super) path: String,
    pub(super) data_type: &'a DataType,
}

/// The columns of a schema in order, each before its parts.
pub(super) fn parts(schema: &Schema) -> Vec<Part<'_>> {
    schema.fields().iter().flat_map(|field| of_field(field)).collect()
}

/// A column and its parts.
pub(super) fn of_field(field: &Field) -> Vec<Part<'_>> {
    let mut out = Vec::new();
    add(field.name().clone(), field.data_type(), 0, &mut out);
    out
}

fn add<'a>(path: String, data_type: &'a DataType, depth: usize, out: &mut Vec<Part<'a>>) {
    out.push(Part { path: path.clone(), data_type });
    match nesting(data_type, depth) {
        Some(Nesting::Struct(fields)) => {
            for field in fields {
                add(field_path(&path, field.name()), field.data_type(), depth + 1, out);
            }
        }
        Some(Nesting::List(element)) => add(element_path(&path), element.data_type(), depth + 1, out),
        None => {}
    }
}

/// The digests of one column and its parts, growing batch by batch.
#[derive(Clone)]
pub(super) struct PartsHasher {
    path: String,
    /// `None` where the type has no logical values.
    own: Option<ColumnHasher>,
    parts: Vec<PartsHasher>,
}

impl PartsHasher {
    pub(super) fn new(column: &str, data_type: &DataType) -> Self {
        PartsHasher::at(column.to_owned(), data_type, 0)
    }

    fn at(path: String, data_type: &DataType, depth: usize) -> Self {
        let nesting = nesting(data_type, depth);
        let own = match nesting {
            Some(Nesting::Struct(_)) => Some(ColumnHasher::named("kaifang/struct/v1")),
            Some(Nesting::List(_)) => Some(ColumnHasher::named("kaifang/list/v1")),
            None => plain_type(data_type).map(|_| ColumnHasher::new()),
        };
        let parts = match nesting {
            Some(Nesting::Struct(fields)) => fields
                .iter()
                .map(|field| PartsHasher::at(field_path(&path, field.name()), field.data_type(), depth + 1))
                .collect(),
            Some(Nesting::List(element)) => {
                vec![PartsHasher::at(element_path(&path), element.data_type(), depth + 1)]
            }
            None => Vec::new(),
        };
        PartsHasher { path, own, parts }
    }

    /// Whether every part has logical values.
    pub(super) fn is_whole(&self) -> bool {
        self.own.is_some() && self.parts.iter().all(PartsHasher::is_whole)
    }

    /// Adds the cells of a batch, but for those of parts without logical values. `false` where the array is not of the type.
    #[must_use]
    pub(super) fn update(&mut self, array: &ArrayRef) -> bool {
        let Some(own) = &mut self.own else { return true };
        match (array.data_type(), self.parts.as_mut_slice()) {
            (_, []) => own.update(array),
            (DataType::Struct(_), parts) => {
                let there = BooleanArray::new(BooleanBuffer::new_set(array.len()), own_nulls(array));
                let there: ArrayRef = Arc::new(there);
                let Ok(fields) = fields_of(array, &self.path) else { return false };
                own.update(&there)
                    && fields.len() == parts.len()
                    && parts.iter_mut().zip(&fields).all(|(part, field)| part.update(field))
            }
            (_, [part]) => {
                let Ok(elements) = Elements::of(array, &self.path) else { return false };
                let lengths: ArrayRef = Arc::new(elements.lengths());
                own.update(&lengths) && part.update(&elements.array)
            }
            _ => false,
        }
    }

    /// The digests by path, each before those of its parts.
    pub(super) fn finish(self) -> Vec<(String, Digest)> {
        let mut out = Vec::new();
        self.finish_into(&mut out);
        out
    }

    fn finish_into(self, out: &mut Vec<(String, Digest)>) {
        out.extend(self.own.map(|own| (self.path, own.finish())));
        self.parts.into_iter().for_each(|part| part.finish_into(out));
    }
}
