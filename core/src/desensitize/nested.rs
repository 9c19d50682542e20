//! Nested columns: the parts of a struct and of a list, each treated by an entry of its own.
//!
//! A plan names the parts by their paths: `contact.phone` is the field `phone` of the struct `contact`, `phones[]` the elements
//! of the list `phones`, `orders[].phone` both. Every part at the end of a path is named, or the nested column as a whole
//! with `drop`. Paths are made of the table's schema and never taken apart, so a name with a point in it is no trouble; two
//! parts with one path are refused.
//!
//! A null struct has no fields and a null list no elements: whatever lies under them is neither treated nor counted, and does
//! not leave. A struct all of whose fields are dropped is dropped, and so is a list whose elements are.
//!
//! Maps, unions, views of lists and structs or lists without room have no paths: they can only be dropped.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch, StructArray};
use arrow::datatypes::{DataType, Field, FieldRef, Fields, Schema};

use super::PlanError;
use super::copies::own_nulls;
use super::elements::{Elements, fields_of};
use super::other;
use super::parts;
use super::plan::Plan;
use super::step::Step;
use super::vocabulary::Transform;
use crate::crypto::Keyring;
use crate::kinds;

/// What the elements of a list are called in a treated table; the input's own word for them could be a value.
pub(super) const ELEMENT: &str = "item";

/// Deeper columns can only be dropped: who reads them goes down as deep.
const DEEPEST: usize = 32;

/// What a nested type is made of.
pub(super) enum Nesting<'a> {
    Struct(&'a Fields),
    List(&'a FieldRef),
}

/// The nesting of a type that has paths; `None` for types of cells, and for those that can only be dropped. `depth` counts
/// the nestings around it.
pub(super) fn nesting(data_type: &DataType, depth: usize) -> Option<Nesting<'_>> {
    match data_type {
        _ if depth >= DEEPEST => None,
        DataType::Struct(fields) if !fields.is_empty() => Some(Nesting::Struct(fields)),
        DataType::List(element) | DataType::LargeList(element) => Some(Nesting::List(element)),
        DataType::FixedSizeList(element, size) if *size > 0 => Some(Nesting::List(element)),
        _ => None,
    }
}

/// The path of a field of a struct.
pub(super) fn field_path(parent: &str, field: &str) -> String {
    format!("{parent}.{field}")
}

/// The path of the elements of a list.
pub(super) fn element_path(parent: &str) -> String {
    format!("{parent}[]")
}

/// The first column, counted from 1, whose name or the name of a field in which identifies a person.
pub(super) fn named_as_persons(schema: &Schema) -> Option<usize> {
    fn is_named(name: &str, data_type: &DataType, depth: usize) -> bool {
        kinds::identifies(name)
            || match nesting(data_type, depth) {
                Some(Nesting::Struct(fields)) => {
                    fields.iter().any(|field| is_named(field.name(), field.data_type(), depth + 1))
                }
                // Whatever the elements are called, it is not handed on.
                Some(Nesting::List(element)) => is_named(ELEMENT, element.data_type(), depth + 1),
                None => false,
            }
    }
    schema.fields().iter().position(|field| is_named(field.name(), field.data_type(), 0)).map(|at| at + 1)
}

/// What is wrong with the entries of a plan for the columns of a table and their parts.
pub(super) struct Check<'a> {
    plan: &'a Plan,
    /// Every column and part, those that no entry names included: the number of its column, counted from 1, and whether it is
    /// the column itself.
    paths: BTreeMap<String, (usize, bool)>,
    /// The entries that were met.
    met: BTreeSet<&'a str>,
    problems: Vec<PlanError>,
}

impl<'a> Check<'a> {
    /// Checks the entries of the columns of a table; `schema` may have fewer columns than the plan.
    pub(super) fn new(plan: &'a Plan, schema: &Schema) -> Self {
        let mut check = Check { plan, paths: BTreeMap::new(), met: BTreeSet::new(), problems: Vec::new() };
        for (number, field) in (1..).zip(schema.fields()) {
            for part in parts::of_field(field) {
                let is_column = part.path == *field.name();
                if let Some((first, was_column)) = check.paths.get(&part.path) {
                    let path = part.path.clone();
                    check.problems.push(match is_column && *was_column {
                        true => PlanError::DuplicateColumn { first: *first, second: number },
                        false => PlanError::DuplicatePath { path },
                    });
                }
                check.paths.insert(part.path, (number, is_column));
            }
        }
        for field in schema.fields() {
            check.part(field.name(), field.data_type(), schema, (0, false));
        }
        check
    }

