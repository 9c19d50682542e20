//! The canonical bytes of anything that serializes, written straight away.
//!
//! Types stand for the JSON that serde_json makes of them, and these are refused: a fraction (also one that is no number),
//! an integer out of bounds, deep nesting, a key twice in an object, a key that is neither a word nor an integer.
//! Members may come in any order: an object is put in order when its last one has come, if it has to be.
//!
//! This room must never write something else than it was given, nor leave anything out.

use std::fmt::{self, Display, Write as _};

use serde::{Serialize, Serializer, ser};

use super::compound::{Compound, Member};
use super::string::{head, write, write_inside};
use super::{CanonError, MAX_DEPTH, MAX_INTEGER};
use crate::terms::Text;

/// Memory for a record of usual length, so that it is written without growing.
const USUAL: usize = 768;
const USUAL_MEMBERS: usize = 24;

/// Structs of serde_json that stand for something else: a number kept as text, or text that is JSON already.
const STAND_IN: &str = "$serde_json::private::";

/// The canonical bytes of a document.
///
/// # Errors
/// [`CanonError::Number`] for a fraction or an integer beyond ±(2^53 − 1), [`CanonError::Depth`] for deep nesting,
/// [`CanonError::Malformed`] for a key that is no word, a key twice in an object, and what the document itself refuses.
///
/// ```
/// let bytes = kaifang::canon::to_bytes(&serde_json::json!({"b": [true, null], "a": "开放"}))?;
/// assert_eq!(bytes, r#"{"a":"开放","b":[true,null]}"#.as_bytes());
/// # Ok::<(), kaifang::canon::CanonError>(())
/// ```
pub fn to_bytes<T: Serialize + ?Sized>(document: &T) -> Result<Vec<u8>, CanonError> {
    let mut encoder =
        Encoder { out: Vec::with_capacity(USUAL), members: Vec::with_capacity(USUAL_MEMBERS), levels: MAX_DEPTH };
    document.serialize(&mut encoder).map_err(|refused| *refused.0)?;
    Ok(encoder.out)
}

/// The canonical text of a document.
///
/// # Errors
/// As [`to_bytes`].
pub fn to_string<T: Serialize + ?Sized>(document: &T) -> Result<String, CanonError> {
    to_bytes(document).map(|bytes| String::from_utf8(bytes).unwrap_or_default())
}

/// Why a document has no canonical encoding. In a box, because every step of the encoding returns one or nothing.
#[derive(Debug)]
pub(super) struct Refused(Box<CanonError>);

impl Refused {
    #[cold]
    pub(super) fn number() -> Self {
        Self(Box::new(CanonError::Number))
    }

    #[cold]
    fn depth() -> Self {
        Self(Box::new(CanonError::Depth))
    }

    #[cold]
    pub(super) fn malformed(what: impl Into<String>) -> Self {
        Self(Box::new(CanonError::Malformed { what: Text::foreign(what), line: 0, column: 0 }))
    }
}

impl Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Refused {}

impl ser::Error for Refused {
    fn custom<T: Display>(message: T) -> Self {
        Self::malformed(message.to_string())
    }
}

/// Writes a document.
pub(super) struct Encoder {
    pub(super) out: Vec<u8>,
    /// The members so far of the objects that are open, the innermost last.
    pub(super) members: Vec<Member>,
    /// How many levels of nesting are left.
    levels: usize,
}

impl Encoder {
    /// A key and its colon, and its [`head`] where that is known from the key itself: what was just written is slow to
    /// read.
    #[inline]
    pub(super) fn key(&mut self, key: &str) -> Option<u64> {
        write(key, *b"\":", &mut self.out).then(|| head(key.as_bytes(), key.len()))
    }

