//! Documents read straight from plain Python objects: exact dict, list, tuple, str, int, bool and None.
//!
//! It must never take what [`value_of`](crate::documents::value_of) and the core's own reader would refuse, nor take it
//! otherwise. What it does not know (a date, a document, a subclass) and whatever is wrong it leaves to that longer way,
//! which names the fault: so it has one error and no text.
//!
//! A `Deserializer` of our own, because a crate for it (`pythonize`) reads subclasses, fractions, sets and any mapping; a
//! field is looked up by its name here, which is made once, instead of being read from every dict.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use kaifang::canon::MAX_INTEGER;
use pyo3::prelude::*;
use pyo3::types::iter::BoundDictIterator;
use pyo3::types::{PyBool, PyDict, PyInt, PyList, PyString, PyTuple};
use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, Error, IntoDeserializer, MapAccess, SeqAccess, Visitor,
};
use serde::forward_to_deserialize_any;

/// Deeper documents are left to the longer way, which counts to its own limit.
const LEVELS: u8 = 16;

/// A document of the core from a plain dict; none where the longer way has to look.
pub(crate) fn read_plain<T: DeserializeOwned>(object: &Bound<'_, PyAny>) -> Option<T> {
    object.is_exact_instance_of::<PyDict>().then(|| T::deserialize(Plain { object, levels: LEVELS }).ok()).flatten()
}

/// Not plain, or not the document that it should be.
#[derive(Debug)]
struct Unread;

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a plain document")
    }
}

impl std::error::Error for Unread {}

impl Error for Unread {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Unread
    }
}

impl From<PyErr> for Unread {
    fn from(_: PyErr) -> Self {
        Unread
    }
}

/// An object, and how many levels may still be below it.
#[derive(Clone, Copy)]
struct Plain<'a, 'py> {
    object: &'a Bound<'py, PyAny>,
    levels: u8,
}

impl<'a, 'py> Plain<'a, 'py> {
    fn below(&self) -> Result<u8, Unread> {
        self.levels.checked_sub(1).ok_or(Unread)
    }

    fn text<R>(&self, take: impl FnOnce(&str) -> Result<R, Unread>) -> Result<R, Unread> {
        text_of(self.object, take)
    }

    fn integer<'de, V: Visitor<'de>>(&self, visitor: V) -> Result<V::Value, Unread> {
        let value: i64 = self.object.extract()?;
        match u64::try_from(value) {
            _ if value.unsigned_abs() > MAX_INTEGER.unsigned_abs() => Err(Unread),
            Ok(value) => visitor.visit_u64(value),
            Err(_) => visitor.visit_i64(value),
        }
    }

    fn dict(&self) -> Result<&'a Bound<'py, PyDict>, Unread> {
        self.object.cast_exact::<PyDict>().map_err(|_| Unread)
    }
}

/// The text of an exact str.
fn text_of<R>(object: &Bound<'_, PyAny>, take: impl FnOnce(&str) -> Result<R, Unread>) -> Result<R, Unread> {
    let bytes = object.cast_exact::<PyString>().map_err(|_| Unread)?.encode_utf8()?;
    take(str::from_utf8(bytes.as_bytes()).map_err(|_| Unread)?)
}