    /// The problems, also those of entries that the table has no column or part for.
    pub(super) fn of_the_whole(mut self) -> Vec<PlanError> {
        let strangers = self.plan.columns().keys().filter(|column| !self.met.contains(column.as_str()));
        let missing = |column: &String| PlanError::NoSuchColumn { column: column.clone() };
        self.problems.extend(strangers.map(missing));
        self.problems
    }

    /// The problems of the columns that the table has.
    pub(super) fn of_the_columns(self) -> Vec<PlanError> {
        self.problems
    }

    /// Whether the path is one of a part of a column, and of no column.
    pub(super) fn is_part(&self, path: &str) -> bool {
        self.paths.get(path).is_some_and(|(_, is_column)| !is_column)
    }

    /// Checks one part; `inside` = the nestings around it, and whether a list is among them.
    fn part(&mut self, path: &str, data_type: &DataType, schema: &Schema, inside: (usize, bool)) {
        let (depth, in_list) = inside;
        let plan = self.plan;
        match (plan.columns().get_key_value(path), nesting(data_type, depth)) {
            (None, Some(Nesting::Struct(fields))) => {
                for field in fields {
                    self.part(&field_path(path, field.name()), field.data_type(), schema, (depth + 1, in_list));
                }
            }
            (None, Some(Nesting::List(element))) => {
                self.part(&element_path(path), element.data_type(), schema, (depth + 1, true));
            }
            (None, None) => self.problems.push(PlanError::UnnamedColumn { column: path.to_owned() }),
            (Some((name, entry)), _) => {
                self.met.insert(name);
                self.problems.extend(Step::output_type(path, entry, data_type).err());
                if in_list && (other::named(entry).is_some() || entry.transform == Transform::Shuffle) {
                    let transform = entry.transform.to_string();
                    self.problems.push(PlanError::InList { column: path.to_owned(), transform });
                } else if other::named(entry).is_some_and(|(_, other)| self.is_part(other)) {
                    self.problems.push(other::place(path, entry));
                } else {
                    self.problems.extend(other::check(path, entry, schema));
                }
            }
        }
    }
}

/// The treatment of one column: a step, or one for each of its parts.
pub(super) enum Tree {
    Cells(Box<Step>),
    Struct { path: String, parts: Vec<(String, Tree)> },
    List { path: String, part: Box<Tree> },
}

impl Tree {
    /// Joins the entries of a column and of its parts with their keys. The plan was checked against the schema before.
    pub(super) fn new(
        plan: &Plan,
        schema: &Schema,
        path: &str,
        data_type: &DataType,
        keys: &Keyring,
    ) -> Result<Self, crate::Error> {
        Tree::at(plan, schema, path, data_type, keys, 0)
    }

    fn at(
        plan: &Plan,
        schema: &Schema,
        path: &str,
        data_type: &DataType,
        keys: &Keyring,
        depth: usize,
    ) -> Result<Self, crate::Error> {
        match (plan.columns().get(path), nesting(data_type, depth)) {
            (None, Some(Nesting::Struct(fields))) => {
                let part = |field: &FieldRef| {
                    let path = field_path(path, field.name());
                    let tree = Tree::at(plan, schema, &path, field.data_type(), keys, depth + 1)?;
                    Ok((field.name().clone(), tree))
                };
                let parts = fields.iter().map(part).collect::<Result<_, crate::Error>>()?;
                Ok(Tree::Struct { path: path.to_owned(), parts })
            }
            (None, Some(Nesting::List(element))) => {
                let part = Tree::at(plan, schema, &element_path(path), element.data_type(), keys, depth + 1)?;
                Ok(Tree::List { path: path.to_owned(), part: Box::new(part) })
            }
            _ => Ok(Tree::Cells(Box::new(Step::new(plan, schema, path, data_type, keys)?))),
        }
    }

    /// The step of a column that is not nested.
    pub(super) fn step(&self) -> Option<&Step> {
        match self {
            Tree::Cells(step) => Some(step),
            Tree::Struct { .. } | Tree::List { .. } => None,
        }
    }