    /// A string that displays itself.
    pub(super) fn display<T: Display + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        struct Inner<'a>(&'a mut Vec<u8>);
        impl fmt::Write for Inner<'_> {
            fn write_str(&mut self, text: &str) -> fmt::Result {
                write_inside(text, self.0);
                Ok(())
            }
        }
        self.out.push(b'"');
        write!(Inner(&mut self.out), "{value}").map_err(|_| Refused::malformed("a value has no text"))?;
        self.out.push(b'"');
        Ok(())
    }

    #[inline]
    fn integer(&mut self, value: impl TryInto<i64>) -> Result<(), Refused> {
        let value = value.try_into().map_err(|_| Refused::number())?;
        let mut rest = value.unsigned_abs();
        if rest > MAX_INTEGER.unsigned_abs() {
            return Err(Refused::number());
        }
        if value < 0 {
            self.out.push(b'-');
        }
        let mut digits = [0; 16];
        let mut start = digits.len();
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
            start -= 1;
            if rest == 0 {
                break;
            }
        }
        self.out.extend_from_slice(digits.get(start..).unwrap_or_default());
        Ok(())
    }

    #[inline]
    fn open(&mut self, open: u8) -> Result<(), Refused> {
        self.levels = self.levels.checked_sub(1).ok_or_else(Refused::depth)?;
        self.out.push(open);
        Ok(())
    }

    /// The object of a variant, as far as the variant's value.
    fn open_variant(&mut self, variant: &str) -> Result<(), Refused> {
        self.open(b'{')?;
        write(variant, *b"\":", &mut self.out);
        Ok(())
    }

    #[inline]
    pub(super) fn close(&mut self, close: &[u8]) {
        self.out.extend_from_slice(close);
        self.levels += close.len();
    }

    #[inline]
    fn compound(&mut self, open: u8, close: &'static [u8]) -> Result<Compound<'_>, Refused> {
        self.open(open)?;
        Ok(Compound::new(self, close))
    }
}

macro_rules! integers {
    ($($method:ident: $type:ty),*) => {
        $(#[inline] fn $method(self, value: $type) -> Result<(), Refused> { self.integer(value) })*
    };
}

impl<'a> Serializer for &'a mut Encoder {
    type Ok = ();
    type Error = Refused;
    type SerializeSeq = Compound<'a>;
    type SerializeTuple = Compound<'a>;
    type SerializeTupleStruct = Compound<'a>;
    type SerializeTupleVariant = Compound<'a>;
    type SerializeMap = Compound<'a>;
    type SerializeStruct = Compound<'a>;
    type SerializeStructVariant = Compound<'a>;

    integers! {
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64, serialize_i128: i128,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_u128: u128
    }

    fn serialize_bool(self, value: bool) -> Result<(), Refused> {
        self.out.extend_from_slice(if value { b"true" } else { b"false" });
        Ok(())
    }

    fn serialize_f32(self, _: f32) -> Result<(), Refused> {
        Err(Refused::number())
    }

    fn serialize_f64(self, _: f64) -> Result<(), Refused> {
        Err(Refused::number())
    }

    fn serialize_char(self, value: char) -> Result<(), Refused> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    #[inline]
    fn serialize_str(self, value: &str) -> Result<(), Refused> {
        write(value, *b"\"", &mut self.out);
        Ok(())
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<(), Refused> {
        self.display(value)
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Refused> {
        self.collect_seq(value)
    }

    fn serialize_none(self) -> Result<(), Refused> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Refused> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Refused> {
        self.out.extend_from_slice(b"null");
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Refused> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Refused> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), Refused> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Refused> {
        self.open_variant(variant)?;
        value.serialize(&mut *self)?;
        self.close(b"}");
        Ok(())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Compound<'a>, Refused> {
        self.compound(b'[', b"]")
    }

    fn serialize_tuple(self, _: usize) -> Result<Compound<'a>, Refused> {
        self.compound(b'[', b"]")
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Compound<'a>, Refused> {
        self.compound(b'[', b"]")
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Compound<'a>, Refused> {
        self.open_variant(variant)?;
        self.compound(b'[', b"]}")
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Compound<'a>, Refused> {
        self.compound(b'{', b"}")
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Compound<'a>, Refused> {
        if name.starts_with(STAND_IN) {
            return Err(Refused::malformed("numbers kept as text and raw JSON are not supported"));
        }
        self.compound(b'{', b"}")
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Compound<'a>, Refused> {
        self.open_variant(variant)?;
        self.compound(b'{', b"}}")
    }
}
