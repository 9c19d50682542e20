//! Arrays and objects while they are written: commas, and the order of members.
//!
//! Members are written as they come, and where each stands is noted. If one came that should stand before another, all
//! are put in order at the end. This room must never close an object that has a key twice or something unfinished.

use std::cmp::Ordering;

use serde::{Serialize, ser};

use super::encode::{Encoder, Refused};
use super::key::KeyEncoder;
use super::string::{head, key_order};

/// An array or object that is being written.
pub(super) struct Compound<'a> {
    encoder: &'a mut Encoder,
    /// Where its inside starts.
    start: usize,
    /// Its first member.
    base: usize,
    /// The key whose value is not written yet.
    awaited: Option<Key>,
    /// Every key so far came after the one before it.
    in_order: bool,
    /// Nothing that was begun is unfinished.
    whole: bool,
    /// What closes it, a character for each level.
    close: &'static [u8],
}

impl<'a> Compound<'a> {
    #[inline]
    pub(super) fn new(encoder: &'a mut Encoder, close: &'static [u8]) -> Self {
        let (start, base) = (encoder.out.len(), encoder.members.len());
        Self { encoder, start, base, awaited: None, in_order: true, whole: true, close }
    }

    /// What comes before an element or a key. From here until it is written, the compound is not whole: a document that
    /// goes on after an error must not pass.
    #[inline]
    fn separate(&mut self) -> Result<(), Refused> {
        if !std::mem::replace(&mut self.whole, false) {
            self.awaited = None;
            return Err(Refused::malformed("an element is unfinished"));
        }
        if self.encoder.out.len() > self.start {
            self.encoder.out.push(b',');
        }
        Ok(())
    }

    #[inline]
    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        self.separate()?;
        value.serialize(&mut *self.encoder)?;
        self.whole = true;
        Ok(())
    }

    /// What is to be a member: a key that `write` writes, up to its colon. It returns the [`head`] where it knows it.
    #[inline]
    fn key(&mut self, write: impl FnOnce(&mut Encoder) -> Result<Option<u64>, Refused>) -> Result<Key, Refused> {
        self.separate()?;
        let start = self.encoder.out.len();
        let known = write(self.encoder)?;
        let out = &self.encoder.out;
        let length = out.len() - start - 3;
        let head = known.unwrap_or_else(|| head(out.get(start + 1..).unwrap_or_default(), length));
        Ok(Key { start, length, head })
    }

    #[inline]
    fn value<T: Serialize + ?Sized>(&mut self, key: Key, value: &T) -> Result<(), Refused> {
        value.serialize(&mut *self.encoder)?;
        let Encoder { out, members, .. } = &mut *self.encoder;
        if let (true, Some(before)) = (self.in_order, members.get(self.base..).and_then(<[Member]>::last)) {
            self.in_order = order(&before.key, &key, out).is_lt();
        }
        let Key { start, length, head } = key;
        members.push(Member { key: Key { start, length, head }, end: out.len() });
        self.whole = true;
        Ok(())
    }

    #[inline]
    fn finish(self) -> Result<(), Refused> {
        if !self.whole {
            return Err(Refused::malformed("an element is unfinished"));
        }
        if !self.in_order {
            put_in_order(
                &mut self.encoder.out,
                self.start,
                self.encoder.members.get_mut(self.base..).unwrap_or_default(),
            )?;
        }
        self.encoder.members.truncate(self.base);
        self.encoder.close(self.close);
        Ok(())
    }
}

/// Where a key stands in what is written: its quote, and its length without the quotes.
pub(super) struct Key {
    start: usize,
    length: usize,
    /// See [`head`].
    head: u64,
}

impl Key {
    fn written<'a>(&self, out: &'a [u8]) -> &'a [u8] {
        let start = self.start + 1;
        out.get(start..start + self.length).unwrap_or_default()
    }
}

/// A member, from its key to the end of its value.
pub(super) struct Member {
    key: Key,
    end: usize,
}

#[inline]
fn order(a: &Key, b: &Key, out: &[u8]) -> Ordering {
    a.head.cmp(&b.head).then_with(|| key_order(a.written(out), b.written(out)))
}

/// Puts the members of an object in order, which fill everything from `start` on.
fn put_in_order(out: &mut Vec<u8>, start: usize, members: &mut [Member]) -> Result<(), Refused> {
    members.sort_unstable_by(|a, b| order(&a.key, &b.key, out));
    if members.windows(2).any(|pair| matches!(pair, [a, b] if order(&a.key, &b.key, out).is_eq())) {
        return Err(Refused::malformed("an object has a key twice"));
    }
    let end = out.len();
    for member in members {
        if out.len() > end {
            out.push(b',');
        }
        out.extend_from_within(member.key.start..member.end);
    }
    out.copy_within(end.., start);
    out.truncate(end);
    Ok(())
}

macro_rules! elements {
    ($($kind:ident: $method:ident),*) => {
        $(impl ser::$kind for Compound<'_> {
            type Ok = ();
            type Error = Refused;

            #[inline]
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
                self.element(value)
            }

            #[inline]
            fn end(self) -> Result<(), Refused> {
                self.finish()
            }
        })*
    };
}

elements! {
    SerializeSeq: serialize_element, SerializeTuple: serialize_element,
    SerializeTupleStruct: serialize_field, SerializeTupleVariant: serialize_field
}

macro_rules! fields {
    ($($kind:ident),*) => {
        $(impl ser::$kind for Compound<'_> {
            type Ok = ();
            type Error = Refused;

            #[inline]
            fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Refused> {
                let key = self.key(|encoder| Ok(encoder.key(key)))?;
                self.value(key, value)
            }

            #[inline]
            fn end(self) -> Result<(), Refused> {
                self.finish()
            }
        })*
    };
}

fields!(SerializeStruct, SerializeStructVariant);

impl ser::SerializeMap for Compound<'_> {
    type Ok = ();
    type Error = Refused;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Refused> {
        self.awaited = Some(self.key(|encoder| key.serialize(KeyEncoder(encoder)))?);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        let Some(key) = self.awaited.take() else {
            self.whole = false;
            return Err(Refused::malformed("a value has no key"));
        };
        self.value(key, value)
    }

    fn end(self) -> Result<(), Refused> {
        self.finish()
    }
}
