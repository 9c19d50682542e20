//! One field of a document: nothing else of the document is made into objects.

use std::fmt;

use pyo3::prelude::*;
use pythonize::pythonize;
use serde::ser::{Error, Impossible, SerializeStruct};
use serde::{Serialize, Serializer};

/// What is at a field.
pub(crate) enum Picked<'py> {
    /// The field.
    Value(Bound<'py, PyAny>),
    /// The document leaves it out, or has no such field.
    Absent,
    /// The document is no struct, so that nobody knows its fields before the whole is made.
    Unknown,
}

/// The field of a document with this name.
pub(crate) fn pick<'py>(py: Python<'py>, document: &impl Serialize, name: &str) -> Picked<'py> {
    document.serialize(Pick { py, name }).unwrap_or(Picked::Unknown)
}

/// Not a struct.
#[derive(Debug)]
struct NoStruct;

impl fmt::Display for NoStruct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a struct")
    }
}

impl std::error::Error for NoStruct {}

impl Error for NoStruct {
    fn custom<T: fmt::Display>(_: T) -> Self {
        NoStruct
    }
}

/// Looks for a field of a document.
#[derive(Clone, Copy)]
struct Pick<'a, 'py> {
    py: Python<'py>,
    name: &'a str,
}

macro_rules! no_struct {
    ($($method:ident($($type:ty),*) $(<$generic:ident>)? -> $answer:ty;)*) => {
        $(fn $method $(<$generic: Serialize + ?Sized>)? (self, $(_: $type),*) -> Result<$answer, NoStruct> {
            Err(NoStruct)
        })*
    };
}

type No<'py> = Impossible<Picked<'py>, NoStruct>;

impl<'a, 'py> Serializer for Pick<'a, 'py> {
    type Ok = Picked<'py>;
    type Error = NoStruct;
    type SerializeSeq = No<'py>;
    type SerializeTuple = No<'py>;
    type SerializeTupleStruct = No<'py>;
    type SerializeTupleVariant = No<'py>;
    type SerializeMap = No<'py>;
    type SerializeStruct = Fields<'a, 'py>;
    type SerializeStructVariant = No<'py>;

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Fields<'a, 'py>, NoStruct> {
        Ok(Fields { pick: self, found: Picked::Absent })
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Picked<'py>, NoStruct> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Picked<'py>, NoStruct> {
        value.serialize(self)
    }

    no_struct! {
        serialize_bool(bool) -> Picked<'py>;
        serialize_i8(i8) -> Picked<'py>;
        serialize_i16(i16) -> Picked<'py>;
        serialize_i32(i32) -> Picked<'py>;
        serialize_i64(i64) -> Picked<'py>;
        serialize_u8(u8) -> Picked<'py>;
        serialize_u16(u16) -> Picked<'py>;
        serialize_u32(u32) -> Picked<'py>;
        serialize_u64(u64) -> Picked<'py>;
        serialize_f32(f32) -> Picked<'py>;
        serialize_f64(f64) -> Picked<'py>;
        serialize_char(char) -> Picked<'py>;
        serialize_str(&str) -> Picked<'py>;
        serialize_bytes(&[u8]) -> Picked<'py>;
        serialize_none() -> Picked<'py>;
        serialize_unit() -> Picked<'py>;
        serialize_unit_struct(&'static str) -> Picked<'py>;
        serialize_unit_variant(&'static str, u32, &'static str) -> Picked<'py>;
        serialize_newtype_variant(&'static str, u32, &'static str, &T) <T> -> Picked<'py>;
        serialize_seq(Option<usize>) -> No<'py>;
        serialize_tuple(usize) -> No<'py>;
        serialize_tuple_struct(&'static str, usize) -> No<'py>;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> No<'py>;
        serialize_map(Option<usize>) -> No<'py>;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> No<'py>;
    }
}

/// The fields of a document, one of which is looked for.
struct Fields<'a, 'py> {
    pick: Pick<'a, 'py>,
    found: Picked<'py>,
}

impl<'py> SerializeStruct for Fields<'_, 'py> {
    type Ok = Picked<'py>;
    type Error = NoStruct;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), NoStruct> {
        if key == self.pick.name {
            self.found = Picked::Value(pythonize(self.pick.py, value).map_err(|_| NoStruct)?);
        }
        Ok(())
    }

    fn end(self) -> Result<Picked<'py>, NoStruct> {
        Ok(self.found)
    }
}