    /// As [`Tree::step`].
    pub(super) fn step_mut(&mut self) -> Option<&mut Step> {
        match self {
            Tree::Cells(step) => Some(step),
            Tree::Struct { .. } | Tree::List { .. } => None,
        }
    }

    /// The steps, in the order of the paths in the schema.
    pub(super) fn steps(&self) -> Vec<&Step> {
        match self {
            Tree::Cells(step) => vec![step],
            Tree::Struct { parts, .. } => parts.iter().flat_map(|(_, part)| part.steps()).collect(),
            Tree::List { part, .. } => part.steps(),
        }
    }

    /// Whether a step must see its whole column before the first row is treated.
    pub(super) fn is_global(&self) -> bool {
        self.steps().iter().any(|step| step.is_global())
    }

    /// Shows a batch to the steps that must see the whole column.
    pub(super) fn see(&mut self, array: &ArrayRef) -> Result<(), PlanError> {
        if !self.is_global() {
            return Ok(());
        }
        match self {
            Tree::Cells(step) => step.see(array),
            Tree::Struct { path, parts } => {
                let fields = fields_of(array, path)?;
                parts.iter_mut().zip(&fields).try_for_each(|((_, part), field)| part.see(field))
            }
            Tree::List { path, part } => part.see(&Elements::of(array, path)?.array),
        }
    }

    /// The whole column was seen.
    pub(super) fn seen(&mut self) {
        match self {
            Tree::Cells(step) => step.seen(),
            Tree::Struct { parts, .. } => parts.iter_mut().for_each(|(_, part)| part.seen()),
            Tree::List { part, .. } => part.seen(),
        }
    }

    /// Whether what was seen is what was treated.
    pub(super) fn is_as_seen(&self) -> bool {
        self.steps().iter().all(|step| step.is_as_seen())
    }

    /// The type of the treated column; `None` where it is dropped.
    pub(super) fn output(&self, input: &DataType) -> Option<DataType> {
        match (self, input) {
            (Tree::Cells(step), _) => step.output.clone(),
            (Tree::Struct { parts, .. }, DataType::Struct(fields)) => {
                let part = |((name, part), field): (&(String, Tree), &FieldRef)| {
                    Some(Field::new(name, part.output(field.data_type())?, true))
                };
                let fields: Fields = parts.iter().zip(fields).filter_map(part).collect();
                (!fields.is_empty()).then_some(DataType::Struct(fields))
            }
            (Tree::List { part, .. }, DataType::List(element)) => Some(DataType::List(part.element(element)?)),
            (Tree::List { part, .. }, DataType::LargeList(element)) => {
                Some(DataType::LargeList(part.element(element)?))
            }
            (Tree::List { part, .. }, DataType::FixedSizeList(element, size)) => {
                Some(DataType::FixedSizeList(part.element(element)?, *size))
            }
            _ => None,
        }
    }

    fn element(&self, input: &FieldRef) -> Option<FieldRef> {
        Some(Arc::new(Field::new(ELEMENT, self.output(input.data_type())?, true)))
    }

    /// Treats the column of one batch; `before` = the rows of the batches before. `None` where it is dropped.
    pub(super) fn run(
        &mut self,
        array: &ArrayRef,
        batch: &RecordBatch,
        before: u64,
    ) -> Result<Option<ArrayRef>, crate::Error> {
        match self {
            Tree::Cells(step) => step.run(array, batch, before),
            Tree::Struct { path, parts } => {
                let mut fields = Vec::new();
                let mut arrays = Vec::new();
                for ((name, part), array) in parts.iter_mut().zip(fields_of(array, path)?) {
                    if let Some(treated) = part.run(&array, batch, before)? {
                        fields.push(Field::new(name.as_str(), treated.data_type().clone(), true));
                        arrays.push(treated);
                    }
                }
                if fields.is_empty() {
                    return Ok(None);
                }
                let treated = StructArray::try_new(fields.into(), arrays, own_nulls(array));
                Ok(Some(Arc::new(treated.map_err(|_| PlanError::SchemaChanged)?)))
            }
            Tree::List { path, part } => {
                let elements = Elements::of(array, path)?;
                // No transform in a list looks at another column: rows of the batch are none of its elements.
                let treated = part.run(&elements.array, batch, 0);
                let treated = treated.map_err(|error| elements.in_the_rows(error, before))?;
                treated.map(|treated| elements.lists_of(treated, array, path)).transpose().map_err(Into::into)
            }
        }
    }
}