impl<'de> Deserializer<'de> for Plain<'_, '_> {
    type Error = Unread;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        let object = self.object;
        if object.is_exact_instance_of::<PyString>() {
            self.text(|text| visitor.visit_str(text))
        } else if object.is_none() {
            visitor.visit_unit()
        } else if object.is_exact_instance_of::<PyInt>() {
            self.integer(visitor)
        } else if let Ok(flag) = object.cast_exact::<PyBool>() {
            visitor.visit_bool(flag.is_true())
        } else if let Ok(dict) = object.cast_exact::<PyDict>() {
            visitor.visit_map(Members { members: dict.iter(), value: None, levels: self.below()? })
        } else if let Ok(list) = object.cast_exact::<PyList>() {
            visitor.visit_seq(Items { items: list.iter(), levels: self.below()? })
        } else if let Ok(tuple) = object.cast_exact::<PyTuple>() {
            visitor.visit_seq(Items { items: tuple.iter(), levels: self.below()? })
        } else {
            Err(Unread)
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        if self.object.is_none() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Unread> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unread> {
        let dict = self.dict()?;
        let names = Names::of(dict.py(), fields);
        let levels = self.below()?;
        visitor.visit_map(Fields { dict, names, next: 0, left: dict.len(), value: None, levels })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unread> {
        self.text(|word| {
            let word: StrDeserializer<'_, Unread> = word.into_deserializer();
            visitor.visit_enum(word)
        })
    }

    // What is passed over is not looked at either, and may be no JSON at all.
    fn deserialize_ignored_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Unread> {
        Err(Unread)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map identifier
    }
}

/// The items of a list or a tuple.
struct Items<I> {
    items: I,
    levels: u8,
}

impl<'de, 'py, I: Iterator<Item = Bound<'py, PyAny>>> SeqAccess<'de> for Items<I> {
    type Error = Unread;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Unread> {
        let Some(item) = self.items.next() else { return Ok(None) };
        seed.deserialize(Plain { object: &item, levels: self.levels }).map(Some)
    }
}

/// Every member of a dict, as they come.
struct Members<'py> {
    members: BoundDictIterator<'py>,
    value: Option<Bound<'py, PyAny>>,
    levels: u8,
}

impl<'de> MapAccess<'de> for Members<'_> {
    type Error = Unread;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Unread> {
        let Some((key, value)) = self.members.next() else { return Ok(None) };
        self.value = Some(value);
        text_of(&key, |key| {
            let key: StrDeserializer<'_, Unread> = key.into_deserializer();
            seed.deserialize(key)
        })
        .map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Unread> {
        let value = self.value.take().ok_or(Unread)?;
        seed.deserialize(Plain { object: &value, levels: self.levels })
    }
}

/// The fields of a document, each looked up by its name.
struct Fields<'a, 'py> {
    dict: &'a Bound<'py, PyDict>,
    names: Arc<Names>,
    next: usize,
    /// How many members of the dict were not found yet: one that is no field of the document is left over.
    left: usize,
    value: Option<Bound<'py, PyAny>>,
    levels: u8,
}

impl<'de> MapAccess<'de> for Fields<'_, '_> {
    type Error = Unread;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Unread> {
        while let Some((field, name)) = self.names.0.get(self.next) {
            self.next += 1;
            if let Some(value) = self.dict.get_item(name)? {
                self.value = Some(value);
                self.left = self.left.checked_sub(1).ok_or(Unread)?;
                let field: StrDeserializer<'_, Unread> = field.into_deserializer();
                return seed.deserialize(field).map(Some);
            }
        }
        if self.left == 0 { Ok(None) } else { Err(Unread) }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Unread> {
        let value = self.value.take().ok_or(Unread)?;
        seed.deserialize(Plain { object: &value, levels: self.levels })
    }
}

/// The names of a document's fields as Python has them.
struct Names(Vec<(&'static str, Py<PyString>)>);

impl Names {
    /// Made once for each list of fields.
    fn of(py: Python<'_>, fields: &'static [&'static str]) -> Arc<Names> {
        type Known = HashMap<(usize, usize), Arc<Names>>;
        static KNOWN: RwLock<Option<Known>> = RwLock::new(None);
        // A list that is there for ever is known by its place; one of two that begin at one place is longer.
        let place = (fields.as_ptr().addr(), fields.len());
        // Nothing of Python's is called under this lock, so who waits for it with the GIL does not wait for the GIL.
        if let Some(names) = KNOWN.read().unwrap_or_else(PoisonError::into_inner).as_ref().and_then(|k| k.get(&place)) {
            return Arc::clone(names);
        }
        let names = fields.iter().map(|field| (*field, PyString::intern(py, field).unbind())).collect();
        let names = Arc::new(Names(names));
        let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
        known.get_or_insert_default().insert(place, Arc::clone(&names));
        names
    }
}
