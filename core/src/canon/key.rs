//! The key of a map, written as a string.
//!
//! As serde_json has it: a string, a word or an integer of any size, also wrapped; nothing else is a key. A fraction is
//! refused here as everywhere.

use std::fmt::Display;

use serde::ser::Impossible;
use serde::{Serialize, Serializer};

use super::encode::{Encoder, Refused};

/// Writes one key. Its [`head`](super::string::head) comes back where it is known.
pub(super) struct KeyEncoder<'a>(pub(super) &'a mut Encoder);

type No = Impossible<Option<u64>, Refused>;

impl KeyEncoder<'_> {
    fn displayed<T: Display + ?Sized>(self, value: &T) -> Result<Option<u64>, Refused> {
        self.0.display(value)?;
        self.0.out.push(b':');
        Ok(None)
    }
}

fn no_key<T>() -> Result<T, Refused> {
    Err(Refused::malformed("key must be a string"))
}

macro_rules! displayed {
    ($($method:ident: $type:ty),*) => {
        $(fn $method(self, value: $type) -> Result<Option<u64>, Refused> { self.displayed(&value) })*
    };
}

impl Serializer for KeyEncoder<'_> {
    type Ok = Option<u64>;
    type Error = Refused;
    type SerializeSeq = No;
    type SerializeTuple = No;
    type SerializeTupleStruct = No;
    type SerializeTupleVariant = No;
    type SerializeMap = No;
    type SerializeStruct = No;
    type SerializeStructVariant = No;

    displayed! {
        serialize_bool: bool, serialize_char: char,
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64, serialize_i128: i128,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_u128: u128
    }

    #[inline]
    fn serialize_str(self, value: &str) -> Result<Option<u64>, Refused> {
        Ok(self.0.key(value))
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<Option<u64>, Refused> {
        self.displayed(value)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<Option<u64>, Refused> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Option<u64>, Refused> {
        value.serialize(self)
    }

    fn serialize_f32(self, _: f32) -> Result<Option<u64>, Refused> {
        Err(Refused::number())
    }

    fn serialize_f64(self, _: f64) -> Result<Option<u64>, Refused> {
        Err(Refused::number())
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<Option<u64>, Refused> {
        no_key()
    }

    fn serialize_none(self) -> Result<Option<u64>, Refused> {
        no_key()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Result<Option<u64>, Refused> {
        no_key()
    }

    fn serialize_unit(self) -> Result<Option<u64>, Refused> {
        no_key()
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Option<u64>, Refused> {
        no_key()
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<Option<u64>, Refused> {
        no_key()
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<No, Refused> {
        no_key()
    }

    fn serialize_tuple(self, _: usize) -> Result<No, Refused> {
        no_key()
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<No, Refused> {
        no_key()
    }

    fn serialize_tuple_variant(self, _: &'static str, _: u32, _: &'static str, _: usize) -> Result<No, Refused> {
        no_key()
    }

    fn serialize_map(self, _: Option<usize>) -> Result<No, Refused> {
        no_key()
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<No, Refused> {
        no_key()
    }

    fn serialize_struct_variant(self, _: &'static str, _: u32, _: &'static str, _: usize) -> Result<No, Refused> {
        no_key()
    }
}
